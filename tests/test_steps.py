"""The generated list of what each step of a quarter reads and writes is true of a rich economy."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from experiments.document import documents, steps
from sim import Economy, model
from sim.engine.columns import Table
from sim.engine.rules import Rule
from sim.state import Market
from tests.institutions import COVERER, HARD, SELLER

QUARTERS = 32
SCORERS = ("firm_scorers", "consumer_scorers")
PARTS = ("market", "memory", "tallies")
MIX: Any = {
    "consumer_traffic": 5,
    "institution_traffic": 4,
    "deep_integration": 3,
    "sideline_platform": 3,
    SELLER: 4,
    COVERER: 4,
}


def columns_of(economy: Economy) -> dict[str, bytes]:
    """The bits of all columns, accounts, and fields of the state, by the name that the list uses."""
    found = {
        f"{name}.{column}": array.tobytes()
        for name, table in economy.tables.items()
        for column, array in table.columns.items()
    }
    parts = {name: getattr(economy, name).snapshot() for name in PARTS}
    return found | {
        f"{name}.{field}": np.asarray(value).tobytes()
        for name, part in parts.items()
        for field, value in part.items()
    }


class Watched:
    """What changed in each step of an economy, by the step's name."""

    def __init__(self, economy: Economy):
        self.economy, self.changed, self.inside = economy, {}, False

    def around(self, name: Any, function: Any) -> Any:
        """The function, watched where no other step is at work; name: the step's, or what makes it."""

        def call(*given: Any, **named: Any) -> Any:
            if self.inside:
                return function(*given, **named)
            self.inside, before = True, columns_of(self.economy)
            try:
                return function(*given, **named)
            finally:
                self.inside, after = False, columns_of(self.economy)
                names = name if isinstance(name, str) else name(*given)
                found = self.changed.setdefault(names, set())
                found |= {one for one in after if before[one] != after[one]}

        return call


@contextmanager
def watched(economy: Economy, patch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """In this block every step of the economy's quarters is watched."""
    watch = Watched(economy)
    with patch.context() as inside:
        for step in steps.steps():
            head, _, function = step.name.rpartition(".")
            if isinstance(step.thing, Rule) or step.paragraph == "the record":
                continue
            owner = {"table": Table, "market": Market}.get(head) or getattr(model, head, economy.ledger)
            if head == "ledger":
                inside.setattr(economy.ledger, function, watch.around(step.name, economy.ledger.close))
            else:
                inside.setattr(owner, function, watch.around(step.name, step.thing))
        each = economy.each
        of_rules = lambda table, *rules: tuple(f"{table.name}: {rule.name}" for rule in rules)  # noqa: E731
        inside.setattr(economy, "each", watch.around(of_rules, each))
        yield watch


@pytest.fixture(scope="module")
def changed() -> dict[Any, set[str]]:
    """What changed in each step, or group of rules, over some quarters of six models side by side."""
    economy = Economy(MIX, firms=400, banks=4, platforms=30, seed=5, parameters=HARD)
    with watched(economy, pytest.MonkeyPatch()) as watch:
        economy.run(QUARTERS // 2)
        for platform in range(0, 30, 2):  # the ends of platforms are watched too, and newcomers in their rows
            economy.platforms["alive"][platform] = False
        economy.run(QUARTERS // 2)
    return watch.changed


def listed(names: str | tuple[str, ...]) -> set[str]:
    """What the list says that a step, or a group of rules, writes."""
    rows = steps.matrix()
    return {one for name in ((names,) if isinstance(names, str) else names) for one in rows[name].writes}


def test_every_column_that_changes_in_a_step_is_among_those_that_the_step_is_said_to_write(changed):
    wrong = {str(names): sorted(found - listed(names)) for names, found in changed.items()}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_every_step_of_the_quarter_was_watched(changed):
    seen = {one for names in changed for one in ((names,) if isinstance(names, str) else names)}
    assert seen == set(steps.matrix())


def test_hardly_anything_is_said_to_be_written_that_is_not(changed):
    said = sum(len(listed(names)) for names in changed)
    never = {names: listed(names) - found for names, found in changed.items()}
    own = {
        names: {one for one in found if one.split(".")[0] not in SCORERS} for names, found in never.items()
    }
    # most of it is of invoices and of what fails, of which little happens in so small a world
    assert sum(map(len, own.values())) < 0.25 * said, own


def test_every_flow_of_the_chart_is_booked_by_some_step():
    assert {flow for row in steps.matrix().values() for flow in row.flows} == set(documents.CHART.flows)
