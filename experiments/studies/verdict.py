"""The essay's claims, one by one: what the same worlds say of each, or what it would take to say something.

    make verdict
    make verdict ARGS="--worlds 60"

Every claim of ``seeds/claims.toml`` has an answer: supported, contradicted, no difference that matters,
depends, undecided (and how many worlds it would take) or not testable yet (and what is missing). The worlds
are those of the main job and of the studies of pace, crowding, depth, lines and metamorphosis (at the usual
pace), each of its own sizes but for those that are set here, and lie in their folders beside that of the
verdict, so that they are lived once for both. What claims ask of the platforms of a business model is asked
once more where founders choose among all of them. The folder then holds ``claims.csv``, ``contrasts.csv``,
from which every sentence is read, the same under choice, ``claims_free.csv`` and ``contrasts_free.csv``,
``change_free.csv`` (under choice less between pure arms), ``report.md`` and ``claims.png``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from experiments.judge import register
from experiments.judge.claims import Answers, Part, joined, of_main
from experiments.judge.under_choice import UnderChoice, under_choice
from experiments.run import command
from experiments.run.command import Settings
from experiments.studies import compare, crowding, depth, diversification, metamorphosis, pace_of_change
from experiments.study import Study, Tables
from experiments.tell import under_choice as choice
from experiments.tell.claims import figures, files, lines, meanings, numbers
from experiments.tell.report import Report

OTHERS: dict[str, Study] = {one.NAME: one.STUDY for one in (pace_of_change, crowding, depth, diversification)}
OTHERS[metamorphosis.NAME] = metamorphosis.STUDY
OWN_ROOM = "platforms"  # of the sizes, the one that a study needs as it is


def worlds(settings: Settings) -> Mapping[str, Settings]:
    """Those of the main job, and those of each other study that claims ask for."""
    beside = settings.out.parent
    found = {compare.NAME: replace(settings, name=compare.NAME, out=beside)}
    for name, study in OTHERS.items():
        mine = replace(settings, name=name, **sizes(settings, study))
        split = metamorphosis.for_claims if name == metamorphosis.NAME else study.parts
        for folder, one in (split(mine) if split else {"": mine}).items():
            found[f"{name}/{folder}".rstrip("/")] = replace(one, name=name, out=beside)
    return found


def sizes(settings: Settings, study: Study) -> dict[str, int | None]:
    """A study's own sizes, but for those that differ from the usual ones of the verdict."""
    usual, own = (
        (one.full, command.FULL) if settings.full else (one.quick, command.QUICK) for one in (STUDY, study)
    )
    before, after = {**usual[1], **usual[0]}, {**own[1], **own[0]}
    chosen = {name: getattr(settings, name) for name in before}
    return {
        name: chosen[name] if chosen[name] != before[name] and name != OWN_ROOM else after[name]
        for name in before
    }


def parts(lived: Mapping[str, Tables]) -> list[Part]:
    """What the worlds of each study say."""
    main = lived[compare.NAME]
    paces = {name: one for name, one in lived.items() if name.startswith(pace_of_change.NAME)}
    return [
        of_main(register.claims(), main, main.drawn, main.started, compare.NAME),
        pace_of_change.of_claims(paces)[0],
        *(one.of_claims(lived[one.NAME])[0] for one in (crowding, depth, diversification)),
        metamorphosis.of_claims(lived[f"{metamorphosis.NAME}/usual"]),
    ]


@dataclass(frozen=True)
class Found:
    """The answers to all claims as registered, and to those that can be asked ``under_choice``."""

    answers: Answers
    under_choice: UnderChoice


def judge(lived: Mapping[str, Tables]) -> Found:
    """The answer to every claim, and to those that can be asked where founders choose."""
    claims, found = register.claims(), parts(lived)
    answers, main = joined(claims, found), lived[compare.NAME]
    return Found(answers, under_choice(claims, answers, found[0], main, compare.NAME))


def tell(found: Found) -> Report:
    """The table of claims, the numbers behind it, what is measured, and the figure; the same under choice."""
    answers, free = found.answers, found.under_choice
    return Report(
        "\n".join([*lines(answers), "", "## The numbers", "", numbers(answers), "", *choice.lines(free)]),
        title="What the essay claims, and what these worlds say",
        more="\n".join(["## What is measured", "", *meanings(answers)]),
        tables={**files(answers), **choice.files(free)},
        figures=figures(answers),
    )


STUDY = replace(compare.STUDY, question=__doc__, judge=judge, tell=tell, parts=worlds, others=OTHERS)
