"""The SQLite store when disk, permissions or the process fail."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import ConfigError, StoreUnavailable
from core.stream import Work
from inference.store.sink import VerdictStore

MakeWork = Callable[..., Work]

_ENDLESS_WRITER = textwrap.dedent(
    """
    import sys
    import numpy as np
    from core.stream import Position, Work
    from core.verdict import VERDICT_FIELDS, Verdicts
    from inference.store.sink import VerdictStore

    FILL = {"text": "x", "json": []}
    NUMPY = {"number": np.float64, "integer": np.int64, "time": np.int64}

    def batch(n):
        return Verdicts({
            f.name: np.ones(n, NUMPY[f.kind]) if f.kind in NUMPY else [FILL[f.kind]] * n
            for f in VERDICT_FIELDS
        })

    store = VerdictStore(sys.argv[1])
    stored = store.position()
    done = stored.cluster_time[0] if stored else 0
    print("ready", flush=True)
    while True:
        n = done % 7 + 1
        tokens = [str(done + 1 + i) for i in range(n)]
        done += n
        store.write(Work(Position("{}", (done, 0)), tokens, verdicts=batch(n)))
        print(done, flush=True)
    """
)


@pytest.fixture
def url(sqlite_file: Path) -> str:
    return f"sqlite:///{sqlite_file.as_posix()}"


def test_sigkill_at_random_moments_leaves_rows_equal_to_position(sqlite_file: Path, url: str) -> None:
    rng = random.Random(7)
    acknowledged = 0
    for _ in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", _ENDLESS_WRITER, url], stdout=subprocess.PIPE, text=True, encoding="utf-8"
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            for _ in range(rng.randrange(1, 60)):
                acknowledged = int(writer.stdout.readline())
            writer.kill()
            rest = writer.stdout.read().split("\n")
        acknowledged = max([acknowledged, *(int(line) for line in rest[:-1] if line)])

        with closing(sqlite3.connect(sqlite_file)) as database:
            (rows,) = database.execute("SELECT count(*) FROM verdict").fetchone()
            (position,) = database.execute("SELECT cluster_t FROM position").fetchone()
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert rows == position >= acknowledged


def test_full_disk_is_said_and_writing_goes_on_when_there_is_room(url: str, make_work: MakeWork) -> None:
    store = VerdictStore(url)
    store.open()
    assert store._link._connection is not None
    driver = store._link._connection.connection.driver_connection
    assert driver is not None
    (pages,) = driver.execute("PRAGMA page_count").fetchone()
    driver.execute(f"PRAGMA max_page_count = {pages + 4}")  # the limit is this connection's own
    large = [{"token": f"t{i}", "shot_id": "x" * 400} for i in range(500)]
    try:
        with pytest.raises(StoreUnavailable, match=r"sqlite: database or disk is full; .*free some"):
            store.write(make_work(large))
        assert store.position() is None

        assert store.write(make_work(large)).verdicts == 500
    finally:
        store.close()


def test_locked_database_is_said_and_writing_goes_on(
    sqlite_file: Path, url: str, make_work: MakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.store.engine.BUSY_TIMEOUT_MS", 50)
    store = VerdictStore(url)
    store.open()
    try:
        with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="database is locked; another program"):
                store.write(make_work([{"token": "t1"}]))
            other.execute("ROLLBACK")
        assert store.write(make_work([{"token": "t1"}])).verdicts == 1
    finally:
        store.close()


def test_a_file_that_is_no_database_is_named(sqlite_file: Path, url: str) -> None:
    sqlite_file.write_bytes(b"not a database " * 100)
    store = VerdictStore(url)
    try:
        with pytest.raises(ConfigError, match=r"verdicts\.sqlite: .*not a database; .*backup"):
            store.open()
    finally:
        store.close()


def test_a_folder_in_the_way_is_named(sqlite_file: Path, url: str) -> None:
    sqlite_file.mkdir()
    store = VerdictStore(url)
    try:
        with pytest.raises(StoreUnavailable, match=r"verdicts\.sqlite"):
            store.open()
    finally:
        store.close()


@pytest.mark.skipif(os.name != "posix", reason="file modes are a POSIX thing")
def test_only_the_owner_may_read_the_database(sqlite_file: Path, url: str, make_work: MakeWork) -> None:
    store = VerdictStore(url)
    store.write(make_work([{"token": "t1"}]))

    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in sqlite_file.parent.iterdir()
        if path.suffix in (".sqlite", ".sqlite-wal", ".sqlite-shm")
    }
    store.close()

    assert modes == dict.fromkeys(("verdicts.sqlite", "verdicts.sqlite-wal", "verdicts.sqlite-shm"), 0o600)


@pytest.mark.skipif(os.name != "posix", reason="needs SIGSTOP")
def test_a_stopped_writer_still_excludes_a_second_one_and_a_killed_one_does_not(url: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _ENDLESS_WRITER, url], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        writer.send_signal(signal.SIGSTOP)
        second = VerdictStore(url)
        try:
            with pytest.raises(ConfigError, match=rf"already written by process {writer.pid} on .*stop that"):
                second.open()
            writer.kill()
            writer.wait()
            second.open()
        finally:
            second.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sqlite://", "got one in memory"),
        ("sqlite:///:memory:", "got one in memory"),
        ("mysql://h/d", "expected sqlite or postgresql, got 'mysql'"),
        ("nonsense", "expected sqlite:///path"),
    ],
)
def test_a_wrong_store_url_names_its_setting(text: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=f"SPRUE_STORE_URL: .*{expected}"):
        VerdictStore(text)


def test_an_unreachable_server_is_named_without_its_password() -> None:
    store = VerdictStore("postgresql://judge:s3cret@127.0.0.1:1/plant")

    with pytest.raises(StoreUnavailable) as caught:
        store.position()
    assert "127.0.0.1:1/plant" in str(caught.value)
    assert "s3cret" not in str(caught.value)
