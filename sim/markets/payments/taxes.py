"""What the state is paid: taxes, and interest on what the central bank has lent."""

import numpy as np

from sim.engine.compiling import compiled
from sim.engine.ledger import Amounts


@compiled
def take_home(gross, tax_rate, tax, income, transfers):
    """Income tax, in whole fen; income after it, with `transfers` (which may be where income goes)."""
    for i in range(gross.shape[0]):
        due = np.floor(tax_rate * gross[i])
        tax[i] = due
        income[i] = gross[i] - due + transfers[i]


def pay(economy, flow: str, due: Amounts) -> int:
    """Somebody pays the state (fen). Returns the total."""
    total = economy.ledger.debit(flow, due)
    economy.ledger.credit(flow, np.array([total]))
    return total


def tax_income(
    economy, gross: np.ndarray, tax: np.ndarray, income: np.ndarray, transfers: np.ndarray
) -> None:
    """Consumers pay income tax on what each gets (`gross`, fen); `tax` is scratch. See `take_home`."""
    take_home(gross, economy.state[0].income_tax, tax, income, transfers)
    pay(economy, "income tax", tax)
