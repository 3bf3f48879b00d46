"""Published facts on platforms: how many there are, how they end, what they grow to and what growth costs.

Each function is named as its fact in ``seeds/evidence.toml``, see `experiments.measure.facts`. Platforms are
those of the record, told apart by their number among all ever founded: before one is founded it is not dead.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from experiments.measure.arithmetic import YEAR, Values, share
from experiments.measure.history import UNCAPPED, History, fact
from experiments.measure.lives import (
    FIVE_YEARS,
    LEADERS,
    by_platform,
    first_quarters,
    hazards,
    paths,
    unpaid,
)

SHIFT_WITHIN = 5  # quarters in which a leader of payments lost its lead
TWO_LEADERS = 0.9  # of payments, that the two largest then hold together
AFTER_PEAK = 9  # quarters from the peak of 2015 to March 2018
TEN_YEARS = 10 * YEAR
LEADERS_LEAST = 3  # platforms that led, however few there were


def recorded(history: History, arm: str) -> tuple[Any, int]:
    """The record of platforms of an arm, its quarters counted from 1 in ``since``; and how many there are."""
    quarters, table = history.quarters[arm]["quarter"], history.platforms[arm]
    if not len(table):
        return table.assign(since=[], platform=[]), len(quarters)
    return table.assign(since=table["quarter"] - int(quarters.min()) + 1), len(quarters)


def counts(history: History, arm: str) -> dict[str, Values]:
    """How many are open, founded and ended in each manner, by quarter: see `lives.paths`."""
    return paths(*recorded(history, arm))


def columns(history: History, arm: str, *names: str) -> list[Values]:
    """(quarters, platforms) of each of these columns, zero where a platform is not there."""
    table, n = recorded(history, arm)
    return [by_platform(table, n, name) for name in names]


# --- births and deaths -------------------------------------------------------------------------------------


@fact
def p2p_stock(history: History) -> float:
    """Platforms open nine quarters after most were for the first time, over these, under consumer_traffic."""
    there = counts(history, "consumer_traffic")["alive"]
    peak = int(there.argmax())
    return share(float(there[min(peak + AFTER_PEAK, len(there) - 1)]), float(there[peak]), none=math.nan)


@fact
def p2p_births(history: History) -> float:
    """Founded in ten years of consumer_traffic, with those of its start, over the most open at one time."""
    found = counts(history, "consumer_traffic")
    return share(float(found["births"][:TEN_YEARS].sum()), float(found["alive"].max()), none=math.nan)


@fact
def p2p_exit_manner(history: History) -> float:
    """Of those that took households' money and ended under consumer_traffic, the part that has not paid it.

    It has stopped or gone broke; the model does not tell who cannot be found any more from who lingers.
    Who never had money of others is in no list of lenders, and has nothing to leave unpaid.
    """
    table, n = recorded(history, "consumer_traffic")
    return unpaid(table, n) if len(table) else math.nan


@fact
def p2p_hazard_calm(history: History) -> float:
    """Deaths a month under consumer_traffic in the quarters outside of the worst year."""
    return hazards(counts(history, "consumer_traffic"))[0]


@fact
def p2p_hazard_run(history: History) -> float:
    """Share that died within the worst four quarters under consumer_traffic."""
    return hazards(counts(history, "consumer_traffic"))[1]


@fact
def leaders_live(history: History) -> float:
    """Of the tenth with the most revenue in year three, three at least, the part alive five years later.

    All three arms in which platforms act together; giants are among them.
    """
    lived = led = 0
    end = 3 * YEAR - 1
    for arm in ("consumer_traffic", "institution_traffic", "deep_integration"):
        alive, revenue = columns(history, arm, "alive", "revenue")
        if len(alive) <= end + FIVE_YEARS:
            continue
        there = np.flatnonzero(alive[end] > 0)
        order = there[np.argsort(-revenue[end - YEAR + 1 : end + 1, there].sum(axis=0), kind="stable")]
        leaders = order[: max(LEADERS_LEAST, round(LEADERS * len(order)))]
        lived += int((alive[end + FIVE_YEARS, leaders] > 0).sum())
        led += len(leaders)
    return share(lived, led, none=math.nan)


@fact
def shakeout(history: History) -> float:
    """Share of three signs that hold under institution_traffic in ten years after most were open.

    Half as many at the least; births down to a tenth, those of the start not counted; revenue at constant
    prices higher than at the peak.
    """
    arm = "institution_traffic"
    there = counts(history, arm)["alive"]
    founded, revenue, alive, manner = columns(history, arm, "founded", "revenue", "alive", "manner")
    if not there.any():
        return math.nan
    first = first_quarters(alive, manner)
    begins = int(history.quarters[arm]["quarter"].min())
    later = first[founded.max(axis=0) >= begins]  # who began with the arm was founded as it parted
    births = np.bincount(later, minlength=len(there)).astype(float)
    real = revenue.sum(axis=1) / history.quarters[arm]["price_level"].to_numpy(float)
    peak = int(there.argmax())
    last = min(peak + TEN_YEARS, len(there) - 1)
    born = np.array([births[max(0, q - YEAR + 1) : q + 1].sum() for q in range(len(there))])
    earned = np.array([real[max(0, q - YEAR + 1) : q + 1].mean() for q in range(len(there))])
    signs = (
        there[peak : last + 1].min() <= there[peak] / 2.0,
        born[last] <= born.max() / 10.0,
        earned[last] > earned[peak],
    )
    return float(np.mean(signs))


@fact
def five_year_survival(history: History) -> float:
    """Small platforms founded in the first five years of institution_traffic that are alive five years on."""
    table, n = recorded(history, "institution_traffic")
    table = table[~table["giant"].astype(bool)] if len(table) else table
    alive, founded = (by_platform(table, n, name) for name in ("alive", "founded"))
    born = founded.max(axis=0).astype(int) - int(history.quarters["institution_traffic"]["quarter"].min())
    old = np.flatnonzero((born < FIVE_YEARS) & (born + FIVE_YEARS < n))
    return float((alive[born[old] + FIVE_YEARS, old] > 0).mean()) if old.size else math.nan


@fact
def lgd_p2p(history: History) -> float:
    """Of households' claims on a platform that died while watched, what was lost by the end of the watch."""
    return history.micro["consumer_traffic"]["lost_with_platform"]


# --- what they grow to, and what it costs ------------------------------------------------------------------


@fact
def cac_credit_late(history: History) -> float:
    """Spent on attention for a person's first loan of a platform in year eight of consumer_traffic.

    In yuan, at the wage of the start. Who comes back to a platform that he had left counts anew.
    """
    cost = history.quarters["consumer_traffic"]["borrower_cost"]
    return float(cost.iloc[7 * YEAR : 8 * YEAR].mean())


@fact
def cac_drift(history: History) -> float:
    """Yearly rise of the cost of a borrower, from the second year to the eighth."""
    cost = history.quarters["consumer_traffic"]["borrower_cost"]
    early, late = cost.iloc[YEAR : 2 * YEAR].mean(), cost.iloc[7 * YEAR : 8 * YEAR].mean()
    return float((late / early) ** (1 / 6) - 1.0) if early > 0 else math.nan


@fact
def repeat_borrowing(history: History) -> float:
    """Lending under consumer_traffic to consumers who had borrowed from the same platform before.

    The published share is one platform's own. Who had left it and owed it nothing counts as new.
    """
    return history.micro["consumer_traffic"]["repeat_borrowing"]


@fact
def p2p_size(history: History) -> float:
    """The highest yearly mean of what is owed through platforms under consumer_traffic, over yearly GDP."""
    table = history.quarters["consumer_traffic"]
    owed = table["platform_credit_to_consumers"] + table["platform_credit_to_firms"]
    return float(owed.rolling(YEAR).mean().max())


@fact
def embedded_lender_size(history: History) -> float:
    """The largest platform's loans over yearly GDP, in years eight to ten of deep_integration."""
    (loans,) = columns(history, "deep_integration", "loans")
    yearly_gdp = YEAR * history.quarters["deep_integration"]["gdp"].to_numpy(float)
    largest = loans.max(axis=1, initial=0.0) / yearly_gdp
    some = largest[7 * YEAR : 10 * YEAR]
    return float(some.mean()) if some.size else math.nan


@fact
def embedded_lender_latin(history: History) -> float:
    """What borrowers of giants owed when they defaulted, a year, over all owed to giants, in years three to
    eight of consumer_traffic where the law caps no rate. Lent money is written off at once, not late first.
    """
    giant, bad, loans = columns(history, UNCAPPED, "giant", "bad_loans", "loans")
    some = slice(2 * YEAR, 8 * YEAR)
    lent = float((giant * loans)[some].sum())
    return YEAR * share(float((giant * bad)[some].sum()), lent, none=math.nan)


@fact
def break_even_neobanks(history: History) -> float:
    """Small platforms with a profit in year five of consumer_traffic, of those alive at its end."""
    alive, giant, profit = columns(history, "consumer_traffic", "alive", "giant", "profit")
    end = 5 * YEAR
    if len(alive) < end:
        return math.nan
    small = (alive[end - 1] > 0) & (giant[end - 1] == 0)
    return float((profit[end - YEAR : end, small].sum(axis=0) > 0.0).mean()) if small.any() else math.nan


@fact
def new_users_dry_up(history: History) -> float:
    """Users won per platform four years after the best year, over that; 1 where they spend less than half."""
    alive, new, spend = columns(history, "consumer_traffic", "alive", "new_users", "consumer_spend")
    living = np.maximum(1.0, (alive > 0).sum(axis=1))
    wage = history.quarters["consumer_traffic"]["wage"].to_numpy(float)
    year = np.ones(YEAR) / YEAR
    a_platform = ((x * (alive > 0)).sum(axis=1) / living for x in (new, spend / wage[:, None]))
    won, spent = (np.convolve(x, year, mode="valid") for x in a_platform)
    if len(alive) < YEAR or not (won > 0.0).any():
        return math.nan
    best = int(np.argmax(won))
    late = min(best + 4 * YEAR, won.size - 1)
    return float(won[late] / won[best]) if spent[late] >= spent[best] / 2.0 else 1.0


@fact
def active_shrink(history: History) -> float:
    """Growth from year seven to eight of who borrows in a quarter, less that of who is registered so far.

    Of the platforms of institution_traffic that are alive throughout, together.
    """
    alive, borrowers, registered = columns(history, "institution_traffic", "alive", "borrowers", "registered")
    before, after = slice(6 * YEAR, 7 * YEAR), slice(7 * YEAR, 8 * YEAR)
    if len(alive) < 8 * YEAR:
        return math.nan
    there = (alive[6 * YEAR : 8 * YEAR] > 0).all(axis=0)
    growth = []
    for counted in (borrowers[:, there], registered[:, there]):
        first, second = float(counted[before].sum()), float(counted[after].sum())
        if first <= 0.0:
            return math.nan
        growth.append(second / first - 1.0)
    return growth[0] - growth[1]


@fact
def client_churn(history: History) -> float:
    """Links that end in a year though their platform lives, over links (deep_integration, year three on)."""
    found = columns(history, "deep_integration", "links", "new_links", "alive")
    links, new, alive = (values[2 * YEAR - 1 :] for values in found)
    live = (alive[1:] > 0.0) & (alive[:-1] > 0.0)
    before = float(links[:-1][live].sum())
    return YEAR * (before + float((new - links)[1:][live].sum())) / before if before else math.nan


@fact
def share_shift(history: History) -> float:
    """Largest fall of the leader's share in payments by wallet in five quarters of institution_traffic.

    A fall counts as 0 where the two largest then hold less than nine tenths; only wallets carry payments.
    """
    (payments,) = columns(history, "institution_traffic", "payments")
    together = payments.sum(axis=1, keepdims=True) if payments.size else np.zeros((0, 1))
    if not (together > 0.0).any():
        return math.nan
    share = np.divide(payments, together, out=np.zeros_like(payments), where=together > 0.0)
    two = np.sort(share, axis=1)[:, -2:].sum(axis=1)
    most = 0.0
    for began in np.flatnonzero(together[:, 0] > 0.0):
        leader = int(share[began].argmax())
        later = slice(began + 1, began + 1 + SHIFT_WITHIN)
        falls = np.where(two[later] >= TWO_LEADERS, share[began, leader] - share[later, leader], 0.0)
        most = max(most, float(falls.max(initial=0.0)))
    return most
