"""The promise: claims are asked of one free world model by model, and what cannot be asked so is told."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.judge import register
from experiments.judge.claims import ARM, HERE, OTHER, Part, joined, of_main
from experiments.judge.under_choice import (
    NO,
    NOT_WITHIN,
    OPEN,
    WHOLE,
    WITHIN,
    YES,
    by_kind,
    changed,
    differs,
    lacks,
    under_choice,
    within,
)
from experiments.measure.futures import FOCUS, FREE, KEPT_OF_KINDS, futures, kept
from experiments.measure.measures import MEASURES
from experiments.run.ensemble import Ensemble
from experiments.run.world import CONTROL, worlds
from experiments.tell import under_choice as told

CLAIMS = register.claims()
LENDER, SIDELINE = "consumer_traffic", "sideline_platform"
ARMS = {name: name for name in (CONTROL, FOCUS, LENDER, SIDELINE, FREE)}
MODELS = {"consumer_traffic", "deep_integration", "institution_traffic", "sideline_platform"}
QUARTERS, WORLDS = 24, 13  # so that those who begin are five years old


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> dict[str, pd.DataFrame]:
    """One world under some pure arms and under choice."""
    sizes: Any = {"firms": 300, "banks": 4, "platforms": 40, "burn_in": 3, "quarters": QUARTERS}
    ensemble = Ensemble(worlds(1, seed=6, fixed={"lead_in": 8, "giants": 1}, **sizes), ARMS, reduce=kept)
    store = ensemble.run(tmp_path_factory.mktemp("free"), executor="serial", progress=False).store
    return {name: store.frame(name) for name in store.tables()}


@pytest.fixture(scope="module")
def many(tables) -> dict[str, pd.DataFrame]:
    """So many worlds that are the same; in the last nobody ran the sideline platform under choice."""
    found = {name: pd.concat([one.assign(world=n) for n in range(WORLDS)]) for name, one in tables.items()}
    for name in ("platforms", "kinds"):
        one = found[name]
        last = one["world"].eq(WORLDS - 1) & one["arm"].eq(FREE) & one["kind"].eq(SIDELINE)
        found[name] = one.loc[~last]
    return found


@pytest.fixture(scope="module")
def free(many):
    """All that is asked of these worlds."""
    drawn = pd.DataFrame(index=pd.RangeIndex(WORLDS, name="world"))
    part = of_main(CLAIMS, many, drawn, range(WORLDS), "compare")
    return under_choice(CLAIMS, joined(CLAIMS, [part]), part, many, "compare")


# -- a free world, model by model ---------------------------------------------------------------------------


def test_what_is_kept_of_business_models_adds_up_to_what_quarters_say(tables):
    quarters, kinds = (
        tables[name].set_index(["arm", "since"]).sort_index() for name in ("quarters", "kinds")
    )
    assert set(kinds.loc[FREE, "kind"]) == MODELS
    for arm in (FOCUS, LENDER, FREE):
        for name in ("platform_revenue", "platform_profit", "platform_growth_spend"):
            whole, parts = quarters.loc[arm, name], kinds.loc[arm, name].groupby("since").sum()
            assert np.abs(whole).max() > 0.0
            assert parts.to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-9, abs=1e-12)
    assert CONTROL not in kinds.index.get_level_values("arm")
    assert tables["kinds"].columns[-len(KEPT_OF_KINDS) :].tolist() == list(KEPT_OF_KINDS)


def test_a_world_of_one_model_says_the_same_when_it_is_read_model_by_model(tables):
    for arm in (FOCUS, LENDER):
        named = {CONTROL: CONTROL, arm: FREE}
        pure = {name: one.loc[one["arm"].isin(named)] for name, one in tables.items()}
        renamed = {name: one.assign(arm=one["arm"].astype(str).map(named)) for name, one in pure.items()}
        there = {key[2]: pair for *key, pair in unpacked(by_kind(renamed))}
        here = {key[2]: pair for *key, pair in unpacked(pure)}
        assert set(there) == {CONTROL, FREE, arm}
        for name in (one for one in WITHIN if one in MEASURES):
            mine, theirs = (MEASURES[name].of(*found[arm]) for found in (here, there))
            assert mine == pytest.approx(theirs, rel=1e-9, nan_ok=True), name
        for name in WHOLE:
            assert MEASURES[name].of(*there[FREE]) == MEASURES[name].of(*here[arm])


def unpacked(tables):
    return [(*key, (future, twin)) for key, future, twin in futures(tables)]


def test_models_of_a_free_world_differ_and_have_only_their_own_platforms(tables):
    there = {key[2]: pair for *key, pair in unpacked(by_kind(tables))}
    assert set(there) == {CONTROL, FREE, *MODELS}
    count = {name: there[name][0].platforms["alive"].shape[1] for name in (FREE, *MODELS)}
    assert count[FREE] == sum(count[name] for name in MODELS)
    peaks = {MEASURES["revenue_peak"].of(*there[name]) for name in MODELS}
    assert len(peaks) == len(MODELS) and max(peaks) < MEASURES["revenue_peak"].of(*there[FREE])


# -- what is asked ------------------------------------------------------------------------------------------


def test_every_contrast_is_asked_of_a_free_world_or_says_why_not():
    arms = {CONTROL, FREE, register.ZERO, *MODELS}
    asked = {claim.name for claim in CLAIMS if not all(lacks(claim, one, arms) for one in claim.contrasts)}
    assert asked == {"C4", "C5", "C7", "C8", "C9", "C11", "C15", "C18", "C21"}
    assert not {*WITHIN, *WHOLE} & set(NOT_WITHIN)
    named = {one.estimand for claim in CLAIMS if claim.study == "compare" for one in claim.contrasts}
    assert named == {*WITHIN, *WHOLE, *NOT_WITHIN}
    claim = next(one for one in CLAIMS if one.name == "C18")
    gone = lacks(claim, claim.contrasts[0], arms - {LENDER})
    assert gone == "nobody runs consumer_traffic in any free world"
    with pytest.raises(ValueError, match="nothing says whether C18 happiness"):
        lacks(claim, replace(claim.contrasts[0], estimand="happiness"), arms)


def test_a_free_world_stands_where_a_model_is_set_against_no_platforms():
    for claim in (one for one in CLAIMS if one.name in ("C11", "C18")):
        for one in claim.contrasts:
            asked = within(one)
            assert (asked.arm, asked.other) == (
                (FREE, CONTROL) if claim.name == "C11" else (one.arm, one.other)
            )
            same = ("claim", "estimand", "sign", "horizon", "margin", "reason", "missing")
            assert [getattr(asked, name) for name in same] == [getattr(one, name) for name in same]


def test_worlds_without_a_model_are_cases_that_lack_and_are_told(free, many):
    quarters = by_kind(many)["quarters"]
    lived = quarters.groupby("arm")["world"].nunique()
    assert (lived[SIDELINE], lived[FOCUS], lived[FREE]) == (WORLDS - 1, WORLDS, WORLDS)
    known = quarters.loc[quarters["arm"].isin(MODELS), ["platform_revenue", "gdp", "price_level"]]
    assert np.isfinite(known.to_numpy()).all()
    rows = free.answers.contrasts.set_index(["claim", "estimand"])
    assert rows.loc[("C15", "survival"), ["n", "missing"]].tolist() == [WORLDS - 1, 1]
    assert rows.loc[("C11", "goods_gain"), ["n", "missing"]].tolist() == [WORLDS, 0]
    assert f"Of {WORLDS} worlds" in text(free)
    assert "C15 survival, deep integration against sideline platform: 1" in text(free)


def test_the_answers_are_a_family_of_their_own_under_the_same_register(free):
    assert free.answers.register == register.digest()
    contrasts = free.answers.contrasts
    assert set(free.claims.loc[free.claims["free"] != "", "claim"]) == set(contrasts["claim"])
    assert set(contrasts["claim"]) == {"C4", "C11", "C15"}  # of the others an arm was not lived
    assert len(free.change) == len(contrasts)
    known = contrasts["p"].notna()
    least = min(1.0, contrasts.loc[known, "p"].min() * known.sum())
    assert contrasts.loc[known, "p_corrected"].min() == pytest.approx(least)


# -- whether that differs -----------------------------------------------------------------------------------


def planted(shifts: dict[str, float], spread: float) -> tuple[Part, Part]:
    """Parts in which the contrasts of these claims are so many margins higher under choice, give or take."""
    asked = [one for claim in CLAIMS if claim.name in shifts for one in claim.contrasts]
    rng, sides = np.random.default_rng(2), []
    for ours in (False, True):
        rows = []
        for one in asked:
            own = one.margin * (ours * (shifts[one.claim] + spread * rng.standard_normal(WORLDS)))
            name = within(one).name if ours else one.name
            for side, values in ((ARM, own), (OTHER, 0.0 * own)):
                row = {"world": range(WORLDS), "luck": 1, "arm": side, "outcome": name, "horizon": HERE}
                rows.append(pd.DataFrame({**row, "value": values}))
        drawn = pd.DataFrame(index=pd.RangeIndex(WORLDS, name="world"))
        made = [within(one) for one in asked] if ours else asked
        sides.append(Part(made, pd.concat(rows), drawn, range(WORLDS)))
    return sides[0], sides[1]


def test_a_planted_change_is_told_and_none_is_told_where_there_is_none():
    apart = changed(*planted({"C18": 5.0, "C11": -5.0}, 0.3))
    assert differs(apart, "C18") == differs(apart, "C11") == YES
    assert np.sign(apart.set_index("claim")["difference"])["C18"] == 1.0
    assert differs(changed(*planted({"C18": 0.0, "C11": 0.0}, 0.1)), "C11") == NO
    assert differs(changed(*planted({"C18": 0.0}, 30.0)), "C18") == OPEN
    assert differs(apart, "C9") == ""
    nothing = Part([], pd.DataFrame(), pd.DataFrame())
    assert changed(planted({"C18": 0.0}, 1.0)[0], nothing).empty


# -- telling ------------------------------------------------------------------------------------------------


def text(free) -> str:
    return "\n".join(told.lines(free))


def test_both_answers_stand_side_by_side_and_what_is_not_asked_has_its_reason(free):
    lines = told.lines(free)
    assert lines[0] == "## Under a free choice of founders"
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text(free).splitlines()]
    files = told.files(free)
    for _, row in files["claims_free"].iterrows():
        if row["free"]:
            assert f"- {row['claim']}: {row['sentence']}" in text(free)
            part = " (in part)" if row["claim"] == "C15" else ""
            assert [row["claim"], row["pure"], row["free"] + part, row["differ"]] in cells
        else:
            assert re.search(rf"^- .*\b{row['claim']}\b.*: {row['lacking']}\.$", text(free), flags=re.M)
    assert "- C15 in part and C19: credit is granted" in text(free)
    assert files["claims_free"]["claim"].tolist() == [one.name for one in CLAIMS]
    assert set(files) == {"claims_free", "contrasts_free", "change_free"}
    # the table of claims alone is read as the answers, by who quotes them
    assert not re.search(r"^\| C\d+ \| [a-z ]+ \|", text(free), flags=re.MULTILINE)
