"""A damaged or foreign file is refused in one line; what is saved comes back whole."""

import dataclasses
import json

import numpy as np
import pytest

from sim import Economy, strategy
from tests.economies import small
from tests.test_saving import assert_equal, assert_refused, saved_and_loaded


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    return data[:5000] + bytes(200) + data[5200:]


def without_an_end(data: bytes) -> bytes:
    return data[:-3000] + bytes(100) + data[-2900:]


def nothing(data: bytes) -> bytes:
    return b""


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    """What a file of an economy holds."""
    path = tmp_path_factory.mktemp("whole") / "one.npz"
    small().run(1).save(path)
    return path.read_bytes()


@pytest.mark.parametrize("damage", [half, flipped, without_an_end, nothing])
def test_a_damaged_file_is_refused_in_one_line(damage, whole, tmp_path):
    path = tmp_path / "one.npz"
    path.write_bytes(damage(whole))
    assert_refused(path)


def test_one_array_is_no_economy(tmp_path):
    np.save(tmp_path / "one.npy", np.arange(3))
    assert_refused(tmp_path / "one.npy")


def change(name, edit):
    edit.__name__ = name
    return edit


@pytest.mark.parametrize(
    "edit",
    [
        change("no column", lambda arrays, about: arrays.pop("state/table/firms/skill")),
        change("no wage", lambda arrays, about: arrays.pop("state/market/wage")),
        change("no quarter", lambda arrays, about: arrays.pop("state/quarter")),
        change("no flows", lambda arrays, about: about.pop("flows")),
        change("more firms", lambda arrays, about: about["sizes"].update(firms=401)),
        change("strange", lambda arrays, about: arrays.update({"weird/x": np.arange(2)})),
        change("one fen", lambda arrays, about: np.add.at(arrays["state/table/firms/deposits"], 0, 1)),
        change("unknown parameter", lambda arrays, about: about["parameters"].update(nonsense=1)),
    ],
)
def test_a_file_in_which_something_is_missing_or_wrong_is_refused_in_one_line(edit, whole, tmp_path):
    path = tmp_path / "one.npz"
    path.write_bytes(whole)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    about = json.loads(str(arrays["about"]))
    edit(arrays, about)
    arrays["about"] = np.array(json.dumps(about))
    np.savez(path, **arrays)
    assert_refused(path)


def test_a_file_has_the_name_that_was_asked_for(tmp_path):
    small().run(1).save(tmp_path / "one.economy")
    assert Economy.load(tmp_path / "one.economy").quarter == 1


def test_a_row_of_ones_own_keeps_its_numbers_even_if_its_name_is_known(tmp_path):
    row = dataclasses.replace(strategy("deep_integration"), gain_share=0.5)
    assert_equal(saved_and_loaded(small(row).run(2), tmp_path).run(2), small(row).run(4))


def test_a_record_in_which_platforms_acted_only_for_a_while_comes_back(tmp_path):
    def grow():
        return small().run(2).branch("deep_integration").run(2).branch("external_finance").run(2)

    assert_equal(saved_and_loaded(grow(), tmp_path), grow())


def test_a_default_that_changes_later_does_not_change_a_saved_economy(tmp_path):
    path = tmp_path / "one.npz"
    economy = small().run(1)
    economy.save(path)
    with np.load(path) as file:
        about = json.loads(str(file["about"]))
    assert about["parameters"] == economy.p.as_dict()
