"""What do integrators' service lines cost, earn and do, and how long do clients stay?

    make lines ARGS="--worlds 20"

Deep integration alone, from a few platforms of it. Beside it the same where no line has a real effect on a
firm, and the world without platforms: from which account integrators live, and what of their clients' gain
others lose. Worlds differ by their seeds alone. The folder then holds ``lines.csv`` (each line by size of the
client, and what links, clients, platforms and chains amount to, each with its interval and some beside what
is published), ``income.csv``, ``accounts.csv``, ``report.md`` and ``lines.png``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.judge.accounts import Ledgers, ledgers
from experiments.judge.inside import of_cases
from experiments.measure.accounts import Accounts
from experiments.measure.arithmetic import YEAR, Values
from experiments.measure.futures import FOCUS, NO_GAINS, Frame, real_effects
from experiments.measure.lines import ALL, PER_CLIENT, SIZES, WITHIN, churn, firsts, kept_lines
from experiments.run.arm import Arm
from experiments.run.world import CONTROL
from experiments.study import Study, Tables
from experiments.tell import accounts
from experiments.tell.drawing import band, panels
from experiments.tell.markdown import table
from experiments.tell.report import Report
from experiments.tell.words import mean_told, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUICK = {"worlds": 6, "firms": 10_000, "burn_in": 20, "quarters": 60}
SETTLED = 2 * YEAR  # quarters after which clients are counted
PUBLISHED = {"small": (0.15, 0.25), "middle": (0.08, 0.12), "large": (0.03, 0.07)}  # CLIENT_CHURN
OF_SALES = ("gain", "fee", "surplus", "effort", "net")  # told in per cent of sales besides
CHURN = {size: f"clients lost a year: {size}" for size in SIZES}
LEFT = {size: f"left by choice a year: {size}" for size in SIZES}
BESIDE = {
    CHURN[size]: f"CLIENT_CHURN: {100 * low:.0f} to {100 * high:.0f} %"
    for size, (low, high) in PUBLISHED.items()
}
HALF, NEVER = "years until half had a profit", "no profit ever, of those that died"
BY_CHANCE = "links beside one of the same platform, by chance"
ANCHORED = "loans to firms that hang on one client"
NUMBERS = ("lines begun, a link", HALF)  # all others are shares


def arms() -> dict[str, Arm]:
    """Deep integration, the same where no line has a real effect, and the world without platforms."""
    return {CONTROL: Arm(CONTROL), FOCUS: Arm(FOCUS), NO_GAINS: Arm(FOCUS, real_effects())}


@dataclass(frozen=True)
class Lines:
    """``table``: quantity, line, size (both empty but for lines), worlds with a case, mean, low, high (95 %).

    ``firsts``: by world and age in quarters the share of integrators that have had a profit; ``depth``: by
    world and quarter the number of lines that a link has. ``ledgers``: from which account integrators live.
    """

    table: Frame
    firsts: Values
    lines: Values
    ledgers: Ledgers


def judge(tables: Tables) -> Lines:
    """Lines by size, what links amount to, and from which account integrators live, over worlds."""
    names = ("quarters", "platforms", "lines", "chains")
    mine = {name: tables[name].loc[tables[name]["arm"] == FOCUS] for name in names}
    return Lines(*of_worlds(mine), ledgers(tables))


def of_worlds(tables: Mapping[str, Frame]) -> tuple[Frame, Values, Values]:
    """``table``, ``firsts`` and ``lines`` of `Lines`, from the tables of deep integration alone."""
    by_world: dict[tuple[str, str, str], list[float]] = {}
    curves, paths = [], []
    chains = tables["chains"].set_index("world")
    for world, mine in tables["quarters"].groupby("world", observed=True):
        mine = mine.sort_values("since")
        platforms, lines = (of.loc[of["world"] == world] for of in (tables["platforms"], tables["lines"]))
        for key, value in of_lines(lines).items():
            by_world.setdefault(key, []).append(value)
        curve, numbers = of_links(mine, platforms, chains.loc[world])
        for name, value in numbers.items():
            by_world.setdefault((name, "", ""), []).append(value)
        curves.append(curve)
        paths.append(mine["lines"].to_numpy(float))
    rows = []
    for (quantity, line, size), values in by_world.items():
        mean = of_cases(values)
        rows.append((quantity, line, size, mean.n, mean.mean, mean.low, mean.high))
    columns = ["quantity", "line", "size", "worlds", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=columns), np.array(curves), np.array(paths)


def of_lines(lines: pd.DataFrame) -> dict[tuple[str, str, str], float]:
    """One world's numbers by (quantity, line, size): shares of clients, yuan a year, and shares of sales."""
    found = {}
    for row in lines.to_dict("records"):
        place = (str(row["line"]), str(row["size"]))
        for name in ("clients", "begun", "at_work", *PER_CLIENT):
            found[(name, *place)] = float(row[name])
        for name in OF_SALES:
            found[(f"{name} of sales", *place)] = (
                float(row[name]) / row["sales"] if row["sales"] else math.nan
            )
    return found


def of_links(quarters: Any, platforms: Any, chain: Any) -> tuple[Values, dict[str, float]]:
    """One world's first profits by age, and what its links amount to, by name."""
    curve, first = firsts(platforms, len(quarters))
    lost = churn(quarters.loc[quarters["since"] > SETTLED])
    found = {"lines begun, a link": float(quarters["lines"].iloc[-1])}
    found |= {CHURN[size]: lost[f"churn_{size}"] for size in SIZES}
    found |= {LEFT[size]: lost[f"left_{size}"] for size in SIZES}
    found |= {f"a first profit {name}": first[name] for name in WITHIN}
    found |= {HALF: first["half"], NEVER: first["never"]}
    found |= {
        "links beside one of the same platform": float(chain["beside"]),
        BY_CHANCE: float(chain["by_chance"]),
        "clients that owe their platform": float(chain["owing"]),
        ANCHORED: float(chain["anchored"]),
    }
    return curve, found


COLUMNS = {
    "begun": "have begun it",
    "project": "project, yuan",
    "upkeep": "upkeep a year, yuan",
    "gain": "shown gain a year, yuan",
    "gain of sales": "of sales",
    "fee": "fee, yuan",
    "surplus": "the platform's surplus, yuan",
    "surplus of sales": "of sales",
    "effort": "effort, yuan",
    "net": "the client's part, yuan",
    "net of sales": "of sales",
}
ABOUT = """\
Means over worlds, 95 % intervals in brackets where there are worlds enough; first profits are those of
platforms other than giants. Money is in yuan at the wages of the first quarter, for a client that has the
line at work at the end. The platform's surplus is the fee less upkeep, without what it earns on loans; the
client's part is the gain less the fee and the work of its own people. Small clients sell less than half as
much as the mean firm, large ones four times as much."""


def tell(found: Lines) -> Report:
    """Tables of lines by size and of links, and a figure."""
    by = found.table.set_index(["quantity", "line", "size"])
    names = [line for line in dict.fromkeys(found.table["line"]) if line]
    rows = [
        [line.replace("_", " "), size, *(cell(by.loc[(what, line, size)], what) for what in COLUMNS)]
        for line in names
        for size in (*SIZES, ALL)
    ]
    lone = found.table.loc[found.table["line"] == ""]
    others = [[row["quantity"], cell(row, row["quantity"]), BESIDE.get(row["quantity"], "")]
              for row in lone.to_dict("records")]  # fmt: skip
    words = [
        ABOUT, "", table(["line", "clients", *COLUMNS.values()], rows, aligned=True), "",
        table(["", "", "published"], others, aligned=True), "", *accounts.lines(found.ledgers),
    ]  # fmt: skip
    title = "What service lines cost, earn and do"
    frames = {"lines": found.table, "income": found.ledgers.income, "accounts": found.ledgers.firms}
    return Report("\n".join(words), frames, {"lines": lambda: draw(found)}, title)


def is_share(quantity: str) -> bool:
    """Whether a quantity is told in per cent."""
    return quantity not in ("clients", *PER_CLIENT, *NUMBERS)


def cell(row: Any, quantity: str) -> str:
    """A mean with its interval, in per cent where it is a share."""
    return mean_told(row, *((100.0, " %") if is_share(quantity) else (1.0, "")))


def draw(found: Lines) -> Figure:
    """Who has what of each line's gain; clients lost by size; first profits by age; lines over time."""
    by = found.table.set_index(["quantity", "line", "size"])["mean"]
    lost = 100.0 * float(by[(CHURN["small"], "", "")])
    said = (
        f"{number(lost)} % of small clients are lost in a year" if np.isfinite(lost) else "No small clients"
    )
    figure, (gains, leaving, profit, many) = panels(4, said, rows=2, width=4.6, height=3.3)
    names = [line for line in dict.fromkeys(found.table["line"]) if line not in ("", ALL)]
    at = np.arange(len(names))
    for shift, size in enumerate(SIZES):
        place = at + 0.27 * (shift - 1)
        for what, tint in (("surplus of sales", "#009e73"), ("net of sales", "#0072b2")):
            values = 100.0 * np.array([by[(what, line, size)] for line in names])
            gains.plot(place, values, "o^s"[shift], color=tint, markersize=5)
    for what, tint in (("platform's surplus", "#009e73"), ("client's part", "#0072b2")):
        gains.plot([], [], "o", color=tint, label=what)
    for mark, size in zip("o^s", SIZES, strict=True):
        gains.plot([], [], mark, color="#7f7f7f", label=f"{size} clients")
    gains.axhline(0.0, color="#7f7f7f", linewidth=0.8)
    gains.set_xticks(at, [line.replace("_", " ") for line in names], rotation=35, ha="right")
    gains.set_ylabel("% of sales")
    gains.legend(frameon=False, fontsize=7, ncols=2)
    rows = found.table.set_index("quantity")
    for k, size in enumerate(SIZES):
        low, high = PUBLISHED[size]
        leaving.bar(
            k, 100.0 * (high - low), 0.7, bottom=100.0 * low, color="#d9d9d9", label="_" if k else "published"
        )
        one = rows.loc[CHURN[size]]
        leaving.plot(k, 100.0 * one["mean"], "o", color="#000000", label="_" if k else "lost")
        leaving.plot([k, k], [100.0 * one["low"], 100.0 * one["high"]], color="#000000", linewidth=1.2)
        leaving.plot(
            k, 100.0 * rows.loc[LEFT[size], "mean"], "x", color="#d55e00", label="_" if k else "by choice"
        )
    leaving.set_xticks(range(len(SIZES)), SIZES)
    leaving.set(ylabel="% of clients a year", ylim=(0, None))
    leaving.legend(frameon=False, fontsize=8)
    band(profit, 100.0 * found.firsts, "#009e73")
    profit.set(xlabel="age in quarters", ylabel="% with a first profit", ylim=(0, 100))
    band(many, found.lines, "#0072b2")
    many.set(xlabel="quarters since the branching", ylabel="lines begun, a link", ylim=(0, None))
    return figure


STUDY = Study(
    __doc__, QUICK, {**QUICK, "worlds": 20}, arms, kept_lines, judge, tell, sampled=False, follow=Accounts
)
