"""Slopes: by how much a number rises with what was set or drawn by lot, one slope a world.

The observation is a world: cases within it (levels, firms, platforms) share its history. So each world has a
slope of its own, and what is told is the mean of slopes over worlds with its interval, see `inside.of_cases`.
What the cases also differ in may be held: it enters the line beside, with its product with what was drawn
where that is wanted (Lin, 2013), so that the slope stays the mean one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.judge.inside import of_cases
from experiments.judge.means import Interval, Rows
from experiments.measure.futures import Frame

SPARE = 4  # cases beyond those that the line itself takes


def slope(
    x: npt.ArrayLike, y: npt.ArrayLike, held: Sequence[npt.ArrayLike] = (), *, products: bool = False
) -> float:
    """The least-squares slope of ``y`` on ``x``, with ``held`` beside; NaN where it is not to be told.

    Cases without a finite number anywhere are left out. A held column that does not vary says nothing and is
    left out. products: whether held columns enter in their product with ``x`` too.
    """
    columns = np.array([np.asarray(one, float) for one in (x, y, *held)])
    known = columns[:, np.isfinite(columns).all(axis=0)]
    if known.shape[1] < 2 or not np.ptp(known[0]) > 0:
        return math.nan
    spread = known.std(axis=1)
    scaled = (known - known.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)[:, None]
    beside = [one for one, own in zip(scaled[2:], spread[2:], strict=True) if own > 0]
    beside += [one * scaled[0] for one in beside] if products else []
    design = np.column_stack([np.ones(known.shape[1]), scaled[0], *beside])
    if known.shape[1] < design.shape[1] + (SPARE if held else 0):
        return math.nan
    found, _, rank, _ = np.linalg.lstsq(design, known[1], rcond=None)
    return float(found[1] / spread[0]) if rank == design.shape[1] else math.nan


def by_world(
    table: Frame, x: str, y: str, held: Sequence[str] = (), *, least: int = 2, products: bool = False
) -> Frame:
    """The slope in each world and luck, of a table with a row a case; NaN below so many cases."""
    found = {}
    for key, mine in table.groupby(["world", "luck"], observed=True):
        some = mine.loc[np.isfinite(mine[[x, y, *held]].to_numpy(float)).all(axis=1)]
        beside = [some[name] for name in held]
        found[key] = slope(some[x], some[y], beside, products=products) if len(some) >= least else math.nan
    return of_worlds(found)


def over_levels(numbers: Mapping[float, Frame]) -> Frame:
    """The slope over levels in each world and luck: level -> Series by (world, luck). NaN where the number of
    any level lacks."""
    wide: Frame = pd.DataFrame(dict(numbers))
    x = np.array([float(one) for one in wide.columns])
    values = wide.to_numpy(float)
    away = x - x.mean()
    return pd.Series(values @ away / float(away @ away), wide.index)


def of_worlds(found: Mapping[tuple[int, int], float]) -> Frame:
    """A Series by (world, luck)."""
    index = pd.MultiIndex.from_tuples(list(found), names=["world", "luck"])
    return pd.Series(list(found.values()), index, dtype=float)


def mean_of(numbers: Frame) -> Interval:
    """The mean over worlds with its interval (95 %); lucks of a world are averaged first."""
    return of_cases(worlds_of(numbers))


def worlds_of(numbers: Frame) -> Rows:
    """One number a world, of a Series by (world, luck); those without one are left out."""
    each = numbers.dropna().groupby(level="world").mean()
    return each.to_numpy(float)


# -- tables -----------------------------------------------------------------------------------------------

SLOPES = ("quantity", "arm", "unit", "worlds", "mean", "low", "high", "why")
LEVELS = ("quantity", "arm", "level", "worlds", "mean", "low", "high")


def row(quantity: str, arm: str, unit: str, numbers: Frame) -> tuple[object, ...]:
    """A line of `SLOPES`: the mean over worlds with its interval, or why there is none."""
    mean = mean_of(numbers)
    return quantity, arm, unit, mean.n, mean.mean, mean.low, mean.high, mean.refused


def level_rows(quantity: str, arm: str, numbers: Mapping[float, Frame]) -> list[tuple[object, ...]]:
    """Lines of `LEVELS`: level -> Series by (world, luck)."""
    means = {level: mean_of(one) for level, one in numbers.items()}
    return [(quantity, arm, level, one.n, one.mean, one.low, one.high) for level, one in means.items()]


def binned(cases: Frame, x: str, y: str, edges: Sequence[float]) -> dict[float, Frame]:
    """The mean of ``y`` in each world, by the middle of the bin in which ``x`` lies."""
    found = {}
    for low, high in itertools.pairwise(edges):
        mine = cases.loc[(cases[x] > low) & (cases[x] <= high)]
        found[(low + high) / 2.0] = mine.groupby(["world", "luck"])[y].mean()
    return found


def slopes_table(rows: Sequence[tuple[object, ...]]) -> Frame:
    """A frame of `SLOPES`."""
    return pd.DataFrame(rows, columns=list(SLOPES))


def levels_table(rows: Sequence[tuple[object, ...]]) -> Frame:
    """A frame of `LEVELS`."""
    return pd.DataFrame(rows, columns=list(LEVELS))
