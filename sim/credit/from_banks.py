"""Credit from banks: screening, pricing, rationing; large loans are shared among all banks."""

import math

import numpy as np

from sim.engine.arithmetic import logistic
from sim.engine.compiling import compiled, compiled_apart
from sim.engine.draws import key, uniform
from sim.engine.ledger import Some, rows_with, split
from sim.credit.scoring import (
    CONSUMER_FEATURES,
    FIRM_FEATURES,
    MATURES,
    remember,
    score_consumers,
    score_firms,
    sight_of_consumers,
    sight_of_firms,
)

ACCOUNTS_OUT = 8.0  # quarters of age: a year until the first accounts close, one until they come out


@compiled
def quote(z, amount, duration, funding, margin, lgd, ceiling, file_cost):
    """The rate of a loan whose log odds of default are z, and what its file is expected to gain (fen).

    L x duration x (rate - funding - PD LGD) - cost, with a rate that covers funding, risk, margin and the
    file, up to the ceiling.
    """
    risk = logistic(z) / MATURES * lgd
    asked = min(ceiling, funding + risk + margin + file_cost / (amount * duration))
    return asked, amount * duration * (asked - funding - risk) - file_cost


@compiled
def pays(amount, terms):
    """Can a file of this loan earn its cost at the best of risks? Else it is not opened."""
    funding, _, _, ceiling, file_cost, duration = terms
    return amount * duration * (ceiling - funding) > file_cost


@compiled
def open_files_of_firms(wanted, age, capital, stock, debts, least_age, lends_against, terms, rows, amounts):
    """Who asks and is old enough, and how much of it what he can pledge allows. Returns how many do."""
    opened = 0
    for i in range(wanted.shape[0]):
        debt = float(debts[0][i] + debts[1][i] + debts[2][i])
        amount = min(wanted[i], max(0.0, lends_against * float(capital[i] + stock[i]) - debt))
        rows[opened] = i
        amounts[opened] = amount
        opened += 1 if age[i] >= least_age and pays(amount, terms) else 0
    return opened


@compiled
def open_files_of_consumers(wanted, usual, debts, limit, terms, rows, amounts):
    """As `open_files_of_firms`, unsecured: the debt may not exceed `limit` quarters of usual income."""
    opened = 0
    for i in range(wanted.shape[0]):
        if wanted[i] > 0.0:  # few do
            amount = min(wanted[i], max(0.0, limit * usual[i] - float(debts[0][i] + debts[1][i])))
            rows[opened] = i
            amounts[opened] = amount
            opened += 1 if pays(amount, terms) else 0
    return opened


@compiled_apart
def make_offers(rows, amounts, scores, terms, tries, k, ids, generation, quarter, offer, rate):
    """What a bank offers each of the `rows`: amount and rate, or nothing if the file does not pay.

    A few who would be refused are tried.
    """
    funding, margin, lgd, ceiling, file_cost, duration = terms
    for n in range(rows.shape[0]):
        rate[n], gain = quote(scores[n], amounts[n], duration, funding, margin, lgd, ceiling, file_cost)
        luck = uniform(k, ids[rows[n]], generation[rows[n]], quarter)
        offer[n] = amounts[n] if gain > 0.0 or luck < tries else 0.0


@compiled
def grants(rows, offer, lender, debts, limit, room, offered_rate, rate, granted, own, common):
    """Whole fen that banks lend: `own` loans, and parts in a `common` loan to the same firm.

    A loan beyond a bank's limit to one borrower goes to all banks. Banks that lack room ration all alike;
    what they have left is written into `room`. Rates blend with those of old debt. Returns what all banks
    lend in common.
    """
    by_bank, shared, left = np.zeros(room.shape[0]), 0.0, 0.0
    for n in range(rows.shape[0]):
        b = lender[n]
        own[n] = min(offer[n], max(0.0, limit[b] - float(debts[0][rows[n]])))
        common[n] = offer[n] - own[n]
        by_bank[b] += own[n]
        shared += common[n]
    for b in range(room.shape[0]):
        asked = by_bank[b]
        by_bank[b] = min(1.0, room[b] / max(1.0, asked))  # the share of it that there is room for
        room[b] = max(0.0, room[b] - asked * by_bank[b])
        left += room[b]
    together, lent = min(1.0, left / max(1.0, shared)), 0.0
    for n in range(rows.shape[0]):
        i = rows[n]
        own[n] = float(math.floor(own[n] * by_bank[lender[n]]))
        common[n] = float(math.floor(common[n] * together))
        new = own[n] + common[n]
        lent += common[n]
        if new > 0.0:
            old = float(debts[0][i] + debts[1][i])
            rate[i] = (rate[i] * old + offered_rate[n] * new) / (old + new)
            granted[i] = new
    return lent


def lend_to_firms(economy) -> None:
    """Banks answer the firms that ask."""
    firms, banks, p, ledger, market = economy.firms, economy.banks, economy.p, economy.ledger, economy.market
    c, home = firms.columns, firms.columns["bank"]
    debts = (c["bank_debt"], c["syndicated_debt"], c["platform_debt"])
    sight, scorers = sight_of_firms(firms), economy.firm_scorers
    noise, quarter = (0.0, 0.0), economy.quarter
    terms = (
        market.funding_rate,
        p.margin,
        p.loss_given_default,
        min(p.bank_ceiling, p.rate_cap),
        p.file_cost * market.wage_index,
        (1.0 - p.instalment) / p.instalment,
    )
    rows, amounts = np.empty(len(firms), np.int64), np.empty(len(firms))
    lends_against = p.lends_against * market.resale / p.resale
    opened = open_files_of_firms(
        c["loan_wanted"],
        c["age"],
        c["capital"],
        c["stock"],
        debts,
        ACCOUNTS_OUT if p.needs_accounts else 0.0,
        lends_against,
        terms,
        rows,
        amounts,
    )
    rows, amounts = rows[:opened], amounts[:opened]
    scores, offer, rate, own, common = (np.empty(opened) for _ in range(5))
    lender, unblurred = home[rows], np.zeros(opened)
    banks.columns["files"][...] = np.bincount(lender, minlength=len(banks))
    features = np.empty((FIRM_FEATURES, opened), np.float32)
    score_firms(
        rows, lender, sight, market.wage, noise, unblurred, unblurred, scorers.weighs, features, scores
    )
    # who lends to none of those it fears never learns that it was wrong
    luck = key(economy.seed, "bank tries a firm")
    make_offers(rows, amounts, scores, terms, p.tries, luck, firms.ids, c["generation"], quarter, offer, rate)
    limit = p.large_exposure * np.maximum(0, banks["net_worth"])
    c["loan_granted"][...] = 0.0
    left = banks["room"]
    total = int(
        grants(rows, offer, lender, debts, limit, left, rate, c["rate"], c["loan_granted"], own, common)
    )
    # a lender learns from what it has judged by
    remember(rows, own + common, lender, quarter, scores, features, scorers.memory)
    ledger.pay_at_home("loans to firms", Some(rows, own))
    if total > 0:
        large = rows_with(common)
        ledger.pay("syndicated loans", split(total, left), Some(rows[large], common[large]))


def lend_to_consumers(economy) -> None:
    """Banks answer the consumers that ask; after the firms, with the room that is left."""
    consumers, banks, p, ledger = economy.consumers, economy.banks, economy.p, economy.ledger
    market = economy.market
    c, home = consumers.columns, consumers.columns["bank"]
    debts = (c["bank_debt"], c["platform_debt"])
    own_debts = (c["bank_debt"], np.zeros(len(consumers), np.int64))  # what the rate is paid on
    sight, scorers = sight_of_consumers(consumers), economy.consumer_scorers
    noise, quarter = (0.0, 0.0), economy.quarter
    terms = (
        market.funding_rate,
        p.consumer_margin,
        p.unsecured_loss,
        p.consumer_ceiling,
        p.consumer_file_cost * market.wage_index,
        (1.0 - p.consumer_instalment) / p.consumer_instalment,
    )
    rows, amounts = np.empty(len(consumers), np.int64), np.empty(len(consumers))
    opened = open_files_of_consumers(
        c["loan_wanted"], c["usual_income"], debts, p.consumer_limit, terms, rows, amounts
    )
    rows, amounts = rows[:opened], amounts[:opened]
    scores, offer, rate, own, common = (np.empty(opened) for _ in range(5))
    lender, unblurred = home[rows], np.zeros(opened)
    banks.columns["consumer_files"][...] = np.bincount(lender, minlength=len(banks))
    features = np.empty((CONSUMER_FEATURES, opened), np.float32)
    score_consumers(rows, lender, sight, noise, unblurred, scorers.weighs, features, scores)
    luck = key(economy.seed, "bank tries a consumer")
    make_offers(
        rows, amounts, scores, terms, p.tries, luck, consumers.ids, c["generation"], quarter, offer, rate
    )
    unlimited = np.full(len(banks), np.inf)
    c["loan_granted"][...] = 0.0
    grants(
        rows, offer, lender, own_debts, unlimited, banks["room"], rate, c["rate"], c["loan_granted"], own,
        common,
    )  # fmt: skip
    remember(rows, own, lender, quarter, scores, features, scorers.memory)
    ledger.pay_at_home("loans to consumers", Some(rows, own))
