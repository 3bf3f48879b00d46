"""Machine code is kept on disk, found by the next process, and never stale."""

import importlib.util
import inspect
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from sim.engine import compiling
from sim.engine.arithmetic import exp, normal
from sim.engine.compiling import COMPILING, cache_folder, compiled, laid_in
from sim.engine.draws import uniform
from sim.engine.parameters import ParameterError
from sim.record.shown import counted
from tests.processes import copies

ROOT = Path(__file__).parents[1]
HELPER = """
from collections import namedtuple
from sim.engine.compiling import compiled

STEP = 1
Ends = namedtuple("Ends", "before after")

@compiled
def helps(x):
    return Ends(before=0, after=x + STEP).after
"""
CALLER = """
from helper import helps
from sim.engine.compiling import compiled

@compiled
def calls(x):
    return 2 * helps(x)
"""
RULE = """
import numpy as np
from helper import helps
from sim.engine.columns import Column, Row, Table
from sim.engine.rules import rule

class Guest(Row):
    generation = Column(0, unit="count", dtype="uint32")
    mood = Column(0.0, unit="share")
    place = Column(0, unit="row of market.rent", dtype="int32")

@rule(writes="mood", draws="weather")
def enjoys(guest, market, p, u):
    return guest.mood + helps(u)

@rule(writes="mood")
def pays(guest, market, p, u):
    return guest.mood - market.rent[guest.place]
"""
# prints two results, and how often machine code was made and found for either
RUN = """
from caller import calls
from guests import Guest, Table, enjoys
from sim.engine.rules import loop, sweep
table = Table(None, Guest, 10)
sweep(table, (enjoys,), None, None, 1, 1)
print(calls(20), int(table["mood"].min()))
for stats in (calls.machine.stats, loop((enjoys,)).kernel.stats):
    print(sum(stats.cache_misses.values()), sum(stats.cache_hits.values()))
"""


def with_modules(place: Path) -> Path:
    for name, text in (("helper", HELPER), ("caller", CALLER), ("guests", RULE)):
        (place / f"{name}.py").write_text(text)
    return place


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return with_modules(tmp_path)


@pytest.fixture(scope="module")
def compiled_folder(tmp_path_factory: pytest.TempPathFactory, copied) -> Path:
    """Its machine code is there; whoever damages it leaves it whole again."""
    place = with_modules(tmp_path_factory.mktemp("compiled"))
    copied(place)
    return place


def process(folder: Path, text: str = RUN) -> list[str]:
    """What a new process prints that finds these modules and keeps its machine code here."""
    command = [sys.executable, "-c", text]
    env = environment(folder, PYTHONPATH=os.pathsep.join([str(folder), str(ROOT)]))
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.split()


def environment(folder: Path, **more: str) -> dict[str, str]:
    """That of a process which keeps its machine code here."""
    env = os.environ | {"SIM_KERNELS": str(folder / "kernels"), "PYTHONDONTWRITEBYTECODE": "1", **more}
    env.pop("NUMBA_CACHE_DIR", None)  # this process has set it
    return env


@pytest.fixture(scope="module")
def copied() -> Iterator[Callable[..., list[str]]]:
    """As `process`, of a copy of one that has imported all."""
    with copies() as new:

        def process(folder: Path, text: str = RUN) -> list[str]:
            return new.run(text, [str(folder)], environment(folder), folder / "printed").split()

        yield process


def kernels(folder: Path) -> dict[str, int]:
    """Every file of machine code with the time it was written, in ns."""
    files = [path for path in (folder / "kernels").rglob("*") if path.is_file()]
    return {path.name: path.stat().st_mtime_ns for path in files}


def test_a_second_process_compiles_nothing(folder):
    assert process(folder) == ["42", "1", "1", "0", "1", "0"]
    first = kernels(folder)
    assert process(folder) == ["42", "1", "0", "1", "0", "1"]
    assert kernels(folder) == first
    assert len(first) == 5  # index and code of a function and of a loop, and the loop's text


@pytest.mark.parametrize(
    ("old", "new", "results"),
    [("x + STEP", "x + 3 * STEP", ["46", "3"]), ("STEP = 1", "STEP = 5", ["50", "5"])],
    ids=["text", "constant"],
)
def test_a_change_in_another_file_is_seen(copied, folder, old, new, results):
    copied(folder)
    (folder / "helper.py").write_text(HELPER.replace(old, new))
    assert copied(folder)[:2] == results


TOLD = """
import sys
from sim.engine.compiling import telling
sys.stderr = sys.stdout
from caller import calls
from helper import helps
with telling({asked}):
    calls(20), helps(1), calls(2.0)
"""


def test_that_rules_are_compiled_is_told_once_if_they_are_and_somebody_asks(copied, folder):
    assert copied(folder, TOLD.format(asked="False")) == []
    assert copied(folder, TOLD.format(asked="True")) == []  # all is compiled
    shutil.rmtree(folder / "kernels")
    assert copied(folder, TOLD.format(asked="True")) == COMPILING.split()
    shutil.rmtree(folder / "kernels")
    assert copied(folder, TOLD.format(asked="None")) == []  # nobody looks


def test_a_bar_makes_room_for_what_is_told(capsys):
    from tqdm import tqdm

    compiling.tell.cache_clear()
    with tqdm(total=2, file=sys.stderr):
        compiling.tell()
        compiling.tell()
    drawn = capsys.readouterr().err
    assert drawn.count(COMPILING) == 1 and f"\r{COMPILING}\n" in drawn


def test_whoever_asked_for_a_bar_is_told_wherever_the_bar_goes(capsys):
    """The standard error may be a file: a bar that was asked for says enough."""
    assert not compiling.told()
    assert [compiling.told() for _ in counted(2, "quarters", True)] == [True, True]
    assert not compiling.told()
    assert [compiling.told() for _ in counted(2, "quarters", False)] == [False, False]
    assert "quarters" in capsys.readouterr().err


def test_it_is_told_to_who_looks_and_by_no_worker(monkeypatch):
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    assert not compiling.told()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert compiling.told()
    with compiling.telling(False):
        assert not compiling.told()
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: True)
    assert not compiling.told()
    with compiling.telling(True):
        assert compiling.told()


def nothing(content: bytes) -> bytes:
    return b""


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    ("ending", "damage", "again"),
    [
        (".nbi", nothing, ["1", "0", "1", "0"]),
        (".nbi", half, ["1", "0", "1", "0"]),
        (".nbc", half, ["1", "0", "1", "0"]),
        (".nbc", flipped, ["1", "0", "1", "0"]),
        (".py", nothing, ["0", "1", "0", "1"]),
        (".py", half, ["0", "1", "0", "1"]),
    ],
)
def test_a_damaged_file_is_noticed_and_written_anew(copied, compiled_folder, ending, damage, again):
    folder = compiled_folder
    victims = [path for path in (folder / "kernels").rglob(f"*{ending}") if path.is_file()]
    before = {path: path.read_bytes() for path in victims}
    for path, content in before.items():
        path.write_bytes(damage(content))
    assert copied(folder) == ["42", "1", *again]
    assert copied(folder) == ["42", "1", "0", "1", "0", "1"]
    if ending == ".py":
        assert {path: path.read_bytes() for path in victims} == before


@pytest.fixture
def fresh():
    """The folder is looked for anew, before and after."""
    cache_folder.cache_clear()
    yield
    cache_folder.cache_clear()


@pytest.fixture
def own(tmp_path, monkeypatch, fresh):
    """A user who names no folder and whose project lies where nobody can write (a file is in the way)."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "pyproject.toml").touch()
    (tmp_path / "project" / ".kernels").touch()
    monkeypatch.setattr(compiling, "ENGINE", tmp_path / "project" / "sim" / "engine")
    monkeypatch.setenv("SIM_KERNELS", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def test_where_the_projects_folder_cannot_be_written_it_is_one_of_the_users(own, monkeypatch):
    assert cache_folder().parent == own / "cache" / "fintech-metamorphosis"
    for unsaid in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", unsaid)
        cache_folder.cache_clear()
        assert cache_folder().parent == own / "home" / ".cache" / "fintech-metamorphosis"


def test_what_was_installed_is_left_as_it_is_and_a_source_tree_keeps_its_own(own):
    project = own / "project"
    (project / ".kernels").unlink()
    assert cache_folder().parent == project / ".kernels"
    (project / "pyproject.toml").unlink()  # as in site-packages
    cache_folder.cache_clear()
    assert cache_folder().parent == own / "cache" / "fintech-metamorphosis"


def test_at_last_it_is_one_that_passes_and_that_processes_below_share(own, monkeypatch):
    for name in ("cache", "home"):
        (own / name).touch()
    monkeypatch.setattr(compiling.tempfile, "tempdir", str(own))
    folder = cache_folder()
    assert folder.parent.parent == own
    assert os.environ["SIM_KERNELS"] == str(folder.parent)
    (own / "nowhere").touch()
    monkeypatch.setattr(compiling.tempfile, "tempdir", str(own / "nowhere"))
    monkeypatch.delenv("SIM_KERNELS")
    cache_folder.cache_clear()
    with pytest.raises(ParameterError, match=r"^no folder for machine code can be written: .* SIM_KERNELS$"):
        cache_folder()


def test_an_empty_name_of_a_folder_is_none(folder):
    text = """
        import os
        os.environ["SIM_KERNELS"] = ""
        from sim.engine.compiling import cache_folder, usual_folders
        print(cache_folder().parent in usual_folders())
    """
    assert process(folder, inspect.cleandoc(text)) == ["True"]


@pytest.mark.parametrize("place", ["a file", "a file/below", "/proc/kernels"])
def test_a_named_folder_that_cannot_be_is_told_in_one_line(place, tmp_path, monkeypatch, fresh):
    (tmp_path / "a file").touch()
    name = str(tmp_path / place)
    monkeypatch.setenv("SIM_KERNELS", name)
    with pytest.raises(ParameterError) as error:
        cache_folder()
    assert str(error.value).startswith(f"SIM_KERNELS = {name!r}") and "\n" not in str(error.value)


def test_machine_code_has_its_place_also_where_numba_was_imported_before(copied, folder):
    text = "import numba\nfrom caller import calls\ncalls(20)"
    assert copied(folder, text) == []
    assert len(kernels(folder)) == 2


def test_a_disk_without_room_keeps_no_code_and_runs_it(copied, folder):
    text = """
        import os
        from sim.engine import compiling
        def full(descriptor):
            raise OSError(28, "No space left on device")
        compiling.cache_folder()
        compiling.os.fsync = full
        from caller import calls
        print(calls(20))
    """
    assert copied(folder, inspect.cleandoc(text)) == ["42"]
    assert kernels(folder) == {}


@pytest.mark.long
def test_a_second_economy_compiles_nothing(folder):
    text = "from sim.model import Economy\ne = Economy(firms=100, seed=1)\nfor _ in range(3): e.step()"
    process(folder, text)
    first = kernels(folder)
    process(folder, text)
    assert kernels(folder) == first


def load(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "old", "new", "same"),
    [
        ("caller", "2 *", "3 *", False),
        ("helper", "x + STEP", "x - STEP", False),
        ("helper", "STEP = 1", "STEP = 2", False),
        ("helper", "before after", "after before", False),
        ("helper", "STEP = 1", "STEP = 1\nOTHER = 2", True),
    ],
)
def test_a_stamp_follows_the_text_of_helpers_and_constants(folder, monkeypatch, name, old, new, same):
    load(folder, "helper", monkeypatch)
    before = load(folder, "caller", monkeypatch).calls.stamp
    changed = folder / f"{name}.py"
    changed.write_text(changed.read_text().replace(old, new) + "\n# longer, so that the text is read anew\n")
    load(folder, "helper", monkeypatch)
    assert (load(folder, "caller", monkeypatch).calls.stamp == before) is same


@compiled
def doubles(x):
    """Twice x."""
    return x + x


@compiled
def quadruples(x):
    return doubles(doubles(x))


def test_a_compiled_function_has_two_readings():
    assert quadruples(3) == quadruples.plain(3) == 12
    assert quadruples.plain(Fraction(1, 3)) == Fraction(4, 3)  # plain Python all the way down
    assert quadruples.helpers() == {"doubles": doubles}
    assert doubles.__doc__ == "Twice x."


@compiled
def grows(x, out):
    for i in range(x.shape[0]):
        out[i] = exp(x[i])


@compiled
def draws(ids, out):
    for i in range(ids.shape[0]):
        out[i] = normal(uniform(np.uint64(1), ids[i], np.uint64(0), np.uint64(0)))


VECTOR = re.compile(r"<\d+ x double>")


@pytest.mark.parametrize(("loop", "x"), [(grows, np.zeros(8)), (draws, np.arange(8, dtype=np.uint32))])
def test_a_loop_over_a_helper_runs_on_vectors(loop, x):
    inside = laid_in(loop, False)
    inside(x, np.empty(8))  # compiled here, and not found on disk: only then can it be looked at
    assert VECTOR.search(next(iter(inside.inspect_llvm().values())))


@compiled
def moved(at, to, columns):
    goes = to[at] if at >= 0 else -1
    if goes != at and goes >= 0:
        columns[0][goes] += 1.0
        columns[1][goes] += 1.0 if at > 1 else 0.0
    return goes


@compiled
def moves(places, to, columns):
    for i in range(places.shape[0]):
        places[i] = moved(places[i], to, columns)
    return columns[0][0]


@compiled
def doubled(x):
    y = 2.0 * x
    return y[y.shape[0] - 1]


def test_nobody_counts_who_uses_arrays_unless_some_are_made():
    counts = []
    for counting in (False, True):
        loop = laid_in(moves, counting)
        assert loop(np.array([0, -1, 1]), np.array([1, 0]), (np.zeros(2), np.zeros(2))) == 1.0
        counts.append("NRT_incref" in next(iter(loop.inspect_llvm().values())))
    assert counts == [False, True]
    assert doubled(np.arange(3.0)) == 4.0  # makes an array: it is compiled all the same


def test_a_rule_that_looks_something_up_runs_on_vectors(copied, folder):
    text = """
        from types import SimpleNamespace
        import numpy as np
        from guests import Guest, Table, pays
        from sim.engine.rules import loop, sweep
        sweep(Table(None, Guest, 10), (pays,), SimpleNamespace(rent=np.ones(3)), None, 1, 1)
        print(*loop((pays,)).kernel.inspect_llvm().values())
    """
    assert VECTOR.search(" ".join(copied(folder, inspect.cleandoc(text))))


def test_a_loop_whose_arrays_are_apart_looks_things_up_on_vectors(copied, folder):
    text = """
        import numpy as np
        from sim.engine.draws import normals
        rows, numbers = np.arange(9)[::-1], np.arange(9, dtype=np.uint32)
        given = np.uint64(1), rows, numbers, numbers, 1
        found, plain = np.empty(9), np.empty(9)
        normals(*given, found)
        normals.plain(*given, plain)
        assert (found == plain).all()
        print(*normals.machine.inspect_llvm().values())
    """
    assert VECTOR.search(" ".join(copied(folder, inspect.cleandoc(text))))
