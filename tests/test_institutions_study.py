"""The study of institutions: who bore losses adds up to them, and what is planted in the record is told."""

import numpy as np
import pandas as pd
import pytest

from experiments.judge.inside import of_cases
from experiments.measure.institutions import PAID, PARTED, RATIOS, kept_institutions
from experiments.run.arm import branch
from experiments.studies import institutions as study
from tests.economies import LINKED, small

QUARTERS = 12
PART = {
    "worse_terms": 0.9,
    "appetite_least": 0.1,
    "appetite_gap": 0.001,
    "reaction": 0.6,
}  # soon, on both sides


@pytest.fixture(scope="module")
def lived():
    """Harvesters of institutions, with insurers, houses, losses, and partners that part."""
    world = small("external_finance", parameters=LINKED | PART | {"giants": 2, "lead_in": 20}, seed=3).run(1)
    economy = branch(world, study.arms()[study.HARVEST]).run(QUARTERS)
    return economy, kept_institutions(economy)["quarters"]


def test_who_bore_losses_adds_up_to_what_borrowers_did_not_repay(lived):
    economy, quarters = lived
    flows = pd.DataFrame(economy.records.of_flows).fillna(0.0).iloc[-QUARTERS:]
    gdp = economy.records.quarters["gdp"].to_numpy()[-QUARTERS:]
    borne = quarters[list(PAID)].sum(axis=1).to_numpy()
    np.testing.assert_allclose(borne, flows["bad platform loans"].to_numpy() / gdp, atol=1e-15)
    banks = (flows["participations lost"] - flows["indemnities to banks"]).sum()
    assert banks > 0.0 and (quarters["banks"] * gdp).sum() == pytest.approx(banks)
    assert quarters["since"].tolist() == list(range(1, QUARTERS + 1))


def test_what_is_kept_of_premiums_is_that_of_the_insurers(lived):
    economy, quarters = lived
    assert (quarters["held_policies"] + quarters["held_guarantees"]).to_numpy() == pytest.approx(
        economy.records.quarters["premiums"].to_numpy()[-QUARTERS:]
    )
    assert quarters["held_policies"].sum() > 0.0 < quarters["held_guarantees"].sum()


def test_partnerships_that_neither_side_ends_end_with_their_platform(lived):
    economy, quarters = lived
    platforms = economy.records.platforms
    ended = platforms.loc[platforms["alive"] == 0].groupby("quarter")["partners"].sum()
    assert (quarters[list(PARTED)].sum() > 0.0).all()
    counted = quarters["left_by_end"].to_numpy()
    at = economy.branched + quarters["since"].to_numpy()
    assert counted == pytest.approx(ended.reindex(at, fill_value=0.0).to_numpy()) and counted.sum() > 0.0
    last = quarters.iloc[-1]
    there = last["partnerships"] + last["partnerships_begun"] - last[list(PARTED)].sum()
    line = economy.records.quarters.iloc[-1]
    asking = platforms.loc[(platforms["quarter"] == at[-1]) & (platforms["alive"] > 0), "partners"]
    assert there == asking.sum() > 0.0
    assert last["partners"] == line["partners"] == last["partners_of_all"] * len(economy.banks)


def planted(worlds: int = 14, quarters: int = 8) -> pd.DataFrame:
    """Every arm alike, but for what households bear in a bad year, and for what banks earn."""
    rng, rows = np.random.default_rng(3), []
    for arm in study.arms():
        for world in range(worlds):
            for since in range(1, quarters + 1):
                row = dict.fromkeys([*study.EARNED, *PAID], 0.01) | {
                    "arm": arm,
                    "world": world,
                    "since": since,
                }
                row |= {part: 1.0 for parts in RATIOS.values() for part in parts}
                row |= {"bought_margin": 0.02 + 1e-4 * rng.standard_normal(), "own_margin": 0.01}
                if since > 4 and arm == study.UNPLEDGED:
                    row |= {PAID[0]: 0.95, "platforms": 0.0}
                rows.append(row)
    return pd.DataFrame(rows)


class Lived(dict):
    """Tables as a study hands them over."""


def test_a_planted_loss_and_a_planted_margin_are_told():
    found = study.judge(Lived(quarters=planted()))  # type: ignore[arg-type]
    bore = found.bore.set_index(["arm", "who", "when"])["mean"]
    assert bore[study.UNPLEDGED, PAID[0], "worst year"] == pytest.approx(0.95 / 0.99)
    assert bore[study.LENDERS, PAID[0], "worst year"] == pytest.approx(1.0 / len(PAID))
    assert bore[study.UNPLEDGED, PAID[0], "all"] == pytest.approx((0.01 + 0.95) / (0.06 + 0.99))
    lines = study.headline(found)
    assert "earn more than alone" in lines[1] and f"{100.0 * 0.95 / 0.99:.3g} %" in lines[0]
    text = study.tell(found).printed
    assert all(who in text for who in PAID)


def test_planted_partings_are_told_by_who_ends_them():
    quarters = planted()
    quarters["partnerships"] = 50.0
    for name, count in zip(("partnerships_begun", *PARTED), (6.0, 1.0, 0.5, 2.0), strict=True):
        quarters[name] = count
    quarters = quarters.assign(partners=5.0, partners_of_all=0.25)
    found = study.judge(Lived(quarters=quarters))  # type: ignore[arg-type]
    mean = found.earned.loc[found.earned["arm"] == study.FREE].set_index("what")["mean"]
    told = [
        mean[study.EARNED[name][0]] for name in ("partners", "partners_of_all", "partnerships_begun", *PARTED)
    ]
    assert told == pytest.approx([5.0, 25.0, 24.0, 4.0, 2.0, 8.0])
    assert study.headline(found)[-1].endswith(
        "8 % (8 to 8) by banks, 4 % (4 to 4) by platforms and 16 % (16 to 16) as their platform ended."
    )
    assert "85 (Lufax, 2023)" in study.tell(found).printed


def test_what_is_earned_on_much_counts_for_more():
    quarters = planted()
    late = quarters["since"] == 8
    quarters.loc[late, ["gained_claims", "held_claims"]] = [-50.0, 100.0]
    found = study.judge(Lived(quarters=quarters)).earned  # type: ignore[arg-type]
    words, factor, _ = study.EARNED["claims"]
    mine = found.loc[(found["what"] == words) & (found["arm"] == study.LENDERS), "mean"]
    assert mine.item() == pytest.approx(factor * (7.0 - 50.0) / 107.0)


def test_a_year_without_losses_has_no_shares():
    assert np.isnan(study.shared(np.zeros((1, len(PAID))))).all()
    assert of_cases(study.shared(np.zeros((12, len(PAID))))[:, 0]).n == 0
