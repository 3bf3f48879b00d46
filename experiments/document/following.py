"""What a piece of the model's text reads and writes, found by following it without running it.

A name stands for the things that it may stand for: tables, arrays of columns, parts of the state, funders,
lines, names of columns. Numbers are nobody's and are not followed. What a function of the model calls is
followed too; of a compiled function the text says what it does with its parameters. The order of statements
and conditions is not looked at, so what is found is what may happen.
"""

import ast
import dataclasses
import importlib
import itertools
import types
from types import SimpleNamespace
from typing import Any

import numpy as np

from experiments.document.effects import Effects
from experiments.document.things import Bundle, Inner, Line, Many, Pairs, Trace, members, once, tree_of
from sim import BusinessModel, Economy, Parameters
from sim.engine.columns import Row, Table
from sim.engine.compiling import Compiled
from sim.engine.ledger import Ledger
from sim.engine.rules import Rule

SAME = {"view", "reshape", "ravel", "asarray", "atleast_1d"}  # give the same array under another name
MOST = 8  # places that may be meant by *several of unknown number
PASSES = 2  # over the text of a function: what a later line binds an earlier one may use in the next turn


class Follower(Effects):
    """Follows text over the tables of an economy; see the file's text."""

    # -- functions ------------------------------------------------------------------------------------------

    def follow(self, function: Any, given: list[list[Any]], named: dict[str, list[Any]]) -> list[Any]:
        """What a function of the model returns, given these arguments; its doings join the trace."""
        key = (function, *(tuple(map(id, one)) for one in (*given, *named.values())), *named)
        if key not in self.known:
            self.known[key] = Trace(), [], [given, named]  # held, so that no id is used twice
            outside, self.trace = self.trace, Trace()
            result = self.body(tree_of(function), given, named, {}, function.__globals__)
            trace, self.trace = self.trace, outside
            self.known[key] = trace, result, [given, named]
        trace, result, _ = self.known[key]
        self.trace.add(trace)
        return result

    def body(self, node: Any, given: list, named: dict, names: dict, module: dict) -> list[Any]:
        """Go through a function's text. Returns what it may return."""
        names = {**names, "": [], "__module__": module}
        parameters = [one.arg for one in (*node.args.args, *node.args.kwonlyargs)]
        for name, values in (*zip(parameters, given, strict=False), *named.items()):
            names[name] = list(values)
        if node.args.vararg:
            names[node.args.vararg.arg] = [Many(x for one in given[len(node.args.args) :] for x in one)]
        if isinstance(node, ast.Lambda):
            return self.eval(node.body, names)
        for _ in range(PASSES):
            for statement in node.body:
                self.run(statement, names)
        return once(names[""])

    def run(self, node: ast.stmt, names: dict) -> None:
        """Go through one statement."""
        if isinstance(node, ast.FunctionDef):
            names[node.name] = [Inner(node, names, names["__module__"])]
        elif isinstance(node, ast.Return):
            names[""] += self.eval(node.value, names)
        elif isinstance(node, ast.ImportFrom):
            for one in node.names:
                names[one.asname or one.name] = [getattr(importlib.import_module(str(node.module)), one.name)]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            values = self.eval(node.value, names)
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                self.assign(target, values, names)
        elif isinstance(node, ast.AugAssign):
            self.add_to(node, names)
        elif not isinstance(node, ast.Raise | ast.Assert):
            if isinstance(node, ast.For):
                self.assign(node.target, members(self.eval(node.iter, names)), names)
            for child in ast.iter_child_nodes(node):
                self.run(child, names) if isinstance(child, ast.stmt) else self.eval(child, names)

    def add_to(self, node: ast.AugAssign, names: dict) -> None:
        """An array or an attribute is changed in place."""
        self.eval(node.value, names)
        for one in self.eval(node.target, names):
            if isinstance(node.target, ast.Name) and id(one) in self.arrays:
                self.trace.writes.add(self.arrays[id(one)])
        if not isinstance(node.target, ast.Name):
            self.assign(node.target, [], names)

    def assign(self, target: ast.AST, values: list[Any], names: dict) -> None:
        """A target may be any of these values."""
        if isinstance(target, ast.Name):
            names[target.id] = once([*names.get(target.id, ()), *values])
        elif isinstance(target, ast.Starred):
            self.assign(target.value, [Many(values)], names)
        elif isinstance(target, ast.Tuple | ast.List):
            for one in values:
                places = (
                    one.places
                    if isinstance(one, Line)
                    else [[x] for x in one]
                    if type(one) is tuple
                    else None
                )
                together = places is None or len(places) != len(target.elts)
                for n, inner in enumerate(target.elts):
                    self.assign(inner, members([one]) if together or places is None else places[n], names)
            for inner in target.elts if not values else ():
                self.assign(inner, [], names)
        elif isinstance(target, ast.Attribute | ast.Subscript):
            self.write(target, values, names)

    def write(self, target: ast.Attribute | ast.Subscript, values: list[Any], names: dict) -> None:
        """An attribute or a column gets new values."""
        before = set(self.trace.reads)
        bases = self.eval(target.value, names)
        written = {self.arrays[id(one)] for one in bases if id(one) in self.arrays}
        if isinstance(target, ast.Attribute):
            for base in bases:
                if isinstance(base, Bundle):
                    base.parts[target.attr] = once([*base.parts.get(target.attr, ()), *values])
                elif id(base) in self.parts or isinstance(base, Row):
                    written.add(f"{self.name_of(base)}.{target.attr}")
        else:
            index = self.eval(target.slice, names)
            for base in bases:
                if isinstance(base, Table):
                    written |= {f"{base.name}.{one}" for one in index if isinstance(one, str)}
        self.trace.reads -= written - before
        self.trace.writes |= written

    # -- expressions ----------------------------------------------------------------------------------------

    def eval(self, node: ast.AST | None, names: dict) -> list[Any]:
        """What an expression may be."""
        method = getattr(self, f"eval_{type(node).__name__.lower()}", None)
        if method is not None:
            return once(method(node, names))
        for child in ast.iter_child_nodes(node) if node is not None else ():
            self.eval(child, names)
        return []

    def eval_constant(self, node: ast.Constant, names: dict) -> list[Any]:
        return [node.value]

    def eval_name(self, node: ast.Name, names: dict) -> list[Any]:
        if node.id in names:
            return names[node.id]
        module = names["__module__"]
        found = module.get(node.id, getattr(module["__builtins__"], node.id, None))
        if found is None and isinstance(module["__builtins__"], dict):
            found = module["__builtins__"].get(node.id)
        return [] if found is None else [found]

    def eval_starred(self, node: ast.Starred, names: dict) -> list[Any]:
        return members(self.eval(node.value, names))

    def eval_ifexp(self, node: ast.IfExp, names: dict) -> list[Any]:
        test, ways = node.test, [node.body, node.orelse]
        if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is):
            one, other = self.eval(test.left, names), self.eval(test.comparators[0], names)
            if len(one) == len(other) == 1:
                ways = [node.body if one[0] is other[0] else node.orelse]
        self.eval(test, names)
        return [x for way in ways for x in self.eval(way, names)]

    def eval_boolop(self, node: ast.BoolOp, names: dict) -> list[Any]:
        return [x for one in node.values for x in self.eval(one, names)]

    def eval_namedexpr(self, node: ast.NamedExpr, names: dict) -> list[Any]:
        values = self.eval(node.value, names)
        self.assign(node.target, values, names)
        return values

    def eval_binop(self, node: ast.BinOp, names: dict) -> list[Any]:
        sides = self.eval(node.left, names), self.eval(node.right, names)
        if all(isinstance(one, str) for side in sides for one in side):
            return ["".join(pair) for pair in itertools.product(*sides)]
        return [x for side in sides for x in side if isinstance(x, list | tuple | dict | Line | Pairs)]

    def eval_joinedstr(self, node: ast.JoinedStr, names: dict) -> list[Any]:
        parts = [
            self.eval(one.value if isinstance(one, ast.FormattedValue) else one, names) for one in node.values
        ]
        return ["".join(map(str, words)) for words in itertools.product(*parts)]

    def eval_tuple(self, node: ast.Tuple | ast.List | ast.Set, names: dict) -> list[Any]:
        places = [self.eval(one, names) for one in node.elts]
        if any(isinstance(one, ast.Starred) for one in node.elts):
            return [Many(x for place in places for x in place)]
        return [Line(places)]

    eval_list = eval_set = eval_tuple

    def eval_dict(self, node: ast.Dict, names: dict) -> list[Any]:
        keys = [x for one in node.keys if one is not None for x in self.eval(one, names)]
        return [Pairs(keys, [x for one in node.values for x in self.eval(one, names)])]

    def eval_listcomp(self, node: Any, names: dict) -> list[Any]:
        inner = dict(names)
        for one in node.generators:
            self.assign(one.target, members(self.eval(one.iter, inner)), inner)
            for test in one.ifs:
                self.eval(test, inner)
        if isinstance(node, ast.DictComp):
            return [Pairs(self.eval(node.key, inner), self.eval(node.value, inner))]
        return [Many(self.eval(node.elt, inner))]

    eval_setcomp = eval_generatorexp = eval_dictcomp = eval_listcomp

    def eval_attribute(self, node: ast.Attribute, names: dict) -> list[Any]:
        return [x for base in self.eval(node.value, names) for x in self.attribute(base, node.attr)]

    def attribute(self, base: Any, name: str) -> list[Any]:
        """What an attribute of a thing may be."""
        if isinstance(base, Bundle):
            method = getattr(base.kind, name, None)
            own = [types.MethodType(method, base)] if isinstance(method, types.FunctionType) else []
            return base.parts.get(name, own)
        if isinstance(base, Table) and name in ("columns", "books"):
            return [base]
        if isinstance(base, np.ndarray | Parameters):
            return []
        try:
            found = getattr(base, name)
        except AttributeError:
            return []
        if (
            id(base) in self.parts or (isinstance(base, Row) and name in base.table.columns)
        ) and not callable(found):
            self.trace.reads.add(f"{self.name_of(base)}.{name}")
        return [found]

    def eval_subscript(self, node: ast.Subscript, names: dict) -> list[Any]:
        found, index = [], self.eval(node.slice, names)
        words = [one for one in index if isinstance(one, str)]
        whole = isinstance(node.slice, ast.Slice) or ast.unparse(node.slice) == "..."
        for base in self.eval(node.value, names):
            if isinstance(base, Table):
                known = [base.columns[one] for one in words if one in base.columns]
                self.trace.reads |= {self.arrays[id(one)] for one in known}
                found += known if words else [base.row(0)]
            elif isinstance(base, np.ndarray):
                found += [base] if whole else []
            elif isinstance(base, Line) and len(index) == 1 and isinstance(index[0], int):
                found += base.places[index[0]]
            elif isinstance(base, dict | Pairs):
                values = base.values() if isinstance(base, dict) else base.values
                found += (
                    [base[one] for one in words if one in base]
                    if isinstance(base, dict) and words
                    else values
                )
            else:
                found += members([base])
        return found

    # -- calls ----------------------------------------------------------------------------------------------

    def eval_lambda(self, node: ast.Lambda, names: dict) -> list[Any]:
        return [Inner(node, names, names["__module__"])]

    def eval_call(self, node: ast.Call, names: dict) -> list[Any]:
        given: list[list[Any]] = []
        for one in node.args:
            several = self.eval(one.value, names) if isinstance(one, ast.Starred) else []
            if len(several) == 1 and isinstance(several[0], Line):
                given += several[0].places
            elif isinstance(one, ast.Starred):
                given += [members(several)] * MOST
            else:
                given.append(self.eval(one, names))
        named = {str(one.arg): self.eval(one.value, names) for one in node.keywords}
        for one in named.get("out", []):
            if id(one) in self.arrays:
                self.trace.writes.add(self.arrays[id(one)])
        found = [x for callee in self.eval(node.func, names) for x in self.call(callee, given, named)]
        if isinstance(node.func, ast.Attribute):
            for base in self.eval(node.func.value, names):
                found += self.of_container(base, node.func.attr)
        return found

    def of_container(self, base: Any, method: str) -> list[Any]:
        """What a method of an array or a mapping gives."""
        if isinstance(base, np.ndarray):
            if method in ("fill", "sort") and id(base) in self.arrays:
                self.trace.writes.add(self.arrays[id(base)])
            return [base] if method in SAME else []
        if isinstance(base, dict | Pairs):
            keys = list(base) if isinstance(base, dict) else base.keys
            values = list(base.values()) if isinstance(base, dict) else base.values
            if method == "items" and isinstance(base, dict):
                return [Many(base.items())]
            return {
                "items": [Many([Line([keys, values])])],
                "values": [Many(values)],
                "keys": [Many(keys)],
            }.get(method, values if method == "get" else [])
        return []

    def call(self, callee: Any, given: list[list[Any]], named: dict[str, list[Any]]) -> list[Any]:
        """What a call may return; what it does joins the trace."""
        owner = getattr(callee, "__self__", None)
        if isinstance(owner, Ledger):
            return self.book(owner, callee.__name__, given)
        if isinstance(owner, Economy) and callee.__name__ == "each":
            for one, rule in itertools.product(given[0], (x for values in given[1:] for x in values)):
                self.sweep(one, rule) if isinstance(rule, Rule) else None
            return []
        if isinstance(callee, Compiled):
            return self.compiled(callee, given, named)
        if isinstance(callee, Inner):
            return self.body(callee.node, given, named, callee.names, callee.module)
        if isinstance(callee, type):
            return self.make(callee, given, named)
        if isinstance(callee, types.MethodType) and callee.__module__.startswith("sim."):
            return self.follow(callee.__func__, [[owner], *given], named)
        if isinstance(callee, types.FunctionType) and callee.__module__.startswith("sim."):
            plain = [one for one in given if len(one) == 1 and isinstance(one[0], BusinessModel | str)]
            if len(plain) == len(given) and not named:
                return [callee(*(one[0] for one in given))]
            if len(given) == 1 and given[0] and all(isinstance(one, BusinessModel | str) for one in given[0]):
                return [callee(one) for one in given[0]]
            return self.follow(callee, given, named)
        return self.builtin(getattr(callee, "__name__", ""), given)

    def builtin(self, name: str, given: list[list[Any]]) -> list[Any]:
        """What Python's own functions and NumPy's do with things."""
        if name == "getattr":
            words = [one for one in given[1] if isinstance(one, str)]
            return [x for base in given[0] for word in words for x in self.attribute(base, word)]
        if name == "setattr":
            self.trace.writes |= {
                f"{self.name_of(base)}.{word}"
                for base in given[0]
                if id(base) in self.parts
                for word in given[1]
            }
        if name == "copyto":
            self.trace.writes |= {self.arrays[id(one)] for one in given[0] if id(one) in self.arrays}
        if name in SAME and given:
            return given[0]
        return []

    def make(self, kind: type, given: list[list[Any]], named: dict[str, list[Any]]) -> list[Any]:
        """What a class makes."""
        if kind in (zip, enumerate):
            places = [members(one) for one in given]
            return [Many([Line([[], *places] if kind is enumerate else places)])]
        if kind in (list, tuple, set, frozenset, reversed, dict):
            return [Many(members(given[0]))] if given and kind is not dict else (given or [[]])[0]
        if kind is SimpleNamespace or kind.__module__.startswith("sim."):
            made = Bundle(kind, dict(named))
            begin = kind.__dict__.get("__init__")
            if isinstance(begin, types.FunctionType) and not dataclasses.is_dataclass(kind):
                self.follow(begin, [[made], *given], named)
            else:
                fields = getattr(kind, "_fields", tuple(getattr(kind, "__dataclass_fields__", ())))
                made.parts |= dict(zip(fields, given, strict=False))
            return [made]
        return []
