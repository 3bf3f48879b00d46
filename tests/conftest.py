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


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "store what golden runs and notebooks give now, after a change that was meant"
    parser.addoption("--bless", action="store_true", help=text)


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
