"""Files that somebody reads: each is written whole or not at all."""

from __future__ import annotations

import io
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
    write_bytes(path, (text.rstrip("\n") + "\n").encode())


def write_bytes(path: Path, content: bytes) -> None:
    """A file of these bytes."""
    write_atomically(path, lambda draft: draft.write_bytes(content))


def picture(name: str, figure: Figure, notes: Mapping[str, str]) -> bytes:
    """A figure as a PNG that carries its name and ``notes`` on where it comes from."""
    drawn = io.BytesIO()
    metadata = {"Title": name, "Software": "matplotlib", **notes}
    figure.savefig(drawn, format="png", metadata=metadata)
    return drawn.getvalue()
