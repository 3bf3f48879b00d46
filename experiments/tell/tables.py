"""Tables of a comparison, as Markdown for reading and as files to go on with."""

from __future__ import annotations

import math
from collections.abc import Iterator

from experiments.judge.comparison import Comparison
from experiments.judge.family import BETTER, NO_DIFFERENCE, WORSE
from experiments.judge.means import LEAST
from experiments.measure.futures import FOCUS, Frame
from experiments.measure.measures import GROUPS, MEASURES
from experiments.measure.measures.declared import Measure
from experiments.run.world import CONTROL
from experiments.tell.markdown import table
from experiments.tell.words import amount, label, number, readable, spanned

SIGN = {1: "↑", -1: "↓", 0: ""}
SETTLED = {BETTER: " better", WORSE: " worse", NO_DIFFERENCE: " ="}  # words beside a difference


def means(found: Comparison) -> Frame:
    """Number of worlds, mean, standard deviation, median and quartiles of each measure by arm."""
    keys = ["group", "measure", "unit", "direction", "arm"]
    grouped = found.measures.groupby(keys, sort=False, observed=True)["value"]
    told = grouped.agg(worlds="count", mean="mean", sd="std")
    for name, level in (("lower_quartile", 0.25), ("median", 0.5), ("upper_quartile", 0.75)):
        told[name] = grouped.quantile(level)
    return told.reset_index()


def lines(found: Comparison) -> list[str]:
    """All tables: by group, means by arm beside the differences that matter, and the definitions."""
    arms = list(dict.fromkeys(map(str, found.measures["arm"])))
    out = []
    for group, question in GROUPS.items():
        mine = [one for one in MEASURES.values() if one.group == group]
        out += [f"### {group.capitalize()}: {question}", "", "Means over worlds.", ""]
        out += [table(["", *map(label, arms)], mean_rows(found, mine, arms), aligned=True), ""]
        for title, pairs in blocks(arms):
            header = ["", *(label(arm) for _, _, arm in pairs)]
            rows = list(difference_rows(found, mine, [(one, other) for one, other, _ in pairs]))
            out += [title, "", table(header, rows, aligned=True), ""] if rows else []
    return out + definitions()


def blocks(arms: list[str]) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """The two tables of differences of a group: title, and (treated, control, heading) for each column."""
    acting = [arm for arm in arms if arm != CONTROL]
    if CONTROL in arms and acting:
        yield f"Difference to the same world with {label(CONTROL)}.", [(a, CONTROL, a) for a in acting]
    others = [arm for arm in acting if arm != FOCUS]
    if FOCUS in arms and others:
        yield f"Difference of {label(FOCUS)} to the others.", [(FOCUS, arm, arm) for arm in others]


def name_of(one: Measure, *, difference: bool = False) -> str:
    """A measure, whether more of it is better, and the unit in which people read it."""
    unit = readable(one.unit, difference=difference)[1]
    return f"{one.title} {SIGN[one.direction]} [{unit}]".replace("  ", " ")


def mean_rows(found: Comparison, mine: list[Measure], arms: list[str]) -> Iterator[list[str]]:
    values = found.measures.groupby(["measure", "arm"], sort=False, observed=True)["value"].mean()
    for one in mine:
        times = readable(one.unit)[0]
        cells = (number(times * float(values.get((one.name, arm), math.nan))) for arm in arms)
        yield [name_of(one), *cells]


def difference_rows(
    found: Comparison, mine: list[Measure], pairs: list[tuple[str, str]]
) -> Iterator[list[str]]:
    """Mean difference, interval and the word that settles it, for each measure that any of the pairs has."""
    rows = found.differences.set_index(["treated", "control", "measure"])
    for one in mine:
        cells = []
        for pair in pairs:
            row = rows.loc[(*pair, one.name)]
            times = readable(one.unit)[0]
            mean, low, high = (times * float(row[name]) for name in ("mean", "low", "high"))
            cell = spanned(mean, low, high) if math.isfinite(low) else number(mean, signed=True)
            cells.append(cell + SETTLED.get(row["word"], ""))
        if any(cell != "n/a" for cell in cells):
            yield [name_of(one, difference=True), *cells]


def definitions() -> list[str]:
    """What each measure means."""
    out = [
        "### How to read this",
        "",
        "↑ more is better, ↓ less is better, no arrow: shown only. In brackets 95 % intervals of the mean",
        f"paired difference, from {LEAST} worlds on. Better, worse, = (no difference that matters) are words",
        "as those above, corrected over all measures with an arrow (Benjamini and Hochberg); primary ones",
        "have theirs above, at the horizon of the verdict, and none here. n/a: there is no number.",
        "",
    ]
    for one in MEASURES.values():
        least = f" Least difference that matters: {amount(one.least, one.unit)}." if one.direction else ""
        unit = readable(one.unit)[1]
        out.append(f"- **{one.title}** ({one.group}; {unit}): {one.definition}{least}")
    return out
