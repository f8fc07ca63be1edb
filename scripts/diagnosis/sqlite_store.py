"""The files of a SQLite verdict store."""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from core.errors import ConfigError, StoreLost
from inference.store.identity import check_identity, identity_file
from scripts.diagnosis.finding import Finding, note, ok, problem, said_by, warning

PATIENCE_S = 20.0
"""Longest look at the file's pages; a store of years takes minutes."""
SAFE_SQLITE = (3, 51, 3)
LARGE_LOG = 256 * 2**20
_STEPS = 10_000


def library(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> Finding:
    """The SQLite that came with this Python."""
    said = f"SQLite {'.'.join(map(str, version))}"
    if version >= SAFE_SQLITE:
        return ok("library", said)
    return note(
        "library",
        f"{said}: before 3.51.3 two writers at once can damage a file; sprue is one writer and unaffected",
        "write to the file with nothing else",
    )


def absent(path: Path) -> Finding:
    """What it means that there is no database file."""
    try:
        check_identity(path, None)
    except (ConfigError, StoreLost) as error:
        return said_by("file", error)
    return note("file", f"{path.absolute()} is not there yet; the first start makes it")


def identity(path: Path, uuid: str | None) -> Finding:
    """Whether the database is the one that lived here."""
    check_identity(path, uuid)
    if uuid is not None and not identity_file(path).is_file():
        return note(
            "identity", f"no {identity_file(path).name} beside it (a restored copy?); a start writes it"
        )
    return ok("identity", f"{uuid or 'none yet'}, {path.stat().st_size / 1e6:,.1f} MB in {path.absolute()}")


def whole(connection: Connection, patience_s: float = PATIENCE_S) -> Finding:
    """SQLite's own quick check, within a time."""
    driver: Any = connection.connection.driver_connection
    deadline = time.monotonic() + patience_s
    driver.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        said = [str(row[0]) for row in driver.execute("PRAGMA quick_check(5)")]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return note("quick check", f"not finished in {patience_s:.0f} s; nothing wrong until there")
    except sqlite3.DatabaseError as error:
        said = [str(error)]
    finally:
        driver.set_progress_handler(None, 0)
    if said == ["ok"]:
        return ok("quick check", "no damage")
    return problem(
        "quick check",
        expected="a file without damage",
        found="; ".join(said)[:400],
        advice="stop sprue, keep a copy of the file with its -wal, and restore it from a backup",
    )


def log_size(path: Path) -> Finding:
    """The write-ahead log, which every start and every 16 MB folds in."""
    log = path.with_name(path.name + "-wal")
    size = log.stat().st_size if log.is_file() else 0
    said = f"{size / 1e6:,.1f} MB"
    if size <= LARGE_LOG:
        return ok("write-ahead log", said)
    return warning(
        "write-ahead log",
        expected=f"at most {LARGE_LOG / 1e6:,.0f} MB",
        found=said,
        advice="another program keeps reading the file: close it, the log is folded in by itself",
    )


def holder(path: Path) -> Iterator[Finding]:
    """Who writes the store, by what the holder says and the system knows; no lock is tried."""
    held, who = held_by(path)
    if held is None:
        yield note(
            "writer",
            f"{who}, or nobody if that one ended without letting go",
            'Windows: tasklist /fi "PID eq NUMBER" says whether it runs',
        )
        return
    if held:
        yield ok("writer", f"held by {who or 'another process'}: a service runs on this store")
    elif who:
        yield note("writer", f"nobody; {who} ended without letting go (a crash): harmless, its lock is free")
    else:
        yield ok("writer", "nobody: no service runs on this store")


def held_by(path: Path) -> tuple[bool | None, str]:
    """Whether somebody writes the store, None where that cannot be told; and who says so."""
    lock, said = (path.with_name(path.name + end) for end in (".lock", ".holder"))
    try:
        who = said.read_text(encoding="utf-8").strip()
    except OSError:
        who = ""
    held = locked(lock, Path("/proc/locks"))
    if held is None:
        held = alive(who) if who else False
    return held, who


def locked(lock: Path, table: Path) -> bool | None:
    """Whether the kernel's table names a lock on this file; None where there is no such table."""
    try:
        lines = table.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    if not lock.is_file():
        return False
    inode = str(lock.stat().st_ino)
    return any(part.rpartition(":")[2] == inode for line in lines for part in line.split() if ":" in part[1:])


def alive(holder: str) -> bool | None:
    """Whether ``process PID on HOST`` runs; None where that cannot be told."""
    words = holder.split()
    if os.name != "posix" or len(words) != 4 or words[3] != socket.gethostname() or not words[1].isdecimal():
        return None
    try:
        os.kill(int(words[1]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
