"""Populations are tables: one NumPy array per attribute, one row per agent, in Mesa's words.

A `Row` is one line of a `Table`, seen as a `mesa.Agent`; a `Table` is the `mesa.agent.AgentSet` of
all its rows; a `TableView` is the AgentSet of some of them, in some order. Institutions are few:
their table *keeps* its rows and registers them with the model. Firms and consumers are many: their
table *lends* a row whenever somebody asks for it, and no object stays behind.

Money is held in accounts. An account is read like any column; the array that can be written is in
`table.books`, for the ledger.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.kernels import HoldsColumns
from sim.engine.mesa.words import Words, first_of_each
from sim.engine.rows import Account, Column, Row, UnknownColumnError, declared, unknown_column

__all__ = ["Account", "Column", "Row", "Table", "TableView", "UnknownColumnError", "declared"]


@compiled
def astray(rows, least, n):
    """A number among `rows` that is not from `least` to n - 1; `least` if there is none."""
    low, high = rows[0], rows[0]  # of their type, as narrow as it is: four times as fast
    for i in range(rows.shape[0]):
        low = min(low, rows[i])
        high = max(high, rows[i])
    return int(low) if low < least else int(high) if high >= n else least


class Columns(dict[str, np.ndarray]):
    """Arrays by name, each for good: `columns["age"] += 1` writes into one, nothing takes its place."""

    def __setitem__(self, name: str, array: np.ndarray) -> None:
        if array is not self.get(name):
            raise TypeError(f"the array of column {name!r} stays: write into it, as in table[{name!r}] = ...")


class Table(Words, HoldsColumns):
    """All agents of one kind: `table["price"]` is a column, `table[3]` an agent, `table[mask]` a view.

    Args:
        model: what the rows call `model`; with a `random` (as a Mesa model has) it is used to shuffle.
        kind: the subclass of `Row` that declares the columns.
        n: the number of rows; it never changes.
        keep: make the rows once, hold them, and register them with the model if it has a register.
        name: the table's name; by default that of the kind in lower case, with an s.

    Attributes:
        ids: uint32 array, the rows' `unique_id`: 0 to n - 1, read-only.
        columns: name to array of shape (n,), always the same one; accounts are read-only here.
        books: the accounts' writable arrays, sharing their memory with `columns`; for the ledger.
        defaults: what the columns that are no accounts hold at first, by name.

    Raises:
        TypeError: `kind` is no kind of row.
        ValueError: `n` is not a whole number from 0 to 2³² - 1.
    """

    _where = slice(None)

    def __init__(self, model: Any, kind: type[Row], n: int, *, keep: bool = False, name: str | None = None):
        if not (isinstance(kind, type) and issubclass(kind, Row)):
            raise TypeError(f"a table needs a kind of Row, not {kind!r}")
        self.name = kind.__name__.lower() + "s" if name is None else name
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or not 0 <= n < 2**32:
            raise ValueError(f"{self.name} cannot have {n!r} rows: it needs a whole number, 0 to 2**32 - 1")
        self.ids = np.arange(n, dtype=np.uint32)
        self.kept: dict[int, Row] = {}
        arrays = {
            name: np.full(n, column.default, dtype=column.dtype) for name, column in declared(kind).items()
        }
        self._build(model, kind, keep, getattr(model, "random", None) or random.Random(0), arrays)
        if keep:
            self.kept = {i: kind(self, i) for i in range(n)}
            register: Callable[[Row], None] | None = getattr(model, "register_agent", None)
            if register is not None:
                for row in self.kept.values():
                    row.pos = None  # on no grid yet, as any agent of Mesa's
                    register(row)

    def _build(self, model: Any, kind: type[Row], keep: bool, chance: random.Random, arrays: dict) -> None:
        self.model, self.kind, self.keep, self.random = model, kind, keep, chance
        accounts = {name for name, column in declared(kind).items() if isinstance(column, Account)}
        self.attributes = frozenset(dir(kind))
        self.bound: dict[Any, Any] = {}  # of compiled passes over these columns: see `rules.sweep`
        self.books: dict[str, np.ndarray] = {name: a for name, a in arrays.items() if name in accounts}
        self.columns = Columns({name: a.view() if name in accounts else a for name, a in arrays.items()})
        for array in (self.ids, *(self.columns[name] for name in accounts)):
            array.flags.writeable = False
        # columns that hold rows of some table: which, and the least that may stand there
        self.pointers = {
            name: (column.points_to, int(column.default))
            for name, column in declared(kind).items()
            if column.points_to
        }
        self.guarded = accounts | self.pointers.keys()
        self.defaults = {n: one.default for n, one in declared(kind).items() if n not in accounts}
        self.of_the_quarter = [name for name, column in declared(kind).items() if column.of_the_quarter]

    @property
    def table(self) -> Table:
        """The table itself, so that a table and its views can be used alike."""
        return self

    @property
    def rows(self) -> np.ndarray:
        """The positions 0 to n - 1."""
        return np.arange(len(self.ids))

    def fresh(self, kept: Collection[str] = ()) -> dict[str, Any]:
        """What the columns hold at first, by name; left out are accounts and those that are `kept`."""
        return {name: default for name, default in self.defaults.items() if name not in kept}

    def renew(self, rows: np.ndarray, kept: Collection[str] = ()) -> None:
        """Somebody new comes into these rows: their columns are as at first, see `fresh`."""
        for name, default in self.fresh(kept).items():
            self.columns[name][rows] = default

    def open_quarter(self) -> None:
        """What adds up within a quarter starts at zero."""
        for name in self.of_the_quarter:
            self.columns[name].fill(0)

    @property
    def bytes(self) -> int:
        """Memory of the columns, in bytes."""
        return sum(array.nbytes for array in self.columns.values())

    def view(self, rows: np.ndarray) -> TableView:
        """The rows at these positions, each at most once and each from 0 to n - 1, in this order."""
        return TableView(self, rows)

    def row(self, i: int) -> Row:
        """Row `i`, counted from 0: the kept one, or one to lend."""
        return self.kept[i] if self.keep else self.kind(self, i)

    def _line(self, position: int) -> int:
        return position + len(self) if position < 0 else position

    def _column(self, name: str) -> np.ndarray:
        if name not in self.columns:
            raise UnknownColumnError(unknown_column(name, self))
        return self.columns[name]

    def __getitem__(self, item: Any) -> Any:
        # asked several hundred times a quarter, nearly always for a column
        try:
            return self.columns[item]
        except (KeyError, TypeError):  # a row's number, a slice, a list of names
            return super().__getitem__(item)

    def __setitem__(self, name: str, values: Any) -> None:
        # nearly always a column for a column of the same kind
        column = self.columns.get(name)
        if (
            column is not None
            and isinstance(values, np.ndarray)
            and values.dtype == column.dtype
            and values.shape == column.shape
            and name not in self.guarded
        ):
            column[...] = values
        else:
            super().__setitem__(name, values)

    def check_pointers(self, name: str, values: np.ndarray) -> None:
        """Raise ValueError, in one line, if values for a column that holds rows of a table are none of it."""
        table, least = self.pointers.get(name, ("", 0))
        if values.size and table in (tables := getattr(self.model, "tables", {})):
            n = len(tables[table])
            wrong = astray(np.atleast_1d(values).astype(self.columns[name].dtype, copy=False), least, n)
            if wrong != least:
                raise ValueError(
                    f"{self.name}[{name!r}] holds rows of {table}, {least} to {n - 1}: {wrong} is none"
                )

    def check_all_pointers(self) -> None:
        """As `check_pointers`, for what stands in the columns now: an array can be written by anybody."""
        tables = self.model.tables
        for name, (table, least) in self.pointers.items():
            column = self.columns[name]
            if len(column) and table in tables and astray(column, least, len(tables[table].ids)) != least:
                self.check_pointers(name, column)

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, agent: object) -> bool:
        return isinstance(agent, Row) and agent.table is self and 0 <= agent.i < len(self)

    def select(self, filter_func=None, at_most=float("inf"), inplace=False, agent_type=None) -> Any:
        """The rows for which `filter_func` holds, as a view."""
        if inplace and filter_func is None and agent_type is None and at_most == math.inf:
            return self
        return super().select(filter_func, at_most, inplace, agent_type)

    def add(self, agent: Any) -> None:
        """TypeError: a table has the rows it was made with."""
        raise TypeError(f"{self!r} has the rows it was made with: none can be added or removed")

    discard = remove = add

    def snapshot(self) -> dict[str, np.ndarray]:
        """Copies of all columns and of `ids`, by name."""
        return {"ids": self.ids.copy()} | {name: array.copy() for name, array in self.columns.items()}

    def load(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over a `snapshot()` in place: arrays keep their identity. ValueError if it does not fit."""
        target = {"ids": self.ids} | self.columns | self.books
        if set(state) != set(target):
            missing, extra = sorted(set(target) - set(state)), sorted(set(state) - set(target))
            raise ValueError(f"this is no state of {self.name}: lacks {missing}, has {extra} too many")
        for name, array in target.items():
            if (state[name].shape, state[name].dtype) != (array.shape, array.dtype):
                there = f"{state[name].dtype} of shape {state[name].shape}"
                raise ValueError(
                    f"{self.name}[{name!r}] is {array.dtype} of shape {array.shape}, the state's {there}"
                )
            self.check_pointers(name, state[name])
        if not np.array_equal(state["ids"], self.ids):
            raise ValueError(f"the ids of {self.name} are 0 to {len(self) - 1}, the state's are others")
        del target["ids"]
        for name, array in target.items():
            array[...] = state[name]

    def __getstate__(self) -> dict[str, Any]:
        names = ("name", "ids", "model", "kind", "keep", "random")
        # Of an account only the writable array: a copy of its view would be a second account.
        arrays = self.columns | self.books
        return {name: getattr(self, name) for name in names} | {
            "arrays": arrays,
            "kept": list(self.kept.values()),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.name, self.ids = state["name"], state["ids"]
        self.__dict__.setdefault("kept", {})  # the rows in state["kept"] have entered themselves
        self._build(state["model"], state["kind"], state["keep"], state["random"], state["arrays"])


class TableView(Words):
    """Some rows of a table in some order. It shares the table's columns: writing here writes there.

    `rows` is the read-only array of positions in the table; `view["price"]` a read-only copy of these
    rows' prices; `view["price"] = values` writes them. Rows can be added and removed.
    """

    def __init__(self, table: Table, rows: np.ndarray):
        self.table = table
        self._take(rows)

    def _take(self, rows: np.ndarray) -> TableView:
        self.rows = np.array(rows, dtype=np.intp)
        self.rows.flags.writeable = False
        self._where = self.rows
        self._member: np.ndarray | None = None
        return self

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """The columns of the whole table."""
        return self.table.columns

    @property
    def random(self) -> random.Random:
        """The table's source of shuffles."""
        return self.table.random

    def __contains__(self, agent: object) -> bool:
        if self._member is None:
            self._member = np.zeros(len(self.table), dtype=bool)
            self._member[self.rows] = True
        return isinstance(agent, Row) and agent in self.table and bool(self._member[agent.i])

    def add(self, agent: Any) -> None:
        """Append a row of the same table, unless it is here. TypeError if it is of no such table."""
        self._take(first_of_each(np.append(self.rows, self._from_iterable([agent]).rows)))

    def discard(self, agent: Any) -> None:
        """Leave out a row, if it is here; the table keeps it."""
        if agent in self:
            self._take(self.rows[self.rows != agent.i])

    def remove(self, agent: Any) -> None:
        """Leave out a row. KeyError if it is not here."""
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)

    def __getstate__(self) -> dict[str, Any]:
        return {"table": self.table, "rows": self.rows}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.table = state["table"]
        self._take(state["rows"])
