"""Which of integrators' income there is without any real effect, and what of clients' gain others lose."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from experiments.judge.inside import of_cases
from experiments.measure.accounts import CLIENTS, GROUPS, OTHERS, REPLACED, beside_twins
from experiments.measure.arithmetic import YEAR
from experiments.measure.futures import FOCUS, NO_GAINS, Frame
from experiments.run.world import CONTROL

WITH, WITHOUT, BY_EFFECTS = "with effects", "without effects", "by the effects"
LIVED = {FOCUS: WITH, NO_GAINS: WITHOUT}
ALL_INCOME = "all income"
CREATED, GAINED, TAKEN = "created in all firms", "more in clients", "less in other firms"
# of what they sell more, after all that they pay more
LEFT, LEFT_OTHERS = "left to clients", "left to other firms"


@dataclass(frozen=True)
class Ledgers:
    """``income``: by ``lived`` (`WITH` and `WITHOUT` the effects of lines, and the difference of both) and
    source the mean over worlds with its interval [share of GDP], of the last five years. ``firms``: the same
    by group and quantity, beside the twins without platforms [share of GDP there]."""

    income: Frame
    firms: Frame


def ledgers(tables: Mapping[str, Frame]) -> Ledgers:
    """Both, from the tables of futures that `measure.accounts.Accounts` followed; lucks are averaged."""
    incomes: dict[tuple[str, str], dict[Any, float]] = {}
    firms: dict[tuple[str, str, str], dict[Any, float]] = {}
    by = {name: dict(tuple(tables[name].groupby(["world", "luck", "arm"], observed=True)))
          for name in ("income", "accounts", "goods")}  # fmt: skip
    sources = [name for name in tables["income"] if name not in ("world", "luck", "arm", "since", "gdp")]
    for (world, luck, arm), mine in by["income"].items():
        if arm not in LIVED:
            continue
        late = mine.sort_values("since").iloc[-5 * YEAR :]
        gdp = float(late["gdp"].sum())
        found = {name: float(late[name].sum()) / gdp for name in sources}
        found[ALL_INCOME] = sum(found.values())
        for name, value in found.items():
            incomes.setdefault((LIVED[arm], name), {})[world, luck] = value
        twins = by["accounts"][world, luck, CONTROL].reset_index(drop=True)
        goods = float(by["goods"][world, luck, CONTROL]["goods"].iloc[0])
        own = beside_twins(by["accounts"][world, luck, arm].reset_index(drop=True), twins, goods)
        for (group, name), value in own.items():
            firms.setdefault((LIVED[arm], group, name), {})[world, luck] = value
        added = {group: own[group, "value added"] for group in GROUPS}
        for name, value in (
            (GAINED, added[CLIENTS]),
            (TAKEN, -added[OTHERS] - added[REPLACED]),
            (CREATED, sum(added.values())),
            (LEFT, own[CLIENTS, "kept"]),
            (LEFT_OTHERS, own[OTHERS, "kept"] + own[REPLACED, "kept"]),
        ):
            firms.setdefault((LIVED[arm], "", name), {})[world, luck] = value
    return Ledgers(
        rows(incomes, ["lived", "source"]),
        rows(firms, ["lived", "group", "quantity"]),
    )


def rows(found: Mapping[tuple[str, ...], Mapping[Any, float]], names: list[str]) -> Frame:
    """Means over worlds of each, and of what differs by the effects where both were lived."""
    both = {
        (BY_EFFECTS, *key[1:]): {
            at: value - found[WITHOUT, *key[1:]].get(at, math.nan) for at, value in numbers.items()
        }
        for key, numbers in found.items()
        if key[0] == WITH and (WITHOUT, *key[1:]) in found
    }
    lines = []
    for key, numbers in {**found, **both}.items():
        values: Any = pd.Series(list(numbers.values()), pd.MultiIndex.from_tuples(list(numbers)))
        mean = of_cases(values.groupby(level=0).mean().to_numpy(float))
        lines.append((*key, mean.n, mean.mean, mean.low, mean.high))
    return pd.DataFrame(lines, columns=[*names, "worlds", "mean", "low", "high"])
