"""Shared by all tests: property tests try the same, few examples on every machine."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "suite",
    derandomize=True,  # a failure is the change's, not the day's luck
    max_examples=40,
    deadline=None,  # the first example may compile a rule
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")
