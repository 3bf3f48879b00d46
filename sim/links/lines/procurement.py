"""Procurement: the platform orders what the firm needs, and less of it is wasted."""

from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param
from sim.links.lines.base import ServiceLine


class Procurement(Declared):
    """What the line does for a firm."""

    # fmt: off
    procurement_gain = param(0.015, unit="share of inputs", low=0.0, high=0.04, source="assumed",
        doc="part of its inputs that a firm of full depth needs no more")
    # fmt: on


@kernel
def works(linked, firms, depth, p):
    """Inputs fall by procurement_gain depth."""
    for i in linked:
        firms.linked_sparing[i] += p.procurement_gain * depth[i]


@kernel
def shows(linked, firms, depth, usual, p, shown):
    """What the inputs that were not needed would have cost: g depth / (1 - g depth) of the bill for them."""
    for n in range(linked.shape[0]):
        i = linked[n]
        spared = p.procurement_gain * depth[i]
        shown.fen[n] += firms.input_bill[i] * spared / (1.0 - spared)


class ProcurementLine(ServiceLine):
    """See the file's text."""

    name, rank, cost, lock = "procurement", 3, 0.2, 0.5
    effects = ("procurement_gain",)
    reveals = ("margin",)
    works, shows = works, shows


LINE = ProcurementLine()
