"""What slopes over worlds say, in words, a table and a figure."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from experiments.judge.claims import Answers
from experiments.judge.drawn import Slopes
from experiments.measure.futures import Frame
from experiments.tell import claims as answered
from experiments.tell.drawing import colour, panels
from experiments.tell.markdown import table
from experiments.tell.report import Report
from experiments.tell.words import amount, label, many, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OF_CLAIMS = "## What this says of the essay's claims"


def reported(
    found: Slopes, name: str, title: str, levels: tuple[str, str], picture: Callable[[Slopes], Figure]
) -> Report:
    """Slopes in words, the claims, means by level; levels: their heading, and what they are levels of."""
    heading, of = levels
    return Report(
        "\n".join([*headline(found.slopes), "", slopes_shown(found.slopes)]),
        title=title,
        claims=claims_shown(found.claims),
        more="\n".join([heading, "", levels_shown(found.levels, of), ""]),
        tables={"slopes": found.slopes, "levels": found.levels, **answered.files(found.claims)},
        figures={name: lambda: picture(found)},
    )


def known(row: Any) -> bool:
    """Whether a line has an interval."""
    return math.isfinite(row["low"]) and math.isfinite(row["high"])


def sized(row: Any) -> str:
    """The mean with its interval and unit."""
    text = amount(row["mean"], row["unit"], signed=True)
    if not known(row):
        return text
    ends = (amount(row[end], row["unit"], signed=True, bare=True) for end in ("low", "high"))
    return f"{text} ({' to '.join(ends)})"


def direction(row: Any, up: str = "rises", down: str = "falls", unsure: str = "open") -> str:
    """What the interval says: all above zero, all below, or neither."""
    if not known(row):
        return unsure
    return up if row["low"] > 0.0 else down if row["high"] < 0.0 else unsure


def headline(slopes: Frame) -> list[str]:
    """A line a slope: which way it goes, how much, over how many worlds; why nothing is said where so."""
    out = []
    for _, row in slopes.iterrows():
        what = f"{row['quantity']}, {label(str(row['arm']))}"
        if known(row):
            out.append(f"- {what}: **{direction(row)}**, {sized(row)}, {many(int(row['worlds']))}.")
        else:
            size = f" ({sized(row)} on average)" if math.isfinite(row["mean"]) else ""
            out.append(f"- {what}: **no verdict**, {row['why'] or 'no case'}{size}.")
    return out


def slopes_shown(slopes: Frame) -> str:
    """The table behind the headline."""
    rows = [
        [
            f"{row['quantity']}, {label(str(row['arm']))}",
            sized(row) if math.isfinite(row["mean"]) else "no case",
            int(row["worlds"]),
            direction(row) if known(row) else row["why"],
        ]
        for _, row in slopes.iterrows()
    ]
    return table(["slope", "mean over worlds (95 %)", "worlds", "says"], rows, aligned=True)


def levels_shown(levels: Frame, name: str) -> str:
    """Means by level, a row each."""
    arms = list(dict.fromkeys(map(str, levels["arm"])))
    by = levels.set_index(["quantity", "level", "arm"])
    rows = [
        [f"{quantity}, {name} {level:g}", *(_cell(by, (quantity, level, arm)) for arm in arms)]
        for quantity, level in dict.fromkeys(zip(levels["quantity"], levels["level"], strict=True))
    ]
    return table(["", *map(label, arms)], rows, aligned=True)


def _cell(by: Any, key: tuple[str, float, str]) -> str:
    if key not in by.index:
        return ""
    row = by.loc[key]
    if not math.isfinite(row["mean"]):
        return "no case"
    text = number(row["mean"])
    return f"{text} ({number(row['low'])} to {number(row['high'])})" if known(row) else text


def claims_shown(found: Answers) -> str:
    """The claims that a study answers, with the numbers behind."""
    return "\n".join([OF_CLAIMS, "", *answered.lines(found), "", answered.numbers(found)])


def draw(levels: Frame, slopes: Frame, name: str, *, log: bool = False) -> Figure:
    """Means by level with their intervals, a panel for each quantity; the title is what the first slope says.

    Args:
        name: of what the levels are.
    """
    quantities = list(dict.fromkeys(map(str, levels["quantity"])))
    first = slopes.iloc[0]
    says = direction(first, "rises", "falls", "is open")
    what = str(first["quantity"])
    title = f"{what[:1].upper()}{what[1:]}, {label(str(first['arm']))}: {says}"
    figure, axes = panels(len(quantities), title, width=4.8, height=3.8)
    arms = list(dict.fromkeys(map(str, levels["arm"])))
    for place, quantity in zip(axes, quantities, strict=True):
        place.axhline(0.0, color="black", linewidth=0.6)
        for arm in arms:
            mine = levels.loc[(levels["quantity"] == quantity) & (levels["arm"] == arm)].sort_values("level")
            tint = colour(arm, arms)
            place.plot(mine["level"], mine["mean"], "o-", color=tint, markersize=4, label=label(arm))
            place.vlines(mine["level"], mine["low"], mine["high"], color=tint, alpha=0.6)
        place.set(title=quantity, xlabel=name)
        if log:
            place.set_xscale("log")
            ticks = sorted(set(levels["level"]))
            place.set_xticks(ticks, [f"{one:g}" for one in ticks])
            place.minorticks_off()
    axes[0].legend(frameon=False, fontsize=8)
    return figure
