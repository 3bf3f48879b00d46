"""The essay's claims, one by one: what the same worlds say of each, or what it would take to say something.

    make verdict
    make verdict ARGS="--worlds 60"

Every claim of ``seeds/claims.toml`` has an answer: supported, contradicted, no difference that matters,
depends, undecided (and how many worlds it would take) or not testable yet (and what is missing). The worlds
are those of the main job and lie in its folder, ``compare`` beside that of the verdict, so that they are
lived once for both. The folder then holds ``claims.csv``, ``contrasts.csv``, from which every sentence is
read, ``report.md`` and ``claims.png``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from experiments.judge.claims import Answers
from experiments.run.command import Settings
from experiments.studies import compare
from experiments.study import Tables
from experiments.tell.claims import figures, files, lines, meanings, numbers
from experiments.tell.report import Report


def worlds(settings: Settings) -> Mapping[str, Settings]:
    """Those of the main job."""
    return {"": replace(settings, name=compare.NAME, out=settings.out.with_name(compare.NAME))}


def judge(lived: Mapping[str, Tables]) -> Answers:
    """The answer to every claim."""
    return compare.claims(lived[""])


def tell(found: Answers) -> Report:
    """The table of claims, the numbers behind it, what is measured, and the figure."""
    return Report(
        "\n".join([*lines(found), "", "## The numbers", "", numbers(found)]),
        title="What the essay claims, and what these worlds say",
        more="\n".join(["## What is measured", "", *meanings(found)]),
        tables=files(found),
        figures=figures(found),
    )


STUDY = replace(compare.STUDY, question=__doc__, judge=judge, tell=tell, parts=worlds)
