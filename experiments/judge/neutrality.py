"""Whether a change moves which business model prevails: its mean share over worlds, beside a promise.

A change is neutral for a business model where it moves its mean share of living platforms by less than
`MEAN` and the interval (90 %) of that lies within `REACH`. It moves it where it is not neutral and the mean
differs from zero at that level, all changes and business models being one family (Holm). Else, and below
`means.LEAST` worlds, that is not decided.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge.chance import corrected
from experiments.judge.means import LEAST
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


def chance(numbers: Any) -> float:
    """How probable a mean as far from zero is by chance (Student); 1 where nothing differs."""
    from scipy import stats

    x = np.asarray(numbers, float)
    x = x[np.isfinite(x)]
    if x.size < 2 or not np.any(x):
        return 1.0
    spread = float(x.std(ddof=1)) / math.sqrt(len(x))
    return 2.0 * float(stats.t.sf(abs(float(x.mean())) / spread, len(x) - 1)) if spread > 0.0 else 0.0


def word_of(row: Any) -> str:
    """`NEUTRAL`, `MOVES` or `OPEN`, of a row of `changes`."""
    if row["worlds"] < LEAST:
        return OPEN
    if abs(row["mean"]) < MEAN and row["low"] > -REACH and row["high"] < REACH:
        return NEUTRAL
    return MOVES if row["p_holm"] < 1.0 - CONFIDENCE else OPEN


def last_shares(counts: Frame) -> Frame:
    """By world the share of each business model among living platforms, in the last year; NaN where none
    lives. counts: of one arm, as `measure.following.kept_counts` has them."""
    last = counts.loc[counts["since"] > counts["since"].max() - YEAR]
    wide = last.pivot_table(index=["world", "since"], columns="kind", values="alive", observed=True)
    wide = wide.fillna(0.0)
    return wide.div(wide.sum(axis=1), axis=0).groupby(level="world").mean()


def changes(usual: Frame, changed: Mapping[str, Frame]) -> Frame:
    """What each change makes of each share: change, model, worlds, before, mean, low, high (90 %), p_holm
    and word.

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
            known = (len(moved), float(before[model].mean()), *interval(moved), chance(moved))
            rows.append((name, str(model), *known))
    columns = ["change", "model", "worlds", "before", "mean", "low", "high", "p_holm"]
    found: Any = pd.DataFrame(rows, columns=columns)
    found["p_holm"] = corrected(found["p_holm"], "holm")
    return found.assign(word=[word_of(row) for _, row in found.iterrows()])
