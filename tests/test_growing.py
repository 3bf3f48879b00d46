"""The promise: an ensemble goes on until means are known as well as asked, and no further than allowed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.judge.power import Enough
from experiments.judge.verdict import known
from experiments.measure.measures import PRIMARY, VERDICT
from experiments.run.arm import Arm
from experiments.run.command import read
from experiments.run.store import Store
from experiments.run.world import CONTROL
from experiments.studies import compare, validate
from experiments.study import looks
from experiments.tell.report import Report

TINY = "--worlds 2 --firms 100 --banks 2 --platforms 9 --burn-in 0 --quarters 2 --lead-in 0 --quiet"
# how many worlds there are is asked here, and not what becomes of them
BRIEF: dict[str, Any] = {
    "arms": lambda: {CONTROL: Arm(CONTROL)},
    "aside": None,
    "follow": None,
    "judge": lambda tables: tables,
    "tell": lambda found: Report("told"),
}
pytestmark = pytest.mark.usefixtures("in_process")


def test_each_look_is_at_twice_as_many_worlds_up_to_the_most() -> None:
    assert looks(20, 200) == [20, 40, 80, 160, 200]
    assert looks(20, 20) == [20] and looks(300, 200) == [300]


@pytest.mark.parametrize(("enough", "lived", "asked"), [(4, 4, [2, 4]), (99, 5, [2, 4, 5]), (2, 2, [2])])
def test_worlds_are_added_until_they_are_enough(
    enough: int, lived: int, asked: list[int], tmp_path: Path
) -> None:
    seen: list[tuple[int, float, int]] = []

    def far(tables, margins, looks):
        worlds = tables["quarters"]["world"].nunique()
        seen.append((worlds, margins, looks))
        return Enough(worlds, (1.0,), (worlds >= enough,), worlds >= enough, 7.0)

    study = replace(compare.STUDY, known=far, **BRIEF)
    words = [*TINY.split(), "--until", "0.5", "--most", "5", "--out", str(tmp_path)]
    assert study.main("compare", words) == 0
    assert [each[0] for each in seen] == asked and {each[1:] for each in seen} == {(0.5, 3)}
    assert len(Store(tmp_path).names()) == lived


def test_worlds_are_added_in_whole_sets_of_histories(tmp_path: Path) -> None:
    study = replace(
        compare.STUDY, known=lambda tables, margins, looks: Enough(2, (1.0,), (False,), False, 7.0), **BRIEF
    )
    words = [*TINY.split(), "--histories", "2", "--until", "0.5", "--most", "3", "--out", str(tmp_path)]
    assert study.main("compare", words) == 0
    assert len(Store(tmp_path).names()) == 2


def test_the_verdict_asks_for_every_question_of_the_family() -> None:
    one, luck = PRIMARY[-1], np.random.default_rng(1)
    keys = {"luck": 1, "outcome": one.name, "horizon": VERDICT}
    parts = [
        pd.DataFrame({"world": range(40), "arm": arm, "value": spread * luck.normal(size=40), **keys})
        for arm, spread in ((CONTROL, 0.0), ("deep_integration", 1.0), ("sideline_platform", 1.0))
    ]
    values, drawn = pd.concat(parts), pd.DataFrame({"x": luck.random(40)})
    near, far = (known(values, drawn, margins, 1) for margins in (1.0 / one.margin, 0.1 / one.margin))
    assert near.reached and near.n == 40 and len(near.each) == 3
    assert not far.reached and far.worlds_needed > 40


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "wide"])
def test_nonsense_is_refused_in_a_line(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read(compare.STUDY.parser("compare"), ["--until", text])
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_study_that_cannot_say_when_it_knows_enough_has_no_such_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        read(validate.STUDY.parser("validate"), ["--until", "1"])
    assert "--until" in capsys.readouterr().err


def test_histories_share_a_draw_and_make_whole_sets() -> None:
    settings = read(compare.STUDY.parser("compare"), ["--worlds", "6", "--histories", "3"])
    made = settings.make_worlds()
    assert [world.parameters.digest for world in made[:3]] == [made[0].parameters.digest] * 3
    assert made[3].parameters.digest != made[0].parameters.digest
    assert len({world.index for world in made}) == 6
    with pytest.raises(ValueError, match="worlds = 5 is no multiple of histories = 3"):
        replace(settings, worlds=5).make_worlds()
