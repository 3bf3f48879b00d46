"""How do platforms live: a rise, a peak, a shakeout, and who is left?

    make lives ARGS="--worlds 20"

Every business model alone, from two platforms of it, and the free arm in which founders choose. Worlds differ
by their seeds alone. How large fintech is beside the economy is what ``make magnitudes`` tells. The folder
then holds ``lives.csv`` (what each arm's lives amount to, with its interval and beside what is published),
``report.md`` and ``lives.png``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.judge.inside import of_cases
from experiments.judge.means import HANGS
from experiments.measure.arithmetic import Values
from experiments.measure.futures import FREE, Frame
from experiments.measure.lives import MANNERS, kept_lives, lives, paths
from experiments.run.arm import Arm
from experiments.study import Study, Tables
from experiments.tell.drawing import band, colour, panels
from experiments.tell.markdown import table
from experiments.tell.report import Report
from experiments.tell.words import label, mean_told, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUICK = {"worlds": 6, "firms": 10_000, "burn_in": 20, "quarters": 80}
BESIDE = {  # the fact of seeds/evidence.toml that a row stands beside, and how it is told there
    "left at the end, of the peak": "SHAKEOUT: half or less",
    "hazard in calm": "P2P_HAZARD_CALM: 2 to 4.5 % a month",
    "died in the worst year": "P2P_HAZARD_RUN: 30 to 66 %",
    "alive after five years": "FIVE_YEAR_SURVIVAL: about half",
    "leaders alive five years later": "LEADERS_LIVE: 48 of 50",
    "ended: stopped": "P2P_EXIT_MANNER: nine in ten with claims outstanding",
    "households' claims after an end, lost by the end": "LGD_P2P: 70 to 98 %",
    "revenue at its peak": "PLATFORM_REVENUE: 0.2 to 0.5 %",
    "venture money in its best year": "VENTURE_MONEY: 0.03 to 0.1 %",
}
PERCENT = (
    "hazard",
    "died",
    "left",
    "alive",
    "leaders",
    "others",
    "ended",
    "households",
    "revenue",
    "venture",
)


def arms() -> dict[str, Arm]:
    """Each business model in which platforms act, and the choice among all."""
    from sim import discover

    names = sorted(name for name, row in discover().items() if row.acts)
    return {**{name: Arm(name) for name in names}, FREE: Arm(FREE)}


@dataclass(frozen=True)
class Lives:
    """``table``: arm, quantity, worlds that had a case, mean, low, high (95 % interval), median, and why
    there is no interval.

    ``paths``: by arm and name (worlds, quarters) arrays of counts.
    """

    table: Frame
    paths: dict[str, dict[str, Values]]


def judge(tables: Tables) -> Lives:
    """Lives by arm and world."""
    rows: list[tuple[Any, ...]] = []
    drawn: dict[str, dict[str, Values]] = {}
    quarters, platforms = tables["quarters"], tables["platforms"]
    for arm, mine in quarters.groupby("arm", sort=False, observed=True):
        theirs = platforms.loc[platforms["arm"] == arm]
        worlds = [
            (theirs.loc[theirs["world"] == world], one.sort_values("since"))
            for world, one in mine.groupby("world", observed=True)
        ]
        counts = [paths(of, len(one)) for of, one in worlds]
        drawn[str(arm)] = {name: np.array([count[name] for count in counts]) for name in counts[0]}
        found: Frame = pd.DataFrame([lives(of, one) for of, one in worlds])
        for name in found:
            mean = of_cases(found[name].to_numpy(float))
            median = float(found[name].median())
            rows.append((str(arm), name, mean.n, mean.mean, mean.low, mean.high, median, mean.refused))
    columns = ["arm", "quantity", "worlds", "mean", "low", "high", "median", "why"]
    return Lives(pd.DataFrame(rows, columns=columns), drawn)


def tell(found: Lives) -> Report:
    """A table of lives by arm, and a figure of counts, births and deaths by manner."""
    by = found.table.set_index(["quantity", "arm"])
    names = list(dict.fromkeys(found.table["arm"]))
    rows = [
        [quantity, *(cell(by.loc[(quantity, arm)], quantity) for arm in names), BESIDE.get(quantity, "")]
        for quantity in dict.fromkeys(found.table["quantity"])
    ]
    words = [
        "Means over worlds, 95 % intervals in brackets where there are worlds enough, and the median where a "
        "mean hangs on one world; giants are left out.",
        "",
        table(["", *(label(arm) for arm in names), "published"], rows, aligned=True),
        "",
        "How large fintech is beside the economy, at its peak and at the end: `make magnitudes`.",
    ]
    frames = {"lives": found.table}
    return Report("\n".join(words), frames, {"lives": lambda: draw(found)}, "How platforms live")


def cell(row: Any, quantity: str) -> str:
    """A mean with its interval, the median where it hangs on one world; in per cent where it is a share."""
    times, unit = (100.0, " %") if quantity.startswith(PERCENT) else (1.0, "")
    if row["why"] == HANGS:
        return f"{number(times * row['median'])}{unit} (median)"
    return mean_told(row, times, unit)


def draw(found: Lives) -> Figure:
    """For each arm how many live (above), and how many are founded and end in which manner (below)."""
    names = list(found.paths)
    peak = {arm: float(np.median(found.paths[arm]["alive"].max(axis=1))) for arm in names}
    most = max(peak, key=peak.__getitem__)
    title = f"Most platforms at once: {number(peak[most])}, under {label(most)}"
    figure, axes = panels(2 * len(names), title, rows=2, width=3.0, height=2.9, sharex=True)
    tints = ("#0072b2", "#7f7f7f", "#d55e00", "#000000")
    for n, arm in enumerate(names):
        top, below, path = axes[n], axes[len(names) + n], found.paths[arm]
        band(top, path["alive"], colour(arm, names))
        top.set(title=label(arm), ylim=(0, None))
        years = np.arange(4, path["alive"].shape[1] + 1, 4)
        base = np.zeros(len(years))
        for name, tint in zip(MANNERS, tints, strict=True):
            height = yearly_sums(path[name])
            below.bar(years - 2, height, 3.2, bottom=base, color=tint, label=name)
            base += height
        below.plot(years - 2, yearly_sums(path["births"]), color="#009e73", label="founded")
        below.set(xlabel="quarters since the branching")
    axes[0].set_ylabel("platforms that live: median, quartiles")
    axes[len(names)].set_ylabel("founded and ended in a year, mean")
    axes[len(names)].legend(frameon=False, fontsize=8)
    return figure


def yearly_sums(counts: Values) -> Values:
    """Sums of each whole year, the mean over worlds."""
    years = counts.shape[1] // 4
    return counts[:, : 4 * years].reshape(len(counts), years, 4).sum(axis=2).mean(axis=0)


STUDY = Study(__doc__, QUICK, {**QUICK, "worlds": 20}, arms, kept_lives, judge, tell, sampled=False)
