"""The model's parameters on the command line: each is an option by its own name, none is listed by hand."""

from __future__ import annotations

import difflib
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import Any


def chosen(built: ArgumentParser, spelt: Sequence[str], left: Sequence[str], kind: Any) -> dict[str, Any]:
    """Values by name from the texts of ``--set`` and from the words that argparse did not know.

    Args:
        built: the parser, for its other options and its way to complain.
        kind: the class of parameters, which judges names and ranges.
    """
    declared = kind.declarations()
    pairs = [*(_split(built, text) for text in spelt), *_named(built, left, declared)]
    values = {name: _value(built, declared, name, text) for name, text in pairs}
    try:
        kind(**values)
    except ValueError as error:  # the model's own words: name, value, unit, range, source
        built.error(str(error))
    return values


def option(name: str) -> str:
    """``mark_up_step`` as one types it: ``--mark-up-step``."""
    return "--" + name.replace("_", "-")


def _split(built: ArgumentParser, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        built.error(f"--set {text}: write it as name=value")
    return name.strip().replace("-", "_"), value.strip()


def _named(built: ArgumentParser, left: Sequence[str], declared: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs of name and text from what argparse did not know: ``--name value`` or ``--name=value``."""
    pairs: list[tuple[str, str]] = []
    words = list(left)
    while words:
        word = words.pop(0)
        if not word.startswith("--"):
            built.error(f"{word!r} belongs to no option")
        given, equals, text = word.partition("=")
        name = given[2:].replace("-", "_")
        if name not in declared:
            known = [one for action in built._actions for one in action.option_strings]
            close = difflib.get_close_matches(given, [*known, *map(option, declared)], n=1)
            hint = f"did you mean {close[0]}?" if close else "--help-parameters lists the model's"
            built.error(f"no option or parameter {given}; {hint}")
        if not equals:
            if words and not words[0].startswith("--"):
                text = words.pop(0)
            elif declared[name].kind is bool:
                text = "yes"
            else:
                built.error(f"{given} needs a value ({declared[name].unit})")
        pairs.append((name, text))
    return pairs


_SWITCH = {
    "yes": True,
    "true": True,
    "on": True,
    "1": True,
    "no": False,
    "false": False,
    "off": False,
    "0": False,
}


def _value(built: ArgumentParser, declared: Mapping[str, Any], name: str, text: str) -> Any:
    """The text as a number or a switch; the model judges unknown names and ranges."""
    if name in declared and declared[name].kind is bool:
        if text.lower() not in _SWITCH:
            built.error(f"{name} = {text!r} is a switch: yes or no")
        return _SWITCH[text.lower()]
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        built.error(f"{name} = {text!r} is not a number")


def listing(declared: Mapping[str, Any]) -> str:
    """Every declared parameter with its default, unit, range, source and meaning, as text."""
    lines = []
    for name, one in declared.items():
        allowed = "yes or no" if one.kind is bool else f"{one.low:g} to {one.high:g} {one.unit}"
        lines.append(f"{option(name)} {one.value}  [{allowed}; {one.source}]\n    {one.doc}\n")
    return "".join(lines)
