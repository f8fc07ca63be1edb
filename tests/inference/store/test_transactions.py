"""SQLite: all of a batch or nothing, whatever happens to disk, lock or reader."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from core.errors import StoreFull, StoreUnavailable
from core.stream import Work
from inference.store.sink import VerdictStore

MakeWork = Callable[..., Work]
OpenStore = Callable[[str], VerdictStore]
TokensIn = Callable[[str], list[str]]


def _url(file: Path) -> str:
    return f"sqlite:///{file.as_posix()}"


def _driver(store: VerdictStore) -> Any:
    assert store._link._connection is not None
    return store._link._connection.connection.driver_connection


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
    sqlite_file: Path,
    open_store: OpenStore,
    tokens_in: TokensIn,
    make_work: MakeWork,
    monkeypatch: pytest.MonkeyPatch,
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
    assert tokens_in(_url(sqlite_file)) == ["t2", "t1"]


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
    sqlite_file: Path, open_store: OpenStore, tokens_in: TokensIn, make_work: MakeWork
) -> None:
    store = open_store(_url(sqlite_file))
    store.write(make_work([{"token": "t1"}]))
    store.close()
    before = sorted(path.name for path in sqlite_file.parent.iterdir())

    assert tokens_in(_url(sqlite_file)) == ["t1"]

    assert sorted(path.name for path in sqlite_file.parent.iterdir()) == before


def test_a_reader_that_ends_leaves_the_writers_log_alone(
    sqlite_file: Path, open_store: OpenStore, tokens_in: TokensIn, make_work: MakeWork
) -> None:
    store = open_store(_url(sqlite_file))
    store.write(make_work([{"token": "t1"}]))

    assert tokens_in(_url(sqlite_file)) == ["t1"]

    store.write(make_work([{"token": "t2"}], at=(2, 1)))
    assert tokens_in(_url(sqlite_file)) == ["t2", "t1"]
