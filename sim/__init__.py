"""A closed economy in which fintech platforms harvest traffic or integrate deeply.

from sim import Economy
Economy(strategy="deep_integration", firms=10_000, seed=1).run(80)
"""

from sim.credit.funders import FUNDERS
from sim.engine.ahead import compile_ahead
from sim.engine.compiling import PROJECT, telling
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


def warm_up(progress: bool | None = None) -> None:
    """Compile everything a run needs, so that worker processes find it on disk.

    The first time processes of its own, one for each core, share the work; they need no guard in a script.
    progress: say on the standard error that rules are compiled, if they are; where not given, it is said to
    a terminal and in a notebook.
    """
    with telling(progress):
        compile_ahead("from sim import rehearse; rehearse(firms=100, lead_in=8)")
        rehearse()


def rehearse(firms: int = 200, **parameters: int) -> None:
    """Live through a small economy that calls all that a run calls, with these parameters."""
    world = Economy(firms=firms, platforms=4, banks=4, parameters={"giants": 1, **parameters}).run(6)
    for name in discover():
        world.branch(name).run(8)


def __getattr__(name: str) -> str:
    """`__version__`, when asked for: of the source tree where this is one, else of what was installed."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version
    from pathlib import Path
    from tomllib import loads

    tree = Path(__file__).parents[1] / "pyproject.toml"
    project = loads(tree.read_text(encoding="utf-8")).get("project", {}) if tree.is_file() else {}
    return project["version"] if project.get("name") == PROJECT else version(PROJECT)
