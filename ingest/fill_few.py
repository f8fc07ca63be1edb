"""Fills a few gaps one by one; what `ingest.fill` does for many as columns."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from core.batch import Floats
from core.profile import Profile
from ingest.fill_keys import WAY_CODE
from ingest.fill_memory import FillMemory
from ingest.spot_book import Codes
from ingest.spots import Spots
from ingest.typical_values import TypicalValues

_NONE = np.empty(0, dtype=np.intp)
FEW = 32
"""Gaps in one batch, past which columns are the faster way."""


def fill_few(
    values: Floats,
    present: NDArray[np.bool_],
    cells: tuple[Codes, Codes],
    last: Floats,
    spots: Spots,
    memory: FillMemory,
    typical: TypicalValues,
    profile: Profile,
    ways: NDArray[np.int8],
) -> None:
    """Fill the `cells` of `values` ``(n, w)`` in place, and note the ways.

    Parameters
    ----------
    present : (n, w) bool
        Which values were received.
    cells : tuple of (g,) intp
        Row and column of those that were not, by rows.
    last : (k, w) float64
        What the memory will hold for each spot: the values of its last record; completed
        here by what was received before it.
    ways : (n, 2 + w) int8
        As `ingest.fill.Filled.ways`.

    Everyone's makers and items are known.
    """
    variables = (*profile.settings, *profile.production)
    place, numbers = spots.place, spots.number
    rows, columns = cells
    seeds = memory.rows_of(place[rows], values.shape[1])[np.arange(len(rows)), columns].tolist()
    spot_of_last = dict(zip(spots.last.tolist(), range(len(spots.last)), strict=True))
    filled: list[tuple[int, int, float, int]] = []
    before, peers = -1, rows
    for row, column, seed in zip(rows.tolist(), columns.tolist(), seeds, strict=True):
        if row != before:
            before, peers = row, (place == place[row]).nonzero()[0]
        received = peers[present[peers, column]] if len(peers) > 1 else _NONE
        at = int(received.searchsorted(row)) if len(received) else 0
        forward = float(values[received[at - 1], column]) if at else seed
        kept = spot_of_last.get(row)
        if kept is not None:
            last[kept, column] = forward
        for way in variables[column].fill:
            if way == "forward":
                value = forward
            elif way == "backward":
                value = float(values[received[at], column]) if at < len(received) else math.nan
            else:
                look_up = typical.mean if way == "mean" else typical.mode
                value = float(look_up(*spots.book.spots[int(numbers[row])])[column])
            if math.isfinite(value):
                filled.append((row, column, value, WAY_CODE[way]))
                break
        else:
            filled.append((row, column, math.nan, 0))
    # Only now: what is filled must not be taken for received.
    for row, column, value, way_code in filled:
        values[row, column] = value
        ways[row, 2 + column] = way_code
