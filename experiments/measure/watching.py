"""What following the agents of an economy one by one tells: the reduction of studies that ask about them.

It stays free of verdicts and figures, because an edit here makes stored worlds stale.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.measure.arithmetic import YEAR, Values, share

FOLLOWED = 44  # quarters: a year of newcomers, and ten years to see what becomes of them
ENOUGH = 100  # defaults below which no discrimination is told
SOME = 30  # borrowers below which no share of them is told: a single one would be nothing or all
BOOKS = ("bank_firms", "platform_firms", "bank_consumers", "platform_consumers")


def observed(economy: Any) -> dict[str, Any]:
    """The record of an economy, and what happens to its firms, consumers and platforms in the years after.

    Tables: ``quarters`` and ``platforms`` as recorded up to now, ``micro`` with one row of the numbers that
    `Followed.numbers` defines, measured over the next `FOLLOWED` quarters.
    """
    tables = {"quarters": economy.records.quarters, "platforms": economy.records.platforms}
    followed = Followed(economy)
    for _ in range(FOLLOWED):
        followed.step()
    return {**tables, "micro": pd.DataFrame([followed.numbers()])}


def small_ones(sales: npt.ArrayLike, part: float = 0.6) -> npt.NDArray[np.bool_]:
    """Which firms are small: the smallest by sales, up to where they sell ``part`` of the total together."""
    size = np.asarray(sales, dtype=float)
    order = np.argsort(size, kind="stable")
    small = np.zeros(size.size, dtype=bool)
    small[order[np.cumsum(size[order]) <= part * size.sum()]] = True
    return small


def kurtosis(values: npt.ArrayLike) -> float:
    """Excess kurtosis: 0 for a bell, 3 for a tent (Laplace); NaN with fewer than four values."""
    x = np.asarray(values, dtype=float)
    if x.size < YEAR or x.std() == 0:
        return float("nan")
    z = (x - x.mean()) / x.std()
    return float((z**4).mean() - 3.0)


def discrimination(score: npt.ArrayLike, failed: npt.ArrayLike) -> float:
    """Area under the curve: the chance that who failed was scored above who did not, a tie counting half.

    NaN with fewer than `ENOUGH` of either.
    """
    from scipy.stats import rankdata

    bad = np.asarray(failed, dtype=bool)
    worse, better = int(bad.sum()), int((~bad).sum())
    if min(worse, better) < ENOUGH:
        return float("nan")
    return float((rankdata(score)[bad].sum() - worse * (worse + 1) / 2) / (worse * better))


def lenders_of(consumers: Any) -> npt.NDArray[Any]:
    """The platforms that each consumer has borrowed from: in his three places, and whom he owes; else -2.

    Who has given up the place of a platform and owes it nothing is forgotten: if he comes back he is new.
    """
    places = [np.asarray(consumers[f"{place}_app"]) for place in ("first", "second", "third")]
    bits = np.asarray(consumers["borrowed_at"])
    found = [np.where(bits & (1 << n), at, -2) for n, at in enumerate(places)]
    return np.array([*found, np.where(consumers["platform_debt"] > 0, consumers["debt_to"], -2)])


class Followed:
    """An economy whose firms and consumers are watched one by one while it goes on.

    A loan or a default is told from the columns before and after a step, so nothing in the model knows of it.
    """

    def __init__(self, economy: Any):
        self.economy = economy
        firms, consumers = len(economy.firms), len(economy.consumers)
        self.at = 0
        self.sales: list[Values] = []
        self.generations: list[npt.NDArray[Any]] = []
        self.bank = {"owed": 0.0, "bad": 0.0, "small owed": 0.0, "small bad": 0.0}
        self.platform = {"owed": 0.0, "bad": 0.0}
        self.born = np.zeros(firms, int)  # quarter of the watch in which the firm of this row was founded
        self.ages = [0, 0, 0]  # newcomers alive after one, five and ten years
        self.newcomers = 0
        self.borrowed = np.zeros(firms, bool)  # from a bank, since founded
        self.first_loan_ages: list[float] = []
        self.first_from_platform = [0, 0]  # never had a bank loan, all
        self.seen_platform_loan = np.zeros(firms, bool)
        never = np.full(consumers, -1)
        self.lent = {"bank": never.copy(), "platform": never.copy()}
        self.failed_at = never.copy()
        self.repeat = [0.0, 0.0]  # lent to those who had borrowed before, lent
        self.lent_to = 0  # loans of platforms to consumers in the first year
        self.lines: list[tuple[Values, Values]] = []  # logs of sales and of what a platform lent
        self.scored: dict[str, list[tuple[Values, npt.NDArray[np.bool_]]]] = {name: [] for name in BOOKS}
        self.dead = np.zeros(len(economy.platforms), bool)  # died while watched, and its row is not taken
        self.stuck = self.lost = 0.0  # households' claims on those, and what was lost of them

    def step(self) -> None:
        """One quarter of the economy, looked at before and after."""
        firms, consumers, platforms = self.economy.firms, self.economy.consumers, self.economy.platforms
        owed = (firms["bank_debt"] + firms["syndicated_debt"]).astype(float)
        other = firms["platform_debt"].astype(float)
        by_consumers = consumers["bank_debt"].astype(float)
        small = small_ones(firms["sales"]) & firms["alive"]
        generation, sales = firms["generation"].copy(), firms["sales"].astype(float)
        had, lived = lenders_of(consumers), platforms["alive"].copy()
        serial = platforms["serial"].copy()
        waiting = {
            name: (scorers.seen_by.copy(), scorers.seen_score.copy()) for name, scorers in self._scorers()
        }
        self.economy.step()
        self.at += 1
        bad = np.asarray(firms["failed"], bool)
        self.bank["owed"] += float(owed.sum() + by_consumers.sum())
        self.bank["bad"] += float(owed[bad].sum() + by_consumers[consumers["failed"]].sum())
        self.bank["small owed"] += float(owed[small].sum())
        self.bank["small bad"] += float(owed[small & bad].sum())
        self.platform["owed"] += float(other.sum())
        self.platform["bad"] += float(other[bad].sum())
        self._watch_firms(firms, generation)
        self._watch_consumers(consumers, had)
        self._watch_scores(waiting, small)
        if self.at <= 2 * YEAR:
            self.sales.append(firms["sales"].astype(float))
            self.generations.append(np.where(firms["alive"], firms["generation"], -1 - self.at))
        given = firms["platform_granted"].astype(float)
        some = (given > 0) & (sales > 0)
        self.lines.append((np.log(sales[some]), np.log(given[some])))
        self.watch_platforms(platforms, lived, serial)

    def watch_platforms(self, platforms: Any, lived: Values, serial: Values) -> None:
        """Claims left with platforms just dead, and what is lost of them until another takes the row.

        Args:
            lived, serial: as they were a quarter ago.
        """
        died = lived & ~platforms["alive"]
        self.dead = (self.dead & (platforms["serial"] == serial)) | died
        # what it paid and lost while it was alive is not stuck with a dead one
        self.stuck += float(platforms["claims_owed"][died].sum())
        self.lost += float(platforms["claims_lost"][self.dead & ~died].sum())

    def _watch_firms(self, firms: Any, generation: npt.NDArray[Any]) -> None:
        alive = np.asarray(firms["alive"], bool)
        lent, lent_by_platform = firms["loan_granted"] > 0, firms["platform_granted"] > 0
        born = self.born
        young = (born > 0) & (firms["generation"] == generation)  # still the firm of the last quarter
        first = young & lent & ~self.borrowed & (born <= YEAR)
        self.first_loan_ages += ((self.at - born[first]) / YEAR).tolist()
        fresh = young & lent_by_platform & ~self.seen_platform_loan
        self.first_from_platform[0] += int((fresh & ~self.borrowed & ~lent).sum())
        self.first_from_platform[1] += int(fresh.sum())
        self.borrowed |= lent
        self.seen_platform_loan |= lent_by_platform
        for place, years in enumerate((1, 5, 10)):
            due = young & alive & (born <= YEAR) & (self.at - born == years * YEAR)
            self.ages[place] += int(due.sum())
        new = firms["generation"] != generation
        born[new] = self.at
        self.borrowed[new] = self.seen_platform_loan[new] = False
        if self.at <= YEAR:
            self.newcomers += int(new.sum())

    def _watch_consumers(self, consumers: Any, had: npt.NDArray[Any]) -> None:
        given = consumers["platform_granted"].astype(float)
        if self.at <= YEAR:
            known = (had == np.asarray(consumers["last_lender"])).any(axis=0)
            self.repeat[0] += float(given[known].sum())
            self.repeat[1] += float(given.sum())
            self.lent_to += int((given > 0).sum())
            for lender, money in (("bank", consumers["loan_granted"]), ("platform", given)):
                fresh = (money > 0) & (self.lent[lender] < 0) & (self.failed_at < 0)
                self.lent[lender][fresh] = self.at
        failed = np.asarray(consumers["failed"], bool) & (self.failed_at < 0)
        self.failed_at[failed] = self.at

    def _scorers(self) -> tuple[tuple[str, Any], ...]:
        return ("firms", self.economy.firm_scorers), ("consumers", self.economy.consumer_scorers)

    def _watch_scores(
        self, waiting: Mapping[str, tuple[npt.NDArray[Any], Values]], small: npt.NDArray[np.bool_]
    ) -> None:
        """Scores whose outcome became known this quarter; loans that failed in their first one are missed.

        Of firms those count that are `small` now: scorecards are published of loans to small firms.
        """
        banks = len(self.economy.banks)
        for population, scorers in self._scorers():
            lender, score = waiting[population]
            known = (lender >= 0) & (scorers.seen_by < 0)
            known &= small if population == "firms" else True
            failed = np.asarray(self.economy.tables[population]["failed"], bool)
            for kind, mine in (("bank", lender < banks), ("platform", lender >= banks)):
                rows = known & mine
                self.scored[f"{kind}_{population}"].append((score[rows], failed[rows]))

    def _auc(self, book: str) -> float:
        score, failed = (np.concatenate(parts) for parts in zip(*self.scored[book], strict=True))
        return discrimination(score, failed)

    def _defaulted(self, lender: str, within: int) -> float:
        """Share of a year's borrowers of this lender who default within so many quarters."""
        lent = self.lent[lender]
        some = lent > 0
        late = self.failed_at[some] - lent[some]
        few = np.count_nonzero(some) < SOME
        return float("nan") if few else float(((self.failed_at[some] > 0) & (late <= within)).mean())

    def _growth(self) -> Values:
        """Log growth of yearly sales, of firms that lived through both years; empty before two years' end."""
        if len(self.sales) < 2 * YEAR:
            return np.empty(0)
        first, second = (np.sum(self.sales[k : k + YEAR], axis=0) for k in (0, YEAR))
        stayed = (np.array(self.generations) == self.generations[0]).all(axis=0)
        some = stayed & (first > 0) & (second > 0)
        return np.log(second[some] / first[some])

    def _small_credit(self) -> float:
        """Part of what firms owe banks that the small ones owe."""
        firms = self.economy.firms
        owed = (firms["bank_debt"] + firms["syndicated_debt"]).astype(float)
        return share(float(owed[small_ones(firms["sales"])].sum()), float(owed.sum()), none=math.nan)

    def _elasticity(self) -> float:
        """Slope of the log of what a platform lends a firm on the log of the firm's sales."""
        sales, given = (np.concatenate(parts) for parts in zip(*self.lines, strict=True))
        if sales.size < 30 or sales.std() == 0:
            return float("nan")
        return float(np.cov(sales, given)[0, 1] / sales.var(ddof=1))

    def numbers(self) -> dict[str, float]:
        """What was seen; shares and yearly shares, NaN where there was no case.

        bad_bank, bad_bank_small, bad_platform_firms: credit of defaulters over credit outstanding, a year.
        default_bank_5, default_platform_5, default_platform_12: share of a year's borrowing consumers who
        default within so many quarters, where there are `SOME`. survival_1, _5, _10: of a year's new firms.
        first_loan_age [years]: of firms that got a bank loan while watched. first_loans: of firms founded
        while watched that borrowed from a platform, those without a bank loan before. lost_with_platform: of
        households' claims on a platform that died while watched. repeat_borrowing: of a year's loans by
        platforms to consumers, those to who had borrowed from the same one, see `lenders_of`, where there are
        `SOME`. line_elasticity: of what a platform lends to a firm's sales. auc_...: see `discrimination`, of
        scores at the loan against default within a year, of
        firms those that are small.
        """
        survived = [share(count, self.newcomers, none=math.nan) for count in self.ages]
        ages = self.first_loan_ages
        return {
            "bad_bank": YEAR * share(self.bank["bad"], self.bank["owed"], none=math.nan),
            "bad_bank_small": YEAR * share(self.bank["small bad"], self.bank["small owed"], none=math.nan),
            "bad_platform_firms": YEAR * share(self.platform["bad"], self.platform["owed"], none=math.nan),
            "default_bank_5": self._defaulted("bank", 5),
            "default_platform_5": self._defaulted("platform", 5),
            "default_platform_12": self._defaulted("platform", 12),
            "repeat_borrowing": share(*self.repeat, none=math.nan) if self.lent_to >= SOME else math.nan,
            "lost_with_platform": share(self.lost, self.stuck, none=math.nan),
            "growth_kurtosis": kurtosis(self._growth()),
            "survival_1": survived[0],
            "survival_5": survived[1],
            "survival_10": survived[2],
            "first_loan_age": float(np.mean(ages)) if ages else float("nan"),
            "first_loans": share(*self.first_from_platform, none=math.nan),
            "small_credit": self._small_credit(),
            "line_elasticity": self._elasticity(),
            **{f"auc_{book}": self._auc(book) for book in BOOKS},
        }
