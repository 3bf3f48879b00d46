"""Vitality: does the real economy get stronger? Most measures are against the twin world."""

from __future__ import annotations

import math

import numpy as np

from experiments.measure.arithmetic import late, mean, share, yearly
from experiments.measure.futures import Future
from experiments.measure.measures.declared import gain, measure, weighted


@measure(
    "vitality", "share of the twin's", 1, least=0.001, primary=True,
    reason="ten yuan of ten thousand; a tenth of a per cent of output is what budgets are quarrelled over",
)  # fmt: skip
def consumption_gain(future: Future, twin: Future) -> float:
    """Real consumption per person of the branch against the twin's."""
    return gain(future, twin, "consumption")


@measure(
    "vitality", "share of the twin's", 1, least=0.001, primary=True,
    reason="as of consumption, of which goods are the source",
)  # fmt: skip
def goods_gain(future: Future, twin: Future) -> float:
    """Goods per person in the labour force, staff of platforms and banks included, against the twin's; whole
    branch."""
    return gain(future, twin, "output")


@measure("vitality", "share of the twin's", 1, least=0.001)
def productivity_gain(future: Future, twin: Future) -> float:
    """Real output per employed person against the twin's; late."""
    return mean(late(future.quarters["productivity"])) / mean(late(twin.quarters["productivity"])) - 1.0


@measure("vitality", "share of the twin's", 1, least=0.002)
def investment_gain(future: Future, twin: Future) -> float:
    """Real investment of the branch against the twin's."""
    return gain(future, twin, "investment")


@measure("vitality", "share", -1, least=0.001)
def unemployment(future: Future, twin: Future) -> float:
    """People without work, of all who would work; mean of the branch."""
    return mean(future.quarters["unemployment"])


@measure(
    "vitality", "share a year", 0,
    reason="exit is selection too",
)  # fmt: skip
def firm_exits(future: Future, twin: Future) -> float:
    """Firms that close or default, of all firms; mean of the branch."""
    return 4.0 * mean(future.quarters["default_rate"] + future.quarters["closure_rate"])


@measure("vitality", "share", -1, least=0.01)
def small_firms_rationed(future: Future, twin: Future) -> float:
    """Firms below the median size that got less credit than they asked for, of those that asked; mean of the
    branch, 0 where none ever asks."""
    found = mean(future.quarters["small_rationed"])
    return found if math.isfinite(found) else 0.0


@measure("vitality", "share of wanted credit", 0)
def credit_access(future: Future, twin: Future) -> float:
    """What banks and platforms granted firms of the loans that they wanted; last quarter. n/a where no firm
    wants any, or firms were not kept."""
    if not future.firms:
        return math.nan
    wanted, granted = future.firms["wanted"], future.firms["granted"]
    return share(float(np.minimum(wanted, granted).sum()), float(wanted.sum()), none=math.nan)


@measure(
    "vitality", "share of income", 0,
    reason="access to credit is counted as harm",
)  # fmt: skip
def debt_burden(future: Future, twin: Future) -> float:
    """Interest and instalments that consumers pay, of their income; mean of the branch."""
    return mean(future.quarters["debt_burden"])


@measure("vitality", "share of the twin's", 0)
def output_gain_net(future: Future, twin: Future) -> float:
    """Goods gain less the venture money that went into platforms."""
    return gain(future, twin, "output") - weighted(future, "venture_funding")


@measure("vitality", "share of the twin's", 0)
def private_output_gain(future: Future, twin: Future) -> float:
    """Real output less public purchases, against the twin's: the gain that no stimulus explains."""
    one, other = ((f.quarters["output"] - f.quarters["public_purchases"]).sum() for f in (future, twin))
    return float(one / other - 1.0)


@measure("vitality", "share of sales", 0)
def waste_avoided(future: Future, twin: Future) -> float:
    """Output spoilt by misfit, the twin's less the branch's; mean of the branch."""
    return mean(twin.quarters["waste"] - future.quarters["waste"])


def real_sales(future: Future, twin: Future, linked: bool) -> float:
    """Real sales of the last quarter of the firms that end the branch with a link, or without, against the
    same firms in the twin [share of all sales of the twin]; NaN where firms were not kept."""
    if not (future.firms and twin.firms):
        return math.nan
    same = future.firms["generation"] == twin.firms["generation"]
    with_link = future.firms["link"] >= 0
    # a firm that lives only here sold nothing there, and whoever took its place there counts among the others
    of_linked = float(twin.firms["sales"][with_link & same].sum())
    total = float(twin.firms["sales"].sum())
    there = of_linked if linked else total - of_linked
    prices = twin.quarters["price_level"][-1] / future.quarters["price_level"][-1]
    here = float(future.firms["sales"][with_link == linked].sum()) * prices
    return share(here - there, total)


@measure("vitality", "share of the twin's sales", 0)
def gain_of_linked(future: Future, twin: Future) -> float:
    """What the firms linked at the end sell more than the same firms do in the twin; last quarter. It holds
    luck in being chosen, as the arm without real gains shows."""
    return real_sales(future, twin, linked=True)


@measure("vitality", "share of the twin's sales", 0)
def gain_of_others(future: Future, twin: Future) -> float:
    """What all other firms sell more than without platforms; last quarter. Below zero: sales that the linked
    firms took from them."""
    return real_sales(future, twin, linked=False)


@measure("vitality", "quarters", 0)
def onset(future: Future, twin: Future) -> float:
    """First quarter from which output exceeds the twin's by half of the late excess (four-quarter means); n/a
    where the late excess is below 0.1 %."""
    lead = yearly(future.quarters["output"]) / yearly(twin.quarters["output"]) - 1.0
    final = float(late(lead).mean())
    return float(np.argmax(lead >= 0.5 * final) + 1) if final > 0.001 else math.nan
