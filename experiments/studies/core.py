"""The closed economy alone: does it stand for a century, at levels that economies have, without drifting?

    make core                     12 seeds of 2,000 firms, 400 quarters
    make core ARGS=--full         20 seeds of 10,000 firms

Nothing but banks finances firms here, and no parameter is drawn: worlds differ by their seed alone. Each
measure is set beside a band declared in `judge/bands.py` with its source, by the interval of its mean over
seeds (`judge/inside.py`); a row out of its band stays. A fact that has set a number of the model is shown and
marked so, and does not judge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.judge.bands import BANDS, accidents, cycle_signs, judged, paths, prepared, window_start
from experiments.judge.inside import OPEN, OUT
from experiments.measure.arithmetic import YEAR
from experiments.measure.futures import Frame
from experiments.measure.moments import moments_by_world
from experiments.run.arm import Arm
from experiments.run.command import Parser, size_of
from experiments.run.world import CONTROL, records
from experiments.study import Study, Tables
from experiments.tell.drawing import panels
from experiments.tell.report import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUICK = {"worlds": 12, "firms": 2_000, "burn_in": 0, "quarters": 400}
FULL = {**QUICK, "worlds": 20, "firms": 10_000}


def told(rows: Any, signs: Any, broken: dict[str, int], worlds: int) -> str:
    """The report as text."""
    lines = [
        f"{'':22}{'mean':>9}  {'95 % over seeds':<20}{'band':<16}{'':9}{'change over window':<30}"
        f"{'seeds with drift':>17}"
    ]
    for name, row in rows.iterrows():
        drift = f"{row['change']:+.3g} [{row['change_low']:+.2g}, {row['change_high']:+.2g}]"
        flag = " DRIFT" if row["drifts"] else ""
        band = f"{row['low']:.3g} to {row['high']:.3g}"
        lines.append(
            f"{name:22}{row['mean']:9.4g}  {spanned(row):<20}{band:<16}{row['verdict']:9}{drift + flag:<30}"
            f"{row['worlds_drifting']:16.0%}  {row['unit']}; {row['source']}{marked(row)}"
        )
    lines += ["", f"{'signs of the cycle':36}{'mean':>8}  {'95 % over seeds':<20}{'expected':<20}"]
    for name, row in signs.iterrows():
        lines.append(
            f"{name:36}{row['mean']:8.2f}  {spanned(row):<20}{row['expected']:<20}"
            f"{row['verdict']}{marked(row)}"
        )
    accident = ", ".join(f"{kind} {count}" for kind, count in broken.items())
    lines += ["", f"broken, of {worlds} worlds: {accident}"]
    every = [(str(name), row) for part in (rows, signs) for name, row in part.iterrows()]
    judges = [(name, row["verdict"]) for name, row in every if not row["sets"]]
    set_by = [(name, row["verdict"]) for name, row in every if row["sets"]]
    named = {word: ", ".join(name for name, verdict in judges if verdict == word) for word in (OUT, OPEN)}
    missed = ", ".join(name for name, verdict in set_by if verdict == OUT)
    drifting = [str(name) for name in rows.index[rows["drifts"].astype(bool)]]
    lines += [
        f"outside their bands: {named[OUT] or 'none'}",
        f"not settled with these seeds: {named[OPEN] or 'none'}",
        f"of those that set a number, outside their bands: {missed or 'none'}",
        f"drifting: {', '.join(drifting) or 'none'}",
    ]
    return "\n".join(lines)


def marked(row: Any) -> str:
    """What is said of a fact that has set a number."""
    return "; sets a number" if row["sets"] else ""


def spanned(row: Any) -> str:
    """The interval of a mean; empty where there is none."""
    return "" if math.isnan(row["from"]) else f"{row['from']:.3g} to {row['to']:.3g}"


def draw(found: Core) -> Figure:
    """Six measures over time: median of the worlds, the middle half and all of them, and their bands."""
    bands = {band.column: band for band in BANDS}
    shown = ("growth", "unemployment", "credit_to_gdp", "default_rate", "bank_return", "effective_firms")
    worlds, quarters = found.quarters["world"].nunique(), int(found.quarters["quarter"].max())
    title = (
        f"{worlds} seeds of the closed economy over {quarters} quarters: median, middle half and range of "
        "yearly means, published bands in green"
    )
    figure, panes = panels(6, title, rows=2, width=4.0, height=3.1, sharex=True)
    for place, (axis, column) in enumerate(zip(panes, shown, strict=True)):
        band = bands[column]
        lines = paths(found.quarters, band).rolling(YEAR).mean()
        axis.axhspan(band.low, band.high, color="#009E73", alpha=0.10, lw=0)
        for low, high, alpha in ((0.0, 1.0, 0.22), (0.25, 0.75, 0.45)):
            inner = lines.quantile(low, axis=1), lines.quantile(high, axis=1)
            axis.fill_between(lines.index, *inner, color="#0072B2", alpha=alpha, lw=0)
        axis.plot(lines.index, lines.median(axis=1), color="#00334d", lw=1.2)
        axis.axvline(found.start, color="0.6", lw=0.8, ls=":")
        late = lines.iloc[found.start :]
        low, high = float(late.min().min()), float(late.max().max())
        room = 0.08 * (high - low) + 1e-9
        axis.set_ylim(low - room, high + room)  # how the start was set up may lie beyond
        axis.set_title(f"{band.name} [{band.unit}]")
        if place >= 3:
            axis.set_xlabel("quarter")
    return figure


@dataclass(frozen=True)
class Core:
    """``rows``: see `judged`. ``signs``: see `cycle_signs`. ``moments``: see `moments_by_world`. ``broken``:
    see `accidents`. ``quarters`` as recorded, ``start`` after which they are judged."""

    rows: Frame
    signs: Frame
    moments: Frame
    broken: dict[str, int]
    quarters: Frame
    start: int
    worlds: int
    firms: int


def judge(tables: Tables) -> Core:
    """Levels, drifts and signs of all seeds."""
    quarters, settings, outcome = prepared(tables["quarters"]), tables.settings, tables.outcome
    start = window_start(settings.quarters)
    return Core(
        judged(quarters, start=start),
        cycle_signs(quarters, start=start),
        moments_by_world(quarters[quarters["quarter"] > start]),
        accidents(quarters, failed=len(outcome.failures)),
        quarters,
        start,
        outcome.worlds,
        settings.firms,
    )


def tell(found: Core) -> Report:
    """What lies in its band, what drifts, what moves with output."""
    last = int(found.quarters["quarter"].max())
    return Report(
        told(found.rows, found.signs, found.broken, found.worlds),
        title=f"{found.firms} firms, quarters {found.start} to {last}",
        page="core.txt",
        tables={
            "core": found.rows.rename_axis("measure").reset_index(),
            "signs": found.signs.rename_axis("sign").reset_index(),
            "moments": found.moments,
        },
        figures={"core": lambda: draw(found)},
    )


def alone() -> dict[str, Arm]:
    """Banks and nobody else."""
    return {CONTROL: Arm(CONTROL)}


def options(built: Parser) -> None:
    """Worlds are seeds here."""
    kind = size_of("worlds")
    built.add_argument("--seeds", dest="worlds", type=kind, metavar="N", help="the same as --worlds")


STUDY = Study(__doc__, QUICK, FULL, alone, records, judge, tell, sampled=False, options=options)
