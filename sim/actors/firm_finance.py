"""How a firm finances itself: it asks for credit, cuts to its cash, settles by rank, keeps accounts."""

import math
from typing import NamedTuple

from sim.engine.compiling import compiled
from sim.engine.parameters import Declared, param
from sim.engine.rules import rule

ALMOST_ALL = 0.95  # of the loan that was wanted: who got less counts as rationed, for the record


class FirmFinance(Declared):
    """What firms set aside, whom they pay first, and which of them close for losses."""

    # fmt: off
    patience_size = param(5.0, unit="ratio", low=1.0, high=10_000.0, source="assumed",
        scale="log", held=True,
        doc="size over its sector's mean from which losses close no firm; at the highest none is so large")
    dues_set_aside = param(1.0, unit="share of dues", low=0.0, high=1.0, source="assumed", held=True,
        doc="share of what falls due to suppliers that a firm keeps cash or asks a loan for")
    suppliers_first = param(True, unit="yes/no", source="design",
        doc="whether firms pay suppliers before they settle with banks")
    first_doubt = param(0.2, unit="share/quarter", low=0.0, high=0.4, source="assumed",
        doc="chance that the owner of a new firm gives up in a quarter in which it makes a loss")
    doubt_half = param(2.0, unit="quarters", low=1.0, high=8.0, source="assumed", held=True,
        doc="age of a firm at which a loss makes its owner give up half as often as in the first quarter")
    debt_free = param(0.7, unit="share of assets", low=0.0, high=1.0, source="assumed",
        doc="debt target below which the owner of the smallest firm aims at no debt at all")
    debt_free_half = param(240.0, unit="workers", low=20.0, high=1000.0, source="assumed", held=True,
        doc="machines and stock, over a quarter's wage, at which half as many owners aim at no debt")
    # fmt: on


@compiled
def to_pledge(assets, market, p):
    """What of these machines and stock banks take as security: land and premises first, and the larger a firm
    the more of what it has is its own, and worth going after.   [fen]

    assets (least + (1 - least) assets / (assets + half w))
    """
    own = assets / (assets + p.pledged_half * market.wage)
    return assets * (p.pledged_least + (1.0 - p.pledged_least) * own)


@rule(writes="loan_wanted", draws="firm looks for a loan")
def asks_for_credit(firm, market, p, u):
    """Borrow what the bills exceed cash by, or part of the way to the own debt target, if worth a file.

    L = max(W + X + Z + I - D, leverage_speed (target B - debt)), at least asks_from (K + S)  [fen]
    where X are the inputs that must be paid at once, Z what is set aside for suppliers and B what of its
    machines K and stock S banks take as security: nobody aims at a debt that he has nothing to pledge for,
    and an owner who wants little debt aims at none while his firm is small,
    target < debt_free half / (K + S + half).
    """
    assets = float(firm.capital + firm.stock)
    debt = float(firm.bank_debt + firm.syndicated_debt + firm.platform_debt)
    now = firm.wage_bill + (1.0 - firm.on_credit) * firm.input_bill
    aside = p.dues_set_aside * float(firm.owed_1 + firm.owed_2 + firm.invoices_owed)
    gap = now + aside + firm.investment_bill - float(firm.deposits)
    half = p.debt_free_half * market.wage
    alone = p.debt_free * half / (assets + half)  # who wants less debt than this wants none
    looks = u < p.asks_often and firm.leverage_target > alone
    slack = firm.leverage_target * to_pledge(assets, market, p) - debt
    slack = p.leverage_speed * slack if looks else 0.0
    wanted = max(gap, slack)
    asks = firm.alive and not firm.closing and wanted > p.asks_from * assets
    return float(math.floor(wanted)) if asks else 0.0


class CutToCash(NamedTuple):
    """What `cuts_to_cash` writes."""

    output: float
    workers: float
    wage_bill: float
    input_bill: float
    investment_bill: float
    rationed: float


@rule(writes=CutToCash)
def cuts_to_cash(firm, market, p, u):
    """What cannot be paid is not ordered: machines first, then work.

    What is due to suppliers at the quarter's end is set aside before machines, not before work: what work
    makes is sold by then.
    """
    cash = float(firm.deposits)
    now = firm.wage_bill + (1.0 - firm.on_credit) * firm.input_bill
    kept = min(1.0, cash / now) if now > 0.0 else 1.0
    wage_bill = firm.wage_bill * kept
    left = max(
        0.0, cash - now * kept - p.dues_set_aside * float(firm.owed_1 + firm.owed_2 + firm.invoices_owed)
    )
    bought = min(1.0, left / firm.investment_bill) if firm.investment_bill > 0.0 else 1.0
    got = firm.loan_granted + firm.platform_granted
    short = firm.loan_wanted > 0.0 and got < ALMOST_ALL * firm.loan_wanted
    return CutToCash(
        output=firm.output * kept,
        workers=firm.workers * kept,
        wage_bill=wage_bill,
        input_bill=firm.input_bill * kept,
        investment_bill=firm.investment_bill * bought,
        rationed=short,
    )


@compiled
def taken_of_sales(firm, p):
    """What a platform takes out of this quarter's sales, before anybody else asks.   [fen]"""
    owed = float(firm.platform_debt) + math.floor(float(firm.platform_debt) * firm.platform_rate)
    out_of_sales = min(float(firm.deposits), math.floor(p.deduction * (1.0 - firm.hidden) * firm.sales), owed)
    return out_of_sales if firm.deducted else 0.0


@rule(writes="trade_paid")
def pays_suppliers(firm, market, p, u):
    """What is due to suppliers is paid before banks are; who cannot pay all of it pays nobody, and fails."""
    trade = float(firm.owed_1 + firm.owed_2 + firm.invoices_owed)
    able = p.suppliers_first and trade <= float(firm.deposits) - taken_of_sales(firm, p)
    return trade if able else 0.0


class Settled(NamedTuple):
    """What `settles` writes."""

    tax_paid: float
    interest_paid: float
    instalment_paid: float
    syndicated_interest_paid: float
    syndicated_instalment_paid: float
    platform_interest_paid: float
    platform_instalment_paid: float
    trade_paid: float
    dividend: float
    profit: float
    losses: float
    failed: float
    closing: float


@rule(writes=Settled, draws="owner of a young firm gives up")
def settles(firm, market, p, u):
    """Pay in the order of rank: taxes, interest and instalments, platforms, suppliers, then owners; or fail.

    Suppliers have been paid already by those who can, see `pays_suppliers`. What is left above the buffer of
    one's bills is paid out at the speed `payout`. A firm that expects losses for `loss_patience` quarters, or
    has become too small, announces that it will close; a large one (`patience_size`) not for small losses.
    What owners know of their gift they learn by selling (Jovanovic 1982): a loss says the more the younger
    the firm, and some give up at the second in a row, with the chance `first_doubt` half / (half + age).
    """
    home, shared = float(firm.bank_debt), float(firm.syndicated_debt)
    interest, shared_interest = math.floor(home * firm.rate), math.floor(shared * firm.rate)
    instalment, shared_instalment = math.ceil(home * p.instalment), math.ceil(shared * p.instalment)
    other = float(firm.platform_debt)
    other_interest = math.floor(other * firm.platform_rate)
    worn = p.depreciation * float(firm.capital)
    profit = firm.sales - firm.cost_of_sales - worn - interest - shared_interest - other_interest
    profit -= firm.integration_fee + firm.payment_fee + firm.invoice_cost
    cash = float(firm.deposits)
    # what is deducted from sales is gone before anybody else asks
    flow = taken_of_sales(firm, p)
    cash -= flow
    tax = min(cash, math.floor(p.profit_tax * max(0.0, profit)))
    cash -= tax
    other_instalment = 0.0 if firm.deducted else math.ceil(other * firm.platform_pace)
    asked = 0.0 if firm.deducted else other_interest + other_instalment
    trade = float(firm.owed_1 + firm.owed_2 + firm.invoices_owed)
    due = interest + shared_interest + instalment + shared_instalment + asked + trade
    assets = float(firm.capital + firm.stock + firm.receivables)
    worth = cash + assets - home - shared - other - float(firm.payables + firm.invoices_owed)
    failed = due > cash or (worth < 0.0 and due > 0.0) or (p.suppliers_first and trade > 0.0)
    # what cannot be paid in full is shared out when the estate is settled
    paid = 0.0 if failed else 1.0
    cash -= paid * due
    keep = firm.buffer * firm.planned_bills
    dividend = 0.0 if failed or firm.leaving else math.floor(p.payout * max(0.0, cash - keep))
    losses = firm.losses + 1.0 if profit < 0.0 else 0.0
    small = (1.0 - p.input_share) * firm.expected_demand < p.smallest * firm.productivity
    doubt = p.first_doubt * p.doubt_half / (p.doubt_half + firm.age)
    tired = losses >= p.loss_patience or (losses > 1.0 and u < doubt)
    tired = tired and firm.share * market.members[firm.sector] < p.patience_size
    closing = firm.alive and (firm.closing or tired or small)
    return Settled(
        tax_paid=float(tax),
        interest_paid=paid * interest,
        instalment_paid=paid * instalment,
        syndicated_interest_paid=paid * shared_interest,
        syndicated_instalment_paid=paid * shared_instalment,
        platform_interest_paid=min(flow, other_interest) if firm.deducted else paid * other_interest,
        platform_instalment_paid=max(0.0, flow - other_interest)
        if firm.deducted
        else paid * other_instalment,
        trade_paid=firm.trade_paid + paid * trade,
        dividend=float(dividend),
        profit=profit,
        losses=losses,
        failed=failed and firm.alive,
        closing=closing,
    )


class AccountsKept(NamedTuple):
    """What `keeps_accounts` writes."""

    age: float
    margin_now: float
    leverage_now: float
    draft_margin: float
    draft_leverage: float
    reported_margin: float
    reported_leverage: float


@rule(writes=AccountsKept)
def keeps_accounts(firm, market, p, u):
    """Insiders see this quarter; outsiders see yearly accounts that come out a year after they close."""
    assets = float(firm.deposits + firm.capital + firm.stock + firm.receivables)
    dues = firm.payables + firm.invoices_owed
    debt = float(firm.bank_debt + firm.syndicated_debt + firm.platform_debt + dues)
    leverage = min(2.0, debt / max(1.0, assets))
    margin = max(-1.0, min(1.0, firm.profit / max(1.0, firm.sales)))
    margin = firm.margin_now + p.margin_memory * (margin - firm.margin_now)
    year_end = firm.age % 4.0 == 0.0
    return AccountsKept(
        age=firm.age + 1.0,
        margin_now=margin,
        leverage_now=leverage,
        draft_margin=margin if year_end else firm.draft_margin,
        draft_leverage=leverage if year_end else firm.draft_leverage,
        reported_margin=firm.draft_margin if year_end else firm.reported_margin,
        reported_leverage=firm.draft_leverage if year_end else firm.reported_leverage,
    )
