"""What platforms do with their budget: technology does a part of the work, whatever the work is."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest

from sim import BusinessModel, Parameters
from sim.actors.platforms import hires, keeps_technology, pays_dividend, sets_budget, survives
from sim.credit.funders import FUNDERS
from sim.credit.funders.banks import banks_judge
from sim.credit.funders.households import households_judge, lends_to_platform
from sim.population.platforms import platforms_end
from tests.economies import FUNDED, LINKED, payments, small

P = Parameters()
ALL_FUND_ALL = P.change({"partners": False})


def platform(**values) -> SimpleNamespace:
    at_rest = {
        "service": 0.0, "management": 0.0, "file_bill": 0.0, "upkeep": 0.0,
        "technology": 0.0, "technology_spend": 0.0, "technique": 0.0,
        "deposits": 10**12, "claims_owed": 0, "loans": 0, "participations_owed": 0, "sold_loans": 0,
        "borrowing": 0, "float_owed": 0, "custody": 0, "practice": 1.0, "moving": 0.0,
        "acts": 1.0, "alive": True, "users": 1000.0, "firm_users": 0.0, "size": 1.0, "there": 1.0,
        "put_in": 0.0, "runway_left": 4.0, "refused": False, "wanted": 1e9, "venture": 0.0, "came": 0.0,
        "gross_profit": 0.0, "to_consumers": 1.0, "to_firms": 0.0, "to_projects": 0.0, "to_technology": 0.0,
        "giant": False, "venture_total": 0.0,
    }  # fmt: skip
    return SimpleNamespace(**{**at_rest, **values})


MARKET = SimpleNamespace(wage_index=1.0, consumer_rows=2000.0, small_team=1e6)


def test_half_of_what_machines_can_do_is_done_with_technology_of_the_declared_quarters():
    running = 1000.0
    kept = keeps_technology(
        platform(service=running, technology=P.technology_half * running / (1.0 - P.technology_decay)),
        MARKET,
        P,
    )
    assert kept.technology == pytest.approx(P.technology_half * running)
    assert kept.technique == pytest.approx(0.5)


def test_technology_is_out_of_date_without_spending_and_buys_less_at_higher_wages():
    old = keeps_technology(platform(technology=100.0), MARKET, P)
    assert old.technology == pytest.approx(100.0 * (1.0 - P.technology_decay))
    dear = keeps_technology(
        platform(technology_spend=100.0), SimpleNamespace(wage_index=2.0, consumer_rows=1.0), P
    )
    assert dear.technology == pytest.approx(50.0)


def test_growth_is_what_is_wanted_and_what_cash_and_profit_allow():
    small_purse = {"deposits": 40_000_000, "users": 0.0}
    free = sets_budget(platform(**small_purse), MARKET, P)
    assert free.management == 1e6
    assert free.budget == free.affords == pytest.approx(39e6 / 4.0 - 1e6)  # over what is left of its runway
    assert sets_budget(platform(**small_purse, wanted=5e6), MARKET, P).budget == 5e6
    assert sets_budget(platform(**small_purse, there=0.5, wanted=5e6), MARKET, P).budget == 2.5e6
    earns = sets_budget(platform(**small_purse, gross_profit=3e6), MARKET, P)
    assert earns.budget == pytest.approx(39e6 / 4.0 + 2e6)


@pytest.mark.parametrize(("gross", "budget"), [(0.0, 0.0), (0.9e6, 0.0), (3e6, 2e6), (1e9, 9e6)])
def test_who_was_refused_spends_on_growth_what_gross_profit_leaves_beyond_the_team(gross, budget):
    there = platform(deposits=10_000_000, users=0.0, refused=True, gross_profit=gross)
    assert sets_budget(there, MARKET, P).budget == pytest.approx(budget)


@pytest.mark.parametrize(
    ("paid", "cash", "lives"),
    [(1e6, 1e9, True), (0.8e6, 0.3e6, True), (0.5e6, 0.8e6, True), (0.5e6, 0.3e6, False), (0.0, 0.0, False)],
)
def test_a_team_that_is_not_paid_and_has_nothing_to_wait_for_goes(paid, cash, lives):
    costs = {"wage_bill": paid, "direct_cost": 0.0, "spent_total": 1e6, "net_worth": 1, "unmet": 0.0}
    there = platform(**costs, management=paid, team_due=1e6, deposits=int(cash))
    assert survives(there, MARKET, P) == lives
    unpaid = P.change({"lean_team": 0.0})
    # then only the weeks of what is paid count: who pays nothing lives for ever on nothing
    assert survives(there, MARKET, unpaid)


def test_machines_take_over_their_part_of_the_work_on_users():
    by_hand, by_machine = (sets_budget(platform(technique=t), MARKET, P).service for t in (0.0, 1.0))
    assert by_machine == pytest.approx((1.0 - P.automation) * by_hand, rel=1e-5)


def test_who_spends_on_technology_comes_to_have_some_and_others_none():
    world = small(parameters=FUNDED).run(8)
    spends, does_not = (world.branch(name).run(20) for name in ("deep_integration", "consumer_traffic"))
    assert (spends.platforms["technique"] > 0.0).any()
    assert not does_not.platforms["technique"].any()


def test_a_link_costs_less_to_keep_up_where_machines_do_a_part_of_it():
    grown = small("deep_integration", seed=3, parameters=LINKED).run(24)
    upkeep = []
    for technology in (0.0, 1e20):
        twin = copy.deepcopy(grown)
        twin.platforms["technology"] = technology
        twin.platforms["technology_spend"] = 0.0
        twin.step()
        upkeep.append(float(twin.platforms["upkeep"].sum()))
    assert upkeep[0] > 0.0
    assert upkeep[1] == pytest.approx((1.0 - P.automation) * upkeep[0], rel=1e-3)


def test_wages_leave_what_is_owed_to_the_media():
    at_work = {
        "by_staff": 0.0,
        "consumer_spend": 0.0,
        "firm_spend": 0.0,
        "project_spend": 0.0,
        "service": 90.0,
    }
    market = SimpleNamespace(wage=10.0)
    for cash, bill in ((200, 90.0), (130, 90.0), (120, 80.0), (40, 0.0), (30, 0.0)):
        there = platform(**at_work, deposits=cash, advertising=40.0)
        hired = hires(there, market, P)
        assert (hired.wage_bill, hired.staff) == (bill, bill / 10.0)


def test_a_platform_with_more_files_than_money_pays_the_media_and_goes_on():
    economy = small("institution_traffic", parameters=FUNDED | {"lead_in": 0}).run(6)
    economy.platforms["file_bill"] = 1e15
    economy.step()
    assert economy.platforms["advertising"].any()
    assert (economy.platforms["deposits"] >= 0).all()


BOTH = BusinessModel(
    "both", "Both", (), to_consumers=0.5, to_firms=0.5, sees=1, lends_to_consumers=True,
    funders=(("banks", 0.6), ("households", 0.4)), take=0.01,
)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_banks_and_households_fund_loans_together_and_each_pays_its_share(seed):
    economy = small(BOTH, seed=seed, parameters=FUNDED | {"lead_in": 0}).run(40)
    lending = [flows for flows in payments(economy) if "platform loans to consumers" in flows]
    first = lending[0]  # when households have nothing with platforms yet that is not lent
    lent, rounding = first["platform loans to consumers"], len(economy.platforms)
    assert first["participations"] == pytest.approx(0.6 * lent, abs=rounding)
    assert first["claims bought"] == pytest.approx(0.4 * lent, abs=rounding)
    assert len(lending) > 20


def judged(rule, market=None, **values):
    at_rest = {
        "participations_owed": 1000, "claims_owed": 1000, "pool_interest": 0.02, "pool_losses": 0.0,
        "claims_lost": 0.0, "bank_margin": 0.01, "appetite": 0.2, "take": 0.01, "loss_seen": 0.0,
        "fear": 0.0, "paid_for": 0.0, "borrowed": 1e9,
    }  # fmt: skip
    posted = {"funding_rate": 0.005, "own_margin": 0.003} | (market or {})
    return rule(SimpleNamespace(**{**at_rest, **values}), SimpleNamespace(**posted), ALL_FUND_ALL)


def test_banks_want_more_of_what_pays_better_than_their_own_loans_and_bargain_where_it_pays_less():
    better, worse = judged(banks_judge), judged(banks_judge, {"own_margin": 0.03})
    assert better.appetite == pytest.approx(0.2 * (1.0 + P.reaction))
    assert better.take == 0.01
    assert worse.appetite == pytest.approx(0.2 * (1.0 - P.reaction))
    assert worse.take == pytest.approx(0.01 * (1.0 - P.bargaining))
    unsold = judged(banks_judge, {"own_margin": 0.03}, participations_owed=0)
    assert (unsold.take, unsold.appetite, unsold.bank_margin) == (0.01, 0.2, 0.01)


def test_households_trust_less_whom_they_lost_by_and_everybody_after_a_fright():
    assert judged(households_judge).trust == 1.0
    hurt = judged(households_judge, claims_lost=100.0)
    assert hurt.loss_seen == pytest.approx(0.15 * 100.0 / 1100.0)
    assert judged(households_judge, loss_seen=hurt.loss_seen).trust < 1.0
    assert judged(households_judge, fear=0.2).trust == pytest.approx(np.exp(-0.2 * P.fear_response))


def test_a_platform_that_dies_with_households_money_frightens_the_lenders_of_its_like_most():
    economy = small("consumer_traffic", parameters=FUNDED).run(20)
    t, market, kept = economy.platforms, economy.market, economy.p.fear_kept
    held = t["claims_owed"].astype(float)
    assert (held > 0.0).sum() > 2
    market.fright = market.fright_of_large = market.fright_of_small = 0.25
    dying = int(held.argmax())
    large = held > held.sum() / (held > 0.0).sum()
    t["paid_for"] = 0.0  # of nobody there is a record
    assert large[dying] and (~large & (held > 0.0)).any()
    t["alive"] = t["alive"] & (np.arange(len(t)) != dying)
    platforms_end(economy)
    held = t["claims_owed"].astype(float)
    stuck, alike = held[dying] / held.sum(), held[dying] / held[large].sum()
    assert 0.0 < stuck < alike
    economy.quarter += 1
    FUNDERS["households"].looks_back(economy)
    left = kept * 0.25
    assert market.fright == pytest.approx(left + (1.0 - left) * stuck)
    assert market.fright_of_large == pytest.approx(left + (1.0 - left) * alike)
    assert market.fright_of_small == pytest.approx(left)
    FUNDERS["households"].posts(economy)
    of_large, of_small = (0.5 * (market.fright + of) for of in (market.fright_of_large, left))
    assert t["fear"][large] == pytest.approx(of_large) and t["fear"][~large] == pytest.approx(of_small)
    seen = [market.fright]
    for _ in range(8):  # news of a quarter is news once, and fades
        economy.quarter += 1
        FUNDERS["households"].looks_back(economy)
        seen.append(market.fright)
    np.testing.assert_allclose(seen, seen[0] * kept ** np.arange(9))


def saver(trust: float, luck: float, **changes) -> tuple[float, float]:
    """What a household with a claim on platform 0 offers and wants back, at this trust and this draw."""
    person = SimpleNamespace(
        first_app=0, second_app=-1, third_app=-1, claim_at=0, claims=10**6, deposits=0, usual_income=0.0,
        budget=0.0, bank_debt=0, rate=0.01, platform_debt=0, platform_rate=0.03,
    )  # fmt: skip
    market = SimpleNamespace(posted=np.array([0.02]), trust=np.array([trust]))
    made = lends_to_platform(person, market, P.change(changes), luck)
    return made.offered, made.withdrawn


def test_who_no_longer_trusts_a_platform_is_let_out_before_his_term():
    term, half = 1.0 / P.claim_term, 0.5 * P.early_exit
    assert saver(0.0, term + 0.9 * P.early_exit) == (0.0, 1e6)
    assert saver(0.5, term + 0.9 * half)[1] > 0.0
    assert saver(0.5, term + 1.1 * half) == saver(0.0, term + 0.1, early_exit=0.0) == (0.0, 0.0)
    assert saver(1.0, term + 0.01) == (0.0, 0.0)  # who trusts it waits for his term
    assert saver(1.0, 0.9 * term) == saver(1.0, 0.9 * term, early_exit=0.0)


def test_debtors_wait_for_the_end_that_households_fear():
    economy = small("consumer_traffic", parameters=FUNDED).run(12)
    t, market, p = economy.platforms, economy.market, economy.p
    market.fright = market.fright_of_large = market.fright_of_small = 0.4
    t["paid_for"] = 0.0
    dying = int(np.flatnonzero(t["alive"])[0])
    t["alive"] = t["alive"] & (np.arange(len(t)) != dying)
    FUNDERS["households"].posts(economy)
    expected = np.where(t["alive"], p.waits_for_end * 0.4, 1.0) * p.walks_away * (t["from_households"] > 0.0)
    np.testing.assert_allclose(market.uncollected, expected)
    assert market.uncollected[dying] == p.walks_away and (market.uncollected[t["alive"]] > 0.0).any()
    economy.p = p.change({"waits_for_end": 0.0})
    FUNDERS["households"].posts(economy)
    assert not market.uncollected[t["alive"]].any()


def test_only_a_sold_platform_with_a_profit_pays_out_and_keeps_its_reserve():
    rich = platform(sold=True, usual_profit=10**9, wage_bill=100.0, direct_cost=0.0, advertising=0.0)
    cost = P.platform_reserve * 100.0
    assert pays_dividend(rich, MARKET, P) == np.floor(P.dividend_pace * min(10**12 - cost, 4.0 * 10**9))
    for change in ({"sold": False}, {"usual_profit": -1.0}, {"deposits": 10}):
        assert pays_dividend(SimpleNamespace(**{**vars(rich), **change}), MARKET, P) == 0.0


def test_a_giant_in_which_the_fund_has_no_part_pays_dividends_like_one_that_was_sold():
    one = platform(sold=True, usual_profit=10**9, wage_bill=100.0, direct_cost=0.0, advertising=0.0)
    paid = pays_dividend(one, MARKET, P)
    for giant, venture, expected in ((True, 0.0, paid), (True, 1.0, 0.0), (False, 0.0, 0.0)):
        other = SimpleNamespace(**vars(one) | {"sold": False, "giant": giant, "venture_total": venture})
        assert pays_dividend(other, MARKET, P) == expected
    assert paid > 0.0
