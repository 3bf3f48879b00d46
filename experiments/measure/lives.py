"""Lives of platforms: what is kept of a future to count births and deaths, and what one world's come to.

Giants are left out: they are there from the start in every arm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.measure.arithmetic import YEAR, Values, share, yearly
from experiments.measure.customer_price import KEPT_PRICES

FIVE_YEARS = 5 * YEAR  # quarters
LEADERS = 0.1  # the largest of the platforms that live, by revenue of the year before
KEPT_QUARTERS = ("platform_revenue", "rounds", "fright", "no_room", *KEPT_PRICES)
KEPT_PLATFORMS = (
    "alive", "months", "died", "manner", "revenue", "customers", "venture_total",
    "claims_owed", "claims_lost",
)  # fmt: skip
MANNERS = ("bought", "wound up", "stopped", "broke")
SHAKEN = 0.5  # of the most there were: no more are left after a shakeout
RUN = 0.3  # more than this share ends within a year in a run
OPEN = 10  # platforms: where fewer were open at any time there is neither, as one of two is no run
EVENTS = (  # what happens in a world or does not
    "worlds with a shakeout: half or less is left",
    "worlds with a run: over 30 % end in a year",
)


def kept_lives(economy: Any) -> dict[str, pd.DataFrame]:
    """See `since_branching`."""
    return since_branching(economy, KEPT_QUARTERS, KEPT_PLATFORMS)


def since_branching(
    economy: Any, of_quarters: Iterable[str], of_platforms: Iterable[str]
) -> dict[str, pd.DataFrame]:
    """``quarters`` and ``platforms`` since the branching, in ``since`` from 1, with these columns of the
    records; giants are left out."""
    branched = economy.branched
    quarters, platforms = economy.records.quarters, economy.records.platforms
    quarters = quarters.loc[quarters.index > branched, list(of_quarters)].reset_index()
    quarters.insert(0, "since", quarters["quarter"].astype(int) - branched)
    kept = ["since", "platform", *of_platforms]
    if len(platforms):
        platforms = platforms.loc[(platforms["quarter"] > branched) & ~platforms["giant"].astype(bool)]
        platforms = platforms.assign(since=platforms["quarter"] - branched)[kept].astype(float)
    else:
        platforms = pd.DataFrame({name: np.empty(0) for name in kept})
    return {"quarters": quarters, "platforms": platforms.reset_index(drop=True)}


def by_platform(platforms: pd.DataFrame, quarters: int, name: str) -> Values:
    """(quarters, platforms) of one column, zero where a platform is not there; platforms by their numbers."""
    if not len(platforms):
        return np.zeros((quarters, 0))
    at = np.unique(platforms["platform"], return_inverse=True)[1]
    out = np.zeros((quarters, int(at.max()) + 1))
    out[platforms["since"].to_numpy(int) - 1, at] = platforms[name].to_numpy(float)
    return out


def paths(platforms: pd.DataFrame, quarters: int) -> dict[str, Values]:
    """By quarter: ``alive``, ``births``, deaths by manner (counts), and ``months`` that platforms lived."""
    alive = by_platform(platforms, quarters, "alive") > 0
    manner = by_platform(platforms, quarters, "manner")
    before = np.vstack([np.zeros((1, alive.shape[1]), bool), alive[:-1]])
    first = np.zeros(alive.shape, bool)
    first[first_quarters(alive, manner), np.arange(alive.shape[1])] = True
    ended = (before | first) & ~alive & (manner > 0)
    found = {"alive": alive.sum(axis=1).astype(float), "births": first.sum(axis=1).astype(float)}
    found["months"] = by_platform(platforms, quarters, "months").sum(axis=1)
    found |= {name: (ended & (manner == n + 1)).sum(axis=1).astype(float) for n, name in enumerate(MANNERS)}
    return found


def first_quarters(alive: npt.NDArray[Any], manner: Values) -> npt.NDArray[np.int64]:
    """The quarter, from 0, in which each platform is first there: some end in the one in which they begin.

    Args:
        alive, manner: (quarters, platforms).
    """
    return ((alive > 0) | (manner > 0)).argmax(axis=0)


def deaths(found: dict[str, Values]) -> Values:
    """How many platforms ended by quarter, in whatever manner; found: from `paths`."""
    return np.sum([found[name] for name in MANNERS], axis=0)


def open_at_start(found: dict[str, Values]) -> Values:
    """How many platforms were open as each quarter began, for the first those with which it began."""
    return np.concatenate([found["births"][:1], found["alive"][:-1]])


def worst_year(died: Values, there: Values) -> slice:
    """The four quarters in which the largest share of those open as they began died; there: as each began."""
    starts = range(max(1, died.size - YEAR + 1))
    shares = [died[k : k + YEAR].sum() / max(1.0, there[k]) for k in starts]
    first = int(np.argmax(shares))
    return slice(first, first + YEAR)


def hazards(found: dict[str, Values]) -> tuple[float, float]:
    """Deaths over months lived outside of the worst year; and the share of those open that died within it."""
    died, there = deaths(found), open_at_start(found)
    year = worst_year(died, there)
    calm = np.ones(died.size, bool)
    calm[year] = False
    in_calm = share(float(died[calm].sum()), float(found["months"][calm].sum()), none=math.nan)
    return in_calm, share(float(died[year].sum()), float(there[year][0]), none=math.nan)


def is_run(died: Values, there: Values) -> float:
    """Whether in some four quarters in a row more than `RUN` of the platforms open as they began ended.

    died, there: as for `worst_year`. NaN where never as many as `OPEN` were open.
    """
    many = [k for k in range(max(1, died.size - YEAR + 1)) if there[k] >= OPEN]
    return float(any(died[k : k + YEAR].sum() > RUN * there[k] for k in many)) if many else math.nan


def unpaid(platforms: Any, quarters: int) -> float:
    """Of the platforms that ever owed households something and ended, the part that stopped or went broke."""
    owed = platforms.groupby("platform")["claims_owed"].transform("max") > 0.0
    found = paths(platforms[owed], quarters)
    left = float(found["stopped"].sum() + found["broke"].sum())
    return share(left, float(deaths(found).sum()), none=math.nan)


def recoveries(platforms: pd.DataFrame, quarters: int) -> tuple[Values, Values]:
    """What became of households' claims on platforms that have ended, by quarter since their end, from 1.

    Returns what was paid back and what was lost in it, both as shares of what all of them owed at the end of
    the quarter in which each ended; NaN where none owed anything. Who ended late is not followed to the last.
    """
    names = ("alive", "manner", "claims_owed", "claims_lost")
    alive, manner, owed, lost = (by_platform(platforms, quarters, name) for name in names)
    back, gone = np.zeros(max(1, quarters)), np.zeros(max(1, quarters))
    left = 0.0
    for row in np.flatnonzero((manner > 0).any(axis=0)):
        end = int(((manner[:, row] > 0) & (alive[:, row] == 0)).argmax())
        left += float(owed[end, row])
        paid = owed[end:-1, row] - owed[end + 1 :, row] - lost[end + 1 :, row]
        back[: paid.size] += paid
        gone[: paid.size] += lost[end + 1 :, row]
    return (back / left, gone / left) if left > 0.0 else (back * math.nan, gone * math.nan)


def lives(platforms: pd.DataFrame, quarters: pd.DataFrame) -> dict[str, float]:
    """What the lives in one future amount to, by name; NaN where there was no case.

    hazards are shares a month (calm: outside of the worst year), survival is of those founded five years
    before the end or earlier, leaders are the largest tenth by revenue five years before the end.
    """
    n = len(quarters)
    found = paths(platforms, n)
    alive, died = found["alive"], deaths(found)
    in_calm, in_worst_year = hazards(found)
    peak = int(alive.argmax())
    life = by_platform(platforms, n, "alive") > 0
    first = first_quarters(life, by_platform(platforms, n, "manner"))
    old = np.flatnonzero(first < n - FIVE_YEARS)
    revenue = by_platform(platforms, n, "revenue")
    then = n - FIVE_YEARS - 1
    there_then = np.flatnonzero(life[then]) if then >= YEAR else np.empty(0, int)
    order = there_then[np.argsort(-revenue[max(0, then - YEAR + 1) : then + 1, there_then].sum(axis=0))]
    top = order[: max(1, round(LEADERS * len(order)))] if len(order) >= 10 else order[:0]
    fringe = order[len(top) :] if len(top) else order[:0]
    shaken, run = EVENTS
    back, gone = recoveries(platforms, n)
    return {
        "most at once": float(alive.max()),
        "year of the peak": (peak + 1) / YEAR,
        "left at the end, of the peak": float(alive[-1] / alive.max()) if alive.max() else math.nan,
        shaken: float(alive[-1] <= SHAKEN * alive.max()) if alive.max() >= OPEN else math.nan,
        run: is_run(died, open_at_start(found)),
        "founded": float(found["births"].sum()),
        "hazard in calm": in_calm,
        "died in the worst year": in_worst_year,
        "alive after five years": float(life[first[old] + FIVE_YEARS, old].mean()) if old.size else math.nan,
        "leaders alive five years later": float(life[-1, top].mean()) if top.size else math.nan,
        "others alive five years later": float(life[-1, fringe].mean()) if fringe.size else math.nan,
        **{
            f"ended: {name}": share(float(found[name].sum()), float(died.sum()), none=math.nan)
            for name in MANNERS
        },
        "ended owing households: stopped or broke": unpaid(platforms, n),
        "households' claims after an end, back within a year": float(back[:YEAR].sum()),
        "households' claims after an end, back by the end": float(back.sum()),
        "households' claims after an end, lost by the end": float(gone.sum()),
        "revenue at its peak": float(yearly(quarters["platform_revenue"].to_numpy(float)).max()),
        "revenue at the end": float(quarters["platform_revenue"].to_numpy(float)[-YEAR:].mean()),
        "venture money in its best year": float(yearly(quarters["venture_funding"].to_numpy(float)).max()),
        "no room": float(quarters["no_room"].to_numpy(float).sum()),
    }
