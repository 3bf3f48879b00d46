"""The steps of a quarter, in their order, and which columns each reads and writes, from the model's text.

Accounts are written by the ledger alone: a step's flows and the chart say which. Beside columns there are
fields of the state: market, memory, tallies, and what lenders know.
"""

import ast
import functools
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from experiments.document.following import Follower
from experiments.document.things import Trace, laid_out
from sim import model
from sim.engine.ledger import Ledger
from sim.engine.records import Records
from sim.engine.rules import Rule


@dataclass(frozen=True)
class Step:
    """One call in a quarter.

    name: as it is written; of a rule "table: rule". thing: the rule or function. paragraph: the heading under
    which it stands. call: the text of the call.
    """

    name: str
    thing: Any
    paragraph: str
    call: ast.Call


def text_of_method(method: Any) -> tuple[ast.FunctionDef, list[str]]:
    """The tree of a method, and its lines."""
    source = textwrap.dedent(inspect.getsource(method))
    tree = ast.parse(source).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return tree, source.splitlines()


def statements(tree: ast.FunctionDef) -> Iterator[ast.stmt]:
    """The statements of a method, those of its loops included."""
    for node in tree.body:
        yield from node.body if isinstance(node, ast.For) else (node,)


def paragraph(lines: list[str], line: int) -> str:
    """The last comment of its own line above a line (counted from 1)."""
    above = [text.strip()[2:] for text in lines[:line] if text.strip().startswith("# ")]
    return above[-1] if above else ""


@functools.cache
def steps() -> tuple[Step, ...]:
    """What a step of the economy calls, in its order."""
    own = {"self.ledger.close": Ledger.close, "self.records.add": Records.add}
    own |= {"table.open_quarter": model.Table.open_quarter, "self.market.follow": model.Market.follow}
    found: list[Step] = []
    for method in (model.Economy.live, model.Economy.step):
        tree, lines = text_of_method(method)
        for node in statements(tree):
            call = node.value if isinstance(node, ast.Expr | ast.Assign) else None
            name = ast.unparse(call.func) if isinstance(call, ast.Call) else ""
            if not isinstance(call, ast.Call) or name in ("self.live", "self.begin", "Tallies"):
                continue
            under = paragraph(lines, node.lineno) if method is model.Economy.live else "the record"
            if name == "self.each":
                table = ast.unparse(call.args[0]).removeprefix("self.")
                for one in call.args[1:]:
                    rule = ast.unparse(one)
                    found.append(Step(f"{table}: {rule}", getattr(model, rule), under, call))
            else:
                thing = own.get(name) or functools.reduce(getattr, name.split("."), model)
                found.append(Step(name.removeprefix("self."), thing, under, call))
    return tuple(found)


@functools.cache
def matrix() -> dict[str, Trace]:
    """What each step reads and writes, and the flows it books, by the step's name."""
    economy = laid_out()
    follower = Follower(economy)
    names: dict[str, Any] = {"self": [economy], "__module__": vars(model), "": []}
    names |= {name: [table] for name, table in economy.tables.items()}
    names["table"] = list(economy.tables.values())
    found: dict[str, Trace] = {}
    for step in steps():
        if step.paragraph == "the record":
            continue
        follower.trace = Trace()
        if isinstance(step.thing, Rule):
            follower.sweep(economy.tables[step.name.partition(":")[0]], step.thing)
        else:
            follower.eval(step.call, names)
        found.setdefault(step.name, Trace()).add(follower.trace)
    return found
