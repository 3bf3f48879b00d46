"""Mesa's words for rows that live in columns: select, sort, shuffle, groupby, get, set, agg, do, map.

Each means what it means in `mesa.agent.AgentSet`, and none keeps an agent: an AgentSet refers to its
agents weakly, so one made of lent rows would be empty at once. What Mesa returns as an AgentSet is
here a view by position.
"""

from __future__ import annotations

import html
import importlib
import itertools
import math
import operator
import types
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from mesa.agent import AgentSet

from sim.engine.rows import Row, UnknownColumnError, declared, fitted, unknown_column
from sim.engine.units import Told, described, shown

if TYPE_CHECKING:
    import pandas as pd

    from sim.engine.columns import Table, TableView

# GroupBy moved from mesa.agent to mesa.agentset in Mesa 3.5; it always lives beside AgentSet.
_GroupBy: Any = importlib.import_module(AgentSet.__module__).GroupBy


class Groups(_GroupBy):
    """Mesa's GroupBy, aggregating columns instead of rows."""

    def agg(self, attr_name: str, func: Callable) -> dict[Hashable, Any]:
        """`func` of the attribute, by group."""
        return {
            name: group.agg(attr_name, func)
            if isinstance(group, AgentSet)
            else func([getattr(row, attr_name) for row in group])
            for name, group in self.groups.items()
        }


class Words(AgentSet):
    """Mesa's words for the rows `rows` of `table`, whether these are all or some."""

    table: Table
    rows: np.ndarray
    _where: Any  # the index that picks these rows out of a column

    def _view(self, rows: np.ndarray) -> TableView:
        return self.table.view(rows)

    def _take(self, rows: np.ndarray) -> Words:
        """Have `rows` from now on, as the words with `inplace=True` ask."""
        raise TypeError(f"{self!r} holds all its rows in their order; ask for a view instead (inplace=False)")

    def _become(self, rows: np.ndarray, inplace: bool) -> Words:
        return self._take(rows) if inplace else self._view(rows)

    def _update(self, agents: Iterable[Row]) -> Words:
        return self._take(self._from_iterable(agents).rows)

    def _from_iterable(self, it: Iterable[Any]) -> TableView:
        # An instance method where collections.abc has a class method: the result needs the table.
        rows = list(it)
        for row in rows:
            if not isinstance(row, Row) or row.table is not self.table:
                raise TypeError(f"{row!r} is not a row of {self.table.name}")
        return self._view(first_of_each(np.array([row.i for row in rows], dtype=np.intp)))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return map(self.table.row, self.rows.tolist())

    def __getitem__(self, item: Any) -> Any:
        """A column by its name, a row by its position, a view by a slice, a mask or positions.

        Several names give a frame, as `frame(names)` does.

        Raises:
            KeyError: no column has this name.
            IndexError: no row has this position, or the mask is not as long as the set.
        """
        if isinstance(item, str):
            return self._column(item)
        if isinstance(item, int) and -len(self) <= item < len(self):
            return self.table.row(self._line(item))
        if isinstance(item, slice):
            return self._view(self.rows[item])
        if isinstance(item, list) and item and all(isinstance(name, str) for name in item):
            return self.frame(item)
        positions = np.asarray(item)
        if positions.size == 0 and positions.ndim == 1 and positions.dtype.kind != "b":
            positions = positions.astype(np.intp)
        if positions.ndim > 1 or positions.dtype.kind not in ("iu" if positions.ndim == 0 else "biu"):
            raise TypeError(f"{self.table.name} has no rows {item!r}: name, position, slice or mask")
        if positions.dtype.kind == "b":
            if len(positions) != len(self):
                raise IndexError(
                    f"a mask of {len(positions)} does not fit {len(self)} rows of {self.table.name}"
                )
            return self._view(self.rows[positions])
        outside = (positions < -len(self)) | (positions >= len(self))
        if np.any(outside):
            worst = positions[outside][0] if positions.ndim else positions
            raise IndexError(f"there is no row {worst} among {len(self)} rows of {self.table.name}")
        if positions.ndim == 0:
            return self.table.row(self._line(int(positions)))
        return self._view(first_of_each(self.rows[positions]))

    def _line(self, position: int) -> int:
        return int(self.rows[position])

    def _column(self, name: str) -> np.ndarray:
        if name not in self.table.columns:
            raise UnknownColumnError(unknown_column(name, self.table))
        values = self.table.columns[name][self.rows]
        values.flags.writeable = False  # a write into this copy would be lost
        return values

    def __setitem__(self, name: str, values: Any) -> None:
        """Write a column: one value for all rows, or one for each.

        Raises:
            KeyError: no column has this name.
            ValueError: the column is an account, or the values fit neither its type nor its length.
            TypeError: the values are not numbers.
        """
        what = f"{self.table.name}[{name!r}]"
        if name not in self.table.columns:
            raise UnknownColumnError(unknown_column(name, self.table))
        if name in self.table.books:
            raise ValueError(f"{what} is an account: only the ledger moves fen")
        column = self.table.columns[name]
        array = fitted(values, column.dtype, what)
        if array.ndim and array.shape != (len(self),):
            raise ValueError(f"{what} has {len(self)} rows here, values of shape {array.shape} do not fit")
        self.table.check_pointers(name, array)
        column[self._where] = array

    def select(
        self,
        filter_func: Callable[[Any], bool] | np.ndarray | None = None,
        at_most: float = float("inf"),
        inplace: bool = False,
        agent_type: type | None = None,
    ) -> Any:
        """The rows for which `filter_func` holds, as Mesa's; here it may also be a mask."""
        if at_most <= 1.0 and isinstance(at_most, float):
            at_most = int(len(self) * at_most)
        stop = None if at_most == math.inf else max(0, math.ceil(at_most))
        rows = self.rows
        if agent_type is not None and not issubclass(self.table.kind, agent_type):
            rows = rows[:0]
        elif isinstance(filter_func, np.ndarray):
            rows = self[filter_func].rows
        elif filter_func is not None:
            found = (i for i in rows.tolist() if filter_func(self.table.row(i)))
            rows = np.fromiter(itertools.islice(found, stop), dtype=np.intp)
        return self._become(rows[:stop], inplace)

    def shuffle(self, inplace: bool = False) -> Any:
        """The rows in a random order, the one that Mesa would draw from `random`."""
        rows = self.rows.tolist()
        self.random.shuffle(rows)
        return self._become(np.array(rows, dtype=np.intp), inplace)

    def sort(self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False) -> Any:
        """The rows by a column, an attribute or a function, descending by default; ties keep their order."""
        if isinstance(key, str) and key in self.table.columns:
            values = self[key]
            if ascending:
                order = np.argsort(values, kind="stable")
            else:  # sort the mirror image, so that ties keep their order when it is turned round
                order = len(values) - 1 - np.argsort(values[::-1], kind="stable")[::-1]
        else:
            of = operator.attrgetter(key) if isinstance(key, str) else key
            keys = [of(row) for row in self]
            order = np.array(
                sorted(range(len(keys)), key=keys.__getitem__, reverse=not ascending), dtype=np.intp
            )
        return self._become(self.rows[order], inplace)

    def groupby(self, by: Callable | str, result_type: str = "agentset") -> Any:
        """Groups by a column, an attribute or a function, in order of first appearance.

        Raises:
            ValueError: `result_type` is neither "agentset" (views) nor "list" (lists of rows).
        """
        if result_type not in ("agentset", "list"):
            raise ValueError(f"result_type = {result_type!r} is neither 'agentset' nor 'list'")
        if isinstance(by, str) and by in self.table.columns:
            keys, first, group = np.unique(self[by], return_index=True, return_inverse=True)
            parts = np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group))[:-1])
            parted = {keys[g].item(): self.rows[parts[g]] for g in np.argsort(first)}
        else:
            of = operator.attrgetter(by) if isinstance(by, str) else by
            lines: dict[Any, list[int]] = {}
            for row in self:
                lines.setdefault(of(row), []).append(row.i)
            parted = {key: np.array(part, dtype=np.intp) for key, part in lines.items()}
        groups = {key: self._view(part) for key, part in parted.items()}
        return Groups(
            groups if result_type == "agentset" else {key: list(view) for key, view in groups.items()}
        )

    def get(self, attr_names: Any, handle_missing: str = "error", default_value: Any = None) -> Any:
        """The values of an attribute: of a column a new array, else a list; of several names a list a row."""
        if handle_missing not in ("error", "default"):
            raise ValueError(f"handle_missing = {handle_missing!r} is neither 'error' nor 'default'")
        if not isinstance(attr_names, str):
            values = [self.get(name, handle_missing, default_value) for name in attr_names]
            lists = [value.tolist() if isinstance(value, np.ndarray) else value for value in values]
            return [[value[k] for value in lists] for k in range(len(self))]
        if attr_names in self.table.columns:
            return np.array(self[attr_names])
        if handle_missing == "default":
            return [getattr(row, attr_names, default_value) for row in self]
        return [getattr(row, attr_names) for row in self]

    def set(self, attr_name: str, value: Any) -> Any:
        """Set an attribute of all rows to one value; of a column also to one value each."""
        if attr_name in self.table.columns:
            self[attr_name] = value
        else:
            for row in self:
                setattr(row, attr_name, value)
        return self

    def agg(self, attribute: str, func: Callable | Iterable[Callable]) -> Any:
        """`func` of the values of an attribute, or a list of such if there are several functions.

        A function gets an array, but a built-in such as `sum` the list that Mesa would give it: it is
        faster on one, exact in whole numbers, and gives the same bits.
        """
        values = self.get(attribute)
        if not callable(func):
            return [_applied(one, values) for one in func]
        return _applied(func, values)

    def do(self, method: str | Callable, *args: Any, **kwargs: Any) -> Any:
        """Call a function or a method of this name on each row, in order."""
        self.map(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable, *args: Any, **kwargs: Any) -> Any:
        """Call it on each row in a random order; the order of the set itself stays."""
        self.shuffle().map(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable, *args: Any, **kwargs: Any) -> list[Any]:
        """The list of what a function, or a method of this name, returns for each row."""
        if isinstance(method, str):
            return [getattr(row, method)(*args, **kwargs) for row in self]
        return [method(row, *args, **kwargs) for row in self]

    def count(self, value: Any) -> int:
        """How often a row is in the set: once or never."""
        return int(value in self)

    def to_list(self) -> list[Any]:
        """The rows, as a list."""
        return list(self)

    def __copy__(self) -> TableView:
        return self._view(self.rows)

    def _ipython_key_completions_(self) -> list[str]:
        """What a notebook offers after `table["`."""
        return list(self.table.columns)

    def frame(self, names: Iterable[str] | None = None) -> pd.DataFrame:
        """A copy of these columns, or of all, as a pandas DataFrame, index "row".

        `.attrs["units"]` and `.attrs["meaning"]` say what they are; money is in fen, see `sim.in_yuan`.
        KeyError, in one line, for a name that is no column.
        """
        import pandas as pd  # only here, so that a run does without it

        chosen = self.table.columns if names is None else names
        columns = {name: np.array(self._column(name)) for name in chosen}
        frame = pd.DataFrame(columns, index=pd.Index(self.rows, name="row"))
        words = declared(self.table.kind).items()
        return described(frame, {name: Told(one.unit, one.doc) for name, one in words})

    def __repr__(self) -> str:
        size = f"{len(self)}" if self is self.table else f"{len(self)} of {len(self.table)}"
        return f"<{self.table.name}: {size} rows of {self.table.kind.__name__}>"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{word}</th>" for word in ("column", "unit", "mean", "min", "max", "meaning"))
        body = ""
        for name, column in declared(self.table.kind).items():
            (by, unit), values, numbers = shown(column.unit), self[name], ["–"] * 3
            if len(values):
                with np.errstate(all="ignore"):  # infinities and gaps are shown, not argued with
                    numbers = [f"{float(f(values)) / by:,.6g}" for f in (np.mean, np.min, np.max)]
            cells = [name, unit, *numbers, column.doc]
            body += "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
        title = html.escape(repr(self).strip("<>"))
        return f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def first_of_each(rows: np.ndarray) -> np.ndarray:
    """`rows` without repetitions, as a set has none, in order of first appearance."""
    first = np.unique(rows, return_index=True)[1]
    return rows if len(first) == len(rows) else rows[np.sort(first)]


def _applied(func: Callable, values: Any) -> Any:
    plain = isinstance(func, types.BuiltinFunctionType | type) and isinstance(values, np.ndarray)
    return func(values.tolist() if plain else values)
