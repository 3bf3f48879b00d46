"""A report is one page that needs nothing else; all its sentences and titles are read from its tables."""

from __future__ import annotations

import base64
import dataclasses
import html
import io
import re
import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from experiments.judge import comparison, signal
from experiments.judge.binding import bound
from experiments.judge.family import BETTER, NO_DIFFERENCE, WORDS, WORSE
from experiments.judge.means import mean_interval
from experiments.judge.stakes import EARNS, REVENUE, lives_from, of_median, stakes, worth
from experiments.judge.verdict import Verdict, verdict
from experiments.measure.futures import FOCUS, NO_GAINS
from experiments.measure.measures import MEASURES, PRIMARY, VERDICT
from experiments.run.world import CONTROL
from experiments.studies import compare
from experiments.tell import figures, terms
from experiments.tell import verdict as told
from experiments.tell.drawing import mean_curve, panels, styled
from experiments.tell.page import html_page
from experiments.tell.report import Report
from experiments.tell.words import label, number, readable
from tests import check_page
from tests.test_claims import planted as answered
from tests.test_compare import LABELS, planted
from tests.test_neutrality_study import limited
from tests.test_verdict import drawn, ensemble

WORLDS, QUARTERS = 24, 40


def quarters(key: int = 3) -> pd.DataFrame:
    """Quarters of every arm in which the focus pays from the sixth year on, and the others from the first."""
    luck = np.random.default_rng(key)
    parts = []
    for world in range(WORLDS):
        for arm in LABELS:
            since = np.arange(1, QUARTERS + 1)
            revenue = 0.0 if arm == CONTROL else 1e-4 * (1 + LABELS.index(arm)) * luck.lognormal(0.0, 0.3)
            late = since > 20 if arm == FOCUS else since > 0
            parts.append(
                pd.DataFrame(
                    {
                        "world": world, "arm": arm, "luck": 1, "since": since, "quarter": since + 8,
                        "gdp": 4e9, "price_level": 100.0, "consumption": 3e7,
                        "output": 1e6 * (1 + 0.01 * luck.standard_normal(QUARTERS)),
                        "platform_revenue": revenue, "platform_profit": np.where(late, 0.1, -1.0) * revenue,
                        "platform_growth_spend": revenue, "venture_funding": 2.0 * revenue,
                        "platforms_alive": 0.0 if arm == CONTROL else np.maximum(1.0, 30 - world - since / 2),
                        "losses_of_households": revenue / 2.0, "losses_of_banks": 5e-3,
                    }
                )
            )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def found() -> compare.Found:
    """A finding without any model behind it."""
    judged = verdict(ensemble({"consumption_gain": 4.0, "losses_of_others": -4.0}), drawn(), range(25))
    table = quarters()
    units = {name: one.unit for name, one in MEASURES.items()}
    yuan = judged.primary["outcome"].map(worth(table, units, 10_000.0))
    judged = dataclasses.replace(judged, primary=judged.primary.assign(yuan=yuan))
    compared = comparison.compare(planted(LABELS))
    claims = answered({"C4": -5.0, "C9": 0.0, "C11": 5.0})
    values = ensemble({"consumption_gain": 4.0})
    chance = signal.signal(values, PRIMARY, [(FOCUS, CONTROL)], table.assign(unemployment=0.05))
    short = pd.concat([limited(FOCUS, 25), limited(CONTROL, 25)])
    return compare.Found(judged, claims, compared, stakes(table), table, chance, bound(short, [FOCUS]))


@pytest.fixture(scope="module")
def written(found, tmp_path_factory):
    """The report in its folder, and the text of its page."""
    folder, report = tmp_path_factory.mktemp("page"), compare.tell(found)
    page = report.write(folder, {"Code": "0" * 64})
    assert page == folder / "report.html"
    return report, folder, page.read_text(encoding="utf-8")


class Read(HTMLParser):
    """Tags with their attributes, tables cell by cell, and items of lists."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.tables: list[list[list[str]]] = []
        self.items: list[str] = []
        self.into: str = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self.into = "cell"
        elif tag == "li":
            self.items.append("")
            self.into = "item"

    def handle_endtag(self, tag):
        self.into = "" if tag in ("td", "th", "li") else self.into

    def handle_data(self, data):
        if self.into == "cell":
            self.tables[-1][-1][-1] += data
        elif self.into == "item":
            self.items[-1] += data

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.tags if name == tag]


# -- one page -----------------------------------------------------------------------------------------


def test_a_page_asks_for_nothing_from_outside(written):
    _, folder, text = written
    page = Read(text)
    beside = {path.name for path in folder.iterdir()}
    loaded = [attrs[name] for _, attrs in page.tags for name in ("src", "srcset", "data") if name in attrs]
    assert loaded and all(one.startswith("data:image/png;base64,") for one in loaded)
    linked = [attrs["href"] for _, attrs in page.tags if "href" in attrs]
    assert all(one.startswith("#") or one in beside for one in linked)
    assert not re.search(r"https?:|url\(|@import|<script|<link|<iframe", text)
    assert {attrs["href"][1:] for attrs in page.of("a") if attrs["href"].startswith("#")} == {
        attrs["id"] for attrs in page.of("h2")
    }


def test_every_picture_is_in_the_page_and_its_alternative_is_its_title(written):
    report, folder, text = written
    shown = Read(text).of("img")
    assert len(shown) == len(report.figures) == 4
    for attrs, (name, draw) in zip(shown, report.figures.items(), strict=True):
        content = base64.b64decode(attrs["src"].partition(",")[2])
        assert content == (folder / f"{name}.png").read_bytes()
        with Image.open(io.BytesIO(content)) as image:
            assert image.width > 900 and image.info["Code"] == "0" * 64
        assert attrs["alt"] == " ".join(draw().get_suptitle().split())


def test_a_picture_that_is_not_there_is_no_page():
    with pytest.raises(KeyError, match=re.escape("gone.png")):
        html_page("A page", "# A page\n\n![gone](gone.png)", {}, {})


def test_the_ten_lines_are_the_same_in_the_terminal_in_markdown_and_on_the_page(written):
    report, folder, text = written
    lines = [line.removeprefix("- ") for line in report.words.splitlines()]
    assert len(lines) <= 10
    assert Read(text).items[: len(lines)] == lines
    assert [line.removeprefix("- ") for line in report.printed.splitlines()[2:]] == lines
    markdown = (folder / "report.md").read_text(encoding="utf-8").splitlines()
    assert [line.removeprefix("- ") for line in markdown[2 : 2 + len(lines)]] == lines


def test_tables_on_the_page_are_the_numbers_of_the_files(written):
    _, folder, text = written
    head, *rows = next(one for one in Read(text).tables if one[0][0] == "outcome" and one[0][-1] == "verdict")
    table = pd.read_csv(folder / "primary.csv")
    table = table.loc[table["horizon"] == VERDICT]
    assert len(rows) == len(table)
    for cells, (_, row) in zip(rows, table.iterrows(), strict=True):
        shown = dict(zip(head, cells, strict=True))
        times, unit = readable(str(row["unit"]), difference=True)
        assert shown["outcome"] == f"{MEASURES[row['outcome']].title} [{unit}]"
        assert (shown["arm"], shown["against"]) == (label(row["arm"]), label(row["other"]))
        low, _, high = shown["interval (95 %)"].partition(" to ")
        for cell, name in ((shown["difference"], "difference"), (low, "low"), (high, "high"),
                           (shown["margin"], "margin"), (shown["placebo"], "placebo")):  # fmt: skip
            assert float(cell.replace("−", "-")) == pytest.approx(times * row[name], rel=0.006), name
        assert shown["verdict"] == row["word"]


def test_whoever_cannot_see_the_page_can_read_it(written):
    page = Read(written[2])
    assert page.of("html") == [{"lang": "en-GB"}]
    assert [len(page.of(tag)) for tag in ("main", "nav", "h1", "title")] == [1, 1, 1, 1]
    assert {attrs["scope"] for attrs in page.of("th")} == {"col", "row"}
    boxes = [attrs for attrs in page.of("div") if attrs["class"] == "wide"]
    assert len(boxes) == len(page.tables) > 5 and all(one["aria-label"] for one in boxes)


def test_words_are_defined_where_they_first_stand(written):
    report, folder, text = written
    met = terms.met(report.words)
    assert {"world", "no platforms", "deep integration", "placebo", "consumption gain", "Holm"} <= set(met)
    told_of = [html.unescape(one["title"]) for one in Read(text).of("abbr")]
    assert sorted(told_of) == sorted(met.values())
    markdown = (folder / "report.md").read_text(encoding="utf-8")
    assert all(f"- **{term}**: {says}." in markdown for term, says in met.items())
    assert markdown.index("## What these words mean") < markdown.index("## Figures")


def test_a_section_that_a_study_adds_is_on_the_page(tmp_path):
    report = Report("Words.", title="A title", claims="## Claims\n\n| | answer |\n|---|---|\n| C1 | open |",
                    more="## More\n\nMuch < more.")  # fmt: skip
    page = report.write(tmp_path, {}).read_text(encoding="utf-8")
    assert page.index("Words.") < page.index('<th scope="row">C1</th>') < page.index("Much &lt; more.")
    assert Report("bare", page="core.txt", title="T").write(tmp_path, {}) == tmp_path / "core.txt"


# -- every sentence and title from the tables ---------------------------------------------------------


def shuffled(found: Verdict, key: int) -> Verdict:
    """The same questions with any words and any numbers."""
    luck = np.random.default_rng(key)
    table = found.primary.copy()
    size = luck.lognormal(0.0, 1.0, len(table)) * table["margin"] * luck.choice([-1.0, 1.0], len(table))
    table["difference"], table["low"], table["high"] = size, size - table["margin"], size + table["margin"]
    table["placebo"] = luck.lognormal(0.0, 1.0, len(table)) * table["margin"]
    table["word"] = luck.choice(WORDS, len(table))
    table["on"] = np.where(table["word"] == "depends", "pace_of_change", "")
    return dataclasses.replace(found, primary=table)


@pytest.mark.parametrize("key", range(4))
def test_every_line_says_what_its_rows_say(found, key):
    judged = shuffled(found.verdict, key)
    family, lines = judged.family, told.ten_lines(judged, found.stakes)
    for other in dict.fromkeys(family.loc[family["arm"] == FOCUS, "other"]):
        (line,) = (one for one in lines if one.startswith(f"- Deep integration against {label(other)}: "))
        part = family.loc[(family["arm"] == FOCUS) & (family["other"] == other)]
        clauses = {word: re.search(rf"(?:: |; )(?:it )?{word} in (.*?)(?:;|\.$)", line) for word in WORDS}
        for word, clause in clauses.items():
            rows = part.loc[part["word"] == word]
            assert (clause is not None) == (len(rows) > 0), (word, line)
            if clause is None:
                continue
            if word not in (BETTER, WORSE, "depends"):
                assert clause[1] == f"{len(rows)} of {len(part)} questions"
            for _, row in rows.iterrows() if word in (BETTER, WORSE) else ():
                times, unit = readable(row["unit"], difference=True)
                size = number(times * row["difference"], signed=True)
                named = "" if unit == "from −1 to 1" else f" {unit}"
                assert f"{MEASURES[row['outcome']].title} by {size}{named} (" in clause[1]
        if other == CONTROL:
            for _, row in part.loc[part["yuan"].notna()].iterrows():
                yuan = number(row["yuan"] * row["difference"], signed=True)
                assert f"{MEASURES[row['outcome']].title} {yuan} (" in line.partition("yuan per person")[2]
    others = next(line for line in lines if line.startswith("- Others against no platforms"))
    better = family.loc[(family["other"] == CONTROL) & (family["word"] == WORSE)]
    listed = others.partition("Doing nothing is better than ")[2]
    assert all(f"{label(r['arm'])} in {MEASURES[r['outcome']].title}" in listed for _, r in better.iterrows())
    small = int((family["difference"].abs() <= family["placebo"]).sum())
    assert lines[-2].startswith(f"- Chance: {small} of {len(family)} mean differences")
    settled = int(family["word"].isin([BETTER, WORSE, NO_DIFFERENCE]).sum())
    assert lines[-1].startswith(f"- How sure: {settled} of {len(family)} questions are settled")


@pytest.mark.parametrize("key", range(4))
def test_titles_of_figures_follow_their_tables(found, key):
    judged = shuffled(found.verdict, key)
    focus = judged.family.loc[(judged.family["arm"] == FOCUS) & (judged.family["other"] != NO_GAINS)]
    better, worse = (int((focus["word"] == word).sum()) for word in (BETTER, WORSE))
    said = re.findall(r"surely (?:better|worse) in (\d+)", figures.contrasts_title(judged))
    assert list(map(int, said)) == [better, worse]
    last = judged.primary.loc[judged.primary["horizon"] == judged.primary["horizon"].max()]
    row = last.set_index(["arm", "other", "outcome"]).loc[FOCUS, CONTROL, "goods_gain"]
    mean, low, high = (number(100.0 * row[name], signed=True) for name in ("difference", "low", "high"))
    assert figures.output_title(judged).endswith(f": {mean} % ({low} to {high}; {row['word']})")
    table = found.stakes.copy()
    table[["median", "low", "high"]] = table[["median", "low", "high"]].mul(float(key + 1))
    cells = table.set_index(["arm", "quantity"])["median"]
    own = number(100.0 * cells[FOCUS, REVENUE])
    assert f"under deep integration take {own} % of GDP (" in figures.growth_title(table)
    assert f"take {own} % of GDP (" in told.sizes_and_times(table)
    assert f"deep integration from year {number(cells[FOCUS, EARNS])} on" in figures.lives_title(table)
    never = table.assign(median=np.inf)
    assert figures.lives_title(never) == "In the middle world no kind of platform comes to earn its costs"


def test_what_is_drawn_is_titled_so(found):
    drawn_ones = compare.tell(found).figures
    titles = {name: " ".join(draw().get_suptitle().split()) for name, draw in drawn_ones.items()}
    assert titles == {
        "survival": figures.lives_title(found.stakes),
        "contrasts": figures.contrasts_title(found.verdict),
        "growth": figures.growth_title(found.stakes),
        "output": figures.output_title(found.verdict),
    }


def test_who_is_preferred_is_told_with_its_interval_and_only_where_that_says_so(found):
    table = found.verdict.preferred
    assert ((table["low"] <= table["preferred"]) & (table["preferred"] <= table["high"])).all()
    made = pd.concat([table.iloc[:1], table.iloc[:1]], ignore_index=True)
    made[["preferred", "low", "high"]] = [[0.78, 0.61, 0.9], [0.9, 0.4, 1.0]]
    lines = told.whatever_the_weights(dataclasses.replace(found.verdict, preferred=made))
    first, second = (label(str(made.loc[0, name])) for name in ("arm", "other"))
    assert [line.lower() for line in lines if line.startswith("- ")] == [
        f"- {first} rather than {second} in 78 % of weightings (61 to 90)"
    ]
    few = verdict(ensemble({}, worlds=6), drawn(6))
    assert few.preferred["low"].isna().all()
    assert told.whatever_the_weights(few) == [f"Not told: {told.why_none(few)}"]


def test_bars_of_a_curve_are_intervals_over_worlds_whatever_was_counted_in_them():
    luck = np.random.default_rng(4)
    alive = np.cumprod(luck.random((20, 40)) > 0.005, axis=1) * 0.5 + 0.5 * luck.random((20, 1))
    with styled():
        figure, (axes,) = panels(1, "A trial")
        end = mean_curve(axes, alive, "black")
    assert end == alive[:, -1].mean() and figure.get_suptitle() == "A trial"
    bars = {int(np.asarray(one.get_xdata())[0]): np.asarray(one.get_ydata()) for one in axes.lines[1:]}
    assert sorted(bars) == [8, 16, 24, 32, 40]
    for quarter, (low, high) in bars.items():
        one = mean_interval(alive[:, quarter - 1])
        assert one.low < one.high and (low, high) == pytest.approx((one.low, one.high))


# -- sizes, times and stakes --------------------------------------------------------------------------


def test_a_platform_lives_on_what_it_earns_from_the_quarter_after_its_last_bad_year():
    revenue = np.ones(12)
    assert lives_from(revenue, np.full(12, 0.1)) == 4.0
    assert lives_from(revenue, np.array([-1.0] * 4 + [1.0] * 8)) == 6.0
    assert lives_from(revenue, np.array([1.0] * 11 + [-9.0])) == np.inf
    assert lives_from(np.zeros(12), np.zeros(12)) == np.inf


def test_stakes_are_those_that_were_planted(found):
    cells = found.stakes.set_index(["arm", "quantity"])
    assert cells.loc[(FOCUS, EARNS), "median"] == pytest.approx(6.0)
    assert cells.loc[("consumer_traffic", EARNS), "median"] == pytest.approx(1.0)
    assert (CONTROL, REVENUE) not in cells.index
    row = cells.loc[(FOCUS, REVENUE)]
    assert row["low"] < row["median"] < row["high"] and row["worlds"] == WORLDS
    assert np.isnan(stakes(quarters().query("world < 3"))["low"]).all()


def test_the_interval_of_a_median_holds_it_as_often_as_it_says():
    luck = np.random.default_rng(8)
    ends = np.array([of_median(luck.lognormal(0.0, 2.0, 20)) for _ in range(1_000)])
    held = ((ends[:, 0] <= 1.0) & (ends[:, 1] >= 1.0)).mean()
    assert 0.94 <= held <= 0.98


def test_a_share_is_worth_what_a_person_has():
    units = {
        "consumption_gain": "share of the twin's",
        "losses_of_others": "share of GDP",
        "survival": "share",
    }
    found = worth(quarters(), units, 1_000_000.0)
    assert found == {
        "consumption_gain": pytest.approx(3e7 * 100.0 * 4 / 100.0 / 1e6),
        "losses_of_others": pytest.approx(4e9 * 4 / 100.0 / 1e6),
    }


# -- in a browser -------------------------------------------------------------------------------------


def test_without_browser_or_page_the_check_says_how_to_get_it_and_does_not_pass(
    tmp_path, capsys, monkeypatch
):
    assert check_page.main([str(tmp_path / "none.html")]) == 2
    assert (
        capsys.readouterr().err == f"check_page: {tmp_path}/none.html is not there: make compare writes it\n"
    )
    (tmp_path / "one.html").write_text("<p>")
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    assert check_page.main([str(tmp_path / "one.html")]) == 2
    assert capsys.readouterr().err == "check_page: playwright is not installed: make check-page does it\n"
