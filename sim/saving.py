"""One explicit state: what the future of an economy depends on, for branching, saving and loading."""

import contextlib
import dataclasses
import errno
import html
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from sim.accounts import PARTIES
from sim.engine.ledger import LedgerError
from sim.engine.parameters import ParameterError, Parameters
from sim.engine.records import Records
from sim.markets import world
from sim.strategies import BusinessModel

LEAST = {"firms": 100, "consumers": 100, "banks": 1, "platforms": 1}
MOST = {"firms": 20_000_000, "consumers": 100_000_000, "banks": 1000, "platforms": 1000}


def check_sizes(sizes: Mapping[str, int], seed: int, threads: int) -> None:
    """Raise ParameterError, in one line, for a size or seed that is not possible."""
    for name, value in sizes.items():
        if not isinstance(value, int | np.integer) or isinstance(value, bool):
            raise ParameterError(f"{name} = {value!r} is not a whole number")
        if not LEAST[name] <= value <= MOST[name]:
            raise ParameterError(f"{name} = {value} is outside [{LEAST[name]}, {MOST[name]}]")
    if not isinstance(threads, int) or isinstance(threads, bool) or not 1 <= threads <= 1024:
        raise ParameterError(f"threads = {threads!r} is not a whole number in [1, 1024]")
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        raise ParameterError(f"seed = {seed!r} is not a whole number from 0 on")


def sizes(economy: Any) -> dict[str, int]:
    return {name: len(economy.tables[name]) for name in LEAST}


def state(economy: Any) -> dict[str, Any]:
    """Everything that the future depends on, as arrays and numbers; copies."""
    parts: dict[str, Any] = {"quarter": economy.quarter}
    for name, table in economy.tables.items():
        parts |= {f"table/{name}/{column}": array for column, array in table.state().items()}
    for name in ("firm_scorers", "consumer_scorers"):
        parts |= {f"{name}/{key}": array for key, array in getattr(economy, name).state().items()}
    for name in ("market", "memory"):
        parts |= {f"{name}/{key}": np.copy(value) for key, value in vars(getattr(economy, name)).items()}
    return parts


def restore(economy: Any, parts: Mapping[str, Any]) -> None:
    """Put a state into an economy of the same sizes. ValueError for a state of something else."""
    quarter = np.asarray(parts["quarter"])
    if quarter.shape or quarter.dtype.kind != "i" or quarter < 0:
        raise ValueError(f"quarter {quarter} is none")
    economy.quarter = int(quarter)
    pieces: dict[str, dict[str, Any]] = {}
    for label, value in parts.items():
        owner, _, key = label.rpartition("/")
        pieces.setdefault(owner, {})[key] = value
    for name, table in economy.tables.items():
        table.load(pieces[f"table/{name}"])
    for name in ("firm_scorers", "consumer_scorers"):
        getattr(economy, name).load(pieces[name])
    for name in ("market", "memory"):
        different = vars(getattr(economy, name)).keys() ^ pieces[name].keys()
        if different:
            raise ValueError(f"this is no state of the {name}: {', '.join(sorted(different))} does not match")
        values = {key: np.array(value) for key, value in pieces[name].items()}
        for key, there in vars(getattr(economy, name)).items():
            check_kind(f"{name}.{key}", values[key], np.asarray(there))
        values = {key: value if value.ndim else value.item() for key, value in values.items()}
        setattr(economy, name, SimpleNamespace(**values))
    economy.ledger.open()


def check_kind(what: str, found: np.ndarray, expected: np.ndarray) -> None:
    """Raise ValueError, in one line, unless an array has this shape and type."""
    if (found.shape, found.dtype) != (expected.shape, expected.dtype):
        raise ValueError(
            f"{what} is {found.dtype} of shape {found.shape}, not {expected.dtype} of shape {expected.shape}"
        )


def rebuild(
    p: Parameters, seed: int, size: Mapping[str, int], parts: Mapping[str, Any], records: Records
) -> Any:
    """An economy in that state, with a business model still to be adopted."""
    import mesa

    from sim.model import Economy

    economy = Economy.__new__(Economy)
    mesa.Model.__init__(economy, rng=seed)
    economy.seed, economy.p, economy.quarter, economy.crew = seed, p, 0, None
    economy._lay_tables(size)
    restore(economy, parts)
    economy.records = records
    return economy


def write(economy: Any, path: Path) -> None:
    """One npz file: the state, the records, and what to rebuild it with. All of it, or the file as it was.

    Raises OSError, in one line that names the file, where it cannot be written.
    """
    records = economy.records
    about = {
        "seed": int(economy.seed),
        "sizes": sizes(economy),
        "parameters": economy.p.as_dict(),  # all: a default may have changed by the time of loading
        "strategy": dataclasses.asdict(economy.strategy),
        "flows": records.of_flows,
        "acted": [bool(of) for of in records.of_platforms],
    }
    arrays = {f"state/{label}": np.asarray(value) for label, value in state(economy).items()}
    for group, lines in (("lines", records.lines), ("platforms", [of for of in records.of_platforms if of])):
        if lines:
            arrays |= {f"{group}/{key}": np.array([line[key] for line in lines]) for key in lines[0]}
    arrays["about"] = np.array(json.dumps(about))
    scratch = path.parent / (path.name + ".part")
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        with scratch.open("wb") as file:  # a file and not a name, to which NumPy would add an ending
            np.savez(file, allow_pickle=False, **arrays)
        os.replace(scratch, path)
    except OSError as error:
        raise type(error)(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink()


# what an archive with other things in it than an economy leads to
UNREADABLE = (
    OSError, EOFError, ValueError, TypeError, AttributeError, IndexError, OverflowError, zipfile.BadZipFile,
    LedgerError,
)  # fmt: skip


def read(path: Path) -> Any:
    """The economy that `write` has written. ValueError in one line for a file that is something else."""
    try:
        with path.open("rb") as file:
            arrays = np.load(file, allow_pickle=False)
            if isinstance(arrays, np.ndarray):
                raise ValueError("it is an array")
            return rebuilt({label: arrays[label] for label in arrays.files})
    except KeyError as error:
        raise ValueError(f"{path} is not a saved economy: it lacks {error}") from error
    except UNREADABLE as error:
        raise ValueError(f"{path} is not a saved economy: {error}") from error


def rebuilt(arrays: dict[str, np.ndarray]) -> Any:
    """The economy from the arrays of a file; its books are proved."""
    about = json.loads(str(arrays.pop("about")))
    groups: dict[str, dict[str, np.ndarray]] = {"state": {}, "lines": {}, "platforms": {}}
    for label, value in arrays.items():
        group, _, key = label.partition("/")
        groups[group][key] = value
    check_about(about)
    check_numbers(arrays)
    check_lengths(groups, about)
    records, acted = Records(PARTIES), 0
    for n, (flows, did) in enumerate(zip(about["flows"], about["acted"], strict=True)):
        line = {key: float(values[n]) for key, values in groups["lines"].items()}
        of = {key: values[acted] for key, values in groups["platforms"].items()} if did else {}
        records.add(line, of, flows)
        acted += did
    economy = rebuild(
        Parameters(about["parameters"]), about["seed"], about["sizes"], groups["state"], records
    )
    row = about["strategy"]
    economy.strategy = BusinessModel(**{**row, "claims": tuple(row["claims"])})
    world.check_rows(economy)
    economy.ledger.close()
    economy.ledger.open()
    return economy


def check_about(about: Mapping[str, Any]) -> None:
    """Raise ValueError, in one line, for sizes, a seed, parameters or flows that no economy has written."""
    if set(about["sizes"]) != set(LEAST):
        raise ValueError(f"its sizes are of {', '.join(about['sizes']) or 'nothing'}")
    check_sizes(about["sizes"], about["seed"], 1)
    lacking = Parameters.declarations().keys() - about["parameters"].keys()
    if lacking:
        raise ValueError(f"it lacks the parameters {', '.join(sorted(lacking)[:3])}")
    for flows in about["flows"]:
        for name, fen in flows.items():
            if name not in PARTIES or not isinstance(fen, int):
                raise ValueError(f"{name!r} of {fen!r} fen is no flow")


def check_numbers(arrays: Mapping[str, np.ndarray]) -> None:
    """Raise ValueError, in one line, where the state holds a number that is not finite."""
    for label, array in arrays.items():
        if label.startswith("state/") and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{label.removeprefix('state/')} is not finite")


def check_lengths(groups: Mapping[str, Mapping[str, np.ndarray]], about: Mapping[str, Any]) -> None:
    """Raise ValueError, in one line, unless the record has as many quarters of everything."""
    quarters, acted, n = len(about["flows"]), sum(about["acted"]), about["sizes"]["platforms"]
    for group, shape in (("lines", (quarters,)), ("platforms", (acted, n))):
        if not groups[group] and shape[0]:
            raise ValueError(f"its record has no {group}")
        for key, array in groups[group].items():
            if array.shape != shape:
                raise ValueError(f"its record of {group} has {key} of shape {array.shape}, not {shape}")


def as_html(economy: Any) -> str:
    """What a notebook shows of an economy: what it is, how it stands, what was changed of the defaults."""
    rows = [
        ("strategy", economy.strategy.title),
        ("quarter", economy.quarter),
        *((name, f"{n:,}") for name, n in sizes(economy).items()),
        ("seed", economy.seed),
    ]
    if economy.midway:
        rows.append(("interrupted", f"within quarter {economy.midway}: it cannot go on"))
    if len(economy.records):
        line = economy.records.lines[-1]
        for name in (
            "output",
            "unemployment",
            "inflation",
            "credit_to_gdp",
            "default_rate",
            "platforms_alive",
        ):
            rows.append((name.replace("_", " "), f"{line[name]:,.4g}"))
    changed = economy.p.overridden
    rows.append(("parameters changed", ", ".join(f"{k} = {v:g}" for k, v in changed.items()) or "none"))
    body = "".join(
        f"<tr><th style='text-align:left'>{html.escape(str(k))}</th><td>{html.escape(str(v))}</td></tr>"
        for k, v in rows
    )
    return f"<table><caption>Economy</caption>{body}</table>"
