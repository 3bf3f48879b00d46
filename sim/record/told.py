"""Every recorded number is told where it is made: its unit and what it means, once, for frames and pages."""

from collections.abc import Callable
from typing import Any, TypeVar

from sim.engine.units import Told, told

Maker = TypeVar("Maker", bound=Callable[..., Any])

QUARTERS: dict[str, Told] = {}  # of the whole economy
MODELS: dict[str, Told] = {}  # of a business model; what it shares with platforms is told there


def tells(found: dict[str, Told], **texts: str) -> Callable[[Maker], Maker]:
    """What follows makes numbers of these names: each is "unit: meaning".

    Raises ValueError where one is told twice, or tells no unit or no meaning.
    """
    for name, text in texts.items():
        if name in found:
            raise ValueError(f"{name} is told twice: {found[name].meaning!r} and {text!r}")
        found[name] = told(text)
    return lambda maker: maker
