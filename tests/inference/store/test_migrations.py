"""Stores of older programs, made by the DDL of their time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, text
from sqlalchemy.pool import NullPool

from core.errors import StoreUnavailable
from core.stream import Work
from inference.store.engine import parse_url, writer_engine
from inference.store.migrations.migrate import migrate, revision
from inference.store.reader import VerdictFilter, VerdictReader
from inference.store.sink import VerdictStore
from inference.store.tables import SCHEMA, dead_letter, metadata, position, store_identity, verdict

MakeWork = Callable[..., Work]
ROWS = 3


@pytest.fixture
def old_store(store_url: str) -> str:
    """A store of layout 1 with verdicts, a dead letter, a position and fill memory."""
    engine = writer_engine(parse_url(store_url))
    with engine.begin() as connection:
        migrate(connection, 0, 1)
        connection.execute(text("DROP TABLE alembic_version"))  # made by the program of then, not by Alembic
        identity = {"id": 1, "uuid": "0f8b", "schema_number": 1, "created": 1, "epoch": 4}
        connection.execute(insert(store_identity), identity)
        for i in range(ROWS):
            row = {
                "event_token": f"t{i}",
                "judged_at": 5,
                "shot_id": f"s{i}",
                "facility": "A-01",
                "route": "trained",
                "model_version": "v1",
                "outcome": "OK",
                "reasons": "[]",
                "filled": "{}",
                "flags": "[]",
            }
            connection.execute(insert(verdict), row)
        letter = {
            "event_token": "d1",
            "record_id": "r1",
            "reason": "not_a_number",
            "detail": "x",
            "raw": b"raw",
            "raw_length": 3,
            "raw_sha256": "0",
            "first_seen": 5,
            "attempts": 1,
            "state": "open",
        }
        connection.execute(insert(dead_letter), letter)
        stood = {"id": 1, "token_json": "{}", "cluster_t": 7, "cluster_i": 1, "kind": "event"}
        connection.execute(insert(position), stood | {"source_id": "plant.shots", "epoch": 4, "updated": 5})
        connection.execute(text("INSERT INTO fill_memory (facility, memory) VALUES ('A-01', '{}')"))
    return store_url


def _layout(connection: Connection) -> dict[str, Any]:
    found = inspect(connection)
    return {
        table: (
            {(c["name"], str(c["type"]), c["nullable"], str(c["default"])) for c in found.get_columns(table)},
            sorted((i["name"], tuple(i["column_names"])) for i in found.get_indexes(table)),
            found.get_pk_constraint(table)["constrained_columns"],
        )
        for table in metadata.tables
    }


def _engine(url: str) -> Engine:
    return create_engine(parse_url(url), poolclass=NullPool)


def _schema_number(url: str) -> int:
    with _engine(url).connect() as connection:
        return int(connection.scalar(text("SELECT schema_number FROM store_identity")) or 0)


@pytest.mark.fault_row(41)
def test_a_store_of_layout_1_is_opened_with_everything_it_held(old_store: str, make_work: MakeWork) -> None:
    store = VerdictStore(old_store)
    try:
        stored = store.position()
        assert stored is not None
        assert (stored.cluster_time, store.memory()) == ((7, 1), {"A-01": "{}"})
        assert store.write(make_work([{"token": "t0"}, {"token": "new"}], at=(8, 1))).replayed == 1
    finally:
        store.close()
    reader = VerdictReader(old_store)
    try:
        tokens = [v["event_token"] for v in reader.verdicts(VerdictFilter(), 10)[0]]
        assert sorted(tokens) == ["new", *(f"t{i}" for i in range(ROWS))]
        assert [d["event_token"] for d in reader.dead_letters(10)[0]] == ["d1"]
    finally:
        reader.close()
    assert _schema_number(old_store) == SCHEMA


def test_a_migrated_store_has_the_tables_of_a_new_one(
    old_store: str,
) -> None:
    store = VerdictStore(old_store)
    store.open()
    store.close()
    with _engine(old_store).connect() as connection:
        migrated = _layout(connection)
        for table in reversed(metadata.sorted_tables):
            table.drop(connection)
        metadata.create_all(connection)
        new = _layout(connection)
    assert {table: migrated[table] for table in new} == new


@pytest.mark.parametrize(
    "broken_off_at",
    ["ADD COLUMN origin", "TABLE audit", "TABLE threshold_choices", "TABLE drift", "UPDATE alembic_version"],
)
@pytest.mark.fault_row(41)
def test_a_migration_broken_off_in_the_middle_leaves_the_old_store(
    old_store: str, broken_off_at: str, make_work: MakeWork
) -> None:
    store = VerdictStore(old_store)
    broken: list[str] = []

    @event.listens_for(store._link._engine, "after_cursor_execute")
    def break_off(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if broken_off_at in statement and not broken:
            broken.append(statement)
            raise OSError(5, "the machine went away")

    try:
        with pytest.raises(StoreUnavailable, match="the machine went away"):
            store.open()
        assert broken
        assert _schema_number(old_store) == 1
        with _engine(old_store).connect() as connection:
            columns = {c["name"] for c in inspect(connection).get_columns("verdict")}
            assert not columns & {"record_id", "content", "origin"}
            assert not inspect(connection).has_table("gap")

        assert store.write(make_work([{"token": "t0"}, {"token": "new"}], at=(8, 1))).verdicts == 1
        assert _schema_number(old_store) == SCHEMA
    finally:
        store.close()


def test_alembic_knows_which_layout_a_migrated_store_has(old_store: str) -> None:
    store = VerdictStore(old_store)
    store.open()
    store.close()

    with _engine(old_store).connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == revision(SCHEMA)
