"""The verdict on an ensemble: primary outcomes as one family; all else is shown beside it and not ranked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from experiments.judge.asked import Question, draws, leads, pooled
from experiments.judge.comparison import contrasts
from experiments.judge.dependence import depends, screen
from experiments.judge.family import UNDECIDED, judge
from experiments.judge.lucks import spread
from experiments.judge.pairwise import dominance, matrix, weightings
from experiments.judge.power import Enough, enough
from experiments.measure.futures import FREE, NO_GAINS, PLACEBO, Frame
from experiments.measure.measures import PRIMARY, SECONDARY, verdict_at
from experiments.run.world import CONTROL


@dataclass(frozen=True)
class Verdict:
    """What can be said, and how surely.

    ``primary``: see `family.judge`, the primary outcomes at all horizons; those at ``horizon`` are the family
    that words are given to. ``secondary``: the other measures with a direction, at ``horizon``, corrected
    among themselves. ``dependence``: see `dependence.screen`. ``pairs``, ``dominance``, ``first`` and
    ``preferred``: of business models among themselves, see `pairwise`; a margin weighs as much as any other.
    ``lucks``: see `lucks.spread`. ``worlds``: how many observations there are; where worlds share draws of
    parameters, how many draws, each with so many ``histories``. ``failed``: worlds started without a number.
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
    histories: int = 1

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
    lived, draw = sorted(map(int, values["world"].unique())), draws(drawn)
    by_world, values = values, pooled(values, draw)
    horizon, arms, pairs, asked = questions(values)
    placebos = {a: p for a, p in PLACEBO.items() if p in set(values["arm"])}
    others = [one for one in SECONDARY if one.direction and one.name in set(values["outcome"])]
    every = sorted({*lived, *(started or ())}) if draw.is_unique else None
    primary = judge(values, asked, pairs, placebos, horizon=horizon, worlds=every)
    primary = primary.loc[primary["n"] > 0].reset_index(drop=True)  # platforms' own against no platforms
    secondary = judge(values, others, pairs, placebos, horizon=horizon, corrected="bh", worlds=every)
    screened = screen(leads(values, asked, pairs, horizon), drawn)
    ranked = [arm for arm in arms if arm not in (CONTROL, NO_GAINS, FREE)]
    first, preferred = weightings(values, asked, ranked, horizon, {one.name: one.margin for one in asked})
    number = int(values["world"].nunique())
    return Verdict(
        horizon,
        depends(primary, screened) if len(screened) else primary.assign(on=""),
        secondary.loc[(secondary["n"] > 0) & (secondary["horizon"] == horizon)].reset_index(drop=True),
        screened,
        matrix(values, asked, arms, horizon),
        dominance(values, asked, ranked, horizon),
        first,
        preferred,
        spread(by_world, asked, pairs, draw),
        number,
        len({*lived, *(started or ())}) - len(lived),
        round(len(lived) / number),
    )


def questions(values: Frame) -> tuple[int, list[str], list[tuple[str, str]], list[Question]]:
    """What the family asks: at which horizon, of which arms, against which others, on which outcomes."""
    horizon = verdict_at(int(values["horizon"].max()))
    arms = [arm for arm in dict.fromkeys(map(str, values["arm"])) if arm not in PLACEBO.values()]
    had = set(values.loc[values["value"].notna(), "outcome"])
    return horizon, arms, contrasts(arms), [one for one in PRIMARY if one.name in had]


def known(values: Frame, drawn: Frame, margins: float, looks: int) -> Enough:
    """Whether the mean of every question of the family is known to ± so many of its ``margins``.

    values, drawn: as of `verdict`. looks: how often this is asked at most, see `power.enough`.
    """
    values = pooled(values, draws(drawn))
    horizon, _, pairs, asked = questions(values)
    found = leads(values, asked, pairs, horizon).dropna(axis=1, how="all")
    margin = {one.name: one.margin for one in asked}
    widths = [margins * margin[outcome] for _, _, outcome, _ in found.columns]
    return enough([found[column].dropna() for column in found.columns], widths, looks=looks)


def undecided(found: Verdict) -> bool:
    """Whether no word can be given at all: there are too few worlds for any."""
    return bool((found.family["word"] == UNDECIDED).all())
