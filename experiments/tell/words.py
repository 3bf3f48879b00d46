"""Words and numbers as they are told: one name for an arm everywhere, digits that matter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from experiments.measure.futures import FREE, NO_GAINS, NO_PROCESS
from experiments.run.world import CONTROL

LABELS = {
    CONTROL: "no platforms",
    NO_GAINS: "integration without real gains",
    NO_PROCESS: "integration whose software gains nothing",
    FREE: "free choice of founders",
    "adaptive_switching": "platforms that adapt",
}


def label(arm: str) -> str:
    """An arm in words, the same wherever one is named."""
    return LABELS.get(arm, arm.replace("_", " "))


def listed(names: Sequence[str]) -> str:
    """ "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def many(worlds: int) -> str:
    """ "1 world", "2 worlds"."""
    return f"{worlds} world{'' if worlds == 1 else 's'}"


def percent(value: float) -> str:
    """A share as a whole number of percent."""
    return f"{100 * value:.0f} %"


def readable(unit: str, *, difference: bool = False) -> tuple[float, str]:
    """What a number in this unit is multiplied by where people read it, and the unit then.

    A share of something is told in per cent of it; a share of nothing that is named in per cent too, and the
    difference of two such in points. A gain over the twin is so many per cent, as its outcome's name says.
    """
    if unit == "share of the twin's":
        return 100.0, "%"
    if unit.startswith("share of "):
        return 100.0, f"% of {unit.removeprefix('share of ')}"
    if unit.split(" ")[0] == "share":
        return 100.0, ("points" if difference else "%") + unit.removeprefix("share")
    return 1.0, unit


def amount(value: float, unit: str, *, signed: bool = False, bare: bool = False) -> str:
    """A difference, in the unit in which people read it; ``bare``: its number alone."""
    times, name = readable(unit, difference=True)
    text = number(times * value, signed=signed)
    return text if bare or text == "n/a" or name in UNNAMED else f"{text} {name}"


UNNAMED = ("from −1 to 1", "correlation", "count")  # units that say nothing after a number


def number(value: float, *, signed: bool = False) -> str:
    """Three digits that matter; "n/a" where there is no number."""
    if not math.isfinite(value):
        return "n/a"
    size = abs(value)
    if size < 5e-7:
        return "0"
    text = f"{value:+.3g}" if signed else f"{value:.3g}"
    if "e" in text:
        places = max(0, 2 - math.floor(math.log10(size)))
        text = f"{value:+.{places}f}" if signed else f"{value:.{places}f}"
    return text.replace("-", "−")


def mean_told(row: Any, times: float = 1.0, unit: str = "", *, signed: bool = False) -> str:
    """A mean over worlds, so many ``times`` itself, with its interval where there is one; row: ``worlds``,
    ``mean``, ``low``, ``high``."""
    if not row["worlds"]:
        return "no case"
    mean, low, high = (number(times * row[one], signed=signed) for one in ("mean", "low", "high"))
    known = math.isfinite(row["low"]) and math.isfinite(row["high"])
    return f"{mean}{unit} ({low} to {high})" if known else f"{mean}{unit}"


def spanned(mean: float, low: float, high: float, *, more: str = "") -> str:
    """A signed number with its interval, and what else belongs into the brackets."""
    ends = f"{number(low, signed=True)} to {number(high, signed=True)}"
    return f"{number(mean, signed=True)} ({ends}{more})"
