"""Gaps in the stream: noted, counted while records are compared, closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, insert
from sqlalchemy.exc import OperationalError

from core.stream import Position
from inference.store.insert import mark, parts
from inference.store.rows import safe_key, safe_text
from inference.store.tables import gap

_COMPARED = ("verdict", "dead_letter")
"""Tables that are searched by record while there is a gap."""
LOCK_PATIENCE_MS = 2_000
_LOCK_NOT_AVAILABLE = "55P03"
# The verdict of a replayed letter is new, its event is not: the letter, of the same content, has its place.
_NO_REPLAY = (
    "AND NOT EXISTS (SELECT 1 FROM dead_letter WHERE dead_letter.event_token = verdict.event_token "
    "AND dead_letter.content IS NOT NULL) "
)


class _Latest(NamedTuple):
    content: int
    order: int
    """A verdict's number; for a dead letter the number of the verdict written last before it."""
    at: int
    token: str


def open_gap(connection: Connection, cause: str, opened_at: int, reached: tuple[int, int]) -> int:
    """Note a gap that begins at the server time `reached`; its number."""
    row = {
        "opened_at": opened_at,
        "cause": safe_text(cause),
        "from_t": reached[0],
        "from_i": reached[1],
        "to_t": 0,
        "to_i": 0,
        "seen": 0,
        "judged": 0,
    }
    made = connection.execute(insert(gap), row).inserted_primary_key
    assert made is not None
    return int(made[0])


def begin_comparing(connection: Connection, number: int, position: Position) -> None:
    """Note where the stream goes on, and make records quick to find."""
    query = _marked("UPDATE gap SET to_t = ?, to_i = ? WHERE id = ?", connection)
    connection.exec_driver_sql(query, (*position.cluster_time, number))
    index_records(connection)


def index_records(connection: Connection) -> None:
    """Indexes that only comparing needs; at other times they would cost every verdict."""
    for table in _COMPARED:
        connection.exec_driver_sql(
            f"CREATE INDEX IF NOT EXISTS {table}_record ON {table} (record_id, seq) WHERE content IS NOT NULL"
        )


def count_compared(connection: Connection, seen: int, judged: int) -> None:
    """Add what one batch of reconciling compared, and judged, to the gap noted last."""
    query = (
        "UPDATE gap SET seen = seen + ?, judged = judged + ? "
        "WHERE id = (SELECT max(id) FROM gap WHERE closed_at IS NULL)"
    )
    connection.exec_driver_sql(_marked(query, connection), (seen, judged))


def close_gaps(connection: Connection, now: int) -> None:
    """Everything the source holds was compared: all gaps end, the indexes go."""
    connection.exec_driver_sql(
        _marked("UPDATE gap SET closed_at = ? WHERE closed_at IS NULL", connection), (now,)
    )
    drop_indexes(connection)


def drop_indexes(connection: Connection) -> None:
    """Drop what only comparing needs, unless there is a gap.

    PostgreSQL waits for everybody who reads the table, a backup for hours: the index then
    stays, which costs a little, until the store is opened the next time.
    """
    if connection.exec_driver_sql("SELECT count(*) FROM gap WHERE closed_at IS NULL").scalar():
        return
    server = connection.dialect.name == "postgresql"
    try:
        with connection.begin_nested():
            if server:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_PATIENCE_MS}")
            for table in _COMPARED:
                connection.exec_driver_sql(f"DROP INDEX IF EXISTS {table}_record")
    except OperationalError as error:
        if getattr(error.orig, "pgcode", None) != _LOCK_NOT_AVAILABLE:
            raise


def unchanged_records(connection: Connection, records: Sequence[tuple[str, int]]) -> list[bool]:
    """Which records are in the store as they are, by what was last written of each."""
    names = [safe_key(name) for name, _ in records]
    distinct = sorted(set(names))
    verdicts = _latest(connection, "verdict", "seq, judged_at", distinct, _NO_REPLAY)
    letters = _latest(connection, "dead_letter", "after_verdict, first_seen", distinct)
    return [
        _last_content(verdicts.get(name), letters.get(name)) == content
        for name, (_, content) in zip(names, records, strict=True)
    ]


def _last_content(verdict: _Latest | None, letter: _Latest | None) -> int | None:
    if verdict is None or letter is None:
        one = verdict or letter
        return one.content if one else None
    if verdict.order <= letter.order:
        return letter.content
    # Both may be of one batch; events of one record are named in the order they happened.
    same_batch = verdict.at == letter.at
    return letter.content if same_batch and letter.token > verdict.token else verdict.content


def _latest(
    connection: Connection, table: str, order_and_time: str, names: Sequence[str], only: str = ""
) -> Mapping[str, _Latest]:
    found: dict[str, _Latest] = {}
    for start, stop in parts(len(names)):
        wanted = ", ".join("?" * (stop - start))
        query = (
            f"SELECT record_id, content, {order_and_time}, event_token FROM {table} WHERE seq IN ("  # noqa: S608  # our own names
            f"SELECT max(seq) FROM {table} WHERE content IS NOT NULL AND record_id IN ({wanted}) {only}"
            "GROUP BY record_id)"
        )
        rows = connection.exec_driver_sql(_marked(query, connection), tuple(names[start:stop]))
        found.update((name, _Latest(*rest)) for name, *rest in rows)
    return found


def _marked(statement: str, connection: Connection) -> str:
    return statement.replace("?", mark(connection))
