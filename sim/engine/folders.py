"""Things that are found by being there: one a file, in a folder of their own."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Generic, TypeVar

Thing = TypeVar("Thing")


class Folder(Generic[Thing]):
    """What the modules of a folder hold under one name, by the thing's own `name`, in an order of its own.

    Args:
        package: the folder.
        holds: the name under which a module holds its thing; modules without it are the folder's machinery.
        rank: what things are sorted by.
        joins, leaves: called with a thing that comes or goes.
    """

    def __init__(
        self,
        package: ModuleType,
        holds: str,
        rank: Callable[[Thing], Any],
        joins: Callable[[Thing], None] = lambda _: None,
        leaves: Callable[[Thing], None] = lambda _: None,
    ):
        self.package, self.holds, self.rank, self.joins, self.leaves = package, holds, rank, joins, leaves
        self.known: dict[str, Thing] | None = None

    def all(self) -> dict[str, Thing]:
        """Every thing by name, in order."""
        if self.known is None:
            self.known = {}
            for module in pkgutil.iter_modules(self.package.__path__):
                found = importlib.import_module(f"{self.package.__name__}.{module.name}")
                thing = vars(found).get(self.holds)
                if thing is not None:
                    self.join(thing)
        return self.known

    def join(self, thing: Thing) -> None:
        """Take one in. ValueError if there is one of that name."""
        known, name = self.all(), getattr(thing, "name")  # noqa: B009 - of any kind
        if name in known:
            raise ValueError(f"there is a {self.holds.lower()} named {name!r} already")
        self.joins(thing)
        self.known = dict(sorted({**known, name: thing}.items(), key=lambda one: self.rank(one[1])))

    def leave(self, thing: Thing) -> None:
        """Let one go."""
        known = dict(self.all())
        del known[getattr(thing, "name")]  # noqa: B009
        self.leaves(thing)
        self.known = known

    @contextmanager
    def with_one_more(self, thing: Thing) -> Iterator[Thing]:
        """In this block there is one more, as if its file were in the folder."""
        self.join(thing)
        try:
            yield thing
        finally:
            self.leave(thing)

    def __iter__(self) -> Iterator[Thing]:
        return iter((self.known or self.all()).values())

    def __getitem__(self, name: str) -> Thing:
        return self.all()[name]
