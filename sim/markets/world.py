"""What changes by itself: what the market wants, the weights of sectors, technology."""

import math

import numpy as np

from sim.engine.arithmetic import exp, normal
from sim.engine.draws import key, uniforms
from sim.engine.parameters import Declared, param


class World(Declared):
    """The pace of structural change, the same for every business model."""

    sectors = param(8.0, unit="count", low=3.0, high=8.0, source="design")
    pace_of_change = param(
        0.1, unit="distance/quarter", low=0.0, high=0.25, source="assumed", doc="drift of what a sector wants"
    )
    pace_spread = param(0.5, unit="share", low=0.0, high=1.0, source="design", doc="how sectors differ in pace")
    weight_drift = param(0.02, unit="log points/quarter", low=0.0, high=0.06, source="assumed")
    weight_return = param(0.03, unit="share/quarter", low=0.01, high=0.1, source="assumed")


EQUIPMENT, MEDIA = 0, 1
# what consumers and the state buy: little equipment and media, the rest evenly
BASE_WEIGHTS = np.array([0.03, 0.05, 0.18, 0.17, 0.16, 0.15, 0.14, 0.12])


def normals(seed: int, purpose: str, count: int, quarter: int) -> np.ndarray:
    """`count` standard normal draws, numbered by position (float64)."""
    k = key(seed, purpose)
    return np.array(
        [normal(uniforms(k, np.uint64(i), np.uint64(0), np.uint64(quarter))[0]) for i in range(count)]
    )


def changes(economy) -> None:
    """z moves at each sector's pace, demand drifts between sectors and returns, technology grows."""
    market, p = economy.market, economy.p
    sectors = len(market.style_x)
    pace = p.pace_of_change * (1.0 + p.pace_spread * np.linspace(-1.0, 1.0, sectors))
    step = normals(economy.seed, "what the market wants", 3 * sectors, economy.quarter)
    market.style_x = market.style_x + pace * step[:sectors]
    market.style_y = market.style_y + pace * step[sectors : 2 * sectors]
    tilt = (1.0 - p.weight_return) * market.tilt + p.weight_drift * step[2 * sectors :]
    market.tilt = tilt
    weights = BASE_WEIGHTS * np.array([exp(t) for t in tilt])
    market.weights = weights / weights.sum()
    market.technology *= exp(p.technology_growth)


def persistence(half_life: float) -> tuple[float, float]:
    """What an AR(1) of unit variance keeps of itself each quarter, and the size of its news."""
    kept = exp(-math.log(2.0) / half_life)
    return kept, math.sqrt(1.0 - kept * kept)
