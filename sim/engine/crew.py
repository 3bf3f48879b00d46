"""Threads that share the rows of one large table."""

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

CHUNK = 1 << 15  # rows; the same for any number of threads, and small enough to keep them all busy


class Crew:
    """Some threads, to hand to `sweep`: machine code lets others run meanwhile.

    A crew is worth having for one economy of more than 100,000 rows; many economies run better in a
    process each. A copy has threads of its own.

    Args:
        threads: how many, at least 1.

    Raises:
        ValueError: `threads` is less than 1.
    """

    def __init__(self, threads: int):
        if threads < 1:
            raise ValueError(f"a crew needs at least 1 thread, not {threads!r}")
        self.threads = threads

    @functools.cached_property
    def pool(self) -> ThreadPoolExecutor:
        """The threads, started at the first use."""
        return ThreadPoolExecutor(self.threads, thread_name_prefix="crew")

    def map(self, function: Callable[[int, int], None], n: int) -> None:
        """Call `function(start, stop)` for fixed chunks of range(n), side by side; raises what it raises."""
        starts = range(0, n, CHUNK)
        for _ in self.pool.map(function, starts, (min(n, start + CHUNK) for start in starts)):
            pass  # fetching a result raises what went wrong there

    def __reduce__(self) -> tuple:
        return Crew, (self.threads,)
