"""What is asked of the model: worlds, ensembles, measures and verdicts. The model never imports this.

The rooms, each of which may use those before it: `run` lives worlds and keeps them, `measure` says what a
future was like, `judge` what differences are worth, `tell` what was found, `document` writes the description
of the model, `studies` ask, one question a file.

From Python each study is a function of this package: `compare`, `ask` for the others by name, and `load` for
what was lived before; see `experiments.asking`.

Modules of this package are imported where a file begins. Libraries that take long to load (the model, SciPy,
statsmodels, matplotlib) are imported where they are used: help and complaints come at once, and worker
processes load only what they need.
"""

import importlib
from typing import Any

OFFERED = ("compare", "ask", "load", "Answer")


def __getattr__(name: str) -> Any:
    """What is offered, loaded when it is asked for: worker processes import this package too.

    It is not imported in so many words, because a world's result depends on all that is.
    """
    if name in OFFERED:
        return getattr(importlib.import_module("experiments.asking"), name)
    raise AttributeError(f"module 'experiments' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *OFFERED])
