"""Do platforms with more service lines, or clients in more sectors, live longer and earn more steadily?

    make diversification
    make diversification ARGS="--worlds 60 --firms 10000"

One world holds platforms of deep integration with 1, 2, 3 and up to all of its service lines, as many of each
and none founded besides; which lines those are is drawn by lot by the world's seed. Among the platforms of a
world survival and the steadiness of revenue are set against the number of lines, their number of customers
being held; what is told is the mean slope over worlds, beside the same with size not held, and on the number
of sectors of their clients, which nobody has drawn. The folder then holds ``slopes.csv``, ``levels.csv``,
``claims.csv``, ``contrasts.csv``, ``report.md`` and ``diversification.png``.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.judge import register
from experiments.judge.claims import Part, asked_of, part
from experiments.judge.drawn import ALONE, Slopes, answered
from experiments.judge.estimands import LINKS_LEAST, Material, named
from experiments.judge.register import ZERO
from experiments.judge.slopes import by_world, level_rows, row
from experiments.measure.cases import LINES, SIZE, platforms_until
from experiments.measure.following import Breadth, kept_kinds
from experiments.measure.futures import FOCUS
from experiments.run.arm import Arm
from experiments.run.world import World
from experiments.study import Study, Tables
from experiments.tell.report import Report
from experiments.tell.slopes import draw, reported

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "diversification"
EACH = 8  # platforms with each number of lines
QUICK = {"worlds": 24, "firms": 2_000, "platforms": 80, "burn_in": 20, "quarters": 80}
FULL = {**QUICK, "worlds": 60, "firms": 10_000, "platforms": 400, "burn_in": 40}
TITLES = {"alive": "survival", "steadiness": "steadiness of revenue"}


def possible(number: int) -> list[tuple[str, ...]]:
    """The sets of so many of integration's lines in which none lacks one that it needs."""
    from sim import discover
    from sim.links.lines import LINES as BUILT

    needs = {line.name: set(line.needs) for line in BUILT}
    sets = itertools.combinations(discover()[FOCUS].lines, number)
    return [one for one in sets if all(needs[name] <= set(one) for name in one)]


def dealt(pick: Any) -> Arm:
    """Platforms with every number of lines; pick: which of so many sets of lines, a function of their
    number."""
    from sim import discover

    base = discover()[FOCUS]
    rows = {}
    for number in range(1, len(base.lines) + 1):
        sets = possible(number)
        title = f"{base.title}, {number} of its lines"
        name = f"{FOCUS}{LINES}{number}"
        rows[replace(base, name=name, title=title, lines=sets[pick(len(sets))])] = EACH
    return Arm(rows, ALONE)


def arms() -> dict[str, Arm]:
    """The arm, with the first lines; which lines it has in each world says `own`."""
    return {FOCUS: dealt(lambda sets: 0)}


def own(world: World) -> dict[str, Arm]:
    """The arm of one world, whose lines its seed draws."""
    luck = np.random.default_rng([world.own_seed, len(NAME)])
    return {FOCUS: dealt(lambda sets: int(luck.integers(sets)))}


def of_claims(tables: Tables) -> tuple[Part, Material]:
    """What these worlds say of the claim that asks for them."""
    quarters = tables["quarters"]
    asked = asked_of(register.claims(), NAME, {FOCUS, ZERO}, int(quarters["since"].max()))
    found = Material(quarters.iloc[:0], quarters, {name: tables[name] for name in ("platforms", "breadth")})
    return part(asked, found, tables.drawn, tables.started), found


def judge(tables: Tables) -> Slopes:
    """Slopes on lines and on sectors."""
    return summed(*of_claims(tables))


def summed(mine: Part, found: Material) -> Slopes:
    """Tables from what the claim was answered by."""
    slopes, levels = [], []
    for asked in mine.asked:
        how = named(asked.estimand)
        y = "alive" if "survival" in asked.estimand else "steadiness"
        cases = platforms_until(found.tables, asked.arm, asked.horizon)
        slopes.append(
            row(f"{TITLES[y]} on the number of lines, given size", FOCUS, how.unit, how.number(found, asked))
        )
        plain = by_world(cases, "lines", y, least=LINKS_LEAST)
        slopes.append(row(f"{TITLES[y]} on the number of lines, whatever the size", FOCUS, how.unit, plain))
        sectors = by_world(cases, "sectors", y, ["lines", *SIZE], least=LINKS_LEAST)
        what = f"{TITLES[y]} on the number of sectors (not drawn), given lines and size"
        slopes.append(row(what, FOCUS, "share per sector", sectors))
        by = {float(n): one.groupby(["world", "luck"])[y].mean() for n, one in cases.groupby("lines")}
        levels += level_rows(TITLES[y], FOCUS, by)
    return answered(NAME, mine, slopes, levels)


def tell(found: Slopes) -> Report:
    """Slopes in words, the claim, means by number of lines."""
    title = "Diversification: more service lines, dealt by lot"
    return reported(found, NAME, title, ("## By number of lines", "lines:"), picture)


def picture(found: Slopes) -> Figure:
    """Survival and steadiness by number of lines."""
    return draw(found.levels, found.slopes, "service lines")


STUDY = Study(
    __doc__, QUICK, FULL, arms, kept_kinds, judge, tell,
    follow=Breadth, own=own, held={"giants": 0}, register=register.digest,
)  # fmt: skip
