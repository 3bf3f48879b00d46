"""Arms compared: paired differences, measure by measure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.judge.intervals import holm, paired_difference
from experiments.measure.futures import FOCUS, PLACEBO, Frame
from experiments.measure.measures import MEASURES
from experiments.run.world import CONTROL

STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"))


@dataclass(frozen=True)
class Comparison:
    """All numbers of a comparison.

    ``measures``: world, arm, luck, group, measure, unit, direction, value; without the placebos, whose sizes
    stand beside the ``differences``: see `differences` and `placebo_sizes`.
    ``worlds``: how many.
    """

    measures: Frame
    differences: Frame
    worlds: int


def compare(table: Frame, *, resamples: int = 4_999) -> Comparison:
    """Compare the arms.

    Args:
        table: from `measures.measured`.
        resamples: of intervals and p-values; fewer is faster and coarser.
    """
    chance = placebo_sizes(table)
    table = table.loc[~table["arm"].isin(list(PLACEBO.values()))]
    arms = list(dict.fromkeys(map(str, table["arm"])))
    found = differences(table, contrasts(arms), resamples=resamples)
    both = [
        [chance.get((arm, name), math.nan) for arm in (one, other)]
        for one, other, name in zip(found["treated"], found["control"], found["measure"], strict=True)
    ]
    found["placebo"] = pd.DataFrame(both).max(axis=1)
    return Comparison(table, found, int(table["world"].nunique()))


def placebo_sizes(table: Frame) -> dict[tuple[str, str], float]:
    """Root mean square over worlds of what a change without a meaning did, by arm and measure."""
    wide = table.pivot_table(index="world", columns=["arm", "measure"], values="value", observed=True)
    sizes = {}
    for arm, label in PLACEBO.items():
        for name in MEASURES:
            if (arm, name) in wide and (label, name) in wide:
                gap = wide[label, name] - wide[arm, name]
                sizes[arm, name] = float(np.sqrt((gap**2).mean()))
    return sizes


def contrasts(arms: Sequence[str]) -> list[tuple[str, str]]:
    """Treated and control: every arm against the world without platforms, and the focus against the
    others."""
    acting = [arm for arm in arms if arm != CONTROL]
    pairs = [(arm, CONTROL) for arm in acting] if CONTROL in arms else []
    return pairs + [(FOCUS, arm) for arm in acting if arm != FOCUS and FOCUS in arms]


def differences(table: Frame, pairs: Sequence[tuple[str, str]], *, resamples: int = 4_999) -> Frame:
    """Paired differences, one row per contrast and measure.

    Columns: treated, control, group, measure, unit, direction, n (worlds in which both have a number), mean,
    low, high (95 %), better (share of worlds in which treated is better, ties half; NaN for direction 0), p,
    and for directed measures p_holm (corrected within the contrast), stars and verdict: "equal" where the
    interval lies within the least difference that matters, else "better" or "worse" where p_holm < 0.05, else
    "open".
    """
    wide = table.pivot_table(index="world", columns=["arm", "measure"], values="value", observed=True)
    series = {key: wide[key].to_numpy(float) for key in wide.columns}
    rows = []
    for treated, control in pairs:
        for one in MEASURES.values():
            row = {"treated": treated, "control": control, "group": one.group, "measure": one.name}
            row |= {"unit": one.unit, "direction": one.direction, "least": one.least, "n": 0}
            row |= dict.fromkeys(("mean", "low", "high", "better", "p"), math.nan)
            rows.append(row)
            if (treated, one.name) not in series or (control, one.name) not in series:
                continue
            both = np.stack([series[treated, one.name], series[control, one.name]], axis=1)
            both = both[np.isfinite(both).all(axis=1)]
            row["n"] = len(both)
            if len(both) < 2:
                row["mean"] = float((both[:, 0] - both[:, 1]).mean()) if len(both) else math.nan
                continue
            found = paired_difference(both[:, 0], both[:, 1], resamples=resamples)
            row |= {"mean": found.mean, "low": found.low, "high": found.high, "p": found.p}
            if one.direction:
                row["better"] = found.superiority if one.direction > 0 else 1.0 - found.superiority
    frame = pd.DataFrame(rows)
    frame["p_holm"] = np.nan
    asked = (frame["direction"] != 0) & frame["p"].notna()
    for _, part in frame.loc[asked].groupby(["treated", "control"], sort=False):
        frame.loc[part.index, "p_holm"] = holm(part["p"].to_numpy(float))
    sure = frame["p_holm"] < STARS[-1][0]
    up = np.sign(frame["mean"]) * frame["direction"] > 0
    equal = (frame["low"] >= -frame["least"]) & (frame["high"] <= frame["least"]) & (frame["direction"] != 0)
    frame["verdict"] = np.where(equal, "equal", np.where(sure, np.where(up, "better", "worse"), "open"))
    frame["stars"] = [next((mark for level, mark in STARS if p < level), "") for p in frame["p_holm"]]
    return frame
