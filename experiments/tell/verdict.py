"""A verdict in words: ten lines for somebody who decides, and one table that every line is read from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments.judge.family import BETTER, DEPENDS, NO_DIFFERENCE, UNDECIDED, WORDS, WORSE
from experiments.judge.means import LEAST
from experiments.judge.verdict import Verdict, undecided
from experiments.measure.futures import FOCUS, NO_GAINS, Frame
from experiments.measure.measures import MEASURES
from experiments.run.world import CONTROL
from experiments.tell.markdown import table
from experiments.tell.words import label, listed, many, number, percent

HEAD = ("outcome", "arm", "against", "difference", "interval (95 %)", "margin", "placebo", "verdict")


def ten_lines(found: Verdict) -> list[str]:
    """What was asked, what was found against no platforms and against each harvesting model, how surely."""
    family = found.family
    lines = [
        f"- Asked: what each business model does to platforms and to the economy, {found.horizon} quarters "
        f"after platforms took it up, in {many(found.worlds)} that each draw every assumed parameter anew."
    ]
    if undecided(found):
        lines.append(f"- No verdict: {why_none(found)}")
    focus = family.loc[family["arm"] == FOCUS]
    models = [other for other in dict.fromkeys(focus["other"]) if other not in (CONTROL, NO_GAINS)]
    for other in (CONTROL, *models, NO_GAINS):
        part = focus.loc[focus["other"] == other]
        if len(part):
            lines.append(f"- {label(FOCUS).capitalize()} against {against(other)}: {counted(part)}.")
    for arm in [a for a in dict.fromkeys(family["arm"]) if a not in (FOCUS, NO_GAINS)]:
        part = family.loc[(family["arm"] == arm) & (family["other"] == CONTROL)]
        if len(part):
            lines.append(f"- {label(str(arm)).capitalize()} against no platforms: {counted(part)}.")
    return [*lines, doing_nothing(family), by_chance(family), how_sure(found)]


def against(other: str) -> str:
    """Who stands on the other side, in words."""
    if other == CONTROL:
        return "no platforms"
    return "itself where a link gains a firm nothing" if other == NO_GAINS else label(other)


def why_none(found: Verdict) -> str:
    """Why no word is given."""
    if found.worlds < LEAST:
        return f"{many(found.worlds)}, and an interval that holds what it says needs {LEAST} or more."
    return "no difference is settled with these worlds."


def counted(part: Frame) -> str:
    """Outcomes by verdict; what is better or worse with its size."""
    told = []
    for word in WORDS:
        some = part.loc[part["word"] == word]
        if not len(some):
            continue
        if word in (BETTER, WORSE):
            told.append(f"{word} in {listed([sized(row) for _, row in some.iterrows()])}")
        elif word == DEPENDS:
            names = [f"{title(row)} (on {row['on']})" for _, row in some.iterrows()]
            told.append(f"it depends in {listed(names)}")
        else:
            told.append(f"{word} in {len(some)}")
    return "; ".join(told)


def title(row: Any) -> str:
    return MEASURES[row["outcome"]].title


def sized(row: Any) -> str:
    """An outcome with its difference and interval."""
    return f"{title(row)} by {amount(row, 'difference')} ({amount(row, 'low')} to {amount(row, 'high')})"


def amount(row: Any, name: str) -> str:
    """A number of a row: shares in points, everything else in its unit."""
    value, unit = float(row[name]), str(row["unit"])
    if not math.isfinite(value):
        return "n/a"
    signed = name in ("difference", "low", "high")
    if unit.startswith("share"):
        return f"{number(100.0 * value, signed=signed)} points"
    return number(value, signed=signed)


def doing_nothing(family: Frame) -> str:
    """Where the world without platforms is the better one."""
    worse = family.loc[(family["other"] == CONTROL) & (family["word"] == WORSE)]
    if not len(worse):
        return "- No business model is surely worse than doing nothing in anything asked."
    names = [f"{label(str(row['arm']))} in {title(row)}" for _, row in worse.iterrows()]
    return f"- Doing nothing is better than {listed(names)}."


def by_chance(family: Frame) -> str:
    """How many differences are no larger than what a change without a meaning makes."""
    known = family.loc[family["placebo"].notna()]
    small = int((known["difference"].abs() <= known["placebo"]).sum())
    return (
        f"- Chance: {small} of {len(known)} mean differences are no larger than what a meaningless change "
        "(1 % of deposits moved by lot, once) does to a single world."
    )


def how_sure(found: Verdict) -> str:
    """Worlds, the family, what could be seen, and what would be needed."""
    family = found.family
    lacking = int(family["missing"].max()) - found.failed
    settled = int(family["word"].isin([BETTER, WORSE, NO_DIFFERENCE]).sum())
    needed = family.loc[family["word"] == UNDECIDED, "worlds_needed"]
    more = (
        f"; {number(float(np.ceil(needed.median())))} worlds would settle half of the rest"
        if len(needed)
        else ""
    )
    return (
        f"- How sure: {settled} of {len(family)} questions are settled, all corrected as one family (Holm); "
        f"{many(found.failed)} failed, {lacking} had a number missing{more}."
    )


def verdict_table(found: Verdict) -> str:
    """All questions of the family, one a row: what every sentence is read from."""
    return table(HEAD, rows(found.family), aligned=True)


def rows(family: Frame) -> Iterator[list[str]]:
    for _, row in family.iterrows():
        interval = f"{amount(row, 'low')} to {amount(row, 'high')}" if math.isfinite(row["low"]) else "none"
        yield [
            f"{title(row)} [{row['unit']}]",
            label(str(row["arm"])),
            "no platforms" if row["other"] == CONTROL else label(str(row["other"])),
            amount(row, "difference"),
            interval,
            amount(row, "margin"),
            amount(row, "placebo"),
            str(row["word"]) + (f" on {row['on']}" if row["word"] == DEPENDS else ""),
        ]


def at_other_horizons(found: Verdict) -> str:
    """The focus against no platforms and each other arm at all horizons: differences."""
    part = found.primary.loc[found.primary["arm"] == FOCUS]
    horizons = sorted(set(part["horizon"]))
    lines = []
    for (other, outcome), some in part.groupby(["other", "outcome"], sort=False):
        by = {int(row["horizon"]): row for _, row in some.iterrows()}
        cells = [f"{amount(by[h], 'difference')}, {by[h]['word']}" if h in by else "n/a" for h in horizons]
        name = MEASURES[str(outcome)].title
        lines.append([name, "no platforms" if other == CONTROL else label(str(other)), *cells])
    return table(["outcome", "against", *(f"after {h} quarters" for h in horizons)], lines, aligned=True)


def reasons(found: Verdict) -> list[str]:
    """What each primary outcome means, and why its margin is what it is."""
    asked = [MEASURES[name] for name in dict.fromkeys(found.family["outcome"])]
    return [f"- **{m.title}**: {m.definition} Margin: {number(m.margin)} ({m.reason})." for m in asked]


def whatever_the_weights(found: Verdict) -> list[str]:
    """Who is preferred however the groups are weighed: pairs, which no other arm moves."""
    ordered = found.preferred.sort_values("preferred", ascending=False)
    lines = [
        f"- {label(str(row['arm']))} rather than {label(str(row['other']))} in {percent(row['preferred'])} "
        "of weightings and worlds"
        for _, row in ordered.loc[ordered["preferred"] > 0.5].iterrows()
    ]
    return [
        "Groups weigh anything from nothing to all; an outcome counts in units of its margin. No interval:",
        "this says what follows from tastes, not how surely.",
        "",
        *lines,
    ]


def named_leads(found: Verdict) -> Frame:
    """The screening as a table for a file: each lead in words."""
    leads = [", ".join(map(str, lead)) for lead in found.dependence["lead"]]
    return found.dependence.assign(lead=leads)
