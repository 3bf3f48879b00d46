"""The page docs/results/signal.md: how much of the differences between arms is chance, now and before.

    python -m experiments.document.signal DIR          DIR holds worlds of the main job, its tables beside

What it was is history: the groups and the placebo's own size before the core was calm, and the shares once it
was and platforms were smaller. Those numbers stand here, for want of their code.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from experiments.document.quoted import command, described, page, write
from experiments.measure.futures import Frame
from experiments.tell.markdown import table
from experiments.tell.words import label, number, percent

HORIZONS = (40, 80)  # quarters that are compared with what was before
ONCE = {  # the placebo's share at these horizons, of 20 worlds of 10,000 firms by the code 213f9cfa7f3f
    "self_supporting": (0.13, 0.11),
    "customer_return": (0.01, 0.02),
    "customer_return_change": (0.05, 0.05),
    "losses_of_others": (0.36, 0.37),
    "consumption_gain": (0.36, 0.25),
    "goods_gain": (0.73, 0.33),
    "value_net_of_cost": (1.0, 0.69),
    "shock_consumption": (0.57, 0.57),
    "shock_credit": (1.0, 1.0),
}
BEFORE = {  # root mean square of the placebo without platforms, before the core was calm
    ("output", 40): 0.87,
    ("output", 80): 2.51,
    ("consumption", 80): 1.05,
    ("unemployment", 80): 1.7,
}
TEXT = """{typed}

What a change without a meaning does (1 % of deposits moved by lot), beside how far arms differ over worlds:
its share in the variance of the difference, the median over contrasts. Before the core was calm, groups of
outcomes had, at 40 and 80 quarters: viability 1 and 1 %, dividend 0 and 10, soundness 1 and 24, vitality 24
and 43, bridge 26 and 60, resilience 39 and 75. The last column is what 20 worlds of 10,000 firms said once
the core was calm (code `213f9cfa7f3f`), when platforms were smaller. A shock is told at one horizon.

{shares}

The placebo of the world without platforms, root mean square over worlds and the year before each horizon,
beside what it was before the core was calm; the aim was a half of that.

{noise}

{met}

What bursts (a shakeout, a run) is told as a share of worlds, with its interval, on the page of
[how platforms live](lives.md).
"""


def shares(found: Frame) -> str:
    """The placebo's share by outcome and horizon (``signal.csv``), beside what it once was."""
    rows = [
        (f"{label(one.outcome)} [{one.unit}]", str(one.horizon), number(one.difference), number(one.placebo),
         percent(one.share), percent(ONCE[one.outcome][HORIZONS.index(one.horizon)]))
        for one in found.itertuples()
        if one.horizon in HORIZONS
    ]  # fmt: skip
    return table(("outcome", "quarters", "differences vary by", "placebo", "its share", "once"), rows)


def noise(found: Frame) -> str:
    """The placebo's own size (``noise.csv``), beside what it was."""
    rows = [
        (
            f"{one.series} [{one.unit}]",
            str(one.horizon),
            f"{number(one.rms)} ({number(one.low)} to {number(one.high)})",
            number(BEFORE[key]) if (key := (one.series, one.horizon)) in BEFORE else "",
        )
        for one in found.itertuples()
    ]
    return table(("", "quarters", "root mean square (90 %)", "before"), rows)


def met(found: Frame) -> str:
    """Which of them are at most half of what they were."""
    told = {True: [], False: []}
    for one in found.itertuples():
        if (one.series, one.horizon) in BEFORE:
            half = BEFORE[one.series, one.horizon] / 2.0
            told[bool(one.rms <= half)].append(f"{one.series} at {one.horizon} ({number(half)})")
    words = {True: "At most half of it", False: "More than half of it"}
    return " ".join(f"{words[which]}: {', '.join(names)}." for which, names in told.items() if names)


def written(folder: Path) -> str:
    """The text of the page. FileNotFoundError where the main job has not been told in this folder."""
    signal, moved = (pd.read_csv(folder / f"{name}.csv") for name in ("signal", "noise"))
    typed = f"`{command('compare', described(folder)['arguments'])}`"
    return TEXT.format(typed=typed, shares=shares(signal), noise=noise(moved), met=met(moved)).strip()


def main(argv: Sequence[str]) -> int:
    """Write the page."""
    write({"signal": page("How much of the differences is chance", written(Path(argv[0])))})
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
