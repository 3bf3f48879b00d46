"""The venture fund: owners commit money, the fund backs platforms, and sells what has come to a profit."""

import numpy as np

from sim.actors.platforms import own_cash, purse
from sim.engine.fen import any_of
from sim.engine.kernels import kernel
from sim.engine.ledger import split
from sim.engine.parameters import Declared, param
from sim.markets.payments import ownership


class Venture(Declared):
    """The venture fund: what it gets, what it gives to whom, when it sells."""

    # fmt: off
    fund_commitment = param(0.0007, unit="share of GDP", low=0.0, high=0.004, source="design",
        doc="what the owners commit to the venture fund in a quarter, when their confidence in it is one")
    confidence_speed = param(0.1, unit="share/quarter", low=0.02, high=0.5, source="assumed", held=True,
        doc="weight of the fund's record so far in the owners' confidence in it")
    confidence_least = param(0.1, unit="ratio", low=0.0, high=1.0, source="assumed", held=True,
        doc="lowest factor by which the fund's record scales commitments")
    confidence_most = param(1.5, unit="ratio", low=1.0, high=4.0, source="assumed", held=True,
        doc="highest factor by which the fund's record scales commitments")
    first_round = param(6.0, unit="quarters of commitments", low=0.0, high=20.0, source="design",
        when="entry", doc="first commitment to the fund, by which platforms are founded")
    fund_pace = param(0.3, unit="share of its money/quarter", low=0.05, high=1.0, source="assumed",
        doc="share of its money that the fund invests in a quarter at most")
    fund_floor = param(0.3, unit="share", low=0.05, high=1.0, source="assumed",
        doc="weight in a round of a platform without any gross profit")
    merit_most = param(3.0, unit="ratio", low=1.0, high=10.0, source="assumed", held=True,
        doc="gross profit over growth spending beyond which a platform gains no more weight in a round")
    runway = param(8.0, unit="quarters of cost", low=4.0, high=16.0, source="assumed",
        doc="costs up to which the fund fills up a platform's own cash")
    round_parts = param(10.0, unit="count", low=1.0, high=100.0, source="assumed", held=True,
        doc="parts of a quarter's commitment of which a platform of size one can always use one")
    hold = param(24.0, unit="quarters", low=8.0, high=40.0, source="assumed",
        doc="time for which the fund holds a stake before it may be sold")
    exit_multiple = param(20.0, unit="quarters of profit", low=8.0, high=60.0, source="assumed",
        doc="price of a platform over its usual profit")
    exit_passed_on = param(0.8, unit="share of the price", low=0.0, high=1.0, source="assumed", held=True,
        doc="part of the price of a sold stake that the fund returns to the owners")
    dividend_pace = param(0.2, unit="share/quarter", low=0.05, high=1.0, source="assumed",
        doc="share of its spare cash that a platform pays out in a quarter")
    # fmt: on


@kernel
def weigh_round(backed, platforms, p, commitment, weight):
    """What each platform that may be `backed` weighs in a round: gross profit per yuan spent on growth.

    Nobody is funded beyond his runway; commitment: of the owners this quarter (fen). Returns the share of
    those who may be backed, by size, that has use for money.
    """
    used, sizes = 0.0, 0.0
    for q in range(weight.shape[0]):
        size, spent = platforms.size[q], platforms.growth_spend[q]
        merit = platforms.gross_profit[q] / spent if spent > 0.0 else 0.0
        needed = p.runway * (spent + platforms.wage_bill[q]) + size * commitment / p.round_parts
        need = min(1.0, needed / max(1.0, own_cash(purse(platforms, q))))
        counts = size if backed[q] else 0.0
        weight[q] = counts * (p.fund_floor + min(p.merit_most, max(0.0, merit))) * need
        used += counts * need
        sizes += counts
    return used / sizes


def fund_platforms(economy) -> None:
    """Owners commit money as the fund's record allows; the fund backs gross profit per yuan spent."""
    platforms, ledger, p, memory = economy.platforms.columns, economy.ledger, economy.p, economy.memory
    backed = platforms["alive"] & (platforms["acts"] > 0.0) & ~platforms["sold"]
    if not any_of(backed):
        return
    founded = platforms["founded"][backed]
    profit = float(np.maximum(0.0, platforms["usual_profit"][backed]).sum())
    value = p.exit_multiple * profit + memory.fund_returned
    old = economy.quarter > founded.min() + p.hold
    record = min(p.confidence_most, max(p.confidence_least, value / max(1.0, memory.fund_put_in)))
    confidence = record if old else 1.0
    memory.fund_confidence += p.confidence_speed * (confidence - memory.fund_confidence)
    first = bool(any_of(founded == economy.quarter - 1))
    scale = p.first_round if first else memory.fund_confidence
    wish = p.fund_commitment * economy.market.gdp_seen * scale
    commitment = int(min(wish, p.commitment_purse * ownership.money(economy)))
    if commitment > 0:
        ownership.spend(economy, "fund commitments", split(commitment, np.ones(len(economy.fund))))
    held, weight = economy.fund.columns["deposits"].astype(float), np.empty(len(backed))
    # money that a platform cannot use stays in the fund
    use = weigh_round(backed, economy.platforms, p, float(commitment), weight)
    total = int(held.sum() if first else p.fund_pace * held.sum() * use)
    if total > 0:
        part = split(total, weight)
        ledger.pay("venture funding", split(total, held), part)
        platforms["venture"][...] = part
        platforms["venture_total"] += part
        memory.fund_put_in += total


def sell_stakes(economy) -> None:
    """After the holding period the owners buy what has a profit, for cash; the fund passes most of it on."""
    platforms, p = economy.platforms.columns, economy.p
    ready = platforms["alive"] & ~platforms["sold"] & (platforms["usual_profit"] > 0.0)
    ready &= (platforms["acts"] > 0.0) & (economy.quarter >= platforms["founded"] + p.hold)
    price = np.floor(p.exit_multiple * platforms["usual_profit"] * ready)
    purse_of_owners = p.exit_purse * ownership.money(economy)
    for row in np.flatnonzero(ready):
        if 0.0 < price[row] <= purse_of_owners:
            purse_of_owners -= price[row]
            sell(economy, int(row), int(price[row]))


def sell(economy, row: int, price: int) -> None:
    """The owners buy one platform for that price (fen)."""
    ownership.spend(economy, "venture exits", split(price, np.ones(len(economy.fund))))
    economy.platforms.columns["sold"][row] = True
    economy.memory.fund_returned += price
    passed = int(economy.p.exit_passed_on * price)
    share = split(passed, economy.fund["deposits"].astype(float))
    economy.ledger.debit("fund distributions", share)
    economy.ledger.credit("fund distributions", split(passed, np.ones(len(economy.owners))))


def pay_dividends(economy) -> None:
    """Owners get what platforms have decided to pay out."""
    fen = economy.platforms.columns["dividend"]
    if any_of(fen):
        ownership.receive(economy, "platform dividends", fen)
