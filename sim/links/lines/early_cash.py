"""Early cash: what customers would pay a quarter later the firm is paid at once."""

from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param
from sim.links.lines.base import ServiceLine


class EarlyCash(Declared):
    """What the line does for a firm."""

    # fmt: off
    early_cash = param(0.5, unit="share of trade credit", low=0.0, high=1.0, source="assumed",
        doc="share of its trade credit that a firm of full depth is paid at once")
    # fmt: on


@kernel
def works(linked, firms, depth, p):
    """The share early_cash depth of what is sold on credit is paid at once."""
    for i in linked:
        firms.linked_early[i] += p.early_cash * depth[i]


@kernel
def shows(linked, firms, depth, usual, p, shown):
    """The interest on what was paid a quarter early."""
    for n in range(linked.shape[0]):
        shown.fen[n] += firms.rate[linked[n]] * firms.paid_early[linked[n]]


class EarlyCashLine(ServiceLine):
    """See the file's text."""

    name, rank, cost, lock = "early_cash", 5, 0.15, 0.0
    effects = ("early_cash",)
    reveals = ("cash",)
    works, shows = works, shows


LINE = EarlyCashLine()
