"""From which account integration lives, and what clients and all others have of it.

`Accounts` follows a future quarter by quarter: income of all platforms by its source, and of each firm the
last year. `beside_twins` sets firms beside the same rows of a twin without platforms. All that firms have is
in goods, at the price level of its quarter, so that what links do to prices is no gain or loss.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import pandas as pd

from experiments.measure.arithmetic import YEAR, Values, share
from experiments.measure.following import Follower
from experiments.measure.lines import shown_by

FEES, ENDED = "fee: ", "fee: of links that ended"
TAKES, ADVANCES, OTHER_LOANS = "take of loans that others fund", "advances to clients", "other loans"
INVOICES = "advances on invoices"
SOLD = {"takes_on_cover": "takes of insurers", "takes_on_funds": "takes on funds"}  # by column of platforms
PASSED = ("participations", "claims", "sold loans")  # of whose interest a part is not the platform's
PAYMENTS = "payment fees"
BORROWING, LOSSES = "interest on borrowing", "losses borne on loans"
# of a firm: sales, what it pays for inputs and work, its interest, its fees
OF_FIRMS = {
    "sales": ("sales",),
    "inputs": ("input_bill",),
    "wages": ("wage_bill",),
    "interest": ("interest_paid", "syndicated_interest_paid", "platform_interest_paid"),
    "fees": ("integration_fee", "payment_fee"),
}
COSTS = ("inputs", "wages", "interest", "fees")
CLIENTS, OTHERS, REPLACED = "clients", "other firms", "firms that are not in both worlds"
GROUPS = (CLIENTS, OTHERS, REPLACED)


class Accounts(Follower):
    """Income of platforms by source, and what firms sold and paid in the last year."""

    def __init__(self, economy: Any):
        super().__init__(economy)
        self.quarters: list[dict[str, float]] = []
        self.year: deque[dict[str, Values]] = deque(maxlen=YEAR)

    def look(self) -> None:
        line = self.economy.records.lines[-1]
        self.quarters.append({"since": self.since, "gdp": line["gdp"], **income(self.economy)})
        firms, goods = self.economy.firms, float(line["price_level"])
        seen = {
            name: sum((firms[one].astype(float) for one in columns), np.zeros(len(firms))) / goods
            for name, columns in OF_FIRMS.items()
        }
        there = firms["alive"]
        seen = {name: np.where(there, values, 0.0) for name, values in seen.items()}
        self.year.append(seen | {"generation": np.where(there, firms["generation"].astype(float), -1.0)})

    def tables(self) -> dict[str, pd.DataFrame]:
        """``income``: since, gdp, and a column a source [fen a quarter]. ``accounts``: by firm, over the last
        year [goods]: generation (-1: none stood there at the end, or another a year before), linked, and
        `OF_FIRMS`; ``goods``, one row: what GDP of that year buys."""
        year, link = list(self.year), self.economy.firms["link"]
        generation = year[-1]["generation"]
        same = np.all([one["generation"] == generation for one in year], axis=0)
        firms: dict[str, Any] = {
            "generation": np.where(same, generation, -1.0),
            "linked": (link >= 0) & (generation >= 0.0),
        }
        firms |= {name: np.sum([one[name] for one in year], axis=0) for name in OF_FIRMS}
        lines = self.economy.records.lines[-len(year) :]
        goods = sum(line["gdp"] / line["price_level"] for line in lines)
        found = pd.DataFrame(self.quarters).fillna(0.0)
        return {"income": found, "accounts": pd.DataFrame(firms), "goods": pd.DataFrame({"goods": [goods]})}


def income(economy: Any) -> dict[str, float]:
    """What all platforms took in this quarter, by source, and what loans cost them [fen].

    The sums of fees and of interest are those of the books. Fees are split by what each line shows in firms
    that are still linked; of interest kept, the take is reckoned from what banks and houses fund as the
    quarter closes, and the rest goes to borrowers by what they paid.
    """
    from sim.links.lines import LINES

    firms, platforms = economy.firms, economy.platforms
    flows = economy.records.of_flows[-1]
    rows = np.flatnonzero(firms["alive"] & (firms["link"] >= 0))
    names = [line.name for line in LINES]
    billed = np.zeros(len(names))
    if len(rows):
        owed = firms["agreed_share"][rows] * (1.0 - firms["hidden"][rows])
        billed = (shown_by(economy, rows) * owed).sum(axis=1)
    fees, all_billed = float(flows.get("integration fees", 0)), float(billed.sum())
    found = {
        f"{FEES}{name}": fees * share(float(one), all_billed) for name, one in zip(names, billed, strict=True)
    }
    found[ENDED] = fees if all_billed <= 0.0 else 0.0
    received = {who: float(flows.get(f"platform interest of {who}", 0)) for who in ("firms", "consumers")}
    passed = sum(float(flows.get(f"interest on {what}", 0)) for what in PASSED)
    of_invoices = float(flows.get("price of invoices", 0))
    whole = received["firms"] + received["consumers"] + of_invoices
    kept = whole - passed
    funded = (platforms["participations_owed"] + platforms["sold_loans"]).astype(float)
    takes = min(max(0.0, kept), float((platforms["take"] * funded * platforms["alive"]).sum()))
    linked = firms["alive"] & (firms["link"] >= 0) & (firms["debt_to"] == firms["link"])
    of_clients = float(firms["platform_interest_paid"][linked].sum())
    found[TAKES] = takes
    found[ADVANCES] = (kept - takes) * share(min(of_clients, whole), whole)
    found[INVOICES] = (kept - takes) * share(of_invoices, whole)
    found[OTHER_LOANS] = kept - takes - found[ADVANCES] - found[INVOICES]
    found[PAYMENTS] = float(flows.get("payment fees", 0))
    found |= {name: float(platforms[column].sum()) for column, name in SOLD.items()}
    found[BORROWING] = -float(flows.get("interest on borrowing", 0))
    found[LOSSES] = -float(platforms["losses_borne"].sum())
    return found


def beside_twins(firms: Any, twins: Any, goods: float) -> dict[tuple[str, str], float]:
    """What each group of firms has more than the same rows without platforms, in the last year [share of the
    GDP there]; by (group, quantity). ``value added``: sales less inputs; ``kept``: what is left of sales
    after all costs; ``firms``: the group's share of all firms [share].

    Args:
        firms, twins: the table ``accounts`` of a future, and of the twin.
        goods: what GDP of the twin buys in that year.
    """
    same = (firms["generation"] == twins["generation"]) & (firms["generation"] >= 0.0)
    linked = firms["linked"].astype(bool)
    groups = dict(zip(GROUPS, (same & linked, same & ~linked, ~same), strict=True))
    more = (firms[list(OF_FIRMS)] - twins[list(OF_FIRMS)]) / goods
    found: dict[tuple[str, str], float] = {}
    for group, rows in groups.items():
        mine = {name: float(more.loc[rows, name].sum()) for name in OF_FIRMS}
        mine["value added"] = mine["sales"] - mine["inputs"]
        mine["kept"] = mine["sales"] - sum(mine[name] for name in COSTS)
        found |= {(group, name): value for name, value in mine.items()}
        found[group, "firms"] = float(rows.mean())
    return found
