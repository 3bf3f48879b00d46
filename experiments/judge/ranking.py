"""Comparing strategies on many measures at once without decreeing what the measures are worth.

``rows`` everywhere: finite numbers of shape (worlds, arms, measures), turned so that more is better; from
`comparable`. Nothing here averages over worlds before comparing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.judge.asked import Question, cube, futures
from experiments.judge.intervals import KEY, wilson
from experiments.measure.arithmetic import Values


def comparable(
    values: Any, outcomes: Sequence[Question], arms: Sequence[str], horizon: int
) -> tuple[Values, npt.NDArray[np.int64]]:
    """The `cube` as ``rows``, and the numbers of their worlds.

    Arms that differ by less than the margin are tied, see `tie`. A world in which one of the numbers is
    missing or infinite is left out: ranks need all of them.
    """
    rows = cube(values, outcomes, arms, horizon)
    whole = np.isfinite(rows).all(axis=(1, 2))
    worlds = np.array(futures(values).worlds, dtype=np.int64)
    return tie(rows[whole], np.array([one.margin for one in outcomes])), worlds[whole]


def tie(rows: Values, least: Values) -> Values:
    """``rows`` in which arms with no gap between them have their mean instead.

    Arms are put in order, world by world and measure by measure; a gap is a step of at least ``least``
    (measures,) from one to the next. Without ties, a lead of a millionth would count like any other.
    """
    order = np.argsort(rows, axis=1, kind="stable")
    ordered = np.take_along_axis(rows, order, axis=1)
    gap = np.diff(ordered, axis=1) >= least * (1.0 - 1e-9)
    block = np.concatenate([np.zeros_like(gap[:, :1], dtype=int), np.cumsum(gap, axis=1)], axis=1)
    same = block[:, :, None, :] == block[:, None, :, :]
    means = (same * ordered[:, None, :, :]).sum(axis=2) / same.sum(axis=2)
    first = np.argmax(same, axis=2)  # one number for all of a block, to the last bit
    result = np.empty_like(rows)
    np.put_along_axis(result, order, np.take_along_axis(means, first, axis=1), axis=1)
    return result


def draw_weights(groups: int, count: int) -> Values:
    """(count, groups) weights from a fixed key, each row even over the simplex."""
    return np.random.default_rng(KEY).dirichlet(np.ones(groups), size=count)


def ranks(rows: Values) -> Values:
    """Rank of each arm in each world and measure, from 0 (worst) to 1 (best), ties in the middle; same shape.

    Raises ``ValueError`` for rows of another shape, empty ones, and numbers that are not finite.
    """
    if rows.ndim != 3 or 0 in rows.shape:
        raise ValueError(f"rows has shape {rows.shape}: worlds x arms x measures is asked for")
    if bad := int((~np.isfinite(rows)).sum()):
        raise ValueError(f"rows holds {bad} that are no finite numbers, out of {rows.size}")
    if rows.shape[1] == 1:
        return np.full(rows.shape, 0.5)
    above = rows[:, :, None, :] > rows[:, None, :, :]
    level = rows[:, :, None, :] == rows[:, None, :, :]
    return (above.sum(axis=2) + 0.5 * (level.sum(axis=2) - 1)) / (rows.shape[1] - 1)


def _rank_shares(scores: Values) -> Values:
    """(cases, arms) scores -> (cases, arms, ranks): 1 at the rank of each arm, spread evenly over a tie."""
    rounded = np.round(scores, 12)  # sums in another order differ in the last bits: that is still a tie
    above = (rounded[:, None, :] > rounded[:, :, None]).sum(axis=2)
    level = (rounded[:, None, :] == rounded[:, :, None]).sum(axis=2)
    rank = np.arange(scores.shape[1])
    held = (rank >= above[:, :, None]) & (rank < (above + level)[:, :, None])
    return held / level[:, :, None]


def share_first(rows: Values, groups: Sequence[str], arms: Sequence[str], *, confidence: float = 0.95) -> Any:
    """For each group of measures, the share of worlds in which each arm has the best mean rank.

    Args:
        groups: of the measures, in their order.

    Returns:
        A DataFrame with ``group``, ``arm``, ``share`` (ties split), ``low`` and ``high`` (Wilson).
    """
    ranked = ranks(rows)
    if len(groups) != ranked.shape[2] or len(arms) != ranked.shape[1]:
        raise ValueError(f"{len(groups)} groups and {len(arms)} arms are named for rows of {ranked.shape}")
    told = []
    for name in dict.fromkeys(groups):
        members = [i for i, group in enumerate(groups) if group == name]
        first = _rank_shares(ranked[:, :, members].mean(axis=2))[:, :, 0]
        for position, arm in enumerate(arms):
            won, n = float(first[:, position].sum()), len(first)
            low, high = wilson(min(won, n), n, confidence=confidence)
            told.append({"group": name, "arm": arm, "share": won / n, "low": low, "high": high})
    return pd.DataFrame(told)
