"""What goes by month inside a quarter: who comes first is paid first, and nothing is lost on the way."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.actors.platforms import MONTHS, sets_budget
from sim.credit.months import dry_after, first_come, months_of
from sim.markets.payments import venture
from sim.population.platforms import months_lived, platforms_end
from tests.economies import FUNDED, differences, small
from tests.test_platforms import MARKET, P, platform


def asking(sizes, months, free):
    """What each of these is paid by one platform."""
    place = np.zeros(len(sizes), np.int32)
    return first_come(np.array(sizes), place, np.array(months), np.array([free]))


def test_who_comes_in_an_earlier_month_is_paid_before_the_others():
    assert asking([60, 60, 60], [0, 1, 2], 90).tolist() == [60, 30, 0]
    assert asking([60, 60, 60], [2, 1, 0], 90).tolist() == [0, 30, 60]
    assert asking([60, 60, 60], [0, 0, 0], 90).tolist() == [30, 30, 30]  # those of one month in proportion
    assert asking([60, 60], [0, 2], 500).tolist() == [60, 60]


def test_each_platform_pays_its_own():
    place, month = np.array([0, 1, 1, -1], np.int32), np.array([2, 0, 1, 0])
    paid = first_come(np.array([50, 50, 50, 50]), place, month, np.array([20, 70]))
    assert paid.tolist() == [20, 50, 20, 0]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 2)), min_size=1, max_size=30),
    st.integers(0, 10**10),
)
def test_no_more_is_paid_than_there_is_or_was_asked_for(wishes, free):
    sizes, months = (np.array(part) for part in zip(*wishes, strict=True))
    paid = asking(sizes, months, free)
    assert (paid <= sizes).all() and (paid >= 0).all()
    assert free >= paid.sum() >= min(free, sizes.sum()) - len(sizes)  # whole fen
    for late in (1, 2):
        if paid[months == late].sum() > 0:  # then all before have had nearly all
            before = months < late
            assert paid[before].sum() >= sizes[before].sum() - len(sizes)


def test_terms_end_in_each_month_and_in_one_where_nothing_goes_by_month():
    economy = small("consumer_traffic", parameters=FUNDED).run(4)
    rows = np.arange(len(economy.consumers))
    counts = np.bincount(months_of(economy, rows), minlength=3)
    assert len(counts) == 3 and (counts > 0.25 * len(rows)).all()
    economy = economy.branch(by_month=0)
    assert not months_of(economy, rows).any()


def test_by_month_a_run_ends_otherwise():
    lived = small("consumer_traffic", parameters=FUNDED, seed=4).run(16)
    lived.platforms["trust"] = 0.0  # everybody wants his money
    by_month, at_once = lived.branch().run(6), lived.branch(by_month=0).run(6)
    assert "table/consumers/deposits" in differences(by_month, at_once)


def test_a_queue_begins_in_the_month_in_which_money_ends():
    place, free = np.zeros(3, np.int32), np.array([100])
    sizes = np.array([60, 60, 60])
    for months, after in (([0, 1, 2], 2), ([0, 0, 2], 1), ([2, 2, 2], 3), ([1, 2, 2], 3)):
        assert dry_after(sizes, place, np.array(months), free).tolist() == [after]
    assert dry_after(sizes, place, np.array([0, 1, 2]), np.array([180])).tolist() == [0]


def ends(by_month: int, **values) -> float:
    """How many months a platform has lived in the quarter of its end."""
    economy = small("consumer_traffic", parameters=FUNDED | {"by_month": by_month}).run(4)
    t, row = economy.platforms, int(np.flatnonzero(economy.platforms["alive"])[-1])
    for name, value in ({"team_due": 90.0, "management": 90.0, "months": 3.0, "dry": 0.0} | values).items():
        t[name][row] = value
    assert months_lived(economy, np.array([row]))[0] == months_lived(economy, np.array([row, 0]))[0]
    t["alive"][row] = False
    platforms_end(economy)
    return float(t["months"][row])


def test_a_platform_ends_in_the_month_in_which_its_money_does():
    assert [ends(1, management=paid) for paid in (90.0, 61.0, 60.0, 31.0, 30.0, 0.0)] == [3, 3, 2, 2, 1, 1]
    assert [ends(1, dry=month) for month in (0.0, 1.0, 2.0, 3.0)] == [3, 1, 2, 3]
    assert ends(1, months=2.0, management=45.0) == 1 and ends(1, months=2.0, dry=3.0) == 2
    assert ends(0, management=30.0) == ends(0, dry=1.0) == 3  # nothing goes by month


def test_a_round_that_comes_later_is_spent_from_then_on():
    def budget(**values) -> float:
        return sets_budget(platform(deposits=40_000_000, users=0.0, **values), MARKET, P).budget

    whole, none = budget(venture=24e6, came=0.0), budget(venture=24e6, came=1.0)
    assert whole - none == 24e6 / 4.0
    for month in (1, 2):
        assert budget(venture=24e6, came=month / MONTHS) == whole - (whole - none) * month / MONTHS


def test_who_is_founded_in_a_later_month_asks_then_and_who_runs_short_too(monkeypatch):
    economy = small("institution_traffic", parameters=FUNDED | {"idle_founders": 0.0}).run(4)
    t, seen = economy.platforms, []
    rows = np.flatnonzero(t["alive"] & ~t["giant"])[:4]
    t["alive"] = np.isin(np.arange(len(t)), rows)
    t["there"][rows[1]], t["gross_profit"], t["wanted"], t["affords"] = 1.0 - 1.0 / MONTHS, 0.0, 1e6, 1e6
    team = economy.market.small_team
    t["put_in"], t["capital_short"], t["size"], t["sold"] = 0.0, 0.0, 1.0, False
    lasts = [0.5, 1.0, 2.4, 9.0]  # quarters of spending
    for row, quarters in zip(rows, lasts, strict=True):
        t.books["deposits"][row] = int(quarters * (team + 1e6))
    t.books["claims_owed"][...] = 0
    give = venture.give_rounds

    def watched(economy, rounds, money):
        seen.append([bool(rounds.asked[row] > 0.0) for row in rows])
        return np.zeros_like(give(economy, rounds, 0.0))

    monkeypatch.setattr(venture, "give_rounds", watched)
    venture.fund_platforms(economy)
    # the first is out of money after half of the quarter, the second is founded a month after it opened
    assert seen == [[True, False, False, False], [True, True, False, False], [False, True, True, False]]
    economy.p = economy.p.change({"by_month": 0})
    seen.clear()
    t["there"] = 1.0
    venture.fund_platforms(economy)
    assert seen == [[True, True, False, False]]
