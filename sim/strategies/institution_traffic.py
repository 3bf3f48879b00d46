"""The first half of fintech: gather consumers and firms and sell them to banks, for a take rate.

Banks fund and bear nearly all; about two in a hundred stays with the platform (OFF_BALANCE_SHEET), which
earns some 2.7 % a year on what the banks hold (TAKE_RATE_LIGHT).
"""

from sim.strategies.base import FOOTPRINTS, BusinessModel

ROW = BusinessModel(
    "institution_traffic",
    "Institution traffic",
    claims=("C5", "C6", "C7"),
    to_consumers=0.54,
    to_firms=0.36,
    to_technology=0.1,
    sees=FOOTPRINTS,
    lends_to_consumers=True,
    lends_to_firms=True,
    funders=(("banks", 0.98),),
    take=0.0068,
)
