"""The venture fund: owners commit money, the fund backs platforms, and sells what has come to a profit."""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from sim.actors.growth import growth_of, team_of, worth_over_price
from sim.actors.platforms import MONTHS
from sim.actors.purse import own_cash, purse
from sim.engine.arithmetic import exp
from sim.engine.compiling import compiled
from sim.engine.draws import claim, key, normals
from sim.engine.fen import any_of
from sim.engine.kernels import kernel
from sim.engine.ledger import split
from sim.engine.parameters import Declared, param
from sim.markets.payments import ownership


class Venture(Declared):
    """The venture fund: what it gets, what it gives to whom, when it sells."""

    # fmt: off
    fund_commitment = param(0.0006, unit="share of GDP", low=0.0001, high=0.002, source="design",
        doc="what the owners commit to the venture fund in a quarter, when their confidence in it is one")
    confidence_speed = param(0.25, unit="share/quarter", low=0.05, high=0.5, source="assumed", held=True,
        doc="weight of the fund's record so far in the owners' confidence in it")
    confidence_least = param(0.15, unit="ratio", low=0.0, high=1.0, source="assumed", held=True,
        doc="lowest factor by which the fund's record scales commitments")
    confidence_most = param(4.0, unit="ratio", low=1.0, high=6.0, source="assumed", held=True,
        doc="highest factor by which the fund's record scales commitments")
    confidence_base = param(0.3, unit="ratio", low=0.0, high=1.0, source="assumed", held=True,
        doc="confidence in a fund that has nothing to show for what was put in")
    record_kept = param(0.95, unit="share/quarter", low=0.8, high=1.0, source="assumed", held=True,
        doc="part of what was put in and came back that is still looked at a quarter later")
    runway = param(6.7, unit="quarters", low=4.0, high=10.0, source="RUNWAY",
        doc="time for which a round is to last")
    round_early = param(2.0, unit="quarters", low=0.5, high=4.0, source="assumed", held=True,
        doc="time for which its cash lasts below which a platform asks for a round")
    promise_weight = param(0.5, unit="share", low=0.0, high=1.0, source="assumed",
        doc="weight of what a platform promises against what was earned so far, in what the fund expects")
    extrapolation = param(0.3, unit="ratio", low=0.0, high=1.0, source="assumed",
        doc="weight of its growth in the last year in what the fund expects of a platform")
    hurdle = param(1.5, unit="ratio", low=1.2, high=2.0, source="assumed",
        doc="what the fund must expect to get back in profit of a yuan put in")
    earned_prior = param(1.2, unit="ratio", low=0.8, high=1.5, source="assumed",
        doc="what the fund expects a yuan put in to earn in a business model of which nothing is known")
    prior_weight = param(8.0, unit="platform years", low=1.0, high=40.0, source="assumed", held=True,
        doc="record of a business model that counts as much as what was expected of any")
    ripe_after = param(4.0, unit="quarters", low=2.0, high=12.0, source="assumed", held=True,
        doc="age at which a platform's own record counts as much as that of its business model")
    opinions = param(0.35, unit="log points", low=0.0, high=0.7, source="assumed", held=True,
        doc="standard deviation of the log of the fund's opinion of a platform")
    young_stake = param(12.0, unit="quarters", low=4.0, high=20.0, source="assumed", held=True,
        doc="age up to which the fund's stake in a platform is marked at what it cost")
    hold = param(24.0, unit="quarters", low=8.0, high=40.0, source="assumed",
        doc="time for which the fund holds a stake before it may be sold")
    exit_multiple = param(20.0, unit="quarters of profit", low=8.0, high=60.0, source="assumed",
        doc="price of a platform over its usual profit")
    exit_passed_on = param(0.8, unit="share of the price", low=0.0, high=1.0, source="assumed", held=True,
        doc="part of the price of a sold stake that the fund returns to the owners")
    dividend_pace = param(0.2, unit="share/quarter", low=0.05, high=1.0, source="assumed",
        doc="share of its spare cash that a platform pays out in a quarter")
    # fmt: on


OPINION = claim("the fund's opinion of a platform", __name__)
YEAR = 4  # quarters
BEST = 10.0  # gain per yuan that the fund takes for possible at all


@compiled
def gain(gross, put_in, leaving, p):
    """Profit per yuan put into customers until they have left, each quarter of it less by a discount."""
    return max(0.0, min(BEST, gross / max(1.0, put_in) / (leaving + p.worth_discount)))


@kernel
def known_of_kinds(counts, platforms, now, p, known):
    """What was earned per yuan in each business model so far, the more so the longer its record; else the
    same prior for all. counts: platforms that act; known.gross, put_in, leaving, years: by model, zero."""
    for q in range(counts.shape[0]):
        age = float(now - platforms.since[q])
        if counts[q] and age > p.ripe_after:
            k = platforms.model[q]
            known.gross[k] += platforms.model_gross[q]
            known.put_in[k] += platforms.model_in[q]
            known.leaving[k] += platforms.leaving[q] * platforms.model_in[q]
            known.years[k] += 0.25 * (age - p.ripe_after)
    for k in range(known.years.shape[0]):
        weight = known.years[k] / (known.years[k] + p.prior_weight)
        rate = known.leaving[k] / max(1.0, known.put_in[k])
        seen = gain(known.gross[k], known.put_in[k], rate, p)
        known.earns[k] = weight * seen + (1.0 - weight) * p.earned_prior


@kernel
def weigh_rounds(counts, platforms, market, now, p, known, rounds):
    """What each platform asks for (rounds.asked, whole fen, 0: nothing), and what the fund expects of a yuan
    (rounds.merit); rounds.luck: normal deviates of its opinions, rounds.passed: the part of the quarter that
    has passed, for which cash has paid team and growth. Who is not founded yet does not ask, nor who has
    run out of money.

    asked = runway (team + wanted growth - gross profit + own part of loans it could not fund) - cash, when
    cash lasts no longer than round_early or more could be placed than it affords.
    merit = [v promised + (1 - v) earned] (1 + 2 w growth) growth's part of the round opinion
    """
    for q in range(counts.shape[0]):
        rounds.asked[q] = rounds.merit[q] = 0.0
        since = rounds.passed - (1.0 - platforms.there[q])  # it has been in business this quarter
        if counts[q] and since > -0.5 / MONTHS:
            row = backed(platforms, q)
            team = team_of(row, market, p)
            cash = own_cash(purse(platforms, q))
            wanted = platforms.wanted[q]
            burn = team + wanted - platforms.gross_profit[q]
            spends = max(0.0, team + min(wanted, platforms.affords[q]) - platforms.gross_profit[q])
            cash -= max(0.0, since) * spends
            # lending grows no faster than anything else that a platform wants money for
            most = p.round_growth * (max(0.0, platforms.usual_revenue[q]) + team)
            lends = min(most, platforms.capital_short[q])
            short = cash < p.round_early * burn or wanted > 1.25 * platforms.affords[q] or lends > team
            need = p.runway * (max(0.0, burn) + lends) - cash
            if short and need > market.small_team and (cash > 0.0 or rounds.passed == 0.0):
                promised = max(0.0, min(BEST, worth_over_price(row, p)))
                age = float(now - platforms.since[q])
                own = age / (age + p.ripe_after) if platforms.model_in[q] > 0.0 else 0.0
                earned = gain(platforms.model_gross[q], platforms.model_in[q], platforms.leaving[q], p)
                earned = own * earned + (1.0 - own) * known.earns[platforms.model[q]]
                grows = growth_of(platforms.usual_revenue[q], platforms.earlier_revenue[q])
                expected = p.promise_weight * promised + (1.0 - p.promise_weight) * earned
                expected *= (
                    max(0.0, 1.0 + 2.0 * p.extrapolation * grows) * (wanted + lends) / (wanted + lends + team)
                )
                rounds.merit[q] = expected * exp(p.opinions * rounds.luck[q])
                rounds.asked[q] = np.floor(need)


class Backed(NamedTuple):
    """What of a platform says how large its team is, and what it believes of a customer."""

    size: float
    put_in: float
    practice: float
    worth: float
    price: float


@compiled
def backed(platforms, q):
    """One platform, as `team_of` and `worth_over_price` take it."""
    return Backed(
        size=platforms.size[q], put_in=platforms.put_in[q], practice=platforms.practice[q],
        worth=platforms.worth[q], price=platforms.price[q],
    )  # fmt: skip


@kernel
def value_stakes(platforms, p, worth):
    """What platforms would fetch (fen): so many times their usual profit, growth reckoned in as far as it is
    extrapolated."""
    for q in range(worth.shape[0]):
        grows = growth_of(platforms.usual_revenue[q], platforms.earlier_revenue[q])
        worth[q] = p.exit_multiple * max(0.0, platforms.usual_profit[q]) * (1.0 + p.extrapolation * grows)


def fund_platforms(economy) -> None:
    """Owners commit money as the fund's record allows; the fund accepts rounds above its hurdle, the best
    first, until its money is gone: in each month of the quarter, or for all of it as it opens."""
    platforms, p, tallies = economy.platforms.columns, economy.p, economy.tallies
    acting = platforms["alive"] & (platforms["acts"] > 0.0)
    if not any_of(acting):
        return
    review_record(economy, acting)
    counts, n = acting & ~platforms["sold"], len(acting)
    known = SimpleNamespace(**{
        name: np.zeros(len(economy.models)) for name in ("gross", "put_in", "leaving", "years", "earns")
    })  # fmt: skip
    known_of_kinds(acting, economy.platforms, economy.quarter, p, known)
    luck, asked, merit = np.empty((3, n))
    # an opinion lasts a year: asking every quarter is no new draw
    year = economy.quarter // YEAR
    normals(
        key(economy.draws_from, OPINION),
        np.arange(n),
        economy.platforms.ids,
        platforms["generation"],
        year,
        luck,
    )
    rounds = SimpleNamespace(luck=luck, asked=asked, merit=merit, passed=0.0)
    times = int(MONTHS) if p.by_month else 1
    ever_asked, got = np.zeros((2, n), bool)
    for month in range(times):
        rounds.passed = month / MONTHS
        weigh_rounds(counts & ~got, economy.platforms, economy.market, economy.quarter, p, known, rounds)
        ever_asked |= asked > 0.0
        got |= give_rounds(economy, rounds, call_money(economy, 1.0 / times))
    tallies.rounds_asked, tallies.rounds = float(ever_asked.sum()), float(got.sum())
    tallies.rounds_below = float(np.count_nonzero(ever_asked & ~got & (merit < p.hurdle)))
    platforms["runway_left"][got] = p.runway
    platforms["raised_at"][got] = economy.quarter
    out = ever_asked & ~got & (platforms["runway_left"] < p.round_early)
    platforms["refused"][...] = (platforms["refused"] | out) & ~got


def give_rounds(economy, rounds, money: float) -> np.ndarray:
    """The fund pays the rounds above its hurdle, the best first, as far as its money (fen) goes. Returns who
    got one (mask)."""
    platforms, asked, merit = economy.platforms.columns, rounds.asked, rounds.merit
    asks = np.flatnonzero(asked > 0.0)
    order = asks[np.argsort(-merit[asks], kind="stable")]
    order = order[merit[order] >= economy.p.hurdle]
    paid = np.zeros(len(asked), np.int64)
    for q in order.tolist():  # whose round is too large for what is left keeps no other from his
        if asked[q] <= money:
            paid[q] = asked[q]
            money -= asked[q]
    if any_of(paid):
        held = economy.fund.columns["deposits"].astype(float)
        economy.ledger.pay("venture funding", split(int(paid.sum()), held), paid)
        platforms["venture"] += paid
        platforms["venture_total"] += paid
        platforms["came"][paid > 0] = rounds.passed
        economy.memory.fund_put_in += float(paid.sum())
    return paid > 0


def review_record(economy, acting: np.ndarray) -> None:
    """Owners' confidence in the fund follows what its stakes are worth and what it has returned."""
    platforms, p, memory = economy.platforms.columns, economy.p, economy.memory
    stake = acting & ~platforms["sold"] & (platforms["venture_total"] > 0.0)
    young = economy.quarter - platforms["founded"] <= p.young_stake
    worth = np.empty(len(stake))
    value_stakes(economy.platforms, p, worth)
    marks = np.where(young, np.maximum(worth, platforms["venture_total"]), worth)[stake].sum()
    memory.fund_put_in *= p.record_kept
    memory.fund_returned *= p.record_kept
    if memory.fund_put_in >= 1.0:
        record = p.confidence_base
        record += (1.0 - p.confidence_base) * float(marks + memory.fund_returned) / memory.fund_put_in
        record = min(p.confidence_most, max(p.confidence_least, record))
        memory.fund_confidence += p.confidence_speed * (record - memory.fund_confidence)


def call_money(economy, part: float) -> float:
    """Owners fill the fund up to a year of what they would commit now, by what falls on a part (share) of the
    quarter. Returns what it may give (fen)."""
    p, fund = economy.p, economy.fund
    held = float(fund["deposits"].sum())
    wish = p.fund_commitment * economy.market.gdp_seen * economy.memory.fund_confidence
    called = min(part * wish, YEAR * wish - held, p.commitment_purse * ownership.money(economy))
    if called >= 1.0:
        ownership.spend(economy, "fund commitments", split(int(called), np.ones(len(fund))))
        held += float(int(called))
    return held


def sell_stakes(economy) -> None:
    """After the holding period the owners buy what has a profit, for cash; the fund passes most of it on."""
    platforms, p = economy.platforms.columns, economy.p
    ready = platforms["alive"] & ~platforms["sold"] & (platforms["usual_profit"] > 0.0)
    ready &= (platforms["acts"] > 0.0) & (economy.quarter >= platforms["founded"] + p.hold)
    price = np.floor(p.exit_multiple * platforms["usual_profit"] * ready)
    purse_of_owners = p.exit_purse * ownership.money(economy)
    for row in np.flatnonzero(ready):
        if 0.0 < price[row] <= purse_of_owners:
            purse_of_owners -= price[row]
            sell(economy, int(row), int(price[row]))


def sell(economy, row: int, price: int) -> None:
    """The owners buy one platform for that price (fen)."""
    ownership.spend(economy, "venture exits", split(price, np.ones(len(economy.fund))))
    economy.platforms.columns["sold"][row] = True
    economy.memory.fund_returned += price
    passed = int(economy.p.exit_passed_on * price)
    share = split(passed, economy.fund["deposits"].astype(float))
    economy.ledger.debit("fund distributions", share)
    economy.ledger.credit("fund distributions", split(passed, np.ones(len(economy.owners))))


def pay_dividends(economy) -> None:
    """Owners get what platforms have decided to pay out."""
    fen = economy.platforms.columns["dividend"]
    if any_of(fen):
        ownership.receive(economy, "platform dividends", fen)
