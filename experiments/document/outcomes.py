"""The page docs/results/outcomes.md: what used to be judged beside what is, and the verdict under both.

    python -m experiments.document.outcomes DIR             DIR/compare holds worlds of the main job

A set of outcomes that is changed after a look is a fork: so each measure says where it went and why, and the
old verdict stands beside the new one, from the same worlds.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from experiments.document.quoted import command, page, write
from experiments.judge.asked import END, at_end
from experiments.judge.ranking import comparable, share_first
from experiments.judge.verdict import Verdict, verdict
from experiments.measure.futures import FOCUS, NO_GAINS, PLACEBO, Frame
from experiments.measure.measures import GROUPS, MEASURES, measured, outcomes
from experiments.run.store import Store
from experiments.run.world import CONTROL
from experiments.tell.markdown import table
from experiments.tell.verdict import counted
from experiments.tell.words import label, percent

# The 36 measures that ranks were made of, by which way was better.
# fmt: off
MORE = ("survival", "cost_earned", "return_on_capital", "years_of_cash", "customer_worth", "growth_yield",
        "marginal_yield", "marginal_yield_change", "late_growth", "peak_kept", "bank_capital_low",
        "bank_earnings", "goods_gain", "productivity_gain", "consumption_gain", "investment_gain",
        "left_for_others", "both_gain", "co_movement", "worst_bank_earnings")
LESS = ("venture_dependence", "firm_defaults", "consumer_defaults", "bank_losses", "bank_failures",
        "state_losses", "household_losses", "unemployment", "firm_exits", "small_firms_rationed",
        "debt_burden", "drawdown", "recovery", "volatility", "worst_defaults", "revenue_fall")
# fmt: on
INSTEAD = {  # the primary outcome that asks better, and why
    "survival": ("self_supporting", "who spends nothing lives; it has to earn its costs"),
    "cost_earned": ("self_supporting", "the whole branch punishes the years of building up"),
    "venture_dependence": ("self_supporting", "it mirrors the costs earned, and was best for the idle"),
    "customer_worth": ("customer_return", "no spending beat a loss; returns are followed for two years"),
    "growth_yield": ("customer_return", "revenue of old customers over spending on new ones"),
    "marginal_yield": ("customer_return", "without a lag it is not the revenue of that yuan"),
    "marginal_yield_change": ("customer_return_change", "early and late in years that can be followed"),
    "bank_losses": ("losses_of_others", "over loans it moves with the mix; now over GDP, with households"),
    "household_losses": ("losses_of_others", "one arm alone can have them"),
    "left_for_others": ("value_net_of_cost", "revenue is no rent, and funders' losses were left out"),
    "drawdown": ("shock_consumption", "the extreme of one path is luck; a standard shock cancels it"),
    "recovery": ("shock_credit", "it ends with the branch; a standard shock cancels luck"),
}
RENAMED = {
    "goods_gain": "called output gain before: the same number, staff of platforms and banks among people",
}
MENDED = {
    "revenue_fall": "1 where nothing was ever earned: it was best for the idle",
}


def directions() -> dict[str, int]:
    """The old measures in the order of groups, with their direction."""
    turned = {**dict.fromkeys(MORE, 1), **dict.fromkeys(LESS, -1)}
    return {name: turned[name] for name in MEASURES if name in turned}


def fates() -> str:
    """Each old measure: what became of it, and why."""
    rows = []
    for name in directions():
        one = MEASURES[name]
        if one.primary:
            now, why = "primary", RENAMED.get(name, one.reason)
        elif name in INSTEAD:
            primary, why = INSTEAD[name]
            now = f"{MEASURES[primary].title} is primary"
        elif not one.direction:
            now, why = "shown only", one.reason
        else:
            now, why = "secondary", MENDED.get(name, "one a group is judged")
        rows.append((one.group, one.title, now, why))
    return table(("group", "measure", "now", "reason"), rows)


def old_verdict(values: Frame, arms: Sequence[str]) -> dict[str, str]:
    """Group -> business models by the share of worlds in which each has the best mean rank."""
    chosen = [replace(MEASURES[name], direction=sign) for name, sign in directions().items()]
    rows, _ = comparable(values, chosen, arms, END)
    found = share_first(rows, [one.group for one in chosen], arms)
    told = {}
    for group, part in found.groupby("group", sort=False):
        ordered = part.sort_values("share", ascending=False)
        told[str(group)] = ", ".join(
            f"{label(str(arm))} {percent(share)}"
            for arm, share in zip(ordered["arm"], ordered["share"], strict=True)
        )
    return told


def new_verdict(found: Verdict, group: str) -> str:
    """What is said of the focus against the other business models."""
    family = found.family
    rows = family.loc[(family["arm"] == FOCUS) & ~family["other"].isin([CONTROL, NO_GAINS])]
    parts = []
    for other, part in rows.loc[rows["group"] == group].groupby("other", sort=False, observed=True):
        parts.append(f"against {label(str(other))} {counted(part)}")
    return "; ".join(parts)


def beside(tables: Mapping[str, Frame], drawn: Frame) -> str:
    """Both verdicts, group by group."""
    values = at_end(measured(tables))
    arms = [arm for arm in dict.fromkeys(map(str, values["arm"])) if arm not in PLACEBO.values()]
    old = old_verdict(values, [arm for arm in arms if arm not in (CONTROL, NO_GAINS)])
    new = verdict(outcomes(tables), drawn)
    head = (
        "group",
        "old: first by mean rank, share of worlds",
        f"new: {label(FOCUS)}, {new.horizon} quarters",
    )
    return table(head, [(group, old[group], new_verdict(new, group)) for group in GROUPS])


TEXT = """The set was changed after a look at what it said of idle arms and placebos, for reasons of
economics and measurement; what is judged now is judged in worlds of a seed that nobody had looked at.

{typed}

**What became of the 36 measures that ranks were made of**

{fates}

**The verdict under both sets, in the same worlds**

Ranks are of the end of the branch. Measures that are only shown have no margin any more: there the slightest
lead counts as a rank, which before it did not. A share says nothing of chance: four arms without any
difference have 25 % each.

{beside}"""


def main(argv: Sequence[str]) -> int:
    """Write the page from the worlds of the main job."""
    store = Store(Path(argv[0] if argv else "results") / "compare")
    tables = {name: store.frame(name) for name in store.tables()}
    drawn = store.manifests().drop(columns="seconds").select_dtypes(np.number)
    typed = f"`{command('compare', store.description()['arguments'])}`"
    text = TEXT.format(typed=typed, fates=fates(), beside=beside(tables, drawn))
    write({"outcomes": page("Which outcomes are judged, before and now", text)})
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
