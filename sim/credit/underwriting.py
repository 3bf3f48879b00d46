"""One rule for all who lend: accept what adds to one's own expected profit, given what one sees and keeps."""

from typing import NamedTuple

from sim.engine.arithmetic import logistic
from sim.engine.compiling import compiled

HORIZON = 4.0  # quarters: scores are of default within that time


class Terms(NamedTuple):
    """On what terms a lender lends to one kind of borrower; shares are of a loan, rates per quarter."""

    own: float  # share that it funds itself, or answers for
    others: float  # share on which it takes a fee of those who fund it
    base: float  # what the money that is lent costs
    own_cost: float  # what its own money costs
    fee: float  # over cost and risk
    prices_risk: float  # whether the rate includes the expected loss, yes/no
    spread_cost: float  # what of the file's cost is part of the rate (fen)
    ceiling: float  # of the rate
    loss: float  # share lost at default
    file_cost: float  # fen
    duration: float  # quarters for which an average fen is lent


def duration_of(instalment):
    """For how many quarters a fen is lent on average, when that share of a debt is repaid in each."""
    return (1.0 - instalment) / instalment


@compiled
def underwrite(score, amount, terms):
    """The rate of a loan whose log odds of default are `score`, and whether its file is worth its cost.

    rate = base + PD LGD + fee + cost of the file, up to the ceiling
    amount x duration x (own (rate - own cost - PD LGD) + others min(fee, rate - base)) > cost of the file
    """
    risk = logistic(score) / HORIZON * terms.loss
    priced = risk if terms.prices_risk > 0.0 else 0.0
    asked = terms.base + priced + terms.fee + terms.spread_cost / (amount * terms.duration)
    rate = min(terms.ceiling, asked)
    gain = terms.own * (rate - terms.own_cost - risk)
    gain += terms.others * min(terms.fee, max(0.0, rate - terms.base))
    return rate, amount * terms.duration * gain > terms.file_cost
