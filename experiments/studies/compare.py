"""The main job: every business model in the same worlds, one table, one verdict.

    make compare ARGS="--worlds 24"
    make compare ARGS="--pace-of-change 0.0 --out results/standstill"

A world grows up under external finance and is then lived once under each business model, and once more under
deep integration where a link gains a firm nothing. Each world draws its own values of all parameters that are
merely assumed. The folder then holds the worlds themselves, ``measures.parquet`` and ``.csv`` (world x arm x
measure), ``means.csv``, ``differences.csv``, ``first.csv``, ``weightings.csv``, ``dependence.csv``,
``report.md`` and four figures; the same command again computes only what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass

from experiments.judge.comparison import Comparison, compare
from experiments.measure.futures import Frame, arms, kept, shock
from experiments.measure.measures import measured
from experiments.study import Study, Tables
from experiments.tell.conclusion import conclude
from experiments.tell.figures import figures
from experiments.tell.report import Report
from experiments.tell.tables import lines, means

QUICK = {"worlds": 20, "firms": 10_000, "burn_in": 40, "quarters": 80}


@dataclass(frozen=True)
class Found:
    """The comparison, and what its figures are drawn from besides: ``quarters``, ``platforms``, and the
    parameters ``drawn`` by world."""

    comparison: Comparison
    quarters: Frame
    platforms: Frame
    drawn: Frame


def judge(tables: Tables) -> Found:
    """Compare all arms on all measures."""
    found = compare(measured(tables), tables.drawn)
    return Found(found, tables["quarters"], tables["platforms"], tables.drawn)


def tell(found: Found) -> Report:
    """The verdict, the tables behind it and four figures."""
    compared = found.comparison
    return Report(
        "\n".join(conclude(compared)),
        title="Business models of fintech, in the same worlds",
        more="\n".join(["## Tables", "", *lines(compared)]),
        tables={
            "measures": compared.measures,
            "measures.parquet": compared.measures.astype({"arm": str}),
            "means": means(compared),
            "differences": compared.differences,
            "first": compared.first,
            "weightings": compared.weightings,
            "dependence": compared.dependence,
        },
        figures=figures(compared, {"quarters": found.quarters, "platforms": found.platforms}, found.drawn),
    )


STUDY = Study(__doc__, QUICK, {**QUICK, "worlds": 200}, arms, kept, judge, tell, aside=shock)
