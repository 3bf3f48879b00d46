"""The claims asked once more where founders choose among all business models, and whether that differs.

The register asks most claims of worlds in which all platforms run one business model. Here a contrast of two
models is that of their platforms within one free world; where a model is compared with no platforms at all,
the free world stands in its place. Measures, margins, horizons, signs and rules are the claim's own. All
contrasts are one family (Holm), apart from that of the pure arms. What only a whole economy of one model has
cannot be read so: `NOT_WITHIN` and `OTHER_WORLDS` say why.

Whether the answer differs is a question of its own: each contrast under choice less the same between the pure
arms of the same world, judged with the same margin.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from experiments.judge.claims import ARM, HERE, Answers, Part, joined, of_main, questions
from experiments.judge.family import BETTER, COLUMNS, NO_DIFFERENCE, NOTHING, WORSE, judge
from experiments.judge.register import ZERO, Claim, Contrast
from experiments.measure.futures import FREE, KEPT_OF_KINDS, PLACEBO, Frame
from experiments.run.world import CONTROL

# what the platforms of one business model have within a world that they share with others
WITHIN = (
    "survival",
    "attention_return_trend",
    "bought_lead",
    "bought_change",
    "path_distance",
    "profit_per_customer",
    "return_on_capital",
    "customer_return_change",
    "revenue_peak",
    "revenue_fall",
)
WHOLE = ("goods_gain", "left_for_others_net")  # what a free world has as a whole
_WEIGHED = "most outcomes that are weighed are those of a whole economy of one model"
NOT_WITHIN = {
    "credit_access": "credit is granted to the firms of a whole world, whoever runs its platforms",
    "credit_to_sales": "credit is granted to the firms of a whole world, whoever runs its platforms",
    "onset": "output is that of a whole world, whoever runs its platforms",
    "created_per_technology": "value against the twin is made by a whole world, whose technology ever it was",
    "first_share": _WEIGHED,
    "preferred_share": _WEIGHED,
    "equal_weights": _WEIGHED,
}
OTHER_WORLDS = {
    "pace_of_change": "output and the lives of firms are those of whole economies of one model, at each pace",
    "crowding": "the number of platforms is set there, and nobody chooses",
    "depth": "depths are drawn by lot there, in a whole economy that integrates",
    "diversification": "lines are dealt by lot there, in a whole economy that integrates",
    "metamorphosis": "platforms choose their model there already",
}
NOT_LIVED = "between pure arms it is not asked of these worlds"
SHARED = ("world", "luck", "since", "gdp", "price_level", "own_margin")  # by all platforms of a free world
PURE = "pure"
ABOUT = ("claim", "estimand", "arm", "other")
YES, NO, OPEN = "yes", "no", "not known"


@dataclass(frozen=True)
class UnderChoice:
    """``claims``: a row for every claim of the register: claim, pure and free (its words; "" where it is not
    asked), differ (`YES`, `NO`, `OPEN`), and lacking: why it, or a part of it, is not asked. ``answers``: to
    those that are asked. ``change``: a row of `family.judge` for each of their contrasts, free less pure,
    with claim, estimand, arm and other."""

    claims: Frame
    answers: Answers
    change: Frame


def under_choice(
    claims: Sequence[Claim], pure: Answers, part: Part, tables: Mapping[str, Frame], study: str
) -> UnderChoice:
    """Ask again within the free arm what can be asked there.

    Args:
        pure: the answers as registered.
        part: what the same worlds say of the contrasts between pure arms.
        tables: of the store of ``study``, in which the free arm was lived too, kept by `futures.kept`.
    """
    there, known = by_kind(tables), {one.name for one in part.asked}
    arms = {*map(str, there["quarters"]["arm"].unique()), ZERO}
    again, lacking = [], {}
    for claim in claims:
        why = {
            one.name: lacks(claim, one, arms) or ("" if one.name in known else NOT_LIVED)
            for one in claim.contrasts
        }
        lacking[claim.name] = "; ".join(dict.fromkeys(filter(None, why.values())))
        can = [within(one) for one in part.asked if one.claim == claim.name and not why[one.name]]
        again += [replace(claim, contrasts=tuple(can))] if can else []
    free = of_main(again, there, part.drawn, part.started or (), study)
    found, change = joined(again, [free]), changed(part, free)
    words = [dict(zip(one.claims["claim"], one.claims["word"], strict=True)) for one in (pure, found)]
    rows = [
        (name, words[0][name], words[1].get(name, ""), differs(change, name), why)
        for name, why in lacking.items()
    ]
    columns = ["claim", PURE, FREE, "differ", "lacking"]
    return UnderChoice(pd.DataFrame(rows, columns=columns), found, change)


def within(one: Contrast) -> Contrast:
    """The contrast that is asked of a free world in the place of one between pure arms."""
    asked = one.instead(one.arm, FREE) if one.estimand in WHOLE else one
    return replace(asked, among=(asked.arm, asked.other))


def lacks(claim: Claim, one: Contrast, arms: Collection[str]) -> str:
    """Why a contrast cannot be asked of a free world; "" where it can."""
    if claim.study in OTHER_WORLDS:
        return OTHER_WORLDS[claim.study]
    if one.estimand in NOT_WITHIN:
        return NOT_WITHIN[one.estimand]
    if one.estimand not in (*WITHIN, *WHOLE):
        raise ValueError(f"nothing says whether {one.name} can be asked of a free world")
    nobody = sorted({within(one).arm, within(one).other} - set(arms))
    return f"nobody runs {' or '.join(nobody)} in any free world" if nobody else ""


def by_kind(tables: Mapping[str, Frame]) -> dict[str, Frame]:
    """The free arm taken apart: ``quarters`` and ``platforms`` in which a business model stands as an arm,
    beside the free arm as a whole and the arm without platforms.

    Of quarters a model has what all platforms share (`SHARED`) and what is kept of its own
    (`KEPT_OF_KINDS`); a world in which nobody ever ran it has no rows of it.
    """
    quarters, own, kinds = (tables[name] for name in ("quarters", "platforms", "kinds"))
    own, kinds, free = (table.loc[table["arm"] == FREE] for table in (own, kinds, quarters))
    whole = quarters.loc[quarters["arm"].isin((FREE, CONTROL, PLACEBO[CONTROL]))]
    parts, keys = [whole.assign(arm=whole["arm"].astype(str))], ["world", "luck", "since"]
    sums = [name for name in KEPT_OF_KINDS if name != "bought_margin"]  # a ratio stays without a number
    for kind, mine in kinds.groupby("kind"):
        worlds = mine[["world", "luck"]].drop_duplicates()
        found = free[[*SHARED]].merge(worlds).merge(mine[[*keys, *KEPT_OF_KINDS]], how="left", on=keys)
        parts.append(found.fillna(dict.fromkeys(sums, 0.0)).assign(arm=str(kind)))
    return {
        "quarters": pd.concat(parts, ignore_index=True),
        "platforms": pd.concat(
            [own.assign(arm=FREE), own.assign(arm=own["kind"].astype(str))], ignore_index=True
        ),
    }


def changed(pure: Part, free: Part) -> Frame:
    """Each contrast of a free world less the same between the pure arms of that world; see `UnderChoice`."""
    names = {one.name: within(one).name for one in pure.asked}
    asked = [one for one in pure.asked if names[one.name] in {other.name for other in free.asked}]
    if not asked:
        return pd.DataFrame(columns=list(dict.fromkeys((*ABOUT, *COLUMNS))))
    sides = []
    for one in asked:
        for side, values, name in ((PURE, pure.values, one.name), (FREE, free.values, names[one.name])):
            mine = values.loc[(values["arm"] == ARM) & (values["outcome"] == name)]
            sides.append(mine.assign(arm=side, outcome=one.name))
    judged = judge(pd.concat(sides), questions(asked), [(FREE, PURE)], horizon=HERE, worlds=pure.started)
    about = pd.DataFrame([(one.name, one.claim, one.estimand, one.arm, one.other) for one in asked],
                         columns=["outcome", *ABOUT])  # fmt: skip
    numbers = judged.drop(columns=["arm", "other"])
    return about.merge(numbers, on="outcome", validate="1:1").drop(columns="outcome")


def differs(change: Frame, claim: str) -> str:
    """Whether the contrasts of a claim are others under choice; "" where none is asked."""
    words = set(change.loc[change["claim"] == claim, "word"])
    if words & {BETTER, WORSE}:
        return YES
    return ("" if not words else NO) if words <= {NO_DIFFERENCE, NOTHING} else OPEN
