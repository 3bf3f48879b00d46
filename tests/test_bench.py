"""The bench divides what it measured in the right direction, and what it measures still runs."""

import itertools

import pytest

from experiments.studies import bench

SPEED = {
    "small": 0.006,
    "large": 0.12,
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
    assert list(others.values()) == ["5.0 x as fast", "1.7 x as fast", "1000 x as fast"]


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
    assert bench.medians(3, works, lambda: next(clock)) == {"first": 2.0, "second": 20.0}
    assert order == [1, 2, 1, 2, 1, 2]


def test_the_sweep_that_is_written_twice_comes_to_the_same_bits(monkeypatch):
    monkeypatch.setattr(bench, "SWEPT", 150)
    sweep, plain = bench.sweeps()  # raises unless the two agree
    assert bench.medians(2, {"sweep": sweep, "plain": plain})["plain"] > 0.0


def test_memory_and_threads_are_measured_in_processes_of_their_own():
    memory = bench.part("memory", 2_000, 2)
    assert 500.0 < memory["tables"] < 3_000.0
    assert bench.part("threads", 200, 1).keys() == {"one", "two"}


def test_the_command_refuses_what_it_does_not_know(capsys):
    with pytest.raises(SystemExit) as stop:
        bench.main("bench", ["--fast"])
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_measurement_that_fails_is_no_figure():
    with pytest.raises(bench.subprocess.CalledProcessError):
        bench.process("-c", "raise SystemExit(3)")


def test_a_heading_has_no_value_and_columns_stand_under_each_other():
    text = bench.as_text([("HEAD", "", ""), ("a", "1", "note"), ("longer", "10", "")])
    assert text == "\nHEAD\n  a        1  note\n  longer  10"
