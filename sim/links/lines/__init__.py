"""What platforms do for the firms that they are linked with: one file, one service line."""

import sys

from sim.actors.firms import Firm
from sim.actors.platforms import Platform
from sim.engine.folders import Folder
from sim.engine.rows import extend, withdraw
from sim.links.lines.base import ServiceLine

__all__ = ["LINES", "ServiceLine", "without_effects"]

# what links do for a firm, and how clearly they let a platform see it: the columns that lines add to
EFFECTS = ("linked_productivity", "linked_agility", "linked_early")
INSIGHT = ("seen_cash", "seen_margin", "seen_orders")


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
    return ["depth", *EFFECTS, *INSIGHT, *(line.depth_name for line in LINES)]
