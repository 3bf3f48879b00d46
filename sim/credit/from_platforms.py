"""Credit through platforms: those whom banks do not know, sent away or left short ask a platform they use;
so do, before they ask a bank, persons and firms for whom it is cheaper once time, effort and habit are
reckoned in.

A platform accepts what adds to its own expected profit, as a bank does: see `sim.credit.underwriting`. Who
funds what it lends is in `sim.credit.funders`.
"""

from types import SimpleNamespace

import numpy as np

from sim.credit import funders, pools
from sim.credit.footprints import leave_footprints
from sim.credit.scoring import Asked, score_consumers, score_firms
from sim.credit.underwriting import Terms, duration_of, underwrite
from sim.engine.compiling import compiled
from sim.engine.draws import claim, key, normals
from sim.engine.fen import any_of
from sim.engine.kernels import kernel
from sim.engine.ledger import Some, total_by
from sim.engine.parameters import Declared, param
from sim.links.chains import sight
from sim.markets.attention import FIRST, SECOND, THIRD
from sim.markets.payments.wallets import passing_of_consumers, passing_of_firms

STAKE_LEAST = 1e-9  # of a platform that passes on all of a loan: it has next to nothing at stake
INSIGHT_NOISE = claim("haze of shallow integration", __name__)


class PlatformCredit(Declared):
    """Terms of credit through platforms."""

    # fmt: off
    line_of_firm = param(0.3, unit="quarters of sales", low=0.06, high=0.6, source="assumed",
        doc="highest debt through platforms of a firm")
    line_of_consumer = param(0.9, unit="quarters of income", low=0.25, high=2.0, source="assumed",
        doc="highest debt through platforms of a consumer; set so that the scale of PLATFORM_REVENUE is met")
    first_line = param(0.5, unit="share of line", low=0.1, high=1.0, source="assumed",
        doc="part of its line that a platform lends at most to whom it has not lent before")
    surest_first = param(True, unit="yes/no", source="design",
        doc="whether a platform that lacks money lends to those who seem surest, or to all alike a part")
    lends_at_tills = param(True, unit="yes/no", source="design",
        doc="whether a giant that lends to firms lends to those too that have its wallet at their till, "
        "against what passes there")
    lending_depth = param(0.05, unit="share", low=0.0, high=0.5, source="assumed", held=True,
        doc="depth of the line advances beyond which a firm asks its platform for credit")
    effort_of_firm = param(200_000.0, unit="fen/firm", low=0.0, high=1_000_000.0, source="assumed",
        doc="worth to a firm of the time and effort that a loan at a bank takes more than through a platform")
    # fmt: on


def open_for(economy, whom: str) -> np.ndarray:
    """Which platforms lend to these, as the column `whom` says: alive, acting, with money to serve whom they
    have."""
    platforms = economy.platforms.columns
    acts = platforms["alive"] & (platforms["acts"] > 0.0) & (platforms["served"] > 0.0)
    return acts & (platforms[whom] > 0.0)


def who_can_lend(economy, open_: np.ndarray) -> pools.Means | None:
    """Of the platforms that are `open_` (mask) those stay so that have money for their own part. Returns with
    what platforms lend; None where nobody can."""
    if not any_of(open_):
        return None
    means = pools.means(economy)
    open_ &= (means.keeps < 1e-9) | (means.own_funds >= 1.0)
    return means if any_of(open_) else None


@kernel
def prefer(borrowers, known, effort, duration, first_there):
    """Who asks a platform first and a bank after it: whom the bank does not know, and who finds it cheaper,
    at the rates that he has seen, with what a bank's loan costs in time and effort (fen a row), and what
    habit is worth to him, reckoned in. known: by row; duration: of a platform's loan (quarters)."""
    for i in range(first_there.shape[0]):
        wanted = borrowers.loan_wanted[i]
        dearer = (borrowers.platform_rate[i] - borrowers.rate[i]) * wanted * duration
        first_there[i] = wanted > 0.0 and (not known[i] or dearer < effort + borrowers.lender_habit[i])


@compiled
def dearness(q, borrowers, i, wanted, apps):
    """What a loan of the platform q costs him (fen), less what asking there again is worth to him."""
    if q < 0 or not apps.open[q]:
        return np.inf
    known = borrowers.lender_habit[i] if q == borrowers.last_lender[i] else 0.0
    return apps.rate[q] * apps.duration[q] * wanted - known


@kernel
def list_asking(borrowers, first, second, third, apps, turn, asked, platform):
    """Who asks a platform for what he lacks, and which: of three that are open the cheapest to him, the first
    of those alike.

    first, second, third: rows of platforms, -1 for none; apps: by platform which are `open`, at what `rate`
    they lend, risk left out, and for how long (`duration`); turn: whose turn it is to ask. Old debt binds to
    its pool: whoever owes one platform asks that one. Writes `asked.rows` and `platform`; returns how many.
    """
    found = 0
    for i in range(borrowers.loan_wanted.shape[0]):
        lacks = borrowers.loan_wanted[i] - borrowers.loan_granted[i] - borrowers.platform_granted[i]
        if turn[i] and lacks > 0.0:
            q, least = first[i], dearness(first[i], borrowers, i, lacks, apps)
            for other in (second[i], third[i]):
                cost = dearness(other, borrowers, i, lacks, apps)
                if cost < least:
                    q, least = other, cost
            if borrowers.platform_debt[i] > 0 and borrowers.debt_to[i] >= 0:
                q = borrowers.debt_to[i]
            if q >= 0 and apps.open[q]:
                asked.rows[found] = i
                platform[found] = q
                found += 1
    return found


@kernel
def list_deep(firms, p, at):
    """The platform that each firm is linked with deeply enough to borrow from it; -1 for none."""
    for i in range(at.shape[0]):
        at[i] = firms.link[i] if firms.linked_advances[i] > p.lending_depth else -1


@compiled
def at_platform(terms, q):
    """The terms of one platform."""
    return Terms(
        own=terms.own[q], others=terms.others[q], base=terms.base[q], own_cost=terms.own_cost,
        fee=terms.fee[q], prices_risk=terms.prices_risk[q],
        spread_cost=0.0, ceiling=terms.ceiling, loss=terms.loss,
        file_cost=terms.file_cost[q], duration=terms.duration[q],
    )  # fmt: skip


@kernel
def offers(asked, platform, borrowers, income, line, terms, offer, files):
    """Offers (fen, rate) of the `platform` that each line of `asked` asks; files: opened, by platform.

    income: by borrower; line: the highest debt through platforms, in quarters of it; terms: see `terms_of`.
    """
    for n in range(platform.shape[0]):
        offer.amount[n] = 0.0
        i, q = asked.rows[n], platform[n]
        short = borrowers.loan_wanted[i] - borrowers.loan_granted[i] - borrowers.platform_granted[i]
        known = 1.0 if borrowers.last_lender[i] == q else terms.first_line  # who has paid back gets more
        most = min(known * line * income[i], terms.most[q])
        amount = min(short, max(0.0, most - float(borrowers.platform_debt[i])))
        # a file that cannot earn its cost at the best of risks is not opened
        safe = terms.own[q] * (terms.base[q] + terms.fee[q] - terms.own_cost) + terms.others[q] * terms.fee[q]
        if amount * terms.duration[q] * safe > terms.file_cost[q]:
            files[q] += 1.0
            offer.rate[n], pays = underwrite(asked.scores[n], amount, at_platform(terms, q))
            offer.amount[n] = amount if pays else 0.0


@kernel
def settle_offers(order, asked, platform, offer, ration, money, borrowers, lent):
    """Whole fen lent, by line of `asked`; rates blend with those of old debt to the same pool.

    Of each offer the share `ration` is lent, by platform, in this order, as far as its `money` goes (fen).
    """
    for n in order:
        i, q = asked.rows[n], platform[n]
        fen = np.floor(min(money[q], offer.amount[n] * ration[q]))
        money[q] -= fen
        lent[n] = int(fen)
        if fen > 0.0:
            old = float(borrowers.platform_debt[i])
            rate = borrowers.platform_rate[i]
            borrowers.platform_rate[i] = (rate * old + offer.rate[n] * fen) / (old + fen)
            borrowers.platform_granted[i] += fen
            borrowers.debt_to[i] = q


@kernel
def grow_habit(asked, platform, lent, worth, borrowers):
    """To ask again where one has just borrowed is worth something (fen)."""
    for n in range(platform.shape[0]):
        if lent[n] > 0:
            borrowers.last_lender[asked.rows[n]] = platform[n]
            borrowers.lender_habit[asked.rows[n]] = worth


@kernel
def note_borrowers(rows, platform, lent, consumers, platforms):
    """Whom platforms have lent to this quarter. New to a platform is who has borrowed nothing from it since
    he gave it a place; who owes it still though he has left is not new."""
    for n in range(platform.shape[0]):
        if lent[n] > 0:
            i, q = rows[n], platform[n]
            consumers.ever_borrowed[i] = True
            platforms.borrowers[q] += 1.0
            place = FIRST if consumers.first_app[i] == q else SECOND if consumers.second_app[i] == q else 0
            place = THIRD if consumers.third_app[i] == q else place
            if place and not consumers.borrowed_at[i] & place:
                consumers.borrowed_at[i] |= place
                platforms.new_borrowers[q] += 1.0
                platforms.borrowed[q] += 1.0


@kernel
def list_takings(asked, platform, deep, portal, firms, p, takings):
    """Out of what each firm that asks pays a loan back (fen/quarter, by row): all its sales, for the platform
    that it is linked with or its portal; what passes there, for all others, where giants lend at tills:
    for a giant whose wallet the firm has or has left, and for whoever else it owes still."""
    for n in range(platform.shape[0]):
        i, q = asked.rows[n], platform[n]
        near = deep[i] == q or portal[i] == q or not p.lends_at_tills
        takings[i] = firms.sales[i] * (1.0 if near else asked.passing[n])


@kernel
def set_terms(firms, pace):
    """How the debt of firms to each platform is paid back: how fast, and whether out of sales."""
    for i in range(firms.platform_debt.shape[0]):
        q = max(0, firms.debt_to[i])
        firms.platform_pace[i] = pace[q]
        advanced = firms.linked_advances[i] > 0.0 and firms.link[i] == q
        firms.deducted[i] = firms.platform_debt[i] > 0 and advanced


def terms_of(economy, means: pools.Means, pace: np.ndarray) -> SimpleNamespace:
    """On what terms each platform lends: as `Terms`, with arrays by platform where they differ.

    pace: share of a debt repaid in a quarter, by platform.
    """
    platforms, market, p = economy.platforms.columns, economy.market, economy.p
    money = market.funding_rate + p.margin
    others, base, priced, unpriced = np.zeros((4, len(pace)))
    for funder, share in zip(funders.FUNDERS, means.shares, strict=True):
        price = funder.price(economy)
        if funder.pays_fee:
            others += share
        if price is not None:
            base += share * price
            priced += share
        if not funder.prices_risk:
            unpriced += share
    capital = np.maximum(0.0, platforms["net_worth"].astype(float))
    stake = np.maximum(STAKE_LEAST, means.keeps)
    return SimpleNamespace(
        first_line=p.first_line, most=p.one_borrower_cap * capital / stake,
        own=1.0 - others, others=others, base=base + (1.0 - priced) * money, own_cost=money,
        fee=platforms["take"], prices_risk=(unpriced < 0.5).astype(float),
        ceiling=p.rate_cap, loss=p.unsecured_loss,
        file_cost=file_costs(economy), duration=duration_of(pace),
    )  # fmt: skip


def file_costs(economy) -> np.ndarray:
    """What a loan file costs each platform (fen): the work of a branch or its own, less that of machines."""
    platforms, p = economy.platforms.columns, economy.p
    work = np.where(platforms["file_like_a_bank"] > 0.0, p.file_cost, p.platform_file_cost)
    return work * (1.0 - p.automation * platforms["technique"]) * economy.market.wage_index


def firms_who_prefer(economy) -> np.ndarray:
    """Which firms ask a platform before a bank (mask)."""
    p, first = economy.p, np.zeros(len(economy.firms), bool)
    effort = p.effort_of_firm * economy.market.wage_index
    known = np.ones(len(first), bool)
    prefer(economy.firms, known, effort, duration_of(p.platform_instalment), first)
    economy.platforms.columns["file_bill"][...] = 0.0  # that of last quarter is paid
    return first


def lend_to_firms(economy, turn: np.ndarray) -> None:
    """Firms whose `turn` it is (mask) ask the platform they are linked with, their portal, or the one whose
    wallet is at their till."""
    platforms, firms, p = economy.platforms.columns, economy.firms, economy.p
    open_ = open_for(economy, "lends_to_firms")
    means = who_can_lend(economy, open_)
    if means is None:
        return
    pace = np.where(platforms["file_like_a_bank"] > 0.0, p.instalment, p.platform_instalment)
    terms = terms_of(economy, means, pace)
    deep, asked = np.empty(len(firms), np.int32), Asked(len(firms))
    list_deep(firms, p, deep)
    portal = firms["portal"]
    till = firms["wallet"] if p.lends_at_tills else portal
    platform = who_asks(economy, firms, (deep, portal, till), apps_of(open_, terms), turn, asked)
    leave_footprints(economy, firms, asked, passing_of_firms(economy, asked.rows, platform))
    draw_normals(economy, firms, INSIGHT_NOISE, asked.rows, asked.insight_draw)
    asked.sees_clearly(sight(economy, asked.rows))
    score_firms(economy, asked)
    takings = np.zeros(len(firms))
    list_takings(asked, platform, deep, portal, firms, p, takings)
    lend(economy, firms, asked, platform, (takings, p.line_of_firm), terms, means)
    set_terms(firms, pace)


def who_prefers(economy) -> np.ndarray:
    """Which consumers ask an app before a bank (mask)."""
    p, first = economy.p, np.zeros(len(economy.consumers), bool)
    effort = p.effort_of_person * p.persons_per_row * economy.market.wage_index
    known = economy.consumers["known"]
    prefer(economy.consumers, known, effort, duration_of(p.app_instalment), first)
    return first


def lend_to_consumers(economy, turn: np.ndarray) -> None:
    """Consumers whose `turn` it is (mask) ask a platform that has their attention for what they lack."""
    consumers, p = economy.consumers, economy.p
    open_ = open_for(economy, "lends_to_consumers")
    means = who_can_lend(economy, open_)
    if means is None:
        return
    asked = Asked(len(consumers))
    terms = terms_of(economy, means, np.full(len(open_), p.app_instalment))
    places = consumers["first_app"], consumers["second_app"], consumers["third_app"]
    platform = who_asks(economy, consumers, places, apps_of(open_, terms), turn, asked)
    leave_footprints(economy, consumers, asked, passing_of_consumers(economy, asked.rows, platform))
    score_consumers(economy, asked)
    line = consumers["usual_income"], p.line_of_consumer
    lent = lend(economy, consumers, asked, platform, line, terms, means)
    note_borrowers(asked.rows, platform, lent, consumers, economy.platforms)


def apps_of(open_: np.ndarray, terms: SimpleNamespace) -> SimpleNamespace:
    """What borrowers compare of platforms, by platform: which are `open` (mask), the `rate` that they ask of
    all (share/quarter; what they add for a borrower's risk he learns only there), `duration` (quarters)."""
    rate = np.minimum(terms.ceiling, terms.base + terms.fee)
    return SimpleNamespace(open=open_, rate=rate, duration=terms.duration)


def who_asks(economy, borrowers, places, apps, turn: np.ndarray, asked: Asked) -> np.ndarray:
    """Writes who asks into `asked`, and returns the platform that each asks (int32); places: its three; apps:
    see `apps_of`."""
    platform = np.empty(len(borrowers), np.int32)
    found = list_asking(borrowers, *places, apps, turn, asked, platform)
    asked.only(found)
    platform = platform[:found]
    asked.of_lenders(len(economy.banks) + platform)
    return platform


def draw_normals(economy, borrowers, purpose: str, rows: np.ndarray, out: np.ndarray) -> None:
    """A standard normal deviate for each of the rows."""
    generation = borrowers.columns["generation"]
    normals(key(economy.draws_from, purpose), rows, borrowers.ids, generation, economy.quarter, out)


def lend(
    economy, borrowers, asked: Asked, platform: np.ndarray, line: tuple[np.ndarray, float], terms, means
) -> np.ndarray:
    """Platforms make offers to those who ask, their funders pay in, and the money is lent. Returns it, by
    line of `asked` (int64, fen). line: income by borrower, and how many quarters of it he may owe."""
    platforms, n = economy.platforms.columns, len(economy.platforms)
    offer = SimpleNamespace(amount=np.empty(len(asked)), rate=np.empty(len(asked)))
    files, lent = np.zeros(n), np.empty(len(asked), np.int64)
    offers(asked, platform, borrowers, *line, terms, offer, files)
    wanted = np.bincount(platform, offer.amount, n)
    ration = pools.fundable(economy, means, wanted)
    order, money = np.arange(len(asked)), ration * wanted
    if economy.p.surest_first:
        order = np.argsort(asked.scores, kind="stable")
        ration = np.ones(n)
    settle_offers(order, asked, platform, offer, ration, money, borrowers, lent)
    of_firm = borrowers is economy.firms
    scorers = economy.firm_scorers if of_firm else economy.consumer_scorers
    scorers.remember(asked, lent, economy.quarter)
    p, market = economy.p, economy.market
    worth = p.worth_of_habit_firm if of_firm else p.worth_of_habit * p.persons_per_row
    grow_habit(asked, platform, lent, float(np.floor(worth * market.wage_index)), borrowers)
    by_platform = total_by(platform, lent, n)
    pools.pay_in(economy, means, by_platform)
    economy.ledger.pay(f"platform loans to {borrowers.name}", by_platform, Some(asked.rows, lent))
    platforms["files"] += files  # paid for as work in the next quarter
    platforms["file_bill"][...] = np.floor(platforms["files"] * terms.file_cost)
    return lent
