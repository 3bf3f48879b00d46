"""Either side can win: many small worlds, drawn from all declared ranges, and who comes first in which.

    python -m experiments.studies.either_side --worlds 100
    python -m experiments.studies.either_side --full

For each group of measures the share of worlds in which each business model comes first; the same where a link
gains a firm nothing; which parameters tell worlds in which deep integration comes first from the others; and
some of those worlds by number (their parameters are in the store). The folder then holds
``first.csv``, ``overall.csv``, ``separating.csv``, ``report.md`` and ``either_side.png``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.measure.futures import FOCUS, Frame, arms, kept_without_firms
from experiments.run.command import Parser, Settings, main, parser
from experiments.run.ensemble import Ensemble
from experiments.run.store import Store

QUICK = {"worlds": 60, "firms": 1_000, "burn_in": 40, "quarters": 60}
FULL = {**QUICK, "worlds": 200}
TOP = 8  # parameters that are shown
EXAMPLES = 3  # worlds that are named on each side


@dataclass(frozen=True)
class Sides:
    """``first``: as in a comparison. ``overall``: world, field, arm, score (mean rank over the groups, each
    with the same weight), first (1, a part of it in a tie, or 0). ``separating``: parameter, correlation
    (Spearman) with the lead of the focus over the best other arm, low, high, p_holm, and mean where it is
    first and not.
    """

    first: Frame
    overall: Frame
    separating: Frame


def build() -> Parser:
    """The command line."""
    return parser("either_side", "Who wins in which of many small worlds.", quick=QUICK, full=FULL)


def ensemble(settings: Settings) -> Ensemble:
    """Small worlds with all arms; the firms of each are not kept."""
    return Ensemble(settings.make_worlds(), arms(), reduce=kept_without_firms)


def sides(table: Frame, drawn: Frame) -> Sides:
    """Who comes first where.

    Args:
        table: from `measures.measured`.
        drawn: parameters by world (index) and name.
    """
    import pandas as pd

    from experiments.judge.comparison import fields, first_places, lead, scores
    from experiments.judge.ranking import cube
    from experiments.measure.measures import ranked
    from experiments.run.world import CONTROL

    labels = list(dict.fromkeys(map(str, table["arm"])))
    found = fields(labels)
    rows: list[tuple[Any, ...]] = []
    separating = pd.DataFrame()
    for field, members in found.items():
        values, worlds = cube(table, members, ranked(of_platforms=CONTROL not in members))
        score = scores(values, members).mean(axis=2)
        best = np.isclose(score, score.max(axis=1, keepdims=True), rtol=0.0, atol=1e-12)
        share = best / best.sum(axis=1, keepdims=True)
        for i, world in enumerate(worlds):
            rows += [(int(world), field, arm, score[i, j], share[i, j]) for j, arm in enumerate(members)]
        if field == "platforms" and FOCUS in members:
            separating = separate(lead(score, members.index(FOCUS)), drawn.loc[worlds])
    overall = pd.DataFrame(rows, columns=["world", "field", "arm", "score", "first"])
    return Sides(first_places(table, found), overall, separating)


def separate(gap: np.ndarray, drawn: Frame) -> Frame:
    """Parameters by how closely the lead follows them, the closest first.

    The interval of Spearman's correlation is Fisher's with Bonett and Wright's (2000) variance.
    """
    import pandas as pd
    from scipy import stats

    from experiments.judge.intervals import holm

    columns = ["parameter", "correlation", "low", "high", "p_holm", "mean_first", "mean_other"]
    rows = []
    for name in drawn.columns:
        at = drawn[name].to_numpy(float)
        if len(at) < 5 or not np.isfinite(at).all() or np.ptp(at) == 0 or np.ptp(gap) == 0:
            continue
        rho, p = map(float, stats.spearmanr(at, gap))
        error = 1.96 * np.sqrt((1.0 + rho**2 / 2.0) / (len(at) - 3))
        centre = np.arctanh(np.clip(rho, -0.999999, 0.999999))
        means = [float(at[side].mean()) if side.any() else np.nan for side in (gap > 0, gap <= 0)]
        rows.append((name, rho, np.tanh(centre - error), np.tanh(centre + error), p, *means))
    table = pd.DataFrame(rows, columns=columns)
    if len(table):
        table["p_holm"] = holm(table["p_holm"].tolist())
        table = table.sort_values("correlation", key=np.abs, ascending=False, ignore_index=True)
    return table


def totals(found: Sides) -> Frame:
    """Share of worlds in which each arm comes first over all groups, by field, with Wilson's interval."""
    import pandas as pd

    from experiments.judge.intervals import wilson

    rows = []
    for (field, arm), part in found.overall.groupby(["field", "arm"], sort=False):
        won, n = float(part["first"].sum()), len(part)
        rows.append((field, "all groups", arm, won / n, *wilson(min(won, n), n), n))
    return pd.DataFrame(rows, columns=["field", "group", "arm", "share", "low", "high", "worlds"])


def lines(found: Sides) -> list[str]:
    """The report as lines of Markdown."""
    import pandas as pd

    from experiments.tell.conclusion import label, percent
    from experiments.tell.tables import markdown, number

    shares = pd.concat([found.first, totals(found)], ignore_index=True)
    out = ["# Either side can win", ""]
    titles = {
        "platforms": "Share of worlds in which each comes first",
        "no real gains": "The same where a link gains a firm nothing",
        "all": "With external finance among them, on what can be asked of all",
    }
    for field, part in shares.groupby("field", sort=False):
        members = list(dict.fromkeys(part["arm"]))
        cells = part.set_index(["group", "arm"])
        rows = [
            [group, *(interval(cells.loc[(group, arm)]) for arm in members)]
            for group in dict.fromkeys(part["group"])
        ]
        out += [f"## {titles[str(field)]} ({min(part['worlds'].tolist())} worlds)", ""]
        out += [*markdown(["", *(label(str(arm)) for arm in members)], rows), ""]
    out += [f"## What tells worlds in which {label(FOCUS)} comes first from the others", ""]
    header = ["parameter", "correlation with its lead", "p (Holm)", "mean where first", "mean elsewhere"]
    rows = [
        [
            str(row["parameter"]).replace("_", " "),
            f"{number(row['correlation'], signed=True)} ({number(row['low'], signed=True)} "
            f"to {number(row['high'], signed=True)})",
            number(row["p_holm"]),
            number(row["mean_first"]),
            number(row["mean_other"]),
        ]
        for _, row in found.separating.head(TOP).iterrows()
    ]
    out += [*markdown(header, rows), "", "## Worlds to look at", ""]
    mine = found.overall.loc[found.overall["field"] == "platforms"]
    for arm, part in mine.groupby("arm", sort=False):
        won = part.loc[part["first"] == 1.0].nlargest(EXAMPLES, "score")
        names = ", ".join(f"{int(world)}" for world in won["world"])
        share = percent(float(part["first"].mean()))
        out.append(
            f"- {label(str(arm))}, first over all groups in {share} of worlds"
            + (f": worlds {names}" if names else "")
        )
    return [*out, ""]


def interval(row: Any) -> str:
    """A share with its interval."""
    return f"{100 * row['share']:.0f} % ({100 * row['low']:.0f} to {100 * row['high']:.0f})"


def draw(found: Sides) -> Any:
    """Who comes first, group by group, with and without real gains; what its lead follows."""
    import pandas as pd

    from experiments.tell.conclusion import label, percent
    from experiments.tell.drawing import panels

    shares = pd.concat([found.first, totals(found)], ignore_index=True).set_index(["field", "group", "arm"])
    own: Any = shares["share"].get(("platforms", "all groups", FOCUS), 0.0)
    title = f"{label(FOCUS).capitalize()} comes first over all groups in {percent(own)} of worlds"
    figure, axes = panels(3, title, width=4.6, height=4.2)
    bars(axes[0], shares.loc["platforms"]["share"].unstack("arm", sort=False))
    axes[0].set_title("As drawn")
    figure.legend(loc="outside lower left", ncols=4, frameon=False, fontsize=8.5)
    if "no real gains" in shares.index:
        bars(axes[1], shares.loc["no real gains"]["share"].unstack("arm", sort=False))
        axes[1].set(yticklabels=[], title="Where a link gains a firm nothing")
    followed(axes[2], found.separating.head(TOP).iloc[::-1])
    return figure


def bars(axes: Any, shares: Frame) -> None:
    """Shares (groups x arms) as bars that fill the width."""
    from experiments.tell.conclusion import label
    from experiments.tell.drawing import colour

    upward = shares.iloc[::-1]
    left = np.zeros(len(upward))
    for arm in upward.columns:
        width = upward[arm].to_numpy(float)
        tint = colour(str(arm), list(map(str, upward.columns)))
        drawn = axes.barh(list(upward.index), width, left=left, color=tint, label=label(str(arm)))
        texts = [f"{100 * one:.0f}" if one > 0.07 else "" for one in width]
        axes.bar_label(drawn, texts, label_type="center", color="white", fontsize=8)
        left += width
    axes.set(xlim=(0, 1), xlabel="share of worlds in which each is first")


def followed(axes: Any, top: Frame) -> None:
    """Rank correlations of the lead with parameters, the first at the top."""
    tint = "#009e73"
    axes.axvline(0.0, color="black", linewidth=0.8)
    for height, (_, row) in enumerate(top.iterrows()):
        axes.plot([row["low"], row["high"]], [height, height], color=tint, alpha=0.5)
        face = tint if row["p_holm"] < 0.05 else "white"
        axes.plot(row["correlation"], height, "o", color=tint, markerfacecolor=face)
    axes.set_yticks(range(len(top)), [str(name).replace("_", " ") for name in top["parameter"]])
    axes.set(xlim=(-1, 1), xticks=[-1, -0.5, 0, 0.5, 1], xlabel="rank correlation (95 % interval)")
    axes.set_title("What its lead follows (filled: p < 0.05, Holm)")


def report(store: Store) -> Sides:
    """Judge what is in the store and write tables, figure and ``report.md`` beside it."""
    import matplotlib as mpl

    from experiments.measure.measures import measured
    from experiments.run.store import write_atomically
    from experiments.studies.compare import provenance, write_csv, write_text
    from experiments.tell.drawing import STYLE

    frames: Mapping[str, Frame] = {name: store.frame(name) for name in ("quarters", "platforms")}
    found = sides(measured(frames), store.manifests().drop(columns="seconds").select_dtypes("number"))
    for name in ("first", "overall", "separating"):
        write_csv(store.path / f"{name}.csv", getattr(found, name))
    text = lines(found)
    write_text(store.path / "report.md", "\n".join(text))
    notes = provenance(store.description())
    with mpl.rc_context(STYLE):
        figure = draw(found)
        write_atomically(
            store.path / "either_side.png",
            lambda draft: figure.savefig(draft, format="png", metadata={"Title": "either_side", **notes}),
        )
    return found


def body(settings: Settings) -> int:
    """Run the worlds that are missing, judge, and say where everything is."""
    outcome = settings.run(ensemble(settings))
    print(outcome)
    found = report(outcome.store)
    print("\n".join(lines(found)))
    print(f"Tables and figure: {outcome.store.path / 'report.md'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(body, build()))
