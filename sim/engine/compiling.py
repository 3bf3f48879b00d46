"""One text, two readings: plain Python by hand, machine code over a population.

`@compiled` marks a function whose text Numba is able to translate. Numba is imported at the first
compiled call, not at import, so that looking at the model stays quick. Helpers that such a function
names are resolved when it is compiled (`.machine`) or read as plain Python (`.plain`). In machine code
they are laid into their caller: a loop that calls nothing runs on vectors, eight rows at a time.

Machine code is kept on disk. Numba looks at the file of a function when it decides whether its code is
stale, but not at the helpers and constants it names, so the name under which code is kept carries a
stamp of all of them, and the folder one of this package, whose generated loops depend on its text.
Making it takes a minute or more, so that it is told where somebody waits for it, see `telling`.

Whoever can write that folder runs code in every process that reads it: the checksums in it tell damage
from what was written, and not who wrote it. A folder for several people is writable by one of them.
"""

import atexit
import contextlib
import contextvars
import functools
import hashlib
import inspect
import io
import operator
import os
import shutil
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .parameters import ParameterError

ENGINE = Path(__file__).parent
FOLDER = "SIM_KERNELS"  # the variable of the environment that says where machine code is kept
PROJECT = "fintech-metamorphosis"
SEAL = 16  # bytes of checksum at the end of a file of machine code
COMPILING = "Compiling the model's rules, once; a minute or two"

SETTINGS = {"error_model": "numpy", "nogil": True}
asked_for = contextvars.ContextVar[bool | None]("asked_for", default=None)


@functools.cache
def cache_folder() -> Path:
    """Where machine code is kept: `SIM_KERNELS`, or `.kernels` beside the package in a source tree.

    Where that cannot be written, or the package was installed and belongs to an installer, it is a folder of
    the user's own, else one that ends with this process. ParameterError for a `SIM_KERNELS` that cannot be
    written, and where nothing can.
    """
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(ENGINE.glob("*.py")):
        digest.update(path.read_bytes())
    stamp = digest.hexdigest()
    given = os.environ.get(FOLDER)
    if given:
        folder = Path(given) / stamp
        if not writable(folder):
            raise ParameterError(
                f"{FOLDER} = {given!r}: no folder for machine code can be made and written there; "
                "name one that can, or none"
            )
        return folder
    for root in usual_folders():
        if writable(root / stamp):
            return root / stamp
    return passing_folder() / stamp


def passing_folder() -> Path:
    """A folder that ends with this process; processes that it starts are told of it."""
    try:
        folder = tempfile.mkdtemp(prefix=f"{PROJECT}-")
    except OSError as error:
        raise ParameterError(
            f"no folder for machine code can be written: {error.strerror}; make room, or name one by {FOLDER}"
        ) from error
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[FOLDER] = folder
    return Path(folder)


def usual_folders() -> Iterator[Path]:
    """Folders for machine code where none was named, the best first."""
    tree = ENGINE.parents[1]
    if (tree / "pyproject.toml").is_file():  # not in site-packages, which belongs to an installer
        yield tree / ".kernels"
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if cache.is_absolute():
        yield cache / PROJECT
    with contextlib.suppress(RuntimeError):  # a user without a home
        yield Path.home() / ".cache" / PROJECT


def writable(folder: Path) -> bool:
    """Can something be written in this folder? It is made where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))  # a full disk still makes empty files
    except OSError:
        return False
    return True


def written(name: str, text: str) -> Path:
    """The file of that name and text in the cache folder; written anew where it holds anything else."""
    path, content = cache_folder() / name, text.encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_bytes() != content:
        scratch = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            with open(scratch, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)
    return path


def whole(path: str) -> bool:
    """Is the end of this file the checksum of the rest?"""
    try:
        content = Path(path).read_bytes()
    except OSError:
        return False
    return content[-SEAL:] == seal(content[:-SEAL])


def seal(content: bytes) -> bytes:
    """Checksum of the content of a file."""
    return hashlib.blake2b(content, digest_size=SEAL).digest()


@contextlib.contextmanager
def telling(asked: bool | None) -> Iterator[None]:
    """Within: is it told on the standard error that rules are compiled, if they are?

    None leaves it to whether somebody looks: at a terminal or a notebook, and not over a worker's shoulder.
    """
    before = asked_for.set(asked)
    try:
        yield
    finally:
        asked_for.reset(before)


def told() -> bool:
    """Is it to be told that rules are compiled? See `telling`."""
    asked = asked_for.get()
    if asked is not None or sys.stderr is None:
        return bool(asked) and sys.stderr is not None
    from multiprocessing import parent_process  # hardly ever asked, and slow to load

    return parent_process() is None and (sys.stderr.isatty() or "ipykernel" in sys.modules)


@functools.cache
def tell() -> None:
    """Say, once in a process, that rules are compiled."""
    bars: Any = sys.modules.get("tqdm")  # a bar that is being shown makes room for a line
    if bars is not None:
        bars.tqdm.write(COMPILING, file=sys.stderr)
    else:
        sys.stderr.write(f"{COMPILING}\n")
    sys.stderr.flush()


@functools.cache
def keeper() -> type:
    """Numba's keeping of one function's machine code, in files that are proved whole before they are read.

    The checksum follows what Numba wrote, where unpickling does not look. A damaged file (a power cut, a
    bad disk) counts as missing: its code is made anew and written over it. Where nothing can be written,
    code is used and not kept.
    """
    from numba.core.caching import FunctionCache, IndexDataCacheFile

    class Files(IndexDataCacheFile):
        def _load_index(self) -> Any:
            return super()._load_index() if whole(self._index_path) else {}

        def _load_data(self, name: str) -> Any:
            if not whole(self._data_path(name)):
                raise FileNotFoundError(name)  # Numba takes it as removed
            return super()._load_data(name)

        @contextlib.contextmanager
        def _open_for_write(self, filepath: str) -> Iterator[io.BytesIO]:
            buffer = io.BytesIO()
            yield buffer
            content = buffer.getvalue()
            with super()._open_for_write(filepath) as file:
                file.write(content + seal(content))
                file.flush()
                os.fsync(file.fileno())

    class Keeper(FunctionCache):
        def __init__(self, function: types.FunctionType):
            super().__init__(function)
            place = self._impl.locator
            self._cache_file = Files(
                place.get_cache_path(), self._impl.filename_base, place.get_source_stamp()
            )

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            found = super().load_overload(sig, target_context)
            if found is None and told():
                tell()
            return found

        def save_overload(self, sig: Any, data: Any) -> None:
            with contextlib.suppress(OSError):
                super().save_overload(sig, data)

    return Keeper


def kept(function: types.FunctionType, apart: bool = False) -> Any:
    """Numba's version of a function, its machine code kept on disk; apart: see `compiled_apart`.

    Numba counts who uses an array, in every call within a loop: for who is handed arrays and makes none that
    takes more time than most loops do. So it does not count, unless it must.
    """
    made = by_numba(function, False, apart)
    if not numba().config.DISABLE_JIT:
        made._cache = keeper()(function)
        made._compiler.compile = functools.partial(compiled_by_one, made._compiler.compile, function, apart)
    return made


def compiled_by_one(first: Callable, function: types.FunctionType, apart: bool, *kinds: Any) -> Any:
    """What the first makes of arguments of these kinds; where arrays are made, what one makes that counts."""
    try:
        return first(*kinds)
    except (numba().core.errors.NumbaError, RuntimeError, ValueError):  # it refuses in all these ways
        return by_numba(function, True, apart)._compiler.compile(*kinds)


def by_numba(function: types.FunctionType, counts: bool, apart: bool) -> Any:
    """Numba's version of a function, for Python to call, kept nowhere."""
    made = numba().njit(lays_in(function, counts), **SETTINGS, _nrt=counts)
    if apart and not numba().config.DISABLE_JIT:
        made._compiler._customize_flags = without_overlap
    return made


def lays_in(function: types.FunctionType, counts: bool) -> types.FunctionType:
    """The same code, with machine code in the place of the compiled functions that it names."""
    named = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    helpers = {name: thing for name, thing in named.items() if isinstance(thing, Compiled)}
    return bound(function, {name: laid_in(thing, counts) for name, thing in helpers.items()})


@functools.cache
def laid_in(thing: "Compiled", counts: bool) -> Any:
    """Numba's version, for other machine code to lay in; what is kept on disk is the whole of that."""
    return numba().njit(lays_in(thing.function, counts), **SETTINGS, _nrt=counts, forceinline=True)


@functools.cache
def numba() -> Any:
    """Numba itself, told where to keep its files."""
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder()))
    import numba

    found: Any = numba
    found.config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]  # it looks there once, and may be imported already
    return found


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
    def as_written(self) -> str:
        """The text, read from its file once: finding its end takes most of the time."""
        return inspect.getsource(self.function)

    @functools.cached_property
    def stamp(self) -> str:
        """Changes with the text of the function or of a helper, and with the constants and the fields of
        named tuples that they name."""
        named = {n: self.function.__globals__.get(n) for n in self.function.__code__.co_names}
        fixed = {n: thing for n, thing in named.items() if is_constant(thing)}
        fixed |= {n: getattr(thing, "_fields", ()) for n, thing in named.items() if isinstance(thing, type)}
        below = {name: thing.stamp for name, thing in self.helpers().items()}
        text = f"{self.as_written}{fixed}{below}"
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    @functools.cached_property
    def plain(self) -> types.FunctionType:
        """Plain Python all the way down."""
        return bound(self.function, {name: thing.plain for name, thing in self.helpers().items()})

    @functools.cached_property
    def machine(self) -> Any:
        """Numba's version, for Python to call."""
        return kept(bound(self.function, {}, f"_{self.stamp}"), self.apart)

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

    It is C's `restrict`: without it every write might change what is read next, and a loop that looks
    something up in an array could not run on vectors. Numba makes this promise about loops of its own
    making and does not let others make it, hence the reach into its compiler. Were that gone in some
    version, the loop would be slower and not wrong.
    """
    return Compiled(function, apart=True)


def without_overlap(flags: Any) -> Any:
    """Numba's settings for one compilation, with the promise that arrays do not overlap."""
    flags.noalias = True
    return flags
