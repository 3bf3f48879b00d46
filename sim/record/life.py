"""The life of a platform, told in events out of the record."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from sim.actors.platforms import MANNERS
from sim.engine.units import FEN, described, told

CUT = 0.5  # a budget is cut when it has fallen to this part of its highest since it was last cut
YEAR = 4  # quarters
SUMS = ("revenue", "losses_borne", "profit", "users", "firm_users", "links", "loans")
TOLD = {
    "event": "word: what happened",
    "amount": "yuan: that it was about; NaN where there is none",
    "words": "text: the event in words",
}


class Event(NamedTuple):
    """Something that happened to a platform."""

    quarter: int
    event: str
    amount: float  # yuan
    words: str


def money(yuan: float) -> str:
    """An amount as one says it."""
    for size, word in ((1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
        if abs(yuan) >= size:
            return f"{yuan / size:.3g}{word} yuan"
    return f"{yuan:.3g} yuan"


def names_of(platforms: Mapping[str, np.ndarray], models: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The name of the business model that each platform ran in a recorded quarter; "" if it did nothing.

    Places of models change when a world branches, so they are found by what their platforms did together.
    """
    names, left = [""] * len(platforms["model"]), dict(models)
    for place in np.unique(platforms["model"]):
        here = (platforms["model"] == place) & (platforms["serial"] > 0)
        sums = {name: float(platforms[name][here].sum()) for name in SUMS}
        for name, of in left.items():
            if of["platforms"] == here.sum() and all(of[key] == value for key, value in sums.items()):
                del left[name]
                for row in np.flatnonzero(here):
                    names[row] = name
                break
    return names


def life_of(economy: Any, platform: int) -> Any:
    """DataFrame of the events of a platform, oldest first: quarter, event, amount (yuan), words.

    platform: its number, as the record of platforms has it, or a row of the table, for who was there last.
    Raises IndexError, in one line, where there is no such platform.
    """
    import pandas as pd

    number, founded = int(getattr(platform, "serial", platform)), economy.memory.platforms_founded
    if not 1 <= number <= founded:
        raise IndexError(f"there is no platform {number} among the {founded} that were founded so far")
    past = past_of(economy, number)
    events = sorted([*course(past), *rounds(past), *cuts(past)], key=lambda one: one.quarter)
    frame = pd.DataFrame(events, columns=list(Event._fields)).astype({"quarter": int, "amount": float})
    return described(frame, {name: told(text) for name, text in TOLD.items()})


def past_of(economy: Any, number: int) -> list[dict[str, Any]]:
    """What was recorded of a platform, quarter by quarter until it ended, with its business model's `title`
    and `price`; number: of all ever founded, the so-manieth."""
    records, titles = economy.records, {model.name: model.title for model in economy.models}
    found, sold = [], np.zeros(len(economy.platforms), bool)
    quarters = zip(records.lines, records.of_platforms, records.of_models, records.of_flows, strict=True)
    for line, of, models, flows in quarters:
        if not of:
            continue
        just = of["sold"] & ~sold
        sold = of["sold"]
        lives = of["alive"] | (of["died"] == line["quarter"])
        rows = np.flatnonzero(lives & (of["serial"] == number))
        if not len(rows):
            continue
        row = int(rows[0])
        name = names_of(of, models)[row]
        now = {key: values[row].item() for key, values in of.items()}
        now |= {
            "quarter": int(line["quarter"]),
            "title": titles.get(name, name),
            "price": 0.0,
        }
        if just[row]:  # the price of each is so many times its usual profit
            part = now["usual_profit"] / float(of["usual_profit"][just].sum())
            now["price"] = flows["venture exits"] * part / FEN
        found.append(now)
    return found


def first(past: list[dict[str, Any]], *names: str) -> dict[str, Any] | None:
    """The first quarter in which one of these is above zero."""
    return next((now for now in past if any(now[name] > 0 for name in names)), None)


def course(past: list[dict[str, Any]]) -> list[Event]:
    """What happens once, and changes of its business model."""
    found, title = [], ""
    for now in past:
        if now["title"] and now["title"] != title:
            event, words = ("model", "turns to") if title else ("founded", "begins to run")
            found.append(Event(now["quarter"], event, np.nan, f"{words} {now['title']}"))
            title = now["title"]
    if (now := first(past, "users", "firm_users")) is not None:
        words = f"{now['users']:,.0f} rows of consumers and {now['firm_users']:,.0f} firms use it"
        found.append(Event(now["quarter"], "first user", np.nan, words))
    if (now := first(past, "links")) is not None:
        words = f"it is part of the operations of {now['links']:,.0f} firms"
        found.append(Event(now["quarter"], "first link", np.nan, words))
    if (now := first(past, "profit")) is not None:
        yuan = now["profit"] / FEN
        found.append(Event(now["quarter"], "first profit", yuan, f"{money(yuan)} in the quarter"))
    if (now := first(past, "price")) is not None:
        words = f"the fund sells its stake for {money(now['price'])}"
        found.append(Event(now["quarter"], "sold", now["price"], words))
    if (now := next((now for now in past if not now["alive"]), None)) is not None:
        put_in, earned = now["venture_total"] / FEN, now["revenue_total"] / FEN
        words = (
            f"{MANNERS[now['manner']]} after {money(put_in)} of venture money and {money(earned)} of revenue"
        )
        found.append(Event(now["quarter"], "closed", put_in, words))
    return found


def rounds(past: list[dict[str, Any]]) -> list[Event]:
    """Venture money, one event for up to a year of quarters in a row."""
    found: list[Event] = []
    begun, had, last = 0, 0.0, -1
    for now in past:
        if now["venture"] > 0:
            if found and last == now["quarter"] - 1 and last < begun + YEAR - 1:
                found.pop()
            else:
                begun, had = now["quarter"], 0.0
            had, last = had + now["venture"] / FEN, now["quarter"]
            when = f"quarter {begun}" if last == begun else f"quarters {begun} to {last}"
            found.append(Event(begun, "venture money", had, f"{money(had)} from the fund in {when}"))
    return found


def cuts(past: list[dict[str, Any]]) -> list[Event]:
    """Budgets for growth that have fallen to `CUT` of the highest since the last cut."""
    found, highest = [], 0.0
    for now in past:
        budget = now["budget"] / FEN
        if now["alive"] and highest > 0.0 and budget <= CUT * highest:
            words = f"from {money(highest)} for growth to {money(budget)} a quarter"
            found.append(Event(now["quarter"], "budget cut", budget, words))
            highest = budget
        highest = max(highest, budget)
    return found
