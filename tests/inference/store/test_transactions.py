"""All of a batch or nothing, whatever happens to connection, lock or reader."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from core.errors import ConfigError, StoreFull, StoreUnavailable
from core.stream import Work
from inference.store.reader import VerdictFilter, VerdictReader
from inference.store.sink import VerdictStore

MakeWork = Callable[..., Work]


@pytest.fixture
def open_store() -> Iterator[Callable[[str], VerdictStore]]:
    made: list[VerdictStore] = []

    def make(url: str) -> VerdictStore:
        made.append(VerdictStore(url))
        return made[-1]

    yield make
    for store in made:
        store.close()


OpenStore = Callable[[str], VerdictStore]


def _url(file: Path) -> str:
    return f"sqlite:///{file.as_posix()}"


def _backend(store: VerdictStore) -> int:
    assert store._link._connection is not None
    number = store._link._connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    store._link._connection.rollback()
    return int(number or 0)


def _driver(store: VerdictStore) -> Any:
    assert store._link._connection is not None
    return store._link._connection.connection.driver_connection


def _terminate(url: str, backend: int) -> None:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))
    finally:
        connection.close()


def _tokens(url: str) -> list[str]:
    reader = VerdictReader(url)
    try:
        return [row["event_token"] for row in reader.verdicts(VerdictFilter(), 100)[0]]
    finally:
        reader.close()


# --- PostgreSQL ---------------------------------------------------------------------


def test_a_writer_that_slept_while_another_took_over_writes_nothing(
    fresh_postgres_url: str, open_store: OpenStore, make_work: MakeWork
) -> None:
    slept, second = open_store(fresh_postgres_url), open_store(fresh_postgres_url)
    slept.write(make_work([{"token": "t1"}]))
    with pytest.raises(ConfigError, match="another process writes this store"):
        second.open()
    _terminate(fresh_postgres_url, _backend(slept))  # the server gave the stopped one up

    second.write(make_work([{"token": "t2"}], at=(2, 1)))

    # It wakes: its connection is dead, then its lock is taken, then it is fenced; never does it write.
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            slept.write(make_work([{"token": "zombie"}], at=(3, 1)))
    second.close()
    for _ in range(2):
        with pytest.raises(ConfigError, match="another process took the store over"):
            slept.write(make_work([{"token": "zombie"}], at=(3, 1)))
    assert _tokens(fresh_postgres_url) == ["t2", "t1"]


def test_a_batch_that_was_open_when_the_writer_slept_is_not_written(
    fresh_postgres_url: str, open_store: OpenStore, make_work: MakeWork
) -> None:
    slept, second = open_store(fresh_postgres_url), open_store(fresh_postgres_url)
    slept.write(make_work([{"token": "t1"}]))
    backend = _backend(slept)

    woken: list[bool] = []

    @event.listens_for(slept._link._engine, "commit")
    def sleep(_connection: Any) -> None:
        if woken:
            return
        woken.append(True)
        _terminate(fresh_postgres_url, backend)
        second.write(make_work([{"token": "t2"}], at=(2, 1)))

    with pytest.raises(StoreUnavailable):
        slept.write(make_work([{"token": "zombie"}], at=(3, 1)))

    assert _tokens(fresh_postgres_url) == ["t2", "t1"]


@pytest.mark.parametrize("committed", [False, True])
def test_after_a_lost_answer_to_commit_the_position_says_what_happened(
    fresh_postgres_url: str, open_store: OpenStore, make_work: MakeWork, committed: bool
) -> None:
    store = open_store(fresh_postgres_url)
    store.write(make_work([{"token": "t1"}]))
    backend = _backend(store)

    lost: list[bool] = []

    @event.listens_for(store._link._engine, "commit")
    def lose(connection: Any) -> None:
        if lost:
            return
        lost.append(True)
        if committed:
            connection.connection.driver_connection.cursor().execute("COMMIT")
            connection.connection.driver_connection.cursor().execute("SELECT 1")  # begins another
        _terminate(fresh_postgres_url, backend)

    work = make_work([{"token": "t2"}], at=(2, 1))
    with pytest.raises(StoreUnavailable):
        store.write(work)

    stored = store.position()
    assert stored is not None
    assert stored.cluster_time == ((2, 1) if committed else (1, 1))
    assert store.write(work).replayed == (1 if committed else 0)
    assert _tokens(fresh_postgres_url) == ["t2", "t1"]


def test_what_the_server_acknowledged_is_on_its_disk(fresh_postgres_url: str, open_store: OpenStore) -> None:
    admin = psycopg2.connect(fresh_postgres_url)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        (name,) = cursor.fetchone() or ("",)
        cursor.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    admin.close()

    store = open_store(fresh_postgres_url)
    store.open()
    assert store._link._connection is not None
    said = store._link._connection.exec_driver_sql("SHOW synchronous_commit").scalar()
    assert said == "on"


def test_tables_that_vanish_from_the_server_are_no_fresh_start(
    fresh_postgres_url: str, open_store: OpenStore, make_work: MakeWork
) -> None:
    store = open_store(fresh_postgres_url)
    store.write(make_work([{"token": "t1"}]))
    admin = psycopg2.connect(fresh_postgres_url)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute("DROP TABLE store_identity, position")
    admin.close()

    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            store.write(make_work([{"token": "t2"}], at=(2, 1)))
    assert _tokens(fresh_postgres_url) == ["t1"]


# --- SQLite -------------------------------------------------------------------------


def test_the_cause_is_said_where_sqlite_rolls_back_by_itself(
    sqlite_file: Path, open_store: OpenStore, make_work: MakeWork
) -> None:
    store = open_store(_url(sqlite_file))
    store.write(make_work([{"token": "t1"}]))
    driver = _driver(store)
    (pages,) = driver.execute("PRAGMA page_count").fetchone()
    driver.execute(f"PRAGMA max_page_count = {pages + 1}")
    large = make_work([{"token": f"l{i}", "shot_id": "x" * 400} for i in range(500)], at=(2, 1))

    with pytest.raises(StoreFull, match="database or disk is full") as caught:
        store.write(large)

    cause = caught.value.__cause__
    assert isinstance(cause, DBAPIError)
    assert isinstance(cause.orig, sqlite3.OperationalError)
    assert cause.orig.sqlite_errorname == "SQLITE_FULL"
    assert store.write(large).verdicts == 500


def test_a_foreign_exclusive_lock_costs_nothing_but_time(
    sqlite_file: Path, open_store: OpenStore, make_work: MakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.store.engine.BUSY_TIMEOUT_MS", 50)
    store = open_store(_url(sqlite_file))
    store.write(make_work([{"token": "t1"}]))
    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="database is locked; another program"):
                store.write(make_work([{"token": "t2"}], at=(2, 1)))
        other.execute("ROLLBACK")

    assert store.write(make_work([{"token": "t2"}], at=(2, 1))).verdicts == 1
    assert _tokens(_url(sqlite_file)) == ["t2", "t1"]


def test_the_log_shrinks_once_a_long_reader_is_gone(
    sqlite_file: Path, open_store: OpenStore, make_work: MakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.store.engine._LOG_LIMIT_BYTES", 100_000)
    log = sqlite_file.with_name("verdicts.sqlite-wal")
    store = open_store(_url(sqlite_file))
    store.write(make_work([{"token": "t"}]))
    _driver(store).execute("PRAGMA wal_autocheckpoint = 50")
    with closing(
        sqlite3.connect(f"{sqlite_file.as_uri()}?mode=ro", uri=True, isolation_level=None)
    ) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM verdict").fetchall()
        for batch in range(8):
            rows = [{"token": f"{batch}-{i}", "shot_id": "x" * 300} for i in range(200)]
            store.write(make_work(rows, at=(batch + 2, 1)))
        grown = log.stat().st_size
        assert grown > 1_000_000
        reader.execute("COMMIT")
    for batch in range(3):
        store.write(make_work([{"token": f"after {batch}"}], at=(99 + batch, 1)))

    assert log.stat().st_size <= 100_000 + 50 * 4200


def test_looking_at_a_store_nobody_writes_leaves_no_file_behind(
    sqlite_file: Path, open_store: OpenStore, make_work: MakeWork
) -> None:
    store = open_store(_url(sqlite_file))
    store.write(make_work([{"token": "t1"}]))
    store.close()
    before = sorted(path.name for path in sqlite_file.parent.iterdir())

    assert _tokens(_url(sqlite_file)) == ["t1"]

    assert sorted(path.name for path in sqlite_file.parent.iterdir()) == before


def test_a_reader_that_ends_leaves_the_writers_log_alone(
    sqlite_file: Path, open_store: OpenStore, make_work: MakeWork
) -> None:
    store = open_store(_url(sqlite_file))
    store.write(make_work([{"token": "t1"}]))

    assert _tokens(_url(sqlite_file)) == ["t1"]

    store.write(make_work([{"token": "t2"}], at=(2, 1)))
    assert _tokens(_url(sqlite_file)) == ["t2", "t1"]
