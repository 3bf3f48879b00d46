"""What the economy does beside what has been published: hits and misses, none of them tuned.

    python -m experiments.studies.validate

First each fact of ``seeds/evidence.toml`` that has to emerge (use = "validate"): value, published band, in or
out, or what the model would need to speak to it. Then the moments of the simulated cycle beside those of the
US. The facts are in `experiments.measure.facts`, the moments in `experiments.measure.moments`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.judge.intervals import mean_and_range
from experiments.measure.facts import ARMS, FACTS, SIGNS, SILENT, History
from experiments.measure.moments import (
    LAGS,
    OBSERVED,
    SIMULATED,
    moments_by_world,
    moments_of,
    us_quarters,
)
from experiments.measure.watching import observed
from experiments.run.command import Parser, Settings, main, parser
from experiments.run.ensemble import Ensemble
from experiments.run.world import CONTROL

NEAR = 0.25  # where a figure is published without a band, so far on either side counts as a hit [share of it]
VERDICTS = ("in", "OUT", "no case", "not spoken to yet")


def histories(quarters: Any, platforms: Any, micro: Any, *, burn_in: int, banks: int) -> dict[int, History]:
    """The ensemble's tables, sorted by world and arm.

    Args:
        quarters, platforms, micro: as the store gives them, with columns ``world`` and ``arm``.
        burn_in: quarters before the arms part.
        banks: in each world.
    """
    table = quarters.assign(failures_per_bank=quarters["bank_failures"] / banks)
    found = {}
    for world in sorted(table["world"].unique()):
        past, recent, of_platforms, single = {}, {}, {}, {}
        for arm in ARMS:
            rows = _of(table, world, arm).sort_values("quarter")
            past[arm] = rows
            recent[arm] = rows[rows["quarter"] > burn_in]
            of_platforms[arm] = _of(platforms, world, arm)
            numbers = _of(micro, world, arm).drop(columns=["world", "arm"])
            single[arm] = {str(name): float(value) for name, value in numbers.iloc[0].items()}
        found[int(world)] = History(past, recent, of_platforms, single)
    return found


def _of(table: Any, world: int, arm: str) -> Any:
    if table.empty:
        return table
    return table[(table["world"] == world) & (table["arm"] == arm)]


def hit_range(name: str, published: Mapping[str, Any]) -> tuple[float, float, str]:
    """Where a number counts as a hit, and where that range comes from.

    ("published" band, "figures" where several were published, "figure ± 25 %" for a single one, "direction").
    Raises ``ValueError`` for a fact that gives neither a band nor a figure nor, in `SIGNS`, a direction.
    """
    if "band" in published:
        low, high = published["band"]
        return float(low), float(high), "published"
    if name in SIGNS:
        return (*SIGNS[name], "direction")
    value = published.get("value")
    if isinstance(value, Sequence):
        return float(min(value)), float(max(value)), "figures"
    if value is None:
        raise ValueError(f"{name} gives neither band nor figure: say in SIGNS what would be a hit")
    return float(value) * (1 - NEAR), float(value) * (1 + NEAR), f"figure ± {NEAR:.0%}"


def battery(found: Mapping[int, History], evidence: Mapping[str, Mapping[str, Any]]) -> Any:
    """Every fact that has to emerge, judged.

    Returns:
        A DataFrame by fact: ``value`` (mean over worlds), ``from`` and ``to`` (95 %, Student), ``worlds``
        that had a case, ``low``, ``high``, ``judged_by`` (see `hit_range`), ``verdict`` (one of `VERDICTS`),
        ``unit``, ``proxy`` (what stands for it, or what is missing), ``grade`` of the evidence.

    Raises ``ValueError`` for a fact of the evidence that is neither in `FACTS` nor in `SILENT`.
    """
    import pandas as pd

    rows: dict[str, dict[str, Any]] = {}
    for name, published in evidence.items():
        if published["use"] != "validate":
            continue
        told = {"unit": published.get("unit", ""), "grade": published["grade"]}
        functions = {label: function for label, function in FACTS.items() if label.split()[0] == name}
        if not functions:
            if name not in SILENT:
                raise ValueError(f"{name} has to emerge, but no function of measure/facts.py looks at it")
            rows[name] = {
                "verdict": "not spoken to yet",
                "proxy": f"needs {SILENT[name]}",
                "worlds": 0,
                **told,
            }
            continue
        low, high, by = hit_range(name, published)
        for label, function in functions.items():
            values = [function(history) for history in found.values()]
            mean, at_least, at_most = mean_and_range(values)
            cases = int(np.isfinite(values).sum())
            rows[label] = {
                "value": mean,
                "from": at_least,
                "to": at_most,
                "worlds": cases,
                "low": low,
                "high": high,
                "judged_by": by,
                "verdict": ("in" if low <= mean <= high else "OUT") if cases else "no case",
                "proxy": " ".join((function.__doc__ or "").split()),
                **told,
            }
    columns = [
        "value",
        "from",
        "to",
        "worlds",
        "low",
        "high",
        "judged_by",
        "verdict",
        "unit",
        "proxy",
        "grade",
    ]
    return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=columns)


def beside_us(simulated: Any, us: Any) -> Any:
    """Moments of the simulated worlds with those of the US.

    Args:
        simulated: as `moments_by_world` gives it.
        us: as `moments_of` gives it.

    Returns:
        A DataFrame by ``series``, ``moment``, ``lag`` with ``mean``, ``low`` and ``high`` (the middle 95 % of
        worlds), ``us``, and ``inside``: whether a world may have the history of the US (None: not known).
    """
    keys = ["series", "moment", "lag"]
    grouped = simulated.groupby(keys, sort=False)["value"]
    table = grouped.mean().to_frame("mean")
    table["low"], table["high"] = grouped.quantile(0.025), grouped.quantile(0.975)
    table["us"] = us.set_index(keys)["value"]
    inside = (table["low"] <= table["us"]) & (table["us"] <= table["high"])
    table["inside"] = inside.astype(object).where(table["us"].notna(), None)
    return table.reset_index()


def told_facts(rows: Any) -> str:
    """The battery as text: what is judged first, what is silent last, and the count."""
    lines = [f"{'fact':26}{'value':>10}  {'95 % over worlds':<20}{'band':<18}{'judged by':<15}{'verdict'}"]
    for name, row in rows[rows["verdict"] != "not spoken to yet"].iterrows():
        span = "" if math.isnan(row["from"]) else f"{row['from']:.3g} to {row['to']:.3g}"
        value = "" if math.isnan(row["value"]) else f"{row['value']:.3g}"
        band = f"{row['low']:.4g} " + ("up" if row["high"] == math.inf else f"to {row['high']:.4g}")
        lines.append(f"{name:26}{value:>10}  {span:<20}{band:<18}{row['judged_by']:<15}{row['verdict']}")
    lines.append("")
    for name, row in rows[rows["verdict"] == "not spoken to yet"].iterrows():
        lines.append(f"{name:26}not spoken to yet: {row['proxy']}")
    counts = rows["verdict"].value_counts()
    lines += ["", ", ".join(f"{int(counts.get(one, 0))} {one}" for one in VERDICTS)]
    lines.append("(facts.csv says what stands for each fact)")
    return "\n".join(lines)


SHOWN = (("sd", 0), ("relative sd", 0), ("autocorrelation", 1), ("with output", 0))


def told_moments(table: Any) -> str:
    """The chief moments as text, simulated with the worlds' interval, beside the US."""
    lines = [f"{'series':14}{'moment':22}{'simulated':>10}  {'95 % of worlds':<18}{'US':>8}"]
    by_key = table.set_index(["series", "moment", "lag"])
    for series in SIMULATED:
        for moment, lag in SHOWN:
            if series == "output" and moment in ("relative sd", "with output"):
                continue
            row = by_key.loc[(series, moment, lag)]
            name = f"{moment}, lag {lag}" if lag else moment
            span = f"{row['low']:.3f} to {row['high']:.3f}"
            us = "" if row["inside"] is None else f"{row['us']:8.3f}  {'in' if row['inside'] else 'OUT'}"
            lines.append(f"{series:14}{name:22}{row['mean']:10.3f}  {span:<18}{us}")
    return "\n".join(lines)


def correlogram(table: Any, path: Path) -> None:
    """Correlation of six series with output at leads and lags: worlds' mean and interval, and the US."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 3, figsize=(11, 6), sharex=True, sharey=True, layout="constrained")
    for axis, series in zip(axes.flat, SIMULATED, strict=True):
        rows = table[(table["series"] == series) & (table["moment"] == "with output")].sort_values("lag")
        axis.axhline(0.0, color="0.7", lw=0.8)
        axis.axvline(0.0, color="0.85", lw=0.8)
        axis.fill_between(rows["lag"], rows["low"], rows["high"], color="#0072B2", alpha=0.25, lw=0)
        axis.plot(rows["lag"], rows["mean"], color="#0072B2", lw=1.8, label="simulated, 95 % of worlds")
        if rows["us"].notna().any():
            axis.plot(
                rows["lag"], rows["us"], color="#D55E00", lw=1.5, marker="o", ms=4, label="US 1959-2009"
            )
        axis.set_title(series, loc="left", fontsize=11)
        axis.set_ylim(-1.0, 1.05)
        axis.set_xticks(range(-LAGS, LAGS + 1))
        axis.spines[["top", "right"]].set_visible(False)
    axes[0, 0].legend(frameon=False, loc="lower center", fontsize=9)
    for axis in axes[1]:
        axis.set_xlabel("quarters after output (before: negative)")
    for axis in axes[:, 0]:
        axis.set_ylabel("correlation with output")
    known = table[(table["moment"] == "with output") & table["us"].notna() & (table["series"] != "output")]
    hits = int(known["inside"].astype(bool).sum())
    figure.suptitle(
        f"The US lie within the worlds' range at {hits} of {len(known)} leads and lags "
        "(deviations from HP trend; no US series of credit and defaults at hand)",
        x=0.01,
        ha="left",
        fontsize=11,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def body(settings: Settings) -> int:
    """Run the worlds, judge the facts, compare the moments, write tables and figure."""
    import matplotlib as mpl

    mpl.use("agg")
    from sim.engine.parameters import seeds

    ensemble = Ensemble(settings.make_worlds(sampled=False), ARMS, reduce=observed)
    outcome = settings.run(ensemble)
    tables = {name: outcome.store.frame(name) for name in ("quarters", "platforms", "micro")}
    found = histories(**tables, burn_in=settings.burn_in, banks=settings.banks)
    facts = battery(found, seeds("evidence"))
    control = tables["quarters"]["arm"] == CONTROL
    simulated = moments_by_world(tables["quarters"][control])
    moments = beside_us(simulated, moments_of(us_quarters(), OBSERVED))
    text = f"{told_facts(facts)}\n\n{told_moments(moments)}"
    facts.to_csv(settings.out / "facts.csv", index_label="fact")
    moments.to_csv(settings.out / "moments.csv", index=False)
    (settings.out / "validate.txt").write_text(text + "\n", encoding="utf-8")
    correlogram(moments, settings.out / "correlations.png")
    print(outcome)
    print(f"\n{text}\n\nfiles in {settings.out}/")
    return 0


def build() -> Parser:
    """The command line."""
    small = {"worlds": 6, "firms": 10_000, "burn_in": 80, "quarters": 60}
    return parser(
        "validate",
        "Published facts and the US cycle beside what the economy does of itself.",
        quick=small,
        full={**small, "worlds": 20, "quarters": 80},
    )


if __name__ == "__main__":
    raise SystemExit(main(body, build()))
