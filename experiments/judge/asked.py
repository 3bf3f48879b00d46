"""What is asked, and the differences between arms that answer it: one number per world.

``values`` everywhere: a DataFrame with columns world (int), luck (int, from 1), arm (str), outcome (str),
horizon (int, quarters after the arms part), value (float; NaN where there is no number). A world may have
been lived under several lucks; lucks of one world are averaged, because the world is the observation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

KEYS = ["world", "luck", "arm", "outcome", "horizon"]


class Question(Protocol):
    """Whatever has the attributes of `Asked`, as a measure has."""

    @property
    def name(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def direction(self) -> int: ...
    @property
    def margin(self) -> float: ...


@dataclass(frozen=True)
class Asked:
    """An outcome: ``direction`` +1 where more is better and -1 where less is; ``margin`` is the largest
    difference that is too small to matter, above 0, in ``unit``."""

    name: str
    group: str
    unit: str
    direction: int
    margin: float

    def __post_init__(self) -> None:
        if self.direction not in (-1, 1):
            raise ValueError(f"{self.name}: direction {self.direction} is neither +1 nor -1")
        if not 0.0 < self.margin < math.inf:
            raise ValueError(f"{self.name}: margin {self.margin} must be above 0 and finite")


def by_arm(values: Any) -> Any:
    """One column per arm, rows by (outcome, horizon, world, luck); infinite values count as no number.

    Raises ``ValueError`` if a column is missing or a future is there twice.
    """
    if absent := [name for name in [*KEYS, "value"] if name not in values.columns]:
        raise ValueError(f"values has no column {', '.join(absent)}")
    if twice := int(values.duplicated(KEYS).sum()):
        raise ValueError(f"values holds {twice} rows twice: one per world, luck, arm, outcome and horizon")
    finite = values["value"].where(np.isfinite(values["value"].to_numpy(float)))
    index = pd.MultiIndex.from_frame(values[["outcome", "horizon", "world", "luck", "arm"]])
    return pd.Series(finite.to_numpy(float), index=index).unstack("arm")


@dataclass(frozen=True)
class Differences:
    """Arm minus other.

    ``rows``: one row per (outcome, horizon) and one column per world, NaN where no luck of the world has a
    number in both arms. ``partial``: how many worlds have one under some of their lucks only.
    """

    rows: Any
    partial: Any


def differences(table: Any, arm: str, other: str, worlds: Iterable[int]) -> Differences:
    """The differences of two arms, paired under each luck, then averaged over the lucks of a world.

    Args:
        table: from `by_arm`.
        worlds: all that were started, those that failed too; they become the columns.
    """
    for name in (arm, other):
        if name not in table.columns:
            raise ValueError(f"arm {name!r} is not among {', '.join(map(str, table.columns))}")
    gaps = (table[arm] - table[other]).groupby(level=["outcome", "horizon", "world"], sort=True)
    rows = gaps.mean().unstack("world").reindex(columns=list(worlds))
    counts = gaps.count()
    some = (counts > 0) & (counts < gaps.size())
    return Differences(rows, some.groupby(level=["outcome", "horizon"]).sum())


def started(values: Any, worlds: Iterable[int] | None) -> list[int]:
    """The numbers of all worlds, in order: those given, and those with a row."""
    return sorted({*map(int, values["world"].unique()), *(map(int, worlds) if worlds is not None else ())})


def leads(
    values: Any, outcomes: Sequence[Question], contrasts: Sequence[tuple[str, str]], horizon: int
) -> Any:
    """Leads for `dependence.screen`: by world (index) and (arm, other, outcome, horizon) (columns)."""
    table, worlds = by_arm(values), started(values, None)
    columns = {}
    for arm, other in contrasts:
        rows = differences(table, arm, other, worlds).rows
        for one in outcomes:
            if (one.name, horizon) in rows.index:
                columns[arm, other, one.name, horizon] = rows.loc[(one.name, horizon)]
    names = ["arm", "other", "outcome", "horizon"]
    keys = pd.MultiIndex.from_tuples(list(columns), names=names)
    data = np.column_stack(list(columns.values())) if columns else np.empty((len(worlds), 0))
    return pd.DataFrame(data, index=pd.Index(worlds, name="world"), columns=keys)


def placebo_sizes(table: Any, placebos: Mapping[str, str], worlds: Iterable[int]) -> dict[str, Any]:
    """Arm -> root mean square over worlds of what a meaningless shuffle did, by (outcome, horizon)."""
    every = list(worlds)
    sizes = {}
    for arm, label in placebos.items():
        rows = differences(table, arm, label, every).rows
        sizes[arm] = np.sqrt((rows**2).mean(axis=1))
    return sizes


def directed(rows: npt.NDArray[np.float64], direction: int) -> npt.NDArray[np.float64]:
    """Differences turned so that more is better."""
    return rows * float(direction)
