"""What a link asks of a client, and what the client makes of it: it judges its platform, leaves, hides sales.

A client's own people have to work with each line. Now and then it asks whether its link is worth that and its
fee; what it thinks of the gain is its own opinion. What a platform sees of sales it takes its share of: so
part of them may be kept from it, the less so the more of the firm's money passes through the platform.
"""

from types import SimpleNamespace

import numpy as np

from sim.engine.arithmetic import bell, exp
from sim.engine.compiling import compiled
from sim.engine.draws import claim, key, uniforms
from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param

REVIEWS = claim("a client reviews its link", __name__)
SMALL, LARGE = 0.5, 4.0  # sales over those of the mean firm: below, and from there on
SIZES = ("small", "middle", "large")


class Clients(Declared):
    """What links ask of clients, and what clients do about it."""

    # fmt: off
    client_effort = param(0.02, unit="workers/firm", low=0.0, high=0.08, source="assumed",
        doc="work of its own people, each quarter, that lines whose projects cost 1 together ask of a firm")
    contract_review = param(0.25, unit="share/quarter", low=0.0, high=1.0, source="assumed",
        doc="chance that a client asks in a quarter whether its link is worth its fee; at 0 nobody leaves")
    renewal = param(0.5, unit="share", low=0.0, high=1.0, source="assumed",
        doc="how far a review brings the share of gain that a client owes to what its platform asks by then")
    client_doubt = param(0.5, unit="log points", low=0.0, high=1.0, source="assumed",
        doc="standard deviation of the log of what a client thinks it gains, beside what can be shown")
    settled_depth = param(0.5, unit="share", low=0.0, high=0.9, source="assumed", held=True,
        doc="depth, of the highest that its link gets, from which on a client judges it")
    hiding_most = param(0.3, unit="share of sales", low=0.0, high=0.6, source="assumed",
        doc="highest part of its sales that a client can keep from its platform; at 0 nobody hides")
    hiding_cost = param(0.1, unit="share of output", low=0.02, high=0.5, source="assumed", scale="log",
        doc="output lost to hiding sales, over half the square of the part that is hidden")
    hiding_watched = param(4.0, unit="per share", low=0.0, high=10.0, source="assumed", held=True,
        doc="by how much hiding is dearer where all of a firm's money passes through its platform")
    # fmt: on


@compiled
def effort_of(firms, i, cost, p):
    """The share of a firm's work that lines of that cost (see `ServiceLine.cost`) ask of its own people."""
    return min(0.5, cost * p.client_effort / max(p.smallest, firms.workers[i]))


@compiled
def cost_of(begun, cost):
    """The cost of the lines in the bits `begun`; cost: of each line."""
    found = 0.0
    for line in range(cost.shape[0]):
        found += float((begun >> line) & 1) * cost[line]
    return found


@kernel
def bears(linked, firms, cost, p):
    """Own people work with the lines, as deep as they get, and hide sales: both take work. cost: of each
    line."""
    for i in linked:
        effort = effort_of(firms, i, firms.deepest[i] * cost_of(firms.lines_begun[i], cost), p)
        hiding = 0.5 * p.hiding_cost * firms.hidden[i] * firms.hidden[i]
        firms.linked_productivity[i] -= effort + hiding


@kernel
def judge_links(linked, firms, p, links, leaves):
    """Who leaves its platform (rows, into `leaves`), and what of its sales each client hides from now on.

    A review brings its share of gain nearer to what its platform asks by then. A client leaves that thinks
    (gain exp(doubt z) - fee - effort) horizon below what leaving costs it; who hides does so until the next
    hidden fen costs more than its share of fee and early repayment. links, by place in `linked`: `watched`,
    how clearly its platform sees its money, `posted`, what share it asks of newcomers, and `locked`, see
    `offers.locked`; `cost` by line; `luck` and `quarter` of the draws. Returns how many leave.
    """
    found = 0
    for n in range(linked.shape[0]):
        i = linked[n]
        own = (1.0 - p.input_share) * firms.sales[i]
        seen = 1.0 - firms.hidden[i]  # of this quarter: what was billed
        spared = firms.integration_fee[i] / max(1.0, seen * firms.sales[i])
        spared += p.deduction * firms.rate[i] if firms.deducted[i] else 0.0
        dearer = p.hiding_cost * (1.0 + p.hiding_watched * links.watched[n])
        firms.hidden[i] = min(p.hiding_most, spared / dearer)
        u, v = uniforms(links.luck, firms.ids[i], firms.generation[i], links.quarter)
        # a further line that is being built keeps nobody from leaving
        settled = firms.depth[i] > p.settled_depth * firms.deepest[i]
        if settled and u < p.contract_review:
            gain = firms.gain[i] / seen * exp(p.client_doubt * bell(v))
            cost = firms.deepest[i] * cost_of(firms.lines_begun[i], links.cost)
            effort = effort_of(firms, i, cost, p) * own
            renewed = firms.agreed_share[i] + p.renewal * (links.posted[n] - firms.agreed_share[i])
            fee = firms.integration_fee[i] + (renewed - firms.agreed_share[i]) * firms.gain[i]
            net = gain - fee - effort
            firms.agreed_share[i] = renewed
            if p.horizon * net < -p.disruption * links.locked[n] * own:
                leaves[found] = i
                found += 1
    return found


@kernel
def sizes_of(rows, firms, mean, counts):
    """How many of these firms are small, middling and large, added to `counts`."""
    for i in rows:
        large = firms.sales[i] >= LARGE * mean
        counts[2 if large else 0 if firms.sales[i] < SMALL * mean else 1] += 1.0


def by_size(economy, rows: np.ndarray) -> np.ndarray:
    """How many of these firms are small, middling and large, beside the mean sales of all (float64, (3,))."""
    firms, counts = economy.firms, np.zeros(len(SIZES))
    mean = float(firms["sales"].sum()) / max(1, int(np.count_nonzero(firms["alive"])))
    sizes_of(rows, firms, mean, counts)
    return counts


def count(economy, what: str, rows: np.ndarray) -> None:
    """Add these firms to the tallies `what`, by size."""
    for name, number in zip(SIZES, by_size(economy, rows).tolist(), strict=True):
        tally = f"{what}_{name}"
        setattr(economy.tallies, tally, getattr(economy.tallies, tally) + number)


def leave(economy, rows: np.ndarray, whose: np.ndarray) -> None:
    """Count these firms as clients that leave, by their own choice, the platforms `whose` they were."""
    count(economy, "lost", rows)
    count(economy, "left", rows)
    economy.platforms.columns["left_links"] += np.bincount(whose, minlength=len(economy.platforms))


def who_leaves(economy, linked: np.ndarray, links: SimpleNamespace) -> np.ndarray:
    """Rows of the clients that leave now; see `judge_links`."""
    links.luck, links.quarter = key(economy.draws_from, REVIEWS), np.uint64(economy.quarter)
    leaves = np.empty(len(linked), np.int64)
    return leaves[: judge_links(linked, economy.firms, economy.p, links, leaves)]
