"""Words and numbers as they are told: one name for an arm everywhere, digits that matter."""

from __future__ import annotations

import math
from collections.abc import Sequence

from experiments.measure.futures import NO_GAINS


def label(arm: str) -> str:
    """An arm in words."""
    return "integration without real gains" if arm == NO_GAINS else arm.replace("_", " ")


def listed(names: Sequence[str]) -> str:
    """ "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def many(worlds: int) -> str:
    """ "1 world", "2 worlds"."""
    return f"{worlds} world{'' if worlds == 1 else 's'}"


def percent(value: float) -> str:
    """A share as a whole number of percent."""
    return f"{100 * value:.0f} %"


def number(value: float, *, signed: bool = False) -> str:
    """Three digits that matter; "n/a" where there is no number."""
    if not math.isfinite(value):
        return "n/a"
    size = abs(value)
    if size < 5e-7:
        return "0"
    text = f"{value:+.3g}" if signed else f"{value:.3g}"
    if "e" in text:
        text = f"{value:+.0f}" if signed and size >= 1000 else f"{value:.0f}" if size >= 1000 else text
    return text.replace("-", "−")


def spanned(mean: float, low: float, high: float, *, more: str = "") -> str:
    """A signed number with its interval, and what else belongs into the brackets."""
    ends = f"{number(low, signed=True)} to {number(high, signed=True)}"
    return f"{number(mean, signed=True)} ({ends}{more})"
