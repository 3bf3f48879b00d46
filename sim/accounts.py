"""The chart of accounts: who may hold what against whom, and every kind of payment there is.

From these lists the balance-sheet and transaction-flow matrices are generated, and checked each quarter.
"""

from sim.engine.chart import Change, Chart, Flow, Instrument, WriteOff

MONEY = {
    "firms": "deposits",
    "consumers": "deposits",
    "platforms": "deposits",
    "owners": "deposits",
    "fund": "deposits",
    "banks": "reserves",
    "state": "reserves_owed",
}

INSTRUMENTS: dict[str, Instrument] = {
    "deposits": Instrument(
        tuple((table, "deposits") for table in ("firms", "consumers", "platforms", "owners", "fund")),
        (("banks", "deposits_owed"),),
    ),
    "loans to firms": Instrument((("banks", "firm_loans"),), (("firms", "bank_debt"),)),
    "syndicated loans": Instrument((("banks", "syndicated_loans"),), (("firms", "syndicated_debt"),)),
    "loans to consumers": Instrument((("banks", "consumer_loans"),), (("consumers", "bank_debt"),)),
    "platform loans": Instrument(
        (("platforms", "loans"),), (("firms", "platform_debt"), ("consumers", "platform_debt"))
    ),
    "participations": Instrument((("banks", "participations"),), (("platforms", "participations_owed"),)),
    "household claims": Instrument((("consumers", "claims"),), (("platforms", "claims_owed"),)),
    "trade credit": Instrument(
        (("firms", "receivables"), ("owners", "receivables")), (("firms", "payables"),)
    ),
    "loans to platforms": Instrument((("banks", "platform_loans"),), (("platforms", "borrowing"),)),
    "bonds": Instrument((("banks", "bonds"),), (("state", "bonds_owed"),)),
    "reserves": Instrument((("banks", "reserves"),), (("state", "reserves_owed"),)),
    "advances": Instrument((("state", "advances"),), (("banks", "advances_owed"),)),
}

REAL = frozenset({("firms", "capital"), ("firms", "stock"), ("owners", "used_capital")})

LIABILITIES = frozenset(place for i in INSTRUMENTS.values() for place in i.issuers)

FLOWS: dict[str, Flow | Change | WriteOff] = {
    # labour
    "wages": Flow("firms", "consumers", spent_on="stock"),
    "bank wages": Flow("banks", "consumers"),
    "platform wages": Flow("platforms", "consumers"),
    # the state
    "benefits": Flow("state", "consumers"),
    "income tax": Flow("consumers", "state"),
    "profit tax": Flow("firms", "state"),
    "bank tax": Flow("banks", "state"),
    "bank resolution": Flow("state", "banks"),
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
    # trade credit: the supplier delivers now and is paid a quarter later
    "suppliers paid": Flow("firms", "firms", spent_on="payables", earned_by="receivables"),
    "owners paid as suppliers": Flow("firms", "owners", spent_on="payables", earned_by="receivables"),
    "receivables bought": Flow("owners", "firms", spent_on="receivables", earned_by="receivables"),
    "receivables left": Flow("firms", "owners", payer_money="receivables", payee_money="receivables"),
    # ownership
    "dividends": Flow("firms", "owners"),
    "bank dividends": Flow("banks", "owners"),
    "platform dividends": Flow("platforms", "owners"),
    "income from ownership": Flow("owners", "consumers"),
    "start-up capital": Flow("owners", "firms"),
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
    "participations": Flow("banks", "platforms", spent_on="participations", earned_by="participations_owed"),
    "participations repaid": Flow(
        "platforms", "banks", spent_on="participations_owed", earned_by="participations"
    ),
    "interest on participations": Flow("platforms", "banks"),
    "claims bought": Flow("consumers", "platforms", spent_on="claims", earned_by="claims_owed"),
    "claims repaid": Flow("platforms", "consumers", spent_on="claims_owed", earned_by="claims"),
    "interest on claims": Flow("platforms", "consumers"),
    "loans to platforms": Flow("banks", "platforms", spent_on="platform_loans", earned_by="borrowing"),
    "borrowing repaid": Flow("platforms", "banks", spent_on="borrowing", earned_by="platform_loans"),
    "interest on borrowing": Flow("platforms", "banks"),
    # integration
    "integration fees": Flow("firms", "platforms"),
    # changes of value
    "cost of goods sold": Change("firms", "stock"),
    "spoilage": Change("firms", "stock"),
    "depreciation": Change("firms", "capital"),
    "machines destroyed": Change("firms", "capital"),
    "stock destroyed": Change("firms", "stock"),
    "loss on liquidation": Change("firms", "capital"),
    "used machines sold": Change("owners", "used_capital"),
    # losses
    "bad loans to firms": WriteOff((("banks", "firm_loans"),), (("firms", "bank_debt"),)),
    "bad syndicated loans": WriteOff((("banks", "syndicated_loans"),), (("firms", "syndicated_debt"),)),
    "bad loans to consumers": WriteOff((("banks", "consumer_loans"),), (("consumers", "bank_debt"),)),
    "bad platform loans": WriteOff(
        (("platforms", "loans"),), (("firms", "platform_debt"), ("consumers", "platform_debt"))
    ),
    "bad trade credit": WriteOff(
        (("firms", "receivables"), ("owners", "receivables")), (("firms", "payables"),)
    ),
    "participations lost": WriteOff((("banks", "participations"),), (("platforms", "participations_owed"),)),
    "claims lost": WriteOff((("consumers", "claims"),), (("platforms", "claims_owed"),)),
    "bad loans to platforms": WriteOff((("banks", "platform_loans"),), (("platforms", "borrowing"),)),
}

CHART = Chart(MONEY, LIABILITIES, REAL, FLOWS, INSTRUMENTS)

# for each flow, who pays whom (for bookings within one agent or losses: on whose books, and whose gain)
PARTIES = {
    name: (spec.payer, spec.payee)
    if isinstance(spec, Flow)
    else (spec.table, spec.table)
    if isinstance(spec, Change)
    else (" and ".join(place[0] for place in spec.held), " and ".join(place[0] for place in spec.owed))
    for name, spec in FLOWS.items()
}
