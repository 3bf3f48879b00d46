"""What is written down of output, credit, banks, firms and households: each number, defined and told."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from sim.actors.banks import all_loans
from sim.credit import scoring
from sim.record.survey import OfConsumers, OfFirms, add_up, middle_and_tail, survey_consumers, survey_firms
from sim.record.told import QUARTERS, tells

BANK_RESULTS = ["interest_income", "interest_cost", "loan_losses", "profit", "tax_paid"]
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
        firms_to_platforms=float(total("firms", "platform_debt") + total("firms", "invoices_owed")),
        consumers_to_platforms=float(total("consumers", "platform_debt")),
    )


@tells(
    QUARTERS,
    output="goods/quarter: goods sold to others than firms for inputs",
    production="goods/quarter: real GDP, final sales and by what firms' stocks grew",
    consumption="goods/quarter: goods bought by consumers",
    investment="goods/quarter: new machines bought",
    public_purchases="goods/quarter: goods bought by the state",
    gdp="fen/quarter: final sales",
    price_level="fen/good: price level of what consumers buy",
    inflation="share/quarter: growth of the price level",
    wage="fen/worker/quarter: the going wage",
    unemployment="share of the labour force: without work",
    employment="share of the labour force: work done for firms, banks and platforms",
    workers_found="share: of the workers that firms wanted, who were found",
    productivity="goods/worker/quarter: output for each worker at work",
    policy_rate="share/quarter: rate of the central bank",
    served_demand="share: of what consumers and the state wanted to buy that was to be had",
)
def of_output(economy: Any) -> dict[str, float]:
    """Output, prices and work. Money in fen a quarter, rates and shares per quarter, here and below."""
    market = economy.market
    return {
        "output": market.real_output,
        "production": market.real_production,
        "consumption": market.real_consumption,
        "investment": market.real_investment,
        "public_purchases": market.real_public,
        "gdp": market.gdp,
        "price_level": market.consumer_price,
        "inflation": market.inflation,
        "wage": market.wage,
        "unemployment": market.unemployment,
        "employment": market.employment / market.labour_force,
        "workers_found": market.hired,
        "productivity": market.real_output / max(1e-9, market.employment),
        "policy_rate": economy.state[0].rate,
        "served_demand": market.served,
    }


@tells(
    QUARTERS,
    credit_to_gdp="share of yearly GDP: what firms owe to banks and platforms",
    firm_credit="goods: what firms owe to banks and platforms, at consumer prices",
    trade_credit="share of yearly GDP: what firms owe to their suppliers",
    trade_losses="share of GDP: what suppliers lost on customers that failed",
    hit_by_failures="share of firms: that lost much on customers that failed the quarter before",
    chain_failures="share of firms: that were hit so, and failed",
    inputs_short="share of inputs ordered: that were not to be had",
    bank_credit_to_firms="share of yearly GDP: what firms owe to banks",
    platform_credit_to_firms="share of yearly GDP: what firms owe through platforms",
    platform_credit_to_consumers="share of yearly GDP: what consumers owe through platforms",
    consumer_credit_to_gdp="share of yearly GDP: what consumers owe to banks and through platforms",
    default_rate="share of firms/quarter: that left owing what they could not pay",
    closure_rate="share of firms/quarter: that left owing nothing",
    entry_rate="share of firms/quarter: that were founded",
    firms="firms: alive as the quarter closes",
    firm_loss_rate="share of loans/quarter: that banks lost on loans to firms",
    loss_given_default="share of loans in default: that banks lost, of loans to firms; NaN where none was",
    consumer_default_rate="share of consumers/quarter: that could not pay",
    consumer_loss_rate="share of loans/quarter: that banks lost on loans to consumers",
    platform_loss_rate="share of loans/quarter: lost on loans made through platforms, whoever bears it",
    losses_of_households="share of GDP: that households lost on loans made through platforms",
    platform_losses_of_banks="share of GDP: that banks lost on loans made through platforms",
    bank_resolution="share of GDP: that the state paid for insolvent banks",
    bank_failures="banks/quarter: that were resolved",
    platform_deaths="platforms/quarter: that closed",
)
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
        "loss_given_default": ratio(tallies.bad_firm_loans, tallies.firm_loans_in_default),
        "consumer_default_rate": seen.consumers.failed / len(economy.consumers),
        "consumer_loss_rate": tallies.bad_consumer_loans / max(1.0, owed.consumers),
        "platform_loss_rate": ratio(tallies.bad_platform_loans, to_platforms + tallies.bad_platform_loans),
        "losses_of_households": ratio(tallies.losses_of_households, gdp),
        "platform_losses_of_banks": ratio(tallies.platform_losses_of_banks, gdp),
        "bank_resolution": ratio(tallies.resolution, gdp),
        "bank_failures": tallies.bank_failures,
        "platform_deaths": tallies.platform_deaths,
    }


@tells(
    QUARTERS,
    bank_margin="share of assets/year: interest that banks received less what they paid",
    bank_loss_rate="share of loans/year: that banks lost",
    losses_of_banks="share of GDP: that banks lost on loans, their own and those they bought",
    bank_return="share of capital/year: profit of banks after tax",
    bank_capital="share of loans: capital of banks",
    public_debt="share of yearly GDP: what the state and the central bank owe, less what banks owe them",
    income_tax="share of income: rate of the income tax",
    leaning="share of GDP: what the state buys beyond its norm, against the cycle",
)
def of_banks_and_state(economy: Any) -> dict[str, float]:
    """What banks earn and hold, and the state's debt and tax."""
    banks, total, state = economy.banks, economy.ledger.total, economy.state[0]
    loans, capital = float(all_loans(banks).sum()), float(total("banks", "net_worth"))
    assets = loans + total("banks", "bonds") + total("banks", "reserves")
    debt = total("state", "bonds_owed") + total("state", "reserves_owed") + total("state", "custody_owed")
    debt -= total("state", "advances")
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


@tells(
    QUARTERS,
    effective_firms="firms: equal ones in a sector that would be as concentrated, mean over sectors",
    skill_spread="log points: standard deviation of firms' skill",
    misfit="squared distance: of firms from what their market wants, mean",
    size_tail="exponent: of the distribution of the largest firms by workers; about 1 in the world",
    rationed="share of those that asked: firms that did not get all of the bank loan they wanted",
    small_rationed="share of those that asked: the same among the smaller half of firms",
    small_credit_share="share of bank credit to firms: that the smaller half of firms owes, to anybody",
    firm_margin="share of GDP: profit of all firms before tax",
    household_wealth="share of yearly GDP: deposits of consumers, their claims on platforms, and notes",
    debt_burden="share of income: interest and instalments that consumers paid",
    waste="share of sales: lost because goods are not what the market wants",
    resale="share of book value: what machines of closed firms fetch",
    auc_banks_firms="area: under the curve of banks' scores of firms; 0.5 tells nothing, 1 everything",
    auc_banks_consumers="area: under the curve of banks' scores of consumers; 0.5 tells nothing",
)
def of_firms_and_households(
    economy: Any, flows: Mapping[str, int], seen: Survey, owed: Debts
) -> dict[str, float]:
    """How unlike firms are, who is left short of credit, what households have, what banks can tell apart."""
    firms, gdp, total = seen.firms, economy.market.gdp, economy.ledger.total
    skill = ratio(firms.skill, firms.count)
    service = sum([flows.get(flow, 0) for flow in DEBT_SERVICE])
    accounts = ("deposits", "claims", "notes", "wallet_money")
    wealth = sum(total("consumers", account) for account in accounts)
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
