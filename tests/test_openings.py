"""Business models open to founders from a date on: closed before, founded from then on, saved and told."""

import pickle
from typing import Any, cast

import pytest

from sim import Economy, ParameterError
from sim.law import Change
from sim.population.models import openings
from sim.strategies.base import StrategyError

OPENS = Change(3, opens=("deep_integration",), words="Integration begins")
FIRST = {"consumer_traffic": 2, "deep_integration": 2}


def economy(timeline: Any = OPENS, strategy=FIRST, **kwargs):
    kwargs = {"firms_a_team": 12.5, "starters": 2} | kwargs
    return Economy(strategy, firms=300, banks=4, platforms=40, seed=3, timeline=timeline, **kwargs)


def small(one, name):
    table = one.platforms
    place = [row.name for row in one.models].index(name)
    return int((table["alive"] & ~table["giant"] & (table["model"] == place)).sum())


@pytest.fixture(scope="module")
def lived():
    one = economy(giants=2, idle_founders=0.0, imitation=0.0)
    before = [(small(one.run(1), "deep_integration"), one.mix) for _ in range(2)]
    return one.branch(), before, one.run(1)


def test_nobody_runs_a_model_before_it_opens_and_as_many_begin_as_of_others(lived):
    _, before, after = lived
    assert all(number == 0 and "deep_integration" not in mix for number, mix in before)
    assert small(after, "deep_integration") == after.p.starters == 2
    names = {after.models[n].name for n in after.open_models}
    assert names == {"consumer_traffic", "deep_integration"}


def test_a_twin_and_what_was_saved_open_it_too(lived, tmp_path):
    twin, _, after = lived
    twin.save(tmp_path / "one.npz")
    again = Economy.load(tmp_path / "one.npz")
    assert again.timeline == (OPENS,) and again.open_models == twin.open_models
    assert again.run(1).mix == after.mix == twin.run(1).mix


def test_a_change_to_come_closes_a_model_until_then(lived):
    twin, _, _ = lived
    base = twin.branch(
        {"deep_integration": 2, "consumer_traffic": 2}, timeline=Change(9, opens=("deep_integration",))
    )
    assert len(base.open_models) == 2  # the earliest date counts, which is the next quarter
    later = base.run(1).branch(timeline=Change(9, opens=("consumer_traffic",)))
    assert [later.models[n].name for n in later.open_models] == ["deep_integration"]


@pytest.mark.parametrize("closed", [True, False])
def test_those_who_adapt_may_not_turn_to_what_is_closed(closed):
    from sim.population.adaptive import adaptive

    late = Change(40, opens=("institution_traffic", "deep_integration", "sideline_platform"))
    eager = {"model_review_chance": 0.25, "review_margin": 0.0, "moving_cost": 0.0, "review_after": 4.0}
    one = economy(late if closed else (), {adaptive("consumer_traffic"): 4}, parameters=eager)
    looked = False
    for _ in range(14):
        one.run(1)
        looked |= bool((one.platforms["best_model"] >= 0).any())
    assert looked is not closed
    assert (set(one.mix) == {"consumer_traffic"}) is closed


def test_what_makes_no_sense_is_told():
    with pytest.raises(ParameterError, match="changes nothing"):
        Change(3)
    with pytest.raises(ParameterError, match="in a tuple"):
        Change(3, opens=cast("tuple[str, ...]", "deep_integration"))
    with pytest.raises(StrategyError, match="opens 'deep'"):
        economy(Change(3, opens=("deep",)))
    with pytest.raises(StrategyError, match="opens 'external_finance'"):
        economy(Change(3, opens=("external_finance",)))
    with pytest.raises(StrategyError, match="nobody may found"):
        economy(Change(3, opens=("consumer_traffic",)), "consumer_traffic")


def test_the_earliest_date_counts_and_a_change_is_written_and_read():
    assert openings((OPENS, Change(9, opens=("deep_integration",))), None) == {"deep_integration": 3}
    assert Change(**OPENS.as_dict()) == OPENS and "opens" not in Change(1, {"rate_cap": 0.05}).as_dict()
    assert len({OPENS, Change(3, opens=("consumer_traffic",)), OPENS}) == 2


def test_a_rule_goes_to_another_process_by_its_name():
    from sim.population.adaptive import adaptive, reviews_model

    row = adaptive("consumer_traffic")
    assert pickle.loads(pickle.dumps(row)) == row
    assert pickle.loads(pickle.dumps(reviews_model)) is reviews_model
