"""What one world has left behind for its facts, and the list of them.

A fact that has to emerge is a function on a `History`, named as its fact in ``seeds/evidence.toml``; those of
platforms are in `lives_facts`, all others in `facts`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class History:
    """One world's tables by arm.

    ``past`` is the whole record, ``quarters`` its part since the branching (both
    with ``failures_per_bank``), ``platforms`` the record of each platform, ``micro`` the numbers that
    `experiments.measure.watching.Followed` defines.
    """

    past: Mapping[str, Any]
    quarters: Mapping[str, Any]
    platforms: Mapping[str, Any]
    micro: Mapping[str, Mapping[str, float]]


UNCAPPED = "consumer_traffic_uncapped"  # an arm under a law that caps no rate

Fact = Callable[[History], float]
FACTS: dict[str, Fact] = {}  # by id; a fact of several figures has a row for each, its id the first word


def fact(function: Fact) -> Fact:
    """Enter a function into `FACTS`, its name in capitals being the id of its fact."""
    FACTS[function.__name__.upper()] = function
    return function


def mean_of(table: Any, column: str) -> float:
    """Mean over the quarters that have a number; NaN where none has."""
    values = table[column].to_numpy(float)
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else math.nan
