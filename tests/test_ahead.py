"""Machine code is made by several processes at once; whatever they leave undone, the run itself does."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.engine import ahead
from sim.engine.compiling import COMPILING, telling
from tests.test_compiling import RUN, kernels, process, with_modules

# what a reader lives through, and fails at the end of
LIVED = RUN[: RUN.index("print")] + "calls(20), calls(2.0), 1 / 0\n"
AHEAD = """
from sim.engine import ahead
ahead.cores = lambda: 2
ahead.compile_ahead("import lived")
"""
WARM = """
import sim
from sim.engine import ahead, compiling
ahead.cores = lambda: 2
keeper, found = compiling.keeper(), []
load = keeper.load_overload
def looks(self, *given):
    code = load(self, *given)
    found.append(code is not None)
    return code
keeper.load_overload = looks
sim.warm_up()
print(all(found), len(found) > 100)
"""
LIST = "import pickle, sys; sys.stdout.buffer.write(pickle.dumps([b'one', b'two']))"
HALF = LIST.replace("']))", "'])[:-3])")
DIES = "import os, sys; os.read(0, 1)"
WAITS = "import time; time.sleep(600)"


def test_what_is_made_ahead_is_found_with_all_its_types(tmp_path: Path):
    """A function, called with two types, and a loop, of modules that only whoever asks can find."""
    folder = with_modules(tmp_path)
    (folder / "lived.py").write_text(LIVED)
    text = f"{AHEAD}from caller import calls\ncalls(2.0)\n{RUN}"
    assert process(folder, text) == ["42", "1", "0", "2", "0", "1"]
    assert len(kernels(folder)) == 6  # index and two codes of a function; index, code and text of a loop


@pytest.mark.long
def test_after_making_ahead_a_warm_up_compiles_nothing(tmp_path: Path):
    """The short life of the reader calls all that the long one calls."""
    assert process(tmp_path, WARM) == ["True", "True"]


@pytest.fixture
def started(monkeypatch) -> list[Any]:
    """Two cores, and nothing kept; the processes that were started."""
    monkeypatch.setattr(ahead, "cores", lambda: 2)
    monkeypatch.setattr(ahead, "some_is_kept", lambda: False)
    return []


@pytest.fixture
def stand_ins(monkeypatch, started) -> Callable[[str, str], None]:
    """A reader and makers that run other texts."""
    real = ahead.process

    def put(reader: str, maker: str) -> None:
        @contextlib.contextmanager
        def process(text: str, **environment: str):
            with real(maker if "make()" in text else reader, **environment) as one:
                started.append(one)
                yield one

        monkeypatch.setattr(ahead, "process", process)

    return put


@pytest.mark.parametrize(
    ("reader", "maker"),
    [(LIST, DIES), (LIST, "raise SystemExit"), ("", WAITS), (HALF, WAITS)],
    ids=["a maker at work", "a maker at once", "a reader at once", "a reader at the end"],
)
def test_a_process_that_fails_stops_nobody(stand_ins, started, reader, maker):
    stand_ins(reader, maker)
    ahead.compile_ahead("pass")
    assert len(started) == 3
    assert all(one.returncode is not None for one in started)


def test_where_no_process_can_be_started_nothing_is_made(started, monkeypatch):
    monkeypatch.setattr(ahead.sys, "executable", "/nowhere/python")
    ahead.compile_ahead("pass")


@pytest.mark.parametrize(
    ("name", "value"),
    [("cores", lambda: 1), ("some_is_kept", lambda: True)],
    ids=["one core", "something is kept"],
)
def test_a_single_core_and_a_warm_start_start_no_process(stand_ins, started, monkeypatch, name, value):
    stand_ins(LIST, "")
    monkeypatch.setattr(ahead, name, value)
    ahead.compile_ahead("pass")
    assert started == []


def test_where_nothing_is_compiled_nothing_is_made_ahead(stand_ins, started, monkeypatch):
    stand_ins(LIST, "")
    monkeypatch.setattr(ahead.numba().config, "DISABLE_JIT", 1)
    ahead.compile_ahead("pass")
    assert started == []


def test_there_are_no_more_than_four_makers(stand_ins, started, monkeypatch):
    stand_ins(LIST, "")
    monkeypatch.setattr(ahead, "cores", lambda: 64)
    ahead.compile_ahead("pass")
    assert len(started) == 1 + 4


def test_machine_code_is_looked_for_where_numba_keeps_it(tmp_path, monkeypatch):
    monkeypatch.setattr(ahead.numba().config, "CACHE_DIR", str(tmp_path))
    (tmp_path / "a.py").touch()  # the text of a loop, which says nothing
    assert not ahead.some_is_kept()
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.nbi").touch()
    assert ahead.some_is_kept()


def test_an_interrupted_wait_leaves_no_process(stand_ins, started, monkeypatch):
    def interrupted(thread: threading.Thread) -> None:
        raise KeyboardInterrupt

    stand_ins(LIST, WAITS)
    monkeypatch.setattr(ahead.threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ahead.compile_ahead("pass")
    assert [one.returncode is not None for one in started] == [True] * 3


def test_it_is_told_before_anybody_waits(stand_ins, capsys):
    ahead.tell.cache_clear()
    stand_ins(LIST, "")
    with telling(True):
        ahead.compile_ahead("pass")
    assert capsys.readouterr().err == f"{COMPILING}\n"


class Pipes:
    """A maker that takes so many functions and then dies."""

    def __init__(self, many: int):
        self.many, self.taken = many, []
        self.stdin = self.stdout = self

    def write(self, what: bytes) -> int:
        self.taken.append(what)
        return len(what)

    def read(self, n: int) -> bytes:
        return b"." if len(self.taken) <= self.many else b""


def test_the_others_do_what_one_that_dies_has_left():
    todo = [bytes([65 + n]) for n in range(6)]
    one, other = Pipes(2), Pipes(9)
    ahead.hand_out(todo, one)
    ahead.hand_out(todo, other)
    assert one.taken == [b"F", b"E", b"D"]  # of which the last is not made
    assert other.taken == [b"C", b"B", b"A"]
