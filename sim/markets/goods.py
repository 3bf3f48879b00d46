"""The goods market: a sector's demand goes to its firms by share, and shares follow who serves best."""

from typing import NamedTuple

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.fen import split, split_stretches
from sim.engine.kernels import kernel, kernel_apart
from sim.engine.parameters import Declared, param
from sim.markets.deliveries import Deliveries
from sim.markets.news import EQUIPMENT, MEDIA


class Goods(Declared):
    """How customers choose among firms."""

    # fmt: off
    price_response = param(2.0, unit="per relative price", low=1.5, high=3.0, source="assumed",
        doc="elasticity of a firm's appeal to its price beside rivals'")
    fit_response = param(1.0, unit="per squared distance", low=0.0, high=2.0, source="assumed",
        doc="fall of the log of a firm's appeal over its misfit")
    service_response = param(2.0, unit="per unfilled share", low=1.0, high=6.0, source="assumed",
        doc="fall of the log of a firm's appeal over the share of its demand that went unfilled")
    choice_speed = param(0.15, unit="share/quarter", low=0.05, high=0.3, source="assumed", symbol="chi",
        doc="by how much a firm's share grows in a quarter when its appeal is twice the mean")
    fashion = param(0.09, unit="log points/quarter", low=0.05, high=0.15, source="assumed",
        doc="standard deviation of luck with customers, in the log of the share")
    rupture = param(0.012, unit="share/quarter", low=0.0, high=0.03, source="assumed",
        doc="chance that a firm loses a main customer in a quarter")
    rupture_size = param(0.8, unit="share", low=0.3, high=0.95, source="assumed",
        doc="highest share of custom that goes with a main customer")
    walk_in = param(0.012, unit="share/quarter", low=0.006, high=0.02, source="assumed",
        doc="share of custom in a sector that falls to its firms evenly in a quarter")
    used_price = param(0.65, unit="share of a new one's", low=0.4, high=0.9, source="assumed",
        doc="price of a used machine over that of a new one")
    used_share = param(0.2, unit="share of investment", low=0.0, high=0.9, source="CYCLE_SIZE",
        doc="highest share of investment that goes into used machines")
    used_wear = param(0.1, unit="share/quarter", low=0.0, high=0.3, source="assumed", held=True,
        doc="share of used machines that is scrapped for want of a buyer in a quarter")
    # fmt: on


# a share is multiplied by no less and no more in a quarter; choice alone does not get so far
LEAST_GAIN, MOST_GAIN = 0.2, 5.0

# The rows of a sector lie together, from starts[s] up to starts[s + 1]: see `sim.population.start`. Sums by
# sector are therefore sums over a stretch of rows. `starts` is of shape (sectors + 1,).


@kernel
def index_prices(starts, firms, by_share, by_price):
    """Sums by sector, (sectors,), of the shares and of share / price."""
    for s in range(by_share.shape[0]):
        shares, per_price = 0.0, 0.0
        for i in range(starts[s], starts[s + 1]):
            shares += firms.share[i]
            per_price += firms.share[i] / firms.price[i]
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


class Sales(NamedTuple):
    """What is sold in a quarter but for contracts (fen)."""

    value: np.ndarray  # (firms,), of what each sells
    part: np.ndarray  # (firms,), of its stock that each sells, by contract too
    room: np.ndarray  # (firms,), stock that no contract takes
    money: np.ndarray  # (sectors,), offered for the goods of each
    taken: np.ndarray  # (sectors,), what of that buys something
    filled: np.ndarray  # (sectors,), the share of that


class Sellers(NamedTuple):
    """Columns of the firms of one sector, as sellers."""

    share: np.ndarray
    price: np.ndarray
    units: np.ndarray
    demand: np.ndarray
    unfilled: np.ndarray
    orders: np.ndarray  # by contract
    contracts: np.ndarray  # what of that is filled
    value: np.ndarray
    part: np.ndarray
    room: np.ndarray


@compiled
def serve_sector(sellers, money, by_share):
    """As `serve`, for the firms of one sector. Returns what they sell, but for contracts (fen)."""
    spread = money / by_share if by_share > 0.0 else 0.0
    unmet, left, sold = 0.0, 0.0, 0.0
    share, price, units, contracts = sellers.share, sellers.price, sellers.units, sellers.contracts
    value, part, room = sellers.value, sellers.part, sellers.room
    # the sums wait for one another, what is summed does not: so it is worked out before, on vectors
    for i in range(share.shape[0]):
        room[i] = max(0.0, units[i] * price[i] - contracts[i])
        wanted = share[i] * spread
        value[i] = min(wanted, room[i])
        sellers.demand[i] = (wanted + sellers.orders[i]) / price[i]
        sellers.unfilled[i] = 1.0 - value[i] / wanted if wanted > 0.0 else 0.0
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


@kernel_apart
def serve(starts, firms, market, inputs, sales):
    """Contracts, filled already, come first; then demand by share, met from stock; what is unmet then is
    offered once to those with stock.

    Demand counts what was ordered by contract. What is sold leaves `firms.units`. inputs: `Deliveries`;
    sales: `Sales`, of which value, part, room and taken are written.
    """
    for s in range(sales.money.shape[0]):
        rows = slice(starts[s], starts[s + 1])
        sellers = Sellers(
            share=firms.share[rows],
            price=firms.price[rows],
            units=firms.units[rows],
            demand=firms.demand[rows],
            unfilled=firms.unfilled[rows],
            orders=inputs.orders[rows],
            contracts=inputs.contracts[rows],
            value=sales.value[rows],
            part=sales.part[rows],
            room=sales.room[rows],
        )
        sales.taken[s] = serve_sector(sellers, sales.money[s], market.by_share[s])


class Machines(NamedTuple):
    """What investors get for their bills, and what they pay for them (fen, (firms,))."""

    price: float  # fen/good
    new_share: float  # of their bills, had as new machines
    used_share: float  # had as used ones, at the price of new ones
    new: np.ndarray  # paid for new ones
    used: np.ndarray  # paid for used ones


@kernel
def book(firms, inputs, sales, machines, spoilt, p):
    """What firms pay for machines and get, the cost of what they sold, and what spoils of the rest (fen).

    Inputs bought this quarter are in what was made of them. Writes new and used in `machines`, and `spoilt`,
    (firms,).
    """
    price, new_share, used_share = machines.price, machines.new_share, machines.used_share
    for i in range(spoilt.shape[0]):
        bill = firms.investment_bill[i]
        machines.new[i] = np.floor(bill * new_share)
        machines.used[i] = np.floor(bill * used_share * p.used_price)
        firms.machines[i] += bill * (new_share + used_share) / price
        value = float(firms.stock[i]) + inputs.bought[i]
        firms.cost_of_sales[i] = np.floor(sales.part[i] * value)
        spoilt[i] = np.floor(p.spoilage * (value - firms.cost_of_sales[i]))


@kernel
def add_contracts(firms, inputs, received, on_credit):
    """What is sold by contract, for cash and on credit, comes to what is `received` for other sales (fen).

    received: int64, on_credit: float64, both (firms,).
    """
    for i in range(received.shape[0]):
        received[i] += int(inputs.sold[i, 0])
        on_credit[i] = inputs.sold[i, 1]
        firms.sales[i] = received[i] + inputs.sold[i, 1]


class Rivals(NamedTuple):
    """Columns of the firms of one sector, as rivals for custom."""

    share: np.ndarray
    alive: np.ndarray
    appeal: np.ndarray
    custom_luck: np.ndarray
    growth: np.ndarray


@compiled
def move_in_sector(rivals, by_share, members, p):
    """As `move`, for the firms of one sector: the sum of their shares, and how many are alive, are given."""
    mean, few, together = 0.0, p.walk_in / max(1.0, members), 0.0
    share, appeal = rivals.share, rivals.appeal
    for i in range(share.shape[0]):
        mean += share[i] * appeal[i]
    mean /= max(1e-300, by_share)
    for i in range(share.shape[0]):
        here = 1.0 if rivals.alive[i] else 0.0
        gain = max(LEAST_GAIN, min(MOST_GAIN, 1.0 + p.choice_speed * (appeal[i] / mean - 1.0)))
        share[i] = here * ((1.0 - p.walk_in) * share[i] * gain * rivals.custom_luck[i] + few)
        rivals.growth[i] = here * (gain - 1.0)
    for i in range(share.shape[0]):
        together += share[i]
    for i in range(share.shape[0]):
        share[i] /= max(1e-300, together)


@kernel_apart
def move(starts, firms, market, p):
    """Replicator dynamics with luck; a little custom walks in anywhere. Shares of a sector sum to one."""
    for s in range(market.members.shape[0]):
        rows = slice(starts[s], starts[s + 1])
        rivals = Rivals(
            share=firms.share[rows],
            alive=firms.alive[rows],
            appeal=firms.appeal[rows],
            custom_luck=firms.custom_luck[rows],
            growth=firms.growth[rows],
        )
        move_in_sector(rivals, market.by_share[s], market.members[s], p)


def post_prices(economy) -> None:
    """Harmonic price index of each sector: what a yuan spread by share buys."""
    market, n = economy.market, len(economy.market.going_price)
    by_share, by_price = np.empty(n), np.empty(n)
    index_prices(economy.market.starts, economy.firms, by_share, by_price)
    market.by_share = by_share
    # a sector in which nobody is left keeps its last price, and serves nobody
    market.price_index = np.divide(by_share, by_price, out=market.going_price.copy(), where=by_price > 0.0)


def sell_used_machines(economy, paid: int, units: float) -> None:
    """The owners' pool receives what investors pay for used machines, and gives up their book value.

    A part of what nobody has bought is worn out, and scrapped.
    """
    stock = economy.memory.used_machines
    part = min(1.0, units / stock) if stock > 0.0 else 0.0
    economy.ledger.credit("used machines", split(paid, np.ones(len(economy.owners))))
    economy.ledger.change("used machines sold", np.floor(part * economy.owners["used_capital"]))
    wear = economy.p.used_wear
    economy.ledger.change("used machines scrapped", np.floor(wear * economy.owners["used_capital"]))
    economy.memory.used_machines = (1.0 - wear) * max(0.0, stock - units)


class Wanted(NamedTuple):
    """What those who need no inputs would spend in a quarter (fen)."""

    consumers: float
    public: float
    machines: float
    used: float  # of that for machines, at the price of new ones, what goes to used ones
    advertising: float


class Paid(NamedTuple):
    """What buyers pay in a quarter (fen), but for what firms buy on credit."""

    consumers: int
    public: int
    new: int  # for new machines
    used: int
    advertising: int
    inputs: int


def wanted_of(economy, machine_price: float) -> Wanted:
    """What is to be spent on goods, given the price of equipment (fen/good)."""
    p, machines = economy.p, float(economy.firms["investment_bill"].sum())
    return Wanted(
        consumers=float(economy.consumers["budget"].sum()),
        public=(p.purchases + economy.state[0].leaning) * economy.market.potential,
        machines=machines,
        used=min(float(economy.memory.used_machines) * machine_price, p.used_share * machines),
        advertising=float(economy.platforms["advertising"].sum()),
    )


def money_of(weights: np.ndarray, wanted: Wanted) -> np.ndarray:
    """What is wanted by sector (fen); weights: (sectors,), of what consumers and the state spend."""
    money = weights * (wanted.consumers + wanted.public)
    money[EQUIPMENT] += wanted.machines - wanted.used
    money[MEDIA] += wanted.advertising
    return money


def sell_by_share(economy, inputs: Deliveries, money: np.ndarray) -> Sales:
    """What is sold for `money` (fen, (sectors,)), beside contracts, which are filled already."""
    starts, market, n = economy.market.starts, economy.market, len(economy.firms)
    value, part, room = np.empty((3, n))
    taken, by_contract = np.empty((2, len(money)))
    sales = Sales(value=value, part=part, room=room, money=money, taken=taken, filled=np.empty(len(money)))
    serve(starts, economy.firms, market, inputs, sales)
    sales.filled[...] = np.minimum(1.0, taken / np.maximum(1e-9, money))
    sums_of(starts, inputs.contracts, by_contract)
    market.sector_money = money + by_contract
    market.served = float((market.weights * sales.filled).sum())
    return sales


def sell_goods(economy) -> None:
    """Firms fill their contracts; then consumers, state, firms, investors and advertisers buy by share."""
    firms, market, n = economy.firms, economy.market, len(economy.firms)
    before = stocks_before(firms, economy.p)
    post_prices(economy)
    price = float(market.price_index[EQUIPMENT])
    wanted, inputs = wanted_of(economy, price), Deliveries(economy)
    sales = sell_by_share(economy, inputs, money_of(market.weights, wanted) + inputs.pool)
    paid_pools = inputs.buy_the_rest(sales.filled)
    orders, found = wanted.machines, float(sales.filled[EQUIPMENT])
    machines = Machines(
        price=price,
        new_share=found * (orders - wanted.used) / orders if orders > 0.0 else 0.0,
        used_share=wanted.used / orders if orders > 0.0 else 0.0,
        new=np.empty(n),
        used=np.empty(n),
    )
    spoilt = np.empty(n)
    book(firms, inputs, sales, machines, spoilt, economy.p)
    paid = buyers_pay(economy, wanted, inputs, sales, machines)
    sellers_receive(economy, paid, paid_pools, inputs, sales)
    sell_used_machines(economy, paid.used, wanted.used / price)
    economy.ledger.change("cost of goods sold", firms["cost_of_sales"])
    economy.ledger.change("spoilage", spoilt)
    keep_accounts(market, wanted, paid, sales, paid_pools)
    market.real_production = market.real_output + float(firms["units"].sum()) - before


def stocks_before(firms, p) -> float:
    """Goods in stock as the quarter opened, before firms made any and some spoilt."""
    return float(firms["units"].sum() - firms["output"].sum()) / (1.0 - p.spoilage)


def buyers_pay(economy, wanted: Wanted, inputs: Deliveries, sales: Sales, machines: Machines) -> Paid:
    """Money leaves those who have bought something."""
    ledger, served, filled = economy.ledger, economy.market.served, sales.filled
    advertising = np.floor(economy.platforms["advertising"] * filled[MEDIA])
    return Paid(
        consumers=ledger.debit("consumption", economy.consumers["budget"] * served),
        public=ledger.debit("public purchases", np.array([int(wanted.public * served)])),
        new=ledger.debit("investment", machines.new),
        used=ledger.debit("used machines", machines.used),
        advertising=ledger.debit("advertising", advertising),
        inputs=ledger.debit("inputs", inputs.cash),
    )


def sellers_receive(economy, paid: Paid, paid_pools: np.ndarray, inputs: Deliveries, sales: Sales) -> None:
    """What each kind of buyer pays goes to sectors, and there to firms by what they sold.

    paid_pools: for inputs beside contracts, int64 fen by sector.
    """
    firms, ledger, n = economy.firms, economy.ledger, len(economy.firms)
    base = economy.market.weights * sales.filled
    by_sector = split(paid.consumers, base) + split(paid.public, base)
    by_sector[EQUIPMENT] += paid.new
    by_sector[MEDIA] += paid.advertising
    received, on_credit = np.empty(n, np.int64), np.empty(n)
    split_stretches(by_sector + paid_pools, sales.value, economy.market.starts, received)
    add_contracts(firms, inputs, received, on_credit)
    receipts = {
        "consumption": paid.consumers,
        "public purchases": paid.public,
        "investment": paid.new,
        "advertising": paid.advertising,
        "inputs": paid.inputs,
    }
    ledger.credit_together(receipts, received)
    ledger.pay("inputs on credit", inputs.owed, on_credit)


def keep_accounts(market, wanted: Wanted, paid: Paid, sales: Sales, paid_pools: np.ndarray) -> None:
    """The national accounts of the quarter. paid_pools: for inputs beside contracts, fen by sector."""
    prices, base = market.price_index, market.weights * sales.filled
    market.investment_value = float(paid.new)
    market.gdp = float(paid.consumers) + paid.public + paid.new + paid.advertising
    market.real_consumption = float((base * wanted.consumers / prices).sum())
    market.real_public = float((base * wanted.public / prices).sum())
    market.real_investment = paid.new / float(prices[EQUIPMENT])
    # what firms bought from one another is in their products
    market.real_output = float(((sales.taken - paid_pools) / prices).sum())


def move_customers(economy) -> None:
    """Customers go where appeal is above their sector's mean; shares of a sector sum to one again."""
    move(economy.market.starts, economy.firms, economy.market, economy.p)
