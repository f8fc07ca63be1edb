"""No room: said before anything is written, over by itself."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import psycopg2
import pytest

from core.errors import ConfigError, StoreFull, StoreUnavailable
from core.stream import Work
from inference.store.failure import failure
from inference.store.sink import VerdictStore

MakeWork = Callable[..., Work]


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


class Disk:
    """How much is free, and how often that was asked; a clock beside it."""

    def __init__(self) -> None:
        self.free, self.asked, self.now = 1000, 0, 1_795_000_000_000

    def usage(self, _folder: object) -> _Usage:
        self.asked += 1
        return _Usage(10_000, 0, self.free)

    def clock(self) -> int:
        return self.now


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(shutil, "disk_usage", made.usage)
    return made


@pytest.fixture
def url(sqlite_file: Path) -> str:
    return f"sqlite:///{sqlite_file.as_posix()}"


def test_below_the_minimum_nothing_is_written_until_there_is_room_again(
    disk: Disk, url: str, sqlite_file: Path, make_work: MakeWork
) -> None:
    store = VerdictStore(url, clock=disk.clock, min_free_bytes=500)
    work = make_work([{"token": "t1"}])
    try:
        store.open()
        disk.free, disk.now = 499, disk.now + 1000
        before = (sqlite_file.read_bytes(), sqlite_file.with_name("verdicts.sqlite-wal").read_bytes())
        with pytest.raises(StoreFull, match=r"at least 0 MB free, got 0 MB; nothing was written: free some"):
            store.write(work)
        assert before == (
            sqlite_file.read_bytes(),
            sqlite_file.with_name("verdicts.sqlite-wal").read_bytes(),
        )

        disk.free, disk.now = 500, disk.now + 1000
        assert store.write(work).verdicts == 1
    finally:
        store.close()


def test_the_disk_is_asked_once_a_second_at_most(disk: Disk, url: str, make_work: MakeWork) -> None:
    store = VerdictStore(url, clock=disk.clock, min_free_bytes=500)
    try:
        for i in range(5):
            store.write(make_work([{"token": f"t{i}"}]))
        assert disk.asked == 1
        disk.now -= 3_600_000  # a clock that was set back does not put the next look off
        store.write(make_work([{"token": "t9"}]))
        assert disk.asked == 2
    finally:
        store.close()


def test_a_first_start_without_room_makes_no_files(disk: Disk, url: str, sqlite_file: Path) -> None:
    disk.free = 0
    store = VerdictStore(url, clock=disk.clock, min_free_bytes=500)
    with pytest.raises(StoreFull):
        store.open()
    store.close()

    assert list(sqlite_file.parent.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_spent_quota_is_a_full_disk(number: int) -> None:
    assert isinstance(failure(OSError(number, "no room"), "here"), StoreFull)
    assert not isinstance(failure(OSError(errno.EACCES, "no"), "here"), StoreFull)


def test_a_failed_write_is_a_full_disk_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = sqlite3.OperationalError("disk I/O error")
    failed.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    assert type(failure(failed, "here", tmp_path / "x.sqlite")) is StoreUnavailable

    def no_room(**_given: Any) -> None:
        raise OSError(errno.EDQUOT, "quota exceeded")

    monkeypatch.setattr("tempfile.TemporaryFile", no_room)
    assert type(failure(failed, "here", tmp_path / "x.sqlite")) is StoreFull


def test_a_server_without_room_is_a_full_disk(fresh_postgres_url: str) -> None:
    connection = psycopg2.connect(fresh_postgres_url)
    try:
        with (
            connection.cursor() as cursor,
            pytest.raises(psycopg2.Error) as caught,
        ):
            cursor.execute("DO $$ BEGIN RAISE 'no space left' USING ERRCODE = '53100'; END $$")
    finally:
        connection.close()
    assert type(failure(caught.value, "here")) is StoreFull


@pytest.mark.parametrize("code", [sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB])
def test_damage_is_the_operators(code: int) -> None:
    damaged = sqlite3.DatabaseError("malformed")
    damaged.sqlite_errorcode = code
    assert isinstance(failure(damaged, "here"), ConfigError)
