"""One document at a time, read with care: every form a value may take, every reason to refuse."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import bson
import numpy as np

from core.errors import RecordError
from core.profile import FieldPath, Profile, Variable
from ingest.bson_document import (
    EMPTY_SIZE,
    NUMBER_SIZE,
    bare_size,
    check_depth,
    check_unique,
    decode_strictly,
    size_of_key,
)
from ingest.field_picker import Document, FieldPicker, find
from ingest.record_columns import Fields
from ingest.value import epoch_ms, identifier, key_text, number

MAX_BYTES = 4 * 1024 * 1024
"""A larger document is no record of one cycle, even with its curves inside."""
Row = tuple[Any, ...]
Keys = tuple[str, Any, str | None, str, str | None]


class RecordReader:
    """Reads documents of one profile, each by itself.

    A document whose fields all hold plain numbers never meets a Python line per field; the
    others go through `ingest.value` field by field.

    Attributes
    ----------
    order : (f,) int
        Brings the numbers of a `Row` into the order of ``Fields.numbers``.
    """

    def __init__(self, profile: Profile, fields: Fields) -> None:
        self._fill_unreadable = profile.fill.unreadable == "fill"
        self._fields = fields
        variables = (*profile.settings, *profile.production)
        self._number_fields = _paths((profile.lot.good, profile.lot.bad, *variables))
        self._key_fields = (profile.identifier, profile.time, profile.maker, profile.facility, profile.item)
        self._numbers = FieldPicker(self._number_fields)
        self._keys = FieldPicker(self._key_fields)
        self._bare_size = bare_size((*self._key_fields, *self._number_fields))
        self.order = self._numbers.order

    def read(
        self, raw: bytes | None, seen: dict[str, str], unknown: Counter[str]
    ) -> tuple[Document, Keys, Row]:
        """The document, its keys and its numbers; numbers out of range are not noticed yet.

        Parameters
        ----------
        raw : bytes or None
        seen : dict
            Keys examined already; the same dictionary for a whole batch.
        unknown : Counter
            Fields the profile does not name are counted here.

        Raises
        ------
        RecordError
            The record cannot become a row.
        """
        document = decode_strictly(_checked(raw))
        assert raw is not None
        row: Row
        size = 0
        try:
            row = self._numbers.all_present(document)
            keys = self._keys.all_present(document)
            size = self._bare_size + sum(map(NUMBER_SIZE.__getitem__, map(type, row)))
        except (KeyError, TypeError):
            row, keys = self._numbers.some_missing(document), self._keys.some_missing(document)
        # Where the sizes of all known values fill the document, nothing else is in it: no field
        # twice, none unknown, none nested without end.
        if size + sum(map(size_of_key, keys)) != len(raw):
            check_depth(raw, document)
            size += self._weigh_unread(document, unknown, complete=size > 0) + sum(map(size_of_key, keys))
            if size != len(raw):
                check_unique(raw, document)
            if not NUMBER_SIZE.keys() >= set(map(type, row)):
                row = self.numbers(document)
        return document, self._read_keys(keys, seen), row

    def numbers(self, document: Document) -> Row:
        """The numbers one by one, by the rules of `ingest.value`."""
        values = (self._lenient(f, number, find(document, f.path)) for f in self._number_fields)
        return self._numbers.in_groups(values)

    def _read_keys(self, row: Row, seen: dict[str, str]) -> Keys:
        name, time, maker, facility, item = self._keys.ordered(row)
        fields = self._key_fields
        place = seen.get(facility) if type(facility) is str else None
        given = True
        if place is None:
            found = _named(fields[3], key_text, facility)
            given = found is not None
            place = found or fields[3].otherwise
            if place is None:
                path = ".".join(fields[3].path)
                raise RecordError("missing_facility", f"{path}: expected the facility, got {facility!r}")
        if type(name) is not str or not name.isascii() or "\x00" in name or name.isspace() or not name:
            name = _named(fields[0], identifier, name)
        if type(time) is not datetime or not 1970 <= time.year < 2262:
            time = np.datetime64(self._lenient(fields[1], epoch_ms, time), "ms")
        place = sys.intern(place)
        if type(facility) is str and given:  # a blank one is another key's default elsewhere
            seen[facility] = place
        return name, time, self._key(fields[2], maker, seen), place, self._key(fields[4], item, seen)

    def _key(self, field: FieldPath, value: Any, seen: dict[str, str]) -> str | None:
        """A key as text, or what it is otherwise; each text is examined once a batch."""
        known = seen.get(value) if type(value) is str else None
        if known is not None:
            return known
        found: str | None = self._lenient(field, key_text, value)
        if found is None:
            return field.otherwise
        found = sys.intern(found)
        if type(value) is str:
            seen[value] = found
        return found

    def _lenient(self, field: FieldPath, rule: Callable[[object], Any], value: object) -> Any:
        try:
            return _named(field, rule, value)
        except RecordError:
            if self._fill_unreadable:
                return rule(None)
            raise

    def _weigh_unread(self, document: Document, unknown: Counter[str], *, complete: bool) -> int:
        """Bytes of the fields that are not read, those the profile does not name counted."""
        size = 0
        for parent, known in self._fields.known_in.items():
            read = self._fields.read_in.get(parent, frozenset())
            node = find(document, parent)
            if not isinstance(node, dict) or (complete and len(node) == len(read)):
                continue
            unread = {key: node[key] for key in node.keys() - read}
            size += len(bson.encode(unread)) - EMPTY_SIZE
            for key in unread.keys() - known:
                unknown[".".join((*parent, key))] += 1
        return size


def _checked(raw: bytes | None) -> bytes:
    if raw is None:
        raise RecordError("no_document", "expected the document, got none: deleted before it could be read")
    if len(raw) > MAX_BYTES:
        raise RecordError("too_large", f"expected at most {MAX_BYTES} bytes, got {len(raw)}")
    return raw


def _named(field: FieldPath, rule: Callable[[object], Any], value: object) -> Any:
    try:
        return rule(value)
    except RecordError as error:
        raise RecordError(error.reason, f"{'.'.join(field.path)}: {error.detail}") from None


def _paths(fields: Sequence[FieldPath | Variable]) -> tuple[FieldPath, ...]:
    return tuple(FieldPath(f.name, f.path) for f in fields)
