"""The promise: a folder that cannot take a result says so in one line, keeps what it has, and is not left
littered; and a file that somebody else wrote starts nothing that is not this project's."""

from __future__ import annotations

import errno
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from test_ensemble import (  # noqa: F401 - orders is a fixture
    ARMS,
    FakeEconomy,
    driver,
    finished,
    group_is_gone,
    orders,
    run,
    same,
    some_worlds,
    wait_for_worlds,
)

from experiments.run import replay
from experiments.run import store as stores
from experiments.run.command import guarded
from experiments.run.ensemble import Ensemble
from experiments.run.executors import serial
from experiments.run.store import Store, StoreError, read_json, write_atomically, write_json
from experiments.run.world import described, records, worlds

ROOT = Path(__file__).parents[1]


def told(error: pytest.ExceptionInfo[StoreError]) -> str:
    text = str(error.value)
    assert text and "\n" not in text
    return text


def failing(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """From now on no file comes into its place."""

    def refuses(*places: Any) -> None:
        raise OSError(number, os.strerror(number), str(places[0]))

    monkeypatch.setattr(stores.os, "replace", refuses)


def read_only(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """From now on no file can be made."""

    def refuses(self: Path, *choices: Any) -> None:
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr(Path, "touch", refuses)


# -- no room, no right to write ----------------------------------------------------------------------


class Filling(FakeEconomy):
    """Its own draft fills the disk."""

    def save(self, path: Path) -> None:
        path.with_name(f"{path.name}.part").write_bytes(bytes(1000))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_told_in_one_line_and_leaves_no_litter(tmp_path: Path) -> None:
    study = Ensemble(some_worlds(2), ARMS, economy=Filling)
    with pytest.raises(StoreError) as error:
        study.run(tmp_path, executor="serial", progress=False)
    assert told(error) == (
        f"the disk of {tmp_path / 'grown'} is full: when there is room, the same command goes on"
    )
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["manifest.json"]
    assert Store(tmp_path).description()["state"] == "stopped"


def test_worlds_stored_before_the_disk_was_full_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def until_it_is_full(tasks):
        for n, pair in enumerate(serial(tasks)):
            yield pair
            if n == 1:
                failing(monkeypatch, errno.ENOSPC)

    with pytest.raises(StoreError, match="is full"):
        run(tmp_path, executor=until_it_is_full)
    monkeypatch.undo()
    assert not list(tmp_path.rglob(".draft*"))
    outcome = run(tmp_path)
    assert (outcome.computed, outcome.reused) == (2, 2)
    assert same(outcome.store)


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_finished_folder_can_be_looked_at_where_it_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    run(tmp_path)
    write_atomically(tmp_path / "report.md", lambda draft: draft.write_text("as it is"))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    read_only(monkeypatch, number)
    outcome = run(tmp_path)
    assert (outcome.computed, outcome.reused) == (0, 4)
    assert same(outcome.store)
    write_atomically(tmp_path / "report.md", lambda draft: draft.write_text("as it is"))
    for changed in (lambda: write_json(tmp_path / "new.json", {}), lambda: run(tmp_path, 5)):
        with pytest.raises(StoreError) as error:
            changed()
        assert told(error).startswith(f"{tmp_path} cannot be written ({os.strerror(number)}): choose another")
    with pytest.raises(StoreError, match="cannot be written"):
        write_atomically(tmp_path / "report.md", lambda draft: draft.write_text("another"))
    monkeypatch.undo()
    after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert after == before


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/nowhere"])
def test_a_place_where_no_folder_can_be_is_told_in_one_line(
    tmp_path: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / place
    assert guarded(lambda: run(folder) and 0, "trial") == 1
    out, err = capsys.readouterr()
    assert err.startswith(f"trial: {folder} cannot be written (") and err.count("\n") == 1 and out == ""


def test_a_folder_in_place_of_a_file_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "one.json").mkdir()
    with pytest.raises(StoreError, match=r"one\.json cannot be read"):
        read_json(tmp_path / "one.json")
    with pytest.raises(StoreError, match="cannot be written"):
        write_json(tmp_path / "one.json", {})


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    assert run(tmp_path / "a" / "b" / "c", 1).computed == 1
    assert run(tmp_path / "a" / "b" / "c", 1).reused == 1


@pytest.mark.parametrize(
    ("value", "error"), [(float("nan"), ValueError), (float("inf"), ValueError), ({1, 2}, TypeError)]
)
def test_what_json_cannot_say_is_not_written(tmp_path: Path, value: Any, error: type[Exception]) -> None:
    for write in (stores.canonical, stores.fingerprint, lambda one: write_json(tmp_path / "one.json", one)):
        with pytest.raises(error):
            write({"value": value})
    assert not list(tmp_path.iterdir())


def test_equal_values_have_equal_text() -> None:
    import numpy as np

    assert stores.canonical({"b": np.int64(2), "a": [1.5, None]}) == '{"a":[1.5,null],"b":2}'


# -- what is missing ---------------------------------------------------------------------------------


def test_what_is_missing_is_named_and_how_to_get_it(tmp_path: Path) -> None:
    store = run(tmp_path, 2).store
    first, second = store.names()
    with pytest.raises(StoreError) as error:
        store.manifest("w00007-0123")
    assert told(error) == f"{tmp_path / 'worlds' / 'w00007-0123.json'} is missing: " + AGAIN
    shard = store.place(second, "quarters.parquet")
    shard.unlink()
    with pytest.raises(StoreError) as error:
        store.frame("quarters")
    assert told(error) == f"{shard} is missing: " + AGAIN
    for name in (first, second):
        store.forget(name)
    with pytest.raises(StoreError) as error:
        store.frame("quarters")
    assert told(error) == f"{tmp_path} holds no finished world: run the experiment again"


AGAIN = "run the same command again to compute this world"


# -- more than one process ---------------------------------------------------------------------------


def test_a_folder_into_which_a_living_process_computes_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with store.alone():
        with pytest.raises(StoreError) as error:
            run(store.path)
        assert told(error).startswith(f"another process computes into {store.path}: wait for it, or choose")
        assert not list(store.path.iterdir())
    assert same(run(store.path).store)


def test_a_process_that_died_keeps_nobody_out(tmp_path: Path, orders: Path) -> None:  # noqa: F811
    (orders / "slowly").touch()
    process = driver(tmp_path / "store", 4)
    wait_for_worlds(tmp_path / "store", 1)
    with pytest.raises(StoreError, match="another process computes into"):
        run(tmp_path / "store")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    (orders / "slowly").unlink()
    assert same(run(tmp_path / "store").store)


def test_sigterm_is_told_as_ctrl_c_is(tmp_path: Path, orders: Path) -> None:  # noqa: F811
    (orders / "slowly").touch()
    folder = tmp_path / "store"
    process = driver(folder, 8)
    wait_for_worlds(folder, 2)
    os.kill(process.pid, signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert err == (
        f"drive: stopped: {len(finished(folder))} of 8 worlds are stored in {folder}; "
        "the same command goes on from there\n"
    )
    assert group_is_gone(process.pid)
    assert json.loads((folder / "manifest.json").read_text())["state"] == "interrupted"


# -- files of somebody else --------------------------------------------------------------------------


def forged(tmp_path: Path, **changes: Any) -> Path:
    """A failure of a world of the project's own, with other content and a seal that fits."""
    import sim

    study = Ensemble(worlds(1, firms=200, burn_in=0, quarters=1), ("external_finance",), economy=sim.Economy)
    path = tmp_path / "forged.failed.json"
    write_json(path, {**described(study.tasks(Store(tmp_path))[0]), "kind": "error", **changes})
    return path


@pytest.mark.parametrize("role", ["parameters", "economy", "reduce"])
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("subprocess:Popen", "no trusted package (experiments, sim): nothing was run"),
        ("experiments.run.store:os.system", "cannot be"),
        ("experiments.run.store:Store", "cannot be"),
        ("experiments.run.store:_nothing", "cannot be imported"),
        ("experiments.nothing:name", "cannot be imported"),
        ("", "no trusted package"),
    ],
)
def test_a_forged_failure_runs_nothing(
    tmp_path: Path, role: str, name: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    witness = tmp_path / "was here"
    world = read_json(forged(tmp_path))["world"]
    world["overridden"] = {"args": f"touch '{witness}'", "shell": True}
    path = forged(tmp_path, **{role: name, "world": world})
    with pytest.raises(SystemExit) as left:
        replay.main([str(path)])
    out, err = capsys.readouterr()
    assert left.value.code == 2 and out == "" and err.count("\n") == 1
    assert f"{path} names {name}" in err and why in err
    assert not witness.exists()


def test_a_forged_failure_would_run_what_is_trusted(tmp_path: Path) -> None:
    assert replay.task_of(forged(tmp_path), Store(tmp_path)).reduce is records
    path = forged(tmp_path, reduce="textwrap:dedent")
    assert replay.task_of(path, Store(tmp_path), ("experiments", "sim", "textwrap"))
