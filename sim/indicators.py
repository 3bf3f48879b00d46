"""What is written down of a quarter: definitions of every recorded number, in one place."""

import math
from typing import Any

import numpy as np

PLATFORM_COLUMNS = [
    "alive",
    "giant",
    "size",
    "budget",
    "consumer_spend",
    "firm_spend",
    "project_spend",
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


def ratio(part: float, whole: float) -> float:
    """part / whole, NaN where there is no whole."""
    return part / whole if whole else math.nan


def tail_exponent(sizes: np.ndarray) -> float:
    """Hill's estimator on the largest 2 % (at least 20): the exponent of the upper tail of sizes > 0."""
    sizes = sizes[sizes > 0.0]
    k = max(20, len(sizes) // 50)
    if len(sizes) <= k:
        return math.nan
    top = np.sort(np.partition(sizes, -k - 1)[-k - 1 :])
    return float(1.0 / np.log(top[1:] / top[0]).mean())


def of_the_core(e: Any) -> dict[str, float]:
    """Output, prices, work, firms, banks, state. Money in fen a quarter, rates and shares per quarter."""
    m, f, b, c, state = e.market, e.firms, e.banks, e.consumers, e.state[0]
    t = e.tallies
    alive = f["alive"]
    count = float(alive.sum())
    sector, sectors = f["sector"], len(m.weights)
    herfindahl = np.bincount(sector, f["share"] ** 2, sectors) / np.bincount(sector, f["share"], sectors) ** 2
    debt = float((f["bank_debt"] + f["syndicated_debt"]).sum())
    platform_debt_f, platform_debt_c = float(f["platform_debt"].sum()), float(c["platform_debt"].sum())
    consumer_debt = float(c["bank_debt"].sum())
    own_loans = float((b["firm_loans"] + b["syndicated_loans"] + b["consumer_loans"]).sum())
    loans = own_loans + float((b["participations"] + b["platform_loans"]).sum())
    assets = loans + float((b["bonds"] + b["reserves"]).sum())
    capital = float(b["net_worth"].sum())
    asked = alive & (f["loan_wanted"] > 0.0)
    small = f["workers"] < np.median(f["workers"][alive])
    small_asked = asked & small
    weight = f["sales"]
    skill = f["skill"][alive]
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
        "trade_credit": float(f["payables"].sum()) / (4.0 * m.gdp),
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
        "firms": count,
        "firm_loss_rate": t["bad firm loans"] / max(1.0, debt),
        "consumer_default_rate": float(c["failed"].mean()),
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
        "skill_spread": float(skill.std()),
        "misfit": float(f["misfit"][alive].mean()),
        "size_tail": tail_exponent(f["workers"][alive]),
        "rationed": ratio(float((f["rationed"] & asked).sum()), float(asked.sum())),
        "small_rationed": ratio(float((f["rationed"] & small_asked).sum()), float(small_asked.sum())),
        "small_credit_share": ratio(float((f["bank_debt"] + f["platform_debt"])[alive & small].sum()), debt),
        "firm_margin": float(f["profit"].sum()) / m.gdp,
        "household_wealth": float((c["deposits"] + c["claims"]).sum()) / (4.0 * m.gdp),
        "debt_burden": float(
            (
                c["interest_paid"]
                + c["instalment_paid"]
                + c["platform_interest_paid"]
                + c["platform_instalment_paid"]
            ).sum()
        )
        / max(1.0, float(c["income"].sum())),
        "waste": ratio(float((weight * e.p.misfit_waste * f["misfit"]).sum()), float(weight.sum())),
        "resale": m.resale,
        "auc_banks_firms": e.firm_scorers.auc(0),
        "auc_banks_consumers": e.consumer_scorers.auc(0),
    }


def of_platforms(e: Any) -> dict[str, float]:
    """What platforms did together."""
    t, f, c, m = e.platforms, e.firms, e.consumers, e.market
    spent = float(
        (t["consumer_spend"] + t["firm_spend"] + t["project_spend"] - t["upkeep"] + t["management"]).sum()
    )
    revenue = float(t["revenue"].sum())
    linked = f["link"] >= 0
    sales = float(f["sales"].sum())
    new = float(t["new_users"].sum())
    borrowed = float((c["platform_granted"] > 0.0).sum())
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
            float(c["ever_borrowed"].sum()), float(((c["first_app"] >= 0) | c["ever_borrowed"]).sum())
        ),
        "users": float((c["first_app"] >= 0).mean()),
        "borrowing_consumers": borrowed / len(c),
        "linked_firms": float(linked.mean()),
        "linked_sales": ratio(float(f["sales"][linked].sum()), sales),
        "depth": ratio(float((f["depth"] * f["sales"])[linked].sum()), float(f["sales"][linked].sum())),
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
        "own_margin": e.memory.own_margin,
        "trust": float(t["trust"].mean()),
        "auc_platforms_firms": e.firm_scorers.auc(1),
        "auc_platforms_consumers": e.consumer_scorers.auc(1),
    }


def observe(e: Any) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The line of a quarter and the columns of the platforms."""
    line = {"quarter": float(e.quarter), **of_the_core(e), **of_platforms(e)}
    acting = bool((e.platforms["acts"] > 0.0).any())
    return line, {name: e.platforms[name].copy() for name in PLATFORM_COLUMNS} if acting else {}
