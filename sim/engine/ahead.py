"""Machine code made by several processes at once, before a run looks for it.

What is compiled, and for which types, is known only when it is called. So one process, the reader, lives
through a short run in plain Python and says what was called with what; others compile that. A function goes
to one of them with all its types: two that kept code of one function at once could lose some. Whatever does
not come about, a process that dies or a type that the reader has not met, the run itself compiles.

Each process begins with a line of text: `multiprocessing` would run a user's script once more in each of
them. One whose pipe is closed ends, so that none outlives whoever started it.
"""

import contextlib
import importlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from . import compiling
from .compiling import cache_folder, numba, tell, told
from .generated import loaded

MOST = 4  # processes: each needs 0.3 GB, and the longest function alone a tenth of the time of all


def compile_ahead(reading: str) -> None:
    """Where no machine code is kept yet: that of what this text calls is made, by a process for each core.

    reading: statements in one line. On a single core nothing is done.
    """
    workers = min(cores(), MOST)
    if workers < 2 or numba().config.DISABLE_JIT or some_is_kept():
        return
    if told():
        tell()
    # no process can be started, or what the reader says is cut off
    with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError), contextlib.ExitStack() as stack:
        reader = stack.enter_context(
            process(f"from sim.engine.ahead import read\nwith read(): {reading}", NUMBA_DISABLE_JIT="1")
        )
        makers = [
            stack.enter_context(process("from sim.engine.ahead import make; make()")) for _ in range(workers)
        ]
        todo: list[bytes] = pickle.loads(reader.stdout.read())
        threads = [threading.Thread(target=hand_out, args=(todo, maker)) for maker in makers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def some_is_kept() -> bool:
    """Is machine code kept already? Not whether all of it is, which only a run can tell."""
    return any(True for _ in Path(numba().config.CACHE_DIR).rglob("*.nbi"))


@contextlib.contextmanager
def process(text: str, **environment: str) -> Iterator[Any]:
    """Another Python that runs this text and finds what this one finds; it ends with the block."""
    # without a buffer nothing is left to write, and to fail, when the pipe is closed
    with subprocess.Popen(
        [sys.executable, "-P", "-c", text],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # when all are interrupted at once, one of them says so
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
    ) as started:
        try:
            yield started
        finally:
            started.kill()
            started.wait()  # which Popen does for a moment only when it is interrupted


def hand_out(todo: list[bytes], maker: Any) -> None:
    """Give it one function after the other, from the end of the list, until none is left or it dies."""
    # its pipe breaks, nothing is left, or the pipe was closed meanwhile
    with contextlib.suppress(OSError, IndexError, ValueError):
        while maker.stdin.write(todo.pop()) and maker.stdout.read(1):
            pass


@contextlib.contextmanager
def read() -> Iterator[None]:
    """The reader: within, functions that would be compiled are called as they are, where Numba is told to
    compile nothing; at the end they are written to the standard output, each with the types it was given."""
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    met: dict[tuple[str, str], dict[tuple, None]] = {}

    def noted(function: Any, apart: bool = False) -> Any:
        plain = compiling.lays_in(function, False)  # what it calls is laid into it, and not made by itself
        types = met.setdefault((function.__module__, function.__name__), {})
        looks: set[tuple] = set()

        def call(*given: Any) -> Any:
            look = tuple([look_of(thing) for thing in given])
            if look not in looks:  # what Numba calls them takes ten times as long to say
                types[tuple(numba().typeof(thing) for thing in given)] = None
                looks.add(look)
            return plain(*given)

        return call

    compiling.kept = noted
    try:
        yield
    finally:
        pickle.dump([pickle.dumps((*which, list(types))) for which, types in met.items()], answers)


def look_of(thing: Any) -> Any:
    """Things that look alike have the same type to Numba."""
    if isinstance(thing, np.ndarray):
        flags = thing.flags
        return thing.dtype, thing.ndim, flags.c_contiguous, flags.f_contiguous, flags.writeable, flags.aligned
    if isinstance(thing, tuple):
        return type(thing), *[look_of(part) for part in thing]
    if isinstance(thing, float | bool | np.generic):
        return type(thing)
    return numba().typeof(thing)  # a whole number's depends on how large it is


def make() -> None:
    """One that compiles: each function that comes in is made and kept, and answered by a byte."""
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    numba()
    with contextlib.suppress(EOFError):
        while True:
            module, name, types = pickle.load(sys.stdin.buffer)
            machine = machine_of(module, name)
            for given in types:
                machine.compile(given)
            answers.write(b".")
            answers.flush()


def machine_of(module: str, name: str) -> Any:
    """Numba's version of a function of a module, one that was generated or another."""
    path = cache_folder() / f"{module}.py"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    there = vars(loaded(path, text) if text else importlib.import_module(module))
    if isinstance(there[name], compiling.Compiled):
        return there[name].machine
    code = there[name].__code__  # of which Numba was given a copy, with machine code for what it calls
    copies = {name: getattr(thing, "py_func", None) for name, thing in there.items()}
    return next(there[name] for name, copy in copies.items() if copy and copy.__code__ is code)
