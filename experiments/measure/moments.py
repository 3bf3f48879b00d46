"""How an economy moves: moments of quarterly series.

    moments_of(quarters, SIMULATED)          one row per series, moment and lag
    moments_of(us_quarters(), OBSERVED)      the same of the US

The cycle of a series is what Hodrick and Prescott's filter leaves of it (Hodrick and Prescott 1997; for
quarters their smoothing is 1,600). Series that grow are taken in logs, shares and rates as they are, so a
standard deviation reads as a share of the level, or as a share. Quarters are the unit of lags; a series leads
output where its correlation is largest at a negative lag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.measure.arithmetic import YEAR, Values

SMOOTHING = 1600  # of quarterly data
LAGS = 4


@dataclass(frozen=True)
class Series:
    """A column of a quarterly table as a macro-economist reads it; ``logs`` for what grows."""

    column: str
    logs: bool = True


SIMULATED = {
    "output": Series("production"),  # as national accounts have it, with changes of stocks
    "consumption": Series("consumption"),
    "investment": Series("investment"),
    "employment": Series("employment"),
    "credit": Series("firm_credit"),
    "defaults": Series("default_rate", logs=False),
}
OBSERVED = {
    "output": Series("realgdp"),
    "consumption": Series("realcons"),
    "investment": Series("realinv"),
    "employment": Series("employment"),
}


def cycle_of(values: npt.ArrayLike, *, logs: bool = True, smoothing: int = SMOOTHING) -> Values:
    """Deviations from the Hodrick-Prescott trend, of the logs where ``logs``.

    Raises ``ValueError`` for fewer than 12 values, for NaN and infinity, and for logs of what is not above 0.
    """
    from statsmodels.tsa.filters.hp_filter import hpfilter

    series = np.asarray(values, dtype=float)
    if series.ndim != 1 or series.size < 3 * YEAR:
        raise ValueError(
            f"a cycle needs one series of at least {3 * YEAR} quarters, not shape {series.shape}"
        )
    if not np.isfinite(series).all():
        raise ValueError(
            f"{int((~np.isfinite(series)).sum())} of {series.size} quarters are no finite numbers"
        )
    if logs and series.min() <= 0:
        raise ValueError(f"a level of {series.min():g} has no logarithm: take this series as it is")
    cycle, _ = hpfilter(np.log(series) if logs else series, lamb=smoothing)
    return np.asarray(cycle, dtype=float)


def correlation(first: npt.ArrayLike, second: npt.ArrayLike, lag: int = 0) -> float:
    """Correlation of ``first`` at t with ``second`` at t + ``lag``; NaN where one of them does not vary.

    Raises ``ValueError`` for series of different length or with fewer than three pairs left.
    """
    x, y = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if x.shape != y.shape or x.size - abs(lag) < 3:
        raise ValueError(f"{x.size} and {y.size} values at lag {lag} give no correlation")
    x, y = (x[: x.size - lag], y[lag:]) if lag >= 0 else (x[-lag:], y[:lag])
    tiny = 1e-12 * max(1.0, float(np.abs(x).max()), float(np.abs(y).max()))
    if x.std() <= tiny or y.std() <= tiny:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def moments_of(
    quarters: Any, series: Mapping[str, Series] | None = None, *, reference: str = "output"
) -> Any:
    """Second moments of the cycles of a quarterly table.

    Args:
        quarters: DataFrame with a row per quarter.
        series: name to column; `SIMULATED` where not given.
        reference: the series that others are related to.

    Returns:
        A tidy DataFrame: ``series``, ``moment`` ("sd", "relative sd", "autocorrelation" at lags 1 to 4, "with
        output" at lags -4 to 4, where the name is that of the reference), ``lag`` [quarters], ``value``.
    """
    series = SIMULATED if series is None else series
    cycles = {name: cycle_of(quarters[one.column], logs=one.logs) for name, one in series.items()}
    base = cycles[reference]
    rows: list[tuple[str, str, int, float]] = []
    for name, cycle in cycles.items():
        sd = float(cycle.std())
        rows.append((name, "sd", 0, sd))
        rows.append((name, "relative sd", 0, sd / float(base.std()) if base.std() > 0 else float("nan")))
        rows += [(name, "autocorrelation", lag, correlation(cycle, cycle, lag)) for lag in range(1, LAGS + 1)]
        rows += [
            (name, f"with {reference}", lag, correlation(base, cycle, lag)) for lag in range(-LAGS, LAGS + 1)
        ]
    return pd.DataFrame(rows, columns=["series", "moment", "lag", "value"])


def moments_by_world(quarters: Any, series: Mapping[str, Series] | None = None) -> Any:
    """`moments_of` for each value of the column ``world``, which comes first in the result."""
    parts = []
    for world, rows in quarters.sort_values(["world", "quarter"]).groupby("world", observed=True):
        part = moments_of(rows, series)
        part.insert(0, "world", world)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def us_quarters() -> Any:
    """US quarters 1959 to 2009 as statsmodels brings them, with employment = 1 - unemployment [share]."""
    from statsmodels.datasets import macrodata

    table: Any = macrodata.load_pandas().data
    return table.assign(employment=1.0 - table["unemp"] / 100.0)
