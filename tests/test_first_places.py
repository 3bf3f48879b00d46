"""Who is first on one outcome, ties and gaps included, and what is left where founders choose."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from experiments.judge.intervals import wilson
from experiments.judge.sides import FREE_NO_GAINS, ends, fields, sides
from experiments.measure.futures import FOCUS, FREE, real_effects
from experiments.measure.measures import PRIMARY
from experiments.studies import either_side
from tests.test_compare import ESSAY, planted
from tests.test_sides import alive


def test_ties_on_an_outcome_are_shared_and_told():
    table = planted(ESSAY, noise=0.0)
    mine = table["measure"] == "self_supporting"
    table.loc[mine & (table["world"] < 6), "value"] = 0.0  # of all alike
    own = sides(table, pd.DataFrame(index=range(12))).outcomes
    own = own.set_index(["field", "outcome", "arm"]).sort_index()
    part = own.loc[("platforms", "self_supporting")]
    assert part["share"].to_dict() == {
        FOCUS: 0.5 + 0.125,
        "sideline_platform": 0.125,
        "institution_traffic": 0.125,
        "consumer_traffic": 0.125,
    }
    assert set(part["tied"]) == {0.5} and set(part["worlds"]) == {12}
    other = own.loc[("no real gains", "customer_return")]
    assert other["share"]["sideline_platform"] == 1.0 and set(other["tied"]) == {0.0}
    low, high = wilson(12.0, 12)
    assert other.loc["sideline_platform", ["low", "high"]].tolist() == [low, high]
    assert "all" not in own.index.get_level_values("field")
    assert len(set(own.index.get_level_values("outcome"))) == len(PRIMARY)


def test_an_outcome_counts_where_every_model_has_a_number():
    table = planted(ESSAY, noise=0.0)
    absent = (table["measure"] == "shock_credit") & (table["world"] < 3) & (table["arm"] == FOCUS)
    table.loc[absent, "value"] = np.nan
    own = sides(table, pd.DataFrame(index=range(12))).outcomes
    own = own.set_index(["field", "outcome"])["worlds"].sort_index()
    assert set(own.loc[("platforms", "shock_credit")]) == {9}
    assert set(own.loc[("no real gains", "shock_credit")]) == set(own.loc["platforms", "goods_gain"]) == {12}


def test_the_free_choice_ends_as_what_lives_in_the_last_quarter():
    rows = alive(FREE, 20, np.random.default_rng(1)).assign(alive=1.0)
    last, kind, world = rows["since"] == 2, rows["kind"], rows["world"]
    rows.loc[last & (kind == "b") & (world < 5), "alive"] = 0.0  # a 2, c 1
    rows.loc[last & (kind == "c") & (world >= 5) & (world < 10), "alive"] = 0.0  # a 2, b 3
    rows.loc[last & (kind != "c") & (world >= 10) & (world < 12), "alive"] = 0.0  # c alone
    rows.loc[last & (world == 12), "alive"] = 0.0  # nobody
    rows.loc[last & (world == 13) & (kind == "b") & ~rows.duplicated(["world", "since", "kind"]), "alive"] = (
        0.0
    )
    found = ends(pd.concat([rows, rows.assign(arm=FREE_NO_GAINS, alive=1.0), rows.assign(arm=FOCUS)]))
    own = found.set_index(["arm", "kind"])
    assert set(own.loc[FREE, "worlds"]) == {19} and set(own.loc[FREE_NO_GAINS, "worlds"]) == {20}
    most = own.loc[FREE, "most"]
    assert most.to_dict() == pytest.approx({"a": 5.5 / 19, "b": 11.5 / 19, "c": 2 / 19})  # a tie is shared
    share = own.loc[FREE, "share"]
    parts = {"a": (10 / 3, 2, 0, 0.4), "b": (0, 3, 0, 0.4), "c": (5 / 3, 0, 2, 0.2)}
    for name, alone in (("a", 2 / 6), ("b", 3 / 6), ("c", 1 / 6)):
        assert share[name] == pytest.approx((sum(parts[name]) + 6 * alone) / 19)
        low, high = own.loc[(FREE, name), ["low", "high"]]
        assert low < share[name] < high
    assert own.loc[FREE_NO_GAINS, "most"].to_dict() == {"a": 0.0, "b": 1.0, "c": 0.0}
    assert list(own.loc[(FREE_NO_GAINS, "b"), ["most_low", "most_high"]]) == list(wilson(20, 20))
    assert set(found["arm"]) == {FREE, FREE_NO_GAINS}


def test_the_free_choice_is_lived_without_any_real_effect_too_and_takes_no_place():
    arms = either_side.arms()
    assert arms[FREE_NO_GAINS].platforms == FREE and dict(arms[FREE_NO_GAINS].parameters) == real_effects()
    assert not [name for name, members in fields(list(arms)).items() if {FREE, FREE_NO_GAINS} & set(members)]
    assert sides(planted(ESSAY), pd.DataFrame(index=range(12))).ends.empty
