"""The supply network: who delivers to whom, what is paid later, and who bears it when it is not paid.

Each firm buys its inputs half in its own sector and half in the next one of a ring, from one supplier in
each. A supplier serves its contracts before other customers, as far as they leave it room; what it cannot
deliver is bought from the sector's pool, for cash. Part of what a supplier delivers is paid a quarter later:
the customer owes it (payables), the supplier has it to claim (receivables). A customer that fails leaves the
claim unpaid, and the supplier may fail for it a quarter later.
"""

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.draws import key, uniform
from sim.engine.ledger import Some, total_by
from sim.engine.parameters import Declared, param
from sim.markets import ownership
from sim.markets.settlement import within

SLOTS = (1, 2)  # where a firm buys: in its own sector, in the next one of the ring
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
        0.5,
        unit="share of usual sales",
        low=0.2,
        high=0.8,
        source="assumed",
        doc="promised by contract, at most",
    )
    claim_price = param(
        0.5,
        unit="share of face value",
        low=0.3,
        high=0.9,
        source="assumed",
        doc="of a closed firm's receivables",
    )
    inputs_bind = param(
        0.0, unit="share", low=0.0, high=1.0, source="design", doc="of lacking inputs that stops production"
    )


@compiled
def order(bill, supplier, orders):
    """What each supplier is asked for (fen, float64 sums over its customers): half of each one's inputs."""
    for i in range(bill.shape[0]):
        if supplier[i] >= 0 and bill[i] > 0.0:
            orders[supplier[i]] += 0.5 * bill[i]


@compiled
def promise(orders, units, price, expected, limit, filled):
    """The share of its contracts that each supplier fills: within its stock and its limit."""
    for i in range(orders.shape[0]):
        room = price[i] * min(units[i], limit * expected[i])
        filled[i] = min(1.0, room / orders[i]) if orders[i] > 0.0 else 0.0


@compiled
def deliver(
    bill,
    suppliers,
    filled,
    depth,
    sector,
    purse,
    terms,
    fresh,
    cash,
    asked,
    sold_cash,
    sold_credit,
    early,
    pool,
):
    """Contracts are filled, in whole fen; what cannot be paid at once is owed.

    Writes what each firm owes for it to its first and second supplier (`fresh`), what it pays at once
    (`cash`), the share of the rest that it can pay for (`asked`), what suppliers sold for cash and on credit,
    how much of that was paid early thanks to integration, and what the pools of the sectors are asked for.
    """
    credit, early_cash = terms
    sectors = pool.shape[0]
    for i in range(bill.shape[0]):
        fresh[0][i] = 0
        fresh[1][i] = 0
        cash[i] = 0
        asked[i] = 0.0
        if bill[i] <= 0.0:
            continue
        half = 0.5 * bill[i]
        left = purse[i]
        rest = 0.0
        s = sector[i]
        for slot in range(2):
            j = suppliers[slot][i]
            got = int(half * filled[j]) if j >= 0 else 0
            rest += half - got
            if got > 0:
                usual = credit * got
                soon = usual * early_cash * depth[j]
                now = min(got - int(usual - soon), int(left))
                left -= now
                cash[i] += now
                fresh[slot][i] = got - now
                sold_cash[j] += now
                sold_credit[j] += got - now
                early[j] += max(0, int(usual) - (got - now))
        if rest > 0.0:
            asked[i] = min(1.0, max(0.0, left - 2.0) / rest)  # two roundings to come
            for slot in range(2):
                j = suppliers[slot][i]
                got = int(half * filled[j]) if j >= 0 else 0
                pool[(s + slot) % sectors] += asked[i] * (half - got)


@compiled
def buy_from_pools(bill, suppliers, fresh, filled, asked, sector, served, cash, short, on_credit, by_sector):
    """What the pools deliver is paid at once. Lacking inputs, and the share had on credit, by firm."""
    sectors = served.shape[0]
    for i in range(bill.shape[0]):
        short[i] = 0.0
        if bill[i] <= 0.0:
            continue
        half = 0.5 * bill[i]
        for slot in range(2):
            j = suppliers[slot][i]
            got = int(half * filled[j]) if j >= 0 else 0
            s = (sector[i] + slot) % sectors
            now = int(asked[i] * (half - got) * served[s])
            cash[i] += now
            by_sector[s] += now
        owed = fresh[0][i] + fresh[1][i]
        on_credit[i] += 0.25 * (owed / bill[i] - on_credit[i])
        short[i] = max(0.0, 1.0 - (cash[i] + owed) / bill[i])


@compiled
def renew(alive, closing, ends, slot, sector, upto, first, supplier, k, ids, generation, quarter):
    """A supplier that is gone, or whose contract has ended, is replaced by one drawn by size.

    upto: running sum of the sizes of firms that take customers; first: where each sector's rows begin.
    """
    sectors = first.shape[0] - 1
    for i in range(alive.shape[0]):
        j = supplier[i]
        if not alive[i] or (j >= 0 and alive[j] and not closing[j] and ends[i] != slot):
            continue
        s = (sector[i] + slot - 1) % sectors
        low, high = first[s], first[s + 1] - 1
        floor = upto[low - 1] if low > 0 else 0.0
        aim = floor + uniform(k, ids[i], generation[i], quarter) * (upto[high] - floor)
        while low < high:
            middle = (low + high) // 2
            if upto[middle] > aim:
                high = middle
            else:
                low = middle + 1
        supplier[i] = low if low != i and alive[low] and not closing[low] else NOBODY


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
def turn(gone, supplier, fresh, creditor, owed):
    """What was bought this quarter falls due in the next; claims of those who are gone went to the owners."""
    for i in range(gone.shape[0]):
        if supplier[i] >= 0 and gone[supplier[i]]:
            supplier[i] = NOBODY
        creditor[i] = supplier[i]
        owed[i] = fresh[i]
        fresh[i] = 0


@compiled
def share_out(money, claims, paid):
    """What estates pay on their claims, the oldest first: money and claims (estates x claims) in fen."""
    for e in range(money.shape[0]):
        left = money[e]
        for k in range(claims.shape[1]):
            paid[e, k] = min(left, claims[e, k])
            left -= paid[e, k]


def columns_of(economy, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The columns of that name for the first and the second supplier."""
    return tuple(economy.firms.columns[f"{name}_{slot}"] for slot in SLOTS)


def find_suppliers(economy) -> None:
    """Firms whose supplier is gone, or whose contract has ended, look for another."""
    if economy.p.input_share == 0.0:
        return
    firms, c = economy.firms, economy.firms.columns
    open_ = c["alive"] & ~c["closing"]
    upto = np.cumsum(c["share"] * open_)
    # the rows of a sector lie together
    first = np.searchsorted(c["sector"], np.arange(len(economy.market.weights) + 1))
    for slot, supplier in zip(SLOTS, columns_of(economy, "supplier"), strict=True):
        renew(
            c["alive"], c["closing"], c["contract_ends"], slot, c["sector"], upto, first, supplier,
            key(economy.seed, f"a firm's supplier {slot}"), firms.ids, c["generation"],
            np.uint64(economy.quarter),
        )  # fmt: skip


class Deliveries:
    """What firms buy from one another in a quarter: contracts first, then the pools of the sectors."""

    def __init__(self, economy):
        c, p, n = economy.firms.columns, economy.p, len(economy.firms)
        self.columns, self.suppliers, self.fresh = (
            c, columns_of(economy, "supplier"), columns_of(economy, "fresh")
        )  # fmt: skip
        self.bill, self.cash = c["input_bill"], np.zeros(n, np.int64)
        self.orders, self.filled, self.asked = np.zeros(n), np.empty(n), np.zeros(n)
        self.sold_cash, self.sold_credit = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.pool = np.zeros(len(economy.market.weights))
        c["early"][...] = 0.0
        if p.input_share == 0.0:
            return
        for supplier in self.suppliers:
            order(self.bill, supplier, self.orders)
        promise(self.orders, c["units"], c["price"], c["expected_demand"], p.contract_limit, self.filled)
        # machines are paid for out of the same purse
        purse = np.maximum(0.0, c["deposits"] - c["investment_bill"])
        deliver(
            self.bill, self.suppliers, self.filled, c["depth"], c["sector"], purse,
            (p.trade_credit, p.early_cash), self.fresh, self.cash, self.asked,
            self.sold_cash, self.sold_credit, c["early"], self.pool,
        )  # fmt: skip

    def buy_the_rest(self, served: np.ndarray) -> np.ndarray:
        """The pools deliver the shares `served`. Returns what they are paid, by sector (fen, int64)."""
        by_sector = np.zeros(len(served), np.int64)
        c = self.columns
        buy_from_pools(
            self.bill, self.suppliers, self.fresh, self.filled, self.asked, c["sector"], served, self.cash,
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
    orders, filled, claims = np.zeros(n), np.empty(n), np.zeros(n, np.int64)
    for supplier in columns_of(economy, "supplier"):
        order(bill, supplier, orders)
    promise(orders, (1.0 + p.stock_buffer) * c["demand"], c["price"], c["demand"], p.contract_limit, filled)
    for slot, supplier in zip(SLOTS, columns_of(economy, "supplier"), strict=True):
        got = np.where(supplier >= 0, 0.5 * bill * filled[np.maximum(0, supplier)], 0.0)
        owed = np.floor(p.trade_credit * got).astype(np.int64)
        c[f"owed_{slot}"][...] = owed
        c[f"creditor_{slot}"][...] = supplier
        claims += total_by(supplier, owed, n)
    books["payables"][...] = c["owed_1"] + c["owed_2"]
    books["receivables"][...] = claims
    c["on_credit"] = books["payables"] / np.maximum(1.0, bill)


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
    c, ledger, n = economy.firms.columns, economy.ledger, len(economy.firms)
    names = ("owed_1", "owed_2", "fresh_1", "fresh_2")
    claims = np.stack([c[name][rows] for name in names], axis=1)
    holders = np.stack(
        [c[name][rows] for name in ("creditor_1", "creditor_2", "supplier_1", "supplier_2")], axis=1
    )
    holders = np.where((holders >= 0) & ~gone[holders], holders, NOBODY)
    paid = np.empty_like(claims)
    share_out(money, claims, paid)
    lost, theirs = claims - paid, holders == NOBODY
    ledger.pay(
        "suppliers paid",
        Some(rows, np.where(theirs, 0, paid).sum(axis=1)),
        total_by(holders.ravel(), paid.ravel(), n),
    )
    pay_owners(economy, Some(rows, np.where(theirs, paid, 0).sum(axis=1)))
    of_firms = total_by(holders.ravel(), lost.ravel(), n)
    of_owners = within(int(lost[theirs].sum()), economy.owners["receivables"])
    by_estate = lost.sum(axis=1)
    ledger.write_off(
        "bad trade credit", {"firms": of_firms, "owners": of_owners}, {"firms": Some(rows, by_estate)}
    )
    c["bad_trade"] = of_firms.astype(float)
    for name in names:
        c[name][rows] = 0
    return by_estate


def turn_quarter(economy, gone: np.ndarray) -> None:
    """What was bought this quarter falls due in the next."""
    for slot in SLOTS:
        c = economy.firms.columns
        turn(gone, *(c[f"{name}_{slot}"] for name in ("supplier", "fresh", "creditor", "owed")))
