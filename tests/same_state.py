"""Is the state after 45 quarters still what was stored when behaviour was last meant to change?

`python -m tests.same_state` compares each business model at 2,000 firms, seed 7, with the hashes in
tests/states.json; `python -m tests.same_state --store` writes them anew, which belongs to a change of
behaviour, as the goldens do. A change of structure leaves them as they are. A part that is missing on one
side is a difference.
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


def digest(array: np.ndarray) -> str:
    """16 hex digits that change with the last bit of any value; a NaN is like another."""
    plain = np.ascontiguousarray(array)
    if plain.dtype.kind == "f":
        plain = np.where(np.isnan(plain), np.nan, plain)
    return hashlib.blake2b(plain.tobytes(), digest_size=8).hexdigest()


def parts(economy: Economy) -> dict[str, np.ndarray]:
    """The state by place."""
    return {place: np.asarray(value) for place, value in snapshot(economy).items()}


def differences(kept: Mapping[str, str], found: Mapping[str, Any]) -> list[str]:
    """The parts that differ, or are missing on one side."""
    wrong = []
    for place, before in kept.items():
        if place not in found:
            wrong.append(f"{place} is gone")
        elif digest(found[place]) != before:
            wrong.append(f"{place} differs")
    return wrong + [f"{place} is new" for place in sorted(found.keys() - kept.keys())]


def lived(name: str) -> dict[str, np.ndarray]:
    """The state after a run of one business model."""
    return parts(Economy(name, firms=FIRMS, seed=SEED).run(QUARTERS))


def compare(name: str) -> list[str]:
    """What differs after a run of one business model."""
    return differences(json.loads(PATH.read_text(encoding="utf-8"))[name], lived(name))


def store() -> None:
    """Write the hashes anew."""
    kept = {name: {place: digest(part) for place, part in lived(name).items()} for name in sorted(discover())}
    PATH.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def main(words: list[str]) -> int:
    if words == ["--store"]:
        store()
        return 0
    wrong = {name: compare(name) for name in sorted(discover())}
    for name, found in wrong.items():
        sys.stdout.write(f"{name}: {'; '.join(found) or 'the same'}\n")
    return int(any(wrong.values()))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
