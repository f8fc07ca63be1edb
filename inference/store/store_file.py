"""The file of a SQLite store: locked, private, and the very same one while it is in use."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection

from core.errors import StoreLost
from inference.store.engine import make_private
from inference.store.founding import Known
from inference.store.identity import check_file, confirm_identity, rows_known
from inference.store.instance import InstanceLock
from inference.store.leftover_log import ROWS, check_log


class StoreFile:
    """What the one writer does with the file and the log beside it, apart from its tables.

    Parameters
    ----------
    path : Path
    where : str
        Name of the store in messages.
    """

    def __init__(self, path: Path, where: str) -> None:
        self._path, self._where = path, where
        self._lock = InstanceLock(path)
        self._taken: tuple[int, int] | None = None

    def take(self, *, anew: bool, first: bool) -> None:
        """Lock the file and look at it and its log, before SQLite opens it and touches either.

        Parameters
        ----------
        anew : bool
            The store was lost and is replaced: that the file is absent or empty is right.
        first : bool
            This writer did not have the store open before; the log may be another one's.

        Raises
        ------
        ConfigError
            Another process holds it, or file and log are not of one store.
        StoreLost
            A store lived here, and no file, or an empty one, is left.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)  # before the lock, which lies there, too
        self._lock.acquire()
        if not anew:
            check_file(self._path)
        if first or _inode(self._path) != self._taken:
            check_log(self._path)
        make_private(self._path)
        self._taken = _inode(self._path)

    def check(self) -> None:
        """Raise `StoreLost` when the file that was taken is gone or another one."""
        if os.name == "posix" and _inode(self._path) != self._taken:
            msg = f"{self._where}: the file was deleted or exchanged while it was in use; nothing was written"
            raise StoreLost(msg)

    def release(self) -> None:
        """Free the lock. Safe to call twice."""
        self._lock.release()

    def fold_in_log(self, connection: Connection) -> bool:
        """Put what SQLite's log holds into the file; whether that is done. Only then are its rows sure."""
        driver = connection.connection.driver_connection
        if driver is None:
            return False
        with suppress(connection.dialect.loaded_dbapi.Error):
            _, frames, folded = driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            return bool(frames == folded)
        return False

    def fold_away_log(self, connection: Connection) -> None:
        """Put what the log holds into the file and empty it, at the end of writing."""
        # Where it fails everything is committed still; the next start folds the log in.
        with suppress(connection.dialect.loaded_dbapi.Error):
            driver = connection.connection.driver_connection
            if driver is not None:
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def rows(self, connection: Connection, known: Known, *, sure: bool) -> int:
        """Rows of the store; fewer than its identity file says are noted before a log comes to be.

        Unless they are `sure`, because the log is folded in, those of the identity file.
        """
        noted = rows_known(self._path)
        if not sure:
            return noted
        rows = int(connection.exec_driver_sql(ROWS).scalar() or 0)
        if rows < noted:
            confirm_identity(self._path, known.uuid, known.positioned, rows)
        return rows


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
