"""The bench divides what it measured in the right direction, and what it measures still runs."""

import itertools
import subprocess

import pytest

from experiments.measure import speed
from experiments.run.command import UsageError
from experiments.studies import bench

SPEED = {
    "small": 0.006,
    "large": 0.12,
    "free": 0.0075,
    "free, large": 0.9,
    "sweep": 0.0001,
    "plain": 0.1,
    "peer": 0.01,
    "peer, recorded": 0.03,
    "lead-in": 40.0,
}


def shown(lines: list[bench.Line]) -> dict[str, str]:
    return {what: value for what, value, _ in lines if value}


def test_the_table_says_how_many_times_as_fast():
    table = shown(bench.of_speed(100_000, SPEED, {"one": 0.3, "two": 0.2}))
    assert table["10,000 firms + 20,000 consumers"] == "5.00 M row-steps/s"
    assert table["100,000 firms + 200,000 consumers"] == "2.50 M row-steps/s"
    assert table["cost of a firm and quarter, large : small"] == "2.00"
    assert table["the large one on two threads : one"] == "1.50 x as fast"
    others = shown(bench.of_others(SPEED))
    assert list(others.values()) == ["5.00 x as fast", "1.67 x as fast", "1000 x as fast"]


def test_the_free_arm_stands_beside_its_aims():
    lines = bench.of_free(bench.FULL, SPEED, {"now": 0.008, "before": 0.006})
    assert lines[1:] == [
        ("10,000 firms + 20,000 consumers", "4.00 M row-steps/s", "7.50 ms a quarter"),
        ("1,000,000 firms + 2,000,000 consumers", "3.33 M row-steps/s", "900.0 ms a quarter"),
        ("cost of a firm and quarter, large : small", "1.20", "aim: at most 1.25, met"),
        ("this code : that of the commit before", "0.75 x as fast", "aim: at least 0.75, met"),
        (
            "30,000 agents, ours : bam-engine, both recorded",
            "4.00 x as fast",
            "it makes 1.00 M row-steps/s; aim: at least 1.3, met",
        ),
        (
            "30,000 agents, ours : bam-engine, it unrecorded",
            "1.33 x as fast",
            "it makes 3.00 M row-steps/s; aim: at least 1.3, met",
        ),
    ]
    slow = bench.of_free(
        bench.FULL, SPEED | {"free": 0.0078, "free, large": 1.0}, {"now": 9.0, "before": 6.0}
    )
    assert [note.rpartition(", ")[2] for _, _, note in slow[3:]] == ["not met", "not met", "met", "not met"]
    few = bench.of_free(bench.LARGE, SPEED, {})
    assert few[3][2] == "the aim, at most 1.25, is of 1,000,000 firms"
    assert few[4][1:] == ("not measured", "--before names a commit")


SIM = """
import time
time.process_time = iter([0.0, 20.0 * {seconds}]).__next__

class Economy:
    def __init__(self, arm, firms):
        assert arm == "free" and firms == 10_000

    def run(self, quarters):
        return self
"""


def test_the_commit_before_is_measured_by_its_own_code(tmp_path, monkeypatch):
    (tmp_path / "sim").mkdir()
    code = tmp_path / "sim" / "__init__.py"

    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tmp_path, check=True)

    code.write_text(SIM.format(seconds=0.5), encoding="utf-8")
    for words in (("init", "-q"), ("add", "sim"), ("commit", "-q", "-m", "before")):
        git(*words)
    code.write_text(SIM.format(seconds=2.0), encoding="utf-8")
    monkeypatch.setattr(speed, "ROOT", tmp_path)
    assert speed.measure_before("HEAD", 2) == {"now": 2.0, "before": 0.5}
    with pytest.raises(UsageError, match="--before nowhere"):
        speed.measure_before("nowhere", 1)


def test_without_the_peer_the_table_says_so():
    mine = {name: seconds for name, seconds in SPEED.items() if "peer" not in name}
    assert "not measured" in shown(bench.of_others(mine)).values()


def test_starts_and_memory_are_told_beside_what_they_are_compared_with():
    starts = {"python": 0.1, "mesa": 0.5, "sim": 0.75, "start": 1.0, "first": 30.0}
    assert bench.of_starts(starts)[1:] == [
        ("import sim less import mesa", "0.25 s", "import mesa: 0.40 s"),
        ("import, 10,000 firms, one quarter", "1.00 s", "2.0 x import mesa"),
        ("that, no machine code on disk", "30.0 s", "30 x that"),
    ]
    memory = shown(bench.of_memory(100, {"tables": 1000.4, "process": 1500.0, "growth": 0.25}))
    assert list(memory.values()) == ["1000 bytes", "1500 bytes", "0.25 bytes"]


def test_works_take_turns_and_the_median_of_each_counts():
    seconds = iter([1.0, 10.0, 5.0, 30.0, 2.0, 20.0])  # of first and second work, three turns
    clock, order = (
        itertools.accumulate(itertools.chain.from_iterable((0.0, next(seconds)) for _ in range(6))),
        [],
    )
    works = {"first": lambda: order.append(1), "second": lambda: order.append(2)}
    assert speed.medians(3, works, lambda: next(clock)) == {"first": 2.0, "second": 20.0}
    assert order == [1, 2, 1, 2, 1, 2]


def test_the_sweep_that_is_written_twice_comes_to_the_same_bits(monkeypatch):
    monkeypatch.setattr(speed, "SWEPT", 150)
    sweep, plain = speed.sweeps()  # raises unless the two agree
    assert speed.medians(2, {"sweep": sweep, "plain": plain})["plain"] > 0.0


def test_memory_and_threads_are_measured_in_processes_of_their_own():
    memory = speed.part("memory", 2_000, 2)
    assert 500.0 < memory["tables"] < 3_000.0
    assert speed.part("threads", 200, 1).keys() == {"one", "two"}


def test_the_command_refuses_what_it_does_not_know(capsys):
    with pytest.raises(SystemExit) as stop:
        bench.main("bench", ["--fast"])
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_measurement_that_fails_is_no_figure():
    with pytest.raises(subprocess.CalledProcessError):
        speed.process("-c", "raise SystemExit(3)")


def test_a_heading_has_no_value_and_columns_stand_under_each_other():
    text = bench.as_text([("HEAD", "", ""), ("a", "1", "note"), ("longer", "10", "")])
    assert text == "\nHEAD\n  a        1  note\n  longer  10"
