"""Firms leave: who cannot pay, who bears it, what becomes of their machines."""

from types import SimpleNamespace

import numpy as np

from sim.credit import invoices, pools
from sim.engine.fen import any_of, within
from sim.engine.kernels import kernel
from sim.engine.ledger import Some, total_by
from sim.engine.parameters import Declared, param
from sim.links import clients
from sim.links.market import forget_links
from sim.markets.payments import ownership, trade_credit

HARD_HIT = 0.1  # of a quarter's sales, lost on customers that failed: for the record


class Exit(Declared):
    """Liquidation."""

    # fmt: off
    resale = param(0.3, unit="share of book value", low=0.2, high=0.5, source="assumed",
        doc="resale price of machines when hardly any are liquidated")
    secured = param(0.5, unit="share of bank loans", low=0.0, high=1.0, source="assumed",
        held=True,
        doc="part of banks' loans that an estate pays before all others; the rest ranks with other debts")
    resale_response = param(0.5, unit="per liquidations/investment", low=0.0, high=2.0, source="assumed",
        doc="fall of the resale price of machines over liquidations beside investment")
    resale_speed = param(0.25, unit="share/quarter", low=0.05, high=1.0, source="assumed", held=True,
        doc="share of the gap to its new level that the resale price of machines closes in a quarter")
    # fmt: on


@kernel
def list_leaving(firms, gone, rows, hit):
    """Who is gone, in which rows, and which of those were hit by a failure before. Returns how many are gone,
    and how many of all were hit."""
    found, hits = 0, 0
    for i in range(gone.shape[0]):
        gone[i] = (firms.failed[i] | firms.leaving[i]) & firms.alive[i]
        hard = firms.bad_trade[i] > HARD_HIT * firms.sales[i]
        rows[found] = i
        hit[found] = hard
        found += 1 if gone[i] else 0
        hits += 1 if hard else 0
    return found, hits


@kernel
def share_estates(rows, firms, p, estates):
    """What the estate of each of the `rows` pays (fen): banks what is secured, and of the rest their part of
    all that is owed then; platforms, suppliers, owners after them."""
    for e in range(rows.shape[0]):
        i = rows[e]
        home, shared, cash = firms.bank_debt[i], firms.syndicated_debt[i], firms.deposits[i]
        secured = int(np.floor(p.secured * (home + shared)))
        to_banks = min(cash, secured)
        rest, others = home + shared - secured, firms.platform_debt[i] + firms.payables[i]
        others += firms.invoices_owed[i]
        part = (cash - to_banks) * (rest / max(1, rest + others))
        to_banks += min(rest, cash - to_banks, int(np.floor(part)))
        own = min(home, int(np.floor(to_banks * (home / max(1, home + shared)))))
        estates.to_all[e] = min(shared, to_banks - own)
        estates.to_bank[e] = to_banks - estates.to_all[e]
        cash -= to_banks
        estates.to_platform[e] = min(cash, firms.platform_debt[i])
        cash -= estates.to_platform[e]
        # invoices that were advanced rank with what is due to suppliers, before what was bought since
        advanced = firms.invoices_owed[i]
        part = cash * (advanced / max(1, firms.owed_1[i] + firms.owed_2[i] + advanced))
        estates.to_invoices[e] = min(advanced, int(np.floor(part)))
        cash -= estates.to_invoices[e]
        estates.to_suppliers[e] = min(cash, firms.payables[i])
        estates.to_owners[e] = cash - estates.to_suppliers[e]


@kernel
def vacate(rows, firms):
    """Nothing of who was there stays in the `rows`: no market, no workshop, no partner, no bill."""
    for i in rows:
        firms.alive[i] = firms.closing[i] = firms.leaving[i] = False
        firms.debt_to[i] = firms.portal[i] = firms.link[i] = -1
        firms.supplier_1[i] = firms.supplier_2[i] = -1
        firms.share[i] = firms.demand[i] = firms.expected_demand[i] = 0.0
        firms.machines[i] = firms.units[i] = firms.workers[i] = 0.0
        firms.disruption[i] = 0.0
        firms.planned_bills[i] = firms.wage_bill[i] = firms.input_bill[i] = firms.investment_bill[i] = 0.0


def firms_leave(economy) -> None:
    """Machines go to the owners at resale price; debts are paid by rank; the rest is lost or returned."""
    firms, tallies, n = economy.firms, economy.tallies, len(economy.firms)
    gone, hit, rows = np.empty(n, bool), np.empty(n, bool), np.empty(n, np.int64)
    leave, hits = list_leaving(firms, gone, rows, hit)
    rows, hit = rows[:leave], hit[:leave]
    owed = firms.books["bank_debt"][rows] + firms.books["syndicated_debt"][rows]
    liquidate(economy, rows)
    unpaid = pay_estates(economy, rows, gone)
    failed = firms["failed"][rows] | (write_off_estates(economy, rows, gone) + unpaid > 0)
    firms["failed"][rows] = failed
    trade_credit.debts_fall_due(economy, gone)
    failures = np.count_nonzero(failed)
    tallies.exits = float(leave)
    tallies.failures = float(failures)
    tallies.closures = float(leave - failures)
    tallies.firm_loans_in_default = float(owed[failed].sum())
    tallies.bad_trade_credit = float(unpaid.sum())
    tallies.hit_by_failures = float(hits)  # of the quarter before
    tallies.failures_after_a_hit = float(np.count_nonzero(failed & hit))
    clients.count(economy, "lost", rows[firms["link"][rows] >= 0])
    vacate(rows, firms)
    forget_links(economy, rows)


def liquidate(economy, rows: np.ndarray) -> None:
    """The owners buy the machines at a price that falls with what is liquidated; stock is scrapped."""
    firms, p, market, ledger = economy.firms, economy.p, economy.market, economy.ledger
    capital = firms["capital"][rows]
    book = float(capital.sum())
    calm = p.resale / (1.0 + p.resale_response * book / max(1.0, market.investment_value))
    market.resale = market.resale + p.resale_speed * (calm - market.resale)
    afford = min(1.0, p.machines_purse * ownership.money(economy) / max(1.0, calm * book))
    ownership.spend(economy, "liquidations", Some(rows, np.floor(afford * calm * capital)))
    ledger.change("loss on liquidation", Some(rows, firms["capital"][rows]))  # what they do not pay
    ledger.change("spoilage", Some(rows, firms["stock"][rows]))
    economy.memory.used_machines += float(firms["machines"][rows].sum())
    trade_credit.sell_receivables(economy, rows)


def pay_estates(economy, rows: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """What money an estate has goes to those it owes, by rank. Returns what suppliers lose by it (fen)."""
    firms, platforms, ledger = economy.firms, economy.platforms, economy.ledger
    ranks = ("to_bank", "to_all", "to_platform", "to_invoices", "to_suppliers", "to_owners")
    estates = SimpleNamespace(**{rank: np.empty(len(rows), np.int64) for rank in ranks})
    share_estates(rows, firms, economy.p, estates)
    ledger.pay_at_home("instalments of firms", Some(rows, estates.to_bank))
    total = int(estates.to_all.sum())
    if total:
        shares = within(total, economy.banks["syndicated_loans"])
        ledger.pay("syndicated instalments", Some(rows, estates.to_all), shares)
    if any_of(estates.to_platform):
        before = platforms["loans"].copy()
        principal = total_by(firms["debt_to"][rows], estates.to_platform, len(before))
        ledger.pay("platform instalments of firms", Some(rows, estates.to_platform), principal)
        pools.repay(economy, principal, before)
    invoices.collect_from_estates(economy, rows, estates.to_invoices)
    unpaid = trade_credit.settle_estates(economy, rows, estates.to_suppliers, gone)
    ownership.receive(economy, "estates", Some(rows, estates.to_owners))
    return unpaid


def write_off_estates(economy, rows: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """Debts that nobody pays any more; those who held them lose. Returns what is lost by estate (fen)."""
    firms, banks, ledger = economy.firms, economy.banks, economy.ledger
    own, shared, through = (firms[debt][rows] for debt in ("bank_debt", "syndicated_debt", "platform_debt"))
    by_bank = total_by(firms["bank"][rows], own, len(banks))
    ledger.write_off("bad loans to firms", {"banks": by_bank}, {"firms": Some(rows, own)})
    banks["loan_losses"] += by_bank
    banks["own_losses"] += by_bank
    total = int(shared.sum())
    if total:
        part = within(total, banks["syndicated_loans"])
        ledger.write_off("bad syndicated loans", {"banks": part}, {"firms": Some(rows, shared)})
        banks["loan_losses"] += part
        banks["own_losses"] += part
    pools.write_down(economy, "firms", rows, through)
    economy.tallies.bad_firm_loans = float(own.sum()) + total
    return own + shared + through + invoices.write_down(economy, rows, gone)
