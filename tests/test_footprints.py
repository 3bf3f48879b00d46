"""Footprints are what passes through a lender: nothing passing shows nothing, more passing tells more."""

import copy
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim import Economy, Parameters
from sim.actors.consumers import Consumer
from sim.actors.firms import Firm
from sim.credit import footprints, scoring
from sim.credit.scoring import CONSUMER_FOOTPRINT, FOOTPRINT, INSIDE, OUTSIDE, Asked
from sim.engine.columns import Table
from sim.engine.draws import key
from sim.engine.rules import Rule
from tests.economies import FUNDED, small

P, MARKET = Parameters(), SimpleNamespace()
OF_CONSUMERS = slice(5, 10)  # features
OF_FIRMS = slice(6, 9)


@pytest.fixture(scope="module")
def economy() -> Economy:
    parameters = FUNDED | {"giants": 2, "lead_in": 20}
    return small("institution_traffic", parameters=parameters).run(12)


def judged(economy: Economy, name: str, passing: float) -> np.ndarray:
    """Features by line of all rows of a table, of whose money that share passes at whom they ask."""
    table = economy.tables[name]
    asked = Asked(len(table))
    asked.rows[...] = np.arange(len(table))
    asked.of_lenders(np.full(len(table), len(economy.banks)))
    footprints.leave_footprints(economy, table, asked, np.full(len(table), passing))
    (scoring.score_firms if name == "firms" else scoring.score_consumers)(economy, asked)
    return asked.features


def auc(score: np.ndarray, bad: np.ndarray) -> float:
    """Chance that one of the bad scores higher."""
    rank = np.argsort(np.argsort(score))[bad]
    n = int(bad.sum())
    return (rank.sum() - n * (n - 1) / 2) / (n * (len(bad) - n))


# --- what is seen ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "traces"), [("consumers", OF_CONSUMERS), ("firms", OF_FIRMS)])
def test_where_nothing_passes_nothing_is_seen(economy, name, traces):
    assert not judged(economy, name, 0.0)[traces].any()
    assert judged(economy, name, 0.5)[traces].any(axis=1).all()


@pytest.mark.parametrize(("name", "traces"), [("consumers", OF_CONSUMERS), ("firms", OF_FIRMS)])
def test_more_passing_shows_more_of_what_is_there(economy, name, traces):
    clear = economy.branch(footprint_noise=P.declarations()["footprint_noise"].low)
    true = judged(clear, name, 1.0)[traces]
    seen = [judged(economy, name, share)[traces] for share in (0.02, 0.1, 0.4, 1.0)]
    found = [np.corrcoef(true.ravel(), one.ravel())[0, 1] for one in seen]
    assert found == sorted(found) and found[-1] > found[0] + 0.2 > 0.2


def test_more_passing_tells_borrowers_better_apart():
    rng = np.random.default_rng(3)
    trace, draw = rng.normal(size=20_000), rng.normal(size=20_000)
    bad = rng.random(20_000) < 1.0 / (1.0 + np.exp(3.0 - 1.5 * trace))
    found = []
    for share in (0.0, 0.05, 0.2, 0.6, 1.0):
        seen = [
            footprints.seen.plain(float(x), share, float(z), P) for x, z in zip(trace, draw, strict=True)
        ]  # fmt: skip
        found.append(auc(np.array(seen) + 1e-9 * draw, bad))
    assert found == sorted(found)
    assert found[0] == pytest.approx(0.5, abs=0.02) and found[-1] > 0.65


def test_an_error_has_a_variance_of_one_over_what_passes():
    draws = np.random.default_rng(4).normal(size=4_000)
    for share in (0.1, 0.4):
        believed = share / (share + P.footprint_noise**2)
        seen = np.array([footprints.seen.plain(0.7, share, float(z), P) for z in draws]) / believed
        assert seen.mean() == pytest.approx(0.7, abs=0.2)
        assert seen.var() == pytest.approx(P.footprint_noise**2 / share, rel=0.1)


def test_hidden_traits_show_nothing_by_themselves(economy):
    for name, hidden in (("consumers", "trait"), ("firms", "quality")):
        twin = copy.deepcopy(economy)
        twin.tables[name].columns[hidden][...] += 2.0
        assert (judged(twin, name, 0.5) == judged(economy, name, 0.5)).all()


def test_who_sees_what():
    assert not any(OUTSIDE[OF_FIRMS]) and all(FOOTPRINT[OF_FIRMS]) and all(INSIDE[OF_FIRMS])
    assert all(CONSUMER_FOOTPRINT[OF_CONSUMERS]) and not any(scoring.BUREAU[OF_CONSUMERS])
    # income as it is comes from the tax office, not from what passes
    assert CONSUMER_FOOTPRINT[4] == 0 == CONSUMER_FOOTPRINT[1]


# --- what is remembered ----------------------------------------------------------------------------------


def after(rule: Rule, kind: type, **values: float) -> Any:
    """What a rule makes of a row with these columns and accounts."""
    table = Table(None, kind, 1)
    for name, value in values.items():
        (table.books if name in table.books else table.columns)[name][0] = value
    return rule.plain(table[0], MARKET, P, ())


def test_a_missed_payment_fades():
    row = {"usual_income": 100.0, "income": 100.0, "deposits": 50, "unsteady": 0.0, "money_left": 0.5}
    late = after(footprints.leaves_traces, Consumer, **row, failed=True, missed=0.0)
    assert late.missed == P.trace_memory and late.money_left == 0.5 and late.unsteady == 0.0
    later = after(footprints.leaves_traces, Consumer, **row, failed=False, missed=late.missed)
    assert later.missed == pytest.approx((1.0 - P.trace_memory) * late.missed)


def test_income_that_stops_is_unsteady():
    row = {"usual_income": 100.0, "deposits": 50, "unsteady": 0.0}
    found = [after(footprints.leaves_traces, Consumer, **row, income=x).unsteady for x in (100.0, 50.0, 0.0)]
    assert found == pytest.approx([0.0, 0.5 * P.trace_memory, P.trace_memory])


def test_a_new_firm_has_no_usual_sales_before_it_has_sold():
    new = after(footprints.sells_as_usual, Firm, usual_sales=0.0, sales=80.0, unsteady=0.1)
    assert (new.usual_sales, new.unsteady) == (80.0, 0.1)
    old = after(footprints.sells_as_usual, Firm, usual_sales=80.0, sales=40.0, unsteady=0.1)
    assert old.usual_sales == 80.0 - P.trace_memory * 40.0
    assert old.unsteady == pytest.approx(0.1 + P.trace_memory * 0.4)


def test_compiled_and_plain_draw_alike(economy):
    rows, passing = np.arange(30), np.where(np.arange(30) % 3 > 0, 0.2, 0.0)
    found = []
    for reading in ("machine", "plain"):
        blur = np.zeros((footprints.TRACES, 30))
        luck = key(5, footprints.FOOTPRINT_NOISE["consumers"])
        getattr(footprints.draw_blur, reading)(rows, economy.consumers, passing, luck, 9, blur)
        found.append(blur)
    assert (found[0] == found[1]).all()
    assert ((found[0] != 0.0).all(axis=0) == (passing > 0.0)).all()
