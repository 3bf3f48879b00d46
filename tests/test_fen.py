"""Whole fen in whole rows: which rows count, which do not, and where what is left over goes."""

import numpy as np
import pytest

from sim.engine.fen import let_go, outside, post_few, rows_with, split, split_by, total_by, whole

ODD = 2**53 + 1  # the least whole number that a float64 cannot hold


def test_rows_with_an_amount_are_those_above_and_not_at_the_bound():
    amounts = np.array([0, 1, -3, 5, 0, 1])
    assert rows_with(amounts).tolist() == [1, 3, 5]
    assert rows_with(amounts, 1).tolist() == [3]
    assert rows_with(amounts, 5).tolist() == []
    assert rows_with(amounts, -4).tolist() == [0, 1, 2, 3, 4, 5]


def test_a_group_of_the_first_row_alone_gets_all_of_its_total():
    parts = split_by(np.array([ODD, 7]), np.array([1.0, 2.0, 5.0]), np.array([0, 1, 1]))
    assert parts.tolist() == [ODD, 2, 5]


def test_only_who_holds_nothing_is_at_no_place():
    places, held = np.array([4, 0, -1, 2], np.int32), np.array([0, 1, 0, 2**60])
    let_go(places, held)
    assert places.tolist() == [-1, 0, -1, 2]


def test_rows_of_no_group_and_rows_without_a_weight_get_nothing():
    parts = split_by(np.array([10, 10]), np.array([1.0, 1.0, 0.0, -2.0, 3.0]), np.array([0, -1, 0, 1, 1]))
    assert parts.tolist() == [10, 0, 0, 0, 10]
    assert split(10, np.array([0.0, -1.0, 2.0, 0.0])).tolist() == [0, 0, 10, 0]
    assert split(10, np.array([0.0, -1.0])).tolist() == [0, 0]
    assert split(0, np.array([1.0, 2.0])).tolist() == [0, 0]
    assert split(3, np.array([1.0])).tolist() == [3]
    assert split_by(np.array([10]), np.array([0.0]), np.array([0])).tolist() == [0]


def test_what_rounding_leaves_goes_to_the_last_with_a_weight_in_its_group():
    parts = split_by(np.array([ODD, ODD]), np.array([1.0, 1.0, 1.0, 1.0, 0.0]), np.array([0, 1, 0, 1, 1]))
    assert [parts[:3:2].sum(), parts[1::2].sum() + parts[4]] == [ODD, ODD]
    assert parts[4] == 0 and (parts[2:4] >= parts[:2]).all()


def test_sums_by_group_leave_rows_of_no_group_out():
    assert total_by(np.array([0, -1, 2, 0]), np.array([1.0, 50.0, 2.6, 4.0]), 3).tolist() == [5, 0, 3]


def test_rows_that_do_not_exist_are_counted():
    assert outside(np.array([0, 4, -1, 5, 99]), 5) == 3
    assert outside(np.array([4, 0]), 5) == 0


@pytest.mark.parametrize("reading", ["plain", "machine"])
def test_nothing_is_posted_where_a_row_or_an_amount_is_missing(reading):
    post = getattr(post_few, reading)
    for rows, amounts, wrong in (
        ([0, 3], [1, 1], 1),
        ([0, 1], [1], 1),
        ([0], [1, 1, 1], 2),
        ([-1], [1, 1], 2),
    ):
        account, other, moved = np.zeros((3, 3), np.int64)
        found = post(account, other, 1, -1, moved, 2, np.array(rows), np.array(amounts))
        assert found == (0, 0, wrong)
        assert not account.any() and not other.any() and not moved.any()
    account, other, moved = np.zeros((3, 3), np.int64)
    assert post(account, other, 1, -2, moved, 1, np.array([2, 0, 2]), np.array([4, -3, 5])) == (6, -3, 0)
    assert (account.tolist(), other.tolist(), moved.tolist()) == ([-3, 0, 9], [6, 0, -18], [0, 6, 0])


def test_halves_are_rounded_to_even_and_whole_numbers_pass():
    assert [whole.plain(x) for x in (0.5, 1.5, 2.5, -0.5, 3.0, ODD)] == [0, 2, 2, 0, 3, ODD]
    assert whole(2.5) == 2 and whole(ODD) == ODD
