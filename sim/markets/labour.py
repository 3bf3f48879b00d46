"""The labour market: who works, and wages, benefits and the tax on them."""

from types import SimpleNamespace

import numpy as np

from sim.engine.kernels import kernel
from sim.engine.ledger import Some, split
from sim.markets.payments import taxes


@kernel
def who_works(consumers, benefit, at_work, idle):
    """Earning power of those at work; who is idle, and benefits in fen for him. Returns its sum, how many.

    Where nobody is at work all quarter, everybody does a part of what there is to do.
    """
    worked, found = 0.0, 0
    for i in range(at_work.shape[0]):
        at_work[i] = consumers.power[i] if consumers.employed[i] else 0.0
        worked += at_work[i]
        idle.rows[found] = i
        idle.benefits[found] = np.rint(benefit * consumers.power[i])
        found += 0 if consumers.employed[i] else 1
    if worked == 0.0:
        for i in range(at_work.shape[0]):
            at_work[i] = consumers.power[i]
    return worked, found


def find_workers(economy) -> None:
    """How many are wanted, how many there are; everybody is rationed alike at full employment."""
    market, p = economy.market, economy.p
    staff = float(economy.platforms["staff"].sum()) + float(economy.banks["costs"].sum()) / market.wage
    others = float(economy.insurers["costs"].sum()) + float(economy.securities_houses["costs"].sum())
    staff += others / market.wage
    wanted = float(economy.firms["workers"].sum())
    most = market.labour_force * (1.0 - p.friction) - staff
    market.hired = min(1.0, max(0.0, most) / max(1e-9, wanted))
    market.employment = wanted * market.hired + staff
    market.unemployment = 1.0 - market.employment / market.labour_force
    ending = p.separation
    stay = market.working * (1.0 - ending)
    lacking = market.employment - stay
    out = market.labour_force - market.working
    market.separation = ending if lacking >= 0.0 else 1.0 - market.employment / max(1e-9, market.working)
    market.finding = min(1.0, max(0.0, lacking) / max(1e-9, out))


def pay(economy) -> None:
    """Wages of firms, banks and platforms go to those at work by earning power; benefits to the others."""
    consumers, ledger, market, p = economy.consumers, economy.ledger, economy.market, economy.p
    n = len(consumers)
    at_work, idle = np.empty(n), SimpleNamespace(rows=np.empty(n, np.int64), benefits=np.empty(n))
    market.working, found = who_works(consumers, p.benefit * market.wage, at_work, idle)
    rows, benefits = idle.rows[:found], idle.benefits[:found]
    paid = {
        "wages": ledger.debit("wages", economy.firms["wage_bill"]),
        "bank wages": ledger.debit("bank wages", economy.banks["costs"]),
        "platform wages": ledger.debit("platform wages", economy.platforms["wage_bill"]),
        "insurer wages": ledger.debit("insurer wages", economy.insurers["costs"]),
        "house wages": ledger.debit("house wages", economy.securities_houses["costs"]),
    }
    gross = split(sum(paid.values()), at_work)
    ledger.credit_together(paid, gross)
    ledger.pay("benefits", np.array([benefits.sum()]), Some(rows, benefits))
    tax = at_work  # its memory: what was there is split by now
    taxes.tax_income(economy, gross, tax, consumers["income"], consumers.columns["transfers"])
    consumers["income"][rows] += benefits
