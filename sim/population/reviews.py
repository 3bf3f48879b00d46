"""Platforms review their business model: what they see of their own and of others, and what a turn means.

What a kind is seen to earn is what the fund reckons with (`venture.known_of_kinds`), by what was heard of
platforms, which is late, and misjudged by each a little. What nobody has a record of is expected to do as
anything new. Those that have ended tell nothing.
"""

from types import SimpleNamespace

import numpy as np

from sim.actors.growth import pursued, team_of
from sim.engine.arithmetic import exp
from sim.engine.draws import claim, key, normals
from sim.engine.kernels import HoldsColumns, kernel
from sim.markets.payments.venture import YEAR, gain, known_of_kinds
from sim.population.founders import may_be_founded
from sim.population.models import take_up

HEARD = {"model_gross": "posted_gross", "model_in": "posted_in"}  # instead of what is so
SIGHT = claim("what a platform thinks that others earn", __name__)


class Heard(HoldsColumns):
    """Platforms as others have heard of them."""

    def __init__(self, platforms):
        self.ids, self.books = platforms.ids, {}
        self.columns = platforms.columns | {name: platforms.columns[heard] for name, heard in HEARD.items()}


def review_models(economy) -> None:
    """Platforms that have a rule for it review whether another business model would suit them better."""
    platforms, names = economy.platforms, [row.name for row in economy.models]
    adapting = False
    for n, row in enumerate(economy.models):
        mine = platforms["adapts"] > 0.0 if row.starts_as else platforms["model"] == n
        if row.reviews is None or (row.starts_as and adapting) or not np.any(mine & platforms["alive"]):
            continue
        if row.starts_as:
            adapting = True  # once for all, whatever they began as
            look_around(economy, [names.index(name) for name in row.turns_to])
        economy.each(platforms, row.reviews)
        for place, name in enumerate(row.turns_to):
            turning = mine & platforms["alive"] & (platforms["wanted_model"] == place)
            turn(economy, np.flatnonzero(turning), names.index(name))
        platforms["wanted_model"] = -1


def turn(economy, rows: np.ndarray, model: int) -> None:
    """These platforms turn to economy.models[model]: at a cost, with people who have to learn it, and with
    what customers and links they have. What those are worth under it is learned anew."""
    platforms, p = economy.platforms.columns, economy.p
    rows = rows[platforms["model"][rows] != model]
    if not len(rows):
        return
    mine = platforms["model"] == model
    known = {name: platforms[name][mine].max(initial=0.0) for name in ("kind_price", "kind_worth")}
    hopes = platforms["hope"][mine & platforms["alive"]]
    hope = float(hopes[hopes > 0.0].mean()) if np.any(hopes > 0.0) else 0.0
    for i in rows.tolist():
        team = team_of.plain(economy.platforms[i], economy.market, p)
        platforms["moving"][i] = np.floor(p.moving_cost * team)
    platforms["turned_from"][rows] = platforms["model"][rows]
    platforms["turned_at"][rows] = platforms["since"][rows] = economy.quarter
    platforms["technology"][rows] *= p.technology_carried
    platforms["practice"][rows] *= p.practice_carried
    take_up(economy, rows, model)
    for name in (
        "model_gross",
        "model_in",
        "posted_gross",
        "posted_in",
        "evidence",
        "spend_seen",
        "new_seen",
    ):
        platforms[name][rows] = 0.0
    platforms["price"][rows] = platforms["kind_price"][rows] = known["kind_price"]
    platforms["kind_worth"][rows] = known["kind_worth"]
    platforms["worth"][rows] = known["kind_worth"] or hope
    platforms["hope"][rows] = hope
    for i in rows.tolist():
        platforms["customers"][i] = pursued.plain(economy.platforms[i], p)


def look_around(economy, places: list[int]) -> None:
    """What each platform that adapts thinks its own business model to earn, and which of the others most;
    places: of those that it may turn to, in economy.models."""
    platforms, p, now = economy.platforms.columns, economy.p, economy.quarter
    acting = platforms["alive"] & (platforms["acts"] > 0.0)
    for is_so, heard in HEARD.items():
        platforms[heard] += p.news_of_others * (platforms[is_so] - platforms[heard])
    known = SimpleNamespace(**{
        name: np.zeros(len(economy.models)) for name in ("gross", "put_in", "leaving", "years", "earns")
    })  # fmt: skip
    known_of_kinds(acting, Heard(economy.platforms), now, p, known)
    seen, year = np.empty((len(places), len(acting))), now // YEAR
    rows, ids, generation = np.arange(len(acting)), economy.platforms.ids, platforms["generation"]
    for n, place in enumerate(places):
        # an opinion lasts a year: looking every quarter is no new draw
        normals(key(economy.draws_from, SIGHT), rows, ids, generation, len(places) * year + n, seen[n])
        for q in rows.tolist():
            misjudged = exp(p.review_noise * float(seen[n, q]) - 0.5 * p.review_noise**2)
            seen[n, q] = known.earns[place] * misjudged
    may = [place in economy.open_models and may_be_founded(economy, place) for place in places]
    others = SimpleNamespace(places=np.array(places), may=np.array(may), seen=seen)
    weigh_models(acting & (platforms["adapts"] > 0.0), economy.platforms, others, now, p)


@kernel
def weigh_models(counts, platforms, others, now, p):
    """What each of the platforms that count thinks of its own business model and of the best other.

    others: business models in `places`, whether one `may` begin with them now, and what is `seen` of each, by
    platform.

    own = w profit of a yuan put in since it began with the model + (1 - w) what is seen of its kind
    w = age / (age + ripe_after), as in what the fund expects of a platform
    """
    for q in range(counts.shape[0]):
        if not counts[q]:
            continue
        age = float(now - platforms.since[q])
        own, best, at = p.earned_prior, 0.0, -1
        for n in range(others.places.shape[0]):
            if others.places[n] == platforms.model[q]:
                own = others.seen[n, q]
            elif others.may[n] and others.seen[n, q] > best:
                best, at = others.seen[n, q], n
        weight = age / (age + p.ripe_after) if platforms.model_in[q] > 0.0 else 0.0
        earned = gain(platforms.model_gross[q], platforms.model_in[q], platforms.leaving[q], p)
        platforms.own_seen[q] = weight * earned + (1.0 - weight) * own
        # who has begun of late has no years to look back on
        platforms.best_seen[q], platforms.best_model[q] = best, at if age > p.review_after else -1
