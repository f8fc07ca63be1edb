"""The one writer of the verdict store: `core.stream.Sink` on SQLite or PostgreSQL."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from operator import itemgetter

from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from core.errors import ConfigError, StoreUnavailable
from core.stream import Position, Work, Written
from inference.store.engine import make_private, parse_url, place, sqlite_path, why, writer_engine
from inference.store.identity import begin_identity, check_identity, confirm_identity
from inference.store.insert import insert_new
from inference.store.instance import ADVISORY_LOCK, InstanceLock
from inference.store.rows import (
    DEAD_LETTER_COLUMNS,
    VERDICT_COLUMNS,
    Row,
    dead_letter_rows,
    verdict_rows,
)
from inference.store.statements import (
    is_mine,
    last_seq,
    put_position,
    remember,
    stored_position,
    written_after,
)
from inference.store.tables import (
    SCHEMA,
    dead_letter,
    fill_memory,
    metadata,
    store_identity,
    verdict,
)

Clock = Callable[[], int]

_OUTCOME_AND_ROUTE = itemgetter(VERDICT_COLUMNS.index("outcome"), VERDICT_COLUMNS.index("route"))


def now_ms() -> int:
    """The present, in ms since 1970 UTC."""
    return time.time_ns() // 1_000_000


class VerdictStore:
    """Writes verdicts, dead letters, fill memory and the stream position in one transaction.

    The first call connects; after any error the connection is dropped, because the outcome
    is unknown, and the next call connects anew. Not for several threads at once.

    Parameters
    ----------
    url : str
        SQLAlchemy URL, ``sqlite:///path`` or ``postgresql://...``.
    clock : callable
        The present in ms since 1970 UTC; stamps ``judged_at``.
    """

    def __init__(self, url: str, *, clock: Clock = now_ms) -> None:
        self._url = parse_url(url)
        self._where = place(self._url)
        self._clock = clock
        self._path = sqlite_path(self._url)
        self._lock = InstanceLock(self._path) if self._path else None
        self._engine = writer_engine(self._url)
        self._connection: Connection | None = None
        self._epoch: int | None = None
        self._judged: Mapping[tuple[str, str], int] = {}

    @property
    def judged(self) -> Mapping[tuple[str, str], int]:
        """Verdicts newly written by this object, by ``(outcome, route)``. Safe from any thread."""
        return self._judged

    def open(self) -> None:
        """Connect now: lock, tables, identity. The other methods do so by themselves.

        Raises
        ------
        ConfigError
            Another process writes this store, it is newer than this program, or it is
            not the store that lived here.
        StoreUnavailable
            It cannot be reached or written now.
        """
        with self._transaction():
            pass

    def write(self, work: Work) -> Written:
        """Write `work` in one transaction; rows that are there already are counted, not doubled.

        Raises
        ------
        StoreUnavailable
            Nothing was written, or the outcome is unknown: read `position` again.
        """
        with self._transaction() as connection:
            now = self._clock()
            rows: list[Row] = []
            letters = list(work.dead_letters)
            if work.verdicts is not None:
                rows, refused = verdict_rows(work.tokens, work.verdicts, now)
                letters += refused
            last = last_seq(connection)
            verdicts = insert_new(connection, verdict, VERDICT_COLUMNS, rows)
            new = Counter(map(_OUTCOME_AND_ROUTE, rows))
            if verdicts < len(rows):  # some were there already: count what is really new
                new = written_after(connection, last)
            dead = insert_new(connection, dead_letter, DEAD_LETTER_COLUMNS, dead_letter_rows(letters, now))
            remember(connection, work.memory)
            put_position(connection, self._allowed(connection, work.position), self._epoch, now)
            replayed = len(rows) - verdicts + len(letters) - dead
        self._judged = Counter(self._judged) + new
        return Written(verdicts=verdicts, dead_letters=dead, replayed=replayed)

    def position(self) -> Position | None:
        """The last position written, None on a first run."""
        with self._transaction() as connection:
            return stored_position(connection)

    def memory(self) -> Mapping[str, str]:
        """Fill memory of every facility (facility -> JSON)."""
        with self._transaction() as connection:
            return {row.facility: row.memory for row in connection.execute(select(fill_memory))}

    def close(self) -> None:
        """Fold SQLite's log into the file, let go of connection and lock. Safe to call twice."""
        if self._connection is not None and self._path is not None:
            try:
                driver = self._connection.connection.driver_connection
                if driver is not None:
                    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except self._engine.dialect.loaded_dbapi.Error:
                pass  # everything is committed; the log is folded in at the next start
        self._drop()
        self._epoch = None
        if self._lock is not None:
            self._lock.release()

    # --- connection -----------------------------------------------------------------

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            if self._connection is None:
                self._connect()
            connection = self._connection
            assert connection is not None
            with connection.begin():
                self._fence(connection)
                yield connection
        except DBAPIError as error:
            self._drop()
            raise StoreUnavailable(why(error.orig, self._where)) from error
        except (SQLAlchemyError, OSError) as error:
            self._drop()
            raise StoreUnavailable(f"{self._where}: {error}; it is tried again") from error
        except BaseException:
            self._drop()
            raise

    def _connect(self) -> None:
        if self._path is not None and self._lock is not None:
            make_private(self._path)
            self._lock.acquire()
        self._connection = connection = self._engine.connect()
        if self._path is None:
            with connection.begin():
                if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_LOCK}):
                    msg = f"{self._where}: another process writes this store; stop it, or wait for its end"
                    raise StoreUnavailable(msg)
        self._identify(connection)

    def _identify(self, connection: Connection) -> None:
        with connection.begin():
            known = self._known(connection)
            if self._path is not None:
                check_identity(self._path, known[0] if known else None)
            if known is None:
                name = str(uuid.uuid4())
                if self._path is not None:
                    begin_identity(self._path, name)
                metadata.create_all(connection)
                row = {"id": 1, "uuid": name, "schema_number": SCHEMA, "created": self._clock(), "epoch": 0}
                connection.execute(insert(store_identity), row)
            else:
                name, schema, _ = known
                if schema > SCHEMA:
                    msg = f"{self._where}: expected table layout {SCHEMA}, got {schema}; update the program"
                    raise ConfigError(msg)
            if self._epoch is None:
                counted = update(store_identity).values(epoch=store_identity.c.epoch + 1)
                connection.execute(counted)
                self._epoch = connection.scalar(select(store_identity.c.epoch))
        if self._path is not None:
            confirm_identity(self._path, name)

    def _known(self, connection: Connection) -> tuple[str, int, int] | None:
        if not self._engine.dialect.has_table(connection, store_identity.name):
            return None
        row = connection.execute(select(store_identity)).one_or_none()
        return None if row is None else (row.uuid, row.schema_number, row.epoch)

    def _fence(self, connection: Connection) -> None:
        """Refuse to write when another writer opened the store since; locks the row in PostgreSQL."""
        if not is_mine(connection, self._epoch):
            msg = f"{self._where}: another process took the store over; this one writes no more: stop it"
            raise StoreUnavailable(msg)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # invalidate: no rollback is sent on a connection whose state nobody knows
            connection.invalidate()
            connection.close()

    def _allowed(self, connection: Connection, to: Position) -> Position:
        """`to` as it is written; only a start or a reposition may lead back or to another source."""
        stored = stored_position(connection)
        if stored is None or to.kind in ("start", "reposition"):
            return to
        before, reached = stored.cluster_time, to.cluster_time
        if reached == (0, 0):  # unknown to the source: what was reached stays reached
            reached = before
        if reached < before:
            msg = f"{self._where}: the position would go back from {before} to {reached}; nothing written"
            raise StoreUnavailable(msg)
        if stored.source_id and to.source_id and stored.source_id != to.source_id:
            msg = (
                f"{self._where} holds verdicts of {stored.source_id!r}, got records of {to.source_id!r}; "
                f"check SPRUE_MONGO_URL or give this source a store of its own (SPRUE_STORE_URL)"
            )
            raise ConfigError(msg)
        return replace(to, cluster_time=reached)
