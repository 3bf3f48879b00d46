"""What lines cost, earn and do: measures find what was planted; words are those of the table."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.measure import lines as measure
from experiments.measure.futures import FOCUS, NO_GAINS
from experiments.run.world import CONTROL
from experiments.studies import lines as study
from experiments.tell.words import number
from sim.links.clients import SIZES
from sim.links.lines import LINES
from tests.economies import LINKED, small
from tests.test_lives_facts import ALWAYS
from tests.test_lives_study import planted

TINY = "--worlds 2 --firms 200 --banks 4 --platforms 14 --burn-in 3 --quarters 20 --workers 1 --quiet"
pytestmark = pytest.mark.usefixtures("in_process")


@pytest.fixture(scope="module")
def economy():
    """Integrators with some clients; not to be changed."""
    return small("deep_integration", firms=600, platforms=24, parameters=LINKED).run(30)


# --- what lines cost and earn ----------------------------------------------------------------------------


def test_the_gains_of_all_lines_are_what_was_billed(economy):
    f, p = economy.firms, economy.p
    still = economy.branch(parameters={"hiding_most": 0.0}).run(4).firms  # nothing is hidden any more
    assert not still["hidden"].any()
    rows = np.flatnonzero((f["link"] >= 0) & (f["gain"] > 0.0))
    shown = measure.shown_by(economy, rows)
    # half of the rest is rate and debt, which settling has changed since the bill
    near = np.isclose(shown.sum(axis=0) * (1.0 - f["hidden"][rows]), f["gain"][rows], rtol=0.05)
    assert near.mean() > 0.8 and len(rows) > 20
    software = np.array([line.name for line in LINES]) == "software"
    made = p.process_gain * f["depth_software"][rows]
    np.testing.assert_allclose(
        shown[software][0], (1.0 - p.input_share) * f["sales"][rows] * made / (1 + made)
    )


def test_lines_are_told_by_size_and_add_up(economy):
    table: Any = measure.by_line(economy).set_index(["line", "size"])
    f, p = economy.firms, economy.p
    linked = np.flatnonzero(f["link"] >= 0)
    everybody = table.xs(measure.ALL, level="size")
    assert (everybody["clients"] == len(linked)).all()
    for size in SIZES:
        assert 0 <= table.loc[("software", size), "clients"] <= len(linked)
    assert sum(table.loc[("software", size), "clients"] for size in SIZES) == len(linked)
    for place, line in enumerate(LINES):
        row = everybody.loc[line.name]
        assert row["begun"] == pytest.approx(((f["lines_begun"][linked] >> place) & 1).mean())
        if row["at_work"] > 0.0:
            assert row["upkeep"] == pytest.approx(4.0 * p.depth_decay * row["project"])
            assert row["surplus"] == pytest.approx(row["fee"] - row["upkeep"])
            assert row["net"] == pytest.approx(row["gain"] - row["fee"] - row["effort"])
    software = everybody.loc["software"]
    deep = linked[(f["depth_software"][linked] > p.belief_depth)]
    scale = 100.0 * economy.market.wage_index
    assert software["sales"] == pytest.approx(4.0 * f["sales"][deep].mean() / scale)
    parts = everybody.loc[[line.name for line in LINES]]
    total = (parts["gain"].fillna(0.0) * parts["at_work"]).sum() / everybody.loc[measure.ALL, "at_work"]
    assert everybody.loc[measure.ALL, "gain"] == pytest.approx(total)


def test_where_nobody_is_linked_there_is_no_case():
    world = small().run(2)
    table: Any = measure.by_line(world)
    assert not table["clients"].any() and np.isnan(table[list(measure.PER_CLIENT)].to_numpy()).all()
    assert math.isnan(measure.chains(world)["beside"]) and math.isnan(measure.chains(world)["anchored"])
    assert measure.projects(world).index.tolist()[0] == next(iter(LINES)).name


# --- clients and first profits ---------------------------------------------------------------------------


def of_quarters(quarters: int, **columns) -> pd.DataFrame:
    return pd.DataFrame(
        {"since": range(1, quarters + 1), **dict.fromkeys(measure.KEPT_QUARTERS, 0.0), **columns}
    )


def test_churn_is_pooled_over_quarters_and_left_out_where_nobody_was():
    """Ten small clients of whom one leaves and one closes; then thirty of whom nobody does."""
    table = of_quarters(
        2, clients_small=[0.1, 0.3], churn_small=[0.2, 0.0], left_small=[0.1, 0.0],
        clients_large=[0.0, 0.1], churn_large=[math.nan, 0.5],
    )  # fmt: skip
    found = measure.churn(table)
    assert (found["churn_small"], found["left_small"]) == (pytest.approx(0.2), pytest.approx(0.1))
    assert found["churn_large"] == pytest.approx(2.0) and math.isnan(found["churn_middle"])


def test_first_profits_are_those_of_all_that_were_founded():
    """Four begin: one earns in its second quarter, one in its fourth, one dies in its third without, one is
    seen to the end without."""
    spans = [(0, ALWAYS), (0, ALWAYS), (0, 4), (0, ALWAYS)]
    earned = (2, 4, 9, 9)

    def profit(q, k):
        return 1.0 if q >= earned[k] else -1.0

    curve, found = measure.firsts(planted(8, spans, {2: 3}, profit=profit), 8)
    assert curve.tolist() == pytest.approx([0.0, 0.25, 0.25, 0.5, 0.5, 0.5, 0.5, 0.5])
    assert (found["half"], found["never"]) == (1.0, 1.0)
    assert found["within two years"] == 0.5 and math.isnan(found["within five years"])


def test_who_is_young_at_the_end_is_no_failure():
    """Two begin late: without an end of their own they count as long as they are seen."""
    spans = [(0, ALWAYS), (7, ALWAYS), (7, ALWAYS)]
    curve, found = measure.firsts(planted(8, spans, profit=lambda q, k: float(k == 0 and q >= 3)), 8)
    assert curve.tolist() == pytest.approx([0.0, 0.0, *[1.0] * 6]) and math.isnan(found["never"])


def test_nobody_founded_is_no_case():
    empty = pd.DataFrame({"since": [], "platform": [], **{name: [] for name in measure.KEPT_PLATFORMS}})
    curve, found = measure.firsts(empty, 5)
    assert np.isnan(curve).all() and all(math.isnan(value) for value in found.values())


def test_links_and_loans_along_a_chain_are_found():
    """Five links of platform 0: firm 0 buys of 1, 2 of 3, and 4 of a firm of platform 1. Firms 0 and 1 owe
    platform 0 six parts of ten, firm 5, in no chain of theirs, the rest."""
    world = small().run(1).branch("deep_integration").run(1)
    c = world.firms.columns
    for name in ("supplier_1", "supplier_2", "link", "debt_to"):
        c[name][:] = -1
    c["alive"][:7] = True
    c["link"][:7] = (0, 0, 0, 0, 0, -1, 1)
    c["supplier_1"][[0, 2, 4]] = (1, 3, 6)
    c["debt_to"][[0, 1, 5]] = 0
    owed = world.firms.books["platform_debt"]
    owed[:] = 0
    owed[[0, 1, 5]] = (500, 100, 400)
    found = measure.chains(world)
    assert found["beside"] == pytest.approx(4 / 6)
    assert found["anchored"] == pytest.approx(0.6) and found["owing"] == pytest.approx(2 / 6)
    n = np.count_nonzero(c["alive"])
    assert found["by_chance"] == pytest.approx(5 * 4 / (n - 1) / 6)  # each has one partner


# --- the study -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A tiny study of lines, and its folder."""
    folder = tmp_path_factory.mktemp("lines")
    assert study.STUDY.main("lines", [*TINY.split(), "--out", str(folder)]) == 0
    return folder


def test_the_study_tells_all_lines_sizes_and_numbers(run):
    table: Any = pd.read_csv(run / "lines.csv", keep_default_na=False, na_values=["nan"])
    lines = [*(line.name for line in LINES), measure.COMING_IN, measure.ALL]
    assert [name for name in dict.fromkeys(table["line"]) if name] == lines
    assert set(table.loc[table["line"] != "", "size"]) == {*SIZES, measure.ALL}
    assert set(table["quantity"]) >= {*study.BESIDE, *study.LEFT.values(), *study.COLUMNS}
    assert (run / "lines.png").stat().st_size > 20_000
    assert list(study.arms()) == [CONTROL, FOCUS, NO_GAINS]


def test_the_words_are_those_of_the_table(run):
    table = pd.read_csv(run / "lines.csv", keep_default_na=False, na_values=["", "nan"])
    table = table.fillna({"line": "", "size": ""}).set_index(["quantity", "line", "size"])
    report = (run / "report.md").read_text(encoding="utf-8")
    rows = [
        [c.strip() for c in line.strip("|").split("|")] for line in report.splitlines() if line[:1] == "|"
    ]
    wide = [row for row in rows if len(row) == len(study.COLUMNS) + 2 and not set(row[0]) <= set("-:")]
    assert wide[0] == ["line", "clients", *study.COLUMNS.values()]
    assert len(wide) == 1 + 4 * (len(list(LINES)) + 2)
    for line, size, *cells in wide[1:]:
        for what, cell in zip(study.COLUMNS, cells, strict=True):
            row = table.loc[(what, line.replace(" ", "_") if line != measure.COMING_IN else line, size)]
            times, unit = (100.0, " %") if study.is_share(what) else (1.0, "")
            assert cell == (f"{number(times * row['mean'])}{unit}" if row["worlds"] else "no case")
    short = {row[0]: row for row in rows if len(row) == 3}
    for quantity, published in study.BESIDE.items():
        assert short[quantity][2] == published


def test_published_churn_is_that_of_the_evidence():
    import tomllib
    from pathlib import Path

    facts = tomllib.loads((Path(__file__).parents[1] / "seeds" / "evidence.toml").read_text(encoding="utf-8"))
    large, middle, small_ones, _ = facts["CLIENT_CHURN"]["value"]
    for size, value in (("large", large), ("middle", middle), ("small", small_ones)):
        low, high = study.PUBLISHED[size]
        assert low <= value <= high
        assert f"{100 * low:.0f} to {100 * high:.0f} %" in facts["CLIENT_CHURN"]["says"]


def test_worlds_count_once_each_and_intervals_are_over_them():
    """Twelve worlds in which 1 to 12 % of small clients leave in the last of twelve quarters."""
    lines = pd.DataFrame(
        [{"line": "software", "size": size, "begun": 1.0, "at_work": 1.0, "clients": 3.0}
         | dict.fromkeys(measure.PER_CLIENT, 50.0) for size in (*SIZES, measure.ALL)]
    )  # fmt: skip
    chains = {"beside": 0.2, "by_chance": 0.1, "owing": 0.0, "anchored": math.nan}
    parts: dict[str, list[Any]] = {"quarters": [], "platforms": [], "lines": [], "chains": []}
    for world in range(12):
        left = np.zeros(12)
        left[-4:] = (world + 1) / 100
        table = of_quarters(12, clients_small=0.1, churn_small=left, lines=1.5)
        parts["quarters"].append(table.assign(world=world))
        parts["platforms"].append(
            planted(12, [(0, ALWAYS)], profit=lambda q, k: float(q > 4)).assign(world=world)
        )
        parts["lines"].append(lines.assign(world=world, gain=50.0 + world))
        parts["chains"].append(pd.DataFrame([chains]).assign(world=world))
    found, firsts, many = study.of_worlds({name: pd.concat(of) for name, of in parts.items()})
    table = found.set_index(["quantity", "line", "size"])
    row = table.loc[(study.CHURN["small"], "", "")]
    assert (row["worlds"], row["mean"]) == (12, pytest.approx(4 * 0.065)) and row["low"] < row["mean"] < row[
        "high"
    ]
    assert table.loc[("gain", "software", "large"), "mean"] == pytest.approx(55.5)
    assert table.loc[("gain of sales", "software", "large"), "mean"] == pytest.approx(1.11)
    assert table.loc[(study.CHURN["large"], "", ""), "worlds"] == 0
    assert table.loc[(study.HALF, "", ""), "mean"] == pytest.approx(5 / 4)
    assert firsts.shape == many.shape == (12, 12)
