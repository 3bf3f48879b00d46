"""Write the rule for one firm; run it on ten million.

    @rule(writes="loan_wanted", draws="firm asks for credit")
    def asks_for_credit(firm, market, p, u): ...

A rule sees one agent's own row, what is posted for everybody (`market`), the parameters and random
numbers, and returns the new value of the column that it writes (a tuple for several). It cannot see a
neighbour and cannot move money, so the order of agents cannot matter. Effects between neighbours are
markets, which compute a column first. Called by hand a rule is plain Python; `sweep` runs the same
text compiled over a table, several rules fused into one pass; tests compare the two bit for bit.

What a rule reads is what its text mentions. `u` is one number for one purpose, a tuple for several.
"""

import ast
import functools
import hashlib
import importlib.util
import inspect
import sys
import textwrap
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from .compiling import Compiled, cache_folder, numba
from .draws import claim, key, uniforms

RULES: "list[Rule]" = []


def mentions(function: Callable, name: str) -> tuple[str, ...]:
    """Attributes of the argument `name` that the text of `function` mentions, sorted."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return tuple(
        sorted(
            {
                node.attr
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == name
            }
        )
    )


class Rule(Compiled):
    """A rule of behaviour; see the module's text."""

    # the loop that holds it is; its own types live in that loop's module, which another process lacks
    kept_on_disk = False

    def __init__(self, function: Any, writes: tuple[str, ...], draws: tuple[str, ...]):
        super().__init__(function)
        owner = f"{function.__module__}.{function.__name__}"
        self.writes, self.draws = writes, tuple(claim(purpose, owner) for purpose in draws)
        agent, *_ = inspect.signature(function).parameters
        self.reads = mentions(function, agent)
        self.market = mentions(function, "market")
        self.parameters = mentions(function, "p")
        self.source = inspect.getsource(function)
        RULES.append(self)

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


def rule(*, writes: str | tuple[str, ...], draws: str | tuple[str, ...] = ()) -> Callable[[Any], Rule]:
    """Declare a rule: the column(s) it writes and the purposes of the random numbers it takes."""
    as_tuple = lambda names: (names,) if isinstance(names, str) else tuple(names)  # noqa: E731
    return lambda function: Rule(function, as_tuple(writes), as_tuple(draws))


def loop_source(rules: tuple[Rule, ...]) -> str:
    """The text of one compiled pass that applies the rules in turn to each row."""
    columns = sorted({c for r in rules for c in (*r.reads, *r.writes)})
    market = sorted({m for r in rules for m in r.market})
    parameters = sorted({q for r in rules for q in r.parameters})
    keys = [f"k{n}_{d}" for n, r in enumerate(rules) for d in range(0, len(r.draws), 2)]
    arguments = ["start", "stop", "ids", "generation", "quarter", *keys]
    arguments += [f"m_{m}" for m in market] + [f"p_{q}" for q in parameters] + [f"c_{c}" for c in columns]
    lines = ["from collections import namedtuple", "from sim.engine.compiling import numba"]
    lines += ["from sim.engine.draws import uniforms as _uniforms", "_uniforms = _uniforms.machine"]
    for n, r in enumerate(rules):
        lines.append(f"from {r.__module__} import {r.name} as _rule{n}")
        lines.append(f"_rule{n} = _rule{n}.machine")
        lines.append(f"Agent{n} = namedtuple('Agent{n}', {r.reads!r})")
        lines.append(f"Market{n} = namedtuple('Market{n}', {r.market!r})")
        lines.append(f"Given{n} = namedtuple('Given{n}', {r.parameters!r})")
    lines += ["", "def sweep(" + ", ".join(arguments) + "):"]
    for n, r in enumerate(rules):
        lines.append(f"    market{n} = Market{n}({', '.join(f'm_{m}' for m in r.market)})")
        lines.append(f"    given{n} = Given{n}({', '.join(f'p_{q}' for q in r.parameters)})")
    lines.append("    for i in range(start, stop):")
    for n, r in enumerate(rules):
        numbers = []
        for d in range(0, len(r.draws), 2):
            lines.append(f"        a{n}_{d}, b{n}_{d} = _uniforms(k{n}_{d}, ids[i], generation[i], quarter)")
            numbers += [f"a{n}_{d}", f"b{n}_{d}"]
        numbers = numbers[: len(r.draws)]
        u = "0.5" if not numbers else numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"
        row = ", ".join(f"c_{c}[i]" for c in r.reads)
        target = ", ".join(f"c_{c}[i]" for c in r.writes)
        lines.append(f"        {target} = _rule{n}(Agent{n}({row}), market{n}, given{n}, {u})")
    lines += ["", "kernel = numba().njit(sweep, cache=True, error_model='numpy', nogil=True)", ""]
    return "\n".join(lines)


@functools.cache
def loop(rules: tuple[Rule, ...]) -> ModuleType:
    """The compiled pass, from a file named by the hash of all that it depends on.

    Numba can only keep machine code of functions that live in a file, hence the file.
    """
    text = loop_source(rules)
    named: set[Compiled] = set(rules)
    while more := {h for thing in named for h in thing.helpers().values()} - named:
        named |= more
    stamp = hashlib.blake2b(text.encode(), digest_size=8)
    for thing in sorted(named, key=lambda one: (one.__module__ or "", one.name)):
        names = thing.function.__globals__
        fixed = {n: names[n] for n in thing.function.__code__.co_names if isinstance(names.get(n), int | float)}
        stamp.update(f"{inspect.getsource(thing.function)}{fixed}".encode())
    name = f"{rules[0].name}_{stamp.hexdigest()}"
    path = cache_folder() / f"{name}.py"
    if not path.exists():
        scratch = path.with_suffix(f".{id(text)}.tmp")
        scratch.write_text(text)
        scratch.replace(path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.columns = sorted({c for r in rules for c in (*r.reads, *r.writes)})  # type: ignore[attr-defined]
    module.market = sorted({m for r in rules for m in r.market})  # type: ignore[attr-defined]
    module.parameters = sorted({q for r in rules for q in r.parameters})  # type: ignore[attr-defined]
    return module


@functools.cache
def _key(seed: int, purpose: str) -> np.uint64:
    return key(seed, purpose)


def sweep(
    table: Any, rules: tuple[Rule, ...], market: Any, p: Any, seed: int, quarter: int, crew: Any = None
) -> None:
    """Apply the rules to every row of `table`, fused into one pass over the columns.

    `crew` is None for one thread, or an object whose `map(function, ranges)` runs chunks side by side:
    rows do not touch one another, so the result has the same bits either way.
    """
    module = loop(rules)
    keys = [_key(seed, r.draws[d]) for r in rules for d in range(0, len(r.draws), 2)]
    rest = (
        table.ids,
        table.columns["generation"],
        np.uint64(quarter),
        *keys,
        *(getattr(market, m) for m in module.market),
        *(float(getattr(p, q)) for q in module.parameters),
        *(table.columns[c] for c in module.columns),
    )
    n = len(table.ids)
    if crew is None:
        module.kernel(0, n, *rest)
    else:
        crew.map(lambda span: module.kernel(*span, *rest), n)
