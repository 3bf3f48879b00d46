"""What a user follows: a future beside its twin, rows that are watched, the life of a platform."""

import copy
import pickle

import numpy as np
import pytest

from sim import Economy
from sim.actors.platforms import MANNERS
from sim.record import life, saving
from tests.economies import FUNDED, LINKED, differences, small


@pytest.fixture(scope="module")
def world() -> Economy:
    return small(seed=3, parameters=LINKED).run(6)


@pytest.fixture(scope="module")
def linked(world) -> Economy:
    return world.branch("deep_integration").run(24)


@pytest.fixture(scope="module")
def twin(world) -> Economy:
    return world.branch("external_finance").run(24)


# -- twins ------------------------------------------------------------------------------------------------


def test_a_firm_stands_beside_itself(linked, twin):
    found = linked.against(twin).firms
    one, other = linked.firms, twin.firms
    assert found.index.name == "firm" and len(found) == 400
    same = one["alive"] & other["alive"] & (one["generation"] == other["generation"])
    np.testing.assert_array_equal(found["same"], same)
    comparable = same & (other["sales"] > 0.0)
    assert 0 < comparable.sum() < 400
    gain = one["sales"][comparable] / other["sales"][comparable] - 1.0
    np.testing.assert_allclose(found["gain"][comparable], gain)
    assert found["gain"][~comparable].isna().all() and np.isfinite(found["gain"][comparable]).all()
    np.testing.assert_allclose(found["sales"], one["sales"] / 100.0)
    np.testing.assert_allclose(found["bank_debt"], (one["bank_debt"] + one["syndicated_debt"]) / 100.0)
    np.testing.assert_array_equal(found["by_software"], (one["link"] >= 0) & (one["depth_software"] > 0.0))
    assert found["by_software"].any() and set(found.attrs["units"]) == set(found)
    assert found.attrs["units"]["sales"] == "yuan/quarter"


def test_a_consumer_stands_beside_itself(linked, twin):
    found = linked.against(twin).consumers
    np.testing.assert_allclose(found["income"], linked.consumers["income"] / 100.0)
    has = twin.consumers["income"] > 0.0
    gain = linked.consumers["income"][has] / twin.consumers["income"][has] - 1.0
    np.testing.assert_allclose(found["gain"][has], gain)
    assert found["gain"][~has].isna().all() and set(found.attrs["units"]) == set(found)


def test_nothing_is_gained_beside_oneself_and_the_words_are_one_line(linked, twin):
    alone = linked.against(copy.deepcopy(linked))
    assert (alone.firms["gain"].dropna() == 0.0).all()
    assert "linked" in repr(linked.against(twin)) and "\n" not in repr(linked.against(twin))
    nobody = small().against(small("deep_integration"))
    assert "400" in repr(nobody)


def test_two_that_began_as_one_world_are_twins(tmp_path, world, linked):
    one, other = small("deep_integration").run(2), small("consumer_traffic").run(2)
    assert len(one.against(other).firms) == 400
    linked.save(tmp_path / "linked.npz")
    loaded = Economy.load(tmp_path / "linked.npz")
    assert (loaded.against(linked).firms["gain"].dropna() == 0.0).all()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda: small(firms=300), "firms = 400 here and 300 there"),
        (lambda: small(seed=2), "seed = 1 here and 2 there"),
        (lambda: small(parameters={"giants": 1, "mark_up": 0.31}), "never shared a past"),
        (lambda: small().run(1), "quarter 0 here and 1 there"),
        (lambda: 3, "3 is no economy"),
    ],
)
def test_what_is_no_twin_is_refused_in_one_line(other, words):
    with pytest.raises(ValueError, match=words) as error:
        small().against(other())
    assert "\n" not in str(error.value)


# -- watching ---------------------------------------------------------------------------------------------


def test_watched_rows_keep_their_history_and_nothing_else_changes():
    plain, economy = small("deep_integration").run(5), small("deep_integration").run(1)
    assert economy.watch(firms=[7, 3], platforms=2) is economy
    prices = [economy.run(1).firms["price"][[3, 7]].copy() for _ in range(4)]
    assert differences(plain, economy) == set()
    found = economy.watched["firms"]
    assert list(found.index) == [(q, row) for q in (2, 3, 4, 5) for row in (3, 7)]
    assert found.index.names == ["quarter", "row"] and list(found) == list(economy.firms.columns)
    np.testing.assert_array_equal(found["price"].to_numpy().reshape(4, 2), prices)
    assert found.attrs["units"]["price"] == "fen/good"
    assert list(economy.watched["platforms"].loc[5].index) == [2] and set(economy.watched) == {
        "firms",
        "platforms",
    }
    assert plain.watched == {}


def test_a_branch_goes_on_watching_and_leaves_its_parent_alone():
    economy = small().watch(consumers=[0]).run(2)
    branch = economy.branch("consumer_traffic").run(2)
    branch.watch(consumers=economy.consumers[4:6]).run(1)
    assert [len(one.watched["consumers"]) for one in (economy, branch)] == [2, 2 + 2 + 3]
    assert list(branch.watched["consumers"].loc[5].index) == [0, 4, 5]
    assert len(copy.deepcopy(branch).run(1).watched["consumers"]) == 10
    assert len(pickle.loads(pickle.dumps(branch)).run(1).watched["consumers"]) == 10


def test_what_is_watched_is_saved(tmp_path):
    economy = small().watch(firms=[1], banks=0).run(2)
    economy.save(tmp_path / "one.npz")
    loaded = Economy.load(tmp_path / "one.npz").run(1)
    economy.run(1)
    for name in ("firms", "banks"):
        assert loaded.watched[name].equals(economy.watched[name])
        assert dict(loaded.watched[name].dtypes) == dict(economy.watched[name].dtypes)
    small().watch(firms=5).save(tmp_path / "none.npz")
    assert len(Economy.load(tmp_path / "none.npz").watched["firms"]) == 0


def test_before_its_first_quarter_a_watch_is_empty():
    found = small().watch(firms=7).watched["firms"]
    assert len(found) == 0 and "price" in found


@pytest.mark.parametrize(
    ("rows", "error", "words"),
    [
        ({"firm": [1]}, ValueError, "no table 'firm', did you mean firms"),
        ({"firms": [400]}, IndexError, "no row 400 among 400 rows of firms"),
        ({"firms": [-1]}, IndexError, "no row -1 among"),
        ({"firms": "seven"}, ValueError, "are no rows"),
        ({"firms": [1.5]}, ValueError, "are no rows"),
    ],
)
def test_what_cannot_be_watched_is_refused_in_one_line(rows, error, words):
    economy = small()
    with pytest.raises(error, match=words) as caught:
        economy.watch(**rows)
    assert "\n" not in str(caught.value) and economy.watched == {}


def test_a_watch_in_a_file_that_does_not_fit_is_refused(tmp_path):
    path = tmp_path / "one.npz"
    small().watch(firms=[1]).run(2).save(path)
    with np.load(path) as file:
        arrays = dict(file)
    whole = arrays["watch/firms/price"]
    for broken in (
        arrays | {"watch/firms/price": whole[:1]},
        {k: v for k, v in arrays.items() if k != "watch/firms/price"},
    ):
        np.savez(path, **broken)
        with pytest.raises(ValueError, match=r"is not a saved economy.*watched of firms"):
            Economy.load(path)


# -- lives ------------------------------------------------------------------------------------------------


def events(economy: Economy, platform: int) -> dict[str, int]:
    """The first quarter of each kind of event."""
    found = economy.life_of(platform)
    return found.groupby("event")["quarter"].min().to_dict()


def test_a_life_is_told_from_its_beginning(linked):
    table = linked.records.platforms
    begun = table.loc[table["founded"] == 6, "platform"].unique()
    assert len(begun) >= 4
    for platform in begun:
        of = table[(table["platform"] == platform) & (table["alive"] | (table["died"] == table["quarter"]))]
        of, found = of.set_index("quarter"), linked.life_of(platform)
        first = events(linked, platform)
        assert list(found) == ["quarter", "event", "amount", "words"]
        assert found["quarter"].is_monotonic_increasing
        assert first["founded"] == 7 and "Deep integration" in found["words"].iloc[0]
        if (of["links"] > 0).any():
            assert first["first link"] == of.index[of["links"] > 0][0]
        money = found.loc[found["event"] == "venture money", "amount"].sum()
        assert money == pytest.approx(of["venture_total"].iloc[-1] / 100.0)
    assert any("first link" in events(linked, platform) for platform in begun)
    assert found.attrs["units"]["amount"] == "yuan"


def test_a_platform_that_turns_to_another_model_and_one_that_closes_are_told():
    turned = small(parameters=FUNDED).run(1).branch("consumer_traffic").run(3).branch("sideline_platform")
    found = turned.run(2).life_of(turned.platforms[0])
    assert found.loc[found["event"] == "model", "quarter"].tolist() == [5]
    assert "turns to" in found.loc[found["event"] == "model", "words"].item()
    poor = small(parameters={"giants": 1, "starters": 8, "fund_commitment": 0.0001, "seed_quarters": 2.0})
    poor = poor.branch("consumer_traffic").run(40)
    table = poor.records.platforms
    closed = table[~table["alive"]].groupby("platform")[["quarter", "manner"]].first()
    assert len(closed) > 5
    for platform, (quarter, manner) in closed.iterrows():
        assert events(poor, platform)["closed"] == quarter
        told = poor.life_of(platform).set_index("event").loc["closed", "words"]
        assert told.startswith(f"{MANNERS[manner]} after")
    # a row that was taken again tells the life of each who was there
    serial = [of["serial"] for of in poor.records.of_platforms]
    row = next(row for row in range(16) if len({int(one[row]) for one in serial} - {0}) > 1)
    first, second = sorted({int(one[row]) for one in serial} - {0})[:2]
    assert events(poor, first)["closed"] < events(poor, second)["founded"]
    assert poor.life_of(poor.platforms[row]).equals(poor.life_of(int(serial[-1][row])))


def test_budgets_that_are_cut_and_stakes_that_are_sold():
    now = {"alive": True, "venture": 0.0}
    past = [now | {"quarter": q, "budget": 100.0 * b} for q, b in enumerate([0, 8, 10, 6, 5, 4, 2, 9, 4])]
    assert [(one.quarter, one.amount) for one in life.cuts(past)] == [(4, 5.0), (6, 2.0), (8, 4.0)]
    paid = [now | {"quarter": q, "venture": 100.0 * v} for q, v in enumerate([2, 0, 1, 1, 1, 1, 1])]
    assert [(one.quarter, one.amount) for one in life.rounds(paid)] == [(0, 2.0), (2, 4.0), (6, 1.0)]


def test_the_price_of_a_sold_stake_is_what_was_paid():
    rich = small(seed=3, parameters=LINKED | {"hold": 8.0, "exit_multiple": 8.0}).run(2)
    economy = rich.branch("deep_integration").run(30)
    paid = sum(flows.get("venture exits", 0) for flows in economy.records.of_flows) / 100.0
    founded = range(1, economy.memory.platforms_founded + 1)
    told = sum(economy.life_of(number).query("event == 'sold'")["amount"].sum() for number in founded)
    assert paid > 0.0 and told == pytest.approx(paid)


def test_stakes_sold_in_one_quarter_share_what_was_paid_as_they_share_profit(linked):
    records = linked.records
    of = {name: values.copy() for name, values in records.of_platforms[-1].items()}
    rows = np.flatnonzero(of["alive"])[:4]
    of["sold"][:] = False
    of["sold"][rows], of["usual_profit"][rows] = [True, False, True, False], [300.0, 5.0, 100.0, 7.0]
    one = Economy.from_state(saving.found(linked, records.copy()))
    one.records.of_platforms = [*one.records.of_platforms[:-1], of]
    one.records.of_flows = [*one.records.of_flows[:-1], {"venture exits": 400_00}]
    before = {name: values & False if name == "sold" else values for name, values in of.items()}
    one.records.of_platforms[-2] = before
    one.platforms["serial"] = of["serial"]
    amounts = [one.life_of(of["serial"][q]).query("event == 'sold'")["amount"].sum() for q in rows]
    assert amounts == [300.0, 0.0, 100.0, 0.0]


def test_a_world_without_platforms_and_one_that_there_is_not():
    economy = small().run(2)
    assert len(economy.life_of(1)) == 0 and "words" in economy.life_of(1)
    for platform in (2, 0, -1, economy.platforms[3]):
        with pytest.raises(IndexError, match="among the 1 that were founded so far"):
            economy.life_of(platform)


@pytest.mark.parametrize(
    "mix",
    [
        {"institution_traffic": 2, "deep_integration": 1, "external_finance": 1},
        {"external_finance": 2, "sideline_platform": 2},
    ],
)
def test_models_are_known_by_what_they_did_though_their_places_change(mix):
    mixed = small(mix).run(3)
    names = life.names_of(mixed.records.of_platforms[-1], mixed.records.of_models[-1])
    expected = [mixed.models[place].name for place in mixed.platforms["model"]]
    there = mixed.platforms["serial"] > 0
    assert there.sum() >= 3 and not any(np.array(names)[~there])
    told = [name or "external_finance" for name, has in zip(names, there, strict=True) if has]
    assert told == [name for name, has in zip(expected, there, strict=True) if has]
