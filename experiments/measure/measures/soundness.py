"""Measures of finance and of what hits: does finance get safer or weaker, and what do bad years look like?"""

from __future__ import annotations

import numpy as np

from experiments.measure.futures import Future
from experiments.measure.measures.declared import Values, bank_profit, late, mean, measure, weighted, yearly

# -- soundness: does finance get safer or weaker? -----------------------------------------------------


@measure("soundness", "share a year", -1, least=0.0005)
def firm_defaults(future: Future, twin: Future) -> float:
    """Firms that default, of all firms; mean of the branch."""
    return 4.0 * mean(future.quarters["default_rate"])


@measure("soundness", "share a year", -1, least=0.0005)
def consumer_defaults(future: Future, twin: Future) -> float:
    """Consumers who default, of all consumers; mean of the branch."""
    return 4.0 * mean(future.quarters["consumer_default_rate"])


@measure("soundness", "share a year", -1, least=0.0005)
def bank_losses(future: Future, twin: Future) -> float:
    """Banks' loan losses, on loans of their own and on bought ones, over their loans; mean of the branch."""
    return mean(future.quarters["bank_loss_rate"])


@measure("soundness", "share", 1, least=0.002)
def bank_capital_low(future: Future, twin: Future) -> float:
    """Banks' capital over loans in the worst quarter of the branch."""
    return float(future.quarters["bank_capital"].min())


@measure("soundness", "share of GDP", 1, least=0.0005)
def bank_earnings(future: Future, twin: Future) -> float:
    """Banks' profit after tax over GDP; mean of the branch."""
    return mean(bank_profit(future))


@measure("soundness", "count", -1, least=0.5)
def bank_failures(future: Future, twin: Future) -> float:
    """Banks that failed during the branch."""
    return float(future.quarters["bank_failures"].sum())


@measure("soundness", "share of GDP", -1, least=0.0005)
def household_losses(future: Future, twin: Future) -> float:
    """What households lost of the money they lent through platforms; whole branch."""
    return weighted(future, "losses_of_households")


@measure("soundness", "share of GDP", -1, least=0.0005)
def state_losses(future: Future, twin: Future) -> float:
    """What the resolution of banks cost the state; whole branch."""
    return weighted(future, "bank_resolution")


@measure("soundness", "share of GDP", 0, of_platforms=True)
def bank_losses_on_bought(future: Future, twin: Future) -> float:
    """Banks' losses on loans that came from platforms; whole branch."""
    return weighted(future, "platform_losses_of_banks")


@measure("soundness", "share a year", 0, of_platforms=True)
def platform_loan_losses(future: Future, twin: Future) -> float:
    """Loans of the platforms' channel that go bad, of all such loans; mean of the quarters that have any."""
    return 4.0 * mean(future.quarters["platform_loss_rate"])


@measure("soundness", "share a year", 0, of_platforms=True)
def bought_lead(future: Future, twin: Future) -> float:
    """Banks' net margin on bought loans less that on their own; late. n/a where they buy none."""
    return 4.0 * mean(late(future.quarters["bought_margin"] - future.quarters["own_margin"]))


# -- resilience: what happens when it is hit? ---------------------------------------------------------


def falls(values: Values) -> Values:
    """How far each value lies below the highest before it [share of that]."""
    peak = np.maximum.accumulate(values)
    return np.divide(peak - values, peak, out=np.zeros_like(values), where=peak > 0)


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


@measure("resilience", "share of GDP", 1, least=0.001)
def worst_bank_earnings(future: Future, twin: Future) -> float:
    """Banks' profit after tax over GDP in the worst year."""
    return float(yearly(bank_profit(future)).min())


@measure("resilience", "share of peak", -1, least=0.05, of_platforms=True)
def revenue_fall(future: Future, twin: Future) -> float:
    """Largest fall of the platforms' revenue (share of GDP, four-quarter means) from its running peak."""
    return float(falls(yearly(future.quarters["platform_revenue"])).max())
