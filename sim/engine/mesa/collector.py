"""Mesa's DataCollector, for populations that live in tables.

Mesa's own collector asks the agents that are registered with the model, and lent rows are not. This
one serves `agenttype_reporters` of a kind of `Row` from the columns of the model's tables.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from sim.engine.columns import Row, Table

if TYPE_CHECKING:
    import pandas as pd


class Populations(mesa.DataCollector):
    """A `mesa.DataCollector` to which a kind of `Row` is an agent type like any other.

    Arguments, methods and frames are Mesa's. The kind is looked up in `model.tables` (name to
    `Table`): its own tables, or else those of its subclasses. A reporter of a kind is the name of an
    attribute, a function of a row, or `[function, [further arguments]]`; names of columns are read
    without making rows. "Step" is `model.steps`, or `model.quarter` where Mesa counts no steps any
    more; "AgentID" is the row's `unique_id`, which is unique within its table.

    Raises (on collecting):
        ValueError: no table of the model holds this kind.
        AttributeError: a row has no attribute of the reporter's name.
    """

    def _new_agenttype_reporter(self, agent_type: type, name: str, reporter: Any) -> None:
        if issubclass(agent_type, Row):  # as given: Mesa would hide the attribute's name in a function
            self.agenttype_reporters.setdefault(agent_type, {})[name] = reporter
        else:
            super()._new_agenttype_reporter(agent_type, name, reporter)

    def _record_agenttype(self, model: Any, agent_type: type) -> Any:
        if not issubclass(agent_type, Row):
            return super()._record_agenttype(model, agent_type)
        # Arrays, one block a table: Mesa's tuple for each agent would take ten times the memory.
        return [self._block(model, table, agent_type) for table in _tables(model, agent_type)]

    def _block(self, model: Any, table: Table, kind: type) -> dict[str, Any]:
        step = getattr(model, "steps", None)
        reporters = self.agenttype_reporters[kind].items()
        return {
            "Step": model.quarter if step is None else step,
            "AgentID": table.ids.astype(np.int64),
            "values": {name: _reported(table, reporter) for name, reporter in reporters},
        }

    def get_agenttype_vars_dataframe(self, agent_type: type) -> pd.DataFrame:
        """One column a reporter, index (Step, AgentID), as Mesa's."""
        import pandas as pd  # only here, so that a run does without it

        records = [moment.get(agent_type, []) for moment in self._agenttype_records.values()]
        blocks = [block for moment in records for block in moment]
        if not issubclass(agent_type, Row) or agent_type not in self.agenttype_reporters:
            return super().get_agenttype_vars_dataframe(agent_type)
        names = self.agenttype_reporters[agent_type]
        if not blocks:
            nobody = pd.MultiIndex.from_arrays([[], []], names=["Step", "AgentID"])
            return pd.DataFrame(columns=list(names), index=nobody)
        steps = np.repeat([block["Step"] for block in blocks], [len(block["AgentID"]) for block in blocks])
        ids = np.concatenate([block["AgentID"] for block in blocks])
        values = {name: _joined([block["values"][name] for block in blocks]) for name in names}
        return pd.DataFrame(values, index=pd.MultiIndex.from_arrays([steps, ids], names=["Step", "AgentID"]))


def _tables(model: Any, kind: type) -> list[Table]:
    """The tables of exactly this kind, or else of its subclasses, as Mesa looks for agents."""
    tables: list[Table] = list(getattr(model, "tables", {}).values())
    exactly = [table for table in tables if table.kind is kind]
    found = exactly or [table for table in tables if issubclass(table.kind, kind)]
    if not found:
        kinds = ", ".join(sorted({table.kind.__name__ for table in tables})) or "none"
        raise ValueError(f"no table of the model holds {kind.__name__} (kinds of rows: {kinds})")
    return found


def _reported(table: Table, reporter: str | list | Callable[[Any], Any]) -> Any:
    if isinstance(reporter, str):
        values = table.get(reporter)
        return values if isinstance(values, np.ndarray) else copy.deepcopy(values)
    function, further = reporter if isinstance(reporter, list) else (reporter, ())
    # A copy, because a reporter may return a thing that the model goes on changing.
    return [copy.deepcopy(function(row, *further)) for row in table]


def _joined(parts: list[Any]) -> Any:
    if all(isinstance(part, np.ndarray) for part in parts):
        return np.concatenate(parts)
    return [value for part in parts for value in (part.tolist() if isinstance(part, np.ndarray) else part)]
