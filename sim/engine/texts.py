"""What the text of a compiled function does with its parameters: the names that follow them, what is written.

A rule and a kernel are given what they mention, and no more; helpers to which they hand an agent or a table
are read too.
"""

import ast
import functools
import inspect
import textwrap
from collections.abc import Iterator

from .compiling import Compiled

OF_ARRAYS = frozenset({"shape", "view", "any", "sum"})  # what plain arrays are asked for


class KernelError(TypeError):
    """The text of a kernel does what machine code cannot do safely; one line, with file and line number."""


class Text:
    """What the text of one compiled function does with its parameters."""

    def __init__(self, thing: Compiled):
        self.thing, self.source = thing, thing.as_written
        self.tree = ast.parse(textwrap.dedent(self.source)).body[0]
        self.nodes = tuple(ast.walk(self.tree))
        self.parameters = list(inspect.signature(thing.function).parameters)

    @functools.cached_property
    def helpers(self) -> dict[str, Compiled]:
        """What it calls; looked for when first asked, as helpers may stand below it."""
        return self.thing.helpers()

    @functools.cached_property
    def aliases(self) -> dict[str, tuple[str, str]]:
        """Local names that stand for an array, `tuple.part` too: the parameter, and its column or ""."""
        known = {name: (name, "") for name in self.parameters}
        for node in self.nodes:
            if isinstance(node, ast.Assign):
                for target, value in pairs(node.targets, node.value):
                    given = {f".{word.arg}": word.value for word in getattr(value, "keywords", ())}
                    for part, inside in ({"": value} | given).items():
                        place = self.place(inside, known)
                        if isinstance(target, ast.Name) and place is not None:
                            known[target.id + part] = place
        return known

    def place(self, node: ast.AST, known: dict[str, tuple[str, str]] | None = None) -> tuple[str, str] | None:
        """The parameter, and column of it, that an expression is or is a part of; None for anything else."""
        known = self.aliases if known is None else known
        if isinstance(node, ast.Subscript):
            return self.place(node.value, known)
        if isinstance(node, ast.Name):
            return known.get(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            part, whole = known.get(f"{node.value.id}.{node.attr}"), known.get(node.value.id)
            if part:
                return part
            return (whole[0], node.attr) if whole and not whole[1] and node.attr not in OF_ARRAYS else None
        return None

    def part(self, node: ast.AST, name: str) -> tuple[str, str] | None:
        """As `place`, for a part of a tuple that is built by keyword, here or before."""
        given = {word.arg: word.value for word in getattr(node, "keywords", ())}
        return self.place(given[name]) if name in given else self.aliases.get(f"{ast.unparse(node)}.{name}")

    def handed(self) -> Iterator[tuple[ast.AST, Compiled, str]]:
        """What is handed to a helper: the expression, the helper, and its parameter."""
        for node in self.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                helper = self.helpers.get(node.func.id)
                if helper is not None:
                    names = text_of(helper).parameters
                    yield from ((arg, helper, names[n]) for n, arg in enumerate(node.args))
                    yield from ((word.value, helper, str(word.arg)) for word in node.keywords)

    @functools.cached_property
    def mentions(self) -> dict[str, tuple[str, ...]]:
        """By parameter the names that follow it, here or in helpers it is handed to; sorted."""
        found: dict[str, set[str]] = {name: set() for name in self.parameters}
        for node in self.nodes:
            whose, name = followed(node)
            if whose in found and name not in OF_ARRAYS:
                found[whose].add(name)
        for expression, helper, name in self.handed():
            if isinstance(expression, ast.Name) and expression.id in found:
                found[expression.id].update(text_of(helper).mentions[name])
        return {name: tuple(sorted(names)) for name, names in found.items()}

    @functools.cached_property
    def writes(self) -> dict[str, tuple[str, ...]]:
        """By parameter the columns that are written, here or in helpers; "" for a plain array."""
        found: dict[str, set[str]] = {name: set() for name in self.parameters}
        for node in self.nodes:
            for target in targets_of(node):
                place = self.place(target) if isinstance(target, ast.Subscript) else None
                if place is not None:
                    found[place[0]].add(place[1])
        for expression, helper, name in self.handed():
            for column in text_of(helper).writes[name]:
                place, part = self.place(expression), self.part(expression, column)
                if part is not None:
                    found[part[0]].add(part[1])
                elif place is not None:
                    found[place[0]].add(column or place[1])
        return {name: tuple(sorted(columns)) for name, columns in found.items()}

    def check(self) -> None:
        """KernelError for a named parameter that is used otherwise than by column or whole, or in an alias
        made anew by every turn of a loop, which costs half of its speed."""
        named = {name for name, names in self.mentions.items() if names}
        allowed = {id(node.value) for node in self.nodes if isinstance(node, ast.Attribute)} | {
            id(expression) for expression, _, _ in self.handed()
        }
        for node in self.nodes:
            if isinstance(node, ast.Name) and node.id in named and id(node) not in allowed:
                raise self.wrong(node, f"{node.id} is named: follow it by a column, or hand it to a helper")
            whose, name = followed(node)
            if whose in named and name in OF_ARRAYS:
                raise self.wrong(node, f"{whose} is no array: it has no .{name}")
            if isinstance(node, ast.For | ast.While):
                self.check_loop(node, named - {"p", "market"})

    def check_loop(self, loop: ast.For | ast.While, tables: set[str]) -> None:
        """KernelError for an alias of a table's column that every turn makes anew."""
        for node in ast.walk(loop):
            for _, value in pairs(node.targets, node.value) if isinstance(node, ast.Assign) else []:
                column = isinstance(value, ast.Attribute) and ast.unparse(value.value) in tables
                if column and self.place(value):
                    raise self.wrong(node, f"take {ast.unparse(value)} before the loop")

    def wrong(self, node: ast.AST, words: str) -> KernelError:
        code = self.thing.function.__code__
        line = code.co_firstlineno + getattr(node, "lineno", 1) - 1
        return KernelError(f"{code.co_filename}:{line}: {self.thing.name}: {words}")


@functools.cache
def text_of(thing: Compiled) -> Text:
    return Text(thing)


def followed(node: ast.AST) -> tuple[str, str]:
    """A name and the one that follows it after a dot; empty for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id, node.attr
    return "", ""


def pairs(targets: list[ast.expr], value: ast.AST) -> list[tuple[ast.AST, ast.AST]]:
    """Targets of an assignment with what each is given, as far as the text says."""
    found: list[tuple[ast.AST, ast.AST]] = []
    for target in targets:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            found += list(zip(target.elts, value.elts, strict=False))
        else:
            found.append((target, value))
    return found


def targets_of(node: ast.AST) -> list[ast.AST]:
    """What an assignment of any kind writes."""
    if isinstance(node, ast.Assign):
        given = list(node.targets)
    elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.For):
        given = [node.target]
    else:
        return []
    return [one for target in given for one in (target.elts if isinstance(target, ast.Tuple) else [target])]
