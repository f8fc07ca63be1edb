"""Rows to learn predictions from, out of a PostgreSQL table or view."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from psycopg2 import sql

from core.profile import Profile
from ingest.history_query import HistoryQuery
from ingest.read_only import connected
from ingest.target_table import TargetTable, target_table

CHUNK_ROWS = 20_000


def target_history(url: str, profile: Profile, query: HistoryQuery) -> TargetTable:
    """All rows of a table, in one read-only transaction; makers and range as of the query.

    Nothing is kept on disk: what is measured by cutting parts up are hundreds of rows, not
    the millions of `ingest.history`.

    Parameters
    ----------
    url : str
        ``postgresql://user:password@host/database``; never shown in a message.
    profile : Profile
    query : HistoryQuery
        Its table may be ``schema.table``.

    Raises
    ------
    ConfigError
        The URL is not one.
    HistoryError
        There is no such table, or it is not what the profile expects.
    SourceUnavailable
        The database cannot be reached now.
    """
    where = f"history table {query.table!r}"
    return target_table(_frames(url, query.table), profile, where=where, query=query)


def _frames(url: str, table: str) -> Iterator[pd.DataFrame]:
    statement = sql.SQL("SELECT * FROM {}").format(sql.Identifier(*table.split(".")))
    with connected(url) as connection, connection.cursor(name="targets") as cursor:
        cursor.execute(statement)
        rows = cursor.fetchmany(CHUNK_ROWS)
        names = [column.name for column in cursor.description or ()]
        yield pd.DataFrame(rows, columns=names, dtype=object)
        while rows := cursor.fetchmany(CHUNK_ROWS):
            yield pd.DataFrame(rows, columns=names, dtype=object)
