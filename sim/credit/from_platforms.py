"""Credit through platforms: those whom banks sent away, or left short, ask a platform they use.

One underwriting rule for all: accept what adds to one's own expected profit, given what one sees, earns and
keeps. Who funds: households' claims, banks' participations, bank loans to the platform, its own money.
"""

import numpy as np

from sim.actors.banks import own_loans
from sim.actors.platforms import Purse, idle_claims, purse
from sim.engine.arithmetic import logistic, open_one
from sim.engine.compiling import compiled
from sim.engine.draws import key, normals
from sim.engine.kernels import kernel
from sim.engine.fen import split_within
from sim.engine.ledger import Some, split_by, total_by
from sim.engine.parameters import Declared, param
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


class PlatformCredit(Declared):
    """Terms of credit through platforms."""

    # fmt: off
    line_of_firm = param(0.3, unit="quarters of sales", low=0.06, high=0.6, source="assumed",
        doc="highest debt through platforms of a firm")
    line_of_consumer = param(1.0, unit="quarters of income", low=0.25, high=2.0, source="assumed",
        doc="highest debt through platforms of a consumer")
    lending_depth = param(0.05, unit="share", low=0.0, high=0.5, source="assumed", held=True,
        doc="depth beyond which a firm asks the platform it is linked with for credit")
    claim_premium = param(0.016, unit="share/quarter", low=0.005, high=0.03, source="assumed",
        doc="what platforms pay households over the policy rate")
    # fmt: on


def asking(economy) -> np.ndarray:
    """Which platforms can lend: alive, acting and with money to serve whom they have."""
    platforms = economy.platforms.columns
    return platforms["alive"] & (platforms["acts"] > 0.0) & (platforms["served"] > 0.0)


@compiled
def judge(z, amount, lgd, mine, others, take, base, passes_risk, cap, file_cost, duration, own_cost):
    """The rate, and whether the file adds to the platform's own expected profit."""
    risk = logistic(z) / MATURES * lgd
    rate = min(cap, base + (risk if passes_risk else 0.0) + take)
    gain = mine * (rate - own_cost - risk) + others * min(take, max(0.0, rate - base))
    return rate, amount * duration * gain > file_cost


@compiled
def list_asking(wanted, granted, debt, debt_to, first, second, open_, rows, channel):
    """Whom banks left short, and which platform each asks: of two, the first that is open.

    Old debt binds to its pool: whoever owes one platform asks that one. Returns how many ask.
    """
    found = 0
    for i in range(wanted.shape[0]):
        if wanted[i] - granted[i] > 0.0:
            p = open_one(first[i] if first[i] >= 0 else second[i], second[i], open_)
            if debt[i] > 0 and debt_to[i] >= 0:
                p = debt_to[i]
            if p >= 0 and open_[p]:
                rows[found] = i
                channel[found] = p
                found += 1
    return found


@compiled
def list_deep(link, depth, least, at):
    """The platform that each firm is linked with deeply enough to borrow from it; -1 for none."""
    for i in range(link.shape[0]):
        at[i] = link[i] if depth[i] > least else -1


@compiled
def offers(
    wanted, granted, rows, channel, income, line, debt, scores, terms, lgd, cap, duration, offer, rate, files
):
    """Offers of each platform to the `rows`, who ask it; `scores` are the log odds it has found."""
    mine, others, take, base, passes_risk, file_cost, own_cost = terms
    for n in range(rows.shape[0]):
        offer[n] = 0.0
        i, p = rows[n], channel[n]
        amount = min(wanted[i] - granted[i], max(0.0, line * income[i] - float(debt[i])))
        # a file that cannot earn its cost at the best of risks is not opened
        best = amount * duration[p] * (mine[p] * (base[p] + take[p] - own_cost) + others[p] * take[p])
        if best > file_cost[p]:
            files[p] += 1.0
            rate[n], good = judge(
                scores[n], amount, lgd, mine[p], others[p], take[p], base[p], passes_risk[p], cap,
                file_cost[p], duration[p], own_cost,
            )  # fmt: skip
            offer[n] = amount if good else 0.0


@compiled
def settle_offers(rows, offer, channel, ration, offered_rate, rate, debt, debt_to, granted, lent):
    """Whole fen lent; rates blend with those of old debt to the same pool."""
    for n in range(rows.shape[0]):
        i, p = rows[n], channel[n]
        fen = np.floor(offer[n] * ration[p])
        lent[n] = int(fen)
        if fen > 0.0:
            old = float(debt[i])
            rate[i] = (rate[i] * old + offered_rate[n] * fen) / (old + fen)
            granted[i] = fen
            debt_to[i] = p


@compiled
def set_terms(debt, debt_to, pace, by_deduction, platform_pace, deducted):
    """How the debt to each platform is paid back: how fast, and whether out of sales."""
    for i in range(debt.shape[0]):
        p = max(0, debt_to[i])
        platform_pace[i] = pace[p]
        deducted[i] = debt[i] > 0 and by_deduction[p] > 0.0


def bank_share(economy) -> np.ndarray:
    """What banks fund of a loan, by platform: the row's share, less what regulation says must be its own."""
    return np.minimum(economy.platforms.columns["from_banks"], 1.0 - economy.p.own_funding_floor)


def terms_of(economy) -> tuple[np.ndarray, ...]:
    """Per platform: own share, others' share, take, base rate, whether risk is priced, cost of a file."""
    t, market, p = economy.platforms.columns, economy.market, economy.p
    of_households, bank_rate = t["from_households"], market.funding_rate + p.margin
    others = of_households + bank_share(economy)
    base = of_households * (market.policy_rate + p.claim_premium) + (1.0 - of_households) * bank_rate
    return 1.0 - others, others, t["take"], base, of_households < 0.5, file_costs(economy), bank_rate


def file_costs(economy) -> np.ndarray:
    """What a loan file costs each platform (fen): the work of a branch or its own, less that of machines."""
    t, p = economy.platforms.columns, economy.p
    work = np.where(t["file_like_a_bank"] > 0.0, p.file_cost, p.platform_file_cost)
    return work * (1.0 - p.automation * t["technique"]) * economy.market.wage_index


def lend(economy, population: str) -> None:
    """One population's unmet demand meets the platforms: scoring, offers, funding, payment."""
    platforms, p, market, ledger = economy.platforms.columns, economy.p, economy.market, economy.ledger
    table = economy.tables[population]
    c, n, n_banks, n_platforms = table.columns, len(table), len(economy.banks), len(economy.platforms)
    c["platform_granted"][...] = 0.0
    flag = platforms["lends_to_firms" if population == "firms" else "lends_to_consumers"] > 0.0
    open_ = asking(economy) & flag
    if population == "firms":
        platforms["file_bill"][...] = 0.0  # that of last quarter is paid
    if not open_.any():
        return
    if population == "firms":
        first, second = np.empty(n, np.int32), c["portal"]
        list_deep(c["link"], c["depth"], p.lending_depth, first)
    else:
        first, second = c["first_app"], c["second_app"]
    rows, channel = np.empty(n, np.int64), np.empty(n, np.int32)
    found = list_asking(
        c["loan_wanted"], c["loan_granted"], c["platform_debt"], c["debt_to"], first, second, open_, rows,
        channel,
    )  # fmt: skip
    rows, channel = rows[:found], channel[:found]
    scores, offer, rate, lent = np.empty(found), np.empty(found), np.empty(found), np.empty(found, np.int64)
    files, lender = np.zeros(n_platforms), n_banks + channel
    blur, haze = np.empty(found), np.empty(found)
    noise, quarter = (p.footprint_noise, p.insight_noise), economy.quarter
    ids, generation = table.ids, c["generation"]
    normals(key(economy.seed, "blur of a footprint"), rows, ids, generation, quarter, blur)
    if population == "firms":
        scorers, sight = economy.firm_scorers, sight_of_firms(table)
        normals(key(economy.seed, "haze of shallow integration"), rows, ids, generation, quarter, haze)
        features = np.empty((FIRM_FEATURES, found), np.float32)
        score_firms(rows, lender, sight, market.wage, noise, blur, haze, scorers.weighs, features, scores)
        income, line = c["sales"], p.line_of_firm
        pace = np.where(platforms["file_like_a_bank"] > 0.0, p.instalment, p.platform_instalment)
    else:
        scorers, sight = economy.consumer_scorers, sight_of_consumers(table)
        features = np.empty((CONSUMER_FEATURES, found), np.float32)
        score_consumers(rows, lender, sight, noise, blur, scorers.weighs, features, scores)
        income, line = c["usual_income"], p.line_of_consumer
        pace = np.full(n_platforms, p.consumer_instalment)
    duration, terms = (1.0 - pace) / pace, terms_of(economy)
    *_, file_cost, _ = terms
    offers(
        c["loan_wanted"], c["loan_granted"], rows, channel, income, line, c["platform_debt"], scores,
        terms, p.unsecured_loss, p.rate_cap, duration, offer, rate, files,
    )  # fmt: skip
    ration = fundable(economy, np.bincount(channel, offer, n_platforms))
    settle_offers(
        rows, offer, channel, ration, rate, c["platform_rate"], c["platform_debt"],
        c["debt_to"], c["platform_granted"], lent,
    )  # fmt: skip
    remember(rows, lent, lender, quarter, scores, features, scorers.memory)
    by_platform = total_by(channel, lent, n_platforms)
    fund(economy, by_platform)
    ledger.pay(f"platform loans to {population}", by_platform, Some(rows, lent))
    platforms["files"] += files  # paid for as work in the next quarter
    platforms["file_bill"][...] = np.floor(platforms["files"] * file_cost)
    if population == "firms":
        set_terms(
            c["platform_debt"],
            c["debt_to"],
            pace,
            platforms["by_deduction"],
            c["platform_pace"],
            c["deducted"],
        )
    else:
        c["ever_borrowed"][rows[lent > 0]] = True


@kernel
def list_idle(platforms, idle):
    """Households' money with each platform that is not lent out (whole fen)."""
    for q in range(idle.shape[0]):
        idle[q] = int(idle_claims(purse(platforms, q)))


def idle(economy) -> np.ndarray:
    """Households' money with each platform that is not lent out (int64, fen)."""
    out = np.empty(len(economy.platforms), np.int64)
    list_idle(economy.platforms, out)
    return out


@compiled
def list_places(claims, claim_at, first, second, posted, place):
    """The platform each household lends to: where it has a claim, else the one it uses; -1 for none.

    Where its first does not borrow of households (posted: what each pays them), its second may.
    """
    for i in range(place.shape[0]):
        place[i] = claim_at[i] if claims[i] > 0 else open_one(first[i], second[i], posted)


def place_of_claims(economy) -> np.ndarray:
    """See `list_places` (int32)."""
    c, place = economy.consumers.columns, np.empty(len(economy.consumers), np.int32)
    list_places(c["claims"], c["claim_at"], c["first_app"], c["second_app"], economy.market.posted, place)
    return place


def supply_of_claims(economy) -> np.ndarray:
    """What households offer each platform now (fen)."""
    offered = economy.consumers["offered"].astype(np.int64)
    return total_by(place_of_claims(economy), offered, len(economy.platforms))


BOOKS = ["claims_owed", "loans", "participations_owed", "deposits", "borrowing", "net_worth"]


@compiled
def rations(wanted, shares, bank_limit, books, promised, offered, room, limits, out):
    """The share of what each platform would lend that its funders and its own money allow.

    shares: of banks, households and bank loans to the platform in what it lends; books: its accounts;
    promised: to staff and media this quarter, which cannot be lent; offered: by households, beside what of
    theirs is not lent out; limits: shares of its own cash that it lends, and of banks' room that it borrows.
    """
    (of_banks, of_households, of_borrowing), (own_limit, borrowing_limit) = shares, limits
    claims, loans, participations, deposits, borrowing, worth = books
    for p in range(wanted.shape[0]):
        not_lent = idle_claims(
            Purse(
                deposits=deposits[p],
                claims_owed=claims[p],
                loans=loans[p],
                participations_owed=participations[p],
            )
        )
        cash = max(0.0, float(deposits[p]) - not_lent - promised[p])
        may_borrow = min(max(0.0, max(0.0, float(worth[p])) - float(borrowing[p])), borrowing_limit * room)
        own = 1.0 - of_households[p] - of_banks[p] - of_borrowing[p]
        ration = 1.0
        for need, limit in (
            (of_banks[p] * wanted[p], bank_limit[p]),
            (of_households[p] * wanted[p], not_lent + offered[p]),
            (of_borrowing[p] * wanted[p], may_borrow),
            (own * wanted[p], own_limit * cash),
        ):
            if need > 0.0:
                ration = min(ration, limit / need)
        out[p] = ration


def fundable(economy, wanted: np.ndarray) -> np.ndarray:
    """The share of what a platform would lend that its funders and its own money allow."""
    t, b, p = economy.platforms.columns, economy.banks.columns, economy.p
    room, of_banks = float(b["room"].sum()), bank_share(economy)
    loans = float(own_loans(economy.banks).sum())
    left = max(0.0, p.platform_loans_cap * loans - float(b["participations"].sum()))
    from_banks = of_banks * wanted
    share = from_banks / max(1e-300, float(from_banks.sum()))
    asks_households = (t["from_households"] * wanted).any()
    offered = supply_of_claims(economy) if asks_households else np.zeros(len(wanted), np.int64)
    limit = t["appetite"] * min(room, left) * share
    out = np.empty(len(wanted))
    rations(
        wanted, (of_banks, t["from_households"], t["from_borrowing"]), limit,
        tuple([t[account] for account in BOOKS]), t["wage_bill"] + t["advertising"], offered, room,
        (p.own_loans_limit, p.borrowing_limit), out,
    )  # fmt: skip
    return out


def fund(economy, lent: np.ndarray) -> None:
    """Funders pay their shares of what is lent, in whole fen; the platform pays the rest."""
    t, ledger, banks = economy.platforms, economy.ledger, economy.banks
    # before banks pay for parts in loans that are not yet made, which would look like households' money
    unlent = idle(economy)
    part = np.floor(bank_share(economy) * lent).astype(np.int64)
    room = banks["room"].astype(float) + 1.0
    if part.any():
        shares = split_within(part, np.tile(room, (len(part), 1)), False)
        ledger.pay("participations", shares.sum(axis=0), part)
        economy.memory.participations += shares
    borrowed = np.floor(t["from_borrowing"] * lent).astype(np.int64)
    if borrowed.any():
        by_bank = total_by(t["bank"], borrowed, len(banks))
        ledger.pay("loans to platforms", by_bank, borrowed)
    need = np.floor(t["from_households"] * lent).astype(np.int64)
    need = np.maximum(0, need - unlent)
    if need.any():
        c = economy.consumers.columns
        place = place_of_claims(economy)
        taken = np.minimum(need, supply_of_claims(economy))
        part = np.minimum(split_by(taken, c["offered"], place), c["offered"].astype(np.int64))
        c["claim_at"][...] = np.where(part > 0, place, c["claim_at"])
        c["offered"] -= part
        ledger.pay("claims bought", part, total_by(place, part, len(t)))
