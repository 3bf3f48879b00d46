"""Left to themselves, do platforms turn from harvesting to integration: by turning, by birth, by death?

    make metamorphosis
    make metamorphosis ARGS="--full"

Twenty small platforms and the giants begin by harvesting; all adapt, as do those founded later, and founders
choose among all business models. Each world is lived where little, as much as usual and much changes; beside
stand the same platforms where nobody reviews (what birth and death do alone) and platforms that cannot but
harvest. Told are shares of business models, what of the integrators' share came by turning, by birth and by
death, when integrators tip the balance and whether they stay, who ends in which model, and whether giants
lead. The folder then holds a store for each pace, ``metamorphosis.csv``, ``turns.csv``, ``claims.csv``,
``contrasts.csv``, ``report.md`` and ``metamorphosis.png``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from experiments.judge import register
from experiments.judge.binding import beside
from experiments.judge.claims import Answers, Part, asked_of, joined, part
from experiments.judge.estimands import Material
from experiments.judge.inside import of_cases
from experiments.judge.turning import integrators
from experiments.measure.arithmetic import YEAR, Values
from experiments.measure.futures import Frame
from experiments.measure.turning import WAYS, by_kind, came_by, kept_turning, share_of, turns, ways
from experiments.run.arm import Arm
from experiments.run.command import Settings, UsageError
from experiments.study import Study, Tables
from experiments.tell.metamorphosis import reported
from experiments.tell.report import Report
from experiments.tell.words import label

NAME, PARAMETER = "metamorphosis", "pace_of_change"
ADAPTIVE, HARVEST, STILL = "adaptive_switching", "institution_traffic", "nobody_reviews"
BEGIN = 20  # small platforms
QUICK = {"worlds": 16, "firms": 2_000, "burn_in": 20, "quarters": 80}
FULL = {**QUICK, "worlds": 60, "firms": 10_000, "burn_in": 40}
LAST = 5 * YEAR  # quarters, over which it is asked whether they stay
TABLE = ("pace", "arm", "quantity", "unit", "worlds", "mean", "low", "high")


@dataclass(frozen=True)
class Metamorphosis:
    """``table``: means over worlds with their intervals (95 %), see `TABLE`. ``turns``: pace, arm, from, to
    and the mean number a world. ``paths``: by pace and arm the mean shares (kinds, quarters), of ``kinds``;
    ``moved``: what each of `WAYS` has moved the integrators' share so far, mean (ways, quarters).
    ``claims``: what this says of the essay's. ``invasion``: what `make invasion` has found, if it lies
    beside, else empty. ``short``: see `judge.binding.beside`."""

    table: Frame
    turns: Frame
    paths: dict[tuple[str, str], Values]
    moved: dict[tuple[str, str], Values]
    kinds: tuple[str, ...]
    claims: Answers
    invasion: Frame
    short: Frame


def arms() -> dict[str, Arm]:
    """Platforms that adapt; the same where nobody reviews; and such as cannot but harvest."""
    return {
        ADAPTIVE: Arm({ADAPTIVE: BEGIN}),
        STILL: Arm({ADAPTIVE: BEGIN}, {"model_review_chance": 0.0}),
        HARVEST: Arm({HARVEST: BEGIN}),
    }


def paces() -> dict[str, float]:
    """Little, usual and much change, by the name of a folder: half the usual pace, it, the highest."""
    import sim

    one = sim.Parameters.declarations()[PARAMETER]
    return {"slow": 0.5 * float(one.value), "usual": float(one.value), "fast": float(one.high)}


def worlds(settings: Settings) -> dict[str, Settings]:
    """The same worlds at each pace, by the name of a folder. Raises `UsageError` where a pace is set."""
    if PARAMETER in settings.chosen:
        raise UsageError(f"{PARAMETER} is what this study varies: it cannot be set")
    return {
        name: replace(settings, name=NAME, chosen={**settings.chosen, PARAMETER: pace})
        for name, pace in paces().items()
    }


def for_claims(settings: Settings) -> dict[str, Settings]:
    """The worlds that claims are asked of: at the usual pace."""
    return {"usual": worlds(settings)["usual"]}


# -- judging ----------------------------------------------------------------------------------------------


def of_claims(tables: Tables) -> Part:
    """What worlds at the usual pace say of the claims that ask for them."""
    quarters = tables["quarters"]
    there = {*map(str, quarters["arm"].unique()), register.ZERO}
    asked = asked_of(register.claims(), NAME, there, int(quarters["since"].max()))
    found = Material(quarters.iloc[:0], quarters, {name: tables[name] for name in ("counts", "platforms")})
    return part(asked, found, tables.drawn.drop(columns=PARAMETER, errors="ignore"), tables.started)


def judge(lived: Mapping[str, Tables]) -> Metamorphosis:
    """All that is told, pace by pace."""
    rows: list[tuple[Any, ...]] = []
    moves: list[Frame] = []
    paths: dict[tuple[str, str], Values] = {}
    split: dict[tuple[str, str], Values] = {}
    kinds = kinds_of(lived.values())
    for pace, tables in lived.items():
        lasted = int(tables["quarters"]["since"].max())
        for arm, counts in tables["counts"].groupby("arm", sort=False, observed=True):
            lives, clients = (of_arm(tables[name], str(arm)) for name in ("platforms", "clients"))
            gdp = of_arm(tables["quarters"], str(arm))
            shares, so_far, found = of_counts(counts, kinds, lasted)
            found |= of_lives(lives, gdp, kinds, lasted) | of_clients(clients)
            paths[pace, str(arm)], split[pace, str(arm)] = shares, so_far
            rows += [(pace, str(arm), *name, *mean_of(values)) for name, values in found.items()]
            moves.append(moved(lives, counts).assign(pace=pace, arm=str(arm)))
    first = next(iter(lived.values()))
    results = first.settings.out.parent
    invasion = results / "invasion" / "invasion.csv"
    return Metamorphosis(
        pd.DataFrame(rows, columns=list(TABLE)),
        pd.concat(moves, ignore_index=True)[["pace", "arm", "from", "to", "a_world"]],
        paths,
        split,
        tuple(kinds),
        joined(register.claims(), [of_claims(lived["usual"])]).of(NAME),
        pd.read_csv(invasion) if invasion.exists() else pd.DataFrame(),
        beside(lived["usual"]["quarters"], ADAPTIVE, results),
    )


def kinds_of(lived: Any) -> list[str]:
    """All business models that anybody runs, those that integrate first."""
    names = {str(kind) for tables in lived for kind in tables["counts"]["kind"].unique()}
    return sorted(names, key=lambda name: (name not in integrators(), name))


def of_arm(table: Frame, arm: str) -> Frame:
    """The rows of one arm, names as texts."""
    mine = table.loc[table["arm"].astype(str) == arm]
    return mine.assign(kind=mine["kind"].astype(str)) if "kind" in mine else mine


def mean_of(values: Values) -> tuple[int, float, float, float]:
    """Worlds that have a number, their mean and its interval."""
    found = of_cases(values)
    return found.n, found.mean, found.low, found.high


Found = dict[tuple[str, str], Values]  # quantity and unit -> a number a world


def of_counts(counts: Frame, kinds: list[str], lasted: int) -> tuple[Values, Values, Found]:
    """The mean shares (kinds, quarters), what has moved that of integrators so far (ways, quarters), and what
    counts of living platforms say of integrators."""
    whole = {
        name: by_kind(counts, name, kinds, lasted)
        for name in ("alive", "births", "deaths", "turned_to", "turned_away", "revenue")
    }
    net = whole["turned_to"] - whole["turned_away"]
    of = np.array([kind in integrators() for kind in kinds])
    mine = share_of(whole["alive"], of)
    money = share_of(np.maximum(0.0, yearly_sums(whole["revenue"])), of)
    each = ways(whole["alive"], whole["births"], whole["deaths"], net, of)
    moved = each.sum(axis=2)
    tip, by_money = tips(mine), tips(money)
    last = mine[:, -LAST:].mean(axis=1)
    found = {
        ("share of integrators at the end", "share"): mine[:, -1],
        ("share of integrators, last five years", "share"): last,
        ("share of revenue of integrators at the end", "share"): money[:, -1],
        **{(f"change of their share: {way}", "share"): moved[:, n] for n, way in enumerate(WAYS)},
        ("worlds in which they pass one half", "share"): np.isfinite(tip).astype(float),
        ("of these, above one half at the end", "share"): np.where(
            np.isfinite(tip), (mine[:, -1] > 0.5).astype(float), np.nan
        ),
        ("time to pass one half of platforms", "quarters"): tip,
        ("worlds in which they pass one half of revenue", "share"): np.isfinite(by_money).astype(float),
        ("time to pass one half of revenue", "quarters"): by_money,
        ("platforms that turn", "platforms"): whole["turned_to"].sum(axis=(1, 2)),
        ("platforms founded", "platforms"): whole["births"].sum(axis=(1, 2)),
        ("platforms that end", "platforms"): whole["deaths"].sum(axis=(1, 2)),
    }
    shares = np.array([share_of(whole["alive"], np.arange(len(kinds)) == n) for n in range(len(kinds))])
    return shares.mean(axis=1), np.cumsum(each, axis=2).mean(axis=0), found


def yearly_sums(values: Values) -> Values:
    """Sums over the last four quarters (fewer at the start), along the last axis."""
    sums = np.cumsum(values, axis=-1)
    before = np.concatenate([np.zeros_like(sums[..., :YEAR]), sums[..., :-YEAR]], axis=-1)
    return sums - before[..., : sums.shape[-1]]


def tips(share: Values) -> Values:
    """(worlds,): the first quarter, from 1, in which a share is above one half; NaN where in none."""
    above = share > 0.5
    return np.where(above.any(axis=1), above.argmax(axis=1) + 1.0, np.nan)


def of_lives(lives: Frame, quarters: Frame, kinds: list[str], lasted: int) -> Found:
    """What lives of platforms say, a number a world; who ends may owe what it took under another model."""
    found: dict[tuple[str, str], list[float]] = {}
    gdp = quarters.set_index(["world", "luck", "since"])["gdp"]
    for (world, luck), mine in lives.groupby(["world", "luck"], observed=True):
        numbers = {("integrators at the end", "platforms"): 0.0}
        for way, n in came_by(mine, integrators(), lasted).items():
            numbers[f"integrators at the end that {SAID[way]}", "platforms"] = float(n)
            numbers["integrators at the end", "platforms"] += n
        total = numbers["integrators at the end", "platforms"]
        for way in SAID.values():
            of = numbers[f"integrators at the end that {way}", "platforms"]
            numbers[f"of integrators at the end, {way}", "share"] = of / total if total else np.nan
        giants = mine.loc[mine["giant"] > 0, "platform"].nunique()
        turned = turns(mine)
        ever = turned.loc[turned["giant"] > 0, "platform"].nunique()
        numbers["giants that ever turn", "share"] = ever / giants if giants else np.nan
        ended = mine.loc[mine["manner"] > 0].drop_duplicates("platform")
        for kind in kinds:
            name, dead = label(kind), ended.loc[ended["kind"] == kind]
            at = [(world, luck, since) for since in dead["since"]]
            claims = dead["claims_owed"].to_numpy(float) / gdp.reindex(at).to_numpy(float)
            numbers[f"ended in {name}", "platforms"] = float(len(dead))
            numbers[f"of these with claims of households outstanding: {name}", "platforms"] = float(
                (claims > 0).sum()
            )
            numbers[f"these claims: {name}", "share of a quarter's GDP"] = float(claims.sum())
        for name, number in numbers.items():
            found.setdefault(name, []).append(number)
    return {name: np.array(values) for name, values in found.items()}


SAID = {"turned": "turned to it", "founded": "were founded so", "there": "were there at first"}


def of_clients(clients: Frame) -> Found:
    """Whether clients of a platform are more alike, and more bound to one another, than chance has it."""
    found: Found = {}
    for name, mine in (("giants", clients["giant"] > 0), ("small and medium", clients["giant"] == 0)):
        for what, column in (("in one sector", "sector"), ("of one chain", "partners")):
            of = {"sector": "same_sector"}.get(column, column)
            beyond = clients.loc[mine, of] - clients.loc[mine, f"of_chance_{column}"]
            each = beyond.groupby([clients["world"], clients["luck"]]).mean()
            found[f"clients {what} beyond chance: {name}", "share"] = each.to_numpy(float)
    return found


def moved(lives: Frame, counts: Frame) -> Frame:
    """Turns from one business model to another: from, to, mean number a world."""
    number = counts.groupby(["world", "luck"], observed=True).ngroups
    parts = [turns(mine) for _, mine in lives.groupby(["world", "luck"], observed=True)]
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"from": [], "to": []})
    return (whole.groupby(["from", "to"]).size() / number).rename("a_world").reset_index()


def tell(found: Metamorphosis) -> Report:
    """Words, tables and the figure."""
    return reported(found)


STUDY = Study(
    __doc__, QUICK, FULL, arms, kept_turning, judge, tell, parts=worlds, register=register.digest,
)  # fmt: skip
