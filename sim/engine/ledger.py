"""Every fen leaves one account and enters another, in the same line.

Balances are whole fen in int64, so "nothing is lost" is `== 0` and a sum does not depend on who added
first. The ledger alone writes accounts. A `Flow` names payer, payee and what the payment was *for* on
either side: income or expense (`net_worth`), or an asset or a liability. Net worth is therefore an
account of its own, moved only by incomes, expenses and write-offs, and "assets - liabilities = net
worth" is a proof for every agent and not a definition.

Customers hold deposits at a home bank; a payment between customers of two banks moves reserves between
them. Banks pay with reserves; the state's payments create reserves, its receipts retire them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .compiling import compiled

NET_WORTH = "net_worth"


class LedgerError(AssertionError):
    """The accounts do not close: a fault in the model, never in its input."""


@dataclass(frozen=True)
class Flow:
    """A kind of payment.

    `spent_on` is what the payer gets for it, `earned_by` what the payee gives for it: "net_worth" for
    an expense or income, else an account of that table (an asset bought or sold, a liability repaid or
    incurred). `payer_money` and `payee_money` name a money account other than the usual one.
    """

    payer: str
    payee: str
    spent_on: str = NET_WORTH
    earned_by: str = NET_WORTH
    payer_money: str = ""
    payee_money: str = ""


@dataclass(frozen=True)
class Change:
    """A booking without a payment, within one agent: an asset gains or loses value against net worth."""

    table: str
    account: str
    gain: bool = False


@dataclass(frozen=True)
class WriteOff:
    """A claim that will not be paid: the holders' loss is the debtors' gain; (table, account) pairs."""

    held: tuple[tuple[str, str], ...]
    owed: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Instrument:
    """Who may hold a claim and who owes it, as (table, account) pairs."""

    holders: tuple[tuple[str, str], ...]
    issuers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Chart:
    """The chart of accounts: which accounts are money, which are owed, what flows there are."""

    money: Mapping[str, str]
    liabilities: frozenset[tuple[str, str]]
    real: frozenset[tuple[str, str]]
    flows: Mapping[str, Flow | Change | WriteOff]
    instruments: Mapping[str, Instrument]


@compiled
def post(account, other, amounts, sign, other_sign):
    """Add sign x amount to one account of each row and other_sign x amount to another.

    Fractions are rounded to even here and nowhere else. Returns (total of amounts, least amount).
    """
    total, least = 0, 0
    for i in range(amounts.shape[0]):
        fen = int(np.rint(amounts[i]))
        account[i] += sign * fen
        other[i] += other_sign * fen
        total += fen
        least = min(least, fen)
    return total, least


@compiled
def post_at_banks(account, other, amounts, sign, other_sign, home, banks):
    """As `post`, and add sign x amount at the home bank of each row to `banks`."""
    total, least = 0, 0
    for i in range(amounts.shape[0]):
        fen = int(np.rint(amounts[i]))
        if fen != 0:
            account[i] += sign * fen
            other[i] += other_sign * fen
            banks[home[i]] += sign * fen
            total += fen
            least = min(least, fen)
    return total, least


@compiled
def split_groups(totals, weights, group, out):
    """Split totals[g] over the rows of group g by weight, exactly: differences of the rounded running sum.

    Rows of a group share totals[g] to the last fen; what rounding in float64 leaves goes to the last
    row with a weight. Rows with group < 0 get nothing.
    """
    n = totals.shape[0]
    sums, running = np.zeros(n), np.zeros(n)
    given, last = np.zeros(n, np.int64), np.full(n, -1)
    for i in range(weights.shape[0]):
        if group[i] >= 0:
            sums[group[i]] += weights[i]
    for i in range(weights.shape[0]):
        out[i] = 0
        g = group[i]
        if g >= 0 and weights[i] > 0.0:
            running[g] += weights[i]
            upto = np.int64(np.rint(totals[g] * (running[g] / sums[g])))
            out[i] = upto - given[g]
            given[g] = upto
            last[g] = i
    for g in range(n):
        if last[g] >= 0:
            out[last[g]] += totals[g] - given[g]
    return out


@compiled
def split_all(total, weights, out):
    """As `split_groups` for a single group of all rows."""
    whole = 0.0
    for i in range(weights.shape[0]):
        whole += weights[i]
    running, given, last = 0.0, 0, -1
    for i in range(weights.shape[0]):
        out[i] = 0
        if weights[i] > 0.0:
            running += weights[i]
            upto = np.int64(np.rint(total * (running / whole)))
            out[i] = upto - given
            given = upto
            last = i
    if last >= 0:
        out[last] += total - given
    return out


@compiled
def sum_by(group, amounts, out):
    """out[g] = sum of amounts over the rows of group g (rows with group < 0 count nowhere)."""
    for i in range(amounts.shape[0]):
        if group[i] >= 0:
            out[group[i]] += amounts[i]
    return out


def split(total: int, weights: np.ndarray) -> np.ndarray:
    """Whole fen (int64, shape of weights) that sum to `total` exactly, in proportion to float weights.

    Where no weight is positive nothing can be given: the sum is then 0, and the caller must ask first.
    """
    return split_all(int(total), weights, np.empty(len(weights), np.int64))


def split_by(totals: np.ndarray, weights: np.ndarray, group: np.ndarray) -> np.ndarray:
    """As `split`, for many totals at once: row i takes part in totals[group[i]]."""
    return split_groups(np.asarray(totals, np.int64), weights, group, np.empty(len(weights), np.int64))


def total_by(group: np.ndarray, amounts: np.ndarray, groups: int) -> np.ndarray:
    """Whole fen summed by group: int64 of length `groups`."""
    return sum_by(group, amounts, np.zeros(groups, np.int64))


class Ledger:
    """The books of one economy.

    tables: every table by name; each has an account "net_worth". Customers have a column "bank".
    """

    def __init__(self, tables: Mapping[str, Any], chart: Chart):
        self.tables, self.chart = tables, chart
        self.accounts = {name: tuple(table.books) for name, table in tables.items()}
        self.customers = {name for name, table in tables.items() if "bank" in table.columns}
        self.flows: dict[str, int] = {}
        self.received: dict[str, int] = {}
        self.open()

    def open(self) -> None:
        """Start a quarter: remember where every account stands."""
        self.flows, self.received = {}, {}
        self.expected = {
            (name, account): int(table.books[account].sum())
            for name, table in self.tables.items()
            for account in self.accounts[name]
        }

    def _sign(self, table: str, account: str) -> int:
        return -1 if (table, account) in self.chart.liabilities else 1

    def _post(
        self, flow: str, table: str, money: str, other: str, amounts: np.ndarray, signs: tuple[int, int]
    ) -> int:
        """Both legs of one side of a payment; money moves reserves at the home banks too."""
        books = self.tables[table].books
        if table in self.customers:
            banks = self.tables["banks"].books
            delta = np.zeros(len(banks["reserves"]), np.int64)
            home = self.tables[table].columns["bank"]
            total, least = post_at_banks(books[money], books[other], amounts, *signs, home, delta)
            banks["reserves"] += delta
            banks["deposits_owed"] += delta
            self.expected["banks", "reserves"] += signs[0] * total
            self.expected["banks", "deposits_owed"] += signs[0] * total
        else:
            total, least = post(books[money], books[other], amounts, *signs)
        if least < 0:
            raise LedgerError(f"{flow}: a negative amount ({least} fen) at {table}")
        self.expected[table, money] += signs[0] * total
        self.expected[table, other] += signs[1] * total
        return total

    def pay(self, flow: str, paid: np.ndarray, received: np.ndarray) -> int:
        """Book payments: whole fen (or floats, rounded once) per row of payer's and payee's table."""
        spec = self.chart.flows[flow]
        assert isinstance(spec, Flow)
        out = self.debit(flow, paid)
        received_total = self.credit(flow, received)
        if out != received_total:
            raise LedgerError(f"{flow}: {spec.payer} pay {out} fen, {spec.payee} receive {received_total}")
        return out

    def debit(self, flow: str, paid: np.ndarray) -> int:
        """The payer's side of a flow; the payee's must follow before the quarter closes."""
        spec = self.chart.flows[flow]
        assert isinstance(spec, Flow)
        money = spec.payer_money or self.chart.money[spec.payer]
        signs = (
            -self._sign(spec.payer, money),
            -1 if spec.spent_on == NET_WORTH else self._sign(spec.payer, spec.spent_on),
        )
        total = self._post(flow, spec.payer, money, spec.spent_on, paid, signs)
        self.flows[flow] = self.flows.get(flow, 0) + total
        return total

    def credit(self, flow: str, received: np.ndarray) -> int:
        """The payee's side of a flow."""
        spec = self.chart.flows[flow]
        assert isinstance(spec, Flow)
        money = spec.payee_money or self.chart.money[spec.payee]
        signs = (
            self._sign(spec.payee, money),
            1 if spec.earned_by == NET_WORTH else -self._sign(spec.payee, spec.earned_by),
        )
        total = self._post(flow, spec.payee, money, spec.earned_by, received, signs)
        self.received[flow] = self.received.get(flow, 0) + total
        return total

    def change(self, flow: str, amounts: np.ndarray) -> int:
        """Book a gain or loss of value within each agent."""
        spec = self.chart.flows[flow]
        assert isinstance(spec, Change)
        sign = 1 if spec.gain else -1
        books = self.tables[spec.table].books
        total, least = post(books[spec.account], books[NET_WORTH], amounts, sign, sign)
        if least < 0:
            raise LedgerError(f"{flow}: a negative amount ({least} fen) at {spec.table}")
        self.expected[spec.table, spec.account] += sign * total
        self.expected[spec.table, NET_WORTH] += sign * total
        self.flows[flow] = self.flows.get(flow, 0) + total
        return total

    def write_off(self, flow: str, lost: Mapping[str, np.ndarray], forgiven: Mapping[str, np.ndarray]) -> int:
        """Cancel claims: fen lost by row for each holding table, fen forgiven by row for each owing table."""
        spec = self.chart.flows[flow]
        assert isinstance(spec, WriteOff)
        totals = []
        for places, sides, worth in ((spec.held, lost, -1), (spec.owed, forgiven, 1)):
            side_total = 0
            for table, amounts in sides.items():
                account = dict(places)[table]
                books = self.tables[table].books
                total, least = post(books[account], books[NET_WORTH], amounts, -1, worth)
                if least < 0:
                    raise LedgerError(f"{flow}: a negative amount ({least} fen) at {table}")
                self.expected[table, account] -= total
                self.expected[table, NET_WORTH] += worth * total
                side_total += total
            totals.append(side_total)
        if totals[0] != totals[1]:
            raise LedgerError(f"{flow}: holders lose {totals[0]} fen, debtors are let off {totals[1]}")
        self.flows[flow] = self.flows.get(flow, 0) + totals[0]
        return totals[0]

    def close(self) -> dict[str, int]:
        """Prove the quarter: every flow, instrument, agent and bank. Returns the flows in fen."""
        for name, fen in self.flows.items():
            if isinstance(self.chart.flows[name], Flow) and self.received.get(name, 0) != fen:
                raise LedgerError(f"{name}: {fen} fen are paid, {self.received.get(name, 0)} received")
        sums = {}
        for (name, account), expected in self.expected.items():
            found = int(self.tables[name].books[account].sum())
            if found != expected:
                raise LedgerError(f"{name}.{account} holds {found} fen, its flows lead to {expected}")
            sums[name, account] = found
        for name, instrument in self.chart.instruments.items():
            held = sum(sums[place] for place in instrument.holders)
            owed = sum(sums[place] for place in instrument.issuers)
            if held != owed:
                raise LedgerError(f"{name}: holders have {held} fen, issuers owe {owed}")
        for name, table in self.tables.items():
            self._prove_rows(name, table)
        self._prove_deposits()
        flows = self.flows
        self.flows, self.received, self.expected = {}, {}, sums
        return flows

    def _prove_rows(self, name: str, table: Any) -> None:
        rest = table.books[NET_WORTH].copy()
        for account in self.accounts[name]:
            if account != NET_WORTH:
                rest -= self._sign(name, account) * table.books[account]
                if name in self.customers and table.books[account].min(initial=0) < 0:
                    row = int(table.books[account].argmin())
                    raise LedgerError(f"{name}[{row}].{account} is {table.books[account][row]} fen, below zero")
        if rest.any():
            row = int(np.flatnonzero(rest)[0])
            raise LedgerError(f"{name}[{row}]: net worth exceeds assets - liabilities by {rest[row]} fen")

    def _prove_deposits(self) -> None:
        banks = self.tables["banks"].books
        rest = banks["deposits_owed"].copy()
        for name in self.customers:
            table = self.tables[name]
            for holder, account in self.chart.instruments["deposits"].holders:
                if holder == name:
                    rest -= total_by(table.columns["bank"], table.books[account], len(rest))
        if rest.any():
            bank = int(np.flatnonzero(rest)[0])
            raise LedgerError(f"bank {bank} owes its customers {rest[bank]} fen more than they hold there")

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
        """The transaction-flow matrix in fen: flow -> table -> received minus paid."""
        rows = {}
        for name, fen in flows.items():
            spec = self.chart.flows[name]
            if isinstance(spec, Flow):
                row = dict.fromkeys(self.tables, 0)
                row[spec.payer] -= fen
                row[spec.payee] += fen
                rows[name] = row
        return rows
