"""Clients judge their links, leave, and hide sales; who comes and goes is counted."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim import Parameters
from sim.actors.firm_finance import taken_of_sales
from sim.engine.arithmetic import bell
from sim.engine.draws import uniforms
from sim.links import billing, clients
from sim.population import platforms as ends
from tests.economies import LINKED, small

SURE = {"client_doubt": 0.0, "contract_review": 1.0}
SALES = 1_000_000.0
OWN = (1.0 - Parameters().input_share) * SALES


def client(**values) -> SimpleNamespace:
    """One firm with a deep link, and nothing to complain of."""
    usual = {
        "sales": SALES, "gain": 0.0, "integration_fee": 0.0, "hidden": 0.0, "rate": 0.02, "deducted": False,
        "depth": 1.0, "lines_begun": 0, "workers": 1e9, "generation": 0, "ids": 0, "agreed_share": 0.4,
        "linked_productivity": 0.0, "link": 0, "deposits": 10**9, "deepest": 1.0,
    }  # fmt: skip
    return SimpleNamespace(**{name: np.array([value]) for name, value in {**usual, **values}.items()})


def judged(
    firm: SimpleNamespace, *, locked: float = 1.0, watched: float = 0.0, quarter: int = 1, **given
) -> bool:
    """Whether this client leaves; what it hides from now on is in `firm.hidden`."""
    links = SimpleNamespace(
        watched=np.array([watched]), locked=np.array([locked]), posted=firm.agreed_share.copy(),
        cost=np.array([0.1, 0.4]),
        luck=np.uint64(5), quarter=np.uint64(quarter),
    )  # fmt: skip
    p, leaves = Parameters(**{**SURE, **given}), np.empty(1, np.int64)
    return clients.judge_links.plain(np.array([0]), firm, p, links, leaves) == 1


# --- leaving ---------------------------------------------------------------------------------------------


def test_a_client_leaves_when_it_loses_more_than_leaving_costs():
    p = Parameters()
    for locked in (0.0, 0.5, 1.0):
        bears = p.disruption * locked * OWN / p.horizon  # a quarter
        assert not judged(client(gain=10_000.0, integration_fee=10_000.0 + bears - 1.0), locked=locked)
        assert judged(client(gain=10_000.0, integration_fee=10_000.0 + bears + 1.0), locked=locked)


def test_effort_counts_by_the_lines_that_were_begun():
    """Software and payments, half of a project together, at the effort of ten people: a twentieth of each."""
    p = Parameters()
    effort = 0.5 * p.client_effort / 10.0 * OWN
    for more, leaves in ((1.0, False), (-1.0, True)):
        firm = client(gain=effort + more, workers=10.0, lines_begun=0b11)
        assert judged(firm, locked=0.0) == leaves
    assert not judged(client(gain=1.0, workers=10.0, lines_begun=0b11), locked=0.0, client_effort=0.0)


def test_what_is_hidden_counts_as_gained():
    fee = 9_000.0
    assert judged(client(gain=8_000.0, integration_fee=fee), locked=0.0)
    assert not judged(client(gain=8_000.0, integration_fee=fee, hidden=0.2), locked=0.0)


def test_nobody_leaves_unasked_or_from_a_shallow_link():
    bad = {"gain": 0.0, "integration_fee": 50_000.0}
    assert judged(client(**bad))
    assert not any(judged(client(**bad), quarter=q, contract_review=0.0) for q in range(50))
    assert not judged(client(**bad, depth=0.5)) and judged(client(**bad, depth=0.51))


def test_clients_are_asked_as_often_as_declared_and_their_opinions_are_their_own():
    bad = {"integration_fee": 50_000.0}
    often = np.mean([judged(client(**bad), quarter=q, contract_review=0.25) for q in range(2000)])
    assert often == pytest.approx(0.25, abs=0.04)
    even = {"gain": 10_000.0, "integration_fee": 10_000.0}
    left = {q for q in range(300) if judged(client(**even), quarter=q, locked=0.0, client_doubt=0.5)}
    luck = {q: uniforms.plain(np.uint64(5), 0, 0, q)[1] for q in range(300)}
    assert left == {q for q, v in luck.items() if bell(v) < 0.0} and 100 < len(left) < 200


def test_with_no_review_nobody_ever_leaves_by_choice_and_with_many_some_do():
    past = small("deep_integration", parameters=LINKED).run(12)
    stay = past.branch(parameters={"contract_review": 0.0, "poaching": 0.3, "contacts": 0.03}).run(16)
    go = past.branch(parameters={"contract_review": 1.0, "client_doubt": 1.0}).run(16)
    reviewed = ["left_small", "left_middle", "left_large"]
    assert np.nansum(go.records.quarters[reviewed].iloc[12:]) > np.nansum(
        stay.records.quarters[reviewed].iloc[12:]
    )


# --- hiding ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("watched", [0.0, 0.5, 1.0])
def test_a_client_hides_until_the_next_fen_costs_what_it_spares(watched):
    p = Parameters()
    firm = client(integration_fee=0.01 * SALES, gain=1e5, deducted=True)
    judged(firm, watched=watched)
    spared = 0.01 + p.deduction * 0.02
    assert firm.hidden[0] == pytest.approx(spared / (p.hiding_cost * (1.0 + p.hiding_watched * watched)))
    lends_not = client(integration_fee=0.01 * SALES, gain=1e5)
    judged(lends_not, watched=watched)
    assert lends_not.hidden[0] == pytest.approx(firm.hidden[0] * 0.01 / spared)


def test_nobody_hides_more_than_can_be_hidden():
    dear = {"integration_fee": 0.5 * SALES, "gain": SALES}
    for most in (0.0, 0.3, 0.6):
        firm = client(**dear)
        judged(firm, hiding_most=most)
        assert firm.hidden[0] == most


def test_the_fee_is_weighed_by_the_sales_that_are_seen():
    half = client(integration_fee=0.005 * SALES, gain=1e5, hidden=0.5)
    judged(half)
    assert half.hidden[0] == pytest.approx(min(0.3, 0.01 / Parameters().hiding_cost))


def test_what_is_hidden_is_neither_billed_nor_deducted_and_takes_work():
    p = Parameters()
    bills, takes = {}, {}
    for hidden in (0.0, 0.25):
        firm = client(hidden=hidden)
        fees = SimpleNamespace(seen=np.zeros((1, 1)), base=np.zeros((1, 1)))
        shown = SimpleNamespace(share=np.array([0.02]), fen=np.array([300.0]))
        billing.bill_line.plain(np.array([0]), firm, 0, firm.depth, p, shown, fees)
        paid = np.zeros(1)
        billing.charge.plain(np.array([0]), firm, p, paid)
        bills[hidden] = firm.gain[0]
        assert paid[0] == firm.integration_fee[0] == np.floor(0.4 * firm.gain[0])
        assert fees.base[0, 0] == (1.0 - hidden) * SALES and fees.seen[0, 0] == firm.gain[0]
        clients.bears.plain(np.array([0]), firm, np.array([0.1, 0.4]), p)
        assert firm.linked_productivity[0] == pytest.approx(-0.5 * p.hiding_cost * hidden**2)
        debtor = SimpleNamespace(
            platform_debt=10**9, platform_rate=0.02, deposits=10**9, sales=SALES, hidden=hidden, deducted=True
        )
        takes[hidden] = taken_of_sales.plain(debtor, p)
    assert bills[0.25] == pytest.approx(0.75 * bills[0.0]) and bills[0.0] == pytest.approx(0.02 * OWN + 300.0)
    assert takes == {0.0: np.floor(p.deduction * SALES), 0.25: np.floor(0.75 * p.deduction * SALES)}


def test_a_fee_takes_no_more_than_its_part_of_what_a_client_has():
    firm, paid = client(gain=1e6, deposits=1000), np.zeros(1)
    billing.charge.plain(np.array([0]), firm, Parameters(), paid)
    assert paid[0] == np.floor(Parameters().fee_limit * 1000)


# --- who comes and goes ----------------------------------------------------------------------------------


def test_clients_add_up(monkeypatch):
    """Before + new - left - closed - those whose platform died = now, in each quarter."""
    died, free = [0], ends.platforms_end

    def counted(economy):
        before = np.count_nonzero(economy.firms["link"] >= 0)
        free(economy)
        died[0] = int(before - np.count_nonzero(economy.firms["link"] >= 0))

    monkeypatch.setattr(ends, "platforms_end", counted)
    given = LINKED | {"contract_review": 1.0, "client_doubt": 1.0, "seed_quarters": 2.0}
    economy = small("deep_integration", seed=3, parameters=given)
    events = np.zeros(3)
    for _ in range(48):
        before = np.count_nonzero(economy.firms["link"] >= 0)
        died[0] = 0
        economy.step()
        q, t = economy.platforms, economy.tallies
        line = economy.records.lines[-1]
        n, linked = len(economy.firms), ("small", "middle", "large")
        lost, left = (
            round(sum(line[f"clients_{size}"] * n * np.nan_to_num(line[f"{name}_{size}"]) for size in linked))
            for name in ("churn", "left")
        )
        new, by_choice = q["new_links"].sum(), q["left_links"].sum()
        assert t is not None and left == by_choice
        assert np.count_nonzero(economy.firms["link"] >= 0) == before + new - lost - died[0]
        events += (new, by_choice, lost - by_choice)
    assert (events > 0).all()


def test_sizes_are_those_beside_the_mean_firm():
    economy = small("deep_integration", parameters=LINKED).run(4)
    sales, alive = economy.firms["sales"], economy.firms["alive"]
    mean = sales.sum() / alive.sum()
    rows = np.flatnonzero(alive)
    small_ones, large = (sales[rows] < 0.5 * mean).sum(), (sales[rows] >= 4.0 * mean).sum()
    assert clients.by_size(economy, rows).tolist() == [small_ones, len(rows) - small_ones - large, large]


def test_a_review_brings_the_share_nearer_to_what_is_asked_by_then():
    firm = client(gain=1e6, integration_fee=4e5)
    links = SimpleNamespace(
        watched=np.zeros(1), locked=np.ones(1), posted=np.array([0.9]), cost=np.array([0.1, 0.4]),
        luck=np.uint64(5), quarter=np.uint64(1),
    )  # fmt: skip
    for renewal, share in ((0.0, 0.4), (0.5, 0.65), (1.0, 0.9)):
        one = SimpleNamespace(**{name: column.copy() for name, column in vars(firm).items()})
        p = Parameters(**{**SURE, "renewal": renewal, "client_doubt": 0.0})
        assert clients.judge_links.plain(np.array([0]), one, p, links, np.empty(1, np.int64)) == 0
        assert one.agreed_share[0] == pytest.approx(share)
