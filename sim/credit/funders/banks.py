"""Banks take a share in the loans of a platform, bear their part of the losses, and pay it a fee."""

from typing import NamedTuple

import numpy as np

from sim.actors.banks import Bank, own_loans
from sim.actors.platforms import Platform
from sim.credit import partners
from sim.credit.funders.base import Fen, Funder
from sim.engine.chart import Flow, Instrument, WriteOff
from sim.engine.fen import any_of, split_within
from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param
from sim.engine.rows import Account, Column
from sim.engine.rules import rule


class BankParticipations(Declared):
    """How banks judge the loans of platforms."""

    # fmt: off
    patience_with_platforms = param(0.1, unit="share/quarter", low=0.03, high=0.3, source="assumed",
        doc="weight of a quarter's news in the margins that banks see on bought and on own loans")
    reaction = param(0.3, unit="share/quarter", low=0.1, high=0.6, source="assumed",
        doc="highest rise or fall in a quarter of the room that banks leave to a platform's loans")
    bargaining = param(0.05, unit="share/quarter", low=0.0, high=0.2, source="assumed",
        doc="share by which a take falls in a quarter if loans earn banks less than theirs, without partners")
    appetite_gap = param(0.005, unit="share/quarter", low=0.001, high=0.02, source="assumed", held=True,
        doc="gap between margins on bought and own loans at which banks react in full")
    appetite_least = param(0.01, unit="share of bank room", low=0.0, high=0.1, source="assumed", held=True,
        doc="least room that banks leave to a platform's loans")
    appetite_most = param(0.8, unit="share of bank room", low=0.2, high=1.0, source="assumed", held=True,
        doc="most room that banks leave to a platform's loans")
    # fmt: on


class JudgedByBanks(NamedTuple):
    """What `banks_judge` writes."""

    bank_margin: float
    appetite: float
    take: float


@rule(writes=JudgedByBanks)
def banks_judge(platform, market, p, u):
    """Banks compare a platform's loans with their own; without partners they also bargain, cut back or grow.

    appetite' = appetite (1 + reaction min(1, gap / appetite_gap))
    gap = what banks earn on them less own margin
    """
    held = float(platform.participations_owed)
    bought = held > 0.0
    margin = platform.pool_interest - platform.pool_losses / max(1.0, held) - market.funding_rate
    seen = margin - platform.bank_margin if bought else 0.0
    bank_margin = platform.bank_margin + p.patience_with_platforms * seen
    gap = bank_margin - market.own_margin
    grows = (1.0 if gap > 0.0 else -1.0) * min(1.0, abs(gap) / p.appetite_gap)
    appetite = platform.appetite * (1.0 + p.reaction * grows)
    appetite = min(p.appetite_most, max(p.appetite_least, appetite))
    bargains = bought and gap < 0.0 and not p.partners
    return JudgedByBanks(
        bank_margin=bank_margin,
        appetite=appetite if bought and not p.partners else platform.appetite,
        take=platform.take * (1.0 - p.bargaining) if bargains else platform.take,
    )


@kernel
def list_shares(platforms, p, share):
    """See `Banks.share`."""
    for q in range(share.shape[0]):
        sold = platforms.from_notes[q] * platforms.taken_by_house[q]
        left = platforms.from_notes[q] - sold if platforms.from_banks[q] > 0.0 else 0.0
        theirs = (platforms.from_banks[q] + left) * (1.0 - platforms.kept_more[q])
        share[q] = min(theirs, (1.0 - p.own_funding_floor) * (1.0 - sold))


class Banks(Funder):
    """Participations: a bank holds a part of every loan of a pool."""

    name, rank, account = "banks", 1, "participations_owed"
    adds = {
        Platform: {
            "from_banks": Column(0.0, unit="share of a loan"),
            "appetite": Column(0.2, unit="share of bank room", doc="that banks leave to its loans"),
            "bank_margin": Column(
                0.0, unit="share/quarter", doc="what banks earned of late on its loans, after losses"
            ),
            "pool_interest": Column(
                0.0,
                unit="share/quarter",
                doc="paid to banks on their share in its loans",
                of_the_quarter=True,
            ),
            "pool_losses": Column(
                0.0, unit="fen/quarter", doc="of banks on their share in its loans", of_the_quarter=True
            ),
            "participations_owed": Account("share of banks in its loans"),
        },
        Bank: {"participations": Account("share in loans made by platforms")},
    }
    instruments = {
        "participations": Instrument((("banks", "participations"),), (("platforms", "participations_owed"),))
    }
    flows = {
        "participations": Flow(
            "banks", "platforms", spent_on="participations", earned_by="participations_owed"
        ),
        "participations repaid": Flow(
            "platforms", "banks", spent_on="participations_owed", earned_by="participations"
        ),
        "interest on participations": Flow("platforms", "banks"),
        "participations lost": WriteOff(
            (("banks", "participations"),), (("platforms", "participations_owed"),)
        ),
    }
    judges = banks_judge
    waits = False
    counts = "counted"
    insurable = True

    def share(self, e) -> np.ndarray:
        """The row's share, and with it what houses have no room for, less what regulation says must be the
        platform's own of what is not sold to houses."""
        out = np.empty(len(e.platforms))
        list_shares(e.platforms, e.p, out)
        return out

    def limit(self, e, need: np.ndarray) -> np.ndarray:
        """Each platform may use the part of the banks' room that its appetite leaves it, within the caps."""
        if e.p.partners:
            return self.limit_of_partners(e, need)
        banks, p = e.banks.columns, e.p
        room, loans = float(banks["room"].sum()), float(own_loans(e.banks).sum())
        left = max(0.0, p.platform_loans_cap * loans - float(banks["participations"].sum()))
        share = need / max(1e-300, float(need.sum()))
        allowed = e.platforms.columns["appetite"] * min(room, left) * share
        # no bank may take more of its part than the law lets it hold of that platform
        parts = allowed[:, None] * (banks["room"] / max(1.0, room))
        over = np.maximum(0.0, parts - self.still_allowed(e))
        if any_of(over):
            cut = over.sum(axis=1)
            allowed = np.maximum(0.0, np.floor(allowed - cut))
        return allowed

    def limit_of_partners(self, e, need: np.ndarray) -> np.ndarray:
        """The same of its own partners only, see `partners.parts`."""
        rows, allowed = np.flatnonzero(need > 0.0), np.zeros(len(need))
        allowed[rows] = np.floor(partners.parts(e, rows, need[rows]).sum(axis=1))
        platforms = e.platforms.columns
        platforms["bank_need"][...] = need
        platforms["short_of_banks"] += np.maximum(0.0, need - allowed)
        return allowed

    def still_allowed(self, e) -> np.ndarray:
        """What each bank may still take of the loans of each platform, (platforms, banks), in whole fen."""
        most = np.floor(e.p.one_platform_cap * np.maximum(0, e.banks.columns["net_worth"]))
        return np.maximum(0.0, most - e.memory.participations)

    def pay_in(self, e, lent: Fen, part: Fen) -> None:
        if any_of(part) and e.p.partners:
            rows = np.flatnonzero(part)
            need = e.platforms.columns["bank_need"]
            asked = np.flatnonzero(need > 0.0)
            offered = partners.parts(e, asked, need[asked])[np.searchsorted(asked, rows)]
            shares = split_within(part[rows], offered, False)
            e.ledger.pay("participations", shares.sum(axis=0), part)
            e.memory.participations[rows] += shares
        elif any_of(part):
            room = e.banks["room"].astype(float) + 1.0
            shares = split_within(part, np.minimum(room, self.still_allowed(e)), False)
            e.ledger.pay("participations", shares.sum(axis=0), part)
            e.memory.participations += shares

    def repay(self, e, principal: Fen, before: Fen) -> None:
        platforms = e.platforms.columns
        owed = platforms["participations_owed"]
        back = np.minimum(owed, np.rint(principal * (owed / np.maximum(1, before))).astype(np.int64))
        # a pool that is paid off owes its funders nothing more
        back = np.where(platforms["loans"] == 0, np.minimum(owed, np.maximum(0, platforms["deposits"])), back)
        if any_of(back):
            e.ledger.pay("participations repaid", back, give_up(e, back))

    def interest(self, e, received: Fen, left: Fen, before: Fen) -> Fen:
        """Interest on their part less the platform's fee."""
        platforms, n = e.platforms.columns, len(before)
        held = platforms["participations_owed"].astype(float)
        part = np.divide(held, np.maximum(1, before), out=np.zeros(n), where=before > 0)
        passed = np.floor(np.maximum(0.0, received * part - platforms["take"] * held)).astype(np.int64)
        if e.p.partners:
            rows = np.flatnonzero(held)
            rate = (received[rows] / np.maximum(1, before[rows]))[:, None] - e.memory.partner_take[rows]
            shares = np.floor(np.maximum(0.0, rate) * e.memory.participations[rows]).astype(np.int64)
            passed[rows] = shares.sum(axis=1)
        elif any_of(passed):
            shares = split_within(passed, e.memory.participations, False)
        if any_of(passed):
            by_bank = shares.sum(axis=0)
            e.ledger.pay("interest on participations", passed, by_bank)
            e.banks["interest_income"] += by_bank
        platforms["pool_interest"][...] = passed / np.maximum(1.0, held)
        e.tallies.interest_for_banks += float((received * part).sum())
        e.tallies.interest_of_partners += float(passed.sum())
        return passed

    def at_risk(self, e) -> Fen:
        return e.platforms.columns["participations_owed"].copy()

    def lose(self, e, lost: Fen) -> Fen:
        by_bank = give_up(e, lost)
        e.ledger.write_off("participations lost", {"banks": by_bank}, {"platforms": lost})
        e.banks.columns["loan_losses"] += by_bank
        e.platforms.columns["pool_losses"] += lost
        e.tallies.platform_losses_of_banks += float(lost.sum())
        return lost

    def earned(self, e) -> Fen:
        platforms = e.platforms.columns
        return np.floor(platforms["pool_interest"] * platforms["participations_owed"]).astype(np.int64)

    def lost_of_late(self, e) -> Fen:
        return e.platforms.columns["pool_losses"]

    def pays_premium(self, e, due: Fen, by_insurer: Fen) -> None:
        rows = np.flatnonzero(due)
        by_bank = split_within(due[rows], e.memory.participations[rows], False).sum(axis=0)
        e.ledger.pay("premiums of banks", by_bank, by_insurer)
        e.banks["interest_income"] -= by_bank
        platforms = e.platforms.columns
        platforms["pool_interest"] -= due / np.maximum(1, platforms["participations_owed"])

    def is_indemnified(self, e, paid: Fen, by_insurer: Fen) -> None:
        # a pool of which nothing is left has lost what its banks held alike
        rows = np.flatnonzero(paid)
        by_bank = split_within(paid[rows], e.memory.participations[rows] + 1, False).sum(axis=0)
        e.ledger.pay("indemnities to banks", by_insurer, by_bank)
        e.banks.columns["loan_losses"] -= by_bank
        e.platforms.columns["pool_losses"] -= paid
        e.tallies.platform_losses_of_banks -= float(paid.sum())

    def posts(self, e) -> None:
        """Platforms that have ended, or ask banks no longer, have no partners."""
        if e.p.partners:
            partners.part_with_the_dead(e)

    def looks_back(self, e) -> None:
        """What banks earn on loans of their own, to compare with."""
        tallies, market = e.tallies, e.market
        lost = tallies.bad_firm_loans + tallies.bad_consumer_loans
        loans = float(own_loans(e.banks).sum())
        own = float(tallies.interest_of_banks - lost) / max(1.0, loans) - market.funding_rate
        market.own_margin += e.p.patience_with_platforms * (own - market.own_margin)
        partners.judge(e)


def give_up(e, fen: Fen) -> np.ndarray:
    """Banks hold so much less of the loans of each platform, in proportion. Returns it by bank (int64)."""
    rows = np.flatnonzero(fen)
    shares = split_within(fen[rows], e.memory.participations[rows], True)
    e.memory.participations[rows] -= shares
    return shares.sum(axis=0)


FUNDER = Banks()
