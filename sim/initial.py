"""The state before the first quarter: every claim has its debtor, and it is a state that the rules keep.

Ratios are solved from the parameters (output 1 = nominal GDP of a quarter), sizes and gifts are drawn from
their stationary distributions, and balances follow in whole fen. What cannot be solved on paper is solved by
the economy's own rules: under them it lives, platforms idle, until who survives, who owes what, who is how
old and what lenders know of it no longer depend on the guess. Only then quarters are counted.
"""

import math
from types import SimpleNamespace

import numpy as np

from sim.engine.arithmetic import exp, log
from sim.engine.compiling import compiled
from sim.engine.draws import as_normals, key, uniforms
from sim.engine.ledger import split, total_by
from sim.engine.parameters import Declared, ParameterError, param
from sim.markets import supply
from sim.markets.world import BASE_WEIGHTS, EQUIPMENT, WAGE, persistence, trend_growth

BEFORE = 2**30  # quarters before the first are counted from here: their luck is not that of later ones


class Start(Declared):
    """Where an economy begins."""

    lead_in = param(
        80, unit="quarters", low=0, high=200, source="design", doc="under bank finance alone before the first"
    )
    size_tail_at_start = param(1.26, unit="exponent", low=1.05, high=2.0, source="design", doc="of firms")


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


def renewal(p) -> float:
    """Share of machines to be replaced or added each quarter on the balanced growth path."""
    # mishaps destroy about this part: chance x mean damage of a firm of mean size
    burnt = 0.42 * p.mishap * p.mishap_size
    return p.depreciation + burnt + p.technology_growth


def balanced_growth(p) -> SimpleNamespace:
    """Ratios to quarterly GDP on the balanced growth path, solved from the parameters.

    Households hold what makes them spend what is left of output: what firms and the state owe to banks, less
    what others hold there. The income tax is the one that leaves them so much.
    """
    growth = trend_growth(p)
    machines = p.capital_output / p.utilisation
    replaced = renewal(p)
    investment = machines * replaced
    labour = 1.0 / (1.0 + p.mark_up + p.rent)
    # machines are booked at cost: inflation leaves their book value behind their price
    booked = replaced / (replaced + p.inflation_aim)
    capital = machines * booked
    # a firm that looks for a loan closes part of the way to its debt target; instalments and growth open it
    closes, opens = p.asks_often * p.leverage_speed, p.instalment + growth
    borrowed = closes / (closes + opens)
    leverage = 0.5 * (p.leverage_low + p.leverage_high) * borrowed
    inputs = p.input_share / (1.0 - p.input_share)
    stock = p.stock_buffer * (labour + inputs)
    debt = leverage * (capital + stock)
    bills = labour + inputs + investment  # what is bought on credit takes the place of what falls due
    profit = 1.0 - labour - p.depreciation * capital - debt * (p.policy_rate + p.margin)
    u = p.unemployment_norm
    dividends = profit * (1.0 - p.profit_tax) - growth * (capital + bills * p.cash_buffer - debt)
    benefits = p.benefit * labour * u / (1.0 - u)
    spending = 1.0 - investment - p.purchases
    owed = 4.0 * p.debt_target + debt * (1.0 - p.capital_target)
    households = owed - p.cash_buffer * bills - p.owners_reserve
    disposable = spending + growth * households
    interest = households * (p.policy_rate - p.deposit_spread)
    return SimpleNamespace(
        growth=growth, borrowed=borrowed, machines=machines, investment=investment, labour=labour,
        capital=capital, debt=debt, stock=stock, bills=bills, profit=profit, dividends=dividends,
        spending=spending, households=households, disposable=disposable,
        tax=1.0 - (disposable - benefits - interest) / (labour + dividends),
    )  # fmt: skip


# what must be so on the balanced growth path for there to be one: above, below, and what it depends on most
POSSIBLE = (
    ("spending", "what is left to households of GDP", 0.0, 1.0, "capital_output, depreciation, purchases"),
    ("households", "what households have, in quarters of GDP,", 0.0, math.inf, "debt_target, cash_buffer"),
    ("disposable", "households' income as a share of GDP", 0.0, math.inf, "capital_output, depreciation"),
    ("tax", "the income tax", 0.0, 1.0, "purchases, capital_output, depreciation, mark_up"),
)


def check_path(path: SimpleNamespace) -> None:
    """Raise ParameterError, in one line, if parameters that are each allowed make no economy together."""
    for name, what, low, high, causes in POSSIBLE:
        value = getattr(path, name)
        if not low < value < high:
            bounds = f"above {low:g}" if high == math.inf else f"between {low:g} and {high:g}"
            raise ParameterError(
                f"with these parameters {what} would be {value:.3g}, not {bounds}: see {causes}"
            )


def demand_by_sector(p, final: np.ndarray) -> np.ndarray:
    """What sectors sell when they sell `final` to others than firms: each buys inputs in two sectors."""
    n = len(final)
    ring = np.eye(n) + np.roll(np.eye(n), 1, axis=0)
    return np.linalg.solve(np.eye(n) - 0.5 * p.input_share * ring, final)


def market_at_start(p, platforms: int) -> SimpleNamespace:
    """What is posted for everybody, so much before the first quarter that growth leads to what it has."""
    wage = WAGE * exp(-trend_growth(p) * p.lead_in)
    technology = exp(-p.technology_growth * p.lead_in)
    price = (1.0 + p.mark_up + p.rent) * wage / technology
    weights = BASE_WEIGHTS / BASE_WEIGHTS.sum()
    sectors = len(weights)
    quality_kept, quality_news = persistence(p.quality_half_life)
    skill_kept, skill_news = persistence(p.skill_half_life)
    trait_kept, trait_news = persistence(p.trait_half_life)
    return SimpleNamespace(
        wage=wage, wage_index=wage / WAGE, engineer_cost=1.0, consumer_rows=0.0, confidence=1.0,
        posted=np.zeros(platforms), trust=np.ones(platforms), uncollected=np.zeros(platforms),
        wage_growth=0.0, technology=technology, style_x=np.zeros(sectors),
        style_y=np.zeros(sectors),
        tilt=np.zeros(sectors), weights=weights, going_price=np.full(sectors, price),
        input_price=np.full(sectors, price),
        price_index=np.full(sectors, price), by_share=np.ones(sectors), members=np.ones(sectors),
        sector_money=np.zeros(sectors), machine_price=price, consumer_price=price,
        quality_kept=quality_kept, quality_news=quality_news, skill_kept=skill_kept,
        skill_news=p.skill_spread * skill_news, trait_kept=trait_kept, trait_news=trait_news,
        renewal=renewal(p), profit_tax=p.profit_tax, policy_rate=p.policy_rate, funding_rate=p.policy_rate,
        deposit_rate=p.policy_rate - p.deposit_spread, resale=p.resale,
        hired=1.0, served=1.0, finding=0.5, separation=p.separation, working=0.0, labour_force=0.0,
        employment=0.0, unemployment=p.unemployment_norm,
        inflation=p.inflation_aim, inflation_seen=p.inflation_aim,
        gdp=0.0, gdp_seen=0.0, potential=0.0, tax_norm=0.2,
        investment_value=0.0, own_margin=0.0, fright=0.0,
        real_output=0.0, real_consumption=0.0, real_investment=0.0, real_public=0.0,
    )  # fmt: skip


def memory_at_start(sizes) -> SimpleNamespace:
    """What the economy itself keeps from quarter to quarter, beside tables and posted terms."""
    platforms = sizes["platforms"]
    return SimpleNamespace(
        born=0, used_machines=0.0,
        sector_starts=np.zeros(len(BASE_WEIGHTS) + 1, np.int64), transfers=np.zeros(sizes["consumers"]),
        participations=np.zeros((platforms, sizes["banks"]), np.int64),
        # money put into platforms by the fund so far, and returned by exits (fen)
        fund_record=np.zeros(2), confidence=1.0,
        own_interest=0.0, own_losses=0.0,
    )  # fmt: skip


def furnish(economy) -> None:
    """Fill the tables and the books of a new economy."""
    path = balanced_growth(economy.p)
    check_path(path)
    for table in (economy.consumers, economy.firms, economy.platforms, economy.owners, economy.fund):
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
    platforms["size"] = np.where(platforms["giant"], p.giant_size, 1.0)
    for table, name in ((economy.consumers, "consumers"), (economy.firms, "firms")):
        u, _ = numbers(economy.seed, f"ecosystem of {name}", table)
        inside = np.floor(u / p.ecosystem_share).astype(np.int32)
        table["ecosystem"] = np.where(inside < giants, inside, -1)


def place_people(economy, path) -> None:
    """Earning power, ownership, steadiness and work; and output, by how many are at work."""
    consumers, p, market, seed = economy.consumers, economy.p, economy.market, economy.seed
    u, v = numbers(seed, "earning power and ownership at the start", consumers)
    spread = p.earning_spread
    consumers["power"] = p.persons_per_row * exps_of(spread * normals_of(u) - 0.5 * spread * spread)
    owns = exps_of(p.ownership_spread * normals_of(v))
    consumers["ownership"] = owns / owns.sum()
    u, v = numbers(seed, "trait and work at the start", consumers)
    consumers["trait"] = normals_of(u)
    consumers["employed"] = v >= p.unemployment_norm
    market.labour_force = float(consumers["power"].sum())
    market.working = float(consumers["power"][consumers["employed"]].sum())
    market.gdp = market.gdp_seen = market.potential = market.working * market.wage / path.labour


def place_firms(economy, path) -> None:
    """Sectors by demand, sizes by the tail that luck, choice and walk-in custom lead to, gifts, ways."""
    firms, p, market, seed, n = economy.firms, economy.p, economy.market, economy.seed, len(economy.firms)
    sectors = len(market.weights)
    final = market.weights * (1.0 - path.investment)
    final[EQUIPMENT] += path.investment
    demand = demand_by_sector(p, final)
    market.sector_money = demand * market.gdp
    edges = np.cumsum(demand) / demand.sum()
    firms["sector"] = np.minimum(np.searchsorted(edges, (np.arange(n) + 0.5) / n), sectors - 1)
    economy.memory.sector_starts = np.searchsorted(firms["sector"], np.arange(sectors + 1))
    # scatter the banks over the sectors
    firms["bank"] = (np.arange(n) * 7919) % len(economy.banks)
    sector = firms["sector"]
    u, v = numbers(seed, "size and age of a firm at the start", firms)
    size = np.empty(n)
    as_tail(u, p.size_tail_at_start, size)
    # within the sample's reach: one draw in a million would otherwise be an economy of its own
    size = np.minimum(size, (0.5 * n) ** (1.0 / p.size_tail_at_start))
    firms["age"] = np.floor(4.0 + 80.0 * v)
    share = size / np.bincount(sector, size, sectors)[sector]
    firms["share"] = share
    u, v = numbers(seed, "gifts of a firm at the start", firms)
    quality = normals_of(u)
    firms["quality"] = quality
    firms["skill"] = p.quality_weight * quality + p.skill_spread * normals_of(v)
    firms["productivity"] = market.technology * exps_of(firms["skill"])
    u, v = numbers(seed, "style of a firm at the start", firms)
    away = p.pace_of_change * math.sqrt(1.0 / (2.0 * p.agility))
    firms["style_x"], firms["style_y"] = away * normals_of(u), away * normals_of(v)
    u, v = numbers(seed, "ways of a firm at the start", firms)
    firms["agility"] = p.agility * (0.5 + u)
    firms["leverage_target"] = p.leverage_low + (p.leverage_high - p.leverage_low) * v
    u, v = numbers(seed, "caution of a firm at the start", firms)
    firms["buffer"] = p.cash_buffer * (0.9 + 0.2 * u)
    firms["losses"] = np.floor(p.loss_patience * v)  # forgotten by those who make none
    firms["mark_up"] = p.mark_up + p.rent
    firms["price"] = market.going_price[sector]
    wanted = share * demand[sector] * market.gdp / firms["price"]
    for name in ("demand", "expected_demand"):
        firms[name] = wanted
    # sizes on the path are per unit of value added
    firms["machines"] = (1.0 - p.input_share) * wanted * path.machines
    firms["units"] = p.stock_buffer * wanted


def finance_firms(economy, path) -> None:
    """What firms own and owe; a loan too large for one bank is owed to all of them."""
    firms, books, p, nb = economy.firms, economy.firms.books, economy.p, len(economy.banks)
    value = (1.0 - p.input_share) * firms["demand"] * firms["price"]
    books["capital"][...] = np.rint(value * path.capital)
    books["stock"][...] = np.rint(value * path.stock)
    books["deposits"][...] = np.rint(firms["buffer"] * value * path.bills)
    assets = books["capital"] + books["stock"]
    debt = np.rint(path.borrowed * firms["leverage_target"] * assets).astype(np.int64)
    capital_target = p.capital_target * float(debt.sum())
    limit = int(p.large_exposure * capital_target / nb)
    books["bank_debt"][...] = np.minimum(debt, limit)
    books["syndicated_debt"][...] = debt - books["bank_debt"]
    firms["rate"] = p.policy_rate + p.margin + 0.004
    for name in ("leverage_now", "draft_leverage", "reported_leverage"):
        firms[name] = debt / np.maximum(1, books["deposits"] + assets)
    for name in ("margin_now", "draft_margin", "reported_margin"):
        firms[name] = path.profit
    supply.start(economy)


def finance_households(economy, path) -> None:
    """Wealth, some by income and more by ownership; incomes and spending; and the owners' reserve."""
    consumers, p, market, gdp = economy.consumers, economy.p, economy.market, economy.market.gdp
    market.tax_norm = path.tax
    by_power = consumers["power"] / market.labour_force
    weight = 0.5 * by_power + 0.5 * consumers["ownership"]
    consumers.books["deposits"][...] = split(int(path.households * gdp), weight)
    kept = 1.0 - market.tax_norm
    income = by_power * path.labour * kept + consumers["ownership"] * max(0.0, path.dividends) * kept
    consumers["usual_income"] = income * (path.disposable * gdp) / income.sum()
    consumers["income"] = consumers["usual_income"]
    consumers["spending"] = consumers["usual_income"] * path.spending / path.disposable
    owners = economy.owners
    owners.books["deposits"][...] = split(int(p.owners_reserve * gdp), np.ones(len(owners)))
    economy.state[0].income_tax = market.tax_norm


def finance_banks_and_state(economy) -> None:
    """Banks hold what their customers owe and, for what these have there, reserves and bonds of the state."""
    firms, p, nb, bank = economy.firms, economy.p, len(economy.banks), economy.banks.books
    bank["firm_loans"][...] = total_by(firms["bank"], firms.books["bank_debt"], nb)
    bank["syndicated_loans"][...] = split(int(firms.books["syndicated_debt"].sum()), np.ones(nb))
    loans = bank["firm_loans"] + bank["syndicated_loans"]
    bank["net_worth"][...] = np.rint(p.capital_target * loans)
    owed = np.zeros(nb, np.int64)
    for table in (firms, economy.consumers, economy.owners):
        owed += total_by(table["bank"], table.books["deposits"], nb)
    bank["deposits_owed"][...] = owed
    gap = owed + bank["net_worth"] - loans
    reserves = np.rint(p.reserve_ratio * owed).astype(np.int64)
    bank["reserves"][...] = reserves
    bank["bonds"][...] = np.maximum(0, gap - reserves)
    bank["advances_owed"][...] = np.maximum(0, reserves - gap)
    state = economy.state.books
    state["reserves_owed"][...] = reserves.sum()
    state["bonds_owed"][...] = bank["bonds"].sum()
    state["advances"][...] = bank["advances_owed"].sum()


def find_worth(table, liabilities) -> None:
    """Net worth of each row: assets less what it owes."""
    worth = table.books["net_worth"]
    worth[...] = 0
    for account, fen in table.books.items():
        if account != "net_worth":
            worth += -fen if (table.name, account) in liabilities else fen


def lead_in(economy, quarters) -> None:
    """From the solved guess to a state that the rules keep: the economy lives for these `quarters`.

    Nothing is recorded. Prices and technology grow to where the first quarter has them.
    """
    chosen, economy.quarter = economy.strategy, BEFORE
    economy.adopt("external_finance")
    for _ in quarters:
        economy.live()
    for scorers in (economy.firm_scorers, economy.consumer_scorers):
        scorers.seen_at -= economy.quarter
    economy.quarter = 0
    economy.adopt(chosen)
