"""Chains: invoices of an anchor's suppliers advanced, collected and lost, and what neighbours show."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from sim import Economy
from sim.credit import invoices
from sim.credit.funders import FUNDERS
from sim.engine.ledger import Some
from sim.links import billing, chains, offers
from sim.links.lines import LINES, insight
from sim.markets.payments import ownership
from sim.population import exit as leaving
from sim.strategies.base import strategy
from tests.economies import LINKED, differences, small
from tests.readings import both_readings

ROW = strategy("deep_integration")
WITHOUT = dataclasses.replace(ROW, name="without", lines=tuple(x for x in ROW.lines if x != "invoices"))
AT = 26  # quarters after which, in this world, the line is about to be used for the first time


@pytest.fixture(scope="module")
def both() -> tuple[Economy, Economy]:
    """An economy before and after the first quarter in which something is advanced. Not to be changed."""
    economy = small("deep_integration", seed=2, parameters=LINKED).run(AT)
    for _ in range(16):
        before = economy.branch()
        if economy.run(1).firms["invoices_owed"].any():
            return before, economy
    raise AssertionError("nothing was advanced in four years")


@pytest.fixture(scope="module")
def after(both) -> Economy:
    return both[1]


def advanced(economy: Economy) -> list[tuple[int, int, int, int]]:
    """Anchor, supplier, fen advanced, price, of all invoices that are out."""
    f, found = economy.firms, []
    for slot in (1, 2):
        for i in np.flatnonzero(f[f"invoiced_{slot}"]):
            names = (f"creditor_{slot}", f"invoiced_{slot}", f"invoice_price_{slot}")
            j, fen, price = (int(f[name][i]) for name in names)
            found.append((int(i), j, fen, price))
    return found


# --- what is advanced, and what it does ------------------------------------------------------------------


def test_the_books_of_anchors_suppliers_and_platforms_agree(after):
    f, out = after.firms, advanced(after)
    assert out
    np.testing.assert_array_equal(f["invoices_owed"], f["invoiced_1"] + f["invoiced_2"])
    np.testing.assert_array_equal(f["payables"], f["owed_1"] + f["owed_2"])
    owed = f["platform_debt"].sum() + f["invoices_owed"].sum() + after.consumers["platform_debt"].sum()
    assert after.platforms["loans"].sum() == owed and not after.platforms["invoices_held"].any()
    for name, place in (("invoice_advanced", 2), ("invoice_due", 3)):
        mine = np.zeros(len(f))
        for one in out:
            mine[one[1]] += one[place]
        np.testing.assert_array_equal(f[name], mine)
    whole = sum(one[2] for one in out)
    assert after.platforms["invoices_out"].sum() == whole
    assert after.records.lines[-1]["invoices_advanced"] == pytest.approx(whole / after.market.gdp)


def test_only_clients_of_one_platform_are_advanced_what_a_larger_one_owes(after):
    f, p = after.firms, after.p
    for i, j, fen, price in advanced(after):
        assert f["link"][i] == f["link"][j] == f["invoice_to"][i] >= 0
        assert f["sales"][i] >= p.invoice_anchor * f["sales"][j]
        rest = sum(int(f[f"owed_{slot}"][i]) for slot in (1, 2) if f[f"creditor_{slot}"][i] == j)
        assert 0 < price <= rest and fen <= p.invoice_advance * (fen + rest) + 1


def test_a_supplier_has_its_money_a_quarter_earlier_and_its_anchor_pays_the_platform(both):
    """Beside its twin in which nothing is advanced; in the next quarter the platform is paid all of it."""
    before, after = both
    twin = before.branch(parameters={"invoice_advance": 0.0}).run(1)
    one = before.branch().run(1)
    assert not twin.firms["invoices_owed"].any()
    out = advanced(after)
    anchors, suppliers = (
        {k: sum(x[2] for x in out if x[at] == k) for k in {x[at] for x in out}} for at in (0, 1)
    )
    for j, fen in suppliers.items():
        assert one.firms["deposits"][j] - twin.firms["deposits"][j] == fen
        assert twin.firms["receivables"][j] - one.firms["receivables"][j] == fen
    for i, fen in anchors.items():
        assert twin.firms["payables"][i] - one.firms["payables"][i] == fen
        assert one.firms["deposits"][i] - twin.firms["deposits"][i] == suppliers.get(i, 0)
    flows = one.run(1).records.of_flows[-1]
    whole, price = (sum(one[n] for one in advanced(after)) for n in (2, 3))
    assert flows["invoices collected"] == flows["invoices passed on"] == whole
    assert flows["price of invoices"] == price


def test_without_the_line_its_parameters_change_nothing():
    some = {"invoice_advance": 0.0, "invoice_notes": 0.0, "invoice_recourse": 1.0, "neighbour_sight": 0.0}
    past = small(WITHOUT, seed=2, parameters=LINKED).run(20)
    other = past.branch(parameters=some | {"invoice_anchor": 10.0})
    assert past.firms["link"].max() >= 0 and not past.firms["depth_invoices"].any()
    assert differences(past.branch().run(12), other.run(12)) - {"parameters"} <= {"table/firms/anchor_at"}


def test_the_price_and_the_answer_follow_the_score_and_the_purse_of_the_supplier():
    """A supplier that its bank serves cheaply takes none; one that is left short takes what it can get."""
    terms = SimpleNamespace(
        own=np.array([0.3]), others=np.array([0.7]), base=np.array([0.01]), own_cost=0.01,
        fee=np.array([0.007]), prices_risk=np.array([1.0]), ceiling=0.06, loss=0.8,
        file_cost=np.array([100.0]), duration=np.array([1.0]),
    )  # fmt: skip
    rates = {}
    for score in (-6.0, -3.0):
        for rationed, own in ((True, 0.0), (False, 0.0), (False, 0.06)):
            asked = SimpleNamespace(scores=np.array([score]))
            some = SimpleNamespace(supplier=np.array([0]), most=np.array([9e6]), face=np.array([1e7]))
            firms = SimpleNamespace(rationed=np.array([rationed]), rate=np.array([own]))
            offer, files = SimpleNamespace(amount=np.zeros(1), rate=np.zeros(1)), np.zeros(1)
            invoices.quote.plain(asked, np.array([0]), some, firms, 1000.0, terms, offer, files)
            assert files == 1.0 and offer.amount == (9e6 if rationed or own else 0.0)
            rates[score] = offer.rate[0]
    assert 0.01 < rates[-6.0] < rates[-3.0] <= 0.06


def test_who_has_asked_a_loan_in_vain_lacks_money_though_its_cash_pays_the_bills():
    columns = ("planned_bills", "deposits", "loan_wanted", "loan_granted", "platform_granted")
    for values, lacking in (((80, 100, 0, 0, 0), 0), ((120, 100, 0, 0, 0), 20), ((80, 100, 50, 20, 5), 25),
                            ((130, 100, 50, 20, 5), 30)):  # fmt: skip
        firms = SimpleNamespace(**{k: np.array([float(v)]) for k, v in zip(columns, values, strict=True)})
        assert invoices.lacks.plain(firms, 0) == lacking


def test_a_platform_believes_in_the_line_as_far_as_clients_have_invoices_advanced(after):
    line = LINES["invoices"]
    assert line.lends and (line.lent(after) == after.firms["invoice_advanced"]).all()
    firms = SimpleNamespace(link=np.zeros(2, int), sales=np.full(2, 100.0))
    fees = SimpleNamespace(seen=np.zeros((1, 2)), base=np.zeros((1, 2)))
    depth, lent = np.array([1.0, 0.05]), np.array([30.0, 50.0])
    billing.loan_line.plain(np.arange(2), firms, 1, depth, lent, after.p, fees)
    assert fees.seen.tolist() == [[0.0, 30.0]] and fees.base.tolist() == [[0.0, 100.0]]


def test_houses_buy_a_part_in_the_stead_of_banks(both):
    before, after = both
    none = before.branch(parameters={"invoice_notes": 0.0}).run(1)
    kept = before.platforms["from_notes"], before.platforms["from_banks"]
    assert after.platforms["sold_loans"].sum() > none.platforms["sold_loans"].sum()
    assert none.platforms["sold_loans"].sum() <= before.platforms["sold_loans"].sum()
    for name, column in zip(("from_notes", "from_banks"), kept, strict=True):
        np.testing.assert_array_equal(after.platforms[name], column)


def test_what_anchors_have_paid_is_not_spent_on_the_debt_of_the_platform_itself(after):
    economy, n = after.branch(), len(after.platforms)
    books = economy.platforms.books
    books["invoices_held"][0], books["deposits"][0], books["borrowing"][0] = 700, 1_000, 10**6
    nothing = np.zeros(n, np.int64)
    FUNDERS["borrowing"].interest(economy, nothing, nothing, nothing)
    assert economy.platforms["deposits"][0] == 700


# --- anchors that fail -----------------------------------------------------------------------------------


def fails(economy: Economy) -> tuple[int, int, int, dict[str, int]]:
    """Of the anchors that owe no platform else, the one that owes banks most of what it has fails with no
    money: its row, its supplier's, what it owed on invoices, and what flowed."""
    f = economy.firms
    burden = (f["bank_debt"] + f["syndicated_debt"]) / np.maximum(1, f["capital"] + f["receivables"])
    burden[f["platform_debt"] > 0] = -1.0
    i, j, _, _ = max(advanced(economy), key=lambda one: burden[one[0]])
    assert burden[i] >= 0.0
    owed = int(f["invoices_owed"][i])
    ownership.receive(economy, "dividends", Some(np.array([i]), f["deposits"][[i]]))
    f["failed"][...] = False
    f["leaving"][...] = False
    f["failed"][i] = True
    leaving.firms_leave(economy)
    return i, j, owed, economy.ledger.close()


def test_an_anchor_that_fails_leaves_the_loss_to_the_platform_and_its_funders(after):
    branch = after.branch()
    branch.tallies = type(branch.tallies)()
    before = {name: after.platforms[name].sum() for name in ("participations_owed", "sold_loans", "loans")}
    i, j, owed, flows = fails(branch)
    paid, lost = flows.get("invoices collected", 0), flows["bad invoices"]
    assert paid + lost == owed and branch.firms["invoices_owed"][i] == 0
    assert before["loans"] - branch.platforms["loans"].sum() == owed
    tallies, platforms = branch.tallies, branch.platforms
    assert tallies.invoices_lost == lost == platforms["invoices_lost"].sum()
    others = tallies.platform_losses_of_banks + tallies.losses_of_houses
    assert tallies.invoices_lost_by_platforms + others == lost
    assert 0.2 * lost < tallies.invoices_lost_by_platforms < 0.7 * lost
    assert flows.get("recourse on invoices", 0) == 0
    # the supplier keeps what it was advanced, and loses the rest as any other supplier does
    assert branch.firms["deposits"][j] >= after.firms["deposits"][j]
    assert tallies.bad_trade_credit > 0.0


def test_with_recourse_the_supplier_makes_good_what_its_money_allows(after):
    branch = after.branch(parameters={"invoice_recourse": 1.0})
    branch.tallies = type(branch.tallies)()
    _, _, _, flows = fails(branch)
    made_good = flows["recourse on invoices"]
    assert made_good == branch.tallies.invoices_made_good > 0
    assert flows["bad invoices"] == made_good + branch.tallies.invoices_lost


def test_an_estate_pays_invoices_as_it_pays_the_oldest_dues():
    """Half of what is due, 400 to suppliers and 200 on invoices, is there once banks have had nothing."""
    plain = {"bank_debt": 0, "syndicated_debt": 0, "platform_debt": 0, "payables": 1000, "deposits": 300}
    plain |= {"owed_1": 300, "owed_2": 100, "invoices_owed": 200}
    firms = SimpleNamespace(**{name: np.array([value]) for name, value in plain.items()})
    ranks = ("to_bank", "to_all", "to_platform", "to_invoices", "to_suppliers", "to_owners")
    estates = SimpleNamespace(**{rank: np.zeros(1, np.int64) for rank in ranks})
    leaving.share_estates.plain(np.array([0]), firms, SimpleNamespace(secured=0.5), estates)
    assert [int(getattr(estates, rank)[0]) for rank in ranks] == [0, 0, 0, 100, 200, 0]


# --- neighbours ------------------------------------------------------------------------------------------


def test_partners_with_the_line_show_what_they_owe_and_are_owed():
    """0 owes 1 and 2, of which 1 is with the same platform and has the line half as deep as it gets."""
    firms = SimpleNamespace(
        link=np.array([3, 3, 4]), creditor_1=np.array([1, -1, -1]), creditor_2=np.array([2, -1, -1]),
        owed_1=np.array([100, 0, 0]), owed_2=np.array([50, 0, 0]),
    )  # fmt: skip
    told = np.zeros(3)
    chains.tell.plain(np.arange(3), firms, np.array([0.0, 0.5, 1.0]), told)
    assert told.tolist() == [50.0, 0.0, 0.0]
    clear = np.array([0.2])
    chains.clears(np.array([0]), told, np.array([150]), np.array([50]), 0.5, clear)
    assert clear[0] == pytest.approx(0.2 + 0.8 * 0.5 * 0.25)


def test_neighbours_sharpen_sight_of_cash_and_orders_and_at_zero_of_nothing(after):
    linked = np.flatnonzero(after.firms["link"] >= 0)
    plain, seen = insight(after, linked), chains.sight(after, linked)
    for name in ("cash", "orders"):
        assert (seen[name] >= plain[name]).all() and (seen[name] > plain[name]).any()
        assert seen[name].max() <= 1.0
    np.testing.assert_array_equal(seen["margin"], plain["margin"])
    blind = chains.sight(after.branch(parameters={"neighbour_sight": 0.0}), linked)
    for name, here in plain.items():
        np.testing.assert_array_equal(blind[name], here)


# --- compiled and plain ----------------------------------------------------------------------------------

KERNELS = [(invoices, name) for name in ("list_invoices", "quote", "settle_offers", "collect_invoices")]
KERNELS += [(chains, "tell"), (offers, "find_anchors")]


@pytest.mark.parametrize(("room", "name"), KERNELS, ids=[name for _, name in KERNELS])
def test_a_kernel_does_what_its_text_says(room, name, after, monkeypatch):
    """Compiled and as plain Python, on what an economy hands it."""
    kernel, calls = getattr(room, name), []
    monkeypatch.setattr(room, name, both_readings(kernel, calls))
    after.branch().run(2)
    assert calls
