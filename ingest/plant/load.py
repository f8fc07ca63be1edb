"""Writes the plant's history into PostgreSQL."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pandas as pd
import psycopg2
import psycopg2.extensions
import pyarrow as pa
import pyarrow.csv
from psycopg2 import sql

from core.config import redacted
from core.errors import ConfigError, StoreUnavailable
from ingest.plant.simulator import PlantChunk

MARK = "simulated by sprue"
"""Comment on our own tables; any other table is somebody's data."""
_KEY_TYPES = {
    "id": "text PRIMARY KEY",
    "time": "timestamptz NOT NULL",
    "maker": "text NOT NULL",
    "facility": "text NOT NULL",
    "item": "text NOT NULL",
    "lot_good": "bigint NOT NULL",
    "lot_bad": "bigint NOT NULL",
}


def load_history(url: str, table: str, chunks: Iterable[PlantChunk], *, replace: bool = False) -> int:
    """Make the history table afresh and copy every chunk into it, in one transaction.

    Parameters
    ----------
    url : str
        PostgreSQL connection string.
    table : str
        Name, ``schema.name`` allowed; the schema must exist.
    chunks : iterable of PlantChunk
        The first one decides the columns. Only the frames are written, never the truth.
    replace : bool
        Also overwrite a table that this function did not make.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    ConfigError
        The table exists and is not ours.
    StoreUnavailable
        PostgreSQL cannot be reached.
    """
    try:
        connection = psycopg2.connect(url, connect_timeout=10)
    except psycopg2.OperationalError as error:
        msg = f"PostgreSQL at {redacted(url)}: expected a connection, got {error}; is it running?"
        raise StoreUnavailable(msg) from error
    name = sql.Identifier(*table.split("."))
    rows = 0
    try:
        with connection:
            for chunk in chunks:
                if rows == 0:
                    _make_table(connection, table, name, chunk.frame.columns.tolist(), replace=replace)
                _copy(connection, name, chunk.frame)
                rows += len(chunk.frame)
            if rows:
                with connection.cursor() as cursor:
                    cursor.execute(sql.SQL("CREATE INDEX ON {} (maker, time, id)").format(name))
                    cursor.execute(sql.SQL("ANALYZE {}").format(name))
    finally:
        connection.close()
    return rows


def _make_table(
    connection: psycopg2.extensions.connection,
    table: str,
    name: sql.Identifier,
    columns: list[str],
    *,
    replace: bool,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass(%s) IS NOT NULL, obj_description(to_regclass(%s), 'pg_class')",
            (name.as_string(connection),) * 2,
        )
        row = cursor.fetchone()
        assert row is not None
        exists, comment = row
        if exists and comment != MARK and not replace:
            msg = (
                f"table {table!r}: expected none, or one made by the simulator, but it holds other data; "
                f"choose another with SPRUE_HISTORY_TABLE, or overwrite it with --replace"
            )
            raise ConfigError(msg)
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))
        declared = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(_KEY_TYPES.get(c, "double precision")))
            for c in columns
        )
        cursor.execute(sql.SQL("CREATE TABLE {} ({})").format(name, declared))
        cursor.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(name, sql.Literal(MARK)))


def _copy(connection: psycopg2.extensions.connection, name: sql.Identifier, frame: pd.DataFrame) -> None:
    """COPY a frame through CSV: null is an empty field, text is quoted, so both stay apart."""
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(
        pa.Table.from_pandas(frame, preserve_index=False),
        buffer,
        pyarrow.csv.WriteOptions(include_header=False),
    )
    buffer.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(name), buffer)
