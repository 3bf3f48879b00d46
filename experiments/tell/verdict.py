"""A verdict in words: ten lines for somebody who decides, and one table that every line is read from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments.judge.family import BETTER, DEPENDS, NO_DIFFERENCE, UNDECIDED, WORDS, WORSE
from experiments.judge.means import LEAST
from experiments.judge.stakes import BURNED, EARNS, REVENUE, UNITS
from experiments.judge.verdict import Verdict, undecided
from experiments.measure.futures import FOCUS, NO_GAINS, Frame
from experiments.measure.measures import MEASURES
from experiments.run.world import CONTROL
from experiments.tell.markdown import table
from experiments.tell.words import amount, label, listed, many, number, percent, readable

HEAD = ("outcome", "arm", "against", "difference", "interval (95 %)", "margin", "placebo", "verdict")


def ten_lines(found: Verdict, stakes: Frame | None = None) -> list[str]:
    """What was asked; what was found, against no platforms first; sizes and times; how surely.

    Args:
        stakes: of `judge.stakes`; without them sizes and times are left out.
    """
    lines = [
        f"- Asked: what each business model does to platforms and to the economy, {found.horizon} quarters "
        f"after platforms took it up, in {drawn(found)}."
    ]
    lines += [f"- No verdict: {why_none(found)}"] if undecided(found) else list(compared(found.family))
    if stakes is not None and len(line := sizes_and_times(stakes)):
        lines.append(line)
    return [*lines, by_chance(found.family), how_sure(found)]


def drawn(found: Verdict) -> str:
    """In how many worlds, and what they have of their own."""
    if found.histories == 1:
        return f"{many(found.worlds)} that each draw every assumed parameter anew"
    return f"{found.worlds} draws of every assumed parameter, each lived in {found.histories} histories"


def compared(family: Frame) -> Iterator[str]:
    """The focus against no platforms and each other arm, then the others against no platforms."""
    focus = family.loc[family["arm"] == FOCUS]
    models = [other for other in dict.fromkeys(focus["other"]) if other not in (CONTROL, NO_GAINS)]
    for other in (CONTROL, *models, NO_GAINS):
        part = focus.loc[focus["other"] == other]
        if len(part):
            money = in_money(part) if other == CONTROL else ""
            yield f"- {capital(FOCUS)} against {label(str(other))}: {counted(part)}{money}."
    others = family.loc[(family["other"] == CONTROL) & ~family["arm"].isin([FOCUS, NO_GAINS])]
    told = [f"{label(str(arm))}, {counted(part)}" for arm, part in others.groupby("arm", sort=False)]
    against = f"Others against {label(CONTROL)}: {' / '.join(told)}. " if told else ""
    yield f"- {against}{doing_nothing(family)}"


def capital(arm: str) -> str:
    """An arm's name where a sentence begins."""
    return label(arm)[0].upper() + label(arm)[1:]


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
            told.append(f"{word} in {len(some)} of {len(part)} questions")
    return "; ".join(told)


def in_money(part: Frame) -> str:
    """Whatever the word, what the differences are worth to a person, where that can be said."""
    told = []
    for _, row in part.iterrows():
        each = float(row.get("yuan", math.nan))
        mean, low, high = (number(each * float(row[n]), signed=True) for n in ("difference", "low", "high"))
        if math.isfinite(each):
            told.append(f"{title(row)} {mean}" + (f" ({low} to {high})" if low != "n/a" else ""))
    return f"; in yuan per person and year: {', '.join(told)}" if told else ""


def title(row: Any) -> str:
    """An outcome in words."""
    return MEASURES[row["outcome"]].title


def sized(row: Any) -> str:
    """An outcome with its difference and interval."""
    ends = (amount(row[end], row["unit"], signed=True, bare=True) for end in ("low", "high"))
    return f"{title(row)} by {in_words(row, 'difference')} ({' to '.join(ends)})"


def in_words(row: Any, name: str) -> str:
    """A number of a row in the unit in which people read it; differences have a sign."""
    return amount(float(row[name]), str(row["unit"]), signed=name in ("difference", "low", "high"))


def doing_nothing(family: Frame) -> str:
    """Where the world without platforms is the better one."""
    worse = family.loc[(family["other"] == CONTROL) & (family["word"] == WORSE)]
    if not len(worse):
        return "No business model is surely worse than doing nothing in anything asked."
    names = [f"{label(str(row['arm']))} in {title(row)}" for _, row in worse.iterrows()]
    return f"Doing nothing is better than {listed(names)}."


def sizes_and_times(stakes: Frame) -> str:
    """How large it is, from when on it pays and what was paid until then, in the middle world; "" where the
    focus was not lived."""
    cells = stakes.set_index(["arm", "quantity"])
    if not (told := takes(stakes)):
        return ""
    earns, burned = (cells.loc[(FOCUS, one)] for one in (EARNS, BURNED))
    return (
        f"- Sizes and times, in the middle world: {told}; they earn their costs {since(earns)}; "
        f"venture money until then is {middle(burned)}."
    )


def takes(stakes: Frame) -> str:
    """What platforms take in under the focus, and under the others; "" where the focus was not lived."""
    rows = stakes.loc[(stakes["quantity"] == REVENUE) & (stakes["arm"] != NO_GAINS)].set_index("arm")
    if FOCUS not in rows.index:
        return ""
    own, others = rows.loc[FOCUS], rows.drop(FOCUS)["median"]
    ends = [amount(float(one), str(own["unit"]), bare=True) for one in (others.min(), others.max())]
    beside = f", other platforms {' to '.join(dict.fromkeys(ends))} %" if len(others) else ""
    return f"platforms under {label(FOCUS)} take {middle(own)} in the last year{beside}"


def middle(row: Any, *, bare: bool = False) -> str:
    """A median with its interval, in the unit in which people read it; ``bare``: without that."""
    unit = str(row["unit"])
    text = amount(float(row["median"]), unit, bare=bare)
    ends = [amount(float(row[end]), unit, bare=True) for end in ("low", "high")]
    return text if "n/a" in ends or ends[0] == ends[1] else f"{text} ({' to '.join(ends)})"


def since(row: Any) -> str:
    """From which year on, with the interval; a year that never comes is later than all."""
    median, low, high = (float(row[name]) for name in ("median", "low", "high"))
    text = f"from year {number(median)} on" if math.isfinite(median) else "in no year of these"
    if not math.isfinite(low):  # unknown, or as late as can be told
        return text
    return f"{text} (95 %: year {number(low)} to {number(high) if math.isfinite(high) else 'never'})"


def stakes_table(stakes: Frame) -> str:
    """Sizes, times and stakes by arm: medians over worlds with their intervals."""
    arms = list(dict.fromkeys(stakes["arm"]))
    lines = []
    for quantity, unit in UNITS.items():
        mine = stakes.loc[stakes["quantity"] == quantity].set_index("arm")
        told = [stake(mine.loc[arm]) if arm in mine.index else "n/a" for arm in arms]
        lines.append([f"{quantity} [{readable(unit)[1]}]", *told])
    return table(["", *(label(str(arm)) for arm in arms)], lines, aligned=True)


def stake(row: Any) -> str:
    """One cell of the table of stakes."""
    return since(row) if row["quantity"] == EARNS else middle(row, bare=True)


def by_chance(family: Frame) -> str:
    """How many differences are no larger than what a change without a meaning makes."""
    known = family.loc[family["placebo"].notna()]
    small = int((known["difference"].abs() <= known["placebo"]).sum())
    return (
        f"- Chance: {small} of {len(known)} mean differences are no larger than what a meaningless change, "
        "the placebo (1 % of deposits moved by lot, once), does to a single world."
    )


def how_sure(found: Verdict) -> str:
    """Worlds, the family, what could be seen, and what would be needed."""
    family = found.family
    lacking = int(family["missing"].max()) - found.failed
    settled = int(family["word"].isin([BETTER, WORSE, NO_DIFFERENCE]).sum())
    needed = family.loc[family["word"] == UNDECIDED, "worlds_needed"]
    enough = float(np.ceil(needed.median())) if len(needed) else math.nan
    more = f"; {number(enough)} worlds would settle half of the rest" if math.isfinite(enough) else ""
    return (
        f"- How sure: {settled} of {len(family)} questions are settled, all corrected as one family (Holm); "
        f"{many(found.failed)} failed, {lacking} had a number missing{more}."
    )


def verdict_table(found: Verdict) -> str:
    """All questions of the family, one a row: what every sentence is read from."""
    return table(HEAD, rows(found.family), aligned=True)


def rows(family: Frame) -> Iterator[list[str]]:
    """The cells of that table."""
    for _, row in family.iterrows():
        ends = [amount(float(row[end]), str(row["unit"]), signed=True, bare=True) for end in ("low", "high")]
        yield [
            f"{title(row)} [{readable(str(row['unit']), difference=True)[1]}]",
            label(str(row["arm"])),
            label(str(row["other"])),
            amount(float(row["difference"]), str(row["unit"]), signed=True, bare=True),
            " to ".join(ends) if math.isfinite(row["low"]) else "none",
            amount(float(row["margin"]), str(row["unit"]), bare=True),
            amount(float(row["placebo"]), str(row["unit"]), bare=True),
            str(row["word"]) + (f" on {row['on']}" if row["word"] == DEPENDS else ""),
        ]


def at_other_horizons(found: Verdict) -> str:
    """The focus against no platforms and each other arm at all horizons: differences."""
    part = found.primary.loc[found.primary["arm"] == FOCUS]
    horizons = sorted(set(part["horizon"]))
    lines = []
    for (other, outcome), some in part.groupby(["other", "outcome"], sort=False):
        by = {int(row["horizon"]): row for _, row in some.iterrows()}
        cells = [f"{in_words(by[h], 'difference')}, {by[h]['word']}" if h in by else "n/a" for h in horizons]
        lines.append([MEASURES[str(outcome)].title, label(str(other)), *cells])
    return table(["outcome", "against", *(f"after {h} quarters" for h in horizons)], lines, aligned=True)


def reasons(found: Verdict) -> list[str]:
    """What each primary outcome means, and why its margin is what it is."""
    asked = [MEASURES[name] for name in dict.fromkeys(found.family["outcome"])]
    return [
        f"- **{m.title}**: {m.definition} Margin: {amount(m.margin, m.unit)} ({m.reason})." for m in asked
    ]


def whatever_the_weights(found: Verdict) -> list[str]:
    """Who is preferred however the groups are weighed: pairs, which no other arm moves."""
    if found.worlds < LEAST:
        return [f"Not told: {why_none(found)}"]
    sure = found.preferred.loc[found.preferred["low"] > 0.5].sort_values("preferred", ascending=False)
    lines = [
        f"- {capital(str(row['arm']))} rather than {label(str(row['other']))} in {percent(row['preferred'])} "
        f"of weightings ({100 * row['low']:.0f} to {100 * row['high']:.0f})"
        for _, row in sure.iterrows()
    ]
    return [
        "Groups weigh anything from nothing to all; an outcome counts in units of its margin. Told is the",
        "share of weightings under which one is preferred to the other, mean over worlds with its 95 %",
        "interval, of those pairs of which that interval lies above one half.",
        "",
        *(lines or ["- None."]),
    ]


def named_leads(found: Verdict) -> Frame:
    """The screening as a table for a file: each lead in words."""
    leads = [", ".join(map(str, lead)) for lead in found.dependence["lead"]]
    return found.dependence.assign(lead=leads)
