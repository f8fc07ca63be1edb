"""Connections to the verdict store: one writer, any number of read-only readers."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool, QueuePool

from core.config import redacted
from core.errors import ConfigError

BUSY_TIMEOUT_MS = 5_000
_CONNECT_TIMEOUT_S = 5
_STATEMENT_TIMEOUT_MS = 30_000
_KEPT_READERS = 4
_LOG_LIMIT_BYTES = 64 * 2**20
# A verdict that was acknowledged is on the disk whatever the server's default says; and the server
# lets go of the lock of a writer whose machine vanished within a minute, not after two hours.
_WRITER_OPTIONS = (
    "-c synchronous_commit=on -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 "
    "-c tcp_keepalives_count=3"
)
_KEEPALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


def parse_url(text: str) -> URL:
    """The store's URL with its driver spelled out.

    Raises
    ------
    ConfigError
        It is no URL, names no SQLite file, or another kind of database.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        msg = "SPRUE_STORE_URL: expected sqlite:///path/to/file or postgresql://user@host/database"
        raise ConfigError(msg) from None
    kind = url.get_backend_name()
    if kind == "postgresql":
        return url.set(drivername="postgresql+psycopg2")
    if kind != "sqlite":
        msg = f"SPRUE_STORE_URL: expected sqlite or postgresql, got {kind!r}"
        raise ConfigError(msg)
    if not url.database or url.database == ":memory:":
        msg = "SPRUE_STORE_URL: expected a SQLite file (sqlite:///var/verdicts.sqlite), got one in memory"
        raise ConfigError(msg)
    return url.set(drivername="sqlite+pysqlite")


def sqlite_path(url: URL) -> Path | None:
    """The database's file, None for a server."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def place(url: URL) -> str:
    """The store's name in messages: the file's path, or the URL without its password."""
    path = sqlite_path(url)
    return str(path) if path else redacted(url.render_as_string(hide_password=True))


def writer_engine(url: URL) -> Engine:
    """Engine of the one writer; each ``connect`` is a new connection, kept by the caller."""
    path = sqlite_path(url)
    if path is None:
        return create_engine(
            url,
            poolclass=NullPool,
            connect_args={"connect_timeout": _CONNECT_TIMEOUT_S, "options": _WRITER_OPTIONS, **_KEEPALIVE},
        )
    engine = create_engine(
        url, poolclass=NullPool, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver's own transaction handling would begin late and deferred; ours is below.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA mmap_size = 0")
        connection.execute("PRAGMA temp_store = MEMORY")
        # The ends of all indexes stay at hand, and a backlog is folded in every 16 MB of log, not every 4.
        connection.execute("PRAGMA cache_size = -16384")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        # A reader that stayed long lets the log grow; once it is folded in, the file shrinks to this.
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_LIMIT_BYTES}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def reader_engine(url: URL) -> Engine:
    """Engine of the readers: it cannot write, and it never makes the writer wait."""
    path = sqlite_path(url)
    if path is None:
        options = f"-c default_transaction_read_only=on -c statement_timeout={_STATEMENT_TIMEOUT_MS}"
        return create_engine(
            url,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT_TIMEOUT_S, "options": options},
        )
    uri = f"{path.absolute().as_uri()}?mode=ro"

    def connect() -> sqlite3.Connection:
        check_access(path)
        return sqlite3.connect(
            uri, uri=True, timeout=BUSY_TIMEOUT_MS / 1000, check_same_thread=False, isolation_level=None
        )

    engine = create_engine(
        "sqlite+pysqlite://",
        creator=connect,
        # Kept: a new connection reads the schema first, ten times the cost of a query. Without
        # a transaction none holds an old snapshot, so the WAL stays short.
        poolclass=QueuePool,
        pool_size=_KEPT_READERS,
        max_overflow=-1,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute("PRAGMA query_only = ON")

    return engine


def make_private(path: Path) -> None:
    """Create the database file readable by its owner alone; SQLite gives -wal and -shm its mode.

    A file that is there is not even opened: closing it would free the locks that SQLite
    holds on it for other connections of this process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    check_access(path)


def check_access(path: Path) -> None:
    """Raise `PermissionError` for a file that is there and that this user may not write.

    Asked before SQLite opens it, even for reading: the log it makes beside gets the file's own
    mode, and would keep the writer out when the file itself may be written again.
    """
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise PermissionError(
            errno.EACCES, "this user may not read and write it: give it permission", str(path)
        )


def fold_in(path: Path) -> None:
    """Remove the empty log that reading leaves beside a store nobody writes.

    A connection that may write removes it on closing, if it is the last one; it writes nothing.
    """
    log = path.with_name(path.name + "-wal")
    if not log.is_file() or log.stat().st_size:
        return
    uri = f"{path.absolute().as_uri()}?mode=rw"
    with suppress(sqlite3.Error), closing(sqlite3.connect(uri, uri=True, timeout=0)) as connection:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()


def why(cause: BaseException | None, where: str) -> str:
    """One sentence for the operator: what the driver said and what to do."""
    said = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return f"{where}: {said}; {_SQLITE_ADVICE.get(code & 0xFF, 'it is tried again')}"
    state = getattr(cause, "pgcode", None) or ""
    return f"{where}: {said}; {_POSTGRES_ADVICE.get(state[:2], 'it is tried again')}"


_SQLITE_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space, writing goes on by itself",
    sqlite3.SQLITE_BUSY: "another program locks the file: close it, writing goes on by itself",
    sqlite3.SQLITE_LOCKED: "another program locks the file: close it, writing goes on by itself",
    sqlite3.SQLITE_READONLY: "the file or its folder is read-only for this user: give it write permission",
    sqlite3.SQLITE_PERM: "this user may not open the file: give it permission",
    sqlite3.SQLITE_CANTOPEN: "check that the folder exists and that this user may write there",
    sqlite3.SQLITE_IOERR: "the disk failed a read or a write: check the disk, it is tried again",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: stop, keep a copy, restore it from a backup",
    sqlite3.SQLITE_NOTADB: "the file is no SQLite database: stop, keep a copy, restore it from a backup",
}
_POSTGRES_ADVICE = {
    "53": "the server is out of disk, memory or connections: make room, writing goes on by itself",
    "28": "user or password is not accepted: check SPRUE_STORE_URL",
    "3D": "the database does not exist: create it or correct SPRUE_STORE_URL",
    "42": "this user may not use the tables: grant it the schema",
    "25": "the server is read-only: check that SPRUE_STORE_URL names the primary",
}
