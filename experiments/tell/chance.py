"""How much of the differences between arms is chance, in two tables."""

from __future__ import annotations

from experiments.judge.signal import Signal
from experiments.tell.markdown import table
from experiments.tell.words import label, number, percent, spanned


def by_chance(found: Signal) -> list[str]:
    """Lines of Markdown: two tables."""
    out = ["How much of the differences between arms a change without a meaning makes as well.", ""]
    header = ["outcome", "quarters", "unit", "differences vary by", "placebo", "placebo's share of variance"]
    rows = [
        [label(str(one)), str(at), unit, number(sd), number(size), percent(share)]
        for one, at, unit, sd, size, share in found.shares.itertuples(index=False)
    ]
    out += [table(header, rows, aligned=True), ""]
    if len(found.noise):
        header = ["moved by the placebo", "quarters", "unit", "root mean square (90 %)"]
        rows = [
            [str(name), str(at), unit, spanned(rms, low, high)]
            for name, at, unit, rms, low, high in found.noise.itertuples(index=False)
        ]
        out += ["Without any platform, in the year up to each horizon:", "", table(header, rows), ""]
    return out
