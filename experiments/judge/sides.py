"""Who comes first in which worlds, which parameters tell these worlds from the others, and what is left where
founders choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge.asked import END, at_end
from experiments.judge.chance import corrected
from experiments.judge.inside import of_cases
from experiments.judge.intervals import wilson
from experiments.judge.ranking import comparable, ranks, share_first
from experiments.judge.turning import share_at
from experiments.measure.arithmetic import Values
from experiments.measure.futures import FOCUS, FREE, NO_GAINS, PLACEBO, Frame
from experiments.measure.measures import GROUPS, ranked
from experiments.measure.measures.declared import Measure
from experiments.run.world import CONTROL

FREE_NO_GAINS = "free_no_gains"  # founders choose among all business models, and links have no real effect
ENDS = ("arm", "kind", "share", "low", "high", "most", "most_low", "most_high", "worlds")


@dataclass(frozen=True)
class Sides:
    """``first``: see `first_places`. ``outcomes``: see `first_by_outcome`. ``ends``: see `ends`. ``overall``:
    world, field, arm, score (mean rank over the groups, each with the same weight), first (1, a part of it in
    a tie, or 0). ``separating``: parameter, correlation (Spearman) with the lead of the focus over the best
    other arm, low, high, p_holm, and mean where it is first and not.
    """

    first: Frame
    overall: Frame
    separating: Frame
    outcomes: Frame
    ends: Frame


def sides(table: Frame, drawn: Frame, platforms: Frame | None = None) -> Sides:
    """Who comes first where, and what the free choice ends as.

    Args:
        table: from `measures.measured`.
        drawn: parameters by world (index) and name.
        platforms: see `ends`; where not given, there are none.
    """
    table = table.loc[~table["arm"].isin(list(PLACEBO.values()))]
    labels = list(dict.fromkeys(map(str, table["arm"])))
    found = fields(labels)
    rows: list[tuple[Any, ...]] = []
    separating = pd.DataFrame()
    for field, members in found.items():
        chosen = ranked(table, of_platforms=CONTROL not in members)
        numbers, worlds = comparable(at_end(table), chosen, members, END)
        score = scores(numbers, chosen).mean(axis=2)
        best = np.isclose(score, score.max(axis=1, keepdims=True), rtol=0.0, atol=1e-12)
        share = best / best.sum(axis=1, keepdims=True)
        for i, world in enumerate(worlds):
            rows += [(int(world), field, arm, score[i, j], share[i, j]) for j, arm in enumerate(members)]
        if field == "platforms" and FOCUS in members:
            separating = separate(lead(score, members.index(FOCUS)), drawn.loc[worlds])
    overall = pd.DataFrame(rows, columns=["world", "field", "arm", "score", "first"])
    left = pd.DataFrame(columns=list(ENDS)) if platforms is None else ends(platforms)
    return Sides(first_places(table, found), overall, separating, first_by_outcome(table, found), left)


def fields(arms: Sequence[str]) -> dict[str, list[str]]:
    """Who is ranked against whom: the platforms among themselves; the same where a link gains a firm nothing;
    and all arms, on what does not ask about platforms. Where founders choose, business models are mixed: it
    is none of them and takes no place."""
    real = [arm for arm in arms if arm not in (NO_GAINS, FREE, FREE_NO_GAINS)]
    acting = [arm for arm in real if arm != CONTROL]
    found = {"platforms": acting}
    if NO_GAINS in arms and FOCUS in arms:
        found["no real gains"] = [NO_GAINS if arm == FOCUS else arm for arm in acting]
    if CONTROL in arms:
        found["all"] = real
    return {name: members for name, members in found.items() if len(members) > 1}


def first_places(table: Frame, sides: Mapping[str, Sequence[str]]) -> Frame:
    """Share of worlds in which each arm has the best mean rank, by field and group, with Wilson's
    interval."""
    parts = []
    for field, arms in sides.items():
        chosen = ranked(table, of_platforms=CONTROL not in arms)
        rows, _ = comparable(at_end(table), chosen, arms, END)
        if len(rows):
            part = share_first(rows, [m.group for m in chosen], arms)
            part.insert(0, "field", field)
            part["worlds"] = len(rows)
            parts.append(part)
    columns = ["field", "group", "arm", "share", "low", "high", "worlds"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def first_by_outcome(table: Frame, sides: Mapping[str, Sequence[str]]) -> Frame:
    """Share of worlds in which each arm is first on each primary outcome, by field (but for `CONTROL` among
    them), with Wilson's interval. Arms within the outcome's margin share the place; ``tied`` is the share of
    worlds in which several do. An outcome counts in the worlds in which it has a number for every arm."""
    parts = []
    for field, arms in sides.items():
        for one in ranked(table) if CONTROL not in arms else []:
            rows, _ = comparable(at_end(table), [one], arms, END)
            if len(rows):
                part = share_first(rows, [one.name], arms).rename(columns={"group": "outcome"})
                part.insert(0, "field", field)
                several = (rows == rows.max(axis=1, keepdims=True)).sum(axis=1) > 1
                parts.append(part.assign(tied=several.mean(), worlds=len(rows)))
    columns = ["field", "outcome", "arm", "share", "low", "high", "tied", "worlds"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def ends(platforms: Frame) -> Frame:
    """What the platforms run where founders choose, at the end.

    ``share``: of each business model, ``kind``, among living platforms, mean over worlds with its interval
    (95 %). ``most``: share of worlds in which it is the most frequent, with Wilson's interval; those equally
    frequent share the place. ``worlds``: those in which a platform lives at the end.

    Args:
        platforms: of a store, with `KEPT_OF_PLATFORMS` and kind.
    """
    rows: list[tuple[Any, ...]] = []
    for arm in (FREE, FREE_NO_GAINS):
        mine = platforms.loc[platforms["arm"].astype(str) == arm]
        kinds = sorted(mine["kind"].astype(str).unique())
        if not kinds:
            continue
        last = int(mine["since"].max())
        each: Frame = pd.DataFrame({kind: share_at(mine, {kind}, last) for kind in kinds})
        values = each.groupby(level="world").mean().dropna().to_numpy(float)
        n = len(values)
        best = np.isclose(values, values.max(axis=1, keepdims=True), rtol=0.0, atol=1e-12)
        won = (best / best.sum(axis=1, keepdims=True)).sum(axis=0)
        for k, kind in enumerate(kinds):
            mean, most = of_cases(values[:, k], within=(0.0, 1.0)), float(min(won[k], n))
            told = (most / n, *wilson(most, n)) if n else (np.nan,) * 3
            rows.append((arm, kind, mean.mean, mean.low, mean.high, *told, n))
    return pd.DataFrame(rows, columns=list(ENDS))


def scores(rows: Values, chosen: Sequence[Measure]) -> Values:
    """(worlds, arms, groups) mean rank within each group, from 0 (last in all) to 1 (first in all).

    Args:
        rows: from `comparable`, of the measures ``chosen``.
    """
    score = ranks(rows)
    of = [[i for i, m in enumerate(chosen) if m.group == name] for name in groups(chosen)]
    return np.stack([score[:, :, members].mean(axis=2) for members in of], axis=2)


def groups(chosen: Sequence[Measure]) -> list[str]:
    """The groups that these measures belong to, in order."""
    return [name for name in GROUPS if any(m.group == name for m in chosen)]


def lead(score: Values, own: int) -> Values:
    """What arm number ``own`` scores more than the best other arm; the axis of the arms (1) is gone."""
    # a tie of means is a tie, whatever the last bits say
    gap = score[:, own] - np.delete(score, own, axis=1).max(axis=1)
    return np.round(gap, 12)


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
        table["p_holm"] = corrected(table["p_holm"], "holm")
        table = table.sort_values("correlation", key=np.abs, ascending=False, ignore_index=True)
    return table


def totals(found: Sides) -> Frame:
    """Share of worlds in which each arm comes first over all groups, by field, with Wilson's interval."""
    rows = []
    for (field, arm), part in found.overall.groupby(["field", "arm"], sort=False):
        won, n = float(part["first"].sum()), len(part)
        rows.append((field, "all groups", arm, won / n, *wilson(min(won, n), n), n))
    return pd.DataFrame(rows, columns=["field", "group", "arm", "share", "low", "high", "worlds"])
