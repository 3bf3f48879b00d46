"""An ensemble: the same futures in many worlds, resumable at any moment.

    ensemble = Ensemble(worlds(200, seed=1, quarters=60), ARMS)
    outcome = ensemble.run("results/compare", workers=8)
    quarters = outcome.store.frame("quarters")

The unit of evidence is the paired difference between two arms of one world; the unit of work is one
world with all its arms. A finished world is stored at once; the same call again does only what is missing.
"""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import shlex
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from experiments.run.arm import Arm, Aside
from experiments.run.executors import EnsembleError, Result, local, serial
from experiments.run.provenance import OWN, address, code_hash, source_hash, versions
from experiments.run.store import Store, StoreError
from experiments.run.waiting import bar, intent, say
from experiments.run.world import Task, World, described, records

Executor = Callable[[Sequence[Task]], Iterator[tuple[Task, Result]]]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, after a clean stop; the text says how much is stored and how to go on."""


@dataclass(frozen=True)
class Failure:
    """A world without a result.

    ``kind`` is "error" (the model or the reduction raised; the same run would raise again), "machine"
    (its worker was killed, or memory ran out) or "timeout". Only the latter two are tried again by
    the next run. ``replay`` is a command that repeats the world in one process, with its traceback.
    """

    world: int
    kind: str
    message: str
    replay: str

    def __str__(self) -> str:
        return f"world {self.world}: {self.message} (repeat it: {self.replay})"


@dataclass(frozen=True)
class Outcome:
    """What a run of an ensemble left behind: counts of worlds, failures, and the store to read from."""

    store: Store
    worlds: int
    computed: int
    reused: int
    failures: tuple[Failure, ...]
    seconds: float

    def __str__(self) -> str:
        lines = [
            f"{self.computed + self.reused} of {self.worlds} worlds in {self.store.path} "
            f"({self.computed} computed in {self.seconds:.0f} s, {self.reused} from before)"
        ]
        return "\n".join(lines + [str(failure) for failure in self.failures])


@dataclass(frozen=True, repr=False)
class Ensemble:
    """Worlds, the futures each of them is given, and what is kept of a future.

    Args:
        worlds: see `worlds`.
        arms: names of business models, or a mapping from label to `Arm`.
        reduce: a function at the top of a module: economy at the end of its future -> tables by name.
            ``world`` and ``arm`` are added to each. Keep reductions in a module apart from figures:
            editing the module they live in makes stored worlds stale.
        economy: the model's class; ``sim.Economy`` where not given.
        aside: a side branch of every future, whose tables are kept too.
        follow: a class at the top of a module, made with each future before it is lived: ``run(quarters)``
            lives them, ``tables()`` is what it has seen, by names that `reduce` does not give.
        own: what stands for some of the arms in one world, by their labels: arms that chance deals.

    Raises ``ValueError`` without worlds or arms or with two worlds of one number, ``TypeError`` for a
    function that no other process could import.
    """

    worlds: Sequence[World]
    arms: Sequence[str] | Mapping[str, Any]  # whatever `Arm.of` takes
    reduce: Callable[[Any], Mapping[str, Any]] = records
    economy: type | None = None
    aside: Aside | None = None
    follow: type | None = None
    own: Callable[[World], Mapping[str, Arm]] | None = None
    pairs: tuple[tuple[str, Arm], ...] = field(init=False)

    def __post_init__(self) -> None:
        if isinstance(self.arms, Mapping):
            pairs = tuple((label, Arm.of(value)) for label, value in self.arms.items())
        elif isinstance(self.arms, str):
            raise ValueError(f"arms = {self.arms!r} is one text: give a list of strategies")
        else:
            pairs = tuple((arm, Arm(arm)) for arm in self.arms)
        if not pairs or not self.worlds:
            raise ValueError("an ensemble needs at least one world and one arm")
        labels = [label for label, _ in pairs]
        if len(set(labels)) < len(labels):
            raise ValueError(f"arms {', '.join(labels)}: an arm is named twice")
        numbers = {(world.seed, world.index) for world in self.worlds}
        if len({index for _, index in numbers}) < len(self.worlds):
            raise ValueError("two worlds have the same number: pairing their arms needs distinct ones")
        address(self.reduce)
        if self.follow is not None:
            address(self.follow)
        object.__setattr__(self, "pairs", pairs)

    def __repr__(self) -> str:
        return f"Ensemble({len(self.worlds)} worlds, arms {', '.join(label for label, _ in self.pairs)})"

    def tasks(self, store: Store, *, redo: bool = False) -> tuple[Task, ...]:
        """One task per world, bound to a store."""
        economy = self.economy
        if economy is None:
            import sim

            economy = sim.Economy
        code = code_hash(economy)
        source_hash.cache_clear()  # a notebook may have edited the reduction since the last run
        return tuple(
            Task(
                world, self.arms_of(world), economy, self.reduce, store, code,
                redo=redo, aside=self.aside, follow=self.follow,
            )
            for world in self.worlds
        )  # fmt: skip

    def arms_of(self, world: World) -> tuple[tuple[str, Arm], ...]:
        """The arms of one world, by label."""
        mine = self.own(world) if self.own is not None else {}
        return tuple((label, mine.get(label, arm)) for label, arm in self.pairs)

    def run(
        self,
        store: Store | str | os.PathLike[str],
        *,
        executor: str | Executor = "local",
        workers: int | None = None,
        timeout: float | None = 1800.0,
        retries: int = 2,
        redo: bool = False,
        progress: bool = True,
        arguments: Mapping[str, Any] | None = None,
    ) -> Outcome:
        """Compute the worlds that the store lacks; return what there is then.

        Args:
            store: the folder, or a `Store`.
            executor: "local" (worker processes), "serial" (this process), or a function as described in
                `experiments.run.executors`.
            workers: processes; as many as cores where not given.
            timeout: seconds for one world with all its arms.
            retries: for a world whose worker was killed or ran out of memory.
            redo: forget this ensemble's worlds first, the grown ones too.
            progress: tell on the standard error what is being done, and show a bar.
            arguments: noted in the store's ``manifest.json``.

        Raises `StoreError` for damaged files, a folder that cannot be written and one into which another
        process computes, `EnsembleError` if no world has a result in the end or workers cannot start,
        `Interrupted` on Ctrl-C after stopping cleanly.
        """
        if executor == "local":
            _importable_elsewhere(*filter(None, (self.reduce, self.follow)))
        elif isinstance(executor, str) and executor != "serial":
            raise ValueError(f"executor = {executor!r} is unknown: 'local', 'serial' or a function")
        store = store if isinstance(store, Store) else Store(store)
        tasks = self.tasks(store, redo=redo)
        with store.alone():
            return self._completed(
                store,
                tasks,
                lambda todo: self._results(executor, workers, timeout, retries, todo, progress),
                redo=redo,
                progress=progress,
                arguments=arguments,
            )

    def _completed(
        self,
        store: Store,
        tasks: Sequence[Task],
        live: Callable[[Sequence[Task]], Generator[tuple[Task, Result]]],
        *,
        redo: bool,
        progress: bool,
        arguments: Mapping[str, Any] | None,
    ) -> Outcome:
        """See `run`; ``live`` does the tasks that are missing."""
        began = time.perf_counter()
        store.sweep()
        if redo:
            for task in tasks:
                store.forget(task.name)
        finished = {task.name for task in tasks if store.finished(task.name)}
        failures = {
            task.name: failure
            for task in tasks
            if task.name not in finished and (failure := _hopeless(store, task)) is not None
        }
        todo = [task for task in tasks if task.name not in finished and task.name not in failures]
        reused = len(finished)

        def describe(state: str) -> None:
            store.describe(self._description(tasks, arguments, list(failures.values()), state))

        if todo:
            describe("running")
        try:
            results = live(todo)  # which compiles first, and says so: before there is a bar
            say(intent(len(todo), reused), progress)
            with contextlib.closing(results), bar(len(tasks), reused, progress) as shown:
                for task, result in results:
                    if result.kind == "store":
                        raise StoreError(result.message)
                    if result.kind != "done":
                        failures[task.name] = _record(store, task, result)
                    else:
                        finished.add(task.name)
                        shown.update()
                    shown.set_postfix(failed=len(failures))
        except KeyboardInterrupt:
            describe("interrupted")
            raise Interrupted(
                # counted on the disk: a worker may have stored one that the driver has not heard of
                f"stopped: {len(store.names())} of {len(tasks)} worlds are stored in {store.path}; "
                "the same command goes on from there"
            ) from None
        except StoreError:
            with contextlib.suppress(StoreError):  # told once is enough
                describe("stopped")
            raise
        describe("finished")
        if not finished:
            raise EnsembleError(f"no world has a result; {next(iter(failures.values()))}")
        ordered = tuple(sorted(failures.values(), key=lambda failure: failure.world))
        seconds = time.perf_counter() - began
        return Outcome(store, len(tasks), len(finished) - reused, reused, ordered, seconds)

    def _results(
        self,
        executor: str | Executor,
        workers: int | None,
        timeout: float | None,
        retries: int,
        todo: Sequence[Task],
        progress: bool,
    ) -> Generator[tuple[Task, Result]]:
        """Results as they come; closing this generator stops whoever works for it."""
        if callable(executor):
            work = executor
        elif executor == "serial":
            work = serial
        else:
            work = functools.partial(local, workers=workers, timeout=timeout, retries=retries)
            if todo and self.economy is None:
                import sim

                sim.warm_up(progress)  # compile once here, so that the workers find the kernels on the disk
        return _delegated(work, todo)

    def _description(
        self,
        tasks: Sequence[Task],
        arguments: Mapping[str, Any] | None,
        failures: Sequence[Failure],
        state: str,
    ) -> dict[str, Any]:
        return {
            "state": state,
            "arguments": dict(arguments or {}),
            "arms": [label for label, _ in self.pairs],
            "number_of_worlds": len(tasks),
            "worlds": [task.name for task in tasks],
            "failures": [
                {"world": one.world, "kind": one.kind, "message": one.message, "replay": one.replay}
                for one in failures
            ],
            "code": tasks[0].code,
            "versions": versions(),
            "python": platform.python_version(),
            "machine": platform.machine(),
        }


def _delegated(work: Executor, todo: Sequence[Task]) -> Generator[tuple[Task, Result]]:
    if todo:
        yield from work(todo)


def _importable_elsewhere(*functions: Callable[..., Any]) -> None:
    """Raise ``ValueError`` for a function typed into a notebook or a prompt, which no worker can import."""
    for function in functions:
        typed_in = getattr(sys.modules["__main__"], "__file__", None) is None
        if function.__module__ == "__main__" and typed_in:
            raise ValueError(
                f"{function.__qualname__} lives only in this session: "
                "put it in a module, or use executor='serial'"
            )


def _again(store: Store, task: Task) -> str:
    """The command that repeats a failed world."""
    words = ["python", "-m", "experiments.run.replay", str(store.place(task.name, "failed.json"))]
    things = (task.economy, task.reduce, type(task.world.parameters))
    foreign = sorted({address(thing).split(":")[0].split(".")[0] for thing in things} - set(OWN))
    return shlex.join([*words, *(word for name in foreign for word in ("--trust", name))])


def _record(store: Store, task: Task, result: Result) -> Failure:
    """Write down why a world has no result."""
    command = _again(store, task)
    failure = Failure(task.world.index, result.kind, result.message, command)
    store.fail(
        task.name,
        {
            **described(task),
            "kind": result.kind,
            "message": result.message,
            "traceback": result.traceback,
            "attempts": result.attempts,
            "replay": command,
        },
    )
    return failure


def _hopeless(store: Store, task: Task) -> Failure | None:
    """The recorded failure of a world that failed by itself: with the same code it would again."""
    known = store.failure(task.name)
    if known is None or known["kind"] != "error":
        return None
    return Failure(task.world.index, known["kind"], known["message"], _again(store, task))
