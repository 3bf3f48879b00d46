"""What either side says, shows and is titled is read from its own tables."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.judge.intervals import wilson
from experiments.judge.sides import ENDS, FREE_NO_GAINS, Sides, fields, sides
from experiments.measure.futures import FOCUS, FREE, NO_GAINS
from experiments.measure.measures import GROUPS, PRIMARY
from experiments.run.world import CONTROL
from experiments.studies import either_side
from experiments.tell.words import label
from tests.test_compare import ESSAY, LABELS, planted

ALL = "all groups"
COLUMNS = ["parameter", "correlation", "low", "high", "p_holm", "mean_first", "mean_other"]
HEADINGS = {
    "Share of worlds in which each comes first": "platforms",
    "The same where a link gains a firm nothing": "no real gains",
    "With no platforms among them, on what can be asked of all": "all",
}
OUTCOMES = {
    "Outcome by outcome": "platforms",
    "Outcome by outcome, where a link gains a firm nothing": "no real gains",
}
ENDED = "What the free choice of founders ends as"


def made(key: int, arms: tuple[str, ...] = LABELS, parameters: int = 12) -> Sides:
    """Any numbers in the tables of any worlds, in some of which two arms are first, or one is never."""
    luck = np.random.default_rng(key)
    shares, overall, groups = [], [], list(GROUPS)[: luck.integers(1, len(GROUPS) + 1)]
    for field, members in fields(arms).items():
        numbers = luck.choice(1_000, luck.integers(1, 40), replace=False)
        for group in groups[1:] if field == "all" else groups:
            for arm, share in zip(members, luck.dirichlet(np.full(len(members), 0.5)), strict=True):
                low, high = share * luck.random(), share + (1.0 - share) * luck.random()
                shares.append((field, group, arm, share, low, high, len(numbers)))
        often = luck.dirichlet(np.full(len(members), 0.5))
        for world in numbers:
            best = luck.choice(len(members), 1 + int(luck.random() < 0.2), p=0.9 * often + 0.1 / len(members))
            first = np.bincount(best, minlength=len(members)) / len(best)
            overall += [(world, field, arm, luck.random(), first[n]) for n, arm in enumerate(members)]
    rows = [
        (
            f"any_{name}",
            *luck.uniform(-1.0, 1.0, 3),
            luck.choice([luck.random(), 0.001]),
            luck.lognormal(0.0, 9.0),
            np.nan if luck.random() < 0.2 else luck.normal(),
        )
        for name in luck.permutation(parameters)
    ]
    return Sides(
        pd.DataFrame(shares, columns=["field", "group", "arm", "share", "low", "high", "worlds"]),
        pd.DataFrame(overall, columns=["world", "field", "arm", "score", "first"]),
        pd.DataFrame(rows, columns=COLUMNS),
        outcomes_of(luck, arms),
        ends_of(luck, arms),
    )


def outcomes_of(luck: Any, arms: tuple[str, ...]) -> pd.DataFrame:
    """Any shares of first places by primary outcome, with some that are very small or large."""
    rows = []
    for field, members in fields(arms).items():
        for one in PRIMARY[: luck.integers(1, len(PRIMARY) + 1)] if field != "all" else ():
            tied, worlds = luck.random(), int(luck.integers(1, 300))
            for arm, share in zip(members, luck.dirichlet(np.full(len(members), 0.3)), strict=True):
                low, high = share * luck.random(), share + (1.0 - share) * luck.random()
                rows.append((field, one.name, arm, share, low, high, tied, worlds))
    columns = ["field", "outcome", "arm", "share", "low", "high", "tied", "worlds"]
    return pd.DataFrame(rows, columns=columns)


def ends_of(luck: Any, arms: tuple[str, ...]) -> pd.DataFrame:
    """Any numbers of what founders' choice ends as; in few worlds means have no interval."""
    rows, known = [], luck.random() < 0.8
    for arm, n in ((FREE, 200), (FREE_NO_GAINS, int(luck.integers(1, 200)))):
        for kind in sorted(arms):
            low, share, high = np.sort(luck.random(3))
            least, most, top = np.sort(luck.random(3))
            rows.append(
                (arm, kind, share, *((low, high) if known else (np.nan, np.nan)), most, least, top, n)
            )
    return pd.DataFrame(rows, columns=list(ENDS))


tables = st.builds(
    made,
    st.integers(0, 2**32 - 1),
    st.sampled_from([LABELS, LABELS[1:], LABELS[:-1], (CONTROL, FOCUS, "consumer_traffic", "b")]),
    st.integers(0, 12),
)


def judged() -> Sides:
    """Tables that the study itself makes of some worlds."""
    luck = np.random.default_rng(5)
    drawn = pd.DataFrame(luck.random((14, 9)), columns=[f"guess_{chr(97 + n)}" for n in range(9)])
    lived = pd.concat([alive(FREE, 14, luck), alive(FREE_NO_GAINS, 14, luck)])
    return sides(planted(ESSAY, worlds=14, noise=4.0), drawn, lived)


def alive(arm: str, worlds: int, luck: Any) -> pd.DataFrame:
    """Platforms of three kinds in worlds and two quarters, of which some have ended."""
    cases = [(world, 1, arm, since, kind) for world in range(worlds) for since in (1, 2) for kind in "aabbbc"]
    rows = pd.DataFrame(cases, columns=["world", "luck", "arm", "since", "kind"])
    return rows.assign(alive=luck.integers(0, 2, len(rows)).astype(float))


def sections(found: Sides) -> dict[str, list[str]]:
    """The lines of each part of the report that the study writes, by heading."""
    parts = re.split(r"^## ", either_side.tell(found).words, flags=re.MULTILINE)[1:]
    return {part.split("\n", 1)[0]: part.split("\n")[1:] for part in parts}


def rows_of(lines: list[str]) -> list[list[str]]:
    """The cells of a Markdown table, without the rule below its head."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [rows[0], *rows[2:]]


def value(text: str) -> float:
    """A number as it is told."""
    return float(text.replace("−", "-"))


def told(text: str) -> Any:
    """A number as it is told, and what it was before: three digits of it; "n/a" for none."""
    return pytest.approx(np.nan if text == "n/a" else value(text), rel=0.006, abs=5e-7, nan_ok=True)


Shares = dict[tuple[str, str, str], tuple[float, float, float]]


def shares_of(found: Sides) -> Shares:
    """How often an arm is first, with the interval, by field, group and arm."""
    told = {
        (row.field, row.group, row.arm): (row.share, row.low, row.high) for row in found.first.itertuples()
    }
    for (field, arm), part in found.overall.groupby(["field", "arm"]):
        often = min(float(part["first"].sum()), len(part))
        told[field, ALL, arm] = often / len(part), *wilson(often, len(part))
    return told


def groups_of(found: Sides, field: str) -> list[str]:
    """The groups of a field in their order, and all of them together."""
    return [*dict.fromkeys(found.first.loc[found.first["field"] == field, "group"]), ALL]


def check_cells(found: Sides) -> None:
    seen, shares = [], shares_of(found)
    for heading, lines in sections(found).items():
        title, _, worlds = heading.partition(" (")
        if title not in HEADINGS:
            continue
        field = HEADINGS[title]
        seen.append(field)
        mine = found.overall.loc[found.overall["field"] == field]
        assert worlds == f"{mine['world'].nunique()} worlds)"
        (head, *rows), members = rows_of(lines), list(dict.fromkeys(mine["arm"]))
        assert head == ["", *map(label, members)]
        assert [row[0] for row in rows] == groups_of(found, field)
        for group, *cells in rows:
            for arm, cell in zip(members, cells, strict=True):
                share, low, high = (f"{100 * one:.0f}" for one in shares[field, group, arm])
                assert cell == f"{share} % ({low} to {high})", (field, group, arm)
    assert seen == list(dict.fromkeys(found.overall["field"]))


def check_worlds(found: Sides) -> None:
    mine = found.overall.loc[found.overall["field"] == "platforms"]
    said = [line for line in sections(found)["Worlds to look at"] if line]
    arms, shares = list(dict.fromkeys(mine["arm"])), shares_of(found)
    for line, arm in zip(said, arms, strict=True):
        pattern = r"- (.*), first over all groups in (\d+) % of worlds(?:: worlds (\d+(?:, \d+)*))?"
        parts = re.fullmatch(pattern, line)
        assert parts is not None
        name, share, worlds = parts.groups()
        assert (name, share) == (label(arm), f"{100 * shares['platforms', ALL, arm][0]:.0f}")
        alone = mine.loc[(mine["arm"] == arm) & (mine["first"] == 1.0)]
        named = [int(world) for world in worlds.split(", ")] if worlds else []
        scores = alone.set_index("world")["score"]
        assert len(named) == min(3, len(alone)) and set(named) <= set(scores.index)
        assert list(scores[named]) == sorted(scores, reverse=True)[: len(named)]


def check_dependence(found: Sides) -> None:
    heading = "What tells worlds in which deep integration comes first from the others"
    _, *rows = rows_of(sections(found)[heading])
    top = found.separating.head(8)
    assert [row[0] for row in rows] == [name.replace("_", " ") for name in top["parameter"]]
    for (_, centre, p, mine, others), (_, row) in zip(rows, top.iterrows(), strict=True):
        spanned = re.fullmatch(r"(\S+) \((\S+) to (\S+)\)", centre)
        assert spanned is not None
        assert [row[name] for name in ("correlation", "low", "high")] == [
            told(one) for one in spanned.groups()
        ]
        assert [row["p_holm"], row["mean_first"], row["mean_other"]] == [
            told(one) for one in (p, mine, others)
        ]


def check_outcomes(found: Sides) -> None:
    parts, mine = sections(found), found.outcomes
    titles = {one.name: one.title for one in PRIMARY}
    assert [OUTCOMES[one] for one in parts if one in OUTCOMES] == list(dict.fromkeys(mine["field"]))
    for heading, field in OUTCOMES.items():
        own = mine.loc[mine["field"] == field]
        if heading not in parts:
            assert own.empty
            continue
        (head, *rows), members = rows_of(parts[heading]), list(dict.fromkeys(own["arm"]))
        assert head == ["first in", *map(label, members), "tied", "worlds"]
        assert [row[0] for row in rows] == [titles[one] for one in dict.fromkeys(own["outcome"])]
        for (_, *cells, tied, worlds), (_, of) in zip(rows, own.groupby("outcome", sort=False), strict=True):
            told = [
                f"{100 * r.share:.0f} % ({100 * r.low:.0f} to {100 * r.high:.0f})" for r in of.itertuples()
            ]
            assert cells == told
            assert (tied, worlds) == (f"{100 * of['tied'].iloc[0]:.0f} %", str(of["worlds"].iloc[0]))


def check_who_seldom_or_mostly_is_first(found: Sides) -> None:
    titles = {one.name: one.title for one in PRIMARY}
    shares = {(field, group, arm): own[0] for (field, group, arm), own in shares_of(found).items()}
    outcomes = {
        (row.field, titles[str(row.outcome)], row.arm): row.share for row in found.outcomes.itertuples()
    }
    for heading, lines in sections(found).items():
        title = heading.partition(" (")[0]
        of, field = (shares, HEADINGS.get(title)) if title in HEADINGS else (outcomes, OUTCOMES.get(title))
        if field is None:
            continue
        [said] = [line for line in lines if line.startswith(("First in ", "No share"))]
        named = {
            (arm, group): share
            for (where, group, arm), share in of.items()
            if where == field and not 0.05 <= share <= 0.95
        }
        assert said.startswith("No share is under 5 % or over 95 %") == (not named)
        assert said.count(" % (") == len(named)
        for part in said.removeprefix("First ").removesuffix(".").split("; ") if named else ():
            which, _, rest = part.partition(" of worlds: ")
            small = which == "in under 5 %"
            assert small or which == "in over 95 %"
            for one in rest.split(", "):
                seen = re.fullmatch(r"(.*) (\d+) % \((.*)\)", one)
                assert seen is not None
                name, share, group = seen.groups()
                [own] = [of for (arm, other), of in named.items() if (label(arm), other) == (name, group)]
                assert share == f"{100 * own:.0f}" and (own < 0.05) == small


def check_ends(found: Sides) -> None:
    [heading] = [one for one in sections(found) if one.startswith(ENDED)]
    assert heading == f"{ENDED} ({found.ends['worlds'].min()} worlds)"
    head, *rows = rows_of(sections(found)[heading])
    by = found.ends.set_index(["kind", "arm"])
    assert head[1:] == [
        f"{what}, {where}"
        for where in ("as drawn", "no line has a real effect")
        for what in ("share of living", "most frequent")
    ]
    assert [row[0] for row in rows] == [label(kind) for kind in dict.fromkeys(found.ends["kind"])]
    for (_, *cells), kind in zip(rows, dict.fromkeys(found.ends["kind"]), strict=True):
        told = []
        for arm in (FREE, FREE_NO_GAINS):
            row = 100 * by.loc[(kind, arm)].astype(float)
            span = f" ({row['low']:.0f} to {row['high']:.0f})" if np.isfinite(row["low"]) else ""
            told.append(f"{row['share']:.0f} %{span}")
            told.append(f"{row['most']:.0f} % ({row['most_low']:.0f} to {row['most_high']:.0f})")
        assert cells == told


CHECKS = [
    check_cells, check_worlds, check_dependence, check_outcomes, check_who_seldom_or_mostly_is_first,
    check_ends,
]  # fmt: skip


@pytest.mark.parametrize("check", CHECKS)
@given(found=tables)
def test_every_number_of_the_report_is_that_of_its_table(check, found):
    check(found)


@pytest.mark.parametrize("check", CHECKS)
def test_so_is_every_number_of_worlds_that_were_judged(check):
    check(judged())


# -- the figure ---------------------------------------------------------------------------------------


@pytest.fixture(params=[0, 1, 2, "judged"])
def found(request) -> Sides:
    return judged() if request.param == "judged" else made(request.param)


def test_the_title_is_the_share_over_all_groups(found):
    own = shares_of(found)["platforms", ALL, FOCUS][0]
    title = " ".join(either_side.tell(found).figures["either_side"]().get_suptitle().split())
    assert title == f"Deep integration comes first over all groups in {100 * own:.0f} % of worlds"


def test_bars_are_as_long_as_the_shares_of_the_table(found):
    figure, shares = either_side.draw(found), shares_of(found)
    assert [one.get_title() for one in figure.axes[:2]] == ["As drawn", "Where a link gains a firm nothing"]
    for axes, field in zip(figure.axes, ("platforms", "no real gains"), strict=False):
        members = list(dict.fromkeys(found.overall.loc[found.overall["field"] == field, "arm"]))
        upward = groups_of(found, field)[::-1]
        assert [one.get_label() for one in axes.containers] == list(map(label, members))
        end = np.zeros(len(upward))
        for arm, bars in zip(members, axes.containers, strict=True):
            own = [shares[field, group, arm][0] for group in upward]
            assert [bar.get_width() for bar in bars] == pytest.approx(own)
            assert [bar.get_x() for bar in bars] == pytest.approx(end)
            end += own
        said = [one.get_text() for one in axes.texts if one.get_text()]
        all_of_them = [shares[field, group, arm][0] for arm in members for group in upward]
        assert said == [f"{100 * share:.0f}" for share in all_of_them if share > 0.07]
    assert [one.get_text() for one in figure.axes[0].get_yticklabels()] == groups_of(found, "platforms")[::-1]


def test_dots_and_lines_are_the_correlations_of_the_table(found):
    axes = either_side.draw(found).axes[2]
    top = found.separating.head(8).iloc[::-1]
    assert [one.get_text() for one in axes.get_yticklabels()] == [
        n.replace("_", " ") for n in top["parameter"]
    ]
    spans, dots = axes.lines[1::2], axes.lines[2::2]
    for height, (span, dot, (_, row)) in enumerate(zip(spans, dots, top.iterrows(), strict=True)):
        assert np.asarray(span.get_xydata()).tolist() == [[row["low"], height], [row["high"], height]]
        assert np.asarray(dot.get_xydata()).tolist() == [[row["correlation"], height]]
        assert (dot.get_markerfacecolor() == "white") == (row["p_holm"] >= 0.05)


def test_without_worlds_that_have_no_gains_one_panel_is_left_empty():
    figure = either_side.draw(made(1, tuple(arm for arm in LABELS if arm != NO_GAINS)))
    assert [len(axes.containers) for axes in figure.axes[:2]] == [4, 0]
