"""What the contrasts of claims are about: any measure, and what is not a plain difference of one.

A number is a Series by (world, luck): what is asked of a contrast's arm less what is asked of its other arm.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from experiments.judge.asked import futures
from experiments.judge.pairwise import firsts, utilities
from experiments.judge.ranking import draw_weights
from experiments.judge.register import ZERO, Contrast
from experiments.judge.slopes import by_world, over_levels
from experiments.measure.arithmetic import Values, yearly
from experiments.measure.cases import SIZE, lots_until, platforms_until
from experiments.measure.futures import Frame
from experiments.measure.measures import MEASURES, PRIMARY
from experiments.measure.measures.declared import Measure
from experiments.run.world import CONTROL

WEIGHTS = 2_000  # weightings of the groups that are drawn
POINTS = 10  # at which a path is read on its way up, and as many on its way down


@dataclass(frozen=True)
class Material:
    """What is there to answer from: ``values`` of `measures.valued`, the ``quarters`` of all futures, other
    ``tables`` of theirs by name, and the same worlds at other ``levels`` of what a study varies."""

    values: Frame
    quarters: Frame
    tables: Mapping[str, Frame] = field(default_factory=dict)
    levels: Mapping[float, Material] = field(default_factory=dict)

    @property
    def arms(self) -> set[str]:
        """The arms that were lived."""
        return {
            str(arm) for table in (self.values, self.quarters) if len(table) for arm in table["arm"].unique()
        }


Number = Callable[[Material, Contrast], Frame]


@dataclass(frozen=True)
class Estimand:
    """What is asked of two arms: ``needs`` are measures wanted at the contrast's horizon."""

    name: str
    unit: str
    definition: str
    needs: tuple[Measure, ...]
    number: Number

    @property
    def title(self) -> str:
        """The name as words."""
        return self.name.replace("_", " ")


FUNCTIONS: dict[str, Estimand] = {}


def estimand(unit: str, needs: Sequence[Measure] = ()) -> Callable[[Number], Number]:
    """Declare the function below; its docstring is the definition."""

    def declare(rule: Number) -> Number:
        text = " ".join((inspect.getdoc(rule) or "").split())
        FUNCTIONS[rule.__name__] = Estimand(rule.__name__, unit, text, tuple(needs), rule)
        return rule

    return declare


def named(name: str) -> Estimand:
    """The test function of this name, or the measure. Raises ``ValueError`` if there is neither."""
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    if name in MEASURES:
        one = MEASURES[name]
        return Estimand(name, one.unit, one.definition, (one,), paired)
    raise ValueError(f"{name!r} is neither a measure nor a test function")


def paired(material: Material, asked: Contrast) -> Frame:
    """A measure of the arm less that of the other, or of the arm by itself."""
    values = material.values
    mine = values.loc[(values["outcome"] == asked.estimand) & (values["horizon"] == asked.horizon)]
    wide = mine.pivot_table(
        index=["world", "luck"], columns="arm", values="value", dropna=False, observed=True
    )
    if asked.missing is not None:
        wide = wide.fillna(asked.missing)
    return wide[asked.arm] - (0.0 if asked.other == ZERO else wide[asked.other])


# -- who comes first --------------------------------------------------------------------------------------


def _utilities(material: Material, asked: Contrast, arms: Sequence[str]) -> tuple[Frame, Values]:
    """(world, luck) index, and (worlds, arms, groups) of the worlds in which all of it is known.

    Counted are the primary outcomes of which every arm has a number anywhere, in units of their margins.
    Lucks of a world are averaged.
    """
    values = material.values.loc[material.values["horizon"] == asked.horizon]
    had = set(values.loc[values["value"].notna(), ["outcome", "arm"]].itertuples(index=False, name=None))
    chosen = [one for one in PRIMARY if all((one.name, arm) in had for arm in arms)]
    utility, _ = utilities(values, chosen, arms, asked.horizon, {one.name: one.margin for one in chosen})
    whole = np.isfinite(utility).all(axis=(1, 2))
    worlds = np.array(futures(values).worlds)[whole]
    index = pd.MultiIndex.from_product([worlds, [values["luck"].min()]], names=["world", "luck"])
    return index, utility[whole]


@estimand("share of weightings", needs=PRIMARY)
def first_share(material: Material, asked: Contrast) -> Frame:
    """Share of weightings of the groups under which the arm comes first of the claim's business models, less
    that under which the other does; ties split."""
    arms = [arm for arm in asked.among if arm != CONTROL]
    index, utility = _utilities(material, asked, arms)
    share = firsts(utility, draw_weights(utility.shape[2], WEIGHTS)).mean(axis=2)
    return pd.Series(share[:, arms.index(asked.arm)] - share[:, arms.index(asked.other)], index)


@estimand("share of weightings", needs=PRIMARY)
def preferred_share(material: Material, asked: Contrast) -> Frame:
    """Share of weightings of the groups under which the arm is preferred to the other, less that under which
    the other is; on what both can be asked."""
    index, utility = _utilities(material, asked, (asked.arm, asked.other))
    share = firsts(utility, draw_weights(utility.shape[2], WEIGHTS)).mean(axis=2)
    return pd.Series(share[:, 0] - share[:, 1], index)


@estimand("from −1 to 1", needs=PRIMARY)
def equal_weights(material: Material, asked: Contrast) -> Frame:
    """1 where the arm is ahead of the other when all groups that both can be asked of weigh the same, -1
    where it is behind: then a group in which it is dominated outweighs the rest."""
    index, utility = _utilities(material, asked, (asked.arm, asked.other))
    lead = np.round(utility.mean(axis=2), 9)
    return pd.Series(np.sign(lead[:, 0] - lead[:, 1]), index)


# -- paths --------------------------------------------------------------------------------------------------


def shape(path: Values) -> Values:
    """A path in units of its own peak and time: `POINTS` values on its way to the peak, as many from there to
    its end. NaN for a path that is never above zero."""
    peak = int(np.argmax(path))
    if not path[peak] > 0:
        return np.full(2 * POINTS, np.nan)
    ways = (np.linspace(0, peak, POINTS), np.linspace(peak, len(path) - 1, POINTS))
    return np.interp(np.concatenate(ways), np.arange(len(path)), path / path[peak])


@estimand("share of peak")
def path_distance(material: Material, asked: Contrast) -> Frame:
    """How far apart the `shape` of yearly revenue over GDP is between the two arms, beyond the two worlds of
    one arm; mean over its points. Each world is compared with the next, between arms and within each: at zero
    both arms have paths of the same kind."""
    table = material.quarters.loc[material.quarters["since"] <= asked.horizon]
    found = {}
    for luck, part in table.groupby("luck"):
        mine, theirs = (_shapes(part.loc[part["arm"] == arm]) for arm in (asked.arm, asked.other))
        worlds = mine.index.intersection(theirs.index)
        a, b = (one.loc[worlds].to_numpy() for one in (mine, theirs))
        next_a, next_b = np.roll(a, -1, axis=0), np.roll(b, -1, axis=0)
        between, within = _apart(a, next_b) + _apart(b, next_a), _apart(a, next_a) + _apart(b, next_b)
        found |= {(world, luck): gap for world, gap in zip(worlds, (between - within) / 2.0, strict=True)}
    index = pd.MultiIndex.from_tuples(list(found), names=["world", "luck"])
    return pd.Series(list(found.values()), index)


def _shapes(quarters: Frame) -> Frame:
    """The shape of each world's path, (worlds, points)."""
    wide = quarters.pivot(index="world", columns="since", values="platform_revenue")
    return pd.DataFrame([shape(yearly(row)) for row in wide.to_numpy(float)], index=wide.index)


def _apart(a: Values, b: Values) -> Values:
    """(worlds,): mean distance of two shapes."""
    return np.abs(a - b).mean(axis=1)


# -- firms ------------------------------------------------------------------------------------------------


@estimand("share")
def survival_of_firms(material: Material, asked: Contrast) -> Frame:
    """Chance that a firm lives through the branch, at the rates at which firms fail and close in its
    quarters."""
    table = material.quarters.loc[material.quarters["since"] <= asked.horizon]
    stays = 1.0 - table["default_rate"] - table["closure_rate"]
    each: Frame = stays.groupby([table["world"], table["luck"], table["arm"].astype(str)]).prod()
    wide = each.unstack("arm")
    return wide[asked.arm] - wide[asked.other]


# -- slopes -----------------------------------------------------------------------------------------------

LINKS_LEAST = 8  # firms that drew a lot, or platforms, below which a world has no slope of its own


def _over_levels(material: Material, asked: Contrast, outcome: str) -> dict[float, Frame]:
    """A measure of the arm less that of the other, at each level."""
    there = replace(asked, estimand=outcome)
    return {level: paired(one, there) for level, one in material.levels.items()}


@estimand("share of the twin's per usual pace", needs=[MEASURES["goods_gain"]])
def slope_of_goods_on_pace(material: Material, asked: Contrast) -> Frame:
    """By how much the difference in goods gain rises from no change to the usual pace (the parameter's
    default): the slope over all paces at which a world was lived."""
    return over_levels(_over_levels(material, asked, "goods_gain"))


@estimand("share a year per log unit", needs=[MEASURES["return_on_capital"]])
def slope_of_return_on_platforms(material: Material, asked: Contrast) -> Frame:
    """By how much the return on capital of the arm's platforms rises with the log of the number with which
    they began, less the same of the other's; over all numbers with which a world was lived."""
    levels = _over_levels(material, asked, "return_on_capital")
    return over_levels({float(np.log(number)): found for number, found in levels.items()})


@estimand("share of value added")
def slope_of_value_added_on_depth(material: Material, asked: Contrast) -> Frame:
    """By how much what a firm gains against its twin rises with the highest depth that its link drew by lot:
    value added from the lot to the horizon, the firm's less the twin's, over the mean of both. Who closes
    makes nothing from then on, and counts; sales before the lot are held."""
    cases = lots_until(material.tables, asked.arm, asked.other, asked.horizon)
    return by_world(cases, "deepest", "gain", ["log_sales"], least=LINKS_LEAST, products=True)


@estimand("yuan a year")
def slope_of_profit_on_depth(material: Material, asked: Contrast) -> Frame:
    """By how much the yearly profit of the platform from a firm rises with the highest depth that the link
    drew by lot: fees and its part of loans less upkeep and all paid for projects, from the lot to the
    horizon, at first wages; nothing once the link has ended. Sales before the lot are held."""
    cases = lots_until(material.tables, asked.arm, None, asked.horizon)
    return by_world(cases, "deepest", "profit", ["sales"], least=LINKS_LEAST, products=True)


def _platforms(material: Material, asked: Contrast) -> Frame:
    """`platforms_until` of the contrast's arm."""
    return platforms_until(material.tables, asked.arm, asked.horizon)


@estimand("share per line")
def slope_of_survival_on_lines(material: Material, asked: Contrast) -> Frame:
    """By how much the chance of a platform to live at the horizon rises with one more service line, of lines
    drawn by lot; its mean number of customers is held."""
    return by_world(_platforms(material, asked), "lines", "alive", SIZE, least=LINKS_LEAST)


@estimand("share per line")
def slope_of_steadiness_on_lines(material: Material, asked: Contrast) -> Frame:
    """By how much less a platform's revenue varies with one more service line, of lines drawn by lot: the
    deviation of its changes from quarter to quarter, each over the mean of both quarters; its mean number of
    customers is held."""
    return by_world(_platforms(material, asked), "lines", "steadiness", SIZE, least=LINKS_LEAST)
