"""What a run remembers: one line of numbers a quarter, the flows of every quarter, a line per institution.

Aggregates are kept as the run goes, never agents x quarters. pandas is imported only to look at them.
Money is in fen; `sim.in_yuan` turns any of the frames.
"""

import html
from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.engine.units import Told, described, shown

LEFT = ("deposits", "loans", "claims_owed", "participations_owed", "sold_loans", "borrowing")


def there(of: Mapping[str, np.ndarray], quarter: int) -> np.ndarray:
    """Which platforms live, have ended this quarter, or still have something or owe it (mask)."""
    found = of["alive"] | (of["died"] == quarter)
    for name in LEFT:
        found = found | (of[name] != 0)
    return found & (of["serial"] > 0)


class Records:
    """The record of a run.

    `quarters`: DataFrame, one row a quarter. `platforms`: one row per quarter and platform. `models`: one row
    per quarter and business model. `flows`: one row per quarter and flow, in fen, with payer and payee. Each
    carries `.attrs["units"]` and `.attrs["meaning"]`, by column.

    parties: payer and payee of each flow. told: unit and meaning of what is recorded, by table and name.
    """

    def __init__(
        self, parties: Mapping[str, tuple[str, str]], told: Mapping[str, Mapping[str, Told]] | None = None
    ):
        self.parties, self.told = parties, told or {}
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
        twin = Records(self.parties, self.told)
        for name in ("lines", "of_platforms", "of_models", "of_flows"):
            setattr(twin, name, list(getattr(self, name)))
        return twin

    def _frame(self, table: str, frame: Any) -> Any:
        return described(frame, self.told.get(table, {}))

    @property
    def quarters(self) -> Any:
        """Aggregates: float columns, index "quarter" (int64); columns without rows before the first."""
        import pandas as pd

        index = pd.Index([int(line["quarter"]) for line in self.lines], dtype="int64", name="quarter")
        names = list(self.lines[0]) if self.lines else ["quarter", *self.told.get("quarters", {})]
        frame = pd.DataFrame(self.lines, columns=names, dtype=float).drop(columns="quarter")
        return self._frame("quarters", frame.set_index(index))

    @property
    def platforms(self) -> Any:
        """Platforms by quarter: columns quarter, platform (its number among all ever founded) and what is
        recorded of each, from its first quarter until nothing is left of it."""
        import pandas as pd

        acted = [
            (int(line["quarter"]), of) for line, of in zip(self.lines, self.of_platforms, strict=True) if of
        ]
        if not acted:
            return self._frame("platforms", pd.DataFrame())
        here = [there(of, quarter) for quarter, of in acted]
        counts = [np.count_nonzero(rows) for rows in here]
        # column by column, which takes a fifth of the time of a frame for each quarter
        whole = {"quarter": np.repeat(np.array([quarter for quarter, _ in acted]), counts)}
        for name in ("serial", *[name for name in acted[0][1] if name != "serial"]):
            parts = [of[name][rows] for (_, of), rows in zip(acted, here, strict=True)]
            whole["platform" if name == "serial" else name] = np.concatenate(parts)
        return self._frame("platforms", pd.DataFrame(whole))

    @property
    def models(self) -> Any:
        """Business models by quarter: columns quarter, model and what their platforms did together."""
        import pandas as pd

        rows = [
            {"quarter": int(line["quarter"]), "model": name, **of}
            for line, models in zip(self.lines, self.of_models, strict=True)
            for name, of in models.items()
        ]
        return self._frame("models", pd.DataFrame(rows))

    @property
    def flows(self) -> Any:
        """The transaction flows by quarter: columns quarter, flow, payer, payee, fen (int64)."""
        import pandas as pd

        rows = [
            (int(line["quarter"]), name, *self.parties[name], fen)
            for line, flows in zip(self.lines, self.of_flows, strict=True)
            for name, fen in flows.items()
        ]
        columns = ["quarter", "flow", "payer", "payee", "fen"]
        return self._frame("flows", pd.DataFrame(rows, columns=columns))

    def __repr__(self) -> str:
        if not self.lines:
            return "<Records: no quarter yet>"
        first, last = (int(self.lines[n]["quarter"]) for n in (0, -1))
        acted = sum(bool(of) for of in self.of_platforms)
        tables = f"quarters ({len(self)} rows), platforms ({acted} quarters), models, flows"
        return f"<Records: quarters {first} to {last}; {tables}>"

    def _repr_html_(self) -> str:
        """The last value of each number by quarter, in yuan where it is money, with unit and meaning."""
        body = ""
        line = self.lines[-1] if self.lines else {}
        for name, (unit, meaning) in self.told.get("quarters", {}).items():
            by, unit = shown(unit)
            number = f"{line[name] / by:,.6g}" if name in line else "–"
            cells = [name, number, unit, meaning]
            body += "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
        head = "".join(f"<th>{word}</th>" for word in ("of the last quarter", "value", "unit", "meaning"))
        title = html.escape(repr(self).strip("<>"))
        return f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
