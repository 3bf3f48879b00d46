"""What a run remembers: one line of numbers a quarter, the flows of every quarter, a line per institution.

Aggregates are kept as the run goes, never agents x quarters. pandas is imported only to look at them.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np


class Records:
    """The record of a run.

    `quarters`: DataFrame, one row a quarter. `platforms`: one row per quarter and platform. `models`: one row
    per quarter and business model. `flows`: one row per quarter and flow, in fen, with payer and payee.
    """

    def __init__(self, parties: Mapping[str, tuple[str, str]]):
        self.parties = parties
        self.lines: list[dict[str, float]] = []
        self.of_platforms: list[dict[str, np.ndarray]] = []
        self.of_models: list[dict[str, dict[str, float]]] = []  # by name of the model
        self.of_flows: list[dict[str, int]] = []

    def __len__(self) -> int:
        return len(self.lines)

    def add(
        self,
        line: dict[str, float],
        platforms: dict[str, np.ndarray],
        models: dict[str, dict[str, float]],
        flows: dict[str, int],
    ) -> None:
        """Remember a quarter; the line names its quarter."""
        self.lines.append(line)
        self.of_platforms.append(platforms)
        self.of_models.append(models)
        self.of_flows.append(flows)

    def copy(self) -> "Records":
        """A record with the same past and a future of its own."""
        twin = Records(self.parties)
        for name in ("lines", "of_platforms", "of_models", "of_flows"):
            setattr(twin, name, list(getattr(self, name)))
        return twin

    @property
    def quarters(self) -> Any:
        """Aggregates: float columns, index "quarter"."""
        import pandas as pd

        return pd.DataFrame(self.lines).set_index("quarter") if self.lines else pd.DataFrame()

    @property
    def platforms(self) -> Any:
        """Platforms by quarter: columns quarter, platform and what is recorded of each."""
        import pandas as pd

        frames = [
            pd.DataFrame(
                {"quarter": int(line["quarter"]), "platform": np.arange(len(next(iter(of.values())))), **of}
            )
            for line, of in zip(self.lines, self.of_platforms, strict=True)
            if of
        ]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    @property
    def models(self) -> Any:
        """Business models by quarter: columns quarter, model and what their platforms did together."""
        import pandas as pd

        rows = [
            {"quarter": int(line["quarter"]), "model": name, **of}
            for line, models in zip(self.lines, self.of_models, strict=True)
            for name, of in models.items()
        ]
        return pd.DataFrame(rows)

    @property
    def flows(self) -> Any:
        """The transaction flows by quarter: columns quarter, flow, payer, payee, fen (int64)."""
        import pandas as pd

        rows = [
            (int(line["quarter"]), name, *self.parties[name], fen)
            for line, flows in zip(self.lines, self.of_flows, strict=True)
            for name, fen in flows.items()
        ]
        return pd.DataFrame(rows, columns=["quarter", "flow", "payer", "payee", "fen"])

    def _repr_html_(self) -> str:
        return self.quarters.tail(8).T._repr_html_()
