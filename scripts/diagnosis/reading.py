"""The verdict store opened so that nothing of it changes, not even a file beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.pool import NullPool

from inference.store.engine import reader_engine, sqlite_path
from scripts.diagnosis.finding import NotExamined

_BUSY_S = 3.0


@contextmanager
def reading(url: URL) -> Iterator[Connection]:
    """A connection that can only read; every statement by itself.

    Raises
    ------
    NotExamined
        Reading would have to change files.
    """
    path = sqlite_path(url)
    if path is None:
        engine = reader_engine(url)
    else:
        uri = unchanging_uri(path)
        engine = create_engine(
            "sqlite+pysqlite://",
            creator=lambda: sqlite3.connect(uri, uri=True, timeout=_BUSY_S, isolation_level=None),
            poolclass=NullPool,
        )
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection
    finally:
        engine.dispose()


def unchanging_uri(path: Path) -> str:
    """How to open a SQLite file so that no log and no index beside it are made.

    A store at rest is one file, which opened read-only would still get a log: it is opened
    as immutable. One that is written, or whose writer died, has its log and the log's index.

    Raises
    ------
    NotExamined
        There is a log without its index, which opening would make.
    """
    log, index = (path.with_name(path.name + end) for end in ("-wal", "-shm"))
    pending = log.is_file() and log.stat().st_size > 0
    if pending and not index.is_file():
        msg = f"{log.name} is not folded in yet and looking would change it; start ./sprue serve once"
        raise NotExamined(msg)
    how = "readonly_shm=1" if log.is_file() and index.is_file() else "immutable=1"
    return f"{path.absolute().as_uri()}?mode=ro&{how}"
