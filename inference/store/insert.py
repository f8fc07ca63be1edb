"""Many rows in few statements.

A statement gives up Python's lock once, not once a row, so that the threads that read ahead
and answer queries are in nobody's way; it also skips what SQLAlchemy does for each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table

ROWS_A_STATEMENT = 100


def insert_new(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> int:
    """Insert `rows`, leaving out those whose event is there already; how many were new.

    Parameters
    ----------
    connection : Connection
    table : Table
        With a unique ``event_token``.
    columns : tuple of str
        Names of the columns in each row.
    rows : sequence of tuple
        Values as the driver takes them.
    """
    marker = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    new = 0
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        part = rows[start : start + ROWS_A_STATEMENT]
        statement = _statement(table.name, columns, len(part), marker)
        values = tuple(chain.from_iterable(part))
        new += connection.exec_driver_sql(
            statement, values, execution_options={"preserve_rowcount": True}
        ).rowcount
    return new


@lru_cache(maxsize=4 * ROWS_A_STATEMENT)
def _statement(table: str, columns: tuple[str, ...], rows: int, marker: str) -> str:
    row = f"({', '.join([marker] * len(columns))})"
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)} "  # noqa: S608  # our own names
        "ON CONFLICT (event_token) DO NOTHING"
    )
