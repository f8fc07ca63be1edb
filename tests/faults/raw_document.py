"""The ``_id`` inside a document's bytes, found without decoding what may be undecodable."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final

import bson

_FIXED: Final = {
    **{0x01: 8, 0x07: 12, 0x08: 1, 0x09: 8, 0x10: 4, 0x11: 8, 0x12: 8, 0x13: 16},
    **{0x06: 0, 0x0A: 0, 0x7F: 0, 0xFF: 0},
}
_ORDER: Final = {
    **{0xFF: 0, 0x0A: 1, 0x01: 2, 0x10: 2, 0x12: 2, 0x13: 2, 0x02: 3, 0x0E: 3, 0x03: 4, 0x04: 5},
    **{0x05: 6, 0x07: 7, 0x08: 8, 0x09: 9, 0x11: 10, 0x0B: 11, 0x7F: 12},
}
"""The server's order of types within an index."""


def as_bytes(document: Mapping[str, Any] | bytes) -> bytes:
    """BSON as it is, or of a mapping."""
    return document if isinstance(document, bytes) else bson.encode(document)


def wrapped(element: bytes) -> bytes:
    """A document that holds this one element."""
    return struct.pack("<i", len(element) + 5) + element + b"\x00"


def id_element(raw: bytes) -> bytes:
    """The element ``_id`` of a document: type byte, name, value.

    Raises
    ------
    ValueError
        It has none.
    """
    at = 4
    while at < len(raw) - 1:
        begin, kind = at, raw[at]
        name_end = raw.index(b"\x00", at)
        at = name_end + 1 + _size(raw, kind, name_end + 1)
        if raw[begin + 1 : name_end] == b"_id":
            return raw[begin:at]
    msg = f"expected a document with an _id, got {raw[:60]!r}"
    raise ValueError(msg)


def _size(raw: bytes, kind: int, at: int) -> int:
    if kind in _FIXED:
        return _FIXED[kind]
    length: int = struct.unpack_from("<i", raw, at)[0]
    if kind in (0x02, 0x0D, 0x0E):
        return 4 + length
    if kind in (0x03, 0x04, 0x0F):
        return length
    if kind == 0x05:
        return 5 + length
    if kind == 0x0B:
        options = raw.index(b"\x00", at) + 1
        return raw.index(b"\x00", options) + 1 - at
    msg = f"expected a BSON type, got 0x{kind:02x}"
    raise ValueError(msg)


def sort_key(element: bytes) -> tuple[Any, ...]:
    """Where an element stands in an index on it: by type, then by value."""
    kind, value = element[0], element[element.index(b"\x00", 1) + 1 :]
    order = _ORDER[kind]
    if kind in (0x01, 0x10, 0x12, 0x13):
        [number] = bson.decode(wrapped(element)).values()
        return (order, number.to_decimal() if kind == 0x13 else number)
    if kind in (0x03, 0x04):
        return (order, *_parts(value))
    if kind in (0x09, 0x11):
        return (order, int.from_bytes(value, "little", signed=kind == 0x09))
    return (order, value[4:] if kind == 0x02 else value)


def _parts(raw: bytes) -> list[Any]:
    """Type, name and value of each element, as the server compares documents."""
    parts: list[Any] = []
    at = 4
    while at < len(raw) - 1:
        name_end = raw.index(b"\x00", at)
        end = name_end + 1 + _size(raw, raw[at], name_end + 1)
        inner = sort_key(raw[at:end])
        parts.append((inner[0], raw[at + 1 : name_end], inner[1:]))
        at = end
    return parts
