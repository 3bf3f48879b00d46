"""The balanced growth path: what can be solved on paper of the state in which an economy starts."""

import math
from types import SimpleNamespace

import numpy as np

from sim.engine.parameters import ParameterError
from sim.markets.news import renewal, trend_growth


def balanced_growth(p) -> SimpleNamespace:
    """Ratios to quarterly GDP on the balanced growth path, solved from the parameters.

    Households hold what makes them spend what is left of output: what firms and the state owe to banks, less
    what others hold there. The income tax is the one that leaves them so much.
    """
    growth = trend_growth(p)
    machines = p.capital_output / p.utilisation
    replaced = renewal(p)
    investment = machines * replaced
    labour = 1.0 / (1.0 + p.mark_up + p.rent)
    # machines are booked at cost: inflation leaves their book value behind their price
    booked = replaced / (replaced + p.inflation_aim)
    capital = machines * booked
    # a firm that looks for a loan closes part of the way to its debt target; instalments and growth open it
    closes, opens = p.asks_often * p.leverage_speed, p.instalment + growth
    borrowed = closes / (closes + opens)
    leverage = 0.5 * (p.leverage_low + p.leverage_high) * borrowed
    inputs = p.input_share / (1.0 - p.input_share)
    stock = p.stock_buffer * (labour + inputs)
    debt = leverage * (capital + stock)
    bills = labour + inputs + investment  # what is bought on credit takes the place of what falls due
    profit = 1.0 - labour - p.depreciation * capital - debt * (p.policy_rate + p.margin)
    u = p.unemployment_norm
    dividends = profit * (1.0 - p.profit_tax) - growth * (capital + bills * p.cash_buffer - debt)
    benefits = p.benefit * labour * u / (1.0 - u)
    spending = 1.0 - investment - p.purchases
    # what is bought by instalments, what is owed for it, and the worth of it, over income
    durables = (1.0 - u) * p.durable_chance * p.durable_size
    consumer_debt = (1.0 - p.down_payment) * durables / (p.consumer_instalment + growth)
    owed = 4.0 * p.debt_target + debt * (1.0 - p.capital_target)
    households = owed - p.cash_buffer * bills - p.owners_reserve
    disposable = spending + growth * households
    households += (1.0 - p.capital_target) * consumer_debt * disposable
    interest = households * (p.policy_rate - p.deposit_spread)
    return SimpleNamespace(
        growth=growth, borrowed=borrowed, machines=machines, investment=investment, labour=labour,
        capital=capital, debt=debt, stock=stock, bills=bills, profit=profit, dividends=dividends,
        spending=spending, households=households, disposable=disposable, durables=durables,
        consumer_debt=consumer_debt,
        tax=1.0 - (disposable - benefits - interest) / (labour + dividends),
    )  # fmt: skip


# what must be so on the balanced growth path for there to be one: above, below, and what it depends on most
POSSIBLE = (
    ("spending", "what is left to households of GDP", 0.0, 1.0, "capital_output, depreciation, purchases"),
    ("households", "what households have, in quarters of GDP,", 0.0, math.inf, "debt_target, cash_buffer"),
    ("disposable", "households' income as a share of GDP", 0.0, math.inf, "capital_output, depreciation"),
    ("tax", "the income tax", 0.0, 1.0, "purchases, capital_output, depreciation, mark_up"),
)


def check_path(path: SimpleNamespace) -> None:
    """Raise ParameterError, in one line, if parameters that are each allowed make no economy together."""
    for name, what, low, high, causes in POSSIBLE:
        value = getattr(path, name)
        if not low < value < high:
            bounds = f"above {low:g}" if high == math.inf else f"between {low:g} and {high:g}"
            raise ParameterError(
                f"with these parameters {what} would be {value:.3g}, not {bounds}: see {causes}"
            )


def demand_by_sector(p, final: np.ndarray) -> np.ndarray:
    """What sectors sell when they sell `final` to others than firms: each buys inputs in two sectors."""
    n = len(final)
    ring = np.eye(n) + np.roll(np.eye(n), 1, axis=0)
    return np.linalg.solve(np.eye(n) - 0.5 * p.input_share * ring, final)
