"""Settlement: what mishaps destroy, and what firms and consumers pay their banks and the state."""

import numpy as np

from sim.credit import pools
from sim.credit.insurance import insure_firms
from sim.engine.fen import within
from sim.engine.ledger import Some, rows_with, split, total_by
from sim.markets.payments import ownership, taxes


def mishaps(economy) -> None:
    """What mishaps destroy leaves the books and the workshop; of clients with cover insurers pay a part."""
    insure_firms(economy)
    firms, ledger = economy.firms, economy.ledger
    rows = np.flatnonzero(firms["damage"] > 0.0)
    if len(rows):
        damage = firms["damage"][rows]
        ledger.change("machines destroyed", Some(rows, np.floor(damage * firms["capital"][rows])))
        ledger.change("stock destroyed", Some(rows, np.floor(damage * firms["stock"][rows])))
        firms["machines"][rows] *= 1.0 - damage
        firms["units"][rows] *= 1.0 - damage


def firms_pay(economy) -> None:
    """In the order of rank; the rule `settles` has decided the amounts."""
    firms, banks, ledger, p = economy.firms, economy.banks, economy.ledger, economy.p
    taxes.pay(economy, "profit tax", firms["tax_paid"])
    at_home = ledger.pay_at_home("interest of firms", firms["interest_paid"])
    banks["interest_income"] += at_home
    banks["own_interest"] += at_home
    economy.tallies.interest_of_banks += float(at_home.sum())
    ledger.pay_at_home("instalments of firms", firms["instalment_paid"])
    holdings, shared = banks["syndicated_loans"].astype(float), rows_with(firms["syndicated_debt"])
    interest, instalments = (
        firms[column][shared] for column in ("syndicated_interest_paid", "syndicated_instalment_paid")
    )
    if total := int(interest.sum()):
        received = split(total, holdings)
        banks["interest_income"] += received
        banks["own_interest"] += received
        economy.tallies.interest_of_banks += float(total)
        ledger.pay("syndicated interest", Some(shared, interest), received)
    if total := int(instalments.sum()):
        received = within(total, banks["syndicated_loans"])
        ledger.pay("syndicated instalments", Some(shared, instalments), received)
    ownership.receive(economy, "dividends", firms["dividend"])
    ledger.change("depreciation", np.floor(p.depreciation * firms["capital"]))
    firms.columns["machines"] *= 1.0 - p.depreciation


def consumers_pay(economy) -> None:
    """Interest and instalments of consumers to their banks; defaults are written off."""
    consumers, banks, ledger = economy.consumers, economy.banks, economy.ledger
    at_home = ledger.pay_at_home("interest of consumers", consumers["interest_paid"])
    banks["interest_income"] += at_home
    banks["own_interest"] += at_home
    economy.tallies.interest_of_banks += float(at_home.sum())
    ledger.pay_at_home("instalments of consumers", consumers["instalment_paid"])
    rows = np.flatnonzero(consumers["failed"])
    lost = consumers["bank_debt"][rows]
    by_bank = total_by(consumers["bank"][rows], lost, len(banks))
    ledger.write_off("bad loans to consumers", {"banks": by_bank}, {"consumers": Some(rows, lost)})
    banks["loan_losses"] += by_bank
    banks["own_losses"] += by_bank
    economy.tallies.bad_consumer_loans = float(lost.sum())
    pools.write_down(economy, "consumers", rows, consumers["platform_debt"][rows])
