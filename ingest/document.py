"""Raw BSON documents into the columns of a batch, only the profile's fields.

Each document is decoded by itself, so that a bad one becomes a dead letter and its
neighbours are judged. A document whose fields all hold plain numbers never meets a
Python line per field; the others go through `ingest.value` field by field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from typing import Any

import bson
import numpy as np

from core.batch import Batch, Floats, Strings
from core.errors import RecordError
from core.profile import FieldPath, Profile, Variable
from core.stream import DeadLetter, Event
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
from ingest.value import LARGEST, epoch_ms, identifier, key_text, number

MAX_BYTES = 4 * 1024 * 1024
"""A larger document is no record of one cycle, even with its curves inside."""
_Row = tuple[Any, ...]
_Keys = tuple[str, Any, str | None, str, str | None]


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a batch of events became: each event is in exactly one of the two.

    Attributes
    ----------
    batch : Batch
        The readable records, in the order of their events.
    tokens : list of str
        Event token of each row of `batch`.
    dead_letters : list of DeadLetter
        The others, each with its reason.
    unknown_fields : mapping of str to int
        Fields the profile does not name (dotted path) and in how many records they
        were. Never an error; a new name here means that the sender has changed.
    """

    batch: Batch
    tokens: list[str]
    dead_letters: list[DeadLetter]
    unknown_fields: Mapping[str, int]


def decode(events: Sequence[Event], profile: Profile) -> Decoded:
    """Decode events once; for many batches keep a `DocumentDecoder`."""
    return DocumentDecoder(profile).decode(events)


class DocumentDecoder:
    """Turns events into batches of one profile.

    Parameters
    ----------
    profile : Profile
        Names the fields, where each sits, and what an unreadable value does
        (``fill.unreadable``): dead letter, or missing.

    Notes
    -----
    Reasons of dead letters: ``no_document`` (deleted before it could be read),
    ``too_large``, ``too_deep``, ``undecodable`` (broken BSON, text that is not UTF-8, a
    date no calendar has), ``duplicate_key``, ``missing_id``, ``missing_facility`` and
    those of `ingest.value`.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        variables = (*profile.settings, *profile.production)
        self._number_fields = _fields((profile.lot.good, profile.lot.bad, *variables))
        self._key_fields = _fields(
            (profile.identifier, profile.time, profile.maker, profile.facility, profile.item)
        )
        self._numbers = FieldPicker(self._number_fields)
        self._keys = FieldPicker(self._key_fields)
        read = (*self._key_fields, *self._number_fields)
        self._children = _children(read, (*read, *_fields(profile.variables)))
        self._bare_size = bare_size(read)

    def decode(self, events: Sequence[Event]) -> Decoded:
        """Columns of the readable records, dead letters of the others."""
        read: list[tuple[Event, Document, _Keys, _Row]] = []
        dead: list[DeadLetter] = []
        unknown: Counter[str] = Counter()
        seen: dict[str, str] = {}
        for event in events:
            try:
                read.append(self._read(event, seen, unknown))
            except RecordError as error:
                dead.append(dead_letter(event, error))
        table = np.array([row for _, _, _, row in read], dtype=np.float64)
        table = table.reshape(len(read), len(self._number_fields))
        kept = np.ones(len(read), dtype=bool)
        for i in np.flatnonzero((np.abs(table) > LARGEST).any(axis=1)).tolist():
            event, document, _, _ = read[i]
            try:
                table[i] = self._read_numbers(document)
            except RecordError as error:
                dead.append(dead_letter(event, error))
                kept[i] = False
        if not kept.all():
            read = list(compress(read, kept.tolist()))
            table = table[kept]
        tokens = [event.token for event, _, _, _ in read]
        return Decoded(self._batch([keys for _, _, keys, _ in read], table), tokens, dead, unknown)

    def _read(
        self, event: Event, seen: dict[str, str], unknown: Counter[str]
    ) -> tuple[Event, Document, _Keys, _Row]:
        raw = _raw(event)
        document = decode_strictly(raw)
        row: _Row
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
                row = self._read_numbers(document)
        return event, document, self._read_keys(keys, seen), row

    def _read_keys(self, row: _Row, seen: dict[str, str]) -> _Keys:
        name, time, maker, facility, item = self._keys.ordered(row)
        fields = self._key_fields
        place = seen.get(facility) if type(facility) is str else None
        if place is None:
            place = _named(fields[3], key_text, facility)
            if place is None:
                path = ".".join(fields[3].path)
                raise RecordError("missing_facility", f"{path}: expected the facility, got {facility!r}")
        if type(name) is not str or not name.isascii() or "\x00" in name or name.isspace() or not name:
            name = _named(fields[0], identifier, name)
        if type(time) is not datetime or not 1970 <= time.year < 2262:
            time = np.datetime64(self._lenient(fields[1], epoch_ms, time), "ms")
        if type(facility) is str:
            seen[facility] = place
        return name, time, self._key(fields[2], maker, seen), place, self._key(fields[4], item, seen)

    def _key(self, field: FieldPath, value: Any, seen: dict[str, str]) -> str | None:
        """A key as text; each text is examined once a batch."""
        known = seen.get(value) if type(value) is str else None
        if known is not None:
            return known
        found: str | None = self._lenient(field, key_text, value)
        if found is not None and type(value) is str:
            seen[value] = found
        return found

    def _read_numbers(self, document: Document) -> _Row:
        """The numbers one by one, by the rules of `ingest.value`."""
        values = (self._lenient(f, number, find(document, f.path)) for f in self._number_fields)
        return self._numbers.in_groups(values)

    def _lenient(self, field: FieldPath, rule: Callable[[object], Any], value: object) -> Any:
        try:
            return _named(field, rule, value)
        except RecordError:
            if self.profile.fill.unreadable == "fill":
                return rule(None)
            raise

    def _batch(self, keys: list[_Keys], table: Floats) -> Batch:
        if not keys:
            return Batch.empty(self.profile)
        ids, times, makers, facilities, items = zip(*keys, strict=True)
        numbers = table[:, self._numbers.order]
        width = len(self.profile.settings)
        return Batch(
            ids=_objects(ids),
            time=np.array(times, dtype="datetime64[ms]").astype(np.int64),
            maker=_objects(makers),
            facility=_objects(facilities),
            item=_objects(items),
            settings=numbers[:, 2 : 2 + width],
            production=numbers[:, 2 + width :],
            lot_good=numbers[:, 0],
            lot_bad=numbers[:, 1],
        )

    def _weigh_unread(self, document: Document, unknown: Counter[str], *, complete: bool) -> int:
        """Bytes of the fields that are not read, those the profile does not name counted."""
        size = 0
        for parent, (read, known) in self._children.items():
            node = find(document, parent)
            if not isinstance(node, dict) or (complete and len(node) == len(read)):
                continue
            unread = {key: node[key] for key in node.keys() - read}
            size += len(bson.encode(unread)) - EMPTY_SIZE
            for key in unread.keys() - known:
                unknown[".".join((*parent, key))] += 1
        return size


def dead_letter(event: Event, error: RecordError) -> DeadLetter:
    """The dead letter of an event, its document whole; the store decides how much it keeps."""
    return DeadLetter(event.token, event.record_id, error.reason, error.detail, event.raw or b"")


def _raw(event: Event) -> bytes:
    if event.raw is None:
        raise RecordError("no_document", "expected the document, got none: deleted before it could be read")
    if len(event.raw) > MAX_BYTES:
        raise RecordError("too_large", f"expected at most {MAX_BYTES} bytes, got {len(event.raw)}")
    return event.raw


def _objects(values: Sequence[Any]) -> Strings:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _named(field: FieldPath, rule: Callable[[object], Any], value: object) -> Any:
    try:
        return rule(value)
    except RecordError as error:
        raise RecordError(error.reason, f"{'.'.join(field.path)}: {error.detail}") from None


def _fields(fields: Sequence[FieldPath | Variable]) -> tuple[FieldPath, ...]:
    return tuple(FieldPath(f.name, f.path) for f in fields)


def _children(
    read: Sequence[FieldPath], known: Sequence[FieldPath]
) -> dict[tuple[str, ...], tuple[frozenset[str], frozenset[str]]]:
    """Keys in each document the profile looks into: those that are read, and all it knows."""

    def names(fields: Sequence[FieldPath]) -> dict[tuple[str, ...], set[str]]:
        found: dict[tuple[str, ...], set[str]] = {}
        for field in fields:
            for depth, key in enumerate(field.path):
                found.setdefault(field.path[:depth], set()).add(key)
        return found

    of_read, of_known = names(read), names(known)
    of_known[()].add("_id")
    return {
        parent: (frozenset(of_read.get(parent, ())), frozenset(keys)) for parent, keys in of_known.items()
    }
