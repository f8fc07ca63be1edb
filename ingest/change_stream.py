"""The MongoDB change stream of one collection as a `core.stream.Source`.

The stream is read with plain ``aggregate`` and ``getMore`` commands rather than the
driver's cursor: one reply is one batch with its own resume token, nothing is waited for
while events are at hand, and the driver never resumes behind our back from a position
that is not ours. Documents stay raw BSON, so one that cannot be decoded stops nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final

from bson.int64 import Int64
from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure, PyMongoError

from core.config import redacted
from core.errors import ConfigError, SourceUnavailable
from core.stream import Begin, Event, Phase, Position
from ingest.change_events import FIELDS, Reply, pair, read_reply
from ingest.mongo_client import connect
from ingest.mongo_errors import EVENT_TOO_LARGE, code_of, translate
from ingest.replica_set import identity_of
from ingest.resume_token import (
    check_same,
    is_behind,
    resume_at,
    resume_at_time,
    token_json,
    token_time,
)
from native.library import compiled

OPERATIONS: Final = ("insert", "update", "replace")
"""Changes that bring a record; deletes and drops bring none."""
LONGEST_WAIT_S: Final = 5.0


class MongoChangeStream:
    """Inserted, updated and replaced documents of one collection, in the server's order.

    Parameters
    ----------
    url : str
        Connection string of a replica set; may hold a password, is never logged.
    database, collection : str
        What is watched. The database's stream is filtered on the server, so that
        dropping or renaming the collection does not end it.

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
        self._session: ClientSession | None = None
        self._cursor = Int64(0)
        self._position: Position | None = None
        self._identity = ""
        self._begin: Mapping[str, Any] | None = None
        self._head = (0, 0)

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
                self._client = connect(self._url)
                self._identity = identity_of(self._client, self.database, self.collection, self.where)
                if position is not None:
                    check_same(position.source_id, self._identity, self.where)
                self._start(position, begin)
            except PyMongoError as error:
                raise translate(error, self.where) from error
            undo.pop_all()

    def next_batch(self, max_events: int, wait_s: float) -> Sequence[Event]:
        """Events at hand, at most `max_events`; waits only while there are none.

        Raises
        ------
        SourceUnavailable, PositionRefused, PositionLost, ConfigError
            As `open`; afterwards the source must be opened again.
        """
        if self._position is None:
            raise SourceUnavailable(f"{self.where}: expected an open stream; open it first")
        try:
            return self._read(max_events, min(wait_s, LONGEST_WAIT_S))
        except PyMongoError as error:
            if not _too_large(error):
                raise translate(error, self.where) from error
        try:
            return self._read_around_too_large()
        except PyMongoError as error:
            raise translate(error, self.where) from error

    def position(self) -> Position:
        """Where to resume: after the last event returned, further on while idle."""
        if self._position is None:
            raise SourceUnavailable(f"{self.where}: expected an open stream; open it first")
        return self._position

    def reconcile(self, gap: int) -> Position:
        """Refused: the stream alone cannot read the collection; `ScanThenStream` can."""
        raise ConfigError(f"{self.where}: expected a source that scans the collection to close gap {gap}")

    def head(self) -> tuple[int, int]:
        """The server's own time at its last answer; minus the position's = the lag."""
        return self._head

    @property
    def client(self) -> MongoClient[Any]:
        """The open connection."""
        if self._client is None:
            raise SourceUnavailable(f"{self.where}: expected an open stream; open it first")
        return self._client

    def close(self) -> None:
        """Let go of the connection. Safe to call twice and when never opened."""
        client, self._client = self._client, None
        session, self._session = self._session, None
        self._position = self._begin = None
        self._cursor = Int64(0)
        if session is not None:
            session.end_session()
        if client is not None:
            client.close()  # the server drops the cursor with its session

    def _start(self, position: Position | None, begin: Begin) -> None:
        if position is None or begin == "now":
            token, head = self._aggregate({})
            kind = "start" if begin == "position" else "reposition"
            self._position = Position(token, token_time(token) or head, kind, self._identity)
            return
        # Until something is read, a resumed stream stands where it was told to stand.
        self._position = position
        self._begin = resume_at_time(position) if begin == "time" else None
        self._aggregate(self._here())

    def _here(self) -> Mapping[str, Any]:
        """Options of the stage that go on where this stream stands."""
        assert self._position is not None
        return self._begin or resume_at(self._position)

    def _aggregate(
        self, stage: Mapping[str, Any], fields: Sequence[str] = FIELDS
    ) -> tuple[str, tuple[int, int]]:
        if self._session is not None:
            self._session.end_session()
        self._session = self.client.start_session(causal_consistency=False)
        here = {"ns.coll": self.collection, "operationType": {"$in": list(OPERATIONS)}}
        pipeline = [
            {"$changeStream": {"fullDocument": "updateLookup", **stage}},
            {"$match": {"$or": [here, {"operationType": "invalidate"}]}},
            {"$project": dict.fromkeys(fields, 1)},
        ]
        # Batch size 0: the answer holds no event, only the position the stream starts from.
        command = {"aggregate": 1, "pipeline": pipeline, "cursor": {"batchSize": 0}}
        reply = self.client[self.database].command(
            {**command, "readConcern": {"level": "majority"}},
            session=self._session,
            codec_options=DEFAULT_RAW_BSON_OPTIONS,
        )
        self._cursor = reply["cursor"]["id"]
        self._head = pair(reply["operationTime"])
        return token_json(reply["cursor"]["postBatchResumeToken"]), self._head

    def _read(self, max_events: int, wait_s: float) -> list[Event]:
        assert self._position is not None
        if not self._cursor:
            # Closed by the server after an invalidation (the database was dropped).
            self._aggregate(self._here())
        reply = self._get_more(max_events, wait_s)
        self._cursor = Int64(reply.cursor)
        token = token_json(reply.token)
        # What was refused at the opening is no measure of what comes.
        if self._begin is None and is_behind(token, self._position.token_json):
            return reply.events
        self._begin = None
        if reply.events:
            time, kind = reply.events[-1].cluster_time, "event"
        else:
            time, kind = token_time(token) or self._position.cluster_time, "idle"
        time = max(time, self._position.cluster_time)
        self._position = Position(token, time, kind, self._identity)
        return reply.events

    def _get_more(self, max_events: int, wait_s: float) -> Reply:
        reply = self.client[self.database].command(
            {
                "getMore": self._cursor,
                "collection": "$cmd.aggregate",
                "batchSize": max_events,
                "maxTimeMS": max(1, round(wait_s * 1000)),
            },
            session=self._session,
            codec_options=DEFAULT_RAW_BSON_OPTIONS,
        )
        self._head = pair(reply["operationTime"])
        return read_reply(bytes(reply["cursor"].raw), compiled())

    def _read_around_too_large(self) -> list[Event]:
        """One event after a batch that held one over 16 MB, which no retry would ever pass."""
        assert self._position is not None
        stage = self._here()
        self._aggregate(stage)
        try:
            return self._read(1, 0.001)
        except OperationFailure as error:
            if not _too_large(error):
                raise
        self._aggregate(stage, [f for f in FIELDS if f != "fullDocument"])
        events = self._read(1, 0.001)
        self._cursor = Int64(0)  # from here on with documents again
        return events


def _too_large(error: PyMongoError) -> bool:
    return code_of(error) == EVENT_TOO_LARGE
