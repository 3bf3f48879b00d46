"""The verdict on an ensemble: primary outcomes as one family; all else is shown beside it and not ranked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from experiments.judge.asked import leads
from experiments.judge.comparison import contrasts
from experiments.judge.dependence import depends, screen
from experiments.judge.family import UNDECIDED, judge
from experiments.judge.lucks import spread
from experiments.judge.pairwise import dominance, matrix, weightings
from experiments.measure.futures import NO_GAINS, PLACEBO, Frame
from experiments.measure.measures import PRIMARY, SECONDARY, verdict_at
from experiments.run.world import CONTROL


@dataclass(frozen=True)
class Verdict:
    """What can be said, and how surely.

    ``primary``: see `family.judge`, the primary outcomes at all horizons; those at ``horizon`` are the family
    that words are given to. ``secondary``: the other measures with a direction, at ``horizon``, corrected
    among themselves. ``dependence``: see `dependence.screen`. ``pairs``, ``dominance``, ``first`` and
    ``preferred``: of business models among themselves, see `pairwise`; a margin weighs as much as any other.
    ``lucks``: see `lucks.spread`. ``worlds``: how many have a number, ``failed`` how many were started and
    have none.
    """

    horizon: int
    primary: Frame
    secondary: Frame
    dependence: Frame
    pairs: Frame
    dominance: Frame
    first: Frame
    preferred: Frame
    lucks: Frame
    worlds: int
    failed: int

    @property
    def family(self) -> Frame:
        """The rows that words are given to, one for each contrast and primary outcome."""
        return self.primary.loc[self.primary["horizon"] == self.horizon].reset_index(drop=True)


def verdict(values: Frame, drawn: Frame, started: Iterable[int] | None = None) -> Verdict:
    """Judge all arms.

    Args:
        values: from `measures.outcomes`.
        drawn: parameters by world (index) and name; all that differ are screened.
        started: numbers of all worlds asked for; those without a row have failed.
    """
    horizon = verdict_at(int(values["horizon"].max()))
    arms = [arm for arm in dict.fromkeys(map(str, values["arm"])) if arm not in PLACEBO.values()]
    pairs, placebos = contrasts(arms), {a: p for a, p in PLACEBO.items() if p in set(values["arm"])}
    had = set(values.loc[values["value"].notna(), "outcome"])
    asked = [one for one in PRIMARY if one.name in had]
    others = [one for one in SECONDARY if one.direction and one.name in had]
    every = sorted({*map(int, values["world"].unique()), *(started or ())})
    primary = judge(values, asked, pairs, placebos, horizon=horizon, worlds=every)
    primary = primary.loc[primary["n"] > 0].reset_index(drop=True)  # platforms' own against no platforms
    secondary = judge(values, others, pairs, placebos, horizon=horizon, corrected="bh", worlds=every)
    screened = screen(leads(values, asked, pairs, horizon), drawn)
    ranked = [arm for arm in arms if arm not in (CONTROL, NO_GAINS)]
    first, preferred = weightings(values, asked, ranked, horizon, {one.name: one.margin for one in asked})
    return Verdict(
        horizon,
        depends(primary, screened) if len(screened) else primary.assign(on=""),
        secondary.loc[(secondary["n"] > 0) & (secondary["horizon"] == horizon)].reset_index(drop=True),
        screened,
        matrix(values, asked, arms, horizon),
        dominance(values, asked, ranked, horizon),
        first,
        preferred,
        spread(values, asked, pairs),
        int(values["world"].nunique()),
        len(every) - int(values["world"].nunique()),
    )


def undecided(found: Verdict) -> bool:
    """Whether no word can be given at all: there are too few worlds for any."""
    return bool((found.family["word"] == UNDECIDED).all())
