"""The goods market: a sector's demand goes to its firms by share, and shares follow who serves best."""

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.ledger import split, split_by
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


@compiled
def indices(sector, share, price, by_share, by_price):
    """Sums by sector of the shares and of share / price."""
    for i in range(sector.shape[0]):
        by_share[sector[i]] += share[i]
        by_price[sector[i]] += share[i] / price[i]


@compiled
def serve(
    sector, share, price, units, orders, contracts, money, by_share, demand, sold, unfilled, unmet, left
):
    """Contracts (fen, filled already) first; then demand by share, met from stock. Sums in money by sector.

    demand counts what was ordered by contract; unmet and left are for those without one.
    """
    for i in range(sector.shape[0]):
        s = sector[i]
        bound = contracts[i] / price[i]
        wanted = share[i] / by_share[s] * money[s] / price[i]
        got = min(wanted, max(0.0, units[i] - bound))
        demand[i] = wanted + orders[i] / price[i]
        sold[i] = got
        unfilled[i] = 1.0 - got / wanted if wanted > 0.0 else 0.0
        unmet[s] += (wanted - got) * price[i]
        left[s] += max(0.0, units[i] - bound - got) * price[i]


@compiled
def serve_again(sector, price, units, contracts, unmet, left, sold, value, part, taken):
    """Unmet demand is offered once to those with stock. Sales in money but for contracts, and sums by sector;
    the part of its stock that each has sold."""
    for i in range(sector.shape[0]):
        s = sector[i]
        bound = min(units[i], contracts[i] / price[i])
        if unmet[s] > 0.0 and left[s] > 0.0:
            sold[i] += max(0.0, units[i] - bound - sold[i]) * min(1.0, unmet[s] / left[s])
        value[i] = sold[i] * price[i]
        taken[s] += value[i]
        part[i] = min(1.0, (sold[i] + bound) / units[i]) if units[i] > 0.0 else 0.0
        units[i] = max(0.0, units[i] - sold[i] - bound)


@compiled
def mean_appeal(sector, share, appeal, mean):
    """Share-weighted sum of appeal by sector."""
    for i in range(sector.shape[0]):
        mean[sector[i]] += share[i] * appeal[i]


@compiled
def move_shares(sector, share, alive, appeal, luck, mean, members, speed, walk_in, growth, sums):
    """Replicator dynamics with luck; a little custom walks in anywhere. Sums of the new shares by sector."""
    for i in range(sector.shape[0]):
        s = sector[i]
        here = 1.0 if alive[i] else 0.0
        gain = max(0.2, min(5.0, 1.0 + speed * (appeal[i] / mean[s] - 1.0)))
        new = here * ((1.0 - walk_in) * share[i] * gain * luck[i] + walk_in / members[s])
        growth[i] = here * (gain - 1.0)
        share[i] = new
        sums[s] += new


@compiled
def normalise(sector, share, sums):
    for i in range(sector.shape[0]):
        share[i] /= sums[sector[i]]


def post_prices(economy) -> None:
    """Harmonic price index of each sector: what a yuan spread by share buys."""
    firms, market = economy.firms, economy.market
    n = len(market.going_price)
    by_share, by_price = np.zeros(n), np.zeros(n)
    indices(firms["sector"], firms["share"], firms["price"], by_share, by_price)
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
    contracts = (inputs.sold_cash + inputs.sold_credit).astype(float)

    sold, value, part = np.empty(n), np.empty(n), np.empty(n)
    unmet, left, taken = np.zeros(sectors), np.zeros(sectors), np.zeros(sectors)
    serve(
        c["sector"], c["share"], c["price"], c["units"], inputs.orders, contracts, money, market.by_share,
        c["demand"], sold, c["unfilled"], unmet, left,
    )  # fmt: skip
    serve_again(
        c["sector"], c["price"], c["units"], contracts, unmet, left, sold, value, part, taken
    )  # fmt: skip
    filled = np.minimum(1.0, taken / np.maximum(1e-9, money))
    market.sector_money = money + np.bincount(c["sector"], contracts, sectors)
    market.served = float((market.weights * filled).sum())
    new_share = float(filled[EQUIPMENT]) * (orders - used) / orders if orders > 0.0 else 0.0
    used_share = used / orders if orders > 0.0 else 0.0

    paid = ledger.debit("consumption", consumers["budget"] * market.served)
    paid_public = int(public * market.served)
    ledger.debit("public purchases", np.array([paid_public]))
    bills = c["investment_bill"]
    paid_new = ledger.debit("investment", np.floor(bills * new_share))
    paid_used = ledger.debit("used machines", np.floor(bills * used_share * p.used_price))
    paid_media = ledger.debit("advertising", np.floor(economy.platforms["advertising"] * filled[MEDIA]))
    paid_pools = inputs.buy_the_rest(filled)
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
    received = split_by(by_sector + paid_pools, value, c["sector"]) + inputs.sold_cash
    ledger.credit_together(receipts, received)
    ledger.pay("inputs on credit", c["fresh_1"] + c["fresh_2"], inputs.sold_credit)
    firms["sales"] = received + inputs.sold_credit
    sell_used_machines(economy, paid_used, used / machine_price)
    c["machines"] += bills * (new_share + used_share) / machine_price
    # what was bought this quarter is in what was made of it
    cost = np.floor(part * c["stock"])
    ledger.change("cost of goods sold", cost)
    ledger.change("spoilage", np.floor(p.spoilage * c["stock"]))
    firms["cost_of_sales"] = cost
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
    sectors = len(market.weights)
    mean, sums = np.zeros(sectors), np.zeros(sectors)
    mean_appeal(c["sector"], c["share"], c["appeal"], mean)
    move_shares(
        c["sector"], c["share"], c["alive"], c["appeal"], c["luck"],
        mean / np.maximum(1e-300, market.by_share),
        np.maximum(1.0, market.members), p.choice_speed, p.walk_in, c["growth"], sums,
    )  # fmt: skip
    normalise(c["sector"], c["share"], np.maximum(1e-300, sums))
