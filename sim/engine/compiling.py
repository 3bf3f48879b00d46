"""One text, two readings: plain Python by hand, machine code over a population.

`@compiled` marks a function whose text Numba is able to translate. Numba is imported at the first
compiled call, not at import, so that looking at the model stays quick. Helpers that such a function
names are resolved when it is compiled (`.machine`) or read as plain Python (`.plain`). In machine code
they are laid into their caller: a loop that calls nothing runs on vectors, eight rows at a time.

Machine code is kept on disk. Numba looks at the file of a function when it decides whether its code is
stale, but not at the helpers and constants it names, so the name under which code is kept carries a
stamp of all of them, and the folder one of this package, whose generated loops depend on its text.
"""

import functools
import hashlib
import inspect
import operator
import os
import types
from pathlib import Path
from typing import Any

import numpy as np

ENGINE = Path(__file__).parent


@functools.cache
def cache_folder() -> Path:
    """Where machine code is kept: `SIM_KERNELS`, or `.kernels` beside the package."""
    stamp = hashlib.blake2b(digest_size=6)
    for path in sorted(ENGINE.glob("*.py")):
        stamp.update(path.read_bytes())
    root = Path(os.environ.get("SIM_KERNELS", ENGINE.parents[1] / ".kernels"))
    folder = root / stamp.hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@functools.cache
def numba() -> Any:
    """Numba itself, told where to keep its files."""
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder()))
    import numba

    return numba


def bound(function: types.FunctionType, replace: dict[str, Any], stamp: str = "") -> types.FunctionType:
    """The same code with some of its global names bound to other objects; `stamp` is added to its name."""
    copy = types.FunctionType(
        function.__code__, {**function.__globals__, **replace}, function.__name__, function.__defaults__
    )
    copy.__qualname__, copy.__module__, copy.__doc__ = (
        f"{function.__qualname__}{stamp}",
        function.__module__,
        function.__doc__,
    )
    return copy


class Compiled:
    """A function with two readings; calling it runs the machine code."""

    def __init__(self, function: types.FunctionType, apart: bool = False):
        self.function, self.apart = function, apart
        self.name, self.__doc__, self.__module__ = function.__name__, function.__doc__, function.__module__

    def helpers(self) -> "dict[str, Compiled]":
        """Compiled functions that the text names, by the name it uses."""
        named = {name: self.function.__globals__.get(name) for name in self.function.__code__.co_names}
        return {name: thing for name, thing in named.items() if isinstance(thing, Compiled)}

    @functools.cached_property
    def stamp(self) -> str:
        """Changes with the text of the function or of a helper, and with the constants and the fields of
        named tuples that they name."""
        named = {n: self.function.__globals__.get(n) for n in self.function.__code__.co_names}
        fixed = {n: thing for n, thing in named.items() if is_constant(thing)}
        fixed |= {n: getattr(thing, "_fields", ()) for n, thing in named.items() if isinstance(thing, type)}
        below = {name: thing.stamp for name, thing in self.helpers().items()}
        text = f"{inspect.getsource(self.function)}{fixed}{below}"
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    @functools.cached_property
    def plain(self) -> types.FunctionType:
        """Plain Python all the way down."""
        return bound(self.function, {name: thing.plain for name, thing in self.helpers().items()})

    @functools.cached_property
    def machine(self) -> Any:
        """Numba's version, for Python to call."""
        inside = {name: thing.inlined for name, thing in self.helpers().items()}
        body = bound(self.function, inside, f"_{self.stamp}")
        return compiled_loop(body) if self.apart else compiled_alone(body)

    @functools.cached_property
    def inlined(self) -> Any:
        """Numba's version, for other machine code to lay in; what is kept on disk is the whole of that."""
        body = bound(self.function, {name: thing.inlined for name, thing in self.helpers().items()})
        return numba().njit(body, error_model="numpy", nogil=True, forceinline=True)

    # asked for the machine code and not a function that calls it: some three hundred calls a quarter
    __call__: Any = property(operator.attrgetter("machine"))


def is_constant(thing: Any) -> bool:
    """Is this a value that machine code would contain?"""
    return isinstance(thing, int | float | np.generic | tuple)


def compiled(function: types.FunctionType) -> Any:
    """Mark a function as readable by Numba; see `Compiled`."""
    return Compiled(function)


def compiled_apart(function: types.FunctionType) -> Any:
    """As `compiled`, for a loop that writes no array which shares memory with another of its arrays.

    Then it runs on vectors even where it looks something up; see `compiled_loop`.
    """
    return Compiled(function, apart=True)


def compiled_alone(function: types.FunctionType) -> Any:
    """Machine code of a function that Python calls."""
    return numba().njit(function, cache=True, error_model="numpy", nogil=True)


def compiled_loop(function: types.FunctionType) -> Any:
    """Machine code of a loop none of whose arrays shares memory that it writes with another of them.

    It is C's `restrict`: without it every write might change what is read next, and a loop that looks
    something up in an array could not run on vectors. Numba makes this promise about loops of its own
    making and does not let others make it, hence the reach into its compiler. Were that gone in some
    version, the loop would be slower and not wrong.
    """
    loop = compiled_alone(function)
    if not numba().config.DISABLE_JIT:
        loop._compiler._customize_flags = without_overlap
    return loop


def without_overlap(flags: Any) -> Any:
    """Numba's settings for one compilation, with the promise that arrays do not overlap."""
    flags.noalias = True
    return flags
