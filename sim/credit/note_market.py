"""Notes of securities houses: who buys them, what they pay, who loses first, what is carried meanwhile.

What comes in on the part of a house's loans that is sold goes to those who hold its notes: principal as it is
repaid, and the yield; what interest is left over, the house's own. Losses on that part are borne by what
interest is left over, then by the junior piece that the house has kept, then by the notes. Loans that are not
sold are the house's, on its capital and on credit of its bank.
"""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from sim.engine.arithmetic import open_one
from sim.engine.chart import Flow, WriteOff
from sim.engine.fen import any_of, let_go, split_within
from sim.engine.kernels import kernel
from sim.engine.ledger import Some, rows_with, split_by, total_by
from sim.engine.parameters import Declared, param

FLOWS = {
    "notes bought": Flow("consumers", "securities_houses", spent_on="notes", earned_by="notes_owed"),
    "notes bought by banks": Flow("banks", "securities_houses", spent_on="notes", earned_by="notes_owed"),
    "notes repaid": Flow("securities_houses", "consumers", spent_on="notes_owed", earned_by="notes"),
    "notes of banks repaid": Flow("securities_houses", "banks", spent_on="notes_owed", earned_by="notes"),
    "interest on notes": Flow("securities_houses", "consumers"),
    "interest on notes of banks": Flow("securities_houses", "banks"),
    "takes on funds": Flow("securities_houses", "platforms"),
    "notes lost": WriteOff(
        (("consumers", "notes"), ("banks", "notes")), (("securities_houses", "notes_owed"),)
    ),
    "warehouse loans": Flow(
        "banks", "securities_houses", spent_on="warehouse_loans", earned_by="warehouse"
    ),
    "warehouse loans repaid": Flow(
        "securities_houses", "banks", spent_on="warehouse", earned_by="warehouse_loans"
    ),
    "interest on warehouse loans": Flow("securities_houses", "banks"),
    "bad warehouse loans": WriteOff(
        (("banks", "warehouse_loans"),), (("securities_houses", "warehouse"),)
    ),
}  # fmt: skip


class NoteMarket(Declared):
    """Who buys notes, and where."""

    # fmt: off
    note_share = param(0.05, unit="share of spare money", low=0.0, high=0.3, source="assumed",
        doc="share of spare money that a household puts into notes it fully trusts, where an app sells them")
    note_reach = param(0.1, unit="share", low=0.0, high=1.0, source="assumed",
        doc="part of that for a household to which no app sells notes")
    notes_of_banks = param(0.1, unit="share of bank room", low=0.0, high=0.5, source="assumed",
        doc="part of their room that banks would put into notes of houses which they fully trust")
    wealth_take = param(0.00095, unit="share/quarter", low=0.0, high=0.003, source="TAKE_RATE_WEALTH",
        doc="what a house pays a platform on notes that this has sold to its users")
    # fmt: on


class Held(NamedTuple):
    """Households with notes, in the order of their rows."""

    rows: np.ndarray
    house: np.ndarray  # row of the house
    notes: np.ndarray  # fen


def holders(e) -> Held:
    consumers = e.consumers.columns
    rows = rows_with(consumers["notes"])
    return Held(rows, consumers["note_at"][rows], consumers["notes"][rows])


def sold_part(e) -> np.ndarray:
    """The part of each house's loans on which there are notes, its own junior piece with them (share)."""
    houses = e.securities_houses.columns
    sold = houses["notes_owed"] + houses["junior"]
    return np.where(houses["pools"] > 0, np.minimum(1.0, sold / np.maximum(1, houses["pools"])), 0.0)


def unsold(e) -> np.ndarray:
    """What each house carries (fen): loans on which there are no notes yet."""
    houses = e.securities_houses.columns
    return np.maximum(0.0, houses["pools"] - houses["notes_owed"] - houses["junior"])


def credit_left(e) -> np.ndarray:
    """What their banks would still lend houses (fen)."""
    houses, banks, p = e.securities_houses.columns, e.banks.columns, e.p
    worth = p.warehouse_limit * np.maximum(0, houses["net_worth"])
    of_bank = p.borrowing_limit * float(banks["room"].sum())
    return np.floor(np.maximum(0.0, np.minimum(worth - houses["warehouse"], of_bank)))


def room(e) -> np.ndarray:
    """What each house can still buy (fen); none while it is wound down."""
    houses = e.securities_houses.columns
    free = np.maximum(0.0, houses["deposits"] - houses["costs"])
    return np.where(houses["alive"], free + credit_left(e), 0.0)


def by_bank(e, fen: np.ndarray) -> np.ndarray:
    """Summed by the banks of houses (int64)."""
    return total_by(e.securities_houses["bank"], fen, len(e.banks))


def draw_credit(e, needed: np.ndarray) -> None:
    """Houses borrow of their banks what they lack for this (fen), as far as these lend."""
    houses = e.securities_houses.columns
    lacks = np.minimum(np.maximum(0, needed - houses["deposits"]), credit_left(e)).astype(np.int64)
    if any_of(lacks):
        e.ledger.pay("warehouse loans", by_bank(e, lacks), lacks)


@kernel
def wish_for_notes(consumers, market, p, sellers):
    """What each household would put into notes (fen), of which house, and which platform sells it these.

    wish = note_share x reach x appeal (deposits above the buffer + notes) - notes it has
    sellers: whether each platform `sells` them, and of which `house`; `appeal` of each house, by trust and
    yield. Whom no app serves buys of any house, by the number of his row. Who has notes buys more of the same
    house; once an app would sell him as many as he has, he holds all of them there.
    """
    n = sellers.appeal.shape[0]
    for i in range(consumers.note_wish.shape[0]):
        q = open_one(consumers.first_app[i], consumers.second_app[i], consumers.third_app[i], sellers.sells)
        served = q >= 0 and sellers.sells[max(0, q)] > 0
        house = sellers.house[max(0, q)] if served else i % n
        reach = 1.0 if served else p.note_reach
        held = consumers.notes[i]
        if held > 0:
            house = consumers.note_at[i]
        spare = float(consumers.deposits[i]) - p.saving_buffer * consumers.usual_income[i]
        spare -= consumers.budget[i]
        best = p.note_share * reach * sellers.appeal[max(0, house)] * (max(0.0, spare) + float(held))
        new = min(max(0.0, spare), best - float(held)) if house >= 0 else 0.0
        consumers.note_wish[i] = np.floor(max(0.0, new))
        consumers.note_at[i] = house if held > 0 or new > 0.0 else -1
        if held == 0 or (served and new >= float(held)):
            consumers.note_by[i] = q if served else -1


def appeal(e) -> np.ndarray:
    """By house, the part of what households would buy at best: by trust, and by yield over what banks pay."""
    houses, market, p = e.securities_houses.columns, e.market, e.p
    over = (houses["note_yield"] - market.deposit_rate) / (p.note_premium + p.deposit_spread)
    return np.where(houses["alive"], houses["house_trust"] * np.clip(over, 0.0, 1.0), 0.0)


def consider(e) -> None:
    """Households say what they would buy, where a house has something to sell or has sold something."""
    houses, platforms, consumers = e.securities_houses.columns, e.platforms.columns, e.consumers
    if not (any_of(houses["pools"]) or any_of(houses["notes_owed"])):
        return
    sells = platforms["alive"] & (platforms["sells_funds"] > 0.0) & (platforms["house"] >= 0)
    sellers = SimpleNamespace(sells=sells, house=platforms["house"], appeal=appeal(e))
    wish_for_notes(consumers, e.market, e.p, sellers)


def sell(e) -> None:
    """Houses sell what notes they can on loans that they carry, to households and then to banks."""
    houses, consumers, p, n = e.securities_houses, e.consumers.columns, e.p, len(e.securities_houses)
    ready = np.where(houses["alive"], np.floor((1.0 - p.junior_of_house) * unsold(e)), 0.0).astype(np.int64)
    if any_of(ready):
        rows = rows_with(consumers["note_wish"])
        at = consumers["note_at"][rows]
        most = np.minimum(consumers["note_wish"][rows].astype(np.int64), consumers["deposits"][rows])
        most = np.maximum(0, most)
        asked = total_by(at, most, n)
        bought = np.minimum(ready, asked)
        part = np.minimum(split_by(bought, most.astype(float), at), most)
        bought = total_by(at, part, n)
        if any_of(bought):
            e.ledger.pay("notes bought", Some(rows, part), bought)
        bought = bought + sell_to_banks(e, ready - bought)
        houses["notes_sold"] += bought
        houses.columns["junior"] += bought * (p.junior_of_house / (1.0 - p.junior_of_house))
    let_go(consumers["note_at"], consumers["notes"])
    let_go(consumers["note_by"], consumers["notes"])
    houses["unsold"] = unsold(e)
    repay_credit(e)


def sell_to_banks(e, ready: np.ndarray) -> np.ndarray:
    """Banks buy notes as far as they trust the house and have room. Returns it by house (fen)."""
    houses, banks, p = e.securities_houses.columns, e.banks.columns, e.p
    room = np.maximum(0.0, banks["room"])
    pays = houses["note_yield"] > e.market.funding_rate
    most = p.notes_of_banks * float(room.sum()) * houses["house_trust"] * pays / len(houses["alive"])
    bought = np.minimum(ready, np.floor(most)).astype(np.int64)
    if any_of(bought):
        shares = split_within(bought, np.tile(room, (len(bought), 1)), False)
        e.ledger.pay("notes bought by banks", shares.sum(axis=0), bought)
        e.memory.notes_of_banks += shares
    return bought


def repay_credit(e) -> None:
    """What money houses need not keep goes to their banks."""
    houses = e.securities_houses.columns
    spare = np.maximum(0, houses["deposits"] - np.where(houses["alive"], houses["costs"], 0.0))
    back = np.minimum(houses["warehouse"], np.floor(spare)).astype(np.int64)
    if any_of(back):
        e.ledger.pay("warehouse loans repaid", back, by_bank(e, back))


def pass_on(e) -> None:
    """Houses pay their banks and those who hold their notes; losses go to the pieces in their order."""
    houses, p, market = e.securities_houses.columns, e.p, e.market
    if not (any_of(houses["notes_owed"]) or any_of(houses["warehouse"])):
        return
    held = holders(e)
    part, notes = sold_part(e), houses["notes_owed"].astype(float)
    # the yield, out of what came in on the part that is sold; a living house makes it good out of its money
    due = np.floor(houses["note_yield"] * notes)
    came = np.maximum(0.0, part * houses["interest_in"])
    owes = np.floor((market.funding_rate + p.margin) * houses["warehouse"])
    takes = takes_due(e, held)
    of_takes = total_by(held.house, takes, len(due))
    draw_credit(e, np.where(houses["alive"], due + owes + of_takes, 0.0).astype(np.int64))
    money = np.maximum(0, houses["deposits"])
    can = np.where(houses["alive"], money, np.minimum(money, np.floor(came)))
    paid = pay_holders(e, held, np.minimum(due, can).astype(np.int64), ("interest on notes", False))
    over = np.maximum(0.0, came - paid)
    # losses: interest left over, the junior piece, the notes
    lost = np.maximum(0.0, part * houses["losses"] - over)
    junior = houses["junior"]
    first = np.minimum(junior, lost)
    houses["junior_lost"][...] = np.divide(first, junior, out=np.zeros(len(junior)), where=junior > 0.0)
    senior = np.minimum(houses["notes_owed"], np.floor(lost - first)).astype(np.int64)
    houses["junior_lost"][senior > 0] = 1.0
    junior -= first
    lose_notes(e, held, senior)
    # principal, in the same proportion as notes are of what is sold
    sold = houses["notes_owed"] + junior
    back = np.divide(houses["notes_owed"], sold, out=np.ones(len(sold)), where=sold > 0.0)
    back = np.floor(back * part * houses["principal_in"])
    back = np.where(houses["pools"] == 0, houses["notes_owed"], back)  # where no loan is left, all of it
    back = np.minimum(np.minimum(back, houses["notes_owed"]), np.maximum(0, houses["deposits"]))
    back = back.astype(np.int64)
    junior *= 1.0 - np.divide(back, houses["notes_owed"], out=np.zeros(len(sold)), where=sold > 0.0)
    left = holders(e) if any_of(senior) else held  # some have lost notes
    pay_holders(e, left, back, ("notes repaid", True))
    junior[houses["notes_owed"] == 0] = 0.0
    interest = np.minimum(owes, np.maximum(0, houses["deposits"])).astype(np.int64)
    if any_of(interest):
        to_banks = by_bank(e, interest)
        e.ledger.pay("interest on warehouse loans", interest, to_banks)
        e.banks["interest_income"] += to_banks
    houses["short"] += np.maximum(0.0, due - paid) + owes - interest
    pay_takes(e, held, takes, of_takes)


@kernel
def list_takes(held, by, platforms_live, houses_live, take, due):
    """See `takes_due`; by: the platform that has sold his notes to each household, -1 for none."""
    for n in range(due.shape[0]):
        q = by[held.rows[n]]
        lives = q >= 0 and platforms_live[max(0, q)] and houses_live[held.house[n]]
        due[n] = int(np.floor(take * held.notes[n])) if lives else 0


def takes_due(e, held: Held) -> np.ndarray:
    """What living houses owe living platforms for notes that these sold to their users, by holder (fen)."""
    houses, platforms = e.securities_houses.columns, e.platforms.columns
    due, by = np.empty(len(held.rows), np.int64), e.consumers["note_by"]
    list_takes(held, by, platforms["alive"], houses["alive"], e.p.wealth_take, due)
    return due


def pay_takes(e, held: Held, due: np.ndarray, owed: np.ndarray) -> None:
    """Houses pay platforms so much, by holder of their notes (fen), where they have the money for all that
    they owe."""
    houses, platforms = e.securities_houses.columns, e.platforms.columns
    enough = owed <= np.maximum(0, houses["deposits"])
    due = due * enough[held.house]
    if any_of(due):
        received = total_by(e.consumers["note_by"][held.rows], due, len(e.platforms))
        e.ledger.pay("takes on funds", np.where(enough, owed, 0), received)
        platforms["revenue"] += received
        platforms["takes_on_funds"] += received


def pay_holders(e, held: Held, paid: np.ndarray, what: tuple[str, bool]) -> np.ndarray:
    """Houses pay so much (fen) to households and banks that hold their notes, in proportion. what: the flow,
    and whether notes are repaid by it. Returns what was paid."""
    flow, repays = what
    of_bank = {"interest on notes": "interest on notes of banks", "notes repaid": "notes of banks repaid"}
    if not any_of(paid):
        return paid
    households, n = total_by(held.house, held.notes, len(paid)), len(paid)
    of_banks = e.memory.notes_of_banks
    banks = of_banks.sum(axis=1)
    theirs = np.rint(paid * (households / np.maximum(1, households + banks))).astype(np.int64)
    theirs = np.where(banks == 0, paid, theirs)
    if repays:
        theirs = np.maximum(np.minimum(theirs, households), paid - banks)
    part = split_by(theirs, held.notes.astype(float), held.house)
    if repays:
        part = np.minimum(part, held.notes)
    theirs = total_by(held.house, part, n)
    shares = split_within(np.maximum(0, paid - theirs), of_banks, repays)
    by_house, by_bank = shares.sum(axis=1), shares.sum(axis=0)
    e.ledger.pay(flow, theirs, Some(held.rows, part))
    e.ledger.pay(of_bank[flow], by_house, by_bank)
    if repays:
        e.memory.notes_of_banks -= shares
    else:
        e.consumers["transfers"][held.rows] += part
        e.banks["interest_income"] += by_bank
    return theirs + by_house


def lose_notes(e, held: Held, lost: np.ndarray) -> None:
    """Notes that will not be paid, by house (fen): all who hold them lose alike."""
    if not any_of(lost):
        return
    households = total_by(held.house, held.notes, len(lost))
    owed = e.securities_houses["notes_owed"]
    theirs = np.minimum(households, np.rint(lost * (households / np.maximum(1, owed))).astype(np.int64))
    theirs = np.maximum(theirs, lost - e.memory.notes_of_banks.sum(axis=1))
    part = np.minimum(split_by(theirs, held.notes.astype(float), held.house), held.notes)
    theirs = total_by(held.house, part, len(lost))
    shares = split_within(lost - theirs, e.memory.notes_of_banks, True)
    lost = theirs + shares.sum(axis=1)
    e.ledger.write_off(
        "notes lost",
        {"consumers": Some(held.rows, part), "banks": shares.sum(axis=0)},
        {"securities_houses": lost},
    )
    e.memory.notes_of_banks -= shares
    e.banks.columns["loan_losses"] += shares.sum(axis=0)
    e.tallies.notes_lost += float(lost.sum())


def wind_up(e) -> None:
    """A house that has ended, and of whose loans none is left, pays its bank as far as its money goes."""
    houses = e.securities_houses.columns
    done = ~houses["alive"] & (houses["pools"] == 0) & (houses["died"] > 0)
    if not any_of(done):
        return
    lost = np.where(done, houses["notes_owed"], 0)
    lose_notes(e, holders(e), lost)
    repay_credit(e)
    lost = np.where(done, houses["warehouse"], 0)
    if any_of(lost):
        at = by_bank(e, lost)
        e.ledger.write_off("bad warehouse loans", {"banks": at}, {"securities_houses": lost})
        e.banks.columns["loan_losses"] += at
