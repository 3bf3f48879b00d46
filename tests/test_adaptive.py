"""Platforms that adapt: when they turn, what it costs them, what stays, and that every turn is counted."""

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim import Economy
from sim.population.adaptive import NAME, adaptive, reviews_model
from sim.population.reviews import turn, weigh_models
from sim.strategies import discover
from sim.strategies.base import StrategyError
from tests.economies import LINKED, differences, lines_that_differ, payments, small

RESTLESS = LINKED | {"model_review_chance": 0.25, "review_after": 4.0}
OTHERS = ("consumer_traffic", "deep_integration", "sideline_platform")


@pytest.fixture(scope="module")
def restless() -> Economy:
    """Platforms that adapt and review once a year, ten years on."""
    return small("adaptive", parameters=RESTLESS, seed=3).run(40)


def tables(economy: Economy) -> dict[str, Any]:
    """What is counted of each business model, quarters by models."""
    found = economy.records.models
    names = ("alive", "births", "deaths", "turned_to", "turned_away")
    return {name: found.pivot(index="quarter", columns="model", values=name).fillna(0.0) for name in names}


# -- what it is -------------------------------------------------------------------------------------------


def test_it_is_a_way_to_run_models_and_none_among_those_that_founders_choose():
    row = adaptive()
    assert NAME not in discover() and row.name == NAME and row.starts_as == "institution_traffic"
    assert set(row.turns_to) == {name for name, one in discover().items() if one.acts}
    free = {one.name for one in small("free").models}
    assert free == set(row.turns_to)  # as without
    economy = small("adaptive")
    assert economy.mix == small(NAME).mix == {"institution_traffic": 3}  # two and a giant
    assert {economy.models[n].name for n in economy.open_models} == free
    other = small({adaptive("deep_integration"): 4, "consumer_traffic": 2})
    assert set(other.mix) == {"deep_integration", "consumer_traffic"}
    living = other.platforms["alive"] & ~other.platforms["giant"]
    turns = other.platforms["adapts"] > 0.0
    names = np.array([one.name for one in other.models])[other.platforms["model"]]
    assert (turns[living] == (names[living] == "deep_integration")).all()
    with pytest.raises(StrategyError):
        adaptive("external_finance")
    with pytest.raises(StrategyError, match="starts as"):
        dataclasses.replace(row, starts_as="deep_integraton")


def test_where_nobody_reviews_the_bits_are_those_of_platforms_that_do_not_adapt():
    still = LINKED | {"model_review_chance": 0.0}
    one = small("adaptive", parameters=still).run(24)
    other = small({"institution_traffic": 4, **dict.fromkeys(OTHERS, 0)}, parameters=still).run(24)
    assert lines_that_differ(one, other) == set() and payments(one) == payments(other)
    assert one.records.platforms.equals(other.records.platforms)
    counts = tables(one)
    assert counts["turned_to"].sum().sum() == 0.0 and counts["births"].sum().sum() > 0.0


# -- when they turn ---------------------------------------------------------------------------------------


def test_they_turn_at_a_review_to_what_brings_more_by_a_margin_and_only_if_they_can_pay(restless):
    p, market = restless.p, SimpleNamespace(small_team=100.0)
    row: dict[str, Any] = {
        "alive": True, "acts": 1.0, "adapts": 1.0, "own_seen": 1.0, "best_seen": 1.51, "best_model": 2,
        "deposits": 1000, "claims_owed": 0, "loans": 0, "participations_owed": 0,
        "sold_loans": 0, "borrowing": 0, "float_owed": 0, "custody": 0,
        "size": 1.0, "put_in": 0.0, "practice": 1.0,
    }  # fmt: skip

    def wants(u: float = 0.2, **changed: Any) -> int:
        return reviews_model(SimpleNamespace(**{**row, **changed}), market, p, u)

    assert wants() == 2
    assert wants(u=0.26) == -1  # no review
    assert wants(best_seen=1.49) == -1 and wants(own_seen=-1.0, best_seen=0.0) == 2
    assert wants(deposits=200) == -1 and wants(deposits=200, loans=0, claims_owed=0, size=0.9) == 2
    assert [wants(**{name: 0}) for name in ("alive", "acts", "adapts")] == [-1] * 3


def test_what_they_weigh_is_the_same_for_all_models(restless):
    p, n = restless.p, 3
    seen = np.array([[0.5, 1.0, 2.0], [1.5, 0.7, 0.2], [0.4, 2.0, 1.1]])

    def weighed(places: Any, seen: Any, model: Any) -> Any:
        table = SimpleNamespace(
            since=np.array([0, 10, 28]), model=np.array(model, np.int32), leaving=np.full(n, 0.05),
            model_in=np.array([1e6, 1e6, 0.0]), model_gross=np.array([1e5, 2e4, 1e9]),
            own_seen=np.zeros(n), best_seen=np.zeros(n), best_model=np.zeros(n, np.int32),
        )  # fmt: skip
        others = SimpleNamespace(places=np.array(places), may=np.ones(len(places), bool), seen=seen)
        weigh_models.plain(np.ones(n, bool), table, others, 32, p)
        return table

    one = weighed([0, 1, 2], seen, [0, 1, 2])
    other = weighed([0, 1, 2], seen[::-1], [2, 1, 0])  # the models have changed places
    assert (one.own_seen == other.own_seen).all() and (one.best_seen == other.best_seen).all()
    assert one.best_model.tolist() == [1, 2, -1] and other.best_model.tolist() == [1, 0, -1]
    assert one.best_seen.tolist() == [1.5, 2.0, 2.0]
    earned = 0.1 / (0.05 + p.worth_discount)
    weight = 32 / (32 + p.ripe_after)
    assert one.own_seen[0] == pytest.approx(weight * earned + (1 - weight) * 0.5)
    assert one.own_seen[2] == pytest.approx(1.1)  # nothing of its own: what is seen of its kind


def test_either_side_can_be_left_and_turned_to():
    for first, second in (
        ("institution_traffic", "deep_integration"),
        ("deep_integration", "institution_traffic"),
    ):
        economy = small({adaptive(first): 4}, parameters=RESTLESS | {"idle_founders": 0.0}, seed=5).run(40)
        counts = tables(economy)
        assert counts["turned_away"][first].sum() > 0.0
        assert counts["turned_to"].get(second, counts["turned_to"].sum(axis=1)).sum() > 0.0


def test_in_a_mixed_economy_only_those_that_adapt_turn():
    economy = small({"adaptive": 4, "deep_integration": 4}, parameters=RESTLESS | {"giants": 0}, seed=2)
    stays = economy.platforms["serial"][economy.platforms["adapts"] == 0.0]
    stays = set(stays[stays > 0].tolist())
    assert len(stays) == 4
    lives = economy.run(32).records.platforms
    kinds = lives[lives["alive"]].groupby("platform")["model"].nunique()
    assert (kinds[kinds.index.isin(stays)] == 1).all() and (kinds > 1).any()


# -- what it costs, and what stays --------------------------------------------------------------------------


def test_a_turn_is_paid_by_the_platform_and_takes_along_what_it_says():
    economy = small("institution_traffic", parameters=LINKED | {"moving_cost": 3.0}).branch(
        {"institution_traffic": 4, "deep_integration": 0}
    )
    economy.run(12)
    platforms, p = economy.platforms.columns, economy.p
    q = int(np.flatnonzero(platforms["alive"] & (platforms["users"] > 0))[0])
    before = {name: platforms[name][q].item() for name in platforms}
    twin = economy.branch()
    place = [row.name for row in economy.models].index("deep_integration")
    turn(economy, np.array([q]), place)
    assert platforms["users"][q] == before["users"] and platforms["links"][q] == before["links"] == 0.0
    assert platforms["technology"][q] == p.technology_carried * before["technology"] > 0.0
    assert platforms["practice"][q] == p.practice_carried
    assert platforms["sees"][q] == 2.0 and platforms["lends_to_consumers"][q] == 0.0
    assert (platforms["model_in"][q], platforms["model_gross"][q], platforms["evidence"][q]) == (0, 0, 0)
    assert platforms["customers"][q] == 0.0  # users are no customers of an integrator
    assert (
        platforms["put_in"][q] == before["put_in"] and platforms["gross_profit"][q] == before["gross_profit"]
    )
    turn(economy, np.array([q]), place)  # who runs it already stays as he is
    assert platforms["practice"][q] == p.practice_carried
    cost = platforms["moving"][q]
    assert cost > 0.0
    economy.run(1)
    twin.run(1)
    assert platforms["moving"][q] == 0.0 or platforms["turned_at"][q] == economy.quarter - 1
    assert platforms["practice"][q] > p.practice_carried


def test_the_cost_is_in_the_management_and_the_wages_of_the_quarter(restless):
    found = {
        cost: small("adaptive", parameters=RESTLESS | {"moving_cost": cost}, seed=3) for cost in (0.0, 2.0)
    }
    for _ in range(40):
        for economy in found.values():
            economy.step()
        here = found[2.0].platforms.columns
        turned = np.flatnonzero(here["turned_at"] == found[2.0].quarter)
        if len(turned):
            break
    there = found[0.0].platforms.columns
    q = turned[0]
    assert there["turned_at"][q] == found[0.0].quarter and there["moving"][q] == 0.0 < here["moving"][q]
    assert here["management"][q] == pytest.approx(there["management"][q] + here["moving"][q], abs=2.0)
    assert here["wage_bill"][q] > there["wage_bill"][q]


# -- books, twins, files, counts --------------------------------------------------------------------------


def test_every_turn_is_counted_once_on_either_side(restless):
    counts = tables(restless)
    moved = counts["births"] - counts["deaths"] + counts["turned_to"] - counts["turned_away"]
    assert (counts["alive"].diff().iloc[1:] == moved.iloc[1:]).all().all()
    assert counts["turned_to"].sum().sum() == counts["turned_away"].sum().sum() > 5.0
    lives = restless.records.platforms
    lives = lives[lives["alive"] | (lives["died"] == lives["quarter"])].sort_values(["platform", "quarter"])
    changed = lives.groupby("platform")["model"].diff().fillna(0.0) != 0.0
    assert changed.sum() == counts["turned_to"].sum().sum()
    turned = restless.platforms["turned_at"] - np.maximum(restless.platforms["founded"], 0)
    assert (turned[restless.platforms["turned_at"] > 0] > restless.p.review_after).all()


def test_futures_of_those_that_adapt_agree_and_come_back_from_a_file(tmp_path):
    economy = small("adaptive", parameters=RESTLESS, seed=3).run(10)
    twin = economy.branch()
    economy.save(tmp_path / "adaptive.npz")
    loaded = Economy.load(tmp_path / "adaptive.npz")
    for one in (economy, twin, loaded):
        one.run(10)
    assert economy.records.models["turned_to"].sum() > 0.0
    assert differences(economy, twin) == differences(economy, loaded) == set()
    assert differences(economy, small("adaptive", parameters=RESTLESS, seed=3).run(20)) == set()
