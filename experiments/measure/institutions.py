"""What institutions earn on borrowers of platforms, beside what they earn without, and who bears losses.

All of it is read off the record: the flows of the books, and what is recorded of a quarter.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.measure.arithmetic import YEAR, Values

PAID = ("households that lend", "banks", "insurers", "houses", "holders of notes", "platforms")
RECORDED = (
    "bought_margin", "own_margin", "appetite", "note_trust", "partners",
    "insurer_failures", "house_failures", "bank_return", "insurer_return", "house_return",
)  # fmt: skip
PREMIUMS = {
    "guarantees": ("premiums of banks", "premiums of houses"),
    "policies": ("premiums of households", "premiums of firms"),
}
PARTED = ("left_by_banks", "left_by_platforms", "left_by_end")  # how partnerships of platforms and banks end
RATIOS = {  # by name: the columns of which it is the ratio, each summed over quarters
    **{name: (f"gained_{name}", f"held_{name}") for name in ("notes", "claims", *PREMIUMS)},
    **{f"{name}_of_all": (name, "partnerships") for name in ("partnerships_begun", *PARTED)},
}


def kept_institutions(economy: Any) -> dict[str, pd.DataFrame]:
    """``quarters`` since the branching, in ``since`` from 1.

    `RECORDED`; ``gained_`` and ``held_`` [shares of GDP]: on notes and on claims on platforms what they
    earned less what they lost and what deposits would have paid, and what was held; on guarantees, and on
    policies and cover, premiums less claims and takes, and premiums; ``left_alone``, platforms whose loans an
    insurer guarantees nothing of [share of those that work with one]; of the loss on platforms' loans [share
    of GDP] what each of `PAID` bore; partnerships, see `of_partnerships`; and ``partners_of_all``, those of a
    platform [share of all banks].
    """
    records, branched = economy.records, economy.branched
    lines = records.quarters
    flows = pd.DataFrame(records.of_flows, index=lines.index)
    gdp, platforms = lines["gdp"], records.platforms
    deposit_rate = np.maximum(0.0, lines["policy_rate"] - economy.p.deposit_spread)

    def flow(*names: str) -> pd.Series:
        return flows.reindex(columns=list(names)).fillna(0.0).sum(axis=1)

    notes = lines["notes"] * YEAR * gdp
    claims = summed(platforms, "claims_owed", lines.index)
    found: dict[str, Any] = {}
    for name, held, earned, lost in (
        ("notes", notes, flow("interest on notes", "interest on notes of banks"), flow("notes lost")),
        ("claims", claims, flow("interest on claims"), flow("claims lost")),
    ):
        before = held.shift(1, fill_value=0.0)
        found |= {f"gained_{name}": earned - lost - deposit_rate * before, f"held_{name}": before}
    for name, paid in (
        ("guarantees", ("indemnities to banks", "indemnities to houses")),
        ("policies", ("expenses insured", "mishaps insured", "takes on cover")),
    ):
        came = flow(*PREMIUMS[name])
        found |= {f"gained_{name}": came - flow(*paid), f"held_{name}": came}
    found |= who_bore(flow)
    quarters = lines.reindex(columns=list(RECORDED)).assign(left_alone=left_alone(platforms, lines.index))
    quarters = quarters.assign(
        **{name: values / gdp for name, values in found.items()},
        **of_partnerships(lines, platforms),
        partners_of_all=lines["partners"] / len(economy.banks),
    )
    quarters = quarters.loc[quarters.index > branched].reset_index()
    quarters.insert(0, "since", quarters["quarter"].astype(int) - branched)
    return {"quarters": quarters}


def who_bore(flow: Any) -> dict[str, pd.Series]:
    """Of what platforms' borrowers did not repay [fen], what each of `PAID` bore; they add up to it."""
    to_banks, to_houses = flow("indemnities to banks"), flow("indemnities to houses")
    found = {
        "households that lend": flow("claims lost"),
        "banks": flow("participations lost") - to_banks,
        "insurers": to_banks + to_houses,
        "houses": flow("sold loans lost") - to_houses - flow("notes lost"),
        "holders of notes": flow("notes lost"),
    }
    whole = flow("bad platform loans")
    return found | {"platforms": whole - sum(found.values())}


def of_partnerships(lines: pd.DataFrame, platforms: pd.DataFrame) -> dict[str, pd.Series]:
    """Pairs of a platform and a bank: ``partnerships`` as the quarter begins, begun in it, and ended in it by
    either side or, ``left_by_end``, because the platform ended or asks banks no more."""
    living = platforms.loc[platforms["alive"] > 0] if len(platforms) else platforms
    there: Any = summed(living, "partners", lines.index)
    before = there.shift(1, fill_value=0.0)
    counts: dict[str, Any] = {name: lines[name] for name in ("partnerships_begun", *PARTED[:2])}
    begun, by_banks, by_platforms = counts.values()
    by_end = before + begun - by_banks - by_platforms - there
    return {"partnerships": before, **counts, PARTED[2]: by_end}


def summed(platforms: pd.DataFrame, column: str, at: Any) -> pd.Series:
    """The sum over platforms by quarter, 0 where there are none."""
    if not len(platforms):
        return pd.Series(0.0, at)
    sums: Any = platforms.groupby("quarter")[column].sum()
    return sums.astype(float).reindex(at, fill_value=0.0)


def left_alone(platforms: pd.DataFrame, at: Any) -> Values | pd.Series:
    """Of living platforms with an insurer and loans of others, the part that it covers nothing of."""
    if not len(platforms):
        return pd.Series(np.nan, at)
    mine = (platforms["alive"] > 0) & (platforms["insurer"] >= 0)
    mine &= platforms["participations_owed"] + platforms["sold_loans"] > 0
    of = platforms.loc[mine]
    return (of["covered"] <= 0.0).groupby(of["quarter"]).mean().reindex(at)
