"""What is recorded of insurers, securities houses, and the banks that are partners of platforms."""

from typing import Any

import numpy as np

from sim.credit.partners import asking
from sim.record.national import ratio
from sim.record.told import QUARTERS, tells


@tells(
    QUARTERS,
    insurers="insurers: in business",
    guaranteed="share of yearly GDP: what those who fund platforms' loans lose no more if these fail",
    premiums="share of GDP: that insurers were paid, of all kinds",
    claims_paid="share of GDP: that insurers paid, of all kinds",
    claims_unpaid="share of GDP: that insurers should have paid and could not",
    policyholders="share of consumers: with a policy against unforeseen expenses",
    insurer_failures="insurers/quarter: that ended with claims they could not pay",
    insurer_return="share of capital/year: profit of insurers after tax",
    houses="houses: in business",
    sold_loans="share of yearly GDP: loans of platforms that securities houses have bought",
    notes="share of yearly GDP: of securities houses, that others hold",
    notes_issued="share of GDP: of securities houses, sold in the quarter",
    notes_unsold="share of the loans they bought: on which houses have sold no notes yet",
    notes_lost="share of GDP: that those who hold notes lost",
    note_trust="share: of what buyers of notes would buy at best, mean over houses in business",
    note_yield="share/quarter: that notes pay, mean over houses in business",
    house_return="share of capital/year: profit of securities houses after tax",
    house_failures="houses/quarter: that ended owing more than they had",
    partners="banks/platform: that fund its loans, mean of those that ask banks; NaN where none does",
    split_of_interest="share: that banks keep of the interest on their part; NaN where none was paid",
    own_share="share: that platforms fund themselves of loans they make now, weighed by all their loans",
    partnerships_begun="partnerships: of a platform and a bank, begun this quarter",
    left_by_banks="partnerships: that a bank ended this quarter",
    left_by_platforms="partnerships: that a platform ended this quarter",
)
def of_insurers_and_houses(economy: Any) -> dict[str, float]:
    """What insurers cover, what houses have bought and sold, and who failed."""
    insurers, houses, tallies = economy.insurers, economy.securities_houses, economy.tallies
    gdp, living = economy.market.gdp, houses["alive"]
    there = float(np.count_nonzero(living))
    pools = float(houses["pools"].sum())
    return {
        "insurers": float(np.count_nonzero(insurers["alive"])),
        "guaranteed": ratio(float(insurers["exposure"].sum()), 4.0 * gdp),
        "premiums": ratio(float(insurers["premiums"].sum()), gdp),
        "claims_paid": ratio(float(insurers["claims_paid"].sum()), gdp),
        "claims_unpaid": ratio(float(insurers["claims_unpaid"].sum()), gdp),
        "policyholders": float(economy.platforms["policies"].sum()) / len(economy.consumers),
        "insurer_failures": tallies.insurer_failures,
        "insurer_return": on_capital(insurers),
        "houses": there,
        "sold_loans": ratio(pools, 4.0 * gdp),
        "notes": ratio(float(houses["notes_owed"].sum()), 4.0 * gdp),
        "notes_issued": ratio(float(houses["notes_sold"].sum()), gdp),
        "notes_unsold": ratio(float(houses["unsold"].sum()), pools),
        "notes_lost": ratio(tallies.notes_lost, gdp),
        "note_trust": ratio(float(houses["house_trust"][living].sum()), there),
        "note_yield": ratio(float(houses["note_yield"][living].sum()), there),
        "house_return": on_capital(houses),
        "house_failures": tallies.house_failures,
        **of_partners(economy),
    }


def of_partners(economy: Any) -> dict[str, float]:
    """How many banks work with a platform, on what terms, and what platforms keep."""
    platforms, tallies, asks = economy.platforms.columns, economy.tallies, asking(economy)
    kept = float((platforms["own_share"] * platforms["loans"] * platforms["alive"]).sum())
    return {
        "partners": ratio(float(platforms["partners"][asks].sum()), float(np.count_nonzero(asks))),
        "split_of_interest": ratio(tallies.interest_of_partners, tallies.interest_for_banks),
        "own_share": ratio(kept, float((platforms["loans"] * platforms["alive"]).sum())),
        "partnerships_begun": tallies.partnerships_begun,
        "left_by_banks": tallies.left_by_banks,
        "left_by_platforms": tallies.left_by_platforms,
    }


def on_capital(table: Any) -> float:
    """Profit of a year after tax over the capital of all that are in business, NaN where there is none."""
    profit = float((table["profit"] - np.floor(table["tax_paid"]))[table["alive"]].sum())
    return ratio(4.0 * profit, float(table["net_worth"][table["alive"]].sum()))
