"""How large things are beside each other: to be read before anybody tunes a parameter.

    make magnitudes                       4 seeds of 4,000 firms, 40 quarters, then 40 of each model
    make magnitudes ARGS=--document       the same, and its pages of docs/results are written anew

First how large fintech is beside the economy, at its peak and at the end, in each business model alone and
where founders choose: in worlds of its own, 12 or more, which are stored and not lived again. Then a loan
beside the file it takes, a project beside what it gains, a user beside what is earned on it, revenue beside
payroll, the venture fund beside GDP, and the sum by which a bank lives. Nothing is drawn: worlds differ by
their seed. Money is in yuan at the wages of the first quarter, to compare with published costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge.fintech_sizes import middle_sizes
from experiments.judge.means import LEAST
from experiments.measure import proportions
from experiments.measure.arithmetic import YEAR
from experiments.measure.fintech_sizes import kept_sizes
from experiments.measure.futures import Frame
from experiments.measure.lines import projects
from experiments.run import command
from experiments.run.command import Parser, Settings
from experiments.run.ensemble import Ensemble
from experiments.run.world import World, founded
from experiments.studies.lives import arms
from experiments.study import Job, first_line, publish
from experiments.tell import fintech_sizes, markdown
from experiments.tell.report import Report

QUICK = {"worlds": 4, "firms": 4_000, "burn_in": 40, "quarters": 40}
LARGE = "How large fintech is beside the economy"
OF_SIZES = "sizes"  # the folder with the worlds of these
SIZES_BURN_IN, SIZES_QUARTERS = 20, 80  # long enough for a rise and a fall
TITLES = {
    "loans": "A loan asked for, by size of the firm, beside the loan that pays for its file",
    "files": "The least loan that pays for a file, and what a file costs",
    "projects": "An integration project beside what it gains",
    "users": "A user beside what is earned on it",
    "platforms": "What platforms earn beside what they pay",
    "fund": "The venture fund beside the economy",
    "banks": "The sum by which banks live",
    "network": "The supply network",
}


@dataclass(frozen=True)
class Lived:
    """A world under external finance, what was watched of it, and its branches by business model.

    ``firms``: tables of `proportions.observed_firms`, the last year's. ``lines``: `proportions.bank_lines`.
    """

    economy: Any
    firms: list[pd.DataFrame]
    lines: list[dict[str, float]]
    branches: dict[str, Any]


def lived(world: World) -> Lived:
    """Grow a world, watch firms and banks at the end, and live each business model in which platforms act."""
    from sim import Economy, discover

    economy = founded(world, Economy)
    watched = min(proportions.BANK_WINDOW, world.burn_in)
    economy.run(world.burn_in - watched)
    firms, lines = [], []
    for quarter in range(watched):
        economy.step()
        lines.append(proportions.bank_lines(economy))
        if quarter >= watched - YEAR:
            firms.append(proportions.observed_firms(economy))
    acting = sorted(name for name, row in discover().items() if row.acts)
    return Lived(economy, firms, lines, {name: economy.branch(name).run(world.quarters) for name in acting})


def of_world(found: Lived) -> dict[str, pd.DataFrame]:
    """All tables of one world by name (see `TITLES`)."""
    economy, branches = found.economy, found.branches
    fresh = {name: economy.branch(name) for name in branches}
    integration = next((twin for twin in branches.values() if twin.strategy.to_projects), economy)
    return {
        "loans": proportions.loans(economy, found.firms),
        "files": proportions.files(economy, fresh),
        "projects": projects(integration),
        "users": proportions.users(branches),
        "platforms": proportions.platforms(branches),
        "fund": proportions.fund(branches),
        "banks": proportions.banks(found.lines),
        "network": proportions.network(economy),
    }


def magnitudes(worlds: Iterable[Lived]) -> pd.DataFrame:
    """The means over worlds, tidy: columns table, item, measure, value."""
    parts = []
    for world in worlds:
        for name, table in of_world(world).items():
            tidy = table.rename_axis("item").reset_index().melt("item", var_name="measure")
            parts.append(tidy.assign(table=name))
    found: Any = pd.concat(parts, ignore_index=True)
    return found.groupby(["table", "item", "measure"], sort=False)["value"].mean().reset_index()


def laid_out(found: Any, name: str) -> Any:
    """One of the tables of `magnitudes`, items by measures, in their first order."""
    part = found[found["table"] == name]
    wide = part.pivot(index="item", columns="measure", values="value")
    return wide.loc[part["item"].unique(), part["measure"].unique()].rename_axis(index=None, columns=None)


def figure(value: float) -> str:
    """A number with about three digits, for people."""
    if not np.isfinite(value):
        return "never" if value > 0 else "-"
    if abs(value) >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def upright(found: Any, name: str) -> Any:
    """One of the tables as it is shown: wide ones stand on their side, numbers are text."""
    wide = laid_out(found, name).map(figure)
    return wide.T if wide.shape[1] > 3 else wide


def told(found: pd.DataFrame, large: Frame) -> str:
    """All tables as text."""
    tables = [f"{title}\n\n{upright(found, name).to_string()}\n" for name, title in TITLES.items()]
    return "\n".join([LARGE, "", *fintech_sizes.lines(large), "", *tables])


def sizes(settings: Settings) -> Frame:
    """How large fintech is, in worlds of its own: see `middle_sizes`; lives those that the store lacks."""
    from sim.engine.parameters import seeds

    of_sizes = settings.extra.sizes_worlds, SIZES_BURN_IN, settings.extra.sizes_quarters
    mine = replace(settings, worlds=of_sizes[0], burn_in=of_sizes[1], quarters=of_sizes[2])
    outcome = mine.run(Ensemble(mine.make_worlds(sampled=False), arms(), kept_sizes), OF_SIZES)
    print(outcome)
    return middle_sizes(outcome.store.frame("quarters"), seeds("evidence"))


ABOUT = """\
To be read before any claim about tuning: whether a mechanism *can* matter is decided by what stands beside
it. Money is in yuan at the wages of the first quarter. Firms are those of the last year before branching;
platforms are seen over the last two years of the branches, at the prices that trial and error has brought
them to, files at their first prices. The margin on a person leaves out growth spending."""
MATRICES = {
    "balance sheet": """\
One world after the burn-in, in % of a year's GDP: a minus is owed, and the last row closes each column.
Places that exist and are not in use under external finance show a sign and a zero.""",
    "transactions": """\
The last ten years of the burn-in, in % of GDP: a minus is paid. Firms have a column for income and one for
machines and debts; rows sum to zero, and with the last row so do columns.""",
    "bookings": "Changes of value and losses, same years, in % of GDP.",
    "flows by business model": """\
Flows that involve platforms and the fund, in the last two years of each branch, in % of GDP.""",
}


def by_run(found: pd.DataFrame, large: Frame, world: Lived, typed: str) -> dict[str, str]:
    """The pages of docs/results that a run decides: the tables, and the matrices of one world."""
    # the matrices read the model, which help and complaints should not wait for
    from experiments.document import matrices, quoted

    tables = [f"**{title}**\n\n{markdown.of_frame(upright(found, name))}" for name, title in TITLES.items()]
    made = {
        "balance sheet": matrices.balance_sheet(world.economy),
        "transactions": matrices.flow_matrix(world.economy),
        "bookings": matrices.bookings(world.economy),
        "flows by business model": matrices.by_model(world.branches),
    }
    sections = [f"## {name}\n\n{MATRICES[name]}\n\n{text}" for name, text in made.items()]
    with_command = f"Written by {typed}."
    scale = "\n".join([f"## {LARGE}", "", *fintech_sizes.lines(large), "", "## What stands beside what"])
    return {
        "magnitudes": quoted.page("Magnitudes", "\n\n".join((ABOUT, with_command, scale, *tables))),
        "matrices": quoted.page("Accounting matrices", "\n\n".join((with_command, *sections))),
    }


def body(settings: Settings) -> int:
    """Live the worlds one after the other, tell; with ``--document``, into docs/results too."""
    from tqdm.auto import tqdm

    worlds = settings.make_worlds(sampled=False)
    large = sizes(settings)
    kept: list[Lived] = []

    def living() -> Iterator[Lived]:
        for world in tqdm(worlds, unit="world", disable=settings.quiet):
            one = lived(world)
            kept[:] = kept or [one]
            yield one

    found = magnitudes(living())
    title = f"Means of {len(worlds)} worlds of {settings.firms:,} firms"
    frames = {"magnitudes": found, "sizes": large}
    report = Report(told(found, large), title=title, page="magnitudes.txt", tables=frames)
    publish(report, settings, {})
    if settings.extra.document:
        from experiments.document import quoted

        typed = f"`make magnitudes ARGS=--document` (seed {settings.seed}, {len(worlds)} worlds of"
        typed += f" {settings.firms:,} firms, {settings.burn_in} quarters,"
        typed += f" then {settings.quarters} of each model; sizes: {settings.extra.sizes_worlds} worlds,"
        typed += f" {SIZES_BURN_IN} quarters, then {settings.extra.sizes_quarters})"
        quoted.write(by_run(found, large, kept[0], typed))
    return 0


def build(name: str) -> Parser:
    """The command line."""
    full = {**QUICK, "worlds": 20, "firms": 10_000}
    built = command.parser(name, first_line(__doc__), quick=QUICK, full=full)
    words = "write the pages of docs/results anew"
    built.add_argument("--document", action="store_true", help=words)
    for name, usual, what in (
        ("worlds", max(LEAST, QUICK["worlds"]), "worlds in which sizes of fintech are measured"),
        ("quarters", SIZES_QUARTERS, "quarters that their futures last"),
    ):
        kind, words = command.size_of(name), f"{what} ({usual})"
        built.add_argument(f"--sizes-{name}", type=kind, default=usual, metavar="N", help=words)
    return built


STUDY = Job(__doc__, lambda name, argv: command.main(body, build(name), argv))
