"""A kernel beside its own text: compiled and as plain Python, on what an economy hands it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np


def copied(kernel: Any, name: str, thing: Any) -> Any:
    """What a kernel sees of an argument, copied."""
    if kernel.named.get(name):
        seen = vars(kernel.seen(name, thing))
        return SimpleNamespace(
            **{key: one.copy() if isinstance(one, np.ndarray) else one for key, one in seen.items()}
        )
    return thing.copy() if isinstance(thing, np.ndarray) else thing


def both_readings(kernel: Any, calls: list[int]) -> Callable[..., Any]:
    """The kernel, which at each call asserts that its text returns and writes the same; `calls` grows."""

    def both(*given: Any) -> Any:
        named = list(zip(kernel.text.parameters, given, strict=True))
        by_hand = [copied(kernel, name, thing) for name, thing in named]
        said, found = kernel.plain(*by_hand), kernel(*given)
        assert said == found
        for (name, thing), mine in zip(named, by_hand, strict=True):
            theirs = copied(kernel, name, thing)
            if isinstance(mine, SimpleNamespace):
                for key, value in vars(mine).items():
                    np.testing.assert_array_equal(value, getattr(theirs, key), key)
            else:
                np.testing.assert_array_equal(mine, theirs, name)
        calls.append(1)
        return found

    return both
