"""Advances: the platform lends to the firm, and is repaid out of the flow of its sales.

A firm that has the line asks its platform for credit. What is deducted of sales is gone before anybody else
asks; see `sim.actors.firm_finance`.
"""

from typing import Any

import numpy as np

from sim.engine.kernels import kernel
from sim.links.lines.base import ServiceLine


@kernel
def works(linked, firms, depth, p):
    """Whoever has the line repays out of sales."""
    for i in linked:
        firms.linked_advances[i] += depth[i]


@kernel
def shows(linked, firms, depth, usual, p, shown):
    """Nothing: what it earns is in the terms of a loan."""


class AdvancesLine(ServiceLine):
    """See the file's text."""

    name, rank, cost, lock = "advances", 6, 0.05, 0.0
    needs = ("payments",)  # it is repaid out of what passes through the platform
    lends = True
    works, shows = works, shows

    def lent(self, e: Any) -> np.ndarray:
        firms = e.firms
        return np.where(firms["debt_to"] == firms["link"], firms["platform_debt"], 0)


LINE = AdvancesLine()
