"""Which business models platforms run: what an economy is given, who is dealt which, what a model writes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sim.credit.funders import FUNDERS
from sim.engine.draws import claim, key, uniform
from sim.links.lines import LINES
from sim.population.adaptive import row_of
from sim.strategies.base import BusinessModel, StrategyError, discover, strategy

FREE = "free"  # founders choose among all business models in which platforms act
ROOM = 10  # firms for each row of platforms, where nothing says how much room there is
ROOM_LEAST = 40  # rows
DEALT = claim("who runs which business model", __name__)
# all that a platform's change of model writes before it acts, beside the sight of its scorers
TAKEN_UP = ("model", "founded", "since")


def models_of(
    given: "str | BusinessModel | Mapping[Any, int]",
) -> dict[BusinessModel, int | None]:
    """Business models by name's order, with how many small platforms begin with each (None: the parameter
    `starters` says it).

    StrategyError for an unknown name, a number that is none, or two rows of one name.
    """
    if isinstance(given, str) and given == FREE:
        return {checked(row): None for row in discover().values() if row.acts}
    if not isinstance(given, Mapping):
        return {checked(row_of(given)): None}
    found: dict[BusinessModel, int | None] = {}
    for one, number in given.items():
        row = checked(row_of(one))
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 0:
            raise StrategyError(f"{row.name}: {number!r} platforms is not a whole number from 0 on")
        if any(row.name == other.name for other in found):
            raise StrategyError(f"two business models are named {row.name!r}")
        found[row] = int(number)
    if not found or sum(filter(None, found.values())) == 0:
        raise StrategyError(f"{dict(given)!r} names no platforms: {{'deep_integration': 8, ...}}")
    return dict(sorted(found.items(), key=lambda one: one[0].name))


def room(platforms: int | None, firms: int) -> int:
    """How many rows of platforms there are."""
    return max(ROOM_LEAST, int(firms) // ROOM) if platforms is None else platforms


def check_room(chosen: Mapping[BusinessModel, int | None], p: Any, rows: int) -> None:
    """StrategyError where giants and those who begin are more than there is room for."""
    begin = sum(p.starters if n is None else n for row, n in chosen.items() if row.acts)
    if begin + p.giants > rows:
        given = {row.name: n for row, n in chosen.items() if n is not None}
        raise StrategyError(
            f"{given or begin} platforms and {p.giants} giants exceed the room for {rows}: platforms = ..."
        )


def checked(row: BusinessModel) -> BusinessModel:
    """The row, if there are such funders, lines and models to turn to. StrategyError if not."""
    for what, names, known in (
        ("funder", [name for name, _ in row.funders], FUNDERS.all()),
        ("service line", row.lines, LINES.all()),
    ):
        for name in names:
            if name not in known:
                raise StrategyError(f"{row.name}: no {what} {name!r} (there are {', '.join(known)})")
    if row.to_projects > 0.0 and not row.lines:
        raise StrategyError(f"{row.name}: spends on projects, and names no service lines")
    for name in row.turns_to:
        strategy(name)
    return row


def with_those_turned_to(rows: Sequence[BusinessModel]) -> tuple[BusinessModel, ...]:
    """These business models, and all to which their reviews may turn, each once, in the order of names; last
    those that only say how others are run."""
    found = {row.name: row for row in rows}  # what is given stands for what is known by its name
    ahead = list(rows)
    while ahead:
        for name in ahead.pop().turns_to:
            if name not in found:
                found[name] = checked(strategy(name))
                ahead.append(found[name])
    return tuple(sorted(found.values(), key=lambda row: (row.starts_as != "", row.name)))


def runs_as(models: Sequence[BusinessModel], row: BusinessModel) -> int:
    """The place in `models` of what platforms of this row run at first."""
    return [one.name for one in models].index(row.starts_as or row.name)


def openings(timeline: Iterable[Any], begins: str | None) -> dict[str, int]:
    """The quarter from which founders may choose a business model, by its name; others may always.

    timeline: changes in the order in which they act, see `sim.law`.
    """
    found: dict[str, int] = {}
    for change in timeline:
        for name in change.opens:
            found.setdefault(name, change.quarter(begins))
    return found


def still_closed(economy) -> set[str]:
    """The names of business models that nobody may found or turn to in the next quarter."""
    opened = openings(economy.timeline, economy.begins)
    return {name for name, quarter in opened.items() if quarter > economy.now + 1}


def open_up(economy) -> list[int]:
    """Business models that this quarter opens to founders, and did not have (places in economy.models)."""
    names, now = [row.name for row in economy.models], economy.now
    opened = openings(economy.timeline, economy.begins).items()
    new = [names.index(name) for name, quarter in opened if quarter == now and name in names]
    new = [place for place in new if place not in economy.open_models]
    economy.open_models += tuple(new)
    return new


def close_later(economy) -> None:
    """Nobody may found any more, until then, what a change to come opens."""
    closed = still_closed(economy)
    economy.open_models = tuple(n for n in economy.open_models if economy.models[n].name not in closed)


def check_openings(rows: Sequence[BusinessModel], timeline: Iterable[Any]) -> None:
    """StrategyError for a timeline that opens what is none of these business models, or does nothing; rows:
    what platforms begin with."""
    acting = {row.name for row in with_those_turned_to(rows) if row.acts and not row.starts_as}
    for change in timeline:
        for name in change.opens:
            if name not in acting:
                raise StrategyError(
                    f"the change at {change.at} opens {name!r}, which is none of {', '.join(sorted(acting))}"
                )


def adapts(economy) -> bool:
    """Whether those who are founded in this economy review their business model."""
    return any(row.starts_as for row in economy.models)


def dealt(economy, rows: np.ndarray, numbers: Sequence[int]) -> np.ndarray:
    """Which model each of these platforms runs (place in `numbers`, in these proportions), by a draw."""
    luck = np.array([uniform.plain(key(economy.draws_from, DEALT), int(i), 0, 0) for i in rows])
    model = np.empty(len(rows), np.int32)
    counts = shares(len(rows), numbers, economy.draws_from)
    model[np.argsort(luck, kind="stable")] = np.repeat(np.arange(len(numbers)), counts)
    return model


def shares(seats: int, numbers: Sequence[int], seed: int) -> list[int]:
    """So many seats, shared in proportion to `numbers`; a draw decides ties."""
    whole = max(1, sum(numbers))
    given, rest = (list(parts) for parts in zip(*[divmod(seats * n, whole) for n in numbers], strict=True))
    luck = [uniform.plain(key(seed, DEALT), n, 1, 0) for n in range(len(numbers))]
    by_rest = sorted(range(len(numbers)), key=lambda n: (-rest[n], luck[n]))
    for n in by_rest[: seats - sum(given)]:
        given[n] += 1
    return given


def take_up(economy, rows: np.ndarray, model: int) -> None:
    """These platforms run economy.models[model] from the next quarter on: the only writer of what a row says.

    What they have learned they keep, as far as they still see it. Who did nothing before is founded now.
    """
    platforms, row = economy.platforms.columns, economy.models[model]
    if row.starts_as:
        platforms["adapts"][rows] = 1.0
        model = runs_as(economy.models, row)
        row = economy.models[model]
    begins = rows[(platforms["acts"][rows] == 0.0) & row.acts]
    platforms["founded"][begins] = platforms["since"][begins] = economy.quarter
    platforms["model"][rows] = model
    for name, value in columns_of(row).items():
        platforms[name][rows] = value
    for scorers in (economy.firm_scorers, economy.consumer_scorers):
        scorers.see(rows, row.sees)
        scorers.belong(rows, model)


def columns_of(row: BusinessModel) -> dict[str, float]:
    """What columns of platforms hold of a row."""
    shares_of, lines = dict(row.funders), set(row.lines)
    found = {name: float(getattr(row, name)) for name in row.numbers()}
    found |= {f"from_{funder.name}": shares_of.get(funder.name, 0.0) for funder in FUNDERS}
    return found | {line.offer_name: float(line.name in lines) for line in LINES}
