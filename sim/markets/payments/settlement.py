"""Settlement: taxes, interest, instalments and dividends; then banks and the central bank close."""

import numpy as np

from sim.credit import pools
from sim.engine.fen import within
from sim.engine.ledger import Some, rows_with, split, total_by
from sim.markets.payments import ownership


def mishaps(economy) -> None:
    """What mishaps destroy leaves the books and the workshop."""
    c = economy.firms.columns
    rows = np.flatnonzero(c["damage"] > 0.0)
    if len(rows):
        damage = c["damage"][rows]
        economy.ledger.change("machines destroyed", Some(rows, np.floor(damage * c["capital"][rows])))
        economy.ledger.change("stock destroyed", Some(rows, np.floor(damage * c["stock"][rows])))
        c["machines"][rows] *= 1.0 - damage
        c["units"][rows] *= 1.0 - damage


def firms_pay(economy) -> None:
    """In the order of rank; the rule `settles` has decided the amounts."""
    firms, banks, ledger = economy.firms, economy.banks, economy.ledger
    c = firms.columns
    total = ledger.debit("profit tax", c["tax_paid"])
    ledger.credit("profit tax", np.array([total]))
    interest = ledger.pay_at_home("interest of firms", c["interest_paid"])
    banks.columns["interest_income"] += interest
    economy.tallies.interest_of_banks += float(interest.sum())
    ledger.pay_at_home("instalments of firms", c["instalment_paid"])
    holdings, shared = banks["syndicated_loans"].astype(float), rows_with(c["syndicated_debt"])
    for flow, column in (
        ("syndicated interest", "syndicated_interest_paid"),
        ("syndicated instalments", "syndicated_instalment_paid"),
    ):
        amounts = c[column][shared]
        total = int(amounts.sum())
        if total > 0:
            received = split(total, holdings)
            if flow == "syndicated instalments":
                received = within(total, banks["syndicated_loans"])
            else:
                banks["interest_income"] += received
                economy.tallies.interest_of_banks += float(received.sum())
            ledger.pay(flow, Some(shared, amounts), received)
    ownership.receive(economy, "dividends", c["dividend"])
    depreciation = np.floor(economy.p.depreciation * c["capital"])
    ledger.change("depreciation", depreciation)
    c["machines"] *= 1.0 - economy.p.depreciation


def consumers_pay(economy) -> None:
    """Interest and instalments of consumers to their banks; defaults are written off."""
    consumers, banks, ledger = economy.consumers.columns, economy.banks, economy.ledger
    interest = ledger.pay_at_home("interest of consumers", consumers["interest_paid"])
    banks["interest_income"] += interest
    economy.tallies.interest_of_banks += float(interest.sum())
    ledger.pay_at_home("instalments of consumers", consumers["instalment_paid"])
    rows = np.flatnonzero(consumers["failed"])
    lost = consumers["bank_debt"][rows]
    by_bank = total_by(consumers["bank"][rows], lost, len(banks))
    ledger.write_off("bad loans to consumers", {"banks": by_bank}, {"consumers": Some(rows, lost)})
    banks["loan_losses"] += by_bank
    economy.tallies.bad_consumer_loans = float(lost.sum())
    pools.write_down(economy, "consumers", rows, consumers["platform_debt"][rows])
