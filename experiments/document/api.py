"""The page of names that a notebook, a script or a study uses: how they are called, what they say."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from experiments.document.things import tree_of

# What is meant to be used, by the module it is imported from; the rest is how it is done.
NAMES = {
    "sim": (),  # all that it offers
    "sim.law": ("Change", "Rule", "named", "rules", "placebo", "standard_shock"),
    "experiments": ("compare", "ask", "load", "Answer"),
    "experiments.run.world": ("World", "worlds", "records"),
    "experiments.run.arm": ("Arm",),
    "experiments.run.ensemble": ("Ensemble", "Outcome", "Failure"),
    "experiments.run.store": ("Store", "StoreError"),
    "experiments.measure.futures": ("arms", "kept", "kept_without_firms", "Future", "futures"),
    "experiments.measure.measures": ("measured",),
    "experiments.judge.comparison": ("compare", "Comparison"),
    "experiments.tell.report": ("Report",),
    "experiments.study": ("Study", "Job", "Tables"),
}
WIDE = 100  # characters in a line, more is written one argument a line


def names() -> str:
    """The names that notebooks, scripts and studies use, each with its own words.

    What is not here may change without notice.
    """
    return "\n\n".join(section(importlib.import_module(name), own) for name, own in NAMES.items())


def section(module: ModuleType, names: Sequence[str]) -> str:
    """A module: its first line, and those of its names."""
    first = (inspect.getdoc(module) or "").partition("\n")[0]
    things = [entry(name, getattr(module, name)) for name in names or module.__all__]
    return "\n\n".join([f"## {module.__name__}", first, *things])


def entry(name: str, thing: Any) -> str:
    """One name: how it is called and what it says; of a class its public methods and properties too."""
    parts = [f"### {name}", told(called(name, thing), thing)]
    fields = getattr(thing, "__dataclass_fields__", {})
    for inner, one in vars(thing).items() if inspect.isclass(thing) else ():
        method = one.__func__ if isinstance(one, classmethod | staticmethod) else one
        if inner[0] == "_" or inner in fields:
            continue
        if isinstance(method, property | functools.cached_property):
            parts.append(told(f".{inner}", method))
        elif inspect.isfunction(method):
            parts.append(told(f".{called(inner, method)}", method))
    return "\n\n".join(parts)


def told(call: str, thing: Any) -> str:
    """How something is called, and its docstring as it stands."""
    text = inspect.getdoc(thing) or ""
    if inspect.isclass(thing) and text.startswith(f"{thing.__name__}("):
        text = ""  # made up by a dataclass without words of its own
    code = f"```python\n{call}\n```"
    return f"{code}\n\n```text\n{text}\n```" if text else code


def called(name: str, thing: Any) -> str:
    """How a function or class is called, as it is written in the code."""
    tree = tree_of(thing)
    if isinstance(tree, ast.FunctionDef):
        return laid_out(name, arguments(tree), f" -> {ast.unparse(tree.returns)}" if tree.returns else "")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            return laid_out(name, arguments(node))
    if "__dataclass_fields__" not in vars(thing):
        return name
    fields = [node for node in tree.body if isinstance(node, ast.AnnAssign) and asked(node)]
    return laid_out(name, ", ".join(map(ast.unparse, fields)))


def arguments(tree: ast.FunctionDef) -> str:
    """The arguments of a function, without the one that is the object itself."""
    text = ast.unparse(tree.args)
    first, _, rest = text.partition(", ")
    return rest if first in ("self", "cls") else text


def asked(field: ast.AnnAssign) -> bool:
    """Is this field of a dataclass an argument?"""
    return field.value is None or "init=False" not in ast.unparse(field.value)


def laid_out(name: str, inside: str, after: str = "") -> str:
    """A call in one line, or in as many as it has arguments where it is long."""
    line = f"{name}({inside}){after}"
    if len(line) <= WIDE:
        return line
    return "\n".join([f"{name}(", *(f"    {one}," for one in apart(inside)), f"){after}"])


def apart(inside: str) -> list[str]:
    """Arguments one by one: parted by those commas that stand in no brackets."""
    found, depth = [""], 0
    for letter in inside:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [one.strip() for one in found]
