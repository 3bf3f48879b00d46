"""What is written down of a quarter: definitions of every recorded number, in one place."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from sim.survey import OfConsumers, OfFirms, add_up, middle_and_tail, survey_consumers, survey_firms

PLATFORM_COLUMNS = [
    "alive",
    "giant",
    "size",
    "budget",
    "consumer_spend",
    "firm_spend",
    "project_spend",
    "technology_spend",
    "technique",
    "users",
    "firm_users",
    "links",
    "new_users",
    "take",
    "gain_share",
    "belief",
    "appetite",
    "bank_margin",
    "trust",
    "revenue",
    "direct_cost",
    "gross_profit",
    "profit",
    "usual_profit",
    "losses_borne",
    "venture",
    "venture_total",
    "spent_total",
    "revenue_total",
    "sold",
    "deposits",
    "loans",
    "participations_owed",
    "claims_owed",
    "borrowing",
    "net_worth",
]


BANK_LOANS = ["firm_loans", "syndicated_loans", "consumer_loans", "participations", "platform_loans"]
BANK_RESULTS = ["interest_income", "interest_cost", "loan_losses", "profit", "tax_paid"]
SPENDING = ["consumer_spend", "firm_spend", "project_spend", "technology_spend", "management"]
PLATFORM_SUMS = [*SPENDING, "upkeep", "revenue", "profit", "venture", "new_users", "trust"]
DEBT_SERVICE = [
    "interest of consumers",
    "instalments of consumers",
    "platform interest of consumers",
    "platform instalments of consumers",
]


def ratio(part: float, whole: float) -> float:
    """part / whole, NaN where there is no whole."""
    return part / whole if whole else math.nan


SURVEYED = [
    "share",
    "skill",
    "misfit",
    "sales",
    "workers",
    "loan_wanted",
    "profit",
    "input_bill",
    "inputs_short",
    "depth",
    "gain",
    "integration_fee",
]


class Survey(NamedTuple):
    """What is counted and summed over all firms and consumers, by sector, and of firms by size."""

    firms: OfFirms
    consumers: OfConsumers
    herfindahl: np.ndarray
    tail: float


def survey(e: Any) -> Survey:
    """The survey of a quarter that is closed."""
    f, c, sectors = e.firms.columns, e.consumers.columns, len(e.market.weights)
    shares, squares = np.zeros(sectors), np.zeros(sectors)
    # who is gone has no workers, and comes before all others
    living, n = int(np.count_nonzero(f["alive"])), len(e.firms)
    middle, tail = middle_and_tail(f["workers"], n - living + living // 2)
    firms = survey_firms(
        f["sector"], f["link"], middle, (f["alive"], f["rationed"]), (f["bank_debt"], f["platform_debt"]),
        tuple([f[name] for name in SURVEYED]), shares, squares,
    )  # fmt: skip
    consumers = survey_consumers(
        c["first_app"], c["ever_borrowed"], c["failed"], c["platform_granted"], c["income"]
    )
    # a sector that nobody is left in has no concentration
    whole = shares**2
    herfindahl = np.divide(squares, whole, out=np.full(sectors, math.nan), where=whole > 0.0)
    return Survey(firms, consumers, herfindahl, tail)


def of_the_core(e: Any, flows: Mapping[str, int], seen: Survey) -> dict[str, float]:
    """Output, prices, work, firms, banks, state. Money in fen a quarter, rates and shares per quarter."""
    m, b, total, t = e.market, e.banks.columns, e.ledger.total, e.tallies
    firms, count, state = seen.firms, seen.firms.count, e.state[0]
    skill = ratio(firms.skill, count)
    service = sum([flows.get(flow, 0) for flow in DEBT_SERVICE])
    wealth = total("consumers", "deposits") + total("consumers", "claims")
    debt = float(total("firms", "bank_debt") + total("firms", "syndicated_debt"))
    platform_debt_f = float(total("firms", "platform_debt"))
    platform_debt_c = float(total("consumers", "platform_debt"))
    consumer_debt = float(total("consumers", "bank_debt"))
    loans = float(sum([total("banks", account) for account in BANK_LOANS]))
    assets = loans + total("banks", "bonds") + total("banks", "reserves")
    capital = float(total("banks", "net_worth"))
    public_debt = total("state", "bonds_owed") + total("state", "reserves_owed") - total("state", "advances")
    earned, cost, lost, profit, tax = add_up(tuple([b[name] for name in BANK_RESULTS])).tolist()
    return {
        "output": m.real_output,
        "consumption": m.real_consumption,
        "investment": m.real_investment,
        "public_purchases": m.real_public,
        "gdp": m.gdp,
        "price_level": m.consumer_price,
        "inflation": m.inflation,
        "wage": m.wage,
        "unemployment": m.unemployment,
        "employment": m.employment / m.labour_force,
        "productivity": m.real_output / max(1e-9, m.employment),
        "policy_rate": state.rate,
        "served_demand": m.served,
        "credit_to_gdp": ratio(debt + platform_debt_f, 4.0 * m.gdp),
        "firm_credit": (debt + platform_debt_f) / m.consumer_price,
        "trade_credit": ratio(total("firms", "payables"), 4.0 * m.gdp),
        "trade_losses": ratio(t["bad trade credit"], m.gdp),
        "hit_by_failures": ratio(t["hit by failures"], count),
        "chain_failures": ratio(t["failures after a hit"], count),
        "inputs_short": firms.short / max(1.0, firms.ordered),
        "bank_credit_to_firms": ratio(debt, 4.0 * m.gdp),
        "platform_credit_to_firms": ratio(platform_debt_f, 4.0 * m.gdp),
        "platform_credit_to_consumers": ratio(platform_debt_c, 4.0 * m.gdp),
        "consumer_credit_to_gdp": ratio(consumer_debt + platform_debt_c, 4.0 * m.gdp),
        "default_rate": ratio(t["failures"], count),
        "closure_rate": ratio(t["closures"], count),
        "entry_rate": ratio(t["entries"], count),
        "firms": float(count),
        "firm_loss_rate": t["bad firm loans"] / max(1.0, debt),
        "consumer_default_rate": seen.consumers.failed / len(e.consumers),
        "consumer_loss_rate": t["bad consumer loans"] / max(1.0, consumer_debt),
        "platform_loss_rate": ratio(
            t.get("bad platform loans", 0.0),
            platform_debt_f + platform_debt_c + t.get("bad platform loans", 0.0),
        ),
        "losses_of_households": ratio(t.get("losses of households", 0.0), m.gdp),
        "platform_losses_of_banks": ratio(t.get("platform losses of banks", 0.0), m.gdp),
        "bank_resolution": ratio(t.get("resolution", 0.0), m.gdp),
        "bank_failures": t.get("bank failures", 0.0),
        "platform_deaths": t.get("platform deaths", 0.0),
        "bank_margin": ratio(4.0 * (earned - cost), assets),
        "bank_loss_rate": 4.0 * lost / max(1.0, loans),
        "bank_return": 4.0 * (profit - tax) / max(1.0, capital),
        "bank_capital": capital / max(1.0, loans),
        "public_debt": ratio(public_debt, 4.0 * m.gdp_seen),
        "income_tax": state.income_tax,
        "leaning": state.leaning,
        "effective_firms": float((1.0 / seen.herfindahl).mean()),
        "skill_spread": math.sqrt(max(ratio(firms.skill_squared, count) - skill * skill, 0.0)),
        "misfit": ratio(firms.misfit, count),
        "size_tail": seen.tail,
        "rationed": ratio(firms.rationed, firms.asked),
        "small_rationed": ratio(firms.small_rationed, firms.small_asked),
        "small_credit_share": ratio(firms.small_debt, debt),
        "firm_margin": ratio(firms.profit, m.gdp),
        "household_wealth": ratio(wealth, 4.0 * m.gdp),
        "debt_burden": service / max(1.0, seen.consumers.income),
        "waste": ratio(e.p.misfit_waste * firms.wasted, firms.sales),
        "resale": m.resale,
        "auc_banks_firms": e.firm_scorers.auc(0),
        "auc_banks_consumers": e.consumer_scorers.auc(0),
    }


def of_platforms(e: Any, seen: Survey) -> dict[str, float]:
    """What platforms did together."""
    t, m, total = e.platforms.columns, e.market, e.ledger.total
    firms, consumers, people = seen.firms, seen.consumers, len(e.consumers)
    sums = dict(zip(PLATFORM_SUMS, add_up(tuple([t[name] for name in PLATFORM_SUMS])).tolist(), strict=True))
    spent = sum([sums[name] for name in SPENDING]) - sums["upkeep"]
    alive, pool, owed = t["alive"], total("platforms", "loans"), total("platforms", "participations_owed")
    living = int(np.count_nonzero(alive))
    acting = alive & (t["acts"] > 0.0)
    return {
        "platforms_alive": float(np.count_nonzero(acting)),
        "platform_revenue": ratio(sums["revenue"], m.gdp),
        "platform_growth_spend": ratio(spent, m.gdp),
        "platform_profit": ratio(sums["profit"], m.gdp),
        "platform_cash": ratio(total("platforms", "deposits"), m.gdp),
        "venture_funding": ratio(sums["venture"], m.gdp),
        "user_cost": ratio(
            sums["consumer_spend"], sums["new_users"] * e.p.persons_per_row * 100.0 * m.wage_index
        ),
        "borrower_share": ratio(consumers.borrowers, consumers.known),
        "users": consumers.reached / people,
        "borrowing_consumers": consumers.borrowing / people,
        "linked_firms": firms.linked / len(e.firms),
        "linked_sales": ratio(firms.linked_sales, firms.sales),
        "depth": ratio(firms.depth, firms.linked_sales),
        "shown_gain": ratio(firms.gain, m.gdp),
        "integration_fees": ratio(firms.fee, m.gdp),
        "kept_by_platforms": ratio(pool - owed - total("platforms", "claims_owed"), pool),
        "take": ratio(float((t["take"] * alive).sum()), living),
        "appetite": ratio(float((t["appetite"] * alive).sum()), living),
        "bought_margin": ratio(float((t["bank_margin"] * t["participations_owed"]).sum()), owed),
        "own_margin": m.own_margin,
        "trust": sums["trust"] / len(e.platforms),
        "auc_platforms_firms": e.firm_scorers.auc(1),
        "auc_platforms_consumers": e.consumer_scorers.auc(1),
    }


def observe(e: Any, flows: Mapping[str, int]) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The line of a quarter that is closed, with these flows, and the columns of the platforms."""
    seen, t = survey(e), e.platforms.columns
    line = {"quarter": float(e.quarter), **of_the_core(e, flows, seen), **of_platforms(e, seen)}
    return line, {name: t[name].copy() for name in PLATFORM_COLUMNS} if t["acts"].any() else {}
