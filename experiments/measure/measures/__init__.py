"""What "sustainable" is taken to mean: six groups of measures, each with its unit and direction.

    table = measured({name: store.frame(name) for name in ("quarters", "platforms", "firms")})
    MEASURES["survival"].definition

A group is a file of this folder.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from experiments.measure.futures import Frame, futures
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


def measured(tables: Mapping[str, Frame]) -> Frame:
    """Every measure of every arm of every world: columns world, arm, group, measure, unit, direction, value.

    Args:
        tables: ``quarters``, ``platforms`` and, where they were kept, ``firms`` of a store.

    Raises ``ValueError`` for a world without the arm that its other arms are compared with.
    """
    rows = [
        (world, arm, one.group, one.name, one.unit, one.direction, one.of(future, twin))
        for world, arm, future, twin in futures(tables)
        for one in MEASURES.values()
    ]
    return pd.DataFrame(rows, columns=["world", "arm", "group", "measure", "unit", "direction", "value"])


def ranked(*, of_platforms: bool = True) -> list[Measure]:
    """The measures that count in rankings; without those of platforms, where an arm without any is ranked."""
    return [one for one in MEASURES.values() if one.direction and (of_platforms or not one.of_platforms)]
