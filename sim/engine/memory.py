"""Memory of one quarter's temporaries is kept for those of the next.

A quarter makes and drops some hundreds of arrays as long as a table. The C library gives each large one
back to the system at once and is given the next one page by page: at 100,000 firms a fourth of all time goes
there.
"""

import ctypes
import functools

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of the GNU C library's malloc.h
LARGEST = 32 * 2**20  # bytes: it takes no higher threshold for an array of its own mapping
KEPT = 2**30  # bytes that may lie free at the end of the heap


@functools.cache
def keep_freed_memory() -> bool:
    """Tell the C library so, once a process. False where it is another library, which is left as it is."""
    try:
        adjust = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # no GNU C library, or no way to reach it
        return False
    return adjust(MMAP_THRESHOLD, LARGEST) == 1 and adjust(TRIM_THRESHOLD, KEPT) == 1
