"""New processes for tests that look at machine code: copies of one that has imported all and compiled nothing
of the project, because to import Numba takes longer than what these tests ask of it."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
# what is compiled here is Numba's own to know: how whole numbers and arrays are added
COPIED = """
import json, os, sys, traceback
import numba, numpy
import sim.engine.compiling, sim.engine.rules

@numba.njit(error_model="numpy", nogil=True, _nrt=False)
def any_loop(x, n):
    for i in range(x.shape[0]):
        x[i] += n
    return n

any_loop(numpy.zeros(3), 1)
print(flush=True)
for asked in map(json.loads, sys.stdin):
    number = os.fork()
    if number == 0:
        code = 1
        for number, place in enumerate(asked["told"], start=1):
            os.dup2(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        try:
            os.environ.clear(), os.environ.update(asked["environment"])
            sys.path[:0] = asked["path"]
            exec(asked["text"], {"__name__": "__main__"})
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush(), sys.stderr.flush(), os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]), flush=True)
"""


class Copies:
    """Whoever is asked for new processes."""

    def __init__(self, one: subprocess.Popen[str]):
        self.one = one

    def run(self, text: str, path: list[str], environment: Mapping[str, str], out: Path) -> str:
        """What a new process prints that runs this text and finds modules here first."""
        assert self.one.stdin is not None and self.one.stdout is not None
        wrong = out.with_suffix(".err")
        asked = {"text": text, "path": path, "environment": dict(environment)}
        asked |= {"told": [str(out), str(wrong)]}
        self.one.stdin.write(f"{json.dumps(asked)}\n")
        self.one.stdin.flush()
        code = self.one.stdout.readline().strip()
        assert code == "0", wrong.read_text(encoding="utf-8")
        return out.read_text(encoding="utf-8")


@contextlib.contextmanager
def copies() -> Iterator[Copies]:
    """One process that is ready to be copied; it ends with the block."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("NUMBA_CACHE_DIR", None)  # this process may have set it
    command, pipe = [sys.executable, "-c", COPIED], subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) as one:
        try:
            assert one.stdout is not None
            one.stdout.readline()
            yield Copies(one)
        finally:
            one.kill()
