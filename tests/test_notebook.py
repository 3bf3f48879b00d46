"""The notebooks run as they stand, and are stored as they ran.

`pytest tests/test_notebook.py --bless` stores what they show now.
"""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from experiments.__main__ import found
from sim import discover
from sim.actors.platforms import MANNERS
from sim.links.lines import LINES
from sim.population.adaptive import SHORT
from sim.sectors import SECTORS

FOLDER = Path(__file__).parents[1] / "experiments" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def stored(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_of(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kinds(cell: nbformat.NotebookNode) -> set[str]:
    """What a cell shows: kinds of content of its results; "text" where it prints."""
    shown = {kind for output in cell.outputs for kind in output.get("data", {})}
    printed = any(output.output_type == "stream" and output.name == "stdout" for output in cell.outputs)
    return shown | ({"text"} if printed else set())


def test_there_is_one_for_the_first_steps():
    assert "first_steps" in [path.stem for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_sends_on_to_commands_and_pages_that_there_are(path):
    told = "\n".join(cell.source for cell in stored(path).cells if cell.cell_type == "markdown")
    named, pages = set(re.findall(r"`make ([a-z_-]+)`", told)), re.findall(r"\]\(([^)]+)\)", told)
    assert named <= {*found(), "notebook"} and {"compare", "verdict", "history", "metamorphosis"} <= named
    assert pages and [page for page in pages if not (FOLDER / page).exists()] == []


def tidied(cell: nbformat.NotebookNode) -> None:
    """Of what went to the standard error keep a bar as it ended; forget when the cell was run."""
    cell.metadata.pop("execution", None)
    kept = []
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stderr":
            output.text = output.text.strip().rpartition("\r")[2] + "\n"
            if "100%" not in output.text:
                continue
            kept = [one for one in kept if one.get("name") != "stderr"]  # it is told in pieces
        kept.append(output)
    cell.outputs = kept


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_is_stored_with_it(path, bless, monkeypatch):
    monkeypatch.setenv(
        "PYTHONPATH", str(FOLDER.parents[1])
    )  # this tree, whichever the interpreter has installed
    now = stored(path)
    for cell in code_of(now):
        cell.outputs = []
    where = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(
        now, timeout=60, kernel_name="python3", resources=where
    ).execute()  # raises where a cell does
    for cell in code_of(now):
        tidied(cell)
    if bless:
        nbformat.write(now, path)
    for cell, before in zip(code_of(now), code_of(stored(path)), strict=True):
        assert kinds(cell) == kinds(before), cell.source
    shown = set().union(*(kinds(cell) for cell in code_of(now)))
    assert {"text", "text/html", "image/png"} <= shown


def test_the_first_steps_meet_everybody():
    """In a cell or in what it shows: all agents, business models, service lines and manners of ending."""
    notebook = stored(FOLDER / "first_steps.ipynb")
    shown = [o for cell in code_of(notebook) for o in cell.outputs]
    texts = [cell.source for cell in notebook.cells]
    texts += [str(o.get("data", {}).get("text/plain", "")) + o.get("text", "") for o in shown]
    words = set(re.findall(r"\w+", "\n".join(texts)))
    cast = {*(sector.name for sector in SECTORS), *discover(), *(line.name for line in LINES), "free", SHORT}
    assert cast | {manner.replace(" ", "_") for manner in MANNERS.values()} <= words


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_stored_notebook_was_run_from_top_to_bottom_and_names_no_place_of_a_machine(path):
    notebook = stored(path)
    nbformat.validate(notebook)
    assert [cell.execution_count for cell in code_of(notebook)] == list(range(1, len(code_of(notebook)) + 1))
    text = path.read_text(encoding="utf-8")
    without_pictures = re.sub(r'"image/png": "[^"]*"', "", text)
    assert not re.search(r"site-packages|/(home|root|tmp|Users)/|[A-Z]:\\\\", without_pictures)
    assert not re.search(r"Traceback|Warning", without_pictures)
    assert len(text) < 400_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_asks_for_the_kernel_that_make_registers_and_plays_no_tricks_with_paths(path):
    makefile = (FOLDER.parents[1] / "Makefile").read_text(encoding="utf-8")
    assert f"KERNEL := {stored(path).metadata.kernelspec.name}\n" in makefile
    assert not any("sys.path" in cell.source for cell in code_of(stored(path)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_asks_for_little_and_explains_each_step(path):
    notebook = stored(path)
    assert notebook.cells[0].cell_type == "markdown" and notebook.cells[0].source.startswith("# ")
    explained = sum(cell.cell_type == "markdown" for cell in notebook.cells)
    assert explained >= 4 and len(code_of(notebook)) <= 2 * explained + 1
    assert all(len(cell.source.splitlines()) <= 20 for cell in code_of(notebook))
