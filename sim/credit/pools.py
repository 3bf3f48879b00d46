"""Pools of loans: a platform holds the loans, whoever funds them has a claim on its pool.

What is lent is paid in by funders; what debtors pay and what they do not pay goes to funders by seniority,
and the rest is the platform's. See `sim.credit.funders`.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from sim.actors.purse import idle_claims, purse
from sim.credit import funders
from sim.credit.funders.base import Fen
from sim.engine.compiling import compiled
from sim.engine.fen import any_of
from sim.engine.kernels import kernel
from sim.engine.ledger import Some, rows_with, total_by
from sim.markets.payments import ownership


@kernel
def list_idle(platforms, idle):
    """Households' money with each platform that is not lent out (whole fen)."""
    for q in range(idle.shape[0]):
        idle[q] = int(idle_claims(purse(platforms, q)))


@kernel
def list_own_money(platforms, p, money):
    """See `own_money`; what is promised to staff and media this quarter cannot be lent, nor what the team
    costs in the next: who lends that has a team no more when it is due."""
    for q in range(money.shape[0]):
        promised = platforms.wage_bill[q] + platforms.advertising[q] + platforms.team_due[q]
        own = float(platforms.deposits[q]) - idle_claims(purse(platforms, q)) - promised
        money[q] = p.own_loans_limit * max(0.0, own)


def idle(e) -> np.ndarray:
    """Households' money with each platform that is not lent out (int64, fen)."""
    out = np.empty(len(e.platforms), np.int64)
    list_idle(e.platforms, out)
    return out


def post_terms(e) -> None:
    """Funders post their terms as the quarter opens."""
    for funder in funders.FUNDERS:
        funder.posts(e)


def ask_lenders(e) -> None:
    """Funders who decide anew in each quarter say what they would lend."""
    for funder in funders.FUNDERS:
        funder.considers(e)


class Means(NamedTuple):
    """With what platforms go into a round of lending: none of it changes until funders pay in."""

    shares: np.ndarray  # of a loan, by funder in the order of `FUNDERS` and by platform
    keeps: np.ndarray  # the platform's own part of its loans (share)
    own_money: np.ndarray  # how much of its own cash each platform may lend (fen)
    own_funds: np.ndarray  # the same, and what it can borrow for its own part of loans (fen)


def means(e) -> Means:
    """See `Means`."""
    shares, own = shares_of(e), own_money(e)
    adds = np.sum([funder.adds_to_own(e) for funder in funders.FUNDERS], axis=0)
    return Means(shares, 1.0 - shares.sum(axis=0), own, own + adds)


def shares_of(e) -> np.ndarray:
    """What each funder pays of a loan (share), by funder and platform."""
    return np.array([funder.share(e) for funder in funders.FUNDERS])


def fundable(e, means: Means, wanted: np.ndarray) -> np.ndarray:
    """The share of what each platform would lend (fen) that its funders and its own money allow."""
    platforms = e.platforms.columns
    ration = np.ones(len(wanted))
    for funder, need in zip(funders.FUNDERS, means.shares * wanted, strict=True):
        if any_of(need):
            limit = funder.limit(e, need)
            allow(ration, need, limit)
            if funder.name == "banks":
                e.tallies.asked_of_banks += float(need.sum())
                e.tallies.refused_by_banks += float(np.maximum(0.0, need - limit).sum())
    allow(ration, *leverage(e, means.shares, wanted))
    # of each funder's part the platform pays the fen that is rounded off
    needed, most = means.keeps * wanted, np.maximum(0.0, means.own_funds - len(means.shares))
    platforms["unfunded"] += np.maximum(0.0, needed - most)
    allow(ration, needed, most)
    return ration


def keeps(e) -> np.ndarray:
    """Each platform's own part of its loans (share)."""
    return 1.0 - shares_of(e).sum(axis=0)


def own_money(e) -> np.ndarray:
    """How much of its own cash each platform may lend now (fen)."""
    out = np.empty(len(e.platforms))
    list_own_money(e.platforms, e.p, out)
    return out


def leverage(e, shares: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What of these loans (fen) would count as debt in law, and how much more each platform may have."""
    p, owed, adds = e.p, np.zeros(len(wanted)), np.zeros(len(wanted))
    for funder, share in zip(funders.FUNDERS, shares, strict=True):
        weight = {"never": 0.0, "counted": p.passed_on_counted, "always": 1.0}[funder.counts]
        if weight > 0.0:
            owed += weight * funder.owed(e)
            adds += weight * share * wanted
    most = p.lender_leverage_cap * np.maximum(0, e.platforms.columns["net_worth"])
    return adds, np.maximum(0.0, most - owed)


@compiled
def allow(ration, need, limit):
    """The ration falls to the share of the need that the limit allows (floats, by platform)."""
    for q in range(ration.shape[0]):
        ration[q] = min(ration[q], limit[q] / need[q]) if need[q] > 0.0 else ration[q]


def pay_in(e, means: Means, lent: np.ndarray) -> None:
    """Funders pay their shares of what is lent, in whole fen; the platform pays the rest.

    What it lacks of its own part is lent to it before anybody has paid. Then the most junior first: those who
    see their money lie idle look before others have paid for these loans.
    """
    if not any_of(lent):
        return
    parts = np.floor(means.shares * lent).astype(np.int64)
    lacking = np.ceil(np.maximum(0.0, lent - parts.sum(axis=0) - means.own_money))
    if any_of(lacking):
        for funder in funders.FUNDERS:
            funder.pays_for_own(e, lacking)
    for funder, part in reversed(list(zip(funders.FUNDERS, parts, strict=True))):
        funder.pay_in(e, lent, part)


def collect(e) -> None:
    """Debtors pay the pools, the pools pay those who funded the loans."""
    platforms, n = e.platforms.columns, len(e.platforms)
    owed = [platforms["loans"], *[funder.owed(e) for funder in funders.FUNDERS]]
    if not any(any_of(account) for account in owed):
        return
    before = platforms["loans"].copy()
    interest, principal = platforms["invoice_interest"].copy(), np.zeros(n, np.int64)
    for name in ("firms", "consumers"):
        debtors = e.tables[name].columns
        owing = rows_with(debtors["platform_debt"])
        if len(owing):
            for flow, column, sums in (
                ("interest", "platform_interest_paid", interest),
                ("instalments", "platform_instalment_paid", principal),
            ):
                paid = debtors[column][owing].astype(np.int64)
                received = total_by(debtors["debt_to"][owing], paid, n)
                e.ledger.pay(f"platform {flow} of {name}", Some(owing, paid), received)
                sums += received
    repay(e, principal, before)
    platforms["interest"] += interest
    left = interest
    for funder in funders.FUNDERS:
        left = left - funder.interest(e, interest, left, before)
    platforms["revenue"] += left
    pass_on_invoices(e)


def pass_on_invoices(e) -> None:
    """What anchors have paid on invoices goes into the pools, and to those who fund these."""
    platforms = e.platforms.columns
    held = platforms["invoices_held"].copy()
    if any_of(held):
        before = platforms["loans"].copy()
        e.ledger.pay("invoices passed on", held, held)
        repay(e, held, before)


def repay(e, principal: np.ndarray, before: np.ndarray) -> None:
    """Funders get their parts of the principal (fen) that has come in; `before`: loans before that."""
    for funder in funders.FUNDERS:
        funder.repay(e, principal, before)


def write_down(e, population: str, rows: np.ndarray, lost: np.ndarray) -> None:
    """Bad debts of some rows leave the pools, and those who funded them bear their parts."""
    if not any_of(lost):
        return
    by_platform = total_by(e.tables[population].columns["debt_to"][rows], lost, len(e.platforms))
    bear(e, "bad platform loans", by_platform, {population: Some(rows, lost)})


def bear(
    e, flow: str, lost: np.ndarray, forgiven: Mapping[str, Some], made_good: np.ndarray | int = 0
) -> Fen:
    """Bad debts leave the pools (fen, by platform); those who funded them bear their parts of what others
    have not made good, and the platform the rest, which is returned."""
    platforms = e.platforms.columns
    by_platform = lost - made_good
    part = by_platform / np.maximum(1, platforms["loans"] - made_good)
    at_risk = [(funder, funder.at_risk(e)) for funder in funders.FUNDERS]
    e.ledger.write_off(flow, {"platforms": lost}, forgiven)
    e.tallies.bad_platform_loans += float(by_platform.sum())
    own = by_platform
    for funder, claims in at_risk:
        theirs = np.minimum(claims, np.rint(part * claims)).astype(np.int64)
        if any_of(theirs):
            own = own - funder.lose(e, theirs)
    platforms["bad_loans"] += by_platform
    platforms["losses_borne"] += own
    return own


def judge(e) -> None:
    """Funders look back on what they earned and lost, and judge each platform by it."""
    for funder in funders.FUNDERS:
        funder.looks_back(e)
    platforms = e.platforms.columns
    lends = platforms["alive"] & (
        (platforms["lends_to_firms"] > 0.0) | (platforms["lends_to_consumers"] > 0.0)
    )
    platforms["own_share"][...] = np.where(lends, keeps(e), 0.0)
    e.each(e.platforms, *[funder.judges for funder in funders.FUNDERS if funder.judges is not None])


def redeem(e) -> None:
    """Funders get back what falls due, as far as it is there."""
    for funder in funders.FUNDERS:
        funder.redeem(e)


def owing(e) -> np.ndarray:
    """Which platforms owe something to funders for whom their owners have to wait (mask)."""
    found = np.zeros(len(e.platforms), bool)
    for funder in funders.FUNDERS:
        if funder.waits:
            found |= funder.owed(e) != 0
    return found


def run_off(e, gone: np.ndarray) -> None:
    """Dead platforms (mask) pay whom they owe as far as their cash goes; what is left is their owners'."""
    platforms = e.platforms.columns
    for funder in funders.FUNDERS:
        funder.run_off(e, gone)
    rest = np.where(gone & ~owing(e), np.maximum(0, platforms["deposits"]), 0)
    if any_of(rest):
        ownership.receive(e, "platform dividends", rest)
