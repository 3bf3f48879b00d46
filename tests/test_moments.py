"""Moments find planted truths, and single agents are followed to the fate that is written down for them."""

import math

import numpy as np
import pandas as pd
import pytest

from experiments.measure import watching
from experiments.measure.moments import (
    OBSERVED,
    SMOOTHING,
    Series,
    correlation,
    cycle_of,
    moments_of,
    us_quarters,
)
from experiments.measure.watching import Followed, discrimination, kurtosis, small_ones
from sim import Economy

PERIOD = 20


def autoregressive(phi, size=20_000):
    noise = np.random.default_rng(5).normal(size=size)
    series = np.zeros(size)
    for t in range(1, size):
        series[t] = phi * series[t - 1] + noise[t]
    return series


def value(rows, series, moment, lag=0):
    return rows.set_index(["series", "moment", "lag"])["value"][series, moment, lag]


# --- moments ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lag", [1, 2, 3, 4])
def test_an_autoregression_is_recovered(lag):
    series = autoregressive(0.8)
    assert correlation(series, series, lag) == pytest.approx(0.8**lag, abs=0.03)


def test_a_lead_is_told_from_a_lag():
    noise = np.random.default_rng(1).normal(size=500)
    first, second = noise[3:], noise[:-3]  # the first is three quarters ahead of the second
    assert correlation(first, second, 3) == pytest.approx(1.0)
    assert abs(correlation(first, second, -3)) < 0.2
    assert correlation(second, first, -3) == pytest.approx(1.0)


def test_what_does_not_vary_has_no_correlation_and_too_little_is_refused():
    assert math.isnan(correlation(np.ones(9), np.arange(9.0)))
    with pytest.raises(ValueError, match="3 and 3 values at lag 2"):
        correlation(np.arange(3.0), np.arange(3.0), 2)


def test_a_swing_around_a_trend_is_the_cycle_that_is_found():
    t = np.arange(400)
    swing = 0.02 * np.sin(2 * np.pi * t / PERIOD)
    found = cycle_of(np.exp(0.01 * t + swing))
    assert found[40:-40] == pytest.approx(swing[40:-40], abs=0.002)


@pytest.mark.parametrize(
    ("values", "said"),
    [(np.ones(5), "at least 12"), ([1.0] * 20 + [np.nan], "1 of 21"), ([0.0] * 20, "0 has no")],
)
def test_a_series_without_a_cycle_is_refused_in_words(values, said):
    with pytest.raises(ValueError, match=said):
        cycle_of(values)


def test_planted_sizes_memory_and_leads_come_back():
    t = np.arange(400)

    def swing(ahead):
        return np.sin(2 * np.pi * (t + ahead) / PERIOD)

    table = pd.DataFrame(
        {
            "y": np.exp(0.005 * t + 0.02 * swing(0)),
            "c": np.exp(0.005 * t + 0.01 * swing(2)),
            "d": 0.03 - 0.001 * swing(-1),
        }
    )
    rows = moments_of(table, {"output": Series("y"), "early": Series("c"), "late": Series("d", logs=False)})
    bend = 4 * SMOOTHING * (1 - math.cos(2 * math.pi / PERIOD)) ** 2
    passes = bend / (1 + bend)  # what the filter lets through of such a swing (King and Rebelo 1993)
    assert value(rows, "output", "sd") == pytest.approx(0.02 * passes / math.sqrt(2), rel=0.02)
    assert value(rows, "early", "relative sd") == pytest.approx(0.5, rel=0.02)
    assert value(rows, "late", "relative sd") == pytest.approx(0.05, rel=0.02)
    for lag in (1, 2, 3, 4):
        turn = math.cos(2 * math.pi * lag / PERIOD)
        assert value(rows, "output", "autocorrelation", lag) == pytest.approx(turn, abs=0.03)
    by_lag = rows[rows["moment"] == "with output"].set_index(["series", "lag"])["value"]
    assert by_lag["early"].idxmax() == -2
    assert by_lag["late"].idxmin() == 1


def test_the_us_cycle_is_as_in_the_textbook():
    """Stock and Watson 1999: output 1.66 %, consumption less, investment four to five times as much."""
    rows = moments_of(us_quarters(), OBSERVED)
    assert 0.013 < value(rows, "output", "sd") < 0.018
    assert 0.6 < value(rows, "consumption", "relative sd") < 0.9
    assert 3.5 < value(rows, "investment", "relative sd") < 5.5
    assert value(rows, "employment", "with output", 1) > 0.8


# --- single agents ---------------------------------------------------------------------------------------


def test_small_firms_are_those_that_make_the_first_part_of_sales():
    assert small_ones([5.0, 1.0, 2.0, 2.0]).tolist() == [False, True, True, True]
    assert small_ones([8.0, 1.0, 1.0]).tolist() == [False, True, True]


def test_a_tent_has_a_kurtosis_of_three_and_a_bell_of_none():
    rng = np.random.default_rng(3)
    assert kurtosis(rng.laplace(size=200_000)) == pytest.approx(3.0, abs=0.3)
    assert kurtosis(rng.normal(size=200_000)) == pytest.approx(0.0, abs=0.1)
    assert math.isnan(kurtosis([1.0, 1.0, 1.0, 1.0]))


def test_discrimination_of_planted_scores():
    failed = np.repeat([True, False], 200)
    assert discrimination(np.where(failed, 1.0, 0.0), failed) == 1.0
    assert discrimination(np.ones(400), failed) == 0.5
    assert discrimination(np.where(failed, 0.0, 1.0), failed) == 0.0
    assert math.isnan(discrimination(np.ones(400), np.arange(400) < 99))


class Planted:
    """Six firms, four consumers and two platforms whose fate is written down in ``script``, by quarter."""

    def __init__(self, script):
        self.script, self.at = script, 0
        money = ("bank_debt", "syndicated_debt", "platform_debt", "sales", "loan_granted", "platform_granted")
        self.firms = {name: np.zeros(6) for name in money}
        self.firms |= {"generation": np.zeros(6, int), "alive": np.ones(6, bool), "failed": np.zeros(6, bool)}
        self.consumers = {name: np.zeros(4) for name in ("bank_debt", "loan_granted", "platform_granted")}
        self.consumers |= {"failed": np.zeros(4, bool), "borrowed_at": np.zeros(4, np.uint8)}
        self.consumers |= {"platform_debt": np.zeros(4), "debt_to": np.full(4, -1)}
        places = ("first_app", "second_app", "third_app", "last_lender")
        self.consumers |= {place: np.full(4, -1) for place in places}
        self.platforms = {
            "serial": np.array([1, 2]),
            "alive": np.ones(2, bool),
            "claims_owed": np.array([100.0, 300.0]),
        }
        self.platforms |= {"claims_lost": np.zeros(2)}
        self.tables = {"firms": Rows(self.firms), "consumers": Rows(self.consumers)}
        self.firms, self.consumers = self.tables["firms"], self.tables["consumers"]
        self.platforms, self.banks = Rows(self.platforms), Rows({"net_worth": np.zeros(3)})
        self.firm_scorers, self.consumer_scorers = Book(6), Book(4)

    def step(self):
        self.at += 1
        for table in (self.firms, self.consumers):
            for column in ("failed", "loan_granted", "platform_granted"):
                table[column][:] = 0
        self.platforms["claims_lost"][:] = 0
        for owner, column, row, new in self.script.get(self.at, ()):
            place = getattr(self, owner)
            (place[column] if isinstance(place, Rows) else getattr(place, column))[row] = new


class Rows(dict):
    def __len__(self):
        return len(next(iter(self.values())))


class Book:
    def __init__(self, rows):
        self.seen_by, self.seen_score = np.full(rows, -1), np.zeros(rows)


def follow(script, quarters, **start):
    economy = Planted(script)
    for name, values in start.items():
        economy.firms[name][:] = values
    followed = Followed(economy)
    for _ in range(quarters):
        followed.step()
    return followed.numbers()


def test_newcomers_are_followed_to_their_death():
    script = {
        2: [("firms", "generation", 0, 1), ("firms", "generation", 1, 1)],
        5: [("firms", "alive", 1, False)],
        6: [("firms", "generation", 2, 1)],  # after the year whose newcomers are followed
        30: [("firms", "generation", 0, 2)],  # dies in the quarter in which another takes its row
    }
    numbers = follow(script, 44)
    assert (numbers["survival_1"], numbers["survival_5"], numbers["survival_10"]) == (0.5, 0.5, 0.0)


def test_first_loans_belong_to_the_firm_and_not_to_its_row():
    script = {
        1: [
            ("firms", "loan_granted", 0, 9),
            ("firms", "generation", 1, 1),
        ],  # row 0 had a loan before it fell
        2: [("firms", "generation", 0, 1)],
        6: [("firms", "platform_granted", 0, 5), ("firms", "generation", 2, 1)],  # 0 never had a bank loan
        7: [("firms", "loan_granted", 1, 9)],
        9: [("firms", "platform_granted", 1, 5), ("firms", "platform_granted", 0, 5)],
        10: [("firms", "loan_granted", 2, 9)],  # founded after the year whose newcomers count
    }
    numbers = follow(script, 12)
    assert numbers["first_loan_age"] == 1.5
    assert numbers["first_loans"] == 0.5


def test_bad_credit_is_counted_with_what_was_owed_before():
    script = {
        1: [("firms", "failed", 2, True)],  # a large one
        2: [("firms", "failed", 0, True), ("firms", "bank_debt", 0, 0.0)],
    }
    debts = np.array([10.0, 0.0, 30.0, 0.0, 0.0, 0.0])
    sales = np.array([1.0, 0.0, 9.0, 0.0, 0.0, 0.0])
    numbers = follow(script, 2, bank_debt=debts, sales=sales)
    assert numbers["bad_bank"] == pytest.approx(4 * 40 / 80)
    assert numbers["bad_bank_small"] == pytest.approx(4 * 10 / 20)
    assert math.isnan(numbers["bad_platform_firms"])
    assert numbers["small_credit"] == 0.0


def test_borrowers_are_watched_for_as_long_as_is_said(monkeypatch):
    script = {
        1: [("consumers", "loan_granted", 0, 5), ("consumers", "loan_granted", 1, 5)],
        2: [("consumers", "platform_granted", 2, 30), ("consumers", "platform_granted", 3, 10)],
        3: [
            ("consumers", "borrowed_at", slice(None), 2),
            ("consumers", "second_app", 2, 1),
            ("consumers", "last_lender", 2, 1),
            ("consumers", "first_app", 3, 1),
        ],
        4: [("consumers", "platform_granted", 2, 60), ("consumers", "last_lender", 3, 1)],
        6: [("consumers", "failed", 0, True)],  # just within
        8: [("consumers", "failed", 2, True)],
    }
    assert all(math.isnan(follow(script, 14)[name]) for name in ("default_platform_12", "repeat_borrowing"))
    monkeypatch.setattr("experiments.measure.watching.SOME", 2)  # else two are too few to tell a share of
    numbers = follow(script, 14)
    assert numbers["default_bank_5"] == 0.5
    assert numbers["default_platform_5"] == 0.0
    assert numbers["default_platform_12"] == 0.5
    assert numbers["repeat_borrowing"] == 0.6


def test_what_is_lost_with_a_platform_is_lost_after_its_death():
    """Of what was left on that day: what was lost before, its last quarter included, is not stuck with it."""
    script = {
        1: [("platforms", "claims_lost", 1, 50.0)],  # alive: not of a dead platform
        2: [("platforms", "alive", 0, False), ("platforms", "claims_lost", 0, 20.0)],
        3: [("platforms", "claims_lost", 0, 60.0)],
    }
    assert follow(script, 4)["lost_with_platform"] == 0.6


def test_scores_are_kept_by_lender_until_their_outcome_is_known(monkeypatch):
    monkeypatch.setattr(watching, "ENOUGH", 1)
    book = [("firm_scorers", "seen_by", row, lender) for row, lender in enumerate((0, 1, 2, 3, 4))]
    book += [
        ("firm_scorers", "seen_score", row, score) for row, score in enumerate((5.0, 1.0, 2.0, 1.0, 3.0))
    ]
    closed = [("firm_scorers", "seen_by", row, -1) for row in range(5)]
    script = {1: book, 2: [*closed, ("firms", "failed", 0, True), ("firms", "failed", 3, True)]}
    numbers = follow(script, 3, sales=[1.0, 1.0, 1.0, 1.0, 1.0, 8.0])
    assert numbers["auc_bank_firms"] == 1.0  # lenders 0 to 2 are banks
    assert numbers["auc_platform_firms"] == 0.0
    assert math.isnan(numbers["auc_bank_consumers"])


def test_growth_is_that_of_firms_that_lived_through_both_years():
    economy = Planted({})
    followed = Followed(economy)
    for quarter in range(8):
        economy.firms["sales"][:] = (
            [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] if quarter < 4 else [2.0, 2.0, 3.0, 4.0, 5.0, 60.0]
        )
        if quarter == 5:
            economy.firms["generation"][5] = 1
        followed.step()
    assert followed._growth().tolist() == pytest.approx([math.log(2), 0, 0, 0, 0])


def test_a_real_economy_gives_numbers_in_their_range():
    numbers = Followed(economy := Economy("institution_traffic", firms=300, seed=3).run(12))
    for _ in range(10):
        numbers.step()
    found = numbers.numbers()
    assert economy.quarter == 22
    shares = ("bad_bank_small", "survival_1", "small_credit", "repeat_borrowing", "first_loans")
    assert all(0.0 <= found[name] <= 1.0 for name in shares if math.isfinite(found[name]))
    assert 0.0 < found["bad_bank"] < 1.0
    assert 0.0 < found["small_credit"] < 1.0
