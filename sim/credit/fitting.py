"""The arithmetic of lenders' models of default: a Newton step on their weights, the area under the curve."""

import math

import numpy as np

from sim.engine.compiling import compiled

LARGEST_STEP = 0.5  # of a weight in a quarter: a Newton step from few loans would overshoot
ENOUGH = 100.0  # defaults, and others, for an AUC


@compiled
def newton_step(weights, lenders, slope, total, ridge):
    """The weights of these lenders move by (total + ridge)^-1 slope, by Cholesky. slope: by place in
    `lenders`."""
    n = weights.shape[1]
    low, x = np.zeros((n, n)), np.zeros(n)
    for place in range(lenders.shape[0]):
        lender = lenders[place]
        for r in range(n):
            for c in range(r + 1):
                s = total[lender, r, c] + (ridge if r == c else 0.0)
                for k in range(c):
                    s -= low[r, k] * low[c, k]
                low[r, c] = math.sqrt(max(1e-12, s)) if r == c else s / low[c, c]
        for r in range(n):
            s = slope[place, r]
            for k in range(r):
                s -= low[r, k] * x[k]
            x[r] = s / low[r, r]
        for back in range(n):
            r = n - 1 - back
            s = x[r]
            for k in range(r + 1, n):
                s -= low[k, r] * x[k]
            x[r] = s / low[r, r]
        for r in range(n):
            weights[lender, r] += max(-LARGEST_STEP, min(LARGEST_STEP, x[r]))


@compiled
def area_under_curve(tally):
    """AUC from counts (2 outcomes x bins of the score); NaN with too few of either."""
    good, bad, ordered = 0.0, 0.0, 0.0
    for k in range(tally.shape[1]):
        ordered += tally[1, k] * (good + 0.5 * tally[0, k])
        good += tally[0, k]
        bad += tally[1, k]
    return ordered / (bad * good) if bad >= ENOUGH and good >= ENOUGH else math.nan
