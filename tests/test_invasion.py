"""The promise: what is said of an invader is what its share did, and nothing where chance decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.measure.following import kept_counts
from experiments.measure.futures import FOCUS, real_effects
from experiments.measure.variants import AGAIN
from experiments.run.command import read
from experiments.run.store import Store
from experiments.studies import invasion as study
from sim import Parameters
from tests.economies import small

TINY = "--worlds 2 --firms 300 --banks 4 --burn-in 3 --quarters 8 --platforms 210 --workers 1 --quiet"
pytestmark = pytest.mark.usefixtures("in_process")
WORLDS, QUARTERS = 16, 80


class Made(dict):
    """Tables as a study hands them on."""


def counts(arm: str, path: Any, births: float = 1.0) -> pd.DataFrame:
    """Two hundred platforms, of which path(world, quarter, luck) are of the rarer kind."""
    rng = np.random.default_rng(5)
    rare, _, common = arm.partition(study.AMONG)
    rows = []
    for world in range(WORLDS):
        luck = rng.standard_normal()
        for since in range(1, QUARTERS + 1):
            few = path(world, since, luck)
            before = path(world, since - 1, luck) if since > 1 else 10.0
            for kind, n, was in ((rare, few, before), (common, 200.0 - few, 200.0 - before)):
                rows.append((world, 1, arm, since, kind, n, births, births + was - n))
    return pd.DataFrame(rows, columns=["world", "luck", "arm", "since", "kind", "alive", "births", "deaths"])


def placebo(up: float = 0.0) -> pd.DataFrame:
    """The one name rises by so many platforms a quarter, but for chance."""
    return counts(study.THE_PLACEBO, lambda world, since, luck: 10.0 + up * since + 0.02 * since * luck)


def lived(*tables: pd.DataFrame) -> Any:
    quarters = pd.DataFrame({"since": range(1, QUARTERS + 1)})
    return Made(counts=pd.concat(tables), quarters=quarters)


def judged(*tables: pd.DataFrame, up: float = 0.0) -> pd.DataFrame:
    return study.judge(lived(*tables, placebo(up))).table.set_index(["rare", "common", "years"])


def test_who_spreads_invades_who_shrinks_is_driven_out_and_who_wanders_is_undecided():
    found = judged(
        counts("a among b", lambda world, since, luck: 10.0 + 0.5 * since + luck),
        counts("b among a", lambda world, since, luck: 10.0 - 0.1 * since + 0.1 * luck),
        counts("c among b", lambda world, since, luck: 10.0 + 0.08 * since * luck),
    )
    assert found["word"].groupby(level="rare").agg(set).to_dict() == {
        "a": {"invades"}, "b": {"is driven out"}, "c": {"undecided"}, FOCUS + AGAIN: {"placebo"},
    }  # fmt: skip
    assert set(found["why"]) == {""}
    ten, twenty = found.loc[("a", "b", 10)], found.loc[("a", "b", 20)]
    assert ten["change"] == pytest.approx(0.1, abs=0.01) and twenty["change"] == pytest.approx(0.2, abs=0.01)
    assert (twenty["began"], twenty["births"], twenty["living"]) == (200.0, 80.0, 200.0)


def test_only_who_gains_more_than_one_kind_under_two_names_invades():
    some = counts("a among b", lambda world, since, luck: 10.0 + 0.2 * since + luck)
    less = counts("b among a", lambda world, since, luck: 10.0 - 0.1 * since + 0.1 * luck)
    row = judged(some).loc[("a", "b", 20)]
    assert (row["word"], row["why"]) == ("invades", "")
    found = judged(some, less, up=0.2)
    row, other = found.loc[("a", "b", 20)], found.loc[("b", "a", 20)]
    assert row["word"] == "undecided" and row["low"] > 0.0 and row["beyond_low"] < 0.0 < row["beyond_high"]
    assert other["word"] == "is driven out"
    assert other["change"] == pytest.approx(-0.04, abs=0.01)
    assert other["beyond"] == pytest.approx(-0.12, abs=0.03) and other["beyond_high"] < 0.0
    row = judged(some, up=0.6).loc[("a", "b", 20)]
    assert (row["word"], row["why"]) == ("undecided", "it gains less than the placebo")
    row = judged(less, up=-0.15).loc[("b", "a", 20)]
    assert (row["word"], row["why"]) == ("undecided", "it loses less than the placebo")


def test_the_difference_to_the_placebo_is_taken_within_worlds():
    wide = counts("a among b", lambda world, since, luck: 10.0 + since * (0.3 + 0.02 * luck))
    row = judged(wide, up=0.25).loc[("a", "b", 20)]
    assert row["beyond"] == pytest.approx(0.02, abs=1e-9)
    assert row["high"] - row["low"] > 0.005  # though all differ by the same
    assert not row["beyond_high"] - row["beyond_low"] > 1e-9


def test_where_few_still_live_it_is_said_with_the_word():
    table = counts("a among b", lambda world, since, luck: 10.0 + 0.5 * since + luck)
    table.loc[table["since"] > 60, "alive"] *= 0.1
    found = study.judge(lived(table, placebo()))
    row = found.table.set_index(["rare", "common", "years"]).loc[("a", "b", 20)]
    assert (row["word"], row["why"]) == ("invades", "only 20 platforms still live")
    words = study.tell(study.judged({study.AS_IT_IS: lived(table, placebo())})).words
    assert "- A among b: **invades, only 20 platforms still live**; after 20 years" in words


def test_too_few_births_or_platforms_decide_nothing():
    table = counts("a among b", lambda world, since, luck: 10.0 + 0.5 * since + luck, births=0.1)
    row = judged(table).loc[("a", "b", 20)]
    assert (
        row["word"] == "not decided"
        and row["why"] == "8 of the rarer kind were founded: at least 10 are needed"
    )
    few = counts("a among b", lambda world, since, luck: 10.0 + 0.5 * since + luck)
    few[["alive", "deaths"]] *= 0.5
    few["births"] *= 0.5
    row = judged(few).loc[("a", "b", 20)]
    assert row["word"] == "not decided" and row["why"].startswith("100 platforms began")


def test_below_twelve_worlds_and_where_nobody_lives_nothing_is_said():
    table = counts("a among b", lambda world, since, luck: 10.0 + 0.5 * since + luck)
    row = judged(table.loc[table["world"] < 8]).loc[("a", "b", 20)]
    assert (row["word"], row["why"]) == ("undecided", "8 worlds: at least 12 are needed")
    table.loc[(table["world"] >= 8) & (table["since"] > 40), "alive"] = 0.0
    assert judged(table).loc[("a", "b", 20), "worlds"] == 8


def test_counts_are_of_each_kind_since_the_branching():
    mix = next(arm for label, arm in study.arms().items() if label.startswith(FOCUS + AGAIN))
    small_mix = {row: n // 20 + 1 for row, n in mix.platforms.items()}
    world = small(platforms=24, parameters={"giants": 0}).run(2)
    economy = world.branch(small_mix, parameters=study.ALIKE).run(6)
    table: Any = kept_counts(economy)["counts"]
    assert table["since"].tolist() == np.repeat(np.arange(1, 7), 2).tolist()
    last = table.loc[table["since"] == 6].set_index("kind")["alive"]
    assert last.to_dict() == {
        FOCUS: economy.mix[FOCUS],
        FOCUS + AGAIN: economy.mix[FOCUS + AGAIN],
    }
    first = table.loc[table["since"] == 1].set_index("kind")
    begun = (first["alive"] + first["deaths"] - first["births"]).to_dict()
    assert begun == {row.name: n for row, n in small_mix.items()}


def test_a_tiny_study_tells_every_pair_and_its_placebo_and_goes_on(tmp_path, capsys):
    words = [*TINY.split(), "--out", str(tmp_path)]
    assert study.STUDY.main("invasion", words) == 0
    printed = capsys.readouterr().out
    table = pd.read_csv(tmp_path / "invasion.csv")
    models = sorted({*table["common"]})
    assert len(table) == len(models) * (len(models) - 1) + 1 and "external_finance" not in models
    assert set(table["word"]) <= {"undecided", "not decided", "placebo"}
    assert bool((table["word"] == "placebo").sum() == 1)
    assert bool((table["began"] == 200).all())
    assert "- Placebo, one business model under two names: **" not in printed  # marks are for the page
    assert printed.index("Placebo") < printed.index("Consumer traffic among")
    assert (tmp_path / "invasion.png").stat().st_size > 10_000
    assert study.STUDY.main("invasion", [*words, "--without-gains"]) == 0
    printed = capsys.readouterr().out
    assert "(0 computed" in printed and "(2 computed" in printed  # the usual ones were there
    both = pd.read_csv(tmp_path / "invasion.csv")
    assert both["effects"].value_counts().to_dict() == {True: len(table), False: len(table)}
    pd.testing.assert_frame_equal(both.loc[both["effects"]], table, check_index_type=False)
    assert printed.index("Links with their effects") < printed.index("Links without any real effect")
    made: Any = Store(tmp_path / study.WITHOUT).manifests()
    assert (made[list(real_effects())] == 0.0).all(axis=None)


def test_without_gains_every_effect_of_every_line_is_off_and_what_was_set_stays(tmp_path):
    built = study.STUDY.parser("invasion")
    words = ["--imitation", "0.5", "--out", str(tmp_path)]
    assert list(study.parts(read(built, words))) == [study.AS_IT_IS]
    both = study.parts(read(built, [*words, "--without-gains"]))
    assert both[study.AS_IT_IS].chosen == {"imitation": 0.5}
    assert both[study.WITHOUT].chosen == {"imitation": 0.5, **real_effects()}
    gains = {
        "process_gain",
        "payments_gain",
        "procurement_gain",
        "adaptation_gain",
        "stock_gain",
        "early_cash",
        "cover_share",
        "invoice_advance",
    }
    assert set(real_effects()) == gains and not any(real_effects().values())
    assert all(Parameters.declarations()[name].low == 0.0 for name in gains)


def test_what_is_lived_without_gains_is_told_apart():
    arm = "a among b"
    up = counts(arm, lambda world, since, luck: 10.0 + 0.5 * since + luck)
    down = counts(arm, lambda world, since, luck: 10.0 - 0.1 * since + 0.1 * luck)
    both = {study.AS_IT_IS: lived(up, placebo()), study.WITHOUT: lived(down, placebo(0.1))}
    found = study.judged(both)
    last = found.table.loc[(found.table["years"] == 20) & (found.table["rare"] == "a")]
    assert last.set_index("effects")["beyond"].round(1).to_dict() == {True: 0.2, False: -0.1}
    last = last.set_index("effects")["word"]
    assert last.to_dict() == {True: "invades", False: "is driven out"}
    title = study.tell(found).figures["invasion"]().get_suptitle().replace("\n", " ")
    assert title == "Of pairs: 1 invades; without gains: 1 is driven out"
