"""How shares of business models moved, in words, tables and a figure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.judge.claims import NOT_TESTABLE
from experiments.measure.turning import WAYS
from experiments.tell import binding
from experiments.tell import claims as answered
from experiments.tell.drawing import colour, panels
from experiments.tell.markdown import table
from experiments.tell.report import Report
from experiments.tell.slopes import claims_shown
from experiments.tell.words import label, mean_told, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ADAPTIVE, STILL = "adaptive_switching", "nobody_reviews"
END, CHANGE = "share of integrators at the end", "change of their share: "


def reported(found: Any) -> Report:
    """The finding of the study as a report."""
    shown = [one for one in found.paths if one[1] == ADAPTIVE or one == ("usual", STILL)]
    head = ["", *(f"{label(arm)}, {pace}" for pace, arm in shown)]
    by = found.table.set_index(["quantity", "pace", "arm"])
    quantities = dict.fromkeys(found.table["quantity"])
    rows = [[one, *(cell(by, (one, pace, arm)) for pace, arm in shown)] for one in quantities]
    words = [
        *headline(by, found),
        "",
        "Means over worlds, with their intervals (95 %) where there are worlds enough; shares in %. Arms not",
        "shown here stand in `metamorphosis.csv`.",
        "",
        table(head, rows, aligned=True),
        "",
        binding.sentence(found.short),
    ]
    return Report(
        "\n".join(words),
        title="Metamorphosis: how business models gain and lose platforms",
        claims=claims_shown(found.claims),
        more="\n".join([*turns_shown(found), "", *invasion_shown(found)]),
        tables={"metamorphosis": found.table, "turns": found.turns, **answered.files(found.claims)},
        figures={"metamorphosis": lambda: draw(found)},
    )


def cell(by: Any, key: tuple[str, str, str]) -> str:
    """A mean with its interval."""
    if key not in by.index:
        return "–"
    row = by.loc[key]
    times = 100.0 if str(row["unit"]).startswith("share") else 1.0
    return mean_told(row, times) if math.isfinite(row["mean"]) else "no case"


def headline(by: Any, found: Any) -> list[str]:
    """What integrators come to at each pace, the split, and the answers to the claims."""
    lines = []
    for pace in dict.fromkeys(pace for pace, _ in found.paths):
        at = {one: cell(by, (one, pace, ADAPTIVE)) for one in by.index.unique("quantity")}
        split = ", ".join(f"{way} {at[CHANGE + way]}" for way in WAYS)
        lines.append(
            f"- {pace.capitalize()} change: integrators are {at[END]} % of platforms at the end, "
            f"{cell(by, (END, pace, STILL))} % where nobody reviews; their share moved by (points): {split}. "
            f"Of integrators at the end {at['of integrators at the end, turned to it']} % turned to it, "
            f"{at['of integrators at the end, were founded so']} % were founded so, "
            f"{at['of integrators at the end, were there at first']} % were there at first."
        )
    for claim, word, text in answered.told(found.claims):
        lines.append(f"- {claim}: **{word}**" + ("" if word == NOT_TESTABLE else f". {text}"))
    return lines


def turns_shown(found: Any) -> list[str]:
    """Who turned from what to what."""
    mine = found.turns.loc[found.turns["arm"] == ADAPTIVE]
    wide = mine.pivot_table(index=["from", "to"], columns="pace", values="a_world", fill_value=0.0)
    paces = [pace for pace in dict.fromkeys(pace for pace, _ in found.paths) if pace in wide]
    rows = [
        [label(str(one)), label(str(other)), *(number(row[pace]) for pace in paces)]
        for (one, other), row in wide.iterrows()
    ]
    return ["## Turns a world", "", table(["from", "to", *paces], rows, aligned=True)]


def invasion_shown(found: Any) -> list[str]:
    """Who invades whom, as another study has found it."""
    head = "## Who invades whom"
    if not len(found.invasion):
        return [head, "", "Asked by `make invasion`; none lies beside these results."]
    last = found.invasion.loc[found.invasion["years"] == found.invasion["years"].max()]
    rows = [[label(row["rare"]), label(row["common"]), row["word"]] for _, row in last.iterrows()]
    return [head, "", "As `make invasion` has found it.", "", table(["rare", "among", "says"], rows)]


def draw(found: Any) -> Figure:
    """A column for each pace: mean shares over time, stacked, of those that adapt; the same where nobody
    reviews; and what turns, births and deaths have moved the share of integrators so far."""
    paces = list(dict.fromkeys(pace for pace, _ in found.paths))
    by = found.table.set_index(["quantity", "pace", "arm"])["mean"]
    end = 100.0 * float(by[END, "usual", ADAPTIVE])
    title = f"Of platforms that adapt {number(end)} % integrate at the end, at the usual pace of change"
    figure, axes = panels(3 * len(paces), title, rows=3, width=3.8, height=2.7, sharex=True)
    kinds = list(found.kinds)
    for n, pace in enumerate(paces):
        for row, (arm, said) in enumerate(((ADAPTIVE, "adapting"), (STILL, "nobody reviews"))):
            place, shares = axes[row * len(paces) + n], 100.0 * found.paths[pace, arm]
            place.stackplot(
                np.arange(1, shares.shape[1] + 1), shares, labels=[label(kind) for kind in kinds],
                colors=[colour(kind, kinds) for kind in kinds], alpha=0.85,
            )  # fmt: skip
            place.axhline(50.0, color="0.3", linewidth=0.8, linestyle=":")
            place.set(title=f"{pace} change, {said}", ylim=(0, 100))
        below, moved = axes[2 * len(paces) + n], 100.0 * found.moved[pace, ADAPTIVE]
        for way, path, tint in zip(WAYS, moved, ("#000000", "#009e73", "#d55e00"), strict=True):
            below.plot(np.arange(1, moved.shape[1] + 1), path, color=tint, label=way)
        below.axhline(0.0, color="0.7", linewidth=0.8)
        below.set(title=f"{pace} change, adapting", xlabel="quarters since the branching")
    axes[0].set_ylabel("mean share of platforms [%]")
    axes[len(paces)].set_ylabel("mean share of platforms [%]")
    axes[2 * len(paces)].set_ylabel("integrators' share,\nmoved so far [points]")
    axes[0].legend(fontsize=7, loc="upper right", framealpha=0.8)
    axes[2 * len(paces)].legend(frameon=False, fontsize=7, loc="upper left")
    return figure
