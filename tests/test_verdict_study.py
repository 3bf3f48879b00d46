"""The promise: `make verdict` answers every claim in the worlds of the main job under a registered seed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from experiments.judge.register import digest
from experiments.run.command import SEED, SEEDS, read, seed_of
from experiments.run.store import Store
from experiments.studies import compare, core, either_side, verdict
from experiments.tell.report import Report

TINY = "--worlds 2 --firms 200 --banks 4 --platforms 12 --burn-in 3 --quarters 8 --lead-in 8 --quiet"
# that nothing is lived again needs no judge
BRIEF: dict[str, Any] = {
    "judge": lambda tables: tables,
    "tell": lambda found: Report("told", page="brief.md"),
}
pytestmark = pytest.mark.usefixtures("in_process")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The main job and the verdict, one after the other, under the registered seed."""
    root = tmp_path_factory.mktemp("results")
    for name, study in (("compare", compare.STUDY), ("verdict", verdict.STUDY)):
        assert study.main(name, [*TINY.split(), "--out", str(root / name)]) == 0
    return root


def test_the_verdict_lives_no_world_that_the_main_job_has_lived(run, capsys):
    again, first = (replace(study.STUDY, **BRIEF) for study in (verdict, compare))
    assert again.main("verdict", [*TINY.split(), "--out", str(run / "verdict")]) == 0
    printed = capsys.readouterr().out
    assert "(0 computed" in printed and "2 from before)" in printed
    assert not (run / "verdict" / "worlds").exists()
    assert first.main("compare", [*TINY.split(), "--out", str(run / "compare")]) == 0
    assert "(0 computed" in capsys.readouterr().out


def rows(claims: pd.DataFrame) -> list[str]:
    """Lines of the table of claims."""
    cells = zip(claims["claim"], claims["word"], claims["sentence"], strict=True)
    return [f"| {' | '.join(line)} |" for line in cells]


def test_table_sentences_numbers_and_figure_are_written(run):
    folder = run / "verdict"
    claims, contrasts = (pd.read_csv(folder / f"{name}.csv") for name in ("claims", "contrasts"))
    assert claims["claim"].tolist() == [f"C{n}" for n in range(1, 22)]
    assert set(claims["word"]) == {"undecided"}  # of two worlds
    assert set(contrasts["claim"]) == set(claims.loc[claims["word"] == "undecided", "claim"])
    page = (folder / "report.md").read_text(encoding="utf-8")
    assert all(line in page for line in rows(claims))
    assert "Narrower than the claim: " in page and f"- Seed: {seed_of(digest())}" in page
    assert (folder / "claims.png").stat().st_size > 10_000
    told = (run / "compare" / "report.md").read_text(encoding="utf-8")
    _, _, section = told.partition("## What this says of the essay's claims")
    mine = claims.loc[claims["study"] == "compare"]
    assert len(mine) == 13
    assert all(line in section for line in rows(mine))


def test_claims_are_asked_once_more_where_founders_choose(run):
    folder = run / "verdict"
    claims, free, contrasts = (
        pd.read_csv(folder / f"{name}.csv", keep_default_na=False)
        for name in ("claims", "claims_free", "contrasts_free")
    )
    assert (
        free["claim"].tolist() == claims["claim"].tolist()
        and free["pure"].tolist() == claims["word"].tolist()
    )
    asked = free.loc[free["free"] != ""]
    assert set(asked["claim"]) == {"C4", "C5", "C7", "C8", "C9", "C11", "C15", "C18", "C21"}
    assert set(asked["differ"]) == {"not known"}  # of two worlds
    assert (free.loc[free["free"] == "", "lacking"] != "").all()
    assert set(contrasts["claim"]) == set(asked["claim"]) and (folder / "change_free.csv").exists()
    page = (folder / "report.md").read_text(encoding="utf-8")
    _, _, section = page.partition("## Under a free choice of founders")
    assert all(f"- {name}: {text}" in section for name, text in asked[["claim", "sentence"]].to_numpy())


def test_the_seed_comes_from_the_register_and_is_stored_with_its_hash(run):
    arguments = Store(run / "compare").description()["arguments"]
    assert arguments["register"] == digest()
    assert arguments["seed"] == seed_of(digest()) != SEED
    for name, study in (("compare", compare.STUDY), ("either_side", either_side.STUDY)):
        built = study.parser(name)
        usual, chosen = read(built, []), read(built, ["--seed", "7"])
        assert (usual.seed, chosen.seed) == (seed_of(digest()), 7)
        assert usual.register == chosen.register == digest()
    assert read(core.STUDY.parser("core"), []).seed == SEED
    assert 0 <= seed_of("f" * 64) < SEEDS and seed_of("0" * 63 + "9") == 9


def test_the_register_is_stored_before_the_first_world_is_lived(tmp_path, monkeypatch):
    def refuses(*_, **__):
        assert Store(tmp_path).description()["arguments"]["register"] == digest()
        raise KeyboardInterrupt

    monkeypatch.setattr("experiments.run.ensemble.serial", refuses)
    assert compare.STUDY.main("compare", [*TINY.split(), "--out", str(tmp_path)]) == 130
    assert Store(tmp_path).description()["state"] == "interrupted"


def test_results_of_another_register_are_told_in_a_line(run, tmp_path):
    settings = read(compare.STUDY.parser("compare"), ["--out", str(tmp_path)])
    assert settings.changed() == ""  # nothing is there
    Store(tmp_path).describe({"arguments": {**settings.arguments, "register": "ab" * 32, "seed": 3}})
    line = settings.changed()
    assert "made under another register (abababababab, seed 3)" in line and "\n" not in line
    assert read(compare.STUDY.parser("compare"), ["--out", str(run / "compare")]).changed() == ""
