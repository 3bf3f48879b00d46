"""Do conclusions depend on how large the economy is? The headline differences at several sizes.

    python -m experiments.studies.scale                 1,000 and 10,000 firms
    python -m experiments.studies.scale --full          and 100,000

A world keeps its number, and with it its draw of parameters, at every size, so sizes are compared in pairs of
worlds. ``--firms`` is the smallest size, the others are ten and a hundred times that; a hundred times is
lived in few worlds. The folder holds a store for each size, ``scale.csv``, ``agreement.csv`` and
``report.md``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from experiments.measure.futures import FOCUS, Frame, arms, kept_without_firms
from experiments.run.command import Parser, Settings, main, parser
from experiments.run.ensemble import Ensemble
from experiments.run.world import CONTROL

QUICK = {"worlds": 8, "firms": 1_000, "burn_in": 40, "quarters": 60}
FULL = {**QUICK, "worlds": 40, "quarters": 80}
FEW = 4  # the largest of three sizes is lived in one world of so many
HEADLINES = (
    "survival",
    "cost_earned",
    "marginal_yield",
    "late_growth",
    "bank_losses",
    "household_losses",
    "output_gain",
    "unemployment",
    "small_firms_rationed",
    "left_for_others",
    "drawdown",
)


def build() -> Parser:
    """The command line."""
    return parser(
        "scale", "The headline differences at several sizes of the economy.", quick=QUICK, full=FULL
    )


def sizes(settings: Settings) -> dict[int, Settings]:
    """Firms -> what to run at that size."""
    found = {}
    for power in range(3 if settings.full else 2):
        times = 10**power
        consumers = None if settings.consumers is None else settings.consumers * times
        worlds = max(2, settings.worlds // FEW) if power == 2 else settings.worlds
        firms = settings.firms * times
        found[firms] = replace(settings, firms=firms, consumers=consumers, worlds=worlds)
    return found


def ensemble(settings: Settings) -> Ensemble:
    """The worlds of one size under every business model."""
    return Ensemble(settings.make_worlds(), arms(every=False), reduce=kept_without_firms)


def pairs(labels: Sequence[str]) -> list[tuple[str, str]]:
    """The focus against the world without platforms and against every other business model."""
    return [(FOCUS, arm) for arm in labels if arm != FOCUS] if FOCUS in labels else []


def gaps(table: Frame) -> dict[tuple[str, str], Any]:
    """(control, measure) -> the focus less the control by world, as a Series; only where both have a
    number."""
    wide = table.pivot_table(index="world", columns=["arm", "measure"], values="value", observed=True)
    found = {}
    for treated, control in pairs(list(dict.fromkeys(map(str, table["arm"])))):
        for name in HEADLINES:
            if (treated, name) in wide and (control, name) in wide:
                series = wide[(treated, name)] - wide[(control, name)]
                found[control, name] = series[np.isfinite(series)]
    return found


def by_size(tables: Mapping[int, Frame]) -> tuple[Frame, Frame]:
    """Differences at each size, and whether sizes agree.

    Args:
        tables: from `measures.measured`, by number of firms.

    Returns:
        ``scale``: firms, control, measure, unit, n, mean, low, high. ``agreement``: smaller, larger, control,
        measure, n, mean (difference at the larger less that at the smaller size, same worlds), low, high,
        least (that matters) and verdict: "agree" where the interval lies within the least difference that
        matters, "differ" where it excludes zero, else "open".
    """
    import pandas as pd

    from experiments.judge.intervals import paired_difference
    from experiments.measure.measures import MEASURES

    found = {firms: gaps(table) for firms, table in tables.items()}
    rows: list[dict[str, Any]] = []
    agreement: list[dict[str, Any]] = []
    order = sorted(found)
    for place, firms in enumerate(order):
        for (control, name), series in found[firms].items():
            one = MEASURES[name]
            about = {"control": control, "measure": name, "unit": one.unit}
            rows.append({"firms": firms, **about, **estimate(series, 0.0 * series, paired_difference)})
            if place:
                before = found[order[place - 1]].get((control, name))
                both = series.index if before is None else series.index.intersection(before.index)
                if before is None or not len(both):
                    continue
                about = {"smaller": order[place - 1], "larger": firms, **about, "least": one.least}
                row = {**about, **estimate(series[both], before[both], paired_difference)}
                within = -one.least <= row["low"] and row["high"] <= one.least
                apart = row["low"] > 0 or row["high"] < 0
                agreement.append({**row, "verdict": "agree" if within else "differ" if apart else "open"})
    return pd.DataFrame(rows), pd.DataFrame(agreement)


def estimate(treated: Any, control: Any, paired: Any) -> dict[str, float]:
    """Number of worlds, mean difference and its interval; no interval from one world."""
    n, mean = len(treated), float((treated - control).mean())
    if n < 2:
        return {"n": n, "mean": mean, "low": math.nan, "high": math.nan}
    found = paired(treated.to_numpy(float), control.to_numpy(float))
    return {"n": n, "mean": found.mean, "low": found.low, "high": found.high}


def lines(scale: Frame, agreement: Frame) -> list[str]:
    """The report as lines of Markdown: one table per contrast, then how many of the headlines agree."""
    from experiments.measure.measures import MEASURES
    from experiments.tell.conclusion import label
    from experiments.tell.tables import markdown, number

    def cell(row: Any) -> str:
        low, high = (number(float(row[end]), signed=True) for end in ("low", "high"))
        return f"{number(float(row['mean']), signed=True)} ({low} to {high}; {int(row['n'])})"

    out = [
        "# Headline differences by size of the economy",
        "",
        "Mean, 95 % interval and number of worlds.",
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
        heading = "without platforms" if control == CONTROL else f"under {label(str(control))}"
        out += [f"## {label(FOCUS).capitalize()} less the same world {heading}", ""]
        out += [*markdown(["", *(f"{firms:,} firms" for firms in order), "sizes"], rows), ""]
    for (smaller, larger), part in agreement.groupby(["smaller", "larger"]) if len(agreement) else ():
        counts = part["verdict"].value_counts()
        told = ", ".join(f"{int(counts.get(word, 0))} {word}" for word in ("agree", "differ", "open"))
        out.append(f"- {smaller:,} against {larger:,} firms: of {len(part)} headline differences {told}.")
    return [*out, ""]


def body(settings: Settings) -> int:
    """Run every size, compare the sizes, and say where everything is."""
    from experiments.measure.measures import measured
    from experiments.studies.compare import write_csv, write_text

    tables = {}
    for firms, mine in sizes(settings).items():
        outcome = mine.run(ensemble(mine), str(firms))
        print(outcome)
        tables[firms] = measured({name: outcome.store.frame(name) for name in ("quarters", "platforms")})
    scale, agreement = by_size(tables)
    write_csv(settings.out / "scale.csv", scale)
    write_csv(settings.out / "agreement.csv", agreement)
    text = "\n".join(lines(scale, agreement))
    write_text(settings.out / "report.md", text)
    print(f"{text}\nTables: {settings.out / 'report.md'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(body, build()))
