"""Is the state after 45 quarters still what it was before the structure of the model was changed?

`python -m tests.same_state` compares each business model at 2,000 firms, seed 7, with the hashes in
tests/states.json, which the commit tagged `old-structure` wrote. Columns that have another name or place
since are in `RENAMED`; what follows from the rest, and is no state any more, in `DERIVED`; what is new in
`NEW`. A part that is missing on one side and in no table is a difference.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sim import Economy, discover
from sim.record.saving import snapshot

PATH = Path(__file__).parent / "states.json"
FIRMS, SEED, QUARTERS = 2_000, 7, 45

# before -> now; a link's depth is told by service line, each of which was as deep as the link
RENAMED: dict[str, tuple[str, ...]] = {
    "table/firms/early": ("table/firms/paid_early",),
    "table/firms/luck": ("table/firms/custom_luck",),
    "table/firms/bills": ("table/firms/planned_bills",),
    "memory/transfers": ("table/consumers/transfers",),
    "memory/confidence": ("memory/fund_confidence",),
    "table/firms/depth": (
        "table/firms/depth",
        "table/firms/depth_process",
        "table/firms/depth_adaptation",
        "table/firms/depth_early_cash",
    ),
    "table/firms/fresh_1": ("table/firms/owed_new_1",),
    "table/firms/fresh_2": ("table/firms/owed_new_2",),
    "table/firms/approach": ("table/firms/offer_luck",),
    "table/consumers/bar": ("table/consumers/credit_ban",),
}
# worked out from parameters as the quarter opens, from the sectors of firms, from platforms["founded"], or
# within the quarter
DERIVED = {
    *(
        f"market/{name}"
        for name in ("profit_tax", "quality_kept", "quality_news", "skill_kept", "skill_news")
    ),
    *(f"market/{name}" for name in ("trait_kept", "trait_news", "renewal")),
    *(f"memory/{name}" for name in ("born", "sector_starts", "own_interest", "own_losses")),
}
NEW = {
    *(f"table/platforms/{name}" for name in ("model", "founded", "wanted_model", "interest", "bad_loans")),
    *(f"table/platforms/{name}" for name in ("new_firm_users", "new_links")),
    *(f"table/platforms/offers_{line}" for line in ("process", "adaptation", "early_cash")),
    *(f"table/firms/linked_{name}" for name in ("productivity", "agility", "early")),
}


def digest(array: np.ndarray) -> str:
    """16 hex digits that change with the last bit of any value; a NaN is like another."""
    plain = np.ascontiguousarray(array)
    if plain.dtype.kind == "f":
        plain = np.where(np.isnan(plain), np.nan, plain)
    return hashlib.blake2b(plain.tobytes(), digest_size=8).hexdigest()


def parts(economy: Economy) -> dict[str, np.ndarray]:
    """The state by place, under the names that `RENAMED` leads to."""
    found = {place: np.asarray(value) for place, value in snapshot(economy).items()}
    put_in, returned = found.pop("memory/fund_put_in"), found.pop("memory/fund_returned")
    found["memory/fund_record"] = np.array([float(put_in), float(returned)])
    for name in ("firm_scorers", "consumer_scorers"):
        found[f"{name}/channel"] = getattr(economy, name).channel
    return found


def differences(kept: Mapping[str, str], found: Mapping[str, Any]) -> list[str]:
    """The parts that differ, or are missing on one side and in no table."""
    wrong, known = [], set(NEW)
    for place, before in kept.items():
        for now in () if place in DERIVED else RENAMED.get(place, (place,)):
            known.add(now)
            if now not in found:
                wrong.append(f"{place} is gone")
            elif digest(found[now]) != before:
                wrong.append(f"{place} differs from {now}")
    return wrong + [f"{place} is new" for place in sorted(found.keys() - known)]


def compare(name: str) -> list[str]:
    """What differs after a run of one business model."""
    economy = Economy(name, firms=FIRMS, seed=SEED).run(QUARTERS)
    return differences(json.loads(PATH.read_text(encoding="utf-8"))[name], parts(economy))


def main() -> int:
    wrong = {name: compare(name) for name in sorted(discover())}
    for name, found in wrong.items():
        sys.stdout.write(f"{name}: {'; '.join(found) or 'the same'}\n")
    return int(any(wrong.values()))


if __name__ == "__main__":
    raise SystemExit(main())
