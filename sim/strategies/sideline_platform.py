"""The cloak of traditional finance: a bank's way of lending, copied onto a platform.

Branches and files, late accounts and collateral; bank loans and own capital; all the risk is its own.
"""

from sim.strategies.base import ACCOUNTS, BusinessModel

ROW = BusinessModel(
    "sideline_platform",
    "Sideline platform",
    claims=("C15",),
    to_firms=1.0,
    by_staff=1.0,
    sees=ACCOUNTS,
    file_like_a_bank=True,
    lends_to_firms=True,
    funders=(("borrowing", 0.5),),
    take=0.0068,
)
