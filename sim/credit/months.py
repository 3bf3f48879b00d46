"""Months inside the quarter: when claims on platforms end, and who comes first is paid first."""

import numpy as np

from sim.actors.platforms import MONTHS
from sim.credit.funders.base import Fen
from sim.engine.compiling import compiled
from sim.engine.draws import claim, each_uniform, key

MONTH = claim("the month in which a claim ends", __name__)


def months_of(e, rows: np.ndarray) -> np.ndarray:
    """In which month of the quarter the terms of these households end (0, 1, 2), by a draw; all in the first
    where nothing goes by month."""
    luck, generation = np.zeros(len(rows)), e.consumers.columns["generation"]
    if e.p.by_month:
        each_uniform(key(e.draws_from, MONTH), rows, e.consumers.ids, generation, e.quarter, luck)
    return np.floor(MONTHS * luck).astype(np.int64)


def first_come(asked: Fen, place: np.ndarray, month: np.ndarray, free: Fen) -> Fen:
    """What households get back of what they ask of the platform at their `place`: who comes in an earlier
    month is paid before the others, those of one month in proportion. free: what each platform can pay."""
    part, left = np.zeros(len(asked), np.int64), free.astype(np.int64)
    wanted, share = np.zeros((int(MONTHS), len(free)), np.int64), np.empty((int(MONTHS), len(free)))
    serve_by_month(asked, place, month, wanted, share, left, part)
    return part


def dry_after(asked: Fen, place: np.ndarray, month: np.ndarray, free: Fen) -> np.ndarray:
    """After how many months (1, 2, 3; 0 for never) each platform has been asked for more than it can pay.

    Arguments as those of `first_come`.
    """
    after, wanted = np.zeros(len(free)), np.zeros((int(MONTHS), len(free)), np.int64)
    run_dry(asked, place, month, free, wanted, after)
    return after


@compiled
def run_dry(asked, place, month, free, wanted, after):
    """See `dry_after`. wanted, of zeros, is by month and platform."""
    for n in range(asked.shape[0]):
        if place[n] >= 0:
            wanted[month[n], place[n]] += asked[n]
    for q in range(free.shape[0]):
        so_far = 0
        for now in range(wanted.shape[0]):
            so_far += wanted[now, q]
            if so_far > free[q] and after[q] == 0.0:
                after[q] = now + 1.0


@compiled
def serve_by_month(asked, place, month, wanted, share, left, part):
    """See `first_come`. wanted, of zeros, and share, of that which can be paid, are by month and platform;
    left: what each platform can pay, at first all that is free."""
    for n in range(asked.shape[0]):
        if place[n] >= 0:
            wanted[month[n], place[n]] += asked[n]
    for now in range(wanted.shape[0]):
        for q in range(left.shape[0]):
            share[now, q] = min(1.0, left[q] / max(1, wanted[now, q]))
            left[q] = max(0, left[q] - wanted[now, q])  # if that is not enough, nothing is left for later
    for n in range(asked.shape[0]):
        if place[n] >= 0:
            part[n] = int(np.floor(asked[n] * share[month[n], place[n]]))
