"""Insurers and securities houses: who pays, who loses first, who learns, who gives up and who fails."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim import Economy, StrategyError
from sim.actors.insurers import closes_insurer_books
from sim.actors.securities_houses import closes_house_books
from sim.credit import insurance, note_market
from sim.credit.funders import FUNDERS
from sim.credit.funders.notes import POOLS
from sim.engine.ledger import Some
from sim.population import institutions
from sim.strategies.base import BusinessModel
from tests.economies import LINKED, differences, small
from tests.institutions import SELLER, both
from tests.test_economy import unbalanced

INSURED = [
    "premiums of banks", "premiums of houses", "premiums of households", "premiums of firms",
    "indemnities to banks", "indemnities to houses", "expenses insured", "takes on cover",
    "capital of insurers", "insurer wages",
]  # fmt: skip
SOLD = [
    POOLS, "sold loans repaid", "interest on sold loans", "sold loans lost", "notes bought", "notes repaid",
    "notes bought by banks", "interest on notes", "interest on notes of banks", "takes on funds",
    "warehouse loans", "warehouse loans repaid", "interest on warehouse loans", "capital of houses",
    "house wages",
]  # fmt: skip


@pytest.fixture(scope="module")
def lived() -> Economy:
    """Lived through, with the books proved to the fen in each quarter."""
    return both().run(40)


def moved(economy: Economy) -> Any:
    return economy.records.flows.groupby("flow")["fen"].sum()


# -- a world in which they are at work ---------------------------------------------------------------------


def test_everything_that_they_pay_and_are_paid_is_paid_by_somebody(lived):
    assert {name for name in INSURED + SOLD if moved(lived).get(name, 0) <= 0} == set()
    sheet = lived.balance_sheet()
    for instrument in ("loans sold to houses", "notes", "warehouse loans"):
        assert sheet.loc[instrument].sum() == 0.0
    assert sheet.loc["notes", "consumers"] > 0.0
    assert {"insurers", "securities_houses"} <= set(sheet.columns)


def test_what_each_holds_adds_up(lived):
    assert unbalanced(lived) == []


def test_insurers_fail_in_a_hard_world_and_others_begin(lived):
    quarters = lived.records.quarters
    assert quarters["insurer_failures"].sum() > 0
    assert quarters["claims_unpaid"].max() > 0.0
    assert (quarters["insurers"].iloc[1:] <= 4).all() and quarters["insurers"].max() > 0


def test_a_saved_world_goes_on_and_two_threads_make_the_same(lived, tmp_path):
    lived.save(tmp_path / "world.npz")
    loaded = Economy.load(tmp_path / "world.npz").run(2)
    assert differences(lived.branch().run(2), loaded) == set()
    one, two = (small(SELLER, platforms=24, parameters=LINKED, threads=threads).run(8) for threads in (1, 2))
    assert differences(one, two) == set()


def test_without_their_capital_there_are_none_and_banks_take_what_houses_would():
    off = both(insurer_capital=0.0, house_capital=0.0).run(10)
    assert not off.insurers["alive"].any() and not off.securities_houses["alive"].any()
    assert {name for name in INSURED + SOLD if moved(off).get(name, 0)} == set()
    assert moved(off)["participations"] > 0


def test_where_no_business_model_asks_for_them_none_begins():
    idle = small("institution_traffic" if not uses("institution_traffic") else "consumer_traffic").run(4)
    for table in (idle.insurers, idle.securities_houses):
        assert not table["alive"].any() and not table["net_worth"].any()


def uses(name: str) -> bool:
    from sim import strategy

    row = strategy(name)
    return row.insured > 0.0 or row.sells_policies or any(funder == "notes" for funder, _ in row.funders)


def test_rows_that_make_no_sense_are_refused():
    changes: tuple[dict[str, Any], ...] = ({"insured": 1.5}, {"insured": True}, {"sells_funds": 0.5})
    for change in changes:
        with pytest.raises(StrategyError):
            BusinessModel("odd", "Odd", to_consumers=1.0, **change)
    with pytest.raises(Exception, match="insurers = 0"):
        Economy(firms=100, insurers=0)


# -- who loses first ---------------------------------------------------------------------------------------


@pytest.fixture
def paper() -> Economy:
    """A pool on paper: house 0 has bought 1,000,000 fen of loans of platform 0, and sold notes on them."""
    e = small(SELLER, parameters={"giants": 1, "lead_in": 8})
    houses, consumers = e.securities_houses, e.consumers
    at, rich = np.array([0]), np.argsort(-consumers["deposits"])[:2]
    ledger = e.ledger
    houses["alive"][0], houses["note_yield"][0] = True, 0.01
    e.platforms["house"][0] = 0
    ledger.pay("capital of houses", first_of(e.owners, 300_000), Some(at, np.array([300_000])))
    ledger.pay("warehouse loans", first_of(e.banks, 700_000), Some(at, np.array([700_000])))
    ledger.pay(POOLS, Some(at, np.array([1_000_000])), Some(at, np.array([1_000_000])))
    ledger.pay("notes bought", Some(rich, np.array([600_000, 300_000])), Some(at, np.array([900_000])))
    consumers["note_at"][rich] = 0
    ledger.pay("warehouse loans repaid", Some(at, np.array([700_000])), first_of(e.banks, 700_000))
    houses["junior"][0] = 100_000.0
    ledger.close()
    return e


def first_of(table: Any, fen: int) -> Some:
    """This much at the row with the most money."""
    money = "deposits" if "deposits" in table.books else "reserves"
    return Some(np.array([int(np.argmax(table[money]))]), np.array([fen]))


def loses(e: Economy, fen: int, interest: int = 0) -> None:
    """The house loses so much of its loans, and has been paid this interest on them."""
    at = np.array([0])
    e.securities_houses.columns["losses"][0] = e.securities_houses.columns["interest_in"][0] = 0.0
    if interest:
        e.ledger.pay("interest on sold loans", Some(at, np.array([interest])), Some(at, np.array([interest])))
        e.securities_houses.columns["interest_in"][0] = interest
    e.ledger.write_off(
        "sold loans lost", {"securities_houses": Some(at, np.array([fen]))},
        {"platforms": Some(at, np.array([fen]))},
    )  # fmt: skip
    e.securities_houses.columns["losses"][0] = fen
    note_market.pass_on(e)


def test_interest_left_over_loses_first_then_the_junior_piece_then_notes(paper):
    houses = paper.securities_houses
    loses(paper, 8_000, interest=20_000)  # 9,000 is the yield of notes, 11,000 is left
    assert (houses["junior"][0], houses["notes_owed"][0]) == (100_000.0, 900_000)
    assert houses["junior_lost"][0] == 0.0
    houses["note_yield"][0] = 0.0
    loses(paper, 40_000)
    assert houses["junior"][0] == pytest.approx(60_000.0, abs=600)  # of what is sold, all but its rounding
    assert houses["junior_lost"][0] == pytest.approx(0.4, abs=0.006)
    assert houses["notes_owed"][0] == 900_000
    loses(paper, 100_000)
    assert houses["junior"][0] == 0.0
    assert houses["notes_owed"][0] == pytest.approx(860_000, abs=700)
    held = paper.consumers["notes"][paper.consumers["notes"] > 0]
    assert max(held) / sum(held) == pytest.approx(2.0 / 3.0, rel=1e-4)  # all notes alike
    assert houses["junior_lost"][0] == 1.0
    paper.ledger.close()


def test_principal_goes_to_notes_as_they_are_part_of_what_is_sold(paper):
    houses = paper.securities_houses
    at, fen = np.array([0]), np.array([100_000])
    paper.ledger.pay("sold loans repaid", Some(at, fen), Some(at, fen))
    houses["principal_in"][0] = 100_000.0
    houses["note_yield"][0] = 0.0
    note_market.pass_on(paper)
    assert houses["notes_owed"][0] == pytest.approx(810_000, abs=2)
    assert houses["junior"][0] == pytest.approx(90_000, abs=1)
    paper.ledger.close()


def test_what_the_seller_has_kept_loses_before_its_house(paper):
    notes, platforms = FUNDERS["notes"], paper.platforms
    lost = np.zeros(len(platforms), np.int64)
    lost[0] = 30_000
    platforms["junior_kept"][0] = 50_000.0
    left = notes.lose(paper, lost)
    # it loses 3 % of its own piece with everybody, and then 30,000 of what is left of that
    assert left.sum() == 0 and platforms["junior_kept"][0] == pytest.approx(18_500.0)
    left = notes.lose(paper, lost)
    assert left[0] == 30_000 - int(18_500.0 * 0.97)
    assert platforms["junior_kept"][0] == pytest.approx(0.0, abs=1.0)
    paper.ledger.close()


# -- learning, rationing, withdrawal, failure --------------------------------------------------------------


def quoting(e: Economy, capital: int) -> None:
    """Insurer 0 lives, has that capital, and platform 0's banks hold 1,000,000 fen of its loans."""
    e.insurers["alive"][0] = True
    at = np.array([0])
    e.ledger.pay("capital of insurers", first_of(e.owners, capital), Some(at, np.array([capital])))
    platforms = e.platforms.columns
    platforms["insurer"][0], platforms["insured"][0] = 0, 0.5
    platforms["loss_insured"][0] = 0.01


def test_a_guarantee_is_rationed_by_capital_and_withdrawn_where_losses_are_high(paper):
    quoting(paper, 20_000)
    platforms, p = paper.platforms, paper.p
    insurance.quote(paper)
    # half of 1,000,000 is asked for, ten times 20,000 allowed
    assert platforms["covered"][0] == pytest.approx(0.5 * 200_000 / 500_000)
    assert platforms["premium_rate"][0] == pytest.approx((1.0 + p.loading) * 0.01)
    paper.insurers["readiness"][0] = 0.5
    insurance.quote(paper)
    assert platforms["covered"][0] == pytest.approx(0.5 * 100_000 / 500_000)
    platforms["loss_insured"][0] = p.premium_limit / (1.0 + p.loading) + 1e-9
    insurance.quote(paper)
    assert platforms["covered"][0] == 0.0


def test_who_earns_too_little_does_without_and_what_cannot_be_paid_is_borne_by_who_funds(paper):
    quoting(paper, 20_000)
    platforms, insurers = paper.platforms.columns, paper.insurers
    insurance.quote(paper)
    lost = platforms["house_losses"]
    lost[0] = 100_000.0
    insurance.settle_guarantees(paper)
    assert insurers["premiums"][0] == 0.0 and insurers["claims_paid"][0] == 0.0
    at = np.array([0])
    paper.ledger.pay("interest on sold loans", Some(at, np.array([40_000])), Some(at, np.array([40_000])))
    platforms["house_interest"][0] = 40_000.0
    insurance.settle_guarantees(paper)
    due = int(platforms["premium_rate"][0] * platforms["covered"][0] * 1_000_000)
    claim = int(0.2 * 100_000)
    assert insurers["premiums"][0] == pytest.approx(due, abs=1)
    assert insurers["claims_paid"][0] == min(claim, 20_000 + due)
    assert lost[0] == 100_000 - insurers["claims_paid"][0]
    seen = claim / (0.2 * 1_100_000)
    assert platforms["loss_insured"][0] == pytest.approx(
        0.01 + paper.p.insurer_memory * (seen - 0.01), rel=1e-3
    )
    lost[0], platforms["house_interest"][0] = 900_000.0, 40_000.0
    insurance.settle_guarantees(paper)
    assert insurers["deposits"][0] == 0
    assert insurers["claims_unpaid"][0] > 0.0
    insurers["failed"][0] = False
    institutions.close(paper)
    assert not insurers["alive"][0] and insurers["failed"][0]
    paper.p = paper.p.change({"insurer_capital": 0.0})
    paper.quarter += 1
    institutions.open_quarter(paper)  # nobody is left to guarantee anything
    assert platforms["insurer"][0] == -1
    assert platforms["covered"][0] == 0.0
    paper.ledger.close()


INSURER: dict[str, Any] = {
    "alive": True, "failed": False, "readiness": 1.0, "exposure": 0.0, "premiums": 100.0,
    "claims_paid": 40.0, "takes": 10.0, "costs": 10.0, "claims_unpaid": 0.0, "result": 0.0,
    "usual_premiums": 100.0, "loss_of_households": 1.0, "loss_of_firms": 1.0, "claims_of_households": 0.0,
    "expected_of_households": 0.0, "claims_of_firms": 0.0, "expected_of_firms": 0.0, "first_capital": 500.0,
    "net_worth": 1000, "deposits": 1000,
}  # fmt: skip


def closed(**changes: Any) -> Any:
    p = small().p
    return closes_insurer_books(SimpleNamespace(**INSURER | changes), SimpleNamespace(), p, 0.5), p


def test_an_insurer_learns_by_channel_grows_cautious_gives_up_and_fails():
    books, p = closed()
    assert books.profit == 40.0 and books.tax_paid == p.profit_tax * 40.0
    assert books.alive and books.readiness == 1.0
    assert books.dividend == pytest.approx(p.insurer_payout * (1000 - books.tax_paid - 500.0))
    books, _ = closed(claims_of_firms=30.0, expected_of_firms=10.0)
    assert books.loss_of_firms == pytest.approx(1.0 + 2.0 * p.insurer_memory)
    assert books.loss_of_households == 1.0
    books, _ = closed(claims_paid=400.0)
    assert books.readiness < 1.0 and books.alive
    books, _ = closed(claims_paid=400.0, readiness=p.least_cover)
    assert not books.alive and not books.failed and books.dividend == 1000.0
    books, _ = closed(claims_unpaid=1.0)
    assert not books.alive and books.failed


HOUSE: dict[str, Any] = {
    "alive": True, "failed": False, "net_worth": 1000, "worth_before": 1000.0, "hit_seen": 0.0,
    "junior_lost": 0.0, "note_yield": 0.012, "unsold": 0.0, "notes_sold": 0.0, "short": 0.0, "deposits": 500,
    "first_capital": 1000.0,
}  # fmt: skip


def test_buyers_take_fright_when_the_junior_piece_was_hit_and_forget_slowly():
    p, market = small().p, SimpleNamespace(policy_rate=0.003)

    def after(**changes: Any) -> Any:
        return closes_house_books(SimpleNamespace(**HOUSE | changes), market, p, 0.5)

    assert after().house_trust == 1.0
    hit = after(junior_lost=0.3)
    assert hit.house_trust == pytest.approx(1.0 - 0.3 * p.strike)
    assert after(hit_seen=hit.hit_seen).hit_seen == pytest.approx(0.3 * p.strike_kept)
    assert after(junior_lost=1.0).house_trust == 0.0
    assert after(unsold=5.0).note_yield > 0.012 > after().note_yield
    assert after(net_worth=-1).failed and not after(short=1.0).alive


def test_banks_buy_less_of_a_house_that_they_do_not_trust(paper):
    houses = paper.securities_houses
    ready = np.zeros(len(houses), np.int64)
    ready[0] = 10**9
    paper.banks["room"] = 1e7
    houses["note_yield"][0], houses["house_trust"][0] = 1.0, 0.0
    assert not note_market.sell_to_banks(paper, ready).any()
    assert note_market.appeal(paper)[0] == 0.0


# -- policies and cover ------------------------------------------------------------------------------------


def test_a_policy_is_dearer_where_more_was_claimed_and_nobody_pays_more_than_he_thinks_it_worth(lived):
    future = lived.branch(parameters={"carefulness": 0.0})
    future.insurers["loss_of_households"] = 1.0
    future.run(1)
    assert future.platforms["policies"].sum() == 0.0
    assert lived.platforms["policies"].sum() > 0.0
    lived.insurers["alive"][:] = True
    first = insurance.price_of(lived, "loss_of_households")
    lived.insurers["loss_of_households"] *= 2.0
    assert np.array_equal(insurance.price_of(lived, "loss_of_households"), 2.0 * first)


def test_what_a_policy_pays_need_not_be_borrowed(lived):
    e = lived.branch()
    platforms, consumers = e.platforms, e.consumers
    e.insurers["alive"][:] = True
    seller = int(np.flatnonzero(platforms["alive"] & (platforms["sells_policies"] > 0.0))[0])
    platforms["insurer"][seller] = 0
    e.insurers["loss_of_households"][0] = 0.1
    consumers["policy_at"] = seller
    consumers["durable"] = np.where(np.arange(len(consumers)) % 2, 1e6, 0.0)
    consumers["expense"] = consumers["usual_income"]
    consumers["loan_wanted"] = np.floor(0.8 * consumers["usual_income"])
    before, money = consumers["loan_wanted"].copy(), e.insurers["deposits"][0]
    for name in ("premiums", "takes", "claims_paid"):
        e.insurers[name] = 0.0
    insurance.insure_households(e)
    less = before - consumers["loan_wanted"]
    assert not less[1::2].any() and less[::2].any() and (less >= 0.0).all()
    insurer = e.insurers[0]
    left = money + insurer.premiums - insurer.takes - insurer.claims_paid
    assert left == insurer.deposits < len(consumers)  # a catastrophe: everybody was paid in proportion
    assert insurer.claims_unpaid > 0.0 and insurer.takes == pytest.approx(
        e.p.policy_take * insurer.premiums, abs=1
    )
    e.ledger.close()


def test_a_house_that_loses_more_than_it_has_fails_and_its_bank_bears_it(paper):
    houses, ledger, at = paper.securities_houses, paper.ledger, np.array([0])
    ledger.pay("warehouse loans", first_of(paper.banks, 500_000), Some(at, np.array([500_000])))
    ledger.pay(POOLS, Some(at, np.array([500_000])), Some(at, np.array([500_000])))
    loses(paper, 1_400_000)  # of 1,500,000, a third of it unsold
    assert houses["net_worth"][0] < 0
    note_market.repay_credit(paper)
    institutions.close(paper)
    assert not houses["alive"][0] and houses["failed"][0]
    assert note_market.room(paper)[0] == 0.0
    # what is left of its loans comes in, and the rest is lost
    fen = np.array([100_000])
    ledger.pay("sold loans repaid", Some(at, fen), Some(at, fen))
    houses["principal_in"][0] = 100_000.0
    note_market.pass_on(paper)
    paper.quarter += 1
    houses["died"][0] = paper.quarter
    before = paper.banks["loan_losses"].sum()
    institutions.close(paper)
    assert paper.banks["loan_losses"].sum() > before
    assert not any(account[0] for account in houses.books.values())
    ledger.close()
