"""Who there is: the kinds of agents of an economy, and how many of each."""

from dataclasses import dataclass

from sim.actors.banks import Bank
from sim.actors.consumers import Consumer
from sim.actors.firms import Firm
from sim.actors.fund import Fund
from sim.actors.insurers import Insurer
from sim.actors.owners import Owners
from sim.actors.platforms import Platform
from sim.actors.securities_houses import House
from sim.actors.state import State
from sim.engine.columns import Row


@dataclass(frozen=True)
class Sector:
    """One kind of agents.

    name: of the table. kind: of its rows. as_many_as: the size that says how many there are, "" for one.
    keep: few and lasting, so that each is a registered agent of the model.
    """

    name: str
    kind: type[Row]
    as_many_as: str
    keep: bool = True


SECTORS = (
    Sector("firms", Firm, "firms", keep=False),
    Sector("consumers", Consumer, "consumers", keep=False),
    Sector("banks", Bank, "banks"),
    Sector("platforms", Platform, "platforms"),
    Sector("insurers", Insurer, "insurers"),
    Sector("securities_houses", House, "securities_houses"),
    Sector("owners", Owners, "banks"),  # an account at each bank, as the fund
    Sector("fund", Fund, "banks"),
    Sector("state", State, ""),
)
