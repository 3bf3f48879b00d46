"""Whether the headline differences agree between economies of several sizes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge.intervals import paired_difference
from experiments.measure.futures import FOCUS, Frame
from experiments.measure.measures import MEASURES

HEADLINES = (
    "survival",
    "cost_earned",
    "marginal_yield",
    "late_growth",
    "bank_losses",
    "household_losses",
    "output_gain",
    "unemployment",
    "small_firms_rationed",
    "left_for_others",
    "drawdown",
)


def pairs(labels: Sequence[str]) -> list[tuple[str, str]]:
    """The focus against the world without platforms and against every other business model."""
    return [(FOCUS, arm) for arm in labels if arm != FOCUS] if FOCUS in labels else []


def gaps(table: Frame) -> dict[tuple[str, str], Any]:
    """(control, measure) -> the focus less the control by world, as a Series; only where both have a
    number."""
    wide = table.pivot_table(index="world", columns=["arm", "measure"], values="value", observed=True)
    found = {}
    for treated, control in pairs(list(dict.fromkeys(map(str, table["arm"])))):
        for name in HEADLINES:
            if (treated, name) in wide and (control, name) in wide:
                series = wide[(treated, name)] - wide[(control, name)]
                found[control, name] = series[np.isfinite(series)]
    return found


def by_size(tables: Mapping[int, Frame]) -> tuple[Frame, Frame]:
    """Differences at each size, and whether sizes agree.

    Args:
        tables: from `measures.measured`, by number of firms.

    Returns:
        ``scale``: firms, control, measure, unit, n, mean, low, high. ``agreement``: smaller, larger, control,
        measure, n, mean (difference at the larger less that at the smaller size, same worlds), low, high,
        least (that matters) and verdict: "agree" where the interval lies within the least difference that
        matters, "differ" where it excludes zero, else "open".
    """
    found = {firms: gaps(table) for firms, table in tables.items()}
    rows: list[dict[str, Any]] = []
    agreement: list[dict[str, Any]] = []
    order = sorted(found)
    for place, firms in enumerate(order):
        for (control, name), series in found[firms].items():
            one = MEASURES[name]
            about = {"control": control, "measure": name, "unit": one.unit}
            rows.append({"firms": firms, **about, **estimate(series, 0.0 * series)})
            if place:
                before = found[order[place - 1]].get((control, name))
                both = series.index if before is None else series.index.intersection(before.index)
                if before is None or not len(both):
                    continue
                about = {"smaller": order[place - 1], "larger": firms, **about, "least": one.least}
                row = {**about, **estimate(series[both], before[both])}
                within = -one.least <= row["low"] and row["high"] <= one.least
                apart = row["low"] > 0 or row["high"] < 0
                agreement.append({**row, "verdict": "agree" if within else "differ" if apart else "open"})
    return pd.DataFrame(rows), pd.DataFrame(agreement)


def estimate(treated: Any, control: Any) -> dict[str, float]:
    """Number of worlds, mean difference and its interval; no interval from one world."""
    n, mean = len(treated), float((treated - control).mean())
    if n < 2:
        return {"n": n, "mean": mean, "low": math.nan, "high": math.nan}
    found = paired_difference(treated.to_numpy(float), control.to_numpy(float))
    return {"n": n, "mean": found.mean, "low": found.low, "high": found.high}
