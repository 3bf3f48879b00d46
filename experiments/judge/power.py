"""What an ensemble of so many worlds could have found, and how many worlds it would take.

Student's t with the deviation of the differences, paired world by world; under an effect its ratio follows
the noncentral t. Holds for nearly normal differences; for skewed ones read it as a rough size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.judge.means import LEAST, MANY, Rows, mean_interval, unvaried

FOUND = 0.8  # the power at which a difference counts as one that would be seen
MOST = 1_000_000  # worlds beyond which no number is told


def power(
    difference: npt.ArrayLike, sd: npt.ArrayLike, n: npt.ArrayLike, alpha: npt.ArrayLike = 0.05
) -> Rows:
    """Probability that a difference is found by a two-sided t test over ``n`` worlds.

    Args:
        difference, sd: true difference and deviation of the differences between worlds [same unit], sd > 0.
        n: worlds, at least 2.
        alpha: level of the test; in a family of m questions, 0.05 / m for the first step of Holm's.
    """
    from scipy import stats

    worlds = np.asarray(n, dtype=float)
    centre = np.abs(np.asarray(difference, dtype=float)) / np.asarray(sd, dtype=float) * np.sqrt(worlds)
    critical = stats.t.isf(np.asarray(alpha, dtype=float) / 2.0, worlds - 1.0)
    above = stats.nct.sf(critical, worlds - 1.0, centre)
    below = stats.nct.cdf(-critical, worlds - 1.0, centre)  # SciPy gives NaN where it is next to nothing
    return np.asarray(above + np.nan_to_num(below))


def first_level(n: int, questions: int, alpha: float = 0.05) -> float:
    """The level a difference has to pass to be called better or worse, at the first step of Holm's.

    The interval must exclude zero too, which counts where few questions are asked: below `MANY` worlds its
    allowance for skewed data makes that about as strict as t at 0.4 of the level (found by trials).
    """
    return min(alpha / max(1, questions), alpha * (0.4 if n < MANY else 1.0))


@lru_cache(maxsize=256)
def seen(sd: float, n: int, alpha: float = 0.05, found: float = FOUND) -> float:
    """The difference [unit of ``sd``] that would be found with probability ``found``.

    NaN without a deviation.
    """
    from scipy import optimize

    if n < 2 or not sd > 0:
        return math.nan

    def short(effect: float) -> float:
        return float(power(effect, 1.0, n, alpha)) - found

    most = 1.0 / math.sqrt(n)
    while short(most) < 0.0:
        most *= 2.0
    effect: Any = optimize.brentq(short, 0.0, most)
    return sd * effect


def worlds_needed(sd: float, half_width: float, confidence: float = 0.95) -> float:
    """Worlds at which Student's interval is mean ± ``half_width`` [unit of ``sd``]; at least `LEAST`.

    NaN without a deviation; infinite beyond `MOST`. Later worlds are taken to vary like those so far.
    """
    from scipy import special

    if half_width <= 0:
        raise ValueError(f"half_width = {half_width} cannot be reached: it must be above 0")
    if not sd > 0:
        return math.nan
    if sd / half_width > math.sqrt(MOST) / 2.0:
        return math.inf
    reach = (1.0 + confidence) / 2.0
    worlds = max(2, math.ceil((special.ndtri(reach) * sd / half_width) ** 2))
    while special.stdtrit(worlds - 1, reach) * sd > half_width * math.sqrt(worlds):
        worlds += 1
    return float(max(worlds, LEAST))


@dataclass(frozen=True)
class Enough:
    """How far a growing ensemble is: worlds so far, half widths reached (NaN where refused), whether each of
    them and whether every one is narrow enough, and the worlds that the slowest would need."""

    n: int
    half_widths: tuple[float, ...]
    each: tuple[bool, ...]
    reached: bool
    worlds_needed: float


def enough(
    differences: Sequence[npt.ArrayLike],
    half_widths: Sequence[float],
    *,
    looks: int = 1,
    confidence: float = 0.95,
) -> Enough:
    """The stopping rule of ``--until``: is every mean known to ± its half width?

    Args:
        differences: for each question one number per world, finite.
        half_widths: asked for, each in the unit of its question, above 0.
        looks: how often the rule will be consulted at most. Each look gets an equal part of the error
            allowed, so that stopping at a lucky moment costs no confidence.

    Below `LEAST` worlds nothing is enough. A question that never varied does not keep the ensemble
    going: its answer is "nothing happened", however many worlds follow. One that is refused for a far world
    or a rare event does.
    """
    if looks < 1:
        raise ValueError(f"looks = {looks}: the rule is consulted at least once")
    level = 1.0 - (1.0 - confidence) / looks
    widths, reached, needed = [], [], []
    n = min((np.asarray(one).size for one in differences), default=0)
    for one, asked in zip(differences, half_widths, strict=True):
        found = mean_interval(one, level)
        width = (found.high - found.low) / 2.0
        still = found.n >= LEAST and bool(unvaried(np.asarray(one, dtype=float)[None, :])[0])
        widths.append(width)
        reached.append(still or width <= asked)
        needed.append(float(found.n) if still else worlds_needed(found.sd, asked, level))
    numbers = [one for one in needed if not math.isnan(one)]
    each, most = tuple(map(bool, reached)), max(numbers, default=math.nan)
    return Enough(n, tuple(widths), each, bool(each) and all(each), most)
