"""What is kept of a future in which platforms turn from one business model to another, and what it comes to.

Shares of business models move in three ways, and no other: platforms turn, are founded, and end. In a quarter
they review first, founders follow, and ends come last; so a change of a share splits exactly. Where nobody
lives a share is zero. An edit of what is kept makes stored worlds stale.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.measure.arithmetic import Values
from experiments.measure.following import kept_quarters
from experiments.measure.futures import Frame

WAYS = ("turned", "founded", "ended")
COUNTED = ("alive", "births", "deaths", "turned_to", "turned_away", "revenue")
KEPT = ("giant", "alive", "manner", "claims_owed")
LEAST_CLIENTS = 2  # below which clients cannot be alike


def kept_turning(economy: Any) -> dict[str, pd.DataFrame]:
    """``quarters``; ``counts`` by quarter since the branching and business model, ``kind``; ``platforms`` by
    quarter with the kind and when it was ``founded`` (since the branching); ``clients``, a row a
    platform with clients as they are at the end."""
    branched, names = economy.branched, np.array([row.name for row in economy.models], dtype=object)
    counts: Any = economy.records.models.reset_index()
    counts = counts.loc[counts["quarter"] > branched]
    told = pd.DataFrame(
        {
            "since": counts["quarter"].to_numpy(int) - branched,
            "kind": counts["model"].astype(str).to_numpy(object),
            **{name: counts[name].to_numpy(float) for name in COUNTED},
        }
    )
    lives: Any = economy.records.platforms
    lives = lives.loc[lives["quarter"] > branched]
    lives = lives.loc[lives["alive"].astype(bool) | (lives["died"] == lives["quarter"])]
    platforms = pd.DataFrame(
        {
            "since": lives["quarter"].to_numpy(int) - branched,
            "platform": lives["platform"].to_numpy(int),
            "kind": names[lives["model"].to_numpy(int)],
            "founded": lives["founded"].to_numpy(int) - branched,
            **{name: lives[name].to_numpy(float) for name in KEPT},
        }
    )
    return {**kept_quarters(economy), "counts": told, "platforms": platforms, "clients": clients(economy)}


def clients(economy: Any) -> pd.DataFrame:
    """Platforms with at least `LEAST_CLIENTS` clients: platform (its number), giant, clients (count),
    same_sector (share of pairs of its clients that sell in one sector), partners (share of its clients that
    have another of them for a supplier); and what both would be, did chance deal the clients that all
    platforms have: of_chance_sector, of_chance_partners."""
    firms, platforms = economy.firms, economy.platforms
    linked = np.flatnonzero(firms["link"] >= 0)
    of, sector = firms["link"][linked].astype(int), firms["sector"][linked].astype(int)
    number = np.bincount(of, minlength=len(platforms)).astype(float)
    counts = np.zeros((len(platforms), int(sector.max()) + 1 if linked.size else 1))
    np.add.at(counts, (of, sector), 1.0)
    rows = np.flatnonzero(platforms["alive"] & (number >= LEAST_CLIENTS))
    mine = number[rows]
    pairs = (counts[rows] * (counts[rows] - 1.0)).sum(axis=1) / (mine * (mine - 1.0))
    all_of, n = counts.sum(axis=0), float(linked.size)
    by_chance = float((all_of * (all_of - 1.0)).sum() / max(1.0, n * (n - 1.0)))
    with_any, inside = np.zeros(linked.size, bool), np.zeros(linked.size, bool)
    suppliers = np.zeros(linked.size)
    for column in ("supplier_1", "supplier_2"):
        partner = firms[column][linked].astype(int)
        there = (partner >= 0) & (firms["link"][np.maximum(0, partner)] >= 0)
        inside |= there & (firms["link"][np.maximum(0, partner)] == of)
        with_any |= there
        suppliers += there
    together = np.bincount(of, inside, minlength=len(platforms))[rows] / np.maximum(1.0, mine)
    of_those = np.bincount(of, suppliers, minlength=len(platforms))[rows] / np.maximum(1.0, mine)
    return pd.DataFrame(
        {
            "platform": platforms["serial"][rows].astype(int),
            "giant": platforms["giant"][rows].astype(float),
            "clients": mine,
            "same_sector": pairs,
            "of_chance_sector": np.full(rows.size, by_chance),
            "partners": together,
            "of_chance_partners": of_those * (mine - 1.0) / max(1.0, n - 1.0),
        }
    )


# -- counts of one arm ------------------------------------------------------------------------------------


def by_kind(counts: Frame, name: str, kinds: Sequence[str], lasted: int) -> Values:
    """(worlds, kinds, quarters) of one count; worlds by (world, luck), as they are sorted."""
    worlds = counts.set_index(["world", "luck"]).index.unique().sort_values()
    found = np.zeros((len(worlds), len(kinds), lasted))
    for n, kind in enumerate(kinds):
        mine = counts.loc[counts["kind"].astype(str) == kind]
        wide = mine.pivot_table(index=["world", "luck"], columns="since", values=name, observed=True)
        wide = wide.reindex(index=worlds, columns=range(1, lasted + 1)).fillna(0.0)
        found[:, n] = wide.to_numpy(float)
    return found


def at_first(alive: Values, births: Values, deaths: Values, net: Values) -> Values:
    """(worlds, kinds): who lived before the first quarter; net: who turned to a kind, less who left it."""
    return (alive - births + deaths - net)[:, :, 0]


def ways(alive: Values, births: Values, deaths: Values, net: Values, of: npt.NDArray[np.bool_]) -> Values:
    """(worlds, ways, quarters): by how much each of `WAYS` moves the share of some kinds among living
    platforms; they add up to its change. of: (kinds,) which kinds.

    Args:
        alive, births, deaths, net: (worlds, kinds, quarters), see `at_first`.
    """
    before = np.concatenate([at_first(alive, births, deaths, net)[:, :, None], alive[:, :, :-1]], axis=2)
    turned = before + net
    founded = turned + births
    steps = [share_of(one, of) for one in (before, turned, founded, founded - deaths)]
    return np.stack([later - sooner for sooner, later in pairwise(steps)], axis=1)


def share_of(counts: Values, of: npt.NDArray[np.bool_]) -> Values:
    """(worlds, quarters): the share of some kinds, zero where nobody is; of (worlds, kinds, quarters)."""
    total = counts.sum(axis=1)
    return np.divide(counts[:, of].sum(axis=1), total, out=np.zeros(total.shape), where=total > 0)


# -- lives of one world -----------------------------------------------------------------------------------


def turns(lives: Frame) -> Frame:
    """A row for each turn: platform, giant, since, from, to. lives: ``platforms`` of one world."""
    ordered = lives.sort_values(["platform", "since"])
    kind, platform = ordered["kind"].astype(str).to_numpy(object), ordered["platform"].to_numpy(int)
    at = np.flatnonzero((kind[1:] != kind[:-1]) & (platform[1:] == platform[:-1])) + 1
    return pd.DataFrame(
        {
            "platform": platform[at],
            "giant": ordered["giant"].to_numpy(float)[at],
            "since": ordered["since"].to_numpy(int)[at],
            "from": kind[at - 1],
            "to": kind[at],
        }
    )


def came_by(lives: Frame, kinds: set[str], last: int) -> dict[str, int]:
    """How those who run one of these kinds at the end came to it: ``turned`` to it, ``founded`` with it since
    the branching, or ``there`` with it from the start and never turned."""
    end = lives.loc[(lives["since"] == last) & (lives["alive"] > 0) & lives["kind"].isin(kinds)]
    moved = set(turns(lives)["platform"].tolist())
    found = {"turned": 0, "founded": 0, "there": 0}
    for platform, founded in zip(end["platform"].tolist(), end["founded"].tolist(), strict=True):
        way = "turned" if platform in moved else "there" if founded <= 0 else "founded"
        found[way] += 1
    return found
