"""What rules, compiled functions and the ledger do to columns, as their texts and the chart say."""

from typing import Any

import numpy as np

from experiments.document.things import Bundle, Trace, members
from sim import Economy
from sim.engine.chart import WriteOff
from sim.engine.columns import Row, Table
from sim.engine.compiling import Compiled
from sim.engine.ledger import Ledger
from sim.engine.rules import Rule
from sim.engine.texts import text_of

PARTS = ("market", "memory", "tallies", "firm_scorers", "consumer_scorers")
SIDES = {"pay": ("debit", "credit"), "pay_at_home": ("debit", "credit"), "credit_together": ("credit",)}
SETTLED = ("banks.reserves", "banks.deposits_owed")


class Effects:
    """Columns and fields of an economy by name, and a trace of what is done to them."""

    def __init__(self, economy: Economy):
        self.economy, self.trace = economy, Trace()
        self.parts = {id(getattr(economy, name)): name for name in PARTS}
        self.arrays: dict[int, str] = {}
        for name, table in economy.tables.items():
            for column, array in (*table.columns.items(), *table.books.items()):
                self.arrays[id(array)] = f"{name}.{column}"
        for name in PARTS:
            for column, thing in vars(getattr(economy, name)).items():
                if isinstance(thing, np.ndarray):
                    self.arrays[id(thing)] = f"{name}.{column}"
        self.known: dict[Any, tuple[Trace, list[Any], list[Any]]] = {}  # by call

    def name_of(self, thing: Any) -> str:
        return thing.table.name if isinstance(thing, Row) else self.parts[id(thing)]

    def compiled(self, thing: Compiled, given: list[list[Any]], named: dict[str, list[Any]]) -> list[Any]:
        """A compiled function: its text says what it does with each parameter."""
        text = text_of(thing)
        for name, values in (*zip(text.parameters, given, strict=False), *named.items()):
            for one in values:
                for column in text.writes[name]:
                    self.trace.writes |= self.place(one, column)
                for column in text.mentions[name]:
                    self.trace.reads |= self.place(one, column)
        return []

    def place(self, thing: Any, column: str) -> set[str]:
        """What a compiled function means by a parameter and what follows it."""
        if isinstance(thing, Bundle):
            return {self.arrays[id(one)] for one in thing.parts.get(column, ()) if id(one) in self.arrays}
        if isinstance(thing, Table):
            return {f"{thing.name}.{column}"} if column in thing.columns else set()
        if id(thing) in self.parts:
            return {f"{self.parts[id(thing)]}.{column}"}
        return {self.arrays[id(thing)]} if not column and id(thing) in self.arrays else set()

    def sweep(self, table: Table, rule: Rule) -> None:
        """A rule is applied to a table."""
        self.trace.reads |= {f"{table.name}.{one}" for one in rule.reads}
        self.trace.reads |= {f"market.{one}" for one in rule.market}
        self.trace.writes |= {f"{table.name}.{one}" for one in rule.writes}

    def book(self, ledger: Ledger, method: str, given: list[list[Any]]) -> list[Any]:
        """The ledger moves fen: the flows, and the accounts that the chart says."""
        if method in ("settle", "close"):
            self.trace.writes |= set(SETTLED)
        first = given[0] if given else []
        words = (
            {one for one in (*first, *members(first)) if isinstance(one, str)} if method != "total" else set()
        )
        for flow in words & ledger.chart.flows.keys():
            self.trace.flows.add(flow)
            spec = ledger.chart.flows[flow]
            sides = SIDES.get(method, (method,))
            if isinstance(spec, WriteOff):
                sides = [("lost", table) for table, _ in spec.held] + [
                    ("forgiven", table) for table, _ in spec.owed
                ]
            for side in sides:
                accounts = ledger._new_leg(flow, side).accounts
                self.trace.writes |= {self.arrays[id(one)] for one in accounts}
        return []
