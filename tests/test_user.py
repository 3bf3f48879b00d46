"""What a user gets wrong is told in one line: what, value, unit, allowed range, source."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from sim import BusinessModel, Economy, ParameterError, Parameters, StrategyError, blend, discover, strategy
from sim.record.saving import LEAST, MOST
from tests.economies import lines_that_differ, small


def refused(error: pytest.ExceptionInfo) -> str:
    """The message, if it is one line that fits on a screen."""
    text = str(error.value)
    assert text and "\n" not in text and len(text) < 200
    return text


@pytest.mark.parametrize("name", ["deep_integraton", "Deep integration", "deep-integration"])
def test_a_misspelt_strategy_is_told_the_nearest_one(name):
    with pytest.raises(StrategyError) as error:
        Economy(name, firms=100)
    assert f"{name!r}" in refused(error) and "did you mean 'deep_integration'?" in str(error.value)


@pytest.mark.parametrize("choice", ["", "nothing of the kind", None, 3, 0.5])
def test_an_unknown_strategy_is_told_which_there_are(choice):
    with pytest.raises(StrategyError) as error:
        Economy(choice, firms=100)
    assert repr(choice) in refused(error)
    assert all(name in str(error.value) for name in discover())
    if choice is not None:  # a branch without a choice keeps its models
        with pytest.raises(StrategyError):
            small().branch(choice)


def test_a_misspelt_parameter_is_told_the_nearest_one():
    with pytest.raises(
        ParameterError, match="no parameter 'pace_of_chance'; did you mean pace_of_change"
    ) as error:
        Economy(firms=100, parameters={"pace_of_chance": 0.1})
    refused(error)
    with pytest.raises(ParameterError, match="did you mean mark_up"):
        Parameters().replace(markup=0.2)
    with pytest.raises(AttributeError, match="did you mean mark_up"):
        assert Parameters().markup


@pytest.mark.parametrize("name", ["mark_up", "resale", "giant_size", "fund_commitment"])
@pytest.mark.parametrize("beyond", ["below", "above", "nan", "infinity"])
def test_a_value_out_of_range_is_told_the_range_unit_and_source(name, beyond):
    one = Parameters.declarations()[name]
    value = {"below": one.low - 0.01, "above": one.high + 0.01, "nan": math.nan, "infinity": math.inf}[beyond]
    with pytest.raises(ParameterError) as error:
        Economy(firms=100, parameters={name: value})
    text = refused(error)
    assert all(
        part in text for part in (name, str(value), one.unit, f"{one.low:g}", f"{one.high:g}", one.source)
    )


@pytest.mark.parametrize("value", ["0.2", None, True, [0.2], 1j])
def test_a_value_that_is_no_number_is_refused(value):
    with pytest.raises(
        ParameterError, match=r"mark_up = .* is not a number; share of labour cost in"
    ) as error:
        Economy(firms=100, parameters={"mark_up": value})
    refused(error)


@pytest.mark.parametrize("size", LEAST)
@pytest.mark.parametrize("value", ["too few", "too many", 0, -1, 150.0, math.nan, "many", True])
def test_a_size_that_is_not_possible_is_told_the_range(size, value):
    value = {"too few": LEAST[size] - 1, "too many": MOST[size] + 1}.get(value, value)
    sizes = {"firms": 100, size: value}
    with pytest.raises(ParameterError) as error:
        Economy(**sizes)
    assert refused(error).startswith(f"{size} = {value!r}")
    if isinstance(value, int) and not isinstance(value, bool):
        assert f"[{LEAST[size]}, {MOST[size]}]" in str(error.value)


@pytest.mark.parametrize("seed", [-1, 1.5, math.nan, "1", True])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(ParameterError, match=r"seed = .* is not a whole number from 0 on") as error:
        Economy(firms=100, seed=seed)
    refused(error)


@pytest.mark.parametrize("threads", [0, -2, 1.5, None, "two", 5000])
def test_a_number_of_threads_that_is_none_is_refused(threads):
    with pytest.raises(ParameterError, match=r"threads = .* is not a whole number in") as error:
        Economy(firms=100, threads=threads)
    refused(error)


def test_there_are_no_more_giants_than_platforms():
    with pytest.raises(StrategyError, match="3 giants exceed the room for 2: platforms = ") as error:
        Economy(firms=100, platforms=2)
    refused(error)
    assert Economy(firms=100, platforms=2, parameters={"giants": 2}).platforms["giant"].all()
    assert (
        not Economy("consumer_traffic", firms=100, platforms=2, parameters={"giants": 0, "starters": 2})
        .run(2)
        .platforms["giant"]
        .any()
    )


def test_numbers_may_come_from_numpy():
    sizes: dict[str, Any] = {"firms": np.int64(200), "seed": np.int32(3)}
    given = small(**sizes, parameters={"giants": np.int16(1), "mark_up": np.float32(0.25)})
    plain = small(firms=200, seed=3, parameters={"giants": 1, "mark_up": 0.25})
    assert lines_that_differ(given.run(2), plain.run(2)) == set()


def test_a_misspelt_column_is_told_the_nearest_one():
    firms = small().firms
    with pytest.raises(KeyError, match="firms has no column 'outptu', did you mean 'output'"):
        assert firms["outptu"] is not None
    with pytest.raises(AttributeError, match="firms has no column 'prise', did you mean 'price'"):
        firms[0].prise = 5.0
    with pytest.raises(IndexError, match="no row 400 among 400 rows of firms"):
        assert firms[400]
    with pytest.raises(TypeError, match="holds float64, not 'dear'"):
        firms["price"] = "dear"


def test_money_is_moved_by_the_ledger_only():
    firms = small().firms
    before = firms["deposits"].copy()
    with pytest.raises(ValueError, match="only the ledger moves fen"):
        firms["deposits"] = 5
    with pytest.raises(AttributeError, match="only the ledger moves fen"):
        firms[0].deposits = 5
    with pytest.raises(ValueError, match="read-only"):
        firms["deposits"][0] = 5
    np.testing.assert_array_equal(firms["deposits"], before)


def test_parameters_do_not_change_under_a_running_economy():
    with pytest.raises(AttributeError, match=r"parameters do not change: use p.replace\(mark_up=0.3\)"):
        small().p.mark_up = 0.3


def test_a_row_of_ones_own_is_a_business_model():
    mine = BusinessModel(
        "mine",
        "Mine",
        claims=(),
        to_projects=1.0,
        sees=2,
        lends_to_firms=True,
        gain_share=0.2,
        lines=("software",),
    )
    economy = small(mine).run(4)
    assert economy.strategy is mine
    assert mine.name in repr(economy) and mine.title in economy._repr_html_()
    alive = economy.platforms["alive"]
    assert alive.sum() > 2 and (economy.platforms["gain_share"][alive] > 0.0).all()
    assert mine.keeps == 1.0
    mixed = blend(strategy("institution_traffic"), strategy("deep_integration"), "funders")
    assert mixed.funders == strategy("deep_integration").funders
    assert mixed == dataclasses.replace(
        strategy("institution_traffic"), funders=mixed.funders, name=mixed.name, title=mixed.title
    )


def test_an_economy_that_has_not_begun_can_be_looked_at():
    economy = small()
    assert economy.quarter == 0 and len(economy.records.quarters) == 0 == len(economy.records.platforms)
    assert len(economy.records.flows) == 0
    assert "quarter" in economy._repr_html_() and economy.records._repr_html_()
    assert economy.balance_sheet().loc["deposits", "consumers"] > 0.0


def test_running_shows_a_bar_only_when_asked(capsys):
    small().run(2)
    assert capsys.readouterr() == ("", "")
    assert small("deep_integration").run(2, progress=True).quarter == 2
    shown = capsys.readouterr()
    assert shown.out == "" and "Deep integration" in shown.err and "2/2" in shown.err
