"""What a customer costs year by year, and of what the price of a borrower is made.

By the rule of `sim.markets.attention` platforms that bid a part b of all that is bid for the attention of
consumers win that part of the L places that all of it would win, but for k: less than one where those who bid
have a person already, more where giants bid within their ecosystems. Of the W places won B are of people who
then borrow from the platform for the first time. With s, what is spent on that attention, this makes exactly

    price of a borrower = s / B = (s / b) / L / k x W / B,   W = k b L

so the log of a price is a sum of the logs of four parts, and its change the product of what each changed: of
all that is bid, the pool, what is won of it, and users a borrower. Money moves a price by the first alone:
s / b is what platforms and others bid together, and while others bid most of it platforms that spend twice as
much win nearly twice as many, at the same price.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from experiments.measure.arithmetic import YEAR, Values, mean, share
from experiments.measure.futures import Frame

WON = ("users_reached", "users_returned", "users_lured")
KEPT_PRICES = (
    "customer_price", "user_cost", "borrower_cost", *WON, "attention_left", "attention_bids",
    "places_used", "venture_funding", "platform_growth_spend",
)  # fmt: skip
PRICES = ("price of a customer", "price of a user", "price of a borrower")
SHARES = ("places that had a platform", "venture money, of what platforms spend")
PARTS = {  # of the price of a borrower, and whether it divides the price
    "all that is bid": False,
    "pool": True,
    "won of it": True,
    "users a borrower": False,
}
BID = {"money": False, "bids": True}  # of which all that is bid is made
YEARS = (2, 4, 8)


def years_told(quarters: int) -> list[int]:
    """The years, from 1, of which is told: `YEARS` and the last, as far as they were lived."""
    last = quarters // YEAR
    return sorted({year for year in (*YEARS, last) if 0 < year <= last})


def spent(cost: Values, number: Values) -> Values:
    """What was spent by quarter, from the cost of each one won and their number; a quarter in which none was
    won tells of no spending."""
    return np.where((number > 0.0) & np.isfinite(cost), cost, 0.0) * number


def of_year(quarters: Frame, year: int) -> dict[str, float]:
    """Prices and their parts in one year (from 1) of a future; NaN where there was no case.

    Args:
        quarters: a row a quarter, with `KEPT_PRICES`.

    `PRICES`: yuan of first wages. `SHARES`: shares. money: yuan of first wages a person and quarter, spent on
    the attention of consumers; bids: share of all bids that platforms make; all that is bid: one over the
    other; pool: places a person and quarter that all of it would win, where platforms bid; won of it: ratio
    of what they win to their share of the pool; users a borrower: users won to first-time borrowers. All
    parts are there or none.
    """
    rows = quarters.iloc[(year - 1) * YEAR : year * YEAR]
    of = {name: rows[name].to_numpy(float) for name in KEPT_PRICES}
    won = np.sum([of[name] for name in WON], axis=0)
    money = spent(of["user_cost"], won)
    known = np.isfinite(of["borrower_cost"]) & (of["borrower_cost"] > 0.0)
    borrow = np.divide(money, of["borrower_cost"], out=np.zeros(len(rows)), where=known)
    bids, pool = of["attention_bids"], of["attention_bids"] * of["attention_left"]
    found = {
        "price of a customer": mean(of["customer_price"]),
        "price of a user": share(float(money.sum()), float(won.sum()), none=math.nan),
        "price of a borrower": share(float(money.sum()), float(borrow.sum()), none=math.nan),
        "money": float(money.mean()),
        "bids": float(bids.mean()),
        "all that is bid": share(float(money.sum()), float(bids.sum()), none=math.nan),
        "pool": share(float(pool.sum()), float(bids.sum()), none=math.nan),
        "won of it": share(float(won.sum()), float(pool.sum()), none=math.nan),
        "users a borrower": share(float(won.sum()), float(borrow.sum()), none=math.nan),
        "places that had a platform": mean(of["places_used"]),
        "venture money, of what platforms spend": share(
            float(of["venture_funding"].sum()), float(of["platform_growth_spend"].sum()), none=math.nan
        ),
    }
    whole = all(math.isfinite(found[part]) and found[part] > 0.0 for part in PARTS)
    return found if whole else found | dict.fromkeys((*PARTS, *BID), math.nan)


def by_year(quarters: Frame) -> Frame:
    """`of_year` of each whole year of a future, by its number from 1."""
    years = range(1, len(quarters) // YEAR + 1)
    return pd.DataFrame([of_year(quarters, year) for year in years], index=pd.Index(years, name="year"))


def times(found: Frame, first: int) -> Frame:
    """The price of a borrower, and what each of its parts does to it, as multiples since the first year: the
    product of the `PARTS` is that of the price, that of `BID` is all that is bid.

    Args:
        found: of `by_year`.

    Returns: a row a year with the price, `PARTS` and `BID`; NaN where either year has no case.
    """
    names = (PRICES[-1], *PARTS, *BID)
    logs = found[list(names)].where(found["money"].notna()).apply(np.log)  # all parts are there or none
    divides = PARTS | BID
    signs = [-1.0 if divides.get(name) else 1.0 for name in names]
    return ((logs - logs.loc[first]) * signs).apply(np.exp)
