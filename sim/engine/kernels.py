"""Functions of markets read tables by name, as rules do.

    @kernel
    def take_projects(order, offers, firms, platforms, p): ...  firms.link[i] = q; platforms.spent[q] += ...

A parameter that the text follows with `.column` is *named*: it stands for a `Table`, whose columns are arrays,
or for parameters, typed state or a small namespace, whose attributes are what they are. The others are plain
arrays and numbers. A named parameter may be handed whole to a compiled helper and is used in no other way.
Slices of columns go to a helper in one named tuple, built by keyword.

Called from Python, a kernel looks up what its text and that of its helpers mention and hands it to a flat
machine function, which builds the tuples inside: named tuples never pass through Python, and machine code is
found on disk. What is written is known from the text too: see `reads` and `writes`.
"""

import ast
import functools
import inspect
import textwrap
import types
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from .compiling import Compiled, bound
from .generated import generated

OF_ARRAYS = frozenset({"shape", "view", "any", "sum"})  # what plain arrays are asked for
KERNELS: "list[Kernel]" = []


class KernelError(TypeError):
    """The text of a kernel does what machine code cannot do safely; one line, with file and line number."""


class Text:
    """What the text of one compiled function does with its parameters."""

    def __init__(self, thing: Compiled):
        self.thing, self.source = thing, inspect.getsource(thing.function)
        self.tree = ast.parse(textwrap.dedent(self.source)).body[0]
        self.parameters = list(inspect.signature(thing.function).parameters)
        self.helpers = thing.helpers()

    @functools.cached_property
    def aliases(self) -> dict[str, tuple[str, str]]:
        """Local names that stand for an array, `tuple.part` too: the parameter, and its column or ""."""
        known = {name: (name, "") for name in self.parameters}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign):
                for target, value in pairs(node.targets, node.value):
                    given = {f".{word.arg}": word.value for word in getattr(value, "keywords", ())}
                    for part, inside in ({"": value} | given).items():
                        place = self.place(inside, known)
                        if isinstance(target, ast.Name) and place is not None:
                            known[target.id + part] = place
        return known

    def place(self, node: ast.AST, known: dict[str, tuple[str, str]] | None = None) -> tuple[str, str] | None:
        """The parameter, and column of it, that an expression is or is a part of; None for anything else."""
        known = self.aliases if known is None else known
        if isinstance(node, ast.Subscript):
            return self.place(node.value, known)
        if isinstance(node, ast.Name):
            return known.get(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            part, whole = known.get(f"{node.value.id}.{node.attr}"), known.get(node.value.id)
            if part:
                return part
            return (whole[0], node.attr) if whole and not whole[1] and node.attr not in OF_ARRAYS else None
        return None

    def part(self, node: ast.AST, name: str) -> tuple[str, str] | None:
        """As `place`, for a part of a tuple that is built by keyword, here or before."""
        given = {word.arg: word.value for word in getattr(node, "keywords", ())}
        return self.place(given[name]) if name in given else self.aliases.get(f"{ast.unparse(node)}.{name}")

    def handed(self) -> Iterator[tuple[ast.AST, Compiled, str]]:
        """What is handed to a helper: the expression, the helper, and its parameter."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                helper = self.helpers.get(node.func.id)
                if helper is not None:
                    names = text_of(helper).parameters
                    yield from ((arg, helper, names[n]) for n, arg in enumerate(node.args))
                    yield from ((word.value, helper, str(word.arg)) for word in node.keywords)

    @functools.cached_property
    def mentions(self) -> dict[str, tuple[str, ...]]:
        """By parameter the names that follow it, here or in helpers it is handed to; sorted."""
        found: dict[str, set[str]] = {name: set() for name in self.parameters}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id in found and node.attr not in OF_ARRAYS:
                    found[node.value.id].add(node.attr)
        for expression, helper, name in self.handed():
            if isinstance(expression, ast.Name) and expression.id in found:
                found[expression.id].update(text_of(helper).mentions[name])
        return {name: tuple(sorted(names)) for name, names in found.items()}

    @functools.cached_property
    def writes(self) -> dict[str, tuple[str, ...]]:
        """By parameter the columns that are written, here or in helpers; "" for a plain array."""
        found: dict[str, set[str]] = {name: set() for name in self.parameters}
        for node in ast.walk(self.tree):
            for target in targets_of(node):
                place = self.place(target) if isinstance(target, ast.Subscript) else None
                if place is not None:
                    found[place[0]].add(place[1])
        for expression, helper, name in self.handed():
            for column in text_of(helper).writes[name]:
                place, part = self.place(expression), self.part(expression, column)
                if part or place:
                    whose, own = part or place
                    found[whose].add(own if part else column or own)
        return {name: tuple(sorted(columns)) for name, columns in found.items()}

    def check(self) -> None:
        """KernelError for a named parameter that is used otherwise than by column or whole, or in an alias
        made anew by every turn of a loop, which costs half of its speed."""
        named = {name for name, names in self.mentions.items() if names}
        allowed = {id(node.value) for node in ast.walk(self.tree) if isinstance(node, ast.Attribute)} | {
            id(expression) for expression, _, _ in self.handed()
        }
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and node.id in named and id(node) not in allowed:
                raise self.wrong(node, f"{node.id} is named: follow it by a column, or hand it to a helper")
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id in named and node.attr in OF_ARRAYS:
                    raise self.wrong(node, f"{node.value.id} is no array: it has no .{node.attr}")
            if isinstance(node, ast.For | ast.While):
                for inner in ast.walk(node):
                    values = (
                        [v for _, v in pairs(inner.targets, inner.value)]
                        if isinstance(inner, ast.Assign)
                        else []
                    )
                    for value in values:
                        if (
                            isinstance(value, ast.Attribute)
                            and self.place(value)
                            and ast.unparse(value.value) in named - {"p", "market"}
                        ):
                            raise self.wrong(inner, f"take {ast.unparse(value)} before the loop")

    def wrong(self, node: ast.AST, words: str) -> KernelError:
        code = self.thing.function.__code__
        line = code.co_firstlineno + getattr(node, "lineno", 1) - 1
        return KernelError(f"{code.co_filename}:{line}: {self.thing.name}: {words}")


@functools.cache
def text_of(thing: Compiled) -> Text:
    return Text(thing)


def pairs(targets: list[ast.expr], value: ast.AST) -> list[tuple[ast.AST, ast.AST]]:
    """Targets of an assignment with what each is given, as far as the text says."""
    found: list[tuple[ast.AST, ast.AST]] = []
    for target in targets:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            found += list(zip(target.elts, value.elts, strict=False))
        else:
            found.append((target, value))
    return found


def targets_of(node: ast.AST) -> list[ast.AST]:
    """What an assignment of any kind writes."""
    if isinstance(node, ast.Assign):
        given = list(node.targets)
    elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.For):
        given = [node.target]
    else:
        return []
    return [one for target in given for one in (target.elts if isinstance(target, ast.Tuple) else [target])]


class Kernel(Compiled):
    """A compiled function with named parameters; see the module's text."""

    def __init__(self, function: types.FunctionType, apart: bool = False):
        super().__init__(function, apart)
        KERNELS.append(self)

    @functools.cached_property
    def text(self) -> Text:
        text = text_of(self)
        text.check()
        return text

    @functools.cached_property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The named parameters and what of each is looked up."""
        return {name: names for name, names in self.text.mentions.items() if names}

    @property
    def writes(self) -> dict[str, tuple[str, ...]]:
        """By parameter the columns that are written; "" for a plain array."""
        return {name: columns for name, columns in self.text.writes.items() if columns}

    def source(self) -> str:
        """The text of the flat function around the kernel."""
        flat = [
            part
            for name in self.text.parameters
            for part in (
                [f"{name}__{column}" for column in self.named[name]] if name in self.named else [name]
            )
        ]
        lines = [
            "from collections import namedtuple",
            "from sim.engine.compiling import compiled_alone, compiled_loop",
        ]
        lines += [f"from {self.__module__} import {self.name} as _kernel", "_kernel = _kernel.inlined"]
        lines += [f"_{name} = namedtuple('{name}', {names!r})" for name, names in self.named.items()]
        lines += ["", f"def {self.name}({', '.join(flat)}):"]
        for name, names in self.named.items():
            lines.append(f"    {name} = _{name}({', '.join(f'{name}__{column}' for column in names)})")
        lines.append(f"    return _kernel({', '.join(self.text.parameters)})")
        lines += ["", f"machine = {'compiled_loop' if self.apart else 'compiled_alone'}({self.name})", ""]
        return "\n".join(lines)

    @functools.cached_property
    def flat(self) -> Any:
        """The machine function that takes what named parameters hold one by one."""
        return generated(self.name, self.source(), self.stamp).machine

    @functools.cached_property
    def machine(self) -> Callable:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The flat function behind a look-up, made at the first call."""
        return self.first

    def first(self, *given: Any) -> Any:
        """The first call: what its arguments are decides how later calls look things up."""
        if len(given) != len(self.text.parameters):
            raise TypeError(f"{self.name} takes {', '.join(self.text.parameters)}: {len(given)} are given")
        parts = []
        for name, thing in zip(self.text.parameters, given, strict=True):
            table = isinstance(thing, HoldsColumns)
            for column in self.named.get(name, ()):
                self.check_column(name, thing, column, table)
            named = self.named.get(name)
            # handed over for others of its kind, which read it
            unread = not named and not isinstance(thing, np.ndarray | np.generic | int | float | tuple)
            parts += [place(name, column, table) for column in named] if named else ["0" if unread else name]
        text = f"lambda {', '.join(self.text.parameters)}: flat({', '.join(parts)})"
        self.__dict__["machine"] = eval(text, {"flat": self.flat})
        return self.machine(*given)

    def check_column(self, name: str, thing: Any, column: str, table: bool) -> None:
        """KernelError where a table has no such column, or where an account would be written."""
        if table and column not in thing.columns and column != "ids":
            raise self.text.wrong(self.text.tree, f"{name} has no column {column!r}")
        if table and column in thing.books and column in self.text.writes[name]:
            raise self.text.wrong(self.text.tree, f"{name}.{column} is an account: only the ledger moves fen")

    @functools.cached_property
    def plain(self) -> Callable:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Plain Python; columns that the text is not known to write are locked."""
        inside = bound(self.function, {name: thing.plain for name, thing in self.helpers().items()})

        def call(*given: Any) -> Any:
            return inside(
                *[
                    self.seen(name, thing) if name in self.named else thing
                    for name, thing in zip(self.text.parameters, given, strict=True)
                ]
            )

        return call

    def seen(self, name: str, thing: Any) -> SimpleNamespace:
        """What of a named argument the text mentions."""
        found = {}
        for column in self.named[name]:
            of_table = isinstance(thing, HoldsColumns) and column != "ids"
            value = thing.columns[column] if of_table else getattr(thing, column)
            if isinstance(value, np.ndarray) and column not in self.text.writes[name]:
                value = value.view()
                value.flags.writeable = False
            found[column] = value
        return SimpleNamespace(**found)


def place(name: str, column: str, table: bool) -> str:
    """The expression by which Python looks a name up: in the columns of a table, or as an attribute."""
    return f'{name}.columns["{column}"]' if table and column != "ids" else f"{name}.{column}"


class HoldsColumns:
    """What kernels read by column: see `sim.engine.columns.Table`."""

    ids: np.ndarray

    columns: dict[str, np.ndarray]
    books: dict[str, np.ndarray]


def kernel(function: types.FunctionType) -> Any:
    """Mark a function of a market as one that reads tables by name."""
    return Kernel(function)


def kernel_apart(function: types.FunctionType) -> Any:
    """As `kernel`, for a loop that writes no array which shares memory with another; see `compiled_loop`."""
    return Kernel(function, apart=True)
