"""How a measure is declared, and what several measures are made of.

A measure is a function of one future and of its twin, the same world without platforms; its docstring is its
definition. Money is compared in shares of GDP, so that no price level enters. A
direction of 0 means: shown and compared, but neither good nor bad by itself, so it takes no part in rankings.
Where platforms do nothing, what asks about platforms is NaN ("n/a"), not zero.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass

from experiments.measure.arithmetic import Values
from experiments.measure.futures import Future

Rule = Callable[[Future, Future], float]


@dataclass(frozen=True)
class Measure:
    """A measure: ``unit``, ``direction`` (+1 more is better, −1 less is, 0 shown only), and whether it asks
    about platforms (``of_platforms``: NaN where none acts). ``least`` is the least difference that matters,
    in its unit: a judgement of what matters, not a result, which ranks treat as a tie and tables report as
    equivalence. ``primary`` ones are those that the verdict is about, fixed before a study is run; ``reason``
    says why the margin is what it is, or why a measure is shown and not judged."""

    name: str
    group: str
    unit: str
    direction: int
    definition: str
    rule: Rule
    least: float
    of_platforms: bool
    primary: bool = False
    reason: str = ""

    @property
    def margin(self) -> float:
        """The least difference that matters."""
        return self.least

    @property
    def title(self) -> str:
        """The name as words."""
        return self.name.replace("_", " ")

    def of(self, future: Future, twin: Future) -> float:
        """The measure of a future, given its twin under external finance."""
        return self.rule(future, twin) if future.acts or not self.of_platforms else math.nan


DECLARED: dict[str, Measure] = {}


def measure(
    group: str,
    unit: str,
    direction: int,
    *,
    least: float = 0.0,
    of_platforms: bool = False,
    primary: bool = False,
    reason: str = "",
) -> Callable[[Rule], Rule]:
    """Declare the function below as a measure; its docstring is the definition.

    Raises ``ValueError`` for a measure with a direction and no least difference, or the reverse, and for a
    primary one without a direction or a reason for its margin.
    """
    if primary and not (direction and reason):
        raise ValueError("a primary measure has a direction, and a reason for its margin")
    if (direction != 0) != (least > 0):
        raise ValueError(f"direction {direction} and least difference {least}: a measure has both or neither")

    def declare(rule: Rule) -> Rule:
        name, text = rule.__name__, " ".join((inspect.getdoc(rule) or "").split())
        DECLARED[name] = Measure(
            name, group, unit, direction, text, rule, least, of_platforms, primary, reason
        )
        return rule

    return declare


# -- what several measures are made of ----------------------------------------------------------------


def cost(future: Future) -> Values:
    """All costs of all platforms, growth and losses included [share of GDP, by quarter]."""
    return future.quarters["platform_revenue"] - future.quarters["platform_profit"]


def gross(future: Future) -> Values:
    """Profit of all platforms before what they spend on growth [share of GDP, by quarter]."""
    return future.quarters["platform_profit"] + future.quarters["platform_growth_spend"]


def bank_profit(future: Future) -> Values:
    """Banks' profit after tax [share of GDP, by quarter]. Return on capital has no bounds, because where
    banks hardly lend they hardly have capital; return x capital over loans x loans over GDP has."""
    quarters = future.quarters
    loans = quarters["credit_to_gdp"] + quarters["consumer_credit_to_gdp"]
    return quarters["bank_return"] * quarters["bank_capital"] * loans


def weighted(future: Future, name: str) -> float:
    """A share of GDP over the whole branch: quarters weigh by their GDP."""
    gdp = future.quarters["gdp"]
    return float((future.quarters[name] * gdp).sum() / gdp.sum())


def gain(future: Future, twin: Future, name: str) -> float:
    """A real amount summed over the branch, against the twin's [share of the twin's]."""
    return float(future.quarters[name].sum() / twin.quarters[name].sum() - 1.0)
