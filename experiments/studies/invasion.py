"""Does a business model of few platforms spread among another of many, or is it driven out?

    make invasion
    make invasion ARGS="--worlds 20 --firms 5000"
    make invasion ARGS=--without-gains

Every business model in which platforms act begins with one platform in twenty among nineteen of another,
some 200 in all, and founders follow what they see of each. What is told of a pair is the change of the rarer
one's share of living platforms after ten and twenty years, mean over worlds with its interval, and by how
much it is beyond that of the placebo, one business model under two names, in the same worlds. Only who gains
more than the placebo invades, and only who loses and lies below it is driven out; else that is undecided.
Where too few of the rarer kind are founded for chance not to decide, the pair is not decided either; where
fewer platforms live than a pair begins with, that is said.

The rarer name of the placebo gains, though neither is better and nobody founds whatever he sees
(`idle_founders` is 0 here). Founders look at each name alone: at the growth of its revenue, at its rounds and
at those of it that ended. So the luck of a name is that of all its platforms, and it lasts; from a share of
one in twenty bad luck takes little and good luck adds much. In 16 worlds of 1,000 firms (4 platforms among
36, 20 years) it gained 8.0 points (standard error 5.0), all of it by births, none by living longer. About a
third of that came by ends: those of few platforms come in bursts, which frighten founders less than as many
spread evenly (`deterrence` stands in an exponent). The rest came by growth and rounds; that growth is cut at
0 and at 1 is not why, uncut it gives the rarer name as much. Where founders looked at both names together it
gained nothing (−2.6, standard error 2.1). How large each part is in larger worlds is not known.

With ``--without-gains`` all pairs are lived once more in worlds in which a link does nothing for a firm,
every real effect of every line at zero, and told beside, against the placebo of those worlds. Worlds differ
by their seeds alone. The folder then holds ``invasion.csv``, ``report.md`` and ``invasion.png``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.judge.means import Interval
from experiments.judge.slopes import mean_of
from experiments.measure.arithmetic import YEAR
from experiments.measure.following import kept_counts
from experiments.measure.futures import FOCUS, Frame, real_effects
from experiments.measure.variants import AGAIN, twin_of
from experiments.run.arm import Arm
from experiments.run.command import Parser, Settings
from experiments.study import Study, Tables
from experiments.tell.binding import NEUTRAL
from experiments.tell.drawing import colour, panels
from experiments.tell.markdown import table
from experiments.tell.report import Report
from experiments.tell.words import label, many, number, spanned

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RARE, COMMON = 10, 190  # platforms with which the two of a pair begin
AMONG = " among "
AS_IT_IS, WITHOUT = "", "without_gains"  # folders with the worlds in which links do something, or nothing
TITLES = {AS_IT_IS: "Links with their effects", WITHOUT: "Links without any real effect"}
ALIKE = {"idle_founders": 0.0}  # who founds whatever he sees founds as many of either kind
LEAST_BEGUN, LEAST_BIRTHS = 200, 10  # platforms in all; births of the rarer kind: else chance decides
THE_PLACEBO = f"{FOCUS}{AGAIN}{AMONG}{FOCUS}"  # its arm
YEARS = (10, 20)
QUICK = {"worlds": 20, "firms": 5_000, "platforms": 400, "burn_in": 20, "quarters": 80}
FULL = {**QUICK, "worlds": 40, "firms": 10_000, "burn_in": 40}
INVADES, DRIVEN_OUT, UNDECIDED, NOT_DECIDED = "invades", "is driven out", "undecided", "not decided"
PLACEBO = "placebo"  # the word of what the others are judged by
COLUMNS = ("rare", "common", "years", "worlds", "began", "share", "change", "low", "high", "beyond",
           "beyond_low", "beyond_high", "births", "living", "word", "why")  # fmt: skip


@dataclass(frozen=True)
class Invasions:
    """``table``: a row a pair, date and whether links have their ``effects``, with `COLUMNS`: the mean share
    of the rarer kind and its change with its interval (95 %), by how much this is ``beyond`` the placebo's
    (NaN for the placebo), platforms with which both began, births of the rarer kind until the end and living
    platforms of both at the date (medians over worlds). ``paths``: by folder (of `TITLES`) and arm (worlds,
    quarters) shares."""

    table: Frame
    paths: dict[tuple[str, str], Any]


@dataclass(frozen=True)
class Pair:
    """What became of a pair: ``share`` of the rarer kind and ``living`` platforms of both by (world, luck)
    and quarter; ``start``, the share before the first; platforms with which both ``began`` and ``births`` of
    the rarer kind until the end (medians over worlds)."""

    share: Frame
    living: Frame
    start: Frame
    began: float
    births: float


def arms() -> dict[str, Arm]:
    """Every ordered pair of business models in which platforms act, and one model beside itself."""
    from sim import discover

    rows = {name: row for name, row in sorted(discover().items()) if row.acts}
    pairs = {
        f"{rare}{AMONG}{common}": Arm({common: COMMON, rare: RARE}, ALIKE)
        for rare in rows
        for common in rows
        if rare != common
    }
    twin = twin_of(rows[FOCUS])
    return {**pairs, THE_PLACEBO: Arm({rows[FOCUS]: COMMON, twin: RARE}, ALIKE)}


def parts(settings: Settings) -> Mapping[str, Settings]:
    """The usual worlds, and on request those in which no line has a real effect."""
    found = {AS_IT_IS: settings}
    if settings.extra.without_gains:
        found[WITHOUT] = replace(settings, chosen={**settings.chosen, **real_effects()})
    return found


def options(built: Parser) -> None:
    """The study's own options."""
    words = "tell besides who invades whom where no line has a real effect"
    built.add_argument("--without-gains", action="store_true", help=words)


def judged(lived: Mapping[str, Tables]) -> Invasions:
    """What became of each pair, with the effects of links and where it was asked for without them."""
    found = {name: judge(tables) for name, tables in lived.items()}
    table = pd.concat([one.table.assign(effects=name != WITHOUT) for name, one in found.items()])
    paths = {(name, arm): path for name, one in found.items() for (_, arm), path in one.paths.items()}
    return Invasions(table.reset_index(drop=True), paths)


def judge(tables: Tables) -> Invasions:
    """What became of each pair in worlds of one kind, beside what became of the placebo in each of them."""
    lasted = int(tables["quarters"]["since"].max())
    dates = [YEAR * years for years in YEARS if YEAR * years <= lasted] or [lasted]
    by_arm = tables["counts"].groupby("arm", sort=False, observed=True)
    pairs = {str(arm): pair_of(mine, lasted) for arm, mine in by_arm}
    placebo = pairs[THE_PLACEBO]
    rows: list[tuple[Any, ...]] = []
    for arm, one in pairs.items():
        rare, _, common = arm.partition(AMONG)
        for date in dates:
            change = one.share[date] - one.start
            mean, living = mean_of(change), float(one.living[date].median())
            beyond = mean_of(change - (placebo.share[date] - placebo.start))
            word, why = (PLACEBO, "") if one is placebo else word_of(mean, beyond, one, living)
            more = (math.nan,) * 3 if one is placebo else (beyond.mean, beyond.low, beyond.high)
            told = float(one.share[date].mean()), mean.mean, mean.low, mean.high, *more
            rows.append((rare, common, date / YEAR, mean.n, one.began, *told, one.births, living, word, why))
    paths = {(AS_IT_IS, arm): one.share.to_numpy(float) for arm, one in pairs.items()}
    return Invasions(pd.DataFrame(rows, columns=list(COLUMNS)), paths)


def pair_of(counts: Frame, lasted: int) -> Pair:
    """What became of a pair, of its rows in the counts."""
    rare, _, common = str(counts["arm"].iloc[0]).partition(AMONG)
    alive, births, deaths = (by_kind(counts, name, lasted) for name in ("alive", "births", "deaths"))
    first = {kind: alive[kind][1] + deaths[kind][1] - births[kind][1] for kind in (rare, common)}
    return Pair(
        share=shares_of(alive[rare], alive[common]),
        living=alive[rare] + alive[common],
        start=shares_of(first[rare], first[common]),
        began=float((first[rare] + first[common]).median()),
        births=float(births[rare].sum(axis=1).median()),
    )


def by_kind(counts: Frame, name: str, lasted: int) -> dict[str, Frame]:
    """One count by kind: a frame by (world, luck) and quarter, 0 where there is none of the kind."""
    worlds = counts.set_index(["world", "luck"]).index.unique()
    found = {}
    kinds = str(counts["arm"].iloc[0]).split(AMONG)
    for kind in kinds:
        mine = counts.loc[counts["kind"] == kind]
        wide = mine.pivot_table(index=["world", "luck"], columns="since", values=name, observed=True)
        found[kind] = wide.reindex(index=worlds, columns=range(1, lasted + 1)).fillna(0.0)
    return found


def shares_of(rare: Frame, common: Frame) -> Frame:
    """The share of the rarer kind; NaN where neither lives."""
    both = rare + common
    return (rare / both).where(both > 0)


def word_of(mean: Interval, beyond: Interval, pair: Pair, living: float) -> tuple[str, str]:
    """What is said of a pair, and why nothing is where nothing is, or what is to be known with it.

    Args:
        mean: change of the share of the rarer kind.
        beyond: the same less the placebo's, by world.
        living: platforms of both kinds at the date.
    """
    if pair.began < LEAST_BEGUN:
        return NOT_DECIDED, f"{pair.began:.0f} platforms began: at least {LEAST_BEGUN} are needed"
    if pair.births < LEAST_BIRTHS:
        return (
            NOT_DECIDED,
            f"{pair.births:g} of the rarer kind were founded: at least {LEAST_BIRTHS} are needed",
        )
    if beyond.refused:
        return UNDECIDED, beyond.refused
    few = f"only {living:g} platforms still live" if living < LEAST_BEGUN else ""
    if beyond.low > 0.0:
        return (INVADES, few) if mean.mean > 0.0 else (UNDECIDED, "it loses less than the placebo")
    if beyond.high < 0.0:
        return (DRIVEN_OUT, few) if mean.mean < 0.0 else (UNDECIDED, "it gains less than the placebo")
    return UNDECIDED, ""


def is_placebo(row: Any) -> bool:
    """Whether a pair is one business model under two names."""
    return str(row["rare"]) == str(row["common"]) + AGAIN


def tell(found: Invasions) -> Report:
    """A line for each pair at the last date, the placebo first; the table of both dates."""
    last = found.table.loc[found.table["years"] == found.table["years"].max()]
    words: list[str] = []
    kinds = [True, False] if not found.table["effects"].all() else [True]
    for effects in kinds:
        mine = last.loc[last["effects"] == effects]
        placebo = mine.apply(is_placebo, axis=1)
        title = [f"## {TITLES[AS_IT_IS if effects else WITHOUT]}", ""] if len(kinds) > 1 else []
        words += [
            *title,
            *(line(row) for _, row in pd.concat([mine[placebo], mine[~placebo]]).iterrows()),
            "",
        ]
    rows = [
        [
            f"{label(row['rare'])}{AMONG}{label(row['common'])}" + ("" if row["effects"] else ", no gains"),
            f"{row['years']:g}",
            points(row, "change", ""),
            points(row, "beyond", "beyond_"),
            number(row["births"]),
            number(row["living"]),
            int(row["worlds"]),
            row["word"],
        ]
        for _, row in found.table.iterrows()
    ]
    head = ["pair", "years", "change of share, points (95 %)", "beyond the placebo", "births", "living",
            "worlds", "says"]  # fmt: skip
    about = (
        "Of the rarer kind, share of living platforms; births until the end, living: median worlds. Says: by "
        f"what is beyond the placebo; a pair begins with {RARE + COMMON} platforms."
    )
    return Report(
        "\n".join([*words, about, "", table(head, rows, aligned=True), "", NEUTRAL]),
        title="Invasion: one platform in twenty",
        tables={"invasion": found.table},
        figures={"invasion": lambda: draw(found)},
    )


def line(row: Any) -> str:
    """One pair in words."""
    at = f"after {row['years']:g} years {100.0 * row['share']:.3g} % of platforms"
    at += f", {points(row, 'change', '')} points"
    if is_placebo(row):
        return f"- Placebo, one business model under two names: {at}, {many(int(row['worlds']))}."
    said = f"{row['word']}, {row['why']}" if row["why"] else row["word"]
    what = f"{label(row['rare']).capitalize()}{AMONG}{label(row['common'])}"
    more = f"{points(row, 'beyond', 'beyond_')} beyond the placebo"
    return f"- {what}: **{said}**; {at}, {more}, {many(int(row['worlds']))}."


def points(row: Any, name: str, ends: str) -> str:
    """A difference of shares in points with its interval, whose ends have names that begin with ``ends``."""
    mean, low, high = (100.0 * float(row[one]) for one in (name, f"{ends}low", f"{ends}high"))
    return spanned(mean, low, high) if math.isfinite(low + high) else number(mean, signed=True)


def draw(found: Invasions) -> Figure:
    """The share of the rarer kind over time, a panel for each of those among whom it began; without the
    effects of links dashed."""
    pairs: dict[str, list[tuple[str, str]]] = {}
    for folder, arm in found.paths:
        pairs.setdefault(arm.partition(AMONG)[2], []).append((folder, arm))
    title = "Of pairs: " + counted(found.table.loc[found.table["effects"]])
    if not found.table["effects"].all():
        title += "; without gains: " + counted(found.table.loc[~found.table["effects"]])
    figure, axes = panels(len(pairs), title, width=3.6, height=3.4, sharey=True)
    for place, (common, mine) in zip(axes, pairs.items(), strict=True):
        kinds = list(dict.fromkeys(arm.partition(AMONG)[0] for _, arm in mine))
        for folder, arm in mine:
            rare, path = arm.partition(AMONG)[0], found.paths[folder, arm]
            known = np.isfinite(path).any(axis=0)
            middle = np.nanmedian(path[:, known], axis=0)
            at = np.arange(1, path.shape[1] + 1)[known]
            tint = "#000000" if rare.endswith(AGAIN) else colour(rare, kinds)
            style, name = ("-", label(rare)) if folder == AS_IT_IS else ("--", f"{label(rare)}, no gains")
            place.plot(at, 100.0 * middle, style, color=tint, label=name)
        place.axhline(100.0 * RARE / (RARE + COMMON), color="0.7", linewidth=0.8)
        place.set(title=f"among {label(common)}", xlabel="quarters since the branching")
        place.legend(frameon=False, fontsize=7)
    axes[0].set_ylabel("share of the rarer kind [%], median world")
    return figure


def counted(rows: Frame) -> str:
    """How many pairs have which word at the last date; the placebo is none of them."""
    last = rows.loc[rows["word"] != PLACEBO].drop_duplicates(["rare", "common"], keep="last")
    words: Mapping[str, int] = last["word"].value_counts()
    return ", ".join(f"{n} {word}" for word, n in words.items())


STUDY = Study(
    __doc__, QUICK, FULL, arms, kept_counts, judged, tell,
    sampled=False, held={"giants": 0}, parts=parts, options=options,
)  # fmt: skip
