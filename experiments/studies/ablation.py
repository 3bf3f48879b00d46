"""What does each mechanism do? The free arm with one of them switched off, beside the free arm as it is.

    make ablation
    make ablation ARGS="--worlds 40 --quarters 80"

Founders choose among all business models; in each further arm one mechanism is off from the branching on.
Worlds are the usual ones, so the differences are paired; beside each stands what a change without a meaning
does. A mechanism that moves no primary outcome beyond its margin is said to move nothing: it is there for
what it is, or should go. The report ends with the list of those. The folder then holds ``ablation.csv``,
``report.md`` and ``ablation.png``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.judge.family import BETTER, NO_DIFFERENCE, NOTHING, UNDECIDED, WORSE
from experiments.judge.primaries import on_primaries
from experiments.measure.futures import FREE, Frame, kept_without_firms, shock
from experiments.measure.measures import outcomes
from experiments.run.arm import Arm
from experiments.run.world import CONTROL
from experiments.study import Study, Tables
from experiments.tell.drawing import panels
from experiments.tell.markdown import table
from experiments.tell.report import Report
from experiments.tell.words import label, number, spanned

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUICK = {"worlds": 20, "firms": 5_000, "burn_in": 20, "quarters": 40}
BESIDE = "placebo_free"  # the free arm with a change that means nothing
TICKS = (-100.0, -10.0, -1.0, 0.0, 1.0, 10.0, 100.0)  # margins
# what is switched off, in words, and the values that do it
SWITCHES: dict[str, dict[str, Any]] = {
    "founders imitate": {"imitation": 0.0},
    "ends deter founders": {"deterrence": 0.0},
    "founding by month": {"by_month": 0},
    "the fund extrapolates growth": {"extrapolation": 0.0},
    "the fund believes promises": {"promise_weight": 0.0},
    "opinions of rounds differ": {"opinions": 0.0},
    "customers are bought": {"buyout_price": 0.0},
    "teams have to be paid": {"lean_team": 0.0},
    "the implicit guarantee": {"guarantee": 0.0},
    "money back before its term": {"early_exit": 0.0},
    "debtors wait for a lender's end": {"waits_for_end": 0.0},
    "new money pays old": {"rollover": 0.0},
    "fear spreads": {"fear_response": 0.0},
    "users are lured away": {"lure": 0.0},
    "ecosystems feed giants": {"fed_by_ecosystem": 1.0},
    "platforms review prices": {"price_step": 0.0},
    "machines do platforms' work": {"automation": 0.0},
    "apps spare effort": {"effort_of_person": 0.0},
    "durables by instalments": {"durable_chance": 0.0},
    "projects by instalments": {"project_down": 1.0},
    "engineers are scarce": {"engineer_scarcity": 0.0},
    "chains make projects cheaper": {"chain_discount": 0.0, "anchor_pull": 0.0},
    "rivals bid shares down": {"rivalry": 0.0},
    "clients leave": {"contract_review": 0.0},
    "clients hide sales": {"hiding_most": 0.0},
    "lines ask effort of clients": {"client_effort": 0.0},
    "lost links disturb": {"disruption": 0.0},
    "payments spare work": {"payments_gain": 0.0},
    "software spares work": {"process_gain": 0.0},
    "procurement spares inputs": {"procurement_gain": 0.0},
    "logistics follow the market": {"adaptation_gain": 0.0, "stock_gain": 0.0},
    "early cash": {"early_cash": 0.0},
    "invoices on anchors": {"invoice_advance": 0.0},
    "invoices become notes": {"invoice_notes": 0.0},
    "clients' neighbours are seen": {"neighbour_sight": 0.0},
    "platforms specialise": {"trade_discount": 0.0},
    "cover for firms": {"cover_share": 0.0},
    "policies through apps": {"policy_contact": 0.0},
    "insurers": {"insurer_capital": 0.0},
    "securities houses": {"house_capital": 0.0},
    "a hit junior piece scares buyers": {"strike": 0.0},
    "households buy notes": {"note_share": 0.0},
    "banks fund partners only": {"partners": False},
    "platforms choose what they keep": {"own_part_step": 0.0},
    "wallets": {"paid_by_wallet": 0.0},
    "giants lend at tills": {"lends_at_tills": False},
    "giants keep a reserve": {"giant_reserve": 0.0},
    "borrowers have habits": {"worth_of_habit": 0.0, "worth_of_habit_firm": 0.0},
    "a good record calms lenders": {"record_counts": 0.0},
    "dear debts are paid first": {"dear_debts_first": 0.0},
    "the surest are lent to first": {"surest_first": False},
    "platforms borrow for their part": {"own_part_borrowed": 0.0},
    "banks' loans ask effort": {"effort_of_firm": 0.0},
    "apps and portals see": {"app_sight": 0.0, "borrower_sight": 0.0, "portal_sight": 0.0},
    "owners give up": {"first_doubt": 0.0},
    "small firms shun debt": {"debt_free": 0.0},
    "dues are set aside": {"dues_set_aside": 0.0},
    "a common mood": {"mood_news": 0.0},
    "suppliers before banks": {"suppliers_first": False},
    "used machines": {"used_share": 0.0},
}


@dataclass(frozen=True)
class Ablation:
    """``found``: see `family.judge`, each arm without a mechanism less the free arm, at ``horizon``;
    ``mechanism``, and ``word``: moved, moves nothing that matters, nothing happened or undecided."""

    found: Frame
    horizon: int
    worlds: int


WHAT = (
    "The free arm without a mechanism, less the free arm as it is. Gains are beside the world without "
    "platforms, which keeps all of the core: what a mechanism of the core does to everything stands in them."
)
MOVES, NOTHING_MOVES = "moves it", "moves nothing that matters"
SAID = {BETTER: MOVES, WORSE: MOVES, NO_DIFFERENCE: NOTHING_MOVES, NOTHING: NOTHING, UNDECIDED: UNDECIDED}


def without(mechanism: str) -> str:
    """The label of the arm in which it is off."""
    return f"without: {mechanism}"


def arms() -> dict[str, Arm]:
    """The world without platforms, the free arm, its placebo, and one arm for each mechanism."""
    found = {CONTROL: Arm(CONTROL), FREE: Arm(FREE), BESIDE: Arm(FREE, placebo=True)}
    return found | {without(one): Arm(FREE, values) for one, values in SWITCHES.items()}


def judge(tables: Tables) -> Ablation:
    """Each arm less the free arm, on all primary outcomes."""
    return compared(outcomes(tables), tables.started)


def compared(values: Frame, started: Any) -> Ablation:
    """As `judge`, of values as `experiments.judge.asked` has them."""
    pairs = [(without(one), FREE) for one in SWITCHES]
    found, horizon = on_primaries(values, pairs, {FREE: BESIDE}, started)
    found.insert(0, "mechanism", found["arm"].str.removeprefix(without("")))
    found["word"] = found["word"].map(SAID)
    return Ablation(found, horizon, int(values["world"].nunique()))


def tell(done: Ablation) -> Report:
    """One table, mechanisms by outcomes, and a figure of the same."""
    return Report(
        "\n".join(lines(done)),
        {"ablation": done.found},
        {"ablation": lambda: draw(done.found, list(SWITCHES), headline(done).partition(";")[0])},
        title="What each mechanism does",
    )


def headline(done: Ablation) -> str:
    """Which mechanisms move something, and of how many others nothing could be seen."""
    moving = set(done.found.loc[done.found["word"] == MOVES, "mechanism"])
    every = list(dict.fromkeys(done.found["mechanism"]))
    idle = [one for one in every if (done.found.loc[done.found["mechanism"] == one, "word"] == NOTHING).all()]
    told = f"{len(moving)} of {len(every)} mechanisms move a primary outcome within {done.horizon} quarters"
    told += f" ({done.worlds} worlds)"
    if moving:
        told += f"; they are: {', '.join(one for one in every if one in moving)}"
    if len(moving) < len(every):
        told += f"; what the {len(every) - len(moving)} others might move at most stands at the end"
    if idle:
        told += f"; nothing at all happens without: {', '.join(idle)}"
    return told + "."


def lines(done: Ablation) -> list[str]:
    """The report as lines of Markdown."""
    out = [headline(done), "", WHAT, ""]
    rows = [
        [
            str(row["mechanism"]),
            label(str(row["outcome"])),
            spanned(row["difference"], row["low"], row["high"]),
            number(row["placebo"]),
            number(row["margin"]),
            str(row["unit"]),
            str(row["word"]),
        ]
        for _, row in done.found.iterrows()
    ]
    header = ["switched off", "outcome", "difference (95 %)", "placebo", "margin", "unit", "word"]
    return [*out, table(header, rows, aligned=True), "", *nil(done)]


NIL = "## Moves nothing (reported as nil)"
OF_NIL = (
    "Mechanisms that move no primary outcome, each with the outcome in which its interval reaches farthest, "
    "in margins. Settled are those in which every outcome is known to lie within its margin; the others were "
    "not seen to move anything, and may."
)


def nil(done: Ablation) -> list[str]:
    """A line for each mechanism that moves nothing: how far it might, beside the placebo."""
    found = done.found
    moving = set(found.loc[found["word"] == MOVES, "mechanism"])
    still = found.loc[~found["mechanism"].isin(moving)]
    if not len(still):
        return [NIL, "", "None: every mechanism moves a primary outcome.", ""]
    rows = []
    for name, mine in still.groupby("mechanism", sort=False):
        ends = mine[["difference", "low", "high"]].abs().max(axis=1) / mine["margin"]
        row = mine.loc[ends.fillna(-1.0).idxmax()]
        open_ = int((mine["word"] == UNDECIDED).sum())
        nothing = bool((mine["word"] == NOTHING).all())
        known = "nothing at all happens" if nothing else "settled"
        rows.append(
            [
                str(name),
                label(str(row["outcome"])),
                spanned(*(float(row[one]) / float(row["margin"]) for one in ("difference", "low", "high"))),
                number(float(row["placebo"]) / float(row["margin"])),
                f"open in {open_} of {len(mine)}" if open_ else known,
            ]
        )
    header = ["switched off", "farthest in", "margins (95 %)", "placebo, margins", ""]
    return [NIL, "", OF_NIL, "", table(header, rows, aligned=True), ""]


def draw(found: Frame, order: Sequence[str], title: str) -> Figure:
    """Differences in units of the margin, mechanisms in that order by outcomes; filled where one moves it."""
    names = list(dict.fromkeys(found["outcome"]))
    figure, axes = panels(len(names), title, width=2.6, height=7.5)
    mechanisms = list(order)[::-1]
    for place, name in enumerate(names):
        part = found.loc[found["outcome"] == name].set_index("mechanism").reindex(mechanisms)
        margin, heights = part["margin"].to_numpy(float), np.arange(len(mechanisms))
        at, low, high = (part[one].to_numpy(float) / margin for one in ("difference", "low", "high"))
        axes[place].axvspan(-1.0, 1.0, color="0.92")
        axes[place].hlines(heights, low, high, color="#0072b2", alpha=0.6)
        moves = (part["word"] == MOVES).to_numpy()
        axes[place].plot(at[~moves], heights[~moves], "o", color="#0072b2", markerfacecolor="white")
        axes[place].plot(at[moves], heights[moves], "o", color="#0072b2")
        axes[place].set(title=label(name), xlabel="margins", xscale="symlog")
        axes[place].set_xticks(TICKS, [f"{one:g}".replace("-", "−") for one in TICKS])
        axes[place].set_yticks(heights, mechanisms if place == 0 else [], fontsize=8)
    return figure


STUDY = Study(__doc__, QUICK, {**QUICK, "firms": 10_000}, arms, kept_without_firms, judge, tell, aside=shock)
