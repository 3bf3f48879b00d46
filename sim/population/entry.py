"""Firms enter: who comes next in the rows of those who have left, with the owners' money."""

from typing import NamedTuple

import numpy as np

from sim.engine.arithmetic import exp
from sim.engine.compiling import compiled_apart
from sim.engine.draws import as_normals, claim, key, uniforms
from sim.engine.kernels import kernel
from sim.engine.ledger import Some
from sim.engine.parameters import Declared, param
from sim.markets.news import EQUIPMENT
from sim.markets.payments import ownership


class Entry(Declared):
    """Who enters, and with what."""

    # fmt: off
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


GIFTS = tuple(
    claim(f"an entrant's {what}", __name__) for what in ("gifts", "style", "ways", "size", "openness")
)


class Gifts(NamedTuple):
    """What chance gives each entrant: two numbers for each of the purposes `GIFTS`."""

    talent: np.ndarray
    knack: np.ndarray
    east: np.ndarray
    north: np.ndarray
    ways: np.ndarray
    daring: np.ndarray
    thrift: np.ndarray
    size: np.ndarray
    openness: np.ndarray
    rank: np.ndarray


@compiled_apart
def draw_gifts(rows, keys, quarter, ids, generation, gifts):
    """Numbers in (0, 1) for who comes next in each of the `rows`: two lines of `gifts` for each key."""
    for k in range(len(keys)):
        first, second = gifts[2 * k], gifts[2 * k + 1]
        for n in range(rows.shape[0]):
            i = rows[n]
            first[n], second[n] = uniforms(keys[k], ids[i], generation[i] + 1, quarter)


@kernel
def furnish_entrants(rows, gifts, firms, market, p, need):
    """Write the columns of the entrants in the vacant `rows`, and the money each needs (fen).

    Shares are relative to the sector's mean firm: the sums of shares are one.
    """
    as_normals(gifts.talent)
    as_normals(gifts.knack)
    as_normals(gifts.east)
    as_normals(gifts.north)
    as_normals(gifts.size)
    as_normals(gifts.openness)
    spread, ratio = p.entrant_spread, (1.0 - p.input_share) * p.capital_output / p.utilisation
    openness = p.openness_spread
    for n in range(rows.shape[0]):
        i = rows[n]
        s = firms.sector[i]
        members, price = max(1.0, market.members[s]), market.price_index[s]
        firms.generation[i] += 1
        firms.quality[i] = gifts.talent[n]
        firms.skill[i] = (
            p.entrant_skill + p.quality_weight * gifts.talent[n] + p.skill_spread * gifts.knack[n]
        )
        firms.style_x[i] = market.style_x[s] + p.entrant_offset * gifts.east[n]
        firms.style_y[i] = market.style_y[s] + p.entrant_offset * gifts.north[n]
        firms.agility[i] = p.agility * (p.agility_least + p.agility_span * gifts.ways[n])
        firms.leverage_target[i] = p.leverage_low + (p.leverage_high - p.leverage_low) * gifts.daring[n]
        firms.buffer[i] = p.cash_buffer * (p.cash_buffer_least + p.cash_buffer_span * gifts.thrift[n])
        firms.openness[i] = exp(openness * gifts.openness[n] - 0.5 * openness * openness)
        firms.online_rank[i] = gifts.rank[n]
        relative = p.entrant_size * exp(spread * gifts.size[n] - 0.5 * spread * spread)
        expected = relative * (market.sector_money[s] / price / members)
        firms.expected_demand[i] = expected
        firms.share[i] = relative / members
        firms.productivity[i] = market.technology * exp(firms.skill[i])
        firms.price[i] = price
        firms.mark_up[i] = p.mark_up
        machines = ratio * expected * market.price_index[EQUIPMENT]
        work = (1.0 - p.input_share) * market.wage * expected / firms.productivity[i]
        need[n] = np.floor(machines + p.entrant_cash * (work + p.input_share * expected * price))


@kernel
def open_doors(rows, firms, market):
    """Entrants who have the money are there, with no past."""
    for i in rows:
        firms.alive[i] = True
        firms.demand[i] = firms.expected_demand[i]
        firms.rate[i] = market.funding_rate
        firms.age[i] = firms.growth[i] = firms.unfilled[i] = firms.losses[i] = firms.misfit[i] = 0.0
        firms.margin_now[i] = firms.draft_margin[i] = firms.reported_margin[i] = 0.0
        firms.leverage_now[i] = firms.draft_leverage[i] = firms.reported_leverage[i] = 0.0
        firms.on_credit[i] = firms.bad_trade[i] = firms.usual_sales[i] = firms.lender_habit[i] = 0.0
        firms.wallet[i] = firms.last_lender[i] = -1


def firms_enter(economy) -> None:
    """Entrants take vacant rows as far as the owners' money goes; they order their machines next quarter."""
    firms, p, market = economy.firms, economy.p, economy.market
    rows = np.flatnonzero(~firms["alive"])
    if not len(rows):
        return
    need, gifts = np.empty(len(rows)), np.empty((2 * len(GIFTS), len(rows)))
    keys = tuple([key(economy.draws_from, purpose) for purpose in GIFTS])
    draw_gifts(rows, keys, np.uint64(economy.quarter), firms.ids, firms["generation"], gifts)
    furnish_entrants(rows, Gifts(*gifts), firms, market, p, need)
    purse = p.owners_purse * ownership.money(economy)
    funded = np.cumsum(need) <= purse
    new, stays = rows[funded], rows[~funded]
    ownership.spend(economy, "start-up capital", Some(new, need[funded]))
    firms["share"][stays] = firms["expected_demand"][stays] = 0.0
    open_doors(new, firms, market)
    economy.tallies.entries = float(len(new))
