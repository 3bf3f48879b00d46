"""Tables in Markdown; nobody else writes any."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd


def table(head: Sequence[Any], rows: Iterable[Sequence[Any]], *, aligned: bool = False) -> str:
    """A table of anything, as text.

    Args:
        head: headings of the columns.
        rows: as many cells each.
        aligned: columns are as wide as their widest cell, so that it reads as plain text too.
    """
    header, *body = ([str(cell).replace("|", "\\|") for cell in line] for line in (head, *rows))
    if not aligned:
        return "\n".join(f"| {' | '.join(line)} |" for line in (header, ["---"] * len(header), *body))
    widths = [max(map(len, column)) for column in zip(header, *body, strict=True)]
    rule = "|" + "|".join("-" * (w + 1) + (":" if i else "-") for i, w in enumerate(widths)) + "|"
    lines = []
    for first, *others in (header, *body):
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append(f"| {' | '.join([first.ljust(widths[0]), *cells])} |")
    return "\n".join([lines[0], rule, *lines[1:]])


def of_frame(frame: pd.DataFrame) -> str:
    """A DataFrame of texts as a table, its index in the first column."""
    lines = zip(frame.index, frame.to_numpy(), strict=True)
    return table(("", *frame.columns), ((index, *line) for index, line in lines))
