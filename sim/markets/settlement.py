"""Settlement: taxes, interest, instalments and dividends; then banks and the central bank close."""

import numpy as np

from sim.engine.ledger import split, total_by
from sim.markets import ownership


def mishaps(economy) -> None:
    """What mishaps destroy leaves the books and the workshop."""
    c = economy.firms.columns
    rows = np.flatnonzero(c["damage"] > 0.0)
    if len(rows):
        economy.ledger.change("machines destroyed", np.floor(c["damage"] * c["capital"]))
        economy.ledger.change("stock destroyed", np.floor(c["damage"] * c["stock"]))
        c["machines"][rows] *= 1.0 - c["damage"][rows]
        c["units"][rows] *= 1.0 - c["damage"][rows]


def firms_pay(economy) -> None:
    """In the order of rank; the rule `settles` has decided the amounts."""
    firms, banks, ledger = economy.firms, economy.banks, economy.ledger
    c, n = firms.columns, len(banks)
    home = c["bank"]
    total = ledger.debit("profit tax", c["tax_paid"])
    ledger.credit("profit tax", np.array([total]))
    for flow, column in (("interest of firms", "interest_paid"), ("instalments of firms", "instalment_paid")):
        paid = c[column].astype(np.int64)
        received = total_by(home, paid, n)
        ledger.pay(flow, paid, received)
        if flow == "interest of firms":
            banks["interest_income"] += received
    holdings = banks["syndicated_loans"].astype(float)
    for flow, column in (
        ("syndicated interest", "syndicated_interest_paid"),
        ("syndicated instalments", "syndicated_instalment_paid"),
    ):
        total = int(c[column].sum())
        if total > 0:
            received = split(total, holdings)
            if flow == "syndicated instalments":
                received = within(total, holdings, banks["syndicated_loans"])
            else:
                banks["interest_income"] += received
            ledger.pay(flow, c[column], received)
    ownership.receive(economy, "dividends", c["dividend"])
    depreciation = np.floor(economy.p.depreciation * c["capital"])
    ledger.change("depreciation", depreciation)
    c["machines"] *= 1.0 - economy.p.depreciation


def within(total: int, weights: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Split `total` by weight, never more than `most` for anybody (the two sums allow it)."""
    part = split(total, weights)
    over = np.maximum(0, part - most)
    spare = int(over.sum())
    if spare > 0:
        part = part - over
        for row in np.argsort(part - most):
            give = min(spare, int(most[row] - part[row]))
            part[row] += give
            spare -= give
    return part


def consumers_pay(economy) -> None:
    """Interest and instalments of consumers to their banks; defaults are written off."""
    consumers, banks, ledger = economy.consumers, economy.banks, economy.ledger
    c, n = consumers.columns, len(banks)
    home = c["bank"]
    for flow, column in (
        ("interest of consumers", "interest_paid"),
        ("instalments of consumers", "instalment_paid"),
    ):
        paid = c[column].astype(np.int64)
        received = total_by(home, paid, n)
        ledger.pay(flow, paid, received)
        if flow == "interest of consumers":
            banks["interest_income"] += received
    lost = np.where(c["failed"], c["bank_debt"], 0)
    by_bank = total_by(home, lost, n)
    ledger.write_off("bad loans to consumers", {"banks": by_bank}, {"consumers": lost})
    banks["loan_losses"] += by_bank
    economy.tallies["bad consumer loans"] = float(lost.sum())


def banks_close(economy) -> None:
    """Interest on deposits, on bonds and reserves and advances; profit, tax, capital in and out."""
    banks, ledger, market, p = economy.banks, economy.ledger, economy.market, economy.p
    b, state = banks.columns, economy.state[0]
    deposits = economy.consumers["deposits"]
    interest = np.floor(market.deposit_rate * deposits)
    whole = interest.astype(np.int64)
    paid = total_by(economy.consumers["bank"], whole, len(banks))
    ledger.pay("deposit interest", paid, whole)
    economy.transfers += whole
    earned = np.floor(state.rate * (b["bonds"] + np.maximum(0, b["reserves"])))
    total = ledger.credit("interest on bonds and reserves", earned)
    ledger.debit("interest on bonds and reserves", np.array([total]))
    owed = np.ceil(state.rate * (b["advances_owed"] + np.maximum(0, -b["reserves"])))
    total = ledger.debit("interest on advances", owed)
    ledger.credit("interest on advances", np.array([total]))
    banks["interest_income"] += earned
    banks["interest_cost"] += paid + owed


def banks_pay_out(economy) -> None:
    """Tax and dividends as decided; new equity where capital is short; then the money market."""
    banks, ledger = economy.banks, economy.ledger
    b = banks.columns
    total = ledger.debit("bank tax", np.floor(b["tax_paid"]))
    ledger.credit("bank tax", np.array([total]))
    ownership.receive(economy, "bank dividends", np.floor(b["dividend"]))
    recapitalise(economy)
    treasury(economy)


def recapitalise(economy) -> None:
    """New equity from the owners as far as their money goes; the state resolves who is still insolvent."""
    banks, ledger = economy.banks, economy.ledger
    wanted = np.floor(banks["equity_wanted"])
    total = wanted.sum()
    if total > 0.0:
        purse = ownership.money(economy)
        ownership.spend(economy, "new bank equity", np.floor(wanted * min(1.0, 0.5 * purse / total)))
    hole = np.maximum(0, -banks["net_worth"])
    if hole.any():
        whole = hole + np.rint(
            0.5 * economy.p.capital_required * np.where(hole > 0, banks["firm_loans"] + banks["consumer_loans"], 0)
        ).astype(np.int64)
        ledger.pay("bank resolution", np.array([int(whole.sum())]), whole)
        banks["failures"] += hole > 0
        economy.tallies["bank failures"] = float((hole > 0).sum())
        economy.tallies["resolution"] = float(whole.sum())


def treasury(economy) -> None:
    """Banks keep required reserves, repay advances, hold the rest in bonds; who lacks reserves borrows them."""
    banks, ledger, p = economy.banks, economy.ledger, economy.p
    b = banks.columns
    need = np.rint(p.reserve_ratio * b["deposits_owed"]).astype(np.int64)

    def turn(flow: str, amounts: np.ndarray) -> None:
        fen = np.maximum(0, amounts)
        total = int(fen.sum())
        if total:
            pays = flow in ("bonds issued", "advances repaid")
            state = np.array([total])
            ledger.pay(flow, fen if pays else state, state if pays else fen)

    turn("bonds redeemed", np.minimum(b["bonds"], need - b["reserves"]))
    turn("advances", need - b["reserves"])
    turn("advances repaid", np.minimum(b["advances_owed"], b["reserves"] - need))
    turn("bonds issued", b["reserves"] - need)
