"""A quarter that was interrupted half-way is never taken for a whole one."""

import copy
import gc
import sys

import numpy as np
import pytest

from sim import Economy
from tests.economies import lines_that_differ, small

TOLD = r"^this economy was interrupted within quarter 7: load or branch from an earlier one$"


class Interrupted:
    """Counts what Python calls while it is entered, and presses Ctrl-C at one of the calls."""

    def __init__(self, at: int = 0):
        self.at, self.calls = at, 0

    def __enter__(self) -> "Interrupted":
        gc.disable()  # whatever is called then would be counted
        sys.setprofile(self.seen)
        return self

    def seen(self, frame: object, event: str, argument: object) -> None:
        self.calls += 1
        if self.calls == self.at:
            sys.setprofile(None)
            raise KeyboardInterrupt

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        gc.enable()


@pytest.fixture(scope="module")
def parent() -> Economy:
    return small("deep_integration", firms=100, parameters={"giants": 1, "lead_in": 0}).run(6)


@pytest.fixture(scope="module")
def whole(parent: Economy) -> Economy:
    return copy.deepcopy(parent).run(2)


def assert_refused(economy: Economy, path) -> None:
    ways = (
        economy.step,
        lambda: economy.run(1),
        lambda: economy.branch("external_finance"),
        lambda: economy.save(path),
        lambda: copy.deepcopy(economy),
        economy.balance_sheet,
    )
    for way in ways:
        with pytest.raises(RuntimeError, match=TOLD):
            way()
    assert not path.exists()
    assert "interrupted" in repr(economy)
    assert "interrupted" in economy._repr_html_() and "within quarter 7" in economy._repr_html_()


def test_wherever_a_quarter_is_interrupted_it_does_not_go_on_silently(parent, whole, tmp_path):
    twin = copy.deepcopy(parent)
    with Interrupted() as counted:
        twin.step()
    assert counted.calls > 1000
    hit = 0
    for at in np.unique(np.linspace(1, counted.calls - 1, 60).astype(int)):
        twin = copy.deepcopy(parent)
        with pytest.raises(KeyboardInterrupt), Interrupted(int(at)):
            twin.step()
        if twin.midway:
            hit += 1
            assert_refused(twin, tmp_path / "half.npz")
        else:  # before it began, or when all was done
            twin.run(8 - twin.quarter)
            assert lines_that_differ(twin, whole) == set()
    assert hit > 50


def test_an_error_within_a_quarter_is_told_from_then_on_and_spares_who_branched_before(
    parent, whole, tmp_path
):
    twin, earlier = copy.deepcopy(parent), copy.deepcopy(parent)
    twin.market.wage = None
    with pytest.raises(TypeError):
        twin.run(3)
    assert_refused(twin, tmp_path / "half.npz")
    assert lines_that_differ(earlier.run(2), whole) == set()
