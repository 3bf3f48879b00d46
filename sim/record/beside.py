"""Two futures of one world beside each other, firm by firm and consumer by consumer."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.engine.units import FEN, described, told
from sim.links.lines import LINES
from sim.record import saving


@dataclass(frozen=True)
class Against:
    """DataFrames of a future against its twin: `firms` and `consumers`, a row each, money in yuan.

    `gain` is what somebody has more than in the twin, as a share of it: a firm sales, a consumer income.
    It is NaN for who does not live in both, or has nothing in the twin.
    """

    firms: Any
    consumers: Any

    def __repr__(self) -> str:
        both, linked = int(self.firms["same"].sum()), self.firms["link"] >= 0
        words = "; ".join(
            f"{name} {int(who.sum())}, middle gain {self.firms.loc[who, 'gain'].median():+.2%}"
            for name, who in (("linked", linked), ("not linked", ~linked))
            if self.firms.loc[who, "gain"].notna().any()
        )
        return f"<Against: {len(self.firms)} rows of firms, {both} live in both; {words or 'no gain'}>"


def origin_of(economy: Any) -> str:
    """16 hex digits that change with what an economy began as: seed, sizes, whose money is where."""
    stamp = hashlib.blake2b(f"{economy.seed}/{saving.sizes(economy)}".encode(), digest_size=8)
    for table, column in (("firms", "deposits"), ("firms", "price"), ("consumers", "deposits")):
        stamp.update(np.ascontiguousarray(economy.tables[table][column]).tobytes())
    return stamp.hexdigest()


def check_twins(here: Any, there: Any) -> None:
    """Raise ValueError, in one line, unless both are futures of one world and stand at the same quarter."""
    if type(there) is not type(here):
        raise ValueError(f"{there!r} is no economy to compare with")
    sizes, others = saving.sizes(here), saving.sizes(there)
    pairs = [(name, sizes[name], others[name]) for name in sizes] + [("seed", here.seed, there.seed)]
    for name, one, other in pairs:
        if one != other:
            raise ValueError(f"no futures of one world: {name} = {one} here and {other} there")
    if here.origin != there.origin:
        raise ValueError("no futures of one world: of one seed and size, but they never shared a past")
    if here.quarter != there.quarter:
        raise ValueError(f"quarter {here.quarter} here and {there.quarter} there: run both as far")


def against(here: Any, there: Any) -> Against:
    """What `here` is to everybody, beside `there`; that they are twins is checked before."""
    return Against(firms=of_firms(here, there), consumers=of_consumers(here, there))


def gain(same: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """one / other - 1; NaN where there is no such comparison."""
    found = np.full(len(same), np.nan)
    has = same & (other > 0.0)
    found[has] = one[has] / other[has] - 1.0
    return found


FIRMS = {
    "sector": "sector: it sells in",
    "size": "workers: in the twin",
    "age": "quarters: since it was founded, here",
    "link": "row of platforms: that is part of its operations here, or -1",
    "depth": "share: of the deepest line of its platform in its operations here",
    "alive": "yes/no: here",
    "alive_twin": "yes/no: in the twin",
    "same": "yes/no: the same firm lives in both",
    "sales": "yuan/quarter: here",
    "sales_twin": "yuan/quarter: in the twin",
    "gain": "share: of sales, beside the twin",
    "bank_debt": "yuan: owed to its bank and to all banks together, here",
    "bank_debt_twin": "yuan: the same in the twin",
    "platform_debt": "yuan: owed through a platform, here",
    "platform_debt_twin": "yuan: the same in the twin",
}
CONSUMERS = {
    "app": "row of platforms: the first that has its attention here, or -1",
    "employed": "yes/no: here",
    "employed_twin": "yes/no: in the twin",
    "same": "yes/no: the same persons stand in this row in both",
    "income": "yuan/quarter: after tax, here",
    "income_twin": "yuan/quarter: after tax, in the twin",
    "gain": "share: of income, beside the twin",
    "spending": "yuan/quarter: here",
    "spending_twin": "yuan/quarter: in the twin",
    "failed": "yes/no: could not pay this quarter, here",
    "failed_twin": "yes/no: could not pay this quarter, in the twin",
    "bank_debt": "yuan: owed to its bank, here",
    "bank_debt_twin": "yuan: the same in the twin",
    "platform_debt": "yuan: owed through a platform, here",
    "platform_debt_twin": "yuan: the same in the twin",
}


def of_firms(here: Any, there: Any) -> Any:
    """The frame of firms: columns as told in FIRMS, and by service line whether it is linked by that."""
    one, twin = here.firms.columns, there.firms.columns
    same = one["alive"] & twin["alive"] & (one["generation"] == twin["generation"])
    owed = [(of["bank_debt"] + of["syndicated_debt"]) / FEN for of in (one, twin)]
    columns = {
        "sector": one["sector"],
        "size": twin["workers"],
        "age": one["age"],
        "link": one["link"],
        "depth": one["depth"],
        "alive": one["alive"],
        "alive_twin": twin["alive"],
        "same": same,
        "sales": one["sales"] / FEN,
        "sales_twin": twin["sales"] / FEN,
        "gain": gain(same, one["sales"], twin["sales"]),
        "bank_debt": owed[0],
        "bank_debt_twin": owed[1],
        "platform_debt": one["platform_debt"] / FEN,
        "platform_debt_twin": twin["platform_debt"] / FEN,
    }
    lines = {f"by_{line.name}": (one["link"] >= 0) & (one[line.depth_name] > 0.0) for line in LINES}
    texts = {f"by_{line.name}": f"yes/no: linked by the line {line.name} here" for line in LINES}
    return as_frame({**columns, **lines}, {**FIRMS, **texts}, "firm")


def of_consumers(here: Any, there: Any) -> Any:
    """The frame of consumers: columns as told in CONSUMERS."""
    one, twin = here.consumers.columns, there.consumers.columns
    same = one["generation"] == twin["generation"]
    first, second, third = (one[name] for name in ("first_app", "second_app", "third_app"))
    app = np.where(first >= 0, first, np.where(second >= 0, second, third))
    columns = {"app": app, "employed": one["employed"], "employed_twin": twin["employed"]}
    columns |= {"same": same, "income": one["income"] / FEN, "income_twin": twin["income"] / FEN}
    columns["gain"] = gain(same, one["income"], twin["income"])
    columns |= {"spending": one["spending"] / FEN, "spending_twin": twin["spending"] / FEN}
    columns |= {"failed": one["failed"], "failed_twin": twin["failed"]}
    for name in ("bank_debt", "platform_debt"):
        columns |= {name: one[name] / FEN, f"{name}_twin": twin[name] / FEN}
    return as_frame(columns, CONSUMERS, "consumer")


def as_frame(columns: dict[str, np.ndarray], texts: dict[str, str], index: str) -> Any:
    """A DataFrame of copies, with what is told of its columns."""
    import pandas as pd

    rows = pd.RangeIndex(len(next(iter(columns.values()))), name=index)
    frame = pd.DataFrame({name: np.array(values) for name, values in columns.items()}, index=rows)
    return described(frame, {name: told(text) for name, text in texts.items()})
