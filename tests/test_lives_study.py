"""How platforms live: counts, hazards and survival find what was planted."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.measure.lives import (
    EVENTS,
    KEPT_PLATFORMS,
    KEPT_QUARTERS,
    MANNERS,
    by_platform,
    is_run,
    kept_lives,
    lives,
    paths,
    recoveries,
    unpaid,
    worst_year,
)
from tests.economies import small
from tests.test_lives_facts import ALWAYS, FIRST, recorded

LONG = 60


def planted(quarters, spans, manners=None, **columns):
    """Platforms as `kept_lives` gives them, of these spans (see `recorded`)."""
    table = recorded(quarters, spans, manners, **columns)
    return table.assign(since=table["quarter"] - FIRST + 1) if len(table) else pd.DataFrame(columns=["since"])


def of_quarters(quarters, **columns):
    """Quarters as `kept_lives` gives them, zero but for the named columns."""
    kept = dict.fromkeys(KEPT_QUARTERS, 0.0)
    return pd.DataFrame({"since": range(1, quarters + 1), **kept, **columns})


def amount_to(quarters, spans, manners=None, *, table=None, revenue=lambda q, k: 0.0):
    """What such lives amount to."""
    return lives(
        planted(quarters, spans, manners, revenue=revenue),
        of_quarters(quarters) if table is None else table,
    )


# --- what is left of claims ---------------------------------------------------------------------------------


def test_what_households_get_back_after_an_end_is_told_by_quarter():
    """One ends in the second quarter with 100, one in the third with 300; one lives and pays back too."""
    owed = {
        0: [90.0, 100.0, 60.0, 20.0, 0.0],
        1: [200.0, 300.0, 300.0, 240.0, 200.0],
        2: [50.0, 40.0, 9.0, 0.0, 0.0],
    }
    lost = {0: [0.0, 7.0, 10.0, 40.0, 0.0], 1: [0.0, 0.0, 5.0, 30.0, 40.0], 2: [0.0] * 5}
    ends = {0: 2, 1: 3, 2: ALWAYS}
    table = planted(
        5,
        [(0, ALWAYS)] * 3,
        alive=lambda q, k: q < ends[k],
        manner=lambda q, k: 3 if q >= ends[k] else 0,
        claims_owed=lambda q, k: owed[k][q - 1],
        claims_lost=lambda q, k: lost[k][q - 1],
    )
    back, gone = recoveries(table, 5)
    assert back * 400.0 == pytest.approx([30.0 + 30.0, 0.0 + 0.0, 20.0, 0.0, 0.0])
    assert gone * 400.0 == pytest.approx([10.0 + 30.0, 40.0 + 40.0, 0.0, 0.0, 0.0])
    assert np.isnan(recoveries(planted(5, [(0, ALWAYS)]), 5)).all()


# --- counts ----------------------------------------------------------------------------------------------


def test_births_and_deaths_are_counted_by_quarter_and_manner():
    """Two of the start, of which one is bought; one that is wound up, one that stops in the quarter in which
    it began, one that goes broke, one that lives."""
    spans = [(0, ALWAYS), (0, 3), (2, 4), (4, 4), (2, 5), (5, ALWAYS)]
    found = paths(planted(6, spans, {1: 1, 2: 2, 3: 3, 4: 4}), 6)
    assert found["births"].tolist() == [2, 2, 0, 1, 1, 0]
    assert found["alive"].tolist() == [2, 4, 3, 2, 2, 2]
    died = {name: found[name].tolist() for name in MANNERS}
    assert died == {
        "bought": [0, 0, 1, 0, 0, 0],
        "wound up": [0, 0, 0, 1, 0, 0],
        "stopped": [0, 0, 0, 1, 0, 0],
        "broke": [0, 0, 0, 0, 1, 0],
    }
    born, ended = np.cumsum(found["births"]), np.cumsum(sum(found[name] for name in MANNERS))
    assert (born - ended == found["alive"]).all()


def test_who_is_wound_down_for_years_has_died_once():
    table = planted(3, [(0, 2), (0, ALWAYS)], {0: 3})
    left = table.loc[(table["platform"] == 10) & (table["since"] == 2)]
    table = pd.concat([table, *[left.assign(since=q) for q in (3, 4, 5)]])
    assert paths(table, 6)["stopped"].tolist() == [0, 1, 0, 0, 0, 0]


def test_columns_are_by_platform_in_the_order_of_their_numbers_and_zero_elsewhere():
    table = planted(4, [(0, 3), (2, ALWAYS)], revenue=lambda q, k: 10.0 * k + q)
    shuffled = table.sample(frac=1.0, random_state=1)
    assert by_platform(shuffled, 4, "revenue").tolist() == [[1, 0], [2, 12], [3, 13], [0, 14]]
    assert by_platform(table.iloc[:0], 4, "revenue").shape == (4, 0)


def test_the_worst_year_is_that_of_the_largest_share():
    there = np.array([10.0, 10, 10, 10, 40, 40, 40, 40, 40])
    assert worst_year(np.array([0.0, 0, 3, 0, 0, 0, 0, 4, 4]), there) == slice(0, 4)
    assert worst_year(np.array([0.0, 0, 1, 0, 0, 0, 0, 12, 8]), there) == slice(5, 9)


def test_a_run_is_a_year_in_which_three_in_ten_end_of_ten_or_more_whenever_that_is():
    there = np.array([2.0, *[9] * 8, *[20] * 8])
    died = np.zeros(17)
    died[1:4] = 9.0  # never of ten
    assert math.isnan(is_run(died[:9], there[:9])) and is_run(died, there) == 0.0
    died[[10, 13]] = 3.0
    assert is_run(died, there) == 0.0
    died[13] = 4.0
    assert is_run(died, there) == 1.0


def test_who_left_households_unpaid_is_told_of_those_that_owed_them():
    """Three owed something: one stops, one goes broke, one is bought; three others that stop never did."""
    spans = [(0, 2), (0, 3), (0, 2), (0, 2), (0, 2), (0, 2), (0, ALWAYS)]
    manners = {0: 3, 1: 4, 2: 1, 3: 3, 4: 3, 5: 3}
    owed = planted(4, spans, manners, claims_owed=lambda q, k: 5.0 if k in (0, 1, 2, 6) and q == 1 else 0.0)
    assert unpaid(owed, 4) == pytest.approx(2 / 3)
    assert math.isnan(unpaid(planted(4, [(0, ALWAYS)]), 4))


# --- what lives amount to --------------------------------------------------------------------------------


def test_a_rise_a_peak_and_a_shakeout_are_told():
    """Four begin, sixteen follow in quarter 8; fifteen end in quarters 21 to 24, one more in quarter 40."""
    spans = [*[(0, ALWAYS)] * 4, *[(8, 21)] * 5, *[(8, 24)] * 10, (8, 40)]
    manners = {4: 1, 5: 1, 6: 2, 7: 4, 8: 4}
    found = amount_to(LONG, spans, manners | dict.fromkeys(range(9, 20), 3))
    assert (found["most at once"], found["year of the peak"], found["founded"]) == (20, 2.0, 20)
    assert found["left at the end, of the peak"] == pytest.approx(4 / 20)
    assert found["died in the worst year"] == pytest.approx(15 / 20)
    assert [found[name] for name in EVENTS] == [1.0, 1.0]
    exposed = 4 * 7 + 20 * 13 + 5 * 16 + 4 * 20  # there in quarters 1-7, 8-20, 25-40, 41-60
    assert found["hazard in calm"] == pytest.approx(1 / exposed / 3)
    told = {name: found[f"ended: {name}"] for name in MANNERS}
    assert told == pytest.approx({"bought": 2 / 16, "wound up": 1 / 16, "stopped": 11 / 16, "broke": 2 / 16})


@pytest.mark.parametrize(("left", "shaken"), [(10, 1.0), (11, 0.0)])
def test_a_shakeout_leaves_half_or_less_of_ten_or_more(left, shaken):
    ended = amount_to(LONG, [*[(0, ALWAYS)] * left, *[(0, 30)] * (20 - left)])
    assert ended[EVENTS[0]] == shaken and ended[EVENTS[1]] == 1.0
    few = amount_to(LONG, [(0, ALWAYS), *[(0, 30)] * 8])
    assert all(math.isnan(few[name]) for name in EVENTS)


def test_survival_is_that_of_each_at_five_years():
    """Of the start one dies at 20 quarters, one a quarter later; of quarter 30 one in its first quarter."""
    spans = [(0, 21), (0, 22), (30, 30), (30, ALWAYS), (50, ALWAYS)]
    assert amount_to(LONG, spans)["alive after five years"] == pytest.approx(2 / 4)
    assert math.isnan(amount_to(20, [(0, ALWAYS)])["alive after five years"])


def test_leaders_are_the_largest_tenth_by_revenue_five_years_before_the_end():
    """Of thirty the three largest lead: one of them dies, and nine of the others; who was large before or
    comes to be is no leader."""
    spans = [(0, ALWAYS)] * 30
    for k in (29, *range(9)):
        spans[k] = (0, 50)

    def revenue(q, k):
        return float(k if 36 < q <= 40 else 100 - k)

    found = amount_to(LONG, spans, revenue=revenue)
    assert found["leaders alive five years later"] == pytest.approx(2 / 3)
    assert found["others alive five years later"] == pytest.approx(18 / 27)
    few = amount_to(LONG, spans[:9], revenue=revenue)
    assert math.isnan(few["leaders alive five years later"])


def test_revenue_and_money_are_those_of_their_years():
    year = np.repeat(np.arange(1.0, 16.0), 4)
    money = {"platform_revenue": np.where(year == 6, 0.004, 0.001)}
    money |= {"venture_funding": np.where(year == 3, 0.002, 0.0), "no_room": np.where(year == 9, 2.0, 0.0)}
    found = amount_to(LONG, [(0, ALWAYS)], table=of_quarters(LONG, **money))
    assert found["revenue at its peak"] == pytest.approx(0.004)
    assert found["revenue at the end"] == pytest.approx(0.001)
    assert found["venture money in its best year"] == pytest.approx(0.002)
    assert found["no room"] == 8.0


def test_where_nobody_was_ever_founded_there_is_no_case():
    empty = pd.DataFrame({"since": [], "platform": [], **{name: [] for name in KEPT_PLATFORMS}})
    found = lives(empty, of_quarters(LONG))
    assert found["most at once"] == found["founded"] == 0.0
    cases = ("left at the end, of the peak", "hazard in calm", "died in the worst year", *EVENTS)
    cases = (*cases, "ended owing households: stopped or broke")
    cases = (*cases, "alive after five years", *(f"ended: {name}" for name in MANNERS))
    assert all(math.isnan(found[name]) for name in cases)


def test_what_is_kept_of_an_economy_leaves_giants_out_and_counts_from_the_branching():
    world = small(platforms=12).run(2)
    economy = world.branch("consumer_traffic").run(12)
    tables: dict[str, Any] = kept_lives(economy)
    assert tables["quarters"]["since"].tolist() == list(range(1, 13))
    assert tables["platforms"]["since"].min() == 1
    giants = set(economy.platforms["serial"][economy.platforms["giant"]])
    assert giants and not giants & set(tables["platforms"]["platform"])
    found = paths(tables["platforms"], 12)
    lines = economy.records.quarters.iloc[2:]
    started = int(economy.p.starters)
    births = lines["platform_births"].to_numpy() + np.eye(1, 12)[0] * started
    assert found["births"].tolist() == births.tolist() and found["births"].sum() > started
    small_ones = lines["platforms_alive"] - economy.platforms["alive"][economy.platforms["giant"]].sum()
    assert found["alive"][-1] == small_ones.iloc[-1]
    assert len(kept_lives(world.branch("external_finance").run(2))["platforms"]) == 0
