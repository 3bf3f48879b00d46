"""Credit from banks: screening, pricing, rationing; large loans are shared among all banks."""

import math

import numpy as np

from sim.engine.arithmetic import logistic
from sim.engine.compiling import compiled
from sim.engine.draws import key, uniform
from sim.engine.ledger import Some, split, total_by
from sim.markets.scoring import consumer_features, firm_features, remember, score


@compiled
def quote(z, amount, duration, funding, margin, lgd, ceiling, file_cost):
    """The rate of a loan whose log odds of default are z, and what its file is expected to gain (fen).

    L x duration x (rate - funding - PD LGD) - cost, with a rate that covers funding, risk, margin and the
    file, up to the ceiling.
    """
    risk = logistic(z) * 0.25 * lgd
    asked = min(ceiling, funding + risk + margin + file_cost / (amount * duration))
    return asked, amount * duration * (asked - funding - risk) - file_cost


@compiled
def offers_to_firms(
    wanted,
    home,
    capital,
    stock,
    debts,
    sight,
    noise,
    keys,
    quarter,
    wage,
    weights,
    mask,
    terms,
    lucky,
    offer,
    rate,
    kept,
):
    """What each bank offers to those who ask: amount and rate, or nothing where the file does not pay.

    A few who would be refused are tried. Returns files screened by bank.
    """
    funding, margin, lgd, ceiling, file_cost, duration, lends_against = terms
    files = np.zeros(weights.shape[0])
    x = np.zeros(mask.shape[1])
    for i in range(wanted.shape[0]):
        offer[i] = 0.0
        if wanted[i] > 0.0:
            bank = home[i]
            debt = float(debts[0][i] + debts[1][i] + debts[2][i])
            amount = min(wanted[i], max(0.0, lends_against * float(capital[i] + stock[i]) - debt))
            # a file that cannot earn its cost at the best of risks is not opened
            if amount * duration * (ceiling - funding) <= file_cost:
                continue
            files[bank] += 1.0
            firm_features(i, sight, noise, keys, quarter, wage, x)
            z = score(x, weights[bank], mask[bank])
            asked, gain = quote(z, amount, duration, funding, margin, lgd, ceiling, file_cost)
            if gain > 0.0 or uniform(lucky[0], sight[17][i], sight[18][i], quarter) < lucky[1]:
                offer[i] = amount
                rate[i] = asked
                kept[i] = z
    return files


@compiled
def offers_to_consumers(
    wanted, home, usual, debts, sight, noise, keys, quarter, weights, mask, terms, lucky, offer, rate, kept
):
    """As `offers_to_firms`, unsecured: the debt may not exceed `limit` quarters of usual income."""
    funding, margin, lgd, ceiling, file_cost, duration, limit = terms
    files = np.zeros(weights.shape[0])
    x = np.zeros(mask.shape[1])
    for i in range(wanted.shape[0]):
        offer[i] = 0.0
        if wanted[i] > 0.0:
            bank = home[i]
            amount = min(wanted[i], max(0.0, limit * usual[i] - float(debts[0][i] + debts[1][i])))
            if amount * duration * (ceiling - funding) <= file_cost:
                continue
            files[bank] += 1.0
            consumer_features(i, sight, noise, keys, quarter, x)
            z = score(x, weights[bank], mask[bank])
            asked, gain = quote(z, amount, duration, funding, margin, lgd, ceiling, file_cost)
            if gain > 0.0 or uniform(lucky[0], sight[7][i], sight[8][i], quarter) < lucky[1]:
                offer[i] = amount
                rate[i] = asked
                kept[i] = z
    return files


@compiled
def shares_large_loans(offer, home, bank_debt, limit, own, common):
    """A loan beyond a bank's limit to one borrower goes to all banks. Returns sums: own by bank, common."""
    by_bank = np.zeros(limit.shape[0])
    shared = 0.0
    for i in range(offer.shape[0]):
        own[i] = 0.0
        common[i] = 0.0
        if offer[i] > 0.0:
            b = home[i]
            own[i] = min(offer[i], max(0.0, limit[b] - float(bank_debt[i])))
            common[i] = offer[i] - own[i]
            by_bank[b] += own[i]
            shared += common[i]
    return by_bank, shared


@compiled
def grants(own, common, ration, common_ration, home, debts, offered_rate, rate, granted):
    """Whole fen granted: `own` and `common` become what is paid out; rates blend with those of old debt."""
    for i in range(own.shape[0]):
        granted[i] = 0.0
        if own[i] + common[i] > 0.0:
            own[i] = float(math.floor(own[i] * ration[home[i]]))
            common[i] = float(math.floor(common[i] * common_ration))
            new = own[i] + common[i]
            if new > 0.0:
                old = float(debts[0][i] + debts[1][i])
                rate[i] = (rate[i] * old + offered_rate[i] * new) / (old + new)
                granted[i] = new


@compiled
def remembers_firms(granted, lender, sight, noise, keys, quarter, wage, scores, memory):
    x = np.zeros(memory[3].shape[1])
    for i in range(granted.shape[0]):
        if granted[i] > 0.0 and memory[0][i] < 0:
            firm_features(i, sight, noise, keys, quarter, wage, x)
            remember(i, lender[i], quarter, scores[i], x, memory[0], memory[1], memory[2], memory[3])


@compiled
def remembers_consumers(granted, lender, sight, noise, keys, quarter, scores, memory):
    x = np.zeros(memory[3].shape[1])
    for i in range(granted.shape[0]):
        if granted[i] > 0.0 and memory[0][i] < 0:
            consumer_features(i, sight, noise, keys, quarter, x)
            remember(i, lender[i], quarter, scores[i], x, memory[0], memory[1], memory[2], memory[3])


SIGHT_OF_FIRMS = [
    "reported_leverage",
    "reported_margin",
    "capital",
    "stock",
    "deposits",
    "bank_debt",
    "syndicated_debt",
    "platform_debt",
    "age",
    "quality",
    "growth",
    "wage_bill",
    "investment_bill",
    "margin_now",
    "demand",
    "expected_demand",
    "depth",
]
SIGHT_OF_CONSUMERS = ["bank_debt", "platform_debt", "employed", "deposits", "usual_income", "income", "trait"]


def sight_of_firms(firms) -> tuple[np.ndarray, ...]:
    """The columns that `firm_features` reads."""
    return (*(firms.columns[c] for c in SIGHT_OF_FIRMS), firms.ids, firms.columns["generation"])


def sight_of_consumers(consumers) -> tuple[np.ndarray, ...]:
    """The columns that `consumer_features` reads."""
    return (
        *(consumers.columns[c] for c in SIGHT_OF_CONSUMERS),
        consumers.ids,
        consumers.columns["generation"],
    )


def noise_keys(seed: int) -> tuple:
    """Keys of the draws that blur what lenders see."""
    return (key(seed, "blur of a footprint"), key(seed, "haze of shallow integration"))


def lend_to_firms(economy) -> None:
    """Banks answer the firms that ask."""
    firms, banks, p, ledger, market = economy.firms, economy.banks, economy.p, economy.ledger, economy.market
    c, n = firms.columns, len(firms)
    wanted, home = c["loan_wanted"], c["bank"]
    offer, offered_rate, scores = np.empty(n), np.zeros(n), np.zeros(n)
    debts = (c["bank_debt"], c["syndicated_debt"], c["platform_debt"])
    sight, scorers = sight_of_firms(firms), economy.firm_scorers
    noise, keys = (0.0, 0.0), noise_keys(economy.seed)
    duration = (1.0 - p.instalment) / p.instalment
    terms = (
        market.funding_rate,
        p.margin,
        p.loss_given_default,
        min(p.bank_ceiling, p.rate_cap),
        p.file_cost * market.wage_index,
        duration,
        p.lends_against * market.resale / p.resale,
    )
    # who lends to none of those it fears never learns that it was wrong
    lucky = (key(economy.seed, "bank tries a firm"), p.tries)
    files = offers_to_firms(
        wanted, home, c["capital"], c["stock"], debts, sight, noise, keys, economy.quarter, market.wage,
        scorers.weights[: len(banks)], scorers.mask[: len(banks)], terms, lucky, offer, offered_rate, scores,
    )  # fmt: skip
    banks["files"] = files
    own, common = np.empty(n), np.empty(n)
    limit = p.large_exposure * np.maximum(0, banks["net_worth"]).astype(float)
    by_bank, shared = shares_large_loans(offer, home, c["bank_debt"], limit, own, common)
    room = banks["room"]
    ration = np.minimum(1.0, room / np.maximum(1.0, by_bank))
    left = np.maximum(0.0, room - by_bank * ration)
    common_ration = min(1.0, float(left.sum()) / max(1.0, shared))
    grants(own, common, ration, common_ration, home, debts, offered_rate, c["rate"], c["loan_granted"])
    rows = np.flatnonzero(c["loan_granted"])
    lent = own[rows].astype(np.int64)
    ledger.pay("loans to firms", total_by(home[rows], lent, len(banks)), Some(rows, lent))
    rows = rows[common[rows] > 0.0]
    lent = common[rows].astype(np.int64)
    total = int(lent.sum())
    if total > 0:
        ledger.pay("syndicated loans", split(total, left), Some(rows, lent))
    remembers_firms(
        c["loan_granted"], home, sight, noise, keys, economy.quarter, market.wage, scores, scorers.memory
    )
    banks["room"] = np.maximum(0.0, left)


def lend_to_consumers(economy) -> None:
    """Banks answer the consumers that ask; after the firms, with the room that is left."""
    consumers, banks, p, ledger = economy.consumers, economy.banks, economy.p, economy.ledger
    market = economy.market
    c, n = consumers.columns, len(consumers)
    wanted, home = c["loan_wanted"], c["bank"]
    offer, offered_rate, scores = np.empty(n), np.zeros(n), np.zeros(n)
    debts = (c["bank_debt"], c["platform_debt"])
    sight, scorers = sight_of_consumers(consumers), economy.consumer_scorers
    noise, keys = (0.0, 0.0), noise_keys(economy.seed)
    terms = (
        market.funding_rate,
        p.consumer_margin,
        p.unsecured_loss,
        p.consumer_ceiling,
        p.consumer_file_cost * market.wage_index,
        (1.0 - p.consumer_instalment) / p.consumer_instalment,
        p.consumer_limit,
    )
    lucky = (key(economy.seed, "bank tries a consumer"), p.tries)
    files = offers_to_consumers(
        wanted, home, c["usual_income"], debts, sight, noise, keys, economy.quarter,
        scorers.weights[: len(banks)], scorers.mask[: len(banks)], terms, lucky, offer, offered_rate, scores,
    )  # fmt: skip
    banks["consumer_files"] = files
    own = np.empty(n)
    by_bank, _ = shares_large_loans(
        offer, home, c["bank_debt"], np.full(len(banks), np.inf), own, np.empty(n)
    )
    room = banks["room"]
    ration = np.minimum(1.0, room / np.maximum(1.0, by_bank))
    grants(own, np.zeros(n), ration, 0.0, home, debts, offered_rate, c["rate"], c["loan_granted"])
    rows = np.flatnonzero(c["loan_granted"])
    lent = own[rows].astype(np.int64)
    ledger.pay("loans to consumers", total_by(home[rows], lent, len(banks)), Some(rows, lent))
    remembers_consumers(c["loan_granted"], home, sight, noise, keys, economy.quarter, scores, scorers.memory)
    banks["room"] = np.maximum(0.0, room - by_bank * ration)
