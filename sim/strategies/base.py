"""A business model is a row: what a platform pursues, spends on, sees, earns, funds with, keeps and does.

The rows are all in which business models differ. A new one is a new file in this folder with a `ROW`;
nothing else needs to know. `blend` mixes rows attribute by attribute, which is how the difference between
two models is traced to its attributes.
"""

import dataclasses
import difflib
import functools
import importlib
import pkgutil
from dataclasses import dataclass
from typing import Any

import numpy as np

# what a lender sees of a firm or consumer
ACCOUNTS, FOOTPRINTS, OPERATIONS = 0, 1, 2


# the most that a price may be, at first as by trial and error: see `reviews_prices`
MOST = {"take": 0.03, "gain_share": 0.95}


class StrategyError(ValueError):
    """A business model that does not exist, or whose row makes no sense."""


@dataclass(frozen=True)
class BusinessModel:
    """One row of the table.

    acts: whether platforms do anything. to_consumers, to_firms, to_projects, to_technology: shares of the
    growth budget (they sum to one): attention of consumers, attention of firms, integration projects,
    machines that do a part of the work. by_staff: share of the attention budget that pays people and
    branches; the rest buys media and rebates. sees: ACCOUNTS, FOOTPRINTS or OPERATIONS. file_like_a_bank:
    each loan file costs what a branch's does. lends_to_consumers, lends_to_firms: whether it arranges credit.
    from_households, from_banks, from_borrowing: who funds a loan (shares); the rest the platform funds and
    keeps, `keeps`. take: on what others fund, share/quarter, at first. gain_share: of what a linked firm
    gains, at first. by_deduction: repaid out of the flow of sales.
    """

    name: str
    title: str
    claims: tuple[str, ...]
    acts: bool = True
    to_consumers: float = 0.0
    to_firms: float = 0.0
    to_projects: float = 0.0
    to_technology: float = 0.0
    by_staff: float = 0.0
    sees: int = ACCOUNTS
    file_like_a_bank: bool = False
    lends_to_consumers: bool = False
    lends_to_firms: bool = False
    from_households: float = 0.0
    from_banks: float = 0.0
    from_borrowing: float = 0.0
    take: float = 0.0
    gain_share: float = 0.0
    by_deduction: bool = False

    def __post_init__(self) -> None:
        self._check_words()
        for name, kind in KINDS.items():
            object.__setattr__(self, name, plain(self.name, name, getattr(self, name), kind))
        if self.sees not in (ACCOUNTS, FOOTPRINTS, OPERATIONS):
            raise StrategyError(
                f"{self.name}: sees = {self.sees!r} is none of {ACCOUNTS}, {FOOTPRINTS}, {OPERATIONS}"
            )
        for name, value in self.attributes().items():
            if name != "sees" and not 0.0 <= value <= MOST.get(name, 1.0):  # false for NaN too
                raise StrategyError(f"{self.name}: {name} = {value} is outside [0, {MOST.get(name, 1.0):g}]")
        spent = self.to_consumers + self.to_firms + self.to_projects + self.to_technology
        if self.acts and abs(spent - 1.0) > 1e-9:
            raise StrategyError(
                f"{self.name}: to_consumers, to_firms, to_projects, to_technology "
                f"are {spent:g} of the budget, not 1"
            )
        if self.keeps < -1e-9:
            raise StrategyError(
                f"{self.name}: others fund {1.0 - self.keeps:g} of a loan, more than all of it"
            )

    def _check_words(self) -> None:
        for name in ("name", "title"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value:
                raise StrategyError(f"the {name} of a business model is some text, not {value!r}")
        if not isinstance(self.claims, tuple) or not all(isinstance(claim, str) for claim in self.claims):
            raise StrategyError(f"{self.name}: claims = {self.claims!r} is no tuple of names, as in ('C1',)")

    @property
    def keeps(self) -> float:
        """Share of a loan that the platform funds itself."""
        return 1.0 - self.from_households - self.from_banks - self.from_borrowing

    def attributes(self) -> dict[str, float]:
        """The numbers of the row, as columns of the table of platforms hold them."""
        return {name: float(getattr(self, name)) for name in KINDS}


# the numbers of a row, and what kind each is
KINDS: dict[str, Any] = {
    field.name: field.type for field in dataclasses.fields(BusinessModel) if field.type in (bool, int, float)
}


def plain(row: str, name: str, value: Any, kind: type) -> float:
    """A number of a row as Python's own, which a file can hold. Raises StrategyError, in one line."""
    value = value.item() if isinstance(value, np.generic) else value
    if kind is bool:
        if not isinstance(value, int | float) or value not in (0, 1):
            raise StrategyError(f"{row}: {name} = {value!r} is a switch: True or False")
        return bool(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise StrategyError(f"{row}: {name} = {value!r} is not a number")
    return int(value) if kind is int and value == value // 1 else float(value)


@functools.cache
def discover() -> dict[str, BusinessModel]:
    """Every business model in this folder, by name."""
    import sim.strategies as folder

    rows = {}
    for module in pkgutil.iter_modules(folder.__path__):
        if module.name != "base":
            row = importlib.import_module(f"{folder.__name__}.{module.name}").ROW
            rows[row.name] = row
    return rows


def strategy(name: str | BusinessModel) -> BusinessModel:
    """The row of that name (a row is returned as it is)."""
    if isinstance(name, BusinessModel):
        return name
    rows = discover()
    if not isinstance(name, str) or name not in rows:
        near = difflib.get_close_matches(str(name), rows, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise StrategyError(f"unknown strategy {name!r}{hint} (there are {', '.join(sorted(rows))})")
    return rows[name]


def blend(base: BusinessModel, other: BusinessModel, *attributes: str) -> BusinessModel:
    """`base` with the named attributes of `other`; shares of a budget or of funding go together."""
    for name in attributes:
        if name not in base.attributes():
            raise StrategyError(f"no attribute {name!r} of a business model: {', '.join(base.attributes())}")
    changes = {name: getattr(other, name) for name in attributes}
    name = f"{base.name} with {other.name}'s {', '.join(attributes)}"
    return dataclasses.replace(base, name=name, title=name, **changes)
