"""Many rows in few statements.

A statement gives up Python's lock once, not once a row, so that the threads that read ahead
and answer queries are in nobody's way; it also skips what SQLAlchemy does for each row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table

from core.stream import Phase

ROWS_A_STATEMENT = (1000, 100)
"""Taken as long as so many rows are left, then all that are: SQLite takes 32,766 values in one
statement, and a full batch in one costs a tenth less than in ten. Few sizes are used often, so
that the driver need not parse them again."""


def insert_new(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
    origin: Phase = "stream",
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
    origin : str
        Put into every row, where it is not the table's own default.
    """
    new = 0
    for start, stop in parts(len(rows)):
        statement = _statement(table.name, columns, stop - start, mark(connection), origin)
        values = tuple(chain.from_iterable(rows[start:stop]))
        new += connection.exec_driver_sql(
            statement, values, execution_options={"preserve_rowcount": True}
        ).rowcount
    return new


def mark(connection: Connection) -> str:
    """What stands for a parameter in the driver's SQL."""
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"


def parts(rows: int) -> Iterator[tuple[int, int]]:
    """First row and end of each statement that so many rows are written with.

    >>> list(parts(1203))
    [(0, 1000), (1000, 1100), (1100, 1200), (1200, 1203)]
    """
    start = 0
    for size in ROWS_A_STATEMENT:
        while rows - start >= size:
            yield start, start + size
            start += size
    if start < rows:
        yield start, rows


@lru_cache(maxsize=400)
def _statement(table: str, columns: tuple[str, ...], rows: int, marker: str, origin: Phase) -> str:
    values = [marker] * len(columns)
    if origin != "stream":
        columns, values = (*columns, "origin"), [*values, f"'{origin}'"]
    row = f"({', '.join(values)})"
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)} "  # noqa: S608  # our own names
        "ON CONFLICT (event_token) DO NOTHING"
    )
