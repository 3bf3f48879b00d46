"""Deliveries between firms: contracts first, then the pools of the sectors, for cash.

A supplier serves its contracts before other customers, as far as they leave it room. A firm asks half of its
inputs of its supplier in its own sector (1), half of the one in the next sector of the ring (2); what they
cannot deliver is bought from the pools of these sectors.
"""

from typing import NamedTuple

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.kernels import kernel_apart

BLOCK = 2048  # rows whose terms stay next to the processor


@kernel_apart
def promise(bill, units, firms, contracts, p):
    """What suppliers are asked for, and which share of that they fill, within their stock and limit.

    bill: what each firm buys (fen); units: what each can deliver (goods); both (firms,). Adds to
    `contracts.orders` and writes `contracts.offer`: see `Deliveries`.
    """
    orders = contracts.orders
    for supplier in (firms.supplier_1, firms.supplier_2):
        for i in range(bill.shape[0]):
            if supplier[i] >= 0 and bill[i] > 0.0:
                orders[supplier[i]] += 0.5 * bill[i]
    for i in range(orders.shape[0]):
        room = firms.price[i] * min(units[i], p.contract_limit * firms.expected_demand[i])
        contracts.offer[i, 0] = min(1.0, room / orders[i]) if orders[i] > 0.0 else 0.0
        contracts.offer[i, 1] = firms.linked_early[i]


class Buyers(NamedTuple):
    """Columns of rows of firms that lie together, as buyers from their suppliers."""

    bill: np.ndarray
    supplier_1: np.ndarray
    supplier_2: np.ndarray
    deposits: np.ndarray
    machines: np.ndarray  # the bill for them
    owed_new_1: np.ndarray
    owed_new_2: np.ndarray
    cash: np.ndarray
    lack_1: np.ndarray
    lack_2: np.ndarray


@compiled
def look_up(supplier, offer, filled, early):
    """What the suppliers of some rows have promised, and what of it is paid early; 0 where there is none."""
    for i in range(supplier.shape[0]):
        j = max(0, supplier[i])
        filled[i] = offer[j, 0] if supplier[i] >= 0 else 0.0
        early[i] = offer[j, 1]


@compiled
def hand_over(supplier, now, owed, sold):
    """Credit each supplier with its buyers' cash and debt."""
    for i in range(supplier.shape[0]):
        j = supplier[i]
        if j >= 0:
            sold[j, 0] += now[i]
            sold[j, 1] += owed[i]


@compiled
def fill(ordered, filled, early, left, p):
    """What is delivered of an order, and what of it is paid now (whole fen).

    A buyer short of cash owes the rest.
    """
    got = np.floor(ordered * filled)
    return got, min(got - np.floor(p.trade_credit * got * (1.0 - early)), np.floor(left))


@compiled
def deliver_some(buyers, offer, sold, block, p):
    """As `deliver`, for some rows: looking up and handing over far away wait for memory, the sums do not.

    block: (8, at least as many rows), to work in.
    """
    filled_1, early_1, now_1, due_1, filled_2, early_2, now_2, due_2 = block
    look_up(buyers.supplier_1, offer, filled_1, early_1)
    look_up(buyers.supplier_2, offer, filled_2, early_2)
    for i in range(buyers.bill.shape[0]):
        half = 0.5 * buyers.bill[i]
        left = max(0.0, float(buyers.deposits[i]) - buyers.machines[i])
        got_1, now_1[i] = fill(half, filled_1[i], early_1[i], left, p)
        left -= now_1[i]
        got_2, now_2[i] = fill(half, filled_2[i], early_2[i], left, p)
        left -= now_2[i]
        due_1[i], due_2[i] = got_1 - now_1[i], got_2 - now_2[i]
        buyers.cash[i] = now_1[i] + now_2[i]
        # two roundings are to come
        able = min(1.0, max(0.0, left - 2.0) / max(1.0, 2.0 * half - got_1 - got_2))
        buyers.lack_1[i] = able * (half - got_1)
        buyers.lack_2[i] = able * (half - got_2)
    for i in range(buyers.bill.shape[0]):
        buyers.owed_new_1[i], buyers.owed_new_2[i] = int(due_1[i]), int(due_2[i])
    hand_over(buyers.supplier_1, now_1, due_1, sold)
    hand_over(buyers.supplier_2, now_2, due_2, sold)


@kernel_apart
def deliver(starts, firms, inputs, p):
    """Contracts are filled; what is not to be had by contract is asked of the pools of the sectors.

    starts: (sectors + 1,), the first row of each sector; inputs: `Deliveries`. Firms ask of the pools what
    they can pay for beside their bill for machines.
    """
    offer, sold, pool = inputs.offer, inputs.sold, inputs.pool
    sectors, block, n = pool.shape[0], np.empty((8, BLOCK)), firms.input_bill.shape[0]
    for start in range(0, n, BLOCK):
        rows = slice(start, min(start + BLOCK, n))
        buyers = Buyers(
            bill=firms.input_bill[rows],
            supplier_1=firms.supplier_1[rows],
            supplier_2=firms.supplier_2[rows],
            deposits=firms.deposits[rows],
            machines=firms.investment_bill[rows],
            owed_new_1=firms.owed_new_1[rows],
            owed_new_2=firms.owed_new_2[rows],
            cash=inputs.cash[rows],
            lack_1=inputs.lack_1[rows],
            lack_2=inputs.lack_2[rows],
        )
        deliver_some(buyers, offer, sold, block, p)
    for s in range(sectors):
        own, of_next = 0.0, 0.0
        for i in range(starts[s], starts[s + 1]):
            own += inputs.lack_1[i]
            of_next += inputs.lack_2[i]
        pool[s] += own
        pool[(s + 1) % sectors] += of_next
    for i in range(n):
        inputs.contracts[i] = sold[i, 0] + sold[i, 1]
        early = p.trade_credit * inputs.contracts[i] - sold[i, 1]
        firms.paid_early[i] = max(0.0, early) if offer[i, 1] > 0.0 else 0.0


class PoolBuyers(NamedTuple):
    """Columns of the firms of one sector, as buyers from the pools."""

    bill: np.ndarray
    owed_new_1: np.ndarray
    owed_new_2: np.ndarray
    lack_1: np.ndarray
    lack_2: np.ndarray
    cash: np.ndarray
    owed: np.ndarray
    bought: np.ndarray
    inputs_short: np.ndarray
    on_credit: np.ndarray


@compiled
def buy_here(buyers, served_here, served_next, news):
    """As `buy_from_pools`, for the firms of one sector. Returns what they pay to it and to the next one."""
    own, of_next = 0.0, 0.0
    for i in range(buyers.bill.shape[0]):
        owed = float(buyers.owed_new_1[i] + buyers.owed_new_2[i])
        buyers.owed[i] = owed
        buyers.lack_1[i] = np.floor(buyers.lack_1[i] * served_here)
        buyers.lack_2[i] = np.floor(buyers.lack_2[i] * served_next)
        buyers.cash[i] += buyers.lack_1[i] + buyers.lack_2[i]
        buyers.bought[i] = buyers.cash[i] + owed
        whole = max(1.0, buyers.bill[i])
        buys = 1.0 if buyers.bill[i] > 0.0 else 0.0
        buyers.on_credit[i] += news * buys * (owed / whole - buyers.on_credit[i])
        buyers.inputs_short[i] = buys * max(0.0, 1.0 - buyers.bought[i] / whole)
    for i in range(buyers.bill.shape[0]):
        own += buyers.lack_1[i]
        of_next += buyers.lack_2[i]
    return own, of_next


@kernel_apart
def buy_from_pools(starts, firms, inputs, served, by_sector, p):
    """What the pools deliver is paid at once; firms see what they lack, and what share comes on credit.

    starts: (sectors + 1,), as in `deliver`; served: (sectors,), share of what was asked that each pool
    delivers; by_sector: (sectors,) int64, what each is paid is added (fen); inputs: `Deliveries`.
    """
    sectors = served.shape[0]
    for s in range(sectors):
        after, rows = (s + 1) % sectors, slice(starts[s], starts[s + 1])
        buyers = PoolBuyers(
            bill=firms.input_bill[rows],
            owed_new_1=firms.owed_new_1[rows],
            owed_new_2=firms.owed_new_2[rows],
            lack_1=inputs.lack_1[rows],
            lack_2=inputs.lack_2[rows],
            cash=inputs.cash[rows],
            owed=inputs.owed[rows],
            bought=inputs.bought[rows],
            inputs_short=firms.inputs_short[rows],
            on_credit=firms.on_credit[rows],
        )
        own, of_next = buy_here(buyers, served[s], served[after], p.terms_memory)
        by_sector[s] += int(own)
        by_sector[after] += int(of_next)


class Deliveries:
    """What firms buy from one another in a quarter: contracts first, then the pools of the sectors.

    Attributes, float64 of whole fen by firm (firms,) unless otherwise said:
        orders: asked of it by contract, not yet whole.
        offer: (firms, 2), the share of these that it fills, and of its credit that its link gets paid early.
        sold: (firms, 2), sold by contract for cash and on credit; contracts: both together.
        lack_1, lack_2: asked of the pools of its own and of the next sector, then had from them.
        cash, owed, bought: bought for cash, on credit, in all.
        pool: (sectors,), asked of each pool, not yet whole.
    """

    def __init__(self, economy):
        firms, p, n = economy.firms, economy.p, len(economy.firms)
        self.firms, self.starts, self.p = firms, economy.market.starts, p
        column = np.empty if p.input_share > 0.0 else np.zeros  # where there is a network, all is written
        self.cash, self.owed, self.bought, self.contracts = (column(n) for _ in range(4))
        self.lack_1, self.lack_2 = column(n), column(n)
        self.orders, self.sold = np.zeros(n), np.zeros((n, 2))
        self.offer, self.pool = np.empty((n, 2)), np.zeros(len(economy.market.weights))
        if p.input_share > 0.0:
            promise(firms["input_bill"], firms["units"], firms, self, p)
            deliver(self.starts, firms, self, p)

    def buy_the_rest(self, served: np.ndarray) -> np.ndarray:
        """The pools deliver the shares `served`. Returns what they are paid, by sector (fen, int64)."""
        by_sector = np.zeros(len(served), np.int64)
        buy_from_pools(self.starts, self.firms, self, served, by_sector, self.p)
        return by_sector
