"""A change that means nothing: money changes places between customers of one bank, and no sum changes.

What a comparison finds between a future with it and one without is what chance alone makes of a small change.
A difference between business models is worth telling where it is larger than that.
"""

import numpy as np

from sim.engine.draws import claim, each_uniform, key
from sim.engine.parameters import Declared, param

LUCK = {table: claim(f"placebo among {table}", __name__) for table in ("firms", "consumers")}


class Placebo(Declared):
    """How much is moved."""

    # fmt: off
    shuffled = param(0.0, unit="share of deposits", low=0.0, high=0.1, source="design",
        doc="part of their deposits that customers of a bank hand to others of it, by lot; of a placebo")
    # fmt: on


def shuffle(economy) -> None:
    """Pairs of customers of one bank are drawn; one of each hands a share of what it has to the other."""
    if economy.p.shuffled == 0.0:
        return
    for name, purpose in LUCK.items():
        table = economy.tables[name]
        rows = np.flatnonzero(table["alive"]) if name == "firms" else np.arange(len(table))
        lot = np.empty(len(rows))
        each_uniform(
            key(economy.draws_from, purpose), rows, table.ids, table["generation"], economy.quarter, lot
        )
        order = rows[np.lexsort((lot, table["bank"][rows]))]
        gives, gets = order[0 : len(order) - 1 : 2], order[1::2]
        same = table["bank"][gives] == table["bank"][gets]
        handed = np.zeros((2, len(table)), np.int64)
        part = np.floor(economy.p.shuffled * table["deposits"][gives[same]])
        handed[0, gives[same]] = handed[1, gets[same]] = part
        economy.ledger.pay(f"shuffle among {name}", *handed)
