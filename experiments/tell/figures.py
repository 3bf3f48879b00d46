"""Figures of the main job. A title says what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.judge.comparison import Comparison, drivers
from experiments.judge.family import BETTER, WORSE
from experiments.judge.intervals import survival, terciles, wilson
from experiments.judge.verdict import Verdict
from experiments.measure.arithmetic import Values, shares
from experiments.measure.futures import FOCUS, NO_GAINS, Frame
from experiments.measure.measures import GROUPS, PRIMARY
from experiments.run.world import CONTROL
from experiments.tell.drawing import (
    THIRD,
    band,
    colour,
    finish,
    logarithmic,
    panels,
    rolling,
    wide,
)
from experiments.tell.words import label, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def figures(
    found: Comparison, judged: Verdict, tables: Mapping[str, Frame], drawn: Frame
) -> dict[str, Callable[[], Figure]]:
    """What draws each figure, by its name.

    Args:
        judged: what titles are read from.
        tables: ``quarters`` and ``platforms`` of the store.
        drawn: parameters by world.
    """
    return {
        "survival": lambda: lives_and_pays(found, tables),
        "contrasts": lambda: contrasts(judged),
        "growth": lambda: growth(found, tables),
        "output": lambda: output(found, judged, tables, drawn),
    }


def acting(found: Comparison) -> list[str]:
    arms = list(dict.fromkeys(map(str, found.measures["arm"])))
    return [arm for arm in arms if arm != CONTROL]


def curves(
    axes: Axes,
    series: Mapping[str, Values],
    arms: list[str],
    name: str,
    *,
    log: bool = False,
    floor: float = 0.0,
) -> None:
    """One curve with its band per arm, (worlds, quarters) each, and its name at its end."""
    ends = {}
    for arm, values in series.items():
        tint = colour(arm, arms)
        ends[label(arm)] = band(axes, values, tint, dashed=arm == NO_GAINS), tint
    if log:
        logarithmic(axes)
        axes.set_ylim(floor, None)
    finish(axes, next(iter(series.values())).shape[1], ends, name)


def per(parts: Values, wholes: Values) -> Values:
    """parts / wholes, 0 where there are no parts yet, NaN where there is no whole."""
    return shares(np.maximum(0.0, parts), wholes, none=np.nan)


def low_end(series: Mapping[str, Values]) -> float:
    """Where a logarithmic axis begins: a third of the lowest of the medians by arm that are above zero."""
    late = (one[:, 8:][np.isfinite(one[:, 8:])] for one in series.values())
    medians = [float(np.median(one)) for one in late if one.size]
    return min((one for one in medians if one > 0), default=0.003) / 3.0


def lives_and_pays(found: Comparison, tables: Mapping[str, Frame]) -> Figure:
    """Survival of platforms by arm; what share of their costs they earn, by year."""
    arms = acting(found)
    quarters, platforms = tables["quarters"], tables["platforms"]
    horizon = int(quarters["since"].max())
    pay, living = {}, []
    for arm in arms:
        revenue = rolling(wide(quarters, "platform_revenue", arm))
        spent = revenue - rolling(wide(quarters, "platform_profit", arm))
        pay[arm] = per(revenue, spent)
        if np.median(revenue[:, -1] - spent[:, -1]) > 0:
            living.append(label(arm))
    title = (
        f"Above break-even at the end, in most worlds: {listed(living)}"
        if living
        else "No kind of platform earns its costs at the end in most worlds"
    )
    figure, (left, right) = panels(2, title)
    ends = {}
    for arm in arms:
        mine = platforms.loc[platforms["arm"] == arm].groupby(["world", "platform"])["alive"]
        lived = mine.sum().to_numpy(float)
        # a platform recorded alive in k quarters closed in the one after, at the latest in the last
        curve = survival(np.minimum(lived + 1.0, horizon), lived < horizon, horizon=horizon)
        tint = colour(arm, arms)
        at = np.append(curve["time"], horizon)
        shown = {name: np.append(curve[name], curve[name].iloc[-1]) for name in ("survival", "low", "high")}
        left.step(at, shown["survival"], where="post", color=tint, linestyle="--" if arm == NO_GAINS else "-")
        left.fill_between(at, shown["low"], shown["high"], step="post", color=tint, alpha=0.12, linewidth=0)
        ends[label(arm)] = float(shown["survival"][-1]), tint
    left.set(ylim=(0, 1.03), title="Platforms alive, all worlds together (95 % band)")
    finish(left, horizon, ends, "share still alive")
    curves(right, pay, arms, "revenue over all costs", log=True, floor=low_end(pay))
    right.axhline(1.0, color="black", linewidth=0.8)
    right.annotate("break-even", (0.01, 1.0), xycoords=("axes fraction", "data"), va="bottom", fontsize=8.5)
    right.set_title("Share of costs earned, year by year (median, quartiles)")
    return figure


def contrasts(found: Verdict) -> Figure:
    """Share of worlds in which the focus is better than each other arm, primary outcome by outcome."""
    family = found.family.loc[(found.family["arm"] == FOCUS) & (found.family["other"] != NO_GAINS)]
    others = list(dict.fromkeys(map(str, family["other"])))
    pairs = {arm: family.loc[family["other"] == arm].set_index("outcome") for arm in others}
    of_worlds = found.pairs.loc[found.pairs["arm"] == FOCUS].set_index(["other", "outcome"])
    settled, lost = (int((family["word"] == word).sum()) for word in (BETTER, WORSE))
    title = f"After {found.horizon} quarters {label(FOCUS)} is surely better in {settled} of {len(family)}"
    figure, columns = panels(2, f"{title} questions, surely worse in {lost}", width=6.2, height=6.4)
    for axes, groups in zip(columns, (list(GROUPS)[:3], list(GROUPS)[3:]), strict=True):
        row = 0.0
        for group in groups:
            heading = axes.annotate(group, (0.0, row), xytext=(-4, 0), textcoords="offset points")
            heading.set(fontweight="bold", va="center", ha="right", annotation_clip=False)
            for one in (one for one in PRIMARY if one.group == group):
                row += 1.0
                axes.text(-0.01, row, one.title, va="center", ha="right")
                for place, (arm, part) in enumerate(pairs.items()):
                    height = row + 0.17 * (place - (len(pairs) - 1) / 2)
                    if one.name in part.index:
                        word = str(part.loc[one.name, "word"])
                        dot(axes, of_worlds.loc[(arm, one.name)], word, height, colour(arm, others))
            row += 1.4
        axes.axvline(0.5, color="black", linewidth=0.8)
        axes.set(xlim=(0, 1), ylim=(row - 0.6, -0.8), yticks=[])
        axes.set_xlabel(f"share of worlds in which {label(FOCUS)} is better (95 % interval)")
    columns[0].plot([], [], "o", color="black", markersize=5, label="filled: surely better or worse")
    for arm in pairs:
        columns[0].plot([], [], "o", color=colour(arm, others), markersize=5, label=f"than {label(arm)}")
    figure.legend(loc="outside lower center", ncols=len(pairs) + 1, frameon=False, fontsize=8.5)
    return figure


def dot(axes: Axes, cell: Any, word: str, height: float, tint: str) -> None:
    """One share of worlds, those level within the margin counted half, with Wilson's interval."""
    n, share = int(cell["worlds"]), float(cell["better"] + cell["level"] / 2.0)
    low, high = wilson(min(float(n), share * n), n)
    axes.plot([low, high], [height, height], color=tint, linewidth=1.0, alpha=0.45)
    face = tint if word in (BETTER, WORSE) else "white"
    axes.plot(share, height, "o", color=tint, markersize=4.5, markerfacecolor=face, clip_on=False)


def growth(found: Comparison, tables: Mapping[str, Frame]) -> Figure:
    """Revenue over GDP, and revenue per yuan of growth spend, by quarter and arm."""
    arms = acting(found)
    quarters = tables["quarters"]
    late = found.measures.loc[found.measures["measure"] == "late_growth"]
    median = late.groupby("arm", observed=True)["value"].median()
    growing = [label(arm) for arm in arms if median.get(arm, 0.0) > 0]
    title = (
        f"Revenue still grows in the last fourth of the branch under {listed(growing) if growing else 'none'}"
    )
    revenue = {arm: rolling(wide(quarters, "platform_revenue", arm)) for arm in arms}
    spent = {arm: rolling(wide(quarters, "platform_growth_spend", arm)) for arm in arms}
    yields = {arm: per(revenue[arm], spent[arm]) for arm in arms}
    # means over four quarters, in per cent
    of_gdp = {arm: per(100.0 * revenue[arm], np.full_like(revenue[arm], 4.0)) for arm in arms}
    figure, (left, right) = panels(2, title)
    left.set_title("Revenue of all platforms (median, quartiles)")
    curves(left, of_gdp, arms, "% of GDP", log=True, floor=low_end(of_gdp))
    right.set_title("Revenue per yuan spent on growth (median, quartiles)")
    curves(right, yields, arms, "yuan per yuan", log=True, floor=low_end(yields))
    return figure


def output(found: Comparison, judged: Verdict, tables: Mapping[str, Frame], drawn: Frame) -> Figure:
    """Output against the twin: integration by third of its real effects, and all arms."""
    arms = acting(found)
    quarters = tables["quarters"]
    base = rolling(wide(quarters, "output", CONTROL))
    lead = {arm: 100.0 * (rolling(wide(quarters, "output", arm)) / base - 1.0) for arm in arms}
    title = "Output against the same world without platforms"
    last = judged.primary.loc[judged.primary["horizon"] == judged.primary["horizon"].max()]
    rows = last.set_index(["arm", "other", "outcome"])
    if (FOCUS, CONTROL, "goods_gain") in rows.index:
        row = rows.loc[(FOCUS, CONTROL, "goods_gain")]
        ends = [f"{100.0 * row[end]:+.2g}" for end in ("low", "high") if np.isfinite(row[end])]
        told = f"{' to '.join(ends)}; {row['word']}" if ends else row["word"]
        title = (
            f"Output under {label(FOCUS)} in {row['horizon']} quarters: {100.0 * row['difference']:+.2g} %"
        )
        title += f" against the twin without platforms ({told})"
    figure, (left, right) = panels(2, title)
    if FOCUS in lead:
        thirds(left, lead, quarters["world"].drop_duplicates().to_numpy(int), drawn)
    name = "output against the twin world, %"
    for axes in (left, right):
        axes.axhline(0.0, color="black", linewidth=0.8)
    curves(right, lead, arms, name)
    right.set_title("All business models (median, quartiles)")
    return figure


def thirds(axes: Axes, lead: Mapping[str, Values], worlds: Any, drawn: Frame) -> None:
    """The lead in output of the focus by third of the real effects that its worlds drew, and without any."""
    effects = drivers(drawn, worlds).get("real effects")
    ends = {}
    if effects is not None and len(worlds) >= len(THIRD):
        for third, tint in THIRD.items():
            ends[f"{third} real effects"] = band(axes, lead[FOCUS][terciles(effects) == third], tint), tint
    else:
        ends["all worlds"] = band(axes, lead[FOCUS], THIRD["middle"]), THIRD["middle"]
    if NO_GAINS in lead:
        ends["no real effects"] = band(axes, lead[NO_GAINS], "#7f7f7f", dashed=True), "#7f7f7f"
    axes.set_title(f"{label(FOCUS).capitalize()}, thirds of worlds (median, quartiles)")
    finish(axes, lead[FOCUS].shape[1], ends, "output against the twin world, %")
