"""The interval of a mean over worlds, and when there is none.

The observation is a world, whatever is counted inside of it: platforms and lucks of one world share its
history, so they are averaged first and the worlds are what varies. The rule was chosen by trials on data of
known truth (`tests/test_judge.py` repeats them): no single textbook interval holds for differences that
are skewed, tied or mostly zero at 12 to 60 worlds.

Sources: bootstrap-t, Efron (1981) and Hall (1988).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from experiments.judge.intervals import KEY

LEAST = 12  # worlds: below, every interval tried misses skewed truths too often, and no word is given
RESAMPLES = 1_999
MANY = 60  # worlds from which on the bootstrap-t needs no allowance
ALLOWANCE = 0.6  # below MANY the bootstrap-t is taken at this part of the error allowed (95 % becomes 97 %)
HANGS = "one world lies far beyond all others: the mean hangs on it"
FAR = 18.0  # times the other side's reach: exponential data are farther in one sample of 200
ALONE = 4.0  # times its own side's quartile: else the farthest world is not far, its whole side is long

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean over ``n`` worlds with its interval, in the unit of the numbers.

    ``sd`` is that of the worlds. ``refused`` says in words why there is no interval (``low`` and ``high``
    are then NaN); it is empty where there is one. ``method`` names the rule.
    """

    n: int
    mean: float
    low: float
    high: float
    sd: float
    method: str
    refused: str


def mean_interval(x: npt.ArrayLike, confidence: float = 0.95) -> Interval:
    """The mean of one number per world with its interval; see `mean_intervals`."""
    numbers = np.asarray(x, dtype=float)
    if numbers.ndim != 1:
        raise ValueError(f"x has {numbers.ndim} dimensions: one number per world is asked for")
    return mean_intervals(numbers[None, :], confidence)[0]


def mean_intervals(rows: npt.ArrayLike, confidence: float = 0.95) -> list[Interval]:
    """An interval for the mean of each row: the hull of Student's t and the bootstrap-t.

    Args:
        rows: (questions, worlds), finite; all rows share the resamples, which start from a fixed key.
        confidence: nominal. Below `MANY` worlds the bootstrap-t is taken at a higher level.

    Refused are: fewer than `LEAST` worlds; no variation; a world far beyond all others (farther from the
    median than `FAR` times the other side's reach and `ALONE` times its own side's quartile); bounds that
    resampling leaves infinite, because many resamples hold nothing but one value (rare events).

    What no rule saves: log-normal data with a deviation of 1.5 in logs. At 12 and 20 worlds many of such
    samples look like milder ones, and of the intervals given there 16 and 19 % miss the mean; at 60 worlds
    four in five samples are refused. Where worlds far beyond all others are expected, compare logs.
    """
    numbers = np.asarray(rows, dtype=float)
    if numbers.ndim != 2:
        raise ValueError(f"rows has {numbers.ndim} dimensions: questions x worlds is asked for")
    if bad := int((~np.isfinite(numbers)).sum()):
        raise ValueError(f"rows holds {bad} values that are no finite numbers, out of {numbers.size}")
    count, n = numbers.shape
    mean = numbers.mean(axis=1) if n else np.full(count, np.nan)
    sd = numbers.std(axis=1, ddof=1) if n > 1 else np.full(count, np.nan)
    low = high = np.full(count, np.nan)
    if n < LEAST:
        words = [f"{n} worlds: at least {LEAST} are needed"] * count
    else:
        low, high = _hull(numbers, mean, sd, confidence)
        words = _refusals(numbers, low, high, confidence)
    given = np.array([not one for one in words], dtype=bool)
    low, high = np.where(given, low, np.nan), np.where(given, high, np.nan)
    method = "hull of t and bootstrap-t"
    return [
        Interval(n, float(mean[i]), float(low[i]), float(high[i]), float(sd[i]), method, words[i])
        for i in range(count)
    ]


def _hull(rows: Rows, mean: Rows, sd: Rows, confidence: float) -> tuple[Rows, Rows]:
    """Lower and upper bounds, (questions,) each; infinite where too many resamples do not vary."""
    from scipy import stats

    n = rows.shape[1]
    error = sd / math.sqrt(n)
    part = (1.0 - confidence) * (ALLOWANCE if n < MANY else 1.0) / 2.0
    place = max(1, math.floor(part * (RESAMPLES + 1)))
    student = float(stats.t.ppf((1.0 + confidence) / 2.0, n - 1))
    least, most = np.empty(len(rows)), np.empty(len(rows))
    for start in range(0, len(rows), 500):  # keeps the memory below 10 MB
        part_of = slice(start, start + 500)
        ratios = _studentised(rows[part_of], mean[part_of], sd[part_of])
        ordered = np.partition(ratios, [place - 1, RESAMPLES - place], axis=1)
        least[part_of], most[part_of] = ordered[:, place - 1], ordered[:, RESAMPLES - place]
    return mean - np.maximum(most, student) * error, mean - np.minimum(least, -student) * error


def _studentised(rows: Rows, mean: Rows, sd: Rows) -> Rows:
    """(questions, resamples): t of each resample about the row's mean; ±inf where it does not vary."""
    n = rows.shape[1]
    scaled = (rows - mean[:, None]) / np.where(sd > 0, sd, 1.0)[:, None]
    weights = _weights(n)
    means = scaled @ weights
    variances = (scaled**2) @ weights - means**2
    variances = np.where(variances > 1e-12, variances, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = means / np.sqrt(variances / (n - 1))
    return np.where(np.isnan(ratios), 0.0, ratios)


@lru_cache(maxsize=8)
def _weights(n: int) -> Rows:
    """(worlds, resamples): how often each world is drawn, over n; the same for the same n, always."""
    generator = np.random.default_rng((KEY, n))
    drawn = generator.integers(0, n, (RESAMPLES, n)) + n * np.arange(RESAMPLES)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=n * RESAMPLES).reshape(RESAMPLES, n)
    return np.ascontiguousarray(counts.T / n)


def _refusals(rows: Rows, low: Rows, high: Rows, confidence: float) -> list[str]:
    """Why each row has no interval, in words; empty where it has one."""
    flat = unvaried(rows)
    far = far_tail(rows)
    endless = ~(np.isfinite(low) & np.isfinite(high))
    words = []
    for i, row in enumerate(rows):
        if flat[i] and not row.any():
            bound = never(row.size, confidence)
            words.append(f"nothing happened in {row.size} worlds: that only bounds its rate at {bound:.1%}")
        elif flat[i]:
            words.append(f"all {row.size} worlds give the same number: no variation to judge by")
        elif far[i]:
            words.append(HANGS)
        elif endless[i]:
            words.append("too few worlds differ from the others: a rare event needs more worlds")
        else:
            words.append("")
    return words


def unvaried(rows: Rows) -> npt.NDArray[np.bool_]:
    """(questions,): whether all worlds give the same number, but for the last bits."""
    return np.ptp(rows, axis=1) <= 1e-12 * np.abs(rows).max(axis=1)


def far_tail(rows: Rows) -> npt.NDArray[np.bool_]:
    """(questions,): whether a single world is so far out that the mean hangs on it.

    Where more than half of the worlds are level there is no reach on the other side; infinite bounds find
    what is too rare there.
    """
    below, quarter, middle, fourth, above = np.quantile(rows, [0.0, 0.25, 0.5, 0.75, 1.0], axis=1)
    up, down = above - middle, middle - below
    two_sided = (up > 0) & (down > 0)
    right = (up > FAR * down) & (up > ALONE * (fourth - middle))
    left = (down > FAR * up) & (down > ALONE * (middle - quarter))
    return two_sided & (right | left)


def never(n: int, confidence: float = 0.95) -> float:
    """The rate that an event still may have after 0 in ``n`` worlds (exact; about 3 / n, "rule of three")."""
    if n < 1:
        raise ValueError(f"{n} worlds bound no rate")
    return 1.0 - (1.0 - confidence) ** (1.0 / n)
