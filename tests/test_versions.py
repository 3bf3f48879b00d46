"""The same bits under every Python and Mesa that is here, any hash seed, any number of threads."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sim.engine import crew, rules
from tests.economies import GOLDEN, differences, golden_run, lines_that_differ, small

ROOT = Path(__file__).parents[1]
NEWER = ("python3.12", "python3.13", "python3.14")
# further interpreters to try, separated as in PATH; each needs the packages of requirements.lock
NAMED = "SIM_PYTHONS"
ABLE = """
import json, sys
import mesa, numba, pandas
print(json.dumps([sys.version_info[:2], mesa.__version__, sys.executable]))
"""
GOLDENS = """
import json
from tests.economies import GOLDEN, golden_run
print(json.dumps({strategy: golden_run(strategy) for strategy in GOLDEN}))
"""


def ask(command: str, program: str, **environment: str) -> str | None:
    """What an interpreter prints as its last line; None if it does not start or fails."""
    try:
        done = subprocess.run(
            [command, "-W", "error", "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=300,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment}, check=False,
        )  # fmt: skip
    except OSError:
        return None
    return done.stdout.strip().splitlines()[-1] if done.returncode == 0 and done.stdout.strip() else None


def other_pythons() -> dict[str, str]:
    """Interpreters with a newer Python that can run the model: command by "Python, Mesa"."""
    named = [command for command in os.environ.get(NAMED, "").split(os.pathsep) if command]
    found = {}
    for command in [*named, *filter(None, map(shutil.which, NEWER))]:
        answer = ask(command, ABLE)
        if answer is not None:
            python, mesa, executable = json.loads(answer)
            if tuple(python) != sys.version_info[:2]:
                found.setdefault(f"Python {python[0]}.{python[1]}, Mesa {mesa}", executable)
    return found


def test_goldens_hold_in_processes_of_any_hash_seed_and_any_python_that_is_here():
    here = json.loads(json.dumps({strategy: golden_run(strategy) for strategy in GOLDEN}))
    for name, command in {"this Python": sys.executable, **other_pythons()}.items():
        answer = ask(command, GOLDENS, PYTHONHASHSEED="4711")
        assert answer is not None, f"{name} cannot run the model"
        assert json.loads(answer) == here, name


def fake(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("#!/bin/sh\n" + "\n".join(lines) + "\n")
    (folder / name).chmod(0o755)


def test_an_interpreter_counts_only_if_it_starts_and_has_what_the_model_needs(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(NAMED, raising=False)
    assert other_pythons() == {}
    fake(tmp_path, "python3.12", "echo no such version >&2", "exit 127")  # as version managers leave behind
    assert other_pythons() == {}
    fake(tmp_path, "python3.13", """echo '[[3, 13], "3.5.1", "/there/python"]'""")
    assert other_pythons() == {"Python 3.13, Mesa 3.5.1": "/there/python"}
    (tmp_path / "away").mkdir()
    fake(tmp_path / "away", "py", """echo '[[3, 14], "4.0.0", "/away/py"]'""")
    monkeypatch.setenv(NAMED, os.pathsep.join([str(tmp_path / "away" / "py"), str(tmp_path / "absent")]))
    assert other_pythons() == {
        "Python 3.14, Mesa 4.0.0": "/away/py",
        "Python 3.13, Mesa 3.5.1": "/there/python",
    }
    here = f"[[{sys.version_info[0]}, {sys.version_info[1]}], " + '"3.3.1", "/again/python"]'
    fake(tmp_path / "away", "py", f"echo '{here}'")
    assert list(other_pythons()) == ["Python 3.13, Mesa 3.5.1"]


def test_a_failing_interpreter_is_noticed():
    assert ask(sys.executable, "print('as text'); raise SystemExit(3)") is None
    assert ask(sys.executable, "import warnings; warnings.warn('old'); print(1)") is None
    assert ask(sys.executable, "print('first'); print('last')") == "last"


@pytest.mark.parametrize("threads", [2, 3])
def test_any_number_of_threads_gives_the_same_bits(threads, monkeypatch):
    alone = small("deep_integration", firms=1_000).run(6)
    # a chunk of a few rows, so that a small table has many
    monkeypatch.setattr(rules, "WORTH_THREADS", 0)
    monkeypatch.setattr(crew, "CHUNK", 96)
    shared = small("deep_integration", firms=1_000, threads=threads)
    assert differences(shared.run(6), alone) == set()
    assert lines_that_differ(shared, alone) == set()
    assert shared.crew is not None and shared.crew.threads == threads
    assert (
        differences(shared.branch("sideline_platform").run(3), alone.branch("sideline_platform").run(3))
        == set()
    )
