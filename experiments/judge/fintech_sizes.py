"""How large fintech is in the middle world, and whether the sizes that judge are as published."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.judge.inside import of_middle, placed
from experiments.judge.published import hit_range
from experiments.measure.fintech_sizes import SIZES, sizes
from experiments.measure.futures import FOCUS, Frame

SET_IT, JUDGES, BESIDE = "sets the scale", "judges", "beside"
# what was looked at when the scale was set is no hit; the rest stands beside what is published
SCALE = ("revenue", "revenue with payment fees", "platforms' credit", "consumer credit of all lenders")
SCALE = (*SCALE, "payments through wallets")
# sizes that judge: the fact, the arm in which it has to emerge, and whether at the peak or at the end
JUDGE = {
    "lent by households": ("P2P_SIZE", "consumer_traffic", "peak"),
    "largest lender": ("EMBEDDED_LENDER_SIZE", FOCUS, "end"),
}
COLUMNS = ("arm", "size", "published", "role", "worlds",
           *(f"{name}{at}" for at in ("peak", "end") for name in ("", "least_", "most_", "low_", "high_")),
           "word")  # fmt: skip


def role(size: str) -> str:
    """What a size is for."""
    return SET_IT if size in SCALE else JUDGES if size in JUDGE else BESIDE


def middle_sizes(quarters: Any, evidence: Any) -> Frame:
    """By arm and size, of its highest year and of the last: the median over worlds [share of GDP], the least
    and the most of the worlds, and the interval of the median (95 %, NaN below `means.LEAST` worlds).

    Args:
        quarters: world, arm, since and the columns of `measure.fintech_sizes`.
        evidence: published facts by id.

    ``word`` is given where a size judges in its arm: in, OUT or open; else it is empty.
    """
    rows: list[tuple[Any, ...]] = []
    for arm, mine in quarters.groupby("arm", sort=False, observed=True):
        worlds = [sizes(one.sort_values("since")) for _, one in mine.groupby("world", observed=True)]
        for name, (_, beside) in SIZES.items():
            both = np.array([one[name] for one in worlds])
            told: list[float] = []
            word = ""
            for place, at in enumerate(("peak", "end")):
                values = both[:, place]
                middle = of_middle(values)
                told += [float(np.median(values)), float(values.min()), float(values.max())]
                told += [middle.low, middle.high]
                fact, where, when = JUDGE.get(name, ("", "", ""))
                if (where, when) == (str(arm), at):
                    word = placed(middle, *hit_range(fact, evidence[fact])[:2])
            rows.append((str(arm), name, beside, role(name), len(both), *told, word))
    return pd.DataFrame(rows, columns=list(COLUMNS))
