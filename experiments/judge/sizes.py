"""Whether the headline differences agree between economies of several sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pandas as pd

from experiments.judge.asked import END, KEYS, at_end
from experiments.judge.family import BETTER, NO_DIFFERENCE, NOTHING, WORSE, judge
from experiments.measure.futures import FOCUS, Frame
from experiments.measure.measures import MEASURES

HEADLINES = (
    "survival",
    "cost_earned",
    "marginal_yield",
    "late_growth",
    "bank_losses",
    "household_losses",
    "goods_gain",
    "unemployment",
    "small_firms_rationed",
    "left_for_others",
    "drawdown",
)
ASKED = [MEASURES[name] for name in HEADLINES]
AGREE, DIFFER, OPEN = "agree", "differ", "open"
VERDICTS = {NO_DIFFERENCE: AGREE, NOTHING: AGREE, BETTER: DIFFER, WORSE: DIFFER}  # OPEN otherwise
CALLED = {"other": "control", "outcome": "measure", "difference": "mean", "margin": "least"}


def others(labels: Sequence[str]) -> list[str]:
    """What the focus is compared with: the world without platforms and every other business model."""
    return [arm for arm in labels if arm != FOCUS] if FOCUS in labels else []


def leads(values: Frame, controls: Sequence[str]) -> Frame:
    """The focus less each control in every world, as values whose arm is the control."""
    keys = [name for name in KEYS if name != "arm"]
    wide = values.pivot(index=keys, columns="arm", values="value")
    gaps = pd.DataFrame({control: wide[FOCUS] - wide[control] for control in controls})
    return gaps.reset_index().melt(keys, var_name="arm", value_name="value")


def by_size(tables: Mapping[int, Frame]) -> tuple[Frame, Frame]:
    """Differences at each size, and whether sizes agree; intervals and words are those of `family.judge`.

    Args:
        tables: from `measures.measured`, by number of firms; the same arms at every size.

    Returns:
        ``scale``: firms, control, measure, unit, n, mean, low, high. ``agreement``: smaller, larger, control,
        measure, unit, least, n, mean (difference at the larger less that at the smaller size, same worlds),
        low, high, p_corrected (all of them together, Benjamini and Hochberg), verdict and why: "agree" where
        there is no difference that matters between the sizes, "differ" where there is one, either way, else
        "open".
    """
    values = {firms: at_end(tables[firms]) for firms in sorted(tables)}
    values = {firms: one.loc[one["outcome"].isin(HEADLINES)] for firms, one in values.items()}
    controls = others(list(dict.fromkeys(str(arm) for one in values.values() for arm in one["arm"])))
    told, parts = [], []
    for firms, one in values.items():
        told.append(_judged(one, [(FOCUS, control) for control in controls]).assign(firms=firms))
        gaps = leads(one, controls)
        parts.append(gaps.assign(arm=[_side(firms, control) for control in gaps["arm"]]))
    about = {
        (_side(larger, control), _side(smaller, control)): (smaller, larger, control)
        for smaller, larger in pairwise(values)
        for control in controls
    }
    between = _judged(pd.concat(parts), list(about))
    sides = [about[pair] for pair in zip(between["arm"], between["control"], strict=True)]
    for place, name in enumerate(("smaller", "larger", "control")):
        between[name] = [side[place] for side in sides]
    between["verdict"] = between["word"].map(VERDICTS).fillna(OPEN)
    numbers = ["n", "mean", "low", "high"]
    scale = pd.concat(told, ignore_index=True)[["firms", "control", "measure", "unit", *numbers]]
    columns = ["smaller", "larger", "control", "measure", "unit", "least", *numbers]
    return scale, between[[*columns, "p_corrected", "verdict", "why"]]


def _side(firms: int, control: str) -> str:
    return f"{control} at {firms} firms"


def _judged(values: Frame, pairs: Sequence[tuple[str, str]]) -> Frame:
    """The headlines judged, those that no world has a number for left out."""
    found = judge(values, ASKED, pairs, horizon=END, corrected="bh").rename(columns=CALLED)
    return found.loc[found["n"] > 0].reset_index(drop=True)
