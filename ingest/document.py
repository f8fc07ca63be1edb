"""Raw BSON documents into the columns of a batch, only the profile's fields.

Documents that come in a layout seen before are read together, column by column; the others
one by one. Either way a bad document becomes a dead letter and its neighbours are judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from core.batch import Batch
from core.errors import RecordError
from core.profile import Profile
from core.stream import DeadLetter, Event
from ingest.field_picker import Document
from ingest.layout_book import LayoutBook
from ingest.record_columns import Fields, RecordColumns
from ingest.record_reader import MAX_BYTES, Keys, RecordReader, Row
from ingest.value import LARGEST

__all__ = ["MAX_BYTES", "Decoded", "DocumentDecoder", "dead_letter", "decode"]


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
    ``too_large``, ``too_deep``, ``undecodable`` (broken BSON, text that is not UTF-8),
    ``duplicate_key``, ``missing_id``, ``missing_facility`` and those of `ingest.value`.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._fields = Fields.of(profile)
        self._reader = RecordReader(profile, self._fields)
        self._layouts = LayoutBook(self._fields)

    def decode(self, events: Sequence[Event]) -> Decoded:
        """Columns of the readable records, dead letters of the others."""
        unknown: Counter[str] = Counter()
        known = self._layouts.read([event.raw for event in events], unknown)
        if known is None:
            found, kept, dead = self._one_by_one(events, unknown)
            self._layouts.learn([events[row].raw or b"" for row in kept])
            tokens = [events[row].token for row in kept]
            return Decoded(found.batch(self.profile), tokens, dead, unknown)
        columns, fits, read = known
        dead = []
        if not read.all():
            rest = np.flatnonzero(~read)
            found, kept, dead = self._one_by_one([events[row] for row in rest.tolist()], unknown)
            rows = rest[kept]
            columns.put(rows, found)
            read[rows] = True
            self._layouts.learn([events[row].raw or b"" for row in rows[~fits[rows]].tolist()])
            columns = columns.take(read)
        tokens = [event.token for event in compress(events, read.tolist())]
        return Decoded(columns.batch(self.profile), tokens, dead, unknown)

    def _one_by_one(
        self, events: Sequence[Event], unknown: Counter[str]
    ) -> tuple[RecordColumns, list[int], list[DeadLetter]]:
        """Columns of the readable records, their places among the events, and the others."""
        seen: dict[str, str] = {}
        read: list[tuple[int, Document, Keys, Row]] = []
        dead: list[DeadLetter] = []
        for place, event in enumerate(events):
            try:
                read.append((place, *self._reader.read(event.raw, seen, unknown)))
            except RecordError as error:
                dead.append(dead_letter(event, error))
        table = np.array([row for _, _, _, row in read], dtype=np.float64)
        table = table.reshape(len(read), len(self._fields.numbers))
        kept = [True] * len(read)
        for i in np.flatnonzero((np.abs(table) > LARGEST).any(axis=1)).tolist():
            place, document, _, _ = read[i]
            try:
                table[i] = self._reader.numbers(document)
            except RecordError as error:
                dead.append(dead_letter(events[place], error))
                kept[i] = False
        if not all(kept):
            read, table = list(compress(read, kept)), table[kept]
        columns = RecordColumns.of([keys for _, _, keys, _ in read], table[:, self._reader.order])
        return columns, [place for place, _, _, _ in read], dead


def dead_letter(event: Event, error: RecordError) -> DeadLetter:
    """The dead letter of an event, its document whole; the store decides how much it keeps."""
    return DeadLetter(event.token, event.record_id, error.reason, error.detail, event.raw or b"")
