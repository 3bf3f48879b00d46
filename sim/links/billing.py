"""The bill: linked firms pay their platform a share of what it can show they gained, and some leave."""

from types import SimpleNamespace

import numpy as np

from sim.engine.kernels import kernel
from sim.engine.ledger import Some
from sim.engine.parameters import Declared, param
from sim.links import clients
from sim.links.lines import LINES, costs, insight
from sim.links.market import cut_links, lines_of, linked_rows
from sim.links.offers import locked


class Billing(Declared):
    """How the bill is limited, and what platforms learn from it."""

    # fmt: off
    belief_speed = param(0.1, unit="share/quarter", low=0.02, high=0.5, source="assumed", held=True,
        doc="weight of a quarter's deep links in what a platform believes that a line gains")
    belief_depth = param(0.1, unit="share", low=0.0, high=0.5, source="assumed", held=True,
        doc="depth beyond which a line teaches its platform what it gains")
    fee_limit = param(0.5, unit="share of deposits", low=0.1, high=1.0, source="assumed", held=True,
        doc="highest share of a firm's deposits that an integration fee takes in a quarter")
    # fmt: on


@kernel
def usual_misfits(firms, market, usual):
    """The mean misfit of the firms of each sector that have no link: what clients are compared with."""
    for s in range(usual.shape[0]):
        misfits, outside = 0.0, 0.0
        for i in range(market.starts[s], market.starts[s + 1]):
            counts = 1.0 if firms.alive[i] and firms.link[i] < 0 else 0.0
            misfits += counts * firms.misfit[i]
            outside += counts
        usual[s] = misfits / max(1.0, outside)


@kernel
def bill_line(linked, firms, line, depth, p, shown, fees):
    """What a line gains each firm this quarter, as far as it is shown to the platform (fen).

    gain = (1 - hidden) [(1 - beta) sales x what it shows of value added + what it shows in fen]

    Adds to fees.seen and fees.base, (platforms, lines): what was gained in firms where the line is deep, and
    sales times depth.
    """
    for n in range(linked.shape[0]):
        i = linked[n]
        q, seen = firms.link[i], 1.0 - firms.hidden[i]
        gain = seen * ((1.0 - p.input_share) * firms.sales[i] * shown.share[n] + shown.fen[n])
        firms.gain[i] += gain
        if depth[i] > p.belief_depth:
            fees.seen[q, line] += gain
            fees.base[q, line] += seen * firms.sales[i] * depth[i]


@kernel
def loan_line(linked, firms, line, depth, owed, p, fees):
    """What clients that have a line for credit owe their platform: as `bill_line`, of loans.

    owed: by this line, by firm (fen).
    """
    for i in linked:
        if depth[i] > p.belief_depth:
            q = firms.link[i]
            fees.seen[q, line] += float(owed[i])
            fees.base[q, line] += firms.sales[i]


@kernel
def charge(linked, firms, p, paid):
    """The share agreed on of what is shown, as far as the firm's money goes (fen); `paid` by platform."""
    for i in linked:
        asked = np.floor(firms.agreed_share[i] * firms.gain[i])
        firms.integration_fee[i] = min(asked, np.floor(p.fee_limit * max(0, firms.deposits[i])))
        paid[firms.link[i]] += firms.integration_fee[i]


def collect_fees(economy) -> None:
    """Linked firms pay; beliefs follow what was seen; clients judge their links, and some leave."""
    platforms, firms, p = economy.platforms.columns, economy.firms, economy.p
    linked, n = linked_rows(economy), len(economy.platforms)
    firms.columns["gain"][...] = 0.0
    firms.columns["integration_fee"][...] = 0.0
    if not len(linked):
        return
    usual = np.empty(len(economy.market.weights))
    usual_misfits(firms, economy.market, usual)
    lines = len(list(LINES))
    fees = SimpleNamespace(seen=np.zeros((n, lines)), base=np.zeros((n, lines)))
    for place, line in enumerate(LINES):
        shown = SimpleNamespace(share=np.zeros(len(linked)), fen=np.zeros(len(linked)))
        line.shows(linked, firms, line.depth(economy), usual, p, shown)
        bill_line(linked, firms, place, line.depth(economy), p, shown, fees)
        if line.lends:
            loan_line(linked, firms, place, line.depth(economy), line.lent(economy), p, fees)
    paid = np.zeros(n)
    charge(linked, firms, p, paid)
    economy.ledger.pay("integration fees", Some(linked, firms["integration_fee"][linked]), paid)
    platforms["revenue"] += paid
    learn(economy, fees)
    part_with(economy, linked)


def learn(economy, fees: SimpleNamespace) -> None:
    """What platforms believe that their lines gain, or lend, follows what they have seen."""
    platforms, lines = economy.platforms.columns, lines_of(economy)
    found = np.divide(fees.seen, fees.base, out=lines.belief.copy(), where=fees.base > 0.0)
    belief = lines.belief + economy.p.belief_speed * (found - lines.belief)
    for place, line in enumerate(LINES):
        platforms[line.belief_name][...] = belief[:, place]
    gains = belief * lines.offers * (1.0 - lines.lends)
    platforms["belief"][...] = sum(gains[:, place] for place in range(gains.shape[1]))


def part_with(economy, linked: np.ndarray) -> None:
    """Clients judge their links, and some leave."""
    posted = economy.platforms.columns["gain_share"][economy.firms.columns["link"][linked]]
    links = SimpleNamespace(
        watched=insight(economy, linked, "cash")["cash"], locked=locked(economy, linked),
        cost=costs(), posted=posted,
    )  # fmt: skip
    gone = clients.who_leaves(economy, linked, links)
    clients.count(economy, "clients", linked)
    if len(gone):
        clients.leave(economy, gone, economy.firms.columns["link"][gone])
        cut_links(economy, gone)
