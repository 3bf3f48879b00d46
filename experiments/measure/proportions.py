"""Things set beside each other: a loan and its file, a project and its gain, a user and what is earned on it.

Each function looks at an economy, or at its branches by name of the business model, and returns a DataFrame
of items by measures. Money is in yuan at the wages of the first quarter, to compare with published costs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from experiments.measure.arithmetic import YEAR, mean
from sim.actors.banks import all_loans

BANK_WINDOW = 40  # quarters over which losses and a bank's sum are taken: longer than a business cycle
LATE = 8  # quarters at the end of a branch that count as its state
FEN = 100.0
SOME = 100.0  # shares are shown in per cent


def yuan(economy: Any, fen: Any) -> Any:
    """Fen of today as yuan at the wages of the first quarter."""
    return fen / (FEN * economy.market.wage_index)


def bank_file(economy: Any) -> dict[str, float]:
    """The cost of a branch's file and the least loan to a firm that pays for it [fen].

    "safe" at the best of risks, "usual" at the loss rate of the book; infinite where no rate that banks may
    take covers it.
    """
    p, market = economy.p, economy.market
    lasts = (1.0 - p.instalment) / p.instalment  # quarters that a yuan lent stays out
    cost = p.file_cost * market.wage_index
    spread = min(p.bank_ceiling, p.rate_cap) - market.funding_rate
    lost = float(np.mean([line["firm_loss_rate"] for line in economy.records.lines[-BANK_WINDOW:]]))
    return {
        "cost": cost,
        "safe": cost / (lasts * spread) if spread > 0.0 else np.inf,
        "usual": cost / (lasts * (spread - lost)) if spread > lost else np.inf,
    }


def loans(economy: Any, quarters: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Askers and loans by tenth of firms, ordered by workers.

    Args:
        quarters: tables of `observed_firms`, pooled.
    """
    firms: Any = pd.concat(quarters, ignore_index=True)
    least = bank_file(economy)["safe"] / (FEN * economy.market.wage_index)
    rows = {}
    for tenth, group in firms.groupby("tenth"):
        asks = group[group["asked"] > 0.0]
        gets = asks[asks["granted"] > 0.0]
        rows[f"tenth {int(tenth) + 1}"] = {
            "workers (median)": group["workers"].median(),
            "ask [%]": SOME * len(asks) / len(group),
            "asked [yuan, median]": asks["asked"].median(),
            "below the least loan [%]": SOME * (asks["asked"] < least).mean(),
            "get something [%]": SOME * len(gets) / max(1, len(asks)),
            "granted [yuan, median]": gets["granted"].median(),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def observed_firms(economy: Any) -> pd.DataFrame:
    """Living firms: tenth by workers, 0 the smallest; workers; loans asked for and granted [yuan]."""
    c = economy.firms.columns
    lives = c["alive"] & (c["workers"] > 0.0)
    workers = c["workers"][lives]
    order = np.argsort(np.argsort(workers, kind="stable"), kind="stable")
    return pd.DataFrame(
        {
            "tenth": order * 10 // len(workers),
            "workers": workers,
            "asked": yuan(economy, c["loan_wanted"][lives]),
            "granted": yuan(economy, c["loan_granted"][lives]),
        }
    )


def files(economy: Any, branches: dict[str, Any]) -> pd.DataFrame:
    """Cost of a file and least loan to a firm, at a bank's branch and at platforms with their first prices.

    Args:
        branches: as they are when they have just branched.
    """
    from sim.credit import pools
    from sim.credit.from_platforms import terms_of

    of_bank = bank_file(economy)
    rows = {"a bank's branch": of_bank}
    for name, twin in branches.items():
        if twin.strategy.lends_to_firms:
            pace = twin.p.instalment if twin.strategy.file_like_a_bank else twin.p.platform_instalment
            terms = terms_of(twin, pools.means(twin), np.full(len(twin.platforms), pace))
            safe = terms.own * (terms.base + terms.fee - terms.own_cost) + terms.others * terms.fee
            lives = np.asarray(twin.platforms["alive"], bool)  # the other rows are vacant
            earns = float(np.median((terms.duration * safe)[lives]))
            cost = float(np.median(np.broadcast_to(terms.file_cost, lives.shape)[lives]))
            rows[name] = {"cost": cost, "safe": cost / earns if earns > 0.0 else np.inf, "usual": np.nan}
    table = yuan(economy, pd.DataFrame.from_dict(rows, orient="index"))
    return table.rename(
        columns={
            "cost": "a file costs [yuan]",
            "safe": "least loan, no risk [yuan]",
            "usual": "least loan, usual losses [yuan]",
        }
    )


def network(economy: Any) -> pd.DataFrame:
    """What firms owe one another, how customers are spread, what a failure does to a supplier."""
    from sim.record.survey import count_steps, tail_exponent

    c, n = economy.firms.columns, len(economy.firms)
    customers = np.zeros(n)
    for name in ("supplier_1", "supplier_2"):
        customers += np.bincount(c[name][c[name] >= 0], minlength=n)
    of_suppliers = float(c["payables"].sum())
    of_banks = float((c["bank_debt"] + c["syndicated_debt"]).sum())
    late: Any = economy.records.quarters.iloc[-BANK_WINDOW:].mean()
    at_risk = late["chain_failures"] / late["hit_by_failures"] if late["hit_by_failures"] else np.nan
    rows = {
        "owed to suppliers over owed to banks (published about 0.6 to 1.2)": of_suppliers / of_banks,
        "owed to suppliers [% of a year's GDP]": SOME * late["trade_credit"],
        "tail exponent of the number of customers (published 1.2 to 1.4)": tail_exponent(
            customers, *count_steps(customers)
        ),
        "inputs not to be had [%]": SOME * late["inputs_short"],
        "lost on customers that failed [% of receivables a year]": SOME
        * late["trade_losses"]
        / late["trade_credit"],
        "firms that lose a tenth of a quarter's sales by it [% a year]": YEAR
        * SOME
        * late["hit_by_failures"],
        "their chance to fail in the quarter after, over that of all firms": at_risk / late["default_rate"],
    }
    return pd.DataFrame({"found": rows})


def late_flows(economy: Any) -> dict[str, float]:
    """The flows of the last `LATE` quarters, added up [fen]."""
    sums: dict[str, float] = {}
    for flows in economy.records.of_flows[-LATE:]:
        for name, fen in flows.items():
            sums[name] = sums.get(name, 0.0) + fen
    return sums


def users(branches: dict[str, Any]) -> pd.DataFrame:
    """What a person costs to win, and the margin on it, where platforms pursue consumers.

    A platform's revenue and losses are shared between consumers and firms by the interest that they pay.
    """
    rows = {}
    for name, twin in branches.items():
        if twin.strategy.to_consumers:
            p, flows = twin.p, late_flows(twin)
            paid, by_firms = (flows.get(f"platform interest of {who}", 0.0) for who in ("consumers", "firms"))
            part = paid / max(1.0, paid + by_firms)
            of = twin.records.platforms
            quarters = of.groupby("quarter").sum(numeric_only=True)
            quarters = quarters.reindex(range(twin.quarter - LATE + 1, twin.quarter + 1), fill_value=0.0)
            persons = p.persons_per_row * float(quarters["users"].mean())
            costs = p.service_cost * twin.market.wage_index * persons
            earned = part * float((quarters["revenue"] - quarters["losses_borne"]).mean()) - costs
            cost = mean(np.array([line["user_cost"] for line in twin.records.lines[-LATE:]]))
            margin = yuan(twin, earned) / max(1.0, persons)
            rows[name] = {
                "share of persons' places held [%]": SOME
                * persons
                / (2 * p.persons_per_row * len(twin.consumers)),
                "to win a person [yuan]": cost,
                "margin on a person a quarter [yuan]": margin,
                "quarters until it is earned": cost / margin if margin > 0.0 else np.inf,
                "quarters that a place lasts, at most": 1.0 / p.churn,
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def platforms(branches: dict[str, Any]) -> pd.DataFrame:
    """Revenue, payroll, growth spending and profit of all platforms, late in each branch [% of GDP]."""
    rows = {}
    for name, twin in branches.items():
        lines: Any = pd.DataFrame(twin.records.lines[-LATE:])
        gdp = float(lines["gdp"].sum())
        payroll = late_flows(twin).get("platform wages", 0.0) / gdp
        revenue = float(lines["platform_revenue"].mean())
        rows[name] = {
            "alive": float(lines["platforms_alive"].iloc[-1]),
            "revenue [% of GDP]": SOME * revenue,
            "payroll [% of GDP]": SOME * payroll,
            "revenue / payroll": revenue / payroll if payroll else np.nan,
            "growth spending [% of GDP]": SOME * float(lines["platform_growth_spend"].mean()),
            "profit [% of GDP]": SOME * float(lines["platform_profit"].mean()),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def fund(branches: dict[str, Any]) -> pd.DataFrame:
    """Venture money a quarter and in all, beside GDP and beside what platforms have earned."""
    rows = {}
    for name, twin in branches.items():
        flows, t = late_flows(twin), twin.platforms
        gdp = sum(line["gdp"] for line in twin.records.lines[-LATE:])
        year = YEAR * twin.records.lines[-1]["gdp"]
        put_in, earned = (
            float(sum(line[name] * line["gdp"] for line in twin.records.lines))
            for name in ("venture_funding", "platform_revenue")
        )
        rows[name] = {
            "committed a quarter [% of GDP]": SOME * flows.get("fund commitments", 0.0) / gdp,
            "paid to platforms a quarter [% of GDP]": SOME * flows.get("venture funding", 0.0) / gdp,
            "in the fund [% of a year's GDP]": SOME * float(twin.fund["deposits"].sum()) / year,
            "with platforms [% of a year's GDP]": SOME * float(t["deposits"].sum()) / year,
            "put in so far [% of a year's GDP]": SOME * put_in / year,
            "revenue so far / put in": earned / put_in if put_in else np.nan,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def bank_lines(economy: Any) -> dict[str, float]:
    """What all banks together earned, paid and had in the quarter just closed [fen]."""
    b, p, flows = economy.banks.columns, economy.p, economy.records.of_flows[-1]
    scale = economy.market.wage_index
    opened = float((b["files"] * p.file_cost + b["consumer_files"] * p.consumer_file_cost).sum()) * scale
    on_bonds, on_deposits = (
        flows.get(flow, 0) for flow in ("interest on bonds and reserves", "deposit interest")
    )
    lent = float(all_loans(economy.banks).sum())
    interest, cost = float(b["interest_income"].sum()), float(b["interest_cost"].sum())
    return {
        "loans": lent,
        "assets": lent + float((b["bonds"] + b["reserves"]).sum()),
        "capital": float(b["net_worth"].sum()),
        "interest on loans": interest - on_bonds,
        "interest on bonds and reserves": float(on_bonds),
        "interest on deposits": -float(on_deposits),
        "interest on advances": -(cost - on_deposits),
        "files": -opened,
        "staff": -(float(b["costs"].sum()) - opened),
        "losses": -float(b["loan_losses"].sum()),
        "tax": -float(b["tax_paid"].sum()),
    }


def banks(quarters: list[dict[str, float]]) -> pd.DataFrame:
    """The sum, yearly: margin - files - staff - losses - tax = return, over loans, assets and capital [%]."""
    mean: Any = pd.DataFrame(quarters).mean()
    interest = [name for name in mean.index if name.startswith("interest")]
    lines = {name: mean[name] for name in interest}
    lines["= margin"] = sum(lines.values())
    for name in ("files", "staff", "losses", "tax"):
        lines[name] = mean[name]
    lines["= return"] = lines["= margin"] + mean[["files", "staff", "losses", "tax"]].sum()
    of = {"% of loans a year": "loans", "% of assets a year": "assets", "% of capital a year": "capital"}
    return pd.DataFrame(
        {title: {k: YEAR * SOME * v / mean[base] for k, v in lines.items()} for title, base in of.items()}
    )
