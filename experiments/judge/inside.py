"""Whether a number lies within a band, and where one more world may lie.

A mean over worlds is known as far as its interval (95 %, see `means`) says. It is *in* where the whole
interval lies within the band, *OUT* where the whole interval lies beyond one of its ends, and *open* where an
end of the band lies within the interval, or where there is no interval: below `means.LEAST` worlds, and for
numbers that resampling cannot bound. A number that is the same in every world is its own interval.

A number that cannot leave a range (a share, an area under a curve, the part of some signs that holds) is also
bounded where the rule of `means` refuses, from `FEWEST` worlds on: see `bounded`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.judge.means import LEAST, Interval, mean_interval

IN, OUT, OPEN = "in", "OUT", "open"
FEWEST = 6  # worlds below which not even a number within a range has an interval
STRICTER = 0.2  # part of the error allowed at which Student's t is taken of few worlds (95 % becomes 99 %)


def of_cases(
    values: Sequence[float] | npt.NDArray[np.float64], within: Sequence[float] | None = None
) -> Interval:
    """The mean over the worlds that have a case, with its interval; NaN and infinity are no case.

    within: the range that the numbers cannot leave, if there is one.
    """
    numbers = np.asarray(values, dtype=float)
    numbers = numbers[np.isfinite(numbers)]
    found = mean_interval(numbers)
    if numbers.size >= LEAST and np.ptp(numbers) == 0.0:
        return Interval(found.n, found.mean, found.mean, found.mean, 0.0, "the same in every world", "")
    if found.refused and within is not None and numbers.size >= FEWEST:
        return bounded(numbers, within)
    return found


def bounded(x: npt.NDArray[np.float64], within: Sequence[float], confidence: float = 0.95) -> Interval:
    """The mean of numbers that cannot leave a range, with its interval, however few or uneven they are.

    Where more than half of the worlds give the same number, Clopper and Pearson's (1934) interval, each world
    counting as the part of a success that it is of the way through the range: nothing within a range varies
    more than what only knows its ends. Elsewhere Student's t at a higher level, cut to the range; a world far
    from all others makes it wide. Trials on data of known truth are in `tests/test_inside.py`.

    Raises ``ValueError`` for numbers beyond the range.
    """
    from scipy import stats

    least, most = float(within[0]), float(within[1])
    if x.size and not least <= x.min() <= x.max() <= most:
        raise ValueError(f"numbers from {x.min():g} to {x.max():g} are not within {least:g} to {most:g}")
    n, mean, sd = int(x.size), float(x.mean()), float(x.std(ddof=1))
    error = 1.0 - confidence
    if np.unique(x, return_counts=True)[1].max() > n / 2.0:
        full = n * (mean - least) / (most - least)
        low = float(stats.beta.ppf(error / 2.0, full, n - full + 1.0)) if full > 0.0 else 0.0
        high = float(stats.beta.ppf(1.0 - error / 2.0, full + 1.0, n - full)) if full < n else 1.0
        low, high = (least + part * (most - least) for part in (low, high))
        return Interval(n, mean, low, high, sd, "Clopper and Pearson", "")
    half = float(stats.t.ppf(1.0 - STRICTER * error / 2.0, n - 1)) * sd / math.sqrt(n)
    return Interval(n, mean, max(least, mean - half), min(most, mean + half), sd, "Student's t, 99 %", "")


def of_middle(values: Sequence[float] | npt.NDArray[np.float64], confidence: float = 0.95) -> Interval:
    """The median over the worlds that have a case, between two places of their order that hold it.

    Whatever the distribution: the k-th from either end, where fewer than k of n tosses of a coin fall on one
    side with half of what the confidence leaves. Below `means.LEAST` worlds there is no interval.
    """
    from scipy import stats

    x = np.sort(np.asarray(values, dtype=float))
    x = x[np.isfinite(x)]
    n = int(x.size)
    middle, sd = (float(np.median(x)), float(x.std(ddof=1))) if n > 1 else (math.nan, math.nan)
    if n < LEAST:
        return Interval(n, middle, math.nan, math.nan, sd, "", f"{n} worlds: at least {LEAST} are needed")
    k = int(stats.binom.ppf((1.0 - confidence) / 2.0, n, 0.5))
    return Interval(n, middle, float(x[k - 1]), float(x[n - k]), sd, "order of the worlds", "")


def placed(found: Interval, low: float, high: float) -> str:
    """`IN`, `OUT` or `OPEN`: see the module's text. low, high: of the band, in the unit of the numbers."""
    if found.refused:
        return OPEN
    if low <= found.low and found.high <= high:
        return IN
    return OUT if found.high < low or found.low > high else OPEN


def range_of_one_more(values: Any, confidence: float = 0.95) -> tuple[float, float]:
    """Where the number of one more world lies with this confidence, given those of some.

    From 39 worlds on (for 95 %) the numbers in such places of their order that hold it whatever the
    distribution (of n worlds the k-th from either end: 1 - 2 k / (n + 1)); below, Student's interval of
    prediction, which holds for normal numbers. NaN with fewer than two worlds.
    """
    from scipy import stats

    x = np.sort(np.asarray(values, dtype=float))
    x = x[np.isfinite(x)]
    n = x.size
    if n < 2:
        return math.nan, math.nan
    k = math.floor((1.0 - confidence) / 2.0 * (n + 1) + 1e-9)
    if k >= 1:
        return float(x[k - 1]), float(x[n - k])
    half = float(stats.t.ppf((1.0 + confidence) / 2.0, n - 1) * x.std(ddof=1) * math.sqrt(1.0 + 1.0 / n))
    return float(x.mean()) - half, float(x.mean()) + half
