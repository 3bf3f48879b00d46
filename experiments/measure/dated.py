"""What is kept of a replay of dated years: platforms by kind, what users pay and are charged, by quarter.

A platform counts as one of peer-to-peer lending in a quarter in which it runs a business model that takes
households' money, and either the law lets it or it still owes them some. Giants are left out of counts, and
are in on sums of money.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.measure.fintech_sizes import derived
from experiments.measure.futures import Frame
from experiments.measure.lives import MANNERS

FROM_HOUSEHOLDS, FROM_BANKS = "households", "institution_traffic"
RECORDED = (
    "reach",
    "borrower_cost",
    "platform_revenue",
    "platform_credit_to_consumers",
    "platform_credit_to_firms",
    "venture_funding",
    "fright",
    "no_room",
)
FUNDED = ("participations_owed", "claims_owed", "sold_loans")  # by others, as far as there are such
NOTES = "notes_issued"  # share of GDP, where houses issue any
OF_MODELS = ["revenue", "bad_loans", "loans", "profit", "deaths"]
COUNTS = ("open", "opened", "turned_to", "turned_away", *MANNERS)


def kept_dated(economy: Any) -> dict[str, Frame]:
    """``quarters`` and ``models`` since the branching, in ``since`` from 1.

    ``quarters``: `RECORDED`, `COUNTS` of peer-to-peer platforms, ``lent`` by households [share of yearly
    GDP], ``take`` [share/quarter] and ``own`` [share of loans] of traffic for institutions, ``notes`` [share
    of GDP; NaN where nobody issues any]. ``models``: by business model ``alive`` without giants, and
    `OF_MODELS` with them.
    """
    branched, records = economy.branched, economy.records
    lines, platforms = records.quarters, records.platforms
    quarters = lines[list(RECORDED)].assign(notes=lines.get(NOTES, np.nan))
    quarters = quarters.assign(lent=derived(platforms, lines["gdp"])["lent_by_households"])
    quarters = quarters.loc[quarters.index > branched]
    platforms = platforms.loc[platforms["quarter"] > branched] if len(platforms) else platforms
    names = [row.name for row in economy.models]
    takes = np.array([dict(row.funders).get(FROM_HOUSEHOLDS, 0.0) > 0.0 for row in economy.models])
    found = counted(platforms, takes, closed_from(economy))
    quarters = quarters.join(found).join(charged(platforms, names))
    quarters[list(COUNTS)] = quarters[list(COUNTS)].fillna(0.0)
    quarters = quarters.reset_index()
    quarters.insert(0, "since", quarters["quarter"].astype(int) - branched)
    models = records.models
    if not len(models):  # nobody has acted
        return {"quarters": quarters, "models": pd.DataFrame(columns=["since", "model", *OF_MODELS, "alive"])}
    models = models.loc[models["quarter"] > branched, ["quarter", "model", *OF_MODELS]].reset_index(drop=True)
    small = small_alive(platforms, names)
    models = models.merge(small, how="left", on=["quarter", "model"]).fillna({"alive": 0.0})
    models.insert(0, "since", models.pop("quarter").astype(int) - branched)
    return {"quarters": quarters, "models": models}


def small_alive(platforms: Frame, names: list[str]) -> Frame:
    """How many platforms but giants live, by quarter and business model."""
    if not len(platforms):
        return pd.DataFrame({"quarter": np.empty(0, int), "model": np.empty(0, str), "alive": np.empty(0)})
    lives = platforms.loc[(platforms["alive"] > 0) & (platforms["giant"] == 0)]
    model = np.array(names, dtype=object)[lives["model"].to_numpy(int)]
    return lives.assign(model=model).groupby(["quarter", "model"]).size().rename("alive").reset_index()


def closed_from(economy: Any) -> float:
    """The quarter from which the law lets households lend no more; inf where it never does."""
    changes = [one for one in economy.timeline if not one.values.get("households_may_lend", True)]
    return min([one.quarter(economy.begins) for one in changes], default=np.inf)


def counted(platforms: Frame, takes: np.ndarray, closed: float = np.inf) -> Frame:
    """`COUNTS` by quarter of platforms of peer-to-peer lending.

    takes: whether a business model takes households' money, by its place; closed: from when on it may not.
    ``open``: that live; ``opened``: founded with such a model; ``turned_to``, ``turned_away``: that lived on
    and came to it or left it, as who has paid all households back that may lend no more; by manner: that
    ended with it.
    """
    columns = list(COUNTS)
    if not len(platforms):
        return pd.DataFrame(columns=columns, dtype=float)
    of = platforms.loc[platforms["giant"] == 0].sort_values(["platform", "quarter"])
    kind, number = takes[of["model"].to_numpy(int)], of["platform"].to_numpy()
    quarter, lives = of["quarter"].to_numpy(int), of["alive"].to_numpy() > 0
    first = np.append(True, number[1:] != number[:-1])[: len(number)]
    mine = kind & ((quarter < closed) | (of["claims_owed"].to_numpy() > 0))
    before = np.append(False, (mine & lives)[:-1])[: len(number)] & ~first
    lived = np.append(False, lives[:-1])[: len(number)] & ~first
    just, manner = of["died"].to_numpy(int) == quarter, of["manner"].to_numpy(int)
    just &= kind & (before | first)
    found = {
        "open": mine & lives,
        "opened": mine & first,
        "turned_to": mine & lived & lives & ~before,
        "turned_away": ~mine & lived & lives & before,
        **{name: just & (manner == n + 1) for n, name in enumerate(MANNERS)},
    }
    by: Frame = pd.DataFrame(found, dtype=float).groupby(quarter).sum()
    return by[columns]


def charged(platforms: Frame, names: list[str]) -> Frame:
    """``take`` of living platforms of traffic for institutions, each counted alike, and ``own``: the part of
    all their loans that nobody else funds; by quarter, where there are any."""
    if not len(platforms) or FROM_BANKS not in names:
        return pd.DataFrame({"take": np.empty(0), "own": np.empty(0)})
    of = platforms.loc[(platforms["model"] == names.index(FROM_BANKS)) & (platforms["alive"] > 0)]
    by = of.groupby("quarter")
    sums = by[["loans", *(name for name in FUNDED if name in of)]].sum().astype(float)
    owed = sums.drop(columns="loans").sum(axis=1)
    own = 1.0 - owed / sums["loans"].where(sums["loans"] > 0.0)
    return pd.DataFrame({"take": by["take"].mean(), "own": own})
