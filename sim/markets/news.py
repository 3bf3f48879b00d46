"""What changes by itself: what the market wants, the weights of sectors, technology."""

import math

import numpy as np

from sim.engine.arithmetic import exp
from sim.engine.compiling import compiled
from sim.engine.draws import key, normals
from sim.engine.parameters import Declared, param
from sim.state import Derived


class World(Declared):
    """The pace of structural change and how it is seen, the same for every business model."""

    # fmt: off
    pace_of_change = param(0.1, unit="distance/quarter", low=0.0, high=0.25, source="assumed",
        doc="standard deviation of the quarterly move of what a sector of mean pace wants, by axis")
    pace_spread = param(0.5, unit="share", low=0.0, high=1.0, source="design",
        doc="by how much the fastest sector moves faster, and the slowest slower, than the mean one")
    held_back = param(0.0, unit="share of spending", low=0.0, high=0.3, source="design",
        doc="share of their usual spending that consumers hold back; of the standard shock")
    taste_jump = param(0.0, unit="distance/quarter", low=0.0, high=2.0, source="design",
        doc="jump in a quarter of what every sector wants; of the standard shock")
    weight_drift = param(0.02, unit="log points/quarter", low=0.0, high=0.06, source="assumed",
        doc="standard deviation of the quarterly news in the log weight of a sector in demand")
    weight_return = param(0.03, unit="share/quarter", low=0.01, high=0.1, source="assumed",
        doc="share of a sector's deviation from its usual weight in demand that closes in a quarter")
    outlook_memory = param(0.25, unit="share/quarter", low=0.05, high=1.0, source="assumed", held=True,
        doc="weight of a quarter's news in the inflation and the GDP that agents see")
    # fmt: on


WAGE = 2_000_000.0  # fen a quarter, to which what is declared in fen refers
EQUIPMENT, MEDIA = 0, 1
# what consumers and the state buy: little equipment and media, the rest evenly
BASE_WEIGHTS = np.array([0.03, 0.05, 0.18, 0.17, 0.16, 0.15, 0.14, 0.12])
SECTORS = len(BASE_WEIGHTS)
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
    if not lie_together(economy.market.starts, economy.firms["sector"]):
        raise ValueError("firms['sector'] does not change: the rows of a sector lie together")


def changes(economy) -> None:
    """z moves at each sector's pace, demand drifts between sectors and returns, technology grows.

    In a shock consumers hold back, and what every sector wants jumps at once: see `law.standard_shock`.
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
    market.confidence = 1.0 - p.held_back
    if p.taste_jump > 0.0:
        market.style_x = market.style_x + p.taste_jump
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


def renewal(p) -> float:
    """Share of machines to be replaced or added each quarter on the balanced growth path."""
    # mishaps destroy about this part: chance x mean damage of a firm of mean size
    burnt = 0.42 * p.mishap * p.mishap_size
    return p.depreciation + burnt + p.technology_growth


def derived(p) -> Derived:
    """What follows from the parameters."""
    quality_kept, quality_news = persistence(p.quality_half_life)
    skill_kept, skill_news = persistence(p.skill_half_life)
    trait_kept, trait_news = persistence(p.trait_half_life)
    return Derived(
        quality_kept=quality_kept, quality_news=quality_news, skill_kept=skill_kept,
        skill_news=p.skill_spread * skill_news, trait_kept=trait_kept, trait_news=trait_news,
        renewal=renewal(p),
    )  # fmt: skip


def trend_growth(p) -> float:
    """Of wages and nominal output on the balanced growth path, a quarter."""
    return p.technology_growth + p.inflation_aim


def posts_terms(economy) -> None:
    """Policy, wage and rates of the quarter, from what was seen in the last ones."""
    m, p = economy.market, economy.p
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
    count_in(m.starts, economy.firms["alive"], m.members)
    m.consumer_rows = float(len(economy.consumers))


def looks_back(economy) -> None:
    """Prices and output of the quarter, and what agents have seen of them, smoothed."""
    m, p = economy.market, economy.p
    level = float((m.price_index * m.weights).sum())
    m.inflation = level / m.consumer_price - 1.0
    m.consumer_price = level
    m.inflation_seen += p.outlook_memory * (m.inflation - m.inflation_seen)
    m.gdp_seen += p.outlook_memory * (m.gdp - m.gdp_seen)
