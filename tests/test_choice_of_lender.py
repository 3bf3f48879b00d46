"""Persons and firms ask first where it is cheaper, once time, effort and habit are reckoned in."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim import Economy, Parameters
from sim.actors.consumers import Consumer
from sim.actors.firms import Firm
from sim.credit import from_platforms
from sim.credit.from_platforms import grow_habit, list_asking, prefer
from sim.engine.columns import Table
from tests.economies import LINKED, small

RNG = np.random.default_rng(8)
N = 400
OPEN = np.array([True, True, False])


def borrowers(kind: type, habit: float = 0.0) -> Table:
    """Some who want loans, at rates of all kinds."""
    table = Table(None, kind, N)
    table["loan_wanted"] = np.where(RNG.random(N) < 0.7, RNG.random(N) * 1e6, 0.0)
    table["platform_rate"], table["rate"] = 0.03 * RNG.random(N), 0.03 * RNG.random(N)
    table["lender_habit"] = habit * RNG.random(N)
    return table


def first_there(table: Table, known: np.ndarray, effort: float, reading: str = "machine") -> np.ndarray:
    out = np.zeros(N, bool)
    getattr(prefer, reading)(table, known, effort, 4.0, out)
    return out


@pytest.mark.parametrize("kind", [Consumer, Firm])
@pytest.mark.parametrize("reading", ["machine", "plain"])
def test_without_effort_and_habit_the_cheaper_is_asked_first(kind, reading):
    table, known = borrowers(kind), np.ones(N, bool)
    cheaper = (table["platform_rate"] < table["rate"]) & (table["loan_wanted"] > 0.0)
    assert (first_there(table, known, 0.0, reading) == cheaper).all()
    assert 0 < cheaper.sum() < N


@pytest.mark.parametrize("reading", ["machine", "plain"])
def test_effort_and_habit_are_worth_so_many_fen(reading):
    table, known = borrowers(Consumer, habit=20_000.0), RNG.random(N) < 0.6
    cost = (table["platform_rate"] - table["rate"]) * table["loan_wanted"] * 4.0
    wants = table["loan_wanted"] > 0.0
    expected = wants & (~known | (cost < 5_000.0 + table["lender_habit"]))
    assert (first_there(table, known, 5_000.0, reading) == expected).all()
    alone = first_there(borrowers(Consumer), known, 0.0)
    assert expected.sum() > alone.sum()


def asked(first: int, second: int, last: int, habit: float, rate=(0.04, 0.04, 0.04), **values) -> int:
    """Which platform somebody asks who borrowed at `last` and lacks 1,000 fen; -1 for none."""
    one = Table(None, Consumer, 1)
    one["loan_wanted"], one["last_lender"], one["lender_habit"] = 1_000.0, last, habit
    for name, value in values.items():
        (one.books if name in one.books else one.columns)[name][0] = value
    apps = SimpleNamespace(open=OPEN, rate=np.array(rate), duration=np.full(3, 9.0))
    places = (np.array([place], np.int32) for place in (first, second, -1))
    found, platform = SimpleNamespace(rows=np.empty(1, np.int64)), np.empty(1, np.int32)
    return int(platform[0]) if list_asking(one, *places, apps, np.ones(1, bool), found, platform) else -1


def test_who_has_borrowed_through_an_app_asks_there_first_while_he_has_it():
    assert asked(0, 1, last=1, habit=10.0) == 1
    assert asked(0, 1, last=1, habit=0.0) == 0
    assert asked(0, -1, last=1, habit=10.0) == 0
    assert asked(0, 2, last=2, habit=10.0) == 0  # it lends no more
    assert asked(0, -1, last=-1, habit=10.0) == 0


def test_of_the_apps_he_has_he_asks_the_cheapest_habit_reckoned_in():
    dearer = 0.002 * 9.0 * 1_000.0  # fen, of a loan of 1,000 for nine quarters
    assert asked(0, 1, last=-1, habit=0.0, rate=(0.042, 0.04, 0.0)) == 1
    assert asked(0, 1, last=-1, habit=0.0, rate=(0.04, 0.042, 0.0)) == 0
    assert asked(0, 1, last=0, habit=1.1 * dearer, rate=(0.042, 0.04, 0.0)) == 0
    assert asked(0, 1, last=0, habit=0.9 * dearer, rate=(0.042, 0.04, 0.0)) == 1
    owes = {"platform_debt": 500, "debt_to": 0}  # old debt binds to its pool
    assert asked(0, 1, last=0, habit=0.0, rate=(0.042, 0.04, 0.0), **owes) == 0


@pytest.mark.parametrize("reading", ["machine", "plain"])
def test_a_habit_begins_with_a_loan(reading):
    table = Table(None, Consumer, 5)
    lent, platform = np.array([0, 7, 9]), np.array([2, 1, 0], np.int32)
    getattr(grow_habit, reading)(SimpleNamespace(rows=np.array([0, 2, 4])), platform, lent, 300.0, table)
    assert table["last_lender"].tolist() == [-1, -1, 1, -1, 0]
    assert table["lender_habit"].tolist() == [0.0, 0.0, 300.0, 0.0, 300.0]


@pytest.fixture(scope="module")
def lent() -> Economy:
    return small("institution_traffic", seed=2, parameters=LINKED | {"lead_in": 40}).run(20)


def test_a_habit_fades_and_is_worth_nothing_where_it_is_said_to_be(lent):
    p, c = lent.p, lent.consumers
    of_row = np.floor(p.worth_of_habit * p.persons_per_row * lent.market.wage_index)
    had = c["platform_granted"] > 0.0
    assert had.any() and (c["last_lender"][had] >= 0).all()
    assert c["lender_habit"][had] == pytest.approx(np.floor(p.habit_kept * of_row))
    before = c["lender_habit"].copy()
    later = lent.branch().run(1).consumers
    idle = later["platform_granted"] == 0.0
    assert (later["lender_habit"][idle] == np.floor(p.habit_kept * before[idle])).all()
    none = small("institution_traffic", seed=2, parameters={**LINKED, "lead_in": 20, "worth_of_habit": 0.0,
                 "worth_of_habit_firm": 0.0}).run(12)  # fmt: skip
    assert none.consumers["last_lender"].max() >= 0
    assert none.consumers["lender_habit"].sum() == 0.0 == none.firms["lender_habit"].sum()


def test_firms_that_find_it_worth_it_ask_their_portal_before_a_bank(lent):
    most = Parameters.declarations()["effort_of_firm"].high
    quick, patient = (lent.branch(effort_of_firm=effort).run(8) for effort in (most, 0.0))
    lent_to = [e.records.lines[-1]["platform_credit_to_firms"] for e in (quick, patient)]
    assert lent_to[0] > lent_to[1]
    for e in (quick, patient):
        got = e.firms["loan_granted"] + e.firms["platform_granted"]
        assert (got <= e.firms["loan_wanted"]).all()
    first = [from_platforms.firms_who_prefer(e.branch()).sum() for e in (quick, patient)]
    assert first[0] > first[1]


def test_who_borrowed_at_a_platform_that_has_ended_has_borrowed_at_its_buyer_or_at_none():
    economy = small("consumer_traffic", seed=4, parameters={**LINKED, "lead_in": 40}).run(60)
    platforms, last = economy.platforms, economy.consumers["last_lender"]
    assert platforms["died"].any() and (last >= 0).any()
    assert platforms["alive"][last[last >= 0]].all()
