"""Counts and sums over whole populations, each in one pass: what the indicators of a quarter are made of."""

import math

import numpy as np

from sim.engine.arithmetic import log
from sim.engine.compiling import compiled

LEADING = 50  # bits of a float64 below the sign, the exponent and two digits: four steps to a doubling


@compiled
def step_of(size):
    """Which of the steps into which the leading bits divide numbers from zero on holds this one."""
    return int(np.float64(size + 0.0).view(np.int64)) >> LEADING


@compiled
def at_rank(sizes, rank):
    """The size at a rank, counted from the least; none is below zero. Steps are counted, one is searched.

    NaN where there is no such rank.
    """
    if rank >= sizes.shape[0]:
        return math.nan
    counts = np.zeros(1 << (63 - LEADING), np.int64)
    for i in range(sizes.shape[0]):
        counts[step_of(sizes[i])] += 1
    below, step = 0, 0
    while below + counts[step] <= rank:
        below += counts[step]
        step += 1
    few, found = np.empty(counts[step]), 0
    for i in range(sizes.shape[0]):
        if step_of(sizes[i]) == step:
            few[found] = sizes[i]
            found += 1
    return np.partition(few, rank - below)[rank - below]


@compiled
def tail_exponent(sizes):
    """Hill's estimator on the largest 2 % (at least 20): the exponent of the upper tail of sizes > 0."""
    n = sizes.shape[0]
    positive = 0
    for i in range(n):
        positive += 1 if sizes[i] > 0.0 else 0
    k = max(20, positive // 50)
    if positive <= k:
        return math.nan
    least = at_rank(sizes, n - k - 1)
    above = 0.0
    for i in range(n):
        if sizes[i] > least:
            above += log(sizes[i] / least)
    return k / above


@compiled
def survey_firms(
    alive,
    sector,
    share,
    skill,
    misfit,
    sales,
    workers,
    middle,
    wanted,
    rationed,
    home,
    other,
    shares,
    squares,
):
    """Shares and their squares by sector; sums over firms, in the order of the return.

    Of those alive: number, skill, its square, misfit. Of all: sales, misfit weighted by sales. Of those
    who asked: number, rationed; the same of those with fewer workers than `middle`, and what these owe.
    """
    count, skills, skills_squared, misfits, sold, wasted = 0, 0.0, 0.0, 0.0, 0.0, 0.0
    asked, refused, small_asked, small_refused, small_debt = 0, 0, 0, 0, 0
    for i in range(alive.shape[0]):
        shares[sector[i]] += share[i]
        squares[sector[i]] += share[i] * share[i]
        here = 1 if alive[i] else 0
        count += here
        skills += here * skill[i]
        skills_squared += here * (skill[i] * skill[i])
        misfits += here * misfit[i]
        sold += sales[i]
        wasted += sales[i] * misfit[i]
        asks = here if wanted[i] > 0.0 else 0
        waits = asks if rationed[i] else 0
        small = here if workers[i] < middle else 0
        asked += asks
        refused += waits
        small_asked += small * asks
        small_refused += small * waits
        small_debt += small * (home[i] + other[i])
    return (
        count, skills, skills_squared, misfits, sold, wasted, asked, refused, small_asked, small_refused,
        small_debt,
    )  # fmt: skip
