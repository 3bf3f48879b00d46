"""The owners' pool: it receives what companies pay out, funds what is new, and pays its owners."""

import numpy as np

from sim.engine.ledger import Amounts, split
from sim.engine.parameters import Declared, param
from sim.markets.payments import taxes


class Ownership(Declared):
    """What the owners' pool keeps for entrants, bank equity and used machines."""

    # fmt: off
    owners_reserve = param(0.15, unit="quarters of GDP", low=0.05, high=0.4, source="design",
        doc="money that the owners' pool keeps before it pays its owners")
    owners_payout = param(0.5, unit="share of excess money", low=0.2, high=1.0, source="design",
        doc="share of its money above the reserve that the owners' pool pays out in a quarter")
    owners_purse = param(0.5, unit="share of the owners' money", low=0.1, high=0.9, source="assumed",
        held=True, doc="highest share spent in a quarter on entrants, on bank equity, or on receivables")
    machines_purse = param(0.9, unit="share of the owners' money", low=0.1, high=1.0, source="assumed",
        held=True, doc="highest share spent in a quarter on machines of firms that close")
    commitment_purse = param(0.2, unit="share of the owners' money", low=0.02, high=0.5, source="assumed",
        held=True, doc="highest share committed to the venture fund in a quarter")
    exit_purse = param(0.1, unit="share of the owners' money", low=0.02, high=0.5, source="assumed",
        held=True, doc="highest share spent on platforms that the fund sells in a quarter")
    # fmt: on


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
    transfers = consumers.columns["transfers"]
    transfers[...] = 0.0
    if total:
        ledger.credit("income from ownership", part)
        ledger.debit("income from ownership", split(total, economy.owners["deposits"].astype(float)))
        taxes.tax_income(economy, part, np.empty(len(consumers)), transfers, transfers)
