"""What indicators are made of: ranks, the tail, and sums in one pass are those that NumPy finds."""

import math

import numpy as np
import pytest

from sim.survey import at_rank, survey_firms, tail_exponent
from tests.economies import small

RNG = np.random.default_rng(5)
SIZES = np.concatenate(
    [np.exp(RNG.normal(0.0, 3.0, 900)), np.zeros(40), np.full(60, 2.5), [-0.0, 1e300, 5e-324]]
)


@pytest.mark.parametrize("reading", ["machine", "plain"])
def test_a_size_at_a_rank_is_that_of_the_sorted_sizes(reading):
    found = [getattr(at_rank, reading)(SIZES, rank) for rank in range(len(SIZES))]
    assert found == np.sort(SIZES).tolist()


def test_there_is_no_size_beyond_the_last_rank():
    assert math.isnan(at_rank(SIZES, len(SIZES)))
    assert math.isnan(at_rank(SIZES[:0], 0))


def test_the_exponent_of_a_tail_is_hills_estimate():
    sizes = RNG.pareto(1.5, 5_000)
    top = np.sort(sizes)[-101:]
    assert tail_exponent(sizes) == pytest.approx(1.0 / np.log(top[1:] / top[0]).mean(), rel=1e-12)
    assert tail_exponent(np.append(sizes, np.zeros(90))) == tail_exponent(sizes)
    assert math.isnan(tail_exponent(sizes[:20]))


def test_firms_are_summed_as_numpy_does_and_as_plain_python_does():
    f = small("deep_integration").run(6).firms
    middle, sectors = float(np.median(f["workers"])), 8
    names = ["alive", "sector", "share", "skill", "misfit", "sales", "workers"]
    more = ["loan_wanted", "rationed", "bank_debt", "platform_debt"]
    taken = [*(f[name] for name in names), middle, *(f[name] for name in more)]
    readings = []
    for reading in (survey_firms.machine, survey_firms.plain):
        shares, squares = np.zeros(sectors), np.zeros(sectors)
        readings.append((*reading(*taken, shares, squares), *shares, *squares))
    assert readings[0] == readings[1]
    alive, asked, small_one = f["alive"], f["alive"] & (f["loan_wanted"] > 0.0), f["workers"] < middle
    debt = (f["bank_debt"] + f["platform_debt"])[alive & small_one].sum()
    found = [
        alive.sum(), f["skill"][alive].sum(), (f["skill"][alive] ** 2).sum(), f["misfit"][alive].sum(),
        f["sales"].sum(), (f["sales"] * f["misfit"]).sum(), asked.sum(), (asked & f["rationed"]).sum(),
        (asked & small_one).sum(), (asked & small_one & f["rationed"]).sum(), debt,
        *np.bincount(f["sector"], f["share"], sectors), *np.bincount(f["sector"], f["share"] ** 2, sectors),
    ]  # fmt: skip
    assert readings[0] == pytest.approx(found, rel=1e-12)
    assert asked.any()
    assert (asked & f["rationed"]).any()


def test_what_consumers_owe_pay_and_own_is_recorded_as_their_columns_show_it():
    economy = small("deep_integration").run(6)
    c, line = economy.consumers, economy.records.lines[-1]
    names = ["interest_paid", "instalment_paid", "platform_interest_paid", "platform_instalment_paid"]
    service, income = sum(c[name].sum() for name in names), c["income"].sum()
    assert service > 0.0
    assert line["debt_burden"] == pytest.approx(service / income, rel=1e-12)
    wealth = c["deposits"].sum() + c["claims"].sum()
    assert line["household_wealth"] == pytest.approx(wealth / (4.0 * economy.market.gdp), rel=1e-12)
    debt = c["bank_debt"].sum() + c["platform_debt"].sum()
    assert line["consumer_credit_to_gdp"] == pytest.approx(debt / (4.0 * economy.market.gdp), rel=1e-12)
