"""What "sustainable" is taken to mean: six groups of measures, each with its unit and direction.

    table = measured({name: store.frame(name) for name in ("quarters", "platforms", "firms")})
    MEASURES["survival"].definition

The definitions are in the files of this folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from experiments.measure.futures import Frame, futures
from experiments.measure.measures import soundness, viability, vitality
from experiments.measure.measures.declared import DECLARED, Measure

__all__ = ["GROUPS", "MEASURES", "Measure", "cube", "measured", "ranked"]

GROUPS = {
    "viability": "does the platform live on what it earns?",
    "dividend": "is the source of growth running dry?",
    "soundness": "does finance get safer or weaker?",
    "vitality": "does the real economy get stronger?",
    "bridge": "is value made or moved?",
    "resilience": "what happens when it is hit?",
}
# Imported for the measures that they declare, and named so that nobody takes the imports for unused.
DEFINED_IN = (viability, soundness, vitality)
MEASURES = {one.name: one for group in GROUPS for one in DECLARED.values() if one.group == group}


def measured(tables: Mapping[str, Frame]) -> Frame:
    """Every measure of every arm of every world: columns world, arm, group, measure, unit, direction, value.

    Args:
        tables: ``quarters``, ``platforms`` and, where they were kept, ``firms`` of a store.

    Raises ``ValueError`` for a world without the arm that its other arms are compared with.
    """
    import pandas as pd

    rows = [
        (world, arm, one.group, one.name, one.unit, one.direction, one.of(future, twin))
        for world, arm, future, twin in futures(tables)
        for one in MEASURES.values()
    ]
    return pd.DataFrame(rows, columns=["world", "arm", "group", "measure", "unit", "direction", "value"])


def ranked(*, of_platforms: bool = True) -> list[Measure]:
    """The measures that count in rankings; without those of platforms, where an arm without any is ranked."""
    return [one for one in MEASURES.values() if one.direction and (of_platforms or not one.of_platforms)]


def cube(
    table: Frame, arms: Sequence[str], measures: Sequence[Measure]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """(worlds, arms, measures) values for `experiments.judge.ranking`, and the numbers of the worlds.

    Arms that differ by less than matters are tied, see `tie`. A world in which one of the numbers is missing
    or infinite is left out: ranks need all of them.
    """
    wide = table.pivot_table(index="world", columns=["arm", "measure"], values="value", observed=True)
    names = [one.name for one in measures]
    values = np.stack([wide[arm].reindex(columns=names).to_numpy(float) for arm in arms], axis=1)
    whole = np.isfinite(values).all(axis=(1, 2))
    return tie(values[whole], np.array([one.least for one in measures])), wide.index.to_numpy(int)[whole]


def tie(values: npt.NDArray[np.float64], least: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(worlds, arms, measures) in which arms with no gap between them have their mean instead.

    Arms are put in order, world by world and measure by measure; a gap is a step of at least ``least``
    (measures,) from one to the next. Without ties, a lead of a millionth would count like any other.
    """
    order = np.argsort(values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)
    gap = np.diff(ordered, axis=1) >= least * (1.0 - 1e-9)
    block = np.concatenate([np.zeros_like(gap[:, :1], dtype=int), np.cumsum(gap, axis=1)], axis=1)
    same = block[:, :, None, :] == block[:, None, :, :]
    means = (same * ordered[:, None, :, :]).sum(axis=2) / same.sum(axis=2)
    first = np.argmax(same, axis=2)  # one number for all of a block, to the last bit
    result = np.empty_like(values)
    np.put_along_axis(result, order, np.take_along_axis(means, first, axis=1), axis=1)
    return result
