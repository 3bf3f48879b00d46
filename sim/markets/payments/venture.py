"""Who funds platforms: the venture fund, households, banks; how money comes back, and who loses it."""

import numpy as np

from sim.actors.banks import own_loans
from sim.actors.platforms import Purse, own_cash
from sim.engine.compiling import compiled
from sim.engine.fen import split_within
from sim.engine.ledger import Some, rows_with, split, split_by, total_by
from sim.engine.parameters import Declared, param
from sim.links import market as integration
from sim.markets.payments import ownership
from sim.credit.from_platforms import idle


class Funding(Declared):
    """The venture fund, and what is left when a platform dies."""

    # fmt: off
    fund_commitment = param(0.0007, unit="share of GDP", low=0.0, high=0.004, source="design",
        doc="what the owners commit to the venture fund in a quarter, when their confidence in it is one")
    confidence_speed = param(0.1, unit="share/quarter", low=0.02, high=0.5, source="assumed", held=True,
        doc="weight of the fund's record so far in the owners' confidence in it")
    confidence_least = param(0.1, unit="ratio", low=0.0, high=1.0, source="assumed", held=True,
        doc="lowest factor by which the fund's record scales commitments")
    confidence_most = param(1.5, unit="ratio", low=1.0, high=4.0, source="assumed", held=True,
        doc="highest factor by which the fund's record scales commitments")
    first_round = param(6.0, unit="quarters of commitments", low=0.0, high=20.0, source="design",
        when="entry", doc="first commitment to the fund, by which platforms are founded")
    fund_pace = param(0.3, unit="share of its money/quarter", low=0.05, high=1.0, source="assumed",
        doc="share of its money that the fund invests in a quarter at most")
    fund_floor = param(0.3, unit="share", low=0.05, high=1.0, source="assumed",
        doc="weight in a round of a platform without any gross profit")
    merit_most = param(3.0, unit="ratio", low=1.0, high=10.0, source="assumed", held=True,
        doc="gross profit over growth spending beyond which a platform gains no more weight in a round")
    runway = param(8.0, unit="quarters of cost", low=4.0, high=16.0, source="assumed",
        doc="costs up to which the fund fills up a platform's own cash")
    round_parts = param(10.0, unit="count", low=1.0, high=100.0, source="assumed", held=True,
        doc="parts of a quarter's commitment of which a platform of size one can always use one")
    hold = param(24.0, unit="quarters", low=8.0, high=40.0, source="assumed",
        doc="time for which the fund holds a stake before it may be sold")
    exit_multiple = param(20.0, unit="quarters of profit", low=8.0, high=60.0, source="assumed",
        doc="price of a platform over its usual profit")
    exit_passed_on = param(0.8, unit="share of the price", low=0.0, high=1.0, source="assumed", held=True,
        doc="part of the price of a sold stake that the fund returns to the owners")
    dividend_pace = param(0.2, unit="share/quarter", low=0.05, high=1.0, source="assumed",
        doc="share of its spare cash that a platform pays out in a quarter")
    walks_away = param(0.4, unit="share/quarter", low=0.05, high=0.8, source="assumed",
        doc="chance that a consumer stops paying a dead platform that lent for households, in a quarter")
    fright_response = param(0.5, unit="ratio", low=0.0, high=2.0, source="assumed", held=True,
        doc="fright of lending households over the part of claims that a platform's death leaves stuck")
    fright_kept = param(0.9, unit="share/quarter", low=0.0, high=0.98, source="assumed", held=True,
        doc="part of lending households' fright that is left a quarter later")
    idle_returned = param(0.25, unit="share/quarter", low=0.0, high=1.0, source="assumed", held=True,
        doc="part of claims not lent out that a platform returns to households in a quarter")
    borrowing_repaid = param(0.1, unit="share/quarter", low=0.02, high=0.5, source="design",
        doc="share of its bank debt that a platform repays in a quarter")
    # fmt: on


@compiled
def weigh_round(
    backed, size, gross_profit, growth_spend, wage_bill, books, runway, commitment, parts, merits, weight
):
    """What each platform that may be backed weighs in a round: gross profit per yuan spent on growth.

    Nobody is funded beyond his runway. Returns the share of them, by size, that has use for money.
    """
    (deposits, claims, loans, participations), (floor, most) = books, merits
    used, sizes = 0.0, 0.0
    for p in range(size.shape[0]):
        merit = gross_profit[p] / growth_spend[p] if growth_spend[p] > 0.0 else 0.0
        needed = runway * (growth_spend[p] + wage_bill[p]) + size[p] * commitment / parts
        purse = Purse(
            deposits=deposits[p],
            claims_owed=claims[p],
            loans=loans[p],
            participations_owed=participations[p],
        )
        need = min(1.0, needed / max(1.0, own_cash(purse)))
        counts = size[p] if backed[p] else 0.0
        weight[p] = counts * (floor + min(most, max(0.0, merit))) * need
        used += counts * need
        sizes += counts
    return used / sizes


def fund_platforms(economy) -> None:
    """Owners commit money as the fund's record allows; the fund backs gross profit per yuan spent."""
    t, ledger, p, memory = economy.platforms.columns, economy.ledger, economy.p, economy.memory
    t["venture"][...] = 0.0
    backed = t["alive"] & (t["acts"] > 0.0) & ~t["sold"]
    if not backed.any():
        return
    put_in, returned = memory.fund_record.tolist()
    value = p.exit_multiple * float(np.maximum(0.0, t["usual_profit"][backed]).sum()) + returned
    old = economy.quarter > memory.born + p.hold
    record = min(p.confidence_most, max(p.confidence_least, value / max(1.0, put_in)))
    confidence = record if old else 1.0
    memory.confidence += p.confidence_speed * (confidence - memory.confidence)
    first = economy.quarter == memory.born + 1
    wish = p.fund_commitment * economy.market.gdp_seen * (p.first_round if first else memory.confidence)
    commitment = int(min(wish, p.commitment_purse * ownership.money(economy)))
    if commitment > 0:
        ownership.spend(economy, "fund commitments", split(commitment, np.ones(len(economy.fund))))
    held, weight = economy.fund.columns["deposits"].astype(float), np.empty(len(backed))
    # money that a platform cannot use stays in the fund
    use = weigh_round(
        backed, t["size"], t["gross_profit"], t["growth_spend"], t["wage_bill"],
        (t["deposits"], t["claims_owed"], t["loans"], t["participations_owed"]), p.runway, float(commitment),
        p.round_parts, (p.fund_floor, p.merit_most), weight,
    )  # fmt: skip
    total = int(held.sum() if first else p.fund_pace * held.sum() * use)
    if total > 0:
        part = split(total, weight)
        ledger.pay("venture funding", split(total, held), part)
        t["venture"][...] = part
        t["venture_total"] += part
        memory.fund_record[0] += total


def sell_stakes(economy) -> None:
    """After the holding period the owners buy what has a profit, for cash; the fund passes most of it on."""
    platforms, p = economy.platforms, economy.p
    if economy.quarter < economy.memory.born + p.hold:
        return
    ready = (
        platforms["alive"]
        & ~platforms["sold"]
        & (platforms["usual_profit"] > 0.0)
        & (platforms["acts"] > 0.0)
    )
    price = np.floor(p.exit_multiple * platforms["usual_profit"] * ready)
    purse = p.exit_purse * ownership.money(economy)
    for row in np.flatnonzero(ready):
        if 0.0 < price[row] <= purse:
            purse -= price[row]
            total = int(price[row])
            ownership.spend(economy, "venture exits", split(total, np.ones(len(economy.fund))))
            platforms.columns["sold"][row] = True
            economy.memory.fund_record[1] += total
            passed = int(p.exit_passed_on * total)
            share = split(passed, economy.fund["deposits"].astype(float))
            economy.ledger.debit("fund distributions", share)
            economy.ledger.credit("fund distributions", split(passed, np.ones(len(economy.owners))))


def collect(economy) -> None:
    """Debtors pay the platforms, the platforms pay those who funded the loans."""
    t, ledger, banks, market, p = (
        economy.platforms,
        economy.ledger,
        economy.banks,
        economy.market,
        economy.p,
    )
    n = len(t)
    if not t["loans"].any() and not t["claims_owed"].any() and not t["borrowing"].any():
        return
    before = t["loans"].copy()
    interest, principal = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for name in ("firms", "consumers"):
        c = economy.tables[name].columns
        owing = rows_with(c["platform_debt"])
        if not len(owing):
            continue
        for flow, column, sums in (
            ("interest", "platform_interest_paid", interest),
            ("instalments", "platform_instalment_paid", principal),
        ):
            paid = c[column][owing].astype(np.int64)
            received = total_by(c["debt_to"][owing], paid, n)
            ledger.pay(f"platform {flow} of {name}", Some(owing, paid), received)
            sums += received
    repay_banks(economy, principal, before)

    # banks receive interest on their part less the take; households what was posted, as far as it came in
    held = t["participations_owed"].astype(float)
    part = np.divide(held, np.maximum(1, before), out=np.zeros(n), where=before > 0)
    passed = np.floor(np.maximum(0.0, interest * part - t["take"] * held)).astype(np.int64)
    if passed.any():
        shares = split_within(passed, economy.memory.participations, False)
        ledger.pay("interest on participations", passed, shares.sum(axis=0))
        banks["interest_income"] += shares.sum(axis=0)
    c = economy.consumers.columns
    due = np.where(t["alive"], np.floor(market.posted * t["claims_owed"]), 0.0)
    due = np.minimum(due, interest - passed).astype(np.int64)
    if due.any():
        received = split_by(due, c["claims"].astype(float), c["claim_at"])
        ledger.pay("interest on claims", due, received)
        economy.memory.transfers += received
    t["revenue"] += interest - passed - due

    owed = np.minimum(
        np.floor((market.funding_rate + p.margin) * t["borrowing"]), np.maximum(0, t["deposits"])
    )
    owed = owed.astype(np.int64)
    back = np.minimum(np.ceil(p.borrowing_repaid * t["borrowing"]), np.maximum(0, t["deposits"] - owed))
    back = back.astype(np.int64)
    if owed.any() or back.any():
        by_bank = total_by(t["bank"], owed, len(banks))
        ledger.pay("interest on borrowing", owed, by_bank)
        banks["interest_income"] += by_bank
        ledger.pay("borrowing repaid", back, total_by(t["bank"], back, len(banks)))
    t["direct_cost"] += owed
    t["pool_interest"] = passed / np.maximum(1.0, held)


def repay_banks(economy, principal: np.ndarray, before: np.ndarray) -> None:
    """The banks' part of the principal that came in goes back to them."""
    t = economy.platforms
    back = np.minimum(
        t["participations_owed"],
        np.rint(principal * (t["participations_owed"] / np.maximum(1, before))).astype(np.int64),
    )
    # a pool that is paid off owes its funders nothing more
    back = np.where(t["loans"] == 0, np.minimum(t["participations_owed"], np.maximum(0, t["deposits"])), back)
    if back.any():
        shares = split_within(back, economy.memory.participations, True)
        economy.ledger.pay("participations repaid", back, shares.sum(axis=0))
        economy.memory.participations -= shares


def lose(economy, population: str, rows: np.ndarray, lost: np.ndarray) -> None:
    """Bad debts of some rows leave the pools, and those who funded them bear their parts."""
    if not lost.any():
        return
    t, ledger, tallies, n = economy.platforms.columns, economy.ledger, economy.tallies, len(economy.platforms)
    by_platform = total_by(economy.tables[population].columns["debt_to"][rows], lost, n)
    before, participations = t["loans"].copy(), t["participations_owed"].copy()
    out = np.maximum(0, t["claims_owed"] - idle(economy))
    ledger.write_off("bad platform loans", {"platforms": by_platform}, {population: Some(rows, lost)})
    part = by_platform / np.maximum(1, before)
    of_banks = np.minimum(participations, np.rint(part * participations)).astype(np.int64)
    if of_banks.any():
        shares = split_within(of_banks, economy.memory.participations, True)
        by_bank = shares.sum(axis=0)
        ledger.write_off("participations lost", {"banks": by_bank}, {"platforms": of_banks})
        economy.memory.participations -= shares
        economy.banks.columns["loan_losses"] += by_bank
        t["pool_losses"] += of_banks
    of_claims = np.minimum(out, np.rint(part * out)).astype(np.int64)
    if of_claims.any():
        c = economy.consumers.columns
        share = np.minimum(split_by(of_claims, c["claims"].astype(float), c["claim_at"]), c["claims"])
        of_claims = total_by(c["claim_at"], share, n)
        ledger.write_off("claims lost", {"consumers": share}, {"platforms": of_claims})
        t["claims_lost"] += of_claims
    t["losses_borne"] += by_platform - of_banks - of_claims
    for label, fen in (
        ("bad platform loans", by_platform),
        ("losses of households", of_claims),
        ("platform losses of banks", of_banks),
    ):
        tallies[label] = tallies.get(label, 0.0) + float(fen.sum())


def repay_households(economy) -> None:
    """Claims that end are paid out of money not lent out; a dead platform gives back all that comes in."""
    t, c, ledger = economy.platforms, economy.consumers.columns, economy.ledger
    n = len(t)
    if not t["claims_owed"].any():
        return
    asked = np.minimum(c["withdrawn"].astype(np.int64), c["claims"])
    wanted = total_by(c["claim_at"], asked, n)
    free = np.minimum(idle(economy), np.maximum(0, t["deposits"]))
    share = np.minimum(1.0, free / np.maximum(1, wanted))
    place = c["claim_at"]
    part = np.floor(asked * share[place] * (place >= 0)).astype(np.int64)
    back = total_by(place, part, n)
    # money for which there is no use goes back too, slowly; from a dead platform at once
    spare = np.maximum(0, free - back)
    spare = np.where(
        t["alive"],
        np.floor(economy.p.idle_returned * spare).astype(np.int64),
        np.minimum(np.maximum(0, t["deposits"]) - back, t["claims_owed"] - back),
    )
    if spare.any():
        left = c["claims"] - part
        more = np.minimum(split_by(spare, left.astype(float), place), left)
        part = part + more
        back = total_by(place, part, n)
    if back.any():
        ledger.pay("claims repaid", back, part)
    c["claim_at"][c["claims"] == 0] = -1
    if not t["claims_owed"].any():
        c["offered"][...] = 0.0
        c["withdrawn"][...] = 0.0


def households_lend(economy) -> bool:
    """Whether a platform borrows of households, or still owes them something."""
    return bool(economy.market.posted.any() or economy.platforms.columns["claims_owed"].any())


def compare(economy) -> None:
    """What banks earn on loans of their own, and how many households have money in a platform that died."""
    t, p, market, memory = economy.platforms.columns, economy.p, economy.market, economy.memory
    loans = float(own_loans(economy.banks).sum())
    own = float(memory.own_interest - memory.own_losses) / max(1.0, loans) - market.funding_rate
    market.own_margin += p.patience_with_platforms * (own - market.own_margin)
    # a platform that died with households' money frightens the others' lenders for some years
    claims = t["claims_owed"]
    dead = ~t["alive"] & (t["died"] == economy.quarter - 1)
    stuck = float(claims[dead].sum()) / max(1.0, float(claims.sum()))
    market.fright = p.fright_kept * market.fright + p.fright_response * stuck


def platforms_fail(economy) -> None:
    """A dead platform loses users and links, pays whom it owes as far as its cash goes; the rest is lost."""
    t, ledger, banks = economy.platforms, economy.ledger, economy.banks
    just = ~t["alive"] & (t["died"] == 0) & (t["acts"] > 0.0)
    c = economy.firms.columns
    if just.any():
        t["died"] = np.where(just, economy.quarter, t["died"])
        linked = np.flatnonzero((c["link"] >= 0) & just[c["link"]])
        integration.cut(economy, linked)
        economy.tallies["platform deaths"] = float(just.sum())
    gone = ~t["alive"]
    if not gone.any():
        return
    cash = np.where(gone, np.maximum(0, t["deposits"] - idle(economy)), 0)
    back = np.minimum(cash, t["borrowing"])
    if back.any():
        ledger.pay("borrowing repaid", back, total_by(t["bank"], back, len(banks)))
    lost = np.where(gone & (t["loans"] == 0), t["borrowing"], 0)
    if lost.any():
        by_bank = total_by(t["bank"], lost, len(banks))
        ledger.write_off("bad loans to platforms", {"banks": by_bank}, {"platforms": lost})
        banks["loan_losses"] += by_bank
    rest = np.where(gone & (t["claims_owed"] == 0) & (t["borrowing"] == 0), np.maximum(0, t["deposits"]), 0)
    if rest.any():
        ownership.receive(economy, "platform dividends", rest)
    t["links"] = np.where(gone, 0.0, t["links"])
    t["users"] = np.where(gone, 0.0, t["users"])
    t["firm_users"] = np.where(gone, 0.0, t["firm_users"])


def pay_dividends(economy) -> None:
    """Owners get what platforms have decided to pay out."""
    fen = economy.platforms.columns["dividend"]
    if fen.any():
        ownership.receive(economy, "platform dividends", fen)
