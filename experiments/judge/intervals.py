"""What the differences between futures are worth: estimates with intervals, never a bare p-value.

The observation is a world; the two arms of a world share its luck, so everything here is paired. SciPy and
statsmodels do the work and are imported when first used, because worker processes import what scripts
import. Resampling starts from fixed keys: the same numbers give the same answer.

Sources: BCa bootstrap, Efron (1987); Wilson (1927); Holm (1979); SMAA-2, Lahdelma and Salminen (2001);
Theil (1950) and Sen (1968).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

KEY = 20_240_229  # of every resampling here; no result may depend on when it is asked for
FEW = 10  # worlds below which resampling them says less than Student's t


@dataclass(frozen=True)
class Difference:
    """Treated minus control over ``n`` paired worlds, in the unit of the measure.

    ``low`` and ``high`` bound the mean difference; ``method`` says how ("bca", "t", or "exact" where all
    differences are equal). ``d_z`` is the mean over the standard deviation of the differences (infinite
    or 0 where they do not vary), ``superiority`` the share of worlds in which treated exceeds control, a
    tie counting half, with its Wilson interval. ``p`` is the two-sided p-value of flipping signs.
    ``correlation`` is that of the two arms: what pairing gained (NaN where an arm does not vary).
    """

    n: int
    mean: float
    low: float
    high: float
    sd: float
    d_z: float
    superiority: float
    superiority_low: float
    superiority_high: float
    p: float
    correlation: float
    method: str

    def verdict(self, least: float = 0.0) -> str:
        """ "better", "worse", "equivalent" or "undecided", given the least difference that matters [unit].

        Better means: all of the interval lies above ``least``. Equivalent: all of it within ±``least``.
        """
        if self.low > least:
            return "better"
        if self.high < -least:
            return "worse"
        if -least <= self.low and self.high <= least:
            return "equivalent"
        return "undecided"


def paired_difference(
    treated: npt.ArrayLike, control: npt.ArrayLike, *, confidence: float = 0.95, resamples: int = 4_999
) -> Difference:
    """How much better (higher) one arm does than another in the same worlds.

    Args:
        treated, control: one number per world, in the same order, at least two.
        confidence: of the intervals.
        resamples: of the BCa bootstrap and of the sign-flip test.

    Raises ``ValueError`` if the arms differ in length, have fewer than two worlds, or contain NaN or
    infinity: a world that broke down is a result to be told, not to be dropped here.
    """
    from scipy import stats

    first, second = _numbers(treated, "treated"), _numbers(control, "control")
    if first.shape != second.shape:
        raise ValueError(f"treated has {first.size} worlds and control {second.size}: they come in pairs")
    n = first.size
    if n < 2:
        raise ValueError(f"{n} world is too few for an interval: at least 2")
    gaps = first - second
    mean, sd = float(gaps.mean()), float(gaps.std(ddof=1))
    flat = sd <= 1e-12 * max(1.0, float(np.abs(gaps).max()))
    if flat:
        low = high = mean
        method = "exact"
        d_z = math.copysign(math.inf, mean) if mean else 0.0
    else:
        low, high, method = _interval(gaps, confidence, resamples)
        d_z = mean / sd
    flips = stats.permutation_test(
        (gaps,),
        _mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        rng=np.random.default_rng(KEY),
    )
    wins = float((gaps > 0).sum() + 0.5 * (gaps == 0).sum())
    share_low, share_high = wilson(wins, n, confidence=confidence)
    varied = first.std() > 0 and second.std() > 0
    correlation = float(np.corrcoef(first, second)[0, 1]) if varied else math.nan
    return Difference(
        n, mean, low, high, sd, d_z, wins / n, share_low, share_high, float(flips.pvalue), correlation, method
    )


def _mean(values: npt.NDArray[np.float64], axis: int = -1) -> Any:
    return np.mean(values, axis=axis)


def _interval(gaps: npt.NDArray[np.float64], confidence: float, resamples: int) -> tuple[float, float, str]:
    from scipy import stats

    if gaps.size >= FEW:
        found = stats.bootstrap(
            (gaps,),
            _mean,
            confidence_level=confidence,
            n_resamples=resamples,
            method="BCa",
            vectorized=True,
            rng=np.random.default_rng(KEY),
        ).confidence_interval
        if math.isfinite(found.low) and math.isfinite(found.high):
            return float(found.low), float(found.high), "bca"
    low, high = stats.t.interval(confidence, gaps.size - 1, loc=gaps.mean(), scale=stats.sem(gaps))
    return float(low), float(high), "t"


def wilson(successes: float, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for a share of ``successes`` (halves allowed, for ties) out of ``n``."""
    from statsmodels.stats.proportion import proportion_confint

    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"{successes} successes out of {n} is no share")
    bounds: Any = proportion_confint(successes, n, alpha=1 - confidence, method="wilson")
    low, high = bounds
    # Exactly 0 and 1 at the ends, where rounding would leave the share itself outside.
    return (0.0 if successes == 0 else float(low)), (1.0 if successes == n else float(high))


def holm(p: npt.ArrayLike | Mapping[str, float]) -> Any:
    """P-values corrected for having asked several questions at once (family-wise, Holm).

    Gives back the kind it was given: an array, or a dict with the same names. Raises ``ValueError`` for
    values outside of [0, 1].
    """
    values = np.array(list(p.values()) if isinstance(p, Mapping) else p, dtype=float)
    if not ((values >= 0) & (values <= 1)).all():  # false for NaN too
        raise ValueError("a p-value lies outside of [0, 1]")
    # statsmodels' clears the memory at each call, a tenth of a second
    order = np.argsort(values, kind="stable")
    corrected = np.empty_like(values)
    steps = values[order] * np.arange(values.size, 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    if isinstance(p, Mapping):
        return dict(zip(p, corrected.tolist(), strict=True))
    return corrected


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
        raise ValueError(f"{what} has {numbers.ndim} dimensions: one number per world is asked for")
    if bad := int((~np.isfinite(numbers)).sum()):
        raise ValueError(f"{what} holds {bad} values that are no finite numbers, out of {numbers.size}")
    return numbers
