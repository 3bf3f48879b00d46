"""Functions that can be read: few parameters, few arguments by position."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(ROOT.glob("sim/**/*.py"))
ROOMS = ("actors", "credit", "links", "markets", "population")
PARAMETERS, BY_POSITION = 10, 8


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def too_many_parameters(tree: ast.AST) -> list[str]:
    """Functions with more parameters than a reader can hold, self not counted."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            if len([name for name in names if name != "self"]) > PARAMETERS:
                found.append(f"{node.name} in line {node.lineno}")
    return found


def too_many_by_position(tree: ast.AST) -> list[str]:
    """Calls that pair values with names by counting."""
    return [
        f"{ast.unparse(node.func)} in line {node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and len(node.args) > BY_POSITION
    ]


OF_THE_ECONOMY = [path for path in FILES if set(path.parts) & set(ROOMS)]


@pytest.mark.parametrize("path", OF_THE_ECONOMY, ids=relative)
def test_rules_and_markets_take_few_parameters(path):
    assert too_many_parameters(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_arguments_are_named_where_there_are_many(path):
    assert too_many_by_position(ast.parse(path.read_text(encoding="utf-8"))) == []


def test_the_rooms_have_files_to_look_at_and_too_many_are_seen():
    assert {room for room in ROOMS if any(f"sim/{room}/" in relative(path) for path in FILES)} == set(ROOMS)
    eleven = ", ".join(f"a{n}" for n in range(11))
    assert too_many_parameters(ast.parse(f"def f({eleven}): ...")) == ["f in line 1"]
    assert too_many_by_position(ast.parse(f"f({eleven})")) == ["f in line 1"]
