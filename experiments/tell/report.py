"""What a study has to tell, and the files in which it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.measure.futures import Frame
from experiments.tell.drawing import styled
from experiments.tell.files import picture, write_bytes, write_table, write_text
from experiments.tell.page import html_page
from experiments.tell.terms import met

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEANINGS, FIGURES = "## What these words mean", "## Figures"  # what follows the words


@dataclass(frozen=True)
class Report:
    """Words, tables and figures.

    Args:
        words: what was found, as Markdown; they are printed too.
        tables: by the name of their file: ``first`` is written to ``first.csv``, ``a.parquet`` as it says.
        figures: by name, each a function that draws it.
        title: what stands above the words.
        claims: what stands between the words and the figures, in the files alone.
        more: what follows the figures, in the files alone.
        page: the file with the words. One in Markdown with a title is a page of its own: what its words mean,
            figures and where it comes from are in it, and beside it lies the same as one HTML page that needs
            nothing else; else it holds the words as they are.
    """

    words: str
    tables: Mapping[str, Frame] = field(default_factory=dict)
    figures: Mapping[str, Callable[[], Figure]] = field(default_factory=dict)
    title: str = ""
    claims: str = ""
    more: str = ""
    page: str = "report.md"

    @property
    def printed(self) -> str:
        """The words for a terminal."""
        heading = f"{self.title}\n\n" if self.title else ""
        return heading + self.words.replace("**", "").rstrip("\n")

    def write(self, folder: Path, notes: Mapping[str, str]) -> Path:
        """Write all files into the folder; returns the page that a person opens.

        Args:
            notes: what it takes to make the same again, by name.
        """
        for name, frame in self.tables.items():
            write_table(folder / self._file(name), frame)
        page, whole = folder / self.page, bool(self.title) and self.page.endswith(".md")
        titles, pictures = {}, {}
        with styled():
            for name, draw in self.figures.items():
                figure = draw()
                titles[name] = " ".join(figure.get_suptitle().split()) or name
                pictures[f"{name}.png"] = picture(name, figure, notes)
                write_bytes(folder / f"{name}.png", pictures[f"{name}.png"])
        if not whole:
            write_text(page, self.words)
            return page
        text = self.markdown(titles, notes)
        write_text(page, text)
        page = page.with_suffix(".html")
        write_text(page, html_page(self.title, text, pictures, met(self.words)))
        return page

    def markdown(self, titles: Mapping[str, str], notes: Mapping[str, str]) -> str:
        """The whole report as Markdown; ``titles``: of the figures, by name."""
        words = "\n".join(f"- **{term}**: {says}." for term, says in met(self.words).items())
        shown = "\n\n".join(f"![{title}]({name}.png)" for name, title in titles.items())
        files = ", ".join(f"[{self._file(name)}]({self._file(name)})" for name in self.tables)
        origin = "\n".join(f"- {name}: {value}" for name, value in notes.items())
        parts = {
            f"# {self.title}": self.words,
            MEANINGS: words,
            "": self.claims,
            FIGURES: shown,
            " ": self.more,
            "## Tables": files and f"With all their digits, beside this page: {files}.",
            "## How to make it again": origin,
        }
        return "\n\n".join(f"{head}\n\n{part}".strip() for head, part in parts.items() if part)

    @staticmethod
    def _file(name: str) -> str:
        return name if "." in name else f"{name}.csv"
