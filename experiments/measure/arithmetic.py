"""Windows of a branch and safe divisions: what is done to series of quarters everywhere.

A branch of n quarters has thirds and fourths of n // 3 and n // 4 quarters (at least one), "late" is the last
fourth.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
YEAR = 4  # quarters


def late(values: Values) -> Values:
    """The last fourth of the branch."""
    return values[-max(1, len(values) // 4) :]


def third(values: Values, number: int) -> Values:
    """The first (0), middle (1) or last (2) third of the branch."""
    width = max(1, len(values) // 3)
    return (
        values[:width],
        values[width:-width] if len(values) > 2 * width else values[:width],
        values[-width:],
    )[number]


def yearly(values: Values) -> Values:
    """Means over four quarters in a row; over all there are where there are fewer."""
    width = min(YEAR, len(values))
    return np.convolve(values, np.ones(width) / width, mode="valid")


def change(before: float, after: float) -> float:
    """(after − before) / (|after| + |before|), in [−1, 1] and 0 where nothing is: no division blows up."""
    size = abs(after) + abs(before)
    return (after - before) / size if size > 0 else 0.0


def share(part: float, whole: float, *, none: float = 0.0) -> float:
    """part / whole, ``none`` where there is no whole."""
    return part / whole if whole > 0 else none


def shares(parts: Values, wholes: Values, *, none: float = 0.0) -> Values:
    """`share` of each, arrays of one shape."""
    return np.divide(parts, wholes, out=np.full_like(parts, none), where=wholes > 0)


def mean(values: Values) -> float:
    """The mean over the quarters in which the number exists; NaN where it never does."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan
