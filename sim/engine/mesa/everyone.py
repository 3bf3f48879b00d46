"""A Mesa model whose agents live in tables: Mesa's own words and collectors find all of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Any

from mesa.agent import AgentSet

from sim.engine.rows import Row


class Everyone(AgentSet):
    """Mesa's AgentSet, which holds its agents: nobody else holds a row that is lent."""

    def __init__(self, agents: Iterable[Any], random: Random | None = None):
        self.held = list(agents)
        super().__init__(self.held, random=random)

    def __iter__(self) -> Iterator[Any]:
        yield from super().__iter__()  # a generator holds the set, and the set its agents

    def _holding(self, found: Any) -> Any:
        return found if found is self else Everyone(found, self.random)

    def select(self, *args: Any, **kwargs: Any) -> Any:
        """As Mesa's."""
        return self._holding(super().select(*args, **kwargs))

    def shuffle(self, inplace: bool = False) -> Any:
        """As Mesa's."""
        return self._holding(super().shuffle(inplace))

    def sort(self, *args: Any, **kwargs: Any) -> Any:
        """As Mesa's."""
        return self._holding(super().sort(*args, **kwargs))

    def groupby(self, by: Any, result_type: str = "agentset") -> Any:
        """As Mesa's."""
        found = super().groupby(by, result_type)
        if result_type == "agentset":
            found.groups = {name: Everyone(group, self.random) for name, group in found.groups.items()}
        return found


class Populated:
    """Before `mesa.Model` among the bases of a model with `tables`: its rows are agents, kept or lent."""

    tables: Mapping[str, Any]

    def _others(self) -> list[Any]:
        registered: Iterable[Any] = super().agents  # type: ignore[misc]  # Mesa's, of the class beside
        return [agent for agent in registered if not isinstance(agent, Row)]

    @property
    def agents(self) -> Any:
        """All agents, table by table, then those of no table; made anew, so ask a table where one will do.

        `unique_id` is unique within a kind.
        """
        rows = itertools.chain.from_iterable(self.tables.values())
        return Everyone(itertools.chain(rows, self._others()), self.random)  # type: ignore[attr-defined]

    @property
    def agents_by_type(self) -> dict[type, Any]:
        """By kind of row its table, by any other type of agents their set."""
        others = {kind: of for kind, of in super().agents_by_type.items() if not issubclass(kind, Row)}  # type: ignore[misc]
        return {table.kind: table for table in self.tables.values()} | others

    @property
    def agent_types(self) -> list[type]:
        """The types of all agents."""
        return list(self.agents_by_type)
