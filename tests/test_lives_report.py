"""How platforms live, told: worlds count once each, words are those of the tables, mechanisms are paired."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.judge import lives as judged
from experiments.judge.inside import IN, OPEN, OUT, of_cases
from experiments.judge.intervals import wilson
from experiments.measure.customer_price import BID, PARTS, PRICES, SHARES
from experiments.measure.futures import FREE
from experiments.measure.lives import EVENTS
from experiments.run.command import read
from experiments.studies import history
from experiments.studies import lives as study
from experiments.tell import lives as tell
from experiments.tell.words import label, number
from sim import Parameters
from tests.test_customer_price import made
from tests.test_lives_facts import ALWAYS
from tests.test_lives_study import of_quarters, planted

TINY = (
    "--full --worlds 2 --firms 200 --banks 4 --platforms 14 --burn-in 3 --quarters 24 --lead-in 8"
    " --workers 1 --quiet"
)
pytestmark = pytest.mark.usefixtures("in_process")


def tables(arms, lasted=24, quarters=of_quarters) -> Any:
    """Tables of these arms, whose worlds are each a list of spans of platforms (see `recorded`)."""
    platforms, kept = [], []
    for arm, spans in arms.items():
        for world, one in enumerate(spans):
            kept.append(quarters(lasted).assign(world=world, arm=arm))
            if one:
                platforms.append(planted(lasted, one, revenue=lambda q, k: 0.0).assign(world=world, arm=arm))
    return {"quarters": pd.concat(kept), "platforms": pd.concat(platforms)}


# --- judging ----------------------------------------------------------------------------------------------


def test_worlds_count_once_each_and_intervals_are_over_them():
    """Twelve worlds in which 1 to 12 are founded and one of them dies; a second arm in which nobody is."""
    spans = [[(0, 9), *[(0, ALWAYS)] * world] for world in range(12)]
    found = judged.judge(tables({"consumer_traffic": spans, FREE: [[]] * 12}))
    table = found.table.set_index(["arm", "quantity"])
    founded = table.loc[("consumer_traffic", "founded")]
    assert (founded["worlds"], founded["mean"], founded["median"]) == (12, 6.5, 6.5)
    assert founded["low"] < 6.5 < founded["high"]
    assert table.loc[(FREE, "founded"), "mean"] == 0.0 and table.loc[(FREE, "hazard in calm"), "worlds"] == 0
    assert found.paths["consumer_traffic"]["alive"].shape == (12, 24)
    assert found.paths["consumer_traffic"]["broke"].sum(axis=0).tolist() == [*[0.0] * 8, 12.0, *[0.0] * 15]


def test_a_share_of_worlds_has_the_interval_of_a_share_however_few_worlds_there_are():
    """Of seven worlds three lose six of ten; of an eighth, with nine platforms, nothing is asked."""
    shaken, kept = [*[(0, 9)] * 6, *[(0, ALWAYS)] * 4], [(0, ALWAYS)] * 10
    found = judged.judge(tables({FREE: [*[shaken] * 3, *[kept] * 4, kept[:9]]}))
    row = found.table.set_index("quantity").loc[EVENTS[0]]
    assert (row["worlds"], row["mean"]) == (7, pytest.approx(3 / 7))
    assert (row["low"], row["high"]) == pytest.approx(wilson(3, 7))
    assert tell.cell(row, EVENTS[0]).startswith("42.9 % (")


def test_prices_are_told_by_year_as_geometric_means_whose_parts_multiply_to_the_whole():
    """Twelve worlds with as many different paths of what is spent and what is left."""
    money = np.exp(np.random.default_rng(3).normal(0.0, 0.5, (12, 6)))
    one = iter(range(12))

    def quarters(lasted):
        path = made(money[next(one)], np.linspace(0.6, 0.2, 6))
        return of_quarters(lasted, **{name: path[name].to_numpy() for name in path})

    found = judged.judge(tables({FREE: [[(0, ALWAYS)]] * 12}, quarters=quarters))
    levels, since = (one.set_index(["year", "quantity"]) for one in (found.prices, found.split))
    assert sorted(set(found.prices["year"])) == [2, 4, 6] and sorted(set(found.split["year"])) == [4, 6]
    assert levels.loc[(4, "money"), "mean"] == pytest.approx(math.exp(np.log(money[:, 3]).mean()))
    for year in (4, 6):
        row = since.loc[(year, PRICES[-1])]
        assert np.prod([since.loc[(year, part), "mean"] for part in PARTS]) == pytest.approx(row["mean"])
        assert row["mean"] * levels.loc[(2, PRICES[-1]), "mean"] == pytest.approx(
            levels.loc[(year, PRICES[-1]), "mean"]
        )
        assert row["low"] < row["mean"] < row["high"] and row["worlds"] == 12
    assert since.loc[(6, "pool"), "mean"] == pytest.approx(0.52 / 0.2)
    assert found.price_paths[FREE]["times pool"].shape == (12, 6)
    for part in ("money", "pool"):
        path = tell.middle_of(found.price_paths[FREE][f"times {part}"])
        assert path[5] == pytest.approx(since.loc[(6, part), "mean"])


def test_a_mechanism_is_judged_by_what_is_left_in_pairs_of_worlds():
    """Usually 6 to 9 of twenty are left; with one change all, with another 2 fewer, and with the last now 14,
    now 6."""
    left = [6 + world % 4 for world in range(12)]
    usual = tables({study.HARVEST: [[*[(0, ALWAYS)] * n, *[(0, 9)] * (20 - n)] for n in left]})
    changed = tables(
        {
            "all": [[(0, ALWAYS)] * 20] * 12,
            "fewer": [[*[(0, ALWAYS)] * (n - 2), *[(0, 9)] * (22 - n)] for n in left],
            "few": [[(0, ALWAYS)] * 2] * 12,
            "split": [[*[(0, ALWAYS)] * n, *[(0, 9)] * (20 - n)] for n in [6, 14] * 6],
        }
    )
    found = judged.mechanisms(usual, changed, study.HARVEST).set_index("arm")
    assert found["word"].to_dict() == {
        study.HARVEST: IN, "all": OUT, "fewer": IN, "few": judged.FEW, "split": OPEN,
    }  # fmt: skip
    assert found.loc["fewer", "change"] == pytest.approx(-0.1)
    assert found.loc["all", "change_low"] > 0.0 and found.loc["all", "shakeouts"] == 0.0
    assert found.loc["few", "asked"] == 0 and found.loc["split", "asked"] == 12
    assert found.loc[study.HARVEST, "shakeouts"] == 1.0 and found.loc[study.HARVEST, "pairs"] == 0
    assert found.loc["split", "shakeouts"] == 0.5 and found.loc["split", "least"] == pytest.approx(
        wilson(6, 12)[0]
    )
    table = [line.split("|") for line in tell.of_mechanisms(found.reset_index()).splitlines()[2:]]
    assert [row[1].strip() for row in table] == ["usual values", "all", "fewer", "few", "split"]
    assert [row[5].strip()[:7] for row in table] == ["100 % (", "0 % (0 ", "100 % (", "no case", "50 % (2"]
    said = tell.said(found.reset_index())
    assert said[:3] == [
        "A shakeout comes with usual values and fewer.",
        "A shakeout does not come with all.",
        "A shakeout is undecided with split.",
    ]
    assert "fewer (−10 points)" in said[-1] and "all (+" in said[-1]


# --- the study -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A tiny study of lives in full, and its folder."""
    folder = tmp_path_factory.mktemp("lives")
    assert study.STUDY.main("lives", [*TINY.split(), "--out", str(folder)]) == 0
    return folder


def test_the_study_lives_every_model_in_which_platforms_act_and_the_choice_among_all(run):
    table: Any = pd.read_csv(run / "lives.csv")
    assert set(table["arm"]) == {*study.arms(), study.FREE_REACH} and FREE in study.arms()
    assert "external_finance" not in study.arms()
    assert set(table["quantity"]) >= {*tell.BESIDE, *EVENTS}
    assert all((run / f"{name}.png").stat().st_size > 20_000 for name in ("lives", "price"))
    counts = table.set_index(["arm", "quantity"])
    assert (counts.loc[(FREE, "founded"), "mean"] >= 2 * (len(study.arms()) - 1)).all()
    assert (counts["worlds"] <= 2).all() and counts["low"].isna().any()
    prices: Any = pd.read_csv(run / "prices.csv")
    assert set(prices["year"]) == {2, 4, 6} and set(prices["quantity"]) == {*PRICES, *SHARES, *PARTS, *BID}
    users = prices[prices["quantity"] == "price of a user"].set_index(["arm", "year"])
    assert users.loc[("consumer_traffic", 6), "mean"] > 0.0
    assert users.loc[("deep_integration", 6), "worlds"] == 0
    assert set(pd.read_csv(run / "mechanisms.csv")["arm"]) == {study.HARVEST, *study.changed()}


def test_mechanisms_are_changed_to_the_ends_of_their_ranges_one_at_a_time_and_in_full_alone():
    ranges, tried = Parameters.declarations(), {}
    for arm in study.changed().values():
        ((name, value),) = arm.parameters.items()
        assert arm.platforms == study.HARVEST and value != ranges[name].value
        tried.setdefault(name, []).append(value)
    assert set(tried) == set(study.MECHANISMS)
    assert "team_cost 0.00006" in study.changed()
    for name, values in tried.items():
        assert (values[0], values[-1]) == (ranges[name].low, ranges[name].high) and values == sorted(values)
    quick, full = (read(study.STUDY.parser("lives"), words) for words in ([], ["--full"]))
    assert list(study.parts(quick)) == [study.USUAL] and quick.worlds >= 20
    assert list(study.parts(full)) == [study.USUAL, study.CHANGED] and full.worlds >= 20


def test_reach_grows_as_published_from_the_branching_in_one_arm_alone():
    begun = {}
    for burn_in in (0, 20):
        asked = read(study.STUDY.parser("lives"), ["--worlds", "1", "--burn-in", str(burn_in)])
        ensemble = study.STUDY.ensemble(asked)
        arms = dict(ensemble.arms_of(ensemble.worlds[0]))
        begun[burn_in] = dict(arms[study.FREE_REACH].parameters)
        assert begun[burn_in] == history.reach(burn_in)
        assert not any(arm.parameters for name, arm in arms.items() if name != study.FREE_REACH)
    assert begun[20]["reach_start"] < begun[0]["reach_start"] < Parameters().reach_start


def body_of(report):
    """Rows of cells of each table of a report."""
    found, rows = [], []
    for line in [*report.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            found.append([rows[0], *rows[2:]])
            rows = []
    return found


def test_the_words_are_those_of_the_tables(run):
    by = pd.read_csv(run / "lives.csv").set_index(["quantity", "arm"])
    report = (run / "report.md").read_text(encoding="utf-8")
    (head, *lives), (_, *prices), (parts, *split), (_, *mechanisms) = body_of(report)[:4]
    arms = [*study.arms(), study.FREE_REACH]
    assert head[1:-1] == [label(arm) for arm in arms] and head[-1] == "published"
    assert [row[0] for row in lives] == list(dict.fromkeys(by.index.get_level_values("quantity")))
    for quantity, *cells, published in lives:
        assert published == tell.BESIDE.get(quantity, "")
        for arm, cell in zip(arms, cells, strict=True):
            row = by.loc[(quantity, arm)]
            share = quantity.startswith(tell.PERCENT)
            mean = f"{number(100 * row['mean'])} %" if share else number(row["mean"])
            assert cell.startswith(mean if row["worlds"] else "no case"), (quantity, arm)
    levels = pd.read_csv(run / "prices.csv").set_index(["quantity", "year", "arm"])
    assert [row[0] for row in prices] == [
        f"{name}, year {y}" for name in (*PRICES, *SHARES) for y in (2, 4, 6)
    ]
    for row, cell in zip(prices[:3], (2, 4, 6), strict=True):
        assert row[2].startswith(number(levels.loc[("price of a customer", cell, arms[1]), "mean"]))
    assert parts[1:] == [PRICES[-1], *PARTS, *BID] and split[0][0].endswith("year 2")
    assert all(cell.startswith("×") or cell == "no case" for cell in split[1][1:])
    assert len(mechanisms) == 1 + len(study.changed())
    assert "of the whole nation" in report and "shares of all that ended" in report


def test_an_interval_is_told_where_there_are_worlds_enough():
    row = {"worlds": 12, "mean": 0.25, "low": 0.2, "high": 0.3, "median": 0.24, "why": ""}
    assert tell.cell(row, "died in the worst year") == "25 % (20 to 30)"
    assert tell.cell({**row, "mean": 7.0, "low": 5.0, "high": 9.0}, "founded") == "7 (5 to 9)"
    assert tell.cell({**row, "low": math.nan, "high": math.nan}, "founded") == "0.25"
    assert tell.cell({**row, "worlds": 0, "mean": math.nan}, "founded") == "no case"
    assert tell.multiple({**row, "mean": 2.0, "low": 1.5, "high": 3.0}) == "×2 (1.5 to 3)"


def test_where_a_mean_hangs_on_one_world_the_median_is_told():
    found = of_cases([1_900.0 + world for world in range(11)] + [9e7])
    row = {"worlds": found.n, "mean": found.mean, "low": found.low, "high": found.high, "median": 1_905.5}
    assert tell.cell({**row, "why": found.refused}, "most at once") == f"{number(1_905.5)} (median)"
    assert tell.cell({**row, "why": ""}, "most at once") == number(found.mean)
