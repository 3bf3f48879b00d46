"""A platform borrows from its own bank and lends that on: the risk of its loans is its own until it dies."""

import numpy as np

from sim.actors.banks import Bank
from sim.actors.platforms import Platform
from sim.credit.funders.base import Fen, Funder
from sim.credit.pools import idle
from sim.engine.chart import Flow, Instrument, WriteOff
from sim.engine.fen import any_of
from sim.engine.ledger import total_by
from sim.engine.parameters import Declared, param
from sim.engine.rows import Account, Column


class PlatformBorrowing(Declared):
    """What platforms may borrow of banks."""

    # fmt: off
    borrowing_repaid = param(0.1, unit="share/quarter", low=0.02, high=0.5, source="design",
        doc="share of its bank debt that a platform repays in a quarter")
    borrowing_limit = param(0.2, unit="share of bank room", low=0.02, high=1.0, source="assumed", held=True,
        doc="highest share of banks' room that they lend to one platform in a quarter")
    # fmt: on


class Borrowing(Funder):
    """Bank loans to the platform itself."""

    name, rank, account = "borrowing", 3, "borrowing"
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
        platforms = e.platforms.columns
        worth = np.maximum(0.0, platforms["net_worth"].astype(float))
        room = e.p.borrowing_limit * float(e.banks.columns["room"].sum())
        most = e.p.lender_debt_cap * worth
        return np.minimum(np.maximum(0.0, most - platforms["borrowing"]), room)

    def pay_in(self, e, lent: Fen) -> None:
        part = np.floor(self.share(e) * lent).astype(np.int64)
        if any_of(part):
            e.ledger.pay("loans to platforms", self.by_bank(e, part), part)

    def interest(self, e, received: Fen, left: Fen, before: Fen) -> Fen:
        """Interest, and a part of the debt, out of the platform's money; nothing out of the pools."""
        platforms, p = e.platforms.columns, e.p
        debt, money = platforms["borrowing"], np.maximum(0, platforms["deposits"])
        owed = np.minimum(np.floor((e.market.funding_rate + p.margin) * debt), money).astype(np.int64)
        back = np.minimum(np.ceil(p.borrowing_repaid * debt), np.maximum(0, platforms["deposits"] - owed))
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
