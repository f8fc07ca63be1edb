"""First the collection as it is, then its change stream: nothing lost and nothing twice between.

The stream's position is taken before the scan, so a record is in the scan, in the
stream, or in both. Those in both carry the same token, by which the sink knows them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, Literal

from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS, RawBSONDocument
from pymongo.errors import PyMongoError

from core.errors import PositionLost
from core.stream import Event, Position
from ingest.change_events import record_id
from ingest.change_stream import MongoChangeStream
from ingest.mongo_errors import translate
from ingest.resume_token import SCAN, token_time

Time = tuple[int, int]


class ScanThenStream:
    """A source that can begin with what the collection holds already.

    Parameters
    ----------
    stream : MongoChangeStream
        What follows the scan; it also says which collection.
    start_from : {"now", "beginning"}
        On a first run: the stream's present end, or the whole collection first. A scan
        once begun is finished whatever this says.

    Notes
    -----
    The scan walks the ``_id`` index with ``min``, not with ``$gt``, which sees one type
    of identifier only, and resumes after the last document returned. Inserts up to the
    scan's end take the token ``scan:<_id>`` whether the scan or the stream brings them.
    """

    def __init__(
        self, stream: MongoChangeStream, start_from: Literal["now", "beginning"] = "beginning"
    ) -> None:
        self._stream = stream
        self.where = stream.where
        self._whole = start_from == "beginning"
        self._begun: Position | None = None
        self._after: bytes | None = None
        self._until: Time = (0, 0)

    def open(self, position: Position | None) -> None:
        """Start after `position`; None starts as `start_from` says.

        Raises
        ------
        SourceUnavailable, PositionLost, ConfigError
            As `MongoChangeStream.open`.
        """
        self._begun, self._after, self._until = None, None, (0, 0)
        if position is None:
            self._stream.open(None)
            self._begun = self._stream.position() if self._whole else None
            return
        state = _scan_state(position)
        if state is None:
            self._stream.open(position)
            return
        self._until = tuple(state["until"])
        time = token_time(state["token"]) or position.cluster_time
        inner = Position(state["token"], time, "start", position.source_id)
        self._stream.open(inner)
        if state["scanning"]:
            self._begun = inner
            self._after = base64.b64decode(state["after"]) or None

    def next_batch(self, max_events: int, wait_s: float) -> Sequence[Event]:
        """Up to `max_events` of the scan; of the stream once the scan is through.

        Raises
        ------
        SourceUnavailable, PositionLost, ConfigError
            As `MongoChangeStream.next_batch`.
        """
        if self._begun is not None:
            events = self._scan(max_events, self._begun)
            if events:
                return events
            self._until = max(self._server_time(), self._begun.cluster_time)
            self._begun = None
        events = list(self._stream.next_batch(max_events, wait_s))
        if self._until == (0, 0):
            return events
        shared = [_as_scanned(event) if self._in_overlap(event) else event for event in events]
        if self._stream.position().cluster_time > self._until:
            self._until = (0, 0)
        return shared

    def position(self) -> Position:
        """Where to resume: in the scan, in the overlap after it, or in the stream."""
        begun, scanning = self._begun, self._begun is not None
        inner = begun or self._stream.position()
        if not scanning and self._until == (0, 0):
            return inner
        state = {
            "scanning": scanning,
            "after": base64.b64encode(self._after or b"").decode("ascii"),
            "until": self._until,
            "token": inner.token_json,
        }
        kind = "start" if scanning else inner.kind
        return Position(json.dumps({SCAN: state}), inner.cluster_time, kind, inner.source_id)

    def head(self) -> Time:
        """The server's own time at its last answer."""
        return self._stream.head()

    def close(self) -> None:
        """Let go of the connection. Safe to call twice and when never opened."""
        self._stream.close()

    def _scan(self, max_events: int, begun: Position) -> list[Event]:
        command: dict[str, Any] = {
            "find": self._stream.collection,
            "sort": {"_id": 1},
            "hint": {"_id": 1},
            # min includes its own bound: the last document comes again and is left out.
            **({"min": RawBSONDocument(self._after)} if self._after else {}),
            "projection": {"_id": 0, "key": {"_id": "$_id"}, "document": "$$ROOT"},
            "limit": max_events + 1,
            "batchSize": max_events + 1,
            "singleBatch": True,
            "readConcern": {"level": "majority"},
        }
        try:
            reply = self._stream.client[self._stream.database].command(
                command, codec_options=DEFAULT_RAW_BSON_OPTIONS
            )
        except PyMongoError as error:
            raise translate(error, self._stream.where) from error
        found = [row for row in reply["cursor"]["firstBatch"] if row["key"].raw != self._after]
        rows = found[:max_events]
        if rows:
            self._after = bytes(rows[-1]["key"].raw)
        return [
            Event(_token(name), name, "insert", bytes(row["document"].raw), begun.cluster_time)
            for row in rows
            for name in (record_id(row["key"]),)
        ]

    def _server_time(self) -> Time:
        try:
            time = self._stream.client.admin.command("hello")["operationTime"]
        except PyMongoError as error:
            raise translate(error, self._stream.where) from error
        return (time.time, time.inc)

    def _in_overlap(self, event: Event) -> bool:
        return event.operation == "insert" and event.cluster_time <= self._until


def _token(name: str) -> str:
    return f"scan:{name}"


def _as_scanned(event: Event) -> Event:
    return Event(_token(event.record_id), event.record_id, event.operation, event.raw, event.cluster_time)


def _scan_state(position: Position) -> dict[str, Any] | None:
    """What a position says about a scan, None when it is one of the stream alone."""
    if f'"{SCAN}"' not in position.token_json:
        return None
    try:
        state: dict[str, Any] = json.loads(position.token_json)[SCAN]
    except (ValueError, KeyError, TypeError):
        raise PositionLost(
            f"expected the position of a scan, got {position.token_json[:80]!r}; "
            "start again with a new SPRUE_HOME"
        ) from None
    return state
