"""Platforms are born: people found what they see grow, raise money and earn, with money of their own.

A platform takes a vacant row of the table, whose length is the room there is. Who founds what, with how much
and in which month is drawn for the row's next generation, so that twins agree.
"""

from collections.abc import Sequence

import numpy as np

from sim.actors.growth import growth_of
from sim.actors.platforms import MONTHS
from sim.engine.arithmetic import exp
from sim.engine.draws import claim, each_uniform, key, normals, uniform
from sim.engine.ledger import Some
from sim.engine.parameters import Declared, param
from sim.markets.payments import ownership
from sim.population.models import adapts, open_up, take_up


class Founding(Declared):
    """Who founds platforms, and with what."""

    # fmt: off
    starters = param(2, unit="count", low=0, high=16, source="design", when="entry",
        doc="small platforms of each business model with which it begins")
    idle_founders = param(0.0012, unit="per team/quarter", low=0.0, high=0.005, source="assumed",
        when="entry", doc="platforms of each business model that are founded whatever founders see, for each "
        "team that `team_cost` would pay")
    imitation = param(0.6, unit="per platform/quarter", low=0.0, high=1.25, source="assumed", when="entry",
        doc="platforms founded for each that lives, where all that founders look at is as good as can be")
    by_growth = param(0.34, unit="share", low=0.0, high=1.0, source="assumed", held=True, when="entry",
        doc="weight of the growth of a business model's revenue in what founders look at")
    by_rounds = param(0.33, unit="share", low=0.0, high=1.0, source="assumed", held=True, when="entry",
        doc="weight of the share of its platforms that raised money in what founders look at")
    by_profit = param(0.33, unit="share", low=0.0, high=1.0, source="assumed", held=True, when="entry",
        doc="weight of the share of its young platforms that earn their costs in what founders look at")
    deterrence = param(4.0, unit="per share", low=0.0, high=8.0, source="assumed", when="entry",
        doc="by how much the share of platforms that ended within a year keeps founders away")
    founders_spread = param(0.5, unit="log points", low=0.0, high=1.0, source="assumed", held=True,
        when="entry", doc="standard deviation of the log number of founders of a business model in a quarter")
    example_age = param(12.0, unit="quarters", low=4.0, high=24.0, source="assumed", held=True, when="entry",
        doc="age up to which founders look at a platform as an example")
    seed_quarters = param(4.0, unit="quarters", low=2.0, high=6.0, source="assumed", when="entry",
        doc="time for which founders' own money pays a small team, and as much again for growth")
    seed_spread = param(0.8, unit="log points", low=0.0, high=1.2, source="assumed", when="entry",
        doc="standard deviation of the log money with which a platform is founded")
    by_month = param(1, unit="count", low=0, high=1, source="design",
        doc="whether founding, rounds, ends of terms and of platforms fall in months (1) or in quarters (0)")
    # fmt: on


HOW_MANY = claim("how many platforms are founded", __name__)
SEED, MONTH = claim("a founder's money", __name__), claim("a founder's month", __name__)
FIRST_COME = claim("which founder comes first", __name__)
# what the next platform in a row keeps of the last one; all else is set to the default of its column
KEPT = ("generation", "bank", "giant", "size", "model")


def vacant(economy) -> np.ndarray:
    """Rows of platforms that are free: nobody lives there, and nothing is left of who did."""
    platforms = economy.platforms
    free = ~platforms["alive"] & ~platforms["giant"]
    for books in platforms.books.values():
        free &= books == 0
    return np.flatnonzero(free)


def expected_births(economy, model: int) -> float:
    """How many platforms of a business model are founded this quarter, before chance (count)."""
    platforms, p, now = economy.platforms.columns, economy.p, economy.quarter
    mine = (platforms["model"] == model) & ~platforms["giant"]
    alive = mine & platforms["alive"]
    idle = p.idle_founders * teams(economy)
    living = int(np.count_nonzero(alive))
    if not living:
        return idle
    age = now - platforms["founded"]
    young = alive & (age <= p.example_age) & (age > 0)
    earning = young & (platforms["revenue_total"] > 0.0) & (platforms["usual_profit"] >= 0.0)
    growth = growth_of.plain(
        float(platforms["usual_revenue"][mine].sum()), float(platforms["earlier_revenue"][mine].sum())
    )
    raised = np.count_nonzero(alive & (platforms["raised_at"] > now - 4)) / living
    earned = np.count_nonzero(earning) / max(1, np.count_nonzero(young))
    seen = p.by_growth * min(1.0, max(0.0, growth)) + p.by_rounds * raised + p.by_profit * earned
    ended = int(np.count_nonzero(mine & ~platforms["alive"] & (platforms["died"] > max(0, now - 4))))
    fear = exp(-p.deterrence * ended / (ended + living))
    return idle + p.imitation * living * seen * fear


def may_be_founded(economy, model: int) -> bool:
    """Whether the law lets anybody begin with this business model: where households may not lend through
    platforms, there is no licence for one that lives on their money."""
    from_households = dict(economy.models[model].funders).get("households", 0.0)
    return economy.p.households_may_lend or from_households == 0.0


def found_platforms(economy) -> None:
    """Founders of each business model open to them found as many platforms as they dare; of one that opens
    this quarter there are as many as of any with which an economy begins."""
    p, now = economy.p, economy.quarter
    chosen = [model for model in open_up(economy) for _ in range(p.starters)]
    for model in filter(lambda one: may_be_founded(economy, one), economy.open_models):
        luck = key(economy.draws_from, HOW_MANY)
        spread = np.empty(1)
        one = np.array([model])
        normals(luck, np.zeros(1, np.int64), one, np.array([1]), now, spread)
        noise = exp(p.founders_spread * float(spread[0]) - 0.5 * p.founders_spread**2)
        births = expected_births(economy, model) * noise + uniform.plain(luck, model, 0, now)
        chosen += [model] * int(births)
    found(economy, chosen, adapting=adapts(economy))


def found(economy, models: Sequence[int], *, adapting: bool = False) -> None:
    """So many platforms are founded, of these business models (places in economy.models), where there is
    room and as far as the owners' money goes. Who comes first is chance, so that neither room nor money nor
    the place in the table goes by the names of business models. adapting: they review their model."""
    platforms, p, n = economy.platforms, economy.p, len(models)
    rows = vacant(economy)[:n] if n else np.empty(0, np.int64)
    economy.tallies.no_room += float(n - len(rows))
    if not len(rows):
        return
    first = key(economy.draws_from, FIRST_COME)
    luck = [uniform.plain(first, k, 0, economy.quarter) for k in range(n)]
    models = [models[k] for k in np.argsort(luck, kind="stable")]
    generation = platforms["generation"] + 1
    luck, month = np.empty(len(rows)), np.empty(len(rows))
    normals(key(economy.draws_from, SEED), rows, platforms.ids, generation, economy.quarter, luck)
    each_uniform(key(economy.draws_from, MONTH), rows, platforms.ids, generation, economy.quarter, month)
    ways = np.array([exp(p.seed_spread * float(z) - 0.5 * p.seed_spread**2) for z in luck])
    money = np.floor(2.0 * p.seed_quarters * economy.market.small_team * ways)
    funded = np.cumsum(money) <= p.owners_purse * ownership.money(economy)
    economy.tallies.no_purse += float(np.count_nonzero(~funded))
    rows, money, kinds = rows[funded], money[funded], np.array(models[: len(rows)])[funded]
    there = 1.0 - p.by_month * np.floor(MONTHS * month[funded]) / MONTHS
    settle_in(economy, rows, kinds)
    if adapting:
        platforms.columns["adapts"][rows] = 1.0
    endow(economy, rows, money)
    platforms.columns["there"][rows] = there
    economy.tallies.platform_births += float(len(rows))


def endow(economy, rows: np.ndarray, money: np.ndarray) -> None:
    """The owners pay these platforms their first money (whole fen): half for the team, half for growth."""
    platforms, p = economy.platforms.columns, economy.p
    ownership.spend(economy, "seed money", Some(rows, money))
    platforms["wanted"][rows] = 0.5 * money / p.seed_quarters
    platforms["runway_left"][rows] = p.seed_quarters
    platforms["leaving"][rows] = p.leaving_prior


def endow_giants(economy) -> None:
    """A giant that begins to act has the first money of so many small platforms as its size says."""
    platforms, p = economy.platforms.columns, economy.p
    rows = np.flatnonzero(platforms["giant"] & (platforms["acts"] > 0.0) & (platforms["runway_left"] == 0.0))
    rows = rows[platforms["spent_total"][rows] == 0.0]
    money = np.floor(2.0 * p.seed_quarters * economy.market.small_team * platforms["size"][rows])
    if len(rows) and money.sum() <= p.owners_purse * ownership.money(economy):
        endow(economy, rows, money)


def settle_in(economy, rows: np.ndarray, kinds: np.ndarray) -> None:
    """New platforms of these kinds are in the rows: nothing is left of who was there before."""
    platforms, memory = economy.platforms.columns, economy.memory
    economy.platforms.renew(rows, KEPT)
    platforms["generation"][rows] += 1
    platforms["alive"][rows] = True
    platforms["serial"][rows] = memory.platforms_founded + 1 + np.arange(len(rows))
    memory.platforms_founded += len(rows)
    for scorers in (economy.firm_scorers, economy.consumer_scorers):
        scorers.forget(rows)
    for model in dict.fromkeys(kinds.tolist()):
        take_up(economy, rows[kinds == model], model)


def teams(economy) -> float:
    """How many small teams `team_cost` pays (count): the room for platforms does not come into it."""
    return len(economy.firms) / economy.p.firms_a_team


def post_team(economy) -> None:
    """What the team of a small platform costs (fen a quarter)."""
    economy.market.small_team = economy.p.team_cost * economy.market.gdp_seen / teams(economy)


def post_kinds(economy) -> None:
    """What those of its kind pay for a customer and believe him worth, by platform, as the quarter opens."""
    platforms, p = economy.platforms.columns, economy.p
    post_team(economy)
    acting = platforms["alive"] & (platforms["acts"] > 0.0)
    for model in np.unique(platforms["model"][acting]).tolist():
        mine = platforms["model"] == model
        living = mine & acting
        won, spent = platforms["new_seen"][living].sum(), platforms["spend_seen"][living].sum()
        before, known = platforms["kind_price"][mine].max(), platforms["evidence"][living]
        if won > 0.0 and (before > 0.0 or platforms["price"][living].any()):
            weight = p.price_evidence if before > 0.0 else 0.0
            platforms["kind_price"][mine] = (spent + weight * before) / (won + weight)
        if known.sum() > 0.0:
            platforms["kind_worth"][mine] = (known * platforms["worth"][living]).sum() / known.sum()
        hopes = platforms["hope"][living]
        if any(hopes > 0.0):
            platforms["hope"][living & (platforms["hope"] == 0.0)] = hopes[hopes > 0.0].mean()
