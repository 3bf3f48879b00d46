"""The promise: a study is one file, found by being there, and all studies are started in one way."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments import study
from experiments.__main__ import found, main
from experiments.run.store import Store
from experiments.study import Job, Study

ROOT = Path(__file__).parents[1]
TRIAL = '''"""Does it matter for output how much firms add to their costs?

A trial.
"""

from dataclasses import dataclass

from experiments.measure.futures import Frame, kept_without_firms
from experiments.run.arm import Arm
from experiments.study import Study, Tables
from experiments.tell.drawing import panels
from experiments.tell.report import Report


@dataclass(frozen=True)
class Found:
    output: Frame


def arms():
    plain = {name: Arm(name) for name in ("external_finance", "deep_integration")}
    return {**plain, "dear": Arm("deep_integration", {"mark_up": 0.4})}


def judge(tables: Tables) -> Found:
    late = tables["quarters"].groupby(["world", "arm"], observed=True)["output"].mean()
    return Found(late.reset_index())


def tell(found: Found) -> Report:
    best = found.output.groupby("arm", observed=True)["output"].mean().idxmax()
    words = f"**Most** is made under {best}."
    return Report(words, {"output": found.output}, {"panel": draw}, title="A trial")


def draw():
    return panels(1, "A trial")[0]


STUDY = Study(__doc__, {"worlds": 2, "quarters": 3}, {"worlds": 3}, arms, kept_without_firms, judge, tell)
'''
TINY = "--firms 150 --banks 2 --platforms 6 --burn-in 2 --lead-in 8 --seed 5 --workers 1 --quiet"


def python(*words: str, where: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """What a fresh process says, started in that folder; the model is the one of this project."""
    environment = {**os.environ, "PYTHONPATH": f"{where}{os.pathsep}{ROOT}"}
    return subprocess.run(
        [sys.executable, *words], cwd=where, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the experiments in which one file has been added and none changed."""
    folder = tmp_path_factory.mktemp("extended")
    shutil.copytree(
        ROOT / "experiments", folder / "experiments", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "Makefile", folder)
    assert len(TRIAL.splitlines()) <= 40
    (folder / "experiments" / "studies" / "trial.py").write_text(TRIAL, encoding="utf-8")
    return folder


def test_a_new_file_is_a_new_study_with_sizes_store_report_tables_and_figures(extended):
    done = python("-m", "experiments", "trial", *TINY.split(), where=extended)
    assert done.returncode == 0, done.stderr
    out = extended / "results" / "trial"
    assert done.stdout.startswith("2 of 2 worlds in results/trial (2 computed")
    assert "Most is made under" in done.stdout and "results/trial/report.html" in done.stdout
    description = Store(out).description()
    assert description["arms"] == ["external_finance", "deep_integration", "dear"]
    table = pd.read_csv(out / "output.csv")
    assert len(table) == 2 * 3
    means: Any = table.groupby("arm")["output"].mean()
    assert means["deep_integration"] != means["dear"]
    page = (out / "report.md").read_text(encoding="utf-8")
    assert page.startswith("# A trial\n\n**Most** is made under ") and "![A trial](panel.png)" in page
    assert f"- Code: {description['code']}" in page
    assert (out / "panel.png").stat().st_size > 1_000
    again = python("-m", "experiments", "trial", *TINY.split(), where=extended)
    assert "(0 computed" in again.stdout and "2 from before)" in again.stdout


def test_a_new_file_is_a_goal_of_make_and_in_its_help(extended):
    asked = {"cwd": extended, "capture_output": True, "text": True, "check": True}
    told = subprocess.run(["make", "-n", "trial", "ARGS=--full"], **asked).stdout
    assert told.splitlines()[-1].endswith("python -m experiments trial --full")
    listed = subprocess.run(["make", "help"], **asked).stdout
    assert "trial         Does it matter for output how much firms add to their costs?" in listed
    assert all(f"\n{name} " in f"\n{listed}" for name in [*found(), "test"])


@pytest.mark.parametrize("name", found())
def test_every_study_asks_something_and_has_its_own_help(name):
    one = importlib.import_module(f"experiments.studies.{name}").STUDY
    assert isinstance(one, Study | Job) and one.question
    assert found()[name].endswith((".", "?"))
    assert one.question.startswith(found()[name])


def test_the_study_that_is_shown_is_one():
    shown = textwrap.dedent((study.__doc__ or "").partition("A whole one::\n\n")[2])
    assert 0 < len(shown.splitlines()) <= 40
    names: dict[str, Any] = {}
    exec(compile(shown, "shown", "exec"), names)
    assert isinstance(names["STUDY"], Study)
    assert names["STUDY"].parser("shown").defaults[0]["worlds"] == 8


def test_without_a_name_all_studies_are_listed(capsys):
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(found())
    assert {"bench", "compare", "core", "either_side", "magnitudes", "scale", "validate"} <= set(found())


@pytest.mark.parametrize(
    ("name", "hint"), [("comapre", "did you mean compare?"), ("xyzzy", "there are ablation, bench, compare")]
)
def test_a_study_that_is_none_is_told_the_nearest_one(name, hint, capsys):
    assert main([name, "--full"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert err.startswith(f"experiments: no study {name!r}; ") and hint in err


def test_the_main_job_has_kept_its_first_name():
    first = python("-m", "experiments.compare_strategies", "--help").stdout
    assert "--worlds" in first
    assert first == python("-m", "experiments", "compare", "--help").stdout


def test_help_comes_without_the_model_and_the_heavy_libraries():
    code = (
        "import sys; from experiments.__main__ import main\n"
        "try:\n    main(['compare', '--help'])\n"
        "except SystemExit:\n    print(*sys.modules)"
    )
    loaded = set(python("-c", code).stdout.splitlines()[-1].split())
    assert "experiments.judge.comparison" in loaded
    assert not {"numba", "mesa", "sim", "scipy", "statsmodels", "matplotlib"} & loaded
