"""Does anything that ought not to decide it decide which business model prevails?

    make neutrality
    make neutrality ARGS="--worlds 40 --quarters 80"

Founders choose among all business models. Then the same worlds once more with a change: of resolution (twice
the rows of platforms and half the team, projects paid as a whole, all founding as the quarter opens), of how
many begin, or of what the fund believes before there is a record. What is told is the change of the mean
share of each business model among living platforms in the last year, with its interval (90 %): a change of
resolution should move none by five points, nor its interval reach beyond ten; what a change of belief moves,
hangs on it. Two business models of one row, under two names, should end at half and half. Beside it stands
which resource is short. Worlds differ by their seeds alone, have no giants, and begin with eight platforms
of each model: from the usual two, which of them are lucky early decides too much. The folder then holds
``neutrality.csv``, ``binding.csv``, ``report.md`` and ``neutrality.png``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.judge.binding import bound
from experiments.judge.means import LEAST
from experiments.judge.neutrality import CONFIDENCE, MEAN, MOVES, NEUTRAL, OPEN, REACH, changes, last_shares
from experiments.measure.binding import Binding
from experiments.measure.following import kept_counts
from experiments.measure.futures import FOCUS, FREE, Frame
from experiments.measure.variants import AGAIN, DOUBLED, FROM, RESOLUTION, VARIANTS, twin_of
from experiments.run.arm import Arm
from experiments.run.command import Settings
from experiments.study import Study, Tables
from experiments.tell import binding
from experiments.tell.drawing import colour, panels
from experiments.tell.markdown import table
from experiments.tell.report import Report
from experiments.tell.words import label, listed, many, number, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUICK = {"worlds": 20, "firms": 3_000, "banks": 10, "burn_in": 8, "quarters": 40}
FULL = {**QUICK, "firms": 10_000, "banks": 20, "burn_in": 20, "quarters": 80}
USUAL, TWICE = "", "twice_the_rows"  # folders of worlds
ALIKE = "two of one row, less a half"
BEGIN = 30  # platforms of each of the two
HELD = {"giants": 0, "starters": FROM}


def arms() -> dict[str, Arm]:
    """The free choice as it is, under each change that needs no other rows, and two models of one row."""
    from sim import discover

    row = discover()[FOCUS]
    found = {name: Arm(FREE, one.parameters) for name, one in VARIANTS.items() if one.times == 1}
    return {FREE: Arm(FREE), **found, ALIKE: Arm({row: BEGIN, twin_of(row): BEGIN}, {"idle_founders": 0.0})}


def doubled() -> dict[str, Arm]:
    """The free choice in twice the rows, from twice as many platforms."""
    of = VARIANTS[DOUBLED]
    return {DOUBLED: Arm(FREE, {**of.parameters, "starters": of.times * FROM})}


def parts(settings: Settings) -> Mapping[str, Settings]:
    """The usual worlds, and those with twice the rows."""
    from sim.population.models import room

    rows = VARIANTS[DOUBLED].times * room(settings.platforms, settings.firms)
    return {USUAL: settings, TWICE: replace(settings, name=TWICE, platforms=rows)}


@dataclass(frozen=True)
class Neutrality:
    """``changes``: see `judge.neutrality.changes`, with ``kind`` of the change. ``binding``: see
    `judge.binding.bound`, of the free choice as it is."""

    changes: Frame
    binding: Frame


def judge(lived: Mapping[str, Tables]) -> Neutrality:
    """What each change moves."""
    shares = {
        str(arm): last_shares(mine)
        for tables in lived.values()
        for arm, mine in tables["counts"].groupby("arm", sort=False, observed=True)
    }
    usual, alike = shares.pop(FREE), shares.pop(ALIKE)
    found = changes(usual, {name: shares[name] for name in VARIANTS if name in shares})
    half = changes(alike * 0.0 + 0.5, {ALIKE: alike})
    half = half.loc[~half["model"].str.endswith(AGAIN)]
    kinds = {name: one.kind for name, one in VARIANTS.items()}
    found: Frame = pd.concat([found, half], ignore_index=True)
    found.insert(1, "kind", [kinds.get(str(one), RESOLUTION) for one in found["change"]])
    return Neutrality(found, bound(lived[USUAL]["binding"], [FREE]))


def tell(found: Neutrality) -> Report:
    """What moves what, a table of changes by business models, and which resource is short."""
    words = [*headline(found.changes), "", ABOUT, "", shown(found.changes), "", *binding.lines(found.binding)]
    return Report(
        "\n".join(words),
        {"neutrality": found.changes, "binding": found.binding},
        {"neutrality": lambda: draw(found.changes)},
        title="What ought not to decide which business model prevails",
    )


ABOUT = (
    "Change of the mean share of living platforms in the last year, in points, with its "
    f"{percent(CONFIDENCE)} interval; neutral: by less than {100 * MEAN:g}, the interval within "
    f"{100 * REACH:g}; it moves a share where chance does so in less than one of ten such tables (Holm)."
)


def headline(rows: Frame) -> list[str]:
    """By kind of change which are neutral for all business models, which move one, and which are open."""
    out = []
    for kind, mine in rows.groupby("kind", sort=False):
        by = mine.groupby("change", sort=False)["word"].agg(list)
        moves = [name for name, words in by.items() if MOVES in words]
        still = [name for name, words in by.items() if set(words) == {NEUTRAL}]
        rest = [name for name in by.index if name not in (*moves, *still)]
        told = [
            f"{what}: {listed(list(map(str, names)))}"
            for what, names in (("neutral", still), ("moves a share", moves), (OPEN, rest))
            if names
        ]
        worlds = int(mine["worlds"].min())
        few = f", at least {LEAST} are needed" if worlds < LEAST else ""
        out.append(f"- Of changes of {kind} ({many(worlds)}{few}): {'; '.join(told)}.")
    return out


def cell(row: Any) -> str:
    """A change in points with its interval and its word."""
    text = number(100.0 * row["mean"], signed=True)
    if np.isfinite(row["low"]):
        text += f" ({number(100.0 * row['low'], signed=True)} to {number(100.0 * row['high'], signed=True)})"
    return text if row["word"] == NEUTRAL else f"{text} {row['word']}"


def shown(rows: Frame) -> str:
    """Changes by business models; the first line is the share as it is."""
    free = rows.loc[rows["change"] != ALIKE]
    models = list(dict.fromkeys(free["model"]))
    by = rows.set_index(["change", "model"])
    first = free.drop_duplicates("model").set_index("model")["before"]
    lines = [["as it is, %", *(number(100.0 * float(first[one])) for one in models)]]
    for name in dict.fromkeys(rows["change"]):
        lines.append([str(name), *(cell(by.loc[(name, one)]) if (name, one) in by.index else ""
                                   for one in models)])  # fmt: skip
    return table(["", *map(label, models)], lines, aligned=True)


def draw(rows: Frame) -> Figure:
    """Changes of shares with their intervals, a panel for each business model; the bands are the promise."""
    free = rows.loc[rows["change"] != ALIKE]
    models, names = list(dict.fromkeys(free["model"])), list(dict.fromkeys(rows["change"]))[::-1]
    moving = rows.loc[rows["word"] == MOVES, "change"].nunique()
    title = f"{moving} of {len(names)} changes move a share for sure"
    figure, axes = panels(len(models), title, width=3.0, height=4.2, sharey=True)
    for place, model in zip(axes, models, strict=True):
        part = rows.loc[rows["model"] == model].set_index("change").reindex(names)
        at, low, high = (100.0 * part[one].to_numpy(float) for one in ("mean", "low", "high"))
        heights, tint = np.arange(len(names)), colour(str(model), [str(one) for one in models])
        for reach in (REACH, MEAN):
            place.axvspan(-100.0 * reach, 100.0 * reach, color="0.5", alpha=0.12, linewidth=0)
        place.hlines(heights, low, high, color=tint)
        place.plot(at, heights, "o", color=tint, markersize=5)
        place.set(title=label(str(model)), xlabel="change of share, points")
        place.set_yticks(heights, names, fontsize=8)
    return figure


OTHERS = {
    TWICE: Study(
        None, QUICK, FULL, doubled, kept_counts, judge, tell, sampled=False, follow=Binding, held=HELD
    )
}
STUDY = Study(
    __doc__, QUICK, FULL, arms, kept_counts, judge, tell,
    sampled=False, follow=Binding, held=HELD, parts=parts, others=OTHERS,
)  # fmt: skip
