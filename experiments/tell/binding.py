"""Which resource is short, told arm by arm."""

from __future__ import annotations

from experiments.judge.binding import MEASURES
from experiments.measure.futures import Frame
from experiments.tell.markdown import table
from experiments.tell.words import label, listed, mean_told

TITLE = "## Which resource is short"
ABOUT = (
    "Shares of platforms, of quarters or of what was asked, in %; means over worlds. Platforms hire before "
    "firms do, so that where staff is short firms go without."
)
CHIEF = {  # by resource the measure that is told in a sentence
    "founders": "turned away for want of a row, of all who came",
    "venture money": "rounds asked for and not got",
    "banks' room": "refused, of what banks were asked to fund of platforms' loans",
    "engineers": "quarters in which they are a tenth dearer or more",
    "staff": "quarters in which firms found fewer workers than they wanted",
}
NEUTRAL = "What ought not to decide which business model prevails, and whether it does: `make neutrality`."


def lines(found: Frame) -> list[str]:
    """The table of `judge.binding.bound`, resources by arms."""
    arms = list(dict.fromkeys(found["arm"]))
    by = found.set_index(["resource", "measure", "arm"])
    rows = [[f"{resource}: {what}", *(mean_told(by.loc[(resource, what, arm)], 100.0) for arm in arms)]
            for resource, what in MEASURES]  # fmt: skip
    return [TITLE, "", ABOUT, "", table(["", *map(label, arms)], rows, aligned=True), ""]


def sentence(found: Frame) -> str:
    """`NEUTRAL`, and of one arm which resource is short; found: of `judge.binding.beside`."""
    by = found.set_index(["resource", "measure"])
    known = {name: by.loc[name] for name in CHIEF.items() if name in by.index and by.loc[name, "worlds"]}
    if not known:
        return f"{NEUTRAL[:-1]}, and which resource is short."
    told = [f"{resource} ({what}) {mean_told(row, 100.0, ' %')}" for (resource, what), row in known.items()]
    return f"{NEUTRAL[:-1]}; short, under {label(found['arm'].iloc[0])}: {listed(told)}."
