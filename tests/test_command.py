"""A command line that makes no sense is answered in one line that says what would."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from experiments.run.command import Settings, UsageError, guarded, main, parser, read
from experiments.run.ensemble import Interrupted
from experiments.run.executors import EnsembleError
from experiments.run.store import StoreError
from sim.engine.parameters import ParameterError
from sim.record.saving import LEAST, MOST

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Declaration:
    value: Any
    unit: str
    low: float
    high: float
    source: str
    doc: str
    kind: type


class Declared:
    """The protocol of the model's parameters, with three of them."""

    known = {
        "mark_up_step": Declaration(
            0.02, "share/quarter", 0.0, 0.1, "assumed", "How fast prices move.", float
        ),
        "service_lines": Declaration(3, "lines", 1, 9, "design", "Kinds of service.", int),
        "rate_cap": Declaration(False, "yes/no", 0, 1, "design", "Whether rates are capped.", bool),
    }

    def __init__(self, **values: Any):
        for name, value in values.items():
            if name not in self.known:
                raise ParameterError(f"no parameter {name!r}")
            one = self.known[name]
            if not one.low <= value <= one.high:
                raise ParameterError(f"{name} = {value} {one.unit} is outside [{one.low}, {one.high}]")
        self.values = values

    @classmethod
    def declarations(cls) -> dict[str, Declaration]:
        return cls.known


def asked(*words: str) -> Settings:
    built = parser("trial", "A trial.", quick={"worlds": 3}, full={"worlds": 30, "consumers": 7})
    built.add_argument("--depths", type=int, nargs="+", default=[1, 2])
    return read(built, words, parameters=Declared)


def test_sizes_come_from_the_script_from_full_and_from_the_user() -> None:
    usual = asked()
    assert (usual.worlds, usual.consumers, usual.seed, usual.workers) == (3, None, 1, None)
    assert usual.out == Path("results/trial")
    assert (asked("--full").worlds, asked("--full").consumers) == (30, 7)
    mine = asked("--full", "--worlds", "5", "--firms", "10_000", "--burn-in", "0", "--out", "here", "--quiet")
    assert (mine.worlds, mine.firms, mine.burn_in, mine.out, mine.quiet) == (5, 10_000, 0, Path("here"), True)
    assert asked("--depths", "4", "5").extra.depths == [4, 5]
    assert asked("--depths", "4").arguments["extra"] == {"depths": [4]}


def test_every_parameter_is_an_option() -> None:
    assert asked("--mark-up-step", "0.03").chosen == {"mark_up_step": 0.03}
    assert asked("--mark_up_step=3e-2", "--worlds", "2").chosen == {"mark_up_step": 0.03}
    assert asked("--set", "mark_up_step=0.03", "--set", "service-lines=4").chosen == {
        "mark_up_step": 0.03,
        "service_lines": 4,
    }
    assert asked("--rate-cap", "--service-lines", "2").chosen == {"rate_cap": True, "service_lines": 2}
    assert asked("--rate-cap", "no").chosen == {"rate_cap": False}
    assert isinstance(asked("--service-lines", "2").chosen["service_lines"], int)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--firms", "0"], "--firms: 0 is not allowed: 100 to 20,000,000"),
        (["--firms", "99"], "--firms: 99 is not allowed: 100 to 20,000,000"),
        (["--firms", "100000000"], "--firms: 100000000 is not allowed: 100 to 20,000,000"),
        (["--consumers", "5"], "--consumers: 5 is not allowed: 100 to 100,000,000"),
        (["--banks", "1001"], "--banks: 1001 is not allowed: 1 to 1,000"),
        (["--platforms", "0"], "--platforms: 0 is not allowed: 1 to 400,000"),
        (["--worlds", "-3"], "--worlds: -3 is not allowed: 1 to 100,000"),
        (["--worlds", "200000"], "--worlds: 200000 is not allowed: 1 to 100,000"),
        (["--quarters", "4001"], "--quarters: 4001 is not allowed: 1 to 4,000"),
        (["--burn-in", "4001"], "--burn-in: 4001 is not allowed: 0 to 4,000"),
        (["--workers", "0"], "--workers: 0 is not allowed: 1 to 1,024"),
        (["--quarters", "many"], "--quarters: 'many' is not a whole number"),
        (["--seed", "-1"], "--seed: -1 is not allowed: at least 0"),
        (["--wrolds", "3"], "no option or parameter --wrolds; did you mean --worlds?"),
        (["--mark-up-stp", "3"], "no option or parameter --mark-up-stp; did you mean --mark-up-step?"),
        (["--world", "3"], "no option or parameter --world; did you mean --worlds?"),
        (["--xyzzy"], "no option or parameter --xyzzy; --help-parameters lists"),
        (["--mark-up-step"], "--mark-up-step needs a value (share/quarter)"),
        (["--mark-up-step", "much"], "mark_up_step = 'much' is not a number"),
        (["--mark-up-step", "0.9"], "mark_up_step = 0.9 share/quarter is outside [0.0, 0.1]"),
        (["--mark-up-step", "-0.5"], "mark_up_step = -0.5 share/quarter is outside"),
        (["--rate-cap", "perhaps"], "rate_cap = 'perhaps' is a switch: yes or no"),
        (["--set", "mark_up_step"], "--set mark_up_step: write it as name=value"),
        (["--set", "nothing=1"], "no parameter 'nothing'"),
        (["stray"], "'stray' belongs to no option"),
    ],
)
def test_nonsense_is_answered_in_one_line(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        asked(*words)
    out, err = capsys.readouterr()
    assert left.value.code == 2
    assert out == ""
    assert err.startswith("trial: ") and err.count("\n") == 1
    assert complaint in err


@pytest.mark.parametrize(
    "words",
    [["--platforms", "2"], ["--giants", "50", "--platforms", "40"], ["--giants", "7", "--platforms", "6"]],
)
def test_more_giants_than_platforms_are_refused_before_anything_is_written(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*words, "--out", str(tmp_path / "out"), "--worlds", "2"]
    assert main(lambda settings: len(settings.make_worlds()), parser("trial", "A trial."), words) == 2
    assert re.fullmatch(r"trial: giants = \d+ exceeds the room for \d+ platforms\n", capsys.readouterr().err)
    assert not (tmp_path / "out").exists()
    few = ["--platforms", "2", "--giants", "2", "--worlds", "2"]
    assert main(lambda settings: len(settings.make_worlds()), parser("trial", "A trial."), few) == 2


def test_bounds_of_sizes_are_the_models(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("firms", "consumers", "banks", "platforms"):
        for value in (LEAST[name], MOST[name]):
            assert getattr(asked(f"--{name}", str(value)), name) == value


def test_parameters_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        asked("--help-parameters")
    out, _ = capsys.readouterr()
    assert left.value.code == 0
    assert "--mark-up-step 0.02  [0 to 0.1 share/quarter; assumed]" in out
    assert "--rate-cap False  [yes or no; design]" in out


def test_a_script_cannot_misspell_a_size() -> None:
    with pytest.raises(ValueError, match="'frims' is not a size"):
        parser("trial", "A trial.", quick={"frims": 3})


@pytest.mark.parametrize(
    ("raised", "code", "line"),
    [
        (Interrupted("stopped: 2 of 8"), 130, "trial: stopped: 2 of 8\n"),
        (KeyboardInterrupt(), 130, "trial: stopped; the same command starts again\n"),
        (StoreError("x is damaged"), 1, "trial: x is damaged\n"),
        (EnsembleError("no world"), 1, "trial: no world\n"),
        (UsageError("no arm 'y'"), 2, "trial: no arm 'y'\n"),
        (ParameterError("z = 3"), 2, "trial: z = 3\n"),
        (
            OSError(30, "Read-only file system", "a/b.csv"),
            1,
            "trial: a/b.csv cannot be written (Read-only file system); mended, the same command goes on\n",
        ),
    ],
)
def test_what_a_user_can_mend_is_told_in_one_line(
    raised: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def body() -> int:
        raise raised

    assert guarded(body, "trial") == code
    assert capsys.readouterr() == ("", line)


def test_bugs_get_through() -> None:
    def body(settings: Settings) -> int:
        raise ValueError("a bug")

    def loses(settings: Settings) -> int:
        raise FileNotFoundError(2, "No such file or directory", "sim/bug.toml")

    with pytest.raises(ValueError, match="a bug"):
        main(body, parser("trial", "A trial."), [])
    with pytest.raises(FileNotFoundError):
        main(loses, parser("trial", "A trial."), [])
    assert main(lambda settings: None, parser("trial", "A trial."), []) == 0
    assert main(lambda settings: settings.worlds, parser("trial", "A trial."), ["--worlds", "7"]) == 7


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    script = (
        "import sys; from experiments.run.command import guarded\n"
        "sys.exit(guarded(lambda: [print('x' * 80) for _ in range(100_000)] and 0, 'trial'))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), error) == (0, b"")


def test_help_does_not_load_the_model() -> None:
    script = (
        "import sys; from experiments.run.command import parser, read\n"
        "try:\n    read(parser('trial', 'A trial.'), ['--help'])\n"
        "except SystemExit:\n    print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for option in ("--worlds", "--firms", "--burn-in", "--full", "--redo", "--set", "--help-parameters"):
        assert option in done.stdout
    assert not {"numba", "numpy", "pandas", "mesa", "sim"} & set(done.stdout.split("\n")[-2].split())
