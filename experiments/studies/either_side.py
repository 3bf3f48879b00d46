"""Either side can win: who comes first in which of many small worlds, and what decides it.

    make either_side ARGS="--worlds 100"
    make either_side ARGS=--full

Worlds are drawn from all declared ranges. For each group of measures, and for each primary outcome, the share
of worlds in which each business model comes first; the same where a link gains a firm nothing; what platforms
run in the end where founders choose, as drawn and where no line has a real effect; which parameters tell
worlds in which deep integration comes first from the others; and some of those worlds by number (their
parameters are in the store). Who is first in under 5 % or over 95 % of worlds is named: there one side cannot
win, and what decides it is to be asked. The folder then holds ``first.csv``, ``outcomes.csv``, ``ends.csv``,
``overall.csv``, ``separating.csv``, ``report.md`` and ``either_side.png``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.judge.register import digest
from experiments.judge.sides import FREE_NO_GAINS, Sides, sides, totals
from experiments.measure import futures
from experiments.measure.futures import FOCUS, FREE, Frame, kept_without_firms, real_effects, shock
from experiments.measure.measures import MEASURES, measured
from experiments.run.arm import Arm
from experiments.run.world import CONTROL
from experiments.study import Study, Tables
from experiments.tell.binding import NEUTRAL
from experiments.tell.drawing import colour, panels
from experiments.tell.markdown import table
from experiments.tell.report import Report
from experiments.tell.words import label, number, percent, spanned

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

QUICK = {"worlds": 60, "firms": 1_000, "burn_in": 40, "quarters": 60}
TOP = 8  # parameters that are shown
EXAMPLES = 3  # worlds that are named on each side
SELDOM, MOSTLY = 0.05, 0.95  # shares of worlds beyond which one side cannot win


def arms() -> dict[str, Arm]:
    """Those of the main job, and the choice of founders once more where no line has a real effect."""
    return {**futures.arms(), FREE_NO_GAINS: Arm(FREE, real_effects())}


def judge(tables: Tables) -> Sides:
    """Who comes first where, and what is left where founders choose."""
    return sides(measured(tables), tables.drawn, tables["platforms"])


def tell(found: Sides) -> Report:
    """Shares of first places, what decides, and some worlds to look at."""
    frames = {name: getattr(found, name) for name in ("first", "outcomes", "ends", "overall", "separating")}
    figures = {"either_side": lambda: draw(found)}
    return Report("\n".join(lines(found)), frames, figures, title="Either side can win")


def lines(found: Sides) -> list[str]:
    """The report as lines of Markdown."""
    shares = pd.concat([found.first, totals(found)], ignore_index=True)
    out = []
    titles = {
        "platforms": "Share of worlds in which each comes first",
        "no real gains": "The same where a link gains a firm nothing",
        "all": f"With {label(CONTROL)} among them, on what can be asked of all",
    }
    for field, part in shares.groupby("field", sort=False):
        members = list(dict.fromkeys(part["arm"]))
        cells = part.set_index(["group", "arm"])
        rows = [
            [group, *(interval(cells.loc[(group, arm)]) for arm in members)]
            for group in dict.fromkeys(part["group"])
        ]
        out += [f"## {titles[str(field)]} ({min(part['worlds'].tolist())} worlds)", ""]
        out += [table(["", *(label(str(arm)) for arm in members)], rows, aligned=True), "", beyond(part), ""]
    out += [*by_outcome(found), *left(found), NEUTRAL, ""]
    out += [f"## What tells worlds in which {label(FOCUS)} comes first from the others", ""]
    header = ["parameter", "correlation with its lead", "p (Holm)", "mean where first", "mean elsewhere"]
    rows = [
        [
            str(row["parameter"]).replace("_", " "),
            spanned(row["correlation"], row["low"], row["high"]),
            number(row["p_holm"]),
            number(row["mean_first"]),
            number(row["mean_other"]),
        ]
        for _, row in found.separating.head(TOP).iterrows()
    ]
    out += [table(header, rows, aligned=True), "", "## Worlds to look at", ""]
    mine = found.overall.loc[found.overall["field"] == "platforms"]
    for arm, part in mine.groupby("arm", sort=False):
        won = part.loc[part["first"] == 1.0].nlargest(EXAMPLES, "score")
        names = ", ".join(f"{int(world)}" for world in won["world"])
        share = percent(float(part["first"].mean()))
        out.append(
            f"- {label(str(arm))}, first over all groups in {share} of worlds"
            + (f": worlds {names}" if names else "")
        )
    return [*out, ""]


def by_outcome(found: Sides) -> list[str]:
    """Who is first on each primary outcome, as lines of Markdown."""
    out = []
    titles = {
        "platforms": "Outcome by outcome",
        "no real gains": "Outcome by outcome, where a link gains a firm nothing",
    }
    for field, part in found.outcomes.groupby("field", sort=False):
        members = list(dict.fromkeys(part["arm"]))
        cells, rows = part.set_index(["outcome", "arm"]), []
        for outcome in dict.fromkeys(part["outcome"]):
            mine = [cells.loc[(outcome, arm)] for arm in members]
            tied, worlds = percent(mine[0]["tied"]), int(mine[0]["worlds"])
            rows.append([MEASURES[outcome].title, *map(interval, mine), tied, worlds])
        head = ["first in", *(label(str(arm)) for arm in members), "tied", "worlds"]
        renamed = part.assign(group=part["outcome"].map(lambda one: MEASURES[one].title))
        out += [f"## {titles[str(field)]}", "", table(head, rows, aligned=True), "", TIES, ""]
        out += [beyond(renamed), ""]
    return out


TIES = (
    "Those that differ by less than the margin of an outcome share the first place; "
    "tied: in how many worlds any do."
)


def beyond(shares: Frame) -> str:
    """Who is first in so few or so many worlds that one side cannot win there; shares: with group and arm."""
    words = {
        "under 5 %": shares.loc[shares["share"] < SELDOM],
        "over 95 %": shares.loc[shares["share"] > MOSTLY],
    }
    said = [
        f"in {which} of worlds: "
        + ", ".join(
            f"{label(str(row['arm']))} {percent(row['share'])} ({row['group']})" for _, row in rows.iterrows()
        )
        for which, rows in words.items()
        if len(rows)
    ]
    return f"First {'; '.join(said)}." if said else "No share is under 5 % or over 95 %."


def left(found: Sides) -> list[str]:
    """What platforms run in the end where founders choose, as lines of Markdown."""
    if not len(found.ends):
        return []
    cells, rows = found.ends.set_index(["kind", "arm"]), []
    titles = {FREE: "as drawn", FREE_NO_GAINS: "no line has a real effect"}
    members = list(dict.fromkeys(found.ends["arm"]))
    for kind in dict.fromkeys(found.ends["kind"]):
        mine = [cells.loc[(kind, arm)] for arm in members]
        each = [text for row in mine for text in (interval(row), interval(row, "most", "most_"))]
        rows.append([label(str(kind)), *each])
    head = [f"{what}, {titles[arm]}" for arm in members for what in ("share of living", "most frequent")]
    worlds = min(found.ends["worlds"].tolist())
    about = (
        "Mean share of living platforms, and share of worlds in which there are most of it; both with 95 %."
    )
    return [
        *(f"## What the free choice of founders ends as ({worlds} worlds)", "", about, ""),
        *(table(["", *head], rows, aligned=True), ""),
    ]


def interval(row: Any, name: str = "share", ends: str = "") -> str:
    """A share with its interval where there is one, whose ends have names that begin with ``ends``."""
    share, low, high = (100 * float(row[one]) for one in (name, f"{ends}low", f"{ends}high"))
    if not np.isfinite(share):
        return "n/a"
    known = np.isfinite(low) and np.isfinite(high)
    return f"{share:.0f} % ({low:.0f} to {high:.0f})" if known else f"{share:.0f} %"


def draw(found: Sides) -> Figure:
    """Who comes first, group by group, with and without real gains; what its lead follows."""
    shares = pd.concat([found.first, totals(found)], ignore_index=True).set_index(["field", "group", "arm"])
    own: Any = shares["share"].get(("platforms", "all groups", FOCUS), 0.0)
    title = f"{label(FOCUS).capitalize()} comes first over all groups in {percent(own)} of worlds"
    figure, axes = panels(3, title, width=4.6, height=4.2)
    bars(axes[0], shares.loc["platforms"]["share"].unstack("arm", sort=False))
    axes[0].set_title("As drawn")
    figure.legend(loc="outside lower left", ncols=4, frameon=False, fontsize=8.5)
    if "no real gains" in shares.index:
        bars(axes[1], shares.loc["no real gains"]["share"].unstack("arm", sort=False))
        axes[1].set(yticklabels=[], title="Where a link gains a firm nothing")
    followed(axes[2], found.separating.head(TOP).iloc[::-1])
    return figure


def bars(axes: Axes, shares: Frame) -> None:
    """Shares (groups x arms) as bars that fill the width."""
    upward = shares.iloc[::-1]
    left = np.zeros(len(upward))
    for arm in upward.columns:
        width = upward[arm].to_numpy(float)
        tint = colour(str(arm), list(map(str, upward.columns)))
        drawn = axes.barh(list(upward.index), width, left=left, color=tint, label=label(str(arm)))
        texts = [f"{100 * one:.0f}" if one > 0.07 else "" for one in width]
        axes.bar_label(drawn, texts, label_type="center", color="white", fontsize=8)
        left += width
    axes.set(xlim=(0, 1), xlabel="share of worlds in which each is first")


def followed(axes: Axes, top: Frame) -> None:
    """Rank correlations of the lead with parameters, the first at the top."""
    tint = "#009e73"
    axes.axvline(0.0, color="black", linewidth=0.8)
    for height, (_, row) in enumerate(top.iterrows()):
        axes.plot([row["low"], row["high"]], [height, height], color=tint, alpha=0.5)
        face = tint if row["p_holm"] < 0.05 else "white"
        axes.plot(row["correlation"], height, "o", color=tint, markerfacecolor=face)
    axes.set_yticks(range(len(top)), [str(name).replace("_", " ") for name in top["parameter"]])
    axes.set(xlim=(-1, 1), xticks=[-1, -0.5, 0, 0.5, 1], xlabel="rank correlation (95 % interval)")
    axes.set_title("What its lead follows (filled: p < 0.05, Holm)")


SIZES = QUICK, {**QUICK, "worlds": 200}
STUDY = Study(__doc__, *SIZES, arms, kept_without_firms, judge, tell, aside=shock, register=digest)
