"""Consumers: rows of like persons who work, spend, save, borrow and sometimes cannot pay."""

import math
from typing import NamedTuple

from sim.engine.arithmetic import bell
from sim.engine.columns import Account, Column, Row
from sim.engine.compiling import compiled
from sim.engine.parameters import Declared, param
from sim.engine.rules import rule


class Consumers(Declared):
    """How consumers work, spend and borrow."""

    # fmt: off
    persons_per_row = param(5.0, unit="persons", low=1.0, high=50.0, source="design", when="start",
        doc="persons for whom one row of consumers stands")
    earning_spread = param(0.5, unit="log points", low=0.0, high=1.0, source="design", when="start",
        doc="standard deviation of log earning power between consumer rows")
    ownership_spread = param(1.2, unit="log points", low=0.0, high=2.5, source="design", when="start",
        doc="standard deviation of log shares in the owners' pool between consumer rows")
    separation = param(0.03, unit="share/quarter", low=0.01, high=0.08, source="assumed",
        doc="chance that a consumer row of mean steadiness loses its job in a quarter")
    separation_least = param(0.1, unit="ratio", low=0.0, high=0.5, source="assumed", held=True,
        doc="chance that the steadiest lose their job, over the mean one")
    separation_most = param(1.9, unit="ratio", low=1.0, high=4.0, source="assumed", held=True,
        doc="chance that the least steady lose their job, over the mean one")
    spend_income = param(0.77, unit="share of usual income", low=0.7, high=0.9, source="design",
        doc="propensity to consume out of usual income")
    spend_wealth = param(0.05, unit="share/quarter", low=0.02, high=0.12, source="design",
        doc="propensity to consume out of wealth above the buffer")
    saving_buffer = param(0.3, unit="quarters of income", low=0.1, high=0.6, source="assumed",
        doc="deposits that consumers keep for a rainy day")
    habit = param(0.8, unit="share of last spending", low=0.7, high=0.9, source="assumed",
        doc="share of last quarter's spending that consumers hold necessary")
    subsistence = param(0.45, unit="share of usual income", low=0.3, high=0.6, source="assumed",
        doc="spending that comes before debt service")
    income_memory = param(0.2, unit="share/quarter", low=0.1, high=0.5, source="assumed",
        doc="weight of a quarter's income in what a consumer holds usual")
    expense_shock = param(0.075, unit="share/quarter", low=0.05, high=0.1, source="assumed",
        doc="chance that an unforeseen expense hits a consumer row in a quarter")
    shock_low = param(0.5, unit="quarters of income", low=0.25, high=1.0, source="design",
        doc="size of the smallest unforeseen expense")
    shock_high = param(1.5, unit="quarters of income", low=1.0, high=2.5, source="design",
        doc="size of the largest unforeseen expense")
    unavoidable = param(0.5, unit="share of the shock", low=0.2, high=0.9, source="assumed",
        doc="share of an unforeseen expense that cannot be put off")
    trait_half_life = param(60.0, unit="quarters", low=30.0, high=120.0, source="assumed",
        doc="half-life of a consumer's steadiness, an AR(1) process")
    trait_weight = param(0.6, unit="share of separation", low=0.0, high=0.8, source="assumed",
        doc="by how much one standard deviation of steadiness lowers the chance to lose the job")
    durable_chance = param(0.115, unit="share/quarter", low=0.0, high=0.15, source="CONSUMER_CREDIT",
        doc="chance that a consumer of mean need would buy a durable in a quarter, by instalments"
        "; at 0 nobody does")
    durable_size = param(1.25, unit="quarters of income", low=0.6, high=1.9, source="assumed",
        doc="worth of a durable that is bought by instalments")
    down_payment = param(0.2, unit="share of its worth", low=0.0, high=0.5, source="assumed", held=True,
        doc="part of a durable that is paid at once")
    durable_wear = param(0.1, unit="share/quarter", low=0.03, high=0.2, source="assumed", held=True,
        doc="part of durables that wears out in a quarter, by which they spare daily spending")
    need_spread = param(0.8, unit="log points", low=0.0, high=1.5, source="assumed", when="start",
        doc="standard deviation of log need between consumer rows: of durables, and of platforms")
    known_to_banks = param(0.68, unit="share", low=0.3, high=0.95, source="assumed", when="start",
        doc="part of consumers of whom banks have a record; to others they do not lend")
    effort_of_person = param(30_000.0, unit="fen/person", low=0.0, high=100_000.0, source="assumed",
        doc="worth to a person of the time and effort that a loan at a bank takes more than one in an app")
    bearable = param(0.25, unit="share of usual income", low=0.15, high=0.35, source="assumed",
        doc="highest debt service with which a consumer buys by instalments")
    consumer_instalment = param(0.1, unit="share of debt/quarter", low=0.1, high=0.5, source="design",
        doc="share of a consumer's debt to its bank that falls due in a quarter")
    app_instalment = param(0.175, unit="share of debt/quarter", low=0.1, high=0.25, source="assumed",
        doc="share of a consumer's debt to a platform that falls due in a quarter")
    consumer_asks_from = param(0.05, unit="quarters of income", low=0.0, high=0.2, source="assumed",
        held=True, doc="least loan that a consumer holds worth asking for")
    barred = param(12.0, unit="quarters", low=4.0, high=28.0, source="assumed",
        doc="time for which a consumer is shut out of credit after default")
    # fmt: on


class Consumer(Row):
    """A row of `persons_per_row` like persons."""

    generation = Column(0, unit="count", dtype="uint32")
    bank = Column(0, unit="row of banks", dtype="int32")
    power = Column(5.0, unit="workers", doc="what the row's persons do together when employed")
    ownership = Column(0.0, unit="share", doc="of the owners' pool")
    known = Column(True, unit="yes/no", doc="to its bank, as somebody with a record")
    trait = Column(0.0, unit="standard deviations", doc="slow and hidden; steadiness at work")
    need = Column(1.0, unit="ratio", doc="of durables and of platforms, beside the mean; hidden")
    online_rank = Column(0.5, unit="share", doc="of people that are online before it can be had there")
    employed = Column(True, unit="yes/no")
    income = Column(0.0, unit="fen/quarter", doc="of this quarter, after tax")
    transfers = Column(0.0, unit="fen", doc="from property, interest and rebates, to come to income")
    usual_income = Column(0.0, unit="fen/quarter")
    spending = Column(0.0, unit="fen/quarter", doc="in the last quarter")
    budget = Column(0.0, unit="fen/quarter", doc="to be spent this quarter")
    expense = Column(0.0, unit="fen", doc="a shock that cannot wait, in part")
    durable = Column(0.0, unit="fen", doc="worth of one to be bought: planned, cut to the loan that is had")
    durables = Column(0.0, unit="fen", doc="worth of what it has bought so, less wear")
    loan_wanted = Column(0.0, unit="fen")
    loan_granted = Column(0.0, unit="fen", of_the_quarter=True)
    rate = Column(0.02, unit="share/quarter", doc="on bank debt")
    ecosystem = Column(-1, unit="row of platforms", doc="of the giant it shops with, or -1", dtype="int32")
    first_app = Column(-1, unit="row of platforms", doc="that has its attention, or -1", dtype="int32")
    second_app = Column(-1, unit="row of platforms", doc="another that has it, or -1", dtype="int32")
    third_app = Column(-1, unit="row of platforms", doc="yet another that has it, or -1", dtype="int32")
    places_had = Column(0, unit="bits", doc="places that a platform has or has had: 1, 2, 4", dtype="uint8")
    borrowed_at = Column(
        0, unit="bits", doc="places with whose platform it has borrowed: 1, 2, 4", dtype="uint8"
    )
    debt_to = Column(-1, unit="row of platforms", doc="to whose pool it owes, or -1", dtype="int32")
    platform_rate = Column(0.03, unit="share/quarter", doc="on its platform debt")
    platform_granted = Column(
        0.0, unit="fen", doc="lent through a platform this quarter", of_the_quarter=True
    )
    platform_interest_paid = Column(0.0, unit="fen/quarter")
    platform_instalment_paid = Column(0.0, unit="fen/quarter")
    ever_borrowed = Column(False, unit="yes/no", doc="from a platform")
    last_lender = Column(-1, unit="row of platforms", doc="at which it borrowed last, or -1", dtype="int32")
    lender_habit = Column(0.0, unit="fen", doc="worth to it of asking there again")
    wallet = Column(-1, unit="row of platforms", doc="of the giant whose wallet it has, or -1", dtype="int32")
    wallet_use = Column(0.0, unit="share of spending", doc="that it pays with its wallet")
    wallet_at = Column(-1, unit="row of platforms", doc="with which its balance rests, or -1", dtype="int32")
    unsteady = Column(0.1, unit="share of usual income", doc="by which income differs from it, smoothed")
    missed = Column(0.0, unit="share", doc="of late in which it could not pay its debts, smoothed")
    money_left = Column(0.5, unit="quarters of income", doc="that it had at the quarter's end, smoothed")
    credit_ban = Column(0.0, unit="quarters", doc="still shut out of credit")
    failed = Column(False, unit="yes/no")
    interest_paid = Column(0.0, unit="fen/quarter")
    instalment_paid = Column(0.0, unit="fen/quarter")
    deposits = Account("money at its bank")
    wallet_money = Account("what rests in its wallet")
    bank_debt = Account("owed to its bank")
    platform_debt = Account("owed through a platform")
    net_worth = Account("wealth")


class Worked(NamedTuple):
    """What `works` writes."""

    trait: float
    employed: float


@rule(writes=Worked, draws=("trait of a consumer", "job of a consumer"))
def works(consumer, market, p, u):
    """Jobs end for the unsteady more often; those without find one with the chance that fills demand."""
    trait = market.trait_kept * consumer.trait + market.trait_news * bell(u[0])
    tilt = max(p.separation_least, min(p.separation_most, 1.0 - p.trait_weight * trait))
    stays = u[1] >= market.separation * tilt
    finds = u[1] < market.finding
    return Worked(
        trait=trait,
        employed=stays if consumer.employed else finds,
    )


@compiled
def instalment_of(debt, pace, consumer, p):
    """What of a debt falls due; a rest that nobody would ask a loan for is paid at once.   [fen]"""
    rest = debt <= p.consumer_asks_from * consumer.usual_income
    return debt if rest else float(math.ceil(debt * pace))


@compiled
def debt_service(consumer, p):
    """Interest and instalments on all its debt as it stands.   [fen]"""
    of_bank, other = float(consumer.bank_debt), float(consumer.platform_debt)
    service = of_bank * consumer.rate + instalment_of(of_bank, p.consumer_instalment, consumer, p)
    return service + other * consumer.platform_rate + instalment_of(other, p.app_instalment, consumer, p)


class SpendingPlan(NamedTuple):
    """What `plans_spending` writes."""

    usual_income: float
    expense: float
    durable: float
    loan_wanted: float
    budget: float
    credit_ban: float


@compiled
def would_buy(consumer, market, p, usual, spare, u):
    """Worth of a durable that a consumer would buy with a loan: at work, able to bear it, unbarred.   [fen]

    usual: income; spare: money after debt service and what is necessary; u: a number from 0 to 1.
    """
    worth = p.durable_size * usual
    loan = (1.0 - p.down_payment) * worth
    service = debt_service(consumer, p) + loan * (market.funding_rate + p.consumer_margin)
    service += loan * (p.consumer_instalment if consumer.known else p.app_instalment)
    able = spare >= worth - loan and service <= p.bearable * usual
    wants = u < p.durable_chance * consumer.need * market.confidence
    wants = wants and consumer.employed and consumer.credit_ban <= 0.0
    return worth if able and wants else 0.0


@rule(writes=SpendingPlan, draws=("expense", "size of expense", "durable"))
def plans_spending(consumer, market, p, u):
    """Spend out of usual income and wealth, at least by habit and need; what is lacking is asked for.

    wish = confidence (spend_income Y + spend_wealth (D - debt - buffer Y)) - wear of durables       [fen]
    need = habit C(-1) + shock, loan = max(0, need - (D - debt service - buffer Y))                  [fen]
    Who lacks nothing may wish for a durable: a part is paid at once, for the rest a loan is asked.
    """
    usual = consumer.usual_income + p.income_memory * (consumer.income - consumer.usual_income)
    money = float(consumer.deposits)
    service = debt_service(consumer, p)
    debt = float(consumer.bank_debt + consumer.platform_debt)
    others = consumer.claims + consumer.notes + consumer.wallet_money
    wealth = money + float(others) - debt - p.saving_buffer * usual
    wish = market.confidence * (p.spend_income * usual + p.spend_wealth * max(0.0, wealth))
    wish -= p.durable_wear * consumer.durables
    size = p.shock_low + (p.shock_high - p.shock_low) * u[1]
    shock = size * usual if u[0] < p.expense_shock else 0.0
    necessary = p.habit * consumer.spending + shock
    free = max(0.0, money - service - p.saving_buffer * usual)
    wanted = necessary - free
    lacks = wanted > p.consumer_asks_from * usual
    durable = 0.0 if lacks else would_buy(consumer, market, p, usual, money - service - necessary, u[2])
    loan = wanted if lacks and consumer.credit_ban <= 0.0 else (1.0 - p.down_payment) * durable
    return SpendingPlan(
        usual_income=usual,
        expense=shock,
        durable=durable,
        loan_wanted=float(math.floor(loan)),
        budget=max(wish, necessary) + p.down_payment * durable,
        credit_ban=max(0.0, consumer.credit_ban - 1.0),
    )


class SpendingCut(NamedTuple):
    """What `cuts_spending` writes."""

    budget: float
    durable: float


@rule(writes=SpendingCut)
def cuts_spending(consumer, market, p, u):
    """A loan not had is spending cut; subsistence and what cannot wait come before debt service.

    A durable is as dear as the loan that is had for it allows; without a loan it is not bought.
    """
    loan = consumer.loan_granted + consumer.platform_granted
    paid_for = loan / (1.0 - p.down_payment) if consumer.durable > 0.0 else 0.0
    durable = float(math.floor(min(float(consumer.deposits), paid_for)))
    daily = consumer.budget - p.down_payment * consumer.durable
    money = float(consumer.deposits) - durable
    free = money - debt_service(consumer, p)
    least = min(money, p.subsistence * consumer.usual_income + p.unavoidable * consumer.expense)
    return SpendingCut(budget=durable + math.floor(max(least, min(daily, free))), durable=durable)


class DebtServed(NamedTuple):
    """What `serves_debt` writes."""

    interest_paid: float
    instalment_paid: float
    platform_interest_paid: float
    platform_instalment_paid: float
    failed: float
    credit_ban: float
    spending: float
    durables: float


@rule(writes=DebtServed, draws="consumer walks away from a dead platform")
def serves_debt(consumer, market, p, u):
    """Interest and instalment out of what is left, or default and a time without credit.

    What was paid for a durable is in no habit: it is worth something for as long as it lasts.
    Nobody collects for a dead platform that had lent other people's money: some stop paying.
    """
    money, debt, other = float(consumer.deposits), float(consumer.bank_debt), float(consumer.platform_debt)
    interest, instalment = (
        math.floor(debt * consumer.rate),
        instalment_of(debt, p.consumer_instalment, consumer, p),
    )
    other_interest = math.floor(other * consumer.platform_rate)
    other_instalment = instalment_of(other, p.app_instalment, consumer, p)
    due = interest + instalment + other_interest + other_instalment
    failed = due > money or (other > 0.0 and u < market.uncollected[max(0, consumer.debt_to)])
    paid = 0.0 if failed else 1.0
    return DebtServed(
        interest_paid=paid * interest,
        instalment_paid=paid * instalment,
        platform_interest_paid=paid * other_interest,
        platform_instalment_paid=paid * other_instalment,
        failed=failed,
        credit_ban=p.barred if failed else consumer.credit_ban,
        spending=(consumer.budget - consumer.durable) * market.served,
        durables=(1.0 - p.durable_wear) * consumer.durables + consumer.durable * market.served,
    )
