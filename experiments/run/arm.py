"""A future that a world is given: who runs its platforms, and what is changed from the branching on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from experiments.run.store import canonical


@dataclass(frozen=True)
class Arm:
    """One future of a grown world.

    Args:
        platforms: a business model by its name, a row (a `sim.BusinessModel`), or a mapping of names or
            rows to numbers of platforms.
        parameters: values by name that hold from the branching on.
        timeline: dated changes.

    Raises ``TypeError`` for what cannot be written down, ``ValueError`` for dated changes, which no economy
    knows.
    """

    platforms: Any
    parameters: Mapping[str, Any] = field(default_factory=dict)
    timeline: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if self.timeline:
            raise ValueError(f"timeline = {self.timeline!r} would do nothing: no economy knows dated changes")
        canonical(self.described())

    @classmethod
    def of(cls, value: Any) -> Arm:
        """An arm as it is; anything else is taken for who runs the platforms."""
        return value if isinstance(value, cls) else cls(value)

    def described(self) -> dict[str, Any]:
        """All that makes this arm what it is, as JSON can say it; the order within a mapping is nothing."""
        return {
            "platforms": _written(self.platforms),
            "parameters": dict(self.parameters),
            "timeline": list(self.timeline),
        }

    @classmethod
    def from_description(cls, noted: Mapping[str, Any]) -> Arm:
        """The arm that was described so."""
        return cls(_read(noted["platforms"]), noted["parameters"], tuple(noted["timeline"]))


def _written(platforms: Any) -> Any:
    if isinstance(platforms, Mapping):
        return {"mix": sorted(([_written(one), many] for one, many in platforms.items()), key=canonical)}
    if dataclasses.is_dataclass(platforms) and not isinstance(platforms, type):
        return {"row": dataclasses.asdict(platforms)}
    if isinstance(platforms, str):
        return platforms
    raise TypeError(f"{platforms!r} runs no platforms: give a name, a row, or numbers of platforms by either")


def _read(noted: Any) -> Any:
    if isinstance(noted, str):
        return noted
    if "mix" in noted:
        return {_read(one): many for one, many in noted["mix"]}
    import sim

    return sim.BusinessModel(**{name: _tuples(value) for name, value in noted["row"].items()})


def _tuples(value: Any) -> Any:
    """Lists as the tuples that they were before JSON took them."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def branch(economy: Any, arm: Arm) -> Any:
    """The future of a grown economy under this arm."""
    future = economy.branch(arm.platforms)
    if arm.parameters:
        future.p = future.p.replace(**arm.parameters)
    return future
