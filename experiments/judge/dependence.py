"""On which drawn parameters a lead depends: all are screened, and most are cleared.

Every drawn parameter that varies is asked, for every lead, and all these questions are one family (Holm).
A rank correlation finds what rises or falls throughout; what is best in the middle of a range it misses.

Its p is that of its interval. Student's t for rank correlations errs twice as often as it says at the levels
that thousands of questions leave (20 worlds, 0.05/6,160); this errs half as often.

Sources: Spearman (1904); interval of a rank correlation, Bonett and Wright (2000).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge.chance import corrected
from experiments.judge.family import DEPENDS, LEVEL, NOTHING
from experiments.judge.means import Rows

LEAST_SCREENED = (
    20  # worlds: with 110 parameters only correlations beyond 0.74 count there (with 56 leads 0.85)
)
EDGES = (0.1, 0.9)  # quantiles of a parameter between which the sign of a lead may change
COLUMNS = ("lead", "parameter", "n", "correlation", "low", "high", "p", "p_corrected")
ENDS = ("at_low", "at_low_from", "at_low_to", "at_high", "at_high_from", "at_high_to")


def screen(lead_by_world: Any, drawn: Any, *, confidence: float = 0.95) -> Any:
    """Spearman's correlation of each lead with each drawn parameter that varies.

    Args:
        lead_by_world: DataFrame, world (index) by lead (columns, any labels; `asked.leads` makes one), or a
            Series of one lead. NaN where a world has no number. Pass all leads of a report at once.
        drawn: DataFrame, world (index) by parameter, at least all worlds of the leads.

    Returns:
        A DataFrame with `COLUMNS` and `ENDS`, the strongest first within a lead: the interval of the
        correlation is Bonett and Wright's; ``p_corrected`` is Holm's over all leads and parameters. `ENDS`
        are the leads that a straight line predicts at the 10 % and the 90 % quantile of the parameter, with
        their intervals [unit of the lead]. Empty, with the reason in ``attrs["refused"]``, if no lead has
        `LEAST_SCREENED` worlds; leads with fewer are left out and named there.
    """
    leads = lead_by_world.to_frame() if isinstance(lead_by_world, pd.Series) else lead_by_world
    if absent := [world for world in leads.index if world not in drawn.index]:
        raise ValueError(f"drawn has no row for {len(absent)} worlds, the first {absent[0]}")
    parts, labels, short = [], [], []
    for label, column in leads.items():
        known = column.dropna()
        if len(known) < LEAST_SCREENED:
            short.append(f"{label}: {len(known)}")
        elif np.ptp(known.to_numpy(float)) > 0:
            parts.append(_one(known.to_numpy(float), drawn.loc[known.index], confidence))
            labels += [label] * len(parts[-1]["n"])
    columns = {name: np.concatenate([part[name] for part in parts]) for name in (parts[0] if parts else ())}
    found = pd.DataFrame({"lead": pd.Series(labels, dtype=object), **columns}, columns=[*COLUMNS, *ENDS])
    found["p_corrected"] = corrected(found["p"], "holm")
    if short:
        few = f"dependence is asked from {LEAST_SCREENED} worlds on: with {drawn.shape[1]} parameters"
        need = detectable(LEAST_SCREENED, max(1, drawn.shape[1] * leads.shape[1]))
        few += f" and {leads.shape[1]} leads asked, {need:.2f} is the least correlation to count there"
        found.attrs["refused"] = f"{few} ({', '.join(short)})"
    return found[[*COLUMNS, *ENDS]]


def _one(lead: Rows, drawn: Any, confidence: float) -> dict[str, Any]:
    """The columns of one lead, the strongest correlation first; what is corrected comes later."""
    from scipy import special, stats

    numbers = drawn.to_numpy(float)
    varies = np.isfinite(numbers).all(axis=0) & (np.ptp(numbers, axis=0) > 0)
    numbers, n = numbers[:, varies], len(lead)
    ranks = _standard(stats.rankdata(numbers, axis=0))
    rho = np.clip(_standard(stats.rankdata(lead)) @ ranks / n, -1.0, 1.0)
    error = np.sqrt((1.0 + rho**2 / 2.0) / (n - 3))
    reach = special.ndtri((1.0 + confidence) / 2.0) * error
    centre = np.arctanh(np.clip(rho, -0.999999, 0.999999))
    p = 2.0 * special.ndtr(-np.abs(centre) / error)
    columns = {"parameter": drawn.columns.to_numpy(object)[varies], "n": np.full(rho.size, n)}
    columns |= {"correlation": rho, "low": np.tanh(centre - reach), "high": np.tanh(centre + reach), "p": p}
    order = np.argsort(-np.abs(rho), kind="stable")
    return {name: column[order] for name, column in {**columns, **_ends(lead, numbers, confidence)}.items()}


def _standard(ranks: Any) -> Rows:
    """Mean 0 and deviation 1 along the worlds (the first axis)."""
    return (ranks - ranks.mean(axis=0)) / ranks.std(axis=0)


def _ends(lead: Rows, numbers: Rows, confidence: float) -> dict[str, Rows]:
    """What a straight line predicts for the mean lead at both `EDGES` of each parameter, with intervals.

    Args:
        lead: (worlds,). numbers: (worlds, parameters), none constant.
    """
    from scipy import special

    n = len(lead)
    centred = numbers - numbers.mean(axis=0)
    squares = (centred**2).sum(axis=0)
    slope = lead @ centred / squares
    residual = (lead - lead.mean())[:, None] - slope * centred
    variance = (residual**2).sum(axis=0) / (n - 2)
    student = float(special.stdtrit(n - 2, (1.0 + confidence) / 2.0))
    ends = {}
    for name, at in zip(("at_low", "at_high"), np.quantile(centred, EDGES, axis=0), strict=True):
        reach = student * np.sqrt(variance * (1.0 / n + at**2 / squares))
        ends[name] = lead.mean() + slope * at
        ends[f"{name}_from"], ends[f"{name}_to"] = ends[name] - reach, ends[name] + reach
    return ends


def turns(screened: Any, margins: Mapping[Any, float]) -> Any:
    """The rows of `screen` in which the sign of the lead changes with the parameter.

    Args:
        margins: lead -> largest lead that is too small to matter.

    Asked for: the correlation survives the correction, and the leads predicted at the two ends lie beyond
    the margin on opposite sides, each with an interval that excludes zero.
    """
    if screened.empty:
        return screened
    margin = screened["lead"].map(lambda label: margins[label]).astype(float)
    low, high = screened["at_low"], screened["at_high"]
    beyond = (low.abs() > margin) & (high.abs() > margin) & (low * high < 0)
    sure = (screened["at_low_from"] * screened["at_low_to"] > 0) & (
        screened["at_high_from"] * screened["at_high_to"] > 0
    )
    return screened[(screened["p_corrected"] < LEVEL) & beyond & sure]


def depends(judged: Any, screened: Any) -> Any:
    """The verdicts, with the word "depends" where the sign changes with a parameter.

    Args:
        judged: from `family.judge`.
        screened: from `screen` of `asked.leads`: its leads are (arm, other, outcome, horizon).

    A row that was "better" on average turns too: the average hides that elsewhere it is worse. Only "nothing
    happened" stays. ``on`` is a new column: the parameters, the strongest first.
    """
    keys = [tuple(row) for row in judged[["arm", "other", "outcome", "horizon"]].itertuples(index=False)]
    found = turns(screened, dict(zip(keys, judged["margin"], strict=True)))
    names: dict[Any, list[str]] = {}
    for label, parameter in zip(found["lead"], found["parameter"], strict=True):
        names.setdefault(label, []).append(str(parameter))
    on = np.array([", ".join(names.get(key, ())) for key in keys], dtype=object)
    turned = (on != "") & (judged["word"] != NOTHING).to_numpy()
    word = np.where(turned, DEPENDS, judged["word"])
    why = np.where(turned, "", judged["why"])
    return judged.assign(word=word, why=why, on=np.where(turned, on, ""))


def detectable(n: int, questions: int) -> float:
    """The least correlation (its size) that survives the first step of Holm's over so many questions."""
    from scipy import optimize, special

    critical = -special.ndtri(LEVEL / questions / 2.0)

    def short(rho: float) -> float:
        return math.atanh(rho) * math.sqrt((n - 3) / (1.0 + rho**2 / 2.0)) - critical

    found: Any = optimize.brentq(short, 0.0, 1.0 - 1e-12)
    return found
