"""Four pictures that one always wants: `from sim import plot`, then `plot.paths(world)`. Each gives a Figure.

Futures are one economy, or several by the name that the picture shall give them:
`plot.paths({"linked": linked, "banks only": banks_only})`. Money is in yuan.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import numpy as np

from sim.engine.chart import Flow
from sim.engine.units import FEN, in_yuan, shown
from sim.record.told import QUARTERS

MAIN = ("output", "unemployment", "inflation", "firm_credit", "default_rate", "linked_sales")
# of Okabe and Ito (2008), which the colour-blind can tell apart
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#7f7f7f", "#000000")
STYLE: Any = {
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": f"cycler('color', {list(COLOURS)})",
    "legend.frameon": False,
    "figure.dpi": 110,
}
STROKES = ("-", "--", "-.", ":")  # so that futures that run on one line are all seen
TENTHS = 10
Drawing = TypeVar("Drawing", bound=Callable[..., Any])


def styled(draw: Drawing) -> Drawing:
    """What is drawn within looks like the others."""

    @functools.wraps(draw)
    def drawn(*args: Any, **kwargs: Any) -> Any:
        import matplotlib as mpl

        with mpl.rc_context(STYLE):
            return draw(*args, **kwargs)

    return cast(Drawing, drawn)


def named(futures: Any) -> dict[str, Any]:
    """Economies by name. ValueError, in one line, where there is none, or one has no recorded quarter."""
    if isinstance(futures, Mapping):
        found = dict(futures)
    else:
        titles = {row.name: row.title for row in futures.models}
        found = {", ".join(titles[name] for name in futures.mix): futures}
    if not found:
        raise ValueError("there is nothing to draw: give an economy, or several by name")
    for name, economy in found.items():
        if not len(economy.records):
            raise ValueError(f"{name} has no recorded quarter to draw: run it first")
    return found


def canvas(rows: int, columns: int, title: str) -> tuple[Any, list[Any]]:
    """A figure of that many panels, and the panels."""
    import matplotlib.pyplot as plt  # it makes a notebook show figures

    size = (4.2 * columns, 2.7 * rows + 0.3)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    plt.close(figure)  # whoever asked has it; a notebook would show it twice
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure, list(axes.flat)


def in_percent(axis: Any, unit: str) -> str:
    """Shares are told in per cent: of an axis of this unit, the name."""
    if unit.split("/")[0].split(" of ")[0] != "share":
        return unit
    from matplotlib.ticker import PercentFormatter

    axis.yaxis.set_major_formatter(PercentFormatter(1.0))
    return unit.replace("share", "%", 1)


def draw_line(axis: Any, values: Any, label: str, n: int) -> None:
    """The path of the n-th future; the first is the widest, for others may lie on it."""
    axis.plot(values, label=label, linestyle=STROKES[n % len(STROKES)], linewidth=max(1.1, 2.0 - 0.4 * n))


def in_millions(unit: str, most: float) -> tuple[float, str]:
    """By what amounts of a unit are divided to be read, and the name of the unit then."""
    for size, word in ((1e6, "million"), (1e4, "thousand")):
        if most >= size and unit.split("/")[0] in ("yuan", "goods"):
            return (1e6 if size == 1e6 else 1e3), f"{word} {unit}"
    return 1.0, unit


def legend(figure: Any, axis: Any, names: Sequence[str]) -> None:
    """One legend for all panels, below them, where there is more than one name."""
    if len(names) > 1:
        handles, labels = axis.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower left", ncols=min(4, len(names)))


@styled
def paths(futures: Any, names: Sequence[str] = MAIN) -> Any:
    """Paths of recorded indicators, a panel each; a line marks the quarter in which a future branched.

    ValueError, in one line, for a name that is not recorded.
    """
    found = named(futures)
    for name in names:
        if name not in QUARTERS:
            raise ValueError(f"{name!r} is not recorded: records.quarters has {len(QUARTERS)} names")
    columns = min(3, len(names))
    title = f"The economy, quarter by quarter: {', '.join(found)}"
    figure, axes = canvas(-(-len(names) // columns), columns, title)
    for axis, name in zip(axes, names, strict=False):
        lines = {label: in_yuan(economy.records.quarters)[name] for label, economy in found.items()}
        most = float(np.nan_to_num(np.abs(list(lines.values()))).max())
        by, unit = in_millions(shown(QUARTERS[name].unit)[1], most)
        for n, (label, line) in enumerate(lines.items()):
            draw_line(axis, line / by, label, n)
        for branched in {economy.branched for economy in found.values()} - {0}:
            axis.axvline(branched, color="#bbbbbb", linewidth=0.8, zorder=0)
        axis.set_title(name.replace("_", " "))
        axis.set_ylabel(in_percent(axis, unit))
    return finished(figure, axes, found, used=len(names))


def finished(figure: Any, axes: list[Any], found: Mapping[str, Any], used: int) -> Any:
    """The figure without panels that nothing was drawn in, with the names below."""
    for axis in axes[used:]:
        axis.set_axis_off()
    for axis in axes[:used]:
        axis.set_xlabel("quarter")
    legend(figure, axes[0], list(found))
    return figure


@styled
def platforms(futures: Any) -> Any:
    """How many platforms are alive, and what they earn and spend together, by quarter."""
    found = named(futures)
    figure, axes = canvas(1, 3, f"Platforms, quarter by quarter: {', '.join(found)}")
    for n, (label, economy) in enumerate(found.items()):
        quarters = in_yuan(economy.records.quarters)
        costs = (quarters["platform_revenue"] - quarters["platform_profit"]) * quarters["gdp"]
        draw_line(axes[0], quarters["platforms_alive"], label, n)
        draw_line(axes[1], quarters["platform_revenue"] * quarters["gdp"] / 1e6, label, n)
        draw_line(axes[2], costs / 1e6, label, n)
    for axis, title, unit in zip(
        axes,
        ("alive and acting", "revenue of all", "costs of all, growth included"),
        ("platforms", "million yuan/quarter", "million yuan/quarter"),
        strict=True,
    ):
        axis.set_title(title)
        axis.set_ylabel(unit)
        axis.set_ylim(bottom=0.0)
    return finished(figure, axes, found, used=3)


@styled
def firms(economy: Any) -> Any:
    """Firms as they stand: how large the largest are, and to whom which size owes."""
    name, of = next(iter(named(economy))), economy.firms.columns
    alive = np.flatnonzero(of["alive"] & (of["workers"] > 0.0))
    figure, (sizes, credit) = canvas(1, 2, f"Firms in quarter {economy.quarter}: {name}")
    workers = np.sort(of["workers"][alive])[::-1]
    sizes.loglog(workers, np.arange(1, len(workers) + 1) / len(workers), ".", markersize=3)
    sizes.set_title("how many are so large")
    sizes.set_xlabel("workers, at least")
    sizes.set_ylabel("share of firms")
    tenths = np.array_split(alive[np.argsort(of["workers"][alive], kind="stable")], TENTHS)
    base, places = np.zeros(TENTHS), np.arange(1, TENTHS + 1)
    for column, label in (
        ("bank_debt", "its bank"),
        ("syndicated_debt", "all banks together"),
        ("platform_debt", "through a platform"),
    ):
        owed = np.array([of[column][rows].sum() for rows in tenths]) / FEN
        sales = np.array([of["sales"][rows].sum() for rows in tenths]) / FEN
        part = np.divide(owed, 4.0 * sales, out=np.zeros(TENTHS), where=sales > 0.0)
        credit.bar(places, part, bottom=base, label=label)
        base += part
    credit.set_title("what they owe, by size")
    credit.set_xlabel("tenth of firms by workers, smallest first")
    credit.set_ylabel(in_percent(credit, "share of yearly sales"))
    credit.set_xticks(places)
    credit.legend(title="owed to", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


@styled
def flows(economy: Any, quarters_ago: int = 0) -> Any:
    """What sectors paid each other in a recorded quarter: a matrix of payers and payees.

    Raises IndexError, in one line, where no such quarter is recorded.
    """
    from matplotlib.colors import LogNorm

    recorded = len(economy.records)
    if not 0 <= quarters_ago < recorded:
        raise IndexError(f"quarters_ago = {quarters_ago}: {recorded} quarters are recorded")
    sectors = list(economy.tables)
    paid = np.zeros((len(sectors), len(sectors)))
    for name, fen in economy.records.of_flows[-1 - quarters_ago].items():
        flow = economy.ledger.chart.flows[name]
        if isinstance(flow, Flow) and flow.in_money:
            paid[sectors.index(flow.payer), sectors.index(flow.payee)] += fen / FEN / 1e6
    quarter = int(economy.records.lines[-1 - quarters_ago]["quarter"])
    figure, (axis,) = canvas(1, 1, f"Who paid whom in quarter {quarter}, million yuan")
    figure.set_size_inches(6.6, 4.6)
    seen = np.ma.masked_less_equal(paid, 0.0)
    most = float(paid.max())
    image = axis.imshow(seen, cmap="Blues", norm=LogNorm(most * 1e-5, most) if most > 0.0 else None)
    for payer, payee in np.argwhere(paid > 0.0):
        amount = paid[payer, payee]
        dark = "white" if amount > most * 0.02 else "black"
        words = f"{amount:,.0f}" if amount >= 100.0 else f"{amount:.2g}"
        axis.text(payee, payer, words, ha="center", va="center", fontsize=8, color=dark)
    axis.set_xticks(range(len(sectors)), sectors, rotation=30, ha="right")
    axis.set_yticks(range(len(sectors)), sectors)
    axis.set_xlabel("to")
    axis.set_ylabel("from")
    figure.colorbar(image, ax=axis, label="million yuan/quarter")
    return figure
