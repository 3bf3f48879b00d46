"""What a study has to tell, and the files in which it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.measure.futures import Frame
from experiments.tell.drawing import styled
from experiments.tell.files import write_figure, write_table, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Report:
    """Words, tables and figures.

    Args:
        words: what was found, as Markdown; they are printed too.
        tables: by the name of their file: ``first`` is written to ``first.csv``, ``a.parquet`` as it says.
        figures: by name, each a function that draws it.
        title: what stands above the words.
        more: what follows the words and figures in the file alone.
        page: the file with the words. One in Markdown with a title is a page of its own: figures are shown in
            it and it says where it comes from; else it holds the words as they are.
    """

    words: str
    tables: Mapping[str, Frame] = field(default_factory=dict)
    figures: Mapping[str, Callable[[], Figure]] = field(default_factory=dict)
    title: str = ""
    more: str = ""
    page: str = "report.md"

    @property
    def printed(self) -> str:
        """The words for a terminal."""
        heading = f"{self.title}\n\n" if self.title else ""
        return heading + self.words.replace("**", "").rstrip("\n")

    def write(self, folder: Path, notes: Mapping[str, str]) -> Path:
        """Write all files into the folder; returns the page.

        Args:
            notes: what it takes to make the same again, by name.
        """
        for name, frame in self.tables.items():
            write_table(folder / (name if "." in name else f"{name}.csv"), frame)
        with styled():
            for name, draw in self.figures.items():
                write_figure(folder / f"{name}.png", draw(), notes)
        page = folder / self.page
        write_text(page, self._page(notes) if self.title and page.suffix == ".md" else self.words)
        return page

    def _page(self, notes: Mapping[str, str]) -> str:
        shown = "\n".join(f"![{name}]({name}.png)" for name in self.figures)
        origin = "\n".join(f"- {name}: {value}" for name, value in notes.items())
        parts = (f"# {self.title}", self.words, shown, self.more, f"## Where this comes from\n\n{origin}")
        return "\n\n".join(part for part in parts if part)
