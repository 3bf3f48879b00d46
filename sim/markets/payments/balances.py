"""What rests in wallets: a part of what is paid by wallet waits there, at the giant that runs it.

It is the users' money. Until it is in custody at the central bank it lies in the giant's account with a bank:
it earns interest, which its users forgo and the giant has beside its fees, and it may carry the giant's own
part of loans. What is in custody earns nothing and carries nothing. A giant that ends pays its users first.
"""

import numpy as np

from sim.engine.fen import any_of
from sim.engine.kernels import kernel
from sim.engine.ledger import total_by
from sim.engine.parameters import Declared, param
from sim.markets.payments import wallets


class Balances(Declared):
    """What rests in wallets."""

    # fmt: off
    payment_float = param(0.0, unit="share of payment", low=0.0, high=0.1, source="assumed", held=True,
        doc="part of what passes through somebody's wallet in a quarter that rests there; 0 for no balances")
    # fmt: on


@kernel
def list_balances(consumers, p, back, more):
    """What each wants back of what rests in a wallet, and what more is to rest there (whole fen).

    What was with another wallet than his present one comes back whole.
    """
    for i in range(back.shape[0]):
        at, held = consumers.wallet[i], consumers.wallet_money[i]
        passes = p.passes_beside * consumers.wallet_use[i] * consumers.budget[i] if at >= 0 else 0.0
        due = int(np.floor(p.payment_float * passes))
        stays = held if held == 0 or consumers.wallet_at[i] == at else 0
        back[i] = held - min(stays, due)
        more[i] = max(0, due - stays)


def rest(economy) -> None:
    """Balances follow what is paid, and earn; the law says what of them is in custody."""
    platforms, consumers, p = economy.platforms.columns, economy.consumers.columns, economy.p
    if not p.payment_float and not any_of(platforms["float_owed"]):
        return
    back, more = np.empty((2, len(economy.consumers)), np.int64)
    list_balances(economy.consumers, p, back, more)
    empty(economy, back)
    consumers["wallet_at"][...] = np.where(
        consumers["wallet_money"] > 0, consumers["wallet_at"], consumers["wallet"]
    )
    # who could not be paid by the one that he has left keeps nothing with the new one yet
    fill = np.where(consumers["wallet_at"] == consumers["wallet"], more, 0)
    fill = np.minimum(fill, np.maximum(0, consumers["deposits"]))
    if any_of(fill):
        economy.ledger.pay("wallets filled", fill, by_giant(economy, fill))
    keep_safe(economy, np.floor(p.float_custody * platforms["float_owed"]).astype(np.int64))
    earn(economy)


def empty(economy, back: np.ndarray) -> None:
    """Users get back what they ask (fen), out of custody and of the giant's account, as far as it goes."""
    platforms, ledger = economy.platforms.columns, economy.ledger
    asked = by_giant(economy, back)
    out = np.minimum(platforms["custody"], asked)
    if any_of(out):
        ledger.pay("balances out of custody", np.array([int(out.sum())]), out)
    if any_of(asked):
        share = np.minimum(1.0, np.maximum(0, platforms["deposits"]) / np.maximum(1, asked))
        paid = np.floor(share[economy.consumers["wallet_at"]] * back).astype(np.int64)
        ledger.pay("wallets emptied", by_giant(economy, paid), paid)


def earn(economy) -> None:
    """A bank pays a giant on balances what it pays households; that is the wallet's income, like its fees."""
    platforms = economy.platforms.columns
    free = platforms["float_owed"] - platforms["custody"]
    earned = np.floor(economy.market.deposit_rate * free).astype(np.int64)
    if any_of(earned):
        economy.banks["interest_cost"] += economy.ledger.pay_at_home("interest on balances", earned)
        platforms["payment_fees"] += earned
        wallets.pay_out(economy, earned)


def keep_safe(economy, wanted: np.ndarray) -> None:
    """So much (fen) of the balances is in custody from now on, as far as giants have it."""
    platforms, ledger = economy.platforms.columns, economy.ledger
    more = np.minimum(np.maximum(0, wanted - platforms["custody"]), np.maximum(0, platforms["deposits"]))
    less = np.maximum(0, platforms["custody"] - wanted)
    if any_of(more):
        ledger.pay("balances into custody", more, np.array([int(more.sum())]))
    if any_of(less):
        ledger.pay("balances out of custody", np.array([int(less.sum())]), less)


def give_back(economy, gone: np.ndarray) -> None:
    """Platforms that are `gone` (mask) pay their users before anybody else; what no loan can bring in any
    more is lost."""
    platforms, consumers = economy.platforms.columns, economy.consumers.columns
    if not any_of(gone & (platforms["float_owed"] > 0)):
        return
    held = consumers["wallet_money"]
    theirs = np.where(gone[consumers["wallet_at"]], held, 0)
    empty(economy, theirs)
    over = gone & (platforms["loans"] == 0)
    lost = np.where(over[consumers["wallet_at"]], consumers["wallet_money"], 0)
    if any_of(lost):
        economy.ledger.write_off(
            "wallet balances lost", {"consumers": lost}, {"platforms": by_giant(economy, lost)}
        )


def by_giant(economy, fen: np.ndarray) -> np.ndarray:
    """What consumers hold or get, summed by the platform where it rests (int64)."""
    return total_by(economy.consumers["wallet_at"], fen, len(economy.platforms))
