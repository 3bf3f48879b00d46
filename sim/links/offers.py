"""Who is offered which service line, by whom, at what price and for what share of the gain.

A firm hears from up to two platforms a quarter, one of them that of its partners; a supplier of a much larger
client, an anchor, hears of the anchor's platform. It takes the better offer if it expects to gain; two who
want the same firm bid down the share of its gain that they ask. A client can be won over by a rival, whom its
own platform may match. Further lines are offered to clients by their own platform. All offers of a quarter
compete for the same money: the best come first. With `by_lot` chance says which come first, and how deep each
new link gets at most, so that what depth does can be told from who is chosen for it.
"""

from types import SimpleNamespace

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.draws import claim, each_uniform, key, uniform
from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param
from sim.links.clients import effort_of, leave
from sim.links.lines import LINES, deepest
from sim.markets.attention import bidder

OFFERS, ANCHORS = claim("offers of integration", __name__), claim("offers along chains", __name__)
ORDER, LOT = claim("the order of offers by lot", __name__), claim("the highest depth of a link", __name__)


class Offers(Declared):
    """How links are offered and taken."""

    # fmt: off
    contacts = param(0.1, unit="share/quarter", low=0.03, high=0.3, source="assumed",
        doc="chance that a firm hears offers of integration in a quarter")
    anchor_pull = param(0.1, unit="share/quarter", low=0.0, high=0.5, source="assumed",
        doc="chance that a supplier of an anchor hears of the anchor's platform in a quarter")
    anchor_size = param(3.0, unit="ratio", low=1.0, high=20.0, source="assumed", held=True,
        doc="sales of a client over those of its supplier from which on it is an anchor")
    chain_discount = param(0.3, unit="share", low=0.0, high=0.6, source="assumed",
        doc="by how much a project is cheaper for a partner of a linked firm")
    trade_discount = param(0.3, unit="share", low=0.0, high=0.6, source="assumed",
        doc="by how much a project is cheaper for a platform all of whose clients are in the firm's sector, "
        "and in proportion where a part of them is")
    rivalry = param(0.5, unit="share", low=0.0, high=1.0, source="assumed",
        doc="how far two platforms that want a firm bid down the share of its gain, towards what it costs")
    poaching = param(0.8, unit="ratio", low=0.3, high=1.0, source="assumed", held=True,
        doc="share of gain, over that of its own platform, under which a linked firm listens to another")
    horizon = param(16.0, unit="quarters", low=8.0, high=32.0, source="assumed",
        doc="time over which an integration project must pay for itself")
    by_lot = param(0, unit="count", low=0, high=1, source="design",
        doc="whether chance says which offers come first and how deep a new link gets at most (1), or what "
        "they promise, and nothing (0)")
    # fmt: on


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
def mark_suppliers(linked, supplier, link, sales, ratio, at):
    """As `find_anchors`, for one of two suppliers."""
    for i in linked:
        j = supplier[i]
        if j >= 0 and sales[i] >= ratio * sales[j] and (at[j] < 0 or at[j] != link[j]):
            at[j] = link[i]


@kernel
def find_anchors(linked, firms, p):
    """With which platform a larger customer of each firm is linked, its own where there are several."""
    at, ratio = firms.anchor_at, p.invoice_anchor
    at[:] = -1
    mark_suppliers(linked, firms.supplier_1, firms.link, firms.sales, ratio, at)
    mark_suppliers(linked, firms.supplier_2, firms.link, firms.sales, ratio, at)


@compiled
def partner_of(i, firms, last):
    """Which platform a partner of firm i is linked with, on either side of a contract; -1 for none."""
    for j in (firms.supplier_1[i], firms.supplier_2[i], last[i]):
        if j >= 0 and firms.link[j] >= 0:
            return firms.link[j]
    return -1


@kernel
def count_trades(linked, firms, trades):
    """Clients by platform and sector, (platforms, sectors)."""
    for i in linked:
        trades[firms.link[i], firms.sector[i]] += 1.0


@compiled
def cheaper_for(i, q, partner, firms, purses, p):
    """By how much a project of platform q in firm i is cheaper: it knows a partner, or the trade (share)."""
    known = purses.trades[q, firms.sector[i]] / max(1.0, purses.clients[q])
    chain = p.chain_discount if q == partner else 0.0
    return 1.0 - (1.0 - chain) * (1.0 - p.trade_discount * known)


@compiled
def opened_by(line, q, begun, lines):
    """Bits of a line that is not begun, and of what it needs and lacks; 0 if one of these is not offered."""
    if lines.offers[q, line] == 0.0:
        return 0
    needed = lines.needs[line] & ~begun
    for other in range(lines.cost.shape[0]):
        if (needed >> other) & 1 and lines.offers[q, other] == 0.0:
            return 0
    return needed | (1 << line)


@compiled
def first_of(bits):
    """The place of the first bit that is set; bits is not 0."""
    place = 0
    while not (bits >> place) & 1:
        place += 1
    return place


@compiled
def best_line(i, q, terms, firms, lines, purses, p):
    """The line that promises platform q most for its price in firm i, of those that it lacks: (place, price,
    value, the share of gain that would just pay for it); place -1 for none.

    terms: bits of the lines that it has, share of the gain that is asked, by how much a project is cheaper.
    promised = share belief sales + loan believed in take sales              [fen/quarter]
    value = horizon (promised - upkeep)                                      [fen]
    A line that needs another is weighed together with it, and what it needs is begun first: its value is then
    its price times what both promise for the price of both. The firm takes no line whose promise does not pay
    for its own effort.
    """
    begun, share, cheaper = terms
    sales = firms.sales[i]
    entry = purses.fixed if begun == 0 else 0.0  # who is there need not come in again
    best, price, value, least, most = -1, 1.0, 0.0, 1.0, -1.0
    for line in range(lines.cost.shape[0]):
        if (begun >> line) & 1:
            continue
        if lines.of_anchors[line] and firms.anchor_at[i] != q:
            continue
        bits = opened_by(line, q, begun, lines)
        if bits == 0:
            continue
        part, belief, loan = 0.0, 0.0, 0.0
        for one in range(lines.cost.shape[0]):
            if (bits >> one) & 1:
                part += lines.cost[one]
                belief += (1.0 - lines.lends[one]) * lines.belief[q, one]
                loan += lines.lends[one] * lines.belief[q, one]
        whole = p.project_share * sales * purses.people[q]
        cost = max(1.0, entry * purses.people[q] + part * whole)
        gains, lent = belief * sales, loan * purses.take[q] * sales
        worth = p.horizon * (share * gains + lent - p.depth_decay * cost)
        asked = cost * (1.0 - cheaper)
        effort = effort_of(firms, i, part, p) * (1.0 - p.input_share) * sales
        accepts = (1.0 - share) * gains > effort or loan > 0.0
        if accepts and worth / asked > most:
            best, most = first_of(bits), worth / asked
            price = max(1.0, entry * purses.people[q] + lines.cost[best] * whole) * (1.0 - cheaper)
            value = price * most
            least = (asked / p.horizon + p.depth_decay * cost - lent) / max(1.0, gains)
    return best, price, value, min(1.0, max(0.0, least))


@compiled
def bid_down(share, least, others, p):
    """The share of gain for which a platform gets a firm that another wants too.

    least, others: the shares that just pay for its own project, and for that of the other.
    """
    return share - p.rivalry * max(0.0, share - max(least, others))


@compiled
def who_asks(i, firms, p, purses, last, draws):
    """Two platforms, or twice the same, that approach firm i, and that of its partners; -1 for none."""
    if firms.offer_luck[i] >= 0.0:
        v = uniform(draws.luck, firms.ids[i], firms.generation[i], draws.quarter)
        a, b = bidder(purses.upto, firms.offer_luck[i]), bidder(purses.upto, v)
        partner = partner_of(i, firms, last)
        return a, partner if partner >= 0 and purses.left[max(0, partner)] > 0.0 else b, partner
    client = last[i]
    if client >= 0 and firms.sales[client] > p.anchor_size * firms.sales[i]:
        anchor = firms.link[client]
        v = uniform(draws.anchors, firms.ids[i], firms.generation[i], draws.quarter)
        if v < p.anchor_pull and purses.left[anchor] > 0.0:
            return anchor, anchor, anchor
    return -1, -1, -1


@compiled
def offer_of(i, best, rival, partner, firms, lines, purses, p):
    """What `best` offers firm i, which `rival` may want too: place, price, value, share; see `best_line`."""
    share = purses.gain_share[best]
    terms = (0, share, cheaper_for(i, best, partner, firms, purses, p))
    line, price, value, least = best_line(i, best, terms, firms, lines, purses, p)
    if rival != best and rival != firms.link[i] and line >= 0:
        others = (0, purses.gain_share[rival], cheaper_for(i, rival, partner, firms, purses, p))
        found, _, _, most = best_line(i, rival, others, firms, lines, purses, p)
        if found >= 0:
            share = bid_down(share, least, most, p)
            line, price, value, _ = best_line(i, best, (0, share, terms[2]), firms, lines, purses, p)
    return line, price, value, share


@kernel
def hears(firms, p, purses, lines, last, draws, offers):
    """Firms that hear an offer they may take: whose, of which line, its price and what it promises (fen).

    purses, by platform: `left` (fen), `upto` (running share of it), `links`, `people`, `take`, `gain_share`,
    `clients` and of these by sector `trades`; and `fixed` (fen). lines: see `market.lines_of`. last: see
    `list_customers`. draws: `luck`, `anchors`, keys of draws, and `quarter`. Writes offers: `rows` of firms,
    `platform`, `line`, `price`, `value`, `share` of the gain, `entry`, what of the price is for coming into
    the firm, and of clients whose own platform matches a rival the share that they agree on.
    Returns how many there are; left out are those that promise less than they cost, but for a platform
    without a link to learn from.
    """
    found = 0
    for i in range(firms.offer_luck.shape[0]):
        if firms.closing[i] or not firms.alive[i]:
            continue
        at = firms.link[i]
        a, b, partner = who_asks(i, firms, p, purses, last, draws)
        best = b if a >= 0 and purses.gain_share[b] < purses.gain_share[a] else a
        line, price, value, share, entry = -1, 1.0, 0.0, 0.0, 0.0
        if best >= 0 and best != at:
            entry = purses.fixed * purses.people[best]
            entry *= 1.0 - cheaper_for(i, best, partner, firms, purses, p)
            rival = a if best == b else b
            line, price, value, share = offer_of(i, best, rival, partner, firms, lines, purses, p)
            if line >= 0 and at >= 0 and value > price:
                # its own platform matches as far as it is moved to; a link beyond that is won over
                agreed = firms.agreed_share[i]
                firms.agreed_share[i] = bid_down(agreed, 0.0, share, p)
                line = line if share < p.poaching * firms.agreed_share[i] else -1
        if line < 0 and at >= 0 and firms.project_line[i] < 0 and purses.left[max(0, at)] > 0.0:
            best, share, entry = at, firms.agreed_share[i], 0.0
            terms = (firms.lines_begun[i], share, cheaper_for(i, at, -1, firms, purses, p))
            line, price, value, _ = best_line(i, at, terms, firms, lines, purses, p)
        if line >= 0 and (value > price or purses.links[best] == 0.0):
            offers.rows[found], offers.platform[found], offers.line[found] = i, best, line
            offers.price[found], offers.value[found], offers.share[found] = price, value, share
            offers.entry[found] = entry
            found += 1
    return found


@kernel
def take_projects(order, offers, purses, firms, p, taken):
    """Each platform takes what promises more than its price, in this order, as far as its money goes.

    A project begins when what is left of this quarter's money and the budgets counted on pay all of it.
    One without any link takes its first project even so: what a link is worth is learned from links. A link
    that gets less deep (`offers.deepest`, by place) costs less; whether there is money for it is asked of the
    whole, so that it does not depend on the lot. Writes which firms are new with their platform,
    `taken.rows`, and the platform that they leave, `taken.left` or -1; returns how many.
    """
    found = 0
    for n in order:
        i, q = offers.rows[n], offers.platform[n]
        pays = offers.value[n] > offers.price[n] or purses.links[q] == 0.0
        left = purses.left[q] - purses.spent[q]
        finished = offers.price[n] <= left + purses.coming[q]
        if finished and p.project_down * offers.price[n] <= left and pays:
            if firms.link[i] != q:
                firms.deepest[i] = offers.deepest[n]
            price = offers.price[n] - (1.0 - firms.deepest[i]) * max(0.0, offers.price[n] - offers.entry[n])
            first = p.project_down * price
            purses.spent[q] += first
            purses.coming[q] -= price - first
            purses.lines[q] += 1.0
            purses.begun[q] += price
            firms.project_cost[i], firms.project_due[i] = price, price - first
            firms.project_line[i] = offers.line[n]
            if firms.link[i] != q:
                purses.links[q] += 1.0
                purses.won[q] += 1.0
                taken.rows[found], taken.left[found] = i, firms.link[i]
                firms.link[i] = q
                firms.lines_begun[i] = 0
                firms.agreed_share[i] = offers.share[n]
                found += 1
            firms.lines_begun[i] |= 1 << offers.line[n]
    return found


def sell_projects(economy, linked: np.ndarray, lines: SimpleNamespace, purses: SimpleNamespace) -> None:
    """Platforms approach firms, and firms take what they are offered; see `hears` and `take_projects`."""
    platforms, firms, p, n = economy.platforms.columns, economy.firms, economy.p, len(economy.firms)
    purses.upto = np.cumsum(purses.left) / purses.left.sum()
    purses.fixed = p.project_fixed * economy.market.wage_index
    purses.take, purses.gain_share = platforms["take"], platforms["gain_share"]
    purses.links = platforms["links"].copy()
    purses.trades = np.zeros((len(platforms["links"]), len(economy.market.members)))
    count_trades(linked, firms, purses.trades)
    purses.clients = purses.trades.sum(axis=1)
    purses.begun = platforms["project_begun"]
    purses.won, purses.lines = platforms["new_links"], platforms["new_lines"]
    draws = SimpleNamespace(
        luck=key(economy.draws_from, OFFERS), anchors=key(economy.draws_from, ANCHORS),
        quarter=np.uint64(economy.quarter),
    )  # fmt: skip
    offers = SimpleNamespace(
        rows=np.empty(n, np.int64), platform=np.empty(n, np.int64),
        line=np.empty(n, np.int64), price=np.empty(n), value=np.empty(n), share=np.empty(n),
        entry=np.empty(n), deepest=np.ones(n),
    )  # fmt: skip
    last = np.empty(n, np.int32)
    list_customers(linked, firms, last)
    find_anchors(linked, firms, p)
    found = hears(firms, p, purses, lines, last, draws, offers)
    if p.by_lot:
        order = draw_lots(economy, offers.rows[:found], offers.deepest[:found])
    else:
        order = np.argsort(-offers.value[:found] / offers.price[:found], kind="stable")
    taken = SimpleNamespace(rows=np.empty(found, np.int64), left=np.empty(found, np.int64))
    new = take_projects(order, offers, purses, firms, p, taken)
    rows, moved = taken.rows[:new], taken.left[:new] >= 0
    won_over = rows[moved]
    if len(won_over):
        leave(economy, won_over, taken.left[:new][moved])
    firms.columns["disruption"][won_over] += p.disruption * locked(economy, won_over)
    firms.columns["depth"][rows] = 0.0
    firms.columns["hidden"][rows] = 0.0
    for line in LINES:
        line.depth(economy)[rows] = 0.0


def draw_lots(economy, rows: np.ndarray, deepest: np.ndarray) -> np.ndarray:
    """In which order the offers to these firms are taken (places), by lot; writes the highest depth that each
    gets if it becomes a link, uniform in (0, 1)."""
    ids, generation = economy.firms.ids, economy.firms["generation"]
    luck = np.empty(len(rows))
    each_uniform(key(economy.draws_from, ORDER), rows, ids, generation, economy.quarter, luck)
    each_uniform(key(economy.draws_from, LOT), rows, ids, generation, economy.quarter, deepest)
    return np.argsort(luck, kind="stable")


def locked(economy, rows: np.ndarray) -> np.ndarray:
    """How much the work of these firms rests on their lines (share): of the deepest, by depth and lock."""
    return deepest(economy, rows, lambda line: line.lock)
