"""Whether a change moves which business model prevails: its mean share over worlds, beside a promise.

A change is neutral for a business model where it moves its mean share of living platforms by less than
`MEAN` and the interval (90 %) of that lies within `REACH`; it moves it where the interval leaves out zero and
the change is not neutral; else that is not decided.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from experiments.measure.arithmetic import YEAR
from experiments.measure.futures import Frame

MEAN, REACH, CONFIDENCE = 0.05, 0.10, 0.90
NEUTRAL, MOVES, OPEN = "neutral", "moves it", "not decided"


def interval(numbers: Any, confidence: float = CONFIDENCE) -> tuple[float, float, float]:
    """Mean over worlds with Student's interval; without one below two worlds."""
    from scipy import stats

    x = np.asarray(numbers, float)
    x = x[np.isfinite(x)]
    if x.size < 2:
        return (float(x.mean()) if x.size else math.nan), math.nan, math.nan
    half = float(stats.t.ppf((1.0 + confidence) / 2.0, len(x) - 1)) * x.std(ddof=1) / math.sqrt(len(x))
    return float(x.mean()), float(x.mean()) - half, float(x.mean()) + half


def word_of(mean: float, low: float, high: float) -> str:
    """`NEUTRAL`, `MOVES` or `OPEN`."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return OPEN
    if abs(mean) < MEAN and low > -REACH and high < REACH:
        return NEUTRAL
    return MOVES if low > 0.0 or high < 0.0 else OPEN


def last_shares(counts: Frame) -> Frame:
    """By world the share of each business model among living platforms, in the last year; NaN where none
    lives. counts: of one arm, as `measure.following.kept_counts` has them."""
    last = counts.loc[counts["since"] > counts["since"].max() - YEAR]
    wide = last.pivot_table(index=["world", "since"], columns="kind", values="alive", observed=True)
    wide = wide.fillna(0.0)
    return wide.div(wide.sum(axis=1), axis=0).groupby(level="world").mean()


def changes(usual: Frame, changed: Mapping[str, Frame]) -> Frame:
    """What each change makes of each share: change, model, worlds, before, mean, low, high (90 %), word.

    Args:
        usual: `last_shares` as it is.
        changed: the same under each change; only worlds lived both ways count.
    """
    rows = []
    for name, shares in changed.items():
        both = usual.index.intersection(shares.index)
        kinds = usual.columns.union(shares.columns)
        before, after = (one.reindex(both).reindex(columns=kinds, fill_value=0.0) for one in (usual, shares))
        for model in kinds:
            moved = (after[model] - before[model]).dropna()
            numbers = interval(moved)
            rows.append(
                (name, str(model), len(moved), float(before[model].mean()), *numbers, word_of(*numbers))
            )
    columns = ["change", "model", "worlds", "before", "mean", "low", "high", "word"]
    return pd.DataFrame(rows, columns=columns)
