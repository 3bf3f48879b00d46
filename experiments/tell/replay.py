"""What a replay of dated years says: words, tables, and lines with bands beside published points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from experiments.judge.replayed import CARRIED, NAIVE
from experiments.judge.sources import DESIGN, DRAWN, HELD, KNOWN, MIDDLE, REPLACED, seeds
from experiments.judge.years import CHANGE, Years
from experiments.measure.arithmetic import Values
from experiments.measure.futures import Frame
from experiments.tell.drawing import colour, panels
from experiments.tell.markdown import table
from experiments.tell.words import label, listed, many, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


TINTS = {"eras_and_law": "#e69f00", "law_only": "#0072b2", "neither": "#009e73"}
UNCLOSED, ERAS = "_unclosed", "eras"
WAYS = tuple(TINTS)
SHOWN = ("open", "opened", "died", "vanished", "lent", "borrower", "take", "own", "notes", "bad", "credit")
CALLED = {
    "eras_and_law": "eras and law",
    "law_only": "law only",
    "neither": "neither",
    "eras_and_law_unclosed": "eras and law, without the closure",
    "law_only_unclosed": "law only, without the closure",
}


# rules of seeds/evidence.toml that nothing in the replay stands for
LEFT_OUT = {
    "RULE_DATA": "nobody hands on data here: of a joint loan, too, the platform alone scores the borrower, "
    "and banks see what its loans have earned; there is no bureau between them",
    "RULE_FLOAT": "it is in force by its dates and has nothing to limit, as no money rests in wallets here: "
    "giants of this model lend what does, so that custody of all of it would end most of them in 2019, and "
    "real ones were not allowed to; make policy has balances",
    "RULE_LOAN_HELP": "it acts in the last quarter alone; the cap of 24 % is there from 2021 on, guarantees "
    "are paid out of the rate anyway, and a list of partners would tell nobody here anything",
}


class Inputs(NamedTuple):
    """What the replay is given: changes of law, openings of business models, and the curve of reach."""

    law: Sequence[Any]
    openings: Sequence[Any]
    reach: Mapping[str, float]


def called(arm: str) -> str:
    """An arm or a forecast in words."""
    way = arm.removesuffix(CARRIED)
    return CALLED.get(way, label(way)) + arm.removeprefix(way)


def words(found: Any) -> str:
    """What was asked, how far the forecasts are off, and what there is beside what was published."""
    worlds = many(int(found.quantities["worlds"].max()) if len(found.quantities) else 0)
    lines = [
        "Three ways: with **eras and law**, business models open to founders when they did in fact; with "
        "**law only** all may be chosen from 2011 on; with **neither** the law too stays as it was in "
        "January 2011. Only the last two speak for or against the essay: in the first, what came later "
        "came later because it was not allowed before. In all three platforms may turn from one "
        "business model to another, and reach is what was published.",
        "",
        f"Means over {worlds}, each with its own draw of the assumed parameters; 95 % intervals in brackets "
        "where there are worlds enough.",
        "",
        *of_essay(found),
        *of_forecasts(found),
        *of_errors(found),
        *of_quantities(found),
    ]
    return "\n".join(lines)


def of_essay(found: Any) -> list[str]:
    """Whether platforms come to integrate deeply, where they could from the start."""
    mine = found.quantities.loc[found.quantities["quantity"] == CHANGE]
    lines = []
    for _, row in mine.loc[~mine["arm"].str.startswith(ERAS)].iterrows():
        word = "no verdict" if not math.isfinite(row["low"]) else "open"
        word = "rises" if row["low"] > 0.0 else "falls" if row["high"] < 0.0 else word
        off = spread(row, "mean", 100.0)
        lines.append(f"- {called(str(row['arm']))}: **{word}**, by {off} points.")
    if not lines:
        return []
    said = "From the end of 2016 to that of 2025 the share of living platforms that integrate deeply, where "
    said += "every business model could be chosen all the time (for the essay it has to rise):"
    return ["## What it says of the essay", "", said, "", *lines, ""]


def of_forecasts(found: Any) -> list[str]:
    """How far forecasts of the counts are off, naive ones beside."""
    scores = found.scores
    if not len(scores):
        return ["The years that were to be forecast are not lived: no forecast.", ""]
    span = scores["years"].iloc[0]
    mine = scores.loc[scores["years"] == span].set_index("forecast")
    lines = ["## Forecasts of the number of peer-to-peer platforms", ""]
    for arm in (one for one in mine.index if one not in NAIVE):
        row = mine.loc[arm]
        off, word = spread(row, "error", 100.0), f"**{beside(row, float(row['naive']))}**"
        lines.append(
            f"- {called(str(arm))}: off by {off} points of the peak, {word} the best naive forecast that "
            f"knows as much of the law ({number(100 * row['naive'])}); nearer in "
            f"{number(100 * row['nearer'])} % of {many(int(row['worlds']))}."
        )
    heads = ["forecast", *dict.fromkeys(scores["years"])]
    by = scores.set_index(["forecast", "years"])
    rows = [
        [called(str(name)), *(spread(by.loc[(name, years)], "error", 100.0) for years in heads[1:])]
        for name in dict.fromkeys(scores["forecast"])
    ]
    lines += [
        "",
        "Mean distance from the published share of the peak (the highest number at the end of a year up to "
        f"{seeds('history')['known_until']}), in points; a world that had none until then is no case. Naive: "
        f"{'; '.join(NAIVE)}. Like them, what goes on from the last known value moves from what was "
        "published last, by as much as the world does. The closure is an input of the replay, not found by "
        "it: arms with it stand beside a naive forecast that knows it too, arms without it show what the "
        "model says by itself. Each interval stands for itself, none is corrected for their number.",
        "",
        *before_closure(found),
        "",
        table(heads, rows, aligned=True),
        "",
    ]
    return lines


def before_closure(found: Any) -> list[str]:
    """How far forecasts are off before the law closes anything."""
    years = [one for one in dict.fromkeys(found.scores["years"]) if one.isdigit() and int(one) < found.closes]
    if not years:
        return []
    mine = found.scores.loc[found.scores["years"] == years[-1]].set_index("forecast")
    off = [f"{called(str(arm))} {spread(mine.loc[arm], 'error', 100.0)}" for arm in WAYS if arm in mine.index]
    best = min(float(mine.loc[name, "error"]) for name in NAIVE)
    said = f"Of the years to be forecast only {listed(years)} lies before the closure. There, off by: "
    return [f"{said}{listed([*off, f'the best naive forecast {number(100 * best)}'])}.", ""]


def beside(row: Any, best: float) -> str:
    """Whether a forecast is nearer than another one, as far as its interval says."""
    if not math.isfinite(row["low"]):
        return "no verdict beside"
    return "worse than" if row["low"] > best else "better than" if row["high"] < best else "not told from"


def spread(row: Any, name: str, times: float = 1.0) -> str:
    """A mean with its interval, which is named ``low`` and ``high``."""
    if not math.isfinite(row[name]):
        return "no case"
    text = number(times * row[name])
    if row["worlds"] and math.isfinite(row["low"]) and math.isfinite(row["high"]):
        return f"{text} ({number(times * row['low'])} to {number(times * row['high'])})"
    return text


def of_errors(found: Any) -> list[str]:
    """Yearly counts by arm beside the published ones."""
    by, names = found.errors.set_index(["year", "arm"]), list(dict.fromkeys(found.errors["arm"]))
    rows = []
    for year in dict.fromkeys(found.errors["year"]):
        cells = [by.loc[(year, arm)] for arm in names]
        rows.append([year, number(100.0 * cells[0]["published"]), *(spread(c, "mean", 100.0) for c in cells)])
    head = ["end of", "published", *map(called, names)]
    said = "## Open peer-to-peer platforms, % of the highest known number"
    return [said, "", table(head, rows, aligned=True), ""]


def of_quantities(found: Any) -> list[str]:
    """What is published beside what the model comes to."""
    by, names = found.quantities.set_index(["quantity", "arm"]), list(dict.fromkeys(found.quantities["arm"]))
    rows = []
    for quantity in dict.fromkeys(found.quantities["quantity"]):
        cells = [by.loc[(quantity, arm)] for arm in names]
        times = scale(str(quantity))
        unit = ", %" if times == 100.0 else ""
        told = [spread(one, "mean", times) for one in cells]
        rows.append([f"{quantity}{unit}", cells[0]["published"], *told])
    head = ["", "published", *map(called, names)]
    return ["## Beside what was published", "", table(head, rows, aligned=True), ""]


def scale(quantity: str) -> float:
    """What a quantity is multiplied by to be told: 100 for a share."""
    return 100.0 if "share" in quantity or quantity.startswith("distance") else 1.0


def rests_on(found: Any, inputs: Inputs) -> str:
    """Inputs, on what parameters rest, and what later values change."""
    parameters, until = found.parameters, seeds("history")["known_until"]
    moved = parameters.loc[parameters["status"].isin([REPLACED, MIDDLE])]
    numbers = parameters["status"].value_counts()
    rows = [
        [one["name"], number(one["here"]), number(one["later"]), one["source"], one["period"], one["instead"]]
        for _, one in moved.iterrows()
    ]
    still = parameters.loc[parameters["status"] == KNOWN]
    stayed = [
        [one["name"], number(one["here"]), one["source"], int(one["until"])] for _, one in still.iterrows()
    ]
    law = [[date_of(one), one.words, ", ".join(one.values), one.source] for one in inputs.law]
    eras = [[date_of(one), one.words.replace("_", " "), one.source, guessed(one)] for one in inputs.openings]
    curve = ", ".join(f"{name.replace('_', ' ')} {number(value)}" for name, value in inputs.reach.items())
    counts = [[name, int(numbers.get(name, 0))] for name in dict.fromkeys(parameters["status"])]
    return "\n".join([
        "## Inputs, which no part of the replay explains", "",
        f"Reach as published, by the curve that comes closest ({curve}, from the end of 2010 on). The law by "
        "its dates; before the first of them it is as in January 2011:", "",
        table(["from", "law", "parameters", "source"], law), "",
        "Law that is not in the replay:", "",
        table(["what", "why"], left_out()), "",
        "With eras, business models open to founders; the others are open from the start:", "",
        table(["from", "what", "source", ""], eras), "",
        f"## On what the other numbers rest: nothing later than {until}", "",
        table(["what", "parameters"], counts), "",
        f"{KNOWN.capitalize()}: its last year is {until} or earlier. {DRAWN.capitalize()}: each world has "
        f"its own. {HELD.capitalize()}: a guess that is the same in all worlds. {DESIGN.capitalize()}: "
        "units, accounts, numerics and scale; the scale of sums was once set by sizes of 2019 and 2020, so "
        "sizes are no hits. parameters.csv has every one with its source and the years of which that "
        "speaks. Those whose source speaks of later years, or of none, were replaced:", "",
        table(["parameter", "here", "later value", "source of that", "its years", "here instead"], rows), "",
        "These rest on facts of known years, and stayed:", "",
        table(["parameter", "value", "source", "its years until"], stayed), "",
        "## What changes with the later values", "",
        "The same worlds with the later values of all of these at once:", "",
        of_later(found.later), "",
    ])  # fmt: skip


def left_out() -> list[list[str]]:
    """Published rules that nothing stands for, and named ones that are no law of the country, with why."""
    named, country = seeds("law"), seeds("history")["country"]
    others = [name for name, one in named.items() if "changes" in one and name not in named[country]["rules"]]
    return [[*one] for one in LEFT_OUT.items()] + [[named[one]["title"], named[one]["why"]] for one in others]


def guessed(change: Any) -> str:
    """Whether the date of an opening is assumed."""
    era = seeds("history")["eras"][change.opens[0]]
    return "assumed" if era.get("assumed") else ""


def date_of(change: Any) -> str:
    """The quarter of a change that is counted from the beginning, as a date."""
    from sim.law import name_of

    return name_of(int(change.at), seeds("history")["begins"])


def of_later(later: Frame) -> str:
    """Quantities here and with later values."""
    rows = []
    for _, one in later.iterrows():
        times = scale(str(one["quantity"]))
        if not one["worlds"]:
            continue
        change = {"worlds": one["worlds"], "mean": one["change"], "low": one["low"], "high": one["high"]}
        told = [number(times * one["here"]), number(times * one["later"]), spread(change, "mean", times)]
        rows.append([f"{one['quantity']}{', %' if times == 100.0 else ''}", called(str(one["arm"])), *told])
    return table(["", "", "here", "with later values", "change"], rows, aligned=True)


# -- figures ----------------------------------------------------------------------------------------------


def published_beside(years: Mapping[str, Years]) -> Figure:
    """Each published series with the three ways: median over worlds and quartiles; dashed: unclosed."""
    told = seeds("history")["series"]
    title = (
        "2011 to 2025 replayed three ways, beside what was published (black); of the essay speak the ways "
    )
    title += "without eras alone"
    figure, axes = panels(12, title, rows=3, width=4.0, height=2.9)
    for panel, name in zip(axes, SHOWN, strict=False):
        drawn = [curve(panel, one, name, arm) for arm, one in years.items()]
        points(panel, told[name]["points"])
        share = told[name]["unit"] == "share" or name in ("open", "opened")
        panel.set(xlim=(2011, 2026), ylim=(0, None), xticks=range(2011, 2027, 3))
        panel.set_title("\n".join(folded(told[name]["title"])), fontsize=8.5)
        if share:
            panel.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
        if not any(drawn):
            panel.text(2018.5, 0.5 * panel.get_ylim()[1], "the model has none", ha="center", color="#7f7f7f")
    peaked(axes[0], axes[1])
    legend(axes[-1], years)
    return figure


def folded(text: str) -> list[str]:
    """A title in lines that fit."""
    import textwrap

    return textwrap.wrap(text, 44)


def peaked(*axes: Axes) -> None:
    """These panels are in shares of the peak."""
    for panel in axes:
        panel.set_ylabel("of the highest known number", fontsize=8)


def tint(arm: str) -> str:
    """The colour of a way, with or without the closure."""
    way = arm.removesuffix(UNCLOSED)
    return TINTS.get(way) or colour(way, [way])


def curve(axes: Axes, arm: Years, name: str, called_: str) -> bool:
    """One arm's line; returns whether there was anything to draw."""
    values = arm.series[name]
    known = np.isfinite(values).mean(axis=0) >= 0.5
    if not known.any():
        return False
    at = np.array(arm.years)[known] + 1.0  # a year's number is drawn at its end
    low, middle, high = np.nanquantile(values[:, known], [0.25, 0.5, 0.75], axis=0)
    dashed = called_.endswith(UNCLOSED)
    if not dashed:
        axes.fill_between(at, low, high, color=tint(called_), alpha=0.16, linewidth=0)
    axes.plot(at, middle, color=tint(called_), linewidth=1.6, linestyle="--" if dashed else "-")
    return True


def points(axes: Axes, published: Sequence[Mapping[str, Any]]) -> None:
    """Published points, spans and ranges in black; counts as shares of the highest known one."""
    counts = [one["value"] for one in published if one.get("value", 0) > 1]
    known = f"{seeds('history')['known_until']}-12"
    whole = max([one["value"] for one in seeds("history")["series"]["open"]["points"] if one["at"] <= known])
    by = float(whole) if counts else 1.0
    by = 1.0 if any("low" in one and one["low"] > 1 for one in published) else by
    for one in published:
        at = year_of(one["at"])
        low, high = (one.get(end, one.get("value")) / by for end in ("low", "high"))
        begin = year_of(one["from"]) if "from" in one else at
        if begin < at or low < high:
            axes.fill_between([begin - 0.05, at + 0.05], low, high, color="black", alpha=0.35, linewidth=1)
        else:
            axes.plot([at], [low], color="black", marker="o", markersize=3.5, linestyle="")


def year_of(month: str) -> float:
    """The end of a month, in years."""
    return int(month[:4]) + int(month[5:]) / 12.0


def legend(axes: Axes, years: Mapping[str, Years]) -> None:
    """Who is who, in a panel of its own."""
    for arm in years:
        line = "--" if arm.endswith(UNCLOSED) else "-"
        axes.plot([], [], color=tint(arm), linestyle=line, label=called(arm))
    axes.plot([], [], color="black", marker="o", linestyle="", label="published")
    axes.set_axis_off()
    axes.legend(frameon=False, fontsize=8.5, loc="center left")


def mixes(years: Mapping[str, Years]) -> Figure:
    """How many platforms live of each business model, by way: means over worlds."""
    ways = [arm for arm in years if not arm.endswith(UNCLOSED)]
    names = sorted({model for arm in ways for model in years[arm].alive})
    title = "Living platforms by business model (means over worlds); what opens when is given in the first "
    title += "panel alone"
    figure, axes = panels(len(ways), title, width=4.2, height=3.4, sharey=True)
    for panel, arm in zip(axes, ways, strict=True):
        at, base = np.array(years[arm].years) + 1.0, np.zeros(len(years[arm].years))
        for name in names:
            height: Values = years[arm].alive.get(name, np.zeros((1, len(at)))).mean(axis=0)
            panel.fill_between(
                at, base, base + height, color=colour(name, names), alpha=0.8, linewidth=0, label=label(name)
            )
            base = base + height
        panel.set(title=called(arm), xlim=(2011, 2026), xticks=range(2011, 2027, 3))
    axes[0].set(ylabel="platforms, giants left out", ylim=(0, None))
    axes[-1].legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
