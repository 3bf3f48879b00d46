"""Arms compared on all measures: paired differences, with the intervals and words of `family.judge`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from experiments.judge.asked import END, at_end
from experiments.judge.family import judge
from experiments.measure.futures import FOCUS, PLACEBO, Frame
from experiments.measure.measures import MEASURES
from experiments.run.world import CONTROL

CALLED = {"arm": "treated", "other": "control", "outcome": "measure", "difference": "mean", "margin": "least"}


@dataclass(frozen=True)
class Comparison:
    """All numbers of a comparison, at the end of each future.

    ``measures``: world, arm, luck, group, measure, unit, direction, value; without the placebos, whose sizes
    stand beside the ``differences``, see there. ``worlds``: how many.
    """

    measures: Frame
    differences: Frame
    worlds: int


def compare(table: Frame) -> Comparison:
    """Compare the arms.

    Args:
        table: from `measures.measured`.
    """
    lived = table.loc[~table["arm"].isin(list(PLACEBO.values()))]
    arms = list(dict.fromkeys(map(str, lived["arm"])))
    return Comparison(lived, differences(table, contrasts(arms)), int(lived["world"].nunique()))


def contrasts(arms: Sequence[str]) -> list[tuple[str, str]]:
    """Treated and control: every arm against the world without platforms, and the focus against the
    others."""
    acting = [arm for arm in arms if arm != CONTROL]
    pairs = [(arm, CONTROL) for arm in acting] if CONTROL in arms else []
    return pairs + [(FOCUS, arm) for arm in acting if arm != FOCUS and FOCUS in arms]


def differences(table: Frame, pairs: Sequence[tuple[str, str]]) -> Frame:
    """Paired differences at the end, one row per contrast and measure.

    What has a direction and is not primary is one family (Benjamini and Hochberg). A primary measure has its
    words in the verdict and is only shown here, so that no question is answered twice.

    Returns:
        The columns of `family.judge`, some under the names that tables of measures have: ``treated`` less
        ``control``, ``measure``, ``mean``, ``least`` (its margin).
    """
    asked = [replace(one, direction=0) if one.primary else one for one in MEASURES.values()]
    lived = set(map(str, table["arm"]))
    placebos = {arm: label for arm, label in PLACEBO.items() if {arm, label} <= lived}
    found = judge(at_end(table), asked, pairs, placebos, horizon=END, corrected="bh")
    found["direction"] = [MEASURES[name].direction for name in found["outcome"]]
    return found.drop(columns=["horizon", "primary"]).rename(columns=CALLED)
