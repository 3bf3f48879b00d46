"""The market for attention: a pool that fills, from which platforms alike win alike, in three ways."""

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim import Economy, Parameters
from sim.actors.consumers import Consumer, plans_spending
from sim.actors.firms import Firm
from sim.actors.platforms import Platform
from sim.credit.from_platforms import note_borrowers
from sim.engine.columns import Table
from sim.engine.kernels import KERNELS
from sim.engine.rules import RULES
from sim.engine.texts import text_of
from sim.markets import attention
from sim.population.platforms import hand_over_apps
from sim.population.start import keenness
from tests.economies import FUNDED, small

P = Parameters()
APPS = ("first_app", "second_app", "third_app")
WAYS = ("users_reached", "users_returned", "users_lured")
# what makes the curve that of the published numbers, from 2010 on
HISTORY_OF_REACH = {"reach_start": 0.34, "reach_limit": 0.79, "reach_speed": 0.05}


class Market:
    """So many rows of consumers and firms, and platforms that bid for them, without an economy around."""

    def __init__(self, rows: int = 20_000, bids: Any = (1.0, 1.0), outside: float = 2.0, **given: float):
        self.consumers, self.firms = Table(None, Consumer, rows), Table(None, Firm, rows)
        self.platforms = Table(None, Platform, len(bids))
        self.platforms["alive"] = True
        for table in (self.consumers, self.firms):
            table["online_rank"] = (np.arange(rows) + 0.5) / rows
        self.p, self.reach, self.quarter = Parameters(given), 1.0, 0
        self.bids, self.outside = np.array(bids), outside

    def quarter_of(self, key: int = 7) -> tuple[int, float]:
        """One contest for the places of consumers: wins, and wins on average if all were bid for."""
        odds = attention.odds_of(self, self.bids, self.outside)
        self.platforms.open_quarter()
        self.users, n = np.zeros(len(self.platforms)), len(self.consumers)
        self.rows, self.by = np.empty(3 * n, np.int64), np.empty(3 * n, np.int32)
        self.quarter += 1
        draws = SimpleNamespace(luck=np.uint64(key), turn=np.uint64(self.quarter))
        found = SimpleNamespace(users=self.users, rows=self.rows, won_by=self.by)
        wins, pool = attention.contest_apps(
            self.consumers, draws, odds, self.platforms, self.p, self.reach, found
        )
        return int(wins), float(pool)

    def portals(self) -> np.ndarray:
        """One contest for the portals of firms: how many each platform has won."""
        odds, users = attention.odds_of(self, self.bids, self.outside), np.zeros(len(self.platforms))
        self.platforms.open_quarter()
        attention.contest_portals(
            self.firms, np.uint64(7), np.uint64(1), odds, self.platforms, self.reach, users
        )
        return self.platforms["new_firm_users"].copy()

    @property
    def places(self) -> np.ndarray:
        return np.array([self.consumers[name] for name in APPS])

    @property
    def ways(self) -> np.ndarray:
        return np.array([self.platforms[name] for name in WAYS])


def test_the_bidder_is_found_whose_part_of_the_bids_holds_the_number():
    bids = np.array([[0.0, 3.0, 0.0, 1.0, 0.0, 4.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    cumulated = np.cumsum(bids, axis=1) / bids.sum(axis=1)[:, None]
    for group in (0, 1):
        for aim in (0.0, 0.1, 0.374, 0.376, 0.499, 0.501, 0.999):
            found = attention.bidder(cumulated[group], aim)
            assert found == np.searchsorted(cumulated[group], aim, side="right") and bids[group, found] > 0.0


def test_platforms_that_bid_alike_win_alike_wherever_they_stand():
    market = Market(bids=(1.0, 0.0, 1.0, 2.0, 1.0), turnover=0.6, lure=0.3)
    won = np.zeros(5)
    for _ in range(8):
        market.quarter_of()
        won += market.ways.sum(axis=0)
    assert won[1] == 0.0 and won.sum() > 30_000
    assert won[[0, 2, 4]] == pytest.approx(won[[0, 2, 4]].mean(), rel=0.04)
    of_firms = market.portals()
    assert of_firms[[0, 2, 4]] == pytest.approx(of_firms[[0, 2, 4]].mean(), rel=0.12)
    assert of_firms[3] == pytest.approx(2.0 * of_firms[[0, 2, 4]].mean(), rel=0.12)


def test_chances_are_what_is_declared_where_all_attention_is_bid_for():
    market = Market(outside=0.0, bids=(1.0,) * 50, turnover=0.25, lure=0.1, churn=0.05)
    wins, pool = market.quarter_of()
    assert wins == pytest.approx(60_000 * 0.25, rel=0.03) and pool == pytest.approx(60_000 * 0.25)
    held = int((market.places >= 0).sum())
    _, pool = market.quarter_of()
    assert market.ways[2].sum() == pytest.approx(0.1 * held, rel=0.06)  # lured
    assert market.ways[1].sum() == pytest.approx(0.05 * 0.25 * held, rel=0.25)  # gone, and won back
    assert market.ways[0].sum() == pytest.approx(0.25 * (60_000 - held), rel=0.03)
    assert pool == pytest.approx(0.25 * (60_000 - held) + (0.1 + 0.05 * 0.25) * held)
    silent = Market(bids=(0.0, 0.0))
    assert silent.quarter_of()[0] == 0 and not silent.portals().any()


def test_what_is_won_is_on_average_what_is_left_times_the_share_of_bids():
    market = Market(bids=(1.0,) * 40, outside=60.0)
    for _ in range(3):
        wins, pool = market.quarter_of()
        assert wins == pytest.approx(0.4 * pool, rel=0.05)


def test_who_cannot_be_had_online_is_won_by_nobody():
    market = Market(outside=0.0)
    market.reach = 0.3
    for _ in range(6):
        market.quarter_of()
    within = market.consumers["online_rank"] < 0.3
    assert (market.places[:, within] >= 0).mean() > 0.5
    assert (market.places[:, ~within] == -1).all() and not market.consumers["places_had"][~within].any()
    before, market.reach = int((market.places >= 0).sum()), 0.0  # all that is left leaves
    assert market.quarter_of() == (0, 0.0) and not market.portals().any()
    assert (market.places >= 0).sum() == pytest.approx(before * (1.0 - market.p.churn), rel=0.02)
    market.firms["alive"], market.reach = False, 1.0
    assert not market.portals().any()  # a vacant row is nobody


def test_the_keenest_are_won_first():
    market = Market()
    market.consumers["need"], _ = keenness(3, "x", market.consumers, 1.0)
    need = market.consumers["need"].copy()
    means = []
    for _ in range(12):
        market.quarter_of()
        means.append(need[market.rows[: int(market.ways[0].sum())]].mean())
    assert means[0] > 1.8 and means[-1] < 0.8 * means[0]
    even, rank = keenness(3, "x", market.consumers, 0.0)
    assert (even == 1.0).all() and need.mean() == pytest.approx(1.0, abs=0.03)
    assert rank.min() >= 0.0 and rank.max() <= 1.0 and rank.mean() == pytest.approx(0.5, abs=0.01)


def test_each_win_is_one_of_three_and_users_are_counted_places():
    market = Market(bids=(1.0, 2.0, 1.0, 0.5), outside=0.5, lure=0.3, churn=0.15)
    had = np.zeros((3, 20_000), bool)
    for _ in range(6):
        before = market.places
        wins, _ = market.quarter_of()
        after = market.places
        rows, by = market.rows[:wins], market.by[:wins]
        assert market.ways.sum() == wins
        np.testing.assert_array_equal(market.ways.sum(axis=0), np.bincount(by, minlength=4))
        np.testing.assert_array_equal(market.users, np.bincount(after[after >= 0], minlength=4))
        changed = (after != before) & (after >= 0)
        assert changed.sum() <= wins and (np.bincount(rows, minlength=20_000) >= changed.sum(axis=0)).all()
        first_time = changed & ~had
        assert market.ways[0].sum() == first_time.sum()
        assert market.ways[2].sum() <= (changed & (before >= 0)).sum() <= market.ways[1:].sum()
        had |= after >= 0
        bits = market.consumers["places_had"]
        np.testing.assert_array_equal(had, np.array([bits & 1, bits & 2, bits & 4]) > 0)
        for one, other in ((0, 1), (0, 2), (1, 2)):
            assert not ((after[one] == after[other]) & (after[one] >= 0)).any()
    assert (market.ways > 0).all()


def test_a_platform_alone_lures_nobody_and_a_dead_one_wins_nobody():
    alone = Market(bids=(1.0, 0.0), outside=0.0, lure=0.3)
    for _ in range(5):
        alone.quarter_of()
        assert not alone.ways[2].any()
    alone.platforms["alive"], alone.bids = np.array([False, True]), np.array([5.0, 1.0])
    alone.quarter_of()
    assert alone.users[0] == 0.0 and alone.users[1] > 0.0
    assert alone.ways[:, 0].sum() == 0.0 and alone.ways[2].sum() == 0.0
    assert alone.ways[1, 1] > 0.0  # in places that the dead one had


def test_the_price_rises_as_the_pool_is_used_up_though_bids_stay():
    market = Market(bids=(1.0,) * 8, outside=8.0, churn=0.02, lure=0.0)
    market.reach = 0.2
    prices, left = zip(
        *[(1.0 / wins, pool) for wins, pool in (market.quarter_of() for _ in range(30))], strict=True
    )
    assert prices[-1] > 4.0 * prices[0] and prices[10] > 2.0 * prices[0]
    assert all(b < a for a, b in itertools.pairwise(left[:20]))


def test_twins_agree_on_who_is_won_whatever_a_platform_without_bids_does():
    one, other = Market(bids=(1.0, 1.0)), Market(bids=(1.0, 1.0, 0.0))
    for _ in range(3):
        assert one.quarter_of() == other.quarter_of()
        np.testing.assert_array_equal(one.places, other.places)
    louder = Market(bids=(1.0, 1.0), outside=1.0)
    calm = Market(bids=(1.0, 1.0), outside=2.0)
    for market in (louder, calm):
        market.quarter_of()
    assert set(calm.rows[: calm.ways.sum().astype(int)]) < set(louder.rows[: louder.ways.sum().astype(int)])


@pytest.mark.parametrize(("year", "share"), [(2010, 0.34), (2015, 0.50), (2020.2, 0.65), (2022, 0.76)])
def test_reach_is_near_what_was_published_with_the_numbers_of_history(year, share):
    economy: Any = SimpleNamespace(p=Parameters(HISTORY_OF_REACH), now=round(4 * (year - 2010)))
    assert attention.reach_of(economy) == pytest.approx(share, abs=0.06)


def test_reach_stays_where_it_begins_at_its_limit_and_nobody_is_reached_from_nothing():
    def reach(now, **given):
        thing: Any = SimpleNamespace(p=Parameters(given), now=now)
        return attention.reach_of(thing)

    assert {reach(now) for now in (-40, 0, 1, 100)} == {P.reach_limit}
    assert reach(400, reach_start=0.0) == 0.0
    assert reach(-9, reach_start=0.2) == reach(0, reach_start=0.2) == pytest.approx(0.2)
    assert reach(1000, reach_start=0.2) == pytest.approx(P.reach_limit)


def test_a_first_loan_is_told_once_for_as_long_as_the_place_stays():
    market = Market(rows=4, bids=(1.0, 1.0))
    c, t = market.consumers, market.platforms
    c["first_app"], c["third_app"] = np.array([0, 1, -1, 0]), np.array([-1, 0, 1, -1])
    rows, lent = np.array([0, 1, 2, 3]), np.array([5, 5, 5, 0])
    asked = np.array([0, 0, 0, 0], np.int32)  # the third owes a platform that he has left
    note_borrowers(rows, asked, lent, c, t)
    assert (t["borrowers"][0], t["new_borrowers"][0], t["borrowed"][0]) == (3.0, 2.0, 2.0)
    assert c["borrowed_at"].tolist() == [1, 4, 0, 0] and c["ever_borrowed"].tolist() == [True] * 3 + [False]
    t.open_quarter()
    note_borrowers(rows, asked, lent, c, t)
    assert (t["borrowers"][0], t["new_borrowers"][0], t["borrowed"][0]) == (3.0, 0.0, 2.0)
    market.bids, market.outside = np.array([0.0, 1.0]), 0.0
    while c["first_app"][0] != 1:
        market.quarter_of()
    assert c["borrowed_at"][0] == 0


def test_who_is_bought_is_registered_with_the_buyer_and_keeps_his_record():
    market = Market(rows=3, bids=(1.0, 1.0, 1.0))
    c, t = market.consumers, market.platforms
    c["first_app"], c["second_app"] = np.array([0, 0, 2]), np.array([1, -1, 0])
    c["third_app"], c["borrowed_at"] = np.array([-1, 1, -1]), np.array([1, 1, 2], np.uint8)
    hand_over_apps(c, np.array([1, 1, -1], np.int32), t)
    assert market.places.tolist() == [[1, 1, -1], [-1, -1, 1], [-1, -1, -1]]
    assert t["registered"].tolist() == [0.0, 3.0, 0.0] and t["borrowed"].tolist() == [0.0, 3.0, 0.0]


def test_need_and_openness_are_seen_by_nobody_but_chance():
    """What a platform, a bank or a fund decides cannot depend on what is hidden."""
    readers = {
        thing.name
        for thing in (*RULES, *KERNELS)
        for names in text_of(thing).mentions.values()
        if {"need", "openness", "online_rank"} & set(names)
    }
    assert readers == {"plans_spending", "contest_apps", "contest_portals", "furnish_entrants"}


def test_who_needs_more_wishes_for_durables_more_often():
    # `u` of a durable between the chances of the two
    made = {"employed": True, "usual_income": 100.0, "income": 100.0, "spending": 50.0, "need": 1.0}
    table = Table(None, Consumer, 1)
    table.books["deposits"][0] = 1000
    market: Any = SimpleNamespace(confidence=1.0, funding_rate=0.01)
    wanted = []
    for need in (0.5, 2.0):
        for name, value in (made | {"need": need}).items():
            table.columns[name][0] = value
        wanted.append(plans_spending(table[0], market, P, (0.99, 0.5, P.durable_chance)).durable > 0.0)
    assert wanted == [False, True]


@pytest.fixture(scope="module")
def lived() -> Economy:
    return small("consumer_traffic", seed=3, firms=1_000, parameters=FUNDED | {"lead_in": 8}).run(16)


def test_what_is_recorded_adds_up(lived):
    t, people = lived.records.platforms, len(lived.consumers)
    assert (t[list(WAYS)].sum(axis=1) == t["new_users"]).all() and t["users_lured"].any()
    assert (t["borrowed"] <= t["registered"]).all() and (t["new_borrowers"] <= t["borrowers"]).all()
    q = lived.records.quarters
    by_quarter = t.groupby("quarter").sum(numeric_only=True)
    for name in WAYS:
        np.testing.assert_allclose(q[name].loc[by_quarter.index] * people, by_quarter[name])
    spent = by_quarter["consumer_spend"] / (100.0 * q["wage"] / 2e6) / lived.p.persons_per_row
    for name, won in (("user_cost", "new_users"), ("borrower_cost", "new_borrowers")):
        some = by_quarter[won] > 0
        np.testing.assert_allclose(q[name][some], (spent / by_quarter[won])[some])
        one = t[t[won] > 0].iloc[-1]
        wage = q["wage"].loc[one["quarter"]] / 2e6
        assert one[name] == pytest.approx(
            one["consumer_spend"] / one[won] / (100.0 * wage * lived.p.persons_per_row)
        )
    last = q.iloc[-1]
    places = sum((lived.consumers[name] >= 0).sum() for name in APPS)
    assert last["platforms_used"] == pytest.approx(places / (last["users"] * people))
    had = np.unpackbits(lived.consumers["places_had"]).sum()
    assert last["places_used"] == pytest.approx(had / (3 * 0.79 * people)) and last["reach"] == 0.79
    alive = t[(t["quarter"] == t["quarter"].max()) & t["alive"].astype(bool)]
    assert last["funnel"] == pytest.approx(alive["borrowed"].sum() / alive["registered"].sum())
    assert places == alive["users"].sum()
