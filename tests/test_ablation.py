"""The ablation: every switch is one, a planted effect is seen, none is made up, the words are the table's."""

import numpy as np
import pandas as pd
import pytest

from experiments.measure.futures import FREE
from experiments.measure.measures import PRIMARY, VERDICT
from experiments.run.arm import branch
from experiments.run.world import CONTROL
from experiments.studies import ablation
from sim import Parameters
from tests.economies import differences, small

FIRST, SECOND = "fear spreads", "clients leave"


def values(effects: dict[str, float], worlds: int = 24) -> pd.DataFrame:
    """Primary outcomes of all arms; without a mechanism they move by so many margins."""
    rng, rows = np.random.default_rng(3), []
    for world in range(worlds):
        for one in PRIMARY:
            base = 5.0 * one.margin * rng.standard_normal()
            for arm in ablation.arms():
                if arm == CONTROL and one.of_platforms:
                    continue
                effect = effects.get(arm, 0.0) + 0.2 * rng.standard_normal()
                rows.append((world, 1, arm, one.name, VERDICT, base + one.margin * effect))
    return pd.DataFrame(rows, columns=["world", "luck", "arm", "outcome", "horizon", "value"])


@pytest.fixture(scope="module")
def found():
    return ablation.compared(values({ablation.without(FIRST): 3.0}), range(24))


def test_every_switch_is_a_parameter_that_may_have_that_value_in_a_branch():
    lived = small("free", parameters={"giants": 1, "starters": 1}).run(1)
    for mechanism, off in ablation.SWITCHES.items():
        for name, value in off.items():
            assert value != Parameters.declarations()[name].value, mechanism
        lived.branch(parameters=off)  # raises where it may not


def test_a_planted_effect_moves_and_no_other_does(found):
    mine = found.found["mechanism"] == FIRST
    assert (found.found.loc[mine, "word"] == ablation.MOVES).all()
    assert (found.found.loc[~mine, "word"] == ablation.NOTHING_MOVES).all()
    planted = found.found.loc[mine]
    np.testing.assert_allclose(planted["difference"], 3.0 * planted["margin"], rtol=0.1)
    assert found.found["placebo"].notna().all()


def test_the_headline_counts_what_the_table_says(found):
    told = ablation.headline(found)
    every = len(ablation.SWITCHES)
    assert told.startswith(
        f"1 of {every} mechanisms move a primary outcome within {VERDICT} quarters (24 worlds)"
    )
    assert FIRST in told and SECOND not in told and f"the {every - 1} others" in told
    report = ablation.tell(found)
    assert told in report.printed
    assert len(report.figures["ablation"]().axes) == found.found["outcome"].nunique()


def test_where_nothing_differs_nothing_happens():
    table = values({})
    table["value"] = table.groupby(["world", "outcome"])["value"].transform("first")
    found = ablation.compared(table, range(24))
    assert set(found.found["word"]) == {ablation.NOTHING}
    last = next(row for row in ablation.nil(found) if row.startswith("|")).splitlines()[2:]
    assert len(last) == len(ablation.SWITCHES) and all("nothing at all happens" in one for one in last)


def test_the_report_ends_with_what_moves_nothing_beside_the_placebo(found):
    report = ablation.tell(found).printed
    last = report[report.index(ablation.NIL.removeprefix("## ")) :]
    assert f"| {FIRST} " not in last and last.rstrip().endswith("|")
    rows = [line for line in last.splitlines() if line.startswith("|")][2:]
    assert len(rows) == len(ablation.SWITCHES) - 1 and all("settled" in one for one in rows)
    mine = found.found.loc[found.found["mechanism"] == SECOND]
    ends = mine[["low", "high"]].abs().max(axis=1) / mine["margin"]
    row = mine.loc[ends.idxmax()]
    told = next(one for one in rows if one.startswith(f"| {SECOND} "))
    assert f"{row['difference'] / row['margin']:+.3g}".replace("-", "−") in told
    assert f"{row['placebo'] / row['margin']:.3g}" in told


def test_what_was_not_settled_is_not_told_as_settled():
    table = values({})
    noise = np.random.default_rng(1).standard_normal(len(table))
    wide = (table["arm"] == ablation.without(SECOND)) & (table["outcome"] == PRIMARY[0].name)
    table.loc[wide, "value"] += 9.0 * PRIMARY[0].margin * noise[wide]
    rows = ablation.nil(ablation.compared(table, range(24)))[-2].splitlines()
    assert f"open in 1 of {len(PRIMARY)}" in next(one for one in rows if one.startswith(f"| {SECOND} "))


def test_the_arms_of_a_world_are_the_free_one_and_what_is_off_in_it():
    world = small("external_finance", parameters={"giants": 1, "starters": 1}).run(2)
    arms = ablation.arms()
    free, off = (branch(world, arms[name]).run(2) for name in (FREE, ablation.without("a common mood")))
    assert off.p.mood_news == 0.0 and free.p.mood_news > 0.0
    assert free.mix.keys() == off.mix.keys() and differences(free, off)
