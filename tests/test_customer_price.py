"""What customers cost: the parts are the price, the rule is that of attention, years are those told."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.measure.customer_price import (
    BID,
    KEPT_PRICES,
    PARTS,
    PRICES,
    by_year,
    of_year,
    times,
    years_told,
)
from experiments.measure.lives import kept_lives
from sim import Parameters
from tests.economies import small

P = Parameters()
OUTSIDE = P.outside_attention / 100.0 / P.persons_per_row  # yuan of first wages a person and quarter


def planted(years, **columns):
    """So many years, each four quarters alike: of each column a number a year."""
    kept = dict.fromkeys(KEPT_PRICES, 0.0)
    table = pd.DataFrame({**kept, **columns}, index=range(years))
    return table.loc[table.index.repeat(4)].reset_index(drop=True)


def made(money, pool, won_of_it: Any = 1.0, users_a_borrower: Any = 4.0):
    """Years in which platforms spend so much a person and meet such a pool, by the rule of attention."""
    money, pool, won_of_it, each = np.broadcast_arrays(money, pool, won_of_it, users_a_borrower)
    bids = money / (money + OUTSIDE)
    won = won_of_it * bids * pool
    halves = {"users_reached": 0.5 * won, "users_returned": 0.25 * won, "users_lured": 0.25 * won}
    cost = {"user_cost": money / won, "borrower_cost": each * money / won}
    return planted(len(money), attention_bids=bids, attention_left=pool, **cost, **halves)


def test_parts_are_found_again_and_multiply_to_the_price_of_a_borrower():
    found = by_year(made([2.0, 8.0], [0.6, 0.3], [1.0, 0.5], [4.0, 6.0]))
    assert found.loc[1, "money"] == pytest.approx(2.0) and found.loc[2, "pool"] == pytest.approx(0.3)
    assert found["won of it"].tolist() == pytest.approx([1.0, 0.5])
    assert found["users a borrower"].tolist() == pytest.approx([4.0, 6.0])
    assert found["all that is bid"].tolist() == pytest.approx([OUTSIDE + 2.0, OUTSIDE + 8.0])
    whole = found["money"] / (found["bids"] * found["pool"] * found["won of it"]) * found["users a borrower"]
    assert whole.tolist() == pytest.approx(found["price of a borrower"].tolist())
    # of few bids and all of the pool a person costs what others bid for him, over what is left
    assert found.loc[1, "price of a user"] == pytest.approx((OUTSIDE + 2.0) / 0.6)


def test_multiples_say_what_each_part_does_to_the_price():
    found = times(by_year(made([2.0, 8.0, 8.0], [0.6, 0.3, 0.6])), 1)
    assert found.loc[1].tolist() == pytest.approx([1.0] * len(found.columns))
    assert found.loc[2, "money"] == pytest.approx(4.0) and found.loc[2, "pool"] == pytest.approx(2.0)
    assert found.loc[2, "bids"] == pytest.approx(2.0 / (2.0 + OUTSIDE) * (8.0 + OUTSIDE) / 8.0)
    assert found["users a borrower"].tolist() == pytest.approx([1.0] * 3)
    assert found[list(BID)].prod(axis=1).tolist() == pytest.approx(found["all that is bid"].tolist())
    product = found[list(PARTS)].prod(axis=1)
    assert product.tolist() == pytest.approx(found["price of a borrower"].tolist())


def test_a_year_weighs_its_quarters_by_what_was_spent_and_won():
    """Twice as much is spent in two of four quarters, in one of which nobody was won."""
    one = made([2.0], [0.5])
    many = pd.concat([one.iloc[:2], made([4.0], [0.5]).iloc[:2]], ignore_index=True)
    whole = of_year(many, 1)
    share = np.array([2.0 / (2.0 + OUTSIDE), 4.0 / (4.0 + OUTSIDE)])
    assert whole["money"] == pytest.approx(3.0) and whole["bids"] == pytest.approx(share.mean())
    assert whole["price of a user"] == pytest.approx(6.0 / (0.5 * share.sum()))
    none = dict.fromkeys(("users_reached", "users_returned", "users_lured"), 0.0)
    many.loc[3, [*none, "user_cost", "borrower_cost"]] = [0.0, 0.0, 0.0, math.nan, math.nan]
    found = of_year(many, 1)
    assert found["money"] == pytest.approx(2.0) and found["won of it"] < 1.0


def test_all_parts_are_there_or_none_and_prices_as_far_as_somebody_was_won():
    people = made([2.0], [0.5]).assign(borrower_cost=math.nan, customer_price=[30.0, math.nan, 40.0, 50.0])
    found = of_year(people, 1)
    assert found["price of a customer"] == pytest.approx(40.0) and found["price of a user"] > 0.0
    assert math.isnan(found["price of a borrower"]) and all(
        math.isnan(found[part]) for part in (*PARTS, *BID)
    )
    links = of_year(planted(1, customer_price=900.0), 1)
    assert links["price of a customer"] == 900.0 and math.isnan(links["price of a user"])
    later = times(by_year(pd.concat([people, made([2.0], [0.5])])), 1)
    assert later.isna().all(axis=None)


def test_venture_money_is_set_against_what_platforms_spend():
    found = of_year(planted(1, venture_funding=0.003, platform_growth_spend=0.004, places_used=0.4), 1)
    assert found["venture money, of what platforms spend"] == pytest.approx(0.75)
    assert found["places that had a platform"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("quarters", "years"), [(80, [2, 4, 8, 20]), (32, [2, 4, 8]), (28, [2, 4, 7]), (5, [1]), (3, [])]
)
def test_years_two_four_eight_and_the_last_are_told(quarters, years):
    assert years_told(quarters) == years


def test_the_split_is_that_of_an_economy():
    """What its platforms win and lend is what is recorded of each; all that is bid is theirs and others'."""
    economy = small(platforms=12).run(2).branch("consumer_traffic").run(12)
    quarters: Any = kept_lives(economy)["quarters"]
    table = economy.records.platforms.loc[economy.records.platforms["quarter"] > 2]
    found = by_year(quarters)
    for year in (1, 2, 3):
        mine = table.loc[table["quarter"].between(2 + 4 * year - 3, 2 + 4 * year)]
        won, borrow = mine["new_users"].sum(), mine["new_borrowers"].sum()
        assert found.loc[year, "users a borrower"] == pytest.approx(won / borrow)
        bid = found.loc[year, "money"] / found.loc[year, "bids"]
        assert bid == pytest.approx(OUTSIDE + found.loc[year, "money"], rel=0.1)
        parts = found.loc[year, list(PARTS)].to_numpy(float)
        assert (parts > 0.0).all() and 0.3 < found.loc[year, "won of it"] < 1.7
        assert (found.loc[year, list(PRICES)] > 0.0).all()
