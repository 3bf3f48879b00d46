"""The generated parts of sim/MODEL.md: what a reader is told of the code comes out of the code.

    python -m experiments.document.documents       what the code alone decides
    python -m experiments.studies.magnitudes --document    that, and what a run decides

A part stands between two comments, `<!-- begin: name -->` and `<!-- end: name -->`. A test holds what the
code alone decides against the text; figures of runs are written with the command that made them.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from experiments.tell.markdown import table
from sim import BusinessModel, Parameters, discover, model
from sim.actors.banks import Bank
from sim.actors.consumers import Consumer
from sim.actors.firms import Firm
from sim.actors.platforms import Platform
from sim.engine.chart import Change, Flow
from sim.engine.columns import Account, declared
from sim.engine.ledger import Ledger
from sim.engine.records import Records
from sim.engine.rules import Rule

MODEL = Path(__file__).parents[2] / "sim" / "MODEL.md"


def part(text: str, name: str) -> str:
    """What stands between the comments of a part. ValueError where there is no such part."""
    found = re.search(f"<!-- begin: {name} -->\n(.*?)\n?<!-- end: {name} -->", text, flags=re.DOTALL)
    if found is None:
        raise ValueError(f"{MODEL.name} has no part {name!r} between comments")
    return found.group(1)


def replaced(text: str, parts: Mapping[str, str]) -> str:
    """The text with these parts written anew. ValueError where there is no such part."""
    for name, content in parts.items():
        part(text, name)
        before, after = f"<!-- begin: {name} -->\n", f"<!-- end: {name} -->"
        head, rest = text.split(before, 1)
        text = f"{head}{before}{content}\n{after}{rest.split(after, 1)[1]}"
    return text


def write(parts: Mapping[str, str], path: Path = MODEL) -> None:
    """Write these parts into the document."""
    path.write_text(replaced(path.read_text(encoding="utf-8"), parts), encoding="utf-8")


def first_words(thing: Any) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def rule_words(rule: Any) -> str:
    return " ".join((inspect.getdoc(rule.plain) or "").split("\n\n")[0].split())


def body_of(method: Any) -> list[ast.stmt]:
    """The statements of a method."""
    definition = ast.parse(textwrap.dedent(inspect.getsource(method))).body[0]
    assert isinstance(definition, ast.FunctionDef)
    return definition.body


def steps() -> list[tuple[str, Any]]:
    """What a step of the economy calls, in its order: the name as it is written, and the rule or function."""
    own = {"self.ledger.close": Ledger.close, "self.records.add": Records.add}
    found: list[tuple[str, Any]] = []
    for node in [*body_of(model.Economy.live), *body_of(model.Economy.step)]:
        call = node.value if isinstance(node, ast.Expr | ast.Assign) else None
        if isinstance(call, ast.Call) and ast.unparse(call.func) not in ("self.begin", "self.live"):
            name = ast.unparse(call.func)
            if name == "self.each":
                rows, *rules = (ast.unparse(argument) for argument in call.args)
                found += [(f"{rows}: {rule}", getattr(model, rule)) for rule in rules]
            elif name in own:
                found.append((name.removeprefix("self."), own[name]))
            else:
                module, function = name.split(".")
                found.append((name, getattr(getattr(model, module), function)))
    return found


def schedule() -> str:
    """One quarter, in the order in which things happen."""
    rows = []
    for number, (name, thing) in enumerate(steps(), 1):
        words = rule_words(thing) if isinstance(thing, Rule) else first_words(thing)
        rows.append((number, f"`{name}`", words))
    return table(("", "step", "what happens"), rows)


def rules() -> str:
    """The text of every rule, as it stands in the code, in the order of the quarter."""
    blocks = []
    for name, thing in steps():
        if isinstance(thing, Rule):
            words = inspect.getdoc(thing.plain) or ""
            writes = ", ".join(thing.writes)
            luck = f" Draws: {', '.join(thing.draws)}." if thing.draws else ""
            blocks.append(f"**{name}** writes {writes}.{luck}\n\n```text\n{words}\n```")
    return "\n\n".join(blocks)


def kinds() -> dict[str, Any]:
    """The kind of row of each table of an economy, by the table's name."""
    every = {"firms": Firm, "consumers": Consumer, "banks": Bank, "platforms": Platform}
    return {**every, "owners": Owners, "fund": Fund, "state": State}


def columns() -> str:
    """Every state variable of every kind of agent; accounts are whole fen and written by the ledger only."""
    parts = []
    for name, kind in kinds().items():
        rows = []
        for column, one in declared(kind).items():
            unit = "account, fen" if isinstance(one, Account) else one.unit
            rows.append((f"`{column}`", unit, one.doc))
        parts.append(f"**{name}**: {first_words(kind)}\n\n{table(('column', 'unit', 'meaning'), rows)}")
    return "\n\n".join(parts)


def as_read(value: Any) -> str:
    """A parameter's value as one reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


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
    for name, one in FLOWS.items():
        if isinstance(one, Flow):
            spent = (plain(one.spent_on) or "an expense") + (
                f", with its {plain(one.payer_money)}" if one.payer_money else ""
            )
            rows.append((name, one.payer, one.payee, spent, plain(one.earned_by) or "an income"))
        elif isinstance(one, Change):
            rows.append(
                (name, one.table, "", f"{plain(one.account)} {'up' if one.gain else 'down'}", "no payment")
            )
        else:
            lost = ", ".join(plain(account) for _, account in one.held)
            owed = ", ".join(dict.fromkeys(plain(account) for _, account in one.owed))
            holders, debtors = (" and ".join(place[0] for place in side) for side in (one.held, one.owed))
            rows.append((name, holders, debtors, f"{lost} lost", f"{owed} forgiven"))
    head = (
        "flow",
        "from, or on whose books",
        "to",
        "what the payer gets for it",
        "what the payee gives for it",
    )
    return table(head, rows)


def plain(account: str) -> str:
    """An account's name in words; empty for net worth."""
    return "" if account == "net_worth" else account.replace("_", " ")


def strategies() -> str:
    """The rows in which business models differ, one model a column."""
    models = sorted(discover().values(), key=lambda row: (row.acts, row.name))
    names = [one.name for one in dataclasses.fields(BusinessModel) if one.name not in ("name", "title")]
    rows = []
    for name in [*names, "keeps"]:
        values = [getattr(row, name) for row in models]
        rows.append(
            (f"`{name}`", *(", ".join(v) if isinstance(v, tuple) else shown(name, v) for v in values))
        )
    return table(("", *(row.name for row in models)), rows)


def shown(name: str, value: Any) -> str:
    sights = ("accounts", "footprints", "operations")
    return (
        sights[value] if name == "sees" else as_read(round(value, 6) if isinstance(value, float) else value)
    )


BY_CODE: dict[str, Callable[[], str]] = {
    "schedule": schedule,
    "strategies": strategies,
    "columns": columns,
    "rules": rules,
    "flows": flows,
    "parameters": parameters,
}


def by_code() -> dict[str, str]:
    """All parts that the code alone decides, by name."""
    return {name: make() for name, make in BY_CODE.items()}


if __name__ == "__main__":
    write(by_code())
