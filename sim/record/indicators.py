"""What is written down of a quarter, and of platforms in it: each number, defined and told."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.accounts import parties
from sim.actors.platforms import MANNERS, Platform
from sim.credit import scoring
from sim.engine.chart import Chart
from sim.engine.columns import declared
from sim.engine.records import Records
from sim.engine.units import Told
from sim.links.clients import SIZES
from sim.markets import attention
from sim.record.chains import of_chains
from sim.record.institutions import of_insurers_and_houses
from sim.record.national import (
    Survey,
    debts,
    of_banks_and_state,
    of_credit,
    of_firms_and_households,
    of_output,
    ratio,
    survey,
)
from sim.record.survey import OfConsumers, add_up
from sim.record.told import MODELS, QUARTERS, tells

PLATFORM_COLUMNS = [
    "serial",
    "model",
    "founded",
    "alive",
    "died",
    "manner",
    "buyer",
    "giant",
    "size",
    "months",
    "budget",
    "management",
    "consumer_spend",
    "firm_spend",
    "project_spend",
    "technology_spend",
    "technique",
    "users",
    "firm_users",
    "links",
    "lines",
    "new_users",
    "users_reached",
    "users_returned",
    "users_lured",
    "registered",
    "borrowed",
    "new_borrowers",
    "borrowers",
    "new_firm_users",
    "new_links",
    "new_lines",
    "left_links",
    "customers",
    "price",
    "worth",
    "wanted",
    "refused",
    "claims_lost",
    "take",
    "gain_share",
    "belief",
    "appetite",
    "bank_margin",
    "trust",
    "revenue",
    "payments",
    "payment_fees",
    "wallets",
    "direct_cost",
    "gross_profit",
    "profit",
    "usual_profit",
    "bad_loans",
    "losses_borne",
    "venture",
    "venture_total",
    "spent_total",
    "revenue_total",
    "sold",
    "deposits",
    "loans",
    "participations_owed",
    "partners",
    "bank_take",
    "own_share",
    "sold_loans",
    "invoices_out",
    "invoices_lost",
    "insurer",
    "house",
    "covered",
    "premium_rate",
    "taken_by_house",
    "takes_on_cover",
    "takes_on_funds",
    "policies",
    "claims_owed",
    "borrowing",
    "net_worth",
]


SPENDING = ["consumer_spend", "firm_spend", "project_spend", "technology_spend", "management"]
WINS = ["users_reached", "users_returned", "users_lured"]
PLATFORM_SUMS = [*SPENDING, *WINS, "upkeep", "revenue", "profit", "venture", "new_users"]
PLATFORM_SUMS += ["new_borrowers", "registered", "borrowed"]
PRICES = {  # what spending on consumers is divided by, and what it is then
    "user_cost": ("new_users", "spent on attention for a person won; NaN where none was"),
    "borrower_cost": ("new_borrowers", "the same for one who borrows from it for the first time"),
}


@tells(
    QUARTERS,
    platforms_alive="platforms: that act",
    platform_births="platforms: that were founded this quarter",
    no_room="platforms: that would have been founded, had there been room",
    bought="platforms: that ended and whose customers another bought",
    wound_up="platforms: that ended in order, everybody paid",
    stopped="platforms: that ended with claims on them outstanding",
    broke="platforms: that ended with less than they owed",
    rounds="platforms: that raised money",
    no_purse="platforms: that owners had no money to found",
    rounds_asked="platforms: that asked for a round",
    rounds_below="platforms: that got none since the fund expected too little of them",
    asked_of_banks="share of GDP: that banks were asked to fund of platforms' loans",
    refused_by_banks="share of GDP: of that, for which banks had no room or appetite",
    fund_confidence="ratio: of the owners in the venture fund",
    customer_price="yuan of first wages: paid for a new customer, over all platforms; NaN where none was won",
    fright="share: chance of loss that lending households fear of any platform",
    platform_revenue="share of GDP: revenue of all platforms, but for payment fees",
    payment_fees="share of GDP: what firms pay for payments by wallet",
    payments="ratio: of all that passes through wallets in the quarter to GDP",
    wallet_users="share of consumers: that have a wallet",
    largest_wallet="share of payments: of the wallet through which most passes; NaN where nothing does",
    two_wallets="share of payments: of the two largest wallets; NaN where nothing passes",
    platform_growth_spend="share of GDP: what platforms spend on growth, and on being there",
    platform_profit="share of GDP: profit of all platforms",
    platform_cash="share of GDP: money that platforms hold",
    venture_funding="share of GDP: paid to platforms by the venture fund",
    user_cost="yuan of first wages/person: spent on the attention of a person won; NaN where none was",
    borrower_cost="yuan of first wages/person: the same for one whose first loan a platform makes",
    users_reached="share of consumers: won in places that no platform had before",
    users_returned="share of consumers: won in places that had fallen free",
    users_lured="share of consumers: won from other platforms",
    reach="share of consumers: that can be had online",
    places_used="share: of the places of people within reach, that a platform has or has had",
    attention_left="share of consumers: that platforms would win if they bid for all attention there is",
    attention_bids="share of bids: that platforms make, of all for consumers' attention",
    platforms_used="platforms/user: whose apps somebody uses who uses any; NaN where nobody does",
    funnel="share: of those registered with living platforms, who have borrowed from theirs",
    borrower_share="share: of the people whom platforms know, those that borrow from one or have",
    users="share of consumers: that use an app",
    borrowing_consumers="share of consumers: that borrow from a platform this quarter",
    linked_firms="share of firms: into whose operations a platform is integrated",
    linked_sales="share of sales: made by linked firms",
    depth="share: how deep links are, weighed by sales; NaN where there are none",
    clients_small="share of firms: linked, with less than half the mean firm's sales",
    clients_middle="share of firms: linked, between small and large",
    clients_large="share of firms: linked, with four times the mean firm's sales or more",
    churn_small="share/quarter: of small clients, that left their platform or closed; NaN where none are",
    churn_middle="share/quarter: the same of middling clients",
    churn_large="share/quarter: the same of large clients",
    left_small="share/quarter: of small clients, that left by their own choice; NaN where none are",
    left_middle="share/quarter: the same of middling clients",
    left_large="share/quarter: the same of large clients",
    lines="lines/link: service lines begun, mean over links; NaN where there are none",
    shown_gain="share of GDP: gains that links can show",
    integration_fees="share of GDP: fees that links pay",
    kept_by_platforms="share of platforms' loans: that they fund themselves",
    take="share/quarter: of what others fund, that platforms take, mean of those alive",
    appetite="share of bank room: that banks leave to platforms' loans, mean of those alive",
    bought_margin="share/quarter: what banks earn on loans they fund through platforms",
    own_margin="share/quarter: what banks earn of late on loans of their own",
    trust="share: of what households would lend at best, mean over living platforms",
    auc_platforms_firms="area: under the curve of platforms' scores of firms; 0.5 tells nothing",
    auc_platforms_consumers="area: under the curve of platforms' scores of consumers; 0.5 tells nothing",
)
def of_platforms(economy: Any, seen: Survey) -> dict[str, float]:
    """What platforms did together."""
    platforms, market, total = economy.platforms.columns, economy.market, economy.ledger.total
    firms, consumers, people = seen.firms, seen.consumers, len(economy.consumers)
    added = add_up(tuple([platforms[name] for name in PLATFORM_SUMS])).tolist()
    sums = dict(zip(PLATFORM_SUMS, added, strict=True))
    spent = sum([sums[name] for name in SPENDING]) - sums["upkeep"]
    alive, pool = platforms["alive"], total("platforms", "loans")
    owed, living = total("platforms", "participations_owed"), int(np.count_nonzero(alive))
    others = total("platforms", "claims_owed") + total("platforms", "sold_loans")
    bought = float((platforms["bank_margin"] * platforms["participations_owed"]).sum())
    return {
        "platforms_alive": float(np.count_nonzero(alive & (platforms["acts"] > 0.0))),
        "platform_births": economy.tallies.platform_births,
        "no_room": economy.tallies.no_room,
        **of_ends(economy),
        "rounds": economy.tallies.rounds,
        "no_purse": economy.tallies.no_purse,
        "rounds_asked": economy.tallies.rounds_asked,
        "rounds_below": economy.tallies.rounds_below,
        "asked_of_banks": economy.tallies.asked_of_banks / max(1.0, economy.market.gdp),
        "refused_by_banks": economy.tallies.refused_by_banks / max(1.0, economy.market.gdp),
        "fund_confidence": economy.memory.fund_confidence,
        "customer_price": ratio(
            float(platforms["spend_seen"].sum()), 100.0 * float(platforms["new_seen"].sum())
        ),
        "fright": market.fright,
        "platform_revenue": ratio(sums["revenue"], market.gdp),
        **of_wallets(platforms, market.gdp, people),
        "platform_growth_spend": ratio(spent, market.gdp),
        "platform_profit": ratio(sums["profit"], market.gdp),
        "platform_cash": ratio(total("platforms", "deposits"), market.gdp),
        "venture_funding": ratio(sums["venture"], market.gdp),
        **of_attention(economy, consumers, sums),
        "borrower_share": ratio(consumers.borrowers, consumers.known),
        "users": consumers.reached / people,
        "borrowing_consumers": consumers.borrowing / people,
        "linked_firms": firms.linked / len(economy.firms),
        "linked_sales": ratio(firms.linked_sales, firms.sales),
        "depth": ratio(firms.depth, firms.linked_sales),
        **of_clients(economy.tallies, len(economy.firms)),
        "lines": ratio(float(platforms["lines"].sum()), float(platforms["links"].sum())),
        "shown_gain": ratio(firms.gain, market.gdp),
        "integration_fees": ratio(firms.fee, market.gdp),
        "kept_by_platforms": ratio(pool - owed - others, pool),
        "take": ratio(float((platforms["take"] * alive).sum()), living),
        "appetite": ratio(float((platforms["appetite"] * alive).sum()), living),
        "bought_margin": ratio(bought, owed),
        "own_margin": market.own_margin,
        "trust": ratio(float((platforms["trust"] * alive).sum()), living),
        "auc_platforms_firms": economy.firm_scorers.auc(scoring.PLATFORMS),
        "auc_platforms_consumers": economy.consumer_scorers.auc(scoring.PLATFORMS),
    }


def of_clients(tallies: Any, firms: int) -> dict[str, float]:
    """How many clients there are, by size, and what share of them was lost this quarter."""
    numbers = {name: getattr(tallies, f"clients_{name}") for name in SIZES}
    found = {f"clients_{name}": number / firms for name, number in numbers.items()}
    for share, tally in (("churn", "lost"), ("left", "left")):
        counts = {name: getattr(tallies, f"{tally}_{name}") for name in SIZES}
        found |= {f"{share}_{name}": ratio(counts[name], number) for name, number in numbers.items()}
    return found


def of_wallets(platforms: Mapping[str, np.ndarray], gdp: float, people: int) -> dict[str, float]:
    """What passes through wallets, and through which; people: how many rows of consumers there are."""
    passing = np.sort(platforms["payments"])[::-1]
    together = float(passing.sum())
    return {
        "payment_fees": ratio(float(platforms["payment_fees"].sum()), gdp),
        "payments": ratio(together, gdp),
        "wallet_users": float(platforms["wallets"].sum()) / people,
        "largest_wallet": ratio(float(passing[0]), together),
        "two_wallets": ratio(float(passing[:2].sum()), together),
    }


def of_attention(economy: Any, consumers: OfConsumers, sums: Mapping[str, float]) -> dict[str, float]:
    """What users and borrowers cost, by which way they are won, and what is left to be won.

    What a user costs is nearly what platforms and others bid, over what attention is left: fewer are won
    where those who bid have them already, more in ecosystems of giants.
    """
    people, reach = len(economy.consumers), attention.reach_of(economy)
    yuan = 100.0 * economy.market.wage_index * economy.p.persons_per_row
    spend = sums["consumer_spend"]
    return {
        **{name: ratio(spend, yuan * sums[won]) for name, (won, _) in PRICES.items()},
        **{name: sums[name] / people for name in WINS},
        "reach": reach,
        "places_used": ratio(consumers.had, attention.PLACES * reach * people),
        "attention_left": economy.tallies.attention_left / people,
        "attention_bids": ratio(spend, spend + attention.bids_of_others(economy)),
        "platforms_used": ratio(consumers.places, consumers.reached),
        "funnel": ratio(sums["borrowed"], sums["registered"]),
    }


def of_ends(economy: Any) -> dict[str, float]:
    """How many platforms ended this quarter, by manner."""
    platforms = economy.platforms.columns
    ended = platforms["manner"][platforms["died"] == economy.quarter]
    counts = np.bincount(ended, minlength=1 + max(MANNERS)).tolist()
    return {name.replace(" ", "_"): float(counts[manner]) for manner, name in MANNERS.items()}


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


@tells(
    MODELS,
    platforms="platforms: that run the business model, living or being wound down",
    alive="platforms: of these, that live",
    births="platforms: of these, that were founded this quarter",
    deaths="platforms: of these, that ended this quarter",
    turned_to="platforms: that turned to it from another business model this quarter",
    turned_away="platforms: that turned from it to another this quarter",
    auc_firms="area: under the curve of their scores of firms, over recent years",
    auc_consumers="area: under the curve of their scores of consumers, over recent years",
)
def of_models(economy: Any) -> dict[str, dict[str, float]]:
    """What the platforms of each business model did together, by its name: fen, rows of consumers, firms."""
    found, platforms = {}, economy.platforms.columns
    turned = platforms["turned_at"] == economy.quarter
    for n, row in enumerate(economy.models):
        here = (platforms["model"] == n) & (platforms["serial"] > 0)
        number, away = np.count_nonzero(here), np.count_nonzero(turned & (platforms["turned_from"] == n))
        if row.acts and (number or away):
            sums = np.array([platforms[name] for name in OF_A_MODEL], float)[:, here].sum(axis=1)
            found[row.name] = {
                "platforms": float(number),
                "alive": float(np.count_nonzero(here & platforms["alive"])),
                "births": float(np.count_nonzero(here & (platforms["founded"] == economy.quarter))),
                "deaths": float(np.count_nonzero(here & (platforms["died"] == economy.quarter))),
                "turned_to": float(np.count_nonzero(here & turned)),
                "turned_away": float(away),
                **dict(zip(OF_A_MODEL, sums.tolist(), strict=True)),
                "auc_firms": economy.firm_scorers.auc_of(n),
                "auc_consumers": economy.consumer_scorers.auc_of(n),
            }
    return found


def prices(economy: Any) -> dict[str, np.ndarray]:
    """What each platform paid for a user and for a new borrower, see `PRICES`; NaN where it won none."""
    platforms = economy.platforms.columns
    yuan = platforms["consumer_spend"] / (100.0 * economy.market.wage_index * economy.p.persons_per_row)
    return {
        name: np.divide(yuan, platforms[won], out=np.full(len(yuan), np.nan), where=platforms[won] > 0.0)
        for name, (won, _) in PRICES.items()
    }


def empty(chart: Chart) -> Records:
    """A record of nothing yet, which knows what its numbers mean."""
    return Records(parties(chart), told())


def told() -> dict[str, dict[str, Told]]:
    """What is recorded by quarter, of platforms and of business models, with unit and meaning, by table."""
    platforms = {name: Told(one.unit, one.doc) for name, one in declared(Platform).items()}
    prices = {name: Told("yuan of first wages/person", doc) for name, (_, doc) in PRICES.items()}
    of_models = {name: platforms[name] for name in OF_A_MODEL}
    return {
        "quarters": QUARTERS,
        "platforms": {name: platforms[name] for name in PLATFORM_COLUMNS} | prices,
        "models": {**MODELS, **of_models},
        "flows": {"fen": Told("fen/quarter", "what moved from payer to payee")},
    }


def observe(economy: Any, flows: Mapping[str, int]) -> tuple[dict[str, float], dict[str, np.ndarray], dict]:
    """The line of a quarter that is closed, with these flows, the columns of the platforms, and business
    models by name."""
    seen, owed, columns = survey(economy), debts(economy), economy.platforms.columns
    line = {"quarter": float(economy.quarter), **of_output(economy), **of_credit(economy, seen, owed)}
    line |= of_banks_and_state(economy) | of_firms_and_households(economy, flows, seen, owed)
    line |= of_chains(economy) | of_insurers_and_houses(economy) | of_platforms(economy, seen)
    platforms = {}
    if columns["acts"].any():
        platforms = {name: columns[name].copy() for name in PLATFORM_COLUMNS} | prices(economy)
    return line, platforms, of_models(economy)
