"""How large fintech is beside the economy, told in per cent of GDP beside what is published."""

from __future__ import annotations

from experiments.judge.fintech_sizes import BESIDE, JUDGE, JUDGES, SET_IT
from experiments.judge.means import LEAST
from experiments.measure.futures import Frame
from experiments.tell.markdown import table
from experiments.tell.words import label, many, number

WHAT = {
    SET_IT: "sets the scale, no hit",
    JUDGES: "judges",
    BESIDE: "stands beside",
}


def lines(found: Frame) -> list[str]:
    """Of each size and arm the median over worlds at the peak and at the end; then what judges, in words.

    Args:
        found: of `judge.fintech_sizes.middle_sizes`.
    """
    by, names = found.set_index(["size", "arm"]), list(dict.fromkeys(found["arm"]))
    rows = []
    for size in dict.fromkeys(found["size"]):
        cells = [by.loc[(size, arm)] for arm in names]
        told = [f"{number(100.0 * one['peak'])}, {number(100.0 * one['end'])}" for one in cells]
        rows.append([str(size), *told, str(cells[0]["published"]), WHAT[str(cells[0]["role"])]])
    worlds = int(found["worlds"].min())
    few = f"; at least {LEAST} are needed before they say anything" if worlds < LEAST else ""
    words = "Sizes in % of GDP (debts: of a year's), giants counted: of the highest year, then of the last; "
    words += f"medians over {many(worlds)} at defaults{few}. What set the scale is no hit."
    head = ["", *(label(arm) for arm in names), "published", ""]
    return [words, "", table(head, rows, aligned=True), "", *judged(found)]


def judged(found: Frame) -> list[str]:
    """A line for each size that judges: its median with the interval, and whether that is as published."""
    by, out = found.set_index(["size", "arm"]), []
    for size, (_, arm, at) in JUDGE.items():
        if (size, arm) not in by.index:
            continue
        row = by.loc[(size, arm)]
        middle, low, high = (100.0 * float(row[f"{one}{at}"]) for one in ("", "low_", "high_"))
        known = f" ({number(low)} to {number(high)})" if low == low else ""
        when = "at its peak" if at == "peak" else "at the end"
        out.append(
            f"- {str(size).capitalize()}, {label(arm)}, {when}: {number(middle)} %{known}; "
            f"{row['published']}: {row['word']}."
        )
    return out
