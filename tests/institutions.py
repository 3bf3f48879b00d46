"""Worlds with insurers and securities houses, for several tests: business models that use all they offer."""

from typing import Any

from sim import BusinessModel, Economy
from sim.strategies.base import FOOTPRINTS, OPERATIONS
from tests.economies import LINKED, small

SELLER = BusinessModel(
    "seller", "Seller", to_consumers=0.54, to_firms=0.36, to_technology=0.1, sees=FOOTPRINTS, take=0.0068,
    lends_to_consumers=True, lends_to_firms=True, funders=(("banks", 0.5), ("notes", 0.4)), insured=0.5,
    sells_policies=True, sells_funds=True,
)  # fmt: skip
COVERER = BusinessModel(
    "coverer", "Coverer", to_projects=1.0, sees=OPERATIONS, lines=("cover",), gain_share=0.4
)
# much happens: little capital, bad luck, buyers who take fright
HARD = LINKED | {"giants": 2, "insurer_capital": 0.002, "house_capital": 0.002, "policy_contact": 0.3}


def both(seed: int = 1, **parameters: Any) -> Economy:
    """Platforms sell loans, have them guaranteed, and sell policies, funds and cover."""
    return small({SELLER: 6, COVERER: 6}, seed=seed, platforms=24, parameters=HARD | parameters)
