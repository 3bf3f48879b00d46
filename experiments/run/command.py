"""The command line that all scripts share: sizes, seeds, the store, and every parameter by its name.

    built = parser("pace_of_change", "What the pace of change does to each business model.",
                   quick={"worlds": 8, "firms": 2_000}, full={"worlds": 200})
    main(body, built, argv)  # body is a function of the settings: usually that of a `Study`

``--help`` answers before the model is imported; a parameter's name is what makes the import necessary.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from experiments.run import options
from experiments.run.ensemble import Ensemble, Interrupted, Outcome
from experiments.run.executors import EnsembleError
from experiments.run.store import NO_ROOM, READ_ONLY, Store, StoreError
from experiments.run.world import SEEDS_APART, World, worlds

QUICK = {
    "worlds": 8,
    "firms": 1_000,
    "consumers": None,
    "banks": 20,
    "platforms": None,
    "burn_in": 20,
    "quarters": 40,
    "histories": 1,
    "lucks": 1,
}
FULL = {**QUICK, "worlds": 200, "firms": 10_000, "burn_in": 40, "quarters": 60}

SEED = 1  # of studies that register nothing
SEEDS = 1_000_000  # seeds that a register can have

_SIZES = {
    "worlds": "worlds to compare in",
    "firms": "firms in each",
    "consumers": "consumers in each",
    "banks": "banks in each",
    "platforms": "rows of platforms in each, the room that they have",
    "burn_in": "quarters under external finance before the futures part",
    "quarters": "quarters that each future lasts",
    "histories": "worlds that share one draw of parameters, each with a history of its own",
    "lucks": "times that each future is lived, under another luck each",
}
_BOUNDS = {
    "worlds": (1, SEEDS_APART),
    "burn_in": (0, 4000),
    "quarters": (1, 4000),
    "histories": (1, 1000),
    "lucks": (1, 1000),
}  # others: the model's own


class UsageError(ValueError):
    """An argument that a script refuses after parsing; told in one line, exit code 2."""


class Parser(argparse.ArgumentParser):
    """An `argparse` parser whose complaints are one line."""

    defaults: tuple[Mapping[str, Any], Mapping[str, Any]] = (QUICK, FULL)
    fixed: Callable[[], str] | None = None  # see `register` of `parser`

    def error(self, message: str) -> NoReturn:
        """Say what is wrong on the standard error and leave with 2."""
        line = " ".join(message.split())
        self.exit(2, f"{self.prog}: {line} (see --help)\n")


@dataclass(frozen=True)
class Settings:
    """What the command line asked for. ``chosen`` are the parameters set by hand, ``extra`` the script's own
    arguments, ``consumers`` is None for two per firm, ``platforms`` for a row to 10 firms, ``workers`` for as
    many as cores. ``register`` is the hash of what was registered before the first world, empty where nothing
    was."""

    name: str
    worlds: int
    firms: int
    consumers: int | None
    banks: int
    platforms: int | None
    burn_in: int
    quarters: int
    histories: int
    lucks: int
    seed: int
    out: Path
    workers: int | None
    redo: bool
    full: bool
    quiet: bool
    chosen: dict[str, Any] = field(default_factory=dict)
    extra: argparse.Namespace = field(default_factory=argparse.Namespace)
    parameters: Any = None
    register: str = ""

    def make_worlds(
        self, *, sampled: bool = True, fixed: Mapping[str, Any] | None = None
    ) -> tuple[World, ...]:
        """The worlds asked for; ``fixed`` are parameters that the script holds, the user's choice wins.

        Raises `UsageError` where there are fewer platforms than giants among them, or worlds that do not make
        whole sets of histories.
        """
        if self.worlds % self.histories:
            raise UsageError(f"worlds = {self.worlds} is no multiple of histories = {self.histories}")
        made = worlds(
            self.worlds,
            seed=self.seed,
            firms=self.firms,
            consumers=self.consumers,
            banks=self.banks,
            platforms=self.platforms,
            burn_in=self.burn_in,
            quarters=self.quarters,
            histories=self.histories,
            lucks=self.lucks,
            fixed={**(fixed or {}), **self.chosen},
            sampled=sampled,
            parameters=self.parameters,
        )
        giants = max(getattr(world.parameters, "giants", 0) for world in made)
        if giants > made[0].platforms:
            raise UsageError(f"giants = {giants} exceeds the room for {made[0].platforms} platforms")
        return made

    def run(self, ensemble: Ensemble, folder: str = "") -> Outcome:
        """Run an ensemble into the folder asked for, or into a folder within it."""
        return ensemble.run(
            Store(self.out / folder),
            workers=self.workers,
            redo=self.redo,
            progress=not self.quiet,
            arguments=self.arguments,
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """What was asked, as plain text and numbers, for the store's manifest."""
        names = ("name", *_SIZES, "seed", "full", "chosen")
        extra = {name: _plain(value) for name, value in vars(self.extra).items()}
        registered = {"register": self.register} if self.register else {}
        return {**{name: getattr(self, name) for name in names}, "extra": extra, **registered}

    def changed(self, folder: str = "") -> str:
        """A line where the worlds in the folder were asked for under another register; empty where not."""
        store = Store(self.out / folder)
        there = store.description()["arguments"] if store.described else {}
        before = there.get("register", "") if self.register else ""
        if before in ("", self.register):
            return ""
        return (
            f"{store.path} was made under another register ({before[:12]}, seed {there['seed']}): claims, "
            f"measures or margins have changed since; this is {self.register[:12]}, seed {self.seed}"
        )


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """An argument type: a whole number from ``least`` to ``most``."""

    def convert(text: str) -> int:
        try:
            value = int(text.replace("_", ""))
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if value < least and most is None:
            raise argparse.ArgumentTypeError(f"{value} is not allowed: at least {least}")
        if most is not None and not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{value} is not allowed: {least:,} to {most:,}")
        return value

    return convert


def above_zero(text: str) -> float:
    """An argument type: a finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0.0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not allowed: a finite number above 0")
    return value


def size_of(name: str) -> Callable[[str], int]:
    """An argument type: a size within its bounds. The model is asked for them when a size is given."""

    def convert(text: str) -> int:
        if name in _BOUNDS:
            return whole(*_BOUNDS[name])(text)
        from sim.record.saving import LEAST, MOST

        return whole(LEAST[name], MOST[name])(text)

    return convert


def parser(
    name: str,
    description: str,
    *,
    quick: Mapping[str, Any] | None = None,
    full: Mapping[str, Any] | None = None,
    register: Callable[[], str] | None = None,
) -> Parser:
    """A parser with the options that all scripts share; add a script's own to it.

    Args:
        name: the script's; its results go to ``results/<name>`` unless told otherwise.
        quick, full: sizes that differ from `QUICK` and `FULL`, by name.
        register: the hash of what is registered before the first world; `seed_of` it is the usual seed.
    """
    quick, full = {**QUICK, **(quick or {})}, {**FULL, **(full or {})}
    if unknown := (set(quick) | set(full)) - set(_SIZES):
        raise ValueError(f"{min(unknown)!r} is not a size: {', '.join(_SIZES)}")
    built = Parser(prog=name, description=description, allow_abbrev=False)
    built.defaults, built.fixed = (quick, full), register
    sizes = built.add_argument_group("sizes")
    for size, text in _SIZES.items():
        usual = (
            "two per firm"
            if quick[size] is None
            else f"{quick[size]}; with --full {full[size] or quick[size]}"
        )
        sizes.add_argument(options.option(size), type=size_of(size), metavar="N", help=f"{text} ({usual})")
    sizes.add_argument("--full", action="store_true", help="the sizes of the paper")
    shared = built.add_argument_group("running")
    usual = "from the register's hash" if register else str(SEED)
    shared.add_argument("--seed", type=whole(0), metavar="N", help=f"number of the study ({usual})")
    shared.add_argument("--out", type=Path, metavar="DIR", help=f"where results go (results/{name})")
    shared.add_argument("--workers", type=whole(1, 1024), metavar="N", help="processes (as many as cores)")
    shared.add_argument("--redo", action="store_true", help="compute again what is stored")
    shared.add_argument("--quiet", action="store_true", help="tell nothing while it works, no progress bar")
    chosen = built.add_argument_group(
        "parameters of the model", "each by its name, as in --mark-up-step 0.03"
    )
    chosen.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="the same, spelt out"
    )
    chosen.add_argument(
        "--help-parameters", action="store_true", help="list them with unit, range and source"
    )
    return built


def read(built: Parser, argv: Sequence[str] | None = None, *, parameters: Any = None) -> Settings:
    """Parse and check a command line; leaves with exit code 2 and one line if it makes no sense.

    Args:
        parameters: the class of the model's parameters; ``sim.Parameters`` where not given.
    """
    found, left = built.parse_known_args(argv)
    given = vars(found)
    if given.pop("help_parameters"):
        sys.stdout.write(options.listing(_model(parameters).declarations()))
        raise SystemExit(0)
    spelt = given.pop("set")
    chosen = options.chosen(built, spelt, left, _model(parameters)) if spelt or left else {}
    usual = built.defaults[given["full"]]
    sizes = {size: usual[size] if given[size] is None else given[size] for size in _SIZES}
    register = built.fixed() if built.fixed else ""
    seed = given.pop("seed")
    if seed is None:
        seed = seed_of(register) if register else SEED
    own = ("workers", "redo", "full", "quiet")
    shared = {name: given[name] for name in own}
    extra = {name: value for name, value in given.items() if name not in (*_SIZES, *own, "out")}
    return Settings(
        name=built.prog,
        **sizes,
        **shared,
        seed=seed,
        register=register,
        out=given["out"] or Path("results") / built.prog,
        chosen=chosen,
        extra=argparse.Namespace(**extra),
        parameters=parameters,
    )


def seed_of(register: str) -> int:
    """The study seed of a register's hash: nobody can have looked at its worlds before the register."""
    return int(register, 16) % SEEDS


def _model(parameters: Any) -> Any:
    if parameters is not None:
        return parameters
    import sim

    return sim.Parameters


def main(body: Callable[[Settings], int | None], built: Parser, argv: Sequence[str] | None = None) -> int:
    """Read the command line, run the script, return its exit code."""
    return guarded(lambda: body(read(built, argv)), built.prog)


def guarded(body: Callable[[], int | None], name: str) -> int:
    """Run ``body``; what a user can mend is told in one line on the standard error.

    Returns the exit code: what ``body`` returns (None is 0), 130 after Ctrl-C or SIGTERM, 2 for arguments
    that make no sense, 1 where the store, the disk or the ensemble cannot go on. Other exceptions are bugs
    and get through.
    """
    try:
        with _ended_as_by_hand():
            return body() or 0
    except KeyboardInterrupt as stop:
        text = str(stop) if isinstance(stop, Interrupted) else "stopped; the same command starts again"
        code = 130
    except (StoreError, EnsembleError) as error:
        text, code = str(error), 1
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno not in _OF_THE_DISK:
            raise
        place = error.filename or "a file"
        text, code = f"{place} cannot be written ({error.strerror}); mended, the same command goes on", 1
    except ValueError as error:
        if not isinstance(error, _users()):
            raise
        text, code = str(error), 2
    sys.stderr.write(f"{name}: {text}\n")
    return code


_OF_THE_DISK = (*NO_ROOM, *READ_ONLY, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)


@contextlib.contextmanager
def _ended_as_by_hand() -> Iterator[None]:
    """SIGTERM, which batch systems send, stops the script as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _users() -> tuple[type[ValueError], ...]:
    """Kinds of ValueError that a user caused; the model's own only if the model was loaded at all."""
    loaded = sys.modules.get("sim.engine.parameters")
    return (UsageError,) if loaded is None else (UsageError, loaded.ParameterError)
