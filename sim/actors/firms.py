"""The real economy: firms that make, price, invest, borrow and close.

What one firm knows and does is here; how it meets customers, workers and lenders is in `sim.markets`.
"""

import math
from typing import NamedTuple

from sim.engine.arithmetic import bell, exp
from sim.engine.columns import Account, Column, Row
from sim.engine.parameters import Declared, param
from sim.engine.rules import rule


class Firms(Declared):
    """How firms produce, price, invest and finance themselves."""

    # fmt: off
    capital_output = param(3.5, unit="quarters", low=2.0, high=8.0, source="design", symbol="nu",
        doc="machines that a unit of quarterly value added needs, in its own worth")
    depreciation = param(0.02, unit="share/quarter", low=0.005, high=0.06, source="design", symbol="delta",
        doc="share of machines that wears out in a quarter")
    utilisation = param(0.78, unit="share", low=0.6, high=1.0, source="design",
        doc="use of their machines that firms aim at")
    overhead = param(0.25, unit="share of work", low=0.15, high=0.35, source="assumed",
        doc="part of the work, at normal use, that is needed whatever is made")
    investment_speed = param(0.09, unit="share/quarter", low=0.07, high=0.14, source="assumed",
        doc="share of the gap to the wanted stock of machines that a firm closes in a quarter")
    demand_memory = param(0.3, unit="share/quarter", low=0.2, high=0.5, source="assumed",
        doc="weight of a quarter's demand in the demand that a firm expects")
    stock_buffer = param(0.2, unit="quarters of sales", low=0.1, high=0.4, source="assumed",
        doc="stock of finished goods that firms aim at")
    stock_speed = param(0.25, unit="share/quarter", low=0.2, high=0.6, source="assumed",
        doc="share of the gap to the wanted stock of goods that a firm makes up in a quarter")
    spoilage = param(0.02, unit="share/quarter", low=0.0, high=0.04, source="assumed",
        doc="share of unsold stock that spoils in a quarter")
    mark_up = param(0.18, unit="share of labour cost", low=0.05, high=0.6, source="design", symbol="mu",
        doc="mark-up on labour cost to which firms return; inputs are passed on at cost")
    rent = param(0.12, unit="share of labour cost", low=0.0, high=0.3, source="design",
        doc="what selection and scarcity add to the mean mark-up: for the start and for potential output")
    mark_up_step = param(0.1, unit="per unit of share growth", low=0.0, high=0.3, source="assumed",
        doc="rise of a firm's mark-up over the growth of its market share")
    mark_up_scarcity = param(0.05, unit="per unfilled share", low=0.0, high=0.1, source="assumed",
        doc="rise of a firm's mark-up over the share of its demand that went unfilled")
    mark_up_return = param(0.05, unit="share/quarter", low=0.03, high=0.1, source="assumed",
        doc="share of its deviation from the usual mark-up that a firm closes in a quarter")
    pass_through = param(0.3, unit="share", low=0.2, high=0.5, source="assumed",
        doc="weight of own cost in the price, beside rivals' prices")
    skill_half_life = param(14.0, unit="quarters", low=10.0, high=20.0, source="assumed",
        doc="half-life of a firm's deviation from the skill that its quality warrants")
    skill_spread = param(0.2, unit="log points", low=0.1, high=0.25, source="assumed",
        doc="stationary standard deviation of skill around what quality warrants")
    quality_half_life = param(60.0, unit="quarters", low=30.0, high=100.0, source="assumed",
        doc="half-life of a firm's hidden quality, an AR(1) process")
    quality_weight = param(0.06, unit="log points", low=0.0, high=0.12, source="assumed",
        doc="skill that one standard deviation of quality warrants in the long run")
    agility = param(0.12, unit="share/quarter", low=0.05, high=0.25, source="assumed", when="entry",
        doc="share of its distance from what the market wants that a mean firm closes by itself in a quarter")
    agility_least = param(0.5, unit="ratio", low=0.0, high=1.0, source="assumed", held=True, when="entry",
        doc="agility of the slowest firm, over the mean one")
    agility_span = param(1.0, unit="ratio", low=0.0, high=1.0, source="assumed", held=True, when="entry",
        doc="range of agility between firms, over its mean")
    misfit_waste = param(0.15, unit="per squared distance", low=0.0, high=0.3, source="assumed",
        doc="fall of the log of output per worker over the misfit with what the market wants")
    mishap = param(0.009, unit="share/quarter", low=0.005, high=0.018, source="assumed",
        doc="chance of a fire, fraud or lost suit in a quarter, mean over firms")
    mishap_size = param(1.0, unit="share of assets", low=0.5, high=1.0, source="design",
        doc="highest share of machines and stock that a mishap destroys")
    mishap_quality = param(0.9, unit="log points", low=0.3, high=1.5, source="assumed",
        doc="by how much one standard deviation of quality lowers the log chance of a mishap")
    leverage_low = param(0.5, unit="share of assets", low=0.0, high=0.5, source="design", when="entry",
        doc="lowest debt target among firms")
    leverage_high = param(0.9, unit="share of assets", low=0.5, high=1.0, source="design", when="entry",
        doc="highest debt target among firms")
    leverage_speed = param(0.6, unit="share of the gap", low=0.3, high=1.0, source="assumed",
        doc="share of the gap to its debt target that a firm asks to borrow at once")
    asks_often = param(0.6, unit="share/quarter", low=0.15, high=1.0, source="assumed",
        doc="chance that a firm looks for a loan towards its debt target in a quarter")
    asks_from = param(0.03, unit="share of assets", low=0.01, high=0.06, source="assumed",
        doc="least loan that a firm holds worth asking for, over its machines and stock")
    cash_buffer = param(1.28, unit="quarters of bills", low=1.0, high=1.5, source="assumed", when="entry",
        doc="cash that a firm of mean caution keeps before it pays dividends")
    cash_buffer_least = param(0.9, unit="ratio", low=0.5, high=1.0, source="assumed", held=True, when="entry",
        doc="cash buffer of the least cautious firm, over the mean one")
    cash_buffer_span = param(0.2, unit="ratio", low=0.0, high=1.0, source="assumed", held=True, when="entry",
        doc="range of cash buffers between firms, over their mean")
    payout = param(0.5, unit="share of excess cash", low=0.25, high=1.0, source="assumed",
        doc="share of its cash above the buffer that a firm pays out in a quarter")
    instalment = param(0.06, unit="share of debt/quarter", low=0.04, high=0.15, source="design",
        doc="share of a firm's bank debt that falls due in a quarter")
    deduction = param(0.1, unit="share of sales", low=0.02, high=0.2, source="DEDUCTION_CONTRACT",
        doc="highest share of sales that is deducted for a platform's loan")
    platform_instalment = param(0.2, unit="share of debt/quarter", low=0.1, high=0.5, source="design",
        doc="share of a firm's platform debt that falls due in a quarter")
    loss_patience = param(6.0, unit="quarters", low=3.0, high=10.0, source="assumed",
        doc="quarters of losses in a row after which a firm closes")
    margin_memory = param(0.5, unit="share/quarter", low=0.1, high=1.0, source="assumed", held=True,
        doc="weight of a quarter's profit margin in the margin that insiders see")
    smallest = param(0.5, unit="workers", low=0.2, high=3.0, source="design",
        doc="work for its expected demand below which a firm closes")
    # fmt: on


class Firm(Row):
    """A firm of the real economy."""

    generation = Column(0, unit="count", doc="how many firms stood in this row before", dtype="uint32")
    bank = Column(0, unit="row of banks", dtype="int32")
    sector = Column(0, unit="sector", dtype="int32")
    alive = Column(True, unit="yes/no")
    closing = Column(False, unit="yes/no", doc="sells its stock, then closes")
    leaving = Column(False, unit="yes/no", doc="closes at the end of this quarter")
    failed = Column(False, unit="yes/no", doc="could not pay this quarter")
    age = Column(0.0, unit="quarters")
    style_x = Column(0.0, unit="taste space", doc="where the firm stands in what the market wants")
    style_y = Column(0.0, unit="taste space")
    agility = Column(0.1, unit="share/quarter", doc="how fast it follows by itself")
    misfit = Column(0.0, unit="squared distance", doc="from what its market wants")
    skill = Column(0.0, unit="log points", doc="productivity relative to the economy's")
    quality = Column(0.0, unit="standard deviations", doc="slow and hidden; draws skill along")
    productivity = Column(1.0, unit="goods/worker/quarter")
    machines = Column(0.0, unit="goods", doc="real capital")
    units = Column(0.0, unit="goods", doc="stock of finished goods")
    damage = Column(0.0, unit="share", doc="of machines and stock lost to a mishap")
    share = Column(0.0, unit="share of sector demand")
    appeal = Column(1.0, unit="ratio", doc="to customers, beside rivals")
    custom_luck = Column(1.0, unit="ratio", doc="what luck with customers makes of the share this quarter")
    growth = Column(0.0, unit="log points/quarter", doc="of the share")
    price = Column(1.0, unit="fen/good")
    mark_up = Column(0.3, unit="share of labour cost")
    supplier_1 = Column(-1, unit="row of firms", doc="in its own sector, or -1", dtype="int32")
    supplier_2 = Column(-1, unit="row of firms", doc="in the next sector, or -1", dtype="int32")
    contract_ends = Column(0, unit="supplier", doc="lost this quarter, or 0", dtype="int8")
    input_bill = Column(0.0, unit="fen/quarter", doc="for inputs: planned, cut to cash, to workers found")
    inputs_short = Column(0.0, unit="share of inputs", doc="not to be had last quarter")
    on_credit = Column(0.4, unit="share of inputs", doc="usually paid a quarter later")
    owed_1 = Column(0, unit="fen", doc="due to the first supplier of last quarter", dtype="int64")
    owed_2 = Column(0, unit="fen", doc="due to the second supplier of last quarter", dtype="int64")
    creditor_1 = Column(-1, unit="row of firms", doc="whom it is due to; -1 the owners", dtype="int32")
    creditor_2 = Column(-1, unit="row of firms", doc="whom it is due to; -1 the owners", dtype="int32")
    owed_new_1 = Column(0, unit="fen", doc="bought on credit of the first supplier now", dtype="int64")
    owed_new_2 = Column(0, unit="fen", doc="bought on credit of the second supplier now", dtype="int64")
    trade_paid = Column(0.0, unit="fen/quarter", doc="to the suppliers of last quarter")
    bad_trade = Column(0.0, unit="fen/quarter", doc="lost on customers that failed")
    paid_early = Column(0.0, unit="fen/quarter", doc="of sales paid at once thanks to integration")
    demand = Column(0.0, unit="goods/quarter", doc="wanted from it last quarter")
    expected_demand = Column(0.0, unit="goods/quarter")
    unfilled = Column(0.0, unit="share of demand")
    output = Column(0.0, unit="goods/quarter", doc="fit for sale: planned, cut to cash, to workers found")
    workers = Column(0.0, unit="workers", doc="planned, cut to cash, to those found")
    wage_bill = Column(0.0, unit="fen/quarter", doc="for work planned, cut to cash, to workers found")
    investment_bill = Column(0.0, unit="fen/quarter", doc="for machines: planned, cut to cash")
    planned_bills = Column(0.0, unit="fen/quarter", doc="for work, inputs, machines and dues, before any cut")
    sales = Column(0.0, unit="fen/quarter")
    cost_of_sales = Column(0.0, unit="fen/quarter")
    profit = Column(0.0, unit="fen/quarter", doc="before tax")
    losses = Column(0.0, unit="quarters", doc="expected loss, in a row")
    leverage_target = Column(0.4, unit="share of assets")
    buffer = Column(1.0, unit="quarters of bills")
    rate = Column(0.015, unit="share/quarter", doc="on its bank debt")
    loan_wanted = Column(0.0, unit="fen")
    loan_granted = Column(0.0, unit="fen", of_the_quarter=True)
    rationed = Column(False, unit="yes/no", doc="wanted a loan and did not get all of it")
    ecosystem = Column(-1, unit="row of platforms", doc="of the giant it trades in, or -1", dtype="int32")
    openness = Column(1.0, unit="ratio", doc="to platforms that would be its portal; hidden")
    online_rank = Column(0.5, unit="share", doc="of firms that are online before it can be had there")
    portal = Column(-1, unit="row of platforms", doc="that has its attention, or -1", dtype="int32")
    link = Column(-1, unit="row of platforms", doc="that is part of its operations, or -1", dtype="int32")
    lines_begun = Column(0, unit="bits", doc="service lines it has: a bit for each of LINES", dtype="int32")
    agreed_share = Column(0.0, unit="share", doc="of what it can show to gain, owed to its platform")
    project_line = Column(-1, unit="place in LINES", doc="of the line being built, or -1", dtype="int32")
    project_cost = Column(0.0, unit="fen", doc="of the line being built")
    project_due = Column(0.0, unit="fen", doc="of that, what its platform has not paid and built yet")
    depth = Column(0.0, unit="share", doc="of the deepest line of its platform in its operations")
    deepest = Column(1.0, unit="share", doc="depth that the lines of its link get at most, see `by_lot`")
    linked_productivity = Column(0.0, unit="share of productivity", doc="added by its link")
    linked_sparing = Column(0.0, unit="share of inputs", doc="that it does without thanks to its link")
    linked_agility = Column(0.0, unit="share/quarter", doc="added to its agility by its link")
    linked_stock = Column(0.0, unit="share of stock", doc="that it does without thanks to its link")
    linked_early = Column(0.0, unit="share of trade credit", doc="paid to it at once thanks to its link")
    linked_cover = Column(0.0, unit="share of the loss", doc="by a mishap, insured thanks to its link")
    linked_advances = Column(0.0, unit="share", doc="depth at which it is lent to out of sales")
    linked_invoices = Column(0.0, unit="share of an invoice", doc="on an anchor, that it may be advanced")
    offer_luck = Column(-1.0, unit="share of budgets", doc="whose integration it is offered, or -1")
    disruption = Column(0.0, unit="share of output", doc="after a link was cut")
    gain = Column(0.0, unit="fen/quarter", doc="that its link can show")
    integration_fee = Column(0.0, unit="fen/quarter")
    hidden = Column(0.0, unit="share of sales", doc="that it keeps from its platform")
    debt_to = Column(-1, unit="row of platforms", doc="to whose pool it owes, or -1", dtype="int32")
    platform_rate = Column(0.02, unit="share/quarter", doc="on its platform debt")
    platform_pace = Column(0.2, unit="share/quarter", doc="of its platform debt repaid")
    deducted = Column(False, unit="yes/no", doc="platform debt is repaid out of the flow of sales")
    platform_granted = Column(0.0, unit="fen", doc="lent through a platform now", of_the_quarter=True)
    platform_interest_paid = Column(0.0, unit="fen/quarter")
    platform_instalment_paid = Column(0.0, unit="fen/quarter")
    last_lender = Column(-1, unit="row of platforms", doc="at which it borrowed last, or -1", dtype="int32")
    lender_habit = Column(0.0, unit="fen", doc="worth to it of asking there again")
    wallet = Column(-1, unit="row of platforms", doc="whose wallet it takes first, or -1", dtype="int32")
    payment_fee = Column(0.0, unit="fen/quarter", doc="for what is paid at its till by wallet")
    invoice_cost = Column(0.0, unit="fen/quarter", doc="price of advances on invoices", of_the_quarter=True)
    usual_sales = Column(0.0, unit="fen/quarter", doc="smoothed; 0 before it has sold")
    unsteady = Column(0.1, unit="share of sales", doc="by which sales differ from the usual, smoothed")
    margin_now = Column(0.0, unit="share of sales", doc="what an insider sees")
    leverage_now = Column(0.4, unit="share of assets", doc="what an insider sees")
    draft_margin = Column(0.0, unit="share of sales", doc="accounts closed, not yet out")
    draft_leverage = Column(0.4, unit="share of assets")
    reported_margin = Column(0.0, unit="share of sales", doc="accounts that outsiders see")
    reported_leverage = Column(0.4, unit="share of assets")
    tax_paid = Column(0.0, unit="fen/quarter")
    interest_paid = Column(0.0, unit="fen/quarter")
    instalment_paid = Column(0.0, unit="fen/quarter")
    syndicated_interest_paid = Column(0.0, unit="fen/quarter")
    syndicated_instalment_paid = Column(0.0, unit="fen/quarter")
    dividend = Column(0.0, unit="fen/quarter")
    deposits = Account("money at its bank")
    capital = Account("machines at cost less depreciation")
    stock = Account("finished goods at cost")
    receivables = Account("owed by customers")
    payables = Account("owed to suppliers")
    bank_debt = Account("owed to its bank")
    syndicated_debt = Account("owed to all banks together")
    platform_debt = Account("owed through a platform")
    invoices_owed = Account("to platforms, for invoices of its suppliers")
    net_worth = Account("what belongs to the owners")


class Adapted(NamedTuple):
    """What `adapts` writes."""

    quality: float
    skill: float
    productivity: float
    style_x: float
    style_y: float
    misfit: float


@rule(writes=Adapted, draws=("quality of a firm", "skill of a firm"))
def adapts(firm, market, p, u):
    """Skill returns to what quality warrants; style follows the market; both decide output per worker.

    q' = r q + sqrt(1 - r^2) e1,  s' = w q' + c (s - w q') + noise e2            [log points]
    x' = x + min(1, agility + what its link adds) (z - x)
    productivity = A exp(s') (1 + what its link adds) exp(-misfit_waste |z - x'|^2) (1 - disruption)
    """
    quality = market.quality_kept * firm.quality + market.quality_news * bell(u[0])
    aim = p.quality_weight * quality
    skill = aim + market.skill_kept * (firm.skill - aim) + market.skill_news * bell(u[1])
    follow = min(1.0, firm.agility + firm.linked_agility)
    x = firm.style_x + follow * (market.style_x[firm.sector] - firm.style_x)
    y = firm.style_y + follow * (market.style_y[firm.sector] - firm.style_y)
    off_x, off_y = market.style_x[firm.sector] - x, market.style_y[firm.sector] - y
    misfit = off_x * off_x + off_y * off_y
    made = market.technology * exp(skill - p.misfit_waste * misfit)
    made *= (1.0 + firm.linked_productivity) * (1.0 - min(p.disruption_most, firm.disruption))
    return Adapted(
        quality=quality,
        skill=skill,
        productivity=made,
        style_x=x,
        style_y=y,
        misfit=misfit,
    )


class Plan(NamedTuple):
    """What `plans` writes."""

    expected_demand: float
    output: float
    workers: float
    wage_bill: float
    input_bill: float
    investment_bill: float
    planned_bills: float
    leaving: float


@rule(writes=Plan)
def plans(firm, market, p, u):
    """Expect adaptively, make what is expected plus a buffer, invest towards desired utilisation.

    e' = e + demand_memory (d - e)                                                         [goods]
    y = min(e' + stock_speed (stock_buffer e' - units), K / (nu (1 - beta)))               [goods]
    I = renewal K + investment_speed (outlook nu (1 - beta) e' / utilisation - K), at least 0   [goods]
    n = ((1 - overhead) (1 - beta) y + overhead utilisation K / nu) / productivity         [workers]

    The part beta of what it makes is made by others: inputs, bought at going prices. Renewal makes up for
    wear, mishaps and trend growth. A newcomer orders all its machines at once; a firm that closes only sells
    what it has.
    """
    expected = firm.expected_demand + p.demand_memory * (firm.demand - firm.expected_demand)
    going = 0.0 if firm.closing else 1.0
    own = 1.0 - p.input_share
    buffer = p.stock_buffer * (1.0 - firm.linked_stock)
    output = going * min(
        max(0.0, expected + p.stock_speed * (buffer * expected - firm.units)),
        firm.machines / (own * p.capital_output),
    )
    output *= 1.0 - p.inputs_bind * firm.inputs_short
    wanted = own * p.capital_output * expected * market.outlook / p.utilisation
    speed = p.investment_speed if firm.age > 0.0 else 1.0
    order = market.renewal * firm.machines + speed * (wanted - firm.machines)
    order = going * max(0.0, order)
    fixed = going * p.overhead * p.utilisation * firm.machines / p.capital_output
    workers = ((1.0 - p.overhead) * own * output + fixed) / firm.productivity
    wages, orders = workers * market.wage, order * market.machine_price
    needed = p.input_share * (1.0 - firm.linked_sparing)
    inputs = float(math.floor(needed * output * market.input_price[firm.sector]))
    bills = wages + (1.0 - firm.on_credit) * inputs + orders
    bills += float(firm.owed_1 + firm.owed_2 + firm.invoices_owed)
    return Plan(
        expected_demand=expected,
        output=output,
        workers=workers,
        wage_bill=wages,
        input_bill=inputs,
        investment_bill=orders,
        planned_bills=bills,
        leaving=firm.closing,
    )


class Produced(NamedTuple):
    """What `produces` writes."""

    output: float
    workers: float
    wage_bill: float
    input_bill: float
    units: float
    price: float
    mark_up: float


@rule(writes=Produced)
def produces(firm, market, p, u):
    """Work with those found, stock the result, set the price by own cost and by rivals' prices.

    m' = m + mark_up_step growth + mark_up_scarcity unfilled + mark_up_return (mark_up - m)
    cost = (1 - beta) (1 + m') w / a + beta P_inputs                           [fen/good]
    price = pass_through cost + (1 - pass_through) P_sector                    [fen/good]
    """
    output = firm.output * market.hired
    mark_up = firm.mark_up + p.mark_up_step * firm.growth + p.mark_up_scarcity * firm.unfilled
    mark_up += p.mark_up_return * (p.mark_up - firm.mark_up)
    mark_up = min(1.0, max(0.0, mark_up))
    own = (1.0 - p.input_share) * (1.0 + mark_up) * market.wage / firm.productivity
    own += p.input_share * (1.0 - firm.linked_sparing) * market.input_price[firm.sector]
    price = p.pass_through * own + (1.0 - p.pass_through) * market.going_price[firm.sector]
    return Produced(
        output=output,
        workers=firm.workers * market.hired,
        wage_bill=float(math.floor(firm.wage_bill * market.hired)),
        input_bill=float(math.floor(firm.input_bill * market.hired)),
        units=firm.units * (1.0 - p.spoilage) + output,
        price=price,
        mark_up=mark_up,
    )


class CustomersMet(NamedTuple):
    """What `meets_customers` writes."""

    appeal: float
    custom_luck: float


@rule(writes=CustomersMet, draws=("luck with customers", "loss of a main customer"))
def meets_customers(firm, market, p, u):
    """Price, fit and service make the appeal; luck does the rest, milder for the large (Stanley et al. 1996).

    appeal = exp(-price_response (price / P - 1) - fit_response misfit - service_response unfilled)
    custom_luck = exp(fashion e - fashion^2 / 2), less a share of custom when a main customer is lost
    """
    appeal = exp(
        -p.price_response * (firm.price / market.price_index[firm.sector] - 1.0)
        - p.fit_response * firm.misfit
        - p.service_response * firm.unfilled
    )
    luck = exp(p.fashion * bell(u[0]) - 0.5 * p.fashion * p.fashion)
    mild = 1.0 / math.sqrt(math.sqrt(1.0 + firm.share * market.members[firm.sector]))
    loss = p.rupture_size * mild * (u[1] / p.rupture) if u[1] < p.rupture else 0.0
    return CustomersMet(
        appeal=appeal,
        custom_luck=luck * (1.0 - loss),
    )
