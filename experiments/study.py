"""The one shape of a study, and how one is carried out.

A study is a file of `experiments.studies` with a ``STUDY``; it is found by being there, and its name is that
of the file: ``python -m experiments NAME``, ``make NAME``. A whole one::

    \"\"\"Does it matter how fast the economy changes?\"\"\"

    from experiments.judge.verdict import Verdict, verdict
    from experiments.measure.futures import arms, kept
    from experiments.measure.measures import outcomes
    from experiments.study import Study, Tables
    from experiments.tell.report import Report
    from experiments.tell.verdict import ten_lines

    def judge(tables: Tables) -> Verdict:
        return verdict(outcomes(tables), tables.drawn, tables.started)

    def tell(found: Verdict) -> Report:
        return Report("\\n".join(ten_lines(found)), tables={"primary": found.primary})

    STUDY = Study(__doc__, {"worlds": 8}, {"worlds": 200}, arms, kept, judge, tell)
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from experiments.judge.power import Enough
from experiments.measure.futures import Frame
from experiments.run import command
from experiments.run.arm import Arm, Aside
from experiments.run.command import Parser, Settings, UsageError
from experiments.run.ensemble import Ensemble, Outcome
from experiments.run.waiting import say
from experiments.run.world import World
from experiments.tell.report import Report


class Tables(Mapping[str, Frame]):
    """What the worlds of a study left: tables by name, each read when it is first asked for.

    ``settings`` is what was asked for, ``outcome`` what became of the worlds, ``made`` what was made of the
    tables and is asked for more than once, by name, until they are judged.
    """

    def __init__(self, settings: Settings, outcome: Outcome):
        self.settings, self.outcome = settings, outcome
        self._read: dict[str, Frame] = {}
        self.made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Frame:
        if name not in self._read:
            self._read[name] = self.outcome.store.frame(name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.outcome.store.tables())

    def __len__(self) -> int:
        return len(self.outcome.store.tables())

    @cached_property
    def drawn(self) -> Frame:
        """The parameters that were drawn or set: one row a world."""
        return self.outcome.store.manifests().drop(columns="seconds").select_dtypes("number")

    @property
    def started(self) -> range:
        """The numbers of all worlds that were asked for; those that failed have no rows."""
        return range(self.settings.worlds)

    @cached_property
    def notes(self) -> dict[str, str]:
        """What it takes to make the same again, as short texts by name."""
        description = self.outcome.store.description()
        versions = {**description["versions"], "python": description["python"]}
        return {
            "Arguments": json.dumps(description["arguments"], sort_keys=True),
            "Worlds": str(description["number_of_worlds"]),
            "Seed": str(self.settings.seed),
            "Code": str(description["code"]),
            "Versions": json.dumps(versions, sort_keys=True),
        }


def nothing(built: Parser) -> None:
    """A study without options of its own."""


@dataclass(frozen=True)
class Study:
    """A question that is put to worlds.

    Args:
        question: one sentence; of a longer text, as ``__doc__`` is, its first line.
        quick, full: sizes that differ from `command.QUICK` and `command.FULL`, by name.
        arms: the futures that each world is given, by label.
        keep: what is kept of one, economy -> tables by name; it stands at the top of a module apart from
            judging and telling, because an edit there makes stored worlds stale.
        judge: tables of the worlds -> a finding, a frozen dataclass of frames.
        tell: finding -> report.
        sampled: whether worlds draw their own values of the merely assumed parameters.
        aside: a side branch of every future, as with a shock; its tables are kept under names of their own.
        options: adds the study's own options to its parser.
        parts: where one ensemble is not enough: settings of each by the name of its folder. `judge` is then
            handed a mapping of tables by that name.
        follow, own: see `Ensemble`.
        held: parameters that the study holds in its worlds; what the user sets wins.
        others: studies whose worlds some parts are, by name.
        known: tables, half width in margins and number of looks -> how far the ensemble is; with it the study
            has the options ``--until`` and ``--most``.
        register: the hash of what is fixed before the first world: it is stored with the worlds, and gives
            the usual seed.
    """

    question: str | None
    quick: Mapping[str, Any]
    full: Mapping[str, Any]
    arms: Callable[[], Mapping[str, Arm]]
    keep: Callable[[Any], Mapping[str, Any]]
    judge: Callable[[Any], Any]
    tell: Callable[[Any], Report]
    sampled: bool = True
    aside: Callable[[], Aside] | None = None
    options: Callable[[Parser], None] = nothing
    parts: Callable[[Settings], Mapping[str, Settings]] | None = None
    known: Callable[[Tables, float, int], Enough] | None = None
    register: Callable[[], str] | None = None
    follow: type | None = None
    own: Callable[[World], Mapping[str, Arm]] | None = None
    held: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, Study] = field(default_factory=dict)

    def parser(self, name: str) -> Parser:
        """The command line of the study."""
        sizes = {"quick": self.quick, "full": self.full}
        built = command.parser(name, first_line(self.question), **sizes, register=self.register)
        if self.known:
            growing(built)
        self.options(built)
        return built

    def ensemble(self, settings: Settings) -> Ensemble:
        """The worlds asked for, with all arms. Raises `UsageError` where one lacks room for its platforms."""
        if settings.name in self.others:
            return self.others[settings.name].ensemble(settings)
        made, arms = settings.make_worlds(sampled=self.sampled, fixed=self.held), self.arms()
        check_room(arms, made)
        aside = self.aside and self.aside()
        return Ensemble(made, arms, self.keep, aside=aside, follow=self.follow, own=self.own)

    def lived(self, settings: Settings) -> dict[str, Tables]:
        """What worlds left, by part (one named "" where there are none); computes what the stores lack."""
        parts = self.parts(settings) if self.parts else {"": settings}
        for folder, mine in parts.items():
            if changed := mine.changed(folder):
                say(changed, not mine.quiet)
        return {folder: Tables(mine, mine.run(self.ensemble(mine), folder)) for folder, mine in parts.items()}

    def grown(self, settings: Settings) -> dict[str, Tables]:
        """As `lived`; with ``--until`` in more and more worlds, until means are known as well as it asks."""
        lived, until = self.lived(settings), getattr(settings.extra, "until", None)
        if until is None or self.known is None:
            return lived
        most = settings.extra.most // settings.histories * settings.histories  # whole sets of histories
        steps = looks(settings.worlds, most)
        for more in (*steps[1:], None):
            tables = next(iter(lived.values()))
            far = self.known(tables, until, len(steps))
            say(told(far, until), not settings.quiet)
            if far.reached or more is None:
                break
            settings = replace(settings, worlds=more)
            lived = self.lived(settings)
        return lived

    def finding(self, lived: Mapping[str, Tables]) -> Any:
        """What the worlds say."""
        found = self.judge(lived if self.parts else lived[""])
        for tables in lived.values():
            tables.made.clear()  # of many worlds it takes much memory
        return found

    def body(self, settings: Settings) -> int:
        """Live what is missing, judge, tell, and say where everything is."""
        lived = self.grown(settings)
        for tables in lived.values():
            print(tables.outcome)
        say("Judging", not settings.quiet)
        first = next(iter(lived.values()))
        publish(self.tell(self.finding(lived)), settings, first.notes)
        return 0

    def main(self, name: str, argv: Sequence[str] | None = None) -> int:
        """Carry the study out as the command line says; returns the exit code."""
        return command.main(self.body, self.parser(name), argv)


def check_room(arms: Mapping[str, Arm], worlds: Sequence[World]) -> None:
    """Raises `UsageError`, before anything is lived, where giants and those with whom an arm begins are more
    than there is room for."""
    from sim.population import models
    from sim.strategies.base import StrategyError

    for label, arm in arms.items():
        chosen, own = models.models_of(arm.platforms), dict(arm.parameters)
        for world in worlds:
            p = world.parameters.change(own) if own else world.parameters
            try:
                models.check_room(chosen, p, world.platforms)
            except StrategyError as error:
                raise UsageError(f"arms: {label!r}: {error}") from None


def growing(built: Parser) -> None:
    """The options of a study that can say when it knows enough."""
    group = built.add_argument_group("how long")
    words = "go on until every mean is known to ± so many margins"
    group.add_argument("--until", type=command.above_zero, metavar="MARGINS", help=words)
    kind = command.size_of("worlds")
    group.add_argument("--most", type=kind, default=200, metavar="N", help="worlds at most (200)")


def looks(worlds: int, most: int) -> list[int]:
    """After how many worlds it is asked whether they are enough: each time twice as many, up to the most."""
    steps = [worlds]
    while steps[-1] < most:
        steps.append(min(most, 2 * steps[-1]))
    return steps


def told(far: Enough, until: float) -> str:
    """How far a growing ensemble is, in a line."""
    wide = sum(not one for one in far.each)
    if far.reached:
        return f"Every mean is known to ± {until:g} of its margin"
    needed = "more" if not math.isfinite(far.worlds_needed) else f"about {far.worlds_needed:,.0f}"
    still = f"{wide} of {len(far.each)} means are not known to ± {until:g} of their margins"
    return f"{still} with {far.n} worlds; {needed} would do"


@dataclass(frozen=True)
class Job:
    """A study that puts no question to an ensemble: found and started like the others, it brings the rest.

    Args:
        question: as of a `Study`.
        main: name, words of the command line -> exit code.
    """

    question: str | None
    main: Callable[[str, Sequence[str] | None], int]


def first_line(text: str | None) -> str:
    """Of a longer text its first line."""
    return (text or "").strip().partition("\n")[0]


def publish(report: Report, settings: Settings, notes: Mapping[str, str]) -> None:
    """Write a report into the folder asked for, print its words, and say where its files are."""
    doing = "Drawing figures and writing" if report.figures else "Writing"
    say(f"{doing} {settings.out}", not settings.quiet)
    page = report.write(settings.out, notes)
    print(f"\n{report.printed}\n\nTables and figures: {page}")
