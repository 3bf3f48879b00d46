"""What a comparison says, in words: every sentence is computed from the numbers that it quotes."""

from __future__ import annotations

from typing import Any

from experiments.judge.comparison import BANKS_LEND, CREDIT_LIVES, Comparison
from experiments.measure.futures import FOCUS, Frame
from experiments.measure.measures import GROUPS, MEASURES
from experiments.run.world import CONTROL
from experiments.tell.words import label, listed, many, percent

ENOUGH = 9  # worlds below which thirds of them say nothing
SWING = 0.4  # difference in the share of first places, low third against high, that is worth a sentence


def leader(frame: Frame, column: str) -> Any:
    """The row with the largest value."""
    return frame.loc[frame[column].idxmax()]


def conclude(found: Comparison) -> list[str]:
    """The verdict as lines of Markdown: overall, group by group, arm by arm, on what it depends, how sure."""
    if not len(found.first):
        return [f"{many(found.worlds)}, and no two arms that could be ranked."]
    lines = [*overall(found), "", "**Who comes first, group by group**", ""]
    lines += [place(found, group) for group in asked(found)]
    against = [text for arm in found.fields["platforms"] if (text := versus(found, arm))]
    if against:
        lines += ["", f"**{label(FOCUS).capitalize()} against each of the others**", "", *against]
    depends = dependence(found)
    if depends:
        lines += ["", "**On what it depends**", "", *depends]
    return [*lines, "", "**How sure**", "", *sureness(found)]


def asked(found: Comparison) -> list[str]:
    """The groups in which anything was measured: without a shock nothing is known of resilience."""
    return [group for group in GROUPS if group in set(found.first["group"])]


def overall(found: Comparison) -> list[str]:
    """Who comes first over all weightings of the groups, by ranks and by size, with and without real
    gains."""
    lines = []
    for field, opening in (
        ("platforms", "Over all weightings of the six groups"),
        ("no real gains", "Where a link gains a firm nothing"),
        ("all", "With external finance among them, on what can be asked of all"),
    ):
        part = found.weightings.loc[found.weightings["field"] == field]
        if not len(part):
            continue
        ways = {scaling: leader(one, "first") for scaling, one in part.groupby("scaling", sort=False)}
        rank, size = ways["rank"], ways["min-max"]
        if rank["arm"] == size["arm"]:
            text = f"{label(rank['arm'])} comes first in {percent(rank['first'])} of weightings and worlds "
            text += f"by rank and {percent(size['first'])} by size" + majority(rank["first"], size["first"])
        else:
            text = (
                f"it depends on how it is counted: {label(rank['arm'])} by rank ({percent(rank['first'])}), "
            )
            text += f"{label(size['arm'])} by size ({percent(size['first'])})."
        lines.append(f"- {opening}, {text}")
    return lines


def majority(one: float, other: float) -> str:
    """What two shares of first places amount to."""
    if min(one, other) > 0.5:
        return "."
    return ", a majority one way only." if max(one, other) > 0.5 else ", no majority either way."


def place(found: Comparison, group: str) -> str:
    """One group: who is first among the platforms, how surely, and how external finance does."""
    part = found.first.loc[(found.first["field"] == "platforms") & (found.first["group"] == group)]
    best = leader(part, "share")
    tied = part.loc[part["share"] >= best["share"] - 1e-9, "arm"]
    chance = 1.0 / len(part)
    word = "clearly" if best["low"] > 0.5 else "more often than chance" if best["low"] > chance else "open"
    who = listed([label(str(arm)) for arm in tied])
    text = f"- {group} ({GROUPS[group]}): {who}, first in {percent(best['share'])} of worlds"
    text += f" ({percent(best['low'])} to {percent(best['high'])}; {word})"
    outside = found.first.loc[(found.first["field"] == "all") & (found.first["group"] == group)]
    if len(outside):
        own = outside.loc[outside["arm"] == CONTROL].iloc[0]
        text += f"; with external finance among them, that is first in {percent(own['share'])}"
    return text + "."


def versus(found: Comparison, arm: str) -> str:
    """The focus against one arm: measures by verdict, corrected for their number."""
    part = found.differences
    part = part.loc[(part["treated"] == FOCUS) & (part["control"] == arm) & (part["direction"] != 0)]
    if not len(part):
        return ""
    names = {kind: [MEASURES[m].title for m in one["measure"]] for kind, one in part.groupby("verdict")}
    text = []
    for kind, words in (("better", "better in"), ("worse", "worse in")):
        some = names.get(kind, [])
        which = f" ({', '.join(some)})" if some else ""
        text.append(f"{words} {len(some)} of {len(part)} measures{which}")
    text.append(f"no difference that matters in {len(names.get('equal', []))}")
    text.append(f"open in {len(names.get('open', []))}")
    return f"- {label(arm)}: " + "; ".join(text) + "."


def dependence(found: Comparison) -> list[str]:
    """Groups in which the focus's first places move with what integration does to firms."""
    table = found.dependence
    lines = []
    base = table.loc[table["parameter"] == "platforms"].set_index("group")
    bare = table.loc[table["parameter"] == "no real gains"].set_index("group")
    if len(base) and len(bare):
        parts = [
            f"{group} {percent(bare['first'][group])} instead of {percent(base['first'][group])}"
            for group in bare.index
            if abs(bare["first"][group] - base["first"][group]) >= 0.1
        ]
        lines.append(
            "- Where a link gains a firm nothing, integration leads "
            + (f"in {listed(parts)} of worlds." if parts else "as often as where it gains something.")
        )
    if found.worlds < ENOUGH:
        return (
            [*lines, f"- {many(found.worlds).capitalize()}: too few to look at thirds of them."]
            if lines
            else lines
        )
    moved = False
    for name in dict.fromkeys(table["parameter"]):
        part = table.loc[table["parameter"] == name].pivot(index="group", columns="third", values="first")
        if not {"low", "high"} <= set(part.columns):
            continue
        swings = [
            f"{group} ({percent(part['low'][group])} in the lower third of worlds, "
            f"{percent(part['high'][group])} in the upper)"
            for group in part.index
            if abs(part["high"][group] - part["low"][group]) >= SWING
        ]
        if swings:
            moved = True
            lines.append(f"- Its lead moves with {name.replace('_', ' ')} in {listed(swings)}.")
    if lines and not moved:
        lines.append("- No third of worlds, by what integration does to firms, differs much from another.")
    return lines


def sureness(found: Comparison) -> list[str]:
    """Worlds, those left out of ranks, and how much was found for how many questions asked."""
    part = found.differences.loc[found.differences["direction"] != 0]
    used = int(found.first.loc[found.first["field"] == "platforms", "worlds"].min())
    lines = [
        f"- {many(found.worlds)}, each with its own draw of every assumed parameter; "
        f"{found.worlds - used} left out of ranks because a number was missing."
    ]
    lends = found.dependence.loc[found.dependence["parameter"] == BANKS_LEND].set_index(["third", "group"])
    if len(lends):
        few = int(lends.loc[("no", asked(found)[0]), "worlds"])
        firsts = [f"{group} {percent(float(lends.loc[('yes', group), 'first']))}" for group in asked(found)]
        lines.append(
            f"- In {few} of the worlds banks hardly lend (credit to firms below {percent(CREDIT_LIVES)} of "
            f"yearly GDP without platforms). In the others integration leads in {listed(firsts)}."
        )
    counts = part["verdict"].value_counts()
    sure = int(counts.get("better", 0) + counts.get("worse", 0))
    lines.append(
        f"- Of {len(part)} differences asked about, {sure} are settled after Holm's correction within each "
        f"pair of arms, {int(counts.get('equal', 0))} are too small to matter, "
        f"{int(counts.get('open', 0))} open."
    )
    return lines
