"""Viability: does the platform live on what it earns?"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from experiments.measure.arithmetic import YEAR, late, share
from experiments.measure.futures import Future
from experiments.measure.lives import first_quarters
from experiments.measure.measures.declared import cost, gross, measure

FIVE_YEARS = 5 * YEAR  # quarters
DISCOUNT = 1.0 / 1.02  # of a quarter


@measure(
    "viability", "share of platforms", 1, least=0.1, of_platforms=True, primary=True,
    reason="every tenth of those founded: fewer are the fate of single ones",
)  # fmt: skip
def self_supporting(future: Future, twin: Future) -> float:
    """Of the platforms that are or would be five years old, those that live on what they earn: alive, with a
    revenue, and over the last four quarters no loss before venture money. n/a where none is so old."""
    table = {name: future.platforms[name] for name in ("alive", "revenue", "profit")}
    earned, kept = (table[name][-YEAR:].sum(axis=0) for name in ("revenue", "profit"))
    good = (table["alive"][-1] > 0) & (earned > 0) & (kept >= 0)
    old = founded_in(future) < len(table["alive"]) - FIVE_YEARS
    return float(good[old].mean()) if old.any() else math.nan


@measure("viability", "yuan per yuan", 1, least=0.1, of_platforms=True)
def present_value(future: Future, twin: Future) -> float:
    """Profit of all quarters per yuan of venture money put in, both at their value at the branching (2 % a
    quarter, about what such money asks); -1, all lost, where nothing was ever earned."""
    worth = DISCOUNT ** np.arange(1.0, len(future.quarters["gdp"]) + 1.0)
    profit, venture = (
        float((worth * future.platforms[name].sum(axis=1)).sum()) for name in ("profit", "venture")
    )
    return profit / venture if venture > 0 and future.platforms["revenue"].sum() > 0 else -1.0


@measure("viability", "share", 1, least=0.02, of_platforms=True)
def survival(future: Future, twin: Future) -> float:
    """Share of platforms alive five years after they were founded, of those founded so long before the end.
    n/a where none was."""
    alive, first = future.platforms["alive"] > 0, founded_in(future)
    old = np.flatnonzero(first < len(alive) - FIVE_YEARS)
    return float(alive[first[old] + FIVE_YEARS, old].mean()) if old.size else math.nan


def founded_in(future: Future) -> npt.NDArray[np.int64]:
    """The quarter of the branch in which each platform was first there, from 0."""
    return first_quarters(future.platforms["alive"], future.platforms["manner"])


@measure("viability", "share", 1, least=0.05, of_platforms=True)
def cost_earned(future: Future, twin: Future) -> float:
    """Platforms' revenue over all their costs, growth and losses included; whole branch."""
    return share(float(future.quarters["platform_revenue"].sum()), float(cost(future).sum()))


@measure("viability", "share", -1, least=0.02, of_platforms=True)
def venture_dependence(future: Future, twin: Future) -> float:
    """Venture money over venture money and revenue together; whole branch."""
    venture, revenue = future.quarters["venture_funding"].sum(), future.quarters["platform_revenue"].sum()
    return share(float(venture), float(venture + revenue))


@measure("viability", "share a year", 1, least=0.02, of_platforms=True)
def return_on_capital(future: Future, twin: Future) -> float:
    """Yearly profit before venture money over own capital and borrowing of living platforms (at least a
    quarter's cost); late. −1 where none is alive."""
    table = {name: late(values) for name, values in future.platforms.items()}
    if table["alive"].sum() == 0:
        return -1.0
    capital = ((table["net_worth"] + table["borrowing"]) * table["alive"]).sum(axis=1)
    floor = np.maximum(1.0, (table["revenue"] - table["profit"]).sum(axis=1))
    return 4.0 * float(table["profit"].sum() / np.maximum(capital, floor).sum())


@measure(
    "viability", "years", 0, of_platforms=True,
    reason="the cap decides it, and no business has no losses",
)  # fmt: skip
def years_of_cash(future: Future, twin: Future) -> float:
    """How long the cash that living platforms own at the end pays for the losses of their last year, at most
    10; 10 where they lose nothing, 0 where none is alive."""
    now = {name: values[-1] for name, values in future.platforms.items()}
    lent_by_others = now["participations_owed"] + now["sold_loans"]
    idle = np.maximum(0.0, now["claims_owed"] - (now["loans"] - lent_by_others))
    cash = float((np.maximum(0.0, now["deposits"] - idle) * now["alive"]).sum())
    if now["alive"].sum() == 0:
        return 0.0
    loss = -4.0 * float(future.platforms["profit"][-4:].sum(axis=1).mean())
    return min(10.0, cash / loss) if loss > 0 else 10.0


@measure("viability", "yuan per yuan", 1, least=0.1, of_platforms=True)
def customer_worth(future: Future, twin: Future) -> float:
    """What users and links earned, less the cost of serving them, per yuan spent on winning them (gross
    profit over growth spend); whole branch."""
    return share(float(gross(future).sum()), float(future.quarters["platform_growth_spend"].sum()))
