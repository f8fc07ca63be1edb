"""Where each value of a BSON document sits in its bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

DOUBLE: Final = 0x01
STRING: Final = 0x02
DOCUMENT: Final = 0x03
ARRAY: Final = 0x04
BINARY: Final = 0x05
OBJECT_ID: Final = 0x07
BOOLEAN: Final = 0x08
DATE: Final = 0x09
NULL: Final = 0x0A
INT32: Final = 0x10
TIMESTAMP: Final = 0x11
INT64: Final = 0x12
DECIMAL: Final = 0x13

_SIZE: Final = {
    DOUBLE: 8,
    OBJECT_ID: 12,
    BOOLEAN: 1,
    DATE: 8,
    NULL: 0,
    INT32: 4,
    TIMESTAMP: 8,
    INT64: 8,
    DECIMAL: 16,
}
_INT32: Final = struct.Struct("<i")


class Member(NamedTuple):
    """One value of a document or array: its key, type byte, where it begins, how long it is.

    Of a string `at` and `size` are those of the text, without its length and its final NUL;
    of binary data those of the data.
    """

    key: bytes
    kind: int
    at: int
    size: int


def members(raw: bytes, at: int = 0) -> Iterator[Member]:
    """The values directly in the valid document or array that begins at byte `at`.

    Raises
    ------
    ValueError
        It holds a type no record needs.
    """
    end = at + _INT32.unpack_from(raw, at)[0] - 1
    at += 4
    while at < end:
        kind = raw[at]
        stop = raw.index(b"\x00", at)
        key = raw[at + 1 : stop]
        at = stop + 1
        size = _SIZE.get(kind)
        if size is not None:
            yield Member(key, kind, at, size)
        elif kind == STRING:
            size = 4 + _INT32.unpack_from(raw, at)[0]
            yield Member(key, kind, at + 4, size - 5)
        elif kind in (DOCUMENT, ARRAY):
            size = _INT32.unpack_from(raw, at)[0]
            yield Member(key, kind, at, size)
        elif kind == BINARY:
            size = 5 + _INT32.unpack_from(raw, at)[0]
            yield Member(key, kind, at + 5, size - 5)
        else:
            raise ValueError(f"{key!r}: expected a common type, got 0x{kind:02x}")
        at += size
