"""The economy: one quarter, top to bottom."""

import copy
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import mesa
import numpy as np

from sim import law
from sim.actors.banks import closes_books, finds_room
from sim.actors.consumers import cuts_spending, plans_spending, serves_debt, works
from sim.actors.firm_finance import asks_for_credit, cuts_to_cash, keeps_accounts, pays_suppliers, settles
from sim.actors.firm_luck import is_approached, loses_supplier, suffers
from sim.actors.firms import adapts, meets_customers, plans, produces
from sim.actors.growth import learns_worth, wants_growth
from sim.actors.platform_prices import reviews_prices
from sim.actors.platforms import (
    closes_platform_books,
    hires,
    keeps_technology,
    pays_dividend,
    sets_budget,
    survives,
)
from sim.actors.state import sets_policy
from sim.credit import from_banks, from_platforms, insurance, invoices, pools, scoring, settlement
from sim.credit.footprints import leaves_traces, sells_as_usual
from sim.engine import given
from sim.engine.columns import Table
from sim.engine.compiling import telling
from sim.engine.crew import Crew
from sim.engine.draws import seed_of
from sim.engine.given import FIRST
from sim.engine.ledger import Ledger
from sim.engine.memory import keep_freed_memory
from sim.engine.mesa.everyone import Populated
from sim.engine.mesa.recorded import Recorded
from sim.engine.parameters import ParameterError, Parameters
from sim.engine.rules import Rule, sweep
from sim.law import Change, Timeline
from sim.links import billing
from sim.links import market as links
from sim.markets import attention, goods, labour, news, placebo, supply
from sim.markets.payments import balances, banking, ownership, trade_credit, venture, wallets
from sim.population import entry, founders, institutions, models, reviews, start
from sim.population import exit as leaving
from sim.population import platforms as population
from sim.record import beside, indicators, saving, watching
from sim.record.chart import chart
from sim.record.shown import Shown, counted
from sim.record.watching import Watch
from sim.sectors import SECTORS
from sim.state import Market, Memory, Tallies
from sim.strategies import BusinessModel

Models = str | BusinessModel | Mapping[Any, int]  # how many platforms run which: names or rows


class Economy(Shown, Populated, mesa.Model):
    """A closed economy whose platforms run one business model, or several.

    strategy: name of a business model, a row of one's own, or how many platforms run which, as in
    {"institution_traffic": 16, "deep_integration": 8}, or "free": founders choose among all there are; or
    "adaptive": platforms that begin by harvesting and may turn to any other model. firms,
    consumers (default twice the firms), banks, insurers, securities_houses: how many. platforms: for how
    many there is room (default one for 10 firms, at least 40). seed: of every draw, 1 if not given; None
    draws one, kept in `seed`. rng: the same in NumPy's forms, a whole number, Generator, SeedSequence or
    None. parameters: a `Parameters` or a mapping of overrides. timeline: changes of parameters at dates,
    see `sim.law`. begins: the month in which the first recorded quarter begins, as "2011-01"; the lead-in
    lies before. threads: worth more than one above 100,000 firms; results have the same bits. progress:
    show a bar during the lead-in, quarters lived before the first one, as many as the parameter `lead_in`
    says. kwargs: parameters by name, as in `Economy(pace_of_change=0.2)`.
    Raises ParameterError or StrategyError, in one line, for what is not possible. After a quarter that was
    interrupted half-way, by a key or an error, all that would go on from there raises RuntimeError.
    """

    midway = 0  # the quarter that has begun and is not recorded yet; 0 between two
    firms: Table
    consumers: Table
    banks: Table
    platforms: Table
    insurers: Table
    securities_houses: Table
    owners: Table
    fund: Table
    state: Table

    def __init__(
        self,
        strategy: Models = "external_finance",
        *,
        firms: int = 10_000,
        consumers: int | None = None,
        banks: int = 20,
        platforms: int | None = None,
        insurers: int = 4,
        securities_houses: int = 4,
        seed: int | None = FIRST,
        rng: Any = FIRST,
        parameters: Parameters | Mapping[str, Any] | None = None,
        timeline: Change | Iterable[Change] = (),
        begins: str | None = None,
        threads: int = 1,
        progress: bool = False,
        **kwargs: Any,  # so called because Mesa's SolaraViz looks for the name
    ):
        chosen, number = models.models_of(strategy), given.seed_of_both(seed, rng)
        sizes: dict[str, Any] = {"firms": firms, "banks": banks}
        sizes |= {"insurers": insurers, "securities_houses": securities_houses}
        free = {"consumers": consumers, "platforms": platforms}
        sizes |= {name: size for name, size in free.items() if size is not None}
        saving.check_sizes(sizes, number, threads)
        sizes = {"consumers": 2 * int(firms), "platforms": models.room(platforms, firms)} | sizes
        parameters = given.merged(parameters, kwargs, Economy.__init__.__annotations__)
        p = parameters if isinstance(parameters, Parameters) else Parameters(parameters or {})
        models.check_room(chosen, p, sizes["platforms"])
        if begins is not None:
            law.months(begins)
        dated = law.timeline_of(timeline, begins)
        models.check_openings(list(chosen), dated)
        self._lay(p, int(number), sizes, dated, begins)
        self.crew = Crew(threads) if threads > 1 else None
        self.p = law.in_force(self.p, self.timeline, begins, -self.p.lead_in, after=-math.inf)
        with telling(True if progress else None):
            start.furnish(self)
        self.ledger.open()
        self._live_the_lead_in(counted(self.p.lead_in, "lead-in", progress))
        self.origin = beside.origin_of(self)
        population.begin(self, chosen)

    def _lay(
        self, p: Parameters, seed: int, sizes: Mapping[str, int], timeline: Timeline, begins: str | None
    ) -> None:
        """An empty economy of those sizes."""
        super().__init__(rng=seed)
        keep_freed_memory()
        self.p, self.seed, self.timeline, self.begins = p, seed, timeline, begins
        self.quarter = self.branched = 0
        self.origin = ""  # tells of two economies whether they began as one
        self.crew: Crew | None = None
        self.tables: dict[str, Table] = {}
        for sector in SECTORS:
            n = sizes.get(sector.as_many_as, 1)
            self.tables[sector.name] = Table(self, sector.kind, n, keep=sector.keep, name=sector.name)
        for name, table in self.tables.items():
            setattr(self, name, table)
        lines = {**sizes, "sectors": news.SECTORS}
        self.market, self.memory, self.tallies = Market.laid(lines), Memory.laid(lines), Tallies()
        self.models: tuple[BusinessModel, ...] = ()
        self.open_models: tuple[int, ...] = ()  # of these, those that founders may choose
        self.firm_scorers, self.consumer_scorers = scoring.scorers_at_start(sizes)
        self.ledger = Ledger(self.tables, chart())
        self.records, self.watch_kept = indicators.empty(self.ledger.chart), Watch()
        self.datacollector = Recorded(self)

    @classmethod
    def from_state(cls, found: saving.Found) -> "Economy":
        """The economy that was in that state."""
        economy = cls.__new__(cls)
        economy._lay(found.p, found.seed, found.sizes, found.timeline, found.begins)
        economy.branched, economy.origin = found.branched, found.origin
        economy.tell_apart(found.models, {})
        economy.open_models = found.open_models
        saving.restore(economy, found.state)
        economy.records, economy.watch_kept = found.records, found.watch
        economy.watch_kept.check(economy.tables)
        return economy

    def _live_the_lead_in(self, quarters: Iterable[int]) -> None:
        """From the solved guess to a state that the rules keep, platforms idle. Nothing is recorded.

        Prices and technology grow to where the first quarter has them.
        """
        population.begin(self, models.models_of("external_finance"))
        self.quarter = start.BEFORE
        for _ in quarters:
            self.live()
        for scorers in (self.firm_scorers, self.consumer_scorers):
            scorers.seen_at -= self.quarter
        self.quarter = 0

    def tell_apart(self, models: tuple[BusinessModel, ...], kept: Mapping[int, int]) -> None:
        """What is recorded is told by these models; `kept`: new place of those there were."""
        self.models = models
        for scorers in (self.firm_scorers, self.consumer_scorers):
            scorers.tell_apart(len(models), kept, self.platforms["model"])

    @property
    def draws_from(self) -> int:
        """What every draw starts from: the seed, and the luck under which the world lives now."""
        return seed_of(self.seed, self.p.luck)

    @property
    def now(self) -> int:
        """The number of the quarter: 1 for the first recorded, 0 and below during the lead-in."""
        return self.quarter - (start.BEFORE + self.p.lead_in if self.quarter >= start.BEFORE else 0)

    def each(self, table: Table, *rules: Rule) -> None:
        """Apply rules to every row, compiled and fused."""
        sweep(table, rules, self.market, self.p, self.draws_from, self.quarter, self.crew)

    def step(self) -> None:
        """One quarter, and a record of it."""
        self.begin()
        flows = self.live()
        self.records.add(*indicators.observe(self, flows), flows)
        watching.look(self)
        self.midway = 0

    def begin(self) -> None:
        """A quarter begins. RuntimeError if one was interrupted, ValueError if a column leads nowhere."""
        self.check_whole()
        news.check_rows(self)
        self.midway = self.quarter + 1

    def live(self) -> dict[str, int]:
        """One quarter, in the order in which things happen. Returns what moved, by flow (fen)."""
        firms, consumers, banks, platforms = self.firms, self.consumers, self.banks, self.platforms

        # law and news
        self.quarter += 1
        self.tallies = Tallies()
        self.p = law.in_force(self.p, self.timeline, self.begins, self.now)
        self.market.follow(news.derived, self.p)
        for table in self.tables.values():
            table.open_quarter()  # what adds up within a quarter starts from zero
        news.check_money(self)
        news.changes(self)  # what is wanted moves; technology grows
        self.each(self.state, sets_policy)
        news.posts_terms(self)  # wage, rates, prices that everybody sees
        pools.post_terms(self)
        placebo.shuffle(self)  # in comparisons, to see what a change without a meaning does

        # platforms plan
        founders.post_kinds(self)
        reviews.review_models(self)
        founders.found_platforms(self)  # with money of their own
        institutions.open_quarter(self)  # insurers quote, houses are found
        self.each(platforms, wants_growth)
        venture.fund_platforms(self)  # owners commit, the fund backs what it expects
        self.each(platforms, keeps_technology, reviews_prices, sets_budget)

        # attention and links
        self.each(firms, suffers, loses_supplier, is_approached)
        attention.clear(self)  # users are won, kept, lured away
        links.build(self)  # links are offered; depth grows and decays
        self.each(platforms, hires)

        # firms plan and borrow
        settlement.mishaps(self)
        supply.find_suppliers(self)
        self.each(firms, adapts, plans, asks_for_credit)
        self.each(banks, finds_room)
        first = from_platforms.firms_who_prefer(self)
        from_platforms.lend_to_firms(self, first)  # who finds a platform cheaper and quicker
        from_banks.lend_to_firms(self)  # banks lend, and so create, money
        from_platforms.lend_to_firms(self, ~first)  # whom they leave short
        self.each(firms, cuts_to_cash)

        # work and wages
        banking.costs(self)
        institutions.pay_staff(self)
        labour.find_workers(self)
        self.each(consumers, works)
        self.each(firms, produces)
        labour.pay(self)  # wages, benefits, the tax on them

        # households plan, lend and borrow
        self.each(consumers, plans_spending)
        insurance.insure_households(self)
        pools.ask_lenders(self)
        first = from_platforms.who_prefers(self)
        from_platforms.lend_to_consumers(self, first)  # who finds an app cheaper and quicker
        from_banks.lend_to_consumers(self)
        from_platforms.lend_to_consumers(self, ~first)  # whom banks leave short
        self.each(consumers, cuts_spending)

        # goods
        goods.sell_goods(self)  # contracts are filled, goods are bought
        self.each(firms, meets_customers)
        goods.move_customers(self)
        billing.collect_fees(self)  # links pay a share of what they gained; some clients leave
        wallets.collect(self)  # purchases pass through wallets, tills pay for it

        # debts are settled, and who cannot, fails
        self.each(firms, pays_suppliers)
        trade_credit.pay_suppliers(self)  # for what was delivered a quarter ago
        invoices.collect(self)  # and for what platforms have advanced of it
        self.each(firms, settles)
        settlement.firms_pay(self)
        trade_credit.pay_suppliers(self)  # by those who pay them after banks
        invoices.collect(self)
        self.each(consumers, serves_debt)
        settlement.consumers_pay(self)
        self.each(consumers, leaves_traces)
        pools.collect(self)  # debtors pay pools, pools pay funders
        balances.rest(self)  # of what was paid by wallet a part rests there
        self.each(firms, keeps_accounts, sells_as_usual)
        leaving.firms_leave(self)  # closures and defaults, and who bears them
        insurance.settle_guarantees(self)  # insurers pay a part of it
        invoices.advance(self)  # on what anchors owe their suppliers now

        # lenders learn, owners and banks close
        scoring.learn(self)  # labels mature; scores improve
        ownership.distribute(self)
        banking.close(self)
        self.each(banks, closes_books)
        banking.pay_out(self)

        # platforms are judged, close, fail, pay out
        pools.judge(self)  # funders look at what they lost
        pools.redeem(self)
        institutions.close(self)
        self.each(platforms, learns_worth, closes_platform_books, survives)
        population.platforms_end(self)
        venture.sell_stakes(self)
        self.each(platforms, pays_dividend)
        venture.pay_dividends(self)

        # newcomers, and the books
        entry.firms_enter(self)  # with the owners' money
        banking.treasury(self)
        flows = self.ledger.close()  # every flow sums to zero, or the run stops
        news.looks_back(self)
        return flows

    def run(self, quarters: int, progress: bool = False) -> "Economy":
        """Take that many steps; with `progress`, show a bar. Returns itself."""
        if isinstance(quarters, bool) or not isinstance(quarters, int | np.integer) or quarters < 0:
            raise ParameterError(f"quarters = {quarters!r} is not a whole number from 0 on")
        for _ in counted(quarters, ", ".join(row.title for row in self.models), progress):
            self.step()
        return self

    def branch(
        self,
        strategy: Models | None = None,
        *,
        parameters: Parameters | Mapping[str, Any] | None = None,
        timeline: Change | Iterable[Change] = (),
        luck: int | None = None,
        placebo: bool = False,
        **kwargs: Any,
    ) -> "Economy":
        """The same world from here on; the past is shared.

        strategy: what its platforms run from the next quarter on, as `Economy` takes it; without it they keep
        their models. Those that live are dealt a mapping's models in proportion to its numbers, and more are
        founded until there are so many small ones of each. parameters: that have other values
        from the next quarter on. timeline: further changes at dates. luck: the number of another one, drawn
        from as of the next quarter. placebo: in the next quarter money changes places and nothing else,
        see `law.placebo`: how far this future parts from one without is what chance alone does. kwargs:
        parameters by name.
        Raises ParameterError or StrategyError, in one line: also for parameters that act only at the start,
        and for changes in the past.
        """
        self.check_whole()
        chosen = None if strategy is None else models.models_of(strategy)
        parameters = given.merged(parameters, kwargs, Economy.branch.__annotations__)
        p = self.p if parameters is None else self.p.change(parameters)
        p = p if luck is None else p.change({"luck": luck})
        meaningless = law.placebo(self.now + 1) if placebo else ()
        further = law.timeline_of((*law.timeline_of(timeline, self.begins), *meaningless), self.begins)
        law.check_future(further, self.begins, self.now)
        models.check_openings(self.models if chosen is None else list(chosen), further)
        if chosen is not None:
            models.check_room(chosen, p, len(self.platforms))
        twin = Economy.from_state(saving.found(self, self.records.copy()))
        twin.p, twin.crew, twin.branched = p, self.crew, self.quarter
        twin.timeline = law.timeline_of((*self.timeline, *further), self.begins)
        if chosen is not None:
            population.begin(twin, chosen)
        else:
            models.close_later(twin)
        return twin

    def save(self, path: str | Path) -> None:
        """Write everything that the future depends on, and the record, to one npz file."""
        self.check_whole()
        saving.write(self, Path(path))

    @staticmethod
    def load(path: str | Path) -> "Economy":
        """An economy as it was saved; it continues bit for bit."""
        return saving.read(Path(path), Economy.from_state)

    def __deepcopy__(self, memo: dict) -> "Economy":
        self.check_whole()
        return Economy.from_state(saving.found(self, copy.deepcopy(self.records, memo)))
