"""The chart of accounts of the whole economy: everybody's, and what funders and service lines add to it."""

from sim.accounts import chart_with
from sim.credit.funders import FUNDERS
from sim.engine.chart import Chart
from sim.links.lines import LINES


def chart() -> Chart:
    """Accounts and flows of all there is now; a funder or a line that joins later brings its own."""
    return chart_with((*FUNDERS, *LINES))
