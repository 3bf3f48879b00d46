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

from experiments.judge.asked import Asked, draws, leads, pooled
from experiments.judge.dependence import depends, screen
from experiments.judge.estimands import Material, named
from experiments.judge.family import BETTER, COLUMNS, DEPENDS, NO_DIFFERENCE, UNDECIDED, WORSE, judge
from experiments.judge.register import ALL, ZERO, Claim, Contrast, digest
from experiments.measure.futures import PLACEBO, Frame
from experiments.measure.measures import valued
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
    lasted = int(tables["quarters"]["since"].max())
    arms = {*map(str, tables["quarters"]["arm"].unique()), ZERO}
    asked = [
        replace(one, horizon=min(one.horizon, lasted))
        for claim in claims
        if claim.study == study and not strangers(claim, arms)
        for one in claim.contrasts
    ]
    wanted = {
        horizon: {one.name: one for c in asked if c.horizon == horizon for one in named(c.estimand).needs}
        for horizon in sorted({one.horizon for one in asked})
    }
    values = valued(tables, {horizon: list(measures.values()) for horizon, measures in wanted.items()})
    material = Material(values, tables["quarters"])
    draw = draws(drawn)
    found = pooled(sides(asked, material), draw) if asked else pd.DataFrame()
    return answer(claims, asked, found, drawn, started if draw.is_unique else None)


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
    if not asked:
        contrasts = pd.DataFrame(columns=list(CONTRASTS))
        return Answers(_claims(claims, contrasts), contrasts, digest())
    questions = [
        Asked(one.name, one.group, named(one.estimand).unit, one.sign or 1, one.margin) for one in asked
    ]
    placebos = {side: label for side, label in PLACEBOS.items() if label in set(values["arm"])}
    judged = judge(values, questions, [(ARM, OTHER)], placebos, horizon=HERE, worlds=started)
    screened = screen(leads(values, questions, [(ARM, OTHER)], HERE), drawn)
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
