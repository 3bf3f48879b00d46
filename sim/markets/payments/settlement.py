"""Settlement: taxes, interest, instalments and dividends; then banks and the central bank close."""

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.fen import split_all
from sim.engine.ledger import Some, rows_with, split
from sim.markets.payments import ownership


def mishaps(economy) -> None:
    """What mishaps destroy leaves the books and the workshop."""
    c = economy.firms.columns
    rows = np.flatnonzero(c["damage"] > 0.0)
    if len(rows):
        damage = c["damage"][rows]
        economy.ledger.change("machines destroyed", Some(rows, np.floor(damage * c["capital"][rows])))
        economy.ledger.change("stock destroyed", Some(rows, np.floor(damage * c["stock"][rows])))
        c["machines"][rows] *= 1.0 - damage
        c["units"][rows] *= 1.0 - damage


def firms_pay(economy) -> None:
    """In the order of rank; the rule `settles` has decided the amounts."""
    firms, banks, ledger = economy.firms, economy.banks, economy.ledger
    c = firms.columns
    total = ledger.debit("profit tax", c["tax_paid"])
    ledger.credit("profit tax", np.array([total]))
    banks.columns["interest_income"] += ledger.pay_at_home("interest of firms", c["interest_paid"])
    ledger.pay_at_home("instalments of firms", c["instalment_paid"])
    holdings, shared = banks["syndicated_loans"].astype(float), rows_with(c["syndicated_debt"])
    for flow, column in (
        ("syndicated interest", "syndicated_interest_paid"),
        ("syndicated instalments", "syndicated_instalment_paid"),
    ):
        amounts = c[column][shared]
        total = int(amounts.sum())
        if total > 0:
            received = split(total, holdings)
            if flow == "syndicated instalments":
                received = within(total, banks["syndicated_loans"])
            else:
                banks["interest_income"] += received
            ledger.pay(flow, Some(shared, amounts), received)
    ownership.receive(economy, "dividends", c["dividend"])
    depreciation = np.floor(economy.p.depreciation * c["capital"])
    ledger.change("depreciation", depreciation)
    c["machines"] *= 1.0 - economy.p.depreciation


@compiled
def split_rows(totals, holdings, capped, out):
    """Split totals[p] over the row holdings[p] in proportion; `capped`: nobody gets more than he holds."""
    for p in range(totals.shape[0]):
        row = out[p]
        if totals[p] == 0:
            row[:] = 0
            continue
        split_all(totals[p], holdings[p], row)
        if capped:
            spare = 0
            for b in range(row.shape[0]):
                over = max(0, row[b] - np.int64(holdings[p, b]))
                row[b] -= over
                spare += over
            for b in range(row.shape[0]):
                more = min(spare, np.int64(holdings[p, b]) - row[b])
                row[b] += more
                spare -= more


def within(total: int, held: np.ndarray) -> np.ndarray:
    """Split `total` in proportion to what each holds, never more than that (int64)."""
    return split_within(np.array([total]), held[None, :], True)[0]


def split_within(totals: np.ndarray, holdings: np.ndarray, capped: bool) -> np.ndarray:
    """Whole fen by row of holdings (int64, their shape); see `split_rows`."""
    out = np.empty(holdings.shape, np.int64)
    split_rows(totals, holdings.astype(float), capped, out)
    return out
