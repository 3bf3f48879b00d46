"""Who funds platforms' loans: one file, one kind of funder."""

import sys

from sim.credit.funders.base import Funder
from sim.engine.folders import Folder
from sim.engine.rows import extend, withdraw

__all__ = ["FUNDERS", "Funder"]


def joins(funder: Funder) -> None:
    for kind, columns in funder.adds.items():
        extend(kind, columns)


def leaves(funder: Funder) -> None:
    for kind, columns in funder.adds.items():
        withdraw(kind, columns)


FUNDERS: Folder[Funder] = Folder(sys.modules[__name__], "FUNDER", lambda funder: funder.rank, joins, leaves)
