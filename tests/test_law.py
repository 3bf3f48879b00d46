"""Named rules of law: each is complete, acts from its date, and binds the quantity that it limits."""

from typing import Any

import numpy as np
import pytest

from sim import Economy, ParameterError, Parameters, law
from sim.actors.banks import all_loans, own_loans
from sim.credit import from_platforms, pools
from sim.credit.funders import FUNDERS
from sim.engine.parameters import seeds
from sim.markets.payments import balances, banking, wallets
from sim.population.founders import may_be_founded
from tests.economies import LINKED, differences, small

BEGINS = "2011-01"
RULES = law.rules()
FACTS = seeds("evidence")


def quarter_of(name: str) -> int:
    """The quarter in which the last change of a rule acts."""
    return max(change.quarter(BEGINS) for change in RULES[name].changes)


# --- the list --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_what_it_limits_and_where_it_is_written(name):
    told, rule = seeds("law")[name], RULES[name]
    assert set(told) <= {"title", "limits", "source", "without", "changes", "assumed", "why"}
    assert len(rule.title) > 10 and len(rule.limits) > 20
    assert rule.source in FACTS or rule.source == "assumed"
    assert rule.source == "assumed" or FACTS[rule.source]["use"] == "calibrate"
    assert ("why" in told) == (told.get("assumed") is True)
    assert rule.assumed or all("assumed" not in one for one in told["changes"])
    for one in told["changes"]:
        assert set(one) <= {"at", "values", "words", "assumed"} and law.months(one["at"])


@pytest.mark.parametrize("name", RULES)
def test_a_rule_changes_what_is_there_without_it_and_all_of_that(name):
    rule = RULES[name]
    assert rule.values.keys() <= rule.without.keys()
    assert any(rule.without[one] != value for one, value in rule.values.items())
    for values in (rule.without, rule.values):
        assert Parameters(values).overridden.items() <= values.items()


@pytest.mark.parametrize("name", RULES)
def test_every_date_of_a_rule_changes_what_was_there_before(name):
    """But that of what there is to begin with: before 2011, as far as anything is dated."""
    rule = RULES[name]
    there = dict(rule.without)
    for change in rule.changes:
        if change.quarter(BEGINS) > 1:
            assert any(there[one] != value for one, value in change.values.items()), change
        there |= change.values
    assert there == dict(rule.without) | rule.values


def test_without_any_law_no_rule_that_is_new_binds():
    """What has always been in force may bind at defaults; the rest is off there."""
    p, always = Parameters(), {"rate_cap", "court_rate_cap", "online_loans", "leverage"}
    for name in RULES.keys() - always:
        assert {one: getattr(p, one) for one in RULES[name].without} == RULES[name].without, name


def test_the_law_of_a_country_is_that_of_its_rules_by_date():
    china = law.named("china")
    assert [one.at for one in china] == sorted(one.at for one in china)
    of_rules = {one for name in seeds("law")["china"]["rules"] for one in law.named(name)}
    assert set(china) == of_rules and len(china) == len(of_rules)
    assert law.named("own_share") == RULES["own_share"].changes
    economy = Economy(firms=100, parameters={"giants": 1, "lead_in": 4}, timeline=china, begins=BEGINS)
    assert (economy.p.rate_cap, economy.p.platform_loans_cap) == (0.06, 1.0)
    assert (economy.p.lender_debt_cap, economy.p.lender_leverage_cap) == (5.0, 50.0)
    late = law.in_force(economy.p, economy.timeline, BEGINS, 60, after=0)
    assert late.own_funding_floor == 0.3 and not late.households_may_lend and late.float_custody == 1.0
    assert late.insured_deposit == 5e7 and late.passed_on_counted == 1.0 and late.one_platform_cap == 0.25
    assert (late.lender_debt_cap, late.lender_leverage_cap, late.platform_loans_cap) == (1.0, 5.0, 0.5)


@pytest.mark.parametrize("wrong", ["chna", "own share", 7])
def test_a_name_that_there_is_not_is_told_in_one_line(wrong):
    given: Any = wrong
    with pytest.raises(ParameterError, match="no law is called") as error:
        law.named(given)
    assert "\n" not in str(error.value) and "china" in str(error.value)
    if wrong == "chna":
        assert "did you mean 'china'" in str(error.value)


def test_a_named_law_needs_a_beginning():
    with pytest.raises(ParameterError, match="say when the first quarter is"):
        Economy(firms=100, timeline=law.named("china"))


# --- each binds ------------------------------------------------------------------------------------------

WORLD = LINKED | {"giants": 2, "lead_in": 20}


@pytest.fixture(scope="module")
def brokers() -> Economy:
    return small("institution_traffic", parameters=WORLD, seed=3).run(16)


@pytest.fixture(scope="module")
def lenders() -> Economy:
    return small("consumer_traffic", parameters=WORLD, seed=3).run(16)


def under(economy: Economy, name: str, quarters: int = 12, **others: Any) -> tuple[Economy, Economy]:
    """The world with a rule and without it, after some quarters."""
    rule = RULES[name]
    with_it, without = ({**others, **values} for values in (rule.values, rule.without))
    return tuple(economy.branch(parameters=values).run(quarters) for values in (with_it, without))  # type: ignore


@pytest.mark.parametrize(("name", "take"), [("court_rate_cap", 0.028), ("rate_cap", 0.08)])
def test_no_loan_through_a_platform_costs_more_than_the_cap(brokers, name, take):
    """Where platforms' take is dear; what is owed from before is not dearer than the cap."""
    world, cap = brokers.branch(), RULES[name].values["rate_cap"]
    world.platforms["take"][...] = take
    for people in (world.firms, world.consumers):
        people["platform_rate"] = np.minimum(people["platform_rate"], cap)
    with_it, without = under(world, name, 8, take_limit=max(take, brokers.p.take_limit))

    def dearest(e):
        found = [e.tables[name] for name in ("firms", "consumers")]
        return max(one["platform_rate"][one["platform_debt"] > 0].max(initial=0.0) for one in found)

    assert 0.0 < dearest(with_it) <= cap + 1e-9 < dearest(without)


def test_platforms_fund_their_share_of_new_joint_loans(brokers):
    with_it, without = under(brokers, "own_share")
    kept = []
    for e in (with_it, without):
        loans, theirs, sold = (
            float(e.platforms[name].sum()) for name in ("loans", "participations_owed", "sold_loans")
        )
        assert sold > 0.0
        kept.append(1.0 - theirs / (loans - sold))
    assert kept[1] < 0.1 < 0.2 < kept[0]
    banks, notes = FUNDERS["banks"], FUNDERS["notes"]
    sold = notes.share(with_it) / (1.0 - with_it.p.junior_of_seller)
    assert (banks.share(with_it) <= 0.7 * (1.0 - sold) + 1e-12).all()


def test_no_platform_lends_one_borrower_more_of_its_own_than_the_cap():
    world = small("deep_integration", parameters=LINKED, seed=3).run(16)
    plain, found = from_platforms.lend, []

    def watched(e, borrowers, asked, platform, line, terms, means):
        capital = np.maximum(1, e.platforms["net_worth"])[platform].astype(float)
        lent = plain(e, borrowers, asked, platform, line, terms, means)
        found.append((means.keeps[platform] * lent / capital)[lent > 0])
        return lent

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(from_platforms, "lend", watched)
        under(world, "one_borrower", 8)
    half = len(found) // 2
    with_it, without = np.concatenate(found[:half]), np.concatenate(found[half:])
    cap = RULES["one_borrower"].values["one_borrower_cap"]
    assert with_it.max() <= cap + 1e-9 and without.max() > 2.0 * cap


def held(e: Economy) -> np.ndarray:
    """What each bank holds of each platform over its capital."""
    return e.memory.participations / np.maximum(1, e.banks["net_worth"])


def test_no_bank_buys_more_of_one_platform_than_the_cap(brokers):
    most = held(brokers.branch().run(12)).max()
    cap = max(Parameters.declarations()["one_platform_cap"].low, 0.3 * float(most))
    assert most > cap
    world = brokers.branch(one_platform_cap=cap)
    for _ in range(12):
        world.step()
    assert held(world).max() < 0.6 * most
    banks: Any = FUNDERS["banks"]
    before = world.memory.participations.copy()
    need = np.full(len(world.platforms), 1e12)
    allowed = banks.limit(world, need)
    assert (allowed <= banks.still_allowed(world).sum(axis=1) + 1.0).all()
    world.ledger.open()
    lent = np.floor(allowed / np.maximum(1e-9, banks.share(world))).astype(np.int64)
    banks.pay_in(world, lent, np.floor(banks.share(world) * lent).astype(np.int64))
    bought = world.memory.participations > before
    assert bought.any()
    over = world.memory.participations - np.maximum(before, cap * world.banks["net_worth"])
    assert over.max() <= 1.0


def part_of_platforms(e: Economy) -> float:
    """What banks hold of platforms' loans, over all that they lend themselves."""
    return float(e.banks["participations"].sum() / own_loans(e.banks).sum())


@pytest.mark.parametrize("partners", [True, False])
def test_banks_hold_no_more_of_all_platforms_than_the_cap(brokers, partners):
    """At a cap between what they hold and what they would: in a world so small that of the rule is far."""
    world = brokers.branch(partners=partners)
    free = world.branch(parameters=RULES["online_loans"].without).run(12)
    cap = 0.5 * (part_of_platforms(world) + part_of_platforms(free))
    capped = world.branch(platform_loans_cap=cap)
    held = [part_of_platforms(capped.run(1)) for _ in range(12)]
    assert 0.7 * cap < held[-1] and max(held) <= cap < 0.9 * part_of_platforms(free)
    shut = world.branch(platform_loans_cap=0.0)
    assert FUNDERS["banks"].limit(shut, np.full(len(shut.platforms), 1e12)).max() == 0.0
    assert shut.run(1).records.of_flows[-1].get("participations", 0) == 0


def test_who_has_passed_on_loans_needs_capital_for_them_where_they_count(brokers):
    tight, free = under(brokers, "leverage")
    debts = ("participations_owed", "sold_loans", "borrowing")
    passed: Any = [sum(e.platforms[name] for name in debts) for e in (tight, free)]
    owed, worth = [one.sum() for one in passed], [e.platforms["net_worth"].sum() for e in (tight, free)]
    assert owed[1] > 6.0 * worth[1]
    assert owed[0] < 0.8 * owed[1]
    adds, left = pools.leverage(tight, pools.shares_of(tight), np.full(len(tight.platforms), 1e9))
    most = tight.p.lender_leverage_cap * np.maximum(0, tight.platforms["net_worth"])
    assert left == pytest.approx(np.maximum(0.0, most - passed[0]))
    share: Any = sum(FUNDERS[name].share(tight) for name in ("banks", "notes"))
    assert adds == pytest.approx(1e9 * share) and 0.96 < share.max() <= 0.98 + 1e-12


def test_a_platform_borrows_no_more_of_banks_than_its_capital_times_the_cap():
    world = small("sideline_platform", parameters=WORLD, seed=3).run(8)
    borrowing, need = FUNDERS["borrowing"], np.full(len(world.platforms), 1e15)
    platforms = world.platforms
    room = world.p.borrowing_limit * world.banks["room"].sum()
    for cap in (0.0, 0.5, 1.0):
        world.p = world.p.replace(lender_debt_cap=cap)
        most = np.maximum(0.0, cap * np.maximum(0, platforms["net_worth"]) - platforms["borrowing"])
        assert borrowing.limit(world, need) == pytest.approx(np.minimum(most, room))


def test_once_households_may_lend_no_more_their_claims_run_off(lenders):
    with_it, without = (lenders.branch(households_may_lend=may) for may in (False, True))
    owed, need = [int(with_it.platforms["claims_owed"].sum())], np.ones(len(lenders.platforms))
    people = (with_it, without)
    for e in people:  # there is money that is not lent out
        e.platforms.books["loans"][...] //= 2
    allowed = [FUNDERS["households"].limit(e, need).sum() for e in people]
    assert allowed[0] == 0.0 < allowed[1]
    with_it, without = (lenders.branch(households_may_lend=may) for may in (False, True))
    for _ in range(12):
        flows = with_it.live()
        assert flows.get("claims bought", 0) == 0 == flows.get("platform loans to consumers", 0)
        owed.append(int(with_it.platforms["claims_owed"].sum()))
    without.run(12)
    assert owed == sorted(owed, reverse=True) and owed[-1] < 0.3 * owed[0]
    assert without.platforms["claims_owed"].sum() > owed[0] * 0.5
    assert with_it.memory.platforms_founded == lenders.memory.platforms_founded  # nobody gets a licence
    assert [may_be_founded(e, e.open_models[0]) for e in (with_it, without)] == [False, True]


def test_founders_of_other_models_go_on(brokers):
    world = brokers.branch(households_may_lend=False)
    assert differences(world.run(2), brokers.branch().run(2)) == set()


def failing(world: Economy) -> Economy:
    """The same with a first bank whose capital is gone: a part of it has become wages of its customers."""
    banks, people = world.banks, world.consumers
    rows = np.flatnonzero(people["bank"] == 0)
    short = int(banks["net_worth"][0]) + 50_000_000
    amounts = np.zeros(len(people), np.int64)
    amounts[rows[:10]] = short // 10
    amounts[rows[0]] += short - amounts.sum()
    world.ledger.open()
    paid = np.zeros(len(banks), np.int64)
    paid[0] = short
    world.ledger.pay("bank wages", paid, amounts)
    banks["equity_wanted"][...] = 0.0
    return world


def test_of_a_bank_that_fails_what_is_insured_is_safe_and_the_rest_pays_first(brokers):
    lost, paid, left = {}, {}, {}
    safe = 1_000_000.0
    for name, limit in (("all", 1e12), ("some", safe)):
        world = failing(brokers.branch(insured_deposit=limit))
        before = {one: world.tables[one]["deposits"].copy() for one in ("firms", "consumers", "platforms")}
        banking.recapitalise(world)
        world.ledger.close()
        assert world.banks["net_worth"][0] == pytest.approx(
            world.p.resolution_capital * world.p.capital_required * all_loans(world.banks)[0], abs=2.0
        )
        took = {one: before[one] - world.tables[one]["deposits"] for one in before}
        lost[name] = sum(int(one.sum()) for one in took.values())
        paid[name], left[name] = world.tallies.resolution, took
        for one, persons in (("firms", 1), ("consumers", world.p.persons_per_row)):
            hit = took[one] > 0
            assert (world.tables[one]["deposits"][hit] >= safe * persons).all()
            assert not (hit & (world.tables[one]["bank"] != 0)).any()
    assert lost["all"] == 0 < lost["some"]
    assert paid["all"] == paid["some"] + lost["some"]


def test_who_may_take_his_record_along_is_seen_by_whom_he_asks(brokers):
    shown, hidden = (brokers.branch(data_portability=part) for part in (1.0, 0.0))
    rows = np.arange(len(brokers.consumers))
    nobody = np.full(len(rows), -1, np.int32)
    at_bank = [wallets.passing_of_consumers(e, rows, nobody) for e in (shown, hidden)]
    assert (at_bank[1] == 0.0).all() and at_bank[0].max() > 0.3
    elsewhere = np.where(brokers.consumers["wallet"] == 0, 1, 0).astype(np.int32)
    at_other = [wallets.passing_of_consumers(e, rows, elsewhere) for e in (shown, hidden)]
    assert (at_other[0] >= at_other[1]).all() and (at_other[0] > at_other[1]).any()
    firms = np.arange(len(brokers.firms))
    of_firms = [wallets.passing_of_firms(e, firms, np.full(len(firms), -1)) for e in (shown, hidden)]
    assert (of_firms[1] == 0.0).all() and of_firms[0].max() > 0.0
    for scorers in ("firm_scorers", "consumer_scorers"):
        seen = [getattr(e.run(1), scorers).mask[: len(e.banks)].sum(axis=1) for e in (shown, hidden)]
        assert (seen[0] > seen[1]).all()
    shown.run(11)
    traces = shown.consumer_scorers.weights[: len(shown.banks), 5:]
    assert traces.any()  # banks have learned from what is new to them
    ended = shown.branch(data_portability=0.0).run(1)
    assert ended.consumer_scorers.mask[: len(ended.banks), 5:].sum() == 0.0


FLOAT = {"payment_float": 0.03}


def test_balances_rest_where_the_wallet_is_and_follow_what_is_paid(brokers):
    world = brokers.branch(parameters=FLOAT).run(4)
    people, platforms, p = world.consumers, world.platforms, world.p
    has = people["wallet_money"] > 0
    assert has.any() and (people["wallet_at"][has] == people["wallet"][has]).all()
    due = p.payment_float * p.passes_beside * people["wallet_use"] * people["budget"]
    assert (people["wallet_money"] <= np.floor(due) + 1).all()
    assert platforms["float_owed"].sum() == people["wallet_money"].sum() > 0
    assert (platforms["float_owed"][~wallets.running(world)] == 0).all()
    flows = world.records.of_flows[-1]
    earned = world.market.deposit_rate * platforms["float_owed"].sum()
    assert flows["interest on balances"] == pytest.approx(earned, rel=0.01)


def test_what_is_in_custody_earns_nothing_and_carries_no_loans(brokers):
    world = brokers.branch(parameters=FLOAT).run(4)
    with_it, without = under(world, "float_custody", 6, **FLOAT)
    for e, part in ((with_it, 1.0), (without, 0.0)):
        owed, safe = e.platforms["float_owed"].sum(), e.platforms["custody"].sum()
        assert safe == pytest.approx(part * owed, abs=4.0) and owed > 0
        assert e.state["custody_owed"].sum() == safe
    assert with_it.records.of_flows[-1].get("interest on balances", 0) == 0
    giant = wallets.running(with_it)
    money = [e.platforms["deposits"][giant].sum() for e in (with_it, without)]
    assert money[0] < money[1]


def test_users_of_a_wallet_whose_giant_ends_come_first(brokers):
    world = brokers.branch(parameters=FLOAT | {"float_custody": 1.0}).run(4)
    gone = np.zeros(len(world.platforms), bool)
    giant = int(world.platforms["float_owed"].argmax())
    gone[giant] = True
    had = int(world.platforms["float_owed"][giant])
    world.ledger.open()
    balances.give_back(world, gone)
    assert had > 0 == world.platforms["float_owed"][giant] == world.platforms["custody"][giant]
    world.ledger.close()


def test_a_giant_pays_users_who_all_want_their_money_as_far_as_it_has_not_lent_it(brokers):
    rested = brokers.branch(parameters=FLOAT).run(3)
    left = []
    for part in (0.0, 1.0):
        world = rested.branch(float_custody=part).run(6)
        owed = world.platforms["float_owed"].sum()
        world = world.branch(payment_float=0.0).run(1)
        assert world.platforms["float_owed"].sum() == world.consumers["wallet_money"].sum()
        left.append(world.platforms["float_owed"].sum() / owed)
    assert left[1] == 0.0 <= left[0] < 0.02
