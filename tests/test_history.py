"""The replay of dated years: counts and errors are those that were planted, inputs are as published, no
behavioural number rests on a later fact, and a tiny one is lived and told."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim
from experiments.judge import sources
from experiments.judge.means import Interval
from experiments.judge.replayed import CLOSED, LAST, TREND, carried, errors, naive, of_peak, scores, within
from experiments.judge.years import BORN, TOLD, in_words, published, quantities, shares_published, years_of
from experiments.measure.dated import COUNTS, OF_MODELS, RECORDED, counted, kept_dated
from experiments.measure.lives import MANNERS
from experiments.studies import history as study
from experiments.tell import replay
from sim import law
from sim.population.models import openings

TINY = "--worlds 2 --firms 200 --banks 4 --platforms 20 --burn-in 3 --quarters 32 --workers 1 --quiet"
KNOWN = int(sources.seeds("history")["known_until"])
pytestmark = pytest.mark.usefixtures("in_process")


# --- counts ----------------------------------------------------------------------------------------------


def lives(*rows):
    """Platforms by quarter: (platform, quarter, model, alive, manner, giant)."""
    table = pd.DataFrame(rows, columns=["platform", "quarter", "model", "alive", "manner", "giant"])
    died = table["quarter"].where(table["manner"] > 0, 0).groupby(table["platform"]).cummax()
    return table.assign(died=died, founded=0, claims_owed=0.0)


def test_platforms_of_households_money_are_counted_as_they_are_founded_turn_and_end():
    """One that lives, one that turns away and back, one that stops and is still there a quarter later, one
    that ends as it begins, a giant, and one that households never lend to."""
    table = lives(
        *((1, quarter, 0, 1, 0, 0) for quarter in (5, 6, 7)),
        *((2, quarter, model, 1, 0, 0) for quarter, model in ((5, 0), (6, 1), (7, 0))),
        *((3, 5, 0, 1, 0, 0), (3, 6, 0, 0, 3, 0), (3, 7, 0, 0, 3, 0)),
        (4, 7, 0, 0, 2, 0),
        *((5, quarter, 0, 1, 0, 1) for quarter in (5, 6, 7)),
        *((6, quarter, 1, 1, 0, 0) for quarter in (6, 7)),
    )
    found = counted(table, np.array([True, False]))
    assert list(found) == list(COUNTS) and found.index.tolist() == [5, 6, 7]
    assert found["open"].tolist() == [3, 1, 2]
    assert found["opened"].tolist() == [3, 0, 1]
    assert found["turned_away"].tolist() == [0, 1, 0] and found["turned_to"].tolist() == [0, 0, 1]
    assert found["stopped"].tolist() == [0, 1, 0] and found["wound up"].tolist() == [0, 0, 1]
    ended = found[list(MANNERS)].sum(axis=1)
    came = found["opened"] + found["turned_to"] - found["turned_away"] - ended
    assert came.cumsum().tolist() == found["open"].tolist()


def test_who_owes_households_nothing_and_may_lend_no_more_is_no_lender_of_theirs():
    """Closed from quarter 6 on: one has paid back by then, one pays back a quarter later, one stops owing;
    who has left before he ends, does not end as a lender."""
    owed = {1: [1, 0, 0, 0], 2: [1, 1, 0, 0], 3: [1, 1, 1, 1], 4: [0, 0, 0, 0]}
    ends = {3: (7, 3), 4: (8, 2)}
    rows = []
    for platform, claims in owed.items():
        for quarter, claim in zip(range(5, 9), claims, strict=True):
            at, manner = ends.get(platform, (99, 0))
            rows.append((platform, quarter, 0, int(quarter < at), manner * (quarter >= at), 0, claim))
    table = lives(*(row[:6] for row in rows)).assign(claims_owed=[row[6] for row in rows])
    found = counted(table, np.array([True]), closed=6)
    assert found["open"].tolist() == [4, 2, 0, 0]
    assert found["turned_away"].tolist() == [0, 2, 1, 0]
    assert found["stopped"].tolist() == [0, 0, 1, 0] and found["wound up"].sum() == 0


def worlds_of(counts, arm="law_only", **columns):
    """Quarters and models of worlds in which so many are open; counts: (worlds, quarters)."""
    counts = np.asarray(counts, float)
    worlds, quarters = counts.shape
    names = (*RECORDED, *COUNTS, "notes", "lent", "take", "own")
    since = np.tile(np.arange(1, quarters + 1), worlds)
    table = {"world": np.repeat(np.arange(worlds), quarters), "since": since, **dict.fromkeys(names, 0.0)}
    frame = pd.DataFrame({**table, "open": counts.ravel(), **columns}).assign(arm=arm)
    model = frame[["world", "since", "arm"]].assign(model="consumer_traffic", alive=counts.ravel())
    return frame, model.assign(**dict.fromkeys(OF_MODELS, 1.0))


def test_shares_are_of_the_highest_known_year_end_and_a_world_without_any_is_no_case():
    """Ten years; the highest known number is 8 at the end of 2016, a higher one comes in 2018."""
    ends = np.array([1, 2, 3, 4, 6, 8, 4, 16, 2, 0])
    counts = np.repeat(ends, 4) + np.tile([20, 30, 40, 0], 10)
    found = years_of(*worlds_of([counts, np.zeros(40)]), 2011)
    shares = found.ends()
    assert [shares[year][0] for year in (2011, 2016, 2017, 2018, 2020)] == [0.125, 1.0, 0.5, 2.0, 0.0]
    assert all(math.isnan(value[1]) for value in shares.values())
    assert (found.series["open"][0] == ends / 8).all()
    assert found.part("consumer_traffic", 2016)[0] == 1.0


def test_yearly_numbers_are_what_the_quarters_say():
    frame, models = worlds_of(np.full((1, 8), 4.0), opened=1.0, stopped=[0, 0, 0, 0, 1, 0, 0, 0], broke=0.0)
    frame["take"] = 0.01
    found = years_of(frame, models, 2011)
    assert found.series["opened"].tolist() == [[1.0, 1.0]]
    assert math.isnan(found.series["died"][0, 0]) and found.series["died"][0, 1] == 0.25
    assert math.isnan(found.series["vanished"][0, 0]) and found.series["vanished"][0, 1] == 1.0
    assert found.series["take"].tolist() == [[0.04, 0.04]]
    assert found.series["bad"].tolist() == [[0.8, 0.8]]  # four quarters of 1, and 1 owed


# --- errors ----------------------------------------------------------------------------------------------

TRUTH = {2014: 0.5, 2015: 1.0, 2016: 0.9, 2017: 0.7, 2018: 0.2}


def test_the_naive_forecasts_carry_the_last_value_and_the_trend_on_or_know_the_closure():
    found = naive({2014: 0.9, 2015: 1.0, 2016: 0.4, 2017: 0.0}, 2016, [2017, 2018], 2018)
    assert found[LAST] == {2017: 0.4, 2018: 0.4}
    assert found[TREND] == pytest.approx({2017: 0.15, 2018: 0.0})
    assert found[CLOSED] == {2017: 0.4, 2018: 0.0}
    assert study.closing() == 2018


def test_errors_are_told_with_their_sign_and_distances_without():
    worlds = np.linspace(-0.05, 0.05, 12)
    shares = {"a": {year: truth + 0.3 + worlds for year, truth in TRUTH.items()}}
    found: Any = errors(shares, TRUTH, 2013).set_index("year")
    assert found["error"].to_numpy() == pytest.approx(np.full(5, 0.3))
    assert (found["error_low"] < 0.3).all() and (found["error_high"] > 0.3).all()
    plain = naive(TRUTH, 2016, [2017, 2018], 2018)
    shares["b"] = {year: truth - 0.3 + worlds for year, truth in TRUTH.items()}
    table: Any = scores(shares, TRUTH, plain, [2017, 2018], {"b"}).set_index("forecast")
    assert table.loc[["a", "b"], "error"].to_numpy() == pytest.approx(np.full(2, 0.3))
    assert table.loc["a", "worlds"] == 12
    assert table.loc[LAST, "error"] == pytest.approx((0.2 + 0.7) / 2)
    assert table.loc[TREND, "error"] == pytest.approx((0.4 + 1.1) / 2)
    assert table.loc[CLOSED, "error"] == pytest.approx((0.2 + 0.2) / 2)
    assert table.loc["a", "naive"] == table.loc[LAST, "error"] and table.loc["a", "nearer"] == 1.0
    assert table.loc["b", "naive"] == table.loc[CLOSED, "error"] and table.loc["b", "nearer"] == 0.0


def test_a_forecast_from_the_last_known_value_moves_as_the_world_does():
    by_year = {2016: np.array([0.5, 0.0]), 2017: np.array([0.25, 0.1])}
    found = carried(by_year, TRUTH, 2016)
    assert found[2016][0] == TRUTH[2016] and found[2017][0] == 0.5 * TRUTH[2016]
    assert np.isnan(found[2017][1])


def test_an_interval_holds_only_what_can_be():
    found = Interval(12, 0.9, -4.0, 1.2, 0.1, "", "")
    assert within(found, 0.0, 1.0) == (0.9, 0.0, 1.0) and within(found, -math.inf) == (0.9, -4.0, 1.2)
    worlds = np.linspace(0.7, 1.0, 12)
    table: Any = errors({"a": {2016: worlds, 2017: worlds[:3]}}, TRUTH, 2016).set_index("year")
    assert table.loc[2016, "mean"] < table.loc[2016, "high"] <= 1.0
    assert math.isnan(table.loc[2017, "low"]) and math.isnan(table.loc[2017, "high"])


def test_no_later_count_sets_the_scale():
    counts = {2015: np.array([4.0]), 2016: np.array([2.0]), 2017: np.array([8.0])}
    assert {year: share[0] for year, share in of_peak(counts, 2016).items()} == {2015: 1, 2016: 0.5, 2017: 2}
    assert max(shares_published().values()) == shares_published()[2015] == 1.0
    assert set(published("open")) == set(range(2011, 2021))


# --- inputs, and what numbers rest on --------------------------------------------------------------------


def test_no_behavioural_number_rests_on_a_later_fact():
    table: Any = pd.concat([sources.parameters(), sources.of_models()]).set_index("name")
    facts = sources.seeds("evidence")
    given = sources.values()
    for name, row in table.iterrows():
        if row["status"] == sources.KNOWN:
            assert row["until"] <= KNOWN and row["here"] == row["later"], name
        if row["status"] in (sources.REPLACED, sources.MIDDLE):
            assert pd.isna(row["until"]) or row["until"] > KNOWN, name
            assert ":" in str(name) or given[name] == row["here"]
        if row["source"] in facts and row["status"].startswith("input"):
            assert row["source"].startswith(("RULE_", "REACH")) and name not in given
    assert set(sources.seeds("history")["values"]) <= set(given)
    assert table.loc["outside_attention", "here"] == 22_000.0  # the middle of its range
    assert table.loc["runway", "until"] == 2019 and table.loc["lends_against", "period"] == "undated"
    sim.Parameters(given)


def test_a_fact_says_until_when_it_was_known():
    assert sources.last_year({"period": "Q3 2021 to Q3 2022", "source": "x"}) == 2022
    assert sources.last_year({"source": "CB Insights 2019"}) == 2019
    assert sources.last_year({"source": "OECD; FSB"}) is None


def test_reach_is_as_published():
    """To three points at each of the four dates, however long before the economy begins."""
    at = {20: 0.50, 37: 0.65, 48: 0.76}
    for before in (0, 20, 40):
        p = study.reach(before)
        for quarter, share in {0: 0.34, **at}.items():
            odds = p["reach_start"] / (p["reach_limit"] - p["reach_start"])
            odds *= math.exp(p["reach_speed"] * (quarter + before))
            assert p["reach_limit"] * odds / (1.0 + odds) == pytest.approx(share, abs=0.03)
        sim.Parameters(p)


def test_eras_and_law_are_in_the_ways_that_are_named_so():
    ways = study.arms()
    opened = {name: openings(arm.timeline, None) for name, arm in ways.items()}
    assert opened[study.ERAS] == {"institution_traffic": 18, "deep_integration": 32}
    assert not opened[study.LAW] and not opened[study.NEITHER] and ways[study.NEITHER].timeline == ()
    closes = {
        name: [one.at for one in arm.timeline if "households_may_lend" in one.values]
        for name, arm in ways.items()
    }
    assert closes[study.ERAS] == closes[study.LAW] == [31]
    assert not closes[study.LAW + study.UNCLOSED] and not closes[study.ERAS + study.UNCLOSED]
    assert len(ways[study.LAW].timeline) == len(ways[study.LAW + study.UNCLOSED].timeline) + 1
    looser = {"passed_on_counted": 0.0, "lender_debt_cap": 5.0, "lender_leverage_cap": 50.0}
    begins = {"rate_cap": 0.06, "platform_loans_cap": 1.0, **looser}
    assert all(dict(arm.parameters) == begins for arm in ways.values())
    rows = {row.name: row for row in ways[study.LAW].platforms}
    passed_on = dict(rows["institution_traffic"].funders)
    assert set(passed_on) == {"banks", "notes"} and sum(passed_on.values()) == pytest.approx(0.8)
    assert "consumer_traffic" not in rows
    assert "institution_traffic" not in {row.name for row in study.arms_later()[study.LAW].platforms}


def test_published_rules_that_nothing_stands_for_are_left_out_in_words():
    facts = {name for name in sources.seeds("evidence") if name.startswith("RULE_")}
    used = {one.source for one in sim.Parameters.declarations().values()}
    used |= {one.source for one in law.rules().values()}
    assert (facts - used) | {"RULE_FLOAT"} == set(replay.LEFT_OUT)
    assert sim.Parameters.declarations()["payment_float"].value == 0.0  # why that one has nothing to limit
    told = [what for what, _ in replay.left_out()]
    assert "Portability of data" in told and "A cap on rates" not in told


def test_published_numbers_are_told_beside_the_years_that_they_are_about():
    assert in_words("opened", (2014,)) == "29.9 %"  # 775 of 2,595
    assert in_words("take", (2021, 2022)) == "7.8 to 9.7 %" and in_words("take", (2023, 2024)) == ""
    assert in_words("borrower", (2024, 2025)) == "1,300 to 2,000"
    assert in_words("bad", (2012, 2013)) == "5 to 6.7 %" and in_words("bad", (2017, 2018)) == ""
    frame, models = worlds_of(np.full((2, 60), 4.0), opened=1.0, notes=0.002, own=0.3, take=0.02)
    told = quantities(years_of(frame, models, 2011), [2017])
    for series, years, what in TOLD:
        values, beside = told[what]
        assert beside == (in_words(series, years) or "39 to 46 %" * (what == BORN))
        assert replay.scale(what) == (1.0 if series == "borrower" else 100.0)
        planted = {"opened": 1.0, "notes": 0.002, "own": 0.3, "take": 0.08, "bad": 0.8}.get(series)
        assert planted is None or values == pytest.approx([planted] * 2)


# --- a tiny one ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    assert study.STUDY.main("history", [*TINY.split(), "--out", str(folder)]) == 0
    return folder


def test_the_closure_changes_nothing_before_it(run):
    from experiments.run.store import Store

    quarters: Any = Store(run / study.KNOWN).frame("quarters")
    for way in (study.ERAS, study.LAW):
        closed, open_ = (
            quarters.loc[quarters["arm"] == arm].drop(columns="arm").reset_index(drop=True)
            for arm in (way, way + study.UNCLOSED)
        )
        before = closed["since"] < 31
        pd.testing.assert_frame_equal(closed[before], open_[before])
    models: Any = Store(run / study.KNOWN).frame("models")
    early = models.loc[(models["arm"] == study.ERAS) & (models["since"] < 18)]
    assert set(early["model"]) <= {"consumer_traffic", "sideline_platform"}
    assert set(models.loc[models["arm"] == study.LAW, "model"]) >= {"deep_integration"}


def test_the_report_says_what_may_speak_for_the_essay_and_on_what_it_rests(run):
    text = (run / "report.md").read_text(encoding="utf-8")
    assert "Only the last two speak for or against the essay" in text
    for words in (
        "Inputs",
        "Reach as published",
        "nothing later than 2016",
        "later values",
        "outside_attention",
        "RULE_DATA",
        "opened in 2014, share of the peak, %",
    ):
        assert words in text
    assert all((run / f"{name}.png").stat().st_size > 20_000 for name in ("history", "models"))
    table: Any = pd.read_csv(run / "errors.csv")
    assert set(table["arm"]) == set(study.arms()) and table["year"].max() == 2018
    assert set(pd.read_csv(run / "later.csv")["arm"]) == {study.LAW, study.NEITHER}
    told = pd.read_csv(run / "scores.csv")
    assert {LAST, TREND, CLOSED} <= set(told["forecast"])
    assert len(pd.read_csv(run / "parameters.csv")) == len(sources.parameters()) + len(sources.of_models())


def test_a_world_where_nobody_acts_is_kept_too():
    economy = sim.Economy(firms=150, banks=3, platforms=12, giants=0, seed=2, lead_in=4).run(2)
    found = kept_dated(economy)
    assert found["quarters"]["open"].tolist() == [0.0, 0.0] and not len(found["models"])


def test_words_and_spans():
    row = {"worlds": 12, "mean": 0.5, "low": 0.4, "high": 0.6}
    assert replay.spread(row, "mean", 100.0) == "50 (40 to 60)"
    assert replay.spread({**row, "low": math.nan}, "mean", 100.0) == "50"
    assert replay.spread({**row, "mean": math.nan}, "mean") == "no case"
    assert replay.beside({"low": math.nan, "high": 1.0}, 0.5) == "no verdict beside"
    assert [replay.beside({"low": low, "high": low + 0.2}, 0.5) for low in (0.6, 0.2, 0.4)] == [
        "worse than",
        "better than",
        "not told from",
    ]
    assert replay.year_of("2016-12") == 2017.0
    assert (
        replay.called(LAST) == LAST and replay.called("law_only_unclosed") == "law only, without the closure"
    )
