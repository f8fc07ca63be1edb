"""The MongoDB change stream of one collection as a `core.stream.Source`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final

from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, NetworkTimeout, OperationFailure, PyMongoError

from core.config import redacted
from core.errors import ConfigError, SourceUnavailable, SprueError
from core.stream import Begin, Event, Phase, Position
from ingest.change_cursor import ChangeCursor
from ingest.change_events import Reply
from ingest.mongo_client import LONGEST_PATIENCE, connect, let_go
from ingest.mongo_errors import translate
from ingest.replica_set import identity_of
from ingest.resume_token import (
    check_same,
    is_behind,
    resume_at,
    resume_at_time,
    token_json,
    token_time,
)
from ingest.too_large import Detour, too_large

LONGEST_WAIT_S: Final = 5.0


class MongoChangeStream:
    """Inserted, updated and replaced documents of one collection, in the server's order.

    Parameters
    ----------
    url : str
        Connection string of a replica set; may hold a password, is never logged.
    database, collection : str
        What is watched.

    Notes
    -----
    A position is the token of the last event, or on an idle stream the server's own
    token for "nothing until here", which keeps a quiet collection resumable while
    others fill the oplog. It never goes back, even where the server sends events again.
    """

    def __init__(self, url: str, database: str, collection: str) -> None:
        self._url = url
        self.database = database
        self.collection = collection
        self.where = f"{redacted(url)} {database}.{collection}"
        self._client: MongoClient[Any] | None = None
        self._cursor: ChangeCursor | None = None
        self._position: Position | None = None
        self._identity = ""
        self._begin: Mapping[str, Any] | None = None
        self._head = (0, 0)
        self._detour: Detour | None = None
        self._patience = 1
        self._dead = False

    @property
    def phase(self) -> Phase:
        """Always ``stream``."""
        return "stream"

    def open(self, position: Position | None, begin: Begin = "position") -> None:
        """Start after `position` or at its time; None starts at the server's present end.

        Raises
        ------
        SourceUnavailable, PositionRefused, PositionLost
            As in `core.stream.Source`.
        ConfigError
            Access refused, no replica set, or `position` belongs to another one.
        """
        self.close()
        with ExitStack() as undo:
            undo.callback(self.close)
            try:
                self._client = connect(self._url, patience=self._patience)
                self._identity = identity_of(self._client, self.database, self.collection, self.where)
                if position is not None:
                    check_same(position.source_id, self._identity, self.where)
                self._cursor = ChangeCursor(self._client, self.database, self.collection)
                self._start(self._cursor, position, begin)
            except (PyMongoError, BSONError) as error:
                raise self.failed(error) from error
            undo.pop_all()

    def next_batch(self, max_events: int, wait_s: float) -> Sequence[Event]:
        """Events at hand, at most `max_events`; waits only while there are none.

        Raises
        ------
        SourceUnavailable, PositionRefused, PositionLost, ConfigError
            As `open`; afterwards the source must be opened again.
        """
        cursor = self._cursor
        if cursor is None or self._position is None:
            raise self._closed()
        try:
            reply = self._read(cursor, max_events, min(wait_s, LONGEST_WAIT_S))
        except (PyMongoError, BSONError) as error:
            raise self.failed(error) from error
        if reply is None:
            return []
        if not reply.events:
            self._patience = 1  # at the present end: whatever took long is over
        self._move(reply)
        return reply.events

    def position(self) -> Position:
        """Where to resume: after the last event returned, further on while idle."""
        if self._position is None:
            raise self._closed()
        return self._position

    def reconcile(self, gap: int) -> Position:
        """Refused: the stream alone cannot read the collection; `ScanThenStream` can."""
        raise ConfigError(f"{self.where}: expected a source that scans the collection to close gap {gap}")

    def head(self) -> tuple[int, int]:
        """The server's own time at its last answer; minus the position's = the lag."""
        if self._cursor is not None:
            self._head = self._cursor.head
        return self._head

    @property
    def client(self) -> MongoClient[Any]:
        """The open connection."""
        if self._client is None:
            raise self._closed()
        return self._client

    def look_up(self, key: RawBSONDocument) -> bytes | None:
        """The present document with this key, None when it is gone; raises as the driver does."""
        if self._cursor is None:
            raise self._closed()
        return self._cursor.look_up(key)

    def failed(self, error: PyMongoError | BSONError) -> SprueError:
        """The error as one of ours; remembers a dead line and a server that took too long."""
        self._dead = isinstance(error, ConnectionFailure)
        # It answered the greeting, but has a long oplog to walk or a slow line: more time next time.
        if isinstance(error, NetworkTimeout) and self._cursor is not None:
            self._patience = min(2 * self._patience, LONGEST_PATIENCE)
        return translate(error, self.where)

    def close(self) -> None:
        """Let go of the connection, within a second. Safe to call twice and when never opened."""
        client, self._client = self._client, None
        cursor, self._cursor = self._cursor, None
        self._position = self._begin = self._detour = None
        dead, self._dead = self._dead, False
        if cursor is not None:
            self._head = cursor.head
            cursor.end()
        if client is not None:
            let_go(client, dead=dead)  # the server drops the cursor with its session

    def _start(self, cursor: ChangeCursor, position: Position | None, begin: Begin) -> None:
        if position is None or begin == "now":
            token = cursor.begin({})
            kind = "start" if begin == "position" else "reposition"
            self._position = Position(token, token_time(token) or cursor.head, kind, self._identity)
            return
        # Until something is read, a resumed stream stands where it was told to stand.
        self._position = position
        self._begin = resume_at_time(position) if begin == "time" else None
        cursor.begin(self._here())

    def _here(self) -> Mapping[str, Any]:
        """Options of the stage that go on where this stream stands."""
        return self._begin or resume_at(self.position())

    def _read(self, cursor: ChangeCursor, max_events: int, wait_s: float) -> Reply | None:
        if self._detour is None:
            if not cursor.open:
                # Closed by the server after an invalidation (the database was dropped).
                cursor.begin(self._here())
            try:
                return cursor.more(max_events, wait_s)
            except OperationFailure as error:
                if not too_large(error):
                    raise
            self._detour = Detour(cursor, self._here(), self.position())
        reply = self._detour.read(wait_s)
        if reply is not None:
            self._detour = None
        return reply

    def _move(self, reply: Reply) -> None:
        """Stand where the reply ends."""
        before = self.position()
        token = token_json(reply.token)
        # What was refused at the opening is no measure of what comes.
        if self._begin is None and is_behind(token, before.token_json):
            return
        self._begin = None
        last = reply.events[-1].cluster_time if reply.events else before.cluster_time
        time = max(token_time(token) or last, before.cluster_time)
        self._position = Position(token, time, "event" if reply.events else "idle", self._identity)

    def _closed(self) -> SourceUnavailable:
        return SourceUnavailable(f"{self.where}: expected an open stream; open it first")
