"""Parameters that make no economy together are refused; an economy that dies closes its books."""

import math
import warnings
from typing import Any

import numpy as np
import pytest

from sim import Economy, ParameterError, Parameters
from sim.markets import goods, labour
from sim.population.growth_path import balanced_growth, check_path
from tests.economies import small
from tests.test_user import refused

ALONE = {"lead_in": 0}


@pytest.mark.parametrize(
    ("told", "together"),
    [
        ("is left to households", {"capital_output": 8.0, "depreciation": 0.06, "utilisation": 0.6}),
        (
            "households have",
            {"debt_target": 0.2, "cash_buffer": 1.5, "leverage_low": 0.0, "input_share": 0.6},
        ),
        (
            "income tax",
            {
                "purchases": 0.1,
                "debt_target": 1.0,
                "technology_growth": 0.015,
                "benefit": 0.2,
                "policy_rate": 0.0,
                "inflation_aim": 0.01,
                "depreciation": 0.005,
            },
        ),
    ],
)
def test_parameters_that_make_no_economy_together_are_refused(told, together):
    with pytest.raises(ParameterError, match=told) as error:
        Economy(firms=100, parameters=together)
    assert "see " in refused(error)


def test_no_parameter_is_refused_for_the_sake_of_another_at_its_default():
    for name, one in Parameters.declarations().items():
        for value in (one.low, one.high):
            check_path(balanced_growth(Parameters({name: one.kind(value)})))


def test_no_draw_of_the_guessed_parameters_is_refused():
    for world in range(200):
        check_path(balanced_growth(Parameters.sampled(5, world)))


DYING: list[dict[str, Any]] = [
    {"capital_output": 8.0, "depreciation": 0.06, "utilisation": 1.0, "mark_up": 0.05} | ALONE,
    {"input_share": 0.0, "trait_weight": 0.0, "capital_output": 8.0, "mark_up_scarcity": 0.0} | ALONE,
    {"inputs_bind": 1.0, "persons_per_row": 1.0, "capital_output": 8.0, "depreciation": 0.06} | ALONE,
]


@pytest.mark.parametrize("parameters", DYING, ids=["no profit", "nobody at work", "no inputs"])
def test_an_economy_that_dies_closes_its_books_and_records_what_can_be_said(parameters):
    with warnings.catch_warnings(action="error"):
        economy = small(firms=300, parameters=parameters).run(60)
    last = economy.records.lines[-1]
    assert (len(economy.records), last["firms"], last["gdp"]) == (60, 0.0, 0.0)
    for name in ("credit_to_gdp", "default_rate", "effective_firms", "skill_spread", "venture_funding"):
        assert math.isnan(last[name]), name
    assert not any(math.isinf(value) for value in last.values())


def test_what_work_there_is_is_shared_where_nobody_is_at_work_all_quarter():
    economy = small().run(1)
    c = economy.consumers
    c["employed"] = False
    wages = float(economy.firms["wage_bill"].sum())
    labour.pay(economy)
    kept = 1.0 - economy.state[0].income_tax
    earned = c["income"] - c["transfers"] - np.rint(economy.p.benefit * economy.market.wage * c["power"])
    assert wages > 0.0 and float(earned.sum()) >= 0.99 * kept * wages
    assert np.corrcoef(earned, c["power"])[0, 1] > 0.999


def test_an_empty_sector_sells_nothing_wherever_it_is():
    starts, sums = np.array([0, 0, 2, 2, 5, 5]), np.empty(5)
    goods.sums_of(starts, np.array([1.0, 2.0, 3.0, 4.0, 5.0]), sums)
    assert sums.tolist() == [0.0, 3.0, 0.0, 12.0, 0.0]


def test_where_money_loses_its_worth_the_run_ends_in_one_line_that_names_why():
    with pytest.raises(ParameterError, match=r"money loses its worth.*taste_jump = 1.7") as error:
        Economy(firms=264, seed=3, parameters={"lead_in": 0, "taste_jump": 1.7}).run(40)
    assert "\n" not in str(error.value)
