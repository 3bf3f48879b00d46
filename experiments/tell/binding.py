"""Which resource is short, told arm by arm."""

from __future__ import annotations

import math
from typing import Any

from experiments.judge.binding import MEASURES
from experiments.measure.futures import Frame
from experiments.tell.markdown import table
from experiments.tell.words import label, number

TITLE = "## Which resource is short"
ABOUT = (
    "Shares of platforms, of quarters or of what was asked, in %; means over worlds. Platforms hire before "
    "firms do, so that where staff is short firms go without."
)
NEUTRAL = "What ought not to decide which business model prevails, and whether it does: `make neutrality`."


def lines(found: Frame) -> list[str]:
    """The table of `judge.binding.bound`, resources by arms."""
    arms = list(dict.fromkeys(found["arm"]))
    by = found.set_index(["resource", "measure", "arm"])
    rows = [[f"{resource}: {what}", *(cell(by.loc[(resource, what, arm)]) for arm in arms)]
            for resource, what in MEASURES]  # fmt: skip
    return [TITLE, "", ABOUT, "", table(["", *map(label, arms)], rows, aligned=True), ""]


def cell(row: Any) -> str:
    """A share in per cent with its interval."""
    if not row["worlds"]:
        return "no case"
    text = number(100.0 * row["mean"])
    known = math.isfinite(row["low"]) and math.isfinite(row["high"])
    return f"{text} ({number(100.0 * row['low'])} to {number(100.0 * row['high'])})" if known else text
