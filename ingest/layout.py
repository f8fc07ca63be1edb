"""Documents of one layout, read as columns in one go.

The documents of one sender repeat: the same keys in the same order, with values of the same
types and lengths. In such documents every value sits at the same place and all other bytes
are equal. A layout is learnt from one document that was read with care; comparing the bytes
that must be equal then says of another one that it has the same keys, types and nesting, so
that only its values are left to be looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import RecordError
from ingest import bson_walk as bson
from ingest.bson_walk import Element
from ingest.record_columns import Fields, RecordColumns
from ingest.value import FIRST_TIME, LARGEST, LAST_TIME, identifier, key_text

Bytes = NDArray[np.uint8]
Offsets = NDArray[np.intp]

_NUMBER_TYPES = {bson.DOUBLE: "<f8", bson.INT32: "<i4", bson.INT64: "<i8"}
_NAME_KINDS = (bson.STRING, bson.OBJECT_ID, bson.INT32, bson.INT64)
_TIME_KINDS = (bson.DATE, bson.INT64)
_ANY_VALUE = frozenset({*_NUMBER_TYPES, bson.OBJECT_ID, bson.DATE, bson.TIMESTAMP, bson.DECIMAL})
_BLANK, _LAST_ASCII = 0x20, 0x7E
_UNREADABLE = object()


class Layout:
    """Where the values sit in documents like this one.

    Parameters
    ----------
    raw : bytes
        A document that was read without fault.
    fields : Fields
        What is read of it.

    Attributes
    ----------
    length : int
        Bytes of each document.
    unknown : list of str
        Fields of each that the profile does not name, as dotted paths.

    Raises
    ------
    ValueError
        Documents like this one have to be read one by one: a field holds what needs a
        closer look each time, such as a number as text.
    """

    def __init__(self, raw: bytes, fields: Fields) -> None:
        self.length = len(raw)
        self.unknown: list[str] = []
        self._width = len(fields.numbers)
        mask = np.full(len(raw), 0xFF, dtype=np.uint8)
        found: dict[tuple[str, ...], Element] = {}
        text: list[int] = []
        for element in bson.elements(raw):
            path, kind, at, size = element
            if path is not None:
                if path in fields.read_in and kind not in (bson.DOCUMENT, bson.NULL):
                    raise ValueError(f"{path}: expected a sub-document, got type 0x{kind:02x}")
                found[path] = element
                if path[-1] not in fields.known_in.get(path[:-1], path[-1:]):
                    self.unknown.append(".".join(path))
            mask[at : at + size] &= _must_equal(element, raw)
            if kind == bson.STRING and path not in fields.names:
                text += range(at, at + size)
        self._mask = mask
        self._skeleton: Bytes = np.frombuffer(raw, dtype=np.uint8) & mask
        self._text = np.array(text, dtype=np.intp)
        self._names = [_of_kind(found.get(path), _NAME_KINDS) for path in fields.names]
        self._time = _of_kind(found.get(fields.time), _TIME_KINDS)
        self._numbers: list[tuple[str, Offsets, Offsets]] = []
        numbers = [_of_kind(found.get(path), tuple(_NUMBER_TYPES)) for path in fields.numbers]
        for kind, dtype in _NUMBER_TYPES.items():
            here = [(i, element.at) for i, element in enumerate(numbers) if element and element.kind == kind]
            if here:
                columns, offsets = np.array(here, dtype=np.intp).T
                self._numbers.append((dtype, columns, offsets))

    def fits(self, block: Bytes) -> NDArray[np.bool_]:
        """Which documents ``(k, length)`` have this layout."""
        fits: NDArray[np.bool_] = ((block & self._mask) == self._skeleton).all(axis=1)
        return fits

    def read(self, block: Bytes) -> tuple[RecordColumns, NDArray[np.bool_]]:
        """Columns of documents ``(k, length)`` of this layout, and which of them hold.

        False marks documents with a value out of the ordinary; they have to be read with care.
        """
        columns = RecordColumns.missing(len(block), self._width)
        for dtype, names, at in self._numbers:
            columns.numbers[:, names] = _values(block, dtype, at)
        huge: NDArray[np.bool_] = np.any(np.abs(columns.numbers) > LARGEST, axis=1)
        # ASCII is UTF-8, other text may be.
        foreign: NDArray[np.bool_] = np.any(block[:, self._text] >= 0x80, axis=1)
        good = ~huge & ~foreign
        if self._time is not None:
            columns.time[:] = _values(block, "<i8", np.array([self._time.at]))[:, 0]
            good &= (columns.time >= FIRST_TIME) & (columns.time < LAST_TIME)
        name, maker, facility, item = self._names
        columns.ids[:] = _identifiers(block, name, good)
        for column, element in ((columns.maker, maker), (columns.facility, facility), (columns.item, item)):
            if element is not None:
                column[:] = _key_texts(block, element)
                good &= column != _UNREADABLE
        good &= columns.facility != np.array(None)
        return columns, good


def _must_equal(element: Element, raw: bytes) -> int:
    """Bits of each of the element's bytes that are the same in all documents of the layout."""
    if element.kind in _ANY_VALUE or element.kind == bson.STRING:
        return 0x00
    if element.kind == bson.BOOLEAN:
        return 0xFE
    if element.kind == bson.BINARY and raw[element.at - 1] in (0, 4):  # plain bytes, a UUID
        return 0x00
    return 0xFF


def _of_kind(element: Element | None, kinds: Sequence[int]) -> Element | None:
    """The element; None where it is absent or null."""
    if element is None or element.kind == bson.NULL:
        return None
    if element.kind not in kinds:
        raise ValueError(f"{element.path}: expected an ordinary value, got type 0x{element.kind:02x}")
    return element


def _values(block: Bytes, dtype: str, at: Offsets) -> NDArray[Any]:
    """The numbers that begin at these bytes of each document, ``(k, len(at))``."""
    k, length = block.shape
    everywhere: NDArray[Any] = np.ndarray(
        (k, length - np.dtype(dtype).itemsize + 1), dtype, block, 0, (length, 1)
    )
    values: NDArray[Any] = everywhere[:, at]
    return values


def _identifiers(block: Bytes, element: Element | None, good: NDArray[np.bool_]) -> list[str]:
    """Identifiers as text; `good` is taken from those that are none."""
    assert element is not None  # a document without one is never read without fault
    if element.kind != bson.STRING:
        return _digits(block, element)
    text = block[:, element.at : element.at + element.size]
    whole = text.tobytes().decode("latin-1")
    found = [whole[i : i + element.size] for i in range(0, len(whole), element.size)]
    printable = ((text >= _BLANK) & (text <= _LAST_ASCII)).all(axis=1) & (text[:, 0] != _BLANK)
    for row in np.flatnonzero(~printable).tolist():
        try:
            found[row] = identifier(text[row].tobytes().decode())
        except (RecordError, UnicodeDecodeError):
            good[row] = False
    return found


def _key_texts(block: Bytes, element: Element) -> list[Any]:
    if element.kind != bson.STRING:
        return _digits(block, element)
    size = element.size
    if not size:
        return [None] * len(block)
    whole = block[:, element.at : element.at + size].tobytes()
    return [_key_text(whole[i : i + size]) for i in range(0, len(whole), size)]


@lru_cache(maxsize=10_000)
def _key_text(text: bytes) -> object:
    """A key as `ingest.value.key_text` reads it, `_UNREADABLE` where it refuses."""
    try:
        return key_text(text.decode())
    except (RecordError, UnicodeDecodeError):
        return _UNREADABLE


def _digits(block: Bytes, element: Element) -> list[str]:
    """Object ids as hexadecimal, whole numbers as decimal digits."""
    if element.kind == bson.OBJECT_ID:
        digits = block[:, element.at : element.at + 12].tobytes().hex()
        return [digits[i : i + 24] for i in range(0, len(digits), 24)]
    numbers = _values(block, _NUMBER_TYPES[element.kind], np.array([element.at]))[:, 0]
    return list(map(str, numbers.tolist()))
