"""Deep integration: enter the operations of a limited number of firms, and live on what they gain.

Projects and technology instead of advertising; current orders and cash flow instead of late accounts;
joint loans with banks of which three in ten stay with the platform (RULE_COLENDING), repaid out of sales.
"""

from sim.strategies.base import OPERATIONS, BusinessModel

ROW = BusinessModel(
    "deep_integration",
    "Deep integration",
    claims=("C2", "C3", "C9", "C11", "C14"),
    to_projects=0.85,
    to_technology=0.15,
    sees=OPERATIONS,
    lends_to_firms=True,
    funders=(("banks", 0.7),),
    lines=(
        "payments",
        "software",
        "procurement",
        "logistics",
        "early_cash",
        "advances",
        "cover",
        "invoices",
    ),
    take=0.0068,
    gain_share=0.4,
)
