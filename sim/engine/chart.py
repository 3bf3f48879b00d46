"""What a chart of accounts is made of: kinds of payments, of changes in value, of claims."""

from collections.abc import Mapping
from dataclasses import dataclass

NET_WORTH = "net_worth"


@dataclass(frozen=True)
class Flow:
    """A kind of payment.

    `spent_on` is what the payer gets for it, `earned_by` what the payee gives for it: "net_worth" for
    an expense or income, else an account of that table (an asset bought or sold, a liability repaid or
    incurred). `payer_money` and `payee_money` name an account other than the usual money that the payment
    is made with: a promise of the payer, which the payee holds, or a claim handed over.
    """

    payer: str
    payee: str
    spent_on: str = NET_WORTH
    earned_by: str = NET_WORTH
    payer_money: str = ""
    payee_money: str = ""

    @property
    def in_money(self) -> bool:
        """Whether money changes hands, or a promise or claim in its stead."""
        return not (self.payer_money or self.payee_money)


@dataclass(frozen=True)
class Change:
    """A booking without a payment, within one agent: an asset gains or loses value against net worth."""

    table: str
    account: str
    gain: bool = False


@dataclass(frozen=True)
class WriteOff:
    """A claim that will not be paid: the holders' loss is the debtors' gain; (table, account) pairs."""

    held: tuple[tuple[str, str], ...]
    owed: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Instrument:
    """Who may hold a claim and who owes it, as (table, account) pairs."""

    holders: tuple[tuple[str, str], ...]
    issuers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Chart:
    """The chart of accounts: which accounts are money, which are owed, what flows there are."""

    money: Mapping[str, str]
    liabilities: frozenset[tuple[str, str]]
    real: frozenset[tuple[str, str]]
    flows: Mapping[str, Flow | Change | WriteOff]
    instruments: Mapping[str, Instrument]
