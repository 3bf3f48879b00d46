"""What a user sees of an economy, and none of it changes anything: matrices, twins, lives, watched rows."""

import html
from collections.abc import Iterator
from typing import Any

import numpy as np

from sim import law
from sim.engine.compiling import telling
from sim.engine.units import FEN, Told, described, shown
from sim.record import beside, life, saving
from sim.record.told import QUARTERS
from sim.record.watching import Watch
from sim.strategies.base import BusinessModel, StrategyError

GLANCE = ("output", "gdp", "unemployment", "inflation", "credit_to_gdp", "default_rate", "platforms_alive")


def counted(quarters: int, words: str, progress: bool) -> Iterator[int]:
    """So many quarters to go through; with `progress` a bar, and a line if rules are compiled meanwhile."""
    if not progress:
        yield from range(quarters)
        return
    from tqdm import tqdm  # plain text: a notebook would need widgets for more, and warn without

    with telling(True):
        yield from tqdm(range(quarters), desc=words, unit="quarter")


class Shown:
    """The part of an economy that shows it. Money is in yuan here, and in fen in columns and records."""

    ledger: Any
    records: Any
    tables: Any
    models: Any
    watch_kept: Watch
    p: Any
    platforms: Any
    begins: str | None
    quarter: int
    seed: int
    midway: int

    @property
    def mix(self) -> dict[str, int]:
        """How many living platforms run which business model, by name."""
        living = self.platforms["model"][self.platforms["alive"]]
        running = np.bincount(living, minlength=len(self.models)).tolist()
        return {row.name: n for row, n in zip(self.models, running, strict=True) if n}

    @property
    def strategy(self) -> BusinessModel:
        """The business model that all platforms run. StrategyError if they run several: see `mix`."""
        if len(self.mix) > 1:
            raise StrategyError(f"these platforms run several business models: {self.mix}")
        return next((row for row in self.models if row.name in self.mix), self.models[0])

    def check_whole(self) -> None:
        """Raise RuntimeError, in one line, where a quarter was interrupted."""
        if self.midway:
            within = f"this economy was interrupted within quarter {self.midway}"
            raise RuntimeError(f"{within}: load or branch from an earlier one")

    def balance_sheet(self) -> Any:
        """The balance-sheet matrix, in yuan: DataFrame of instruments by sector."""
        self.check_whole()
        return matrix(self.ledger.balance_sheet(), Told("yuan", "assets, and what is owed with a minus"))

    def flow_matrix(self, quarters_ago: int = 0) -> Any:
        """The transaction-flow matrix of a recorded quarter, in yuan: DataFrame of flows by sector."""
        recorded = len(self.records)
        if not 0 <= quarters_ago < recorded:
            raise IndexError(f"quarters_ago = {quarters_ago}: {recorded} quarters are recorded")
        flows = self.records.of_flows[-1 - quarters_ago]
        return matrix(self.ledger.flow_matrix(flows), Told("yuan/quarter", "received, and paid with a minus"))

    def against(self, twin: Any) -> beside.Against:
        """This future beside another of the same world, firm by firm and consumer by consumer, in yuan.

        `future.against(twin).firms["gain"]`. ValueError, in one line, where they are no futures of one world,
        or do not stand at the same quarter.
        """
        beside.check_twins(self, twin)
        for economy in (self, twin):
            economy.check_whole()
        return beside.against(self, twin)

    def life_of(self, platform: int) -> Any:
        """What happened to a platform, from the record: DataFrame of quarter, event, amount (yuan), words."""
        return life.life_of(self, platform)

    def watch(self, **rows: Any) -> Any:
        """Keep all columns of these rows by table, from the next quarter on: `watch(firms=[7], platforms=2)`.

        A branch goes on watching, and so does what was saved. Returns the economy. ValueError, in one line,
        for a table that there is not, IndexError for a row.
        """
        self.watch_kept.add(self.tables, rows)
        return self

    @property
    def watched(self) -> dict[str, Any]:
        """What was seen of watched rows: by table a DataFrame, index (quarter, row), as the columns are."""
        return self.watch_kept.frames(self.tables)

    def __repr__(self) -> str:
        mix = self.mix
        runs = repr(mix) if len(mix) != 1 else repr(*mix)
        date = f" ({law.name_of(self.quarter, self.begins)})" if self.begins and self.quarter else ""
        return (
            f"Economy({runs}, firms={len(self.tables['firms'])}, consumers={len(self.tables['consumers'])}, "
            f"seed={self.seed}, quarter={self.quarter}{date}{', interrupted' if self.midway else ''})"
        )

    def _repr_html_(self) -> str:
        return as_html(self)


def matrix(found: Any, words: Told) -> Any:
    """A DataFrame in yuan of what is in fen, by sector."""
    import pandas as pd

    frame = pd.DataFrame(found).T / FEN
    return described(frame, {str(name): words for name in frame.columns})


def as_html(economy: Any) -> str:
    """What a notebook shows of an economy: what it is, how it stands, what was changed of the defaults."""
    titles, mix = {row.name: row.title for row in economy.models}, economy.mix
    runs = [f"{titles[name]}: {n}" if len(mix) > 1 else titles[name] for name, n in mix.items()]
    rows = [
        ("strategy", ", ".join(runs)),
        ("quarter", law.name_of(economy.quarter, economy.begins)),
        *((name, f"{n:,}") for name, n in saving.sizes(economy).items()),
        ("seed", economy.seed),
    ]
    if economy.midway:
        rows.append(("interrupted", f"within quarter {economy.midway}: it cannot go on"))
    if len(economy.records):
        line = economy.records.lines[-1]
        for name in GLANCE:
            by, unit = shown(QUARTERS[name].unit)
            rows.append((name.replace("_", " "), f"{line[name] / by:,.4g} {unit}"))
    changed = economy.p.overridden
    rows.append(("parameters changed", ", ".join(f"{k} = {v:g}" for k, v in changed.items()) or "none"))
    body = "".join(
        f"<tr><th style='text-align:left'>{html.escape(str(k))}</th><td>{html.escape(str(v))}</td></tr>"
        for k, v in rows
    )
    return f"<table><caption>Economy</caption>{body}</table>"
