"""Households lend a platform for a term, at the rate that it posts; in law the risk of its loans is theirs.

They lend spare money to a platform that they use, as far as they trust it. A platform that fails with their
money frightens the lenders of the others.
"""

import math
from typing import NamedTuple

import numpy as np

from sim.actors.consumers import Consumer
from sim.actors.platforms import Platform
from sim.credit.funders.base import Fen, Funder
from sim.credit.months import dry_after, first_come, months_of
from sim.credit.pools import idle
from sim.engine.arithmetic import exp, open_one
from sim.engine.chart import Flow, Instrument, WriteOff
from sim.engine.compiling import compiled
from sim.engine.fen import any_of, let_go
from sim.engine.kernels import kernel
from sim.engine.ledger import Some, rows_with, split_by, total_by
from sim.engine.parameters import Declared, param
from sim.engine.rows import Account, Column
from sim.engine.rules import rule


class HouseholdLending(Declared):
    """How households lend to platforms, and what frightens them."""

    # fmt: off
    claim_premium = param(0.016, unit="share/quarter", low=0.005, high=0.03, source="assumed",
        doc="what platforms pay households over the policy rate")
    walks_away = param(0.4, unit="share/quarter", low=0.05, high=0.8, source="assumed",
        doc="chance that a consumer stops paying a dead platform that lent for households, in a quarter")
    waits_for_end = param(0.5, unit="share", low=0.0, high=1.0, source="assumed",
        doc="part of a living platform's debtors who act as if it were dead, where its end is thought sure")
    guarantee = param(1.0, unit="share", low=0.0, high=1.0, source="assumed",
        doc="part of its own cash with which a platform makes good what households lose with it, unasked")
    rollover = param(1.0, unit="share", low=0.0, high=1.0, source="assumed", held=True,
        doc="part of new money of households with which a platform may pay those whose term has ended")
    queue_limit = param(0.02, unit="share of claims", low=0.0, high=0.2, source="assumed",
        doc="claims due and not paid beyond which a platform stops")
    fear_response = param(4.0, unit="per share", low=0.0, high=6.0, source="assumed",
        doc="by how much the chance of loss that households fear makes them hold back")
    fear_kept = param(0.78, unit="share/quarter", low=0.6, high=0.9, source="assumed",
        doc="part of households' fear that is left a quarter later")
    idle_returned = param(0.25, unit="share/quarter", low=0.0, high=1.0, source="assumed", held=True,
        doc="part of claims not lent out that a platform returns to households in a quarter")
    claim_share = param(0.3, unit="share of spare money", low=0.1, high=0.6, source="assumed",
        doc="share of spare money that a household lends to a platform which it fully trusts")
    dear_debts_first = param(1.0, unit="share", low=0.0, high=1.0, source="design",
        doc="part of debts dearer than what platforms pay that households set against what they would lend")
    record_counts = param(0.125, unit="per quarter", low=0.0, high=0.5, source="assumed",
        doc="by how much a quarter in which they have lost nothing with a platform calms its lenders")
    claim_term = param(4.0, unit="quarters", low=1.0, high=12.0, source="design",
        doc="mean term of a household's claim on a platform")
    early_exit = param(0.5, unit="share/quarter", low=0.0, high=1.0, source="assumed",
        doc="chance that a household is let out before its term, once it has lost all trust in the platform")
    loss_memory = param(0.15, unit="share/quarter", low=0.05, high=0.5, source="assumed", held=True,
        doc="weight of a quarter's news in the losses on claims that households see")
    loss_evidence = param(150.0, unit="persons", low=0.0, high=600.0, source="assumed",
        doc="borrowers of a platform up to now at which households lay half of a loss to it, half to chance")
    # fmt: on


class ClaimWish(NamedTuple):
    """What `lends_to_platform` writes."""

    offered: float
    withdrawn: float


@compiled
def dearer_debts(consumer, pays):
    """What a consumer owes at a rate above what a platform pays: nobody gains by lending that.   [fen]"""
    of_bank = float(consumer.bank_debt) if consumer.rate > pays else 0.0
    return of_bank + (float(consumer.platform_debt) if consumer.platform_rate > pays else 0.0)


@rule(writes=ClaimWish, draws="household claim matures")
def lends_to_platform(consumer, market, p, u):
    """Households lend spare money to the platform they use, as far as they trust it.

    It is the first of those that have their attention which borrows of households.

    wish = claim_share trust (deposits above the buffer + claims - debts dearer than that pays)     [fen]
    A term ends with chance 1 / claim_term; then the wish is met. Platforms promise to let out before that who
    no longer trusts them, while loans come back at their own pace: chance early_exit (1 - trust).
    """
    at = open_one(consumer.first_app, consumer.second_app, consumer.third_app, market.posted)
    at = consumer.claim_at if consumer.claims > 0 else at
    pays = (at >= 0) & (market.posted[max(0, at)] > 0.0) & (p.households_may_lend > 0.0)
    spare = max(0.0, float(consumer.deposits) - p.saving_buffer * consumer.usual_income - consumer.budget)
    held = float(consumer.claims)
    trust = market.trust[max(0, at)] if pays else 0.0
    dear = dearer_debts(consumer, market.posted[at]) if pays else 0.0
    wish = p.claim_share * trust * max(0.0, spare + held - p.dear_debts_first * dear)
    matures = u * p.claim_term < 1.0
    leaves = matures or (pays and u < 1.0 / p.claim_term + p.early_exit * (1.0 - trust))
    offered = math.floor(max(0.0, min(spare, wish - held))) if matures else 0.0
    withdrawn = math.floor(max(0.0, held - wish)) if leaves else 0.0
    return ClaimWish(offered=float(offered), withdrawn=float(withdrawn))


class JudgedByHouseholds(NamedTuple):
    """What `households_judge` writes."""

    loss_seen: float
    trust: float
    paid_for: float


@rule(writes=JudgedByHouseholds)
def households_judge(platform, market, p, u):
    """Households look at what they lost with each platform.

    trust = (1 - losses seen / premium) exp(-fear_response fear)
    losses seen += loss_memory n / (n + loss_evidence) (lost - losses seen), n its borrowers up to now: where
    they are few a loss is chance. For how long it has owed them money and lost none of it counts against
    fear; a loss as large as the premium ends such a record, a smaller one shortens it.
    """
    claims = float(platform.claims_owed)
    lossy = platform.claims_lost / max(1.0, claims + platform.claims_lost)
    premium = p.claim_premium + p.deposit_spread
    net = min(1.0, max(0.0, (premium - platform.loss_seen) / premium))
    borrowers = p.persons_per_row * platform.borrowed
    known = p.loss_memory * (borrowers / (borrowers + p.loss_evidence) if borrowers > 0.0 else 1.0)
    news = lossy - platform.loss_seen if claims > 0.0 else 0.0
    kept = max(0.0, 1.0 - lossy / premium)
    return JudgedByHouseholds(
        loss_seen=platform.loss_seen + known * news,
        trust=net * exp(-p.fear_response * platform.fear),
        paid_for=kept * (platform.paid_for + 1.0) if claims > 0.0 else 0.0,
    )


@compiled
def place_of_offer(consumers, i, market):
    """To whom a household offers money: the platform on which it has a claim, else the one it uses: of its
    three the first that borrows of households; -1 for none."""
    first, second, third = consumers.first_app[i], consumers.second_app[i], consumers.third_app[i]
    used = open_one(first, second, third, market.posted)
    return consumers.claim_at[i] if consumers.claims[i] > 0 else used


@kernel
def fill_offers(rows, consumers, market, place, amount):
    """Of each of these rows what it still offers (fen), and to whom."""
    for n in range(rows.shape[0]):
        amount[n] = int(consumers.offered[rows[n]])
        place[n] = place_of_offer(consumers, rows[n], market)


@kernel
def add_offers(consumers, market, free):
    """Added to what is free, by platform (whole fen): what households offer it, less what they want back."""
    for i in range(consumers.offered.shape[0]):
        if consumers.offered[i] > 0.0:
            at = place_of_offer(consumers, i, market)
            if at >= 0:
                free[at] += int(consumers.offered[i])
        if consumers.withdrawn[i] > 0.0 and consumers.claim_at[i] >= 0:
            free[consumers.claim_at[i]] -= min(int(consumers.withdrawn[i]), consumers.claims[i])


class Offers(NamedTuple):
    """What households offer now: a line for each of those who do, in the order of their rows."""

    rows: np.ndarray
    place: np.ndarray  # row of the platform (int32)
    amount: Fen


def offers(e) -> Offers:
    """See `fill_offers`."""
    rows = rows_with(e.consumers["offered"])
    place, amount = np.empty(len(rows), np.int32), np.empty(len(rows), np.int64)
    fill_offers(rows, e.consumers, e.market, place, amount)
    return Offers(rows, place, amount)


def offered(e, made: Offers) -> Fen:
    """What households offer each platform now."""
    return total_by(made.place, made.amount, len(e.platforms))


class Holders(NamedTuple):
    """Who has a claim on a platform: a line for each, in the order of their rows."""

    rows: np.ndarray
    place: np.ndarray  # row of the platform (int32)
    claims: Fen


def holders(e) -> Holders:
    """Those whose claims are not nothing."""
    consumers = e.consumers.columns
    rows = rows_with(consumers["claims"])
    return Holders(rows, consumers["claim_at"][rows], consumers["claims"][rows])


class Households(Funder):
    """Term claims of households on a platform's pool."""

    name, rank, account = "households", 2, "claims_owed"
    adds = {
        Platform: {
            "from_households": Column(0.0, unit="share of a loan"),
            "claims_lost": Column(0.0, unit="fen/quarter", doc="by households", of_the_quarter=True),
            "loss_seen": Column(
                0.0, unit="share/quarter", doc="of their claims lost of late, as households see it"
            ),
            "fear": Column(0.0, unit="share", doc="chance of loss that households fear of its like"),
            "paid_for": Column(0.0, unit="quarters", doc="of its record with households, less for losses"),
            "unmet": Column(0.0, unit="fen", doc="of claims due and not paid", of_the_quarter=True),
            "dry": Column(
                0.0, unit="months", doc="after which it could not pay all that were due", of_the_quarter=True
            ),
            "trust": Column(1.0, unit="share", doc="of what households would lend at best"),
            "claims_owed": Account("share of households in its loans"),
        },
        Consumer: {
            "claim_at": Column(
                -1, unit="row of platforms", doc="on whose pool it has a claim, or -1", dtype="int32"
            ),
            "offered": Column(0.0, unit="fen", doc="to be lent to its platform"),
            "withdrawn": Column(0.0, unit="fen", doc="wanted back from its platform"),
            "claims": Account("claims on a platform's pool of loans"),
        },
    }
    instruments = {
        "household claims": Instrument((("consumers", "claims"),), (("platforms", "claims_owed"),))
    }
    flows = {
        "claims bought": Flow("consumers", "platforms", spent_on="claims", earned_by="claims_owed"),
        "claims repaid": Flow("platforms", "consumers", spent_on="claims_owed", earned_by="claims"),
        "interest on claims": Flow("platforms", "consumers"),
        "claims lost": WriteOff((("consumers", "claims"),), (("platforms", "claims_owed"),)),
    }
    prices_risk = False
    judges = households_judge

    def price(self, e) -> np.ndarray:
        """What every platform posts."""
        return np.full(len(e.platforms), e.market.policy_rate + e.p.claim_premium)

    def posts(self, e) -> None:
        """Who borrows of households and at what rate, how far each is trusted, for whom nobody collects."""
        platforms, market = e.platforms, e.market
        lives, asks = platforms["alive"] & (platforms["acts"] > 0.0), platforms["from_households"] > 0.0
        market.posted = np.where(lives & asks, market.policy_rate + e.p.claim_premium, 0.0)
        market.trust = platforms["trust"].copy()
        alike = np.where(is_large(e), market.fright_of_large, market.fright_of_small)
        calm = 1.0 + e.p.record_counts * platforms["paid_for"]
        platforms["fear"] = 0.5 * (market.fright + alike) / calm
        # who expects his lender to end waits for that, and pays no more
        expects = np.where(platforms["alive"], e.p.waits_for_end * platforms["fear"], 1.0)
        market.uncollected = np.where(asks, e.p.walks_away * expects, 0.0)

    def are_asked(self, e) -> bool:
        """Whether a platform borrows of households, or still owes them something."""
        return bool(any_of(e.market.posted) or any_of(self.owed(e)))

    def considers(self, e) -> None:
        """Households say what they would lend, and what they want back."""
        if self.are_asked(e):
            e.each(e.consumers, lends_to_platform)

    def limit(self, e, need: np.ndarray) -> np.ndarray:
        """What they offer, and what of their money is not lent out, less what they want back; nothing where
        the law lets them lend no more."""
        if not e.p.households_may_lend:
            return np.zeros(len(need))
        free = idle(e)
        add_offers(e.consumers, e.market, free)
        return np.maximum(0.0, free)

    def pay_in(self, e, lent: Fen, part: Fen) -> None:
        """New money for what their money that lies idle does not pay."""
        need = np.maximum(0, part - idle(e))
        if any_of(need):
            made = offers(e)
            take_new_money(e, np.minimum(need, offered(e, made)), made)

    def interest(self, e, received: Fen, left: Fen, before: Fen) -> Fen:
        """What was posted, as far as it came in."""
        platforms, consumers = e.platforms.columns, e.consumers.columns
        due = np.where(platforms["alive"], np.floor(e.market.posted * platforms["claims_owed"]), 0.0)
        due = np.minimum(due, left).astype(np.int64)
        if any_of(due):
            held = holders(e)
            got = split_by(due, held.claims.astype(float), held.place)
            e.ledger.pay("interest on claims", due, Some(held.rows, got))
            consumers["transfers"][held.rows] += got
        return due

    def at_risk(self, e) -> Fen:
        """What of their money is lent out."""
        return np.maximum(0, self.owed(e) - idle(e))

    def lose(self, e, lost: Fen) -> Fen:
        """What a living platform does not make good out of its own cash (the implicit guarantee)."""
        platforms, held = e.platforms.columns, holders(e)
        own = np.maximum(0, platforms["deposits"] - idle(e)) * platforms["alive"]
        lost = lost - np.minimum(lost, np.floor(e.p.guarantee * own)).astype(np.int64)
        part = np.minimum(split_by(lost, held.claims.astype(float), held.place), held.claims)
        lost = total_by(held.place, part, len(lost))
        e.ledger.write_off("claims lost", {"consumers": Some(held.rows, part)}, {"platforms": lost})
        platforms["claims_lost"] += lost
        e.tallies.losses_of_households += float(lost.sum())
        return lost

    def looks_back(self, e) -> None:
        """A platform that died with households' money frightens those who lend to its like, and to all."""
        platforms, market = e.platforms.columns, e.market
        dead = ~platforms["alive"] & (platforms["died"] == e.quarter - 1)
        large, kept = is_large(e), e.p.fear_kept
        market.fright = feared(market.fright, platforms, dead, np.ones(len(dead), bool), kept)
        market.fright_of_large = feared(market.fright_of_large, platforms, dead, large, kept)
        market.fright_of_small = feared(market.fright_of_small, platforms, dead, ~large, kept)

    def redeem(self, e) -> None:
        """Claims that end are paid out of money not lent out, new money, own cash as far as pledged; a dead
        platform gives back what comes in."""
        platforms, consumers, n = e.platforms, e.consumers.columns, len(e.platforms)
        if not any_of(self.owed(e)):
            return
        lives, held = platforms["alive"], holders(e)
        asked = asked_back(e, held)
        asked_all = total_by(held.place, asked, n)
        short = np.maximum(0, asked_all - idle(e)) * lives
        if any_of(short):
            made = offers(e)
            new = np.floor(e.p.rollover * np.minimum(short, offered(e, made))).astype(np.int64)
            take_new_money(e, new, made)
            held = holders(e)
            asked = asked_back(e, held)
        owed, money = self.owed(e), np.maximum(0, platforms["deposits"])
        unused = idle(e)
        own = np.floor(e.p.guarantee * np.maximum(0, money - unused)).astype(np.int64) * lives
        free = np.minimum(unused + own, money)
        asking = rows_with(asked)  # months are drawn for nobody else
        month, part = months_of(e, held.rows[asking]), np.zeros(len(asked), np.int64)
        part[asking] = first_come(asked[asking], held.place[asking], month, free)
        back = total_by(held.place, part, n)
        platforms["unmet"] = np.where(free < asked_all, asked_all - back, 0.0) * lives
        if e.p.by_month:
            platforms["dry"] = dry_after(asked[asking], held.place[asking], month, free) * lives
        # money for which there is no use goes back too, slowly; from a dead platform at once
        spare = np.maximum(0, np.minimum(unused, money) - back)
        returned = e.p.idle_returned if e.p.households_may_lend else 1.0
        spare = np.floor(returned * spare).astype(np.int64)
        spare = np.where(lives, spare, np.minimum(money - back, owed - back))
        if any_of(spare):
            left = held.claims - part
            part = part + np.minimum(split_by(spare, left.astype(float), held.place), left)
            back = total_by(held.place, part, n)
        if any_of(back):
            e.ledger.pay("claims repaid", back, Some(held.rows, part))
        let_go(consumers["claim_at"], consumers["claims"])
        if not any_of(self.owed(e)):
            consumers["offered"][...] = 0.0
            consumers["withdrawn"][...] = 0.0


def asked_back(e, held: Holders) -> Fen:
    """What households whose term has ended want back, by line of `held`."""
    return np.minimum(e.consumers["withdrawn"][held.rows].astype(np.int64), held.claims)


def take_new_money(e, taken: Fen, made: Offers) -> None:
    """Platforms borrow this much of what households offer them."""
    if any_of(taken):
        consumers, rows = e.consumers.columns, made.rows
        part = split_by(taken, made.amount.astype(float), made.place)
        # what was offered may have gone into debts that fell due since
        left = np.maximum(0, np.minimum(made.amount, consumers["deposits"][rows]))
        part = np.minimum(part, left)
        consumers["claim_at"][rows] = np.where(part > 0, made.place, consumers["claim_at"][rows])
        consumers["offered"][rows] -= part
        e.ledger.pay("claims bought", Some(rows, part), total_by(made.place, part, len(taken)))


def is_large(e) -> np.ndarray:
    """By platform: does it owe households more than the mean of those that owe them anything?"""
    claims = e.platforms["claims_owed"]
    owing = claims > 0
    return claims > claims.sum() / max(1, np.count_nonzero(owing))


def feared(fear: float, platforms, dead: np.ndarray, alike: np.ndarray, kept: float) -> float:
    """The chance of loss that is feared, a probability: part of it is forgotten, part of what is left of one
    learned from the claims that are stuck with platforms just dead, among those alike."""
    claims = platforms["claims_owed"]
    stuck = float(claims[dead & alike].sum()) / max(1.0, float(claims[alike].sum()))
    return kept * fear + (1.0 - kept * fear) * stuck


FUNDER = Households()
