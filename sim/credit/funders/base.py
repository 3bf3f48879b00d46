"""Who funds the loans that platforms make: what a funder of any kind says and does.

A platform holds its pool of loans; funders have a claim on it. What is the same for all of them is in
`sim.credit.pools`, which asks them by seniority; what is their own is in a file each.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.engine.chart import Change, Flow, Instrument, WriteOff
from sim.engine.rows import Column, Row
from sim.engine.rules import Rule

Fen = np.ndarray  # int64, by platform, whole fen


class Funder:
    """A kind of funder. Arrays are by platform; `e` is the economy.

    name: as a business model names it; its share of a loan is in `platforms["from_<name>"]`. rank: who is
    paid first has the least. account: what platforms owe it. adds: columns and accounts, by kind of row.
    instruments, flows, money: its part of the chart of accounts. pays_fee: the platform takes a fee on what
    it funds. prices_risk: the rate of a loan that it funds includes the expected loss. counts: what it funds
    counts as the platform's debt in law, "always" or, of loans passed on to it, as far as they are "counted";
    or "never". judges: a rule by
    which it looks back on each platform at the end of the quarter. waits: what a dead platform owes it keeps
    the platform's owners waiting for what cash is left. insurable: an insurer may guarantee a part of what it
    loses, see `sim.credit.insurance`, and the last four methods are its own.
    """

    name: str
    rank: int
    account: str
    adds: Mapping[type[Row], Mapping[str, Column]] = {}
    instruments: Mapping[str, Instrument] = {}
    flows: Mapping[str, Flow | Change | WriteOff] = {}
    money: Mapping[str, str] = {}
    pays_fee = True
    prices_risk = True
    waits = True
    counts = "never"
    insurable = False
    judges: Rule | None = None

    def share(self, e: Any) -> np.ndarray:
        """What it funds of a loan (share)."""
        return e.platforms.columns[f"from_{self.name}"]

    def owed(self, e: Any) -> Fen:
        """What platforms owe it."""
        return e.platforms.columns[self.account]

    def price(self, e: Any) -> np.ndarray | None:
        """What its money costs (share/quarter), or None for what money costs at a bank."""
        return None

    def posts(self, e: Any) -> None:
        """Posts its terms as the quarter opens."""

    def considers(self, e: Any) -> None:
        """Says what it would lend, where it decides so in each quarter."""

    def limit(self, e: Any, need: np.ndarray) -> np.ndarray:
        """How much of `need` (fen) it can fund at most."""
        return need

    def adds_to_own(self, e: Any) -> np.ndarray:
        """What it lends a platform for its own part of loans, beyond the platform's cash (fen)."""
        return np.zeros(len(e.platforms))

    def pays_for_own(self, e: Any, lacking: np.ndarray) -> None:
        """Lends a platform what its cash lacks for its own part of loans (fen), up to `adds_to_own`."""

    def pay_in(self, e: Any, lent: Fen, part: Fen) -> None:
        """Pays its `part` of what has been promised to borrowers: its share of what is `lent`, in fen."""

    def repay(self, e: Any, principal: Fen, before: Fen) -> None:
        """Gets its part of the principal that came in; `before`: the loans of the pools before that."""

    def interest(self, e: Any, received: Fen, left: Fen, before: Fen) -> Fen:
        """Gets interest out of what pools received, and as far as more senior funders have `left` some of it.
        Returns what it got out of the pools."""
        return np.zeros(len(left), np.int64)

    def at_risk(self, e: Any) -> Fen:
        """What of its claims bears the losses of loans."""
        return np.zeros(len(e.platforms), np.int64)

    def lose(self, e: Any, lost: Fen) -> Fen:
        """Writes off its part of bad loans. Returns what it has lost in the end."""
        return lost

    def looks_back(self, e: Any) -> None:
        """Compares what it earned and lost, before it judges platforms."""

    def redeem(self, e: Any) -> None:
        """Gets back what falls due, and from dead platforms what comes in."""

    def run_off(self, e: Any, gone: np.ndarray) -> None:
        """Gets what cash is left in platforms that are `gone` (mask), and writes off what will not come."""

    def earned(self, e: Any) -> Fen:
        """What interest it got in this quarter."""
        return np.zeros(len(e.platforms), np.int64)

    def lost_of_late(self, e: Any) -> Fen:
        """What it lost in this quarter."""
        return np.zeros(len(e.platforms), np.int64)

    def pays_premium(self, e: Any, due: Fen, by_insurer: Fen) -> None:
        """Pays for a guarantee: by platform, and the same by insurer."""

    def is_indemnified(self, e: Any, paid: Fen, by_insurer: Fen) -> None:
        """Gets what a guarantee pays: by platform, and the same by insurer."""
