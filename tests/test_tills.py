"""Who asks the platform whose wallet he takes, and against what; what a lender keeps for its team."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim import Economy
from sim.actors.platforms import survives
from sim.credit import from_platforms, pools
from sim.credit.funders.borrowing import FUNDER as BORROWING
from sim.markets.payments import wallets
from tests.economies import FUNDED, small
from tests.readings import both_readings

# giants with wallets, and firms that lack money
TWO = FUNDED | {"giants": 2, "wallet_openings": 1.0, "lead_in": 20}


@pytest.fixture(scope="module")
def economy() -> Economy:
    return small("deep_integration", parameters=TWO).run(6)


def rounds_of(economy: Economy, quarters: int, **parameters: Any) -> SimpleNamespace:
    """What firms asked of platforms in these quarters, by line: near or not, what was owed and lent."""
    found, lend, twin = [], from_platforms.lend, economy.branch(parameters=parameters)

    def watched(e, borrowers, asked, platform, line, terms, means):
        if borrowers is not e.firms:
            return lend(e, borrowers, asked, platform, line, terms, means)
        rows, f = asked.rows, e.firms
        deep = (f["link"][rows] == platform) & (f["linked_advances"][rows] > e.p.lending_depth)
        one = {
            "near": deep | (f["portal"][rows] == platform),
            "till": f["wallet"][rows] == platform,
            "bound": (f["platform_debt"][rows] > 0) & (f["debt_to"][rows] == platform),
            "known": f["last_lender"][rows] == platform,
            "owed": f["platform_debt"][rows] + f["platform_granted"][rows],
            "sales": f["sales"][rows],
            "passing": wallets.passing_of_firms(e, rows, platform),
        }
        one["lent"] = lend(e, borrowers, asked, platform, line, terms, means)
        found.append(one)
        return one["lent"]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(from_platforms, "lend", watched)
        twin.run(quarters)
    return SimpleNamespace(**{name: np.concatenate([one[name] for one in found]) for name in found[0]})


# --- at the till -----------------------------------------------------------------------------------------


def test_whose_wallet_is_at_the_till_is_asked_where_giants_lend_at_tills_and_only_there(economy):
    on = rounds_of(economy, 6)
    assert (on.near | on.till | on.bound).all()
    assert (~on.near & on.till & ~on.bound & (on.lent > 0)).sum() > 20
    off = rounds_of(economy, 6, lends_at_tills=False)
    assert len(off.near) and (off.near | off.bound).all()


def test_without_tills_nobody_comes_to_owe_a_platform_that_he_has_nothing_else_with():
    world = small("deep_integration", parameters=TWO | {"lends_at_tills": False})
    asked = rounds_of(world, 10)
    assert not (~asked.near & ~asked.bound).any()


def test_a_merchant_owes_at_most_his_line_of_what_passes_at_his_till(economy):
    asked, p = rounds_of(economy, 6), economy.p
    far = ~asked.near & (asked.lent > 0)
    line = p.line_of_firm * asked.sales * asked.passing
    assert (asked.owed + asked.lent)[far] == pytest.approx(np.minimum(line, asked.owed + asked.lent)[far])
    new = far & ~asked.known
    assert (asked.lent[new] <= p.first_line * line[new] + 1.0).all()
    assert np.median(asked.passing[far]) < 0.5  # of clients of the line payments more passes
    # and some are lent all of it: the line is what holds them
    assert (asked.owed + asked.lent > 0.999 * np.where(asked.known, 1.0, p.first_line) * line)[far].any()


@pytest.mark.parametrize(("switch", "passing"), [(True, 250.0), (False, 1000.0)])
def test_takings_are_all_sales_for_who_is_near_and_what_passes_for_others(economy, switch, passing):
    e, takings = economy.branch(parameters={"lends_at_tills": switch}), np.zeros(len(economy.firms))
    asked = SimpleNamespace(rows=np.array([4, 2, 0, 7, 9]), passing=np.full(5, 0.25))
    deep, portal = np.full((2, len(takings)), -1, np.int32)
    deep[4], portal[2], portal[0] = 1, 1, 0
    e.firms["sales"], e.firms["wallet"] = 1000.0, 1
    e.firms["wallet"][9] = 0  # it has turned to another wallet, and owes platform 1 from before
    from_platforms.list_takings(asked, np.ones(5, np.int32), deep, portal, e.firms, e.p, takings)
    assert takings[asked.rows].tolist() == [1000.0, 1000.0, passing, passing, passing]
    assert takings.sum() == 2000.0 + 3 * passing


# --- what is kept for the team ----------------------------------------------------------------------------


def test_a_platform_lends_what_its_own_cash_is_over_this_quarters_promises_and_the_next_team(economy):
    twin = economy.branch()
    t, part = twin.platforms.columns, economy.p.own_loans_limit
    before = pools.own_money(twin)
    q = int(np.argmax(before))
    t["team_due"][q] += 1000.0
    assert (before - pools.own_money(twin))[q] == pytest.approx(1000.0 * part)
    t["team_due"][q] += before[q] / part
    assert pools.own_money(twin)[q] == 0.0


def test_who_lends_all_it_may_has_its_team_when_it_is_due(economy):
    twin = economy.branch()
    t, most = twin.platforms.columns, pools.own_money(twin)
    q = int(np.argmax(most))
    t["team_due"][q] += 0.9 * most[q] / economy.p.own_loans_limit  # most of its cash is its team's
    lent, promised = int(pools.own_money(twin)[q]), int(np.ceil(t["wage_bill"][q] + t["advertising"][q]))
    assert lent > 0 and t["spent_total"][q] > 0.0
    # all that was promised is paid, and of its pay the team got nothing
    t["wage_bill"][q] = t["advertising"][q] = t["management"][q] = t["direct_cost"][q] = 0.0
    twin.platforms.books["deposits"][q] -= lent + promised
    for more, lives in ((0, True), (int(t["team_due"][q]), False)):  # so many fen lent beyond it
        later = twin.branch()
        later.platforms.books["deposits"][q] -= more
        later.each(later.platforms, survives)
        assert later.platforms["alive"][q] == lives


@pytest.mark.parametrize("worth", [1, 0])
def test_who_is_worth_more_than_it_owes_keeps_its_team_from_its_bank(economy, worth):
    twin = economy.branch(parameters={"borrowing_repaid": 0.5})
    t, nothing = twin.platforms.columns, np.zeros(len(twin.platforms), np.int64)
    q = int(np.argmax(t["deposits"] - t["invoices_held"]))
    owes = np.where(np.arange(len(nothing)) == q, 9 * t["deposits"], 0)
    BORROWING.pay_in(twin, owes, owes)
    t["team_due"][q], twin.platforms.books["net_worth"][q] = 0.8 * t["deposits"][q] + 0.5, worth
    cash, owed = (int(t[name][q]) for name in ("deposits", "borrowing"))
    held, cost = int(t["invoices_held"][q]), t["direct_cost"][q]
    BORROWING.interest(twin, nothing, nothing, nothing)
    due, back = int(t["direct_cost"][q] - cost), owed - int(t["borrowing"][q])
    assert due + back == cash - int(t["deposits"][q])
    team = int(np.ceil(t["team_due"][q])) if worth else 0
    assert back == min(int(np.ceil(0.5 * owed)), cash - held - due - team) > 0


# --- two readings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("room", "name"),
    [(from_platforms, "list_takings"), (wallets, "list_lacking"), (pools, "list_own_money")],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_a_kernel_does_what_its_text_says(room, name, economy, monkeypatch):
    """Compiled and as plain Python, on what an economy hands it."""
    kernel, calls = getattr(room, name), []
    monkeypatch.setattr(room, name, both_readings(kernel, calls))
    economy.branch().run(2)
    assert calls
