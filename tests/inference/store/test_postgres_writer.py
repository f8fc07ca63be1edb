"""The writer on a server: fenced, durable, its lost answers looked up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
from sqlalchemy import event

from core.errors import ConfigError, StoreUnavailable
from core.stream import Work
from inference.store.sink import VerdictStore

MakeWork = Callable[..., Work]
OpenStore = Callable[[str], VerdictStore]
TokensIn = Callable[[str], list[str]]


def _backend(store: VerdictStore) -> int:
    assert store._link._connection is not None
    number = store._link._connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    store._link._connection.rollback()
    return int(number or 0)


def _terminate(url: str, backend: int) -> None:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))
    finally:
        connection.close()


def test_a_writer_that_slept_while_another_took_over_writes_nothing(
    fresh_postgres_url: str, open_store: OpenStore, tokens_in: TokensIn, make_work: MakeWork
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
    assert tokens_in(fresh_postgres_url) == ["t2", "t1"]


def test_a_batch_that_was_open_when_the_writer_slept_is_not_written(
    fresh_postgres_url: str, open_store: OpenStore, tokens_in: TokensIn, make_work: MakeWork
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

    assert tokens_in(fresh_postgres_url) == ["t2", "t1"]


@pytest.mark.parametrize("committed", [False, True])
def test_after_a_lost_answer_to_commit_the_position_says_what_happened(
    fresh_postgres_url: str, open_store: OpenStore, tokens_in: TokensIn, make_work: MakeWork, committed: bool
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
    assert tokens_in(fresh_postgres_url) == ["t2", "t1"]


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
    fresh_postgres_url: str, open_store: OpenStore, tokens_in: TokensIn, make_work: MakeWork
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
    assert tokens_in(fresh_postgres_url) == ["t1"]
