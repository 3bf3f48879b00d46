"""The economy: one quarter, top to bottom."""

from collections.abc import Mapping

import mesa
import numpy as np

from sim import initial
from sim.accounts import CHART
from sim.actors import banks as bank_rules
from sim.actors import consumers as consumer_rules
from sim.actors import firms as firm_rules
from sim.actors.banks import Bank
from sim.actors.consumers import Consumer
from sim.actors.firms import Firm
from sim.actors.platforms import Platform
from sim.actors.state import Fund, Owners, State
from sim.engine.columns import Table
from sim.engine.ledger import Ledger
from sim.engine.parameters import Parameters
from sim.engine.rules import sweep
from sim.markets import credit, exit, goods, labour, ownership, scoring, settlement, world
from sim.markets.scoring import Scorers
from sim.markets.world import BASE_WEIGHTS, EQUIPMENT


class Economy(mesa.Model):
    def __init__(self, strategy="external_finance", *, firms=10_000, consumers=None, banks=20, platforms=24, seed=1, parameters=None):
        super().__init__(rng=seed)
        self.strategy, self.seed = strategy, seed
        self.p = parameters if isinstance(parameters, Parameters) else Parameters(parameters or {})
        self.quarter = 0
        self.firms = Table(self, Firm, firms)
        self.consumers = Table(self, Consumer, 2 * firms if consumers is None else consumers)
        self.banks = Table(self, Bank, banks, keep=True)
        self.platforms = Table(self, Platform, platforms, keep=True)
        self.owners = Table(self, Owners, banks, keep=True, name="owners")
        self.fund = Table(self, Fund, banks, keep=True, name="fund")
        self.state = Table(self, State, 1, keep=True, name="state")
        self.tables = {t.name: t for t in (self.firms, self.consumers, self.banks, self.platforms, self.owners, self.fund, self.state)}
        self.market = initial.market_at_start(self.p, len(BASE_WEIGHTS))
        self.ledger = Ledger(self.tables, CHART)
        self.used_machines = 0.0
        self.tallies = {}
        outside = np.tile(scoring.OUTSIDE, (banks, 1))
        self.firm_scorers = Scorers(firms, scoring.FIRM_PRIOR, outside, np.zeros(banks, int))
        bureau = np.tile(scoring.BUREAU, (banks, 1))
        self.consumer_scorers = Scorers(len(self.consumers), scoring.CONSUMER_PRIOR, bureau, np.zeros(banks, int))
        initial.furnish(self)
        self.ledger.open()
        self.rows = []

    def each(self, table, *rules):
        sweep(table, rules, self.market, self.p, self.seed, self.quarter)

    def public_budget(self):
        return (self.p.purchases + self.state[0].leaning) * self.market.potential

    def sells_used_machines(self, paid, units):
        book = self.owners["used_capital"]
        part = min(1.0, units / self.used_machines) if self.used_machines > 0 else 0.0
        self.ledger.credit("used machines", initial.split(paid, np.ones(len(self.owners))))
        self.ledger.change("used machines sold", np.floor(part * book))
        self.used_machines = max(0.0, self.used_machines - units)

    def estates_pay_platforms(self, fen): pass
    def firms_default_on_platforms(self, fen): pass

    def post_terms(self):
        m, p, state = self.market, self.p, self.state[0]
        state.sets_policy(p, m)
        m.wage_growth = p.technology_growth + p.inflation_aim + p.wage_response * (p.unemployment_norm - m.unemployment)
        m.wage *= 1.0 + m.wage_growth
        m.wage_index = m.wage / initial.WAGE
        m.going_price = m.price_index * (1.0 + m.wage_growth - p.technology_growth)
        m.machine_price = float(m.going_price[EQUIPMENT])
        m.policy_rate = m.funding_rate = state.rate
        m.deposit_rate = max(0.0, state.rate - p.deposit_spread)
        m.potential = m.wage * m.labour_force * (1.0 - p.unemployment_norm) * (1.0 + p.mark_up + p.rent)
        m.members = np.bincount(self.firms["sector"], self.firms["alive"], len(m.weights))

    def step(self):
        f, c, b = firm_rules, consumer_rules, bank_rules
        firms, consumers, banks, p, m = self.firms, self.consumers, self.banks, self.p, self.market
        self.quarter += 1
        self.tallies = {}
        for name in ("interest_income", "interest_cost", "loan_losses"):
            banks[name] = 0.0
        world.changes(self)
        self.post_terms()
        self.each(firms, f.suffers)
        settlement.mishaps(self)
        self.each(firms, f.adapts, f.plans, f.asks_for_credit)
        self.each(banks, b.finds_room)
        credit.lend_to_firms(self)
        self.each(firms, f.cuts_to_cash)
        banks["costs"] = np.floor(banks["files"] * p.file_cost * m.wage_index + banks["consumer_files"] * p.consumer_file_cost * m.wage_index
            + p.running_cost * (banks["firm_loans"] + banks["syndicated_loans"] + banks["consumer_loans"]))
        labour.find_workers(self)
        self.each(consumers, c.works)
        self.each(firms, f.produces)
        labour.pay(self)
        self.each(consumers, c.plans_spending)
        credit.lend_to_consumers(self)
        self.each(consumers, c.cuts_spending)
        goods.clear(self)
        self.each(firms, f.settles)
        settlement.firms_pay(self)
        self.each(consumers, c.serves_debt)
        settlement.consumers_pay(self)
        self.each(firms, f.keeps_accounts)
        exit.firms_leave(self)
        everybody = np.ones(len(consumers), bool)
        self.firm_scorers.learn(self.quarter, firms["failed"], firms["alive"] | firms["failed"], p)
        self.consumer_scorers.learn(self.quarter, consumers["failed"], everybody, p)
        ownership.distribute(self)
        settlement.banks_close(self)
        self.each(banks, b.closes_books)
        settlement.banks_pay_out(self)
        exit.firms_enter(self)
        self.flows = self.ledger.close()
        self.record()

    def record(self):
        m, fm = self.market, self.firms
        price = float((m.price_index * m.weights).sum())
        inflation = price / m.consumer_price - 1.0
        m.consumer_price = price
        m.inflation_seen += 0.25 * (inflation - m.inflation_seen)
        m.gdp_seen += 0.25 * (m.gdp - m.gdp_seen)
        a = fm["alive"]
        debt = float(fm["bank_debt"].sum() + fm["syndicated_debt"].sum())
        s = fm["sector"]
        hhi = np.bincount(s, fm["share"] ** 2, len(m.weights)) / np.bincount(s, fm["share"], len(m.weights)) ** 2
        st = self.state[0]
        bk = self.banks
        loans = float((bk["firm_loans"] + bk["syndicated_loans"] + bk["consumer_loans"]).sum())
        small = fm["workers"] < 10
        asked = fm["loan_wanted"] > 0
        size = np.sort(fm["workers"][a])[::-1]
        k = max(10, len(size) // 100)
        hill = 1.0 / np.mean(np.log(size[:k] / size[k]))
        self.rows.append(dict(
            y=m.real_output, u=m.unemployment, infl=inflation * 4, credit=debt / (4 * m.gdp), cc=float(self.consumers["bank_debt"].sum()) / (4 * m.gdp),
            fail=self.tallies["failures"] / a.sum(), close=self.tallies["closures"] / a.sum(), ent=self.tallies["entries"] / a.sum(), alive=a.mean(),
            bfail=self.tallies.get("bank failures", 0), pdebt=float(st.bonds_owed + st.reserves_owed - st.advances) / (4 * m.gdp_seen),
            tax=st.income_tax, lean=st.leaning, hh=float(self.consumers["deposits"].sum()) / (4 * m.gdp), fd=float(fm["deposits"].sum()) / m.gdp,
            I=m.investment_value / m.gdp, C=m.consumption / m.gdp, neff=float((1 / hhi).mean()), skill=float(fm["skill"][a].std()), misfit=float(fm["misfit"][a].mean()),
            served=m.served, hired=m.hired, roe=float(bk["profit"].sum()) * 4 / float(bk["net_worth"].sum()), car=float(bk["net_worth"].sum()) / loans,
            nim=4 * float((bk["interest_income"] - bk["interest_cost"]).sum()) / float((loans + bk["bonds"].sum() + bk["reserves"].sum())),
            bloss=4 * float(bk["loan_losses"].sum()) / loans, rat=float(fm["rationed"][a & asked].mean()) if asked.any() else 0, asked=float(asked.mean()), hill=hill, bigloss=self.tallies["bad firm loans"] / max(1, debt) * 4,
            cdef=float(self.consumers["failed"].mean()), cl=float((self.consumers["loan_wanted"] > 0).mean()), cg=float((self.consumers["loan_granted"] > 0).mean()), own=float(self.owners["deposits"].sum()) / m.gdp, resale=m.resale,
            profit=float(fm["profit"].sum()) / m.gdp, auc=self.firm_scorers.auc(0), cauc=self.consumer_scorers.auc(0), rate=st.rate*4, real=float(self.used_machines*m.machine_price/m.gdp), medw=float(np.median(fm["workers"][a])), lossmaking=float((fm["profit"]<0)[a].mean())))
