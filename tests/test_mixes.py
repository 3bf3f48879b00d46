"""Several business models in one run: dealt by the seed, told apart by the record, changed at any time."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import sim.population.platforms
from experiments.measure.variants import twin_of
from sim import BusinessModel, Economy, StrategyError, discover, strategy
from sim.engine import rules
from sim.engine.draws import key
from sim.population import founders
from sim.population.models import TAKEN_UP, columns_of, shares, take_up
from sim.strategies.base import FOOTPRINTS
from tests.economies import LINKED, RANGES, differences, lines_that_differ, small

FOUR = {"consumer_traffic": 6, "institution_traffic": 6, "deep_integration": 6, "sideline_platform": 6}
LONG_SEED = {"seed_quarters": RANGES["seed_quarters"][1]}


def four(quarters: int = 80, **given) -> Economy:
    return Economy(FOUR, firms=2_000, seed=7, **given).run(quarters)


@pytest.fixture(scope="module")
def mixed() -> Economy:
    return four()


def test_a_mix_lives_and_its_record_tells_its_models_apart(mixed):
    models = mixed.records.models
    assert set(models["model"]) == set(FOUR)
    # six small ones of each, and three giants dealt to them
    at_first = models.groupby("model")["platforms"].first()
    assert (at_first >= 6).all() and at_first.sum() == 24 + 3
    sums = models.groupby("model")[["revenue", "interest", "bad_loans", "users", "links"]].sum()
    assert (sums["links"] > 0).to_dict() == {name: name == "deep_integration" for name in FOUR}
    assert (sums["users"] > 0).to_dict() == {name: "traffic" in name for name in FOUR}
    assert (sums["interest"][["consumer_traffic", "institution_traffic"]] > 0).all()
    line, last = mixed.records.lines[-1], models.groupby("model").last()
    assert last["revenue"].sum() == pytest.approx(line["platform_revenue"] * line["gdp"])
    assert sorted(np.unique(mixed.records.platforms["model"])) == [0, 1, 2, 3]
    # who defaults is told on each model's own book; an AUC needs a hundred who did
    told = {row.name: mixed.firm_scorers.tally[1 + n].sum() for n, row in enumerate(mixed.models)}
    told |= {"consumer_traffic": mixed.consumer_scorers.tally[1].sum()}
    assert all(labels > 0.0 for name, labels in told.items() if "traffic" in name)
    assert {"auc_firms", "auc_consumers"} <= set(models.columns)


def test_a_mix_has_the_same_bits_on_threads_after_a_file_and_again(mixed, tmp_path, monkeypatch):
    monkeypatch.setattr(rules, "WORTH_THREADS", 100)
    threads = four(threads=2)
    assert differences(mixed, threads) == set()
    assert lines_that_differ(mixed, threads) == set()
    monkeypatch.undo()
    half = four(40)
    half.save(tmp_path / "half.npz")
    loaded = Economy.load(tmp_path / "half.npz").run(40)
    assert differences(mixed, loaded) == set()
    assert lines_that_differ(mixed, loaded) == set()
    assert loaded.records.models.equals(mixed.records.models)
    assert loaded.mix == mixed.mix
    assert mixed.mix != FOUR and mixed.memory.platforms_founded > 30  # they were born and ended on the way


@pytest.mark.long
def test_a_large_mix_has_the_same_bits_on_two_threads():
    """More firms than make threads worth while: sweeps are shared without lowering any threshold."""
    firms = 120_000
    assert firms > rules.WORTH_THREADS
    alone, shared = (Economy(FOUR, firms=firms, seed=7, threads=threads).run(20) for threads in (1, 2))
    assert differences(alone, shared) == set()
    assert lines_that_differ(alone, shared) == set()


def test_the_order_of_a_mapping_changes_no_bit():
    one = small({"deep_integration": 1, "institution_traffic": 3}, parameters=LINKED).run(6)
    other = small({strategy("institution_traffic"): 3, "deep_integration": 1}, parameters=LINKED).run(6)
    assert differences(one, other) == set()


def test_models_are_dealt_by_the_seed_giants_and_small_ones_apart():
    mixes = [Economy(FOUR, firms=100, seed=seed, parameters={"lead_in": 0, "giants": 4}) for seed in range(6)]
    dealt = [tuple(one.platforms["model"]) for one in mixes]
    assert len(set(dealt)) > 1
    for one in mixes:
        giants = np.bincount(one.platforms["model"][one.platforms["giant"]], minlength=4)
        assert giants.tolist() == [1, 1, 1, 1]
        assert one.mix == {name: number + 1 for name, number in FOUR.items()}


@pytest.mark.parametrize(("seats", "numbers"), [(3, [16, 8]), (0, [1, 2]), (5, [1, 1, 1, 1, 1]), (4, [2, 2])])
def test_seats_are_shared_in_proportion(seats, numbers):
    given = shares(seats, numbers, 1)
    assert sum(given) == seats
    assert all(abs(n - seats * of / sum(numbers)) < 1.0 for n, of in zip(given, numbers, strict=True))


def test_what_cannot_be_is_refused_in_one_line():
    both: dict[Any, int] = {strategy("deep_integration"): 1, "deep_integration": 1}
    cases: Any = (
        ({"deep_integration": 22}, {"platforms": 24}, "22.* platforms and 3 giants exceed the room for 24"),
        ({"deep_integration": 0}, {}, "names no platforms"),
        ({"deep_integration": -1}, {}, "not a whole number"),
        ({"deep_integration": 1.5}, {}, "not a whole number"),
        ({"deep_integraton": 1}, {}, "did you mean 'deep_integration'"),
        ({}, {}, "names no platforms"),
        (both, {}, "two business models"),
    )
    for given, sizes, told in cases:
        with pytest.raises(StrategyError, match=told) as error:
            Economy(given, firms=100, **sizes)
        assert "\n" not in str(error.value)
    economy = small()
    with pytest.raises(StrategyError, match=r"16.* platforms and 1 giants exceed the room for 16"):
        economy.branch({"deep_integration": 16})
    with pytest.raises(StrategyError, match="run several"):
        _ = small({"deep_integration": 1, "consumer_traffic": 3}).strategy
    nobody = small(parameters={"giants": 0, "starters": 0})
    assert (nobody.mix, nobody.strategy.name) == ({}, "external_finance")


def test_a_branch_without_a_model_keeps_the_models_and_the_future():
    mix = small({"deep_integration": 1, "consumer_traffic": 3}, parameters=LINKED).run(3)
    twin = mix.branch()
    assert twin.mix == mix.mix
    assert differences(mix.run(4), twin.run(4)) == set()
    both = small({"deep_integration": 1, "consumer_traffic": 3}, parameters={"giants": 0, "starters": 0})
    assert repr(both).startswith("Economy({'consumer_traffic': 3, 'deep_integration': 1}, firms=400")
    assert "Consumer traffic: 3" in both._repr_html_()
    nobody = small("deep_integration", parameters={"giants": 0, "starters": 0})
    assert repr(nobody).startswith("Economy({}, firms=400") and nobody._repr_html_()


def test_only_what_the_one_writer_declares_differs_until_a_platform_acts():
    economy = small("consumer_traffic", parameters=LINKED).run(6)
    twin = economy.branch({"consumer_traffic": 3, "deep_integration": 1})
    rows = set(columns_of(strategy("deep_integration"))) | set(TAKEN_UP)
    allowed = {f"table/platforms/{name}" for name in rows} | {"market/small_team"}
    allowed |= {
        f"{who}_scorers/{part}"
        for who in ("firm", "consumer")
        for part in ("mask", "weights", "total", "tally")
    }
    changed = differences(economy, twin)
    assert "table/platforms/model" in changed
    assert changed <= allowed
    living = sum(economy.mix.values())
    assert living >= 4 and sum(twin.mix.values()) == living
    assert abs(twin.mix["deep_integration"] - living / 4) < 2.0  # giants and small ones are dealt apart


def test_who_takes_up_the_model_that_he_has_keeps_all_but_his_prices():
    economy = small("consumer_traffic", parameters=LINKED | {"starters": 0, "idle_founders": 0.005}).run(12)
    assert economy.platforms["new_seen"].any() and economy.platforms["kind_price"].any()
    prices = {"table/platforms/take", "table/platforms/gain_share"}
    # who has no evidence yet starts again from what banks have found
    anew = {"market/small_team", "firm_scorers/weights", "consumer_scorers/weights"}
    assert differences(economy, economy.branch("consumer_traffic")) <= prices | anew


def test_a_platform_that_turns_keeps_what_it_has_learned_where_it_still_sees():
    economy = four(40)
    at = [row.name for row in economy.models].index("institution_traffic")
    platform = np.flatnonzero((economy.platforms["model"] == at) & economy.platforms["alive"])[:1]
    scorers, lender = economy.consumer_scorers, len(economy.banks) + platform[0]
    assert scorers.total[lender].any()
    weights, mask = scorers.weights[lender].copy(), scorers.mask[lender].copy()
    to = [row.name for row in economy.models].index("sideline_platform")
    take_up(economy, platform, to)
    both = (mask > 0.0) & (scorers.mask[lender] > 0.0)
    new = (mask == 0.0) & (scorers.mask[lender] > 0.0)
    assert both.any()
    assert new.any()
    assert np.array_equal(scorers.weights[lender][both], weights[both])
    assert not scorers.weights[lender][new].any()
    economy.run(2)


def test_idle_platforms_that_begin_are_founded_then():
    economy = small(parameters=LINKED).run(5)
    twin = economy.branch({"external_finance": 2, "deep_integration": 2})
    acting = twin.platforms["acts"] > 0.0
    assert (twin.platforms["founded"][acting] == 5).all()
    assert twin.branched == 5
    assert economy.branched == 0
    assert all(row.name in discover() for row in twin.models)


def test_a_row_of_ones_own_may_be_mixed_and_comes_back_from_a_file(tmp_path):
    row = BusinessModel("mine", "Mine", to_consumers=1.0, sees=FOOTPRINTS, lends_to_consumers=True,
                        funders=(("households", 0.4), ("banks", 0.5)), take=0.01)  # fmt: skip
    economy = small({row: 2, "deep_integration": 2}, parameters=LINKED).run(3)
    economy.save(tmp_path / "mine.npz")
    loaded = Economy.load(tmp_path / "mine.npz")
    assert loaded.models == economy.models
    assert differences(economy.run(3), loaded.run(3)) == set()


@pytest.mark.parametrize("seed", [1, 2])
def test_two_models_of_one_row_change_places_with_their_draws(monkeypatch, seed):
    """Nothing but draws by model tells them apart: with those exchanged, each lives the other's life."""
    row = strategy("deep_integration")
    alike = {row: 6, twin_of(row): 6}

    def lived() -> Economy:
        return Economy(alike, firms=800, seed=seed, parameters={"giants": 0, "seed_quarters": 6.0}).run(24)

    there = lived()
    found, normals, uniform = founders.found, founders.normals, founders.uniform.plain

    def exchanged(economy, models, **given):
        found(economy, sorted(models, reverse=True), **given)

    def deviates(luck, rows, ids, *given):
        normals(luck, rows, 1 - ids if luck == how_many else ids, *given)

    def luck_of(luck, one, *given):
        return uniform(luck, 1 - one if luck == how_many else one, *given)

    how_many = key(there.draws_from, founders.HOW_MANY)
    for module in (founders, sim.population.platforms):
        monkeypatch.setattr(module, "found", exchanged)
    monkeypatch.setattr(founders, "normals", deviates)
    monkeypatch.setattr(founders, "uniform", SimpleNamespace(plain=luck_of))
    other = lived()
    assert there.memory.platforms_founded > 20
    alive = there.platforms["alive"]
    assert (there.platforms["model"][alive] == 1 - other.platforms["model"][alive]).all()
    told = {"table/platforms/model", "firm_scorers/tally", "consumer_scorers/tally"}  # by place of the model
    assert differences(there, other) <= told
