"""The register: the essay's claims and how each is put to the test, as `seeds/claims.toml` has them.

It was written before the worlds that answer it: its hash, with that of the primary measures, is stored with
them and is what their seed comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from experiments.measure.measures import PRIMARY
from experiments.measure.measures.declared import Measure
from experiments.run.known import named
from experiments.run.store import fingerprint

ZERO = "zero"  # in the place of an arm: what one arm has is asked by itself
ALL, ANY = "all", "any"


@dataclass(frozen=True)
class Contrast:
    """One question of a claim: an estimand under ``arm`` less that under ``other``, or under ``arm`` alone.

    ``among``: all arms of the claim. ``sign``: as predicted, 0 for no difference that matters. ``horizon``:
    quarters after branching. ``margin``: the largest difference too small to matter [unit of the estimand],
    with its ``reason``. ``missing``: what stands for a number that an arm lacks; None: the world is left out.
    """

    claim: str
    group: str
    estimand: str
    arm: str
    other: str
    among: tuple[str, ...]
    sign: int
    horizon: int
    margin: float
    reason: str
    missing: float | None

    @property
    def name(self) -> str:
        """Unlike that of any other contrast."""
        return f"{self.claim} {self.estimand}: {self.arm} - {self.other}"

    def instead(self, arm: str, label: str) -> Contrast:
        """The same with another arm in the place of one."""
        arms = {one: label if one == arm else one for one in (*self.among, self.arm, self.other)}
        among = tuple(arms[one] for one in self.among)
        return replace(self, arm=arms[self.arm], other=arms[self.other], among=among)


@dataclass(frozen=True)
class Claim:
    """A claim and its test: ``study`` whose worlds answer it, ``rule`` over its ``contrasts`` (`ALL`, `ANY`),
    ``narrower``: what can be measured leaves this out."""

    name: str
    statement: str
    study: str
    sign: int
    rule: str
    narrower: str
    contrasts: tuple[Contrast, ...]


def registered() -> Mapping[str, Any]:
    """The content of the register."""
    from sim.engine.parameters import seeds

    return seeds("claims")


def claims(register: Mapping[str, Any] | None = None) -> tuple[Claim, ...]:
    """The claims of a register (the project's), in its order.

    Raises ``ValueError`` for a claim whose test lacks something or says what makes no sense.
    """
    found = registered() if register is None else register
    return tuple(_claim(name, entry) for name, entry in found.items())


def _claim(name: str, entry: Mapping[str, Any]) -> Claim:
    try:
        test = entry["test"]
        contrasts = tuple(
            Contrast(
                claim=name,
                group=entry["group"],
                estimand=part["estimand"],
                arm=arm,
                other=other,
                among=tuple(entry["arms"]),
                sign=entry["sign"],
                horizon=test["horizon"],
                margin=part["margin"],
                reason=part["reason"],
                missing=part["missing"] if isinstance(part["missing"], float) else None,
            )
            for part in test["parts"]
            for arm, other in part["contrasts"]
        )
        rule, narrower = test["rule"], test.get("narrower", "")
    except KeyError as lacking:
        raise ValueError(f"{name}: its test says nothing of {lacking}") from None
    if not contrasts or rule not in (ALL, ANY):
        raise ValueError(f"{name}: a test has contrasts, and the rule {rule!r} is '{ALL}' or '{ANY}'")
    strangers = {arm for one in contrasts for arm in (one.arm, one.other)} - {*entry["arms"], ZERO}
    if strangers:
        raise ValueError(f"{name}: {min(strangers)} is contrasted and none of the claim's arms")
    return Claim(
        name, entry["statement"], named(entry["experiment"]), entry["sign"], rule, narrower, contrasts
    )


def digest(register: Mapping[str, Any] | None = None, primary: Iterable[Measure] | None = None) -> str:
    """SHA-256 of the register and of the primary measures with their directions and margins."""
    measures = PRIMARY if primary is None else primary
    return fingerprint(
        {
            "claims": registered() if register is None else register,
            "primary": [[one.name, one.group, one.unit, one.direction, one.margin] for one in measures],
        }
    )
