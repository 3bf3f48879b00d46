"""What is asked, and the differences between arms that answer it: one number per world.

``values`` everywhere: a DataFrame with columns world (int), luck (int, from 1), arm (str), outcome (str),
horizon (int, quarters after the arms part), value (float; NaN where there is no number). A world may have
been lived under several lucks; lucks of one world are averaged, because the world is the observation. Where
several worlds share a draw of parameters, the draw is: see `pooled`.
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
END = 0  # the horizon of what is asked at the end of a future, however long it lasts


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


def at_end(table: Any) -> Any:
    """A table of `measures.measured` as values: its measures are the outcomes, `END` is the horizon."""
    return table.rename(columns={"measure": "outcome"}).assign(horizon=END)


@dataclass(frozen=True)
class Futures:
    """All numbers, dense.

    ``numbers``: (arms, questions, worlds, lucks), NaN where there is none (infinite counts as none).
    ``lived``: (questions, worlds, lucks), whether any arm has a row there. ``questions`` are (outcome,
    horizon) in the order of their first row, ``worlds`` in order.
    """

    arms: tuple[str, ...]
    questions: tuple[tuple[str, int], ...]
    worlds: tuple[int, ...]
    numbers: npt.NDArray[np.float64]
    lived: npt.NDArray[np.bool_]

    def arm(self, name: str) -> npt.NDArray[np.float64]:
        """(questions, worlds, lucks) of one arm. Raises ``ValueError`` if there is no such arm."""
        if name not in self.arms:
            raise ValueError(f"arm {name!r} is not among {', '.join(self.arms)}")
        return self.numbers[self.arms.index(name)]

    def horizons(self, outcome: str) -> list[tuple[int, int]]:
        """(horizon, number of the question) of an outcome, by horizon."""
        return sorted((at[1], i) for i, at in enumerate(self.questions) if at[0] == outcome)


def futures(values: Any, worlds: Iterable[int] | None = None) -> Futures:
    """The tidy values as `Futures`.

    Args:
        worlds: all that were started, those without any row too; where not given, those with a row.

    Raises ``ValueError`` if a column is missing or a future is there twice.
    """
    if absent := [name for name in [*KEYS, "value"] if name not in values.columns]:
        raise ValueError(f"values has no column {', '.join(absent)}")
    arm, arms = pd.factorize(values["arm"])
    question, questions = pd.factorize(pd.MultiIndex.from_frame(values[["outcome", "horizon"]]))
    luck, lucks = pd.factorize(values["luck"], sort=True)
    every = sorted({*map(int, values["world"].unique()), *map(int, worlds or ())})
    world = np.searchsorted(every, values["world"].to_numpy())
    shape = (len(arms), len(questions), len(every), len(lucks))
    at = np.ravel_multi_index((arm, question, world, luck), shape) if len(values) else arm
    rows: npt.NDArray[np.int64] = np.bincount(at, minlength=math.prod(shape)).reshape(shape)
    if twice := int((rows > 1).sum()):
        raise ValueError(f"values holds {twice} futures twice: one row per {', '.join(KEYS)}")
    given = values["value"].to_numpy(float)
    numbers = np.full(shape, np.nan)
    numbers.reshape(-1)[at] = np.where(np.isfinite(given), given, np.nan)
    keys = tuple((str(name), int(horizon)) for name, horizon in questions)
    return Futures(tuple(map(str, arms)), keys, tuple(every), numbers, rows.max(axis=0) > 0)


def draws(drawn: Any) -> pd.Series:
    """The draw of parameters of each world, by the number of the first world that has it.

    drawn: DataFrame, world (index) by parameter. Worlds without any difference, as where none is drawn, are
    observations each.
    """
    of_each = pd.Series(drawn.index, index=drawn.index)
    if not drawn.shape[1] or not drawn.duplicated().any():
        return of_each
    alike = drawn.groupby(list(drawn.columns), dropna=False, sort=False).ngroup()
    first = pd.Series(of_each.groupby(alike).transform("min"))
    return first if first.nunique() > 1 else of_each


def pooled(values: Any, draw: pd.Series) -> Any:
    """Values in which the worlds of one draw are one, and their histories times lucks are its lucks.

    draw: from `draws`, at least all worlds of the values.
    """
    if draw.is_unique:
        return values
    lives = values[["world", "luck"]].drop_duplicates().sort_values(["world", "luck"])
    lives = lives.assign(draw=lives["world"].map(draw))
    lives["life"] = lives.groupby("draw").cumcount() + 1
    joined = values.merge(lives, on=["world", "luck"], validate="m:1")
    return joined.assign(world=joined["draw"], luck=joined["life"]).drop(columns=["draw", "life"])


def mean_of_lucks(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean over the last axis (lucks), those without a number left out; NaN where none has one."""
    known = np.isfinite(numbers)
    count = known.sum(axis=-1)
    return np.where(count > 0, np.where(known, numbers, 0.0).sum(axis=-1) / np.maximum(count, 1), np.nan)


def cube(
    values: Any, outcomes: Sequence[Question], arms: Sequence[str], horizon: int
) -> npt.NDArray[np.float64]:
    """(worlds, arms, outcomes): each arm's mean over its lucks, turned so that more is better; NaN where it
    has no number."""
    table = futures(values)
    layers = []
    for one in outcomes:
        if (one.name, horizon) not in table.questions:
            raise ValueError(f"values has no {one.name} at {horizon} quarters")
        i = table.questions.index((one.name, horizon))
        layers.append(one.direction * np.stack([mean_of_lucks(table.arm(arm)[i]) for arm in arms], axis=1))
    return np.stack(layers, axis=2)


@dataclass(frozen=True)
class Differences:
    """Arm minus other, a row per question: ``rows`` (questions, worlds), NaN where no luck of the world has a
    number in both arms; ``partial`` (questions,), how many worlds have one under some of their lucks only."""

    rows: npt.NDArray[np.float64]
    partial: npt.NDArray[np.int64]


def differences(table: Futures, arm: str, other: str) -> Differences:
    """The differences of two arms, paired under each luck, then averaged over the lucks of a world."""
    gaps = table.arm(arm) - table.arm(other)
    known = np.isfinite(gaps)
    some = known.any(axis=2) & (known.sum(axis=2) < table.lived.sum(axis=2))
    return Differences(mean_of_lucks(gaps), some.sum(axis=1))


def leads(
    values: Any, outcomes: Sequence[Question], contrasts: Sequence[tuple[str, str]], horizon: int
) -> Any:
    """Leads for `dependence.screen`: by world (index) and (arm, other, outcome, horizon) (columns)."""
    table = futures(values)
    columns = {}
    for arm, other in contrasts:
        rows = differences(table, arm, other).rows
        for one in outcomes:
            if (one.name, horizon) in table.questions:
                row = rows[table.questions.index((one.name, horizon))]
                columns[arm, other, one.name, horizon] = row
    keys = pd.MultiIndex.from_tuples(list(columns), names=["arm", "other", "outcome", "horizon"])
    data = np.column_stack(list(columns.values())) if columns else np.empty((len(table.worlds), 0))
    return pd.DataFrame(data, index=pd.Index(table.worlds, name="world"), columns=keys)


def placebo_sizes(table: Futures, placebos: Mapping[str, str]) -> dict[str, npt.NDArray[np.float64]]:
    """Arm -> (questions,) root mean square over worlds of what a meaningless shuffle did; NaN where none."""
    sizes = {}
    for arm, label in placebos.items():
        rows = differences(table, arm, label).rows
        sizes[arm] = np.sqrt(mean_of_lucks(rows**2))
    return sizes
