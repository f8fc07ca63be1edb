"""What a database's error means to whoever must act."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from core.errors import ConfigError, SprueError, StoreFull, StoreUnavailable
from inference.store.engine import why
from inference.store.space import FULL, is_full

_DISK_FULL = "53100"
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_CANNOT_WRITE = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


def failure(cause: BaseException | None, where: str, path: Path | None = None) -> SprueError:
    """The error to raise for what a driver raised.

    Parameters
    ----------
    cause : BaseException or None
        The driver's own error, or the system's.
    where : str
        Name of the store in messages.
    path : Path, optional
        File of a SQLite store.

    Returns
    -------
    SprueError
        `StoreFull`, `ConfigError` for a damaged file, else `StoreUnavailable`.
    """
    if isinstance(cause, OSError):
        kind = StoreFull if cause.errno in FULL else StoreUnavailable
        return kind(f"{where}: {cause}; it is tried again")
    said = why(cause, where)
    code = (getattr(cause, "sqlite_errorcode", None) or 0) & 0xFF
    if code in _DAMAGED:
        msg = f"{said}. The log ({where}-wal) belongs to it: keep and restore both together"
        return ConfigError(msg)
    if code == sqlite3.SQLITE_FULL or getattr(cause, "pgcode", None) == _DISK_FULL:
        return StoreFull(said)
    if path is not None and code in _CANNOT_WRITE and is_full(path.parent):
        return StoreFull(f"{said}; the disk is full: free some space, writing goes on by itself")
    return StoreUnavailable(said)
