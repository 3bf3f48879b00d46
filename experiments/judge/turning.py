"""What claims ask of platforms that turn from one business model to another.

Who integrates is who runs a business model with service lines. A platform that turns has lived until then, so
it is compared with those that lived then too and had not turned, over the same five years.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from experiments.judge.estimands import Material, estimand
from experiments.judge.register import Contrast
from experiments.measure.arithmetic import YEAR
from experiments.measure.futures import Frame
from experiments.measure.turning import turns

FIVE_YEARS = 5 * YEAR  # quarters
KEYS = ["world", "luck"]


def integrators() -> set[str]:
    """Names of the business models with service lines."""
    from sim import discover

    return {name for name, row in discover().items() if row.acts and row.lines}


def share_at(counts: Frame, kinds: set[str], since: int) -> Frame:
    """The share of some kinds among living platforms, by (world, luck); NaN where nobody lives."""
    there = counts.loc[counts["since"] == since]
    total = there.groupby(KEYS)["alive"].sum()
    mine = there.loc[there["kind"].isin(kinds)].groupby(KEYS)["alive"].sum().reindex(total.index).fillna(0.0)
    worlds = counts.groupby(KEYS)["alive"].sum().index
    return (mine / total.where(total > 0)).reindex(worlds)


def _counts(material: Material, asked: Contrast) -> Frame:
    counts = material.tables["counts"]
    return counts.loc[counts["arm"].astype(str) == asked.arm]


@estimand("share")
def integrators_gained(material: Material, asked: Contrast) -> Frame:
    """Share of living platforms that integrate at the horizon, less that in the first quarter. n/a where
    nobody lives."""
    counts, kinds = _counts(material, asked), integrators()
    return share_at(counts, kinds, asked.horizon) - share_at(counts, kinds, 1)


@estimand("share")
def integrators_above_half(material: Material, asked: Contrast) -> Frame:
    """Share of living platforms that integrate at the horizon, less one half. n/a where nobody lives."""
    return share_at(_counts(material, asked), integrators(), asked.horizon) - 0.5


def _lives(material: Material, asked: Contrast) -> Iterator[tuple[tuple[int, int], Frame]]:
    """Lives of platforms until the horizon, world by world."""
    table = material.tables["platforms"]
    table = table.loc[(table["arm"].astype(str) == asked.arm) & (table["since"] <= asked.horizon)]
    yield from table.groupby(KEYS, observed=True)


def _each(material: Material, asked: Contrast, number: Callable[[Frame, int], float]) -> Frame:
    found = {key: number(mine, asked.horizon) for key, mine in _lives(material, asked)}
    index = pd.MultiIndex.from_tuples(list(found), names=KEYS)
    return pd.Series(list(found.values()), index, dtype=float)


@estimand("quarters")
def turned_later_than_giants(material: Material, asked: Contrast) -> Frame:
    """The mean quarter in which small and medium platforms first turn to integration, less that of giants; of
    those there in the first quarter that do not integrate then. Where none of either turns, the length of
    the branch stands for it."""
    return _each(material, asked, _later)


def _later(lives: Frame, horizon: int) -> float:
    kinds = integrators()
    first = lives.loc[(lives["since"] == 1) & ~lives["kind"].isin(kinds)]
    found = turns(lives)
    found = found.loc[found["to"].isin(kinds) & found["platform"].isin(first["platform"])]
    found = found.groupby("platform").agg({"since": "min", "giant": "first"})
    if not (first["giant"] > 0).any() or not (first["giant"] == 0).any():
        return math.nan
    small, giants = (found.loc[found["giant"] == giant, "since"] for giant in (0.0, 1.0))
    return float((small.mean() if len(small) else horizon) - (giants.mean() if len(giants) else horizon))


@estimand("share")
def survival_of_turned(material: Material, asked: Contrast) -> Frame:
    """Share alive five years later of small and medium platforms when they first turn to integration, less
    that of those that lived then, had never integrated and did not turn then; mean over those that turned.
    n/a where none did so early, or none stayed."""
    return _each(material, asked, _survival)


def _survival(lives: Frame, horizon: int) -> float:
    kinds = integrators()
    small = lives.loc[lives["giant"] == 0]
    alive = small.loc[small["alive"] > 0].groupby("platform")["since"].agg(["min", "max"])
    ever = small.loc[small["kind"].isin(kinds)].groupby("platform")["since"].min()
    since = ever.reindex(alive.index).fillna(np.inf)  # integrates from then on
    found = turns(small)
    found = found.loc[found["to"].isin(kinds)].groupby("platform")["since"].min()
    gaps = []
    for platform, at in found.items():
        if at + FIVE_YEARS > horizon or ever[platform] != at or platform not in alive.index:
            continue
        beside = alive.loc[(alive["min"] < at) & (alive["max"] >= at) & (since > at)]
        if len(beside):
            lived = float(alive.loc[platform, "max"] >= at + FIVE_YEARS)
            gaps.append(lived - float((beside["max"] >= at + FIVE_YEARS).mean()))
    return float(np.mean(gaps)) if gaps else math.nan
