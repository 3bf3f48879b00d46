"""What an economy remembers beside its tables: typed, each number with unit and meaning.

`Market` is what everybody sees, `Memory` what the economy keeps for itself from quarter to quarter, `Tallies`
what is counted within a quarter and is gone after it. What follows from parameters alone is `Derived`: it is
worked out as each quarter opens, so that a parameter changed by law or in a branch acts, and never saved.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

Sizes = Mapping[str, int]
Part = TypeVar("Part", bound="Typed")


def number(value: float, unit: str, doc: str) -> Any:
    """A float of the whole economy; `value` is where it starts."""
    return dataclasses.field(default=value, metadata={"unit": unit, "doc": doc, "by": ()})


def each(by: str | tuple[str, ...], unit: str, doc: str, value: float | int = 0.0) -> Any:
    """An array with a line for each sector, platform, ...: `by` names them; float64, or int64 for an int."""
    lines = (by,) if isinstance(by, str) else by
    return dataclasses.field(
        default_factory=lambda: np.full((0,) * len(lines), value),
        metadata={"unit": unit, "doc": doc, "by": lines, "value": value},
    )


@dataclass
class Typed:
    """A part of the state whose fields say what they are."""

    @classmethod
    def laid(cls: type[Part], sizes: Sizes) -> Part:
        """As it starts, in an economy with so many sectors, platforms, ..."""
        fields = dataclasses.fields(cls)
        arrays = {
            one.name: np.full([sizes[by] for by in one.metadata["by"]], one.metadata["value"])
            for one in fields
            if one.metadata["by"]
        }
        return cls(**arrays)

    def snapshot(self) -> dict[str, Any]:
        """Copies of all fields by name."""
        return {one.name: np.copy(getattr(self, one.name)) for one in dataclasses.fields(self)}

    def load(self, found: Mapping[str, Any]) -> None:
        """Take over a snapshot. ValueError, in one line, if it is one of something else."""
        what = type(self).__name__.lower()
        names = {one.name for one in dataclasses.fields(self)}
        if different := names ^ found.keys():
            raise ValueError(f"this is no state of the {what}: {', '.join(sorted(different))} does not match")
        for name in names:
            here, there = np.asarray(getattr(self, name)), np.asarray(found[name])
            if (here.shape, here.dtype.kind) != (there.shape, there.dtype.kind):
                raise ValueError(
                    f"{what}.{name} is {here.dtype} of shape {here.shape}, the state's {there.dtype} of "
                    f"{there.shape}"
                )
            if there.dtype.kind == "f" and not np.isfinite(there).all():
                raise ValueError(f"{what}.{name} is not finite")
            setattr(self, name, there.item() if there.ndim == 0 else there.copy())


@dataclass
class Prices(Typed):
    """Prices, wages, rates."""

    wage: float = number(0.0, "fen/worker/quarter", "the going wage")
    wage_index: float = number(1.0, "ratio", "the wage beside the one to which amounts in fen refer")
    wage_growth: float = number(0.0, "share/quarter", "growth of the wage this quarter")
    technology: float = number(1.0, "goods/worker/quarter", "what a firm of mean skill makes with one worker")
    going_price: np.ndarray = each("sectors", "fen/good", "what rivals are expected to ask this quarter")
    price_index: np.ndarray = each("sectors", "fen/good", "what a good cost when money is spread by share")
    input_price: np.ndarray = each("sectors", "fen/good", "what a firm expects to pay for a unit of inputs")
    machine_price: float = number(0.0, "fen/good", "going price of equipment")
    consumer_price: float = number(0.0, "fen/good", "price level of what consumers buy")
    inflation: float = number(0.0, "share/quarter", "growth of the price level")
    inflation_seen: float = number(
        0.0, "share/quarter", "inflation smoothed over a year, as everybody sees it"
    )
    policy_rate: float = number(0.0, "share/quarter", "rate of the central bank")
    funding_rate: float = number(0.0, "share/quarter", "what money costs a bank")
    deposit_rate: float = number(0.0, "share/quarter", "paid on consumers' deposits")
    resale: float = number(0.0, "share of book value", "what machines of closed firms fetch")


@dataclass
class Sectors(Typed):
    """What the market wants, sector by sector."""

    style_x: np.ndarray = each("sectors", "taste space", "what the market wants, first axis")
    style_y: np.ndarray = each("sectors", "taste space", "what the market wants, second axis")
    tilt: np.ndarray = each("sectors", "log points", "drift of demand towards the sector")
    weights: np.ndarray = each("sectors", "share", "of what consumers and the state spend")
    by_share: np.ndarray = each("sectors", "share", "sum of the market shares of the sector's firms", 1.0)
    members: np.ndarray = each("sectors", "firms", "firms alive as the quarter opened", 1.0)
    sector_money: np.ndarray = each(
        "sectors", "fen/quarter", "spent on the sector's goods in the last quarter"
    )


@dataclass
class Work(Typed):
    """The labour market."""

    labour_force: float = number(0.0, "workers", "earning power of all consumers")
    working: float = number(0.0, "workers", "earning power of those at work")
    employment: float = number(0.0, "workers", "work done for firms, banks and platforms")
    unemployment: float = number(0.0, "share", "of the labour force without work")
    hired: float = number(1.0, "share", "of the workers wanted by firms that are found")
    separation: float = number(0.0, "share/quarter", "chance that a job ends")
    finding: float = number(0.5, "share/quarter", "chance that somebody without a job finds one")


@dataclass
class NationalAccounts(Typed):
    """Output and its uses."""

    gdp: float = number(0.0, "fen/quarter", "final sales")
    gdp_seen: float = number(0.0, "fen/quarter", "GDP smoothed over a year")
    potential: float = number(0.0, "fen/quarter", "GDP at normal unemployment and mark-ups")
    served: float = number(1.0, "share", "of what consumers and the state wanted to buy")
    investment_value: float = number(0.0, "fen/quarter", "spent on new machines")
    real_output: float = number(0.0, "goods/quarter", "goods sold to others than firms for inputs")
    real_production: float = number(0.0, "goods/quarter", "the same, and by what firms' stocks grew")
    real_consumption: float = number(0.0, "goods/quarter", "bought by consumers")
    real_investment: float = number(0.0, "goods/quarter", "new machines bought")
    real_public: float = number(0.0, "goods/quarter", "bought by the state")
    household_part: np.ndarray = each("sectors", "share", "of a sector's sales that households buy")
    by_wallet: np.ndarray = each("platforms", "share", "of what households spend, paid by its wallet")
    tax_norm: float = number(0.2, "share", "income tax at the public debt aimed at, solved for the start")


@dataclass
class Moods(Typed):
    """What people think of spending and of platforms."""

    confidence: float = number(1.0, "share", "of usual spending that consumers do not hold back")
    mood: float = number(0.0, "log points", "of everybody, beside the usual one: it moves what is wanted")
    outlook: float = number(1.0, "ratio", "of the capacity that firms want, beside what they expect to sell")
    fright: float = number(0.0, "share", "chance of loss that is feared of any platform that owes households")
    fright_of_small: float = number(0.0, "share", "the same of small ones among them")
    fright_of_large: float = number(0.0, "share", "the same of large ones among them")
    own_margin: float = number(0.0, "share/quarter", "what banks earn of late on loans of their own")
    engineer_cost: float = number(1.0, "ratio", "of engineers, beside the time when none is at work")
    small_team: float = number(0.0, "fen/quarter", "cost of the team of a small platform")
    consumer_rows: float = number(0.0, "rows of consumers", "how many there are")
    posted: np.ndarray = each("platforms", "share/quarter", "offered to households that lend; 0 for none")
    trust: np.ndarray = each("platforms", "share", "of what households would lend at best", 1.0)
    uncollected: np.ndarray = each("platforms", "share/quarter", "chance that a debtor walks away")


@dataclass
class Market(Prices, Sectors, Work, NationalAccounts, Moods):
    """What is posted for everybody: all of the above by one name, as rules read it."""

    def __post_init__(self) -> None:
        self.derived, self.follows = Derived(), None
        self.starts = np.zeros(len(self.weights) + 1, np.int64)  # of sectors among the rows of firms

    def follow(self, derive: Callable[[Any], "Derived"], p: Any) -> None:
        """What follows from the parameters is what `derive` makes of them, anew where they have changed."""
        if p is not self.follows:
            self.derived, self.follows = derive(p), p

    def __getattr__(self, name: str) -> Any:
        """Reached for what is no field of its own: what follows from the parameters."""
        if name.startswith("_") or name == "derived":
            raise AttributeError(name)
        return getattr(self.derived, name)


@dataclass
class Derived(Typed):
    """What follows from the parameters alone, worked out as the quarter opens."""

    quality_kept: float = number(0.0, "share", "of a firm's quality after a quarter")
    quality_news: float = number(0.0, "standard deviations", "news of a firm's quality in a quarter")
    skill_kept: float = number(0.0, "share", "of a firm's distance from its quality's skill after a quarter")
    skill_news: float = number(0.0, "log points", "news of a firm's skill in a quarter")
    trait_kept: float = number(0.0, "share", "of a consumer's trait after a quarter")
    trait_news: float = number(0.0, "standard deviations", "news of a consumer's trait in a quarter")
    renewal: float = number(0.0, "share/quarter", "of machines replaced or added on the growth path")


@dataclass
class Memory(Typed):
    """What the economy keeps for itself, beside tables and what is posted."""

    used_machines: float = number(0.0, "goods", "machines of closed firms that nobody has bought yet")
    participations: np.ndarray = each(
        ("platforms", "banks"), "fen", "share of a bank in a platform's loans", 0
    )
    partner_appetite: np.ndarray = each(
        ("platforms", "banks"), "share of bank room", "that a bank leaves to a partner; 0 for no partner"
    )
    partner_gain: np.ndarray = each(
        ("platforms", "banks"), "share/quarter", "that a bank expects of its loans beyond loans of its own"
    )
    partner_take: np.ndarray = each(
        ("platforms", "banks"), "share/quarter", "of what a bank funds, that the platform takes"
    )
    bought_gain: float = number(
        0.0, "share/quarter", "what loans of platforms earned banks of late beyond loans of their own"
    )
    notes_of_banks: np.ndarray = each(
        ("securities_houses", "banks"), "fen", "notes of a house that a bank holds", 0
    )
    insured_loss_seen: float = number(
        0.0, "share/quarter", "loss on guaranteed loans that all insurers have seen of late; 0 for none"
    )
    fund_put_in: float = number(0.0, "fen", "paid into platforms by the venture fund so far")
    fund_returned: float = number(0.0, "fen", "that its exits have brought the venture fund so far")
    platforms_founded: int = number(0, "platforms", "so far")
    fund_confidence: float = number(1.0, "ratio", "of the owners in the venture fund")


@dataclass
class Tallies(Typed):
    """What is counted within a quarter, for the record and for what closes it."""

    exits: float = number(0.0, "firms", "that left")
    failures: float = number(0.0, "firms", "that left owing what they could not pay")
    closures: float = number(0.0, "firms", "that left owing nothing")
    entries: float = number(0.0, "firms", "that were founded")
    hit_by_failures: float = number(
        0.0, "firms", "that lost much on customers that failed the quarter before"
    )
    failures_after_a_hit: float = number(0.0, "firms", "that were hit so and failed")
    bad_trade_credit: float = number(0.0, "fen", "lost by suppliers")
    bad_firm_loans: float = number(0.0, "fen", "lost by banks on loans to firms")
    firm_loans_in_default: float = number(0.0, "fen", "owed to banks by firms that left unable to pay")
    bad_consumer_loans: float = number(0.0, "fen", "lost by banks on loans to consumers")
    bad_platform_loans: float = number(0.0, "fen", "lost on loans made through platforms, whoever bears it")
    losses_of_households: float = number(0.0, "fen", "of the last, borne by households")
    platform_losses_of_banks: float = number(0.0, "fen", "of the last, borne by banks")
    losses_of_houses: float = number(0.0, "fen", "on platforms' loans, borne by securities houses")
    invoices_advanced: float = number(0.0, "fen", "on invoices of an anchor's suppliers")
    invoices_lost: float = number(0.0, "fen", "on invoices, whoever bears it, after recourse to suppliers")
    invoices_lost_by_platforms: float = number(0.0, "fen", "of that, borne by platforms")
    invoices_made_good: float = number(0.0, "fen", "by suppliers, of what was lost on invoices")
    notes_lost: float = number(0.0, "fen", "by those who hold notes of securities houses")
    insurer_failures: float = number(0.0, "insurers", "that ended with claims they could not pay")
    house_failures: float = number(0.0, "houses", "that ended owing more than they had")
    interest_of_banks: float = number(0.0, "fen", "paid to banks by those they lend to themselves")
    resolution: float = number(0.0, "fen", "paid by the state for insolvent banks")
    bank_failures: float = number(0.0, "banks", "resolved")
    platform_births: float = number(0.0, "platforms", "that were founded")
    platform_deaths: float = number(0.0, "platforms", "that ended")
    attention_left: float = number(
        0.0, "rows of consumers", "that would be won, were all attention bid for by platforms"
    )
    no_room: float = number(0.0, "platforms", "that would have been founded, had there been room")
    rounds: float = number(0.0, "platforms", "that raised money")
    no_purse: float = number(0.0, "platforms", "that owners had no money to found")
    rounds_asked: float = number(0.0, "platforms", "that asked for a round")
    rounds_below: float = number(0.0, "platforms", "that got none since the fund expected too little of them")
    asked_of_banks: float = number(0.0, "fen", "that banks were asked to fund of platforms' loans")
    refused_by_banks: float = number(0.0, "fen", "of that, for which they had no room or appetite")
    interest_for_banks: float = number(0.0, "fen", "paid on what banks fund of platforms' loans")
    interest_of_partners: float = number(0.0, "fen", "of that, what banks keep")
    partnerships_begun: float = number(0.0, "partnerships", "of a platform and a bank")
    left_by_banks: float = number(0.0, "partnerships", "that a bank ended")
    left_by_platforms: float = number(0.0, "partnerships", "that a platform ended")
    clients_small: float = number(0.0, "firms", "linked, with less than half the mean firm's sales")
    clients_middle: float = number(0.0, "firms", "linked, between small and large")
    clients_large: float = number(0.0, "firms", "linked, with four times the mean firm's sales or more")
    lost_small: float = number(0.0, "firms", "of the first, that left their platform or closed")
    lost_middle: float = number(0.0, "firms", "of the second, that left their platform or closed")
    lost_large: float = number(0.0, "firms", "of the third, that left their platform or closed")
    left_small: float = number(0.0, "firms", "of lost_small, that left by their own choice")
    left_middle: float = number(0.0, "firms", "of lost_middle, that left by their own choice")
    left_large: float = number(0.0, "firms", "of lost_large, that left by their own choice")
