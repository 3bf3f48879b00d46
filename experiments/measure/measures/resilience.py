"""Resilience: what happens when it is hit?"""

from __future__ import annotations

import math

import numpy as np

from experiments.measure.arithmetic import Values, shares, yearly
from experiments.measure.futures import Future
from experiments.measure.measures.declared import bank_profit, measure


def falls(values: Values) -> Values:
    """How far each value lies below the highest before it [share of that]."""
    peak = np.maximum.accumulate(values)
    return shares(peak - values, peak)


def taken(future: Future, name: str) -> float:
    """Part of an amount that the standard shock takes over the quarters watched; NaN where none was lived."""
    if not future.shocked:
        return math.nan
    return 1.0 - float(future.shocked[name].sum() / future.unshocked[name].sum())


@measure(
    "resilience", "share of consumption", -1, least=0.001, primary=True,
    reason="of three years' consumption: as the margin of consumption itself",
)  # fmt: skip
def shock_consumption(future: Future, twin: Future) -> float:
    """What a standard shock takes from real consumption in three years, of what there is without it: the same
    future with and without the shock in its sixth year, so that luck cancels."""
    return taken(future, "consumption")


@measure(
    "resilience", "share of credit", -1, least=0.005, primary=True,
    reason="half a per cent of credit to firms, a tenth of what a usual year adds",
)  # fmt: skip
def shock_credit(future: Future, twin: Future) -> float:
    """As of consumption, from real credit to firms."""
    return taken(future, "firm_credit")


@measure("resilience", "share", -1, least=0.002)
def drawdown(future: Future, twin: Future) -> float:
    """Largest fall of real output from its running peak."""
    return float(falls(future.quarters["output"]).max())


@measure("resilience", "quarters", -1, least=1)
def recovery(future: Future, twin: Future) -> float:
    """Quarters from the trough of the largest fall until output is back at the peak before it; those left in
    the branch where it never is, 0 where it never fell."""
    fall = falls(future.quarters["output"])
    after = fall[int(fall.argmax()) :]
    back = np.flatnonzero(after <= 0.0)
    return float(back[0]) if back.size else float(len(after))


@measure("resilience", "log points", -1, least=0.001)
def volatility(future: Future, twin: Future) -> float:
    """Standard deviation of log real output around its straight trend."""
    logs = np.log(np.maximum(1e-9, future.quarters["output"]))
    time = np.arange(len(logs), dtype=float)
    return float((logs - np.polyval(np.polyfit(time, logs, 1), time)).std()) if len(logs) > 2 else 0.0


@measure("resilience", "share a year", -1, least=0.002)
def worst_defaults(future: Future, twin: Future) -> float:
    """Firms' default rate in the worst year."""
    return 4.0 * float(yearly(future.quarters["default_rate"]).max())


@measure(
    "resilience", "share of GDP", 0,
    reason="as of banks' earnings",
)  # fmt: skip
def worst_bank_earnings(future: Future, twin: Future) -> float:
    """Banks' profit after tax over GDP in the worst year."""
    return float(yearly(bank_profit(future)).min())


@measure("resilience", "share of peak", -1, least=0.05, of_platforms=True)
def revenue_fall(future: Future, twin: Future) -> float:
    """Largest fall of the platforms' revenue (share of GDP, four-quarter means) from its running peak; 1, all
    lost, where nothing was ever earned."""
    revenue = yearly(future.quarters["platform_revenue"])
    return float(falls(revenue).max()) if revenue.max() > 0 else 1.0
