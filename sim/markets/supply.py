"""The supply network: who delivers to whom, what is paid later, and who bears it when it is not paid.

Each firm buys its inputs half in its own sector and half in the next one of a ring, from one supplier in
each. A supplier serves its contracts before other customers, as far as they leave it room; what it cannot
deliver is bought from the sector's pool, for cash. Part of what a supplier delivers is paid a quarter later:
the customer owes it (payables), the supplier has it to claim (receivables); see `trade_credit`.
"""

import numpy as np

from sim.engine.compiling import compiled, compiled_apart
from sim.engine.draws import each_uniform, key
from sim.engine.ledger import total_by
from sim.engine.parameters import Declared, param

SLOTS = (1, 2)  # where a firm buys: in its own sector, in the next one of the ring
BLOCK = 2048  # rows whose terms stay next to the processor
NOBODY = -1  # no supplier; as a creditor: the owners' pool, to which the claims of closed firms went


class Supply(Declared):
    """What firms buy from one another, and on which terms."""

    # fmt: off
    input_share = param(0.4, unit="share of sales", low=0.0, high=0.6, source="design", symbol="beta",
        doc="share of a firm's sales that it spends on other firms' goods; at 0 there is no network")
    trade_credit = param(0.7, unit="share of deliveries", low=0.0, high=1.0, source="TRADE_CREDIT",
        doc="share of a delivery that is paid a quarter later; at 0 a failure hurts no supplier")
    terms_memory = param(0.25, unit="share/quarter", low=0.05, high=1.0, source="assumed", held=True,
        doc="weight of a quarter in the share of inputs that a firm expects on credit")
    link_death = param(0.034, unit="share/quarter", low=0.026, high=0.055, source="LINK_DEATH",
        doc="chance that a firm loses a given supplier in a quarter")
    contract_limit = param(0.5, unit="share of usual sales", low=0.2, high=0.8, source="assumed",
        doc="highest share of its usual sales that a supplier promises by contract")
    claim_price = param(0.5, unit="share of face value", low=0.3, high=0.9, source="assumed",
        doc="price that the owners pay for receivables of firms that close")
    inputs_bind = param(0.0, unit="share", low=0.0, high=1.0, source="design",
        doc="share of the inputs lacking last quarter by which output falls this quarter")
    # fmt: on


@compiled_apart
def promise(bill, suppliers, units, price, expected, depth, limit, orders, offer):
    """What each supplier is asked for (fen, sums over its customers): half of each one's inputs. And, side by
    side, the share of that which it fills, within its stock and limit, and its depth."""
    for supplier in suppliers:
        for i in range(bill.shape[0]):
            if supplier[i] >= 0 and bill[i] > 0.0:
                orders[supplier[i]] += 0.5 * bill[i]
    for i in range(orders.shape[0]):
        room = price[i] * min(units[i], limit * expected[i])
        offer[i, 0] = min(1.0, room / orders[i]) if orders[i] > 0.0 else 0.0
        offer[i, 1] = depth[i]


@compiled
def look_up(supplier, offer, filled, depth):
    """What the suppliers of some rows have promised, and their depth; nothing where there is none."""
    for i in range(supplier.shape[0]):
        j = max(0, supplier[i])
        filled[i] = offer[j, 0] if supplier[i] >= 0 else 0.0
        depth[i] = offer[j, 1]


@compiled
def hand_over(supplier, now, owed, sold):
    """What some rows pay now and what they owe is sold by their suppliers."""
    for i in range(supplier.shape[0]):
        j = supplier[i]
        if j >= 0:
            sold[j, 0] += now[i]
            sold[j, 1] += owed[i]


@compiled
def fill(ordered, filled, depth, credit, early_cash, left):
    """What is delivered of an order, and what of it is paid now (whole fen).

    Who cannot pay now what he should owes it.
    """
    got = np.floor(ordered * filled)
    return got, min(got - np.floor(credit * got * (1.0 - early_cash * depth)), np.floor(left))


@compiled
def deliver_some(bill, suppliers, offer, deposits, machines, terms, fresh, cash, lacks, block, sold):
    """As `deliver`, for some rows: looking up and handing over far away wait for memory, the sums do not."""
    credit, early_cash = terms
    filled_a, depth_a, now_a, owed_a, filled_b, depth_b, now_b, owed_b = block
    look_up(suppliers[0], offer, filled_a, depth_a)
    look_up(suppliers[1], offer, filled_b, depth_b)
    for i in range(bill.shape[0]):
        half = 0.5 * bill[i]
        left = max(0.0, float(deposits[i]) - machines[i])
        got_a, now_a[i] = fill(half, filled_a[i], depth_a[i], credit, early_cash, left)
        left -= now_a[i]
        got_b, now_b[i] = fill(half, filled_b[i], depth_b[i], credit, early_cash, left)
        left -= now_b[i]
        owed_a[i], owed_b[i] = got_a - now_a[i], got_b - now_b[i]
        cash[i] = now_a[i] + now_b[i]
        # two roundings are to come
        able = min(1.0, max(0.0, left - 2.0) / max(1.0, 2.0 * half - got_a - got_b))
        lacks[0][i] = able * (half - got_a)
        lacks[1][i] = able * (half - got_b)
    for i in range(bill.shape[0]):
        fresh[0][i], fresh[1][i] = int(owed_a[i]), int(owed_b[i])
    hand_over(suppliers[0], now_a, owed_a, sold)
    hand_over(suppliers[1], now_b, owed_b, sold)


@compiled_apart
def deliver(
    starts, bill, suppliers, offer, deposits, machines, terms, fresh, cash, lacks, sold, totals, pool
):
    """Contracts are filled; what is not to be had by contract is asked of the pools of the sectors.

    Writes what each firm owes its first and second supplier (`fresh`), what it pays at once (`cash`), what it
    asks of the pools (`lacks`, as far as it can pay beside its bill for machines), what suppliers `sold` for
    cash and on credit, in all and for cash thanks to integration (`totals`), and the sums asked of each pool.
    """
    (first, second), (fresh_a, fresh_b), (lacks_a, lacks_b) = suppliers, fresh, lacks
    sectors, block, n = pool.shape[0], np.empty((8, BLOCK)), bill.shape[0]
    for start in range(0, n, BLOCK):
        rows = slice(start, min(start + BLOCK, n))
        deliver_some(
            bill[rows], (first[rows], second[rows]), offer, deposits[rows], machines[rows], terms,
            (fresh_a[rows], fresh_b[rows]), cash[rows], (lacks_a[rows], lacks_b[rows]), block, sold,
        )  # fmt: skip
    for s in range(sectors):
        own, of_next = 0.0, 0.0
        for i in range(starts[s], starts[s + 1]):
            own += lacks_a[i]
            of_next += lacks_b[i]
        pool[s] += own
        pool[(s + 1) % sectors] += of_next
    (credit, early_cash), (delivered, early) = terms, totals
    for i in range(n):
        delivered[i] = sold[i, 0] + sold[i, 1]
        early[i] = max(0.0, credit * delivered[i] - sold[i, 1]) if early_cash * offer[i, 1] > 0.0 else 0.0


@compiled
def buy_here(bill, lacks, served_here, served_there, fresh, cash, owed, bought, short, on_credit, news):
    """As `buy_from_pools`, for the firms of one sector. Returns what they pay to it and to the next one."""
    own, of_next = 0.0, 0.0
    for i in range(bill.shape[0]):
        owed[i] = float(fresh[0][i] + fresh[1][i])
        lacks[0][i] = np.floor(lacks[0][i] * served_here)
        lacks[1][i] = np.floor(lacks[1][i] * served_there)
        cash[i] += lacks[0][i] + lacks[1][i]
        bought[i] = cash[i] + owed[i]
        whole = max(1.0, bill[i])
        buys = 1.0 if bill[i] > 0.0 else 0.0
        on_credit[i] += news * buys * (owed[i] / whole - on_credit[i])
        short[i] = buys * max(0.0, 1.0 - bought[i] / whole)
    for i in range(bill.shape[0]):
        own += lacks[0][i]
        of_next += lacks[1][i]
    return own, of_next


@compiled_apart
def buy_from_pools(starts, bill, lacks, served, fresh, cash, owed, bought, short, on_credit, news, by_sector):
    """What the pools deliver is paid at once. Writes it into `lacks`; and all inputs, the share of them that
    is not to be had, and the share on credit, by firm."""
    sectors, (fresh_a, fresh_b), (lacks_a, lacks_b) = served.shape[0], fresh, lacks
    for s in range(sectors):
        after, rows = (s + 1) % sectors, slice(starts[s], starts[s + 1])
        own, of_next = buy_here(
            bill[rows], (lacks_a[rows], lacks_b[rows]), served[s], served[after],
            (fresh_a[rows], fresh_b[rows]), cash[rows], owed[rows], bought[rows], short[rows],
            on_credit[rows], news,
        )  # fmt: skip
        by_sector[s] += int(own)
        by_sector[after] += int(of_next)


@compiled
def list_without(alive, supplier, ends, slot, rows):
    """Firms that lack a supplier, or whose contract has ended, into `rows`. Returns how many there are."""
    found = 0
    for i in range(alive.shape[0]):
        rows[found] = i
        found += 1 if alive[i] & ((supplier[i] < 0) | (ends[i] == slot)) else 0
    return found


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


@compiled
def renew(rows, luck, open_, slot, starts, upto, supplier):
    """Each of the `rows` (ascending) draws a supplier by size, or stays without if that takes no customers.

    luck: a number in (0, 1) for each; open_: who takes customers; upto: running sum of their sizes.
    """
    sectors, stop, places = starts.shape[0] - 1, 0, np.empty(rows.shape[0], np.int64)
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
                if found < end and found != rows[n] and open_[found]:
                    supplier[rows[n]] = found


@compiled
def running_sum(share, open_, out):
    """Running sum of the shares of those who are open."""
    together = 0.0
    for i in range(share.shape[0]):
        together += share[i] if open_[i] else 0.0
        out[i] = together


def columns_of(economy, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The columns of that name for the first and the second supplier."""
    return tuple(economy.firms.columns[f"{name}_{slot}"] for slot in SLOTS)


def find_suppliers(economy) -> None:
    """Firms whose supplier is gone, or whose contract has ended, look for another."""
    if economy.p.input_share == 0.0:
        return
    firms, c = economy.firms, economy.firms.columns
    n, open_ = len(firms), c["alive"] & ~c["closing"]
    upto, rows, luck = np.empty(n), np.empty(n, np.int64), np.empty(n)
    running_sum(c["share"], open_, upto)
    for slot, supplier in zip(SLOTS, columns_of(economy, "supplier"), strict=True):
        without = rows[: list_without(c["alive"], supplier, c["contract_ends"], slot, rows)]
        drawn = key(economy.seed, f"a firm's supplier {slot}")
        each_uniform(drawn, without, firms.ids, c["generation"], np.uint64(economy.quarter), luck)
        renew(without, luck, open_, slot, economy.market.starts, upto, supplier)


class Deliveries:
    """What firms buy from one another in a quarter: contracts first, then the pools of the sectors."""

    def __init__(self, economy):
        c, p, n = economy.firms.columns, economy.p, len(economy.firms)
        self.columns, self.starts, self.news = c, economy.market.starts, p.terms_memory
        self.fresh = columns_of(economy, "fresh")
        column = np.empty if p.input_share > 0.0 else np.zeros  # where there is a network, all is written
        # what is bought at once, on credit and in all; what is lacking of the own and of the next sector's
        # goods; what is sold by contract (fen; these float64 are whole)
        self.cash, self.owed, self.bought, self.contracts = (column(n) for _ in range(4))
        self.lacks = column(n), column(n)
        self.orders, self.pool = np.zeros(n), np.zeros(len(economy.market.weights))
        self.sold = np.zeros((n, 2))  # by contract, for cash and on credit
        if p.input_share > 0.0:
            suppliers, offer = columns_of(economy, "supplier"), np.empty((n, 2))
            promise(
                c["input_bill"], suppliers, c["units"], c["price"], c["expected_demand"], c["linked_early"],
                p.contract_limit, self.orders, offer,
            )  # fmt: skip
            deliver(
                self.starts, c["input_bill"], suppliers, offer, c["deposits"], c["investment_bill"],
                (p.trade_credit, 1.0), self.fresh, self.cash, self.lacks, self.sold,
                (self.contracts, c["early"]), self.pool,
            )  # fmt: skip

    def buy_the_rest(self, served: np.ndarray) -> np.ndarray:
        """The pools deliver the shares `served`. Returns what they are paid, by sector (fen, int64)."""
        by_sector, c = np.zeros(len(served), np.int64), self.columns
        buy_from_pools(
            self.starts, c["input_bill"], self.lacks, served, self.fresh, self.cash, self.owed, self.bought,
            c["inputs_short"], c["on_credit"], self.news, by_sector,
        )  # fmt: skip
        return by_sector


def start(economy) -> None:
    """Suppliers of the first quarter, and what firms owe them for the last one."""
    c, books, p, n = economy.firms.columns, economy.firms.books, economy.p, len(economy.firms)
    find_suppliers(economy)
    if p.input_share == 0.0:
        return
    bill = np.floor(p.input_share * c["demand"] * c["price"])
    orders, offer, claims = np.zeros(n), np.empty((n, 2)), np.zeros(n, np.int64)
    units, suppliers = (1.0 + p.stock_buffer) * c["demand"], columns_of(economy, "supplier")
    promise(
        bill, suppliers, units, c["price"], c["demand"], c["linked_early"], p.contract_limit, orders, offer
    )
    for slot, supplier in zip(SLOTS, suppliers, strict=True):
        got = np.where(supplier >= 0, 0.5 * bill * offer[np.maximum(0, supplier), 0], 0.0)
        owed = np.floor(p.trade_credit * got).astype(np.int64)
        c[f"owed_{slot}"][...] = owed
        c[f"creditor_{slot}"][...] = supplier
        claims += total_by(supplier, owed, n)
    books["payables"][...] = c["owed_1"] + c["owed_2"]
    books["receivables"][...] = claims
    c["on_credit"][...] = books["payables"] / np.maximum(1.0, bill)
