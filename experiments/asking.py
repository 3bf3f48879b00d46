"""Studies as functions: what `make NAME` does, from Python, with arms of one's own and labelled data.

from experiments import compare

found = compare(worlds=12, firms=1_000, quarters=40, arms=["deep_integration", my_row])
found.primary           # every question with its difference, interval and word
print(found.summary)    # the ten lines
found.figures["contrasts"]
"""

from __future__ import annotations

import argparse
import difflib
import functools
import importlib
import inspect
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.__main__ import found as questions
from experiments.measure.futures import PLACEBO, Frame
from experiments.run.arm import Arm
from experiments.run.command import Settings, UsageError, above_zero, read, size_of, whole
from experiments.run.ensemble import Failure, Outcome
from experiments.run.store import Store
from experiments.run.world import CONTROL
from experiments.study import Study, Tables
from experiments.tell.drawing import styled
from experiments.tell.files import picture
from experiments.tell.page import html_part
from experiments.tell.report import Report
from experiments.tell.terms import met

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZES = ("worlds", "firms", "consumers", "banks", "platforms", "burn_in", "quarters", "histories", "lucks")
NUMBERS = {**{name: size_of(name) for name in SIZES}, "seed": whole(0), "workers": whole(1, 1024)}
KINDS = {**NUMBERS, "until": above_zero, "most": size_of("worlds")}


class Figures(Mapping[str, "Figure"]):
    """Figures by name, each drawn when it is first asked for."""

    def __init__(self, draw: Mapping[str, Callable[[], Figure]]):
        self._draw, self._drawn = dict(draw), dict[str, "Figure"]()

    def __getitem__(self, name: str) -> Figure:
        if name not in self._drawn:
            with styled():
                figure = self._drawn[name] = self._draw[name]()
            # by itself a figure shows in a notebook only after pyplot was asked for one
            setattr(figure, "_repr_png_", functools.partial(picture, name, figure, {}))  # noqa: B010
        return self._drawn[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._draw)

    def __len__(self) -> int:
        return len(self._draw)

    def __repr__(self) -> str:
        return f"<figures {', '.join(self)}>"


@dataclass(frozen=True, repr=False)
class Answer:
    """What a study found, as labelled data; a table is an attribute too, as in ``found.primary``.

    ``study`` is its name, ``finding`` what was judged, ``report`` what is told of it, ``settings`` what was
    asked for, ``notes`` what it takes to make the same again.
    """

    study: str
    finding: Any
    report: Report
    settings: Settings
    notes: Mapping[str, str]

    @property
    def summary(self) -> str:
        """What was found, in words: of the main job the ten lines."""
        return self.report.words.replace("**", "").rstrip("\n")

    @property
    def tables(self) -> dict[str, Frame]:
        """Every table that the study writes, by name, with all digits."""
        return {name: frame for name, frame in self.report.tables.items() if "." not in name}

    @functools.cached_property
    def figures(self) -> Figures:
        """Its figures by name, of matplotlib."""
        return Figures(self.report.figures)

    def write(self, folder: str | Path) -> Path:
        """Write tables, figures and the page into a folder, as `make` does; returns the page."""
        return self.report.write(Path(folder), self.notes)

    def __getattr__(self, name: str) -> Frame:
        tables = {} if name.startswith("_") else self.tables
        if name in tables:
            return tables[name]
        raise AttributeError(f"{self.study} has no table {name!r}{_near(name, tables)}" if tables else name)

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self.tables])

    def __repr__(self) -> str:
        sizes = f"{self.settings.worlds} worlds, {self.settings.quarters} quarters"
        return f"<{self.study}: {sizes}; tables {', '.join(self.tables)}; figures {', '.join(self.figures)}>"

    def _repr_markdown_(self) -> str:
        return f"**{self.report.title or self.study}**\n\n{self.report.words}"

    def _repr_html_(self) -> str:
        return html_part(self._repr_markdown_(), met(self.report.words))


def compare(
    *,
    worlds: int | None = None,
    firms: int | None = None,
    consumers: int | None = None,
    banks: int | None = None,
    platforms: int | None = None,
    burn_in: int | None = None,
    quarters: int | None = None,
    histories: int | None = None,
    lucks: int | None = None,
    full: bool = False,
    seed: int | None = None,
    arms: Iterable[Any] | Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    timeline: Any = (),
    out: str | Path | None = None,
    workers: int | None = None,
    redo: bool = False,
    until: float | None = None,
    most: int | None = None,
    progress: bool = True,
) -> Answer:
    """Every business model in the same worlds, judged: what `make compare` does.

    Args:
        worlds, firms, consumers, banks, platforms, burn_in, quarters, histories, lucks: sizes; those of the
            command where not given, with ``full`` those of the paper.
        seed: number of the study; that of the command, from what is registered, where not given.
        arms: futures that each world is given: names of business models, rows (`sim.BusinessModel`, blends),
            mixes (numbers of platforms by name or row) or `Arm`; a mapping gives them labels. The world
            without platforms, and what chance does, are always added. All business models where not given.
        parameters: values by name, in all worlds from the start.
        timeline: a `sim.law.Change` or several, in all futures; counted in quarters from the branching.
        out: a folder that keeps the worlds, so that the same call goes on where it stopped. Where not given
            nothing is kept.
        workers: processes; as many as cores where not given.
        redo: compute again what ``out`` holds.
        until, most: go on, with up to ``most`` worlds, until every mean is known to ± so many margins.
        progress: say what is being done.

    Worlds are lived in processes of their own: a script calls it below ``if __name__ == "__main__":``.
    Raises `UsageError`, `sim.ParameterError` or `sim.StrategyError`, in one line, for what makes no sense;
    `StoreError` and `EnsembleError` as `Ensemble.run` does.
    """
    return ask("compare", **locals())


def ask(study: str, **choices: Any) -> Answer:
    """Any study by its name, with the arguments of `compare`; it answers with its own tables and figures.

    Raises `UsageError` for a study or an argument that there is not, else as `compare`.
    """
    known = inspect.signature(compare).parameters
    if wrong := [name for name in choices if name not in known]:
        raise UsageError(f"{study} has no argument {wrong[0]!r}{_near(wrong[0], known)}")
    given = {name: choices.get(name, one.default) for name, one in known.items()}
    one, settings = _study(study), _settings(study, given)
    one = replace(one, arms=functools.partial(futures, one, given["arms"], given["timeline"]))
    if given["out"] is not None:
        return _answer(study, one, settings, one.grown(settings))
    with tempfile.TemporaryDirectory(prefix="worlds-") as folder:
        settings = replace(settings, out=Path(folder))
        return _answer(study, one, settings, one.grown(settings))


def load(folder: str | Path, study: str = "compare") -> Answer:
    """What a study has left in its folder, judged anew; no world is computed.

    Raises `StoreError` where nothing lies there or a file is damaged, `UsageError` where it is another
    study's.
    """
    store, one = Store(folder), _study(study)
    described = store.description()
    asked = described["arguments"]
    if (name := asked.get("name")) != study:
        raise UsageError(f"{folder} holds worlds of {name or 'no study'}, not of {study}")
    names = (*SIZES, "seed", "full", "chosen")
    kept = {each: asked[each] for each in names if each in asked}
    settings = replace(read(one.parser(study), []), out=Path(folder), **kept)
    there, failures = len(store.names()), tuple(Failure(**each) for each in described["failures"])
    outcome = Outcome(store, described["number_of_worlds"], 0, there, failures, 0.0)
    return _answer(study, one, settings, {"": Tables(settings, outcome)})


def _answer(name: str, study: Study, settings: Settings, lived: Mapping[str, Tables]) -> Answer:
    finding, first = study.finding(lived), next(iter(lived.values()))
    settings = replace(settings, worlds=first.settings.worlds)
    return Answer(name, finding, study.tell(finding), settings, dict(first.notes))


def _study(name: str) -> Study:
    """The study of that name."""
    known = questions()
    one = importlib.import_module(f"experiments.studies.{name}").STUDY if name in known else None
    if not isinstance(one, Study):
        raise UsageError(f"no study {name!r} to ask from Python{_near(name, known)}")
    return one


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"


def _settings(name: str, given: Mapping[str, Any]) -> Settings:
    """What the command line would ask for, with these choices."""
    usual = read(_study(name).parser(name), ["--full"] if given["full"] else [])
    chosen = {each: _number(each, given[each]) for each in NUMBERS if given[each] is not None}
    extra, parameters = vars(usual.extra).copy(), dict(given["parameters"] or {})
    for each in ("until", "most"):
        if given[each] is not None:
            if each not in extra:
                raise UsageError(f"{name} has no argument {each!r}: it cannot say when it knows enough")
            extra[each] = _number(each, given[each])
    if parameters:
        import sim

        sim.Parameters(**parameters)  # complains of names and ranges in its own words
    return replace(
        usual,
        **chosen,
        out=Path(given["out"] or usual.out),
        redo=bool(given["redo"]),
        quiet=not given["progress"],
        chosen=parameters,
        extra=argparse.Namespace(**extra),
    )


def _number(name: str, value: Any) -> Any:
    try:
        return KINDS[name](str(value))
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"{name}: {error}") from None


def futures(study: Study, given: Any, timeline: Any) -> dict[str, Arm]:
    """The arms of a study by label, or those given, with the world without platforms and the placebos."""
    usual = study.arms()
    found = dict(usual)
    if given is not None:
        found = {CONTROL: usual.get(CONTROL, Arm(CONTROL)), **_given(given, usual)}
        for arm, label in PLACEBO.items():
            if label in usual and arm in found:
                found[label] = replace(found[arm], placebo=True)
    changes = tuple(timeline) if isinstance(timeline, Iterable) else (timeline,)
    return {label: _changed(arm, changes) for label, arm in found.items()}


def _given(given: Any, usual: Mapping[str, Arm]) -> dict[str, Arm]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise UsageError(f"arms = {given!r} is no list: give one of names, rows, mixes or arms")
    pairs = given.items() if isinstance(given, Mapping) else [(_label(one), one) for one in given]
    found: dict[str, Arm] = {}
    for label, one in pairs:
        if label in found:
            raise UsageError(f"arms: two are called {label!r}; give them labels, {{'label': arm, ...}}")
        try:
            found[label] = usual[one] if isinstance(one, str) and one in usual else Arm.of(one)
        except TypeError as error:
            raise UsageError(f"arms: {error}") from None
    return found


def _label(one: Any) -> str:
    """What an arm is called that was given no label."""
    if isinstance(one, Arm):
        return f"{_label(one.platforms)}{', changed' if one.parameters or one.timeline else ''}"
    if isinstance(one, Mapping):
        return " and ".join(f"{many} {_label(each)}" for each, many in one.items())
    return one if isinstance(one, str) else getattr(one, "name", repr(one))


def _changed(arm: Arm, changes: tuple[Any, ...]) -> Arm:
    """The arm with these changes besides."""
    if dated := [one for one in changes if isinstance(getattr(one, "at", None), str)]:
        raise UsageError(
            f"timeline: the change at {dated[0].at} has a date; count quarters from the branching"
        )
    try:
        return replace(arm, timeline=(*arm.timeline, *changes))
    except TypeError as error:
        raise UsageError(str(error)) from None
