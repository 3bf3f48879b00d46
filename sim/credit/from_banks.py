"""Credit from banks: screening, pricing, rationing; large loans are shared among all banks."""

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from sim.actors.firm_finance import to_pledge
from sim.credit.footprints import leave_footprints
from sim.credit.scoring import Asked, Scorers, score_consumers, score_firms
from sim.credit.underwriting import Terms, duration_of, underwrite
from sim.engine.compiling import compiled
from sim.engine.draws import claim, key, uniform
from sim.engine.kernels import kernel, kernel_apart
from sim.engine.ledger import Some, rows_with, split
from sim.markets.payments.wallets import passing_of_consumers, passing_of_firms

YEAR = 4.0  # quarters: the first accounts close after one, and come out after another
TRIES_FIRMS, TRIES_CONSUMERS = (claim(f"bank tries a {who}", __name__) for who in ("firm", "consumer"))


@compiled
def worth_a_file(amount, terms):
    """Can a file of this loan earn its cost at the best of risks? Else it is not opened."""
    return amount * terms.duration * (terms.ceiling - terms.base) > terms.file_cost


@kernel
def open_files_of_firms(firms, least_age, lends_against, market, p, terms, asked):
    """Who asks and is old enough, and how much of it what he can pledge allows. Returns how many do."""
    opened = 0
    for i in range(firms.loan_wanted.shape[0]):
        debt = float(firms.bank_debt[i] + firms.syndicated_debt[i] + firms.platform_debt[i])
        pledged = lends_against * to_pledge(float(firms.capital[i] + firms.stock[i]), market, p)
        amount = min(firms.loan_wanted[i] - firms.platform_granted[i], max(0.0, pledged - debt))
        asked.rows[opened] = i
        asked.amounts[opened] = amount
        opened += 1 if firms.age[i] >= least_age and worth_a_file(amount, terms) else 0
    return opened


@kernel
def open_files_of_consumers(consumers, p, terms, asked):
    """As `open_files_of_firms`, unsecured, of those whom banks know: debt may not exceed `consumer_limit`
    quarters of usual income."""
    opened = 0
    for i in range(consumers.loan_wanted.shape[0]):
        if consumers.loan_wanted[i] > 0.0 and consumers.known[i]:  # few do
            debt = float(consumers.bank_debt[i] + consumers.platform_debt[i])
            free = p.consumer_limit * consumers.usual_income[i] - debt
            amount = min(consumers.loan_wanted[i] - consumers.platform_granted[i], max(0.0, free))
            asked.rows[opened] = i
            asked.amounts[opened] = amount
            opened += 1 if worth_a_file(amount, terms) else 0
    return opened


@kernel_apart
def make_offers(asked, borrowers, terms, p, luck, quarter, offers):
    """What a bank offers each that has asked: amount and rate, or nothing if the file does not pay.

    A few who would be refused are tried: who lends to none of those it fears never learns that it was wrong.
    """
    for n in range(asked.rows.shape[0]):
        i = asked.rows[n]
        offers.rate[n], pays = underwrite(asked.scores[n], asked.amounts[n], terms)
        u = uniform(luck, borrowers.ids[i], borrowers.generation[i], quarter)
        offers.amount[n] = asked.amounts[n] if pays or u < p.tries else 0.0


@kernel
def grant(asked, offers, borrowers, shared_debt, banks, limit):
    """Whole fen that banks lend: `own` loans, and parts in a `common` loan to the same borrower.

    A loan beyond a bank's limit to one borrower goes to all banks. Banks that lack room ration all alike;
    what they have left is written into their room. Rates blend with those of old debt, to the own bank and to
    all of them (shared_debt). Returns what all banks lend in common.
    """
    room = banks.room
    by_bank, shared, left = np.zeros(room.shape[0]), 0.0, 0.0
    for n in range(asked.rows.shape[0]):
        b = asked.lender[n]
        own = min(offers.amount[n], max(0.0, limit[b] - float(borrowers.bank_debt[asked.rows[n]])))
        offers.own[n] = own
        offers.common[n] = offers.amount[n] - own
        by_bank[b] += own
        shared += offers.common[n]
    for b in range(room.shape[0]):
        wanted = by_bank[b]
        by_bank[b] = min(1.0, room[b] / max(1.0, wanted))  # the share of it that there is room for
        room[b] = max(0.0, room[b] - wanted * by_bank[b])
        left += room[b]
    together, lent = min(1.0, left / max(1.0, shared)), 0.0
    for n in range(asked.rows.shape[0]):
        i = asked.rows[n]
        offers.own[n] = float(math.floor(offers.own[n] * by_bank[asked.lender[n]]))
        offers.common[n] = float(math.floor(offers.common[n] * together))
        new = offers.own[n] + offers.common[n]
        lent += offers.common[n]
        if new > 0.0:
            old = float(borrowers.bank_debt[i] + shared_debt[i])
            borrowers.rate[i] = (borrowers.rate[i] * old + offers.rate[n] * new) / (old + new)
            borrowers.loan_granted[i] = new
    return lent


def terms_of_banks(economy, *, fee: float, loss: float, ceiling: float, file_cost: float, instalment: float):
    """On what terms all banks lend to one kind of borrower; file_cost in fen at first wages."""
    money, cost = economy.market.funding_rate, file_cost * economy.market.wage_index
    return Terms(
        own=1.0, others=0.0, base=money, own_cost=money, fee=fee, prices_risk=1.0, spread_cost=cost,
        ceiling=ceiling, loss=loss, file_cost=cost, duration=duration_of(instalment),
    )  # fmt: skip


def offered(economy, borrowers: Any, asked: Asked, terms: Terms, tries: str) -> SimpleNamespace:
    """What banks offer those who have asked and are scored, and scratch for `grant`; rate and fen."""
    offers = SimpleNamespace(**{name: np.empty(len(asked)) for name in ("amount", "rate", "own", "common")})
    luck = key(economy.draws_from, tries)
    make_offers(asked, borrowers, terms, economy.p, luck, economy.quarter, offers)
    return offers


def take_along(economy, borrowers: Any, asked: Asked, scorers: Scorers, passing_of: Callable) -> None:
    """Where the law lets people show what platforms see of them, banks that they ask see it, too."""
    portable = economy.p.data_portability > 0.0
    # what is newly seen has had a weight of zero so far
    scorers.mask[: scorers.banks] = scorers.features_seen[[0, 1] if portable else [0]].max(axis=0)
    if portable:
        nobody = np.full(len(asked), -1, np.int32)
        leave_footprints(economy, borrowers, asked, passing_of(economy, asked.rows, nobody))


def lend_to_firms(economy) -> None:
    """Banks answer the firms that ask."""
    firms, banks, p, ledger, market = economy.firms, economy.banks, economy.p, economy.ledger, economy.market
    terms = terms_of_banks(
        economy, fee=p.margin, loss=p.loss_given_default, ceiling=min(p.bank_ceiling, p.rate_cap),
        file_cost=p.file_cost, instalment=p.instalment,
    )  # fmt: skip
    least_age, asked = YEAR * (1.0 + p.accounts_asked) if p.needs_accounts else 0.0, Asked(len(firms))
    lends_against = p.lends_against * market.resale / p.resale
    asked.only(open_files_of_firms(firms, least_age, lends_against, market, p, terms, asked))
    asked.of_lenders(firms.columns["bank"][asked.rows])
    banks.columns["files"][...] = np.bincount(asked.lender, minlength=len(banks))
    take_along(economy, firms, asked, economy.firm_scorers, passing_of_firms)
    score_firms(economy, asked)
    offers = offered(economy, firms, asked, terms, TRIES_FIRMS)
    limit = p.large_exposure * np.maximum(0, banks["net_worth"])
    total = int(grant(asked, offers, firms, firms["syndicated_debt"], banks, limit))
    economy.firm_scorers.remember(asked, offers.own + offers.common, economy.quarter)
    ledger.pay_at_home("loans to firms", Some(asked.rows, offers.own))
    if total > 0:
        large = rows_with(offers.common)
        part = Some(asked.rows[large], offers.common[large])
        ledger.pay("syndicated loans", split(total, banks["room"]), part)


def lend_to_consumers(economy) -> None:
    """Banks answer the consumers that ask; after the firms, with the room that is left."""
    consumers, banks, p = economy.consumers, economy.banks, economy.p
    terms = terms_of_banks(
        economy, fee=p.consumer_margin, loss=p.unsecured_loss, ceiling=p.consumer_ceiling,
        file_cost=p.consumer_file_cost, instalment=p.consumer_instalment,
    )  # fmt: skip
    asked = Asked(len(consumers))
    asked.only(open_files_of_consumers(consumers, p, terms, asked))
    asked.of_lenders(consumers.columns["bank"][asked.rows])
    banks.columns["consumer_files"][...] = np.bincount(asked.lender, minlength=len(banks))
    take_along(economy, consumers, asked, economy.consumer_scorers, passing_of_consumers)
    score_consumers(economy, asked)
    offers = offered(economy, consumers, asked, terms, TRIES_CONSUMERS)
    unlimited, nothing = np.full(len(banks), np.inf), np.zeros(len(consumers), np.int64)
    grant(asked, offers, consumers, nothing, banks, unlimited)
    economy.consumer_scorers.remember(asked, offers.own, economy.quarter)
    economy.ledger.pay_at_home("loans to consumers", Some(asked.rows, offers.own))
