"""Links: platforms become part of firms, line by line, at a price, for a share of what the firm gains.

A project builds one service line in one firm. It needs engineers, whose cost rises with the number at work at
once. The depth of a line builds over quarters as its project is paid, and decays when it is not kept up. Who
is offered what is in `sim.links.offers`, the bill in `sim.links.billing`, how clients leave and what they
hide in `sim.links.clients`.
"""

from types import SimpleNamespace

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.kernels import kernel
from sim.engine.ledger import rows_with
from sim.engine.parameters import Declared, param
from sim.links.clients import bears
from sim.links.lines import EFFECTS, LINES, columns_of_a_link, costs, deepest
from sim.links.offers import locked, sell_projects
from sim.markets.attention import count


class Integration(Declared):
    """What integration costs and how it grows."""

    # fmt: off
    project_fixed = param(300_000.0, unit="fen/firm", low=100_000.0, high=1_000_000.0, source="assumed",
        scale="log", doc="cost of coming into a firm with its first project, at first wages")
    project_share = param(0.07, unit="quarters of sales", low=0.03, high=0.2, source="assumed", scale="log",
        doc="cost of a project for the whole firm")
    project_down = param(0.1, unit="share of cost", low=0.05, high=1.0, source="assumed",
        doc="part of a project's cost that must be there when it starts; the rest is paid by instalments")
    engineer_scarcity = param(50.0, unit="per share of GDP", low=0.0, high=200.0, source="assumed",
        doc="by how much engineers get dearer, over the share of GDP spent on projects")
    projects_ahead = param(2.0, unit="quarters of budget", low=0.0, high=12.0, source="assumed",
        doc="budgets to come that a platform counts on when it begins projects; at the highest the first "
        "instalment alone limits them")
    depth_speed = param(0.15, unit="share/quarter", low=0.05, high=0.3, source="assumed",
        doc="share of the depth that is lacking which a link that is kept up gains in a quarter")
    depth_decay = param(0.03, unit="share/quarter", low=0.01, high=0.1, source="assumed",
        doc="depth that a link not kept up loses in a quarter; keeping it up costs as much of a project")
    upkeep_limit = param(0.2, unit="share of deposits", low=0.02, high=1.0, source="assumed", held=True,
        doc="highest share of its deposits from which a platform keeps up links beyond its project budget")
    project_limit = param(0.5, unit="share of deposits", low=0.1, high=1.0, source="assumed", held=True,
        doc="highest share of its deposits that a platform spends on upkeep and projects in a quarter")
    disruption = param(0.05, unit="share of output", low=0.0, high=0.2, source="assumed",
        doc="output that a firm loses when a link of full depth is cut")
    disruption_kept = param(0.5, unit="share/quarter", low=0.0, high=0.95, source="assumed", held=True,
        doc="part of the output lost to a cut link that is still lost a quarter later")
    disruption_most = param(0.5, unit="share of output", low=0.1, high=1.0, source="assumed", held=True,
        doc="highest loss of output to links that were cut")
    # fmt: on


def linked_rows(economy) -> np.ndarray:
    """Rows of the firms that have a link (int64, ascending)."""
    return rows_with(economy.firms.columns["link"], -1)


def lines_of(economy) -> SimpleNamespace:
    """What there is to know of service lines: by line its `cost` (of a project for the whole firm), bits of
    the lines that it `needs`, whether it is for credit, `lends`, and only for suppliers of anchors,
    `of_anchors`; by platform and line whether it `offers` it,
    and its `belief` in it."""
    platforms, names = economy.platforms.columns, [line.name for line in LINES]
    return SimpleNamespace(
        cost=costs(),
        needs=np.array([sum(1 << names.index(one) for one in line.needs) for line in LINES]),
        lends=np.array([line.lends for line in LINES], float),
        of_anchors=np.array([line.of_anchors for line in LINES]),
        offers=np.stack([platforms[line.offer_name] for line in LINES], axis=1),
        belief=np.stack([platforms[line.belief_name] for line in LINES], axis=1),
    )


def left_to_people(economy) -> np.ndarray:
    """What a project costs each platform, beside one with neither scarce engineers nor machines that do their
    work (ratio)."""
    platforms, p = economy.platforms.columns, economy.p
    return (1.0 - p.automation * platforms["technique"]) * economy.market.engineer_cost


@compiled
def built(firms, i, line):
    """How deep a line has been built in a linked firm: the share of its project that has been paid, of how
    deep it gets at most."""
    if not (firms.lines_begun[i] >> line) & 1:
        return 0.0
    if firms.project_line[i] != line or firms.project_cost[i] <= 0.0:
        return firms.deepest[i]
    return firms.deepest[i] * (1.0 - firms.project_due[i] / firms.project_cost[i])


@kernel
def end_projects(linked, firms, lines):
    """What its platform offers no more is not built any further, and is forgotten where nothing was built."""
    for i in linked:
        line = firms.project_line[i]
        if line >= 0 and (firms.project_due[i] < 1.0 or lines.offers[firms.link[i], line] == 0.0):
            if firms.project_due[i] >= 1.0:
                firms.lines_begun[i] &= ~(1 << line)
            firms.project_line[i] = -1
            firms.project_cost[i] = firms.project_due[i] = 0.0


@kernel
def upkeeps(linked, firms, market, p, lines, people, upkeep, due):
    """What it costs each platform to keep up what it has built, and what is still to be paid of its projects
    (fen)."""
    for i in linked:
        q = firms.link[i]
        here = p.project_fixed * market.wage_index
        for line in range(lines.cost.shape[0]):
            part = lines.offers[q, line] * lines.cost[line] * built(firms, i, line)
            here += part * p.project_share * firms.sales[i]
        upkeep[q] += p.depth_decay * here * people[q]
        due[q] += firms.project_due[i]


@kernel
def pay_instalments(linked, firms, part):
    """Of what is still to be paid of each project its platform pays this part now."""
    for i in linked:
        firms.project_due[i] *= 1.0 - part[firms.link[i]]


@kernel
def deepens(linked, firms, kept, line, depth, p):
    """The depth of a line grows to what is built as far as it is kept up, and decays as far as it is not."""
    for n in range(linked.shape[0]):
        i = linked[n]
        held = kept[firms.link[i]]
        lacks = max(0.0, built(firms, i, line) - depth[i])
        new = depth[i] * (1.0 - p.depth_decay * (1.0 - held)) + p.depth_speed * held * lacks
        depth[i] = min(1.0, new)


def build(economy) -> None:
    """Upkeep first, then what has begun, then new projects, first those that promise most for their cost."""
    platforms, firms, p, market = economy.platforms.columns, economy.firms, economy.p, economy.market
    firms["disruption"] *= p.disruption_kept
    platforms["upkeep"][...] = 0.0
    budget, linked = platforms["project_spend"].copy(), linked_rows(economy)
    spending = float(budget.sum())
    if not (spending > 0.0 or len(linked)):
        return
    market.engineer_cost = 1.0 + p.engineer_scarcity * spending / max(1.0, market.gdp)
    people, lines = left_to_people(economy), lines_of(economy)
    upkeep, due = np.zeros((2, len(budget)))
    end_projects(linked, firms, lines)
    upkeeps(linked, firms, market, p, lines, people, upkeep, due)
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
    # what has begun and is not paid is paid out of budgets to come, and only so many are counted on
    coming = p.projects_ahead * budget - (due - instalments)
    for place, line in enumerate(LINES):
        deepens(linked, firms, kept * lines.offers[:, place], place, line.depth(economy), p)
    # what was saved under another business model buys nothing where there is nothing to offer
    left *= lines.offers.any(axis=1)
    measure_depth(economy, linked)
    spent = np.zeros(len(budget))
    if left.sum() > 0.0:
        purses = SimpleNamespace(left=left, coming=coming, people=people, spent=spent)
        sell_projects(economy, linked, lines, purses)
        linked = linked_rows(economy)
    serve(economy, linked)
    platforms["project_spend"][...] = np.floor(platforms["upkeep"] + instalments + spent)
    platforms["saved"][...] = np.where(platforms["alive"], left - spent, 0.0)
    platforms["links"][...] = 0.0
    platforms["lines"][...] = 0.0
    count(firms["link"], platforms["links"])
    count_lines(linked, firms, lines.cost, platforms["lines"])


@kernel
def count_lines(linked, firms, cost, lines):
    """How many service lines each platform has begun to build, added to `lines`; cost: of each line."""
    for i in linked:
        for line in range(cost.shape[0]):
            lines[firms.link[i]] += float((firms.lines_begun[i] >> line) & 1)


def measure_depth(economy, linked: np.ndarray) -> None:
    """A link is as deep as its deepest line."""
    economy.firms.columns["depth"][linked] = deepest(economy, linked, lambda line: 1.0)


def serve(economy, linked: np.ndarray) -> None:
    """What lines do for the firms that are linked, and what they ask of them."""
    firms = economy.firms.columns
    for name in EFFECTS:
        firms[name][linked] = 0.0
    for line in LINES:
        line.works(linked, economy.firms, line.depth(economy), economy.p)
    bears(linked, economy.firms, costs(), economy.p)


def cut_links(economy, rows: np.ndarray) -> None:
    """Links end: depth is lost, and the firm's work is disturbed for a while, by what is lost."""
    firms = economy.firms.columns
    firms["disruption"][rows] += economy.p.disruption * locked(economy, rows)
    firms["link"][rows] = -1
    forget_links(economy, rows)


def forget_links(economy, rows: np.ndarray) -> None:
    """Nothing of a link is left in these firms."""
    for name in columns_of_a_link():
        economy.firms.columns[name][rows] = 0
    economy.firms.columns["project_line"][rows] = -1
