"""What a fact that has to emerge says about how it is judged: who answers it, and where a number hits.

The fields are those of ``seeds/evidence.toml``, whose head explains them; a fact that lacks one is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

NEAR = 0.25  # where a figure is published without a band, so far on either side counts as a hit [share of it]
PARTS = ("core", "platforms", "houses", "law")  # of the model whose facts have to be answered now
LATER = ("insurers", "sellers", "history")  # whose facts no world answers yet
RULE = ("answered_by", "passes", "hit", "within")  # fields of a fact that has to emerge, and of no other


def hit_range(name: str, published: Mapping[str, Any]) -> tuple[float, float, str]:
    """Where a number counts as a hit, in its unit, and where that range comes from.

    ("published" band, "declared" where the fact says it itself, "figures" where several were published,
    "figure ± 25 %" for a single one). Raises ``ValueError`` for a fact from which no range follows, or two.
    """
    value = published.get("value")
    if "band" in published and "hit" in published:
        raise ValueError(f"{name} has a band, which says what is a hit: it needs no `hit`")
    if "band" in published:
        (low, high), by = published["band"], "published"
    elif "hit" in published:
        (low, high), by = published["hit"], "declared"
    elif isinstance(value, Sequence):
        low, high, by = min(value), max(value), "figures"
    elif value is not None:
        low, high, by = value * (1 - NEAR), value * (1 + NEAR), f"figure ± {NEAR:.0%}"
    else:
        raise ValueError(f"{name} gives neither band nor figure: say in `hit` what would be one")
    if not low < high:
        raise ValueError(f"{name}: a hit from {low} to {high} is none")
    return float(low), float(high), by


def emerging(evidence: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The facts that have to emerge, by id, each with its rule.

    Raises ``ValueError``, one line, for one without a rule or with an unknown part of the model, and for a
    rule of a fact that may set parameters.
    """
    found = {}
    for name, published in evidence.items():
        if published["use"] != "validate":
            for field in RULE:
                if field in published:
                    raise ValueError(f"{name} may set parameters and is not judged: it has no `{field}`")
            continue
        if not published.get("passes"):
            raise ValueError(f"{name} has to emerge: say in `passes` which number of the model is a hit")
        part = published.get("answered_by")
        if part not in PARTS + LATER:
            known = ", ".join(PARTS + LATER)
            raise ValueError(f"{name} is answered by {part!r}, which is no part of the model: {known}")
        low, high, _ = hit_range(name, published)
        least, most = published.get("within", (-math.inf, math.inf))
        if not least < most or high < least or low > most:
            raise ValueError(f"{name} lies within {least:g} to {most:g}: no hit is elsewhere")
        found[name] = published
    return found
