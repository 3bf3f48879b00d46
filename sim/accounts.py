"""The chart of accounts: who may hold what against whom, and every kind of payment there is.

From these lists the balance-sheet and transaction-flow matrices are generated, and checked each quarter. What
only some funders of loans have is declared in their own files, and gathered by `chart_with`.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from sim.engine.chart import Change, Chart, Flow, Instrument, WriteOff


class Part(Protocol):
    """Who has accounts and flows of its own."""

    @property
    def instruments(self) -> Mapping[str, Instrument]: ...

    @property
    def flows(self) -> Mapping[str, Flow | Change | WriteOff]: ...

    @property
    def money(self) -> Mapping[str, str]: ...


# what each table's money is: a customer of banks has deposits there
MONEY = {
    "firms": "deposits",
    "consumers": "deposits",
    "platforms": "deposits",
    "owners": "deposits",
    "fund": "deposits",
    "insurers": "deposits",
    "securities_houses": "deposits",
    "banks": "reserves",
    "state": "reserves_owed",
}

INSTRUMENTS: dict[str, Instrument] = {
    "loans to firms": Instrument((("banks", "firm_loans"),), (("firms", "bank_debt"),)),
    "syndicated loans": Instrument((("banks", "syndicated_loans"),), (("firms", "syndicated_debt"),)),
    "loans to consumers": Instrument((("banks", "consumer_loans"),), (("consumers", "bank_debt"),)),
    "platform loans": Instrument(
        (("platforms", "loans"),),
        (
            ("firms", "platform_debt"),
            ("firms", "invoices_owed"),
            ("consumers", "platform_debt"),
            ("platforms", "invoices_held"),
        ),
    ),
    "trade credit": Instrument(
        (("firms", "receivables"), ("owners", "receivables")), (("firms", "payables"),)
    ),
    "bonds": Instrument((("banks", "bonds"),), (("state", "bonds_owed"),)),
    "wallet balances": Instrument((("consumers", "wallet_money"),), (("platforms", "float_owed"),)),
    "balances in custody": Instrument((("platforms", "custody"),), (("state", "custody_owed"),)),
    "reserves": Instrument((("banks", "reserves"),), (("state", "reserves_owed"),)),
    "advances": Instrument((("state", "advances"),), (("banks", "advances_owed"),)),
}

REAL = frozenset({("firms", "capital"), ("firms", "stock"), ("owners", "used_capital")})

FLOWS: dict[str, Flow | Change | WriteOff] = {
    # labour
    "wages": Flow("firms", "consumers", spent_on="stock"),
    "bank wages": Flow("banks", "consumers"),
    "platform wages": Flow("platforms", "consumers"),
    "insurer wages": Flow("insurers", "consumers"),
    "house wages": Flow("securities_houses", "consumers"),
    # the state
    "benefits": Flow("state", "consumers"),
    "income tax": Flow("consumers", "state"),
    "profit tax": Flow("firms", "state"),
    "bank tax": Flow("banks", "state"),
    "insurer tax": Flow("insurers", "state"),
    "house tax": Flow("securities_houses", "state"),
    "bank resolution": Flow("state", "banks"),
    # of a bank that fails, beyond what is insured
    "deposits lost by firms": Flow("firms", "banks"),
    "deposits lost by consumers": Flow("consumers", "banks"),
    "deposits lost by platforms": Flow("platforms", "banks"),
    # goods
    "consumption": Flow("consumers", "firms"),
    "public purchases": Flow("state", "firms"),
    "investment": Flow("firms", "firms", spent_on="capital"),
    "inputs": Flow("firms", "firms", spent_on="stock"),
    "inputs on credit": Flow(
        "firms", "firms", spent_on="stock", payer_money="payables", payee_money="receivables"
    ),
    "used machines": Flow("firms", "owners", spent_on="capital"),
    "advertising": Flow("platforms", "firms"),
    "rebates": Flow("platforms", "consumers"),
    # of a placebo: money changes places between customers of one bank
    "shuffle among firms": Flow("firms", "firms"),
    "shuffle among consumers": Flow("consumers", "consumers"),
    # trade credit: the supplier delivers now and is paid a quarter later
    "suppliers paid": Flow("firms", "firms", spent_on="payables", earned_by="receivables"),
    "owners paid as suppliers": Flow("firms", "owners", spent_on="payables", earned_by="receivables"),
    "receivables bought": Flow("owners", "firms", spent_on="receivables", earned_by="receivables"),
    "receivables left": Flow("firms", "owners", payer_money="receivables", payee_money="receivables"),
    # ownership
    "dividends": Flow("firms", "owners"),
    "bank dividends": Flow("banks", "owners"),
    "platform dividends": Flow("platforms", "owners"),
    "insurer dividends": Flow("insurers", "owners"),
    "house dividends": Flow("securities_houses", "owners"),
    "income from ownership": Flow("owners", "consumers"),
    "start-up capital": Flow("owners", "firms"),
    "seed money": Flow("owners", "platforms"),
    "capital of insurers": Flow("owners", "insurers"),
    "capital of houses": Flow("owners", "securities_houses"),
    "platforms bought": Flow("platforms", "platforms"),
    "new bank equity": Flow("owners", "banks"),
    "estates": Flow("firms", "owners"),
    "liquidations": Flow("owners", "firms", spent_on="used_capital", earned_by="capital"),
    "fund commitments": Flow("owners", "fund"),
    "venture funding": Flow("fund", "platforms"),
    "venture exits": Flow("owners", "fund"),
    "fund distributions": Flow("fund", "owners"),
    # bank credit
    "loans to firms": Flow("banks", "firms", spent_on="firm_loans", earned_by="bank_debt"),
    "instalments of firms": Flow("firms", "banks", spent_on="bank_debt", earned_by="firm_loans"),
    "interest of firms": Flow("firms", "banks"),
    "syndicated loans": Flow("banks", "firms", spent_on="syndicated_loans", earned_by="syndicated_debt"),
    "syndicated instalments": Flow(
        "firms", "banks", spent_on="syndicated_debt", earned_by="syndicated_loans"
    ),
    "syndicated interest": Flow("firms", "banks"),
    "loans to consumers": Flow("banks", "consumers", spent_on="consumer_loans", earned_by="bank_debt"),
    "instalments of consumers": Flow("consumers", "banks", spent_on="bank_debt", earned_by="consumer_loans"),
    "interest of consumers": Flow("consumers", "banks"),
    "deposit interest": Flow("banks", "consumers"),
    # central bank
    "bonds issued": Flow("banks", "state", spent_on="bonds", earned_by="bonds_owed"),
    "bonds redeemed": Flow("state", "banks", spent_on="bonds_owed", earned_by="bonds"),
    "advances": Flow("state", "banks", spent_on="advances", earned_by="advances_owed"),
    "advances repaid": Flow("banks", "state", spent_on="advances_owed", earned_by="advances"),
    "interest on bonds and reserves": Flow("state", "banks"),
    "interest on advances": Flow("banks", "state"),
    # platform credit: the platform holds the loans, those who fund them have a claim on its pool
    "platform loans to firms": Flow("platforms", "firms", spent_on="loans", earned_by="platform_debt"),
    "platform loans to consumers": Flow(
        "platforms", "consumers", spent_on="loans", earned_by="platform_debt"
    ),
    "platform instalments of firms": Flow("firms", "platforms", spent_on="platform_debt", earned_by="loans"),
    "platform instalments of consumers": Flow(
        "consumers", "platforms", spent_on="platform_debt", earned_by="loans"
    ),
    "platform interest of firms": Flow("firms", "platforms"),
    "platform interest of consumers": Flow("consumers", "platforms"),
    # integration, and what is paid by wallet
    "integration fees": Flow("firms", "platforms"),
    "payment fees": Flow("firms", "platforms"),
    "wallets filled": Flow("consumers", "platforms", spent_on="wallet_money", earned_by="float_owed"),
    "wallets emptied": Flow("platforms", "consumers", spent_on="float_owed", earned_by="wallet_money"),
    "interest on balances": Flow("banks", "platforms"),
    "balances into custody": Flow("platforms", "state", spent_on="custody", earned_by="custody_owed"),
    "balances out of custody": Flow("state", "platforms", spent_on="custody_owed", earned_by="custody"),
    # insurance: of those who fund platforms' loans, of firms, of households
    "premiums of banks": Flow("banks", "insurers"),
    "premiums of houses": Flow("securities_houses", "insurers"),
    "premiums of firms": Flow("firms", "insurers"),
    "premiums of households": Flow("consumers", "insurers"),
    "indemnities to banks": Flow("insurers", "banks"),
    "indemnities to houses": Flow("insurers", "securities_houses"),
    "mishaps insured": Flow("insurers", "firms"),
    "expenses insured": Flow("insurers", "consumers"),
    "takes on cover": Flow("insurers", "platforms"),
    # changes of value
    "cost of goods sold": Change("firms", "stock"),
    "spoilage": Change("firms", "stock"),
    "depreciation": Change("firms", "capital"),
    "machines destroyed": Change("firms", "capital"),
    "stock destroyed": Change("firms", "stock"),
    "loss on liquidation": Change("firms", "capital"),
    "used machines sold": Change("owners", "used_capital"),
    "used machines scrapped": Change("owners", "used_capital"),
    # losses
    "bad loans to firms": WriteOff((("banks", "firm_loans"),), (("firms", "bank_debt"),)),
    "bad syndicated loans": WriteOff((("banks", "syndicated_loans"),), (("firms", "syndicated_debt"),)),
    "bad loans to consumers": WriteOff((("banks", "consumer_loans"),), (("consumers", "bank_debt"),)),
    "bad platform loans": WriteOff(
        (("platforms", "loans"),), (("firms", "platform_debt"), ("consumers", "platform_debt"))
    ),
    "wallet balances lost": WriteOff((("consumers", "wallet_money"),), (("platforms", "float_owed"),)),
    "bad trade credit": WriteOff(
        (("firms", "receivables"), ("owners", "receivables")), (("firms", "payables"),)
    ),
}

Party = tuple[str, str]


def chart_with(parts: Iterable[Part]) -> Chart:
    """The chart of an economy in which these parts, such as funders of loans, have accounts and flows too."""
    money, instruments, flows = dict(MONEY), dict(INSTRUMENTS), dict(FLOWS)
    for part in parts:
        money |= part.money
        instruments |= part.instruments
        flows |= part.flows
    customers = tuple((table, account) for table, account in money.items() if account == "deposits")
    instruments["deposits"] = Instrument(customers, (("banks", "deposits_owed"),))
    owed = frozenset(place for instrument in instruments.values() for place in instrument.issuers)
    return Chart(money, owed, REAL, flows, instruments)


def parties(chart: Chart) -> dict[str, Party]:
    """Who pays whom in each flow; for a change within one agent and for losses, on whose books it is."""
    found: dict[str, Party] = {}
    for name, spec in chart.flows.items():
        if isinstance(spec, Flow):
            found[name] = spec.payer, spec.payee
        elif isinstance(spec, Change):
            found[name] = spec.table, spec.table
        else:
            held, owed = (" and ".join(table for table, _ in places) for places in (spec.held, spec.owed))
            found[name] = held, owed
    return found
