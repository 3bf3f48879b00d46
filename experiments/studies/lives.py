"""How do platforms live: a rise, a peak, a shakeout, and who is left?

    make lives
    make lives ARGS=--full

Every business model alone, from two platforms of it, the free arm in which founders choose, and this once
more with as many people within reach by each date as are published to be online (`history.reach`; elsewhere
their share stays at `reach_limit`). Worlds differ by their seeds alone. What customers cost is told by year,
and the price of a borrower as the product of what is spent, what is bid and what is left to be won. With
``--full`` harvesters of institutions are lived besides at other values of what a shakeout may hang on
(`MECHANISMS`). How large fintech is beside the economy is what ``make magnitudes`` tells. The folder then
holds ``lives.csv`` (what each arm's lives amount to, with its interval and beside what is published),
``prices.csv``, ``price_split.csv``, ``mechanisms.csv`` where they were lived, ``report.md``, ``lives.png``
and ``price.png``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from experiments.judge import lives
from experiments.measure.futures import FREE
from experiments.measure.lives import kept_lives
from experiments.run.arm import Arm
from experiments.run.command import Settings
from experiments.run.world import World
from experiments.studies import history
from experiments.study import Study, Tables
from experiments.tell.lives import tell

QUICK = {"worlds": 20, "firms": 10_000, "burn_in": 20, "quarters": 80}
FREE_REACH = "free_choice_with_reach_as_published"
HARVEST = "institution_traffic"  # the harvest that keeps half of its platforms
USUAL, CHANGED = "", "mechanisms"  # folders: worlds as they are, and with mechanisms changed
# What a shakeout may hang on, with values besides the ends of its range: what keeps a team going, what a team
# costs, who founds, what the fund believes, and whether customers can be taken from others. In one to four
# single worlds the first alone did anything that held.
MECHANISMS: dict[str, tuple[float, ...]] = {
    "lean_team": (0.25, 0.5),
    "team_cost": (),
    "imitation": (),
    "idle_founders": (),
    "extrapolation": (),
    "lure": (),
}


def arms() -> dict[str, Arm]:
    """Each business model in which platforms act, and the choice among all."""
    from sim import discover

    names = sorted(name for name, row in discover().items() if row.acts)
    return {**{name: Arm(name) for name in names}, FREE: Arm(FREE)}


def arms_and_reach() -> dict[str, Arm]:
    """The same, and the choice with reach as published, from the first quarter on."""
    return {**arms(), FREE_REACH: Arm(FREE, history.reach(0))}


def with_reach(world: World) -> dict[str, Arm]:
    """Of one world the arm with reach as published: as at the end of 2010 when its futures part."""
    return {FREE_REACH: Arm(FREE, history.reach(world.burn_in))}


def changed() -> dict[str, Arm]:
    """Harvesters of institutions with each of `MECHANISMS` at the ends of its declared range, and between."""
    from sim import Parameters

    declared = Parameters.declarations()
    return {
        f"{name} {np.format_float_positional(value, trim='-')}": Arm(HARVEST, {name: value})
        for name, between in MECHANISMS.items()
        for value in (declared[name].low, *between, declared[name].high)
    }


def parts(settings: Settings) -> Mapping[str, Settings]:
    """The usual arms, and in full the mechanisms in the same worlds."""
    found = {USUAL: settings}
    return {**found, CHANGED: replace(settings, name=CHANGED)} if settings.full else found


def judge(lived: Mapping[str, Tables]) -> lives.Lives:
    """Lives and prices by arm, and where they were lived what mechanisms do."""
    found = lives.judge(lived[USUAL])
    if CHANGED not in lived:
        return found
    return replace(found, mechanisms=lives.mechanisms(lived[USUAL], lived[CHANGED], HARVEST))


OF_MECHANISMS = Study(__doc__, QUICK, QUICK, changed, kept_lives, judge, tell, sampled=False)
STUDY = Study(
    __doc__, QUICK, QUICK, arms_and_reach, kept_lives, judge, tell,
    sampled=False, own=with_reach, parts=parts, others={CHANGED: OF_MECHANISMS},
)  # fmt: skip
