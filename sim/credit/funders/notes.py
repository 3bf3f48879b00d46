"""Securities houses buy a part of platforms' loans, which they sell on: see `sim.credit.note_market`.

A platform keeps a junior part of what it sells: it loses before the house does. Each platform sells to one
house, as long as that one holds loans of it.
"""

from typing import NamedTuple

import numpy as np

from sim.actors.banks import Bank
from sim.actors.consumers import Consumer
from sim.actors.platforms import Platform
from sim.actors.securities_houses import House
from sim.credit import note_market
from sim.credit.funders.base import Fen, Funder
from sim.engine.chart import Flow, Instrument, WriteOff
from sim.engine.fen import any_of
from sim.engine.kernels import kernel
from sim.engine.ledger import total_by
from sim.engine.rows import Account, Column
from sim.engine.rules import rule

POOLS, NOTES, WAREHOUSE = "loans sold to houses", "notes", "warehouse loans"


class JudgedByHouses(NamedTuple):
    """What `houses_judge` writes."""

    house_margin: float
    house_appetite: float


@rule(writes=JudgedByHouses)
def houses_judge(platform, market, p, u):
    """A house compares what a platform's loans earn it with what its money costs, and buys more or fewer.

    As banks do, see `banks_judge`: appetite' = appetite (1 + reaction min(1, gap / appetite_gap))
    """
    held = float(platform.sold_loans)
    bought = held > 0.0
    margin = (platform.house_interest - platform.house_losses) / max(1.0, held) - platform.house_yield
    seen = margin - platform.house_margin if bought else 0.0
    found = platform.house_margin + p.patience_with_platforms * seen
    grows = (1.0 if found > 0.0 else -1.0) * min(1.0, abs(found) / p.appetite_gap)
    appetite = platform.house_appetite * (1.0 + p.reaction * grows)
    appetite = min(1.0, max(p.appetite_least, appetite))
    return JudgedByHouses(house_margin=found, house_appetite=appetite if bought else platform.house_appetite)


@kernel
def list_sold(platforms, p, share):
    """See `Notes.share`."""
    for q in range(share.shape[0]):
        sold = platforms.from_notes[q] * platforms.taken_by_house[q] * (1.0 - platforms.kept_more[q])
        share[q] = sold * (1.0 - p.junior_of_seller)


@kernel
def list_limits(platforms, need, room, asked, limit):
    """See `Notes.limit`; room, and asked, of zeros, are by house."""
    for q in range(need.shape[0]):
        if platforms.house[q] >= 0:
            asked[platforms.house[q]] += need[q]
        if platforms.taken_by_house[q] > 0.0:
            platforms.would_sell[q] += need[q] / platforms.taken_by_house[q]
    for q in range(need.shape[0]):
        at = platforms.house[q]
        limit[q] = 0.0
        if at >= 0 and asked[at] > 0.0:
            limit[q] = platforms.house_appetite[q] * room[at] * (need[q] / asked[at])


class Notes(Funder):
    """See the file's text."""

    name, rank, account = "notes", 3, "sold_loans"
    insurable = True
    counts = "counted"
    adds = {
        Platform: {
            "from_notes": Column(0.0, unit="share of a loan"),
            "house": Column(
                -1, unit="row of securities_houses", doc="to which it sells loans, or -1", dtype="int32"
            ),
            "taken_by_house": Column(
                0.0, unit="share", doc="of what it would sell that its house has room for"
            ),
            "would_sell": Column(0.0, unit="fen/quarter", doc="loans to its house", of_the_quarter=True),
            "house_appetite": Column(0.5, unit="share", doc="of its house's room for which it buys of it"),
            "house_margin": Column(0.0, unit="share/quarter", doc="what its loans earned houses of late"),
            "house_yield": Column(0.0, unit="share/quarter", doc="of the notes of its house"),
            "house_interest": Column(0.0, unit="fen/quarter", doc="paid to its house", of_the_quarter=True),
            "house_losses": Column(
                0.0, unit="fen/quarter", doc="of its house on its loans", of_the_quarter=True
            ),
            "junior_kept": Column(0.0, unit="fen", doc="of loans that it sold, which loses before its house"),
            "takes_on_funds": Column(
                0.0, unit="fen/quarter", doc="paid by houses for notes of its users", of_the_quarter=True
            ),
            "sold_loans": Account("share of houses in its loans"),
        },
        House: {
            "pools": Account("share in loans made by platforms"),
            "notes_owed": Account("to those who hold its notes"),
            "warehouse": Account("owed to its bank"),
        },
        Consumer: {
            "note_at": Column(
                -1, unit="row of securities_houses", doc="whose notes it holds, or -1", dtype="int32"
            ),
            "note_by": Column(
                -1, unit="row of platforms", doc="that sold it these notes, or -1", dtype="int32"
            ),
            "note_wish": Column(0.0, unit="fen", doc="that it would put into notes", of_the_quarter=True),
            "notes": Account("of securities houses"),
        },
        Bank: {
            "notes": Account("of securities houses"),
            "warehouse_loans": Account("to securities houses"),
        },
    }
    instruments = {
        POOLS: Instrument((("securities_houses", "pools"),), (("platforms", "sold_loans"),)),
        NOTES: Instrument(
            (("consumers", "notes"), ("banks", "notes")), (("securities_houses", "notes_owed"),)
        ),
        WAREHOUSE: Instrument((("banks", "warehouse_loans"),), (("securities_houses", "warehouse"),)),
    }
    flows = {
        POOLS: Flow("securities_houses", "platforms", spent_on="pools", earned_by="sold_loans"),
        "sold loans repaid": Flow("platforms", "securities_houses", spent_on="sold_loans", earned_by="pools"),
        "interest on sold loans": Flow("platforms", "securities_houses"),
        "sold loans lost": WriteOff((("securities_houses", "pools"),), (("platforms", "sold_loans"),)),
        **note_market.FLOWS,
    }
    judges = houses_judge
    waits = False

    def share(self, e) -> np.ndarray:
        """What houses pay of a loan: of the row's share what they lately had room for, less the junior part
        that the platform keeps."""
        out = np.empty(len(e.platforms))
        list_sold(e.platforms, e.p, out)
        return out

    def price(self, e) -> np.ndarray:
        """The yield of its house's notes, and what the house wants for itself."""
        return e.platforms.columns["house_yield"] + e.p.house_margin

    def posts(self, e) -> None:
        """What notes of its house pay."""
        platforms, houses = e.platforms.columns, e.securities_houses.columns
        yields = houses["note_yield"][np.maximum(0, platforms["house"])]
        first = e.market.policy_rate + e.p.note_premium
        platforms["house_yield"][...] = np.where((platforms["house"] >= 0) & (yields > 0.0), yields, first)

    def considers(self, e) -> None:
        """Households say what they would put into notes."""
        note_market.consider(e)

    def limit(self, e, need: np.ndarray) -> np.ndarray:
        """Each platform may use the part of its house's room that the house's appetite leaves it."""
        asked, limit = np.zeros(len(e.securities_houses)), np.empty(len(need))
        list_limits(e.platforms, need, note_market.room(e), asked, limit)
        return limit

    def pay_in(self, e, lent: Fen, part: Fen) -> None:
        platforms, p = e.platforms.columns, e.p
        none = (1.0 - platforms["kept_more"]) * (platforms["taken_by_house"] == 0.0)
        others = platforms["from_notes"] * (1.0 - p.junior_of_seller) * none
        platforms["would_sell"] += others * lent
        part = np.where(platforms["house"] >= 0, part, 0)
        if any_of(part):
            by_house = total_by(platforms["house"], part, len(e.securities_houses))
            note_market.draw_credit(e, by_house)
            e.ledger.pay(POOLS, by_house, part)
            platforms["junior_kept"] += part * (p.junior_of_seller / (1.0 - p.junior_of_seller))

    def repay(self, e, principal: Fen, before: Fen) -> None:
        platforms = e.platforms.columns
        owed = platforms["sold_loans"]
        money = np.maximum(0, platforms["deposits"])  # of which another funder may have rounded up a fen
        back = np.minimum(owed, np.rint(principal * (owed / np.maximum(1, before))).astype(np.int64))
        back = np.minimum(np.where(platforms["loans"] == 0, owed, back), money)
        if any_of(back):
            by_house = total_by(platforms["house"], back, len(e.securities_houses))
            platforms["junior_kept"] *= 1.0 - back / np.maximum(1, owed)
            e.ledger.pay("sold loans repaid", back, by_house)
            e.securities_houses["principal_in"] += by_house

    def interest(self, e, received: Fen, left: Fen, before: Fen) -> Fen:
        """Interest on its part less the platform's fee, as far as it is left."""
        platforms = e.platforms.columns
        held = platforms["sold_loans"].astype(float)
        part = held / np.maximum(1, before)
        passed = np.floor(np.maximum(0.0, received * part - platforms["take"] * held)).astype(np.int64)
        passed = np.minimum(passed, np.maximum(0, left))
        if any_of(passed):
            by_house = total_by(platforms["house"], passed, len(e.securities_houses))
            e.ledger.pay("interest on sold loans", passed, by_house)
            e.securities_houses["interest_in"] += by_house
        platforms["house_interest"] += passed
        return passed

    def at_risk(self, e) -> Fen:
        return e.platforms.columns["sold_loans"].copy()

    def lose(self, e, lost: Fen) -> Fen:
        """What the junior part that the platform has kept does not bear; it loses its own share anyway."""
        platforms = e.platforms.columns
        rate = lost / np.maximum(1, platforms["sold_loans"])
        junior = platforms["junior_kept"] * np.maximum(0.0, 1.0 - rate)
        spared = np.minimum(lost, np.floor(junior)).astype(np.int64)
        platforms["junior_kept"][...] = junior - spared
        lost = lost - spared
        if any_of(lost):
            by_house = total_by(platforms["house"], lost, len(e.securities_houses))
            e.ledger.write_off("sold loans lost", {"securities_houses": by_house}, {"platforms": lost})
            e.securities_houses.columns["losses"] += by_house
            platforms["house_losses"] += lost
            e.tallies.losses_of_houses += float(lost.sum())
        return lost

    def earned(self, e) -> Fen:
        return e.platforms.columns["house_interest"]

    def lost_of_late(self, e) -> Fen:
        return e.platforms.columns["house_losses"]

    def pays_premium(self, e, due: Fen, by_insurer: Fen) -> None:
        by_house = total_by(e.platforms["house"], due, len(e.securities_houses))
        e.ledger.pay("premiums of houses", by_house, by_insurer)
        e.securities_houses["interest_in"] -= by_house
        e.platforms.columns["house_interest"] -= due

    def is_indemnified(self, e, paid: Fen, by_insurer: Fen) -> None:
        by_house = total_by(e.platforms["house"], paid, len(e.securities_houses))
        e.ledger.pay("indemnities to houses", by_insurer, by_house)
        e.securities_houses["losses"] -= by_house
        e.platforms.columns["house_losses"] -= paid
        e.tallies.losses_of_houses -= float(paid.sum())

    def looks_back(self, e) -> None:
        """Those who hold notes are paid, and lose what the pieces before them do not bear."""
        note_market.pass_on(e)

    def redeem(self, e) -> None:
        """Houses sell notes on what they carry; platforms see how much of what they would sell has room."""
        note_market.sell(e)
        platforms, houses = e.platforms.columns, e.securities_houses
        at, n = platforms["house"], len(houses)
        asked = np.bincount(np.maximum(0, at), platforms["would_sell"] * (at >= 0), n)
        room = note_market.room(e)
        enough = np.divide(room, asked, out=np.where(room > 0.0, np.inf, 0.0), where=asked > 0.0)
        taken = platforms["house_appetite"] * np.where(at >= 0, enough[at], 0.0)
        platforms["taken_by_house"][...] = np.minimum(1.0, taken)

    def run_off(self, e, gone: np.ndarray) -> None:
        """A dead platform pays what cash is left once all its loans are gone; the rest is lost."""
        platforms = e.platforms.columns
        done = gone & (platforms["loans"] == 0) & (platforms["sold_loans"] > 0)
        if not any_of(done):
            return
        n = len(e.securities_houses)
        cash = np.maximum(0, platforms["deposits"])
        back = np.where(done, np.minimum(platforms["sold_loans"], cash), 0)
        e.ledger.pay("sold loans repaid", back, total_by(platforms["house"], back, n))
        lost = np.where(done, platforms["sold_loans"], 0)
        by_house = total_by(platforms["house"], lost, n)
        e.ledger.write_off("sold loans lost", {"securities_houses": by_house}, {"platforms": lost})
        platforms["junior_kept"][done] = 0.0


FUNDER = Notes()
