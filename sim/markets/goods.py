"""The goods market: a sector's demand goes to its firms by share, and shares follow who serves best."""

import numpy as np

from sim.engine.compiling import compiled, compiled_apart
from sim.engine.fen import split_stretches
from sim.engine.ledger import split
from sim.engine.parameters import Declared, param
from sim.markets import supply
from sim.markets.world import EQUIPMENT, MEDIA


class Goods(Declared):
    """How customers choose among firms."""

    price_response = param(2.0, unit="per relative price", low=1.5, high=3.0, source="assumed")
    fit_response = param(1.0, unit="per squared distance", low=0.0, high=2.0, source="assumed", doc="misfit")
    service_response = param(2.0, unit="per unfilled share", low=1.0, high=6.0, source="assumed")
    choice_speed = param(0.15, unit="share/quarter", low=0.05, high=0.3, source="assumed", symbol="chi")
    fashion = param(
        0.09, unit="log points/quarter", low=0.05, high=0.15, source="assumed", doc="luck with customers"
    )
    rupture = param(
        0.012, unit="share/quarter", low=0.0, high=0.03, source="assumed", doc="lose a main customer"
    )
    rupture_size = param(
        0.8, unit="share", low=0.3, high=0.95, source="assumed", doc="of custom lost, at most"
    )
    walk_in = param(
        0.012, unit="share/quarter", low=0.006, high=0.02, source="assumed", doc="custom open to all"
    )
    used_price = param(
        0.65, unit="share of a new one's", low=0.4, high=0.9, source="assumed", doc="of a used machine"
    )
    used_share = param(
        0.5, unit="share of investment", low=0.1, high=0.9, source="design", doc="at most used machines"
    )


# The rows of a sector lie together, from starts[s] up to starts[s + 1]: see `sim.initial`. Sums by sector are
# therefore sums over a stretch of rows.


@compiled
def indices(starts, share, price, by_share, by_price):
    """Sums by sector of the shares and of share / price."""
    for s in range(by_share.shape[0]):
        shares, per_price = 0.0, 0.0
        for i in range(starts[s], starts[s + 1]):
            shares += share[i]
            per_price += share[i] / price[i]
        by_share[s] = shares
        by_price[s] = per_price


@compiled
def sums_of(starts, amounts, out):
    """The sum of the amounts of each sector; an empty one has none."""
    for s in range(out.shape[0]):
        total = 0.0
        for i in range(starts[s], starts[s + 1]):
            total += amounts[i]
        out[s] = total


@compiled
def serve_sector(
    share, price, units, orders, contracts, money, by_share, demand, unfilled, value, part, room
):  # fmt: skip
    """As `serve`, for the firms of one sector. Returns what they sell, but for contracts (fen)."""
    spread = money / by_share if by_share > 0.0 else 0.0
    unmet, left, sold = 0.0, 0.0, 0.0
    # the sums wait for one another, what is summed does not: so it is worked out before, on vectors
    for i in range(share.shape[0]):
        room[i] = max(0.0, units[i] * price[i] - contracts[i])
        wanted = share[i] * spread
        value[i] = min(wanted, room[i])
        demand[i] = (wanted + orders[i]) / price[i]
        unfilled[i] = 1.0 - value[i] / wanted if wanted > 0.0 else 0.0
    for i in range(share.shape[0]):
        unmet += share[i] * spread - value[i]
        left += room[i] - value[i]
    more = min(1.0, unmet / left) if left > 0.0 else 0.0
    for i in range(share.shape[0]):
        value[i] += max(0.0, room[i] - value[i]) * more
        stock = units[i] * price[i]
        part[i] = min(1.0, (value[i] + contracts[i]) / stock) if stock > 0.0 else 0.0
        units[i] *= 1.0 - part[i]
    for i in range(share.shape[0]):
        sold += value[i]
    return sold


@compiled_apart
def serve(starts, share, price, units, orders, contracts, money, by_share, demand, unfilled, new, taken):
    """Contracts (fen, filled already) first; then demand by share, met from stock; what is unmet then is
    offered once to those with stock.

    demand counts what was ordered by contract. Writes into `new` sales in money but for contracts and the
    part of its stock that each has sold, which leaves `units`; a third column is to work in. Sums of sales
    by sector go into `taken`.
    """
    for s in range(money.shape[0]):
        rows = slice(starts[s], starts[s + 1])
        taken[s] = serve_sector(
            share[rows], price[rows], units[rows], orders[rows], contracts[rows], money[s], by_share[s],
            demand[rows], unfilled[rows], new[0, rows], new[1, rows], new[2, rows],
        )  # fmt: skip


@compiled
def book(bills, new_share, used_share, used_price, machine_price, part, stock, bought, spoilage, columns):
    """What firms pay for machines and get, the cost of what they sold, and what spoils of the rest (fen).

    Inputs `bought` this quarter are in what was made of them.
    """
    new, used, machines, cost, spoilt = columns
    for i in range(bills.shape[0]):
        new[i] = np.floor(bills[i] * new_share)
        used[i] = np.floor(bills[i] * used_share * used_price)
        machines[i] += bills[i] * (new_share + used_share) / machine_price
        value = float(stock[i]) + bought[i]
        cost[i] = np.floor(part[i] * value)
        spoilt[i] = np.floor(spoilage * (value - cost[i]))


@compiled
def add_contracts(sold, received, on_credit, sales):
    """What is sold by contract, for cash and on credit, comes to what is received for other sales (fen)."""
    for i in range(received.shape[0]):
        received[i] += int(sold[i, 0])
        on_credit[i] = sold[i, 1]
        sales[i] = received[i] + sold[i, 1]


@compiled
def move_in_sector(share, alive, appeal, luck, by_share, members, speed, walk_in, growth):
    """As `move`, for the firms of one sector."""
    mean, few, together = 0.0, walk_in / max(1.0, members), 0.0
    for i in range(share.shape[0]):
        mean += share[i] * appeal[i]
    mean /= max(1e-300, by_share)
    for i in range(share.shape[0]):
        here = 1.0 if alive[i] else 0.0
        gain = max(0.2, min(5.0, 1.0 + speed * (appeal[i] / mean - 1.0)))
        share[i] = here * ((1.0 - walk_in) * share[i] * gain * luck[i] + few)
        growth[i] = here * (gain - 1.0)
    for i in range(share.shape[0]):
        together += share[i]
    for i in range(share.shape[0]):
        share[i] /= max(1e-300, together)


@compiled_apart
def move(starts, share, alive, appeal, luck, by_share, members, speed, walk_in, growth):
    """Replicator dynamics with luck; a little custom walks in anywhere. Shares of a sector sum to one."""
    for s in range(members.shape[0]):
        rows = slice(starts[s], starts[s + 1])
        move_in_sector(
            share[rows], alive[rows], appeal[rows], luck[rows], by_share[s], members[s], speed, walk_in,
            growth[rows],
        )  # fmt: skip


def post_prices(economy) -> None:
    """Harmonic price index of each sector: what a yuan spread by share buys."""
    firms, market = economy.firms, economy.market
    n = len(market.going_price)
    by_share, by_price = np.empty(n), np.empty(n)
    indices(economy.memory.sector_starts, firms["share"], firms["price"], by_share, by_price)
    market.by_share = by_share
    # a sector in which nobody is left keeps its last price, and serves nobody
    market.price_index = np.divide(by_share, by_price, out=market.going_price.copy(), where=by_price > 0.0)


def sell_used_machines(economy, paid: int, units: float) -> None:
    """The owners' pool receives what investors pay for used machines, and gives up their book value."""
    stock = economy.memory.used_machines
    part = min(1.0, units / stock) if stock > 0.0 else 0.0
    economy.ledger.credit("used machines", split(paid, np.ones(len(economy.owners))))
    economy.ledger.change("used machines sold", np.floor(part * economy.owners["used_capital"]))
    economy.memory.used_machines = max(0.0, stock - units)


def clear(economy) -> None:
    """Firms fill their contracts; then consumers, state, firms, investors and advertisers buy by share."""
    firms, consumers, market = economy.firms, economy.consumers, economy.market
    p, ledger, c = economy.p, economy.ledger, economy.firms.columns
    sectors, n = len(market.going_price), len(firms)
    post_prices(economy)
    machine_price = float(market.price_index[EQUIPMENT])

    budget = float(consumers["budget"].sum())
    public = (p.purchases + economy.state[0].leaning) * market.potential
    orders = float(c["investment_bill"].sum())
    used = min(float(economy.memory.used_machines) * machine_price, p.used_share * orders)
    media = float(economy.platforms["advertising"].sum())
    money = market.weights * (budget + public)
    money[EQUIPMENT] += orders - used
    money[MEDIA] += media
    inputs = supply.Deliveries(economy)
    money += inputs.pool

    sales, taken = np.empty((3, n)), np.empty(sectors)
    value, part, _ = sales
    starts = economy.memory.sector_starts
    serve(
        starts, c["share"], c["price"], c["units"], inputs.orders, inputs.contracts, money, market.by_share,
        c["demand"], c["unfilled"], sales, taken,
    )  # fmt: skip
    filled = np.minimum(1.0, taken / np.maximum(1e-9, money))
    by_contract = np.empty(sectors)
    sums_of(starts, inputs.contracts, by_contract)
    market.sector_money = money + by_contract
    market.served = float((market.weights * filled).sum())
    new_share = float(filled[EQUIPMENT]) * (orders - used) / orders if orders > 0.0 else 0.0
    used_share = used / orders if orders > 0.0 else 0.0
    paid_pools = inputs.buy_the_rest(filled)
    new, second_hand, cost, spoilt = (np.empty(n) for _ in range(4))
    book(
        c["investment_bill"], new_share, used_share, p.used_price, machine_price, part, c["stock"],
        inputs.bought, p.spoilage, (new, second_hand, c["machines"], cost, spoilt),
    )  # fmt: skip

    paid = ledger.debit("consumption", consumers["budget"] * market.served)
    paid_public = int(public * market.served)
    ledger.debit("public purchases", np.array([paid_public]))
    paid_new = ledger.debit("investment", new)
    paid_used = ledger.debit("used machines", second_hand)
    paid_media = ledger.debit("advertising", np.floor(economy.platforms["advertising"] * filled[MEDIA]))
    base = market.weights * filled
    receipts = {
        "consumption": paid,
        "public purchases": paid_public,
        "investment": paid_new,
        "advertising": paid_media,
        "inputs": ledger.debit("inputs", inputs.cash),
    }
    # what each kind of buyer pays goes to sectors, and there to firms by what they sold
    by_sector = split(paid, base) + split(paid_public, base)
    by_sector[EQUIPMENT] += paid_new
    by_sector[MEDIA] += paid_media
    received, on_credit = np.empty(n, np.int64), np.empty(n)
    split_stretches(by_sector + paid_pools, value, starts, received)
    add_contracts(inputs.sold, received, on_credit, c["sales"])
    ledger.credit_together(receipts, received)
    ledger.pay("inputs on credit", inputs.owed, on_credit)
    c["cost_of_sales"][...] = cost
    sell_used_machines(economy, paid_used, used / machine_price)
    ledger.change("cost of goods sold", cost)
    ledger.change("spoilage", spoilt)
    market.investment_value = float(paid_new)
    market.gdp = float(paid) + paid_public + paid_new + paid_media
    market.real_consumption = float((base * budget / market.price_index).sum())
    market.real_public = float((base * public / market.price_index).sum())
    market.real_investment = paid_new / machine_price
    # what firms bought from one another is in their products
    market.real_output = float(((taken - paid_pools) / market.price_index).sum())


def move_customers(economy) -> None:
    """Customers go where appeal is above their sector's mean; shares of a sector sum to one again."""
    c, market, p = economy.firms.columns, economy.market, economy.p
    move(
        economy.memory.sector_starts, c["share"], c["alive"], c["appeal"], c["luck"], market.by_share,
        market.members, p.choice_speed, p.walk_in, c["growth"],
    )  # fmt: skip
