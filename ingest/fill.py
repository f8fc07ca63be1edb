"""Completes records: forward, backward, by mean, by mode (IM-10); says what was filled and how."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch, Floats
from core.profile import Profile
from ingest.fill_few import FEW, fill_few
from ingest.fill_keys import fill_keys, previous
from ingest.fill_ledger import MADE, NEWEST
from ingest.fill_many import fill_many
from ingest.fill_memory import FillMemory
from ingest.spot_book import FACILITY, ITEM, MAKER, NO_TEXT, PLACE, Codes
from ingest.spots import Spots
from ingest.typical_values import TypicalValues

KEY_COLUMNS = ("maker", "item")
_NO_ROWS = np.empty(0, dtype=np.intp)


class Received(NamedTuple):
    """What is to be remembered of a batch, one row a spot, in the order of their last records.

    Attributes
    ----------
    spots : Spots
        As far as they are known without looking ahead.
    values : (k, s + p) float64
        Last received values at each spot's place.
    texts : (k, 4) intp
        Numbers of the texts the facility last sent, -1 where it sent none; columns as
        `SpotBook.parts`.
    """

    spots: Spots
    values: Floats
    texts: Codes


class Filled(NamedTuple):
    """A completed batch.

    Attributes
    ----------
    batch : Batch
        The same records; NaN or None only where nothing at all is known.
    ways : (n, 2 + s + p) int8
        How each value was filled: 0 = as received (or still missing), otherwise 1 + the
        index of the way in `core.profile.FILL_WAYS`. Columns as `way_columns`.
    spots : Spots
        Distinct (maker, facility, item) of the completed batch.
    gaps : (g,) intp
        Rows that lacked something, or lack it still; ascending.
    before : FillMemory
        What the facilities had sent before.
    received : Received
    """

    batch: Batch
    ways: NDArray[np.int8]
    spots: Spots
    gaps: Codes
    before: FillMemory
    received: Received

    @property
    def memory(self) -> FillMemory:
        """What the facilities last sent, these records included."""
        return self._after(self.before.newest(self.touched)[:, MADE:])

    @property
    def touched(self) -> Codes:
        """Numbers of the facilities whose memory this batch changes, some several times."""
        return self.received.spots.parts[:, FACILITY]

    @property
    def changed(self) -> tuple[str, ...]:
        """Names of the same, each once."""
        return tuple(self.spots.book.facilities[k] for k in dict.fromkeys(self.touched.tolist()))

    def memory_with(self, after: NDArray[np.int64]) -> FillMemory:
        """The same, with what the last records left behind.

        Parameters
        ----------
        after : (n, 4) int64
            Of each record the columns `fill_ledger.MADE` to `LATEST`.
        """
        spots = self.spots
        rows = spots.last
        if spots is not self.received.spots:
            # Each facility gets what its last record had, when all was completed.
            last = np.empty(len(spots.book.facilities), dtype=np.intp)
            last[spots.parts[:, FACILITY]] = rows
            rows = last[self.touched]
        return self._after(after.take(rows, axis=0))

    def _after(self, made: NDArray[np.int64]) -> FillMemory:
        spots, values, texts = self.received
        newest = np.empty((len(values), NEWEST), dtype=np.int64)
        newest[:, 0], newest[:, 1] = texts[:, MAKER], texts[:, ITEM]
        newest[:, MADE:] = made
        return self.before.received(spots.parts[:, PLACE], values, self.touched, newest)


def way_columns(profile: Profile) -> tuple[str, ...]:
    """Names of the columns of `Filled.ways`: maker, item, set values, measured values."""
    return (*KEY_COLUMNS, *(v.name for v in (*profile.settings, *profile.production)))


def fill(batch: Batch, typical: TypicalValues, memory: FillMemory, profile: Profile) -> Filled:
    """Fill what is missing; nothing received is changed, nothing given is modified.

    Forward takes the same facility's last *received* value made under the same item (after
    a change-over an older item's value is not carried over), backward the next one in
    this batch, mean and mode the typical values of the history, finest level first. A
    variable's ways are tried in the order of its profile. A missing item is the
    facility's last, else its next in this batch, else its usual one; a missing maker
    the facility's last, else the one it was trained under.

    Parameters
    ----------
    batch : Batch
        ``facility`` present on every record; NaN (or an infinity) = missing value.
    typical : TypicalValues
    memory : FillMemory
        As left by the batch before.
    profile : Profile
    """
    memory = memory.tidied()
    s = batch.settings.shape[1]
    values = np.concatenate([batch.settings, batch.production], axis=1)
    ways = np.zeros((len(batch), len(KEY_COLUMNS) + values.shape[1]), dtype=np.int8)
    completed, spots = batch, Spots.of(batch, memory.book)
    kept, newest = spots, spots.parts
    gaps = _NO_ROWS
    known = not len(newest) or np.minimum.reduce(newest, axis=None) > NO_TEXT
    if not known:
        maker, item, known_item = fill_keys(batch, typical, memory, ways)
        completed = replace(batch, maker=maker, item=item)
        unknown = (spots.each == NO_TEXT).any(axis=1)
        spots = Spots.of(completed, memory.book)
        # Values are remembered under the item known without looking ahead: wherever a
        # stream is cut into batches, the memory must come out the same.
        kept = Spots.of(replace(batch, item=known_item), memory.book)
        newest = _last_received(batch, kept)
        gaps = unknown.nonzero()[0]
    last = values[kept.last]
    present = np.isfinite(values)
    if not np.logical_and.reduce(present, axis=None):
        cells = (~present).nonzero()
        if known and len(cells[0]) <= FEW:
            holes = np.array(list(dict.fromkeys(cells[0].tolist())), dtype=np.intp)
            fill_few(values, present, cells, last, spots, memory, typical, profile, ways)
        else:
            some = ~np.logical_and.reduce(present, axis=1)
            holes = some.nonzero()[0]
            fill_many(values, present, some, last, (spots, kept), memory, typical, profile, ways)
        whole = present[:, :s].all(), present[:, s:].all()
        completed = replace(
            completed,
            settings=batch.settings if whole[0] else values[:, :s].copy(),
            production=batch.production if whole[1] else values[:, s:].copy(),
        )
        gaps = np.union1d(gaps, holes) if len(gaps) else holes
    return Filled(completed, ways, spots, gaps, memory, Received(kept, last, newest))


def _last_received(batch: Batch, kept: Spots) -> Codes:
    """For each kept spot ``(k, 4)`` the texts its facility last sent, see `Received`."""
    facility = kept.parts[:, FACILITY]
    nothing: list[str | None] = [None] * len(kept.book.facilities)
    final = np.empty(len(kept.book.facilities), dtype=np.intp)
    final[facility] = kept.last
    rows = final[facility].tolist()
    texts = kept.parts.copy()
    for column, sent in ((MAKER, batch.maker), (ITEM, batch.item)):
        known = previous(sent, kept.each[:, FACILITY], nothing)
        texts[:, column] = [kept.book.add_text(known[row]) for row in rows]
    return texts
