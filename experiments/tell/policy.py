"""What rules of law limit and move: a table for who has little time, and by rule sentences and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.judge.family import BETTER, NO_DIFFERENCE, NOTHING, WORSE
from experiments.measure.futures import Frame
from experiments.measure.law_limits import BOUNDS, Bound
from experiments.tell.markdown import table
from experiments.tell.words import amount, label, listed, number, readable, spanned

MOVED, STILL = (BETTER, WORSE), (NO_DIFFERENCE, NOTHING)
SETTLED = "settled: none beyond its margin"


# -- at a glance ------------------------------------------------------------------------------------------


def glance(bound: Frame, primaries: Frame, titles: Mapping[str, str]) -> str:
    """One row a rule of ``titles``: where and what it binds, what it moves, and how far the rest might be."""
    head = ["rule", "seen to bind in", "what it limits there: without → with"]
    head += ["primary outcomes moved for sure", "the others, at most"]
    rows = []
    for name, title in titles.items():
        mine, binds = primaries.loc[primaries["rule"] == name], bound.loc[bound["rule"] == name]
        binds = binds.loc[binds["bound"]]
        where = listed([label(world) for world in binds["world"]]) if len(binds) else "nowhere"
        rows.append([title, where, limited(name, binds), moved(mine), at_most(mine)])
    return table(head, rows, aligned=True)


def limited(name: str, binds: Frame) -> str:
    """What a rule limits where it binds, world by world: its level, or what is beyond it where that alone has
    changed for sure."""
    found: dict[str, list[str]] = {}
    for _, row in binds.iterrows():
        level = bool(row["low"] > 0.0 or row["high"] < 0.0)
        words, times = of_level(BOUNDS[name]) if level else of_beyond(BOUNDS[name])
        words = words if level else f"{BOUNDS[name].level}, {words}"
        found.setdefault(words, []).append(ends(row, "level" if level else "beyond", times))
    return "; ".join(f"{words}: {', '.join(pairs)}" for words, pairs in found.items()) or "–"


def moved(mine: Frame) -> str:
    """How many primary outcomes a rule has moved, which, whither and where."""
    found: dict[str, list[str]] = {}
    for _, row in mine.loc[mine["word"].isin(MOVED)].iterrows():
        whither = "rises" if row["difference"] > 0.0 else "falls"
        found.setdefault(f"{label(row['outcome'])} {whither}", []).append(label(row["world"]))
    if not found:
        return "none"
    names = mine.loc[mine["word"].isin(MOVED), "outcome"].nunique()
    return f"{names}: " + "; ".join(f"{what} ({listed(where)})" for what, where in found.items())


def at_most(mine: Frame) -> str:
    """How far from zero what is not moved might be, in margins, and where that is."""
    rest = mine.loc[~mine["word"].isin(MOVED)]
    if not len(rest):
        return "–"
    if rest["word"].isin(STILL).all():
        return SETTLED
    rest = rest.reset_index(drop=True)
    far = rest[["low", "high"]].abs().max(axis=1, skipna=False) / rest["margin"]
    far = far.where(rest["word"] != NOTHING, 0.0)
    unknown = f"no interval for {int(far.isna().sum())} of {len(far)}" if far.isna().any() else ""
    if far.isna().all():
        return unknown
    row = rest.loc[far.idxmax()]
    told = f"{number(float(far.max()))} margins ({label(row['outcome'])}, {label(row['world'])})"
    return f"{told}; {unknown}" if unknown else told


# -- one rule ---------------------------------------------------------------------------------------------


def of_level(one: Bound) -> tuple[str, float]:
    """What a rule limits in words with the unit in which it is read, and by what it is multiplied then."""
    times, unit = readable(one.unit)
    return f"{one.level} ({unit})", times


def of_beyond(one: Bound) -> tuple[str, float]:
    """The same of what is beyond a rule."""
    return (one.beyond, 1.0) if "AUC" in one.beyond else (f"% {one.beyond}", 100.0)


def ends(row: Any, which: str, times: float) -> str:
    """A number without a rule and with it."""
    return f"{number(times * row[f'{which}_without'])} → {number(times * row[f'{which}_with'])}"


def limits_by_world(name: str, mine: Frame) -> str:
    """What the rule limits, world by world."""
    (level, times), (beyond, scale) = of_level(BOUNDS[name]), of_beyond(BOUNDS[name])
    head = ["in", f"{level}: without → with", "difference (95 %)", "placebo", f"{beyond}: without → with"]
    rows = [
        [
            label(row["world"]),
            ends(row, "level", times),
            spanned(*(times * row[each] for each in ("difference", "low", "high"))),
            number(times * row["placebo"]),
            ends(row, "beyond", scale),
            "yes" if row["bound"] else "not seen",
        ]
        for _, row in mine.iterrows()
    ]
    return table([*head, "bound"], rows, aligned=True)


def outcomes_by_world(mine: Frame) -> str:
    """The differences of primary outcomes, a column a world: with intervals, and what a placebo does."""
    by, worlds = mine.set_index(["outcome", "world"]), list(dict.fromkeys(mine["world"]))
    rows = []
    for name, of_one in mine.groupby("outcome", sort=False):
        unit = str(of_one["unit"].iloc[0])
        times, called = readable(unit, difference=True)[0], unit_of(unit)
        cells = [
            difference(by.loc[(name, world)], times) if (name, world) in by.index else "–" for world in worlds
        ]
        what = f"{label(str(name))}, {called}" if called else label(str(name))
        rows.append([what, number(times * float(of_one["margin"].iloc[0])), *cells])
    return table(["primary outcome", "margin", *map(label, worlds)], rows, aligned=True)


def difference(row: Any, times: float) -> str:
    """One cell: a star where it is moved for sure."""
    span = spanned(*(times * row[one] for one in ("difference", "low", "high")))
    return f"{span}; {number(times * row['placebo'])}{'*' if row['word'] in MOVED else ''}"


def fates(who: Frame, primaries: Frame) -> str:
    """Who gained, who lost, and which primary outcomes moved in one world; nobody of whom it is not sure."""
    told = []
    for word, says in ((BETTER, "gained"), (WORSE, "lost")):
        mine = who.loc[who["word"] == word]
        found = [f"{row['group']} ({each(row)})" for _, row in mine.iterrows()]
        told.append(f"{says}: {'; '.join(found) if found else 'nobody for sure'}")
    sure = [each(row) for word in MOVED for _, row in primaries.loc[primaries["word"] == word].iterrows()]
    told.append(f"primary outcomes moved: {'; '.join(sure) if sure else 'none for sure'}")
    return ". ".join(told) + "."


def each(row: Any) -> str:
    """One difference with its interval and placebo."""
    times, _ = readable(row["unit"], difference=True)
    placebo = number(times * row["placebo"])
    span = spanned(*(times * row[one] for one in ("difference", "low", "high")), more=f"; placebo {placebo}")
    return f"{label(row['outcome'])} {span} {unit_of(row['unit'])}".rstrip()


def unit_of(unit: str) -> str:
    """What stands after a difference; nothing after one that needs no unit."""
    return amount(1.0, unit).partition(" ")[2]
