"""Who has three places for platforms goes to another where the first has nothing for him."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim import Economy, Parameters
from sim.actors.consumers import Consumer
from sim.credit.from_platforms import list_asking
from sim.credit.funders.households import fill_offers, lends_to_platform
from sim.engine.columns import Table
from tests.economies import FUNDED, RANGES, small

NONE, LENDS, SHUT = -1, 0, 1
APPS = ("first_app", "second_app", "third_app")
OPEN = np.array([True, False, True])  # of three platforms
ALIKE = SimpleNamespace(open=OPEN, rate=np.full(3, 0.04), duration=np.full(3, 9.0))  # none is cheaper


def consumer(**values) -> Table:
    """One consumer; accounts are set too."""
    table = Table(None, Consumer, 1)
    for name, value in values.items():
        (table.books if name in table.books else table.columns)[name][0] = value
    return table


def asked(first: int, second: int, third: int = NONE, debt: int = 0, debt_to: int = NONE) -> int:
    """Which platform somebody with these places asks; -1 for none."""
    left_short = consumer(loan_wanted=5.0, loan_granted=2.0, platform_debt=debt, debt_to=debt_to)
    places = (np.array([place], np.int32) for place in (first, second, third))
    found, platform = SimpleNamespace(rows=np.empty(1, np.int64)), np.empty(1, np.int32)
    turn = np.ones(1, bool)
    return int(platform[0]) if list_asking(left_short, *places, ALIKE, turn, found, platform) else NONE


@pytest.mark.parametrize(
    ("first", "second", "third", "found"),
    [
        (LENDS, NONE, NONE, LENDS), (LENDS, SHUT, NONE, LENDS), (LENDS, 2, SHUT, LENDS),
        (NONE, LENDS, 2, LENDS), (SHUT, LENDS, 2, LENDS), (SHUT, 2, LENDS, 2), (SHUT, NONE, NONE, NONE),
        (NONE, SHUT, NONE, NONE), (NONE, NONE, NONE, NONE), (NONE, SHUT, LENDS, LENDS),
        (NONE, NONE, LENDS, LENDS), (NONE, NONE, SHUT, NONE), (SHUT, NONE, 2, 2),
    ],
)  # fmt: skip
def test_who_is_left_short_asks_the_first_that_is_open(first, second, third, found):
    assert asked(first, second, third) == found


def test_nobody_asks_before_it_is_his_turn():
    left_short, platform = consumer(loan_wanted=5.0), np.empty(1, np.int32)
    place, found = np.zeros(1, np.int32), SimpleNamespace(rows=np.empty(1, np.int64))
    asks = [
        list_asking(left_short, *3 * [place], ALIKE, np.array([t]), found, platform) for t in (False, True)
    ]
    assert asks == [0, 1]


def test_old_debt_binds_to_its_pool():
    assert asked(LENDS, SHUT, debt=7, debt_to=2) == 2
    assert asked(LENDS, 2, debt=7, debt_to=SHUT) == NONE
    assert asked(SHUT, LENDS, debt=0, debt_to=2) == LENDS


@pytest.mark.parametrize(
    ("places", "claims", "found"),
    [
        ((LENDS, 2, SHUT), 0, LENDS), ((SHUT, 2, LENDS), 0, 2), ((SHUT, NONE, NONE), 0, NONE),
        ((NONE, LENDS, NONE), 0, LENDS), ((NONE, NONE, NONE), 0, NONE), ((SHUT, NONE, 2), 0, 2),
        ((NONE, NONE, SHUT), 0, SHUT), ((SHUT, LENDS, NONE), 9, 2), ((LENDS, SHUT, NONE), 9, 2),
    ],
)  # fmt: skip
def test_households_lend_where_they_have_a_claim_else_to_the_first_that_borrows(places, claims, found):
    posted, place = np.array([0.02, 0.0, 0.02]), np.empty(1, np.int32)
    market = SimpleNamespace(posted=posted, trust=np.ones(3))
    household = consumer(claims=claims, claim_at=2, deposits=1000, **dict(zip(APPS, places, strict=True)))
    fill_offers(np.zeros(1, np.int64), household, market, place, np.empty(1, np.int64))
    assert place[0] == found
    wish = lends_to_platform(household[0], market, Parameters(), 0.0)
    assert (wish.offered > 0.0) == (found != NONE and posted[found] > 0.0)


@pytest.fixture(scope="module")
def mixed() -> Economy:
    """Half of the platforms lend to consumers, with households' money; the other half do not."""
    cheap = FUNDED | {"outside_attention": RANGES["outside_attention"][0], "lead_in": 8, "starters": 9}
    cheap |= {"firms_a_team": 100.0}
    cheap |= {"idle_founders": 0.0, "imitation": 0.0}  # who is founded later would take up the whole model
    economy = small("consumer_traffic", seed=3, firms=2_400, parameters=cheap)
    lends = np.arange(len(economy.platforms)) % 2 == 0
    for name in ("lends_to_consumers", "from_households"):
        economy.platforms[name] = lends.astype(float)
    return economy.run(12)


def test_borrowers_and_lenders_find_those_who_lend_and_borrow_behind_those_who_do_not(mixed):
    c, t = mixed.consumers, mixed.platforms
    lends = t["lends_to_consumers"] > 0.0
    assert t["users"][~lends].any() and np.count_nonzero(t["loans"][lends]) >= 4
    assert not t["loans"][~lends].any() and not t["claims_owed"][~lends].any()
    borrows, claims = c["platform_debt"] > 0, c["claims"] > 0
    assert lends[c["debt_to"][borrows]].all() and lends[c["claim_at"][claims]].all()
    shut_first = (c["first_app"] >= 0) & ~lends[c["first_app"]]
    for rows, at in ((borrows, "debt_to"), (claims, "claim_at")):
        assert (rows & shut_first & ((c[at] == c["second_app"]) | (c[at] == c["third_app"]))).sum() > 5
