"""What was followed, a row a case: firms that drew the depth of their link, platforms that drew lines."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.measure.arithmetic import YEAR, Values
from experiments.measure.futures import Frame

KEYS = ["world", "luck"]
SIZE = ["log_customers"]  # what is held of a platform where more lines are to be told from more customers
LEAST_LIVED = 2 * YEAR  # quarters of revenue below which nothing is told of how it varies
EARLY = 0.5  # of the time up to the horizon, in which a lot has to be drawn
LINES = "_lines_"  # before the number of lines, in the name of a business model that was dealt some


def lots_until(tables: Mapping[str, Frame], arm: str, twin: str | None, horizon: int) -> Frame:
    """Firms that drew a highest depth: world, luck, firm, drawn_at, deepest, sales, log_sales, profit [yuan a
    year], depth (mean of the time since), and with a twin gain [share of value added].

    Args:
        tables: ``lots``, ``linked``, ``twins`` of `following.Lots`.
        twin: the arm in which the same firms live without a link.
        horizon: quarters after the branching; only what lies before counts, of lots drawn in the first half:
            a link takes its time to be built, and to pay.
    """
    lots = _of(tables["lots"], arm)
    lots = lots.loc[lots["drawn_at"] <= horizon * EARLY]
    seen = _of(tables["linked"], arm)
    seen = seen.loc[seen["since"] <= horizon]
    sums: Frame = seen.groupby([*KEYS, "firm"])[["added", "profit", "depth"]].sum().reset_index()
    cases = lots.merge(sums, on=[*KEYS, "firm"], how="left", validate="1:1")
    quarters = (horizon - cases["drawn_at"] + 1).to_numpy(float)
    cases["profit"] *= YEAR / quarters
    cases["depth"] /= quarters
    cases["log_sales"] = np.log(np.maximum(1.0, cases["sales"].to_numpy(float)))
    return cases if twin is None else cases.assign(gain=_gains(cases, _of(tables["twins"], twin), horizon))


def _of(table: Frame, arm: str) -> Frame:
    return table.loc[table["arm"] == arm]


def _gains(cases: Frame, twins: Frame, horizon: int) -> Values:
    """What each firm makes more than its twin over the same quarters, over the mean of both; NaN where
    neither makes anything."""
    same = twins.loc[twins["since"] <= horizon].merge(cases[[*KEYS, "firm", "drawn_at"]], on=[*KEYS, "firm"])
    same = same.loc[same["since"] >= same["drawn_at"]]
    there = same.groupby([*KEYS, "firm"])["added"].sum().rename("there")
    other = cases.join(there, on=[*KEYS, "firm"])["there"].fillna(0.0).to_numpy(float)
    own = cases["added"].fillna(0.0).to_numpy(float)
    size = (np.abs(own) + np.abs(other)) / 2.0
    return np.divide(own - other, size, out=np.full(len(cases), np.nan), where=size > 0)


def lines_of(kind: str) -> int:
    """How many service lines a dealt business model of this name has; 0 for any other."""
    return int(kind.rpartition(LINES)[2]) if LINES in kind else 0


def platforms_until(tables: Mapping[str, Frame], arm: str, horizon: int) -> Frame:
    """Platforms with which an arm began: world, luck, platform, lines, alive (0 or 1, at the horizon),
    steadiness, log_customers (of the mean over its life), sectors (of its clients, mean over its life).

    Args:
        tables: ``platforms`` of `following.kept_kinds`, ``breadth`` of `following.Breadth`.
    """
    table = _of(tables["platforms"], arm)
    table = table.loc[table["since"] <= horizon].sort_values("since")
    lives = table.loc[table["alive"] > 0]
    keys = [*KEYS, "platform"]
    first: Frame = table.loc[table["since"] == 1].drop_duplicates(keys)
    cases = first[[*keys, "kind"]].assign(lines=first["kind"].map(lines_of))
    last = lives.loc[lives["since"] == min(horizon, int(table["since"].max())), keys].assign(alive=1.0)
    each = lives.groupby(keys)
    found = pd.DataFrame(
        {"customers": each["customers"].mean(), "steadiness": each["revenue"].apply(steadiness)}
    )
    breadth = _of(tables["breadth"], arm)
    found["sectors"] = breadth.loc[breadth["since"] <= horizon].groupby(keys)["sectors"].mean()
    cases = cases.merge(last, on=keys, how="left").join(found, on=keys)
    cases["alive"] = cases["alive"].fillna(0.0)
    cases["log_customers"] = np.log1p(cases["customers"].fillna(0.0).to_numpy(float))
    return cases.drop(columns="customers")


def steadiness(revenue: npt.ArrayLike) -> float:
    """Less the deviation of the changes of revenue from quarter to quarter, each over the mean of both
    quarters, from the first quarter with any; NaN for less than two years of it."""
    path = np.asarray(revenue, float)
    path = path[np.argmax(path > 0) :] if (path > 0).any() else path[:0]
    if path.size < LEAST_LIVED:
        return np.nan
    size = (path[1:] + path[:-1]) / 2.0
    changes = np.divide(np.diff(path), size, out=np.zeros(path.size - 1), where=size > 0)
    return -float(changes.std(ddof=1))
