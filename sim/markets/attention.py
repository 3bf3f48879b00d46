"""The market for attention: platforms bid, what is free goes by contest, and the price of a user emerges.

Each consumer row has three places for platforms, each firm one (its portal). A place falls free when its
platform dies or its user leaves; a free place is won with a chance that rises with all that is bid against
everything else that asks for attention, and goes to a platform by its share of the bids. So does a place that
is lured away, but straight from one platform to another. Who needs a platform most is won first; who cannot
be had online is not won at all. So a pool fills: of those within reach fewer and fewer are free, and these
are the least keen. A giant's bid counts more for those inside its own ecosystem.
"""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from sim.engine.arithmetic import exp
from sim.engine.compiling import compiled
from sim.engine.draws import claim, key, three_uniforms, uniform
from sim.engine.kernels import kernel
from sim.engine.ledger import Some, split_by
from sim.engine.parameters import Declared, param


class Attention(Declared):
    """How finite attention is, and whose it is."""

    # fmt: off
    churn = param(0.05, unit="share/quarter", low=0.02, high=0.15, source="assumed",
        doc="chance that a user leaves a platform in a quarter, when no platform bids")
    lure = param(0.1, unit="share/quarter", low=0.0, high=0.3, source="assumed",
        doc="chance that a user is lured to another platform in a quarter, when they bid away all attention")
    turnover = param(0.3, unit="share/quarter", low=0.1, high=0.6, source="assumed",
        doc="highest chance that a free place of somebody of mean need is taken in a quarter")
    outside_attention = param(12_500.0, unit="fen/row/quarter", low=4_000.0, high=40_000.0,
        source="CAC_CREDIT_START",
        doc="what others than platforms bid for the attention of a consumer row, at first wages")
    outside_attention_firms = param(40_000.0, unit="fen/firm/quarter", low=10_000.0, high=150_000.0,
        source="assumed", doc="what others than platforms bid for the attention of a firm, at first wages")
    fed_by_ecosystem = param(0.3, unit="ratio", low=0.2, high=1.0, source="CAC_FED_BY_ECOSYSTEM",
        doc="cost of attention for a giant inside its own ecosystem, relative to outside")
    ecosystem_share = param(0.2, unit="share", low=0.05, high=0.33, source="assumed", when="start",
        doc="part of consumers and firms that lives inside each giant's ecosystem")
    rebate_share = param(0.4, unit="share of bids", low=0.1, high=0.7, source="assumed",
        doc="part of what platforms bid for consumers that goes to the users won, by those without staff")
    reach_start = param(0.79, unit="share", low=0.0, high=1.0, source="REACH",
        doc="part of people and firms that can be had online when the first quarter begins")
    reach_limit = param(0.79, unit="share", low=0.05, high=1.0, source="REACH",
        doc="part of people and firms that can be had online in the end")
    reach_speed = param(0.05, unit="log points/quarter", low=0.01, high=0.2, source="REACH",
        doc="growth of the odds to be online already, among those who will be in the end")
    openness_spread = param(0.8, unit="log points", low=0.0, high=1.5, source="assumed", when="entry",
        doc="standard deviation between firms of the log openness to platforms that would be their portal")
    # fmt: on


LUCK_OF_CONSUMERS = claim("attention of consumers", __name__)
LUCK_OF_FIRMS = claim("attention of firms", __name__)
PLACES = 3  # of a consumer
FIRST, SECOND, THIRD, ALL = 1, 2, 4, 7  # places as bits
KEPT, TAKEN, LURED = 0, 1, 2  # what became of a place: as it was, or left; won when free; won from another


class Odds(NamedTuple):
    """How a contest stands, by ecosystem (last: none)."""

    winning: np.ndarray  # chance that a free place of somebody of mean need is won
    luring: np.ndarray  # chance that a place is won from the platform that has it
    cumulated: np.ndarray  # shares of the bids, by platform
    churn: float  # chance that a place is left


def reach_of(economy) -> float:
    """The share of people and firms that can be had online now: a logistic curve of time.

    reach = L R / (R + (L - R) exp(-speed t)), R at the start, L in the end: constant where they are alike.
    """
    p = economy.p
    missing = (p.reach_limit - p.reach_start) * exp(-p.reach_speed * max(0, economy.now))
    return p.reach_limit * p.reach_start / (p.reach_start + missing) if p.reach_start > 0.0 else 0.0


@compiled
def bidder(cumulated, aim):
    """The platform in whose part of the bids, given as running sums, a number from 0 to 1 falls."""
    low, high = 0, cumulated.shape[0] - 1
    while low < high:
        middle = (low + high) // 2
        if aim < cumulated[middle]:
            high = middle
        else:
            low = middle + 1
    return low


@compiled
def is_moved(at, u, chance, churn, lured):
    """Whether a number u in (0, 1) moves a place: platform `at` has it (-1: nobody), and may lose it by churn
    or to one that lures; a free one is won with a chance."""
    return u < churn + lured if at >= 0 else u < chance


@compiled
def contested(places, u, chances, group, cumulated, alive):
    """One place that is moved, see `is_moved`.

    places: who has it (-1: nobody), and the row's other two; chances: that it is won if free, left, lured.
    Returns who has it after, and how it was won; nobody is twice with one platform, or with a dead one.
    """
    (at, other, another), (chance, churn, lured) = places, chances
    how = TAKEN
    if at >= 0:
        how = LURED if u >= churn else TAKEN
        u = (u - churn) / lured if u >= churn else u / churn
    stays = at if how == LURED else -1
    if chance <= 0.0 or (how == TAKEN and at >= 0 and u >= chance):
        return stays, KEPT
    goes = bidder(cumulated[group], u if how == LURED else u / chance)
    if not alive[goes] or goes in (stays, other, another):
        return stays, KEPT
    return goes, how


@kernel
def contest_apps(consumers, draws, odds, platforms, p, reach, found):
    """The places of each consumer row are kept, left or won, one after another.

    draws: `luck`, a key, and `turn`. found: `users`, counts by platform, of zeros; `rows` and `won_by`, of
    each win. Returns how many wins there are, and how many there would be on average, were all attention bid
    for.
    """
    outside, wins, pool = odds.winning.shape[0] - 1, 0, 0.0
    for i in range(consumers.first_app.shape[0]):
        first, second, third = consumers.first_app[i], consumers.second_app[i], consumers.third_app[i]
        keen = consumers.need[i] if consumers.online_rank[i] < reach else 0.0
        if keen <= 0.0 and max(first, second, third) < 0:
            continue  # he has nothing to lose, and nobody wins him
        group = consumers.ecosystem[i] if consumers.ecosystem[i] >= 0 else outside
        chance, lured = min(1.0, keen * odds.winning[group]), odds.luring[group]
        u, v, w = three_uniforms(draws.luck, consumers.ids[i], consumers.generation[i], draws.turn)
        free = min(1.0, keen * p.turnover)
        taken = p.lure + p.churn * free if keen > 0.0 else 0.0
        for place in range(PLACES):
            pool += free if first < 0 else taken
            dead = first >= 0 and not platforms.alive[first]
            first = -1 if dead else first
            if is_moved(first, u, chance, odds.churn, lured):
                first, how = contested(
                    (first, second, third), u, (chance, odds.churn, lured), group, odds.cumulated,
                    platforms.alive,
                )  # fmt: skip
                if how != KEPT:
                    bit = 1 << place
                    if how == LURED:
                        platforms.users_lured[first] += 1.0
                    elif consumers.places_had[i] & bit:
                        platforms.users_returned[first] += 1.0
                    else:
                        platforms.users_reached[first] += 1.0
                    consumers.places_had[i] |= bit
                    consumers.borrowed_at[i] &= ALL - bit
                    found.rows[wins] = i
                    found.won_by[wins] = first
                    wins += 1
            if first >= 0:
                found.users[first] += 1.0
            first, second, third = second, third, first  # after three turns they are in order again
            u, v, w = v, w, u
        consumers.first_app[i], consumers.second_app[i], consumers.third_app[i] = first, second, third
    return wins, pool


@kernel
def contest_portals(firms, k, turn, odds, platforms, reach, users):
    """The portal of each firm that lives is kept, left or won; users: counts by platform, of zeros."""
    outside = odds.winning.shape[0] - 1
    for i in range(firms.portal.shape[0]):
        keen = firms.openness[i] if firms.alive[i] and firms.online_rank[i] < reach else 0.0
        group = firms.ecosystem[i] if firms.ecosystem[i] >= 0 else outside
        chance, lured = min(1.0, keen * odds.winning[group]), odds.luring[group]
        u = uniform(k, firms.ids[i], firms.generation[i], turn)
        at = firms.portal[i]
        at = -1 if at >= 0 and not platforms.alive[at] else at
        if is_moved(at, u, chance, odds.churn, lured):
            chances = chance, odds.churn, lured
            at, how = contested((at, -1, -1), u, chances, group, odds.cumulated, platforms.alive)
            if how != KEPT:
                platforms.new_firm_users[at] += 1.0
        if at >= 0:
            users[at] += 1.0
        firms.portal[i] = at


@compiled
def count(place, out):
    """How many places each platform has, added to `out`."""
    for i in range(place.shape[0]):
        if place[i] >= 0:
            out[place[i]] += 1.0


@compiled
def add_some(column, rows, amounts):
    """Add amounts to some rows of a column; a row may stand there more than once."""
    for n in range(rows.shape[0]):
        column[rows[n]] += amounts[n]


def odds_of(economy, spend: np.ndarray, outside: float) -> Odds:
    """The odds when platforms bid `spend`, and others than they `outside` (fen)."""
    p, platforms = economy.p, economy.platforms
    giants = np.flatnonzero(platforms["giant"])
    groups = len(giants) + 1
    bids = np.tile(spend * platforms["alive"], (groups, 1))
    for group, giant in enumerate(giants):
        bids[group, giant] /= p.fed_by_ecosystem
    total = bids.sum(axis=1)
    cumulated = np.cumsum(bids, axis=1) / np.maximum(1e-300, total)[:, None]
    intensity = total / (total + outside)
    return Odds(winning=p.turnover * intensity, luring=p.lure * intensity, cumulated=cumulated, churn=p.churn)


def clear(economy) -> None:
    """Bids are placed, places change hands; what is bid goes to users as rebates and to the media."""
    platforms, reach = economy.platforms, reach_of(economy)
    rebate = np.zeros(len(platforms))
    if platforms["consumer_spend"].sum() > 0.0 or platforms["users"].sum() > 0.0:
        rebate = win_consumers(economy, reach)
    if platforms["firm_spend"].sum() > 0.0 or platforms["firm_users"].sum() > 0.0:
        win_firms(economy, reach)
    bids = platforms["consumer_spend"] + platforms["firm_spend"]
    platforms["rebate"] = rebate
    platforms["advertising"] = np.floor((1.0 - platforms["by_staff"]) * bids) - rebate


def bids_of_others(economy) -> float:
    """What others than platforms bid for the attention of consumers (fen)."""
    return economy.p.outside_attention * len(economy.consumers) * economy.market.wage_index


def win_consumers(economy, reach: float) -> np.ndarray:
    """The places of consumers change hands. Returns the rebates paid, by platform (fen)."""
    platforms, consumers, p, n = economy.platforms, economy.consumers, economy.p, len(economy.consumers)
    odds = odds_of(economy, platforms["consumer_spend"], bids_of_others(economy))
    draws = SimpleNamespace(luck=key(economy.draws_from, LUCK_OF_CONSUMERS), turn=np.uint64(economy.quarter))
    found = SimpleNamespace(
        users=np.zeros(len(platforms)), rows=np.empty(PLACES * n, np.int64),
        won_by=np.empty(PLACES * n, np.int32),
    )  # fmt: skip
    wins, pool = contest_apps(consumers, draws, odds, platforms, p, reach, found)
    platforms["users"] = found.users
    won = platforms["users_reached"] + platforms["users_returned"] + platforms["users_lured"]
    platforms["new_users"] = won
    platforms["registered"] += won
    economy.tallies.attention_left = pool
    spend = (1.0 - platforms["by_staff"]) * platforms["consumer_spend"]
    rebate = np.floor(p.rebate_share * spend * (won > 0.0))
    pay_rebates(economy, rebate, found.rows[:wins], found.won_by[:wins])
    return rebate


def win_firms(economy, reach: float) -> None:
    """The portals of firms change hands."""
    platforms, firms, p = economy.platforms, economy.firms, economy.p
    outside = p.outside_attention_firms * len(firms) * economy.market.wage_index
    odds, users = odds_of(economy, platforms["firm_spend"], outside), np.zeros(len(platforms))
    luck, turn = key(economy.draws_from, LUCK_OF_FIRMS), np.uint64(economy.quarter)
    contest_portals(firms, luck, turn, odds, platforms, reach, users)
    platforms["firm_users"] = users


def pay_rebates(economy, rebate: np.ndarray, rows: np.ndarray, won_by: np.ndarray) -> None:
    """The rebate of a platform is shared evenly by those it has just won: the rows, each for every win."""
    if len(rows) and rebate.sum() > 0.0:
        part = split_by(rebate.astype(np.int64), np.ones(len(rows)), won_by)
        economy.ledger.pay("rebates", rebate, Some(rows, part))
        add_some(economy.consumers.columns["transfers"], rows, part)
