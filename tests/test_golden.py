"""The same run gives the same bits today as when its golden was written: a change of behaviour is a decision.

`pytest tests/test_golden.py --bless` writes the goldens anew; the difference shows which numbers moved.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.economies import GOLDEN, digest, golden_run, small

FOLDER = Path(__file__).parent / "goldens"


def moved(kept: dict[str, Any], found: dict[str, Any]) -> str:
    """What differs between two runs: the first quarter, and the numbers at the end; "" if nothing does."""
    pairs = list(zip(kept["quarters"], found["quarters"], strict=False))
    first = next((n for n, (one, other) in enumerate(pairs, 1) if one != other), None)
    if first is None:
        return "" if len(kept["quarters"]) == len(found["quarters"]) else "the runs are not equally long"
    names = [name for name in found["last"] if kept["last"].get(name) != found["last"][name]]
    shown = [f"{name} {kept['last'].get(name)} -> {found['last'][name]}" for name in names[:8]]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"quarter {first} is another; at the end {', '.join(shown) or 'the aggregates are the same'}{more}"


@pytest.mark.parametrize("strategy", GOLDEN)
def test_a_run_gives_the_bits_of_its_golden(strategy, bless):
    path, found = FOLDER / f"{strategy}.json", golden_run(strategy)
    if bless:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    difference = moved(json.loads(path.read_text(encoding="utf-8")), found)
    assert difference == "", f"{difference}. If that was meant: pytest tests/test_golden.py --bless"


def test_there_is_one_golden_for_each_run():
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(GOLDEN)


def test_goldens_are_runs_in_which_something_happens():
    ends = [json.loads((FOLDER / f"{strategy}.json").read_text())["last"] for strategy in GOLDEN]
    assert all(float(end["entry_rate"]) > 0.0 for end in ends)
    assert len({end["output"] for end in ends}) == len(GOLDEN)
    assert max(float(end["linked_firms"]) for end in ends) > 0.01
    assert max(float(end["users"]) for end in ends) > 0.1


def test_the_last_bit_of_anything_recorded_shows():
    economy = small("deep_integration").run(3)
    records = economy.records
    line, platforms, flows = records.lines[-1], records.of_platforms[-1], records.of_flows[-1]
    assert digest(dict(line), dict(platforms), dict(flows)) == digest(line, platforms, flows)
    for name, value in line.items():
        other = line | {name: np.nextafter(value, 2.0 * value + 1.0) if np.isfinite(value) else 0.0}
        assert digest(other, platforms, flows) != digest(line, platforms, flows), name
    for name, column in platforms.items():
        changed = column.astype(float)
        changed[1] = np.nextafter(changed[1], 1e300) if np.isfinite(changed[1]) else 0.0
        assert digest(line, platforms | {name: changed}, flows) != digest(line, platforms, flows), name
    for name, fen in flows.items():
        assert digest(line, platforms, flows | {name: fen + 1}) != digest(line, platforms, flows), name


def test_what_moved_is_told():
    kept = {"quarters": ["a", "b", "c"], "last": {"output": "1.0", "wage": "2.0"}}
    assert moved(kept, kept) == ""
    found = {"quarters": ["a", "x", "y"], "last": {"output": "1.5", "wage": "2.0"}}
    assert moved(kept, found) == "quarter 2 is another; at the end output 1.0 -> 1.5"
    same_end = {"quarters": ["a", "x", "c"], "last": kept["last"]}
    assert moved(kept, same_end) == "quarter 2 is another; at the end the aggregates are the same"
    assert moved(kept, {"quarters": ["a"], "last": {}}) == "the runs are not equally long"
