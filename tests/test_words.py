"""Every word of Mesa's AgentSet means the same on a table: on rows lent, kept and viewed."""

import copy
from random import Random

import mesa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mesa.agent import AgentSet

from sim.engine.columns import Table, TableView
from tests.populations import AGES, Ageing, Firm, filled, lines, plain


@pytest.fixture(params=["lent", "kept", "view", "view of kept"])
def pair(request):
    """The same agents twice: ours, and in an AgentSet of Mesa's own."""
    ours = filled(Table(mesa.Model(rng=1), Firm, 7, keep="kept" in request.param))
    theirs, model = plain()
    if "view" in request.param:
        order = [6, 0, 2, 1, 5]
        agents = list(theirs)
        ours, theirs = ours[order], AgentSet([agents[i] for i in order], random=Random(5))
    yield ours, theirs
    assert model is not None


def check_select(ours, theirs):
    cases = [{}, {"filter_func": lambda a: a.price > 1.6}, {"agent_type": mesa.Agent}, {"agent_type": str}]
    cases += [{"at_most": n} for n in (0, 1, 3, 99, 0.5, 1.0, 2.5)]
    cases += [{"filter_func": lambda a: a.age > 0, "at_most": 2, "agent_type": (str, mesa.Agent)}]
    for case in cases:
        assert lines(ours.select(**case)) == lines(theirs.select(**case)), case
    assert lines(ours.select(ours["price"] > 1.6)) == lines(theirs.select(lambda a: a.price > 1.6))


def check_sort(ours, theirs):
    for key in ("price", "age", "double", lambda a: -a.age):
        for ascending in (True, False):
            assert lines(ours.sort(key, ascending)) == lines(theirs.sort(key, ascending)), (key, ascending)
    assert lines(ours.sort("age")) == lines(theirs.sort("age"))


def check_shuffle(ours, theirs):
    assert lines(ours.shuffle()) == lines(theirs.shuffle()) != lines(theirs)


def check_do(ours, theirs):
    for agents in (ours, theirs):
        assert agents.do("grow", 2, times=3).do(lambda a, b: a.grow(b), 4) is agents
    assert list(ours.get("age")) == theirs.get("age") != AGES


def check_map(ours, theirs):
    assert ours.map("grow", 2, times=3) == theirs.map("grow", 2, times=3)
    assert ours.map(Ageing.grow, by=7) == theirs.map(Ageing.grow, by=7)


def check_shuffle_do(ours, theirs):
    seen = [], []
    for agents, order in zip((ours, theirs), seen, strict=True):
        before = lines(agents)
        assert agents.shuffle_do(lambda a, to: to.append(a.grow()), order) is agents
        agents.shuffle_do("grow", by=2)
        assert lines(agents) == before
    assert seen[0] == seen[1] != sorted(seen[0])
    assert list(ours.get("age")) == theirs.get("age")


def check_groupby(ours, theirs):
    for by in ("age", "active", "double", lambda a: a.price > 2):
        mine, real = ours.groupby(by), theirs.groupby(by)
        assert [(k, lines(v)) for k, v in mine] == [(k, lines(v)) for k, v in real]
        assert [type(k) for k, v in mine] == [type(k) for k, v in real]
        assert all(type(view) is TableView for _, view in mine)
        assert mine.count() == real.count()
        assert mine.agg("price", sum) == real.agg("price", sum)
        assert mine.map(len) == real.map(len)
    mine, real = ours.groupby("age", result_type="list"), theirs.groupby("age", result_type="list")
    assert {k: (type(v), lines(v)) for k, v in mine} == {k: (list, lines(v)) for k, v in real}
    assert mine.agg("cash", max) == real.agg("cash", max)


def check_get(ours, theirs):
    for name in ("price", "age", "active", "cash", "double"):
        assert np.array_equal(ours.get(name), theirs.get(name)), name
    names = ["cash", "price", "active", "double"]
    assert ours.get(names) == theirs.get(names)
    assert [type(value) for value in ours.get(names)[0]] == [int, float, bool, float]
    assert ours.get([]) == theirs.get([])
    cases = ("none", ["price", "none"])
    for case in cases:
        assert ours.get(case, "default", 3) == theirs.get(case, "default", 3)
        for agents in (ours, theirs):
            with pytest.raises(AttributeError, match="none"):
                agents.get(case)
    before = ours.get("price")
    ours["price"] = 0
    assert before[0] > 0  # what was got stays as it was


def check_set(ours, theirs):
    for agents in (ours, theirs):
        assert agents.set("price", 4.5).set("age", 3) is agents
    assert ours.get(["price", "age", "cash"]) == theirs.get(["price", "age", "cash"])
    ours.set("price", np.arange(len(ours)))
    assert list(ours["price"]) == list(range(len(ours)))
    with pytest.raises(ValueError, match="only the ledger"):
        ours.set("cash", 3)


def check_agg(ours, theirs):
    for func in (sum, max, len, np.mean, [min, np.std, len], (max,), list):
        for name in ("price", "age", "cash", "active", "double"):
            mine, real = ours.agg(name, func), theirs.agg(name, func)
            assert mine == real, (name, func)
            assert type(mine) is type(real), (name, func)


def check_membership(ours, theirs):
    row = ours.to_list()[2]
    assert (ours.count(row), ours.count(3)) == (1, 0)
    assert row in ours
    assert Table(None, Firm, 7)[row.i] not in ours
    assert list(reversed(lines(ours))) == lines(reversed(ours.to_list()))
    assert ours.index(row) == 2
    assert lines(ours) == lines(theirs) == lines(ours.to_list())
    assert len(ours) == len(theirs)
    assert ours.isdisjoint([Table(None, Firm, 1)[0]])
    assert not ours.isdisjoint([row])


def check_change(ours, theirs):
    if isinstance(ours, Table):
        for change in (ours.add, ours.discard, ours.remove, lambda row: ours.pop(), lambda row: ours.clear()):
            with pytest.raises(TypeError, match=r"^<firms: 7 rows of Firm> has the rows it was made with"):
                change(ours[0])
        return
    first, outside = ours[0], ours.table[3]
    for change in (ours.add, ours.add, ours.remove, ours.discard, ours.discard):
        change(outside)
    ours.add(outside)
    assert lines(ours) == [6, 0, 2, 1, 5, 3]
    ours.remove(first)
    with pytest.raises(KeyError):
        ours.remove(first)
    with pytest.raises(TypeError, match="is not a row of firms"):
        ours.add(Table(None, Firm, 2)[0])
    assert (ours.pop().i, lines(ours), first in ours, len(ours.table)) == (0, [2, 1, 5, 3], False, 7)
    ours.clear()
    assert lines(ours) == []


CHECKS = {
    "select": check_select,
    "sort": check_sort,
    "shuffle": check_shuffle,
    "do": check_do,
    "map": check_map,
    "shuffle_do": check_shuffle_do,
    "groupby": check_groupby,
    "get": check_get,
    "set": check_set,
    "agg": check_agg,
    **dict.fromkeys(["count", "index", "isdisjoint", "to_list"], check_membership),
    **dict.fromkeys(["add", "discard", "remove", "pop", "clear"], check_change),
}


@pytest.mark.parametrize(
    "word", sorted({name for name in dir(AgentSet) if not name.startswith("_")} | set(CHECKS))
)
def test_every_public_word_of_an_agentset_means_the_same(word, pair):
    assert word in CHECKS, f"Mesa's AgentSet has {word}, which no table is known to support"
    CHECKS[word](*pair)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 2.0, -1.0]), st.integers(0, 3)), max_size=9))
def test_order_and_groups_are_mesas_for_any_data(data):
    prices, ages = [p for p, _ in data], [a for _, a in data]
    ours = filled(Table(None, Firm, len(data)), prices, ages)
    theirs, model = plain(prices, ages)
    assert lines(ours.sort("price")) == lines(theirs.sort("price"))
    assert lines(ours.sort("age", ascending=True)) == lines(theirs.sort("age", ascending=True))
    assert [(k, lines(v)) for k, v in ours.groupby("age")] == [
        (k, lines(v)) for k, v in theirs.groupby("age")
    ]
    assert len(model.agents) == len(data)


def test_set_operators_give_views(pair):
    ours, theirs = pair
    some, few = ours.select(at_most=4), ours.select(lambda a: a.age > 1)
    real_some, real_few = theirs.select(at_most=4), theirs.select(lambda a: a.age > 1)
    for operator in ("__and__", "__or__", "__sub__", "__xor__", "__rsub__"):
        mine, real = getattr(some, operator)(few), getattr(real_some, operator)(real_few)
        assert type(mine) is TableView
        assert lines(mine) == lines(real), operator
    assert (some <= ours, some == copy.copy(some), some == few) == (True, True, False)
    assert copy.copy(ours) == ours
    some |= few
    assert some == ours.select(lambda a: a in some)
    some -= ours
    assert len(some) == 0
