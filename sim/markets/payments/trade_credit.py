"""Trade credit: what was bought of suppliers falls due a quarter later, and who bears it when it is not paid.

A customer that fails leaves the claim unpaid, and the supplier may fail for it a quarter later. The claims of
firms that leave are sold to the owners' pool.
"""

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.fen import sum_by, within
from sim.engine.ledger import Some, rows_with
from sim.markets.payments import ownership
from sim.markets.supply import NOBODY, SLOTS, columns_of


@compiled
def collect(paid, owed, creditors, to_firms, received, to_owners):
    """What firms that pay owe goes to their creditors, other firms or the owners; it is not owed then."""
    to_firms[:] = 0
    received[:] = 0
    to_owners[:] = 0
    for k in range(len(owed)):
        due, creditor = owed[k], creditors[k]
        for i in range(paid.shape[0]):
            if paid[i] > 0.0 and due[i] > 0:
                if creditor[i] >= 0:
                    received[creditor[i]] += due[i]
                    to_firms[i] += due[i]
                else:
                    to_owners[i] += due[i]
                due[i] = 0


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
def share_out(rows, money, claims, holders, gone, to_firms, to_owners, lost, hit, paid, missing):
    """What estates pay on claims on them, the oldest first, and what is lost (fen). They are settled then.

    claims, holders: four columns each. Writes what each estate pays `to_firms` and `to_owners`, who have
    bought the claims of firms that are gone, and what is `lost` on it; and which firms are `hit`, what each
    is `paid` and what it misses. Returns how many those are, and what the owners lose.
    """
    found, of_owners = 0, 0
    for e in range(rows.shape[0]):
        i, left = rows[e], money[e]
        to_firms[e], to_owners[e], lost[e] = 0, 0, 0
        for k in range(4):
            part = min(left, claims[k][i])
            rest = claims[k][i] - part
            left -= part
            lost[e] += rest
            j = holders[k][i]
            if j >= 0 and not gone[max(0, j)]:
                to_firms[e] += part
                hit[found], paid[found], missing[found] = j, part, rest
                found += 1 if claims[k][i] > 0 else 0
            else:
                to_owners[e] += part
                of_owners += rest
            claims[k][i] = 0
    return found, of_owners


def pay_suppliers(economy) -> None:
    """Firms pay what they owe from the last quarter; for those who fail, their estate does."""
    to_firms, received, to_owners = np.empty((3, len(economy.firms)), np.int64)
    collect(
        economy.firms["trade_paid"], columns_of(economy, "owed"), columns_of(economy, "creditor"),
        to_firms, received, to_owners,
    )  # fmt: skip
    economy.ledger.pay("suppliers paid", to_firms, received)
    rows = rows_with(to_owners)
    pay_owners(economy, Some(rows, to_owners[rows]))


def pay_owners(economy, amounts: Some) -> None:
    """Debtors of firms that are gone pay the owners' pool, which holds those firms' claims."""
    if amounts.amounts.any():
        total = economy.ledger.debit("owners paid as suppliers", amounts)
        shares = within(total, economy.owners.columns["receivables"])
        economy.ledger.credit("owners paid as suppliers", shares)


def sell_receivables(economy, rows: np.ndarray) -> None:
    """The owners buy the claims of firms that leave, below face value; what they do not pay is their gain."""
    c, ledger, p = economy.firms.columns, economy.ledger, economy.p
    face = c["receivables"][rows]
    total = int(face.sum())
    if total == 0:
        return
    afford = min(p.claim_price, p.owners_purse * ownership.money(economy) / total)
    price = np.floor(afford * face).astype(np.int64)
    ownership.spend(economy, "receivables bought", Some(rows, price))
    left = ledger.debit("receivables left", Some(rows, face - price))
    ownership.share(economy, "receivables left", left)


def settle_estates(economy, rows: np.ndarray, money: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """Estates of the firms `rows` pay suppliers `money` (fen); the rest is lost. Returns what is lost."""
    c, ledger = economy.firms.columns, economy.ledger
    to_firms, to_owners, lost = np.empty((3, len(rows)), np.int64)
    hit, paid, missing = np.empty((3, 4 * len(rows)), np.int64)
    found, of_owners = share_out(
        rows, money, (*columns_of(economy, "owed"), *columns_of(economy, "fresh")),
        (*columns_of(economy, "creditor"), *columns_of(economy, "supplier")), gone, to_firms, to_owners, lost,
        hit, paid, missing,
    )  # fmt: skip
    hit, missing = hit[:found], missing[:found]
    ledger.pay("suppliers paid", Some(rows, to_firms), Some(hit, paid[:found]))
    pay_owners(economy, Some(rows, to_owners))
    ledger.write_off(
        "bad trade credit",
        {"firms": Some(hit, missing), "owners": within(of_owners, economy.owners.columns["receivables"])},
        {"firms": Some(rows, lost)},
    )
    c["bad_trade"][...] = 0.0
    sum_by(hit, missing, c["bad_trade"])
    return lost


def turn_quarter(economy, gone: np.ndarray) -> None:
    """What was bought this quarter falls due in the next."""
    c = economy.firms.columns
    for slot in SLOTS:
        turn(gone, c["closing"], *(c[f"{name}_{slot}"] for name in ("supplier", "fresh", "creditor", "owed")))
