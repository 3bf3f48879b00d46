"""Whose the money is that a platform has: its own, or that of households and of users of its wallet."""

from typing import NamedTuple

from sim.engine.compiling import compiled


class Purse(NamedTuple):
    """What of a platform's accounts says whose its money is."""

    deposits: int
    claims_owed: int
    loans: int
    participations_owed: int
    sold_loans: int
    borrowing: int
    float_owed: int
    custody: int


@compiled
def purse(platforms, q):
    """The purse of one platform of a table."""
    return Purse(
        deposits=platforms.deposits[q], claims_owed=platforms.claims_owed[q], loans=platforms.loans[q],
        participations_owed=platforms.participations_owed[q], sold_loans=platforms.sold_loans[q],
        borrowing=platforms.borrowing[q], float_owed=platforms.float_owed[q], custody=platforms.custody[q],
    )  # fmt: skip


@compiled
def idle_claims(platform):
    """Households' money with a platform, or a `Purse`, that is not lent out.   [fen]"""
    lent_by_others = platform.participations_owed + platform.sold_loans
    return float(max(0, platform.claims_owed - (platform.loans - lent_by_others)))


@compiled
def idle_float(platform):
    """Users' money in its wallet that is not in custody and does not carry its own part of loans.   [fen]"""
    lent_by_others = platform.participations_owed + platform.sold_loans + platform.borrowing
    own = platform.loans - (lent_by_others + platform.claims_owed)
    return float(max(0, platform.float_owed - platform.custody - max(0, own)))


@compiled
def own_cash(platform):
    """What of the deposits of a platform, or of a `Purse`, is not the money of others.   [fen]"""
    return max(0.0, float(platform.deposits) - idle_claims(platform) - idle_float(platform))
