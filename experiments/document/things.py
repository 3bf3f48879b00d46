"""What names in the text of the model may stand for, as `experiments.document.following` follows them."""

import ast
import functools
import inspect
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim import Economy, Parameters, discover
from sim.engine.columns import Row, Table
from sim.population.models import checked

SIZES = {"firms": 100, "consumers": 200, "banks": 2, "platforms": 2, "insurers": 2, "securities_houses": 2}


@dataclass
class Trace:
    """Columns and fields of the state, as "firms.price", and flows."""

    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    flows: set[str] = field(default_factory=set)

    def add(self, other: "Trace") -> None:
        self.reads |= other.reads
        self.writes |= other.writes
        self.flows |= other.flows


class Many(list):
    """Some of these things, in any number."""


@dataclass
class Line:
    """A tuple: what each place of it may be."""

    places: list[list[Any]]


@dataclass
class Pairs:
    """A mapping: what its keys and values may be."""

    keys: list[Any]
    values: list[Any]


@dataclass
class Bundle:
    """An object that the text makes: what its attributes may be."""

    kind: type
    parts: dict[str, list[Any]]


@dataclass
class Inner:
    """A function within a function."""

    node: ast.FunctionDef | ast.Lambda
    names: dict[str, list[Any]]
    module: dict[str, Any]


def once(things: Iterable[Any]) -> list[Any]:
    """Each thing once."""
    return list({id(one) if not isinstance(one, str) else one: one for one in things}.values())


def members(things: Iterable[Any]) -> list[Any]:
    """What one meets when going through any of them."""
    found: list[Any] = []
    for one in things:
        if isinstance(one, Line):
            found += [x for place in one.places for x in place]
        elif isinstance(one, Pairs):
            found += one.keys
        elif not isinstance(one, str | np.ndarray | Table | Row | Bundle) and isinstance(one, Iterable):
            found += list(one)
    return once(found)


@functools.cache
def tree_of(function: Any) -> Any:
    """The text of a function as a tree."""
    return ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]


def laid_out() -> Economy:
    """An empty economy: its tables, state, ledger and every business model."""
    models = tuple(discover().values())
    for one in models:
        checked(one)  # funders and lines bring columns
    economy = Economy.__new__(Economy)
    economy._lay(Parameters(), 1, SIZES, (), None)
    economy.models = models
    return economy
