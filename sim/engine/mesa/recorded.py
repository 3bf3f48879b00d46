"""Mesa's DataCollector over a record that is kept anyway: for `batch_run`, `SolaraViz` and Mesa's users."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import mesa

if TYPE_CHECKING:
    import pandas as pd


class FromRecord:
    """What Mesa keeps in an attribute, read from the record whenever it is asked for."""

    def __init__(self, read: Callable[[Any], Any]):
        self.read = read

    def __get__(self, collector: Any, owner: type | None = None) -> Any:
        return self if collector is None else self.read(collector.model.records)

    def __set__(self, collector: Any, value: Any) -> None:
        """Mesa's __init__ begins with an empty one."""


class Recorded(mesa.DataCollector):
    """What `model.records` holds by quarter, as variables of the model in a `mesa.DataCollector`.

    Nothing has to be collected: the model records each quarter itself. Of agents it has nothing: collect them
    with a `mesa.DataCollector` or `sim.engine.mesa.collector.Populations` of one's own.
    """

    model_reporters: Any = FromRecord(lambda records: {name: name for name in records.told["quarters"]})
    model_vars: Any = FromRecord(
        lambda records: {name: [line[name] for line in records.lines] for name in records.told["quarters"]}
    )
    # Mesa's from 3.5 on: when there was something to collect
    _collection_steps: Any = FromRecord(lambda records: [int(line["quarter"]) for line in records.lines])

    def __init__(self, model: Any):
        super().__init__()
        self.model = model

    def collect(self, model: Any) -> None:
        """Nothing: the record is there already."""

    def get_model_vars_dataframe(self) -> pd.DataFrame:
        """`model.records.quarters`: index quarter; columns without rows before the first."""
        return self.model.records.quarters
