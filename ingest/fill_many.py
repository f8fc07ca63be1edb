"""Fills any number of gaps as columns: forward, backward, by mean, by mode."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.batch import Floats
from core.profile import FillWay, Profile
from ingest.fill_keys import WAY_CODE, sorted_by
from ingest.fill_memory import FillMemory
from ingest.spots import Spots
from ingest.typical_values import TypicalValues


def fill_many(
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
    """Fill `values` ``(n, w)``, `ways` and the memory's rows `last` in place, column by column.

    Parameters as of `ingest.fill_few.fill_few`; `some` ``(n,)`` tells the rows with a gap,
    `views` are the spots as completed and as known without looking ahead.
    """
    spots, kept = views
    rows = _beside_gaps(some, views if spots is not kept else (spots,))
    mine, there = values[rows], present[rows]
    forward = _forward(mine, there, kept.some(rows), memory)
    reached = np.isin(kept.last, rows)
    last[reached] = forward[np.searchsorted(rows, kept.last[reached])]
    mine = np.where(there, mine, np.nan)
    way_of_values = np.zeros(mine.shape, dtype=np.int8)
    _fill_values(mine, ~there, forward, spots.some(rows), typical, profile, way_of_values)
    values[rows], ways[rows, 2:] = mine, way_of_values


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
