"""The promise: by lot, how deep a link gets has nothing to do with who gets it; else nothing is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from experiments.measure.following import Breadth, Lots
from sim import Economy
from sim.links.lines import LINES
from tests.economies import LINKED, differences, small


@pytest.fixture(scope="module")
def grown() -> Economy:
    return small(firms=1_200, platforms=40, seed=4, parameters=LINKED).run(6)


@pytest.fixture(scope="module")
def followed(grown) -> Lots:
    """Integration by lot, followed for three years."""
    found = Lots(grown.branch({"deep_integration": 24}, parameters={"by_lot": 1}))
    found.run(12)
    return found


def test_a_highest_depth_is_drawn_evenly_whoever_gets_the_link(followed):
    lots = followed.tables()["lots"].query("sales > 0.0")
    assert len(lots) > 100
    depth, sales = lots["deepest"].to_numpy(), np.log(lots["sales"].to_numpy())
    assert ((depth > 0.0) & (depth < 1.0)).all()
    below = np.searchsorted(np.sort(depth), np.linspace(0.1, 0.9, 9)) / len(depth)
    assert np.abs(below - np.linspace(0.1, 0.9, 9)).max() < 1.36 / np.sqrt(len(depth))  # Kolmogorov, 5 %
    assert abs(np.corrcoef(depth, sales)[0, 1]) < 2.0 / np.sqrt(len(depth))
    assert abs(np.corrcoef(depth, lots["drawn_at"])[0, 1]) < 2.0 / np.sqrt(len(depth))


def test_no_line_gets_deeper_than_was_drawn_and_some_get_there(followed):
    firms = followed.economy.firms
    linked = firms["link"] >= 0
    depth, most = firms["depth"][linked], firms["deepest"][linked]
    assert (depth <= most + 1e-12).all()
    assert (depth > 0.8 * most).any() and (depth[most > 0.9] > 0.5).any()


def test_without_lots_nothing_is_drawn_and_the_best_offer_comes_first(grown):
    plain = grown.branch({"deep_integration": 24}).run(4)
    assert (plain.firms["deepest"] == 1.0).all()
    by_lot = grown.branch({"deep_integration": 24}, parameters={"by_lot": 1}).run(4)
    assert "table/firms/link" in differences(plain, by_lot)


def test_a_shallow_project_costs_less_but_for_coming_in(grown):
    found = grown.branch({"deep_integration": 24}, parameters={"by_lot": 1, "projects_ahead": 12.0}).run(1)
    firms, p = found.firms, found.p
    fresh = (firms["link"] >= 0) & (firms["project_line"] >= 0)
    entry = p.project_fixed * found.market.wage_index * found.market.engineer_cost
    cost, most = firms["project_cost"][fresh], firms["deepest"][fresh]
    least = entry * (1.0 - p.chain_discount) * (1.0 - p.trade_discount)
    assert fresh.sum() > 10 and (cost >= 0.99 * least).all()
    lines = [line.cost for line in LINES]
    share = np.array(lines)[firms["project_line"][fresh]] * p.project_share * grown.firms["sales"][fresh]
    whole = entry + share * found.market.engineer_cost
    assert cost == pytest.approx(entry + most * (whole - entry), rel=0.01)


def test_what_is_paid_for_links_is_what_platforms_spend(grown):
    follower = Lots(grown.branch({"deep_integration": 24}, parameters={"by_lot": 1}))
    follower.run(3)
    for _ in range(4):
        follower.before()
        follower.economy.step()
        follower.since += 1
        platforms = follower.economy.platforms
        spent = float((platforms["project_spend"] - platforms["upkeep"]).sum())
        assert spent > 0.0 and follower.paid().sum() == pytest.approx(spent, rel=0.01)
        follower.look()


def test_profit_from_links_adds_up_to_what_fees_bring_and_links_cost(followed):
    tables: Any = followed.tables()
    linked = tables["linked"]
    assert set(linked["since"]) == set(range(1, 13)) and not linked.isna().any().any()
    first: Any = linked.loc[linked["since"] == linked["since"].min()]
    assert (first["profit"] < 0.0).all()  # projects are paid before anything comes back
    late = linked.loc[linked["since"] == 12, "depth"]
    assert late.max() > 0.5 and (late >= 0.0).all()


def test_twins_are_the_firms_of_the_branching_and_nobody_else(grown):
    follower = Lots(grown.branch("external_finance"))
    follower.run(4)
    tables: Any = follower.tables()
    twins = tables["twins"]
    assert set(tables) == {"twins"} and (twins["added"] > 0.0).mean() > 0.9
    last = twins.loc[twins["since"] == 4]
    firms = follower.economy.firms
    same = firms["alive"] & (firms["generation"] == grown.firms["generation"])
    assert set(last["firm"]) == set(np.flatnonzero(same & grown.firms["alive"]))
    assert len(last) < len(grown.firms)


def test_sectors_of_clients_are_counted(grown):
    follower = Breadth(grown.branch({"deep_integration": 24}))
    follower.run(4)
    table: Any = follower.tables()["breadth"]
    last = table.loc[table["since"] == 4].set_index("platform")["sectors"]
    firms, platforms = follower.economy.firms, follower.economy.platforms
    for q in np.flatnonzero(platforms["alive"]):
        mine = firms["sector"][firms["link"] == q]
        assert last[platforms["serial"][q]] == len(set(mine.tolist()))
    assert last.max() > 1
