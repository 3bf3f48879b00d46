"""The economy: one quarter, top to bottom."""

import copy
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np

from sim import indicators, initial, saving
from sim.accounts import CHART, PARTIES
from sim.actors.banks import Bank, closes_books, finds_room
from sim.actors.consumers import (
    Consumer,
    cuts_spending,
    lends_to_platform,
    plans_spending,
    serves_debt,
    works,
)
from sim.actors.firm_finance import asks_for_credit, cuts_to_cash, keeps_accounts, settles
from sim.actors.firms import (
    Firm,
    adapts,
    is_approached,
    loses_supplier,
    meets_customers,
    plans,
    produces,
    suffers,
)
from sim.actors.platforms import (
    Platform,
    closes_platform_books,
    hires,
    is_judged,
    keeps_technology,
    pays_dividend,
    reviews_prices,
    sets_budget,
    survives,
)
from sim.actors.state import Fund, Owners, State, sets_policy
from sim.engine.columns import Table
from sim.engine.crew import Crew
from sim.engine.ledger import Ledger
from sim.engine.parameters import ParameterError, Parameters
from sim.engine.records import Records
from sim.engine.rules import Rule, sweep
from sim.markets import (
    attention,
    banking,
    credit,
    demography,
    funding,
    goods,
    integration,
    labour,
    ownership,
    platform_credit,
    scoring,
    settlement,
    supply,
    trade_credit,
    world,
)
from sim.strategies import BusinessModel, strategy


def shown(quarters: int, words: str, progress: bool) -> Iterable[int]:
    """So many quarters to go through, with a bar if `progress`."""
    if not progress:
        return range(quarters)
    from tqdm import tqdm  # plain text: a notebook would need widgets for more, and warn without

    return tqdm(range(quarters), desc=words, unit="quarter")


class Economy(mesa.Model):
    """A closed economy whose platforms run one business model.

    strategy: name of a business model, or a row of one's own. firms, consumers (default twice the firms),
    banks, platforms: how many. seed: of every draw. parameters: a `Parameters` or a mapping of overrides.
    threads: worth more than one above 100,000 firms; results have the same bits. progress: show a bar during
    the lead-in, quarters lived before the first one, as many as the parameter `lead_in` says.
    Raises ParameterError or StrategyError, in one line, for what is not possible. After a quarter that was
    interrupted half-way, by a key or an error, all that would go on from there raises RuntimeError.
    """

    midway = 0  # the quarter that has begun and is not recorded yet; 0 between two

    def __init__(
        self,
        strategy: str | BusinessModel = "external_finance",
        *,
        firms: int = 10_000,
        consumers: int | None = None,
        banks: int = 20,
        platforms: int = 24,
        seed: int = 1,
        parameters: Parameters | Mapping[str, Any] | None = None,
        threads: int = 1,
        progress: bool = False,
    ):
        sizes = {"firms": firms, "banks": banks, "platforms": platforms}
        saving.check_sizes(sizes if consumers is None else sizes | {"consumers": consumers}, seed, threads)
        sizes["consumers"] = 2 * int(firms) if consumers is None else consumers
        super().__init__(rng=int(seed))
        self.seed = int(seed)
        self.p = parameters if isinstance(parameters, Parameters) else Parameters(parameters or {})
        if self.p.giants > platforms:
            raise ParameterError(
                f"giants = {self.p.giants} count exceeds the {platforms} platforms there are"
            )
        self.quarter = 0
        self.crew = Crew(threads) if threads > 1 else None
        self._lay_tables(sizes)
        initial.furnish(self)
        self.ledger.open()
        self.adopt(strategy)
        initial.lead_in(self, shown(self.p.lead_in, "lead-in", progress))

    def _lay_tables(self, sizes: Mapping[str, int]) -> None:
        banks = sizes["banks"]
        self.firms = Table(self, Firm, sizes["firms"])
        self.consumers = Table(self, Consumer, sizes["consumers"])
        self.banks = Table(self, Bank, banks, keep=True)
        self.platforms = Table(self, Platform, sizes["platforms"], keep=True)
        self.owners = Table(self, Owners, banks, keep=True, name="owners")
        self.fund = Table(self, Fund, banks, keep=True, name="fund")
        self.state = Table(self, State, 1, keep=True, name="state")
        everyone = (
            self.firms,
            self.consumers,
            self.banks,
            self.platforms,
            self.owners,
            self.fund,
            self.state,
        )
        self.tables = {table.name: table for table in everyone}
        self.market: SimpleNamespace = initial.market_at_start(self.p, sizes["platforms"])
        self.memory: SimpleNamespace = initial.memory_at_start(sizes)
        self.firm_scorers, self.consumer_scorers = scoring.scorers_at_start(sizes)
        self.ledger = Ledger(self.tables, CHART)
        self.records = Records(PARTIES)
        self.tallies: dict[str, float] = {}

    def adopt(self, choice: str | BusinessModel) -> None:
        """Every platform takes up this business model, from the next quarter on."""
        self.strategy = strategy(choice)
        self.memory.born = self.quarter
        for name, value in self.strategy.attributes().items():
            self.platforms[name] = value
        scoring.adopt(self, self.strategy.sees)

    def each(self, table: Table, *rules: Rule) -> None:
        """Apply rules to every row, compiled and fused."""
        sweep(table, rules, self.market, self.p, self.seed, self.quarter, self.crew)

    def step(self) -> None:
        """One quarter, and a record of it."""
        self.begin()
        flows = self.live()
        self.records.add(*indicators.observe(self, flows), flows)
        self.midway = 0

    def begin(self) -> None:
        """A quarter begins. RuntimeError if one was interrupted, ValueError if a column leads nowhere."""
        self.check_whole()
        world.check_rows(self)
        self.midway = self.quarter + 1

    def check_whole(self) -> None:
        """Raise RuntimeError, in one line, where a quarter was interrupted."""
        if self.midway:
            within = f"this economy was interrupted within quarter {self.midway}"
            raise RuntimeError(f"{within}: load or branch from an earlier one")

    def live(self) -> dict[str, int]:
        """One quarter, in the order in which things happen. Returns what moved, by flow (fen)."""
        firms, consumers, banks, platforms = self.firms, self.consumers, self.banks, self.platforms
        self.quarter += 1
        banking.open_quarter(self)
        world.changes(self)  # what is wanted moves; technology grows
        self.each(self.state, sets_policy)
        world.posts_terms(self)  # wage, rates, prices that everybody sees
        funding.fund_platforms(self)  # owners commit, the fund backs profit
        self.each(platforms, keeps_technology, reviews_prices, sets_budget)
        self.each(firms, suffers, loses_supplier, is_approached)
        attention.clear(self)  # users are won, kept, lured away
        integration.build(self)  # links are offered; depth grows and decays
        self.each(platforms, hires)
        settlement.mishaps(self)
        supply.find_suppliers(self)
        self.each(firms, adapts, plans, asks_for_credit)
        self.each(banks, finds_room)
        credit.lend_to_firms(self)  # banks lend, and so create, money
        platform_credit.lend(self, "firms")  # whom they leave short asks a platform
        self.each(firms, cuts_to_cash)
        banking.costs(self)
        labour.find_workers(self)
        self.each(consumers, works)
        self.each(firms, produces)
        labour.pay(self)  # wages, benefits, the tax on them
        self.each(consumers, plans_spending)
        if funding.households_lend(self):
            self.each(consumers, lends_to_platform)
        credit.lend_to_consumers(self)
        platform_credit.lend(self, "consumers")
        self.each(consumers, cuts_spending)
        goods.clear(self)  # contracts are filled, goods are bought
        self.each(firms, meets_customers)
        goods.move_customers(self)
        integration.collect(self)  # links pay a share of what they gained
        self.each(firms, settles)
        settlement.firms_pay(self)
        trade_credit.pay_suppliers(self)  # for what was delivered a quarter ago
        self.each(consumers, serves_debt)
        funding.consumers_pay(self)
        funding.collect(self)  # debtors pay pools, pools pay funders
        self.each(firms, keeps_accounts)
        demography.firms_leave(self)  # closures and defaults, and who bears them
        scoring.learn(self)  # labels mature; scores improve
        ownership.distribute(self)
        banking.close(self)
        self.each(banks, closes_books)
        banking.pay_out(self)
        funding.compare(self)
        self.each(platforms, is_judged)  # banks and households look at what they lost
        funding.repay_households(self)
        self.each(platforms, closes_platform_books, survives)
        funding.platforms_fail(self)
        funding.sell_stakes(self)
        self.each(platforms, pays_dividend)
        funding.pay_dividends(self)
        demography.firms_enter(self)  # newcomers, with the owners' money
        banking.treasury(self)
        flows = self.ledger.close()  # every flow sums to zero, or the run stops
        world.looks_back(self)
        return flows

    def run(self, quarters: int, progress: bool = False) -> "Economy":
        """Take that many steps; with `progress`, show a bar. Returns itself."""
        if isinstance(quarters, bool) or not isinstance(quarters, int | np.integer) or quarters < 0:
            raise ParameterError(f"quarters = {quarters!r} is not a whole number from 0 on")
        for _ in shown(quarters, self.strategy.title, progress):
            self.step()
        return self

    def branch(self, choice: str | BusinessModel) -> "Economy":
        """The same world from here on, its platforms running another business model; the past is shared."""
        self.check_whole()
        twin = saving.rebuild(self.p, self.seed, saving.sizes(self), saving.state(self), self.records.copy())
        twin.crew = self.crew
        twin.adopt(choice)
        return twin

    def save(self, path: str | Path) -> None:
        """Write everything that the future depends on, and the record, to one npz file."""
        self.check_whole()
        saving.write(self, Path(path))

    @staticmethod
    def load(path: str | Path) -> "Economy":
        """An economy as it was saved; it continues bit for bit."""
        return saving.read(Path(path))

    def __deepcopy__(self, memo: dict) -> "Economy":
        self.check_whole()
        twin = saving.rebuild(
            self.p, self.seed, saving.sizes(self), saving.state(self), copy.deepcopy(self.records, memo)
        )
        twin.strategy = self.strategy
        return twin

    def balance_sheet(self) -> Any:
        """The balance-sheet matrix, in yuan: DataFrame of instruments by sector."""
        self.check_whole()
        import pandas as pd

        return pd.DataFrame(self.ledger.balance_sheet()).T / 100.0

    def flow_matrix(self, quarters_ago: int = 0) -> Any:
        """The transaction-flow matrix of a recorded quarter, in yuan: DataFrame of flows by sector."""
        import pandas as pd

        recorded = len(self.records)
        if not 0 <= quarters_ago < recorded:
            raise IndexError(f"quarters_ago = {quarters_ago}: {recorded} quarters are recorded")
        flows = self.records.of_flows[-1 - quarters_ago]
        return pd.DataFrame(self.ledger.flow_matrix(flows)).T / 100.0

    def __repr__(self) -> str:
        return (
            f"Economy({self.strategy.name!r}, firms={len(self.firms)}, consumers={len(self.consumers)}, "
            f"seed={self.seed}, quarter={self.quarter}{', interrupted' if self.midway else ''})"
        )

    def _repr_html_(self) -> str:
        return saving.as_html(self)
