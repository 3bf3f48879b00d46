"""What several tests ask of a whole economy: a small one, what differs between two, what a run amounts to."""

import hashlib
import pickle
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from sim import Economy, Parameters
from sim.record import saving

# room for 16 platforms, and for them to be small enough below
FEW: dict[str, Any] = {"firms": 400, "banks": 4, "platforms": 16}
# and money, small teams and projects cheap enough, for as many platforms and links as the ranges allow
RANGES = {name: one.bounds for name, one in Parameters.declarations().items()}
FUNDED = {
    "giants": 1,
    "starters": 4,
    "fund_commitment": RANGES["fund_commitment"][1],
    "seed_quarters": RANGES["seed_quarters"][1],
    "firms_a_team": 25.0,
    "team_cost": RANGES["team_cost"][0],
    "durable_chance": 0.095,  # what happens in small worlds is not to change with every default
    "known_to_banks": 0.6,
}
LINKED = FUNDED | {
    "project_fixed": RANGES["project_fixed"][0],
    "project_share": RANGES["project_share"][0],
    "process_gain": RANGES["process_gain"][1],
}


# economies before their first quarter, by what they were made with: to live the 80 quarters before it takes
# most of the time of many tests. `tests/conftest.py` says when none is taken from here
KEPT: dict[tuple, bytes] = {}
MOST = 48
lending = True


def small(
    strategy: Any = "external_finance", *, seed: int = 1, parameters: Any = None, **sizes: Any
) -> Economy:
    """An economy that makes a quarter in milliseconds; a copy where one like it was made before."""
    given = {"giants": 1} if parameters is None else parameters
    key = (
        (type(given), strategy, seed, *sorted([*sizes.items(), *given.items()]))
        if isinstance(given, dict)
        else ()
    )
    plain = isinstance(strategy, str) and all(isinstance(value, int | float) for _, value in key[3:])
    if not (lending and key and plain):
        return made(strategy, seed=seed, parameters=given, **sizes)
    if key in KEPT:
        return pickle.loads(KEPT[key])
    economy = made(strategy, seed=seed, parameters=given, **sizes)
    if len(KEPT) == MOST:
        del KEPT[next(iter(KEPT))]
    KEPT[key] = pickle.dumps(economy)
    return economy


def made(strategy: Any, **given: Any) -> Economy:
    """The same, of which no part was lived before."""
    return Economy(strategy, **{**FEW, **given})


def same(one: Any, other: Any) -> bool:
    """Equal to the last bit; a NaN equals a NaN."""
    one, other = np.asarray(one), np.asarray(other)
    if (one.shape, one.dtype) != (other.shape, other.dtype):
        return False
    return bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))


def differences(one: Economy, other: Economy) -> set[str]:
    """The parts of the two states that differ, as "table/firms/price" or "market/wage"."""
    first, second = saving.snapshot(one), saving.snapshot(other)
    return {part for part in first.keys() | second.keys() if not same(first.get(part), second.get(part))}


def lines_that_differ(one: Economy, other: Economy) -> set[str]:
    """The recorded aggregates that differ in some quarter; "quarters" if the records are not equally long."""
    if len(one.records) != len(other.records):
        return {"quarters"}
    return {
        name
        for first, second in zip(one.records.lines, other.records.lines, strict=True)
        for name in first.keys() | second.keys()
        if not same(first.get(name), second.get(name))
    }


def payments(economy: Economy) -> list[dict[str, int]]:
    """The flows of every quarter that moved anything."""
    return [{name: fen for name, fen in flows.items() if fen} for flows in economy.records.of_flows]


def digest(line: Mapping[str, float], platforms: Mapping[str, np.ndarray], flows: Mapping[str, int]) -> str:
    """16 hex digits of everything that is recorded of one quarter."""
    stamp = hashlib.blake2b(digest_size=8)
    for name, value in sorted(line.items()):
        stamp.update(f"{name}={float(value)!r}\n".encode())
    for name, column in sorted(platforms.items()):
        values = struct.pack(f"<{len(column)}d", *column.astype(float).tolist())
        stamp.update(name.encode() + values)
    for name, fen in sorted(flows.items()):
        stamp.update(f"{name}={fen}\n".encode())
    return stamp.hexdigest()


def remembered(economy: Economy) -> dict[str, Any]:
    """What a run amounts to: a digest of every quarter, and the numbers of the last one."""
    records = economy.records
    quarters = zip(records.lines, records.of_platforms, records.of_flows, strict=True)
    last = {name: repr(float(value)) for name, value in records.lines[-1].items()}
    return {"quarters": [digest(*quarter) for quarter in quarters], "last": last}


GOLDEN = {"external_finance": 7, "institution_traffic": 7, "deep_integration": 7}  # business model: seed


def golden_run(strategy: str) -> dict[str, Any]:
    """The run of a business model whose digest is kept in tests/goldens: 12 quarters before it, 28 of it."""
    return remembered(small(seed=GOLDEN[strategy], parameters=LINKED).run(12).branch(strategy).run(28))
