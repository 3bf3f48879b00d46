"""What each rule of law limits, as it stands at the end of a future, and what of it is beyond the rule.

The same is asked of every future, whether a rule is in force there or not: where it is not, what is beyond it
is what it would bind. This is the module that worker processes import.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.measure import arithmetic
from experiments.measure.arithmetic import YEAR
from experiments.measure.futures import Frame, kept_without_firms

Values = npt.NDArray[np.float64]
Pair = tuple[float, float]  # level, beyond
share = functools.partial(arithmetic.share, none=math.nan)  # of nothing there is none
BARELY = 1e-9  # what is at the limit is not beyond it


@dataclass(frozen=True)
class Bound:
    """What a rule limits: ``level`` and ``beyond`` say in words what two numbers are, with their units."""

    level: str
    unit: str
    beyond: str
    of: Callable[[Any, dict[str, Any]], Pair]


def kept(economy: Any) -> dict[str, Frame]:
    """Quarters and platforms since the branching; ``law``: rule, level and beyond at the end; ``models``: by
    business model the profit of its platforms and what they arranged, over GDP, and how many live."""
    from sim import law

    tables, rules = kept_without_firms(economy), law.rules()
    rows = [(name, *one.of(economy, rules[name].values)) for name, one in BOUNDS.items() if name in rules]
    tables["law"] = pd.DataFrame(rows, columns=["rule", "level", "beyond"])
    tables["models"] = of_models(economy)
    return tables


def of_models(economy: Any) -> Frame:
    """Mean over the quarters since the branching."""
    records = economy.records
    gdp, models = records.quarters["gdp"], records.models
    columns = ["model", "profit", "loans", "alive"]
    if not len(models):
        return pd.DataFrame({name: np.empty(0) for name in columns}).astype({"model": str})
    models = models.loc[models["quarter"] > economy.branched]
    quarters = gdp.loc[gdp.index > economy.branched]
    made = quarters.reindex(models["quarter"]).to_numpy(float)
    shares = pd.DataFrame(
        {
            "model": models["model"].astype(str).to_numpy(),
            "profit": models["profit"].to_numpy(float) / made,
            "loans": models["loans"].to_numpy(float) / (YEAR * made),
            "alive": models["alive"].to_numpy(float),
        }
    )
    summed: Frame = shares.groupby("model", as_index=False).sum()
    summed[columns[1:]] /= len(quarters)
    return summed


def debts(economy: Any) -> tuple[Values, Values]:
    """What is owed through platforms, debt by debt (fen), and at what rate (share/quarter)."""
    both = [(t["platform_debt"], t["platform_rate"]) for t in (economy.firms, economy.consumers)]
    owed, rate = (np.concatenate([pair[n] for pair in both]).astype(float) for n in (0, 1))
    return owed[owed > 0.0], rate[owed > 0.0]


def rates(economy: Any, asks: dict[str, Any]) -> Pair:
    owed, rate = debts(economy)
    dear = rate > asks["rate_cap"] + BARELY
    return YEAR * share((owed * rate).sum(), owed.sum()), share(owed[dear].sum(), owed.sum())


def own_shares(economy: Any, asks: dict[str, Any]) -> Pair:
    """Of loans that platforms make together with banks, what they sell to houses left out."""
    platforms = economy.platforms
    columns = ("loans", "sold_loans", "participations_owed")
    loans, sold, theirs = (platforms[name].astype(float) for name in columns)
    loans = loans - sold
    joint = theirs > 0.0
    low = joint & (theirs > (1.0 - asks["own_funding_floor"]) * loans + 1.0)
    together = loans[joint].sum()
    return share((loans - theirs)[joint].sum(), together), share(loans[low].sum(), together)


def exposures(economy: Any, asks: dict[str, Any]) -> Pair:
    held = economy.memory.participations.astype(float)
    capital = np.maximum(1.0, economy.banks["net_worth"].astype(float))
    over = np.maximum(0.0, held - asks["one_platform_cap"] * capital)
    return float((held / capital).max()), share(over.sum(), held.sum())


def with_one(economy: Any, asks: dict[str, Any]) -> Pair:
    """The most that a platform has at stake with one borrower, and what of all stakes is beyond the cap."""
    from sim.credit import pools

    part, capital = pools.keeps(economy), np.maximum(1.0, economy.platforms["net_worth"].astype(float))
    debt, at = (
        np.concatenate([people[name] for people in (economy.firms, economy.consumers)])
        for name in ("platform_debt", "debt_to")
    )
    rows = np.flatnonzero((debt > 0) & (at >= 0))
    of = at[rows]
    stake = part[of] * debt[rows]
    over = stake > asks["one_borrower_cap"] * capital[of] + 1.0
    return float((stake / capital[of]).max(initial=0.0)), share(stake[over].sum(), stake.sum())


def online(economy: Any, asks: dict[str, Any]) -> Pair:
    from sim.actors.banks import own_loans

    own = own_loans(economy.banks).astype(float)
    bought = economy.banks["participations"].astype(float)
    over = np.maximum(0.0, bought - asks["platform_loans_cap"] * own)
    return share(bought.sum(), own.sum()), share(over.sum(), bought.sum())


def leverages(economy: Any, asks: dict[str, Any]) -> Pair:
    platforms = economy.platforms
    passed_on = platforms["participations_owed"] + platforms["sold_loans"]
    owed = (passed_on + platforms["borrowing"]).astype(float)
    worth = np.maximum(0.0, platforms["net_worth"].astype(float))
    lends = platforms["alive"] & (owed > 0.0)
    over = lends & (owed > asks["lender_leverage_cap"] * worth)
    made = YEAR * economy.market.gdp
    return share(owed[lends].sum(), made), share(owed[over].sum(), owed[lends].sum())


def claims(economy: Any, asks: dict[str, Any]) -> Pair:
    owed = float(economy.platforms["claims_owed"].sum())
    loans = float(economy.platforms["loans"].sum())
    return share(owed, YEAR * economy.market.gdp), share(owed, loans)


def uninsured(economy: Any, asks: dict[str, Any]) -> Pair:
    held = beyond = 0.0
    for table, persons in ((economy.firms, 1.0), (economy.consumers, economy.p.persons_per_row)):
        money = table["deposits"].astype(float)
        held += money.sum()
        beyond += np.maximum(0.0, money - persons * asks["insured_deposit"]).sum()
    lost = moved(economy, lambda flow: flow.startswith("deposits lost"))
    return share(beyond, held), lost


def shown(economy: Any, asks: dict[str, Any]) -> Pair:
    """What a bank would see of the money of those who use an app or a wallet, beside what it sees anyhow."""
    from sim.markets.payments import wallets

    rows = np.arange(len(economy.consumers))
    sees = wallets.passing_of_consumers(economy, rows, np.full(len(rows), -1, np.int32))
    known = economy.consumer_scorers.auc(0)
    return float(sees.mean()), known


def balances(economy: Any, asks: dict[str, Any]) -> Pair:
    platforms = economy.platforms
    free = float((platforms["float_owed"] - platforms["custody"]).sum())
    return share(free, YEAR * economy.market.gdp), moved(economy, lambda flow: flow == "interest on balances")


def moved(economy: Any, chosen: Callable[[str], bool]) -> float:
    """What flowed so since the branching, over the GDP of that time."""
    records, first = economy.records, economy.branched
    lines = zip(records.lines, records.of_flows, strict=True)
    lived = [(line["gdp"], flows) for line, flows in lines if line["quarter"] > first]
    fen = sum(fen for _, flows in lived for name, fen in flows.items() if chosen(name))
    return share(fen, sum(gdp for gdp, _ in lived))


OF_LOANS = "of loans through platforms"
BEYOND = "of what is held, beyond the cap"
BOUNDS = {
    "rate_cap": Bound(f"mean rate {OF_LOANS}", "share a year", "of them dearer than the cap", rates),
    "court_rate_cap": Bound(f"mean rate {OF_LOANS}", "share a year", "of them dearer than the cap", rates),
    "own_share": Bound(
        "own share of platforms in joint loans", "share", "of them in pools with a smaller one", own_shares
    ),
    "one_platform": Bound(
        "most that a bank holds of one platform, over its capital", "ratio", BEYOND, exposures
    ),
    "one_borrower": Bound(
        "most that a platform has at stake with one borrower, over its capital", "ratio", BEYOND, with_one
    ),
    "online_loans": Bound("what banks hold of platforms' loans, over their own", "share", BEYOND, online),
    "leverage": Bound(
        "what lending platforms owe and have passed on of loans",
        "share of yearly GDP",
        "of it with those who have too little capital for it",
        leverages,
    ),
    "p2p_closure": Bound(
        "claims of households on platforms",
        "share of yearly GDP",
        "of platforms' loans that they fund",
        claims,
    ),
    "deposit_insurance": Bound(
        "deposits of firms and people beyond the insured amount",
        "share",
        "of GDP lost by depositors",
        uninsured,
    ),
    "data_portability": Bound(
        "what a bank may see of people's payments", "share", "AUC of banks' scores of people", shown
    ),
    "float_custody": Bound(
        "balances in wallets that are not in custody",
        "share of yearly GDP",
        "of GDP earned on them",
        balances,
    ),
}
