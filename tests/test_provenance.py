"""A stored world is used again only while everything that its numbers depend on is as it was."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.measure import futures, watching
from experiments.run.provenance import MOVES, source_hash, sources
from experiments.run.world import perform

ROOT = Path(__file__).parents[1]

# Lives one future in a fresh process as a task does, and says which files of ours were loaded by then.
LIFE = """
import importlib, json, sys
keep = getattr(importlib.import_module({module!r}), {name!r})
from experiments.run import arm, world
from sim import Economy
economy = Economy(world.CONTROL, firms=100, banks=2, platforms=4, parameters={{"giants": 1, "lead_in": 0}})
keep(arm.branch(economy.run(1), arm.Arm("deep_integration")).run(12))
ours = {{name: one.__file__ for name, one in sys.modules.items() if name.startswith(("experiments", "sim"))}}
print(json.dumps({{name: file for name, file in ours.items() if file}}))
"""


@pytest.mark.parametrize("keep", [futures.kept_without_firms, watching.observed])
def test_every_module_that_a_future_runs_through_is_in_its_hash(keep):
    code = LIFE.format(module=keep.__module__, name=keep.__name__)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)
    hashed = {str(path) for function in (keep, perform) for path in sources(function)}
    mine = {name: file for name, file in loaded.items() if name.startswith("experiments")}
    assert {keep.__module__, "experiments.run.world"} <= set(mine)
    assert {name for name, file in mine.items() if file not in hashed} <= MOVES
    of_model = {name: Path(file) for name, file in loaded.items() if name.startswith("sim")}
    whole = {*ROOT.glob("sim/**/*.py")}  # what `code_hash` reads
    assert {"sim.model", "sim.markets.goods", "sim.engine.ledger"} <= set(of_model)
    assert not [file for file in of_model.values() if file not in whole and ".kernels" not in file.parts]


def test_measures_figures_and_words_may_change_without_a_world_being_lived_again():
    hashed = {path.relative_to(ROOT).parts[1] for path in sources(futures.kept)}
    assert not hashed & {"judge", "tell", "document", "studies"}
    assert sources(futures.kept) == sources(futures.kept_without_firms)
    assert not any("measures" in path.parts for path in sources(futures.kept))


def forget() -> None:
    """A package of this name was another one in another test."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "asked"]:
        del sys.modules[name]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two rooms, and a function that returns the hash of its reduction as it now is."""
    for file, text in {
        "asked/__init__.py": "",
        "asked/near/__init__.py": "",
        "asked/near/measured.py": "def kept(economy):\n    import asked.far.lengths as found\n",
        "asked/far/__init__.py": "SCALE = 1\n",
        "asked/far/lengths.py": "from .deeper import WINDOW\n",
        "asked/far/deeper.py": "WINDOW = 4\n",
        "asked/far/apart.py": "COLOUR = 'red'\n",
    }.items():
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    forget()
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    kept = importlib.import_module("asked.near.measured").kept
    yield tmp_path / "asked", lambda: source_hash.__wrapped__(kept)
    forget()


@pytest.mark.parametrize("file", ["near/measured.py", "far/lengths.py", "far/deeper.py", "far/__init__.py"])
def test_a_hash_follows_imports_into_other_rooms(package, file):
    folder, now = package
    before = now()
    with open(folder / file, "a", encoding="utf-8") as text:
        text.write("# changed\n")
    assert now() != before


def test_better_words_about_a_function_leave_the_hash_and_other_code_does_not(package):
    folder, now = package
    file = folder / "far/lengths.py"
    code = file.read_text(encoding="utf-8")
    digests = []
    for text in ('"""Words."""\n', '"""Other\n\nwords: é."""\n', '"""Words."""; A = 1\n', "'words' + ''\n"):
        file.write_text(f"def told(x):\n    {text}    return x\n\n\n{code}", encoding="utf-8")
        digests.append(now())
    assert digests[0] == digests[1] and len(set(digests)) == 3


def test_a_hash_does_not_follow_what_is_not_imported(package):
    folder, now = package
    before = now()
    (folder / "far/apart.py").write_text("COLOUR = 'blue'\n")
    assert now() == before
