"""The verdict in words: every sentence is read from the table, and words exclude one another."""

import numpy as np
import pandas as pd
import pytest

from experiments.judge.family import WORDS
from experiments.judge.verdict import verdict
from experiments.measure.futures import FOCUS, NO_GAINS, PLACEBO
from experiments.measure.measures import MEASURES, PRIMARY, VERDICT
from experiments.run.world import CONTROL
from experiments.tell import figures
from experiments.tell import verdict as told

ARMS = (CONTROL, FOCUS, "consumer_traffic", NO_GAINS, *PLACEBO.values())


def ensemble(effects: dict[str, float], worlds: int = 24, key: int = 1) -> pd.DataFrame:
    """Primary outcomes of all arms; the focus has these effects in units of margins, others none."""
    rng = np.random.default_rng(key)
    rows = []
    for world in range(worlds):
        for one in PRIMARY:
            base = 5.0 * one.margin * rng.standard_normal()
            for arm in ARMS:
                if one.of_platforms and arm in (CONTROL, PLACEBO[CONTROL]):
                    continue
                effect = effects.get(one.name, 0.0) if arm in (FOCUS, PLACEBO[FOCUS]) else 0.0
                value = base + one.margin * (one.direction * effect + 0.3 * rng.standard_normal())
                rows += [(world, 1, arm, one.name, horizon, value) for horizon in (20, VERDICT)]
    return pd.DataFrame(rows, columns=["world", "luck", "arm", "outcome", "horizon", "value"])


def drawn(worlds: int = 24) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return pd.DataFrame(rng.random((worlds, 40)), columns=[f"parameter_{n}" for n in range(40)])


@pytest.fixture(scope="module")
def found():
    return verdict(ensemble({"consumption_gain": 4.0, "losses_of_others": -4.0}), drawn(), range(25))


def test_each_question_has_one_word_and_those_planted_have_theirs(found):
    family = found.family
    assert set(family["word"]) <= set(WORDS)
    assert not family.duplicated(["arm", "other", "outcome"]).any()
    words = family.set_index(["arm", "other", "outcome"])["word"]
    for other in (CONTROL, "consumer_traffic", NO_GAINS):
        assert words[FOCUS, other, "consumption_gain"] == "better"
        assert words[FOCUS, other, "losses_of_others"] == "worse"
        assert words[FOCUS, other, "goods_gain"] == "no difference that matters"
    assert (FOCUS, CONTROL, "self_supporting") not in words.index  # nothing to compare with
    assert (words["consumer_traffic"] == "no difference that matters").all()


def test_the_ten_lines_say_what_the_table_says(found):
    lines = told.ten_lines(found)
    assert len(lines) <= 10
    against_none = next(line for line in lines if "against no platforms" in line)
    row = found.family.set_index(["arm", "other", "outcome"]).loc[FOCUS, CONTROL, "consumption_gain"]
    size = f"{100 * row['difference']:+.3g}".replace("-", "−")
    assert against_none.startswith("- Deep integration against no platforms: better in consumption gain by ")
    assert f"{size} % (" in against_none and f" {size} |" in told.verdict_table(found)
    assert "worse in losses of others" in against_none
    assert any(
        line.endswith("Doing nothing is better than deep integration in losses of others.") for line in lines
    )
    assert "1 world failed" in lines[-1]
    settled = found.family["word"].isin(["better", "worse", "no difference that matters"]).sum()
    assert f"{settled} of {len(found.family)} questions are settled" in lines[-1]


def test_a_table_has_every_question_and_a_margin_every_reason(found):
    rows = told.verdict_table(found).splitlines()
    assert len(rows) == 2 + len(found.family)
    reasons = "\n".join(told.reasons(found))
    assert all(one.reason in reasons for one in PRIMARY if one.name in set(found.family["outcome"]))
    other = told.at_other_horizons(found)
    assert "after 20 quarters" in other and f"after {VERDICT} quarters" in other


def test_chance_stands_beside_every_difference(found):
    family = found.family
    assert family["placebo"].notna().all()
    small = int((family["difference"].abs() <= family["placebo"]).sum())
    assert f"- Chance: {small} of {len(family)} mean differences" in "\n".join(told.ten_lines(found))


def test_with_too_few_worlds_no_word_is_given_and_the_table_is_whole():
    few = verdict(ensemble({"consumption_gain": 40.0}, worlds=6), drawn(6))
    assert set(few.family["word"]) == {"undecided"}
    assert few.family["difference"].notna().all()
    text = "\n".join(told.ten_lines(few))
    assert "No verdict: 6 worlds, and an interval that holds what it says needs 12 or more." in text
    assert "better in" not in text


def test_a_sign_that_turns_with_a_parameter_is_told_as_depending():
    worlds = 60
    values, parameters = ensemble({}, worlds, key=3), drawn(worlds)
    at = parameters["parameter_7"].to_numpy()
    mine = (values["arm"] == FOCUS) & (values["outcome"] == "goods_gain")
    values.loc[mine, "value"] += 12.0 * MEASURES["goods_gain"].margin * (at[values.loc[mine, "world"]] - 0.5)
    found = verdict(values, parameters)
    row = found.family.set_index(["arm", "other", "outcome"]).loc[FOCUS, CONTROL, "goods_gain"]
    assert (row["word"], row["on"]) == ("depends", "parameter_7")
    assert "it depends in goods gain (on parameter_7)" in "\n".join(told.ten_lines(found))
    assert (found.family["word"] == "depends").sum() == 3  # against each of the others alike


def test_titles_of_figures_are_read_from_the_same_table(found):
    focus = found.family.loc[(found.family["arm"] == FOCUS) & (found.family["other"] != NO_GAINS)]
    better, worse = (int((focus["word"] == word).sum()) for word in ("better", "worse"))
    assert better and worse
    title = figures.contrasts(found).get_suptitle().replace("\n", " ")
    assert (
        f"After {VERDICT} quarters deep integration is surely better in {better} of {len(focus)} questions"
        in title
    )
    assert title.endswith(f"surely worse in {worse}")
