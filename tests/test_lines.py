"""Service lines: begun one by one, weighed by value over price, built as they are paid, bid for by rivals."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.measure import turning
from sim import Parameters
from sim.links import billing, clients, market, offers
from sim.links.lines import LINES, without_effects
from tests.economies import LINKED, small
from tests.readings import both_readings

P = Parameters()
NAMES = [line.name for line in LINES]
PLACE = {name: place for place, name in enumerate(NAMES)}
SALES = 1e9  # fen a quarter


def lines(belief=None, offered=None) -> SimpleNamespace:
    """All lines, offered by platforms 0 and 1 unless said otherwise; belief by name, else 0.025 cost."""
    cost = np.array([line.cost for line in LINES])
    believed = 0.025 * cost
    for name, value in (belief or {}).items():
        believed[PLACE[name]] = value
    offer = np.array([float(offered is None or name in offered) for name in NAMES])
    return SimpleNamespace(
        cost=cost, belief=np.stack([believed] * 2), offers=np.stack([offer] * 2),
        needs=np.array([sum(1 << PLACE[one] for one in line.needs) for line in LINES]),
        lends=np.array([float(line.lends) for line in LINES]),
        of_anchors=np.array([line.of_anchors for line in LINES]),
    )  # fmt: skip


def purses(**values) -> SimpleNamespace:
    two = {
        "people": np.ones(2),
        "take": np.full(2, 0.0068),
        "gain_share": np.full(2, 0.4),
        "links": np.ones(2),
        "trades": np.zeros((2, 2)),
        "clients": np.zeros(2),
    }
    return SimpleNamespace(
        **{"fixed": 3e5, "left": np.full(2, 1e12), "upto": np.array([0.5, 1.0]), **two, **values}
    )


def firms(rows=1, **values) -> SimpleNamespace:
    """Firms without links, of a million workers each: effort is nothing to them."""
    plain = {
        "sales": SALES, "workers": 1e6, "link": -1, "lines_begun": 0, "agreed_share": 0.4, "alive": True,
        "closing": False, "project_line": -1, "project_cost": 0.0, "project_due": 0.0, "supplier_1": -1,
        "supplier_2": -1, "offer_luck": -1.0, "generation": 0, "hidden": 0.0, "depth": 0.0, "anchor_at": 0,
        "sector": 0,
    }  # fmt: skip
    found = {name: np.full(rows, value) for name, value in plain.items()} | {"ids": np.arange(rows)}
    return SimpleNamespace(**found | {name: np.array(value) for name, value in values.items()})


def best(begun=0, share=0.4, cheaper=0.0, *, of=None, among=None, p=P, money=None):
    """What `best_line` says of a firm that has lines in the bits `begun`."""
    one, every = of or firms(), among or lines()
    return offers.best_line.plain(0, 0, (begun, share, cheaper), one, every, money or purses(), p)


def bits(*names: str) -> int:
    return sum(1 << PLACE[name] for name in names)


# --- which line ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in NAMES if not LINES[name].lends])
def test_the_line_that_promises_most_for_its_price_is_chosen(name):
    """Each is thought in turn to gain twice as much for its cost as the others."""
    line = LINES[name]
    found = best(bits("advances"), among=lines({name: 0.05 * line.cost}))
    price = P.project_share * SALES * line.cost
    value = P.horizon * (0.4 * 0.05 * line.cost * SALES - P.depth_decay * price)
    least = (price / P.horizon + P.depth_decay * price) / (0.05 * line.cost * SALES)
    assert found == pytest.approx((PLACE[name], price, value, least))


def test_of_lines_that_promise_as_much_for_their_cost_the_largest_bears_best_what_coming_in_costs():
    place, price, _, _ = best()
    assert (NAMES[place], price) == ("software", pytest.approx(3e5 + P.project_share * SALES * 0.4))


def test_further_lines_cost_nothing_to_come_in():
    only = lines(offered=["procurement"])
    first, further = best(among=only), best(bits("software"), among=only)
    assert first[0] == further[0] == PLACE["procurement"]
    assert first[1] - further[1] == pytest.approx(3e5) and first[2] < further[2]


def test_advances_are_offered_to_whom_has_payments():
    some = lines(offered=["payments", "advances"])
    assert best(among=some)[0] == PLACE["payments"]
    assert best(bits("software"), among=some)[0] == PLACE["payments"]
    assert best(bits("payments"), among=some)[0] == PLACE["advances"]
    assert best(bits("payments", "advances"), among=some)[0] == -1


def test_what_clients_are_thought_to_borrow_decides_whether_advances_come_next():
    place = best(bits("payments"), among=lines({"advances": 0.25}))[0]
    none = best(bits("payments"), among=lines({"advances": 0.0}))[0]
    assert (NAMES[place], NAMES[none]) == ("advances", "software")


def test_a_line_is_weighed_with_what_it_needs_and_that_comes_first():
    """Payments alone promise less than software; with much lending behind them they come first."""
    few, many = (best(among=lines({"advances": loan}))[0] for loan in (0.0, 1.0))
    assert (NAMES[few], NAMES[many]) == ("software", "payments")
    alone = best(among=lines({"advances": 1.0}, offered=["advances", "software"]))[0]
    assert NAMES[alone] == "software"  # nobody has advances of a platform that offers no payments


def test_a_firm_takes_no_line_whose_promise_its_own_effort_eats():
    own, gain = 1.0 - P.input_share, 0.6 * 0.025
    enough = P.client_effort * own / gain  # workers at which both are equal
    for workers, takes in ((1.01 * enough, True), (0.99 * enough, False)):
        found = best(of=firms(workers=[workers]), among=lines(offered=["software"]))
        assert (found[0] >= 0) == takes
    assert best(of=firms(workers=[0.99 * enough]), p=Parameters(client_effort=0.0))[0] >= 0


# --- what rivals do --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("least", "others", "end"), [(0.1, 0.2, 0.2), (0.3, 0.2, 0.3), (0.5, 0.2, 0.4)])
def test_rivals_bid_the_share_down_to_what_just_pays_one_of_them(least, others, end):
    at = {r: offers.bid_down.plain(0.4, least, others, Parameters(rivalry=r)) for r in (0.0, 0.5, 1.0)}
    assert at == {0.0: 0.4, 0.5: pytest.approx(0.5 * (0.4 + end)), 1.0: pytest.approx(end)}


@pytest.mark.parametrize("rivalry", [0.0, 0.5, 1.0])
def test_the_share_of_a_firm_that_two_want_lies_between_what_pays_and_what_was_asked(rivalry):
    p = Parameters(rivalry=rivalry)
    asked = purses(gain_share=np.array([0.4, 0.6]))
    args = (firms(), lines(), asked, p)
    line, price, value, share = offers.offer_of.plain(0, 0, 1, -1, *args)
    least = [best(share=one)[3] for one in (0.4, 0.6)]
    assert share == pytest.approx(0.4 - rivalry * (0.4 - max(least))) and line >= 0
    assert max(least) - 1e-9 <= share <= 0.4
    alone = offers.offer_of.plain(0, 0, 0, -1, *args)
    assert alone[3] == 0.4 and alone[2] >= value
    if rivalry == 1.0:
        assert value == pytest.approx(price)  # it just pays


def test_a_project_is_cheaper_in_a_trade_and_beside_a_partner_that_the_platform_knows():
    """Platform 0 has three of four clients in the sector of the firm, platform 1 none of any."""
    p, known = Parameters(chain_discount=0.3, trade_discount=0.2), purses()
    known.trades, known.clients = np.array([[3.0, 1.0], [0.0, 0.0]]), np.array([4.0, 0.0])
    cheaper = offers.cheaper_for.plain
    assert cheaper(0, 0, -1, firms(), known, p) == pytest.approx(0.2 * 0.75)
    assert cheaper(0, 0, 0, firms(), known, p) == pytest.approx(1.0 - 0.7 * 0.85)
    assert cheaper(0, 1, -1, firms(), known, p) == 0.0


def test_small_integrators_keep_to_a_trade_where_knowing_it_makes_projects_cheaper():
    beyond = []
    for discount in (0.0, 0.6):
        lived = small("deep_integration", firms=1000, parameters=LINKED | {"trade_discount": discount}).run(
            24
        )
        found = turning.clients(lived)
        mine = found.loc[found["giant"] == 0]
        beyond.append(float((mine["same_sector"] - mine["of_chance_sector"]).mean()))
    assert beyond[1] > beyond[0] + 0.02


@pytest.mark.parametrize("pull", [0.0, 0.1, 0.5])
def test_a_supplier_of_a_large_client_hears_of_its_platform_as_often_as_declared(pull):
    """Firm 0 is linked with platform 1 and buys of firm 1 and of firm 2, which sells more than a third."""
    n, p = 3000, Parameters(anchor_pull=pull)
    there = firms(n, sales=np.where(np.arange(n) == 2, 0.4 * SALES, 0.3 * SALES))
    there.sales[0] = SALES
    there.link[0] = 1
    last = np.zeros(n, np.int32)
    draws = SimpleNamespace(luck=np.uint64(7), anchors=np.uint64(9), quarter=np.uint64(3))
    heard = [offers.who_asks.plain(i, there, p, purses(), last, draws) for i in range(1, n)]
    assert set(heard) <= {(-1, -1, -1), (1, 1, 1)}
    often = np.mean([one[0] == 1 for one in heard])
    assert abs(often - pull) <= 4.0 * np.sqrt(pull * (1.0 - pull) / n) and heard[1] == (-1, -1, -1)
    poor = purses(left=np.array([1e12, 0.0]))
    assert offers.who_asks.plain(1, there, Parameters(anchor_pull=1.0 * 0.5), poor, last, draws)[0] == -1


# --- how they are built ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lived():
    """An economy of integrators, and what firms and platforms were after each of its quarters."""
    economy, kept = small("deep_integration", parameters=LINKED), []
    names = [*market.columns_of_a_link(), "link", "project_line", "generation", "alive", "integration_fee"]
    of_platforms = ("project_spend", "upkeep", "new_links", "new_lines", "left_links", "lines", "links")
    for _ in range(40):
        economy.step()
        now = {name: economy.firms[name].copy() for name in names}
        kept.append(now | {f"q_{name}": economy.platforms[name].copy() for name in of_platforms})
    return economy, kept


def test_lines_are_begun_one_at_a_time_and_what_is_built_was_begun(lived):
    _, kept = lived
    seen = 0
    for before, now in itertools.pairwise(kept):
        linked = now["link"] >= 0
        assert (now["lines_begun"][linked] > 0).all() and not now["lines_begun"][~linked].any()
        stays = linked & (before["link"] == now["link"]) & (before["generation"] == now["generation"])
        begun, there = now["lines_begun"][stays], before["lines_begun"][stays]
        fresh = begun & ~there
        assert (fresh & (fresh - 1) == 0).all()
        assert (np.log2(fresh[fresh > 0]) == now["project_line"][stays][fresh > 0]).all()
        new = linked & (before["link"] < 0)
        assert (now["lines_begun"][new] & (now["lines_begun"][new] - 1) == 0).all()
        for place, name in enumerate(NAMES):
            has = (now["lines_begun"] >> place) & 1 > 0
            assert not now[f"depth_{name}"][~has].any()
            built = np.where(
                now["project_line"] == place,
                1.0 - now["project_due"] / np.maximum(1.0, now["project_cost"]),
                1.0,
            )
            assert (now[f"depth_{name}"] <= built + 1e-12)[has].all()
        assert not ((now["lines_begun"] & bits("advances")) > 0)[(now["lines_begun"] & 1) == 0].any()
        seen += int((fresh > 0).sum())
    assert seen > 10


def test_what_is_built_was_paid(monkeypatch):
    """What is still due falls by what is paid; with first parts of what begins that is all spending."""
    build, begun = market.build, []

    def watched(economy):
        f, q, names = economy.firms, economy.platforms, ("project_cost", "project_due", "link")
        before = {name: f[name].copy() for name in names}
        build(economy)
        new = f["project_cost"] != before["project_cost"]
        new &= f["project_line"] >= 0
        first = f["project_cost"] - f["project_due"]
        np.testing.assert_allclose(first[new], economy.p.project_down * f["project_cost"][new])
        goes_on = (before["link"] >= 0) & (before["link"] == f["link"]) & ~new
        paid = np.where(goes_on, before["project_due"] - f["project_due"], np.where(new, first, 0.0))
        # who had less than a fen to pay has been forgotten, who begins the next line has paid the last one
        linked = f["link"] >= 0
        seen = np.bincount(f["link"][linked], paid[linked], len(q))
        spent, lost = (
            q["project_spend"] - q["upkeep"],
            q["left_links"] > 0.0,
        )  # won over after it was paid for
        assert (seen[lost] <= spent[lost] + 3.0).all()
        np.testing.assert_allclose(seen[~lost], spent[~lost], atol=3.0)
        begun.append(int(new.sum()))

    monkeypatch.setattr(market, "build", watched)
    small("deep_integration", parameters=LINKED | {"project_down": 0.3}).run(30)
    assert sum(begun) > 10


def test_fees_are_paid_to_the_fen_by_those_who_are_linked(lived):
    economy, kept = lived
    by_quarter = [flows.get("integration fees", 0) for flows in economy.records.of_flows]
    assert by_quarter[-40:] == [int(now["integration_fee"].sum()) for now in kept] and by_quarter[-1] > 0


def test_a_line_that_its_platform_offers_no_more_decays():
    economy = small("deep_integration", parameters=LINKED | {"contract_review": 0.0}).run(30)
    economy.platforms["offers_software"][:] = 0.0
    before = {
        name: economy.firms[name].copy() for name in ("depth_software", "link", "generation", "lines_begun")
    }
    economy.step()
    f = economy.firms
    same = (
        (f["link"] == before["link"])
        & (f["generation"] == before["generation"])
        & (before["depth_software"] > 0)
    )
    assert same.sum() > 5
    kept = before["depth_software"][same] * (1.0 - economy.p.depth_decay)
    np.testing.assert_allclose(f["depth_software"][same], kept)
    built = (f["project_line"] >= 0) & (f["project_line"] == PLACE["software"])
    assert not built.any()


def test_links_that_do_nothing_and_ask_nothing_leave_productivity_as_it_is():
    still = LINKED | without_effects() | {"client_effort": 0.0, "hiding_most": 0.0, "disruption": 0.0}
    past = small(parameters=still, seed=7).run(8)
    branch, twin = past.branch("deep_integration"), past.branch("external_finance")
    for _ in range(24):
        branch.step()
        twin.step()
        f, g = branch.firms, twin.firms
        twins = f["alive"] & g["alive"] & (f["generation"] == g["generation"]) & (f["age"] == g["age"])
        linked = twins & (f["link"] >= 0)
        np.testing.assert_array_equal(f["productivity"][linked], g["productivity"][linked])
        for name in (
            "linked_productivity",
            "linked_sparing",
            "linked_agility",
            "linked_stock",
            "linked_early",
        ):
            assert not f[name].any()
    assert linked.sum() > 3
    busy = past.branch("deep_integration", parameters={"client_effort": 0.08}).run(24).firms
    assert (busy["linked_productivity"] < 0.0).any()


# --- compiled and plain ----------------------------------------------------------------------------------

KERNELS = [
    (market, name)
    for name in ("end_projects", "upkeeps", "pay_instalments", "deepens", "count_lines", "bears")
] + [(offers, name) for name in ("list_customers", "hears", "take_projects")]
KERNELS += [(billing, name) for name in ("usual_misfits", "bill_line", "charge")]
KERNELS += [(clients, name) for name in ("judge_links", "sizes_of")]


@pytest.mark.parametrize(("room", "name"), KERNELS, ids=[name for _, name in KERNELS])
def test_a_kernel_does_what_its_text_says(room, name, monkeypatch):
    """Compiled and as plain Python, on what an economy hands it."""
    kernel, calls = getattr(room, name), []
    economy = small("deep_integration", firms=200, parameters=LINKED).run(16)
    monkeypatch.setattr(room, name, both_readings(kernel, calls))
    economy.run(3)
    assert calls
