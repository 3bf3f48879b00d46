"""Rows of business models, seeds and calls that cannot be are refused in one line."""

import dataclasses
import math

import pytest

from sim import Economy, ParameterError, StrategyError, blend, strategy
from tests.economies import small
from tests.test_user import refused


@pytest.mark.parametrize("given", ["mark_up", [1, 2], 3, [("mark_up", 0.2)]])
def test_parameters_that_are_none_are_refused(given):
    with pytest.raises(ParameterError, match="are no parameters") as error:
        Economy(firms=100, parameters=given)
    refused(error)


@pytest.mark.parametrize(
    "change",
    [
        {"to_projects": 0.7},
        {"to_firms": 0.5},
        {"to_technology": 0.5},
        {"to_consumers": -0.5, "to_firms": 0.5},
        {"from_banks": 1.5},
        {"from_banks": 0.7, "from_households": 0.7},
        {"take": math.nan},
        {"take": 0.2},
        {"gain_share": -0.1},
        {"sees": 7},
        {"by_staff": math.inf},
    ],
)
def test_a_row_that_makes_no_sense_is_refused(change):
    with pytest.raises(StrategyError) as error:
        dataclasses.replace(strategy("deep_integration"), **change)
    assert refused(error).startswith("deep_integration: ")


def test_an_attribute_that_does_not_exist_cannot_be_blended():
    with pytest.raises(StrategyError, match="no attribute 'keeps_all' of a business model"):
        blend(strategy("deep_integration"), strategy("institution_traffic"), "keeps_all")


@pytest.mark.parametrize("quarters", [-1, 2.5, math.nan, None, True])
def test_a_number_of_quarters_that_is_none_is_refused(quarters):
    with pytest.raises(ParameterError, match=r"quarters = .* is not a whole number from 0 on") as error:
        small().run(quarters)
    refused(error)


@pytest.mark.parametrize("ago", [-1, 2, 100])
def test_a_quarter_that_is_not_recorded_is_told(ago):
    with pytest.raises(IndexError, match=f"quarters_ago = {ago}: 2 quarters are recorded"):
        small().run(2).flow_matrix(ago)
