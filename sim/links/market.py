"""The market for links: platforms become part of firms, at a price, for a share of what the firm gains.

A project needs engineers, whose cost rises with the number at work at once; a firm that buys from one that
the platform is linked with, or sells to one, is cheaper. Depth builds over quarters and decays when not kept
up. A firm hears from up to two platforms a quarter, first from that of its partners, takes the better offer
if it expects to gain, and can be poached at the cost of the depth it leaves behind. What it pays is a share
of the gain that can be shown on its books.
"""

import numpy as np

from sim.engine.arithmetic import exp
from sim.engine.compiling import compiled
from sim.engine.draws import key, uniform
from sim.engine.ledger import Some, rows_with
from sim.engine.parameters import Declared, param
from sim.markets.attention import count


class Integration(Declared):
    """What integration costs and how it grows."""

    # fmt: off
    project_fixed = param(3_000_000.0, unit="fen/project", low=1_000_000.0, high=10_000_000.0,
        source="assumed", scale="log", doc="fixed cost of an integration project, at first wages")
    project_share = param(0.07, unit="quarters of sales", low=0.025, high=0.25, source="assumed", scale="log",
        doc="cost of an integration project that grows with the firm's size")
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


@compiled
def gains(linked, link, depth, sales, misfit, early, rate, deposits, usual, terms, take, gain, fee, sums):
    """What each link gains its firm this quarter, and the platform's share of it, which firms have (fen).

    gain = (1 - beta) sales (g depth / (1 + g depth) + 1 - exp(-waste max(0, usual misfit - misfit)))
           + the interest on what was paid a quarter early

    Writes sums by platform: fees, and of deep links what was gained, and sales times depth.
    """
    process_gain, waste, own, fee_limit, deep = terms
    sector, usual_misfit = usual
    fees, seen, base = sums
    gain[:] = 0.0
    fee[:] = 0.0
    for i in linked:
        p = link[i]
        if depth[i] > 0.0:
            made = process_gain * depth[i]
            saved = 1.0 - exp(-waste * max(0.0, usual_misfit[sector[i]] - misfit[i]))
            gain[i] = own * sales[i] * (made / (1.0 + made) + saved) + rate[i] * early[i]
            fee[i] = min(np.floor(take[p] * gain[i]), np.floor(fee_limit * deposits[i]))
            fees[p] += fee[i]
            if depth[i] > deep:
                seen[p] += gain[i]
                base[p] += sales[i] * depth[i]


@compiled
def usual_misfits(starts, alive, link, misfit, usual):
    """The mean misfit of the firms of each sector that have no link: what clients are compared with."""
    for s in range(usual.shape[0]):
        misfits, outside = 0.0, 0.0
        for i in range(starts[s], starts[s + 1]):
            counts = 1.0 if alive[i] and link[i] < 0 else 0.0
            misfits += counts * misfit[i]
            outside += counts
        usual[s] = misfits / max(1.0, outside)


@compiled
def list_customers(linked, first, second, last):
    """One customer of each firm that has a link itself; -1 for none."""
    last[:] = -1
    for supplier in (first, second):
        for i in linked:
            if supplier[i] >= 0:
                last[supplier[i]] = i


@compiled
def partner_of(i, link, first, second, last):
    """Which platform a partner of firm i is linked with, on either side of a contract; -1 for none."""
    for j in (first[i], second[i], last[i]):
        if j >= 0 and link[j] >= 0:
            return link[j]
    return -1


@compiled
def hears(
    approach, closing, link, sales, suppliers, last, k, ids, generation, quarter, left, share, links, costs,
    prices, rows, who, price, value,
):  # fmt: skip
    """Firms that hear an offer they may take, whose: the better of two, its price and what it promises (fen).

    Platforms approach by their share of project budgets; one of the two is that of a partner (last: see
    `list_customers`), if there is one and it has money left. A linked firm listens only to a share of gain
    lower than its own platform's. Returns how many offers there are; left out are those that promise less
    than they cost, but for a platform without a link to learn from.
    """
    fixed, project_share, discount, decay, horizon, people = costs
    gain_share, belief, take, poaching, lending = prices
    platforms, found = share.shape[0], 0
    for i in range(approach.shape[0]):
        if approach[i] >= 0.0 and not closing[i]:
            v = uniform(k, ids[i], generation[i], quarter)
            a, b = 0, 0
            for q in range(platforms - 1):  # the sums rise: counting finds the place, on vectors
                a += 1 if approach[i] >= share[q] else 0
                b += 1 if v >= share[q] else 0
            partner = partner_of(i, link, suppliers[0], suppliers[1], last)
            if partner >= 0 and left[max(0, partner)] > 0.0:
                b = partner
            offer = b if gain_share[b] < gain_share[a] else a
            at = link[i]
            if at < 0 or (offer != at and gain_share[offer] < poaching * gain_share[at]):
                cost = (fixed + project_share * sales[i]) * people[offer]
                promised = gain_share[offer] * (belief[offer] * sales[i]) + lending * take[offer] * sales[i]
                rows[found], who[found] = i, offer
                price[found] = cost * (1.0 - discount if partner == offer else 1.0)
                value[found] = horizon * (promised - decay * cost)
                found += 1 if value[found] > price[found] or links[offer] == 0.0 else 0
    return found


@compiled
def deepens(linked, link, depth, kept, speed, decay):
    """Depth grows as far as a link is kept up, and decays as far as it is not."""
    for n in range(linked.shape[0]):
        i = linked[n]
        held = kept[link[i]]
        new = depth[i] * (1.0 - decay * (1.0 - held)) + speed * held * (1.0 - depth[i])
        depth[i] = min(1.0, new)


@compiled
def upkeeps(linked, link, sales, costs, upkeep, links):
    """What it costs each platform to keep up its links (fen), and how many it has."""
    fixed, project_share, _, decay, _, people = costs
    for i in linked:
        upkeep[link[i]] += decay * (fixed + project_share * sales[i]) * people[link[i]]
        links[link[i]] += 1.0


@compiled
def take_projects(order, rows, who, price, value, left, links, link, depth, disruption, disturbed, spent):
    """Each platform takes what promises more than its price, best first, as far as its money goes.

    One without any link takes its best project even so: what a link is worth is learned from links. A firm
    that was linked with another platform loses that link, and its work is disturbed for a while.
    """
    for n in order:
        i, p = rows[n], who[n]
        if price[n] <= left[p] - spent[p] and (value[n] > price[n] or links[p] == 0.0):
            spent[p] += price[n]
            links[p] += 1.0
            if link[i] >= 0:
                disruption[i] += disturbed * depth[i]
            link[i] = p
            depth[i] = 0.0


def linked_rows(economy) -> np.ndarray:
    """Rows of the firms that have a link."""
    return rows_with(economy.firms.columns["link"], -1)


def build(economy) -> None:
    """Upkeep first, then new projects in the order of what they promise for what they cost."""
    platforms, firms, p, market = economy.platforms.columns, economy.firms, economy.p, economy.market
    c, n = firms.columns, len(economy.platforms)
    c["disruption"] *= p.disruption_kept
    platforms["upkeep"][...] = 0.0
    budget = platforms["project_spend"].copy()
    link, linked = c["link"], linked_rows(economy)
    if not (budget.sum() > 0.0 or len(linked)):
        return
    market.engineer_cost = 1.0 + p.engineer_scarcity * float(budget.sum()) / max(1.0, market.gdp)
    # what the machines of a platform leave to its engineers
    left_to_people = (1.0 - p.automation * platforms["technique"]) * market.engineer_cost
    fixed = p.project_fixed * market.wage_index
    costs = fixed, p.project_share, p.chain_discount, p.depth_decay, p.horizon, left_to_people
    upkeep, links = np.zeros((2, n))
    upkeeps(linked, link, c["sales"], costs, upkeep, links)
    # upkeep has the first call on what may be spent: from the project budget, then from cash
    cash = np.maximum(0, platforms["deposits"]) * p.upkeep_limit
    paid = np.minimum(upkeep, np.maximum(budget, cash))
    kept = np.divide(paid, upkeep, out=np.ones(n), where=upkeep > 0.0)
    platforms["upkeep"][...] = np.floor(paid)
    # what a project needs may be saved up: else a small platform could never start one
    purse = np.maximum(0, platforms["deposits"]) * p.project_limit - paid
    left = np.maximum(0.0, np.minimum(budget - paid + platforms["saved"], purse))
    depth = c["depth"]
    deepens(linked, link, depth, kept, p.depth_speed, p.depth_decay)

    spent = np.zeros(n)
    if left.sum() > 0.0:
        last, suppliers = np.empty(len(firms), np.int32), (c["supplier_1"], c["supplier_2"])
        list_customers(linked, *suppliers, last)
        rows, who = np.empty((2, len(firms)), np.int64)
        price, value = np.empty((2, len(firms)))
        found = hears(
            c["approach"], c["closing"], link, c["sales"], suppliers, last,
            key(economy.seed, "offers of integration"), firms.ids, c["generation"],
            np.uint64(economy.quarter), left, np.cumsum(left) / left.sum(), links, costs,
            (platforms["gain_share"], platforms["belief"], platforms["take"], p.poaching, p.expected_lending),
            rows, who, price, value,
        )  # fmt: skip
        order = np.argsort(-value[:found] / price[:found], kind="stable")
        take_projects(
            order, rows, who, price, value, left, links, link, depth, c["disruption"], p.disruption, spent
        )
    platforms["project_spend"][...] = np.floor(platforms["upkeep"] + spent)
    platforms["saved"][...] = np.where(platforms["alive"], left - spent, 0.0)
    platforms["links"][...] = 0.0
    count(link, platforms["links"])


def collect(economy) -> None:
    """Linked firms pay the platform's share of what it can show they gained; beliefs follow what was seen."""
    platforms, p, c = economy.platforms.columns, economy.p, economy.firms.columns
    n = len(economy.platforms)
    rows, sums = linked_rows(economy), np.zeros((3, n))
    if not len(rows):
        c["gain"][...] = 0.0
        c["integration_fee"][...] = 0.0
        return
    usual = np.empty(len(economy.market.weights))
    usual_misfits(economy.memory.sector_starts, c["alive"], c["link"], c["misfit"], usual)
    gains(
        rows, c["link"], c["depth"], c["sales"], c["misfit"], c["paid_early"], c["rate"], c["deposits"],
        (c["sector"], usual),
        (p.process_gain, p.misfit_waste, 1.0 - p.input_share, p.fee_limit, p.belief_depth),
        platforms["gain_share"], c["gain"], c["integration_fee"], sums,
    )  # fmt: skip
    fees, seen, base = sums
    economy.ledger.pay("integration fees", Some(rows, c["integration_fee"][rows]), fees)
    platforms["revenue"] += fees
    found = np.divide(seen, base, out=platforms["belief"].copy(), where=base > 0.0)
    platforms["belief"] += p.belief_speed * (found - platforms["belief"])


def cut(economy, rows: np.ndarray) -> None:
    """Links end: depth is lost and the firm's work is disturbed for a while."""
    c = economy.firms.columns
    c["disruption"][rows] += economy.p.disruption * c["depth"][rows]
    c["depth"][rows] = 0.0
    c["link"][rows] = -1
