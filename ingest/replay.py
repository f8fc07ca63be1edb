"""Sends the rows of a table into the MongoDB collection, as a line would send its records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, PyMongoError

from core.batch import NO_TIME
from core.errors import RecordError
from core.profile import FieldPath, Profile
from ingest.frame_reader import find_column
from ingest.mongo_errors import translate
from ingest.value import epoch_ms, identifier

BATCH = 500
"""Most documents in one insert."""
TICKS_PER_SECOND = 20
"""Inserts a second at a given rate: a rate is a stream, not a heap a second."""

_DUPLICATE = 11000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Replayed:
    """How far a replay has come.

    Attributes
    ----------
    sent : int
        Documents newly inserted.
    present : int
        Rows whose identifier the collection had already; left as they are.
    without_id : int
        Rows with no readable identifier; they could not be told apart, so none is sent.
    """

    sent: int = 0
    present: int = 0
    without_id: int = 0

    @property
    def rows(self) -> int:
        """Rows dealt with."""
        return self.sent + self.present + self.without_id


def replay(
    frames: Iterable[pd.DataFrame],
    collection: Collection[Document],
    profile: Profile,
    *,
    rate: float | None = None,
    limit: int | None = None,
    clock: Callable[[], float],
    wait: Callable[[float], object],
    progress: Callable[[Replayed], object] = lambda done: None,
    as_documents: Callable[[pd.DataFrame, Profile], Iterable[Document | None]] | None = None,
) -> Replayed:
    """Insert every row once, in the order of the file.

    Identifiers are kept, so that a second replay, or one after an interruption, inserts
    only what is not there yet.

    Parameters
    ----------
    frames : iterable of DataFrame
        As `ingest.table.read_table` gives them.
    collection : Collection
    profile : Profile
        Names the columns and where each value sits in the document.
    rate : float or None
        Rows a second; None is as fast as it goes.
    limit : int or None
        Rows at most.
    clock : callable
        Seconds, monotonic.
    wait : callable
        Waits so many seconds; called only when `rate` is given.
    progress : callable
        Called after each insert.
    as_documents : callable, optional
        Makes the documents of a frame, None for a row that cannot be sent; by default
        `documents`.

    Raises
    ------
    SourceUnavailable, ConfigError
        The database cannot be reached or refuses to be written.
    HistoryError
        A frame has no column for the identifier or holds one twice.
    """
    size = BATCH if rate is None else max(1, min(BATCH, round(rate / TICKS_PER_SECOND)))
    done = Replayed()
    begun = clock()
    for batch in _batches(frames, profile, size, limit, as_documents or documents):
        readable = [document for document in batch if document is not None]
        try:
            present = _insert(collection, readable)
        except PyMongoError as error:
            where = f"{collection.database.name}.{collection.name}"
            raise translate(error, where) from error
        done = replace(
            done,
            sent=done.sent + len(readable) - present,
            present=done.present + present,
            without_id=done.without_id + len(batch) - len(readable),
        )
        progress(done)
        if rate is not None:
            ahead = done.rows / rate - (clock() - begun)
            if ahead > 0:
                wait(ahead)
    return done


def documents(frame: pd.DataFrame, profile: Profile) -> Iterator[Document | None]:
    """The rows as documents nested by the profile's paths; None for a row with no identifier.

    Empty cells are absent keys. What a cell holds otherwise is sent as it is, also what
    no record may hold: the judging refuses it with its reason, live as in a file.

    Examples
    --------
    >>> from core.profile_file import load_profile
    >>> frame = pd.DataFrame({"id": ["s1"], "facility": ["P1"], "set.hold_time": [2.5]})
    >>> list(documents(frame, load_profile("injection_molding")))
    [{'_id': 's1', 'facility': 'P1', 'set': {'hold_time': 2.5}}]
    """
    columns = []
    for field in _fields(profile):
        name = find_column(frame.columns, field.path, field.name)
        if name is not None:
            cells = frame[name].astype(object)
            cells = cells.where(cells.notna(), None)
            columns.append((field, cells.tolist()))
    for row in range(len(frame)):
        yield _document(profile, [(field, cells[row]) for field, cells in columns])


def _document(profile: Profile, cells: Sequence[tuple[FieldPath, object]]) -> Document | None:
    document: Document = {}
    for field, cell in cells:
        if cell is None:
            continue
        value = cell.item() if hasattr(cell, "item") else cell
        if field is profile.identifier:
            try:
                value = identifier(value)
            except RecordError:
                return None
            document["_id"] = value
        elif field is profile.time:
            value = _time(value)
        node = document
        for key in field.path[:-1]:
            node = node.setdefault(key, {})
        node[field.path[-1]] = value
    return document if "_id" in document else None


def _time(value: object) -> object:
    """A date where the value is a time; the value itself where it is none."""
    try:
        ms = epoch_ms(value)
    except RecordError:
        return value
    return None if ms == NO_TIME else _EPOCH + timedelta(milliseconds=ms)


def _fields(profile: Profile) -> list[FieldPath]:
    return [
        profile.identifier,
        profile.time,
        profile.maker,
        profile.facility,
        profile.item,
        FieldPath("lot_good", profile.lot.good.path),
        FieldPath("lot_bad", profile.lot.bad.path),
        *(FieldPath(v.name, v.path) for v in profile.variables),
    ]


def _batches(
    frames: Iterable[pd.DataFrame],
    profile: Profile,
    size: int,
    limit: int | None,
    as_documents: Callable[[pd.DataFrame, Profile], Iterable[Document | None]],
) -> Iterator[list[Document | None]]:
    taken = 0
    for frame in frames:
        rest = len(frame) if limit is None else limit - taken
        if rest <= 0:
            return
        frame = frame.iloc[:rest]
        taken += len(frame)
        for start in range(0, len(frame), size):
            yield list(as_documents(frame.iloc[start : start + size], profile))


def _insert(collection: Collection[Document], documents: list[Document]) -> int:
    """Insert; how many were there already."""
    if not documents:
        return 0
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        details = error.details or {}
        failures = details.get("writeErrors", [])
        others = [f for f in failures if f.get("code") != _DUPLICATE]
        if others or details.get("writeConcernErrors"):
            raise
        return len(failures)
    return 0
