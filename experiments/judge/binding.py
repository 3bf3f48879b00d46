"""Which resource binds in which arm: the share of quarters, of platforms or of what was asked."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge.inside import of_cases
from experiments.measure.arithmetic import share
from experiments.measure.binding import COLUMNS, OF_RECORDS
from experiments.measure.futures import FREE, Frame

part = functools.partial(share, none=math.nan)  # of nothing there is none
DEARER = 0.1  # engineers' cost above its base from which on they are called short
# resource, what is told of it
MEASURES = (
    ("founders", "turned away for want of a row, of all who came"),
    ("founders", "not founded for want of owners' money, of all who came"),
    ("founders", "quarters in which one was turned away"),
    ("founders", "rows that stand empty"),
    ("venture money", "rounds asked for and not got"),
    ("venture money", "of those, expected to earn too little; the others found no money left"),
    ("venture money", "platforms living without a round they asked for"),
    ("money for growth", "platforms that wanted to spend more than they had"),
    ("own money for loans", "platforms that lacked it"),
    ("banks' room", "refused, of what banks were asked to fund of platforms' loans"),
    ("engineers", "dearer than when none is at work"),
    ("engineers", "quarters in which they are a tenth dearer or more"),
    ("staff", "quarters in which firms found fewer workers than they wanted"),
)


def of_one(quarters: Frame) -> tuple[float, ...]:
    """The numbers of `MEASURES` in one future [share]; NaN where nobody asked."""
    sums = quarters.sum(numeric_only=True)
    came = float(sums["births"] + sums["no_room"] + sums["no_purse"])
    asked, acting = float(sums["rounds_asked"]), float(sums["acting"])
    not_got = asked - float(sums["rounds"])
    engineers = quarters["engineers"].dropna().to_numpy(float)
    mean = float(engineers.mean()) if len(engineers) else math.nan
    return (
        part(float(sums["no_room"]), came),
        part(float(sums["no_purse"]), came),
        float((quarters["no_room"] > 0.0).mean()),
        float(quarters["vacant"].mean()),
        part(not_got, asked),
        part(float(sums["rounds_below"]), not_got),
        part(float(sums["refused"]), acting),
        part(float(sums["short"]), acting),
        part(float(sums["unfunded"]), acting),
        part(float(sums["refused_by_banks"]), float(sums["asked_of_banks"])),
        mean,
        part(float(np.count_nonzero(engineers >= DEARER)), float(len(engineers))),
        float((quarters["workers_found"] < 1.0 - 1e-9).mean()),
    )


def bound(binding: Frame, arms: Sequence[str]) -> Frame:
    """By arm and measure the mean over worlds with its interval (95 %).

    Args:
        binding: world, luck, arm and the columns of `measure.binding`.
    """
    rows: list[tuple[Any, ...]] = []
    for arm, mine in binding.groupby("arm", sort=False, observed=True):
        if arm not in arms:
            continue
        worlds: dict[Any, list[tuple[float, ...]]] = {}
        for (world, _), one in mine.groupby(["world", "luck"], observed=True):
            worlds.setdefault(world, []).append(of_one(one))
        numbers = np.array([np.mean(lucks, axis=0) for lucks in worlds.values()])
        for place, (resource, measure) in enumerate(MEASURES):
            mean = of_cases(numbers[:, place])
            most = math.inf if measure.startswith("dearer") else 1.0  # an interval holds only what can be
            low, high = (float(np.clip(end, 0.0, most)) for end in (mean.low, mean.high))
            rows.append((str(arm), resource, measure, mean.n, mean.mean, low, high))
    columns = ["arm", "resource", "measure", "worlds", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def beside(quarters: Frame, arm: str, results: Path) -> Frame:
    """What a study that follows no resource can say of one arm: the table of `bound`, of that arm or `FREE`.

    It is read off the quarters kept, where these hold what is recorded of resources; what was not recorded is
    missing. Else it is what `make neutrality` has found, where that lies in the same folder of results; else
    it has no rows.
    """
    if {*OF_RECORDS, "platform_births"} <= set(quarters):
        known = quarters.rename(columns={"platform_births": "births"})
        return bound(known.reindex(columns=["world", "luck", "arm", *COLUMNS]), [arm])
    found = results / "neutrality" / "binding.csv"
    if not found.exists():
        return bound(quarters.iloc[:0], [])
    short = pd.read_csv(found)
    return short.loc[short["arm"] == FREE]
