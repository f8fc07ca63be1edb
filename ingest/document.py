"""Raw BSON documents into the columns of a batch, only the profile's fields.

Each document is decoded by itself, so that a bad one becomes a dead letter and its
neighbours are judged. A document whose fields all hold plain numbers never meets a
Python line per field; the others go through `ingest.value` field by field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any

import bson
import numpy as np
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from bson.int64 import Int64

from core.batch import Batch, Floats
from core.errors import RecordError
from core.profile import FieldPath, Profile, Variable
from core.stream import DeadLetter, Event
from ingest.value import LARGEST, epoch_ms, identifier, key_text, number

MAX_BYTES = 4 * 1024 * 1024
"""A larger document is no record of one cycle, even with its curves inside."""
MAX_DEPTH = 100
"""Levels a document may nest; MongoDB itself stores no more."""

_PLAIN = frozenset({float, int, Int64, type(None)})
_Document = dict[str, Any]


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
        self._numbers = _Picker(self._number_fields)
        self._keys = _Picker(self._key_fields)
        every = (*self._key_fields, *self._number_fields, *_fields(profile.variables))
        self._known = _known_names([f.path for f in every])

    def decode(self, events: Sequence[Event]) -> Decoded:
        """Columns of the readable records, dead letters of the others."""
        dead: list[DeadLetter] = []
        kept: list[Event] = []
        documents: list[_Document] = []
        for event in events:
            try:
                documents.append(_document(event.raw))
            except RecordError as error:
                dead.append(dead_letter(event, error))
            else:
                kept.append(event)
        unknown = self._unknown(documents)
        tables: list[tuple[Any, ...]] = []
        rows: list[Event] = []
        keys: list[tuple[str, int, str | None, str, str | None]] = []
        for event, document, table in zip(kept, documents, self._tables(documents), strict=True):
            try:
                keys.append(self._read_keys(document))
                tables.append(self._read_numbers(document) if table is None else table)
            except RecordError as error:
                del keys[len(tables) :]
                dead.append(dead_letter(event, error))
            else:
                rows.append(event)
        return Decoded(self._batch(keys, tables), [e.token for e in rows], dead, unknown)

    def _tables(self, documents: Sequence[_Document]) -> list[tuple[Any, ...] | None]:
        """The numbers of each document, None where one of them needs a closer look."""
        pick = self._numbers
        tables: list[tuple[Any, ...] | None] = []
        for document in documents:
            try:
                row = pick.all_present(document)
            except (KeyError, TypeError):
                row = pick.some_missing(document)
            tables.append(row if _PLAIN.issuperset(map(type, row)) else None)
        checked = [i for i, row in enumerate(tables) if row is not None]
        values = np.array([tables[i] for i in checked], dtype=np.float64)
        if len(checked):
            for i in np.flatnonzero((np.abs(values) > LARGEST).any(axis=1)).tolist():
                tables[checked[i]] = None
        return tables

    def _read_numbers(self, document: _Document) -> tuple[float, ...]:
        return tuple(self._numbers.in_groups(self._read(document, f, number) for f in self._number_fields))

    def _read_keys(self, document: _Document) -> tuple[str, int, str | None, str, str | None]:
        try:
            name, time, maker, facility, item = self._keys.ordered(self._keys.all_present(document))
        except (KeyError, TypeError):
            name, time, maker, facility, item = (_find(document, f.path) for f in self._key_fields)
        fields = self._key_fields
        found = _named(fields[3], key_text, facility)
        if found is None:
            path = ".".join(fields[3].path)
            raise RecordError("missing_facility", f"{path}: expected the facility, got {facility!r}")
        return (
            _named(fields[0], identifier, name),
            self._lenient(fields[1], epoch_ms, time),
            self._lenient(fields[2], key_text, maker),
            found,
            self._lenient(fields[4], key_text, item),
        )

    def _read(self, document: _Document, field: FieldPath, rule: Callable[[object], Any]) -> Any:
        return self._lenient(field, rule, _find(document, field.path))

    def _lenient(self, field: FieldPath, rule: Callable[[object], Any], value: object) -> Any:
        try:
            return _named(field, rule, value)
        except RecordError:
            if self.profile.fill.unreadable == "fill":
                return rule(None)
            raise

    def _batch(self, keys: list[Any], tables: list[tuple[Any, ...]]) -> Batch:
        if not keys:
            return Batch.empty(self.profile)
        columns: list[Any] = []
        for values in zip(*keys, strict=True):
            column = np.empty(len(keys), dtype=object)
            column[:] = values
            columns.append(column)
        numbers: Floats = np.array(tables, dtype=np.float64)[:, self._numbers.order]
        width = len(self.profile.settings)
        return Batch(
            ids=columns[0],
            time=columns[1].astype(np.int64),
            maker=columns[2],
            facility=columns[3],
            item=columns[4],
            settings=numbers[:, 2 : 2 + width],
            production=numbers[:, 2 + width :],
            lot_good=numbers[:, 0],
            lot_bad=numbers[:, 1],
        )

    def _unknown(self, documents: Sequence[_Document]) -> dict[str, int]:
        # Counted by key layout: a plant has a handful of them, a batch has thousands of records.
        found: Counter[str] = Counter()
        for parent, known in self._known.items():
            layouts: Counter[tuple[str, ...]] = Counter()
            for document in documents:
                node = _find(document, parent)
                if isinstance(node, dict):
                    layouts[tuple(node)] += 1
            for layout, count in layouts.items():
                for key in layout:
                    if key not in known:
                        found[".".join((*parent, key))] += count
        return dict(found)


def dead_letter(event: Event, error: RecordError) -> DeadLetter:
    """The dead letter of an event, its document whole; the store decides how much it keeps."""
    return DeadLetter(event.token, event.record_id, error.reason, error.detail, event.raw or b"")


class _Picker:
    """Takes the same fields out of many documents, grouped by the document they sit in.

    Values come in the order of the groups; ``row[order]`` brings them into the fields'.
    """

    def __init__(self, fields: Sequence[FieldPath]) -> None:
        groups: dict[tuple[str, ...], list[int]] = {}
        for index, field in enumerate(fields):
            groups.setdefault(field.path[:-1], []).append(index)
        grouped = list(chain.from_iterable(groups.values()))
        self._grouped = grouped
        self.order = np.argsort(grouped)
        self._back = self.order.tolist()
        self._groups = [
            (parent, tuple(fields[i].path[-1] for i in members)) for parent, members in groups.items()
        ]
        self._getters = [(parent, _getter(names)) for parent, names in self._groups]

    def all_present(self, document: _Document) -> tuple[Any, ...]:
        """Every value; KeyError or TypeError where one is not there."""
        row: tuple[Any, ...] = ()
        for parent, getter in self._getters:
            node = document
            for key in parent:
                node = node[key]
            row += getter(node)
        return row

    def some_missing(self, document: _Document) -> tuple[Any, ...]:
        """Every value, None where absent; the obstacle itself where a parent is no document."""
        row: tuple[Any, ...] = ()
        for parent, names in self._groups:
            node = _find(document, parent)
            row += tuple(map(node.get, names)) if isinstance(node, dict) else (node,) * len(names)
        return row

    def ordered(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """A row in the order of the fields."""
        return tuple([row[i] for i in self._back])

    def in_groups(self, values: Any) -> list[Any]:
        """Values in the order of the fields, brought into the order of the groups."""
        given = list(values)
        return [given[i] for i in self._grouped]


class _UniqueKeys(dict[str, Any]):
    """A document that refuses to hold a key twice."""

    def __setitem__(self, key: str, value: Any) -> None:
        if key in self:
            raise RecordError("duplicate_key", f"{key}: expected each field once")
        super().__setitem__(key, value)


_UNIQUE_KEYS: CodecOptions[_UniqueKeys] = CodecOptions(document_class=_UniqueKeys)


def _document(raw: bytes | None) -> _Document:
    if raw is None:
        raise RecordError("no_document", "expected the document, got none: deleted before it could be read")
    if len(raw) > MAX_BYTES:
        raise RecordError("too_large", f"expected at most {MAX_BYTES} bytes, got {len(raw)}")
    try:
        document: _Document = bson.decode(raw)
        # Decoding keeps the last of two equal keys; the lost one shows in the length.
        if len(bson.encode(document)) != len(raw):
            bson.decode(raw, _UNIQUE_KEYS)
    except (BSONError, OverflowError, RecursionError, TypeError, ValueError) as error:
        if "recursion" in str(error):  # bson wraps Python's own error
            raise RecordError("too_deep", f"expected at most {MAX_DEPTH} nested levels") from None
        raise RecordError("undecodable", f"expected valid BSON, got: {str(error)[:300]}") from None
    # A level costs a type byte of 3 or 4, so most documents are cleared by counting bytes.
    if raw.count(b"\x03") + raw.count(b"\x04") > MAX_DEPTH and _depth(document) > MAX_DEPTH:
        raise RecordError("too_deep", f"expected at most {MAX_DEPTH} nested levels")
    return document


def _depth(document: _Document) -> int:
    depth = 0
    level: list[Any] = [document]
    while level:
        depth += 1
        inner = [v.values() if isinstance(v, dict) else v for v in level]
        level = [v for v in chain.from_iterable(inner) if isinstance(v, dict | list)]
    return depth


def _getter(names: tuple[str, ...]) -> Callable[[_Document], tuple[Any, ...]]:
    if len(names) == 1:
        name = names[0]
        return lambda node: (node[name],)
    return itemgetter(*names)


def _find(document: _Document, path: tuple[str, ...]) -> Any:
    """The value at the path, None where absent; what stands in the way where that is no document."""
    node: Any = document
    for key in path:
        if not isinstance(node, dict):
            return node
        node = node.get(key)
    return node


def _named(field: FieldPath, rule: Callable[[object], Any], value: object) -> Any:
    try:
        return rule(value)
    except RecordError as error:
        raise RecordError(error.reason, f"{'.'.join(field.path)}: {error.detail}") from None


def _fields(fields: Sequence[FieldPath | Variable]) -> tuple[FieldPath, ...]:
    return tuple(FieldPath(f.name, f.path) for f in fields)


def _known_names(paths: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], frozenset[str]]:
    """Keys the profile knows in each document it looks into."""
    known: dict[tuple[str, ...], set[str]] = {(): {"_id"}}
    for path in paths:
        for depth, key in enumerate(path):
            known.setdefault(path[:depth], set()).add(key)
    return {parent: frozenset(names) for parent, names in known.items()}
