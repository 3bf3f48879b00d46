"""Adaptation: the platform tells the firm what its market wants, and the firm follows faster."""

from sim.engine.arithmetic import exp
from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param
from sim.links.lines.base import ServiceLine


class Adaptation(Declared):
    """What the line does for a firm."""

    # fmt: off
    adaptation_gain = param(0.075, unit="share/quarter", low=0.0, high=0.2, source="assumed",
        doc="what integration of full depth adds to a firm's agility")
    # fmt: on


@kernel
def works(linked, firms, depth, p):
    """The share of its misfit that a firm closes in a quarter rises by adaptation_gain depth."""
    for i in linked:
        firms.linked_agility[i] += p.adaptation_gain * depth[i]


@kernel
def shows(linked, firms, depth, usual, p, shown):
    """What is spoilt less than in firms without a link: 1 - exp(-waste max(0, usual misfit - misfit))."""
    for n in range(linked.shape[0]):
        i = linked[n]
        if depth[i] > 0.0:
            less = max(0.0, usual[firms.sector[i]] - firms.misfit[i])
            shown.share[n] += 1.0 - exp(-p.misfit_waste * less)


class AdaptationLine(ServiceLine):
    """See the file's text."""

    name, rank, cost = "adaptation", 2, 0.25
    effects = ("adaptation_gain",)
    reveals = ("margin",)
    works, shows = works, shows


LINE = AdaptationLine()
