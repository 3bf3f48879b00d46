"""A run ends in the state that was stored when behaviour was last meant to change: `tests/same_state.py`."""

import json

import numpy as np
import pytest

from sim import discover
from tests.same_state import PATH, compare, differences, digest


@pytest.mark.parametrize("name", sorted(discover()))
def test_a_run_ends_in_the_state_that_was_stored(name):
    assert compare(name) == []


def test_a_part_that_differs_or_is_missing_or_new_is_told():
    kept = {"table/firms/age": digest(np.arange(3.0))}
    assert differences(kept, {"table/firms/age": np.arange(3.0)}) == []
    assert differences(kept, {"table/firms/age": np.arange(3.0) + 1e-16 * np.arange(3)}) == []
    assert differences(kept, {"table/firms/age": np.nextafter(np.arange(3.0), 9)}) != []
    assert differences(kept, {}) == ["table/firms/age is gone"]
    assert differences(kept, {"table/firms/age": np.arange(3.0), "x": np.zeros(1)}) == ["x is new"]


def test_the_hashes_are_of_runs_that_differ():
    kept = json.loads(PATH.read_text(encoding="utf-8"))
    assert sorted(kept) == sorted(discover())
    assert len({tuple(sorted(state.items())) for state in kept.values()}) == len(kept)
