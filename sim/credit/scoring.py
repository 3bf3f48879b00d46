"""What lenders know: each fits a model of default to the repayments on its own book.

Recursive, ridge-regularised logistic regression: a label matures four quarters after a loan was scored,
or at default; each quarter one Newton step on the labels that matured, with the curvature accumulated so
far (old evidence fades by `forgets`). All lenders share one list of features; what a lender cannot see is
masked to zero, so that a new kind of sight starts from a weight of zero and has to prove itself.
"""

from collections.abc import Mapping

import numpy as np

from sim.credit.fitting import area_under_curve, newton_step
from sim.credit.footprints import TRACES, traces_of_consumer, traces_of_firm
from sim.engine.arithmetic import exp, log, logistic
from sim.engine.compiling import compiled
from sim.engine.draws import claim, key, normals
from sim.engine.kernels import kernel, kernel_apart
from sim.engine.parameters import Declared, param


class Scoring(Declared):
    """How lenders learn."""

    # fmt: off
    ridge = param(4.0, unit="observations", low=1.0, high=100.0, source="design",
        doc="weight of the prior in a lender's scoring model, in loans whose outcome is known")
    forgets = param(0.985, unit="share/quarter", low=0.9, high=1.0, source="assumed",
        doc="share of the evidence so far that a scoring model still counts a quarter later")
    accounts_noise = param(0.3, unit="log points", low=0.0, high=0.8, source="assumed",
        doc="standard deviation of the error in what a year's accounts make of a firm's assets")
    insight_noise = param(0.6, unit="share", low=0.0, high=2.0, source="assumed",
        doc="standard deviation of the noise in what a lender sees of a firm inside, at depth zero")
    # fmt: on


ACCOUNTS = claim("errors in the accounts of a year", __name__)
MATURES = 4  # quarters after which a loan that was repaid so far counts as good
LOWEST, HIGHEST = -12.0, 6.0  # log odds of default within them
BINS = 512  # of the score, for the record of discrimination
COUNTED = 0.95  # of a quarter's tally in the next one

# firms: constant, late leverage, late margin, size, pledged, youth, three traces of payments, then what an
# insider sees now: cash and dues of partners against bills and dues to them, margin, orders against stock
FIRM_FEATURES = 12
FIRM_PRIOR = (-4.5, 1.0, -1.0, -0.3, 0.5, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
OUTSIDE = (1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0)
FOOTPRINT = (1, 0, 0, 1, 0, 1, 1, 1, 1, 0, 0, 0)
INSIDE = (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)

# consumers: constant, debt burden, out of work, savings, income against usual, five traces of payments
CONSUMER_FEATURES = 10
CONSUMER_PRIOR = (-3.5, 0.5, 1.0, -0.5, -0.5, 0.0, 0.0, 0.0, 0.0, 0.0)
BUREAU = (1, 1, 1, 1, 1, 0, 0, 0, 0, 0)
CONSUMER_FOOTPRINT = (1, 0, 1, 0, 0, 1, 1, 1, 1, 1)


class Asked:
    """Who asks whom for credit, and what lenders make of it: arrays with a line for each who asks.

    rows: of borrowers. lender: among all lenders, banks first. amounts: fen. passing: the share of the
    borrower's money that the lender sees. flattery: normal deviates of the error in a firm's accounts, the
    same to all who read them. blur (trace by line), insight_draw: normal deviates, zero for a
    lender that sees neither footprints nor operations. cash, margin, orders: how clearly a linked lender sees
    these (share). scores: log odds of default. features: feature by line (float32).
    """

    features: np.ndarray

    def __init__(self, most: int):
        self.rows, self.amounts = np.empty(most, np.int64), np.empty(most)

    def __len__(self) -> int:
        return len(self.rows)

    def only(self, found: int) -> None:
        """Of as many lines as there might be, so many have been written."""
        self.rows, self.amounts = self.rows[:found], self.amounts[:found]

    def of_lenders(self, lender: np.ndarray) -> None:
        """Whom each asks; what they make of it is still to be found."""
        self.lender, self.scores = lender, np.empty(len(self))
        self.passing, self.insight_draw, self.flattery, nothing = np.zeros((4, len(self)))
        self.blur = np.zeros((TRACES, len(self)))
        self.sees_clearly({"cash": nothing, "margin": nothing, "orders": nothing})

    def sees_clearly(self, insight: Mapping[str, np.ndarray]) -> None:
        """How clearly each lender sees what goes on in the firm."""
        self.cash, self.margin, self.orders = insight["cash"], insight["margin"], insight["orders"]


@compiled
def firm_features(n, asked, firms, market, p):
    """What there is to know of the firm in line n of those who asked (12 floats); see FIRM_FEATURES."""
    i, noise = asked.rows[n], p.insight_noise
    flatters = exp(p.accounts_noise * asked.flattery[n])
    assets = flatters * float(firms.capital[i] + firms.stock[i])
    debt = float(firms.bank_debt[i] + firms.syndicated_debt[i] + firms.platform_debt[i])
    cash = float(firms.deposits[i] + firms.receivables[i])
    dues = firms.wage_bill[i] + firms.investment_bill[i] + float(firms.payables[i] + firms.invoices_owed[i])
    margin_now = firms.margin_now[i]
    there = max(1e-9, 0.8 * firms.expected_demand[i] + firms.units[i])
    orders = max(-1.0, min(1.0, firms.demand[i] / there - 1.0))
    accounts = (
        1.0,
        2.0 * (min(2.0, firms.reported_leverage[i] / flatters) - 0.4),
        5.0 * firms.reported_margin[i],
        0.3 * (log(max(1.0, assets) / market.wage) - 3.0),
        min(3.0, debt / max(1.0, assets)) - 0.4,
        4.0 / (4.0 + firms.age[i]) - 0.2,
    )
    inside = (
        min(2.0, cash / max(1.0, dues)) - 1.0 + noise * (1.0 - asked.cash[n]) * asked.insight_draw[n],
        5.0 * margin_now + noise * (1.0 - asked.margin[n]) * asked.insight_draw[n],
        3.0 * orders + noise * (1.0 - asked.orders[n]) * asked.insight_draw[n],
    )
    return accounts + traces_of_firm(n, asked, firms, p) + inside


@compiled
def consumer_features(n, asked, consumers, p):
    """As `firm_features`, of a consumer (10 floats); see CONSUMER_FEATURES."""
    i = asked.rows[n]
    usual = max(1.0, consumers.usual_income[i])
    record = (
        1.0,
        min(4.0, float(consumers.bank_debt[i] + consumers.platform_debt[i]) / usual),
        0.0 if consumers.employed[i] else 1.0,
        min(3.0, float(consumers.deposits[i]) / usual) - 0.5,
        max(-1.0, min(1.0, consumers.income[i] / usual - 1.0)),
    )
    return record + traces_of_consumer(n, asked, consumers, p)


@compiled
def score(features, weights):
    """The log odds of default within four quarters; the weight of what is not seen is zero."""
    z = 0.0
    for k in range(len(features)):
        z += features[k] * weights[k]
    return max(LOWEST, min(HIGHEST, z))


@kernel_apart
def judge_firms(asked, firms, market, p, weights):
    """What each lender makes of the firm that asks it, and by which features."""
    for n in range(asked.rows.shape[0]):
        x = firm_features(n, asked, firms, market, p)
        asked.scores[n] = score(x, weights[asked.lender[n]])
        for k in range(len(x)):
            asked.features[k, n] = x[k]


@kernel_apart
def judge_consumers(asked, consumers, p, weights):
    """As `judge_firms`."""
    for n in range(asked.rows.shape[0]):
        x = consumer_features(n, asked, consumers, p)
        asked.scores[n] = score(x, weights[asked.lender[n]])
        for k in range(len(x)):
            asked.features[k, n] = x[k]


def score_firms(economy, asked: Asked) -> None:
    """Lenders score the firms that ask them."""
    asked.features = np.empty((FIRM_FEATURES, len(asked)), np.float32)
    firms, luck = economy.firms, key(economy.draws_from, ACCOUNTS)
    normals(luck, asked.rows, firms.ids, firms["generation"], economy.quarter // MATURES, asked.flattery)
    judge_firms(asked, economy.firms, economy.market, economy.p, economy.firm_scorers.masked_weights)


def score_consumers(economy, asked: Asked) -> None:
    """Lenders score the consumers that ask them."""
    asked.features = np.empty((CONSUMER_FEATURES, len(asked)), np.float32)
    judge_consumers(asked, economy.consumers, economy.p, economy.consumer_scorers.masked_weights)


@kernel
def remember(asked, lent, quarter, memory):
    """What lenders have judged by waits for its label, where they lend and nothing of the borrower waits."""
    for n in range(asked.rows.shape[0]):
        i = asked.rows[n]
        if lent[n] > 0 and memory.seen_by[i] < 0:
            memory.seen_by[i] = asked.lender[n]
            memory.seen_at[i] = quarter
            memory.seen_score[i] = asked.scores[n]
            for k in range(asked.features.shape[0]):
                memory.seen[i, k] = asked.features[k, n]


@kernel
def list_mature(quarter, failed, alive, memory, rows):
    """Which loans have their label now: after four quarters, at default, or as the borrower leaves."""
    found = 0
    for i in range(memory.seen_by.shape[0]):
        rows[found] = i
        mature = failed[i] | (not alive[i]) | (quarter - memory.seen_at[i] >= MATURES)
        found += 1 if mature & (memory.seen_by[i] >= 0) else 0
    return found


@kernel_apart
def fitted_chances(rows, memory, weights, chances):
    """What its lender's model says now of the default of each loan in `rows`."""
    for n in range(rows.shape[0]):
        i = rows[n]
        chances[n] = score(memory.seen[i], weights[memory.seen_by[i]])
    for n in range(rows.shape[0]):  # apart from looking up, this runs on vectors
        chances[n] = logistic(chances[n])


@kernel_apart
def gather_labels(rows, failed, chances, memory, places, slope, curve):
    """The labels of these rows, added to each lender's slope and curvature at his place, and to the tally for
    the AUC."""
    features = memory.mask.shape[1]
    x = np.zeros(features)
    for n in range(rows.shape[0]):
        i, chance = rows[n], chances[n]
        by, bad = memory.seen_by[i], failed[i]
        at = places[by]
        error, weight = (1.0 if bad else 0.0) - chance, chance * (1.0 - chance)
        for k in range(features):
            x[k] = memory.seen[i, k] * memory.mask[by, k]
            if x[k] != 0.0:
                slope[at, k] += error * x[k]
                for m in range(k + 1):
                    curve[at, k, m] += weight * x[k] * x[m]
        bin_ = int(max(0.0, min(BINS - 1.0, (memory.seen_score[i] - LOWEST) * (BINS / (HIGHEST - LOWEST)))))
        memory.tally[memory.channel[by], 1 if bad else 0, bin_] += 1.0


class Scorers:
    """The models of default of all lenders, banks first, to one population.

    prior: weights by feature. features_seen: masks over the features, by kind of sight; banks have the first.
    Arrays: mask, weights (lender, feature); total, curvature (lender, feature, feature); tally for the AUC
    (channel, outcome, bin); seen_by, seen_at, seen_score, seen: what was judged of each borrower and waits
    for its label.
    """

    ARRAYS = ("mask", "weights", "total", "tally", "seen_by", "seen_at", "seen_score", "seen")

    def __init__(
        self,
        rows: int,
        lenders: tuple[int, int],
        prior: tuple[float, ...],
        features_seen: tuple[tuple[int, ...], ...],
    ):
        self.banks, everybody, features = lenders[0], sum(lenders), len(prior)
        self.features_seen = np.array(features_seen, float)
        self.mask = np.tile(self.features_seen[0], (everybody, 1))
        self.weights = np.tile(np.array(prior), (everybody, 1))
        self.total = np.zeros((everybody, features, features))
        # channels: banks, then a business model each
        self.channel = np.repeat((0, 1), lenders).astype(np.int64)
        self.tally = np.zeros((2, 2, BINS))
        self.seen_by = np.full(rows, -1, np.int32)
        self.seen_at = np.zeros(rows, np.int32)
        self.seen_score = np.zeros(rows)
        self.seen = np.zeros((rows, features), np.float32)

    @property
    def masked_weights(self) -> np.ndarray:
        """What each lender makes of each feature: its weight, or zero where it cannot see."""
        return self.weights * self.mask

    def remember(self, asked: Asked, lent: np.ndarray, quarter: int) -> None:
        """What was lent (fen), by line of those who asked, is judged when its label is there."""
        remember(asked, lent, quarter, self)

    def see(self, platforms: np.ndarray, sees: int) -> None:
        """These platforms have this kind of sight from now on.

        Who has learned something keeps it, as far as he still sees it; who has not starts from the banks'
        model. What is newly seen starts from a weight of zero and has to prove itself.
        """
        lenders, now = self.banks + platforms, self.features_seen[sees]
        untaught = ~self.total[lenders].any(axis=(1, 2))
        self.weights[lenders[untaught]] = self.weights[: self.banks].mean(axis=0)
        before = self.mask[lenders]
        kept = before * now
        self.total[lenders] *= kept[:, :, None] * kept[:, None, :]
        self.weights[lenders] = np.where((now > 0.0) & (before == 0.0), 0.0, self.weights[lenders])
        self.mask[lenders] = now

    def forget(self, platforms: np.ndarray) -> None:
        """Nobody has learned anything there yet, and nothing waits for its label."""
        lenders = self.banks + platforms
        self.total[lenders] = 0.0
        self.mask[lenders] = self.features_seen[0]  # what the last one did not see is nothing new to the next
        old = np.zeros(len(self.mask) + 1, bool)  # the last for nobody, -1
        old[lenders] = True
        self.seen_by[old[self.seen_by]] = -1

    def tell_apart(self, models: int, kept: Mapping[int, int], of_platform: np.ndarray) -> None:
        """AUCs are told by business model: so many there are; `kept`: new place of those there were."""
        tally = np.zeros((1 + models, *self.tally.shape[1:]))
        for old, new in [(0, 0), *((1 + old, 1 + new) for old, new in kept.items())]:
            tally[new] = self.tally[old]
        self.tally = tally
        self.belong(np.arange(len(of_platform)), of_platform)

    def belong(self, platforms: np.ndarray, models: np.ndarray | int) -> None:
        """These platforms are judged with those of these business models; banks have the first channel."""
        self.channel[self.banks + platforms] = 1 + models

    def learn(self, quarter: int, failed: np.ndarray, alive: np.ndarray, p) -> None:
        """Labels that mature this quarter move the weights."""
        self.tally *= COUNTED
        self.total *= p.forgets  # old evidence fades
        rows = np.empty(len(failed), np.int64)
        rows = rows[: list_mature(quarter, failed, alive, self, rows)]
        if not len(rows):
            return
        chances = np.empty(len(rows))
        fitted_chances(rows, self, self.masked_weights, chances)
        # most lenders have no loan whose label is there: the others have their places side by side
        lenders = np.flatnonzero(np.bincount(self.seen_by[rows]))
        places = np.empty(1 + lenders[-1], np.int64)
        places[lenders] = np.arange(len(lenders))
        features = self.weights.shape[1]
        slope, curve = np.zeros((len(lenders), features)), np.zeros((len(lenders), features, features))
        gather_labels(rows, failed, chances, self, places, slope, curve)
        self.seen_by[rows] = -1
        self.total[lenders] += curve
        newton_step(self.weights, lenders, slope, self.total, p.ridge)

    def auc_of(self, model: int) -> float:
        """Discrimination on the own books of a business model's platforms, over recent years."""
        return self.auc(1 + model)

    def auc(self, channels: slice | int) -> float:
        """Discrimination on the own book of some channels, over recent years."""
        tally = self.tally[channels]
        return area_under_curve(tally if tally.ndim == 2 else tally.sum(axis=0))

    def snapshot(self) -> dict[str, np.ndarray]:
        return {name: getattr(self, name).copy() for name in self.ARRAYS}

    def load(self, found: Mapping[str, np.ndarray]) -> None:
        """Take over a snapshot. ValueError if it does not fit."""
        for name in self.ARRAYS:
            here, there = getattr(self, name), found[name]
            if (here.shape, here.dtype) != (there.shape, there.dtype):
                raise ValueError(
                    f"{name} of scorers is {here.dtype} of shape {here.shape}, the state's {there.dtype} of "
                    f"shape {there.shape}"
                )
            here[...] = there
        if self.seen_by.min() < -1 or self.seen_by.max() >= len(self.mask):
            raise ValueError("seen_by of scorers names lenders that there are not")


BANKS, PLATFORMS = 0, slice(1, None)  # channels of the AUC


def scorers_at_start(sizes: Mapping[str, int]) -> tuple[Scorers, Scorers]:
    """Models of all lenders for firms and for consumers."""
    lenders = sizes["banks"], sizes["platforms"]
    return (
        Scorers(sizes["firms"], lenders, FIRM_PRIOR, (OUTSIDE, FOOTPRINT, INSIDE)),
        Scorers(sizes["consumers"], lenders, CONSUMER_PRIOR, (BUREAU, CONSUMER_FOOTPRINT, BUREAU)),
    )


def learn(economy) -> None:
    """Labels that mature this quarter teach every lender."""
    firms, consumers, now, p = economy.firms, economy.consumers, economy.quarter, economy.p
    economy.firm_scorers.learn(now, firms["failed"], firms["alive"], p)
    economy.consumer_scorers.learn(now, consumers["failed"], np.ones(len(consumers), bool), p)
