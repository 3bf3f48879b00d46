"""How platforms set their prices: by trial and error."""

from typing import NamedTuple

from sim.engine.rules import rule


class PricesReviewed(NamedTuple):
    """What `reviews_prices` writes."""

    take: float
    gain_share: float
    direction: float
    last_gross: float


@rule(writes=PricesReviewed, draws="price review of a platform")
def reviews_prices(platform, market, p, u):
    """Trial and error, now and then: keep the direction of the last change if it paid, else turn.

    The same rule sets a take rate and a share of gains, neither above its limit.
    """
    reviews = platform.alive and platform.acts > 0.0 and u < p.review_chance
    better = platform.gross_profit >= platform.last_gross
    direction = (platform.direction if better else -platform.direction) if reviews else platform.direction
    step = 1.0 + p.price_step * direction if reviews else 1.0
    take = min(p.take_limit, platform.take * step)
    share = min(p.gain_share_limit, platform.gain_share * step)
    return PricesReviewed(
        take=take,
        gain_share=share,
        direction=direction,
        last_gross=platform.gross_profit if reviews else platform.last_gross,
    )
