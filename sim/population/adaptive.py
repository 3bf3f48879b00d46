"""Adaptive switching: a platform that runs one business model and may turn to another.

It is no row among those that founders choose from, but a way to run any of them: now and then it looks at
what a yuan put into its own model has brought, and at what others are heard to get, and turns where that is
so much more that it is worth the move. Which model it turns to, or back to, is not written here: the rule and
its numbers are the same for all models, in all directions, for giants and small ones.
"""

import dataclasses

from sim.actors.growth import team_of
from sim.actors.platforms import own_cash
from sim.engine.parameters import Declared, param
from sim.engine.rules import rule
from sim.strategies.base import BusinessModel, discover, strategy

NAME, SHORT = "adaptive_switching", "adaptive"
BEGINS_AS = "institution_traffic"


class Reviews(Declared):
    """How platforms that adapt review their business model, and what it takes to turn to another."""

    # fmt: off
    model_review_chance = param(0.05, unit="share/quarter", low=0.0, high=0.25, source="assumed",
        doc="chance that a platform which adapts reviews its business model in a quarter")
    review_after = param(8.0, unit="quarters", low=4.0, high=16.0, source="assumed",
        doc="time for which a platform stays with a business model before it looks at others")
    review_margin = param(0.5, unit="share", low=0.0, high=1.0, source="assumed",
        doc="by how much more another business model must bring than its own before a platform turns to it")
    review_noise = param(0.2, unit="log points", low=0.0, high=0.6, source="assumed",
        doc="standard deviation of the log of how far a platform misjudges what others earn")
    news_of_others = param(0.25, unit="share/quarter", low=0.05, high=1.0, source="assumed", held=True,
        doc="weight of a quarter in what platforms have heard of the results of others")
    moving_cost = param(2.0, unit="quarters of team", low=0.0, high=8.0, source="assumed",
        doc="what it costs at once to turn to another business model, over the cost of the team")
    technology_carried = param(0.5, unit="share", low=0.0, high=1.0, source="assumed",
        doc="part of its technology that a platform is able to use under another business model")
    practice_carried = param(0.5, unit="share", low=0.2, high=1.0, source="assumed",
        doc="work that a team does just after a turn, beside a team that has practised the business model")
    practice_speed = param(0.15, unit="share/quarter", low=0.05, high=0.5, source="assumed",
        doc="share of the practice it lacks that a team gains in a quarter")
    # fmt: on


@rule(writes="wanted_model", draws="a platform reviews its business model")
def reviews_model(platform, market, p, u):
    """Turn, at a review, to what seems to bring so much more than one's own, if the move can be paid."""
    reviews = platform.alive and platform.acts > 0.0 and platform.adapts > 0.0 and u < p.model_review_chance
    better = platform.best_seen > (1.0 + p.review_margin) * platform.own_seen
    able = own_cash(platform) > p.moving_cost * team_of(platform, market, p)
    return platform.best_model if reviews and better and able else -1


def row_of(name: str | BusinessModel) -> BusinessModel:
    """The business model of that name, or the row of those that adapt. StrategyError for an unknown one."""
    return adaptive() if isinstance(name, str) and name in (NAME, SHORT) else strategy(name)


def adaptive(starts_as: str = BEGINS_AS) -> BusinessModel:
    """The row of platforms that begin with this business model and may turn to any in which platforms act.

    Raises StrategyError for a model that does not exist, or does nothing.
    """
    first = strategy(starts_as)
    own = NAME if starts_as == BEGINS_AS else f"{NAME}_from_{starts_as}"
    title = "Adaptive switching" if starts_as == BEGINS_AS else f"Adaptive switching, from {first.title}"
    return dataclasses.replace(
        first,
        name=own,
        title=title,
        claims=("C12", "C13"),
        starts_as=first.name,
        reviews=reviews_model,
        turns_to=tuple(sorted(row.name for row in discover().values() if row.acts)),
    )
