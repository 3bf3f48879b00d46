"""Tables of agents: columns and rows are one thing, accounts are the ledger's, copies are detached."""

import copy
import gc
import pickle
import subprocess
import sys
import time
from typing import Any, cast

import numpy as np
import pytest

from sim.engine.columns import Column, Row, Table, declared
from tests.populations import AGES, PRICES, Bank, Economy, Firm, Plain, Shop, filled, lines


@pytest.fixture
def lent():
    return filled(Table(None, Firm, 7))


def test_a_view_is_a_window_and_words_work_in_place_only_on_views(lent):
    view = lent[lent["age"] > 1]
    assert view.select() is not view
    assert view.sort("price", inplace=True) is view
    assert lines(view) == [6, 0, 1, 5]
    assert lines(view.select(at_most=2, inplace=True)) == lines(view) == [6, 0]
    assert view.shuffle(inplace=True) is view
    view["price"] = [10, 20]
    view.set("age", 77)[0].price = 12.5
    assert list(lent["price"][view.rows]) == [12.5, 20] == list(view["price"])
    assert lent.agg("age", sum) == sum(AGES) - 4 - 9 + 2 * 77
    assert view.columns is lent.columns
    with pytest.raises(ValueError, match="read-only"):
        view["price"][0] = 3
    for word in (lent.shuffle, lambda inplace: lent.sort("age", inplace=inplace)):
        with pytest.raises(TypeError, match="ask for a view"):
            word(inplace=True)
    assert lent.select(inplace=True) is lent


def test_positions_slices_masks_and_lists(lent):
    assert (lent[-1].i, lent[np.int64(2)].i, lent[5:2:-1][-1].i) == (6, 2, 3)
    assert lines(lent[2:5]) == [2, 3, 4]
    assert lines(lent[[4, -1, 4, 0]]) == [4, 6, 0]
    assert lines(lent[[]]) == []
    assert lines(lent[2:5][np.array([True, False, True])]) == [2, 4]
    assert lent["price"] is lent.columns["price"]
    assert declared(Shop) == {**declared(Firm), "size": Shop.size}
    assert (lent.name, Table(None, Firm, 1, name="makers").name) == ("firms", "makers")
    assert (lent.ids.dtype, list(lent.ids)) == (np.uint32, list(range(7)))
    assert Table(None, Shop, 10).bytes == 10 * (8 + 8 + 1 + 8 + 4)


def test_a_row_reads_and_writes_its_line(lent):
    row = lent[3]
    row.price, row.age, row.active = 7, 2.0, 0
    assert (lent["price"][3], lent["age"][3], lent["active"][3]) == (7.0, 2, False)
    assert [type(value) for value in (row.price, row.age, row.active, row.cash)] == [float, int, bool, int]
    assert repr(row) == f"Firm 3: price=7.0, age=2, active=False, cash={2**60 + 300}"
    assert (row == lent[3], row != lent[4], row == Table(None, Firm, 7)[3], row == 3) == (
        True,
        True,
        False,
        False,
    )
    assert len({row, lent[3], lent[4]}) == 2
    row.unique_id = 99
    assert (row.unique_id, type(row.unique_id)) == (3, int)


def test_kept_rows_are_registered_once_and_stay_the_same_objects():
    economy = Economy()
    firms, banks = economy.tables.values()
    gc.collect()
    assert list(economy.agents) == list(banks)
    assert all(
        a is b is c for a, b, c in zip(banks, banks.to_list(), economy.agents_by_type[Bank], strict=True)
    )
    banks[1].note = "a kept row may carry more"
    assert banks[-2].note == banks[[1]][0].note == "a kept row may carry more"
    assert [bank.unique_id for bank in banks] == [0, 1, 2]
    assert banks[1].pos is None
    banks[1].remove()
    banks[1].remove()
    assert (len(economy.agents), len(banks)) == (2, 3)
    with pytest.raises(TypeError, match="is lent by its table"):
        firms[0].remove()


ERRORS = [
    (
        lambda t: t["prize"],
        KeyError,
        r"^firms has no column 'prize', did you mean 'price'\? \(columns: price, age",
    ),
    (lambda t: t[2:4]["zzz"], KeyError, r"^firms has no column 'zzz' \(columns"),
    (lambda t: t.__setitem__("prize", 1), KeyError, "did you mean 'price'"),
    (lambda t: t.__setitem__("cash", 1), ValueError, r"^firms\['cash'\] is an account: only the ledger"),
    (lambda t: t[1:3].__setitem__("cash", 1), ValueError, "only the ledger"),
    (lambda t: setattr(t[0], "cash", 1), AttributeError, r"^Firm.cash is an account: only the ledger"),
    (lambda t: t["cash"].__setitem__(0, 1), ValueError, "read-only"),
    (lambda t: t.ids.__setitem__(0, 1), ValueError, "read-only"),
    (lambda t: t.columns.__setitem__("age", t["price"]), TypeError, "the array of column 'age' stays"),
    (
        lambda t: t.load(t.snapshot() | {"ids": np.arange(1, 8, dtype=np.uint32)}),
        ValueError,
        "ids of firms are 0 to 6",
    ),
    (lambda t: setattr(t[0], "prize", 1), AttributeError, "did you mean 'price'"),
    (
        lambda t: t.__setitem__("price", [1, 2]),
        ValueError,
        r"^firms\['price'\] has 7 rows here, .* \(2,\) do not",
    ),
    (
        lambda t: t.__setitem__("price", ["a"] * 7),
        TypeError,
        r"^firms\['price'\] holds float64, not an array of <U1",
    ),
    (lambda t: setattr(t[0], "price", None), TypeError, r"^Firm.price holds float64, not None"),
    (lambda t: t.__setitem__("age", 1.5), ValueError, r"^firms\['age'\] holds int64, 1.5 does not fit"),
    (lambda t: t.__setitem__("age", np.nan), ValueError, "nan does not fit"),
    (lambda t: setattr(t[0], "age", 1.5), ValueError, r"^Firm.age holds int64, 1.5"),
    (lambda t: setattr(t[0], "active", 2), ValueError, r"^Firm.active holds bool, 2"),
    (lambda t: t[7], IndexError, r"^there is no row 7 among 7 rows of firms"),
    (lambda t: t[2:4][-3], IndexError, r"^there is no row -3 among 2 rows of firms"),
    (lambda t: t[[1, 8, 9]], IndexError, "no row 8"),
    (lambda t: t[np.array([True])], IndexError, r"^a mask of 1 does not fit 7 rows of firms"),
    (lambda t: t.select(np.ones(9, dtype=bool)), IndexError, r"^a mask of 9 does not fit 7 rows of firms"),
    (lambda t: t[1.0], TypeError, "has no rows 1.0: name, position, slice or mask"),
    (lambda t: t.groupby("age", result_type="set"), ValueError, "'set' is neither 'agentset' nor 'list'"),
    (lambda t: t.get("age", handle_missing="skip"), ValueError, "'skip' is neither 'error' nor 'default'"),
    (
        lambda t: t.load({"ids": t.ids}),
        ValueError,
        r"no state of firms: lacks \['active', 'age', 'cash', 'price'\]",
    ),
    (
        lambda t: t.load(Table(None, Firm, 2).snapshot()),
        ValueError,
        r"\(7,\), the state's uint32 of shape \(2,\)",
    ),
    (lambda t: Table(None, Firm, -1), ValueError, r"^firms cannot have -1 rows: it needs a whole number"),
    (lambda t: Table(None, Firm, cast(Any, 2.0)), ValueError, r"2.0 rows"),
    (lambda t: Table(None, Firm, True), ValueError, r"True rows"),
    (lambda t: Table(None, cast(Any, Plain), 2), TypeError, "needs a kind of Row"),
    (lambda t: Column("a", unit=""), TypeError, "one number or truth value, not 'a'"),
    (lambda t: Column(0.5, unit="", dtype=int), ValueError, "holds int64, 0.5 does not fit"),
    (lambda t: type("Odd", (Row,), {"ids": Column(unit="")}), TypeError, "Odd cannot have a column 'ids'"),
    (lambda t: type("Odd", (Row,), {"step": Column(unit="")}), TypeError, "Odd cannot have a column 'step'"),
]


@pytest.mark.parametrize(("action", "error", "words"), ERRORS)
def test_errors_are_one_clear_line_and_change_nothing(action, error, words, lent):
    before = lent.snapshot()
    with pytest.raises(error, match=words) as caught:
        action(lent)
    assert "\n" not in str(caught.value)
    assert all(np.array_equal(array, lent.snapshot()[name]) for name, array in before.items())


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
@pytest.mark.parametrize("start", ["model", "table", "kept table", "row", "kept row", "view"])
def test_a_copy_is_detached_and_its_accounts_stay_the_ledgers(copied, start):
    economy = Economy()
    firms, banks = economy.tables["firms"], economy.tables["banks"]
    banks[2].friend = banks[0]
    things = {"table": firms, "kept table": banks, "row": firms[1], "kept row": banks[2], "view": firms[1:3]}
    twin = copied(economy if start == "model" else things[start])
    model = twin if start == "model" else twin.table.model
    for name, table in model.tables.items():
        old = economy.tables[name]
        table.books["cash"][1] = 42
        assert (table["cash"][1], table[1].cash, table.snapshot()["cash"][1]) == (42, 42, 42)
        with pytest.raises(ValueError, match="read-only"):
            table["cash"][1] = 7
        table["price"] = 5
        assert (old["cash"][1], old["price"][1], table.model, table.random) == (0, 1.0, model, model.random)
        assert table.books["cash"].base is None
    assert model.money is model.tables["firms"].books["cash"]
    kept = model.tables["banks"]
    assert all(a is b for a, b in zip(kept, model.agents, strict=True))
    assert kept[2].friend is kept[0]
    if start == "kept row":
        assert twin is kept[2]
    if start == "view":
        assert (lines(twin), twin.table) == ([1, 2], model.tables["firms"])
    model.step()
    assert (model.quarter, model.tables["firms"].agg("age", sum), firms.agg("age", sum)) == (1, 7, 0)


def test_state_is_copied_out_and_back_in_place(lent):
    state, price, cash = lent.snapshot(), lent["price"], lent["cash"]
    lent["price"], lent.books["cash"][:] = 0, 0
    assert state["price"][0] == PRICES[0]
    lent.load(state)
    assert (list(price), cash[6], list(lent.ids)) == (PRICES, 2**60 + 600, list(range(7)))
    assert lent["price"] is price


def test_who_comes_into_a_row_finds_it_as_at_first_but_for_accounts_and_what_is_kept(lent):
    old, new = lent.snapshot(), Table(None, Firm, 7)
    assert set(lent.fresh(["age"])) == {*new.defaults} - {"age"}
    lent.renew(np.array([5, 1]), kept=["age"])
    for name, array in lent.columns.items():
        stays = name == "age" or name in lent.books
        assert array[[1, 5]].tolist() == (old if stays else new.columns)[name][[1, 5]].tolist(), name
        assert array[[0, 2, 3, 4, 6]].tolist() == old[name][[0, 2, 3, 4, 6]].tolist()


def test_a_table_shows_itself_as_a_frame_and_in_a_notebook(lent):
    frame = lent[[4, 1]].frame()
    assert (frame.index.name, list(frame.index), list(frame.columns)) == ("row", [4, 1], list(lent.columns))
    assert (frame.loc[4, "price"], frame["cash"].dtype, frame.attrs["units"]["age"]) == (
        2.0,
        "int64",
        "quarters",
    )
    frame["price"] = 0.0
    assert lent["price"][4] == 2.0
    shown = lent._repr_html_()
    assert "asked &lt;per&gt; piece" in shown
    assert "<td>yuan</td><td>2.75</td><td>0.25</td><td>8</td>" in shown
    assert "firms: 7 rows of Firm" in shown
    assert "firms: 2 of 7 rows of Firm" in lent[:2]._repr_html_()
    assert "<td>–</td>" in Table(None, Firm, 0)._repr_html_()


def test_a_million_rows_take_a_second_at_most():
    start = time.perf_counter()
    table = Table(None, Firm, 1_000_000)
    assert table[-1].price == 1.0
    assert time.perf_counter() - start < 1.0


def test_importing_tables_imports_nothing_heavy_beyond_mesa():
    code = "import sys, mesa; old = {*sys.modules}; "
    code += "import sim.engine.mesa.collector; print(*{*sys.modules} - old)"
    new = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "sim.engine.columns" in new
    assert {name.split(".")[0] for name in new} <= {"sim", "difflib", "html", "types"}


def test_what_adds_up_within_a_quarter_starts_from_zero_and_nothing_else():
    class Till(Row):
        sales = Column(3.0, unit="fen/quarter", of_the_quarter=True)
        sold_out = Column(True, unit="yes/no", of_the_quarter=True)
        price = Column(3.0, unit="fen")

    table = Table(None, Till, 2)
    sales = table["sales"]
    table.open_quarter()
    assert table["sales"] is sales
    assert [table[name].tolist() for name in table.columns] == [[0.0, 0.0], [False, False], [3.0, 3.0]]
