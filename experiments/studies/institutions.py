"""What do banks, insurers, houses and households earn on platforms' borrowers, and who pays for failures?

    make institutions
    make institutions ARGS="--worlds 20"

Traffic for institutions, for consumers with the implicit guarantee of platforms and without it, and the free
arm, all in the same worlds, which differ by their seeds alone. Told are what each kind of institution earns
through platforms beside what it earns without them, who leaves whom: the partnerships of platforms and banks
that begin, and by whom they end; and from the books who bore the losses on platforms' loans: in all, and in
the year in which they were highest. The folder then holds ``earned.csv``,
``bore.csv``, ``report.md`` and ``institutions.png``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.judge.inside import of_cases
from experiments.judge.sources import seeds
from experiments.measure.arithmetic import YEAR, Values
from experiments.measure.futures import FREE, Frame
from experiments.measure.institutions import PAID, PARTED, RATIOS, kept_institutions
from experiments.run.arm import Arm
from experiments.study import Study, Tables
from experiments.tell.drawing import band, panels, rolling, wide
from experiments.tell.markdown import table
from experiments.tell.report import Report
from experiments.tell.words import label, listed, mean_told

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUICK = {"worlds": 12, "firms": 4_000, "burn_in": 20, "quarters": 80}
HARVEST, LENDERS, UNPLEDGED = "institution_traffic", "consumer_traffic", "without_the_guarantee"
EARNED = {  # by column: in words, its factor, its unit
    "bought_margin": ("banks, on loans of platforms, over their money", 400.0, "% a year"),
    "own_margin": ("banks, on loans of their own, over their money", 400.0, "% a year"),
    "notes": ("holders of notes, over deposits", 400.0, "% a year"),
    "claims": ("households that lend, over deposits", 400.0, "% a year"),
    "guarantees": ("insurers, kept of premiums for guarantees", 100.0, "%"),
    "policies": ("insurers, kept of premiums for policies and cover", 100.0, "%"),
    "insurer_return": ("insurers, on capital", 100.0, "% a year"),
    "house_return": ("houses, on capital", 100.0, "% a year"),
    "bank_return": ("banks, on capital", 100.0, "% a year"),
    "appetite": ("room that banks leave to a platform", 100.0, "%"),
    "partners": ("banks that are a platform's partners", 1.0, ""),
    "partners_of_all": ("these, of all banks", 100.0, "%"),
    "partnerships_begun": ("partnerships that begin in a year", 4.0, ""),
    "left_by_banks": ("partnerships that a bank ends in a year", 4.0, ""),
    "left_by_platforms": ("partnerships that a platform ends in a year", 4.0, ""),
    "left_by_end": ("partnerships that end in a year as their platform does", 4.0, ""),
    "partnerships_begun_of_all": ("partnerships begun, of those there are", 400.0, "% a year"),
    "left_by_banks_of_all": ("ended by banks, of those there are", 400.0, "% a year"),
    "left_by_platforms_of_all": ("ended by platforms, of those there are", 400.0, "% a year"),
    "left_by_end_of_all": ("ended as their platform did, of those there are", 400.0, "% a year"),
    "left_alone": ("platforms that their insurer does not guarantee", 100.0, "%"),
    "note_trust": ("of the notes that buyers would hold at best", 100.0, "%"),
    "insurer_failures": ("insurers that fail in a year", 4.0, ""),
    "house_failures": ("houses that fail in a year", 4.0, ""),
}
UNIT = " points a year"
PUBLISHED = "PARTNERS_OF_A_PLATFORM"  # the fact of seeds/evidence.toml beside which partners stand
BY = dict(zip(("by banks", "by platforms", "as their platform ended"), PARTED, strict=True))
LOWEST = -60.0  # % a year: below it curves are cut off
TINTS = ("#e69f00", "#0072b2", "#cc79a7", "#56b4e9", "#f0e442", "#7f7f7f")


@dataclass(frozen=True)
class Institutions:
    """``earned``: arm, what, unit, worlds, mean, low, high (95 % interval) over a future. ``bore``: arm, who,
    when (``all``, ``worst year``), the same of a share of the losses. ``paths``: by arm and column (worlds,
    quarters)."""

    earned: Frame
    bore: Frame
    paths: dict[str, dict[str, Values]]


def arms() -> dict[str, Arm]:
    """Harvesters of institutions and of households, with and without their guarantee, and the free arm."""
    return {
        HARVEST: Arm(HARVEST),
        LENDERS: Arm(LENDERS),
        UNPLEDGED: Arm(LENDERS, {"guarantee": 0.0}),
        FREE: Arm(FREE),
    }


def judge(tables: Tables) -> Institutions:
    """Means over worlds, and the paths that are drawn."""
    quarters = tables["quarters"]
    earned: list[tuple[Any, ...]] = []
    bore: list[tuple[Any, ...]] = []
    paths: dict[str, dict[str, Values]] = {}
    for arm in quarters["arm"].astype(str).unique():
        of = {name: wide(quarters, name, arm) for name in (*EARNED, *PAID) if name not in RATIOS}
        parts = {name: [wide(quarters, one, arm) for one in RATIOS[name]] for name in RATIOS}
        of |= {name: ratio(rolling(gained), rolling(held)) for name, (gained, held) in parts.items()}
        paths[arm] = of
        for name, (words, factor, unit) in EARNED.items():
            if name in RATIOS:  # of sums: what is earned on much counts for more
                gained, held = (one.sum(axis=1) for one in parts[name])
                values = factor * ratio(gained, held)
            else:
                values = np.array([factor * mean_of_known(one) for one in of[name]])
            found = of_cases(values)
            earned.append((arm, words, unit, found.n, found.mean, found.low, found.high))
        for when, shares in (("all", whole(of)), ("worst year", worst(of))):
            for n, who in enumerate(PAID):
                found = of_cases(shares[:, n])
                bore.append((arm, who, when, found.n, found.mean, found.low, found.high))
    ends = ["worlds", "mean", "low", "high"]
    return Institutions(
        pd.DataFrame(earned, columns=["arm", "what", "unit", *ends]),
        pd.DataFrame(bore, columns=["arm", "who", "when", *ends]),
        paths,
    )


def ratio(gained: Values, held: Values) -> Values:
    """gained / held, NaN where nothing is held."""
    return np.divide(gained, held, out=np.full(np.shape(held), np.nan), where=held > 0.0)


def mean_of_known(values: Values) -> float:
    """The mean over quarters that have a number, NaN where none has."""
    known = np.isfinite(values)
    return float(values[known].mean()) if known.any() else float("nan")


def whole(of: dict[str, Values]) -> Values:
    """(worlds, who): share of all losses; NaN in a world without any."""
    return shared(np.stack([np.nansum(of[who], axis=1) for who in PAID], axis=1))


def worst(of: dict[str, Values]) -> Values:
    """The same in the four quarters in a row with the highest losses."""
    each = np.stack([np.nan_to_num(of[who]) for who in PAID], axis=1)
    sums = np.cumsum(each, axis=2)
    yearly = sums[:, :, YEAR - 1 :].copy()
    yearly[:, :, 1:] -= sums[:, :, :-YEAR]
    at = yearly.sum(axis=1).argmax(axis=1)
    return shared(yearly[np.arange(len(at)), :, at])


def shared(borne: Values) -> Values:
    """Parts of each row's sum, NaN where that is no loss."""
    total = borne.sum(axis=1, keepdims=True)
    return np.divide(borne, total, out=np.full(borne.shape, np.nan), where=total > 0.0)


# -- telling ----------------------------------------------------------------------------------------------


def tell(found: Institutions) -> Report:
    """Two tables, and the figure."""
    arms_there = list(found.paths)
    earned = found.earned.set_index(["what", "arm"])
    rows = [
        [f"{words} [{unit}]" if unit else words, *(mean_told(earned.loc[(words, arm)]) for arm in arms_there)]
        for words, _, unit in EARNED.values()
    ]
    bore = found.bore.set_index(["when", "who", "arm"])
    paid = [
        [f"{who}, {when}", *(mean_told(bore.loc[(when, who, arm)], 100.0) for arm in arms_there)]
        for when in ("all", "worst year")
        for who in PAID
    ]
    fact = seeds("evidence")[PUBLISHED]
    words = [
        *headline(found),
        "",
        "What is earned, and who leaves whom: means over quarters and worlds, 95 % intervals in brackets.",
        "",
        table(["", *map(label, arms_there)], rows, aligned=True),
        "",
        f"Published of partners ({fact['place']}): {fact['says']}.",
        "",
        "Of what platforms' borrowers did not repay, who bore how much, in %; platforms bear what nobody else"
        " does, what they make good for households among it. They may bear less than nothing where one that"
        " ended had spent money of others.",
        "",
        table(["", *map(label, arms_there)], paid, aligned=True),
    ]
    frames = {"earned": found.earned, "bore": found.bore}
    title = "What institutions earn on platforms' borrowers, and who pays for failures"
    return Report("\n".join(words), frames, {"institutions": lambda: draw(found)}, title)


def headline(found: Institutions) -> list[str]:
    """What the guarantee does to households that lend, whether banks earn more through platforms, and who
    ends partnerships."""
    bore = found.bore.set_index(["when", "who", "arm"])
    said = []
    for arm in (LENDERS, UNPLEDGED):
        if arm in found.paths:
            row = bore.loc[("worst year", PAID[0], arm)]
            said.append(f"{label(arm)} {mean_told(row, 100.0, ' %')}")
    lines = [f"- Of the losses of the worst year households bear, under {listed(said)}."] if said else []
    for arm in (HARVEST, FREE):
        if arm in found.paths:
            of = found.paths[arm]
            values = [400.0 * mean_of_known(one) for one in of["bought_margin"] - of["own_margin"]]
            row = of_cases(np.array(values))
            more = "more" if row.low > 0.0 else "less" if row.high < 0.0 else "not surely more or less"
            told = mean_told({"worlds": row.n, "mean": row.mean, "low": row.low, "high": row.high}, unit=UNIT)
            lines.append(f"- Through platforms banks earn {more} than alone under {label(arm)}: {told}.")
    earned = found.earned.set_index(["what", "arm"])
    for arm in (HARVEST, FREE):
        if arm in found.paths:
            rows = {who: earned.loc[(EARNED[f"{one}_of_all"][0], arm)] for who, one in BY.items()}
            told = listed([f"{mean_told(row, unit=' %')} {who}" for who, row in rows.items()])
            lines.append(f"- Of partnerships with banks there end in a year, under {label(arm)}: {told}.")
    return lines


def draw(found: Institutions) -> Figure:
    """What banks, buyers of notes, lending households, insurers and houses earn over time; who leaves whom,
    and how many partners a platform has; and who bore the worst year."""
    figure, axes = panels(
        6, "What institutions earn on platforms' borrowers beside what they earn alone", rows=2
    )
    of, lent, open_ = found.paths[HARVEST], found.paths[LENDERS], found.paths[UNPLEDGED]
    curves(axes[0], 400.0, {"through platforms": of["bought_margin"], "alone": of["own_margin"]})
    axes[0].set(title="Banks, under institution traffic", ylabel="% a year over what their money costs")
    claims = {"claims": lent["claims"], "claims, not guaranteed": open_["claims"], "notes": of["notes"]}
    curves(axes[1], 400.0, claims)
    axes[1].set(title="Households that lend, and holders of notes", ylabel="% a year over deposits")
    returns = {"banks": "bank_return", "insurers": "insurer_return", "houses": "house_return"}
    curves(axes[2], 100.0, {who: yearly(of[name]) for who, name in returns.items()})
    axes[2].set(title="On capital, under institution traffic", ylabel="% of the last four quarters")
    parted = {name: of[f"{column}_of_all"] for name, column in BY.items()}
    curves(axes[3], 400.0, parted)
    axes[3].set(title="Partnerships ended, under institution traffic", ylabel="% of those there are, a year")
    having = {label(arm): found.paths[arm]["partners_of_all"] for arm in (HARVEST, FREE)}
    curves(axes[4], 100.0, having)
    axes[4].set(title="Banks that are a platform's partners", ylabel="% of all banks")
    bars(axes[5], found)
    for axis in axes[:5]:
        axis.set_xlabel("quarters since the branching")
        axis.axhline(0.0, color="black", linewidth=0.8)
        axis.set_ylim(bottom=max(LOWEST, axis.get_ylim()[0]))
    return figure


def curves(axes: Any, factor: float, paths: dict[str, Values]) -> None:
    """Median and quartiles over worlds of each, with a legend."""
    for (name, values), tint in zip(paths.items(), TINTS, strict=False):
        band(axes, factor * values, tint)
        axes.lines[-1].set_label(name)
    axes.legend(frameon=False, fontsize=8)


def yearly(values: Values) -> Values:
    """Means of the last four quarters (fewer at the start)."""
    return rolling(values) / np.minimum(YEAR, np.arange(1, values.shape[-1] + 1))


def bars(axes: Any, found: Institutions) -> None:
    """Shares of the worst year's losses by who bore them, one bar an arm."""
    bore = found.bore.loc[found.bore["when"] == "worst year"].set_index(["who", "arm"])["mean"]
    names = list(found.paths)
    base = np.zeros(len(names))
    for who, tint in zip(PAID, TINTS, strict=True):
        height = np.array([np.nan_to_num(bore[who, arm]) for arm in names])
        axes.barh(range(len(names)), 100.0 * height, left=base, height=0.55, color=tint, label=who)
        base += 100.0 * height
    axes.set_yticks(range(len(names)), [label(arm) for arm in names])
    axes.set(title="Who bore the losses of the worst year", xlabel="% of them", ylim=(len(names) + 0.3, -0.5))
    axes.legend(frameon=False, fontsize=8, ncols=3, loc="lower center")


FULL = {**QUICK, "worlds": 20, "firms": 10_000}
STUDY = Study(__doc__, QUICK, FULL, arms, kept_institutions, judge, tell, sampled=False)
