"""A sample of a PostgreSQL table or view; read in a read-only transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
from psycopg2 import extensions, sql

from core.errors import ConfigError
from ingest.drafting.naming import process_name
from ingest.drafting.nested import without_lists
from ingest.drafting.sample import Sample
from ingest.drafting.thinning import BLOCK_ROWS, Thinning
from ingest.read_only import connected

_KIND = """
    SELECT c.relkind, c.reltuples FROM pg_catalog.pg_class AS c
    WHERE c.oid = to_regclass(%s)
"""


def sample_table(url: str, table: str, *, rows: int, progress: Callable[[int], None] | None = None) -> Sample:
    """The first rows of a table as the server gives them, and of a large one rows spread over it.

    Raises
    ------
    ConfigError
        The address is none, or there is no such table.
    SourceUnavailable
        The server does not answer.
    HistoryError
        The server refuses to read the table.
    """
    name = sql.Identifier(*table.split("."))
    kept = Thinning(rows + BLOCK_ROWS)
    with connected(url, what=f"table {table!r}") as connection:
        with connection.cursor() as cursor:
            cursor.execute(_KIND, (name.as_string(connection),))
            found = cursor.fetchone()
            if found is None:
                cursor.execute(
                    "SELECT schemaname || '.' || tablename FROM pg_catalog.pg_tables "
                    "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 LIMIT 12"
                )
                there = ", ".join(row[0] for row in cursor.fetchall()) or "none"
                raise ConfigError(
                    f"table {table!r}: expected a table or view, found none; there are: {there}"
                )
        kind, about = found[0], max(0, int(found[1]))
        large = kind == "r" and about > 2 * rows
        first = sql.SQL("SELECT * FROM {} LIMIT {}").format(
            name, sql.Literal(rows // 2 if large else rows + 1)
        )
        _read(connection, first, kept, 0, progress)
        if large:
            share = sql.Literal(min(100.0, 100.0 * (rows // 2) / about))
            spread = sql.SQL("SELECT * FROM {} TABLESAMPLE SYSTEM ({}) LIMIT {}")
            _read(connection, spread.format(name, share, sql.Literal(rows // 2)), kept, 1, progress)
    sample = kept.sample(f"PostgreSQL table {table}", process_name(table.split(".")[-1]))
    frame, notes = without_lists(sample.frame)
    return replace(sample, frame=frame, rows=max(about, len(frame)), notes=tuple(notes))


def _read(
    connection: extensions.connection,
    statement: sql.Composed,
    kept: Thinning,
    file: int,
    progress: Callable[[int], None] | None,
) -> None:
    with connection.cursor(name=f"sample_{file}") as cursor:
        cursor.itersize = BLOCK_ROWS
        cursor.execute(statement)
        while found := cursor.fetchmany(BLOCK_ROWS):
            assert cursor.description is not None
            names = [column.name for column in cursor.description]
            kept.add(_frame(found, names), file)
            if progress is not None:
                progress(kept.rows)


def _frame(rows: list[tuple[Any, ...]], names: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=names)
    for name in names:
        if pd.api.types.infer_dtype(frame[name], skipna=True) == "decimal":
            frame[name] = frame[name].map(lambda v: None if v is None else float(v)).astype(float)
    return frame
