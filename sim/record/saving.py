"""One explicit state: what the future of an economy depends on, for branching, saving and loading."""

import contextlib
import dataclasses
import errno
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.engine.ledger import LedgerError
from sim.engine.parameters import ParameterError, Parameters
from sim.engine.records import Records
from sim.engine.rules import RULES
from sim.law import Change, Timeline
from sim.markets import news
from sim.record import indicators
from sim.record.chart import chart
from sim.record.watching import Watch
from sim.strategies import BusinessModel

INSTITUTIONS = ("insurers", "securities_houses")
LEAST = {"firms": 100, "consumers": 100, "banks": 1, "platforms": 1, **dict.fromkeys(INSTITUTIONS, 1)}
MOST = {"firms": 20_000_000, "consumers": 100_000_000, "banks": 1000, "platforms": 400_000}
MOST |= dict.fromkeys(INSTITUTIONS, 1000)


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


@dataclass(frozen=True)
class Found:
    """All that the future of an economy depends on, and its record."""

    p: Parameters
    seed: int
    sizes: Mapping[str, int]
    models: tuple[BusinessModel, ...]
    open_models: tuple[int, ...]
    timeline: Timeline
    begins: str | None
    branched: int
    state: Mapping[str, Any]
    records: Records
    origin: str
    watch: Watch


def found(economy: Any, records: Records) -> Found:
    """What there is of an economy; its state is a copy, the records are these."""
    names = ("p", "seed", "models", "open_models", "timeline", "begins", "branched", "origin")
    kept = {name: getattr(economy, name) for name in names} | {"watch": economy.watch_kept.copy()}
    return Found(sizes=sizes(economy), state=snapshot(economy), records=records, **kept)


def sizes(economy: Any) -> dict[str, int]:
    return {name: len(economy.tables[name]) for name in LEAST}


def holders(economy: Any) -> dict[str, Any]:
    """What has a snapshot, by the name under which it stands in the state."""
    names = ("firm_scorers", "consumer_scorers", "market", "memory")
    tables = {f"table/{name}": table for name, table in economy.tables.items()}
    return tables | {name: getattr(economy, name) for name in names}


def snapshot(economy: Any) -> dict[str, Any]:
    """The state: arrays and numbers by place, as "table/firms/price"; copies."""
    parts: dict[str, Any] = {"quarter": economy.quarter}
    for place, holder in holders(economy).items():
        parts |= {f"{place}/{name}": value for name, value in holder.snapshot().items()}
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
    for place, holder in holders(economy).items():
        holder.load(pieces[place])
    running = economy.platforms["model"]
    if running.min() < 0 or running.max() >= len(economy.models):
        raise ValueError(f"platforms run a business model that is none of its {len(economy.models)}")
    economy.market.starts = starts_of(economy.firms["sector"])
    for scorers in (economy.firm_scorers, economy.consumer_scorers):
        scorers.belong(np.arange(len(economy.platforms)), economy.platforms["model"])
    news.check_rows(economy)
    economy.ledger.open()


def starts_of(sector: np.ndarray) -> np.ndarray:
    """Where the rows of each sector begin, and the last ends (int64)."""
    return np.searchsorted(sector, np.arange(news.SECTORS + 1)).astype(np.int64)


def write(economy: Any, path: Path) -> None:
    """One npz file: the state, the records, and what to rebuild it with. All of it, or the file as it was.

    Raises OSError, in one line that names the file, where it cannot be written.
    """
    records = economy.records
    about = {
        "seed": int(economy.seed),
        "sizes": sizes(economy),
        "parameters": economy.p.as_dict(),  # all: a default may have changed by the time of loading
        "models": [as_dict(row) for row in economy.models],
        "open_models": list(economy.open_models),
        "timeline": [change.as_dict() for change in economy.timeline],
        "begins": economy.begins,
        "branched": economy.branched,
        "origin": economy.origin,
        "watch": economy.watch_kept.as_lists(),
        "flows": records.of_flows,
        "acted": [bool(of) for of in records.of_platforms],
        "of_models": records.of_models,
    }
    arrays = {f"state/{label}": np.asarray(value) for label, value in snapshot(economy).items()}
    for group, lines in (("lines", records.lines), ("platforms", [of for of in records.of_platforms if of])):
        if lines:
            arrays |= {f"{group}/{key}": np.array([line[key] for line in lines]) for key in lines[0]}
    arrays |= {f"watch/{label}": values for label, values in economy.watch_kept.as_arrays().items()}
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


def as_dict(row: BusinessModel) -> dict[str, Any]:
    """A row of plain values; its rule by name."""
    plain = {one.name: getattr(row, one.name) for one in dataclasses.fields(row)}
    return plain | {"reviews": row.reviews and f"{row.reviews.__module__}.{row.reviews.name}"}


def row_of(found: Mapping[str, Any]) -> BusinessModel:
    """The row that `as_dict` wrote. ValueError where nothing has declared its rule."""
    rules = {f"{one.__module__}.{one.name}": one for one in RULES}
    name = found["reviews"]
    if name is not None and name not in rules:
        raise ValueError(f"nothing declares the rule {name} of {found['name']}: import it first")
    return BusinessModel(**{**found, "reviews": name and rules[name]})


def read(path: Path, build: Callable[[Found], Any]) -> Any:
    """What `build` makes of what `write` has written. ValueError, in one line, for a file that is something
    else."""
    try:
        with path.open("rb") as file:
            arrays = np.load(file, allow_pickle=False)
            if isinstance(arrays, np.ndarray):
                raise ValueError("it is an array")
            return rebuilt({label: arrays[label] for label in arrays.files}, build)
    except KeyError as error:
        raise ValueError(f"{path} is not a saved economy: it lacks {error}") from error
    except UNREADABLE as error:
        raise ValueError(f"{path} is not a saved economy: {error}") from error


def rebuilt(arrays: dict[str, np.ndarray], build: Callable[[Found], Any]) -> Any:
    """The economy from the arrays of a file; its books are proved."""
    about = json.loads(str(arrays.pop("about")))
    groups: dict[str, dict[str, np.ndarray]] = {"state": {}, "lines": {}, "platforms": {}, "watch": {}}
    for label, value in arrays.items():
        group, _, key = label.partition("/")
        groups[group][key] = value
    check_about(about)
    check_numbers(arrays)
    check_lengths(groups, about)
    records, acted = indicators.empty(chart()), 0
    for n, (flows, did) in enumerate(zip(about["flows"], about["acted"], strict=True)):
        line = {key: float(values[n]) for key, values in groups["lines"].items()}
        of = {key: values[acted] for key, values in groups["platforms"].items()} if did else {}
        records.add(line, of, about["of_models"][n], flows)
        acted += did
    models = tuple(row_of(row) for row in about["models"])
    timeline = tuple(Change(**change) for change in about["timeline"])
    kept = {name: about[name] for name in ("seed", "sizes", "begins", "branched", "origin")}
    kept["watch"] = Watch.of(about["watch"], groups["watch"])
    p, state = Parameters(about["parameters"]), groups["state"]
    kept["open_models"] = tuple(about["open_models"])
    economy = build(Found(p=p, models=models, timeline=timeline, state=state, records=records, **kept))
    economy.ledger.close()
    economy.ledger.open()
    return economy


def check_about(about: Mapping[str, Any]) -> None:
    """Raise ValueError, in one line, for sizes, a seed, parameters or flows that no economy has written."""
    if set(about["sizes"]) != set(LEAST):
        raise ValueError(f"its sizes are of {', '.join(about['sizes']) or 'nothing'}")
    check_sizes(about["sizes"], about["seed"], 1)
    known_models = range(len(about["models"]))
    if any(not isinstance(n, int) or n not in known_models for n in about["open_models"]):
        raise ValueError(
            f"founders choose among {about['open_models']}, of {len(known_models)} business models"
        )
    lacking = Parameters.declarations().keys() - about["parameters"].keys()
    if lacking:
        raise ValueError(f"it lacks the parameters {', '.join(sorted(lacking)[:3])}")
    known = chart().flows
    for flows in about["flows"]:
        for name, fen in flows.items():
            if name not in known or not isinstance(fen, int):
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
