"""The state: government and central bank on one balance sheet; and how it leans."""

import math
from typing import NamedTuple

from sim.engine.arithmetic import exp
from sim.engine.columns import Account, Column, Row
from sim.engine.parameters import Declared, param
from sim.engine.rules import rule

LN2 = math.log(2.0)


class Government(Declared):
    """Fiscal and monetary policy."""

    # fmt: off
    purchases = param(0.2, unit="share of GDP", low=0.1, high=0.35, source="design",
        doc="public purchases at normal employment, over potential output")
    lean = param(0.25, unit="share of GDP per unemployment", low=0.0, high=0.5, source="assumed",
        doc="rise of public purchases that is aimed at, over the rise of unemployment above its norm")
    lean_half_life = param(10.0, unit="quarters", low=8.0, high=20.0, source="design",
        doc="half-life of the gap between public purchases and their aim")
    lean_limit = param(0.02, unit="share of GDP", low=0.0, high=0.02, source="design",
        doc="largest deviation of public purchases from their norm")
    leans = param(True, unit="yes/no", source="design",
        doc="whether public purchases lean against unemployment")
    benefit = param(0.4, unit="share of the wage", low=0.2, high=0.7, source="design",
        doc="unemployment benefit over the wage")
    tax_speed = param(0.1, unit="share/quarter", low=0.02, high=0.5, source="assumed", held=True,
        doc="share of the gap between the income tax and its aim that closes in a quarter")
    income_tax_least = param(0.05, unit="share", low=0.0, high=0.1, source="assumed", held=True,
        doc="lowest rate of income tax")
    income_tax_most = param(0.5, unit="share", low=0.3, high=0.8, source="assumed", held=True,
        doc="highest rate of income tax")
    profit_tax = param(0.25, unit="share", low=0.1, high=0.4, source="design",
        doc="tax rate on profits of firms and banks")
    debt_target = param(0.45, unit="share of yearly GDP", low=0.2, high=1.0, source="design",
        doc="public debt at which the income tax stays at its norm")
    debt_lean = param(0.02, unit="tax per unit of debt ratio", low=0.0, high=0.1, source="assumed",
        doc="rise of the income tax that is aimed at, over the rise of public debt above its target")
    policy_rate = param(0.003, unit="share/quarter", low=0.0, high=0.02, source="design",
        doc="policy rate when inflation is at its aim")
    policy_response = param(0.5, unit="per unit of inflation", low=0.0, high=1.5, source="assumed",
        doc="rise of the policy rate, over the rise of inflation above its aim")
    inflation_aim = param(0.005, unit="share/quarter", low=0.0, high=0.01, source="design",
        doc="inflation that the central bank aims at")
    unemployment_norm = param(0.07, unit="share", low=0.03, high=0.1, source="design",
        doc="unemployment rate at which wages grow at trend")
    wage_response = param(0.12, unit="per unit of unemployment", low=0.06, high=0.2, source="assumed",
        symbol="phi",
        doc="by how much quarterly wage growth rises, over the fall of unemployment under its norm")
    technology_growth = param(0.004, unit="log points/quarter", low=0.0, high=0.015, source="design",
        doc="growth of labour productivity common to all firms")
    friction = param(0.02, unit="share of workers", low=0.0, high=0.05, source="design",
        doc="part of the labour force that is never employed at once")
    reserve_ratio = param(0.08, unit="share of deposits", low=0.0, high=0.2, source="design",
        doc="reserves that banks hold against deposits")
    resolution_capital = param(0.5, unit="share of required capital", low=0.0, high=2.0, source="assumed",
        held=True, doc="capital with which the state restores a bank that has failed")
    # fmt: on


class State(Row):
    """Government and central bank."""

    generation = Column(0, unit="count", dtype="uint32")
    income_tax = Column(0.2, unit="share")
    leaning = Column(0.0, unit="share of GDP", doc="purchases beyond the norm")
    rate = Column(0.006, unit="share/quarter", doc="policy rate")
    advances = Account("lent to banks")
    bonds_owed = Account("held by banks")
    reserves_owed = Account("central-bank money")
    custody_owed = Account("what rests in wallets, at the central bank")
    net_worth = Account("minus the net public debt")


class Policy(NamedTuple):
    """What `sets_policy` writes."""

    rate: float
    leaning: float
    income_tax: float


@rule(writes=Policy)
def sets_policy(state, market, p, u):
    """Rate by inflation, purchases by unemployment (slowly), income tax by the debt (slowly)."""
    rate = max(0.0, p.policy_rate + p.policy_response * (market.inflation_seen - p.inflation_aim))
    aim = p.lean * (market.unemployment - p.unemployment_norm) * p.leans
    kept = exp(-LN2 / p.lean_half_life)  # of which half is left after that many quarters
    leaning = kept * state.leaning + (1.0 - kept) * aim
    debt = float(state.bonds_owed + state.reserves_owed + state.custody_owed - state.advances)
    ratio = debt / max(1.0, 4.0 * market.gdp_seen)
    aim = market.tax_norm + p.debt_lean * (ratio - p.debt_target)
    tax = state.income_tax + p.tax_speed * (aim - state.income_tax)
    tax = min(p.income_tax_most, max(p.income_tax_least, tax))
    return Policy(
        rate=rate,
        leaning=max(-p.lean_limit, min(p.lean_limit, leaning)),
        income_tax=tax,
    )
