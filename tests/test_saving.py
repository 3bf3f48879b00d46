"""A run can be stopped, copied, branched and taken up again, and nobody can tell."""

import copy
import gc
import os
import pickle
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sim import Economy, blend, discover, saving, strategy
from tests.economies import differences, lines_that_differ, small

BUSINESS_MODELS = sorted(discover())


def saved_and_loaded(economy: Economy, folder: Path) -> Economy:
    economy.save(folder / "half.npz")
    return Economy.load(folder / "half.npz")


def deep_copy(economy: Economy, folder: Path) -> Economy:
    return copy.deepcopy(economy)


def pickled(economy: Economy, folder: Path) -> Economy:
    return pickle.loads(pickle.dumps(economy))


WAYS = [saved_and_loaded, deep_copy, pickled]


def grown(name: str) -> Economy:
    """A past under external finance, and the beginning of a business model: the record has both kinds."""
    return small(seed=5).run(5).branch(name).run(5)


def assert_equal(one: Economy, other: Economy) -> None:
    assert differences(one, other) == set()
    assert lines_that_differ(one, other) == set()
    assert one.records.of_flows == other.records.of_flows
    for first, second in zip(one.records.of_platforms, other.records.of_platforms, strict=True):
        assert first.keys() == second.keys()
        for name, column in first.items():
            np.testing.assert_array_equal(column, second[name], name)
    assert one.strategy == other.strategy
    assert one.p == other.p


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", BUSINESS_MODELS)
def test_half_way_and_on_is_the_same_as_without_a_stop(name, way, tmp_path):
    there = way(grown(name), tmp_path).run(8)
    assert_equal(there, grown(name).run(8))
    assert there.quarter == len(there.records) == 18


@pytest.mark.parametrize("way", WAYS)
def test_a_twin_has_accounts_of_its_own(way, tmp_path):
    economy = grown("deep_integration")
    before = saving.state(economy)
    twin = way(economy, tmp_path)
    twin.run(3)
    after = saving.state(economy)
    assert all(
        np.array_equal(before[part], after[part], equal_nan=before[part].dtype.kind == "f")
        for part in before
        if part != "quarter"
    )
    assert economy.quarter == len(economy.records) == 10
    with pytest.raises(ValueError, match="read-only"):
        twin.firms["deposits"][0] = 1
    twin.firms.books["deposits"][0] += 1
    assert twin.firms[0].deposits == economy.run(3).firms[0].deposits + 1


@pytest.mark.parametrize("name", BUSINESS_MODELS)
def test_a_branch_leaves_its_parent_as_it_was(name):
    parent, alone = small(seed=8).run(6), small(seed=8).run(6)
    branch = parent.branch(name).run(6)
    assert_equal(parent, alone)
    assert [len(parent.records), len(branch.records)] == [6, 12]
    assert branch.records.lines[:6] == parent.records.lines
    assert_equal(parent.run(6), alone.run(6))


def test_branches_do_not_touch_each_other():
    parent = small(seed=8).run(6)
    first = parent.branch("deep_integration")
    second = parent.branch("deep_integration")
    parent.branch("consumer_traffic").run(6)
    first.run(6)
    assert_equal(first, second.run(6))


def test_an_economy_of_another_size_and_with_other_numbers_comes_back(tmp_path):
    mixed = blend(
        strategy("institution_traffic"), strategy("sideline_platform"), "from_banks", "from_borrowing"
    )
    economy = Economy(
        mixed,
        firms=150,
        consumers=410,
        banks=3,
        platforms=5,
        seed=12,
        parameters={"giants": 2, "resale": 0.31},
    ).run(5)
    again = saved_and_loaded(economy, tmp_path)
    assert_equal(economy, again)
    assert (again.seed, saving.sizes(again)) == (12, saving.sizes(economy))
    assert again.p.overridden == economy.p.overridden
    assert_equal(economy.run(4), again.run(4))


def test_an_economy_that_has_not_begun_comes_back(tmp_path):
    assert_equal(
        saved_and_loaded(small("deep_integration"), tmp_path).run(3), small("deep_integration").run(3)
    )


def test_a_file_can_be_written_again(tmp_path):
    economy = small().run(1)
    economy.save(tmp_path / "one.npz")
    economy.run(1).save(tmp_path / "one.npz")
    assert Economy.load(tmp_path / "one.npz").quarter == 2
    assert os.listdir(tmp_path) == ["one.npz"]


@pytest.mark.parametrize("content", [b"no archive", pickle.dumps({"a": 1})], ids=["text", "pickle"])
def test_a_file_that_is_something_else_is_refused_in_one_line(content, tmp_path):
    path = tmp_path / "other.npz"
    path.write_bytes(content)
    assert_refused(path)


def test_a_file_that_is_not_there_is_named_in_one_line(tmp_path):
    assert_refused(tmp_path / "absent.npz")
    assert_refused(tmp_path)


def test_an_archive_of_other_arrays_is_refused_in_one_line(tmp_path):
    np.savez(tmp_path / "other.npz", x=np.arange(3))
    assert_refused(tmp_path / "other.npz")


def assert_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="is not a saved economy") as error:
        Economy.load(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


MAKERS: list[Callable[[], Economy]] = [
    lambda: small("deep_integration").run(2),
    lambda: small().run(2).branch("institution_traffic").run(1),
    lambda: copy.deepcopy(small().run(1)),
    lambda: looked_at(small("sideline_platform").run(1)),
]


def looked_at(economy: Economy) -> Economy:
    for table in economy.tables.values():
        assert table[0].model is economy
        assert len(table.select(at_most=2)) <= 2
    assert economy._repr_html_()
    return economy


@pytest.mark.parametrize("make", MAKERS, ids=["run", "branched", "copied", "looked at"])
def test_nothing_keeps_an_economy_when_its_user_lets_go(make):
    economy = make()
    trace = weakref.ref(economy)
    column = weakref.ref(economy.firms.columns["skill"])
    del economy
    gc.collect()
    assert trace() is None
    assert column() is None
