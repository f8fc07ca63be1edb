"""The statements of every transaction, as text: putting them together costs more than running them.

SQLite and PostgreSQL take the same ones; only the mark of a parameter differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from core.stream import Position
from inference.store.insert import mark, parts
from inference.store.rows import safe_key, safe_text

_POSITION = ("token_json", "cluster_t", "cluster_i", "kind", "source_id")
"""Columns of `core.stream.Position`."""


def is_mine(connection: Connection, epoch: int | None) -> bool:
    """Whether `epoch` is still the store's; locks its row in PostgreSQL, so that it stays so."""
    found = connection.exec_driver_sql(
        _marked("UPDATE store_identity SET epoch = ? WHERE epoch = ?", connection), (epoch, epoch)
    )
    return found.rowcount == 1


def last_seq(connection: Connection) -> int:
    """Number of the verdict written last, 0 where there is none."""
    return connection.exec_driver_sql("SELECT max(seq) FROM verdict").scalar() or 0


def written_after(connection: Connection, seq: int) -> Counter[tuple[str, str]]:
    """How many verdicts stand after `seq`, by ``(outcome, route)``."""
    query = "SELECT outcome, route, count(*) FROM verdict WHERE seq > ? GROUP BY outcome, route"
    found = connection.exec_driver_sql(_marked(query, connection), (seq,))
    return Counter({(outcome, route): n for outcome, route, n in found})


def remember(connection: Connection, memory: Mapping[str, str]) -> None:
    """Put these facilities' fill memory in the place of what was known of them."""
    # Two names may become one by what is left out of them; a statement takes each but once.
    safe = {safe_key(facility): safe_text(known) for facility, known in memory.items()}
    values = [text for pair in safe.items() for text in pair]
    for start, stop in parts(len(safe)):
        rows = ", ".join(["(?, ?)"] * (stop - start))
        statement = (
            f"INSERT INTO fill_memory (facility, memory) VALUES {rows} "  # noqa: S608  # marks alone
            "ON CONFLICT (facility) DO UPDATE SET memory = excluded.memory"
        )
        connection.exec_driver_sql(_marked(statement, connection), tuple(values[2 * start : 2 * stop]))


def stored_position(connection: Connection) -> Position | None:
    """The position written last, None on a first run."""
    row = connection.exec_driver_sql(f"SELECT {', '.join(_POSITION)} FROM position").one_or_none()  # noqa: S608  # own names
    if row is None:
        return None
    token_json, seconds, increment, kind, source_id = row
    return Position(token_json, (seconds, increment), kind, source_id)


def put_position(connection: Connection, position: Position, epoch: int | None, now: int) -> None:
    """Write the one row that says where the stream stands; `now` in ms since 1970 UTC."""
    row: dict[str, Any] = {
        "id": 1,
        "token_json": position.token_json,
        "cluster_t": position.cluster_time[0],
        "cluster_i": position.cluster_time[1],
        "kind": position.kind,
        "source_id": position.source_id,
        "epoch": epoch,
        "updated": now,
    }
    changed = ", ".join(f"{name} = excluded.{name}" for name in list(row)[1:])
    statement = (
        f"INSERT INTO position ({', '.join(row)}) VALUES ({', '.join('?' * len(row))}) "  # noqa: S608  # own names
        f"ON CONFLICT (id) DO UPDATE SET {changed}"
    )
    connection.exec_driver_sql(_marked(statement, connection), tuple(row.values()))


def _marked(statement: str, connection: Connection) -> str:
    return statement.replace("?", mark(connection))
