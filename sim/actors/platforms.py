"""Platforms: fintech firms, giants and small ones; budgets, staff, prices, failure.

What a platform does follows from its row of the table of business models (`sim.strategies`), held here as
columns; everything below is the same for all of them.
"""

import math
from typing import NamedTuple

from sim.actors.growth import team_of
from sim.actors.purse import own_cash
from sim.engine.columns import Account, Column, Row
from sim.engine.parameters import Declared, param
from sim.engine.rules import rule

WEEKS, MONTHS = 13.0, 3.0  # in a quarter
YEARLY = 0.25  # weight of a quarter in what is smoothed over a year
# how a platform ends: its customers are sold, everybody is paid, claims are left, more is owed than there is
BOUGHT, WOUND_UP, STOPPED, BROKE = 1, 2, 3, 4
MANNERS = {BOUGHT: "bought", WOUND_UP: "wound up", STOPPED: "stopped", BROKE: "broke"}


class Platforms(Declared):
    """What platforms cost, how they set prices, when they give up."""

    # fmt: off
    giants = param(3, unit="count", low=0, high=100, source="design", when="start",
        doc="platforms that own a trading ecosystem")
    giant_size = param(5.0, unit="ratio", low=1.0, high=20.0, source="design", when="start",
        doc="first money and team of a giant, relative to a small platform")
    service_cost = param(300.0, unit="fen/user/quarter", low=100.0, high=5000.0, source="assumed",
        doc="what it costs a platform to serve a person or a firm that uses it, at first wages")
    service_limit = param(0.5, unit="share of own cash", low=0.1, high=1.0, source="assumed", held=True,
        doc="highest share of its own cash that a platform spends on serving users in a quarter")
    platform_file_cost = param(230.0, unit="fen/file", low=50.0, high=5000.0, source="COST_PER_LOAN",
        doc="what a loan file costs a platform that does not work like a branch, at first wages")
    gross_memory = param(0.2, unit="share/quarter", low=0.05, high=0.5, source="assumed", held=True,
        doc="weight of a quarter in a platform's usual gross profit")
    profit_memory = param(0.1, unit="share/quarter", low=0.02, high=0.5, source="assumed", held=True,
        doc="weight of a quarter in a platform's usual profit")
    price_step = param(0.05, unit="share/quarter", low=0.0, high=0.15, source="assumed",
        doc="relative change of a platform's price at a review, by trial and error")
    review_chance = param(0.25, unit="share/quarter", low=0.05, high=1.0, source="assumed", held=True,
        doc="chance that a platform reviews its prices in a quarter")
    automation = param(0.4, unit="share of work", low=0.0, high=0.7, source="assumed",
        doc="share of the work on users, files and projects that machines are able to do")
    technology_half = param(4.0, unit="quarters of running cost", low=1.0, high=16.0, source="assumed",
        scale="log", doc="technology with which machines do half of the work that they are able to do")
    technology_decay = param(0.05, unit="share/quarter", low=0.02, high=0.1, source="assumed",
        doc="share of a platform's technology that falls out of date in a quarter")
    own_loans_limit = param(0.6, unit="share of own cash", low=0.2, high=0.9, source="assumed",
        doc="highest share of its own cash that a platform lends in a quarter")
    platform_reserve = param(2.0, unit="quarters of cost", low=0.5, high=6.0, source="assumed",
        doc="cash that a platform keeps before it pays dividends")
    dividend_limit = param(4.0, unit="quarters of profit", low=0.0, high=16.0, source="assumed", held=True,
        doc="highest cash from which a platform pays dividends, over its usual profit")
    closing_cash = param(2.0, unit="weeks of cost", low=0.5, high=13.0, source="assumed", held=True,
        doc="own cash below which a platform closes")
    lean_team = param(0.75, unit="share of its cost", low=0.0, high=1.0, source="assumed",
        doc="part of its team's cost that a platform has to pay to go on; at 0 people work on unpaid")
    # fmt: on


class Platform(Row):
    """A platform."""

    generation = Column(0, unit="count", dtype="uint32")
    bank = Column(0, unit="row of banks", dtype="int32")
    alive = Column(False, unit="yes/no", doc="is in business; the row is vacant before and after")
    giant = Column(False, unit="yes/no", doc="owns a trading ecosystem")
    size = Column(1.0, unit="times a small one", doc="in first money and team")
    serial = Column(
        0, unit="count", doc="of all platforms ever founded, the so-manieth; 0 for none", dtype="int32"
    )
    founded = Column(0, unit="quarter", doc="after which it began to act", dtype="int32")
    died = Column(0, unit="quarter", doc="in which it ended; 0 while it lives", dtype="int32")
    manner = Column(0, unit="manner", doc="in which it ended, see `MANNERS`", dtype="int32")
    buyer = Column(-1, unit="row of platforms", doc="that bought its customers, or -1", dtype="int32")
    there = Column(1.0, unit="share", doc="of this quarter that it is in business")
    months = Column(0.0, unit="months", doc="of the quarter that it was in business")
    business_model = Column(
        0, name="model", unit="place in economy.models", doc="which business model it runs", dtype="int32"
    )
    wanted_model = Column(-1, unit="place in turns_to", doc="that its review asks for, or -1", dtype="int32")
    adapts = Column(0.0, unit="yes/no", doc="reviews its business model, and may turn to another")
    since = Column(0, unit="quarter", doc="after which it began with its business model", dtype="int32")
    turned_at = Column(-1, unit="quarter", doc="in which it turned last; -1 for never", dtype="int32")
    turned_from = Column(-1, unit="place in economy.models", doc="what it ran before that", dtype="int32")
    own_seen = Column(0.0, unit="ratio", doc="profit of a yuan put into its business model, as it sees it")
    best_seen = Column(0.0, unit="ratio", doc="the same of the best other model, as it sees others")
    best_model = Column(-1, unit="place in turns_to", doc="which that is", dtype="int32")
    moving = Column(0.0, unit="fen/quarter", doc="cost of its turn, part of management", of_the_quarter=True)
    practice = Column(1.0, unit="share", doc="of what a practised team does, that its team does")
    model_gross = Column(0.0, unit="fen/quarter", doc="smoothed gross profit under the model that it runs")
    model_in = Column(0.0, unit="fen", doc="of put_in, under the model that it runs")
    posted_gross = Column(0.0, unit="fen/quarter", doc="of model_gross, what others have heard")
    posted_in = Column(0.0, unit="fen", doc="of model_in, what others have heard")
    # the row of its business model
    acts = Column(0.0, unit="yes/no")
    to_consumers = Column(0.0, unit="share of budget")
    to_firms = Column(0.0, unit="share of budget")
    to_projects = Column(0.0, unit="share of budget")
    to_technology = Column(0.0, unit="share of budget")
    by_staff = Column(0.0, unit="share of attention budget")
    sees = Column(0.0, unit="kind of sight")
    file_like_a_bank = Column(0.0, unit="yes/no")
    lends_to_consumers = Column(0.0, unit="yes/no")
    lends_to_firms = Column(0.0, unit="yes/no")
    take = Column(0.0, unit="share/quarter", doc="of what others fund, as it stands now")
    gain_share = Column(0.0, unit="share", doc="of what a linked firm gains, as it stands now")
    # the quarter
    budget = Column(0.0, unit="fen/quarter", doc="for growth")
    consumer_spend = Column(0.0, unit="fen/quarter", doc="on the attention of consumers")
    firm_spend = Column(0.0, unit="fen/quarter", doc="on the attention of firms")
    project_spend = Column(0.0, unit="fen/quarter", doc="on new projects and upkeep")
    project_begun = Column(0.0, unit="fen", doc="cost of the projects begun", of_the_quarter=True)
    technology_spend = Column(0.0, unit="fen/quarter", doc="on machines that do a part of the work")
    technology = Column(
        0.0, unit="fen", doc="what was spent on it and is not yet out of date, at first wages"
    )
    technique = Column(0.0, unit="share", doc="done by machines of the work that they can do")
    saved = Column(0.0, unit="fen", doc="of project budgets, for projects to come")
    advertising = Column(0.0, unit="fen/quarter", doc="paid to media")
    rebate = Column(0.0, unit="fen/quarter", doc="paid to users won")
    wage_bill = Column(0.0, unit="fen/quarter")
    staff = Column(0.0, unit="workers")
    users = Column(0.0, unit="rows of consumers", doc="whose attention it has")
    firm_users = Column(0.0, unit="firms", doc="whose attention it has")
    links = Column(0.0, unit="firms", doc="into whose operations it is integrated")
    new_users = Column(0.0, unit="rows of consumers", doc="won this quarter", of_the_quarter=True)
    users_reached = Column(
        0.0, unit="rows of consumers", doc="won in a place that nobody had before", of_the_quarter=True
    )
    users_returned = Column(
        0.0, unit="rows of consumers", doc="won in a place that had fallen free", of_the_quarter=True
    )
    users_lured = Column(0.0, unit="rows of consumers", doc="won from another platform", of_the_quarter=True)
    registered = Column(0.0, unit="rows of consumers", doc="won or bought so far, each time anew")
    borrowed = Column(0.0, unit="rows of consumers", doc="of these, those that have borrowed from it")
    new_borrowers = Column(
        0.0, unit="rows of consumers", doc="that borrow from it for the first time", of_the_quarter=True
    )
    borrowers = Column(0.0, unit="rows of consumers", doc="that borrow from it now", of_the_quarter=True)
    new_firm_users = Column(0.0, unit="firms", doc="won for its portal this quarter", of_the_quarter=True)
    lines = Column(0.0, unit="lines", doc="that it has begun to build with its clients")
    new_links = Column(0.0, unit="firms", doc="won as clients this quarter", of_the_quarter=True)
    new_lines = Column(0.0, unit="lines", doc="begun this quarter", of_the_quarter=True)
    left_links = Column(0.0, unit="firms", doc="that left it by their own choice", of_the_quarter=True)
    files = Column(0.0, unit="files/quarter", of_the_quarter=True)
    served = Column(1.0, unit="share", doc="of users and links that its money allows it to serve")
    service = Column(0.0, unit="fen/quarter", doc="of users")
    management = Column(0.0, unit="fen/quarter", doc="of its team")
    team_due = Column(0.0, unit="fen/quarter", doc="what its team would cost if there were money enough")
    upkeep = Column(0.0, unit="fen/quarter", doc="of links, part of project_spend")
    file_bill = Column(0.0, unit="fen/quarter", doc="of last quarter's loan files")
    belief = Column(0.0, unit="share of sales", doc="what it thinks that all its lines gain at full depth")
    revenue = Column(0.0, unit="fen/quarter", doc="interest kept, takes, fees", of_the_quarter=True)
    payments = Column(0.0, unit="fen/quarter", doc="through its wallet, of any kind", of_the_quarter=True)
    payment_fees = Column(
        0.0, unit="fen/quarter", doc="that its wallet earns, no part of revenue", of_the_quarter=True
    )
    wallets = Column(0.0, unit="rows of consumers", doc="that have its wallet")
    tills = Column(0.0, unit="firms", doc="that take its wallet first")
    direct_cost = Column(
        0.0, unit="fen/quarter", doc="funding, files, service, losses borne", of_the_quarter=True
    )
    gross_profit = Column(0.0, unit="fen/quarter", doc="smoothed: revenue less direct cost")
    last_gross = Column(0.0, unit="fen/quarter", doc="at the last price")
    wanted = Column(0.0, unit="fen/quarter", doc="that it would spend on growth if it could")
    affords = Column(0.0, unit="fen/quarter", doc="that its money and profit allow to be spent on growth")
    runway_left = Column(0.0, unit="quarters", doc="for which its last round was meant to last")
    refused = Column(False, unit="yes/no", doc="has asked for a round in vain, and lives on what it earns")
    unfunded = Column(
        0.0, unit="fen/quarter", doc="own part of loans for which it lacked money", of_the_quarter=True
    )
    capital_short = Column(0.0, unit="fen/quarter", doc="the same, smoothed")
    raised_at = Column(-100, unit="quarter", doc="of its last round", dtype="int32")
    customers = Column(0.0, unit="persons and firms", doc="it has: users, portals and lines in use")
    leaving = Column(0.05, unit="share/quarter", doc="of its customers, as it has seen them leave")
    spend_seen = Column(0.0, unit="fen/quarter", doc="spent on customers, remembered, at first wages")
    new_seen = Column(0.0, unit="persons and firms/quarter", doc="won, remembered")
    price = Column(0.0, unit="fen/customer", doc="of a new one, as it sees it, at first wages")
    worth = Column(0.0, unit="fen/customer", doc="as it believes, at first wages")
    hope = Column(0.0, unit="fen/customer", doc="with which its kind began, at first wages")
    evidence = Column(0.0, unit="customer years", doc="from which it has learned")
    kind_price = Column(0.0, unit="fen/customer", doc="among the platforms of its model, at first wages")
    kind_worth = Column(0.0, unit="fen/customer", doc="among the platforms of its model, at first wages")
    put_in = Column(0.0, unit="fen", doc="money put into the customers it has; leaves as they do")
    usual_revenue = Column(0.0, unit="fen/quarter", doc="smoothed over a year")
    earlier_revenue = Column(0.0, unit="fen/quarter", doc="the same, some three quarters later")
    profit = Column(0.0, unit="fen/quarter", doc="revenue less all costs")
    usual_profit = Column(0.0, unit="fen/quarter", doc="smoothed")
    losses_borne = Column(0.0, unit="fen/quarter", doc="on loans, that no funder bears", of_the_quarter=True)
    interest = Column(
        0.0, unit="fen/quarter", doc="received on its loans, whoever funds them", of_the_quarter=True
    )
    bad_loans = Column(
        0.0, unit="fen/quarter", doc="of its pool written off, whoever bears it", of_the_quarter=True
    )
    venture = Column(0.0, unit="fen/quarter", doc="from the fund, this quarter", of_the_quarter=True)
    came = Column(0.0, unit="share", doc="of the quarter that had passed when that came", of_the_quarter=True)
    venture_total = Column(0.0, unit="fen", doc="from the fund, so far")
    spent_total = Column(0.0, unit="fen", doc="all costs so far")
    revenue_total = Column(0.0, unit="fen", doc="all revenue so far")
    dividend = Column(0.0, unit="fen/quarter")
    sold = Column(False, unit="yes/no", doc="the fund has sold its stake")
    direction = Column(1.0, unit="sign", doc="of the last change of price")
    deposits = Account("money")
    loans = Account("lent to firms and consumers, whoever funds it")
    invoices_held = Account("paid by anchors on invoices, for those who fund them")
    float_owed = Account("what rests in its wallet, to users")
    custody = Account("of that, at the central bank")
    net_worth = Account("its own capital")


class TechnologyKept(NamedTuple):
    """What `keeps_technology` writes."""

    technology: float
    technique: float
    practice: float


@rule(writes=TechnologyKept)
def keeps_technology(platform, market, p, u):
    """What was spent on technology ages; the more of it beside the work there is, the more machines do.

    T' = (1 - decay) T + spent / wages,  technique = T' / (T' + half x running cost)
    A team new to a business model learns it.
    """
    running = (
        platform.service + platform.management + platform.file_bill + platform.upkeep
    ) / market.wage_index
    technology = (1.0 - p.technology_decay) * platform.technology
    technology += platform.technology_spend / market.wage_index
    return TechnologyKept(
        technology=technology,
        technique=technology / max(1.0, technology + p.technology_half * running),
        practice=platform.practice + p.practice_speed * (1.0 - platform.practice),
    )


class Budget(NamedTuple):
    """What `sets_budget` writes."""

    budget: float
    affords: float
    consumer_spend: float
    firm_spend: float
    project_spend: float
    technology_spend: float
    served: float
    service: float
    management: float
    team_due: float


@rule(writes=Budget)
def sets_budget(platform, market, p, u):
    """Serve what there is, pay the team, then spend on growth what is wanted and affordable.

    affordable = cash / what is left of the runway + usual gross profit - team; without a round to live on,
    what gross profit leaves beyond the team                                            [fen/quarter]
    """
    cash = own_cash(platform)
    going = platform.acts if platform.alive else 0.0
    people = p.persons_per_row * platform.users + platform.firm_users
    service = going * people * p.service_cost * market.wage_index * (1.0 - p.automation * platform.technique)
    served = min(1.0, p.service_limit * cash / service) if service > 0.0 else 1.0
    service = math.floor(service * served)
    team = going * (platform.there * team_of(platform, market, p) + platform.moving)
    left = max(0.0, cash - service)
    management = math.floor(min(left, team))
    left -= management
    earned = platform.gross_profit - team
    # a round that came within the quarter is spent from then on
    late = platform.venture * max(0.0, platform.there - (1.0 - platform.came))
    ahead = max(0.0, platform.there * left - late)
    burns = 0.0 if platform.refused else ahead / max(1.0, platform.runway_left)
    affords = going * max(0.0, burns + earned)
    budget = min(left, affords, platform.there * platform.wanted)
    return Budget(
        budget=budget,
        affords=affords,
        consumer_spend=math.floor(platform.to_consumers * budget),
        firm_spend=math.floor(platform.to_firms * budget),
        project_spend=math.floor(platform.to_projects * budget),
        technology_spend=math.floor(platform.to_technology * budget),
        served=served,
        service=service,
        management=management,
        team_due=team,
    )


class Hired(NamedTuple):
    """What `hires` writes."""

    wage_bill: float
    staff: float


@rule(writes=Hired)
def hires(platform, market, p, u):
    """People serve users and links, manage, run branches, build projects, links and machines."""
    attention = platform.by_staff * (platform.consumer_spend + platform.firm_spend)
    bill = platform.service + platform.management + attention + platform.project_spend + platform.file_bill
    bill += platform.technology_spend
    # what a closing platform cannot pay is lost to its staff; what it owes the media is theirs
    cash = own_cash(platform)
    bill = float(math.floor(max(0.0, min(bill, cash - platform.advertising))))
    return Hired(
        wage_bill=bill,
        staff=bill / market.wage,
    )


class PlatformBooks(NamedTuple):
    """What `closes_platform_books` writes."""

    gross_profit: float
    model_gross: float
    profit: float
    usual_profit: float
    usual_revenue: float
    earlier_revenue: float
    spent_total: float
    revenue_total: float
    capital_short: float
    runway_left: float
    months: float
    there: float


@rule(writes=PlatformBooks)
def closes_platform_books(platform, market, p, u):
    """Gross profit: revenue less funding, files, service, upkeep, losses; profit: less team and growth."""
    growth = platform.consumer_spend + platform.firm_spend + platform.project_spend - platform.upkeep
    growth += platform.management + platform.technology_spend
    direct = platform.direct_cost + platform.service + platform.upkeep + platform.file_bill
    gross = platform.revenue - direct - platform.losses_borne
    profit = gross - growth
    usual = platform.usual_revenue + YEARLY * (platform.revenue - platform.usual_revenue)
    return PlatformBooks(
        gross_profit=platform.gross_profit + p.gross_memory * (gross - platform.gross_profit),
        model_gross=platform.model_gross + p.gross_memory * (gross - platform.model_gross),
        profit=profit,
        usual_profit=platform.usual_profit + p.profit_memory * (profit - platform.usual_profit),
        usual_revenue=usual,
        earlier_revenue=platform.earlier_revenue + YEARLY * (usual - platform.earlier_revenue),
        spent_total=platform.spent_total + direct + platform.losses_borne + growth,
        revenue_total=platform.revenue_total + platform.revenue,
        capital_short=platform.capital_short + p.gross_memory * (platform.unfunded - platform.capital_short),
        runway_left=max(0.0, platform.runway_left - platform.there),
        months=MONTHS * platform.there if platform.alive else 0.0,
        there=1.0,
    )


@rule(writes="alive")
def survives(platform, market, p, u):
    """A platform whose own cash pays its costs for too few weeks, whose capital is gone, that cannot pay
    households whose term has ended, or cannot keep its team, ends.

    Its team goes that got less than `lean_team` of its pay and would get no more of it in the next quarter.
    """
    cash = own_cash(platform)
    least = (platform.wage_bill + platform.direct_cost) / (WEEKS / p.closing_cash)
    busy = platform.acts > 0.0 and platform.spent_total > 0.0
    broke = cash < least or float(platform.net_worth) < 0.0
    needed = math.floor(p.lean_team * platform.team_due)
    deserted = platform.management < needed and cash < needed
    stuck = platform.unmet > p.queue_limit * float(platform.claims_owed)
    return platform.alive and not (busy and (broke or stuck or deserted))


@rule(writes="dividend")
def pays_dividend(platform, market, p, u):
    """What the fund has sold, or never had a part in as in a giant, pays its owners a part of the cash that
    it need not keep, if it has a profit."""
    cash = own_cash(platform)
    cost = platform.wage_bill + platform.direct_cost + platform.advertising
    earned = max(0.0, platform.usual_profit)
    spare = min(max(0.0, cash - p.platform_reserve * cost), p.dividend_limit * earned)
    owned = platform.sold or (platform.giant and platform.venture_total == 0.0)
    return float(math.floor(p.dividend_pace * spare)) if platform.alive and owned else 0.0
