"""Each method finds a truth that was planted, and says "undecided" where none was."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments.judge import intervals, ranking


def luck(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


# -- paired differences ------------------------------------------------------------------------------


def test_a_planted_difference_is_found_through_shared_luck() -> None:
    shared, own = 10 * luck(60), luck(60, seed=1)
    found = intervals.paired_difference(shared + 0.5 + 0.5 * own, shared)
    assert found.low < 0.5 < found.high
    assert found.high - found.low < 0.4  # unpaired, the interval would be some 7 wide
    assert found.mean == pytest.approx(0.5 + 0.5 * own.mean())
    assert found.d_z == pytest.approx(found.mean / (0.5 * own.std(ddof=1)))
    assert found.correlation > 0.99
    assert found.p < 0.001
    assert found.method == "bca"
    assert found.verdict() == "better"
    assert found.verdict(least=2.0) == "equivalent"
    assert found.verdict(least=0.5) == "undecided"
    assert intervals.paired_difference(shared, shared + 0.5 + 0.5 * own).verdict() == "worse"


@pytest.mark.parametrize(("worlds", "method"), [(6, "t"), (25, "bca")])
def test_intervals_hold_the_truth_as_often_as_they_say(worlds: int, method: str) -> None:
    skewed = (
        np.random.default_rng(5).exponential(size=(300, worlds)) if method == "bca" else luck(300, worlds)
    )
    truth = 1.0 if method == "bca" else 0.0
    held = 0
    for sample in skewed:
        found = intervals.paired_difference(sample, np.zeros(worlds), confidence=0.9, resamples=399)
        assert found.method == method
        held += found.low <= truth <= found.high
    assert 0.84 <= held / 300 <= 0.95


def test_no_difference_is_rarely_called_one() -> None:
    called = 0
    for sample in luck(200, 20, seed=9):
        found = intervals.paired_difference(sample, np.zeros(20), resamples=399)
        called += found.p < 0.05
    assert called / 200 < 0.1


def test_equal_differences_have_an_interval_of_no_width() -> None:
    same = intervals.paired_difference([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    assert (same.mean, same.low, same.high, same.d_z, same.p) == (0.0, 0.0, 0.0, 0.0, 1.0)
    assert same.superiority == 0.5
    assert same.verdict(least=0.1) == "equivalent"
    ahead = intervals.paired_difference([2.0, 3.0, 4.0], [1.0, 2.0, 3.0])
    assert (ahead.low, ahead.high, ahead.method) == (1.0, 1.0, "exact")
    assert ahead.d_z == math.inf
    assert ahead.superiority == 1.0 and ahead.superiority_low > 0.4
    assert math.isnan(intervals.paired_difference([1.0, 2.0], [1.0, 1.0]).correlation)


def test_the_same_numbers_give_the_same_answer() -> None:
    treated, control = luck(30), luck(30, seed=1)
    once = intervals.paired_difference(treated, control)
    np.random.default_rng().random(5)
    assert intervals.paired_difference(treated, control) == once


def test_broken_worlds_are_told_and_not_dropped() -> None:
    with pytest.raises(ValueError, match="treated holds 1 values that are no finite numbers, out of 3"):
        intervals.paired_difference([1.0, math.nan, 2.0], [1.0, 1.0, 1.0])
    with pytest.raises(ValueError, match="treated has 2 worlds and control 3"):
        intervals.paired_difference([1.0, 2.0], [1.0, 1.0, 1.0])
    with pytest.raises(ValueError, match="1 world is too few"):
        intervals.paired_difference([1.0], [1.0])


def test_wilson_is_the_textbooks() -> None:
    low, high = intervals.wilson(8, 10)
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert intervals.wilson(0, 10)[0] == 0.0 and intervals.wilson(10, 10)[1] == 1.0
    with pytest.raises(ValueError, match="no share"):
        intervals.wilson(11, 10)


def test_holm_is_the_textbooks_and_keeps_names() -> None:
    corrected = intervals.holm({"C1": 0.01, "C2": 0.04, "C3": 0.03})
    assert corrected == pytest.approx({"C1": 0.03, "C2": 0.06, "C3": 0.06})
    assert intervals.holm([0.5, 0.9]).tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="outside"):
        intervals.holm([0.5, math.nan])


# -- series and lives --------------------------------------------------------------------------------


def test_a_trend_is_found_through_a_crisis() -> None:
    series = 0.3 * np.arange(40) + 0.2 * luck(40)
    series[20:24] -= 50
    found = intervals.trend(series)
    assert found.low < 0.3 < found.high
    assert found.slope == pytest.approx(0.3, abs=0.02)
    assert intervals.trend(series, np.arange(40) / 4).slope == pytest.approx(4 * found.slope)
    flat = intervals.trend(luck(40, seed=3))
    assert flat.low < 0 < flat.high
    with pytest.raises(ValueError, match="at least 3"):
        intervals.trend([1.0, 2.0])


# -- many measures -----------------------------------------------------------------------------------


def planted(worlds: int = 40) -> np.ndarray:
    """Arm 0 leads on the first measure, arm 1 on the second (where less is better), arm 2 on none."""
    truth = np.array([[3.0, 3.0], [2.0, 1.0], [1.0, 4.0]])
    return truth + 0.01 * luck(worlds, 3, 2)


def test_who_is_first_in_each_group() -> None:
    values = planted(40)
    values[:10, 0, 0] = 0.0  # in a quarter of the worlds the second is first on the first measure
    found = ranking.share_first(values * [1.0, -1.0], ["viability", "soundness"], ["a", "b", "c"])
    shares = {(row.group, row.arm): row.share for row in found.itertuples()}
    assert shares["viability", "a"] == 0.75 and shares["viability", "b"] == 0.25
    assert shares["soundness", "b"] == 1.0 and shares["soundness", "c"] == 0.0
    assert ((found["low"] <= found["share"]) & (found["share"] <= found["high"])).all()
    low, high = intervals.wilson(30, 40)
    assert (found.loc[0, "low"], found.loc[0, "high"]) == (low, high)


def test_ranks_run_from_the_worst_to_the_best() -> None:
    rows = np.array([[[-1.0, 7.0], [-2.0, 7.0], [-2.0, 7.0]]])
    assert ranking.ranks(rows)[0].tolist() == [[1.0, 0.5], [0.25, 0.5], [0.25, 0.5]]
    assert ranking.ranks(rows[:, :1]).tolist() == [[[0.5, 0.5]]]
    with pytest.raises(ValueError, match="1 that are no finite numbers, out of 6"):
        ranking.ranks(np.where(rows == -1.0, math.nan, rows))
    with pytest.raises(ValueError, match="worlds x arms x measures"):
        ranking.ranks(rows[:, :0])


def test_importing_costs_nothing_heavy() -> None:
    code = "import experiments.judge.intervals, experiments.judge.ranking, sys; print(*sys.modules)"
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert not {"scipy", "statsmodels", "matplotlib", "sim"} & set(done.stdout.split())
