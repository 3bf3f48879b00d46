"""A kind of agent declares its columns; a row is one line of its table, seen as a Mesa agent."""

from __future__ import annotations

import contextlib
import difflib
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

if TYPE_CHECKING:
    from sim.engine.columns import Table


class Column:
    """An attribute of every agent of a kind, declared in the body of a `Row`.

    Args:
        default: the value of every row of a new table.
        unit: the unit of the values, such as "share/quarter"; "row of banks" where they are rows of a table.
        doc: what the values mean, in a few words.
        dtype: NumPy type of the array; by default that of `default` (float64, int64 or bool).

    Raises:
        TypeError: if `default` is not one number or truth value.
        ValueError: if `default` does not fit `dtype`.
    """

    def __init__(self, default: Any = 0.0, *, unit: str, doc: str = "", dtype: Any = None):
        self.name = ""
        self.unit, self.doc = unit, doc
        value = np.asarray(default)
        if value.ndim or value.dtype.kind not in "biuf":
            raise TypeError(f"the default of a column is one number or truth value, not {default!r}")
        self.dtype = value.dtype if dtype is None else np.dtype(dtype)
        self.default = fitted(default, self.dtype, "the default of a column").astype(self.dtype).item()

    @property
    def points_to(self) -> str:
        """The name of the table whose rows the values are, from the default on; else ""."""
        table = self.unit.removeprefix("row of ")
        return table if table != self.unit else ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, row: Row | None, owner: type | None = None) -> Any:
        return self if row is None else row.table.columns[self.name][row.i].item()

    def __set__(self, row: Row, value: Any) -> None:
        value = fitted(value, self.dtype, f"{type(row).__name__}.{self.name}")
        row.table.check_pointers(self.name, value)
        row.table.columns[self.name][row.i] = value


class Account(Column):
    """A stock of money in whole fen. Anybody reads it; the ledger writes it, through `table.books`."""

    def __init__(self, doc: str = ""):
        super().__init__(0, unit="fen", doc=doc, dtype=np.int64)

    def __set__(self, row: Row, value: Any) -> None:
        raise AttributeError(f"{type(row).__name__}.{self.name} is an account: only the ledger moves fen")


class Row(mesa.Agent):
    """Line `i` of `table`, seen as a Mesa agent.

    Reading a column gives a Python scalar, assigning to it writes the table. Rows are equal if they
    are the same line of the same table. A row that is lent holds nothing of its own, so assigning to
    a name that is no column is an error there; a row that is kept may carry further attributes.
    """

    table: Table
    i: int

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name, value in vars(cls).items():
            if isinstance(value, Column) and name in {*dir(Row), "table", "i", "ids", "pos"}:
                raise TypeError(f"{cls.__name__} cannot have a column {name!r}: every row has one")

    def __init__(self, table: Table, i: int):
        # Not Mesa's __init__: it would count, register and thereby keep every row that is lent.
        self.__dict__.update(table=table, i=i)

    @property
    def model(self) -> Any:
        """The model of the table."""
        return self.table.model

    @property
    def unique_id(self) -> int:
        """The row's entry in `table.ids`, unique within its table."""
        return int(self.table.ids[self.i])

    @unique_id.setter
    def unique_id(self, value: Any) -> None:
        # Mesa from 3.4 on numbers an agent when it is registered; the table has numbered it already.
        pass

    def remove(self) -> None:
        """Take a kept row off the model's register. TypeError if the row is lent: it is on none."""
        if not self.table.keep:
            raise TypeError(f"{self!r} is lent by its table and cannot be removed")
        with contextlib.suppress(KeyError):  # as Mesa: removing an agent twice is no error
            self.model.deregister_agent(self)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.table.attributes and not self.table.keep:
            raise AttributeError(unknown_column(name, self.table))
        super().__setattr__(name, value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and self.table is other.table and self.i == other.i

    def __hash__(self) -> int:
        return hash((id(self.table), self.i))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={array[self.i].item()!r}" for name, array in self.table.columns.items())
        return f"{type(self).__name__} {self.i}: {values}"

    def __reduce__(self) -> tuple:
        own = {name: value for name, value in vars(self).items() if name not in ("table", "i")}
        return restored_row, (self.table, type(self), self.i, self.table.keep), own or None


def restored_row(table: Table, kind: type[Row], i: int, keep: bool) -> Row:
    """A row after a copy or a pickle, the same object each time if its table keeps it.

    Model, table and rows refer to each other, so this may run while `table` is still empty.
    """
    kept = table.__dict__.setdefault("kept", {})
    if i in kept:
        return kept[i]
    row = object.__new__(kind)
    row.__dict__.update(table=table, i=i)
    if keep:
        kept[i] = row
    return row


class UnknownColumnError(KeyError):
    """No column has this name; unlike a plain KeyError it is shown without quotation marks."""

    def __str__(self) -> str:
        return self.args[0]


def declared(kind: type[Row]) -> dict[str, Column]:
    """The columns that a kind of row and its bases declare, the base's first."""
    return {
        name: value
        for base in reversed(kind.__mro__)
        for name, value in vars(base).items()
        if isinstance(value, Column)
    }


def unknown_column(name: str, table: Table) -> str:
    """The error line for a name that is no column of the table, with the nearest one that is."""
    near = difflib.get_close_matches(name, table.columns, 1)
    hint = f", did you mean {near[0]!r}?" if near else ""
    return f"{table.name} has no column {name!r}{hint} (columns: {', '.join(table.columns)})"


def fitted(values: Any, dtype: np.dtype, what: str) -> np.ndarray:
    """`values` as an array that can be written into `dtype` without losing more than float rounding.

    `what` names the place in errors: TypeError if these are no numbers, ValueError if they do not fit.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        given = f"an array of {array.dtype}" if array.ndim else repr(values)
        raise TypeError(f"{what} holds {dtype}, not {given}")
    if dtype.kind == "f" or np.can_cast(array.dtype, dtype):
        return array
    with np.errstate(invalid="ignore"):
        cast = array.astype(dtype)
    wrong = cast != array
    if np.any(wrong):
        raise ValueError(f"{what} holds {dtype}, {array[wrong][0]} does not fit")
    return cast
