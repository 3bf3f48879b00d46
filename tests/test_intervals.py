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


def test_wilson_is_the_textbooks() -> None:
    low, high = intervals.wilson(8, 10)
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert intervals.wilson(0, 10)[0] == 0.0 and intervals.wilson(10, 10)[1] == 1.0
    with pytest.raises(ValueError, match="no share"):
        intervals.wilson(11, 10)


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
