"""The supply network: who delivers to whom.

Each firm buys its inputs half in its own sector and half in the next one of a ring, from one supplier in
each; see `deliveries`. Part of what a supplier delivers is paid a quarter later: the customer owes it
(payables), the supplier has it to claim (receivables); see `trade_credit`.
"""

from types import SimpleNamespace

import numpy as np

from sim.engine.compiling import compiled, compiled_apart
from sim.engine.draws import claim, each_uniform, key
from sim.engine.fen import total_by
from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param
from sim.markets.deliveries import promise

SLOTS = (1, 2)  # where a firm buys: in its own sector, in the next one of the ring
NOBODY = -1  # no supplier; as a creditor: the owners' pool, to which the claims of closed firms went
DRAWN = {slot: claim(f"a firm's supplier {slot}", __name__) for slot in SLOTS}


class Supply(Declared):
    """What firms buy from one another, and on which terms."""

    # fmt: off
    input_share = param(0.4, unit="share of sales", low=0.0, high=0.6, source="design", symbol="beta",
        doc="share of a firm's sales that it spends on other firms' goods; at 0 there is no network")
    trade_credit = param(0.8, unit="share of deliveries", low=0.0, high=1.0, source="TRADE_CREDIT",
        doc="share of a delivery that is paid a quarter later; at 0 a failure hurts no supplier")
    terms_memory = param(0.25, unit="share/quarter", low=0.05, high=1.0, source="assumed", held=True,
        doc="weight of a quarter in the share of inputs that a firm expects on credit")
    link_death = param(0.034, unit="share/quarter", low=0.026, high=0.055, source="LINK_DEATH",
        doc="chance that a firm loses a given supplier in a quarter")
    contract_limit = param(0.5, unit="share of usual sales", low=0.2, high=0.8, source="assumed",
        doc="highest share of its usual sales that a supplier promises by contract")
    claim_price = param(0.3, unit="share of face value", low=0.1, high=0.6, source="assumed",
        doc="price that the owners pay for receivables of firms that close")
    inputs_bind = param(0.0, unit="share", low=0.0, high=1.0, source="design",
        doc="share of the inputs lacking last quarter by which output falls this quarter")
    # fmt: on


@kernel
def list_without(firms, supplier, slot, rows):
    """Firms that lack a supplier, or whose contract has ended, into `rows`. Returns how many there are."""
    count = 0
    for i in range(supplier.shape[0]):
        rows[count] = i
        count += 1 if firms.alive[i] & ((supplier[i] < 0) | (firms.contract_ends[i] == slot)) else 0
    return count


@compiled_apart
def places_of(aims, sums, first, end, places):
    """For each aim the first place, from `first` up to `end`, whose sum is not below it; else `end`.

    All aims halve what is left together, whatever they find: so eight are looked up at a time.
    """
    for n in range(aims.shape[0]):
        places[n] = first
    left = end - first
    while left > 1:
        half = left >> 1
        for n in range(aims.shape[0]):
            places[n] += half if sums[places[n] + half - 1] < aims[n] else 0
        left -= half
    for n in range(aims.shape[0]):
        places[n] += 1 if sums[places[n]] < aims[n] else 0


@kernel
def draw_suppliers(rows, luck, slot, starts, open_, supplier):
    """Each of the `rows` (ascending) draws a supplier by size, or stays without if that takes no customers.

    luck: a number in (0, 1) for each of them; starts: (sectors + 1,), the first row of each sector; by firm
    open_.takes: does it take customers; open_.upto: running sum of the sizes of those that do.
    """
    sectors, stop, places = starts.shape[0] - 1, 0, np.empty(rows.shape[0], np.int64)
    upto = open_.upto
    for s in range(sectors):
        start = stop
        while stop < rows.shape[0] and rows[stop] < starts[s + 1]:
            supplier[rows[stop]] = NOBODY
            stop += 1
        at = (s + slot - 1) % sectors
        first, end = starts[at], starts[at + 1]
        floor = upto[first - 1] if first > 0 else 0.0
        whole = upto[end - 1] - floor if end > first else 0.0
        if whole > 0.0:
            places_of(floor + luck[start:stop] * whole, upto, first, end, places[start:stop])
            for n in range(start, stop):
                found = places[n]
                if found < end and found != rows[n] and open_.takes[found]:
                    supplier[rows[n]] = found


@compiled
def running_sum(share, takes, upto):
    """Running sum of the shares of those who take customers."""
    together = 0.0
    for i in range(share.shape[0]):
        together += share[i] if takes[i] else 0.0
        upto[i] = together


def columns_of(economy, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The columns of that name for the first and the second supplier."""
    return tuple(economy.firms.columns[f"{name}_{slot}"] for slot in SLOTS)


def find_suppliers(economy) -> None:
    """Firms whose supplier is gone, or whose contract has ended, look for another."""
    if economy.p.input_share == 0.0:
        return
    firms, n = economy.firms, len(economy.firms)
    open_ = SimpleNamespace(takes=firms["alive"] & ~firms["closing"], upto=np.empty(n))
    rows, luck = np.empty(n, np.int64), np.empty(n)
    running_sum(firms["share"], open_.takes, open_.upto)
    for slot, supplier in zip(SLOTS, columns_of(economy, "supplier"), strict=True):
        without = rows[: list_without(firms, supplier, slot, rows)]
        drawn = key(economy.draws_from, DRAWN[slot])
        each_uniform(drawn, without, firms.ids, firms["generation"], np.uint64(economy.quarter), luck)
        draw_suppliers(without, luck, slot, economy.market.starts, open_, supplier)


def start_network(economy) -> None:
    """Suppliers of the first quarter, and what firms owe them for the last one."""
    firms, books, p, n = economy.firms, economy.firms.books, economy.p, len(economy.firms)
    find_suppliers(economy)
    if p.input_share == 0.0:
        return
    bill = np.floor(p.input_share * firms["demand"] * firms["price"])
    contracts, claims = SimpleNamespace(orders=np.zeros(n), offer=np.empty((n, 2))), np.zeros(n, np.int64)
    promise(bill, (1.0 + p.stock_buffer) * firms["demand"], firms, contracts, p)
    for slot, supplier in zip(SLOTS, columns_of(economy, "supplier"), strict=True):
        filled = np.where(supplier >= 0, contracts.offer[np.maximum(0, supplier), 0], 0.0)
        owed = np.floor(p.trade_credit * (0.5 * bill * filled)).astype(np.int64)
        firms[f"owed_{slot}"] = owed
        firms[f"creditor_{slot}"] = supplier
        claims += total_by(supplier, owed, n)
    books["payables"][...] = firms["owed_1"] + firms["owed_2"]
    books["receivables"][...] = claims
    firms["on_credit"] = books["payables"] / np.maximum(1.0, bill)
