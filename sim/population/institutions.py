"""Insurers and securities houses begin where platforms would work with them, and end.

Owners put in the first capital of all of them together, in equal parts, once a platform that acts asks for
them; where one has ended they found another after some time.
"""

from collections.abc import Mapping

import numpy as np

from sim.actors.insurers import closes_insurer_books
from sim.actors.securities_houses import closes_house_books
from sim.credit import insurance, note_market, partners
from sim.engine.fen import any_of
from sim.engine.ledger import Some
from sim.engine.parameters import Declared, param
from sim.markets.payments import ownership, taxes


class Institutions(Declared):
    """How insurers and securities houses begin anew."""

    # fmt: off
    begins_anew = param(8.0, unit="quarters", low=1.0, high=24.0, source="assumed",
        doc="time after which owners found an insurer or a house where one has ended")
    # fmt: on


KEPT = ("generation", "bank", "died")  # columns that one that begins does not find as they are declared


def asked_for(e) -> dict[str, np.ndarray]:
    """Which platforms would work with an insurer, which with a securities house (masks)."""
    platforms = e.platforms.columns
    acts = platforms["alive"] & (platforms["acts"] > 0.0)
    insured = (platforms["insured"] > 0.0) | (platforms["sells_policies"] > 0.0)
    insured |= platforms["offers_cover"] > 0.0
    sold = (platforms["from_notes"] > 0.0) | (platforms["sells_funds"] > 0.0)
    sold |= (platforms["offers_invoices"] > 0.0) & (e.p.invoice_notes > 0.0)
    return {"insurers": acts & insured, "securities_houses": acts & sold}


def open_quarter(e) -> None:
    """Who is asked for and is not there is founded; platforms find their partners; insurers quote."""
    asked = asked_for(e)
    for name, asking in asked.items():
        if any_of(asking & (e.platforms["deposits"] > 0)):  # who has no money has nothing to bring
            found(e, name)
    pair(e, asked)
    partners.find_partners(e)
    insurance.quote(e)


def found(e, name: str) -> None:
    """Owners found one of these in each vacant row, as far as their money goes."""
    table, p, columns = e.tables[name], e.p, e.tables[name].columns
    capital = {"insurers": p.insurer_capital, "securities_houses": p.house_capital}[name]
    waits = (columns["died"] > 0) & (e.quarter - columns["died"] < p.begins_anew)
    rows = np.flatnonzero(~columns["alive"] & ~waits & ~left_over(e, name))
    money = int(capital * e.market.gdp_seen / len(table))
    purse = p.owners_purse * ownership.money(e)
    rows = rows[: int(purse / money)] if money > 0 else rows[:0]
    if not len(rows):
        return
    table.renew(rows, KEPT)
    columns["generation"][rows] += 1
    columns["died"][rows] = 0
    columns["alive"][rows] = True
    columns["first_capital"][rows] = money
    if name == "securities_houses":
        columns["worth_before"][rows] = money
        columns["note_yield"][rows] = e.market.policy_rate + p.note_premium
    flow = "capital of insurers" if name == "insurers" else "capital of houses"
    ownership.spend(e, flow, Some(rows, np.full(len(rows), money)))


def left_over(e, name: str) -> np.ndarray:
    """Which rows still have or owe something of the one that was there."""
    found = np.zeros(len(e.tables[name]), bool)
    for account in e.tables[name].books.values():
        found |= account != 0
    return found


def pair(e, asked: Mapping[str, np.ndarray]) -> None:
    """Each platform that wants one (`asked_for`) has an insurer and a house that live, for as long as these
    do; who works with the fewest platforms comes first."""
    platforms = e.platforms.columns
    for name, asking in asked.items():
        table = e.tables[name]
        column = "insurer" if name == "insurers" else "house"
        at = platforms[column]
        bound = platforms["sold_loans"] > 0 if column == "house" else np.zeros(len(at), bool)
        ended = (at >= 0) & ~table["alive"][at] & ~bound
        at[ended | (~asking & ~bound)] = -1
        rows, living = np.flatnonzero(asking & (at < 0)), np.flatnonzero(table["alive"])
        if len(rows) and len(living):
            load = np.bincount(at[at >= 0], minlength=len(table))[living]
            order = living[np.argsort(load, kind="stable")]
            at[rows] = order[np.arange(len(rows)) % len(order)]
            if column == "house":
                platforms["taken_by_house"][rows] = 1.0
            if column == "insurer":
                expects = platforms["loss_insured"][rows] > 0.0
                first = e.memory.insured_loss_seen or e.p.first_loss_seen
                platforms["loss_insured"][rows] = np.where(expects, platforms["loss_insured"][rows], first)


def pay_staff(e) -> None:
    """What they will spend on staff: insurers of the premiums of late, houses of the loans they hold."""
    for table, cost in (
        (e.insurers, e.p.insurer_cost * e.insurers["usual_premiums"]),
        (e.securities_houses, e.p.house_cost * e.securities_houses["pools"]),
    ):
        cost = np.minimum(np.floor(cost), np.maximum(0, table["deposits"]))
        table["costs"] = np.where(table["alive"], cost, 0.0)


def close(e) -> None:
    """They close their books, pay taxes and owners, and end where they cannot go on."""
    for table, rule, tax, dividend in (
        (e.insurers, closes_insurer_books, "insurer tax", "insurer dividends"),
        (e.securities_houses, closes_house_books, "house tax", "house dividends"),
    ):
        if not (any_of(table["alive"]) or any_of(table["net_worth"]) or any_of(table["deposits"])):
            continue
        lived = table["alive"].copy()
        e.each(table, rule)
        ended = lived & ~table["alive"]
        table["died"][ended] = e.quarter
        if table is e.insurers:
            e.tallies.insurer_failures += float(np.count_nonzero(ended & table["failed"]))
        else:
            e.tallies.house_failures += float(np.count_nonzero(ended & table["failed"]))
            note_market.wind_up(e)
        taxes.pay(e, tax, np.floor(table["tax_paid"]))
        pays = np.floor(table["dividend"])
        # of one that has ended owners get what is left when nobody is owed anything
        over = ~table["alive"] & (table["net_worth"] == table["deposits"])
        pays = np.where(over, table["deposits"], np.minimum(pays, np.maximum(0, table["deposits"])))
        ownership.receive(e, dividend, pays.astype(np.int64))
    e.securities_houses["worth_before"] = e.securities_houses["net_worth"].astype(float)
