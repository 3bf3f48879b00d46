"""The supply network: who delivers to whom, what is paid later, and who bears it when it is not paid.

Each firm buys its inputs half in its own sector and half in the next one of a ring, from one supplier in
each. A supplier serves its contracts before other customers, as far as they leave it room; what it cannot
deliver is bought from the sector's pool, for cash. Part of what a supplier delivers is paid a quarter later:
the customer owes it (payables), the supplier has it to claim (receivables). A customer that fails leaves the
claim unpaid, and the supplier may fail for it a quarter later.
"""

import numpy as np

from sim.engine.compiling import compiled, compiled_apart
from sim.engine.draws import each_uniform, key
from sim.engine.fen import sum_by
from sim.engine.ledger import Some, total_by
from sim.engine.parameters import Declared, param
from sim.markets import ownership
from sim.markets.settlement import within

SLOTS = (1, 2)  # where a firm buys: in its own sector, in the next one of the ring
BLOCK = 2048  # rows whose terms stay next to the processor
NOBODY = -1  # no supplier; as a creditor: the owners' pool, to which the claims of closed firms went


class Supply(Declared):
    """What firms buy from one another, and on which terms."""

    input_share = param(
        0.4, unit="share of sales", low=0.0, high=0.6, source="design", symbol="beta",
        doc="spent on other firms' goods; at 0 there is no network",
    )  # fmt: skip
    trade_credit = param(
        0.7, unit="share of deliveries", low=0.0, high=1.0, source="TRADE_CREDIT",
        doc="paid a quarter later; at 0 a failure hurts no supplier",
    )  # fmt: skip
    link_death = param(0.034, unit="share/quarter", low=0.026, high=0.055, source="LINK_DEATH")
    contract_limit = param(
        0.5, unit="share of usual sales", low=0.2, high=0.8, source="assumed", doc="promised at most"
    )
    claim_price = param(
        0.5, unit="share of face value", low=0.3, high=0.9, source="assumed", doc="of receivables sold"
    )
    inputs_bind = param(
        0.0, unit="share", low=0.0, high=1.0, source="design", doc="of lacking inputs that stops production"
    )


@compiled
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
def hand_over(supplier, now, owed, early, sold):
    """What some rows pay now, owe, and pay early, is sold by their suppliers."""
    for i in range(supplier.shape[0]):
        j = supplier[i]
        if j >= 0:
            sold[j, 0] += now[i]
            sold[j, 1] += owed[i]
            sold[j, 2] += early[i]


@compiled
def fill(ordered, filled, depth, credit, early_cash, left):
    """What is delivered of an order, what of it is paid now, and what of that is early (whole fen).

    Who cannot pay now what he should owes it.
    """
    got = np.floor(ordered * filled)
    usual = np.floor(credit * got)
    now = min(got - np.floor(usual * (1.0 - early_cash * depth)), np.floor(left))
    return got, now, max(0.0, usual - (got - now))


@compiled_apart
def deliver(
    starts, bill, suppliers, offer, deposits, machines, terms, fresh, cash, lacks, sold, totals, pool
):
    """Contracts are filled; what is not to be had by contract is asked of the pools of the sectors.

    Writes what each firm owes its first and second supplier (`fresh`), what it pays at once (`cash`), what it
    asks of the pools (`lacks`, as far as it can pay beside its bill for machines), what suppliers `sold` for
    cash, on credit, and for cash early (`totals`: by contract, and early), and the sums asked of each pool.
    """
    credit, early_cash = terms
    sectors, block = pool.shape[0], np.empty((10, BLOCK))
    filled_a, depth_a, now_a, owed_a, early_a, filled_b, depth_b, now_b, owed_b, early_b = block
    for s in range(sectors):
        # block by block: looking up and handing over far away wait for memory, the sums between do not
        for start in range(starts[s], starts[s + 1], BLOCK):
            stop = min(start + BLOCK, starts[s + 1])
            look_up(suppliers[0][start:stop], offer, filled_a, depth_a)
            look_up(suppliers[1][start:stop], offer, filled_b, depth_b)
            for n in range(stop - start):
                i = start + n
                half = 0.5 * bill[i]
                left = max(0.0, float(deposits[i]) - machines[i])
                got_a, now, early_a[n] = fill(half, filled_a[n], depth_a[n], credit, early_cash, left)
                left -= now
                now_a[n], owed_a[n] = now, got_a - now
                got_b, now, early_b[n] = fill(half, filled_b[n], depth_b[n], credit, early_cash, left)
                left -= now
                now_b[n], owed_b[n] = now, got_b - now
                cash[i] = now_a[n] + now
                # two roundings are to come
                able = min(1.0, max(0.0, left - 2.0) / max(1.0, 2.0 * half - got_a - got_b))
                lacks[0, i] = able * (half - got_a)
                lacks[1, i] = able * (half - got_b)
            for n in range(stop - start):
                fresh[0][start + n], fresh[1][start + n] = int(owed_a[n]), int(owed_b[n])
            hand_over(suppliers[0][start:stop], now_a, owed_a, early_a, sold)
            hand_over(suppliers[1][start:stop], now_b, owed_b, early_b, sold)
        own, of_next = 0.0, 0.0
        for i in range(starts[s], starts[s + 1]):
            own += lacks[0, i]
            of_next += lacks[1, i]
        pool[s] += own
        pool[(s + 1) % sectors] += of_next
    for i in range(bill.shape[0]):
        totals[0][i], totals[1][i] = sold[i, 0] + sold[i, 1], sold[i, 2]


@compiled
def buy_from_pools(starts, bill, lacks, served, fresh, cash, bought, short, on_credit, by_sector):
    """What the pools deliver is paid at once. All inputs, those lacking, and the share on credit, by firm."""
    sectors = served.shape[0]
    for s in range(sectors):
        after = (s + 1) % sectors
        own, of_next = 0.0, 0.0
        for i in range(starts[s], starts[s + 1]):
            here, there = np.floor(lacks[0, i] * served[s]), np.floor(lacks[1, i] * served[after])
            owed = float(fresh[0][i] + fresh[1][i])
            cash[i] += here + there
            bought[i] = cash[i] + owed
            whole = max(1.0, bill[i])
            buys = 1.0 if bill[i] > 0.0 else 0.0
            on_credit[i] += 0.25 * buys * (owed / whole - on_credit[i])
            short[i] = buys * max(0.0, 1.0 - bought[i] / whole)
            own += here
            of_next += there
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


@compiled
def place_of(aim, sums, first, end):
    """The first place from `first` on whose sum is not below `aim`; `end` if there is none before."""
    left = end - first
    while left > 0:  # a choice between values and no branch: which half it is, nobody can foresee
        half = left >> 1
        below = sums[first + half] < aim
        first = first + half + 1 if below else first
        left = left - half - 1 if below else half
    return first


@compiled
def renew(rows, luck, open_, sector, slot, starts, upto, supplier):
    """Each of the `rows` draws a supplier by size, or stays without if that takes no customers.

    luck: a number in (0, 1) for each; open_: who takes customers; upto: running sum of their sizes.
    """
    sectors = starts.shape[0] - 1
    for n in range(rows.shape[0]):
        i = rows[n]
        at = (sector[i] + slot - 1) % sectors
        first, end = starts[at], starts[at + 1]
        floor = upto[first - 1] if first > 0 else 0.0
        whole = upto[end - 1] - floor if end > first else 0.0
        supplier[i] = NOBODY
        if whole > 0.0:
            found = place_of(floor + luck[n] * whole, upto, first, end)
            if found < end and found != i and open_[found]:
                supplier[i] = found


@compiled
def running_sum(share, open_, out):
    """Running sum of the shares of those who are open."""
    together = 0.0
    for i in range(share.shape[0]):
        together += share[i] if open_[i] else 0.0
        out[i] = together


@compiled
def collect(paid, owed, creditor, received, to_owners):
    """What firms that pay owe goes to their creditors; `owed` is nothing then."""
    for i in range(paid.shape[0]):
        if paid[i] > 0.0 and owed[i] > 0:
            if creditor[i] >= 0:
                received[creditor[i]] += owed[i]
            else:
                to_owners[i] += owed[i]
            owed[i] = 0


@compiled
def turn(gone, closing, supplier, fresh, creditor, owed):
    """What was bought this quarter falls due in the next; claims of those who are gone went to the owners.

    Customers leave a supplier that is gone or has said that it will close.
    """
    for i in range(gone.shape[0]):
        j = supplier[i]
        if j >= 0:
            creditor[i] = NOBODY if gone[j] else j
            supplier[i] = NOBODY if gone[j] or closing[j] else j
        else:
            creditor[i] = NOBODY
        owed[i] = fresh[i]
        fresh[i] = 0


@compiled
def share_out(rows, money, claims, holders, gone, paid, lost, firms):
    """What estates pay on their claims, the oldest first, and what is lost on them (fen).

    claims, holders: four columns each. Writes, for each claim of each estate, what is `paid` and `lost` on it
    and which of the `firms` has it; of those that the owners have, having bought them of firms that are gone,
    -1. The claims are settled then.
    """
    for e in range(rows.shape[0]):
        i, left = rows[e], money[e]
        for k in range(4):
            paid[e, k] = min(left, claims[k][i])
            lost[e, k] = claims[k][i] - paid[e, k]
            left -= paid[e, k]
            claims[k][i] = 0
            j = holders[k][i]
            firms[e, k] = j if j >= 0 and not gone[max(0, j)] else NOBODY


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
        renew(without, luck, open_, c["sector"], slot, economy.memory.sector_starts, upto, supplier)


class Deliveries:
    """What firms buy from one another in a quarter: contracts first, then the pools of the sectors."""

    def __init__(self, economy):
        c, p, n = economy.firms.columns, economy.p, len(economy.firms)
        self.columns, self.starts = c, economy.memory.sector_starts
        self.fresh = columns_of(economy, "fresh")
        # what is bought at once and in all; what is lacking of the own and of the next sector's goods (fen)
        self.cash, self.bought = np.zeros(n), np.zeros(n)
        self.lacks = np.zeros((2, n))
        self.orders, self.pool = np.zeros(n), np.zeros(len(economy.market.weights))
        # by contract, for cash, on credit, and for cash early; the float64 are whole fen
        sold, self.contracts = np.zeros((n, 3)), np.zeros(n)
        if p.input_share > 0.0:
            suppliers, offer = columns_of(economy, "supplier"), np.empty((n, 2))
            promise(
                c["input_bill"], suppliers, c["units"], c["price"], c["expected_demand"], c["depth"],
                p.contract_limit, self.orders, offer,
            )  # fmt: skip
            deliver(
                self.starts, c["input_bill"], suppliers, offer, c["deposits"], c["investment_bill"],
                (p.trade_credit, p.early_cash), self.fresh, self.cash, self.lacks, sold,
                (self.contracts, c["early"]), self.pool,
            )  # fmt: skip
        self.sold_cash, self.sold_credit = sold[:, 0], sold[:, 1]

    def buy_the_rest(self, served: np.ndarray) -> np.ndarray:
        """The pools deliver the shares `served`. Returns what they are paid, by sector (fen, int64)."""
        by_sector, c = np.zeros(len(served), np.int64), self.columns
        buy_from_pools(
            self.starts, c["input_bill"], self.lacks, served, self.fresh, self.cash, self.bought,
            c["inputs_short"], c["on_credit"], by_sector,
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
    promise(bill, suppliers, units, c["price"], c["demand"], c["depth"], p.contract_limit, orders, offer)
    for slot, supplier in zip(SLOTS, suppliers, strict=True):
        got = np.where(supplier >= 0, 0.5 * bill * offer[np.maximum(0, supplier), 0], 0.0)
        owed = np.floor(p.trade_credit * got).astype(np.int64)
        c[f"owed_{slot}"][...] = owed
        c[f"creditor_{slot}"][...] = supplier
        claims += total_by(supplier, owed, n)
    books["payables"][...] = c["owed_1"] + c["owed_2"]
    books["receivables"][...] = claims
    c["on_credit"][...] = books["payables"] / np.maximum(1.0, bill)


def pay_suppliers(economy) -> None:
    """Firms pay what they owe from the last quarter; for those who fail, their estate does."""
    firms, ledger = economy.firms, economy.ledger
    paid, n = firms["trade_paid"], len(firms)
    received, to_owners = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for owed, creditor in zip(columns_of(economy, "owed"), columns_of(economy, "creditor"), strict=True):
        collect(paid, owed, creditor, received, to_owners)
    ledger.pay("suppliers paid", paid.astype(np.int64) - to_owners, received)
    pay_owners(economy, to_owners)


def pay_owners(economy, amounts) -> None:
    """Debtors of firms that are gone pay the owners' pool, which holds those firms' claims."""
    ledger, owners = economy.ledger, economy.owners
    total = ledger.debit("owners paid as suppliers", amounts)
    ledger.credit("owners paid as suppliers", within(total, owners["receivables"]))


def sell_receivables(economy, rows: np.ndarray) -> None:
    """The owners buy the claims of firms that leave, below face value; what they do not pay is their gain."""
    c, ledger, owners = economy.firms.columns, economy.ledger, economy.owners
    face = c["receivables"][rows]
    total = int(face.sum())
    if total == 0:
        return
    afford = min(economy.p.claim_price, 0.5 * ownership.money(economy) / total)
    price = np.floor(afford * face).astype(np.int64)
    ownership.spend(economy, "receivables bought", Some(rows, price))
    left = ledger.debit("receivables left", Some(rows, face - price))
    ledger.credit("receivables left", np.bincount([0], [left], len(owners)).astype(np.int64))


def settle_estates(economy, rows: np.ndarray, money: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """Estates of the firms `rows` pay suppliers `money` (fen); the rest is lost. Returns what is lost."""
    c, ledger = economy.firms.columns, economy.ledger
    paid, lost, firms = (np.empty((len(rows), 4), np.int64) for _ in range(3))
    share_out(
        rows, money, (*columns_of(economy, "owed"), *columns_of(economy, "fresh")),
        (*columns_of(economy, "creditor"), *columns_of(economy, "supplier")), gone, paid, lost, firms,
    )  # fmt: skip
    theirs = firms == NOBODY
    by_firms, hit = np.where(theirs, 0, paid), firms[~theirs]
    ledger.pay("suppliers paid", Some(rows, by_firms.sum(axis=1)), Some(hit, paid[~theirs]))
    pay_owners(economy, Some(rows, (paid - by_firms).sum(axis=1)))
    of_owners = within(int(lost[theirs].sum()), economy.owners["receivables"])
    by_estate = lost.sum(axis=1)
    ledger.write_off(
        "bad trade credit",
        {"firms": Some(hit, lost[~theirs]), "owners": of_owners},
        {"firms": Some(rows, by_estate)},
    )
    c["bad_trade"][...] = 0.0
    sum_by(hit, lost[~theirs], c["bad_trade"])
    return by_estate


def turn_quarter(economy, gone: np.ndarray) -> None:
    """What was bought this quarter falls due in the next."""
    c = economy.firms.columns
    for slot in SLOTS:
        turn(gone, c["closing"], *(c[f"{name}_{slot}"] for name in ("supplier", "fresh", "creditor", "owed")))
