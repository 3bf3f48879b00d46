"""How large fintech is beside the economy: its sizes at their peak and at the end, in one world and arm.

Giants are counted. Each size is a year's mean, so that no single quarter decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.measure.arithmetic import YEAR

# by name: the recorded columns that are added, and the fact of seeds/evidence.toml that stands beside it
SIZES: dict[str, tuple[tuple[str, ...], str]] = {
    "revenue": (("platform_revenue",), "PLATFORM_REVENUE: 0.2 to 0.5 % (set the scale)"),
    "revenue with payment fees": (("platform_revenue", "payment_fees"), "PLATFORM_REVENUE (set the scale)"),
    "platforms' credit": (
        ("platform_credit_to_consumers", "platform_credit_to_firms"),
        "PLATFORM_CREDIT: 2 to 4.5 % (set the scale)",
    ),
    "consumer credit of all lenders": (
        ("consumer_credit_to_gdp",), "CONSUMER_CREDIT: 6 to 20 % (set the scale)"
    ),
    "lent by households": (("lent_by_households",), "P2P_SIZE: 0.6 to 1.25 % at the peak"),
    "largest lender": (("largest_lender",), "EMBEDDED_LENDER_SIZE: 0.15 to 0.3 %, of an integrator"),
    "venture money": (("venture_funding",), "VENTURE_MONEY: 0.03 to 0.1 %"),
    "payments through wallets": (("payments",), "PAYMENT_VOLUME: 240 % (set the number)"),
    "spent on attention": (("advertising",), "ALL_ADVERTISING: 4 % of 1.04 %"),
}  # fmt: skip
DERIVED = ("lent_by_households", "largest_lender", "advertising")
RECORDED = tuple(dict.fromkeys(one for names, _ in SIZES.values() for one in names if one not in DERIVED))


def kept_sizes(economy: Any) -> dict[str, pd.DataFrame]:
    """``quarters`` since the branching, in ``since`` from 1, with what sizes are made of."""
    records, branched = economy.records, economy.branched
    quarters = records.quarters[list(RECORDED)].join(derived(records.platforms, records.quarters["gdp"]))
    quarters = quarters.loc[quarters.index > branched].reset_index()
    quarters.insert(0, "since", quarters["quarter"].astype(int) - branched)
    return {"quarters": quarters}


def derived(platforms: pd.DataFrame, gdp: pd.Series) -> pd.DataFrame:
    """`DERIVED` by quarter [share of GDP, of a year's for debts], from the record of all platforms.

    gdp: by quarter (fen a quarter).
    """
    if not len(platforms):
        return pd.DataFrame(0.0, index=gdp.index, columns=list(DERIVED))
    by = platforms.assign(spent=platforms["consumer_spend"] + platforms["firm_spend"]).groupby("quarter")
    year = YEAR * gdp
    found = {
        "lent_by_households": by["claims_owed"].sum() / year,
        "largest_lender": by["loans"].max() / year,
        "advertising": by["spent"].sum() / gdp,
    }
    return pd.DataFrame(found).reindex(gdp.index).fillna(0.0)


def sizes(quarters: Any) -> dict[str, tuple[float, float]]:
    """Each size at its peak and at the end (share of GDP), of one future's quarters in order."""
    found = {}
    for name, (columns, _) in SIZES.items():
        values = quarters[list(columns)].to_numpy(float).sum(axis=1)
        year = min(YEAR, len(values))
        means = np.convolve(values, np.full(year, 1.0 / year), "valid")
        found[name] = float(means.max()), float(means[-1])
    return found
