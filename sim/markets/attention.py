"""The market for attention: platforms bid, what is free goes by contest, and the price of a user emerges.

Each consumer row has two places for platforms, each firm one (its portal). A place falls free when its
platform dies, by churn, or lured away; a free place is won with a chance that rises with all that is bid
against everything else that asks for attention, and goes to a platform by its share of the bids. A giant's
bid counts more for those inside its own ecosystem.
"""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.draws import claim, key, uniforms
from sim.engine.kernels import kernel
from sim.engine.ledger import split_by
from sim.engine.parameters import Declared, param


class Attention(Declared):
    """How finite attention is, and whose it is."""

    # fmt: off
    churn = param(0.05, unit="share/quarter", low=0.02, high=0.15, source="assumed",
        doc="chance that a user leaves a platform in a quarter, when no platform bids")
    lure = param(0.1, unit="share/quarter", low=0.0, high=0.3, source="assumed",
        doc="chance that a user is lured away in a quarter, when platforms bid away all attention")
    turnover = param(0.3, unit="share/quarter", low=0.1, high=0.6, source="assumed",
        doc="highest chance that a user who is free is won in a quarter")
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
    # fmt: on


LUCK_OF_CONSUMERS = claim("attention of consumers", __name__)
LUCK_OF_FIRMS = claim("attention of firms", __name__)
TURNS = 4  # draws of one row for one purpose in a quarter, at most: one for each place it has


class Odds(NamedTuple):
    """How a contest stands, by ecosystem (last: none)."""

    winning: np.ndarray  # chance that a free place is won
    cumulated: np.ndarray  # shares of the bids, by platform
    leaving: float  # chance that a place is left


@kernel
def contest(places, k, turn, odds, platforms, won):
    """One place of each row: falls free or stays; if free, won by one of the platforms or by nobody.

    places: at and other (who has it, and the row's other place), ecosystem, ids and generation of the rows;
    won_by: who has just won it, or -1. won: counts by platform.
    """
    last, outside = platforms.alive.shape[0] - 1, odds.winning.shape[0] - 1
    for i in range(places.at.shape[0]):
        places.won_by[i] = -1
        u, v = uniforms(k, places.ids[i], places.generation[i], turn)
        at = places.at[i]
        if at >= 0 and (not platforms.alive[at] or u < odds.leaving):
            places.at[i] = -1
            at = -1
        if at < 0:
            group = places.ecosystem[i] if places.ecosystem[i] >= 0 else outside
            chance = odds.winning[group]
            if v < chance:
                aim = v / chance
                q = 0
                while q < last and aim >= odds.cumulated[group, q]:
                    q += 1
                if platforms.alive[q] and places.other[i] != q:
                    places.at[i] = q
                    won[q] += 1.0
                    places.won_by[i] = q


@compiled
def count(place, out):
    """How many places each platform has, added to `out`."""
    for i in range(place.shape[0]):
        if place[i] >= 0:
            out[place[i]] += 1.0


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
    leaving = p.churn + p.lure * float(intensity[-1])
    return Odds(winning=p.turnover * intensity, cumulated=cumulated, leaving=leaving)


def places_of(table, at: np.ndarray, other: np.ndarray) -> SimpleNamespace:
    """One place of each row of a table, as `contest` takes it."""
    return SimpleNamespace(
        at=at,
        other=other,
        ecosystem=table["ecosystem"],
        ids=table.ids,
        generation=table["generation"],
        won_by=np.empty(len(table), np.int32),
    )


def clear(economy) -> None:
    """Bids are placed, places change hands; what is bid goes to users as rebates and to the media."""
    platforms = economy.platforms
    rebate = np.zeros(len(platforms))
    if platforms["consumer_spend"].sum() > 0.0 or platforms["users"].sum() > 0.0:
        rebate = win_consumers(economy)
    if platforms["firm_spend"].sum() > 0.0 or platforms["firm_users"].sum() > 0.0:
        win_firms(economy)
    bids = platforms["consumer_spend"] + platforms["firm_spend"]
    platforms["rebate"] = rebate
    platforms["advertising"] = np.floor((1.0 - platforms["by_staff"]) * bids) - rebate


def win_consumers(economy) -> np.ndarray:
    """Both places of each consumer row change hands. Returns the rebates paid, by platform (fen)."""
    platforms, consumers, p = economy.platforms, economy.consumers, economy.p
    spend, first, second = platforms["consumer_spend"], consumers["first_app"], consumers["second_app"]
    odds = odds_of(economy, spend, p.outside_attention * len(consumers) * economy.market.wage_index)
    luck, winners = key(economy.draws_from, LUCK_OF_CONSUMERS), []
    for number, (at, other) in enumerate(((first, second), (second, first))):
        places, won = places_of(consumers, at, other), np.zeros(len(platforms))
        contest(places, luck, np.uint64(TURNS * economy.quarter + number), odds, platforms, won)
        platforms["new_users"] += won
        winners.append(places.won_by)
    rebate = np.floor(p.rebate_share * (1.0 - platforms["by_staff"]) * spend * (platforms["new_users"] > 0.0))
    users = np.zeros(len(platforms))
    for at in (first, second):
        count(at, users)
    platforms["users"] = users
    pay_rebates(economy, rebate, winners)
    return rebate


def win_firms(economy) -> None:
    """The portals of firms change hands."""
    platforms, firms, p = economy.platforms, economy.firms, economy.p
    outside = p.outside_attention_firms * len(firms) * economy.market.wage_index
    odds, nobody = odds_of(economy, platforms["firm_spend"], outside), np.full(len(firms), -2, np.int32)
    places, luck = places_of(firms, firms["portal"], nobody), key(economy.draws_from, LUCK_OF_FIRMS)
    contest(places, luck, np.uint64(TURNS * economy.quarter), odds, platforms, platforms["new_firm_users"])
    users = np.zeros(len(platforms))
    count(firms["portal"], users)
    platforms["firm_users"] = users


def pay_rebates(economy, rebate: np.ndarray, winners: list[np.ndarray]) -> None:
    """The rebate of a platform is shared evenly by those it has just won."""
    first, second = winners
    group = np.where(first >= 0, first, second).astype(np.int32)
    # a platform whose only winners won another one with their first place pays nothing
    present = np.bincount(group[group >= 0], minlength=len(rebate)) > 0
    rebate *= present
    if rebate.sum() > 0.0:
        part = split_by(rebate.astype(np.int64), np.ones(len(group)), group)
        economy.ledger.pay("rebates", rebate, part)
        economy.consumers.columns["transfers"] += part
