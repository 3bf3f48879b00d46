"""The main job: every business model in the same worlds, one table, one verdict.

    make compare ARGS="--worlds 24"
    make compare ARGS="--pace-of-change 0.0 --out results/standstill"

A world grows up under external finance and is then lived once under each business model, once more under
deep integration where a link gains a firm nothing, once where founders choose among all models, and twice
with a change that means nothing, which shows what chance does. Beside every future a standard shock is lived
for three years. Each world draws its own values of all parameters that are merely assumed. The folder then
holds the worlds themselves, ``measures.parquet`` and ``.csv`` (world x arm x measure), ``means.csv``,
``differences.csv``, ``primary.csv`` (the questions that words are given to), ``secondary.csv``,
``dependence.csv`` (screened over all drawn parameters), ``pairs.csv``, ``dominance.csv``,
``weightings.csv``, ``preferred.csv``, ``lucks.csv``, ``signal.csv`` and
``noise.csv`` (what of it is chance), ``stakes.csv`` (sizes, times, who bore losses), ``binding.csv`` (which
resource was short), ``report.md``, the same as one page to send on, ``report.html``, and four figures; the
same command again computes only what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from experiments.judge import register
from experiments.judge.binding import bound
from experiments.judge.claims import Answers, answers
from experiments.judge.comparison import Comparison, compare
from experiments.judge.power import Enough
from experiments.judge.signal import Signal, signal
from experiments.judge.stakes import stakes, worth
from experiments.judge.verdict import Verdict, known, questions, verdict
from experiments.measure.binding import Binding
from experiments.measure.futures import NO_GAINS, PLACEBO, Frame, arms, kept, shock
from experiments.measure.measures import MEASURES, measured, outcomes
from experiments.run.command import Settings
from experiments.run.world import CONTROL
from experiments.study import Study, Tables
from experiments.tell import binding
from experiments.tell import claims as answered
from experiments.tell.chance import by_chance
from experiments.tell.figures import figures
from experiments.tell.report import Report
from experiments.tell.tables import lines, means
from experiments.tell.verdict import (
    at_other_horizons,
    named_leads,
    reasons,
    stakes_table,
    ten_lines,
    verdict_table,
    whatever_the_weights,
)

NAME = "compare"  # by which claims ask for its worlds
CLAIMS = "## What this says of the essay's claims"
QUICK = {"worlds": 13, "firms": 4_000, "burn_in": 40, "quarters": 80}


@dataclass(frozen=True)
class Found:
    """The verdict, whose ``primary`` says in ``yuan`` what one unit is worth to a person in a year; what it
    says of the essay's claims; the comparison of all measures; the stakes; and what figures are drawn from
    besides: ``quarters``; how much of the differences is chance; and which resource was short, see
    `judge.binding.bound`."""

    verdict: Verdict
    claims: Answers
    comparison: Comparison
    stakes: Frame
    quarters: Frame
    signal: Signal
    binding: Frame


def judge(tables: Tables) -> Found:
    """Compare all arms on all measures."""
    quarters = tables["quarters"]
    values = outcomes(tables)
    judged = verdict(values, tables.drawn, tables.started)
    _, _, pairs, asked = questions(values)
    units = {name: one.unit for name, one in MEASURES.items()}
    yuan = judged.primary["outcome"].map(worth(quarters, units, persons(tables.settings)))
    judged = replace(judged, primary=judged.primary.assign(yuan=yuan))
    compared, at_stake = compare(measured(tables)), stakes(quarters)
    chance = signal(values, asked, pairs, quarters)
    short = bound(tables["binding"], models(map(str, quarters["arm"].unique())))
    return Found(judged, claims(tables), compared, at_stake, quarters, chance, short)


def models(labels: Iterable[str]) -> list[str]:
    """The arms in which platforms act, but for those that are there to compare an arm with itself."""
    return [one for one in labels if one not in (CONTROL, NO_GAINS, *PLACEBO.values())]


def persons(settings: Settings) -> float:
    """How many live in each world."""
    import sim

    rows = 2 * settings.firms if settings.consumers is None else settings.consumers
    return rows * sim.Parameters(**settings.chosen).persons_per_row


def far(tables: Tables, margins: float, looks: int) -> Enough:
    """Whether every question of the verdict is known to ± so many margins."""
    return known(outcomes(tables), tables.drawn, margins, looks)


def claims(tables: Tables) -> Answers:
    """The claims of the essay, those answered that these worlds can answer."""
    return answers(register.claims(), tables, tables.drawn, tables.started, NAME)


def tell(found: Found) -> Report:
    """The verdict, the tables behind it and four figures."""
    compared, judged, mine = found.comparison, found.verdict, found.claims.of(NAME)
    more = [
        "## Sizes, times and stakes",
        "",
        "Of the middle world, with the 95 % interval of the median.",
        "",
    ]
    more += [stakes_table(found.stakes), ""]
    more += [*binding.lines(found.binding), binding.NEUTRAL, ""]
    more += ["## What the verdict is read from", "", verdict_table(judged), "", *reasons(judged), ""]
    more += ["## Earlier and later", "", at_other_horizons(judged), ""]
    more += ["## What of it is chance", "", *by_chance(found.signal)]
    more += ["## Over all weightings", "", *whatever_the_weights(judged), ""]
    more += ["## All measures", "", "At the end of the futures; shown, and not ranked.", "", *lines(compared)]
    return Report(
        "\n".join(ten_lines(judged, found.stakes)),
        title="Business models of fintech, in the same worlds",
        claims="\n".join([CLAIMS, "", *answered.lines(mine), "", answered.numbers(mine)]),
        more="\n".join(more),
        tables={
            "measures": compared.measures,
            "measures.parquet": compared.measures.astype({"arm": str}),
            "means": means(compared),
            "differences": compared.differences,
            "primary": judged.primary,
            "secondary": judged.secondary,
            "stakes": found.stakes,
            "binding": found.binding,
            "dependence": named_leads(judged),
            "pairs": judged.pairs,
            "dominance": judged.dominance,
            "weightings": judged.first,
            "preferred": judged.preferred,
            "lucks": judged.lucks,
            "signal": found.signal.shares,
            "noise": found.signal.noise,
        },
        figures=figures(judged, found.stakes, {"quarters": found.quarters}),
    )


SIZES = QUICK, {**QUICK, "worlds": 200, "firms": 10_000}
STUDY = Study(
    __doc__, *SIZES, arms, kept, judge, tell,
    aside=shock, known=far, register=register.digest, follow=Binding,
)  # fmt: skip
