"""A change stream's cursor on the fake primary."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import bson
from bson.raw_bson import RawBSONDocument
from bson.timestamp import Timestamp

from tests.faults.event_stages import Event, EventStages
from tests.faults.oplog import Change, Oplog
from tests.faults.raw_document import wrapped
from tests.faults.server_error import ServerError
from tests.faults.tokens import TokenRefused, event_token, fragment_token, read_token, time_token

LARGEST_DOCUMENT: Final = 16 * 1024 * 1024
_LARGEST_REPLY: Final = LARGEST_DOCUMENT + 16 * 1024
_WITH_DOCUMENT: Final = ("insert", "replace", "update")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a stream watches: a collection, a database (`collection` None), or all (both None)."""

    database: str | None
    collection: str | None

    def holds(self, change: Change) -> bool:
        """Whether the change is one of these namespaces."""
        if self.database is None:
            return True
        if change.operation == "dropDatabase":
            return change.database == self.database
        return change.database == self.database and self.collection in (None, change.collection)

    def ends_with(self, change: Change) -> bool:
        """Whether the change invalidates the stream."""
        if self.database is None:
            return False
        ends = ("dropDatabase",) if self.collection is None else ("drop", "rename", "dropDatabase")
        return change.operation in ends


class ChangeCursor:
    """Events after a position, batch by batch.

    Attributes
    ----------
    session : bytes
        With its end this cursor ends.
    position : str
        Token of the last event sent, or of a later point in time.
    """

    def __init__(
        self, oplog: Oplog, scope: Scope, options: Mapping[str, Any], stages: EventStages, session: bytes
    ) -> None:
        self._oplog = oplog
        self._scope = scope
        self._stages = stages
        self._looks_up = options.get("fullDocument", "default") == "updateLookup"
        self.session = session
        self.invalidated = False
        self._ended = False
        self._to_find = ""
        self._sent: list[tuple[str, bytes]] = []
        self._again = 0
        self.position = self._start(options)
        self._read_until = oplog.now

    def _start(self, options: Mapping[str, Any]) -> str:
        now = self._oplog.now
        if "startAtOperationTime" in options:
            time = options["startAtOperationTime"]
            self._refuse_if_gone(time)
            return time_token(time)
        given = options.get("startAfter", options.get("resumeAfter"))
        if given is None:
            return time_token(Timestamp(now.time, now.inc + 1))
        try:
            token = read_token(given.get("_data"))
        except TokenRefused as refused:
            raise ServerError(refused.code, str(refused)) from refused
        if token.of_invalidation and "resumeAfter" in options:
            said = (
                "Attempting to resume a change stream using 'resumeAfter' is not allowed from an invalidate"
            )
            raise ServerError(260, f"{said} notification")
        self._refuse_if_gone(Timestamp(*token.time))
        if token.names_an_event and not token.of_invalidation:
            self._to_find = token.data
        return token.data

    def _refuse_if_gone(self, time: Timestamp) -> None:
        if self._oplog.oldest is not None and time < self._oplog.oldest:
            said = (
                "Resume of change stream was not possible, as the resume point may no longer be in the oplog."
            )
            raise ServerError(286, said)

    def send_again(self, count: int) -> None:
        """Send the last `count` events once more, before any other."""
        self._again = count

    def batch(self, most: int) -> list[bytes]:
        """The next events at hand, as BSON, at most `most` and 16 MB of them.

        Raises
        ------
        ServerError
            286: the oplog no longer holds what comes next. 280: the token to start after is
            none of this stream. 10334: an event is larger than 16 MB.
        """
        self._refuse_if_gone(max(self._read_until, Timestamp(*read_token(self.position).time)))
        found = self._sent[-self._again :][:most] if self._again else []
        self._again = 0
        size = sum(len(raw) for _, raw in found)
        coming = self._events_after(self.position)
        while len(found) < most and not self._ended:
            token, event = next(coming, ("", None))
            if event is None:  # read to the end: what others changed is passed as well
                self._read_until = self._oplog.now
                self.position = max(self.position, time_token(self._oplog.now))
                break
            raw = bson.encode(event)
            size += len(raw)
            if found and size > LARGEST_DOCUMENT:
                break
            found.append((token, raw))
            self.position = token
            if event.get("operationType") == "invalidate":
                self._ended = True
                break
        # A batch that is full with the invalidation does not know yet that nothing follows.
        self.invalidated = self._ended and len(found) < most
        if size + len(self.position) > _LARGEST_REPLY:  # which ends with the position
            raise ServerError(10334, f"BSONObj size: {size} is invalid. Size must be up to {_LARGEST_REPLY}")
        self._sent = [*self._sent, *found][-1000:]
        return [raw for _, raw in found]

    def _events_after(self, position: str) -> Iterator[tuple[str, Event]]:
        entries = self._oplog.entries
        time = Timestamp(*read_token(position).time)
        for change in entries[bisect_left(entries, time, key=lambda entry: entry.time) :]:
            if not self._scope.holds(change):
                continue
            for token, event in self._told(change):
                if self._to_find:
                    if token == self._to_find:
                        self._to_find = ""
                    elif token > self._to_find:
                        raise ServerError(
                            280, f"cannot resume stream; the resume token was not found. {event['_id']}"
                        )
                if token > position:
                    yield token, event

    def _told(self, change: Change) -> Iterator[tuple[str, Event]]:
        event = self._stages.apply(self._event(change))
        if event is not None:
            yield from self._in_parts(change, event)
        if self._scope.ends_with(change):
            space = change.namespace_id if self._scope.collection else b""
            token = event_token(change.time, change.index, space, b"", invalidate=True)
            event = {"_id": {"_data": token}, "operationType": "invalidate", "clusterTime": change.time}
            passed = self._stages.apply(event)
            # Kept back or not, it ends the stream.
            yield token, passed or event

    def _event(self, change: Change) -> Event:
        event: Event = {
            "_id": {"_data": change.token},
            "operationType": change.operation,
            "clusterTime": change.time,
            "wallTime": bson.DatetimeMS(1000 * change.time.time),
        }
        if change.operation in _WITH_DOCUMENT:
            document = change.document
            if change.operation == "update":
                document = self._oplog.lookup(change) if self._looks_up else None
            if document is not None or (change.operation == "update" and self._looks_up):
                event["fullDocument"] = None if document is None else RawBSONDocument(document)
        event["ns"] = {"db": change.database, **({"coll": change.collection} if change.collection else {})}
        if change.key:
            event["documentKey"] = RawBSONDocument(wrapped(change.key))
        return {**event, **change.more}

    def _in_parts(self, change: Change, event: Event) -> Iterator[tuple[str, Event]]:
        if not change.parts or "fullDocument" not in event:
            yield change.token, event
            return
        if not self._stages.splits:
            if change.token > self.position:
                raise ServerError(10334, "BSONObj size: 17825792 is invalid. Size must be up to 16793600")
            yield change.token, event  # passed long ago
            return
        document = event.pop("fullDocument")
        for part in range(1, change.parts + 1):
            token = fragment_token(change.token, part)
            body: Event = {name: value for name, value in event.items() if part == 1 and name != "_id"}
            if part == change.parts:
                body["fullDocument"] = document
            note = {"fragment": part, "of": change.parts}
            yield token, {"_id": {"_data": token}, "splitEvent": note, **body}
