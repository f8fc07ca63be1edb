"""The identity file beside a SQLite store: how a vanished database is noticed.

SQLite opens a missing, emptied or truncated file as a fresh, empty database. Starting
on that would be a silent "from now on". So the store's uuid is kept twice, in the
database and in ``<db>.id``; where only the file knows it, the database was lost.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from core.errors import ConfigError


def identity_file(database: Path) -> Path:
    """Path of the identity file of this database file."""
    return database.with_name(database.name + ".id")


def begin_identity(database: Path, uuid: str) -> None:
    """Write the file before the database gets its row: state ``creating``."""
    _write(identity_file(database), {"uuid": uuid, "state": "creating"})


def confirm_identity(database: Path, uuid: str) -> None:
    """Write the file once the database holds the same uuid: state ``ready``."""
    _write(identity_file(database), {"uuid": uuid, "state": "ready"})


def check_identity(database: Path, uuid_in_database: str | None) -> None:
    """Compare file and database.

    A store that was being created when the process died held nothing yet and is begun
    again; a database without its file (a restored copy) is taken as it is.

    Raises
    ------
    ConfigError
        The file names a store that the database is not: it vanished or was exchanged.
    """
    file = identity_file(database)
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        uuid, state = known["uuid"], known["state"]
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError, OSError) as error:
        msg = (
            f"{file}: expected the identity of the verdict store, got {error}; restore it, or delete it "
            f"if {database} is the right database"
        )
        raise ConfigError(msg) from None
    if uuid == uuid_in_database or (uuid_in_database is None and state == "creating"):
        return
    found = "is empty" if uuid_in_database is None else f"is another one ({uuid_in_database})"
    msg = (
        f"verdict store {database} {found}, but {file.name} says that store {uuid} lived here: verdicts and "
        f"the stream position are lost or were exchanged. Restore the database from a backup; or, to begin "
        f"anew, delete {file} and set SPRUE_START_FROM to where judging shall begin"
    )
    raise ConfigError(msg)


def _write(file: Path, content: dict[str, str]) -> None:
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
