"""Data from neighbours: what its clients owe one another shows a platform more of each of them.

Where a firm has the line `invoices` its platform sees what it owes and is owed, and so a part of what its
partners owe and are owed. It sees a client the more clearly, the more of the client's dues are with such
partners.
"""

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.fen import any_of
from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param
from sim.links.lines import insight


class Chains(Declared):
    """What is seen of a client by way of its partners."""

    # fmt: off
    neighbour_sight = param(0.5, unit="share", low=0.0, high=1.0, source="assumed",
        doc="how clearly a platform sees cash and orders of a client all of whose dues are with partners "
        "whose invoices it sees; at 0 neighbours show nothing")
    # fmt: on


@compiled
def tell_of(linked, link, creditor, owed, depth, told):
    """As `tell`, for what is owed to one of two suppliers."""
    for i in linked:
        j = creditor[i]
        if j >= 0 and link[j] == link[i]:
            told[i] += owed[i] * depth[j]
            told[j] += owed[i] * depth[i]


@kernel
def tell(linked, firms, depth, told):
    """What of its dues, owed and to be had, each linked firm's partners show (fen, added to `told`, by firm):
    those with the same platform, each as deep as its own line is. depth: of the line invoices."""
    tell_of(linked, firms.link, firms.creditor_1, firms.owed_1, depth, told)
    tell_of(linked, firms.link, firms.creditor_2, firms.owed_2, depth, told)


@compiled
def clears(rows, told, payables, receivables, weight, clear):
    """Raises how clearly something is seen in these rows: clear + (1 - clear) weight told / dues."""
    for n in range(rows.shape[0]):
        i = rows[n]
        dues = float(payables[i]) + float(receivables[i])
        share = min(1.0, told[i] / max(1.0, dues))
        clear[n] += (1.0 - clear[n]) * weight * share


def sight(economy, rows: np.ndarray) -> dict[str, np.ndarray]:
    """How clearly a linked platform sees each of INSIGHT in these firms (share), with what partners show."""
    found, firms, p = insight(economy, rows), economy.firms, economy.p
    depth = firms.columns["depth_invoices"]
    if p.neighbour_sight == 0.0 or not any_of(depth > 0.0):
        return found
    told = np.zeros(len(firms))
    linked = np.flatnonzero(firms["link"] >= 0)
    tell(linked, firms, depth, told)
    for name in ("cash", "orders"):
        clears(rows, told, firms["payables"], firms["receivables"], p.neighbour_sight, found[name])
    return found
