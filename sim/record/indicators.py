"""What is written down of a quarter: definitions of every recorded number, in one place."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from sim.actors.banks import all_loans
from sim.credit import scoring
from sim.record.survey import OfConsumers, OfFirms, add_up, middle_and_tail, survey_consumers, survey_firms

PLATFORM_COLUMNS = [
    "model",
    "founded",
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
    "new_firm_users",
    "new_links",
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


class Survey(NamedTuple):
    """What is counted and summed over all firms and consumers, by sector, and of firms by size."""

    firms: OfFirms
    consumers: OfConsumers
    herfindahl: np.ndarray  # (sectors,), sum of the squares of market shares; NaN where nobody is left
    tail: float  # exponent of the distribution of workers


def survey(economy: Any) -> Survey:
    """The survey of a quarter that is closed."""
    firms, sectors = economy.firms, len(economy.market.weights)
    shares, squares = np.zeros(sectors), np.zeros(sectors)
    # who is gone has no workers, and comes before all others
    living, n = int(np.count_nonzero(firms["alive"])), len(firms)
    middle, tail = middle_and_tail(firms["workers"], n - living + living // 2)
    of_firms = survey_firms(firms, middle, shares, squares)
    # a sector that nobody is left in has no concentration
    whole = shares**2
    herfindahl = np.divide(squares, whole, out=np.full(sectors, math.nan), where=whole > 0.0)
    return Survey(
        firms=of_firms, consumers=survey_consumers(economy.consumers), herfindahl=herfindahl, tail=tail
    )


class Debts(NamedTuple):
    """What firms and consumers owe as the quarter closes (fen)."""

    firms: float  # to banks, alone or together
    consumers: float
    firms_to_platforms: float
    consumers_to_platforms: float


def debts(economy: Any) -> Debts:
    """Who owes what."""
    total = economy.ledger.total
    return Debts(
        firms=float(total("firms", "bank_debt") + total("firms", "syndicated_debt")),
        consumers=float(total("consumers", "bank_debt")),
        firms_to_platforms=float(total("firms", "platform_debt")),
        consumers_to_platforms=float(total("consumers", "platform_debt")),
    )


def of_output(economy: Any) -> dict[str, float]:
    """Output, prices and work. Money in fen a quarter, rates and shares per quarter, here and below."""
    market = economy.market
    return {
        "output": market.real_output,
        "consumption": market.real_consumption,
        "investment": market.real_investment,
        "public_purchases": market.real_public,
        "gdp": market.gdp,
        "price_level": market.consumer_price,
        "inflation": market.inflation,
        "wage": market.wage,
        "unemployment": market.unemployment,
        "employment": market.employment / market.labour_force,
        "productivity": market.real_output / max(1e-9, market.employment),
        "policy_rate": economy.state[0].rate,
        "served_demand": market.served,
    }


def of_credit(economy: Any, seen: Survey, owed: Debts) -> dict[str, float]:
    """Credit and trade credit, who fails, and who loses by it."""
    market, tallies, total = economy.market, economy.tallies, economy.ledger.total
    gdp, count, firms = market.gdp, seen.firms.count, seen.firms
    to_platforms = owed.firms_to_platforms + owed.consumers_to_platforms
    return {
        "credit_to_gdp": ratio(owed.firms + owed.firms_to_platforms, 4.0 * gdp),
        "firm_credit": (owed.firms + owed.firms_to_platforms) / market.consumer_price,
        "trade_credit": ratio(total("firms", "payables"), 4.0 * gdp),
        "trade_losses": ratio(tallies.bad_trade_credit, gdp),
        "hit_by_failures": ratio(tallies.hit_by_failures, count),
        "chain_failures": ratio(tallies.failures_after_a_hit, count),
        "inputs_short": firms.short / max(1.0, firms.ordered),
        "bank_credit_to_firms": ratio(owed.firms, 4.0 * gdp),
        "platform_credit_to_firms": ratio(owed.firms_to_platforms, 4.0 * gdp),
        "platform_credit_to_consumers": ratio(owed.consumers_to_platforms, 4.0 * gdp),
        "consumer_credit_to_gdp": ratio(owed.consumers + owed.consumers_to_platforms, 4.0 * gdp),
        "default_rate": ratio(tallies.failures, count),
        "closure_rate": ratio(tallies.closures, count),
        "entry_rate": ratio(tallies.entries, count),
        "firms": float(count),
        "firm_loss_rate": tallies.bad_firm_loans / max(1.0, owed.firms),
        "consumer_default_rate": seen.consumers.failed / len(economy.consumers),
        "consumer_loss_rate": tallies.bad_consumer_loans / max(1.0, owed.consumers),
        "platform_loss_rate": ratio(tallies.bad_platform_loans, to_platforms + tallies.bad_platform_loans),
        "losses_of_households": ratio(tallies.losses_of_households, gdp),
        "platform_losses_of_banks": ratio(tallies.platform_losses_of_banks, gdp),
        "bank_resolution": ratio(tallies.resolution, gdp),
        "bank_failures": tallies.bank_failures,
        "platform_deaths": tallies.platform_deaths,
    }


def of_banks_and_state(economy: Any) -> dict[str, float]:
    """What banks earn and hold, and the state's debt and tax."""
    banks, total, state = economy.banks, economy.ledger.total, economy.state[0]
    loans, capital = float(all_loans(banks).sum()), float(total("banks", "net_worth"))
    assets = loans + total("banks", "bonds") + total("banks", "reserves")
    debt = total("state", "bonds_owed") + total("state", "reserves_owed") - total("state", "advances")
    earned, cost, lost, profit, tax = add_up(tuple([banks[name] for name in BANK_RESULTS])).tolist()
    return {
        "bank_margin": ratio(4.0 * (earned - cost), assets),
        "bank_loss_rate": 4.0 * lost / max(1.0, loans),
        "losses_of_banks": ratio(lost, economy.market.gdp),
        "bank_return": 4.0 * (profit - tax) / max(1.0, capital),
        "bank_capital": capital / max(1.0, loans),
        "public_debt": ratio(debt, 4.0 * economy.market.gdp_seen),
        "income_tax": state.income_tax,
        "leaning": state.leaning,
    }


def of_firms_and_households(
    economy: Any, flows: Mapping[str, int], seen: Survey, owed: Debts
) -> dict[str, float]:
    """How unlike firms are, who is left short of credit, what households have, what banks can tell apart."""
    firms, gdp, total = seen.firms, economy.market.gdp, economy.ledger.total
    skill = ratio(firms.skill, firms.count)
    service = sum([flows.get(flow, 0) for flow in DEBT_SERVICE])
    wealth = total("consumers", "deposits") + total("consumers", "claims")
    return {
        "effective_firms": float((1.0 / seen.herfindahl).mean()),
        "skill_spread": math.sqrt(max(ratio(firms.skill_squared, firms.count) - skill * skill, 0.0)),
        "misfit": ratio(firms.misfit, firms.count),
        "size_tail": seen.tail,
        "rationed": ratio(firms.rationed, firms.asked),
        "small_rationed": ratio(firms.small_rationed, firms.small_asked),
        "small_credit_share": ratio(firms.small_debt, owed.firms),
        "firm_margin": ratio(firms.profit, gdp),
        "household_wealth": ratio(wealth, 4.0 * gdp),
        "debt_burden": service / max(1.0, seen.consumers.income),
        "waste": ratio(economy.p.misfit_waste * firms.wasted, firms.sales),
        "resale": economy.market.resale,
        "auc_banks_firms": economy.firm_scorers.auc(scoring.BANKS),
        "auc_banks_consumers": economy.consumer_scorers.auc(scoring.BANKS),
    }


def of_platforms(economy: Any, seen: Survey) -> dict[str, float]:
    """What platforms did together."""
    platforms, market, total = economy.platforms.columns, economy.market, economy.ledger.total
    firms, consumers, people = seen.firms, seen.consumers, len(economy.consumers)
    added = add_up(tuple([platforms[name] for name in PLATFORM_SUMS])).tolist()
    sums = dict(zip(PLATFORM_SUMS, added, strict=True))
    spent = sum([sums[name] for name in SPENDING]) - sums["upkeep"]
    persons = sums["new_users"] * economy.p.persons_per_row
    alive, pool = platforms["alive"], total("platforms", "loans")
    owed, living = total("platforms", "participations_owed"), int(np.count_nonzero(alive))
    bought = float((platforms["bank_margin"] * platforms["participations_owed"]).sum())
    return {
        "platforms_alive": float(np.count_nonzero(alive & (platforms["acts"] > 0.0))),
        "platform_revenue": ratio(sums["revenue"], market.gdp),
        "platform_growth_spend": ratio(spent, market.gdp),
        "platform_profit": ratio(sums["profit"], market.gdp),
        "platform_cash": ratio(total("platforms", "deposits"), market.gdp),
        "venture_funding": ratio(sums["venture"], market.gdp),
        "user_cost": ratio(sums["consumer_spend"], persons * 100.0 * market.wage_index),
        "borrower_share": ratio(consumers.borrowers, consumers.known),
        "users": consumers.reached / people,
        "borrowing_consumers": consumers.borrowing / people,
        "linked_firms": firms.linked / len(economy.firms),
        "linked_sales": ratio(firms.linked_sales, firms.sales),
        "depth": ratio(firms.depth, firms.linked_sales),
        "shown_gain": ratio(firms.gain, market.gdp),
        "integration_fees": ratio(firms.fee, market.gdp),
        "kept_by_platforms": ratio(pool - owed - total("platforms", "claims_owed"), pool),
        "take": ratio(float((platforms["take"] * alive).sum()), living),
        "appetite": ratio(float((platforms["appetite"] * alive).sum()), living),
        "bought_margin": ratio(bought, owed),
        "own_margin": market.own_margin,
        "trust": sums["trust"] / len(economy.platforms),
        "auc_platforms_firms": economy.firm_scorers.auc(scoring.PLATFORMS),
        "auc_platforms_consumers": economy.consumer_scorers.auc(scoring.PLATFORMS),
    }


OF_A_MODEL = [
    "revenue",
    "interest",
    "bad_loans",
    "losses_borne",
    "profit",
    "users",
    "firm_users",
    "links",
    "loans",
]


def of_models(economy: Any) -> dict[str, dict[str, float]]:
    """What the platforms of each business model did together, by its name: fen, rows of consumers, firms."""
    found, platforms = {}, economy.platforms.columns
    for n, row in enumerate(economy.models):
        here = platforms["model"] == n
        if row.acts and here.any():
            sums = {name: float(platforms[name][here].sum()) for name in OF_A_MODEL}
            found[row.name] = {
                "platforms": float(here.sum()),
                "alive": float((here & platforms["alive"]).sum()),
                **sums,
                "auc_firms": economy.firm_scorers.auc_of(n),
                "auc_consumers": economy.consumer_scorers.auc_of(n),
            }
    return found


def observe(economy: Any, flows: Mapping[str, int]) -> tuple[dict[str, float], dict[str, np.ndarray], dict]:
    """The line of a quarter that is closed, with these flows, the columns of the platforms, and business
    models by name."""
    seen, owed, columns = survey(economy), debts(economy), economy.platforms.columns
    line = {"quarter": float(economy.quarter), **of_output(economy), **of_credit(economy, seen, owed)}
    line |= of_banks_and_state(economy) | of_firms_and_households(economy, flows, seen, owed)
    line |= of_platforms(economy, seen)
    platforms = {name: columns[name].copy() for name in PLATFORM_COLUMNS} if columns["acts"].any() else {}
    return line, platforms, of_models(economy)
