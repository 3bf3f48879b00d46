"""Rows of business models, seeds and calls that cannot be are refused in one line."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from sim import Economy, ParameterError, StrategyError, blend, strategy
from tests.economies import small
from tests.test_user import refused


@pytest.mark.parametrize("given", ["mark_up", [1, 2], 3, [("mark_up", 0.2)]])
def test_parameters_that_are_none_are_refused(given):
    with pytest.raises(ParameterError, match="are no parameters") as error:
        Economy(firms=100, parameters=given)
    refused(error)


@pytest.mark.parametrize(
    "change",
    [
        {"to_projects": 0.7},
        {"to_firms": 0.5},
        {"to_technology": 0.5},
        {"to_consumers": -0.5, "to_firms": 0.5},
        {"funders": (("banks", 1.5),)},
        {"funders": (("banks", 0.7), ("households", 0.7))},
        {"take": math.nan},
        {"take": 0.2},
        {"gain_share": -0.1},
        {"sees": 7},
        {"by_staff": math.inf},
    ],
)
def test_a_row_that_makes_no_sense_is_refused(change):
    with pytest.raises(StrategyError) as error:
        dataclasses.replace(strategy("deep_integration"), **change)
    assert refused(error).startswith("deep_integration: ")


def test_an_attribute_that_does_not_exist_cannot_be_blended():
    with pytest.raises(StrategyError, match="no attribute 'keeps_all' of a business model"):
        blend(strategy("deep_integration"), strategy("institution_traffic"), "keeps_all")


@pytest.mark.parametrize(
    "change",
    [
        {"name": None}, {"name": 5}, {"name": ""}, {"title": None}, {"claims": "C9"}, {"claims": (9,)},
        {"take": None}, {"take": "0.01"}, {"take": True}, {"funders": [0.7]}, {"sees": None},
        {"sees": 1.5}, {"sees": True}, {"lends_to_firms": 0.5}, {"acts": "yes"},
        {"lends_to_firms": None}, {"acts": math.nan},
    ],
)  # fmt: skip
def test_a_row_of_things_that_are_no_numbers_or_words_is_refused(change):
    with pytest.raises(StrategyError) as error:
        dataclasses.replace(strategy("deep_integration"), **change)
    assert next(iter(change)) in refused(error)


def test_a_row_of_numpys_numbers_is_one_of_pythons_and_can_be_stored(tmp_path):
    row = dataclasses.replace(
        strategy("deep_integration"),
        sees=np.int64(2),
        take=np.float32(0.0),
        acts=np.bool_(True),
        funders=((np.str_("banks"), 1),),
    )
    values = (row.sees, row.take, row.acts, *row.funders[0])
    assert [type(value) for value in values] == [int, float, bool, str, float]
    economy = small(row).run(1)
    economy.save(tmp_path / "economy.npz")
    assert Economy.load(tmp_path / "economy.npz").strategy == row


@pytest.mark.parametrize("choice", [[], {}, (), strategy])
def test_what_is_no_strategy_at_all_is_told_which_there_are(choice):
    with pytest.raises(StrategyError, match="unknown strategy") as error:
        strategy(choice)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", [5, None, 0.5, (1, 2)])
def test_a_parameter_name_that_is_none_is_refused(name):
    with pytest.raises(ParameterError, match="no parameter") as error:
        Economy(firms=100, parameters={name: 1.0})
    refused(error)


@pytest.mark.parametrize("size", ["firms", "banks"])
def test_a_size_that_is_not_given_is_refused(size):
    sizes: Any = {size: None}
    with pytest.raises(ParameterError, match=f"{size} = None is not a whole number") as error:
        small(**sizes)
    refused(error)


def test_consumers_are_twice_the_firms_whatever_integer_tells_how_many_these_are():
    firms: Any = np.int8(100)
    assert len(small(firms=firms, parameters={"lead_in": 0}).consumers) == 200


@pytest.mark.parametrize(("firms", "room"), [(100, 40), (400, 40), (2_000, 200)])
def test_there_is_room_for_a_platform_to_10_firms_where_nothing_says_how_many(firms, room):
    assert len(small(firms=firms, platforms=None, parameters={"lead_in": 0}).platforms) == room


@pytest.mark.parametrize("quarters", [-1, 2.5, math.nan, None, True])
def test_a_number_of_quarters_that_is_none_is_refused(quarters):
    with pytest.raises(ParameterError, match=r"quarters = .* is not a whole number from 0 on") as error:
        small().run(quarters)
    refused(error)


@pytest.mark.parametrize("ago", [-1, 2, 100])
def test_a_quarter_that_is_not_recorded_is_told(ago):
    with pytest.raises(IndexError, match=f"quarters_ago = {ago}: 2 quarters are recorded"):
        small().run(2).flow_matrix(ago)


POINTERS = [
    ("firms", "bank"), ("firms", "ecosystem"), ("firms", "portal"), ("firms", "link"), ("firms", "debt_to"),
    ("firms", "supplier_1"), ("firms", "supplier_2"), ("firms", "creditor_1"), ("firms", "creditor_2"),
    ("firms", "anchor_at"), ("firms", "invoice_to"),
    ("consumers", "bank"), ("consumers", "ecosystem"), ("consumers", "first_app"),
    ("consumers", "second_app"), ("consumers", "third_app"), ("consumers", "debt_to"),
    ("consumers", "claim_at"), ("consumers", "policy_at"), ("consumers", "note_at"), ("consumers", "note_by"),
    ("consumers", "wallet_at"),
    ("platforms", "insurer"), ("platforms", "house"), ("insurers", "bank"), ("securities_houses", "bank"),
    *((table, name) for table in ("firms", "consumers") for name in ("wallet", "last_lender")),
    ("platforms", "bank"), ("platforms", "buyer"), ("owners", "bank"), ("fund", "bank"),
]  # fmt: skip


def test_every_column_that_is_used_as_an_index_is_known_to_be_one():
    tables = small().tables.values()
    assert {(table.name, name) for table in tables for name in table.pointers} == set(POINTERS)


@pytest.mark.parametrize(("table", "name"), POINTERS)
def test_a_row_that_does_not_exist_is_refused_when_it_is_written_or_at_the_next_quarter(table, name):
    economy = small(firms=100)
    t = economy.tables[table]
    to, least = t.pointers[name]
    n, before = len(economy.tables[to]), t[name].copy()
    for wrong in (n, least - 1):
        told = rf"^{table}\['{name}'\] holds rows of {to}, {least} to {n - 1}: {wrong} is none$"
        ways = (
            lambda wrong=wrong: t.__setitem__(name, wrong),
            lambda wrong=wrong: t.__setitem__(name, np.full(len(t), wrong, np.int32)),
            lambda wrong=wrong: t[:2].__setitem__(name, [wrong, wrong]),
            lambda wrong=wrong: setattr(t[1], name, wrong),
        )
        for way in ways:
            with pytest.raises(ValueError, match=told) as error:
                way()
            refused(error)
            np.testing.assert_array_equal(t[name], before)
        t[name][1] = wrong  # the array itself can be written by anybody
        with pytest.raises(ValueError, match=told):
            economy.run(1)
        assert economy.quarter == 0
        t[name][1] = before[1]
    t[name] = n - 1
    t[:1][name] = least
    t[name] = before
    assert economy.run(1).quarter == 1


@pytest.mark.parametrize("sector", [10**8, -1, 3])
def test_sectors_do_not_change(sector):
    economy = small(firms=100)
    economy.firms["sector"] = sector
    with pytest.raises(ValueError, match="does not change: the rows of a sector lie together") as error:
        economy.run(1)
    refused(error)


@pytest.mark.parametrize("place", [1, -1])
def test_the_places_where_sectors_begin_do_not_change(place):
    economy = small(firms=100)
    economy.market.starts[place] += 10**6
    with pytest.raises(ValueError, match="the rows of a sector lie together"):
        economy.run(1)
