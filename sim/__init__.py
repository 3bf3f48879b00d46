"""A closed economy in which fintech platforms harvest traffic or integrate deeply.

from sim import Economy
Economy(strategy="deep_integration", firms=10_000, seed=1).run(80)
"""

from sim.credit.funders import FUNDERS
from sim.engine.parameters import ParameterError, Parameters
from sim.engine.units import in_yuan
from sim.links.lines import LINES
from sim.model import Economy
from sim.strategies import BusinessModel, discover, strategy
from sim.strategies.base import StrategyError, blend

__all__ = [
    "BusinessModel",
    "Economy",
    "ParameterError",
    "Parameters",
    "StrategyError",
    "blend",
    "discover",
    "in_yuan",
    "strategy",
    "warm_up",
]

# what they declare is known before anybody asks which parameters there are
FUNDERS.all()
LINES.all()


def warm_up() -> None:
    """Compile everything a run needs, so that worker processes find it on disk."""
    world = Economy(firms=200, platforms=4, banks=4, parameters={"giants": 1}).run(6)
    for name in discover():
        world.branch(name).run(8)
