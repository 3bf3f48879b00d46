"""How fast, how large, how soon: medians, and ratios measured in the same run, in one table.

Machines differ and are noisy, ratios less so: whatever is compared takes turns in one process, a chunk of
quarters each, and the medians over the turns are divided. What has to begin afresh runs in processes of its
own. Everything but the comparison of threads uses one, and every quarter is recorded. The free arm has aims,
and beside each stands whether it is met; that of the commit before asks for one: ARGS="--before COMMIT".
"""

from __future__ import annotations

import math
import os
import platform
import sys
from collections.abc import Mapping, Sequence

from experiments.measure.speed import (
    FULL,
    LARGE,
    MODEL,
    PEER,
    SMALL,
    SWEPT,
    measure_before,
    measure_starts,
    part,
)
from experiments.run import command
from experiments.study import Job

LEAST_OF_BEFORE, LEAST_OF_PEER = 0.75, 1.3  # aims of the free arm, small: times as fast as either
MOST_OF_SMALL = 1.25  # and large: what a firm and quarter cost at FULL, of what they cost at SMALL

Line = tuple[str, str, str]  # what, value, beside what; a heading has no value
Figures = Mapping[str, float]


def of_speed(firms: int, speed: Figures, threads: Figures) -> list[Line]:
    """The whole economy, small and large."""
    return [
        (f"THE WHOLE ECONOMY, {MODEL}, recorded, one thread", "", ""),
        *of_sizes(firms, speed["small"], speed["large"], "1 would be flat"),
        ("the large one's lead-in", f"{speed['lead-in']:.0f} s", "before its first quarter"),
        ("the large one on two threads : one", times(threads["one"] / threads["two"], 2), ""),
    ]


def of_sizes(firms: int, small: float, large: float, note: str) -> list[Line]:
    """Rates of both sizes from seconds a quarter, and beside a note what a row costs in the large one."""
    return [
        (sizes(SMALL), millions(3 * SMALL / small), f"{1e3 * small:.2f} ms a quarter"),
        (sizes(firms), millions(3 * firms / large), f"{1e3 * large:.1f} ms a quarter"),
        ("cost of a firm and quarter, large : small", f"{cost(firms, small, large):.2f}", note),
    ]


def cost(firms: int, small: float, large: float) -> float:
    """Of a firm and quarter in the large economy, in terms of what it is in the small one."""
    return (large / firms) / (small / SMALL)


def of_free(firms: int, speed: Figures, before: Figures) -> list[Line]:
    """The free arm, beside its aims; ``before`` is empty where no commit was named."""
    small, large = speed["free"], speed["free, large"]
    flat = f"the aim, at most {MOST_OF_SMALL:g}, is of {FULL:,} firms"
    if firms == FULL:
        flat = aim(cost(firms, small, large), most=MOST_OF_SMALL)
    code = ("this code : that of the commit before", "not measured", "--before names a commit")
    if before:
        ratio = before["before"] / before["now"]
        code = (code[0], times(ratio, 2), aim(ratio, least=LEAST_OF_BEFORE))
    return [
        ("THE FREE ARM, in which founders choose, recorded, one thread", "", ""),
        *of_sizes(firms, small, large, flat),
        code,
        *of_peer(speed, small, least=LEAST_OF_PEER),
    ]


def aim(ratio: float, *, least: float = 0.0, most: float = math.inf) -> str:
    """An aim, and whether a ratio meets it."""
    word = f"at least {least:g}" if least else f"at most {most:g}"
    return f"aim: {word}, {'met' if least <= ratio <= most else 'not met'}"


def of_peer(speed: Figures, small: float, *, least: float = 0.0) -> list[Line]:
    """The small economy, of so many seconds a quarter, beside the published peer; ``least``: the aim."""
    if "peer" not in speed:
        return [("ours : bam-engine", "not measured", "not installed; make bench installs it")]
    lines: list[Line] = []
    for what, name in (("both recorded", "peer, recorded"), ("it unrecorded", "peer")):
        theirs = sum(PEER) / speed[name]
        ratio = 3 * SMALL / small / theirs
        note = f"it makes {millions(theirs)}" + (f"; {aim(ratio, least=least)}" if least else "")
        lines.append((f"{3 * SMALL:,} agents, ours : bam-engine, {what}", times(ratio, 2), note))
    return lines


def of_others(speed: Figures) -> list[Line]:
    """The published peer, and plain Mesa."""
    swept, looped = SWEPT / speed["sweep"], SWEPT / speed["plain"]
    note = f"{millions(swept)} : {millions(looped)}, same bits"
    what = f"the rule `plans`, {SWEPT:,} firms, ours : plain Mesa"
    peer = of_peer(speed, speed["small"])
    return [("BESIDE OTHERS, all compiled", "", ""), *peer, (what, times(swept / looped), note)]


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
    """The command line: the one size that can be chosen, and the commit before."""
    text = "Speed, memory and starts, beside a published peer and plain Mesa; about two minutes."
    built = command.Parser(prog=name, description=text, allow_abbrev=False)
    built.add_argument(
        "--full", action="store_true", help=f"{FULL:,} firms as the large economy, not {LARGE:,}"
    )
    words = "also the free arm by the code of this commit, in turns with this code; some minutes more"
    built.add_argument("--before", metavar="COMMIT", help=words)
    return built


def main(name: str, argv: Sequence[str] | None = None) -> int:
    """Measure, part by part, and print the table."""
    given = build(name).parse_args(argv)
    firms = FULL if given.full else LARGE

    def body() -> None:
        before: dict[str, float] = {}
        if given.before:
            tell(f"the code of {given.before}; it may have to compile everything")
            before = measure_before(given.before, 5)
        tell("speed")
        speed, threads = part("speed", firms, 7), part("threads", firms, 5)
        tell("memory")
        memory = part("memory", firms, 8)
        tell("starts; the last of them compiles everything")
        starts = measure_starts(5)
        table = [
            *of_speed(firms, speed, threads),
            *of_free(firms, speed, before),
            *of_others(speed),
            *of_memory(firms, memory),
            *of_starts(starts),
        ]
        print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores")
        print(as_text(table))

    return command.guarded(body, name)


STUDY = Job(__doc__, main)
