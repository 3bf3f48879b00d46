"""Branches are twins: what differs between two futures is caused by the business model and nothing else."""

import dataclasses
import random

import numpy as np
import pytest

from sim import Economy, discover, strategy
from sim.markets.payments import venture
from sim.population.models import TAKEN_UP, columns_of
from tests.economies import LINKED, RANGES, differences, lines_that_differ, payments, small

LOGISTICS = dataclasses.replace(strategy("deep_integration"), name="logistics alone", lines=("logistics",))
BUSINESS_MODELS = sorted(discover())
ACTING = [name for name in BUSINESS_MODELS if strategy(name).acts]
UNFUNDED = {"giants": 1, "starters": 0, "idle_founders": 0.0}
# what a platform without a fen still does: it has a row, posts its terms, and knows what it would look at
WISHES = ("wanted", "refused", "team_due")  # it would grow, have a team, and asks the fund in vain
OWN_ROW = {
    f"table/platforms/{name}" for name in (*columns_of(strategy("external_finance")), *TAKEN_UP, *WISHES)
}
# banks agree to work with one that asks them, whether it has anything to lend or not
OWN_ROW |= {f"table/platforms/{name}" for name in ("partners", "bank_take", "own_share", "appetite")}
OWN_ROW |= {f"memory/partner_{name}" for name in ("appetite", "gain", "take")}
ITS_TERMS = {"market/posted", "market/uncollected", "table/firms/platform_pace"}
ITS_SIGHT = {"firm_scorers/mask", "consumer_scorers/mask"}
COUNTED = {
    "platforms_alive",
    "rounds_asked",
    "rounds_below",
    "take",
    "appetite",
    "partners",
    "partnerships_begun",
}
# and a giant that acts runs a wallet, which asks for nothing where it is free
FREE_WALLET = {"payment_fee": 0.0}
ITS_WALLET = {f"table/{name}/wallet" for name in ("firms", "consumers")} | {
    "table/consumers/wallet_use", "market/by_wallet", "market/household_part",
    *(f"table/platforms/{name}" for name in ("payments", "wallets", "tills")),
}  # fmt: skip
OF_WALLETS = {"payments", "wallet_users", "largest_wallet", "two_wallets"}


@pytest.mark.parametrize("name", ACTING)
def test_without_money_every_business_model_is_the_baseline_to_the_last_fen(name, monkeypatch):
    past = small(parameters=UNFUNDED | FREE_WALLET).run(8)
    past.platforms["runway_left"] = 1.0  # owners take it that the giant has had its first money
    monkeypatch.setattr(venture, "call_money", lambda economy, part: 0.0)  # and commit nothing to the fund
    baseline, branch = past.branch("external_finance").run(24), past.branch(name).run(24)
    assert branch.mix == {name: 1} and branch.platforms["wanted"].any() and branch.platforms["refused"].any()
    assert differences(branch, baseline) <= OWN_ROW | ITS_TERMS | ITS_SIGHT | ITS_WALLET
    assert lines_that_differ(branch, baseline) <= COUNTED | OF_WALLETS
    assert payments(branch) == payments(baseline)
    assert not branch.firms["platform_debt"].any()


@pytest.mark.parametrize("name", ACTING)
def test_with_money_it_is_not(name):
    past = small().run(8)
    baseline, branch = past.branch("external_finance").run(24), past.branch(name).run(24)
    assert {"output", "venture_funding"} <= lines_that_differ(branch, baseline)
    assert differences(branch, baseline) - OWN_ROW - ITS_TERMS - ITS_SIGHT


@pytest.mark.parametrize("name", ACTING)
def test_a_firm_has_the_luck_of_its_twin(name):
    """Gifts, skill, mishaps, and where it stands if links do not move it, while platforms spend and lend."""
    past = small(parameters=LINKED | {"adaptation_gain": 0.0}).run(8)
    baseline, branch = past.branch("external_finance"), past.branch(name)
    for _ in range(30):
        baseline.step()
        branch.step()
        twins = np.flatnonzero(
            branch.firms["alive"]
            & baseline.firms["alive"]
            & (branch.firms["generation"] == baseline.firms["generation"])
            & (branch.firms["age"] == baseline.firms["age"])  # else a newcomer of another quarter
        )
        assert len(twins) > 0.7 * len(branch.firms)
        for column in ("quality", "skill", "style_x", "style_y", "misfit", "agility", "leverage_target"):
            np.testing.assert_array_equal(branch.firms[column][twins], baseline.firms[column][twins], column)
        np.testing.assert_array_equal(
            branch.firms["damage"][twins] > 0.0, baseline.firms["damage"][twins] > 0.0, "who has a mishap"
        )
    assert lines_that_differ(branch, baseline) > {"output", "unemployment"}
    assert name != "deep_integration" or (branch.firms["depth"] > 0.1).any()


def test_a_link_moves_where_its_firm_stands_and_nothing_moves_where_others_do():
    past = small(parameters=LINKED | {"adaptation_gain": RANGES["adaptation_gain"][1]}).run(8)
    baseline, branch = past.branch("external_finance").run(30), past.branch(LOGISTICS).run(30)
    f, g = branch.firms, baseline.firms
    twins = f["alive"] & g["alive"] & (f["generation"] == g["generation"]) & (f["age"] == g["age"])
    linked, never = twins & (f["depth"] > 0.1), twins & (f["link"] < 0) & (f["gain"] == 0.0)
    assert linked.sum() > 5
    assert (f["style_x"][linked] != g["style_x"][linked]).any()
    apart = np.hypot(f["style_x"] - g["style_x"], f["style_y"] - g["style_y"])
    assert np.median(apart[never]) == 0.0
    np.testing.assert_array_equal(f["skill"][linked], g["skill"][linked])


@pytest.mark.parametrize("name", BUSINESS_MODELS)
def test_a_seed_gives_the_same_bits_again_and_another_seed_gives_others(name):
    first, again, other = (small(name, seed=seed).run(12) for seed in (3, 3, 4))
    assert differences(first, again) == set()
    assert lines_that_differ(first, again) == set()
    assert {"output", "unemployment", "default_rate"} <= lines_that_differ(first, other)
    assert {"table/firms/skill", "table/consumers/trait", "table/firms/deposits"} <= differences(first, other)


def test_another_idle_platform_changes_nobody():
    few, more = small(platforms=16, seed=6).run(20), small(platforms=17, seed=6).run(20)
    of_platforms = {part for part in differences(few, more) if not part.startswith("table/platforms/")}
    # what is kept for each platform has one entry more; nothing else has changed
    assert {part.split("/")[0] for part in of_platforms} <= {
        "market",
        "memory",
        "firm_scorers",
        "consumer_scorers",
    }
    assert few.market.wage == more.market.wage
    assert lines_that_differ(few, more) == set()
    assert payments(few) == payments(more)


def test_a_name_changes_nobody():
    row = dataclasses.replace(strategy("institution_traffic"), name="called otherwise", title="?", claims=())
    one, other = small("institution_traffic").run(12), small(row).run(12)
    assert differences(one, other) == set()
    assert lines_that_differ(one, other) == set()


def test_looking_changes_nothing():
    """Nor does shuffling, sorting, branching, showing, or drawing from Mesa's or Python's generators."""
    watched, alone = small("deep_integration"), small("deep_integration")
    for _ in range(12):
        watched.step()
        alone.step()
        look_at(watched)
    assert differences(watched, alone) == set()
    assert lines_that_differ(watched, alone) == set()


def look_at(economy: Economy) -> None:
    for table in economy.tables.values():
        table.shuffle()
        table.sort("net_worth")
        assert str(table[0])
        assert table.select(lambda row: row.net_worth > 0, at_most=3) is not None
    assert economy.random.random() < 1.0
    assert economy.rng.random() < 1.0
    random.seed(1)
    assert random.random() < 1.0
    economy.branch("consumer_traffic").run(2)
    assert economy.balance_sheet() is not None
    assert economy.flow_matrix() is not None
    assert "Economy" in economy._repr_html_() + repr(economy)
    assert len(economy.records.quarters) == economy.quarter
