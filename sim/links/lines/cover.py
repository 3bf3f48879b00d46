"""Cover: the platform buys its client insurance against mishaps, from the insurer with which it works.

The client pays a premium, and the insurer a part of what a mishap destroys; of premiums the insurer leaves
the platform its part: see `sim.credit.insurance`. A client takes no cover that is dearer than he thinks it is
worth.
"""

from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param
from sim.engine.rows import Column
from sim.links.lines.base import ServiceLine


class Cover(Declared):
    """What the line does for a firm."""

    # fmt: off
    cover_share = param(0.6, unit="share of the loss", low=0.0, high=0.9, source="assumed",
        doc="part of what a mishap destroys that insurance of full depth pays")
    cover_worth = param(1.0, unit="share of expected loss", low=0.0, high=2.0, source="assumed",
        doc="what cover is worth to a firm beyond what it can expect to be paid")
    # fmt: on


@kernel
def works(linked, firms, depth, p):
    """The share cover_share depth of what a mishap destroys is insured, if the firm takes it."""
    for i in linked:
        firms.linked_cover[i] += p.cover_share * depth[i]


@kernel
def shows(linked, firms, depth, usual, p, shown):
    """What cover was worth to the firm, less its premium."""
    for n in range(linked.shape[0]):
        shown.fen[n] += firms.cover_gain[linked[n]]


class CoverLine(ServiceLine):
    """See the file's text."""

    name, rank, cost, lock = "cover", 7, 0.05, 0.0
    effects = ("cover_share",)
    reveals = ("margin",)
    works, shows = works, shows

    def columns_of_firms(self) -> dict[str, Column]:
        gain = Column(0.0, unit="fen/quarter", doc="worth of its cover against mishaps, less the premium")
        return super().columns_of_firms() | {"cover_gain": gain}


LINE = CoverLine()
