"""A rule is one text: compiled over a table, fused, or on threads it does what plain Python does by hand."""

import copy
import hashlib
import inspect
import math
import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from sim.engine.columns import Account, Column, Row, Table
from sim.engine.compiling import compiled
from sim.engine.crew import Crew
from sim.engine.rules import RULES, WORTH_THREADS, loop, rule, sweep
from sim.model import Economy

ROOT = Path(__file__).parents[1]
OF_THE_MODEL = [r for r in RULES if r.__module__.startswith("sim.")]


class Guest(Row):
    generation = Column(0, unit="count", dtype="uint32")
    place = Column(0, unit="row of market.rent", dtype="int32")
    mood = Column(0.5, unit="share")
    stays = Column(True, unit="yes/no")
    spent = Column(0.0, unit="fen")
    nights = Column(0, unit="nights")
    purse = Account("money")


class Enjoyed(NamedTuple):
    mood: float
    stays: bool


class Spent(NamedTuple):
    spent: float
    nights: int


@rule(writes=Enjoyed, draws=("weather", "company", "food"))
def enjoys(guest, market, p, u):
    """Three draws, one condition, one look at what the market posts for the guest's place."""
    mood = guest.mood + p.moodiness * (u[0] - u[1]) - market.rent[guest.place] / market.income
    return Enjoyed(mood=mood, stays=u[2] < mood if guest.stays else False)


@rule(writes=Spent, draws="appetite")
def spends(guest, market, p, u):
    spent = min(float(guest.purse), math.floor(1000.0 * u * guest.mood))
    return Spent(spent=spent if guest.stays else 0.0, nights=guest.nights + guest.stays)


@rule(writes="mood")
def envies(guest, market, p, u):
    return market.rent[guest.place]


@rule(writes="mood")
def tires(guest, market, p, u):
    """Hands its agent to a helper that stands below it."""
    return guest.mood - fatigue(guest, p)


@compiled
def fatigue(guest, p):
    return p.moodiness * weariness(guest)


@compiled
def weariness(guest):
    return 0.1 * guest.nights


MARKET = SimpleNamespace(rent=np.array([1.0, 2.0, 4.0]), income=40.0)
GIVEN = SimpleNamespace(moodiness=0.7)


def guests(n: int = 100) -> Table:
    table = Table(None, Guest, n)
    table["place"], table["generation"] = np.arange(n) % 3, np.arange(n) % 2
    table.books["purse"][:] = np.arange(n) * 10
    return table


def digest(tables) -> str:
    """A hash of every column."""
    total = hashlib.blake2b(digest_size=16)
    for table in tables:
        for name in sorted(table.columns):
            total.update(name.encode() + table.columns[name].tobytes())
    return total.hexdigest()


def by_hand(table: Table, one, market, p, seed: int, quarter: int) -> dict[str, np.ndarray]:
    """The columns that a rule writes, from plain Python applied to each row."""
    columns = {name: table.columns[name].copy() for name in one.writes}
    for i in range(len(table)):
        row, generation = table[i], int(table.columns["generation"][i])
        result = one(row, market, p, one.luck(seed, row.unique_id, generation, quarter))
        values = result if isinstance(result, tuple) else (result,)
        for name, value in zip(one.writes, values, strict=True):
            columns[name][i] = value
    return columns


def agree(table: Table, one, market, p, seed: int, quarter: int) -> list[str]:
    """Columns that come out otherwise compiled than by hand; leaves the table as it was."""
    before, expected = table.snapshot(), by_hand(table, one, market, p, seed, quarter)
    sweep(table, (one,), market, p, seed, quarter)
    wrong = [name for name in one.writes if table.columns[name].tobytes() != expected[name].tobytes()]
    table.load(before)
    return wrong


@pytest.fixture(scope="module")
def economy() -> Economy:
    economy = Economy(firms=300, seed=1)
    for _ in range(4):
        economy.step()
    return economy


def table_of(economy: Economy, one) -> Table:
    """A rule of the model calls its agent what the table is called, of one row or without the s."""
    agent = next(iter(inspect.signature(one.function).parameters))
    return economy.tables[agent if agent in economy.tables else f"{agent}s"]


@pytest.mark.parametrize("one", OF_THE_MODEL, ids=lambda one: one.name)
def test_a_rule_of_the_model_is_the_same_compiled_and_by_hand(economy, one):
    assert (
        agree(table_of(economy, one), one, economy.market, economy.p, economy.seed, economy.quarter + 1) == []
    )


def test_the_model_has_rules_of_every_kind_of_agent(economy):
    assert {table_of(economy, one).name for one in OF_THE_MODEL} >= {
        "firms",
        "consumers",
        "banks",
        "platforms",
    }


@pytest.mark.parametrize("one", [enjoys, spends, envies, tires], ids=lambda one: one.name)
def test_a_rule_is_the_same_compiled_and_by_hand(one):
    assert agree(guests(), one, MARKET, GIVEN, 3, 9) == []


def test_a_table_that_was_swept_once_takes_other_parameters_another_seed_and_another_market():
    table, swept = guests(), []
    other = SimpleNamespace(rent=np.array([3.0, 1.0, 2.0]), income=40.0)
    for market, given, seed in (
        (MARKET, GIVEN, 1), (MARKET, SimpleNamespace(moodiness=0.1), 1), (MARKET, GIVEN, 2),
        (other, GIVEN, 1), (MARKET, GIVEN, 1),
    ):  # fmt: skip
        assert agree(table, enjoys, market, given, seed, 3) == []
        fresh = guests()
        sweep(fresh, (enjoys,), market, given, seed, 3)
        swept.append(digest([fresh]))
    assert len(set(swept)) == 4
    assert swept[0] == swept[-1]


def test_fused_rules_do_what_they_do_one_by_one():
    fused, single = guests(), guests()
    sweep(fused, (enjoys, spends), MARKET, GIVEN, 3, 9)
    for one in (enjoys, spends):
        sweep(single, (one,), MARKET, GIVEN, 3, 9)
    assert fused["nights"].any() and not fused["stays"].all()
    assert digest([fused]) == digest([single])


def test_fused_rules_of_the_model_do_what_they_do_one_by_one(economy):
    rules = tuple(one for one in OF_THE_MODEL if one.name in ("adapts", "plans", "asks_for_credit"))
    assert len(rules) == 3
    before, given = economy.firms.snapshot(), (economy.market, economy.p, economy.seed, economy.quarter + 1)
    sweep(economy.firms, rules, *given)
    fused = digest([economy.firms])
    economy.firms.load(before)
    for one in rules:
        sweep(economy.firms, (one,), *given)
    single = digest([economy.firms])
    economy.firms.load(before)
    assert fused == single


def test_the_whole_economy_has_the_same_bits_in_plain_python():
    text = """
        import hashlib, warnings
        warnings.simplefilter("error")
        from sim.model import Economy
        economy = Economy(firms=100, consumers=100, seed=5)
        for _ in range(3):
            economy.step()
        total = hashlib.blake2b()
        for name, table in sorted(economy.tables.items()):
            for column in sorted(table.columns):
                total.update(table.columns[column].tobytes())
        print(total.hexdigest())
    """
    found = [
        subprocess.run(
            [sys.executable, "-c", inspect.cleandoc(text)], env=os.environ | {"NUMBA_DISABLE_JIT": off},
            capture_output=True, text=True, check=True, cwd=ROOT,
        ).stdout
        for off in ("1", "0")
    ]  # fmt: skip
    assert len(found[0]) > 100
    assert found[0] == found[1]


def test_one_more_agent_changes_nobody_else():
    few, more = guests(100), guests(101)
    for table in (few, more):
        sweep(table, (enjoys, spends), MARKET, GIVEN, 3, 9)
    for name, column in few.columns.items():
        assert column.tobytes() == more.columns[name][:100].tobytes(), name


def test_luck_differs_by_seed_quarter_and_generation():
    drawn = {
        enjoys.luck(*who) for who in ((3, 1, 0, 9), (4, 1, 0, 9), (3, 2, 0, 9), (3, 1, 1, 9), (3, 1, 0, 8))
    }
    assert len(drawn) == 5
    assert len(enjoys.luck(3, 1, 0, 9)) == 3
    assert isinstance(spends.luck(3, 1, 0, 9), float)


def test_a_crew_gives_the_bits_of_one_thread():
    alone, shared = guests(WORTH_THREADS + 77), guests(WORTH_THREADS + 77)
    sweep(alone, (enjoys, spends), MARKET, GIVEN, 3, 9)
    crew = Watched(3)
    sweep(shared, (enjoys, spends), MARKET, GIVEN, 3, 9, crew)
    assert crew.asked == 1
    assert digest([alone]) == digest([shared])


def test_a_crew_is_left_alone_with_few_rows():
    crew = Watched(2)
    sweep(guests(), (enjoys,), MARKET, GIVEN, 3, 9, crew)
    assert crew.asked == 0


class Watched(Crew):
    asked = 0

    def map(self, function, n):
        self.asked += 1
        super().map(function, n)


@pytest.mark.parametrize("n", [0, 1, 1 << 15, 100_001])
def test_a_crew_visits_every_row_once_in_chunks_that_do_not_depend_on_it(n):
    chunks = []
    for threads in (1, 3):
        seen = []
        Crew(threads).map(lambda start, stop, seen=seen: seen.append((start, stop)), n)
        chunks.append(sorted(seen))
    assert chunks[0] == chunks[1]
    assert [i for start, stop in chunks[0] for i in range(start, stop)] == list(range(n))


def test_what_goes_wrong_in_a_crew_is_not_lost():
    def fails(start, stop):
        raise ArithmeticError(f"chunk {start}")

    with pytest.raises(ArithmeticError, match="chunk 0"):
        Crew(2).map(fails, 10)


def test_a_crew_has_threads_and_can_be_copied():
    with pytest.raises(ValueError, match="a crew needs at least 1 thread, not 0"):
        Crew(0)
    crew = Crew(2)
    crew.map(lambda start, stop: None, 10)
    for twin in (copy.deepcopy(crew), pickle.loads(pickle.dumps(crew))):
        assert (twin.threads, twin is crew) == (2, False)


def test_a_market_cannot_post_what_is_being_written():
    table = guests(3)
    for posted in (table.columns["mood"], table.columns["mood"][::-1]):
        with pytest.raises(ValueError, match=r"market.rent shares guests\['mood'\], which a rule writes"):
            sweep(table, (envies,), SimpleNamespace(rent=posted), GIVEN, 3, 9)
    sweep(table, (envies,), SimpleNamespace(rent=table.columns["mood"].copy()), GIVEN, 3, 9)
    sweep(table, (spends,), SimpleNamespace(), GIVEN, 3, 9)


def test_a_rule_says_what_it_reads_and_writes():
    assert enjoys.reads == ("mood", "place", "stays")
    assert enjoys.writes == ("mood", "stays")
    assert (enjoys.market, enjoys.parameters) == (("income", "rent"), ("moodiness",))
    assert (spends.draws, envies.draws) == (("appetite",), ())


def test_a_rule_reads_what_its_helpers_read():
    assert (tires.reads, tires.market, tires.parameters) == (("mood", "nights"), (), ("moodiness",))


def results_that_are_not_by_name():
    def by_position(guest, market, p, u):
        return Spent(1.0, 2)

    def another(guest, market, p, u):
        return Enjoyed(mood=1.0, stays=True)

    def too_few(guest, market, p, u):
        return Spent(spent=1.0)  # pyright: ignore[reportCallIssue]

    def bare(guest, market, p, u):
        return 1.0, 2

    return by_position, another, too_few, bare


@pytest.mark.parametrize("function", results_that_are_not_by_name(), ids=lambda one: one.__name__)
def test_a_rule_that_writes_several_columns_names_each(function):
    with pytest.raises(TypeError, match=rf"^{function.__name__} returns Spent\(spent=, nights=\), each by"):
        rule(writes=Spent)(function)
    assert function.__name__ not in [one.name for one in RULES]


def test_a_loop_is_made_once_and_named_by_its_first_rule():
    assert loop((enjoys, spends)) is loop((enjoys, spends))
    assert loop((enjoys, spends)) is not loop((spends, enjoys))
    assert loop((spends, enjoys)).__name__.startswith("spends_")


def test_no_rule_writes_an_account():
    accounts = {name for table in Economy(firms=100, seed=1).tables.values() for name in table.books}
    assert [one.name for one in OF_THE_MODEL if set(one.writes) & accounts] == []
