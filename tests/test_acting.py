"""A parameter that always acts, acts when it is changed; one that acts at the start only is refused."""

from typing import Any

import numpy as np
import pytest

from sim import Economy, ParameterError, Parameters
from sim.law import Change, in_force, months, name_of, standard_shock, timeline_of
from sim.record.saving import snapshot
from tests.economies import LINKED, differences, same, small

DECLARED = Parameters.declarations()
ALWAYS = sorted(name for name, one in DECLARED.items() if one.when == "always")
START = sorted(name for name, one in DECLARED.items() if one.when == "start")
FOUR = {"consumer_traffic": 2, "institution_traffic": 2, "deep_integration": 2, "sideline_platform": 2}
WITHIN = 8  # quarters


@pytest.fixture(scope="module")
def rich() -> Economy:
    """A world in which much happens: all business models, links, loans of every kind, failures."""
    given = LINKED | {"giants": 2, "lead_in": 40}
    return Economy(FOUR, firms=600, banks=4, seed=3, parameters=given).run(24)


@pytest.fixture(scope="module")
def futures(rich) -> list[dict]:
    future, found = rich.branch(), []
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
    "borrowing_limit": "platforms whose capital is more than a part of all that banks may still lend",
    "closing_cash": "a platform whose cash is about to end",
    "commitment_purse": "owners with too little money for what they would commit",
    "confidence_least": "a venture fund whose stakes have been held long and are worth next to nothing",
    "disruption": "links that are cut: a platform dies or poaches",
    "disruption_kept": "as disruption",
    "disruption_most": "a firm whose links are cut again and again",
    "exit_passed_on": "stakes that are sold, after six years",
    "exit_purse": "as exit_passed_on, with owners short of money",
    "fee_limit": "a client with hardly any money",
    "fright_kept": "a platform that dies with households' money",
    "fright_response": "as fright_kept",
    "income_tax_least": "a state with hardly any debt",
    "income_tax_most": "a state with crushing debt",
    "owners_purse": "owners with too little money for entrants",
    "platform_loans_cap": "platforms whose loans are half of those of banks",
    "platform_reserve": "platforms that have been sold and earn a profit",
    "poaching": "two integrators after the same firm",
    "project_limit": "an integrator short of cash",
    "resolution_capital": "a bank that fails",
    "service_limit": "a platform whose cash does not serve its users",
    "spend_limit": "a platform that would spend nearly all it has",
    "take_limit": "a platform whose fee is near the limit",
    "upkeep_limit": "an integrator whose links cost more than its budget",
    "walks_away": "as fright_kept",
}


def test_what_needs_a_special_world_is_declared_to_act_always():
    assert SPECIAL.keys() <= set(ALWAYS)


@pytest.mark.parametrize("name", [name for name in ALWAYS if name not in SPECIAL])
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
    assert shocked.market.confidence == pytest.approx(0.92)
    assert shocked.market.style_x - economy.branch().run(2).market.style_x == pytest.approx(np.full(8, 0.4))
    shocked.run(3)
    assert shocked.market.confidence == pytest.approx(0.92)
    assert shocked.run(1).market.confidence == 1.0


def test_dates_are_quarters():
    assert (months("2011-01"), name_of(1, "2011-01"), name_of(8, "2011-04")) == (24132, "2011-Q1", "2013-Q1")
    p, law = Parameters(), timeline_of([Change("2011-06", {"benefit": 0.5})], "2011-01")
    assert in_force(p, law, "2011-01", 1) is p
    assert in_force(p, law, "2011-01", 2).benefit == 0.5
