"""What the economy does beside what has been published: hits and misses, none of them tuned.

First each fact of ``seeds/evidence.toml`` that has to emerge (use = "validate"): value, published band, in or
out, or what the model would need to speak to it. Then the moments of the simulated cycle beside those of the
US. The facts are in `experiments.measure.facts`, the moments in `experiments.measure.moments`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.judge.battery import NOW, SILENT_YET, VERDICTS, answered, battery, beside_us, histories
from experiments.measure.facts import ARMS, TIGHT, TIGHTENED, TIGHTENS_AT
from experiments.measure.futures import Frame
from experiments.measure.history import UNCAPPED
from experiments.measure.moments import LAGS, OBSERVED, SIMULATED, moments_by_world, moments_of, us_quarters
from experiments.measure.watching import observed
from experiments.run.arm import Arm
from experiments.run.world import CONTROL
from experiments.study import Study, Tables
from experiments.tell.drawing import panels
from experiments.tell.report import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUICK = {"worlds": 12, "firms": 10_000, "burn_in": 80, "quarters": 60}
FULL = {**QUICK, "worlds": 20, "quarters": 80}
SHOWN = (("sd", 0), ("relative sd", 0), ("autocorrelation", 1), ("with output", 0))


@dataclass(frozen=True)
class Validation:
    """``facts``: see `battery`. ``moments``: see `beside_us`."""

    facts: Frame
    moments: Frame


def asked() -> dict[str, Arm]:
    """The business models that facts are about, and two of them under another law."""
    from sim.engine.parameters import Parameters
    from sim.law import Change

    highest = Parameters.declarations()["rate_cap"].high
    other_law = {
        UNCAPPED: Arm("consumer_traffic", {"rate_cap": highest}),
        TIGHTENED: Arm("institution_traffic", timeline=(Change(TIGHTENS_AT, {"platform_loans_cap": TIGHT}),)),
    }
    return {name: other_law.get(name, Arm(name)) for name in ARMS}


def judge(tables: Tables) -> Validation:
    """Facts against their bands, the cycle against that of the US."""
    from sim.engine.parameters import seeds

    quarters, settings = tables["quarters"], tables.settings
    recorded = {name: tables[name] for name in ("quarters", "platforms", "micro")}
    found = histories(**recorded, burn_in=settings.burn_in, banks=settings.banks)
    simulated = moments_by_world(quarters[quarters["arm"] == CONTROL])
    us = moments_of(us_quarters(), OBSERVED)
    return Validation(battery(found, seeds("evidence")), beside_us(simulated, us))


def tell(found: Validation) -> Report:
    """The battery, and the chief moments."""
    return Report(
        f"{told_facts(found.facts)}\n\n{told_moments(found.moments)}",
        page="validate.txt",
        tables={"facts": found.facts.rename_axis("fact").reset_index(), "moments": found.moments},
        figures={"correlations": lambda: draw(found.moments)},
    )


def told_facts(rows: Any) -> str:
    """The battery as text: what is judged first, what is silent last, and the count."""
    head = f"{'fact':26}{'value':>10}  {'95 % over worlds':<20}{'worlds':>6}  "
    lines = [f"{head}{'band':<18}{'judged by':<15}{'verdict'}"]
    seen = ~rows["verdict"].isin((SILENT_YET, NOW))
    for name, row in rows[seen].iterrows():
        span = "" if math.isnan(row["from"]) else f"{row['from']:.3g} to {row['to']:.3g}"
        value = "" if math.isnan(row["value"]) else f"{row['value']:.3g}"
        band = f"{row['low']:.4g} " + ("up" if row["high"] == math.inf else f"to {row['high']:.4g}")
        told = f"{name:26}{value:>10}  {span:<20}{int(row['worlds']):>6}  "
        lines.append(f"{told}{band:<18}{row['judged_by']:<15}{row['verdict']}")
    lines.append("")
    for name, row in rows[~seen].iterrows():
        lines.append(f"{name:26}{row['verdict']}: {row['proxy']}")
    counts = rows["verdict"].value_counts()
    lines += ["", ", ".join(f"{int(counts.get(one, 0))} {one}" for one in VERDICTS)]
    lines.append(told_count(rows))
    lines.append("in, OUT: the whole interval lies in or out of the band; open: neither, or no interval")
    lines.append("(facts.csv says what stands for each fact, its rule, and how far off it is)")
    return "\n".join(lines)


def told_count(rows: Any) -> str:
    """How many of the facts that the model has to answer now are inside, in all and by part of the model."""
    counts = answered(rows)
    hits, asked_for = (sum(pair) for pair in zip(*counts.values(), strict=True))
    by_part = ", ".join(f"{part} {inner} of {all_}" for part, (inner, all_) in counts.items())
    return f"inside: {hits} of {asked_for} facts that the model has to answer now ({by_part})"


def told_moments(table: Any) -> str:
    """The chief moments as text, with where one more world lies with 95 %, beside the US."""
    lines = [f"{'series':14}{'moment':22}{'simulated':>10}  {'one more world':<18}{'US':>8}"]
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


def draw(table: Frame) -> Figure:
    """Correlation of six series with output at leads and lags: worlds' mean and interval, and the US."""
    known = table[(table["moment"] == "with output") & table["us"].notna() & (table["series"] != "output")]
    hits = int(known["inside"].astype(bool).sum())
    title = (
        f"The US lie within the worlds' range at {hits} of {len(known)} leads and lags "
        "(deviations from HP trend; no US series of credit and defaults at hand)"
    )
    figure, panes = panels(6, title, rows=2, width=3.7, height=3.0, sharex=True, sharey=True)
    for place, (axis, series) in enumerate(zip(panes, SIMULATED, strict=True)):
        rows = table[(table["series"] == series) & (table["moment"] == "with output")].sort_values("lag")
        axis.axhline(0.0, color="0.7", lw=0.8)
        axis.axvline(0.0, color="0.85", lw=0.8)
        axis.fill_between(rows["lag"], rows["low"], rows["high"], color="#0072B2", alpha=0.25, lw=0)
        axis.plot(rows["lag"], rows["mean"], color="#0072B2", lw=1.8, label="simulated; one more world, 95 %")
        if rows["us"].notna().any():
            us = {"color": "#D55E00", "lw": 1.5, "marker": "o", "ms": 4}
            axis.plot(rows["lag"], rows["us"], label="US 1959-2009", **us)
        axis.set_title(series)
        axis.set_ylim(-1.0, 1.05)
        axis.set_xticks(range(-LAGS, LAGS + 1))
        if place >= 3:
            axis.set_xlabel("quarters after output (before: negative)")
        if place % 3 == 0:
            axis.set_ylabel("correlation with output")
    panes[0].legend(frameon=False, loc="lower center", fontsize=9)
    return figure


STUDY = Study(__doc__, QUICK, FULL, asked, observed, judge, tell, sampled=False)
