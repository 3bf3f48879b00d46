"""What happens to a firm: mishaps, the end of contracts, platforms that come by."""

import math

from sim.engine.arithmetic import exp
from sim.engine.rules import rule


@rule(writes="damage", draws=("mishap", "size of a mishap"))
def suffers(firm, market, p, u):
    """Badly run firms burn more often; a large one has not all its eggs in one basket.

    chance = mishap exp(-c q - c^2 / 2), damage = size u (1 + relative size)^(-1/4)
    """
    tilt = p.mishap_quality
    chance = p.mishap * exp(-tilt * firm.quality - 0.5 * tilt * tilt)
    relative = firm.share * market.members[firm.sector]
    mild = 1.0 / math.sqrt(math.sqrt(1.0 + relative))
    return p.mishap_size * u[1] * mild if firm.alive and u[0] < chance else 0.0


@rule(writes="offer_luck", draws="a platform approaches")
def is_approached(firm, market, p, u):
    """By a platform that offers integration or by none, -1; which one, is a number from 0 to 1."""
    return u / p.contacts if firm.alive and u < p.contacts else -1.0


@rule(writes="contract_ends", draws="end of a contract")
def loses_supplier(firm, market, p, u):
    """With one of its two suppliers a firm may be through: 0 for none, else which."""
    return 1 if u < p.link_death else 2 if u < 2.0 * p.link_death else 0
