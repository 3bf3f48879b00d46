"""What a platform can finish and fund: projects ahead, own parts of loans, who is lent to first, accounts."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim.credit import from_platforms
from sim.credit.funders.borrowing import FUNDER as BORROWING
from sim.credit.pools import fundable, means, own_money
from sim.credit.scoring import Asked, score_firms
from sim.links.offers import take_projects
from sim.markets.payments import venture
from tests.economies import LINKED, small

THIN = LINKED | {"own_loans_limit": 0.2, "giants": 2, "lead_in": 20}


@pytest.fixture(scope="module")
def lived():
    return small("deep_integration", parameters=THIN, seed=3).run(24)


# --- projects that can be finished --------------------------------------------------------------------------


@pytest.mark.parametrize("reading", ["machine", "plain"])
@pytest.mark.parametrize(("coming", "begun"), [(-50.0, 0), (0.0, 1), (150.0, 2), (1000.0, 4)])
def test_projects_begin_as_far_as_this_budget_and_those_counted_on_pay_them(lived, reading, coming, begun):
    firms = lived.branch().firms
    firms["link"], firms["deepest"], firms["lines_begun"] = -1, 1.0, 0
    n = 4
    offers = SimpleNamespace(
        rows=np.arange(n), platform=np.zeros(n, np.int64), line=np.zeros(n, np.int64),
        price=np.full(n, 100.0), value=np.full(n, 500.0), share=np.full(n, 0.4), entry=np.zeros(n),
        deepest=np.ones(n),
    )  # fmt: skip
    purses = SimpleNamespace(
        left=np.array([100.0]), coming=np.array([coming]), spent=np.zeros(1), lines=np.zeros(1),
        begun=np.zeros(1), links=np.ones(1), won=np.zeros(1),
    )  # fmt: skip
    taken = SimpleNamespace(rows=np.empty(n, np.int64), left=np.empty(n, np.int64))
    found = getattr(take_projects, reading)(np.arange(n), offers, purses, firms, lived.p, taken)
    assert found == begun and purses.begun[0] == 100.0 * begun
    assert purses.left[0] - purses.spent[0] + purses.coming[0] == pytest.approx(
        100.0 + coming - 100.0 * begun
    )


def test_who_counts_on_no_budget_to_come_has_fewer_projects_unfinished():
    world = small(parameters=THIN | {"project_share": 0.2}, seed=3)

    def unfinished(ahead):
        e, found = world.branch("deep_integration", projects_ahead=ahead), []
        for _ in range(14):
            firms = e.run(1).firms
            found.append((firms["project_due"][firms["link"] >= 0] > 1.0).mean())
        return np.mean(found)

    assert unfinished(0.0) < 0.6 * unfinished(12.0)


# --- own parts of loans ------------------------------------------------------------------------------------


def test_what_cash_lacks_of_the_own_part_is_borrowed_up_to_capital(lived):
    twin = lived.branch()
    twin.banks.columns["room"][...] = 1e12
    platforms = twin.platforms.columns
    adds = BORROWING.adds_to_own(twin)
    worth = np.maximum(0, platforms["net_worth"]).astype(float)
    assert adds == pytest.approx(np.maximum(0.0, worth - platforms["borrowing"])) and adds.any()
    rich = int(adds.argmax())
    wanted = np.zeros(len(platforms["loans"]))
    own = 1.0 - platforms["from_banks"][rich]
    wanted[rich] = (own_money(twin)[rich] + adds[rich]) / own
    assert fundable(twin, means(twin), wanted)[rich] == pytest.approx(1.0)
    before = platforms["borrowing"].copy()
    lent = np.zeros(len(wanted), np.int64)
    lent[rich] = int(0.9 * wanted[rich])
    lacking = np.ceil(
        lent[rich] - np.floor(platforms["from_banks"][rich] * lent[rich]) - own_money(twin)[rich]
    )
    asked = np.zeros(len(wanted))
    asked[rich] = lacking
    BORROWING.pays_for_own(twin, asked)
    assert (platforms["borrowing"] - before)[rich] == lacking > 0
    assert (np.delete(platforms["borrowing"] - before, rich) == 0).all()
    owed = platforms["borrowing"].copy()
    loans = np.maximum(platforms["loans"], 1)
    own_part = 1.0 - platforms["participations_owed"] / loans
    BORROWING.repay(twin, loans // 2, loans)
    back = owed[rich] - platforms["borrowing"][rich]
    assert 0 < back <= own_part[rich] * loans[rich] / 2 + 1.0  # not out of what belongs to others


def test_who_may_not_borrow_for_its_own_part_lends_less(lived):
    without = lived.branch(own_part_borrowed=0.0)
    assert not BORROWING.adds_to_own(without).any()
    lent = [e.run(8).platforms["loans"].sum() for e in (lived.branch(), without)]
    assert lent[0] > lent[1]


# --- who is lent to ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("reading", ["machine", "plain"])
def test_the_surest_get_all_and_the_last_what_is_left(lived, reading):
    firms = lived.branch().firms
    asked, offer = Asked(3), SimpleNamespace(amount=np.array([60.0, 50.0, 40.0]), rate=np.full(3, 0.02))
    asked.rows = np.arange(3)
    lent, platform = np.empty(3, np.int64), np.zeros(3, np.int32)
    given = (np.array([2, 0, 1]), asked, platform, offer, np.ones(1), np.array([110.0]), firms, lent)
    getattr(from_platforms.settle_offers, reading)(*given)
    assert lent.tolist() == [60, 10, 40]


def test_a_lender_short_of_money_lends_to_the_surest(monkeypatch, lived):
    books = []
    plain = from_platforms.settle_offers

    def watched(order, asked, platform, offer, ration, money, borrowers, lent):
        plain(order, asked, platform, offer, ration, money, borrowers, lent)
        books.append((asked.scores, platform, offer.amount, lent.copy()))

    monkeypatch.setattr(from_platforms, "settle_offers", watched)
    lived.branch(own_part_borrowed=0.0).run(4)
    cases = 0
    for scores, platform, amount, lent in books:
        for q in np.unique(platform):
            here = (platform == q) & (amount > 0.0)
            full, none = here & (lent >= np.floor(amount)), here & (lent == 0)
            if full.any() and none.any():
                cases += 1
                assert scores[full].max() <= scores[none].min()
    assert cases > 0


# --- rounds ------------------------------------------------------------------------------------------------


def test_a_round_too_large_for_the_fund_keeps_no_other_from_its_own(monkeypatch):
    e = small("deep_integration", parameters=LINKED | {"lead_in": 20, "by_month": 0}, seed=3).run(2)
    e.platforms["venture"] = 0.0
    acting = np.flatnonzero(e.platforms["alive"] & ~e.platforms["sold"])
    assert len(acting) > 2

    def asks(counts, platforms, market, now, p, known, rounds):
        rounds.asked[:] = rounds.merit[:] = 0.0
        rounds.asked[acting], rounds.merit[acting] = 1000.0, 20.0
        rounds.asked[acting[0]], rounds.merit[acting[0]] = 1e15, 30.0  # the best, and beyond all there is

    monkeypatch.setattr(venture, "weigh_rounds", asks)
    venture.fund_platforms(e)
    assert e.platforms["venture"][acting[0]] == 0 and (e.platforms["venture"][acting[1:]] == 1000).all()


# --- accounts ----------------------------------------------------------------------------------------------


def test_accounts_err_alike_for_all_who_read_them_and_not_at_all_at_zero(lived):
    def features(noise, lender, quarter=0):
        e = lived.branch(accounts_noise=noise)
        e.quarter += quarter
        asked = Asked(50)
        asked.rows = np.flatnonzero(e.firms["alive"])[:50]
        asked.of_lenders(np.full(50, lender))
        score_firms(e, asked)
        return asked.features

    exact, noisy = features(0.0, 0), features(0.5, 0)
    firms, rows = lived.firms, np.flatnonzero(lived.firms["alive"])[:50]
    assert exact[1] == pytest.approx(2.0 * (firms["reported_leverage"][rows] - 0.4), abs=1e-6)
    assert (noisy == features(0.5, 1)).all() and (noisy[1] != features(0.5, 0, 4)[1]).any()
    untouched = [k for k in range(len(exact)) if k not in (1, 3, 4)]
    assert (noisy[untouched] == exact[untouched]).all()
    for k in (1, 3, 4):
        assert (noisy[k] != exact[k]).mean() > 0.4
    size = (noisy[3] - exact[3]) / 0.3  # assets are seen exp(noise z) times as large
    assert 0.3 < size.std() < 0.7 and abs(size.mean()) < 0.25
