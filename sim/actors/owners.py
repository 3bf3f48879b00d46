"""Owners: the pool that owns firms, banks and the venture fund."""

from sim.engine.columns import Account, Column, Row


class Owners(Row):
    """The pool that owns firms, banks and fund; it keeps an account at every bank (one row each)."""

    generation = Column(0, unit="count", dtype="uint32")
    bank = Column(0, unit="row of banks", dtype="int32")
    deposits = Account("money")
    used_capital = Account("machines bought from firms that closed, at cost")
    receivables = Account("owed to firms that closed, by their customers")
    net_worth = Account("wealth not yet paid out")
