"""Banks' own books: costs, interest, profit, capital; and the money market with the central bank."""

import numpy as np

from sim.actors.banks import all_loans, own_loans
from sim.engine.compiling import compiled
from sim.engine.fen import any_of
from sim.engine.ledger import total_by
from sim.markets.payments import ownership, taxes


def costs(economy) -> None:
    """Files screened and loans looked after are paid as wages."""
    banks, p, wage = economy.banks, economy.p, economy.market.wage_index
    files = banks["files"] * p.file_cost + banks["consumer_files"] * p.consumer_file_cost
    banks["costs"] = np.floor(files * wage + p.running_cost * own_loans(banks))


@compiled
def accrue(deposits, rate, interest, transfers):
    """Interest on each deposit, in whole fen, which is income from property too."""
    for i in range(deposits.shape[0]):
        fen = np.floor(rate * deposits[i])
        interest[i] = int(fen)
        transfers[i] += fen


def close(economy) -> None:
    """Interest on deposits, on bonds and reserves and advances; profit, tax, capital in and out."""
    banks, ledger, market, rate = economy.banks, economy.ledger, economy.market, economy.state[0].rate
    deposits = economy.consumers["deposits"]
    interest = np.empty(len(deposits), np.int64)
    accrue(deposits, market.deposit_rate, interest, economy.consumers.columns["transfers"])
    paid = ledger.pay_at_home("deposit interest", interest)
    ledger.settle()
    earned = np.floor(rate * (banks["bonds"] + np.maximum(0, banks["reserves"])))
    total = ledger.credit("interest on bonds and reserves", earned)
    ledger.debit("interest on bonds and reserves", np.array([total]))
    owed = np.ceil(rate * (banks["advances_owed"] + np.maximum(0, -banks["reserves"])))
    taxes.pay(economy, "interest on advances", owed)
    banks["interest_income"] += earned
    banks["interest_cost"] += paid + owed


def pay_out(economy) -> None:
    """Tax and dividends as decided; new equity where capital is short; then the money market."""
    banks = economy.banks
    taxes.pay(economy, "bank tax", np.floor(banks["tax_paid"]))
    ownership.receive(economy, "bank dividends", np.floor(banks["dividend"]))
    recapitalise(economy)


def recapitalise(economy) -> None:
    """New equity from the owners as far as their money goes; the state resolves who is still insolvent."""
    banks, ledger, p = economy.banks, economy.ledger, economy.p
    wanted = np.floor(banks["equity_wanted"])
    total = wanted.sum()
    if total > 0.0:
        purse = p.owners_purse * ownership.money(economy)
        ownership.spend(economy, "new bank equity", np.floor(wanted * min(1.0, purse / total)))
    hole = np.maximum(0, -banks["net_worth"])
    if any_of(hole):
        whole = hole + np.rint(
            p.resolution_capital * p.capital_required * np.where(hole > 0, all_loans(banks), 0)
        ).astype(np.int64)
        borne = depositors_bear(economy, whole)
        ledger.pay("bank resolution", np.array([int((whole - borne).sum())]), whole - borne)
        banks["failures"] += hole > 0
        economy.tallies.bank_failures = float((hole > 0).sum())
        economy.tallies.resolution = float((whole - borne).sum())


def depositors_bear(economy, lacking: np.ndarray) -> np.ndarray:
    """Of what banks that fail lack (fen), depositors lose what they have there beyond the insured amount, all
    the same part of it; the state bears the rest. Returns what depositors lost, by bank (int64).

    A consumer row stands for several persons, each of whom is insured. The owners' pool and the fund are held
    in small parts by everybody, and so are insured.
    """
    tables, borne = economy.tables, np.zeros(len(lacking), np.int64)
    beyond, exposed = {}, np.zeros(len(lacking), np.int64)
    for name, persons in (("firms", 1), ("consumers", economy.p.persons_per_row), ("platforms", 1)):
        books, bank = tables[name].columns, tables[name].columns["bank"]
        safe = int(economy.p.insured_deposit * persons)
        beyond[name] = np.where(lacking[bank] > 0, np.maximum(0, books["deposits"] - safe), 0)
        exposed += total_by(bank, beyond[name], len(lacking))
    part = np.minimum(1.0, lacking / np.maximum(1, exposed))
    for name, amounts in beyond.items():
        if any_of(amounts):
            lost = np.floor(part[tables[name].columns["bank"]] * amounts).astype(np.int64)
            borne += economy.ledger.pay_at_home(f"deposits lost by {name}", lost)
    return borne


def treasury(economy) -> None:
    """Banks keep required reserves, repay advances, put the rest into bonds; who lacks reserves borrows."""
    banks, ledger = economy.banks, economy.ledger
    ledger.settle()
    need = np.rint(economy.p.reserve_ratio * banks["deposits_owed"]).astype(np.int64)

    def turn(flow: str, amounts: np.ndarray) -> None:
        fen = np.maximum(0, amounts)
        total = int(fen.sum())
        if total:
            pays = flow in ("bonds issued", "advances repaid")
            state = np.array([total])
            ledger.pay(flow, fen if pays else state, state if pays else fen)

    turn("bonds redeemed", np.minimum(banks["bonds"], need - banks["reserves"]))
    turn("advances", need - banks["reserves"])
    turn("advances repaid", np.minimum(banks["advances_owed"], banks["reserves"] - need))
    turn("bonds issued", banks["reserves"] - need)
