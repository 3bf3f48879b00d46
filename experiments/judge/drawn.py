"""What a study finds of what was drawn or varied: slopes, levels, answers to claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from experiments.judge import register
from experiments.judge.claims import Answers, Part, joined
from experiments.judge.slopes import levels_table, slopes_table
from experiments.measure.futures import Frame

ALONE = {"idle_founders": 0.0, "imitation": 0.0}  # nobody founds another: as many platforms as were drawn


@dataclass(frozen=True)
class Slopes:
    """``slopes``: see `judge.slopes.SLOPES`. ``levels``: means by what was drawn or varied. ``claims``: what
    this says of the essay's."""

    slopes: Frame
    levels: Frame
    claims: Answers


def answered(name: str, mine: Part, slopes: Sequence[Any], levels: Sequence[Any]) -> Slopes:
    """From rows of `judge.slopes`, and what the study of that name says of claims."""
    answers = joined(register.claims(), [mine]).of(name)
    return Slopes(slopes_table(slopes), levels_table(levels), answers)
