"""Service lines of integrators: what each costs, earns and does, how long clients stay, who hangs on whom.

`by_line` and `chains` look at an economy as it is, `kept_lines` is the reduction of a future, `firsts` and
`churn` read its tables. Money is in yuan a year at the wages of the first quarter.
"""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from experiments.measure.arithmetic import YEAR, Values, share
from experiments.measure.lives import by_platform, first_quarters, since_branching

SIZES = ("small", "middle", "large")  # as of `sim.links.clients`
ALL = "all"  # lines, or sizes, together
COMING_IN = "coming in"  # what the first project costs beside its line
FEN = 100.0
KEPT_QUARTERS = (
    "linked_firms", "lines", "depth",
    *(f"{name}_{size}" for name in ("clients", "churn", "left") for size in SIZES),
)  # fmt: skip
KEPT_PLATFORMS = ("alive", "manner", "profit", "links", "lines", "new_links", "left_links")
WITHIN = {"within two years": 2 * YEAR, "within five years": 5 * YEAR, "within ten years": 10 * YEAR}
PER_CLIENT = ("sales", "project", "upkeep", "gain", "fee", "effort", "surplus", "net")  # yuan (a year)


def kept_lines(economy: Any) -> dict[str, pd.DataFrame]:
    """``quarters`` and ``platforms`` (no giants) since the branching, in ``since`` from 1; ``lines`` of the
    end, see `by_line`; ``chains`` of the end, one row."""
    return since_branching(economy, KEPT_QUARTERS, KEPT_PLATFORMS) | {
        "lines": by_line(economy),
        "chains": pd.DataFrame([chains(economy)]),
    }


# --- what a line costs, earns and does ---------------------------------------------------------------------


def shown_by(economy: Any, rows: Any) -> Values:
    """What each line gains each of these firms in this quarter, hidden or not [fen]: (lines, rows)."""
    from sim.links.billing import usual_misfits
    from sim.links.lines import LINES

    firms, p = economy.firms, economy.p
    usual = np.empty(len(economy.market.weights))
    usual_misfits(firms, economy.market, usual)
    found = []
    for line in LINES:
        shown = SimpleNamespace(share=np.zeros(len(rows)), fen=np.zeros(len(rows)))
        line.shows(rows, firms, line.depth(economy), usual, p, shown)
        found.append((1.0 - p.input_share) * firms["sales"][rows] * shown.share + shown.fen)
    return np.array(found)


def by_line(economy: Any) -> pd.DataFrame:
    """Lines by size of the client, with means over the clients that have each line at work.

    Columns: ``line``, ``size`` (of `SIZES`, or all), ``clients`` of that size, the share of them that has
    ``begun`` it and that has it ``at_work`` (deep enough to teach its platform what it gains); then, in yuan
    a client, NaN where nobody has it at work: ``sales`` a year; ``project``, once; and a year ``upkeep``,
    ``gain`` (all that can be shown), ``fee`` (the agreed share of what is not hidden), ``effort`` of the
    client's own people, ``surplus`` of the platform (fee less upkeep) and ``net`` of the client (gain less
    fee and effort). The line `COMING_IN` has a project alone; in ``all`` a client counts with all that it
    has at work. What a platform earns on loans is in none of these.
    """
    from sim.links.clients import LARGE, SMALL
    from sim.links.lines import LINES
    from sim.links.market import left_to_people, linked_rows

    p, c, market = economy.p, economy.firms.columns, economy.market
    rows = linked_rows(economy)
    sales = c["sales"][rows].astype(float)
    mean = float(c["sales"].sum()) / max(1, int(np.count_nonzero(c["alive"])))
    size = np.where(sales >= LARGE * mean, 2, np.where(sales < SMALL * mean, 0, 1))
    people = left_to_people(economy)[c["link"][rows]]
    gains, agreed = shown_by(economy, rows), c["agreed_share"][rows] * (1.0 - c["hidden"][rows])
    own, workers = (1.0 - p.input_share) * sales, np.maximum(p.smallest, c["workers"][rows])
    scale = FEN * market.wage_index
    parts: dict[str, dict[str, Values]] = {}
    for place, line in enumerate(LINES):
        begun = (c["lines_begun"][rows] >> place) & 1
        of = {
            "begun": begun.astype(float),
            "at_work": (begun * (line.depth(economy)[rows] > p.belief_depth)).astype(float),
            "sales": YEAR * sales,
            "project": p.project_share * sales * line.cost * people,
            "gain": YEAR * gains[place],
            "fee": YEAR * agreed * gains[place],
            "effort": YEAR * own * np.minimum(0.5, line.cost * p.client_effort / workers),
        }
        parts[line.name] = of | {"upkeep": YEAR * p.depth_decay * of["project"]}
    nothing = np.zeros(len(rows))
    entry = p.project_fixed * market.wage_index * people
    one = {"begun": nothing + 1.0, "at_work": nothing + 1.0, "sales": YEAR * sales, "project": entry}
    one |= {"gain": nothing, "fee": nothing, "effort": nothing, "upkeep": YEAR * p.depth_decay * entry}
    parts[COMING_IN] = one
    parts[ALL] = together(parts, YEAR * sales)
    found = []
    for name, of in parts.items():
        of |= {"surplus": of["fee"] - of["upkeep"], "net": of["gain"] - of["fee"] - of["effort"]}
        for k, word in enumerate((*SIZES, ALL)):
            theirs = size == k if word != ALL else np.ones(len(rows), bool)
            working = theirs & (of["at_work"] > 0.0)
            row: dict[str, Any] = {"line": name, "size": word, "clients": float(theirs.sum())}
            row |= {share_: mean_of(of[share_][theirs]) for share_ in ("begun", "at_work")}
            found.append(row | {money: mean_of(of[money][working]) / scale for money in PER_CLIENT})
    return pd.DataFrame(found)


def together(parts: dict[str, dict[str, Values]], sales: Values) -> dict[str, Values]:
    """All that each client has at work, coming in included; those with nothing at work for nothing."""
    names = ("project", "gain", "fee", "effort", "upkeep")
    found = {name: np.sum([of["at_work"] * of[name] for of in parts.values()], axis=0) for name in names}
    real = [of for line, of in parts.items() if line != COMING_IN]
    return found | {
        "begun": np.max([of["begun"] for of in real], axis=0),
        "at_work": np.max([of["at_work"] for of in real], axis=0),
        "sales": sales,
    }


def mean_of(values: Values) -> float:
    """The mean; NaN of nothing."""
    return float(values.mean()) if len(values) else math.nan


def projects(economy: Any) -> pd.DataFrame:
    """Each line beside what it gains, over all clients that have it at work, for people to read."""
    table = by_line(economy)
    table = table.loc[table["size"] == ALL].set_index("line")
    left = table["surplus"].where(table["surplus"] > 0.0)
    return pd.DataFrame(
        {
            "clients": table["clients"],
            "have it at work [%]": 100.0 * table["at_work"],
            "sales of these a year [yuan]": table["sales"],
            "project [yuan]": table["project"],
            "upkeep a year [yuan]": table["upkeep"],
            "gain a year [yuan]": table["gain"],
            "gain [% of sales]": 100.0 * table["gain"] / table["sales"],
            "platform's share of it [yuan]": table["fee"],
            "effort of the client a year [yuan]": table["effort"],
            "project over the platform's yearly surplus [years]": (table["project"] / left).where(
                left.notna() | table["surplus"].isna(), np.inf
            ),
        }
    )


# --- how long clients stay, and when it pays ---------------------------------------------------------------


def churn(quarters: pd.DataFrame) -> dict[str, float]:
    """Share of clients a year that left or closed, and that left by choice, by size; NaN without clients.

    Numbers are pooled over the quarters given; clients whose platform ends are not counted as lost.
    """
    found = {}
    for size in SIZES:
        clients = quarters[f"clients_{size}"].to_numpy(float)
        for name in ("churn", "left"):
            lost = np.nansum(clients * quarters[f"{name}_{size}"].to_numpy(float))
            found[f"{name}_{size}"] = YEAR * share(float(lost), float(clients.sum()), none=math.nan)
    return found


def firsts(platforms: pd.DataFrame, quarters: int) -> tuple[Values, dict[str, float]]:
    """When integrators first make a profit in a quarter: the share that has had one by each age, and numbers.

    The share at an age (quarters, from 1) is the Aalen-Johansen estimate: who dies without a profit never has
    one, who is seen to the end without one may have it later. NaN where nobody was founded. Numbers: ``half``
    [years], the age by which half have had one (infinite where that was not seen), ``within`` two, five and
    ten years (NaN beyond what is seen), ``never``, the share of those that died which had none.
    """
    alive = by_platform(platforms, quarters, "alive") > 0
    manner, profit = (by_platform(platforms, quarters, name) for name in ("manner", "profit"))
    if not alive.shape[1]:
        return np.full(quarters, math.nan), dict.fromkeys((*WITHIN, "half", "never"), math.nan)
    born, earned = first_quarters(alive, manner), (profit > 0.0) & alive
    ever, dead = earned.sum(axis=0) > 0, alive[-1:].sum(axis=0) == 0
    age = np.where(ever, earned.argmax(axis=0) - born + 1, np.maximum(1, alive.sum(axis=0)))
    curve, left, had = np.zeros(quarters), 1.0, 0.0
    for k in range(quarters):
        now, there = age == k + 1, float((age > k).sum())
        first, died = float((now & ever).sum()), float((now & ~ever & dead).sum())
        had += left * share(first, there)
        left *= 1.0 - share(first + died, there)
        curve[k] = had
    half = np.flatnonzero(curve >= 0.5)
    seen = {name: float(curve[n - 1]) if n <= quarters else math.nan for name, n in WITHIN.items()}
    seen["half"] = (half[0] + 1) / YEAR if len(half) else math.inf
    return curve, seen | {"never": mean_of((~ever[dead]).astype(float))}


# --- who hangs on whom -------------------------------------------------------------------------------------


def chains(economy: Any) -> dict[str, float]:
    """How links and loans of integrators gather along chains; NaN where there are none.

    ``beside``: share of links whose supplier or customer is linked with the same platform; ``by_chance``: the
    same if partners were dealt links by lot, in the same numbers. ``owing``: share of clients that owe their
    platform. ``anchored``: of each platform's loans to
    firms the largest part owed by one client, its suppliers included; the mean over platforms, weighed by
    their loans.
    """
    from sim.links.market import linked_rows

    c, rows = economy.firms.columns, linked_rows(economy)
    link, n = c["link"], int(np.count_nonzero(c["alive"]))
    near = np.zeros(len(link), bool)
    partners = np.zeros(len(link))  # of each firm, on either side
    alive = np.flatnonzero(c["alive"])
    for name in ("supplier_1", "supplier_2"):
        with_one = alive[c[name][alive] >= 0]
        supplier = c[name][with_one]
        same = (link[with_one] >= 0) & (link[supplier] == link[with_one])
        near[with_one[same]] = near[supplier[same]] = True
        partners += np.bincount(with_one, minlength=len(link)) + np.bincount(supplier, minlength=len(link))
    links = np.bincount(link[rows], minlength=len(economy.platforms)).astype(float)
    others = (links[link[rows]] - 1.0) / max(1, n - 1)
    by_lot = 1.0 - (1.0 - others) ** partners[rows]
    owed, debt_to = c["platform_debt"].astype(float), c["debt_to"]
    debtors = (owed > 0.0) & (debt_to >= 0)
    loans = np.bincount(debt_to[debtors], owed[debtors], len(economy.platforms))
    hangs = np.zeros(len(rows))
    lenders = link[rows]
    for chain in (rows, c["supplier_1"][rows], c["supplier_2"][rows]):
        hangs += np.where((chain >= 0) & debtors[chain] & (debt_to[chain] == lenders), owed[chain], 0.0)
    most = np.zeros(len(economy.platforms))
    order = np.argsort(hangs, kind="stable")
    most[lenders[order]] = hangs[order]  # the largest comes last
    return {
        "beside": mean_of(near[rows].astype(float)),
        "by_chance": mean_of(by_lot),
        "owing": mean_of((debtors[rows] & (debt_to[rows] == lenders)).astype(float)),
        "anchored": share(float(np.minimum(most, loans).sum()), float(loans.sum()), none=math.nan),
    }
