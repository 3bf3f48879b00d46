"""The closed economy against declared bands: levels, drifts, accidents and the signs of its cycle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge.inside import of_cases, of_middle, placed
from experiments.judge.intervals import Trend, trend
from experiments.measure.arithmetic import YEAR
from experiments.measure.moments import correlation, cycle_of

START = 80  # quarters before which the economy may still remember how it was set up


@dataclass(frozen=True)
class Band:
    """A measure of the core, the band that an economy like this one should lie in, and the drift it may have.

    ``times`` turns the recorded column into ``unit`` (4 makes a quarterly rate yearly). ``drift`` is the
    change over the whole window that still counts as none [unit; where ``relative``, share of the mean].
    ``source`` is an id of ``seeds/evidence.toml``, or says which range of textbooks or statistics is meant;
    those ranges are recalled and rounded, and wide on purpose. ``sets`` is whether that fact has set a number
    of the model: then it is shown, and does not judge.
    """

    name: str
    column: str
    low: float
    high: float
    drift: float
    unit: str
    source: str
    times: float = 1.0
    relative: bool = False
    sets: bool = False


SHARES_OF_SOME = ("share of askers", "share of loans in default")  # of whom there may be none in a quarter
# fmt: off
BANDS = (
    Band("real growth", "growth", 0.005, 0.04, 0.01, "share/year", "per head, Maddison 1950-2018", YEAR),
    Band("inflation", "inflation", 0.0, 0.04, 0.01, "share/year", "what central banks aim at", YEAR),
    Band("unemployment", "unemployment", 0.03, 0.12, 0.02, "share", "OECD members 1980-2020"),
    Band("firm credit / GDP", "credit_to_gdp", 0.4, 1.7, 0.1, "share", "BIS, most countries"),
    Band("firms in default", "default_rate", 0.005, 0.03, 0.005, "share/year", "yearly insolvencies", YEAR),
    Band("closures", "closure_rate", 0.04, 0.12, 0.02, "share/year", "OECD, deaths less insolvencies", YEAR),
    Band("entry", "entry_rate", 0.05, 0.15, 0.02, "share/year", "CHURN, one half", YEAR),
    Band("loss given default", "loss_given_default", 0.23, 0.45, 0.08, "share of loans in default",
        "LGD_BANK", sets=True),
    Band("trade credit / bank debt", "trade_to_bank", 0.6, 1.2, 0.1, "ratio", "listed firms, TRADE_CREDIT",
        sets=True),
    Band("consumer credit / GDP", "consumer_credit_to_gdp", 0.06, 0.2, 0.03, "share", "CONSUMER_CREDIT",
        sets=True),
    Band("bank margin", "bank_margin", 0.015, 0.025, 0.004, "share/year", "BANK_MARGIN", sets=True),
    Band("bank loan losses", "bank_loss_rate", 0.002, 0.015, 0.004, "share/year", "FDIC, charge-offs"),
    Band("bank return", "bank_return", 0.07, 0.13, 0.02, "share/year", "BANK_ROE"),
    Band("bank capital", "bank_capital", 0.12, 0.16, 0.01, "share of loans", "BANK_CAPITAL; a loan weighs 1",
        sets=True),
    Band("public debt / GDP", "public_debt", 0.2, 1.0, 0.15, "share", "OECD members 1980-2020"),
    # fewer than 5.6 equal firms are what the US guidelines of 2010 begin to call a concentrated market
    Band("effective firms", "effective_firms", 5.6, 1000.0, 0.2, "firms/sector", "US guidelines", 1.0, True),
    Band("spread of skill", "skill_spread", 0.15, 0.45, 0.03, "log points", "Syverson 2011"),
    Band("tail of sizes", "size_tail", 0.9, 1.3, 0.15, "exponent", "SIZE_TAIL"),
    Band("small firms rationed", "small_rationed", 0.35, 0.60, 0.1, "share of askers", "RATIONED"),
)
# fmt: on


def prepared(quarters: Any) -> Any:
    """The recorded quarters of all worlds, in order, with two more columns.

    ``growth`` of output [log points/quarter], and ``trade_to_bank``: what firms owe suppliers over what they
    owe banks [ratio], NaN where that is not recorded.
    """
    table = quarters.sort_values(["world", "quarter"]).reset_index(drop=True)
    positive = table["output"].where(table["output"] > 0)
    logs = pd.Series(np.log(positive.to_numpy(float)))
    owed = ("trade_credit", "bank_credit_to_firms")
    trade, bank = (table.get(name, math.nan) for name in owed)
    return table.assign(growth=logs.groupby(table["world"]).diff(), trade_to_bank=trade / bank)


def window_start(quarters: int) -> int:
    """The first quarter that is judged: `START`, in short runs the end of the first fifth."""
    return min(START, quarters // 5)


def paths(table: Any, band: Band) -> Any:
    """One column per world: the measure by quarter, in the unit of its band."""
    return table.pivot(index="quarter", columns="world", values=band.column) * band.times


def yearly(values: Any) -> tuple[np.ndarray, np.ndarray]:
    """Means of whole years and their middle quarters; years with a gap are left out.

    Quarters next to each other say nearly the same: over years, a slope's interval is less flattered by that.
    """
    years = len(values) // YEAR
    cut = np.asarray(values.iloc[: years * YEAR], dtype=float).reshape(years, YEAR).mean(axis=1)
    times = np.asarray(values.index[: years * YEAR], dtype=float).reshape(years, YEAR).mean(axis=1)
    whole_years = np.isfinite(cut)
    return cut[whole_years], times[whole_years]


def slope(values: Any) -> Trend:
    """Theil and Sen's trend of one path [unit per quarter]; flat, without interval, where it is too short."""
    series, times = yearly(values)
    if series.size < 3:
        return Trend(0.0, -math.inf, math.inf, math.nan)
    return trend(series, times)


def shared(slopes: list[Trend]) -> Trend:
    """The trend that worlds have in common: the mean of theirs, with its interval over worlds.

    Worlds are independent of one another, the quarters of a world are not: an interval from the quarters of
    their mean path takes a slow swing of a few large firms for a trend. A single world has only its own.
    """
    if len(slopes) < 2:
        return slopes[0]
    found = of_cases([one.slope for one in slopes])
    if found.refused:
        return Trend(found.mean, -math.inf, math.inf, math.nan)
    return Trend(found.mean, found.low, found.high, math.nan)


def drifts(line: Trend, span: float, limit: float) -> bool:
    """Whether a trend moves the level by over ``limit`` in ``span`` quarters, its interval excluding zero."""
    return bool(abs(line.slope * span) > limit and (line.low > 0.0 or line.high < 0.0))


def judged(table: Any, bands: tuple[Band, ...] = BANDS, *, start: int = START) -> Any:
    """A row per band: mean over worlds, inside or outside, and drift over the window.

    Args:
        table: as `prepared` gives it.
        start: the window opens after this quarter.

    Returns:
        A DataFrame by name of the measure: ``mean`` with its interval ``from`` and ``to``, ``sd`` (of the
        worlds' means), ``low`` and ``high`` of the band, ``verdict`` (see `judge/inside.py`),
        ``worlds_inside`` (share of worlds), ``change`` with ``change_low`` and ``change_high``
        (over the window, mean and 95 % interval over worlds), ``drifts`` (see `drifts`), ``worlds_drifting``
        (share of worlds whose own path drifts), ``drift`` (what is tolerated [unit]), ``sets`` (a number, and
        so does not judge), ``unit``, ``source``.
    """
    late = table[table["quarter"] > start]
    rows = {}
    for band in bands:
        by_world = paths(late, band)
        span = float(by_world.index[-1] - by_world.index[0])
        means = by_world.mean()
        level = of_cases(means.to_numpy())
        slopes = [slope(by_world[world]) for world in by_world]
        common = shared(slopes)
        change, change_low, change_high = (span * one for one in (common.slope, common.low, common.high))
        limit = band.drift * abs(level.mean) if band.relative else band.drift
        rows[band.name] = {
            "mean": level.mean,
            "from": level.low,
            "to": level.high,
            "sd": level.sd,
            "low": band.low,
            "high": band.high,
            "verdict": placed(level, band.low, band.high),
            "worlds_inside": float(means.between(band.low, band.high).mean()),
            "change": change,
            "change_low": change_low,
            "change_high": change_high,
            "drifts": drifts(common, span, limit),
            "worlds_drifting": float(np.mean([drifts(one, span, limit) for one in slopes])),
            "drift": limit,
            "sets": band.sets,
            "unit": band.unit,
            "source": band.source,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def accidents(table: Any, failed: int = 0) -> dict[str, int]:
    """Worlds in which something broke, by kind; ``failed`` are those without any result.

    not finite: a column of `BANDS` is NaN or infinite after the first year (but for shares of those who ask
    or fail: nobody may). explosions: prices rise by half within a year. collapses: output falls by 30 %
    within a year after the first, or to zero. bank failures are counted, not worlds.
    """
    numbers = dict.fromkeys(("not finite", "collapses", "explosions", "bank failures"), 0)
    needed = [band.column for band in BANDS if band.unit not in SHARES_OF_SOME]
    for _, world in table.groupby("world", observed=True):
        finite = np.isfinite(world[needed].to_numpy(float)[YEAR:]).all()
        output, prices = world["output"].to_numpy(float), world["price_level"].to_numpy(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            grown, dearer = output[YEAR:] / output[:-YEAR], prices[YEAR:] / prices[:-YEAR]
        numbers["not finite"] += int(not finite)
        numbers["collapses"] += int((output <= 0).any() or (grown < 0.7).any())
        numbers["explosions"] += int((dearer > 1.5).any())
        numbers["bank failures"] += int(world["bank_failures"].sum())
    return {"without result": failed, **numbers}


def cycle_signs(table: Any, *, start: int = START) -> Any:
    """What moves with output (production): for each sign mean and interval over worlds, and its verdict.

    Of the worst quarter it is the middle world that counts, and the interval is that of the median. `IN`
    means that the whole interval lies on the expected side, see `judge/inside.py`.
    """
    late = table[table["quarter"] > start]
    found: dict[str, list[float]] = {}
    for _, world in late.groupby("world", observed=True):
        output = cycle_of(world["production"])
        consumption, investment = cycle_of(world["consumption"]), cycle_of(world["investment"])
        credit = np.log(world["firm_credit"].to_numpy(float))
        defaults = cycle_of(world["default_rate"], logs=False)
        steps = np.diff(np.log(np.maximum(1e-300, world["production"].to_numpy(float))))
        values = {
            "sd of output [%]": 100.0 * output.std(),
            "consumption / output, sd": consumption.std() / output.std(),
            "investment / output, sd": investment.std() / output.std(),
            "employment / output, sd": cycle_of(world["employment"]).std() / output.std(),
            "worst quarter of output [%]": 100.0 * float(np.expm1(steps.min())),
            "quarters at full employment": float((world["workers_found"] < 1.0).mean()),
            "credit growth with output": correlation(output[1:], np.diff(credit)),
            "defaults with output": correlation(output, defaults),
            "defaults with output a year before": correlation(output, defaults, YEAR),
            "autocorrelation of output": correlation(output, output, 1),
            "autocorrelation of defaults": correlation(defaults, defaults, 1),
        }
        for name, value in values.items():
            found.setdefault(name, []).append(value)
    rows = {}
    for name, values in found.items():
        (low, high), says = EXPECTED[name]
        mean = of_middle(values) if name.startswith("worst") else of_cases(values)
        rows[name] = {
            "mean": mean.mean,
            "from": mean.low,
            "to": mean.high,
            "expected": says,
            "sets": name in SETTING,
            "verdict": placed(mean, low, high),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


# CYCLE_SIGNS of seeds/evidence.toml, and for the memory of the cycle Stock and Watson 1999. CYCLE_SIZE has
# set how strong the common mood is, and how much of investment goes into used machines
SETTING = {"sd of output [%]", "investment / output, sd"}
EXPECTED = {
    "sd of output [%]": ((1.0, 2.2), "1 to 2.2"),
    "consumption / output, sd": ((0.0, 1.0), "below 1"),
    "investment / output, sd": ((3.0, 5.5), "3 to 5.5"),
    "employment / output, sd": ((0.4, 0.9), "0.4 to 0.9"),
    "worst quarter of output [%]": ((-4.0, math.inf), "-4 or better"),
    "quarters at full employment": ((0.0, 0.1), "below 0.1"),
    "credit growth with output": ((0.0, math.inf), "positive"),
    "defaults with output": ((-math.inf, 0.0), "negative"),
    "defaults with output a year before": ((-math.inf, math.inf), "no sign"),
    "autocorrelation of output": ((0.5, math.inf), "0.5 or more"),
    "autocorrelation of defaults": ((0.0, math.inf), "positive: clusters"),
}
