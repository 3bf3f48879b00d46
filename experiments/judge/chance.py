"""P-values of mean differences, and their correction for having asked many questions at once.

The null hypothesis of "better" or "worse": the labels of the two arms could be exchanged in every world, so
the differences are symmetric about zero. Student's t is exact for normal differences and conservative for
long tails: skewed arms give symmetric differences with long tails under this null. For differences of
nearly one size and random sign it is not: at 12 worlds and a level of 0.05/56 it errs 7 times too often
for ±1, 4 times for ±1 ± 30 %, twice for even ones (1.6 at 20, 1.1 at 60). So up to `FLIPS_TO` worlds the
signs are flipped too where differences are of similar size, and the larger p counts. Few worlds have few
patterns of signs (at 12 the least p is 2/4096): hence mid-p, and a stricter rule for "similar" below `FINE`
worlds. What remains: 1.2 times the level for ±1 ± 30 % and 1.7 times for even ones at 12 worlds, 1.1 and
1.2 times at 20; the price is up to 3 points of power.

Sources: Efron (1969) on t under symmetry; two one-sided tests, Schuirmann (1987); Holm (1979); Benjamini
and Hochberg (1995).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from experiments.judge.intervals import KEY
from experiments.judge.means import Rows, unvaried

# Mean fourth power over squared mean square: 1 for differences of one size, 1.8 for even, 3 for normal ones.
ONE_SIZE, SIMILAR = 1.6, 2.0
FINE = 17  # worlds from which on patterns of signs are fine enough to ask them for all below SIMILAR
FLIPS_TO = 100  # worlds; beyond, t errs by less than a tenth for all but ±1
ALL_FLIPS_TO = 17  # worlds up to which every pattern of signs is tried
FLIPS = 100_000  # patterns drawn beyond
ASKED_BELOW = 0.05  # where t alone says more, flipping could not make it less


def p_values(rows: Rows) -> Rows:
    """(questions,): two-sided p of the mean of each row being zero.

    Args:
        rows: (questions, worlds) of differences, finite, at least two worlds.

    Rows without variation get 1: a difference that never varies is not judged by chance.
    """
    from scipy import stats

    n = rows.shape[1]
    flat = unvaried(rows)
    error = np.where(flat, 1.0, rows.std(axis=1, ddof=1) / np.sqrt(n))
    p = np.where(flat, 1.0, 2.0 * stats.t.sf(np.abs(rows.mean(axis=1)) / error, n - 1))
    close = np.flatnonzero((p < ASKED_BELOW) & _to_flip(rows))
    for start in range(0, len(close), 50):  # 50 rows x 100,000 patterns are 40 MB
        some = close[start : start + 50]
        p[some] = np.maximum(p[some], _flipped(rows[some]))
    return p


def _to_flip(rows: Rows) -> npt.NDArray[np.bool_]:
    """(questions,): whether t alone is not to be trusted, and flipping signs says more."""
    n = rows.shape[1]
    if n > FLIPS_TO:
        return np.zeros(len(rows), dtype=bool)
    scaled = rows / np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-300)
    squares = np.maximum((scaled**2).mean(axis=1), 1e-300)
    return (scaled**4).mean(axis=1) < (ONE_SIZE if n < FINE else SIMILAR) * squares**2


def _flipped(rows: Rows) -> Rows:
    """(questions,): share of sign patterns with a sum farther from zero; those level with it count half."""
    size = np.abs(rows).sum(axis=1)
    sums = np.abs(rows @ _signs(rows.shape[1])) / size[:, None]
    own = np.abs(rows.sum(axis=1)) / size
    farther, level = sums > own[:, None] + 1e-9, np.abs(sums - own[:, None]) <= 1e-9
    return farther.mean(axis=1) + 0.5 * np.maximum(level.mean(axis=1), 1.0 / sums.shape[1])


@lru_cache(maxsize=2)
def _signs(n: int) -> Rows:
    """(worlds, patterns) of ±1; turning all signs changes no size, so the first world keeps its own."""
    if n <= ALL_FLIPS_TO:
        bits = (np.arange(2 ** (n - 1))[None, :] >> np.arange(n)[:, None]) & 1
        return 1.0 - 2.0 * bits
    return np.random.default_rng((KEY, n)).choice([-1.0, 1.0], size=(n, FLIPS))


def p_within(rows: Rows, margins: npt.ArrayLike) -> Rows:
    """(questions,): p of two one-sided t tests that the mean lies within ± its margin [unit of the rows]."""
    from scipy import stats

    n = rows.shape[1]
    flat = unvaried(rows)
    mean = rows.mean(axis=1)
    error = np.where(flat, 1.0, rows.std(axis=1, ddof=1) / np.sqrt(n))
    inside = (np.asarray(margins, dtype=float) - np.abs(mean)) / error
    return np.where(flat, 1.0, stats.t.sf(inside, n - 1))


def corrected(p: npt.ArrayLike, how: str) -> Rows:
    """P-values corrected together, NaN (a question that could not be asked) left out and kept.

    Args:
        how: "holm" (an error anywhere among them in at most 5 %) or "bh" (of those called, at most 5 %
            in expectation).

    Raises ``ValueError`` for another ``how`` and for a p outside of [0, 1].
    """
    from scipy import stats

    values = np.asarray(p, dtype=float)
    asked = np.flatnonzero(np.isfinite(values))
    if ((values[asked] < 0) | (values[asked] > 1)).any():
        raise ValueError("a p-value lies outside of [0, 1]")
    found = values.copy()
    if how == "bh":
        found[asked] = stats.false_discovery_control(values[asked]) if asked.size else []
    elif how == "holm":
        found[asked] = _holm(values[asked])
    else:
        raise ValueError(f"how = {how!r}: 'holm' or 'bh'")
    return found


def _holm(p: Rows) -> Rows:
    """(questions,): the smallest times their number, the next times one less, and none below one before it.

    statsmodels' clears the memory at each call, a tenth of a second.
    """
    order = np.argsort(p, kind="stable")
    found = np.empty_like(p)
    found[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)), 1.0)
    return found
