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
        placebo: whether it begins with a change that means nothing (`sim.law.placebo`): how far it parts
            from the same arm without one is what chance does.

    Raises ``TypeError`` for what cannot be written down.
    """

    platforms: Any
    parameters: Mapping[str, Any] = field(default_factory=dict)
    timeline: tuple[Any, ...] = ()
    placebo: bool = False

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
            "placebo": self.placebo,
        }

    @classmethod
    def from_description(cls, noted: Mapping[str, Any]) -> Arm:
        """The arm that was described so."""
        from sim.law import Change

        timeline = tuple(Change(**change) for change in noted["timeline"])
        return cls(_read(noted["platforms"]), noted["parameters"], timeline, noted["placebo"])


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


@dataclass(frozen=True)
class Aside:
    """A side branch of every future, lived beside it for a while: what differs is what its changes did.

    Args:
        name: goes before the names of its tables, as in ``shocked_quarters``.
        after: quarters of the future before it parts.
        quarters: how long it is watched.
        timeline: changes that act in it alone; a number counts quarters from its own beginning, from 1.
    """

    name: str
    after: int
    quarters: int
    timeline: tuple[Any, ...]

    def described(self) -> dict[str, Any]:
        """All that makes it what it is, as JSON can say it."""
        return {
            **{name: getattr(self, name) for name in ("name", "after", "quarters")},
            "timeline": [change.as_dict() for change in self.timeline],
        }

    @classmethod
    def from_description(cls, noted: Mapping[str, Any]) -> Aside:
        """The side branch that was described so."""
        from sim.law import Change

        timeline = tuple(Change(**change) for change in noted["timeline"])
        return cls(noted["name"], noted["after"], noted["quarters"], timeline)

    def lived(self, future: Any) -> Any:
        """The side branch of a future that has come to where they part."""
        return future.branch(timeline=_later(self.timeline, future.quarter)).run(self.quarters)


def branch(economy: Any, arm: Arm, luck: int = 1) -> Any:
    """The future of a grown economy under this arm; under the first luck it goes on with the world's own."""
    given: dict[str, Any] = {"parameters": arm.parameters, "timeline": _later(arm.timeline, economy.quarter)}
    if luck > 1:
        given["luck"] = luck
    if arm.placebo:
        given["placebo"] = True
    return economy.branch(arm.platforms, **given)


def _later(timeline: tuple[Any, ...], quarters: int) -> list[Any]:
    """Changes that are counted from a moment, counted from the world's first quarter."""
    return [
        dataclasses.replace(change, at=quarters + change.at) if isinstance(change.at, int) else change
        for change in timeline
    ]
