"""Securities houses: they buy loans of platforms, pool them and sell notes on them in tranches.

The seller keeps the first part of what can be lost, the house the second, whoever buys its notes the rest.
What is not sold yet the house carries, on its capital and on credit of its bank.
"""

from typing import NamedTuple

from sim.engine.columns import Account, Column, Row
from sim.engine.parameters import Declared, param
from sim.engine.rules import rule


class Houses(Declared):
    """What securities houses have, cost and keep, and how their yields move."""

    # fmt: off
    house_capital = param(0.004, unit="quarters of GDP", low=0.0, high=0.02, source="assumed",
        doc="capital that owners put into all houses together when these begin; at 0 there are none")
    warehouse_limit = param(2.0, unit="ratio", low=0.0, high=8.0, source="assumed",
        doc="credit of its bank on which a house carries loans that are not sold yet")
    junior_of_house = param(0.1, unit="share of issue", low=0.0, high=0.2, source="JUNIOR_TRANCHE",
        doc="part of an issue of notes that the house keeps, and that loses before notes that are sold")
    junior_of_seller = param(0.05, unit="share of issue", low=0.0, high=0.15, source="JUNIOR_TRANCHE",
        doc="part of the loans it sells that a platform keeps, and that loses before the house")
    note_premium = param(0.008, unit="share/quarter", low=0.003, high=0.015, source="JUNIOR_TRANCHE",
        doc="yield of notes over the policy rate as houses begin, and at which demand for notes is whole")
    yield_step = param(0.05, unit="share/quarter", low=0.0, high=0.2, source="assumed",
        doc="by how much a house raises its yield while more is left than it sells, or else lowers it")
    house_margin = param(0.003, unit="share/quarter", low=0.0, high=0.01, source="assumed",
        doc="what houses ask of borrowers beyond the yield of notes and the expected loss")
    house_cost = param(0.0005, unit="share/quarter", low=0.0001, high=0.002, source="assumed",
        doc="what houses spend on staff, over the loans that they have bought")
    strike = param(2.0, unit="per share", low=0.0, high=6.0, source="assumed",
        doc="by how much buyers hold back for each part of its junior piece that a house has lost")
    strike_kept = param(0.8, unit="share/quarter", low=0.5, high=0.95, source="assumed",
        doc="what buyers of notes still remember of losses a quarter later")
    # fmt: on


class House(Row):
    """A securities house; the row is vacant before it begins, and after it ends when nothing is left."""

    generation = Column(0, unit="count", dtype="uint32")
    bank = Column(0, unit="row of banks", dtype="int32")
    alive = Column(False, unit="yes/no", doc="is in business")
    died = Column(0, unit="quarter", doc="in which it ended, or 0", dtype="int32")
    failed = Column(False, unit="yes/no", doc="ended because it owed more than it had, or could not pay")
    junior = Column(0.0, unit="fen", doc="its own piece of what it has sold, which loses before notes do")
    note_yield = Column(0.0, unit="share/quarter", doc="that its notes pay")
    hit_seen = Column(0.0, unit="share", doc="of its junior piece that buyers have lately seen it lose")
    house_trust = Column(1.0, unit="share", doc="of what buyers of its notes would buy at best")
    unsold = Column(0.0, unit="fen", doc="loans that it carries as the quarter ends")
    interest_in = Column(0.0, unit="fen/quarter", of_the_quarter=True)
    principal_in = Column(0.0, unit="fen/quarter", of_the_quarter=True)
    losses = Column(0.0, unit="fen/quarter", doc="on loans, less what insurers pay", of_the_quarter=True)
    junior_lost = Column(0.0, unit="share", doc="of its junior piece", of_the_quarter=True)
    notes_sold = Column(0.0, unit="fen/quarter", of_the_quarter=True)
    short = Column(0.0, unit="fen/quarter", doc="of what it should have paid", of_the_quarter=True)
    costs = Column(0.0, unit="fen/quarter", doc="of staff")
    worth_before = Column(0.0, unit="fen", doc="its capital as the last quarter closed")
    first_capital = Column(0.0, unit="fen", doc="that its owners put in")
    profit = Column(0.0, unit="fen/quarter")
    tax_paid = Column(0.0, unit="fen/quarter")
    dividend = Column(0.0, unit="fen/quarter")
    deposits = Account("money")
    net_worth = Account("capital")


class HouseBooks(NamedTuple):
    """What `closes_house_books` writes."""

    profit: float
    hit_seen: float
    house_trust: float
    note_yield: float
    alive: float
    failed: float
    tax_paid: float
    dividend: float


@rule(writes=HouseBooks)
def closes_house_books(securities_house, market, p, u):
    """Buyers learn of losses, the yield moves with what is left unsold, tax and owners are paid, or it fails.

    trust = max(0, 1 - strike x the part of its junior piece that they have seen it lose)
    """
    profit = float(securities_house.net_worth) - securities_house.worth_before
    seen = max(p.strike_kept * securities_house.hit_seen, securities_house.junior_lost)
    # more is left than it sold; rounding leaves a fen or two
    left = securities_house.unsold > securities_house.notes_sold + 2.0
    over = max(0.0, securities_house.note_yield - market.policy_rate)
    over = p.note_premium if over <= 0.0 else over
    over *= 1.0 + (p.yield_step if left else -p.yield_step)
    over = min(2.0 * p.note_premium, max(p.note_premium / 4.0, over))
    failed = securities_house.alive and (
        securities_house.short > 0.0 or float(securities_house.net_worth) < 0.0
    )
    stays = securities_house.alive and not failed
    tax = p.profit_tax * max(0.0, profit) if stays else 0.0
    tax = min(tax, max(0.0, float(securities_house.deposits)))
    spare = min(
        float(securities_house.net_worth) - tax - securities_house.first_capital,
        float(securities_house.deposits) - tax,
    )
    # its junior piece is capital that it cannot pay out
    return HouseBooks(
        profit=profit,
        hit_seen=seen,
        house_trust=max(0.0, 1.0 - p.strike * seen),
        note_yield=market.policy_rate + over,
        alive=stays,
        failed=failed or (securities_house.failed and not securities_house.alive),
        tax_paid=tax,
        dividend=p.insurer_payout * max(0.0, spare) if stays else 0.0,
    )
