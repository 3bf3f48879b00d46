"""Cover: the platform buys its client insurance against mishaps, from the insurer with which it works.

The client pays a premium, and the insurer a part of what a mishap destroys; of premiums the insurer leaves
the platform its part. A client takes no cover that is dearer than he thinks it is worth.
"""

import math

import numpy as np

from sim.credit import insurance
from sim.engine.fen import any_of
from sim.engine.kernels import kernel
from sim.engine.ledger import rows_with
from sim.engine.parameters import Declared, param
from sim.engine.rows import Column
from sim.links.lines.base import ServiceLine


class Cover(Declared):
    """What the line does for a firm."""

    # fmt: off
    cover_share = param(0.6, unit="share of the loss", low=0.0, high=0.9, source="assumed",
        doc="part of what a mishap destroys that insurance of full depth pays")
    cover_worth = param(1.0, unit="share of expected loss", low=0.0, high=2.0, source="assumed",
        doc="what cover is worth to a firm beyond what it can expect to be paid")
    # fmt: on


@kernel
def works(linked, firms, depth, p):
    """The share cover_share depth of what a mishap destroys is insured, if the firm takes it."""
    for i in linked:
        firms.linked_cover[i] += p.cover_share * depth[i]


@kernel
def shows(linked, firms, depth, usual, p, shown):
    """What cover was worth to the firm, less its premium."""
    for n in range(linked.shape[0]):
        shown.fen[n] += firms.cover_gain[linked[n]]


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
    price = np.where(insurance.has_room(e), insurance.price_of(e, "loss_of_firms"), np.inf)
    premium, asked = np.zeros((2, len(linked)), np.int64)
    expected = np.zeros(len(linked))
    insure(linked, firms, e.market, e.p, price, premium, asked, expected)
    takes = np.flatnonzero(premium)
    if not any_of(premium):
        return
    rows, platform = linked[takes], firms["link"][linked[takes]]
    insurer = platforms["insurer"][platform]
    insurance.collect_premiums(e, "premiums of firms", rows, premium[takes], platform)
    insurers["expected_of_firms"] += np.bincount(insurer, expected[takes], n)
    insurers["claims_of_firms"] += np.bincount(insurer, asked[takes], n)
    insurance.pay_claims(e, "mishaps insured", rows, asked[takes], insurer)


class CoverLine(ServiceLine):
    """See the file's text."""

    name, rank, cost, lock = "cover", 7, 0.05, 0.0
    effects = ("cover_share",)
    reveals = ("margin",)
    works, shows = works, shows

    def columns_of_firms(self) -> dict[str, Column]:
        gain = Column(0.0, unit="fen/quarter", doc="worth of its cover against mishaps, less the premium")
        return super().columns_of_firms() | {"cover_gain": gain}


LINE = CoverLine()
