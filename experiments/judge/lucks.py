"""How much of a difference is the world's own, and how much luck within it; of the first, how much is its
parameters' and how much its history's.

lead of a world under a luck = mean + what is the world's (parameters and history) + what is luck's. The
variances tell whether "in which worlds" can be asked at all. A single world's lead is drawn towards the mean
by as much as luck blurs it (partial pooling): so a lucky world is not taken for a good one.

Where worlds share draws of parameters, what they have in common is the parameters', and the rest of what is
their own is their histories'.

Sources: one-way random effects, Searle, Casella and McCulloch (1992); best linear unbiased prediction,
Henderson (1975). For equal numbers of lucks the analysis of variance is the restricted maximum likelihood,
so it is used directly; statsmodels fits the rest.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge.asked import Question, futures
from experiments.judge.means import LEAST, Rows

ONE_LUCK = "one luck a world: cannot be told"
# fmt: off
COLUMNS = ("arm", "other", "outcome", "horizon", "worlds", "lucks", "mean", "between", "within", "icc",
           "icc_low", "icc_high", "parameters", "histories", "worlds_better", "worlds_worse", "p_better",
           "p_worse", "method", "why")
# fmt: on


def spread(
    values: Any,
    outcomes: Sequence[Question],
    contrasts: Sequence[tuple[str, str]],
    draw: Any = None,
) -> Any:
    """Variances of the lead between worlds and within, and in how many worlds an arm leads.

    Args:
        values: see `asked`; several lucks in at least some worlds.
        draw: from `asked.draws`, where worlds share draws of parameters.

    Returns:
        A DataFrame with `COLUMNS`, a row per contrast, outcome and horizon. ``between`` and ``within``:
        variances [unit²]; ``icc`` the share of the first, with an exact interval for equal numbers of lucks.
        ``parameters`` and ``histories``: the two parts of ``between`` [unit²].
        ``p_better``: probability, over worlds and a new luck, that the arm is better by more than the
        margin; ``worlds_better``: share of worlds in which that probability is above one half; so for worse.
        Where it cannot be told, numbers are NaN and ``why`` says why.
    """
    table = futures(values)
    rows, of_draw = [], None
    if draw is not None and not draw.is_unique:
        of_draw = np.unique(draw.loc[list(table.worlds)], return_inverse=True)[1]
    for arm, other in contrasts:
        gaps = table.arm(arm) - table.arm(other)
        for one in outcomes:
            for horizon, i in table.horizons(one.name):
                about = {"arm": arm, "other": other, "outcome": one.name, "horizon": horizon}
                world, luck = np.nonzero(np.isfinite(gaps[i]))
                lead = gaps[i][world, luck] * one.direction
                row = {**about, **_told(lead, np.unique(world, return_inverse=True)[1], one)}
                if of_draw is not None and "between" in row:
                    row |= _parts(lead, np.unique(of_draw[world], return_inverse=True)[1], row["between"])
                rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _told(lead: Rows, world: Any, one: Question) -> dict[str, Any]:
    """The numbers of one row; the lead is turned so that more is better."""
    lucks = np.bincount(world)
    if not lead.size:
        return {"worlds": 0, "why": "no world has a number in both arms"}
    row: dict[str, Any] = {"worlds": lucks.size, "lucks": float(lucks.mean())}
    row |= {"mean": one.direction * float(lead.mean()), "method": "", "why": ""}
    if lucks.max() < 2:
        return row | {"why": ONE_LUCK}
    if lucks.size < LEAST:
        return row | {"why": f"{lucks.size} worlds: at least {LEAST} are needed"}
    if np.ptp(lead) == 0:
        return row | {"why": "no variation"}
    found = variances(lead, world)
    better, worse = chances(lead, world, found, one.margin)
    row |= {"between": found.between, "within": found.within, "icc": found.icc, "method": found.method}
    row |= dict(zip(("icc_low", "icc_high"), found.icc_interval, strict=True))
    row |= {"p_better": float(better.mean()), "p_worse": float(worse.mean())}
    return row | {"worlds_better": float((better > 0.5).mean()), "worlds_worse": float((worse > 0.5).mean())}


def _parts(lead: Rows, draw: Any, between: float) -> dict[str, float]:
    """Of the variance between worlds what is due to their parameters, and what to their histories."""
    parameters = min(between, variances(lead, draw).between)
    return {"parameters": parameters, "histories": between - parameters}


@dataclass(frozen=True)
class Variances:
    """Mean [unit], variances between worlds and within [unit²], interval of the share of the first."""

    mean: float
    between: float
    within: float
    icc_interval: tuple[float, float]
    method: str

    @property
    def icc(self) -> float:
        return self.between / (self.between + self.within) if self.between + self.within > 0 else float("nan")


def variances(lead: Rows, world: Any, confidence: float = 0.95) -> Variances:
    """Variances of the mixed model lead ~ 1 + (1 | world).

    Args:
        lead: (futures,). world: (futures,), 0, 1, … for the world of each.
    """
    lucks = np.bincount(world)
    even = lucks.min() == lucks.max()
    if not even and (fitted := _mixed(lead, world)) is not None:
        return fitted
    means = np.bincount(world, lead) / lucks
    k, total = lucks.size, lead.size
    inside = float(((lead - means[world]) ** 2).sum()) / (total - k)
    outside = float((lucks * (means - lead.mean()) ** 2).sum()) / (k - 1)
    size = (total - float((lucks**2).sum()) / total) / (k - 1)
    between = max(0.0, (outside - inside) / size)
    if between == 0.0:  # then all variation is luck's
        inside = float(lead.var(ddof=1))
    interval = (float("nan"), float("nan"))
    if even:
        interval = _icc_interval(outside, inside, k, int(lucks[0]), confidence)
    return Variances(float(means.mean()), between, inside, interval, "analysis of variance")


def _icc_interval(
    outside: float, inside: float, worlds: int, lucks: int, confidence: float
) -> tuple[float, float]:
    """Exact for normal data and equal numbers of lucks, from the ratio of the mean squares."""
    from scipy import stats

    if inside == 0:
        return 1.0, 1.0
    tail = (1.0 - confidence) / 2.0
    ratio, freedom = outside / inside, (worlds - 1, worlds * (lucks - 1))
    ends = ratio / stats.f.isf(tail, *freedom), ratio / stats.f.ppf(tail, *freedom)
    low, high = (max(0.0, float((one - 1.0) / (one + lucks - 1.0))) for one in ends)
    return low, high


def _mixed(lead: Rows, world: Any) -> Variances | None:
    """The fit for unequal numbers of lucks; None where it finds no answer."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    scale = float(lead.std())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on the boundary (no variance between) it warns, and is right
        try:
            fit: Any = MixedLM(lead / scale, np.ones((lead.size, 1)), groups=world).fit(reml=True)
        except (np.linalg.LinAlgError, ValueError):
            return None
    between, within = float(fit.cov_re[0, 0]) * scale**2, float(fit.scale) * scale**2
    if not fit.converged or not np.isfinite([between, within]).all():
        return None
    nothing = (float("nan"), float("nan"))
    return Variances(float(fit.fe_params[0]) * scale, between, within, nothing, "restricted likelihood")


def chances(lead: Rows, world: Any, found: Variances, margin: float) -> tuple[Rows, Rows]:
    """(worlds,) each: probability that a new luck of this world gives a lead above +margin, below -margin.

    The world's own lead is its mean drawn towards that of all worlds; what is left unknown of it and the
    next luck are both normal.
    """
    from scipy import stats

    lucks = np.bincount(world)
    means = np.bincount(world, lead) / lucks
    whole = found.between + found.within / lucks
    pull = np.divide(found.between, whole, out=np.zeros_like(means), where=whole > 0)
    own = found.mean + pull * (means - found.mean)
    deviation = np.sqrt(found.between * (1.0 - pull) + found.within)
    deviation = np.where(deviation > 0, deviation, 1e-300)
    return stats.norm.sf((margin - own) / deviation), stats.norm.cdf((-margin - own) / deviation)
