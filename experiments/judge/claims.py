"""Every claim of the essay answered: one word each, and the contrasts that it rests on.

A contrast is judged as every other difference is (`family.judge`), all contrasts of all claims that can be
tested together as one family. Its direction is the sign that was predicted, so that "better" says: as
predicted. The words, the first that holds; for a claim all of whose contrasts have to come out (`ALL`):

- not testable yet: the study that it asks for is not among those that were lived.
- contradicted: a contrast came out the other way; where no difference was predicted, either way.
- supported: every contrast came out as predicted.
- no difference that matters: every contrast lies within its margin, and a difference was predicted.
- depends: the sign of a contrast changes with a parameter.
- undecided.

Where one contrast is enough (`ANY`), one as predicted supports, and all the other way contradict.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

import experiments.judge.turning  # noqa: F401 - declares what claims ask of those that turn
from experiments.judge.asked import Asked, draws, leads, pooled
from experiments.judge.chance import corrected
from experiments.judge.dependence import depends, screen
from experiments.judge.estimands import Material, named
from experiments.judge.family import BETTER, COLUMNS, DEPENDS, NO_DIFFERENCE, UNDECIDED, WORSE, judge
from experiments.judge.register import ALL, ZERO, Claim, Contrast, digest
from experiments.measure.futures import PLACEBO, Frame
from experiments.measure.measures import valued
from experiments.measure.measures.declared import Measure
from experiments.run.known import COMING, found

SUPPORTED, CONTRADICTED, NOT_TESTABLE = "supported", "contradicted", "not testable yet"
ANSWERS = (SUPPORTED, CONTRADICTED, NO_DIFFERENCE, DEPENDS, UNDECIDED, NOT_TESTABLE)
HERE = 0  # the one horizon of the family: each contrast is asked at its own
ARM, OTHER = "arm", "other"  # the two sides of every contrast, whatever arms stand there
ASKED = ("claim", "estimand", "arm", "other", "sign", "at", "reason")
JUDGED = tuple(
    name
    for name in (*COLUMNS, "on")
    if name not in ("outcome", "arm", "other", "group", "horizon", "direction", "primary")
)
CONTRASTS = (*ASKED, *JUDGED)
PLACEBOS = {ARM: "placebo of the arm", OTHER: "placebo of the other"}


@dataclass(frozen=True)
class Part:
    """What the worlds of one study say: the contrasts ``asked`` of them, the ``values`` of `sides`, the
    parameters ``drawn`` by world, and the numbers of all worlds ``started`` (None: every one has rows)."""

    asked: Sequence[Contrast]
    values: Frame
    drawn: Frame
    started: Iterable[int] | None = None


@dataclass(frozen=True)
class Answers:
    """A word for every claim, and what it rests on.

    ``claims``: claim, statement, study, sign, rule, word, lacking (what "not testable yet" waits for) and
    narrower. ``contrasts``: a row of `family.judge` each, with claim, estimand, sign, at (quarters), reason
    (of its margin) and on (parameters that it depends on). ``register``: the hash of what was asked.
    """

    claims: Frame
    contrasts: Frame
    register: str

    def of(self, study: str) -> Answers:
        """The part that one study answers."""
        claims = self.claims.loc[self.claims["study"] == study].reset_index(drop=True)
        contrasts = self.contrasts.loc[self.contrasts["claim"].isin(claims["claim"])]
        return replace(self, claims=claims, contrasts=contrasts.reset_index(drop=True))


def answers(
    claims: Sequence[Claim], tables: Mapping[str, Frame], drawn: Frame, started: Iterable[int], study: str
) -> Answers:
    """Answer what the worlds of one study can, and say what the rest waits for.

    Args:
        tables: of a store in which all arms were lived and kept by `futures.kept`.
        drawn: parameters by world (index) and name.
        started: numbers of all worlds asked for; those without a row have failed.
    """
    return joined(claims, [of_main(claims, tables, drawn, started, study)])


def of_main(
    claims: Sequence[Claim], tables: Mapping[str, Frame], drawn: Frame, started: Iterable[int], study: str
) -> Part:
    """The part of a study whose worlds lie in one store, all arms kept by `futures.kept`; see `answers`."""
    lasted = int(tables["quarters"]["since"].max())
    arms = {*map(str, tables["quarters"]["arm"].unique()), ZERO}
    asked = asked_of(claims, study, arms, lasted)
    return part(asked, Material(measures_of(asked, tables), tables["quarters"]), drawn, started)


def asked_of(claims: Iterable[Claim], study: str, arms: Collection[str], lasted: int) -> list[Contrast]:
    """The contrasts of a study's claims, all of whose arms were lived, none beyond the end of the futures."""
    return [
        replace(one, horizon=min(one.horizon, lasted))
        for claim in claims
        if claim.study == study and not strangers(claim, arms)
        for one in claim.contrasts
    ]


def measures_of(asked: Iterable[Contrast], tables: Mapping[str, Frame]) -> Frame:
    """The measures that contrasts need, each at its horizon."""
    wanted: dict[int, dict[str, Measure]] = {}
    for contrast in asked:
        needs = {one.name: one for one in named(contrast.estimand).needs}
        wanted[contrast.horizon] = wanted.get(contrast.horizon, {}) | needs
    return valued(tables, {horizon: list(measures.values()) for horizon, measures in sorted(wanted.items())})


def part(asked: Sequence[Contrast], material: Material, drawn: Frame, started: Iterable[int]) -> Part:
    """What this material says of these contrasts."""
    draw = draws(drawn)
    found = pooled(sides(asked, material), draw) if asked else pd.DataFrame()
    return Part(asked, found, drawn, started if draw.is_unique else None)


def strangers(claim: Claim, arms: Collection[str]) -> list[str]:
    """Arms that a claim compares and that were not lived."""
    named = {arm for one in claim.contrasts for arm in (one.arm, one.other, *one.among)}
    return sorted(named - set(arms))


def sides(asked: Iterable[Contrast], material: Material) -> Frame:
    """The number of each contrast in each world, as values for `family.judge`: side `ARM`, and zero on side
    `OTHER`; where an arm has a placebo, what takes its place in `PLACEBOS`."""
    parts = []
    for one in asked:
        number = named(one.estimand).number
        found = number(material, one)
        numbers = {ARM: found, OTHER: 0.0 * found}
        if PLACEBO.get(one.arm) in material.arms:
            numbers[PLACEBOS[ARM]] = number(material, one.instead(one.arm, PLACEBO[one.arm]))
        if PLACEBO.get(one.other) in material.arms:
            numbers[PLACEBOS[OTHER]] = number(material, one.instead(one.other, PLACEBO[one.other])) - found
        for side, values in numbers.items():
            part = values.rename("value").reset_index()
            parts.append(part.assign(arm=side, outcome=one.name, horizon=HERE))
    return pd.concat(parts, ignore_index=True)


def answer(
    claims: Sequence[Claim],
    asked: Sequence[Contrast],
    values: Frame,
    drawn: Frame,
    started: Iterable[int] | None = None,
) -> Answers:
    """Judge contrasts and give each claim its word.

    Args:
        asked: the contrasts of the claims that can be tested.
        values: from `sides`.
    """
    return joined(claims, [Part(asked, values, drawn, started)])


def joined(claims: Sequence[Claim], parts: Sequence[Part]) -> Answers:
    """Judge what the worlds of several studies say as one family, and give each claim its word."""
    parts = [one for one in parts if one.asked]
    if not parts:
        contrasts = pd.DataFrame(columns=list(CONTRASTS))
        return Answers(_claims(claims, contrasts), contrasts, digest())
    asked = [one for each in parts for one in each.asked]
    values = pd.concat([one.values for one in parts], ignore_index=True)
    placebos = {side: label for side, label in PLACEBOS.items() if label in set(values["arm"])}
    judged = judge(values, questions(asked), [(ARM, OTHER)], placebos, horizon=HERE)
    judged = judged.assign(missing=[_started(parts, name) for name in judged["outcome"]] - judged["n"])
    screened = _screened(parts)
    judged = depends(judged, screened) if len(screened) else judged.assign(on="")
    about = pd.DataFrame(
        [
            (one.name, one.claim, one.estimand, one.arm, one.other, one.sign, one.horizon, one.reason)
            for one in asked
        ],
        columns=["outcome", *ASKED],
    )
    numbers = judged[["outcome", *JUDGED]]
    contrasts = about.merge(numbers, on="outcome", validate="1:1").drop(columns="outcome")
    return Answers(_claims(claims, contrasts), contrasts, digest())


def questions(asked: Iterable[Contrast]) -> list[Asked]:
    """Contrasts as `family.judge` is asked about them."""
    return [Asked(one.name, one.group, named(one.estimand).unit, one.sign or 1, one.margin) for one in asked]


def _started(parts: Iterable[Part], outcome: str) -> int:
    """How many worlds were started of the study that is asked this."""
    mine = next(part for part in parts if any(one.name == outcome for one in part.asked))
    return len({*map(int, mine.values["world"].unique()), *(mine.started or ())})


def _screened(parts: Sequence[Part]) -> Frame:
    """On what each lead depends, among the parameters of its own worlds; corrected over all of them."""
    each = [screen(leads(one.values, questions(one.asked), [(ARM, OTHER)], HERE), one.drawn) for one in parts]
    filled = [one for one in each if len(one)]
    if not filled:
        return each[0]
    found = pd.concat(filled, ignore_index=True)
    return found.assign(p_corrected=corrected(found["p"], "holm"))


def _claims(claims: Sequence[Claim], contrasts: Frame) -> Frame:
    """A row a claim."""
    rows = []
    for one in claims:
        words = contrasts.loc[contrasts["claim"] == one.name, "word"].tolist()
        word = word_of(words, one.sign, one.rule) if words else NOT_TESTABLE
        built = one.study in found()
        elsewhere = f"worlds of {one.study} with all its arms, which were not lived here"
        waits = elsewhere if built else COMING[one.study]
        lacking = "" if words else waits
        rows.append((one.name, one.statement, one.study, one.sign, one.rule, word, lacking, one.narrower))
    columns = ["claim", "statement", "study", "sign", "rule", "word", "lacking", "narrower"]
    return pd.DataFrame(rows, columns=columns)


def word_of(words: Collection[str], sign: int, rule: str) -> str:
    """The word of a claim whose contrasts have these."""
    as_predicted, against = ({BETTER}, {WORSE}) if sign else ({NO_DIFFERENCE}, {BETTER, WORSE})
    hits, misses = [one in as_predicted for one in words], [one in against for one in words]
    every = rule == ALL
    if any(misses) if every else all(misses):
        return CONTRADICTED
    if all(hits) if every else any(hits):
        return SUPPORTED
    if all(one == NO_DIFFERENCE for one in words):
        return NO_DIFFERENCE
    return DEPENDS if DEPENDS in words else UNDECIDED
