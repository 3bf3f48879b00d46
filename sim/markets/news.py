"""What changes by itself: what the market wants, the weights of sectors, technology."""

import math

import numpy as np

from sim.engine.arithmetic import exp
from sim.engine.compiling import compiled
from sim.engine.draws import claim, key, normals
from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, ParameterError, param
from sim.state import Derived


class World(Declared):
    """The pace of structural change and how it is seen, the same for every business model."""

    # fmt: off
    pace_of_change = param(0.1, unit="distance/quarter", low=0.0, high=0.25, source="assumed",
        doc="standard deviation of the quarterly move of what a sector of mean pace wants, by axis")
    pace_spread = param(0.5, unit="share", low=0.0, high=1.0, source="design",
        doc="by how much the fastest sector moves faster, and the slowest slower, than the mean one")
    mood_news = param(0.015, unit="log points/quarter", low=0.0, high=0.03, source="CYCLE_SIZE",
        doc="standard deviation of a quarter's news in the common mood of households and firms")
    mood_kept = param(0.9, unit="share/quarter", low=0.0, high=0.97, source="assumed", held=True,
        doc="part of the common mood that is left a quarter later")
    held_back = param(0.0, unit="share of spending", low=0.0, high=0.3, source="design",
        doc="share of their usual spending that consumers hold back; of the standard shock")
    taste_jump = param(0.0, unit="distance/quarter", low=0.0, high=2.0, source="design",
        doc="jump in a quarter of what every sector wants; of the standard shock")
    luck = param(1, unit="count", low=1, high=1_000_000, source="design",
        doc="which luck is drawn from: futures of a world that differ in it alone differ by chance alone")
    weight_drift = param(0.02, unit="log points/quarter", low=0.0, high=0.06, source="assumed",
        doc="standard deviation of the quarterly news in the log weight of a sector in demand")
    weight_return = param(0.03, unit="share/quarter", low=0.01, high=0.1, source="assumed",
        doc="share of a sector's deviation from its usual weight in demand that closes in a quarter")
    outlook_memory = param(0.25, unit="share/quarter", low=0.05, high=1.0, source="assumed", held=True,
        doc="weight of a quarter's news in the inflation and the GDP that agents see")
    # fmt: on


LUCK = claim("what the market wants", __name__)
MOOD = claim("news of the common mood", __name__)
WORTHLESS = 1e12  # fen: a price at which some firm's bills come near the largest number of fen
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


@kernel
def count_living(starts, firms, members):
    """How many firms of each sector are alive: its rows lie from starts[s] up to starts[s + 1]."""
    for s in range(members.shape[0]):
        found = 0
        for i in range(starts[s], starts[s + 1]):
            found += 1 if firms.alive[i] else 0
        members[s] = found


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


def farthest(p, most: int) -> dict[str, float]:
    """Of the parameters those that lie farthest from their defaults, by the width of their ranges."""
    declared = p.declarations()

    def distance(name: str) -> float:
        one = declared[name]
        return abs(getattr(p, name) - one.value) / (float(one.high - one.low) or 1.0)

    return {name: getattr(p, name) for name in sorted(p.overridden, key=distance, reverse=True)[:most]}


def check_money(economy) -> None:
    """Raise ParameterError, in one line, where money has lost its worth: fen cannot count such amounts."""
    price = float(economy.firms["price"].max())
    if not price <= WORTHLESS:  # true for NaN too
        far = ", ".join(f"{name} = {value:g}" for name, value in farthest(economy.p, 4).items())
        raise ParameterError(
            f"a price has risen to {price:.3g} fen, above {WORTHLESS:g}: under these parameters money loses "
            f"its worth; farthest from their defaults are {far or 'none'}"
        )


def changes(economy) -> None:
    """z moves at each sector's pace, demand drifts between sectors and returns, technology grows.

    A mood that all share, m' = mood_kept m + mood_news e, raises what households spend and the capacity that
    firms want by its exponential: it depends on the seed and the quarter alone. In a shock consumers hold
    back, and what every sector wants jumps at once: see `law.standard_shock`.
    """
    market, p = economy.market, economy.p
    sectors = len(market.style_x)
    pace = p.pace_of_change * (1.0 + p.pace_spread * LADDER)
    step, numbered = np.empty(3 * sectors), np.arange(3 * sectors)
    normals(
        key(economy.draws_from, LUCK), numbered, numbered, np.zeros_like(numbered),
        economy.quarter, step,
    )  # fmt: skip
    market.style_x = market.style_x + pace * step[:sectors]
    market.style_y = market.style_y + pace * step[sectors : 2 * sectors]
    mood, one = np.empty(1), np.zeros(1, np.int64)
    normals(key(economy.draws_from, MOOD), one, one, one, economy.quarter, mood)
    market.mood = p.mood_kept * market.mood + p.mood_news * float(mood[0])
    market.outlook = exp(market.mood)
    market.confidence = market.outlook * (1.0 - p.held_back)
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
    market, p, rate = economy.market, economy.p, economy.state[0].rate
    slack = p.unemployment_norm - market.unemployment
    market.wage_growth = trend_growth(p) + p.wage_response * slack
    market.wage *= 1.0 + market.wage_growth
    market.wage_index = market.wage / WAGE
    market.going_price = market.price_index * (1.0 + market.wage_growth - p.technology_growth)
    market.machine_price = float(market.going_price[EQUIPMENT])
    market.input_price = 0.5 * (market.going_price + market.going_price[NEXT])
    market.policy_rate = market.funding_rate = rate
    market.deposit_rate = max(0.0, rate - p.deposit_spread)
    normal_work = market.wage * market.labour_force * (1.0 - p.unemployment_norm)
    market.potential = normal_work * (1.0 + p.mark_up + p.rent)
    market.members = np.empty(SECTORS)
    count_living(market.starts, economy.firms, market.members)
    market.consumer_rows = float(len(economy.consumers))


def looks_back(economy) -> None:
    """Prices and output of the quarter, and what agents have seen of them, smoothed."""
    market, p = economy.market, economy.p
    level = float((market.price_index * market.weights).sum())
    market.inflation = level / market.consumer_price - 1.0
    market.consumer_price = level
    market.inflation_seen += p.outlook_memory * (market.inflation - market.inflation_seen)
    market.gdp_seen += p.outlook_memory * (market.gdp - market.gdp_seen)
