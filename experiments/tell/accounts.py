"""From which account integrators live, in two tables: income by source, and firms beside their twins."""

from __future__ import annotations

from typing import Any

from experiments.judge.accounts import (
    ALL_INCOME,
    BY_EFFECTS,
    CREATED,
    GAINED,
    LEFT,
    LEFT_OTHERS,
    TAKEN,
    WITH,
    WITHOUT,
    Ledgers,
)
from experiments.measure.accounts import GROUPS
from experiments.tell.markdown import table
from experiments.tell.words import mean_told

TITLE = "## From which account integration lives"
KINDS = (WITH, WITHOUT, BY_EFFECTS)
ABOUT_INCOME = (
    "Income of all integrators by source, in % of GDP, over the last five years: as it is, where no line has "
    "a real effect on a firm, and the difference. Fees are the platforms' share of the gains that lines "
    "show; take and interest are after what funders get."
)
ABOUT_FIRMS = (
    "Firms in the last year beside the same firms in the world without platforms, in % of GDP there and in "
    "goods at each world's prices. What clients have more and the others do not lose is created; what both "
    "columns show without effects too is no work of the lines: who is linked is not drawn by lot."
)


def lines(found: Ledgers) -> list[str]:
    """The two tables, and what they come to in a line."""
    income = found.income.set_index(["source", "lived"])
    sources = [name for name in dict.fromkeys(found.income["source"]) if name != ALL_INCOME]
    rows = [[name, *(cell(income, (name, one)) for one in KINDS)] for name in (*sources, ALL_INCOME)]
    firms = found.firms.set_index(["group", "quantity", "lived"])
    quantities = list(dict.fromkeys(found.firms.loc[found.firms["group"] != "", "quantity"]))
    of_firms = [
        [f"{group}: {'% of all firms' if name == 'firms' else name}",
         *(cell(firms, (group, name, one)) for one in KINDS)]
        for group in GROUPS
        for name in quantities
    ]  # fmt: skip
    return [
        TITLE, "", ABOUT_INCOME, "", table(["", *KINDS], rows, aligned=True), "",
        ABOUT_FIRMS, "", table(["", *KINDS], of_firms, aligned=True), "", *summed(firms),
    ]  # fmt: skip


def cell(by: Any, key: tuple[str, ...]) -> str:
    """A share of GDP in per cent with its interval."""
    if key not in by.index:
        return ""
    return mean_told(by.loc[key], 100.0, signed="firms" not in key)


def summed(firms: Any) -> list[str]:
    """Created or taken: of value added what clients have more, others less, and both; and what is kept."""
    out = []
    for kind in KINDS:
        if ("", CREATED, kind) not in firms.index:
            continue
        made, left = (
            ", ".join(f"{name} {cell(firms, ('', name, kind))}" for name in names)
            for names in ((GAINED, TAKEN, CREATED), (LEFT, LEFT_OTHERS))
        )
        out.append(f"- Value added, {kind}, % of GDP: {made}; after wages, interest and fees {left}.")
    return out
