"""The wheel carries what the model needs, nothing of the workshop, and leaves its place alone."""

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

import sim

ROOT = Path(__file__).parents[1]
PARTS = (
    "sim",
    "experiments",
    "seeds",
    "docs",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "CITATION.cff",
)
SHOW = """
import sim
from sim.engine.compiling import cache_folder
print(sim.__version__, sim.__file__, cache_folder(), len(sim.Parameters.bibliography()), sep="|")
"""


def can_build() -> bool:
    """Has this environment the setuptools that make installs?"""
    try:
        return int(version("setuptools").partition(".")[0]) >= 77
    except PackageNotFoundError:
        return False


pytestmark = pytest.mark.skipif(not can_build(), reason="setuptools 77 is not installed: make setup does it")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this tree, built from a copy."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in PARTS:
        source, to = ROOT / name, folder / "source" / name
        if source.is_dir():
            shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
        else:
            to.parent.mkdir(exist_ok=True)
            shutil.copy(source, to)
    words = [
        "-m",
        "pip",
        "wheel",
        ".",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "--wheel-dir",
    ]
    done = subprocess.run(
        [sys.executable, *words, str(folder)],
        cwd=folder / "source",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (found,) = folder.glob("*.whl")
    return found


def test_it_carries_description_facts_notebook_and_documents_and_no_tests(wheel):
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
        (scripts,) = (opened.read(name).decode() for name in names if name.endswith("entry_points.txt"))
    assert {"sim/MODEL.md", "seeds/evidence.toml", "experiments/notebooks/first_steps.ipynb"} <= set(names)
    assert {name.partition("/")[0].split("-")[0] for name in names} == {
        "sim", "experiments", "seeds", "fintech_metamorphosis",
    }  # fmt: skip
    told = {name.partition("/share/doc/fintech-metamorphosis/")[2] for name in names} - {""}
    documents = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.*")}
    assert told == documents | {"README.md", "CHANGELOG.md", "CITATION.cff"}
    assert "fintech-metamorphosis = experiments.__main__:main" in scripts
    code = {
        path.relative_to(ROOT).as_posix()
        for top in ("sim", "experiments")
        for path in (ROOT / top).rglob("*.py")
    }
    assert {name for name in names if name.endswith(".py")} == code


def test_where_it_was_installed_it_keeps_machine_code_with_the_user(wheel, tmp_path):
    place, home = tmp_path / "site-packages", tmp_path / "home"
    home.mkdir()
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(place)
    before = sorted(place.rglob("*"))
    for path in (place, *(one for one in before if one.is_dir())):
        path.chmod(0o555)
    env = os.environ | {
        "PYTHONPATH": str(place), "HOME": str(home), "XDG_CACHE_HOME": "", "SIM_KERNELS": "",
        "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "error",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SHOW], cwd=home, env=env, capture_output=True, text=True, check=False
    )
    for path in (place, *(one for one in before if one.is_dir())):
        path.chmod(0o755)
    assert done.returncode == 0, done.stderr
    number, file, folder, facts = done.stdout.split("|")
    assert number == sim.__version__ and Path(file) == place / "sim" / "__init__.py"
    assert Path(folder).parent == home / ".cache" / "fintech-metamorphosis"
    assert int(facts) > 10
    assert sorted(place.rglob("*")) == before
