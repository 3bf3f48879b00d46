"""Does a deeper link gain a firm more, and its platform too, where chance says how deep it gets?

    make depth
    make depth ARGS="--worlds 60 --firms 10000 --quarters 80"

Platforms of deep integration offer links as ever, but which offers are taken first is drawn by lot, and how
deep each new link gets at most is drawn evenly between nothing and a whole one (the parameter `by_lot`). Each
firm there at the branching is followed from its first lot on, whatever becomes of it, beside its twin in the
world without platforms; once more where software gains a firm nothing. In each world gain and the platform's
profit are set against the depth drawn; what is told is the mean slope over worlds. The folder then holds
``slopes.csv``, ``levels.csv``, ``claims.csv``, ``contrasts.csv``, ``report.md`` and ``depth.png``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.judge import register
from experiments.judge.claims import Part, asked_of, part
from experiments.judge.drawn import Slopes, answered
from experiments.judge.estimands import LINKS_LEAST, Material, named
from experiments.judge.register import ZERO, Contrast
from experiments.judge.slopes import binned, by_world, level_rows, row
from experiments.measure.cases import lots_until
from experiments.measure.following import Lots, kept_quarters
from experiments.measure.futures import FOCUS, NO_PROCESS
from experiments.run.arm import Arm
from experiments.run.world import CONTROL
from experiments.study import Study, Tables
from experiments.tell.report import Report
from experiments.tell.slopes import draw, reported

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "depth"
BEGIN = 24  # platforms with which an arm begins: links enough for a slope in each world
QUICK = {"worlds": 20, "firms": 2_000, "burn_in": 20, "quarters": 60}
FULL = {**QUICK, "worlds": 60, "firms": 10_000, "burn_in": 40, "quarters": 80}
WHOLE_PROCESS = "slope_of_value_added_on_depth"
EDGES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the depths that are shown together


def arms() -> dict[str, Arm]:
    """Integration by lot, the same where software gains nothing, and the world without platforms."""
    return {
        CONTROL: Arm(CONTROL),
        FOCUS: Arm({FOCUS: BEGIN}, {"by_lot": 1}),
        NO_PROCESS: Arm({FOCUS: BEGIN}, {"by_lot": 1, "process_gain": 0.0}),
    }


def twice(asked: list[Contrast]) -> list[Contrast]:
    """Each contrast, and those about a firm's gain once more where software gains a firm nothing."""
    again = [one.instead(FOCUS, NO_PROCESS) for one in asked if one.estimand == WHOLE_PROCESS]
    return [*asked, *again]


def of_claims(tables: Tables) -> tuple[Part, Material]:
    """What these worlds say of the claims that ask for them."""
    quarters = tables["quarters"]
    asked = twice(asked_of(register.claims(), NAME, {*arms(), ZERO}, int(quarters["since"].max())))
    found = Material(
        quarters.iloc[:0], quarters, {name: tables[name] for name in ("lots", "linked", "twins")}
    )
    return part(asked, found, tables.drawn, tables.started), found


def judge(tables: Tables) -> Slopes:
    """Slopes on the depth that was drawn."""
    return summed(*of_claims(tables))


def summed(mine: Part, found: Material) -> Slopes:
    """Tables from what the claims were answered by."""
    slopes, levels = [], []
    for asked in mine.asked:
        how = named(asked.estimand)
        gains = asked.estimand == WHOLE_PROCESS
        what = (
            "gain of a firm on the depth drawn" if gains else "yearly profit of a platform on the depth drawn"
        )
        slopes.append(row(what, asked.arm, how.unit, how.number(found, asked)))
        cases = lots_until(found.tables, asked.arm, CONTROL, asked.horizon)
        y, name = ("gain", "gain of a firm [%]") if gains else ("profit", "profit from a firm [yuan a year]")
        cases["gain"] *= 100.0
        levels += level_rows(name, asked.arm, binned(cases, "deepest", y, EDGES))
        if asked.arm == FOCUS and gains:
            reached = by_world(cases, "deepest", "depth", least=LINKS_LEAST)
            slopes.append(row("mean depth reached on the depth drawn", asked.arm, "share", reached))
    return answered(NAME, mine, slopes, levels)


def tell(found: Slopes) -> Report:
    """Slopes in words, the claims, means by depth."""
    title = "Depth by lot: what a deeper link gains a firm and its platform"
    return reported(found, NAME, title, ("## By depth drawn, the middle of each quarter", "depth"), picture)


def picture(found: Slopes) -> Figure:
    """Gain and profit by depth."""
    return draw(found.levels, found.slopes, "depth that was drawn")


STUDY = Study(__doc__, QUICK, FULL, arms, kept_quarters, judge, tell, follow=Lots, register=register.digest)
