"""Facts find planted truths; every fact that has to emerge is judged or said to be silent."""

import math

import numpy as np
import pandas as pd
import pytest

from experiments.judge.battery import VERDICTS, answered, battery, beside_us, hit_range
from experiments.judge.inside import IN, OPEN, OUT, of_cases, placed, range_of_one_more
from experiments.measure import facts, moments, watching
from experiments.measure.facts import ARMS, SILENT, TIGHT, TIGHTENED, TIGHTENS_AT, Needs
from experiments.measure.history import FACTS, UNCAPPED, History, mean_of
from experiments.run.command import Settings
from experiments.run.store import Store
from experiments.run.world import CONTROL
from experiments.studies import validate
from sim.engine.parameters import Parameters, seeds

EVIDENCE = seeds("evidence")
PERIOD = 20


# --- facts -----------------------------------------------------------------------------------------------


def history(quarters=None, platforms=None, micro=None):
    """Records of one world, the same in every arm."""
    quarters, platforms = (pd.DataFrame(x or {}) for x in (quarters, platforms))
    past, recent, single = ({str(arm): table for arm in ARMS} for table in (quarters, quarters, platforms))
    return History(past, recent, single, {str(arm): micro or {} for arm in ARMS})


def test_churn_counts_each_firm_once():
    """100 firms, 5 founded a quarter; when one more leaves than comes, there are 99."""
    firms = np.array([100.0, 100.0, 99.0])
    world = history({"firms": firms, "entry_rate": 5.0 / firms})
    assert facts.churn(world) == pytest.approx(4 * ((5 + 5) / 100 + (5 + 6) / 99) / 2)


def test_credit_that_follows_the_resale_price_is_told_from_credit_that_does_not():
    t = np.arange(100)
    price = 0.4 + 0.05 * np.sin(2 * np.pi * t / PERIOD)
    other = 0.1 + 0.01 * np.cos(2 * np.pi * (t - 1) / PERIOD)
    table = {
        "resale": price,
        "bank_credit_to_firms": 1.0 + np.roll(price, 1),
        "platform_credit_to_firms": other,
    }
    assert facts.data_not_collateral(history(table)) == pytest.approx(1.0, abs=0.1)
    table["bank_credit_to_firms"], table["platform_credit_to_firms"] = other, table["bank_credit_to_firms"]
    assert facts.data_not_collateral(history(table)) == pytest.approx(-1.0, abs=0.1)
    assert math.isnan(facts.data_not_collateral(history({**table, "platform_credit_to_firms": 0.0 * t})))


def test_what_was_never_seen_is_no_case():
    assert math.isnan(mean_of(pd.DataFrame({"x": [math.nan, math.nan]}), "x"))
    assert mean_of(pd.DataFrame({"x": [math.nan, 2.0]}), "x") == 2.0


# --- the battery -----------------------------------------------------------------------------------------


def test_every_fact_that_has_to_emerge_is_judged_or_silent_and_no_other():
    looked_at = {label.split()[0] for label in FACTS}
    emerging = {name for name, fact in EVIDENCE.items() if fact["use"] == "validate"}
    assert looked_at | set(SILENT) == emerging
    assert not looked_at & set(SILENT)


def test_every_fact_says_what_stands_for_it():
    assert [label for label, function in FACTS.items() if len(function.__doc__ or "") < 20] == []


def test_where_a_figure_is_published_without_a_band():
    assert hit_range("X", {"value": [0.8, 0.7]}) == (0.7, 0.8, "figures")
    assert hit_range("X", {"value": 4.0}) == (3.0, 5.0, "figure ± 25%")
    assert hit_range("X", {"value": 0.5, "band": [0.1, 0.6]}) == (0.1, 0.6, "published")
    assert hit_range("X", {"hit": [0.0, math.inf]}) == (0.0, math.inf, "declared")
    assert hit_range("X", {"value": 0.96, "hit": [0.86, 1.0]}) == (0.86, 1.0, "declared")
    with pytest.raises(ValueError, match="X gives neither"):
        hit_range("X", {"says": "something"})


def test_hits_misses_missing_cases_and_silence_are_told_apart():
    names = ("CHURN", "NPL_BANK_ALL", "LGD_P2P", "CAC_COMMERCE", "BANK_MARGIN")
    worlds = {
        number: history(
            {"firms": [100.0, 100.0], "entry_rate": [0.02, 0.025 + 0.001 * number]},
            micro={"bad_bank": 0.05, "lost_with_platform": math.nan},
        )
        for number in range(12)
    }
    rows = battery(worlds, {name: EVIDENCE[name] for name in names})
    assert rows["verdict"].to_dict() == {
        "CHURN": "in",
        "NPL_BANK_ALL": "OUT",
        "LGD_P2P": "no case",
        "CAC_COMMERCE": "not spoken to yet",
    }
    assert rows.loc["CHURN", "value"] == pytest.approx(8 * 0.0305)
    assert rows.loc["CHURN", "from"] < 0.244 < rows.loc["CHURN", "to"]
    assert rows.loc["CHURN", "off"] == 0.0
    assert rows.loc["NPL_BANK_ALL", "off"] == pytest.approx(0.05 / rows.loc["NPL_BANK_ALL", "high"] - 1.0)
    assert "1 in, 1 OUT, 0 open, 1 no case, 0 answerable now, 1 not spoken to yet" in validate.told_facts(
        rows
    )
    assert rows.loc["CAC_COMMERCE", "answered_by"] == "sellers"
    assert rows.loc["CHURN", "passes"] == EVIDENCE["CHURN"]["passes"]
    told = (
        "inside: 1 of 3 facts that the model has to answer now "
        "(core 1 of 2, platforms 0 of 1, houses 0 of 0, law 0 of 0)"
    )
    assert told in validate.told_facts(rows)
    new = {"use": "validate", "grade": "press", "band": [0, 1], "answered_by": "core", "passes": "a number"}
    with pytest.raises(ValueError, match="NEW has to emerge, but no function"):
        battery(worlds, {"NEW": new})
    with pytest.raises(ValueError, match="NEW has to emerge: say in `passes`"):
        battery(worlds, {"NEW": {**new, "passes": ""}})


def test_a_fact_is_inside_where_all_its_rows_are_and_asked_for_where_its_part_is_there():
    rows = pd.DataFrame(
        [("core", "in"), ("core", "OUT"), ("platforms", "in"), ("platforms", "open"), ("sellers", "in")],
        index=["AGES after 1", "AGES after 5", "ONE", "TWO", "LATER"],
        columns=["answered_by", "verdict"],
    )
    assert answered(rows) == {"core": (0, 1), "platforms": (1, 2), "houses": (0, 0), "law": (0, 0)}
    assert validate.told_count(rows).startswith("inside: 1 of 3 facts")
    rows.loc["AGES after 5", "verdict"] = "in"
    assert answered(rows)["core"] == (1, 1)
    assert answered(rows.iloc[:0]) == {"core": (0, 0), "platforms": (0, 0), "houses": (0, 0), "law": (0, 0)}


def test_what_a_fact_needs_may_show_in_any_record():
    needs = Needs("payments", "payments")
    varies, stands = {"quarter": [1, 2], "payments": [1.0, 2.0]}, {"quarter": [1, 2], "payments": [0.0, 0.0]}
    assert needs.there(history(platforms=varies)) and needs.there(history(quarters=varies))
    assert needs.there(history(micro={"payments": 0.5}))
    assert not needs.there(history(stands, stands, {"payments": math.nan}))


def test_notes_on_loans_to_consumers_are_told_from_those_on_loans_to_firms():
    lived = pd.DataFrame({"notes_issued": 40 * [0.004], "platform_credit_to_consumers": 40 * [0.03]})
    lived["platform_credit_to_firms"] = 8 * [0.0] + 32 * [0.01]
    tables = History({}, {"institution_traffic": lived}, {}, {})
    assert FACTS["SECURITISED_LOANS"](tables) == pytest.approx(0.003)


def test_what_platforms_keep_after_the_law_tightens_is_told_over_what_they_kept_before():
    kept = np.full(60, 0.04)
    kept[39], kept[49] = 0.05, 0.1  # the quarter before it, and the tenth from it on
    told = FACTS["OWN_RISK_MIGRATES"]
    assert told(History({}, {TIGHTENED: pd.DataFrame({"own_share": kept})}, {}, {})) == pytest.approx(2.0)
    short = pd.DataFrame({"own_share": kept[:50]})
    assert math.isnan(told(History({}, {TIGHTENED: short}, {}, {})))


def test_two_arms_live_under_another_law():
    asked = validate.asked()
    assert asked[UNCAPPED].parameters == {"rate_cap": Parameters.declarations()["rate_cap"].high}
    (change,) = asked[TIGHTENED].timeline
    assert change.at == TIGHTENS_AT and change.values == {"platform_loans_cap": TIGHT}


def test_a_fact_is_told_to_be_answerable_once_the_records_hold_what_it_needs():
    without = history(platforms={"quarter": [1, 1], "platform": [0, 1], "goods_sold": [0, 0]})
    counted = history(platforms={"quarter": [1, 1], "platform": [0, 1], "goods_sold": [0, 9]})
    for worlds, verdict in ((without, "not spoken to yet"), (counted, "answerable now")):
        rows = battery({0: worlds}, {"CAC_COMMERCE": EVIDENCE["CAC_COMMERCE"]})
        assert rows.loc["CAC_COMMERCE", "verdict"] == verdict
        assert f"CAC_COMMERCE              {verdict}: " in validate.told_facts(rows)


def test_the_interval_leaves_out_worlds_without_a_case():
    twelve = np.arange(12.0)
    assert of_cases([*twelve, math.nan]) == of_cases(twelve)
    same = of_cases(np.full(12, 3.0))
    assert (same.low, same.high, same.refused) == (3.0, 3.0, "")
    assert of_cases(np.arange(11.0)).refused
    assert of_cases([math.nan]).n == 0


def test_in_out_and_open_are_read_off_the_interval():
    found = of_cases(np.arange(12.0))  # mean 5.5
    reach = found.high - 5.5
    assert placed(found, 0.0, 11.0) == IN
    assert placed(found, 5.5, 11.0) == OPEN
    assert placed(found, found.high + 0.1 * reach, 99.0) == OUT
    assert placed(found, -99.0, found.low - 0.1 * reach) == OUT
    assert placed(of_cases(np.arange(11.0)), -99.0, 99.0) == OPEN


@pytest.mark.parametrize("n", [6, 12, 39, 100])
def test_the_range_of_one_more_world_holds_what_it_says(n):
    """Normal data at any number of worlds, exponential data from 39 on: about 95 of 100 of one more."""
    rng = np.random.default_rng(5)
    for draw in (rng.normal, rng.exponential)[: 1 if n < 39 else 2]:
        hits = 0
        for _ in range(2_000):
            low, high = range_of_one_more(draw(size=n))
            hits += low <= draw() <= high
        assert 0.935 <= hits / 2_000 <= 0.97


def test_a_range_needs_two_worlds():
    assert all(math.isnan(x) for x in range_of_one_more([1.0, math.nan]))


def test_the_us_are_inside_where_worlds_surround_them():
    keys = {"series": "output", "moment": "sd", "lag": 0}
    simulated = pd.DataFrame([{"world": w, **keys, "value": 0.01 * (1 + w)} for w in range(39)])
    simulated = pd.concat([simulated, simulated.assign(series="credit")])
    for us, inside in ((0.02, True), (0.4, False), (0.001, False)):
        table = beside_us(simulated, pd.DataFrame([{**keys, "value": us}])).set_index("series")
        assert bool(table.loc["output", "inside"]) is inside
        assert table.loc["credit", "inside"] is None


def test_the_script_writes_its_files(tmp_path, monkeypatch, capsys):
    def serially(self, ensemble, folder=""):
        return ensemble.run(Store(self.out / folder), executor="serial", progress=False)

    monkeypatch.setattr(Settings, "run", serially)
    monkeypatch.setattr(watching, "FOLLOWED", 10)
    sizes = ["--worlds", "2", "--firms", "200", "--burn-in", "16", "--quarters", "34"]
    assert validate.STUDY.main("validate", [*sizes, "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "NPL_BANK_ALL" in said
    assert "investment" in said
    rows = pd.read_csv(tmp_path / "facts.csv", index_col="fact")
    assert set(rows["verdict"]) <= set(VERDICTS)
    assert len(rows) == len(FACTS) + len(SILENT)
    table = pd.read_csv(tmp_path / "moments.csv")
    assert set(table["series"]) == set(moments.SIMULATED)
    assert table.loc[table["series"] == "credit", "us"].isna().all()
    assert (tmp_path / "correlations.png").stat().st_size > 20_000
    assert CONTROL in pd.read_json(tmp_path / "manifest.json", typ="series")["arms"]
