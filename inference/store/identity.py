"""The identity file beside a SQLite store: how a vanished database is noticed.

SQLite opens a missing, emptied or truncated file as a fresh, empty database. Starting
on that would be a silent "from now on". So the store's uuid is kept twice, in the
database and in ``<db>.id``; where only the file knows it, the database was lost. SQLite
also returns silently to an older state when its log vanishes, at worst to one from before
the first position: the file knows that there was one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from core.errors import ConfigError, StoreLost


def identity_file(database: Path) -> Path:
    """Path of the identity file of this database file."""
    return database.with_name(database.name + ".id")


def begin_identity(database: Path, uuid: str) -> None:
    """Write the file before the database gets its row: state ``creating``."""
    _write(identity_file(database), {"uuid": uuid, "state": "creating", "begun": False})


def confirm_identity(database: Path, uuid: str, begun: bool) -> None:
    """Write the file once the database holds the same uuid: state ``ready``.

    `begun` says that a position was written, too, without which the database is not whole;
    a store that replaces a lost one counts as begun from the first, so that a stop before
    the gap is noted does not make a first run of it.
    """
    _write(identity_file(database), {"uuid": uuid, "state": "ready", "begun": begun})


def is_begun(database: Path) -> bool:
    """Whether the file says that a position was written."""
    known = _known(database)
    return known is not None and known.get("begun") is True


def check_file(database: Path) -> None:
    """Raise `StoreLost` where a store lived and no file, or an empty one, is left.

    Looked at before SQLite opens it, which would make a file and drop the log beside it.
    """
    if not database.is_file() or database.stat().st_size == 0:
        check_identity(database, None)


def check_identity(database: Path, uuid_in_database: str | None, positioned: bool = True) -> None:
    """Compare file and database.

    A store that was being created when the process died held nothing yet and is begun
    again; a database without its file (a restored copy) is taken as it is.

    Parameters
    ----------
    database : Path
    uuid_in_database : str or None
    positioned : bool
        Whether the database holds a position.

    Raises
    ------
    StoreLost
        The file names a store, and the database is empty or has lost its position.
    ConfigError
        The database is another store, or the file cannot be read.
    """
    known = _known(database)
    if known is None or (uuid_in_database is None and known["state"] == "creating"):
        return
    file, uuid = identity_file(database), known["uuid"]
    if uuid_in_database is None or (uuid == uuid_in_database and known.get("begun") and not positioned):
        found = "is empty" if uuid_in_database is None else "has lost its position"
        msg = (
            f"verdict store {database} {found}, but {file.name} says that store {uuid} lived here: verdicts "
            f"and the stream position are lost. Restore the database from a backup while the service is "
            f"stopped; otherwise it begins a new store and compares all that the source holds"
        )
        raise StoreLost(msg)
    if uuid != uuid_in_database:
        msg = (
            f"verdict store {database} is another one ({uuid_in_database}), but {file.name} says that store "
            f"{uuid} lived here: it was exchanged. Put the right database back; or, if this one is right, "
            f"delete {file}"
        )
        raise ConfigError(msg)


def set_aside(database: Path, at: int) -> None:
    """Rename what is left of a lost store, log and all; `at` (ms since 1970 UTC) is in the names."""
    for ending in ("", "-wal", "-shm"):
        left = database.with_name(database.name + ending)
        if left.exists():
            os.replace(left, database.with_name(f"{database.name}.lost-{at}{ending}"))


def _known(database: Path) -> dict[str, Any] | None:
    file = identity_file(database)
    try:
        known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        known["uuid"], known["state"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError) as error:
        msg = (
            f"{file}: expected the identity of the verdict store, got {error}; restore it, or delete it "
            f"if {database} is the right database"
        )
        raise ConfigError(msg) from None
    return known


def _write(file: Path, content: dict[str, Any]) -> None:
    temporary = file.with_name(file.name + ".tmp")
    with open(temporary, "w", encoding="utf-8") as out:
        json.dump(content, out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(temporary, file)
    if os.name == "posix":  # Windows cannot open a folder to flush it
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
