"""The pages of docs/reference/: what a reader is told of the code comes out of the code.

    python -m experiments.document.documents

Nothing in them is written by hand, and a test holds them against the code. The description to be read is
sim/MODEL.md; results are in docs/results/, see `experiments.document.quoted`.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.document import api, quoted, steps
from experiments.tell.markdown import table
from sim import BusinessModel, Parameters, discover
from sim.credit.funders import FUNDERS
from sim.engine.chart import Change, Flow
from sim.engine.columns import Account, declared
from sim.engine.rules import Rule
from sim.links.lines import LINES
from sim.record.chart import chart
from sim.record.indicators import told
from sim.sectors import SECTORS
from sim.state import Derived, Market, Memory, Tallies

DOCS = Path(__file__).parents[2] / "docs"
SIGHTS = ("accounts", "footprints", "operations")
CHART = chart()


def first_words(thing: Any) -> str:
    """The first paragraph of a docstring, in one line."""
    words = inspect.getdoc(thing.plain if isinstance(thing, Rule) else thing)
    return " ".join((words or "").split("\n\n")[0].split())


def schedule() -> str:
    """One quarter, in the order in which things happen."""
    rows = []
    for number, step in enumerate(steps.steps(), 1):
        rows.append((number, step.paragraph, f"`{step.name}`", first_words(step.thing)))
    return table(("", "part of the quarter", "step", "what happens"), rows)


def rules() -> str:
    """The text of every rule, as it stands in the code, in the order of the quarter; funders' last."""
    named = [(step.name, step.thing) for step in steps.steps() if isinstance(step.thing, Rule)]
    named += [(f"platforms: {one.judges.name}", one.judges) for one in FUNDERS if one.judges is not None]
    blocks = []
    for name, thing in named:
        luck = f" Draws: {', '.join(thing.draws)}." if thing.draws else ""
        words = f"```text\n{inspect.getdoc(thing.plain)}\n```"
        blocks.append(f"**{name}** writes {', '.join(thing.writes)}.{luck}\n\n{words}")
    return "\n\n".join(blocks)


def whose(kind: type, column: str) -> str:
    """The funder or line that brings a column; empty for one of the kind's own."""
    for funder in FUNDERS:
        if column in funder.adds.get(kind, {}):
            return f"funder {funder.name}"
    of_lines = ((one, {**one.columns_of_firms(), **one.columns_of_platforms()}) for one in LINES)
    return next((f"line {one.name}" for one, brings in of_lines if column in brings), "")


def columns() -> str:
    """Every column of every kind of row; accounts are whole fen and written by the ledger only."""
    parts = []
    for sector in SECTORS:
        rows = []
        for column, one in declared(sector.kind).items():
            unit = "account, fen" if isinstance(one, Account) else one.unit
            rows.append((f"`{column}`", unit, one.doc, whose(sector.kind, column)))
        head = ("column", "unit", "meaning", "brought by")
        parts.append(f"**{sector.name}**: {first_words(sector.kind)}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def state() -> str:
    """What an economy remembers beside its tables, what it counts, and what follows from the parameters."""
    parts = []
    for kind in (Market, Memory, Tallies, Derived):
        rows = [
            (f"`{one.name}`", one.metadata["unit"], " x ".join(one.metadata["by"]), one.metadata["doc"])
            for one in dataclasses.fields(kind)
        ]
        words = first_words(kind)
        parts.append(f"**{kind.__name__}**: {words}\n\n{table(('name', 'unit', 'by', 'meaning'), rows)}")
    return "\n\n".join(parts)


def as_read(value: Any) -> str:
    """A parameter's value as one reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def indicators() -> str:
    """Everything that is recorded, as `economy.records` gives it: each frame carries this in its `.attrs`.

    Rates and shares are per quarter unless the unit says a year. Money is in fen; `sim.in_yuan(frame)` turns
    any of these frames into yuan.
    """
    heads = {
        "quarters": "the whole economy, one row a quarter (index quarter)",
        "platforms": "one row a quarter and platform (columns quarter and platform)",
        "models": "one row a quarter and business model (columns quarter and model): its platforms together",
        "flows": "one row a quarter and flow (columns quarter, flow, payer and payee)",
    }
    parts = []
    for name, words in told().items():
        rows = [(f"`{one}`", unit, meaning) for one, (unit, meaning) in words.items()]
        parts.append(f"**records.{name}**: {heads[name]}\n\n{table(('name', 'unit', 'meaning'), rows)}")
    return "\n\n".join(parts)


def parameters() -> str:
    """Every declared number."""
    rows = []
    for name, one in Parameters.declarations().items():
        allowed = "" if one.kind is bool else f"{as_read(one.low)} to {as_read(one.high)}"
        meaning = f"{one.doc} ({one.symbol})" if one.symbol and one.doc else one.doc or one.symbol
        value, drawn = as_read(one.value), "yes" if one.sampled else ""
        rows.append((f"`{name}`", value, one.unit, allowed, one.source, drawn, one.when, meaning, one.group))
    head = ("name", "value", "unit", "range", "source", "drawn", "a change acts", "meaning", "declared in")
    return table(head, rows)


def flows() -> str:
    """Every kind of payment and booking in the chart of accounts."""
    rows = []
    for name, one in CHART.flows.items():
        if isinstance(one, Flow):
            money = f", with its {plain(one.payer_money)}" if one.payer_money else ""
            spent = (plain(one.spent_on) or "an expense") + money
            rows.append((name, one.payer, one.payee, spent, plain(one.earned_by) or "an income"))
        elif isinstance(one, Change):
            moves = f"{plain(one.account)} {'up' if one.gain else 'down'}"
            rows.append((name, one.table, "", moves, "no payment"))
        else:
            lost = ", ".join(plain(account) for _, account in one.held)
            owed = ", ".join(dict.fromkeys(plain(account) for _, account in one.owed))
            holders, debtors = (" and ".join(place[0] for place in side) for side in (one.held, one.owed))
            rows.append((name, holders, debtors, f"{lost} lost", f"{owed} forgiven"))
    head = ("flow", "from, or on whose books", "to", "what the payer gets for it", "what the payee gives")
    return table(head, rows)


def plain(account: str) -> str:
    """An account's name in words; empty for net worth."""
    return "" if account == "net_worth" else account.replace("_", " ")


def strategies() -> str:
    """The rows in which business models differ, one model a column."""
    models = sorted(discover().values(), key=lambda row: (row.acts, row.name))
    names = [one.name for one in dataclasses.fields(BusinessModel) if one.name not in ("name", "title")]
    rows = [(f"`{name}`", *(shown(name, getattr(row, name)) for row in models)) for name in [*names, "keeps"]]
    return table(("", *(row.name for row in models)), rows)


def shown(name: str, value: Any) -> str:
    """What a business model says, as one reads it."""
    if isinstance(value, tuple):
        words = [f"{one[0]} {as_read(one[1])}" if isinstance(one, tuple) else one for one in value]
        return ", ".join(words)
    if value is None or isinstance(value, str | Rule):
        return value.name if isinstance(value, Rule) else value or ""
    return (
        SIGHTS[value] if name == "sees" else as_read(round(value, 6) if isinstance(value, float) else value)
    )


def funders_and_lines() -> str:
    """Who funds loans, in order of seniority, and what links bring: what each adds."""
    rows = []
    for one in FUNDERS:
        adds = "; ".join(f"{kind.__name__}: {', '.join(brings)}" for kind, brings in one.adds.items())
        fee = "yes" if one.pays_fee else "no"
        rows.append(
            (one.name, one.rank, first_words(type(one)), one.account, fee, adds, ", ".join(one.flows))
        )
    head = ("funder", "rank", "what it is", "owed on account", "pays the take", "columns it brings", "flows")
    lines = []
    for one in LINES:
        words = (f"`{name}`" for name in one.effects)
        file = (sys.modules[type(one).__module__].__doc__ or "").strip().split("\n")[0]
        clear = ", ".join(one.reveals)
        own, brings = (one.name, one.rank, file, as_read(one.cost)), f"{one.depth_name}, {one.offer_name}"
        does = first_words(one.works), first_words(one.shows)
        lines.append((*own, ", ".join(words), clear, brings, *does))
    of_lines = ("line", "rank", "what it is", "share of a project", "effect", "reveals", "columns it brings")
    of_lines += ("what it does", "what can be put on the bill")
    return f"{table(head, rows)}\n\n{table(of_lines, lines)}"


def matrix() -> str:
    """By step what it reads and writes; accounts are those of its flows."""
    parts = []
    for name, found in steps.matrix().items():
        lines = [f"**`{name}`**", ""]
        for word, ones in (("reads", found.reads), ("writes", found.writes), ("books", found.flows)):
            if ones:
                lines.append(f"- {word} {grouped(ones) if word != 'books' else ', '.join(sorted(ones))}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def grouped(places: set[str]) -> str:
    """Columns by table, as "firms: price, share; market: wage"."""
    tables: dict[str, list[str]] = {}
    for place in sorted(places):
        name, _, column = place.partition(".")
        tables.setdefault(name, []).append(column)
    return "; ".join(f"*{name}*: {', '.join(ones)}" for name, ones in tables.items())


@dataclass(frozen=True)
class Page:
    """A page of the reference: its title and what makes its text."""

    title: str
    make: Callable[[], str]

    def text(self) -> str:
        words = inspect.getdoc(self.make) or ""
        return f"# {self.title}\n\n{words}\n\n{self.make()}\n"


PAGES = {
    "schedule": Page("Schedule of a quarter", schedule),
    "reads_and_writes": Page("What each step reads and writes", matrix),
    "columns": Page("Columns", columns),
    "state": Page("State beside the tables", state),
    "rules": Page("Rules", rules),
    "flows": Page("Flows", flows),
    "business_models": Page("Business models", strategies),
    "funders_and_lines": Page("Funders and service lines", funders_and_lines),
    "indicators": Page("Indicators", indicators),
    "parameters": Page("Parameters", parameters),
    "api": Page("Names to use", api.names),
}


def path(name: str) -> Path:
    """Where a page of the reference lies."""
    return DOCS / "reference" / f"{name}.md"


def write() -> None:
    """Write all pages of the reference."""
    (DOCS / "reference").mkdir(exist_ok=True)
    for name, page in PAGES.items():
        path(name).write_text(page.text(), encoding="utf-8")


if __name__ == "__main__":
    write()
    for line in quoted.old_ones(quoted.RESULTS):
        print(line, file=sys.stderr)
