"""Published facts and moments beside those of simulated worlds, with the rule of `judge/inside.py`.

Where a fact hits is in `judge/published.py`; where nobody published a band that is our choice: ``off`` says
how far the mean is from the range, so that another choice can be made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from experiments.judge.inside import IN, OPEN, OUT, of_cases, placed, range_of_one_more
from experiments.judge.published import PARTS, emerging, hit_range
from experiments.measure.facts import ARMS, SILENT
from experiments.measure.history import FACTS, History

NO_CASE, SILENT_YET, NOW = "no case", "not spoken to yet", "answerable now"
VERDICTS = (IN, OUT, OPEN, NO_CASE, NOW, SILENT_YET)


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


def battery(found: Mapping[int, History], evidence: Mapping[str, Mapping[str, Any]]) -> Any:
    """Every fact that has to emerge, judged.

    Returns:
        A DataFrame by fact: ``value`` (mean over worlds), ``from`` and ``to`` (its interval, 95 %), ``why``
        there is none, ``method`` by which it was made, ``worlds`` that had a case, ``low``, ``high``,
        ``judged_by`` (see `hit_range`), ``off``
        (how far the mean lies beyond the nearer end of that range, as a share of it; 0 within), ``verdict``
        (one of `VERDICTS`), ``answered_by`` (a part of the model), ``unit``, ``passes`` (the rule),
        ``proxy`` (what stands for it, or what is missing), ``grade`` of the evidence. A fact that no
        function looks at is "answerable now" once the records hold what it needs.

    Raises ``ValueError`` for a fact of the evidence that is neither in `FACTS` nor in `SILENT`, or without a
    rule (see `emerging`).
    """
    rows: dict[str, dict[str, Any]] = {}
    for name, published in emerging(evidence).items():
        told = {field: published.get(field, "") for field in ("unit", "grade", "answered_by", "passes")}
        functions = {label: function for label, function in FACTS.items() if label.split()[0] == name}
        if not functions:
            if name not in SILENT:
                raise ValueError(
                    f"{name} has to emerge, but no function of measure/facts.py or lives_facts.py looks at it"
                )
            needs = SILENT[name]
            there = any(needs.there(history) for history in found.values())
            proxy = f"{needs.words}: there now, write its function" if there else f"needs {needs.words}"
            rows[name] = {"verdict": NOW if there else SILENT_YET, "proxy": proxy, "worlds": 0, **told}
            continue
        low, high, by = hit_range(name, published)
        for label, function in functions.items():
            values = [function(history) for history in found.values()]
            mean = of_cases(values, published.get("within"))
            rows[label] = {
                "value": mean.mean,
                "from": mean.low,
                "to": mean.high,
                "why": mean.refused if mean.n else "",
                "method": mean.method if mean.n and not mean.refused else "",
                "worlds": mean.n,
                "low": low,
                "high": high,
                "judged_by": by,
                "off": beyond(mean.mean, low, high),
                "verdict": placed(mean, low, high) if mean.n else NO_CASE,
                "proxy": " ".join((function.__doc__ or "").split()),
                **told,
            }
    columns = [
        "value",
        "from",
        "to",
        "why",
        "method",
        "worlds",
        "low",
        "high",
        "judged_by",
        "off",
        "verdict",
        "answered_by",
        "unit",
        "passes",
        "proxy",
        "grade",
    ]
    return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=columns)


def answered(rows: Any) -> dict[str, tuple[int, int]]:
    """By part of the model that is there: how many of its facts are inside, and how many it has to answer.

    Args:
        rows: as `battery` gives them. A fact of several rows is inside where all of them are.
    """
    facts = rows.index.str.split().str[0]
    hits = (rows["verdict"] == IN).groupby(facts).all()
    parts = rows["answered_by"].groupby(facts).first()
    return {part: (int(hits[parts == part].sum()), int((parts == part).sum())) for part in PARTS}


def beyond(value: float, low: float, high: float) -> float:
    """How far a number lies beyond the nearer end of a band, as a share of that end; 0 within, below it
    negative."""
    end = low if value < low else high if value > high else value
    return (value - end) / abs(end) if end else value - end


def beside_us(simulated: Any, us: Any) -> Any:
    """Moments of the simulated worlds with those of the US.

    Args:
        simulated: as `moments_by_world` gives it.
        us: as `moments_of` gives it.

    Returns:
        A DataFrame by ``series``, ``moment``, ``lag`` with ``mean``, ``low`` and ``high`` (where one more
        world lies with 95 %, see `range_of_one_more`), ``us``, and ``inside``: whether a world may have the
        history of the US (None: not known).
    """
    keys = ["series", "moment", "lag"]
    grouped = simulated.groupby(keys, sort=False)["value"]
    table = grouped.mean().to_frame("mean")
    spans = grouped.agg(range_of_one_more)
    table["low"], table["high"] = spans.str[0], spans.str[1]
    bounded = table.index.get_level_values("moment").isin(("autocorrelation", "with output"))
    table.loc[bounded, ["low", "high"]] = table.loc[bounded, ["low", "high"]].clip(-1.0, 1.0)
    table["us"] = us.set_index(keys)["value"]
    inside = (table["low"] <= table["us"]) & (table["us"] <= table["high"])
    table["inside"] = inside.astype(object).where(table["us"].notna(), None)
    return table.reset_index()
