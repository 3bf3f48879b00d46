"""The supply network: who delivers to whom, who owes whom, and who bears it."""

import functools
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import Economy
from sim.accounts import INSTRUMENTS
from sim.engine.ledger import LedgerError
from sim.markets import deliveries, supply
from sim.markets.payments import trade_credit


@functools.cache
def grown(quarters: int = 24, **parameters) -> Economy:
    return Economy(firms=2000, seed=3, parameters=parameters).run(quarters)


def test_payables_and_receivables_are_known_firm_by_firm():
    economy = grown()
    c = economy.firms.columns
    np.testing.assert_array_equal(c["payables"], c["owed_1"] + c["owed_2"])
    claims = np.zeros(len(economy.firms), np.int64)
    for owed, creditor in ((c["owed_1"], c["creditor_1"]), (c["owed_2"], c["creditor_2"])):
        np.add.at(claims, creditor[creditor >= 0], owed[creditor >= 0])
    np.testing.assert_array_equal(c["receivables"], claims)
    of_the_gone = sum(
        int(owed[creditor < 0].sum())
        for owed, creditor in ((c["owed_1"], c["creditor_1"]), (c["owed_2"], c["creditor_2"]))
    )
    assert economy.owners["receivables"].sum() == of_the_gone > 0
    assert not (c["owed_new_1"].any() or c["owed_new_2"].any())


def test_a_supplier_is_alive_another_firm_and_in_the_sector_it_should_be():
    economy = grown()
    c, sectors = economy.firms.columns, len(economy.market.weights)
    for slot in supply.SLOTS:
        supplier = c[f"supplier_{slot}"]
        has = np.flatnonzero((supplier >= 0) & c["alive"])
        assert len(has) > 0.9 * c["alive"].sum()
        assert (supplier[has] != has).all()
        assert ((c["sector"][has] + slot - 1) % sectors == c["sector"][supplier[has]]).all()
        assert c["alive"][supplier[has]].all()
        assert (supplier[~c["alive"]] == supply.NOBODY).all()


def test_links_die_as_often_as_they_should_and_large_firms_have_more_customers():
    economy = Economy(firms=4000, seed=3).run(4)
    c = economy.firms.columns
    before, generation, closing = (c[name].copy() for name in ("supplier_1", "generation", "closing"))
    economy.step()
    same = c["alive"] & (c["generation"] == generation)
    stays = same & (before >= 0) & same[before] & ~closing[before] & ~c["closing"][before]
    died = (c["supplier_1"] != before)[stays].mean()
    assert died == pytest.approx(economy.p.link_death, abs=0.012)
    customers = np.bincount(c["supplier_1"][c["supplier_1"] >= 0], minlength=len(economy.firms))
    large = c["share"] > np.quantile(c["share"], 0.99)
    assert customers[large].mean() > 10.0 * customers[~large].mean()


def test_who_takes_the_place_of_a_closed_supplier_does_not_inherit_its_customers():
    economy = Economy(firms=1000, seed=3).run(8)
    c = economy.firms.columns
    for _ in range(8):
        before, generation = c["supplier_1"].copy(), c["generation"].copy()
        economy.step()
        stayed = np.flatnonzero((c["supplier_1"] == before) & (before >= 0))
        np.testing.assert_array_equal(c["generation"][before[stayed]], generation[before[stayed]])
        assert not c["closing"][c["supplier_1"][c["supplier_1"] >= 0]].any()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.integers(0, 40))
def test_many_places_found_together_are_those_that_numpy_finds_one_by_one(sizes, skipped):
    sums = np.cumsum(np.array(sizes, float))
    first = min(skipped, len(sums) - 1)
    aims = np.linspace(sums[first] - 1.0, sums[-1] + 1.0, 50)
    places = np.empty(len(aims), np.int64)
    supply.places_of(aims, sums, first, len(sums), places)
    np.testing.assert_array_equal(places, first + np.searchsorted(sums[first:], aims))


def test_suppliers_are_drawn_by_size_within_the_sector_of_the_slot():
    starts, slot = np.array([0, 3, 6, 8]), 2
    takes = np.array([True, True, True, True, False, True, True, True])
    open_ = SimpleNamespace(takes=takes, upto=np.cumsum(np.where(takes, 1.0, 0.0)))
    rows, luck = np.array([0, 1, 4, 7]), np.array([0.01, 0.99, 0.4, 0.9])
    supplier = np.full(8, 5, np.int32)
    supply.draw_suppliers(rows, luck, slot, starts, open_, supplier)
    # row 0 and 1 buy of rows 3 to 5, row 4 of 6 and 7, row 7 of 0 to 2: the ring closes
    assert supplier.tolist() == [3, 5, 5, 5, 6, 5, 5, 2]


def test_without_inputs_there_is_no_network():
    economy = grown(12, input_share=0.0)
    flows = {name for quarter in economy.records.of_flows for name, fen in quarter.items() if fen}
    assert not flows & {"inputs", "inputs on credit", "suppliers paid", "bad trade credit"}
    assert not economy.firms["payables"].any()


def test_without_trade_credit_inputs_are_paid_at_once_and_no_failure_hurts_a_supplier():
    economy = grown(12, trade_credit=0.0)
    flows = economy.records.of_flows
    assert all(quarter["inputs"] > 0 for quarter in flows)
    # a customer without enough money owes even then
    assert sum(q.get("inputs on credit", 0) for q in flows) < 0.02 * sum(q["inputs"] for q in flows)


def test_inputs_are_about_their_share_of_sales():
    economy = grown()
    flows = economy.records.of_flows[-1]
    bought = flows["inputs"] + flows["inputs on credit"]
    assert bought / economy.firms["sales"].sum() == pytest.approx(economy.p.input_share, abs=0.04)


def test_an_unpaid_supplier_loses_what_it_had_to_claim_and_the_loss_is_booked_once():
    economy = grown()
    lost = [quarter.get("bad trade credit", 0) for quarter in economy.records.of_flows]
    assert sum(lost) > 0
    twin = economy.branch("external_finance")
    before = twin.firms["bad_trade"].sum()
    for _ in range(6):
        twin.step()
        flows = twin.records.of_flows[-1]
        assert twin.firms["bad_trade"].sum() <= flows.get("bad trade credit", 0)  # the rest is the owners'
    assert before >= 0.0


def test_a_failure_takes_its_supplier_down_a_quarter_later():
    """One customer, one supplier that lives on it: the chain, made by hand in a running economy."""
    economy = grown().branch("external_finance")
    c, books = economy.firms.columns, economy.firms.books
    alive = np.flatnonzero(c["alive"] & (c["deposits"] > 0) & (c["supplier_1"] >= 0) & (c["owed_1"] > 0))
    customer = int(alive[0])
    supplier = int(c["creditor_1"][customer])
    owed = int(c["owed_1"][customer])
    claims = int(books["receivables"][supplier])
    gone = np.zeros(len(economy.firms), bool)
    gone[customer] = True
    money = np.zeros(1, np.int64)
    economy.ledger.open()
    lost = trade_credit.settle_estates(economy, np.array([customer]), money, gone)
    assert lost[0] == books["payables"][customer] + lost[0] >= owed
    assert books["receivables"][supplier] <= claims - owed
    assert c["bad_trade"][supplier] >= owed
    economy.ledger.close()


@pytest.mark.parametrize("account", ["receivables", "payables"])
def test_a_fen_owed_by_nobody_is_found(account):
    economy = Economy(firms=300, seed=1).run(3)
    economy.firms.books[account][5] += 1
    with pytest.raises(LedgerError):
        economy.step()


def test_lacking_inputs_stop_production_only_if_they_should():
    world = Economy(firms=8000, seed=3, parameters={"contract_limit": 0.2}).run(8)
    short = world.firms["inputs_short"] > 0.05
    assert short.sum() > 10
    made = []
    for binds in (0.0, 1.0):
        twin = world.branch("external_finance")
        twin.p = twin.p.replace(inputs_bind=binds)
        twin.step()
        made.append((twin.firms["output"][short].sum(), twin.firms["output"][~short].sum()))
    (free, others), (bound, others_then) = made
    assert bound < 0.97 * free
    assert others_then == pytest.approx(others, rel=0.01)


def test_early_cash_shortens_what_customers_of_a_linked_firm_owe():
    world = Economy(firms=2000, seed=3).run(24)
    owed = []
    for early in (0.0, 1.0):
        twin = world.branch("deep_integration")
        twin.p = twin.p.replace(early_cash=early)
        twin.firms["link"] = np.where(twin.firms["alive"], 0, -1)
        for depth in ("depth", "depth_early_cash"):
            twin.firms[depth] = np.where(twin.firms["alive"], 1.0, 0.0)
        twin.step()
        owed.append(int(twin.firms["payables"].sum()))
        assert (twin.firms["paid_early"].sum() > 0.0) == (early > 0.0)
    assert owed[1] < 0.5 * owed[0]


def test_estates_pay_the_oldest_claims_first_and_no_more_than_they_have():
    """Three estates of six firms; firm 5 is gone too, so that its claims are the owners'."""
    rows, money, gone = np.array([0, 1, 5]), np.array([9, 100, 0]), np.zeros(6, bool)
    gone[rows] = True
    owed = ([5, 5, 0, 0, 0, 1], [7, 7, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [3, 3, 0, 0, 0, 0])
    to = ([2, 3, -1, -1, -1, 4], [3, 5, -1, -1, -1, -1], [-1] * 6, [4, 2, -1, -1, -1, -1])
    names = ("owed_1", "owed_2", "owed_new_1", "owed_new_2")
    claims = {name: np.array(column) for name, column in zip(names, owed, strict=True)}
    names = ("creditor_1", "creditor_2", "supplier_1", "supplier_2")
    holders = {name: np.array(column, np.int32) for name, column in zip(names, to, strict=True)}
    to_firms, to_owners, lost = np.zeros((3, 3), np.int64)
    hit, paid, missing = np.empty((3, 12), np.int64)
    estates = trade_credit.Estates(rows=rows, left=money, to_firms=to_firms, to_owners=to_owners, lost=lost)
    hits = trade_credit.Hits(firms=hit, paid=paid, missing=missing)
    count, of_owners = trade_credit.share_out.plain(SimpleNamespace(**claims, **holders), gone, estates, hits)
    # firm 0 pays 5 and 4 of 7, firm 1 all; what firm 5 was to get is the owners' since it is gone
    assert to_firms.tolist() == [9, 8, 0]
    assert to_owners.tolist() == [0, 7, 0]
    assert lost.tolist() == [6, 0, 1]
    assert money.tolist() == [0, 85, 0]
    assert of_owners == 0
    assert sorted(zip(hit[:count], paid[:count], missing[:count], strict=True)) == [
        (2, 3, 0), (2, 5, 0), (3, 4, 3), (3, 5, 0), (4, 0, 1), (4, 0, 3)
    ]  # fmt: skip
    assert not any(column.any() for column in claims.values())


def test_a_buyer_short_of_cash_owes_the_rest():
    """Two firms ask firm 2 for 100 each and get half; the first has 10 left beside its machines."""
    firms = SimpleNamespace(
        input_bill=np.array([200.0, 200.0, 0.0]), investment_bill=np.array([90.0, 0.0, 0.0]),
        supplier_1=np.array([2, 2, -1]), supplier_2=np.array([-1, -1, -1]),
        deposits=np.array([100, 1000, 0]), owed_new_1=np.zeros(3, np.int64), owed_new_2=np.zeros(3, np.int64),
        paid_early=np.zeros(3),
    )  # fmt: skip
    inputs = SimpleNamespace(
        offer=np.array([[0.0, 0.0], [0.0, 0.0], [0.5, 0.0]]), sold=np.zeros((3, 2)), pool=np.zeros(1),
        cash=np.zeros(3), lack_1=np.zeros(3), lack_2=np.zeros(3), contracts=np.zeros(3),
    )  # fmt: skip
    p = SimpleNamespace(trade_credit=0.4, early_cash=0.0)
    deliveries.deliver.plain(np.array([0, 3]), firms, inputs, p)
    assert inputs.cash.tolist() == [10.0, 30.0, 0.0]
    assert firms.owed_new_1.tolist() == [40, 20, 0]
    assert inputs.sold.tolist() == [[0.0, 0.0], [0.0, 0.0], [40.0, 60.0]]
    # who has money left asks the pools for the rest of both halves, 50 and 100
    assert (inputs.lack_1.tolist(), inputs.lack_2.tolist()) == ([0.0, 50.0, 0.0], [0.0, 100.0, 0.0])
    assert inputs.pool.tolist() == [150.0]


def test_the_claims_of_a_firm_that_left_are_collected_by_the_owners():
    flows = [name for quarter in grown().records.of_flows for name, fen in quarter.items() if fen]
    assert {"receivables bought", "receivables left", "owners paid as suppliers"} <= set(flows)
    assert ("owners", "receivables") in INSTRUMENTS["trade credit"].holders


def test_production_is_what_is_sold_and_what_stocks_grew_by():
    economy = Economy(firms=300, seed=4, input_share=0.0, spoilage=0.04)
    apart = 0.0
    for _ in range(8):
        before = float(economy.firms["units"].sum())
        economy.step()
        made = float(economy.firms["output"].sum()) - 0.04 * before
        last = economy.records.quarters.iloc[-1]
        assert last["production"] == pytest.approx(made, rel=1e-3)
        apart = max(apart, abs(last["output"] / made - 1.0))
    assert apart > 5e-3
