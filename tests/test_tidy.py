"""House rules that no linter knows."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = sorted([*ROOT.glob("sim/**/*.py"), *ROOT.glob("experiments/**/*.py")])
LOCKS = sorted(ROOT.glob("*.lock"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", CODE, ids=relative)
def test_a_file_is_short_enough_to_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", CODE, ids=relative)
def test_nothing_asks_whether_an_attribute_exists(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert "hasattr" not in names


@pytest.mark.parametrize("path", [p for p in CODE if relative(p).startswith("sim/")], ids=relative)
def test_the_library_says_nothing_and_logs_nothing(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not names & {"print"}
    assert not modules & {"logging"}


@pytest.mark.parametrize("path", LOCKS, ids=relative)
def test_a_lock_pins_versions_by_hash_and_names_no_address(path):
    text = path.read_text(encoding="utf-8")
    pinned = re.findall(
        r"^([A-Za-z0-9._-]+)==\S+.*(?:\n    --hash=sha256:[0-9a-f]{64}.*)+", text, flags=re.MULTILINE
    )
    packages = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    assert len(pinned) == len(packages) > 20
    assert not re.search(r"https?:|file:|--index|--find-links", text)


def test_there_are_the_locks_that_make_installs():
    assert [p.name for p in LOCKS] == [
        "requirements-bench.lock",
        "requirements-dev.lock",
        "requirements-notebook.lock",
        "requirements-page.lock",
        "requirements.lock",
    ]


def test_every_script_that_make_starts_exists():
    started = re.findall(r"-m ([\w.]+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    mine = [name.replace(".", "/") + ".py" for name in started if name.startswith("experiments.")]
    assert mine
    assert [name for name in mine if not (ROOT / name).is_file()] == []


def test_every_goal_of_make_is_in_its_help():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY:((?:.*\\\n)*.*)", text, flags=re.MULTILINE)
    assert phony
    goals = set(re.findall(r"^([a-z_-]+):", text, flags=re.MULTILINE))
    helped = set(re.findall(r"^([a-z_-]+):.*  ## \S", text, flags=re.MULTILINE))
    assert goals == {*phony.group(1).replace("\\\n", " ").split(), "bench", "mutants"} - {"$(STUDIES)"}
    assert goals - helped == {"runtime", "development", "peer", "bench", "mutants"}


def test_make_says_in_one_line_that_a_python_is_none(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    for python in ("/nonexistent", "/usr/bin/env", "/bin/true"):
        done = subprocess.run(
            ["make", "runtime", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        told, made = done.stderr.splitlines()
        assert done.returncode == 2 and done.stdout == ""
        assert told == (
            f"make: PYTHON={python} is no Python 3.11 or newer; say where one is: make PYTHON=/path/to/python"
        )
        assert made.startswith("make: ***")
