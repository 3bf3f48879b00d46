"""Platforms and banks find each other, learn of each other, bargain and part; what platforms keep."""

from typing import Any

import numpy as np
import pytest

from sim import Economy
from sim.credit import partners, pools
from sim.credit.funders import FUNDERS
from tests.economies import LINKED, differences, small

Q = 0  # the platform on which the tests below look


@pytest.fixture(scope="module")
def lived() -> Economy:
    """Brokers with partners, the books proved to the fen in each quarter."""
    return small("institution_traffic", platforms=24, parameters=LINKED).run(20)


def on_paper(table: Any, account: str, fen: Any) -> None:
    """An account says so, though no money has moved: the books of this world are not closed again."""
    books = table.columns[account]
    books.flags.writeable = True
    books[...] = fen
    books.flags.writeable = False


@pytest.fixture
def pair(lived) -> Economy:
    """Platform 0 asks banks, of which all four are partners, and hold as much of its loans, on paper."""
    e = lived.branch()
    platforms, memory = e.platforms.columns, e.memory
    platforms["alive"][:] = False
    platforms["alive"][Q], platforms["acts"][Q], platforms["from_banks"][Q] = True, 1.0, 0.9
    memory.participations[...] = 0
    memory.participations[Q] = 1_000_000
    on_paper(e.banks, "participations", 40_000_000)
    on_paper(e.platforms, "participations_owed", memory.participations.sum(axis=1))
    on_paper(e.platforms, "loans", 4_000_000)
    platforms["file_bill"][Q] = 0.0
    platforms["kept_more"][Q], platforms["unfunded"][Q], platforms["short_of_banks"][Q] = 0.1, 0.0, 0.0
    memory.partner_appetite[...] = 0.0
    memory.partner_appetite[Q], memory.partner_take[Q], memory.partner_gain[Q] = 0.2, 0.006, 0.0
    e.banks["own_earned"] = 0.004
    return e


def bargained(e: Economy) -> np.ndarray:
    """What `bargain` says of the first platform. Returns how many pairs ended, by banks and by platforms."""
    ended = np.zeros(2)
    partners.bargain(np.array([Q]), e.platforms, e.banks, e.memory, e.p, e.p.take_limit, ended)
    return ended


def test_partners_come_one_by_one_and_they_alone_fund_new_loans(lived):
    table = lived.records.quarters
    assert table["partnerships_begun"].sum() > 4.0 > table["partners"].iloc[0]
    assert table["partners"].dropna().iloc[0] < table["partners"].iloc[-1] <= len(lived.banks)
    assert 0.0 < table["split_of_interest"].iloc[-1] < 1.0
    e = lived.branch()
    funder, seen = FUNDERS["banks"], []

    def watched(e, lent, part, pay_in=funder.pay_in):
        # as they pay: a partnership may begin, fund a loan and end within a quarter
        before, none = e.memory.participations.copy(), e.memory.partner_appetite == 0.0
        pay_in(e, lent, part)
        seen.append((e.memory.participations - before).sum())
        assert (e.memory.participations[none] <= before[none]).all()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(funder, "pay_in", watched)
        e.run(6)
    assert sum(seen) > 0
    partners.part_with_the_dead(e)
    asks = partners.asking(e)
    held = (e.memory.partner_appetite > 0.0).sum(axis=1)
    assert (held[asks] == e.platforms["partners"][asks]).all() and not held[~asks].any()


def test_without_partners_all_banks_fund_all_platforms(lived):
    off = small("institution_traffic", platforms=24, parameters=LINKED, partners=False).run(12)
    owed = off.platforms["participations_owed"]
    assert owed.max() > 0 and (off.memory.participations[owed.argmax()] > 0).all()
    assert not off.memory.partner_appetite.any() and not off.platforms["kept_more"].any()
    taken_over = off.branch(partners=True).run(1)  # who holds loans is a partner at once
    still = taken_over.platforms["alive"] & (off.platforms["participations_owed"] > 0)
    assert still.any() and (taken_over.platforms["partners"][still] == len(off.banks)).all()


def test_a_saved_world_goes_on_and_two_threads_make_the_same(lived, tmp_path):
    lived.save(tmp_path / "world.npz")
    assert differences(lived.branch().run(2), Economy.load(tmp_path / "world.npz").run(2)) == set()
    one, two = (
        small("institution_traffic", platforms=24, parameters=LINKED, threads=threads).run(8)
        for threads in (1, 2)
    )
    assert differences(one, two) == set()


def test_a_bank_accepts_by_what_it_expects_and_remembers(pair):
    memory, rows, far = pair.memory, np.array([Q]), np.uint64(1)
    memory.participations[Q], pair.p = 0, pair.p.change({"partner_search": 2.0, "partner_doubt": 0.0})

    def found(gain: Any) -> Any:
        begun: Any = 0
        for luck in range(40):
            memory.partner_appetite[Q], memory.partner_gain[Q] = 0.0, gain
            pair.platforms["partners"][Q] = 0.0
            partners.meet(rows, pair.platforms, memory, pair.p, np.uint64(luck), far)
            begun += memory.partner_appetite[Q] > 0.0
        return begun / 40.0

    assert found(0.001).mean() == pytest.approx(0.5, abs=0.15)
    assert not found(-0.001).any()
    chances = found(np.array([-0.001, 0.001, -0.001, 0.001]))  # what each knows of this platform
    assert chances[[1, 3]].min() > 0.2 and not chances[[0, 2]].any()


def test_each_bank_sees_what_it_has_earned_and_who_has_nothing_hears_of_others(pair):
    memory, platforms, p = pair.memory, pair.platforms.columns, pair.p
    memory.participations[Q, 3], memory.partner_appetite[Q, 3], memory.bought_gain = 0, 0.0, 0.01
    memory.partner_take[Q] = [0.004, 0.006, 0.008, 0.0]
    platforms["pool_interest"][Q], platforms["pool_losses"][Q] = 0.02, 0.0
    seen = np.zeros(2)
    partners.look_back(np.array([Q]), pair.platforms, pair.banks, memory, p, 0.005, seen)
    expected = p.patience_with_platforms * (0.02 + 0.006 - memory.partner_take[Q, :3] - 0.005 - 0.004)
    assert memory.partner_gain[Q, :3] == pytest.approx(expected)
    assert memory.partner_gain[Q, 3] == pytest.approx(p.patience_with_platforms * 0.01)
    assert seen[0] / seen[1] == pytest.approx(0.011)
    before = memory.partner_gain[Q].copy()
    platforms["pool_losses"][Q] = 3_000_000.0
    partners.look_back(np.array([Q]), pair.platforms, pair.banks, memory, p, 0.005, seen)
    assert (memory.partner_gain[Q, :3] < before[:3]).all()


def test_terms_lie_between_what_both_would_take_and_who_has_others_gets_more(pair):
    memory, platforms = pair.memory, pair.platforms.columns
    pair.p = pair.p.change({"terms_renewed": 1.0})
    platforms["file_bill"][Q] = 4_000.0  # least: 0.001
    memory.partner_gain[Q] = 0.004
    memory.participations[Q] = [3_000_000, 400_000, 300_000, 300_000]
    bargained(pair)
    take = memory.partner_take[Q]
    assert (take > 0.001).all() and (take < 0.010).all()
    assert take[0] < take[1] < take[2] == take[3]  # it depends on the first
    assert memory.partner_gain[Q] + take == pytest.approx(0.010)
    memory.partner_gain[Q] = -0.05  # nothing is left to share
    bargained(pair)
    assert memory.partner_take[Q] == pytest.approx(0.001)


def test_a_bank_that_keeps_losing_leaves_and_a_platform_leaves_whose_terms_are_worse(pair):
    memory, p = pair.memory, pair.p
    memory.partner_gain[Q] = [-1.0, 0.0, 0.0, 0.0]
    quarters, pair.platforms["short_of_banks"][Q] = 0, 1.0
    while memory.partner_appetite[Q, 0] > 0.0:
        assert bargained(pair)[1] == 0.0
        quarters += 1
    assert quarters > 4 and (memory.partner_appetite[Q, 1:] > 0.0).all()
    memory.partner_take[Q] = [0.0, 0.008, 0.0001, 0.008]
    assert bargained(pair)[1] == 0.0  # who lacks money cannot choose
    memory.partner_take[Q, 2], memory.partner_gain[Q] = 0.0001, 0.0
    pair.platforms["short_of_banks"][Q] = 0.0
    assert bargained(pair)[1] == 1.0
    assert memory.partner_appetite[Q, 2] == 0.0 < memory.partner_appetite[Q, 1]
    assert pair.platforms["partners"][Q] == 2.0 and p.partners


def test_what_a_platform_keeps_rises_when_funders_lose_and_where_it_pays_and_its_money_is_enough(pair):
    platforms, step = pair.platforms.columns, pair.p.own_part_step

    def after(gain: float, unfunded: float = 0.0) -> float:
        pair.memory.partner_gain[Q], pair.memory.partner_take[Q] = gain, 0.006
        platforms["kept_more"][Q], platforms["unfunded"][Q] = 0.1, unfunded
        bargained(pair)
        return float(platforms["kept_more"][Q]) - 0.1

    assert after(-0.05) == pytest.approx(step)
    assert after(0.006) == pytest.approx(-step)
    assert after(0.05) == pytest.approx(step)
    assert after(0.05, unfunded=1.0) == pytest.approx(-step)
    platforms["from_notes"][Q] = 0.0
    platforms["kept_more"][Q] = 0.5
    assert FUNDERS["banks"].share(pair)[Q] == pytest.approx(0.45)
    assert pools.keeps(pair)[Q] == pytest.approx(0.55)
    platforms["kept_more"][Q], pair.p = 0.0, pair.p.change({"own_funding_floor": 0.3})
    assert pools.keeps(pair)[Q] == pytest.approx(0.3)  # the law's floor holds all the same


def test_a_partner_funds_no_more_than_its_room_its_appetite_and_the_law_allow(pair):
    rows, need = np.array([Q]), np.array([1e15])
    pair.banks["room"] = 10_000_000.0
    pair.memory.partner_appetite[Q] = [0.0, 0.1, 0.2, 0.4]
    offered = partners.parts(pair, rows, need)[0]
    scale = offered[3] / 0.4
    assert offered == pytest.approx(scale * pair.memory.partner_appetite[Q]) and 0.0 < scale <= 10_000_000.0
    pair.p = pair.p.change({"one_platform_cap": 0.02})
    on_paper(pair.banks, "net_worth", 60_000_000)
    allowed = FUNDERS["banks"].still_allowed(pair)[Q]  # type: ignore[attr-defined]
    assert (allowed == 200_000.0).all() and offered.max() > 200_000.0
    assert (partners.parts(pair, rows, need)[0] <= allowed).all()


def test_who_comes_in_the_place_of_one_that_ended_has_no_partners(pair):
    memory = pair.memory
    pair.platforms["alive"][Q], memory.bought_gain = False, 0.003
    partners.part_with_the_dead(pair)
    assert not memory.partner_appetite[Q].any() and (memory.partner_gain[Q] == 0.003).all()
    assert (memory.partner_take[Q] == 0.006).all()  # of what is still held
    memory.participations[Q] = 0
    partners.part_with_the_dead(pair)
    assert not memory.partner_take[Q].any() and pair.platforms["partners"][Q] == 0.0
