"""The promise: one command compares all business models in the same worlds, and its words follow its
numbers."""

from __future__ import annotations

import errno
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import sim
from experiments.judge import comparison, sides, sizes
from experiments.judge.asked import at_end
from experiments.judge.chance import corrected
from experiments.judge.means import mean_interval
from experiments.judge.verdict import verdict
from experiments.measure.futures import FOCUS, FREE, NO_GAINS, PLACEBO, arms, kept
from experiments.measure.measures import MEASURES
from experiments.run.arm import Arm, branch
from experiments.run.command import read
from experiments.run.store import Store
from experiments.studies import compare, either_side, scale
from experiments.study import Tables
from experiments.tell import tables
from experiments.tell.drawing import colour
from experiments.tell.words import label, number

TINY = "--worlds 2 --firms 200 --banks 4 --platforms 12 --burn-in 3 --quarters 8 --seed 5 --quiet"
PNGS = ("survival", "contrasts", "growth", "output")
TEXTS = (
    "measures.csv",
    "means.csv",
    "differences.csv",
    "primary.csv",
    "secondary.csv",
    "dependence.csv",
    "pairs.csv",
    "dominance.csv",
    "weightings.csv",
    "preferred.csv",
    "lucks.csv",
    "signal.csv",
    "noise.csv",
    "stakes.csv",
    "report.md",
    "report.html",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A tiny main job, done in this process, and what it left behind."""
    folder = tmp_path_factory.mktemp("compare")
    settings = read(compare.STUDY.parser("compare"), [*TINY.split(), "--out", str(folder)])
    ensemble = compare.STUDY.ensemble(settings)
    outcome = ensemble.run(folder, executor="serial", progress=False, arguments=settings.arguments)
    tables = Tables(settings, outcome)
    return ensemble, tables, *reported(tables)


def reported(tables: Tables) -> tuple[comparison.Comparison, str]:
    """What the study finds in its tables, and the words; its files are written."""
    found = compare.judge(tables)
    report = compare.tell(found)
    report.write(tables.settings.out, tables.notes)
    return found.comparison, report.words


def test_every_business_model_is_an_arm_and_integration_once_more_without_gains():
    labels = list(arms())
    assert labels[0] == "external_finance"
    assert set(labels) == {*sim.discover(), NO_GAINS, FREE, *PLACEBO.values()}


def test_the_choice_of_founders_is_judged_and_takes_no_place_among_business_models():
    """Better than all by everything that is asked, it is told to be so, and who comes first is told as
    without it."""
    table = planted(ESSAY)
    best = table.loc[table["arm"] == FOCUS].assign(arm=FREE)
    margins = best["measure"].map({m.name: m.least * m.direction for m in MEASURES.values()})
    best["value"] += (100.0 + best["world"]) * margins
    both = pd.concat([table, best])
    pairs = comparison.contrasts([*LABELS, FREE])
    assert {(FREE, "external_finance"), (FOCUS, FREE)} <= set(pairs)
    words = comparison.compare(both).differences.set_index(["treated", "control", "measure"])["word"]
    assert words[FREE, "external_finance", "unemployment"] == "better"
    assert words[FOCUS, FREE, "unemployment"] == "worse"
    assert not [field for field, members in sides.fields([*LABELS, FREE]).items() if FREE in members]
    for name in ("first", "overall", "separating"):
        with_it, without = (getattr(sides.sides(one, drawn()), name) for one in (both, table))
        pd.testing.assert_frame_equal(with_it, without)
    with_it, without = (verdict(at_end(one).assign(horizon=40), drawn()) for one in (both, table))
    pd.testing.assert_frame_equal(with_it.first, without.first)
    pd.testing.assert_frame_equal(with_it.dominance, without.dominance)
    assert {FREE} < set(with_it.primary["arm"]) and FREE not in set(with_it.preferred["arm"])
    tints = {colour(one, list(LABELS)) for one in LABELS}
    assert label(FREE) == "free choice of founders" and colour(FREE, [*LABELS, FREE]) not in tints


def test_the_main_job_writes_all_its_files(run):
    _, tables, found, verdict = run
    outcome = tables.outcome
    assert outcome.computed == 2 and not outcome.failures
    folder = outcome.store.path
    for name in (*TEXTS, "measures.parquet", "manifest.json"):
        assert (folder / name).stat().st_size > 100, name
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert verdict in report and "No verdict: 2 worlds" in verdict
    assert all(one.title in report and one.definition in report for one in MEASURES.values())
    tidy = pd.read_parquet(folder / "measures.parquet")
    assert len(tidy) == 2 * (len(arms()) - len(PLACEBO)) * len(MEASURES)
    assert found.worlds == 2


def test_figures_say_where_they_come_from(run):
    folder = run[1].settings.out
    for name in PNGS:
        with Image.open(folder / f"{name}.png") as image:
            assert image.width > 900
            assert '"seed": 5' in image.info["Arguments"]
            assert image.info["Code"] == Store(folder).description()["code"]


def test_a_rerun_computes_nothing_and_says_the_same_also_where_nothing_can_be_written(run, monkeypatch):
    """Where a file cannot be written, it has to hold the same bytes already."""
    ensemble, tables, _, verdict = run
    folder, settings = tables.settings.out, tables.settings
    again = ensemble.run(folder, executor="serial", progress=False, arguments=settings.arguments)
    assert (again.computed, again.reused) == (0, 2)

    def refuses(self, *choices):
        raise OSError(errno.EROFS, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "touch", refuses)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert reported(Tables(settings, again))[1] == verdict
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_only_a_linked_firm_gains_so_one_arm_stands_for_an_ensemble_without_gains():
    world = sim.Economy(firms=200, banks=4, platforms=6, seed=3).run(3)
    bare = branch(world, Arm(FOCUS, {"process_gain": 0.0, "adaptation_gain": 0.0}))
    assert bare.strategy.name == FOCUS and (bare.p.process_gain, bare.p.adaptation_gain) == (0.0, 0.0)
    assert world.p.process_gain > 0
    plain = Arm("institution_traffic")
    changed = Arm("institution_traffic", {"process_gain": 0.0, "adaptation_gain": 0.0})
    harvest = [kept(branch(world, arm).run(8)) for arm in (plain, changed)]
    for name, table in harvest[0].items():
        pd.testing.assert_frame_equal(table, harvest[1][name])


def test_what_is_kept_counts_from_the_branching():
    world = sim.Economy(firms=200, banks=4, platforms=6, seed=3).run(3)
    lived = {arm: branch(world, Arm(arm)).run(4) for arm in ("external_finance", "deep_integration")}
    tables_of = {arm: kept(one) for arm, one in lived.items()}
    assert tables_of[FOCUS]["quarters"]["since"].tolist() == [1, 2, 3, 4]
    assert tables_of[FOCUS]["quarters"]["quarter"].tolist() == [4, 5, 6, 7]
    of = tables_of[FOCUS]["platforms"]
    counts = lived[FOCUS].records.quarters["platforms_alive"].iloc[3:]
    assert of.groupby("since")["alive"].sum().tolist() == counts.tolist() and counts.iloc[0] >= 5
    assert of["platform"].min() >= 1 and not of.duplicated(["since", "platform"]).any()
    assert len(tables_of["external_finance"]["platforms"]) == 0
    assert len(tables_of[FOCUS]["firms"]) == 200


# -- words follow numbers -----------------------------------------------------------------------------

LABELS = ("external_finance", "consumer_traffic", "institution_traffic", "sideline_platform", FOCUS, NO_GAINS)


def planted(order: tuple[str, ...], worlds: int = 12, noise: float = 0.3) -> pd.DataFrame:
    """Measures in which arms come out in this order, the best first, in every directed measure."""
    generator = np.random.default_rng(1)
    rows = []
    for world in range(worlds):
        for arm in LABELS:
            for one in MEASURES.values():
                place = order.index(arm) + noise * np.clip(generator.standard_normal(), -1.5, 1.5)
                value = -15.0 * place * one.least * one.direction
                absent = one.of_platforms and arm == "external_finance"
                if one.name == "credit":
                    value = 0.5
                about = (one.group, one.name, one.unit, one.direction)
                rows.append((world, arm, 1, *about, math.nan if absent else value))
    names = ["world", "arm", "luck", "group", "measure", "unit", "direction", "value"]
    return pd.DataFrame(rows, columns=names)


def drawn(worlds: int = 12) -> pd.DataFrame:
    at = np.arange(worlds, dtype=float)
    return pd.DataFrame(
        {"process_gain": at, "adaptation_gain": at, "pace_of_change": at[::-1]}, index=range(worlds)
    )


ESSAY = (FOCUS, "sideline_platform", "institution_traffic", "consumer_traffic", NO_GAINS, "external_finance")
HARVEST = (
    "consumer_traffic",
    "institution_traffic",
    "external_finance",
    "sideline_platform",
    FOCUS,
    NO_GAINS,
)


@pytest.fixture(scope="module")
def essay():
    return comparison.compare(planted(ESSAY))


def test_a_difference_is_better_or_worse_by_the_direction_of_its_measure(essay):
    table = essay.differences.set_index(["treated", "control", "measure"]).sort_index()
    harvest = comparison.differences(planted(HARVEST), [(FOCUS, "external_finance")]).set_index("measure")
    for name in ("productivity_gain", "unemployment"):  # more is better, less is better
        assert table.loc[(FOCUS, "external_finance", name), "word"] == "better"
        assert harvest.loc[name, "word"] == "worse"
    assert table.loc[(FOCUS, "external_finance", "unemployment"), "mean"] < 0
    assert table.loc[(FOCUS, "external_finance", "survival"), "n"] == 0


def test_every_measure_has_the_interval_of_the_verdict_and_only_the_judged_have_words():
    table = planted(ESSAY, worlds=14)
    shown = table["measure"] == "onset"
    table.loc[shown, "value"] = np.random.default_rng(2).normal(size=int(shown.to_numpy().sum()))
    table = pd.concat([table, placebo(table)])
    found = comparison.differences(table, [(FOCUS, "consumer_traffic")]).set_index("measure")
    wide = table.pivot(index=["world", "measure"], columns="arm", values="value")
    gaps = (wide[FOCUS] - wide["consumer_traffic"]).unstack("measure")
    for name in ("unemployment", "consumption_gain", "onset"):  # judged, primary, without a direction
        one = mean_interval(np.asarray(gaps[name]))
        row = found.loc[name]
        assert (row["mean"], row["low"], row["high"]) == pytest.approx((one.mean, one.low, one.high)), name
        assert row["placebo"] == pytest.approx(3.0)
    worded = found.loc[found["word"] != ""]
    assert set(worded.index) == {m.name for m in MEASURES.values() if m.direction and not m.primary}
    assert worded["p_corrected"].to_numpy() == pytest.approx(corrected(worded["p"], "bh"))
    assert found["p_corrected"].notna().sum() == len(worded)
    assert found.loc["consumption_gain", "direction"] == 1 and found.loc["onset", "direction"] == 0


def test_at_the_horizon_of_the_verdict_tables_say_what_it_says():
    table = planted(ESSAY, noise=2.0)
    judged = verdict(at_end(table).assign(horizon=40), drawn()).secondary
    judged = judged.set_index(["arm", "other", "outcome"]).sort_index()
    keys = ["treated", "control", "measure"]
    shown = comparison.compare(table).differences.set_index(keys).rename_axis(judged.index.names)
    assert len(set(judged["word"])) > 1
    for name in ("low", "p_corrected", "word"):
        pd.testing.assert_series_equal(shown.sort_index().loc[judged.index, name], judged[name])


def placebo(table: pd.DataFrame) -> pd.DataFrame:
    """The focus once more, all its numbers moved by 3."""
    own = table.loc[table["arm"] == FOCUS]
    return own.assign(arm=PLACEBO[FOCUS], value=own["value"] + 3.0)


def test_a_difference_too_small_to_matter_is_no_win():
    table = planted(ESSAY)
    table["value"] *= np.where(table["measure"] == "productivity_gain", 1e-3, 1.0)
    found = comparison.compare(table)
    row = found.differences.set_index(["treated", "control", "measure"]).sort_index()
    row = row.loc[(FOCUS, "external_finance")]
    assert row.loc["productivity_gain", "word"] == "no difference that matters"
    assert row.loc["productivity_gain", "p_corrected"] < 0.05 and row.loc["unemployment", "word"] == "better"
    lines = "\n".join(tables.lines(found)).splitlines()
    cells = {line.split("|")[1].strip(): line for line in lines if line.startswith("|")}
    assert cells["productivity gain ↑ [%]"].count(") =") == 4  # against each other arm, told last
    assert cells["unemployment ↓ [points]"].count(") better") == 4


def test_few_worlds_are_told_without_intervals_and_words():
    for worlds in (1, 11):
        found = comparison.compare(planted(ESSAY, worlds=worlds)).differences
        assert found["low"].isna().all() and found["mean"].notna().any()
        assert set(found["word"]) == {"", "undecided"}


def test_tables_say_not_available_where_nothing_was_measured(essay):
    text = "\n".join(tables.lines(essay))
    row = next(line for line in text.splitlines() if line.startswith("| survival"))
    assert row.split("|")[2].strip() == "n/a"
    assert number(-0.00012345, signed=True) == "−0.000123"
    assert number(9.73e-05) == "0.0000973" and number(-9.73e-05, signed=True) == "−0.0000973"
    assert number(12345.6) == "12346" and number(math.nan) == "n/a" and number(0.0) == "0"


# -- either side, and every size ----------------------------------------------------------------------


def test_the_study_of_either_side_writes_its_files_and_shares_add_up(tmp_path):
    study = either_side.STUDY
    settings = read(study.parser("either_side"), [*TINY.split(), "--out", str(tmp_path)])
    outcome = study.ensemble(settings).run(tmp_path, executor="serial", progress=False)
    tables = Tables(settings, outcome)
    found = study.judge(tables)
    study.tell(found).write(tmp_path, tables.notes)
    for name in ("first.csv", "overall.csv", "separating.csv", "report.md", "either_side.png"):
        assert (tmp_path / name).stat().st_size > 30, name
    totals = sides.totals(found).groupby("field")["share"].sum()
    assert totals.to_numpy() == pytest.approx(1.0)
    assert found.first.groupby(["field", "group"])["share"].sum().to_numpy() == pytest.approx(1.0)


def test_each_side_wins_in_the_worlds_that_were_made_for_it():
    table = planted(ESSAY, worlds=20, noise=0.02)
    turned = planted(HARVEST, worlds=20, noise=0.02)
    table = pd.concat([table.loc[table["world"] < 5], turned.loc[turned["world"] >= 5]])
    ranges = pd.DataFrame({"pace_of_change": np.arange(20.0)[::-1], "agility": np.tile([0.0, 1.0], 10)})
    found = sides.sides(table, ranges)
    shares = sides.totals(found).set_index(["field", "arm"])["share"]
    assert shares["platforms", FOCUS] == 0.25 and shares["platforms", "consumer_traffic"] == 0.75
    assert shares["no real gains", NO_GAINS] == 0.0
    assert found.separating["parameter"].tolist() == ["pace_of_change", "agility"]
    assert found.separating["correlation"][0] > 0.5 and found.separating["p_holm"][0] < 0.05
    text = "\n".join(either_side.lines(found))
    assert "deep integration, first over all groups in 25 % of worlds: worlds" in text


def test_the_study_of_scale_grows_firms_and_consumers_together():
    settings = read(
        scale.STUDY.parser("scale"), ["--full", "--firms", "200", "--consumers", "300", "--worlds", "8"]
    )
    plan = scale.sizes(settings)
    assert [(one.firms, one.consumers, one.worlds) for one in plan.values()] == [
        (200, 300, 8),
        (2_000, 3_000, 8),
        (20_000, 30_000, 2),
    ]
    assert list(scale.sizes(replace(settings, full=False))) == ["200", "2000"]


def test_sizes_that_differ_are_told_from_sizes_that_agree():
    small, large = planted(ESSAY, noise=0.01), planted(ESSAY, noise=0.01)
    grown = (large["measure"] == "goods_gain") & (large["arm"] == FOCUS)
    large.loc[grown, "value"] += 0.05 + 0.001 * large.loc[grown, "world"]
    differences, agreement = sizes.by_size({1_000: small, 10_000: large})
    verdicts = agreement.set_index(["control", "measure"])["verdict"]
    assert verdicts["external_finance", "goods_gain"] == "differ"
    assert verdicts["external_finance", "unemployment"] == "agree"
    text = "\n".join(scale.lines(differences, agreement))
    assert "1,000 against 10,000 firms" in text and "5 differ" in text
    assert set(agreement["verdict"]) == {"agree", "differ"}


def test_what_sizes_say_is_open_where_worlds_are_few():
    sized = {firms: planted(ESSAY, worlds=worlds) for firms, worlds in ((1_000, 12), (10_000, 11))}
    differences, agreement = sizes.by_size(sized)
    assert set(agreement["verdict"]) == {"open"} and (agreement["n"] == 11).all()
    assert agreement["why"].str.contains("11 worlds: at least 12 are needed").all()
    of_size = differences.groupby("firms")["low"]
    assert of_size.count()[1_000] > 0 and of_size.count()[10_000] == 0
    assert "nan" not in "\n".join(scale.lines(differences, agreement))


def test_sizes_are_compared_in_the_same_worlds():
    small = planted(ESSAY, worlds=14, noise=1.0)
    large = small.assign(value=small["value"] + 0.1 * small["world"] * (small["arm"] == FOCUS))
    _, agreement = sizes.by_size({1_000: small, 10_000: large.loc[large["world"] > 1]})
    row = agreement.set_index(["control", "measure"]).loc[("external_finance", "unemployment")]
    one = mean_interval(0.1 * np.arange(2, 14))
    assert (row["mean"], row["low"], row["high"]) == pytest.approx((one.mean, one.low, one.high))
