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


class Element(NamedTuple):
    """One value: its path (None inside an array), its type byte, where it begins, how long it is.

    Of a string `at` and `size` are those of the text, without its length and its final NUL;
    of binary data those of the data.
    """

    path: tuple[str, ...] | None
    kind: int
    at: int
    size: int


def elements(raw: bytes) -> Iterator[Element]:
    """Every value of a document that decodes without error, sub-documents before what is in them.

    Raises
    ------
    ValueError
        It holds something rare: a type no record needs, or a key beginning with ``$``,
        which may make a sub-document decode as something else.

    Examples
    --------
    >>> import bson
    >>> [tuple(e) for e in elements(bson.encode({"a": 1.5, "b": {"c": "x"}}))]
    [(('a',), 1, 7, 8), (('b',), 3, 18, 14), (('b', 'c'), 2, 29, 1)]
    """
    return _elements(raw, 4, len(raw) - 1, ())


def _elements(raw: bytes, at: int, end: int, parent: tuple[str, ...] | None) -> Iterator[Element]:
    while at < end:
        kind = raw[at]
        stop = raw.index(b"\x00", at)
        key = raw[at + 1 : stop].decode()
        if key.startswith("$"):
            raise ValueError(f"expected plain keys, got {key!r}")
        path = None if parent is None else (*parent, key)
        at = stop + 1
        size = _SIZE.get(kind)
        if size is not None:
            yield Element(path, kind, at, size)
        elif kind == STRING:
            size = 4 + _INT32.unpack_from(raw, at)[0]
            yield Element(path, kind, at + 4, size - 5)
        elif kind in (DOCUMENT, ARRAY):
            size = _INT32.unpack_from(raw, at)[0]
            yield Element(path, kind, at, size)
            yield from _elements(raw, at + 4, at + size - 1, None if kind == ARRAY else path)
        elif kind == BINARY:
            size = 5 + _INT32.unpack_from(raw, at)[0]
            yield Element(path, kind, at + 5, size - 5)
        else:
            raise ValueError(f"expected a common type, got 0x{kind:02x}")
        at += size
