"""Mesa's DataCollector over a record that is kept anyway: for `batch_run`, `SolaraViz` and Mesa's users."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import mesa

if TYPE_CHECKING:
    import pandas as pd


class FromModel:
    """What Mesa keeps in an attribute of a collector, read from its model whenever it is asked for."""

    def __init__(self, read: Callable[[Any], Any]):
        self.read = read

    def __get__(self, collector: Any, owner: type | None = None) -> Any:
        return self if collector is None else self.read(collector.model)

    def __set__(self, collector: Any, value: Any) -> None:
        """Mesa's __init__ begins with an empty one."""


def reporters(model: Any) -> dict[str, str]:
    """What is recorded by quarter, by name."""
    return {name: name for name in model.records.told["quarters"]}


def variables(model: Any) -> dict[str, list]:
    """What was recorded of each, quarter by quarter; `batch_run` also wants to tell a seed that was drawn."""
    lines = model.records.lines
    return {name: [line[name] for line in lines] for name in reporters(model)} | {
        "seed": [model.seed] * len(lines)
    }


def quarters(model: Any) -> list[int]:
    """When there was something to collect."""
    return [int(line["quarter"]) for line in model.records.lines]


class Recorded(mesa.DataCollector):
    """What `model.records` holds by quarter, as variables of the model in a `mesa.DataCollector`.

    Nothing has to be collected: the model records each quarter itself. Of agents it has nothing: collect them
    with a `mesa.DataCollector` or `sim.engine.mesa.collector.Populations` of one's own.
    """

    model_reporters: Any = FromModel(reporters)
    model_vars: Any = FromModel(variables)
    _collection_steps: Any = FromModel(quarters)  # Mesa has it from 3.5 on

    def __init__(self, model: Any):
        super().__init__()
        self.model = model

    def collect(self, model: Any) -> None:
        """Nothing: the record is there already."""

    def get_model_vars_dataframe(self) -> pd.DataFrame:
        """`model.records.quarters`: index quarter; columns without rows before the first."""
        return self.model.records.quarters
