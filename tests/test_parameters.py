"""A parameter is declared once, and what is read from the declaration is right."""

import copy
import math
import pickle
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine import parameters
from sim.engine.parameters import (
    Declaration,
    Declared,
    ParameterError,
    Parameters,
    check_sources,
    param,
    seeds,
)


@pytest.fixture(autouse=True)
def firms(monkeypatch):
    """A registry of its own for each test, with one class in it."""
    monkeypatch.setattr(parameters, "_registry", {})

    class Firms(Declared):
        """Behaviour of firms."""

        mark_up_step = param(0.02, unit="share/quarter", low=0.0, high=0.1, source="assumed", doc="<b>")
        patience = param(4, unit="quarters", low=1, high=8, source="assumed")
        cost = param(
            20.0, unit="yuan", low=1.0, high=1e4, source="assumed", scale="log", prior=(10.0, 1000.0)
        )
        file_cost = param(2000.0, unit="yuan/file", low=0.0, high=5e3, source="COST_PER_LOAN")
        persons_per_row = param(
            5.0, unit="persons", low=1.0, high=50.0, source="design", symbol="n", when="start"
        )
        runs = param(True, unit="yes/no", source="assumed")

    return Firms


def declare(**members):
    return type("Others", (Declared,), members)


def good(**changes):
    return param(**{"value": 0.5, "unit": "share", "low": 0.0, "high": 1.0, "source": "assumed"} | changes)


def test_values_are_attributes_and_defaults_hold():
    p = Parameters(mark_up_step=0.03)
    assert (p.mark_up_step, p.patience, p.runs) == (0.03, 4, True)
    assert p.overridden == {"mark_up_step": 0.03}
    assert Parameters({"mark_up_step": 0.03}, patience=2).overridden == {"mark_up_step": 0.03, "patience": 2}
    assert Parameters(p) == p


def test_the_class_shows_the_declaration(firms):
    one = firms.mark_up_step
    assert isinstance(one, Declaration)
    assert (one.name, one.group, one.unit) == ("mark_up_step", "Firms", "share/quarter")
    assert Parameters.declarations()["mark_up_step"] == one


@pytest.mark.parametrize(
    ("given_", "line"),
    [
        ({"mark_up_step": 0.9}, "mark_up_step = 0.9 share/quarter is outside [0, 0.1] (assumed)"),
        ({"mark_up_step": math.nan}, "mark_up_step = nan share/quarter is outside [0, 0.1] (assumed)"),
        ({"mark_up_step": -math.inf}, "mark_up_step = -inf share/quarter is outside [0, 0.1] (assumed)"),
        (
            {"mark_up_step": "0.03"},
            "mark_up_step = '0.03' is not a number; share/quarter in [0, 0.1] (assumed)",
        ),
        ({"mark_up_step": True}, "mark_up_step = True is not a number; share/quarter in [0, 0.1] (assumed)"),
        ({"mark_up_step": None}, "mark_up_step = None is not a number; share/quarter in [0, 0.1] (assumed)"),
        ({"patience": 2.5}, "patience = 2.5 quarters is not a whole number in [1, 8] (assumed)"),
        ({"runs": 1}, "runs = 1 is a switch: True or False (assumed)"),
        ({"mark_up_stp": 0.01}, "no parameter 'mark_up_stp'; did you mean mark_up_step?"),
        ({"qqq": 0.01}, "no parameter 'qqq'; 6 are known"),
    ],
)
def test_what_is_not_allowed_is_refused_in_one_line(given_, line):
    with pytest.raises(ParameterError) as caught:
        Parameters(given_)
    assert str(caught.value) == line


def test_the_ends_of_the_range_are_allowed():
    assert Parameters(mark_up_step=0.0).mark_up_step == 0.0
    assert Parameters(mark_up_step=0.1).mark_up_step == 0.1


def test_numbers_of_numpy_become_plain_ones():
    p = Parameters(mark_up_step=np.float32(0.0625), patience=np.int64(3), runs=np.bool_(False), cost=7)
    kinds = [type(p.mark_up_step), type(p.patience), type(p.runs), type(p.cost)]
    assert kinds == [float, int, bool, float]
    assert (p.mark_up_step, p.patience, p.runs) == (0.0625, 3, False)


def test_a_bag_does_not_change():
    p = Parameters()
    with pytest.raises(AttributeError, match=r"use p\.replace\(patience=3\)"):
        p.patience = 3
    with pytest.raises(AttributeError, match="patience cannot be deleted"):
        del p.patience
    p.as_dict()["patience"] = 3
    assert p.replace(patience=3).patience == 3
    assert p.patience == 4


def test_an_attribute_that_is_none_names_the_nearest():
    with pytest.raises(AttributeError, match="did you mean patience"):
        _ = Parameters().patince


def test_equal_bags_are_equal_and_others_are_not():
    a, b, c = Parameters(cost=30), Parameters(cost=30.0), Parameters(cost=math.nextafter(30.0, 31.0))
    assert a == b
    assert (hash(a), a.digest) == (hash(b), b.digest)
    assert a != c
    assert a.digest != c.digest
    assert Parameters(mark_up_step=-0.0).digest == Parameters(mark_up_step=0.0).digest
    assert a != a.as_dict()


def test_the_digest_is_the_same_in_every_process():
    assert Parameters().digest == "32ba2fa73cb61820aebd875caaaff045"


def test_a_bag_survives_pickling_and_copying():
    p = Parameters(cost=1 / 3 + 1, runs=False)
    assert pickle.loads(pickle.dumps(p)) == p
    assert copy.deepcopy(p) == p


def test_a_stored_bag_keeps_its_values_when_a_default_changes(monkeypatch):
    stored = pickle.dumps(Parameters())
    monkeypatch.setitem(parameters._registry, "patience", Parameters.declarations()["patience"].__class__(
        7, "quarters", 1, 8, "assumed", name="patience"))  # fmt: skip
    assert pickle.loads(stored).patience == 4
    assert Parameters().patience == 7


def test_the_repr_can_be_typed():
    p = Parameters(mark_up_step=0.03, runs=False)
    assert repr(p) == "Parameters(mark_up_step=0.03, runs=False)"
    assert eval(repr(p)) == p


def test_a_name_is_declared_once():
    with pytest.raises(TypeError, match=r"patience is declared twice: in .*Firms and in .*Others"):
        declare(patience=good())


def test_a_module_that_is_loaded_again_replaces_its_own():
    first = declare(reach=good())
    again = declare(range_of=good(value=0.25))
    assert vars(first)["reach"].owner == vars(again)["range_of"].owner
    assert "reach" not in Parameters.declarations()
    assert Parameters().range_of == 0.25


@pytest.mark.parametrize(
    ("members", "error", "line"),
    [
        ({"reach": 0.5}, TypeError, r"reach is not declared: write reach = param\(\.\.\.\)"),
        ({"digest": good()}, TypeError, "the name belongs to Parameters itself"),
        ({"reach": good(value=2.0)}, ParameterError, r"reach = 2.0 share is outside \[0, 1\] \(assumed\)"),
        ({"reach": good(low=None)}, ParameterError, "low and high must be finite and in order"),
        ({"reach": good(low=1.0, high=0.0)}, ParameterError, "low and high must be finite and in order"),
        ({"reach": good(high=math.inf)}, ParameterError, "low and high must be finite and in order"),
        ({"reach": good(prior=(0.5, 2.0))}, ParameterError, r"prior \(0.5, 2.0\) must lie in \[0, 1\]"),
        ({"reach": good(prior=(0.6, 0.4))}, ParameterError, "must lie in"),
        ({"reach": good(scale="log")}, ParameterError, "'log' over a range above 0"),
        ({"reach": good(scale="cubic")}, ParameterError, "got 'cubic'"),
        ({"reach": good(when="never")}, ParameterError, "'entry' or 'start', got 'never'"),
        ({"reach": good(held=True, source="design")}, ParameterError, "only what is assumed is held"),
        ({"reach": good(unit="")}, ParameterError, "unit and source must be given"),
        ({"reach": good(source="")}, ParameterError, "unit and source must be given"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(members, error, line):
    with pytest.raises(error, match=line):
        declare(**members)
    assert "reach" not in Parameters.declarations()


def test_what_is_guessed_is_drawn_and_nothing_else():
    p = Parameters.sampled(1, 7)
    assert set(p.overridden) <= {"mark_up_step", "patience", "cost"}
    assert (p.file_cost, p.persons_per_row, p.runs) == (2000.0, 5.0, True)
    assert Parameters.sampled(1, 7) == p
    assert p.cost not in (Parameters.sampled(1, 8).cost, Parameters.sampled(2, 7).cost)
    assert Parameters.sampled(1, 12) != Parameters.sampled(11, 2)


def test_a_further_parameter_moves_no_other_draw():
    before = Parameters.sampled(3, 4).as_dict()
    declare(reach=good())
    after = Parameters.sampled(3, 4).as_dict()
    assert {name: after[name] for name in before} == before
    assert after["reach"] != 0.5


def test_what_is_fixed_is_held_and_moves_no_other_draw():
    free, held = Parameters.sampled(3, 4), Parameters.sampled(3, 4, {"cost": 500.0})
    assert held == free.replace(cost=500.0)
    with pytest.raises(ParameterError, match="did you mean cost"):
        Parameters.sampled(3, 4, {"cots": 500.0})


@given(st.integers(0, 2**63), st.integers(0, 10**6))
def test_draws_stay_in_their_ranges(seed, world):
    p = Parameters.sampled(seed, world)
    assert 0.0 <= p.mark_up_step <= 0.1
    assert p.patience in range(1, 9)
    assert 10.0 <= p.cost <= 1000.0


def test_draws_fill_their_ranges_evenly_in_their_scale():
    bags = [Parameters.sampled(11, world) for world in range(4000)]
    for quantile in (0.1, 0.5, 0.9):  # four standard errors at 4,000 draws: 0.032
        assert statistics.mean(p.mark_up_step < 0.1 * quantile for p in bags) == pytest.approx(
            quantile, abs=0.032
        )
        edge = 10.0 * 100.0**quantile
        assert statistics.mean(p.cost < edge for p in bags) == pytest.approx(quantile, abs=0.032)
    for whole in range(1, 9):
        assert statistics.mean(p.patience == whole for p in bags) == pytest.approx(1 / 8, abs=0.021)
    steps, costs = [p.mark_up_step for p in bags], [math.log(p.cost) for p in bags]
    assert abs(statistics.correlation(steps, costs)) < 0.063


def test_what_is_held_is_a_guess_that_no_world_draws():
    declare(reach=good(held=True))
    assert Parameters.sampled(3, 4).reach == 0.5
    assert "reach" not in Parameters.problem()["names"]
    assert Parameters.table().set_index("name").held["reach"]


def test_in_the_midst_of_a_run_all_may_change_but_what_lays_the_first_state():
    p = Parameters(cost=30)
    new = p.change({"patience": 2, "persons_per_row": 5.0})
    assert new == Parameters(cost=30, patience=2)
    assert p.changed(new) == ["patience"]
    assert new.change(p) == p
    for values in ({"persons_per_row": 7}, Parameters(persons_per_row=7)):
        with pytest.raises(ParameterError) as caught:
            p.change(values)
        line = "persons_per_row = 7 persons acts only at the start of an economy: give it to Economy(...)"
        assert str(caught.value) == line
    with pytest.raises(ParameterError, match="did you mean patience"):
        p.change({"patince": 2})
    with pytest.raises(ParameterError, match="7 are no parameters"):
        p.change(7)  # pyright: ignore[reportArgumentType]


def test_the_problem_of_a_sensitivity_study():
    bounds = [[0.0, 0.1], [1, 8], [10.0, 1000.0]]
    assert Parameters.problem() == {
        "num_vars": 3,
        "names": ["mark_up_step", "patience", "cost"],
        "bounds": bounds,
    }


def test_the_table_has_a_row_for_each_and_shows_the_value_in_force():
    table = Parameters(patience=2).table()
    columns = ["name", "value", "unit", "low", "high", "source", "when", "held", "symbol", "doc", "group"]
    assert list(table.columns) == columns
    assert table.set_index("name").value["patience"] == 2
    assert Parameters.table().set_index("name").value["patience"] == 4
    assert list(table.name) == list(Parameters.declarations())


def test_a_notebook_sees_what_was_changed_and_no_markup_of_ours_breaks():
    page = Parameters(mark_up_step=0.03)._repr_html_()
    assert "<mark><b>0.03</b></mark> (default 0.02)" in page
    assert page.count("<mark>") == 1
    assert "&lt;b&gt;" in page
    assert page.count("<tr>") == 1 + len(Parameters.declarations())


def test_the_bibliography_of_a_run_leaves_out_what_was_overridden():
    cited = Parameters().bibliography()
    assert cited["COST_PER_LOAN"]["parameters"] == ["file_cost"]
    assert cited["COST_PER_LOAN"]["source"] == seeds("evidence")["COST_PER_LOAN"]["source"]
    assert Parameters(file_cost=100).bibliography() == {}
    assert Parameters.bibliography() == cited


def test_sources_are_facts_that_may_be_used():
    check_sources()
    declare(reach=good(source="COST_PER_LAON"))
    with pytest.raises(
        ParameterError, match=r"reach .* cites no source 'COST_PER_LAON'; did you mean COST_PER_LOAN"
    ):
        check_sources()
    declare(reach=good(source="NPL_BANK_ALL"))
    with pytest.raises(ParameterError, match="cites NPL_BANK_ALL, kept for validation"):
        check_sources()


def test_seeds_that_are_missing_are_named():
    with pytest.raises(ParameterError, match=r"seeds/claim\.toml"):
        seeds("claim")
