"""Dividend: is the source of growth running dry?"""

from __future__ import annotations

import math

from experiments.measure.arithmetic import change, late, mean, share, third, yearly
from experiments.measure.futures import Future
from experiments.measure.measures.declared import measure


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


@measure("dividend", "from −1 to 1", 1, least=0.05, of_platforms=True)
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


@measure("dividend", "yuan a quarter", 0, of_platforms=True)
def profit_per_customer(future: Future, twin: Future) -> float:
    """Profit before venture money per customer at prices of the branching; late. A customer is a row of
    consumers, a firm among the users or a linked firm, counted at each platform that has it; n/a where there
    are fewer customers than platforms."""
    table = {name: late(values) for name, values in future.platforms.items()}
    prices = late(future.quarters["price_level"]) / future.quarters["price_level"][0]
    profit = float((table["profit"].sum(axis=1) / prices).mean()) / 100.0
    customers = float((table["users"] + table["firm_users"] + table["links"]).sum(axis=1).mean())
    return profit / customers if customers >= table["users"].shape[1] else math.nan


@measure("dividend", "yuan", 0, of_platforms=True)
def price_of_a_user(future: Future, twin: Future) -> float:
    """Attention spend per person won, in wages of the branching; late. n/a where no consumer is won."""
    return mean(late(future.quarters["user_cost"]))


@measure("dividend", "share of GDP", 0, of_platforms=True)
def revenue_peak(future: Future, twin: Future) -> float:
    """Platforms' revenue over GDP in their best year."""
    return float(yearly(future.quarters["platform_revenue"]).max())
