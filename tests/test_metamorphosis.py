"""The promise: a change of shares splits exactly, who leads and who lives on is told as it was planted, and a
tiny study is lived, told, gone on with and answers its claims."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.judge import register
from experiments.judge.claims import Part, joined, part
from experiments.judge.estimands import Material, named
from experiments.judge.turning import integrators
from experiments.measure.futures import FOCUS
from experiments.measure.turning import by_kind, came_by, clients, kept_turning, share_of, turns, ways
from experiments.run.command import UsageError
from experiments.studies import metamorphosis as study
from tests.economies import LINKED, small

HARVEST, WORLDS = "institution_traffic", 20
DRAWN = pd.DataFrame(np.random.default_rng(9).random((WORLDS, 4)), columns=list("abcd"))


def asked() -> list[register.Contrast]:
    """The contrasts of the study's claims."""
    mine = [claim for claim in register.claims() if claim.study == study.NAME]
    return [replace(one, horizon=40) for claim in mine for one in claim.contrasts]


# -- the split --------------------------------------------------------------------------------------------


def test_a_change_of_shares_is_what_turns_births_and_deaths_make_of_it():
    rng = np.random.default_rng(3)
    births, deaths = rng.integers(0, 4, (2, 5, 3, 30)).astype(float)
    moves = rng.integers(0, 2, (5, 3, 30)).astype(float)
    net = moves - np.roll(moves, 1, axis=1)  # from one to the next
    first = np.full((5, 3, 1), 400.0)
    alive = first + np.cumsum(births - deaths + net, axis=2)
    of = np.array([True, False, False])
    found = ways(alive, births, deaths, net, of)
    change = share_of(alive, of)[:, -1] - share_of(first, of)[:, 0]
    assert found.sum(axis=(1, 2)) == pytest.approx(change, abs=1e-12)
    assert not ways(alive - np.cumsum(net, axis=2), births, deaths, 0.0 * net, of)[:, 0].any()
    nobody = np.zeros((1, 3, 4))
    ended = np.zeros((1, 3, 4))
    ended[0, 0, 2] = 5.0
    alive = nobody.copy()
    alive[0, 0, :2] = 5.0
    last = ways(alive, nobody, ended, nobody, of)
    assert last[0, 2].tolist() == [0.0, 0.0, -1.0, 0.0] and not last[0, :2].any()


def test_the_split_of_a_lived_world_is_exact_and_the_way_to_integration_is_told():
    world = small(parameters=LINKED | {"model_review_chance": 0.25, "review_after": 4.0}, seed=3).run(4)
    economy = world.branch({"adaptive": 6}).run(40)
    kept = {name: table.assign(world=0, luck=1) for name, table in kept_turning(economy).items()}
    counts, kinds = kept["counts"], sorted(set(kept["counts"]["kind"]))
    alive, births, deaths, to, away = (
        by_kind(counts, name, kinds, 40) for name in ("alive", "births", "deaths", "turned_to", "turned_away")
    )
    assert to.sum() == away.sum() > 0.0
    for kind in kinds:
        of = np.array([one == kind for one in kinds])
        moved = ways(alive, births, deaths, to - away, of)
        start = 1.0 if kind == HARVEST else 0.0
        assert share_of(alive, of)[0, -1] == pytest.approx(start + moved.sum(), abs=1e-12)
        here = came_by(kept["platforms"], {kind}, 40)
        assert sum(here.values()) == alive[0, kinds.index(kind), -1]
        assert here["there"] == 0 or kind == HARVEST
    assert len(turns(kept["platforms"])) == to[0, :, 1:].sum()
    assert (clients(economy)["clients"].to_numpy() >= 2).all()


def test_clients_of_one_sector_and_of_one_chain_are_told_from_chance():
    none = np.full(12, -1)
    firms = {
        "link": np.array([0] * 4 + [1] * 4 + [-1] * 4), "sector": np.array([3] * 4 + [0, 1, 2, 3] + [5] * 4),
        "supplier_1": none.copy(), "supplier_2": none.copy(),
    }  # fmt: skip
    firms["supplier_1"][:2] = [1, 2]  # two clients of the first buy from others of its clients
    firms["supplier_2"][4] = 0  # and one of the second from a client of the first

    class Table(dict):
        def __len__(self) -> int:
            return 2

    platforms = Table(alive=np.ones(2, bool), serial=np.array([7, 8]), giant=np.array([True, False]))
    found = clients(SimpleNamespace(firms=firms, platforms=platforms)).set_index("platform")
    assert found["same_sector"].tolist() == [1.0, 0.0] and found["partners"].tolist() == [0.5, 0.0]
    assert found["of_chance_sector"].tolist() == pytest.approx([20 / 56] * 2)
    assert found["of_chance_partners"].tolist() == pytest.approx([0.5 * 3 / 7, 0.25 * 3 / 7])


# -- claims -----------------------------------------------------------------------------------------------


def lived(giants: int, small_ones: int, saves: float, share: float) -> dict[str, pd.DataFrame]:
    """Three giants that turn in one quarter and twelve small ones that turn in another, half of them, in
    worlds in which so many of those that turned live longer; counts with such a share of integrators."""
    rng = np.random.default_rng(1)
    rows, counts = [], []
    for world in range(WORLDS):
        for platform in range(1, 16):
            giant, turned = float(platform <= 3), platform <= 3 or platform % 2 == 0
            at = (giants if giant else small_ones) + int(rng.integers(0, 3))
            long = giant or rng.random() < 0.5 + saves * (turned - 0.5)
            for since in range(1, 41 if long else small_ones + 12):
                kind = FOCUS if turned and since >= at else HARVEST
                rows.append((world, 1, study.ADAPTIVE, since, platform, kind, giant, 1.0, 0.0, 0.0))
        own = share + 0.02 * rng.standard_normal()
        for since in (1, 40):
            there = (100.0 * own, 100.0 * (1.0 - own)) if since == 40 else (0.0, 100.0)
            for kind, n in zip((FOCUS, HARVEST), there, strict=True):
                counts.append((world, 1, study.ADAPTIVE, since, kind, n))
    base = ["world", "luck", "arm", "since"]
    columns = [*base, "platform", "kind", "giant", "alive", "manner", "claims_owed"]
    return {
        "platforms": pd.DataFrame(rows, columns=columns),
        "counts": pd.DataFrame(counts, columns=[*base, "kind", "alive"]),
    }


def words(tables: dict[str, pd.DataFrame]) -> dict[str, str]:
    quarters = pd.DataFrame({"arm": [study.ADAPTIVE]})
    found: Part = part(asked(), Material(quarters.iloc[:0], quarters, tables), DRAWN, range(WORLDS))
    claims = joined(register.claims(), [found]).claims.set_index("claim")["word"]
    return {name: str(claims[name]) for name in ("C12", "C13")}


def test_claims_say_what_was_planted():
    assert integrators() == {FOCUS}
    assert words(lived(5, 12, 0.6, 0.8)) == {"C12": "supported", "C13": "supported"}
    assert words(lived(14, 6, 0.6, 0.2))["C12"] == "contradicted"  # gained, and is below one half
    assert words(lived(14, 6, 0.6, 0.2))["C13"] == "contradicted"
    assert words(lived(5, 12, -0.8, 0.8))["C13"] == "contradicted"


def test_where_nobody_turns_the_length_of_the_branch_stands_for_it_and_nothing_is_said_of_survival():
    tables = lived(5, 50, 0.0, 0.0)
    tables["platforms"].loc[tables["platforms"]["giant"] == 0, "kind"] = HARVEST
    found = Material(tables["counts"], tables["counts"], tables)
    later, survival = asked()[2:]
    gap = named("turned_later_than_giants").number(found, later)
    assert gap.between(33.0, 35.0).all() and len(gap) == WORLDS
    assert named("survival_of_turned").number(found, survival).isna().all()


# -- whole ------------------------------------------------------------------------------------------------

TINY = "--worlds 2 --firms 300 --banks 4 --burn-in 3 --quarters 8 --workers 1 --quiet"


@pytest.mark.usefixtures("in_process")
def test_a_tiny_study_is_told_answers_its_claims_and_goes_on(tmp_path, capsys):
    given = [*TINY.split(), "--out", str(tmp_path / "metamorphosis")]
    assert study.STUDY.main(study.NAME, given) == 0
    first = capsys.readouterr().out
    assert "Usual change: integrators are" in first and "C12: " in first and "C13: " in first
    (tmp_path / "invasion").mkdir()
    pd.DataFrame({"rare": [FOCUS], "common": [HARVEST], "years": [20.0], "word": ["invades"]}).to_csv(
        tmp_path / "invasion" / "invasion.csv", index=False
    )
    assert "whether it does: `make neutrality`, and which resource is short." in first
    short = ["free", "venture money", "rounds asked for and not got", 12, 0.5, 0.4, 0.6]
    (tmp_path / "neutrality").mkdir()
    pd.DataFrame([short], columns=["arm", "resource", "measure", "worlds", "mean", "low", "high"]).to_csv(
        tmp_path / "neutrality" / "binding.csv", index=False
    )
    assert study.STUDY.main(study.NAME, given) == 0
    again = capsys.readouterr().out
    assert again.count("(0 computed") == 3 and "(rounds asked for and not got) 50 % (40 to 60)." in again
    folder = tmp_path / "metamorphosis"
    page = (folder / "report.md").read_text(encoding="utf-8")
    assert "| deep integration | institution traffic | invades |" in page
    table: Any = pd.read_csv(folder / "metamorphosis.csv").set_index(["quantity", "pace", "arm"])["mean"]
    for pace in study.paces():
        moved = sum(table[f"change of their share: {way}", pace, study.ADAPTIVE] for way in study.WAYS)
        assert moved == pytest.approx(table["share of integrators at the end", pace, study.ADAPTIVE])
        assert table["platforms that turn", pace, study.STILL] == 0.0
        assert table["share of integrators at the end", pace, study.HARVEST] == 0.0
    assert (folder / "metamorphosis.png").stat().st_size > 10_000


def test_the_pace_is_not_to_be_set():
    settings: Any = SimpleNamespace(chosen={"pace_of_change": 0.2})
    with pytest.raises(UsageError, match="is what this study varies"):
        study.worlds(settings)
