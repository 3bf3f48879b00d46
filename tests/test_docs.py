"""What the documents say is what the code does: generated parts, commands, examples, links."""

import importlib
import re
import tomllib
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import sim
from experiments.__main__ import found
from experiments.document import api, documents, matrices, outcomes, quoted
from experiments.measure import proportions
from experiments.measure.lines import projects
from experiments.measure.measures import MEASURES
from experiments.run.provenance import code_hash
from experiments.run.store import Store, StoreError
from experiments.studies import magnitudes
from sim import Economy, Parameters
from sim.accounts import MONEY
from sim.engine.chart import Flow
from sim.engine.parameters import seeds
from tests.economies import small

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "sim" / "MODEL.md"
PAGES = [MODEL, *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
CHART, FLOWS, INSTRUMENTS = matrices.CHART, matrices.FLOWS, matrices.INSTRUMENTS
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDES = README + "".join(
    (ROOT / f"{n}.md").read_text(encoding="utf-8") for n in ("CONTRIBUTING", "CHANGELOG")
)
AGAIN = "make docs writes it anew"


def cells(markdown: str) -> list[list[str]]:
    """The cells of a Markdown table, head first, without the ruling."""
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in (lines[0], *lines[2:])]


def written(name: str) -> str:
    """A page of the reference as it lies there."""
    return documents.path(name).read_text(encoding="utf-8")


def shown(name: str, part: str = "") -> str:
    """A page of results, or one of its parts."""
    text = (quoted.RESULTS / f"{name}.md").read_text(encoding="utf-8")
    return text.split(f"## {part}\n", 1)[1].split("\n## ")[0] if part else text


def blocks(markdown: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", markdown, flags=re.DOTALL | re.MULTILINE)


# -- what the code alone decides ------------------------------------------------------------------------


@pytest.mark.parametrize("name", documents.PAGES)
def test_a_generated_page_is_what_the_code_generates(name):
    assert written(name) == documents.PAGES[name].text(), AGAIN


def test_nothing_but_generated_pages_lies_among_them():
    assert {path.stem for path in (ROOT / "docs" / "reference").iterdir()} == set(documents.PAGES)


def test_the_description_is_short_enough_to_be_read_and_has_no_generated_part():
    text = MODEL.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 560
    assert "<!--" not in text


def test_the_description_travels_with_the_package():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "MODEL.md" in settings["tool"]["setuptools"]["package-data"]["sim"]


def test_every_parameter_is_listed_with_its_value_unit_range_and_source():
    rows = {row[0].strip("`"): row for row in cells(written("parameters"))[1:]}
    declared = Parameters.declarations()
    assert set(rows) == set(declared)
    for name, one in declared.items():
        _, value, unit, allowed, source, *_ = rows[name]
        assert (unit, source) == (one.unit, one.source)
        if one.kind is bool:
            assert value == ("yes" if one.value else "no")
        else:
            assert float(value.replace(",", "")) == one.value
            low, high = (float(text.replace(",", "")) for text in allowed.split(" to "))
            assert (low, high) == (one.low, one.high), name


def test_every_flow_is_listed_and_has_its_place_in_the_matrices():
    listed = [row[0] for row in cells(written("flows"))[1:]]
    paid = [name for name, one in FLOWS.items() if isinstance(one, Flow) and one.in_money]
    booked = [name for name in FLOWS if name not in paid]
    assert listed == list(FLOWS)
    rows = {
        part: [row[0] for row in cells(shown("matrices", part))[1:]] for part in ("transactions", "bookings")
    }
    assert rows["transactions"] == [*paid, "change of money"]
    assert rows["bookings"] == booked


def test_the_schedule_names_what_a_step_calls_in_its_order():
    steps = [row[2].strip("`") for row in cells(written("schedule"))[1:]]
    assert (
        steps.index("from_banks.lend_to_firms")
        < steps.index("firms: produces")
        < steps.index("goods.sell_goods")
    )
    assert steps.index("ledger.close") == steps.index("news.looks_back") - 1
    assert all(row[3] for row in cells(documents.schedule())[1:]), "a step without a docstring"


def test_names_to_use_are_listed_as_they_are_called():
    page = written("api")
    assert {f"### {name}" for name in sim.__all__} <= set(page.splitlines())
    assert "\n.run(quarters: int, progress: bool=False) -> 'Economy'\n" in page
    assert "\n    firms: int=10000,\n" in page and "(self," not in page
    assert api.apart("a: dict[str, int]=f(1, 2), *, b: int") == ["a: dict[str, int]=f(1, 2)", "*", "b: int"]


def test_every_account_of_every_table_is_a_column_in_the_list():
    economy = small()
    sections = dict(re.findall(r"\*\*(\w+)\*\*: .*\n\n((?:\|.*\n?)+)", written("columns")))
    assert set(sections) == set(economy.tables)
    for name, table in economy.tables.items():
        rows = {row[0].strip("`"): row[1] for row in cells(sections[name])[1:]}
        assert set(rows) == set(table.columns)
        assert {column for column, unit in rows.items() if unit == "account, fen"} == set(table.books)


# -- matrices -------------------------------------------------------------------------------------------


def sign(cell: str) -> int:
    return 0 if not cell else -1 if cell.startswith(matrices.MINUS) else 1


def value(cell: str) -> float:
    return float(cell.replace(matrices.MINUS, "-")) if cell and cell[0] != matrices.WITHIN else 0.0


def test_the_written_flow_matrix_has_the_signs_of_the_chart_and_closes():
    head, *rows = cells(shown("matrices", "transactions"))
    assert head[1:] == list(matrices.COLUMNS)
    for name, *line in rows[:-1]:
        one = FLOWS[name]
        assert isinstance(one, Flow)
        signs = dict(zip(head[1:], map(sign, line), strict=True))
        within = [place for place, text in zip(head[1:], line, strict=True) if text[:1] == matrices.WITHIN]
        if within:  # firms pay firms
            assert [place.partition(",")[0] for place in within] == [one.payer] == [one.payee], name
            continue
        (payer,), (payee,) = ([place for place in signs if signs[place] == side] for side in (-1, 1))
        payer, payee = payer.partition(",")[0], payee.partition(",")[0]
        assert (payer, payee) == (one.payer, one.payee), name
        assert sum(map(value, line)) == pytest.approx(0.0, abs=0.011), name
    for place, *column in zip(*(head, *rows), strict=True):
        if place in matrices.COLUMNS:
            assert sum(map(value, column)) == pytest.approx(0.0, abs=0.005 * len(column)), place


def test_the_written_balance_sheet_has_the_signs_of_the_chart_and_closes():
    head, *rows = cells(shown("matrices", "balance sheet"))
    assert head[1:-1] == list(matrices.SECTORS)
    assert set(matrices.SECTORS) == set(MONEY)
    found = {name: dict(zip(head[1:-1], map(sign, line[:-1]), strict=True)) for name, *line in rows}
    for name, one in INSTRUMENTS.items():
        held = {sector: 1 for sector, _ in one.holders} | {sector: -1 for sector, _ in one.issuers}
        assert {sector: s for sector, s in found[name].items() if s} == held
    assert set(found) == {
        *INSTRUMENTS,
        *(account.replace("_", " ") for _, account in CHART.real),
        "net worth",
    }
    for column in list(zip(*rows, strict=True))[1:]:
        assert sum(map(value, column)) == pytest.approx(0.0, abs=0.005 * len(column))


def money(economy: Economy) -> dict[str, int]:
    """What each sector has of deposits and reserves, less what it owes of them [fen]."""
    sheet = economy.ledger.balance_sheet()
    return {name: sheet["deposits"][name] + sheet["reserves"][name] for name in economy.tables}


@pytest.mark.parametrize("strategy", ["consumer_traffic", "deep_integration"])
def test_what_a_sector_receives_and_pays_is_the_change_of_its_money_to_the_fen(strategy):
    economy = small(strategy).run(12)
    before = money(economy)
    economy.step()
    rows = matrices.transactions(economy.records.of_flows[-1])
    gained = {name: -fen for name, fen in rows.pop("change of money").items()}
    firms = gained.pop(matrices.CURRENT) + gained.pop(matrices.CAPITAL)
    after = money(economy)
    assert {"firms": firms, **gained} == {name: after[name] - before[name] for name in before}
    assert sum(map(abs, after.values())) > 0
    assert {sum(row.values()) for row in rows.values()} == {0}


# -- magnitudes -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory, in_process):
    """A tiny run through the command line: its folder and what it returned."""
    out = tmp_path_factory.mktemp("magnitudes")
    words = "--worlds 1 --firms 400 --banks 4 --platforms 12 --giants 1 --burn-in 16 --quarters 12 --quiet"
    words += " --workers 1 --sizes-worlds 1 --sizes-quarters 8"
    return out, magnitudes.STUDY.main("magnitudes", [*words.split(), "--out", str(out)])


def test_the_tables_of_magnitudes_in_the_text_are_those_that_the_script_makes(run):
    out, code = run
    assert code == 0
    found = pd.read_csv(out / "magnitudes.csv")
    assert list(found["table"].unique()) == list(magnitudes.TITLES)
    sections = shown("magnitudes").split("\n\n**")[1:]
    for (name, title), section in zip(magnitudes.TITLES.items(), sections, strict=True):
        upright = magnitudes.upright(found, name)
        assert section.startswith(f"{title}**")
        head, *rows = cells(section)
        assert head[1:] == list(upright.columns)
        assert [row[0] for row in rows] == list(upright.index)
        assert title in (out / "magnitudes.txt").read_text(encoding="utf-8")


def test_no_bank_lends_less_than_the_least_loan_that_pays_for_its_file():
    economy = small(firms=9_000).run(20)
    least = proportions.bank_file(economy)["safe"]
    asked, granted = economy.firms["loan_wanted"], economy.firms["loan_granted"]
    assert asked[granted > 0.0].min() >= least
    assert ((asked > 0.0) & (asked < least)).sum() > 10


def test_the_sum_of_the_banks_is_what_their_books_say():
    economy = small().run(8)
    lines = proportions.bank_lines(economy)
    table = proportions.banks([lines])
    b = economy.banks
    kept = float((b["profit"] - b["tax_paid"]).sum())
    assert table.loc["= return", "% of capital a year"] == pytest.approx(400.0 * kept / lines["capital"])
    margin = float((b["interest_income"] - b["interest_cost"]).sum())
    assert table.loc["= margin", "% of assets a year"] == pytest.approx(400.0 * margin / lines["assets"])


def test_rows_in_which_nobody_lives_say_nothing_of_platforms():
    world = small(platforms=40).run(4)
    linked = {"deep_integration": world.branch("deep_integration").run(1)}
    lived = {name: world.branch(name).run(12) for name in ("consumer_traffic", "deep_integration")}

    def told():
        one = linked["deep_integration"]
        return proportions.files(world, linked), projects(one), proportions.fund(lived)

    before = told()
    for twin in (*linked.values(), *lived.values()):
        rows = twin.platforms
        vacant = ~rows["alive"]
        for name in ("take", "gain_share", "file_like_a_bank", "venture_total", "revenue_total"):
            rows[name] = np.where(vacant, 9.0, rows[name])
        assert vacant.sum() > 5
    for one, other in zip(before, told(), strict=True):
        pd.testing.assert_frame_equal(one, other)
    twin = lived["consumer_traffic"]
    held = [of["users"][of["alive"]].sum() for of in twin.records.of_platforms[-proportions.LATE :]]
    found = proportions.users(lived).loc["consumer_traffic", "share of persons' places held [%]"]
    assert found == pytest.approx(100.0 * np.mean(held) / (2 * len(twin.consumers)))


def test_figures_are_written_for_people():
    written = [magnitudes.figure(x) for x in (12_345.0, 0.012345, -3.0, float("inf"), float("nan"))]
    assert written == ["12,300", "0.0123", "-3", "never", "-"]


# -- quoted results -------------------------------------------------------------------------------------


def test_a_result_is_quoted_with_the_command_that_repeats_it(tmp_path):
    arguments = {"worlds": 2, "firms": 300, "seed": 4, "burn_in": 0, "consumers": None, "full": False}
    for name in ("core", "compare"):
        Store(tmp_path / name).describe({"arguments": {**arguments, "chosen": {"rate_cap": 0.03}}})
    (tmp_path / "core" / "core.txt").write_text("all is well\n")
    (tmp_path / "compare" / "report.md").write_text("# Title\n\n**Who** wins\n\n![one](one.png)\n\nTables")
    typed = '`make {} ARGS="--worlds 2 --firms 300 --burn-in 0 --seed 4 --rate-cap 0.03"`'
    pages = quoted.by_results(tmp_path)
    assert set(pages) == {"core", "compare"}
    assert pages["core"].endswith(f"{typed.format('core')}\n\n```text\nall is well\n```\n")
    assert pages["compare"].endswith(f"{typed.format('compare')}\n\n```text\nWho wins\n```\n")
    typed = quoted.command("lives", {**arguments, "full": True})
    assert typed.startswith('make lives ARGS="--full --worlds 2')
    (tmp_path / "compare" / "manifest.json").unlink()
    with pytest.raises(StoreError, match="is missing: run"):
        quoted.by_results(tmp_path)


def test_a_result_that_another_code_has_made_is_warned_of(tmp_path):
    pages = {"new": quoted.page("New", "one"), "silent": "# Silent\n"}
    now = code_hash(Economy)
    pages["old"] = pages["new"].replace(now, "0" * 64)
    quoted.write(pages, tmp_path)
    assert quoted.old_ones(tmp_path) == [
        f"warning: docs/results/old.md was made by an older code, {'0' * 12}",
        "warning: docs/results/silent.md does not say which code made it",
    ]


def test_the_answers_to_the_claims_in_the_readme_are_those_of_their_page():
    page = (quoted.RESULTS / "verdict.md").read_text(encoding="utf-8")
    quoted_ones = re.findall(r"^\| (C\d+) \| ([a-z ]+) \|", page, flags=re.MULTILINE)
    told = re.findall(r"^\| (C\d+) \| (.+) \| ([a-z ]+) \|$", README, flags=re.MULTILINE)
    assert [(name, answer) for name, _, answer in told] == quoted_ones
    assert [statement for _, statement, _ in told] == [one["statement"] for one in seeds("claims").values()]


def test_the_outcomes_of_before_are_36_and_the_page_says_what_became_of_each():
    assert len(outcomes.directions()) == len(outcomes.MORE) + len(outcomes.LESS) == 36
    page = (quoted.RESULTS / "outcomes.md").read_text(encoding="utf-8")
    assert outcomes.fates() in page
    assert all(MEASURES[primary].primary for primary, _ in outcomes.INSTEAD.values())


def test_every_result_has_a_page_that_says_which_code_made_it():
    assert {*quoted.SCRIPTS, "magnitudes", "matrices"} <= {path.stem for path in quoted.RESULTS.glob("*.md")}
    assert not [line for line in quoted.old_ones(quoted.RESULTS) if "does not say" in line]


# -- README ---------------------------------------------------------------------------------------------


def test_the_goals_of_make_that_the_documents_name_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    goals = {*re.findall(r"^([a-z_-]+):", makefile, flags=re.MULTILINE), *found()}
    named = re.findall(r"(?:^|`)make ([a-z_-]+)", GUIDES + TEXT, flags=re.MULTILINE)
    assert {"compare", "test"} <= set(named)
    assert set(named) <= goals


def test_the_modules_and_files_that_the_documents_name_exist():
    for module in re.findall(r"python -m ((?:sim|experiments|tests)[a-z_.]+)", GUIDES + TEXT):
        assert (ROOT / (module.replace(".", "/") + ".py")).is_file(), module
    linked = re.findall(r"\]\(([^)#:]+)\)", GUIDES)
    named = re.findall(r"`((?:sim|experiments|tests|seeds|docs)/[\w/.]*)`", GUIDES + TEXT)
    assert "sim/MODEL.md" in linked
    assert [path for path in {*linked, *named} if not (ROOT / path).exists()] == []


def test_every_folder_with_code_is_in_the_layout():
    folders = {path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("sim/**/*.py")}
    assert {f"{folder}/" for folder in folders} <= set(re.findall(r"`([\w/]+/)`", README))


def test_the_citation_has_the_version_of_the_project():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert sim.__version__ == version
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## {version}\n" in GUIDES
    with pytest.raises(AttributeError, match="no attribute 'version'"):
        sim.__getattr__("version")


def test_the_rule_that_is_shown_is_one(tmp_path, monkeypatch):
    (shown,) = blocks(GUIDES.partition("# How to add")[2], "python")
    (tmp_path / "round_prices.py").write_text(shown, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    economy = small()
    economy.each(economy.firms, importlib.import_module("round_prices").asks_for_a_round_price)
    assert (economy.firms["price"] == economy.firms["price"].round()).all()


def test_the_figure_is_small_enough_to_be_kept():
    figures = [ROOT / path for path in re.findall(r"\]\((docs/[^)]+\.png)\)", README)]
    assert figures
    for name, drawn in quoted.FIGURED.items():
        text = (quoted.RESULTS / f"{name}.md").read_text(encoding="utf-8")
        figures += [quoted.RESULTS / f"{one}.png" for one in drawn]
        assert all(f"]({one}.png)" in text for one in drawn)
    assert all(0 < path.stat().st_size < 200_000 for path in figures)


def test_a_figure_that_is_kept_is_made_small(tmp_path):
    noise = np.random.default_rng(1).integers(0, 255, (900, 2_400, 3)).astype(np.uint8)
    plt.imsave(tmp_path / "drawn.png", noise)
    quoted.keep_figure(tmp_path / "drawn.png", tmp_path / "kept.png")
    kept = plt.imread(tmp_path / "kept.png")
    assert kept.shape[1] == quoted.WIDEST and abs(kept.shape[0] / kept.shape[1] - 900 / 2_400) < 0.01
    assert len(np.unique(kept.reshape(-1, kept.shape[-1]), axis=0)) <= quoted.COLOURS


def test_the_examples_run_as_they_are_written(in_process):
    """Worlds in this process; that workers start from a script is asked in the tests of ensembles."""
    code = "\n".join(blocks(README, "python"))
    assert len(blocks(README, "python")) >= 3
    code, count = re.subn(r"\(firms=10_000", "(firms=300, platforms=8", code)
    assert count, "no economy of one model in the examples"
    sizes = {r"firms=[\d_]+": "firms=300", r"\.run\(\d+": ".run(3", r"seed=\d+": "seed=2"}
    sizes |= {r"worlds=\d+": "worlds=1", r"quarters=\d+": "quarters=6"}
    for long, short in sizes.items():
        code, count = re.subn(long, short, code)
        assert count, f"nothing in the examples looks like {long}"
    matplotlib.use("agg")
    exec(code, {"__name__": "__main__"})
    plt.close("all")
