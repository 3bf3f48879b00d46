"""Do platforms of one business model spoil each other's return, and harvesters more than integrators?

    make crowding
    make crowding ARGS="--worlds 60 --firms 10000 --platforms 400"

Each world is lived with 6, 12, 24 and 48 platforms of each business model, none founded besides and no giants
among them. In each world the return on capital is set against the log of the number with which the arm began;
what is told is the mean slope over worlds, by business model, and the differences of slopes. The folder then
holds ``slopes.csv``, ``levels.csv``, ``claims.csv``, ``contrasts.csv``, ``report.md`` and ``crowding.png``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from experiments.judge import register
from experiments.judge.claims import Part, asked_of, measures_of, part
from experiments.judge.drawn import ALONE, Slopes, answered
from experiments.judge.estimands import Material, paired
from experiments.judge.register import ZERO, Contrast
from experiments.judge.slopes import level_rows, over_levels, row
from experiments.measure.futures import FOCUS, Frame, kept_without_firms
from experiments.run.arm import Arm
from experiments.run.world import CONTROL
from experiments.study import Study, Tables
from experiments.tell.report import Report
from experiments.tell.slopes import draw, reported

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "crowding"
NUMBERS = (6, 12, 24, 48)
MODELS = (FOCUS, "institution_traffic", "consumer_traffic")
QUICK = {"worlds": 16, "firms": 1_000, "platforms": 64, "burn_in": 20, "quarters": 40}
FULL = {**QUICK, "worlds": 60, "firms": 10_000, "platforms": 400, "burn_in": 40}
RETURN, UNIT = "return_on_capital", "share a year per log unit"
APART = "__"  # between the name of a business model and a number of platforms


def arms() -> dict[str, Arm]:
    """Every number of platforms of every business model."""
    crowds = {f"{name}{APART}{n}": Arm({name: n}, ALONE) for name in MODELS for n in NUMBERS}
    return {CONTROL: Arm(CONTROL), **crowds}


def levels_of(values: Frame) -> dict[float, Frame]:
    """The values by number of platforms, arms by the name of their business model."""
    split = values["arm"].astype(str).str.partition(APART)
    numbers = split[2].where(split[2] != "", "0").astype(int)
    return {
        float(n): values.loc[numbers == n].assign(arm=split[0][numbers == n])
        for n in sorted(set(numbers) - {0})
    }


def of_claims(tables: Tables) -> tuple[Part, Material]:
    """What these worlds say of the claim that asks for them."""
    quarters = tables["quarters"]
    asked = asked_of(register.claims(), NAME, {*MODELS, ZERO}, int(quarters["since"].max()))
    values = levels_of(measures_of(asked, tables))
    found = Material(
        values[min(values)], quarters, levels={n: Material(one, quarters) for n, one in values.items()}
    )
    return part(asked, found, tables.drawn, tables.started), found


def judge(tables: Tables) -> Slopes:
    """Slopes of returns by business model."""
    return summed(*of_claims(tables))


def summed(mine: Part, found: Material) -> Slopes:
    """Tables from what the claim was answered by."""
    slopes, levels = [], []
    by_model = {name: returns(found.levels, mine.asked[0], name) for name in MODELS}
    own = {
        name: over_levels({float(np.log(n)): one for n, one in by.items()}) for name, by in by_model.items()
    }
    for name in MODELS:
        slopes.append(row("return on the log of the number of platforms", name, UNIT, own[name]))
        levels += level_rows(
            "return on capital [% a year]", name, {n: 100.0 * one for n, one in by_model[name].items()}
        )
    for name in MODELS[1:]:
        what = f"the same, less that under {FOCUS.replace('_', ' ')}"
        slopes.append(row(what, name, UNIT, own[name] - own[FOCUS]))
    return answered(NAME, mine, slopes, levels)


def returns(levels: Mapping[float, Material], asked: Contrast, name: str) -> dict[float, Frame]:
    """Return on capital of one business model by number of platforms."""
    alone = replace(asked, estimand=RETURN, arm=name, other=ZERO)
    return {n: paired(one, alone) for n, one in levels.items()}


def tell(found: Slopes) -> Report:
    """Slopes in words, the claim, returns by number."""
    title = "Crowding: what more platforms do to the return of each"
    return reported(found, NAME, title, ("## By number of platforms", "platforms:"), picture)


def picture(found: Slopes) -> Figure:
    """Returns by number of platforms."""
    return draw(found.levels, found.slopes, "platforms with which the arm began", log=True)


STUDY = Study(
    __doc__, QUICK, FULL, arms, kept_without_firms, judge, tell,
    held={"giants": 0}, register=register.digest,
)  # fmt: skip
