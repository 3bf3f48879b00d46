"""Who does the work: this process, or worker processes that may die without harm to the others.

An executor is a function ``tasks -> iterator of (task, Result)`` in any order. The store, not the
executor, owns correctness: a task stores what it finishes, so a cluster's executor needs only to call
`attempt` somewhere.
"""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import multiprocessing.resource_tracker
import os
import pickle
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from experiments.run.provenance import code_hash
from experiments.run.store import StoreError
from experiments.run.world import Task, perform

REBUILDS = 3  # of a pool whose workers die before they take a task; more means they cannot start
ONE_THREAD = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class EnsembleError(Exception):
    """The ensemble cannot go on at all; one line that says why."""


@dataclass(frozen=True)
class Result:
    """What became of one task.

    ``kind`` is "done"; "error" (the model or the reduction raised: it will again, so it is not retried);
    "machine" (memory, a killed worker: worth another try); "timeout"; or "store".
    """

    kind: str
    seconds: float = 0.0
    message: str = ""
    traceback: str = ""
    attempts: int = 1


def attempt(task: Task) -> Result:
    """Do one task here and say what became of it; no exception gets out except an interrupt."""
    try:
        if code_hash(task.economy) != task.code:
            raise StoreError("the model's code changed while the ensemble was running: start it again")
        return Result("done", seconds=perform(task))
    except StoreError as error:
        return Result("store", message=str(error))
    except (MemoryError, OSError) as error:
        return _failed("machine", error)
    except Exception as error:  # noqa: BLE001 - whatever the model raises belongs to its world
        return _failed("error", error)


def _failed(kind: str, error: BaseException) -> Result:
    message = f"{type(error).__name__}: {error}".strip().splitlines()[0]
    return Result(kind, message=message, traceback="".join(traceback.format_exception(error)))


def serial(tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
    """One task after the other in this process: for tests, debuggers and notebooks; no time-out."""
    for task in tasks:
        yield task, attempt(task)


def cores() -> int:
    """Cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def local(
    tasks: Sequence[Task], *, workers: int | None = None, timeout: float | None = None, retries: int = 2
) -> Iterator[tuple[Task, Result]]:
    """Worker processes on this machine, one world at a time each.

    Args:
        workers: processes; as many as cores where not given.
        timeout: seconds a world may take before its worker is ended; not tried again in this run.
        retries: further attempts for a world whose worker was killed or ran out of memory.

    Raises `EnsembleError` if workers cannot start at all.
    """
    workers = min(workers or cores(), len(tasks))
    waiting = deque((task, 1) for task in tasks)
    running: dict[Any, tuple[Task, int]] = {}
    rebuilds = 0
    while waiting:
        with _pool(workers, pickle.dumps(waiting[0][0])) as pool:
            while waiting or running:
                # Enough that no worker waits for this loop, and few to hand out again if the pool breaks.
                while waiting and len(running) < 2 * workers:
                    task, tries = waiting.popleft()
                    payload = pickle.dumps(task)
                    future = pool.schedule(_work, args=(payload,), timeout=timeout)
                    running[future] = task, tries
                ended, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
                broken = False
                for future in ended:
                    task, tries = running.pop(future)
                    result = _outcome(future, tries, timeout)
                    if result is None:
                        broken = True
                        waiting.appendleft((task, tries))
                    elif result.kind == "machine" and tries <= retries:
                        waiting.append((task, tries + 1))
                    else:
                        rebuilds = 0
                        yield task, result
                if broken:
                    rebuilds += 1
                    waiting.extendleft(running.values())
                    running.clear()
                    break
        if rebuilds > REBUILDS:
            raise EnsembleError(f"worker processes cannot start (tried {rebuilds} times): try --workers 1")


def _outcome(future: Any, tries: int, timeout: float | None) -> Result | None:
    """The result a future holds; None if the pool broke before any worker took the task."""
    from pebble import ProcessExpired

    try:
        result: Result = future.result()
    except BrokenProcessPool:
        return None
    except concurrent.futures.TimeoutError:
        return Result("timeout", message=f"took longer than {timeout:g} seconds", attempts=tries)
    except ProcessExpired as error:
        return Result(
            "machine", message=f"its worker was killed (exit code {error.exitcode})", attempts=tries
        )
    return Result(result.kind, result.seconds, result.message, result.traceback, tries)


def _work(payload: bytes) -> Result:
    """Runs in the worker. The task arrives as bytes, so that a module that cannot be imported is an error
    of this task and not the death of the process."""
    try:
        task = pickle.loads(payload)
    except Exception as error:  # noqa: BLE001 - unpickling imports modules, which may raise anything
        return _failed("error", error)
    return attempt(task)


def _start(affinity: Sequence[int], first: bytes) -> None:
    """Runs first in a worker: OpenMP may have tied the driver to one core, and children inherit that.

    Reading a task imports the model here, outside of the time a world is allowed. If that fails, each task
    fails alike and says so.
    """
    if sys.platform == "linux":
        os.sched_setaffinity(0, affinity)
    with suppress(Exception):
        pickle.loads(first)


_affinity = tuple(sorted(os.sched_getaffinity(0))) if sys.platform == "linux" else ()


@contextmanager
def _pool(workers: int, first: bytes) -> Iterator[Any]:
    """A pool of spawned single-threaded workers, deaf to Ctrl-C, stopped at once on the way out."""
    from pebble import ProcessPool

    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))  # read when a worker imports its libraries
    context = multiprocessing.get_context("spawn")
    begin = _affinity, first
    pool = ProcessPool(max_workers=workers, initializer=_start, initargs=begin, context=context)
    try:
        with _interrupts_held():
            started = pool.active  # asking starts the workers and the threads that replace them
        if not started:
            raise EnsembleError("worker processes cannot start: try --workers 1")
        yield pool
    finally:
        with _interrupts_ignored():
            pool.stop()
            pool.join()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Children and threads started inside never see Ctrl-C (they inherit the mask); it reaches the driver
    afterwards, also where a thread from before has taken it. Without this a worker that is still importing
    prints a traceback, or one that the driver has not told yet what to do."""
    if sys.platform == "win32":
        yield
        return
    multiprocessing.resource_tracker.ensure_running()  # starting it later would lift the mask
    came: list[int] = []
    first = threading.current_thread() is threading.main_thread()  # the only one that may have a handler
    handler = signal.signal(signal.SIGINT, lambda number, frame: came.append(number)) if first else None
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)
        if first:
            signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """A second, impatient Ctrl-C or SIGTERM must not leave workers behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
