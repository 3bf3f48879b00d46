"""Comparing strategies on many measures at once without decreeing what the measures are worth.

Everything takes ``values`` of shape (worlds, arms, measures) and ``directions`` of shape (measures,), +1
where more is better and -1 where less is. Nothing here averages over worlds before comparing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.judge.intervals import KEY, wilson
from experiments.measure.arithmetic import Values
from experiments.measure.futures import Frame
from experiments.measure.measures.declared import Measure


def cube(
    table: Frame, arms: Sequence[str], measures: Sequence[Measure]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """(worlds, arms, measures) values for what is below, and the numbers of the worlds.

    Arms that differ by less than matters are tied, see `tie`. A world in which one of the numbers is missing
    or infinite is left out: ranks need all of them.
    """
    wide = table.pivot_table(index="world", columns=["arm", "measure"], values="value", observed=True)
    names = [one.name for one in measures]
    values = np.stack([wide[arm].reindex(columns=names).to_numpy(float) for arm in arms], axis=1)
    whole = np.isfinite(values).all(axis=(1, 2))
    return tie(values[whole], np.array([one.least for one in measures])), wide.index.to_numpy(int)[whole]


def tie(values: npt.NDArray[np.float64], least: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(worlds, arms, measures) in which arms with no gap between them have their mean instead.

    Arms are put in order, world by world and measure by measure; a gap is a step of at least ``least``
    (measures,) from one to the next. Without ties, a lead of a millionth would count like any other.
    """
    order = np.argsort(values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)
    gap = np.diff(ordered, axis=1) >= least * (1.0 - 1e-9)
    block = np.concatenate([np.zeros_like(gap[:, :1], dtype=int), np.cumsum(gap, axis=1)], axis=1)
    same = block[:, :, None, :] == block[:, None, :, :]
    means = (same * ordered[:, None, :, :]).sum(axis=2) / same.sum(axis=2)
    first = np.argmax(same, axis=2)  # one number for all of a block, to the last bit
    result = np.empty_like(values)
    np.put_along_axis(result, order, np.take_along_axis(means, first, axis=1), axis=1)
    return result


def draw_weights(groups: int, count: int) -> Values:
    """(count, groups) weights from a fixed key, each row even over the simplex."""
    return np.random.default_rng(KEY).dirichlet(np.ones(groups), size=count)


def ranks(values: npt.ArrayLike, directions: Sequence[int]) -> Values:
    """Rank of each arm in each world and measure, from 0 (worst) to 1 (best), ties in the middle; same
    shape."""
    turned = _turned(values, directions)
    if turned.shape[1] == 1:
        return np.full(turned.shape, 0.5)
    above = turned[:, :, None, :] > turned[:, None, :, :]
    level = turned[:, :, None, :] == turned[:, None, :, :]
    return (above.sum(axis=2) + 0.5 * (level.sum(axis=2) - 1)) / (turned.shape[1] - 1)


def _rank_shares(scores: Values) -> Values:
    """(cases, arms) scores -> (cases, arms, ranks): 1 at the rank of each arm, spread evenly over a tie."""
    rounded = np.round(scores, 12)  # sums in another order differ in the last bits: that is still a tie
    above = (rounded[:, None, :] > rounded[:, :, None]).sum(axis=2)
    level = (rounded[:, None, :] == rounded[:, :, None]).sum(axis=2)
    rank = np.arange(scores.shape[1])
    held = (rank >= above[:, :, None]) & (rank < (above + level)[:, :, None])
    return held / level[:, :, None]


def share_first(
    values: npt.ArrayLike,
    directions: Sequence[int],
    groups: Sequence[str],
    arms: Sequence[str],
    *,
    confidence: float = 0.95,
) -> Any:
    """For each group of measures, the share of worlds in which each arm has the best mean rank.

    Returns:
        A DataFrame with ``group``, ``arm``, ``share`` (ties split), ``low`` and ``high`` (Wilson).
    """
    ranked = ranks(values, directions)
    if len(groups) != ranked.shape[2] or len(arms) != ranked.shape[1]:
        raise ValueError(f"{len(groups)} groups and {len(arms)} arms are named for values of {ranked.shape}")
    rows = []
    for name in dict.fromkeys(groups):
        members = [i for i, group in enumerate(groups) if group == name]
        first = _rank_shares(ranked[:, :, members].mean(axis=2))[:, :, 0]
        for position, arm in enumerate(arms):
            won, n = float(first[:, position].sum()), len(first)
            low, high = wilson(min(won, n), n, confidence=confidence)
            rows.append({"group": name, "arm": arm, "share": won / n, "low": low, "high": high})
    return pd.DataFrame(rows)


def _turned(values: npt.ArrayLike, directions: Sequence[int]) -> Values:
    """The values with the sign that makes more better, checked."""
    cube, signs = np.asarray(values, dtype=float), np.asarray(directions, dtype=float)
    if cube.ndim != 3 or 0 in cube.shape:
        raise ValueError(f"values has shape {cube.shape}: worlds x arms x measures is asked for")
    if signs.shape != cube.shape[2:] or not np.isin(signs, (-1.0, 1.0)).all():
        raise ValueError(f"directions must hold {cube.shape[2]} times +1 or -1, got {list(directions)}")
    if bad := int((~np.isfinite(cube)).sum()):
        raise ValueError(f"values holds {bad} that are no finite numbers, out of {cube.size}")
    return cube * signs
