"""What comes next is one object each: a funder, a service line, a model that reviews itself, a change of law.

Each is added here as its file would add it, without a word in `sim/`, and something comes of it.
"""

from typing import Any

import numpy as np
import pytest

from sim import BusinessModel, Economy, StrategyError, discover
from sim.actors.owners import Owners
from sim.actors.platforms import Platform
from sim.credit.funders import FUNDERS, Funder
from sim.engine.chart import Flow, Instrument, WriteOff
from sim.engine.fen import within
from sim.engine.kernels import kernel
from sim.engine.rows import Account, Column
from sim.engine.rules import rule
from sim.law import Change
from sim.links.lines import LINES, ServiceLine, insight
from sim.markets.payments import ownership
from sim.strategies.base import FOOTPRINTS, OPERATIONS
from tests.economies import LINKED, differences, small


class Papers(Funder):
    """The owners' pool buys papers on a pool of loans, and shares in its interest and losses."""

    name, rank, account = "papers", 5, "papers_owed"
    adds = {
        Platform: {
            "from_papers": Column(0.0, unit="share of a loan"),
            "papers_owed": Account("to holders of papers"),
        },
        Owners: {"papers": Account("on platforms' loans")},
    }
    instruments = {"papers": Instrument((("owners", "papers"),), (("platforms", "papers_owed"),))}
    flows = {
        "papers bought": Flow("owners", "platforms", spent_on="papers", earned_by="papers_owed"),
        "papers repaid": Flow("platforms", "owners", spent_on="papers_owed", earned_by="papers"),
        "interest on papers": Flow("platforms", "owners"),
        "papers lost": WriteOff((("owners", "papers"),), (("platforms", "papers_owed"),)),
    }

    def limit(self, e, need):
        return np.full(len(need), 0.2 * ownership.money(e) / len(need))

    def pay_in(self, e, lent, part):
        ownership.spend(e, "papers bought", part)

    def repay(self, e, principal, before):
        back = np.minimum(self.owed(e), np.rint(principal * (self.owed(e) / np.maximum(1, before))))
        total = e.ledger.debit("papers repaid", back.astype(np.int64))
        e.ledger.credit("papers repaid", within(total, e.owners["papers"]))

    def interest(self, e, received, left, before):
        passed = np.minimum(left, np.floor(received * (self.owed(e) / np.maximum(1, before)))).astype(
            np.int64
        )
        ownership.receive(e, "interest on papers", passed)
        return passed

    def at_risk(self, e):
        return self.owed(e).copy()

    def lose(self, e, lost):
        held = within(int(lost.sum()), e.owners["papers"])
        e.ledger.write_off("papers lost", {"owners": held}, {"platforms": lost})
        return lost


def test_a_funder_is_one_object():
    row = BusinessModel(
        "paper_funded", "Paper funded", to_consumers=0.6, to_firms=0.4, sees=FOOTPRINTS, take=0.006,
        lends_to_consumers=True, lends_to_firms=True, funders=(("papers", 0.6), ("banks", 0.2)),
    )  # fmt: skip
    with pytest.raises(StrategyError, match="no funder 'papers'"):
        Economy(row, firms=100)
    with FUNDERS.with_one_more(Papers()):
        economy = small(row, parameters=LINKED).run(40)  # the books are proved in each quarter
        moved = economy.records.flows.groupby("flow")["fen"].sum()
        assert (moved[["papers bought", "papers repaid", "interest on papers", "papers lost"]] > 0).all()
        assert economy.balance_sheet().loc["papers", "platforms"] < 0.0
        assert economy.balance_sheet().loc["papers"].sum() == 0.0
    assert "papers_owed" not in small().platforms.columns


@kernel
def works(linked, firms, depth, p):
    for i in linked:
        firms.linked_productivity[i] += 0.05 * depth[i]


@kernel
def shows(linked, firms, depth, usual, p, shown):
    for n in range(linked.shape[0]):
        shown.share[n] += 0.05 * depth[linked[n]]


class Leasing(ServiceLine):
    """Its machines are looked after by others; orders and stock are seen."""

    name, rank, cost = "leasing", 8, 0.3
    reveals = ("orders",)
    works, shows = works, shows


def test_a_service_line_is_one_object():
    row = BusinessModel(
        "carrier", "Carrier", to_projects=1.0, sees=OPERATIONS, lines=("leasing",), gain_share=0.4
    )
    with pytest.raises(StrategyError, match="no service line 'leasing'"):
        Economy(row, firms=100)
    with LINES.with_one_more(Leasing()):
        economy = small(row, parameters=LINKED).run(24)
        firms = economy.firms
        deep = firms["depth_leasing"] > 0.0
        assert deep.any()
        assert not firms["depth_software"].any()
        assert np.array_equal(firms["linked_productivity"] > 0.0, deep & (firms["link"] >= 0))
        rows = np.arange(len(economy.firms))
        assert np.array_equal(insight(economy, rows)["orders"], firms["depth_leasing"])
        assert economy.records.flows.groupby("flow")["fen"].sum()["integration fees"] > 0
    assert "depth_leasing" not in small().firms.columns


@rule(writes="wanted_model", draws="a test's review of a business model")
def turns_where_it_does_not_pay(platform, market, p, u):
    """One in four of those who make no gross profit turns."""
    return 0 if platform.gross_profit <= 0.0 and u < 0.25 else -1


def test_a_business_model_that_reviews_itself_is_one_row():
    row = BusinessModel(
        "restless", "Restless", to_consumers=1.0, sees=FOOTPRINTS, lends_to_consumers=True,
        funders=(("banks", 0.98),), take=0.0068, reviews=turns_where_it_does_not_pay,
        turns_to=("deep_integration",),
    )  # fmt: skip
    economy = small(row, parameters=LINKED)
    assert economy.mix == {"restless": 5}  # four and a giant
    first = economy.platforms["alive"].copy()
    economy.run(8)
    first &= economy.platforms["serial"] <= 5
    assert economy.mix["deep_integration"] > 0 and {economy.models[n].name for n in economy.open_models} == {
        "restless"
    }
    turned = economy.records.models.groupby("model")["platforms"].max()
    assert set(turned.index) == {"restless", "deep_integration"}
    assert (economy.platforms["founded"][first] == 0).all()  # who turns is not founded anew
    again = small(row, parameters=LINKED).run(8)
    assert differences(economy, again) == set()


def test_a_business_model_is_told_what_it_lacks():
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"turns_to": ("deep_integration",)}, "rule that reviews"),
        ({"reviews": turns_where_it_does_not_pay, "turns_to": ("deep_integraton",)}, "deep_integration"),
        ({"lines": ("software",), "funders": (("bank", 0.5),)}, "no funder 'bank'"),
        ({"to_consumers": 0.5, "to_projects": 0.5}, "names no service lines"),
    )
    plain: dict[str, Any] = {"name": "x", "title": "X", "to_consumers": 1.0}
    for wrong, told in cases:
        with pytest.raises(StrategyError, match=told):
            Economy(BusinessModel(**(plain | wrong)), firms=100)


def test_a_change_of_law_is_one_object():
    tax = Change("2011-08", {"profit_tax": 0.4}, "A higher tax on profit", "assumed")
    economy = small(begins="2011-01", timeline=[tax]).run(2)
    plain = small(begins="2011-01").run(2)
    assert (economy.p.profit_tax, plain.p.profit_tax) == (0.25, 0.25)
    assert differences(economy, plain) == set()
    economy.run(1)
    assert economy.p.profit_tax == 0.4  # from the quarter that holds the month
    assert differences(economy, plain.run(1)) != set()


def test_business_models_are_found_by_being_there():
    assert "deep_integration" in discover()
    assert [funder.name for funder in FUNDERS] == ["banks", "households", "notes", "borrowing"]
    lines = ["payments", "software", "procurement", "logistics", "early_cash", "advances", "cover"]
    assert [line.name for line in LINES] == [*lines, "invoices"]
