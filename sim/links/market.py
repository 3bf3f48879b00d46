"""The market for links: platforms become part of firms, at a price, for a share of what the firm gains.

A project needs engineers, whose cost rises with the number at work at once; a firm that buys from one that
the platform is linked with, or sells to one, is cheaper. A link brings the service lines that its platform
offers; their depth builds over quarters and decays when not kept up. A firm hears from up to two platforms a
quarter, first from that of its partners, takes the better offer if it expects to gain, and can be poached at
the cost of the depth it leaves behind. What it pays is a share of the gain that can be shown on its books.
"""

from types import SimpleNamespace

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.draws import claim, key, uniform
from sim.engine.kernels import kernel
from sim.engine.ledger import Some, rows_with
from sim.engine.parameters import Declared, param
from sim.links.lines import EFFECTS, LINES, columns_of_a_link
from sim.markets.attention import count

OFFERS = claim("offers of integration", __name__)


class Integration(Declared):
    """What integration costs and how it grows."""

    # fmt: off
    project_fixed = param(900_000.0, unit="fen/project", low=300_000.0, high=3_000_000.0,
        source="assumed", scale="log", doc="fixed cost of an integration project, at first wages")
    project_share = param(0.07, unit="quarters of sales", low=0.03, high=0.2, source="assumed", scale="log",
        doc="cost of an integration project that grows with the firm's size")
    project_down = param(0.1, unit="share of cost", low=0.05, high=1.0, source="assumed",
        doc="part of a project's cost that must be there when it starts; the rest is paid by instalments")
    chain_discount = param(0.3, unit="share", low=0.0, high=0.6, source="assumed",
        doc="by how much a project is cheaper for a partner of a linked firm")
    engineer_scarcity = param(50.0, unit="per share of GDP", low=0.0, high=200.0, source="assumed",
        doc="by how much engineers get dearer, over the share of GDP spent on projects")
    depth_speed = param(0.15, unit="share/quarter", low=0.05, high=0.3, source="assumed",
        doc="share of the depth that is lacking which a link that is kept up gains in a quarter")
    depth_decay = param(0.03, unit="share/quarter", low=0.01, high=0.1, source="assumed",
        doc="depth that a link not kept up loses in a quarter; keeping it up costs as much of a project")
    upkeep_limit = param(0.2, unit="share of deposits", low=0.02, high=1.0, source="assumed", held=True,
        doc="highest share of its deposits from which a platform keeps up links beyond its project budget")
    project_limit = param(0.5, unit="share of deposits", low=0.1, high=1.0, source="assumed", held=True,
        doc="highest share of its deposits that a platform spends on upkeep and projects in a quarter")
    contacts = param(0.1, unit="share/quarter", low=0.03, high=0.3, source="assumed",
        doc="chance that a firm hears offers of integration in a quarter")
    poaching = param(0.8, unit="ratio", low=0.3, high=1.0, source="assumed", held=True,
        doc="share of gain, over that of its own platform, under which a linked firm listens to another")
    horizon = param(16.0, unit="quarters", low=8.0, high=32.0, source="assumed",
        doc="time over which an integration project must pay for itself")
    expected_lending = param(0.25, unit="quarters of sales", low=0.0, high=1.0, source="assumed", held=True,
        doc="mean loan to a client that a platform reckons with when it weighs a project")
    belief_speed = param(0.1, unit="share/quarter", low=0.02, high=0.5, source="assumed", held=True,
        doc="weight of a quarter's deep links in what a platform believes that a link gains")
    belief_depth = param(0.1, unit="share", low=0.0, high=0.5, source="assumed", held=True,
        doc="depth beyond which a link teaches its platform what links gain")
    disruption = param(0.05, unit="share of output", low=0.0, high=0.2, source="assumed",
        doc="output that a firm loses when a link of full depth is cut")
    disruption_kept = param(0.5, unit="share/quarter", low=0.0, high=0.95, source="assumed", held=True,
        doc="part of the output lost to a cut link that is still lost a quarter later")
    disruption_most = param(0.5, unit="share of output", low=0.1, high=1.0, source="assumed", held=True,
        doc="highest loss of output to links that were cut")
    fee_limit = param(0.5, unit="share of deposits", low=0.1, high=1.0, source="assumed", held=True,
        doc="highest share of a firm's deposits that an integration fee takes in a quarter")
    # fmt: on


def linked_rows(economy) -> np.ndarray:
    """Rows of the firms that have a link (int64, ascending)."""
    return rows_with(economy.firms.columns["link"], -1)


def left_to_people(economy) -> np.ndarray:
    """What a project of all lines there are costs each platform, beside one with neither scarce engineers nor
    machines that do their work (ratio)."""
    platforms, p = economy.platforms.columns, economy.p
    people = (1.0 - p.automation * platforms["technique"]) * economy.market.engineer_cost
    offered = np.zeros(len(people))
    for line in LINES:
        offered += line.cost * platforms[line.offer_name]
    return people * offered


@compiled
def built(firms, i):
    """The share of its project that has been paid, and so built, in a linked firm."""
    return 1.0 - firms.project_due[i] / firms.project_cost[i] if firms.project_cost[i] > 0.0 else 1.0


@kernel
def upkeeps(linked, firms, market, p, people, upkeep, links, due):
    """What it costs each platform to keep up what it has built, what is still to be paid of its projects
    (fen), and how many links it has."""
    for i in linked:
        q = firms.link[i]
        cost = (p.project_fixed * market.wage_index + p.project_share * firms.sales[i]) * people[q]
        upkeep[q] += p.depth_decay * built(firms, i) * cost
        due[q] += firms.project_due[i]
        links[q] += 1.0


@kernel
def pay_instalments(linked, firms, part):
    """Of what is still to be paid of each project its platform pays this part now."""
    for i in linked:
        firms.project_due[i] *= 1.0 - part[firms.link[i]]


@kernel
def deepens(linked, firms, kept, depth, p):
    """The depth of a line grows to what is built as far as it is kept up, and decays as far as it is not."""
    for n in range(linked.shape[0]):
        i = linked[n]
        held = kept[firms.link[i]]
        lacks = max(0.0, built(firms, i) - depth[i])
        new = depth[i] * (1.0 - p.depth_decay * (1.0 - held)) + p.depth_speed * held * lacks
        depth[i] = min(1.0, new)


@kernel
def list_customers(linked, firms, last):
    """One customer of each firm that has a link itself; -1 for none."""
    last[:] = -1
    for i in linked:
        if firms.supplier_1[i] >= 0:
            last[firms.supplier_1[i]] = i
    for i in linked:
        if firms.supplier_2[i] >= 0:
            last[firms.supplier_2[i]] = i


@compiled
def partner_of(i, firms, last):
    """Which platform a partner of firm i is linked with, on either side of a contract; -1 for none."""
    for j in (firms.supplier_1[i], firms.supplier_2[i], last[i]):
        if j >= 0 and firms.link[j] >= 0:
            return firms.link[j]
    return -1


@kernel
def hears(firms, platforms, market, p, purses, luck, quarter, offers):
    """Firms that hear an offer they may take, whose: the better of two, its price and what it promises (fen).

    Platforms approach by their share of project budgets; one of the two is that of a partner, if there is one
    and it has money left. A linked firm listens only to a share of gain lower than its own platform's.
    purses, by platform: `left` (fen), `upto` (running share of it), `links`, `people` (see `left_to_people`).
    Writes offers: `rows` of firms, `platform`, `price`, `value`; offers.last: see `list_customers`. Returns
    how many there are; left out are those that promise less than they cost, but for a platform without a link
    to learn from.
    """
    found = 0
    for i in range(firms.offer_luck.shape[0]):
        if firms.offer_luck[i] >= 0.0 and not firms.closing[i]:
            v = uniform(luck, firms.ids[i], firms.generation[i], quarter)
            a, b = 0, 0
            for q in range(purses.upto.shape[0] - 1):  # the sums rise: counting finds the place, on vectors
                a += 1 if firms.offer_luck[i] >= purses.upto[q] else 0
                b += 1 if v >= purses.upto[q] else 0
            partner = partner_of(i, firms, offers.last)
            if partner >= 0 and purses.left[max(0, partner)] > 0.0:
                b = partner
            best = b if platforms.gain_share[b] < platforms.gain_share[a] else a
            at = firms.link[i]
            if at < 0 or (best != at and platforms.gain_share[best] < p.poaching * platforms.gain_share[at]):
                sales = firms.sales[i]
                cost = (p.project_fixed * market.wage_index + p.project_share * sales) * purses.people[best]
                promised = platforms.gain_share[best] * (platforms.belief[best] * sales)
                promised += p.expected_lending * platforms.take[best] * sales
                offers.rows[found], offers.platform[found] = i, best
                offers.price[found] = cost * (1.0 - p.chain_discount if partner == best else 1.0)
                offers.value[found] = p.horizon * (promised - p.depth_decay * cost)
                pays = offers.value[found] > offers.price[found]
                found += 1 if pays or purses.links[best] == 0.0 else 0
    return found


@kernel
def take_projects(order, offers, purses, firms, p, taken):
    """Each platform takes what promises more than its price, best first, as far as its money goes.

    One without any link takes its best project even so: what a link is worth is learned from links. A firm
    that was linked with another platform loses that link, and its work is disturbed for a while. Writes whose
    projects are `taken` (rows of firms); returns how many.
    """
    found = 0
    for n in order:
        i, q = offers.rows[n], offers.platform[n]
        pays = offers.value[n] > offers.price[n] or purses.links[q] == 0.0
        first = p.project_down * offers.price[n]
        if first <= purses.left[q] - purses.spent[q] and pays:
            purses.spent[q] += first
            firms.project_cost[i], firms.project_due[i] = offers.price[n], offers.price[n] - first
            purses.links[q] += 1.0
            purses.won[q] += 1.0
            if firms.link[i] >= 0:
                firms.disruption[i] += p.disruption * firms.depth[i]
            firms.link[i] = q
            firms.depth[i] = 0.0
            taken[found] = i
            found += 1
    return found


def build(economy) -> None:
    """Upkeep first, then new projects in the order of what they promise for what they cost."""
    platforms, firms, p, market = economy.platforms.columns, economy.firms, economy.p, economy.market
    firms["disruption"] *= p.disruption_kept
    platforms["upkeep"][...] = 0.0
    budget, linked = platforms["project_spend"].copy(), linked_rows(economy)
    spending = float(budget.sum())
    if not (spending > 0.0 or len(linked)):
        return
    market.engineer_cost = 1.0 + p.engineer_scarcity * spending / max(1.0, market.gdp)
    people, (upkeep, links, due) = left_to_people(economy), np.zeros((3, len(budget)))
    upkeeps(linked, firms, market, p, people, upkeep, links, due)
    # upkeep has the first call on what may be spent: from the project budget, then from cash
    cash = np.maximum(0, platforms["deposits"]) * p.upkeep_limit
    paid = np.minimum(upkeep, np.maximum(budget, cash))
    kept = np.divide(paid, upkeep, out=np.ones(len(budget)), where=upkeep > 0.0)
    platforms["upkeep"][...] = np.floor(paid)
    # what a project needs may be saved up: else a small platform could never start one
    purse = np.maximum(0, platforms["deposits"]) * p.project_limit - paid
    left = np.maximum(0.0, np.minimum(budget - paid + platforms["saved"], purse))
    # projects that have begun come before new ones
    instalments = np.minimum(due, left)
    pay_instalments(linked, firms, np.divide(instalments, due, out=np.zeros(len(due)), where=due > 0.0))
    left -= instalments
    offers = np.zeros(len(budget), bool)
    for line in LINES:
        offered = platforms[line.offer_name]
        offers |= offered > 0.0
        deepens(linked, firms, kept * offered, line.depth(economy), p)
    # what was saved under another business model buys nothing where there is nothing to offer
    left *= offers
    measure_depth(economy, linked)
    purses = SimpleNamespace(left=left, links=links, people=people, spent=np.zeros(len(budget)))
    purses.won = platforms["new_links"]
    together = left.sum()
    if together > 0.0:
        purses.upto = np.cumsum(left) / together
        sell_projects(economy, linked, purses)
        linked = linked_rows(economy)
    serve(economy, linked)
    platforms["project_spend"][...] = np.floor(platforms["upkeep"] + instalments + purses.spent)
    platforms["saved"][...] = np.where(platforms["alive"], left - purses.spent, 0.0)
    platforms["links"][...] = 0.0
    count(firms["link"], platforms["links"])


def sell_projects(economy, linked: np.ndarray, purses: SimpleNamespace) -> None:
    """Platforms approach firms, and firms take what they offer; see `hears` and `take_projects`."""
    firms, p, n = economy.firms, economy.p, len(economy.firms)
    offers = SimpleNamespace(
        last=np.empty(n, np.int32), rows=np.empty(n, np.int64), platform=np.empty(n, np.int64),
        price=np.empty(n), value=np.empty(n),
    )  # fmt: skip
    list_customers(linked, firms, offers.last)
    luck, quarter = key(economy.draws_from, OFFERS), np.uint64(economy.quarter)
    found = hears(firms, economy.platforms, economy.market, p, purses, luck, quarter, offers)
    order = np.argsort(-offers.value[:found] / offers.price[:found], kind="stable")
    taken = np.empty(found, np.int64)
    new = taken[: take_projects(order, offers, purses, firms, p, taken)]
    for line in LINES:
        line.depth(economy)[new] = 0.0


def measure_depth(economy, linked: np.ndarray) -> None:
    """A link is as deep as its deepest line."""
    deepest = np.zeros(len(linked))
    for line in LINES:
        np.maximum(deepest, line.depth(economy)[linked], out=deepest)
    economy.firms.columns["depth"][linked] = deepest


def serve(economy, linked: np.ndarray) -> None:
    """What lines do for the firms that are linked."""
    firms = economy.firms.columns
    for name in EFFECTS:
        firms[name][linked] = 0.0
    for line in LINES:
        line.works(linked, economy.firms, line.depth(economy), economy.p)


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
def bill(linked, firms, platforms, p, shown, fees):
    """What each link gains its firm this quarter, and the platform's share of it, which firms have (fen).

    gain = (1 - beta) sales x what lines show of value added + what they show in fen

    Writes `fees` by platform: `paid`, and of deep links `seen`, what was gained, and `base`, sales times
    depth.
    """
    for n in range(linked.shape[0]):
        i = linked[n]
        q = firms.link[i]
        if firms.depth[i] > 0.0:
            firms.gain[i] = (1.0 - p.input_share) * firms.sales[i] * shown.share[n] + shown.fen[n]
            asked = np.floor(platforms.gain_share[q] * firms.gain[i])
            firms.integration_fee[i] = min(asked, np.floor(p.fee_limit * firms.deposits[i]))
            fees.paid[q] += firms.integration_fee[i]
            if firms.depth[i] > p.belief_depth:
                fees.seen[q] += firms.gain[i]
                fees.base[q] += firms.sales[i] * firms.depth[i]


def collect_fees(economy) -> None:
    """Linked firms pay the platform's share of what it can show they gained; beliefs follow what was seen."""
    platforms, firms, p = economy.platforms.columns, economy.firms, economy.p
    linked, n = linked_rows(economy), len(economy.platforms)
    firms.columns["gain"][...] = 0.0
    firms.columns["integration_fee"][...] = 0.0
    if not len(linked):
        return
    usual = np.empty(len(economy.market.weights))
    usual_misfits(firms, economy.market, usual)
    shown = SimpleNamespace(share=np.zeros(len(linked)), fen=np.zeros(len(linked)))
    for line in LINES:
        line.shows(linked, firms, line.depth(economy), usual, p, shown)
    fees = SimpleNamespace(paid=np.zeros(n), seen=np.zeros(n), base=np.zeros(n))
    bill(linked, firms, economy.platforms, p, shown, fees)
    paid = Some(linked, firms["integration_fee"][linked])
    economy.ledger.pay("integration fees", paid, fees.paid)
    platforms["revenue"] += fees.paid
    found = np.divide(fees.seen, fees.base, out=platforms["belief"].copy(), where=fees.base > 0.0)
    platforms["belief"] += p.belief_speed * (found - platforms["belief"])


def cut_links(economy, rows: np.ndarray) -> None:
    """Links end: depth is lost and the firm's work is disturbed for a while."""
    firms = economy.firms.columns
    firms["disruption"][rows] += economy.p.disruption * firms["depth"][rows]
    firms["link"][rows] = -1
    forget_links(economy, rows)


def forget_links(economy, rows: np.ndarray) -> None:
    """Nothing of a link is left in these firms."""
    for name in columns_of_a_link():
        economy.firms.columns[name][rows] = 0.0
