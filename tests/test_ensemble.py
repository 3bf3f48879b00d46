"""The promise: whatever is killed, interrupted or damaged, nothing finished is lost or made up, and the
tables that come out in the end are those of an undisturbed run."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.run import executors, replay
from experiments.run.arm import Arm
from experiments.run.ensemble import Ensemble, Outcome
from experiments.run.executors import EnsembleError
from experiments.run.provenance import source_hash
from experiments.run.store import Store, StoreError, read_json, write_atomically, write_json
from experiments.run.world import SEEDS_APART, World, release, worlds

ROOT = Path(__file__).parents[1]
ARMS = ("external_finance", "deep_integration")
DRIFT = {"external_finance": 0.0, "deep_integration": 0.5}


# -- a model with the same protocol, and a folder of orders that makes it misbehave -----------------


@dataclass(frozen=True)
class FakeParameters:
    """Two numbers with the protocol of the model's own."""

    pace: float = 1.0
    spread: float = 0.25
    overridden: dict[str, float] = field(init=False, hash=False, compare=False)

    def __post_init__(self) -> None:
        defaults = {"pace": 1.0, "spread": 0.25}
        changed = {name: getattr(self, name) for name in defaults if getattr(self, name) != defaults[name]}
        object.__setattr__(self, "overridden", changed)

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.pace!r} {self.spread!r}".encode()).hexdigest()

    @staticmethod
    def problem() -> dict[str, Any]:
        return {"names": ["pace"]}

    @staticmethod
    def at(places: dict[str, float], fixed: dict[str, float]) -> FakeParameters:
        return FakeParameters(**{**places, **fixed})


class FakeEconomy:
    """A random walk that drifts with the strategy; obeys the orders lying in the folder $FAKE_ORDERS."""

    def __init__(
        self,
        strategy: str,
        *,
        firms: int,
        consumers: int,
        banks: int,
        platforms: int,
        seed: int,
        parameters: FakeParameters,
    ):
        self.strategy, self.seed, self.parameters = strategy, seed, parameters
        self.size = firms + consumers + banks + platforms
        self.quarter, self.level = 0, 0.0
        self.lived: list[tuple[int, float]] = []
        self.itself = self  # a model and its agents point at each other too

    def run(self, quarters: int) -> None:
        for _ in range(quarters):
            self.quarter += 1
            obey_orders(self.seed, self.strategy)
            luck = float(np.random.default_rng([self.seed, self.quarter]).normal())
            self.level += DRIFT[self.strategy] * self.parameters.pace + self.parameters.spread * luck
            self.lived.append((self.quarter, self.level))

    def branch(self, strategy: str, *, parameters: Any = None, timeline: Any = ()) -> FakeEconomy:
        if strategy not in DRIFT:
            raise ValueError(f"strategy {strategy!r} is unknown")
        return self._copy(strategy)

    def _copy(self, strategy: str) -> FakeEconomy:
        sizes = {"firms": self.size, "consumers": 0, "banks": 0, "platforms": 0}
        twin = FakeEconomy(strategy, **sizes, seed=self.seed, parameters=self.parameters)
        twin.quarter, twin.level, twin.lived = self.quarter, self.level, list(self.lived)
        return twin

    @property
    def records(self) -> SimpleNamespace:
        quarters = pd.DataFrame(self.lived, columns=["quarter", "level"]).set_index("quarter")
        platforms = pd.DataFrame({"quarter": [self.quarter], "platform": [0], "cash": [self.level * 2]})
        return SimpleNamespace(quarters=quarters, platforms=platforms)

    def save(self, path: Path) -> None:
        pace, spread = self.parameters.pace, self.parameters.spread
        numbers = np.array([self.size, self.seed, self.quarter, self.level, pace, spread])
        np.savez(path, numbers=numbers, lived=np.array(self.lived), strategy=np.array(self.strategy))

    @staticmethod
    def load(path: Path) -> FakeEconomy:
        with np.load(path) as saved:
            size, seed, quarter, level, pace, spread = saved["numbers"].tolist()
            sizes = {"firms": int(size), "consumers": 0, "banks": 0, "platforms": 0}
            economy = FakeEconomy(
                str(saved["strategy"]), **sizes, seed=int(seed), parameters=FakeParameters(pace, spread)
            )
            economy.quarter, economy.level = int(quarter), level
            economy.lived = [(int(at), value) for at, value in saved["lived"].tolist()]
        return economy


def obey_orders(seed: int, strategy: str) -> None:
    """An order is a file named <what>-<world>; all but "always" ones are obeyed once, in a future."""
    folder = os.environ.get("FAKE_ORDERS")
    if folder is None or strategy != "deep_integration":
        return
    orders, world = Path(folder), seed % SEEDS_APART
    with open(orders / "lived", "a", encoding="utf-8") as log:
        log.write(f"{world}\n")
    if (orders / "slowly").exists():
        time.sleep(0.05)
    if (orders / f"hang-{world}").exists():
        time.sleep(60)
    if (orders / f"raise-{world}").exists():
        raise ZeroDivisionError(f"nothing left in world {world}")
    if (orders / f"kill_always-{world}").exists():
        os.kill(os.getpid(), signal.SIGKILL)
    if (orders / f"kill-{world}").exists():
        (orders / f"kill-{world}").unlink()
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "orders"
    folder.mkdir()
    monkeypatch.setenv("FAKE_ORDERS", str(folder))
    return folder


def some_worlds(count: int, **changes: Any) -> tuple[World, ...]:
    sizes = {"seed": 3, "firms": 10, "burn_in": 4, "quarters": 6, **changes}
    return worlds(count, **sizes, parameters=FakeParameters)


def ensemble(count: int = 4, **changes: Any) -> Ensemble:
    return Ensemble(some_worlds(count, **changes), ARMS, economy=FakeEconomy)


def run(folder: Path, count: int = 4, **choices: Any) -> Outcome:
    given = {"executor": "serial", "progress": False, "workers": 2, **choices}
    return ensemble(count).run(folder, **given)


@functools.cache
def undisturbed(count: int = 4) -> pd.DataFrame:
    """The table as it has to be, made without store, workers or grown worlds."""
    parts = []
    for world in some_worlds(count):
        for arm in ARMS:
            sizes = {name: getattr(world, name) for name in ("firms", "consumers", "banks", "platforms")}
            economy = FakeEconomy(ARMS[0], **sizes, seed=world.own_seed, parameters=world.parameters)
            economy.run(world.burn_in)
            economy = economy.branch(arm)
            economy.run(world.quarters)
            frame = economy.records.quarters.reset_index()
            frame.insert(0, "luck", 1)
            frame.insert(0, "arm", arm)
            frame.insert(0, "world", world.index)
            parts.append(frame)
    frame = pd.concat(parts, ignore_index=True)
    frame["arm"] = pd.Categorical(frame["arm"], categories=ARMS)
    return frame


def same(store: Store, count: int = 4) -> bool:
    pd.testing.assert_frame_equal(store.frame("quarters"), undisturbed(count), check_exact=True)
    return True


# -- worlds and tables -------------------------------------------------------------------------------


def test_tables_are_tidy_and_arms_of_a_world_share_its_luck(tmp_path: Path) -> None:
    outcome = run(tmp_path)
    assert (outcome.computed, outcome.reused, outcome.failures) == (4, 0, ())
    assert same(outcome.store)
    level = outcome.store.frame("quarters").pivot(index=["world", "quarter"], columns="arm", values="level")
    difference = (level["deep_integration"] - level["external_finance"]).unstack("world")
    paces = [world.parameters.pace for world in some_worlds(4)]
    assert np.allclose(difference.loc[:4], 0.0)
    assert np.allclose(difference.loc[10], 6 * 0.5 * np.array(paces))
    platforms = outcome.store.frame("platforms")
    assert list(platforms.columns) == ["world", "arm", "luck", "quarter", "platform", "cash"]
    assert len(platforms) == 4 * 2


def test_worlds_are_distinct_and_more_worlds_leave_the_first_alone() -> None:
    few, many = some_worlds(3), some_worlds(50)
    assert many[:3] == few
    others = some_worlds(50, seed=4)
    assert len({world.own_seed for world in (*many, *others)}) == 100
    assert few[0].consumers == 20
    held = some_worlds(2, fixed={"pace": 1.0})
    assert [world.parameters.pace for world in held] == [1.0, 1.0]
    assert held[0].chosen == ("pace",)


@pytest.mark.parametrize("change", [{"firms": 0}, {"quarters": 0}, {"burn_in": -1}, {"index": 100_000}])
def test_a_world_that_is_none_is_refused_by_name(change: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        replace(some_worlds(1)[0], **change)


def test_without_burn_in_the_futures_start_at_once(tmp_path: Path) -> None:
    outcome = ensemble(1, burn_in=0).run(tmp_path, executor="serial", progress=False)
    assert min(outcome.store.frame("quarters")["quarter"]) == 1
    assert not (tmp_path / "grown").exists()


def test_ensembles_that_make_no_sense_are_refused() -> None:
    some = some_worlds(2)
    with pytest.raises(ValueError, match="at least one world and one arm"):
        Ensemble(some, ())
    with pytest.raises(ValueError, match="named twice"):
        Ensemble(some, ("a", "a"))
    with pytest.raises(ValueError, match="one text"):
        Ensemble(some, "deep_integration")
    with pytest.raises(ValueError, match="same number"):
        Ensemble((*some, some[0]), ARMS)
    with pytest.raises(TypeError, match="top of a module"):
        Ensemble(some, ARMS, reduce=lambda economy: {})
    with pytest.raises(TypeError, match="runs no platforms"):
        Ensemble(some, {"a": 3})
    with pytest.raises(TypeError, match="cannot be written as JSON"):
        Ensemble(some, {"a": Arm(ARMS[0], {"pace": FakeParameters()})})
    with pytest.raises(ValueError, match="executor = 'slurm'"):
        Ensemble(some, ARMS).run("nowhere", executor="slurm")


def with_a_world_column(economy: FakeEconomy) -> dict[str, pd.DataFrame]:
    return {"quarters": economy.records.quarters.assign(world=1)}


def test_a_reduction_that_takes_the_stores_columns_fails_in_every_world(tmp_path: Path) -> None:
    study = Ensemble(some_worlds(2), ARMS, reduce=with_a_world_column, economy=FakeEconomy)
    with pytest.raises(EnsembleError, match=r"no world has a result; world 0: ValueError: .* column 'world'"):
        study.run(tmp_path, executor="serial", progress=False)


# -- going on where it stopped -----------------------------------------------------------------------


def test_worker_processes_give_the_same_bytes_and_a_rerun_computes_nothing(tmp_path: Path) -> None:
    serial = run(tmp_path / "serial").store
    local = run(tmp_path / "local", executor="local").store
    assert same(local)
    shards = sorted((tmp_path / "serial" / "worlds").glob("*.parquet"))
    assert len(shards) == 8
    for shard in shards:
        assert shard.read_bytes() == (tmp_path / "local" / "worlds" / shard.name).read_bytes()
    again = run(tmp_path / "local", executor="local")
    assert (again.computed, again.reused) == (0, 4)
    assert serial.names() == local.names()


def threads(economy: FakeEconomy) -> dict[str, pd.DataFrame]:
    allowed = [os.environ.get(name, "any") for name in executors.ONE_THREAD]
    return {"threads": pd.DataFrame({"allowed": allowed, "process": os.getpid()})}


def test_worlds_run_beside_each_other_on_one_thread_each(tmp_path: Path) -> None:
    before = dict(os.environ)
    study = Ensemble(some_worlds(6), ARMS, reduce=threads, economy=FakeEconomy)
    found = study.run(tmp_path, workers=2, progress=False).store.frame("threads")
    assert set(found["allowed"]) == {"1"}
    workers = set(found["process"])
    assert os.getpid() not in workers and len(workers) <= 2
    assert dict(os.environ) == before


def test_a_larger_ensemble_computes_only_what_is_missing(tmp_path: Path, orders: Path) -> None:
    run(tmp_path / "store", 2)
    (orders / "lived").unlink()
    outcome = run(tmp_path / "store", 4)
    assert (outcome.computed, outcome.reused) == (2, 2)
    assert set((orders / "lived").read_text().split()) == {"2", "3"}
    assert same(outcome.store)


def test_a_smaller_question_to_the_same_folder_reads_only_its_own_worlds(tmp_path: Path) -> None:
    run(tmp_path, 4)
    assert same(run(tmp_path, 2).store, 2)


def test_grown_worlds_are_shared_by_other_arms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path)
    grown = sorted((tmp_path / "grown").glob("*.npz"))
    assert len(grown) == 4
    monkeypatch.setattr(FakeEconomy, "save", None)  # growing one again would need it
    study = Ensemble(some_worlds(4, quarters=2), ARMS[1:], economy=FakeEconomy)
    assert study.run(tmp_path, executor="serial", progress=False).computed == 4
    assert sorted((tmp_path / "grown").glob("*.npz")) == grown


def test_redo_computes_everything_anew(tmp_path: Path, orders: Path) -> None:
    run(tmp_path / "store")
    (orders / "lived").unlink()
    outcome = run(tmp_path / "store", redo=True)
    assert (outcome.computed, outcome.reused) == (4, 0)
    assert same(outcome.store)
    assert len((orders / "lived").read_text().split()) == 4 * 6


reduced: list[weakref.ref[FakeEconomy]] = []


def alive_at_once(economy: FakeEconomy) -> dict[str, pd.DataFrame]:
    reduced.append(weakref.ref(economy))
    return {"alive": pd.DataFrame({"economies": [sum(one() is not None for one in reduced)]})}


def test_one_future_is_in_memory_at_a_time(tmp_path: Path) -> None:
    reduced.clear()
    study = Ensemble(some_worlds(3), ARMS, reduce=alive_at_once, economy=FakeEconomy)
    alive = study.run(tmp_path, executor="serial", progress=False).store.frame("alive")
    assert alive["economies"].to_list() == [1] * 6


def other_reduction(economy: FakeEconomy) -> dict[str, pd.DataFrame]:
    return {"quarters": economy.records.quarters}


def test_the_key_covers_everything_a_result_depends_on(tmp_path: Path) -> None:
    store, world = Store(tmp_path), some_worlds(1)[0]
    base = ensemble(1).tasks(store)[0]
    changed = [
        replace(base, world=replace(world, **{name: getattr(world, name) + 1}))
        for name in ("seed", "index", "firms", "consumers", "banks", "platforms", "burn_in", "quarters")
    ]
    changed.append(replace(base, world=replace(world, parameters=FakeParameters(spread=0.3))))
    changed.append(replace(base, arms=base.arms[:1]))
    changed.append(replace(base, code="0" * 64))
    changed.append(replace(base, reduce=other_reduction))
    keys = {one.key for one in [base, *changed]}
    assert len(keys) == len(changed) + 1
    assert ensemble(1).tasks(store)[0].key == base.key


def test_a_reductions_hash_follows_the_modules_it_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "asked"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "lengths.py").write_text("WINDOW = 4\n")
    (package / "apart.py").write_text("COLOUR = 'red'\n")
    text = "def kept(economy):\n    from asked.lengths import WINDOW\n    return WINDOW\n"
    (package / "measured.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    kept = __import__("asked.measured", fromlist=["kept"]).kept
    before = source_hash.__wrapped__(kept)
    (package / "apart.py").write_text("COLOUR = 'blue'\n")
    assert source_hash.__wrapped__(kept) == before
    (package / "lengths.py").write_text("WINDOW = 5\n")
    assert source_hash.__wrapped__(kept) != before


# -- things that go wrong ----------------------------------------------------------------------------


def test_a_killed_worker_costs_nothing(tmp_path: Path, orders: Path) -> None:
    (orders / "kill-1").touch()
    (orders / "kill-3").touch()
    outcome = run(tmp_path / "store", executor="local")
    assert outcome.failures == ()
    assert not list(orders.glob("kill-*"))
    assert same(outcome.store)


def test_a_world_that_kills_each_worker_costs_itself_only(tmp_path: Path, orders: Path) -> None:
    (orders / "kill_always-1").touch()
    outcome = run(tmp_path / "store", executor="local", retries=1)
    assert [(one.world, one.kind) for one in outcome.failures] == [(1, "machine")]
    assert outcome.computed == 3
    failure = outcome.store.failure(outcome.store.description()["worlds"][1])
    assert failure is not None and failure["attempts"] == 2
    (orders / "kill_always-1").unlink()
    outcome = run(tmp_path / "store", executor="local")
    assert (outcome.computed, outcome.reused, outcome.failures) == (1, 3, ())
    assert same(outcome.store)


def test_a_hung_world_is_ended_and_the_others_go_on(tmp_path: Path, orders: Path) -> None:
    (orders / "hang-0").touch()
    outcome = run(tmp_path / "store", executor="local", timeout=6.0)
    assert [(one.world, one.kind) for one in outcome.failures] == [(0, "timeout")]
    assert "longer than 6 seconds" in outcome.failures[0].message
    assert outcome.computed == 3


@pytest.mark.parametrize("executor", ["serial", "local"])
def test_an_exception_is_recorded_once_with_a_way_to_repeat_it(
    tmp_path: Path, orders: Path, executor: str
) -> None:
    (orders / "raise-2").touch()
    outcome = run(tmp_path / "store", executor=executor)
    assert [(one.world, one.kind) for one in outcome.failures] == [(2, "error")]
    assert outcome.failures[0].message == "ZeroDivisionError: nothing left in world 2"
    assert outcome.store.description()["failures"][0]["world"] == 2
    lives = (orders / "lived").read_text().split()
    assert lives.count("2") == 1
    assert len(outcome.store.frame("quarters")) == 3 * 2 * 10

    again = run(tmp_path / "store", executor=executor)
    assert again.failures == outcome.failures
    assert (orders / "lived").read_text().split() == lives

    command = outcome.failures[0].replay.split()
    assert command[:3] == ["python", "-m", "experiments.run.replay"]
    assert command[-2:] == ["--trust", __name__.split(".")[0]]
    with pytest.raises(ZeroDivisionError, match="nothing left in world 2"):
        replay.main(command[3:])
    (orders / "raise-2").unlink()
    assert replay.main(command[3:]) == 0


def test_a_task_that_a_worker_cannot_import_is_an_error_of_that_world(tmp_path: Path) -> None:
    one = ensemble(1).tasks(Store(tmp_path))[0]
    payload = b"cnothing_like_this\nname\n."
    result = executors._work(payload)
    assert result.kind == "error" and "nothing_like_this" in result.message
    stale = executors.attempt(replace(one, code="0" * 64))
    assert stale.kind == "store" and "code changed" in stale.message


def test_the_bar_counts_worlds_from_before_and_failures(
    tmp_path: Path, orders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path / "store", 2)
    (orders / "raise-3").touch()
    assert capsys.readouterr().err == ""
    run(tmp_path / "store", 4, progress=True)
    told = capsys.readouterr().err
    assert told.startswith("Growing and running 2 worlds; 2 worlds are there from before\n")
    last = told.split("\r")[-1]
    assert "3/4" in last and "failed=1" in last


def test_a_function_typed_into_a_session_is_refused_before_any_work(tmp_path: Path) -> None:
    code = (
        f"from {__name__} import *\n"
        "def typed(economy): return {}\n"
        "study = Ensemble(some_worlds(1), ARMS, reduce=typed, economy=FakeEconomy)\n"
        f"try: study.run({str(tmp_path / 'store')!r})\n"
        "except ValueError as error: print(error)"
    )
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("typed lives only in this session: put it in a module")
    assert not (tmp_path / "store").exists()


def test_mesa_is_made_to_forget_a_finished_model() -> None:
    import mesa

    class Plain(mesa.Model):
        pass

    model = Plain()
    mesa.Agent(model)
    release(model)
    assert model not in getattr(mesa.Agent, "_ids", {})


# -- damage ------------------------------------------------------------------------------------------


def damaged(path: Path, how: str) -> None:
    content = path.read_bytes()
    flipped = bytes([content[len(content) // 2] ^ 1])
    middle = len(content) // 2
    path.write_bytes(
        content[:middle] if how == "truncated" else content[:middle] + flipped + content[middle + 1 :]
    )


@pytest.mark.parametrize("how", ["truncated", "one bit"])
@pytest.mark.parametrize("which", ["*.quarters.parquet", "w*[0-9a-f].json"])
def test_damage_is_named_and_never_recomputed_in_silence(tmp_path: Path, which: str, how: str) -> None:
    store = run(tmp_path).store
    victim = sorted((tmp_path / "worlds").glob(which))[1]
    damaged(victim, how)
    for look in (lambda: run(tmp_path), lambda: store.frame("quarters")):
        with pytest.raises(StoreError) as caught:
            look()
        assert str(victim) in str(caught.value)
        assert "delete it or pass --redo" in str(caught.value)
        assert "\n" not in str(caught.value)
    victim.unlink()
    outcome = run(tmp_path)
    assert (outcome.computed, outcome.reused) == (1, 3)
    assert same(store)


def test_damage_that_means_the_same_number_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"seconds": 0.30000000000000004})
    assert read_json(path) == {"seconds": 0.30000000000000004}
    same_number = path.read_text().replace("0.30000000000000004", "0.30000000000000005")
    assert float("0.30000000000000005") == 0.30000000000000004
    path.write_text(same_number)
    with pytest.raises(StoreError, match="is damaged"):
        read_json(path)


def test_redo_cures_damage(tmp_path: Path) -> None:
    run(tmp_path)
    for path in (tmp_path / "worlds").glob("*"):
        damaged(path, "truncated")
    for path in (tmp_path / "grown").glob("*"):
        damaged(path, "truncated")
    assert same(run(tmp_path, redo=True).store)


@pytest.mark.parametrize("executor", ["serial", "local"])
def test_a_damaged_grown_world_stops_the_ensemble_by_name(tmp_path: Path, executor: str) -> None:
    run(tmp_path)
    victim = min((tmp_path / "grown").glob("*.npz"))
    damaged(victim, "one bit")
    for path in (tmp_path / "worlds").glob("*"):
        path.unlink()
    with pytest.raises(StoreError, match=victim.name):
        run(tmp_path, executor=executor)
    victim.unlink()
    assert same(run(tmp_path).store)


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "table.json"
    write_json(path, {"a": 1})

    def breaks_off(draft: Path) -> None:
        draft.write_text("half")
        raise OSError("disk full")

    with pytest.raises(StoreError, match="disk full"):
        write_atomically(path, breaks_off)
    assert read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_drafts_of_dead_processes_are_swept_and_those_of_living_ones_are_not(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "worlds").mkdir()
    dead, alive = (tmp_path / "worlds" / f".draft-{one}-x.json" for one in (gone.pid, os.getpid()))
    dead.touch()
    alive.touch()
    Store(tmp_path).sweep()
    assert not dead.exists() and alive.exists()


def test_asking_for_what_is_not_there_is_answered_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"manifest\.json is missing"):
        Store(tmp_path).frame("quarters")
    store = run(tmp_path, 1).store
    with pytest.raises(StoreError, match="no table 'firms', only platforms, quarters"):
        store.frame("firms")
    manifests = store.manifests()
    assert manifests["pace"].to_list() == [some_worlds(1)[0].parameters.pace]


# -- the driver is killed, or stopped by hand --------------------------------------------------------


def drive(folder: str, count: int) -> None:
    """What the subprocesses below run; the last lines are those of a script."""
    from experiments.run.command import guarded

    # as on a terminal: whoever runs tests in the background has had Ctrl-C ignored in all that they start
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def body() -> int:
        run(Path(folder), count, executor="local")
        return 0

    raise SystemExit(guarded(body, "drive"))


def driver(folder: Path, count: int) -> subprocess.Popen[str]:
    command = f"import {__name__} as here; here.drive({str(folder)!r}, {count})"
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    return subprocess.Popen(
        [sys.executable, "-c", command],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_worlds(folder: Path, least: int) -> None:
    deadline = time.monotonic() + 60
    while len(finished(folder)) < least:
        assert time.monotonic() < deadline, "no world was finished within a minute"
        time.sleep(0.02)


def finished(folder: Path) -> list[Path]:
    return [path for path in folder.glob("worlds/w*.json") if "failed" not in path.name]


def group_is_gone(group: int) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_a_killed_driver_loses_nothing_that_was_finished(tmp_path: Path, orders: Path) -> None:
    (orders / "slowly").touch()
    folder = tmp_path / "store"
    for least in (1, 3):
        process = driver(folder, 8)
        wait_for_worlds(folder, least)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        begun = len(finished(folder)) + 2
        process.communicate()
        assert group_is_gone(process.pid), "workers outlived their driver"
        assert len(finished(folder)) <= begun, "workers went on with further worlds"
    before = {path: path.read_bytes() for path in finished(folder)}
    assert 3 <= len(before) < 8
    (orders / "slowly").unlink()
    outcome = run(folder, 8, executor="local")
    assert outcome.reused == len(before)
    assert all(path.read_bytes() == content for path, content in before.items())
    assert same(outcome.store, 8)
    assert not list(folder.glob("**/.draft-*"))


def test_ctrl_c_stops_cleanly_and_the_same_command_goes_on(tmp_path: Path, orders: Path) -> None:
    (orders / "slowly").touch()
    folder = tmp_path / "store"
    process = driver(folder, 8)
    wait_for_worlds(folder, 2)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the workers too
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert err.count("\n") == 1 and err.startswith("drive: stopped: ")
    stored = len(finished(folder))
    assert f"{stored} of 8 worlds are stored" in err and "same command" in err
    assert group_is_gone(process.pid)
    assert json.loads((folder / "manifest.json").read_text())["state"] == "interrupted"
    (orders / "slowly").unlink()
    outcome = run(folder, 8, executor="local")
    assert outcome.reused == stored
    assert same(outcome.store, 8)


def test_ctrl_c_while_workers_are_starting_prints_no_traceback(tmp_path: Path) -> None:
    process = driver(tmp_path / "store", 8)
    deadline = time.monotonic() + 30
    while not (tmp_path / "store" / "manifest.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err and err.count("\n") == 1
    assert group_is_gone(process.pid)


def test_ctrl_c_is_held_while_workers_start_also_where_another_thread_takes_it() -> None:
    from experiments.run.executors import _interrupts_held

    ready, done = threading.Event(), []

    def strike() -> None:
        ready.wait(10)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=strike)  # from before: it does not inherit the mask

    def start() -> None:
        with _interrupts_held():
            ready.set()
            thread.join()
            time.sleep(0.05)
            done.append("started")

    usual = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it may be ignored
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            start()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, usual)
    assert done == ["started"]


def test_what_workers_import_is_light() -> None:
    code = "from experiments.run import command, ensemble, executors; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"statsmodels", "matplotlib", "scipy", "pandas", "numba", "mesa", "pyarrow", "sim"}
    assert not heavy & set(done.stdout.split())
