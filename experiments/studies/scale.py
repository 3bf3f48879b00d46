"""Do conclusions depend on how large the economy is? The headline differences at several sizes.

    make scale                 1,000 and 10,000 firms
    make scale ARGS=--full     and 100,000

A world keeps its number, and with it its draw of parameters, at every size, so sizes are compared in pairs of
worlds. ``--firms`` is the smallest size, the others are ten and a hundred times that; a hundred times is
lived in few worlds. The folder holds a store for each size, ``scale.csv``, ``agreement.csv`` and
``report.md``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from experiments.judge.means import LEAST
from experiments.judge.sizes import AGREE, DIFFER, OPEN, by_size
from experiments.measure.futures import FOCUS, Frame, arms, kept_without_firms
from experiments.measure.measures import MEASURES, measured
from experiments.run.arm import Arm
from experiments.run.command import Settings
from experiments.run.world import CONTROL
from experiments.study import Study, Tables
from experiments.tell.markdown import table
from experiments.tell.report import Report
from experiments.tell.words import label, number, spanned

QUICK = {"worlds": LEAST, "firms": 1_000, "burn_in": 40, "quarters": 60}
FULL = {**QUICK, "worlds": 40, "quarters": 80}
FEW = 3  # the largest of three sizes is lived in one world of so many; of 40 enough are left for words


@dataclass(frozen=True)
class Scaled:
    """``scale``: differences at each size. ``agreement``: whether sizes agree. See `by_size`."""

    scale: Frame
    agreement: Frame


def models() -> dict[str, Arm]:
    """Every business model; links without gains say nothing about size."""
    return arms(every=False)


def sizes(settings: Settings) -> dict[str, Settings]:
    """Number of firms, as the name of a folder -> what to run at that size."""
    found = {}
    for power in range(3 if settings.full else 2):
        times = 10**power
        consumers = None if settings.consumers is None else settings.consumers * times
        worlds = max(2, settings.worlds // FEW) if power == 2 else settings.worlds
        firms = settings.firms * times
        found[str(firms)] = replace(settings, firms=firms, consumers=consumers, worlds=worlds)
    return found


def judge(parts: Mapping[str, Tables]) -> Scaled:
    """The differences at every size, and between neighbouring sizes."""
    return Scaled(*by_size({int(firms): measured(tables) for firms, tables in parts.items()}))


def tell(found: Scaled) -> Report:
    """One table per contrast, then how many of the headlines agree."""
    frames = {"scale": found.scale, "agreement": found.agreement}
    words = "\n".join(lines(found.scale, found.agreement))
    return Report(words, frames, title="Headline differences by size of the economy")


def lines(scale: Frame, agreement: Frame) -> list[str]:
    """The report as lines of Markdown: one table per contrast, then how many of the headlines agree."""

    def cell(row: Any) -> str:
        mean, low, high = (float(row[name]) for name in ("mean", "low", "high"))
        if not math.isfinite(low):
            return f"{number(mean, signed=True)} ({int(row['n'])})"
        return spanned(mean, low, high, more=f"; {int(row['n'])}")

    out = [
        f"Mean, 95 % interval where worlds allow one (from {LEAST} on), and their number. Sizes agree where",
        "what lies between them does not matter, they differ where one is surely larger (corrected over all",
        "of them, Benjamini and Hochberg); all else is open.",
        "",
    ]
    order = sorted(set(scale["firms"]))
    verdicts = agreement.set_index(["control", "measure", "larger"])["verdict"] if len(agreement) else {}
    for control, part in scale.groupby("control", sort=False):
        cells = part.set_index(["measure", "firms"])
        rows = []
        for name in dict.fromkeys(part["measure"]):
            have = [
                cell(cells.loc[(name, firms)]) if (name, firms) in cells.index else "n/a" for firms in order
            ]
            told = [verdicts.get((control, name, firms), "n/a") for firms in order[1:]]
            rows.append([f"{MEASURES[name].title} [{MEASURES[name].unit}]", *have, ", ".join(told)])
        heading = "with" if control == CONTROL else "under"
        out += [f"## {label(FOCUS).capitalize()} less the same world {heading} {label(str(control))}", ""]
        out += [table(["", *(f"{firms:,} firms" for firms in order), "sizes"], rows, aligned=True), ""]
    for (smaller, larger), part in agreement.groupby(["smaller", "larger"]) if len(agreement) else ():
        counts = part["verdict"].value_counts()
        told = ", ".join(f"{int(counts.get(word, 0))} {word}" for word in (AGREE, DIFFER, OPEN))
        out.append(f"- {smaller:,} against {larger:,} firms: of {len(part)} headline differences {told}.")
    return [*out, ""]


STUDY = Study(__doc__, QUICK, FULL, models, kept_without_firms, judge, tell, parts=sizes)
