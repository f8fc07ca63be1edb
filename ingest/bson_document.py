"""One BSON document as Python values, and the flaws that must keep it out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import BSONError
from bson.int64 import Int64
from bson.objectid import ObjectId

from core.errors import RecordError
from core.profile import FieldPath
from ingest.field_picker import Document

MAX_DEPTH = 100
"""Levels a document may nest; MongoDB itself stores no more."""

NUMBER_SIZE: dict[type, int] = {float: 8, Int64: 8, int: 4, type(None): 0}
"""Bytes in BSON of what needs no closer look to be a number."""
EMPTY_SIZE = len(bson.encode({}))
_KEY_SIZE: dict[type, int] = {**NUMBER_SIZE, datetime: 8, ObjectId: 12}


class _UniqueKeys(dict[str, Any]):
    """A document that refuses to hold a key twice."""

    def __setitem__(self, key: str, value: Any) -> None:
        if key in self:
            raise RecordError("duplicate_key", f"{key}: expected each field once")
        super().__setitem__(key, value)


# A date no calendar has is a matter of its own field, which may be one that nobody reads.
_ANY_DATE = DatetimeConversion.DATETIME_AUTO
_DECODED: CodecOptions[Document] = CodecOptions(datetime_conversion=_ANY_DATE)
_UNIQUE_KEYS: CodecOptions[_UniqueKeys] = CodecOptions(
    document_class=_UniqueKeys, datetime_conversion=_ANY_DATE
)


def decode_strictly(raw: bytes, options: CodecOptions[Any] = _DECODED) -> Document:
    """The document as Python values; one flaw anywhere refuses the whole.

    Raises
    ------
    RecordError
        ``undecodable`` (broken BSON, text that is not UTF-8) or ``too_deep``.
    """
    try:
        document: Document = bson.decode(raw, options)
    except (BSONError, OverflowError, RecursionError, TypeError, ValueError) as error:
        if "recursion" in str(error):  # bson wraps Python's own error
            raise RecordError("too_deep", f"expected at most {MAX_DEPTH} nested levels") from None
        raise RecordError("undecodable", f"expected valid BSON, got: {str(error)[:300]}") from None
    return document


def check_depth(raw: bytes, document: Document) -> None:
    """Refuse (``too_deep``) what nests more than `MAX_DEPTH` levels."""
    # A level costs a type byte of 3 or 4, so most documents are cleared by counting bytes.
    if raw.count(b"\x03") + raw.count(b"\x04") > MAX_DEPTH and _depth(document) > MAX_DEPTH:
        raise RecordError("too_deep", f"expected at most {MAX_DEPTH} nested levels")


def check_unique(raw: bytes, document: Document) -> None:
    """Refuse (``duplicate_key``) what holds a key twice: decoding would keep the last."""
    if len(bson.encode(document)) != len(raw):  # the lost one shows in the length
        decode_strictly(raw, _UNIQUE_KEYS)


def size_of_key(value: Any) -> int:
    """Bytes of a key's value in BSON; 0 where they are not known."""
    if type(value) is str:
        return 5 + (len(value) if value.isascii() else len(value.encode()))
    return _KEY_SIZE.get(type(value), 0)


def bare_size(fields: Sequence[FieldPath]) -> int:
    """Bytes of a document that has these fields, without their values."""
    document: Document = {}
    for field in fields:
        node = document
        for key in field.path[:-1]:
            node = node.setdefault(key, {})
        node[field.path[-1]] = None
    return len(bson.encode(document))


def _depth(document: Document) -> int:
    depth = 0
    level: list[Any] = [document]
    while level:
        depth += 1
        inner = [v.values() if isinstance(v, dict) else v for v in level]
        level = [v for v in chain.from_iterable(inner) if isinstance(v, dict | list)]
    return depth
