"""Every number that somebody chose: declared once, beside the rule that uses it.

A module lists its numbers in a subclass of `Declared`. One `Parameters` object holds the values of all of
them, checked against their units and allowed ranges; the README table, the sampling of guessed numbers
and the bibliography of a run are read from the same declarations.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import hashlib
import html
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ASSUMED = "assumed"  # a guessed magnitude of behaviour: the main job draws it anew for each world
DESIGN = "design"  # units, numerics, switches: never sampled, needs no evidence
ALWAYS, ENTRY, START = "always", "entry", "start"  # when a change of a parameter acts

_registry: dict[str, Declaration] = {}


class ParameterError(ValueError):
    """A parameter is unknown, out of its range, of the wrong kind, or badly declared. One clear line."""


@dataclasses.dataclass(frozen=True)
class Declaration:
    """What is known about one parameter: `value` is the default, `low` and `high` are the allowed range.

    `prior` is the range that sampling uses (the allowed range where not given), `when` says when a change
    acts, `held` that no world draws it though it is a guess; `group` is the name of the declaring class,
    `owner` its full name.
    """

    value: float | int | bool
    unit: str
    low: float
    high: float
    source: str
    symbol: str = ""
    doc: str = ""
    scale: str = "linear"
    prior: tuple[float, float] | None = None
    when: str = ALWAYS
    held: bool = False
    name: str = ""
    group: str = ""
    owner: str = ""

    @property
    def kind(self) -> type:
        """bool for a switch, int where value and range are whole numbers, else float."""
        if isinstance(self.value, bool):
            return bool
        whole = all(isinstance(x, int) for x in (self.value, self.low, self.high))
        return int if whole else float

    @property
    def sampled(self) -> bool:
        """Whether each world draws this parameter: it is a guess that is not held, and not a switch."""
        return self.source == ASSUMED and not self.held and self.kind is not bool

    @property
    def bounds(self) -> tuple[float, float]:
        """The range that sampling uses [unit of the parameter]."""
        return self.prior if self.prior is not None else (self.low, self.high)

    def check(self, value: Any) -> float | int | bool:
        """`value` as a plain number of the declared kind. Raises ParameterError if it is not allowed."""
        if getattr(value, "ndim", None) == 0:  # a NumPy scalar
            value = value.item()
        if self.kind is bool:
            if isinstance(value, bool):
                return value
            raise ParameterError(f"{self.name} = {value!r} is a switch: True or False ({self.source})")
        allowed = f"[{self.low:g}, {self.high:g}] ({self.source})"
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ParameterError(f"{self.name} = {value!r} is not a number; {self.unit} in {allowed}")
        if not self.low <= value <= self.high:  # false for NaN too
            raise ParameterError(f"{self.name} = {value} {self.unit} is outside {allowed}")
        if self.kind is int:
            if int(value) != value:
                raise ParameterError(f"{self.name} = {value} {self.unit} is not a whole number in {allowed}")
            return int(value)
        return float(value) + 0.0  # turns -0.0 into 0.0, so that equal bags have equal digests

    def draw(self, seed: int, world: int) -> float | int:
        """The value that world `world` of `seed` draws: a function of these and of the name only."""
        text = f"{seed}|{world}|{self.name}".encode()
        return self.at(
            (int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little") >> 11) * 2.0**-53
        )

    def at(self, u: float) -> float | int:
        """The value at a place in its range, from 0 to 1."""
        low, high = self.bounds
        if self.kind is int:
            return min(int(high), int(low) + int(u * (high - low + 1)))
        x = low * math.exp(u * math.log(high / low)) if self.scale == "log" else low + u * (high - low)
        # Twelve digits: libraries disagree on the last bits of exp, and the value is typed in replays.
        return min(max(float(f"{x:.12g}"), low), high)


def param(
    value: float | int | bool,
    *,
    unit: str,
    low: float | None = None,
    high: float | None = None,
    source: str,
    symbol: str = "",
    doc: str = "",
    scale: str = "linear",
    prior: tuple[float, float] | None = None,
    when: str = ALWAYS,
    held: bool = False,
) -> Any:
    """Declare a parameter in the body of a subclass of `Declared`.

    `value` is the default [unit]; `low` and `high` are the allowed range, left out for a switch (a bool,
    unit "yes/no"). `source` is an id in seeds/evidence.toml, "assumed" or "design". `prior` is a narrower
    range for sampling, `scale` is "linear" or "log". `when` a change acts: "always" from the next quarter
    on, "entry" on whoever enters from then on, "start" only on the state before the first quarter. `held`:
    guessed, but the same in every world. Mistakes are reported when the class body closes, where the name
    is known.
    """
    if isinstance(value, bool) and low is None and high is None:
        low, high = 0, 1
    low, high = (math.nan if x is None else x for x in (low, high))
    return Declaration(
        value=value, unit=unit, low=low, high=high, source=source, symbol=symbol, doc=doc, scale=scale,
        prior=prior, when=when, held=held,
    )  # fmt: skip


class Declared:
    """Subclass it and list parameters in the body; each becomes an attribute of `Parameters`.

    Raises TypeError where a name is taken (by another class, or by `Parameters` itself) and where a public
    attribute is not a declaration; ParameterError where a declaration contradicts itself.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        owner = f"{cls.__module__}.{cls.__qualname__}"
        found: dict[str, Declaration] = {}
        for name, given in vars(cls).items():
            if name.startswith("_"):
                continue
            if not isinstance(given, Declaration):
                raise TypeError(f"{owner}.{name} is not declared: write {name} = param(...)")
            if name in vars(Parameters):
                raise TypeError(f"{owner}.{name}: the name belongs to Parameters itself")
            known = _registry.get(name)
            if known is not None and known.owner != owner:
                raise TypeError(f"parameter {name} is declared twice: in {known.owner} and in {owner}")
            found[name] = _sound(dataclasses.replace(given, name=name, group=cls.__name__, owner=owner))
        # A module that a notebook reloads declares its class again: the newer text replaces the older.
        for name in [name for name, one in _registry.items() if one.owner == owner]:
            del _registry[name]
        _registry.update(found)
        for name, one in found.items():
            setattr(cls, name, one)


class Parameters:
    """An immutable bag with a value for everything declared when it is made: `p.mark_up_step`.

    `Parameters(mark_up_step=0.03)` or `Parameters({"mark_up_step": 0.03})` change some of the defaults.
    Raises ParameterError, in one line, for an unknown name or a value that is not allowed. Bags with equal
    values are equal, hash alike, and survive pickling.
    """

    def __init__(self, values: Mapping[str, Any] | Parameters | None = None, /, **overrides: Any) -> None:
        given = {**_by_name(values), **overrides}
        for name in given:
            if name not in _registry:
                raise ParameterError(_unknown(name, _registry))
        # Straight into the instance's dict: rules read attributes in plain Python, often.
        for name, one in _registry.items():
            self.__dict__[name] = one.check(given.get(name, one.value))

    def __getattr__(self, name: str) -> Any:
        """Reached only where there is no such parameter."""
        raise AttributeError(name if name.startswith("_") else _unknown(name, vars(self)))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"parameters do not change: use p.replace({name}={value!r})")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"parameters do not change: {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Parameters) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(self.digest)

    def __reduce__(self) -> tuple[type[Parameters], tuple[dict[str, Any]]]:
        return Parameters, (self.as_dict(),)  # all values: a default may have changed by the time of loading

    def __repr__(self) -> str:
        return f"Parameters({', '.join(f'{name}={value!r}' for name, value in self.overridden.items())})"

    def _repr_html_(self) -> str:
        return _as_html(self)

    def replace(self, **overrides: Any) -> Parameters:
        """A bag like this one with some values changed. Raises ParameterError."""
        return Parameters(self, **overrides)

    def changed(self, other: Parameters) -> list[str]:
        """The names of the parameters that have another value in `other`."""
        return [name for name, value in vars(self).items() if vars(other).get(name, value) != value]

    def change(self, values: Mapping[str, Any] | Parameters) -> Parameters:
        """This bag with some values changed in the midst of a run.

        Raises ParameterError, in one line, also for a new value of what only acts at the start.
        """
        new = Parameters(self, **_by_name(values))
        for name in self.changed(new):
            if (one := _registry[name]).when == START:
                value = vars(new)[name]
                raise ParameterError(
                    f"{name} = {value:g} {one.unit} acts only at the start of an economy: "
                    "give it to Economy(...)"
                )
        return new

    def as_dict(self) -> dict[str, float | int | bool]:
        """All values by name, a copy."""
        return dict(vars(self))

    @property
    def overridden(self) -> dict[str, float | int | bool]:
        """The values that differ from their defaults, by name."""
        return {k: v for k, v in vars(self).items() if k in _registry and v != _registry[k].value}

    @property
    def digest(self) -> str:
        """32 hex digits that change when any name or the last bit of any value does."""
        lines = (f"{k}={v.hex() if isinstance(v, float) else v}" for k, v in sorted(vars(self).items()))
        return hashlib.blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()

    @staticmethod
    def declarations() -> dict[str, Declaration]:
        """Everything declared so far, by name, in the order of declaration."""
        return dict(_registry)

    @staticmethod
    def sampled(seed: int, world: int, fixed: Mapping[str, Any] | None = None) -> Parameters:
        """World `world` of an ensemble: every assumed parameter drawn from its range, `fixed` ones held.

        A draw depends on seed, world and the parameter's own name only, so declaring a further parameter
        moves no other. Switches, design choices and published figures keep their defaults.
        """
        drawn = {name: one.draw(seed, world) for name, one in _registry.items() if one.sampled}
        return Parameters({**drawn, **(fixed or {})})

    @staticmethod
    def at(places: Mapping[str, float], fixed: Mapping[str, Any] | None = None) -> Parameters:
        """The assumed parameters at places from 0 to 1 of their ranges, by name; `fixed` ones held."""
        drawn = {name: _registry[name].at(place) for name, place in places.items()}
        return Parameters({**drawn, **(fixed or {})})

    @staticmethod
    def problem() -> dict[str, Any]:
        """The assumed parameters as SALib wants them: num_vars, names, bounds [unit of each]."""
        chosen = [one for one in _registry.values() if one.sampled]
        return {
            "num_vars": len(chosen),
            "names": [one.name for one in chosen],
            "bounds": [list(one.bounds) for one in chosen],
        }

    def table(self: Parameters | None = None) -> Any:
        """A pandas DataFrame, one row a parameter; `Parameters.table()` shows the defaults."""
        import pandas  # only when a table is asked for: importing the model stays cheap

        return pandas.DataFrame(_rows(self or Parameters()))

    def bibliography(self: Parameters | None = None) -> dict[str, dict[str, Any]]:
        """The facts in seeds/evidence.toml on which this bag rests, by id.

        Each entry also names, under `parameters`, those that cite it. A value that was overridden does not
        rest on the published figure any more and is left out.
        """
        facts = seeds("evidence")
        values = vars(self or Parameters())
        cited: dict[str, list[str]] = {}
        for one in _registry.values():
            if one.source in facts and values.get(one.name) == one.value:
                cited.setdefault(one.source, []).append(one.name)
        return {source: {**facts[source], "parameters": names} for source, names in cited.items()}


def check_sources() -> None:
    """Raise ParameterError unless every source is "assumed", "design" or a fact that may set a parameter.

    Not done on import, which reads no file. A fact kept for validation has to emerge, so it may not be cited.
    """
    facts = seeds("evidence")
    for one in _registry.values():
        if one.source in (ASSUMED, DESIGN):
            continue
        if one.source not in facts:
            raise ParameterError(f"{one.name} ({one.owner}) cites {_unknown(one.source, facts, 'source')}")
        if facts[one.source]["use"] != "calibrate":
            raise ParameterError(
                f"{one.name} ({one.owner}) cites {one.source}, kept for validation: it must emerge"
            )


@functools.cache
def seeds(name: str) -> dict[str, Any]:
    """The content of seeds/<name>.toml, read once; not to be changed. Raises ParameterError if missing."""
    import tomllib

    path = Path(__file__).parents[2] / "seeds" / f"{name}.toml"
    if not path.is_file():
        raise ParameterError(f"seeds/{name}.toml is not beside the sim folder; run from the source tree")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _sound(one: Declaration) -> Declaration:
    """The declaration itself, if it holds together."""
    where = f"{one.owner}.{one.name}"
    low, high = one.bounds
    if not (math.isfinite(one.low) and math.isfinite(one.high) and one.low <= one.high):
        raise ParameterError(
            f"{where}: low and high must be finite and in order, got {one.low} and {one.high}"
        )
    if not one.low <= low <= high <= one.high:
        raise ParameterError(f"{where}: prior {one.prior} must lie in [{one.low:g}, {one.high:g}]")
    if one.scale not in ("linear", "log") or (one.scale == "log" and low <= 0):
        raise ParameterError(
            f"{where}: scale must be 'linear', or 'log' over a range above 0, got {one.scale!r}"
        )
    if one.when not in (ALWAYS, ENTRY, START):
        raise ParameterError(f"{where}: when must be 'always', 'entry' or 'start', got {one.when!r}")
    if one.held and one.source != ASSUMED:
        raise ParameterError(f"{where}: only what is assumed is held, and its source is {one.source}")
    if not (one.unit and one.source):
        raise ParameterError(f"{where}: unit and source must be given")
    one.check(one.value)
    return one


def _by_name(values: Mapping[str, Any] | Parameters | None) -> dict[str, Any]:
    """Values by name, a copy. Raises ParameterError for what has no names."""
    if isinstance(values, Parameters):
        return values.as_dict()
    if not isinstance(values, Mapping | None):
        raise ParameterError(f"{values!r} are no parameters: give names and values, as in {{'mark_up': 0.2}}")
    return dict(values or {})


def _unknown(name: str, known: Mapping[str, Any], what: str = "parameter") -> str:
    close = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"{len(known)} are known"
    return f"no {what} {name!r}; {hint}"


_SHOWN = ("unit", "low", "high", "source", "when", "held", "symbol", "doc", "group")


def _rows(p: Parameters) -> list[dict[str, Any]]:
    known = [one for one in _registry.values() if one.name in vars(p)]
    return [
        {"name": one.name, "value": vars(p)[one.name], **{key: getattr(one, key) for key in _SHOWN}}
        for one in known
    ]


def _as_html(p: Parameters) -> str:
    """A table in which overridden values stand out, with the default beside them."""
    changed = p.overridden
    lines = []
    for row in _rows(p):
        cells = {key: html.escape(str(value)) for key, value in row.items()}
        if row["name"] in changed:
            default = html.escape(str(_registry[row["name"]].value))
            cells["value"] = f"<mark><b>{cells['value']}</b></mark> (default {default})"
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells.values()) + "</tr>")
    head = "".join(f"<th>{key}</th>" for key in ("name", "value", *_SHOWN))
    caption = f"{len(lines)} parameters, {len(changed)} changed"
    body = "".join(lines)
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
