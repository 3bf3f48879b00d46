"""The first half of fintech: gather consumers and firms and sell them to institutions, for take rates.

Banks and securities houses fund and bear nearly all; about two in a hundred stays with the platform
(OFF_BALANCE_SHEET), and the junior part of what it sells to houses. It earns some 2.7 % a year on what they
hold (TAKE_RATE_LIGHT). Insurers guarantee a part of their losses; it sells
their policies, and notes of houses.
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
    funders=(("banks", 0.68), ("notes", 0.3)),
    insured=0.3,
    sells_policies=True,
    sells_funds=True,
    take=0.0068,
)
