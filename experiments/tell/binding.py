"""Which resource is short, told arm by arm."""

from __future__ import annotations

from experiments.judge.binding import MEASURES
from experiments.measure.futures import Frame
from experiments.tell.markdown import table
from experiments.tell.words import label, mean_told

TITLE = "## Which resource is short"
ABOUT = (
    "Shares of platforms, of quarters or of what was asked, in %; means over worlds. Platforms hire before "
    "firms do, so that where staff is short firms go without."
)
NEUTRAL = "What ought not to decide which business model prevails, and whether it does: `make neutrality`."


def lines(found: Frame) -> list[str]:
    """The table of `judge.binding.bound`, resources by arms."""
    arms = list(dict.fromkeys(found["arm"]))
    by = found.set_index(["resource", "measure", "arm"])
    rows = [[f"{resource}: {what}", *(mean_told(by.loc[(resource, what, arm)], 100.0) for arm in arms)]
            for resource, what in MEASURES]  # fmt: skip
    return [TITLE, "", ABOUT, "", table(["", *map(label, arms)], rows, aligned=True), ""]
