"""One writer per store: a lock file beside SQLite, an advisory lock in PostgreSQL."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import ConfigError

ADVISORY_LOCK = 0x5350525545  # "SPRUE": the key of PostgreSQL's pg_try_advisory_lock


def lock_file(database: Path) -> Path:
    """The file that is locked while a SQLite store is open for writing."""
    return database.with_name(database.name + ".lock")


class InstanceLock:
    """``<db>.lock``, held while the store is open; the system frees it when the process dies.

    The holder's pid and host stand in ``<db>.holder`` (a locked file cannot be read on Windows).
    """

    def __init__(self, database: Path) -> None:
        self._lock = FileLock(
            lock_file(database),
            # opened by one thread, closed by another
            thread_local=False,
        )
        self._holder = database.with_name(database.name + ".holder")
        self._database = database

    def acquire(self) -> None:
        """Take the lock; taking it twice is the same as once.

        Raises
        ------
        ConfigError
            Another process holds it.
        """
        if self._lock.is_locked:
            return
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            msg = f"{self._database} is already written by {self._other()}: stop that one first"
            raise ConfigError(msg) from None
        self._holder.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")

    def release(self) -> None:
        """Free the lock. Safe to call twice."""
        if self._lock.is_locked:
            self._holder.unlink(missing_ok=True)
            self._lock.release()

    def _other(self) -> str:
        try:
            return self._holder.read_text(encoding="utf-8") or "another process"
        except OSError:
            return "another process"
