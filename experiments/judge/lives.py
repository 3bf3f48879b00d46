"""How platforms live, over worlds: what lives amount to, what customers cost, what a shakeout hangs on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge.inside import of_cases, placed
from experiments.judge.intervals import wilson
from experiments.judge.means import Interval
from experiments.measure.arithmetic import Values
from experiments.measure.customer_price import BID, PARTS, PRICES, SHARES, by_year, times, years_told
from experiments.measure.futures import Frame
from experiments.measure.lives import EVENTS, OPEN, SHAKEN, lives, paths

LEFT, MOST, FOUNDED = "left at the end, of the peak", "most at once", "founded"
SHAKEOUT = EVENTS[0]
FEW = "few"  # platforms: nothing to shake out
OF_LIVES = ["arm", "quantity", "worlds", "mean", "low", "high", "median", "why"]
OF_PRICES = ["arm", "year", "quantity", "worlds", "mean", "low", "high", "median", "why"]
OF_MECHANISMS = ["arm", "most", "founded", "worlds", "mean", "low", "high", "asked", "shakeouts", "least",
                 "highest", "pairs", "change", "change_low", "change_high", "word"]  # fmt: skip


@dataclass(frozen=True)
class Lives:
    """``table``: arm, quantity, worlds that had a case, mean, low, high (95 % interval; of a share of worlds
    Wilson's), median, and why there is no interval. ``paths``: by arm and name (worlds, quarters) counts.

    ``prices``: by arm, year and quantity (see `customer_price.of_year`) the mean, of prices and their parts
    the geometric one. ``split``: the same of `customer_price.times`. ``price_paths``: by arm and quantity
    (worlds, years) arrays; as multiples since the first year told under ``times`` and the quantity.

    ``mechanisms``: by arm what is left at the end of the peak, the share of worlds with a shakeout, and how
    much more is left than in the same worlds at usual values. Empty where they were not lived.
    """

    table: Frame
    paths: dict[str, dict[str, Values]]
    prices: Frame
    split: Frame
    price_paths: dict[str, dict[str, Values]]
    mechanisms: Frame = field(default_factory=lambda: pd.DataFrame(columns=OF_MECHANISMS))


def split_worlds(tables: Mapping[str, Frame]) -> dict[str, dict[int, tuple[Frame, Frame]]]:
    """Platforms and quarters of each future, by arm and world."""
    platforms = dict(tuple(tables["platforms"].groupby(["arm", "world"], observed=True)))
    none = tables["platforms"].iloc[:0]
    found: dict[str, dict[int, tuple[Frame, Frame]]] = {}
    for (arm, world), mine in tables["quarters"].groupby(["arm", "world"], sort=False, observed=True):
        theirs = platforms.get((arm, world), none)
        found.setdefault(str(arm), {})[int(world)] = theirs, mine.sort_values("since")
    return found


def of_event(happened: Values) -> Interval:
    """The share of worlds in which something happened (1) and did not (0), with Wilson's interval.

    NaN is no case.
    """
    known = happened[np.isfinite(happened)]
    n = known.size
    if not n:
        return Interval(0, math.nan, math.nan, math.nan, math.nan, "", "no world has a case")
    low, high = wilson(float(known.sum()), n)
    return Interval(n, float(known.mean()), low, high, math.nan, "Wilson", "")


def geometric(values: Values) -> Interval:
    """The geometric mean over worlds with its interval: one world with a price far up does not carry it."""
    found = of_cases(np.log(values[values > 0.0]))
    low, mean, high = (math.exp(one) for one in (found.low, found.mean, found.high))
    return replace(found, low=low, mean=mean, high=high, sd=math.nan)


def lives_by_world(worlds: Mapping[int, tuple[Frame, Frame]]) -> Frame:
    """What lives amount to, a row a world."""
    return pd.DataFrame({world: lives(*both) for world, both in worlds.items()}).T


def judge(tables: Mapping[str, Frame]) -> Lives:
    """Lives and prices by arm."""
    rows: list[tuple[Any, ...]] = []
    counts: dict[str, dict[str, Values]] = {}
    prices, split, price_paths = [], [], {}
    for arm, worlds in split_worlds(tables).items():
        of = [paths(theirs, len(mine)) for theirs, mine in worlds.values()]
        counts[arm] = {name: np.array([one[name] for one in of]) for name in of[0]}
        found = lives_by_world(worlds)
        for name in found:
            judged = of_event if name in EVENTS else of_cases
            rows.append((arm, name, *told_of(found[name].to_numpy(float), judged)))
        levels, multiples, price_paths[arm] = prices_of([mine for _, mine in worlds.values()])
        prices += [(arm, *row) for row in levels]
        split += [(arm, *row) for row in multiples]
    return Lives(
        pd.DataFrame(rows, columns=OF_LIVES),
        counts,
        pd.DataFrame(prices, columns=OF_PRICES),
        pd.DataFrame(split, columns=OF_PRICES),
        price_paths,
    )


def told(found: Interval) -> tuple[int, float, float, float]:
    """Worlds, mean, low and high."""
    return found.n, found.mean, found.low, found.high


def told_of(values: Values, judged: Callable[[Values], Interval]) -> tuple[Any, ...]:
    """Worlds that had a case, mean, low, high, median, and why there is no interval."""
    found, known = judged(values), values[np.isfinite(values)]
    return *told(found), float(np.median(known)) if known.size else math.nan, found.refused


def prices_of(quarters: list[Frame]) -> tuple[list[Any], list[Any], dict[str, Values]]:
    """Rows of prices by year and quantity, rows of their multiples since the first year told, both by world
    and year."""
    levels = [by_year(one) for one in quarters]
    years = years_told(len(quarters[0]))
    if not years:
        return [], [], {}
    multiples = [times(one, years[0]) for one in levels]
    drawn = {name: np.array([one[name] for one in levels], float) for name in (*PRICES, *SHARES)}
    since = {name: np.array([one[name] for one in multiples], float) for name in (PRICES[-1], *PARTS, *BID)}
    parts = {name: np.array([one[name] for one in levels], float) for name in (*PARTS, *BID)}
    rows = [
        (year, name, *told_of(values[:, year - 1], of_cases if name in SHARES else geometric))
        for name, values in {**drawn, **parts}.items()
        for year in years
    ]
    split = [
        (year, name, *told_of(values[:, year - 1], geometric))
        for name, values in since.items()
        for year in years[1:]
    ]
    return rows, split, {**drawn, **parts, **{f"times {name}": values for name, values in since.items()}}


def mechanisms(usual: Mapping[str, Frame], changed: Mapping[str, Frame], arm: str) -> Frame:
    """What is left at the end where one mechanism is changed, beside the usual values (see `OF_MECHANISMS`).

    most, founded: medians over worlds. asked: worlds with platforms enough for a shakeout. change: what more
    is left, in pairs of worlds. word: where what is left lies, by the interval of its mean, beside what a
    shakeout leaves (see `placed`); `FEW` where there are hardly any platforms.

    Args:
        usual, changed: tables of the same worlds; arm: the one of the usual ones.
    """
    mine = lives_by_world(split_worlds(usual)[arm])
    others = {name: lives_by_world(worlds) for name, worlds in split_worlds(changed).items()}
    rows = []
    for name, found in {arm: mine, **others}.items():
        left = of_cases(found[LEFT].to_numpy(float), within=(0.0, 1.0))
        event = of_event(found[SHAKEOUT].to_numpy(float))
        apart = of_cases((found[LEFT] - mine[LEFT]).to_numpy(float), within=(-1.0, 1.0))
        change = told(apart) if name != arm else (0, math.nan, math.nan, math.nan)
        middle = (float(found[one].median()) for one in (MOST, FOUNDED))
        word = placed(left, 0.0, SHAKEN) if found[MOST].median() >= OPEN else FEW
        rows.append((name, *middle, *told(left), *told(event), *change, word))
    return pd.DataFrame(rows, columns=OF_MECHANISMS)
