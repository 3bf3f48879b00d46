"""Bridge: is value made or moved?"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from experiments.measure.arithmetic import Values, change, mean
from experiments.measure.futures import Future
from experiments.measure.measures.declared import bank_profit, cost, gain, measure, weighted


def spent(future: Future) -> float:
    """All that platforms cost, over GDP; whole branch."""
    gdp = future.quarters["gdp"]
    return float((cost(future) * gdp).sum() / gdp.sum())


@measure(
    "bridge", "share of GDP", 1, least=0.001, primary=True,
    reason="a thousandth of GDP: ten times what platforms of the quieter business models take in all",
)  # fmt: skip
def value_net_of_cost(future: Future, twin: Future) -> float:
    """Real value added of firms against the twin's, less all that platforms cost and their funders lose, over
    GDP; whole branch."""
    made = [f.quarters["gdp"] / f.quarters["price_level"] for f in (future, twin)]
    funders = weighted(future, "losses_of_households") + weighted(future, "platform_losses_of_banks")
    return float(made[0].sum() / made[1].sum() - 1.0) - spent(future) - funders


@measure("bridge", "share of GDP", 1, least=0.001)
def left_for_others(future: Future, twin: Future) -> float:
    """Value created (output gain) less value captured by platforms (their revenue); whole branch."""
    return gain(future, twin, "output") - weighted(future, "platform_revenue")


@measure(
    "bridge", "from −1 to 1", 0,
    reason="the lesser of two noisy changes is below zero by itself: a placebo of the control is",
)  # fmt: skip
def both_gain(future: Future, twin: Future) -> float:
    """The lesser of two changes against the twin, banks' and firms' profit over GDP (means of the branch;
    change over sum of sizes): above zero, finance and firms gain together."""
    banks = change(mean(bank_profit(twin)), mean(bank_profit(future)))
    firms = change(mean(twin.quarters["firm_margin"]), mean(future.quarters["firm_margin"]))
    return min(banks, firms)


@measure(
    "bridge", "correlation", 0,
    reason="credit that follows output is no virtue where drawdowns are a vice",
)  # fmt: skip
def co_movement(future: Future, twin: Future) -> float:
    """Correlation of the yearly growth of real credit to firms and of real output; 0 where one does not
    vary."""
    credit, output = (np.log(np.maximum(1e-9, future.quarters[name])) for name in ("firm_credit", "output"))
    if len(output) < 7:
        return 0.0
    first, second = credit[4:] - credit[:-4], output[4:] - output[:-4]
    return float(np.corrcoef(first, second)[0, 1]) if first.std() > 0 and second.std() > 0 else 0.0


@measure("bridge", "share of yearly GDP", 0)
def credit(future: Future, twin: Future) -> float:
    """Credit to firms, from banks and platforms; mean of the branch."""
    return mean(future.quarters["credit_to_gdp"])


@measure("bridge", "share of GDP", 0, of_platforms=True)
def captured(future: Future, twin: Future) -> float:
    """Revenue of the platforms; whole branch."""
    return weighted(future, "platform_revenue")


@measure("bridge", "share of GDP", 0)
def left_for_others_net(future: Future, twin: Future) -> float:
    """Value created less value captured and less the venture money that went into platforms."""
    return left_for_others(future, twin) - weighted(future, "venture_funding")


@measure("bridge", "yuan per yuan", 0, of_platforms=True)
def created_per_yuan(future: Future, twin: Future) -> float:
    """Value created (output gain) per yuan of all that platforms cost; n/a where they cost nothing."""
    costs = spent(future)
    return gain(future, twin, "output") / costs if costs > 0 else math.nan


@measure("bridge", "yuan per yuan", 0, of_platforms=True)
def created_per_technology(future: Future, twin: Future) -> float:
    """Real value added of firms above the twin's, at the prices of its quarter, per yuan that platforms spend
    on technology; whole branch. n/a where they spend nothing on it."""
    made, without = (f.quarters["gdp"] / f.quarters["price_level"] for f in (future, twin))
    spent = float(future.platforms["technology_spend"].sum())
    return float(((made - without) * future.quarters["price_level"]).sum()) / spent if spent > 0 else math.nan


SOME = 30  # firms with a new loan, below which their loans are the fate of a few


@measure("bridge", "per cent per per cent", 0)
def credit_to_sales(future: Future, twin: Future) -> float:
    """Elasticity of a firm's new credit, from banks and platforms, to its own sales, over the firms of a
    sector that were granted some; last quarter. n/a where they were fewer than 30."""
    if not future.firms:
        return math.nan
    table = future.firms
    some = (table["granted"] > 0) & (table["sales"] > 0)
    if some.sum() < SOME:
        return math.nan
    _, sector = np.unique(table["sector"][some], return_inverse=True)
    sales, granted = (_within(np.log(table[name][some]), sector) for name in ("sales", "granted"))
    return float(sales @ granted / (sales @ sales))


def _within(values: Values, groups: npt.NDArray[np.int64]) -> Values:
    """Values less the mean of their group, which groups number from 0."""
    return values - (np.bincount(groups, values) / np.bincount(groups))[groups]
