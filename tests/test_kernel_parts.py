"""Named tuples of slices that a kernel hands to a helper: what is written through them is known."""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from sim.engine.columns import Account, Column, Row, Table
from sim.engine.compiling import compiled
from sim.engine.kernels import kernel
from sim.engine.texts import KernelError


class Guest(Row):
    """Somebody at a table."""

    hunger = Column(3.0, unit="dishes")
    eaten = Column(0.0, unit="dishes")
    money = Account("in the purse")


class Plates(NamedTuple):
    """Rows of guests, and what is left for them."""

    hunger: np.ndarray
    had: np.ndarray
    left: np.ndarray


@compiled
def eat(plates, most):
    for i in range(plates.had.shape[0]):
        plates.had[i] += min(most, plates.hunger[i])
        plates.left[i] = most - plates.had[i]


@compiled
def serve(plates, most):
    eat(plates, most)


@kernel
def dine(first, guests, kitchen):
    for start in (0, first):
        rows = slice(start, start + first)
        plates = Plates(left=kitchen.left[rows], had=guests.eaten[rows], hunger=guests.hunger[rows])
        serve(plates, 2.0)


@kernel
def dine_at_once(guests, left):
    serve(Plates(left=left, had=guests.eaten, hunger=guests.hunger), 2.0)


@kernel
def rob(guests, left):
    loot = Plates(left=left, had=guests.money, hunger=guests.hunger)
    for i in range(left.shape[0]):
        loot.had[i] = 0


def test_what_is_written_through_a_tuple_is_known_by_its_own_name():
    assert dine.writes == {"guests": ("eaten",), "kitchen": ("left",)}
    assert dine_at_once.writes == {"guests": ("eaten",), "left": ("",)}
    assert rob.writes == {"guests": ("money",)}


@pytest.mark.parametrize("reading", ["machine", "plain"])
def test_slices_are_written_in_place(reading):
    guests, left = Table(None, Guest, 4), np.zeros(4)
    getattr(dine, reading)(2, guests, SimpleNamespace(left=left))
    assert guests["eaten"].tolist() == [2.0] * 4
    getattr(dine_at_once, reading)(guests, left)
    assert left.tolist() == [-2.0] * 4


def test_an_account_is_not_written_through_a_tuple():
    with pytest.raises(KernelError, match=r"guests\.money is an account"):
        rob(Table(None, Guest, 2), np.zeros(2))
