"""Platforms are founded, funded, grow, and end: what each of these takes, pays and leaves."""

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim import Economy, Parameters, strategy
from sim.actors.growth import learns_worth
from sim.actors.platforms import BOUGHT, BROKE, STOPPED, WOUND_UP, survives
from sim.credit.funders import FUNDERS
from sim.credit.funders.households import Offers, feared, take_new_money
from sim.credit.pools import idle
from sim.links.lines import LINES
from sim.markets.payments import venture
from sim.population import founders
from sim.population.platforms import buyer_of, platforms_end
from tests.economies import FUNDED, LINKED, differences, lines_that_differ, small
from tests.test_economy import unbalanced

P = Parameters()
APPS = ("first_app", "second_app", "third_app")


def begun(name: Any = "institution_traffic", quarters: int = 12, **given) -> Economy:
    return small(name, parameters=FUNDED | given).run(quarters)


# -- births -----------------------------------------------------------------------------------------------


def test_births_are_what_is_expected_but_for_the_draw_that_rounds_them(monkeypatch):
    expected, ask = [], founders.expected_births

    def told(*given):
        expected.append(ask(*given))
        return expected[-1]

    monkeypatch.setattr(founders, "expected_births", told)
    economy, born = begun(quarters=1, founders_spread=0.0), []
    expected.clear()
    for _ in range(30):
        economy.step()
        born.append(economy.tallies.platform_births + economy.tallies.no_room)
    assert len(expected) == 30 and sum(born) > 10
    assert (np.abs(np.array(born) - expected) < 1.0).all()
    assert abs(sum(born) - sum(expected)) < 3.0 * np.sqrt(0.25 * 30)


def test_founders_follow_growth_rounds_and_profit_and_keep_away_from_ends():
    economy = begun(quarters=6)  # while there is room
    t, p = economy.platforms, economy.p
    small_ones = t["alive"] & ~t["giant"]
    t["raised_at"], t["usual_revenue"], t["earlier_revenue"], t["died"] = -100, 1.0, 1.0, 0
    t["usual_profit"], n = -1.0, int(small_ones.sum())
    idle_ones = p.idle_founders * len(economy.firms) / p.firms_a_team
    assert founders.expected_births(economy, 0) == pytest.approx(idle_ones)
    t["raised_at"] = economy.quarter
    raised = founders.expected_births(economy, 0)
    assert raised == pytest.approx(idle_ones + p.imitation * n * p.by_rounds)
    t["usual_revenue"] = 1.5
    grown = founders.expected_births(economy, 0)
    assert grown == pytest.approx(raised + p.imitation * n * p.by_growth * 0.5)
    gone = np.flatnonzero(~t["alive"] & ~t["giant"])[:2]
    t["died"][gone], t["model"][gone] = economy.quarter, 0
    kept = np.exp(-p.deterrence * 2 / (2 + n))
    assert founders.expected_births(economy, 0) == pytest.approx(idle_ones + (grown - idle_ones) * kept)


def test_twins_found_the_same_platforms_with_the_same_money():
    past = begun(imitation=1.25, quarters=4)  # while there is room
    born = []
    for _ in range(12):
        one, other = past.branch().run(1), past.branch(profit_tax=0.4).run(1)
        assert differences(one, other)
        pairs = [
            {int(row): (int(t["serial"][row]), float(t["wanted"][row]))
             for row in np.flatnonzero(t["founded"] == past.quarter + 1)}
            for t in (one.platforms, other.platforms)
        ]  # fmt: skip
        assert pairs[0] == pairs[1]
        born += [pairs[0]] if pairs[0] else []
        past.step()
    assert len(born) > 1


def test_nothing_is_left_in_a_row_of_who_was_there():
    economy = begun("consumer_traffic", 20)
    t, scorers = economy.platforms, (economy.firm_scorers, economy.consumer_scorers)
    t["alive"] = t["giant"]
    economy.p = economy.p.change({"idle_founders": 0.0, "imitation": 0.0})
    while not len(old := founders.vacant(economy)[:1]):
        economy.step()
    row = int(old[0])
    lender = len(economy.banks) + row
    for name in economy.platforms.fresh(founders.KEPT):
        t[name][row] = 1
    for one in scorers:
        one.mask[lender], one.weights[lender], one.total[lender] = 0.0, 9.0, 5.0
        one.seen_by[0] = lender
    founders.settle_in(economy, old, np.array([0]))
    new = small("consumer_traffic", parameters=FUNDED | {"starters": 1, "giants": 0})
    first = int(np.flatnonzero(new.platforms["alive"])[0])
    for name in economy.platforms.fresh(founders.KEPT):
        told = {"founded": economy.quarter, "since": economy.quarter}
        told["serial"] = economy.memory.platforms_founded
        expected = 0 if name in ("wanted", "runway_left") else new.platforms[name][first]
        if name not in ("there", "kind_price", "kind_worth"):
            assert t[name][row] == told.get(name, expected), name
    for one, other in zip(scorers, (new.firm_scorers, new.consumer_scorers), strict=True):
        assert not one.total[lender].any() and not (one.seen_by == lender).any()
        np.testing.assert_array_equal(one.mask[lender], other.mask[len(new.banks) + first])
        banks = np.where(one.mask[0] > 0.0, one.weights[: len(economy.banks)].mean(axis=0), 0.0)
        both = one.mask[lender] * one.mask[0] > 0.0
        np.testing.assert_array_equal(one.weights[lender][both], banks[both])
    for table, names in (
        ("firms", ("portal", "link")),
        ("consumers", ("first_app", "second_app", "third_app")),
    ):
        assert not any((economy.tables[table][name] == row).any() for name in names)
    for table in (economy.firms, economy.consumers):
        assert not ((table["debt_to"] == row) & (table["platform_debt"] > 0)).any()
    assert not ((economy.consumers["claim_at"] == row) & (economy.consumers["claims"] > 0)).any()
    assert not economy.memory.participations[row].any()


def test_seed_money_comes_from_the_owners_and_stops_where_theirs_does():
    economy = begun(quarters=4)
    before, cash = int(economy.owners["deposits"].sum()), economy.platforms["deposits"].copy()
    rows = founders.vacant(economy)[:3]
    founders.found(economy, [0, 0, 0])
    paid = economy.platforms["deposits"] - cash
    assert (paid[rows] > 0).all() and paid.sum() == paid[rows].sum()
    assert before - int(economy.owners["deposits"].sum()) == paid.sum()
    np.testing.assert_allclose(economy.platforms["wanted"][rows], 0.5 * paid[rows] / economy.p.seed_quarters)
    economy.market.small_team = float(before)
    founders.found(economy, [0])
    assert economy.memory.platforms_founded == int(economy.platforms["serial"].max()) and len(rows) == 3
    assert (economy.platforms["deposits"] - cash).sum() == paid.sum()


def test_who_finds_no_room_is_counted():
    economy = begun(quarters=4)
    free, there = len(founders.vacant(economy)), int(economy.platforms["alive"].sum())
    economy.tallies.no_room = economy.tallies.platform_births = 0.0
    founders.found(economy, [0] * (free + 5))
    assert (economy.tallies.no_room, economy.tallies.platform_births) == (5.0, free)
    assert economy.platforms["alive"].sum() == there + free and not len(founders.vacant(economy))


def test_neither_places_in_the_table_nor_owners_money_go_by_the_names_of_models():
    economy = small("free", parameters=FUNDED | {"starters": 0, "giants": 0}, platforms=100).run(1)
    money = economy.p.owners_purse * founders.ownership.money(economy)
    economy.market.small_team = money / (40 * 2.0 * economy.p.seed_quarters)  # for about half of them
    founders.found(economy, [0] * 40 + [1] * 40)
    of, founded = economy.platforms["model"], np.flatnonzero(economy.platforms["serial"] > 0)
    assert economy.tallies.no_purse > 0.0 and len(founded) > 12
    first = founded[of[founded] == 0]
    assert 0.2 < len(first) / len(founded) < 0.8
    assert abs(first.mean() - founded.mean()) < 0.25 * len(founded)


def test_a_pure_world_has_births_of_its_own_kind_and_a_free_one_of_any():
    pure = begun("free", 8, starters=1).branch("deep_integration").run(24)
    born = pure.platforms["founded"] > 8
    assert born.any() and set(pure.platforms["model"][born]) == {pure.open_models[0]}
    assert {pure.models[n].name for n in pure.open_models} == {"deep_integration"}
    free = small("free", parameters=FUNDED | {"starters": 0, "giants": 0, "idle_founders": 0.005}).run(60)
    assert len(set(free.platforms["model"][free.platforms["serial"] > 0])) > 1


def test_two_models_that_differ_in_their_names_have_about_as_many_births():
    rows = [dataclasses.replace(strategy("institution_traffic"), name=name, claims=()) for name in ("a", "b")]
    shares = []  # of a in births, by world: within one they follow one another
    for seed in range(16):
        sizes = {"firms": 200, "platforms": 40, "parameters": FUNDED | {"lead_in": 20}}
        economy = small({rows[0]: 2, rows[1]: 2}, seed=seed, **sizes).run(16)
        born = np.zeros(2)
        for of in economy.records.of_models:
            born += [of[name]["births"] if name in of else 0.0 for name in ("a", "b")]
        shares += [born[0] / born.sum()] if born.any() else []
    assert len(shares) > 10
    assert abs(np.mean(shares) - 0.5) < 3.0 * np.std(shares) / np.sqrt(len(shares))


# -- money and growth -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("money", "funded"), [(250.0, [0, 100, 100]), (1e6, [100, 100, 100])])
def test_the_fund_backs_the_best_above_its_hurdle_until_its_money_is_gone(money, funded, monkeypatch):
    economy = begun()
    t, hurdle = economy.platforms, economy.p.hurdle
    merits = np.where(t["alive"], hurdle - 0.01, 0.0)
    chosen = np.flatnonzero(t["alive"])[:3]
    merits[chosen] = hurdle + np.array([0.1, 0.3, 0.2])
    economy.p = economy.p.change({"by_month": 0})
    monkeypatch.setattr(venture, "call_money", lambda economy, part: money)

    def weigh(counts, platforms, market, now, p, known, rounds):
        rounds.asked[:], rounds.merit[:] = np.where(counts, 100.0, 0.0), merits

    monkeypatch.setattr(venture, "weigh_rounds", weigh)
    before = t["deposits"].copy()
    t["runway_left"], t["refused"] = 0.0, False
    venture.fund_platforms(economy)
    got = t["deposits"] - before
    assert got[chosen].tolist() == funded and got.sum() == sum(funded)
    assert t["refused"][t["alive"] & (got == 0)].all() and not t["refused"][got > 0].any()


def test_hope_is_set_when_there_is_a_price_and_then_stays():
    market = SimpleNamespace(wage_index=1.0)
    platforms = small("external_finance", firms=100, parameters={"lead_in": 0}).platforms
    one = {name: getattr(platforms[1], name) for name in platforms.fresh(founders.KEPT)}
    one |= {"alive": True, "acts": 1.0}
    spends = SimpleNamespace(**one | {"consumer_spend": 1000.0})
    nobody = learns_worth(spends, market, P)
    assert (nobody.price, nobody.hope, nobody.worth) == (0.0, 0.0, 0.0)
    spends.new_firm_users = spends.firm_users = 4.0
    won = learns_worth(spends, market, P)
    assert won.price == pytest.approx(250.0) and won.hope == pytest.approx(P.hope * 250.0)
    spends.hope, spends.consumer_spend = won.hope, 4000.0
    assert learns_worth(spends, market, P).hope == won.hope


def test_no_link_is_deeper_than_what_was_paid_of_its_project():
    economy, shallow = small("deep_integration", parameters=LINKED), 0
    for _ in range(30):
        economy.step()
        f = economy.firms
        linked = f["link"] >= 0
        for place, line in enumerate(LINES):
            here, depth = linked & (f["project_line"] == place), f[line.depth_name]
            paid = 1.0 - f["project_due"][here] / f["project_cost"][here]
            assert (f["project_due"][here] >= 0.0).all() and (f["project_cost"][here] > 0.0).all()
            assert (depth[here] <= paid + 1e-9).all()
            shallow += int(((paid < 0.9) & (depth[here] > 0.0)).sum())
    assert shallow > 20


# -- ends -------------------------------------------------------------------------------------------------


def ended(economy: Economy, row: int) -> int:
    """The manner in which a platform ends that stops living now."""
    economy.platforms["alive"][row] = False
    platforms_end(economy)
    assert economy.platforms["died"][row] == economy.quarter
    return int(economy.platforms["manner"][row])


def with_customers(economy: Economy) -> np.ndarray:
    """Living platforms, those with the fewest customers first, none without."""
    t = economy.platforms
    rows = np.flatnonzero(t["alive"] & (t["customers"] > 0.0))
    return rows[np.argsort(t["customers"][rows], kind="stable")]


@pytest.mark.parametrize("rich", [True, False])
def test_customers_are_sold_for_a_price_or_free(rich, monkeypatch):
    economy = begun(quarters=16)
    t, p = economy.platforms, economy.p
    row, *_, buyer = with_customers(economy)
    # a customer of its own is dearer to win than what is asked for these, or cheaper
    t["worth"], t["price"] = 2000.0, 2000.0 * p.buyout_price * (2.0 if rich else 0.5)
    cash, had, paid = t["deposits"].copy(), t["net_worth"].copy(), []
    pay = economy.ledger.pay

    def watched(flow, *amounts):
        paid.extend([amounts] if flow == "platforms bought" else [])
        return pay(flow, *amounts)

    monkeypatch.setattr(economy.ledger, "pay", watched)
    alike = t["alive"] & (t["customers"] > t["customers"][row])
    buyer = int(np.flatnonzero(alike)[np.argmax(cash[alike])])
    apps = [economy.consumers[name] for name in APPS]
    places = (economy.firms["portal"], *apps)
    place, owned = max(((one, one == row) for one in places), key=lambda pair: pair[1].sum())
    price = int(p.buyout_price * 2000.0 * economy.market.wage_index * t["customers"][row])
    assert price > 0 and owned.any()
    for other in apps:  # else a second place with the buyer would fall free
        if len(other) == len(place) and other is not place:
            other[owned & (other == buyer)] = -1
    manner = ended(economy, row)
    moved = price if rich else 0
    assert (manner, t["buyer"][row]) == ((BOUGHT, buyer) if rich else (WOUND_UP, -1))
    assert had[buyer] - t["net_worth"][buyer] == moved
    assert [(int(out[buyer]), int(into[row])) for out, into in paid] == ([(moved, moved)] if rich else [])
    assert t["deposits"][row] == 0  # of who owes nothing the rest has gone to its owners
    assert (place[owned] == (buyer if rich else -1)).all()
    assert not any((one == row).any() for one in places)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert not ((apps[one] == apps[other]) & (apps[one] >= 0)).any()


def test_households_lend_no_more_than_they_have_left_of_what_they_offered():
    economy = begun("consumer_traffic", 16)
    c, n = economy.consumers, len(economy.platforms)
    at = int(np.argmax(economy.platforms["claims_owed"]))
    place = np.full(len(c), at, np.int32)
    c["offered"] = c["deposits"] + 1000.0
    had, owed = c["deposits"].copy(), int(economy.platforms["claims_owed"][at])
    taken = np.zeros(n, np.int64)
    taken[at] = int(c["offered"].sum())
    take_new_money(economy, taken, Offers(np.arange(len(c)), place, c["offered"].astype(np.int64)))
    assert (c["deposits"] == 0).all()
    assert economy.platforms["claims_owed"][at] == owed + had.sum()


def test_a_buyer_spends_no_more_than_a_part_of_its_cash():
    for purse, manner in ((1.0, BOUGHT), (0.0, WOUND_UP)):
        economy = begun(quarters=16, buyout_purse=purse)
        t = economy.platforms
        t["worth"], t["price"] = 2000.0, 4000.0 * economy.p.buyout_price
        assert ended(economy, with_customers(economy)[0]) == manner


def test_nobody_takes_over_customers_where_households_stay_unpaid():
    economy = begun("consumer_traffic", 16, buyout_purse=1.0)
    t = economy.platforms
    t["worth"], t["price"] = 2000.0, 4000.0 * economy.p.buyout_price
    row = int(next(row for row in with_customers(economy) if t["claims_owed"][row] == 0))
    price = economy.p.buyout_price * 2000.0 * economy.market.wage_index * t["customers"][row]
    cash = t["deposits"].astype(float)
    for owed, sold in ((1.01, False), (0.99, True)):  # of what there is with the price that is paid
        t.books["claims_owed"][row] = int(owed * (t["deposits"][row] + price))
        assert (buyer_of(economy, row, cash) >= 0) == sold


def test_who_leaves_claims_has_stopped_and_who_owes_more_than_it_has_is_broke():
    economy = begun("consumer_traffic", 16, buyout_price=0.0)
    t = economy.platforms
    owing = [row for row in with_customers(economy) if t["claims_owed"][row] > 0 <= t["net_worth"][row]]
    free = [row for row in np.flatnonzero(t["alive"]) if t["claims_owed"][row] == 0 <= t["net_worth"][row]]
    assert ended(economy, owing[0]) == STOPPED
    assert ended(economy, int(free[0])) == WOUND_UP
    t.books["net_worth"][owing[1]] = -5
    assert ended(economy, owing[1]) == BROKE
    assert not survives(dying(cash=10.0), None, P) and survives(dying(cash=1e6), None, P)


def dying(cash: float = 1e9, **values) -> SimpleNamespace:
    at_work = {"wage_bill": 1300.0, "direct_cost": 0.0, "acts": 1.0, "spent_total": 1.0, "alive": True,
                "net_worth": 1, "unmet": 0.0, "management": 0.0, "team_due": 0.0}  # fmt: skip
    owes = dict.fromkeys(
        ("claims_owed", "loans", "participations_owed", "sold_loans", "borrowing", "float_owed", "custody"), 0
    )
    return SimpleNamespace(**at_work | owes | {"deposits": int(cash)} | values)


def test_a_queue_that_is_not_paid_stops_a_platform():
    owes = {"claims_owed": 1000, "loans": 1000}
    assert survives(dying(unmet=1000.0 * P.queue_limit, **owes), None, P)
    assert not survives(dying(unmet=1000.0 * P.queue_limit + 1.0, **owes), None, P)
    assert not survives(dying(net_worth=-1), None, P)
    assert survives(dying(net_worth=-1, spent_total=0.0), None, P)


def test_the_guarantee_makes_households_whole_while_own_cash_lasts():
    economy = begun("consumer_traffic", 16)
    t, households = economy.platforms, FUNDERS["households"]
    owes = t["alive"] & (households.at_risk(economy) > 1000)
    row = int(np.flatnonzero(owes)[0])
    held, lost = int(economy.consumers["claims"].sum()), np.zeros(len(t), np.int64)
    lost[row] = 1000
    own = int(t["deposits"][row]) - int(idle(economy)[row])
    assert own > 1000
    assert households.lose(economy, lost).sum() == 0 and economy.consumers["claims"].sum() == held
    t.books["deposits"][row] -= own - 400
    assert households.lose(economy, lost)[row] == 600 == held - economy.consumers["claims"].sum()
    t["alive"][row] = False
    assert households.lose(economy, lost)[row] == 1000


def test_fear_is_a_chance():
    for claims in ([0, 0], [5, 5], [7, 0], [0, 9]):
        held = {"claims_owed": np.array(claims)}
        for before in (0.0, 0.3, 1.0):
            fear = feared(before, held, np.array([True, False]), np.ones(2, bool), 0.78)
            assert 0.78 * before <= fear <= 1.0 and (fear > 0.78 * before) == (claims[0] > 0 and fear > 0.0)
            assert feared(before, held, np.zeros(2, bool), np.ones(2, bool), 0.78) == 0.78 * before


# -- whole lives ------------------------------------------------------------------------------------------


def test_what_is_saved_or_branched_amid_lives_goes_on_to_the_last_bit(tmp_path):
    economy = small("free", parameters=LINKED | {"starters": 3})
    for _ in range(3):
        economy.run(7)
        economy.save(tmp_path / "one.npz")
        branch, loaded = economy.branch().run(7), Economy.load(tmp_path / "one.npz").run(7)
        twin = economy.branch({"sideline_platform": 14})
        twin.save(tmp_path / "two.npz")
        pair = twin.run(3), Economy.load(tmp_path / "two.npz").run(3)
        alone = economy.branch().run(7)
        for other in (branch, loaded):
            assert differences(alone, other) == set() == lines_that_differ(alone, other)
        assert differences(*pair) == set() == lines_that_differ(*pair)
        assert pair[0].records.of_flows == pair[1].records.of_flows
    assert economy.memory.platforms_founded > 20
    assert economy.records.quarters["platform_deaths"].sum() > 0


def test_money_is_conserved_while_platforms_come_and_go():
    economy, ends = Economy("free", firms=1_000, seed=3), 0.0
    for _ in range(60):
        economy.step()
        ends += economy.tallies.platform_deaths
        money = sum(int(table.books["deposits"].sum()) for table in economy.tables.values()
                    if "deposits" in table.books)  # fmt: skip
        assert money == economy.banks["deposits_owed"].sum()
    assert unbalanced(economy) == [] and ends > 5
