"""The interval of a number that cannot leave a range holds a planted truth, in few and in uneven worlds."""

import math

import numpy as np
import pytest

from experiments.judge.inside import FEWEST, IN, OPEN, OUT, bounded, of_cases, placed
from experiments.judge.means import LEAST

SHARE = (0.0, 1.0)
# what is drawn for each world, all within 0 and 1, and the true mean
PLANTED = {
    "shares about a half": (lambda luck, shape: luck.beta(4.0, 4.0, shape), 0.5),
    "skewed shares": (lambda luck, shape: luck.beta(8.0, 2.0, shape), 0.8),
    "nothing or nearly all": (lambda luck, shape: luck.beta(0.5, 0.5, shape), 0.5),
    "areas under a curve": (lambda luck, shape: 0.5 + 0.5 * luck.beta(6.0, 9.0, shape), 0.7),
    "three signs": (lambda luck, shape: luck.binomial(3, 0.4, shape) / 3.0, 0.4),
    "five signs, nearly all": (lambda luck, shape: luck.binomial(5, 0.97, shape) / 5.0, 0.97),
    "one world in ten": (lambda luck, shape: (luck.random(shape) < 0.1) * 1.0, 0.1),
}


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("worlds", [6, 8, 11, 20])
def test_the_interval_within_a_range_holds_what_was_planted(name, worlds):
    draw, truth = PLANTED[name]
    found = [bounded(x, SHARE) for x in draw(np.random.default_rng(worlds), (1_000, worlds))]
    assert np.mean([one.low <= truth <= one.high for one in found]) >= 0.94
    assert all(0.0 <= one.low <= one.mean <= one.high <= 1.0 and not one.refused for one in found)


def test_what_the_usual_rule_bounds_is_bounded_by_it():
    even = np.linspace(0.4, 0.6, LEAST)
    assert of_cases(even, SHARE) == of_cases(even)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([*np.linspace(0.05, 0.09, 11), 1.0], "far beyond"),
        ([*np.linspace(0.7, 0.78, 10), math.nan], "at least 12"),
        ([1.0] * 11 + [0.8], "rare event"),
        ([0.0] * 8, "at least 12"),
    ],
)
def test_what_is_refused_elsewhere_has_an_interval_where_it_cannot_leave_a_range(values, why):
    assert why in of_cases(values).refused and placed(of_cases(values), 0.0, 1.0) == OPEN
    found = of_cases(values, SHARE)
    assert not found.refused and found.low <= found.mean <= found.high and found.low < found.high


def test_few_worlds_with_nothing_bound_a_share_as_the_textbook_does():
    found = of_cases([0.0] * 8, SHARE)
    assert (found.low, found.high) == (0.0, pytest.approx(1.0 - 0.025 ** (1 / 8)))
    assert of_cases([2.0] * 8, (2.0, 4.0)).high == pytest.approx(2.0 + 2.0 * found.high)


def test_a_share_of_ten_worlds_is_judged():
    worlds = np.linspace(0.3, 0.5, 10)
    assert placed(of_cases(worlds, SHARE), 0.3, 0.5) == IN
    assert placed(of_cases(worlds, SHARE), 0.7, 0.9) == OUT
    assert placed(of_cases(worlds, SHARE), 0.4, 0.9) == OPEN
    assert placed(of_cases(worlds[: FEWEST - 1], SHARE), 0.0, 1.0) == OPEN


def test_numbers_beyond_their_range_are_refused_in_words():
    with pytest.raises(ValueError, match=r"numbers from 0\.2 to 1\.2 are not within 0 to 1"):
        bounded(np.array([0.2, 1.2, 0.3, 0.4, 0.5, 0.6]), SHARE)
