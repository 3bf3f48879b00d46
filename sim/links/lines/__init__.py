"""What platforms do for the firms that they are linked with: one file, one service line."""

import sys
from collections.abc import Callable

import numpy as np

from sim.actors.firms import Firm
from sim.actors.platforms import Platform
from sim.engine.compiling import compiled
from sim.engine.folders import Folder
from sim.engine.rows import extend, withdraw
from sim.links.lines.base import ServiceLine

__all__ = ["LINES", "ServiceLine", "without_effects"]

# what links do for a firm: the columns that lines add to; and what of it a linked platform may see
EFFECTS = (
    "linked_productivity",
    "linked_sparing",
    "linked_agility",
    "linked_stock",
    "linked_early",
    "linked_advances",
    "linked_cover",
    "linked_invoices",
)
INSIGHT = ("cash", "margin", "orders")


def joins(line: ServiceLine) -> None:
    extend(Firm, line.columns_of_firms())
    extend(Platform, line.columns_of_platforms())


def leaves(line: ServiceLine) -> None:
    withdraw(Firm, line.columns_of_firms())
    withdraw(Platform, line.columns_of_platforms())


LINES: Folder[ServiceLine] = Folder(sys.modules[__name__], "LINE", lambda line: line.rank, joins, leaves)


def without_effects() -> dict[str, float]:
    """Parameters under which links do nothing for firms: every real effect of every line at zero."""
    return {name: 0.0 for line in LINES for name in line.effects}


def columns_of_a_link() -> list[str]:
    """The columns of firms that say what a link is, zero for a firm without one."""
    of_link = ["depth", "lines_begun", "agreed_share", "hidden", "project_cost", "project_due"]
    return [*of_link, *EFFECTS, *(line.depth_name for line in LINES)]


def costs() -> np.ndarray:
    """What a project of each line costs, in that of the whole firm."""
    return np.array([line.cost for line in LINES])


def deepest(economy, rows: np.ndarray, weight: Callable[[ServiceLine], float]) -> np.ndarray:
    """How deep the deepest line is in some firms (share), the depth of each being weighed by its `weight`."""
    found = np.zeros(len(rows))
    for line in LINES:
        if weight(line) > 0.0:
            deepen(rows, line.depth(economy), weight(line), found)
    return found


@compiled
def deepen(rows, depth, weight, found):
    """What is found so far in these rows, or what a line weighs there where that is more."""
    for n in range(rows.shape[0]):
        found[n] = max(found[n], weight * depth[rows[n]])


def insight(economy, rows: np.ndarray, *names: str) -> dict[str, np.ndarray]:
    """How clearly a linked platform sees each of these of INSIGHT, of all without any, in some firms: as
    deep as the deepest line is that reveals it."""
    names = names or INSIGHT
    return {name: deepest(economy, rows, lambda line, of=name: float(of in line.reveals)) for name in names}
