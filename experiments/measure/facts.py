"""Published facts that have to emerge, each as a small function on what one world has left behind.

A function is named as its fact in ``seeds/evidence.toml``, where ``passes`` says what it has to work out and
which numbers are a hit; its docstring says what stands for the published number. Nothing in the model may be
tuned to a value found here.
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


@dataclass(frozen=True)
class Needs:
    """What has to be there before a fact can be looked at: in words, and by what the records would show it.

    ``column`` is one of the record of platforms or of quarters, or a number of the watch. A fact that needs
    births is answerable once the first says when a platform was founded, and it was later than others.
    """

    words: str
    column: str

    def there(self, history: History) -> bool:
        """Whether a world's records hold it: a column that varies, a number that is one."""
        tables = [*history.platforms.values(), *history.quarters.values()]
        return any(table[self.column].nunique() > 1 for table in tables if self.column in table) or any(
            math.isfinite(numbers.get(self.column, math.nan)) for numbers in history.micro.values()
        )


BIRTHS = Needs("platforms that are founded while others die", "founded")
SILENT = {
    "P2P_STOCK": BIRTHS,
    "P2P_BIRTHS": BIRTHS,
    "LEADERS_LIVE": BIRTHS,
    "SHAKEOUT": BIRTHS,
    "FIVE_YEAR_SURVIVAL": BIRTHS,
    "P2P_EXIT_MANNER": Needs("ways of closing: fleeing, lingering, winding up", "manner"),
    "ACTIVE_SHRINK": Needs("people registered with a platform, and those who borrow from it", "registered"),
    "SHARE_SHIFT": Needs("payments that change providers", "payments"),
    "SECURITISED_LOANS": Needs("houses that pool loans of platforms into notes", "notes_issued"),
    "CAC_COMMERCE": Needs("platforms that sell goods", "goods_sold"),
    "TECH_ONLY_LOSES": Needs("a platform that sells nothing but technology", "sells_technology"),
    "OWN_RISK_MIGRATES": Needs("a platform that chooses how much risk it keeps", "own_share"),
    "EMBEDDED_LENDER_LATIN": Needs("worlds in which the law caps no rate", "uncapped"),
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
def p2p_size(history: History) -> float:
    """The highest yearly mean of what is owed through platforms under consumer_traffic, over yearly GDP."""
    table = history.quarters["consumer_traffic"]
    owed = table["platform_credit_to_consumers"] + table["platform_credit_to_firms"]
    return float(owed.rolling(YEAR).mean().max())


@fact
def embedded_lender_size(history: History) -> float:
    """The largest platform's loans over yearly GDP, in years eight to ten of deep_integration."""
    table = history.platforms["deep_integration"]
    yearly_gdp = YEAR * history.quarters["deep_integration"].set_index("quarter")["gdp"]
    largest = table.groupby("quarter")["loans"].max() / yearly_gdp
    return float(largest.iloc[7 * YEAR : 10 * YEAR].mean())


@fact
def break_even_neobanks(history: History) -> float:
    """Small platforms with a profit in year five of consumer_traffic, of those alive at its end."""
    table = history.platforms["consumer_traffic"]
    quarters = sorted(table["quarter"].unique())[4 * YEAR : 5 * YEAR]
    if len(quarters) < YEAR:
        return math.nan
    year = table[table["quarter"].isin(quarters) & ~table["giant"].astype(bool)]
    alive = year.loc[(year["quarter"] == quarters[-1]) & year["alive"].astype(bool), "platform"]
    earned = year.groupby("platform")["profit"].sum()
    return float((earned[alive] > 0.0).mean()) if len(alive) else math.nan


@fact
def new_users_dry_up(history: History) -> float:
    """Users won per platform four years after the best year, over that; 1 where they spend less than half."""
    table = history.platforms["consumer_traffic"]
    living = table[table["alive"].astype(bool)].groupby("quarter")[["new_users", "consumer_spend"]].mean()
    wage = history.quarters["consumer_traffic"].set_index("quarter")["wage"]
    won, spent = (x.rolling(YEAR).mean() for x in (living["new_users"], living["consumer_spend"] / wage))
    won, spent = won.dropna().to_numpy(), spent.dropna().to_numpy()
    if not (won > 0.0).any():
        return math.nan
    best = int(np.argmax(won))
    late = min(best + 4 * YEAR, won.size - 1)
    return float(won[late] / won[best]) if spent[late] >= spent[best] / 2.0 else 1.0


@fact
def client_churn(history: History) -> float:
    """Links that end in a year though their platform lives, over links (deep_integration, year three on)."""
    table = history.platforms["deep_integration"]
    links, new, alive = (
        table.pivot(index="quarter", columns="platform", values=name).to_numpy(float)[2 * YEAR - 1 :]
        for name in ("links", "new_links", "alive")
    )
    live = alive[1:] > 0.0
    before = links[:-1][live].sum()
    return float(YEAR * (before + (new - links)[1:][live].sum()) / before) if before else math.nan


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
