from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest

from core.errors import ConfigError, StoreUnavailable
from ingest.plant import Plant, PlantChunk, load_history


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def test_history_arrives_whole_and_typed(plant: Plant, fresh_postgres_url: str) -> None:
    assert load_history(fresh_postgres_url, "shot_history", plant.history(3000)) == 3000
    frame = next(plant.history(3000)).frame
    first = frame.iloc[0]
    rows = ask(
        fresh_postgres_url,
        'SELECT id, "time", item, lot_good, cycle_time FROM shot_history ORDER BY "time", id LIMIT 1',
    )
    assert rows == [
        (
            first["id"],
            first["time"].to_pydatetime(),
            first["item"],
            first["lot_good"],
            first["cycle_time"],
        )
    ]
    nulls = ask(
        fresh_postgres_url, "SELECT count(*) FROM shot_history WHERE 'NaN' IN (cycle_time, cushion_stroke)"
    )
    assert nulls == [(0,)]
    columns = ask(
        fresh_postgres_url,
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'shot_history'",
    )
    assert {str(c) for (c,) in columns} == set(frame)


def test_own_table_is_made_afresh(plant: Plant, fresh_postgres_url: str) -> None:
    load_history(fresh_postgres_url, "shot_history", plant.history(500))
    load_history(fresh_postgres_url, "public.shot_history", plant.history(200))
    assert ask(fresh_postgres_url, "SELECT count(*) FROM shot_history") == [(200,)]


def test_somebody_elses_table_is_kept_unless_told_otherwise(plant: Plant, fresh_postgres_url: str) -> None:
    ask(fresh_postgres_url, "CREATE TABLE shot_history AS SELECT 1 AS precious")
    with pytest.raises(ConfigError, match=r"shot_history.*--replace"):
        load_history(fresh_postgres_url, "shot_history", plant.history(100))
    assert ask(fresh_postgres_url, "SELECT precious FROM shot_history") == [(1,)]
    load_history(fresh_postgres_url, "shot_history", plant.history(100), replace=True)
    assert ask(fresh_postgres_url, "SELECT count(*) FROM shot_history") == [(100,)]


def test_interrupted_load_leaves_the_old_table(plant: Plant, fresh_postgres_url: str) -> None:
    load_history(fresh_postgres_url, "shot_history", plant.history(100))

    def broken() -> Iterator[PlantChunk]:
        yield from plant.history(50)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_history(fresh_postgres_url, "shot_history", broken())
    assert ask(fresh_postgres_url, "SELECT count(*) FROM shot_history") == [(100,)]


def test_no_server_is_said_without_the_password(plant: Plant) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        load_history("postgresql://me:s3cret@127.0.0.1:1/plant", "shot_history", plant.history(1))
    assert "127.0.0.1:1" in str(caught.value)
    assert "s3cret" not in str(caught.value)
