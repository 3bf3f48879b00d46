"""Every fen leaves one account and enters another, in the same line.

Balances are whole fen in int64, so "nothing is lost" is `== 0` and a sum does not depend on who added
first. The ledger alone writes accounts. A `Flow` names payer, payee and what the payment was *for* on
either side: income or expense (`net_worth`), or an asset or a liability. Net worth is therefore an
account of its own, moved only by incomes, expenses and write-offs, and "assets - liabilities = net
worth" is a proof for every agent and not a definition.

Customers hold deposits at a home bank. Payments between customers of two banks are netted, and settled in
reserves between the banks whenever these look at them, at the latest as the quarter closes. Banks pay with
reserves; the state's payments create reserves, its receipts retire them.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np

from .chart import NET_WORTH, Change, Chart, Flow, WriteOff
from .fen import (
    any_of,
    carry,
    post,
    post_few,
    rows_with,
    split,
    split_by,
    sum_by,
    total_by,
    weigh,
)

__all__ = [
    "Amounts",
    "Ledger",
    "LedgerError",
    "Some",
    "rows_with",
    "split",
    "split_by",
    "total_by",
]

Spec = TypeVar("Spec", "Flow", "Change", "WriteOff")


class LedgerError(AssertionError):
    """The accounts do not close: a fault in the model, never in its input."""


class Some(NamedTuple):
    """Amounts of a few rows of a table, where the others have none: time grows with the few."""

    rows: np.ndarray
    amounts: np.ndarray


Amounts = np.ndarray | Some
NO_NUMBER = -(2**63)  # what machine code makes of NaN, of infinity and of what is beyond
Side = str | tuple[str, str]  # "debit", "credit", "change", or what is "lost" or "forgiven" by which table


class Leg(NamedTuple):
    """One side of a flow: the accounts it moves, how, and what posts amounts to them."""

    table: str
    accounts: tuple[np.ndarray, np.ndarray]
    signs: tuple[int, int]
    at_banks: bool  # whether it moves deposits
    places: tuple[tuple[int, int], ...]  # accounts whose sums it moves, and the sign
    number: int = -1
    all: Callable[..., tuple[int, int, int]] = post
    few: Callable[..., tuple[int, int, int]] = post_few


class Ledger:
    """The books of one economy.

    tables: every table by name; each has an account "net_worth". Customers have a column "bank".
    """

    def __init__(self, tables: Mapping[str, Any], chart: Chart):
        self.tables, self.chart = tables, chart
        self.accounts = {name: tuple(table.books) for name, table in tables.items()}
        # as they add up to zero: what is owned, less what is owed, less what that is worth
        self.signs = {
            name: np.array([-1 if a == NET_WORTH else self._sign(name, a) for a in accounts])
            for name, accounts in self.accounts.items()
        }
        self.customers = {name for name, table in tables.items() if "bank" in table.columns}
        self.place = {
            (name, account): n
            for n, (name, account) in enumerate((t, a) for t in tables for a in self.accounts[t])
        }
        # what is held less what is owed, by instrument and account
        self.claims = np.zeros((len(chart.instruments), len(self.place)), np.int64)
        for row, instrument in zip(self.claims, chart.instruments.values(), strict=True):
            row[[self.place[place] for place in instrument.holders]] = 1
            row[[self.place[place] for place in instrument.issuers]] = -1
        self.numbers: dict[tuple[str, Side], int] = {}  # of legs, as places in `moved`
        # a flow has two sides, a write-off one for each account of its
        sides = sum(2 if isinstance(f, Flow) else len(tables) + 2 for f in chart.flows.values())
        self.moved = np.zeros(sides, np.int64)
        self.legs: dict[tuple[str, Side], Leg] = {}
        self.paths = self._paths()
        self.settled = True
        self.open()

    def open(self) -> None:
        """Start a quarter: remember where every account stands."""
        self.moved[:] = 0
        self.expected = np.array([self.tables[name].books[account].sum() for name, account in self.place])

    def pay(self, flow: str, paid: Amounts, received: Amounts) -> int:
        """Book payments: whole fen (or floats, rounded once) per row of payer's and payee's table."""
        out, received_total = self.debit(flow, paid), self.credit(flow, received)
        if out != received_total:
            spec = self._spec(flow, Flow)
            raise LedgerError(f"{flow}: {spec.payer} pay {out} fen, {spec.payee} receive {received_total}")
        return out

    def pay_at_home(self, flow: str, amounts: Amounts) -> np.ndarray:
        """Book payments between customers and their home banks, by customer. Returns them by bank (int64)."""
        spec = self._spec(flow, Flow)
        theirs, banks_side = ("debit", "credit") if spec.payee == "banks" else ("credit", "debit")
        leg = self._leg_of(flow, theirs)
        if not leg.at_banks or "banks" not in (spec.payer, spec.payee):
            raise LedgerError(f"{flow}: not a payment in money between customers and their banks")
        self._post(flow, theirs, amounts)
        home, by_bank = self.tables[leg.table].columns["bank"], np.zeros(len(self.tables["banks"]), np.int64)
        if isinstance(amounts, Some):
            sum_by(home[amounts.rows], amounts.amounts, by_bank)
        else:
            sum_by(home, amounts, by_bank)
        self._post(flow, banks_side, by_bank)
        return by_bank

    def settle(self) -> None:
        """Banks pay one another, in reserves, what their customers paid one another since the last time, net.

        What a bank owes its customers is then what they hold with it.
        """
        if not self.settled:
            banks, owed = self.tables["banks"].books, self._deposits_by_bank()
            banks["reserves"] += owed - banks["deposits_owed"]
            banks["deposits_owed"][...] = owed
            self.settled = True

    def debit(self, flow: str, paid: Amounts) -> int:
        """The payer's side of a flow; the payee's must follow before the quarter closes."""
        return self._post(flow, "debit", paid)

    def credit(self, flow: str, received: Amounts) -> int:
        """The payee's side of a flow."""
        return self._post(flow, "credit", received)

    def credit_together(self, totals: Mapping[str, int], received: Amounts) -> None:
        """The payee's side of several flows at once, all to the same accounts; totals in fen by flow."""
        first, *others = totals
        leg = self._leg_of(first, "credit")
        if any(self._leg_of(flow, "credit").places != leg.places for flow in others):
            raise LedgerError(f"{', '.join(totals)} do not go to the same accounts")
        total = self.credit(first, received)
        if total != sum(totals.values()):
            raise LedgerError(f"{', '.join(totals)}: {sum(totals.values())} fen are paid, {total} received")
        for flow in others:
            self.moved[leg.number] -= totals[flow]
            self.moved[self._leg_of(flow, "credit").number] += totals[flow]

    def change(self, flow: str, amounts: Amounts) -> int:
        """Book a gain or loss of value within each agent."""
        return self._post(flow, "change", amounts)

    def write_off(self, flow: str, lost: Mapping[str, Amounts], forgiven: Mapping[str, Amounts]) -> int:
        """Cancel claims: fen lost by row for each holding table, fen forgiven by row for each owing table."""
        self._spec(flow, WriteOff)
        held = sum(self._post(flow, ("lost", table), amounts) for table, amounts in lost.items())
        owed = sum(self._post(flow, ("forgiven", table), amounts) for table, amounts in forgiven.items())
        if held != owed:
            raise LedgerError(f"{flow}: holders lose {held} fen, debtors are let off {owed}")
        return held

    def total(self, table: str, account: str) -> int:
        """What all rows of a table had on an account when the last quarter closed, in fen."""
        return int(self.expected[self.place[table, account]])

    def _spec(self, flow: str, kind: type[Spec]) -> Spec:
        spec = self.chart.flows.get(flow)
        if not isinstance(spec, kind):
            raise LedgerError(f"the chart of accounts has no {kind.__name__} named {flow!r}")
        return spec

    def _sign(self, table: str, account: str) -> int:
        return -1 if (table, account) in self.chart.liabilities else 1

    def _leg_of(self, flow: str, side: Side) -> Leg:
        """The accounts that a side of a flow moves."""
        key = flow, side
        if key not in self.legs:
            leg = self._new_leg(flow, side)
            number = self.numbers.setdefault(key, len(self.numbers))
            given = *leg.accounts, *leg.signs, self.moved, number
            self.legs[key] = leg._replace(
                number=number, all=partial(post.machine, *given), few=partial(post_few.machine, *given)
            )
        return self.legs[key]

    def _new_leg(self, flow: str, side: Side) -> Leg:
        if side == "debit":
            spec = self._spec(flow, Flow)
            money = spec.payer_money or self.chart.money[spec.payer]
            gets = -1 if spec.spent_on == NET_WORTH else self._sign(spec.payer, spec.spent_on)
            return self._payment(spec.payer, money, spec.spent_on, -self._sign(spec.payer, money), gets)
        if side == "credit":
            spec = self._spec(flow, Flow)
            money = spec.payee_money or self.chart.money[spec.payee]
            gives = 1 if spec.earned_by == NET_WORTH else -self._sign(spec.payee, spec.earned_by)
            return self._payment(spec.payee, money, spec.earned_by, self._sign(spec.payee, money), gives)
        if side == "change":
            spec = self._spec(flow, Change)
            sign = 1 if spec.gain else -1
            return self._leg(spec.table, spec.account, NET_WORTH, sign, sign)
        spec = self._spec(flow, WriteOff)
        places, worth = (spec.held, -1) if side[0] == "lost" else (spec.owed, 1)
        return self._leg(side[1], dict(places)[side[1]], NET_WORTH, -1, worth)

    def _leg(self, table: str, account: str, other: str, sign: int, other_sign: int) -> Leg:
        """Amounts that go to two accounts of the same row."""
        books = self.tables[table].books
        places = ((self.place[table, account], sign), (self.place[table, other], other_sign))
        return Leg(table, (books[account], books[other]), (sign, other_sign), False, places)

    def _payment(self, table: str, money: str, other: str, sign: int, other_sign: int) -> Leg:
        """As `_leg`; where the first account is a deposit, it will move reserves and what banks owe, too."""
        leg = self._leg(table, money, other, sign, other_sign)
        if table not in self.customers or money != self.chart.money[table]:
            return leg
        theirs = ((self.place["banks", account], sign) for account in ("reserves", "deposits_owed"))
        return leg._replace(at_banks=True, places=(*leg.places, *theirs))

    def _post(self, flow: str, side: Side, amounts: Amounts) -> int:
        leg = self.legs.get((flow, side)) or self._leg_of(flow, side)
        total, least, wrong = leg.few(*amounts) if isinstance(amounts, Some) else leg.all(amounts)
        if wrong and isinstance(amounts, Some):
            raise LedgerError(f"{flow}: {wrong} rows that {leg.table} does not have, or without an amount")
        if wrong:
            n = len(amounts)
            raise LedgerError(f"{flow}: {n} amounts for {n - wrong} rows of {leg.table}")
        if least == NO_NUMBER:
            raise LedgerError(f"{flow}: an amount at {leg.table} that is not a number of fen below 2^63")
        if least < 0:
            raise LedgerError(f"{flow}: a negative amount ({least} fen) at {leg.table}")
        if leg.at_banks:
            self.settled = False
        return total

    def _paths(self) -> tuple[np.ndarray, ...]:
        """By leg, its flow and whether it leaves or arrives; and each account that a leg moves, and how."""
        flows = {flow: n for n, flow in enumerate(self.chart.flows)}
        ways = [-1 if side == "credit" else 0 if side[0] == "forgiven" else 1 for _, side in self.numbers]
        legs = [self._leg_of(*key) for key in self.numbers]
        steps = np.array([(leg.number, *step) for leg in legs for step in leg.places], np.int64).reshape(
            -1, 3
        )
        numbers = np.array([flows[flow] for flow, _ in self.numbers], np.int64)
        return numbers, np.array(ways, np.int64), *steps.T.copy()

    def _flows(self) -> dict[str, int]:
        """What flowed this quarter, by flow; each payment has arrived. Accounts are expected to show it."""
        if len(self.paths[0]) != len(self.numbers):
            self.paths = self._paths()
        out, left = np.zeros((2, len(self.chart.flows)), np.int64)
        carry(self.moved[: len(self.numbers)], *self.paths, self.expected, out, left)
        flows = {flow: fen for flow, fen in zip(self.chart.flows, out.tolist(), strict=True) if fen}
        for n in np.flatnonzero(left):
            flow, spec = list(self.chart.flows.items())[n]
            if isinstance(spec, Flow):
                raise LedgerError(f"{flow}: {out[n]} fen are paid, {out[n] - left[n]} received")
        return flows

    def close(self) -> dict[str, int]:
        """Prove the quarter: every flow, instrument, agent and bank. Returns what flowed (fen)."""
        self.settle()
        flows = self._flows()
        sums = np.empty(len(self.place), np.int64)
        unproved = [name for name, table in self.tables.items() if not self._weigh(name, table, sums)]
        for n in np.flatnonzero(sums != self.expected):
            name, account = list(self.place)[n]
            raise LedgerError(f"{name}.{account} holds {sums[n]} fen, its flows lead to {self.expected[n]}")
        for n in np.flatnonzero(self.claims @ sums):
            held, owed = (int((np.maximum(0, sign * self.claims[n]) * sums).sum()) for sign in (1, -1))
            raise LedgerError(
                f"{list(self.chart.instruments)[n]}: holders have {held} fen, issuers owe {owed}"
            )
        for name in unproved:
            raise LedgerError(self._fault(name))
        self._prove_deposits()
        self.moved[:] = 0
        self.expected = sums
        return flows

    def _weigh(self, name: str, table: Any, sums: np.ndarray) -> bool:
        """Add up each account of a table. Is every row's net worth what it has less what it owes?"""
        accounts = self.accounts[name]
        first, least = self.place[name, accounts[0]], np.zeros(len(accounts), np.int64)
        found = sums[first : first + len(accounts)]
        found[:] = 0
        balanced = weigh(tuple(table.books.values()), self.signs[name], found, least)
        # who owes more than he has is worth less than nothing
        least[accounts.index(NET_WORTH)] = 0
        return balanced and not (name in self.customers and any_of(least))

    def _fault(self, name: str) -> str:
        """What is wrong in a table whose rows could not be proved."""
        books = self.tables[name].books
        rest = books[NET_WORTH].copy()
        for account in self.accounts[name]:
            if account != NET_WORTH:
                rest -= self._sign(name, account) * books[account]
                row = int(books[account].argmin())
                if name in self.customers and books[account][row] < 0:
                    return f"{name}[{row}].{account} is {books[account][row]} fen, below zero"
        row = int(np.flatnonzero(rest)[0])
        return f"{name}[{row}]: net worth exceeds assets - liabilities by {rest[row]} fen"

    def _prove_deposits(self) -> None:
        rest = self.tables["banks"].books["deposits_owed"] - self._deposits_by_bank()
        if any_of(rest):
            bank = int(np.flatnonzero(rest)[0])
            raise LedgerError(f"bank {bank} owes its customers {rest[bank]} fen more than they hold there")

    def _deposits_by_bank(self) -> np.ndarray:
        """What customers hold, by home bank (fen)."""
        held = np.zeros(len(self.tables["banks"]), np.int64)
        for name in self.customers:
            table = self.tables[name]
            sum_by(table.columns["bank"], table.books[self.chart.money[name]], held)
        return held

    def __getstate__(self) -> dict[str, Any]:
        # legs hold arrays of these tables; a copy finds those of its own
        return vars(self) | {"legs": {}}

    def balance_sheet(self) -> dict[str, dict[str, int]]:
        """The balance-sheet matrix in fen: instrument or real asset -> table -> assets minus liabilities."""
        rows: dict[str, dict[str, int]] = {}
        for label, instrument in self.chart.instruments.items():
            row = rows.setdefault(label, dict.fromkeys(self.tables, 0))
            for sign, places in ((1, instrument.holders), (-1, instrument.issuers)):
                for name, account in places:
                    row[name] += sign * int(self.tables[name].books[account].sum())
        for name, account in sorted(self.chart.real):
            row = rows.setdefault(account, dict.fromkeys(self.tables, 0))
            row[name] += int(self.tables[name].books[account].sum())
        rows[NET_WORTH] = {name: -int(table.books[NET_WORTH].sum()) for name, table in self.tables.items()}
        return rows

    def flow_matrix(self, flows: Mapping[str, int]) -> dict[str, dict[str, int]]:
        """The transaction-flow matrix in fen, of payments in money: flow -> table -> received minus paid."""
        rows = {}
        for name, fen in flows.items():
            spec = self.chart.flows[name]
            if isinstance(spec, Flow) and spec.in_money:
                row = dict.fromkeys(self.tables, 0)
                row[spec.payer] -= fen
                row[spec.payee] += fen
                rows[name] = row
        return rows
