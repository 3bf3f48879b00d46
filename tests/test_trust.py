"""What households make of whom they lend to: a record that counts, debts that come first."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim import Parameters
from sim.credit.funders import FUNDERS
from sim.credit.funders.households import households_judge, lends_to_platform
from tests.economies import FUNDED, small

P = Parameters()


def judged(**values):
    """A platform that owes households money, after a quarter."""
    p = P.change({name: values.pop(name) for name in ("loss_evidence",) if name in values})
    at_rest = {"claims_owed": 1000, "claims_lost": 0.0, "loss_seen": 0.0, "fear": 0.0, "paid_for": 7.0,
               "borrowed": 100.0}  # fmt: skip
    return households_judge(SimpleNamespace(**at_rest | values), SimpleNamespace(), p)


def test_a_record_grows_while_nothing_is_lost_and_ends_with_a_large_loss_or_the_last_claim():
    premium = P.claim_premium + P.deposit_spread
    lossy = 0.25 * premium
    assert judged().paid_for == 8.0
    assert judged(claims_lost=1000.0 * lossy / (1.0 - lossy)).paid_for == pytest.approx(0.75 * 8.0)
    assert judged(claims_lost=1000.0).paid_for == 0.0
    assert judged(claims_owed=0).paid_for == 0.0


def test_a_loss_is_chance_where_few_have_borrowed():
    all_of_it = P.loss_memory * 0.5
    few, more = (judged(claims_lost=1000.0, borrowed=rows).loss_seen for rows in (3.0, 300.0))
    persons = 5.0 * 3.0
    assert few == pytest.approx(all_of_it * persons / (persons + P.loss_evidence))
    assert few < 0.2 * more < more < all_of_it
    assert judged(claims_lost=1000.0, borrowed=3.0, loss_evidence=0.0).loss_seen == pytest.approx(all_of_it)
    assert judged(claims_lost=1000.0, borrowed=0.0).loss_seen == pytest.approx(all_of_it)


def test_the_ends_of_others_frighten_less_the_longer_a_platform_has_paid():
    economy = small("consumer_traffic", parameters=FUNDED).run(8)
    t, market = economy.platforms, economy.market
    market.fright = market.fright_of_large = market.fright_of_small = 0.4
    t["paid_for"] = np.arange(len(t), dtype=float)
    FUNDERS["households"].posts(economy)
    assert t["fear"] == pytest.approx(0.4 / (1.0 + P.record_counts * np.arange(len(t))))
    economy.p = economy.p.change({"record_counts": 0.0})
    FUNDERS["households"].posts(economy)
    assert t["fear"] == pytest.approx(np.full(len(t), 0.4))


def test_platforms_that_have_lost_nothing_come_to_have_a_record():
    t = small("consumer_traffic", parameters=FUNDED).run(12).platforms
    assert (t["paid_for"] > 4.0).any()


def offered(**changes) -> float:
    """What somebody offers who has 1,000,000 fen to spare, is paid 2 % and has debts as said."""
    p = P.change({name: changes.pop(name) for name in ("dear_debts_first",) if name in changes})
    person = {"first_app": 0, "second_app": -1, "third_app": -1, "claim_at": -1, "claims": 0, "budget": 0.0,
              "deposits": 10**6, "usual_income": 0.0, "bank_debt": 0, "rate": 0.01, "platform_debt": 0,
              "platform_rate": 0.03}  # fmt: skip
    market = SimpleNamespace(posted=np.array([0.02]), trust=np.ones(1))
    return lends_to_platform(SimpleNamespace(**person | changes), market, p, 0.0).offered


def test_debts_dearer_than_what_lending_pays_come_before_it():
    all_of_it = P.claim_share * 1e6
    assert offered() == all_of_it
    assert offered(platform_debt=400_000) == pytest.approx(P.claim_share * 6e5)
    assert offered(platform_debt=2_000_000) == 0.0
    assert offered(bank_debt=400_000) == all_of_it  # that costs less than lending pays
    assert offered(bank_debt=400_000, rate=0.025) == pytest.approx(P.claim_share * 6e5)
    assert offered(platform_debt=400_000, dear_debts_first=0.0) == all_of_it
