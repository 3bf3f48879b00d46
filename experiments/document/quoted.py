"""The results that sim/MODEL.md quotes, each with the command that made it.

    python -m experiments.document.quoted                   what lies in results/
    python -m experiments.document.quoted DIR               what lies in another folder of that kind

A script leaves its report as ``<name>.txt`` or as ``report.md``, and its arguments in ``manifest.json``. What
has not been run keeps the text it has.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.document import documents
from experiments.run.options import option
from experiments.run.store import Store

SCRIPTS = ("core", "validate", "compare", "either_side")
SIZES = ("worlds", "firms", "burn_in", "quarters", "seed")


def command(name: str, arguments: Mapping[str, Any]) -> str:
    """What to type to have it again."""
    given = {size: arguments[size] for size in SIZES if arguments.get(size) is not None}
    words = [f"{option(key)} {value}" for key, value in {**given, **arguments.get("chosen", {})}.items()]
    return f'make {name} ARGS="{" ".join(words)}"'


def report(folder: Path) -> str | None:
    """The report in a script's folder, None if there is none; of ``report.md`` what precedes the figures."""
    text = folder / f"{folder.name}.txt"
    if text.is_file():
        return text.read_text(encoding="utf-8").strip("\n").rstrip()
    page = folder / "report.md"
    if page.is_file():
        _, _, words = page.read_text(encoding="utf-8").partition("\n\n")  # the title is not quoted
        return words.partition("\n![")[0].strip()
    return None


def by_results(root: Path) -> dict[str, str]:
    """The parts of the document that results in this folder decide, by name.

    Raises `experiments.run.store.StoreError` for a report without its manifest.
    """
    parts = {}
    for name in SCRIPTS:
        text = report(root / name)
        if text is not None:
            typed = command(name, Store(root / name).description()["arguments"])
            parts[f"result of {name}"] = f"`{typed}`\n\n```text\n{text.replace('**', '')}\n```"
    return parts


def main(argv: Sequence[str]) -> int:
    """Write what there is; say what."""
    parts = by_results(Path(argv[0] if argv else "results"))
    documents.write(parts)
    print(f"written: {', '.join(parts) or 'nothing, because nothing has been run'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
