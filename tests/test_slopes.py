"""The promise: a slope that is there is found in worlds enough, and one that is not is not called."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from experiments.judge.slopes import (
    binned,
    by_world,
    level_rows,
    levels_table,
    mean_of,
    over_levels,
    row,
    slope,
    slopes_table,
)
from experiments.tell import slopes as told


def cases(effect: float, worlds: int = 24, each: int = 40, key: int = 1) -> pd.DataFrame:
    """Cases whose ``y`` rises with ``x`` by so much, and more with ``size``, which ``x`` goes along with."""
    rng = np.random.default_rng(key)
    world = np.repeat(np.arange(worlds), each)
    size = rng.standard_normal(world.size)
    x = rng.random(world.size) + 0.5 * size
    y = effect * x + 3.0 * size + rng.standard_normal(world.size) + rng.standard_normal(worlds)[world]
    return pd.DataFrame({"world": world, "luck": 1, "x": x, "y": y, "size": size})


def test_a_planted_slope_is_found_and_none_is_not_called():
    there = mean_of(by_world(cases(0.5), "x", "y", ["size"]))
    assert there.low < 0.5 < there.high and there.low > 0.0
    none = mean_of(by_world(cases(0.0), "x", "y", ["size"]))
    assert none.low < 0.0 < none.high
    called = [mean_of(by_world(cases(0.0, key=key), "x", "y", ["size"])) for key in range(2, 42)]
    assert sum(one.low > 0.0 or one.high < 0.0 for one in called) <= 5  # 5 % of 40, and luck


def test_what_is_held_is_not_taken_for_the_slope():
    free = mean_of(by_world(cases(0.0), "x", "y"))
    assert free.low > 0.5  # size goes along with x


def test_a_product_is_held_too_and_leaves_the_mean_slope():
    rng = np.random.default_rng(3)
    x, size = rng.random(4_000), rng.lognormal(0.0, 1.0, 4_000)
    y = 2.0 * x * size
    assert slope(x, y, [size], products=True) == pytest.approx(2.0 * size.mean(), rel=0.02)


def test_a_slope_that_cannot_be_told_is_nan():
    assert math.isnan(slope([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]))
    assert math.isnan(slope([1.0], [1.0]))
    assert math.isnan(slope([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [[0.0, 1.0, 5.0]]))  # too few to hold anything
    assert slope([1.0, 2.0, np.nan], [2.0, 4.0, 0.0]) == pytest.approx(2.0)
    table = cases(1.0, worlds=2)
    assert by_world(table, "x", "y", least=41).isna().all()
    assert slope([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0, 3.0], []) == pytest.approx(1.0)


def test_the_slope_over_levels_is_of_each_world_and_needs_all_of_them():
    index = pd.MultiIndex.from_product([range(3), [1]], names=["world", "luck"])
    base = pd.Series([5.0, -2.0, 0.0], index)
    found = over_levels({0.0: base, 1.0: base + 2.0, 3.0: (base + 6.0).where(base != 0.0)})
    assert found.iloc[:2].tolist() == pytest.approx([2.0, 2.0]) and math.isnan(found.iloc[2])
    short = over_levels({0.0: base, 1.0: base.iloc[:2] + 1.0})
    assert short.isna().tolist() == [False, False, True]  # a world that one level lacks


def test_lucks_of_a_world_count_once():
    index = pd.MultiIndex.from_product([range(12), [1, 2]], names=["world", "luck"])
    numbers = pd.Series(np.arange(24.0), index)
    found = mean_of(numbers)
    assert (found.n, found.mean) == (12, 11.5)


def test_headlines_are_read_from_the_table_and_refuse_below_twelve_worlds():
    index = pd.MultiIndex.from_product([range(24), [1]], names=["world", "luck"])
    rng = np.random.default_rng(1)
    up = pd.Series(0.02 + 0.004 * rng.standard_normal(24), index)
    rows = [
        row("survival on lines", "deep_integration", "share per line", up),
        row("survival on lines", "consumer_traffic", "share per line", -up),
        row("survival on lines", "sideline_platform", "share per line", up - up.mean()),
        row("survival on lines", "institution_traffic", "share per line", up.iloc[:8]),
    ]
    table = slopes_table(rows)
    lines = told.headline(table)
    assert [line.split("**")[1] for line in lines] == ["rises", "falls", "open", "no verdict"]
    assert told.sized(table.iloc[0]) in lines[0] and "points per line" in lines[0] and "24 worlds" in lines[0]
    assert "8 worlds: at least 12 are needed" in lines[3]
    shown = told.slopes_shown(table)
    assert all(told.sized(one) in shown for _, one in table.iterrows())


def test_levels_are_means_over_worlds_and_bins_hold_what_lies_in_them():
    table = pd.DataFrame(
        {"world": [0, 0, 1, 1], "luck": 1, "x": [0.1, 0.9, 0.2, 0.5], "y": [1.0, 2.0, 3.0, 5.0]}
    )
    found = binned(table, "x", "y", (0.0, 0.5, 1.0))
    assert found[0.25].tolist() == [1.0, 4.0] and found[0.75].tolist() == [2.0]
    levels = levels_table(level_rows("gain", "deep_integration", found))
    assert levels["mean"].tolist() == [2.5, 2.0] and levels["worlds"].tolist() == [2, 1]
    text = told.levels_shown(levels, "depth")
    assert "gain, depth 0.25" in text and "2.5" in text
    slopes = slopes_table([row("gain", "deep_integration", "share", by_world(table, "x", "y"))])
    title = told.draw(levels, slopes, "depth").get_suptitle()
    assert title == "Gain, deep integration: is open"
