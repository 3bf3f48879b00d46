"""Counts and sums over whole populations, each in one pass: what the indicators of a quarter are made of."""

import math
from typing import NamedTuple

import numpy as np

from sim.engine.arithmetic import log
from sim.engine.compiling import compiled
from sim.engine.kernels import kernel


class OfFirms(NamedTuple):
    """Counts, and sums of what a row has."""

    count: int  # of those alive, as the next three
    skill: float
    skill_squared: float
    misfit: float
    sales: float
    wasted: float  # misfit weighted by sales
    profit: float
    ordered: float  # inputs
    short: float  # what of them was not to be had
    asked: int  # of those alive
    rationed: int
    small_asked: int  # small: with fewer workers than the middle firm
    small_rationed: int
    small_debt: int
    linked: int
    linked_sales: float
    depth: float  # weighted by sales
    gain: float
    fee: float


class OfConsumers(NamedTuple):
    """Counts of rows, and the sum of incomes."""

    reached: int  # use an app
    places: int  # that platforms have with them
    had: int  # places that one has or has had
    known: int  # use one or have borrowed
    borrowers: int  # have borrowed, now or before
    borrowing: int  # borrow from a platform this quarter
    failed: int
    income: float


LEADING = 50  # bits of a float64 below the sign, the exponent and two digits: four steps to a doubling


@compiled
def step_of(size):
    """Which of the steps into which the leading bits divide numbers from zero on holds this one."""
    return int(np.float64(size + 0.0).view(np.int64)) >> LEADING


@compiled
def count_steps(sizes):
    """How many of the sizes, none of which is below zero, are on each step, and how many are above zero."""
    counts, positive = np.zeros(1 << (63 - LEADING), np.int64), 0
    for i in range(sizes.shape[0]):
        counts[step_of(sizes[i])] += 1
        positive += 1 if sizes[i] > 0.0 else 0
    return counts, positive


@compiled
def list_step(sizes, counts, rank, few):
    """Write into `few` the sizes on the step on which that rank is, counted from the least. Returns how many
    they are, and how many are on the steps below."""
    below, step = 0, 0
    while below + counts[step] <= rank:
        below += counts[step]
        step += 1
    found = 0
    for i in range(sizes.shape[0]):
        if step_of(sizes[i]) == step:
            few[found] = sizes[i]
            found += 1
    return found, below


def at_rank(sizes: np.ndarray, counts: np.ndarray, rank: int) -> float:
    """The size at a rank, counted from the least: the step is found by counting, only that is searched.

    counts: see `count_steps`. NaN where there is no such rank.
    """
    if rank >= len(sizes):
        return math.nan
    few = np.empty(len(sizes))
    found, below = list_step(sizes, counts, rank, few)
    # by NumPy: machine code for it would take longer to make than that of any other function
    return float(np.partition(few[:found], rank - below)[rank - below])


@compiled
def sum_above(sizes, least):
    """The logs of sizes over the least, added up over those above it."""
    above = 0.0
    for i in range(sizes.shape[0]):
        if sizes[i] > least:
            above += log(sizes[i] / least)
    return above


def tail_exponent(sizes: np.ndarray, counts: np.ndarray, positive: int) -> float:
    """Hill's estimator on the largest 2 % (at least 20) of the sizes above zero; see `count_steps`."""
    k = max(20, positive // 50)
    if positive <= k:
        return math.nan
    return k / sum_above(sizes, at_rank(sizes, counts, len(sizes) - k - 1))


def middle_and_tail(sizes: np.ndarray, rank: int) -> tuple[float, float]:
    """The size at a rank, and the exponent of the tail."""
    counts, positive = count_steps(sizes)
    return at_rank(sizes, counts, rank), tail_exponent(sizes, counts, positive)


@kernel
def survey_firms(firms, middle, shares, squares):
    """Sums over all firms; small are those with fewer workers than `middle`.

    Adds to the sums by sector, (sectors,), of the shares and of their squares.
    """
    count, skills, skills_squared, misfits, sold, wasted = 0, 0.0, 0.0, 0.0, 0.0, 0.0
    profits, orders, lacking = 0.0, 0.0, 0.0
    asked, refused, small_asked, small_refused, small_debt = 0, 0, 0, 0, 0
    linked, linked_sales, deep, gain, fees = 0, 0.0, 0.0, 0.0, 0.0
    for i in range(firms.alive.shape[0]):
        s, share, sales = firms.sector[i], firms.share[i], firms.sales[i]
        skill, misfit = firms.skill[i], firms.misfit[i]
        shares[s] += share
        squares[s] += share * share
        here = 1 if firms.alive[i] else 0
        count += here
        skills += here * skill
        skills_squared += here * (skill * skill)
        misfits += here * misfit
        sold += sales
        wasted += sales * misfit
        profits += firms.profit[i]
        orders += firms.input_bill[i]
        lacking += firms.input_bill[i] * firms.inputs_short[i]
        asks = here if firms.loan_wanted[i] > 0.0 else 0
        waits = asks if firms.rationed[i] else 0
        small = here if firms.workers[i] < middle else 0
        asked += asks
        refused += waits
        small_asked += small * asks
        small_refused += small * waits
        small_debt += small * (firms.bank_debt[i] + firms.platform_debt[i])
        if firms.link[i] >= 0:
            linked += 1
            linked_sales += sales
            deep += firms.depth[i] * sales
        gain += firms.gain[i]  # of who has left its platform within the quarter too
        fees += firms.integration_fee[i]
    return OfFirms(
        count=count,
        skill=skills,
        skill_squared=skills_squared,
        misfit=misfits,
        sales=sold,
        wasted=wasted,
        profit=profits,
        ordered=orders,
        short=lacking,
        asked=asked,
        rationed=refused,
        small_asked=small_asked,
        small_rationed=small_refused,
        small_debt=small_debt,
        linked=linked,
        linked_sales=linked_sales,
        depth=deep,
        gain=gain,
        fee=fees,
    )


@kernel
def survey_consumers(consumers):
    """Counts and sums over all rows of consumers."""
    reached, known, borrowers, failed, borrowing, income = 0, 0, 0, 0, 0, 0.0
    places, places_had = 0, 0
    for i in range(consumers.first_app.shape[0]):
        first = 1 if consumers.first_app[i] >= 0 else 0
        second = 1 if consumers.second_app[i] >= 0 else 0
        here = first + second + (1 if consumers.third_app[i] >= 0 else 0)
        had = int(consumers.places_had[i])
        uses, borrowed = here > 0, consumers.ever_borrowed[i]
        reached += 1 if uses else 0
        places += here
        places_had += (had & 1) + (had >> 1 & 1) + (had >> 2)
        known += 1 if uses | borrowed else 0
        borrowers += 1 if borrowed else 0
        failed += 1 if consumers.failed[i] else 0
        borrowing += 1 if consumers.platform_granted[i] > 0.0 else 0
        income += consumers.income[i]
    return OfConsumers(
        reached=reached, places=places, had=places_had, known=known, borrowers=borrowers,
        borrowing=borrowing, failed=failed, income=income,
    )  # fmt: skip


@compiled
def add_up(columns):
    """The sum of each of the columns, float64, in the order of its rows."""
    sums = np.zeros(len(columns))
    for k in range(len(columns)):
        column = columns[k]
        for i in range(column.shape[0]):
            sums[k] += column[i]
    return sums
