"""Which studies there are, read from their files without importing any, and which are to come."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "studies"
ALIASES = {"compare_strategies": "compare"}  # earlier names, by which the register and commands may call them
COMING: dict[str, str] = {}  # studies that claims ask for, and what they need that is not there yet


def found(folder: Path = FOLDER) -> dict[str, str]:
    """The question of every study by its name: the first line of a file with a ``STUDY``."""
    names = {}
    for path in sorted(folder.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if re.search(r"^STUDY\b", text, flags=re.MULTILINE):
            begun = re.match(r'"""(.*?)("""|$)', text, flags=re.MULTILINE)
            names[path.stem] = begun.group(1) if begun else ""
    return names


def named(name: str) -> str:
    """The name that a study has now."""
    return ALIASES.get(name, name)
