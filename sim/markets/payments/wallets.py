"""Wallets: giants carry payments of households to firms, and see what passes through them.

A giant that acts runs a wallet, the same whichever business model it runs; one is the first to open it, the
others follow by and by. Who lives in its ecosystem has its
wallet; others take one up by how many have one already, and now and then people and firms turn to another, by
how many others have it. A person's use of his wallet grows with habit; a firm that has any wallet at its till
takes all of them. Firms pay a fee on what passes there. It is kept apart from a platform's revenue, so that
no comparison of business models counts it, and goes to the owners, who keep the giant's team paid out of it.

What passes at a lender is what footprints are made of: `passing_of_consumers`, `passing_of_firms`; see
`sim.credit.footprints`.
"""

from typing import NamedTuple

import numpy as np

from sim.actors.purse import own_cash, purse
from sim.engine.arithmetic import exp, log
from sim.engine.compiling import compiled
from sim.engine.draws import claim, each_uniform, key, normals, uniform
from sim.engine.fen import any_of
from sim.engine.kernels import kernel, kernel_apart
from sim.engine.ledger import split
from sim.engine.parameters import Declared, param
from sim.markets.payments import ownership


class Wallets(Declared):
    """How wallets spread, what passes through them and what they keep of it."""

    # fmt: off
    payment_fee = param(0.00044, unit="share of payment", low=0.0, high=0.0009, source="PAYMENT_FEE",
        doc="what a wallet keeps, net, of all that passes through it; firms pay it at their tills")
    paid_by_wallet = param(0.6, unit="share of spending", low=0.0, high=0.8, source="PAYMENT_VOLUME",
        doc="part of what he buys that a person pays with his wallet, once he is used to it")
    passes_beside = param(6.0, unit="ratio", low=1.0, high=16.0, source="PAYMENT_VOLUME",
        doc="all that passes through wallets, to others and between own accounts too, over purchases")
    wallet_habit = param(0.1, unit="share/quarter", low=0.03, high=0.3, source="assumed",
        doc="part of the way to its full use that somebody with a wallet goes in a quarter")
    wallet_openings = param(0.1, unit="share/quarter", low=0.02, high=1.0, source="assumed", scale="log",
        doc="chance that a giant opens a wallet in a quarter, once another has one; at 1 all open together")
    wallet_contagion = param(0.6, unit="share/year", low=0.1, high=1.0, source="assumed",
        doc="chance that somebody without a wallet takes one up, where everybody else has one")
    wallet_review = param(0.25, unit="share/year", low=0.0, high=0.6, source="assumed",
        doc="chance that somebody with a wallet asks himself whether another would be better")
    merchants_count = param(0.5, unit="share", low=0.0, high=1.0, source="assumed",
        doc="weight of the firms that take a wallet first, beside people who have it, in who chooses it")
    wallet_crowd = param(1.0, unit="exponent", low=0.0, high=2.0, source="assumed",
        doc="growth of the chance that a wallet is chosen with the share of those who have it")
    wallet_campaigns = param(0.3, unit="log points", low=0.0, high=1.0, source="assumed",
        doc="standard deviation of the luck of a wallet's campaigns in a year, in who chooses it")
    giant_reserve = param(4.0, unit="quarters of cost", low=0.0, high=16.0, source="assumed",
        doc="what its giant lacks of so much cash, for its team, it keeps of its wallet's income")
    app_sight = param(0.08, unit="share", low=0.0, high=0.3, source="assumed",
        doc="part of a person's money that an app sees of those who use it, as far as no wallet shows it")
    borrower_sight = param(0.05, unit="share", low=0.0, high=0.3, source="assumed",
        doc="part of somebody's money that the platform at which he borrowed last sees beside")
    portal_sight = param(0.08, unit="share", low=0.0, high=0.3, source="assumed",
        doc="part of a firm's money that a platform sees which is its portal")
    # fmt: on


TURNS_OF_PEOPLE, TURNS_OF_FIRMS = (claim(f"wallets of {who}", __name__) for who in ("people", "firms"))
CAMPAIGNS = claim("campaigns of a wallet", __name__)
OPENINGS = claim("when a giant opens its wallet", __name__)
YEAR = 4  # quarters: once in so many, each thinks of his wallet


class Chances(NamedTuple):
    """How somebody fares who thinks of his wallet this quarter."""

    contagion: float  # chance that he takes one up, if he has none
    review: float  # chance that he asks himself whether another would be better
    upto: np.ndarray  # (platforms,), running sums of the chances of each


@compiled
def wallet_of(at, home, runs):
    """Whose wallet somebody has before he thinks of another: his own while it is run, else that of the giant
    in whose ecosystem he lives; -1 for none."""
    own, other = (at >= 0) & runs[max(0, at)], (home >= 0) & runs[max(0, home)]
    return at if own else home if other else -1


@compiled
def turned(at, chances, u):
    """Whose wallet somebody has after he has thought of it; u: a number from 0 to 1."""
    chance = chances.review if at >= 0 else chances.contagion
    if u >= chance:
        return at
    q = 0
    while q < chances.upto.shape[0] - 1 and u >= chance * chances.upto[q]:
        q += 1
    return q


@kernel_apart
def choose(people, there, runs, chances, turn, luck, year, having):
    """Who has whose wallet now; adds to `having` how many have that of each platform.

    there: of those who are alive. chances: see `Chances`. turn: the quarter of the year, in which it is the
    turn of every fourth row.
    """
    for i in range(people.wallet.shape[0]):
        at = wallet_of(people.wallet[i], people.ecosystem[i], runs)
        people.wallet[i] = at if there[i] else -1
    for i in range(turn, people.wallet.shape[0], YEAR):
        u = uniform(luck, people.ids[i], people.generation[i], year)
        people.wallet[i] = turned(people.wallet[i], chances, u) if there[i] else -1
    for i in range(people.wallet.shape[0]):
        having[max(0, people.wallet[i])] += 1.0 if people.wallet[i] >= 0 else 0.0


@kernel
def spend(consumers, p, paid):
    """Adds what consumers pay by each wallet to `paid` (fen); their use grows. Returns all they spend."""
    total = 0.0
    for i in range(consumers.wallet.shape[0]):
        total += consumers.budget[i]
        at = consumers.wallet[i]
        if at >= 0:
            use = consumers.wallet_use[i]
            consumers.wallet_use[i] = use + p.wallet_habit * (p.paid_by_wallet - use)
            paid[at] += consumers.wallet_use[i] * consumers.budget[i]
    return total


@kernel
def sell_to_households(starts, firms, spent, part):
    """The part of each sector's sales that households buy, `part`; spent: fen by sector."""
    for s in range(part.shape[0]):
        sold = 0.0
        for i in range(starts[s], starts[s + 1]):
            sold += firms.sales[i]
        part[s] = min(1.0, spent[s] / sold) if sold > 0.0 else 0.0


@kernel
def pay_fees(starts, firms, market, by_wallet, rate):
    """What each firm pays on what passes at its till, as far as it has it (whole fen); by_wallet: the part of
    households' spending. Returns what has passed at all tills (fen)."""
    passed = 0.0
    for s in range(market.household_part.shape[0]):
        part = market.household_part[s] * by_wallet
        for i in range(starts[s], starts[s + 1]):
            through = part * firms.sales[i] if firms.wallet[i] >= 0 else 0.0
            firms.payment_fee[i] = min(np.floor(rate * through), float(firms.deposits[i]))
            passed += through
    return passed


@kernel
def list_lacking(platforms, p, lacks):
    """What each platform's own cash falls short of its reserve for its team (fen)."""
    for q in range(lacks.shape[0]):
        wanted = p.giant_reserve * platforms.team_due[q]
        lacks[q] = max(0.0, np.ceil(wanted - own_cash(purse(platforms, q))))


@kernel
def list_passing_of_consumers(rows, at, consumers, p, passing):
    """See `passing_of_consumers`."""
    for n in range(rows.shape[0]):
        i, q = rows[n], at[n]
        # what others see counts as far as it may be taken along; of an app of his own each sees alike
        shown = p.data_portability
        app = consumers.first_app[i] >= 0 or consumers.second_app[i] >= 0 or consumers.third_app[i] >= 0
        sees = p.app_sight * (1.0 if q >= 0 else shown if app else 0.0)
        wallet, lender = consumers.wallet[i], consumers.last_lender[i]
        sees += consumers.wallet_use[i] * (1.0 if wallet == q else shown) if wallet >= 0 else 0.0
        sees += p.borrower_sight * (1.0 if lender == q else shown) if lender >= 0 else 0.0
        passing[n] = min(1.0, sees)


@kernel
def list_passing_of_firms(rows, at, firms, market, p, passing):
    """See `passing_of_firms`."""
    everywhere = 0.0
    for q in range(market.by_wallet.shape[0]):
        everywhere += market.by_wallet[q]
    for n in range(rows.shape[0]):
        i, q, shown = rows[n], at[n], p.data_portability
        portal, lender, link = firms.portal[i], firms.last_lender[i], firms.link[i]
        sees = p.portal_sight * (1.0 if portal == q else shown) if portal >= 0 else 0.0
        if firms.wallet[i] >= 0:  # whose till takes one takes all
            here = market.by_wallet[q] if q >= 0 else 0.0
            sees += market.household_part[firms.sector[i]] * (here + shown * (everywhere - here))
        sees += p.borrower_sight * (1.0 if lender == q else shown) if lender >= 0 else 0.0
        sees += firms.depth_payments[i] * (1.0 if link == q else shown) if link >= 0 else 0.0
        passing[n] = min(1.0, sees)


def passing_of_consumers(economy, rows: np.ndarray, lender: np.ndarray) -> np.ndarray:
    """The share of the money of some consumers that passes where each asks: the app, its wallet, old loans.

    rows: of consumers who use the app; lender: the row of the platform that each asks, or -1 for a bank,
    which sees what may be taken along from elsewhere. As an array by line.
    """
    passing = np.empty(len(rows))
    list_passing_of_consumers(rows, lender, economy.consumers, economy.p, passing)
    return passing


def passing_of_firms(economy, rows: np.ndarray, lender: np.ndarray) -> np.ndarray:
    """As `passing_of_consumers`, of firms: the portal, the wallet at the till, old loans, and what passes
    through the service line `payments` of the platform that a firm is linked with."""
    firms, passing = economy.firms, np.empty(len(rows))
    list_passing_of_firms(rows, lender, firms, economy.market, economy.p, passing)
    return passing


def running(economy) -> np.ndarray:
    """Which platforms run a wallet: giants that live, act and have opened one (mask)."""
    platforms = economy.platforms.columns
    acting = platforms["giant"] & platforms["alive"] & (platforms["acts"] > 0.0)
    acting[acting] = economy.quarter - platforms["founded"][acting] > waits(economy)[acting]
    return acting


def waits(economy) -> np.ndarray:
    """How many quarters after the first each giant opens its wallet, by platform."""
    platforms, chance = economy.platforms, economy.p.wallet_openings
    found = np.zeros(len(platforms))
    giants = np.flatnonzero(platforms["giant"])
    if chance < 1.0 and len(giants):
        luck, whose = np.empty(len(giants)), key(economy.draws_from, OPENINGS)
        each_uniform(whose, giants, platforms.ids, platforms["generation"], 0, luck)
        found[giants] = np.floor(np.log(luck) / np.log(1.0 - chance))
        found[giants] -= found[giants].min()
    return found


def collect(economy) -> None:
    """Wallets are chosen, purchases pass through them, firms pay for it."""
    market, platforms = economy.market, economy.platforms.columns
    runs = running(economy)
    if not any_of(runs):
        stop(economy)
        return
    turn_to(economy, runs)
    paid = np.zeros(len(runs))
    total = spend(economy.consumers, economy.p, paid)
    market.by_wallet[...] = paid / max(1.0, total)
    starts, firms, p = market.starts, economy.firms, economy.p
    sell_to_households(starts, firms, market.weights * (total * market.served), market.household_part)
    together = float(market.by_wallet.sum())
    passed = pay_fees(starts, firms, market, together, p.payment_fee * p.passes_beside)
    platforms["payments"] += passed * p.passes_beside * paid / max(1.0, float(paid.sum()))
    fees = int(firms["payment_fee"].sum())
    if fees:
        received = split(fees, paid)
        economy.ledger.pay("payment fees", firms["payment_fee"], received)
        platforms["payment_fees"] += received
        pay_out(economy, received)


def pay_out(economy, income: np.ndarray) -> None:
    """A wallet's income (fen, by platform) goes to the owners, but for what its giant lacks of its reserve:
    they stand behind it as long as the wallet earns."""
    lacks = np.empty(len(income))
    list_lacking(economy.platforms, economy.p, lacks)
    ownership.receive(economy, "platform dividends", np.floor(np.maximum(0.0, income - lacks)))


def stop(economy) -> None:
    """Nobody runs a wallet: nobody has one, nothing passes."""
    market, firms, consumers = economy.market, economy.firms.columns, economy.consumers.columns
    if any_of(market.by_wallet):
        market.by_wallet[...] = market.household_part[...] = 0.0
        firms["payment_fee"][...] = 0.0
        firms["wallet"][...] = consumers["wallet"][...] = -1
        economy.platforms.columns["wallets"][...] = economy.platforms.columns["tills"][...] = 0.0


def turn_to(economy, runs: np.ndarray) -> None:
    """People and firms take up wallets and change them, by how many others have each."""
    platforms, firms, consumers = economy.platforms.columns, economy.firms, economy.consumers
    p, now = economy.p, economy.quarter
    year, turn = np.uint64(now // YEAR), now % YEAR
    people, merchants = platforms["wallets"], platforms["tills"]
    everybody = np.ones(len(consumers), bool)
    upto = appeals(economy, runs)
    sides = (
        (consumers, everybody, people, TURNS_OF_PEOPLE), (firms, firms["alive"], merchants, TURNS_OF_FIRMS),
    )  # fmt: skip
    for table, there, having, purpose in sides:
        already = float(having.sum()) / len(table)
        having[...] = 0.0
        chances = Chances(p.wallet_contagion * already, p.wallet_review, upto)
        choose(table, there, runs, chances, turn, key(economy.draws_from, purpose), year, having)


def appeals(economy, runs: np.ndarray) -> np.ndarray:
    """Running sums of the chances with which each wallet is chosen, by platform.

    chance ~ ((1 - m) its share of people + m its share of firms)^crowd exp(campaigns e), e new each year
    """
    platforms, p, giants = economy.platforms.columns, economy.p, np.flatnonzero(runs)
    luck, weight = np.empty(len(giants)), np.zeros(len(runs))
    table, generation = economy.platforms, platforms["generation"]
    normals(key(economy.draws_from, CAMPAIGNS), giants, table.ids, generation, economy.quarter // YEAR, luck)
    m = p.merchants_count
    held = (1.0 - m) * share_of(platforms["wallets"] * runs) + m * share_of(platforms["tills"] * runs)
    for giant, e in zip(giants.tolist(), luck.tolist(), strict=True):
        pull = exp(p.wallet_crowd * log(held[giant])) if held[giant] > 0.0 else 0.0
        weight[giant] = pull * exp(p.wallet_campaigns * e)
    weight = weight if any_of(weight) else runs.astype(float)  # before anybody has one all are alike
    upto = np.cumsum(weight)
    return upto / upto[-1]


def share_of(counts: np.ndarray) -> np.ndarray:
    """Each count over their sum; zero where there is none."""
    return counts / max(1.0, float(counts.sum()))
