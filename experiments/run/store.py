"""The store: a folder in which every finished world survives whatever happens next.

Layout of the folder::

    manifest.json                     the ensemble: arguments, versions, its worlds, failures
    worlds/w00012-1f0c9a….quarters.parquet   one shard per world and table, all arms in it
    worlds/w00012-1f0c9a….json        the world's manifest: written last, so it means "finished"
    worlds/w00012-1f0c9a….failed.json what went wrong, where there is no result
    grown/77ab….npz and .json         a world grown to the moment of branching

Each file is written beside its place, flushed to the disk and renamed, so a reader sees all of it or
nothing. Each is named with its SHA-256 in a manifest, so damage is reported and never recomputed
behind the user's back. One process at a time computes into a folder. A folder that is finished can be
read where it cannot be written: a file that already says the same needs no writing.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

try:
    import fcntl
except ImportError:  # Windows: nobody is kept out
    fcntl = None

CURE = "delete it or pass --redo"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


class StoreError(Exception):
    """A file of the store is missing, damaged or cannot be written; one line names it and says what to do."""


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text.

    NumPy scalars count as the numbers they hold. Raises ``ValueError`` for NaN and infinity and
    ``TypeError`` for what JSON cannot say.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)


def _plain(value: Any) -> Any:
    item = getattr(value, "item", None)
    if item is None:
        raise TypeError(f"{value!r} of type {type(value).__name__} cannot be written as JSON")
    return item()


def fingerprint(value: Any) -> str:
    """SHA-256 (hexadecimal) of the canonical JSON of ``value``."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 (hexadecimal) of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, write: Callable[[Path], Any]) -> str:
    """Let ``write`` fill a neighbour of ``path``, flush it, rename it into place; return its SHA-256.

    The neighbour carries this process's number and keeps the suffix of ``path`` (some writers insist
    on theirs). Whatever interrupts the write, ``path`` holds its old content or all of the new. Raises
    `StoreError` for a full disk and for a folder that cannot be written, unless the file says the same.
    """
    try:
        return _replaced(path, write)
    except OSError as error:
        if error.errno in READ_ONLY and (digest := _said_already(path, write)):
            return digest
        raise StoreError(_unwritable(path.parent, error)) from error


def _replaced(path: Path, write: Callable[[Path], Any]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".draft-{os.getpid()}-{path.name}")
    try:
        draft.touch()  # refused here, if at all: drawing the same figure a second time moves it
        write(draft)
        with open(draft, "rb+") as file:
            os.fsync(file.fileno())
        digest = file_hash(draft)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
        draft.with_name(f"{draft.name}.part").unlink(missing_ok=True)  # an economy's own draft
    _flush_folder(path.parent)
    return digest


def _said_already(path: Path, write: Callable[[Path], Any]) -> str:
    """SHA-256 of a file that holds what ``write`` would put there; empty if it holds anything else."""
    if not path.is_file():
        return ""
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / path.name
        write(draft)
        digest = file_hash(draft)
    return digest if digest == file_hash(path) else ""


def _unwritable(folder: Path, error: OSError) -> str:
    if error.errno in NO_ROOM:
        return f"the disk of {folder} is full: when there is room, the same command goes on"
    return f"{folder} cannot be written ({error.strerror or error}): choose another folder with --out"


def _flush_folder(folder: Path) -> None:
    """Make a rename last through a power cut: the name lives in the folder, not in the file."""
    if os.name == "nt":  # Windows cannot open a folder, and renames there are journalled
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a manifest that carries the SHA-256 of its own content."""
    text = _sealed(content)
    write_atomically(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def _sealed(content: Mapping[str, Any]) -> str:
    """The one text that a manifest's file holds: its content and that content's SHA-256."""
    sealed = {**content, "sha256": fingerprint(content)}
    return json.dumps(sealed, indent=1, sort_keys=True, allow_nan=False, default=_plain) + "\n"


def read_json(path: Path) -> dict[str, Any]:
    """Read a manifest and check its seal. Raises `StoreError` if the file is damaged.

    The text is checked and not its meaning: another last digit of a long number can mean the same.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
        del content["sha256"]
        intact = text == _sealed(content)
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, AttributeError, TypeError):
        intact = False
        content = {}
    if not intact:
        raise StoreError(f"{path} is damaged (its content does not match its checksum): {CURE}")
    return content


class Store:
    """One folder of finished worlds.

    Args:
        path: the folder; made when something is first written.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    # -- one world ---------------------------------------------------------------------------------

    def place(self, name: str, suffix: str) -> Path:
        """The file of the world called ``name`` (see `Task.name`) with this suffix."""
        return self.path / "worlds" / f"{name}.{suffix}"

    def finished(self, name: str) -> bool:
        """Whether the world is stored, after checking every byte of it.

        A file somebody deleted makes the world unfinished: that is how damage is repaired. Raises
        `StoreError` naming the file if its manifest or one of its shards is damaged.
        """
        if not self.place(name, "json").exists():
            return False
        tables = self.manifest(name)["tables"]
        if not all(self.place(name, f"{table}.parquet").exists() for table in tables):
            return False
        for table in tables:
            self._checked_shard(name, table)
        return True

    def manifest(self, name: str) -> dict[str, Any]:
        """The manifest of one finished world."""
        path = self.place(name, "json")
        if not path.exists():
            raise StoreError(f"{path} is missing: run the same command again to compute this world")
        return read_json(path)

    def save(self, name: str, tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any]) -> None:
        """Store one finished world: its shards first, its manifest last."""
        import pyarrow as arrow
        import pyarrow.parquet as parquet

        digests = {}
        for table, frame in tables.items():
            columns = arrow.Table.from_pandas(frame, preserve_index=False)
            digests[table] = write_atomically(
                self.place(name, f"{table}.parquet"),
                lambda draft, columns=columns: parquet.write_table(columns, draft, compression="zstd"),
            )
        write_json(self.place(name, "json"), {**manifest, "tables": digests})
        self.place(name, "failed.json").unlink(missing_ok=True)

    def fail(self, name: str, failure: Mapping[str, Any]) -> Path:
        """Record why a world has no result; returns the file."""
        path = self.place(name, "failed.json")
        write_json(path, failure)
        return path

    def failure(self, name: str) -> dict[str, Any] | None:
        """The recorded failure of a world, or None."""
        path = self.place(name, "failed.json")
        return read_json(path) if path.exists() else None

    def forget(self, name: str) -> None:
        """Remove a world's manifest first, so that half a removal reads as "not finished", then the rest."""
        for suffix in ("json", "failed.json"):
            self.place(name, suffix).unlink(missing_ok=True)
        folder = self.path / "worlds"
        for shard in folder.glob(f"{name}.*.parquet"):
            shard.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove drafts left behind by processes that no longer live."""
        for draft in self.path.glob("**/.draft-*"):
            owner = draft.name.split("-")[1]
            if owner.isdigit() and not _alive(int(owner)):
                with contextlib.suppress(OSError):  # a folder that can only be read is none of our business
                    draft.unlink()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from computing into this folder; it is made where it is missing.

        The lock is on the folder itself and ends with the process, however it ends. Raises `StoreError`
        where another process has it. A file system without locks keeps nobody out.
        """
        folder = _locked(self.path)
        try:
            yield
        finally:
            if folder is not None:
                os.close(folder)

    # -- grown worlds ------------------------------------------------------------------------------

    def grown(self, key: str) -> Path | None:
        """The file of a world grown earlier, checked; None if there is none. Raises `StoreError`."""
        path, seal = self._grown_places(key)
        if not (path.exists() and seal.exists()):
            return None
        if read_json(seal)["npz"] != file_hash(path):
            raise StoreError(f"{path} is damaged (its content does not match its checksum): {CURE}")
        return path

    def keep_grown(self, key: str, economy: Any) -> Path:
        """Save a grown economy under ``key``; returns its file."""
        path, seal = self._grown_places(key)
        seal.unlink(missing_ok=True)
        digest = write_atomically(path, economy.save)
        write_json(seal, {"npz": digest})
        return path

    def _grown_places(self, key: str) -> tuple[Path, Path]:
        folder = self.path / "grown"
        return folder / f"{key}.npz", folder / f"{key}.json"

    # -- the whole ensemble ------------------------------------------------------------------------

    def describe(self, ensemble: Mapping[str, Any]) -> None:
        """Write ``manifest.json``: what was asked, which worlds belong to it, what failed."""
        write_json(self.path / "manifest.json", ensemble)

    @property
    def described(self) -> bool:
        """Whether an ensemble was ever asked for here."""
        return (self.path / "manifest.json").exists()

    def description(self) -> dict[str, Any]:
        """The content of ``manifest.json``. Raises `StoreError` if the folder has none."""
        path = self.path / "manifest.json"
        if not self.described:
            raise StoreError(f"{path} is missing: run an experiment with --out its folder first")
        return read_json(path)

    def names(self) -> list[str]:
        """Names of the ensemble's worlds that are finished, in the order of the worlds."""
        return [name for name in self.description()["worlds"] if self.place(name, "json").exists()]

    def tables(self) -> list[str]:
        """Names of the tables that each finished world has. Raises `StoreError` when none is finished."""
        names = self.names()
        if not names:
            raise StoreError(f"{self.path} holds no finished world: run the experiment again")
        return sorted(self.manifest(names[0])["tables"])

    def frame(self, table: str) -> pd.DataFrame:
        """One table over every finished world and arm of the ensemble described last.

        Columns ``world`` (int) and ``arm`` (categorical, in the order of the arms) come first. Raises
        `StoreError` for a damaged file, for an unknown table and when no world is finished.
        """
        import pandas as pd
        import pyarrow as arrow
        import pyarrow.parquet as parquet

        names, known = self.names(), self.tables()
        if table not in known:
            raise StoreError(f"{self.path} has no table {table!r}, only {', '.join(known)}")
        parts = [parquet.read_table(self._checked_shard(name, table)) for name in names]
        frame = arrow.concat_tables(parts, promote_options="permissive").to_pandas(ignore_metadata=True)
        frame["arm"] = pd.Categorical(frame["arm"], categories=self.description()["arms"], ordered=False)
        return frame

    def manifests(self) -> pd.DataFrame:
        """One row per finished world: seed, overridden parameters, wall time, versions."""
        import pandas as pd

        rows = []
        for name in self.names():
            manifest = self.manifest(name)
            values = manifest["world"]["overridden"]
            rows.append({"world": manifest["world"]["index"], "seconds": manifest["seconds"], **values})
        return pd.DataFrame(rows).set_index("world") if rows else pd.DataFrame()

    def _checked_shard(self, name: str, table: str) -> Path:
        path = self.place(name, f"{table}.parquet")
        if not path.exists():
            raise StoreError(f"{path} is missing: run the same command again to compute this world")
        if file_hash(path) != self.manifest(name)["tables"][table]:
            raise StoreError(f"{path} is damaged (its content does not match its checksum): {CURE}")
        return path


def _locked(path: Path) -> int | None:
    """Descriptor of the folder, locked, which whoever closes it lets go of; None where there are no locks."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if fcntl is None:
            return None
        folder = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise StoreError(_unwritable(path, error)) from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(folder)
        raise StoreError(
            f"another process computes into {path}: wait for it, or choose another folder with --out"
        ) from None
    except OSError:  # a file system without locks
        pass
    return folder


def _alive(process: int) -> bool:
    if os.name == "nt":  # signal 0 would end the process there
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
