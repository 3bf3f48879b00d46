"""Rows that a user watches: all their columns, quarter by quarter; no rule reads them."""

import difflib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from sim.engine.columns import declared
from sim.engine.units import Told, described


class Block(NamedTuple):
    """Some rows of a table in some quarters: arrays of equal length, `values` by column."""

    quarters: np.ndarray
    rows: np.ndarray
    values: dict[str, np.ndarray]


class Watch:
    """Which rows of which table are watched, and what was seen of them so far."""

    def __init__(self) -> None:
        self.rows: dict[str, np.ndarray] = {}
        self.seen: dict[str, list[Block]] = {}  # blocks stay as they are

    def copy(self) -> "Watch":
        """The same past, and a future of its own."""
        twin = Watch()
        twin.rows = dict(self.rows)
        twin.seen = {name: list(blocks) for name, blocks in self.seen.items()}
        return twin

    def add(self, tables: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        """Watch these rows by table, too: a number, several, or a view of the table.

        ValueError, in one line, for a table that there is not, IndexError for a row.
        """
        found = {name: checked(tables, name, rows) for name, rows in wanted.items()}
        for name, rows in found.items():
            self.rows[name] = np.union1d(self.rows.get(name, rows), rows)
            self.seen.setdefault(name, [])

    def check(self, tables: Mapping[str, Any]) -> None:
        """Raise ValueError or IndexError, in one line, where what is watched is of other tables."""
        for name, rows in self.rows.items():
            checked(tables, name, rows)
            if any(block.values.keys() != tables[name].columns.keys() for block in self.seen[name]):
                raise ValueError(f"what it has watched of {name} has other columns")

    def as_lists(self) -> dict[str, list[int]]:
        """What is watched, in plain numbers."""
        return {name: rows.tolist() for name, rows in self.rows.items()}

    def as_arrays(self) -> dict[str, np.ndarray]:
        """What was seen, by "table/column"; "table/at/quarter" and "table/at/row" say of whom and when."""
        found = {}
        for name, blocks in self.seen.items():
            if blocks:
                whole = joined(blocks)
                found |= {f"{name}/at/quarter": whole.quarters, f"{name}/at/row": whole.rows}
                found |= {f"{name}/{column}": values for column, values in whole.values.items()}
        return found

    @staticmethod
    def of(lists: Mapping[str, list[int]], arrays: Mapping[str, np.ndarray]) -> "Watch":
        """From what `as_lists` and `as_arrays` gave. ValueError where arrays are not equally long."""
        watch, groups = Watch(), {name: {} for name in lists}
        for label, values in arrays.items():
            name, _, column = label.partition("/")
            groups[name][column] = values
        for name, values in groups.items():
            if len({array.shape for array in values.values()}) > 1:
                raise ValueError(f"what it has watched of {name} is not equally long")
            watch.rows[name] = np.array(lists[name], dtype=np.intp)
            watch.seen[name] = []
            if values:
                quarters, seen = values.pop("at/quarter"), values.pop("at/row")
                watch.seen[name].append(Block(quarters, seen, values))
        return watch

    def frames(self, tables: Mapping[str, Any]) -> dict[str, Any]:
        """A DataFrame by table: index (quarter, row), all columns, units and meaning in `.attrs`."""
        import pandas as pd

        found = {}
        for name, blocks in self.seen.items():
            columns = tables[name].columns
            nothing = Block(
                np.zeros(0, int), np.zeros(0, int), {key: array[:0] for key, array in columns.items()}
            )
            whole = joined(blocks or [nothing])
            index = pd.MultiIndex.from_arrays([whole.quarters, whole.rows], names=["quarter", "row"])
            words = {key: Told(one.unit, one.doc) for key, one in declared(tables[name].kind).items()}
            found[name] = described(pd.DataFrame(whole.values, index=index), words)
        return found


def joined(blocks: list[Block]) -> Block:
    """One block of all."""
    names = blocks[0].values
    return Block(
        np.concatenate([one.quarters for one in blocks]),
        np.concatenate([one.rows for one in blocks]),
        {name: np.concatenate([one.values[name] for one in blocks]) for name in names},
    )


def checked(tables: Mapping[str, Any], name: str, rows: Any) -> np.ndarray:
    """The rows as positions in the table."""
    if name not in tables:
        near = difflib.get_close_matches(name, tables, 1)
        hint = f", did you mean {near[0]}?" if near else ""
        raise ValueError(f"there is no table {name!r}{hint} (tables: {', '.join(tables)})")
    found = np.atleast_1d(np.asarray(getattr(rows, "rows", rows)))
    if found.size == 0:
        return np.zeros(0, np.intp)
    if found.dtype.kind not in "iu" or found.ndim > 1:
        raise ValueError(f"{name} = {rows!r} are no rows: whole numbers from 0 to {len(tables[name]) - 1}")
    outside = found[(found < 0) | (found >= len(tables[name]))]
    if len(outside):
        raise IndexError(f"there is no row {outside[0]} among {len(tables[name])} rows of {name}")
    return found.astype(np.intp)


def look(economy: Any) -> None:
    """What is watched is noted, as the quarter has closed."""
    for name, rows in economy.watch_kept.rows.items():
        columns = economy.tables[name].columns
        values = {key: array[rows] for key, array in columns.items()}
        economy.watch_kept.seen[name].append(Block(np.full(len(rows), economy.quarter), rows, values))
