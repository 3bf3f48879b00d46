"""The market for attention: platforms bid, what is free goes by contest, and the price of a user emerges.

Each consumer row has two places for platforms, each firm one (its portal). A place falls free when its
platform dies, by churn, or lured away; a free place is won with a chance that rises with all that is bid
against everything else that asks for attention, and goes to a platform by its share of the bids. A giant's
bid counts more for those inside its own ecosystem.
"""

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.draws import key, uniforms
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


@compiled
def contest(
    place,
    other,
    ecosystem,
    alive,
    k,
    purpose,
    ids,
    generation,
    quarter,
    leaving,
    winning,
    cumulated,
    won,
    won_by,
):
    """One place of each row: falls free or stays; if free, won by one of the platforms or by nobody.

    winning and cumulated are by ecosystem (last: none). won counts by platform, won_by says who won row i.
    """
    platforms = alive.shape[0]
    for i in range(place.shape[0]):
        won_by[i] = -1
        u, v = uniforms(k, ids[i], generation[i], quarter * 4 + purpose)
        at = place[i]
        if at >= 0 and (not alive[at] or u < leaving):
            place[i] = -1
            at = -1
        if at < 0:
            group = ecosystem[i] if ecosystem[i] >= 0 else winning.shape[0] - 1
            chance = winning[group]
            if v < chance:
                aim = v / chance
                p = 0
                while p < platforms - 1 and aim >= cumulated[group, p]:
                    p += 1
                if alive[p] and other[i] != p:
                    place[i] = p
                    won[p] += 1.0
                    won_by[i] = p


@compiled
def count(place, out):
    """How many places each platform has, added to `out`."""
    for i in range(place.shape[0]):
        if place[i] >= 0:
            out[place[i]] += 1.0


def odds(economy, spend: np.ndarray, outside: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Chance that a free place is won, and cumulated shares of the bids, by ecosystem (last: none)."""
    p, platforms = economy.p, economy.platforms
    giants = np.flatnonzero(platforms["giant"])
    groups = len(giants) + 1
    bids = np.tile(spend * platforms["alive"], (groups, 1))
    for group, giant in enumerate(giants):
        bids[group, giant] /= p.fed_by_ecosystem
    total = bids.sum(axis=1)
    cumulated = np.cumsum(bids, axis=1) / np.maximum(1e-300, total)[:, None]
    intensity = total / (total + outside)
    return p.turnover * intensity, cumulated, float(intensity[-1])


def clear(economy) -> None:
    """Bids are placed, places change hands; what is bid goes to users as rebates and to the media."""
    platforms, consumers, firms = economy.platforms, economy.consumers, economy.firms
    p, wage = economy.p, economy.market.wage_index
    n, quarter = len(platforms), np.uint64(economy.quarter)
    spend = platforms["consumer_spend"]
    rebate = np.zeros(n)
    platforms["new_users"] = 0.0
    if spend.sum() > 0.0 or platforms["users"].sum() > 0.0:
        winning, cumulated, intensity = odds(economy, spend, p.outside_attention * len(consumers) * wage)
        leaving = p.churn + p.lure * intensity
        k = key(economy.seed, "attention of consumers")
        winners = []
        for purpose, (place, other) in enumerate((("first_app", "second_app"), ("second_app", "first_app"))):
            won, won_by = np.zeros(n), np.empty(len(consumers), np.int32)
            contest(
                consumers.columns[place], consumers.columns[other], consumers.columns["ecosystem"],
                platforms.columns["alive"], k, np.uint64(purpose), consumers.ids,
                consumers.columns["generation"],
                quarter, leaving, winning, cumulated, won, won_by,
            )  # fmt: skip
            platforms["new_users"] += won
            winners.append(won_by)
        rebate = np.floor(
            p.rebate_share * (1.0 - platforms["by_staff"]) * spend * (platforms["new_users"] > 0.0)
        )
        users = np.zeros(n)
        for place in ("first_app", "second_app"):
            count(consumers.columns[place], users)
        platforms["users"] = users
        pay_rebates(economy, rebate, winners)
    spend_on_firms = platforms["firm_spend"]
    if spend_on_firms.sum() > 0.0 or platforms["firm_users"].sum() > 0.0:
        winning, cumulated, intensity = odds(
            economy, spend_on_firms, p.outside_attention_firms * len(firms) * wage
        )
        leaving = p.churn + p.lure * intensity
        won_by = np.empty(len(firms), np.int32)
        nobody = np.full(len(firms), -2, np.int32)
        contest(
            firms.columns["portal"], nobody, firms.columns["ecosystem"], platforms.columns["alive"],
            key(economy.seed, "attention of firms"), np.uint64(0), firms.ids,
            firms.columns["generation"], quarter,
            leaving, winning, cumulated, np.zeros(n), won_by,
        )  # fmt: skip
        firm_users = np.zeros(n)
        count(firms.columns["portal"], firm_users)
        platforms["firm_users"] = firm_users
    platforms["rebate"] = rebate
    platforms["advertising"] = np.floor((1.0 - platforms["by_staff"]) * (spend + spend_on_firms)) - rebate


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
