"""The accounting matrices as the ledger generates them, in per cent of GDP, with the sign of every cell.

A cell is empty where the chart of accounts knows no such place; it shows a sign, with a 0, where there is one
that nobody used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.measure.arithmetic import YEAR
from experiments.tell.markdown import table
from sim import sectors
from sim.accounts import parties
from sim.engine.chart import Flow
from sim.record.chart import chart

CHART = chart()
FLOWS, INSTRUMENTS, PARTIES = CHART.flows, CHART.instruments, parties(CHART)
CYCLE = 40  # quarters over which flows are added up: one alone may be a bust
LATE = 8  # the same at the end of a branch
PLUS, MINUS, WITHIN = "+", "\N{MINUS SIGN}", "\N{PLUS-MINUS SIGN}"
CURRENT, CAPITAL = "firms, current", "firms, capital"
SECTORS = tuple(sector.name for sector in sectors.SECTORS)
COLUMNS = (CURRENT, CAPITAL, *SECTORS[1:])
ON_CURRENT = ("net_worth", "stock")  # wages make stock; machines and debts are capital account


def column(sector: str, account: str) -> str:
    """The column of the flow matrix for a payment of this sector on account of what it gets or gives."""
    if sector != "firms":
        return sector
    return CURRENT if account in ON_CURRENT else CAPITAL


def cell(sign: str, value: float) -> str:
    """A signed figure in per cent; the sign is the chart's, so an unused place shows it too."""
    text = f"{abs(value):.2f}"
    return f"{sign}{'0' if float(text) == 0.0 else text}"


def flows_of_late(economy: Any, quarters: int) -> tuple[dict[str, int], float]:
    """Flows [fen] and GDP [fen] of the last quarters on record, added up."""
    records = economy.records
    sums: dict[str, int] = {}
    for quarter in records.of_flows[-quarters:]:
        for name, fen in quarter.items():
            sums[name] = sums.get(name, 0) + fen
    return sums, sum(line["gdp"] for line in records.lines[-quarters:])


def transactions(flows: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Payments by flow and column [fen]: what comes in is positive. Every payment of the chart has a row.

    The rows sum to zero. The last row is the money that each sector gained [fen], with the sign turned, so
    that the columns sum to zero too.
    """
    rows: dict[str, dict[str, int]] = {}
    for name, one in FLOWS.items():
        if isinstance(one, Flow) and one.in_money:
            payer, payee = column(one.payer, one.spent_on), column(one.payee, one.earned_by)
            rows[name] = {payer: -flows.get(name, 0)}
            rows[name][payee] = rows[name].get(payee, 0) + flows.get(name, 0)
    gained = {place: sum(row.get(place, 0) for row in rows.values()) for place in COLUMNS}
    rows["change of money"] = {place: -fen for place, fen in gained.items()}
    return rows


def flow_matrix(economy: Any) -> str:
    """The transaction-flow matrix of the last ten years, in per cent of GDP, as a Markdown table.

    What is paid within a column has the sign of both sides, and counts as nothing.
    """
    flows, gdp = flows_of_late(economy, CYCLE)
    lines = []
    for name, row in transactions(flows).items():
        one = FLOWS.get(name)
        cells = []
        for place in COLUMNS:
            if place not in row:
                cells.append("")
                continue
            fen = row[place]
            if one is not None and len(row) == 1:
                cells.append(cell(WITHIN, 100.0 * flows.get(name, 0) / gdp))
                continue
            payer = isinstance(one, Flow) and place == column(one.payer, one.spent_on)
            sign = (MINUS if payer else PLUS) if one is not None else (MINUS if fen < 0 else PLUS)
            cells.append(cell(sign, 100.0 * fen / gdp))
        lines.append((name, *cells))
    return table(("flow", *COLUMNS), lines)


def bookings(economy: Any) -> str:
    """Changes of value and losses of the last ten years, in per cent of GDP, as a Markdown table."""
    flows, gdp = flows_of_late(economy, CYCLE)
    lines = [
        (name, " to ".join(dict.fromkeys(PARTIES[name])), f"{100.0 * flows.get(name, 0) / gdp:.2f}")
        for name, one in FLOWS.items()
        if not (isinstance(one, Flow) and one.in_money)
    ]
    return table(("booking without payment", "on whose books", "% of GDP"), lines)


def balance_sheet(economy: Any) -> str:
    """The balance-sheet matrix, in per cent of a year's GDP, as a Markdown table."""
    gdp = flows_of_late(economy, YEAR)[1]
    signs: dict[str, dict[str, str]] = {}
    for name, one in INSTRUMENTS.items():
        signs[name] = {sector: PLUS for sector, _ in one.holders} | {
            sector: MINUS for sector, _ in one.issuers
        }
    for sector, account in sorted(CHART.real):
        signs.setdefault(account, {})[sector] = PLUS
    lines = []
    for name, row in economy.ledger.balance_sheet().items():
        of_row = signs.get(name, {sector: MINUS if row[sector] < 0 else PLUS for sector in SECTORS})
        cells = [cell(of_row[s], 100.0 * row[s] / gdp) if s in of_row else "" for s in SECTORS]
        total = sum(row.values())
        lines.append(
            (name.replace("_", " "), *cells, cell(MINUS if total < 0 else PLUS, 100.0 * total / gdp))
        )
    return table(("", *SECTORS, "sum"), lines)


def by_model(branches: Mapping[str, Any]) -> str:
    """Flows and losses in which platforms or the fund have a part, by business model, in per cent of GDP."""
    found = {name: flows_of_late(twin, LATE) for name, twin in branches.items()}
    lines = []
    for name in FLOWS:
        if {"platforms", "fund"} & {who for party in PARTIES[name] for who in party.split(" and ")}:
            cells = [f"{100.0 * flows.get(name, 0) / gdp:.3f}" for flows, gdp in found.values()]
            lines.append((name, *cells))
    return table(("flow", *found), lines)
