"""The four pictures: axes with units, what they draw, and nothing left behind."""

import subprocess
import sys

import numpy as np
import pytest

from sim import plot
from tests.economies import LINKED, small


@pytest.fixture(scope="module")
def futures():
    world = small(seed=3, parameters=LINKED).run(4)
    return {
        "linked": world.branch("deep_integration").run(8),
        "banks only": world.branch("external_finance").run(8),
    }


def written(figure, tmp_path) -> bool:
    """Whether the whole figure could be drawn."""
    figure.savefig(tmp_path / "figure.png")
    return (tmp_path / "figure.png").stat().st_size > 5_000


def test_paths_are_those_of_the_record(futures, tmp_path):
    figure = plot.paths(futures, ["gdp", "unemployment", "linked_sales", "auc_platforms_firms"])
    axes = [axis for axis in figure.axes if axis.axison]
    assert [axis.get_title("left") for axis in axes][:2] == ["gdp", "unemployment"]
    assert axes[0].get_ylabel() == "million yuan/quarter"
    assert axes[1].get_ylabel() == "% of the labour force" and axes[1].get_xlabel() == "quarter"
    line = axes[0].get_lines()[0]
    gdp = futures["linked"].records.quarters["gdp"]
    np.testing.assert_allclose(line.get_ydata(), gdp / 1e8)
    assert list(line.get_xdata()) == list(range(1, 13))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(futures)
    assert any(list(one.get_xdata()) == [4, 4] for one in axes[0].get_lines())  # where they branched
    assert written(figure, tmp_path) and written(plot.paths(futures["linked"]), tmp_path)


def test_platforms_are_counted_and_their_money_is_in_yuan(futures, tmp_path):
    figure = plot.platforms(futures)
    alive, revenue, costs = figure.axes
    assert [axis.get_ylabel() for axis in figure.axes] == ["platforms", *["million yuan/quarter"] * 2]
    assert alive.get_lines()[0].get_ydata()[-1] == futures["linked"].platforms["alive"].sum() > 1
    of = futures["linked"].records.platforms.groupby("quarter")[["revenue", "profit"]].sum()
    np.testing.assert_allclose(revenue.get_lines()[0].get_ydata()[4:], of["revenue"] / 1e8, atol=1e-12)
    spent = (of["revenue"] - of["profit"]) / 1e8
    np.testing.assert_allclose(costs.get_lines()[0].get_ydata()[4:], spent, rtol=1e-9, atol=1e-12)
    assert written(figure, tmp_path)


def test_firms_are_ranked_and_their_debts_added_up(futures, tmp_path):
    economy = futures["linked"]
    figure = plot.firms(economy)
    sizes, credit = figure.axes
    line, workers = sizes.get_lines()[0], economy.firms["workers"]
    alive = economy.firms["alive"] & (workers > 0.0)
    assert line.get_xdata()[0] == workers.max() and line.get_ydata()[-1] == 1.0
    assert len(line.get_xdata()) == alive.sum() and sizes.get_xlabel() == "workers, at least"
    assert len(credit.patches) == 30 and credit.get_ylabel() == "% of yearly sales"
    rows = np.array_split(np.flatnonzero(alive)[np.argsort(workers[alive], kind="stable")], 10)[-1]
    owed = economy.firms["bank_debt"][rows].sum() / (4.0 * economy.firms["sales"][rows].sum())
    assert credit.patches[9].get_height() == pytest.approx(owed)
    assert written(figure, tmp_path)


def test_flows_are_who_paid_whom(futures, tmp_path):
    economy = futures["linked"]
    figure = plot.flows(economy, quarters_ago=1)
    axis = figure.axes[0]
    image, sectors = axis.get_images()[0].get_array(), list(economy.tables)
    flows = economy.records.flows.query("quarter == 11 and payer == 'state' and payee == 'consumers'")
    place = sectors.index("state"), sectors.index("consumers")
    assert image[place] == pytest.approx(flows["fen"].sum() / 1e8)
    assert "quarter 11" in figure.get_suptitle()
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("to", "from") and written(figure, tmp_path)
    with pytest.raises(IndexError, match="12 quarters are recorded"):
        plot.flows(economy, quarters_ago=12)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plot.paths(small()), "External finance has no recorded quarter"),
        (lambda: plot.paths({}), "there is nothing to draw"),
        (lambda: plot.paths(small().run(1), ["outptu"]), "'outptu' is not recorded"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_one_line(draw, words):
    with pytest.raises(ValueError, match=words) as error:
        draw()
    assert "\n" not in str(error.value)


def test_matplotlib_waits_until_something_is_drawn():
    code = "import sys, sim, sim.plot; print('matplotlib' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_no_figure_stays_open(futures):
    import matplotlib.pyplot as plt

    plot.flows(futures["linked"])
    assert plt.get_fignums() == []
