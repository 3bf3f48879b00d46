"""On worlds of the model itself in which nothing happened the judge gives no word.

`python -m pytest -m long -s tests/test_null_worlds.py` takes some minutes: 60 worlds that part from
themselves by a change without a meaning.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from experiments.judge.family import judge
from experiments.measure.futures import PLACEBO, kept, shock
from experiments.measure.measures import PRIMARY, outcomes
from experiments.run.arm import Arm
from experiments.run.command import read
from experiments.run.ensemble import Ensemble
from experiments.run.world import CONTROL
from experiments.studies import compare
from experiments.study import Tables

WORLDS, SAMPLE, REPORTS = 60, 20, 200
SIZE = f"--worlds {WORLDS} --firms 2000 --burn-in 40 --quarters 40 --seed 11 --quiet"


@pytest.mark.long
def test_the_placebo_of_the_control_is_called_neither_better_nor_worse(tmp_path: Path) -> None:
    settings = read(compare.STUDY.parser("compare"), [*SIZE.split(), "--out", str(tmp_path)])
    arms = {CONTROL: Arm(CONTROL), PLACEBO[CONTROL]: Arm(CONTROL, placebo=True)}
    ensemble = Ensemble(settings.make_worlds(sampled=True), arms, reduce=kept, aside=shock())
    values = outcomes(Tables(settings, settings.run(ensemble)))
    had = set(values.loc[values["value"].notna(), "outcome"])
    asked = [one for one in PRIMARY if one.name in had]
    assert len(asked) >= 5
    luck, called, moved = np.random.default_rng(1), 0, 0
    for _ in range(REPORTS):
        chosen = luck.choice(values["world"].unique(), SAMPLE, replace=False)
        found = judge(values[values["world"].isin(chosen)], asked, [(PLACEBO[CONTROL], CONTROL)])
        family = found.loc[found["horizon"] == 40]
        called += family["word"].isin(["better", "worse"]).any()
        moved += (family["difference"].abs() > 0.0).all()
    sys.stdout.write(f"\nbetter or worse between a world and its placebo: {called} of {REPORTS} reports\n")
    assert moved == REPORTS  # the change did move every outcome
    assert called <= 0.06 * REPORTS
