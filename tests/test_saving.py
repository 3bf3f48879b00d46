"""A run can be stopped, copied, branched and taken up again, and nobody can tell."""

import copy
import errno
import functools
import gc
import json
import math
import os
import pickle
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sim import Economy, blend, discover, strategy
from sim.record import saving
from tests.economies import differences, lines_that_differ, made, small

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


@functools.cache
def without_a_stop(name: str) -> Economy:
    """The same that nobody has ever copied, eight quarters later; not to be changed."""
    economy = made("external_finance", seed=5, parameters={"giants": 1})
    return economy.run(5).branch(name).run(13)


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
    assert_equal(there, without_a_stop(name))
    assert there.quarter == len(there.records) == 18


@pytest.mark.parametrize("way", WAYS)
def test_a_twin_has_accounts_of_its_own(way, tmp_path):
    economy = grown("deep_integration")
    before = saving.snapshot(economy)
    twin = way(economy, tmp_path)
    twin.run(3)
    after = saving.snapshot(economy)
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
    mixed = blend(strategy("institution_traffic"), strategy("sideline_platform"), "funders")
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
    new, other = (made("deep_integration", seed=1, parameters={"giants": 1}) for _ in range(2))
    assert_equal(saved_and_loaded(new, tmp_path).run(3), other.run(3))


@pytest.mark.parametrize("name", BUSINESS_MODELS)
def test_tests_may_take_a_copy_of_an_economy_that_was_made_before(name):
    """Two of which the second is a copy, and one that is not."""
    given = {"seed": 9, "firms": 150, "parameters": {"giants": 2}}
    first, second = small(name, **given), small(name, **given)
    assert first is not second
    anew = made(name, **given).run(6)
    assert_equal(first.run(6), anew)
    assert_equal(second.run(6), anew)


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


def assert_refused(path: Path, words: str = "") -> None:
    with pytest.raises(ValueError, match=f"is not a saved economy.*{words}") as error:
        Economy.load(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> dict[str, np.ndarray]:
    """The arrays of a saved economy."""
    path = tmp_path_factory.mktemp("kept") / "economy.npz"
    small("consumer_traffic", firms=100, parameters={"giants": 1, "lead_in": 0}).run(3).save(path)
    with np.load(path) as arrays:
        return dict(arrays)


def about(**changes) -> Callable[[dict], None]:
    """An edit of what an economy is to be rebuilt with."""

    def edit(arrays: dict) -> None:
        arrays["about"] = np.array(json.dumps(json.loads(str(arrays["about"])) | changes))

    return edit


def put(label: str, values) -> Callable[[dict], None]:
    """Other values in the place of an array's, or of its second one."""

    def edit(arrays: dict) -> None:
        if np.ndim(values):
            arrays[label] = np.asarray(values)
        elif arrays[label].ndim:
            arrays[label] = arrays[label].copy()
            arrays[label][1] = values
        else:
            arrays[label] = np.array(values)

    return edit


def shorter(label: str) -> Callable[[dict], None]:
    return lambda arrays: arrays.update({label: arrays[label][:-1]})


EDITS: dict[str, tuple[str, Callable[[dict], object]]] = {
    "other sectors": ("lie together", put("state/table/firms/sector", 7)),
    "participations": ("participations is", put("state/memory/participations", np.zeros((1, 1), np.int64))),
    "short transfers": ("consumers.*shape", shorter("state/table/consumers/transfers")),
    "short weights": ("market.weights is", shorter("state/market/weights")),
    "wage x": ("market.wage is .* the state's <U1", put("state/market/wage", "x")),
    "wage NaN": ("market/wage is not finite", put("state/market/wage", math.nan)),
    "skill NaN": ("table/firms/skill is not finite", put("state/table/firms/skill", math.nan)),
    "weights inf": ("consumer_scorers/weights is not", put("state/consumer_scorers/weights", math.inf)),
    "short weights of scorers": ("weights of scorers is", shorter("state/firm_scorers/weights")),
    "lender": ("lenders that there are not", put("state/firm_scorers/seen_by", 20)),
    "quarter": ("quarter -5 is none", put("state/quarter", -5)),
    "half a quarter": ("quarter 2.5 is none", put("state/quarter", 2.5)),
    "link": (r"firms\['link'\] holds rows of platforms", put("state/table/firms/link", 16)),
    "bank": (r"consumers\['bank'\] holds rows of banks", put("state/table/consumers/bank", -1)),
    "ids": ("the ids of firms are 0 to 99", put("state/table/firms/ids", 0)),
    "short column": ("firms.*shape", shorter("state/table/firms/skill")),
    "short lines": ("record of lines has output of shape", shorter("lines/output")),
    "no lines": ("has no lines", lambda arrays: [arrays.pop(k) for k in [*arrays] if k.startswith("lines/")]),
    "short platforms": ("record of platforms has users", shorter("platforms/users")),
    "more flows": ("zip|shape", about(flows=[{}] * 9)),
    "flow": ("'gifts' of 5 fen is no flow", about(flows=[{"gifts": 5}, {}, {}])),
    "flow of a word": ("'wages' of 'x' fen is no flow", about(flows=[{"wages": "x"}, {}, {}])),
    "seed": ("seed = None is not a whole number", about(seed=None)),
    "sizes": ("its sizes are of firms", about(sizes={"firms": 100})),
    "a size": (
        "firms = 5 is outside",
        about(sizes={"firms": 5} | {name: saving.LEAST[name] for name in saving.LEAST if name != "firms"}),
    ),
    "parameters": ("it lacks the parameters", about(parameters={})),
    "no models": ("", about(models=[])),
    "a model": ("a business model that is none", put("state/table/platforms/model", 2)),
    "nothing": ("", about(flows=3)),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_file_in_which_something_does_not_fit_is_refused_in_one_line(edit, kept, tmp_path):
    words, change = EDITS[edit]
    arrays, path = dict(kept), tmp_path / "edited.npz"
    change(arrays)
    np.savez(path, allow_pickle=False, **arrays)
    assert_refused(path, words)


def test_a_file_that_nobody_edited_is_taken(kept, tmp_path):
    np.savez(tmp_path / "same.npz", allow_pickle=False, **kept)
    assert Economy.load(tmp_path / "same.npz").run(1).quarter == 4


def test_where_nothing_can_be_written_is_told_in_one_line_and_nothing_stays_behind(tmp_path):
    economy = small(firms=100, parameters={"giants": 1, "lead_in": 0})
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "absent" / "economy.npz", tmp_path / "file" / "economy.npz"):
        with pytest.raises(OSError, match="cannot be written: ") as error:
            economy.save(path)
        text = str(error.value)
        assert text.startswith(str(path)) and "\n" not in text and ".part" not in text
    assert os.listdir(tmp_path) == ["file"]
    assert not tmp_path.with_name(tmp_path.name + ".part").exists()


def test_a_disk_that_is_full_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    economy, path = small(firms=100, parameters={"giants": 1, "lead_in": 0}), tmp_path / "economy.npz"
    economy.save(path)

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match=r"economy.npz cannot be written: No space left on device$"):
        economy.run(1).save(path)
    assert os.listdir(tmp_path) == ["economy.npz"]
    assert Economy.load(path).quarter == 0


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
