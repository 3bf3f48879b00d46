"""Payments: what a firm takes in passes through its platform, and takes less work to collect and to count."""

from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param
from sim.links.lines.base import ServiceLine, spares_work, work_spared


class Payments(Declared):
    """What the line does for a firm."""

    # fmt: off
    payments_gain = param(0.004, unit="share of productivity", low=0.0, high=0.01, source="assumed",
        doc="what payments through its platform spare a firm of full depth of its work")
    # fmt: on


@kernel
def works(linked, firms, depth, p):
    """Productivity rises by payments_gain depth."""
    spares_work(linked, firms, depth, p.payments_gain)


@kernel
def shows(linked, firms, depth, usual, p, shown):
    """The work that was spared: g depth / (1 + g depth) of value added."""
    work_spared(linked, depth, p.payments_gain, shown.share)


class PaymentsLine(ServiceLine):
    """See the file's text."""

    name, rank, cost, lock = "payments", 1, 0.1, 0.3
    effects = ("payments_gain",)
    reveals = ("cash",)
    works, shows = works, shows


LINE = PaymentsLine()
