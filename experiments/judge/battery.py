"""Published facts and moments beside those of simulated worlds: inside, outside, or not spoken to yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge.intervals import mean_and_range
from experiments.measure.facts import ARMS, FACTS, SIGNS, SILENT, History

NEAR = 0.25  # where a figure is published without a band, so far on either side counts as a hit [share of it]
VERDICTS = ("in", "OUT", "no case", "not spoken to yet")


def histories(quarters: Any, platforms: Any, micro: Any, *, burn_in: int, banks: int) -> dict[int, History]:
    """The ensemble's tables, sorted by world and arm.

    Args:
        quarters, platforms, micro: as the store gives them, with columns ``world`` and ``arm``.
        burn_in: quarters before the arms part.
        banks: in each world.
    """
    table = quarters.assign(failures_per_bank=quarters["bank_failures"] / banks)
    found = {}
    for world in sorted(table["world"].unique()):
        past, recent, of_platforms, single = {}, {}, {}, {}
        for arm in ARMS:
            rows = _of(table, world, arm).sort_values("quarter")
            past[arm] = rows
            recent[arm] = rows[rows["quarter"] > burn_in]
            of_platforms[arm] = _of(platforms, world, arm)
            numbers = _of(micro, world, arm).drop(columns=["world", "arm"])
            single[arm] = {str(name): float(value) for name, value in numbers.iloc[0].items()}
        found[int(world)] = History(past, recent, of_platforms, single)
    return found


def _of(table: Any, world: int, arm: str) -> Any:
    if table.empty:
        return table
    return table[(table["world"] == world) & (table["arm"] == arm)]


def hit_range(name: str, published: Mapping[str, Any]) -> tuple[float, float, str]:
    """Where a number counts as a hit, and where that range comes from.

    ("published" band, "figures" where several were published, "figure ± 25 %" for a single one, "direction").
    Raises ``ValueError`` for a fact that gives neither a band nor a figure nor, in `SIGNS`, a direction.
    """
    if "band" in published:
        low, high = published["band"]
        return float(low), float(high), "published"
    if name in SIGNS:
        return (*SIGNS[name], "direction")
    value = published.get("value")
    if isinstance(value, Sequence):
        return float(min(value)), float(max(value)), "figures"
    if value is None:
        raise ValueError(f"{name} gives neither band nor figure: say in SIGNS what would be a hit")
    return float(value) * (1 - NEAR), float(value) * (1 + NEAR), f"figure ± {NEAR:.0%}"


def battery(found: Mapping[int, History], evidence: Mapping[str, Mapping[str, Any]]) -> Any:
    """Every fact that has to emerge, judged.

    Returns:
        A DataFrame by fact: ``value`` (mean over worlds), ``from`` and ``to`` (95 %, Student), ``worlds``
        that had a case, ``low``, ``high``, ``judged_by`` (see `hit_range`), ``verdict`` (one of `VERDICTS`),
        ``unit``, ``proxy`` (what stands for it, or what is missing), ``grade`` of the evidence.

    Raises ``ValueError`` for a fact of the evidence that is neither in `FACTS` nor in `SILENT`.
    """
    rows: dict[str, dict[str, Any]] = {}
    for name, published in evidence.items():
        if published["use"] != "validate":
            continue
        told = {"unit": published.get("unit", ""), "grade": published["grade"]}
        functions = {label: function for label, function in FACTS.items() if label.split()[0] == name}
        if not functions:
            if name not in SILENT:
                raise ValueError(f"{name} has to emerge, but no function of measure/facts.py looks at it")
            rows[name] = {
                "verdict": "not spoken to yet",
                "proxy": f"needs {SILENT[name]}",
                "worlds": 0,
                **told,
            }
            continue
        low, high, by = hit_range(name, published)
        for label, function in functions.items():
            values = [function(history) for history in found.values()]
            mean, at_least, at_most = mean_and_range(values)
            cases = int(np.isfinite(values).sum())
            rows[label] = {
                "value": mean,
                "from": at_least,
                "to": at_most,
                "worlds": cases,
                "low": low,
                "high": high,
                "judged_by": by,
                "verdict": ("in" if low <= mean <= high else "OUT") if cases else "no case",
                "proxy": " ".join((function.__doc__ or "").split()),
                **told,
            }
    columns = [
        "value",
        "from",
        "to",
        "worlds",
        "low",
        "high",
        "judged_by",
        "verdict",
        "unit",
        "proxy",
        "grade",
    ]
    return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=columns)


def beside_us(simulated: Any, us: Any) -> Any:
    """Moments of the simulated worlds with those of the US.

    Args:
        simulated: as `moments_by_world` gives it.
        us: as `moments_of` gives it.

    Returns:
        A DataFrame by ``series``, ``moment``, ``lag`` with ``mean``, ``low`` and ``high`` (the middle 95 % of
        worlds), ``us``, and ``inside``: whether a world may have the history of the US (None: not known).
    """
    keys = ["series", "moment", "lag"]
    grouped = simulated.groupby(keys, sort=False)["value"]
    table = grouped.mean().to_frame("mean")
    table["low"], table["high"] = grouped.quantile(0.025), grouped.quantile(0.975)
    table["us"] = us.set_index(keys)["value"]
    inside = (table["low"] <= table["us"]) & (table["us"] <= table["high"])
    table["inside"] = inside.astype(object).where(table["us"].notna(), None)
    return table.reset_index()
