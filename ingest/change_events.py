"""The events in a change stream's reply, cut out of its bytes.

Nearly all of them look alike: the fields below in the server's order, the document's own
``_id`` as the only key. Those are taken apart by the compiled loop, or by two patterns where
there is none; any other event is decoded.
"""

from __future__ import annotations

import ctypes
import re
import struct
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from bson import json_util
from bson.errors import BSONError
from bson.objectid import ObjectId
from bson.raw_bson import RawBSONDocument
from bson.timestamp import Timestamp

from core.stream import Event
from ingest.bson_walk import Member, members
from ingest.event_spots import OPERATIONS, Cut, cut_events

FIELDS: Final = ("operationType", "documentKey", "clusterTime", "fullDocument")
"""Fields of an event that are read, besides its ``_id``."""

_BEFORE_DOCUMENT: Final = re.compile(
    rb"\x03_id\x00.{4}\x02_data\x00.{4}([0-9A-Fa-f]+)\x00\x00"
    rb"\x02operationType\x00.{4}(insert|update|replace)\x00"
    rb"\x11clusterTime\x00(.{8})"
    rb"\x03fullDocument\x00(?=(.{4}))",
    re.DOTALL,
)
_AFTER_DOCUMENT: Final = re.compile(
    rb"\x03documentKey\x00.{4}(?:\x02_id\x00.{4}([^\x00]*)\x00|\x07_id\x00(.{12}))\x00\x00", re.DOTALL
)
_OPERATIONS: Final = {name.encode(): name for name in OPERATIONS}
FEW_BYTES: Final = 8_000
"""So little is sooner read by the patterns than the compiled loop is called."""
_SIZE: Final = struct.Struct("<i")
_TIME: Final = struct.Struct("<II")


class Reply(NamedTuple):
    """What a ``getMore`` brought.

    Attributes
    ----------
    cursor : int
        The server's cursor, 0 when it closed it.
    events : list of Event
    token : mapping
        Resume token: of the last event, on an idle stream the server's own.
    """

    cursor: int
    events: list[Event]
    token: Mapping[str, Any]


def read_reply(raw: bytes, library: ctypes.PyDLL | None) -> Reply:
    """Take the sub-document ``cursor`` of a reply apart; in Python where there is no `library`."""
    parts = {member.key: member for member in members(raw)}
    begin = parts[b"nextBatch"].at
    cut = None
    if library is not None and len(raw) >= FEW_BYTES:
        cut = cut_events(library, raw, begin, partial(_event, raw))
    if cut is None:
        changes = [(member.at, member.size) for member in members(raw, begin)]
        cut = Cut([_event(raw, at, size) for at, size in changes], changes[-1] if changes else None)
    if cut.last is not None:
        token = RawBSONDocument(_bytes(raw, *cut.last))["_id"]
    else:
        token = RawBSONDocument(_cut(raw, parts[b"postBatchResumeToken"]))
    cursor = int.from_bytes(_cut(raw, parts[b"id"]), "little", signed=True)
    return Reply(cursor, cut.events, token)


def _bytes(raw: bytes, at: int, size: int) -> bytes:
    return raw[at : at + size]


def _cut(raw: bytes, member: Member) -> bytes:
    return _bytes(raw, member.at, member.size)


def _event(raw: bytes, at: int, size: int) -> Event:
    head = _BEFORE_DOCUMENT.match(raw, at + 4)
    if head is None:
        return decoded_event(RawBSONDocument(raw[at : at + size]))
    token, operation, time, length = head.groups()
    begin = head.end()
    end = begin + _SIZE.unpack(length)[0]
    tail = _AFTER_DOCUMENT.fullmatch(raw, end, at + size)
    if tail is None:
        return decoded_event(RawBSONDocument(raw[at : at + size]))
    text, object_id = tail.groups()
    try:
        name = object_id.hex() if text is None else text.decode()
    except UnicodeDecodeError:
        return decoded_event(RawBSONDocument(raw[at : at + size]))
    increment, seconds = _TIME.unpack(time)
    return Event(token.decode(), name, _OPERATIONS[operation], raw[begin:end], (seconds, increment))


def decoded_event(change: Mapping[str, Any]) -> Event:
    """The event of any change whose sub-documents are still raw."""
    document = change.get("fullDocument")
    key = change.get("documentKey")
    return Event(
        token=change["_id"]["_data"],
        record_id="" if key is None else record_id(key),
        operation=change["operationType"],
        raw=bytes(document.raw) if isinstance(document, RawBSONDocument) else None,
        cluster_time=pair(change["clusterTime"]),
    )


def record_id(document: RawBSONDocument) -> str:
    """The document's ``_id`` as text: a string as it is, else canonical extended JSON.

    Object ids become their 24 hexadecimal digits; an ``_id`` that is no valid BSON the
    hexadecimal digits of its bytes.
    """
    try:
        value = document["_id"]
        if isinstance(value, str):
            return value
        if isinstance(value, ObjectId):
            return str(value)
        if isinstance(value, RawBSONDocument):
            value = dict(value)
        return json_util.dumps(value, json_options=json_util.CANONICAL_JSON_OPTIONS)
    except (BSONError, UnicodeDecodeError):
        return document.raw.hex()


def pair(time: Timestamp) -> tuple[int, int]:
    """A server time as ``(seconds, increment)``."""
    return (time.time, time.inc)
