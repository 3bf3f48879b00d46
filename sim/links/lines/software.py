"""Software: the platform takes over a part of the firm's work, which then takes fewer people."""

from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param
from sim.links.lines.base import ServiceLine, spares_work, work_spared


class Software(Declared):
    """What the line does for a firm."""

    # fmt: off
    process_gain = param(0.025, unit="share of productivity", low=0.0, high=0.05, source="assumed",
        doc="what software of full depth adds to output per worker")
    # fmt: on


@kernel
def works(linked, firms, depth, p):
    """Productivity rises by process_gain depth."""
    spares_work(linked, firms, depth, p.process_gain)


@kernel
def shows(linked, firms, depth, usual, p, shown):
    """What it made of what was made: g depth / (1 + g depth) of value added."""
    work_spared(linked, depth, p.process_gain, shown.share)


class SoftwareLine(ServiceLine):
    """See the file's text."""

    name, rank, cost, lock = "software", 2, 0.4, 1.0
    effects = ("process_gain",)
    reveals = ("orders",)
    works, shows = works, shows


LINE = SoftwareLine()
