"""What does each rule of law do? Worlds in which it is in force from the start, beside the same without it.

    make policy
    make policy ARGS="--worlds 40 --quarters 80"

Rules are those of seeds/law.toml, each as it stands in the end. Each is put to the free arm and to the pure
arms in which it can bind. Worlds are the usual ones, so the differences are paired; beside each stands what a
change without a meaning does. What a rule limits is read off the end of each future, with it and without.
The folder then holds ``bound.csv``, ``primaries.csv``, ``who.csv``, ``report.md`` and ``policy.png``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from experiments.judge.asked import Asked, futures, placebo_sizes
from experiments.judge.family import BETTER, WORSE
from experiments.judge.family import judge as judged
from experiments.judge.primaries import on_primaries
from experiments.measure.futures import FREE, Frame, shock
from experiments.measure.law_limits import BOUNDS, kept
from experiments.measure.measures import outcomes
from experiments.run.arm import Arm
from experiments.run.world import CONTROL
from experiments.studies.ablation import MOVES, draw
from experiments.study import Study, Tables
from experiments.tell.policy import fates, glance, limits_by_world, outcomes_by_world
from experiments.tell.report import Report
from experiments.tell.words import label, listed, many

QUICK = {"worlds": 20, "firms": 5_000, "burn_in": 20, "quarters": 40}
BROKER, LENDER, INTEGRATOR = "institution_traffic", "consumer_traffic", "deep_integration"
# in which worlds a rule can bind: where founders choose freely, and where all run a model that it touches
WORLDS: dict[str, tuple[str, ...]] = {
    "rate_cap": (FREE, LENDER, BROKER, INTEGRATOR),
    "court_rate_cap": (FREE, LENDER, BROKER, INTEGRATOR),
    "own_share": (FREE, BROKER),
    "one_platform": (FREE, BROKER, INTEGRATOR),
    "one_borrower": (FREE, BROKER, INTEGRATOR),
    "online_loans": (FREE, BROKER),
    "leverage": (FREE, BROKER, INTEGRATOR),
    "p2p_closure": (FREE, LENDER),
    "deposit_insurance": (FREE,),
    "data_portability": (FREE, LENDER, BROKER, INTEGRATOR),
    "float_custody": (FREE, BROKER),
}
HELD = {"float_custody": {"payment_float": 0.03}}  # without balances in wallets there is nothing to keep
PLACEBO = {world: f"placebo_{world}" for world in (FREE, LENDER, BROKER, INTEGRATOR)}


@dataclass(frozen=True)
class Shown:
    """A number that has an interval and no word."""

    name: str
    unit: str
    group: str = "law"
    direction: int = 0
    margin: float = 0.0


# who gains or loses: indicators of `sim.record`, means over the future; within the margin nobody notices
WHO = (
    Asked("bank_return", "banks", "share of capital/year", 1, 0.001),
    Asked("losses_of_banks", "banks", "share of GDP", -1, 0.0005),
    Asked("losses_of_households", "households that lend", "share of GDP", -1, 0.0005),
    Asked("household_wealth", "households", "share of yearly GDP", 1, 0.005),
    Asked("consumer_credit_to_gdp", "borrowers", "share of yearly GDP", 1, 0.001),
    Asked("platform_credit_to_consumers", "borrowers", "share of yearly GDP", 1, 0.0005),
    Asked("consumer_default_rate", "borrowers", "share of consumers/quarter", -1, 0.0001),
    Asked("small_rationed", "firms", "share of those that asked", -1, 0.005),
    Asked("platform_credit_to_firms", "firms", "share of yearly GDP", 1, 0.0005),
    Asked("firm_margin", "firms", "share of GDP", 1, 0.0005),
    Asked("bank_resolution", "the state", "share of GDP", -1, 0.0001),
    Asked("platform_profit", "platforms", "share of GDP", 1, 0.0001),
)
PROFIT, LEAST_PROFIT = "profit of ", 0.0001  # of the platforms of a business model, share of GDP


def rules() -> dict[str, Any]:
    """The rules that are put to the test, by name."""
    from sim import law

    known = law.rules()
    return {name: known[name] for name in WORLDS if name in known}


def with_it(name: str, world: str) -> str:
    """The label of the arm in which a rule is in force."""
    return f"{world}: {name}"


def without_it(name: str, world: str) -> str:
    """The label of the arm with which it is compared: the plain one where that has not the rule either."""
    changed = [f"{one} {value:g}" for one, value in off(name).items()]
    return f"{world} at {listed(changed)}" if changed else world


@functools.cache
def off(name: str) -> dict[str, Any]:
    """What has to be changed at defaults for the rule not to be there."""
    from sim import Parameters

    p = Parameters()
    values = {**rules()[name].without, **HELD.get(name, {})}
    return {one: value for one, value in values.items() if getattr(p, one) != value}


def arms() -> dict[str, Arm]:
    """The world without platforms, the free arm and the pure ones with their placebos, and two for each rule
    and world: with it, and without it where defaults have it."""
    found = {CONTROL: Arm(CONTROL)}
    for world, placebo in PLACEBO.items():
        found |= {world: Arm(world), placebo: Arm(world, placebo=True)}
    for name, rule in rules().items():
        held = HELD.get(name, {})
        for world in WORLDS[name]:
            found[without_it(name, world)] = Arm(world, off(name))
            found[with_it(name, world)] = Arm(world, {**held, **rule.values})
    return found


def pairs() -> Iterator[tuple[str, str, str, str]]:
    """Rule, world, and the labels of the two arms that are compared."""
    for name in rules():
        for world in WORLDS[name]:
            yield name, world, with_it(name, world), without_it(name, world)


@dataclass(frozen=True)
class Policy:
    """``bound``: what each rule limits, without and with it; ``primaries`` and ``who``: see `family.judge`,
    with rule and world; at ``horizon``, of so many ``worlds``."""

    bound: Frame
    primaries: Frame
    who: Frame
    horizon: int
    worlds: int


def judge(tables: Tables) -> Policy:
    """Each world with a rule less the same without it."""
    return compared(outcomes(tables), means(tables), limited(tables), tables.started)


def means(tables: Mapping[str, Frame]) -> Frame:
    """`WHO`, and the profit of each business model, as values of `judge.asked`: means over the futures."""
    keys = ["world", "luck", "arm"]
    quarters = tables["quarters"].groupby(keys, observed=True)[[one.name for one in WHO]].mean()
    found = quarters.melt(ignore_index=False, var_name="outcome").reset_index()
    models = tables["models"][[*keys, "model", "profit"]]
    models = models.assign(outcome=PROFIT + models["model"].astype(str), value=models["profit"])
    whole = pd.concat([found, models[[*keys, "outcome", "value"]]], ignore_index=True)
    return whole.assign(horizon=int(tables["quarters"]["since"].max()))


def limited(tables: Mapping[str, Frame]) -> Frame:
    """What rules limit, and what is beyond them, as values; an outcome is the rule and one of the two."""
    told = tables["law"].melt(["world", "luck", "arm", "rule"], ["level", "beyond"], "which", "value")
    outcome = told["rule"].astype(str) + " " + told["which"].astype(str)
    return told.assign(outcome=outcome, horizon=0)[["world", "luck", "arm", "outcome", "horizon", "value"]]


def compared(primary: Frame, who: Frame, law: Frame, started: Iterable[int]) -> Policy:
    """As `judge`, of values as `experiments.judge.asked` has them."""
    asked = {(arm, other): (name, world) for name, world, arm, other in pairs()}
    of_rule = {name: [pair for pair, (rule, _) in asked.items() if rule == name] for name in rules()}
    # a rule is a question of its own, so each has a family of its own
    firsts = [on_primaries(primary, contrasts, {}, started) for contrasts in of_rule.values()]
    first, horizon = pd.concat([found for found, _ in firsts], ignore_index=True), firsts[0][1]
    models = sorted({one for one in who["outcome"].unique() if str(one).startswith(PROFIT)})
    questions = [*WHO, *(Asked(one, "platforms", "share of GDP", 1, LEAST_PROFIT) for one in models)]
    end = int(who["horizon"].max())
    second = pd.concat(
        [
            judged(who, questions, contrasts, horizon=end, corrected="bh", worlds=started)
            for contrasts in of_rule.values()
        ],
        ignore_index=True,
    )
    ends = [limits_of(name, law, contrasts, started) for name, contrasts in of_rule.items()]
    third = pd.concat(ends, ignore_index=True)
    each = ((first, primary), (second, who), (third, law))
    tables = [told_apart(found, values, asked) for found, values in each]
    return Policy(bound_of(tables[2], law), tables[0], tables[1], horizon, int(primary["world"].nunique()))


def limits_of(rule: str, law: Frame, contrasts: Sequence[tuple[str, str]], started: Iterable[int]) -> Frame:
    """What a rule limits and what is beyond it, in the worlds to which it is put: see `family.judge`."""
    mine = law.loc[law["outcome"].str.startswith(f"{rule} ")]
    shown = [Shown(f"{rule} {which}", BOUNDS[rule].unit) for which in ("level", "beyond")]
    return judged(mine, shown, contrasts, horizon=0, worlds=started)


def told_apart(found: Frame, values: Frame, asked: Mapping[tuple[str, str], tuple[str, str]]) -> Frame:
    """With rule and world in front, and what a change without a meaning does to that world as it is at
    defaults; nothing that no world has a number for."""
    keys = [asked[pair] for pair in zip(found["arm"], found["other"], strict=True)]
    found = found.assign(rule=[name for name, _ in keys], world=[world for _, world in keys])
    found = found.loc[found["n"] > 0]
    lived = futures(values)
    sizes = placebo_sizes(lived, {world: label for world, label in PLACEBO.items() if label in lived.arms})
    place = {question: n for n, question in enumerate(lived.questions)}
    found["placebo"] = [
        float(sizes[world][place[name, horizon]]) if world in sizes else float("nan")
        for world, name, horizon in zip(found["world"], found["outcome"], found["horizon"], strict=True)
    ]
    return found[["rule", "world", *(one for one in found.columns if one not in ("rule", "world"))]]


def bound_of(found: Frame, law: Frame) -> Frame:
    """By rule and world: what it limits without it and with it, the difference, and what is beyond. A rule
    has ``bound`` where the interval of the difference of either leaves zero out."""
    mean = law.groupby(["arm", "outcome"], observed=True)["value"].mean()
    rows = []
    for (name, world), part in found.groupby(["rule", "world"], sort=False):
        row = part.loc[part["outcome"] == f"{name} level"]
        if row.empty:
            continue
        one = row.iloc[0]
        arms = {"without": one["other"], "with": one["arm"]}
        told = {
            f"{which}_{when}": mean.get((arm, f"{name} {which}"), float("nan"))
            for which in ("level", "beyond")
            for when, arm in arms.items()
        }
        numbers = {each: one[each] for each in ("difference", "low", "high", "placebo", "n")}
        bound = bool(((part["low"] > 0.0) | (part["high"] < 0.0)).any())
        rows.append({"rule": name, "world": world, **told, **numbers, "bound": bound})
    return pd.DataFrame(rows)


# -- telling ----------------------------------------------------------------------------------------------

WHAT = (
    "A world with a rule less the same world without it: the mean over worlds with its interval (95 %), and "
    "the size of what a change without a meaning does to a world. A rule has bound where the interval of "
    "what it limits, or of what is beyond it, leaves zero out. Somebody is said to have gained or lost only "
    "where the difference can be told from zero after all questions about that rule have been corrected for "
    "together. Below stand all primary outcomes: differences with their intervals, after the semicolon the "
    "placebo, and a star where one has moved for sure. The others have not been seen to move, and may, by as "
    "many margins at most as the first table says (the end of an interval that is farthest from zero); "
    "within its margin a change does not matter."
)


def tell(done: Policy) -> Report:
    """One page: rule by rule what it limits, whether it bound, who gained and who lost."""
    found = done.primaries.assign(
        mechanism=done.primaries["rule"], word=done.primaries["word"].replace({BETTER: MOVES, WORSE: MOVES})
    )
    free = found.loc[found["world"] == FREE]
    return Report(
        "\n".join(lines(done)),
        {"bound": done.bound, "primaries": done.primaries, "who": done.who},
        {"policy": lambda: draw(free, list(rules()), "What rules move where founders choose freely")},
        title="What each rule of law does",
    )


def headline(done: Policy) -> str:
    """How many rules have bound, and how many of them moved something."""
    every = list(dict.fromkeys(done.bound["rule"]))
    bound = [one for one in every if done.bound.loc[done.bound["rule"] == one, "bound"].any()]
    moved = set(done.primaries.loc[done.primaries["word"].isin((BETTER, WORSE)), "rule"])
    told = f"{len(bound)} of {len(every)} rules bind what they limit, and {len(moved)} move a primary outcome"
    told += f" within {done.horizon} quarters ({many(done.worlds)})"
    if still := [title_of(one) for one in every if one not in bound]:
        told += f"; not seen to bind: {listed(still)}"
    return told + "."


def title_of(name: str) -> str:
    return rules()[name].title.lower()


def lines(done: Policy) -> list[str]:
    """The report as lines of Markdown."""
    titles = {name: rule.title for name, rule in rules().items() if (done.bound["rule"] == name).any()}
    out = [headline(done), "", glance(done.bound, done.primaries, titles), "", WHAT, ""]
    for name, title in titles.items():
        bound, primaries, who = (
            found.loc[found["rule"] == name] for found in (done.bound, done.primaries, done.who)
        )
        out += [f"## {title}", "", introduced(name), "", limits_by_world(name, bound), ""]
        for world in bound["world"]:
            told = fates(who.loc[who["world"] == world], primaries.loc[primaries["world"] == world])
            out.append(f"- {label(world)}: {told}")
        out += ["", outcomes_by_world(primaries), ""]
    return out


def introduced(name: str) -> str:
    """What a rule limits, and between which values it is judged."""
    rule, held = rules()[name], HELD.get(name, {})
    changes = [(one, value) for one, value in rule.values.items() if value != rule.without[one]]
    asks = listed([f"{label(one)} {rule.without[one]:g} → {value:g}" for one, value in changes])
    text = f"It limits {rule.limits}: {asks}."
    text += (
        f" In both worlds {listed([f'{label(one)} is {value:g}' for one, value in held.items()])}."
        if held
        else ""
    )
    text += " A date or value is assumed." if rule.assumed else ""
    return text + ("" if rule.source == "assumed" else f" Source: {rule.source}.")


STUDY = Study(__doc__, QUICK, {**QUICK, "firms": 10_000}, arms, kept, judge, tell, aside=shock)
