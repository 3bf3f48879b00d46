"""What insurers cover: losses of those who fund platforms' loans, mishaps of firms, expenses of households.

A platform has one insurer, for all three. Guarantees are for a quarter: those who fund its loans pay a
premium out of their interest and are paid a part of what they lose. Where an insurer cannot pay all that it
owes, everybody is paid in proportion, and it has failed.
"""

import math
from types import SimpleNamespace

import numpy as np

from sim.actors.consumers import Consumer
from sim.actors.platforms import Platform
from sim.credit import funders
from sim.engine.arithmetic import open_one
from sim.engine.draws import claim, key, uniform
from sim.engine.fen import any_of
from sim.engine.kernels import kernel
from sim.engine.ledger import Some, rows_with, total_by
from sim.engine.parameters import Declared, param
from sim.engine.rows import Column, extend

CAREFUL = claim("how careful a household is", __name__)
HEARS = claim("a household hears of a policy", __name__)

extend(
    Platform,
    {
        "insured": Column(0.0, unit="share", doc="of its funders' losses that it would have guaranteed"),
        "sells_policies": Column(0.0, unit="yes/no", doc="of insurers, to its users"),
        "sells_funds": Column(0.0, unit="yes/no", doc="notes of securities houses, to its users"),
        "insurer": Column(-1, unit="row of insurers", doc="that covers what it brings, or -1", dtype="int32"),
        "covered": Column(0.0, unit="share", doc="of what its funders lose that is guaranteed this quarter"),
        "loss_insured": Column(0.0, unit="share/quarter", doc="that insurers expect of its loans"),
        "premium_rate": Column(0.0, unit="share/quarter", doc="asked for a guarantee of its loans"),
        "policies": Column(0.0, unit="rows of consumers", doc="with a policy that it sold"),
        "takes_on_cover": Column(
            0.0, unit="fen/quarter", doc="paid by insurers for what it sold", of_the_quarter=True
        ),
    },
)
extend(
    Consumer,
    {
        "policy_at": Column(
            -1, unit="row of platforms", doc="that sold it a policy against expenses, or -1", dtype="int32"
        )
    },
)


class Insurance(Declared):
    """Policies of households."""

    # fmt: off
    policy_share = param(0.6, unit="share of the shock", low=0.1, high=0.9, source="assumed",
        doc="part of an unforeseen expense that a policy pays")
    carefulness = param(1.0, unit="share of expected loss", low=0.0, high=2.0, source="assumed",
        doc="most that a household pays for a policy beyond what it can expect of it; from zero up to that")
    policy_contact = param(0.05, unit="share/quarter", low=0.0, high=0.3, source="assumed",
        doc="chance that a user of a platform which sells policies hears of them in a quarter")
    policy_take = param(0.2, unit="share of premiums", low=0.0, high=0.4, source="assumed",
        doc="what an insurer leaves to the platform that sold a policy, or cover to a firm")
    # fmt: on


def quote(e) -> None:
    """Insurers say which platforms' loans they guarantee this quarter, how far, and at what premium.

    premium = (1 + loading) loss expected; what is asked beyond readiness x leverage x capital is rationed.
    """
    platforms, insurers, p = e.platforms.columns, e.insurers.columns, e.p
    at = platforms["insurer"]
    rate = (1.0 + p.loading) * platforms["loss_insured"]
    insured = (at >= 0) & (rate <= p.premium_limit)
    owed = sum(funder.owed(e) for funder in funders.FUNDERS if funder.insurable)
    asked = np.where(insured, platforms["insured"] * owed, 0.0)
    by_insurer = np.bincount(np.maximum(0, at), asked, len(insurers["alive"]))
    most = insurers["readiness"] * p.insurer_leverage * np.maximum(0, insurers["net_worth"])
    most = np.where(insurers["alive"], most, 0.0)
    share = np.divide(most, by_insurer, out=np.ones(len(most)), where=by_insurer > 0.0)
    insurers["cover"][...] = np.where(insurers["alive"], np.minimum(1.0, share), 0.0)
    insurers["exposure"][...] = insurers["cover"] * by_insurer
    platforms["premium_rate"][...] = rate
    platforms["covered"][...] = np.where(insured, platforms["insured"] * insurers["cover"][at], 0.0)


def affordable(e, claims: np.ndarray) -> np.ndarray:
    """The share of these claims (fen, by insurer) that each can pay."""
    money = np.maximum(0, e.insurers["deposits"])
    return np.where(claims > money, money / np.maximum(1, claims), 1.0)


def settle_guarantees(e) -> None:
    """Those who fund guaranteed loans pay premiums and are paid a part of what they lost.

    Who earns too little on a platform's loans for the premium and the cost of his money does without.
    """
    platforms, insurers = e.platforms.columns, e.insurers
    if not any_of(platforms["covered"]):
        return
    n, at, covered = len(insurers), platforms["insurer"], platforms["covered"]
    claims, exposed = [], np.zeros(len(covered))
    for funder in funders.FUNDERS:
        if not funder.insurable:
            continue
        held, earned = funder.owed(e), funder.earned(e)
        due = np.floor(platforms["premium_rate"] * covered * held)
        takes = due <= earned - np.floor(e.market.funding_rate * held)
        due = np.where(takes, due, 0.0).astype(np.int64)
        if any_of(due):
            by_insurer = total_by(at, due, n)
            funder.pays_premium(e, due, by_insurer)
            insurers["premiums"] += by_insurer
        lost = funder.lost_of_late(e)
        claims.append((funder, np.where(takes, np.floor(covered * lost), 0.0).astype(np.int64)))
        exposed += np.where(takes, covered * (held + lost), 0.0)
    together = np.sum([asked for _, asked in claims], axis=0)
    share = affordable(e, total_by(at, together, n))
    learn_losses(e, together, exposed)
    for funder, asked in claims:
        paid = np.floor(asked * share[at]).astype(np.int64)
        insurers["claims_unpaid"] += total_by(at, asked - paid, n)
        if any_of(paid):
            by_insurer = total_by(at, paid, n)
            funder.is_indemnified(e, paid, by_insurer)
            insurers["claims_paid"] += by_insurer


def learn_losses(e, claims: np.ndarray, exposed: np.ndarray) -> None:
    """What insurers expect to lose on each platform's loans follows what they have seen, and what all have
    shown where there is a new one."""
    platforms, memory, p = e.platforms.columns, e.memory, e.p
    covered = exposed > 0.0
    seen = claims / np.maximum(1.0, exposed)
    platforms["loss_insured"] += p.insurer_memory * np.where(covered, seen - platforms["loss_insured"], 0.0)
    if any_of(covered):
        overall = float(claims.sum()) / float(exposed.sum())
        memory.insured_loss_seen += p.insurer_memory * (overall - memory.insured_loss_seen)


def collect_premiums(e, flow: str, rows: np.ndarray, due: np.ndarray, platform: np.ndarray) -> None:
    """Some rows pay insurers (fen, by row), and insurers pay the platforms that sold it their part."""
    insurers, platforms, n = e.insurers, e.platforms.columns, len(e.insurers)
    by_insurer = total_by(platforms["insurer"][platform], due, n)
    e.ledger.pay(flow, Some(rows, due), by_insurer)
    insurers["premiums"] += by_insurer
    takes = np.floor(e.p.policy_take * total_by(platform, due, len(e.platforms))).astype(np.int64)
    if any_of(takes):
        paid = total_by(platforms["insurer"], takes, n)
        e.ledger.pay("takes on cover", paid, takes)
        insurers["takes"] += paid
        platforms["revenue"] += takes
        platforms["takes_on_cover"] += takes


def pay_claims(e, flow: str, rows: np.ndarray, asked: np.ndarray, insurer: np.ndarray) -> np.ndarray:
    """Insurers pay claims (fen, by row) as far as they can. Returns what was paid."""
    n = len(e.insurers)
    claims = total_by(insurer, asked, n)
    paid = np.floor(asked * affordable(e, claims)[insurer]).astype(np.int64)
    by_insurer = total_by(insurer, paid, n)
    if any_of(paid):
        e.ledger.pay(flow, by_insurer, Some(rows, paid))
    e.insurers["claims_paid"] += by_insurer
    e.insurers["claims_unpaid"] += claims - by_insurer
    return paid


@kernel
def take_policies(consumers, sells, opens, price, p, draws, premium, asked):
    """Who has a policy, what he pays for it and what it owes him (fen), by row.

    sells, opens: by platform, whether policies go on, and whether new ones are sold; price: of a policy, over
    what can be expected of it, by platform.
    A household pays no more than 1 + carefulness x its own care (from 0 to 1) times what it can expect.
    """
    fair = p.policy_share * p.expense_shock * (p.shock_low + p.shock_high) / 2.0
    for i in range(premium.shape[0]):
        premium[i] = asked[i] = 0
        q = consumers.policy_at[i]
        if q < 0:
            q = open_one(consumers.first_app[i], consumers.second_app[i], consumers.third_app[i], opens)
            if q >= 0 and opens[q] > 0:
                hears = uniform(draws.hears, consumers.ids[i], consumers.generation[i], draws.quarter)
                q = q if hears < p.policy_contact else -1
            else:
                q = -1
        if q >= 0:
            care = uniform(draws.careful, consumers.ids[i], consumers.generation[i], 0)
            due = np.floor(price[q] * fair * consumers.usual_income[i])
            takes = sells[q] > 0 and price[q] <= 1.0 + p.carefulness * care
            takes = takes and due <= consumers.deposits[i]
            consumers.policy_at[i] = q if takes else -1
            if takes:
                premium[i] = int(due)
                asked[i] = int(np.floor(p.policy_share * consumers.expense[i]))


def price_of(e, seen: str) -> np.ndarray:
    """What cover costs through each platform, over what can be expected of it: what insurers have `seen`,
    with their loading and what they leave to the platform. Infinite where nobody covers."""
    platforms, insurers, p = e.platforms.columns, e.insurers.columns, e.p
    at = platforms["insurer"]
    price = (1.0 + p.loading) / (1.0 - p.policy_take) * np.maximum(0.0, insurers[seen][at])
    return np.where((at >= 0) & insurers["alive"][at] & platforms["alive"], price, np.inf)


def has_room(e) -> np.ndarray:
    """By platform, whether the capital of its insurer allows further policies and cover (mask)."""
    insurers = e.insurers.columns
    capital = insurers["readiness"] * insurers["net_worth"]
    found = insurers["alive"] & (capital >= e.p.insurer_reserve * insurers["last_premiums"])
    return found[e.platforms["insurer"]]


def insure_households(e) -> None:
    """Households take, keep or drop policies, pay for them, and are paid a part of what hits them."""
    platforms, consumers, p = e.platforms.columns, e.consumers, e.p
    price = price_of(e, "loss_of_households")
    sells = (platforms["sells_policies"] > 0.0) & np.isfinite(price)
    if not any_of(sells) and not any_of(platforms["policies"]):
        return
    premium, asked = np.zeros((2, len(consumers)), np.int64)
    draws = SimpleNamespace(
        hears=key(e.draws_from, HEARS), careful=key(e.draws_from, CAREFUL), quarter=np.uint64(e.quarter)
    )
    opens = sells & has_room(e)
    take_policies(consumers, sells, opens, np.where(sells, price, 0.0), p, draws, premium, asked)
    at = consumers["policy_at"]
    platforms["policies"][...] = np.bincount(at[at >= 0], minlength=len(sells))
    rows = rows_with(premium)
    platform = at[rows]
    insurer = platforms["insurer"][platform]
    collect_premiums(e, "premiums of households", rows, premium[rows], platform)
    expected = premium[rows] / price[platform]
    e.insurers["expected_of_households"] += np.bincount(insurer, expected, len(e.insurers))
    e.insurers["claims_of_households"] += total_by(insurer, asked[rows], len(e.insurers))
    paid = pay_claims(e, "expenses insured", rows, asked[rows], insurer)
    # what is paid need not be borrowed; who has a durable in mind borrows for that
    lacks = consumers["durable"][rows] <= 0.0
    wanted = consumers["loan_wanted"][rows] - np.where(lacks, paid, 0.0)
    consumers["loan_wanted"][rows] = np.maximum(0.0, wanted)


@kernel
def insure(linked, firms, market, p, price, premium, asked, expected):
    """Premium, claim and the claim that was to be expected (fen) of each `linked` firm that takes cover.

    expected = cover mishap size / 2 (1 + relative size)^(-1/4) (machines + stock)       see `suffers`
    It takes it where price expected <= (1 + cover_worth) expected. price: by platform, over what is expected.
    """
    for n in range(linked.shape[0]):
        i = linked[n]
        premium[n] = asked[n] = 0
        expected[n] = firms.cover_gain[i] = 0.0
        mild = 1.0 / math.sqrt(math.sqrt(1.0 + firms.share[i] * market.members[firms.sector[i]]))
        cost = price[firms.link[i]]
        fair = p.mishap * p.mishap_size / 2.0 * mild * firms.linked_cover[i]
        fair *= float(firms.capital[i]) + float(firms.stock[i])
        due = np.floor(cost * fair) if cost <= 1.0 + p.cover_worth else 0.0
        if firms.alive[i] and 1.0 <= due <= firms.deposits[i]:
            premium[n], expected[n] = int(due), fair
            lost = np.floor(firms.damage[i] * firms.capital[i]) + np.floor(firms.damage[i] * firms.stock[i])
            asked[n] = int(np.floor(firms.linked_cover[i] * lost))
            firms.cover_gain[i] = (1.0 + p.cover_worth) * fair - due


def insure_firms(e) -> None:
    """Clients pay for cover, and are paid a part of what mishaps destroy in this quarter."""
    firms, platforms, insurers, n = e.firms, e.platforms.columns, e.insurers, len(e.insurers)
    linked = rows_with(firms["linked_cover"])
    if not len(linked):
        return
    price = np.where(has_room(e), price_of(e, "loss_of_firms"), np.inf)
    premium, asked = np.zeros((2, len(linked)), np.int64)
    expected = np.zeros(len(linked))
    insure(linked, firms, e.market, e.p, price, premium, asked, expected)
    takes = np.flatnonzero(premium)
    if not any_of(premium):
        return
    rows, platform = linked[takes], firms["link"][linked[takes]]
    insurer = platforms["insurer"][platform]
    collect_premiums(e, "premiums of firms", rows, premium[takes], platform)
    insurers["expected_of_firms"] += np.bincount(insurer, expected[takes], n)
    insurers["claims_of_firms"] += np.bincount(insurer, asked[takes], n)
    pay_claims(e, "mishaps insured", rows, asked[takes], insurer)
