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
        timeline: changes of parameters (`sim.law.Change`) at dates; a number counts quarters from the
            branching.

    Raises ``TypeError`` for what cannot be written down.
    """

    platforms: Any
    parameters: Mapping[str, Any] = field(default_factory=dict)
    timeline: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        for change in self.timeline:
            if not dataclasses.is_dataclass(change):
                raise TypeError(f"timeline: {change!r} is no change: write sim.law.Change(at, values)")
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
            "timeline": [change.as_dict() for change in self.timeline],
        }

    @classmethod
    def from_description(cls, noted: Mapping[str, Any]) -> Arm:
        """The arm that was described so."""
        from sim.law import Change

        timeline = tuple(Change(**change) for change in noted["timeline"])
        return cls(_read(noted["platforms"]), noted["parameters"], timeline)


def _written(platforms: Any) -> Any:
    if isinstance(platforms, Mapping):
        return {"mix": sorted(([_written(one), many] for one, many in platforms.items()), key=canonical)}
    if dataclasses.is_dataclass(platforms) and not isinstance(platforms, type):
        from sim.record.saving import as_dict

        row: Any = platforms
        return {"row": as_dict(row)}
    if isinstance(platforms, str):
        return platforms
    raise TypeError(f"{platforms!r} runs no platforms: give a name, a row, or numbers of platforms by either")


def _read(noted: Any) -> Any:
    if isinstance(noted, str):
        return noted
    if "mix" in noted:
        return {_read(one): many for one, many in noted["mix"]}
    from sim.record.saving import row_of

    return row_of({name: _tuples(value) for name, value in noted["row"].items()})


def _tuples(value: Any) -> Any:
    """Lists as the tuples that they were before JSON took them."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def branch(economy: Any, arm: Arm) -> Any:
    """The future of a grown economy under this arm."""
    timeline = [
        dataclasses.replace(change, at=economy.quarter + change.at) if isinstance(change.at, int) else change
        for change in arm.timeline
    ]
    return economy.branch(arm.platforms, parameters=arm.parameters, timeline=timeline)
