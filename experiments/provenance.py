"""What a result depends on: the code of the model and of the reduction, and the libraries beneath."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

# The machinery moves results about and does not change them.
PLUMBING = ("command", "ensemble", "executors", "options", "provenance", "replay", "store", "task")


OWN = ("experiments", "sim")  # packages whose classes and functions a file of a store may name


def address(thing: Any) -> str:
    """``module:name`` of a class or function of a module, under which another process can import it."""
    if "<" in thing.__qualname__:
        raise TypeError(f"{thing.__qualname__} cannot be sent to a worker: define it at the top of a module")
    module = thing.__module__
    if module == "__main__":  # started with -m: the module has a name of its own
        spec = getattr(sys.modules["__main__"], "__spec__", None)
        module = spec.name if spec is not None else module
    return f"{module}:{thing.__qualname__}"


@functools.cache
def versions() -> dict[str, str]:
    """Versions of the libraries that decide the bits of a run."""
    return {name: importlib.metadata.version(name) for name in ("mesa", "numba", "numpy")}


def code_hash(economy: type) -> str:
    """SHA-256 over the Python files of the package that defines ``economy``, or over its file."""
    top = sys.modules[economy.__module__.partition(".")[0]]
    home = Path(inspect.getfile(top))
    files = sorted(home.parent.rglob("*.py")) if home.name == "__init__.py" else [home]
    return _hash_of_files(files, home.parent)


@functools.cache
def source_hash(function: Callable[..., Any]) -> str:
    """SHA-256 of the file that defines ``function`` and of the files of its package which that file imports.

    Imports inside of functions count, and so do imports of imports; the machinery in `PLUMBING` does not.
    A function typed into a notebook is hashed by its own text.
    """
    home = Path(inspect.getfile(function))
    if not home.is_file():
        return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()
    package = function.__globals__.get("__package__") or ""  # type: ignore[attr-defined]
    found: set[Path] = set()
    waiting = [home]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting.extend(_imported(file, package))
    return _hash_of_files(sorted(found), home.parent)


def _imported(file: Path, package: str) -> Iterable[Path]:
    if not package:
        return
    for node in ast.walk(ast.parse(file.read_bytes())):
        names: Sequence[str] = ()
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.startswith(f"{package}.") and name.split(".")[1] not in PLUMBING:
                path = file.parent / f"{name.rpartition('.')[2]}.py"
                if path.is_file():  # else an attribute of a module, not a module
                    yield path


def _hash_of_files(files: Iterable[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        inside = file.relative_to(root) if file.is_relative_to(root) else Path(file.name)
        digest.update(f"{inside.as_posix()}\n".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
