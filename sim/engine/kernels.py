"""Functions of markets read tables by name, as rules do.

    @kernel
    def take_projects(order, offers, firms, platforms, p): ...  firms.link[i] = q; platforms.spent[q] += ...

A parameter that the text follows with `.column` is *named*: it stands for a `Table`, whose columns are
arrays, or for parameters, typed state or a small namespace, whose attributes are what they are. The others
are plain arrays and numbers. A named parameter may be handed whole to a compiled helper and is used in no
other way.

Called from Python, a kernel looks up what its text and that of its helpers mention and hands it to a flat
machine function, which builds the tuples inside: named tuples never pass through Python, and machine code is
found on disk. What is written is known from the text too: see `reads` and `writes`.
"""

import functools
import types
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from .compiling import Compiled, bound
from .generated import generated
from .texts import Text, text_of

KERNELS: "list[Kernel]" = []


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
            "from sim.engine.compiling import kept",
        ]
        lines.append(f"from {self.__module__} import {self.name} as _kernel")
        lines += [f"_{name} = namedtuple('{name}', {names!r})" for name, names in self.named.items()]
        lines += ["", f"def {self.name}({', '.join(flat)}):"]
        for name, names in self.named.items():
            lines.append(f"    {name} = _{name}({', '.join(f'{name}__{column}' for column in names)})")
        lines.append(f"    return _kernel({', '.join(self.text.parameters)})")
        lines += ["", f"machine = kept({self.name}, apart={self.apart})", ""]
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
    """As `kernel`, for a loop that writes no array which shares memory with another; see `compiled_apart`."""
    return Kernel(function, apart=True)
