"""What changes by itself: what the market wants, the weights of sectors, technology."""

import math

import numpy as np

from sim.engine.arithmetic import exp
from sim.engine.compiling import compiled
from sim.engine.draws import claim, key, normals
from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param


class World(Declared):
    """The pace of structural change and how it is seen, the same for every business model."""

    # fmt: off
    pace_of_change = param(0.1, unit="distance/quarter", low=0.0, high=0.25, source="assumed",
        doc="standard deviation of the quarterly move of what a sector of mean pace wants, by axis")
    pace_spread = param(0.5, unit="share", low=0.0, high=1.0, source="design",
        doc="by how much the fastest sector moves faster, and the slowest slower, than the mean one")
    shock_at = param(0, unit="quarters", low=0, high=400, source="design",
        doc="quarters from branching to the standard shock; 0 for no shock")
    shock_confidence = param(0.08, unit="share of spending", low=0.0, high=0.3, source="design",
        doc="share of planned spending that consumers hold back for a year after the shock")
    shock_change = param(0.4, unit="distance", low=0.0, high=2.0, source="design",
        doc="jump along one axis of what every sector wants, at the shock")
    weight_drift = param(0.02, unit="log points/quarter", low=0.0, high=0.06, source="assumed",
        doc="standard deviation of the quarterly news in the log weight of a sector in demand")
    weight_return = param(0.03, unit="share/quarter", low=0.01, high=0.1, source="assumed",
        doc="share of a sector's deviation from its usual weight in demand that closes in a quarter")
    outlook_memory = param(0.25, unit="share/quarter", low=0.05, high=1.0, source="assumed", held=True,
        doc="weight of a quarter's news in the inflation and the GDP that agents see")
    # fmt: on


LUCK = claim("what the market wants", __name__)
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


@kernel
def count_living(starts, firms, members):
    """How many firms of each sector are alive: its rows lie from starts[s] up to starts[s + 1]."""
    for s in range(members.shape[0]):
        found = 0
        for i in range(starts[s], starts[s + 1]):
            found += 1 if firms.alive[i] else 0
        members[s] = found


def changes(economy) -> None:
    """z moves at each sector's pace, demand drifts between sectors and returns, technology grows.

    The standard shock: consumers hold back for a year, and what every sector wants jumps at once.
    """
    market, p = economy.market, economy.p
    sectors = len(market.style_x)
    pace = p.pace_of_change * (1.0 + p.pace_spread * LADDER)
    step, numbered = np.empty(3 * sectors), np.arange(3 * sectors)
    normals(
        key(economy.seed, LUCK), numbered, numbered, np.zeros_like(numbered),
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
    market, p, platforms = economy.market, economy.p, economy.platforms
    state = economy.state[0]
    slack = p.unemployment_norm - market.unemployment
    market.wage_growth = trend_growth(p) + p.wage_response * slack
    market.wage *= 1.0 + market.wage_growth
    market.wage_index = market.wage / WAGE
    market.going_price = market.price_index * (1.0 + market.wage_growth - p.technology_growth)
    market.machine_price = float(market.going_price[EQUIPMENT])
    market.input_price = 0.5 * (market.going_price + market.going_price[NEXT])
    market.policy_rate = market.funding_rate = state.rate
    market.deposit_rate = max(0.0, state.rate - p.deposit_spread)
    market.potential = (
        market.wage * market.labour_force * (1.0 - p.unemployment_norm) * (1.0 + p.mark_up + p.rent)
    )
    market.members = np.empty(len(market.weights))
    count_living(economy.memory.sector_starts, economy.firms, market.members)
    market.consumer_rows = float(len(economy.consumers))
    lives, household = platforms["alive"] & (platforms["acts"] > 0.0), platforms["from_households"] > 0.0
    market.posted = np.where(lives & household, market.policy_rate + p.claim_premium, 0.0)
    market.trust = platforms["trust"].copy()
    market.uncollected = np.where(~platforms["alive"] & household, p.walks_away, 0.0)


def looks_back(economy) -> None:
    """Prices and output of the quarter, and what agents have seen of them, smoothed."""
    market, p = economy.market, economy.p
    level = float((market.price_index * market.weights).sum())
    market.inflation = level / market.consumer_price - 1.0
    market.consumer_price = level
    market.inflation_seen += p.outlook_memory * (market.inflation - market.inflation_seen)
    market.gdp_seen += p.outlook_memory * (market.gdp - market.gdp_seen)
