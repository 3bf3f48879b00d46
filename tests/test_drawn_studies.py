"""The promise: what the studies of pace, crowding, depth and lines say is what was planted in their tables; a
tiny one of each is lived, told, gone on with and answers its claims."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.judge import register
from experiments.judge.claims import Part, joined, part
from experiments.judge.estimands import Material
from experiments.measure.cases import lots_until, platforms_until, steadiness
from experiments.measure.futures import FOCUS, NO_PROCESS
from experiments.run.command import read
from experiments.run.world import CONTROL, worlds
from experiments.studies import crowding, depth, diversification, pace_of_change, verdict

WORLDS = 20
DRAWN = pd.DataFrame(np.random.default_rng(9).random((WORLDS, 4)), columns=list("abcd"))


def answered(mine: Part, claim: str) -> str:
    """The word of a claim."""
    found = joined(register.claims(), [mine]).claims.set_index("claim")
    return str(found.loc[claim, "word"])


def asked(study: Any, horizon: int = 40) -> list[register.Contrast]:
    """The contrasts of a study's claims."""
    mine = [claim for claim in register.claims() if claim.study == study.NAME]
    return [replace(one, horizon=horizon) for claim in mine for one in claim.contrasts]


def value_rows(outcome: str, arm: str, numbers: Any) -> pd.DataFrame:
    rows = {
        "world": range(WORLDS),
        "luck": 1,
        "arm": arm,
        "outcome": outcome,
        "horizon": 40,
        "value": numbers,
    }
    return pd.DataFrame(rows)


# -- pace -------------------------------------------------------------------------------------------------


def paces(slope: float, still: float = 0.0) -> tuple[Part, Material]:
    """Worlds at four paces in which integration leads by so much where nothing changes, and so much more at
    the usual pace."""
    rng = np.random.default_rng(1)
    own = 0.01 * rng.standard_normal(WORLDS)
    levels = {}
    quarters = pd.DataFrame(
        [
            (world, 1, arm, since, 0.01, 0.005)
            for world in range(WORLDS)
            for arm in pace_of_change.arms()
            for since in (1, 2)
        ],
        columns=["world", "luck", "arm", "since", "default_rate", "closure_rate"],
    )
    quarters["default_rate"] += 1e-4 * rng.random(len(quarters))
    for pace in (0.0, 0.8, 1.7, 2.5):
        parts = []
        for arm in pace_of_change.arms():
            lead = (still + slope * pace) * (arm in (FOCUS, NO_PROCESS))
            parts.append(value_rows("goods_gain", arm, own + lead + 1e-4 * rng.standard_normal(WORLDS)))
        levels[pace] = Material(pd.concat(parts), quarters)
    found = Material(levels[0.0].values, quarters, levels=levels)
    return part(pace_of_change.twice(asked(pace_of_change)), found, DRAWN, range(WORLDS)), found


def test_a_lead_that_grows_with_the_pace_is_found_and_one_that_does_not_is_not():
    grows, found = paces(0.005)
    assert (answered(grows, "C1"), answered(grows, "C2")) == ("supported", "supported")
    assert len(grows.asked) == 2 * 3 and {one.arm for one in grows.asked} == {FOCUS, NO_PROCESS}
    slopes = pace_of_change.summed(grows, found).slopes
    first = slopes.iloc[0]
    assert first["low"] < 0.005 < first["high"] and "usual pace" in first["quantity"]
    level, _ = paces(0.0)
    assert answered(level, "C2") == "no difference that matters"
    falls, _ = paces(-0.005, still=0.01)
    assert (answered(falls, "C1"), answered(falls, "C2")) == ("contradicted", "contradicted")


# -- crowding ---------------------------------------------------------------------------------------------


def crowds(slopes: dict[str, float]) -> tuple[Part, Material]:
    """Returns that fall so much with the log of the number of platforms."""
    rng = np.random.default_rng(2)
    parts = []
    for name in crowding.MODELS:
        for n in crowding.NUMBERS:
            numbers = 0.1 + slopes.get(name, 0.0) * np.log(n) + 0.01 * rng.standard_normal(WORLDS)
            parts.append(value_rows("return_on_capital", f"{name}{crowding.APART}{n}", numbers))
    parts.append(value_rows("return_on_capital", CONTROL, np.nan))
    levels = {n: Material(one, one.iloc[:0]) for n, one in crowding.levels_of(pd.concat(parts)).items()}
    found = Material(levels[6.0].values, levels[6.0].quarters, levels=levels)
    return part(asked(crowding), found, DRAWN, range(WORLDS)), found


def test_returns_that_fall_faster_among_harvesters_are_found():
    steep, found = crowds({"institution_traffic": -0.1, "consumer_traffic": -0.08})
    assert set(found.levels) == set(map(float, crowding.NUMBERS))
    assert answered(steep, "C6") == "supported"
    table = crowding.summed(steep, found).slopes
    assert table["mean"].round(2).tolist() == pytest.approx([0.0, -0.1, -0.08, -0.1, -0.08], abs=0.011)
    alike, _ = crowds(dict.fromkeys(crowding.MODELS, -0.1))
    assert answered(alike, "C6") == "no difference that matters"


# -- depth ------------------------------------------------------------------------------------------------


def links(gain: float, profit: float, each: int = 30) -> dict[str, pd.DataFrame]:
    """Links by lot: the firm gains so much of its value added at full depth, its platform so many yuan a
    year. One in ten firms is gone half-way, whatever its depth."""
    rng = np.random.default_rng(3)
    lots, linked, twins = [], [], []
    for world in range(WORLDS):
        size, drawn = 1e5 * rng.lognormal(0.0, 0.5, each), rng.integers(1, 5, each)
        base = {"world": world, "luck": 1, "firm": np.arange(each)}
        there = {10: np.ones(each), 20: (rng.random(each) > 0.1).astype(float)}
        twins += [
            pd.DataFrame({**base, "arm": CONTROL, "since": since, "added": size * alive})
            for since, alive in there.items()
        ]
        for arm in (FOCUS, NO_PROCESS):
            deepest = rng.random(each)
            frame = {"arm": arm, "drawn_at": drawn, "deepest": deepest, "sales": 2 * size}
            lots.append(pd.DataFrame({**base, **frame}))
            for since, alive in there.items():
                more = size * (1.0 + gain * deepest + 0.02 * rng.standard_normal(each)) * alive
                yuan = (profit * deepest + 200.0 * rng.standard_normal(each)) * (20 - drawn + 1) / 8.0
                frame = {"arm": arm, "since": since, "added": more, "profit": yuan, "depth": deepest}
                linked.append(pd.DataFrame({**base, **frame}))
    found = {"lots": lots, "linked": linked, "twins": twins}
    return {name: pd.concat(parts, ignore_index=True) for name, parts in found.items()}


def depths(gain: float, profit: float) -> tuple[Part, Material]:
    tables = links(gain, profit)
    quarters = pd.DataFrame({"arm": [CONTROL, FOCUS, NO_PROCESS]})
    found = Material(quarters.iloc[:0], quarters, tables)
    return part(depth.twice(asked(depth, 20)), found, DRAWN, range(WORLDS)), found


def test_what_depth_gains_firm_and_platform_is_found_and_nothing_is_not():
    both, found = depths(0.2, 5_000.0)
    assert (answered(both, "C3"), answered(both, "C20")) == ("supported", "supported")
    table = depth.summed(both, found).slopes.set_index(["quantity", "arm"])
    profit = table.loc[("yearly profit of a platform on the depth drawn", FOCUS)]
    assert profit["mean"] == pytest.approx(5_000.0, rel=0.01)
    gain = table.loc[("gain of a firm on the depth drawn", FOCUS)]
    assert 0.1 < gain["mean"] < 0.2  # over the mean of both, which rises too
    none, _ = depths(0.0, -5_000.0)
    assert answered(none, "C3") in ("no difference that matters", "undecided")
    assert answered(none, "C20") == "contradicted"


def test_who_closes_makes_nothing_and_counts():
    base = {"world": 0, "luck": 1}
    lots = pd.DataFrame(
        {**base, "arm": FOCUS, "firm": [1, 2, 3], "drawn_at": [1, 1, 9], "deepest": 0.5, "sales": 9.0}
    )
    linked = [(1, 1, 10.0), (1, 2, 10.0), (2, 1, 10.0), (2, 2, 0.0), (3, 9, 1.0)]
    seen = pd.DataFrame(linked, columns=["firm", "since", "added"]).assign(
        **base, arm=FOCUS, profit=1.0, depth=0.5
    )
    twins = pd.DataFrame(
        [(1, 1, 10.0), (1, 2, 0.0), (2, 1, 10.0), (2, 2, 10.0)], columns=["firm", "since", "added"]
    )
    tables = {"lots": lots, "linked": seen, "twins": twins.assign(**base, arm=CONTROL)}
    cases = lots_until(tables, FOCUS, CONTROL, 4)
    assert cases["firm"].tolist() == [1, 2]  # the third drew too late
    assert cases["gain"].tolist() == pytest.approx([10.0 / 15.0, -10.0 / 15.0])
    assert cases["profit"].tolist() == pytest.approx([2.0, 2.0])


# -- lines ------------------------------------------------------------------------------------------------


def platforms(survival: float, calm: float) -> dict[str, pd.DataFrame]:
    """Platforms of which each line saves so many, and makes revenue vary so much less."""
    rng = np.random.default_rng(4)
    rows, breadth = [], []
    for world in range(WORLDS):
        for platform, lines in enumerate(np.repeat(np.arange(1, 7), 5)):
            dies = 0 if rng.random() < 0.3 + survival * lines else 12
            kind = f"{FOCUS}_lines_{lines}"
            customers = float(rng.integers(3, 30))
            for since in range(1, 25):
                alive = not dies or since < dies
                revenue = 100.0 * max(0.05, 1.0 + (0.5 - calm * lines) * rng.standard_normal())
                rows.append(
                    (world, 1, FOCUS, since, platform, kind, float(alive), revenue * alive, customers)
                )
                breadth.append((world, 1, FOCUS, since, platform, 1 + platform % 4))
    columns = ["world", "luck", "arm", "since", "platform"]
    table = pd.DataFrame(rows, columns=[*columns, "kind", "alive", "revenue", "customers"])
    return {"platforms": table, "breadth": pd.DataFrame(breadth, columns=[*columns, "sectors"])}


def lines_of(survival: float, calm: float) -> tuple[Part, Material]:
    tables = platforms(survival, calm)
    quarters = pd.DataFrame({"arm": [FOCUS]})
    found = Material(quarters.iloc[:0], quarters, tables)
    return part(asked(diversification, 24), found, DRAWN, range(WORLDS)), found


def test_lines_that_save_and_steady_are_found_and_those_that_do_not_are_not():
    both, found = lines_of(0.1, 0.06)
    assert answered(both, "C10") == "supported"
    slopes = diversification.summed(both, found).slopes.set_index("quantity")
    survival = slopes.loc["survival on the number of lines, given size"]
    assert survival["low"] < 0.1 < survival["high"]
    none, _ = lines_of(0.0, 0.0)
    assert answered(none, "C10") in ("undecided", "no difference that matters")
    cases = platforms_until(found.tables, FOCUS, 24)
    assert len(cases) == WORLDS * 30 and set(cases["lines"]) == set(range(1, 7))


def test_steady_growth_is_steady_and_a_short_life_says_nothing():
    assert steadiness(100.0 * 1.05 ** np.arange(20)) == pytest.approx(0.0, abs=1e-9)
    assert steadiness([0.0, 0.0, *[1.0, 3.0] * 6]) < -0.5
    assert np.isnan(steadiness([0.0] * 30)) and np.isnan(steadiness([0.0] * 9 + [1.0] * 7))


def test_lines_are_dealt_by_the_seed_of_the_world_and_none_lacks_what_it_needs():
    made = worlds(12, seed=1, sampled=False)
    arms = [diversification.own(world)[FOCUS].described() for world in made]
    assert arms == [diversification.own(world)[FOCUS].described() for world in made]
    assert len({str(one) for one in arms}) > 6
    whole = len(diversification.possible(1)) + 1
    for arm in (diversification.own(world)[FOCUS] for world in made):
        assert sorted(len(row.lines) for row in arm.platforms) == list(range(1, whole + 1))
        assert all("payments" in row.lines for row in arm.platforms if "advances" in row.lines)


# -- whole ------------------------------------------------------------------------------------------------

TINY = "--worlds 2 --firms 300 --banks 4 --burn-in 3 --quarters 12 --lead-in 8 --workers 1 --quiet"
pytestmark = pytest.mark.usefixtures("in_process")
STUDIES = {
    pace_of_change: "--paces 2",
    crowding: "--platforms 52",
    depth: "",
    diversification: "--platforms 80",
}


@pytest.mark.parametrize("study", STUDIES, ids=lambda one: one.NAME)
def test_a_tiny_study_is_told_answers_its_claims_and_goes_on(study, tmp_path, capsys):
    words = [*TINY.split(), *STUDIES[study].split(), "--out", str(tmp_path)]
    assert study.STUDY.main(study.NAME, words) == 0
    first = capsys.readouterr().out
    assert "no verdict" in first and "at least 12 are needed" in first
    claims = pd.read_csv(tmp_path / "claims.csv")
    assert set(claims["study"]) == {study.NAME} and set(claims["word"]) == {"undecided"}
    slopes, contrasts = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("slopes", "contrasts"))
    assert len(slopes) and set(contrasts["claim"]) == set(claims["claim"])
    page = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert all(name in page for name in claims["claim"])
    assert (tmp_path / f"{study.NAME}.png").stat().st_size > 10_000
    assert study.STUDY.main(study.NAME, words) == 0
    assert "(0 computed" in capsys.readouterr().out


def test_the_verdict_takes_its_own_sizes_for_each_study_but_for_those_that_are_set(tmp_path):
    built = verdict.STUDY.parser("verdict")
    usual = verdict.worlds(read(built, ["--out", str(tmp_path / "verdict")]))
    assert usual["crowding"].worlds == crowding.QUICK["worlds"] and usual["crowding"].platforms == 64
    assert {one for one in usual if one.startswith("pace_of_change/")} and "compare" in usual
    assert all(one.out == tmp_path for one in usual.values())
    chosen = verdict.worlds(
        read(built, ["--worlds", "14", "--platforms", "44", "--out", str(tmp_path / "v")])
    )
    assert {one.worlds for one in chosen.values()} == {14}
    assert (chosen["compare"].platforms, chosen["crowding"].platforms) == (44, 64)
