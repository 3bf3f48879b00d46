"""Wallets: who has one, what passes, what it costs; the same whichever model its giant runs."""

import copy
from typing import Any

import numpy as np
import pytest

from sim import Economy
from sim.engine.draws import key
from sim.markets.payments import wallets
from tests.economies import FUNDED, RANGES, differences, small

TWO = FUNDED | {"giants": 2, "wallet_openings": 1.0}
MODELS = ("consumer_traffic", "institution_traffic", "deep_integration")


def lived(model: str, quarters: int = 6, **parameters: Any) -> Economy:
    return small(model, parameters=TWO | {"lead_in": 20} | parameters).run(quarters)


@pytest.fixture(scope="module")
def economy() -> Economy:
    return lived("institution_traffic", 12)


# --- fees ------------------------------------------------------------------------------------------------


def test_every_fen_that_firms_pay_arrives_and_goes_to_the_owners(economy):
    flows, platforms = economy.records.of_flows[-1], economy.platforms.columns
    paid = int(economy.firms["payment_fee"].sum())
    assert flows["payment fees"] == paid == int(platforms["payment_fees"].sum()) > 0
    assert flows["platform dividends"] >= paid
    assert (platforms["payment_fees"][~wallets.running(economy)] == 0.0).all()


def test_a_fee_is_a_part_of_what_passes(economy):
    p, platforms = economy.p, economy.platforms.columns
    through = float(platforms["payments"].sum())
    assert platforms["payment_fees"].sum() == pytest.approx(p.payment_fee * through, rel=0.01)
    assert economy.records.lines[-1]["payments"] == pytest.approx(through / economy.market.gdp)


def test_fees_are_a_cost_of_firms_and_no_revenue_of_platforms():
    world = small(parameters=TWO | {"lead_in": 20, "fund_commitment": RANGES["fund_commitment"][0]})
    with_it, without = (world.branch("institution_traffic", payment_fee=fee).run(1) for fee in (0.00044, 0.0))
    here, there = (one.records.lines[-1] for one in (with_it, without))
    fee = with_it.firms["payment_fee"]
    assert fee.sum() > 0.0
    assert without.firms["profit"] - with_it.firms["profit"] == pytest.approx(fee, abs=2.0)
    assert here["platform_revenue"] == there["platform_revenue"]
    for name in ("revenue", "profit", "gross_profit"):
        assert (with_it.platforms[name] == without.platforms[name]).all()
    assert here["payment_fees"] > there["payment_fees"] == 0.0


def test_a_giant_keeps_what_its_cash_lacks_of_its_reserve_and_its_owners_get_the_rest(economy):
    twin = economy.branch(parameters={"giant_reserve": 4.0})
    t, income = twin.platforms.columns, np.zeros(len(twin.platforms), np.int64)
    income[:2] = 900
    t["team_due"][...] = 0.0
    assert t["claims_owed"][0] == t["float_owed"][0] == 0  # all of its cash is its own
    t["team_due"][0] = 0.25 * (t["deposits"][0] + 300.0)
    before, owned = t["deposits"].copy(), twin.owners["deposits"].sum()
    wallets.pay_out(twin, income)
    assert (before - t["deposits"])[:3].tolist() == [600, 900, 0]
    assert twin.owners["deposits"].sum() - owned == 1500
    t["team_due"][0] *= 10.0  # it lacks more than all its income
    before = t["deposits"].copy()
    wallets.pay_out(twin, income)
    assert (before - t["deposits"])[:3].tolist() == [0, 900, 0]


# --- the same whichever model a giant runs --------------------------------------------------------------


def test_wallets_are_the_same_whichever_model_a_giant_runs():
    world = small(parameters=TWO | {"lead_in": 20}).run(1)
    arms = [world.branch(model).run(3) for model in MODELS]
    for one in arms[1:]:
        for table in ("firms", "consumers"):
            assert (one.tables[table]["wallet"] == arms[0].tables[table]["wallet"]).mean() > 0.99
        income, of_first = (arm.platforms["payment_fees"][:2] for arm in (one, arms[0]))
        assert income == pytest.approx(of_first, rel=0.02)
    first = [world.branch(model).run(1).consumers["wallet"] for model in MODELS]
    assert all((wallet == first[0]).all() for wallet in first)


def test_twins_pay_alike():
    one, other = (small("institution_traffic", parameters=TWO, seed=3).run(2) for _ in range(2))
    assert differences(one.run(3), other.branch().run(3)) == set()


# --- no wallet -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "giants"), [("external_finance", 2), ("institution_traffic", 0)])
def test_where_no_giant_acts_nobody_has_a_wallet_and_nothing_passes(model, giants):
    economy = lived(model, giants=giants)
    assert economy.records.lines[-1]["payments"] == 0.0 == economy.platforms["payment_fees"].sum()
    for table in (economy.firms, economy.consumers):
        assert (table["wallet"] == -1).all()
    assert economy.firms["payment_fee"].sum() == 0.0


def test_when_giants_stop_acting_wallets_end():
    economy = lived("institution_traffic", 4).branch("external_finance").run(1)
    assert (economy.consumers["wallet"] == -1).all() and (economy.firms["wallet"] == -1).all()
    assert economy.firms["payment_fee"].sum() == 0.0 == economy.market.by_wallet.sum()


def test_who_had_the_wallet_of_a_dead_giant_is_free_or_with_that_of_his_ecosystem():
    economy = lived("institution_traffic", 6).branch()
    economy.platforms["alive"][0] = False
    had = economy.consumers["wallet"] == 0
    wallets.turn_to(economy, wallets.running(economy))
    assert had.any() and not (economy.consumers["wallet"] == 0).any()
    assert (economy.platforms["wallets"] > 0.0).tolist() == wallets.running(economy).tolist()


# --- who has one -----------------------------------------------------------------------------------------


def test_members_of_an_ecosystem_have_its_wallet_at_once_and_others_follow():
    world = small(parameters=TWO | {"lead_in": 20})
    economy = world.branch("institution_traffic", wallet_review=0.0).run(1)
    inside = economy.consumers["ecosystem"] >= 0
    assert (economy.consumers["wallet"][inside] == economy.consumers["ecosystem"][inside]).all()
    assert not (economy.consumers["wallet"][~inside] >= 0).any()
    users = [line["wallet_users"] for line in economy.run(11).records.lines]
    assert users == sorted(users) and users[-1] > users[0]


def test_giants_open_their_wallets_one_after_another():
    world = small(parameters=TWO | {"lead_in": 20, "giants": 3, "wallet_openings": 0.1})
    economy, giants, open_ = world.branch("institution_traffic"), slice(0, 3), []
    for _ in range(12):
        economy.step()
        open_.append(wallets.running(economy)[giants].sum())
        late = wallets.waits(economy)[giants] >= economy.quarter - economy.platforms["founded"][giants]
        assert (economy.platforms["payments"][giants][late] == 0.0).all()
    assert open_[0] == 1 and open_ == sorted(open_)
    together = world.branch("institution_traffic", wallet_openings=1.0).run(1)
    assert wallets.running(together)[giants].all() and (wallets.waits(together) == 0.0).all()


def test_a_larger_wallet_is_chosen_more_often(economy):
    runs = wallets.running(economy)
    twin = economy.branch(wallet_campaigns=0.0)
    twin.platforms.columns["wallets"][:2] = 300.0, 100.0
    twin.platforms.columns["tills"][:2] = 30.0, 10.0
    assert np.diff(wallets.appeals(twin, runs)[:2], prepend=0.0) == pytest.approx([0.75, 0.25])
    alone = twin.branch(wallet_crowd=2.0)
    assert np.diff(wallets.appeals(alone, runs)[:2], prepend=0.0) == pytest.approx([0.9, 0.1])
    nobody = twin.branch(wallet_crowd=0.0)
    assert np.diff(wallets.appeals(nobody, runs)[:2], prepend=0.0) == pytest.approx([0.5, 0.5])


def test_use_grows_to_what_a_person_pays_by_wallet(economy):
    use = economy.consumers["wallet_use"][economy.consumers["wallet"] >= 0]
    assert use.min() > 0.0 and use.max() <= economy.p.paid_by_wallet
    spent = economy.market.by_wallet
    assert spent.sum() <= economy.p.paid_by_wallet and (spent[2:] == 0.0).all()


# --- what passes at a lender -----------------------------------------------------------------------------


def test_what_passes_is_the_app_the_wallet_and_old_loans(economy):
    twin = economy.branch()
    c, p = twin.consumers.columns, twin.p
    c["wallet"][:3], c["wallet_use"][:3], c["last_lender"][:3] = (0, 0, -1), 0.4, (-1, 5, 5)
    rows, lender = np.arange(3), np.array([0, 5, 3])
    found = wallets.passing_of_consumers(twin, rows, lender)
    assert found == pytest.approx([p.app_sight + 0.4, p.app_sight + p.borrower_sight, p.app_sight])


def test_what_passes_of_a_firm_is_the_portal_the_till_and_the_line_payments(economy):
    twin, rows = economy.branch(), np.arange(4)
    f, market, p = twin.firms.columns, twin.market, twin.p
    f["portal"][:4], f["wallet"][:4], f["link"][:4] = (3, -1, -1, -1), (-1, 0, -1, -1), (-1, -1, 7, 6)
    f["last_lender"][:4] = -1
    part = market.household_part[f["sector"][1]] * market.by_wallet[1]
    lender = np.array([3, 1, 7, 7])
    f["depth_payments"][:4] = 0.0
    found = wallets.passing_of_firms(twin, rows, lender)
    assert found[:2] == pytest.approx([p.portal_sight, part]) and part > 0.0
    assert (found[2:] == 0.0).all()
    f["depth_payments"][:4] = 0.7
    assert wallets.passing_of_firms(twin, rows, lender)[2:] == pytest.approx([0.7, 0.0])


# --- two readings ----------------------------------------------------------------------------------------


def readings(economy, run) -> list[Any]:
    """What a function leaves, compiled and as plain Python: each on a copy of its own."""
    return [run(copy.deepcopy(economy), reading) for reading in ("machine", "plain")]


def test_kernels_do_what_their_text_says(economy):
    def run(e, reading):
        n, out = len(e.platforms), []
        firms, consumers, market = e.firms, e.consumers, e.market
        runs = wallets.running(e)
        chances = wallets.Chances(0.3, 0.2, wallets.appeals(e, runs))
        for table in (consumers, firms):
            having, there = np.zeros(n), np.ones(len(table), bool)
            luck = key(7, wallets.TURNS_OF_PEOPLE)
            given = (table, there, runs, chances, 1, luck, np.uint64(3), having)
            getattr(wallets.choose, reading)(*given)
            out += [having, table["wallet"].copy()]
        paid, part = np.zeros(n), np.zeros(len(market.weights))
        out.append(np.array([getattr(wallets.spend, reading)(consumers, e.p, paid)]))
        getattr(wallets.sell_to_households, reading)(market.starts, firms, 1e9 * market.weights, part)
        passed = getattr(wallets.pay_fees, reading)(market.starts, firms, market, 0.4, 0.003)
        out += [paid, part, np.array([passed]), firms["payment_fee"].copy()]
        rows, at = np.arange(50), np.arange(50) % 3
        firms["depth_payments"] = 0.3
        for name, given in (
            ("list_passing_of_consumers", (rows, at, consumers, e.p)),
            ("list_passing_of_firms", (rows, at, firms, market, e.p)),
        ):
            passing = np.empty(50)
            getattr(getattr(wallets, name), reading)(*given, passing)
            out.append(passing)
        return out

    machine, plain = readings(economy, run)
    assert all((one == other).all() for one, other in zip(machine, plain, strict=True))
    assert all(one.any() for one in machine)


def test_nobody_pays_more_than_he_has(economy):
    e = copy.deepcopy(economy)
    e.firms.books["deposits"][...] = 7
    wallets.pay_fees(e.market.starts, e.firms, e.market, 0.4, 0.003)
    assert e.firms["payment_fee"].max() == 7.0
