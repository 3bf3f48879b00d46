"""Who may import whom: experiments -> {model, record} -> population -> credit -> links -> markets -> actors.

All of them stand on the engine. Business models know nothing but that; only population and what is above it
knows them.

Within the experiments: run <- measure <- judge <- tell <- document <- studies.
"""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# What a layer may import of the project, by the beginning of the module's name. sim/accounts.py is the
# chart of accounts, a list without rules: everything above the engine may read it.
MIDDLE = ("sim.accounts", "sim.engine")
AGENTS = ("sim.actors", "sim.state", *MIDDLE)
MARKETS = ("sim.markets", *AGENTS)
ROOMS = tuple(f"experiments.{room}" for room in ("run", "measure", "judge", "tell", "document", "studies"))
BELOW = {
    **{room: ("sim", *ROOMS[: n + 1]) for n, room in enumerate(ROOMS[:-1])},
    "experiments.study": ("sim", *ROOMS[:4]),  # what all studies are made of, tells but writes no documents
    "experiments.studies": ("sim", *ROOMS, "experiments.study"),
    "experiments": ("experiments", "sim"),
    "sim.actors": ("sim.actors", *MIDDLE),
    "sim.markets": MARKETS,
    "sim.credit": ("sim.credit", "sim.links", *MARKETS),  # lenders see what service lines reveal
    "sim.links": ("sim.links", *MARKETS),
    "sim.population": ("sim.population", "sim.law", "sim.credit", "sim.links", "sim.strategies", *MARKETS),
    "sim.strategies": ("sim.strategies", *MIDDLE),
    "sim.accounts": ("sim.engine",),
    "sim.state": (),
    "sim.law": ("sim.engine",),
    "sim.sectors": ("sim.actors", "sim.engine"),
    "sim.engine": ("sim.engine",),
    "sim": ("sim",),  # the model and what presents it stand on top of the rest of sim
}
# What the engine may use from outside: on import, and inside of functions.
ENGINE_TOP = {"numpy", "numba", "mesa"}
ENGINE_LATE = ENGINE_TOP | {"pandas"}


def name_of(path: Path, root: Path = ROOT) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> str:
    return next(layer for layer in BELOW if within(module, layer))


def within(module: str, layer: str) -> bool:
    return module == layer or module.startswith(layer + ".")


def imports(path: Path, root: Path = ROOT):
    """(absolute module name, imported when the file is loaded?) for every import in the file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = name_of(path, root).split(".")
    if path.stem != "__init__":
        package = package[:-1]
    late = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or is_for_types_only(node):
            late.update(id(inner) for inner in ast.walk(node) if inner is not node)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) not in late
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            for alias in node.names:
                deeper = f"{base}.{alias.name}"  # `from sim import engine` imports a module, not only a name
                yield deeper if is_module(deeper, root) else base, id(node) not in late


def is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def is_module(name: str, root: Path) -> bool:
    place = root.joinpath(*name.split("."))
    return place.is_dir() or place.with_suffix(".py").is_file()


def arrows_up(path: Path, root: Path = ROOT) -> list[str]:
    """The imports of a file that point up or sideways, each as "module imports module"."""
    module = name_of(path, root)
    layer = layer_of(module)
    wrong = []
    for other, at_load in imports(path, root):
        top = other.split(".")[0]
        if top in ("sim", "experiments", "tests"):
            allowed = any(within(other, below) for below in BELOW[layer])
        elif layer == "sim.engine":
            allowed = top in (ENGINE_TOP if at_load else ENGINE_LATE) or top in sys.stdlib_module_names
        else:
            allowed = True
        if not allowed:
            wrong.append(f"{module} imports {other}")
    return wrong


FILES = sorted([*ROOT.glob("sim/**/*.py"), *ROOT.glob("experiments/**/*.py")])


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_point_down(path):
    assert arrows_up(path) == []


FOLDERS = tuple(
    f"sim.{name}" for name in ("engine", "actors", "markets", "credit", "links", "population", "strategies")
)


@pytest.mark.parametrize("layer", [*FOLDERS, "sim.record", *ROOMS])
def test_every_layer_has_files_to_look_at(layer):
    assert [path for path in FILES if within(name_of(path), layer) and path.stem != "__init__"]


@pytest.mark.parametrize("path", [path for path in FILES if "experiments" in path.parts], ids=name_of)
def test_the_experiments_import_their_own_modules_where_a_file_begins(path):
    late = [other for other, at_load in imports(path) if within(other, "experiments") and not at_load]
    assert [other for other in late if not within(other, ROOMS[4])] == []  # which loads the model


def test_documents_are_written_by_nobody_but_the_study_that_is_asked_to():
    who = {name_of(path) for path in FILES for other, _ in imports(path) if within(other, ROOMS[4])}
    assert {name for name in who if not within(name, ROOMS[4])} == {"experiments.studies.magnitudes"}


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("sim/engine/a.py", "import scipy"),
        ("sim/engine/a.py", "import pandas"),
        ("sim/engine/a.py", "from ..actors import firms"),
        ("sim/actors/a.py", "from sim.markets.goods import clear"),
        ("sim/actors/a.py", "from sim import markets"),
        ("sim/markets/a.py", "def late():\n    import sim.strategies.deep"),
        ("sim/markets/a.py", "from sim.credit import pools"),
        ("sim/markets/a.py", "from sim.links import market"),
        ("sim/credit/a.py", "from sim.population import exit"),
        ("sim/links/a.py", "from sim.credit import pools"),
        ("sim/population/a.py", "from sim.record import saving"),
        ("sim/state.py", "from sim.engine import ledger"),
        ("sim/law.py", "from sim.markets import news"),
        ("sim/strategies/a.py", "from sim import model"),
        ("sim/model.py", "from experiments import run"),
        ("experiments/run/a.py", "from experiments.measure import futures"),
        ("experiments/measure/a.py", "from experiments import judge"),
        ("experiments/judge/a.py", "def late():\n    from experiments.tell.words import label"),
        ("experiments/tell/a.py", "from experiments.study import Study"),
        ("experiments/document/a.py", "import experiments.studies.compare"),
        ("sim/accounts.py", "from sim.actors import firms"),
    ],
)
def test_an_arrow_that_points_up_is_seen(tmp_path, place, line):
    rooms = [room.replace(".", "/") for room in ROOMS]
    folders = [folder.replace(".", "/") for folder in (*FOLDERS, "sim.record")]
    for folder in (*folders, *rooms):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "sim/model.py").touch()
    (tmp_path / "sim/actors/firms.py").touch()
    path = tmp_path / place
    path.write_text(line)
    assert len(arrows_up(path, tmp_path)) == 1


def test_the_engine_may_ask_for_pandas_when_a_table_is_shown(tmp_path):
    path = tmp_path / "sim/engine/a.py"
    path.parent.mkdir(parents=True)
    path.write_text("import numpy\nimport json\ndef frame():\n    import pandas\n    return pandas")
    assert arrows_up(path, tmp_path) == []
