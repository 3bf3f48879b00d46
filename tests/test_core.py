"""The judge of the closed core sees what is planted: levels, drifts, accidents and the signs of the cycle."""

import math

import numpy as np
import pandas as pd
import pytest

from experiments.judge.bands import (
    BANDS,
    Band,
    accidents,
    cycle_signs,
    drifts,
    judged,
    prepared,
    window_start,
)
from experiments.judge.inside import IN, OPEN, OUT
from experiments.judge.intervals import Trend
from experiments.run.command import Settings
from experiments.run.store import Store
from experiments.studies import core
from experiments.studies.core import told
from sim.engine.parameters import seeds

QUARTERS = 240
LEVEL = Band("level", "level", 0.0, 1.0, 0.1, "share", "planted")


def planted(path, worlds=12):
    """A quarterly table with the column ``level``: what ``path(world, quarters, noise)`` gives."""
    parts = []
    for world in range(worlds):
        rng = np.random.default_rng(world)
        quarter = np.arange(1, QUARTERS + 1)
        frame = {"world": world, "quarter": quarter, "level": path(world, quarter, rng.normal(size=QUARTERS))}
        parts.append(pd.DataFrame(frame))
    return pd.concat(parts, ignore_index=True)


def plain_core(worlds=2):
    """Quarters of a quiet economy in the columns that accidents are looked for in."""
    quarter = np.arange(1, 41)
    columns = {band.column: 0.1 for band in BANDS}
    frame = {"quarter": quarter, **columns, "output": 100.0, "price_level": 1.0, "bank_failures": 0.0}
    return pd.concat([pd.DataFrame({"world": world, **frame}) for world in range(worlds)], ignore_index=True)


def cyclical(defaults=-1.0, investment=4.0, consumption=0.7, employment=0.6, full=0.9):
    """Twelve worlds that swing once in five years; series follow output with the given amplitudes."""
    parts = []
    for world in range(12):
        quarter = np.arange(1, 161)
        swing = np.sin(2 * np.pi * (quarter + 3 * world) / 20)
        # worlds are not all alike
        far, noise = 1.0 + 0.01 * (world - 5.5), np.random.default_rng(world).normal(size=160)
        frame = {
            "world": world,
            "quarter": quarter,
            "production": np.exp(0.004 * quarter + 0.02 * swing),
            "consumption": np.exp(0.004 * quarter + consumption * far * 0.02 * swing),
            "investment": np.exp(0.004 * quarter + investment * far * 0.02 * swing),
            "employment": 0.93 * np.exp(employment * far * 0.02 * swing),
            "workers_found": np.where(swing > 0.98, full, 1.0),
            "firm_credit": np.exp(np.cumsum(0.01 + 0.005 * swing + 0.0003 * noise)),
            "default_rate": 0.01 + defaults * 0.002 * swing + 0.0002 * noise,
        }
        parts.append(pd.DataFrame(frame))
    return pd.concat(parts, ignore_index=True)


def test_a_level_within_its_band_that_stays_is_told_so():
    row = judged(planted(lambda w, t, e: 0.5 + 0.02 * w + 0.02 * e), (LEVEL,)).loc["level"]
    assert row["mean"] == pytest.approx(0.61, abs=0.01)
    assert row["sd"] == pytest.approx(np.std(0.5 + 0.02 * np.arange(12), ddof=1), abs=0.01)
    assert row["from"] < row["mean"] < row["to"]
    assert (row["verdict"], row["drifts"], row["worlds_drifting"]) == (IN, False, 0.0)
    assert row["change_low"] <= row["change"] <= row["change_high"]


def test_a_level_beyond_its_band_is_outside_and_worlds_are_counted():
    row = judged(planted(lambda w, t, e: 0.7 + 0.2 * w + 0.0 * e), (LEVEL,)).loc["level"]
    assert row["verdict"] == OUT
    assert row["worlds_inside"] == pytest.approx(2 / 12)


def test_a_level_is_open_where_an_end_of_the_band_lies_within_its_interval_or_worlds_are_few():
    near = lambda w, t, e: 0.7 + 0.05 * w + 0.0 * e  # noqa: E731
    assert judged(planted(near), (LEVEL,)).loc["level", "verdict"] == OPEN
    assert (
        judged(planted(lambda w, t, e: 0.5 + 0.02 * w, worlds=11), (LEVEL,)).loc["level", "verdict"] == OPEN
    )


def test_a_drift_beyond_the_tolerance_is_seen_in_the_mean_and_in_the_worlds():
    slope = 0.5 / 160
    table = planted(lambda w, t, e: 0.2 + slope * t * (1.0 + 0.03 * w) + 0.02 * e)
    row = judged(table, (LEVEL,)).loc["level"]
    assert row["change"] == pytest.approx(0.575, rel=0.1)  # the worlds rise by 0.5 to 0.67
    assert row["drifts"]
    assert row["worlds_drifting"] == 1.0


def test_worlds_that_drift_apart_have_no_drift_in_common():
    slope = 0.5 / 160
    table = planted(lambda w, t, e: 0.5 + slope * t * (-1.0) ** w + 0.02 * e)
    row = judged(table, (LEVEL,)).loc["level"]
    assert row["worlds_drifting"] == 1.0
    assert not row["drifts"]
    assert row["change_low"] < 0.0 < row["change_high"]


def test_a_single_world_is_judged_by_its_own_quarters():
    row = judged(planted(lambda w, t, e: 0.2 + 0.003 * t + 0.02 * e, worlds=1), (LEVEL,)).loc["level"]
    assert row["drifts"]
    assert 0.0 < row["change_low"] < row["change"] < row["change_high"]


def test_a_small_but_certain_slope_and_a_large_but_uncertain_one_are_no_drift():
    assert not drifts(Trend(0.0005, 0.0004, 0.0006, 0.0), 100.0, 0.1)
    assert not drifts(Trend(0.002, -0.001, 0.005, 0.0), 100.0, 0.1)
    assert drifts(Trend(-0.002, -0.005, -0.001, 0.0), 100.0, 0.1)


def test_a_relative_tolerance_is_a_share_of_the_mean():
    relative = Band("level", "level", 0.0, 100.0, 0.2, "firms", "planted", 1.0, True)
    assert judged(planted(lambda w, t, e: 50.0 + 0.01 * e), (relative,)).loc[
        "level", "drift"
    ] == pytest.approx(10.0, rel=0.01)


def test_what_happened_before_the_window_is_not_judged():
    row = judged(planted(lambda w, t, e: np.where(t <= 80, 9.0, 0.5) + 0.001 * e), (LEVEL,)).loc["level"]
    assert row["verdict"] == IN
    assert not row["drifts"]


def test_growth_is_taken_within_a_world():
    raw = pd.DataFrame({"world": [1, 0, 1, 0], "quarter": [2, 1, 1, 2], "output": [200.0, 1.0, 100.0, 2.0]})
    table = prepared(raw)
    assert table["growth"].isna().tolist() == [True, False, True, False]
    assert table["growth"].dropna().tolist() == pytest.approx([math.log(2), math.log(2)])


@pytest.mark.parametrize(
    ("kind", "column", "rows", "value"),
    [
        ("not finite", "unemployment", slice(20, 21), math.nan),
        ("collapses", "output", slice(30, 40), 60.0),
        ("collapses", "output", slice(1, 2), 0.0),
        ("explosions", "price_level", slice(30, 40), 1.6),
        ("bank failures", "bank_failures", slice(10, 11), 1.0),
    ],
)
def test_each_accident_is_counted_as_what_it_is(kind, column, rows, value):
    table = plain_core()
    table.loc[table.index[rows], column] = value
    found = accidents(table)
    assert found[kind] == 1
    assert sum(found.values()) == 1


def test_a_quiet_economy_has_no_accident_and_lost_worlds_are_told():
    assert set(accidents(plain_core()).values()) == {0}
    assert accidents(plain_core(), failed=3)["without result"] == 3


def test_the_signs_of_a_planted_cycle_hold():
    signs = cycle_signs(cyclical(), start=0)
    assert signs.loc["investment / output, sd", "mean"] == pytest.approx(4.0, rel=0.05)
    assert signs.loc["employment / output, sd", "mean"] == pytest.approx(0.6, rel=0.05)
    assert signs.loc["quarters at full employment", "mean"] == pytest.approx(0.05, abs=0.02)
    assert signs.loc["worst quarter of output [%]", "mean"] == pytest.approx(-0.2, abs=0.1)
    assert signs.loc["consumption / output, sd", "mean"] == pytest.approx(0.7, rel=0.05)
    assert signs.loc["credit growth with output", "mean"] == pytest.approx(1.0, abs=0.05)
    assert (signs["verdict"] == IN).all()


def test_a_cycle_with_the_wrong_signs_fails_where_it_is_wrong():
    signs = cycle_signs(cyclical(defaults=1.0, investment=0.5, consumption=1.4), start=0)
    assert set(signs.index[signs["verdict"] == OUT]) == {
        "consumption / output, sd",
        "investment / output, sd",
        "defaults with output",
    }


def test_the_report_names_what_is_outside_and_what_drifts():
    rows = judged(planted(lambda w, t, e: 1.2 + 0.003 * t + 0.01 * e), (LEVEL,))
    text = told(rows, cycle_signs(cyclical(), start=0), accidents(plain_core()), 12)
    assert "OUT " in text
    assert "outside their bands: level" in text
    assert "drifting: level" in text


def test_bands_are_in_order_and_cite_facts_that_exist():
    evidence = seeds("evidence")
    for band in BANDS:
        assert band.low < band.high
        assert band.drift > 0
        assert band.source
        first = band.source.split(",")[0].split(";")[0]
        if first.replace("_", "").isupper() and "_" in first:
            published = evidence[first]["band"]
            assert (band.low, band.high) == tuple(published)


def test_short_runs_are_judged_from_their_last_four_fifths():
    assert (window_start(400), window_start(100)) == (80, 20)


def test_the_script_writes_its_files(tmp_path, monkeypatch, capsys):
    def serially(self, ensemble, folder=""):
        return ensemble.run(Store(self.out / folder), executor="serial", progress=False)

    monkeypatch.setattr(Settings, "run", serially)
    words = ["--seeds", "2", "--firms", "200", "--quarters", "50", "--out", str(tmp_path)]
    assert core.STUDY.main("core", words) == 0
    said = capsys.readouterr().out
    assert "2 of 2 worlds" in said
    assert (tmp_path / "core.txt").read_text(encoding="utf-8").strip() in said
    assert (tmp_path / "core.png").stat().st_size > 20_000
    rows = pd.read_csv(tmp_path / "core.csv", index_col="measure")
    assert list(rows.index) == [band.name for band in BANDS]
    assert {"signs.csv", "moments.csv"} <= {path.name for path in tmp_path.iterdir()}
