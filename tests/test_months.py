"""What goes by month inside a quarter: who comes first is paid first, and nothing is lost on the way."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.credit.funders.households import first_come, months_of
from tests.economies import FUNDED, differences, small


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
