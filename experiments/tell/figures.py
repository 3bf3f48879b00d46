"""Figures of the main job. A title says what was found, and is read from the tables that are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.judge.family import BETTER, WORSE
from experiments.judge.stakes import EARNS
from experiments.judge.verdict import Verdict
from experiments.measure.arithmetic import Values, shares
from experiments.measure.futures import FOCUS, NO_GAINS, PLACEBO, Frame
from experiments.measure.measures import GROUPS, PRIMARY
from experiments.run.world import CONTROL
from experiments.tell.drawing import band, colour, finish, logarithmic, mean_curve, panels, rolling, wide
from experiments.tell.verdict import capital, in_words, since, takes
from experiments.tell.words import amount, label, listed, readable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Draw = Callable[[], "Figure"]
EDGE = 100.0  # margins: differences beyond are drawn there


def figures(judged: Verdict, stakes: Frame, tables: Mapping[str, Frame]) -> dict[str, Draw]:
    """What draws each figure, by its name.

    Args:
        judged, stakes: what titles are read from.
        tables: ``quarters`` of the store.
    """
    found: dict[str, Draw] = {
        "survival": lambda: lives_and_pays(stakes, tables),
        "contrasts": lambda: contrasts(judged),
        "growth": lambda: growth(stakes, tables),
        "output": lambda: output(judged, tables),
    }
    return found if acting(stakes) else {}


def acting(stakes: Frame) -> list[str]:
    """The arms in which platforms act."""
    return [arm for arm in dict.fromkeys(map(str, stakes["arm"])) if arm != CONTROL]


def per(parts: Values, wholes: Values) -> Values:
    """parts / wholes, 0 where there are no parts yet, NaN where there is no whole."""
    return shares(np.maximum(0.0, parts), wholes, none=np.nan)


def low_end(series: Mapping[str, Values]) -> float:
    """Where a logarithmic axis begins: a third of the lowest of the medians by arm that are above zero."""
    late = (one[:, 8:][np.isfinite(one[:, 8:])] for one in series.values())
    medians = [float(np.median(one)) for one in late if one.size]
    return min((one for one in medians if one > 0), default=0.003) / 3.0


def curves(
    axes: Axes, series: Mapping[str, Values], name: str, *, log: bool = False, least: float = 0.0
) -> None:
    """One median by arm, (worlds, quarters) each, and its name at its end; the focus has its quartiles, the
    bands of all others would hide one another. A logarithmic axis reaches up to ``least`` at least."""
    ends = {}
    for arm, values in series.items():
        tint = colour(arm, list(series))
        ends[label(arm)] = band(axes, values, tint, dashed=arm == NO_GAINS, filled=arm == FOCUS), tint
    if log:
        logarithmic(axes)
        axes.set_ylim(low_end(series), max(least, axes.get_ylim()[1]))
    finish(axes, next(iter(series.values())).shape[1], ends, name)


def lives_title(stakes: Frame) -> str:
    """Who earns what it costs, from when on."""
    rows = stakes.loc[stakes["quantity"] == EARNS]
    living = [
        f"{label(str(row['arm']))} {since(row)}" for _, row in rows.iterrows() if np.isfinite(row["median"])
    ]
    if not living:
        return "In the middle world no kind of platform comes to earn its costs"
    return f"In the middle world platforms earn their costs: {listed(living)}"


def lives_and_pays(stakes: Frame, tables: Mapping[str, Frame]) -> Figure:
    """How many platforms live, by arm; what share of their costs they earn, by year."""
    arms = acting(stakes)
    quarters = tables["quarters"]
    figure, (left, right) = panels(2, lives_title(stakes))
    pay, ends = {}, {}
    for place, arm in enumerate(arms):
        revenue = rolling(wide(quarters, "platform_revenue", arm))
        pay[arm] = per(revenue, revenue - rolling(wide(quarters, "platform_profit", arm)))
        alive = wide(quarters, "platforms_alive", arm)
        tint = colour(arm, arms)
        ends[label(arm)] = (
            mean_curve(left, alive, tint, dashed=arm == NO_GAINS, aside=place / (2.0 * len(arms))),
            tint,
        )
    left.set_ylim(bottom=0.0)
    left.set_title("Platforms alive (mean over worlds, 95 % interval)")
    finish(left, pay[arms[0]].shape[1], ends, "platforms that live")
    curves(right, pay, "revenue over all costs", log=True, least=1.5)
    right.axhline(1.0, color="black", linewidth=0.8)
    right.annotate("break-even", (0.01, 1.0), xycoords=("axes fraction", "data"), va="bottom", fontsize=8.5)
    right.set_title(f"Share of costs earned, by year (median; {label(FOCUS)}: quartiles)")
    return figure


def contrasts_title(found: Verdict) -> str:
    """How many questions about the focus are settled for and against it."""
    rows = focused(found)
    settled, lost = (int((rows["word"] == word).sum()) for word in (BETTER, WORSE))
    title = f"After {found.horizon} quarters {label(FOCUS)} is surely better in {settled} of {len(rows)}"
    return f"{title} questions, surely worse in {lost}"


def focused(found: Verdict) -> Frame:
    """The questions that are drawn: those about the focus."""
    family = found.family
    return family.loc[(family["arm"] == FOCUS) & (family["other"] != NO_GAINS)]


def contrasts(found: Verdict) -> Figure:
    """The differences of the verdict's table in units of their margins, turned so that right is better."""
    rows = focused(found)
    others = list(dict.fromkeys(map(str, rows["other"])))
    cells = rows.set_index(["outcome", "other"])
    figure, columns = panels(2, contrasts_title(found), width=6.4, height=6.4)
    for axes, groups in zip(columns, (list(GROUPS)[:3], list(GROUPS)[3:]), strict=True):
        row = 0.0
        axes.axvspan(-1.0, 1.0, color="0.93", linewidth=0)
        for group in groups:
            heading = axes.annotate(group, (0.0, row), xycoords=axes.get_yaxis_transform(), xytext=(-4, 0),
                                    textcoords="offset points")  # fmt: skip
            heading.set(fontweight="bold", va="center", ha="right", annotation_clip=False)
            for one in (one for one in PRIMARY if one.group == group):
                row += 1.0
                name = f"{one.title}\n(margin {amount(one.margin, one.unit)})"
                axes.text(-0.01, row, name, va="center", ha="right", fontsize=8.5,
                          transform=axes.get_yaxis_transform())  # fmt: skip
                for place, other in enumerate(others):
                    if (one.name, other) in cells.index:
                        height = row + 0.17 * (place - (len(others) - 1) / 2)
                        dot(axes, cells.loc[(one.name, other)], height, colour(other, others))
            row += 1.4
        axes.axvline(0.0, color="black", linewidth=0.8)
        axes.set_xscale("symlog", linthresh=1.0)
        axes.set(xlim=(-EDGE, EDGE), ylim=(row - 0.6, -0.8), yticks=[])
        ticks = [-100, -10, -1, 0, 1, 10, 100]
        axes.set_xticks(ticks, [f"{tick:g}".replace("-", "−") for tick in ticks])
        axes.set_xlabel("worse ←  difference, in margins (95 % interval)  → better")
    columns[0].plot([], [], "o", color="black", markersize=5, label="filled: surely better or worse")
    columns[0].plot([], [], "|", color="0.45", markersize=7, label="size of the placebo")
    for other in others:
        columns[0].plot([], [], "o", color=colour(other, others), markersize=5, label=f"than {label(other)}")
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8.5)
    return figure


def dot(axes: Axes, row: Any, height: float, tint: str) -> None:
    """One question: its difference, its interval, and on both sides what a change without a meaning does."""
    turned = float(row["direction"]) / float(row["margin"])
    mean, low, high = (
        float(np.clip(turned * row[name], -EDGE, EDGE)) for name in ("difference", "low", "high")
    )
    size = float(row["placebo"]) / float(row["margin"])
    axes.plot([-size, size], [height, height], "|", color="0.45", markersize=5)
    axes.plot([low, high], [height, height], color=tint, linewidth=1.2, alpha=0.6)
    face = tint if row["word"] in (BETTER, WORSE) else "white"
    axes.plot(mean, height, "o", color=tint, markersize=4.5, markerfacecolor=face, clip_on=False)


def growth_title(stakes: Frame) -> str:
    """What platforms take in, in the end."""
    if told := takes(stakes):
        return f"In the middle world {told}"
    return "What platforms take in"


def growth(stakes: Frame, tables: Mapping[str, Frame]) -> Figure:
    """Revenue of platforms over GDP: by quarter and arm, and in every single world in the end."""
    arms, quarters = acting(stakes), tables["quarters"]
    revenue = {arm: rolling(wide(quarters, "platform_revenue", arm)) for arm in arms}
    of_gdp = {
        arm: per(100.0 * one, np.full_like(one, 4.0)) for arm, one in revenue.items()
    }  # means of a year
    figure, (left, right) = panels(2, growth_title(stakes))
    left.set_title(f"Revenue of all platforms (median; {label(FOCUS)}: quartiles)")
    curves(left, of_gdp, readable("share of GDP")[1], log=True)
    for place, arm in enumerate(arms):
        last = of_gdp[arm][:, -1]
        spread = 0.3 * (np.argsort(np.argsort(last)) / max(1, len(last) - 1) - 0.5)
        right.plot(last, place + spread, "o", color=colour(arm, arms), alpha=0.6, markersize=4)
    right.set_xscale("symlog", linthresh=low_end(of_gdp))
    right.set_yticks(range(len(arms)), list(map(label, arms)))
    right.set(
        xlabel="revenue in the last year, % of GDP", title="Every world a dot", ylim=(len(arms) - 0.5, -0.5)
    )
    return figure


def output_title(judged: Verdict) -> str:
    """What the table says of goods at the last horizon, its word included."""
    last = judged.primary.loc[judged.primary["horizon"] == judged.primary["horizon"].max()]
    rows = last.set_index(["arm", "other", "outcome"])
    if (FOCUS, CONTROL, "goods_gain") not in rows.index:
        return f"Output against the same world with {label(CONTROL)}"
    row = rows.loc[(FOCUS, CONTROL, "goods_gain")]
    ends = [
        amount(row[e], row["unit"], signed=True, bare=True) for e in ("low", "high") if np.isfinite(row[e])
    ]
    told = f"{' to '.join(ends)}; {row['word']}" if ends else row["word"]
    difference = in_words(row, "difference")
    against = f"{capital(FOCUS)} against {label(CONTROL)}, output of {row['horizon']} quarters"
    return f"{against}: {difference} ({told})"


def output(judged: Verdict, tables: Mapping[str, Frame]) -> Figure:
    """Output against the twin: paired differences of the focus, with and without gains, and all arms."""
    quarters = tables["quarters"]
    arms = [
        arm for arm in dict.fromkeys(map(str, quarters["arm"])) if arm not in (CONTROL, *PLACEBO.values())
    ]
    base = rolling(wide(quarters, "output", CONTROL))
    lead = {arm: 100.0 * (rolling(wide(quarters, "output", arm)) / base - 1.0) for arm in arms}
    figure, (left, right) = panels(2, output_title(judged))
    name, ends = "output of a year against the twin's, %", {}
    for arm in (FOCUS, NO_GAINS):
        if arm in lead:
            tint = colour(arm, arms)
            ends[label(arm)] = (
                mean_curve(left, lead[arm], tint, dashed=arm == NO_GAINS, aside=0.1 * (arm == NO_GAINS)),
                tint,
            )
    for axes in (left, right):
        axes.axhline(0.0, color="black", linewidth=0.8)
    left.set_title("Mean over worlds (95 % interval of the paired difference)")
    finish(left, base.shape[1], ends, name)
    curves(right, lead, name)
    right.set_title(f"All business models (median; {label(FOCUS)}: quartiles)")
    return figure
