"""What the C library is told about memory: once, and only where it is the one that understands."""

import ctypes
import platform
import resource

import numpy as np
import pytest

from sim.engine.memory import keep_freed_memory


def page_faults(arrays: int) -> int:
    """Pages that the system had to give for so many arrays of two megabytes, one after the other."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(arrays):
        np.ones(2**18)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_large_arrays_are_made_in_memory_that_the_process_has_already():
    gnu = platform.libc_ver()[0] == "glibc"
    assert keep_freed_memory() == gnu
    page_faults(2)
    pages = 20 * 2**21 // resource.getpagesize()
    assert page_faults(20) < (pages // 10 if gnu else pages * 2)


@pytest.mark.parametrize("library", [object(), None])
def test_another_library_is_left_as_it_is(monkeypatch, library):
    def loaded(name):
        if library is None:
            raise OSError("none")
        return library

    keep_freed_memory.cache_clear()
    monkeypatch.setattr(ctypes, "CDLL", loaded)
    assert not keep_freed_memory()
    keep_freed_memory.cache_clear()
