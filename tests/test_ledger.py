"""Nothing is lost: whatever is booked wrongly stops the run, and says where."""

import copy
import pickle
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.chart import Change, Chart, Flow, Instrument, WriteOff
from sim.engine.columns import Account, Column, Row, Table
from sim.engine.ledger import Ledger, LedgerError, Some, split, split_by, total_by
from sim.model import Economy


class Customer(Row):
    bank = Column(0, unit="row of banks", dtype="int32")
    deposits = Account("money")
    net_worth = Account("wealth")


class Firm(Customer):
    capital = Account("machines")
    debt = Account("owed to its bank")


class Owner(Customer):
    pass


class Bank(Row):
    reserves = Account("at the central bank")
    loans = Account("to firms")
    deposits_owed = Account("to customers")
    net_worth = Account("capital")


class State(Row):
    reserves_owed = Account("to banks")
    net_worth = Account("wealth")


CHART = Chart(
    money={"firms": "deposits", "owners": "deposits", "banks": "reserves", "state": "reserves_owed"},
    liabilities=frozenset({("banks", "deposits_owed"), ("firms", "debt"), ("state", "reserves_owed")}),
    real=frozenset({("firms", "capital")}),
    flows={
        "dividends": Flow("firms", "owners"),
        "start-up capital": Flow("owners", "firms"),
        "machines": Flow("firms", "firms", spent_on="capital"),
        "loans": Flow("banks", "firms", spent_on="loans", earned_by="debt"),
        "gifts called loans": Flow("banks", "firms", spent_on="loans"),
        "instalments": Flow("firms", "banks", spent_on="debt", earned_by="loans"),
        "tax": Flow("owners", "state"),
        "depreciation": Change("firms", "capital"),
        "revaluation": Change("firms", "capital", gain=True),
        "bad loans": WriteOff((("banks", "loans"),), (("firms", "debt"),)),
    },
    instruments={
        "deposits": Instrument(
            (("firms", "deposits"), ("owners", "deposits")), (("banks", "deposits_owed"),)
        ),
        "loans": Instrument((("banks", "loans"),), (("firms", "debt"),)),
        "reserves": Instrument((("banks", "reserves"),), (("state", "reserves_owed"),)),
    },
)
FIRMS, BANKS = 6, 2
CASH, PURSE, CAPITAL, DEBT = 1000, 5000, 300, 200


def economy(n: int = FIRMS) -> SimpleNamespace:
    """Firms (an even number) and two owners at two banks, every account filled and closed."""
    tables = {
        "firms": Table(None, Firm, n),
        "owners": Table(None, Owner, BANKS),
        "banks": Table(None, Bank, BANKS),
        "state": Table(None, State, 1, name="state"),
    }
    firms, owners, banks, state = tables.values()
    firms["bank"] = np.arange(n) % BANKS
    owners["bank"] = np.arange(BANKS)
    each = n // BANKS
    for table, amounts in (
        (firms, {"deposits": CASH, "capital": CAPITAL, "debt": DEBT, "net_worth": CASH + CAPITAL - DEBT}),
        (owners, {"deposits": PURSE, "net_worth": PURSE}),
        (banks, {"reserves": 10_000, "loans": each * DEBT, "deposits_owed": each * CASH + PURSE}),
        (state, {"reserves_owed": 10_000 * BANKS, "net_worth": -10_000 * BANKS}),
    ):
        for account, fen in amounts.items():
            table.books[account][:] = fen
    worth = 10_000 + each * DEBT - each * CASH - PURSE
    banks.books["net_worth"][:] = worth
    return SimpleNamespace(ledger=Ledger(tables, CHART), **tables)


def fen(*amounts: float, at: int = 0, rows: int = FIRMS) -> np.ndarray:
    """`amounts` in the rows from `at` on, nothing in the others."""
    column = np.zeros(rows, np.int64 if all(isinstance(a, int) for a in amounts) else np.float64)
    column[at : at + len(amounts)] = amounts
    return column


def test_what_is_booked_rightly_closes():
    e = economy()
    e.ledger.pay("loans", np.array([30, 50]), fen(30, 50))
    e.ledger.pay("machines", fen(7, 8), fen(15, at=5))
    e.ledger.pay("dividends", fen(70.4, 29.6), np.array([60, 40]))
    e.ledger.change("depreciation", fen(1, 2, 3))
    e.ledger.change("revaluation", fen(5))
    e.ledger.write_off("bad loans", {"banks": np.array([0, 9])}, {"firms": fen(9, at=1)})
    e.ledger.pay("instalments", fen(11), np.array([11, 0]))
    e.ledger.pay("tax", np.array([1, 2]), np.array([3]))
    flows = e.ledger.close()
    assert flows == {
        "loans": 80, "machines": 15, "dividends": 100, "depreciation": 6, "revaluation": 5, "bad loans": 9,
        "instalments": 11, "tax": 3,
    }  # fmt: skip
    firm = e.firms[0]
    assert firm.deposits == CASH + 30 - 7 - 70 - 11
    assert firm.debt == DEBT + 30 - 11
    assert firm.capital == CAPITAL + 7 - 1 + 5
    assert e.banks[1].loans == 3 * DEBT + 50 - 9
    assert e.ledger.close() == {}


def test_a_payee_who_gets_one_fen_less_stops_the_run():
    e = economy()
    with pytest.raises(LedgerError, match="dividends: firms pay 10 fen, owners receive 9"):
        e.ledger.pay("dividends", fen(10), np.array([9, 0]))


def test_a_payee_who_gets_one_fen_less_later_stops_the_run():
    e = economy()
    e.ledger.debit("dividends", fen(10))
    e.ledger.credit("dividends", np.array([4, 5]))
    with pytest.raises(LedgerError, match="dividends: 10 fen are paid, 9 received"):
        e.ledger.close()


def test_half_a_loan_recorded_stops_the_run():
    e = economy()
    e.ledger.pay("gifts called loans", np.array([30, 0]), fen(30))
    with pytest.raises(LedgerError, match="loans: holders have 1230 fen, issuers owe 1200"):
        e.ledger.close()


def test_an_entrant_funded_by_nobody_stops_the_run():
    e = economy()
    e.ledger.credit("start-up capital", fen(500))
    with pytest.raises(LedgerError, match="start-up capital: 0 fen are paid, 500 received"):
        e.ledger.close()


def test_a_written_off_loan_that_stays_on_the_banks_book_stops_the_run():
    e = economy()
    with pytest.raises(LedgerError, match="bad loans: holders lose 0 fen, debtors are let off 50"):
        e.ledger.write_off("bad loans", {}, {"firms": fen(50)})


def test_a_dividend_that_is_nobodys_income_stops_the_run():
    e = economy()
    e.ledger.pay("dividends", fen(10), np.array([10, 0]))
    leg = e.ledger.legs["dividends", "credit"]
    nowhere = np.zeros(BANKS, np.int64)
    wrong = partial(leg.all.func, leg.accounts[0], nowhere, *leg.all.args[2:])
    e.ledger.legs["dividends", "credit"] = leg._replace(all=wrong)
    e.ledger.pay("dividends", fen(10), np.array([10, 0]))
    with pytest.raises(LedgerError, match=r"owners.net_worth holds 10010 fen, its flows lead to 10020"):
        e.ledger.close()


def test_a_fen_booked_on_one_account_of_a_row_only_stops_the_run():
    e = economy()
    for flow, sign in (("depreciation", -1), ("revaluation", 1)):
        e.ledger.change(flow, fen(10))
        e.firms.books["net_worth"][0] -= 10 * sign
        e.firms.books["net_worth"][1] += 10 * sign
    e.firms.books["net_worth"][:2] += (1, -1)
    with pytest.raises(LedgerError, match=r"firms\[0\]: net worth exceeds assets - liabilities by 1 fen"):
        e.ledger.close()


@pytest.mark.parametrize("account", ["deposits", "capital", "debt", "net_worth"])
def test_a_direct_write_into_an_account_stops_the_run(account):
    e = economy()
    e.firms.books[account][3] += 1
    with pytest.raises(LedgerError, match=rf"firms.{account} holds \d+ fen, its flows lead to \d+"):
        e.ledger.close()


def test_nobody_but_the_ledger_can_write_an_account():
    e = economy()
    with pytest.raises(ValueError, match="read-only"):
        e.firms.columns["deposits"][0] += 1
    with pytest.raises(AttributeError, match="only the ledger moves fen"):
        e.firms[0].deposits += 1


@pytest.mark.parametrize("amounts", [fen(-1), fen(5, -0.6)], ids=["whole", "rounded"])
def test_a_negative_amount_stops_the_run(amounts):
    e = economy()
    for post in (e.ledger.debit, e.ledger.credit):
        with pytest.raises(LedgerError, match=r"machines: a negative amount \(-\d+ fen\) at firms"):
            post("machines", amounts)
    with pytest.raises(LedgerError, match="depreciation: a negative amount"):
        e.ledger.change("depreciation", amounts)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e19])
def test_an_amount_that_is_no_number_of_fen_stops_the_run(wrong):
    e = economy()
    told = "machines: an amount at firms that is not a number of fen below 2\\^63"
    for amounts in (fen(5, wrong), Some(np.array([2]), np.array([wrong]))):
        with pytest.raises(LedgerError, match=told):
            e.ledger.debit("machines", amounts)


def test_an_account_with_nothing_on_it_is_not_taken_for_one_below_zero():
    e = economy()
    e.ledger.pay("dividends", fen(CASH), np.array([CASH, 0]))
    e.firms.books["net_worth"][:2] += (1, -1)
    assert e.firms.books["deposits"].min() == 0
    with pytest.raises(LedgerError, match=r"firms\[0\]: net worth exceeds assets - liabilities by 1 fen"):
        e.ledger.close()


def test_a_negative_balance_stops_the_run():
    e = economy()
    e.ledger.pay("dividends", fen(CASH + 1, at=2), np.array([CASH + 1, 0]))
    with pytest.raises(LedgerError, match=r"firms\[2\].deposits is -1 fen, below zero"):
        e.ledger.close()


def test_money_moved_between_banks_without_reserves_stops_the_run():
    e = economy()
    for account in ("deposits", "net_worth"):
        e.firms.books[account][:2] += (-5, 5)
    with pytest.raises(LedgerError, match="bank 0 owes its customers 5 fen more than they hold there"):
        e.ledger.close()


def test_a_customer_who_changes_bank_without_money_stops_the_run():
    e = economy()
    e.firms["bank"] = np.zeros(FIRMS, np.int32)
    with pytest.raises(LedgerError, match="bank 0 owes its customers -3000 fen more"):
        e.ledger.close()


def test_a_flow_that_the_chart_does_not_have_stops_the_run():
    e = economy()
    for book in (e.ledger.debit, e.ledger.credit, e.ledger.change):
        with pytest.raises(LedgerError, match=r"the chart of accounts has no \w+ named 'bad loans'"):
            book("bad loans", fen(1))
    with pytest.raises(LedgerError, match="the chart of accounts has no WriteOff named 'tax'"):
        e.ledger.write_off("tax", {}, {})


def test_more_amounts_than_rows_stop_the_run():
    e = economy()
    with pytest.raises(LedgerError, match="dividends: 7 amounts for 6 rows of firms"):
        e.ledger.debit("dividends", fen(1, rows=FIRMS + 1))


def test_a_payment_to_a_customer_of_another_bank_moves_reserves():
    e = economy()
    e.ledger.pay("machines", fen(100), fen(100, at=1))
    e.ledger.settle()
    assert e.banks["reserves"].tolist() == [9900, 10_100]
    assert e.banks["deposits_owed"].tolist() == [3 * CASH + PURSE - 100, 3 * CASH + PURSE + 100]


def test_what_banks_owe_waits_for_settlement_and_the_close_settles():
    e = economy()
    e.ledger.pay("machines", fen(100), fen(100, at=1))
    assert e.banks["reserves"].tolist() == [10_000, 10_000]
    assert e.ledger.close() == {"machines": 100}
    assert e.banks["reserves"].tolist() == [9900, 10_100]


def test_flows_of_nothing_are_not_reported():
    e = economy()
    e.ledger.pay("dividends", fen(0), np.array([0, 0]))
    e.ledger.change("depreciation", fen(3))
    assert e.ledger.close() == {"depreciation": 3}
    assert e.ledger.close() == {}


def test_an_account_can_be_paid_out_whole():
    e = economy()
    owed = e.firms.columns["deposits"]
    assert e.ledger.debit("dividends", owed) == FIRMS * CASH
    e.ledger.credit("dividends", np.array([FIRMS * CASH, 0]))
    assert not owed.any()
    e.ledger.change("depreciation", e.firms.columns["capital"])
    assert not e.firms["capital"].any()
    assert e.ledger.close()["dividends"] == FIRMS * CASH


def test_fractions_are_rounded_to_even_once():
    e = economy()
    assert e.ledger.debit("dividends", fen(0.5, 1.5, 2.5, 0.49)) == 0 + 2 + 2 + 0
    assert e.firms["deposits"].tolist() == [CASH, CASH - 2, CASH - 2, CASH, CASH, CASH]


def test_large_sums_lose_no_fen():
    e = economy()
    huge = 4 * 10**16 + 1
    e.ledger.change("revaluation", fen(huge))
    assert e.firms[0].capital == CAPITAL + huge
    assert e.ledger.close()["revaluation"] == huge


def test_many_rows_are_booked_and_proved_like_few():
    n = 40_000  # several blocks of those that the ledger works in
    e = economy(n)
    paid = np.arange(n) % 7 + 0.25
    e.ledger.debit("dividends", paid)
    e.ledger.credit("dividends", split(int(np.rint(paid).sum()), np.ones(BANKS)))
    assert (e.firms["deposits"] == CASH - np.arange(n) % 7).all()
    assert e.ledger.close() == {"dividends": int(np.rint(paid).sum())}
    e.firms.books["net_worth"][n - 2 :] += (1, -1)
    with pytest.raises(LedgerError, match=rf"firms\[{n - 2}\]: net worth exceeds"):
        e.ledger.close()


def test_amounts_of_a_few_rows_are_booked_like_those_of_all():
    few, all_ = economy(), economy()
    rows = np.array([5, 1, 2])
    dense = np.zeros(FIRMS)
    dense[rows] = amounts = np.array([70.5, 20.0, 9.0])
    for e, paid in ((few, Some(rows, amounts)), (all_, dense)):
        e.ledger.pay("dividends", paid, np.array([99, 0]))
        e.ledger.pay("machines", paid, np.rint(dense[::-1]).astype(np.int64))
        e.ledger.change("depreciation", paid)
        e.ledger.write_off("bad loans", {"banks": np.array([9, 90])}, {"firms": paid})
    assert few.ledger.close() == all_.ledger.close()
    for name, table in all_.ledger.tables.items():
        for account, fen_of_all in table.books.items():
            assert few.ledger.tables[name].books[account].tolist() == fen_of_all.tolist()


def test_a_row_named_twice_among_a_few_pays_twice():
    e = economy()
    e.ledger.pay("dividends", Some(np.array([4, 4]), np.array([10, 20])), np.array([30, 0]))
    assert e.firms[4].deposits == CASH - 30
    assert e.ledger.close() == {"dividends": 30}


@pytest.mark.parametrize(("rows", "amounts"), [([0, FIRMS], [1, 1]), ([-1], [1]), ([0, 1], [1])])
def test_rows_that_are_not_there_stop_the_run(rows, amounts):
    e = economy()
    with pytest.raises(LedgerError, match="dividends: 1 rows that firms does not have, or without an amount"):
        e.ledger.debit("dividends", Some(np.array(rows), np.array(amounts)))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_a_copy_has_books_of_its_own(copied):
    e = economy()
    e.ledger.pay("machines", fen(1), fen(1, at=1))
    twin = copied(e)
    twin.ledger.pay("machines", fen(50), fen(50, at=1))
    assert twin.firms[0].deposits == CASH - 51
    assert e.firms[0].deposits == CASH - 1
    assert e.ledger.close() == {"machines": 1}
    assert twin.ledger.close() == {"machines": 51}


AMOUNT = st.integers(0, 10)
STEP = st.tuples(
    st.sampled_from(
        ["dividends", "start-up capital", "machines", "loans", "instalments", "depreciation", "bad loans"]
    ),
    st.lists(AMOUNT, min_size=FIRMS, max_size=FIRMS),
    st.sampled_from([1, 0.25]),
    st.integers(0, 3),
)


@given(st.lists(STEP, max_size=12))
def test_whatever_is_booked_nothing_is_lost(steps):
    e = economy()
    sheet = e.ledger.balance_sheet()
    money = sum(int(t["deposits"].sum()) for t in (e.firms, e.owners))
    created = 0
    for flow, amounts, scale, shift in steps:
        firms = np.rint(np.array(amounts) * scale).astype(np.int64)
        others = np.roll(firms, shift)
        at_banks, total = total_by(e.firms["bank"], firms, BANKS), int(firms.sum())
        if flow == "depreciation":
            e.ledger.change(flow, firms)
        elif flow == "bad loans":
            e.ledger.write_off(flow, {"banks": at_banks}, {"firms": firms})
        else:
            spec = CHART.flows[flow]
            assert isinstance(spec, Flow)
            by_table = {"banks": at_banks, "owners": split(total, np.array([1.0, 2.0]))}
            e.ledger.pay(flow, by_table.get(spec.payer, firms), by_table.get(spec.payee, others))
            created += total * ((flow == "loans") - (flow == "instalments"))
    flows = e.ledger.close()
    sheet = e.ledger.balance_sheet()
    assert all(sum(sheet[instrument].values()) == 0 for instrument in CHART.instruments)
    assert all(sum(row[table] for row in sheet.values()) == 0 for table in e.ledger.tables)
    assert all(sum(row.values()) == 0 for row in e.ledger.flow_matrix(flows).values())
    assert sum(int(t["deposits"].sum()) for t in (e.firms, e.owners)) == money + created


WEIGHTS = st.lists(st.one_of(st.just(0.0), st.floats(1e-6, 1e9)), min_size=1, max_size=30)


@given(st.integers(0, 2**50), WEIGHTS)
def test_a_split_is_whole_and_in_proportion(total, weights):
    weights = np.array(weights)
    part = split(total, weights)
    assert part.dtype == np.int64
    assert part.sum() == (total if weights.any() else 0)
    assert (part >= 0).all() and not part[weights == 0.0].any()
    if weights.any():
        assert np.abs(part - total * (weights / weights.sum())).max() <= 1.0 + total * 2.0**-48


@given(st.integers(0, 4 * 10**16), WEIGHTS)
def test_a_split_of_a_huge_sum_is_whole(total, weights):
    part = split(total, np.array(weights))
    assert part.sum() == (total if any(weights) else 0)
    assert (part >= 0).all()


def test_what_a_float64_cannot_hold_goes_to_the_last_with_a_weight():
    total = 2**53 + 1  # as a float it is 2**53
    assert split(total, np.array([0.0, 1.0, 0.0])).tolist() == [0, total, 0]
    assert split_by(np.array([total]), np.array([0.0, 1.0, 0.0]), np.zeros(3, int)).tolist() == [0, total, 0]


def test_a_split_of_a_sum_beyond_float64_takes_nothing_from_the_last():
    # 2**53 + 3 as a float is 2**53 + 4: the running sum would overtake the total
    assert split(2**53 + 3, np.array([1.0, 1e-30])).tolist() == [2**53 + 3, 0]
    assert split_by(np.array([2**53 + 3]), np.array([1.0, 1e-30]), np.zeros(2, int)).tolist() == [
        2**53 + 3,
        0,
    ]


@given(st.lists(st.integers(0, 4 * 10**16), min_size=1, max_size=4), st.data())
def test_a_split_by_groups_is_a_split_in_each_group(totals, data):
    rows = st.tuples(st.one_of(st.just(0.0), st.floats(1e-6, 1e9)), st.integers(-1, len(totals) - 1))
    weights, group = (np.array(column) for column in zip(*data.draw(st.lists(rows, min_size=1)), strict=True))
    part = split_by(np.array(totals), weights, group)
    assert not part[group < 0].any()
    for g, total in enumerate(totals):
        assert part[group == g].tolist() == split(total, weights[group == g]).tolist()


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-(10**16), 10**16))))
def test_sums_by_group_are_exact_in_any_order(rows):
    group, amounts = np.array(rows, np.int64).reshape(-1, 2).T
    expected = [sum(a for g, a in rows if g == k) for k in range(4)]
    assert total_by(group, amounts, 4).tolist() == expected
    assert total_by(group[::-1].copy(), amounts[::-1].copy(), 4).tolist() == expected


@pytest.fixture(scope="module")
def running() -> Economy:
    running = Economy(firms=300, seed=1)
    for _ in range(3):
        running.step()
    return running


def test_the_balance_sheet_matrix_of_the_economy_closes(running):
    sheet, ledger = running.ledger.balance_sheet(), running.ledger
    for instrument in ledger.chart.instruments:
        assert sum(sheet[instrument].values()) == 0, instrument
    for table in ledger.tables:
        assert sum(row[table] for row in sheet.values()) == 0, table
        assert -sheet["net_worth"][table] == ledger.tables[table]["net_worth"].sum()
    accounts = {(name, account) for name, table in ledger.tables.items() for account in table.books}
    shown = {place for i in ledger.chart.instruments.values() for place in (*i.holders, *i.issuers)}
    assert accounts == shown | ledger.chart.real | {(name, "net_worth") for name in ledger.tables}


def test_the_flow_matrix_of_the_economy_closes(running, monkeypatch):
    closed, close = [], running.ledger.close
    monkeypatch.setattr(running.ledger, "close", lambda: closed.append(close()) or closed[-1])
    running.step()
    matrix = running.ledger.flow_matrix(closed[0])
    assert {"wages", "consumption", "dividends", "income tax"} <= set(matrix)
    for flow, row in matrix.items():
        assert sum(row.values()) == 0, flow
