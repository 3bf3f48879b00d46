"""The state before the first quarter: every claim has its debtor, and it is a state that the rules keep.

Ratios are solved from the parameters (see `sim.population.growth_path`), sizes and gifts are drawn from
their stationary distributions, and balances follow in whole fen. What cannot be solved on paper is solved by
the economy's own rules: under them it lives, platforms idle, until who survives, who owes what, who is how
old and what lenders know of it no longer depend on the guess. Only then quarters are counted.
"""

import math

import numpy as np

from sim.engine.arithmetic import exp, log
from sim.engine.compiling import compiled
from sim.engine.draws import as_normals, claim, key, uniforms
from sim.engine.ledger import split, total_by
from sim.engine.parameters import Declared, param
from sim.markets import supply
from sim.markets.news import BASE_WEIGHTS, EQUIPMENT, WAGE, trend_growth
from sim.population.growth_path import balanced_growth, check_path, demand_by_sector

BEFORE = 2**30  # quarters before the first are counted from here: their luck is not that of later ones


class Start(Declared):
    """Where an economy begins."""

    # fmt: off
    lead_in = param(80, unit="quarters", low=0, high=200, source="design", when="start",
        doc="quarters lived under bank finance alone before the first one that counts")
    size_tail_at_start = param(1.16, unit="exponent", low=1.05, high=2.0, source="design", when="start",
        doc="tail exponent of the Pareto distribution from which firm sizes are first drawn")
    # fmt: on


ECOSYSTEMS = {who: claim(f"ecosystem of {who}", __name__) for who in ("consumers", "firms")}
PEOPLE = claim("earning power and ownership at the start", __name__)
WORK = claim("trait and work at the start", __name__)
KNOWN = claim("whom banks know at the start", __name__)
NEEDS = claim("need and rank online of people at the start", __name__)
SIZES = claim("size and age of a firm at the start", __name__)
GIFTS = claim("gifts of a firm at the start", __name__)
STYLE = claim("style of a firm at the start", __name__)
WAYS = claim("ways of a firm at the start", __name__)
CAUTION = claim("caution of a firm at the start", __name__)
OPENNESS = claim("openness and rank online of a firm at the start", __name__)


@compiled
def draw(k, ids, first, second):
    """Two uniform numbers for each row, into two columns."""
    for i in range(ids.shape[0]):
        first[i], second[i] = uniforms(k, ids[i], 0, 0)


@compiled
def as_exp(x, out):
    for i in range(x.shape[0]):
        out[i] = exp(x[i])


@compiled
def as_tail(u, exponent, out):
    """Pareto sizes with the given tail exponent, least size 1."""
    for i in range(u.shape[0]):
        out[i] = exp(-log(u[i]) / exponent)


def numbers(seed: int, purpose: str, table) -> tuple[np.ndarray, np.ndarray]:
    """Two independent uniform columns for the rows of a table."""
    first, second = np.empty(len(table)), np.empty(len(table))
    draw(key(seed, purpose), table.ids, first, second)
    return first, second


def normals_of(u: np.ndarray) -> np.ndarray:
    out = u.copy()
    as_normals(out)
    return out


def exps_of(x: np.ndarray) -> np.ndarray:
    out = np.empty_like(x)
    as_exp(x, out)
    return out


def keenness(seed: int, purpose: str, table, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """By row a lognormal number of mean one, exactly one without a spread; and a rank from 0 to 1."""
    u, rank = numbers(seed, purpose, table)
    return exps_of(spread * normals_of(u) - 0.5 * spread * spread), rank


def post_first(economy) -> None:
    """What is posted for everybody, so much before the first quarter that growth leads to what it has."""
    market, p = economy.market, economy.p
    market.wage = WAGE * exp(-trend_growth(p) * p.lead_in)
    market.wage_index = market.wage / WAGE
    market.technology = exp(-p.technology_growth * p.lead_in)
    price = (1.0 + p.mark_up + p.rent) * market.wage / market.technology
    for prices in (market.going_price, market.input_price, market.price_index):
        prices[:] = price
    market.machine_price = market.consumer_price = price
    market.weights[:] = BASE_WEIGHTS / BASE_WEIGHTS.sum()
    market.policy_rate = market.funding_rate = p.policy_rate
    market.deposit_rate = p.policy_rate - p.deposit_spread
    market.resale, market.separation, market.unemployment = p.resale, p.separation, p.unemployment_norm
    market.inflation = market.inflation_seen = p.inflation_aim


def furnish(economy) -> None:
    """Fill the tables and the books of a new economy."""
    path = balanced_growth(economy.p)
    check_path(path)
    post_first(economy)
    others = economy.insurers, economy.securities_houses
    for table in (economy.consumers, economy.firms, economy.platforms, economy.owners, economy.fund, *others):
        table["bank"] = np.arange(len(table)) % len(economy.banks)
    lay_ecosystems(economy)
    place_people(economy, path)
    place_firms(economy, path)
    finance_firms(economy, path)
    finance_households(economy, path)
    finance_banks_and_state(economy)
    for table in economy.tables.values():
        if table is not economy.banks:  # their capital is a share of their loans, and bonds make up for it
            find_worth(table, economy.ledger.chart.liabilities)


def lay_ecosystems(economy) -> None:
    """Giants and the ecosystems around them."""
    p, platforms, giants = economy.p, economy.platforms, int(economy.p.giants)
    platforms["giant"] = np.arange(len(platforms)) < giants
    platforms["alive"] = platforms["giant"]
    platforms["serial"] = np.where(platforms["giant"], np.arange(1, len(platforms) + 1), 0)
    economy.memory.platforms_founded = giants
    platforms["size"] = np.where(platforms["giant"], p.giant_size, 1.0)
    for name, purpose in ECOSYSTEMS.items():
        table = economy.tables[name]
        u, _ = numbers(economy.draws_from, purpose, table)
        inside = np.floor(u / p.ecosystem_share).astype(np.int32)
        table["ecosystem"] = np.where(inside < giants, inside, -1)


def place_people(economy, path) -> None:
    """Earning power, ownership, steadiness and work; and output, by how many are at work."""
    consumers, p, market, seed = economy.consumers, economy.p, economy.market, economy.draws_from
    u, v = numbers(seed, PEOPLE, consumers)
    spread = p.earning_spread
    consumers["power"] = p.persons_per_row * exps_of(spread * normals_of(u) - 0.5 * spread * spread)
    owns = exps_of(p.ownership_spread * normals_of(v))
    consumers["ownership"] = owns / owns.sum()
    u, v = numbers(seed, WORK, consumers)
    consumers["trait"] = normals_of(u)
    consumers["employed"] = v >= p.unemployment_norm
    consumers["known"] = numbers(seed, KNOWN, consumers)[0] < p.known_to_banks
    consumers["need"], consumers["online_rank"] = keenness(seed, NEEDS, consumers, p.need_spread)
    market.labour_force = float(consumers["power"].sum())
    market.working = float(consumers["power"][consumers["employed"]].sum())
    market.gdp = market.gdp_seen = market.potential = market.working * market.wage / path.labour


def place_firms(economy, path) -> None:
    """Sectors by demand, sizes by the tail that luck, choice and walk-in custom lead to, gifts and ways."""
    firms, p, market, seed, n = (
        economy.firms,
        economy.p,
        economy.market,
        economy.draws_from,
        len(economy.firms),
    )
    sectors = len(market.weights)
    final = market.weights * (1.0 - path.investment)
    final[EQUIPMENT] += path.investment
    demand = demand_by_sector(p, final)
    market.sector_money = demand * market.gdp
    edges = np.cumsum(demand) / demand.sum()
    firms["sector"] = np.minimum(np.searchsorted(edges, (np.arange(n) + 0.5) / n), sectors - 1)
    market.starts = np.searchsorted(firms["sector"], np.arange(sectors + 1))
    # scatter the banks over the sectors
    firms["bank"] = (np.arange(n) * 7919) % len(economy.banks)
    sector = firms["sector"]
    u, v = numbers(seed, SIZES, firms)
    size = np.empty(n)
    as_tail(u, p.size_tail_at_start, size)
    # within the sample's reach: one draw in a million would otherwise be an economy of its own
    size = np.minimum(size, (0.5 * n) ** (1.0 / p.size_tail_at_start))
    firms["age"] = np.floor(4.0 + 80.0 * v)
    share = size / np.bincount(sector, size, sectors)[sector]
    firms["share"] = share
    give_gifts(economy)
    firms["mark_up"] = p.mark_up + p.rent
    firms["price"] = market.going_price[sector]
    wanted = share * demand[sector] * market.gdp / firms["price"]
    for name in ("demand", "expected_demand"):
        firms[name] = wanted
    # sizes on the path are per unit of value added
    firms["machines"] = (1.0 - p.input_share) * wanted * path.machines
    firms["units"] = p.stock_buffer * wanted


def give_gifts(economy) -> None:
    """What each firm can, how near it is to what the market wants, its ways and its caution."""
    firms, p, seed = economy.firms, economy.p, economy.draws_from
    u, v = numbers(seed, GIFTS, firms)
    quality = normals_of(u)
    firms["quality"] = quality
    firms["skill"] = p.quality_weight * quality + p.skill_spread * normals_of(v)
    firms["productivity"] = economy.market.technology * exps_of(firms["skill"])
    u, v = numbers(seed, STYLE, firms)
    away = p.pace_of_change * math.sqrt(1.0 / (2.0 * p.agility))
    firms["style_x"], firms["style_y"] = away * normals_of(u), away * normals_of(v)
    u, v = numbers(seed, WAYS, firms)
    firms["agility"] = p.agility * (p.agility_least + p.agility_span * u)
    firms["leverage_target"] = p.leverage_low + (p.leverage_high - p.leverage_low) * v
    u, v = numbers(seed, CAUTION, firms)
    firms["buffer"] = p.cash_buffer * (p.cash_buffer_least + p.cash_buffer_span * u)
    firms["losses"] = np.floor(p.loss_patience * v)  # forgotten by those who make none
    firms["openness"], firms["online_rank"] = keenness(seed, OPENNESS, firms, p.openness_spread)


def finance_firms(economy, path) -> None:
    """What firms own and owe; a loan too large for one bank is owed to all of them."""
    firms, books, p, n_banks = economy.firms, economy.firms.books, economy.p, len(economy.banks)
    value = (1.0 - p.input_share) * firms["demand"] * firms["price"]
    books["capital"][...] = np.rint(value * path.capital)
    books["stock"][...] = np.rint(value * path.stock)
    books["deposits"][...] = np.rint(firms["buffer"] * value * path.bills)
    assets = books["capital"] + books["stock"]
    debt = np.rint(path.borrowed * firms["leverage_target"] * assets).astype(np.int64)
    capital_target = p.capital_target * float(debt.sum())
    limit = int(p.large_exposure * capital_target / n_banks)
    books["bank_debt"][...] = np.minimum(debt, limit)
    books["syndicated_debt"][...] = debt - books["bank_debt"]
    firms["rate"] = p.policy_rate + p.margin + 0.004
    for name in ("leverage_now", "draft_leverage", "reported_leverage"):
        firms[name] = debt / np.maximum(1, books["deposits"] + assets)
    for name in ("margin_now", "draft_margin", "reported_margin"):
        firms[name] = path.profit
    supply.start_network(economy)


def finance_households(economy, path) -> None:
    """Wealth, some by income and more by ownership; incomes, spending and debt; and the owners' reserve."""
    consumers, p, market, gdp = economy.consumers, economy.p, economy.market, economy.market.gdp
    market.tax_norm = path.tax
    by_power = consumers["power"] / market.labour_force
    weight = 0.5 * by_power + 0.5 * consumers["ownership"]
    consumers.books["deposits"][...] = split(int(path.households * gdp), weight)
    kept = 1.0 - market.tax_norm
    income = by_power * path.labour * kept + consumers["ownership"] * max(0.0, path.dividends) * kept
    consumers["usual_income"] = income * (path.disposable * gdp) / income.sum()
    consumers["income"] = consumers["usual_income"]
    consumers["spending"] = consumers["usual_income"] * (path.spending / path.disposable - path.durables)
    consumers["durables"] = consumers["usual_income"] * path.durables / (p.durable_wear + path.growth)
    consumers.books["bank_debt"][...] = np.rint(consumers["usual_income"] * path.consumer_debt)
    consumers["rate"] = p.policy_rate + p.consumer_margin + 0.004
    owners = economy.owners
    owners.books["deposits"][...] = split(int(p.owners_reserve * gdp), np.ones(len(owners)))
    economy.state[0].income_tax = market.tax_norm


def finance_banks_and_state(economy) -> None:
    """Banks hold what their customers owe and, for what these have there, reserves and bonds of the state."""
    firms, p, n, banks = economy.firms, economy.p, len(economy.banks), economy.banks.books
    consumers = economy.consumers
    banks["firm_loans"][...] = total_by(firms["bank"], firms.books["bank_debt"], n)
    banks["syndicated_loans"][...] = split(int(firms.books["syndicated_debt"].sum()), np.ones(n))
    banks["consumer_loans"][...] = total_by(consumers["bank"], consumers.books["bank_debt"], n)
    loans = banks["firm_loans"] + banks["syndicated_loans"] + banks["consumer_loans"]
    banks["net_worth"][...] = np.rint(p.capital_target * loans)
    owed = np.zeros(n, np.int64)
    for table in (firms, consumers, economy.owners):
        owed += total_by(table["bank"], table.books["deposits"], n)
    banks["deposits_owed"][...] = owed
    gap = owed + banks["net_worth"] - loans
    reserves = np.rint(p.reserve_ratio * owed).astype(np.int64)
    banks["reserves"][...] = reserves
    banks["bonds"][...] = np.maximum(0, gap - reserves)
    banks["advances_owed"][...] = np.maximum(0, reserves - gap)
    state = economy.state.books
    state["reserves_owed"][...] = reserves.sum()
    state["bonds_owed"][...] = banks["bonds"].sum()
    state["advances"][...] = banks["advances_owed"].sum()


def find_worth(table, liabilities) -> None:
    """Net worth of each row (fen): assets less what it owes."""
    worth = table.books["net_worth"]
    worth[...] = 0
    for account, fen in table.books.items():
        if account != "net_worth":
            worth += -fen if (table.name, account) in liabilities else fen
