"""What "sustainable" is taken to mean: six groups of measures, each with its unit and direction.

    table = measured({name: store.frame(name) for name in ("quarters", "platforms", "firms")})
    MEASURES["survival"].definition

A group is a file of this folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from experiments.measure.futures import Frame, Future, futures
from experiments.measure.measures import bridge, dividend, resilience, soundness, viability, vitality
from experiments.measure.measures.declared import DECLARED, Measure

GROUPS = {
    "viability": "does the platform live on what it earns?",
    "dividend": "is the source of growth running dry?",
    "soundness": "does finance get safer or weaker?",
    "vitality": "does the real economy get stronger?",
    "bridge": "is value made or moved?",
    "resilience": "what happens when it is hit?",
}
# Imported for the measures that they declare, and named so that nobody takes the imports for unused.
DEFINED_IN = (viability, dividend, soundness, vitality, bridge, resilience)
MEASURES = {one.name: one for group in GROUPS for one in DECLARED.values() if one.group == group}


PRIMARY = [one for one in MEASURES.values() if one.primary]
SECONDARY = [one for one in MEASURES.values() if not one.primary]
HORIZONS = (20, 40, 80)  # quarters after the branching
VERDICT = 40  # the horizon at which verdicts are given; the others are shown beside it


def horizons(quarters: int) -> tuple[int, ...]:
    """Of futures that last so long, where they are judged: the usual ones, or the end where it is earlier."""
    return tuple(h for h in HORIZONS if h <= quarters) or (quarters,)


def verdict_at(quarters: int) -> int:
    """The horizon at which the verdict on futures that last so long is given."""
    found = horizons(quarters)
    return VERDICT if VERDICT in found else found[-1]


def outcomes(tables: Mapping[str, Frame]) -> Frame:
    """What is judged: world, luck, arm, outcome, horizon, value; primaries at all horizons, others at one."""
    lasted = int(tables["quarters"]["since"].max())
    everything = list(MEASURES.values())
    return valued(tables, {h: everything if h == verdict_at(lasted) else PRIMARY for h in horizons(lasted)})


def valued(tables: Mapping[str, Frame], wanted: Mapping[int, Sequence[Measure]]) -> Frame:
    """Measures by the horizon at which they are wanted: world, luck, arm, outcome, horizon, value."""
    rows = []
    for (world, luck, arm), future, twin in read_once(tables):
        for horizon, measures in wanted.items():
            here, there = future.until(horizon), twin.until(horizon)
            rows += [(world, luck, arm, one.name, horizon, one.of(here, there)) for one in measures]
    return pd.DataFrame(rows, columns=["world", "luck", "arm", "outcome", "horizon", "value"])


def measured(tables: Mapping[str, Frame]) -> Frame:
    """Every measure of every future: world, arm, luck, group, measure, unit, direction, value; at its end.

    Args:
        tables: ``quarters``, ``platforms`` and, where they were kept, ``firms`` of a store.

    Raises ``ValueError`` for a world without the arm that its other arms are compared with.
    """
    rows = [
        (world, arm, luck, one.group, one.name, one.unit, one.direction, one.of(future, twin))
        for (world, luck, arm), future, twin in read_once(tables)
        for one in MEASURES.values()
    ]
    names = ["world", "arm", "luck", "group", "measure", "unit", "direction", "value"]
    return pd.DataFrame(rows, columns=names)


def read_once(tables: Mapping[str, Frame]) -> Iterable[tuple[tuple[int, int, str], Future, Future]]:
    """`futures` of a store, for tables that remember them (`study.Tables`) made once: to take tables apart
    takes longer than to measure."""
    made = getattr(tables, "made", None)
    if made is None:
        return futures(tables)
    if "futures" not in made:
        made["futures"] = list(futures(tables))
    return made["futures"]


def ranked(table: Frame | None = None, *, of_platforms: bool = True) -> list[Measure]:
    """The measures that count in rankings: the primary ones.

    Args:
        table: from `measured`; what no future in it has (no shock was lived) does not count.
        of_platforms: without those of platforms, where an arm without any is ranked.
    """
    had = None if table is None else set(table.loc[table["value"].notna(), "measure"])
    chosen = [one for one in PRIMARY if had is None or one.name in had]
    return [one for one in chosen if of_platforms or not one.of_platforms]
