"""Facts on how platforms live, end, grow and are paid for find what was planted."""

import math

import numpy as np
import pandas as pd
import pytest

from experiments.measure import lives_facts as facts
from experiments.measure.facts import ARMS
from experiments.measure.history import History
from experiments.measure.watching import Followed

FIRST = 41  # the quarter that follows a burn-in of 40
STOPPED, BROKE = 3, 4


def history(quarters=None, platforms=None, micro=None):
    """Records of one world, the same in every arm."""
    quarters, platforms = (pd.DataFrame(x if x is not None else {}) for x in (quarters, platforms))
    past, recent, single = ({str(arm): table for arm in ARMS} for table in (quarters, quarters, platforms))
    return History(past, recent, single, {str(arm): micro or {} for arm in ARMS})


def recorded(quarters, spans, manners=None, **columns):
    """The record of platforms as the model writes it: of each from its first quarter to that of its end.

    spans: by platform its first quarter in the branch, from 1 (0: it began with it), and that in which it
    ends. manners: of the ends, where not all are broke. columns: functions of the quarter and the platform.
    Each lives for all months of a quarter, and owes households something, where columns do not say otherwise.
    """
    usual = {"alive": True, "manner": 0, "giant": False, "months": 3.0, "claims_owed": 1.0}
    usual["claims_lost"] = 0.0
    rows = []
    for k, (born, ends) in enumerate(spans):
        for q in range(max(1, born), min(quarters, ends) + 1):
            over = {"manner": (manners or {}).get(k, BROKE), "alive": False} if q == ends else {}
            made = {name: column(q, k) for name, column in columns.items()}
            row = {"quarter": FIRST + q - 1, "platform": 10 + k, "founded": FIRST + born - 1}
            rows.append(row | usual | over | made)
    return pd.DataFrame(rows)


def world(quarters, spans, manners=None, *, of_quarters=None, **columns):
    """A world of so many quarters since the branching with those platforms."""
    table = {"quarter": np.arange(FIRST, FIRST + quarters), **(of_quarters or {})}
    return history(table, recorded(quarters, spans, manners, **columns))


ALWAYS = 999


def waves(*counts):
    """Spans of platforms of which so many are open by the end of each quarter, the oldest ending first."""
    spans, living = [], []
    for quarter, count in enumerate(counts, 1):
        while len(living) > count:
            spans[living.pop(0)][1] = quarter
        while len(living) < count:
            living.append(len(spans))
            spans.append([quarter, ALWAYS])
    return [tuple(span) for span in spans]


# --- births and deaths -----------------------------------------------------------------------------------


def test_hazards_tell_the_worst_year_from_calm():
    """100 at the start; 22 newcomers who are not dead before they are founded, and live on."""
    died = [0, 3, 6, 9, 12, 22, 32, 42, 52, 55, 58]
    ends = [next((q for q, dead in enumerate(died, 1) if k < dead), ALWAYS) for k in range(100)]
    old = [(0, end) for end in ends]
    one = world(11, old)
    assert facts.p2p_hazard_run(one) == pytest.approx(40 / 88)
    assert facts.p2p_hazard_calm(one) == pytest.approx(18 / (100 + 100 + 97 + 94 + 91 + 48 + 45) / 3)
    grown = world(11, [*old, *[(9, ALWAYS)] * 22])
    assert facts.p2p_hazard_run(grown) == pytest.approx(40 / 88)
    assert facts.p2p_hazard_calm(grown) == pytest.approx(18 / (100 + 100 + 97 + 94 + 91 + 70 + 67) / 3)


def test_who_ends_in_the_quarter_in_which_it_began_has_died():
    one = world(9, [*[(0, ALWAYS)] * 10, (7, 7)])
    assert facts.p2p_hazard_run(one) == pytest.approx(1 / 10)
    assert facts.p2p_hazard_calm(one) == 0.0


def test_hazards_count_the_months_that_were_lived():
    """Of two of the start one ends in the first month of quarter 2; of eight in the worst year four do."""
    spans = [(0, ALWAYS), (0, 2), *[(7, ALWAYS)] * 4, *[(7, 8)] * 4]
    one = world(8, spans, months=lambda q, k: 1.0 if (q, k) == (2, 1) else 3.0)
    assert facts.p2p_hazard_run(one) == pytest.approx(4 / 1)
    assert facts.p2p_hazard_calm(one) == pytest.approx(1 / (3 + 3 + 3 + 1 + 3 + 3))


def test_where_nobody_acts_there_is_no_case():
    empty = history({"quarter": np.arange(41, 90), "price_level": np.ones(49)}, {})
    for name in ("p2p_stock", "p2p_births", "p2p_exit_manner", "p2p_hazard_calm", "p2p_hazard_run"):
        assert math.isnan(getattr(facts, name)(empty)), name
    for name in ("leaders_live", "shakeout", "five_year_survival"):
        assert math.isnan(getattr(facts, name)(empty)), name


def test_the_stock_is_told_nine_quarters_after_its_first_peak_or_at_the_end():
    rise = [4, 8, 20, 20, 15]
    later = [14, 13, 12, 11, 10, 9, 8, 7, 6]
    assert facts.p2p_stock(world(14, waves(*rise, *later))) == pytest.approx(8 / 20)
    assert facts.p2p_stock(world(6, waves(*rise, 14))) == pytest.approx(14 / 20)
    assert facts.p2p_stock(world(3, waves(2, 3, 4))) == 1.0


def test_births_are_those_of_ten_years_with_those_of_the_start():
    spans = [*[(0, 5)] * 4, *[(3, 9)] * 6, *[(40, ALWAYS)] * 2, *[(41, ALWAYS)] * 3]
    assert facts.p2p_births(world(44, spans)) == pytest.approx(12 / 10)


def test_the_manner_of_exit_is_that_of_those_who_leave_something_unpaid():
    manners = {0: 1, 1: 2, 2: STOPPED, 3: STOPPED, 4: BROKE}
    spans = [*[(0, 4)] * 5, (0, ALWAYS)]
    assert facts.p2p_exit_manner(world(12, spans, manners)) == pytest.approx(3 / 5)
    # who never had a yuan of households does not count, who had one once does
    once = world(12, spans, manners, claims_owed=lambda q, k: float(k > 1 or (k == 1 and q == 2)))
    assert facts.p2p_exit_manner(once) == pytest.approx(3 / 4)
    assert math.isnan(facts.p2p_exit_manner(world(12, spans, manners, claims_owed=lambda q, k: 0.0)))
    assert math.isnan(facts.p2p_exit_manner(world(12, [(0, ALWAYS)])))


def test_leaders_are_the_largest_tenth_of_year_three_and_at_least_three():
    """Platform k earns k, but in other years; of the three largest of 24 the middle one dies too early."""

    def revenue(q, k):
        return float(k if 8 < q <= 12 else 100 - k)

    spans = [(0, ALWAYS)] * 24
    spans[22] = (0, 32)
    spans[23] = (0, 33)  # alive 20 quarters after year three, dead a quarter later
    assert facts.leaders_live(world(40, spans, revenue=revenue)) == pytest.approx(2 / 3)
    many = [(0, ALWAYS)] * 60  # six lead
    many[55] = (0, 20)
    assert facts.leaders_live(world(40, many, revenue=revenue)) == pytest.approx(5 / 6)
    late = [*spans[:22], (13, 20), (13, 20), (13, 20)]  # who is founded later does not lead
    assert facts.leaders_live(world(40, late, revenue=revenue)) == 1.0
    assert math.isnan(facts.leaders_live(world(31, spans, revenue=revenue)))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, 1.0),
        ({"left": 11}, 2 / 3),
        ({"late": 2}, 2 / 3),
        ({"earns": 0.5}, 2 / 3),
        ({"prices": 9.0}, 2 / 3),
        ({"left": 11, "late": 2, "earns": 0.5}, 0.0),
    ],
)
def test_a_shakeout_has_three_signs(change, found):
    """Ten of the start, who are no births, and ten of quarter 4; so many are left from quarter 20 to 43, when
    few are founded; revenue of all together, and prices, are so many times what they were."""
    left, late, earns, prices = ({"left": 4, "late": 1, "earns": 4.0, "prices": 2.0} | change).values()
    spans = [*[(0, 20)] * 6, *[(0, ALWAYS)] * 4, *[(4, 20)] * (14 - left), *[(4, ALWAYS)] * (left - 4)]
    spans += [(43, ALWAYS)] * late  # ten years after the peak end with quarter 44

    def revenue(q, k):
        alone = sum(born <= q < ends for born, ends in spans)
        return (earns if q > 20 else 1.0) / max(1, alone)

    level = np.where(np.arange(1, 61) > 20, prices, 1.0)
    one = world(60, spans, revenue=revenue, of_quarters={"price_level": level})
    assert facts.shakeout(one) == pytest.approx(found)


def test_an_industry_that_still_grows_at_the_end_has_shaken_nobody_out():
    spans = [(0, ALWAYS), *[(q, ALWAYS) for q in range(1, 31)]]
    one = world(30, spans, revenue=lambda q, k: 1.0, of_quarters={"price_level": np.ones(30)})
    assert facts.shakeout(one) == 0.0


def test_survival_is_told_of_small_ones_of_five_years_and_by_their_own_age():
    spans = [(0, 20), (0, 19), (3, 23), (3, 24), (20, ALWAYS), (21, 22), (0, 5)]
    one = world(40, spans, giant=lambda q, k: k == 6)
    # alive 20 quarters after it was founded: of the start in quarter 20, of quarter 3 in quarter 23
    assert facts.five_year_survival(one) == pytest.approx(2 / 5)
    assert facts.five_year_survival(world(23, spans[:5])) == pytest.approx(1 / 4)  # the fifth is too young


# --- what they grow to, and what it costs ----------------------------------------------------------------


def test_the_cost_of_a_borrower_is_that_of_first_loans_and_quarters_without_one_do_not_count():
    years = np.repeat(np.arange(8), 4)
    cost = 150.0 * 1.4**years
    cost[[5, 30]] = np.nan
    one = history({"borrower_cost": cost})
    assert facts.cac_credit_late(one) == pytest.approx(150 * 1.4**7)
    assert facts.cac_drift(one) == pytest.approx(0.4)


def test_the_peak_of_what_is_owed_through_platforms_is_that_of_a_year():
    owed = np.repeat([0.001, 0.008, 0.004], 4)
    owed[5] += 0.004
    table = {"platform_credit_to_consumers": owed, "platform_credit_to_firms": np.full(12, 0.001)}
    assert facts.p2p_size(history(table)) == pytest.approx(0.010)


def test_the_size_of_an_embedded_lender_is_that_of_the_largest_one():
    """One lends 3 throughout; another is founded in year seven and lends 8 in years eight to ten."""

    def loans(q, k):
        return 3.0 if k == 0 else 8.0 if 28 < q <= 40 else 99.0

    one = world(50, [(0, ALWAYS), (27, ALWAYS)], of_quarters={"gdp": np.full(50, 1000.0)}, loans=loans)
    assert facts.embedded_lender_size(one) == pytest.approx(8.0 / 4000.0)
    small = world(50, [(0, 39)], of_quarters={"gdp": np.full(50, 1000.0)}, loans=loans)
    assert facts.embedded_lender_size(small) == pytest.approx(3.0 * 11 / 12 / 4000.0)


def test_what_borrowers_of_giants_owed_when_they_defaulted_is_told_a_year_over_all_they_owe():
    def bad(q, k):
        return (2.0, 9.0)[k] if 8 < q <= 32 else 50.0

    of = {"giant": lambda q, k: k == 0, "bad_loans": bad, "loans": lambda q, k: (40.0, 70.0)[k]}
    found = facts.embedded_lender_latin(world(40, [(0, ALWAYS), (0, ALWAYS)], **of))
    assert found == pytest.approx(4 * 2.0 / 40.0)


def test_who_breaks_even_is_told_among_small_ones_that_are_alive_after_a_year_five():
    def profit(q, k):
        return (-1.0, 1.0 if 16 < q <= 20 else -9.0, 5.0, 9.0, -1.0)[k]

    spans = [(0, ALWAYS), (0, ALWAYS), (0, 20), (0, ALWAYS), (18, ALWAYS)]
    of = {"profit": profit, "giant": lambda q, k: k == 3}
    assert facts.break_even_neobanks(world(24, spans, **of)) == pytest.approx(1 / 3)
    assert math.isnan(facts.break_even_neobanks(world(19, spans, **of)))


@pytest.mark.parametrize(("spent", "found"), [(1.0, 0.25), (0.6, 0.25), (0.4, 1.0)])
def test_users_dry_up_where_as_much_is_spent_on_fewer(spent, found):
    """20 a quarter are won in year two, a fourth of them four years later; wages double meanwhile, and more
    platforms are founded that win and spend the same."""
    wage = 1.0 + (np.arange(1, 33) > 12)
    of = {
        "new_users": lambda q, k: 20.0 if 4 < q <= 8 else 5.0,
        "consumer_spend": lambda q, k: 10.0 * wage[q - 1] * (1.0 if q <= 12 else spent),
    }
    one = world(32, [(0, ALWAYS), (0, ALWAYS), (10, ALWAYS)], of_quarters={"wage": wage}, **of)
    assert facts.new_users_dry_up(one) == pytest.approx(found)
    nobody = world(32, [(0, ALWAYS)], of_quarters={"wage": wage}, **{**of, "new_users": lambda q, k: 0.0})
    assert math.isnan(facts.new_users_dry_up(nobody))
    gone = world(32, [(0, 12)], of_quarters={"wage": wage}, **of)  # and with them what they spend
    assert facts.new_users_dry_up(gone) == 1.0


def test_a_lender_shrinks_where_fewer_borrow_while_more_are_registered():
    """One begins too late, one dies; one has 20 % fewer borrowers and 10 % more who are registered."""
    spans = [(0, ALWAYS), (26, ALWAYS), (0, 30)]
    of = {
        "borrowers": lambda q, k: 100.0 + 50.0 * k if q <= 28 else 80.0,
        "registered": lambda q, k: 100.0 if q <= 28 else 110.0 + 50.0 * k,
    }
    assert facts.active_shrink(world(32, spans, **of)) == pytest.approx(-0.3)
    assert math.isnan(facts.active_shrink(world(31, spans, **of)))
    assert math.isnan(facts.active_shrink(world(32, spans[1:], **of)))
    assert math.isnan(facts.active_shrink(world(32, spans, **{**of, "borrowers": lambda q, k: 0.0})))


def test_the_churn_of_clients_leaves_out_those_whose_platform_dies_or_has_just_begun():
    """Of 100 links of each platform five end and five are new in a quarter; one platform dies, one begins."""
    spans = [(0, 15), (0, ALWAYS), (0, ALWAYS), (12, ALWAYS)]
    of = {
        "links": lambda q, k: 0.0 if k == 0 and q == 15 else 100.0,
        "new_links": lambda q, k: 40.0 if q <= 8 or (k == 3 and q == 12) else 5.0,
    }
    assert facts.client_churn(world(24, spans, **of)) == pytest.approx(0.2)
    assert math.isnan(facts.client_churn(world(24, spans, **{**of, "links": lambda q, k: 0.0})))


def test_losses_with_a_platform_end_where_another_takes_its_row():
    """60 of 100 are lost after its end; what the next one in its row loses is not counted."""
    watch = Followed.__new__(Followed)
    watch.dead, watch.stuck, watch.lost = np.zeros(2, bool), 0.0, 0.0
    steps = [
        # alive before and after, serial before and after, claims left, lost within
        ((True, True), (False, True), (1, 2), (1, 2), (100.0, 50.0), (40.0, 7.0)),
        ((False, True), (False, True), (1, 2), (1, 2), (60.0, 50.0), (20.0, 7.0)),
        ((False, True), (False, True), (1, 2), (1, 2), (20.0, 50.0), (15.0, 7.0)),
        ((False, True), (True, True), (1, 2), (3, 2), (0.0, 50.0), (9.0, 7.0)),
    ]
    for lived, alive, before, serial, claims, lost in steps:
        table = {"alive": alive, "serial": serial, "claims_owed": claims, "claims_lost": lost}
        platforms = {name: np.array(values) for name, values in table.items()}
        watch.watch_platforms(platforms, *map(np.array, (lived, before)))
    assert (watch.stuck, watch.lost) == (100.0, 35.0)  # what was lost before the end is not


def payments(*shares):
    """Of three wallets, in each quarter these shares of payments."""
    return lambda q, k: 1e6 * shares[min(q, len(shares)) - 1][k]


def test_the_lead_in_payments_falls_as_far_as_it_does_while_two_lead():
    spans = [(0, ALWAYS)] * 3
    steady = [(0.7, 0.25, 0.05)] * 4
    falls = payments(*steady, (0.62, 0.33, 0.05), (0.57, 0.38, 0.05), (0.52, 0.43, 0.05))
    assert facts.share_shift(world(12, spans, payments=falls)) == pytest.approx(0.18)
    slow = payments(*[(0.7 - 0.01 * q, 0.25 + 0.01 * q, 0.05) for q in range(20)])
    assert facts.share_shift(world(20, spans, payments=slow)) == pytest.approx(0.05)
    third = payments(*steady, (0.5, 0.25, 0.25))
    assert facts.share_shift(world(12, spans, payments=third)) == 0.0
    assert math.isnan(facts.share_shift(world(12, spans, payments=lambda q, k: 0.0)))
