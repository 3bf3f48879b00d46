"""A parameter that always acts, acts when it is changed; one that acts at the start only is refused."""

import functools
from typing import Any

import numpy as np
import pytest

from sim import Economy, ParameterError, Parameters
from sim.law import Change, in_force, months, name_of, standard_shock, timeline_of
from sim.record.saving import snapshot
from tests.economies import LINKED, differences, same, small
from tests.institutions import COVERER, HARD, SELLER

DECLARED = Parameters.declarations()
ALWAYS = sorted(name for name, one in DECLARED.items() if one.when == "always")
START = sorted(name for name, one in DECLARED.items() if one.when == "start")
MIX = {"consumer_traffic": 20, "institution_traffic": 3, "deep_integration": 10, "sideline_platform": 2}
WITHIN = 8  # quarters
SCARCE: dict[str, Any] = {"giants": 1, "starters": 6}
# worlds in which what the rich one does not show is acted on: business model, parameters, quarters lived
OTHERS: dict[str, tuple[Any, dict[str, Any], int]] = {
    "young and funded": ("deep_integration", LINKED, 4),
    "young and lent to": ("consumer_traffic", SCARCE, 4),
    "of integrators": ("deep_integration", LINKED, 12),
    "of old integrators": ("deep_integration", LINKED, 28),
    "of brokers in want": ("institution_traffic", SCARCE, 20),
    "of old brokers": ("institution_traffic", LINKED, 28),
    "where all banks fund all platforms": ("institution_traffic", LINKED | {"partners": False}, 20),
    "with money in wallets": ("institution_traffic", LINKED | {"payment_float": 0.03}, 4),
    "of those that adapt": (
        "adaptive",
        LINKED | {"starters": 10, "model_review_chance": 0.2, "review_after": 4.0},
        16,
    ),
    "where more get online": ("consumer_traffic", LINKED | {"reach_start": 0.3}, 8),
    "of new wallets": ("institution_traffic", LINKED | {"giants": 3, "wallet_openings": 0.02}, 2),
    "before insurers": ({SELLER: 6, COVERER: 6}, HARD, 0),
    "of banks that buy notes": (
        {SELLER: 6, COVERER: 6},
        HARD | {"notes_of_banks": 0.5, "note_share": 0.0},
        12,
    ),
    "of houses that lose": ({SELLER: 6}, HARD | {"junior_of_house": 0.01, "note_premium": 0.015}, 14),
    "of covered firms": (COVERER, HARD, 16),
    "of chains": ("deep_integration", LINKED, 32),
    "of insurers": ({SELLER: 6, COVERER: 6}, HARD, 18),
}
ELSEWHERE = {
    "bargaining": "where all banks fund all platforms",
    "begins_anew": "of brokers in want",
    "borrowing_repaid": "of integrators",
    "carefulness": "of brokers in want",
    "caution": "of old brokers",
    "confidence_least": "of integrators",
    "confidence_most": "of chains",
    "earned_prior": "with money in wallets",
    "float_custody": "with money in wallets",
    "friction": "young and funded",
    "house_capital": "before insurers",
    "insurer_capital": "of brokers in want",
    "insurer_leverage": "of insurers",
    "insurer_reserve": "of old integrators",
    "lean_team": "of brokers in want",
    "machines_purse": "of old brokers",
    **dict.fromkeys(
        (
            "model_review_chance",
            "review_after",
            "review_margin",
            "review_noise",
            "news_of_others",
            "moving_cost",
            "technology_carried",
            "practice_carried",
            "practice_speed",
        ),
        "of those that adapt",
    ),
    "notes_of_banks": "of banks that buy notes",
    "outside_attention_firms": "of brokers in want",
    "own_part_step": "of old brokers",
    "passed_on_counted": "of brokers in want",
    "policy_contact": "of brokers in want",
    "policy_share": "of brokers in want",
    "portal_sight": "of brokers in want",
    "prior_weight": "young and funded",
    "reach_speed": "where more get online",
    "ripe_after": "young and funded",
    "service_limit": "of insurers",
    "strike": "of old brokers",
    "strike_kept": "of old brokers",
    "wallet_openings": "of new wallets",
    "wealth_take": "of brokers in want",
}


@pytest.fixture(scope="module")
def rich() -> Economy:
    """A world in which much happens: all business models, links, loans of every kind, failures."""
    given = LINKED | {"giants": 2, "lead_in": 40}
    return Economy(MIX, firms=600, banks=4, platforms=40, seed=13, parameters=given).run(28)


@pytest.fixture(scope="module")
def futures(rich) -> list[dict]:
    return future_of(rich)


@functools.cache
def other(world: str) -> tuple[Economy, list[dict]]:
    """One of the OTHERS and its future, not to be changed."""
    model, parameters, quarters = OTHERS[world]
    economy = small(model, seed=2, parameters=parameters).run(quarters)
    return economy, future_of(economy)


def future_of(economy: Economy) -> list[dict]:
    """Its state after each of the next quarters."""
    future, found = economy.branch(), []
    for _ in range(WITHIN):
        future.step()
        found.append(snapshot(future))
    return found


def other_value(name: str, now: float) -> float | int | bool:
    """A value far from the present one."""
    one = DECLARED[name]
    if one.kind is bool:
        return not now
    value = one.low if now - one.low > one.high - now else one.high
    return int(value) if one.kind is int else value


def acts(rich: Economy, futures: list[dict], name: str) -> bool:
    changed = rich.branch(parameters={name: other_value(name, getattr(rich.p, name))})
    for there in futures:
        changed.step()
        here = snapshot(changed)
        if any(not same(here[part], there[part]) for part in there):
            return True
    return False


# what this world does not show within two years, and the world that would
SPECIAL = {
    "appetite_least": "a bank that has lost on a partner for long",
    "borrowing_limit": "platforms whose capital is more than a part of all that banks may still lend",
    "buyout_purse": "a buyer whose money is hardly enough",
    "commitment_purse": "owners with too little money for what they would commit",
    "disruption_kept": "links that are cut: a platform dies or poaches",
    "disruption_most": "a firm whose links are cut again and again",
    "exit_purse": "stakes that are sold, after six years, to owners short of money",
    "fee_limit": "a client with hardly any money",
    "hiding_most": "a client for whom it pays to hide a third of its sales",
    "insured_deposit": "a bank that fails",
    "invoice_recourse": "an anchor that fails while invoices on it are out, see test_chain",
    "lender_debt_cap": "platforms that owe banks as much as their own capital",
    "lender_leverage_cap": "platforms whose loans passed on count as their debt",
    "income_tax_least": "a state with hardly any debt",
    "income_tax_most": "a state with crushing debt",
    "own_part_borrowed": "platforms with too little cash for their own part of loans",
    "owners_purse": "owners with too little money for entrants",
    "platform_loans_cap": "platforms whose loans are half of those of banks",
    "least_cover": "an insurer that hardly covers anything any more",
    "poaching": "two integrators after the same firm",
    "premium_limit": "a platform whose losses are beyond what insurers guarantee",
    "queue_limit": "a platform that cannot pay households whose term has ended",
    "resolution_capital": "a bank that fails",
    "rate_cap": "borrowers through platforms whose price would be above it",
    "rollover": "a platform whose claims fall due faster than its loans, while others still lend to it",
    "upkeep_limit": "a platform whose links cost more to keep up than its budget holds",
    "take_limit": "a platform whose fee is near the limit",
    "worse_terms": "a bank that leaves a platform far less than its other partners do",
}


def test_what_needs_a_special_world_is_declared_to_act_always():
    assert SPECIAL.keys() | ELSEWHERE.keys() <= set(ALWAYS)
    assert not SPECIAL.keys() & ELSEWHERE.keys()


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_change_acts_within_two_years_in_another_world(name):
    assert acts(*other(ELSEWHERE[name]), name)


@pytest.mark.parametrize("name", [name for name in ALWAYS if name not in SPECIAL.keys() | ELSEWHERE.keys()])
def test_a_change_acts_within_two_years(rich, futures, name):
    assert acts(rich, futures, name)


@pytest.mark.parametrize("name", START)
def test_what_acts_at_the_start_only_is_refused_later(rich, name):
    value = other_value(name, getattr(rich.p, name))
    with pytest.raises(ParameterError, match="acts only at the start") as error:
        rich.branch(parameters={name: value})
    assert "\n" not in str(error.value)
    with pytest.raises(ParameterError, match="acts only at the start"):
        Change(3, {name: value})


def test_a_changed_tax_acts_from_the_next_quarter(rich):
    twin = rich.branch(parameters={"profit_tax": 0.4})
    assert differences(rich, twin) == set()
    assert "table/firms/tax_paid" in differences(rich.branch().run(1), twin.run(1))
    assert twin.p.profit_tax == 0.4


def test_changes_act_at_their_dates_and_come_back_from_a_file(tmp_path):
    law = [
        Change("2012-02", {"rate_cap": 0.04}, "A cap on rates", "RULE_RATE_CAP"),
        Change(2, {"purchases": 0.25, "benefit": 0.5}, "More public spending"),
    ]
    economy = small(begins="2011-07", timeline=law).run(1)
    assert economy.p.purchases == 0.2
    economy.run(1)
    assert (economy.p.purchases, economy.p.benefit, economy.p.rate_cap) == (0.25, 0.5, 0.06)
    economy.save(tmp_path / "law.npz")
    loaded = Economy.load(tmp_path / "law.npz").run(1)
    assert loaded.p.rate_cap == 0.04
    assert loaded.timeline == economy.timeline
    assert differences(economy.run(1), loaded) == set()
    assert "2012-Q1" in repr(economy)


def test_a_change_before_the_first_quarter_acts_in_the_lead_in_and_one_before_that_from_its_start():
    early = small(parameters={"giants": 1, "lead_in": 8}, timeline=[Change(-3, {"profit_tax": 0.4})])
    assert early.p.profit_tax == 0.4
    from_the_start = small(
        parameters={"giants": 1, "lead_in": 8}, timeline=[Change(-100, {"profit_tax": 0.4})]
    )
    plain = small(parameters={"giants": 1, "lead_in": 8, "profit_tax": 0.4})
    assert differences(from_the_start, plain) == set()
    assert differences(from_the_start, early) != set()


def test_dates_without_a_beginning_and_changes_in_the_past_are_refused():
    with pytest.raises(ParameterError, match="say when the first quarter is"):
        small(timeline=[Change("2012-01", {"profit_tax": 0.3})])
    economy = small().run(3)
    with pytest.raises(ParameterError, match="lies in the past"):
        economy.branch(timeline=[Change(3, {"profit_tax": 0.3})])
    wrong: tuple[Any, ...] = ("2012", "2012-13", 1.5, True)
    for at in wrong:
        with pytest.raises(ParameterError, match="month"):
            Change(at, {"profit_tax": 0.3})
    for values in ({}, {"profit_tx": 0.3}, {"profit_tax": 7}):
        with pytest.raises(ParameterError):
            Change(1, values)
    with pytest.raises(ParameterError, match="is no change"):
        small(timeline=list[Any](["2012-01"]))
    with pytest.raises(ParameterError, match="is no month"):
        small(begins="January 2011")


def test_the_standard_shock_is_some_changes():
    economy = small().run(4)
    shocked = economy.branch(timeline=standard_shock(6))
    assert differences(economy.branch().run(1), shocked.run(1)) == set()
    shocked.run(1)
    assert shocked.market.confidence == pytest.approx(0.92 * shocked.market.outlook)
    assert shocked.market.style_x - economy.branch().run(2).market.style_x == pytest.approx(np.full(8, 0.4))
    shocked.run(3)
    assert shocked.market.confidence == pytest.approx(0.92 * shocked.market.outlook)
    assert shocked.run(1).market.confidence == shocked.market.outlook


def test_dates_are_quarters():
    assert (months("2011-01"), name_of(1, "2011-01"), name_of(8, "2011-04")) == (24132, "2011-Q1", "2013-Q1")
    p, law = Parameters(), timeline_of([Change("2011-06", {"benefit": 0.5})], "2011-01")
    assert in_force(p, law, "2011-01", 1) is p
    assert in_force(p, law, "2011-01", 2).benefit == 0.5
