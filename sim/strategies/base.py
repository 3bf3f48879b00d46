"""A business model is a row: what a platform pursues, spends on, sees, earns, funds with, keeps and does.

The rows are all in which business models differ. A new one is a new file in this folder with a `ROW`;
nothing else needs to know. `blend` mixes rows attribute by attribute, which is how the difference between
two models is traced to its attributes.
"""

import dataclasses
import difflib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.engine.folders import Folder
from sim.engine.parameters import Declared, param
from sim.engine.rules import Rule

# what a lender sees of a firm or consumer
ACCOUNTS, FOOTPRINTS, OPERATIONS = 0, 1, 2


class Prices(Declared):
    """The most that a platform may ask, at first as by trial and error, whatever its business model."""

    # fmt: off
    take_limit = param(0.03, unit="share/quarter", low=0.005, high=0.1, source="assumed", held=True,
        doc="highest fee of a platform on what others fund of its loans")
    gain_share_limit = param(0.95, unit="share", low=0.5, high=1.0, source="assumed", held=True,
        doc="highest share of what a linked firm gains that a platform asks for")
    # fmt: on


MOST = {"take": Prices.take_limit.value, "gain_share": Prices.gain_share_limit.value}
NOT_NUMBERS = ("name", "title", "claims", "funders", "lines", "reviews", "turns_to", "starts_as")
NUMBERS = (int, float, np.integer, np.floating)
SWITCHES = ("acts", "file_like_a_bank", "lends_to_consumers", "lends_to_firms")
SWITCHES += ("sells_policies", "sells_funds")


class StrategyError(ValueError):
    """A business model that does not exist, or whose row makes no sense."""


@dataclass(frozen=True)
class BusinessModel:
    """One row of the table.

    claims: of the essay that it speaks to. acts: whether platforms do anything. to_consumers, to_firms,
    to_projects, to_technology: shares of the growth budget (they sum to one): attention of consumers,
    attention of firms, integration projects, machines that do a part of the work. by_staff: share of the
    attention budget that pays people and branches; the rest buys media and rebates. sees: ACCOUNTS,
    FOOTPRINTS or OPERATIONS. file_like_a_bank: each loan file costs what a branch's does. lends_to_consumers,
    lends_to_firms: whether it arranges credit. funders: who funds a loan, ((name, share), ...), see
    `sim.credit.funders`; the rest the platform funds and keeps, `keeps`. insured: share of what banks and
    houses lose on its loans that an insurer is asked to guarantee. sells_policies, sells_funds: whether it
    sells its users policies of insurers, and notes of securities houses. lines: what it does for a firm that
    it is linked with, see `sim.links.lines`. take: on what others fund, share/quarter, at first. gain_share:
    of what a linked firm gains, at first. reviews: a rule by
    which each of its platforms reviews its business model every quarter: it writes `wanted_model`, the place
    in `turns_to` of the model that it turns to, or -1 to stay. turns_to: names of those models. starts_as:
    its platforms run the model of that name until they turn to another, and go on reviewing whichever they
    run; "" for a model that is one itself.

    Raises StrategyError, in one line, for a row that makes no sense.
    """

    name: str
    title: str
    claims: tuple[str, ...] = ()
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
    funders: tuple[tuple[str, float], ...] = ()
    insured: float = 0.0
    sells_policies: bool = False
    sells_funds: bool = False
    lines: tuple[str, ...] = ()
    take: float = 0.0
    gain_share: float = 0.0
    reviews: Rule | None = None
    turns_to: tuple[str, ...] = ()
    starts_as: str = ""

    def __post_init__(self) -> None:
        for name in ("name", "title"):
            if not (isinstance(getattr(self, name), str) and getattr(self, name)):
                raise StrategyError(f"a business model's {name} is a text, not {getattr(self, name)!r}")
        for name in ("claims", "lines", "turns_to"):
            object.__setattr__(self, name, self._texts(name))
        object.__setattr__(self, "funders", self._shares())
        for name in self.numbers():
            self._set_number(name)
        if self.sees not in (ACCOUNTS, FOOTPRINTS, OPERATIONS):
            raise StrategyError(
                f"{self.name}: sees = {self.sees!r} is none of {ACCOUNTS}, {FOOTPRINTS}, {OPERATIONS}"
            )
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
        if (self.reviews is None) != (not self.turns_to):
            raise StrategyError(f"{self.name}: a rule that reviews needs models to turn to, and they need it")
        if self.starts_as and not (self.acts and self.starts_as in self.turns_to):
            raise StrategyError(f"{self.name}: starts as {self.starts_as!r}, which it cannot turn back to")

    def _texts(self, name: str) -> tuple[str, ...]:
        given = getattr(self, name)
        if isinstance(given, str) or not all(isinstance(one, str) for one in given):
            raise StrategyError(f"{self.name}: {name} = {given!r} are no texts: write ('C9', ...)")
        return tuple(given)

    def _shares(self) -> tuple[tuple[str, float], ...]:
        given = self.funders.items() if isinstance(self.funders, Mapping) else self.funders
        try:
            shares = tuple((str(name), float(share)) for name, share in given)
        except (TypeError, ValueError):
            raise StrategyError(
                f"{self.name}: funders = {self.funders!r} are no names and shares: (('banks', 0.7), ...)"
            ) from None
        for name, share in shares:
            if not 0.0 <= share <= 1.0:  # false for NaN too
                raise StrategyError(f"{self.name}: {name} fund {share}, which is outside [0, 1]")
        return tuple((name, share) for name, share in shares if share > 0.0)

    def _set_number(self, name: str) -> None:
        value, most = getattr(self, name), MOST.get(name, 1.0)
        if name in SWITCHES:
            if value not in (True, False):
                raise StrategyError(f"{self.name}: {name} = {value!r} is a switch: True or False")
            object.__setattr__(self, name, bool(value))
        elif isinstance(value, bool) or not isinstance(value, NUMBERS):
            raise StrategyError(f"{self.name}: {name} = {value!r} is not a number in [0, {most:g}]")
        elif name == "sees":
            object.__setattr__(self, name, int(value) if value == int(value) else value)
        elif not 0.0 <= value <= most:  # false for NaN too
            raise StrategyError(f"{self.name}: {name} = {value} is outside [0, {most:g}]")
        else:
            object.__setattr__(self, name, float(value))

    @property
    def keeps(self) -> float:
        """Share of a loan that the platform funds itself."""
        return 1.0 - sum(share for _, share in self.funders)

    def numbers(self) -> list[str]:
        """Names of the attributes that are numbers, as columns of the table of platforms hold them."""
        return [one.name for one in dataclasses.fields(self) if one.name not in NOT_NUMBERS]

    def attributes(self) -> dict[str, Any]:
        """The attributes that `blend` may swap, by name."""
        fixed = ("name", "title", "claims", "starts_as")
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in fixed}


STRATEGIES: Folder[BusinessModel] = Folder(sys.modules["sim.strategies"], "ROW", lambda row: row.name)


def discover() -> dict[str, BusinessModel]:
    """Every business model in this folder, by name."""
    return STRATEGIES.all()


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
    """`base` with the named attributes of `other`; shares of a budget go together."""
    for name in attributes:
        if name not in base.attributes():
            raise StrategyError(f"no attribute {name!r} of a business model: {', '.join(base.attributes())}")
    changes = {name: getattr(other, name) for name in attributes}
    name = f"{base.name} with {other.name}'s {', '.join(attributes)}"
    return dataclasses.replace(base, name=name, title=name, **changes)
