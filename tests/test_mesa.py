"""An economy is a Mesa model as it is: seeds, sweeps, collectors, batches, a page to look at."""

import copy
import importlib
import inspect
import pickle
import warnings
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest

from sim import Economy, ParameterError, Parameters
from sim.actors.banks import Bank
from sim.actors.firms import Firm
from tests.economies import FEW, differences, lines_that_differ, small

SMALL: dict[str, Any] = FEW | {"giants": 1}


def refused(error: pytest.ExceptionInfo) -> str:
    text = str(error.value)
    assert text and "\n" not in text and len(text) < 200
    return text


# -- parameters by keyword --------------------------------------------------------------------------------


def test_a_parameter_is_a_keyword():
    named = Economy(**FEW, giants=1, pace_of_change=0.11).run(2)
    given = Economy(**FEW, parameters={"giants": 1, "pace_of_change": 0.11}).run(2)
    assert differences(named, given) == set() and named.p == given.p
    both = Economy(**FEW, parameters={"giants": 1}, pace_of_change=0.11).run(2)
    assert both.p == given.p
    bag = Economy(**FEW, parameters=Parameters(giants=1), pace_of_change=0.11)
    assert bag.p == given.p


def test_a_branch_takes_keywords_and_keeps_all_else():
    world = Economy(**FEW, giants=1, mark_up=0.31)
    branch = world.branch("deep_integration", pace_of_change=0.11)
    assert branch.p.overridden == {"giants": 1, "mark_up": 0.31, "pace_of_change": 0.11}
    with pytest.raises(ParameterError, match="acts only at the start"):
        world.branch(giants=2)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("pace_of_chance", "did you mean pace_of_change?"),
        ("frims", "did you mean firms?"),
        ("qqqqq", "known"),
    ],
)
def test_an_unknown_keyword_is_told_the_nearest_one(name, near):
    with pytest.raises(ParameterError) as error:
        Economy(**{**FEW, name: 0.1})
    assert repr(name) in refused(error) and near in str(error.value)


@pytest.mark.parametrize("given", [{"mark_up": 0.2}, Parameters(mark_up=0.2)])
def test_a_parameter_given_twice_is_refused_unless_it_is_the_same(given):
    with pytest.raises(ParameterError, match=r"mark_up = 0.25 by keyword and 0.2 in parameters") as error:
        Economy(**FEW, parameters=given, mark_up=0.25)
    refused(error)
    assert Economy(**FEW, giants=1, parameters=given, mark_up=0.2).p.mark_up == 0.2


def test_a_keyword_out_of_range_is_told_the_range():
    with pytest.raises(ParameterError, match=r"mark_up = 9 share of labour cost is outside \[") as error:
        Economy(**FEW, mark_up=9)
    refused(error)


# -- seeds ------------------------------------------------------------------------------------------------


def test_without_a_seed_it_is_the_first():
    assert lines_that_differ(Economy(**SMALL).run(2), Economy(**SMALL, seed=1).run(2)) == set()


def test_no_seed_draws_one_and_keeps_it():
    drawn = [Economy(**SMALL, seed=None), Economy(**SMALL, rng=None), Economy(**SMALL, seed=None, rng=None)]
    assert len({one.seed for one in drawn}) == 3
    first = drawn[0]
    assert f"seed={first.seed}" in repr(first) and str(first.seed) in first._repr_html_()
    assert differences(first.run(2), Economy(**SMALL, seed=first.seed).run(2)) == set()


@pytest.mark.parametrize(
    "rng",
    [
        lambda: 7,
        lambda: np.int64(7),
        lambda: np.random.default_rng(7),
        lambda: np.random.PCG64(7),
        lambda: np.random.SeedSequence(7),
    ],
)
def test_rng_is_a_seed_in_any_form_of_numpy(rng):
    one, other = Economy(**SMALL, rng=rng()), Economy(**SMALL, rng=rng())
    assert one.seed == other.seed >= 0 and type(one.seed) is int
    assert differences(one, other) == set()


def test_a_generator_gives_each_economy_another_seed():
    rng = np.random.default_rng(7)
    assert Economy(**SMALL, rng=rng).seed != Economy(**SMALL, rng=rng).seed


def test_a_seed_and_an_rng_are_one_too_many():
    for seed in (1, 2):
        with pytest.raises(ParameterError, match="are both given: give one of them") as error:
            Economy(**SMALL, seed=seed, rng=3)
        refused(error)


@pytest.mark.parametrize("rng", [-1, 1.5, "7", True, [1, 2]])
def test_an_rng_that_is_none_is_refused(rng):
    with pytest.raises(ParameterError, match=r"rng = .* is no whole number from 0 on, Generator") as error:
        Economy(**SMALL, rng=rng)
    refused(error)


# -- collectors -------------------------------------------------------------------------------------------


def test_the_collector_gives_what_is_recorded():
    economy = small("deep_integration")
    empty = economy.datacollector.get_model_vars_dataframe()
    assert len(empty) == 0 and "output" in empty
    economy.run(3)
    economy.datacollector.collect(economy)
    frame = economy.datacollector.get_model_vars_dataframe()
    pd.testing.assert_frame_equal(frame, economy.records.quarters)
    assert list(frame.index) == [1, 2, 3] and frame.index.dtype == np.int64
    branch = economy.branch("consumer_traffic").run(2)
    assert list(branch.datacollector.get_model_vars_dataframe().index) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_has_a_collector_of_its_own(copied):
    economy = small().run(1)
    twin = copied(economy)
    twin.run(2)
    assert twin.datacollector.model is twin
    assert len(economy.datacollector.get_model_vars_dataframe()) == 1
    assert len(twin.datacollector.get_model_vars_dataframe()) == 3


def test_mesas_own_collector_finds_firms_by_type():
    economy = small().run(1)
    collector = mesa.DataCollector(agenttype_reporters={Firm: {"price": "price", "more": firm_size}})
    collector.collect(economy)
    frame = collector.get_agenttype_vars_dataframe(Firm)
    np.testing.assert_array_equal(frame["price"], economy.firms["price"])
    np.testing.assert_array_equal(frame["more"], 2.0 * economy.firms["workers"])
    assert list(frame.index.get_level_values("AgentID")) == list(range(400))


def firm_size(firm: Firm) -> float:
    return 2.0 * firm.workers


def kind(agent: mesa.Agent) -> str:
    return type(agent).__name__


def price(agent: mesa.Agent) -> float:
    return getattr(agent, "price", np.nan)


def test_mesas_own_collector_finds_all_agents():
    economy = small().run(1)
    collector = mesa.DataCollector(agent_reporters={"kind": kind, "price": price})
    collector.collect(economy)
    frame = collector.get_agent_vars_dataframe()
    assert len(frame) == sum(len(table) for table in economy.tables.values())
    prices = frame.loc[frame["kind"] == "Firm", "price"]
    np.testing.assert_array_equal(prices, economy.firms["price"])


def test_all_agents_are_in_mesas_words():
    economy = small()
    n = sum(len(table) for table in economy.tables.values())
    assert len(economy.agents) == len(list(economy.agents)) == n
    assert economy.agents_by_type[Firm] is economy.firms and Bank in economy.agent_types
    dear = economy.agents.select(agent_type=Firm).select(lambda firm: firm.price > 0.0).sort("price")
    assert [firm.i for firm in list(dear)[:3]] == [firm.i for firm in economy.firms.sort("price")[:3]]
    assert len(economy.agents.shuffle()) == n
    assert {name: len(group) for name, group in economy.agents.groupby(kind)}["Firm"] == 400
    lone = mesa.Agent(economy)
    assert len(economy.agents) == n + 1 and lone in economy.agents and mesa.Agent in economy.agent_types


# -- batches and pages ------------------------------------------------------------------------------------


def batch(parameters: dict, iterations: int) -> list[dict]:
    """Mesa's batch; from 3.4 on it passes seeds itself, and calls `iterations` old."""
    runner = pytest.importorskip("mesa.batchrunner")
    if tuple(map(int, mesa.__version__.split(".")[:2])) < (3, 4):
        parameters = parameters | {"seed": None}  # before, a model that draws its seed has to be asked to
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return runner.batch_run(
            Economy, parameters, iterations=iterations, max_steps=3, display_progress=False
        )


def test_a_batch_sweeps_over_parameters():
    rows = batch({**SMALL, "pace_of_change": [0, 0.2], "strategy": "deep_integration"}, iterations=2)
    assert [row["pace_of_change"] for row in rows] == [0, 0.2] * 2
    assert len({row["seed"] for row in rows}) == 4  # drawn, and told
    for row in rows[:2]:
        again = Economy("deep_integration", **SMALL, seed=row["seed"], pace_of_change=row["pace_of_change"])
        last = again.run(5).records.quarters
        assert row["output"] in set(last["output"]) and np.isfinite(row["gdp"])


def test_a_page_of_mesas_shows_an_economy():
    slider = {"type": "SliderFloat", "value": 0.1, "label": "pace", "min": 0.0, "max": 0.2, "step": 0.01}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs, of themselves
        solara = pytest.importorskip("solara")
        shown = importlib.import_module("mesa.visualization")
        page = shown.SolaraViz(
            Economy(**SMALL).run(2),
            components=[shown.make_plot_component("output")],
            model_params={**SMALL, "pace_of_change": slider},
        )
        _, context = solara.render(page, handle_error=False)
        context.close()


def test_what_mesas_page_asks_of_a_model_is_there():
    """Without solara: the frame that a plot reads, and a name for further keywords that its check knows."""
    signature = inspect.signature(Economy.__init__).parameters
    assert "kwargs" in signature and "seed" in signature
    assert all(
        one.default is not inspect.Parameter.empty
        for name, one in signature.items()
        if name not in ("self", "kwargs")
    )
    economy = Economy(**SMALL)
    assert list(economy.datacollector.get_model_vars_dataframe().loc[:, "output"]) == []
