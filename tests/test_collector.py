"""The collector gives a kind of rows the frame that Mesa gives a type of agents."""

import mesa
import pandas as pd
import pytest

from sim.engine.columns import Table
from sim.engine.mesa.collector import Populations
from tests.populations import AGES, PRICES, Bank, Economy, Firm, Plain, Shop, filled


def double_plus(agent, plus):
    return agent.double + plus


def test_the_collector_serves_lent_rows_in_mesas_shape():
    reporters = {
        "price": "price",
        "age": "age",
        "on": "active",
        "more": [double_plus, [1]],
        "i": lambda a: a.i,
    }
    economy, real = Economy(), mesa.Model(rng=1)
    filled(economy.tables["firms"])
    agents = [Plain(real, i, p, a, i % 3 > 0, 0) for i, (p, a) in enumerate(zip(PRICES, AGES, strict=True))]
    ours = Populations({"q": "quarter"}, agenttype_reporters={Firm: reporters, Bank: {"double": "double"}})
    theirs = mesa.DataCollector(agenttype_reporters={Plain: reporters})
    assert ours.get_agenttype_vars_dataframe(Firm).shape == (0, 5)
    for model, collector in ((economy, ours), (real, theirs)) * 2:
        collector.collect(model)
        model.step()
        for agent in agents if model is real else ():
            agent.grow()
    expected = theirs.get_agenttype_vars_dataframe(Plain)
    steps, ids = expected.index.get_level_values(0).astype(int), expected.index.get_level_values(1) - 1
    expected.index = pd.MultiIndex.from_arrays([steps, ids], names=expected.index.names)
    pd.testing.assert_frame_equal(ours.get_agenttype_vars_dataframe(Firm), expected)
    assert ours.get_agenttype_vars_dataframe(Bank)["double"].tolist() == [2.0] * 6
    assert ours.get_model_vars_dataframe()["q"].tolist() == [0, 1]


def test_what_a_reporter_returned_stays_as_it_was():
    economy, wares = Economy(), ["bread"]
    collector = Populations(agenttype_reporters={Bank: {"wares": lambda bank: wares}})
    collector.collect(economy)
    wares.append("cheese")
    assert collector.get_agenttype_vars_dataframe(Bank)["wares"].tolist() == [["bread"]] * 3


def test_the_collector_counts_quarters_where_mesa_counts_no_steps_and_names_what_is_missing():
    class Bare:
        """As a model without Mesa's counter; Mesa's own bookkeeping needs one of its clocks."""

        tables = {"shops": Table(None, Shop, 2), "banks": Table(None, Bank, 1)}
        quarter, time, steps = 9, 9, None

    collector = Populations(agenttype_reporters={Firm: {"cash": "cash"}})
    collector.collect(Bare())
    assert list(collector.get_agenttype_vars_dataframe(Firm).index) == [(9, 0), (9, 1), (9, 0)]
    Bare.tables = {}
    with pytest.raises(ValueError, match=r"no table of the model holds Firm \(kinds of rows: none\)"):
        collector.collect(Bare())
    with pytest.raises(ValueError, match=r"no table of the model holds Shop \(kinds of rows: Bank, Firm\)"):
        Populations(agenttype_reporters={Shop: {"cash": "cash"}}).collect(Economy())
    with pytest.raises(AttributeError, match="prize"):
        Populations(agenttype_reporters={Firm: {"x": "prize"}}).collect(Economy())
