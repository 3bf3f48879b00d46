"""Published facts that have to emerge, each as a small function on what one world has left behind.

A function is named as its fact in ``seeds/evidence.toml``, where ``passes`` says what it has to work out and
which numbers are a hit; its docstring says what stands for the published number. Nothing in the model may be
tuned to a value found here. Facts on how platforms live, grow and are paid for are in `lives_facts`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

import experiments.measure.lives_facts  # noqa: F401 - enters its facts
from experiments.measure.arithmetic import YEAR, share
from experiments.measure.history import FACTS, UNCAPPED, Fact, History, fact, mean_of
from experiments.measure.moments import correlation, cycle_of, moments_of
from experiments.run.world import CONTROL

TIGHTENED = "institution_traffic_tightened"
ARMS = (CONTROL, "consumer_traffic", "institution_traffic", "deep_integration", UNCAPPED, TIGHTENED)
TIGHTENS_AT = 41  # quarters after the branching
TIGHT = 0.02  # of banks' own loans, that they may have in platforms' from then on: half of what they have
AFTER = 10  # quarters from the tightening, at whose end one looks at what platforms keep


@dataclass(frozen=True)
class Needs:
    """What has to be there before a fact can be looked at: in words, and by what the records would show it.

    ``column`` is one of the record of platforms or of quarters, or a number of the watch. A fact is
    answerable once it varies, or is a number.
    """

    words: str
    column: str

    def there(self, history: History) -> bool:
        """Whether a world's records hold it: a column that varies, a number that is one."""
        tables = [*history.platforms.values(), *history.quarters.values()]
        return any(table[self.column].nunique() > 1 for table in tables if self.column in table) or any(
            math.isfinite(numbers.get(self.column, math.nan)) for numbers in history.micro.values()
        )


SILENT = {
    "CAC_COMMERCE": Needs("platforms that sell goods", "goods_sold"),
    "TECH_ONLY_LOSES": Needs("a platform that sells nothing but technology", "sells_technology"),
}


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
    """Banks on small firms: score at the loan against default within a year, 100 defaults or more."""
    return history.micro[CONTROL]["auc_bank_firms"]


@fact
def auc_footprint(history: History) -> float:
    """The same of platforms that see footprints, on consumers, under consumer_traffic."""
    return history.micro["consumer_traffic"]["auc_platform_consumers"]


@fact
def auc_transactions(history: History) -> float:
    """The same of platforms that see operations, on small firms they lend to, under deep_integration."""
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


@fact
def securitised_loans(history: History) -> float:
    """Notes issued under institution_traffic, over GDP, by the part of platforms' loans that consumers owe.

    Mean of years three to eight. Houses do not say which notes are on whose loans: all have the same mix.
    """
    table = history.quarters["institution_traffic"].iloc[2 * YEAR : 8 * YEAR]
    people, firms = (table[f"platform_credit_to_{name}"].to_numpy(float) for name in ("consumers", "firms"))
    issued, owed = table["notes_issued"].to_numpy(float), people + firms
    part = np.divide(people, owed, out=np.zeros(len(owed)), where=owed > 0.0)
    return float((issued * part).mean()) if len(issued) else math.nan


@fact
def own_risk_migrates(history: History) -> float:
    """What platforms keep of new loans under institution_traffic, ten quarters after the law halved what
    banks may have in platforms' loans, over what they kept before. No law asks them to keep any: they choose.
    """
    kept = history.quarters[TIGHTENED]["own_share"].to_numpy(float)
    if len(kept) < TIGHTENS_AT + AFTER:
        return math.nan
    return share(float(kept[TIGHTENS_AT + AFTER - 2]), float(kept[TIGHTENS_AT - 2]), none=math.nan)


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
        correlation(cycle_of(table["production"])[1:], growth) > 0,
        rows["defaults", "with output", 0] < 0,
        rows["defaults", "autocorrelation", 1] > 0,
        rows["investment", "relative sd", 0] > 1,
        rows["consumption", "relative sd", 0] < 1,
    )
    return float(np.mean(signs))
