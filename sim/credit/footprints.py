"""Footprints: what a lender sees of the money of those who ask it, as far as that passes through it.

Each trace is seen with an error whose variance is one over the share of the money that passes, and is
believed as far as it can be: trace x share / (share + noise^2). Where nothing passes nothing is seen. The
traces are what anybody could read off payments; of a hidden trait or quality they show what it has done.
"""

import math
from typing import NamedTuple

import numpy as np

from sim.engine.arithmetic import normal
from sim.engine.compiling import compiled
from sim.engine.draws import claim, key, uniforms
from sim.engine.kernels import kernel_apart
from sim.engine.parameters import Declared, param
from sim.engine.rules import rule


class Footprints(Declared):
    """What payments show, and how habit and record fade."""

    # fmt: off
    footprint_noise = param(1.0, unit="standard deviations", low=0.3, high=3.0, source="assumed",
        doc="error in what footprints show of somebody all of whose money passes")
    trace_memory = param(0.2, unit="share/quarter", low=0.05, high=0.5, source="assumed",
        doc="weight of a quarter in what payments show of somebody over time")
    worth_of_habit = param(10_000.0, unit="fen/person", low=0.0, high=50_000.0, source="assumed",
        doc="worth to a person of asking again where he has just borrowed, beside other lenders")
    worth_of_habit_firm = param(50_000.0, unit="fen/firm", low=0.0, high=250_000.0, source="assumed",
        doc="worth to a firm of asking again where it has just borrowed, beside other lenders")
    habit_kept = param(0.85, unit="share/quarter", low=0.5, high=0.95, source="assumed",
        doc="part of the worth of asking again that is left a quarter later")
    # fmt: on


FOOTPRINT_NOISE = {name: claim(f"blur of a footprint of {name}", __name__) for name in ("firms", "consumers")}
TRACES = 6  # numbers drawn for one borrower in a quarter, at most: a pair for two traces
# income against usual, spending against income, money left, payments missed, how unsteady income is
TRACES_OF_CONSUMERS = 5
TRACES_OF_FIRMS = 3  # sales against usual ones, how unsteady they are, margin


class Traces(NamedTuple):
    """What `leaves_traces` writes."""

    unsteady: float
    missed: float
    money_left: float
    lender_habit: float


@rule(writes=Traces)
def leaves_traces(consumer, market, p, u):
    """Income that comes and goes, debts not paid, money left: smoothed; a habit fades.

    x' = x + trace_memory (what was seen this quarter - x)
    """
    usual = max(1.0, consumer.usual_income)
    off = min(1.0, abs(consumer.income / usual - 1.0))
    left = min(4.0, float(consumer.deposits) / usual)
    late = 1.0 if consumer.failed else 0.0
    return Traces(
        unsteady=consumer.unsteady + p.trace_memory * (off - consumer.unsteady),
        missed=consumer.missed + p.trace_memory * (late - consumer.missed),
        money_left=consumer.money_left + p.trace_memory * (left - consumer.money_left),
        lender_habit=float(math.floor(p.habit_kept * consumer.lender_habit)),
    )


class UsualSales(NamedTuple):
    """What `sells_as_usual` writes."""

    usual_sales: float
    unsteady: float
    lender_habit: float


@rule(writes=UsualSales)
def sells_as_usual(firm, market, p, u):
    """Sales, and by how much they differ from the usual, smoothed; a habit fades."""
    known = firm.usual_sales > 0.0
    off = min(1.0, abs(firm.sales / firm.usual_sales - 1.0)) if known else firm.unsteady
    kept = firm.usual_sales + p.trace_memory * (firm.sales - firm.usual_sales)
    return UsualSales(
        usual_sales=kept if known else firm.sales,
        unsteady=firm.unsteady + p.trace_memory * (off - firm.unsteady),
        lender_habit=float(math.floor(p.habit_kept * firm.lender_habit)),
    )


@kernel_apart
def draw_blur(rows, borrowers, passing, luck, quarter, blur):
    """Normal deviates for what footprints show, (traces, lines); zero where nothing passes."""
    for n in range(rows.shape[0]):
        i = rows[n]
        for pair in range(blur.shape[0] // 2):
            u, v = 0.5, 0.5  # of which `normal` makes zero
            if passing[n] > 0.0:
                at = TRACES * quarter + pair
                u, v = uniforms(luck, borrowers.ids[i], borrowers.generation[i], at)
            blur[2 * pair, n], blur[2 * pair + 1, n] = u, v
    for k in range(blur.shape[0]):
        for n in range(rows.shape[0]):  # apart from drawing, this runs on vectors
            blur[k, n] = normal(blur[k, n])


def leave_footprints(economy, borrowers, asked, passing: np.ndarray) -> None:
    """Of those who ask, lenders see the money that passes through them (share, by line of `asked`)."""
    luck = key(economy.draws_from, FOOTPRINT_NOISE[borrowers.name])
    asked.passing = passing
    draw_blur(asked.rows, borrowers, passing, luck, economy.quarter, asked.blur)


@compiled
def seen(trace, share, draw, p):
    """A trace as far as it is seen and can be believed, where that share of the money passes."""
    if share <= 0.0:
        return 0.0
    believed = share / (share + p.footprint_noise * p.footprint_noise)
    return believed * (trace + p.footprint_noise / math.sqrt(share) * draw)


@compiled
def traces_of_consumer(n, asked, consumers, p):
    """What footprints show of the consumer in line n of those who asked (5 floats), each of about one."""
    i, share, blur = asked.rows[n], asked.passing[n], asked.blur
    usual = max(1.0, consumers.usual_income[i])
    now = max(-1.0, min(1.0, consumers.income[i] / usual - 1.0))
    spends = max(-1.0, min(1.0, consumers.spending[i] / usual - 0.8))
    return (
        seen(2.0 * now, share, blur[0, n], p),
        seen(4.0 * spends, share, blur[1, n], p),
        seen(2.0 * (min(2.0, consumers.money_left[i]) - 0.5), share, blur[2, n], p),
        seen(4.0 * consumers.missed[i], share, blur[3, n], p),
        seen(5.0 * consumers.unsteady[i] - 0.5, share, blur[4, n], p),
    )


@compiled
def traces_of_firm(n, asked, firms, p):
    """What footprints show of the firm in line n of those who asked (3 floats), each of about one."""
    i, share, blur = asked.rows[n], asked.passing[n], asked.blur
    usual = firms.usual_sales[i]
    grows = max(-1.0, min(1.0, firms.sales[i] / usual - 1.0)) if usual > 0.0 else 0.0
    return (
        seen(2.0 * grows, share, blur[0, n], p),
        seen(5.0 * firms.unsteady[i] - 0.5, share, blur[1, n], p),
        seen(5.0 * firms.margin_now[i], share, blur[2, n], p),
    )
