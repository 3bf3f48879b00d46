"""What indicators are made of: ranks, the tail, and sums in one pass are those that NumPy finds."""

import math

import numpy as np
import pytest

from sim.record.survey import (
    add_up,
    at_rank,
    count_steps,
    list_step,
    middle_and_tail,
    survey_consumers,
    survey_firms,
)
from tests.economies import small

RNG = np.random.default_rng(5)
SIZES = np.concatenate(
    [np.exp(RNG.normal(0.0, 3.0, 900)), np.zeros(40), np.full(60, 2.5), [-0.0, 1e300, 5e-324]]
)


def test_a_size_at_a_rank_is_that_of_the_sorted_sizes():
    counts, _ = count_steps(SIZES)
    found = [at_rank(SIZES, counts, rank) for rank in range(len(SIZES))]
    assert found == np.sort(SIZES).tolist()


def test_the_sizes_of_a_step_are_listed_alike_in_both_readings():
    counts, _ = count_steps(SIZES)
    few = np.zeros((2, len(SIZES)))
    found = [
        getattr(list_step, reading)(SIZES, counts, 500, few[n])
        for n, reading in enumerate(("machine", "plain"))
    ]
    assert found[0] == found[1]
    assert (few[0] == few[1]).all()


def test_there_is_no_size_beyond_the_last_rank():
    assert math.isnan(at_rank(SIZES, count_steps(SIZES)[0], len(SIZES)))
    assert math.isnan(at_rank(SIZES[:0], count_steps(SIZES[:0])[0], 0))


def test_the_exponent_of_a_tail_is_hills_estimate():
    sizes = RNG.pareto(1.5, 5_000)
    top = np.sort(sizes)[-101:]
    middle, tail = middle_and_tail(sizes, 2_500)
    assert middle == np.sort(sizes)[2_500]
    assert tail == pytest.approx(1.0 / np.log(top[1:] / top[0]).mean(), rel=1e-12)
    assert middle_and_tail(np.append(sizes, np.zeros(90)), 2_590) == (middle, tail)
    assert math.isnan(middle_and_tail(sizes[:20], 0)[1])


@pytest.mark.parametrize("reading", ["machine", "plain"])
def test_firms_are_summed_as_numpy_does(reading):
    f = small("deep_integration").run(6).firms
    middle, sectors = float(np.median(f["workers"])), 8
    shares, squares = np.zeros(sectors), np.zeros(sectors)
    found = getattr(survey_firms, reading)(f, middle, shares, squares)
    alive, asked, small_one = f["alive"], f["alive"] & (f["loan_wanted"] > 0.0), f["workers"] < middle
    linked = f["link"] >= 0
    expected = {
        "count": alive.sum(),
        "skill": f["skill"][alive].sum(),
        "skill_squared": (f["skill"][alive] ** 2).sum(),
        "misfit": f["misfit"][alive].sum(),
        "sales": f["sales"].sum(),
        "wasted": (f["sales"] * f["misfit"]).sum(),
        "profit": f["profit"].sum(),
        "ordered": f["input_bill"].sum(),
        "short": (f["input_bill"] * f["inputs_short"]).sum(),
        "asked": asked.sum(),
        "rationed": (asked & f["rationed"]).sum(),
        "small_asked": (asked & small_one).sum(),
        "small_rationed": (asked & small_one & f["rationed"]).sum(),
        "small_debt": (f["bank_debt"] + f["platform_debt"])[alive & small_one].sum(),
        "linked": linked.sum(),
        "linked_sales": f["sales"][linked].sum(),
        "depth": (f["sales"] * f["depth"])[linked].sum(),
        "gain": f["gain"].sum(),
        "fee": f["integration_fee"].sum(),
    }
    assert found._asdict() == pytest.approx(expected, rel=1e-12)
    assert all(expected.values()), expected
    assert [*shares, *squares] == pytest.approx(
        [*np.bincount(f["sector"], f["share"], 8), *np.bincount(f["sector"], f["share"] ** 2, 8)]
    )


@pytest.mark.parametrize("reading", ["machine", "plain"])
def test_consumers_are_counted_as_numpy_does(reading):
    c = small("consumer_traffic").run(12).consumers
    places = np.array([c[name] for name in ("first_app", "second_app", "third_app")])
    c["places_had"][:5] = 5  # as of platforms that have gone
    reached, borrowed = (places >= 0).any(axis=0), c["ever_borrowed"]
    found = getattr(survey_consumers, reading)(c)
    expected = {
        "reached": reached.sum(),
        "places": (places >= 0).sum(),
        "had": np.unpackbits(c["places_had"]).sum(),
        "known": (reached | borrowed).sum(),
        "borrowers": borrowed.sum(),
        "borrowing": (c["platform_granted"] > 0.0).sum(),
        "failed": c["failed"].sum(),
        "income": c["income"].sum(),
    }
    assert found._asdict() == pytest.approx(expected, rel=1e-12)
    assert min(found.reached, found.known, found.borrowers, found.borrowing) > 0


def test_columns_are_added_up():
    assert add_up((np.arange(4.0), np.full(4, 0.5))).tolist() == [6.0, 2.0]


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
