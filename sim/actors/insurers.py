"""Insurers: for a premium they bear a part of what loans of platforms lose, what mishaps cost firms, and what
households have to spend unforeseen.

They hold their capital as deposits. What they quote follows what they have seen, with a delay; they cover no
more than their capital allows, and less where they lose.
"""

from typing import NamedTuple

from sim.engine.columns import Account, Column, Row
from sim.engine.parameters import Declared, param
from sim.engine.rules import rule


class Insurers(Declared):
    """What insurers have, cost, ask and fear."""

    # fmt: off
    insurer_capital = param(0.004, unit="quarters of GDP", low=0.0, high=0.02, source="assumed",
        doc="capital that owners put into all insurers together when these begin; at 0 there are none")
    insurer_leverage = param(10.0, unit="ratio", low=2.0, high=20.0, source="assumed",
        doc="most that an insurer covers, over its capital")
    loading = param(0.25, unit="share of expected loss", low=0.0, high=0.6, source="assumed",
        doc="what insurers ask above the loss that they expect")
    insurer_memory = param(0.1, unit="share/quarter", low=0.03, high=0.3, source="assumed",
        doc="weight of a quarter's news in the losses that insurers expect")
    first_loss_seen = param(0.006, unit="share/quarter", low=0.001, high=0.02, source="assumed",
        doc="loss on guaranteed loans that insurers expect before they have seen any")
    premium_limit = param(0.025, unit="share/quarter", low=0.005, high=0.06, source="assumed",
        doc="premium beyond which an insurer leaves a platform's loans alone")
    insurer_reserve = param(2.0, unit="quarters of premiums", low=0.5, high=8.0, source="assumed",
        doc="capital below which an insurer takes no further policies of households and no cover of firms")
    insurer_cost = param(0.1, unit="share of premiums", low=0.02, high=0.3, source="assumed",
        doc="what insurers spend on staff")
    insurer_payout = param(0.3, unit="share of excess capital", low=0.0, high=1.0, source="assumed",
        held=True, doc="share of spare capital that an insurer or a house pays its owners in a quarter")
    caution = param(0.2, unit="share/quarter", low=0.0, high=0.6, source="assumed",
        doc="by how much an insurer covers less while it loses, and more while it earns")
    least_cover = param(0.1, unit="share", low=0.0, high=0.5, source="assumed", held=True,
        doc="readiness to cover below which an insurer gives up")
    # fmt: on


class Insurer(Row):
    """An insurer; the row is vacant before it begins and after it ends."""

    generation = Column(0, unit="count", dtype="uint32")
    bank = Column(0, unit="row of banks", dtype="int32")
    alive = Column(False, unit="yes/no", doc="is in business")
    died = Column(0, unit="quarter", doc="in which it ended, or 0", dtype="int32")
    failed = Column(False, unit="yes/no", doc="ended with claims that it could not pay")
    readiness = Column(1.0, unit="share", doc="of what its capital allows that it covers")
    cover = Column(0.0, unit="share", doc="of what is asked for that it guarantees")
    exposure = Column(0.0, unit="fen", doc="of loans that it guarantees")
    loss_of_households = Column(1.0, unit="ratio", doc="of claims to what was to be expected, as it has seen")
    loss_of_firms = Column(1.0, unit="ratio", doc="of claims to what was to be expected, as it has seen")
    premiums = Column(0.0, unit="fen/quarter", doc="of all kinds", of_the_quarter=True)
    claims_paid = Column(0.0, unit="fen/quarter", doc="of all kinds", of_the_quarter=True)
    claims_unpaid = Column(0.0, unit="fen/quarter", doc="for lack of money", of_the_quarter=True)
    claims_of_households = Column(0.0, unit="fen/quarter", of_the_quarter=True)
    expected_of_households = Column(0.0, unit="fen/quarter", of_the_quarter=True)
    claims_of_firms = Column(0.0, unit="fen/quarter", of_the_quarter=True)
    expected_of_firms = Column(0.0, unit="fen/quarter", of_the_quarter=True)
    takes = Column(0.0, unit="fen/quarter", doc="paid to platforms that sell for it", of_the_quarter=True)
    costs = Column(0.0, unit="fen/quarter", doc="of staff")
    result = Column(0.0, unit="fen/quarter", doc="smoothed: premiums less claims, takes and staff")
    usual_premiums = Column(0.0, unit="fen/quarter", doc="smoothed")
    last_premiums = Column(0.0, unit="fen/quarter", doc="of all kinds, in the last quarter")
    profit = Column(0.0, unit="fen/quarter", doc="premiums less claims, takes and staff")
    first_capital = Column(0.0, unit="fen", doc="that its owners put in")
    tax_paid = Column(0.0, unit="fen/quarter")
    dividend = Column(0.0, unit="fen/quarter")
    deposits = Account("money")
    net_worth = Account("capital")


class InsurerBooks(NamedTuple):
    """What `closes_insurer_books` writes."""

    profit: float
    result: float
    usual_premiums: float
    last_premiums: float
    loss_of_households: float
    loss_of_firms: float
    readiness: float
    alive: float
    failed: float
    tax_paid: float
    dividend: float


@rule(writes=InsurerBooks)
def closes_insurer_books(insurer, market, p, u):
    """Learn, become readier or more cautious, pay tax and owners; give up, or fail where claims are unpaid.

    profit = premiums - claims - takes - staff
    """
    profit = insurer.premiums - insurer.claims_paid - insurer.takes - insurer.costs
    heard = p.insurer_memory
    result = insurer.result + heard * (profit - insurer.result)
    earned = insurer.usual_premiums + heard * (insurer.premiums - insurer.usual_premiums)
    of_households, of_firms = insurer.loss_of_households, insurer.loss_of_firms
    if insurer.expected_of_households > 0.0:
        seen = insurer.claims_of_households / insurer.expected_of_households
        of_households += heard * (seen - of_households)
    if insurer.expected_of_firms > 0.0:
        seen = insurer.claims_of_firms / insurer.expected_of_firms
        of_firms += heard * (seen - of_firms)
    moves = 0.0 if earned <= 0.0 else p.caution * max(-1.0, min(1.0, result / earned))
    readiness = min(1.0, insurer.readiness * (1.0 + moves))
    failed = insurer.alive and insurer.claims_unpaid > 0.0
    gives_up = insurer.alive and readiness < p.least_cover
    stays = insurer.alive and not failed and not gives_up
    tax = p.profit_tax * max(0.0, profit) if insurer.alive else 0.0
    left = max(0.0, float(insurer.net_worth) - tax)
    needed = max(insurer.exposure / p.insurer_leverage, insurer.first_capital)
    pays = p.insurer_payout * max(0.0, left - needed)
    return InsurerBooks(
        profit=profit,
        result=result,
        usual_premiums=earned,
        last_premiums=insurer.premiums,
        loss_of_households=of_households,
        loss_of_firms=of_firms,
        readiness=readiness,
        alive=stays,
        failed=failed or (insurer.failed and not insurer.alive),
        tax_paid=min(tax, max(0.0, float(insurer.deposits))),
        dividend=pays if stays else left,
    )
