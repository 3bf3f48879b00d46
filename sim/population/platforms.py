"""Platforms begin, and end: bought, wound up, stopped with claims outstanding, or broke."""

from collections.abc import Mapping

import numpy as np

from sim.actors.platforms import BOUGHT, BROKE, MONTHS, STOPPED, WOUND_UP
from sim.credit import pools
from sim.engine.compiling import compiled
from sim.engine.fen import any_of
from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param
from sim.links.market import cut_links
from sim.markets.attention import FIRST, SECOND, THIRD
from sim.markets.payments import balances
from sim.population.founders import endow_giants, found, post_team
from sim.population.models import (
    dealt,
    runs_as,
    still_closed,
    take_up,
    with_those_turned_to,
)
from sim.strategies.base import BusinessModel, StrategyError


class Ends(Declared):
    """How platforms end."""

    # fmt: off
    buyout_price = param(0.3, unit="share of worth", low=0.0, high=0.6, source="assumed",
        doc="what a platform pays for customers of one that ends, of what it believes its own to be worth")
    buyout_purse = param(0.5, unit="share of own cash", low=0.0, high=1.0, source="assumed", held=True,
        doc="highest share of its own cash that a platform spends on customers of one that ends")
    # fmt: on


def begin(economy, chosen: Mapping[BusinessModel, int | None]) -> None:
    """Platforms that live take up these business models in proportion to the numbers; others are founded
    until there are so many small ones of each. Founders of the same kinds follow."""
    platforms, p = economy.platforms, economy.p
    rows, models, closed = list(chosen), with_those_turned_to(list(chosen)), still_closed(economy)
    names = [row.name for row in models]
    begins = [row.acts and (row.starts_as or row.name) not in closed for row in rows]
    if any(row.acts for row in rows) and not any(begins):
        raise StrategyError(f"{', '.join(sorted(closed))}: nobody may found any of them in the next quarter")
    numbers = [
        (p.starters if n is None else n) if now else 0 for n, now in zip(chosen.values(), begins, strict=True)
    ]
    kept = {n: names.index(row.name) for n, row in enumerate(economy.models) if row.name in names}
    economy.tell_apart(models, kept)
    named = [name for row in rows if row.acts for name in (row.turns_to if row.starts_as else [row.name])]
    economy.open_models = tuple(names.index(name) for name in dict.fromkeys(named) if name not in closed)
    everybody = np.arange(len(platforms))
    platforms["model"] = 0
    for scorers in (economy.firm_scorers, economy.consumer_scorers):
        scorers.belong(
            everybody, 0
        )  # loans of those that have ended wait for their labels under some model too
    platforms["adapts"] = 0.0
    places = [names.index(row.name) for row in rows]
    for group in (platforms["giant"], ~platforms["giant"]):
        living = everybody[group & platforms["alive"]]
        deal = dealt(economy, living, numbers if sum(numbers) else [1] * len(rows))
        for n, place in enumerate(places):
            take_up(economy, living[deal == n], place)
    post_team(economy)
    endow_giants(economy)
    small = platforms["alive"] & ~platforms["giant"]
    missing: list[int] = []
    for place, row, number in zip(places, rows, numbers, strict=True):
        mine = platforms["model"] == runs_as(models, row)
        there = int(np.count_nonzero(small & mine & (platforms["adapts"] == float(row.starts_as != ""))))
        missing += [place] * max(0, number - there)
    found(economy, missing)
    economy.ledger.close()  # it happens between two quarters: what is saved or branched now has proved books


@compiled
def hand_over(places, to):
    """Whoever has a place with platform q is with platform to[q] now, or free where that is -1."""
    for i in range(places.shape[0]):
        if places[i] >= 0:
            places[i] = to[places[i]]


@compiled
def bought(at, to, borrowed, platforms):
    """With whom a place is now, see `hand_over`; who is bought is registered with the buyer, and has borrowed
    from it if he has from the one that ended."""
    goes = to[at] if at >= 0 else -1
    if goes != at and goes >= 0:
        platforms.registered[goes] += 1.0
        platforms.borrowed[goes] += 1.0 if borrowed else 0.0
    return goes


@kernel
def hand_over_apps(consumers, to, platforms):
    """As `hand_over`, for all places of consumers; nobody is twice with one platform."""
    for i in range(consumers.first_app.shape[0]):
        had = consumers.borrowed_at[i]
        first = bought(consumers.first_app[i], to, had & FIRST, platforms)
        second = bought(consumers.second_app[i], to, had & SECOND, platforms)
        third = bought(consumers.third_app[i], to, had & THIRD, platforms)
        second = -1 if second == first else second
        third = -1 if third in (first, second) else third
        consumers.first_app[i], consumers.second_app[i], consumers.third_app[i] = first, second, third


def platforms_end(economy) -> None:
    """Who has ended sells his customers or loses them, pays whom he owes as far as his cash goes; the rest
    is lost."""
    platforms = economy.platforms.columns
    just = np.flatnonzero(~platforms["alive"] & (platforms["serial"] > 0) & (platforms["died"] == 0))
    if len(just):
        platforms["died"][just] = economy.quarter
        platforms["months"][just] = months_lived(economy, just)
        economy.tallies.platform_deaths = float(len(just))
        part_with_customers(economy, just)
    gone = ~platforms["alive"]
    balances.give_back(economy, gone)
    pools.run_off(economy, gone)
    if len(just):
        owing = pools.owing(economy)[just]
        manner = np.where(platforms["net_worth"][just] < 0, BROKE, np.where(owing, STOPPED, WOUND_UP))
        bought = platforms["buyer"][just] >= 0
        platforms["manner"][just] = np.where(bought & ~owing, BOUGHT, manner)
        left = ("links", "lines", "users", "firm_users", "customers", "registered", "borrowed")
        for name in left:
            platforms[name][just] = 0.0


def months_lived(economy, just: np.ndarray) -> np.ndarray:
    """How many months of the quarter those who have just ended lived, the one of their end counted.

    It is the month after which the team got no more money, or those whose term had ended did not get theirs.
    """
    platforms = economy.platforms.columns
    there, due, dry = (platforms[name][just] for name in ("months", "team_due", "dry"))
    if not economy.p.by_month:
        return there
    paid = np.divide(platforms["management"][just], due, out=np.ones(len(just)), where=due > 0.0)
    lived = there * np.minimum(1.0, paid)
    lived = np.where(dry > 0.0, np.minimum(lived, dry - (MONTHS - there)), lived)
    return np.minimum(there, np.maximum(1.0, np.ceil(lived)))


def part_with_customers(economy, just: np.ndarray) -> None:
    """Customers, portals and links of those who have just ended go to a buyer, or are free."""
    platforms, firms = economy.platforms.columns, economy.firms.columns
    to = np.arange(len(economy.platforms), dtype=np.int32)
    to[just] = -1
    cash = np.maximum(0, platforms["deposits"] - pools.idle(economy)).astype(float)
    for q in just:
        to[q] = platforms["buyer"][q] = buyer_of(economy, int(q), cash)
    cut_links(economy, np.flatnonzero((firms["link"] >= 0) & (to[firms["link"]] < 0)))
    for places in (firms["portal"], firms["link"], firms["last_lender"], economy.consumers["last_lender"]):
        hand_over(places, to)
    hand_over_apps(economy.consumers, to, economy.platforms)


def buyer_of(economy, q: int, cash: np.ndarray) -> int:
    """The richest larger one of its kind buys the customers of platform q, if it can pay; -1 for nobody.

    cash: what platforms own (fen); what the buyer pays leaves it.
    """
    platforms, p = economy.platforms.columns, economy.p
    customers = platforms["customers"][q]
    larger = platforms["alive"] & (platforms["model"] == platforms["model"][q])
    larger &= platforms["customers"] > customers
    if customers <= 0.0 or not any_of(larger):
        return -1
    buyer = int(np.argmax(np.where(larger, cash, -1.0)))
    worth, price = platforms["worth"][buyer], platforms["price"][buyer]
    paid = int(p.buyout_price * max(0.0, worth) * economy.market.wage_index * customers)
    # a new customer of one's own may be cheaper
    if p.buyout_price * worth > price > 0.0 or not 0 < paid <= p.buyout_purse * cash[buyer]:
        return -1
    # who goes on with the customers of one that has not paid households is held to what it promised them
    if platforms["claims_owed"][q] > platforms["deposits"][q] + paid:
        return -1
    amounts = np.zeros((2, len(cash)), np.int64)
    amounts[0, buyer] = amounts[1, q] = paid
    economy.ledger.pay("platforms bought", *amounts)
    platforms["put_in"][buyer] += paid
    platforms["model_in"][buyer] += paid
    cash[buyer] -= paid
    return buyer
