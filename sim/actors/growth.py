"""How a platform grows: what a customer costs and is worth to it, what it wants to spend, how its team grows.

One rule for users, portals and projects, whatever the business model. What a platform believes may be wrong:
it starts from hope and from what others of its kind see, and learns late, from its own customers.
"""

from typing import NamedTuple

from sim.engine.arithmetic import exp, log
from sim.engine.compiling import compiled
from sim.engine.parameters import Declared, param
from sim.engine.rules import rule


class Growth(Declared):
    """What teams cost, how worth and price of a customer are learned, how fast spending follows them."""

    # fmt: off
    team_cost = param(0.00012, unit="share of GDP", low=0.00006, high=0.0003, source="assumed",
        doc="what small teams, one to `firms_a_team` firms, would cost together")
    firms_a_team = param(62.5, unit="firms", low=12.5, high=250.0, source="design",
        doc="how finely platforms are told apart: firms for each small team that `team_cost` pays")
    team_scale = param(0.8, unit="exponent", low=0.6, high=1.0, source="assumed",
        doc="growth of a team's cost with the money that it has put into its customers; set, as the "
        "middle of its range, so that the scale of PLATFORM_REVENUE is met")
    team_reach = param(20.0, unit="quarters of cost", low=5.0, high=80.0, source="assumed", scale="log",
        doc="money put into customers, over its cost, that a small team can look after")
    growth_speed = param(0.375, unit="per log point/quarter", low=0.125, high=0.75, source="assumed",
        doc="growth of wanted spending where a customer is worth e times what it should be over its price")
    worth_target = param(1.5, unit="ratio", low=1.0, high=3.0, source="assumed",
        doc="worth of a customer over its price at which wanted spending stays as it is")
    hope = param(5.0, unit="ratio", low=3.0, high=10.0, source="assumed",
        doc="what founders believe a customer to be worth, over the first price that their kind has paid")
    evidence_half = param(8.0, unit="customer years", low=2.0, high=32.0, source="assumed", scale="log",
        doc="years of own customers after which a platform believes them as much as hope and its kind")
    price_evidence = param(3.0, unit="customers", low=1.0, high=10.0, source="assumed", held=True,
        doc="weight of its kind's price of a customer, in own new ones, in what a platform reckons with")
    round_growth = param(3.0, unit="ratio", low=1.5, high=6.0, source="assumed",
        doc="highest growth spending that a platform wants, over its revenue and its team's cost")
    price_memory = param(0.5, unit="share/quarter", low=0.2, high=1.0, source="assumed", held=True,
        doc="weight of a quarter in what a platform remembers of its spending and of customers won")
    worth_discount = param(0.02, unit="share/quarter", low=0.01, high=0.04, source="assumed", held=True,
        doc="by how much a platform and the fund value a later quarter's profit less")
    leaving_prior = param(0.05, unit="share/quarter", low=0.02, high=0.15, source="assumed", held=True,
        when="entry", doc="share of its customers that a founder expects to leave in a quarter")
    # fmt: on


GROWTH_LEAST, GROWTH_MOST = -0.7, 2.0  # of revenue in a year: beyond that nobody believes it lasts
MOST = 2.0  # log points by which a ratio of worth to price moves spending: beyond it nobody reckons


@compiled
def team_of(platform, market, p):
    """What the team of a platform costs in a quarter (fen): it grows with what was put into customers, and is
    the larger the less it has practised what it does."""
    small = market.small_team * platform.size
    reach = p.team_reach * market.small_team
    grown = exp(p.team_scale * log(max(1.0, platform.put_in / max(1.0, reach))))
    return small * grown / platform.practice


@compiled
def growth_of(usual, earlier):
    """Of revenue, in a year; none where there was no revenue before."""
    return max(GROWTH_LEAST, min(GROWTH_MOST, usual / earlier - 1.0)) if earlier > 0.0 else 0.0


class Learned(NamedTuple):
    """What `learns_worth` writes."""

    customers: float
    leaving: float
    spend_seen: float
    new_seen: float
    price: float
    evidence: float
    worth: float
    hope: float
    put_in: float
    model_in: float


@compiled
def pursued(platform, p):
    """Customers of the kinds that a platform's model is after; others it may have kept from before."""
    after_people = 1.0 if platform.to_consumers > 0.0 else 0.0
    after_portals = 1.0 if platform.to_firms > 0.0 else 0.0
    after_links = 1.0 if platform.to_projects > 0.0 else 0.0
    people = after_people * p.persons_per_row * platform.users
    return people + after_portals * platform.firm_users + after_links * platform.lines


@rule(writes=Learned)
def learns_worth(platform, market, p, u):
    """What customers cost and are worth, from the platform's own as far as it has any.

    price = (spending + m kind's price) / (new customers + m), both remembered for some quarters   [fen]
    worth = w gross profit / customer / (leaving + discount) + (1 - w) (kind's worth + hope) / 2   [fen]
    w = customer years / (customer years + evidence_half)
    """
    there = pursued(platform, p)
    new = p.persons_per_row * platform.new_users + platform.new_firm_users + platform.new_lines
    # what a line costs is known when it is begun, whenever its instalments are paid
    spent = platform.consumer_spend + platform.firm_spend + platform.project_begun
    spent /= market.wage_index
    spend_seen = platform.spend_seen + p.price_memory * (spent - platform.spend_seen)
    new_seen = platform.new_seen + p.price_memory * (new - platform.new_seen)
    # before anybody of its kind has won a customer there is no price
    alike = platform.kind_price if platform.kind_price > 0.0 else spend_seen / new_seen if new > 0.0 else 0.0
    known = alike > 0.0
    price = (
        (spend_seen + p.price_evidence * alike) / (new_seen + p.price_evidence) if known else platform.price
    )
    left = max(0.0, platform.customers + new - there)
    rate = min(1.0, left / platform.customers) if platform.customers > 0.0 else platform.leaving
    weight = platform.customers / (platform.customers + p.evidence_half)
    leaving = platform.leaving + p.price_memory * weight * (rate - platform.leaving)
    evidence = (1.0 - leaving) * platform.evidence + 0.25 * there
    hope = platform.hope if platform.hope > 0.0 else p.hope * price
    a_head = platform.model_gross / market.wage_index / max(1.0, there)
    seen = a_head / (leaving + p.worth_discount)
    first = 0.5 * hope + 0.5 * (platform.kind_worth if platform.kind_worth > 0.0 else hope)
    own = evidence / (evidence + p.evidence_half)
    living = 1.0 if platform.alive and platform.acts > 0.0 else 0.0
    return Learned(
        customers=there, leaving=leaving, spend_seen=spend_seen, new_seen=new_seen, price=price,
        evidence=living * evidence, worth=own * seen + (1.0 - own) * first, hope=living * hope,
        put_in=living * ((1.0 - leaving) * platform.put_in + spent * market.wage_index),
        model_in=living * ((1.0 - leaving) * platform.model_in + spent * market.wage_index),
    )  # fmt: skip


@compiled
def worth_over_price(platform, p):
    """What a platform believes a customer to be worth, over what one costs; hope where no price is known."""
    return platform.worth / platform.price if platform.price > 0.0 else p.hope


@rule(writes="wanted")
def wants_growth(platform, market, p, u):
    """Wanted spending rises while a customer is worth more than `worth_target` times its price.

    wanted' = wanted exp(growth_speed log(worth / (worth_target price))), at most round_growth times revenue
    and team                                                                                [fen/quarter]
    """
    ratio = max(0.0, worth_over_price(platform, p)) / p.worth_target
    pull = max(-MOST, min(MOST, log(max(1e-9, ratio)))) if platform.price > 0.0 else 0.0
    # who has given up may try again; nobody can look after growth far beyond what there is
    least = 0.1 * market.small_team
    most = p.round_growth * (max(0.0, platform.usual_revenue) + team_of(platform, market, p))
    wanted = min(most, max(least, platform.wanted * exp(p.growth_speed * pull)))
    return wanted if platform.alive and platform.acts > 0.0 else 0.0
