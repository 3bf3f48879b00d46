"""Soundness: does finance get safer or weaker?"""

from __future__ import annotations

import math

import numpy as np

from experiments.measure.arithmetic import change, late, mean, third
from experiments.measure.futures import Future
from experiments.measure.measures.declared import bank_profit, measure, weighted


@measure(
    "soundness", "share of GDP", -1, least=0.0005, primary=True,
    reason="a tenth of what banks lose on loans in a usual year, about half a per cent of GDP",
)  # fmt: skip
def losses_of_others(future: Future, twin: Future) -> float:
    """What households and banks lost on what they lent, themselves or through platforms; whole branch. What
    the state pays of it in resolutions is in it. Platforms' own losses are not."""
    return weighted(future, "losses_of_households") + weighted(future, "losses_of_banks")


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


@measure(
    "soundness", "share", 0,
    reason="a bank that lends less looks safer, and a minimum drifts with the length of the branch",
)  # fmt: skip
def bank_capital_low(future: Future, twin: Future) -> float:
    """Banks' capital over loans in the worst quarter of the branch."""
    return float(future.quarters["bank_capital"].min())


@measure(
    "soundness", "share of GDP", 0,
    reason="profit is no safety: it may be the borrowers' loss",
)  # fmt: skip
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
    """Banks' net margin on bought loans, at worst -1 a quarter (all lost), less that on their own; late. n/a
    where they buy none."""
    bought = np.maximum(-1.0, future.quarters["bought_margin"])  # old losses on few loans left are huge
    return 4.0 * mean(late(bought - future.quarters["own_margin"]))


@measure("soundness", "from −1 to 1", 0, of_platforms=True)
def bought_change(future: Future, twin: Future) -> float:
    """Change of what banks hold of loans through platforms, over GDP, from the middle to the last third:
    change over sum of both. n/a where they never buy any."""
    held = future.platforms["participations_owed"].sum(axis=1) / future.quarters["gdp"]
    if not held.sum() > 0:
        return math.nan
    return change(*(float(third(held, number).mean()) for number in (1, 2)))
