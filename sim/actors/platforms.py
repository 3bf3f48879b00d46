"""Platforms: fintech firms, big and small."""

from sim.engine.columns import Account, Column, Row


class Platform(Row):
    """A platform."""

    generation = Column(0, unit="count", dtype="uint32")
    bank = Column(0, unit="row of banks", dtype="int32")
    alive = Column(True, unit="yes/no")
    staff = Column(0.0, unit="workers")
    wage_bill = Column(0.0, unit="fen/quarter")
    advertising = Column(0.0, unit="fen/quarter")
    deposits = Account("money")
    loans = Account("lent to firms and consumers, whoever funds it")
    participations_owed = Account("share of banks in its loans")
    claims_owed = Account("share of households in its loans")
    borrowing = Account("from banks")
    net_worth = Account("its own capital")
