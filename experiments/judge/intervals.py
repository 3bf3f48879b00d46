"""Intervals of shares and of slopes; those of means are in `means`.

SciPy and statsmodels do the work and are imported when first used, because worker processes import what
scripts import. Resampling starts from a fixed key: the same numbers give the same answer.

Sources: Wilson (1927); Theil (1950) and Sen (1968).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

KEY = 20_240_229  # of every resampling here; no result may depend on when it is asked for


def wilson(successes: float, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for a share of ``successes`` (halves allowed, for ties) out of ``n``."""
    from statsmodels.stats.proportion import proportion_confint

    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"{successes} successes out of {n} is no share")
    bounds: Any = proportion_confint(successes, n, alpha=1 - confidence, method="wilson")
    low, high = bounds
    # Exactly 0 and 1 at the ends, where rounding would leave the share itself outside.
    return (0.0 if successes == 0 else float(low)), (1.0 if successes == n else float(high))


@dataclass(frozen=True)
class Trend:
    """A robust straight line through a series: slope [unit per step] with its interval, and intercept."""

    slope: float
    low: float
    high: float
    intercept: float


def trend(values: npt.ArrayLike, at: npt.ArrayLike | None = None, *, confidence: float = 0.95) -> Trend:
    """Theil and Sen's slope: the median over all pairs, which a crisis or two do not move.

    Args:
        values: at least three numbers.
        at: their times; 0, 1, 2, … where not given.
    """
    from scipy import stats

    series = _numbers(values, "values")
    times = np.arange(series.size, dtype=float) if at is None else _numbers(at, "at")
    if series.size < 3 or series.shape != times.shape:
        raise ValueError(f"{series.size} values at {times.size} times give no trend: at least 3 of each")
    found: Any = stats.theilslopes(series, times, alpha=confidence)
    return Trend(float(found.slope), float(found.low_slope), float(found.high_slope), float(found.intercept))


def _numbers(values: npt.ArrayLike, what: str) -> npt.NDArray[np.float64]:
    numbers = np.asarray(values, dtype=float)
    if numbers.ndim != 1:
        raise ValueError(f"{what} has {numbers.ndim} dimensions: a list of numbers is asked for")
    if bad := int((~np.isfinite(numbers)).sum()):
        raise ValueError(f"{what} holds {bad} values that are no finite numbers, out of {numbers.size}")
    return numbers
