"""On what each number of a replay rests, and until when what it rests on was known.

A parameter whose fact speaks of later years than are known has in the replay what was known, see `values` of
seeds/history.toml, or else the middle of its range. What is law or reach is an input, and so is not moved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from experiments.measure.futures import Frame

INPUTS = {"RULE_": "input: law", "REACH": "input: reach"}  # by how the id of the fact begins
REPLACED, MIDDLE = "replaced by what was known", "replaced by the middle of its range"
KNOWN, DRAWN, HELD, DESIGN = "rests on a known fact", "drawn from an assumed range", "assumed", "design"
COLUMNS = ["name", "unit", "here", "later", "source", "period", "until", "status", "instead", "meaning"]


def seeds(name: str) -> Mapping[str, Any]:
    """A file of the folder seeds."""
    from sim.engine.parameters import seeds as read

    return read(name)


def last_year(fact: Mapping[str, Any]) -> int | None:
    """The last year of which a fact speaks, or in which it was published where that is all that it says."""
    for text in (str(fact.get("period", "")), str(fact["source"])):
        years = re.findall(r"\b(?:19|20)\d\d\b", text)
        if years:
            return max(map(int, years))
    return None


def middle(one: Any) -> Any:
    """The middle of what a parameter may be."""
    value = 0.5 * (one.low + one.high)
    return round(value) if one.kind is int else float(f"{value:.6g}")


def row_of(one: Any, told: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a parameter (its declaration) rests on; told: seeds/history.toml."""
    facts, instead, until = seeds("evidence"), "", None
    here, period, source = one.value, "", told["scale"].get(one.name, one.source)
    if source in facts:
        fact = facts[source]
        until, period = last_year(fact), str(fact.get("period", "undated"))
        status = next((words for start, words in INPUTS.items() if source.startswith(start)), KNOWN)
        if status == KNOWN and (until is None or until > told["known_until"]):
            known = told["values"].get(one.name)
            status = REPLACED if known else MIDDLE
            here = one.check(known["value"]) if known else middle(one)
            instead = known["source"] if known else f"{one.low:g} to {one.high:g}"
    else:
        status = DRAWN if one.sampled else HELD if one.source == "assumed" else DESIGN
    return one.name, one.unit, here, one.value, source, period, until, status, instead, one.doc


def parameters() -> Frame:
    """One row a parameter: what it is in the replay (``here``), by its source (``later``), and of which years
    that speaks (``until``; none where undated)."""
    import sim

    told = seeds("history")
    rows = [row_of(one, told) for one in sim.Parameters.declarations().values()]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"until": "Int64"})


def of_models() -> Frame:
    """The same of what the rows of business models write, where it rests on a later fact."""
    from sim import discover

    facts, rows = seeds("evidence"), []
    for name, values in seeds("history")["rows"].items():
        row = discover()[name]
        for what, of in values.items():
            later = dict(row.funders)[what] if what == "banks" else getattr(row, what)
            fact = facts[of["later"]]
            title = f"{name}: {'share funded by banks' if what == 'banks' else what}"
            unit = "share of a loan" if what == "banks" else "share/quarter"
            period, until = str(fact.get("period", "undated")), last_year(fact)
            status = REPLACED if of["source"] in facts else MIDDLE
            told = (of["value"], later, of["later"], period, until, status, of["source"], row.title)
            rows.append((title, unit, *told))
    return pd.DataFrame(rows, columns=COLUMNS).astype({"until": "Int64"})


def values() -> dict[str, Any]:
    """What parameters are in the replay instead of what a later fact says, by name."""
    table = parameters()
    moved = table.loc[table["status"].isin([REPLACED, MIDDLE])]
    return dict(zip(moved["name"], moved["here"], strict=True))
