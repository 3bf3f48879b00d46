"""Whoever waits is told what for, and a clock that moves leaves nothing behind."""

import contextlib
import io
import sys
import threading
import time

import pytest

from experiments.run import waiting
from experiments.run.waiting import bar, intent, say


class Terminal(io.StringIO):
    """A standard error at which somebody looks."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def short_seconds(monkeypatch):
    monkeypatch.setattr(waiting, "WATCHED", 0.01)


def terminal() -> contextlib.redirect_stderr[Terminal]:
    """Within, the standard error is a terminal; what is seen there."""
    return contextlib.redirect_stderr(Terminal())  # in a fixture pytest would take it back


def clocks() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "clock of a bar"]


def drawn_again(seen: io.StringIO) -> bool:
    """Is the bar drawn anew although no world ends?"""
    before, deadline = seen.getvalue().count("\r"), time.monotonic() + 10
    while seen.getvalue().count("\r") < before + 3:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_the_clock_moves_while_no_world_ends_and_stops_with_the_bar():
    with terminal() as seen, bar(4, 1) as shown:
        assert len(clocks()) == 1 and clocks()[0].daemon
        assert drawn_again(seen)
        shown.update()
    assert clocks() == []
    assert "2/4" in seen.getvalue().rpartition("\r")[2]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_the_clock_stops_with_an_interrupt_or_error(stop):
    with pytest.raises(stop), terminal(), bar(4, 0):
        raise stop
    assert clocks() == []


def test_a_file_is_not_filled_with_bars(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    with bar(4, 0):
        time.sleep(0.1)
    assert capsys.readouterr().err.count("\r") < 5


def test_who_wants_quiet_has_it():
    with terminal() as seen:
        say("Judging", aloud=False)
        with bar(4, 0, aloud=False) as shown:
            assert clocks() == []
            shown.update()
            shown.set_postfix(failed=0)
        assert seen.getvalue() == ""
        say("Judging")
    assert seen.getvalue() == "Judging\n"


def test_a_run_says_what_it_is_about_to_do():
    assert intent(20, 0) == "Growing and running 20 worlds"
    assert intent(1, 19) == "Growing and running 1 world; 19 worlds are there from before"
    assert intent(0, 20) == "All 20 worlds are there from before"
