"""Fields that did not arrive."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingest.plant.catalogue import Floats

ITEM = 0.002
ALL_SETTINGS = 0.001
ONE_SETTING = 0.004
ONE_MEASURED = 0.006


def drop_fields(
    rng: np.random.Generator, live: bool, item: NDArray[np.object_], settings: Floats, measured: Floats
) -> None:
    """Take a few values out, in place: None for the item, NaN for numbers.

    The history's table insists on the item and on whole settings; the stream does not.
    """
    n = len(item)
    lost_item, lost_all, lost_one = (rng.random(n) < share for share in (ITEM, ALL_SETTINGS, ONE_SETTING))
    column = rng.integers(0, settings.shape[1], n)
    lost_measured = np.flatnonzero(rng.random(n) < ONE_MEASURED)
    measured[lost_measured, rng.integers(0, measured.shape[1], len(lost_measured))] = np.nan
    if live:
        item[lost_item] = None
        settings[lost_all] = np.nan
        settings[lost_one, column[lost_one]] = np.nan
