"""Published facts that have to emerge, each as a small function on what one world has left behind.

A function is named as its fact in ``seeds/evidence.toml``, and its docstring says what stands for the
published number. Nothing in the model may be tuned to a value found here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.measure.arithmetic import YEAR
from experiments.measure.moments import correlation, cycle_of, moments_of
from experiments.run.world import CONTROL

ARMS = (CONTROL, "consumer_traffic", "institution_traffic", "deep_integration")


@dataclass(frozen=True)
class History:
    """One world's tables by arm.

    ``past`` is the whole record, ``quarters`` its part since the branching (both
    with ``failures_per_bank``), ``platforms`` the record of each platform, ``micro`` the numbers that
    `experiments.measure.watching.Followed` defines.
    """

    past: Mapping[str, Any]
    quarters: Mapping[str, Any]
    platforms: Mapping[str, Any]
    micro: Mapping[str, Mapping[str, float]]


Fact = Callable[[History], float]
FACTS: dict[str, Fact] = {}  # by id; a fact of several figures has a row for each, its id the first word
SIGNS = {  # facts that state a direction instead of a band: where the number has to lie for it to hold
    "GROWTH_TENT": (0.0, math.inf),
    "DATA_NOT_COLLATERAL": (0.0, math.inf),
    "CYCLE_SIGNS": (0.9, 1.0),
    "BANK_FAILURE": (0.0, 0.02),
}


@dataclass(frozen=True)
class Needs:
    """What has to be there before a fact can be looked at: in words, and by what the records would show it.

    ``column`` is one of the record of platforms. A fact that needs births is answerable once that says when a
    platform was founded, and it was later than others.
    """

    words: str
    column: str

    def there(self, history: History) -> bool:
        """Whether a world's records hold it."""
        tables = [table for table in history.platforms.values() if self.column in table]
        return any(table[self.column].nunique() > 1 for table in tables)


SILENT = {
    "P2P_STOCK": Needs("platforms that are founded while others die", "founded"),
    "P2P_EXIT_MANNER": Needs("ways of closing: fleeing, lingering, winding up", "manner"),
    "CAC_COMMERCE": Needs("platforms that sell goods", "goods_sold"),
    "SHARE_SHIFT": Needs("payments that change providers", "payments"),
    "OWN_RISK_MIGRATES": Needs("a platform that chooses how much risk it keeps", "own_share"),
    "TECH_ONLY_LOSES": Needs("a platform that sells nothing but technology", "sells_technology"),
}


def fact(function: Fact) -> Fact:
    """Enter a function into `FACTS`, its name in capitals being the id of its fact."""
    FACTS[function.__name__.upper()] = function
    return function


def mean_of(table: Any, column: str) -> float:
    """Mean over the quarters that have a number; NaN where none has."""
    values = table[column].to_numpy(float)
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else math.nan


# --- platforms ---------------------------------------------------------------------------------------------


def deaths(platforms: Any) -> tuple[np.ndarray, np.ndarray]:
    """By quarter: how many platforms died since the last one, and how many there were then."""
    alive = platforms.pivot(index="quarter", columns="platform", values="alive").to_numpy(bool)
    return (alive[:-1] & ~alive[1:]).sum(axis=1), alive[:-1].sum(axis=1)


@fact
def p2p_hazard_calm(history: History) -> float:
    """Deaths a month under consumer_traffic in the quarters outside of the worst year."""
    died, there = deaths(history.platforms["consumer_traffic"])
    calm = np.ones(died.size, bool)
    calm[worst_year(died, there)] = False
    exposed = there[calm].sum()
    return float(died[calm].sum() / exposed / 3.0) if exposed else math.nan


@fact
def p2p_hazard_run(history: History) -> float:
    """Share that died within the worst four quarters under consumer_traffic."""
    died, there = deaths(history.platforms["consumer_traffic"])
    year = worst_year(died, there)
    return float(died[year].sum() / there[year][0]) if there[year][0] else math.nan


def worst_year(died: np.ndarray, there: np.ndarray) -> slice:
    """The four quarters in which the largest share of those alive at their start died."""
    starts = range(max(1, died.size - YEAR + 1))
    shares = [died[k : k + YEAR].sum() / max(1, there[k]) for k in starts]
    first = int(np.argmax(shares))
    return slice(first, first + YEAR)


def cost_of_borrower(quarters: Any) -> Any:
    """Yuan, at the wage of the start, spent per person won, over the share of users that ever borrowed."""
    return quarters["user_cost"] / quarters["borrower_share"]


@fact
def cac_credit_late(history: History) -> float:
    """Cost of a borrower (of a new user, over the share that borrows) in year eight of consumer_traffic."""
    return float(cost_of_borrower(history.quarters["consumer_traffic"]).iloc[7 * YEAR : 8 * YEAR].mean())


@fact
def cac_drift(history: History) -> float:
    """Yearly rise of the cost of a borrower, from the second year to the eighth."""
    cost = cost_of_borrower(history.quarters["consumer_traffic"])
    early, late = cost.iloc[YEAR : 2 * YEAR].mean(), cost.iloc[7 * YEAR : 8 * YEAR].mean()
    return float((late / early) ** (1 / 6) - 1.0) if early > 0 else math.nan


@fact
def repeat_borrowing(history: History) -> float:
    """Lending under consumer_traffic to consumers who had borrowed before, from any platform."""
    return history.micro["consumer_traffic"]["repeat_borrowing"]


@fact
def lgd_p2p(history: History) -> float:
    """Of households' claims on a platform that died while watched, what was lost by the end of the watch."""
    return history.micro["consumer_traffic"]["lost_with_platform"]


# --- default and loss --------------------------------------------------------------------------------------


@fact
def npl_bank_all(history: History) -> float:
    """Credit of defaulters, yearly, over bank credit: the stock of bad loans if each is kept for a year.

    The model writes loans off at once and so has no stock of bad ones.
    """
    return history.micro[CONTROL]["bad_bank"]


@fact
def npl_bank_small(history: History) -> float:
    """The same among small firms: the smallest, which sell 60 % together."""
    return history.micro[CONTROL]["bad_bank_small"]


@fact
def npl_embedded(history: History) -> float:
    """The same for what platforms lend their firms under deep_integration, whatever their size."""
    return history.micro["deep_integration"]["bad_platform_firms"]


@fact
def default_p2p(history: History) -> float:
    """Consumers borrowing in a year under consumer_traffic who default in three years, the longest term."""
    return history.micro["consumer_traffic"]["default_platform_12"]


@fact
def default_fintech_vs_bank(history: History) -> float:
    """Consumers' defaults within 15 months under institution_traffic: with a platform over with a bank."""
    micro = history.micro["institution_traffic"]
    return micro["default_platform_5"] / micro["default_bank_5"] if micro["default_bank_5"] else math.nan


# --- what data can tell ------------------------------------------------------------------------------------


@fact
def auc_bank_scorecard(history: History) -> float:
    """Banks on firms: score at the loan against default within a year, own book, 100 defaults or more."""
    return history.micro[CONTROL]["auc_bank_firms"]


@fact
def auc_footprint(history: History) -> float:
    """The same of platforms that see footprints, on consumers, under consumer_traffic."""
    return history.micro["consumer_traffic"]["auc_platform_consumers"]


@fact
def auc_transactions(history: History) -> float:
    """The same of platforms that see operations, on their firms, under deep_integration."""
    return history.micro["deep_integration"]["auc_platform_firms"]


@fact
def first_loans(history: History) -> float:
    """Of firms founded while watched that a platform lent to (deep_integration), no bank loan before."""
    return history.micro["deep_integration"]["first_loans"]


@fact
def data_not_collateral(history: History) -> float:
    """How much closer bank credit than platform credit to firms follows the resale price (deep_integration).

    The difference of two correlations with the price a quarter before, all in deviations from trend.
    """
    table = history.quarters["deep_integration"]
    if not (table["platform_credit_to_firms"] > 0).any():
        return math.nan
    price = cycle_of(table["resale"])
    bank, platform = (
        cycle_of(table[name], logs=False) for name in ("bank_credit_to_firms", "platform_credit_to_firms")
    )
    return correlation(price, bank, 1) - correlation(price, platform, 1)


@fact
def flow_to_line(history: History) -> float:
    """Elasticity of what a platform lends a firm to the firm's sales, across firms (deep_integration)."""
    return history.micro["deep_integration"]["line_elasticity"]


# --- firms -------------------------------------------------------------------------------------------------


@fact
def size_tail(history: History) -> float:
    """Hill's exponent of the largest 2 % of firms by workers."""
    return mean_of(history.quarters[CONTROL], "size_tail")


@fact
def growth_tent(history: History) -> float:
    """Excess kurtosis of the log growth of firms' yearly sales."""
    return history.micro[CONTROL]["growth_kurtosis"]


def survival_after(years: int) -> Fact:
    """The fact function of one of the three ages that are published."""

    def survival(history: History) -> float:
        """Part of a year's new firms that are alive at this age; the band is that of all three ages."""
        return history.micro[CONTROL][f"survival_{years}"]

    return survival


FACTS.update({f"SURVIVAL after {years}": survival_after(years) for years in (1, 5, 10)})


@fact
def churn(history: History) -> float:
    """Firms founded and gone in a year over firms; those gone are newcomers less the change in number."""
    table = history.quarters[CONTROL]
    there = table["firms"].to_numpy(float)
    founded = (table["entry_rate"].to_numpy(float) * there)[1:]
    gone = founded - np.diff(there)
    return float(YEAR * ((founded + gone) / there[1:]).mean())


@fact
def small_firm_credit(history: History) -> float:
    """Part of bank credit to firms that the smallest owe which sell 60 % together."""
    return history.micro[CONTROL]["small_credit"]


@fact
def rationed(history: History) -> float:
    """Of the smaller half of firms, those that asked and did not get (nearly) all, in a quarter."""
    return mean_of(history.quarters[CONTROL], "small_rationed")


@fact
def first_bank_loan_age(history: History) -> float:
    """Age at the first bank loan, of new firms that got one within ten years."""
    return history.micro[CONTROL]["first_loan_age"]


# --- banks and the cycle -----------------------------------------------------------------------------------


@fact
def bank_roe(history: History) -> float:
    """Profit after tax over capital at the end of the quarter, yearly."""
    return mean_of(history.quarters[CONTROL], "bank_return")


@fact
def bank_failure(history: History) -> float:
    """Failures per bank and year; in band while below the rate of a crisis, 2 %."""
    return YEAR * mean_of(history.quarters[CONTROL], "failures_per_bank")


@fact
def cycle_signs(history: History) -> float:
    """Share of signs that hold: credit up, defaults down, clusters, investment more, consumption less."""
    table = history.past[CONTROL]
    rows = moments_of(table).set_index(["series", "moment", "lag"])["value"]
    growth = np.diff(np.log(table["firm_credit"].to_numpy(float)))
    signs = (
        correlation(cycle_of(table["output"])[1:], growth) > 0,
        rows["defaults", "with output", 0] < 0,
        rows["defaults", "autocorrelation", 1] > 0,
        rows["investment", "relative sd", 0] > 1,
        rows["consumption", "relative sd", 0] < 1,
    )
    return float(np.mean(signs))
