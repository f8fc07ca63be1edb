"""Raw BSON documents into the columns of a batch, only the profile's fields.

Ordinary documents are read by the compiled reader where there is one, all others one by one
with care. Either way a bad document becomes a dead letter and its neighbours are judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import compress

import numpy as np

from core.batch import Batch
from core.errors import RecordError
from core.profile import Profile
from core.stream import DeadLetter, Event
from ingest.compiled_reader import CompiledReader
from ingest.field_picker import Document
from ingest.record_columns import Fields, RecordColumns
from ingest.record_reader import MAX_BYTES, Keys, RecordReader, Row
from ingest.value import LARGEST
from native.library import compiled

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
    native : bool
        Whether to use the compiled library, where there is one. What comes out is the same.

    Notes
    -----
    Reasons of dead letters: ``no_document`` (deleted before it could be read),
    ``too_large``, ``too_deep``, ``undecodable`` (broken BSON, text that is not UTF-8),
    ``duplicate_key``, ``missing_id``, ``missing_facility`` and those of `ingest.value`.
    """

    def __init__(self, profile: Profile, *, native: bool = True) -> None:
        self.profile = profile
        self._fields = fields = Fields.of(profile)
        self._reader = RecordReader(profile, fields)
        library = compiled() if native else None
        self._compiled: CompiledReader | None = None
        if library is not None:
            # Fields that contradict each other are for the careful reader alone.
            with suppress(ValueError):
                self._compiled = CompiledReader(fields, library)

    def decode(self, events: Sequence[Event]) -> Decoded:
        """Columns of the readable records, dead letters of the others."""
        unknown: Counter[str] = Counter()
        if self._compiled is None:
            columns, kept, dead = self._one_by_one(events, unknown)
            tokens = [events[row].token for row in kept]
            return Decoded(columns.batch(self.profile), tokens, dead, unknown)
        columns, read = self._compiled.read([event.raw or b"" for event in events], unknown)
        if read is None:
            return Decoded(columns.batch(self.profile), [event.token for event in events], [], unknown)
        rest = np.flatnonzero(~read)
        found, kept, dead = self._one_by_one([events[row] for row in rest.tolist()], unknown)
        rows = rest[kept]
        columns.put(rows, found)
        read[rows] = True
        tokens = [event.token for event in compress(events, read.tolist())]
        return Decoded(columns.take(read).batch(self.profile), tokens, dead, unknown)

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
