"""Regulation, and how parameters change at dates.

A `Change` says from which quarter on which parameters have which values, in whose words and by what source; a
timeline is some of them. A date is a quarter's number, 1 for the first that is recorded, or a month,
"2016-08", in an economy that says when it begins. Rules that have names are in seeds/law.toml, see `named`.
"""

import dataclasses
import difflib
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.engine.parameters import Declared, ParameterError, Parameters, param, seeds

QUARTERS = 4  # a year


class Regulation(Declared):
    """Rules that bind everybody; an experiment on policy changes these and nothing else."""

    # fmt: off
    capital_required = param(0.105, unit="share of loans", low=0.04, high=0.2, source="BANK_CAPITAL",
        doc="capital over loans that banks must hold")
    large_exposure = param(0.25, unit="share of bank capital", low=0.05, high=1.0, source="RULE_COLENDING",
        doc="largest loan to one firm that a bank may hold alone")
    rate_cap = param(0.06, unit="share/quarter", low=0.02, high=0.12, source="RULE_RATE_CAP",
        doc="highest rate on a loan to a firm by banks, or on any loan through platforms")
    own_funding_floor = param(0.0, unit="share of joint loans", low=0.0, high=1.0, source="RULE_COLENDING",
        doc="share of a loan that banks may not fund, where platforms lend together with banks")
    platform_loans_cap = param(0.5, unit="share of bank loans", low=0.0, high=1.0, source="RULE_COLENDING",
        doc="most that banks may hold of loans made by platforms, over all their own")
    one_platform_cap = param(25.0, unit="share of bank capital", low=0.02, high=25.0, source="RULE_COLENDING",
        doc="most that a bank may hold of loans made by one platform; 25 is as good as no cap")
    one_borrower_cap = param(10.0, unit="share of capital", low=0.02, high=10.0, source="RULE_ONE_BORROWER",
        doc="what a platform may have at stake itself with one borrower, over its capital; 10 is as good as "
        "no cap")
    lender_debt_cap = param(1.0, unit="ratio", low=0.0, high=5.0, source="RULE_MICROLENDER_LEVERAGE",
        doc="most that a platform that lends may owe banks, over its own capital")
    lender_leverage_cap = param(5.0, unit="ratio", low=0.5, high=50.0, source="RULE_MICROLENDER_LEVERAGE",
        doc="most that it may owe for loans, over its own capital, those passed on as far as counted")
    passed_on_counted = param(0.0, unit="share", low=0.0, high=1.0, source="RULE_CASH_LOANS",
        doc="part of the loans that a platform has passed on to others which counts as its debt")
    households_may_lend = param(True, unit="yes/no", source="RULE_P2P",
        doc="whether households may lend through platforms; if not, claims that there are run off")
    insured_deposit = param(1e12, unit="fen/person", low=0.0, high=1e12, source="RULE_DEPOSIT_INSURANCE",
        doc="deposit of a person or firm with one bank that the state makes good; 1e12 is as good as all")
    data_portability = param(0.0, unit="share", low=0.0, high=1.0, source="assumed", held=True,
        doc="part of what other platforms see of somebody that he may show to the lender whom he asks")
    float_custody = param(0.0, unit="share of wallet balances", low=0.0, high=1.0, source="RULE_FLOAT",
        doc="part of what rests in wallets that is kept at the central bank and earns nothing")
    # fmt: on


@dataclass(frozen=True)
class Change:
    """From `at` on, these parameters have these values, and founders may choose these business models.

    at: the number of a quarter, 1 for the first recorded, or a month as "2016-08": the change acts from the
    quarter that holds it. values: by name of parameter. words: what changes, for people. source: where it is
    written, or "assumed". opens: names of business models that nobody may found or turn to before.

    Raises ParameterError, in one line, for a date that is none, and for values that no parameter may have or
    that act only at the start of an economy.
    """

    at: int | str
    values: Mapping[str, Any] = field(default_factory=dict)
    words: str = ""
    source: str = "assumed"
    opens: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.at, bool) or not isinstance(self.at, int | str):
            raise ParameterError(
                f"at = {self.at!r} is neither the number of a quarter nor a month, '2016-08'"
            )
        if isinstance(self.at, str):
            months(self.at)
        if not self.values and not self.opens:
            raise ParameterError(f"the change at {self.at} changes nothing: give names and values")
        if isinstance(self.opens, str) or not all(isinstance(one, str) for one in self.opens):
            raise ParameterError(f"the change at {self.at} opens {self.opens!r}: give names in a tuple")
        Parameters().change(self.values)
        object.__setattr__(self, "values", dict(sorted(self.values.items())))
        object.__setattr__(self, "opens", tuple(sorted(self.opens)))

    def __hash__(self) -> int:
        return hash((self.at, tuple(self.values.items()), self.words, self.source, self.opens))

    def quarter(self, begins: str | None) -> int:
        """The number of the quarter from which it acts. ParameterError for a date without a beginning."""
        if isinstance(self.at, int):
            return self.at
        if begins is None:
            raise ParameterError(
                f"the change at {self.at} has a date: say when the first quarter is, "
                "Economy(begins='2011-01')"
            )
        return months(self.at) // 3 - months(begins) // 3 + 1

    def as_dict(self) -> dict[str, Any]:
        """What `Change(**...)` makes it from, of plain values."""
        found = dataclasses.asdict(self)
        opens = list(found.pop("opens"))
        return {**found, "opens": opens} if opens else found


Timeline = tuple[Change, ...]


@dataclass(frozen=True)
class Rule:
    """A rule of law that has a name, of seeds/law.toml.

    limits: what it bounds, in words. changes: by date, in order. without: values that there are where the
    rule is not. source: where it is written. assumed: whether one of its dates or values is assumed.
    """

    name: str
    title: str
    limits: str
    changes: Timeline
    without: Mapping[str, Any]
    source: str
    assumed: bool

    @property
    def values(self) -> dict[str, Any]:
        """What it asks for once all of it is in force, by name of parameter."""
        return {name: value for change in self.changes for name, value in change.values.items()}


@functools.cache
def rules() -> dict[str, Rule]:
    """All rules that have names, by name; not to be changed."""
    return {name: _rule(name, one) for name, one in seeds("law").items() if "changes" in one}


def named(name: str) -> Timeline:
    """The timeline of a rule or of a country, by the name that it has in seeds/law.toml.

    Its dates are months, so that the economy has to say when it begins:
    `Economy(timeline=law.named("china"), begins="2011-01")`. Raises ParameterError, in one line, for a name
    that there is not.
    """
    known = seeds("law")
    if not isinstance(name, str) or name not in known:
        near = difflib.get_close_matches(str(name), known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ParameterError(f"no law is called {name!r}{hint} (there are {', '.join(sorted(known))})")
    every = rules()
    chosen = known[name].get("rules", [name])
    return tuple(sorted((one for each in chosen for one in every[each].changes), key=lambda one: one.at))


def _rule(name: str, told: Mapping[str, Any]) -> Rule:
    changes = [
        Change(one["at"], one["values"], one.get("words", told["title"]), told["source"])
        for one in told["changes"]
    ]
    assumed = bool(told.get("assumed")) or any(one.get("assumed") for one in told["changes"])
    ordered = tuple(sorted(changes, key=lambda one: one.at))
    return Rule(name, told["title"], told["limits"], ordered, told["without"], told["source"], assumed)


def timeline_of(changes: "Change | Iterable[Change]", begins: str | None) -> Timeline:
    """The changes in the order in which they act. ParameterError for what is none or has no place in time."""
    given = (changes,) if isinstance(changes, Change) else tuple(changes)
    for one in given:
        if not isinstance(one, Change):
            raise ParameterError(f"{one!r} is no change: timeline=[Change(at, values, words, source), ...]")
    return tuple(sorted(given, key=lambda change: change.quarter(begins)))


def in_force(
    p: Parameters, timeline: Timeline, begins: str | None, quarter: int, after: float | None = None
) -> Parameters:
    """The parameters of a quarter, from those of the one before, or of that which all changes are `after`.

    They are the very same where nothing changes.
    """
    last = quarter - 1 if after is None else after
    for change in timeline:
        if last < change.quarter(begins) <= quarter:
            p = p.change(change.values)
    return p


def check_future(timeline: Timeline, begins: str | None, quarter: int) -> None:
    """Raise ParameterError, in one line, for a change that is not after that quarter."""
    for change in timeline:
        if change.quarter(begins) <= quarter:
            raise ParameterError(
                f"the change at {change.at} lies in the past: "
                f"the economy has lived {name_of(quarter, begins)}"
            )


def months(date: str) -> int:
    """Months since the year 0 of a date such as "2016-08". ParameterError, in one line, for anything else."""
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", date) if isinstance(date, str) else None
    if found is None:
        raise ParameterError(f"{date!r} is no month: write it as '2016-08'")
    return 12 * int(found[1]) + int(found[2]) - 1


def name_of(quarter: int, begins: str | None) -> str:
    """What a quarter is called: "2016-Q3" where the beginning has a date, else its number."""
    if begins is None:
        return str(quarter)
    of_year = months(begins) // 3 + quarter - 1
    return f"{of_year // QUARTERS}-Q{of_year % QUARTERS + 1}"


def placebo(at: int, share: float = 0.01) -> Timeline:
    """In quarter `at` that share of deposits moves between random pairs of customers of one bank, once.

    No sum that anybody looks at changes: what comes of it is what chance makes of a change without a meaning.
    """
    return (
        Change(at, {"shuffled": share}, "A placebo"),
        Change(at + 1, {"shuffled": 0.0}, "The placebo is over"),
    )


def standard_shock(at: int, held_back: float = 0.08, jump: float = 0.4) -> Timeline:
    """Consumers hold back for a year from quarter `at` on, and what every sector wants jumps at once.

    held_back: share of spending. jump: distance in taste space.
    """
    return (
        Change(at, {"held_back": held_back, "taste_jump": jump}, "The standard shock"),
        Change(at + 1, {"taste_jump": 0.0}, "The jump of tastes is over"),
        Change(at + QUARTERS, {"held_back": 0.0}, "Consumers spend as usual again"),
    )
