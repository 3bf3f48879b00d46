"""Pieces of figures: colours, bands over worlds, names written where curves end.

Colours are those of Okabe and Ito (2008), which the colour-blind can tell apart; integration without real
gains is dashed besides.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.judge.means import mean_intervals
from experiments.measure.arithmetic import Values
from experiments.measure.futures import FOCUS, FREE, NO_GAINS, NO_PROCESS, Frame
from experiments.run.world import CONTROL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {
    CONTROL: "#7f7f7f",
    "consumer_traffic": "#e69f00",
    "institution_traffic": "#d55e00",
    "sideline_platform": "#0072b2",
    FOCUS: "#009e73",
    NO_GAINS: "#000000",
    NO_PROCESS: "#000000",
    FREE: "#56b4e9",
}
SPARE = ("#cc79a7", "#f0e442")
STYLE: Any = {
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "figure.dpi": 150,
    "savefig.dpi": 150,
}


def colour(arm: str, arms: list[str]) -> str:
    """The colour of an arm; business models that are not in the list take the spare ones in turn."""
    if arm in COLOURS:
        return COLOURS[arm]
    new = [one for one in arms if one not in COLOURS]
    return SPARE[new.index(arm) % len(SPARE)]


@contextmanager
def styled() -> Iterator[None]:
    """Figures drawn and written inside look like all others."""
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        yield


def panels(
    count: int,
    title: str,
    *,
    rows: int = 1,
    width: float = 5.4,
    height: float = 4.0,
    sharex: bool = False,
    sharey: bool = False,
) -> tuple[Figure, list[Axes]]:
    """A figure of panels, so wide and high each [inches], under one title.

    Args:
        count: panels, the same number in each of the ``rows``, which they fill one after the other.
    """
    from matplotlib.figure import Figure

    columns = count // rows
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=sharex, sharey=sharey)
    lines = textwrap.fill(title, int(9.3 * width * columns))  # so many letters fit into the width
    figure.suptitle(lines, x=0.01, ha="left", fontsize=11.5, fontweight="bold")
    return figure, list(axes.flat)


def wide(table: Frame, column: str, arm: str) -> Values:
    """(worlds, quarters) of one arm, the mean over its lucks."""
    mine = table.loc[table["arm"] == arm]
    return mine.pivot_table(index="world", columns="since", values=column, dropna=False).to_numpy(float)


def rolling(values: Values) -> Values:
    """Sums over the last four quarters (fewer at the start), along the last axis."""
    totals = np.cumsum(values, axis=-1)
    before = np.concatenate([np.zeros_like(totals[..., :4]), totals[..., :-4]], axis=-1)
    return totals - before[..., : totals.shape[-1]]


def band(axes: Axes, values: Values, colour: str, *, dashed: bool = False, filled: bool = True) -> float:
    """Median over worlds, and where ``filled`` a band between the quartiles; returns where the line ends (NaN
    where nowhere).

    Quarters in which fewer than half of the worlds have a number are left out.
    """
    known = np.isfinite(values).mean(axis=0) >= 0.5
    if not known.any():
        return float("nan")
    at = np.arange(1, values.shape[1] + 1)[known]
    low, middle, high = np.nanquantile(values[:, known], [0.25, 0.5, 0.75], axis=0)
    if filled:
        axes.fill_between(at, low, high, color=colour, alpha=0.16, linewidth=0)
    axes.plot(at, middle, color=colour, linewidth=1.8, linestyle="--" if dashed else "-")
    return float(middle[-1])


def mean_curve(axes: Axes, values: Values, colour: str, *, dashed: bool = False, aside: float = 0.0) -> float:
    """Mean over worlds, and in every fifth of the time a bar that is its 95 % interval, where there is one;
    returns where the line ends. Worlds are the observations, whatever was counted in them.

    Args:
        values: (worlds, quarters), finite.
        aside: by how many fifths the bars stand earlier, so that those of several curves do not hide another.
    """
    quarters = values.shape[1]
    fifth = max(1, quarters // 5)
    axes.plot(
        np.arange(1, quarters + 1),
        values.mean(axis=0),
        color=colour,
        linewidth=1.8,
        linestyle="--" if dashed else "-",
    )
    for end in range(quarters, 0, -fifth):
        at = max(1, round(end - aside * fifth))
        one = mean_intervals(values[:, at - 1][None, :])[0]
        axes.plot([at, at], [one.low, one.high], color=colour, linewidth=1.2, alpha=0.7)
    return float(values[:, -1].mean())


def label_ends(axes: Axes, ends: Mapping[str, tuple[float, str]], *, gap: float = 0.055) -> None:
    """Write names beside the ends of curves, pushed apart until none touches another.

    ``ends``: name -> (value at the end, colour). Call it when the limits of the axes are final.
    """
    transform = axes.transData + axes.transAxes.inverted()
    right = axes.get_xlim()[1]
    places = {
        name: float(np.clip(transform.transform((right, value))[1], 0.0, 1.0))
        for name, (value, _) in ends.items()
        if np.isfinite(value)
    }
    order = sorted(places, key=places.__getitem__)
    heights = np.array([places[name] for name in order])
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + gap)
    if len(heights) and heights[-1] > 1.0:
        heights[-1] = 1.0
        for i in range(len(heights) - 2, -1, -1):
            heights[i] = min(heights[i], heights[i + 1] - gap)
    for name, height in zip(order, heights, strict=True):
        axes.annotate(
            name, (1.02, height), xycoords="axes fraction", va="center", color=ends[name][1], fontsize=8.5
        )


def logarithmic(axes: Axes) -> None:
    """A logarithmic vertical axis with plain numbers on it."""
    from matplotlib.ticker import FuncFormatter

    axes.set_yscale("log", nonpositive="clip")  # zero is drawn below the axis, not left out
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def finish(axes: Axes, horizon: int, ends: Mapping[str, tuple[float, str]], name: str) -> None:
    """Limits and labels of a panel over time, and names at the ends of its curves; call it last."""
    axes.set(xlim=(0, horizon), xlabel="quarters since the branching", ylabel=name)
    label_ends(axes, ends)
