"""A log that a killed writer left beside a SQLite store, and whether it belongs to this file.

SQLite lays whatever log it finds over the file, without a word. Over a copy restored from a
backup it makes a mixture: the position of the one, verdicts of the other. So the store is looked
at before it is opened for writing: closing a connection that may write would fold the log into
the copy and spoil it.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from core.errors import ConfigError
from inference.store.identity import rows_known

PATIENCE_S = 20.0
"""Longest look at the pages; a store of years takes minutes, and passes."""
_STEPS = 10_000
ROWS = "SELECT (SELECT coalesce(max(seq), 0) FROM verdict) + (SELECT coalesce(max(seq), 0) FROM dead_letter)"
"""How many rows were ever written: none is deleted."""


def log_file(database: Path) -> Path:
    """Path of SQLite's log of this database file."""
    return database.with_name(database.name + "-wal")


def check_log(database: Path, patience_s: float = PATIENCE_S) -> None:
    """Raise `ConfigError` where file and log are not of one store; without a log all is well.

    Parameters
    ----------
    database : Path
    patience_s : float
        Seconds after which the look at the pages ends, without a finding.
    """
    log = log_file(database)
    if not log.is_file() or not log.stat().st_size:
        return
    expected = rows_known(database)
    uri = f"{database.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=0, isolation_level=None)) as connection:
            (rows,) = connection.execute(ROWS).fetchone()
            said = "ok" if rows >= expected else f"{rows} rows where there were {expected}"
            if said == "ok":
                said = _quick_check(connection, patience_s)
    except sqlite3.Error as error:
        if (getattr(error, "sqlite_errorcode", 0) & 0xFF) != sqlite3.SQLITE_CORRUPT:
            return  # not there, locked, no tables, no database: opening it for writing says so
        said = str(error)
    if said != "ok":
        msg = (
            f"{database}: expected a whole store, got: {said.splitlines()[-1]}. {log.name} beside it may be "
            f"of another state of the file, as after restoring a copy: restore the copy once more, without "
            f"-wal and -shm beside it (keep them elsewhere); nothing was written"
        )
        raise ConfigError(msg)


def _quick_check(connection: sqlite3.Connection, patience_s: float) -> str:
    deadline = time.monotonic() + patience_s
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return "ok"
