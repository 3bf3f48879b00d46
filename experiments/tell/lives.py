"""How platforms live, told: lives by arm, the path of prices, what a shakeout hangs on, and two figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.judge.inside import IN, OPEN, OUT
from experiments.judge.lives import FEW, Lives
from experiments.judge.means import HANGS
from experiments.measure.arithmetic import Values
from experiments.measure.customer_price import BID, PARTS, PRICES, SHARES
from experiments.measure.futures import Frame
from experiments.measure.lives import MANNERS
from experiments.tell.binding import NEUTRAL
from experiments.tell.drawing import band, colour, logarithmic, panels
from experiments.tell.markdown import table
from experiments.tell.report import Report
from experiments.tell.words import label, listed, mean_told, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BESIDE = {  # the fact of seeds/evidence.toml that a row stands beside, and how it is told there
    "left at the end, of the peak": "SHAKEOUT: half or less",
    "hazard in calm": "P2P_HAZARD_CALM: 2 to 4.5 % a month",
    "died in the worst year": "P2P_HAZARD_RUN: 30 to 66 %",
    "alive after five years": "FIVE_YEAR_SURVIVAL: about half",
    "leaders alive five years later": "LEADERS_LIVE: 48 of 50",
    "ended owing households: stopped or broke": "P2P_EXIT_MANNER: 65 to 90 %",
    "households' claims after an end, lost by the end": "LGD_P2P: 70 to 98 %",
    "revenue at its peak": "PLATFORM_REVENUE: 0.2 to 0.5 %",
    "venture money in its best year": "VENTURE_MONEY: 0.03 to 0.1 %",
}
PERCENT = (
    "hazard",
    "died",
    "left",
    "worlds with",
    "alive",
    "leaders",
    "others",
    "ended",
    "households",
    "revenue",
    "venture",
    "places",
    "bids",
)
ABOUT = (
    "Means over worlds, 95 % intervals in brackets where there are worlds enough (of shares of worlds "
    "Wilson's), and the median where a mean hangs on one world. Giants are left out of all counts of "
    "platforms and of what became of them; revenue and venture money are of the whole nation, and so are "
    "the prices below. Manners of ending are shares of all that ended; what is published of manners is of "
    "platforms that lend, and stands beside the row of those that owed households something. In the worst "
    "year those are counted too that were founded in it, so that more can end than were open; shakeouts "
    "and runs are asked for where ten or more were open. With reach as published a third of all people can "
    "be had online at the branching, as in 2010, and more by the curve that comes closest to the shares "
    "until 2022 (REACH); elsewhere reach stays where it is."
)
OF_PRICES = (
    "What a customer costs, in yuan of first wages: users, portals and links together, a person won, and "
    "one who borrows from a platform for the first time. Published of a borrower: 100 to 240 in 2015 to "
    "2017 (CAC_CREDIT_START), 1300 to 2000 in 2024 (CAC_CREDIT_LATE, beside year 8). Prices are geometric "
    "means over worlds."
)
OF_PARTS = (
    "The price of a borrower is the product of four parts, so that on a log scale they add to the whole: "
    "all that is bid, over the pool, over what is won of it, times users a borrower. The first line of an "
    "arm says how large each is, the others by what it multiplies the price since. All that is bid, by "
    "platforms and by others: yuan a person and quarter; it is the money that platforms spend so, over "
    "their part of all bids, and these two pull against each other. Pool: places a person and quarter that "
    "all bids together would win. Won of it: what platforms win, over their part of the pool; less than "
    "one where those who bid have a person already, more within ecosystems of giants."
)
OF_MECHANISMS = (
    "Harvesters of institutions once more, one mechanism at a time at the ends of its declared range (of "
    "one between too), in the same worlds. A shakeout comes where the interval of what is left of the peak "
    "lies at half or less, and does not where it lies above; it is not asked for where fewer than ten "
    "platforms are the most; the change is to usual values, in pairs of worlds. Not lived here is what in "
    "one to three single worlds moved it in no direction that held: the fund's money, its hurdle and the "
    "weight of promises, how much founders fear that others ended, and how many users leave. What "
    "frightens lending households does nothing: they fund none of these platforms."
)
SAYS = {  # of a shakeout, by where what is left of the peak lies
    IN: "comes",
    OUT: "does not come",
    OPEN: "is undecided",
    FEW: "is not asked for",
}
SHAKEOUTS = ("asked", "shakeouts", "least", "highest")
CHANGE = ("pairs", "change", "change_low", "change_high")
TINTS = ("#0072b2", "#7f7f7f", "#d55e00", "#000000")  # of manners
PART_TINTS = dict(zip(PARTS, ("#d55e00", "#009e73", "#0072b2", "#cc79a7"), strict=True))


def tell(found: Lives) -> Report:
    """Tables of lives, prices and their parts by arm, of mechanisms where they were lived, and figures."""
    frames = {"lives": found.table, "prices": found.prices, "price_split": found.split}
    words = ["## Lives", "", ABOUT, "", of_lives(found.table)]
    if len(found.prices):
        words += ["", "## What a customer costs", "", OF_PRICES, "", of_prices(found.prices)]
        words += ["", OF_PARTS, "", of_parts(found.prices, found.split)]
    if len(found.mechanisms):
        frames["mechanisms"] = found.mechanisms
        words += ["", "## What a shakeout hangs on", "", OF_MECHANISMS, "", of_mechanisms(found.mechanisms)]
        words += ["", *said(found.mechanisms)]
    words += ["", "How large fintech is beside the economy, at its peak and at the end: `make magnitudes`."]
    words += ["", NEUTRAL]
    figures = {"lives": lambda: draw(found)}
    if any(np.isfinite(path[f"times {PRICES[-1]}"]).any() for path in found.price_paths.values() if path):
        figures["price"] = lambda: draw_prices(found)
    return Report("\n".join(words), frames, figures, "How platforms live")


def of_lives(lives: Frame) -> str:
    """What lives amount to, by arm, beside what is published."""
    by, names = lives.set_index(["quantity", "arm"]), list(dict.fromkeys(lives["arm"]))
    rows = [
        [quantity, *(cell(by.loc[(quantity, arm)], quantity) for arm in names), BESIDE.get(quantity, "")]
        for quantity in dict.fromkeys(lives["quantity"])
    ]
    return table(["", *(label(arm) for arm in names), "published"], rows, aligned=True)


def of_prices(prices: Frame) -> str:
    """Prices and what stands beside them by year and arm."""
    by, names = prices.set_index(["quantity", "year", "arm"]), list(dict.fromkeys(prices["arm"]))
    rows = [
        [f"{quantity}, year {year}", *(cell(by.loc[(quantity, year, arm)], quantity) for arm in names)]
        for quantity in (*PRICES, *SHARES)
        for year in dict.fromkeys(prices["year"])
    ]
    return table(["", *(label(arm) for arm in names)], rows, aligned=True)


def of_parts(prices: Frame, split: Frame) -> str:
    """The price of a borrower and its parts in the first year told, and what each multiplies it by since."""
    names = (PRICES[-1], *PARTS, *BID)
    by = prices.set_index(["arm", "year", "quantity"])
    since = split.set_index(["arm", "year", "quantity"])
    first, rows = prices["year"].min(), []
    for arm in dict.fromkeys(prices["arm"]):
        if not by.loc[(arm, first, PRICES[-1])]["worlds"]:
            continue
        levels = [cell(by.loc[(arm, first, name)], name) for name in names]
        rows.append([f"{label(arm)}, year {first}", *levels])
        for year in dict.fromkeys(split["year"]):
            cells = [multiple(since.loc[(arm, year, name)]) for name in names]
            rows.append([f"{label(arm)}, year {year}", *cells])
    return table(["", *names], rows, aligned=True)


def named(found: Frame) -> list[str]:
    """What is changed, by row: nothing in the first."""
    return ["usual values", *map(label, found["arm"].iloc[1:])]


def of_mechanisms(found: Frame) -> str:
    """What is left of the peak, by mechanism."""
    rows = []
    for name, (_, row) in zip(named(found), found.iterrows(), strict=True):
        share, change = (
            dict(zip(("worlds", "mean", "low", "high"), row[list(of)], strict=True))
            for of in (SHAKEOUTS, CHANGE)
        )
        moved = mean_told(change, 100.0, signed=True) if row["pairs"] else ""
        told = [mean_told(one, 100.0, " %") for one in (row, share)]
        rows.append([name, number(row["most"]), number(row["founded"]), *told, moved, SAYS[row["word"]]])
    head = ["", "most at once", "founded", "left at the end, of the peak", "worlds with a shakeout"]
    return table([*head, "change of what is left, points", "a shakeout"], rows, aligned=True)


def said(found: Frame) -> list[str]:
    """Where a shakeout comes and where none does, and which changes are seen to do something to it."""
    names = named(found)
    by = {word: [name for name, of in zip(names, found["word"], strict=True) if of == word] for word in SAYS}
    moved = [
        f"{name} ({number(100.0 * row['change'], signed=True)} points)"
        for name, (_, row) in zip(names, found.iterrows(), strict=True)
        if row["change_low"] > 0.0 or row["change_high"] < 0.0
    ]
    lines = [f"A shakeout {says} with {listed(by[word])}." for word, says in SAYS.items() if by[word]]
    return [*lines, f"Seen to change what is left: {listed(moved) if moved else 'none of them'}."]


def cell(row: Any, quantity: str) -> str:
    """A mean with its interval, the median where it hangs on one world; in per cent where it is a share."""
    times, unit = (100.0, " %") if quantity.startswith(PERCENT) else (1.0, "")
    if row["why"] == HANGS:
        return f"{number(times * row['median'])}{unit} (median)"
    return mean_told(row, times, unit)


def multiple(row: Any) -> str:
    """By what something is multiplied, with its interval."""
    return f"×{mean_told(row)}" if row["worlds"] else "no case"


def draw(found: Lives) -> Figure:
    """For each arm how many live (above), and how many are founded and end in which manner (below)."""
    names = list(found.paths)
    peak = {arm: float(np.median(found.paths[arm]["alive"].max(axis=1))) for arm in names}
    most = max(peak, key=peak.__getitem__)
    title = f"Most platforms at once: {number(peak[most])}, under {label(most)}"
    figure, axes = panels(2 * len(names), title, rows=2, width=3.0, height=2.9, sharex=True)
    for n, arm in enumerate(names):
        top, below, path = axes[n], axes[len(names) + n], found.paths[arm]
        band(top, path["alive"], colour(arm, names))
        top.set(title=label(arm), ylim=(0, None))
        years = np.arange(4, path["alive"].shape[1] + 1, 4)
        base = np.zeros(len(years))
        for name, tint in zip(MANNERS, TINTS, strict=True):
            height = yearly_sums(path[name])
            below.bar(years - 2, height, 3.2, bottom=base, color=tint, label=name)
            base += height
        below.plot(years - 2, yearly_sums(path["births"]), color="#009e73", label="founded")
        below.set(xlabel="quarters since the branching")
    axes[0].set_ylabel("platforms that live: median, quartiles")
    axes[len(names)].set_ylabel("founded and ended in a year, mean")
    axes[len(names)].legend(frameon=False, fontsize=8)
    return figure


def draw_prices(found: Lives) -> Figure:
    """For each arm in which people are won and borrow the price of a borrower, by what it and its parts are
    multiplied since the first year told, and what is spent; on log scales, where parts add to the whole."""
    from matplotlib.ticker import FuncFormatter

    key = f"times {PRICES[-1]}"
    names = [arm for arm, path in found.price_paths.items() if path and np.isfinite(path[key]).any()]
    last = {arm: middle_of(found.price_paths[arm][key])[-1] for arm in names}
    most = max(names, key=lambda arm: np.nan_to_num(last[arm]))
    first = int(found.prices["year"].min())
    title = f"Price of a borrower, at the end times that of year {first}: {number(last[most])}"
    title += f", under {label(most)}"
    figure, axes = panels(3 * len(names), title, rows=3, width=3.4, height=2.6, sharex=True)
    for n, arm in enumerate(names):
        (top, middle, below), path = axes[n :: len(names)], found.price_paths[arm]
        band(top, path[PRICES[-1]], colour(arm, list(found.paths)))
        band(below, path["money"], colour(arm, list(found.paths)))
        top.set(title=label(arm))
        years = np.arange(1, path[key].shape[1] + 1)
        middle.axhline(1.0, color="0.8", linewidth=0.8)
        middle.plot(years, middle_of(path[key]), color="#000000", linewidth=2.2, label=PRICES[-1])
        for part, tint in PART_TINTS.items():
            middle.plot(years, middle_of(path[f"times {part}"]), color=tint, linewidth=1.3, label=part)
        for panel in (top, middle, below):
            logarithmic(panel)
            panel.yaxis.set_minor_formatter(FuncFormatter(between_decades))
        below.set(xlabel="years since the branching")
    axes[0].set_ylabel("yuan a borrower")
    axes[len(names)].set_ylabel(f"times that of year {first}")
    axes[2 * len(names)].set_ylabel("yuan spent a person")
    parts = axes[len(names)].get_legend_handles_labels()
    figure.legend(*parts, loc="outside lower center", ncols=5, frameon=False, fontsize=8)
    return figure


def between_decades(value: float, _: Any = None) -> str:
    """What is written beside a tick between two powers of ten: plain numbers, and not all of them."""
    return f"{value:g}" if f"{value:e}"[0] in "235" else ""


def middle_of(values: Values) -> Values:
    """The geometric mean over worlds by year, NaN where fewer than half of them have a case: of parts it is
    the product that it is of the price."""
    many = np.isfinite(values).mean(axis=0) >= 0.5
    logs = np.where(np.isfinite(values), np.log(np.where(values > 0.0, values, 1.0)), 0.0)
    count = np.maximum(1, np.isfinite(values).sum(axis=0))
    return np.where(many, np.exp(logs.sum(axis=0) / count), np.nan)


def yearly_sums(counts: Values) -> Values:
    """Sums of each whole year, the mean over worlds."""
    years = counts.shape[1] // 4
    return counts[:, : 4 * years].reshape(len(counts), years, 4).sum(axis=2).mean(axis=0)
