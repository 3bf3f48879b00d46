"""One text, two readings: plain Python by hand, machine code over a population.

`@compiled` marks a function whose text Numba is able to translate. Numba is imported at the first
compiled call, not at import, so that looking at the model stays quick. Helpers that such a function
names are resolved when it is compiled (`.machine`) or read as plain Python (`.plain`).

Machine code is kept on disk under a folder named by the hash of this package's sources: Numba looks
at the file of a function when it decides whether its code is stale, but not at the helpers it calls,
and all shared helpers live in this package.
"""

import functools
import hashlib
import os
import types
from pathlib import Path
from typing import Any

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


def bound(function: types.FunctionType, replace: dict[str, Any]) -> types.FunctionType:
    """The same code with some of its global names bound to other objects."""
    copy = types.FunctionType(
        function.__code__, {**function.__globals__, **replace}, function.__name__, function.__defaults__
    )
    copy.__qualname__, copy.__module__, copy.__doc__ = (
        function.__qualname__,
        function.__module__,
        function.__doc__,
    )
    return copy


class Compiled:
    """A function with two readings; calling it runs the machine code."""

    kept_on_disk = True

    def __init__(self, function: types.FunctionType):
        self.function = function
        self.name, self.__doc__, self.__module__ = function.__name__, function.__doc__, function.__module__

    def helpers(self) -> "dict[str, Compiled]":
        """Compiled functions that the text names, by the name it uses."""
        named = {name: self.function.__globals__.get(name) for name in self.function.__code__.co_names}
        return {name: thing for name, thing in named.items() if isinstance(thing, Compiled)}

    @functools.cached_property
    def plain(self) -> types.FunctionType:
        """Plain Python all the way down."""
        return bound(self.function, {name: thing.plain for name, thing in self.helpers().items()})

    @functools.cached_property
    def machine(self) -> Any:
        """Numba's version, all the way down."""
        body = bound(self.function, {name: thing.machine for name, thing in self.helpers().items()})
        return numba().njit(body, cache=self.kept_on_disk, error_model="numpy", nogil=True)

    def __call__(self, *arguments: Any) -> Any:
        return self.machine(*arguments)


def compiled(function: types.FunctionType) -> Any:
    """Mark a function as readable by Numba; see `Compiled`."""
    return Compiled(function)
