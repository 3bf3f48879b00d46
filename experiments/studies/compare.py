"""The main job: every business model in the same worlds, one table, one verdict, four figures.

    python -m experiments.studies.compare --worlds 24
    python -m experiments.studies.compare --pace-of-change 0.0 --out results/standstill

A world grows up under external finance and is then lived once under each business model, and once more under
deep integration where a link gains a firm nothing. Each world draws its own values of all parameters that are
merely assumed. The folder then holds the worlds themselves, ``measures.parquet`` and ``.csv`` (world x arm x
measure), ``means.csv``, ``differences.csv``, ``first.csv``, ``weightings.csv``, ``dependence.csv``,
``report.md`` and four figures; the same command again computes only what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.measure.futures import Frame, arms, kept
from experiments.run.command import Parser, Settings, main, parser
from experiments.run.ensemble import Ensemble
from experiments.run.store import Store, write_atomically

if TYPE_CHECKING:
    from experiments.judge.comparison import Comparison

QUICK = {"worlds": 20, "firms": 10_000, "burn_in": 40, "quarters": 80}
FULL = {**QUICK, "worlds": 200}
TABLES = ("quarters", "platforms", "firms")


def build() -> Parser:
    """The command line of the main job."""
    return parser("compare", "Every business model in the same worlds.", quick=QUICK, full=FULL)


def ensemble(settings: Settings) -> Ensemble:
    """The worlds asked for, with one arm per business model and one without real gains."""
    return Ensemble(settings.make_worlds(), arms(), reduce=kept)


def report(store: Store) -> tuple[Comparison, str]:
    """Judge what is in the store and write tables, figures and ``report.md`` beside it.

    Returns:
        The comparison, and the text of the verdict (Markdown).
    """
    # Imported here, because worker processes import this module and need neither statistics nor figures.
    from experiments.judge import comparison
    from experiments.measure import measures
    from experiments.tell import conclusion, figures, tables

    frames = {name: store.frame(name) for name in TABLES}
    drawn = store.manifests().drop(columns="seconds").select_dtypes("number")
    found = comparison.compare(measures.measured(frames), drawn)
    for name, frame in (
        ("measures", found.measures),
        ("means", tables.means(found)),
        ("differences", found.differences),
        ("first", found.first),
        ("weightings", found.weightings),
        ("dependence", found.dependence),
    ):
        write_csv(store.path / f"{name}.csv", frame)
    flat = found.measures.astype({"arm": str})
    write_atomically(store.path / "measures.parquet", lambda draft: flat.to_parquet(draft, index=False))
    notes = provenance(store.description())
    paths = figures.draw(found, frames, drawn, store.path, notes)
    verdict = "\n".join(conclusion.conclude(found))
    text = [
        "# Business models of fintech, in the same worlds",
        "",
        verdict,
        "",
        *(f"![{path.stem}]({path.name})" for path in paths),
        "",
        "## Tables",
        "",
        *tables.lines(found),
        "",
        "## Where this comes from",
        "",
        *(f"- {name}: {value}" for name, value in notes.items()),
        "",
    ]
    write_text(store.path / "report.md", "\n".join(text))
    return found, verdict


def write_csv(path: Path, frame: Frame) -> None:
    """A table as text, all digits kept."""
    write_atomically(path, lambda draft: frame.to_csv(draft, index=False))


def write_text(path: Path, text: str) -> None:
    write_atomically(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def provenance(description: Mapping[str, Any]) -> dict[str, str]:
    """What it takes to make the same again, as short texts by name."""
    return {
        "Arguments": json.dumps(description["arguments"], sort_keys=True),
        "Worlds": str(description["number_of_worlds"]),
        "Code": str(description["code"]),
        "Versions": json.dumps({**description["versions"], "python": description["python"]}, sort_keys=True),
    }


def body(settings: Settings) -> int:
    """Run the worlds that are missing, judge, and say where everything is."""
    outcome = settings.run(ensemble(settings))
    print(outcome)
    _, verdict = report(outcome.store)
    print(f"\n{verdict.replace('**', '')}\n\nTables and figures: {outcome.store.path / 'report.md'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(body, build()))
