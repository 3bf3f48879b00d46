"""What would have been known of China's platforms by 2016: the years 2011 to 2025, replayed three ways.

    make history
    make history ARGS="--worlds 24 --firms 10000"

Every world is given the law by its dates and the share of people online as published, platforms that may turn
from one business model to another, and founders who choose. In one way business models open to founders when
they did in fact (eras), in one they are all there from the start, in one the law too stays as it was in 2011.
Whether a business model wins because it could not be chosen before is no question in the last two, and only
they speak for or against the essay. No behavioural number rests on a fact of later years than 2016, so that
what follows is a forecast: its errors stand beside naive ones. What the closure of peer-to-peer lending did
is shown by the same worlds without it. The folder then holds stores for both sets of values,
``quantities.csv``, ``errors.csv``, ``scores.csv``, ``series.csv``, ``models.csv``, ``parameters.csv``,
``later.csv``, ``report.md``, ``history.png`` and ``models.png``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from experiments.judge import sources
from experiments.judge.replayed import CARRIED, OF_SCORES, carried, errors, naive, scores
from experiments.judge.years import (
    Years,
    changes,
    mix_rows,
    quantity_rows,
    series_rows,
    shares_published,
    years_of,
)
from experiments.measure.dated import kept_dated
from experiments.measure.futures import Frame
from experiments.run.arm import Arm
from experiments.run.command import Settings
from experiments.study import Study, Tables
from experiments.tell import replay
from experiments.tell.report import Report

QUICK = {"worlds": 12, "firms": 5_000, "burn_in": 20, "quarters": 60}
FULL = {**QUICK, "worlds": 60, "firms": 10_000, "burn_in": 40}
KNOWN, LATER = "known", "later"  # folders: values as they were known, and as later facts have them
NAME = "history_later"  # of the settings of the latter
ERAS, LAW, NEITHER, UNCLOSED = "eras_and_law", "law_only", "neither", "_unclosed"
TURNED = ["quantity", "arm", "worlds", "here", "later", "change", "low", "high"]


@dataclass(frozen=True)
class Replay:
    """``years``: by arm. Tables: ``quantities`` by arm, ``errors`` of the yearly counts, ``scores`` of
    forecasts, ``models`` in the mix by year, ``parameters`` with what they rest on, ``later``: what moves
    with later values. ``closes``: the year of the closure."""

    years: Mapping[str, Years]
    quantities: Frame
    errors: Frame
    scores: Frame
    series: Frame
    models: Frame
    parameters: Frame
    later: Frame
    closes: int


def told() -> Mapping[str, Any]:
    """What is given and compared: seeds/history.toml."""
    return sources.seeds("history")


def reach(quarters_before: int) -> dict[str, float]:
    """The parameters of the curve of reach that comes closest to the published shares (least squares over
    the limit and a line through the log odds), for an economy that begins so many quarters before."""
    import numpy as np

    from sim.law import months

    given = told()["reach"]
    shares = np.array(sources.seeds("evidence")[given["fact"]]["value"])
    begins = months(told()["begins"])
    at = np.array([(months(one) + 1 - begins) / 3.0 for one in given["at"]])
    best = (math.inf, 1.0, 0.0, 0.0)
    for limit in np.linspace(0.8, 1.0, 41).tolist():
        speed, start = np.polyfit(at, np.log(shares / (limit - shares)), 1)
        far = float(np.square(limit / (1.0 + np.exp(-start - speed * at)) - shares).sum())
        best = min(best, (far, limit, float(speed), float(start)))
    _, limit, speed, start = best
    first = limit / (1.0 + math.exp(-start + speed * quarters_before))
    found = {"reach_start": first, "reach_limit": limit, "reach_speed": speed}
    return {name: float(f"{value:.6g}") for name, value in found.items()}


def dated(*, law: bool, without: str = "") -> tuple[dict[str, Any], list[Any]]:
    """Values of the law as the replay begins, and its later changes, counted from the beginning.

    law: whether there are later changes. without: a rule that is left out.
    """
    from sim.law import named, rules

    left = set(rules()[without].changes) if without else set()
    start, later = {}, []
    for change in named(told()["country"]):
        quarter = change.quarter(told()["begins"])
        if quarter <= 1:
            start |= change.values
        elif law and change not in left:
            later.append(replace(change, at=quarter))
    return start, later


def closing() -> int:
    """The year in which peer-to-peer lending is closed by law."""
    from sim.law import rules

    return int(str(rules()[told()["closure"]].changes[0].at)[:4])


def openings() -> list[Any]:
    """The changes that open business models to founders after the beginning."""
    from sim.law import Change

    found = []
    for name, era in told()["eras"].items():
        change = Change(era["at"], words=f"{name} opens", source=era["source"], opens=(name,))
        quarter = change.quarter(told()["begins"])
        if quarter > 1:
            found.append(replace(change, at=quarter))
    return found


def players(*, later: bool) -> dict[Any, int]:
    """Platforms that adapt, as many to begin with of each business model as an economy has; and the rows
    that they turn to, with known values unless `later`."""
    import sim
    from sim.population.adaptive import adaptive

    number = int(sim.Parameters.declarations()["starters"].value)
    found: dict[Any, int] = {adaptive(name): number for name in told()["eras"]}
    for name, moved in {} if later else told()["rows"].items():
        row, values = sim.strategy(name), {what: of["value"] for what, of in moved.items()}
        if "banks" in values:
            shares, passed = dict(row.funders), values.pop("banks")  # on to banks, and houses in their stead
            whole = sum(shares.values())
            values["funders"] = tuple((who, part * passed / whole) for who, part in shares.items())
        found[replace(row, **values)] = 0
    return found


def ways(*, later: bool = False) -> dict[str, Arm]:
    """The three ways, and the first two once more without the closure of peer-to-peer lending."""
    platforms, begins = players(later=later), openings()
    found = {}
    for label, eras, law, without in (
        (ERAS, True, True, ""),
        (LAW, False, True, ""),
        (NEITHER, False, False, ""),
        (ERAS + UNCLOSED, True, True, told()["closure"]),
        (LAW + UNCLOSED, False, True, told()["closure"]),
    ):
        start, changed = dated(law=law, without=without)
        found[label] = Arm(platforms, start, (*changed, *(begins if eras else [])))
    return found


def arms() -> dict[str, Arm]:
    """The ways in which the years are replayed."""
    return ways()


def arms_later() -> dict[str, Arm]:
    """Those that speak for or against the essay, with later values."""
    found = ways(later=True)
    return {label: found[label] for label in (LAW, NEITHER)}


def parts(settings: Settings) -> dict[str, Settings]:
    """The same worlds with known values and with later ones; what the user sets wins."""
    given = {**reach(settings.burn_in), **settings.chosen}
    known = replace(settings, chosen={**sources.values(), **given})
    return {KNOWN: known, LATER: replace(settings, name=NAME, chosen=given)}


def of_part(tables: Tables) -> dict[str, Years]:
    """The years of each arm."""
    quarters, models, first = tables["quarters"], tables["models"], int(told()["begins"][:4])
    return {
        str(arm): years_of(mine, models.loc[models["arm"] == arm], first)
        for arm, mine in quarters.groupby("arm", sort=False, observed=True)
    }


def judge(lived: Mapping[str, Tables]) -> Replay:
    """The replay beside what was published."""
    return summed(of_part(lived[KNOWN]), of_part(lived[LATER]))


def summed(years: Mapping[str, Years], later: Mapping[str, Years]) -> Replay:
    """All tables from the years of each arm, with known values and with later ones."""
    truth, known = shares_published(), int(told()["known_until"])
    there = {year for one in years.values() for year in one.years}
    forecast = [year for year in truth if year > known]
    shares = {arm: one.ends() for arm, one in years.items()}
    ahead = {arm + CARRIED: carried(of, truth, known) for arm, of in shares.items() if known in of}
    knows = {arm + more for arm in (ERAS, LAW) for more in ("", CARRIED)}
    plain = naive(truth, known, forecast, closing())
    spans = [forecast, *([year] for year in forecast)]
    told_scores = [
        scores({**shares, **ahead}, truth, plain, span, knows) for span in spans if set(span) <= there
    ]
    moved = [
        (quantity, arm, change.n, here.mean, then.mean, change.mean, change.low, change.high)
        for arm, one in later.items()
        for quantity, (here, then, change) in changes(years[arm], one, forecast).items()
    ]
    return Replay(
        years,
        quantity_rows(years, forecast),
        errors(shares, truth, known),
        pd.concat(told_scores, ignore_index=True) if told_scores else pd.DataFrame(columns=OF_SCORES),
        series_rows(years),
        mix_rows(years),
        pd.concat([sources.parameters(), sources.of_models()], ignore_index=True),
        pd.DataFrame(moved, columns=TURNED),
        closing(),
    )


def tell(found: Replay) -> Report:
    """Errors beside naive forecasts, what is published beside the model, and on what all numbers rest."""
    frames = ("quantities", "errors", "scores", "series", "models", "parameters", "later")
    inputs = replay.Inputs(dated(law=True)[1], openings(), reach(0))
    return Report(
        replay.words(found),
        title="China's platforms, 2011 to 2025, replayed three ways",
        more=replay.rests_on(found, inputs),
        tables={name: getattr(found, name) for name in frames},
        figures={
            "history": lambda: replay.published_beside(found.years),
            "models": lambda: replay.mixes(found.years),
        },
    )


OF_LATER = Study(__doc__, QUICK, FULL, arms_later, kept_dated, judge, tell)
STUDY = Study(
    __doc__, QUICK, FULL, arms, kept_dated, judge, tell, parts=parts, others={NAME: OF_LATER}
)  # fmt: skip
