"""The verdicts: one family of questions asked together, and one word for each.

The estimand is the mean over worlds, histories and lucks of the paired difference at a horizon. All rows at
the main horizon are one family (Holm); rows at other horizons are secondary (Benjamini and Hochberg).

The words exclude one another; the first that holds is given:

- nothing happened: no world shows any difference.
- undecided, with the reason: too few worlds, no variation, one far world, too rare an event.
- no difference that matters: two one-sided tests put the mean within ± margin (p corrected in the family,
  below 0.05), and the interval lies there too.
- better, worse: p corrected below 0.05, and the interval excludes zero.
- undecided.

`dependence.depends` may turn a word into "depends" afterwards. Below `means.LEAST` worlds every word is
"undecided". "better or worse" and "no difference that matters" are each corrected over all rows: each of
the two kinds is wrong anywhere in the family in at most 5 % of ensembles.

A question without a direction is shown: it has an interval, no word, and no place in a family.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge.asked import Futures, Question, differences, futures, placebo_sizes
from experiments.judge.chance import corrected as correct
from experiments.judge.chance import p_values, p_within
from experiments.judge.means import LEAST, mean_intervals
from experiments.judge.power import MOST, first_level, seen, worlds_needed

HORIZON = 40  # quarters: the main one
LEVEL = 0.05
NOTHING, NO_DIFFERENCE, BETTER, WORSE = "nothing happened", "no difference that matters", "better", "worse"
DEPENDS, UNDECIDED = "depends", "undecided"
WORDS = (BETTER, WORSE, NO_DIFFERENCE, DEPENDS, UNDECIDED, NOTHING)
# fmt: off
COLUMNS = ("arm", "other", "outcome", "horizon", "unit", "difference", "low", "high", "placebo", "word",
           "why", "group", "direction", "margin", "primary", "n", "missing", "partial", "sd", "p",
           "p_corrected", "p_within", "half_width", "seen", "worlds_needed")
# fmt: on


def judge(
    values: Any,
    outcomes: Sequence[Question],
    contrasts: Sequence[tuple[str, str]],
    placebos: Mapping[str, str] | None = None,
    *,
    horizon: int = HORIZON,
    confidence: float = 0.95,
    corrected: str = "holm",
    worlds: Iterable[int] | None = None,
) -> Any:
    """Judge every contrast on every outcome at every horizon present.

    Args:
        values: see `asked`.
        outcomes: objects with the attributes of `Asked`; of direction 0 where they are only shown.
        contrasts: (arm, other): the difference is arm minus other.
        placebos: arm -> the label of the arm that differs from it by a meaningless shuffle.
        horizon: the main one [quarters]; its rows are one family.
        confidence: of the intervals, one by one.
        corrected: of the family: "holm", or "bh" for a set of secondary outcomes.
        worlds: all that were started; those without any row count as missing.

    Returns:
        A DataFrame with `COLUMNS`. In ``unit``: ``difference``, ``low``, ``high``, ``sd`` (between worlds),
        ``half_width``, ``margin``, ``placebo`` (root mean square over worlds, the larger of the two arms')
        and ``seen`` (found with power 0.8 at the level of the family's first step). ``n`` worlds with a
        number in both arms, ``missing`` without, ``partial`` with one under some of their lucks only. ``p``
        of `chance.p_values`; ``p_corrected`` and ``p_within`` (two one-sided tests) corrected in the family.
        ``worlds_needed``: for the half width to reach the margin. ``why``: the reason for "undecided".
    """
    if corrected not in ("holm", "bh"):
        raise ValueError(f"corrected = {corrected!r}: 'holm' or 'bh'")
    table = futures(values, worlds)
    sizes = placebo_sizes(table, placebos or {})
    asked, gaps = [], []
    for arm, other in contrasts:
        found = differences(table, arm, other)
        near = [sizes[one] for one in (arm, other) if one in sizes]
        placebo = np.fmax.reduce(near) if near else np.full(len(table.questions), np.nan)
        for i, row in _questions(table, outcomes):
            gaps.append(found.rows[i][np.isfinite(found.rows[i])])
            count = {"n": gaps[-1].size, "missing": len(table.worlds) - gaps[-1].size}
            count["partial"] = int(found.partial[i])
            asked.append({"arm": arm, "other": other, **row, **count, "placebo": float(placebo[i])})
    frame = pd.DataFrame(asked)
    if frame.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    frame = pd.concat([frame, _estimates(gaps, frame["margin"].to_numpy(float), confidence)], axis=1)
    main, shown = frame["horizon"].eq(horizon), frame["direction"].eq(0)
    frame["primary"] = main & ~shown & (corrected == "holm")
    for part, how in ((main & ~shown, corrected), (~main & ~shown, "bh")):
        _correct(frame, part, how)
    frame.loc[shown, "p_within"] = np.nan
    frame["half_width"] = (frame["high"] - frame["low"]) / 2.0
    frame["worlds_needed"] = [
        worlds_needed(sd, margin, confidence) if margin > 0 else np.nan
        for sd, margin in zip(frame["sd"], frame["margin"], strict=True)
    ]
    _word(frame)
    return frame[list(COLUMNS)]


def _questions(table: Futures, outcomes: Sequence[Question]) -> Iterable[tuple[int, dict[str, Any]]]:
    """Number of the question, and what is asked, for every outcome and horizon present."""
    for one in outcomes:
        row = {"group": one.group, "outcome": one.name, "unit": one.unit, "direction": one.direction}
        for quarters, i in table.horizons(one.name):
            yield i, {**row, "horizon": quarters, "margin": float(one.margin)}


def _estimates(gaps: Sequence[Any], margins: Any, confidence: float) -> Any:
    """Means, intervals and uncorrected p; questions with as many worlds are computed together."""
    columns = ("difference", "low", "high", "sd", "p", "p_within")
    numbers = {name: np.full(len(gaps), np.nan) for name in columns}
    reasons = np.full(len(gaps), "", dtype=object)
    sizes = np.array([gap.size for gap in gaps])
    for n in np.unique(sizes):
        at = np.flatnonzero(sizes == n).tolist()
        if n == 0:
            reasons[at] = "no world has a number in both arms"
            continue
        rows = np.stack([gaps[i] for i in at])
        for i, one in zip(at, mean_intervals(rows, confidence), strict=True):
            numbers["difference"][i], numbers["sd"][i] = one.mean, one.sd
            numbers["low"][i], numbers["high"][i], reasons[i] = one.low, one.high, one.refused
        if n > 1:
            numbers["p"][at] = p_values(rows)
            numbers["p_within"][at] = p_within(rows, margins[at])
    return pd.DataFrame({**numbers, "why": reasons})


def _correct(frame: Any, part: Any, how: str) -> None:
    """Fill in what depends on the family: corrected p and the difference that would be seen."""
    frame.loc[part, "p_corrected"] = correct(frame.loc[part, "p"], how)
    frame.loc[part, "p_within"] = correct(frame.loc[part, "p_within"], how)
    count = int(frame.loc[part, "p"].notna().sum())
    counts = frame.loc[part, "n"].unique()
    unit = {int(n): seen(1.0, int(n), first_level(int(n), count, LEVEL)) for n in counts} if count else {}
    ratio = frame.loc[part, "n"].map(unit).astype(float)
    frame.loc[part, "seen"] = ratio * frame.loc[part, "sd"].where(frame.loc[part, "sd"] > 0)


def _word(frame: Any) -> None:
    """The word of each row, and why where it is undecided; no word for what is only shown."""
    shown = frame["direction"] == 0
    refused = frame["why"] != ""
    nothing = (frame["n"] >= LEAST) & (frame["difference"] == 0.0) & (frame["sd"] == 0.0)
    inside = (frame["low"] >= -frame["margin"]) & (frame["high"] <= frame["margin"])
    within = inside & (frame["p_within"] < LEVEL)
    apart = (frame["p_corrected"] < LEVEL) & ((frame["low"] > 0.0) | (frame["high"] < 0.0))
    good = np.sign(frame["difference"]) * frame["direction"] > 0
    rules = [shown, nothing, refused, within, apart & good, apart]
    frame["word"] = np.select(rules, ["", NOTHING, UNDECIDED, NO_DIFFERENCE, BETTER, WORSE], UNDECIDED)
    open_still = ~refused & (frame["word"] == UNDECIDED)
    frame.loc[open_still, "why"] = [_wanted(one) for one in frame.loc[open_still, "worlds_needed"]]


def _wanted(needed: float) -> str:
    if not np.isfinite(needed):
        return f"the margin is out of reach: more than {MOST:,} worlds"
    return f"about {needed:,.0f} worlds would bring the interval to ± the margin"
