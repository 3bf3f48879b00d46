"""An economy starts from a state that its rules keep: nothing happens early that does not happen later."""

import numpy as np
import pytest
from economies import FEW, same, small

from sim import Economy, StrategyError
from sim.credit.scoring import CONSUMER_PRIOR, FIRM_PRIOR
from sim.markets.news import WAGE
from sim.population.growth_path import balanced_growth

AT_ONCE = {"giants": 1, "lead_in": 0}


@pytest.fixture(scope="module", params=[1, 2])
def years(request):
    """Fifteen years of a middling economy, without the mood that would hide what the start alone does."""
    return Economy(firms=3_000, seed=request.param, mood_news=0.0).run(60).records.quarters


def test_quarters_are_counted_from_the_start_and_the_time_before_is_forgotten():
    economy = small()
    assert (economy.quarter, economy.steps, len(economy.records)) == (0, 0, 0)
    economy.step()
    assert (economy.quarter, economy.steps, economy.records.lines[0]["quarter"]) == (1, 1, 1.0)


@pytest.mark.parametrize("of", ["default_rate", "closure_rate", "firm_loss_rate", "consumer_default_rate"])
def test_no_more_fail_or_close_in_the_first_years_than_later(years, of):
    first, later = years[of].iloc[:12], years[of].iloc[20:]
    assert first.mean() < 2.0 * later.mean()
    assert first.max() < 1.2 * later.max()


@pytest.mark.parametrize(
    ("of", "within"),
    [
        ("credit_to_gdp", 0.15), ("trade_credit", 0.2), ("consumer_credit_to_gdp", 0.3),
        ("household_wealth", 0.15), ("public_debt", 0.25), ("bank_capital", 0.1), ("skill_spread", 0.05),
        ("size_tail", 0.25), ("income_tax", 0.05), ("firm_margin", 0.2),
    ],
)  # fmt: skip
def test_ratios_begin_where_they_stay(years, of, within):
    assert years[of].iloc[0] == pytest.approx(years[of].iloc[20:].mean(), rel=within)


def test_nothing_leaps_in_the_first_quarter(years):
    for of in ("output", "price_level", "wage", "employment"):
        steps = np.log(years[of]).diff().abs()
        assert steps.iloc[1:13].max() < 1.5 * steps.iloc[20:].max()


def test_lenders_begin_with_models_fitted_to_those_who_paid_and_who_did_not():
    economy = Economy("deep_integration", firms=3_000, seed=1)
    banks = len(economy.banks)
    assert economy.firm_scorers.auc(0) > 0.65
    for scorers, prior in ((economy.firm_scorers, FIRM_PRIOR), (economy.consumer_scorers, CONSUMER_PRIOR)):
        fitted = scorers.weights[:banks]
        seen = scorers.mask[:banks] > 0.0
        assert (fitted != np.array(prior))[seen].all()  # and every bank has fitted its own
        assert len(np.unique(fitted[:, 0])) == banks
        # platforms begin with what banks have found, and without evidence of their own
        living = banks + np.flatnonzero(economy.platforms["alive"])
        assert len(living) > 1
        np.testing.assert_allclose(scorers.weights[living], np.tile(fitted.mean(axis=0), (len(living), 1)))
        assert not scorers.total[banks:].any() and scorers.total[:banks].any()
        waits = scorers.seen_by >= 0  # labels of the time before mature after it
        assert waits.any() and scorers.seen_at[waits].max() == 0 and scorers.seen_at[waits].min() > -4


def test_platforms_and_the_fund_come_out_of_the_time_before_as_they_went_in():
    # nobody has been paid anything yet: what a founder puts in follows the size of the economy
    after, at_once = small(), small(parameters=AT_ONCE)
    assert after.platforms["giant"].any()
    for table in ("platforms", "fund"):
        settled, new = after.tables[table].columns, at_once.tables[table].columns
        # but for how much of the last quarter they lived, which begins with the first, and what is posted
        assert {name for name in new if not same(settled[name], new[name])} <= {"months", "house_yield"}
    for name in ("fund_put_in", "fund_returned"):
        assert same(getattr(after.memory, name), getattr(at_once.memory, name))


def test_growth_before_the_start_leads_to_the_wage_that_costs_refer_to():
    settled, at_once = small(), small(parameters=AT_ONCE)
    assert at_once.market.wage == WAGE and at_once.market.technology == 1.0
    assert settled.market.wage == pytest.approx(WAGE, rel=0.3)
    assert settled.market.technology == pytest.approx(1.0, rel=1e-12)
    assert settled.market.wage_index == settled.market.wage / WAGE


def test_what_is_solved_on_paper_is_near_to_what_the_rules_keep():
    economy = Economy(firms=3_000, seed=1)
    path, gdp = balanced_growth(economy.p), economy.market.gdp
    firms = economy.firms.books
    debt = float(firms["bank_debt"].sum() + firms["syndicated_debt"].sum())
    assert float(firms["capital"].sum()) / gdp == pytest.approx(path.capital, rel=0.25)
    assert float(firms["deposits"].sum()) / gdp == pytest.approx(path.bills * economy.p.cash_buffer, rel=0.25)
    assert debt / gdp == pytest.approx(path.debt, rel=0.35)


def test_the_lead_in_shows_a_bar_if_asked(capsys):
    Economy(**FEW, parameters={"giants": 1, "lead_in": 3}, progress=True)
    assert "lead-in" in (shown := capsys.readouterr().err) and "3/3" in shown
    Economy(**FEW, parameters={"giants": 1, "lead_in": 3})
    assert capsys.readouterr().err == ""


def test_an_unknown_business_model_is_refused_before_anything_takes_time(monkeypatch):
    monkeypatch.setattr(Economy, "live", lambda *_: pytest.fail("it has been lived for"))
    with pytest.raises(StrategyError, match="no_such_model"):
        small("no_such_model")
