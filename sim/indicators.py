"""What is written down of a quarter: definitions of every recorded number, in one place."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.survey import at_rank, survey_firms, tail_exponent

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


DEBT_SERVICE = [
    "interest of consumers",
    "instalments of consumers",
    "platform interest of consumers",
    "platform instalments of consumers",
]


def ratio(part: float, whole: float) -> float:
    """part / whole, NaN where there is no whole."""
    return part / whole if whole else math.nan


def of_the_core(e: Any, flows: Mapping[str, int]) -> dict[str, float]:
    """Output, prices, work, firms, banks, state. Money in fen a quarter, rates and shares per quarter."""
    m, f, b, c, state, total = e.market, e.firms, e.banks, e.consumers, e.state[0], e.ledger.total
    t = e.tallies
    sizes, shares, squares = f["workers"][f["alive"]], np.zeros(len(m.weights)), np.zeros(len(m.weights))
    middle = at_rank(sizes, len(sizes) // 2)
    (
        count, skills, skills_squared, misfits, sold, wasted, asked, rationed, small_asked, small_rationed,
        small_debt,
    ) = survey_firms(
        f["alive"], f["sector"], f["share"], f["skill"], f["misfit"], f["sales"], f["workers"], middle,
        f["loan_wanted"], f["rationed"], f["bank_debt"], f["platform_debt"], shares, squares,
    )  # fmt: skip
    herfindahl, skill = squares / shares**2, ratio(skills, count)
    service, income = sum(flows.get(flow, 0) for flow in DEBT_SERVICE), float(c["income"].sum())
    wealth = total("consumers", "deposits") + total("consumers", "claims")
    debt = float(total("firms", "bank_debt") + total("firms", "syndicated_debt"))
    platform_debt_f = float(total("firms", "platform_debt"))
    platform_debt_c = float(total("consumers", "platform_debt"))
    consumer_debt = float(total("consumers", "bank_debt"))
    own_loans = float((b["firm_loans"] + b["syndicated_loans"] + b["consumer_loans"]).sum())
    loans = own_loans + float((b["participations"] + b["platform_loans"]).sum())
    assets = loans + float((b["bonds"] + b["reserves"]).sum())
    capital = float(b["net_worth"].sum())
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
        "credit_to_gdp": (debt + platform_debt_f) / (4.0 * m.gdp),
        "firm_credit": (debt + platform_debt_f) / m.consumer_price,
        "trade_credit": total("firms", "payables") / (4.0 * m.gdp),
        "trade_losses": t["bad trade credit"] / m.gdp,
        "hit_by_failures": t["hit by failures"] / count,
        "chain_failures": t["failures after a hit"] / count,
        "inputs_short": float((f["inputs_short"] * f["input_bill"]).sum())
        / max(1.0, float(f["input_bill"].sum())),
        "bank_credit_to_firms": debt / (4.0 * m.gdp),
        "platform_credit_to_firms": platform_debt_f / (4.0 * m.gdp),
        "platform_credit_to_consumers": platform_debt_c / (4.0 * m.gdp),
        "consumer_credit_to_gdp": (consumer_debt + platform_debt_c) / (4.0 * m.gdp),
        "default_rate": t["failures"] / count,
        "closure_rate": t["closures"] / count,
        "entry_rate": t["entries"] / count,
        "firms": float(count),
        "firm_loss_rate": t["bad firm loans"] / max(1.0, debt),
        "consumer_default_rate": np.count_nonzero(c["failed"]) / len(c),
        "consumer_loss_rate": t["bad consumer loans"] / max(1.0, consumer_debt),
        "platform_loss_rate": ratio(
            t.get("bad platform loans", 0.0),
            platform_debt_f + platform_debt_c + t.get("bad platform loans", 0.0),
        ),
        "losses_of_households": t.get("losses of households", 0.0) / m.gdp,
        "platform_losses_of_banks": t.get("platform losses of banks", 0.0) / m.gdp,
        "bank_resolution": t.get("resolution", 0.0) / m.gdp,
        "bank_failures": t.get("bank failures", 0.0),
        "platform_deaths": t.get("platform deaths", 0.0),
        "bank_margin": 4.0 * float((b["interest_income"] - b["interest_cost"]).sum()) / assets,
        "bank_loss_rate": 4.0 * float(b["loan_losses"].sum()) / max(1.0, loans),
        "bank_return": 4.0 * float((b["profit"] - b["tax_paid"]).sum()) / max(1.0, capital),
        "bank_capital": capital / max(1.0, loans),
        "public_debt": float(state.bonds_owed + state.reserves_owed - state.advances) / (4.0 * m.gdp_seen),
        "income_tax": state.income_tax,
        "leaning": state.leaning,
        "effective_firms": float((1.0 / herfindahl).mean()),
        "skill_spread": math.sqrt(max(0.0, ratio(skills_squared, count) - skill * skill)),
        "misfit": ratio(misfits, count),
        "size_tail": tail_exponent(sizes),
        "rationed": ratio(rationed, asked),
        "small_rationed": ratio(small_rationed, small_asked),
        "small_credit_share": ratio(small_debt, debt),
        "firm_margin": float(f["profit"].sum()) / m.gdp,
        "household_wealth": wealth / (4.0 * m.gdp),
        "debt_burden": service / max(1.0, income),
        "waste": ratio(e.p.misfit_waste * wasted, sold),
        "resale": m.resale,
        "auc_banks_firms": e.firm_scorers.auc(0),
        "auc_banks_consumers": e.consumer_scorers.auc(0),
    }


def of_platforms(e: Any) -> dict[str, float]:
    """What platforms did together."""
    t, f, c, m = e.platforms, e.firms, e.consumers, e.market
    spent = float(
        (t["consumer_spend"] + t["firm_spend"] + t["project_spend"] - t["upkeep"]).sum()
        + (t["technology_spend"] + t["management"]).sum()
    )
    revenue = float(t["revenue"].sum())
    linked = np.flatnonzero(f["link"] >= 0)
    linked_sales = f["sales"][linked]
    sales = float(f["sales"].sum())
    new = float(t["new_users"].sum())
    borrowed = float(np.count_nonzero(c["platform_granted"]))
    reached = c["first_app"] >= 0
    pool = t["loans"].sum()
    return {
        "platforms_alive": float((t["alive"] & (t["acts"] > 0.0)).sum()),
        "platform_revenue": revenue / m.gdp,
        "platform_growth_spend": spent / m.gdp,
        "platform_profit": float(t["profit"].sum()) / m.gdp,
        "platform_cash": float(t["deposits"].sum()) / m.gdp,
        "venture_funding": float(t["venture"].sum()) / m.gdp,
        "user_cost": ratio(
            float(t["consumer_spend"].sum()), new * e.p.persons_per_row * 100.0 * m.wage_index
        ),
        "borrower_share": ratio(
            float(np.count_nonzero(c["ever_borrowed"])), float(np.count_nonzero(reached | c["ever_borrowed"]))
        ),
        "users": np.count_nonzero(reached) / len(c),
        "borrowing_consumers": borrowed / len(c),
        "linked_firms": len(linked) / len(f),
        "linked_sales": ratio(float(linked_sales.sum()), sales),
        "depth": ratio(float((f["depth"][linked] * linked_sales).sum()), float(linked_sales.sum())),
        "shown_gain": float(f["gain"].sum()) / m.gdp,
        "integration_fees": float(f["integration_fee"].sum()) / m.gdp,
        "kept_by_platforms": ratio(
            float((t["loans"] - t["participations_owed"] - t["claims_owed"]).sum()), float(pool)
        ),
        "take": float(t["take"][t["alive"]].mean()) if t["alive"].any() else math.nan,
        "appetite": float(t["appetite"][t["alive"]].mean()) if t["alive"].any() else math.nan,
        "bought_margin": ratio(
            float((t["bank_margin"] * t["participations_owed"]).sum()), float(t["participations_owed"].sum())
        ),
        "own_margin": m.own_margin,
        "trust": float(t["trust"].mean()),
        "auc_platforms_firms": e.firm_scorers.auc(1),
        "auc_platforms_consumers": e.consumer_scorers.auc(1),
    }


def observe(e: Any, flows: Mapping[str, int]) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The line of a quarter that is closed, with these flows, and the columns of the platforms."""
    line = {"quarter": float(e.quarter), **of_the_core(e, flows), **of_platforms(e)}
    acting = bool((e.platforms["acts"] > 0.0).any())
    return line, {name: e.platforms[name].copy() for name in PLATFORM_COLUMNS} if acting else {}
