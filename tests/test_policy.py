"""The study of law: each rule is put to worlds where it can bind; a planted effect is told, none made up."""

import numpy as np
import pandas as pd
import pytest

from experiments.judge.family import BETTER, NO_DIFFERENCE, NOTHING, UNDECIDED, WORSE
from experiments.measure import law_limits
from experiments.measure.measures import PRIMARY, VERDICT
from experiments.run.arm import branch
from experiments.run.world import CONTROL
from experiments.studies import policy
from experiments.tell import policy as telling
from experiments.tell.words import label
from sim import law
from tests.economies import LINKED, small

PLANTED, WORLD = "own_share", policy.BROKER
PAIRS = {(name, world): (arm, other) for name, world, arm, other in policy.pairs()}


def values(names, effects, worlds: int = 24, horizon: int = VERDICT) -> pd.DataFrame:
    """(name, size) outcomes of all arms; in some arms they move by so many sizes."""
    rng, rows, arms = np.random.default_rng(5), [], list(policy.arms())
    for world in range(worlds):
        for name, size in names:
            base = 5.0 * size * rng.standard_normal()
            for arm in arms:
                if arm != CONTROL:
                    effect = effects.get((arm, name), 0.0) + 0.1 * rng.standard_normal()
                    rows.append((world, 1, arm, name, horizon, base + size * effect))
    return pd.DataFrame(rows, columns=["world", "luck", "arm", "outcome", "horizon", "value"])


@pytest.fixture(scope="module")
def found() -> policy.Policy:
    arm, _ = PAIRS[PLANTED, WORLD]
    first = values([(one.name, one.margin) for one in PRIMARY], {(arm, PRIMARY[0].name): 3.0})
    who = [(one.name, one.margin) for one in policy.WHO] + [("profit of deep_integration", 0.0001)]
    second = values(who, {(arm, "bank_return"): -3.0, (arm, "losses_of_households"): -3.0})
    levels = [(f"{name} {which}", 0.01) for name in policy.rules() for which in ("level", "beyond")]
    third = values(levels, {(arm, f"{PLANTED} level"): 3.0}, horizon=0)
    # nothing but the planted rule moves what it limits
    for (name, world), (one, other) in PAIRS.items():
        if (name, world) != (PLANTED, WORLD):
            for which in ("level", "beyond"):
                mine = third["outcome"] == f"{name} {which}"
                same = third.loc[mine & (third["arm"] == other), "value"].to_numpy()
                third.loc[mine & (third["arm"] == one), "value"] = same
    return policy.compared(first, second, third, range(24))


# --- arms ------------------------------------------------------------------------------------------------


def test_every_rule_is_put_to_worlds_and_says_what_it_limits():
    assert set(policy.WORLDS) == set(law.rules()) == set(law_limits.BOUNDS)
    arms = policy.arms()
    for (name, _), (arm, other) in PAIRS.items():
        rule, with_it, without = law.rules()[name], arms[arm], arms[other]
        assert with_it.platforms == without.platforms
        for one, value in rule.values.items():
            assert with_it.parameters[one] == value
        held = policy.HELD.get(name, {})
        assert dict(without.parameters).items() >= held.items() <= dict(with_it.parameters).items()


def test_arms_are_futures_of_a_world_in_which_the_rule_is_in_force():
    world = small("external_finance", parameters=LINKED | {"starters": 1}).run(1)
    arms = policy.arms()
    for (name, _), (arm, other) in PAIRS.items():
        one, two = (branch(world, arms[each]).p for each in (arm, other))
        rule = law.rules()[name]
        assert {each: getattr(one, each) for each in rule.values} == rule.values
        assert {each: getattr(two, each) for each in rule.without} == rule.without


# --- what is kept ----------------------------------------------------------------------------------------


def test_what_rules_limit_is_read_off_a_future():
    parameters = LINKED | {"giants": 2, "lead_in": 20}
    world = small("external_finance", parameters=parameters, seed=3).run(1)
    lived = world.branch({"institution_traffic": 3, "consumer_traffic": 3}, payment_float=0.03).run(10)
    tables = law_limits.kept(lived)
    found = tables["law"].set_index("rule")
    assert list(found.index) == list(law_limits.BOUNDS)
    platforms, rules = lived.platforms, law.rules()
    owed = platforms["participations_owed"]
    joint = owed > 0
    own = 1.0 - owed[joint].sum() / (platforms["loans"] - platforms["sold_loans"])[joint].sum()
    assert found.loc["own_share", "level"] == pytest.approx(own)
    assert 0.5 < found.loc["own_share", "beyond"] <= 1.0
    most = (lived.memory.participations / lived.banks["net_worth"]).max()
    assert found.loc["one_platform", "level"] == pytest.approx(most)
    gdp = 4.0 * lived.market.gdp
    assert found.loc["p2p_closure", "level"] == pytest.approx(platforms["claims_owed"].sum() / gdp)
    assert found.loc["float_custody", "level"] == pytest.approx(platforms["float_owed"].sum() / gdp)
    assert found.loc["float_custody", "beyond"] > 0.0 == found.loc["deposit_insurance", "beyond"]
    assert found.loc["data_portability", "level"] == 0.0
    cap = rules["court_rate_cap"].values["rate_cap"]
    dear = sum(t["platform_debt"][t["platform_rate"] > cap].sum() for t in (lived.firms, lived.consumers))
    assert found.loc["court_rate_cap", "beyond"] == pytest.approx(
        dear / sum(t["platform_debt"].sum() for t in (lived.firms, lived.consumers)), abs=1e-6
    )
    models = tables["models"].set_index("model")
    assert set(models.index) == {"institution_traffic", "consumer_traffic"}
    records = lived.records.models
    mine = records.loc[(records["model"] == "consumer_traffic") & (records["quarter"] > lived.branched)]
    made = lived.records.quarters["gdp"].loc[mine["quarter"]].to_numpy()
    assert models.loc["consumer_traffic", "profit"] == pytest.approx((mine["profit"] / made).sum() / 10)


def test_a_future_without_platforms_has_nothing_to_limit():
    found = law_limits.kept(small("external_finance").run(1).branch().run(2))
    assert found["models"].empty
    assert found["law"].set_index("rule")["level"].fillna(0.0).drop("deposit_insurance").eq(0.0).all()


# --- judging and telling ---------------------------------------------------------------------------------


def test_a_planted_effect_is_told_and_no_other(found):
    bound = found.bound.set_index(["rule", "world"])["bound"]
    assert bound[PLANTED, WORLD] and bound.sum() == 1
    planted = found.who.loc[(found.who["rule"] == PLANTED) & (found.who["world"] == WORLD)]
    words = planted.set_index("outcome")["word"]
    assert words["bank_return"] == policy.WORSE and words["losses_of_households"] == policy.BETTER
    others = found.who.drop(planted.index)
    assert not others["word"].isin((policy.BETTER, policy.WORSE)).any()
    assert found.who["placebo"].notna().all() and found.primaries["placebo"].notna().all()


def rows(text: str) -> dict[str, list[str]]:
    """The rows of the first table in a text, by what stands first."""
    lines = text[text.index("|") :].split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first: others for first, *others in cells}


def test_the_first_table_says_what_binds_what_moves_and_how_far_the_rest_might(found):
    first = rows(policy.tell(found).words)
    assert next(iter(first)) == "rule" and len(first) == len(policy.rules()) + 2
    where, what, moved, most = first["An own share in joint loans"]
    assert where == "institution traffic"
    assert what.startswith("own share of platforms in joint loans (%): ") and what.count("→") == 1
    assert moved == f"1: {label(PRIMARY[0].name)} rises (institution traffic)"
    rest = found.primaries.loc[found.primaries["rule"] == PLANTED]
    assert most == telling.at_most(rest)
    for title, (where, what, moved, _) in list(first.items())[2:]:
        if title != "An own share in joint loans":
            assert (where, what, moved) == ("nowhere", "–", "none")


def planted(*words, low=-0.5, high=2.0):
    """So many outcomes with a margin of 0.5 in one world."""
    return pd.DataFrame(
        {
            "outcome": [f"outcome_{n}" for n in range(len(words))],
            "world": WORLD,
            "unit": "count",
            "difference": 0.5 * (low + high),
            "low": low,
            "high": high,
            "margin": 0.5,
            "placebo": 0.25,
            "word": words,
        }
    )


def test_what_has_not_moved_might_by_as_many_margins_as_its_interval_reaches():
    at_most = telling.at_most
    assert at_most(planted(BETTER, UNDECIDED)) == "4 margins (outcome 1, institution traffic)"
    assert at_most(planted(UNDECIDED, low=-3.0, high=1.0)).startswith("6 margins")
    assert at_most(planted(NOTHING, NO_DIFFERENCE, WORSE)) == telling.SETTLED
    assert at_most(planted(WORSE)) == "–"
    assert at_most(planted(UNDECIDED, UNDECIDED, low=np.nan)) == "no interval for 2 of 2"
    some = pd.concat([planted(UNDECIDED), planted(UNDECIDED, high=np.nan)])
    assert at_most(some) == "4 margins (outcome 0, institution traffic); no interval for 1 of 2"


def test_where_only_what_is_beyond_a_rule_has_changed_that_is_told():
    mine = found_of("court_rate_cap", low=-0.01, high=0.01)
    assert telling.limited("court_rate_cap", mine) == (
        "mean rate of loans through platforms, % of them dearer than the cap: 30 → 0"
    )
    mine = found_of("court_rate_cap", low=-0.03, high=-0.01)
    assert telling.limited("court_rate_cap", mine) == (
        "mean rate of loans through platforms (% a year): 12 → 10"
    )


def found_of(name, low, high):
    """What a rule limits in one world, its level and what is beyond."""
    told = {"level_without": 0.12, "level_with": 0.1, "beyond_without": 0.3, "beyond_with": 0.0}
    return pd.DataFrame([{"rule": name, "world": WORLD, **told, "low": low, "high": high, "bound": True}])


def test_every_primary_outcome_stands_there_world_by_world_with_interval_and_placebo(found):
    text = policy.tell(found).words
    for name, rule in policy.rules().items():
        part = text.split(f"## {rule.title}\n")[1].split("\n## ")[0]
        table = rows(part[part.rindex("- ") :])
        assert table["primary outcome"] == ["margin", *(label(world) for world in policy.WORLDS[name])]
        assert len(table) == len(PRIMARY) + 2
        mine = found.primaries.loc[found.primaries["rule"] == name]
        stars = [cell for _, *cells in table.values() for cell in cells if cell.endswith("*")]
        assert len(stars) == mine["word"].isin((BETTER, WORSE)).sum() == (name == PLANTED)
    row = planted(BETTER).iloc[0]
    assert telling.difference(row, 1.0) == "+0.75 (−0.5 to +2); 0.25*"


def test_the_page_says_who_gained_and_who_lost_with_interval_and_placebo(found):
    report = policy.tell(found)
    every = len(policy.rules())
    assert report.words.startswith(f"1 of {every} rules bind what they limit, and 1 move a primary outcome")
    mine = report.words.split("## An own share in joint loans")[1].split("##")[0]
    line = next(one for one in mine.splitlines() if one.startswith("- institution traffic"))
    assert "gained: households that lend (losses of households −" in line and "placebo" in line
    assert "lost: banks (bank return −" in line
    other = next(one for one in mine.splitlines() if one.startswith("- free choice"))
    assert "gained: nobody for sure. lost: nobody for sure. primary outcomes moved: none for sure" in other
    for name in policy.rules():
        assert policy.rules()[name].title in report.words
    assert len(report.figures["policy"]().axes) == found.primaries["outcome"].nunique()
