"""From which account integrators live: sources add up to the books, and a planted transfer is told as one."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.judge.accounts import (
    ALL_INCOME,
    BY_EFFECTS,
    CREATED,
    GAINED,
    TAKEN,
    WITH,
    WITHOUT,
    Ledgers,
    ledgers,
)  # fmt: skip
from experiments.measure import accounts as measure
from experiments.measure.accounts import CLIENTS, GROUPS, OF_FIRMS, OTHERS, REPLACED
from experiments.measure.arithmetic import YEAR
from experiments.measure.futures import FOCUS, NO_GAINS
from experiments.run.arm import Arm, branch
from experiments.run.world import CONTROL
from experiments.studies import lines as study
from experiments.tell import accounts as told
from sim.links.lines import LINES
from tests.economies import LINKED, small

pytestmark = pytest.mark.usefixtures("in_process")
QUARTERS = 16


@pytest.fixture(scope="module")
def followed():
    """Three futures of one small world, followed, with their economies."""
    world = small(parameters=LINKED).run(4)
    found = {}
    for name, arm in study.arms().items():
        economy = branch(world, Arm({FOCUS: 6}, arm.parameters) if name != CONTROL else arm)
        follower = measure.Accounts(economy)
        follower.run(QUARTERS)
        found[name] = (economy, follower.tables())
    return found


def test_income_by_source_is_that_of_the_books(followed):
    economy, tables = followed[FOCUS]
    income: Any = tables["income"]
    assert income["since"].tolist() == list(range(1, QUARTERS + 1))
    recorded = pd.DataFrame(economy.records.of_flows).fillna(0.0).iloc[-QUARTERS:].reset_index(drop=True)
    fees = [name for name in income if name.startswith("fee: ")]
    assert len(fees) == len(list(LINES)) + 1 and recorded["integration fees"].sum() > 0.0
    np.testing.assert_allclose(income[fees].sum(axis=1), recorded["integration fees"])
    platforms = economy.records.platforms
    revenue = platforms.groupby("quarter")["revenue"].sum().to_numpy(float)[-QUARTERS:]
    loans = [measure.TAKES, measure.ADVANCES, measure.INVOICES, measure.OTHER_LOANS]
    others = [*loans, *measure.SOLD.values()]
    np.testing.assert_allclose(income[fees + others].sum(axis=1), revenue, atol=2.0)
    assert (income[measure.TAKES] >= 0.0).all()
    np.testing.assert_allclose(income[measure.PAYMENTS], recorded["payment fees"])


def test_without_effects_no_line_has_a_fee_and_the_twin_has_no_client(followed):
    income, firms = followed[NO_GAINS][1]["income"], followed[CONTROL][1]["accounts"]
    # what logistics gains is seen beside rivals, so that luck shows some where there is no effect
    fees = [name for name in income if name.startswith("fee: ") and not name.endswith("logistics")]
    assert income[fees].to_numpy().sum() == 0.0
    assert not firms["linked"].any() and followed[FOCUS][1]["accounts"]["linked"].any()


def test_what_is_followed_is_the_last_year_in_goods(followed):
    economy, tables = followed[CONTROL]
    lines = economy.records.lines[-YEAR:]
    goods = sum(line["gdp"] / line["price_level"] for line in lines)
    assert tables["goods"]["goods"].tolist() == [pytest.approx(goods)]
    again = economy.branch("external_finance")
    follower = measure.Accounts(again)
    follower.run(YEAR + 1)
    first, last = follower.year[0], again.firms
    assert len(follower.year) == YEAR
    sales = last["sales"] * last["alive"] / again.records.lines[-1]["price_level"]
    np.testing.assert_allclose(follower.year[-1]["sales"], sales)
    found: Any = follower.tables()["accounts"]
    total = sum(one["sales"].sum() for one in follower.year)
    assert found["sales"].sum() == pytest.approx(total) and first["sales"].sum() < total


def firms_of(sales: list[float], generation: list[float], linked: list[bool]) -> pd.DataFrame:
    zero = dict.fromkeys(OF_FIRMS, 0.0)
    return pd.DataFrame({"generation": generation, "linked": linked, **zero, "sales": sales, "inputs": 1.0})


def test_groups_are_clients_all_others_and_who_is_not_there_twice():
    own = firms_of([12.0, 9.0, 5.0, 7.0], [0, 0, 1, 0], [True, False, True, False])
    twin = firms_of([10.0, 10.0, 5.0, 4.0], [0, 0, 0, -1], [False] * 4)
    found = measure.beside_twins(own, twin, 100.0)
    assert found[CLIENTS, "value added"] == pytest.approx(0.02) and found[CLIENTS, "firms"] == 0.25
    assert found[OTHERS, "sales"] == pytest.approx(-0.01) and found[OTHERS, "inputs"] == 0.0
    assert found[REPLACED, "kept"] == pytest.approx(0.03) and found[REPLACED, "firms"] == 0.5
    assert sum(found[group, "firms"] for group in GROUPS) == 1.0


def planted(transfer: float, created: float) -> Ledgers:
    """Fourteen worlds in which clients take so much from others with and without effects, and make more."""
    rng, parts = np.random.default_rng(4), {name: [] for name in ("income", "accounts", "goods")}
    for world in range(14):
        luck = 1.0 + 0.1 * rng.standard_normal()
        for arm, made in ((CONTROL, 0.0), (FOCUS, created), (NO_GAINS, 0.0)):
            moves = 0.0 if arm == CONTROL else transfer * luck
            firms = firms_of([10.0 + moves + luck * made, 10.0 - moves], [0, 0], [arm != CONTROL, False])
            income = pd.DataFrame(
                {"since": range(1, 41), "gdp": 100.0, "fee: software": made, "advances": 2.0}
            )
            keys = {"world": world, "luck": 1, "arm": arm}
            parts["income"].append(income.assign(advances=2.0, **keys))
            parts["accounts"].append(firms.assign(**keys))
            parts["goods"].append(pd.DataFrame({"goods": [100.0]}).assign(**keys))
    return ledgers({name: pd.concat(of, ignore_index=True) for name, of in parts.items()})


def test_a_transfer_is_told_as_one_and_what_is_created_too():
    found = planted(transfer=1.0, created=3.0)
    firms = found.firms.set_index(["quantity", "lived"])["mean"]
    assert firms[GAINED, WITHOUT] == pytest.approx(0.01, rel=0.1)
    assert firms[TAKEN, WITHOUT] == pytest.approx(0.01, rel=0.1)
    assert firms[CREATED, WITHOUT] == pytest.approx(0.0, abs=1e-9)
    assert firms[CREATED, WITH] == firms[CREATED, BY_EFFECTS] == pytest.approx(0.03, rel=0.1)
    assert firms[TAKEN, BY_EFFECTS] == pytest.approx(0.0, abs=1e-9)
    income = found.income.set_index(["source", "lived"])["mean"]
    assert income["fee: software", BY_EFFECTS] == pytest.approx(0.03)
    assert income["advances", BY_EFFECTS] == 0.0 and income[ALL_INCOME, WITH] == pytest.approx(0.05)
    text = "\n".join(told.lines(found))
    assert "- Value added, with effects, % of GDP: more in clients +" in text
    assert "; after wages, interest and fees left to clients +" in text
    shares = [line for line in text.splitlines() if "% of all firms" in line]
    assert len(shares) == len(GROUPS) and "+" not in "".join(shares)
    row = next(line for line in text.splitlines() if line.startswith("| advances "))
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "advances",
        "+2 (+2 to +2)",
        "+2 (+2 to +2)",
        "0 (0 to 0)",
    ]
