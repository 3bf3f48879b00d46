"""One explicit state: what the future of an economy depends on, for branching, saving and loading."""

import html
import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from sim.engine.parameters import ParameterError, Parameters
from sim.engine.records import Records
from sim.strategies import BusinessModel, discover

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
    """Put a state into an economy of the same sizes."""
    economy.quarter = int(parts["quarter"])
    pieces: dict[str, dict[str, Any]] = {}
    for label, value in parts.items():
        owner, _, key = label.rpartition("/")
        pieces.setdefault(owner, {})[key] = value
    for name, table in economy.tables.items():
        table.load(pieces[f"table/{name}"])
    for name in ("firm_scorers", "consumer_scorers"):
        getattr(economy, name).load(pieces[name])
    for name in ("market", "memory"):
        values = {
            key: value.item() if np.ndim(value) == 0 else np.array(value)
            for key, value in pieces[name].items()
        }
        setattr(economy, name, SimpleNamespace(**values))
    economy.ledger.open()


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
    """One npz file: the state, the records, and what to rebuild it with."""
    records = economy.records
    row = economy.strategy
    about = {
        "seed": int(economy.seed),
        "sizes": sizes(economy),
        "parameters": economy.p.overridden,
        "strategy": {"name": row.name, "title": row.title, "claims": row.claims, **row.attributes()},
        "flows": records.of_flows,
    }
    arrays = {f"state/{label}": np.asarray(value) for label, value in state(economy).items()}
    if records.lines:
        arrays |= {
            f"lines/{key}": np.array([line[key] for line in records.lines]) for key in records.lines[0]
        }
    acting = [of for of in records.of_platforms if of]
    if acting:
        arrays |= {f"platforms/{key}": np.array([of[key] for of in acting]) for key in acting[0]}
    arrays["about"] = np.array(json.dumps(about))
    np.savez(path, allow_pickle=False, **arrays)


def read(path: Path) -> Any:
    """The economy that `write` has written. ValueError in one line for a file that is something else."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {label: file[label] for label in file.files}
        about = json.loads(str(arrays.pop("about")))
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"{path} is not a saved economy: {error}") from error
    groups: dict[str, dict[str, np.ndarray]] = {"state": {}, "lines": {}, "platforms": {}}
    for label, value in arrays.items():
        group, _, key = label.partition("/")
        groups[group][key] = value
    from sim.accounts import PARTIES

    records = Records(PARTIES)
    quarters = len(about["flows"])
    acting = len(next(iter(groups["platforms"].values()))) if groups["platforms"] else 0
    for n in range(quarters):
        line = {key: float(values[n]) for key, values in groups["lines"].items()}
        at = n - (quarters - acting)
        of = {key: values[at] for key, values in groups["platforms"].items()} if at >= 0 else {}
        records.add(line, of, about["flows"][n])
    p = Parameters(about["parameters"])
    economy = rebuild(p, about["seed"], about["sizes"], groups["state"], records)
    given = about["strategy"]
    economy.strategy = discover().get(given["name"]) or BusinessModel(
        **{**given, "claims": tuple(given["claims"])}
    )
    return economy


def as_html(economy: Any) -> str:
    """What a notebook shows of an economy: what it is, how it stands, what was changed of the defaults."""
    rows = [
        ("strategy", economy.strategy.title),
        ("quarter", economy.quarter),
        *((name, f"{n:,}") for name, n in sizes(economy).items()),
        ("seed", economy.seed),
    ]
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
