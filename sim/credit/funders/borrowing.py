"""A platform borrows from its own bank and lends that on: the risk of its loans is its own until it dies.

A business model may say that a share of each loan is borrowed. Any other platform borrows what it lacks of
cash for its own part of loans, as far as its capital goes, and pays that back as its loans come back.
"""

import numpy as np

from sim.actors.banks import Bank
from sim.actors.platforms import Platform
from sim.credit import funders
from sim.credit.funders.base import Fen, Funder
from sim.credit.pools import idle
from sim.engine.chart import Flow, Instrument, WriteOff
from sim.engine.fen import any_of
from sim.engine.kernels import kernel
from sim.engine.ledger import total_by
from sim.engine.parameters import Declared, param
from sim.engine.rows import Account, Column


class PlatformBorrowing(Declared):
    """What platforms may borrow of banks."""

    # fmt: off
    borrowing_repaid = param(0.1, unit="share/quarter", low=0.02, high=0.5, source="design",
        doc="share of its bank debt that a platform repays in a quarter")
    own_part_borrowed = param(1.0, unit="ratio", low=0.0, high=4.0, source="RULE_MICROLENDER_LEVERAGE",
        doc="bank debt, over its capital, up to which a platform borrows for its own part of loans what it "
        "lacks of cash; at 0 it does not")
    borrowing_limit = param(0.2, unit="share of bank room", low=0.02, high=1.0, source="assumed", held=True,
        doc="highest share of banks' room that they lend to one platform in a quarter")
    # fmt: on


@kernel
def list_borrowing(platforms, leverage, room, more):
    """See `Borrowing.up_to`; room: the most that banks lend one platform now (fen)."""
    for q in range(more.shape[0]):
        worth = max(0.0, float(platforms.net_worth[q]))
        more[q] = min(max(0.0, leverage * worth - platforms.borrowing[q]), room)


class Borrowing(Funder):
    """Bank loans to the platform itself."""

    name, rank, account = "borrowing", 4, "borrowing"
    adds = {
        Platform: {
            "from_borrowing": Column(0.0, unit="share of a loan"),
            "borrowing": Account("from banks"),
        },
        Bank: {"platform_loans": Account("to platforms")},
    }
    instruments = {
        "loans to platforms": Instrument((("banks", "platform_loans"),), (("platforms", "borrowing"),))
    }
    flows = {
        "loans to platforms": Flow("banks", "platforms", spent_on="platform_loans", earned_by="borrowing"),
        "borrowing repaid": Flow("platforms", "banks", spent_on="borrowing", earned_by="platform_loans"),
        "interest on borrowing": Flow("platforms", "banks"),
        "bad loans to platforms": WriteOff((("banks", "platform_loans"),), (("platforms", "borrowing"),)),
    }
    pays_fee = False
    counts = "always"

    def limit(self, e, need: np.ndarray) -> np.ndarray:
        """A bank lends a platform up to its capital times a cap, and a part of the room there is."""
        return self.up_to(e, e.p.lender_debt_cap)

    def adds_to_own(self, e) -> np.ndarray:
        """As `limit`; nothing where each loan is borrowed in part anyway, up to that limit."""
        return np.where(
            self.share(e) > 0.0, 0.0, self.up_to(e, min(e.p.own_part_borrowed, e.p.lender_debt_cap))
        )

    def up_to(self, e, leverage: float) -> np.ndarray:
        """What banks would lend now up to a debt of so many times a platform's capital (fen)."""
        out = np.empty(len(e.platforms))
        room = e.p.borrowing_limit * float(e.banks.columns["room"].sum())
        list_borrowing(e.platforms, leverage, room, out)
        return out

    def pays_for_own(self, e, lacking: np.ndarray) -> None:
        part = np.minimum(lacking, np.floor(self.adds_to_own(e))).astype(np.int64)
        self.pay_in(e, part, part)

    def pay_in(self, e, lent: Fen, part: Fen) -> None:
        """The platforms' banks lend them so much."""
        if any_of(part):
            e.ledger.pay("loans to platforms", self.by_bank(e, part), part)

    def repay(self, e, principal: Fen, before: Fen) -> None:
        """What was borrowed for the own part of loans is paid back as this part is, and out of nothing else
        that has come in: interest belongs to others first."""
        platforms = e.platforms.columns
        owed = np.where(self.share(e) > 0.0, 0, platforms["borrowing"])
        others = sum(funder.owed(e) for funder in funders.FUNDERS if funder is not self)
        loans = platforms["loans"]  # after what came in, as what the others have a claim on
        own = np.maximum(0, loans - others) / np.maximum(1, loans)
        back = np.minimum(owed, np.floor(own * principal)).astype(np.int64)
        back = np.minimum(back, np.maximum(0, platforms["deposits"]))
        if any_of(back):
            e.ledger.pay("borrowing repaid", back, self.by_bank(e, back))

    def interest(self, e, received: Fen, left: Fen, before: Fen) -> Fen:
        """Interest, and a part of the debt, out of the platform's money; nothing out of the pools, nor out of
        what anchors have paid on invoices, which waits for those who fund them."""
        platforms, p = e.platforms.columns, e.p
        debt, own = platforms["borrowing"], platforms["deposits"] - platforms["invoices_held"]
        money = np.maximum(0, own)
        owed = np.minimum(np.floor((e.market.funding_rate + p.margin) * debt), money).astype(np.int64)
        # who is worth more than it owes is left what its team costs next: its bank gets the rest later
        team = np.where(platforms["net_worth"] > 0, np.ceil(platforms["team_due"]), 0.0)
        back = np.minimum(np.ceil(p.borrowing_repaid * debt), np.maximum(0.0, money - owed - team))
        back = back.astype(np.int64)
        if any_of(owed) or any_of(back):
            by_bank = self.by_bank(e, owed)
            e.ledger.pay("interest on borrowing", owed, by_bank)
            e.banks["interest_income"] += by_bank
            e.ledger.pay("borrowing repaid", back, self.by_bank(e, back))
        platforms["direct_cost"] += owed
        return super().interest(e, received, left, before)

    def run_off(self, e, gone: np.ndarray) -> None:
        platforms = e.platforms.columns
        cash = np.where(gone, np.maximum(0, platforms["deposits"] - idle(e)), 0)
        back = np.minimum(cash, platforms["borrowing"])
        if any_of(back):
            e.ledger.pay("borrowing repaid", back, self.by_bank(e, back))
        lost = np.where(gone & (platforms["loans"] == 0), platforms["borrowing"], 0)
        if any_of(lost):
            by_bank = self.by_bank(e, lost)
            e.ledger.write_off("bad loans to platforms", {"banks": by_bank}, {"platforms": lost})
            e.banks["loan_losses"] += by_bank

    def by_bank(self, e, fen: Fen) -> np.ndarray:
        """Summed by the platforms' banks (int64)."""
        return total_by(e.platforms["bank"], fen, len(e.banks))


FUNDER = Borrowing()
