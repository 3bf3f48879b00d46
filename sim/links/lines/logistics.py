"""Logistics: the firm keeps less stock, is told what its market wants, and follows it faster."""

from sim.engine.arithmetic import exp
from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param
from sim.links.lines.base import ServiceLine


class Logistics(Declared):
    """What the line does for a firm."""

    # fmt: off
    adaptation_gain = param(0.075, unit="share/quarter", low=0.0, high=0.2, source="assumed",
        doc="what logistics of full depth add to a firm's agility")
    stock_gain = param(0.15, unit="share of stock", low=0.0, high=0.4, source="assumed",
        doc="part of the stock it would keep that a firm of full depth does without")
    # fmt: on


@kernel
def works(linked, firms, depth, p):
    """A firm closes adaptation_gain depth more of its misfit in a quarter, and aims at a smaller stock."""
    for i in linked:
        firms.linked_agility[i] += p.adaptation_gain * depth[i]
        firms.linked_stock[i] += p.stock_gain * depth[i]


@kernel
def shows(linked, firms, depth, usual, p, shown):
    """What is spoilt less than in firms without a link, 1 - exp(-waste max(0, usual misfit - misfit)), and
    interest on the stock done without."""
    for n in range(linked.shape[0]):
        i = linked[n]
        if depth[i] > 0.0:
            less = max(0.0, usual[firms.sector[i]] - firms.misfit[i])
            shown.share[n] += 1.0 - exp(-p.misfit_waste * less)
            spared = p.stock_gain * depth[i]
            shown.fen[n] += firms.rate[i] * float(firms.stock[i]) * spared / (1.0 - spared)


class LogisticsLine(ServiceLine):
    """See the file's text."""

    name, rank, cost, lock = "logistics", 4, 0.2, 0.5
    effects = ("adaptation_gain", "stock_gain")
    reveals = ("margin",)
    works, shows = works, shows


LINE = LogisticsLine()
