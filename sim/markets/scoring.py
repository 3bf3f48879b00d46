"""What lenders know: each fits a model of default to the repayments on its own book.

Recursive, ridge-regularised logistic regression: a label matures four quarters after a loan was scored,
or at default; each quarter one Newton step on the labels that matured, with the curvature accumulated so
far (old evidence fades by `forgets`). All lenders share one list of features; what a lender cannot see is
masked to zero, so that a new kind of sight starts from a weight of zero and has to prove itself.
"""

import math

import numpy as np

from sim.engine.arithmetic import log, logistic
from sim.engine.compiling import compiled, compiled_apart
from sim.engine.parameters import Declared, param


class Scoring(Declared):
    """How lenders learn."""

    ridge = param(4.0, unit="observations", low=1.0, high=100.0, source="design", doc="weight of the prior")
    forgets = param(0.985, unit="share/quarter", low=0.9, high=1.0, source="assumed", doc="old evidence kept")
    footprint_noise = param(1.0, unit="standard deviations", low=0.5, high=3.0, source="assumed")
    insight_noise = param(
        0.6, unit="share", low=0.0, high=2.0, source="assumed", doc="of shallow integration"
    )


MATURES = 4
BINS = 512

# firms: constant, late leverage, late margin, size, pledged, youth, footprint, then what an insider sees now:
# cash and dues of partners against bills and dues to them, margin, orders against expected ones and stock
FIRM_FEATURES = 10
FIRM_PRIOR = (-4.5, 1.0, -1.0, -0.3, 0.5, 1.0, 0.0, 0.0, 0.0, 0.0)
OUTSIDE = (1, 1, 1, 1, 1, 1, 0, 0, 0, 0)
FOOTPRINT = (1, 0, 0, 1, 0, 1, 1, 0, 0, 0)
INSIDE = (1, 1, 1, 1, 1, 1, 0, 1, 1, 1)

# consumers: constant, debt burden, out of work, savings, income against usual, footprint
CONSUMER_FEATURES = 6
CONSUMER_PRIOR = (-3.5, 0.5, 1.0, -0.5, -0.5, 0.0)
BUREAU = (1, 1, 1, 1, 1, 0)
CONSUMER_FOOTPRINT = (1, 0, 1, 0, 1, 1)


@compiled
def firm_features(i, sight, wage, noise, blur, haze):
    """What there is to know of firm i (10 floats); see FIRM_FEATURES.

    blur and haze are normal deviates; who sees neither footprints nor operations passes no noise.
    """
    (leverage, margin, capital, stock, deposits, home, shared, other, age, quality, growth, bills, orders) = (
        sight[:13]
    )
    margin_now, demand, expected, depth, receivables, payables, units = sight[13:]
    assets = float(capital[i] + stock[i])
    debt = float(home[i] + shared[i] + other[i])
    hazy = noise[1] * (1.0 - depth[i]) * haze
    return (
        1.0,
        2.0 * (leverage[i] - 0.4),
        5.0 * margin[i],
        0.3 * (log(max(1.0, assets) / wage) - 3.0),
        min(3.0, debt / max(1.0, assets)) - 0.4,
        4.0 / (4.0 + age[i]) - 0.2,
        0.5 * (quality[i] + 2.0 * growth[i] + 2.0 * margin_now[i] + noise[0] * blur),
        min(2.0, float(deposits[i] + receivables[i]) / max(1.0, bills[i] + orders[i] + float(payables[i])))
        - 1.0
        + hazy,
        5.0 * margin_now[i] + hazy,
        3.0 * max(-1.0, min(1.0, demand[i] / max(1e-9, 0.8 * expected[i] + units[i]) - 1.0)) + hazy,
    )


@compiled
def consumer_features(i, sight, noise, blur):
    """What there is to know of consumer row i (6 floats); see CONSUMER_FEATURES."""
    bank_debt, platform_debt, employed, deposits, usual, income, trait = sight
    y = max(1.0, usual[i])
    return (
        1.0,
        min(4.0, float(bank_debt[i] + platform_debt[i]) / y),
        0.0 if employed[i] else 1.0,
        min(3.0, float(deposits[i]) / y) - 0.5,
        max(-1.0, min(1.0, income[i] / y - 1.0)),
        trait[i] + noise[0] * blur,
    )


@compiled
def score(features, weights):
    """The log odds of default within four quarters; the weight of what is not seen is zero."""
    z = 0.0
    for k in range(len(features)):
        z += features[k] * weights[k]
    return max(-12.0, min(6.0, z))


@compiled_apart
def score_firms(rows, lender, sight, wage, noise, blur, haze, weights, features, scores):
    """What each lender makes of the firm in `rows` that asks it, and by which features (feature by row)."""
    for n in range(rows.shape[0]):
        x = firm_features(rows[n], sight, wage, noise, blur[n], haze[n])
        scores[n] = score(x, weights[lender[n]])
        for k in range(len(x)):
            features[k, n] = x[k]


@compiled_apart
def score_consumers(rows, lender, sight, noise, blur, weights, features, scores):
    """As `score_firms`."""
    for n in range(rows.shape[0]):
        x = consumer_features(rows[n], sight, noise, blur[n])
        scores[n] = score(x, weights[lender[n]])
        for k in range(len(x)):
            features[k, n] = x[k]


@compiled
def remember(rows, lent, lender, quarter, scores, features, memory):
    """What lenders have judged by waits for its label, where they lend and nothing of the borrower waits."""
    seen_by, seen_at, seen_score, seen = memory
    for n in range(rows.shape[0]):
        i = rows[n]
        if lent[n] > 0 and seen_by[i] < 0:
            seen_by[i] = lender[n]
            seen_at[i] = quarter
            seen_score[i] = scores[n]
            for k in range(features.shape[0]):
                seen[i, k] = features[k, n]


SIGHT_OF_FIRMS = [
    "reported_leverage",
    "reported_margin",
    "capital",
    "stock",
    "deposits",
    "bank_debt",
    "syndicated_debt",
    "platform_debt",
    "age",
    "quality",
    "growth",
    "wage_bill",
    "investment_bill",
    "margin_now",
    "demand",
    "expected_demand",
    "depth",
    "receivables",
    "payables",
    "units",
]
SIGHT_OF_CONSUMERS = ["bank_debt", "platform_debt", "employed", "deposits", "usual_income", "income", "trait"]


def sight_of_firms(firms) -> tuple[np.ndarray, ...]:
    """The columns that `firm_features` reads."""
    return tuple([firms.columns[c] for c in SIGHT_OF_FIRMS])


def sight_of_consumers(consumers) -> tuple[np.ndarray, ...]:
    """The columns that `consumer_features` reads."""
    return tuple([consumers.columns[c] for c in SIGHT_OF_CONSUMERS])


@compiled
def list_mature(quarter, failed, alive, seen_by, seen_at, rows):
    """Which loans have their label now: after four quarters, at default, or as the borrower leaves."""
    found = 0
    for i in range(seen_by.shape[0]):
        rows[found] = i
        mature = failed[i] | (not alive[i]) | (quarter - seen_at[i] >= MATURES)
        found += 1 if mature & (seen_by[i] >= 0) else 0
    return found


@compiled_apart
def fitted_chances(rows, lender, seen, weights, chances):
    """What its lender's model says now of the default of each loan in `rows`."""
    for n in range(rows.shape[0]):
        i = rows[n]
        chances[n] = score(seen[i], weights[lender[i]])
    for n in range(rows.shape[0]):  # apart from looking up, this runs on vectors
        chances[n] = logistic(chances[n])


@compiled_apart
def gather_labels(rows, failed, lender, chances, seen_score, seen, mask, slope, curve, tally, kind):
    """The labels of these rows, added to each lender's slope and curvature, and to the tally for the AUC."""
    features = mask.shape[1]
    x = np.zeros(features)
    for n in range(rows.shape[0]):
        i, p = rows[n], chances[n]
        by, bad = lender[i], failed[i]
        error, weight = (1.0 if bad else 0.0) - p, p * (1.0 - p)
        for k in range(features):
            x[k] = seen[i, k] * mask[by, k]
            if x[k] != 0.0:
                slope[by, k] += error * x[k]
                for m in range(k + 1):
                    curve[by, k, m] += weight * x[k] * x[m]
        bin_ = int(max(0.0, min(BINS - 1.0, (seen_score[i] + 12.0) * (BINS / 18.0))))
        tally[kind[by], 1 if bad else 0, bin_] += 1.0


@compiled
def newton_step(weights, slope, curve, total, kept, ridge):
    """Each lender's weights move by (total + ridge)^-1 slope, by Cholesky; total fades by `kept`."""
    n = weights.shape[1]
    low, x = np.zeros((n, n)), np.zeros(n)
    total *= kept
    total += curve
    for lender in range(weights.shape[0]):
        if not slope[lender].any():  # no loan of his has a label this quarter
            continue
        for r in range(n):
            for c in range(r + 1):
                s = total[lender, r, c] + (ridge if r == c else 0.0)
                for k in range(c):
                    s -= low[r, k] * low[c, k]
                low[r, c] = math.sqrt(max(1e-12, s)) if r == c else s / low[c, c]
        for r in range(n):
            s = slope[lender, r]
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
            weights[lender, r] += max(-0.5, min(0.5, x[r]))


@compiled
def area_under_curve(tally):
    """AUC from counts (2 outcomes x bins of the score); NaN with fewer than 100 defaults."""
    good, bad, ordered = 0.0, 0.0, 0.0
    for k in range(tally.shape[1]):
        ordered += tally[1, k] * (good + 0.5 * tally[0, k])
        good += tally[0, k]
        bad += tally[1, k]
    return ordered / (bad * good) if bad >= 100.0 and good >= 100.0 else math.nan


class Scorers:
    """The models of default of all lenders to one population.

    sights: for each lender its mask over the features and the channel under which its AUC is kept.
    """

    ARRAYS = ("mask", "weights", "total", "tally", "seen_by", "seen_at", "seen_score", "seen")

    def __init__(self, rows: int, prior: tuple[float, ...], masks: np.ndarray, channels: np.ndarray):
        lenders, features = masks.shape
        self.mask, self.channel = masks.astype(np.float64), channels.astype(np.int64)
        self.weights = np.tile(np.array(prior), (lenders, 1))
        self.total = np.zeros((lenders, features, features))
        self.tally = np.zeros((int(channels.max()) + 1, 2, BINS))
        self.seen_by = np.full(rows, -1, np.int32)
        self.seen_at = np.zeros(rows, np.int32)
        self.seen_score = np.zeros(rows)
        self.seen = np.zeros((rows, features), np.float32)

    @property
    def memory(self) -> tuple[np.ndarray, ...]:
        """Arrays for `remember`."""
        return self.seen_by, self.seen_at, self.seen_score, self.seen

    @property
    def weighs(self) -> np.ndarray:
        """What each lender makes of each feature: its weight, or zero where it cannot see."""
        return self.weights * self.mask

    def learn(self, quarter: int, failed: np.ndarray, alive: np.ndarray, p) -> None:
        """Labels that mature this quarter move the weights."""
        slope, curve = np.zeros_like(self.weights), np.zeros_like(self.total)
        self.tally *= 0.95
        rows = np.empty(len(failed), np.int64)
        rows = rows[: list_mature(quarter, failed, alive, self.seen_by, self.seen_at, rows)]
        chances = np.empty(len(rows))
        fitted_chances(rows, self.seen_by, self.seen, self.weighs, chances)
        gather_labels(
            rows, failed, self.seen_by, chances, self.seen_score, self.seen, self.mask, slope, curve,
            self.tally, self.channel,
        )  # fmt: skip
        self.seen_by[rows] = -1
        newton_step(self.weights, slope, curve, self.total, p.forgets, p.ridge)

    def auc(self, channel: int) -> float:
        """Discrimination on the own book of a channel, over recent years."""
        return area_under_curve(self.tally[channel])

    def state(self) -> dict[str, np.ndarray]:
        return {name: getattr(self, name).copy() for name in self.ARRAYS}

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Take over a `state()`. ValueError, in one line, if it is that of other lenders."""
        for name in self.ARRAYS:
            array, there = getattr(self, name), state[name]
            if (there.shape, there.dtype) != (array.shape, array.dtype):
                raise ValueError(
                    f"{name} of scorers is {array.dtype} of shape {array.shape}, "
                    f"the state's {there.dtype} of shape {there.shape}"
                )
            array[...] = there
        if self.seen_by.min() < -1 or self.seen_by.max() >= len(self.mask):
            raise ValueError("seen_by of scorers names lenders that there are not")


def scorers_at_start(sizes) -> tuple[Scorers, Scorers]:
    """Models for banks (channel 0) and platforms (channel 1) of firms and of consumers."""
    banks, platforms = sizes["banks"], sizes["platforms"]
    channels = np.repeat((0, 1), (banks, platforms))
    firms = Scorers(sizes["firms"], FIRM_PRIOR, np.tile(OUTSIDE, (banks + platforms, 1)), channels)
    consumers = Scorers(sizes["consumers"], CONSUMER_PRIOR, np.tile(BUREAU, (banks + platforms, 1)), channels)
    return firms, consumers


def adopt(economy, sees: int) -> None:
    """Platforms start from the banks' model, with a weight of zero on what banks do not see."""
    banks = len(economy.banks)
    for scorers, sights in (
        (economy.firm_scorers, (OUTSIDE, FOOTPRINT, INSIDE)),
        (economy.consumer_scorers, (BUREAU, CONSUMER_FOOTPRINT, BUREAU)),
    ):
        scorers.mask[banks:] = np.array(sights[int(sees)], float)
        scorers.weights[banks:] = scorers.weights[:banks].mean(axis=0)
        scorers.total[banks:] = 0.0


def learn(economy) -> None:
    """Labels that mature this quarter teach every lender."""
    firms, consumers = economy.firms, economy.consumers
    economy.firm_scorers.learn(economy.quarter, firms["failed"], firms["alive"], economy.p)
    everybody = np.ones(len(consumers), bool)
    economy.consumer_scorers.learn(economy.quarter, consumers["failed"], everybody, economy.p)
