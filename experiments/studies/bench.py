"""How fast, how large, how soon: medians, and ratios measured in the same run, in one table.

Machines differ and are noisy, ratios less so: whatever is compared takes turns in one process, a chunk of
quarters each, and the medians over the turns are divided. What has to begin afresh runs in processes of its
own. Everything but the comparison of threads uses one, and every quarter is recorded.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.run import command
from experiments.study import Job

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
    """Seconds a quarter of two economies and of the peer, and a sweep, ours and plain Mesa's.

    And "lead-in": until the large economy was ready for its first quarter.
    """
    from sim import Economy

    small = Economy(MODEL, firms=SMALL).run(WARM_UP)
    began = time.process_time()
    large = Economy(MODEL, firms=firms)
    ready = time.process_time() - began
    large.run(WARM_UP)
    sweep, plain = sweeps()
    works: dict[str, Callable[[], Any]] = {
        "small": lambda: small.run(5),
        "large": lambda: large.run(1),
        "sweep": lambda: [sweep() for _ in range(50)],
        "plain": plain,
    }
    per_turn = {"small": 5, "large": 1, "sweep": 50, "plain": 1, "peer": 5, "peer, recorded": 5}
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


def process(*arguments: str, **environment: str) -> str:
    """What a fresh process prints. Raises CalledProcessError if it fails."""
    settings = {**os.environ, **ALONE, **environment}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=settings, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def part(name: str, firms: int, turns: int) -> dict[str, float]:
    """A measurement in a fresh process."""
    call = f"bench.PARTS[{name!r}]({firms}, {turns})"
    return json.loads(
        process("-c", f"import json; from experiments.studies import bench; print(json.dumps({call}))")
    )


def measure_starts(turns: int) -> dict[str, float]:
    """Seconds from the shell: Python, imports, a first quarter; and that with no machine code on disk."""
    process("-c", START)  # where this is the first start of all, it is not the one to time
    found = medians(turns, {name: lambda text=text: process("-c", text) for name, text in BEGINNINGS.items()})
    with tempfile.TemporaryDirectory() as folder:
        kernels = {"SIM_KERNELS": folder, "NUMBA_CACHE_DIR": folder}
        return found | medians(1, {"first": lambda: process("-c", START, **kernels)})


Line = tuple[str, str, str]  # what, value, beside what; a heading has no value
Figures = Mapping[str, float]


def of_speed(firms: int, speed: Figures, threads: Figures) -> list[Line]:
    """The whole economy, small and large."""
    small, large = 3 * SMALL / speed["small"], 3 * firms / speed["large"]
    return [
        ("THE WHOLE ECONOMY, deep_integration, recorded, one thread", "", ""),
        (sizes(SMALL), millions(small), f"{1e3 * speed['small']:.2f} ms a quarter"),
        (sizes(firms), millions(large), f"{1e3 * speed['large']:.1f} ms a quarter"),
        ("cost of a firm and quarter, large : small", f"{small / large:.2f}", "1 would be flat"),
        ("the large one's lead-in", f"{speed['lead-in']:.0f} s", "before its first quarter"),
        ("the large one on two threads : one", times(threads["one"] / threads["two"], 2), ""),
    ]


def of_others(speed: Figures) -> list[Line]:
    """The published peer, and plain Mesa."""
    lines: list[Line] = [("ours : bam-engine", "not measured", "not installed; make bench installs it")]
    if "peer" in speed:
        ours = 3 * SMALL / speed["small"]
        bam = {what: sum(PEER) / speed[what] for what in ("peer, recorded", "peer")}
        lines = [
            (
                f"{3 * SMALL:,} agents, ours : bam-engine, {what}",
                times(ours / rate, 1),
                f"it makes {millions(rate)}",
            )
            for what, rate in zip(("both recorded", "it unrecorded"), bam.values(), strict=True)
        ]
    swept, looped = SWEPT / speed["sweep"], SWEPT / speed["plain"]
    note = f"{millions(swept)} : {millions(looped)}, same bits"
    what = f"the rule `plans`, {SWEPT:,} firms, ours : plain Mesa"
    return [("BESIDE OTHERS, all compiled", "", ""), *lines, (what, times(swept / looped), note)]


def of_memory(firms: int, memory: Figures) -> list[Line]:
    """Bytes."""
    return [
        ("MEMORY, a firm with its two rows of consumers", "", ""),
        ("columns of all tables", f"{memory['tables']:.0f} bytes", ""),
        (
            "the process at its peak",
            f"{memory['process']:.0f} bytes",
            f"{firms:,} firms, less a tiny economy's",
        ),
        ("its growth, each quarter", f"{memory['growth']:.2f} bytes", "0 would be flat"),
    ]


def of_starts(starts: Figures) -> list[Line]:
    """Seconds."""
    mesa, sim, start = starts["mesa"], starts["sim"], starts["start"]
    world = f"import, {SMALL:,} firms, one quarter"
    return [
        ("STARTS, from the shell", "", ""),
        (
            "import sim less import mesa",
            f"{sim - mesa:.2f} s",
            f"import mesa: {mesa - starts['python']:.2f} s",
        ),
        (world, f"{start:.2f} s", f"{start / mesa:.1f} x import mesa"),
        (
            "that, no machine code on disk",
            f"{starts['first']:.1f} s",
            f"{starts['first'] / start:.0f} x that",
        ),
    ]


def sizes(firms: int) -> str:
    return f"{firms:,} firms + {2 * firms:,} consumers"


def times(ratio: float, digits: int = 0) -> str:
    return f"{ratio:.{digits}f} x as fast"


def millions(rate: float) -> str:
    return f"{rate / 1e6:.2f} M row-steps/s"


def as_text(lines: Sequence[Line]) -> str:
    """The table, in columns; a line without a value is a heading."""
    widths = [max(len(line[n]) for line in lines if line[1]) for n in (0, 1)]
    return "\n".join(
        f"  {what:<{widths[0]}}  {value:>{widths[1]}}  {note}".rstrip() if value else f"\n{what}"
        for what, value, note in lines
    )


def tell(what: str) -> None:
    print(f"bench: {what} ...", file=sys.stderr, flush=True)


def build(name: str) -> command.Parser:
    """The command line: the one size that can be chosen."""
    text = "Speed, memory and starts, beside a published peer and plain Mesa; about a minute and a half."
    built = command.Parser(prog=name, description=text, allow_abbrev=False)
    built.add_argument(
        "--full", action="store_true", help=f"{FULL:,} firms as the large economy, not {LARGE:,}"
    )
    return built


def main(name: str, argv: Sequence[str] | None = None) -> int:
    """Measure, part by part, and print the table."""
    firms = FULL if build(name).parse_args(argv).full else LARGE

    def body() -> None:
        tell("speed")
        speed, threads = part("speed", firms, 7), part("threads", firms, 5)
        tell("memory")
        memory = part("memory", firms, 8)
        tell("starts; the last of them compiles everything")
        starts = measure_starts(5)
        table = (
            of_speed(firms, speed, threads) + of_others(speed) + of_memory(firms, memory) + of_starts(starts)
        )
        print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores")
        print(as_text(table))

    return command.guarded(body, name)


STUDY = Job(__doc__, main)
