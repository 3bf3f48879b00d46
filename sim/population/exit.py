"""Firms leave and new ones arrive: who cannot pay, who bears it, whose money starts the next."""

import numpy as np

from sim.engine.arithmetic import exp
from sim.engine.compiling import compiled, compiled_apart
from sim.engine.draws import as_normals, key, uniforms
from sim.engine.fen import within
from sim.engine.ledger import Some, total_by
from sim.engine.parameters import Declared, param
from sim.markets.payments import ownership, trade_credit
from sim.markets.payments import venture as funding
from sim.markets.news import EQUIPMENT

HARD_HIT = 0.1  # of a quarter's sales, lost on customers that failed: for the record


class Exit(Declared):
    """Liquidation and entry."""

    # fmt: off
    resale = param(0.4, unit="share of book value", low=0.3, high=0.6, source="assumed",
        doc="resale price of machines when hardly any are liquidated")
    resale_response = param(0.5, unit="per liquidations/investment", low=0.0, high=2.0, source="assumed",
        doc="fall of the resale price of machines over liquidations beside investment")
    resale_speed = param(0.25, unit="share/quarter", low=0.05, high=1.0, source="assumed", held=True,
        doc="share of the gap to its new level that the resale price of machines closes in a quarter")
    entrant_size = param(0.2, unit="share of the mean firm", low=0.05, high=0.5, source="design",
        when="entry", doc="mean size of entrants")
    entrant_spread = param(0.8, unit="log points", low=0.2, high=1.5, source="design", when="entry",
        doc="standard deviation of the log size of entrants")
    entrant_skill = param(-0.04, unit="log points", low=-0.2, high=0.1, source="assumed", when="entry",
        doc="mean skill of entrants of mean quality, beside that of incumbents")
    entrant_offset = param(0.2, unit="distance", low=0.0, high=0.4, source="assumed", when="entry",
        doc="standard deviation of an entrant's distance from what the market wants, by axis")
    entrant_cash = param(1.5, unit="quarters of bills", low=0.5, high=4.0, source="assumed", held=True,
        when="entry", doc="money for work and inputs with which an entrant starts")
    # fmt: on


@compiled
def list_leaving(failed, leaving, alive, bad_trade, sales, gone, rows, hit):
    """Who is gone, in which rows, and which of those were hit by a failure before. Returns how many are gone,
    and how many of all were hit."""
    found, hits = 0, 0
    for i in range(alive.shape[0]):
        gone[i] = (failed[i] | leaving[i]) & alive[i]
        hard = bad_trade[i] > HARD_HIT * sales[i]
        rows[found] = i
        hit[found] = hard
        found += 1 if gone[i] else 0
        hits += 1 if hard else 0
    return found, hits


@compiled
def estates(rows, deposits, home, shared, other, trade, to_bank, to_all, to_platform, to_suppliers, rest):
    """What the estate of each of the `rows` pays (fen): banks first and in proportion, then platforms,
    suppliers, owners."""
    for e in range(rows.shape[0]):
        i = rows[e]
        cash, senior = deposits[i], home[i] + shared[i]
        if cash >= senior:
            to_bank[e] = home[i]
            to_all[e] = shared[i]
            cash -= senior
            to_platform[e] = min(cash, other[i])
            cash -= to_platform[e]
            to_suppliers[e] = min(cash, trade[i])
            rest[e] = cash - to_suppliers[e]
        else:
            part = min(home[i], int(np.floor(cash * (home[i] / senior))))
            to_all[e] = min(shared[i], cash - part)
            to_bank[e] = cash - to_all[e]
            to_platform[e] = 0
            to_suppliers[e] = 0
            rest[e] = 0


@compiled
def fill(rows, columns, value):
    """All these columns have this value in the `rows`."""
    for column in columns:
        for i in rows:
            column[i] = value


FLAGS_OF_THE_LEAVING = ("alive", "closing", "leaving")
PARTNERS_OF_THE_LEAVING = ("debt_to", "portal", "link", "supplier_1", "supplier_2")
LEFT_BEHIND = (
    "share",
    "machines",
    "units",
    "depth",
    "disruption",
    "demand",
    "expected_demand",
    "bills",
    "workers",
    "wage_bill",
    "input_bill",
    "investment_bill",
)


def firms_leave(economy) -> None:
    """Machines go to the owners at resale price; debts are paid by rank; the rest is lost or returned."""
    c, tallies, n = economy.firms.columns, economy.tallies, len(economy.firms)
    gone, hit, rows = np.empty(n, bool), np.empty(n, bool), np.empty(n, np.int64)
    leave, hits = list_leaving(
        c["failed"], c["leaving"], c["alive"], c["bad_trade"], c["sales"], gone, rows, hit
    )
    rows, hit = rows[:leave], hit[:leave]
    liquidate(economy, rows)
    unpaid = pay_estates(economy, rows, gone)
    failed = c["failed"][rows] | (write_off_estates(economy, rows) + unpaid > 0)
    c["failed"][rows] = failed
    trade_credit.turn_quarter(economy, gone)
    failures = np.count_nonzero(failed)
    tallies |= {
        "exits": float(leave),
        "failures": float(failures),
        "closures": float(leave - failures),
        "bad trade credit": float(unpaid.sum()),
        "hit by failures": float(hits),  # of the quarter before
        "failures after a hit": float(np.count_nonzero(failed & hit)),
    }
    fill(rows, tuple([c[name] for name in FLAGS_OF_THE_LEAVING]), False)
    fill(rows, tuple([c[name] for name in PARTNERS_OF_THE_LEAVING]), -1)
    fill(rows, tuple([c[name] for name in LEFT_BEHIND]), 0.0)


def liquidate(economy, rows: np.ndarray) -> None:
    """The owners buy the machines at a price that falls with what is liquidated; stock is scrapped."""
    c, p, market, ledger = economy.firms.columns, economy.p, economy.market, economy.ledger
    capital = c["capital"][rows]
    book = float(capital.sum())
    calm = p.resale / (1.0 + p.resale_response * book / max(1.0, market.investment_value))
    market.resale = market.resale + p.resale_speed * (calm - market.resale)
    afford = min(1.0, p.machines_purse * ownership.money(economy) / max(1.0, calm * book))
    ownership.spend(economy, "liquidations", Some(rows, np.floor(afford * calm * capital)))
    ledger.change("loss on liquidation", Some(rows, c["capital"][rows]))  # what they do not pay
    ledger.change("spoilage", Some(rows, c["stock"][rows]))
    economy.memory.used_machines += float(c["machines"][rows].sum())
    trade_credit.sell_receivables(economy, rows)


def pay_estates(economy, rows: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """What money an estate has goes to those it owes, by rank. Returns what suppliers lose by it (fen)."""
    c, t, ledger = economy.firms.columns, economy.platforms.columns, economy.ledger
    to_bank, to_all, to_platform, to_suppliers, rest = np.empty((5, len(rows)), np.int64)
    estates(
        rows, c["deposits"], c["bank_debt"], c["syndicated_debt"], c["platform_debt"], c["payables"],
        to_bank, to_all, to_platform, to_suppliers, rest,
    )  # fmt: skip
    ledger.pay_at_home("instalments of firms", Some(rows, to_bank))
    total = int(to_all.sum())
    if total:
        shares = within(total, economy.banks.columns["syndicated_loans"])
        ledger.pay("syndicated instalments", Some(rows, to_all), shares)
    if to_platform.any():
        before = t["loans"].copy()
        principal = total_by(c["debt_to"][rows], to_platform, len(before))
        ledger.pay("platform instalments of firms", Some(rows, to_platform), principal)
        funding.repay_banks(economy, principal, before)
    unpaid = trade_credit.settle_estates(economy, rows, to_suppliers, gone)
    ownership.receive(economy, "estates", Some(rows, rest))
    return unpaid


def write_off_estates(economy, rows: np.ndarray) -> np.ndarray:
    """Debts that nobody pays any more; those who held them lose. Returns what is lost by estate (fen)."""
    c, b, ledger = economy.firms.columns, economy.banks.columns, economy.ledger
    lost, shared, other = c["bank_debt"][rows], c["syndicated_debt"][rows], c["platform_debt"][rows]
    by_bank = total_by(c["bank"][rows], lost, len(economy.banks))
    ledger.write_off("bad loans to firms", {"banks": by_bank}, {"firms": Some(rows, lost)})
    b["loan_losses"] += by_bank
    total = int(shared.sum())
    if total:
        part = within(total, b["syndicated_loans"])
        ledger.write_off("bad syndicated loans", {"banks": part}, {"firms": Some(rows, shared)})
        b["loan_losses"] += part
    funding.lose(economy, "firms", rows, other)
    economy.tallies["bad firm loans"] = float(lost.sum()) + total
    return lost + shared + other


@compiled_apart
def draw_gifts(rows, keys, quarter, ids, generation, gifts):
    """Numbers in (0, 1) for who comes next in each of the `rows`: two columns of `gifts` for each key."""
    for k in range(len(keys)):
        first, second = gifts[2 * k], gifts[2 * k + 1]
        for n in range(rows.shape[0]):
            i = rows[n]
            first[n], second[n] = uniforms(keys[k], ids[i], generation[i] + 1, quarter)


@compiled
def found(rows, sector, generation, gifts, members, given, posted, columns, need):
    """Write the columns of the entrants in the vacant `rows`, and the money each needs (fen)."""
    (size, spread, skill_mean, skill_spread, offset), agility, leverage, buffer, start = given
    (low, high), (ratio, mark_up, inputs, quarters) = leverage, start
    wage, technology, machine_price, style_x, style_y, going_price, unit_demand, skill_weight = posted
    share, skill, quality, x, y, pace, target, cash, expected, productivity, price, mark = columns
    talent, gift, east, north, ways, daring, thrift, scale = gifts
    for column in (talent, gift, east, north, scale):
        as_normals(column)
    for n in range(rows.shape[0]):
        i = rows[n]
        s = sector[i]
        generation[i] += 1
        quality[i] = talent[n]
        skill[i] = skill_mean + skill_weight * quality[i] + skill_spread * gift[n]
        x[i] = style_x[s] + offset * east[n]
        y[i] = style_y[s] + offset * north[n]
        pace[i] = agility[0] * (agility[1] + agility[2] * ways[n])
        target[i] = low + (high - low) * daring[n]
        cash[i] = buffer[0] * (buffer[1] + buffer[2] * thrift[n])
        relative = size * exp(spread * scale[n] - 0.5 * spread * spread)
        expected[i] = relative * unit_demand[s]
        share[i] = relative / members[s]
        productivity[i] = technology * exp(skill[i])
        price[i] = going_price[s]
        mark[i] = mark_up
        machines = ratio * expected[i] * machine_price
        work = (1.0 - inputs) * wage * expected[i] / productivity[i]
        need[n] = np.floor(machines + quarters * (work + inputs * expected[i] * going_price[s]))


GIFTS = ("an entrant's gifts", "an entrant's style", "an entrant's ways", "an entrant's size")
OF_AN_ENTRANT = (
    "share",
    "skill",
    "quality",
    "style_x",
    "style_y",
    "agility",
    "leverage_target",
    "buffer",
    "expected_demand",
    "productivity",
    "price",
    "mark_up",
)
UNTOUCHED = (
    "age",
    "growth",
    "unfilled",
    "losses",
    "margin_now",
    "draft_margin",
    "reported_margin",
    "misfit",
    "on_credit",
    "bad_trade",
    "leverage_now",
    "draft_leverage",
    "reported_leverage",
)


def firms_enter(economy) -> None:
    """Entrants take vacant rows as far as the owners' money goes; they order their machines next quarter."""
    firms, p, market = economy.firms, economy.p, economy.market
    c = firms.columns
    rows = np.flatnonzero(~c["alive"])
    economy.tallies["entries"] = 0.0
    if not len(rows):
        return
    members = np.maximum(1.0, market.members)
    unit_demand = market.sector_money / market.price_index
    need, gifts = np.empty(len(rows)), np.empty((2 * len(GIFTS), len(rows)))
    keys = tuple([key(economy.seed, purpose) for purpose in GIFTS])
    draw_gifts(rows, keys, np.uint64(economy.quarter), firms.ids, c["generation"], gifts)
    # shares relative to the sector's mean firm: the sums of shares are one
    found(
        rows, c["sector"], c["generation"], tuple(gifts), members,
        ((p.entrant_size, p.entrant_spread, p.entrant_skill, p.skill_spread, p.entrant_offset),
         (p.agility, p.agility_least, p.agility_span), (p.leverage_low, p.leverage_high),
         (p.cash_buffer, p.cash_buffer_least, p.cash_buffer_span),
         ((1.0 - p.input_share) * p.capital_output / p.utilisation, p.mark_up, p.input_share,
          p.entrant_cash)),
        (market.wage, market.technology, float(market.price_index[EQUIPMENT]), market.style_x, market.style_y,
         market.price_index, unit_demand / members, p.quality_weight),
        tuple([c[name] for name in OF_AN_ENTRANT]), need,
    )  # fmt: skip
    purse = p.owners_purse * ownership.money(economy)
    funded = np.cumsum(need) <= purse
    new, stays = rows[funded], rows[~funded]
    ownership.spend(economy, "start-up capital", Some(new, need[funded]))
    fill(stays, (c["share"], c["expected_demand"]), 0.0)
    c["alive"][new] = True
    c["demand"][new] = c["expected_demand"][new]
    fill(new, tuple([c[name] for name in UNTOUCHED]), 0.0)
    c["rate"][new] = market.funding_rate
    economy.tallies["entries"] = float(len(new))
