"""What a user gives an economy by keyword: a seed, in any form that NumPy and Mesa know, and parameters."""

import difflib
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from sim.engine.parameters import ParameterError, Parameters


class Default(int):
    """A number that stands where nothing was given; `is` tells it from the same number given by a user."""


FIRST = Default(1)  # the seed of an economy that is given none
FRESH = 2**32  # a drawn seed is below, short enough to be typed again


def seed_of_both(seed: Any, rng: Any) -> Any:
    """The seed that `seed` or `rng` says; where the one given is None, a fresh one.

    rng: whole number, NumPy Generator or BitGenerator (a number is drawn from it), or SeedSequence.
    Raises ParameterError, in one line, where both are given, or rng is something else. Whether a seed is a
    whole number from 0 on is checked with the sizes.
    """
    if rng is FIRST:
        return int(seed) if seed is FIRST else secrets.randbelow(FRESH) if seed is None else seed
    if seed is not FIRST and seed is not None:
        raise ParameterError(f"seed = {seed!r} and rng = {rng!r} are both given: give one of them")
    if rng is None:
        return secrets.randbelow(FRESH)
    if isinstance(rng, np.random.SeedSequence):
        return int(rng.generate_state(1)[0])
    if isinstance(rng, np.random.Generator | np.random.BitGenerator):
        return int(np.random.default_rng(rng).integers(FRESH))
    if isinstance(rng, int | np.integer) and not isinstance(rng, bool) and rng >= 0:
        return int(rng)
    raise ParameterError(f"rng = {rng!r} is no whole number from 0 on, Generator, SeedSequence or None")


def merged(given: Any, named: Mapping[str, Any], further: Iterable[str] = ()) -> Any:
    """Parameters given as a bag or mapping, and some by keyword; `further`: other keywords that there are.

    Returns `given` itself where nothing is named. Raises ParameterError, in one line, for an unknown keyword,
    and for one that `given` has with another value: a bag has those that differ from their defaults.
    """
    if not named:
        return given
    known = Parameters.declarations()
    for name in named:
        if name not in known:
            near = difflib.get_close_matches(name, [*further, *known], 1)
            hint = f"did you mean {near[0]}?" if near else f"{len(known)} are known"
            raise ParameterError(f"no parameter {name!r}; {hint}")
    bag = Parameters(given)  # refuses what has no names
    had = bag.overridden if isinstance(given, Parameters) else dict(given or {})
    for name, value in named.items():
        if name in had and had[name] != value:
            raise ParameterError(
                f"{name} = {value!r} by keyword and {had[name]!r} in parameters: give one of them"
            )
    # a mapping stays one: in a branch, what it does not name keeps its value
    return bag.replace(**named) if isinstance(given, Parameters) else {**had, **named}
