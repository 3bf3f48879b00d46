"""Which resource is short: what platforms wanted in a quarter, and what kept them from it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from experiments.measure.arithmetic import share
from experiments.measure.following import Follower

OF_RECORDS = ("no_room", "no_purse", "rounds_asked", "rounds", "rounds_below", "asked_of_banks",
              "refused_by_banks", "workers_found")  # fmt: skip
COLUMNS = ("since", *OF_RECORDS, "births", "vacant", "engineers", "acting", "short", "refused", "unfunded")


class Binding(Follower):
    """What limits platforms, quarter by quarter."""

    def __init__(self, economy: Any):
        super().__init__(economy)
        self.quarters: list[dict[str, float]] = []

    def look(self) -> None:
        self.quarters.append({"since": float(self.since), **limits(self.economy)})

    def tables(self) -> dict[str, pd.DataFrame]:
        """``binding``: a row a quarter, see `limits`."""
        return {"binding": pd.DataFrame(self.quarters, columns=list(COLUMNS))}


def limits(economy: Any) -> dict[str, float]:
    """Of the quarter just lived: platforms founded (``births``), turned away for want of a row
    (``no_room``) or of owners' money (``no_purse``), rows ``vacant`` [share]; rounds asked for, got, and
    not worth it to the fund (``rounds_below``); what banks were asked to fund and refused [share of GDP];
    by how much ``engineers`` are dearer than when none is at work [ratio, NaN where nothing was spent on
    projects]; of the workers that firms wanted those found [share]; and of the platforms that act and
    were there before (``acting``) how many had less for growth than they wanted (``short``), live without
    a round that they asked for (``refused``), and lacked money of their own for loans (``unfunded``).
    """
    line, c = economy.records.lines[-1], economy.platforms.columns
    acting = c["alive"] & (c["acts"] > 0.0) & (c["founded"] < economy.quarter)
    ours = ~c["giant"]
    spent = float(c["project_spend"].sum())
    found = {name: float(line[name]) for name in OF_RECORDS}
    return found | {
        "births": float(line["platform_births"]),
        "vacant": share(float((ours & ~c["alive"]).sum()), float(ours.sum())),
        "engineers": economy.market.engineer_cost - 1.0 if spent > 0.0 else math.nan,
        "acting": float(np.count_nonzero(acting)),
        "short": float(np.count_nonzero(acting & (c["budget"] + 1.0 < c["wanted"]))),
        "refused": float(np.count_nonzero(acting & c["refused"])),
        "unfunded": float(np.count_nonzero(acting & (c["unfunded"] > 0.0))),
    }
