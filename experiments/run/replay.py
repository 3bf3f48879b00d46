"""Repeat one failed world in this process, so that its traceback and a debugger can be had.

    python -m experiments.run.replay results/compare/worlds/w00012-….failed.json

Nothing is stored. The file says what is called, and it may be somebody else's: it may name classes and
functions of this project only, and of packages that the command line trusts.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import sys
import tempfile
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.run.arm import Arm, Aside
from experiments.run.provenance import OWN
from experiments.run.store import Store, StoreError, read_json
from experiments.run.world import Task, World, perform

# what each name in a file has to be: its type, and what it can do
KINDS = {
    "parameters": (type, "at"),
    "economy": (type, "load"),
    "reduce": (types.FunctionType, "__call__"),
    "follow": (type, "tables"),
}


def task_of(path: Path, store: Store, trusted: Sequence[str] = OWN) -> Task:
    """The task recorded in a world's manifest or failure, bound to ``store``.

    Args:
        trusted: top packages whose classes and functions the file may name.

    Raises `StoreError` if the file is damaged, names anything else, or names what no longer exists.
    """
    noted = read_json(path)
    named = {role: _import(path, noted[role], role, trusted) for role in KINDS if noted[role] is not None}
    world = dict(noted["world"])
    parameters = named["parameters"](**world.pop("overridden"))
    if parameters.digest != world["parameters"]:
        raise StoreError(f"{path} was made with other defaults: its parameters cannot be rebuilt")
    world.pop("own_seed")
    world["parameters"] = parameters
    world["chosen"] = tuple(world["chosen"])
    return Task(
        World(**world),
        tuple((label, Arm.from_description(arm)) for label, arm in noted["arms"]),
        named["economy"],
        named["reduce"],
        store,
        noted["code"],
        aside=noted["aside"] and Aside.from_description(noted["aside"]),
        follow=named.get("follow"),
    )


def _import(path: Path, noted: str, role: str, trusted: Sequence[str]) -> Any:
    """What a file names, if it was defined where the file says and can play that role."""
    module, _, name = noted.partition(":")
    if module.partition(".")[0] not in trusted:
        raise StoreError(
            f"{path} names {noted} as {role}, which is of no trusted package ({', '.join(trusted)}): "
            "nothing was run; --trust adds a package whose code may be"
        )
    try:
        thing = functools.reduce(getattr, name.split("."), importlib.import_module(module))
    except (ImportError, AttributeError) as error:
        raise StoreError(f"{path} names {noted} as {role}, which cannot be imported: {error}") from error
    kind, able = KINDS[role]
    if not isinstance(thing, kind) or able not in dir(thing) or _where(thing) != noted:
        raise StoreError(f"{path} names {noted}, which cannot be {role}: nothing was run")
    return thing


def _where(thing: Any) -> str:
    return f"{thing.__module__}:{thing.__qualname__}"


def main(argv: list[str] | None = None) -> int:
    """Repeat the world and let its exception through; 0 if it succeeds this time."""
    parser = argparse.ArgumentParser(
        prog="experiments.run.replay", description="Repeat one world in this process."
    )
    parser.add_argument("file", type=Path, help="a world's .failed.json or .json")
    parser.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="its code may be named in the file too",
    )
    asked = parser.parse_args(argv)
    path = asked.file
    if not path.is_file():
        parser.exit(2, f"experiments.run.replay: there is no file {path}\n")
    with tempfile.TemporaryDirectory() as folder:
        try:
            task = task_of(path, Store(folder), (*OWN, *asked.trust))
        except StoreError as error:
            parser.exit(2, f"experiments.run.replay: {error}\n")
        seconds = perform(task)
    sys.stdout.write(f"world {task.world.index} finished in {seconds:.1f} s this time\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
