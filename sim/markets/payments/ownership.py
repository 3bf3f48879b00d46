"""The owners' pool: it receives what companies pay out, funds what is new, and pays its owners."""

import numpy as np

from sim.engine.ledger import Amounts, split
from sim.engine.parameters import Declared, param
from sim.markets.labour import take_home


class Ownership(Declared):
    """What the owners' pool keeps for entrants, bank equity and used machines."""

    owners_reserve = param(0.15, unit="quarters of GDP", low=0.05, high=0.4, source="design")
    owners_payout = param(0.5, unit="share of excess money", low=0.2, high=1.0, source="design")


def money(economy) -> float:
    """What the pool has at all banks together, in fen."""
    return float(economy.owners["deposits"].sum())


def receive(economy, flow: str, paid: Amounts) -> int:
    """Somebody pays the pool."""
    total = economy.ledger.debit(flow, paid)
    share(economy, flow, total)
    return total


def share(economy, flow: str, total: int) -> None:
    """What the pool is paid is spread evenly over its accounts."""
    economy.ledger.credit(flow, split(total, np.ones(len(economy.owners))))


def spend(economy, flow: str, received: Amounts) -> int:
    """The pool pays somebody, from its accounts in proportion to what is on them.

    The caller sees to it that there is enough; the ledger stops the run if not.
    """
    total = economy.ledger.credit(flow, received)
    held = economy.owners["deposits"]
    part = split(total, held.astype(float)) if total else np.zeros(len(held), np.int64)
    economy.ledger.debit(flow, part)
    return total


def distribute(economy) -> None:
    """Money beyond the reserve goes to consumers by their shares; it is taxed like wages."""
    p, market, consumers, ledger = economy.p, economy.market, economy.consumers, economy.ledger
    excess = money(economy) - p.owners_reserve * market.gdp
    total = int(max(0.0, p.owners_payout * excess))
    part = split(total, consumers["ownership"])
    transfers = economy.memory.transfers
    transfers[...] = 0.0
    if total:
        ledger.credit("income from ownership", part)
        ledger.debit("income from ownership", split(total, economy.owners["deposits"].astype(float)))
        tax = np.empty(len(consumers))
        take_home(part, economy.state[0].income_tax, tax, transfers, transfers)
        taxed = ledger.debit("income tax", tax)
        ledger.credit("income tax", np.array([taxed]))
