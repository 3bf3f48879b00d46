"""How fast, how large, how soon an economy is; what is compared takes turns, in processes of their own."""

from __future__ import annotations

import importlib.util
import io
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from experiments.measure.futures import FREE
from experiments.run.command import UsageError

ROOT = Path(__file__).parents[2]
SMALL, LARGE, FULL = 10_000, 100_000, 1_000_000  # firms; each brings two rows of consumers
MODEL = "deep_integration"
WARM_UP = 8  # quarters before the clock starts: platforms have users, links and loans by then
PEER = (5_000, 25_000)  # firms and households of bam-engine in its own proportion: as many agents as SMALL
AT_ONCE = {"lead_in": 0}  # where only what a quarter takes is asked, and not of what state
SWEPT = 10_000  # firms in the sweep that is written twice
ALONE = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}


def medians(
    turns: int, works: Mapping[str, Callable[[], Any]], clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """Median seconds of each work; the works take turns, so that all of them see the same machine."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(turns):
        for name, work in works.items():
            start = clock()
            work()
            taken[name].append(clock() - start)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def measure_speed(firms: int, turns: int) -> dict[str, float]:
    """Seconds a quarter of two sizes of two arms and of the peer, and a sweep, ours and plain Mesa's.

    And "lead-in": until the large economy was ready for its first quarter.
    """
    from sim import Economy

    small, free = (Economy(arm, firms=SMALL).run(WARM_UP) for arm in (MODEL, FREE))
    began = time.process_time()
    large = Economy(MODEL, firms=firms)
    ready = time.process_time() - began
    large.run(WARM_UP)
    freely = Economy(FREE, firms=firms).run(WARM_UP)
    sweep, plain = sweeps()
    works: dict[str, Callable[[], Any]] = {
        "small": lambda: small.run(5),
        "large": lambda: large.run(1),
        "free": lambda: free.run(5),
        "free, large": lambda: freely.run(1),
        "sweep": lambda: [sweep() for _ in range(50)],
        "plain": plain,
    }
    per_turn = {"small": 5, "large": 1, "free": 5, "free, large": 1, "sweep": 50, "plain": 1}
    per_turn |= {"peer": 5, "peer, recorded": 5}
    peer = bam_engine()
    if peer is not None:
        works["peer"] = lambda: peer.run(5, collect=False)
        works["peer, recorded"] = lambda: peer.run(5, collect=True)
    # the processor's time: one thread's work is the same whoever else uses the machine
    taken = medians(turns, works, time.process_time)
    return {name: seconds / per_turn[name] for name, seconds in taken.items()} | {"lead-in": ready}


def measure_threads(firms: int, turns: int) -> dict[str, float]:
    """Seconds a quarter on one and on two threads."""
    from sim import Economy

    alone = Economy(MODEL, firms=firms, parameters=AT_ONCE).run(2)
    shared = Economy(MODEL, firms=firms, parameters=AT_ONCE, threads=2).run(2)
    return medians(turns, {"one": alone.step, "two": shared.step})


def bam_engine() -> Any:
    """The published peer with its compiled loops, some periods old; None where it is not installed."""
    if importlib.util.find_spec("bamengine") is None:
        return None
    simulation = importlib.import_module("bamengine").Simulation
    logging.disable()  # it turns on everybody's messages, Mesa's too, which would cost us time
    quiet = {"default_level": "ERROR"}
    world = simulation.init(
        n_firms=PEER[0], n_households=PEER[1], n_banks=20, seed=1, goods_kernel="numba", logging=quiet
    )
    for _ in range(WARM_UP):
        world.step()
    return world


def sweeps() -> tuple[Callable[[], None], Callable[[], None]]:
    """Our sweep of `plans` over firms, and the same text as a method of plain Mesa agents.

    Raises:
        AssertionError: the two do not come to the same bits.
    """
    import mesa
    import numpy as np

    from sim import Economy
    from sim.actors.firms import plans

    economy = Economy(MODEL, firms=SWEPT).run(WARM_UP)
    market, p, firms = economy.market, economy.p, economy.firms

    class Planner(mesa.Agent):
        def plan(self) -> None:
            for name, value in zip(plans.writes, plans.plain(self, market, p, 0.5), strict=True):
                setattr(self, name, value)

    model = mesa.Model(rng=1)
    columns = {name: firms[name].tolist() for name in {*plans.reads, *plans.writes}}
    for i in range(SWEPT):
        vars(Planner(model)).update({name: column[i] for name, column in columns.items()})
    planners = model.agents

    def sweep() -> None:
        economy.each(firms, plans)

    def plain() -> None:
        planners.do("plan")

    sweep()
    plain()
    for name in plans.writes:
        np.testing.assert_array_equal(firms[name], planners.get(name), name)
    return sweep, plain


def measure_memory(firms: int, turns: int) -> dict[str, float]:
    """Bytes a firm with its two consumer rows: of the tables, of the process, and its growth a quarter."""
    from sim import Economy

    Economy(MODEL, firms=200, platforms=4, parameters={"giants": 1}).run(turns)  # its code is loaded by now
    before = peak()
    economy = Economy(MODEL, firms=firms, parameters=AT_ONCE).run(24)  # until lending is what it will be
    early = peak()
    economy.run(turns)
    tables = sum(table.bytes for table in economy.tables.values())
    return {
        "tables": tables / firms,
        "process": (peak() - before) / firms,
        "growth": (peak() - early) / firms / turns,
    }


def peak() -> float:
    """The most memory that this process ever used, in bytes."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(used) * (1 if sys.platform == "darwin" else 1024)


PARTS = {"speed": measure_speed, "threads": measure_threads, "memory": measure_memory}

START = f"from sim import Economy; Economy({MODEL!r}, firms={SMALL}).run(1)"
BEGINNINGS = {"python": "pass", "mesa": "import mesa", "sim": "import sim", "start": START}


def process(*arguments: str, folder: Path = ROOT, **environment: str) -> str:
    """What a fresh process prints, started in a folder. Raises CalledProcessError if it fails."""
    settings = {**os.environ, **ALONE, **environment}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=settings, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def part(name: str, firms: int, turns: int) -> dict[str, float]:
    """A measurement in a fresh process."""
    call = f"speed.PARTS[{name!r}]({firms}, {turns})"
    return json.loads(
        process("-c", f"import json; from experiments.measure import speed; print(json.dumps({call}))")
    )


QUARTER = (
    f"import time; from sim import Economy; economy = Economy({FREE!r}, firms={SMALL}).run({WARM_UP}); "
    "began = time.process_time(); economy.run(20); print((time.process_time() - began) / 20)"
)


def measure_before(commit: str, turns: int) -> dict[str, float]:
    """Seconds a quarter of the free arm, by this code ("now") and by that of a commit ("before").

    Processes take turns. Raises `UsageError` where there is no such commit.
    """
    call = ["git", "archive", "--format=zip", commit]
    archive = subprocess.run(call, cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        raise UsageError(f"--before {commit}: {archive.stderr.decode().strip()}")
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(io.BytesIO(archive.stdout)) as files:
            files.extractall(folder)
        places = {"now": ROOT, "before": Path(folder)}
        seconds = [
            {name: float(process("-c", QUARTER, folder=place)) for name, place in places.items()}
            for _ in range(1 + turns)
        ]
    # the first compiles what is not on disk
    return {name: statistics.median(turn[name] for turn in seconds[1:]) for name in places}


def measure_starts(turns: int) -> dict[str, float]:
    """Seconds from the shell: Python, imports, a first quarter; and that with no machine code on disk."""
    process("-c", START)  # where this is the first start of all, it is not the one to time
    found = medians(turns, {name: lambda text=text: process("-c", text) for name, text in BEGINNINGS.items()})
    with tempfile.TemporaryDirectory() as folder:
        kernels = {"SIM_KERNELS": folder, "NUMBA_CACHE_DIR": folder}
        first = medians(1, {"first": lambda: process("-c", START, folder=ROOT, **kernels)})
    return found | first
