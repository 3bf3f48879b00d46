"""A replay by year: what is published beside the model, worked out of the tables that `kept_dated` left."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge.inside import of_cases
from experiments.judge.replayed import distances, of_peak, within
from experiments.judge.sources import seeds
from experiments.measure.arithmetic import YEAR, Values
from experiments.measure.dated import FROM_BANKS
from experiments.measure.futures import FOCUS, Frame
from experiments.measure.lives import MANNERS

PEER = "consumer_traffic"  # the business model in which households lend
CHANGE = "change from 2016 to 2025 of the share that runs deep integration"
VANISHED = ("stopped", "broke")
OF_QUANTITIES = ["quantity", "published", "arm", "worlds", "mean", "low", "high"]
OF_SERIES = ["series", "arm", "year", "worlds", "median", "lower", "upper"]
OF_MIX = ["arm", "model", "year", "worlds", "share", "low", "high", "alive"]


@dataclass(frozen=True)
class Years:
    """One arm. ``series``: by name of seeds/history.toml, and ``counts`` of the number open, by year:
    (worlds, years); ``alive`` and ``earned``: by business model, at the end of and in each year."""

    first: int
    series: Mapping[str, Values]
    counts: Values
    alive: Mapping[str, Values]
    earned: Mapping[str, Values]
    revenue: Values

    @property
    def years(self) -> range:
        """The whole years there are."""
        return range(self.first, self.first + self.counts.shape[1])

    def at(self, name: str, *years: int) -> Values:
        """(worlds,) mean over these years of a series, of those with a number; NaN where none."""
        columns = [year - self.first for year in years if year in self.years]
        return nanmean(self.series[name][:, columns])

    def ends(self) -> dict[int, Values]:
        """(worlds,) how many are open at the end of each year, over the highest of the known years."""
        known = int(seeds("history")["known_until"])
        return of_peak(dict(zip(self.years, self.counts.T, strict=True)), known)

    def part(self, model: str, year: int) -> Values:
        """(worlds,) part of the living platforms that run a business model as a year ends."""
        at = year - self.first
        whole = np.sum([one[:, at] for one in self.alive.values()], axis=0)
        mine = self.alive[model][:, at] if model in self.alive else np.zeros(len(whole))
        return over(mine, whole)


def over(parts: Values, wholes: Values) -> Values:
    """parts / wholes, NaN where there is no whole."""
    return np.divide(parts, wholes, out=np.full(np.shape(parts), np.nan), where=wholes > 0.0)


def nanmean(values: Values) -> Values:
    """The mean along the last axis of what is a number; NaN where nothing is."""
    known = np.isfinite(values)
    return over(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1).astype(float))


def by_quarter(table: Frame, column: str, worlds: Sequence[int], quarters: int) -> Values:
    """(worlds, quarters) of a column; zero where there is no row."""
    found = np.zeros((len(worlds), quarters))
    place = {world: n for n, world in enumerate(worlds)}
    at = table["world"].map(place).to_numpy(int), table["since"].to_numpy(int) - 1
    found[at] = table[column].to_numpy(float)
    return found


def in_years(values: Values, how: Callable[[Values], Values]) -> Values:
    """(worlds, quarters) -> (worlds, years): how the four quarters of each whole year are put together."""
    years = values.shape[1] // YEAR
    return how(values[:, : YEAR * years].reshape(len(values), years, YEAR))


def sums(values: Values) -> Values:
    """Sums along the last axis."""
    return values.sum(axis=-1)


def last(values: Values) -> Values:
    """The last along the last axis."""
    return values[..., -1]


def years_of(quarters: Frame, models: Frame, first: int) -> Years:
    """The years of one arm; quarters, models: its rows of all worlds, with their worlds."""
    worlds, number = sorted(quarters["world"].unique()), int(quarters["since"].max())
    of = {name: by_quarter(quarters, name, worlds, number) for name in quarters if name != "arm"}
    by = {
        (str(model), column): by_quarter(mine, column, worlds, number)
        for model, mine in models.groupby("model", observed=True)
        for column in ("alive", "revenue", "bad_loans", "loans")
    }
    names = sorted({model for model, _ in by})
    nothing = np.zeros((len(worlds), number))
    counts = in_years(of["open"], last)
    before = np.concatenate([np.zeros((len(worlds), 1)), counts[:, :-1]], axis=1)
    died = {name: in_years(of[name], sums) for name in MANNERS}
    ended, peak = np.sum(list(died.values()), axis=0), peak_of(counts, first)
    loans = in_years(by.get((PEER, "loans"), nothing), nanmean)
    bad = in_years(by.get((PEER, "bad_loans"), nothing), sums)
    series = {
        "open": over(counts, peak),
        "opened": over(in_years(of["opened"], sums), peak),
        "died": over(ended, before),
        "vanished": over(np.sum([died[name] for name in VANISHED], axis=0), ended),
        "lent": in_years(of["lent"], last),
        "borrower": in_years(of["borrower_cost"], nanmean),
        "take": YEAR * in_years(of["take"], nanmean),
        "own": in_years(of["own"], nanmean),
        "notes": in_years(of["notes"], nanmean),
        "bad": over(bad, bad + loans),
        "credit": in_years(of["platform_credit_to_consumers"] + of["platform_credit_to_firms"], last),
        "reach": in_years(of["reach"], last),
    }
    return Years(
        first,
        series,
        counts,
        {name: in_years(by[name, "alive"], last) for name in names},
        {name: in_years(by[name, "revenue"], sums) for name in names},
        in_years(of["platform_revenue"], nanmean),
    )


def peak_of(counts: Values, first: int) -> Values:
    """(worlds, years) the highest number of the known years, the same in each."""
    known = max(1, int(seeds("history")["known_until"]) - first + 1)
    return np.repeat(counts[:, :known].max(axis=1, keepdims=True), counts.shape[1], axis=1)


def published(name: str) -> dict[int, float]:
    """The published points of a series that are about the end of a year, by year."""
    points = seeds("history")["series"][name]["points"]
    return {int(one["at"][:4]): one["value"] for one in points if "value" in one and one["at"][5:] == "12"}


def peak_published() -> float:
    """The highest published number of open platforms at the end of a known year."""
    known = int(seeds("history")["known_until"])
    return max(value for year, value in published("open").items() if year <= known)


def shares_published() -> dict[int, float]:
    """Published numbers of open platforms by year, over the highest of the known years."""
    return {year: value / peak_published() for year, value in published("open").items()}


def in_words(name: str, years: Sequence[int]) -> str:
    """What is published of a series about these years, counts over the highest known one; "" for nothing."""
    one = seeds("history")["series"][name]
    about = [
        point
        for point in one["points"]
        if int(point.get("from", point["at"])[:4]) <= max(years) and int(point["at"][:4]) >= min(years)
    ]
    ends = [point.get(end, point.get("value")) for point in about for end in ("low", "high")]
    if not ends:
        return ""
    whole, share = peak_published() if one["unit"] == "count" else 1.0, one["unit"] in ("share", "count")
    told = [f"{100 * end / whole:.3g}" if share else f"{end:,g}" for end in (min(ends), max(ends))]
    return " to ".join(dict.fromkeys(told)) + (" %" if share else "")


def quantities(arm: Years, forecast: Sequence[int]) -> dict[str, tuple[Values, str]]:
    """What the years of one arm amount to: (worlds,) by name, and what is published, in words."""
    there, shares, known = set(arm.years), arm.ends(), int(seeds("history")["known_until"])
    truth = shares_published()
    found = {"peer-to-peer platforms, most at the end of a known year": (arm_peak(arm, known), "")}
    highest = np.where(arm.counts.max(axis=1) > 0, arm.first + arm.counts.argmax(axis=1), np.nan)
    found["year with the most of them"] = highest, "2015"
    for year in (one for one in truth if one > known and one in there):
        told = f"{100 * truth[year]:.0f} %"
        found[f"open at the end of {year}, share of the peak"] = shares[year], told
    if set(forecast) <= there:
        name = f"distance from the published counts, {forecast[0]} to {forecast[-1]}, share of the peak"
        found[name] = distances(shares, truth, forecast), "0 %"
    for name, years, what in TOLD:
        if set(years) <= there:
            found[what] = arm.at(name, *years), MORE.get(what) or in_words(name, years)
    for year in (2016, 2020, 2025):
        if year in there:
            for model in (PEER, FROM_BANKS, FOCUS):
                what = f"share of the living platforms at the end of {year}, {model.replace('_', ' ')}"
                found[what] = arm.part(model, year), ""
    if {2016, 2025} <= there:
        found[CHANGE] = arm.part(FOCUS, 2025) - arm.part(FOCUS, 2016), ""
    return found


BORN = "opened in a year of 2015 to 2018, share of the peak"
KEEPS = "share of their loans that traffic for institutions keeps"
TAKES = "share a year that traffic for institutions takes"
ISSUED = "securities issued on consumer loans in a year, share of GDP"
BAD = "bad loans of a year, share of them and what is owed to households"
TOLD = (  # series, years, what; beside what `in_words` says
    ("opened", (2012,), "opened in 2012, share of the peak"),
    ("opened", (2013,), "opened in 2013, share of the peak"),
    ("opened", (2014,), "opened in 2014, share of the peak"),
    ("opened", (2015, 2016, 2017, 2018), BORN),
    ("died", (2015, 2016, 2017), "share of peer-to-peer platforms that end in a year, 2015-17"),
    ("died", (2018, 2019), "share of peer-to-peer platforms that end in a year, 2018 and 2019"),
    ("vanished", (2018,), "share that stops owing or goes broke, of those that end in 2018"),
    ("lent", (2017,), "share of GDP that households lend at the end of 2017"),
    ("bad", (2012, 2013, 2014, 2015, 2016), f"{BAD}, 2012 to 2016"),
    ("bad", (2017, 2018, 2019, 2020), f"{BAD}, 2017 to 2020"),
    ("borrower", (2015, 2016, 2017), "price of a new borrower, yuan, 2015 to 2017"),
    ("borrower", (2024, 2025), "price of a new borrower, yuan, 2024 and 2025"),
    ("take", (2019, 2020), f"{TAKES}, 2019 and 2020"),
    ("take", (2021, 2022), f"{TAKES}, 2021 and 2022"),
    ("take", (2023, 2024, 2025), f"{TAKES}, 2023 to 2025"),
    ("own", (2020,), f"{KEEPS}, 2020"),
    ("own", (2021,), f"{KEEPS}, 2021 (published: of new ones)"),
    ("own", (2022,), f"{KEEPS}, 2022 (published: of new ones)"),
    ("own", (2023,), f"{KEEPS}, 2023 (published: of new ones)"),
    ("own", (2024, 2025), f"{KEEPS}, 2024 and 2025"),
    ("notes", (2016,), f"{ISSUED}, 2016"),
    ("notes", (2017,), f"{ISSUED}, 2017"),
    ("notes", tuple(range(2018, 2026)), f"{ISSUED}, 2018 to 2025"),
)
# no points of a year: 6,306 had opened until August 2019 and 1,575 until 2014 (P2P_BIRTHS), over the peak;
# a year as if as many of the rest had opened in each of those months, or none after 2018
MORE = {BORN: "39 to 46 %"}


def arm_peak(arm: Years, known: int) -> Values:
    """(worlds,) the highest number of a known year."""
    return arm.counts[:, : max(1, known - arm.first + 1)].max(axis=1)


def quantity_rows(arms: Mapping[str, Years], forecast: Sequence[int]) -> Frame:
    """The means of `quantities` over worlds, by arm, with their intervals."""
    rows = []
    for name, arm in arms.items():
        for quantity, (values, told) in quantities(arm, forecast).items():
            found = of_cases(values)
            low = -math.inf if quantity.startswith(CHANGE) else 0.0
            rows.append((quantity, told, name, found.n, *within(found, low)))
    return pd.DataFrame(rows, columns=OF_QUANTITIES)


def changes(here: Years, later: Years, forecast: Sequence[int]) -> dict[str, tuple[Any, Any, Any]]:
    """By quantity: its mean over worlds here, with later values, and the mean of the paired difference; of
    worlds that have a number both times."""
    one, other = quantities(here, forecast), quantities(later, forecast)
    found = {}
    for name, (values, _) in one.items():
        change = other[name][0] - values
        both = np.isfinite(change)
        found[name] = of_cases(values[both]), of_cases(other[name][0][both]), of_cases(change)
    return found


def series_rows(arms: Mapping[str, Years]) -> Frame:
    """Median over worlds and quartiles of each series, by arm and year."""
    rows = []
    for name, arm in arms.items():
        for series, values in arm.series.items():
            for year, column in zip(arm.years, values.T, strict=True):
                known = column[np.isfinite(column)]
                if known.size:
                    low, mid, high = np.quantile(known, [0.25, 0.5, 0.75]).tolist()
                    rows.append((series, name, year, known.size, mid, low, high))
    return pd.DataFrame(rows, columns=OF_SERIES)


def mix_rows(arms: Mapping[str, Years]) -> Frame:
    """Of the living platforms the part of each business model as a year ends, by arm: means over worlds."""
    rows = []
    for name, arm in arms.items():
        for model in arm.alive:
            for year in arm.years:
                found = of_cases(arm.part(model, year))
                alive = float(arm.alive[model][:, year - arm.first].mean())
                rows.append((name, model, year, found.n, *within(found, 0.0, 1.0), alive))
    return pd.DataFrame(rows, columns=OF_MIX)
