"""One world and all its futures: the unit of work, done in one go by whoever executes it.

This module is what a worker process imports, so it stays light: the model and pandas arrive with the
first task, statistics and figures never.
"""

from __future__ import annotations

import functools
import gc
import itertools
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.run.arm import Arm, Aside, branch
from experiments.run.provenance import address, source_hash, versions
from experiments.run.store import Store, fingerprint

CONTROL = "external_finance"  # every world grows up under it
SEEDS_APART = 100_000  # worlds of one study; a study's seeds start at seed * SEEDS_APART


@dataclass(frozen=True)
class World:
    """Parameters, seed and sizes of one economy, and for how long it is watched.

    Args:
        seed: number of the study; two studies with different seeds share no draw.
        index: number of the world within the study, 0 to 99,999.
        firms, consumers, banks, platforms: how many of each.
        parameters: a ``Parameters`` object (needs ``digest`` and ``overridden``).
        burn_in: quarters under external finance before the futures part.
        quarters: quarters that every future lasts.
        chosen: names of the parameters set by hand; the other overridden ones were sampled.
        lucks: how many times every future is lived, each time under another luck.

    Raises ``ValueError`` for a size or a duration that makes no world.
    """

    seed: int
    index: int
    firms: int
    consumers: int
    banks: int
    platforms: int
    parameters: Any
    burn_in: int
    quarters: int
    chosen: tuple[str, ...] = ()
    lucks: int = 1

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value < least:
                raise ValueError(f"{name} = {value} makes no world: at least {least}")
        if self.index >= SEEDS_APART:
            raise ValueError(f"index = {self.index} is beyond the {SEEDS_APART} worlds of one study")

    @property
    def own_seed(self) -> int:
        """The seed of this one economy, different for every (seed, index)."""
        return self.seed * SEEDS_APART + self.index

    def described(self) -> dict[str, Any]:
        """Everything that makes this world what it is, as plain numbers and text."""
        sizes = {name: getattr(self, name) for name in _LEAST}
        return {
            **sizes,
            "own_seed": self.own_seed,
            "parameters": self.parameters.digest,
            "overridden": dict(self.parameters.overridden),
            "chosen": list(self.chosen),
        }


_LEAST = {
    "seed": 0,
    "index": 0,
    "firms": 1,
    "consumers": 1,
    "banks": 1,
    "platforms": 1,
    "burn_in": 0,
    "quarters": 1,
    "lucks": 1,
}


def worlds(
    count: int,
    *,
    seed: int = 1,
    firms: int = 10_000,
    consumers: int | None = None,
    banks: int = 20,
    platforms: int | None = None,
    burn_in: int = 40,
    quarters: int = 40,
    histories: int = 1,
    lucks: int = 1,
    fixed: Mapping[str, Any] | None = None,
    sampled: bool = True,
    parameters: Any = None,
) -> tuple[World, ...]:
    """The first ``count`` worlds of study ``seed``; asking for more leaves the earlier ones as they are.

    Args:
        consumers: two per firm where not given.
        platforms: a row to 10 firms, at least 40, where not given: see `sim.population.models.room`.
        fixed: parameters set by hand, by name.
        sampled: whether each world draws its own values of the merely assumed parameters.
        histories: how many worlds share a draw of parameters and differ by their seeds alone.
        lucks: how many times every future is lived, under another luck each.
        parameters: the class to draw from; ``sim.Parameters`` where not given.
    """
    if count < 1:
        raise ValueError(f"worlds = {count} is nothing to compare: at least 1")
    if parameters is None:
        import sim

        parameters = sim.Parameters
    from sim.population.models import room

    fixed = dict(fixed or {})
    draws = -(-count // histories)
    drawn = spread_evenly(parameters, seed, draws, fixed) if sampled else [parameters(**fixed)] * draws
    return tuple(
        World(
            seed=seed,
            index=index,
            firms=firms,
            consumers=2 * firms if consumers is None else consumers,
            banks=banks,
            platforms=room(platforms, firms),
            parameters=drawn[index // histories],
            burn_in=burn_in,
            quarters=quarters,
            chosen=tuple(sorted(fixed)),
            lucks=lucks,
        )
        for index in range(count)
    )


def spread_evenly(parameters: Any, seed: int, count: int, fixed: Mapping[str, Any]) -> list[Any]:
    """Parameters of the first ``count`` worlds: points of a scrambled Sobol sequence (Owen, 1998).

    They fill the ranges more evenly than independent draws do, and a longer sequence begins with the same
    points. Each parameter has a dimension of its own, in the order in which they are declared.
    """
    from scipy.stats import qmc

    names = parameters.problem()["names"]
    exact = qmc.Sobol(len(names), scramble=True, rng=seed)
    points = exact.random(1 << (count - 1).bit_length())[:count]  # powers of two keep their balance
    return [parameters.at(dict(zip(names, point.tolist(), strict=True)), fixed) for point in points]


def records(economy: Any) -> dict[str, Any]:
    """What is kept of an economy unless a study asks for less: its quarters and its platforms."""
    return {"quarters": economy.records.quarters, "platforms": economy.records.platforms}


@dataclass(frozen=True)
class Task:
    """A world, its arms, and all it takes to grow, reduce and store them in another process."""

    world: World
    arms: tuple[tuple[str, Arm], ...]
    economy: type
    reduce: Callable[[Any], Mapping[str, Any]]
    store: Store
    code: str
    redo: bool = False
    aside: Aside | None = None
    follow: Callable[[Any], Any] | None = None

    @functools.cached_property
    def key(self) -> str:
        """SHA-256 of everything the result depends on; equal keys mean bit-identical tables."""
        return fingerprint(
            {
                "world": self.world.described(),
                "arms": [[label, arm.described()] for label, arm in self.arms],
                "aside": self.aside and self.aside.described(),
                "code": self.code,
                "versions": versions(),
                "reduce": [self.reduce.__qualname__, source_hash(self.reduce)],
                "follow": self.follow and [self.follow.__qualname__, source_hash(self.follow)],
                "lived": source_hash(perform),
            }
        )

    @property
    def name(self) -> str:
        """Name of the world in the store."""
        return f"w{self.world.index:05d}-{self.key[:16]}"

    @property
    def grown(self) -> str:
        """SHA-256 of everything the world depends on up to the moment of branching."""
        described = self.world.described()
        later = ("quarters", "lucks", "index", "seed", "chosen")
        early = {name: value for name, value in described.items() if name not in later}
        lived = source_hash(perform)
        return fingerprint({"world": early, "code": self.code, "versions": versions(), "lived": lived})


def perform(task: Task) -> float:
    """Grow the world, live every arm under every luck, store the tables. Returns the seconds it took.

    One economy beside the grown one is alive at any time, and for a while its side branch.
    """
    began = time.perf_counter()
    economy = grow(task)
    tables: dict[str, list[Any]] = {}
    gc.freeze()  # what is there stays until all are lived: nobody need look through it after each
    try:
        for (label, arm), luck in itertools.product(task.arms, range(1, task.world.lucks + 1)):
            future = branch(economy, arm, luck)
            for table, frame in lived(future, task):
                tables.setdefault(table, []).append(_tidy(table, frame, task.world.index, label, luck))
            release(future)
            del future
            gc.collect()  # a model and its agents point at each other
    finally:
        gc.unfreeze()
    release(economy)

    import pandas as pd

    seconds = time.perf_counter() - began
    joined = {table: pd.concat(frames, ignore_index=True) for table, frames in tables.items()}
    task.store.save(task.name, joined, {**described(task), "seconds": seconds})
    return seconds


def lived(future: Any, task: Task) -> Iterator[tuple[str, Any]]:
    """Live a future to its end, and beside it a side branch for which there is time: tables by name, at last
    those of who follows it."""
    quarters, aside = task.world.quarters, task.aside
    follower = task.follow(future) if task.follow is not None else None
    run = future.run if follower is None else follower.run
    if aside is not None and aside.after + aside.quarters <= quarters:
        run(aside.after)
        apart = aside.lived(future)
        for table, frame in task.reduce(apart).items():
            yield f"{aside.name}_{table}", frame
        release(apart)
        quarters -= aside.after
    run(quarters)
    yield from task.reduce(future).items()
    if follower is not None:
        yield from follower.tables().items()


def grow(task: Task) -> Any:
    """The world at the moment of branching, from the store if it was grown before.

    It is read back even when it was grown just now: both ways have to give the same economy, so there is
    only one.
    """
    world = task.world
    path = None if task.redo or world.burn_in == 0 else task.store.grown(task.grown)
    if path is None:
        economy = founded(world, task.economy)
        if world.burn_in == 0:
            return economy
        economy.run(world.burn_in)
        path = task.store.keep_grown(task.grown, economy)
        release(economy)
    return task.economy.load(path)  # type: ignore[attr-defined]


def founded(world: World, economy: Any) -> Any:
    """A new economy of the class ``economy`` with the sizes, seed and parameters of this world."""
    return economy(
        CONTROL,
        firms=world.firms,
        consumers=world.consumers,
        banks=world.banks,
        platforms=world.platforms,
        seed=world.own_seed,
        parameters=world.parameters,
    )


def release(economy: Any) -> None:
    """Let go of a finished economy: Mesa before 3.4.2 keeps a reference to every model for ever."""
    mesa = sys.modules.get("mesa")
    if mesa is not None:
        getattr(mesa.Agent, "_ids", {}).pop(economy, None)


def _tidy(table: str, frame: Any, world: int, arm: str, luck: int) -> Any:
    """One future's table with the columns ``world``, ``arm`` and ``luck`` in front and its named index as
    columns."""
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"the reduction's table {table!r} is a {type(frame).__name__}, not a DataFrame")
    if not table.isidentifier():
        raise ValueError(f"the reduction's table {table!r} cannot name a file: use letters, digits and _")
    named = any(name is not None for name in frame.index.names)
    frame = frame.reset_index(drop=not named)
    if taken := {"world", "arm", "luck"} & set(frame.columns):
        raise ValueError(f"the reduction's table {table!r} has a column {min(taken)!r}, which the store adds")
    frame.insert(0, "luck", luck)
    frame.insert(0, "arm", arm)
    frame.insert(0, "world", world)
    return frame


def described(task: Task) -> dict[str, Any]:
    """The task as plain text: enough to repeat it (see ``experiments.run.replay``)."""
    return {
        "key": task.key,
        "world": task.world.described(),
        "arms": [[label, arm.described()] for label, arm in task.arms],
        "aside": task.aside and task.aside.described(),
        "economy": address(task.economy),
        "reduce": address(task.reduce),
        "follow": task.follow and address(task.follow),
        "parameters": address(type(task.world.parameters)),
        "code": task.code,
        "versions": versions(),
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
