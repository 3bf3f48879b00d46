"""Platforms and banks find each other, learn of each other, bargain, and part.

A bank funds the loans of its partners only. What it thinks of a platform is what this platform's loans have
earned it beyond loans of its own, if it is or was a partner, else what is heard of platforms in general. What
a platform keeps of a bank's interest, its *take*, is bargained by pair. Pairs are (platforms, banks).
"""

import numpy as np

from sim.actors.banks import Bank, own_loans
from sim.actors.platforms import Platform
from sim.engine.draws import claim, key, normal, uniforms
from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param
from sim.engine.rows import Column, extend

MEETS = claim("a platform and a bank meet", __name__)

extend(
    Platform,
    {
        "partners": Column(0.0, unit="banks", doc="that fund its loans"),
        "bank_take": Column(0.0, unit="share/quarter", doc="of what its banks fund, that they leave to it"),
        "kept_more": Column(
            0.0, unit="share", doc="of what banks and houses would fund of its loans, that it funds itself"
        ),
        "own_share": Column(0.0, unit="share of a loan", doc="that it funds itself, of those it makes now"),
        "bank_need": Column(0.0, unit="fen", doc="that its banks were last asked to fund"),
        "short_of_banks": Column(
            0.0, unit="fen/quarter", doc="that its banks did not fund", of_the_quarter=True
        ),
    },
)
extend(
    Bank,
    {
        "own_interest": Column(
            0.0, unit="fen/quarter", doc="paid by those to whom it lends itself", of_the_quarter=True
        ),
        "own_losses": Column(0.0, unit="fen/quarter", doc="on these loans", of_the_quarter=True),
        "own_earned": Column(0.0, unit="share/quarter", doc="what loans of its own earned it of late"),
    },
)


class Partnerships(Declared):
    """How platforms and banks find each other, bargain and part."""

    # fmt: off
    partners = param(True, unit="yes/no", source="design",
        doc="whether a bank funds the loans of its partners only; else all banks fund those of all platforms")
    partner_search = param(2.0, unit="banks/quarter", low=0.5, high=8.0, source="assumed", scale="log",
        doc="how many banks a platform which lends through banks asks, were none of them its partner")
    partner_doubt = param(0.002, unit="share/quarter", low=0.0, high=0.01, source="assumed",
        doc="standard deviation of a bank's first opinion of what a platform's loans will earn it")
    platform_power = param(0.6, unit="share", low=0.1, high=0.9, source="SPLIT_OF_INTEREST",
        doc="part that a platform gets of what there is to share with a bank, where both have as many others")
    terms_renewed = param(0.25, unit="share/quarter", low=0.05, high=1.0, source="assumed",
        doc="how far the terms of a platform and a bank move in a quarter to what they would agree on now")
    own_money_cost = param(0.02, unit="share/quarter", low=0.0, high=0.035, source="assumed",
        doc="what a platform wants its own money to earn in loans, beyond what money costs a bank")
    own_part_step = param(0.02, unit="share/quarter", low=0.0, high=0.05, source="assumed",
        doc="highest rise or fall in a quarter of the part of funders' loans that a platform keeps")
    worse_terms = param(0.5, unit="share", low=0.1, high=0.9, source="assumed",
        doc="part of the mean take below which a platform that lacks no money of banks leaves a bank")
    # fmt: on


def asking(e) -> np.ndarray:
    """Which platforms lend through banks (mask)."""
    platforms = e.platforms.columns
    return platforms["alive"] & (platforms["acts"] > 0.0) & (platforms["from_banks"] > 0.0)


@kernel
def forget_partners(asks, platforms, memory):
    """See `part_with_the_dead`; asks: which platforms lend through banks."""
    heard = memory.bought_gain
    for q in range(asks.shape[0]):
        if not asks[q]:
            platforms.partners[q] = platforms.kept_more[q] = 0.0
            for b in range(memory.partner_take.shape[1]):
                memory.partner_appetite[q, b] = 0.0
                memory.partner_gain[q, b] = heard
                memory.partner_take[q, b] *= 1.0 if memory.participations[q, b] > 0 else 0.0


def part_with_the_dead(e) -> None:
    """Who asks banks no longer has no partners; of who comes in its place banks know what they hear."""
    forget_partners(asking(e), e.platforms, e.memory)


@kernel
def meet(rows, platforms, memory, p, luck, quarter):
    """The platforms `rows` ask banks that are no partners; who expects a gain begins. Returns how many do.

    gain + partner_doubt x opinion >= 0; a bank that holds loans from a time without partners is one at once.
    """
    begun, banks = 0, memory.partner_take.shape[1]
    asks = p.partner_search / banks
    for n in range(rows.shape[0]):
        q = rows[n]
        first = platforms.bank_take[q] if platforms.partners[q] > 0.0 else platforms.take[q]
        for b in range(banks):
            if memory.partner_appetite[q, b] <= 0.0:
                was = memory.participations[q, b] > 0 and memory.partner_take[q, b] <= 0.0
                u, v = uniforms(luck, platforms.ids[q], platforms.generation[q] * banks + b, quarter)
                accepts = was
                if u < asks and not was:
                    accepts = memory.partner_gain[q, b] + p.partner_doubt * normal(v) >= 0.0
                if accepts:
                    memory.partner_appetite[q, b] = platforms.appetite[q]
                    memory.partner_take[q, b] = first
                    platforms.partners[q] += 1.0
                    begun += 0 if was else 1
    return begun


def find_partners(e) -> None:
    """Platforms that lend through banks ask some that are no partners of theirs."""
    rows = np.flatnonzero(asking(e))
    if e.p.partners and len(rows):
        luck = key(e.draws_from, MEETS)
        begun = meet(rows, e.platforms, e.memory, e.p, luck, np.uint64(e.quarter))
        e.tallies.partnerships_begun += float(begun)


@kernel
def offer(rows, need, banks, memory, p, scale, offered):
    """What each bank would fund of `need`, by (rows, banks); see `parts`. scale: of banks' room."""
    for b in range(offered.shape[1]):
        asked, most = 0.0, np.floor(p.one_platform_cap * max(0.0, float(banks.net_worth[b])))
        for n in range(rows.shape[0]):
            asked += need[n] if memory.partner_appetite[rows[n], b] > 0.0 else 0.0
        here = scale * banks.room[b] / max(1.0, asked)
        for n in range(rows.shape[0]):
            part = memory.partner_appetite[rows[n], b] * need[n] * here
            allowed = max(0.0, most - memory.participations[rows[n], b])
            offered[n, b] = min(part, allowed)


def parts(e, rows: np.ndarray, need: np.ndarray) -> np.ndarray:
    """What each bank would fund of `need` (fen, by platform of `rows`), (rows, banks).

    A bank's room goes to its partners by need, to each as far as its appetite goes and the law allows.
    """
    banks, p, offered = e.banks.columns, e.p, np.empty((len(rows), len(e.banks)))
    loans, held = float(own_loans(e.banks).sum()), float(banks["participations"].sum())
    room, left = float(banks["room"].sum()), max(0.0, p.platform_loans_cap * loans - held)
    scale = min(room, left) / max(1.0, room)
    offer(rows, need, e.banks, e.memory, p, scale, offered)
    return offered


@kernel
def look_back(rows, platforms, banks, memory, p, money, seen):
    """What each pair has earned its bank beyond the bank's own loans, and what is heard of platforms.

    gain' = gain + patience_with_platforms (interest - losses - money - own - gain)
    rows: that ask banks or owe them. Who is no partner moves to what is heard. Writes into `seen` what all
    have gained (fen) on what all hold (fen).
    """
    heard, count = memory.bought_gain, banks.own_earned.shape[0]
    for n in range(rows.shape[0]):
        q, held, paid = rows[n], 0.0, 0.0
        for b in range(count):
            held += memory.participations[q, b]
            paid += memory.participations[q, b] * memory.partner_take[q, b]
        before = held + platforms.pool_losses[q]
        earned = platforms.pool_interest[q] - platforms.pool_losses[q] / max(1.0, before) - money
        earned += paid / max(1.0, held)
        for b in range(count):
            news = heard
            if memory.participations[q, b] > 0:
                news = earned - memory.partner_take[q, b] - banks.own_earned[b]
                seen[0] += news * memory.participations[q, b]
                seen[1] += memory.participations[q, b]
            elif memory.partner_appetite[q, b] > 0.0:
                news = memory.partner_gain[q, b]
            memory.partner_gain[q, b] += p.patience_with_platforms * (news - memory.partner_gain[q, b])


@kernel
def bargain(rows, platforms, banks, memory, p, most, ended):
    """Banks grow or cut back, terms are bargained, and either side may leave: `ended` by banks, by platforms.

    appetite' = appetite (1 + reaction min(1, gain / appetite_gap)); at appetite_least, if losing, it ends
    take' = take + terms_renewed (least + power max(0, gain + take - least) - take)
    kept_more' = kept_more + own_part_step max(-1, min(1, most of (-gain, gain + own - own_money_cost) / gap))
    least: what files cost the platform, of its loans; power: platform_power, weighed by what part of its
    business each side has with others. most: the highest take. kept_more: banks that earn less than on loans
    of their own ask the platform to keep more; it keeps more by itself where that pays and
    its money is enough.
    """
    count = banks.own_earned.shape[0]
    for n in range(rows.shape[0]):
        q, held, partners = rows[n], 0.0, 0
        least = min(most, platforms.file_bill[q] / max(1.0, float(platforms.loans[q])))
        for b in range(count):
            held += memory.participations[q, b]
        takes, weight, appetites, gains, earned = 0.0, 0.0, 0.0, 0.0, 0.0
        for b in range(count):
            if memory.partner_appetite[q, b] > 0.0:
                gain, take = memory.partner_gain[q, b], memory.partner_take[q, b]
                here = float(memory.participations[q, b])
                appetite = memory.partner_appetite[q, b]
                grows = max(-1.0, min(1.0, gain / p.appetite_gap))
                appetite = min(p.appetite_most, max(p.appetite_least, appetite * (1.0 + p.reaction * grows)))
                if appetite <= p.appetite_least and gain < 0.0:
                    memory.partner_appetite[q, b] = 0.0
                    ended[0] += 1.0
                    continue
                mine = p.platform_power * (2.0 - here / max(1.0, held))
                theirs = (1.0 - p.platform_power) * (2.0 - here / max(1.0, float(banks.participations[b])))
                agreed = least + mine / (mine + theirs) * max(0.0, gain + take - least)
                moved = p.terms_renewed * (min(most, agreed) - take)
                memory.partner_appetite[q, b] = appetite
                memory.partner_take[q, b] = take + moved
                memory.partner_gain[q, b] = gain - moved
                partners += 1
                gains += (here + 1.0) * gain
                earned += (here + 1.0) * (gain + banks.own_earned[b])
                takes += (here + 1.0) * (take + moved)
                weight += here + 1.0
                appetites += appetite
        mean = takes / max(1.0, weight)
        for b in range(count):
            worse = memory.partner_appetite[q, b] > 0.0 and memory.partner_take[q, b] < p.worse_terms * mean
            if worse and partners > 1 and platforms.short_of_banks[q] <= 0.0:
                memory.partner_appetite[q, b] = 0.0
                ended[1] += 1.0
                partners -= 1
        platforms.partners[q] = float(partners)
        if weight > 0.0:
            more = -gains / weight
            if platforms.unfunded[q] <= 0.0:
                more = max(more, earned / weight - p.own_money_cost)
            more /= p.appetite_gap
            kept = platforms.kept_more[q] + p.own_part_step * max(-1.0, min(1.0, more))
            platforms.kept_more[q] = max(0.0, min(1.0, kept))
            platforms.bank_take[q] = mean
            platforms.appetite[q] = min(p.appetite_most, appetites / max(1.0, float(partners)))


def judge(e) -> None:
    """Banks and platforms look back on the quarter, and go on together or part."""
    banks, platforms, memory, p = e.banks, e.platforms.columns, e.memory, e.p
    own = (banks["own_interest"] - banks["own_losses"]) / np.maximum(1.0, own_loans(banks))
    own -= e.market.funding_rate
    banks.columns["own_earned"] += p.patience_with_platforms * (own - banks["own_earned"])
    if not p.partners:
        platforms["bank_take"][...] = platforms["take"]
        return
    asks = asking(e)
    rows = np.flatnonzero(asks | (platforms["participations_owed"] > 0))
    if not len(rows):
        return
    seen, ended = np.zeros(2), np.zeros(2)
    look_back(rows, e.platforms, banks, memory, p, e.market.funding_rate, seen)
    if seen[1] > 0.0:
        memory.bought_gain += p.patience_with_platforms * (seen[0] / seen[1] - memory.bought_gain)
    bargain(np.flatnonzero(asks), e.platforms, banks, memory, p, p.take_limit, ended)
    e.tallies.left_by_banks += ended[0]
    e.tallies.left_by_platforms += ended[1]
