"""Do the tests notice? Files with one thing changed, each against the tests of that file.

    make mutants ARGS="--each 40"
    make mutants ARGS=sim/engine/fen.py

A mutant has one operator, constant or condition changed, or one ``raise`` removed, drawn at random by
``--seed``. Each is tried in a copy of the project; compiled functions are read as plain Python there, so that
nothing is compiled. Listed is what no test notices: a missing test, or a change without an effect.
"""

from __future__ import annotations

import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from experiments.run.command import Parser, whole
from experiments.run.executors import cores
from experiments.study import Job, first_line

ROOT = Path(__file__).parents[2]
ENOUGH = 0.85  # share of mutants that tests should notice
LONGEST = 600.0  # seconds; a mutant that runs longer is noticed
# what is mutated, and how pytest is told its tests; those that wait for processes take too long
TARGETS = {
    "sim/engine/ledger.py": ("tests/test_ledger.py",),
    "sim/engine/fen.py": ("tests/test_fen.py", "tests/test_ledger.py"),
    "sim/engine/draws.py": ("tests/test_draws.py",),
    "experiments/run/store.py": (
        *("tests/test_store.py", "tests/test_ensemble.py", "-k"),
        "not (driver or kill or hung or ctrl_c or sigterm or worker or local or each_other or died)",
    ),
}
# operators by the name that syntax trees have for them, and what becomes of each
BECOMES = """Lt:LtE LtE:Lt Gt:GtE GtE:Gt Eq:NotEq NotEq:Eq Is:IsNot IsNot:Is In:NotIn NotIn:In And:Or Or:And
Add:Sub Sub:Add Mult:Add Div:Mult FloorDiv:Mult BitOr:BitAnd BitAnd:BitOr BitXor:BitOr LShift:RShift
RShift:LShift USub:UAdd"""
SWAPS: dict[str, str] = {pair.partition(":")[0]: pair.partition(":")[2] for pair in BECOMES.split()}
Change = tuple[int, str, Callable[[], None]]  # line, what, and what does it to the tree


def changes(node: ast.AST, line: int) -> Iterator[Change]:
    """Every change that can be made below a node of a tree, which begins at that line; not in annotations."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        other = not node.value if isinstance(node.value, bool) else node.value + 1
        yield line, f"{node.value} -> {other}", lambda: setattr(node, "value", other)
    for name, value in ast.iter_fields(node):
        places = value if isinstance(value, list) else [value]
        for n, child in enumerate(places):
            if not isinstance(child, ast.AST) or name in ("annotation", "returns", "decorator_list"):
                continue

            def put(new: ast.AST, name: str = name, value: object = value, n: int = n) -> None:
                if isinstance(value, list):
                    value[n] = new
                else:
                    setattr(node, name, new)

            at = getattr(child, "lineno", line)
            kind = type(child).__name__
            if swap := SWAPS.get(kind):
                yield at, f"{kind} -> {swap}", lambda put=put, swap=swap: put(getattr(ast, swap)())
            if isinstance(child, ast.Raise):
                yield at, "raise removed", lambda put=put: put(ast.Pass())
            if name == "test" and isinstance(child, ast.expr):
                yield at, "condition negated", lambda put=put, one=child: put(ast.UnaryOp(ast.Not(), one))
            yield from changes(child, at)


def mutants(text: str, count: int, luck: random.Random) -> list[tuple[int, str, str]]:
    """So many mutants of a file (fewer if it has fewer): line, what was changed, its text."""
    found = len(list(changes(ast.parse(text), 1)))
    made = []
    for chosen in sorted(luck.sample(range(found), min(count, found))):
        tree = ast.parse(text)
        line, what, change = list(changes(tree, 1))[chosen]
        change()
        made.append((line, what, ast.unparse(ast.fix_missing_locations(tree))))
    return made


def failures(copy: Path, words: tuple[str, ...]) -> list[str]:
    """What fails in a copy of the project: tests by name, or all of them."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rfE", "--tb=no", *words]
    env = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(copy)}
    try:
        done = subprocess.run(
            command, cwd=copy, env=env, capture_output=True, text=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        return ["all"]
    failed = [line.split(" ")[1] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed or ["all"] * (done.returncode != 0)


def unnoticed(target: str, made: list[tuple[int, str, str]], copies: SimpleQueue[Path]) -> list[str]:
    """Those of the mutants of a file that fail no test, by line and change."""
    text = (ROOT / target).read_text(encoding="utf-8")

    def of(mutant: str, *words: str) -> list[str]:
        copy = copies.get()
        try:
            (copy / target).write_text(mutant, encoding="utf-8")
            return failures(copy, (*TARGETS[target], *words))
        finally:
            (copy / target).write_text(text, encoding="utf-8")
            copies.put(copy)

    unable = of(text)  # tests that need machine code fail as it is, and can tell nothing
    if "all" in unable:
        raise SystemExit(f"mutants: the tests of {target} cannot run here")
    words = ("-x", *(f"--deselect={name}" for name in unable))
    with ThreadPoolExecutor(copies.qsize()) as pool:
        failed = list(pool.map(lambda mutant: of(mutant[2], *words), made))
    return [f"line {line}: {what}" for (line, what, _), seen in zip(made, failed, strict=True) if not seen]


def main(name: str, argv: Sequence[str] | None = None) -> int:
    """Print the share that was noticed by file; 1 if one of them is below what is wanted."""
    parser = Parser(prog=name, description=first_line(__doc__), allow_abbrev=False)
    parser.add_argument("files", nargs="*", metavar="FILE", help=f"of {', '.join(TARGETS)} (all)")
    parser.add_argument("--each", type=whole(1), default=25, metavar="N", help="mutants of each file (25)")
    parser.add_argument("--seed", type=whole(0), default=1, metavar="N", help="which ones (1)")
    asked = parser.parse_args(argv)
    if unknown := set(asked.files) - set(TARGETS):
        parser.error(f"{min(unknown)} is none of {', '.join(TARGETS)}")
    few = 0
    with tempfile.TemporaryDirectory() as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        for n in range(cores()):
            hidden = shutil.ignore_patterns(".*", "results", "__pycache__")
            copies.put(shutil.copytree(ROOT, Path(folder) / str(n), ignore=hidden))
        for target in asked.files or TARGETS:
            made = mutants((ROOT / target).read_text("utf-8"), asked.each, random.Random(asked.seed))
            left = unnoticed(target, made, copies)
            share = 1.0 - len(left) / len(made)
            few += share < ENOUGH
            print(
                f"{target}: {share:.0%} of {len(made)} noticed; not", *left or ["one"], sep="\n  ", flush=True
            )
    return int(few > 0)


STUDY = Job(__doc__, main)
