"""Sizes, times and stakes: what platforms take in, when they live on it, what that cost, who bore losses.

The observation is a world. Medians, because a few worlds take a thousand times what others do; the interval
of a median is read off the order of the worlds, whatever their distribution, and "not within the future"
counts as later than every year. Source: David and Nagaraja (2003), section 7.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from experiments.judge.means import LEAST
from experiments.measure.arithmetic import YEAR, Values
from experiments.measure.futures import PLACEBO, Frame
from experiments.run.world import CONTROL

COLUMNS = ("arm", "quantity", "unit", "worlds", "median", "low", "high")
REVENUE, EARNS, BURNED = "revenue", "earns its costs from", "venture money until then"
HOUSEHOLDS, BANKS = "losses of households", "losses of banks"
UNITS = {
    REVENUE: "share of GDP",
    EARNS: "years",
    BURNED: "share of yearly GDP",
    HOUSEHOLDS: "share of GDP",
    BANKS: "share of GDP",
}
# What one is a share of, where an outcome's unit says no more than "the twin's".
OF_THE_TWIN = {"consumption_gain": "consumption", "goods_gain": "gdp"}


def stakes(quarters: Frame) -> Frame:
    """The stakes of every arm, a row per arm and quantity, with the 95 % interval of the median over worlds.

    Args:
        quarters: of the store; placebos are left out.

    `REVENUE` is that of all platforms in the last year; `EARNS` the year after the branching from which on
    they earn all they cost, to the end (infinite where that never comes); `BURNED` the venture money until
    then, in parts of a year's GDP; the losses are those on loans in the whole future. Below `LEAST` worlds
    there is no interval.
    """
    rows = []
    arms = [arm for arm in dict.fromkeys(map(str, quarters["arm"])) if arm not in PLACEBO.values()]
    split = dict(tuple(quarters.sort_values("since").groupby("arm", sort=False, observed=True)))
    for arm in arms:
        lived = [dict(_of_future(one)) for _, one in split[arm].groupby(["world", "luck"], observed=True)]
        keys = [world for (world, _), _ in split[arm].groupby(["world", "luck"], observed=True)]
        for quantity in UNITS if arm != CONTROL else (HOUSEHOLDS, BANKS):
            each = pd.Series([one[quantity] for one in lived]).groupby(keys).median().to_numpy(float)
            found = [float(np.median(each)), *of_median(each)]
            rows.append((arm, quantity, UNITS[quantity], len(each), *found))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_future(quarters: Frame) -> Iterator[tuple[str, float]]:
    """Every quantity of one future, whose quarters are in order."""
    numbers = {name: quarters[name].to_numpy(float) for name in _READ}
    gdp = numbers["gdp"]
    revenue, profit = (numbers[name] * gdp for name in ("platform_revenue", "platform_profit"))
    yield REVENUE, float(revenue[-YEAR:].sum() / gdp[-YEAR:].sum())
    quarter = lives_from(revenue, profit)
    yield EARNS, quarter / YEAR
    until = len(gdp) if math.isinf(quarter) else int(quarter)
    yield BURNED, float(numbers["venture_funding"][:until].sum() / YEAR)
    for quantity, name in ((HOUSEHOLDS, "losses_of_households"), (BANKS, "losses_of_banks")):
        yield quantity, float((numbers[name] * gdp).sum() / gdp.sum())


_READ = ("gdp", "platform_revenue", "platform_profit", "venture_funding", "losses_of_households",
         "losses_of_banks")  # fmt: skip


def lives_from(revenue: Values, profit: Values) -> float:
    """The quarter, counted from 1, from which on revenue covers all costs of the four quarters that end
    there, to the end; infinite where the last year does not."""
    sums = np.convolve(profit, np.ones(min(YEAR, len(profit))), mode="valid")
    earned = np.convolve(revenue, np.ones(min(YEAR, len(revenue))), mode="valid")
    short = np.flatnonzero((sums < 0.0) | (earned <= 0.0))
    first = int(short[-1]) + 1 if short.size else 0
    return math.inf if first == len(sums) else float(first + len(profit) - len(sums) + 1)


def of_median(values: Values, confidence: float = 0.95) -> tuple[float, float]:
    """The interval of a median: two of the values, in order. NaN below `LEAST` values."""
    from scipy import stats

    if len(values) < LEAST:
        return math.nan, math.nan
    outside = int(stats.binom.ppf((1.0 - confidence) / 2.0, len(values), 0.5))
    ordered = np.sort(values)
    return float(ordered[max(0, outside - 1)]), float(ordered[min(len(values) - 1, len(values) - outside)])


def worth(quarters: Frame, outcomes: Mapping[str, str], persons: float) -> dict[str, float]:
    """What one unit of an outcome is worth [yuan per person and year], for those of which that can be said.

    Args:
        outcomes: unit by name.
        persons: in each world.

    It is the mean over the worlds and quarters without platforms, at the prices of each quarter.
    """
    base = quarters.loc[quarters["arm"] == CONTROL]
    each = YEAR / 100.0 / persons
    consumed = float((base["consumption"] * base["price_level"]).mean()) * each
    made = {"consumption": consumed, "gdp": float(base["gdp"].mean()) * each}
    of = {name: "gdp" for name, unit in outcomes.items() if unit == "share of GDP"}
    return {name: made[what] for name, what in {**of, **OF_THE_TWIN}.items() if name in outcomes}
