"""How far a replay is from the years that were: yearly counts as shares of their peak, and naive forecasts.

Everything up to a year is known, and what follows is forecast. The peak is the highest number at the end of a
known year, in the published counts and in each world by itself, so that no later number sets the scale.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence

import numpy as np
import pandas as pd

from experiments.judge.inside import of_cases
from experiments.judge.means import Interval
from experiments.measure.arithmetic import Values
from experiments.measure.futures import Frame

LAST, TREND = "the last known value carried on", "the trend of the last three known years carried on"
CLOSED = "the last known value until the law closes them, and none after"
NAIVE = (LAST, TREND, CLOSED)
CARRIED = ", from the last known value on"  # after the name of an arm, see `carried`
OF_ERRORS = ["arm", "year", "published", "worlds", "mean", "low", "high", "error", "error_low", "error_high"]
OF_SCORES = ["forecast", "years", "worlds", "error", "low", "high", "median", "naive", "nearer"]


def of_peak(counts: Mapping[int, Values], known: int) -> dict[int, Values]:
    """Counts by year over the highest of the years until `known`; NaN in worlds where that is zero."""
    peak = np.max([value for year, value in counts.items() if year <= known], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {year: np.where(peak > 0.0, value / peak, np.nan) for year, value in counts.items()}


def carried(by_year: Mapping[int, Values], published: Mapping[int, float], known: int) -> dict[int, Values]:
    """What was published last, moved on as each world moves from there; NaN where it then has none."""
    last = by_year[known]
    with np.errstate(invalid="ignore", divide="ignore"):
        grown = {year: np.where(last > 0.0, value / last, np.nan) for year, value in by_year.items()}
    return {year: published[known] * value for year, value in grown.items()}


def naive(
    published: Mapping[int, float], known: int, years: Sequence[int], closes: int
) -> dict[str, dict[int, float]]:
    """Three forecasts of the years after `known` that know nothing of the model, by name and year.

    What was last, carried on; what was last and the mean yearly change of the two years before, carried on as
    far as zero; and what was last until the law `closes` (a year), and none as that year ends and after.
    """
    last, slope = published[known], (published[known] - published[known - 2]) / 2.0
    return {
        LAST: dict.fromkeys(years, last),
        TREND: {year: max(0.0, last + slope * (year - known)) for year in years},
        CLOSED: {year: last if year < closes else 0.0 for year in years},
    }


def within(found: Interval, low: float = 0.0, high: float = math.inf) -> tuple[float, float, float]:
    """A mean and its interval, as far as that holds what the mean of such numbers can be; NaN where none."""
    ends = [end if math.isnan(end) else min(max(end, low), high) for end in (found.low, found.high)]
    return found.mean, ends[0], ends[1]


def errors(shares: Mapping[str, Mapping[int, Values]], published: Mapping[int, float], known: int) -> Frame:
    """By arm and year: the mean over worlds of the share of the peak with its interval (95 %), and how far it
    lies above what was published. In known years no share is above 1."""
    rows = []
    for arm, by_year in shares.items():
        for year, truth in published.items():
            if year in by_year:
                found = of_cases(by_year[year])
                ends = within(found, 0.0, 1.0 if year <= known else math.inf)
                rows.append((arm, year, truth, found.n, *ends, *(one - truth for one in ends)))
    return pd.DataFrame(rows, columns=OF_ERRORS)


def distances(by_year: Mapping[int, Values], published: Mapping[int, float], years: Sequence[int]) -> Values:
    """(worlds,) mean over these years of how far the share of the peak is from what was published."""
    return np.mean([np.abs(by_year[year] - published[year]) for year in years], axis=0)


def scores(
    shares: Mapping[str, Mapping[int, Values]],
    published: Mapping[int, float],
    given: Mapping[str, Mapping[int, float]],
    years: Sequence[int],
    told: Container[str] = (),
) -> Frame:
    """How far forecasts of these years are off [share of the peak, mean over years].

    Of each arm the mean over worlds with its interval, how far the best naive forecast is off that knows as
    much (``naive``), and the part of worlds that is nearer (``nearer``); then of the naive ones.

    Args:
        given: naive forecasts, see `naive`.
        told: arms that know of the closure, and so stand beside a naive forecast that does.
    """
    far = {
        name: float(np.mean([abs(of[year] - published[year]) for year in years]))
        for name, of in given.items()
    }
    span, rows = f"{years[0]} to {years[-1]}" if len(years) > 1 else str(years[0]), []
    for arm, by_year in shares.items():
        if any(year not in by_year for year in years):
            continue
        each = distances(by_year, published, years)
        each = each[np.isfinite(each)]
        found, middle = of_cases(each), float(np.median(each)) if each.size else np.nan
        best = min(value for name, value in far.items() if name != CLOSED or arm in told)
        nearer = float(np.mean(each < best)) if each.size else np.nan
        rows.append((arm, span, found.n, *within(found), middle, best, nearer))
    rows += [(name, span, 0, value, value, value, value, value, np.nan) for name, value in far.items()]
    return pd.DataFrame(rows, columns=OF_SCORES)
