"""Invoices: what a larger customer owes the firm is advanced to it, at the risk of that customer.

A part of what an anchor owes is paid at once, and a quarter later the anchor pays the platform in the firm's
stead: see `sim.credit.invoices`. What the platform earns on that is its price, as of any loan. What passes so
between its clients the platform sees: `sim.links.chains`. It is offered to suppliers of larger clients of the
same platform.
"""

from typing import Any

import numpy as np

from sim.engine.chart import Change, Flow, Instrument, WriteOff
from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param
from sim.engine.rows import Column
from sim.links.lines.base import ServiceLine


class Invoices(Declared):
    """What the line does for a firm."""

    # fmt: off
    invoice_advance = param(0.9, unit="share of face value", low=0.0, high=0.9, source="INVOICE_ADVANCE",
        doc="part of an invoice on an anchor that a firm of full depth may be advanced")
    # fmt: on


@kernel
def works(linked, firms, depth, p):
    """The share invoice_advance depth of an invoice may be advanced."""
    for i in linked:
        firms.linked_invoices[i] += p.invoice_advance * depth[i]


@kernel
def shows(linked, firms, depth, usual, p, shown):
    """By what advances were cheaper than the bank: max(0, rate x advanced - price)."""
    for n in range(linked.shape[0]):
        i = linked[n]
        spared = firms.rate[i] * firms.invoice_advanced[i] - firms.invoice_due[i]
        shown.fen[n] += max(0.0, spared)


class InvoicesLine(ServiceLine):
    """See the file's text."""

    name, rank, cost, lock = "invoices", 8, 0.02, 0.0
    of_anchors = True
    lends = True  # what it earns is in the price of advances
    effects = ("invoice_advance",)
    reveals = ("cash",)
    works, shows = works, shows
    instruments: dict[str, Instrument] = {}
    flows: dict[str, Flow | Change | WriteOff] = {
        # the platform pays the supplier for the anchor, which owes the platform from then on
        "invoices advanced": Flow("platforms", "firms", spent_on="loans", earned_by="invoices_owed"),
        "suppliers paid early": Flow("firms", "firms", spent_on="payables", earned_by="receivables"),
        # what anchors pay is kept apart until interest has been shared out
        "invoices collected": Flow("firms", "platforms", spent_on="invoices_owed", earned_by="invoices_held"),
        "invoices passed on": Flow("platforms", "platforms", spent_on="invoices_held", earned_by="loans"),
        "price of invoices": Flow("firms", "platforms"),
        "recourse on invoices": Flow("firms", "platforms"),
        "bad invoices": WriteOff((("platforms", "loans"),), (("firms", "invoices_owed"),)),
    }

    def lent(self, e: Any) -> np.ndarray:
        return e.firms["invoice_advanced"]

    def columns_of_firms(self) -> dict[str, Column]:
        own = {
            "invoiced_1": Column(
                0, unit="fen", doc="of what it owed its first creditor, owed to a platform now", dtype="int64"
            ),
            "invoiced_2": Column(
                0, unit="fen", doc="of what it owed its second creditor, owed to a platform", dtype="int64"
            ),
            "invoice_price_1": Column(
                0, unit="fen", doc="that its first creditor owes for the advance", dtype="int64"
            ),
            "invoice_price_2": Column(
                0, unit="fen", doc="that its second creditor owes for the advance", dtype="int64"
            ),
            "invoice_to": Column(
                -1, unit="row of platforms", doc="to which it owes on invoices, or -1", dtype="int32"
            ),
            "anchor_at": Column(
                -1, unit="row of platforms", doc="with which an anchor of it is linked, or -1", dtype="int32"
            ),
            "invoice_advanced": Column(0.0, unit="fen", doc="advanced to it on invoices last quarter"),
            "invoice_due": Column(0.0, unit="fen", doc="price of what was advanced to it"),
        }
        return super().columns_of_firms() | own

    def columns_of_platforms(self) -> dict[str, Column]:
        own = {
            "invoices_out": Column(0.0, unit="fen", doc="of its loans, advanced on invoices"),
            "invoice_interest": Column(
                0, unit="fen/quarter", doc="price of invoices paid", of_the_quarter=True, dtype="int64"
            ),
            "invoices_lost": Column(
                0.0, unit="fen/quarter", doc="of its bad loans, on invoices", of_the_quarter=True
            ),
        }
        return super().columns_of_platforms() | own


LINE = InvoicesLine()
