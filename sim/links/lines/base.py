"""What a platform may do for a firm that it is linked with: what a service line of any kind says and does.

A business model names its lines. What is the same for all of them is in `sim.links.market`: projects, depth
that grows and decays, the bill. What is a line's own is in a file each.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.engine.chart import Change, Flow, Instrument, WriteOff
from sim.engine.compiling import compiled
from sim.engine.rows import Column

FIRST_BELIEF = 0.025  # share of sales that lines for the whole firm are thought to gain at first
FIRST_LOAN = 0.25  # quarters of sales that a client is thought to borrow at first


@compiled
def spares_work(linked, firms, depth, gain):
    """What a firm makes with one worker rises by gain depth."""
    for i in linked:
        firms.linked_productivity[i] += gain * depth[i]


@compiled
def work_spared(linked, depth, gain, share):
    """What was made so of what was made, g depth / (1 + g depth) of value added, added to `share`."""
    for n in range(linked.shape[0]):
        spared = gain * depth[linked[n]]
        share[n] += spared / (1.0 + spared)


class ServiceLine:
    """A service line.

    name: as a business model names it. rank: its place among others. cost: of its project, in that of a
    project for the whole firm. lock: part of the disruption that its loss brings, at full depth. needs: names
    of the lines without which it is not offered. lends: whether a platform earns on what it lends by it, and
    so weighs it by the loan that clients take. of_anchors: whether only suppliers of a larger client of the
    same platform are offered it.
    effects: the parameters by which it does something for a firm;
    at zero it does nothing. reveals: which of `INSIGHT` its platform comes to see, the more clearly the
    deeper it is. works: a kernel (linked, firms, depth, p) that adds to the columns `linked_...` of the
    `linked` firms. shows: a kernel (linked, firms, depth, usual, p, shown) that adds what can be put on the
    bill to `shown.share` (of value added) and `shown.fen`, by place in `linked`; `usual` is the misfit of
    firms without a link, by sector. instruments, flows, money: its part of the chart of accounts.
    """

    name: str
    rank: int
    cost: float
    lock: float = 1.0
    needs: tuple[str, ...] = ()
    lends: bool = False
    of_anchors: bool = False
    effects: tuple[str, ...] = ()
    reveals: tuple[str, ...] = ()
    works: Callable[..., None]
    shows: Callable[..., None]
    instruments: dict[str, Instrument] = {}
    flows: dict[str, Flow | Change | WriteOff] = {}
    money: dict[str, str] = {}

    @property
    def depth_name(self) -> str:
        """The column of firms that says how deep the line is in a firm."""
        return f"depth_{self.name}"

    @property
    def belief_name(self) -> str:
        """The column of platforms that says what they think it gains a firm."""
        return f"belief_{self.name}"

    @property
    def offer_name(self) -> str:
        """The column of platforms that says whether they offer it."""
        return f"offers_{self.name}"

    def columns_of_firms(self) -> dict[str, Column]:
        return {self.depth_name: Column(0.0, unit="share", doc=f"of the line {self.name} in its operations")}

    def columns_of_platforms(self) -> dict[str, Column]:
        gains = f"what it thinks that the line {self.name} gains a firm at full depth"
        belief = Column(FIRST_BELIEF * self.cost, unit="share of sales", doc=gains)
        if self.lends:
            loan = f"mean loan that it thinks a client with the line {self.name} takes"
            belief = Column(FIRST_LOAN, unit="quarters of sales", doc=loan)
        return {
            self.offer_name: Column(0.0, unit="yes/no", doc=f"whether it offers the line {self.name}"),
            self.belief_name: belief,
        }

    def lent(self, e: Any) -> np.ndarray:
        """What each firm has been lent by this line (fen): nothing, but by those that lend."""
        return np.zeros(len(e.firms), np.int64)

    def depth(self, e: Any) -> np.ndarray:
        """How deep it is, by firm (share)."""
        return e.firms.columns[self.depth_name]
