"""The promise: every claim of the essay has an answer, read from numbers, or says what it waits for."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.judge import claims, estimands, register
from experiments.judge.claims import ANSWERS, ARM, HERE, OTHER, PLACEBOS, Answers, answer, word_of
from experiments.judge.estimands import FUNCTIONS, Material, named
from experiments.judge.register import Claim, digest
from experiments.measure.futures import FOCUS
from experiments.measure.measures import MEASURES, PRIMARY
from experiments.run.known import ALIASES, COMING, found
from experiments.run.world import CONTROL
from experiments.tell import claims as told

CLAIMS = register.claims()
TESTED = [claim for claim in CLAIMS if claim.study in found()]
MAIN = [claim for claim in TESTED if claim.study == "compare"]
BETTER, WORSE, EQUAL, UNDECIDED = "better", "worse", "no difference that matters", "undecided"


def planted(effects: dict[str, float], worlds: int = 24) -> Answers:
    """Answers where the contrasts of a claim have this effect, in margins; of those not named, too wide a
    spread to tell."""
    rng = np.random.default_rng(1)
    asked = [one for claim in TESTED for one in claim.contrasts]
    parts = []
    for one in asked:
        effect, spread = (effects[one.claim], 0.3) if one.claim in effects else (0.0, 30.0)
        own = one.margin * (effect + spread * rng.standard_normal(worlds))
        placebo = one.margin * 0.5 * rng.standard_normal(worlds)
        sides = {ARM: own, OTHER: 0.0 * own, PLACEBOS[ARM]: own + placebo}
        for side, values in sides.items():
            rows = {"world": range(worlds), "luck": 1, "arm": side, "outcome": one.name, "horizon": HERE}
            parts.append(pd.DataFrame({**rows, "value": values}))
    drawn = pd.DataFrame(rng.random((worlds, 5)), columns=[f"parameter_{n}" for n in range(5)])
    return answer(CLAIMS, asked, pd.concat(parts), drawn, range(worlds))


@pytest.fixture(scope="module")
def some() -> Answers:
    effects = {"C4": -5.0, "C8": -5.0, "C9": 0.0, "C7": 0.0, "C11": 5.0}
    return planted(effects)


def words(found: Answers) -> dict[str, str]:
    return dict(zip(found.claims["claim"], found.claims["word"], strict=True))


# -- the register -----------------------------------------------------------------------------------------


def unanswered(found: Answers, studies: set[str]) -> list[str]:
    """Claims without a word, and those that wait for a study that is there."""
    rows = found.claims
    waiting = rows["word"].eq("not testable yet") & rows["study"].isin(studies)
    return rows.loc[waiting | ~rows["word"].isin(ANSWERS), "claim"].tolist()


def test_every_claim_is_answered_and_none_waits_for_a_study_that_is_built(some):
    assert list(words(some)) == [f"C{n}" for n in range(1, 22)]
    assert unanswered(some, set(found())) == []
    nothing = answer(CLAIMS, [], pd.DataFrame(), pd.DataFrame())
    assert unanswered(nothing, {"metamorphosis"}) == ["C12", "C13"]


def test_a_study_that_a_claim_names_is_built_or_listed_as_coming_and_never_both():
    named_ones = {claim.study for claim in CLAIMS}
    assert named_ones <= {*found(), *COMING}
    assert not set(found()) & set(COMING)
    assert set(COMING) <= named_ones
    assert set(ALIASES.values()) <= set(found())
    assert "compare_strategies" not in named_ones


def test_what_can_be_tested_is_asked_by_measures_and_functions_that_exist():
    asked = [one for claim in TESTED for one in claim.contrasts]
    assert all(named(one.estimand).definition for one in asked)
    assert set(FUNCTIONS) <= {one.estimand for one in asked}
    with pytest.raises(ValueError, match="neither a measure nor a test function"):
        named("happiness")
    assert len({one.name for one in asked}) == len(asked)


def test_a_margin_is_that_of_its_measure_where_the_measure_has_one():
    for one in (one for claim in CLAIMS for one in claim.contrasts):
        known = MEASURES.get(one.estimand)
        assert one.margin > 0 and len(one.reason) > 5
        assert known is None or known.direction == 0 or known.margin == one.margin, one.name


def test_a_test_that_lacks_something_or_makes_no_sense_is_refused():
    entry = dict(register.registered())["C18"]
    for change, message in (
        ({"rule": "most"}, "'all' or 'any'"),
        ({"parts": []}, "a test has contrasts"),
        ({"parts": [{**entry["test"]["parts"][0], "contrasts": [["a_stranger", "zero"]]}]}, "a_stranger"),
        ({"parts": [{"estimand": "survival"}]}, "says nothing of 'margin'|says nothing of 'contrasts'"),
    ):
        with pytest.raises(ValueError, match=message):
            register.claims({"C18": {**entry, "test": {**entry["test"], **change}}})
    without = {key: value for key, value in entry.items() if key != "test"}
    with pytest.raises(ValueError, match="C18: its test says nothing of 'test'"):
        register.claims({"C18": without})


def test_the_hash_changes_with_a_margin_and_with_a_primary_measure_and_with_nothing_else():
    entries: dict[str, Any] = deepcopy(dict(register.registered()))
    assert digest(entries) == digest()
    entries["C18"]["test"]["parts"][0]["margin"] *= 2.0
    assert digest(entries) != digest()
    for change in ({"least": 0.5}, {"direction": -PRIMARY[0].direction}):
        assert digest(primary=[replace(PRIMARY[0], **change), *PRIMARY[1:]]) != digest()
    assert digest(primary=PRIMARY[1:]) != digest()


# -- words ------------------------------------------------------------------------------------------------


def test_planted_effects_get_the_words_that_they_should(some):
    got = words(some)
    assert got["C4"] == got["C7"] == got["C11"] == "supported"  # below, no difference, above: as predicted
    assert got["C8"] == "contradicted"
    assert got["C9"] == EQUAL
    assert got["C21"] == UNDECIDED
    assert got["C1"] == got["C20"] == UNDECIDED
    assert got["C12"] == got["C13"] == UNDECIDED
    assert words(planted({"C7": 5.0}))["C7"] == words(planted({"C7": -5.0}))["C7"] == "contradicted"


@pytest.mark.parametrize(
    ("given", "sign", "rule", "word"),
    [
        ([BETTER, BETTER], 1, "all", "supported"),
        ([BETTER, WORSE], -1, "all", "contradicted"),
        ([BETTER, EQUAL], 1, "all", UNDECIDED),
        ([EQUAL, EQUAL], 1, "all", EQUAL),
        ([BETTER, "depends"], 1, "all", "depends"),
        ([BETTER, "nothing happened"], 1, "all", UNDECIDED),
        ([EQUAL, EQUAL], 0, "all", "supported"),
        ([EQUAL, BETTER], 0, "all", "contradicted"),
        ([EQUAL, UNDECIDED], 0, "all", UNDECIDED),
        ([BETTER, WORSE], 1, "any", "supported"),
        ([WORSE, WORSE], 1, "any", "contradicted"),
        ([WORSE, UNDECIDED], 1, "any", UNDECIDED),
    ],
)
def test_a_claim_has_the_word_that_follows_from_its_contrasts(given, sign, rule, word):
    assert word_of(given, sign, rule) == word


def test_contrasts_of_all_claims_are_one_family(some):
    rows = some.contrasts
    assert len(rows) == sum(len(claim.contrasts) for claim in TESTED)
    p = rows["p"].to_numpy(float)
    assert rows["p_corrected"].min() == pytest.approx(min(1.0, p.min() * len(p)))


def test_below_twelve_worlds_every_claim_that_can_be_tested_is_undecided_and_says_why():
    few = planted({"C4": -50.0, "C7": 0.0}, worlds=8)
    assert {word for name, word in words(few).items() if name in {one.name for one in TESTED}} == {UNDECIDED}
    sentences = {name: text for name, _, text in told.told(few)}
    assert "8 worlds: at least 12 are needed" in sentences["C4"]


def test_a_sign_that_turns_with_a_parameter_makes_a_claim_depend():
    worlds, claim = 80, next(one for one in TESTED if one.name == "C18")
    drawn = pd.DataFrame({"taste": np.linspace(0.0, 1.0, worlds)})
    own = 20.0 * claim.contrasts[0].margin * (drawn["taste"].to_numpy() - 0.5)
    rows = {"world": range(worlds), "luck": 1, "outcome": claim.contrasts[0].name, "horizon": HERE}
    values = pd.concat(
        [pd.DataFrame({**rows, "arm": side, "value": own * (side == ARM)}) for side in (ARM, OTHER)]
    )
    found = answer([claim], claim.contrasts, values, drawn)
    assert words(found) == {"C18": "depends"}
    text = told.sentence(found.claims.iloc[0], found.contrasts)
    assert text == f"It depends: on taste, {told.sized(found.contrasts.iloc[0])}."


# -- sentences --------------------------------------------------------------------------------------------


def test_sentences_state_the_numbers_of_the_table(some):
    table, sentences = told.numbers(some), {name: text for name, _, text in told.told(some)}
    for _, row in some.contrasts.iterrows():
        assert told.bare(row, "difference") in table and told.phrase(row) in table
        if row["claim"] in ("C4", "C7", "C8", "C9", "C11"):
            assert told.sized(row) in sentences[row["claim"]]
            assert f"({told.interval(row, '{}')})" in sentences[row["claim"]]
    assert sentences["C4"].startswith("As predicted: attention return trend, consumer traffic: −")
    assert sentences["C8"].startswith("The other way: ")
    assert sentences["C9"].startswith("Too small to matter: ")
    assert sentences["C21"].startswith("Open in 2 of 2: ") and "worlds would bring" in sentences["C21"]


def test_a_claim_whose_study_is_to_come_says_what_it_needs(monkeypatch):
    built = {name: text for name, text in found().items() if name != "metamorphosis"}
    monkeypatch.setattr(claims, "found", lambda: built)
    monkeypatch.setattr(claims, "COMING", {"metamorphosis": "platforms that turn"})
    sentences = {
        name: text for name, _, text in told.told(answer(CLAIMS, [], pd.DataFrame(), pd.DataFrame()))
    }
    assert sentences["C12"] == sentences["C13"] == "Needs platforms that turn."


def test_the_head_counts_the_table_and_the_figure_has_its_title_from_there(some):
    text = "\n".join(told.lines(some))
    count = "3 supported, 1 contradicted, 1 no difference that matters and 16 undecided"
    assert f"- Answers: {count}." in text and some.register[:12] in text
    assert text.count("\n| C") == 21
    title = told.forest(some).get_suptitle().replace("\n", " ")
    assert title == f"Of 21 claims: {count}"
    assert list(told.files(some)["claims"]["sentence"]) == [text for _, _, text in told.told(some)]


def test_parts_that_disagree_are_told_apart(some):
    rows = some.contrasts.loc[some.contrasts["claim"] == "C4"].copy()
    rows["word"] = [BETTER, EQUAL]
    text = told.unsettled(rows)
    assert text.startswith("Its parts disagree: attention return trend, consumer traffic: as predicted; ")


def test_one_study_tells_its_own_claims_with_the_same_words(some):
    mine = some.of("compare")
    assert set(mine.claims["study"]) == {"compare"} and len(mine.claims) == len(MAIN)
    assert set(told.told(mine)) <= set(told.told(some))


# -- numbers ----------------------------------------------------------------------------------------------


def asked(estimand: str, arm: str = FOCUS, other: str = CONTROL, **more: Any) -> register.Contrast:
    claim: Claim = next(one for one in CLAIMS if one.name == "C14")
    return replace(claim.contrasts[0], estimand=estimand, arm=arm, other=other, **more)


def material(values: dict[str, dict[str, list[float]]]) -> Material:
    """Outcome -> arm -> a number for each world."""
    rows = [
        (world, 1, arm, outcome, 40, value)
        for outcome, arms in values.items()
        for arm, numbers in arms.items()
        for world, value in enumerate(numbers)
    ]
    frame = pd.DataFrame(rows, columns=["world", "luck", "arm", "outcome", "horizon", "value"])
    return Material(frame, pd.DataFrame())


def test_a_missing_number_is_what_the_register_says_and_else_leaves_the_world_out():
    there = material({"onset": {FOCUS: [4.0, np.nan], CONTROL: [10.0, 10.0]}})
    assert estimands.paired(there, asked("onset", missing=80.0)).tolist() == [-6.0, 70.0]
    left = estimands.paired(there, asked("onset", missing=None))
    assert left.isna().tolist() == [False, True]
    assert estimands.paired(there, asked("onset", other="zero", missing=None)).iloc[0] == 4.0


def test_who_is_first_under_all_weightings_under_equal_ones_and_where_platforms_are_not_asked():
    models = [FOCUS, "sideline_platform", "consumer_traffic", "institution_traffic"]
    values: dict[str, dict[str, list[float]]] = {}
    for one in PRIMARY:
        lead = 10.0 * one.margin * one.direction
        values[one.name] = {FOCUS: [lead, -lead], **{arm: [0.0, 0.0] for arm in models[1:]}}
        values[one.name][CONTROL] = [np.nan] * 2 if one.of_platforms else [20.0 * lead / 10.0, 0.0]
    there = material(values)
    ahead = estimands.first_share(there, asked("first_share", other=models[1]))
    assert ahead.tolist() == pytest.approx([1.0, -1.0 / 3.0])  # the other three share what is left
    preferred = estimands.preferred_share(there, asked("preferred_share"))
    assert preferred.tolist() == [-1.0, -1.0]
    equal = estimands.equal_weights(there, asked("equal_weights", other=models[1]))
    assert equal.tolist() == [1.0, -1.0]


def test_a_placebo_takes_the_place_of_its_arm_everywhere():
    swapped = asked("first_share", other="sideline_platform").instead(FOCUS, "placebo_focus")
    assert swapped.arm == "placebo_focus" and "placebo_focus" in swapped.among
    assert FOCUS not in (swapped.arm, swapped.other, *swapped.among)


def paths(**arms: Any) -> Material:
    """Revenue by quarter, the same function of (world, quarter) -> number for each arm."""
    rows = [
        (world, 1, arm, since, path(world, since))
        for arm, path in arms.items()
        for world in range(6)
        for since in range(1, 41)
    ]
    quarters = pd.DataFrame(rows, columns=["world", "luck", "arm", "since", "platform_revenue"])
    return Material(pd.DataFrame({"arm": list(arms)}), quarters)


def test_paths_of_one_shape_are_not_apart_and_a_fall_is_told_from_none():
    pair = asked("path_distance", "institution_traffic", "consumer_traffic")

    def hump(world: int, since: int) -> float:
        return (world + 1) * max(0.0, since * (40.0 + world - since))

    same = estimands.path_distance(paths(institution_traffic=hump, consumer_traffic=hump), pair)
    assert abs(same.mean()) < 0.01 and len(same) == 6
    rising = paths(institution_traffic=hump, consumer_traffic=lambda world, since: float(since))
    assert estimands.path_distance(rising, pair).min() > 0.1
    never = paths(institution_traffic=hump, consumer_traffic=lambda world, since: 0.0)
    assert estimands.path_distance(never, pair).isna().all()


def test_an_effect_that_never_comes_takes_the_whole_branch():
    onset = next(one for claim in TESTED for one in claim.contrasts if one.estimand == "onset")
    assert onset.missing == onset.horizon


def test_sides_hold_the_difference_and_its_placebo():
    values = {FOCUS: [0.5, 0.6], "consumer_traffic": [0.2, 0.2], "placebo_focus": [0.6, 0.6]}
    there = material({"survival": values})
    one = asked("survival", "consumer_traffic", FOCUS, missing=None)
    frame = claims.sides([one], there)
    wide = frame.pivot(index="world", columns="arm", values="value")
    assert wide[ARM].tolist() == pytest.approx([-0.3, -0.4]) and wide[OTHER].tolist() == [0.0, 0.0]
    assert wide[PLACEBOS[OTHER]].tolist() == pytest.approx([-0.1, 0.0])
    assert PLACEBOS[ARM] not in wide


def test_a_claim_about_an_arm_that_was_not_lived_waits_for_it():
    claim = next(one for one in TESTED if one.name == "C18")
    lived = {arm for one in claim.contrasts for arm in (*one.among, one.arm, one.other)}
    assert claims.strangers(claim, lived) == []
    assert claims.strangers(claim, lived - {claim.contrasts[0].arm}) == [claim.contrasts[0].arm]
    nothing = answer(CLAIMS, [], pd.DataFrame(), pd.DataFrame())
    assert set(words(nothing).values()) == {"not testable yet"}
    assert nothing.claims["lacking"].str.contains("with all its arms").sum() == len(TESTED)
    assert nothing.contrasts.empty and "13 " not in told.counted(nothing)
