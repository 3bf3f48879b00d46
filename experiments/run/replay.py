"""Repeat one failed world in this process, so that its traceback and a debugger can be had.

    python -m experiments.run.replay results/compare/worlds/w00012-….failed.json

Nothing is stored.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

from experiments.run.arm import Arm
from experiments.run.store import Store, StoreError, read_json
from experiments.run.world import Task, World, perform


def task_of(path: Path, store: Store) -> Task:
    """The task recorded in a world's manifest or failure, bound to ``store``.

    Raises `StoreError` if the file is damaged, ``ImportError`` or ``AttributeError`` if what it names
    no longer exists.
    """
    noted = read_json(path)
    world = dict(noted["world"])
    parameters = _import(noted["parameters"])(**world.pop("overridden"))
    if parameters.digest != world["parameters"]:
        raise StoreError(f"{path} was made with other defaults: its parameters cannot be rebuilt")
    world.pop("own_seed")
    world["parameters"] = parameters
    world["chosen"] = tuple(world["chosen"])
    return Task(
        World(**world),
        tuple((label, Arm.from_description(arm)) for label, arm in noted["arms"]),
        _import(noted["economy"]),
        _import(noted["reduce"]),
        store,
        noted["code"],
    )


def _import(address: str) -> Any:
    module, _, name = address.partition(":")
    return functools.reduce(getattr, name.split("."), importlib.import_module(module))


def main(argv: list[str] | None = None) -> int:
    """Repeat the world and let its exception through; 0 if it succeeds this time."""
    parser = argparse.ArgumentParser(
        prog="experiments.run.replay", description="Repeat one world in this process."
    )
    parser.add_argument("file", type=Path, help="a world's .failed.json or .json")
    path = parser.parse_args(argv).file
    if not path.is_file():
        parser.exit(2, f"experiments.run.replay: there is no file {path}\n")
    with tempfile.TemporaryDirectory() as folder:
        try:
            task = task_of(path, Store(folder))
        except StoreError as error:
            parser.exit(2, f"experiments.run.replay: {error}\n")
        seconds = perform(task)
    sys.stdout.write(f"world {task.world.index} finished in {seconds:.1f} s this time\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
