"""What is recorded tells unit and meaning; money is in yuan where it is shown; tables show themselves."""

import json

import numpy as np
import pandas as pd
import pytest

from sim import in_yuan
from sim.engine.records import Records
from sim.engine.units import shown, told
from sim.record import indicators
from sim.record.told import tells
from tests.economies import small


@pytest.fixture(scope="module")
def economy():
    return small("deep_integration").run(3)


def tables(economy) -> dict[str, pd.DataFrame]:
    records = economy.records
    return {name: getattr(records, name) for name in ("quarters", "platforms", "models", "flows")}


KEYS = {"quarter", "platform", "flow", "payer", "payee"}  # which row it is


def test_no_recorded_number_lacks_unit_or_meaning(economy):
    found = tables(economy)
    for name, frame in found.items():
        names = set(frame.columns) - KEYS - ({"model"} if name == "models" else set())
        assert names and names == set(frame.attrs["units"]) == set(frame.attrs["meaning"])
        assert all(frame.attrs["units"].values()) and all(frame.attrs["meaning"].values()), name
    assert list(economy.records.lines[-1]) == ["quarter", *indicators.QUARTERS]
    assert set(found) == set(indicators.told())


def test_what_is_told_twice_or_without_words_is_refused():
    words = {}
    tells(words, output="goods: made")
    with pytest.raises(ValueError, match="output is told twice"):
        tells(words, output="goods: sold")
    for text in ("goods", "goods: ", ": made"):
        with pytest.raises(ValueError, match="is not 'unit: meaning'"):
            told(text)


def test_a_record_that_knows_no_words_has_frames_all_the_same(economy):
    bare = Records(economy.records.parties)
    assert len(bare.quarters) == 0
    bare.add({"quarter": 1.0, "x": 2.0}, {}, {}, {})
    assert bare.quarters["x"].tolist() == [2.0] and bare.quarters.attrs["units"] == {}


def test_quarters_are_counted_in_whole_numbers(economy):
    quarters = economy.records.quarters
    assert quarters.index.name == "quarter" and quarters.index.dtype == np.int64
    assert list(quarters.index) == sorted(set(economy.records.platforms["quarter"])) == [1, 2, 3]
    assert set(quarters.dtypes) == {np.dtype(float)}
    before = small().records.quarters
    assert list(before) == list(quarters) and before.index.name == "quarter"


def test_what_is_told_goes_with_a_frame(economy, tmp_path):
    late = economy.records.quarters.tail(1)[["gdp", "output"]]
    assert late.attrs["units"]["gdp"] == "fen/quarter"
    economy.records.quarters.to_parquet(tmp_path / "quarters.parquet")
    again = pd.read_parquet(tmp_path / "quarters.parquet")
    assert again.attrs == economy.records.quarters.attrs and again.equals(economy.records.quarters)
    assert json.dumps(late.attrs)


# -- yuan -------------------------------------------------------------------------------------------------


def test_money_of_any_frame_turns_into_yuan(economy):
    frames = {**tables(economy), "firms": economy.firms.frame()}
    for name, frame in frames.items():
        before, turned = frame.copy(), in_yuan(frame)
        money = {one for one, unit in frame.attrs["units"].items() if unit.startswith("fen")}
        assert money, name
        for one in frame:
            if one in money:
                there = "yuan" if one == "fen" else one
                np.testing.assert_allclose(turned[there], frame[one] / 100.0)
                assert turned.attrs["units"][there].startswith("yuan")
            else:
                assert turned[one].equals(frame[one])
        assert frame.equals(before) and any(unit.startswith("fen") for unit in frame.attrs["units"].values())
        assert in_yuan(turned).equals(turned)
        assert set(turned.attrs["meaning"]) == set(turned.attrs["units"])
    with pytest.raises(ValueError, match="does not tell its units") as error:
        in_yuan(pd.DataFrame({"x": [1]}))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("unit", "by", "name"),
    [
        ("fen", 100.0, "yuan"),
        ("fen/good", 100.0, "yuan/good"),
        ("share", 1.0, "share"),
        ("fence", 1.0, "fence"),
    ],
)
def test_units_of_money_are_known(unit, by, name):
    assert shown(unit) == (by, name)


def test_matrices_tell_their_unit(economy):
    assert set(economy.balance_sheet().attrs["units"].values()) == {"yuan"}
    assert set(economy.flow_matrix().attrs["units"].values()) == {"yuan/quarter"}


# -- displays ---------------------------------------------------------------------------------------------


def test_a_record_shows_what_it_holds(economy):
    text, page = repr(economy.records), economy.records._repr_html_()
    assert "quarters 1 to 3" in text and "platforms" in text and "\n" not in text
    gdp = economy.records.lines[-1]["gdp"] / 100.0
    assert f"<td>gdp</td><td>{gdp:,.6g}</td><td>yuan/quarter</td><td>final sales</td>" in page
    assert "fen" not in page
    assert repr(small().records) == "<Records: no quarter yet>"
    assert "<td>\N{EN DASH}</td>" in small().records._repr_html_()


def test_an_economy_and_its_tables_show_yuan(economy):
    page = economy._repr_html_()
    gdp = economy.records.lines[-1]["gdp"] / 100.0
    assert f"{gdp:,.4g} yuan/quarter" in page and "share of the labour force" in page
    shown_table, mean = economy.firms._repr_html_(), float(np.mean(economy.firms["sales"])) / 100.0
    assert f"<td>sales</td><td>yuan/quarter</td><td>{mean:,.6g}</td>" in shown_table
    assert "<td>fen" not in shown_table


def test_columns_are_offered_and_several_make_a_frame(economy):
    firms = economy.firms
    assert firms._ipython_key_completions_() == list(firms.columns)
    found = firms[["price", "output"]]
    assert list(found) == ["price", "output"] and found.index.name == "row"
    np.testing.assert_array_equal(found["price"], firms["price"])
    assert found.attrs["units"] == {"price": "fen/good", "output": "goods/quarter"}
    assert firms[5:8][["price"]].index.tolist() == [5, 6, 7] == firms[5:8].frame(["price"]).index.tolist()
    assert firms.frame().equals(firms.frame(firms.columns))
    found["price"] = 0.0
    assert firms["price"].min() > 0.0
    with pytest.raises(KeyError, match="no column 'prise', did you mean 'price'"):
        firms[["prise"]]
