"""The claims under a free choice of founders, beside their answers between pure arms."""

from __future__ import annotations

from typing import Any

from experiments.judge.family import BETTER, UNDECIDED, WORSE
from experiments.judge.under_choice import OPEN, PURE, YES, UnderChoice
from experiments.measure.futures import FREE, Frame
from experiments.tell.claims import numbers, phrase, sized, told
from experiments.tell.markdown import table
from experiments.tell.words import listed, many

HEAD = "## Under a free choice of founders"
HOW = (
    "Founders choose among all business models, in the same worlds. The platforms of one model are compared "
    "with those of another within one such world, where they share customers, funders and staff; so revenue, "
    "its peak and its falls hold how many chose the model. Where a claim sets a model against no platforms, "
    "the free world as a whole stands in its place. Margins, horizons and rules are those of the claims. The "
    "answers differ (yes) where a contrast under choice less the same between pure arms is told from zero, "
    "and do not (no) where all of them are within their margins."
)


def lines(found: UnderChoice) -> list[str]:
    """The section: both answers to each claim, what they rest on, and which claims cannot be asked so."""
    asked = found.claims.loc[found.claims[FREE] != ""]
    head = ("claim", "pure arms", "free choice", "do they differ")
    rows = [(row["claim"], row[PURE], row[FREE] + in_part(row), row["differ"]) for _, row in asked.iterrows()]
    sentences = {name: text for name, _, text in told(found.answers)}
    out = [HEAD, "", f"{HOW} {size(found)}", "", table(head, rows, aligned=True), ""]
    out += [
        f"- {row['claim']}: {sentences[row['claim']]} {against(row, found.change)}"
        for _, row in asked.iterrows()
    ]
    out += ["", *lacking_models(found.answers.contrasts), numbers(found.answers), ""]
    return [*out, "Not asked under choice:", "", *not_asked(found.claims)]


def in_part(row: Any) -> str:
    """Says of a claim that a part of it is not asked."""
    return " (in part)" if row["lacking"] else ""


def size(found: UnderChoice) -> str:
    """How many claims and contrasts are judged together."""
    n, contrasts = len(found.answers.claims), len(found.answers.contrasts)
    return f"{n} claims can be asked so, in {contrasts} contrasts, corrected as one family (Holm)."


def against(row: Any, change: Frame) -> str:
    """What of a claim differs, or which of its contrasts lacks most worlds to tell."""
    mine = change.loc[change["claim"] == row["claim"]]
    if row["differ"] == YES:
        apart = mine.loc[mine["word"].isin((BETTER, WORSE))]
        return f"Under choice less between pure arms: {'; '.join(sized(one) for _, one in apart.iterrows())}."
    if row["differ"] == OPEN:
        still = mine.loc[mine["word"] == UNDECIDED]
        slowest = still.loc[still["worlds_needed"].fillna(-1.0).idxmax()]
        return f"Under choice less between pure arms, open: {sized(slowest)}, {slowest['why']}."
    return "It is the same between pure arms, within the margin."


def lacking_models(contrasts: Frame) -> list[str]:
    """Worlds in which nobody ran a model, or in which its platforms lack a number, by contrast."""
    short = contrasts.loc[contrasts["missing"] > 0]
    if not len(short):
        return []
    cases = [f"{row['claim']} {phrase(row)}: {int(row['missing'])}" for _, row in short.iterrows()]
    most = int((contrasts["n"] + contrasts["missing"]).max())
    return [
        f"Of {many(most)}, so many lack a case, as a model was not run or has no number: {'; '.join(cases)}.",
        "",
    ]


def not_asked(claims: Frame) -> list[str]:
    """A line for each reason, with the claims that it keeps from being asked, whole or in part."""
    kept_out = claims.loc[claims["lacking"] != ""]
    out = []
    for why, rows in kept_out.groupby("lacking", sort=False):
        names = [
            f"{name}{' in part' if word else ''}"
            for name, word in zip(rows["claim"], rows[FREE], strict=True)
        ]
        out.append(f"- {listed(names)}: {why}.")
    return out


def files(found: UnderChoice) -> dict[str, Frame]:
    """Tables by the name of their file."""
    sentences = {name: text for name, _, text in told(found.answers)}
    claims = found.claims.assign(sentence=found.claims["claim"].map(sentences).fillna(""))
    return {"claims_free": claims, "contrasts_free": found.answers.contrasts, "change_free": found.change}
