"""The promise: a measure says what its definition says, on records whose answer is known beforehand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from experiments.judge.asked import END, at_end
from experiments.judge.ranking import comparable, tie
from experiments.measure.arithmetic import change, third
from experiments.measure.futures import KEPT_OF_FIRMS, KEPT_OF_PLATFORMS, Future, futures
from experiments.measure.measures import GROUPS, MEASURES, measured, ranked
from experiments.measure.measures.declared import measure

N = 12  # quarters of most planted branches
LONG = 24  # in which a platform can be five years old
STEADY = {
    "output": 100.0,
    "consumption": 60.0,
    "investment": 20.0,
    "public_purchases": 20.0,
    "gdp": 1000.0,
    "price_level": 1.0,
    "unemployment": 0.05,
    "productivity": 1.0,
    "firm_credit": 50.0,
    "credit_to_gdp": 0.4,
    "consumer_credit_to_gdp": 0.1,
    "default_rate": 0.005,
    "closure_rate": 0.01,
    "consumer_default_rate": 0.002,
    "bank_loss_rate": 0.01,
    "bank_capital": 0.1,
    "bank_return": 0.1,
    "bank_failures": 0.0,
    "losses_of_households": 0.0,
    "losses_of_banks": 0.004,
    "bank_resolution": 0.0,
    "platform_losses_of_banks": 0.0,
    "platform_loss_rate": math.nan,
    "bought_margin": math.nan,
    "own_margin": 0.01,
    "small_rationed": 0.4,
    "debt_burden": 0.01,
    "firm_margin": 0.2,
    "waste": 0.05,
    "platform_revenue": 0.0,
    "platform_profit": 0.0,
    "platform_growth_spend": 0.0,
    "venture_funding": 0.0,
    "user_cost": math.nan,
}
OF_A_SHOCK = ("shock_consumption", "shock_credit")  # absent where none was lived
NOTHING = dict.fromkeys(KEPT_OF_PLATFORMS, 0.0)


def quarters(n: int = N, **columns: object) -> pd.DataFrame:
    """A steady branch of n quarters in which the named columns differ."""
    return pd.DataFrame({"since": range(1, n + 1), **STEADY, **columns}, index=range(n))


def platforms(count: int = 2, n: int = N, **columns: object) -> pd.DataFrame:
    """As many platforms, alive and doing nothing but for the named columns: numbers or one row a quarter."""
    cells = {
        name: np.broadcast_to(
            np.asarray(value, float).reshape(-1, 1) if np.ndim(value) == 1 else value, (n, count)
        )
        for name, value in {**NOTHING, "alive": 1.0, **columns}.items()
    }
    since, platform = np.indices((n, count))
    flat = {name: np.asarray(values, float).ravel() for name, values in cells.items()}
    return pd.DataFrame({"since": since.ravel() + 1, "platform": platform.ravel(), **flat})


def of_firms(**columns: object) -> pd.DataFrame:
    """Firms at the end of a branch, as many as the columns have rows; what is not named is zero."""
    return pd.DataFrame({**dict.fromkeys(KEPT_OF_FIRMS, 0.0), **columns})


def of(name: str, future: Future, twin: Future | None = None) -> float:
    return MEASURES[name].of(future, twin or Future.of(quarters(len(future.quarters["gdp"]))))


def living(count: int = 2, of_platforms: dict | None = None, n: int = N, **columns: object) -> Future:
    return Future.of(quarters(n, **columns), platforms(count, n, **(of_platforms or {})))


def test_every_group_has_measures_with_directions_units_and_definitions():
    assert {one.group for one in MEASURES.values()} == set(GROUPS)
    for group in GROUPS:
        assert [one for one in ranked() if one.group == group]
    for one in MEASURES.values():
        assert one.definition.endswith(".") and one.unit
    assert len({one.definition for one in MEASURES.values()}) == len(MEASURES)


def test_a_direction_without_a_least_difference_is_refused():
    with pytest.raises(ValueError, match="both or neither"):
        measure("viability", "share", 1)
    with pytest.raises(ValueError, match="both or neither"):
        measure("viability", "share", 0, least=0.1)


def test_where_platforms_do_nothing_their_measures_are_not_zero_but_absent():
    alone = Future.of(quarters())
    for one in MEASURES.values():
        if one.of_platforms:
            assert math.isnan(one.of(alone, alone)), one.name
        elif one.direction and one.name not in OF_A_SHOCK:
            assert math.isfinite(one.of(alone, alone)), one.name


def test_no_division_blows_up_when_platforms_neither_spend_nor_earn_nor_live():
    for alive in (1.0, 0.0):
        idle = living(of_platforms={"alive": alive}, n=LONG)
        for one in MEASURES.values():
            found = of(one.name, idle)
            if one.direction and one.name not in OF_A_SHOCK:
                assert math.isfinite(found), one.name


def test_the_twin_of_itself_gains_nothing():
    alone = Future.of(quarters(output=np.linspace(100, 120, N)))
    for name in ("goods_gain", "consumption_gain", "investment_gain", "left_for_others", "both_gain"):
        assert of(name, alone, alone) == 0.0


def lifetimes(*spans: tuple[int, int]) -> dict[str, np.ndarray]:
    """``alive`` and ``manner`` of platforms that live from a quarter until before another, then broke."""
    at = np.arange(LONG)[:, None]
    born, ends = np.array(spans).T
    return {"alive": 1.0 * ((at >= born) & (at < ends)), "manner": np.where(at >= ends, 4.0, 0.0)}


def test_survival_is_told_five_years_after_each_was_founded():
    """Alive five years on, dead before, dead just after, too young to tell, dead in its first quarter."""
    lived = lifetimes((0, 99), (0, 20), (2, 23), (10, 99), (22, 22), (1, 1))
    assert of("survival", living(6, lived, LONG)) == pytest.approx(2 / 4)
    young = lifetimes((4, 99), (5, 9))
    assert math.isnan(of("survival", living(2, young, LONG)))
    assert of("survival", living(2, lifetimes((3, 99), (4, 99)), LONG)) == 1.0  # one alone is old enough


def test_who_lives_on_what_it_earns_is_told_among_those_that_are_or_would_be_five_years_old():
    """One earns; one lost and got venture money; one earns nothing; one is dead; two are young, one of them
    dead."""
    lived = lifetimes((0, 99), (0, 99), (0, 99), (1, 12), (6, 99), (22, 22))
    arm = {**lived, "revenue": np.array([3.0, 3.0, 0.0, 3.0, 3.0, 3.0])[None, :] * lived["alive"]}
    profit = np.array([1.0, -1.0, 0.0, 9.0, 9.0, 9.0])[None, :] * lived["alive"]
    profit[:-4, 1] = 9.0  # earlier gains do not count, and neither do earlier losses
    profit[:-4, 0] = -9.0
    found = living(6, {**arm, "profit": profit, "venture": 5.0}, LONG)
    assert of("self_supporting", found) == pytest.approx(1 / 4)
    early = lifetimes((4, 99), (5, 99))
    assert math.isnan(of("self_supporting", living(2, {**early, "revenue": 1.0, "profit": 1.0}, LONG)))


def test_what_platforms_earn_of_their_costs_and_owe_to_venture_money():
    arm = living(
        platform_revenue=0.03, platform_profit=-0.01, platform_growth_spend=0.02, venture_funding=0.01
    )
    assert of("cost_earned", arm) == pytest.approx(0.75)  # 0.03 of 0.04
    assert of("venture_dependence", arm) == pytest.approx(0.25)
    assert of("customer_worth", arm) == pytest.approx(0.5)  # gross profit 0.01 on 0.02
    assert of("captured", arm) == pytest.approx(0.03)


def test_return_on_capital_is_yearly_and_all_is_lost_where_nobody_lives():
    rich = {"profit": 5.0, "net_worth": 100.0}
    assert of("return_on_capital", living(of_platforms=rich)) == pytest.approx(0.2)
    borrowed = {**rich, "borrowing": 100.0}
    assert of("return_on_capital", living(of_platforms=borrowed)) == pytest.approx(0.1)
    assert of("return_on_capital", living(of_platforms={**rich, "alive": 0.0})) == -1.0


def test_years_of_cash_leave_out_what_belongs_to_households():
    burning = {"profit": -10.0, "deposits": 120.0}
    assert of("years_of_cash", living(of_platforms=burning)) == pytest.approx(3.0)
    idle = {**burning, "claims_owed": 60.0, "loans": 20.0}
    assert of("years_of_cash", living(of_platforms=idle)) == pytest.approx(2.0)
    assert of("years_of_cash", living(of_platforms={"profit": 1.0, "deposits": 1.0})) == 10.0


def test_marginal_yield_falls_when_more_money_buys_no_more_revenue():
    saturated = living(platform_revenue=[0.1] * 4 + [0.2] * 8, platform_growth_spend=0.1)
    assert of("marginal_yield", saturated) == 0.0
    assert of("marginal_yield_change", saturated) == -1.0
    rising = living(
        platform_revenue=[0.1] * 4 + [0.2] * 4 + [0.4] * 4, platform_growth_spend=[0.1] * 8 + [0.2] * 4
    )
    assert of("marginal_yield", rising) == pytest.approx(1.0)
    assert of("marginal_yield_change", rising) == pytest.approx(change(1.0, 1.0))
    assert of("growth_yield", rising) == pytest.approx(2.0)


def test_late_growth_and_what_is_left_of_the_peak():
    fading = living(platform_revenue=[0.0] * 2 + [0.4] * 4 + [0.3] * 3 + [0.1] * 3)
    assert of("late_growth", fading) == pytest.approx(-0.5)  # from 0.3 to 0.1
    assert of("peak_kept", fading) == pytest.approx(0.15 / 0.4)
    assert of("revenue_peak", fading) == pytest.approx(0.4)
    assert of("revenue_fall", fading) == pytest.approx(1 - 0.15 / 0.4)


def test_a_loss_without_customers_is_a_loss():
    some = {"profit": 100.0 * 300, "users": 10.0, "links": 5.0}
    assert of("profit_per_customer", living(of_platforms=some)) == pytest.approx(20.0)  # fen -> yuan, 15 each
    few = {"profit": -100.0 * 3, "links": 0.5}
    assert of("profit_per_customer", living(of_platforms=few)) == pytest.approx(-3.0)  # as if one each
    assert math.isnan(of("profit_per_customer", living(of_platforms={"alive": 0.0})))


def test_rates_are_yearly_and_losses_weigh_by_gdp():
    arm = Future.of(quarters(default_rate=0.01, losses_of_households=[0.1] * 6 + [0.0] * 6,
                             gdp=[1000.0] * 6 + [3000.0] * 6, bank_failures=[0.0] * 11 + [2.0]))  # fmt: skip
    assert of("firm_defaults", arm) == pytest.approx(0.04)
    assert of("firm_exits", arm) == pytest.approx(0.08)
    assert of("household_losses", arm) == pytest.approx(0.025)
    assert of("bank_failures", arm) == 2.0


def test_bank_earnings_stay_finite_where_capital_is_next_to_nothing():
    arm = Future.of(
        quarters(bank_return=-1000.0, bank_capital=0.1, credit_to_gdp=1e-5, consumer_credit_to_gdp=0.0)
    )
    assert of("bank_earnings", arm) == pytest.approx(-1e-3)


def test_gains_are_against_the_twin_and_net_of_what_explains_them():
    arm = living(
        output=110.0,
        public_purchases=30.0,
        platform_revenue=0.04,
        platform_profit=-0.01,
        venture_funding=0.02,
    )
    assert of("goods_gain", arm) == pytest.approx(0.1)
    assert of("output_gain_net", arm) == pytest.approx(0.08)
    assert of("private_output_gain", arm) == pytest.approx(0.0)
    assert of("left_for_others", arm) == pytest.approx(0.06)
    assert of("left_for_others_net", arm) == pytest.approx(0.04)
    assert of("created_per_yuan", arm) == pytest.approx(2.0)


def test_revenue_per_yuan_of_attention_falls_by_so_much_a_quarter():
    fading = {"revenue": np.repeat([40.0, 30.0, 20.0], 4), "consumer_spend": 6.0, "firm_spend": 4.0}
    assert of("attention_return_trend", living(of_platforms=fading)) == pytest.approx(-0.25)
    late = {"revenue": 1.0, "consumer_spend": [0.0] * 4 + [1.0] * 8}
    assert math.isnan(of("attention_return_trend", living(of_platforms=late)))


def test_banks_that_cut_back_what_they_buy_are_seen_and_those_that_never_bought_do_not_count():
    cut = {"participations_owed": [0.0] * 4 + [30.0] * 4 + [10.0] * 4}
    assert of("bought_change", living(of_platforms=cut)) == pytest.approx(-0.5)
    assert math.isnan(of("bought_change", living()))


def test_idleness_counts_in_favour_of_nothing_that_claims_ask():
    idle = living(of_platforms={"technology_spend": 5.0, "profit": -5.0})
    assert (of("revenue_fall", idle), of("customer_return_change", idle)) == (1.0, -1.0)
    assert of("revenue_peak", idle) == 0.0
    assert of("profit_per_customer", idle) < 0.0 and of("return_on_capital", idle) < 0.0
    absent = ("attention_return_trend", "bought_lead", "bought_change")
    assert all(math.isnan(of(name, idle)) for name in absent)
    assert of("return_on_capital", living(of_platforms={"alive": 0.0})) == -1.0


def test_value_created_per_yuan_of_technology_is_above_the_twin():
    spent = {"technology_spend": 5.0}  # by each of two platforms
    richer = living(of_platforms=spent, gdp=[1000.0] * 6 + [1100.0] * 6)
    assert of("created_per_technology", richer) == pytest.approx(600.0 / 120.0)
    assert math.isnan(of("created_per_technology", living(gdp=2000.0)))


def test_credit_that_follows_sales_within_sectors_has_their_elasticity():
    sales = np.geomspace(1.0, 100.0, 40)
    sector = np.arange(40) % 2
    granted = 3.0**sector * sales**0.5  # one sector borrows more, whatever it sells
    firms = of_firms(sector=sector, sales=sales, granted=granted, wanted=2.0 * granted)
    arm = Future.of(quarters(), None, firms)
    assert of("credit_to_sales", arm) == pytest.approx(0.5)
    assert of("credit_access", arm) == pytest.approx(0.5)
    none = Future.of(quarters(), None, of_firms(sales=sales))
    assert math.isnan(of("credit_to_sales", none)) and math.isnan(of("credit_access", none))


def test_both_gain_only_if_neither_loses():
    assert of("both_gain", Future.of(quarters(firm_margin=0.3))) == 0.0
    assert of("both_gain", Future.of(quarters(firm_margin=0.3, bank_return=0.05))) == pytest.approx(
        change(0.1, 0.05)
    )
    assert of("both_gain", Future.of(quarters(firm_margin=0.3, bank_return=0.15))) == pytest.approx(0.2)


def test_sales_taken_and_sales_made_add_up_to_all_that_is_gained():
    def firms(link, sales, generation=(0, 0, 0)):
        return of_firms(generation=generation, link=link, sales=sales)

    twin = Future.of(quarters(), None, firms((-1, -1, -1), (10.0, 10.0, 20.0)))
    moved = Future.of(quarters(price_level=2.0), None, firms((0, -1, -1), (30.0, 10.0, 40.0)))
    assert of("gain_of_linked", moved, twin) == pytest.approx(5 / 40)
    assert of("gain_of_others", moved, twin) == pytest.approx(-5 / 40)
    # the linked firm died in the twin, where a newcomer sells 10 in its place: all its 15 are gained
    saved = Future.of(quarters(), None, firms((0, -1, -1), (15.0, 10.0, 20.0), (0, 0, 0)))
    there = Future.of(quarters(), None, firms((-1, -1, -1), (10.0, 10.0, 20.0), (1, 0, 0)))
    assert of("gain_of_linked", saved, there) == pytest.approx(15 / 40)
    assert of("gain_of_others", saved, there) == pytest.approx(-10 / 40)
    assert math.isnan(of("gain_of_linked", Future.of(quarters()), twin))


def test_onset_is_the_first_quarter_with_half_of_the_late_effect():
    early, late = (Future.of(quarters(output=[100.0] * n + [110.0] * (N - n))) for n in (2, 8))
    assert of("onset", early) < of("onset", late)
    assert of("onset", early) == 1.0  # the first four quarters hold two of the higher ones
    assert math.isnan(of("onset", Future.of(quarters())))


def test_a_fall_is_measured_from_the_peak_and_its_end_where_output_is_back():
    path = [100.0, 120.0, 90.0, 60.0, 90.0, 110.0, 120.0, 130.0, 130.0, 120.0, 130.0, 130.0]
    arm = Future.of(quarters(output=path))
    assert of("drawdown", arm) == pytest.approx(0.5)
    assert of("recovery", arm) == 3.0
    never_back = Future.of(quarters(output=path[:6] + [110.0] * 6))
    assert of("recovery", never_back) == 9.0  # what is left
    assert of("recovery", Future.of(quarters())) == 0.0


def test_volatility_is_blind_to_growth_and_worst_year_is_a_year():
    growing = Future.of(quarters(output=100.0 * 1.02 ** np.arange(N)))
    assert of("volatility", growing) == pytest.approx(0.0, abs=1e-12)
    assert of("volatility", Future.of(quarters(output=[110.0, 90.0] * 6))) > 0.09
    one_bad = Future.of(quarters(default_rate=[0.0] * 5 + [0.08] + [0.0] * 6))
    assert of("worst_defaults", one_bad) == pytest.approx(0.08)


def test_co_movement_sees_credit_that_follows_output_and_credit_that_flees_it():
    growth = np.cumprod(1 + 0.02 * np.sin(np.arange(N)))
    for credit, found in ((50 * growth, 1.0), (50 / growth, -1.0)):
        arm = Future.of(quarters(output=100 * growth, firm_credit=credit))
        assert of("co_movement", arm) == pytest.approx(found)
    assert of("co_movement", Future.of(quarters())) == 0.0


def test_thirds_and_symmetric_change():
    assert third(np.arange(7.0), 0).tolist() == [0, 1]
    assert third(np.arange(7.0), 1).tolist() == [2, 3, 4]
    assert third(np.arange(7.0), 2).tolist() == [5, 6]
    assert change(1.0, 3.0) == 0.5 and change(0.0, 0.0) == 0.0 and change(-1.0, 1.0) == 1.0


def stored(
    arms=("external_finance", "deep_integration"), worlds=(0, 1), n=N, **columns
) -> dict[str, pd.DataFrame]:
    """Tables as a store gives them, of n quarters; columns are those of every arm but the first."""
    parts, others = [], []
    for world in worlds:
        for arm in arms:
            acts = arm != "external_finance"
            parts.append(quarters(n, **(columns if acts else {})).assign(world=world, luck=1, arm=arm))
            others += [platforms(n=n).assign(world=world, luck=1, arm=arm)] if acts else []
    return {"quarters": pd.concat(parts), "platforms": pd.concat(others)}


def test_tables_of_a_store_become_one_tidy_table():
    table = measured(stored(output=110.0))
    assert len(table) == 2 * 2 * len(MEASURES)
    gains = table.loc[table["measure"] == "goods_gain"].pivot(index="world", columns="arm", values="value")
    assert gains["deep_integration"].tolist() == pytest.approx([0.1, 0.1])
    assert gains["external_finance"].tolist() == [0.0, 0.0]


def test_a_world_without_its_twin_is_refused():
    tables = stored(arms=("deep_integration",), worlds=(3,))
    with pytest.raises(ValueError, match="world 3 has no arm external_finance"):
        list(futures(tables))


def test_arms_without_a_gap_that_matters_between_them_are_tied():
    values = np.array([[[1.0, 5.0], [1.009, 5.0], [1.2, 5.3], [1.015, 5.1]]])
    tied = tie(values, np.array([0.01, 0.1]))
    assert tied[0, :, 0] == pytest.approx([1.008, 1.008, 1.2, 1.008])
    assert tied[0, :, 1] == pytest.approx([5.0, 5.0, 5.3, 5.1])
    assert len(set(tied[0, [0, 1, 3], 0])) == 1  # equal to the last bit, else it were no tie


def test_a_world_with_a_gap_is_left_out_of_ranks():
    table = measured(
        stored(arms=("external_finance", "deep_integration", "sideline_platform"), n=LONG, output=100.04)
    )
    chosen = [MEASURES[name] for name in ("survival", "goods_gain", "unemployment")]
    arms = ["deep_integration", "sideline_platform"]
    rows, worlds = comparable(at_end(table), chosen, arms, END)
    assert rows.shape == (2, 2, 3) and worlds.tolist() == [0, 1]
    idle = table.loc[(table["measure"] == "unemployment") & (table["arm"] == "deep_integration"), "value"]
    assert rows[0, 0].tolist() == pytest.approx([1.0, 0.0004, -idle.iloc[0]]) and idle.iloc[0] > 0
    gap = (table["world"] == 1) & (table["measure"] == "survival") & (table["arm"] == "deep_integration")
    table.loc[gap, "value"] = np.inf
    assert comparable(at_end(table), chosen, arms, END)[1].tolist() == [0]
