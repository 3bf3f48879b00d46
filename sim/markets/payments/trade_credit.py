"""Trade credit: what was bought of suppliers falls due a quarter later, and who bears it when it is not paid.

A customer that fails leaves the claim unpaid, and the supplier may fail for it a quarter later. The claims of
firms that leave are sold to the owners' pool.
"""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.fen import any_of, rows_with, sum_by, within
from sim.engine.kernels import kernel
from sim.engine.ledger import Some
from sim.markets.payments import ownership
from sim.markets.supply import NOBODY


@compiled
def settle_with(creditor, owed, trade_paid, payments):
    """As `settle_trade`, for what is owed to one of two suppliers."""
    for i in range(trade_paid.shape[0]):
        if trade_paid[i] > 0.0 and owed[i] > 0:
            if creditor[i] >= 0:
                payments.received[creditor[i]] += owed[i]
                payments.to_firms[i] += owed[i]
            else:
                payments.to_owners[i] += owed[i]
            owed[i] = 0


@kernel
def settle_trade(firms, payments):
    """What firms that pay owe goes to their creditors, other firms or the owners; it is not owed then.

    Adds to what each firm pays `to_firms` and `to_owners`, and has `received` (fen, int64, (firms,)).
    """
    settle_with(firms.creditor_1, firms.owed_1, firms.trade_paid, payments)
    settle_with(firms.creditor_2, firms.owed_2, firms.trade_paid, payments)


@compiled
def fall_due_to(supplier, creditor, gone, closing):
    """As `fall_due`, for one of two suppliers."""
    for i in range(gone.shape[0]):
        j = supplier[i]
        at, kept = NOBODY, j
        if j >= 0:
            at = NOBODY if gone[j] else j
            kept = NOBODY if gone[j] or closing[j] else j
        creditor[i], supplier[i] = at, kept


@kernel
def fall_due(firms, gone):
    """What was bought this quarter falls due in the next; claims of those who are gone went to the owners.

    Customers leave a supplier that is gone or has said that it will close. gone: bool, (firms,).
    """
    fall_due_to(firms.supplier_1, firms.creditor_1, gone, firms.closing)
    fall_due_to(firms.supplier_2, firms.creditor_2, gone, firms.closing)
    firms.owed_1[:], firms.owed_2[:] = firms.owed_new_1, firms.owed_new_2
    firms.owed_new_1[:], firms.owed_new_2[:] = 0, 0


class Estates(NamedTuple):
    """Estates of firms that are gone, one a row (fen, int64)."""

    rows: np.ndarray  # of the firms
    left: np.ndarray  # money for suppliers; what is not paid yet
    to_firms: np.ndarray
    to_owners: np.ndarray  # for claims that they have bought of firms that are gone
    lost: np.ndarray  # by those whom the estate owes


class Hits(NamedTuple):
    """Claims of firms on estates, one a row, four for each estate at most (fen, int64)."""

    firms: np.ndarray  # rows of those who have them
    paid: np.ndarray
    missing: np.ndarray


@compiled
def pay_claims(claim, holder, gone, estates, hits, count):
    """Estates pay one kind of claim on them, which is settled then.

    claim, holder: by firm, fen and the row of who has it. Returns how many hits there are after the first
    `count`, and what the owners lose.
    """
    of_owners = 0
    for e in range(estates.rows.shape[0]):
        i = estates.rows[e]
        part = min(estates.left[e], claim[i])
        rest = claim[i] - part
        estates.left[e] -= part
        estates.lost[e] += rest
        j = holder[i]
        if j >= 0 and not gone[max(0, j)]:
            estates.to_firms[e] += part
            hits.firms[count], hits.paid[count], hits.missing[count] = j, part, rest
            count += 1 if claim[i] > 0 else 0
        else:
            estates.to_owners[e] += part
            of_owners += rest
        claim[i] = 0
    return count, of_owners


@kernel
def share_out(firms, gone, estates, hits):
    """What estates pay on claims on them, the oldest first, and what is lost. They are settled then.

    gone: bool, (firms,). Returns how many `Hits` there are, and what the owners lose (fen).
    """
    count, first = pay_claims(firms.owed_1, firms.creditor_1, gone, estates, hits, 0)
    count, second = pay_claims(firms.owed_2, firms.creditor_2, gone, estates, hits, count)
    count, third = pay_claims(firms.owed_new_1, firms.supplier_1, gone, estates, hits, count)
    count, fourth = pay_claims(firms.owed_new_2, firms.supplier_2, gone, estates, hits, count)
    return count, first + second + third + fourth


def pay_suppliers(economy) -> None:
    """Firms pay what they owe from the last quarter; for those who fail, their estate does."""
    to_firms, received, to_owners = np.zeros((3, len(economy.firms)), np.int64)
    settle_trade(economy.firms, SimpleNamespace(to_firms=to_firms, received=received, to_owners=to_owners))
    economy.ledger.pay("suppliers paid", to_firms, received)
    rows = rows_with(to_owners)
    pay_owners(economy, Some(rows, to_owners[rows]))


def pay_owners(economy, amounts: Some) -> None:
    """Debtors of firms that are gone pay the owners' pool, which holds those firms' claims."""
    if any_of(amounts.amounts):
        total = economy.ledger.debit("owners paid as suppliers", amounts)
        shares = within(total, economy.owners["receivables"])
        economy.ledger.credit("owners paid as suppliers", shares)


def sell_receivables(economy, rows: np.ndarray) -> None:
    """The owners buy the claims of firms that leave, below face value; what they do not pay is their gain."""
    ledger, p = economy.ledger, economy.p
    face = economy.firms["receivables"][rows]
    total = int(face.sum())
    if total == 0:
        return
    afford = min(p.claim_price, p.owners_purse * ownership.money(economy) / total)
    price = np.floor(afford * face).astype(np.int64)
    ownership.spend(economy, "receivables bought", Some(rows, price))
    left = ledger.debit("receivables left", Some(rows, face - price))
    ownership.share(economy, "receivables left", left)


def settle_estates(economy, rows: np.ndarray, money: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """Estates of the firms `rows` pay suppliers `money` (fen); the rest is lost.

    gone: bool, (firms,). Returns what is lost, int64, one for each of the rows.
    """
    firms, ledger, count = economy.firms, economy.ledger, len(rows)
    to_firms, to_owners, lost = np.zeros((3, count), np.int64)
    estates = Estates(rows=rows, left=money.copy(), to_firms=to_firms, to_owners=to_owners, lost=lost)
    hit, paid, missing = np.empty((3, 4 * count), np.int64)
    hits, of_owners = share_out(firms, gone, estates, Hits(firms=hit, paid=paid, missing=missing))
    hit, paid, missing = hit[:hits], paid[:hits], missing[:hits]
    ledger.pay("suppliers paid", Some(rows, to_firms), Some(hit, paid))
    pay_owners(economy, Some(rows, to_owners))
    ledger.write_off(
        "bad trade credit",
        {"firms": Some(hit, missing), "owners": within(of_owners, economy.owners["receivables"])},
        {"firms": Some(rows, lost)},
    )
    bad_trade = firms["bad_trade"]
    bad_trade[...] = 0.0
    sum_by(hit, missing, bad_trade)
    return lost


def debts_fall_due(economy, gone: np.ndarray) -> None:
    """What was bought this quarter falls due in the next. gone: bool, (firms,), who has left."""
    fall_due(economy.firms, gone)
