"""Neutrality: a planted preference is told, noise is not; what is short is what was planted as short."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.judge.binding import MEASURES, bound, of_one
from experiments.judge.neutrality import MOVES, NEUTRAL, OPEN, chance, changes, interval, last_shares, word_of
from experiments.measure.binding import COLUMNS, Binding
from experiments.measure.futures import FOCUS, FREE
from experiments.measure.variants import BELIEF, DOUBLED, RESOLUTION, VARIANTS
from experiments.run.arm import branch
from experiments.run.command import read
from experiments.studies import neutrality as study
from experiments.tell import binding as told
from sim import Parameters
from sim.population import founders
from tests.economies import small

pytestmark = pytest.mark.usefixtures("in_process")
TINY = "--worlds 2 --firms 300 --banks 4 --burn-in 2 --quarters 6 --platforms 70 --workers 1 --quiet"
KINDS = ("a", "b", "c")


def limited(arm: str, worlds: int = 12, quarters: int = 8, **planted: Any) -> pd.DataFrame:
    """Quarters as `Binding` gives them: nothing is short but for what is planted."""
    usual = dict.fromkeys(COLUMNS, 0.0) | {"births": 2.0, "rounds_asked": 4.0, "rounds": 4.0, "acting": 10.0}
    usual |= {"workers_found": 1.0, "vacant": 0.5, "asked_of_banks": 0.4}
    parts = [pd.DataFrame({**usual, "since": range(1, quarters + 1), **planted}) for _ in range(worlds)]
    parts = [one.assign(world=world, luck=1, arm=arm) for world, one in enumerate(parts)]
    return pd.concat(parts, ignore_index=True)


# --- shares ----------------------------------------------------------------------------------------------


def shares(worlds: int, lead: float, noise: float, seed: int = 1) -> pd.DataFrame:
    """Three business models, of which the first has so much more than a third."""
    luck = noise * np.random.default_rng(seed).standard_normal(worlds)
    first = 1 / 3 + lead + luck - luck.mean()
    return pd.DataFrame({"a": first, "b": (1 - first) / 2, "c": (1 - first) / 2}, pd.RangeIndex(worlds))


def test_a_planted_preference_moves_a_share_and_noise_does_not():
    usual = shares(20, 0.0, 0.05)
    found = changes(usual, {
        "none": shares(20, 0.0, 0.05, seed=2), "some": shares(20, 0.2, 0.05, seed=2),
        "wild": shares(20, 0.0, 0.9, seed=2),
    }).set_index(["change", "model"])  # fmt: skip
    assert found.loc["none", "word"].tolist() == [NEUTRAL] * 3
    assert found.loc["some", "word"].tolist() == [MOVES] * 3
    assert found.loc[("some", "a"), "mean"] == pytest.approx(0.2, abs=0.001)
    assert found.loc[("some", "b"), "mean"] == pytest.approx(-0.1, abs=0.001)
    assert found.loc[("wild", "a"), "word"] == OPEN and found.loc[("none", "a"), "before"] > 0.3


def test_only_worlds_lived_both_ways_count_and_who_is_gone_has_no_share():
    usual, after = shares(6, 0.0, 0.0), shares(4, 0.0, 0.0).drop(columns="c")
    found = changes(usual, {"gone": after}).set_index("model")
    assert found["worlds"].tolist() == [4, 4, 4] and found.loc["c", "mean"] == pytest.approx(-1 / 3)


def test_words_leave_one_another_out():
    def word(mean: float, low: float, high: float, p: float, worlds: int = 20) -> str:
        return word_of({"mean": mean, "low": low, "high": high, "p_holm": p, "worlds": worlds})

    assert word(0.01, -0.02, 0.04, 0.5) == NEUTRAL and word(0.049, 0.01, 0.09, 0.01) == NEUTRAL
    assert word(0.06, 0.01, 0.11, 0.04) == MOVES and word(-0.2, -0.3, -0.1, 0.0) == MOVES
    assert word(0.06, 0.01, 0.11, 0.4) == OPEN and word(0.0, -0.2, 0.2, 1.0) == OPEN
    assert word(0.2, 0.1, 0.3, 0.0, worlds=8) == OPEN


def test_noise_alone_moves_a_share_in_fewer_than_one_table_of_ten():
    false = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        tables = [pd.DataFrame(rng.normal(0.3, 0.2, (20, 4)), columns=list("abcd")) for _ in range(11)]
        found = changes(tables[0], {str(n): one for n, one in enumerate(tables[1:])})
        false += MOVES in set(found["word"])
    assert false <= 9  # of 6 expected at most


def test_chance_and_the_interval_agree_and_nothing_is_nothing():
    x = np.random.default_rng(3).normal(0.05, 0.1, 20)
    x += (
        1.729 * x.std(ddof=1) / np.sqrt(20) - x.mean()
    )  # Student's quantile of 95 % with 19 degrees of freedom
    assert chance(x) == pytest.approx(0.1, abs=1e-3) and interval(x)[1] == pytest.approx(0.0, abs=1e-4)
    assert chance([0.0] * 5) == 1.0 and chance([0.1] * 5) == 0.0 and np.isnan(interval([0.5])[1])


def test_a_share_is_that_of_the_last_year():
    rows = [
        (0, "a", since, n) for since, n in enumerate([9.0, 2.0, 2.0, 2.0, 2.0], 1)
    ] + [(0, "b", since, 6.0) for since in range(1, 6)]  # fmt: skip
    counts = pd.DataFrame(rows, columns=["world", "kind", "since", "alive"])
    assert last_shares(counts).loc[0].to_dict() == {"a": 0.25, "b": 0.75}


# --- which resource is short -----------------------------------------------------------------------------


def test_what_is_short_is_told_and_nothing_else():
    planted = {"no_room": 6.0, "no_purse": 2.0, "rounds": 1.0, "rounds_below": 2.0, "refused": 3.0,
               "short": 5.0, "unfunded": 1.0, "refused_by_banks": 0.1, "engineers": [0.0, 0.4] * 4,
               "workers_found": [1.0, 0.9] * 4}  # fmt: skip
    found = dict(zip(MEASURES, of_one(limited(FREE, 1, **planted)), strict=True))
    assert list(found.values()) == pytest.approx(
        [0.6, 0.2, 1.0, 0.5, 0.75, 2.0 / 3.0, 0.3, 0.5, 0.1, 0.25, 0.2, 0.5, 0.5]
    )
    easy = dict(zip(MEASURES, of_one(limited(FREE, 1)), strict=True))
    assert np.nansum(list(easy.values())) == 0.5  # the rows that stand empty
    none = of_one(limited(FREE, 1, births=0.0, rounds_asked=0.0, rounds=0.0, acting=0.0, engineers=np.nan))
    assert np.isnan(none[0]) and np.isnan(none[4]) and np.isnan(none[10])


def test_the_table_tells_arms_that_were_asked_for_with_intervals_over_worlds():
    rows = pd.concat([limited(FREE, rounds=1.0), limited(FOCUS)])
    rows["no_room"] = rows["world"] / 10.0
    found = bound(rows, [FREE])
    assert set(found["arm"]) == {FREE} and (found["worlds"] == 12).all()
    rare, got = limited(FREE), np.array([1.0] * 8 + [0.99, 0.98, 0.9, 0.1])
    rare["rounds"] = 4.0 * got[rare["world"]]
    hardly = bound(rare, [FREE]).set_index("measure").loc["rounds asked for and not got"]
    assert (
        0.0 == hardly["low"] < hardly["mean"] < hardly["high"] == 1.0
    )  # and no more than all, no less than none
    row = found.set_index("measure").loc["turned away for want of a row, of all who came"]
    assert row["low"] < row["mean"] < row["high"]
    text = "\n".join(told.lines(found))
    assert text.startswith(told.TITLE) and text.count("\n| ") == 1 + len(MEASURES)
    assert (
        next(one for one in text.splitlines() if "not got" in one and one[0] == "|")
        .rstrip("| ")
        .endswith(" 75 (75 to 75)")
    )


def test_limits_are_those_of_the_economy():
    economy = branch(small(platforms=40, seed=3).run(3), study.arms()[FREE])
    follower = Binding(economy)
    follower.run(10)
    table: Any = follower.tables()["binding"]
    assert list(table.columns) == list(COLUMNS) and table["since"].tolist() == list(range(1, 11))
    lines = pd.DataFrame(economy.records.lines[-10:])
    for name in ("no_room", "rounds_asked", "rounds", "workers_found"):
        assert table[name].tolist() == lines[name].tolist()
    assert table["births"].tolist() == lines["platform_births"].tolist()
    c = economy.platforms.columns
    assert table["vacant"].iloc[-1] == np.mean(~c["alive"][~c["giant"]])
    assert table["engineers"].iloc[-1] == economy.market.engineer_cost - 1.0 > 0.0
    for name in ("short", "refused", "unfunded"):
        assert (table[name] <= table["acting"]).all()
    assert table["short"].max() > 0.0


# --- the study -------------------------------------------------------------------------------------------


def test_every_change_is_one_of_a_value_that_may_be_and_is_not_the_usual():
    declared = Parameters.declarations()
    for name, one in VARIANTS.items():
        assert one.times > 1 or one.parameters, name
        for parameter, value in one.parameters.items():
            assert value != study.HELD.get(parameter, declared[parameter].value)
            assert declared[parameter].low <= value <= declared[parameter].high
    kinds = [one.kind for one in VARIANTS.values()]
    assert kinds.count(RESOLUTION) == 3 and kinds.count(BELIEF) == 6


def test_twice_the_rows_means_half_the_team_and_twice_as_many_to_begin_with():
    settings = read(study.STUDY.parser("neutrality"), TINY.split())
    usual, twice = study.parts(settings).values()
    ensemble = study.STUDY.ensemble(twice)
    assert (usual.platforms, twice.platforms) == (70, 140)
    assert [label for label, _ in ensemble.pairs] == [DOUBLED]
    assert {world.parameters.giants for world in ensemble.worlds} == {0}
    starts, begun = [], []
    for rows, arm in ((40, study.arms()[FREE]), (80, study.doubled()[DOUBLED])):
        economy = branch(small(platforms=rows, parameters=study.HELD).run(1), arm)
        starts.append(economy.market.small_team)
        begun.append(sum(economy.mix.values()))
    assert starts[0] == pytest.approx(2.0 * starts[1]) and begun[1] == 2 * begun[0] > 0


def test_more_room_is_no_other_team_and_no_other_founder():
    found = []
    for rows in (24, 48):
        economy = small("deep_integration", platforms=rows).run(4)
        found.append((economy.market.small_team, founders.expected_births(economy, 0), economy.mix))
    assert found[0] == found[1] and found[0][1] > 0.0


def test_a_tiny_study_tells_every_change_and_what_is_short_and_goes_on(tmp_path, capsys):
    words = [*TINY.split(), "--out", str(tmp_path)]
    assert study.STUDY.main("neutrality", words) == 0
    printed = capsys.readouterr().out
    table: Any = pd.read_csv(tmp_path / "neutrality.csv")
    assert set(table["change"]) == {*VARIANTS, study.ALIKE} and (table["worlds"] == 2).all()
    free = table.loc[table["change"] != study.ALIKE]
    sums = free.groupby("change")["mean"].sum()
    np.testing.assert_allclose(sums, 0.0, atol=1e-9)  # what one gains others lose
    assert table.loc[table["change"] == study.ALIKE, "model"].tolist() == [FOCUS]
    assert set(pd.read_csv(tmp_path / "binding.csv")["arm"]) == {FREE}
    assert (
        "Which resource is short" in printed and "Of changes of resolution (2 worlds, at least 12" in printed
    )
    assert (tmp_path / "neutrality.png").stat().st_size > 10_000
    assert study.STUDY.main("neutrality", words) == 0
    assert capsys.readouterr().out.count("(0 computed") == 2
