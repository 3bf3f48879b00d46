"""Invoices of an anchor's suppliers: advanced at the anchor's risk, paid by the anchor a quarter later.

Once a quarter is settled, a client short of cash for its next bills has invoices on larger clients of its own
platform advanced. The platform pays it for the anchor, which owes the platform from then on; what is not
advanced stays between the two firms. When dues fall due the anchor pays both, and the supplier pays the
price out of the rest. An anchor that fails leaves what its estate does not pay to those who fund the
platform's loans, after what recourse to the supplier brings.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np

from sim.credit import pools
from sim.credit.footprints import leave_footprints
from sim.credit.from_platforms import (
    INSIGHT_NOISE,
    at_platform,
    draw_normals,
    open_for,
    terms_of,
    who_can_lend,
)
from sim.credit.scoring import Asked, score_firms
from sim.credit.underwriting import underwrite
from sim.engine.compiling import compiled
from sim.engine.fen import any_of
from sim.engine.kernels import kernel
from sim.engine.ledger import Some, rows_with, total_by
from sim.engine.parameters import Declared, param
from sim.links import chains
from sim.markets.payments.wallets import passing_of_firms

FOR_A_QUARTER = 0.5  # at that pace a fen is lent for one on average, see `duration_of`


class InvoiceCredit(Declared):
    """On which invoices platforms advance money, and who bears and funds it."""

    # fmt: off
    invoice_anchor = param(1.0, unit="ratio", low=0.5, high=10.0, source="assumed",
        doc="sales of a customer over those of its supplier from which on invoices on it are advanced")
    invoice_recourse = param(0.0, unit="share", low=0.0, high=1.0, source="assumed",
        doc="part of what is lost on an invoice that its supplier has to make good, as far as its money goes")
    invoice_notes = param(0.2, unit="share", low=0.0, high=0.7, source="assumed",
        doc="part of an advance that the platform's securities house buys in its banks' stead; at 0 none")
    # fmt: on


@compiled
def lacks(firms, j):
    """What firm j lacks of cash for bills like those it has just planned, or has asked of lenders now and not
    been lent: who looks for credit sells what he is owed as well.   [fen]"""
    gap = np.floor(firms.planned_bills[j]) - float(firms.deposits[j])
    unmet = firms.loan_wanted[j] - firms.loan_granted[j] - firms.platform_granted[j]
    return max(0.0, max(gap, np.floor(unmet)))


@compiled
def most_of(firms, i, j, owed, open_, p):
    """What firm j may and would be advanced of what firm i owes it (fen); 0 where i is no anchor of it."""
    q = firms.link[i]
    if j < 0 or owed <= 0 or firms.link[max(0, j)] != q or not open_[q]:
        return 0.0
    if firms.closing[i] or firms.closing[j] or firms.sales[i] < p.invoice_anchor * firms.sales[j]:
        return 0.0
    return np.floor(min(firms.linked_invoices[j] * owed, lacks(firms, j)))


@kernel
def list_invoices(linked, firms, open_, p, asked, invoices):
    """Invoices that may be advanced: `asked.rows` are the anchors, invoices the `supplier`, whether it is the
    anchor's `second`, what it would be advanced at `most` and the `face` value (fen). Returns how many."""
    found = 0
    for i in linked:
        for second in range(2):
            j = firms.creditor_2[i] if second else firms.creditor_1[i]
            owed = firms.owed_2[i] if second else firms.owed_1[i]
            most = most_of(firms, i, j, float(owed), open_, p)
            if most >= 1.0:
                asked.rows[found] = i
                invoices.supplier[found], invoices.second[found] = j, second
                invoices.most[found], invoices.face[found] = most, float(owed)
                found += 1
    return found


@kernel
def quote(asked, platform, invoices, firms, effort, terms, offer, files):
    """Offers (fen, rate) on each invoice, at the anchor's risk as it is seen; files: opened, by platform.

    As `from_platforms.offers`. What the rest of the invoice could not pay for is not offered. The supplier
    takes it if its bank has left it short, or is dearer once what a loan there takes of effort (fen) counts.
    """
    for n in range(platform.shape[0]):
        offer.amount[n] = offer.rate[n] = 0.0
        q, j, amount = platform[n], invoices.supplier[n], invoices.most[n]
        safe = terms.own[q] * (terms.base[q] + terms.fee[q] - terms.own_cost) + terms.others[q] * terms.fee[q]
        if amount * terms.duration[q] * safe > terms.file_cost[q]:
            files[q] += 1.0
            rate, pays = underwrite(asked.scores[n], amount, at_platform(terms, q))
            fits = rate * amount <= invoices.face[n] - amount
            takes = firms.rationed[j] or (rate - firms.rate[j]) * amount < effort
            offer.rate[n] = rate
            offer.amount[n] = amount if pays and fits and takes else 0.0


@kernel
def settle_offers(order, asked, platform, invoices, offer, money, firms, lent):
    """Whole fen advanced, by line of `asked`, in this order, as far as the `money` of platforms (fen) and the
    need of suppliers go. The anchor owes the platform so much, and its supplier so much less."""
    for n in order:
        i, q, j = asked.rows[n], platform[n], invoices.supplier[n]
        need = lacks(firms, j) - firms.invoice_advanced[j]
        fen = max(0.0, np.floor(min(money[q], min(offer.amount[n], need))))
        lent[n] = int(fen)
        if fen > 0.0:
            money[q] -= fen
            price = np.floor(offer.rate[n] * fen)
            firms.invoice_advanced[j] += fen
            firms.invoice_due[j] += price
            firms.invoice_to[i] = q
            if invoices.second[n]:
                firms.invoiced_2[i], firms.invoice_price_2[i] = int(fen), int(price)
                firms.owed_2[i] -= int(fen)
            else:
                firms.invoiced_1[i], firms.invoice_price_1[i] = int(fen), int(price)
                firms.owed_1[i] -= int(fen)


@compiled
def collect_from(rows, pays, creditor, invoiced, price, cost, to, money):
    """As `collect_invoices`, for invoices of one of two creditors, who owe their price."""
    for n in range(rows.shape[0]):
        i = rows[n]
        if pays[i] > 0.0 and invoiced[i] > 0:
            q, j = to[i], creditor[i]
            money.paid[n] += invoiced[i]
            money.principal[q] += invoiced[i]
            if j >= 0:
                cost[j] += float(price[i])
                money.interest[q] += price[i]
            invoiced[i] = price[i] = 0


@kernel
def collect_invoices(rows, firms, money):
    """What anchors in these rows that pay their dues pay on invoices (fen): `paid` by row, `principal` by
    platform, and `interest`, what suppliers pay it for that."""
    pays, to, cost = firms.trade_paid, firms.invoice_to, firms.invoice_cost
    collect_from(rows, pays, firms.creditor_1, firms.invoiced_1, firms.invoice_price_1, cost, to, money)
    collect_from(rows, pays, firms.creditor_2, firms.invoiced_2, firms.invoice_price_2, cost, to, money)


@kernel
def claim_back(rows, lost, gone, firms, p, back, made_good):
    """What suppliers that are there make good (fen, by firm, and by platform) of what is lost on invoices on
    the anchors in these rows."""
    for n in range(rows.shape[0]):
        i = rows[n]
        whole = firms.invoiced_1[i] + firms.invoiced_2[i]
        for second in range(2):
            j = firms.creditor_2[i] if second else firms.creditor_1[i]
            mine = firms.invoiced_2[i] if second else firms.invoiced_1[i]
            if lost[n] > 0 and mine > 0 and j >= 0 and not gone[max(0, j)]:
                asked = int(np.floor(p.invoice_recourse * lost[n] * (mine / whole)))
                fen = min(asked, max(0, firms.deposits[j] - back[j]))
                back[j] += fen
                made_good[firms.invoice_to[i]] += fen


@contextmanager
def funded_with_notes(economy) -> Iterator[None]:
    """Of what banks fund of other loans, the platform's house buys `invoice_notes` of an advance."""
    platforms = economy.platforms.columns
    banks, notes = platforms["from_banks"].copy(), platforms["from_notes"].copy()
    part = np.where(platforms["house"] >= 0, np.minimum(economy.p.invoice_notes, banks), 0.0)
    platforms["from_banks"][...], platforms["from_notes"][...] = banks - part, notes + part
    try:
        yield
    finally:
        platforms["from_banks"][...], platforms["from_notes"][...] = banks, notes


def advance(economy) -> None:
    """Clients have invoices on larger clients of their platform advanced."""
    firms, platforms = economy.firms, economy.platforms.columns
    firms["invoice_advanced"][...] = 0.0
    firms["invoice_due"][...] = 0.0
    platforms["invoices_out"][...] = 0.0
    if any_of(firms["linked_invoices"] > 0.0):
        with funded_with_notes(economy):
            advance_some(economy)


def advance_some(economy) -> None:
    """As `advance`, where there is somebody with the line."""
    firms, platforms, p = economy.firms, economy.platforms.columns, economy.p
    open_ = platforms["offers_invoices"] > 0.0
    linked = rows_with(firms["link"], -1)
    most = 2 * len(linked)
    asked = Asked(most)
    invoices = SimpleNamespace(
        supplier=np.empty(most, np.int64), second=np.empty(most, np.int64),
        most=np.empty(most), face=np.empty(most),
    )  # fmt: skip
    if not list_invoices(linked, firms, open_, p, asked, invoices):
        return
    # who can lend is asked where somebody would borrow: it takes longer
    open_ = open_for(economy, "offers_invoices")
    means = who_can_lend(economy, open_)
    if means is None:
        return
    found = list_invoices(linked, firms, open_, p, asked, invoices)
    if not found:
        return
    asked.only(found)
    platform, supplier = firms["link"][asked.rows].astype(np.int32), invoices.supplier[:found]
    judge_anchors(economy, asked, platform)
    n, terms = len(open_), terms_of(economy, means, np.full(len(open_), FOR_A_QUARTER))
    offer = SimpleNamespace(amount=np.empty(found), rate=np.empty(found))
    files, lent = np.zeros(n), np.empty(found, np.int64)
    effort = p.effort_of_firm * economy.market.wage_index
    quote(asked, platform, invoices, firms, effort, terms, offer, files)
    platforms["files"] += files
    platforms["file_bill"] += np.floor(files * terms.file_cost)
    if not any_of(offer.amount > 0.0):
        return
    wanted = np.bincount(platform, offer.amount, n)
    money = pools.fundable(economy, means, wanted) * wanted
    order = np.argsort(asked.scores, kind="stable")
    settle_offers(order, asked, platform, invoices, offer, money, firms, lent)
    economy.firm_scorers.remember(asked, lent, economy.quarter)
    by_platform = total_by(platform, lent, n)
    pools.pay_in(economy, means, by_platform)
    economy.ledger.pay("invoices advanced", by_platform, Some(asked.rows, lent))
    economy.ledger.pay("suppliers paid early", Some(asked.rows, lent), Some(supplier, lent))
    platforms["invoices_out"][...] = by_platform
    economy.tallies.invoices_advanced = float(by_platform.sum())


def judge_anchors(economy, asked: Asked, platform: np.ndarray) -> None:
    """Platforms score the anchors as they score clients that ask them, with what neighbours show."""
    firms = economy.firms
    asked.of_lenders(len(economy.banks) + platform)
    leave_footprints(economy, firms, asked, passing_of_firms(economy, asked.rows, platform))
    draw_normals(economy, firms, INSIGHT_NOISE, asked.rows, asked.insight_draw)
    asked.sees_clearly(chains.sight(economy, asked.rows))
    score_firms(economy, asked)


def collect(economy) -> None:
    """Anchors that have paid their suppliers pay what they owe on invoices; suppliers pay the price."""
    firms, platforms = economy.firms, economy.platforms.columns
    rows, n = rows_with(firms["invoices_owed"]), len(economy.platforms)
    if not len(rows):
        return
    money = SimpleNamespace(
        paid=np.zeros(len(rows), np.int64), principal=np.zeros(n, np.int64), interest=np.zeros(n, np.int64)
    )
    before = firms["invoice_cost"].copy()
    collect_invoices(rows, firms, money)
    economy.ledger.pay("invoices collected", Some(rows, money.paid), money.principal)
    price = (firms["invoice_cost"] - before).astype(np.int64)
    payers = rows_with(price)
    economy.ledger.pay("price of invoices", Some(payers, price[payers]), money.interest)
    platforms["invoice_interest"] += money.interest


def collect_from_estates(economy, rows: np.ndarray, paid: np.ndarray) -> None:
    """Estates of anchors pay so much (fen) on invoices."""
    if any_of(paid):
        principal = total_by(economy.firms["invoice_to"][rows], paid, len(economy.platforms))
        economy.ledger.pay("invoices collected", Some(rows, paid), principal)
        pools.pass_on_invoices(economy)


def write_down(economy, rows: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """What estates have not paid on invoices is lost, but for recourse to suppliers. gone: bool, (firms,).
    Returns what is lost by estate (fen)."""
    firms, platforms, n = economy.firms, economy.platforms.columns, len(economy.platforms)
    lost = firms["invoices_owed"][rows]
    if not any_of(lost):
        return lost
    by_platform = total_by(firms["invoice_to"][rows], lost, n)
    made_good, back = np.zeros(n, np.int64), np.zeros(len(firms), np.int64)
    if economy.p.invoice_recourse > 0.0:
        claim_back(rows, lost, gone, firms, economy.p, back, made_good)
        payers = rows_with(back)
        economy.ledger.pay("recourse on invoices", Some(payers, back[payers]), made_good)
        pools.repay(economy, made_good, platforms["loans"].copy())
    own = pools.bear(economy, "bad invoices", by_platform, {"firms": Some(rows, lost)}, made_good)
    platforms["invoices_lost"] += by_platform - made_good
    tallies = economy.tallies
    tallies.invoices_lost += float((by_platform - made_good).sum())
    tallies.invoices_lost_by_platforms += float(own.sum())
    tallies.invoices_made_good += float(made_good.sum())
    for name in ("invoiced_1", "invoiced_2", "invoice_price_1", "invoice_price_2"):
        firms[name][rows] = 0
    return lost
