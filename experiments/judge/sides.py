"""Who comes first in which worlds, and which parameters tell these worlds from the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge.comparison import fields, first_places, lead, scores
from experiments.judge.intervals import holm, wilson
from experiments.judge.ranking import cube
from experiments.measure.futures import FOCUS, PLACEBO, Frame
from experiments.measure.measures import ranked
from experiments.run.world import CONTROL


@dataclass(frozen=True)
class Sides:
    """``first``: as in a comparison. ``overall``: world, field, arm, score (mean rank over the groups, each
    with the same weight), first (1, a part of it in a tie, or 0). ``separating``: parameter, correlation
    (Spearman) with the lead of the focus over the best other arm, low, high, p_holm, and mean where it is
    first and not.
    """

    first: Frame
    overall: Frame
    separating: Frame


def sides(table: Frame, drawn: Frame) -> Sides:
    """Who comes first where.

    Args:
        table: from `measures.measured`.
        drawn: parameters by world (index) and name.
    """
    table = table.loc[~table["arm"].isin(list(PLACEBO.values()))]
    labels = list(dict.fromkeys(map(str, table["arm"])))
    found = fields(labels)
    rows: list[tuple[Any, ...]] = []
    separating = pd.DataFrame()
    for field, members in found.items():
        chosen = ranked(table, of_platforms=CONTROL not in members)
        values, worlds = cube(table, members, chosen)
        score = scores(values, chosen).mean(axis=2)
        best = np.isclose(score, score.max(axis=1, keepdims=True), rtol=0.0, atol=1e-12)
        share = best / best.sum(axis=1, keepdims=True)
        for i, world in enumerate(worlds):
            rows += [(int(world), field, arm, score[i, j], share[i, j]) for j, arm in enumerate(members)]
        if field == "platforms" and FOCUS in members:
            separating = separate(lead(score, members.index(FOCUS)), drawn.loc[worlds])
    overall = pd.DataFrame(rows, columns=["world", "field", "arm", "score", "first"])
    return Sides(first_places(table, found), overall, separating)


def separate(gap: np.ndarray, drawn: Frame) -> Frame:
    """Parameters by how closely the lead follows them, the closest first.

    The interval of Spearman's correlation is Fisher's with Bonett and Wright's (2000) variance.
    """
    from scipy import stats

    columns = ["parameter", "correlation", "low", "high", "p_holm", "mean_first", "mean_other"]
    rows = []
    for name in drawn.columns:
        at = drawn[name].to_numpy(float)
        if len(at) < 5 or not np.isfinite(at).all() or np.ptp(at) == 0 or np.ptp(gap) == 0:
            continue
        rho, p = map(float, stats.spearmanr(at, gap))
        error = 1.96 * np.sqrt((1.0 + rho**2 / 2.0) / (len(at) - 3))
        centre = np.arctanh(np.clip(rho, -0.999999, 0.999999))
        means = [float(at[side].mean()) if side.any() else np.nan for side in (gap > 0, gap <= 0)]
        rows.append((name, rho, np.tanh(centre - error), np.tanh(centre + error), p, *means))
    table = pd.DataFrame(rows, columns=columns)
    if len(table):
        table["p_holm"] = holm(table["p_holm"].tolist())
        table = table.sort_values("correlation", key=np.abs, ascending=False, ignore_index=True)
    return table


def totals(found: Sides) -> Frame:
    """Share of worlds in which each arm comes first over all groups, by field, with Wilson's interval."""
    rows = []
    for (field, arm), part in found.overall.groupby(["field", "arm"], sort=False):
        won, n = float(part["first"].sum()), len(part)
        rows.append((field, "all groups", arm, won / n, *wilson(min(won, n), n), n))
    return pd.DataFrame(rows, columns=["field", "group", "arm", "share", "low", "high", "worlds"])
