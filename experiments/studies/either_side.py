"""Either side can win: who comes first in which of many small worlds, and what decides it.

    make either_side ARGS="--worlds 100"
    make either_side ARGS=--full

Worlds are drawn from all declared ranges. For each group of measures the share of worlds in which each
business model comes first; the same where a link gains a firm nothing; which parameters tell worlds in which
deep integration comes first from the others; and some of those worlds by number (their parameters are in the
store). The folder then holds ``first.csv``, ``overall.csv``, ``separating.csv``, ``report.md`` and
``either_side.png``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.judge.register import digest
from experiments.judge.sides import Sides, sides, totals
from experiments.measure.futures import FOCUS, Frame, arms, kept_without_firms, shock
from experiments.measure.measures import measured
from experiments.run.world import CONTROL
from experiments.study import Study, Tables
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


def judge(tables: Tables) -> Sides:
    """Who comes first where."""
    return sides(measured(tables), tables.drawn)


def tell(found: Sides) -> Report:
    """Shares of first places, what decides, and some worlds to look at."""
    frames = {name: getattr(found, name) for name in ("first", "overall", "separating")}
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
        out += [table(["", *(label(str(arm)) for arm in members)], rows, aligned=True), ""]
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


def interval(row: Any) -> str:
    """A share with its interval."""
    return f"{100 * row['share']:.0f} % ({100 * row['low']:.0f} to {100 * row['high']:.0f})"


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
