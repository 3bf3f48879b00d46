"""Futures that differ by chance alone: a placebo, and another luck."""

import numpy as np
import pytest

from sim import Economy, ParameterError
from sim.law import Change, placebo
from tests.economies import LINKED, differences, small

FLOWS = ("shuffle among firms", "shuffle among consumers")


@pytest.fixture(scope="module")
def world() -> Economy:
    return small("deep_integration", parameters=LINKED).run(4)


def test_a_placebo_is_a_flow_of_one_per_cent_between_customers_of_one_bank(world):
    one, other = world.branch().run(1), world.branch(placebo=True).run(1)
    moved = other.records.of_flows[-1]
    assert all(moved[name] > 0 for name in FLOWS)
    assert not any(one.records.of_flows[-1].get(name) for name in FLOWS)
    for name, table in zip(FLOWS, ("firms", "consumers"), strict=True):
        # about half of the customers hand one per cent on
        held = world.tables[table]["deposits"].sum()
        assert 0.003 < moved[name] / held < 0.007
    again = other.run(1).records.of_flows[-1]
    assert not any(again.get(name) for name in FLOWS)  # once


def test_a_placebo_leaves_what_each_bank_owes_to_customers_of_each_kind_as_it_was(world):
    shuffled = world.branch(placebo=True)
    from sim.markets.placebo import shuffle

    shuffled.p = shuffled.p.change({"shuffled": 0.01})
    before = {name: table.snapshot() for name, table in shuffled.tables.items()}
    shuffle(shuffled)
    shuffled.ledger.settle()
    assert np.array_equal(shuffled.banks["deposits_owed"], before["banks"]["deposits_owed"])
    for name in ("firms", "consumers"):
        table, old = shuffled.tables[name], before[name]
        for bank in range(len(shuffled.banks)):
            mine = table["bank"] == bank
            assert table["deposits"][mine].sum() == old["deposits"][mine].sum()
        assert (table["deposits"] != old["deposits"]).any()
    assert not (shuffled.firms["deposits"][~shuffled.firms["alive"]] != 0).any()


def test_a_placebo_is_part_of_the_law_and_of_a_file(world, tmp_path):
    future = world.branch(placebo=True)
    assert future.timeline == placebo(world.now + 1)
    future.save(tmp_path / "placebo.npz")
    loaded = Economy.load(tmp_path / "placebo.npz").run(3)
    assert differences(future.run(3), loaded) == set()
    assert differences(world.branch().run(3), future) != set()


def test_another_luck_acts_from_the_next_quarter_and_the_first_is_the_worlds_own(world, tmp_path):
    same, other = world.branch(luck=1), world.branch(luck=2)
    assert differences(world.branch(), other) == set()
    assert differences(world.branch().run(2), same.run(2)) == set()
    assert differences(same, other.run(2)) != set()
    assert differences(world.branch(luck=3).run(2), other) != set()
    other.save(tmp_path / "luck.npz")
    assert differences(Economy.load(tmp_path / "luck.npz").run(2), other.run(2)) == set()


def test_futures_under_one_luck_are_twins(world):
    """What the world does by itself is the same for all business models under the same luck."""
    one, other = (world.branch(name, luck=5).run(3) for name in ("deep_integration", "consumer_traffic"))
    assert np.array_equal(one.market.style_x, other.market.style_x)
    assert not np.array_equal(one.market.style_x, world.branch("consumer_traffic").run(3).market.style_x)


@pytest.mark.parametrize("luck", [0, 1.5, "2", True])
def test_a_luck_that_is_no_number_is_refused_in_one_line(world, luck):
    with pytest.raises(ParameterError, match="luck") as error:
        world.branch(luck=luck)
    assert "\n" not in str(error.value)


def test_a_larger_placebo_can_be_written_by_hand(world):
    future = world.branch(timeline=[Change(world.now + 1, {"shuffled": 0.05})]).run(1)
    small_one = world.branch(placebo=True).run(1)
    name = FLOWS[0]
    assert future.records.of_flows[-1][name] > 4 * small_one.records.of_flows[-1][name]
