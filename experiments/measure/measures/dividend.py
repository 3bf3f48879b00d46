"""Dividend: is the source of growth running dry?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from experiments.measure.arithmetic import YEAR, Values, change, late, mean, share, shares, third, yearly
from experiments.measure.futures import Future
from experiments.measure.measures.declared import gross, measure

SOME = 30.0  # customers won in a year, below which what they earn is the fate of a few


def customer_returns(future: Future, years: int) -> tuple[float, float]:
    """Gross profit within so many years of the customers won in a year, per yuan spent on winning them: of
    the first, and of the last that can be followed so long. A year is longer where it takes longer until 30
    are won; NaN where nobody was.

    Customers are users, of either kind, and links. They earn what all customers of their quarters do, and
    leave as all do; money is at the prices of its quarter.
    """
    table = {name: values.sum(axis=1) for name, values in future.platforms.items()}
    prices = future.quarters["price_level"]
    won = table["new_users"] + table["new_firm_users"] + table["new_links"]
    there = table["users"] + table["firm_users"] + table["links"]
    spent = (table["consumer_spend"] + table["firm_spend"] + table["project_spend"]) / prices
    earned = gross(future) * future.quarters["gdp"] / prices
    each = shares(earned, there)
    stays = np.clip(shares(there[1:] - won[1:], there[:-1]), 0.0, 1.0)
    follow = YEAR * years
    starts = range(len(won) - follow)
    worth = np.array([won[q] * (each[q + 1 : q + 1 + follow] * np.cumprod(stays[q : q + follow])).sum()
                      for q in starts])  # fmt: skip
    early, late_one = windows(won[: len(worth)])
    if early is None:
        return math.nan, math.nan
    first, last = (
        share(float(worth[at].sum()), float(spent[: len(worth)][at].sum())) for at in (early, late_one)
    )
    return first, last


def windows(won: Values) -> tuple[slice, slice] | tuple[None, None]:
    """The first and the last quarters, at least a year of them, in which `SOME` customers were won together;
    all quarters where there were fewer, None where there were none."""
    if not won.sum() > 0:
        return None, None
    begin = int(np.flatnonzero(won)[0])
    found = [max(begin + YEAR, int(np.searchsorted(np.cumsum(won), SOME)) + 1)]
    found += [max(YEAR, int(np.searchsorted(np.cumsum(won[::-1]), SOME)) + 1)]
    end, length = (min(len(won), n) for n in found)
    return slice(begin, end), slice(len(won) - length, len(won))


@measure(
    "dividend", "yuan per yuan", 1, least=0.1, of_platforms=True, primary=True,
    reason="a tenth of what was spent: about what the money for two years would earn elsewhere",
)  # fmt: skip
def customer_return(future: Future, twin: Future) -> float:
    """Gross profit within two years of the customers won in a year, per yuan spent on winning them; of the
    last year that can be followed. -1, all lost, where no customers were ever won."""
    late_one = customer_returns(future, 2)[1]
    return max(-1.0, late_one) if math.isfinite(late_one) else -1.0


@measure(
    "dividend", "from −1 to 1", 1, least=0.1, of_platforms=True, primary=True,
    reason="a change by a fifth of the level: less is within what one year differs from the next",
)  # fmt: skip
def customer_return_change(future: Future, twin: Future) -> float:
    """Change of the return on customers from the first year with some to the last: (late − early) over the
    sum of both sizes. -1 where no customers were ever won."""
    early, late_one = customer_returns(future, 2)
    return change(early, late_one) if math.isfinite(early) else -1.0


@measure("dividend", "yuan per yuan", 1, least=0.1, of_platforms=True)
def customer_return_5(future: Future, twin: Future) -> float:
    """As the return on customers, within five years; -1 where no year can be followed so long."""
    late_one = customer_returns(future, 5)[1]
    return max(-1.0, late_one) if math.isfinite(late_one) else -1.0


@measure("dividend", "yuan per yuan", 1, least=0.1, of_platforms=True)
def growth_yield(future: Future, twin: Future) -> float:
    """Revenue per yuan of growth spend, last third."""
    spent = third(future.quarters["platform_growth_spend"], 2).sum()
    return share(float(third(future.quarters["platform_revenue"], 2).sum()), float(spent))


def marginal(future: Future, number: int) -> float:
    """Revenue won since the third before, per yuan of growth spend in this third."""
    revenue = [0.0, *(float(third(future.quarters["platform_revenue"], k).mean()) for k in range(3))]
    spent = float(third(future.quarters["platform_growth_spend"], number).mean())
    return share(revenue[number + 1] - revenue[number], spent)


@measure("dividend", "yuan per yuan", 1, least=0.1, of_platforms=True)
def marginal_yield(future: Future, twin: Future) -> float:
    """Quarterly revenue won from the middle to the last third, per yuan of quarterly growth spend there."""
    return marginal(future, 2)


@measure(
    "dividend", "from −1 to 1", 0, of_platforms=True,
    reason="its first third is measured from nothing, so whoever starts fast falls",
)  # fmt: skip
def marginal_yield_change(future: Future, twin: Future) -> float:
    """Change of the marginal yield from the first third (against none before) to the last:
    (last − first) / (|last| + |first|)."""
    return change(marginal(future, 0), marginal(future, 2))


@measure("dividend", "from −1 to 1", 1, least=0.02, of_platforms=True)
def late_growth(future: Future, twin: Future) -> float:
    """Change of revenue, as a share of GDP, from the third fourth to the last: change over sum of both."""
    revenue = future.quarters["platform_revenue"]
    width = max(1, len(revenue) // 4)
    before = revenue[-2 * width : -width] if len(revenue) >= 2 * width else revenue
    return change(float(before.mean()), float(revenue[-width:].mean()))


@measure("dividend", "share", 1, least=0.05, of_platforms=True)
def peak_kept(future: Future, twin: Future) -> float:
    """Revenue (share of GDP) of the last year over that of the best year."""
    revenue = yearly(future.quarters["platform_revenue"])
    return share(float(revenue[-1]), float(revenue.max()))


@measure("dividend", "yuan per yuan a quarter", 0, of_platforms=True)
def attention_return_trend(future: Future, twin: Future) -> float:
    """Trend of the platforms' revenue of a year per yuan that they spend in it on attention, of consumers and
    of firms; Theil and Sen's slope over years with such spending, n/a where there are fewer than three."""
    from scipy import stats

    table = {name: future.platforms[name].sum(axis=1) for name in ("consumer_spend", "firm_spend", "revenue")}
    years = len(table["revenue"]) // YEAR
    revenue, consumers, firms = (
        table[name][: years * YEAR].reshape(years, YEAR).sum(axis=1)
        for name in ("revenue", "consumer_spend", "firm_spend")
    )
    spent = consumers + firms
    some = np.flatnonzero(spent > 0)
    if some.size < 3:
        return math.nan
    found: Any = stats.theilslopes(revenue[some] / spent[some], YEAR * some)
    return float(found.slope)


@measure("dividend", "yuan a quarter", 0, of_platforms=True)
def profit_per_customer(future: Future, twin: Future) -> float:
    """Profit before venture money per customer at prices of the branching; late. A customer is a row of
    consumers, a firm among the users or a linked firm, counted at each platform that has it; no fewer than
    living platforms, so that a loss without customers stays one. n/a where none lives."""
    table = {name: late(values) for name, values in future.platforms.items()}
    prices = late(future.quarters["price_level"]) / future.quarters["price_level"][0]
    profit = float((table["profit"].sum(axis=1) / prices).mean()) / 100.0
    customers = float((table["users"] + table["firm_users"] + table["links"]).sum(axis=1).mean())
    return share(profit, max(customers, float(table["alive"].sum(axis=1).mean())), none=math.nan)


@measure("dividend", "yuan", 0, of_platforms=True)
def price_of_a_user(future: Future, twin: Future) -> float:
    """Attention spend per person won, in wages of the branching; late. n/a where no consumer is won."""
    return mean(late(future.quarters["user_cost"]))


@measure("dividend", "share of GDP", 0, of_platforms=True)
def revenue_peak(future: Future, twin: Future) -> float:
    """Platforms' revenue over GDP in their best year."""
    return float(yearly(future.quarters["platform_revenue"]).max())
