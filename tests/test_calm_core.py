"""What keeps the core calm, and what people buy on credit: each does what it says, and can be off."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from economies import small

from sim import Economy, Parameters
from sim.actors.banks import all_loans
from sim.actors.consumers import cuts_spending, debt_service, plans_spending, serves_debt
from sim.actors.firm_finance import asks_for_credit, cuts_to_cash, pays_suppliers, settles
from sim.actors.firms import plans
from sim.credit.funders.households import lends_to_platform
from sim.markets.payments import banking
from sim.population.exit import share_estates

OFF = {"mood_news": 0.0, "durable_chance": 0.0}


@pytest.fixture(scope="module")
def economy():
    """One that others copy rows of, and none changes."""
    return small().run(2)


def row(economy, table, number, **changes):
    """A row by itself, with other values in some columns."""
    columns = economy.tables[table].columns
    return SimpleNamespace(**{name: column[number].item() for name, column in columns.items()} | changes)


def a_firm(economy, **changes):
    """A firm that is alive, and can pay whatever is not changed."""
    number = int(np.argmax(economy.firms["alive"] & ~economy.firms["closing"] & (economy.firms["stock"] > 0)))
    usual = {"losses": 0.0, "owed_1": 0, "owed_2": 0, "payables": 0, "deducted": False, "platform_debt": 0}
    return row(economy, "firms", number, **usual | changes)


def a_consumer(economy, **changes):
    """Somebody at work without debt, who has two quarters' income and spends three quarters of it."""
    usual = 1_000_000.0
    able = {
        "usual_income": usual, "income": usual, "spending": 0.75 * usual, "deposits": int(2 * usual),
        "bank_debt": 0, "platform_debt": 0, "claims": 0, "employed": True, "credit_ban": 0.0, "durables": 0.0,
    }  # fmt: skip
    return row(economy, "consumers", 0, **able | changes)


# -- who closes for losses ------------------------------------------------------------------------------


@pytest.mark.parametrize(("times", "closes"), [(4.9, True), (5.1, False)])
def test_a_firm_of_five_times_the_mean_does_not_close_for_small_losses(economy, times, closes):
    firm, market = a_firm(economy), economy.market
    share = times / market.members[firm.sector]
    tired = a_firm(
        economy, share=share, losses=99.0, sales=0.0, deposits=10**12, expected_demand=1e9, capital=10**11
    )
    found = settles(tired, market, economy.p, 1.0)
    assert found.profit < 0.0
    assert bool(found.closing) is closes
    assert not found.failed


def test_a_large_firm_still_fails_and_still_closes_when_it_is_small_in_work(economy):
    large = {"share": 0.9, "sales": 0.0}
    broke = a_firm(economy, **large, deposits=0, bank_debt=10**9)
    assert settles(broke, economy.market, economy.p, 1.0).failed
    idle = a_firm(economy, **large, deposits=10**12, expected_demand=0.0)
    assert settles(idle, economy.market, economy.p, 1.0).closing


# -- used machines --------------------------------------------------------------------------------------


def test_unsold_used_machines_wear_and_their_book_value_goes_through_a_flow():
    economy = small(parameters={"giants": 1, "used_wear": 0.1}).run(1)
    scrapped = 0
    for _ in range(30):
        before, book = economy.memory.used_machines, economy.owners["used_capital"].sum()
        economy.step()
        flows = economy.records.of_flows[-1]
        gone = flows.get("used machines scrapped", 0)
        if before > 0.0 and book > 1000:
            scrapped += gone
            assert gone <= 0.1 * book + len(economy.owners)
    assert scrapped > 0


def test_without_wear_nothing_is_scrapped():
    economy = small(parameters={"giants": 1, "used_wear": 0.0}).run(10)
    assert not any(flows.get("used machines scrapped", 0) for flows in economy.records.of_flows)


# -- suppliers come before banks ------------------------------------------------------------------------


def test_suppliers_are_paid_out_of_what_there_is_before_banks_are(economy):
    market, p = economy.market, economy.p
    assert pays_suppliers(a_firm(economy, owed_1=60, owed_2=40, deposits=100), market, p) == 100.0
    assert pays_suppliers(a_firm(economy, owed_1=60, owed_2=40, deposits=99), market, p) == 0.0
    after = Parameters(p.overridden | {"suppliers_first": False})
    assert pays_suppliers(a_firm(economy, owed_1=60, owed_2=40, deposits=100), market, after) == 0.0


def test_what_is_deducted_for_a_platform_is_not_there_for_suppliers(economy):
    firm = a_firm(economy, owed_1=60, deposits=100, sales=1000.0)
    firm.platform_debt, firm.deducted, firm.platform_rate = 50, True, 0.0
    assert pays_suppliers(firm, economy.market, economy.p) == 0.0


def test_who_could_not_pay_suppliers_fails_even_if_customers_have_paid_since(economy):
    paid_since = a_firm(economy, owed_1=100, payables=100, deposits=10**12, sales=0.0)
    assert settles(paid_since, economy.market, economy.p, 1.0).failed
    after = Parameters(economy.p.overridden | {"suppliers_first": False})
    assert not settles(paid_since, economy.market, after, 1.0).failed


def test_in_a_run_suppliers_have_their_money_when_firms_settle_with_banks():
    economy, seen = small().run(1), []
    each = economy.each

    def watched(table, *rules):
        if settles in rules:
            firms = economy.firms
            owed = firms["owed_1"] + firms["owed_2"]
            seen.append((int((firms["trade_paid"] > 0).sum()), int(owed[firms["trade_paid"] > 0].sum())))
        each(table, *rules)

    economy.each = watched
    economy.step()
    assert seen[0][0] > 0.5 * economy.firms["alive"].sum()
    assert seen[0][1] == 0


# -- what is due to suppliers counts in planning --------------------------------------------------------


def test_a_loan_is_asked_for_what_will_fall_due(economy):
    plain = {"on_credit": 0.0, "wage_bill": 0.0, "input_bill": 0.0, "closing": False}
    plain |= {"deposits": 10**9, "investment_bill": 1e9, "leverage_target": 0.0, "capital": 10**9, "stock": 0}
    firm, market, p = a_firm(economy, **plain), economy.market, economy.p
    assert asks_for_credit(firm, market, p, 1.0) == 0.0
    firm.owed_1, firm.owed_2 = 2 * 10**8, 10**8
    assert asks_for_credit(firm, market, p, 1.0) == 3e8
    off = Parameters(p.overridden | {"dues_set_aside": 0.0})
    assert asks_for_credit(firm, market, off, 1.0) == 0.0


def test_machines_are_not_bought_with_what_will_fall_due(economy):
    firm = a_firm(economy, deposits=1000, wage_bill=400.0, input_bill=0.0, investment_bill=600.0)
    assert cuts_to_cash(firm, economy.market, economy.p).investment_bill == 600.0
    firm.owed_1 = 300
    found = cuts_to_cash(firm, economy.market, economy.p)
    assert (found.wage_bill, found.investment_bill) == (400.0, 300.0)


# -- the mood -------------------------------------------------------------------------------------------


def test_the_mood_depends_on_seed_and_quarter_and_is_the_same_in_all_arms():
    start = small().run(2)
    one, other = start.branch("deep_integration"), start.branch("consumer_traffic", durable_chance=0.0)
    moods = [[], []]
    for _ in range(6):
        for kept, arm in zip(moods, (one, other), strict=True):
            arm.step()
            kept.append(arm.market.mood)
    assert moods[0] == moods[1]
    assert len(set(moods[0])) == 6
    assert small(seed=2).run(2).market.mood != start.market.mood


def test_the_mood_is_an_ar1_of_the_declared_size():
    economy, seen = small(parameters={"giants": 1, "mood_kept": 0.5, "mood_news": 0.02}), []
    for _ in range(120):
        economy.step()
        seen.append(economy.market.mood)
    news = np.array(seen[1:]) - 0.5 * np.array(seen[:-1])
    assert news.std() == pytest.approx(0.02, rel=0.25)
    assert abs(np.corrcoef(news[1:], news[:-1])[0, 1]) < 0.25


def test_the_mood_moves_spending_and_wanted_capacity_and_can_be_off(economy):
    firm, person, p = a_firm(economy, age=9.0), a_consumer(economy, spending=0.0), economy.p
    calm, gay = (SimpleNamespace(**rows_of(economy.market)) for _ in range(2))
    calm.outlook = calm.confidence = 1.0
    gay.outlook = gay.confidence = 1.05
    assert plans(firm, gay, p).investment_bill > plans(firm, calm, p).investment_bill
    assert plans(firm, gay, p).output == plans(firm, calm, p).output
    luck = (0.99, 0.5, 0.99)
    budgets = [plans_spending(person, market, p, luck).budget for market in (calm, gay)]
    assert budgets[1] == pytest.approx(1.05 * budgets[0])
    still = small(parameters={"giants": 1, **OFF}).run(3)
    assert (still.market.mood, still.market.confidence, still.market.outlook) == (0.0, 1.0, 1.0)


def rows_of(market):
    """What rules read of the market."""
    names = ("funding_rate", "machine_price", "wage", "input_price", "renewal", "confidence", "outlook")
    return {name: getattr(market, name) for name in (*names, "served", "uncollected")}


# -- durables -------------------------------------------------------------------------------------------

BUYS = (0.99, 0.5, 0.0)  # no unforeseen expense; a durable is wished for


def planned(economy, u=BUYS, **changes):
    return plans_spending(a_consumer(economy, **changes), economy.market, economy.p, u)


def test_a_durable_is_paid_a_fifth_at_once_and_a_loan_is_asked_for_the_rest(economy):
    p, found = economy.p, planned(economy)
    assert found.durable == pytest.approx(p.durable_size * found.usual_income)
    assert found.loan_wanted == pytest.approx((1.0 - p.down_payment) * found.durable, abs=1.0)
    without = planned(economy, u=(0.99, 0.5, 0.999))
    assert (without.durable, without.loan_wanted) == (0.0, 0.0)
    assert found.budget == pytest.approx(without.budget + p.down_payment * found.durable)


@pytest.mark.parametrize(
    "changes",
    [
        {"employed": False},
        {"credit_ban": 3.0},
        {"bank_debt": 2_500_000},  # its service would be more than a quarter of income
        {"deposits": 840_000},  # not enough for the first payment is left
    ],
)
def test_who_cannot_bear_the_loan_does_not_wish_for_a_durable(economy, changes):
    assert planned(economy, **changes).durable == 0.0


def test_not_granted_is_not_bought_and_what_is_bought_is_as_dear_as_its_loan(economy):
    p, plan = economy.p, planned(economy)
    asked = {"durable": plan.durable, "budget": plan.budget, "expense": 0.0, "platform_granted": 0.0}
    refused = a_consumer(economy, **asked, loan_granted=0.0)
    found = cuts_spending(refused, economy.market, p)
    assert found.durable == 0.0
    assert found.budget == pytest.approx(plan.budget - p.down_payment * plan.durable, abs=1.0)
    for bank, platform in ((plan.loan_wanted, 0.0), (0.0, plan.loan_wanted), (0.5 * plan.loan_wanted, 0.0)):
        loan = bank + platform
        lent = a_consumer(economy, **asked | {"platform_granted": platform}, loan_granted=bank)
        lent.deposits += int(loan)
        bought = cuts_spending(lent, economy.market, p)
        assert bought.durable == pytest.approx(loan / (1.0 - p.down_payment), abs=2.0)
        assert bought.budget - bought.durable == pytest.approx(found.budget, abs=2.0)


def test_the_habit_does_not_count_a_durable_and_daily_wishes_are_lower_by_its_wear(economy):
    p, market = economy.p, SimpleNamespace(**rows_of(economy.market) | {"served": 1.0})
    person = a_consumer(economy, budget=1_900_000.0, durable=1_200_000.0, durables=500_000.0)
    found = serves_debt(person, market, p, 0.9)
    assert found.spending == 700_000.0
    assert found.durables == pytest.approx((1.0 - p.durable_wear) * 500_000.0 + 1_200_000.0)
    luck = (0.99, 0.5, 0.999)
    bare, furnished = (planned(economy, u=luck, spending=0.0, durables=worth) for worth in (0.0, 400_000.0))
    assert bare.budget - furnished.budget == pytest.approx(p.durable_wear * 400_000.0)


def test_a_debt_ends_once_what_is_left_is_less_than_anybody_would_ask_for(economy):
    p, market = economy.p, SimpleNamespace(**rows_of(economy.market) | {"served": 1.0})
    least = int(p.consumer_asks_from * a_consumer(economy).usual_income)
    of_bank = "bank_debt", "instalment_paid", p.consumer_instalment
    of_platform = "platform_debt", "platform_instalment_paid", p.app_instalment
    for name, paid, pace in (of_bank, of_platform):
        for debt, due in ((least, least), (2 * least, math.ceil(2 * least * pace))):
            person = a_consumer(economy, **{"budget": 0.0, "durable": 0.0, name: debt})
            assert getattr(serves_debt(person, market, p, 0.9), paid) == due
            assert debt_service.plain(person, p) >= due


def test_consumer_credit_is_of_its_published_size_and_its_service_can_be_borne():
    quarters = Economy(firms=2_000, seed=4).run(60).records.quarters.iloc[20:]
    assert 0.06 < quarters["consumer_credit_to_gdp"].mean() < 0.2
    assert quarters["debt_burden"].mean() < 0.14
    assert quarters["consumer_default_rate"].mean() < 0.005
    off = Economy(firms=2_000, seed=4, durable_chance=0.0).run(20).records.quarters
    assert off["consumer_credit_to_gdp"].iloc[-1] < 0.04


# -- estates, resolution, lending households ------------------------------------------------------------


def estate(cash, secured, bank=600, shared=200, platform=50, payables=150):
    """What an estate pays to banks, platform, suppliers and owners."""
    names = ("bank_debt", "syndicated_debt", "deposits", "platform_debt", "payables")
    owed = (bank, shared, cash, platform, payables)
    firms = SimpleNamespace(**{name: np.array([v]) for name, v in zip(names, owed, strict=True)})
    for name in ("invoices_owed", "owed_1", "owed_2"):
        setattr(firms, name, np.zeros(1, np.int64))
    ranks = ("to_bank", "to_all", "to_platform", "to_invoices", "to_suppliers", "to_owners")
    paid = SimpleNamespace(**{rank: np.zeros(1, np.int64) for rank in ranks})
    share_estates.plain(np.array([0]), firms, SimpleNamespace(secured=secured), paid)
    found = {rank: int(getattr(paid, rank)[0]) for rank in ranks}
    assert sum(found.values()) == cash
    return found["to_bank"] + found["to_all"], *(found[rank] for rank in ranks[2:] if rank != "to_invoices")


def test_banks_come_first_with_what_is_secured_and_share_the_rest():
    assert estate(700, 1.0) == (700, 0, 0, 0)
    assert estate(900, 1.0) == (800, 50, 50, 0)
    assert estate(700, 0.5) == (400 + 200, 50, 50, 0)  # 400 of 600 still owed are the banks'
    assert estate(300, 0.5) == (300, 0, 0, 0)
    assert estate(1200, 0.5) == (800, 50, 150, 200)
    assert estate(0, 0.5) == (0, 0, 0, 0)


def test_the_state_fills_up_a_bank_by_all_that_it_has_lent():
    economy = small().run(4)
    banks, p = economy.banks, economy.p
    loans = int(all_loans(banks)[0])
    assert loans > banks["firm_loans"][0] + banks["consumer_loans"][0]  # a part of large loans is its own
    economy.ledger.open()
    worth = int(banks["net_worth"][0])
    economy.ledger.pay("bank wages", np.r_[worth + 1000, [0] * (len(banks) - 1)], wages_to(economy, worth))
    banks["equity_wanted"][...] = 0.0
    banking.recapitalise(economy)
    assert economy.tallies.resolution == pytest.approx(
        1000 + p.resolution_capital * p.capital_required * loans, abs=1.0
    )


def wages_to(economy, worth):
    """All of it to the first consumer."""
    return np.r_[worth + 1000, np.zeros(len(economy.consumers) - 1, np.int64)]


def test_a_household_whose_first_place_is_empty_lends_where_another_is(economy):
    market = SimpleNamespace(posted=np.array([0.0, 0.02]), trust=np.ones(2))
    person = a_consumer(economy, budget=0.0, first_app=-1, second_app=1)
    assert lends_to_platform(person, market, economy.p, 0.0).offered > 0.0
    person.second_app, person.third_app = -1, 1
    assert lends_to_platform(person, market, economy.p, 0.0).offered > 0.0
    person.third_app = -1
    assert lends_to_platform(person, market, economy.p, 0.0).offered == 0.0
