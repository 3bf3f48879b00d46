"""Which futures are lived, what is kept of one, and how it is read back beside its twin.

This is the module that worker processes import, so it holds no definition of a measure: changing what is
asked of a future leaves the futures that were lived as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.run.arm import Arm, Aside
from experiments.run.world import CONTROL

FOCUS = "deep_integration"  # what the essay argues for
FREE = "free"  # founders choose among all business models
NO_GAINS = "no_gains"  # deep integration where a link has no real effect on a firm
NO_PROCESS = "no_process"  # deep integration where software gains a firm nothing
PLACEBO = {CONTROL: "placebo_control", FOCUS: "placebo_focus"}  # the same with a change that means nothing
KEPT_OF_PLATFORMS = (
    "alive",
    "giant",
    "founded",
    "manner",
    "customers",
    "price",
    "revenue",
    "profit",
    "losses_borne",
    "venture",
    "deposits",
    "net_worth",
    "borrowing",
    "loans",
    "participations_owed",
    "sold_loans",
    "claims_owed",
    "users",
    "firm_users",
    "links",
    "new_users",
    "new_firm_users",
    "new_links",
    "consumer_spend",
    "firm_spend",
    "project_spend",
    "technology_spend",
)
# what quarters say of all platforms together, kept of those of each business model too
KEPT_OF_KINDS = ("platform_revenue", "platform_profit", "platform_growth_spend", "bought_margin")
KEPT_OF_FIRMS = ("generation", "link", "depth", "sector", "sales", "wanted", "granted")

Frame = Any  # a pandas DataFrame, of whose methods pandas' own stubs know too little
Series = Mapping[str, npt.NDArray[np.float64]]


def arms(*, every: bool = True) -> dict[str, Arm]:
    """The arms of the main job by label: each business model there is, integration without real gains, and
    the choice of founders among all models.

    Args:
        every: False leaves the arm without real gains and the placebos out.
    """
    import sim

    names = sorted(sim.discover(), key=lambda name: (name != CONTROL, name == FOCUS, name))
    found = {name: Arm(name) for name in names}
    if every and FOCUS in found:
        # Only a linked firm can gain, so among the other arms these parameters change nothing: one more
        # arm tells what a second ensemble with both at zero would tell.
        found[NO_GAINS] = Arm(FOCUS, real_effects())
    found[FREE] = Arm(FREE)
    if every:
        found |= {label: Arm(arm, placebo=True) for arm, label in PLACEBO.items() if arm in found}
    return found


def real_effects() -> dict[str, float]:
    """The parameters by which links do something for firms, at zero."""
    from sim.links.lines import without_effects

    return without_effects()


def kept(economy: Any) -> dict[str, Frame]:
    """Quarters and platforms since the branching, and the firms as they are at the end.

    ``quarters``, ``platforms`` and ``kinds`` (see `of_kinds`) count quarters in ``since``, from 1, and name a
    platform's business model in ``kind``; ``firms`` has one row per firm with its generation, link (platform
    or −1), depth [share], sector, and of the last quarter its sales [fen/quarter], the loan that it wanted
    and what banks and platforms granted of it [fen].
    """
    branched = economy.branched
    quarters = economy.records.quarters
    quarters = quarters.loc[quarters.index > branched].reset_index()
    quarters.insert(0, "since", quarters["quarter"].astype(int) - branched)
    platforms = platforms_since_branching(economy)
    kinds = of_kinds(economy, platforms, quarters)
    if len(platforms):
        platforms = platforms[["since", "platform", "kind", *KEPT_OF_PLATFORMS]]
        platforms = platforms.astype(dict.fromkeys(KEPT_OF_PLATFORMS, float))
    else:
        empty = {"kind": np.empty(0, object), **{name: np.empty(0) for name in KEPT_OF_PLATFORMS}}
        platforms = pd.DataFrame({"since": np.empty(0, int), "platform": np.empty(0, int), **empty})
    table = economy.firms
    firms = pd.DataFrame(
        {
            "firm": np.arange(len(table), dtype=np.int32),
            "generation": table["generation"].astype(np.int32),
            "link": table["link"].astype(np.int32),
            "depth": table["depth"].astype(np.float32),
            "sector": table["sector"].astype(np.int16),
            "sales": np.where(table["alive"], table["sales"], 0.0),
            "wanted": table["loan_wanted"].astype(np.float32),
            "granted": (table["loan_granted"] + table["platform_granted"]).astype(np.float32),
        }
    )
    return {"quarters": quarters, "platforms": platforms, "kinds": kinds, "firms": firms}


def platforms_since_branching(economy: Any) -> Frame:
    """The record of platforms since the branching, with since, kind, and growth: what each spent on it [fen].

    That is gross profit less profit; the record smooths gross profit by the parameter ``gross_memory``.
    """
    platforms = economy.records.platforms
    if not len(platforms):
        return platforms
    smooth = platforms["gross_profit"]
    before = smooth.groupby(platforms["platform"]).shift(fill_value=0.0)
    gross = before + (smooth - before) / economy.p.gross_memory
    platforms = platforms.assign(growth=gross - platforms["profit"])
    platforms = platforms.loc[platforms["quarter"] > economy.branched].reset_index(drop=True)
    names = np.array([row.name for row in economy.models], dtype=object)
    kind = names[platforms["model"].to_numpy(int)]
    return platforms.assign(since=platforms["quarter"] - economy.branched, kind=kind)


def of_kinds(economy: Any, platforms: Frame, quarters: Frame) -> Frame:
    """`KEPT_OF_KINDS` by quarter and business model, ``kind``, as `sim.record` defines them of all platforms.

    Args:
        platforms: from `platforms_since_branching`.
        quarters: since the branching.
    """
    models = economy.records.models
    if not len(models) or not len(platforms):
        empty = {name: np.empty(0) for name in KEPT_OF_KINDS}
        return pd.DataFrame({"since": np.empty(0, int), "kind": np.empty(0, object), **empty})
    models = models.assign(since=models["quarter"] - economy.branched, kind=models["model"].astype(object))
    sums = models.loc[models["since"] > 0].set_index(["since", "kind"])[["revenue", "profit"]]
    earned = (platforms["bank_margin"] * platforms["participations_owed"]).rename("earned")
    each = pd.concat([platforms[["since", "kind", "growth", "participations_owed"]], earned], axis=1)
    sums = sums.join(each.groupby(["since", "kind"]).sum()).fillna(0.0)
    gdp = quarters.set_index("since")["gdp"].reindex(sums.index.get_level_values("since")).to_numpy(float)
    numbers = {
        "platform_revenue": sums["revenue"] / gdp,
        "platform_profit": sums["profit"] / gdp,
        "platform_growth_spend": sums["growth"] / gdp,
        "bought_margin": sums["earned"] / sums["participations_owed"].where(sums["participations_owed"] > 0),
    }
    return pd.DataFrame(numbers).reset_index()


def kept_without_firms(economy: Any) -> dict[str, Frame]:
    """The same for studies of many worlds: the firms at the end are left out."""
    tables = kept(economy)
    del tables["firms"]
    return tables


@dataclass(frozen=True)
class Future:
    """One arm of one world.

    ``quarters``: (quarters,) arrays by indicator, see ``sim/record/indicators.py``. ``platforms``: (quarters,
    platforms) arrays by column, for every platform ever founded, zero before it is founded and after nothing
    is left of it; none where none acts. ``firms``: (firms,) arrays at the end, none where they were not kept.
    ``shocked``: quarters of the side branch with a shock, ``unshocked``: the same quarters without it; none
    where no side branch was lived.
    """

    quarters: Series
    platforms: Series
    firms: Series
    shocked: Series = field(default_factory=dict)
    unshocked: Series = field(default_factory=dict)

    def until(self, horizon: int) -> Future:
        """The same up to that quarter; of the firms at the end nothing is left, the shock stays."""
        if horizon >= len(next(iter(self.quarters.values()))):
            return self
        first = {name: values[:horizon] for name, values in self.quarters.items()}
        rows = {name: values[:horizon] for name, values in self.platforms.items()}
        return Future(first, rows, {}, self.shocked, self.unshocked)

    @property
    def acts(self) -> bool:
        """Whether there are platforms that do anything."""
        return bool(self.platforms)

    @classmethod
    def of(
        cls,
        quarters: Frame,
        platforms: Frame | None = None,
        firms: Frame | None = None,
        shocked: Frame | None = None,
    ) -> Future:
        """From the tables of `kept` for one arm of one world."""
        columns = {str(name): quarters[name].to_numpy(float) for name in quarters if name not in _LABELS}
        if len(columns) == 0 or len(quarters) == 0:
            raise ValueError("a future needs at least one quarter")
        cells: dict[str, Any] = {}
        if platforms is not None and len(platforms):
            # before a platform is founded and after nothing is left of it, it has and does nothing
            whole = np.unique(platforms["platform"], return_inverse=True)[1]
            at = platforms["since"].to_numpy(int) - 1, whole
            shape = len(quarters), int(whole.max()) + 1
            for name in KEPT_OF_PLATFORMS:
                cells[name] = np.zeros(shape)
                cells[name][at] = platforms[name].to_numpy(float)
        rows: dict[str, Any] = {}
        if firms is not None and len(firms):
            rows = {name: firms[name].to_numpy(float) for name in KEPT_OF_FIRMS}
        if shocked is None or not len(shocked):
            return cls(columns, cells, rows)
        names = [name for name in columns if name in shocked]
        with_it = {name: shocked[name].to_numpy(float) for name in names}
        without = quarters.set_index("quarter").loc[shocked["quarter"], names]
        return cls(columns, cells, rows, with_it, {name: without[name].to_numpy(float) for name in names})


_LABELS = ("world", "arm", "luck", "since", "quarter")
SHOCK_AFTER, SHOCK_WATCHED = 20, 12  # quarters of a future before the shock, and of what follows it


def shock() -> Aside:
    """The standard shock, beside every future: what it takes is read off the same quarters without it."""
    from sim.law import standard_shock

    return Aside("shocked", SHOCK_AFTER, SHOCK_WATCHED, standard_shock(at=1))


def futures(tables: Mapping[str, Frame]) -> Iterator[tuple[tuple[int, int, str], Future, Future]]:
    """(world, luck, arm), future and its twin under `CONTROL` and the same luck, for all in a store's tables.

    Raises ``ValueError`` for a world without the twin.
    """
    split = {
        name: dict(tuple(table.groupby(["world", "luck", "arm"], sort=False, observed=True)))
        for name, table in tables.items()
        if name in ("quarters", "platforms", "firms", "shocked_quarters")
    }
    found: dict[tuple[int, int, str], Future] = {}
    for key, quarters in split["quarters"].items():
        others = (split.get(name, {}).get(key) for name in ("platforms", "firms", "shocked_quarters"))
        found[key] = Future.of(quarters, *others)
    for (world, luck, arm), future in found.items():
        twin = found.get((world, luck, CONTROL))
        if twin is None:
            raise ValueError(f"world {world} has no arm {CONTROL}, which its other arms are compared with")
        yield (int(world), int(luck), str(arm)), future, twin
