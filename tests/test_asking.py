"""Studies as functions: what a command leaves, as labelled data, with arms of one's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import experiments
import sim
from experiments import Answer, ask, compare, load
from experiments.judge.family import UNDECIDED
from experiments.measure.futures import FOCUS, PLACEBO
from experiments.run.arm import Arm
from experiments.run.command import UsageError
from experiments.run.store import Store, StoreError
from experiments.run.world import CONTROL
from sim.law import Change
from tests.test_refusals import refused

pytestmark = pytest.mark.usefixtures("in_process")
ROOT = Path(__file__).parents[1]
FIRST = ["arm", "other", "outcome", "horizon", "unit", "difference", "low", "high", "placebo", "word"]
SMALL = {"firms": 200, "banks": 4, "platforms": 12, "burn_in": 3, "quarters": 8, "seed": 5}
MINE = sim.BusinessModel(
    "mine", "Mine", to_projects=1.0, sees=2, lends_to_firms=True, lines=("software",), gain_share=0.25
)
MIX = {"institution_traffic": 4, FOCUS: 2}


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> tuple[Answer, dict]:
    """A small comparison of arms of one's own, and what it was asked with."""
    mixed = sim.blend(sim.strategy(FOCUS), sim.strategy("consumer_traffic"), "take")
    choices = {
        **SMALL,
        "worlds": 2,
        "arms": [FOCUS, MINE, mixed, MIX],
        "parameters": {"rate_cap": 0.05},
        "timeline": Change(3, {"capital_required": 0.12}),
        "out": tmp_path_factory.mktemp("asked") / "worlds",
        "workers": 1,
        "progress": False,
    }
    return compare(**choices), choices


def test_own_rows_blends_and_mixes_are_arms_beside_the_world_without_platforms(asked):
    found, choices = asked
    described = Store(choices["out"]).description()
    own = [FOCUS, "mine", f"{FOCUS} with consumer_traffic's take", f"4 institution_traffic and 2 {FOCUS}"]
    assert described["arms"] == [CONTROL, *own, *PLACEBO.values()]
    assert set(found.primary["arm"]) == set(own)
    assert set(found.primary.loc[found.primary["arm"] == FOCUS, "other"]) == {CONTROL, *own[1:]}
    assert described["arguments"]["chosen"] == {"rate_cap": 0.05}
    (name, *_) = Store(choices["out"]).names()
    arms = dict(Store(choices["out"]).manifest(name)["arms"])
    assert all(one["timeline"][0]["values"] == {"capital_required": 0.12} for one in arms.values())


def test_below_the_least_number_of_worlds_every_word_is_undecided_and_nothing_is_missing(asked):
    primary = asked[0].primary
    assert list(primary)[: len(FIRST)] == FIRST
    assert set(primary["word"]) == {UNDECIDED} and primary["difference"].notna().all()
    assert primary["low"].isna().all()
    questions = primary.groupby(["arm", "other"]).size()
    with_none = questions.index.get_level_values("other") == CONTROL
    assert set(questions[with_none]) == {4}
    assert set(questions[~with_none]) == {6}  # no time for a shock, nor for a platform to be five years old
    assert not primary.duplicated(["arm", "other", "outcome", "horizon"]).any()


def test_an_answer_has_words_tables_and_figures_and_shows_itself(asked, tmp_path):
    found, _ = asked
    assert (
        found.summary.startswith("- Asked: what each business model does")
        and "No verdict: 2 worlds" in found.summary
    )
    assert found.tables["primary"] is found.primary and "primary" in dir(found)
    assert list(found.figures) == ["survival", "contrasts", "growth", "output"]
    figure = found.figures["contrasts"]
    assert figure is found.figures["contrasts"] and "surely better in 0" in figure.get_suptitle()
    assert figure._repr_png_()[1:4] == b"PNG"  # type: ignore[attr-defined]
    assert "\n" not in repr(found) and repr(found).startswith("<compare: 2 worlds, 8 quarters; tables ")
    assert "<li>" in found._repr_html_() and "<script" not in found._repr_html_()
    assert found._repr_markdown_().endswith(found.report.words)
    with pytest.raises(AttributeError, match="compare has no table 'primry'; did you mean 'primary'"):
        _ = found.primry
    assert found.write(tmp_path) == tmp_path / "report.html"
    assert found.summary in (tmp_path / "report.md").read_text(encoding="utf-8")
    again: Any = pd.read_csv(tmp_path / "primary.csv")
    pd.testing.assert_frame_equal(again[FIRST], found.primary[FIRST], check_dtype=False)


def test_the_same_call_goes_on_from_what_is_kept(asked):
    first, choices = asked
    folder = choices["out"] / "worlds"
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = compare(**choices)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    pd.testing.assert_frame_equal(again.primary, first.primary)


def test_what_was_left_is_read_back_and_judged_the_same(asked, monkeypatch):
    first, choices = asked
    monkeypatch.setattr("experiments.run.ensemble.Ensemble.run", None)
    again = load(choices["out"])
    assert repr(again) == repr(first) and again.summary == first.summary and again.notes == first.notes
    for name, table in first.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], table)


def test_what_cannot_be_read_back_is_told_in_a_line(asked, tmp_path):
    with pytest.raises(StoreError, match=r"manifest\.json is missing: run an experiment") as error:
        load(tmp_path)
    refused(error)
    folder = asked[1]["out"]
    with pytest.raises(UsageError, match="holds worlds of compare, not of either_side"):
        load(folder, study="either_side")
    Store(tmp_path).describe({"arguments": {}, "worlds": [], "arms": []})
    with pytest.raises(UsageError, match="holds worlds of no study, not of compare"):
        load(tmp_path)


def test_nothing_is_kept_unless_a_folder_is_named_and_every_study_can_be_asked(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = ask("either_side", **SMALL, worlds=2, arms=[FOCUS, "consumer_traffic"], workers=1, progress=False)
    assert list(tmp_path.iterdir()) == [] and capfd.readouterr() == ("", "")
    assert set(found.first["arm"]) == {CONTROL, FOCUS, "consumer_traffic"}
    assert np.isclose(found.overall.groupby(["world", "field"])["first"].sum(), 1.0).all()
    assert repr(found).startswith("<either_side: 2 worlds")


@pytest.mark.parametrize(
    ("choices", "kind", "words"),
    [
        ({"worlds": 0}, UsageError, "worlds: 0 is not allowed: 1 to 100,000"),
        ({"firms": 1.5}, UsageError, "firms: '1.5' is not a whole number"),
        ({"workers": 0}, UsageError, "workers: 0 is not allowed: 1 to 1,024"),
        ({"seed": True}, UsageError, "seed: 'True' is not a whole number"),
        ({"arms": FOCUS}, UsageError, "arms = 'deep_integration' is no list"),
        ({"arms": 3}, UsageError, "arms = 3 is no list"),
        ({"arms": [3]}, UsageError, "arms: 3 runs no platforms"),
        ({"arms": ["deep_integraton"]}, sim.StrategyError, "did you mean 'deep_integration'"),
        ({"arms": [FOCUS, Arm(FOCUS)]}, UsageError, "arms: two are called 'deep_integration'"),
        ({"arms": [{FOCUS: 4}], "platforms": 6}, UsageError,
         "arms: '4 deep_integration': {'deep_integration': 4} platforms and 3 giants exceed the room for 6"),
        ({"arms": [FOCUS], "platforms": 4}, UsageError, "2 platforms and 3 giants exceed the room for 4"),
        ({"platforms": 7}, UsageError, "arms: 'free': "),
        ({"parameters": {"rate_cup": 1}}, sim.ParameterError, "rate_cup"),
        ({"parameters": {"rate_cap": 9.0}}, sim.ParameterError, "0.02"),
        ({"timeline": Change("2016-08", {"rate_cap": 0.05})}, UsageError, "count quarters from the branch"),
        ({"timeline": [5]}, UsageError, "timeline: 5 is no change"),
        ({"wurlds": 5}, UsageError, "compare has no argument 'wurlds'; did you mean 'worlds'?"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_in_a_line_before_anything_is_lived(choices, kind, words, monkeypatch):
    monkeypatch.setattr("experiments.run.ensemble.Ensemble.run", None)
    with pytest.raises(kind) as error:
        ask("compare", **choices)
    assert words in refused(error)


@pytest.mark.parametrize("name", ["comapre", "bench"])
def test_a_study_that_cannot_be_asked_is_told(name):
    with pytest.raises(UsageError, match=f"no study '{name}' to ask from Python; did you mean"):
        ask(name)


def test_importing_the_package_loads_nothing_and_works_in_every_folder(tmp_path):
    code = (
        "import experiments, sys; print(*sys.modules); print(*dir(experiments))\n"
        "from experiments import compare; print(compare.__module__)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded, offered, home = done.stdout.splitlines()
    assert not {"numpy", "pandas", "sim", "matplotlib", "experiments.study"} & set(loaded.split())
    assert {"compare", "ask", "load", "Answer"} <= set(offered.split()) and home == "experiments.asking"
    with pytest.raises(AttributeError, match="module 'experiments' has no attribute 'comparee'"):
        _ = experiments.comparee  # type: ignore[attr-defined]
