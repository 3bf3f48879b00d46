"""What numbers in tables mean: units and words that travel with a pandas frame, and money as people read it.

What is kept is in fen, whole ones in accounts; what is shown is in yuan, a hundred times as much.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

FEN = 100.0  # in a yuan
OF_FEN = re.compile(r"^fen\b")


class Told(NamedTuple):
    """What is told of a number: its unit, and what it means."""

    unit: str
    meaning: str


class Said(dict[str, str]):
    """Words by name that are never changed: pandas copies what a frame carries at every operation, and a
    copy of these costs nothing."""

    def __deepcopy__(self, memo: dict) -> Said:
        return self


def told(text: str) -> Told:
    """What "unit: meaning" says. ValueError if one of them is missing."""
    unit, _, meaning = text.partition(": ")
    if not unit or not meaning:
        raise ValueError(f"{text!r} is not 'unit: meaning'")
    return Told(unit, meaning)


def shown(unit: str) -> tuple[float, str]:
    """By what a number of this unit is divided to be shown, and the unit in which it is shown then."""
    found = OF_FEN.sub("yuan", unit)
    return (FEN if found != unit else 1.0), found


def described(frame: pd.DataFrame, words: Mapping[str, Told]) -> pd.DataFrame:
    """The frame, with `.attrs["units"]` and `.attrs["meaning"]` of its columns as far as they are told."""
    known = {str(name): words[name] for name in frame.columns if name in words}
    frame.attrs["units"] = Said({name: one.unit for name, one in known.items()})
    frame.attrs["meaning"] = Said({name: one.meaning for name, one in known.items()})
    return frame


def in_yuan(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy of a frame with all money in yuan instead of fen: whatever unit began with fen begins with yuan.

    It takes any frame that tells its units: of records, of a table's `frame()`, of what is watched.
    ValueError, in one line, for one that does not.
    """
    units = frame.attrs.get("units")
    if units is None:
        raise ValueError("this frame does not tell its units in attrs['units']: take it from records anew")
    money = {name: shown(unit)[1] for name, unit in units.items() if shown(unit)[0] != 1.0}
    there = [name for name in frame.columns if name in money]
    turned = frame.assign(**{name: frame[name] / FEN for name in there})
    turned.attrs = {**frame.attrs, "units": Said({**units, **money})}
    if "fen" in there:  # a column named for its unit
        turned = turned.rename(columns={"fen": "yuan"})
        for part in ("units", "meaning"):
            words = dict(turned.attrs[part])
            turned.attrs[part] = Said({**words, "yuan": words.pop("fen")})
    return turned
