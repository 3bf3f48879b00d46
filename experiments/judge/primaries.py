"""Paired differences of some arms on all primary outcomes, beside what a change without a meaning does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from experiments.judge.family import judge
from experiments.measure.futures import Frame
from experiments.measure.measures import PRIMARY, verdict_at


def on_primaries(
    values: Frame, pairs: Sequence[tuple[str, str]], placebos: Mapping[str, str], started: Iterable[int]
) -> tuple[Frame, int]:
    """See `family.judge`, each arm less the other of its pair, at the horizon of the verdict; those without a
    number in any world are left out. Returns that horizon, too."""
    horizon = verdict_at(int(values["horizon"].max()))
    values = values.loc[values["horizon"] == horizon]
    had = set(values.loc[values["value"].notna(), "outcome"])
    asked = [one for one in PRIMARY if one.name in had]
    found = judge(values, asked, pairs, placebos, horizon=horizon, worlds=started)
    return found.loc[found["n"] > 0].reset_index(drop=True), horizon
