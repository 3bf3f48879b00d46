"""Every business model, in any economy that the parameters allow: runs, stays finite, and its books close."""

import functools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import Economy, Parameters, discover
from sim.accounts import MONEY, REAL
from sim.engine.chart import Change, Flow, WriteOff
from sim.engine.columns import Table
from sim.record.chart import chart
from tests.economies import FUNDED, small

BUSINESS_MODELS = sorted(discover())
CHART = chart()
FLOWS, INSTRUMENTS = CHART.flows, CHART.instruments
CUSTOMERS = [table for table in MONEY if table not in ("banks", "state")]
# a share of nothing is no number; every other aggregate has to be one in every quarter
MAY_LACK = {
    "house_return",
    "own_share",
    "partners",
    "split_of_interest",
    "insurer_return",
    "note_trust",
    "note_yield",
    "notes_unsold",
    "loss_given_default",
    "auc_banks_firms",
    "auc_banks_consumers",
    "auc_platforms_firms",
    "auc_platforms_consumers",
    "largest_wallet",
    "two_wallets",
    "customer_price",
    "borrower_cost",
    "borrower_share",
    "funnel",
    "platforms_used",
    "bought_margin",
    "churn_large",
    "churn_middle",
    "churn_small",
    "depth",
    "kept_by_platforms",
    "left_large",
    "left_middle",
    "left_small",
    "lines",
    "linked_sales",
    "platform_loss_rate",
    "rationed",
    "small_rationed",
    "small_credit_share",
    "size_tail",
    "take",
    "appetite",
    "trust",
    "user_cost",
    "waste",
}
BANK_ASSETS = (
    "reserves",
    "bonds",
    "firm_loans",
    "syndicated_loans",
    "consumer_loans",
    "participations",
    "platform_loans",
    "notes",
    "warehouse_loans",
)


@functools.cache
def grown(name: str) -> Economy:
    """40 quarters under one business model, to look at and not to change."""
    return Economy(name, firms=500, platforms=20, banks=5, seed=2, parameters=FUNDED).run(40)


def infinite(economy: Economy) -> list[str]:
    """Where a number is recorded, posted or held that is none."""
    found = {
        name
        for line in economy.records.lines
        for name, value in line.items()
        if not (math.isfinite(value) or (math.isnan(value) and name in MAY_LACK))
    }
    found |= {
        f"platforms.{name}"
        for quarter in economy.records.of_platforms
        for name, column in quarter.items()
        if not (np.isfinite(column) | (np.isnan(column) & (name in MAY_LACK))).all()
    }
    for table in economy.tables.values():
        found |= {
            f"{table.name}.{name}" for name, column in table.columns.items() if not np.isfinite(column).all()
        }
    for posted in (economy.market, economy.market.derived, economy.memory, economy.tallies):
        found |= {name for name, value in posted.snapshot().items() if not np.isfinite(value).all()}
    return sorted(found)


def unbalanced(economy: Economy) -> list[str]:
    """What does not add up, by identities that the ledger does not use: an empty list."""
    return [
        *unbalanced_sectors(economy),
        *unbalanced_banks(economy),
        *unbalanced_pools(economy),
        *unbalanced_notes(economy),
    ]


def unbalanced_sectors(economy: Economy) -> list[str]:
    sheet = economy.ledger.balance_sheet()
    wrong = [name for name in INSTRUMENTS if sum(sheet[name].values())]
    # a column of the matrix: what a sector has, less what it owes, less its net worth, is nothing
    wrong += [f"column of {table}" for table in economy.tables if sum(row[table] for row in sheet.values())]
    real = sum(sum(sheet[account].values()) for account in {account for _, account in REAL})
    if real + sum(sheet["net_worth"].values()):
        wrong.append("the wealth of all is not what is real")
    return wrong


def unbalanced_banks(economy: Economy) -> list[str]:
    books = economy.banks.books
    assets = sum(books[name] for name in BANK_ASSETS)
    owed = books["deposits_owed"] + books["advances_owed"] + books["net_worth"]
    return [f"bank {row}" for row in np.flatnonzero(assets != owed)]


def unbalanced_pools(economy: Economy) -> list[str]:
    """Who funded a platform's loans, and who owes them, is known one by one, and adds up to its accounts."""
    wrong, platforms = [], economy.platforms
    shares = economy.memory.participations
    if (shares < 0).any() or (shares.sum(axis=1) != platforms["participations_owed"]).any():
        wrong.append("participations by platform")
    if (shares.sum(axis=0) != economy.banks["participations"]).any():
        wrong.append("participations by bank")
    owed = sum(by_place(table, "platform_debt", "debt_to") for table in (economy.firms, economy.consumers))
    advanced, at = economy.firms["invoice_advanced"], economy.firms["link"]  # owed by anchors
    owed += np.bincount(at[advanced > 0], advanced[advanced > 0], len(platforms)).astype(np.int64)
    if (owed != platforms["loans"] - platforms["invoices_held"]).any():
        wrong.append("loans by platform")
    if (by_place(economy.consumers, "claims", "claim_at") != platforms["claims_owed"]).any():
        wrong.append("claims by platform")
    return wrong


def unbalanced_notes(economy: Economy) -> list[str]:
    """Who holds a house's notes, and whose loans it has bought, is known one by one, and adds up."""
    wrong, houses, of_banks = [], economy.securities_houses, economy.memory.notes_of_banks
    found = np.zeros((2, len(houses)), np.int64)
    for sums, table, account, place in (
        (found[0], economy.platforms, "sold_loans", "house"),
        (found[1], economy.consumers, "notes", "note_at"),
    ):
        held = np.flatnonzero(table[account])
        np.add.at(sums, table[place][held], table[account][held])
        if (table[place][held] < 0).any():
            wrong.append(f"{account} of nobody")
    if (found[0] != houses["pools"]).any():
        wrong.append("loans by house")
    if (of_banks < 0).any() or (found[1] + of_banks.sum(axis=1) != houses["notes_owed"]).any():
        wrong.append("notes by house")
    if (of_banks.sum(axis=0) != economy.banks["notes"]).any():
        wrong.append("notes by bank")
    return wrong


def by_place(table: Table, account: str, place: str) -> np.ndarray:
    """Sums of an account by the platform that a column names; where it names none, they show at the last."""
    held = np.flatnonzero(table[account])
    sums = np.zeros(len(table.model.platforms), np.int64)
    np.add.at(sums, table[place][held], table[account][held])
    return sums


@pytest.mark.parametrize("name", BUSINESS_MODELS)
def test_a_business_model_runs_and_every_number_is_one(name):
    economy = grown(name)
    assert economy.quarter == len(economy.records) == 40
    assert infinite(economy) == []


@pytest.mark.parametrize("name", BUSINESS_MODELS)
def test_the_balance_sheets_balance(name):
    assert unbalanced(grown(name)) == []


@pytest.mark.parametrize("name", BUSINESS_MODELS)
def test_shares_are_shares_and_nobody_owes_less_than_nothing(name):
    economy = grown(name)
    firms = economy.firms
    assert ((firms["share"] >= 0.0) & (firms["share"] <= 1.0)).all()
    assert not firms["share"][~firms["alive"]].any()
    for table in economy.tables.values():
        below = {name for name in table.books if name != "net_worth" and (table.books[name] < 0).any()}
        # the state's account at its own bank is money that it has created, or called in
        assert below <= ({"reserves_owed", "bonds_owed"} if table.name == "state" else set())
    assert (firms["deposits"][~firms["alive"]] == 0).all()


@pytest.mark.parametrize("name", BUSINESS_MODELS)
def test_what_flows_is_what_changes_hands(name):
    """Stock = stock before + flows, for every instrument; computed from the record, not by the ledger."""
    economy = Economy(name, firms=300, platforms=12, banks=3, seed=5, parameters=FUNDED).run(10)
    for _ in range(8):
        before, had = economy.ledger.balance_sheet(), held(economy)
        economy.step()
        after, flows = economy.ledger.balance_sheet(), economy.records.of_flows[-1]
        for instrument, fen in held(economy).items():
            if instrument not in ("deposits", "reserves"):
                holders = INSTRUMENTS[instrument].holders
                change = sum(fen * step_of(FLOWS[flow], holders) for flow, fen in flows.items())
                assert fen - had[instrument] == change, instrument
        matrix = economy.ledger.flow_matrix(flows)
        assert all(sum(row.values()) == 0 for row in matrix.values())
        # money: what a sector receives less what it pays is what it then has more
        net = {table: sum(row[table] for row in matrix.values()) for table in economy.tables}
        for table in CUSTOMERS:
            assert after["deposits"][table] - before["deposits"][table] == net[table], table
        assert after["reserves"]["state"] - before["reserves"]["state"] == net["state"]


def held(economy: Economy) -> dict[str, int]:
    """What all holders of each instrument have of it (fen)."""
    return {
        name: sum(int(economy.tables[table].books[account].sum()) for table, account in spec.holders)
        for name, spec in INSTRUMENTS.items()
    }


def step_of(spec: Flow | Change | WriteOff, holders: tuple[tuple[str, str], ...]) -> int:
    """By how much one fen of this flow moves what these have."""
    if isinstance(spec, Flow):
        came = ((spec.payer, spec.spent_on), (spec.payee, spec.payee_money))
        went = ((spec.payee, spec.earned_by), (spec.payer, spec.payer_money))
        return sum(place in holders for place in came) - sum(place in holders for place in went)
    if isinstance(spec, WriteOff):
        return -int(holders == spec.held)
    return 0


@pytest.mark.parametrize("name", BUSINESS_MODELS)
def test_gross_product_is_what_is_spent_on_goods_and_what_firms_earn_by_it(name):
    economy = grown(name)
    goods = ("consumption", "public purchases", "investment", "advertising")
    for line, flows in zip(economy.records.lines, economy.records.of_flows, strict=True):
        assert line["gdp"] == sum(flows.get(flow, 0) for flow in goods)
    last = economy.records.of_flows[-1]
    among_firms = last["inputs"] + last["inputs on credit"]
    assert economy.firms["sales"].sum() == economy.records.lines[-1]["gdp"] + among_firms


def test_the_matrices_are_shown_in_yuan_with_rows_that_add_up_to_nothing():
    economy = grown("deep_integration")
    sheet, flows = economy.balance_sheet(), economy.flow_matrix()
    assert list(sheet.columns) == list(flows.columns) == list(economy.tables)
    assert {*INSTRUMENTS, *(account for _, account in REAL), "net_worth"} == set(sheet.index)
    fen = (100 * sheet.loc[list(INSTRUMENTS)]).round().astype("int64")
    assert (fen.sum(axis=1) == 0).all()
    assert ((100 * flows).round().astype("int64").sum(axis=1) == 0).all()
    assert sheet.loc["deposits", "consumers"] == economy.consumers["deposits"].sum() / 100
    assert flows.loc["wages", "consumers"] == economy.records.of_flows[-1]["wages"] / 100
    earlier = economy.flow_matrix(quarters_ago=3)
    assert earlier.loc["wages", "consumers"] == economy.records.of_flows[-4]["wages"] / 100


def extremes() -> st.SearchStrategy[dict[str, float]]:
    """A few guessed numbers at an end of their range: where models break first."""
    guessed = [one for one in Parameters.declarations().values() if one.sampled]
    ends = [st.sampled_from([(one.name, one.bounds[0]), (one.name, one.bounds[1])]) for one in guessed]
    return st.lists(st.one_of(ends), max_size=6).map(dict)


@settings(max_examples=15)
@given(name=st.sampled_from(BUSINESS_MODELS), world=st.integers(0, 10_000), at_an_end=extremes())
def test_any_draw_of_the_guessed_numbers_gives_an_economy_that_closes(name, world, at_an_end):
    p = Parameters.sampled(seed=1, world=world, fixed={"giants": 1, **at_an_end})
    economy = small(seed=world, parameters=p).run(8).branch(name).run(16)
    assert infinite(economy) == []
    assert unbalanced(economy) == []


@settings(max_examples=8)
@given(
    firms=st.integers(100, 400),
    consumers=st.integers(100, 900),
    banks=st.integers(1, 9),
    platforms=st.integers(1, 9),
    name=st.sampled_from(BUSINESS_MODELS),
)
def test_an_economy_of_any_size_closes(firms, consumers, banks, platforms, name):
    sizes = {"firms": firms, "consumers": consumers, "banks": banks, "platforms": platforms}
    economy = Economy(
        name, **sizes, parameters={"giants": min(3, platforms), "starters": platforms - min(3, platforms)}
    ).run(12)
    assert infinite(economy) == []
    assert unbalanced(economy) == []


@pytest.mark.long
@pytest.mark.parametrize("name", BUSINESS_MODELS)
def test_a_century_of_ten_thousand_firms(name):
    economy = Economy(firms=10_000, seed=4).run(120).branch(name).run(280)
    assert infinite(economy) == []
    assert unbalanced(economy) == []
    quarters = economy.records.quarters
    assert quarters["output"].iloc[-40:].min() > quarters["output"].iloc[:40].max()  # it grows, and goes on
    assert quarters["unemployment"].mean() < 0.2


@pytest.mark.long
def test_a_million_firms():
    economy = Economy("deep_integration", firms=1_000_000, seed=4).run(8)
    assert infinite(economy) == []
    assert unbalanced(economy) == []
