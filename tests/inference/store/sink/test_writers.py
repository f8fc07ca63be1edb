"""One writer at a time, of one program version, before and after a restart."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, update
from sqlalchemy.pool import NullPool

from core.errors import ConfigError, StoreUnavailable
from core.stream import Work
from inference.store.engine import parse_url
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from inference.store.tables import SCHEMA, store_identity
from tests.inference.store.sink.verdict_rows import rows_of

MakeWork = Callable[..., Work]


def test_reopened_store_goes_on_where_it_was(
    store: VerdictStore, store_url: str, make_work: MakeWork
) -> None:
    work = make_work(rows_of("t1"), memory={"A": "1"})
    store.write(work)
    store.close()
    store.close()

    again = VerdictStore(store_url)
    try:
        assert (again.position(), again.memory()) == (work.position, {"A": "1"})
        assert again.write(work).replayed == 1
    finally:
        again.close()


def test_a_second_writer_is_refused(store: VerdictStore, store_url: str) -> None:
    store.open()
    second = VerdictStore(store_url)
    try:
        with pytest.raises((ConfigError, StoreUnavailable), match=r"written by|another process writes"):
            second.open()
    finally:
        second.close()


@pytest.mark.fault_row(5)
def test_a_writer_that_was_taken_over_writes_no_more(
    store: VerdictStore, reader: VerdictReader, store_url: str, make_work: MakeWork
) -> None:
    # As when it slept for long, its lock was lost and another process opened the store.
    engine = create_engine(parse_url(store_url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(update(store_identity).values(epoch=store_identity.c.epoch + 1))

    for _ in range(2):
        with pytest.raises(ConfigError, match="took the store over"):
            store.write(make_work(rows_of("zombie")))
    assert reader.verdict("zombie") is None


@pytest.mark.fault_row(41)
def test_refuses_the_store_of_a_newer_program(store: VerdictStore, store_url: str) -> None:
    store.open()
    store.close()
    engine = create_engine(parse_url(store_url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(update(store_identity).values(schema_number=99))

    with pytest.raises(ConfigError, match=rf"table layout {SCHEMA}, got 99; update the program"):
        store.open()
