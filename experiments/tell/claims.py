"""The essay's claims and their answers: one table, one sentence each, and the numbers behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from experiments.judge.claims import ANSWERS, CONTRADICTED, NOT_TESTABLE, SUPPORTED, Answers
from experiments.judge.estimands import named
from experiments.judge.family import BETTER, DEPENDS, NO_DIFFERENCE, NOTHING, UNDECIDED, WORSE
from experiments.judge.register import ZERO
from experiments.measure.futures import Frame
from experiments.tell.drawing import panels
from experiments.tell.markdown import table
from experiments.tell.words import amount, label, listed, many, number, readable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NUMBERS = (
    "claim",
    "contrast",
    "difference",
    "interval (95 %)",
    "margin",
    "placebo",
    "worlds",
    "needed",
    "word",
)
TINTS = {BETTER: "#009e73", WORSE: "#d55e00", NO_DIFFERENCE: "#0072b2"}  # the other words are hollow
SCALE = 3.0  # margins from zero up to which the axis of the figure is even, and logarithmic beyond


def lines(found: Answers) -> list[str]:
    """How many claims have which answer, how they were judged, and the claims themselves, one a row."""
    tested = int((found.claims["word"] != NOT_TESTABLE).sum())
    return [
        f"- Asked: {len(found.claims)} claims of the essay, as registered before any of its worlds was run "
        f"(`seeds/claims.toml`; hash {found.register[:12]}).",
        f"- Answers: {counted(found)}.",
        f"- How: {tested} can be tested with {of_studies(found)}, in {len(found.contrasts)} contrasts, all "
        "corrected as one family (Holm).",
        "",
        table(("claim", "answer", "in one sentence"), list(told(found))),
    ]


def of_studies(found: Answers) -> str:
    """How many worlds each study has that answers something; studies differ in size."""
    named_so = found.claims.set_index("claim")["study"]
    asked = found.contrasts["n"].add(found.contrasts["missing"])
    most = asked.groupby(found.contrasts["claim"].map(named_so), sort=False).max()
    if len(most) == 1:
        return f"these {many(int(most.iloc[0]))}"
    told = [f"{many(int(one))} of {str(study).replace('_', ' ')}" for study, one in most.items()]
    return listed(told) if told else "no world"


def counted(found: Answers) -> str:
    """Claims by answer."""
    words = found.claims["word"].tolist()
    return listed([f"{words.count(word)} {word}" for word in ANSWERS if word in words])


def told(found: Answers) -> Iterator[tuple[str, str, str]]:
    """Claim, answer, sentence; in the order of the register."""
    for _, claim in found.claims.iterrows():
        mine = found.contrasts.loc[found.contrasts["claim"] == claim["claim"]]
        yield str(claim["claim"]), str(claim["word"]), sentence(claim, mine)


def sentence(claim: Any, contrasts: Frame) -> str:
    """What was found, from the contrasts that decide it."""
    word, sign = claim["word"], claim["sign"]
    if word == NOT_TESTABLE:
        return f"Needs {claim['lacking']}."
    if word == DEPENDS:
        turning = contrasts.loc[contrasts["word"] == DEPENDS]
        return f"It depends: {'; '.join(f'on {row.on}, {sized(row)}' for _, row in turning.iterrows())}."
    if word == UNDECIDED:
        return unsettled(contrasts)
    begins, deciding = {
        SUPPORTED: ("As predicted", [BETTER] if sign else [NO_DIFFERENCE]),
        CONTRADICTED: ("The other way", [WORSE]) if sign else ("A difference after all", [BETTER, WORSE]),
        NO_DIFFERENCE: ("Too small to matter", [NO_DIFFERENCE]),
    }[word]
    rows = contrasts.loc[contrasts["word"].isin(deciding)]
    return f"{begins}: {'; '.join(sized(row) for _, row in rows.iterrows())}."


def unsettled(contrasts: Frame) -> str:
    """What is open, the one that lacks most worlds with its reason, and what is settled."""
    still = contrasts.loc[contrasts["word"].isin([UNDECIDED, NOTHING])]
    settled = [f"{phrase(row)}: {verdict(row)}" for _, row in contrasts.drop(index=still.index).iterrows()]
    if not len(still):
        return f"Its parts disagree: {'; '.join(settled)}."
    slowest = still.loc[still["worlds_needed"].fillna(-1.0).idxmax()]
    known = f"; settled: {'; '.join(settled)}" if settled else ""
    return f"Open in {len(still)} of {len(contrasts)}: {sized(slowest)}, {slowest['why']}{known}."


def verdict(row: Any) -> str:
    """The word of a contrast, by what was predicted of it."""
    if row["word"] in (BETTER, WORSE) and row["sign"]:
        return "as predicted" if row["word"] == BETTER else "the other way"
    return {BETTER: "above", WORSE: "below"}.get(row["word"], str(row["word"]))


def phrase(row: Any) -> str:
    """What is compared, in words."""
    title = named(row["estimand"]).title
    against = "" if row["other"] == ZERO else f" against {label(row['other'])}"
    return f"{title}, {label(row['arm'])}{against}"


def sized(row: Any) -> str:
    """A contrast with its difference, interval and unit."""
    return f"{phrase(row)}: {amount(row['difference'], row['unit'], signed=True)}{interval(row, ' ({})')}"


def bare(row: Any, name: str, *, signed: bool = True) -> str:
    """A number of a contrast in the unit in which people read it, without that unit."""
    return amount(row[name], row["unit"], signed=signed, bare=True)


def interval(row: Any, form: str, none: str = "") -> str:
    """The interval of a row within the form; ``none`` where it has none."""
    known = math.isfinite(row["low"])
    return form.format(f"{bare(row, 'low')} to {bare(row, 'high')}") if known else none


def numbers(found: Answers) -> str:
    """Every contrast: what all sentences are read from."""
    rows = (
        [
            row["claim"],
            f"{phrase(row)} [{readable(row['unit'], difference=True)[1]}]",
            bare(row, "difference"),
            interval(row, "{}", "none"),
            bare(row, "margin", signed=False),
            bare(row, "placebo", signed=False),
            int(row["n"]),
            number(row["worlds_needed"]) if row["word"] == UNDECIDED else "",
            verdict(row) + (f" on {row['on']}" if row["word"] == DEPENDS else ""),
        ]
        for _, row in found.contrasts.iterrows()
    )
    return table(NUMBERS, rows, aligned=True)


def meanings(found: Answers) -> list[str]:
    """What each claim says, what is measured, what that leaves out, and why margins are what they are."""
    out = []
    for _, claim in found.claims.iterrows():
        mine = found.contrasts.loc[found.contrasts["claim"] == claim["claim"]]
        out.append(f"- **{claim['claim']}** {claim['statement']}")
        for name, part in mine.groupby("estimand", sort=False):
            one, first = named(str(name)), part.iloc[0]
            margin = f"Margin: {amount(first['margin'], first['unit'])} ({first['reason']})."
            out.append(f"  - {one.title} after {first['at']} quarters: {one.definition} {margin}")
        if claim["narrower"]:
            out.append(f"  - Narrower than the claim: {claim['narrower']}")
    return out


def files(found: Answers) -> dict[str, Frame]:
    """Tables by the name of their file."""
    sentences = [one for _, _, one in told(found)]
    return {"claims": found.claims.assign(sentence=sentences), "contrasts": found.contrasts}


def figures(found: Answers) -> dict[str, Callable[[], Figure]]:
    """What draws each figure, by its name."""
    return {"claims": lambda: forest(found)}


def forest(found: Answers) -> Figure:
    """Every contrast in units of its margin, turned so that the right is as predicted, beside its placebo."""
    rows = found.contrasts.loc[found.contrasts["difference"].notna()]
    height = 1.6 + 0.27 * len(rows)
    title = f"Of {len(found.claims)} claims: {counted(found)}"
    figure, (axes,) = panels(1, title, width=9.5, height=height)
    axes.axvspan(-1.0, 1.0, color="#e6e6e6", linewidth=0)
    axes.axvline(0.0, color="black", linewidth=0.8)
    for place, (_, row) in enumerate(rows.iterrows()):
        turn = (row["sign"] or 1) / row["margin"]
        tint = TINTS.get(row["word"], "#555555")
        if math.isfinite(row["placebo"]):
            reach = row["placebo"] / row["margin"]
            axes.barh(place, 2.0 * reach, left=-reach, height=0.7, color="#cc79a7", alpha=0.25, linewidth=0)
        if math.isfinite(row["low"]):
            axes.plot([turn * row["low"], turn * row["high"]], [place, place], color=tint, linewidth=1.2)
        face = tint if row["word"] in TINTS else "white"
        axes.plot(turn * row["difference"], place, "o", color=tint, markersize=4.5, markerfacecolor=face)
    axes.set_yticks(range(len(rows)), [f"{row['claim']} {phrase(row)}" for _, row in rows.iterrows()])
    axes.set_xscale("symlog", linthresh=SCALE, linscale=1.5)
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}".replace("-", "−"))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel(
        "difference in margins; right of zero: as predicted, or above where none was", loc="right"
    )
    notes = "grey: too small to matter; pink: what a meaningless change does to a world"
    figure.supxlabel(f"{notes}; lines: 95 % intervals; filled: settled", fontsize=8.5)
    return figure
