"""First the collection as it is, then its change stream: nothing lost and nothing twice between.

The stream's position is taken before the scan, so a record is in the scan, in the
stream, or in both. Those in both carry the same token, by which the sink knows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS, RawBSONDocument
from pymongo.errors import OperationFailure, PyMongoError

from core.stream import Begin, Event, Phase, Position
from ingest.change_events import pair, record_id
from ingest.change_stream import MongoChangeStream
from ingest.mongo_errors import EVENT_TOO_LARGE, code_of
from ingest.scan_position import ScanState, read_scan_state, scan_position

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
    scan's end take the token ``scan:<_id>`` whether the scan or the stream brings them,
    after gap N ``gap<N>:<_id>``. Records deleted within a gap are in neither and cannot be
    found any more; of a record changed several times within it only the last state is.
    """

    def __init__(
        self, stream: MongoChangeStream, start_from: Literal["now", "beginning"] = "beginning"
    ) -> None:
        self._stream = stream
        self.where = stream.where
        self._whole = start_from == "beginning"
        self._begun: Position | None = None
        self._state: ScanState | None = None
        self._phase: Phase = "stream"

    @property
    def phase(self) -> Phase:
        """What the batch returned last was read from, before the first one what will be."""
        return self._phase

    def open(self, position: Position | None, begin: Begin = "position") -> None:
        """Start after `position`; None starts as `start_from` says.

        Raises
        ------
        SourceUnavailable, PositionRefused, ConfigError
            As `MongoChangeStream.open`.
        PositionLost
            As there; or the position is of a scan and damaged: nobody knows how far it came.
        """
        self._begun, self._state, self._phase = None, None, "stream"
        state = read_scan_state(position) if position is not None and begin != "now" else None
        if state is None or position is None:
            self._stream.open(position, begin)
            if position is None and begin == "position" and self._whole:
                self._scan_from(ScanState())
            return
        self._stream.open(state.inner(position), begin)
        self._state = state
        if state.scanning:
            self._begun = state.inner(position)
            self._phase = state.phase

    def reconcile(self, gap: int) -> Position:
        """From now on the whole collection comes first, then the stream from where it is open.

        Parameters
        ----------
        gap : int
            Number of the gap, in the tokens ``gap<N>:<_id>`` of what the scan brings.

        Returns
        -------
        Position
            Of kind ``reposition``: nothing scanned yet.
        """
        self._scan_from(ScanState(gap=gap))
        return replace(self.position(), kind="reposition")

    def next_batch(self, max_events: int, wait_s: float) -> Sequence[Event]:
        """Up to `max_events` of the scan; of the stream once the scan is through.

        Raises
        ------
        SourceUnavailable, PositionRefused, PositionLost, ConfigError
            As `MongoChangeStream.next_batch`.
        """
        state = self._state
        if self._begun is not None and state is not None:
            events = self._scan(max_events, self._begun, state)
            if events:
                return events
            until = max(self._server_time(), self._begun.cluster_time)
            self._state = state = state.through(until)
            self._begun, self._phase = None, "stream"
        events = list(self._stream.next_batch(max_events, wait_s))
        if state is None:
            return events
        shared = [_as_scanned(event, state) if _in_overlap(event, state) else event for event in events]
        if self._stream.position().cluster_time > state.until:
            self._state = None
        return shared

    def position(self) -> Position:
        """Where to resume: in the scan, in the overlap after it, or in the stream."""
        if self._state is None:
            return self._stream.position()
        return scan_position(self._state, self._begun or self._stream.position())

    def head(self) -> Time:
        """The server's own time at its last answer."""
        return self._stream.head()

    def close(self) -> None:
        """Let go of the connection. Safe to call twice and when never opened."""
        self._stream.close()

    def _scan_from(self, state: ScanState) -> None:
        self._begun = self._stream.position()
        self._state, self._phase = state, state.phase

    def _scan(self, max_events: int, begun: Position, state: ScanState) -> list[Event]:
        try:
            found = self._documents(state, max_events)
        except PyMongoError as error:
            raise self._stream.failed(error) from error
        if found:
            self._state = state.come_to(bytes(found[-1][0].raw))
        names = [record_id(key) for key, _ in found]
        return [
            Event(state.token(name), name, "insert", document, begun.cluster_time)
            for name, (_, document) in zip(names, found, strict=True)
        ]

    def _documents(self, state: ScanState, most: int) -> list[tuple[RawBSONDocument, bytes | None]]:
        """Up to `most` documents after the last one, each behind its ``{_id: ...}``."""
        try:
            rows = self._find(state.after, most, {"key": {"_id": "$_id"}, "document": "$$ROOT"})
            return [(row["key"], bytes(row["document"].raw)) for row in rows]
        except OperationFailure as error:
            if code_of(error) != EVENT_TOO_LARGE:
                raise
        # One document with a large _id: its key twice is more than a reply may hold.
        rows = self._find(state.after, 1, {"key": {"_id": "$_id"}})
        return [(row["key"], self._stream.look_up(row["key"])) for row in rows]

    def _find(self, after: bytes, most: int, fields: Mapping[str, Any]) -> Sequence[RawBSONDocument]:
        command: dict[str, Any] = {
            "find": self._stream.collection,
            "sort": {"_id": 1},
            "hint": {"_id": 1},
            # min includes its own bound, which is no reason to read that document again.
            **({"min": RawBSONDocument(after), "filter": _not(after)} if after else {}),
            "projection": {"_id": 0, **fields},
            "limit": most,
            "batchSize": most,
            "singleBatch": True,
            "readConcern": {"level": "majority"},
        }
        database = self._stream.client[self._stream.database]
        reply = database.command(command, codec_options=DEFAULT_RAW_BSON_OPTIONS)
        rows: Sequence[RawBSONDocument] = reply["cursor"]["firstBatch"]
        return rows

    def _server_time(self) -> Time:
        try:
            return pair(self._stream.client.admin.command("hello")["operationTime"])
        except PyMongoError as error:
            raise self._stream.failed(error) from error


def _not(key: bytes) -> RawBSONDocument:
    """``{_id: {$ne: ...}}`` of the bytes of ``{_id: ...}``, which need not be decodable."""
    kind, value = key[4:5], key[9:-1]
    inner = kind + b"$ne\0" + value
    inner = (len(inner) + 5).to_bytes(4, "little") + inner + b"\0"
    outer = b"\x03_id\0" + inner
    return RawBSONDocument((len(outer) + 5).to_bytes(4, "little") + outer + b"\0")


def _in_overlap(event: Event, state: ScanState) -> bool:
    return event.operation == "insert" and event.cluster_time <= state.until


def _as_scanned(event: Event, state: ScanState) -> Event:
    return event._replace(token=state.token(event.record_id))
