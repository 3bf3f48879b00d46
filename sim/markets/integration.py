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


class Integration(Declared):
    """What integration costs and how it grows."""

    project_fixed = param(
        3_000_000.0, unit="fen/project", low=1_000_000.0, high=10_000_000.0, source="assumed", scale="log"
    )
    project_share = param(0.07, unit="quarters of sales", low=0.025, high=0.25, source="assumed", scale="log")
    chain_discount = param(
        0.3, unit="share", low=0.0, high=0.6, source="assumed", doc="off for a partner of a linked firm"
    )
    engineer_scarcity = param(
        50.0,
        unit="per share of GDP",
        low=0.0,
        high=200.0,
        source="assumed",
        doc="dearer when many are at work",
    )
    depth_speed = param(0.15, unit="share/quarter", low=0.05, high=0.3, source="assumed")
    depth_decay = param(
        0.03, unit="share/quarter", low=0.01, high=0.1, source="assumed", doc="and upkeep of a link"
    )
    contacts = param(0.1, unit="share/quarter", low=0.03, high=0.3, source="assumed", doc="firms approached")
    horizon = param(
        16.0, unit="quarters", low=8.0, high=32.0, source="assumed", doc="over which a project must pay"
    )
    disruption = param(
        0.05, unit="share of output", low=0.0, high=0.2, source="assumed", doc="when a link is cut"
    )


@compiled
def gains(link, depth, sales, misfit, early, rate, alive, starts, terms, take, gain, fee):
    """What each link gains its firm this quarter, and the platform's share of it (fen).

    gain = (1 - beta) sales (g depth / (1 + g depth) + 1 - exp(-waste max(0, usual misfit - misfit)))
           + the interest on what was paid a quarter early

    Usual is the mean misfit of the firms of the sector without a link: what clients are compared with.
    """
    process_gain, waste, own = terms
    for s in range(starts.shape[0] - 1):
        misfits, outside = 0.0, 0.0
        for i in range(starts[s], starts[s + 1]):
            counts = 1.0 if alive[i] and link[i] < 0 else 0.0
            misfits += counts * misfit[i]
            outside += counts
        usual = misfits / max(1.0, outside)
        for i in range(starts[s], starts[s + 1]):
            gain[i] = 0.0
            fee[i] = 0.0
            p = link[i]
            if p >= 0 and depth[i] > 0.0:
                made = process_gain * depth[i]
                saved = 1.0 - exp(-waste * max(0.0, usual - misfit[i]))
                gain[i] = own * sales[i] * (made / (1.0 + made) + saved) + rate[i] * early[i]
                fee[i] = np.floor(take[p] * gain[i])


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
    approach,
    closing,
    link,
    suppliers,
    last,
    k,
    ids,
    generation,
    quarter,
    left,
    share,
    gain_share,
    rows,
    who,
    chained,
):
    """Firms that hear an offer they may take, whose: the better of two, and whether that is a partner's.

    Returns how many there are; last: see `list_customers`.

    Platforms approach by their share of project budgets; one of the two is that of a partner, if there is one
    and it has money left. A linked firm listens only to a share of gain lower than its own platform's.
    """
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
            if at < 0 or (offer != at and gain_share[offer] < 0.8 * gain_share[at]):
                rows[found] = i
                who[found] = offer
                chained[found] = partner == offer
                found += 1
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
def take_projects(who, price, value, left, links, taken):
    """Each platform takes what promises more than its price, best first, as far as its money goes.

    One without any link takes its best project even so: what a link is worth is learned from links.
    """
    spent, started = np.zeros(left.shape[0]), links > 0
    for i in range(who.shape[0]):
        p = who[i]
        taken[i] = price[i] <= left[p] - spent[p] and (value[i] > price[i] or not started[p])
        if taken[i]:
            spent[p] += price[i]
            started[p] = True


def linked_rows(economy) -> np.ndarray:
    """Rows of the firms that have a link."""
    return rows_with(economy.firms.columns["link"] + 1)  # that of platform 0 is one too


def build(economy) -> None:
    """Upkeep first, then new projects in the order of what they promise for what they cost."""
    platforms, firms, p, market = economy.platforms, economy.firms, economy.p, economy.market
    c, n = firms.columns, len(platforms)
    c["disruption"] *= 0.5
    platforms["upkeep"] = 0.0
    budget = platforms["project_spend"].copy()
    link, linked = c["link"], linked_rows(economy)
    if not (budget.sum() > 0.0 or len(linked)):
        return
    cost_of_engineers = 1.0 + p.engineer_scarcity * budget.sum() / max(1.0, market.gdp)
    market.engineer_cost = cost_of_engineers
    fixed, size = p.project_fixed * market.wage_index, c["sales"]
    # what the machines of a platform leave to its engineers
    left_to_people = (1.0 - p.automation * platforms["technique"]) * cost_of_engineers

    upkeep_of_link = p.depth_decay * (fixed + p.project_share * size[linked]) * left_to_people[link[linked]]
    upkeep = np.bincount(link[linked], upkeep_of_link, n)
    # upkeep has the first call on what may be spent: from the project budget, then from cash
    cash = np.maximum(0, platforms["deposits"]) * 0.2
    paid = np.minimum(upkeep, np.maximum(budget, cash))
    kept = np.divide(paid, upkeep, out=np.ones(n), where=upkeep > 0.0)
    platforms["upkeep"] = np.floor(paid)
    # what a project needs may be saved up: else a small platform could never start one
    purse = np.maximum(0, platforms["deposits"]) * 0.5 - paid
    left = np.maximum(0.0, np.minimum(budget - paid + platforms["saved"], purse))
    depth = c["depth"]
    deepens(linked, link, depth, kept, p.depth_speed, p.depth_decay)

    spent = np.zeros(n)
    if left.sum() > 0.0:
        share = np.cumsum(left) / left.sum()
        last, suppliers = np.empty(len(firms), np.int32), (c["supplier_1"], c["supplier_2"])
        list_customers(linked, *suppliers, last)
        rows, who = np.empty(len(firms), np.int64), np.empty(len(firms), np.int64)
        chained = np.empty(len(firms), bool)
        found = hears(
            c["approach"], c["closing"], link, suppliers, last,
            key(economy.seed, "offers of integration"), firms.ids, c["generation"],
            np.uint64(economy.quarter), left, share, platforms.columns["gain_share"], rows, who, chained,
        )  # fmt: skip
        rows, who = rows[:found], who[:found]
        cost = (fixed + p.project_share * size[rows]) * left_to_people[who]
        price = cost * (1.0 - p.chain_discount * chained[:found])
        promised = platforms["belief"][who] * size[rows]
        credit = 0.25 * platforms["take"][who] * size[rows]
        value = p.horizon * (platforms["gain_share"][who] * promised + credit - p.depth_decay * cost)
        links = np.bincount(link[linked], minlength=n)
        # what promises less than it costs is looked at by those who have no link to learn from
        order = np.flatnonzero((value > price) | (links[who] == 0))
        order = order[np.argsort(-value[order] / price[order], kind="stable")]
        rows, who, price, value = rows[order], who[order], price[order], value[order]
        taken = np.empty(len(rows), np.bool_)
        take_projects(who, price, value, left, links, taken)
        rows, who = rows[taken], who[taken]
        spent = np.bincount(who, price[taken], n)
        old = link[rows] >= 0
        c["disruption"][rows[old]] += p.disruption * depth[rows[old]]
        link[rows] = who
        depth[rows] = 0.0
    platforms["project_spend"] = np.floor(platforms["upkeep"] + spent)
    platforms["saved"] = np.where(platforms["alive"], left - spent, 0.0)
    platforms["links"] = np.bincount(link[linked_rows(economy)], minlength=n)


def collect(economy) -> None:
    """Linked firms pay the platform's share of what it can show they gained; beliefs follow what was seen."""
    platforms, firms, p = economy.platforms, economy.firms, economy.p
    c, n = firms.columns, len(platforms)
    rows = linked_rows(economy)
    if not len(rows):
        c["gain"][...] = 0.0
        c["integration_fee"][...] = 0.0
        return
    gains(
        c["link"], c["depth"], c["sales"], c["misfit"], c["early"], c["rate"], c["alive"],
        economy.memory.sector_starts, (p.process_gain, p.misfit_waste, 1.0 - p.input_share),
        platforms.columns["gain_share"], c["gain"], c["integration_fee"],
    )  # fmt: skip
    link, gain, depth = c["link"][rows], c["gain"][rows], c["depth"][rows]
    fee = np.minimum(c["integration_fee"][rows], np.floor(0.5 * c["deposits"][rows]))
    c["integration_fee"][rows] = fee
    received = np.bincount(link, fee, n).astype(np.int64)
    economy.ledger.pay("integration fees", Some(rows, fee), received)
    platforms["revenue"] += received
    deep = depth > 0.1
    seen = np.bincount(link[deep], gain[deep], n)
    base = np.bincount(link[deep], (c["sales"][rows] * depth)[deep], n)
    found = np.divide(seen, base, out=platforms["belief"].copy(), where=base > 0.0)
    platforms["belief"] += 0.1 * (found - platforms["belief"])


def cut(economy, rows: np.ndarray) -> None:
    """Links end: depth is lost and the firm's work is disturbed for a while."""
    c = economy.firms.columns
    c["disruption"][rows] += economy.p.disruption * c["depth"][rows]
    c["depth"][rows] = 0.0
    c["link"][rows] = -1
