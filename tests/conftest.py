"""Shared by all tests: property tests try the same, few examples on every machine; `pytest --bless`."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "suite",
    derandomize=True,  # a failure is the change's, not the day's luck
    max_examples=40,
    deadline=None,  # the first example may compile a rule
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")

for told in (
    "MAKEFLAGS",
    "MAKELEVEL",
    "MFLAGS",
):  # a make that a test starts is not part of the `make test` around it
    os.environ.pop(told, None)


# the files that take longest come first, so that at the end no process waits long for another
LONGEST = (
    "verdict_study", "compiling", "study", "ensemble", "compare", "drawn_studies", "rules", "saving",
    "docs", "economy", "acting", "steps", "asking", "lives", "metamorphosis", "judge", "twins",
    "notebook", "sides", "lines", "history", "store", "mixes", "beside", "versions", "bench", "ahead",
    "mesa", "futures", "provenance", "invasion", "adaptive",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {f"test_{name}": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "store what golden runs and notebooks give now, after a change that was meant"
    parser.addoption("--bless", action="store_true", help=text)


@pytest.fixture(autouse=True)
def made_anew(request: pytest.FixtureRequest):
    """Where something is put in the place of a part of the model, no economy made without it is taken."""
    from tests import economies

    economies.lending = "monkeypatch" not in request.fixturenames
    yield
    economies.lending = True


@pytest.fixture
def bless(request: pytest.FixtureRequest) -> bool:
    """Was the present behaviour declared to be the right one?"""
    return bool(request.config.getoption("--bless"))


@pytest.fixture(scope="module")
def in_process():
    """Worlds are lived in this process: workers, which take seconds to start, have tests of their own."""
    from experiments.run.ensemble import Ensemble

    with pytest.MonkeyPatch.context() as patch:
        usual = Ensemble._results
        patch.setattr(Ensemble, "_results", lambda self, executor, *more: usual(self, "serial", *more))
        yield
