"""What is recorded of chains: invoices of an anchor's suppliers, and what is lost along them."""

from typing import Any

from sim.record.national import ratio
from sim.record.told import QUARTERS, tells


@tells(
    QUARTERS,
    invoices_advanced="share of GDP: advanced on invoices of an anchor's suppliers",
    invoices_lost="share of GDP: lost on invoices, by platforms and those who fund them",
    invoices_lost_by_platforms="share of GDP: of that, borne by platforms",
    invoices_made_good="share of GDP: paid by suppliers for what was lost on invoices",
    dues_lost_in_chains="share of GDP: that linked firms lost on customers that failed, beside invoices",
)
def of_chains(economy: Any) -> dict[str, float]:
    """What was advanced on invoices, and who lost by anchors that failed."""
    tallies, firms, gdp = economy.tallies, economy.firms, economy.market.gdp
    return {
        "invoices_advanced": ratio(tallies.invoices_advanced, gdp),
        "invoices_lost": ratio(tallies.invoices_lost, gdp),
        "invoices_lost_by_platforms": ratio(tallies.invoices_lost_by_platforms, gdp),
        "invoices_made_good": ratio(tallies.invoices_made_good, gdp),
        "dues_lost_in_chains": ratio(float(firms["bad_trade"][firms["link"] >= 0].sum()), gdp),
    }
