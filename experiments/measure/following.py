"""What is seen of links and platforms while a future is lived, quarter by quarter.

Followers are made with a future before it is lived (see `Ensemble`); a link or a payment is told from the
columns before and after a quarter, so nothing in the model knows of them. This module stays free of verdicts
and figures, because an edit here makes stored worlds stale.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.measure.arithmetic import Values, shares

FEN = 100.0  # in a yuan


class Follower(ABC):
    """A future that is lived and looked at after each quarter; ``since`` counts them from 1."""

    def __init__(self, economy: Any):
        self.economy, self.since = economy, 0

    def run(self, quarters: int) -> None:
        """Live that many quarters."""
        for _ in range(quarters):
            self.before()
            self.economy.step()
            self.since += 1
            self.look()

    def before(self) -> None:
        """Look before a quarter; who has nothing to remember need not."""
        return

    @abstractmethod
    def look(self) -> None:
        """Look after a quarter."""

    @abstractmethod
    def tables(self) -> dict[str, pd.DataFrame]:
        """What was seen."""


class Lots(Follower):
    """Firms there at the branching, and of those that draw a highest depth by lot what they and their
    platforms make of it.

    Each is followed from its first lot on to the end, whatever becomes of it: who closes makes nothing, and
    who leaves its platform pays nothing. Where no lots are drawn, all firms there at the branching are
    followed, as twins.
    """

    def __init__(self, economy: Any):
        super().__init__(economy)
        firms, n = economy.firms, len(economy.firms)
        self.lots = bool(economy.p.by_lot)
        self.generation = np.where(firms["alive"], firms["generation"].astype(np.int64), -1)
        self.drawn_at, self.platform = np.zeros(n, int), np.full(n, -1)  # of the first lot; 0: none yet
        self.deepest, self.sales = np.zeros(n), np.zeros(n)
        self.link = firms["link"].copy()
        self.still = np.zeros(n, bool)  # has the link of its first lot
        self.parts: list[pd.DataFrame] = []

    def before(self) -> None:
        firms = self.economy.firms
        names = ("link", "sales", "project_line", "project_cost", "project_due", "platform_debt")
        self.was = {name: firms[name].copy() for name in names}
        self.was["alive"] = self._same()

    def _same(self) -> npt.NDArray[np.bool_]:
        """Which rows hold the firm that was there at the branching."""
        firms = self.economy.firms
        return firms["alive"] & (firms["generation"].astype(np.int64) == self.generation)

    def look(self) -> None:
        firms, same = self.economy.firms, self._same()
        if not self.lots:
            rows = np.flatnonzero(same)
            self.parts.append(self._lines(rows, same))
            return
        new = same & (self.drawn_at == 0) & (firms["link"] >= 0) & (self.was["link"] != firms["link"])
        self.drawn_at[new] = self.since
        self.platform[new], self.deepest[new] = firms["link"][new], firms["deepest"][new]
        self.sales[new] = self.was["sales"][new]
        there = self.still & (self.was["link"] == self.platform)  # until now
        self.still = new | (there & same & (firms["link"] == self.platform))
        rows = np.flatnonzero(self.drawn_at > 0)
        active = (there | new)[rows]
        lines = self._lines(rows, same)
        profit = np.zeros(len(rows))
        if active.any():
            profit[active] = self._profit(rows[active])
        depth = np.where(self.still[rows], firms["depth"][rows], 0.0)
        self.parts.append(lines.assign(profit=profit, depth=depth))

    def _lines(self, rows: npt.NDArray[np.int64], same: npt.NDArray[np.bool_]) -> pd.DataFrame:
        """Value added of these firms at first wages [yuan a quarter]: sales less inputs; 0 of those gone."""
        firms, wages = self.economy.firms, self.economy.market.wage_index * FEN
        added = np.where(same[rows], firms["sales"][rows] - firms["input_bill"][rows], 0.0) / wages
        return pd.DataFrame(
            {"since": np.full(len(rows), self.since, np.int16), "firm": rows.astype(np.int32), "added": added}
        )

    def _profit(self, rows: npt.NDArray[np.int64]) -> Values:
        """What platforms earn from these links [yuan a quarter, at first wages]: fees and their part of what
        loans bring and lose, less upkeep and what was paid for projects."""
        firms, platforms, wages = self.economy.firms, self.economy.platforms, self.economy.market.wage_index
        of = self.platform[rows]
        there = firms["link"][rows] == of
        own = (there | (firms["link"][rows] < 0)) & self.was["alive"][rows]  # not won over by another
        fees, paid = own * firms["integration_fee"][rows], own * self.paid()[rows]
        need = self._upkeep_needed()
        by_platform = np.bincount(np.maximum(0, firms["link"]), need, minlength=len(platforms))
        part = shares(need[rows], np.maximum(by_platform[of], need[rows]))
        upkeep = np.where(there, platforms["upkeep"][of] * part, 0.0)
        return (fees + self._lending(rows, of) - paid - upkeep) / (wages * FEN)

    def paid(self) -> Values:
        """What was paid this quarter for the project in each firm [fen]. What platforms spent beyond what
        is seen was paid for projects in firms that they lost within the quarter, by what was due there."""
        firms, platforms, was = self.economy.firms, self.economy.platforms, self.was
        link, n = firms["link"], len(platforms)
        begun = (link != was["link"]) | (firms["project_line"] != was["project_line"])
        before = np.where(begun, firms["project_cost"], was["project_due"])
        building = (link >= 0) & (firms["project_line"] >= 0)
        seen = np.where(building, np.maximum(0.0, before - firms["project_due"]), 0.0)
        left = platforms["project_spend"] - platforms["upkeep"]
        left = np.maximum(0.0, left - np.bincount(np.maximum(0, link), seen, minlength=n))
        lost = (was["link"] >= 0) & (was["link"] != link)
        due = np.where(lost, was["project_due"], 0.0)
        of = np.maximum(0, was["link"])
        total = np.bincount(of, due, minlength=n).astype(float)[of]
        return seen + np.minimum(due, left[of] * shares(due, total))

    def _upkeep_needed(self) -> Values:
        """What keeping up each link costs beside others of its platform [fen], by firm."""
        from sim.links.lines import costs

        firms, p = self.economy.firms, self.economy.p
        linked, cost = firms["link"] >= 0, costs()
        begun = (firms["lines_begun"].astype(np.int64)[:, None] >> np.arange(cost.size)) & 1
        built = firms["deepest"] * (begun @ cost)
        here = p.project_fixed * self.economy.market.wage_index + built * p.project_share * firms["sales"]
        return np.where(linked, p.depth_decay * here, 0.0)

    def _lending(self, rows: npt.NDArray[np.int64], of: npt.NDArray[np.int64]) -> Values:
        """The platform's part of what a loan to each firm brought, less its part of what was lost [fen]; of a
        firm that failed nothing is taken to be recovered."""
        firms, platforms, models = self.economy.firms, self.economy.platforms, self.economy.models
        keeps = np.array([row.keeps for row in models])[platforms["model"][of]]
        interest, debt = firms["platform_interest_paid"][rows], self.was["platform_debt"][rows].astype(float)
        interest = np.where(self.was["alive"][rows], interest, 0.0)
        takes = np.minimum(interest, platforms["take"][of] * debt) * (1.0 - keeps)
        gone = self.was["alive"][rows] & ~self._same()[rows] & firms["failed"][rows]
        return keeps * interest + takes - np.where(gone, keeps * debt, 0.0)

    def tables(self) -> dict[str, pd.DataFrame]:
        """``lots``: firm, drawn_at, deepest, sales [yuan a quarter]. ``linked``: since, firm, added, profit,
        depth. ``twins``: since, firm, added."""
        rows = np.flatnonzero(self.drawn_at > 0)
        lots = pd.DataFrame(
            {
                "firm": rows.astype(np.int32),
                "drawn_at": self.drawn_at[rows],
                "deepest": self.deepest[rows],
                "sales": self.sales[rows] / FEN,
            }
        )
        columns = ["since", "firm", "added", *(("profit", "depth") if self.lots else ())]
        seen = pd.concat(self.parts, ignore_index=True) if self.parts else pd.DataFrame(columns=columns)
        return {"lots": lots, "linked": seen} if self.lots else {"twins": seen}


class Breadth(Follower):
    """In how many sectors the clients of each platform are."""

    def __init__(self, economy: Any):
        super().__init__(economy)
        self.parts: list[pd.DataFrame] = []

    def look(self) -> None:
        firms, platforms = self.economy.firms, self.economy.platforms
        linked = firms["link"] >= 0
        counts = np.zeros((len(platforms), int(firms["sector"].max()) + 1), int)
        np.add.at(counts, (firms["link"][linked], firms["sector"][linked]), 1)
        rows = np.flatnonzero(platforms["alive"])
        part = {
            "since": self.since,
            "platform": platforms["serial"][rows],
            "sectors": (counts > 0).sum(1)[rows],
        }
        self.parts.append(pd.DataFrame(part))

    def tables(self) -> dict[str, pd.DataFrame]:
        """``breadth``: since, platform (number), sectors (count)."""
        none = pd.DataFrame({"since": [], "platform": [], "sectors": []})
        return {"breadth": pd.concat(self.parts, ignore_index=True) if self.parts else none}


# -- what is kept at the end ------------------------------------------------------------------------------


def kept_quarters(economy: Any) -> dict[str, pd.DataFrame]:
    """Quarters alone: followers say the rest."""
    branched = economy.branched
    quarters = economy.records.quarters
    quarters = quarters.loc[quarters.index > branched, ["gdp", "linked_firms"]].reset_index()
    quarters.insert(0, "since", quarters["quarter"].astype(int) - branched)
    return {"quarters": quarters}


KEPT_KINDS = ("alive", "revenue", "profit", "customers", "links", "lines", "venture_total")


def kept_kinds(economy: Any) -> dict[str, pd.DataFrame]:
    """``quarters``, and ``platforms`` since the branching with the name of their business model, ``kind``."""
    platforms = economy.records.platforms
    platforms = platforms.loc[platforms["quarter"] > economy.branched].reset_index(drop=True)
    names = np.array([row.name for row in economy.models], dtype=object)
    platforms.insert(0, "kind", names[platforms["model"].to_numpy(int)])
    platforms.insert(0, "since", platforms["quarter"] - economy.branched)
    platforms = platforms[["since", "platform", "kind", *KEPT_KINDS]].astype(dict.fromkeys(KEPT_KINDS, float))
    return {**kept_quarters(economy), "platforms": platforms}


def kept_counts(economy: Any) -> dict[str, pd.DataFrame]:
    """``quarters``, and ``counts`` of living platforms, births and deaths by quarter since the branching and
    business model, ``kind``."""
    branched = economy.branched
    found: Any = economy.records.models.reset_index()
    found = found.loc[found["quarter"] > branched]
    counts = pd.DataFrame(
        {
            "since": found["quarter"].to_numpy(int) - branched,
            "kind": found["model"].astype(str).to_numpy(object),
            **{name: found[name].to_numpy(float) for name in ("alive", "births", "deaths")},
        }
    )
    return {**kept_quarters(economy), "counts": counts}
