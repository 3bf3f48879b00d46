"""Files that somebody reads: each is written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.measure.futures import Frame
from experiments.run.store import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_table(path: Path, frame: Frame) -> None:
    """A table with all its digits, in the format that the ending says: ``.csv`` or ``.parquet``."""
    write = frame.to_parquet if path.suffix == ".parquet" else frame.to_csv
    write_atomically(path, lambda draft: write(draft, index=False))


def write_text(path: Path, text: str) -> None:
    """A text that ends in a line's end."""
    write_atomically(path, lambda draft: draft.write_text(text.rstrip("\n") + "\n", encoding="utf-8"))


def write_figure(path: Path, figure: Figure, notes: Mapping[str, str]) -> None:
    """A figure as a picture that carries its name and ``notes`` on where it comes from."""
    metadata = {"Title": path.stem, "Software": "matplotlib", **notes}
    write_atomically(path, lambda draft: figure.savefig(draft, format="png", metadata=metadata))
