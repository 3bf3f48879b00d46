"""What a result depends on: the code of the model and of the reduction, and the libraries beneath."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

# These move results about and do not change them. Whatever else a world's code imports counts.
PLUMBING = ("command", "ensemble", "executors", "options", "provenance", "replay", "store")
MOVES = frozenset(f"{__package__}.{name}" for name in PLUMBING)
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
    """SHA-256 over the Python files of the package that defines ``economy``, or over its file; docstrings do
    not count."""
    top = sys.modules[economy.__module__.partition(".")[0]]
    home = Path(inspect.getfile(top))
    files = sorted(home.parent.rglob("*.py")) if home.name == "__init__.py" else [home]
    return _hash_of_files(files, home.parent)


@functools.cache
def source_hash(function: Callable[..., Any]) -> str:
    """SHA-256 of `sources`; a function typed into a notebook is hashed by its own text."""
    home = Path(inspect.getfile(function))
    if not home.is_file():
        return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()
    package = _package(function)
    root = home.parents[package.count(".") + 1] if package else home.parent
    return _hash_of_files(sources(function), root)


def sources(function: Callable[..., Any]) -> list[Path]:
    """The file that defines ``function`` and the files of its package which importing that file runs.

    Imports inside of functions count, and so do imports of imports and the packages around them; the
    machinery (`MOVES`) does not.
    """
    home = Path(inspect.getfile(function))
    package = _package(function)
    top = package.partition(".")[0]
    found = {home}
    seen: set[str] = set()
    waiting = [*_around(package), *_imported(home, package)] if top else []
    while waiting:
        name = waiting.pop()
        if name in seen or name.partition(".")[0] != top or name in MOVES:
            continue
        seen.add(name)
        spec = _found(name)
        if spec is None or spec.origin is None:  # an attribute of a module, or a folder without code
            continue
        file = Path(spec.origin)
        found.add(file)
        inside = name if spec.submodule_search_locations is not None else name.rpartition(".")[0]
        waiting += [*_around(name), *_imported(file, inside)]
    return sorted(found)


def _package(function: Callable[..., Any]) -> str:
    if isinstance(function, type):
        return getattr(sys.modules[function.__module__], "__package__", "") or ""
    return function.__globals__.get("__package__") or ""  # type: ignore[attr-defined]


def _around(name: str) -> list[str]:
    """The module and the packages around it: importing it runs them too."""
    parts = name.split(".")
    return [".".join(parts[: n + 1]) for n in range(len(parts))]


def _found(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except ModuleNotFoundError:  # what is before the last dot is no package
        return None


def _imported(file: Path, package: str) -> Iterator[str]:
    """Absolute names that a file of ``package`` imports: modules, and what may be modules."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            name = importlib.util.resolve_name(start, package) if node.level else start
            yield from (name, *(f"{name}.{alias.name}" for alias in node.names))


def _hash_of_files(files: Iterable[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        inside = file.relative_to(root) if file.is_relative_to(root) else Path(file.name)
        digest.update(f"{inside.as_posix()}\n".encode())
        digest.update(hashlib.sha256(without_docstrings(file.read_bytes())).digest())
    return digest.hexdigest()


DESCRIBED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def without_docstrings(code: bytes) -> bytes:
    """The text of a module less its docstrings: a better word about a function makes no result older."""
    lines = code.splitlines(keepends=True)
    told = [one.body[0] for one in ast.walk(ast.parse(code)) if isinstance(one, DESCRIBED) and _told(one)]
    for text in sorted(told, key=lambda one: one.lineno, reverse=True):
        first, last = text.lineno - 1, (text.end_lineno or text.lineno) - 1
        before, after = lines[first][: text.col_offset], lines[last][text.end_col_offset :]
        lines[first : last + 1] = [before + after]
    return b"".join(lines)


def _told(node: ast.AST) -> bool:
    return ast.get_docstring(node, clean=False) is not None  # type: ignore[arg-type]
