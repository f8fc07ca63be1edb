"""The identity file of a store: how a vanished database is noticed.

SQLite opens a missing, emptied or truncated file as a fresh, empty database, and a server's
database may be dropped and made again. Starting on that would be a silent "from now on". So
the store's uuid is kept twice, in the database and in ``<db>.id``; where only the file knows
it, the database was lost. SQLite also returns silently to an older state when its log vanishes,
at worst to one from before the first position: the file knows that there was one.

The file stands beside SQLite's database; that of a server in a folder of this machine, where
`server_place` says what stands for the database.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from core.errors import ConfigError, StoreLost


def identity_file(database: Path) -> Path:
    """Path of the identity file of this database file."""
    return database.with_name(database.name + ".id")


def server_place(folder: Path, url: URL) -> Path:
    """What stands for a server's database in `folder`: its name tells stores apart, not users."""
    host = url.host or _text(url.query.get("host")) or "local"
    port = url.port or _text(url.query.get("port")) or 5432
    names = (host, str(port), url.database or "")
    # Two names may look the same once they are fit for a file's name.
    mark = hashlib.sha256("\0".join(names).encode()).hexdigest()[:8]
    shown = re.sub(r"[^A-Za-z0-9.]+", "-", "-".join(names)).strip("-.")[:100]
    return folder / f"postgresql-{shown}-{mark}"


def begin_identity(database: Path, uuid: str) -> None:
    """Write the file before the database gets its row: state ``creating``."""
    _write(identity_file(database), {"uuid": uuid, "state": "creating", "begun": False})


def confirm_identity(database: Path, uuid: str, begun: bool, rows: int = 0) -> None:
    """Write the file once the database holds the same uuid: state ``ready``.

    `begun` says that a position was written, too, without which the database is not whole;
    a store that replaces a lost one counts as begun from the first, so that a stop before
    the gap is noted does not make a first run of it. `rows` is how many the database held when
    it was opened: a log that is laid over an older copy shows by having fewer.
    """
    _write(identity_file(database), {"uuid": uuid, "state": "ready", "begun": begun, "rows": rows})


def rows_known(database: Path) -> int:
    """How many rows the database held when it was opened last; 0 where the file does not say."""
    known = _known(database)
    rows = known.get("rows") if known is not None else None
    return rows if isinstance(rows, int) else 0


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


def check_identity(
    database: Path, uuid_in_database: str | None, positioned: bool = True, where: str | None = None
) -> None:
    """Compare file and database.

    A store that was being created when the process died held nothing yet and is begun
    again; a database without its file (a restored copy) is taken as it is.

    Parameters
    ----------
    database : Path
    uuid_in_database : str or None
    positioned : bool
        Whether the database holds a position.
    where : str, optional
        Name of a server's store in messages.

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
        log = ", without -wal and -shm beside it" if where is None else ""
        msg = (
            f"verdict store {where or database} {found}, but {file if where else file.name} says that store "
            f"{uuid} lived here: verdicts and the stream position are lost. Restore the database from a "
            f"backup while the service is stopped{log}; or start with SPRUE_ON_GAP=reconcile: all that the "
            f"source holds is judged again"
        )
        raise StoreLost(msg)
    if uuid != uuid_in_database:
        msg = (
            f"verdict store {where or database} is another one ({uuid_in_database}), but "
            f"{file if where else file.name} says that store {uuid} lived here: it was exchanged. Put the "
            f"right database back; or, if this one is right, delete {file}"
        )
        raise ConfigError(msg)


def set_aside(database: Path, at: int) -> None:
    """Rename what is left of a lost store, log and all; `at` (ms since 1970 UTC) is in the names."""
    for ending in ("", "-wal", "-shm"):
        left = database.with_name(database.name + ending)
        if left.exists():
            os.replace(left, database.with_name(f"{database.name}.lost-{at}{ending}"))


def _text(given: str | tuple[str, ...] | None) -> str:
    return given if isinstance(given, str) else ",".join(given or ())


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
