"""The pages of docs/results/: what runs have shown, each with the command and the code that made it.

    python -m experiments.document.quoted                   what lies in results/
    python -m experiments.document.quoted DIR               what lies in another folder of that kind

A script leaves its report as ``<name>.txt`` or as ``report.md``, and its arguments in ``manifest.json``. What
has not been run keeps the page it has. A page says which code made it, and `old_ones` which pages an older
code than this has made.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from experiments.run.options import option
from experiments.run.provenance import code_hash
from experiments.run.store import Store
from experiments.tell.report import FIGURES, MEANINGS
from sim import Economy

RESULTS = Path(__file__).parents[2] / "docs" / "results"
SCRIPTS = {
    "core": "The closed core",
    "validate": "Published facts, hits and misses",
    "compare": "The main comparison",
    "compare_large": "The main comparison, more and larger worlds",
    "magnitudes_large": "What stands beside what, in larger worlds",
    "either_side": "Either side can win",
    "lives": "How platforms live",
    "lines": "What service lines cost, earn and do",
    "institutions": "What institutions earn, and who pays for failures",
    "invasion": "Who invades whom",
    "neutrality": "What ought not to decide",
    "pace_of_change": "What the pace of change does",
    "crowding": "How crowded each business model gets",
    "depth": "What depth does",
    "diversification": "What many kinds of links do",
    "ablation": "What each mechanism does",
    "metamorphosis": "How platforms turn",
    "policy": "What rules of law do",
    "history": "The years replayed",
    "verdict": "The essay's claims",
}
WORLDS = {"verdict": "compare"}  # whose worlds a script has, where they are not its own
FIGURED = {  # figures that stand on the page
    "lives": ("lives", "price"),
    "institutions": ("institutions",),
    "history": ("history",),
}
WIDEST, COLOURS = 1_500, 64  # pixels and colours of a figure that is kept
STUDIES = {  # of which study a script is a run, where it is not its own
    "compare_large": "compare",
    "magnitudes_large": "magnitudes",
}
SIZES = ("worlds", "firms", "burn_in", "quarters", "seed")
MADE_BY = "Made by the code `"


def command(name: str, arguments: Mapping[str, Any]) -> str:
    """What to type to have it again."""
    given = {size: arguments[size] for size in SIZES if arguments.get(size) is not None}
    words = ["--full"] if arguments.get("full") else []  # a study may live more then, and not only larger
    words += [f"{option(key)} {value}" for key, value in {**given, **arguments.get("chosen", {})}.items()]
    words += [option(key) for key, value in arguments.get("extra", {}).items() if value is True]
    return f'make {name} ARGS="{" ".join(words)}"'


def report(folder: Path) -> str | None:
    """The report in a script's folder, None if there is none; of ``report.md`` its words."""
    text = folder / f"{STUDIES.get(folder.name, folder.name)}.txt"
    if text.is_file():
        return text.read_text(encoding="utf-8").strip("\n").rstrip()
    page = folder / "report.md"
    if page.is_file():
        _, _, words = page.read_text(encoding="utf-8").partition("\n\n")  # the title is not quoted
        return re.split(rf"^(?:{MEANINGS}|{FIGURES}|!\[.*)$", words, maxsplit=1, flags=re.MULTILINE)[
            0
        ].strip()
    return None


def page(title: str, text: str) -> str:
    """A page that says which code made it: this one."""
    return f"# {title}\n\n{MADE_BY}{code_hash(Economy)}`.\n\n{text}\n"


def described(folder: Path) -> Mapping[str, Any]:
    """What a store says of itself; of a study in parts the first, by name."""
    parts = sorted(path.parent for path in folder.glob("*/manifest.json"))
    whole = (folder / "manifest.json").exists() or not parts
    return Store(folder if whole else parts[0]).description()


def by_results(root: Path) -> dict[str, str]:
    """The pages that results in this folder decide, by name.

    Raises `experiments.run.store.StoreError` for a report without its manifest.
    """
    pages = {}
    for name, title in SCRIPTS.items():
        text = report(root / name)
        if text is not None:
            typed = command(STUDIES.get(name, name), described(root / WORLDS.get(name, name))["arguments"])
            shown = "".join(f"\n\n![{title}]({one}.png)" for one in FIGURED.get(name, ()))
            pages[name] = page(title, f"`{typed}`\n\n```text\n{text.replace('**', '')}\n```{shown}")
    return pages


def keep_figure(drawn: Path, kept: Path) -> None:
    """A figure, small enough to be kept with the code.   [PNG]"""
    with Image.open(drawn) as image:
        image.thumbnail((WIDEST, WIDEST))
        image.convert("RGB").quantize(COLOURS).save(kept, optimize=True)


def write(pages: Mapping[str, str], folder: Path = RESULTS) -> None:
    """Write these pages."""
    folder.mkdir(exist_ok=True)
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


def old_ones(folder: Path) -> list[str]:
    """A line for each page that another code than this has made, or that does not say which."""
    now, lines = code_hash(Economy), []
    for file in sorted(folder.glob("*.md")):
        found = re.search(f"{MADE_BY}([0-9a-f]{{64}})`", file.read_text(encoding="utf-8"))
        if found is None:
            lines.append(f"warning: docs/results/{file.name} does not say which code made it")
        elif found[1] != now:
            lines.append(f"warning: docs/results/{file.name} was made by an older code, {found[1][:12]}")
    return lines


def main(argv: Sequence[str]) -> int:
    """Write what there is; say what."""
    root = Path(argv[0] if argv else "results")
    pages = by_results(root)
    write(pages)
    for name in pages.keys() & FIGURED.keys():
        for one in FIGURED[name]:
            keep_figure(root / name / f"{one}.png", RESULTS / f"{one}.png")
    print(f"written: {', '.join(pages) or 'nothing, because nothing has been run'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
