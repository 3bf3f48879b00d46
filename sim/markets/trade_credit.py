"""Trade credit: what was bought of suppliers falls due a quarter later, and who bears it when it is not paid.

A customer that fails leaves the claim unpaid, and the supplier may fail for it a quarter later. The claims of
firms that leave are sold to the owners' pool.
"""

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.fen import sum_by
from sim.engine.ledger import Some
from sim.markets import ownership
from sim.markets.settlement import within
from sim.markets.supply import NOBODY, SLOTS, columns_of


@compiled
def collect(paid, owed, creditor, received, to_owners):
    """What firms that pay owe goes to their creditors; `owed` is nothing then."""
    for i in range(paid.shape[0]):
        if paid[i] > 0.0 and owed[i] > 0:
            if creditor[i] >= 0:
                received[creditor[i]] += owed[i]
            else:
                to_owners[i] += owed[i]
            owed[i] = 0


@compiled
def turn(gone, closing, supplier, fresh, creditor, owed):
    """What was bought this quarter falls due in the next; claims of those who are gone went to the owners.

    Customers leave a supplier that is gone or has said that it will close.
    """
    for i in range(gone.shape[0]):
        j = supplier[i]
        if j >= 0:
            creditor[i] = NOBODY if gone[j] else j
            supplier[i] = NOBODY if gone[j] or closing[j] else j
        else:
            creditor[i] = NOBODY
        owed[i] = fresh[i]
        fresh[i] = 0


@compiled
def share_out(rows, money, claims, holders, gone, paid, lost, firms):
    """What estates pay on their claims, the oldest first, and what is lost on them (fen).

    claims, holders: four columns each. Writes, for each claim of each estate, what is `paid` and `lost` on it
    and which of the `firms` has it; of those that the owners have, having bought them of firms that are gone,
    -1. The claims are settled then.
    """
    for e in range(rows.shape[0]):
        i, left = rows[e], money[e]
        for k in range(4):
            paid[e, k] = min(left, claims[k][i])
            lost[e, k] = claims[k][i] - paid[e, k]
            left -= paid[e, k]
            claims[k][i] = 0
            j = holders[k][i]
            firms[e, k] = j if j >= 0 and not gone[max(0, j)] else NOBODY


def pay_suppliers(economy) -> None:
    """Firms pay what they owe from the last quarter; for those who fail, their estate does."""
    firms, ledger = economy.firms, economy.ledger
    paid, n = firms["trade_paid"], len(firms)
    received, to_owners = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for owed, creditor in zip(columns_of(economy, "owed"), columns_of(economy, "creditor"), strict=True):
        collect(paid, owed, creditor, received, to_owners)
    ledger.pay("suppliers paid", paid.astype(np.int64) - to_owners, received)
    pay_owners(economy, to_owners)


def pay_owners(economy, amounts) -> None:
    """Debtors of firms that are gone pay the owners' pool, which holds those firms' claims."""
    ledger, owners = economy.ledger, economy.owners
    total = ledger.debit("owners paid as suppliers", amounts)
    ledger.credit("owners paid as suppliers", within(total, owners["receivables"]))


def sell_receivables(economy, rows: np.ndarray) -> None:
    """The owners buy the claims of firms that leave, below face value; what they do not pay is their gain."""
    c, ledger, owners = economy.firms.columns, economy.ledger, economy.owners
    face = c["receivables"][rows]
    total = int(face.sum())
    if total == 0:
        return
    afford = min(economy.p.claim_price, 0.5 * ownership.money(economy) / total)
    price = np.floor(afford * face).astype(np.int64)
    ownership.spend(economy, "receivables bought", Some(rows, price))
    left = ledger.debit("receivables left", Some(rows, face - price))
    ledger.credit("receivables left", np.bincount([0], [left], len(owners)).astype(np.int64))


def settle_estates(economy, rows: np.ndarray, money: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """Estates of the firms `rows` pay suppliers `money` (fen); the rest is lost. Returns what is lost."""
    c, ledger = economy.firms.columns, economy.ledger
    paid, lost, firms = (np.empty((len(rows), 4), np.int64) for _ in range(3))
    share_out(
        rows, money, (*columns_of(economy, "owed"), *columns_of(economy, "fresh")),
        (*columns_of(economy, "creditor"), *columns_of(economy, "supplier")), gone, paid, lost, firms,
    )  # fmt: skip
    theirs = firms == NOBODY
    by_firms, hit = np.where(theirs, 0, paid), firms[~theirs]
    ledger.pay("suppliers paid", Some(rows, by_firms.sum(axis=1)), Some(hit, paid[~theirs]))
    pay_owners(economy, Some(rows, (paid - by_firms).sum(axis=1)))
    of_owners = within(int(lost[theirs].sum()), economy.owners["receivables"])
    by_estate = lost.sum(axis=1)
    ledger.write_off(
        "bad trade credit",
        {"firms": Some(hit, lost[~theirs]), "owners": of_owners},
        {"firms": Some(rows, by_estate)},
    )
    c["bad_trade"][...] = 0.0
    sum_by(hit, lost[~theirs], c["bad_trade"])
    return by_estate


def turn_quarter(economy, gone: np.ndarray) -> None:
    """What was bought this quarter falls due in the next."""
    c = economy.firms.columns
    for slot in SLOTS:
        turn(gone, c["closing"], *(c[f"{name}_{slot}"] for name in ("supplier", "fresh", "creditor", "owed")))
