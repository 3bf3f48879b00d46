"""Does finance that stays outside help the less, the faster the economy changes?

    make pace_of_change
    make pace_of_change ARGS="--worlds 60 --firms 10000"

The same worlds are lived at several paces of change, from none to the highest of its range, each pace from
the first quarter on: under deep integration, under platforms on the sidelines, without platforms, and once
more under deep integration where software gains a firm nothing. In each world the difference of the two in
goods is set against the pace; what is told is the mean slope over worlds. The folder then holds a store for
each pace, ``slopes.csv``, ``levels.csv``, ``claims.csv``, ``contrasts.csv``, ``report.md`` and
``pace_of_change.png``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from experiments.judge import register
from experiments.judge.claims import Part, asked_of, measures_of, part
from experiments.judge.drawn import Slopes, answered
from experiments.judge.estimands import Material, named, paired
from experiments.judge.register import ZERO, Contrast
from experiments.judge.slopes import level_rows, over_levels, row
from experiments.measure.futures import FOCUS, NO_PROCESS, kept_without_firms
from experiments.run.arm import Arm
from experiments.run.command import Parser, Settings, UsageError, whole
from experiments.run.world import CONTROL
from experiments.study import Study, Tables
from experiments.tell.report import Report
from experiments.tell.slopes import draw, reported

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME, PARAMETER = "pace_of_change", "pace_of_change"
OTHER = "sideline_platform"
PACES = 4  # from none to the highest, evenly
QUICK = {"worlds": 16, "firms": 1_000, "burn_in": 20, "quarters": 40}
FULL = {**QUICK, "worlds": 60, "firms": 10_000, "burn_in": 40}
GOODS, SURVIVAL, SLOPE = "goods_gain", "survival_of_firms", "slope_of_goods_on_pace"


def arms() -> dict[str, Arm]:
    """Only in linked firms does software gain anything: one more arm tells what worlds without would tell."""
    return {
        CONTROL: Arm(CONTROL),
        FOCUS: Arm(FOCUS),
        OTHER: Arm(OTHER),
        NO_PROCESS: Arm(FOCUS, {"process_gain": 0.0}),
    }


def options(built: Parser) -> None:
    """How many paces."""
    text = f"paces of change, from none to the highest of its range ({PACES})"
    built.add_argument("--paces", type=whole(2, 20), default=PACES, metavar="N", help=text)


def declared():
    """The declaration of the pace."""
    import sim

    return sim.Parameters.declarations()[PARAMETER]


def worlds(settings: Settings) -> dict[str, Settings]:
    """The same worlds at each pace, by the name of a folder. Raises `UsageError` where a pace is set."""
    if PARAMETER in settings.chosen:
        raise UsageError(f"{PARAMETER} is what this study varies: it cannot be set")
    one, number = declared(), getattr(settings.extra, "paces", PACES)
    found = {}
    for pace in np.linspace(one.low, one.high, number).round(6).tolist():
        chosen = {**settings.chosen, PARAMETER: pace}
        found[f"pace_{pace:g}"] = replace(settings, name=NAME, chosen=chosen)
    return found


def twice(asked: list[Contrast]) -> list[Contrast]:
    """Each contrast, and once more with integration whose software gains a firm nothing."""
    return [*asked, *(one.instead(FOCUS, NO_PROCESS) for one in asked)]


def material(lived: Mapping[str, Tables], asked: list[Contrast]) -> tuple[Material, Tables]:
    """What is told of claims: at no change, and as levels at all paces in units of the usual one; and the
    tables where nothing changes."""
    usual = declared().value
    at = {tables.settings.chosen[PARAMETER] / usual: tables for tables in lived.values()}
    levels = {pace: Material(measures_of(asked, one), one["quarters"]) for pace, one in at.items()}
    still = levels[min(levels)]
    return replace(still, levels=levels), at[min(at)]


def of_claims(lived: Mapping[str, Tables]) -> tuple[Part, Material]:
    """What these worlds say of the claims that ask for them."""
    quarters = next(iter(lived.values()))["quarters"]
    there = {*map(str, quarters["arm"].unique()), ZERO}
    asked = twice(asked_of(register.claims(), NAME, there, int(quarters["since"].max())))
    found, still = material(lived, asked)
    drawn = still.drawn.drop(columns=PARAMETER, errors="ignore")
    return part(asked, found, drawn, still.started), found


def judge(lived: Mapping[str, Tables]) -> Slopes:
    """Slopes of the lead in goods, with software and without."""
    return summed(*of_claims(lived))


def summed(mine: Part, found: Material) -> Slopes:
    """Tables from what the claims were answered by."""
    slopes, levels = [], []
    for asked in mine.asked:
        name = f"lead over {OTHER.replace('_', ' ')} in "
        if asked.estimand == SLOPE:
            goods = {pace: paired(one, replace(asked, estimand=GOODS)) for pace, one in found.levels.items()}
            what = f"{name}goods from no change to the usual pace"
            slopes.append(row(what, asked.arm, "share of the twin's", over_levels(goods)))
            shown = {pace: 100.0 * one for pace, one in goods.items()}
            levels += level_rows(f"{name}goods [%]", asked.arm, shown)
        else:
            unit, title = named(asked.estimand).unit, named(asked.estimand).title
            number = named(asked.estimand).number(found, asked)
            slopes.append(row(f"{name}{title} where nothing changes", asked.arm, unit, number))
    slopes.sort(key=lambda one: "where nothing" in str(one[0]))
    return answered(NAME, mine, slopes, levels)


def tell(found: Slopes) -> Report:
    """Slopes in words, the claims, means by pace."""
    title = "The pace of change, and finance that stays outside"
    return reported(found, NAME, title, ("## By pace, in usual paces", "pace"), picture)


def picture(found: Slopes) -> Figure:
    """The lead by pace."""
    return draw(found.levels, found.slopes, "pace of change, in usual paces")


STUDY = Study(
    __doc__, QUICK, FULL, arms, kept_without_firms, judge, tell,
    options=options, parts=worlds, register=register.digest,
)  # fmt: skip
