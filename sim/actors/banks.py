"""Banks: they take deposits, make loans, price risk, and need capital to do so."""

from typing import NamedTuple

from sim.engine.columns import Account, Column, Row
from sim.engine.kernels import kernel
from sim.engine.parameters import Declared, param
from sim.engine.rules import rule


class Banks(Declared):
    """How banks price, what they cost, how they keep capital."""

    # fmt: off
    margin = param(0.002, unit="share/quarter", low=0.002, high=0.012, source="BANK_MARGIN",
        doc="banks' margin on loans to firms, over funding cost, expected loss and the cost of the file")
    needs_accounts = param(True, unit="yes/no", source="design",
        doc="whether banks lend only to firms whose accounts are out")
    accounts_asked = param(2.0, unit="year", low=1.0, high=3.0, source="ACCOUNTS_ASKED",
        doc="yearly accounts of a firm that are out before banks lend to it, where they need accounts")
    tries = param(0.02, unit="share", low=0.005, high=0.05, source="assumed",
        doc="chance that a bank lends on a file that it would refuse, to learn from the outcome")
    deposit_spread = param(0.0002, unit="share/quarter", low=0.0, high=0.006, source="BANK_MARGIN",
        doc="by how much banks pay less on deposits than the policy rate")
    bank_ceiling = param(0.0195, unit="share/quarter", low=0.014, high=0.06, source="SMALL_FIRM_RATE",
        doc="highest rate that banks ask of firms")
    file_cost = param(200_000.0, unit="fen/file", low=20_000.0, high=400_000.0, source="COST_PER_LOAN",
        doc="what it costs a bank to screen an application of a firm, at first wages")
    consumer_file_cost = param(50_000.0, unit="fen/file", low=5_000.0, high=200_000.0, source="assumed",
        doc="what it costs a bank to screen an application of a consumer row, at first wages")
    consumer_margin = param(0.003, unit="share/quarter", low=0.001, high=0.03, source="assumed",
        doc="banks' margin on loans to consumers, over funding cost, expected loss and the cost of the file")
    running_cost = param(0.002, unit="share of loans/quarter", low=0.001, high=0.004,
        prior=(0.001, 0.003), source="assumed",
        doc="what banks spend on staff to look after their loans")
    loss_given_default = param(0.3, unit="share", low=0.23, high=0.7, source="LGD_BANK",
        doc="share of a bank's loan to a firm that it reckons to lose at default")
    lends_against = param(0.9, unit="share of book value", low=0.5, high=0.9, source="COLLATERALISED",
        doc="highest debt of a firm to which banks lend, over what it has to pledge, at calm resale prices")
    pledged_least = param(0.75, unit="share of assets", low=0.3, high=1.0, source="COLLATERAL_TAKEN",
        doc="part of its machines and stock that banks take as security from the smallest firm")
    pledged_half = param(80.0, unit="workers", low=10.0, high=400.0, source="assumed", held=True,
        doc="machines and stock, over a quarter's wage, at which half of what the smallest lacks is pledged")
    unsecured_loss = param(0.9, unit="share", low=0.6, high=1.0, source="assumed",
        doc="share of a loan without collateral that lenders reckon to lose at default")
    consumer_ceiling = param(0.045, unit="share/quarter", low=0.02, high=0.06, source="assumed",
        doc="highest rate that banks ask of consumers")
    consumer_limit = param(3.0, unit="quarters of income", low=0.5, high=4.0, source="assumed",
        prior=(2.0, 4.0),
        doc="highest debt of a consumer to which banks lend")
    capital_target = param(0.135, unit="share of loans", low=0.11, high=0.18, source="BANK_CAPITAL",
        doc="capital over loans above which banks pay dividends")
    bank_payout = param(0.6, unit="share of excess capital", low=0.1, high=1.0, source="assumed",
        doc="share of its capital above target that a bank pays out in a quarter")
    # fmt: on


class Bank(Row):
    """A bank."""

    generation = Column(0, unit="count", dtype="uint32")
    room = Column(0.0, unit="fen", doc="loans that its capital still allows")
    files = Column(0.0, unit="files/quarter", doc="applications screened")
    consumer_files = Column(0.0, unit="files/quarter")
    interest_income = Column(0.0, unit="fen/quarter", of_the_quarter=True)
    interest_cost = Column(0.0, unit="fen/quarter", of_the_quarter=True)
    loan_losses = Column(0.0, unit="fen/quarter", of_the_quarter=True)
    costs = Column(0.0, unit="fen/quarter")
    profit = Column(0.0, unit="fen/quarter")
    tax_paid = Column(0.0, unit="fen/quarter")
    dividend = Column(0.0, unit="fen/quarter")
    equity_wanted = Column(0.0, unit="fen")
    failures = Column(0.0, unit="count", doc="times resolved")
    reserves = Account("at the central bank")
    bonds = Account("of the state")
    firm_loans = Account("to own firms")
    syndicated_loans = Account("share in loans too large for one bank")
    consumer_loans = Account("to own consumers")
    deposits_owed = Account("to customers")
    advances_owed = Account("to the central bank")
    net_worth = Account("capital")


@kernel
def own_loans(bank):
    """What a bank, or each bank of a table, has lent itself to firms and consumers (whole fen)."""
    return bank.firm_loans + bank.syndicated_loans + bank.consumer_loans


@kernel
def all_loans(bank):
    """What it has lent itself, through platforms, to platforms and to securities houses (whole fen)."""
    through = bank.participations + bank.platform_loans
    return own_loans(bank) + through + (bank.notes + bank.warehouse_loans)


@rule(writes="room")
def finds_room(bank, market, p, u):
    """Loans that may still be made: capital over the required ratio, less loans there are.   [fen]"""
    return max(0.0, float(bank.net_worth) / p.capital_required - float(all_loans(bank)))


class Closed(NamedTuple):
    """What `closes_books` writes."""

    profit: float
    tax_paid: float
    dividend: float
    equity_wanted: float


@rule(writes=Closed)
def closes_books(bank, market, p, u):
    """Tax on profit; capital above target is paid out; below the required ratio, new equity is asked for."""
    loans = float(all_loans(bank))
    profit = bank.interest_income - bank.interest_cost - bank.loan_losses - bank.costs
    tax = p.profit_tax * max(0.0, profit)
    capital = float(bank.net_worth) - tax
    excess = capital - p.capital_target * loans
    dividend = p.bank_payout * max(0.0, excess)
    lacking = max(0.0, p.capital_required * loans - capital)
    return Closed(
        profit=profit,
        tax_paid=tax,
        dividend=dividend,
        equity_wanted=lacking,
    )
