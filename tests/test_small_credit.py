"""What keeps banks from small and young firms, owners from debt, platforms from lending much to one."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim import Parameters
from sim.actors.firm_finance import asks_for_credit, settles, to_pledge
from sim.credit import from_banks, from_platforms, pools
from sim.credit.scoring import Asked
from tests.economies import LINKED, small
from tests.test_calm_core import a_firm

YEAR = 4


@pytest.fixture(scope="module")
def economy():
    return small().run(4)


def files_of(economy, **changes):
    """Ages of the firms of which a bank opens a file, when all ask."""
    world = economy.branch(**changes)
    firms, found = world.firms, []
    plain = from_banks.score_firms
    firms["loan_wanted"], firms["platform_granted"] = 10**9, 0.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(from_banks, "score_firms", lambda e, asked: (found.append(asked), plain(e, asked)))
        from_banks.lend_to_firms(world)
    return firms["age"][found[0].rows], float(found[0].amounts.sum())


def test_banks_ask_for_the_accounts_of_some_years(economy):
    """The first come out two years after a firm began."""
    for years in (1.0, 2.0, 3.0):
        assert files_of(economy, accounts_asked=years)[0].min() >= YEAR * (1.0 + years)
    young, _ = files_of(economy, needs_accounts=False)
    assert young.min() < 2 * YEAR


def test_small_firms_have_less_to_pledge(economy):
    market, pledge = SimpleNamespace(wage=100.0), to_pledge.plain
    p = Parameters({"pledged_least": 0.4, "pledged_half": 50.0})
    assert pledge(0.0, market, p) == 0.0
    assert pledge(1.0, market, p) == pytest.approx(0.4, rel=1e-3)
    assert pledge(5_000.0, market, p) == pytest.approx(5_000.0 * 0.7)  # half of what the smallest lack
    assert pledge(1e9, market, p) == pytest.approx(1e9, rel=1e-4)
    assert pledge(5_000.0, market, Parameters({"pledged_least": 1.0})) == 5_000.0
    assert files_of(economy, pledged_least=0.3)[1] < 0.9 * files_of(economy, pledged_least=1.0)[1]


@pytest.mark.parametrize(("target", "workers", "free", "asks"), [
    (0.6, 10.0, 0.7, False), (0.72, 10.0, 0.7, True), (0.6, 1_000.0, 0.7, True), (0.6, 10.0, 0.0, True),
])  # fmt: skip
def test_who_wants_little_debt_wants_none_while_small(economy, target, workers, free, asks):
    firm = a_firm(
        economy, closing=False, wage_bill=0.0, input_bill=0.0, investment_bill=0.0, owed_1=0, owed_2=0,
        stock=0, capital=int(workers * economy.market.wage), leverage_target=target,
        bank_debt=0, syndicated_debt=0, platform_debt=0,
    )  # fmt: skip
    p = Parameters(economy.p.overridden | {"debt_free": free})
    assert (asks_for_credit(firm, economy.market, p, 0.0) > 0.0) is asks
    assert asks_for_credit(firm, economy.market, p, 1.0) == 0.0  # in a quarter in which it does not look


@pytest.mark.parametrize(("age", "losses", "luck", "closes"), [
    (0.0, 1.0, 0.19, True), (0.0, 1.0, 0.21, False), (0.0, 0.0, 0.0, False), (2.0, 1.0, 0.11, False),
    (2.0, 1.0, 0.09, True), (400.0, 1.0, 0.01, False),
])  # fmt: skip
def test_owners_of_young_firms_give_up_sooner(economy, age, losses, luck, closes):
    """Half as often at `doubt_half`; the quarter in which a firm is set up, without sales, tells nothing."""
    firm = a_firm(
        economy, age=age, losses=losses, sales=0.0, deposits=10**12, expected_demand=1e9, capital=10**11,
        share=0.0, closing=False,
    )  # fmt: skip
    p = Parameters(economy.p.overridden | {"first_doubt": 0.2, "doubt_half": 2.0})
    assert bool(settles(firm, economy.market, p, luck).closing) is closes
    off = Parameters(economy.p.overridden | {"first_doubt": 0.0})
    assert not settles(firm, economy.market, off, luck).closing


@pytest.mark.parametrize("reading", ["machine", "plain"])
def test_a_platform_begins_with_a_part_of_the_line_and_risks_a_part_of_its_capital(reading):
    """Of a line of 300: half to who is new, all to who has borrowed there, nobody more than 200."""
    world = small("deep_integration", parameters=LINKED)
    firms, asked = world.firms, Asked(2)
    firms["loan_wanted"], firms["loan_granted"], firms["platform_granted"] = 1e9, 0.0, 0.0
    firms["last_lender"] = np.where(np.arange(len(firms)) == 1, 0, -1)  # nobody owes a platform yet
    asked.rows, asked.scores = np.arange(2), np.full(2, -4.0)
    one = np.ones(1)
    terms = SimpleNamespace(
        own=one, others=0.0 * one, base=0.01 * one, own_cost=0.01, fee=0.05 * one, prices_risk=one,
        ceiling=0.2, loss=0.9, file_cost=0.0 * one, duration=4.0 * one, first_line=0.5, most=1e9 * one,
    )  # fmt: skip
    offer = SimpleNamespace(amount=np.zeros(2), rate=np.zeros(2))

    def offered(**changes):
        there = SimpleNamespace(**{**vars(terms), **changes})
        files, place = np.zeros(1), np.zeros(2, np.int32)
        sales = np.full(len(firms), 1_000.0)
        getattr(from_platforms.offers, reading)(asked, place, firms, sales, 0.3, there, offer, files)
        return offer.amount.tolist()

    assert offered() == [150.0, 300.0]
    assert offered(first_line=1.0) == [300.0, 300.0]
    assert offered(most=200.0 * one) == [150.0, 200.0]


def test_what_a_platform_has_at_stake_with_one_is_a_part_of_its_capital():
    world = small("deep_integration", parameters=LINKED).run(4)
    pace = np.full(len(world.platforms), 0.2)
    twins = [world.branch(one_borrower_cap=cap) for cap in (0.05, 0.1)]
    limits = [from_platforms.terms_of(twin, pools.means(twin), pace).most for twin in twins]
    capital = np.maximum(0, world.platforms["net_worth"])
    some = capital > 0
    assert some.any() and np.allclose(limits[1], 2.0 * limits[0])
    stake = limits[1] * pools.keeps(world)
    assert np.allclose(stake[some], 0.1 * capital[some])
