"""The venture fund, through which the owners hold stakes in platforms."""

from sim.engine.columns import Account, Column, Row


class Fund(Row):
    """The venture fund's account at each bank (one row each)."""

    generation = Column(0, unit="count", dtype="uint32")
    bank = Column(0, unit="row of banks", dtype="int32")
    deposits = Account("money")
    net_worth = Account("wealth")
