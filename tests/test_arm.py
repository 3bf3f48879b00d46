"""The promise: what a future is given can be written down, sent to another process, and told apart."""

from __future__ import annotations

import json
import pickle

import pytest

import sim
from experiments.run.arm import Arm, branch
from tests.economies import small

ROW = sim.blend(sim.strategy("institution_traffic"), sim.strategy("deep_integration"), "funders")
SOME = [
    Arm("deep_integration"),
    Arm("deep_integration", {"process_gain": 0.0}),
    Arm(ROW),
    Arm({"deep_integration": 2, ROW: 1}),
    Arm({"deep_integration": 1, ROW: 2}),
]


@pytest.mark.parametrize("arm", SOME)
def test_an_arm_survives_another_process_and_the_disk(arm):
    assert pickle.loads(pickle.dumps(arm)) == arm
    assert Arm.from_description(json.loads(json.dumps(arm.described()))) == arm


def test_arms_are_told_apart_and_the_order_of_a_mix_is_nothing():
    told = [json.dumps(arm.described(), sort_keys=True) for arm in SOME]
    assert len(set(told)) == len(SOME)
    turned = Arm({ROW: 1, "deep_integration": 2}).described()
    assert turned == Arm({"deep_integration": 2, ROW: 1}).described()


def test_a_row_of_ones_own_and_changed_parameters_reach_the_future():
    world = small().run(2)
    future = branch(world, Arm(ROW, {"process_gain": 0.0}))
    assert (future.strategy, future.p.process_gain) == (ROW, 0.0)
    assert world.p.process_gain > 0.0


def test_what_would_do_nothing_is_refused():
    with pytest.raises(TypeError, match="'2017' is no change"):
        Arm("deep_integration", timeline=("2017",))
    with pytest.raises(TypeError, match="3 runs no platforms"):
        Arm(3)
    with pytest.raises(TypeError, match="cannot be written as JSON"):
        Arm("deep_integration", {"process_gain": object()})
