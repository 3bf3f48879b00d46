"""Write the rule for one firm; run it on ten million.

    @rule(writes="loan_wanted", draws="firm asks for credit")
    def asks_for_credit(firm, market, p, u): ...

A rule sees one agent's own row, what is posted for everybody (`market`), the parameters and random
numbers, and returns the new value of the column that it writes (a named tuple for several). It cannot see a
neighbour and cannot move money, so the order of agents cannot matter. Effects between neighbours are
markets, which compute a column first. Called by hand a rule is plain Python; `sweep` runs the same
text compiled over a table, several rules fused into one pass; tests compare the two bit for bit.

What a rule reads is what its text mentions, or that of a compiled helper to which it hands its agent. `u` is
one number for one purpose, a tuple for several.
"""

import ast
import functools
import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from .compiling import Compiled
from .crew import Crew
from .draws import claim, key, uniforms
from .generated import generated
from .texts import text_of

RULES: "list[Rule]" = []
WORTH_THREADS = 100_000  # rows; below that, handing chunks over takes longer than the work


def found(module: str, name: str) -> Any:
    """What a module has by that name."""
    return getattr(importlib.import_module(module), name)


class Rule(Compiled):
    """A rule of behaviour; see the module's text."""

    def __init__(self, function: Any, writes: "str | type", draws: tuple[str, ...]):
        super().__init__(function)
        self.result = None if isinstance(writes, str) else writes
        self.writes = (writes,) if isinstance(writes, str) else tuple(writes._fields)
        owner = f"{function.__module__}.{function.__name__}"
        self.draws = tuple(claim(purpose, owner) for purpose in draws)
        self.check()
        RULES.append(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Other processes find it by its name, as they find functions."""
        return found, (self.__module__, self.name)

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns of its agent that it reads, sorted."""
        return self.mentioned(0)

    @property
    def market(self) -> tuple[str, ...]:
        """What it reads of the market, sorted."""
        return self.mentioned(1)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that it reads, sorted."""
        return self.mentioned(2)

    def mentioned(self, place: int) -> tuple[str, ...]:
        """What the text reads of its argument at that place."""
        text = text_of(self)
        return text.mentions[text.parameters[place]]

    def check(self) -> None:
        """TypeError where what is returned does not name the columns that are written."""
        if self.result is None:
            return
        for node in text_of(self).nodes:
            if isinstance(node, ast.Return) and not self.by_name(node.value):
                columns = ", ".join(f"{c}=" for c in self.writes)
                raise TypeError(f"{self.name} returns {self.result.__name__}({columns}), each by name")

    def by_name(self, value: ast.expr | None) -> bool:
        """Whether an expression is the result, built of its columns by name."""
        if not isinstance(value, ast.Call) or value.args or self.result is None:
            return False
        given = {word.arg for word in value.keywords}
        return ast.unparse(value.func) == self.result.__name__ and given == set(self.writes)

    def __call__(self, agent: Any, market: Any, p: Any, u: Any = 0.5) -> Any:
        """Plain Python, for one agent."""
        return self.plain(agent, market, p, u)

    def luck(self, seed: int, agent: int, generation: int, quarter: int) -> Any:
        """The random numbers that `sweep` would hand to this agent."""
        drawn = []
        for first in range(0, len(self.draws), 2):
            drawn += uniforms.plain(
                key(seed, self.draws[first]), np.uint64(agent), np.uint64(generation), np.uint64(quarter)
            )
        drawn = [float(u) for u in drawn[: len(self.draws)]]
        return 0.5 if not drawn else drawn[0] if len(drawn) == 1 else tuple(drawn)


def rule(*, writes: str | type, draws: str | tuple[str, ...] = ()) -> Callable[[Any], Rule]:
    """Declare a rule: the column that it writes, or a NamedTuple whose fields are the columns, and the
    purposes of the random numbers that it takes.

    TypeError where a rule that writes several columns returns anything but `Result(column=..., ...)`.
    """
    return lambda function: Rule(function, writes, (draws,) if isinstance(draws, str) else tuple(draws))


def union(rules: tuple[Rule, ...], *fields: str) -> list[str]:
    """The names in these fields of the rules, each once, sorted."""
    return sorted({name for r in rules for field in fields for name in getattr(r, field)})


def loop_source(rules: tuple[Rule, ...]) -> str:
    """The text of one compiled pass that applies the rules in turn to each row."""
    keys = [f"k{n}_{d}" for n, r in enumerate(rules) for d in range(0, len(r.draws), 2)]
    arguments = ["ids", "generation", *(f"c_{c}" for c in union(rules, "reads", "writes")), "quarter", *keys]
    arguments += [f"m_{m}" for m in union(rules, "market")] + [f"p_{q}" for q in union(rules, "parameters")]
    lines = ["from collections import namedtuple", "from sim.engine.compiling import kept"]
    lines += ["from sim.engine.draws import uniforms as _uniforms"]
    for n, r in enumerate(rules):
        lines.append(f"from {r.__module__} import {r.name} as _rule{n}")
        lines.append(f"Agent{n} = namedtuple('Agent{n}', {r.reads!r})")
        lines.append(f"Market{n} = namedtuple('Market{n}', {r.market!r})")
        lines.append(f"Given{n} = namedtuple('Given{n}', {r.parameters!r})")
    lines += ["", "def sweep(" + ", ".join(arguments) + "):"]
    for n, r in enumerate(rules):
        lines.append(f"    market{n} = Market{n}({', '.join(f'm_{m}' for m in r.market)})")
        lines.append(f"    given{n} = Given{n}({', '.join(f'p_{q}' for q in r.parameters)})")
    # from 0, so that no index can be negative: Python's counting from the end would cost the vectors
    lines.append("    for i in range(ids.shape[0]):")
    for n, r in enumerate(rules):
        numbers = []
        for d in range(0, len(r.draws), 2):
            lines.append(f"        a{n}_{d}, b{n}_{d} = _uniforms(k{n}_{d}, ids[i], generation[i], quarter)")
            numbers += [f"a{n}_{d}", f"b{n}_{d}"]
        numbers = numbers[: len(r.draws)]
        u = "0.5" if not numbers else numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"
        row = ", ".join(f"c_{c}[i]" for c in r.reads)
        lines.append(f"        new{n} = _rule{n}(Agent{n}({row}), market{n}, given{n}, {u})")
        for c in r.writes:
            lines.append(f"        c_{c}[i] = new{n}" + (f".{c}" if r.result else ""))
    lines += ["", "kernel = kept(sweep, apart=True)", ""]
    return "\n".join(lines)


@functools.cache
def loop(rules: tuple[Rule, ...]) -> ModuleType:
    """The compiled pass, kept in a file; see `generated`."""
    return generated(rules[0].name, loop_source(rules), *[r.stamp for r in rules])


class Plan:
    """What a compiled pass is given, and in which order."""

    def __init__(self, rules: tuple[Rule, ...]):
        self.kernel = loop(rules).kernel
        self.columns, self.written = union(rules, "reads", "writes"), union(rules, "writes")
        self.purposes = [r.draws[d] for r in rules for d in range(0, len(r.draws), 2)]
        self.market, self.parameters = union(rules, "market"), union(rules, "parameters")

    def bind(self, table: Any, p: Any, seed: int) -> "Bound":
        """What the pass is given in every quarter of an economy with these parameters and this seed."""
        columns = table.columns
        return Bound(
            p,
            seed,
            (table.ids, columns["generation"], *[columns[name] for name in self.columns]),
            {id(memory(columns[name])): name for name in self.written},
            [key(seed, purpose) for purpose in self.purposes],
            [float(getattr(p, name)) for name in self.parameters],
        )


class Bound(NamedTuple):
    """The part of a pass over one table that stays the same from quarter to quarter."""

    p: Any
    seed: int
    rows: tuple[np.ndarray, ...]
    written: dict[int, str]  # columns by the object that owns their memory
    keys: list[np.uint64]
    parameters: list[float]


def memory(array: np.ndarray) -> Any:
    """The object that owns an array's memory."""
    return array if array.base is None else array.base


plan = functools.cache(Plan)


def sweep(
    table: Any,
    rules: tuple[Rule, ...],
    market: Any,
    p: Any,
    seed: int,
    quarter: int,
    crew: Crew | None = None,
) -> None:
    """Apply the rules to every row of `table`, fused into one pass over the columns.

    With a `crew` and many rows, its threads take chunks of them: rows do not touch one another, so the
    result has the same bits either way. ValueError if the market posts a column that the rules write.
    """
    given = plan(rules)
    bound = table.bound.get(rules)
    if bound is None or bound.p is not p or bound.seed != seed:
        bound = table.bound[rules] = given.bind(table, p, seed)
    posted = [getattr(market, name) for name in given.market]
    for name, value in zip(given.market, posted, strict=True):
        if isinstance(value, np.ndarray) and id(memory(value)) in bound.written:
            column = bound.written[id(memory(value))]
            raise ValueError(f"market.{name} shares {table.name}[{column!r}], which a rule writes")
    rest = (np.uint64(quarter), *bound.keys, *posted, *bound.parameters)
    if crew is None or len(table.ids) < WORTH_THREADS:
        given.kernel(*bound.rows, *rest)
    else:
        crew.map(
            lambda start, stop: given.kernel(*[a[start:stop] for a in bound.rows], *rest), len(table.ids)
        )
