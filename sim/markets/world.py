"""What changes by itself: what the market wants, the weights of sectors, technology."""

import math

import numpy as np

from sim.engine.arithmetic import exp
from sim.engine.compiling import compiled
from sim.engine.draws import key, normals
from sim.engine.parameters import Declared, param


class World(Declared):
    """The pace of structural change, the same for every business model."""

    pace_of_change = param(
        0.1, unit="distance/quarter", low=0.0, high=0.25, source="assumed", doc="drift of what a sector wants"
    )
    pace_spread = param(
        0.5, unit="share", low=0.0, high=1.0, source="design", doc="how sectors differ in pace"
    )
    shock_at = param(0, unit="quarters", low=0, high=400, source="design", doc="after branching; 0 for none")
    shock_confidence = param(
        0.08, unit="share of spending", low=0.0, high=0.3, source="design", doc="lost for a year"
    )
    shock_change = param(
        0.4, unit="distance", low=0.0, high=2.0, source="design", doc="jump of what every sector wants"
    )
    weight_drift = param(0.02, unit="log points/quarter", low=0.0, high=0.06, source="assumed")
    weight_return = param(0.03, unit="share/quarter", low=0.01, high=0.1, source="assumed")


WAGE = 2_000_000.0  # fen a quarter, to which what is declared in fen refers
EQUIPMENT, MEDIA = 0, 1
# what consumers and the state buy: little equipment and media, the rest evenly
BASE_WEIGHTS = np.array([0.03, 0.05, 0.18, 0.17, 0.16, 0.15, 0.14, 0.12])
LADDER = np.linspace(-1.0, 1.0, len(BASE_WEIGHTS))  # from the slowest sector to the fastest
NEXT = np.roll(np.arange(len(BASE_WEIGHTS)), -1)  # the sector after each, in the ring


@compiled
def tilted(weights, tilt, out):
    """The weights times e to the tilt."""
    for s in range(out.shape[0]):
        out[s] = weights[s] * exp(tilt[s])


@compiled
def count_in(starts, counts, out):
    """How many rows count of those from starts[s] up to starts[s + 1], for each s."""
    for s in range(out.shape[0]):
        found = 0
        for i in range(starts[s], starts[s + 1]):
            found += 1 if counts[i] else 0
        out[s] = found


@compiled
def lie_together(starts, sector):
    """Are the rows of sector s those from starts[s] up to starts[s + 1], and these all there are?"""
    n = sector.shape[0]
    if starts[0] != 0 or starts[starts.shape[0] - 1] != n:
        return False
    for s in range(starts.shape[0] - 1):
        if not 0 <= starts[s] <= starts[s + 1] <= n:
            return False
    off = 0
    for s in range(starts.shape[0] - 1):
        for i in range(starts[s], starts[s + 1]):
            off |= sector[i] ^ s
    return off == 0


def check_rows(economy) -> None:
    """Raise ValueError, in one line, where a column leads to a row that does not exist, or to another sector.

    Anybody can write into the arrays, and machine code does not look where an index leads.
    """
    for table in economy.tables.values():
        table.check_all_pointers()
    if not lie_together(economy.memory.sector_starts, economy.firms["sector"]):
        raise ValueError("firms['sector'] does not change: the rows of a sector lie together")


def changes(economy) -> None:
    """z moves at each sector's pace, demand drifts between sectors and returns, technology grows.

    The standard shock: consumers hold back for a year, and what every sector wants jumps at once.
    """
    market, p = economy.market, economy.p
    sectors = len(market.style_x)
    pace = p.pace_of_change * (1.0 + p.pace_spread * LADDER)
    step, numbered = np.empty(3 * sectors), np.arange(3 * sectors)
    normals(
        key(economy.seed, "what the market wants"), numbered, numbered, np.zeros_like(numbered),
        economy.quarter, step,
    )  # fmt: skip
    market.style_x = market.style_x + pace * step[:sectors]
    market.style_y = market.style_y + pace * step[sectors : 2 * sectors]
    since = economy.quarter - economy.memory.born - p.shock_at if p.shock_at else -1
    market.confidence = 1.0 - p.shock_confidence if 0 <= since < 4 else 1.0
    if since == 0:
        market.style_x = market.style_x + p.shock_change
    tilt = (1.0 - p.weight_return) * market.tilt + p.weight_drift * step[2 * sectors :]
    market.tilt = tilt
    weights = np.empty(sectors)
    tilted(BASE_WEIGHTS, tilt, weights)
    market.weights = weights / weights.sum()
    market.technology *= exp(p.technology_growth)


def persistence(half_life: float) -> tuple[float, float]:
    """What an AR(1) of unit variance keeps of itself each quarter, and the size of its news."""
    kept = exp(-math.log(2.0) / half_life)
    return kept, math.sqrt(1.0 - kept * kept)


def trend_growth(p) -> float:
    """Of wages and nominal output on the balanced growth path, a quarter."""
    return p.technology_growth + p.inflation_aim


def posts_terms(economy) -> None:
    """Policy, wage and rates of the quarter, from what was seen in the last ones."""
    m, p, platforms = economy.market, economy.p, economy.platforms
    state = economy.state[0]
    slack = p.unemployment_norm - m.unemployment
    m.wage_growth = trend_growth(p) + p.wage_response * slack
    m.wage *= 1.0 + m.wage_growth
    m.wage_index = m.wage / WAGE
    m.going_price = m.price_index * (1.0 + m.wage_growth - p.technology_growth)
    m.machine_price = float(m.going_price[EQUIPMENT])
    m.input_price = 0.5 * (m.going_price + m.going_price[NEXT])
    m.policy_rate = m.funding_rate = state.rate
    m.deposit_rate = max(0.0, state.rate - p.deposit_spread)
    m.potential = m.wage * m.labour_force * (1.0 - p.unemployment_norm) * (1.0 + p.mark_up + p.rent)
    m.members = np.empty(len(m.weights))
    count_in(economy.memory.sector_starts, economy.firms["alive"], m.members)
    m.consumer_rows = float(len(economy.consumers))
    lives, household = platforms["alive"] & (platforms["acts"] > 0.0), platforms["from_households"] > 0.0
    m.posted = np.where(lives & household, m.policy_rate + p.claim_premium, 0.0)
    m.trust = platforms["trust"].copy()
    m.uncollected = np.where(~platforms["alive"] & household, p.walks_away, 0.0)


def looks_back(economy) -> None:
    """Prices and output of the quarter, and what agents have seen of them, smoothed over a year."""
    m = economy.market
    level = float((m.price_index * m.weights).sum())
    m.inflation = level / m.consumer_price - 1.0
    m.consumer_price = level
    m.inflation_seen += 0.25 * (m.inflation - m.inflation_seen)
    m.gdp_seen += 0.25 * (m.gdp - m.gdp_seen)
