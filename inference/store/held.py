"""Whether somebody writes a store now, without becoming a writer."""

from __future__ import annotations

from filelock import FileLock, Timeout
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.errors import StoreUnavailable
from inference.store.engine import parse_url, place, reader_engine, sqlite_path, why
from inference.store.instance import ADVISORY_LOCK, lock_file

_HELD = text(
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
    "AND classid::bigint = :high AND objid::bigint = :low "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)


def is_written(url: str) -> bool:
    """Whether a process holds the store open for writing.

    SQLite's lock is taken for a moment to know it; a lock file that this user may not open
    is taken for one that is held.

    Raises
    ------
    StoreUnavailable
        The server does not answer.
    """
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    if path is not None:
        file = lock_file(path)
        if not file.exists():
            return False
        try:
            with FileLock(file, timeout=0):
                return False
        except (Timeout, PermissionError):
            return True
    engine = reader_engine(parsed)
    halves = {"high": ADVISORY_LOCK >> 32, "low": ADVISORY_LOCK & 0xFFFFFFFF}
    try:
        with engine.connect() as connection:
            return bool(connection.scalar(_HELD, halves))
    except DBAPIError as error:
        raise StoreUnavailable(why(error.orig, place(parsed))) from error
    finally:
        engine.dispose()
