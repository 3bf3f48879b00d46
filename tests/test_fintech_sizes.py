"""How large fintech is: a planted size is told at its peak and at the end, and only two of them judge."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.judge.fintech_sizes import JUDGE, JUDGES, SCALE, SET_IT, middle_sizes, role
from experiments.measure.fintech_sizes import DERIVED, RECORDED, SIZES, derived, kept_sizes, sizes
from experiments.measure.futures import FOCUS, FREE
from experiments.studies import magnitudes
from experiments.tell import fintech_sizes as told
from sim.engine.parameters import seeds
from tests.economies import small

pytestmark = pytest.mark.usefixtures("in_process")


def of_quarters(quarters: int, **columns: Any) -> pd.DataFrame:
    """Quarters as `kept_sizes` gives them, zero but for the named columns."""
    kept = dict.fromkeys((*RECORDED, *DERIVED), 0.0)
    return pd.DataFrame({"since": range(1, quarters + 1), **kept, **columns})


def planted(worlds: int, lent: float, largest: float) -> pd.DataFrame:
    """Households lend so much at the peak under consumer traffic, integrators at the end."""
    rng, parts = np.random.default_rng(2), []
    for world in range(worlds):
        luck = np.exp(0.05 * rng.standard_normal())
        path = np.where(np.arange(20) < 8, luck * lent, 0.1 * lent)
        parts.append(of_quarters(20, lent_by_households=path).assign(world=world, arm="consumer_traffic"))
        path = np.where(np.arange(20) < 8, 0.0, luck * largest)
        parts.append(of_quarters(20, largest_lender=path).assign(world=world, arm=FOCUS))
    return pd.concat(parts)


def test_sizes_judge_where_nothing_was_set_by_them_and_hit_or_miss_as_planted():
    evidence = seeds("evidence")
    hit = middle_sizes(planted(16, 0.009, 0.002), evidence).set_index(["size", "arm"])
    assert {key: row for key, row in hit["word"].items() if row} == {
        ("lent by households", "consumer_traffic"): "in", ("largest lender", FOCUS): "in",
    }  # fmt: skip
    row = hit.loc[("lent by households", "consumer_traffic")]
    assert row["peak"] == pytest.approx(0.009, rel=0.05) and row["end"] == pytest.approx(0.0009, rel=0.05)
    assert row["least_peak"] < row["low_peak"] < row["peak"] < row["high_peak"] < row["most_peak"]
    miss = middle_sizes(planted(16, 0.0009, 0.02), evidence)
    assert sorted(miss.loc[miss["word"] != "", "word"]) == ["OUT", "OUT"]
    few = middle_sizes(planted(6, 0.009, 0.002), evidence)
    assert sorted(few.loc[few["word"] != "", "word"]) == ["open", "open"]
    text = "\n".join(told.lines(few))
    assert "6 worlds at defaults; at least 12 are needed" in text and text.count(": open.") == 2


def test_what_set_the_scale_is_told_so_and_is_no_hit():
    text = "\n".join(told.lines(middle_sizes(planted(12, 0.009, 0.002), seeds("evidence"))))
    rows = {line.strip("| ").split("  ")[0].split(" |")[0].strip(): line for line in text.splitlines()}
    for size in SIZES:
        line = next(one for one in rows.values() if one.startswith(f"| {size} "))
        assert ("sets the scale, no hit" in line) == (size in SCALE) == (role(size) == SET_IT)
        assert line.rstrip("| ").endswith("judges") == (size in JUDGE) == (role(size) == JUDGES)
    facts = seeds("evidence")
    assert {facts[name]["use"] for name, _, _ in JUDGE.values()} == {"validate"}


def test_sizes_are_kept_from_the_branching_on():
    world = small(platforms=12).run(2)
    table: Any = kept_sizes(world.branch("consumer_traffic").run(6))["quarters"]
    assert table["since"].tolist() == list(range(1, 7)) and table["advertising"].max() > 0.0
    assert {*RECORDED, *DERIVED} <= set(table)
    nobody: Any = kept_sizes(world.branch("external_finance").run(2))["quarters"]
    assert (nobody["largest_lender"] == 0.0).all()


TINY = "--worlds 1 --firms 300 --banks 4 --platforms 16 --giants 1 --burn-in 16 --quarters 8 --quiet"
OWN = "--workers 1 --sizes-worlds 2 --sizes-quarters 8"


def test_magnitudes_tells_sizes_in_worlds_of_its_own_and_goes_on(tmp_path, capsys):
    words = [*TINY.split(), *OWN.split(), "--out", str(tmp_path)]
    assert magnitudes.STUDY.main("magnitudes", words) == 0
    large: Any = pd.read_csv(tmp_path / "sizes.csv")
    assert set(large["arm"]) >= {FREE, FOCUS} and set(large["size"]) == set(SIZES)
    assert (large["worlds"] == 2).all() and (tmp_path / "sizes" / "manifest.json").exists()
    text = (tmp_path / "magnitudes.txt").read_text(encoding="utf-8")
    assert text.index(magnitudes.LARGE) < text.index(magnitudes.TITLES["loans"])
    capsys.readouterr()
    magnitudes.STUDY.main("magnitudes", words)
    assert "(0 computed" in capsys.readouterr().out


def test_a_size_is_the_highest_year_and_the_last():
    revenue = [0.0] * 8 + [0.004, 0.006, 0.004, 0.006] + [0.002] * 8
    found = sizes(of_quarters(20, platform_revenue=revenue, payment_fees=[0.001] * 20))
    assert found["revenue"] == pytest.approx((0.005, 0.002))
    assert found["revenue with payment fees"] == pytest.approx((0.006, 0.003))
    assert found["venture money"] == (0.0, 0.0) and set(found) == set(SIZES)


def test_debts_are_beside_a_years_gdp_and_giants_count():
    platforms = pd.DataFrame({
        "quarter": [1, 1, 2], "claims_owed": [10.0, 30.0, 8.0], "loans": [20.0, 60.0, 4.0],
        "consumer_spend": [1.0, 2.0, 0.0], "firm_spend": [3.0, 4.0, 5.0], "giant": [0, 1, 1],
    })  # fmt: skip
    found = derived(platforms, pd.Series([100.0, 50.0, 50.0], index=[1, 2, 3]))
    assert found["lent_by_households"].tolist() == [0.1, 0.04, 0.0]
    assert found["largest_lender"].tolist() == [0.15, 0.02, 0.0]
    assert found["advertising"].tolist() == [0.1, 0.1, 0.0]
