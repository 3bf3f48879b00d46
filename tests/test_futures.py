"""What futures are asked: placebos, other lucks, a shock beside each, and who never had a customer."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.measure.futures import FOCUS, PLACEBO, SHOCK_AFTER, SHOCK_WATCHED, arms, futures, kept, shock
from experiments.measure.measures import PRIMARY, horizons, outcomes, verdict_at
from experiments.run.arm import Arm
from experiments.run.ensemble import Ensemble
from experiments.run.replay import task_of
from experiments.run.store import Store
from experiments.run.world import CONTROL, worlds
from sim import BusinessModel, Parameters

IDLE = Arm(BusinessModel("idle", "Idle", to_technology=1.0))
CHOSEN = {CONTROL: CONTROL, FOCUS: FOCUS, "consumer_traffic": "consumer_traffic", "idle": IDLE}
QUARTERS = 40  # so that platforms of the first five years are five years old at the end


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    """Two worlds, two lucks, a shock beside each future."""
    chosen = {**CHOSEN, PLACEBO[CONTROL]: Arm(CONTROL, placebo=True)}
    sizes: Any = {"firms": 300, "banks": 4, "platforms": 6, "burn_in": 3, "quarters": QUARTERS}
    made = worlds(2, seed=6, lucks=2, fixed={"lead_in": 8, "giants": 1}, **sizes)
    ensemble = Ensemble(made, chosen, reduce=kept, aside=shock())
    return ensemble.run(tmp_path_factory.mktemp("futures"), executor="serial", progress=False).store


@pytest.fixture(scope="module")
def tables(store) -> dict[str, pd.DataFrame]:
    return {name: store.frame(name) for name in store.tables()}


def test_every_future_is_lived_under_every_luck_and_the_shock_beside_each(tables):
    quarters, shocked = tables["quarters"], tables["shocked_quarters"]
    assert set(quarters["luck"]) == {1, 2}
    lived = quarters.groupby(["world", "arm", "luck"], observed=True).size()
    assert len(lived) == 2 * 5 * 2 and set(lived) == {QUARTERS}
    beside = shocked.groupby(["world", "arm", "luck"], observed=True)["quarter"].agg(["min", "max"])
    assert set(beside["max"] - beside["min"]) == {SHOCK_WATCHED - 1}
    both = quarters.merge(shocked, on=["world", "arm", "luck", "quarter"], suffixes=("", "_hit"))
    assert len(both) == len(shocked)
    first = both.groupby(["world", "arm", "luck"], observed=True).first()
    assert (first["consumption_hit"] < first["consumption"]).all()  # consumers hold back at once


def test_another_luck_is_another_future_and_a_placebo_is_another_one_by_little(tables):
    wide = tables["quarters"].pivot_table(
        index=["world", "since"], columns=["arm", "luck"], values="output", observed=True
    )
    assert (wide[CONTROL, 1] != wide[CONTROL, 2]).all()
    other, placebo = (
        np.abs(np.log(wide[one] / wide[CONTROL, 1])).xs(8, level="since").mean()
        for one in ((CONTROL, 2), (PLACEBO[CONTROL], 1))
    )
    assert 0.0 < placebo < other


def test_what_a_shock_takes_is_read_off_the_same_quarters_without_it(tables):
    for _, future, _ in futures(tables):
        assert len(future.shocked["consumption"]) == len(future.unshocked["consumption"]) == SHOCK_WATCHED
        same = slice(SHOCK_AFTER, SHOCK_AFTER + SHOCK_WATCHED)
        assert np.array_equal(future.unshocked["output"], future.quarters["output"][same])
    found = outcomes(tables)
    taken = found.loc[found["outcome"] == "shock_consumption", "value"]
    assert (taken > 0.0).all() and (taken < 0.2).all()


def test_idleness_never_pays_as_a_business_and_keeps_its_true_value_elsewhere(tables):
    found = outcomes(tables)
    assert set(found["horizon"]) == set(horizons(QUARTERS)) == {20, QUARTERS}
    assert verdict_at(QUARTERS) == QUARTERS
    young = found.loc[(found["horizon"] == 20) & (found["outcome"] == "self_supporting"), "value"]
    assert young.isna().all()  # nobody is five years old
    wide = found.loc[found["horizon"] == QUARTERS].pivot_table(
        index=["world", "luck"], columns=["outcome", "arm"], values="value", observed=True
    )
    for one in PRIMARY:
        if one.group in ("viability", "dividend"):
            own = wide[one.name]
            assert (own["idle"].to_numpy()[:, None] <= own[[FOCUS, "consumer_traffic"]].to_numpy()).all(), (
                one.name
            )
        elif not one.of_platforms:
            assert np.isfinite(wide[one.name, "idle"]).all(), one.name
    assert (wide["self_supporting", "idle"] == 0.0).all()


def test_horizons_of_a_long_and_of_a_short_future():
    assert horizons(80) == (20, 40, 80) and verdict_at(80) == verdict_at(40) == 40
    assert horizons(8) == (8,) and verdict_at(8) == 8


def test_each_world_can_be_repeated_with_its_lucks_and_its_shock(store):
    path = next(store.path.glob("worlds/w*.json"))
    task = task_of(path, store)
    assert (task.world.lucks, task.aside) == (2, shock())
    assert path.name.startswith(task.name)


def test_worlds_fill_the_ranges_evenly_and_more_of_them_begin_with_the_same(monkeypatch):
    few, many = worlds(5, seed=3), worlds(64, seed=3)
    assert many[:5] == few
    declared = Parameters.declarations()
    for name in ("process_gain", "pace_of_change", "project_share"):
        low, high = declared[name].bounds
        at = np.array([(getattr(world.parameters, name) - low) / (high - low) for world in many])
        if declared[name].scale == "linear":
            assert np.histogram(at, 8, (0, 1))[0].tolist() == [8] * 8  # independent draws would not


def test_the_main_job_has_a_placebo_of_the_control_and_one_of_the_focus():
    chosen = arms()
    assert {label for label, arm in chosen.items() if arm.placebo} == set(PLACEBO.values())
    assert not set(PLACEBO.values()) & set(arms(every=False))
