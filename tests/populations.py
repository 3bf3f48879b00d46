"""Small populations for the tests: the same firms as rows of a table and as plain Mesa agents."""

from random import Random
from typing import Any

import mesa
import numpy as np
from mesa.agent import AgentSet

from sim.engine.columns import Account, Column, Row, Table

PRICES = [3.0, 1.5, 3.0, 0.25, 2.0, 1.5, 8.0]
AGES = [4, 4, 1, 0, 1, 4, 9]


class Ageing:
    """What the rows and the plain agents of the comparison have in common."""

    i: int
    price: Any
    age: Any

    @property
    def double(self):
        return 2 * self.price

    def grow(self, by=1, times=1):
        self.age += by * times
        return self.i, self.age


class Firm(Ageing, Row):
    price = Column(1.0, unit="yuan", doc="asked <per> piece")
    age = Column(0, unit="quarters")
    active = Column(True, unit="yes/no")
    cash = Account("at its bank")


class Shop(Firm):
    size = Column(2, unit="rooms", dtype=np.int32)


class Bank(Firm):
    pass


class Plain(Ageing, mesa.Agent):
    def __init__(self, model, i, price, age, active, cash):
        super().__init__(model)
        self.i, self.price, self.age, self.active, self.cash = i, price, age, active, cash


class Economy(mesa.Model):
    def __init__(self, rows=7):
        super().__init__(rng=1)
        self.quarter = 0
        firms, banks = Table(self, Firm, rows), Table(self, Bank, 3, keep=True)
        self.tables = {"firms": firms, "banks": banks}
        self.money = firms.books["cash"]  # as a ledger may hold it

    def step(self):
        self.quarter += 1
        self.tables["firms"].do("grow")


def filled(table, prices=PRICES, ages=AGES):
    table["price"], table["age"] = prices, ages
    table["active"] = np.arange(len(table)) % 3 > 0
    table.books["cash"][:] = np.arange(len(table)) * 100 + 2**60
    table.random = Random(5)
    return table


def plain(prices=PRICES, ages=AGES):
    """A real AgentSet of agents with the data of `filled`, and their model, which keeps them alive."""
    model = mesa.Model(rng=1)
    rows = enumerate(zip(prices, ages, strict=True))
    agents = [Plain(model, i, p, a, i % 3 > 0, i * 100 + 2**60) for i, (p, a) in rows]
    return AgentSet(agents, random=Random(5)), model


def lines(agents):
    return [agent.i for agent in agents]
