"""Insert or change a row: SQLite and PostgreSQL say it alike, each in its own dialect."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table


def upserting(connection: Connection, table: Table) -> Any:
    """An insert of the connection's own dialect, which knows ``on_conflict_do_update``."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # a store in a file never needs it

    return postgresql.insert(table)
