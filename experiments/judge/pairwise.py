"""Arms against each other: in how many worlds, on which outcomes, under which weights.

Two arms are compared on their own numbers and on worlds in which both have one; nothing that is said of two
arms depends on which others are there. Only who is first of all (`weightings`) must: a clone shares its
original's places.

Sources: SMAA, Lahdelma and Salminen (2001); its pairwise winning index, Leskinen and others (2006).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge.asked import Question, cube
from experiments.judge.intervals import wilson
from experiments.judge.means import Rows, mean_interval
from experiments.judge.ranking import draw_weights

LEVEL_TO_HERE = 1e-9  # part of a margin: sums in another order differ in the last bits


def matrix(values: Any, outcomes: Sequence[Question], arms: Sequence[str], horizon: int) -> Any:
    """In which share of worlds each arm is better than each other by more than the margin.

    Returns:
        A DataFrame, a row per outcome, arm and other: ``worlds`` with a number in both, ``better`` with its
        Wilson interval ``low``, ``high``, ``level`` (within the margin) and ``worse`` (by more than it); the
        three shares add up to 1. NaN where no world has both.
    """
    turned = cube(values, outcomes, arms, horizon)
    rows: list[dict[str, Any]] = []
    for k, one in enumerate(outcomes):
        for i, j in _pairs(len(arms)):
            gap = turned[:, i, k] - turned[:, j, k]
            gap = gap[np.isfinite(gap)]
            edge = one.margin * (1.0 + LEVEL_TO_HERE)
            better, worse = int((gap > edge).sum()), int((gap < -edge).sum())
            row = {"outcome": one.name, "arm": arms[i], "other": arms[j], "worlds": gap.size}
            rows.append({**row, **_share("better", better, gap.size)})
            rows[-1]["level"] = (gap.size - better - worse) / gap.size if gap.size else math.nan
            rows[-1]["worse"] = worse / gap.size if gap.size else math.nan
    return pd.DataFrame(rows)


def _pairs(arms: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(arms) for j in range(arms) if i != j]


def _share(name: str, count: int, n: int) -> dict[str, float]:
    low, high = wilson(count, n) if n else (math.nan, math.nan)
    return {name: count / n if n else math.nan, "low": low, "high": high}


def dominance(values: Any, outcomes: Sequence[Question], arms: Sequence[str], horizon: int) -> Any:
    """In which share of worlds an arm is, all outcomes together, no worse than another and somewhere better.

    Worse and better mean: by more than the margin. Outcomes that neither pair of arms ever has a number for
    are left out; their number is told.

    Returns:
        A DataFrame, a row per arm and other: ``worlds`` with all numbers, ``outcomes`` compared,
        ``dominates`` (share of worlds) with its Wilson interval ``low``, ``high``.
    """
    turned = cube(values, outcomes, arms, horizon)
    margins = np.array([one.margin for one in outcomes]) * (1.0 + LEVEL_TO_HERE)
    rows = []
    for i, j in _pairs(len(arms)):
        gaps = turned[:, i] - turned[:, j]
        compared = np.isfinite(gaps).any(axis=0)
        whole = gaps[np.isfinite(gaps[:, compared]).all(axis=1)][:, compared] if compared.any() else gaps[:0]
        edge = margins[compared] if compared.any() else margins
        wins = (whole >= -edge).all(axis=1) & (whole > edge).any(axis=1)
        row = {"arm": arms[i], "other": arms[j], "worlds": len(whole), "outcomes": int(compared.sum())}
        rows.append({**row, **_share("dominates", int(wins.sum()), len(whole))})
    return pd.DataFrame(rows)


def weightings(
    values: Any,
    outcomes: Sequence[Question],
    arms: Sequence[str],
    horizon: int,
    scale: Mapping[str, float],
    *,
    weights: int = 2_000,
) -> tuple[Any, Any]:
    """Who is preferred over all weightings of the groups (each equally likely) and all worlds.

    Args:
        scale: outcome -> what one unit of weight buys [unit of the outcome], above 0, as the margins: it must
            not depend on which arms are compared.
        weights: how many to draw, from a fixed key.

    Returns:
        ``first``: arm, ``worlds`` (with a number everywhere), ``share`` of weightings and worlds that put it
        first (ties split evenly: a clone halves it), and ``weight_<group>``, the mean weights of those who do
        (NaN where nobody does).
        ``pairs``: arm, other, ``worlds`` (with all numbers of both), ``preferred``: share of weightings and
        worlds in which it is preferred to the other, ties half, with the interval over worlds ``low`` and
        ``high`` (NaN where `means` refuses one). This one no other arm moves.
    """
    utility, groups = utilities(values, outcomes, arms, horizon, scale)
    tastes = draw_weights(len(groups), weights)
    pairs = [
        {"arm": arms[i], "other": arms[j], **_preferred(utility[:, i] - utility[:, j], tastes)}
        for i, j in _pairs(len(arms))
    ]
    whole = utility[np.isfinite(utility).all(axis=(1, 2))]
    share = firsts(whole, tastes)
    rows = []
    for i, arm in enumerate(arms):
        own = share[:, i].sum(axis=0)
        row: dict[str, Any] = {"arm": arm, "worlds": len(whole)}
        row["share"] = float(share[:, i].mean()) if len(whole) else math.nan
        centre = own @ tastes / own.sum() if own.sum() > 0 else np.full(len(groups), np.nan)
        rows.append(row | {f"weight_{name}": float(w) for name, w in zip(groups, centre, strict=True)})
    return pd.DataFrame(rows), pd.DataFrame(pairs)


def utilities(
    values: Any,
    outcomes: Sequence[Question],
    arms: Sequence[str],
    horizon: int,
    scale: Mapping[str, float],
) -> tuple[Rows, list[str]]:
    """(worlds, arms, groups): each group's mean over its outcomes, in units of their ``scale``, more being
    better; and the groups by name."""
    turned = cube(values, outcomes, arms, horizon) / np.array([_above(scale, one.name) for one in outcomes])
    groups = list(dict.fromkeys(one.group for one in outcomes))
    members = [[k for k, one in enumerate(outcomes) if one.group == name] for name in groups]
    return np.stack([turned[:, :, at].mean(axis=2) for at in members], axis=2), groups


def firsts(utility: Rows, tastes: Rows) -> Rows:
    """(worlds, arms, weights): 1 where an arm comes first, a part of it in a tie, else 0.

    Args:
        utility: (worlds, arms, groups), finite. tastes: (weights, groups).
    """
    score = np.round(utility @ tastes.T, 9)  # a tie is a tie, whatever the last bits
    best = score == score.max(axis=1, keepdims=True)
    return best / best.sum(axis=1, keepdims=True)


def _above(scale: Mapping[str, float], name: str) -> float:
    if name not in scale or not 0.0 < scale[name] < math.inf:
        raise ValueError(f"the scale of {name} is {scale.get(name)}: it must be above 0 and finite")
    return scale[name]


def _preferred(gaps: Rows, tastes: Rows) -> dict[str, float]:
    """Share of weightings and worlds with a gap above zero, level ones half; gaps are (worlds, groups)."""
    whole = gaps[np.isfinite(gaps).all(axis=1)]
    lead = np.round(whole @ tastes.T, 9)
    found = mean_interval(((lead > 0) + 0.5 * (lead == 0)).mean(axis=1))
    low, high = max(0.0, found.low), min(1.0, found.high)
    if math.isnan(found.low):
        low = high = math.nan
    return {"worlds": len(whole), "preferred": found.mean, "low": low, "high": high}
