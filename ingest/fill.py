"""Completes records: forward, backward, by mean, by mode (IM-10); says what was filled and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch, Floats
from core.profile import FillWay, Profile
from ingest.fill_few import FEW, fill_few
from ingest.fill_keys import WAY_CODE, fill_keys, previous, sorted_by
from ingest.fill_ledger import CLUSTER, MADE
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
        newest = self.before.newest(self.touched)
        return self._after(newest[:, MADE], newest[:, CLUSTER])

    @property
    def touched(self) -> Codes:
        """Numbers of the facilities whose memory this batch changes, some several times."""
        return self.received.spots.parts[:, FACILITY]

    @property
    def changed(self) -> tuple[str, ...]:
        """Names of the same, each once."""
        return tuple(self.spots.book.facilities[k] for k in dict.fromkeys(self.touched.tolist()))

    def memory_with(self, cluster: NDArray[np.int64]) -> FillMemory:
        """The same, with the item made and the setting cluster ``(n,)`` of the last records."""
        spots = self.spots
        item = spots.parts[:, ITEM]
        if spots is self.received.spots:
            return self._after(item, cluster.take(spots.last))
        # Each facility gets what its last record had, when all was completed.
        last = np.empty(len(spots.book.facilities), dtype=np.intp)
        last[spots.parts[:, FACILITY]] = np.arange(len(spots.last))
        mine = last[self.touched]
        return self._after(item[mine], cluster[spots.last[mine]])

    def _after(self, made: NDArray[np.int64], cluster: NDArray[np.int64]) -> FillMemory:
        spots, values, texts = self.received
        newest = np.empty((len(values), 4), dtype=np.int64)
        newest[:, 0], newest[:, 1], newest[:, 2], newest[:, 3] = (
            texts[:, MAKER],
            texts[:, ITEM],
            made,
            cluster,
        )
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
    known = not (newest == NO_TEXT).any()
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
    if not present.all():
        cells = (~present).nonzero()
        if known and len(cells[0]) <= FEW:
            holes = np.array(list(dict.fromkeys(cells[0].tolist())), dtype=np.intp)
            fill_few(values, present, cells, last, spots, memory, typical, profile, ways)
        else:
            some = ~np.logical_and.reduce(present, axis=1)
            holes = some.nonzero()[0]
            _fill_many(values, present, some, last, (spots, kept), memory, typical, profile, ways)
        whole = present[:, :s].all(), present[:, s:].all()
        completed = replace(
            completed,
            settings=batch.settings if whole[0] else values[:, :s].copy(),
            production=batch.production if whole[1] else values[:, s:].copy(),
        )
        gaps = np.union1d(gaps, holes) if len(gaps) else holes
    return Filled(completed, ways, spots, gaps, memory, Received(kept, last, newest))


def _fill_many(
    values: Floats,
    present: NDArray[np.bool_],
    some: NDArray[np.bool_],
    last: Floats,
    views: tuple[Spots, Spots],
    memory: FillMemory,
    typical: TypicalValues,
    profile: Profile,
    ways: NDArray[np.int8],
) -> None:
    """Fill `values`, `ways` and the memory's rows `last` in place, column by column."""
    spots, kept = views
    rows = _beside_gaps(some, views if spots is not kept else (spots,))
    mine, there = values[rows], present[rows]
    forward = _forward(mine, there, kept.some(rows), memory)
    reached = np.isin(kept.last, rows)
    last[reached] = forward[np.searchsorted(rows, kept.last[reached])]
    mine = np.where(there, mine, np.nan)
    way_of_values = np.zeros(mine.shape, dtype=np.int8)
    _fill_values(mine, ~there, forward, spots.some(rows), typical, profile, way_of_values)
    values[rows], ways[rows, len(KEY_COLUMNS) :] = mine, way_of_values


def _beside_gaps(gap: NDArray[np.bool_], views: Sequence[Spots]) -> NDArray[np.intp]:
    """Rows of the facilities' items that have a gap somewhere: all that filling looks at."""
    wanted = np.zeros(len(gap), dtype=np.bool_)
    for spots in views:
        places = spots.place
        touched = np.zeros(len(spots.book.places), dtype=np.bool_)
        touched[places[gap]] = True
        wanted |= touched[places]
    return np.flatnonzero(wanted)


def _forward(values: Floats, present: NDArray[np.bool_], spots: Spots, memory: FillMemory | None) -> Floats:
    """Last received value of the same facility and item up to each row; NaN where none."""
    gaps = np.flatnonzero(~present.all(axis=0))
    places, code = np.unique(spots.place, return_inverse=True)
    width = values.shape[1]
    seeds = np.full((len(places), width), np.nan) if memory is None else memory.rows_of(places, width)
    order, position, start = sorted_by(code)
    taken = present[np.ix_(order, gaps)]
    latest = np.maximum.accumulate(np.where(taken, position[:, None], -1), axis=0)
    inside = latest >= start[:, None]
    sorted_values = values[np.ix_(order, gaps)]
    found = np.where(
        inside,
        np.take_along_axis(sorted_values, np.maximum(latest, 0), axis=0),
        seeds[np.ix_(code[order], gaps)],
    )
    forward = values.copy()
    forward[np.ix_(order, gaps)] = found
    return forward


def _fill_values(
    values: Floats,
    missing: NDArray[np.bool_],
    forward: Floats,
    spots: Spots,
    typical: TypicalValues,
    profile: Profile,
    ways: NDArray[np.int8],
) -> None:
    """Fill `values` in place and note the way of each in `ways`."""
    variables = (*profile.settings, *profile.production)
    candidates: dict[FillWay, Floats] = {"forward": forward}
    received = values.copy()
    spots_with_gaps = np.unique(spots.code[missing.any(axis=1)]).tolist()
    for column in np.flatnonzero(missing.any(axis=0)).tolist():
        rows = np.flatnonzero(missing[:, column])
        for way in variables[column].fill:
            if way not in candidates:
                candidates[way] = _candidates(way, received, spots, typical, spots_with_gaps)
            found = candidates[way][rows, column]
            usable = np.isfinite(found)
            values[rows[usable], column] = found[usable]
            ways[rows[usable], column] = WAY_CODE[way]
            rows = rows[~usable]
            if not len(rows):
                break


def _candidates(
    way: FillWay, received: Floats, spots: Spots, typical: TypicalValues, wanted: Sequence[int]
) -> Floats:
    """What a way has to offer for all values, the typical ones for the `wanted` spots only."""
    if way == "backward":
        present = np.isfinite(received[::-1])
        turned = Spots.numbered(spots.book, spots.number[::-1])
        return _forward(received[::-1], present, turned, None)[::-1]
    look_up = typical.mean if way == "mean" else typical.mode
    table = np.full((len(spots.keys), received.shape[1]), np.nan)
    keys = spots.keys
    for k in wanted:
        table[k] = look_up(*keys[k])
    return table[spots.code]


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
