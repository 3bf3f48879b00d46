"""How much of a difference between arms is chance: what a change without a meaning does to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.judge.asked import Question, differences, futures, placebo_sizes
from experiments.measure.futures import PLACEBO, Frame
from experiments.measure.measures import horizons
from experiments.run.world import CONTROL

YEAR = 4  # quarters up to each
RESAMPLES = 2_000
SERIES = {"output": "%", "consumption": "%", "unemployment": "points"}


@dataclass(frozen=True)
class Signal:
    """``shares``: outcome, horizon, unit, difference (standard deviation over worlds of the paired
    differences, median over contrasts), placebo (root mean square), share (of the placebo's square in the
    difference's, at most 1; median over contrasts). ``noise``: series, horizon, unit, rms, low, high (90 %
    interval of resampled worlds) of the placebo of the world without platforms."""

    shares: Frame
    noise: Frame


def signal(
    values: Frame, asked: Sequence[Question], pairs: Sequence[tuple[str, str]], quarters: Frame
) -> Signal:
    """See `Signal`.

    Args:
        values: see `asked`.
        asked: the outcomes.
        pairs: the contrasts.
        quarters: the record of all futures: world, luck, arm, since and `SERIES`.
    """
    return Signal(shares(values, asked, pairs), noise(quarters))


def shares(values: Frame, asked: Sequence[Question], pairs: Sequence[tuple[str, str]]) -> Frame:
    """The placebo's share in the variance of differences, by outcome and horizon."""
    table = futures(values)
    placebos = {arm: label for arm, label in PLACEBO.items() if arm in table.arms and label in table.arms}
    sizes = placebo_sizes(table, placebos)
    rows = []
    for one in asked:
        for horizon, i in table.horizons(one.name):
            found, sds = [], []
            for arm, other in pairs:
                row = differences(table, arm, other).rows[i]
                row, near = row[np.isfinite(row)], [sizes[a][i] for a in (arm, other) if a in sizes]
                chance = np.fmax.reduce(near) if near else np.nan
                if row.size > 1 and np.ptp(row) > 0.0 and np.isfinite(chance):
                    sds.append(float(row.std(ddof=1)))
                    found.append(min(1.0, float(chance) ** 2 / sds[-1] ** 2))
            if found:
                size = max(float(sizes[arm][i]) for arm in sizes if np.isfinite(sizes[arm][i]))
                rows.append((one.name, horizon, one.unit, np.median(sds), size, np.median(found)))
    return pd.DataFrame(rows, columns=["outcome", "horizon", "unit", "difference", "placebo", "share"])


def noise(quarters: Frame) -> Frame:
    """How far a shuffle of deposits moves output, consumption and unemployment without any platform: root
    mean square over worlds and over the year up to each horizon, of log differences."""
    columns = ["series", "horizon", "unit", "rms", "low", "high"]
    label = PLACEBO[CONTROL]
    if not {CONTROL, label} <= set(quarters["arm"]):
        return pd.DataFrame(columns=columns)
    index = ["world", "luck", "since"]
    one, other = (quarters.loc[quarters["arm"] == arm].set_index(index) for arm in (CONTROL, label))
    rows = []
    for series, unit in SERIES.items():
        here, there = one[series], other[series].reindex(one.index)
        gap = 100.0 * (there - here if unit == "points" else np.log(there / here))
        squares = (gap**2).unstack("since")
        for horizon in horizons(int(squares.columns.max())):
            last = [at for at in squares.columns if horizon - YEAR < at <= horizon]
            rows.append((series, horizon, unit, *spread(squares[last].mean(axis=1).dropna().to_numpy())))
    return pd.DataFrame(rows, columns=columns)


def spread(squares: np.ndarray) -> tuple[float, float, float]:
    """The root of the mean of squares, and its 90 % interval by resampling worlds."""
    rng = np.random.default_rng(0)
    means = squares[rng.integers(0, squares.size, (RESAMPLES, squares.size))].mean(axis=1)
    low, high = np.sqrt(np.quantile(means, (0.05, 0.95)))
    return float(np.sqrt(squares.mean())), float(low), float(high)
