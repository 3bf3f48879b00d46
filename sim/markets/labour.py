"""The labour market: who works, and wages, benefits and the tax on them."""

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.ledger import Some, split


@compiled
def weigh(employed, power, benefit, at_work, idle, benefits):
    """Earning power of those at work; who is idle, and benefits in fen for him. Returns its sum, how many.

    Where nobody is at work all quarter, everybody does a part of what there is to do.
    """
    worked, found = 0.0, 0
    for i in range(employed.shape[0]):
        at_work[i] = power[i] if employed[i] else 0.0
        worked += at_work[i]
        idle[found] = i
        benefits[found] = np.rint(benefit * power[i])
        found += 0 if employed[i] else 1
    if worked == 0.0:
        at_work[:] = power
    return worked, found


@compiled
def take_home(gross, tax_rate, tax, income, transfers):
    """Income tax, in whole fen; income after it, with `transfers` (which may be where income goes)."""
    for i in range(gross.shape[0]):
        due = np.floor(tax_rate * gross[i])
        tax[i] = due
        income[i] = gross[i] - due + transfers[i]


def find_workers(economy) -> None:
    """How many are wanted, how many there are; everybody is rationed alike at full employment."""
    firms, platforms, banks, market, p = (
        economy.firms,
        economy.platforms,
        economy.banks,
        economy.market,
        economy.p,
    )
    staff = float(platforms["staff"].sum()) + float(banks["costs"].sum()) / market.wage
    wanted = float(firms["workers"].sum())
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
    c, n = consumers.columns, len(consumers)
    at_work, rows, benefits = np.empty(n), np.empty(n, np.int64), np.empty(n)
    market.working, idle = weigh(c["employed"], c["power"], p.benefit * market.wage, at_work, rows, benefits)
    rows, benefits = rows[:idle], benefits[:idle]
    paid = {
        "wages": ledger.debit("wages", economy.firms["wage_bill"]),
        "bank wages": ledger.debit("bank wages", economy.banks["costs"]),
        "platform wages": ledger.debit("platform wages", economy.platforms["wage_bill"]),
    }
    gross = split(sum(paid.values()), at_work)
    ledger.credit_together(paid, gross)
    ledger.pay("benefits", np.array([benefits.sum()]), Some(rows, benefits))
    tax = at_work  # its memory: what was there is split by now
    take_home(gross, economy.state[0].income_tax, tax, c["income"], economy.memory.transfers)
    taxed = ledger.debit("income tax", tax)
    ledger.credit("income tax", np.array([taxed]))
    c["income"][rows] += benefits
