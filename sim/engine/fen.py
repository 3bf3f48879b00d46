"""Whole fen: rounded once, moved between accounts, split without a rest, summed.

Compiled loops write into the arrays that they are given and return none: an array that comes back from
machine code is wrapped anew, which takes as long as all else of a short loop.
"""

import numpy as np

from .compiling import compiled

# whether anything in an array is not zero; of a few rows `any` would say so in five times the time
any_of = np.count_nonzero

BLOCK = 2048  # rows whose amounts stay next to the processor


@compiled
def whole(amount):
    """Fractions are rounded to even, here and nowhere else; a whole number passes as it is, however large."""
    return int(amount) if amount == int(amount) else int(np.rint(amount))


@compiled
def post(account, other, sign, other_sign, moved, leg, amounts):
    """Add sign x amount to one account of each row, other_sign x amount to another, the total to moved[leg].

    Returns the total of amounts, the least amount, and how many are too many: if any, nothing is posted.
    """
    total, least, wrong = 0, 0, max(0, amounts.shape[0] - account.shape[0])
    if wrong:
        return total, least, wrong
    for i in range(amounts.shape[0]):
        fen = whole(amounts[i])
        account[i] += sign * fen
        other[i] += other_sign * fen
        total += fen
        least = min(least, fen)
    moved[leg] += total
    return total, least, wrong


@compiled
def sum_by(group, amounts, out):
    """out[g] = sum of amounts, in whole fen as they are posted, over rows of group g; group < 0: nowhere."""
    for i in range(amounts.shape[0]):
        if group[i] >= 0:
            out[group[i]] += whole(amounts[i])


@compiled
def list_rows(amounts, above, rows):
    """Write into `rows` where an amount is above that. Returns how many there are."""
    found = 0
    for i in range(amounts.shape[0]):
        rows[found] = i
        found += 1 if amounts[i] > above else 0
    return found


@compiled
def let_go(places, held):
    """Whoever holds nothing is at no place: -1. A mask of all rows takes ten times as long."""
    for i in range(places.shape[0]):
        places[i] = places[i] if held[i] else -1


@compiled
def outside(rows, n):
    """How many of the rows are not among 0 to n - 1."""
    found = 0
    for k in range(rows.shape[0]):
        found += 0 if 0 <= rows[k] < n else 1
    return found


@compiled
def post_few(account, other, sign, other_sign, moved, leg, rows, amounts):
    """As `post`, to the `rows`. Returns also how many of them do not exist or lack an amount: if any, nothing
    is posted."""
    wrong = outside(rows, account.shape[0]) + abs(rows.shape[0] - amounts.shape[0])
    total, least = 0, 0
    if wrong:
        return total, least, wrong
    for n in range(rows.shape[0]):
        fen = whole(amounts[n])
        account[rows[n]] += sign * fen
        other[rows[n]] += other_sign * fen
        total += fen
        least = min(least, fen)
    moved[leg] += total
    return total, least, wrong


@compiled
def weigh(accounts, signs, sums, least):
    """Add up accounts of the same rows. Do sign x account sum to zero in every row?

    sums and least (its lowest balance, or 0) are by account.
    """
    n = accounts[0].shape[0]
    rest, off = np.empty(BLOCK, np.int64), 0
    for start in range(0, n, BLOCK):
        stop = min(n, start + BLOCK)
        rest[: stop - start] = 0
        for k in range(len(accounts)):
            account, sign = accounts[k][start:stop], signs[k]
            total, low = 0, 0
            for i in range(account.shape[0]):
                rest[i] += sign * account[i]
                total += account[i]
                low = min(low, account[i])
            sums[k] += total
            least[k] = min(least[k], low)
        for i in range(stop - start):
            off |= rest[i]
    return off == 0


@compiled
def carry(moved, flow, way, leg, place, sign, expected, out, left):
    """What moved by leg is added to the accounts that legs lead to, and to what flowed out and what is left.

    leg, place, sign: for each account of each leg; flow, way: for each leg, 1 where a flow leaves, -1 where
    it arrives, 0 where it does neither. What is left has left and not arrived.
    """
    for n in range(leg.shape[0]):
        expected[place[n]] += sign[n] * moved[leg[n]]
    for k in range(moved.shape[0]):
        out[flow[k]] += max(0, way[k]) * moved[k]
        left[flow[k]] += way[k] * moved[k]


@compiled
def split_all(total, weights, out):
    """Split `total` over the rows by weight, exactly: differences of the rounded running sum.

    What rounding in float64 leaves goes to the last row with a weight.
    """
    n = weights.shape[0]
    upto = out.view(np.float64)  # in the place of each part, until it is known
    whole_weight, last = 0.0, -1
    for i in range(n):
        counts = weights[i] > 0.0
        whole_weight += weights[i] if counts else 0.0
        last = i if counts else last
        upto[i] = whole_weight
    if last < 0:
        out[:] = 0
        return
    # a division that waits for no other row: it runs on vectors
    for i in range(n):
        upto[i] = np.rint(total * (upto[i] / whole_weight))
    before = 0
    for i in range(n):
        given = min(total, np.int64(upto[i]))
        out[i] = given - before
        before = given
    out[last] += total - before


@compiled
def split_stretches(totals, weights, starts, out):
    """As `split_all`, totals[s] over the rows from starts[s] up to starts[s + 1]."""
    for s in range(totals.shape[0]):
        rows = slice(starts[s], starts[s + 1])
        split_all(totals[s], weights[rows], out[rows])


@compiled
def split_groups(totals, weights, group, out):
    """As `split_all`, totals[g] over the rows of each group g; rows with group < 0 get nothing."""
    n = totals.shape[0]
    sums, running = np.zeros(n), np.zeros(n)
    given, last = np.zeros(n, np.int64), np.full(n, -1)
    for i in range(weights.shape[0]):
        if group[i] >= 0 and weights[i] > 0.0:
            sums[group[i]] += weights[i]
    for i in range(weights.shape[0]):
        out[i] = 0
        g = group[i]
        if g >= 0 and weights[i] > 0.0:
            running[g] += weights[i]
            upto = min(totals[g], np.int64(np.rint(totals[g] * (running[g] / sums[g]))))
            out[i] = upto - given[g]
            given[g] = upto
            last[g] = i
    for g in range(n):
        if last[g] >= 0:
            out[last[g]] += totals[g] - given[g]


@compiled
def split_rows(totals, holdings, capped, out):
    """As `split_all`, totals[r] over the line holdings[r]; `capped`: nobody gets more than he holds."""
    for r in range(totals.shape[0]):
        row = out[r]
        if totals[r] == 0:
            row[:] = 0
            continue
        split_all(totals[r], holdings[r], row)
        if capped:
            spare = 0
            for b in range(row.shape[0]):
                over = max(0, row[b] - np.int64(holdings[r, b]))
                row[b] -= over
                spare += over
            for b in range(row.shape[0]):
                more = min(spare, np.int64(holdings[r, b]) - row[b])
                row[b] += more
                spare -= more


def split(total: int, weights: np.ndarray) -> np.ndarray:
    """Whole fen (int64, shape of weights) that sum to `total` exactly, in proportion to float weights.

    `total` is not negative. No part is, and up to 2**50 fen each is within one fen of its proportion.
    Where no weight is positive nothing can be given: the sum is then 0, and the caller must ask first.
    """
    out = np.empty(len(weights), np.int64)
    split_all(int(total), weights, out)
    return out


def split_by(totals: np.ndarray, weights: np.ndarray, group: np.ndarray) -> np.ndarray:
    """As `split`, for many totals at once: row i takes part in totals[group[i]]."""
    out = np.empty(len(weights), np.int64)
    split_groups(np.asarray(totals, np.int64), weights, group, out)
    return out


def split_within(totals: np.ndarray, holdings: np.ndarray, capped: bool) -> np.ndarray:
    """Split totals[r] over the line holdings[r] in proportion to it (int64, of its shape).

    `capped`: nobody gets more than he holds, as far as there is enough.
    """
    out = np.empty(holdings.shape, np.int64)
    split_rows(totals, holdings.astype(float), capped, out)
    return out


def within(total: int, held: np.ndarray) -> np.ndarray:
    """Split `total` in proportion to what each holds, never more than that (int64)."""
    return split_within(np.array([total]), held[None, :], True)[0]


def total_by(group: np.ndarray, amounts: np.ndarray, groups: int) -> np.ndarray:
    """Whole fen summed by group: int64 of length `groups`."""
    out = np.zeros(groups, np.int64)
    sum_by(group, amounts, out)
    return out


def rows_with(amounts: np.ndarray, above: int = 0) -> np.ndarray:
    """The rows with an amount above zero, or above another number (int64, ascending)."""
    rows = np.empty(len(amounts), np.int64)
    return rows[: list_rows(amounts, above, rows)]
