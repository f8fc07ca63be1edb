"""Fills the gaps of a few records one by one; what `ingest.fill` does for many as columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.batch import Floats
from core.profile import Profile
from ingest.fill_keys import WAY_CODE
from ingest.fill_memory import FillMemory
from ingest.spot_book import Codes
from ingest.spots import Spots
from ingest.typical_values import TypicalValues

FEW = 16
"""Records with a gap in one batch, past which columns are the faster way."""


def fill_few(
    values: Floats,
    present: NDArray[np.bool_],
    holes: Codes,
    last: Floats,
    spots: Spots,
    memory: FillMemory,
    typical: TypicalValues,
    profile: Profile,
    ways: NDArray[np.int8],
) -> None:
    """Fill the rows `holes` of `values` ``(n, w)`` in place, and note the ways.

    Parameters
    ----------
    present : (n, w) bool
        Which values were received.
    last : (k, w) float64
        What the memory will hold for each spot: the values of its last record; completed
        here by what was received before it.
    ways : (n, 2 + w) int8
        As `ingest.fill.Filled.ways`.

    Everyone's makers and items are known.
    """
    variables = (*profile.settings, *profile.production)
    place, numbers = spots.place, spots.number.tolist()
    seeds = memory.rows_of(place[holes], values.shape[1])
    spot_of_last = {row: k for k, row in enumerate(spots.last.tolist())}
    filled: list[tuple[int, int, float, int]] = []
    for row, seed in zip(holes.tolist(), seeds, strict=True):
        peers = (place == place[row]).nonzero()[0] if len(place) > 1 else holes
        kept = spot_of_last.get(row)
        for column in (~present[row]).nonzero()[0].tolist():
            received = peers[present[peers, column]]
            at = int(received.searchsorted(row))
            forward = float(values[received[at - 1], column] if at else seed[column])
            if kept is not None:
                last[kept, column] = forward
            for way in variables[column].fill:
                if way == "forward":
                    value = forward
                elif way == "backward":
                    value = float(values[received[at], column]) if at < len(received) else np.nan
                else:
                    look_up = typical.mean if way == "mean" else typical.mode
                    value = float(look_up(*spots.book.spots[numbers[row]])[column])
                if np.isfinite(value):
                    filled.append((row, column, value, WAY_CODE[way]))
                    break
            else:
                filled.append((row, column, np.nan, 0))
    # Only now: what is filled must not be taken for received.
    for row, column, value, way_code in filled:
        values[row, column] = value
        ways[row, 2 + column] = way_code
