"""What ought not to decide which business model prevails: changes of resolution and of belief, and two models
of one row.

What a change of resolution moves is a fault of the model; what a change of belief moves is a result that
hangs on what founders and the fund believe of a business model before it has a record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sim import Parameters

AGAIN = "_again"  # after the name of a business model that stands beside itself
RESOLUTION, BELIEF, START = "resolution", "belief", "start"
USUAL = Parameters.declarations()
FROM = 8  # platforms of each kind to begin with: from the usual two, luck alone moves shares by ten points


@dataclass(frozen=True)
class Variant:
    """A change: of what kind, values of parameters, and how many ``times`` as many rows of platforms and
    platforms to begin with there are."""

    kind: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    times: int = 1


DOUBLED = "twice the rows, half the team"
VARIANTS = {
    # what all teams together cost stays: that of one falls
    DOUBLED: Variant(RESOLUTION, {"firms_a_team": 0.5 * USUAL["firms_a_team"].value}, times=2),
    "projects paid as a whole": Variant(RESOLUTION, {"project_down": 1.0}),
    "founded as the quarter opens": Variant(RESOLUTION, {"by_month": 0}),
    **{
        f"{n} starters of each, not {FROM}": Variant(START, {"starters": n})
        for n in (USUAL["starters"].value, 16)
    },
    "low prior of a model without a record": Variant(BELIEF, {"earned_prior": 0.8}),
    "high prior of a model without a record": Variant(BELIEF, {"earned_prior": 1.5}),
    "promises weigh nothing": Variant(BELIEF, {"promise_weight": 0.0}),
    "promises alone weigh": Variant(BELIEF, {"promise_weight": 1.0}),
    "growth is not extrapolated": Variant(BELIEF, {"extrapolation": 0.0}),
    "growth is extrapolated in full": Variant(BELIEF, {"extrapolation": 1.0}),
}


def twin_of(row: Any) -> Any:
    """The same business model under another name."""
    return replace(row, name=row.name + AGAIN, title=f"{row.title}, once more")
