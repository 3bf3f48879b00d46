"""What somebody who waits is told, on the standard error: words, and a bar whose clock goes on."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

WATCHED, IN_A_FILE = 1.0, 20.0  # seconds between two looks at a bar; in a file lines pile up


def say(words: str, aloud: bool = True) -> None:
    """Tell what is being done, if ``aloud``."""
    if aloud:
        sys.stderr.write(f"{words}\n")
        sys.stderr.flush()


def intent(missing: int, reused: int) -> str:
    """What a run of worlds is about to do."""
    if not missing:
        return f"All {_worlds(reused)} are there from before"
    before = f"; {_worlds(reused)} are there from before" if reused else ""
    return f"Growing and running {_worlds(missing)}{before}"


def _worlds(count: int) -> str:
    return f"{count} world{'s' if count != 1 else ''}"


@contextlib.contextmanager
def bar(worlds: int, reused: int, aloud: bool = True) -> Iterator[Any]:
    """A bar of worlds; its clock moves while none of them ends, and stops with the block."""
    from tqdm import tqdm

    with tqdm(total=worlds, initial=reused, unit="world", disable=not aloud, file=sys.stderr) as drawn:
        if not aloud:
            yield drawn
            return
        over = threading.Event()
        clock = threading.Thread(target=_tick, args=(drawn, over), name="clock of a bar", daemon=True)
        clock.start()
        try:
            yield drawn
        finally:
            over.set()
            clock.join()


def _tick(drawn: Any, over: threading.Event) -> None:
    """Draw a bar anew, again and again, until it is over."""
    if sys.platform != "win32":  # Ctrl-C is for those who work
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    while not over.wait(WATCHED if watched else IN_A_FILE):
        drawn.refresh()
